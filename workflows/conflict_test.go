package workflows_test

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"koko/activities"
	"koko/domain/calendar"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/work"
	"koko/domain/working"
	"koko/internal/casetest"
	"koko/internal/recordtest"
)

var (
	at    = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) // a Monday
	fresh = conflict.Case{ID: "0b0e8a4e-6f0e-4c58-8d52-5a3a7c1f2d90", AGS: "05334002"}
)

const (
	workID = "7c4f6a1e-3b52-4d90-9e18-5a0b2c3d4e5f" // of a working file

	day   = 24 * time.Hour
	years = 365 * day
)

// actions is what was recorded, in order.
func actions(r *recordtest.Record) (as []conflict.Action) {
	for _, t := range r.Transitions {
		as = append(as, t.Action)
	}
	return as
}

type (
	answer = answerOf[conflict.Case]
	run    = runOf[conflict.Case]
)

// execute runs the workflow of c until it ends, or until it is cancelled after a time.
func execute(t *testing.T, r *recordtest.Record, c conflict.Case, until time.Duration, sends ...send) run {
	t.Helper()
	return executeIn(t, newEnvironment(io.Discard), r, c, until, sends...)
}

func executeIn(t *testing.T, env *testsuite.TestWorkflowEnvironment, r *recordtest.Record, c conflict.Case, until time.Duration, sends ...send) run {
	t.Helper()
	begun := at
	if c.Version > 0 {
		begun = c.Changed.Add(time.Minute)
	}
	return runIn(t, env, begun, conflict.Kind, r, c, until, sends...)
}

// decide is the transition that cmd leads to.
func decide(t *testing.T, id string, c conflict.Case, by string, cmd file.Command) activities.Transition {
	t.Helper()
	when := at
	if c.Version > 0 {
		when = c.Changed.Add(time.Hour)
	}
	next, err := c.Decide(cmd, by, when)
	require.NoError(t, err)
	return recordtest.Transition(conflict.Kind, id, by, cmd, next)
}

// after is the case that a transition led to.
func after(tr activities.Transition) conflict.Case { return recordtest.State[conflict.Case](tr) }

// last is the case that stands recorded.
func last(r *recordtest.Record) conflict.Case { return after(r.Transitions[len(r.Transitions)-1]) }

// before is the record of the plain way up to, and without, the first action a, and the case then.
func before(t *testing.T, a conflict.Action) (*recordtest.Record, conflict.Case) {
	t.Helper()
	m := &casetest.Maker{Salt: "before"}
	r, c := &recordtest.Record{}, fresh
	for _, s := range m.Way() {
		if s.Command.Action() == a {
			break
		}
		tr := decide(t, fmt.Sprint("w", c.Version+1), c, s.By, s.Command)
		r.Transitions, c = append(r.Transitions, tr), after(tr)
	}
	return r, c
}

// Each phase is a run, and the state goes whole from one to the next.
func TestThePlainWayIsOneRunForEachPhase(t *testing.T) {
	m := &casetest.Maker{Salt: "way"}
	way := m.Way()
	r, c := &recordtest.Record{}, fresh
	var phases []conflict.Phase
	for sent := 0; sent < len(way); {
		var sends []send
		for i, s := range way[sent:] {
			sends = append(sends, send{time.Duration(i+1) * time.Hour, fmt.Sprint("k", sent+i), s.By, c.Version, s.Command})
			if c.Version > 0 {
				sends[i].seen = c.Version + i
			}
		}
		got := execute(t, r, c, 30*day, sends...)
		require.NotNil(t, got.continued, "%v", got.err)
		require.NotEqual(t, c.Phase, got.continued.Phase)
		require.Equal(t, last(r), *got.continued, "the whole state, as it stands recorded")
		sent = got.continued.Version
		require.Len(t, r.Transitions, sent)
		for id, a := range got.answers {
			require.Empty(t, a.code, id)
		}
		c = *got.continued
		phases = append(phases, c.Phase)
	}
	require.Equal(t, file.Values[conflict.Phase]()[1:], phases)
	for i, tr := range r.Transitions {
		require.Equal(t, []any{way[i].By, file.Digest(way[i].Command), way[i].Command.References()}, []any{tr.By, tr.Digest, tr.Docs})
		require.Equal(t, after(tr).Changed.Truncate(time.Millisecond), after(tr).Changed)
	}
}

func TestRefusedCommandsChangeNothing(t *testing.T) {
	m := &casetest.Maker{Salt: "refused"}
	wrong := m.Signal()
	wrong.Reliability = 9
	r, c := before(t, conflict.ActionTriage)
	got := execute(t, r, c, day,
		send{1 * time.Minute, "early", casetest.Manager, 0, m.Analysis(3)},
		send{2 * time.Minute, "wrong", casetest.Reporter, 0, wrong},
		send{3 * time.Minute, "own", casetest.Reporter, 0, m.HandOver(workID)},
		send{4 * time.Minute, "right", casetest.Manager, 0, m.Triage(conflict.OpenCase)},
		send{5 * time.Minute, "late", casetest.Manager, 0, m.Triage(conflict.Drop)},
	)
	require.Equal(t, answer{code: fault.Gate, rule: "phase"}, got.answers["early"])
	require.Equal(t, answer{code: fault.Invalid, rule: "range", rejected: true}, got.answers["wrong"], "what is wrong in any state leaves no trace in a history")
	require.Equal(t, answer{code: fault.Gate, rule: "phase"}, got.answers["own"])
	require.Equal(t, answer{code: fault.Gate, rule: "triaged"}, got.answers["late"])
	require.Equal(t, c.Version+1, got.answers["right"].State.Version)
	require.Len(t, r.Transitions, c.Version+1)
}

func TestTheLoserOfARaceIsRefusedUnderTheLock(t *testing.T) {
	m := &casetest.Maker{Salt: "race"}
	r, c := before(t, conflict.ActionTriage)
	got := execute(t, r, c, day,
		send{time.Minute, "first", casetest.Manager, 0, m.Triage(conflict.OpenCase)},
		send{time.Minute, "second", casetest.Reviewer, 0, m.Triage(conflict.Drop)},
		send{time.Minute, "third", casetest.Reviewer, c.Version, m.Clearing()},
	)
	require.Equal(t, conflict.OpenCase, got.answers["first"].State.Triage.Decision)
	require.Equal(t, answer{code: fault.Gate, rule: "triaged"}, got.answers["second"])
	require.Equal(t, answer{code: fault.Stale, rule: "version"}, got.answers["third"], "it decided on what is not so any more")
	require.Len(t, r.Transitions, c.Version+1)
}

// The record may know more than the workflow: a local activity commits before the engine
// keeps anything, and a continued run has not heard of the commands before it.
func TestTheRecordIsAdopted(t *testing.T) {
	m := &casetest.Maker{Salt: "adopted"}
	before, c := before(t, conflict.ActionTriage)
	signal := m.Signal()
	reported := decide(t, "reported", fresh, casetest.Reporter, signal)
	watch, open, drop, note := m.Triage(conflict.Watch), m.Triage(conflict.OpenCase), m.Triage(conflict.Drop), m.Note(conflict.CaseFile)
	watched := decide(t, "lost", c, casetest.Manager, watch)
	opened := decide(t, "lost too", after(watched), casetest.Manager, open)
	dropped := decide(t, "lost", c, casetest.Manager, drop)
	noted := decide(t, "k", c, casetest.Manager, note)
	type known = []activities.Transition
	with := func(ts ...activities.Transition) known {
		return append(append(known{}, before.Transitions...), ts...)
	}

	for name, tc := range map[string]struct {
		knows  conflict.Case
		record known
		id     string
		seen   int
		cmd    file.Command
		want   func(conflict.Case) bool // of the answer; nil if refused
		rule   string
		saved  int // by this command
	}{
		"a missed decision comes first": {
			c, with(watched), "k", 0, note,
			func(a conflict.Case) bool { return a.Version == c.Version+2 && a.Triage != nil && a.Notes == 1 }, "", 1,
		},
		"a command may need decisions that were missed": {
			c, with(watched, opened), "k", 0, m.Clearing(),
			func(a conflict.Case) bool { return a.Version == c.Version+3 && a.Clearing != nil }, "", 1,
		},
		"a missed decision may rule a command out": {c, with(watched, opened), "k", 0, drop, nil, "triaged", 0},
		"also one that ends the phase":             {c, with(dropped), "k", 0, open, nil, "phase", 0},
		"the missed decision itself comes again": {
			c, with(noted), "k", 0, note, func(a conflict.Case) bool { return a.Version == after(noted).Version && a.Notes == 1 }, "", 0,
		},
		"an old command has its old answer": {
			after(opened), with(watched, opened), "lost", 0, watch,
			func(a conflict.Case) bool { return a.Version == after(watched).Version }, "", 0,
		},
		"even where it would now be refused": {
			after(opened), with(watched, opened), "reported", 0, signal, nil, "phase", 0,
		},
		"the caller has seen what the workflow missed": {
			c, with(watched), "k", after(watched).Version, open,
			func(a conflict.Case) bool { return a.Version == c.Version+2 && a.Triage.Decision == conflict.OpenCase }, "", 1,
		},
		"the caller has not seen what the workflow missed": {c, with(watched), "k", c.Version, open, nil, "version", 0},
		"the caller has not seen the current version":      {after(opened), with(watched, opened), "k", c.Version, m.Clearing(), nil, "version", 0},
		"the caller claims to have seen what never was":    {c, with(), "k", c.Version + 5, open, nil, "version", 0},
		"a repeated command decided on an old version, of course": {
			after(opened), with(watched, opened), "lost", c.Version, watch,
			func(a conflict.Case) bool { return a.Version == after(watched).Version }, "", 0,
		},
		"a case that was reported already": {
			fresh, known{reported}, "reported", 0, signal, func(a conflict.Case) bool { return a.Version == 1 }, "", 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &recordtest.Record{Transitions: tc.record}
			n := len(r.Transitions)
			got := execute(t, r, tc.knows, day, send{time.Minute, tc.id, casetest.Manager, tc.seen, tc.cmd}, send{2 * time.Minute, "now", "", 0, nil})
			a := got.answers[tc.id]
			require.Equal(t, tc.rule, a.rule)
			require.False(t, a.rejected, "the validator knows too little to refuse")
			require.Len(t, r.Transitions, n+tc.saved)
			if tc.want != nil {
				require.True(t, tc.want(a.State), "%+v", a.State)
				require.Equal(t, file.Digest(tc.cmd), a.Digest)
			}
			now := last(r)
			if got.continued != nil {
				require.Equal(t, now, *got.continued, "an adopted end of a phase is an end")
			} else {
				require.Equal(t, now, got.answers["now"].State)
			}
		})
	}
}

func TestCatchingUpAdoptsTheRecordWithoutACommand(t *testing.T) {
	m := &casetest.Maker{Salt: "catch-up"}
	r, c := before(t, conflict.ActionTriage)
	lost := decide(t, "lost", c, casetest.Manager, m.Triage(conflict.Watch))
	r.Transitions = append(r.Transitions, lost)
	got := execute(t, r, c, day, send{time.Minute, "x", "", 0, nil}, send{2 * time.Minute, "y", "", 0, nil})
	require.Equal(t, after(lost), got.answers["x"].State)
	require.Equal(t, after(lost), got.answers["y"].State)
	require.Len(t, r.Transitions, after(lost).Version)

	dropped := decide(t, "dropped", after(lost), casetest.Manager, m.Triage(conflict.Drop))
	r.Transitions = append(r.Transitions, dropped)
	got = execute(t, r, c, day, send{time.Minute, "x", "", 0, nil})
	require.Equal(t, after(dropped), *got.continued)
}

// What cannot be recorded is refused, and the case goes on.
func TestWhatTheRecordRefusesIsRefused(t *testing.T) {
	m := &casetest.Maker{Salt: "record"}
	r, c := before(t, conflict.ActionTriage)
	r.Refuses = conflict.ActionAddNote
	got := execute(t, r, c, day,
		send{time.Minute, "note", casetest.Manager, 0, m.Note(conflict.CaseFile)},
		send{2 * time.Minute, "triage", casetest.Manager, c.Version, m.Triage(conflict.OpenCase)})
	require.Equal(t, fault.Invalid, got.answers["note"].code)
	require.Equal(t, c.Version+1, got.answers["triage"].State.Version)
	require.Len(t, r.Transitions, c.Version+1)
}

// Left alone for two years, a case notes each missed deadline once, in order, as nobody's doing. It wakes for that
// and for the calls of the ladder, and for nothing else; what falls on the same moment is one timer.
func TestACaseLeftAloneNotesWhatItMissed(t *testing.T) {
	for until, tc := range map[conflict.Action]struct {
		missed       []string
		calls, fired int
	}{
		conflict.ActionTriage:         {[]string{"triage"}, 3, 4},   // in two days there is no reminder before the eve's
		conflict.ActionRecordClearing: {[]string{"clearing"}, 4, 5}, // reminder, eve, deputy, supervisor
		conflict.ActionRecordAnalysis: {[]string{"analysis"}, 4, 5},
		conflict.ActionHandToWork:     {[]string{"analysis", "rescore"}, 8, 6}, // on the same day: only the reminders differ
		// One review every six weeks; 60 % of the time from the third on are over before it is its turn.
		working.ActionWorkAccepted:    {append([]string{"rescore"}, slices.Repeat([]string{"review"}, 17)...), 4 + 2*4 + 15*3, 75},
		conflict.ActionSignOff:        {},
		conflict.ActionRecordFollowUp: {[]string{"follow_up_3", "follow_up_6", "follow_up_12"}, 3 * 4, 15},
	} {
		want := tc.missed
		t.Run(string(until), func(t *testing.T) {
			r, c := before(t, until)
			n := len(r.Transitions)
			got := execute(t, r, c, 2*years, send{2*years - time.Hour, "now", "", 0, nil})
			require.True(t, temporal.IsCanceledError(got.err), "%v", got.err)
			missed := r.Transitions[n:]
			require.Len(t, missed, len(want))
			for i, tr := range missed {
				require.Equal(t, file.ActionDeadlinePassed, tr.Action)
				require.Equal(t, conflict.System, tr.By)
				due := after(tr).Deadlines()
				require.Equal(t, want[i], due[i].Kind)
				require.Equal(t, due[i].Over(), after(tr).Changed, "on time")
				require.Equal(t, due[:i+1], after(tr).Passed)
			}
			require.Equal(t, last(r), got.answers["now"].State)
			require.Len(t, r.Reminded, tc.calls)
			timers := tc.fired
			if _, more := file.NextDeadline(last(r)); more { // the reviews never end
				timers++
			}
			require.Equal(t, map[string]int{"scheduled": timers, "fired": tc.fired}, onlyPositive(got.timers))
		})
	}
}

func onlyPositive(m map[string]int) map[string]int {
	for k, n := range m {
		if n == 0 {
			delete(m, k)
		}
	}
	if len(m) == 0 {
		return map[string]int{"scheduled": 0, "fired": 0}
	}
	return m
}

func TestAFollowUpInTimeCancelsItsTimer(t *testing.T) {
	m := &casetest.Maker{Salt: "in time"}
	r, c := before(t, conflict.ActionRecordFollowUp)
	n := len(r.Transitions)
	got := execute(t, r, c, 2*years, send{60 * day, "k", casetest.Manager, 0, m.FollowUp(3)})
	require.Equal(t, []conflict.Action{conflict.ActionRecordFollowUp, file.ActionDeadlinePassed, file.ActionDeadlinePassed}, actions(r)[n:])
	require.Equal(t, map[string]int{"scheduled": 12, "fired": 11, "cancelled": 1}, got.timers, "three calls of its own are not needed any more")
	kinds, _ := told(r)
	require.Equal(t, []string{
		"reminder.follow_up_3", "reminder.follow_up_6", "eve.follow_up_6", "deputy.follow_up_6", "supervisor.follow_up_6",
		"reminder.follow_up_12", "eve.follow_up_12", "deputy.follow_up_12", "supervisor.follow_up_12",
	}, kinds)
	require.Equal(t, "follow_up_6", after(r.Transitions[n+1]).Passed[0].Kind)
}

// A case that wakes up late, or was sent back by its supervisor, does not chase its own tail.
func TestADeadlineLongPastIsNotedAtOnceAndOnce(t *testing.T) {
	m := &casetest.Maker{Salt: "late"}
	r, c := before(t, conflict.ActionHandToWork)
	c.Changed = c.Changed.Add(3 * years) // the engine was away
	n := len(r.Transitions)
	got := execute(t, r, c, day)
	require.Len(t, r.Transitions, n+2)
	require.Equal(t, map[string]int{}, onlyFired(got.timers), "no timer was needed")

	now := last(r)
	for i, s := range []casetest.Step{{By: casetest.Manager, Command: m.Closure("unveraendert")}, {By: casetest.Supervisor, Command: m.SignOff(false)}} {
		tr := decide(t, fmt.Sprint("c", i), now, s.By, s.Command)
		r.Transitions, now = append(r.Transitions, tr), after(tr)
	}
	n = len(r.Transitions)
	// They begin anew on 1 March 2029; the thirtieth day is the Saturday before Easter, and Tuesday the next working day.
	left := calendar.On(2029, time.April, 4).Begins().Sub(now.Changed.Add(time.Minute)) // a minute later it goes on
	execute(t, r, now, left-time.Second)
	require.Len(t, r.Transitions, n, "the time limits begin anew")
	execute(t, r, now, left+time.Second)
	require.Len(t, r.Transitions, n+2)
}

func onlyFired(m map[string]int) map[string]int {
	if n := m["fired"]; n > 0 {
		return map[string]int{"fired": n}
	}
	return map[string]int{}
}

func TestACaseThatNobodyReportsEndsAfterADay(t *testing.T) {
	r := &recordtest.Record{}
	got := execute(t, r, fresh, 10*day)
	require.NoError(t, got.err)
	require.Equal(t, day, got.took)
	require.Empty(t, r.Transitions)

	m := &casetest.Maker{Salt: "in a day"}
	got = execute(t, r, fresh, 36*time.Hour, send{23 * time.Hour, "k", casetest.Reporter, 0, m.Signal()})
	require.True(t, temporal.IsCanceledError(got.err), "it lives on: %v", got.err)
	require.Len(t, r.Transitions, 1)
}

func TestALongHistoryContinuesAsNewWithTheWholeState(t *testing.T) {
	for _, phase := range []conflict.Action{conflict.ActionTriage, working.ActionWorkAccepted, conflict.ActionRecordFollowUp} {
		r, c := before(t, phase)
		env := newEnvironment(io.Discard)
		env.SetContinueAsNewSuggested(true)
		got := executeIn(t, env, r, c, day)
		require.NotNil(t, got.continued, "%v", got.err)
		require.Equal(t, c, *got.continued)
		require.Zero(t, got.took)
	}
}

// A run does not let go of Updates that it has accepted: they are answered before it continues.
func TestARunEndsWithItsHandlersFinished(t *testing.T) {
	m := &casetest.Maker{Salt: "handlers"}
	r, c := before(t, conflict.ActionDecideMandate)
	got := execute(t, r, c, day,
		send{time.Minute, "mandate", casetest.Supervisor, 0, m.Mandate(true)},
		send{time.Minute, "note", casetest.Manager, 0, m.Note(conflict.CaseFile)},
		send{time.Minute, "again", casetest.Supervisor, 0, m.Mandate(true)},
		send{time.Minute, "analysis", casetest.Manager, 0, m.Analysis(4)},
	)
	require.Len(t, got.answers, 4)
	require.Equal(t, answer{code: fault.Gate, rule: "phase"}, got.answers["again"])
	require.Equal(t, 4, got.answers["analysis"].State.Findings.Stage)
	require.Empty(t, got.answers["note"].code)
	require.Len(t, r.Transitions, c.Version+3)
	require.Equal(t, after(r.Transitions[c.Version+2]), *got.continued)
}

func TestAClosedCaseWaitsToBeReopened(t *testing.T) {
	m := &casetest.Maker{Salt: "reopened"}
	r, c := before(t, "")
	require.Equal(t, conflict.Closed, c.Phase)
	got := execute(t, r, c, 10*years,
		send{9 * years, "note", casetest.Manager, 0, m.Note(conflict.CaseFile)},
		send{9*years + time.Hour, "k", casetest.Manager, 0, m.Reopen()})
	require.NotNil(t, got.continued, "%v", got.err)
	require.Equal(t, []any{c.ID, conflict.Analysis, 2, 1}, []any{got.continued.ID, got.continued.Phase, got.continued.Round, got.continued.Notes})
	require.Empty(t, onlyFired(got.timers))
}

// A case that is handed over anew tells the working file before that it goes on without it, and what that still says does
// not count.
func TestACaseHandedOverAnewWithdrawsTheWorkBefore(t *testing.T) {
	m := &casetest.Maker{Salt: "withdrawn"}
	r, c := before(t, conflict.ActionHandToWork)
	s := &tale[conflict.Case]{
		t: t, kind: conflict.Kind, record: r, state: c, now: c.Changed, post: &post{absent: map[string]int{}},
		answers: map[string]answerOf[conflict.Case]{}, timers: map[string]int{},
	}
	other := m.ID()
	s.update(s.now.Add(time.Hour), casetest.Manager, m.HandOver(workID))
	s.tell(s.now.Add(2*time.Hour), m.Accepted(workID))
	s.update(s.now.Add(3*time.Hour), casetest.Manager, m.HandOver(other))
	s.tell(s.now.Add(4*time.Hour), m.Examined(workID), m.Ended(workID), m.Accepted(other))
	s.play(s.now.Add(day))
	require.Equal(t, []any{other, conflict.UnderWay, false}, []any{s.state.Handed.Work, s.state.Handed.Status, s.state.Handed.Conditions})
	require.Equal(t, []file.Action{working.ActionWithdrawWork}, s.told(work.Kind, workID))
	require.Len(t, s.post.letters, 1)
	require.Empty(t, s.logged.String())
}

// What those who do the work release reaches the case by a message, although people give the same command; what people
// alone do does not come that way.
func TestACaseHearsOfAMeasureThatWasReleased(t *testing.T) {
	m := &casetest.Maker{Salt: "released"}
	r, c := before(t, conflict.ActionHandToWork)
	s := &tale[conflict.Case]{
		t: t, kind: conflict.Kind, record: r, state: c, now: c.Changed, post: &post{absent: map[string]int{}},
		answers: map[string]answerOf[conflict.Case]{}, timers: map[string]int{},
	}
	s.update(s.now.Add(time.Hour), casetest.Manager, m.HandOver(workID))
	s.tell(s.now.Add(2*time.Hour), m.Measure(workID), m.Measure(m.ID()), m.Note(conflict.CaseFile))
	s.play(s.now.Add(day))
	require.Len(t, s.state.Measures, 1, "not what another one says")
	last := r.Transitions[len(r.Transitions)-1]
	require.Equal(t, []any{working.ActionPlanMeasure, file.System}, []any{last.Action, last.By})
	require.Contains(t, s.logged.String(), "no workflow tells")
}
