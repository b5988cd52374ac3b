package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/server/temporaltest"

	"koko/domain/conflict"
	"koko/domain/work"
	"koko/internal/casetest"
	"koko/internal/historytest"
	"koko/internal/recordtest"
	"koko/workflows"
)

// recordWork records the plain way of a mediation, and the same way of another form, which must look like it from
// outside. Their cases are there, so that what they are told arrives.
func recordWork(t *testing.T) {
	recordForm(t, "0001-plain-way", "mediation")
	recordForm(t, "0002-prozessbegleitung", "prozessbegleitung")
}

func recordForm(t *testing.T, name string, form work.Form) {
	t.Run("work/"+name, func(t *testing.T) {
		dir := filepath.Join(historyDir, work.Spec.Workflow)
		unshipped(t, dir, name)
		ts := temporaltest.NewServer(temporaltest.WithT(t), temporaltest.WithBaseClientOptions(recorder()))
		record := &recordtest.Record{}
		ts.NewWorker(queue, func(r worker.Registry) {
			workflows.Register(r)
			r.RegisterActivity(record)
		})
		c := ts.GetDefaultClient()
		id, steps := historytest.WorkWay(name, time.Now().UTC())
		signal := (&casetest.Maker{Salt: name}).Way()[0]
		_, err := lineTo[conflict.Case](c, conflict.Kind).begin(t.Context(), steps[0].Command.(work.BeginWork).Case, historytest.Town, "signal", signal.By, signal.Command)
		require.NoError(t, err)
		line := lineTo[work.Work](c, work.Kind)
		now, err := line.begin(t.Context(), id, historytest.Town, id[:8]+"-00", steps[0].By, steps[0].Command)
		require.NoError(t, err)
		run := func() string {
			d, err := c.DescribeWorkflowExecution(t.Context(), workflows.ID(work.Kind, id), "")
			require.NoError(t, err)
			return d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
		}
		for i, s := range steps[1:] {
			was, stood := run(), work.Spec.Stretch(string(now.Phase))
			if chosen, ok := s.Command.(work.ChooseForm); ok {
				chosen.Form = form
				s.Command = chosen
			}
			now, err = line.do(t.Context(), id, fmt.Sprintf("%s-%02d", id[:8], i+1), s.By, now.Version, s.Command)
			require.NoError(t, err, s.Command.Action())
			if work.Spec.Stretch(string(now.Phase)) != stood { // or else the next command may come to either run, and the two forms differ
				require.Eventually(t, func() bool { return run() != was }, time.Minute, 10*time.Millisecond)
			}
		}
		require.Equal(t, work.Ended, now.Phase)
		last, err := line.catchUp(t.Context(), id, "last")
		require.NoError(t, err)
		require.Equal(t, now, last)
		for i, h := range recorded(t, c, workflows.ID(work.Kind, id)) {
			write(t, filepath.Join(dir, fmt.Sprintf("%s-%d.json", name, i+1)), h)
		}
	})
}
