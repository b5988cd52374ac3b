package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/server/temporaltest"

	"koko/domain/advice"
	"koko/internal/historytest"
	"koko/internal/recordtest"
	"koko/workflows"
)

// recordAdvice records the plain way of a coaching.
func recordAdvice(t *testing.T) {
	const name = "0001-plain-way"
	t.Run("advice/"+name, func(t *testing.T) {
		dir := filepath.Join(historyDir, advice.Spec.Workflow)
		unshipped(t, dir, name)
		ts := temporaltest.NewServer(temporaltest.WithT(t), temporaltest.WithBaseClientOptions(recorder()))
		record := &recordtest.Record{}
		ts.NewWorker(queue, func(r worker.Registry) {
			workflows.Register(r)
			r.RegisterActivity(record)
		})
		c := ts.GetDefaultClient()
		line := lineTo[advice.Advice](c, advice.Kind)
		id, steps := historytest.AdviceWay(name, time.Now().UTC())
		now, err := line.begin(t.Context(), id, historytest.Town, id[:8]+"-00", steps[0].By, steps[0].Command)
		require.NoError(t, err)
		for i, s := range steps[1:] {
			now, err = line.do(t.Context(), id, fmt.Sprintf("%s-%02d", id[:8], i+1), s.By, now.Version, s.Command)
			require.NoError(t, err, s.Command.Action())
		}
		require.Equal(t, advice.Asked, now.Phase)
		last, err := line.catchUp(t.Context(), id, "last")
		require.NoError(t, err)
		require.Equal(t, recordtest.State[advice.Advice](record.Transitions[len(record.Transitions)-1]), last)
		for i, h := range recorded(t, c, workflows.ID(advice.Kind, id)) {
			write(t, filepath.Join(dir, fmt.Sprintf("%s-%d.json", name, i+1)), h)
		}
	})
}
