package activities_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"koko/activities"
)

// pages compares pages "" to "c", and fails once at one of them.
type pages struct {
	activities.Reconciler
	seen   []string
	failAt string
}

func (p *pages) ReconcilePage(_ context.Context, at activities.ReconcilePage) (*activities.ReconcilePage, error) {
	if at.After == p.failAt {
		p.failAt = "-"
		return nil, errors.New("the engine does not answer")
	}
	p.seen = append(p.seen, at.After)
	next, more := map[string]string{"": "a", "a": "b", "b": "c"}[at.After]
	if !more {
		return nil, nil
	}
	at.After = next
	return &at, nil
}

func (*pages) BeginReconciliation(_ context.Context, s activities.ReconcileScope) error {
	return errors.New("begun " + s.Name())
}

func (*pages) FinishReconciliation(_ context.Context, id string) (activities.Reconciled, error) {
	return activities.Reconciled{Files: len(id), Differences: 1}, nil
}

func (*pages) Repair(_ context.Context, id string) (string, error) { return "done " + id, nil }

// What was compared before a failure is not compared again: the engine knows the last page that was begun.
func TestAReconciliationGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	of := &pages{failAt: "b"}
	a := &activities.Reconciliation{Reconciler: of}
	scope := activities.ReconcileScope{ID: "r"}
	var suite testsuite.WorkflowTestSuite

	first := suite.NewTestActivityEnvironment()
	first.RegisterActivity(a)
	_, err := first.ExecuteActivity(a.ReconcilePages, scope)
	require.ErrorContains(t, err, "the engine does not answer")
	require.Equal(t, []string{"", "a"}, of.seen)

	again := suite.NewTestActivityEnvironment()
	again.RegisterActivity(a)
	again.SetHeartbeatDetails(activities.ReconcilePage{Scope: scope, After: "b"}) // as the engine kept it
	_, err = again.ExecuteActivity(a.ReconcilePages, scope)
	require.NoError(t, err)
	require.Equal(t, []string{"", "a", "b", "c"}, of.seen)

	odd := suite.NewTestActivityEnvironment()
	odd.RegisterActivity(a)
	odd.SetHeartbeatDetails(7)
	_, err = odd.ExecuteActivity(a.ReconcilePages, scope)
	require.Error(t, err, "a place that nobody can read is not the beginning")
	require.Len(t, of.seen, 4)
}

func TestAReconciliationSaysWhatItCompares(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]activities.ReconcileScope{
		"sample": {Scheduled: true}, "all": {All: true}, "file": {File: "f", All: true},
	} {
		require.Equal(t, want, s.Name())
	}
	a := &activities.Reconciliation{Reconciler: &pages{}}
	require.EqualError(t, a.BeginReconciliation(t.Context(), activities.ReconcileScope{All: true}), "begun all")
	done, err := a.FinishReconciliation(t.Context(), "four")
	require.NoError(t, err)
	require.Equal(t, activities.Reconciled{Files: 4, Differences: 1}, done)
	outcome, err := a.RepairDifference(t.Context(), "d")
	require.NoError(t, err)
	require.Equal(t, "done d", outcome)
}
