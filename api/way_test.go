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
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/scenario"
)

// A door is the API as the people of a scenario use it, with one case.
type door struct {
	*world
	is    CaseView       // as it was answered last
	given map[string]int // how often, by action
}

func (d *door) Give(_ context.Context, o scenario.Order) (scenario.Answer, error) {
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
	for _, a := range s.Kind.Given() {
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
