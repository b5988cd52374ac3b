package e2e

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/server/temporaltest"

	"koko/activities"
	"koko/domain/fault"
	"koko/internal/engine"
	"koko/workflows"
)

// newSigner is an engine whose log is signed by sign.
func newSigner(t *testing.T, sign func() (activities.Checkpoint, error)) client.Client {
	t.Helper()
	ts := temporaltest.NewServer(temporaltest.WithT(t), temporaltest.WithBaseClientOptions(recorder()))
	ts.NewWorker("cases", func(r worker.Registry) {
		workflows.Register(r)
		r.RegisterActivityWithOptions(func(context.Context) (activities.Checkpoint, error) { return sign() }, activity.RegisterOptions{Name: "SignCheckpoint"})
	})
	return ts.GetDefaultClient()
}

// recordCheckpoint saves the history of the one that succeeds the second time.
func recordCheckpoint(t *testing.T) {
	dir, name := filepath.Join(historyDir, "Checkpoint"), "0001-second-try"
	t.Run("checkpoint", func(t *testing.T) {
		unshipped(t, dir, name)
		tries := 0
		c := newSigner(t, func() (activities.Checkpoint, error) {
			if tries++; tries == 1 {
				return activities.Checkpoint{}, errors.New("the database is away")
			}
			return activities.Checkpoint{Size: 7, Root: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="}, nil
		})
		run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "checkpoint", TaskQueue: "cases"}, workflows.Checkpoint)
		require.NoError(t, err)
		require.NoError(t, run.Get(t.Context(), nil))
		for i, h := range recorded(t, c, "checkpoint") {
			write(t, filepath.Join(dir, fmt.Sprintf("%s-%d.json", name, i+1)), h)
		}
	})
}

func TestACheckpointOnDemandSaysWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	var answer error
	c := newSigner(t, func() (activities.Checkpoint, error) { return activities.Checkpoint{Size: 1}, answer })
	l := engine.Ledger{Client: c, Queue: "cases"}
	require.NoError(t, l.Checkpoint(t.Context()))

	answer = temporal.NewNonRetryableApplicationError("rewritten", workflows.Rewritten, nil)
	err := l.Checkpoint(t.Context())
	require.Equal(t, []any{fault.Conflict, workflows.Rewritten}, []any{fault.CodeOf(err), fault.Of(err).Rule})

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, fault.Busy, fault.CodeOf(l.Checkpoint(gone)))
}
