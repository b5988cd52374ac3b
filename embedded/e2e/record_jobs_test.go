package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/server/temporaltest"

	"koko/activities"
	"koko/workflows"
)

// A job is a workflow that is no file's life: what it runs with, and what its activities answer.
type job struct {
	workflow any
	args     []any
	answers  map[string]any
}

func jobs() map[string]job {
	pages := 0
	return map[string]job{
		"KeepHistories/0001-two-pages": {workflows.KeepHistories, []any{workflows.Keeping{}}, map[string]any{
			"KeepHistories": func(context.Context, activities.ClosedPage) (activities.KeptPage, error) {
				if pages++; pages == 1 {
					return activities.KeptPage{Listed: 100, Kept: 60, Next: []byte("more")}, nil
				}
				return activities.KeptPage{Listed: 1, Kept: 1}, nil
			},
		}},
		"DrawDetached/0001-two-records": {workflows.DrawDetached, nil, map[string]any{
			"DrawDetached": func(context.Context) (int, error) { return 2, nil },
		}},
		"ExchangeCosignatures/0001-cosigned": {workflows.ExchangeCosignatures, nil, map[string]any{
			"CollectCosignatures": func(context.Context) ([]activities.WitnessAnswer, error) {
				return []activities.WitnessAnswer{{Witness: "koko.neuwerden.example/ledger", Outcome: "cosigned", Size: 7}}, nil
			},
		}},
		"Reconcile/0001-clean": {workflows.Reconcile, nil, map[string]any{
			"BeginReconciliation": func(context.Context, activities.ReconcileScope) error { return nil },
			"ReconcilePages":      func(context.Context, activities.ReconcileScope) error { return nil },
			"FinishReconciliation": func(context.Context, string) (activities.Reconciled, error) {
				return activities.Reconciled{Files: 27}, nil
			},
		}},
		"Repair/0001-done": {workflows.Repair, []any{"3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"}, map[string]any{
			"RepairDifference": func(context.Context, string) (string, error) { return "done", nil },
		}},
	}
}

// recordJobs saves a history of each job.
func recordJobs(t *testing.T) {
	for name, j := range jobs() {
		t.Run(name, func(t *testing.T) {
			dir, base := filepath.Split(filepath.Join(historyDir, name))
			unshipped(t, dir, base)
			ts := temporaltest.NewServer(temporaltest.WithT(t), temporaltest.WithBaseClientOptions(recorder()))
			ts.NewWorker("cases", func(r worker.Registry) {
				workflows.Register(r)
				for activityName, answer := range j.answers {
					r.RegisterActivityWithOptions(answer, activity.RegisterOptions{Name: activityName})
				}
			})
			c := ts.GetDefaultClient()
			run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "job", TaskQueue: "cases"}, j.workflow, j.args...)
			require.NoError(t, err)
			require.NoError(t, run.Get(t.Context(), nil))
			for i, h := range recorded(t, c, "job") {
				write(t, filepath.Join(dir, fmt.Sprintf("%s-%d.json", base, i+1)), h)
			}
		})
	}
}
