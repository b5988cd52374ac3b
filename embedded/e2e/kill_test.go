package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	domain "koko/domain/file"
	"koko/workflows"
)

// staff are those who work on the cases of a place, by the prefixes of their logins.
var staff = []string{"clearing", "caseworker", "conflict_manager", "conflict_manager2", "mediator", "supervisor"}

// TestKillingEverythingLosesNothing kills koko-dev and its PostgreSQL with -9 in the middle of
// commands, starts them again on the same folder, and then compares what callers were told with
// the record, the histories and the timers.
func TestKillingEverythingLosesNothing(t *testing.T) {
	t.Parallel()
	dir, rnd := t.TempDir(), rand.New(rand.NewPCG(*seed, 0))
	s := newStack(t, dir, "--demo=false")
	s.appoint(t, "musterhausen", staff...)
	s.appoint(t, "neuwerden", staff...)
	w := &walk{answers: map[string]sent{}}
	w.api.Store(&s.api)
	for round := range orFew(3) {
		var callers sync.WaitGroup
		for i := range 6 {
			callers.Go(func() { w.run(rand.New(rand.NewPCG(*seed, uint64(1+round*6+i)))) })
		}
		time.Sleep(time.Duration(300+rnd.IntN(2000)) * time.Millisecond) // the moment is what is tried
		require.NoError(t, s.kill())
		callers.Wait()
		s = newStack(t, dir, "--demo=false")
		w.api.Store(&s.api)
	}
	w.settle(t)
	w.compare(t, s)

	before := expected(t, s)
	require.NoError(t, s.kill())
	s = newStack(t, dir, "--demo=false")
	w.api.Store(&s.api)
	require.Equal(t, before, expected(t, s), "every timer is pending, for the same moment")
	w.repeat(t, s)
	require.Empty(t, openRecord(t, s).broken(t))
}

// A walk is many callers' way through many cases, and what they were told.
type walk struct {
	api atomic.Pointer[api]

	mu        sync.Mutex
	cases     []string
	open      []sent          // not answered: nobody knows what became of them
	answers   map[string]sent // carried out, by key
	refused   int
	abandoned []sent // not answered, and never asked again
}

// A sent command, and its answer if there is one.
type sent struct {
	request
	caseID string
	action string
	reply  reply
}

// run sends commands until nobody answers any more.
func (w *walk) run(rnd *rand.Rand) {
	for {
		c, ok := w.take(rnd)
		if !ok {
			var err error
			if c, ok, err = w.think(rnd); err != nil {
				return
			}
		}
		if ok && !w.ask(c, rnd) {
			return
		}
	}
}

// take asks again for an answer that was lost: some do, at some time, and some never do.
func (w *walk) take(rnd *rand.Rand) (sent, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.open) == 0 || rnd.IntN(3) > 0 {
		return sent{}, false
	}
	i := rnd.IntN(len(w.open))
	c := w.open[i]
	w.open = append(w.open[:i], w.open[i+1:]...)
	if rnd.IntN(6) == 0 {
		w.abandoned = append(w.abandoned, c)
		return sent{}, false
	}
	return c, true
}

// think chooses one of the things that somebody can do now: a new case, or an open action.
func (w *walk) think(rnd *rand.Rand) (sent, bool, error) {
	place := []string{"musterhausen", "neuwerden"}[rnd.IntN(2)]
	w.mu.Lock()
	cases := append([]string{}, w.cases...)
	w.mu.Unlock()
	if len(cases) < 4 || len(cases) < 40 && rnd.IntN(8) == 0 {
		ags := map[string]string{"musterhausen": musterhausen, "neuwerden": neuwerden}[place]
		return sent{action: "report_signal", request: request{
			login: "clearing." + place, method: http.MethodPost, path: casesPath, key: uuid.NewString(), body: signal(ags, "Lärm am Platz"),
		}}, true, nil
	}
	path := casesPath + "/" + cases[rnd.IntN(len(cases))]
	login := staff[rnd.IntN(len(staff))] + "." + place
	r, err := w.api.Load().send(request{login: login, method: http.MethodGet, path: path})
	if err != nil || r.status != http.StatusOK {
		return sent{}, false, err
	}
	var seen struct {
		ID      string `json:"id"`
		Actions []struct {
			Action string `json:"action"`
			Open   bool   `json:"open"`
		} `json:"actions"`
	}
	if err := json.Unmarshal(r.body, &seen); err != nil {
		return sent{}, false, err
	}
	var open []string
	for _, a := range seen.Actions {
		if a.Open {
			open = append(open, a.Action)
		}
	}
	if len(open) == 0 {
		return sent{}, false, nil
	}
	action := open[rnd.IntN(len(open))]
	return sent{caseID: seen.ID, action: action, request: request{
		login: login, method: http.MethodPost, path: path + "/" + strings.ReplaceAll(action, "_", "-"), key: uuid.NewString(), seen: r.etag(),
		body: bodyOf(action, place, rnd),
	}}, true, nil
}

// bodyOf is a body for an action that is likely to be carried out: what the script has, at any stage, after any
// of the months, and with an outcome that needs no work, which nobody here does.
func bodyOf(action, place string, rnd *rand.Rand) map[string]any {
	switch action { // a script cannot say until when, as its days are long past
	case "pause_case":
		return map[string]any{"reason": "personal", "until": inDays(30)}
	case "resume_case", "move_case_calendar":
		return map[string]any{}
	}
	body := scripted(domain.Action(action), place)
	if _, ok := body["stage"]; ok {
		body["stage"] = 1 + rnd.IntN(9)
	}
	if _, ok := body["outcome"]; ok {
		body["outcome"] = "verwiesen"
	}
	if _, ok := body["month"]; ok {
		body["month"] = []int{3, 6, 12}[rnd.IntN(3)]
	}
	return body
}

// ask sends a command and remembers what it was told. It reports whether somebody was there.
func (w *walk) ask(c sent, rnd *rand.Rand) bool {
	r, err := w.api.Load().send(c.request)
	lost := err != nil || r.status < 300 && rnd.IntN(20) == 0 // some replies get lost on their way
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case lost || r.status >= 500:
		w.open = append(w.open, c)
	case r.status >= 300:
		w.refused++
	default:
		c.reply = r
		if c.caseID == "" {
			c.caseID = strings.TrimPrefix(r.header.Get("Location"), casesPath+"/")
			w.cases = append(w.cases, c.caseID)
		}
		w.answers[c.key] = c
	}
	return err == nil
}

// settle asks for every answer that is still missing, until it is there.
func (w *walk) settle(t *testing.T) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(*seed, 1<<32))
	for deadline := time.Now().Add(2 * time.Minute); ; {
		w.mu.Lock()
		if len(w.open) == 0 {
			w.mu.Unlock()
			return
		}
		c := w.open[0]
		w.open = w.open[1:]
		w.mu.Unlock()
		require.False(t, time.Now().After(deadline), "%s %s is not answered", c.path, c.key)
		w.ask(c, rnd)
	}
}

// compare holds what callers were told against the record, and the record against the histories.
func (w *walk) compare(t *testing.T, s *stack) {
	t.Helper()
	record, c := openRecord(t, s), s.engine(t)
	e := casesOn(c)
	told := map[string]map[int]sent{} // by case and version
	for _, a := range w.answers {
		var is conflict.Case
		require.NoError(t, json.Unmarshal(a.reply.body, &is))
		if told[a.caseID] == nil {
			told[a.caseID] = map[int]sent{}
		}
		require.NotContains(t, told[a.caseID], is.Version, "two commands were told the same version")
		told[a.caseID][is.Version] = a
	}
	recorded, unanswered, adopted := 0, 0, 0
	for _, id := range record.cases(t) {
		_, err := e.catchUp(t.Context(), id, uuid.NewString())
		require.NoError(t, err)
		hs := historiesOf(t, c, workflows.ID("case", id))
		for _, h := range hs {
			replay(t, h)
		}
		want, kept := record.transitions(t, id), accepted(hs)
		require.Equal(t, want, fold(t, hs, 0), "the histories tell what the record says")
		for i, r := range want {
			require.Equal(t, i+1, r.State.Version)
			recorded++
			if !kept[r.CommandID] {
				adopted++
			}
			a, ok := told[id][r.State.Version]
			if !ok {
				unanswered++
				require.True(t, w.gaveUp(id, r), "nobody sent what stands recorded: %+v", r)
				continue
			}
			require.Equal(t, a.action, string(r.Action))
			require.Equal(t, subject(a.login), r.By)
			delete(told[id], r.State.Version)
		}
		require.Empty(t, told[id], "acknowledged, and lost")
	}
	require.Empty(t, record.broken(t))
	require.Greater(t, recorded, 5, "some were carried out between the kills, however slow the machine")
	t.Logf("cases %d, recorded %d: acknowledged %d, unanswered %d of %d given up, adopted after a crash %d; refused %d",
		len(w.cases), recorded, len(w.answers), unanswered, len(w.abandoned), adopted, w.refused)
}

// gaveUp reports whether somebody sent what r records and did not wait for the answer.
func (w *walk) gaveUp(caseID string, r step) bool {
	return slices.ContainsFunc(w.abandoned, func(c sent) bool {
		return (c.caseID == caseID || c.caseID == "") && c.action == string(r.Action) && subject(c.login) == r.By
	})
}

// repeat sends every command again that was carried out: the answers are the same, and nothing happens.
func (w *walk) repeat(t *testing.T, s *stack) {
	t.Helper()
	for _, a := range w.answers {
		var r reply
		require.Eventually(t, func() bool {
			var err error
			r, err = s.send(a.request)
			return err == nil && r.status != http.StatusServiceUnavailable
		}, time.Minute, 50*time.Millisecond)
		require.Equal(t, a.reply.status, r.status, "%s: %s", a.path, r.body)
		require.Equal(t, a.reply.etag(), r.etag())
		require.JSONEq(t, string(a.reply.body), string(r.body))
	}
	recorded := 0
	record := openRecord(t, s)
	for _, id := range record.cases(t) {
		recorded += len(record.transitions(t, id))
	}
	require.GreaterOrEqual(t, len(w.answers)+len(w.abandoned), recorded)
}

// expected is what each case waits for: its next deadline. One timer is pending, for that or for when people are told
// of it before.
func expected(t *testing.T, s *stack) map[string]conflict.Deadline {
	t.Helper()
	record, c := openRecord(t, s), s.engine(t)
	all := map[string]conflict.Deadline{}
	for _, id := range record.cases(t) {
		ts := record.transitions(t, id)
		hs := historiesOf(t, c, workflows.ID("case", id))
		pending := timers(hs[len(hs)-1])
		next, timed := domain.NextDeadline(ts[len(ts)-1].State)
		if !timed {
			require.Empty(t, pending, id)
			continue
		}
		require.Len(t, pending, 1, id)
		alarm := next.Due
		if call, calls := kindOf(conflict.Kind).NextCall(ts[len(ts)-1].State, time.Now()); calls && call.At.Before(alarm) {
			alarm = call.At
		}
		require.WithinDuration(t, alarm, pending[0], time.Minute, id)
		all[id] = next
	}
	require.NotEmpty(t, all)
	return all
}
