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
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/recordtest"
	"koko/kinds"
)

// A tally is the smallest file: it adds up what it is told, up to a limit.
type tally struct {
	ID      string          `json:"id"`
	Version int             `json:"version"`
	Sum     int             `json:"sum"`
	Changed time.Time       `json:"changed"`
	Passed  []file.Deadline `json:"passed,omitempty"`
}

func (s tally) Head() file.Head {
	phase := "counting"
	switch {
	case s.Version == 0:
		phase = ""
	case s.Sum == 9:
		phase = "full"
	}
	return file.Head{ID: s.ID, AGS: "05999001", Version: s.Version, Phase: phase, Changed: s.Changed, Passed: s.Passed}
}

// Deadlines is a day after the first number: nothing may have been added meanwhile.
func (s tally) Deadlines() []file.Deadline {
	if s.Version != 1 {
		return nil
	}
	return []file.Deadline{{Kind: "lonely", Due: s.Changed.Add(24 * time.Hour)}}
}

type begin struct{ add }

func (begin) Action() file.Action { return "begin" }

type add struct {
	file.Docs
	N int `json:"n"`
}

func (add) Action() file.Action { return "add" }

func (a add) Check() error { return file.First(file.Between("n", a.N, 1, 9)) }

func (a add) Apply(s *tally, _ file.Stamp) *fault.Error {
	if s.Sum+a.N > 9 {
		return fault.Newf(fault.Gate, "the tally is full").By("full", "begin another")
	}
	s.Sum += a.N
	return nil
}

// tallies is the kind of tallies; told is what was adopted, in order.
func tallies(told *[][2]int) *file.Definition {
	return file.Define(&file.Spec[tally]{
		About: file.About{Kind: "tally", Workflow: "tallies"},
		Rules: []file.Rule[tally]{
			{Form: file.Of[tally](begin{}), When: []string{""}},
			{Form: file.Of[tally](add{}), When: []string{"counting"}, Told: true},
		},
		Fresh:  func(id string, _ ags.Key) tally { return tally{ID: id} },
		Moving: func(s *tally) (*int, *time.Time, *[]file.Deadline) { return &s.Version, &s.Changed, &s.Passed },
		Missed: func(s *tally, _ file.Deadline, _ file.Stamp) { s.Sum += 5 },
		Stretch: func(phase string) int {
			if phase == "full" {
				return 1
			}
			return 0
		},
		Messages: func(before, after tally) []file.Message {
			*told = append(*told, [2]int{before.Sum, after.Sum})
			return nil
		},
	})
}

// Whatever way a change comes, by Update, timer or record, others are told of it once and in order.
func TestEveryChangeIsAdoptedInOrder(t *testing.T) {
	var ts testsuite.WorkflowTestSuite
	ts.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := ts.NewTestWorkflowEnvironment()
	record := &recordtest.Record{}
	env.RegisterActivity(record)
	var told [][2]int
	var stale error
	update := func(after time.Duration, id string, r Request) {
		env.RegisterDelayedCallback(func() {
			r.For = Purpose{File: "t", ID: id, Made: env.Now()}
			env.UpdateWorkflow(Entry, id, &testsuite.TestUpdateCallback{
				OnAccept: func() {}, OnReject: func(err error) { t.Error(err) },
				OnComplete: func(_ any, err error) { stale = errors.Join(stale, err) },
			}, r)
		}, after)
	}
	one := json.RawMessage(`{"n":1}`)
	tell := func(after time.Duration, id string, cmd file.Command) {
		letter, err := file.Write(cmd)
		require.NoError(t, err)
		env.RegisterDelayedCallback(func() { env.SignalWorkflow(Tell, Message{id, letter}) }, after)
	}
	update(time.Hour, "k1", Request{Action: "begin", By: "p", Command: one})
	update(26*time.Hour, "k2", Request{Action: "add", By: "p", Seen: 1, Command: one})
	tell(27*time.Hour, "too much", add{N: 8})
	tell(27*time.Hour, "k1", add{N: 1})  // an old command has its old answer, which is no news
	env.RegisterDelayedCallback(func() { // a crash kept them from the workflow
		record.Transitions = append(record.Transitions,
			recordtest.Transition("tally", "lost", "p", add{N: 2}, tally{ID: "t", Version: 3, Sum: 8}),
			recordtest.Transition("tally", "lost too", "p", add{N: 1}, tally{ID: "t", Version: 4, Sum: 9}))
	}, 28*time.Hour)
	update(29*time.Hour, "up", Request{Action: CatchUp})
	env.RegisterDelayedCallback(env.CancelWorkflow, 1000*time.Hour)
	kind := tallies(&told)
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context, began json.RawMessage) error { return live(ctx, kind, began) }, workflow.RegisterOptions{Name: kind.Workflow})
	env.ExecuteWorkflow(kind.Workflow, tally{ID: "t"})

	require.Equal(t, [][2]int{{0, 1}, {1, 6}, {6, 8}, {8, 9}}, told, "by a caller, by the timer, and what stood recorded")
	require.ErrorContains(t, stale, "the tally is at version 2, not 1 (type: refused")
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, env.GetWorkflowError(), &next)
	require.Equal(t, kind.Workflow, next.WorkflowType.Name)
	var carried tally
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &carried))
	require.Equal(t, tally{ID: "t", Version: 4, Sum: 9}, carried)
}

// What was sealed for a file as one thing is not taken for another: a person's request is no message of a workflow, a
// message is no request, and a message sent again is the same command.
func TestARequestIsNoMessageAndAMessageIsNoRequest(t *testing.T) {
	var ts testsuite.WorkflowTestSuite
	ts.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := ts.NewTestWorkflowEnvironment()
	began := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	env.SetStartTime(began)
	record := &recordtest.Record{Transitions: []activities.Transition{
		recordtest.Transition("tally", "k1", "p", begin{add{N: 1}}, tally{ID: "t", Version: 1, Sum: 1, Changed: began}),
	}}
	env.RegisterActivity(record)
	as := func(sealed, into any) { // as the converter of the engine's client reads it
		raw, err := json.Marshal(sealed)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, into))
	}
	letter, err := file.Write(add{N: 1})
	require.NoError(t, err)
	message := Message{"m", letter}
	var asked Request
	as(message, &asked)
	var sums []int
	sent := func(do func()) func() {
		return func() {
			do()
			env.RegisterDelayedCallback(func() {
				sums = append(sums, recordtest.State[tally](record.Transitions[len(record.Transitions)-1]).Sum)
			}, time.Minute)
		}
	}
	var refusal error
	env.RegisterDelayedCallback(sent(func() {
		r := Request{Action: letter.Action, By: "p", Command: letter.Command, For: Purpose{File: "t", ID: "k2", Made: env.Now()}}
		var told Message
		as(r, &told)
		env.SignalWorkflow(Tell, told)
	}), time.Hour)
	env.RegisterDelayedCallback(sent(func() {
		env.UpdateWorkflow(Entry, "k3", &testsuite.TestUpdateCallback{
			OnAccept: func() {}, OnComplete: func(any, error) {}, OnReject: func(err error) { refusal = err },
		}, asked)
	}), 2*time.Hour)
	for after := range 3 { // it is delivered, and sent again and again
		env.RegisterDelayedCallback(sent(func() { env.SignalWorkflow(Tell, message) }), time.Duration(3+after)*time.Hour)
	}
	env.RegisterDelayedCallback(env.CancelWorkflow, 20*time.Hour)
	kind := tallies(&[][2]int{})
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context, began json.RawMessage) error { return live(ctx, kind, began) }, workflow.RegisterOptions{Name: kind.Workflow})
	env.ExecuteWorkflow(kind.Workflow, recordtest.State[tally](record.Transitions[0]))
	require.ErrorContains(t, refusal, "made for another file or command")
	require.Equal(t, []int{1, 1, 2, 2, 2}, sums)
}

// A client of the engine that is not ours may leave words in a command: it is refused before anything is kept.
func TestACommandWithWordsIsRefusedBeforeItIsKept(t *testing.T) {
	t.Parallel()
	k := file.Define(conflict.Spec)
	cmd, err := k.Command(conflict.ActionAddNote, []byte(`{"compartment": "case", "note": "Frau Muster hat angerufen."}`))
	require.NoError(t, err)
	err = wordless(cmd)
	f := fault.Of(err)
	require.NotNil(t, f)
	require.Equal(t, []any{fault.Invalid, "words"}, []any{f.Code, f.Rule})
	require.NotContains(t, err.Error(), "Muster")
	bare, words := file.Take(cmd)
	require.NotEmpty(t, words)
	require.NoError(t, wordless(bare))
}

func TestTheWorkflowsOfFilesAreThoseOfTheKinds(t *testing.T) {
	t.Parallel()
	require.Len(t, Files(), len(kinds.All()))
	for i, k := range kinds.All() {
		require.Equal(t, k.Workflow, Files()[i])
	}
}
