package workflows_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"koko/workflows"
)

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
				r := worker.NewWorkflowReplayer()
				workflows.Register(r)
				err := r.ReplayWorkflowHistoryFromJSONFile(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), file)
				if wantErr {
					require.ErrorContains(t, err, "[TMPRL1100]", "not what this workflow does")
					return
				}
				require.NoError(t, err)
			})
		}
	}
}
