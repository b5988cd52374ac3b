package workflows_test

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"koko/domain/advice"
	"koko/domain/file"
	"koko/internal/historytest"
	"koko/internal/recordtest"
)

// ended is the record of an advice whose follow-up is recorded, and the advice then.
func ended() (*recordtest.Record, advice.Advice) {
	id, steps := historytest.AdviceWay("ended", at)
	f := historytest.Walk(file.Define(advice.Spec), id, historytest.Town, steps...)
	return &recordtest.Record{Transitions: f.Transitions}, f.Last().(advice.Advice)
}

// Left alone, an advice has its words destroyed when their time is over, each once, and expects nothing more.
func TestAnAdviceLeftAloneForgetsItsWords(t *testing.T) {
	r, a := ended()
	n := len(r.Transitions)
	due := a.Deadlines()
	got := runIn(t, newEnvironment(io.Discard), a.Changed.Add(time.Minute), advice.Kind, r, a, 4*years)
	require.True(t, temporal.IsCanceledError(got.err), "%v", got.err)
	missed := r.Transitions[n:]
	require.Len(t, missed, len(due))
	for i, kind := range []string{"entries", "notes_kept", "file_kept"} {
		s := recordtest.State[advice.Advice](missed[i])
		require.Equal(t, kind, due[i].Kind)
		require.Equal(t, []any{file.ActionDeadlinePassed, file.System, due[i].Over()}, []any{missed[i].Action, missed[i].By, s.Changed}, "on time")
		require.Len(t, s.Destroyed, 2*i)
	}
	require.Equal(t, map[string]int{"scheduled": 3, "fired": 3}, onlyPositive(got.timers))
}

// The record may be one decision ahead: what is destroyed stands there, and is adopted, not decided anew.
func TestADestructionThatStandsRecordedIsAdopted(t *testing.T) {
	r, a := ended()
	for range 2 { // the end of entries, and the notes
		d, _ := file.NextDeadline(a)
		next, err := advice.Spec.Decide(a, file.DeadlinePassed{Deadline: d}, file.System, d.Over())
		require.NoError(t, err)
		if len(next.Destroyed) == 0 {
			a = next
		}
		r.Transitions = append(r.Transitions, recordtest.Transition(advice.Kind, "deadline-"+d.Kind, file.System, file.DeadlinePassed{Deadline: d}, next))
	}
	n, crashed := len(r.Transitions), r.Transitions[len(r.Transitions)-1]
	got := runIn(t, newEnvironment(io.Discard), a.Changed.Add(time.Minute), advice.Kind, r, a, years, send{years - time.Hour, "now", "", 0, nil})
	require.True(t, temporal.IsCanceledError(got.err), "%v", got.err)
	require.Len(t, r.Transitions, n, "nothing is destroyed twice")
	require.Equal(t, recordtest.State[advice.Advice](crashed), got.answers["now"].State)
}
