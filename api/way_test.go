package api_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/files"
	"koko/api/wire"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/work"
	"koko/internal/scenario"
)

// A door is the API as the people of a scenario use it, with one case.
type door struct {
	*world
	is    CaseView       // as it was answered last
	given map[string]int // how often, by action
}

func (d *door) Give(ctx context.Context, o scenario.Order) (scenario.Answer, error) {
	if o.Kind.Kind == work.Kind {
		on := &workDoor{world: d.world, is: d.get(o.By, workPath(d.is.Handed.Work)).workView(), given: map[file.Action]int{}}
		got, err := on.Give(ctx, o)
		d.is = d.read(manager, d.is)
		return got, err
	}
	var a answer
	if d.is.ID == "" {
		a = d.post(o.By, "/api/v1/cases", with(o.Body, "ags", here))
	} else {
		a = d.send(o.By, d.is, dashed(o.Action), o.Body)
	}
	if a.code >= 300 {
		return scenario.Answer{}, &scenario.Refusal{Rule: a.rule(), Err: errors.New(a.body)}
	}
	before := d.is
	d.is = a.caseView()
	require.Equal(d.t, before.Version+1, d.is.Version, o.Action)
	if before.ID == "" {
		require.Equal(d.t, http.StatusCreated, a.code)
		require.Equal(d.t, casePath(d.is), a.header.Get("Location"))
	}
	requireActions(d.t, d.is)
	d.given[string(o.Action)]++

	seen := d.read(manager, d.is)
	require.Equal(d.t, d.is.Version, seen.Version, o.Action)
	require.Equal(d.t, d.is.Phase, seen.Phase, o.Action)
	require.Equal(d.t, "Streit um "+wordOfCase, seen.Title, o.Action)
	requireActions(d.t, seen)

	got := scenario.Answer{Phase: string(d.is.Phase)}
	for _, s := range d.is.Shown.Actions {
		if s.Open {
			got.Open = append(got.Open, s.Action)
		}
	}
	return got, nil
}

func TestACaseGoesItsWholeWay(t *testing.T) {
	t.Parallel()
	d, s := &door{world: newWorld(t), given: map[string]int{}}, wholeWay()
	require.NoError(t, scenario.Play(t.Context(), s.Steps, cast(workOfACase), d))
	require.Equal(t, 2, d.is.Round)
	require.Equal(t, 1, d.is.Notes)
	require.Equal(t, 1, d.is.Attachments)
	limits := []string{"pause_case", "resume_case", "move_case_calendar"} // deadlines_test.go gives them
	for _, a := range s.Kind.Given() {
		if slices.Contains(limits, a) {
			continue
		}
		require.NotZero(t, d.given[a], "every command of people was given: %s", a)
	}
}

func TestACaseStopsAtClosedGates(t *testing.T) {
	t.Parallel()
	s := script("case/closed-gates")
	require.NoError(t, scenario.Play(t.Context(), s.Steps, cast(workOfACase), &door{world: newWorld(t), given: map[string]int{}}))
}

func dashed(a conflict.Action) string { return strings.ReplaceAll(string(a), "_", "-") }

// requireActions: every action of people is there, and what is closed says why.
func requireActions(t *testing.T, c CaseView) {
	t.Helper()
	require.Len(t, c.Shown.Actions, len(file.Define(conflict.Spec).Given())-1, "all but the signal")
	for _, a := range c.Shown.Actions {
		if a.Open {
			require.Nil(t, a.Closed, a.Action)
			continue
		}
		require.NotNil(t, a.Closed, a.Action)
		require.Contains(t, file.Values[files.ClosedBy](), a.Closed.By, a.Action)
		require.NotEmpty(t, a.Closed.Rule, a.Action)
		require.NotEmpty(t, a.Closed.Reason, a.Action)
		require.NotEmpty(t, a.Closed.Remedy, a.Action)
	}
}

func action(t *testing.T, c CaseView, a conflict.Action) files.ActionView {
	t.Helper()
	i := slices.IndexFunc(c.Shown.Actions, func(v files.ActionView) bool { return v.Action == a })
	require.GreaterOrEqual(t, i, 0, a)
	return c.Shown.Actions[i]
}

func TestActionsTellGatesFromPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("triage")

	byGate := action(t, w.read(manager, c), conflict.ActionDecideMandate)
	require.False(t, byGate.Open)
	require.EqualValues(t, "gate", byGate.Closed.By)
	require.Equal(t, "clearing", byGate.Closed.Rule)
	require.Equal(t, []string{"responsibility", "urgency", "level", "danger", "conflict_of_interest"}, byGate.Closed.Missing)

	byRight := action(t, w.read(caseworker, c), conflict.ActionDecideMandate)
	require.False(t, byRight.Open)
	require.EqualValues(t, "permission", byRight.Closed.By)
	require.Equal(t, "role", byRight.Closed.Rule)
	require.Contains(t, byRight.Closed.Remedy, "clearing")

	require.True(t, action(t, w.read(manager, c), conflict.ActionRecordClearing).Open)
	require.True(t, action(t, w.read(clearing, c), conflict.ActionRecordClearing).Open)

	c = w.must(clearing, c, "record-clearing", way()[2].body)
	c = w.must(manager, c, "decide-mandate", mandate())
	w.must(manager, c, "record-analysis", analysis())
	own := action(t, w.read(manager, c), conflict.ActionReviewAnalysis)
	require.EqualValues(t, "permission", own.Closed.By)
	require.Equal(t, "four_eyes", own.Closed.Rule)
	require.True(t, action(t, w.read(manager2, c), conflict.ActionReviewAnalysis).Open)
}

func TestAFormThatDoesNotFitTheStageWarnsInTheWorkingFileAndDoesNotBlock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("declare-work-independence")
	path := workPath(c.Handed.Work)
	choose := func(form work.Form) WorkView {
		return w.post(mediator, path+"/choose-form", object{"form": form}, "If-Match", w.get(mediator, path).header.Get("ETag")).workView()
	}
	is := choose("moderation")
	require.Equal(t, []work.Warning{{Rule: "glasl_mismatch", Form: "moderation", Stage: 5, From: 1, To: 3}}, is.Warnings)
	require.Empty(t, w.read(supervisor, c).Warnings, "of which the case tells nothing")
	require.Empty(t, choose(work.Mediation).Warnings)
}

// Whom a case is handed over to, and what they are told, leaves no trace on the case; they read it, and nobody learns
// from it who they are.
func TestTheCaseDoesNotKeepWhoWorksOnIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("review-analysis")
	body := object{"facilitators": []string{mediator, caseworker}, "briefing": "Bitte im " + wordOfSession}
	c = w.must(manager, c, "hand-to-work", body)

	is := w.post(mediator, workPath(c.Handed.Work)+"/accept-work", object{}, "If-Match", tag(1)).workView()
	c = w.read(manager, c)
	require.Equal(t, []string{mediator, caseworker}, []string{is.Facilitators[0].Subject, is.Facilitators[1].Subject})
	require.Equal(t, []any{c.ID, manager, []string{manager, caseworker, manager2, clearing}, 5}, []any{is.Begun.Case, is.Begun.Commissioner, is.Begun.Involved, is.Begun.Stage})
	require.Contains(t, w.get(mediator, workPath(is.ID)+"/documents").body, wordOfSession)
	require.Equal(t, c.Version, w.read(mediator, c).Version, "they read the case")
	require.Equal(t, http.StatusOK, w.get(mediator, casePath(c)+"/documents").code)
	w.send(mediator, c, "add-note", object{"note": "Ich war es."}).refused(http.StatusForbidden, "forbidden", "assigned")

	for _, as := range []string{manager, supervisor, steering, evaluation, dpo} {
		for _, path := range []string{"", "/documents", "/history", "/timeline", "/runs", "/access"} {
			got := w.get(as, casePath(c)+path).body
			require.NotContains(t, got, mediator, "%s as %s", path, as)
			require.NotContains(t, got, wordOfSession, "%s as %s", path, as)
		}
	}
	require.Zero(t, w.count("SELECT count(*) FROM file_document WHERE file_id = $1 AND action = 'hand_to_work'", c.ID))
	require.Zero(t, w.count("SELECT count(*) FROM audit WHERE file_id = $1 AND (audit::text LIKE '%' || $2 || '%')", c.ID, mediator))
}

// The case and its working file are two files: what was recorded of the one stands, whatever becomes of the answer. Sent
// again under the same key, the command begins the file that is missing, and no second one.
func TestHandingOverIsOneCommandHoweverOftenItIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("review-analysis")
	body, key := object{"facilitators": []string{mediator}, "briefing": "Zum Auftakt"}, newKey()
	n := 0
	w.engine.Before = func() error { // the second thing that it does fails
		if n++; n == 2 {
			return errors.New("the engine is away")
		}
		return nil
	}
	require.Equal(t, http.StatusInternalServerError, w.repeat(manager, c, "hand-to-work", body, key).code)
	w.engine.Before = nil
	handed := w.read(manager, c)
	require.Equal(t, conflict.HandedOver, handed.Handed.Status)
	require.NotEqual(t, wire.FileID(work.Kind, wire.CommandID(manager, key)), handed.Handed.Work, "whoever knows the command does not know the file")
	w.get(mediator, workPath(handed.Handed.Work)).problem(http.StatusNotFound, "not-found")

	for range 2 {
		got := w.repeat(manager, c, "hand-to-work", body, key).caseView()
		require.Equal(t, handed.Version, got.Version)
		require.Equal(t, handed.Handed, got.Handed)
	}
	require.Equal(t, 1, w.get(mediator, workPath(handed.Handed.Work)).workView().Version)
	require.Equal(t, 1, w.count("SELECT count(*) FROM file WHERE kind = 'work'"))
	w.repeat(manager, c, "hand-to-work", object{"facilitators": []string{caseworker}}, key).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
}

func TestWhomACaseIsHandedOverToNeedsAGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("review-analysis")
	for name, tc := range map[string]struct {
		people []string
		rule   string
	}{
		"a stranger":            {[]string{stranger}, "holds_role"},
		"somebody of elsewhere": {[]string{mediator, foreign(mediator)}, "holds_role"},
		"a supervisor":          {[]string{supervisor}, "holds_role"},
		"somebody twice":        {[]string{mediator, mediator}, "unique"},
	} {
		p := w.send(manager, c, "hand-to-work", object{"facilitators": tc.people})
		require.Equal(t, http.StatusUnprocessableEntity, p.code, name)
		require.Equal(t, tc.rule, p.rule(), name)
	}
	for _, people := range []any{nil, []string{}, []string{"a", "b", "c", "d", "e"}} {
		require.Equal(t, http.StatusUnprocessableEntity, w.send(manager, c, "hand-to-work", object{"facilitators": people}).code)
	}
	require.Equal(t, c.Version, w.read(manager, c).Version)
	require.Zero(t, w.count("SELECT count(*) FROM file WHERE kind = 'work'"))
}

// Handed over anew, the case goes to others: those before keep a file that is withdrawn, and lose sight of the case.
func TestHandedOverAnewTheCaseGoesToOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("confirm-work-conditions")
	before := c.Handed.Work
	c = w.must(manager, c, "hand-to-work", object{"facilitators": []string{caseworker}})
	require.NotEqual(t, before, c.Handed.Work)
	require.Equal(t, []any{conflict.HandedOver, false}, []any{c.Handed.Status, c.Handed.Conditions})
	require.Equal(t, work.Withdrawn, w.get(mediator, workPath(before)).workView().Phase)
	w.get(mediator, casePath(c)).problem(http.StatusNotFound, "not-found")
	w.get(mediator, workPath(c.Handed.Work)).problem(http.StatusNotFound, "not-found")
	require.Equal(t, work.Handed, w.get(caseworker, workPath(c.Handed.Work)).workView().Phase)
}
