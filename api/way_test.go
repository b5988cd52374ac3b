package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/files"
	"koko/domain/conflict"
	"koko/domain/file"
)

func TestACaseGoesItsWholeWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	created := w.post(reporter, "/api/v1/cases", signal(here))
	require.Equal(t, http.StatusCreated, created.code, created.body)
	c := created.caseView()
	require.Equal(t, casePath(c), created.header.Get("Location"))
	require.Equal(t, 1, c.Version)
	require.Equal(t, conflict.Detection, c.Phase)

	phases := []conflict.Phase{c.Phase}
	given := []string{"report-signal"}
	for i, s := range way() {
		before := w.read(manager, c)
		a := w.send(s.by, c, s.command, s.body)
		require.Equal(t, http.StatusOK, a.code, "%s: %s", s.command, a.body)
		c = a.caseView()
		require.Equal(t, before.Version+1, c.Version, s.command)
		require.Equal(t, i+2, c.Version, s.command)
		requireActions(t, c)
		after := w.read(manager, c)
		require.Equal(t, c.Phase, after.Phase, s.command)
		require.Equal(t, c.Version, after.Version, s.command)
		require.Equal(t, "Streit um "+wordOfCase, after.Title, s.command)
		requireActions(t, after)
		if c.Phase != phases[len(phases)-1] {
			phases = append(phases, c.Phase)
		}
		given = append(given, s.command)
	}
	require.Equal(t, append(file.Values[conflict.Phase](), conflict.Analysis), phases, "every phase, and the analysis again")
	require.Equal(t, 2, c.Round)

	c = w.must(manager, c, "add-note", object{"note": "Ein Anruf."})
	c = w.must(manager, c, "attach-document", object{"title": "Plan", "media_type": "text/plain", "content": []byte("Ein Plan")})
	require.Equal(t, 1, c.Notes)
	require.Equal(t, 1, c.Attachments)
	given = append(given, "add-note", "attach-document")
	for _, a := range file.Define(conflict.Spec).Given() {
		require.Contains(t, given, dashed(conflict.Action(a)), "every command of people was given")
	}
}

func dashed(a conflict.Action) string {
	b := []byte(a)
	for i := range b {
		if b[i] == '_' {
			b[i] = '-'
		}
	}
	return string(b)
}

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

func TestAFormThatDoesNotFitTheStageWarnsAndDoesNotBlock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("review-analysis")
	c = w.must(manager, c, "plan-mediation", object{"form": "moderation", "facilitator": mediator})
	require.Equal(t, []conflict.Warning{{Rule: "glasl_mismatch", Form: "moderation", Stage: 5, From: 1, To: 3}}, c.Warnings)
	require.Equal(t, c.Warnings, w.read(supervisor, c).Warnings, "in the record too")
	c = w.must(manager, c, "plan-mediation", object{"form": "mediation", "facilitator": mediator})
	require.Empty(t, c.Warnings)
}
