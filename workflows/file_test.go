package workflows_test

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"koko/domain/file"
	"koko/internal/recordtest"
	"koko/kinds"
	"koko/workflows"
)

// Every command of people comes by the one Update, and so does what begins a file; what only the workflows do does not.
func TestPeopleSendTheirOwnCommandsAlone(t *testing.T) {
	for _, k := range kinds.All() {
		t.Run(string(k.Kind), func(t *testing.T) {
			env := newEnvironment(io.Discard)
			env.RegisterActivity(&recordtest.Record{})
			refused := map[file.Action]bool{}
			for _, c := range append(k.Commands(), file.CommandSpec{Action: file.ActionDeadlinePassed, Own: true}) {
				env.RegisterDelayedCallback(func() {
					env.UpdateWorkflow(workflows.Entry, string(c.Action), &testsuite.TestUpdateCallback{
						OnAccept: func() {}, OnComplete: func(any, error) {},
						OnReject: func(err error) { _, rule := refusal(t, err); refused[c.Action] = rule == "action" },
					}, workflows.Request{Action: c.Action, By: file.System, Command: []byte("{}"), For: purpose(env, fresh.ID, string(c.Action))})
				}, time.Minute)
			}
			env.RegisterDelayedCallback(env.CancelWorkflow, time.Hour)
			env.ExecuteWorkflow(k.Workflow, k.Fresh(fresh.ID, fresh.AGS))
			require.True(t, refused[file.ActionDeadlinePassed])
			for _, c := range k.Commands() {
				require.Equal(t, c.Own && !c.Begins, refused[c.Action], c.Action)
			}
		})
	}
}
