package replay_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"

	"koko/internal/evidence/replay"
	"koko/internal/evidence/runs"
	"koko/internal/historytest"
	"koko/internal/payloadtest"
	"koko/workflows"
)

const recorded = "../../../workflows/testdata"

// read returns the recorded histories of a folder, by file.
func read(t *testing.T, dir string) map[string]*history.History {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recorded, dir, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := map[string]*history.History{}
	for _, file := range files {
		h, err := payloadtest.Read(file)
		require.NoError(t, err)
		all[filepath.Base(file)] = h
	}
	return all
}

func run(t *testing.T, hs map[string]*history.History, o replay.Options) replay.Report {
	t.Helper()
	items := make(chan replay.Item, len(hs))
	for name, h := range hs {
		items <- replay.Item{ID: runs.ID{WorkflowID: payloadtest.WorkflowID(h), RunID: name}, Read: func(context.Context) (*history.History, error) { return h, nil }}
	}
	close(items)
	o.Payloads = payloadtest.Codec()
	r, err := replay.Run(t.Context(), items, o)
	require.NoError(t, err)
	return r
}

func TestThisBuildReplaysWhatWasShipped(t *testing.T) {
	t.Parallel()
	for _, workflow := range workflows.Files() {
		hs := read(t, filepath.Join("history", workflow))
		r := run(t, hs, replay.Options{Register: workflows.Register})
		require.Empty(t, r.Failures)
		require.Equal(t, map[string]replay.Count{workflow: {Replayed: len(hs)}}, r.Types)
	}
}

func TestWhatABuildWouldBreakIsNamed(t *testing.T) {
	t.Parallel()
	for _, workflow := range workflows.Files() {
		dir := filepath.Join("history-bad", workflow)
		if _, err := os.Stat(filepath.Join(recorded, dir)); errors.Is(err, os.ErrNotExist) {
			continue
		}
		hs := read(t, dir)
		r := run(t, hs, replay.Options{Register: workflows.Register})
		require.Len(t, r.Failures, len(hs))
		require.Equal(t, map[string]replay.Count{workflow: {Failed: len(hs)}}, r.Types)
		for _, f := range r.Failures {
			require.Contains(t, hs, f.RunID)
			require.Contains(t, f.Reason, "[TMPRL1100]")
			require.NotContains(t, f.Reason, "\n")
			require.False(t, f.Unread)
		}
	}
}

func TestAnIncompatibleCaseIsFound(t *testing.T) {
	t.Parallel()
	hs := read(t, "history/ConflictCase")
	r := run(t, hs, replay.Options{Register: historytest.Incompatible})
	require.Len(t, r.Failures, len(hs))
	require.Empty(t, run(t, read(t, "history/Cohort"), replay.Options{Register: historytest.Incompatible}).Failures)
}

// While its worker is at it, an open run may end anywhere but among what a task has led to, which the
// engine writes at once.
func TestAHistoryMayEndAnywhere(t *testing.T) {
	t.Parallel()
	for _, workflow := range workflows.Files() {
		for name, h := range read(t, filepath.Join("history", workflow)) {
			if !strings.HasPrefix(name, "0001") && !strings.HasPrefix(name, "0004") {
				continue
			}
			cuts := map[string]*history.History{}
			for i := range h.Events {
				if i+1 < len(h.Events) && runs.Done(h.Events[i+1].GetEventType()) {
					continue
				}
				cuts[name+strings.Repeat("i", i)] = &history.History{Events: h.Events[:i+1]}
			}
			r := run(t, cuts, replay.Options{Register: workflows.Register})
			require.Empty(t, r.Failures, name)
			require.Equal(t, replay.Count{Replayed: len(cuts) - r.Types[workflow].Idle, Idle: r.Types[workflow].Idle}, r.Types[workflow])
			first := slices.IndexFunc(h.Events, func(e *history.HistoryEvent) bool {
				return e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
			})
			require.Equal(t, first, r.Types[workflow].Idle, "until the first task is done")
		}
	}
}

func TestWhatIsUnderWayIsCutOff(t *testing.T) {
	t.Parallel()
	for _, h := range read(t, "history/ConflictCase") {
		for i, e := range h.Events {
			settled := replay.Settled(&history.History{Events: h.Events[:i+1]}).Events
			require.LessOrEqual(t, len(settled), i+1)
			if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED || len(settled) > 0 && runs.Done(e.GetEventType()) {
				require.Len(t, settled, i+1)
			} else {
				require.Less(t, len(settled), i+1)
			}
		}
	}
}

// Where the database does not answer, a task ends before its local activity does.
func TestADecisionMayStillBeRecorded(t *testing.T) {
	t.Parallel()
	h := read(t, "history/ConflictCase")["0001-plain-way-4.json"]
	accepted := slices.IndexFunc(h.Events, func(e *history.HistoryEvent) bool {
		return e.GetWorkflowExecutionUpdateAcceptedEventAttributes() != nil
	})
	r := run(t, map[string]*history.History{"cut": {Events: h.Events[:accepted+1]}}, replay.Options{Register: workflows.Register})
	require.Empty(t, r.Failures)
	require.Equal(t, 1, r.Sum().Replayed)
}

func TestWhatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	items := make(chan replay.Item, 1)
	items <- replay.Item{ID: runs.ID{WorkflowID: "case-1", RunID: "r"}, Read: func(context.Context) (*history.History, error) {
		return nil, errors.New("the engine\nis silent")
	}}
	close(items)
	r, err := replay.Run(t.Context(), items, replay.Options{Register: workflows.Register})
	require.NoError(t, err)
	require.Equal(t, []replay.Failure{{ID: runs.ID{WorkflowID: "case-1", RunID: "r"}, Reason: "the engine is silent", Unread: true}}, r.Failures)
}
