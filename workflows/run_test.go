package workflows_test

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"koko/activities"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/kinds"
	"koko/workflows"
)

// A send is an Update and when it comes, counted from the beginning of the run. Without a command, the
// file catches up; what another file tells comes as a message, which nobody answers.
type send struct {
	after time.Duration
	id    string
	by    string
	seen  int
	cmd   file.Command
}

// An answerOf is what an Update led to.
type answerOf[S file.State] struct {
	Digest   string
	State    S
	code     fault.Code // of a refusal
	rule     string
	rejected bool // by the validator
}

// A runOf is one execution of a workflow in the test environment.
type runOf[S file.State] struct {
	answers   map[string]answerOf[S]
	timers    map[string]int // scheduled, fired, cancelled
	continued *S
	err       error
	took      time.Duration
}

// newEnvironment is one that knows every workflow, and logs errors to w.
func newEnvironment(w io.Writer) *testsuite.TestWorkflowEnvironment {
	var ts testsuite.WorkflowTestSuite
	ts.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelError}))))
	env := ts.NewTestWorkflowEnvironment()
	workflows.Register(env)
	return env
}

// runIn runs the workflow of s until it ends, or until it is cancelled after a time.
func runIn[S file.State](
	t *testing.T, env *testsuite.TestWorkflowEnvironment, begun time.Time, k file.Kind, record any, s S, until time.Duration, sends ...send,
) runOf[S] {
	t.Helper()
	kind, known := kinds.Of(k)
	require.True(t, known)
	begun = begun.Add(123456 * time.Nanosecond) // a real clock is finer than the record
	env.SetStartTime(begun)
	env.SetWorkflowRunTimeout(100 * years)
	env.RegisterActivity(record)
	got := runOf[S]{answers: map[string]answerOf[S]{}, timers: map[string]int{}}
	env.SetOnTimerScheduledListener(func(string, time.Duration) { got.timers["scheduled"]++ })
	env.SetOnTimerFiredListener(func(string) { got.timers["fired"]++ })
	env.SetOnTimerCanceledListener(func(string) { got.timers["cancelled"]++ })
	for _, u := range sends {
		if u.cmd != nil {
			if c, _ := kind.CommandOf(u.cmd.Action()); c.Own && u.by == file.System {
				env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.Tell, message(t, u.id, u.cmd)) }, u.after)
				continue
			}
		}
		env.RegisterDelayedCallback(func() { update(t, env, s.Head().ID, u, got.answers) }, u.after)
	}
	env.RegisterDelayedCallback(env.CancelWorkflow, until)
	env.ExecuteWorkflow(kind.Workflow, s)

	require.True(t, env.IsWorkflowCompleted())
	got.err, got.took = env.GetWorkflowError(), env.Now().Sub(begun)
	var next *workflow.ContinueAsNewError
	if errors.As(got.err, &next) {
		require.Equal(t, kind.Workflow, next.WorkflowType.Name)
		got.continued = new(S)
		require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, got.continued))
	}
	return got
}

// update sends u.
func update[S file.State](
	t *testing.T, env *testsuite.TestWorkflowEnvironment, fileID string, u send, answers map[string]answerOf[S],
) {
	r := workflows.Request{Action: workflows.CatchUp}
	if u.cmd != nil {
		letter, err := file.Write(u.cmd)
		require.NoError(t, err)
		r = workflows.Request{Action: letter.Action, By: u.by, Seen: u.seen, Command: letter.Command}
	}
	r.For = purpose(env, fileID, u.id)
	refused := func(err error, rejected bool) {
		code, rule := refusal(t, err)
		answers[u.id] = answerOf[S]{code: code, rule: rule, rejected: rejected}
	}
	env.UpdateWorkflow(workflows.Entry, u.id, &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { refused(err, true) },
		OnComplete: func(result any, err error) {
			if err != nil {
				refused(err, false)
				return
			}
			a := result.(workflows.Answer)
			given := answerOf[S]{Digest: a.Digest}
			require.NoError(t, json.Unmarshal(a.State, &given.State))
			answers[u.id] = given
		},
	}, r)
}

// purpose is that of an Update which is sent now.
func purpose(env *testsuite.TestWorkflowEnvironment, fileID, id string) workflows.Purpose {
	return workflows.Purpose{File: fileID, ID: id, Made: env.Now()}
}

// refusal is what a caller learns of err, across the engine.
func refusal(t *testing.T, err error) (fault.Code, string) {
	t.Helper()
	wire := temporal.GetDefaultFailureConverter()
	var app *temporal.ApplicationError
	require.ErrorAs(t, wire.FailureToError(wire.ErrorToFailure(err)), &app)
	var f fault.Error
	require.NoError(t, app.Details(&f))
	require.Equal(t, activities.Refused, app.Type(), "it is the same for all: the engine shows it")
	return f.Code, f.Rule
}
