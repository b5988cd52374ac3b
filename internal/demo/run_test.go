package demo_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/internal/demo"
)

// run takes the cases through p and returns the progress.
func run(t *testing.T, p *platform) string {
	t.Helper()
	var progress strings.Builder
	require.NoError(t, demo.Run(t.Context(), p.options(&progress)))
	return progress.String()
}

const progress = `30 demo users have their roles
KM-2025-001 Geplante Unterkunft an der Gartenstraße: Nachsorge
KM-2025-002 Protest gegen den Moscheeneubau: Bearbeitung
KM-2025-003 Jugendliche auf dem Marktplatz: beendet
KM-2025-004 Streit um Kleingartenparzellen: Nachsorge
KM-2025-005 Schulschwimmen als Wahlkampfthema: Nachsorge
KM-2025-006 Terminstau in der Ausländerbehörde: Bearbeitung
KM-2025-007 Müll im Hochhausquartier: Nachsorge
KM-2025-008 Nahostkonflikt am Berufskolleg: Nachsorge
KM-2025-009 Brandanschlag auf eine Unterkunft: Nachsorge
KM-2025-010 Hallenbelegung der Sportvereine: Nachsorge
`

// script is who does what, case by case; testdata/script.txt is to be read.
func script(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/script.txt")
	require.NoError(t, err)
	return string(text)
}

func TestTheCasesGoAsFarAsTheyStandAndASecondRunChangesNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t).start(t)
	require.Equal(t, progress, run(t, p))
	require.Equal(t, script(t), p.script(t))

	before := p.everything(t)
	require.Equal(t, progress, run(t, p))
	require.Equal(t, before, p.everything(t))

	for _, text := range leaves(t) {
		require.Contains(t, p.sent.String(), text, "the input says so")
	}
	cases := p.cases(t)
	require.Len(t, cases, 10)
	one, four := cases["KM-2025-001"], cases["KM-2025-004"]
	require.Equal(t, []conflict.Tie{{From: "a1", To: "a2", Kind: "bruch"}, {From: "a3", To: "a2", Kind: "kooperation"}, {From: "a4", To: "a1", Kind: "unklar"}}, one.Findings.Relations)
	require.Equal(t, []bool{true, false, false}, preliminary(one))
	require.Equal(t, conflict.Date("2025-03-06"), one.Conditions.ConfirmedOn, "the first session that is not preliminary")
	require.Equal(t, []conflict.Clause{{ID: "c1", Due: "2025-06-30"}, {ID: "c2", Due: "2025-05-15"}}, one.Result.Agreements)
	require.Equal(t, conflict.Date("2025-03-27"), one.Result.ConcludedOn)
	require.Equal(t, conflict.Date("2025-06-27"), one.FollowUps[0].HeldOn)
	require.Equal(t, []bool{true, false}, preliminary(cases["KM-2025-003"]))
	require.Equal(t, []bool{false}, preliminary(cases["KM-2025-010"]))
	mediator, ok := demo.Find("mediator.musterhausen")
	require.True(t, ok)
	require.Equal(t, mediator.Subject, four.Plan.Facilitator)
	require.Equal(t, []string{"add_note", "record_session", "record_session", "record_session"}, p.column(t,
		"SELECT kind FROM file_document WHERE compartment = 'mediation' AND file_id = '"+four.ID+"' ORDER BY kind"))
	require.Equal(t, []string{"review_analysis four_eyes " + cases["KM-2025-006"].ID},
		p.column(t, "SELECT concat_ws(' ', action, rule, file_id) FROM access_log WHERE kind = 'refusal'"))
}

func preliminary(c conflict.Case) []bool {
	var ps []bool
	for _, s := range c.Sessions {
		ps = append(ps, s.Preliminary)
	}
	return ps
}

// leaves are the texts of the cases, except the names of the places, which their key stands for.
func leaves(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("demo_cases.json")
	require.NoError(t, err)
	var all struct{ Faelle []map[string]any }
	require.NoError(t, json.Unmarshal(text, &all))
	var texts []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	for _, c := range all.Faelle {
		delete(c, "kommune")
		delete(c, "kreis")
		for _, a := range c["analyse"].(map[string]any)["beziehungen"].([]any) {
			delete(a.(map[string]any), "von") // actors' names, sent as their ids
			delete(a.(map[string]any), "nach")
		}
		walk(c)
	}
	require.Greater(t, len(texts), 400)
	return texts
}

var errReset = errors.New("connection reset")

func TestAnInterruptedRunIsContinuedWhereItStopped(t *testing.T) {
	t.Parallel()
	p := newPlatform(t).start(t)
	seen, interruptions := map[string]bool{}, 0
	p.after = func(r *http.Request) error {
		key := r.Header.Get("Idempotency-Key")
		if key == "" || seen[key] {
			return nil
		}
		seen[key] = true
		if len(seen)%19 != 0 {
			return nil
		}
		interruptions++
		return errReset // after it was carried out
	}
	err := demo.Run(t.Context(), p.options(nil))
	for ; err != nil; err = demo.Run(t.Context(), p.options(nil)) {
		require.ErrorIs(t, err, errReset)
	}
	require.GreaterOrEqual(t, interruptions, 8)
	require.Equal(t, script(t), p.script(t))
}

func TestACaseThatChangedMeanwhileIsReadAgain(t *testing.T) {
	t.Parallel()
	p := newPlatform(t).start(t)
	var meddled bool
	p.before = func(r *http.Request) *http.Response {
		if meddled || !strings.HasSuffix(r.URL.Path, "/assign") {
			return nil
		}
		meddled = true
		path := strings.TrimSuffix(r.URL.Path, "/assign") + "/add-note"
		note := httptest.NewRequest(http.MethodPost, path, strings.NewReader(`{"note":"Telefonat mit der Presse."}`))
		note.Header = r.Header.Clone()
		note.Header.Set("Idempotency-Key", "somebody-else")
		w := httptest.NewRecorder()
		p.handler.ServeHTTP(w, note)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		return nil
	}
	require.NotEmpty(t, run(t, p))
	require.True(t, meddled)
	require.Equal(t, strings.Count(script(t), "assign"), strings.Count(p.script(t), "assign"))
	before := p.everything(t)
	run(t, p)
	require.Equal(t, before, p.everything(t))
}

func TestARunStopsWhereItIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	err := demo.Run(t.Context(), p.options(nil))
	require.ErrorContains(t, err, "grant to reporter.musterhausen: 403 you do not administer rights anywhere (role: ")

	p.start(t).before = func(r *http.Request) *http.Response {
		if strings.HasSuffix(r.URL.Path, "/review-analysis") && strings.HasSuffix(r.Header.Get("Authorization"), "conflict_manager.neuwerden") {
			return answer(http.StatusOK, nil, "{}")
		}
		return nil
	}
	err = demo.Run(t.Context(), p.options(nil))
	require.EqualError(t, err, "demo case KM-2025-006: review_own_analysis as conflict_manager.neuwerden: was carried out, where four_eyes should have refused it")
}

// A network answers as told and knows what was sent.
type network struct {
	answer func(attempt int) *http.Response
	keys   []string
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	n.keys = append(n.keys, r.Header.Get("Idempotency-Key"))
	return n.answer(len(n.keys)), nil
}

func answer(status int, header map[string]string, body string) *http.Response {
	res := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for name, value := range header {
		res.Header.Set(name, value)
	}
	return res
}

func busy(retryAfter string) *http.Response {
	return answer(http.StatusServiceUnavailable, map[string]string{"Retry-After": retryAfter}, "")
}

func send(ctx context.Context, n *network) error {
	return demo.Run(ctx, demo.Options{
		URL: "http://koko.invalid", HTTPClient: &http.Client{Transport: n},
		Token: func(string) (string, error) { return "token", nil },
	})
}

func TestABusyAPIIsAskedAgainWhenItSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		n := &network{answer: func(attempt int) *http.Response {
			if attempt < 3 {
				return busy("7")
			}
			return answer(http.StatusBadGateway, map[string]string{"Content-Type": "text/html"}, "<html>")
		}}
		require.EqualError(t, send(t.Context(), n), "grant to reporter.musterhausen: 502 Bad Gateway")
		require.Equal(t, 14*time.Second, time.Since(begun))
		require.Len(t, n.keys, 3)
		require.Equal(t, []string{n.keys[0], n.keys[0], n.keys[0]}, n.keys, "the same command")
	})
}

func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	for _, retryAfter := range []string{"0", "1", "3600", "soon", ""} {
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			n := &network{answer: func(int) *http.Response { return busy(retryAfter) }}
			require.ErrorContains(t, send(t.Context(), n), "503 Service Unavailable")
			require.InDelta(t, 2*time.Minute, time.Since(begun), float64(15*time.Second))
		})
	}
}

func TestACancelledRunStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begun := time.Now()
		n := &network{answer: func(int) *http.Response { return busy("7") }}
		require.ErrorIs(t, send(ctx, n), context.DeadlineExceeded)
		require.Equal(t, 3*time.Second, time.Since(begun), "in the middle of waiting")
		require.ErrorIs(t, send(ctx, n), context.DeadlineExceeded)
		require.Len(t, n.keys, 1)
	})
}
