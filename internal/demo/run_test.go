package demo_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/advice"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/domain/work"
	"koko/internal/demo"
)

// run takes the cases through p and returns the progress.
func run(t *testing.T, p *platform) string {
	t.Helper()
	var progress strings.Builder
	require.NoError(t, demo.Run(t.Context(), p.options(&progress)))
	return progress.String()
}

const progress = `52 demo users have their roles
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
BE-1 Runder Tisch zur Unterkunft in der alten Molkerei: laufend
BE-2 Neue Rolle zwischen zwei Ämtern: nachgefragt
BE-3 Umgang mit Anfeindungen im Ehrenamt: eingegangen
KOKO-1 Qualifizierung Kommunales Konfliktmanagement, 1. Durchgang: abgeschlossen
KOKO-2 Qualifizierung Kommunales Konfliktmanagement, 2. Durchgang: läuft
KOKO-3 Qualifizierung Kommunales Konfliktmanagement, 3. Durchgang: offen für Bewerbungen
`

// script is who does what, case by case; testdata/script.txt is to be read.
func script(t *testing.T) string { return golden(t, "testdata/script.txt") }

// lessons is who does what, cohort by cohort and then trainee by trainee; it is to be read, too.
func lessons(t *testing.T) string { return golden(t, "testdata/training.txt") }

func golden(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestTheCasesGoAsFarAsTheyStandAndASecondRunChangesNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t).start(t)
	require.Equal(t, progress, run(t, p))
	require.Equal(t, script(t), p.script(t))
	require.Equal(t, lessons(t), p.training(t))

	before := p.everything(t)
	require.Equal(t, progress, run(t, p))
	require.Equal(t, before, p.everything(t))

	cases, works := p.cases(t), p.works(t)
	require.Len(t, cases, 10)
	require.Len(t, works, 10, "one for each case")
	one, four := cases["KM-2025-001"], works["KM-2025-004"]
	require.Equal(t, []conflict.Tie{{From: "a1", To: "a2", Kind: "bruch"}, {From: "a3", To: "a2", Kind: "kooperation"}, {From: "a4", To: "a1", Kind: "unklar"}}, one.Findings.Relations)
	require.Equal(t, []bool{true, false, false}, preliminary(works["KM-2025-001"]))
	require.Equal(t, work.Date("2025-03-06"), works["KM-2025-001"].Conditions.ConfirmedOn, "the first session that is not preliminary")
	require.Equal(t, []work.Point{{ID: "c1", Due: "2025-06-30"}, {ID: "c2", Due: "2025-05-15"}}, works["KM-2025-001"].Agreement.Clauses)
	require.Equal(t, conflict.Outcome("verbessert"), one.Result.Outcome)
	require.Equal(t, conflict.Date("2025-03-27"), one.Result.ConcludedOn)
	require.Equal(t, conflict.Date("2025-06-27"), one.FollowUps[0].HeldOn)
	require.Equal(t, []bool{true, false}, preliminary(works["KM-2025-003"]))
	require.Equal(t, []bool{false}, preliminary(works["KM-2025-010"]))
	mediator, ok := demo.Find("mediator.musterhausen")
	require.True(t, ok)
	require.Equal(t, mediator.Subject, four.Facilitators[0].Subject)
	require.Equal(t, work.Mediation, four.Form.Form)
	require.Equal(t, []string{"note_work", "record_work_session", "record_work_session", "record_work_session"}, p.column(t,
		"SELECT action FROM file_document WHERE compartment = 'work' AND file_id = '"+four.ID+"' ORDER BY action"))
	for number, c := range cases {
		state, err := json.Marshal(c)
		require.NoError(t, err)
		for _, form := range file.Values[work.Form]() {
			require.NotContains(t, string(state), string(form), "%s does not tell how it is worked on", number)
		}
		require.Equal(t, works[number].ID, c.Handed.Work)
	}
	require.Equal(t, []string{"review_analysis four_eyes " + cases["KM-2025-006"].ID},
		p.column(t, "SELECT concat_ws(' ', action, rule, file_id) FROM access_log WHERE kind = 'refusal'"))
}

func TestTheAdviceStandsAsItIsTold(t *testing.T) {
	t.Parallel()
	p := newPlatform(t).start(t)
	run(t, p)
	all := map[advice.Phase]advice.Advice{}
	for _, text := range p.column(t, "SELECT state::text FROM file WHERE kind = 'advice'") {
		var a advice.Advice
		require.NoError(t, json.Unmarshal([]byte(text), &a))
		all[a.Phase] = a
	}
	require.Len(t, all, 3)
	running, asked := all[advice.Running], all[advice.Asked]
	require.Equal(t, []int{360, 24 * 60, 2}, []int{running.Used(), running.Contingent(), len(running.Goals.Goals)})
	require.NotEmpty(t, running.Advisers.Local)
	require.NotEmpty(t, running.Advisers.External)
	require.Nil(t, running.Pause)
	require.Equal(t, []any{advice.Coaching, 1, advice.Hold("traegt")}, []any{asked.Form, asked.Ratings.Ratings[0].Value, asked.FollowUp.Holds})
	require.Equal(t, advice.Urgency("dringend"), all[advice.Received].Request.Urgency)
	require.Equal(t, []string{"advisers_notes", "client_notes"}, p.column(t, "SELECT compartment FROM file_document WHERE action LIKE 'note_%' AND compartment LIKE '%notes' ORDER BY 1"), "each once")
}

func TestTheCohortsStandAsTheyAreTold(t *testing.T) {
	t.Parallel()
	p := newPlatform(t).start(t)
	run(t, p)
	standing := map[string]enrolment.Enrolment{}
	for _, text := range p.column(t, "SELECT state::text FROM file WHERE kind = 'enrolment'") {
		var e enrolment.Enrolment
		require.NoError(t, json.Unmarshal([]byte(text), &e))
		for _, u := range demo.Users() {
			if u.Subject == e.Trainee {
				standing[u.Login] = e
			}
		}
	}
	phases := map[string]enrolment.Phase{}
	for login, e := range standing {
		phases[login] = e.Phase
	}
	require.Equal(t, map[string]enrolment.Phase{
		"trainee1.musterhausen": enrolment.Certified, "trainee2.musterhausen": enrolment.Certified, "trainee1.neuwerden": enrolment.Certified,
		"trainee2.neuwerden": enrolment.Confirmed, "trainee1.lankeland": enrolment.Withdrawn, "trainee2.lankeland": enrolment.Failed,
		"trainee3.musterhausen": enrolment.Assessment, "trainee4.musterhausen": enrolment.Modules, "trainee5.musterhausen": enrolment.Modules,
		"trainee6.musterhausen": enrolment.Waiting, "trainee3.neuwerden": enrolment.Modules, "trainee4.neuwerden": enrolment.Modules,
		"trainee5.neuwerden": enrolment.Applied, "trainee3.lankeland": enrolment.Applied,
	}, phases)
	renamed := standing["trainee1.musterhausen"]
	require.Len(t, renamed.Certificates, 2)
	require.True(t, renamed.Superseded(renamed.Certificates[0].Code))
	require.Equal(t, enrolment.MakeUpAccepted, standing["trainee2.musterhausen"].MakeUps[0].Status)
	require.Equal(t, []bool{false, true}, []bool{standing["trainee1.neuwerden"].Attempts[0].Passed, standing["trainee1.neuwerden"].Attempts[1].Passed})
	require.Equal(t, enrolment.AttendanceConfirmation, standing["trainee2.neuwerden"].Certificates[0].Kind)
	require.False(t, standing["trainee2.lankeland"].Attempts[1].Appeal.Decision.Granted)
	require.Len(t, standing["trainee3.musterhausen"].Attempts[1].Verdicts, 1, "the resit waits for the second assessor")
	require.Equal(t, enrolment.MakeUpPlanned, standing["trainee4.musterhausen"].MakeUps[0].Status)
	require.Equal(t, enrolment.ElsewhereMakeUp, standing["trainee5.musterhausen"].MakeUps[0].Kind)
	require.Equal(t, training.SeatWaiting, standing["trainee6.musterhausen"].Seat.Status)
	require.NotNil(t, standing["trainee4.neuwerden"].Pause)
	require.Nil(t, standing["trainee5.neuwerden"].Release)
	require.NotNil(t, standing["trainee3.lankeland"].Release)
	require.Equal(t, enrolment.Tight, p.way(t, standing["trainee3.neuwerden"]).Warning)
}

func TestTheTimesOfACohortBelongToWhenItWasPlanned(t *testing.T) {
	t.Parallel()
	p := newPlatform(t).start(t)
	run(t, p)
	now, weeks := time.Now(), 0
	for _, text := range p.column(t, "SELECT state::text FROM file WHERE kind = 'cohort'") {
		var c cohort.Cohort
		require.NoError(t, json.Unmarshal([]byte(text), &c))
		for _, d := range c.Dates {
			require.Equal(t, d.Signed != nil, d.Begins.Before(now), "%s is signed if it is over", d.ID)
			require.NotContains(t, []time.Weekday{time.Saturday, time.Sunday}, d.Begins.Weekday())
			weeks++
		}
	}
	require.Equal(t, 30, weeks)
}

func preliminary(w work.Work) []bool {
	var ps []bool
	for _, s := range w.Sessions {
		ps = append(ps, s.Preliminary)
	}
	return ps
}

var errReset = errors.New("connection reset")

// A listener stops listening once at each line that begins with one of texts.
type listener struct{ texts []string }

func (l *listener) Write(line []byte) (int, error) {
	for i, text := range l.texts {
		if strings.HasPrefix(string(line), text) {
			l.texts = slices.Delete(l.texts, i, i+1)
			return 0, errReset
		}
	}
	return len(line), nil
}

func TestAnInterruptedRunIsContinuedWhereItStopped(t *testing.T) {
	t.Parallel()
	p := newPlatform(t).start(t)
	seen, reads, interruptions, stops := map[string]bool{}, map[string]int{}, 0, 0
	p.after = func(r *http.Request) error {
		if r.Method == http.MethodGet {
			what, often := strings.Split(r.URL.Path, "/")[3]+r.URL.RawQuery, []int{1}
			if strings.Contains(r.URL.Path, "/cohorts/") {
				what, often = r.URL.Path, []int{1, 3, 10}
			}
			if reads[what]++; !slices.Contains(often, reads[what]) {
				return nil
			}
			return errReset
		}
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
	heard := &listener{texts: []string{"52 demo users", "KM-2025-001", "BE-1", "KOKO-1"}}
	o := p.options(heard)
	token := o.Token
	loggedOut := false
	o.Token = func(login string) (string, error) {
		if strings.HasPrefix(login, "trainer") && !loggedOut {
			loggedOut = true
			return "", errReset
		}
		return token(login)
	}
	for err := demo.Run(t.Context(), o); err != nil; err = demo.Run(t.Context(), o) {
		require.ErrorIs(t, err, errReset)
		stops++
	}
	require.GreaterOrEqual(t, interruptions, 16)
	require.Greater(t, stops, interruptions+15)
	require.Empty(t, heard.texts)
	require.True(t, loggedOut)
	require.Equal(t, script(t), p.script(t))
	require.Equal(t, lessons(t), p.training(t))
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
	require.EqualError(t, err, "demo case KM-2025-006: cases/KM-2025-006.yaml:71: conflict_manager: review_analysis: was carried out, where four_eyes should have refused it")
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
