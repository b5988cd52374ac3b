package workflows_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"koko/domain/file"
	"koko/internal/recordtest"
	"koko/kinds"
	"koko/workflows"
)

// Every command of people is an Update, and so is what begins a file; what only the workflows do is none.
func TestPeopleSendTheirOwnCommandsAlone(t *testing.T) {
	for _, k := range kinds.All() {
		t.Run(string(k.Kind), func(t *testing.T) {
			env := newEnvironment(io.Discard)
			env.RegisterActivity(&recordtest.Record{})
			unknown := map[file.Action]bool{}
			for _, c := range append(k.Commands(), file.CommandSpec{Action: file.ActionDeadlinePassed, Own: true}) {
				env.RegisterDelayedCallback(func() {
					env.UpdateWorkflow(string(c.Action), "", &testsuite.TestUpdateCallback{
						OnAccept: func() {}, OnComplete: func(any, error) {},
						OnReject: func(err error) { unknown[c.Action] = strings.Contains(err.Error(), "unknown update") },
					}, workflows.Request{By: file.System})
				}, time.Minute)
			}
			env.RegisterDelayedCallback(env.CancelWorkflow, time.Hour)
			env.ExecuteWorkflow(k.Workflow, k.Fresh(fresh.ID, fresh.AGS))
			require.True(t, unknown[file.ActionDeadlinePassed])
			for _, c := range k.Commands() {
				require.Equal(t, c.Own && !c.Begins, unknown[c.Action], c.Action)
			}
		})
	}
}
