package workflows

import (
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"koko/activities"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/internal/recordtest"
)

// A tally is the smallest file: it adds up what it is told, up to a limit.
type tally struct {
	ID      string    `json:"id"`
	Version int       `json:"version"`
	Sum     int       `json:"sum"`
	Changed time.Time `json:"changed"`
}

func (s tally) File() process.File {
	return process.File{ID: s.ID, AGS: "05999001", Version: s.Version, Changed: s.Changed}
}

func (s tally) Decide(cmd add, _ string, at time.Time) (tally, error) {
	if s.Sum+cmd.N > 9 {
		return tally{}, fault.Newf(fault.Gate, "the tally is full").By("full", "begin another")
	}
	return tally{ID: s.ID, Version: s.Version + 1, Sum: s.Sum + cmd.N, Changed: at}, nil
}

// NextDeadline is a day after the first number: nothing may have been added meanwhile.
func (s tally) NextDeadline() (process.Deadline, bool) {
	return process.Deadline{Kind: "lonely", Due: s.Changed.Add(24 * time.Hour)}, s.Version == 1
}

type add struct {
	process.Docs
	N int `json:"n"`
}

func (add) Action() process.Action { return "add" }

func (a add) Check() error { return process.First(process.Between("n", a.N, 1, 9)) }

// tallies runs the life of a tally; told is what its hook was told.
func tallies(told *[][2]int) func(workflow.Context, tally) error {
	return func(ctx workflow.Context, s tally) error {
		var record *recordtest.Of[tally]
		life := &lifecycle[tally, add]{
			kind: process.KindCohort, state: s, mu: workflow.NewMutex(ctx), first: "add",
			save: record.SaveTransition, read: record.ReadTransitions,
			missed:  func(process.Deadline) add { return add{N: 5} },
			turned:  func(s tally) bool { return s.Sum == 9 },
			adopted: func(_ workflow.Context, before, after tally) { *told = append(*told, [2]int{before.Sum, after.Sum}) },
		}
		err := errors.Join(
			accept(ctx, life, func(a add) add { return a }),
			workflow.SetUpdateHandler(ctx, CatchUp, life.catchUp),
		)
		if err != nil {
			return err
		}
		workflow.Go(ctx, func(ctx workflow.Context) {
			var n int
			workflow.GetSignalChannel(ctx, "given").Receive(ctx, &n)
			if err := life.handleAs(ctx, "given", add{N: n}, "another workflow"); !gated(err) {
				*told = append(*told, [2]int{-1, -1})
			}
		})
		return life.live(ctx, "tallies")
	}
}

// Whatever way a change comes, by Update, timer or record, the hook is told of it once and in order.
func TestEveryChangeIsAdoptedInOrder(t *testing.T) {
	var ts testsuite.WorkflowTestSuite
	ts.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := ts.NewTestWorkflowEnvironment()
	record := &recordtest.Of[tally]{}
	env.RegisterActivity(record)
	var told [][2]int
	var stale error
	update := func(after time.Duration, name, id string, args ...any) {
		env.RegisterDelayedCallback(func() {
			env.UpdateWorkflow(name, id, &testsuite.TestUpdateCallback{
				OnAccept: func() {}, OnReject: func(err error) { t.Error(err) },
				OnComplete: func(_ any, err error) { stale = errors.Join(stale, err) },
			}, args...)
		}, after)
	}
	update(time.Hour, "add", "k1", Request[add]{By: "p", Command: add{N: 1}})
	update(26*time.Hour, "add", "k2", Request[add]{By: "p", Seen: 1, Command: add{N: 1}})
	env.RegisterDelayedCallback(func() { env.SignalWorkflow("given", 8) }, 27*time.Hour)
	env.RegisterDelayedCallback(func() { // a crash kept them from the workflow
		record.Transitions = append(record.Transitions,
			activities.Transition[tally]{CommandID: "lost", State: tally{ID: "t", Version: 3, Sum: 8}},
			activities.Transition[tally]{CommandID: "lost too", State: tally{ID: "t", Version: 4, Sum: 9}})
	}, 28*time.Hour)
	update(29*time.Hour, CatchUp, "up")
	env.RegisterDelayedCallback(env.CancelWorkflow, 1000*time.Hour)
	env.ExecuteWorkflow(tallies(&told), tally{ID: "t"})

	require.Equal(t, [][2]int{{0, 1}, {1, 6}, {6, 8}, {8, 9}}, told, "by a caller, by the timer, and what stood recorded")
	require.ErrorContains(t, stale, "the cohort is at version 2, not 1 (type: stale")
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &next)
	var carried tally
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &carried))
	require.Equal(t, tally{ID: "t", Version: 4, Sum: 9}, carried)
}

// A case that answered before the state was called "state" is still understood.
func TestAnAnswerIsReadUnderBothNamesOfItsState(t *testing.T) {
	want := Answer[tally]{Digest: "d", State: tally{ID: "t", Version: 2}}
	now, err := json.Marshal(want)
	require.NoError(t, err)
	for _, text := range []string{string(now), `{"digest":"d","case":{"id":"t","version":2}}`} {
		var got Answer[tally]
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		require.Equal(t, want, got)
	}
}
