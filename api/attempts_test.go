package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/api"
	"koko/api/guard"
)

// unawaited has nobody wait until what strangers tried is recorded, as in an installation. It returns what waits for it.
func (w *world) unawaited() (recorded func()) {
	w.options.Attempts = guard.NewAttempts(w.rec.API, w.options.Log)
	w.handler = api.New(w.options)
	return func() { require.NoError(w.t, w.options.Attempts.Close(w.t.Context())) }
}

// locked has the access log of here locked, as by whoever appends to it, until it is released.
func (w *world) locked() (release func()) {
	w.t.Helper()
	tx, err := w.rec.Owner.Begin(w.t.Context())
	require.NoError(w.t, err)
	_, err = tx.Exec(w.t.Context(), "SELECT pg_advisory_xact_lock(hashtextextended('access_log' || $1, 0))", string(here))
	require.NoError(w.t, err)
	return func() { require.NoError(w.t, tx.Rollback(w.t.Context())) }
}

// The time that an answer takes does not tell in whose log an attempt stands: nobody waits for the log.
func TestAStrangerIsAnsweredWhileTheLogIsLocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	recorded, release := w.unawaited(), w.locked()
	answered := make(chan answer, 2)
	go func() {
		for _, as := range []string{foreign(manager), stranger} {
			answered <- w.get(as, casePath(c))
		}
	}()
	for range 2 {
		select {
		case a := <-answered:
			a.refused(http.StatusNotFound, "not-found", "scope")
		case <-time.After(time.Minute):
			require.Fail(t, "the answer waits for the log")
		}
	}
	release()
	recorded()
	for _, who := range []string{foreign(manager), stranger} {
		require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND actor = $1 AND file_id = $2 AND ags = $3", who, c.ID, string(here)))
	}
}

// What does not fit is counted, and nobody crowds out what others tried.
func TestWhoeverTriesTooMuchAtOnceCrowdsNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	recorded, release := w.unawaited(), w.locked()
	const tried = 600
	for range tried {
		w.get(foreign(manager), casePath(c)).refused(http.StatusNotFound, "not-found", "scope")
	}
	w.get(foreign(dpo), casePath(c)).refused(http.StatusNotFound, "not-found", "scope")
	release()
	recorded()
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND actor = $1 AND file_id = $2", foreign(dpo), c.ID))
	lost := 0
	for line := range strings.Lines(w.log.String()) {
		var l struct{ Lost int }
		if json.Unmarshal([]byte(line), &l) == nil && strings.Contains(line, "attempts: too many at once") {
			lost += l.Lost
		}
	}
	require.Positive(t, lost)
	require.Equal(t, tried, lost+w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND actor = $1 AND file_id = $2", foreign(manager), c.ID))
}

// Somebody to whom nothing was granted has one entry a day for each thing and place, and it is found there.
func TestTheLogDoesNotGrowAtTheWillOfStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	before := w.count("SELECT count(*) FROM access_log WHERE ags = $1", string(here))
	for range 20 {
		w.get(stranger, casePath(c)).refused(http.StatusNotFound, "not-found", "scope")
		w.post(stranger, "/api/v1/cases", signal(here)).refused(http.StatusForbidden, "forbidden", "role")
		w.post(stranger, casePath(c)+"/triage", object{"decision": "fall_eroeffnen"}, "If-Match", tag(1)).refused(http.StatusNotFound, "not-found", "scope")
	}
	require.Equal(t, before+3, w.count("SELECT count(*) FROM access_log WHERE ags = $1", string(here)))
	require.Len(t, w.log1(supervisor, "?person="+stranger+"&file="+c.ID), 2)
	w.at(time.Now().AddDate(0, 0, 1))
	w.get(stranger, casePath(c))
	require.Len(t, w.log1(supervisor, "?person="+stranger+"&file="+c.ID), 3, "another day is another entry")
	for range 3 {
		w.get(foreign(manager), casePath(c))
	}
	require.Len(t, w.log1(supervisor, "?person="+foreign(manager)), 3, "of those who hold a role, each attempt is one")
}
