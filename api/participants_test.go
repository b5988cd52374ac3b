package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/training"
	"koko/domain/ags"
)

type participants struct {
	Items  []training.Participant
	Hidden int
}

func participantsPath(c CohortView) string { return cohortPath(c.ID) + "/participants" }

// seatedAs is seated, under another name.
func (w *world) seatedAs(as, name string, c CohortView) EnrolmentView {
	w.t.Helper()
	e := w.post(as, "/api/v1/enrolments", with(application(c), "holder", name)).enrolmentView()
	e = w.enrol(employer, e, "decide-release", object{"granted": true}).enrolmentView()
	w.enrol(coordinator, e, "decide-application", object{"granted": true}).enrolmentView()
	return w.enrolment(as, e.ID)
}

func TestEachRoleSeesItsParticipants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(func(o object) { o["offered"] = []ags.Key{here, there} })
	one, two := w.seated(trainee, c), w.seatedAs(trainee2, "Ada Zwei", c)
	far := w.post(foreign(trainee), "/api/v1/enrolments", object{"ags": there, "line_manager": foreign(employer), "cohort": c.ID, "holder": "Fern Her"}).enrolmentView()
	far = w.enrol(foreign(employer), far, "decide-release", object{"granted": true}).enrolmentView()
	w.enrol(foreign(coordinator), far, "decide-application", object{"granted": true}).enrolmentView()
	w.grant("u-trainee3", "trainee", here)
	w.post("u-trainee3", "/api/v1/enrolments", application(c)).enrolmentView() // still only applied
	c = w.signed(c, "d1", entry(one, 480), entry(two, 100))

	var seen participants
	for as, want := range map[string]struct{ names, assessment bool }{coordinator: {true, true}, trainer: {true, false}, employer: {false, true}} {
		seen = participants{}
		w.get(as, participantsPath(c)).ok(&seen)
		require.Len(t, seen.Items, 2, as)
		if seen.Items[0].Reference == two.Reference { // both applied in the same instant
			slices.Reverse(seen.Items)
		}
		p := seen.Items[0]
		require.Equal(t, one.Reference, p.Reference)
		require.Equal(t, map[bool]string{true: wordOfHolder}[want.names], p.Name, as)
		require.Equal(t, want.assessment, p.Assessment != nil, as)
		require.Equal(t, 480, p.Modules[0].Minutes)
		require.EqualValues(t, "belegt", p.Seat)
		require.NotEmpty(t, p.Municipality)
		require.Equal(t, map[bool]int{true: 1}[as != employer], seen.Hidden, as)
		require.Equal(t, 100, seen.Items[1].Minutes)
	}
	seen = participants{}
	w.get(foreign(employer), participantsPath(c)).ok(&seen)
	require.Len(t, seen.Items, 1, "the own staff alone")
	require.Equal(t, far.ID, seen.Items[0].Enrolment)
	require.Zero(t, seen.Hidden)
	w.grant("u-employer2", "line_manager", here)
	seen = participants{}
	w.get("u-employer2", participantsPath(c)).ok(&seen)
	require.Empty(t, seen.Items)
	require.Equal(t, 2, w.count("SELECT count(*) FROM access_log WHERE kind = 'read' AND action = 'read_participants' AND file_id = $1", c.ID), "reading names is recorded")

	for _, path := range []string{"", ".csv", ".xlsx"} {
		path = participantsPath(c) + path
		for _, as := range []string{trainee, assessor, certifier, supervisor, foreign(trainer), foreign(coordinator), foreign(trainee)} {
			w.get(as, path).problem(http.StatusForbidden, "forbidden")
		}
		for _, as := range []string{stranger, admin, foreign(supervisor), caseworker} {
			w.get(as, path).refused(http.StatusNotFound, "not-found", "scope")
		}
		w.get("", path).problem(http.StatusUnauthorized, "unauthenticated")
	}
}

func TestAnExportIsATableWithoutFormulas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	e := w.seatedAs(trainee, `=HYPERLINK("http://x")`, c)
	w.signed(c, "d1", entry(e, 480))
	a := w.get(coordinator, participantsPath(c)+".csv")
	require.Equal(t, http.StatusOK, a.code, a.body)
	require.Equal(t, "text/csv; charset=utf-8", a.header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="teilnehmende.csv"`, a.header.Get("Content-Disposition"))
	lines := strings.Split(a.body, "\r\n")
	require.Len(t, lines, 3)
	head, row := strings.Split(lines[0], ";"), strings.Split(lines[1], ";")
	require.Len(t, row, len(head))
	require.Contains(t, row, `"'=HYPERLINK(""http://x"")"`)
	require.Equal(t, "480", row[slices.Index(head, "Minuten")])
	require.Equal(t, "nein", row[slices.Index(head, "Prüfung bestanden")])
	require.Equal(t, "in den Modulen", row[slices.Index(head, "Phase")])
	for as, columns := range map[string][]string{trainer: {"Prüfung bestanden"}, employer: {"Name"}} {
		a := w.get(as, participantsPath(c)+".csv")
		for _, column := range columns {
			require.NotContains(t, a.body, column, as)
		}
	}
	require.NotContains(t, w.get(employer, participantsPath(c)+".csv").body, "HYPERLINK")
	a = w.get(trainer, participantsPath(c)+".xlsx")
	require.Equal(t, http.StatusOK, a.code)
	require.True(t, strings.HasPrefix(a.body, "PK"))
	require.Contains(t, a.header.Get("Content-Type"), "spreadsheetml")
	w.get(coordinator, participantsPath(c)+"?format=csv").problem(http.StatusUnprocessableEntity, "invalid")
}
