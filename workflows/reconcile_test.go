package workflows_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/domain/file"
	"koko/workflows"
)

// pagewise is a reconciler with some pages, of which one fails once.
type pagewise struct {
	activities.Reconciler
	scope activities.ReconcileScope
	seen  []string
	fail  bool
}

func (p *pagewise) BeginReconciliation(_ context.Context, s activities.ReconcileScope) error {
	p.scope = s
	return nil
}

func (p *pagewise) ReconcilePage(_ context.Context, at activities.ReconcilePage) (*activities.ReconcilePage, error) {
	if at.Stage == "b" && p.fail {
		p.fail = false
		return nil, errors.New("the engine is away")
	}
	p.seen = append(p.seen, at.Stage)
	switch at.Stage {
	case "":
		at.Stage = "a"
	case "a":
		at.Stage = "b"
	default:
		return nil, nil
	}
	return &at, nil
}

func (p *pagewise) FinishReconciliation(context.Context, string) (activities.Reconciled, error) {
	return activities.Reconciled{Files: len(p.seen), Differences: 1}, nil
}

func (p *pagewise) Repair(_ context.Context, id string) (string, error) { return "done " + id, nil }

func TestAReconciliationGoesThroughAllPages(t *testing.T) {
	t.Parallel()
	env, p := newEnvironment(io.Discard), &pagewise{fail: true}
	env.RegisterActivity(&activities.Reconciliation{Reconciler: p})
	env.ExecuteWorkflow(workflows.Reconcile)
	require.NoError(t, env.GetWorkflowError())
	var done activities.Reconciled
	require.NoError(t, env.GetWorkflowResult(&done))
	require.Equal(t, []string{"b"}, p.seen[len(p.seen)-1:], "what failed was tried again")
	require.Subset(t, p.seen, []string{"", "a", "b"})
	require.Equal(t, file.System, p.scope.By)
	require.NotEmpty(t, p.scope.ID)
	require.Equal(t, 1, done.Differences)
}

func TestARepairReturnsWhatCameOfIt(t *testing.T) {
	t.Parallel()
	env := newEnvironment(io.Discard)
	env.RegisterActivity(&activities.Reconciliation{Reconciler: &pagewise{}})
	env.ExecuteWorkflow(workflows.Repair, "d-1")
	var outcome string
	require.NoError(t, env.GetWorkflowResult(&outcome))
	require.Equal(t, "done d-1", outcome)
}
