package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/api/files"
	"koko/api/wire"
	"koko/domain/advice"
)

// requireThePastTellsNoMore compares what a reader learns of each decision in the history with what the past, a
// comparison and the raw events say of it. It returns how many were confidential.
func requireThePastTellsNoMore(w *world, as, path, fileID string) (confidential int) {
	w.t.Helper()
	var told wire.Page[files.HistoryEntry]
	w.get(as, path+"/history?limit=200").ok(&told)
	require.Empty(w.t, told.Next)
	public := map[int]string{} // version: action
	for _, e := range told.Items {
		if e.Kind == "decision" && !e.Confidential {
			public[e.Version] = e.Action
		}
	}
	type decided struct {
		version int
		action  string
		at      time.Time
	}
	var all []decided
	rows, err := w.rec.Owner.Query(w.t.Context(), "SELECT version, action, at FROM audit WHERE file_id = $1 ORDER BY version", fileID)
	require.NoError(w.t, err)
	defer rows.Close()
	for rows.Next() {
		var d decided
		require.NoError(w.t, rows.Scan(&d.version, &d.action, &d.at))
		all = append(all, d)
	}
	hidden := []string{}
	for _, d := range all {
		var at, asOf files.Past
		var diff files.Comparison
		w.get(as, fmt.Sprintf("%s/versions/%d", path, d.version)).ok(&at)
		w.get(as, path+"/as-of?at="+url.QueryEscape(d.at.Format(time.RFC3339Nano))).ok(&asOf)
		w.get(as, fmt.Sprintf("%s/compare?from=1&to=%d", path, d.version)).ok(&diff)
		for what, p := range map[string]files.Past{"version": at, "as of": asOf, "compare": diff.To} {
			require.Equal(w.t, d.version, p.Version, what)
			if _, open := public[d.version]; open {
				require.Equal(w.t, d.action, p.Action, "%s: %s of version %d", as, what, d.version)
				require.False(w.t, p.Veiled, what)
				continue
			}
			require.Empty(w.t, p.Action, "%s: %s of version %d", as, what, d.version)
			require.Empty(w.t, p.Actor, what)
			require.True(w.t, p.Veiled, what)
		}
		if _, open := public[d.version]; !open {
			hidden = append(hidden, d.action)
		}
	}
	var list struct{ Items []files.RunView }
	w.get(as, path+"/runs").ok(&list)
	for _, run := range list.Items {
		if run.Path == "" {
			continue
		}
		events := w.get(as, run.Path+"?limit=500").body
		for _, action := range hidden {
			require.NotContains(w.t, events, action, "%s: the raw events", as)
		}
	}
	return len(hidden)
}

// What one side of an advice noted for itself, the other one does not learn of: not by its version either.
func TestThePastOfAnAdviceTellsNoMoreThanItsHistory(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised(advice.Coaching, "note-as-client")
	for _, as := range []string{reporter, adviser, adviceCoordinator} {
		require.NotZero(t, requireThePastTellsNoMore(w, as, advicePath(a.ID), a.ID), as)
	}
}

func TestTheProofOfAnAccessIsForThoseWhomTheLogShowsIt(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised(advice.Coaching, "agree-advice")
	c := w.walk("triage")
	for range 3 {
		w.get(foreign(supervisor), advicePath(a.ID)).refused(http.StatusNotFound, "not-found", "scope")
		w.get(foreign(supervisor), casePath(c)).refused(http.StatusNotFound, "not-found", "scope")
	}
	last := int64(w.count("SELECT max(seq)::int FROM access_log WHERE ags = $1", string(here)))
	shown := map[int64]bool{}
	for next := ""; ; {
		var p wire.Page[struct{ Number int64 }]
		w.get(supervisor, "/api/v1/access-log?limit=200"+next).ok(&p)
		for _, e := range p.Items {
			if e.Number <= last { // the reading itself stands there, too
				shown[e.Number] = true
			}
		}
		if p.Next == "" {
			break
		}
		next = "&cursor=" + p.Next
	}
	require.NotEmpty(t, shown)
	require.Less(t, len(shown), int(last), "something is hidden")
	for number := range last {
		a := w.get(supervisor, fmt.Sprintf("/api/v1/access-log/%s/%d/proof", here, number+1))
		if shown[number+1] {
			require.Equal(t, http.StatusOK, a.code, "%d: %s", number+1, a.body)
			continue
		}
		a.refused(http.StatusNotFound, "not-found", "scope")
	}
}

// What somebody is refused in no municipality in particular is found where they belong.
func TestARefusalThatLiesNowhereIsFoundAtHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := []string{"/erasures", "/differences", "/reconciliations", "/access-log", "/access-log/reports/people", "/people/x/access", "/ledger", "/grants", "/training/statistics"}
	for _, path := range asked {
		p := w.get(trainee, "/api/v1"+path).refused(http.StatusForbidden, "forbidden", "role")
		require.NotEmpty(t, p.Remedy, path)
	}
	w.get(trainee, "/api/v1/cases/"+strings.Repeat("0", 8)+"-0000-4000-8000-000000000001").refused(http.StatusNotFound, "not-found", "scope")
	var log struct{ Items []json.RawMessage }
	w.get(dpo, "/api/v1/access-log?kind=refusal&limit=200&person="+trainee).ok(&log)
	require.Len(t, log.Items, len(asked), "what was tried on a file that never was does not stand here")
	w.get(foreign(dpo), "/api/v1/access-log?kind=refusal&limit=200&person="+trainee).ok(&log)
	require.Empty(t, log.Items)
}

// Whoever sees the whole state of an advice, but not the notes of the other side, does not see them in raw events.
func TestTheRawEventsOfAnAdviceSayNothingOfTheOtherSidesNotes(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised(advice.Coaching, "note-as-client")
	ids := w.shelve("advice-"+a.ID, "Advice/0001-plain-way-*.json")
	for as, hidden := range map[string][]string{
		reporter:          {"note_advice", "advisers_notes"},
		adviser:           {"note_as_client", "client_notes"},
		adviceCoordinator: {"note_advice", "advisers_notes", "note_as_client", "client_notes"},
	} {
		for _, run := range ids {
			events, body := w.eventsAt(as, advicePath(a.ID), run, "limit=500")
			require.False(t, events.Whole)
			require.NotEmpty(t, events.Items)
			for _, word := range hidden {
				require.NotContains(t, body, word, as)
			}
		}
	}
}
