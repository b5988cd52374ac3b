package workflows_test

import (
	"context"
	"encoding/json"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"koko/activities"
	"koko/domain/conflict"
	"koko/internal/casetest"
	"koko/internal/recordtest"
	"koko/workflows"
)

// final is a failure that trying again does not mend.
func final(what string) error { return temporal.NewNonRetryableApplicationError(what, "broken", nil) }

// illegible is a record in which something stands that is no state.
type illegible struct{ recordtest.Record }

func (r *illegible) ReadTransitions(context.Context, activities.Position) ([]activities.Transition, error) {
	return []activities.Transition{{Kind: conflict.Kind, CommandID: "k", State: json.RawMessage(`{"id": 7}`)}}, nil
}

// A file that does not understand what is recorded stays as it is, and says so.
func TestWhatCannotBeReadIsNotAdopted(t *testing.T) {
	m := &casetest.Maker{Salt: "illegible"}
	_, c := before(t, conflict.ActionTriage)
	env := newEnvironment(io.Discard)
	env.RegisterActivity(&illegible{})
	answered := map[string]error{}
	ask := func(id, name string, args ...any) {
		env.UpdateWorkflow(name, id, &testsuite.TestUpdateCallback{
			OnAccept: func() {}, OnReject: func(err error) { answered[id] = err }, OnComplete: func(_ any, err error) { answered[id] = err },
		}, args...)
	}
	reopen, err := json.Marshal(m.Reopen())
	require.NoError(t, err)
	env.SetStartTime(c.Changed.Add(time.Minute))
	env.RegisterDelayedCallback(func() { ask("catch", workflows.CatchUp) }, time.Minute)
	env.RegisterDelayedCallback(func() { ask("refused", "reopen", workflows.Request{By: casetest.Manager, Command: reopen}) }, 2*time.Minute)
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Hour)
	env.ExecuteWorkflow("ConflictCase", c)
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()), "it lives on: %v", env.GetWorkflowError())
	require.ErrorContains(t, answered["catch"], "state of kind case")
	require.ErrorContains(t, answered["refused"], "state of kind case", "what the record may hold is not refused")
}

func TestAWorkflowDoesNotBeginWithWhatIsNoState(t *testing.T) {
	env := newEnvironment(io.Discard)
	env.RegisterActivity(&recordtest.Record{})
	env.ExecuteWorkflow("ConflictCase", json.RawMessage(`{"version": "one"}`))
	require.ErrorContains(t, env.GetWorkflowError(), "state of kind case")
}

// broken fails at one of the steps of a reconciliation, or at keeping a page of histories.
type broken struct {
	activities.Reconciler
	at string
}

func (b broken) BeginReconciliation(context.Context, activities.ReconcileScope) error {
	if b.at == "begin" {
		return final("begin")
	}
	return nil
}

func (b broken) ReconcilePages(context.Context, activities.ReconcileScope) error { return final("pages") }

func (b broken) FinishReconciliation(context.Context, string) (activities.Reconciled, error) {
	panic("what failed is not finished")
}

func (b broken) KeepHistories(context.Context, activities.ClosedPage) (activities.KeptPage, error) {
	return activities.KeptPage{}, final("histories")
}

// A failed job is seen as failed: its schedule tries it again.
func TestAJobThatFailsSaysSo(t *testing.T) {
	for _, at := range []string{"begin", "pages"} {
		env := newEnvironment(io.Discard)
		env.RegisterActivity(&broken{at: at})
		env.ExecuteWorkflow(workflows.Reconcile)
		require.ErrorContains(t, env.GetWorkflowError(), at)
	}
	env := newEnvironment(io.Discard)
	env.RegisterActivity(&broken{})
	env.ExecuteWorkflow(workflows.KeepHistories, workflows.Keeping{})
	require.ErrorContains(t, env.GetWorkflowError(), "histories")
}
