package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/calendar"
	"koko/domain/file"
	"koko/domain/work"
	"koko/domain/working"
	"koko/internal/historytest"
	"koko/internal/trainingtest"
)

type workTale = tale[work.Work]

// handed is a working file after the steps of its way up to, and with, the first one of an action.
func handed(t *testing.T, salt string, through file.Action) *workTale {
	id, steps := historytest.WorkWay(salt, trainingtest.Start)
	i := slices.IndexFunc(steps, func(s historytest.Step) bool { return s.Command.Action() == through })
	var taken []trainingtest.Step
	for _, s := range steps[:i+1] {
		taken = append(taken, trainingtest.Step(s))
	}
	return begun(t, work.Kind, work.Work{ID: id, AGS: historytest.Town}, taken...)
}

// caseOf is the case that the way is about.
func caseOf(s *workTale) string { return s.state.Begun.Case }

// A working file that nobody takes up tells its case, forgets what it was told, and expects nothing more.
func TestAWorkingFileThatNobodyTakesUpTellsItsCaseAndForgets(t *testing.T) {
	s := handed(t, "nobody", work.ActionBegin)
	began := s.now
	s.play(began.AddDate(0, 0, 8))
	require.Equal(t, work.Declined, s.state.Phase)
	require.Equal(t, calendar.On(2026, time.March, 9).At(18*time.Hour), s.state.Declined.At, "five working days after Monday 2 March")
	told := s.letters(working.KindCase, caseOf(s))
	require.Len(t, told, 1)
	require.Equal(t, working.WorkDeclined{Work: s.state.ID}, open[working.WorkDeclined](t, told[0]), "without a reason")
	s.play(began.AddDate(1, 0, 0))
	require.Equal(t, work.Expired, s.state.Phase)
	require.Equal(t, calendar.On(2026, time.June, 10).Begins(), s.state.Changed, "three months later")
	require.Empty(t, s.state.Deadlines())
	require.Len(t, s.letters(working.KindCase, caseOf(s)), 1)
	require.Empty(t, s.logged.String())
}

// The case is told what is the same for every form of work, in order and once; each stretch of the work is a run.
func TestAWorkingFileTellsItsCaseNoMoreThanItHasToKnow(t *testing.T) {
	s := handed(t, "told", work.ActionBegin)
	_, steps := historytest.WorkWay("told", trainingtest.Start)
	for _, st := range steps[1:] {
		s.update(st.At, st.By, st.Command)
	}
	s.play(s.now.AddDate(0, 0, 2))
	require.Equal(t, work.Ended, s.state.Phase)
	require.Equal(t, []file.Action{
		working.ActionWorkAccepted, working.ActionConditionsExamined, working.ActionWorkAnswered, working.ActionWorkAnswered,
		working.ActionPlanMeasure, working.ActionWorkEnded,
	}, s.told(working.KindCase, caseOf(s)))
	require.Len(t, s.post.letters, 6, "and nobody else is told anything")
	require.Equal(t, []work.Phase{work.Running, work.Ended}, []work.Phase{s.runs[0].Phase, s.runs[1].Phase})
	require.Empty(t, s.logged.String())
}

// What the case withdraws ends at once; what it withdraws too late has been overtaken.
func TestACaseWithdrawsItsWorkingFile(t *testing.T) {
	s := handed(t, "withdrawn", work.ActionChooseForm)
	s.tell(s.now.Add(time.Hour), working.WithdrawWork{})
	s.play(s.now.Add(2 * time.Hour))
	require.Equal(t, work.Withdrawn, s.state.Phase)
	over := handed(t, "over", work.ActionEnd)
	version := over.state.Version
	over.tell(over.now.Add(time.Hour), working.WithdrawWork{})
	over.play(over.now.Add(2 * time.Hour))
	require.Equal(t, version, over.state.Version)
	require.Empty(t, over.logged.String())
}

// Left alone, ended work has its words destroyed when their time is over, and is no more than its facts then.
func TestEndedWorkLeftAloneForgetsItsWords(t *testing.T) {
	s := handed(t, "forgotten", work.ActionEnd)
	s.play(s.now.AddDate(8, 0, 0))
	require.Equal(t, work.Expired, s.state.Phase)
	require.Equal(t, []file.Destroyed{
		{Compartment: work.Notes, At: calendar.On(2026, time.June, 3).Begins()},
		{Compartment: work.Briefing, At: calendar.On(2026, time.June, 3).Begins()},
		{Compartment: work.Contract, At: calendar.On(2032, time.June, 1).Begins()}, // 30 May 2032 is a Sunday
	}, s.state.Destroyed)
	require.Equal(t, []string{"missed_clause"}, slices.DeleteFunc(s.notices(), func(k string) bool { return k != "missed_clause" }))
	require.Empty(t, s.letters(working.KindCase, caseOf(s)), "the case hears nothing of it")
}

// People begin no working file.
func TestAWorkingFileIsBegunByTheSystemAlone(t *testing.T) {
	_, steps := historytest.WorkWay("by hand", trainingtest.Start)
	s := begun(t, work.Kind, work.Work{ID: "x", AGS: historytest.Town})
	id := s.update(s.now.Add(time.Minute), "p-1", steps[0].Command)
	s.play(s.now.Add(time.Hour))
	require.Equal(t, "workflow_only", s.answers[id].rule)
	begins := s.update(s.now.Add(time.Minute), file.System, steps[0].Command)
	s.play(s.now.Add(time.Hour))
	s.accepted(begins)
	require.Equal(t, work.Handed, s.state.Phase)
}
