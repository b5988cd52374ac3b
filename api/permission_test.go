package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/api/people"
	"koko/domain/conflict"
	"koko/policies"
)

// lists is what somebody finds of the cases: by id, and as the JSON of the page.
func (w *world) list(as, query string) (ids []string, page ListPage) {
	w.t.Helper()
	return w.listOf(as, "/api/v1/cases"+query)
}

// listOf reads a page of a list of files.
func (w *world) listOf(as, path string) (ids []string, page ListPage) {
	w.t.Helper()
	w.get(as, path).ok(&page)
	for _, i := range page.Items {
		ids = append(ids, i.ID)
	}
	return ids, page
}

// What each role is shown of cases in every situation: lens of the case, whether lists hold it, and
// what documents and history answer. Whoever works there is shown nothing at all.
func TestEachRoleIsShownWhatItMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := w.walk("")
	working := w.walk("record-work-session")
	own := w.report(clearing, here)
	_ = own
	type shown struct {
		lens               string
		documents, history int
	}
	const gone, barred, fine = http.StatusNotFound, http.StatusForbidden, http.StatusOK
	nothing := shown{"", gone, gone}
	for as, want := range map[string]struct{ open, working shown }{
		reporter:   {shown{"signal", barred, barred}, shown{"signal", barred, barred}},
		clearing:   {shown{"case", fine, barred}, nothing},
		caseworker: {nothing, shown{"case", fine, barred}},
		manager:    {shown{"case", fine, fine}, shown{"case", fine, fine}},
		mediator:   {nothing, shown{"case", fine, barred}},
		steering:   {shown{"case", fine, barred}, shown{"case", fine, barred}},
		supervisor: {shown{"case", fine, fine}, shown{"case", fine, fine}},
		evaluation: {shown{"facts", barred, barred}, shown{"facts", barred, barred}},
		dpo:        {shown{"", barred, fine}, shown{"", barred, fine}},
		admin:      {nothing, nothing},
		stranger:   {nothing, nothing},
	} {
		for c, want := range map[*CaseView]shown{&open: want.open, &working: want.working} {
			ids, page := w.list(as, "")
			require.Equal(t, want.lens != "", slices.Contains(ids, c.ID), "%s lists %s", as, c.Phase)
			require.Equal(t, len(ids), page.Counts.Total, as)
			if want.lens == "" {
				require.Equal(t, map[bool]int{true: barred, false: gone}[want.history == fine], w.get(as, casePath(*c)).code, "%s reads %s", as, c.Phase)
			} else {
				require.Equal(t, want.lens, w.read(as, *c).Lens, "%s reads %s", as, c.Phase)
			}
			require.Equal(t, want.documents, w.get(as, casePath(*c)+"/documents").code, "%s reads documents in %s", as, c.Phase)
			require.Equal(t, want.history, w.get(as, casePath(*c)+"/history").code, "%s reads the history in %s", as, c.Phase)
			if as == stranger {
				continue
			}
			ids, page = w.list(foreign(as), "")
			require.Empty(t, ids, as)
			require.Zero(t, page.Counts.Total, as)
			for _, part := range []string{"", "/documents", "/history"} {
				w.get(foreign(as), casePath(*c)+part).refused(gone, "not-found", "scope")
			}
		}
	}
}

func TestNobodyFromElsewhereGivesACommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	for as := range staff {
		for _, s := range append(onTheCase(), step{command: "add-note", body: object{"note": "x"}}, step{command: "attach-document", body: object{"title": "x", "media_type": "text/plain", "content": []byte("x")}}) {
			w.send(foreign(as), c, s.command, s.body).refused(http.StatusNotFound, "not-found", "scope")
		}
		w.post(foreign(as), "/api/v1/cases", signal(here)).problem(http.StatusForbidden, "forbidden")
	}
	require.Equal(t, 1, w.count("SELECT count(*) FROM audit"))
	require.Equal(t, 1, w.count("SELECT count(*) FROM document"))
}

func TestWhoMayNotDoSomethingIsToldWhoMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("triage")
	p := w.send(steering, c, "record-clearing", way()[2].body).refused(http.StatusForbidden, "forbidden", "role")
	require.Contains(t, p.Remedy, "a conflict manager")
	w.send(supervisor, c, "add-note", object{"note": "x"}).refused(http.StatusForbidden, "forbidden", "role")
	w.send(reporter, c, "add-note", object{"note": "x"}).refused(http.StatusForbidden, "forbidden", "role")
	w.send(evaluation, c, "triage", object{"decision": "verwerfen", "reason": "x"}).refused(http.StatusForbidden, "forbidden", "role")
	w.send(dpo, c, "reopen", object{"reason": "x"}).refused(http.StatusForbidden, "forbidden", "role")
	w.send(caseworker, c, "record-clearing", way()[2].body).refused(http.StatusForbidden, "forbidden", "role")
	for _, as := range []string{mediator, admin, stranger} {
		w.send(as, c, "add-note", object{"note": "x"}).refused(http.StatusNotFound, "not-found", "scope")
	}
	for _, as := range []string{mediator, steering, supervisor, evaluation, dpo, admin, stranger} {
		w.post(as, "/api/v1/cases", signal(here)).problem(http.StatusForbidden, "forbidden")
	}
	for _, as := range []string{reporter, clearing, caseworker, manager} {
		w.report(as, here)
		w.post(as, "/api/v1/cases", signal(there)).refused(http.StatusForbidden, "forbidden", "area")
		w.post(as, "/api/v1/cases", signal("99999999")).refused(http.StatusForbidden, "forbidden", "area")
	}
}

func TestAReporterSeesTheOwnSignalAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-work-session")
	w.report(clearing, here)
	a := w.get(reporter, casePath(c))
	seen := a.caseView()
	require.Equal(t, "signal", seen.Lens)
	require.Equal(t, "Streit um "+wordOfCase, seen.Title)
	require.Equal(t, reporter, seen.Signal.By)
	require.Empty(t, seen.Shown.Deadlines)
	var raw map[string]json.RawMessage
	a.ok(&raw)
	for name := range raw {
		require.Contains(t, []string{"id", "ags", "version", "phase", "round", "opened", "changed", "signal", "title", "deadlines", "actions", "lens", "reads"}, name)
	}
	for _, other := range []string{clearing, caseworker, manager, mediator} {
		require.NotContains(t, a.body, other)
	}
	for _, o := range seen.Shown.Actions {
		require.False(t, o.Open)
		require.EqualValues(t, "permission", o.Closed.By, o.Action)
	}

	ids, page := w.list(reporter, "")
	require.Equal(t, []string{c.ID}, ids)
	item := page.Items[0]
	require.Equal(t, "Streit um "+wordOfCase, item.Title)
	require.Empty(t, item.Urgency)
	require.Zero(t, item.Stage)
	require.Empty(t, item.Assignee)
	require.Nil(t, item.Due)
	require.Empty(t, page.Counts.By["urgency"])
	for _, query := range []string{"?urgency=schwelend", "?assignee=" + caseworker, "?overdue=true", "?assignee=me"} {
		ids, page := w.list(reporter, query)
		require.Empty(t, ids, "a filter tells no more than the list: %s", query)
		require.Zero(t, page.Counts.Total, query)
	}
}

func TestEvaluationIsShownNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, through := range []string{"", "record-clearing", "record-analysis", "record-work-interim", "sign-off", "record-follow-up", "reopen"} {
		c := w.walk(through)
		a := w.get(evaluation, casePath(c))
		seen := a.caseView()
		require.Equal(t, "facts", seen.Lens)
		require.Equal(t, c.Phase, seen.Phase)
		require.Empty(t, seen.Title)
		requireNobody(t, a.body)
	}
	requireNobody(t, w.get(evaluation, "/api/v1/cases").body)
	ids, page := w.list(evaluation, "?urgency=schwelend")
	require.Len(t, ids, 6, "facts are what they count")
	require.Equal(t, map[string]int{"schwelend": 6}, page.Counts.By["urgency"])
	ids, _ = w.list(evaluation, "?assignee="+caseworker)
	require.Empty(t, ids, "a filter tells no more than the list")
}

// requireNobody: no person of the tests and none of their words stands in body.
func requireNobody(t *testing.T, body string) {
	t.Helper()
	for _, s := range everybody() {
		require.NotContains(t, body, `"`+s+`"`)
	}
	for _, word := range []string{wordOfCase, wordOfIdentities, wordOfSession} {
		require.NotContains(t, body, word)
	}
}

// The words of the mediation and the names are nowhere but in the documents of those who may read
// them; nor are the words of the case file, in a case itself.
func TestACaseHoldsNoWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-follow-up")
	for _, as := range []string{manager, caseworker, steering, supervisor, evaluation, reporter} {
		for _, path := range []string{casePath(c), "/api/v1/cases"} {
			body := w.get(as, path).body
			require.NotContains(t, body, wordOfIdentities)
			require.NotContains(t, body, wordOfSession)
			require.NotContains(t, body, "Müllgebühren")
		}
	}
	for _, as := range []string{manager, supervisor, dpo} {
		body := w.get(as, casePath(c)+"/history").body
		require.NotContains(t, body, wordOfIdentities)
		require.NotContains(t, body, wordOfSession)
		require.NotContains(t, body, wordOfCase)
	}
	for _, as := range []string{manager, steering, supervisor} {
		body := w.get(as, casePath(c)+"/documents").body
		require.Contains(t, body, wordOfCase)
		require.NotContains(t, body, wordOfIdentities)
		require.NotContains(t, body, wordOfSession)
	}
	log := w.log.String()
	for _, secret := range []string{wordOfCase, wordOfIdentities, wordOfSession, caseworker, c.ID} {
		require.NotContains(t, log, secret)
	}
}

func TestSomebodyWithGrantsInTwoMunicipalitiesIsShownEachByItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const both = "u-both"
	w.grant(both, "conflict_manager", here)
	w.grant(both, policies.Evaluation, there)
	one := w.walk("record-clearing")
	two := w.report(foreign(reporter), there)
	require.Equal(t, "case", w.read(both, one).Lens)
	facts := w.get(both, casePath(two))
	require.Equal(t, "facts", facts.caseView().Lens)
	requireNobody(t, facts.body)
	ids, page := w.list(both, "")
	require.ElementsMatch(t, []string{one.ID, two.ID}, ids)
	for _, i := range page.Items {
		require.Equal(t, i.ID == one.ID, i.Title != "", "the title of the one")
		require.Equal(t, i.ID == one.ID, i.Assignee != "")
	}
	require.Equal(t, http.StatusOK, w.get(both, casePath(one)+"/documents").code)
	w.get(both, casePath(two)+"/documents").problem(http.StatusForbidden, "forbidden")
	ids, _ = w.list(both, "?text="+wordOfCase)
	require.Equal(t, []string{one.ID}, ids)
	ids, _ = w.list(both, "?ags="+string(there))
	require.Equal(t, []string{two.ID}, ids)
	w.must(both, one, "add-note", object{"note": "x"})
	w.send(both, two, "add-note", object{"note": "x"}).problem(http.StatusForbidden, "forbidden")
}

func TestAGrantCountsFromItsBeginToItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	now := time.Now()
	soon, before := now.Add(time.Hour), now.Add(-time.Minute)
	for as, period := range map[string]struct {
		from  time.Time
		until *time.Time
	}{
		"u-expired": {now.Add(-time.Hour), &before}, "u-future": {soon, nil}, "u-never": {soon, &soon},
	} {
		w.grantBetween(as, "conflict_manager", period.from, period.until, here)
		requireNothing(t, w, as, c)
	}
	w.grantBetween("u-now", "conflict_manager", now.Add(-time.Hour), &soon, here)
	require.Equal(t, "case", w.read("u-now", c).Lens)
	w.endGrants("u-now")
	requireNothing(t, w, "u-now", c)
}

func requireNothing(t *testing.T, w *world, as string, c CaseView) {
	t.Helper()
	ids, page := w.list(as, "")
	require.Empty(t, ids, as)
	require.Zero(t, page.Counts.Total, as)
	for _, part := range []string{"", "/documents", "/history"} {
		w.get(as, casePath(c)+part).refused(http.StatusNotFound, "not-found", "scope")
	}
	w.send(as, c, "add-note", object{"note": "x"}).refused(http.StatusNotFound, "not-found", "scope")
	w.post(as, "/api/v1/cases", signal(here)).refused(http.StatusForbidden, "forbidden", "role")
	w.get(as, "/api/v1/grants").refused(http.StatusForbidden, "forbidden", "role")
	var me people.Me
	w.get(as, "/api/v1/me").ok(&me)
	require.Empty(t, me.Grants)
}

func TestAnAssignmentOpensACaseAndClosesItAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("decide-mandate")
	require.Equal(t, caseworker, c.Assignee)
	require.Equal(t, "case", w.read(caseworker, c).Lens)
	const other = "u-other"
	w.grant(other, "caseworker", here)
	w.get(other, casePath(c)).refused(http.StatusNotFound, "not-found", "scope")
	c = w.must(manager, c, "assign", object{"assignee": other})
	require.Equal(t, "case", w.read(other, c).Lens)
	w.get(caseworker, casePath(c)).refused(http.StatusNotFound, "not-found", "scope")
	require.Equal(t, conflict.Analysis, w.must(other, c, "record-analysis", analysis()).Phase)
	require.True(t, strings.Contains(w.get(other, casePath(c)+"/documents").body, wordOfIdentities))
}
