package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/files"
	"koko/domain/advice"
	"koko/domain/conflict"
)

type historyPage struct {
	Items []files.HistoryEntry
	Next  string
}

// history is what somebody reads of a case's history, the oldest first. Reading it adds to it.
func (w *world) history(as string, c CaseView) []files.HistoryEntry {
	w.t.Helper()
	var p historyPage
	w.get(as, casePath(c)+"/history?limit=200").ok(&p)
	require.Empty(w.t, p.Next)
	slices.Reverse(p.Items)
	return p.Items
}

// of picks the entries of a kind.
func of(kind string, es []files.HistoryEntry) (picked []files.HistoryEntry) {
	for _, e := range es {
		if string(e.Kind) == kind {
			picked = append(picked, e)
		}
	}
	return picked
}

func TestTheHistoryHasEveryDecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("reopen")
	decisions := of("decision", w.history(dpo, c))
	want := decided(conflict.ActionReopen)
	require.Len(t, decisions, len(want))
	require.Empty(t, decisions[0].Prior)
	for i, s := range want {
		e := decisions[i]
		if i > 0 {
			require.Equal(t, decisions[i-1].Hash, e.Prior, "each follows the one before")
		}
		require.Equal(t, s.command, dashed(conflict.Action(e.Action)))
		require.Equal(t, s.by, e.Actor)
		require.Equal(t, i+1, e.Version)
	}
}

// What one side of an advice noted is there for the other one, and no more is told of it.
func TestTheHistoryKeepsWhatIsVeiledToThoseWhoMayKnow(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised(advice.Coaching, "note-as-client")
	for as, hidden := range map[string]string{reporter: "note_advice", adviser: "note_as_client"} {
		var p historyPage
		r := w.get(as, advicePath(a.ID)+"/history?limit=200")
		r.ok(&p)
		closed := 0
		for _, e := range p.Items {
			require.Equal(t, e.Confidential, e.Action == "", "%v", e)
			if e.Confidential {
				require.Equal(t, files.HistoryEntry{At: e.At, Kind: e.Kind, Prior: e.Prior, Hash: e.Hash, Confidential: true}, e)
				closed++
			}
		}
		require.NotZero(t, closed, as)
		require.NotContains(t, r.body, `"`+hidden+`"`, as)
	}
}

func TestEveryRefusalIsOneEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("triage")
	key := newKey()
	for range 2 { // sent again, it is the same refusal
		w.repeat(manager, c, "decide-mandate", mandate(), key).refused(http.StatusConflict, "gate", "clearing")
	}
	w.send(steering, c, "record-clearing", way()[2].body).refused(http.StatusForbidden, "forbidden", "role")
	w.post(manager, casePath(c)+"/add-note", object{"note": "x"}, "If-Match", tag(1)).refused(http.StatusPreconditionFailed, "stale", "version")
	w.get(mediator, casePath(c)).refused(http.StatusNotFound, "not-found", "scope")
	w.get(dpo, casePath(c)).refused(http.StatusForbidden, "forbidden", "role")
	w.get(evaluation, casePath(c)+"/documents").refused(http.StatusForbidden, "forbidden", "role")
	w.get(clearing, casePath(c)+"/history").refused(http.StatusForbidden, "forbidden", "role")
	w.get(foreign(supervisor), casePath(c)+"/history").refused(http.StatusNotFound, "not-found", "scope")
	w.send(foreign(manager), c, "assign", object{"assignee": foreign(manager)}).refused(http.StatusNotFound, "not-found", "scope")
	w.send(manager, c, "add-note", object{"note": ""}).problem(http.StatusUnprocessableEntity, "invalid") // its form: no entry

	type entry struct {
		actor, action, rule string
		version             int
	}
	var got []entry
	for _, e := range of("refusal", w.history(supervisor, c)) {
		got = append(got, entry{e.Actor, e.Action, e.Rule, e.Version})
		require.NotEmpty(t, e.Hash)
	}
	require.Equal(t, []entry{
		{manager, "decide_mandate", "clearing", 3},
		{steering, "record_clearing", "role", 3},
		{manager, "add_note", "version", 3},
		{mediator, "read_case", "scope", 0},
		{dpo, "read_case", "role", 3},
		{evaluation, "read_case_file", "role", 3},
		{clearing, "read_history", "role", 3},
		{foreign(supervisor), "read_history", "scope", 0},
		{foreign(manager), "assign", "scope", 0},
	}, got)
	require.Equal(t, len(got), w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND ags = $1", string(here)), "filed where the case is")
	require.Zero(t, w.count("SELECT count(*) FROM access_log WHERE ags = $1", string(there)))
}

func TestARefusedSignalIsFiledWhereItWasAttempted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post(reporter, "/api/v1/cases", signal(there)).refused(http.StatusForbidden, "forbidden", "area")
	w.post(reporter, "/api/v1/cases", signal("99999999")).refused(http.StatusForbidden, "forbidden", "area")
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND action = 'report_signal' AND rule = 'area' AND actor = $1 AND ags = $2", reporter, string(there)))
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE ags = ''"))
	require.Equal(t, 2, w.count("SELECT count(*) FROM access_log"))
}

func TestWhoChoosesTheRequestIdChoosesNoEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.walk("triage"), w.walk("triage")
	key, other := newKey(), newKey()
	for _, c := range []CaseView{one, two} {
		headers := []string{"X-Request-ID", "the-same-for-all", "Idempotency-Key", key, "If-Match", tag(c.Version)}
		for range 2 {
			w.call(supervisor, http.MethodGet, casePath(c), nil, headers...).caseView()
			w.call(dpo, http.MethodGet, casePath(c), nil, headers...).problem(http.StatusForbidden, "forbidden")
		}
		w.call(manager, http.MethodPost, casePath(c)+"/review-analysis", object{"approved": true}, headers...).problem(http.StatusConflict, "gate")
		w.call(manager, http.MethodPost, casePath(c)+"/record-clearing", object{}, "X-Request-ID", "the-same-for-all", "Idempotency-Key", other, "If-Match", tag(1)).
			problem(http.StatusPreconditionFailed, "stale")
	}
	for _, c := range []CaseView{one, two} {
		require.Equal(t, 2, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND kind = 'read' AND actor = $2", c.ID, supervisor))
		require.Equal(t, 2, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND kind = 'refusal' AND actor = $2", c.ID, dpo))
		require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND rule = 'phase'", c.ID))
		require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND rule = 'version'", c.ID))
	}
}

func TestEverySensitiveReadIsOneEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-work-session")
	names := w.documents(caseworker, c, "?action=record_analysis")
	w.exec("CREATE TABLE before AS SELECT id FROM access_log")
	path := casePath(c) + "/documents"

	w.get(supervisor, casePath(c)).caseView()
	w.get(supervisor, casePath(c)+"?reason=beschwerde").caseView()
	w.get(manager, casePath(c)).caseView()             // not sensitive
	w.documents(manager, c, "")                        // nor the case file, for those who work with it
	w.documents(steering, c, "")                       // or steer
	w.documents(supervisor, c, "?reason=fachaufsicht") // the file and the identities
	w.documents(caseworker, c, "")                     // the identities
	w.documents(mediator, c, "")                       // the identities, by somebody who works on it
	w.get(caseworker, path+"/"+names[0].ID)
	w.get(caseworker, path+"/"+names[1].ID)
	w.history(dpo, c)

	type entry struct{ Actor, Action, Reason, Subject string }
	var got []entry
	for _, e := range of("read", w.history(supervisor, c)) {
		if w.count("SELECT count(*) FROM before b JOIN access_log l ON l.id = b.id WHERE l.hash = decode($1, 'hex')", e.Hash) == 0 {
			got = append(got, entry{e.Actor, e.Action, e.Reason, e.Subject})
			require.True(t, e.Confidential || e.Version == c.Version)
		}
	}
	identities := names[slices.IndexFunc(names, func(d files.DocumentView) bool { return d.Compartment == conflict.Identities })]
	require.Equal(t, []entry{
		{supervisor, "read_case", "", ""},
		{supervisor, "read_case", "beschwerde", ""},
		{supervisor, "read_case_file", "fachaufsicht", ""},
		{supervisor, "read_identities", "fachaufsicht", ""},
		{caseworker, "read_identities", "", ""},
		{caseworker, "read_identities", "", identities.ID},
		{dpo, "read_history", "", ""},
	}, got)
}

func TestWhatCannotBeRecordedIsNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	w.exec("REVOKE INSERT ON access_log FROM koko_api")
	for _, path := range []string{casePath(c), casePath(c) + "/history", casePath(c) + "/documents"} {
		a := w.get(supervisor, path)
		a.problem(http.StatusInternalServerError, "internal")
		require.NotContains(t, a.body, wordOfCase)
	}
	w.get(caseworker, casePath(c)+"/documents").problem(http.StatusInternalServerError, "internal")
	w.get(dpo, casePath(c)).refused(http.StatusForbidden, "forbidden", "role")
	require.Contains(t, w.logged("access log"), "permission denied", "a refusal stands, and the failure is logged")
	w.get(manager, casePath(c)).caseView()
}

func TestHistoriesComeInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-clearing")
	for range 5 {
		w.get(dpo, casePath(c)).problem(http.StatusForbidden, "forbidden")
		w.get(supervisor, casePath(c)).caseView()
	}
	whole := w.history(manager, c)
	require.Len(t, whole, 14)
	slices.Reverse(whole)
	for _, limit := range []int{1, 3, 14} {
		var all []files.HistoryEntry
		next := ""
		for {
			var p historyPage
			w.get(manager, fmt.Sprintf("%s/history?limit=%d%s", casePath(c), limit, next)).ok(&p)
			require.LessOrEqual(t, len(p.Items), limit)
			all = append(all, p.Items...)
			if p.Next == "" {
				break
			}
			next = "&cursor=" + p.Next
		}
		all = slices.DeleteFunc(all, func(e files.HistoryEntry) bool { return e.Action == "read_history" })
		require.Equal(t, whole, all, "in pages of %d", limit)
	}
}
