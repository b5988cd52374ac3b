package workflows_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/recordtest"
	"koko/internal/trainingtest"
	"koko/kinds"
	"koko/workflows"
)

// A tale is what happens to one file over as many runs as it takes.
type tale[S file.State] struct {
	t      *testing.T
	kind   file.Kind
	record *recordtest.Record
	post   *post

	now     time.Time
	state   S   // that the next run begins with
	runs    []S // as they were continued
	answers map[string]answerOf[S]
	timers  map[string]int
	logged  bytes.Buffer // errors
	events  []*event
	made    int
}

// An event comes from outside. Each comes at a time of its own: the order at the same time is anyone's.
type event struct {
	at   time.Time
	come func(*testsuite.TestWorkflowEnvironment, func(sent string))
	past bool
}

// A post takes what the file tells others.
type post struct {
	mu      sync.Mutex
	now     func() time.Time
	letters []letter
	absent  map[string]int // how often a file will still be missing, by the id of its workflow
	missed  []letter
}

// A letter is a message and where to and when it was sent.
type letter struct {
	at time.Time
	to string
	workflows.Message
}

func (p *post) take(_, id, run, signal string, arg any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := letter{p.now(), id, arg.(workflows.Message)}
	if run != "" || signal != "tell" {
		return fmt.Errorf("%s to run %q", signal, run)
	}
	if p.absent[id] > 0 {
		p.absent[id]--
		p.missed = append(p.missed, l)
		return &temporal.UnknownExternalWorkflowExecutionError{}
	}
	p.letters = append(p.letters, l)
	return nil
}

type (
	enrolmentTale = tale[enrolment.Enrolment]
	cohortTale    = tale[cohort.Cohort]
)

// begun is a tale of a file of kind k, from fresh on, that begins after steps.
func begun[S file.State](t *testing.T, k file.Kind, fresh S, steps ...trainingtest.Step) *tale[S] {
	s := &tale[S]{
		t: t, kind: k, record: &recordtest.Record{}, state: fresh, now: trainingtest.Start,
		post: &post{absent: map[string]int{}}, answers: map[string]answerOf[S]{}, timers: map[string]int{},
	}
	for i, step := range steps {
		s.state, s.now = s.lost(s.state, fmt.Sprint("w", i), step), step.At
	}
	return s
}

// lost records a step without the workflow, and returns what it led to.
func (s *tale[S]) lost(from S, id string, step trainingtest.Step) S {
	kind, _ := kinds.Of(s.kind)
	next, err := kind.Decide(from, step.Command, step.By, step.At)
	require.NoError(s.t, err)
	s.record.Transitions = append(s.record.Transitions, recordtest.Transition(s.kind, id, step.By, step.Command, next))
	return next.(S)
}

// enrolled begins after steps.
func enrolled(t *testing.T, id string, steps ...trainingtest.Step) *enrolmentTale {
	return begun(t, enrolment.Kind, enrolment.Enrolment{ID: id}, steps...)
}

// planned begins after steps.
func planned(t *testing.T, id string, steps ...trainingtest.Step) *cohortTale {
	return begun(t, cohort.Kind, cohort.Cohort{ID: id}, steps...)
}

func (s *tale[S]) happens(at time.Time, come func(*testsuite.TestWorkflowEnvironment, func(string))) {
	s.events = append(s.events, &event{at: at, come: come})
}

// update has somebody send a command, and returns its id.
func (s *tale[S]) update(at time.Time, by string, cmd file.Command) string {
	s.made++
	id := fmt.Sprint("k", s.made)
	s.happens(at, func(env *testsuite.TestWorkflowEnvironment, sent func(string)) {
		sent(id)
		update(s.t, env, s.state.Head().ID, send{id: id, by: by, cmd: cmd}, s.answers)
	})
	return id
}

// catchUp has the file adopt what stands recorded.
func (s *tale[S]) catchUp(at time.Time) string {
	return s.update(at, "", nil)
}

// tell has other files tell cmds, all at once.
func (s *tale[S]) tell(at time.Time, cmds ...file.Command) {
	var ms []any
	for _, cmd := range cmds {
		s.made++
		ms = append(ms, message(s.t, fmt.Sprint("m", s.made), cmd))
	}
	s.signal(at, ms...)
}

// signal sends what may be no message at all.
func (s *tale[S]) signal(at time.Time, ms ...any) {
	s.happens(at, func(env *testsuite.TestWorkflowEnvironment, _ func(string)) {
		for _, m := range ms {
			env.SignalWorkflow(workflows.Tell, m)
		}
	})
}

func message(t *testing.T, id string, cmd file.Command) workflows.Message {
	l, err := file.Write(cmd)
	require.NoError(t, err)
	return workflows.Message{ID: id, Letter: l}
}

// play lets the tale go on, run after run. Whatever was sent must have been answered.
func (s *tale[S]) play(until time.Time) {
	s.t.Helper()
	for {
		var sent []string
		got := runIn(s.t, s.environment(func(id string) { sent = append(sent, id) }), s.now, s.kind, s.record, s.state, until.Sub(s.now))
		for k, n := range got.timers {
			s.timers[k] += n
		}
		for _, id := range sent {
			require.Contains(s.t, s.answers, id, "a run does not end before it has answered")
		}
		s.events = slices.DeleteFunc(s.events, func(e *event) bool { return e.past })
		s.state, s.now = s.recorded(), s.now.Add(got.took)
		if got.continued == nil {
			require.True(s.t, temporal.IsCanceledError(got.err), "%v", got.err)
			return
		}
		require.Equal(s.t, s.recorded(), *got.continued, "the whole state, as it stands recorded")
		s.runs = append(s.runs, *got.continued)
	}
}

func (s *tale[S]) environment(sent func(string)) *testsuite.TestWorkflowEnvironment {
	env := newEnvironment(&s.logged)
	s.post.now = env.Now
	env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(s.post.take).Maybe()
	for _, e := range s.events {
		env.RegisterDelayedCallback(func() {
			e.past = true
			e.come(env, sent)
		}, max(e.at.Sub(s.now), time.Millisecond))
	}
	return env
}

// recorded is the state that stands recorded last.
func (s *tale[S]) recorded() S {
	if n := len(s.record.Transitions); n > 0 {
		return recordtest.State[S](s.record.Transitions[n-1])
	}
	return s.state
}

// actions are those recorded since version, in order.
func (s *tale[S]) actions(since int) []file.Action {
	as := []file.Action{}
	for _, t := range s.record.Transitions[since:] {
		as = append(as, t.Action)
	}
	return as
}

// notices are the kinds of all that was sent, in order.
func (s *tale[S]) notices() []string {
	ks := []string{}
	for _, b := range s.record.Told {
		for _, n := range b.Notices {
			ks = append(ks, n.Kind)
		}
	}
	return ks
}

// tied are the files whose members a notice is for.
func tied(n file.Notice, r file.Relation) []string {
	var ids []string
	for _, m := range n.Tied {
		if m.Relation == r {
			ids = append(ids, m.File)
		}
	}
	return ids
}

// told are the actions of the messages to a file, in order.
func (s *tale[S]) told(k file.Kind, id string) []file.Action {
	as := []file.Action{}
	for _, l := range s.letters(k, id) {
		as = append(as, l.Action)
	}
	return as
}

func (s *tale[S]) letters(k file.Kind, id string) (ls []letter) {
	for _, l := range s.post.letters {
		if l.to == workflows.ID(k, id) {
			ls = append(ls, l)
		}
	}
	return ls
}

// open is the command of a letter.
func open[T any](t *testing.T, l letter) (cmd T) {
	require.NoError(t, json.Unmarshal(l.Command, &cmd))
	return cmd
}

// accepted requires that a command was carried out.
func (s *tale[S]) accepted(ids ...string) {
	s.t.Helper()
	for _, id := range ids {
		require.Contains(s.t, s.answers, id)
		require.Empty(s.t, s.answers[id].code, "%s: %s", id, s.answers[id].rule)
	}
}

// passed counts the deadlines that were missed since version.
func (s *tale[S]) passed(since int) (n int) {
	for _, a := range s.actions(since) {
		if a == file.ActionDeadlinePassed {
			n++
		}
	}
	return n
}
