package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/files"
	trainingapi "koko/api/training"
	"koko/db"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
)

// enrolled is what somebody finds of the enrolments: by id, and the page.
func (w *world) enrolled(as, query string) (ids []string, page ListPage) {
	w.t.Helper()
	return w.listOf(as, "/api/v1/enrolments"+query)
}

// classroom is a cohort with two trainees here, of whom the first is assessed by assessor, and another
// cohort with one more, whose line manager and trainer are other people.
func (w *world) classroom() (c CohortView, first, second, other EnrolmentView) {
	w.t.Helper()
	w.grant("u-trainee3", "trainee", here)
	w.grant("u-employer2", "line_manager", here)
	w.grant("u-trainer2", "trainer", here)
	first = w.qualified(trainee)
	c = w.planned(nil)
	second = w.seated(trainee2, c)
	elsewhere := w.planned(func(o object) { o["trainers"] = []string{"u-trainer2"} })
	body := application(elsewhere)
	body["line_manager"] = "u-employer2"
	other = w.post("u-trainee3", "/api/v1/enrolments", body).enrolmentView()
	w.engine.At = daysAgo(0)
	return c, first, second, other
}

func TestEverybodyListsTheEnrolmentsThatTheyMaySee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, first, second, other := w.classroom()
	for as, want := range map[string]struct {
		ids  []string
		lens string
	}{
		coordinator: {[]string{first.ID, second.ID, other.ID}, "enrolment"}, certifier: {[]string{first.ID, second.ID, other.ID}, "enrolment"},
		supervisor: {[]string{first.ID, second.ID, other.ID}, "progress"}, employer: {[]string{first.ID, second.ID}, "progress"},
		"u-employer2": {[]string{other.ID}, "progress"}, trainer: {[]string{first.ID, second.ID}, "enrolment"}, "u-trainer2": {[]string{other.ID}, "enrolment"},
		assessor: {[]string{first.ID}, "enrolment"}, trainee: {[]string{first.ID}, "enrolment"}, trainee2: {[]string{second.ID}, "enrolment"},
		stranger: {}, dpo: {}, manager: {}, evaluation: {}, foreign(coordinator): {}, foreign(supervisor): {}, foreign(trainee): {},
	} {
		ids, page := w.enrolled(as, "")
		require.ElementsMatch(t, want.ids, ids, as)
		require.Equal(t, len(want.ids), page.Counts.Total, as)
		for _, i := range page.Items {
			require.Equal(t, want.lens, i.Lens, as)
			require.True(t, strings.HasPrefix(i.Reference, "E-"))
		}
		for query, most := range map[string][]string{
			"?phase=qualified": {first.ID}, "?text=" + strings.ToLower(second.Reference): {second.ID}, "?attends=" + other.Cohort: {other.ID},
		} {
			ids, page := w.enrolled(as, query)
			require.Subset(t, most, ids, "%s %s", as, query)
			require.Subset(t, want.ids, ids, "a filter tells no more than the list: %s %s", as, query)
			require.Equal(t, len(ids), page.Counts.Total)
		}
	}
	require.Equal(t, http.StatusUnauthorized, w.get("", "/api/v1/enrolments").code)
}

func TestAListOfEnrolmentsIsFiltered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, first, second, other := w.classroom()
	for query, want := range map[string][]string{
		"?phase=qualified&phase=modules": {first.ID, second.ID}, "?phase=withdrawn": nil, "?ags=" + string(here): {first.ID, second.ID, other.ID},
		"?ags=" + string(there): nil, "?attends=" + c.ID: {second.ID}, "?curriculum=koko": {first.ID, second.ID, other.ID}, "?curriculum=kursreihe": nil,
		"?overdue=true": {other.ID}, "?overdue=false": {first.ID, second.ID}, "?mine=true": nil, "?mine=false": {first.ID, second.ID, other.ID},
		"?text=" + first.Reference: {first.ID}, "?text=E-": {first.ID, second.ID, other.ID}, "?text=x%25": nil,
	} {
		ids, page := w.enrolled(coordinator, query)
		require.ElementsMatch(t, want, ids, query)
		require.Equal(t, len(want), page.Counts.Total, query)
	}
	ids, _ := w.enrolled(trainee2, "?mine=true")
	require.Equal(t, []string{second.ID}, ids)

	_, page := w.enrolled(coordinator, "")
	require.Equal(t, map[string]int{"applied": 1, "modules": 1, "qualified": 1}, page.Counts.By["phase"])
	require.Equal(t, 1, page.Counts.Overdue)
	for _, i := range page.Items {
		switch i.ID {
		case first.ID:
			require.Equal(t, enrolment.Count{Done: 4, Of: 4}, i.Progress.Modules)
			require.Equal(t, enrolment.NoWarning, i.Warning)
		case other.ID:
			require.True(t, i.Overdue)
			require.NotNil(t, i.Due)
		}
	}
	for _, bad := range []string{"?phase=x", "?ags=1", "?limit=0", "?overdue=maybe", "?nothing=1"} {
		require.Equal(t, http.StatusUnprocessableEntity, w.get(coordinator, "/api/v1/enrolments"+bad).code, bad)
	}
	for _, bad := range []string{"x", "e30", "eyJpIjoieCJ9"} {
		w.get(coordinator, "/api/v1/enrolments?cursor="+bad).refused(http.StatusUnprocessableEntity, "invalid", "cursor")
	}
}

func TestPagesOfEnrolmentsMeetEachOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, first, second, other := w.classroom()
	var all []string
	query := "?limit=1"
	for range 3 {
		ids, page := w.enrolled(coordinator, query)
		require.Len(t, ids, 1)
		require.Equal(t, len(all) == 0, page.Counts != nil, "with the first page")
		all = append(all, ids...)
		query = "?limit=1&cursor=" + page.Next
		require.Equal(t, len(all) == 3, page.Next == "")
	}
	require.ElementsMatch(t, []string{first.ID, second.ID, other.ID}, all)
}

func TestTheWayShowsWhatRemains(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, _, second, _ := w.classroom()
	path := enrolmentPath(second.ID) + "/way"
	for _, as := range []string{trainee2, coordinator, trainer, employer, certifier, supervisor} {
		a := w.get(as, path)
		var way enrolment.Way
		a.ok(&way)
		require.Equal(t, tag(w.enrolment(as, second.ID).Version), a.header.Get("ETag"))
		require.NotEmpty(t, way.Missing, as)
		_, page := w.enrolled(as, "?attends="+c.ID)
		require.Equal(t, way.Warning, page.Items[0].Warning, "the list says the same")
	}
	require.Equal(t, http.StatusUnauthorized, w.get("", path).code)
	w.get(dpo, path).refused(http.StatusForbidden, "forbidden", "role")
	for _, as := range []string{foreign(coordinator), foreign(employer), stranger, trainee, assessor, "u-trainer2", "u-employer2"} {
		w.get(as, path).refused(http.StatusNotFound, "not-found", "scope")
	}
}

func TestAnotherVersionOfTheCurriculumIsShownBeforeItIsAdopted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _, second, _ := w.classroom()
	next := koko()
	next.Version = 2
	next.Rule.Modules, next.Rule.Supervisions, next.Rule.OnlyExcused = 3, 5, true
	next.Modules = append(next.Modules[:4:4], curriculum.Module{ID: "m6", Kind: curriculum.CourseModule, Title: "Neu", Days: 1, InPerson: 480, After: []string{"m1"}})
	n, err := db.On(w.rec.Owner).AddCurriculum(t.Context(), db.AddCurriculumParams{ID: "koko", Version: 2, Content: next, PublishedBy: certifier})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)

	path := enrolmentPath(second.ID) + "/curriculum-change"
	before := w.count("SELECT count(*) FROM audit")
	for _, as := range []string{trainee2, coordinator, trainer, certifier} {
		for _, query := range []string{"", "?version=2"} {
			var c trainingapi.CurriculumChange
			w.get(as, path+query).ok(&c)
			require.Equal(t, []int{1, 2}, []int{c.From, c.To})
			require.Equal(t, []trainingapi.RuleChange{
				{Field: "modules", Before: 4., After: 3.}, {Field: "only_excused", Before: false, After: true}, {Field: "supervisions", Before: 3., After: 5.},
				{Field: "modules.m5.kind", Before: "modul"}, {Field: "modules.m5.minutes", Before: 960.},
				{Field: "modules.m6.kind", After: "modul"}, {Field: "modules.m6.minutes", After: 480.}, {Field: "modules.m6.after", After: []any{"m1"}},
			}, c.Rules)
			require.Equal(t, 4, c.Before.Progress.Modules.Of)
			require.Equal(t, 3, c.After.Progress.Modules.Of)
			require.NotEmpty(t, c.After.Way.Missing)
		}
	}
	require.Equal(t, before, w.count("SELECT count(*) FROM audit"), "nothing is changed")
	require.Equal(t, 1, w.enrolment(coordinator, second.ID).Terms.Version)

	w.get(coordinator, path+"?version=1").refused(http.StatusUnprocessableEntity, "invalid", "other_version")
	w.get(coordinator, path+"?version=3").refused(http.StatusUnprocessableEntity, "invalid", "curriculum")
	require.Equal(t, http.StatusUnauthorized, w.get("", path).code)
	w.get(employer, path).refused(http.StatusForbidden, "forbidden", "role")
	w.get(foreign(coordinator), path).refused(http.StatusNotFound, "not-found", "scope")
	e := w.enrol(coordinator, w.enrolment(coordinator, second.ID), "withdraw", object{"reason": "sonstiges"}).enrolmentView()
	w.get(coordinator, path).problem(http.StatusConflict, "gate")
	require.Equal(t, enrolment.Withdrawn, e.Phase)
}

type enrolmentDocuments struct {
	Items []files.DocumentView
	Next  string
}

// Words of the training and of the assessment have readers of their own.
func TestTheWordsOfAnEnrolmentAreReadByThoseWhomTheyConcern(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.qualified(trainee)
	path := enrolmentPath(e.ID) + "/documents"
	reads := 0
	var reasons files.DocumentView
	for as, want := range map[string]map[file.Compartment]int{
		trainee: {training.TrainingFile: 3, enrolment.AssessmentFile: 2}, coordinator: {training.TrainingFile: 3, enrolment.AssessmentFile: 2},
		assessor: {training.TrainingFile: 3, enrolment.AssessmentFile: 2}, trainer: {training.TrainingFile: 3}, certifier: {enrolment.AssessmentFile: 2},
	} {
		var list enrolmentDocuments
		a := w.get(as, path)
		a.ok(&list)
		got := map[file.Compartment]int{}
		for _, d := range list.Items {
			got[d.Compartment]++
			if d.Compartment == enrolment.AssessmentFile {
				reasons = d
			}
		}
		require.Equal(t, want, got, as)
		require.Equal(t, want[enrolment.AssessmentFile] > 0, strings.Contains(a.body, wordOfReasons), as)
		require.Equal(t, want[training.TrainingFile] > 0, strings.Contains(a.body, wordOfHolder), as)
		if want[enrolment.AssessmentFile] > 0 {
			reads++
		}
		require.Equal(t, reads, w.count("SELECT count(*) FROM access_log WHERE kind = 'read' AND action = 'read_assessment_file'"), as)
	}
	require.Equal(t, wordOfReasons, reasons.Texts["reasons"])
	one := path + "/" + reasons.ID
	var d files.DocumentView
	w.get(trainee, path+"/"+strings.ToUpper(reasons.ID)).ok(&d)
	require.Equal(t, reasons, d)
	w.get(trainer, one).refused(http.StatusNotFound, "not-found", "compartment")
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND rule = 'compartment' AND subject_id = $1", reasons.ID))

	var page enrolmentDocuments
	w.get(trainee, path+"?limit=2&action=record_verdict").ok(&page)
	require.Len(t, page.Items, 2)
	require.Empty(t, page.Next)
	w.get(trainee, path+"?limit=4").ok(&page)
	require.Len(t, page.Items, 4)
	w.get(trainee, path+"?limit=4&cursor="+page.Next).ok(&page)
	require.Len(t, page.Items, 1)
	w.get(trainee, path+"?cursor=x").refused(http.StatusUnprocessableEntity, "invalid", "cursor")

	for _, p := range []string{path, one} {
		require.Equal(t, http.StatusUnauthorized, w.get("", p).code)
		for _, as := range []string{employer, supervisor, dpo} {
			w.get(as, p).refused(http.StatusForbidden, "forbidden", "role")
		}
		for _, as := range []string{foreign(coordinator), foreign(assessor), stranger, trainee2} {
			w.get(as, p).refused(http.StatusNotFound, "not-found", "scope")
		}
	}
}

func TestTheHistoryOfAnEnrolmentIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.qualified(trainee)
	path := enrolmentPath(e.ID) + "/history"
	var list struct {
		Items []files.HistoryEntry
		Next  string
	}
	for _, as := range []string{coordinator, supervisor, dpo} {
		a := w.get(as, path+"?reason=beschwerde&limit=200")
		a.ok(&list)
		require.GreaterOrEqual(t, len(list.Items), e.Version)
		require.Empty(t, list.Next)
		require.NotContains(t, a.body, wordOfReasons)
	}
	require.Equal(t, "read_training_history", list.Items[0].Action, "reading it stands there, too")
	require.Equal(t, "beschwerde", list.Items[0].Reason)
	w.get(dpo, path+"?limit=1").ok(&list)
	require.Len(t, list.Items, 1)
	w.get(dpo, fmt.Sprint(path, "?limit=1&cursor=", list.Next)).ok(&list)
	require.Len(t, list.Items, 1)
	w.get(dpo, path+"?cursor=x").refused(http.StatusUnprocessableEntity, "invalid", "cursor")
	require.Equal(t, http.StatusUnauthorized, w.get("", path).code)
	for _, as := range []string{trainee, employer, trainer, certifier, assessor} {
		w.get(as, path).refused(http.StatusForbidden, "forbidden", "role")
	}
	for _, as := range []string{foreign(dpo), foreign(supervisor), stranger} {
		w.get(as, path).refused(http.StatusNotFound, "not-found", "scope")
	}
}
