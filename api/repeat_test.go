package api_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/wire"
	"koko/domain/conflict"
	"koko/domain/fault"
)

func TestAWriteNamesTheVersionItSaw(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("assign") // version 2
	body := object{"note": "Ein Anruf."}
	path := casePath(c) + "/add-note"
	for name, tc := range map[string]struct {
		ifMatch, kind string
		status        int
	}{
		"missing":                {"", "precondition-required", http.StatusPreconditionRequired},
		"blank":                  {"  ", "precondition-required", http.StatusPreconditionRequired},
		"stale":                  {`"1"`, "stale", http.StatusPreconditionFailed},
		"of the future":          {`"3"`, "stale", http.StatusPreconditionFailed},
		"weak":                   {`W/"2"`, "stale", http.StatusPreconditionFailed},
		"any":                    {`*`, "malformed", http.StatusBadRequest},
		"a list":                 {`"2", "3"`, "malformed", http.StatusBadRequest},
		"a list without spaces":  {`"2","2"`, "malformed", http.StatusBadRequest},
		"without quotes":         {`2`, "malformed", http.StatusBadRequest},
		"half quoted":            {`"2`, "malformed", http.StatusBadRequest},
		"twice quoted":           {`""2""`, "malformed", http.StatusBadRequest},
		"empty":                  {`""`, "malformed", http.StatusBadRequest},
		"zero":                   {`"0"`, "malformed", http.StatusBadRequest},
		"negative":               {`"-2"`, "malformed", http.StatusBadRequest},
		"signed":                 {`"+2"`, "malformed", http.StatusBadRequest},
		"with a leading zero":    {`"02"`, "malformed", http.StatusBadRequest},
		"a word":                 {`"two"`, "malformed", http.StatusBadRequest},
		"too large for a number": {`"99999999999999999999"`, "malformed", http.StatusBadRequest},
	} {
		headers := []string{}
		if tc.ifMatch != "" {
			headers = append(headers, "If-Match", tc.ifMatch)
		}
		p := w.post(manager, path, body, headers...).problem(tc.status, tc.kind)
		require.NotEmpty(t, p.Rule, name)
		require.NotEmpty(t, p.Remedy, name)
	}
	require.Equal(t, 2, w.read(manager, c).Version, "nothing was carried out")
	require.Equal(t, 3, w.must(manager, c, "add-note", body).Version)
}

func TestAWriteNeedsAnIdempotencyKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	for _, path := range []string{"/api/v1/cases", casePath(c) + "/add-note", "/api/v1/grants"} {
		for _, key := range []string{"", "short", string(make([]byte, 129))} {
			headers := []string{"If-Match", `"1"`}
			if key != "" {
				headers = append(headers, "Idempotency-Key", key)
			}
			p := w.call(manager, http.MethodPost, path, object{}, headers...).refused(http.StatusUnprocessableEntity, "invalid", "schema")
			require.Contains(t, p.Errors, wire.Detail{Field: p.Errors[0].Field, Message: p.Errors[0].Message})
			require.Contains(t, p.Field, "Idempotency-Key", p.Errors)
		}
	}
}

func TestTheSameKeyIsTheSameSignal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(reporter, "reporter", there)
	key := newKey()
	first := w.create(reporter, key, signal(here))
	c := first.caseView()
	again := w.create(reporter, key, signal(here))
	require.Equal(t, http.StatusCreated, again.code)
	require.JSONEq(t, first.body, again.body)
	require.Equal(t, first.header.Get("Location"), again.header.Get("Location"))

	w.must(clearing, c, "assign", object{"assignee": caseworker})
	require.Equal(t, 1, w.create(reporter, key, signal(here)).caseView().Version, "what the command led to, not what came after")

	other := signal(here)
	other["text"] = "Ganz etwas anderes."
	w.create(reporter, key, other).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
	other = signal(here)
	other["reliability"] = 4
	w.create(reporter, key, other).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
	w.create(reporter, key, signal(there)).refused(http.StatusConflict, "conflict", "idempotency_key_reused")

	others := w.create(clearing, key, signal(here)).caseView()
	require.NotEqual(t, c.ID, others.ID, "a key belongs to its caller")
	require.Equal(t, 2, w.count("SELECT count(*) FROM file"))
}

func TestTheSameKeyIsTheSameCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	key := newKey()
	note := object{"note": "Ein Anruf."}
	first := w.repeat(manager, c, "add-note", note, key)
	done := first.caseView()
	require.Equal(t, 2, done.Version)
	require.JSONEq(t, first.body, w.repeat(manager, c, "add-note", note, key).body)
	require.JSONEq(t, first.body, w.repeat(manager, done, "add-note", note, key).body, "whatever it says to have seen")

	w.must(manager, done, "add-note", object{"note": "Noch einer."})
	again := w.repeat(manager, c, "add-note", note, key)
	require.Equal(t, 2, again.caseView().Version, "its If-Match is stale by now, its answer is not")

	w.repeat(manager, done, "add-note", object{"note": "Ein Brief."}, key).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
	w.repeat(manager, done, "assign", object{"assignee": caseworker}, key).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
	require.Equal(t, 2, w.read(manager, c).Notes)

	require.Equal(t, 4, w.repeat(clearing, w.read(clearing, c), "add-note", note, key).caseView().Version, "another caller's key is another command")
}

func TestARepeatedCommandIsAnsweredWhereTheCaseHasLeftTheCallersSight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-clearing")
	key := newKey()
	first := w.repeat(clearing, c, "decide-mandate", mandate(), key)
	done := first.caseView()
	require.Equal(t, conflict.Analysis, done.Phase)
	w.get(clearing, casePath(c)).refused(http.StatusNotFound, "not-found", "scope")

	require.JSONEq(t, first.body, w.repeat(clearing, c, "decide-mandate", mandate(), key).body)
	require.JSONEq(t, first.body, w.repeat(clearing, done, "decide-mandate", mandate(), key).body)

	w.must(caseworker, done, "record-analysis", analysis())
	require.JSONEq(t, first.body, w.repeat(clearing, c, "decide-mandate", mandate(), key).body, "what it led to, not what came after")

	other := mandate()
	other["consent"] = "ausstehend"
	w.repeat(clearing, c, "decide-mandate", other, key).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
	other = mandate()
	other["commissioner"] = "Jemand anderes"
	w.repeat(clearing, c, "decide-mandate", other, key).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
	w.repeat(clearing, c, "add-note", object{"note": "Neu"}, key).refused(http.StatusNotFound, "not-found", "scope")
	w.repeat(clearing, c, "decide-mandate", mandate(), newKey()).refused(http.StatusNotFound, "not-found", "scope")
	w.repeat(foreign(clearing), c, "decide-mandate", mandate(), key).refused(http.StatusNotFound, "not-found", "scope")

	w.endGrants(clearing)
	w.repeat(clearing, c, "decide-mandate", mandate(), key).refused(http.StatusNotFound, "not-found", "scope")
}

func TestARepeatedAssignmentIsAnsweredAfterTheGrantOfTheAssigneeEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	key := newKey()
	body := object{"assignee": caseworker}
	first := w.repeat(manager, c, "assign", body, key)
	first.caseView()
	w.endGrants(caseworker)
	require.JSONEq(t, first.body, w.repeat(manager, c, "assign", body, key).body)
	w.repeat(manager, c, "assign", body, newKey()).refused(http.StatusUnprocessableEntity, "invalid", "holds_role")
}

func TestALostReplyIsAnsweredByTheRetry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lost := func() error { return fault.Newf(fault.Busy, "no answer").By("engine", "again") }
	key := newKey()
	w.engine.After = lost
	a := w.create(reporter, key, signal(here))
	a.refused(http.StatusServiceUnavailable, "busy", "engine")
	require.Equal(t, "1", a.header.Get("Retry-After"))
	w.engine.After = nil
	c := w.create(reporter, key, signal(here)).caseView()
	require.Equal(t, 1, c.Version)

	w.engine.After = lost
	w.repeat(manager, c, "add-note", object{"note": "Ein Anruf."}, key).problem(http.StatusServiceUnavailable, "busy")
	w.engine.After = nil
	require.Equal(t, 2, w.repeat(manager, c, "add-note", object{"note": "Ein Anruf."}, key).caseView().Version)
	require.Equal(t, 1, w.count("SELECT count(*) FROM file"))
	require.Equal(t, 2, w.count("SELECT count(*) FROM audit"))
	require.Equal(t, 2, w.count("SELECT count(*) FROM document"), "the words are stored once")

	w.engine.Before = lost
	w.repeat(manager, c, "add-note", object{"note": "Noch einer."}, newKey()).problem(http.StatusServiceUnavailable, "busy")
	w.engine.Before = func() error { return errors.New("connection to 10.1.2.3 refused") }
	w.repeat(manager, c, "add-note", object{"note": "Noch einer."}, newKey()).problem(http.StatusInternalServerError, "internal")
	w.engine.Before = nil
	require.Equal(t, 2, w.read(manager, c).Version)
}

func TestAKeyWhoseWordsAreStoredTakesNoOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	key := newKey()
	w.engine.Before = func() error { return fault.Newf(fault.Busy, "no answer").By("engine", "again") }
	w.repeat(manager, c, "add-note", object{"note": "Ein Anruf."}, key).problem(http.StatusServiceUnavailable, "busy")
	w.engine.Before = nil
	w.repeat(manager, c, "add-note", object{"note": "Ein Brief."}, key).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
	c = w.repeat(manager, c, "add-note", object{"note": "Ein Anruf."}, key).caseView()
	require.Equal(t, "Ein Anruf.", w.documents(manager, c, "?action=add_note")[0].Texts["note"])
}

// atOnce runs do n times in parallel.
func atOnce(n int, do func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}

func TestOfCommandsThatSawTheSameVersionOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	codes := make([]int, 20)
	atOnce(len(codes), func(i int) { codes[i] = w.send(manager, c, "add-note", object{"note": "Ein Anruf."}).code })
	won := map[int]int{}
	for _, code := range codes {
		won[code]++
	}
	require.Equal(t, map[int]int{http.StatusOK: 1, http.StatusPreconditionFailed: len(codes) - 1}, won)
	after := w.read(manager, c)
	require.Equal(t, 2, after.Version)
	require.Equal(t, 1, after.Notes)
	require.Equal(t, len(codes)-1, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND rule = 'version'"))
}

func TestTheSameKeyAtOnceHasOneEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := newKey()
	created := make([]string, 10)
	atOnce(len(created), func(i int) { created[i] = w.create(reporter, key, signal(here)).body })
	for _, body := range created {
		require.JSONEq(t, created[0], body)
	}
	require.Equal(t, 1, w.count("SELECT count(*) FROM file"))
	require.Equal(t, 1, w.count("SELECT count(*) FROM document"))

	var page ListPage
	w.get(manager, "/api/v1/cases").ok(&page)
	c := w.get(manager, "/api/v1/cases/"+page.Items[0].ID).caseView()
	versions := make([]int, 20)
	atOnce(len(versions), func(i int) {
		versions[i] = w.repeat(manager, c, "add-note", object{"note": "Ein Anruf."}, key).caseView().Version
	})
	for _, v := range versions {
		require.Equal(t, 2, v)
	}
	require.Equal(t, 1, w.read(manager, c).Notes)
}
