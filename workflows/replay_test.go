package workflows_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"koko/internal/payload"
	"koko/internal/payloadtest"
	"koko/workflows"
)

// replay replays a history as the engine has it, with the keys of a worker.
func replay(t *testing.T, h *history.History, keys *payload.Codec) error {
	t.Helper()
	r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{DataConverter: keys.Data(), FailureConverter: keys.Failures()})
	require.NoError(t, err)
	workflows.Register(r)
	return r.ReplayWorkflowHistoryWithOptions(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), h, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: payloadtest.WorkflowID(h)},
	})
}

// TestReplay replays every history ever shipped. A failure means that a deployed case would get
// stuck: guard the change with workflow.GetVersion, never edit a history. The bad histories prove
// that the test can fail.
func TestReplay(t *testing.T) {
	for dir, wantErr := range map[string]bool{"history": false, "history-bad": true} {
		files, err := filepath.Glob(filepath.Join("testdata", dir, "*", "*.json"))
		require.NoError(t, err)
		require.NotEmpty(t, files, dir)
		for _, file := range files {
			t.Run(file, func(t *testing.T) {
				h, err := payloadtest.Read(file)
				require.NoError(t, err)
				err = replay(t, h, payloadtest.Codec())
				if wantErr {
					require.ErrorContains(t, err, "[TMPRL1100]", "not what this workflow does")
					return
				}
				require.NoError(t, err)
			})
		}
	}
}
