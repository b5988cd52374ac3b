package conflict_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/calendar"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/casetest"
)

var house = file.Define(conflict.Spec)

// berlin is a time of Berlin.
func berlin(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Berlin)
	require.NoError(t, err)
	return at.UTC()
}

// reportedAt is a case whose signal came in at a time.
func reportedAt(t *testing.T, at time.Time) conflict.Case {
	t.Helper()
	m := &casetest.Maker{Salt: t.Name()}
	c, err := conflict.Spec.Decide(conflict.Spec.Fresh("0b0e8a4e-6f0e-4c58-8d52-5a3a7c1f2d90", "05999001"), m.Signal(), "u-reporter", at)
	require.NoError(t, err)
	return c
}

func decided(t *testing.T, c conflict.Case, by string, at time.Time, cmd file.Command) conflict.Case {
	t.Helper()
	next, err := c.Decide(cmd, by, at)
	require.NoError(t, err)
	return next
}

// ring is a call in words: when it comes, and whom it tells.
type ring struct {
	at, notice    string
	people, roles []string
}

// rings plays a case on its own, as its workflow would, and lists whom it tells until a moment.
func rings(t *testing.T, c conflict.Case, until time.Time) (all []ring, last conflict.Case) {
	t.Helper()
	told := c.Changed
	note := func(at time.Time, n file.Notice) {
		all = append(all, ring{at.In(calendar.Berlin).Format("Mon 2006-01-02 15:04"), n.Kind, n.People, n.Roles})
	}
	for {
		due, timed := file.NextDeadline(c)
		call, calls := house.NextCall(c, file.Latest(told, c.Changed))
		switch {
		case calls && call.At.Before(until) && (!timed || call.At.Before(due.Due)):
			told = call.At
			note(call.At, house.Notice(c, call))
		case timed && due.Due.Before(until):
			next := decided(t, c, file.System, due.Over(), file.DeadlinePassed{Deadline: due})
			for _, n := range house.Notices(c, next) {
				note(due.Due, n)
			}
			c = next
		default:
			return all, c
		}
	}
}

// A signal of Saturday 00:30 in Berlin is Friday's in UTC.
func TestTheTriageIsDueOnTheSecondWorkingDayInBerlin(t *testing.T) {
	c := reportedAt(t, berlin(t, "2027-01-09 00:30"))
	d := c.Deadlines()[0]
	require.Equal(t, file.Deadline{
		Kind: "triage", Due: berlin(t, "2027-01-12 18:00"), Event: berlin(t, "2027-01-09 00:30"), Rule: calendar.WorkingDays(2),
	}, d)
	require.Equal(t, calendar.Calendar{Version: "2026-1", Land: "NW", Closes: "18:00"}, c.Calendar)
	because := c.Head().Because(d)
	require.Equal(t, calendar.Step{On: "2027-01-09", Why: calendar.Event}, because[0])
	require.Equal(t, calendar.Step{On: "2027-01-12", Why: calendar.Ends}, because[len(because)-1])
}

// Whoever has to act hears of a deadline first, the deputies two working days after it has passed, and the
// supervisor after five; nobody hears of it twice.
func TestTheLadderOfADeadline(t *testing.T) {
	c := reportedAt(t, berlin(t, "2027-03-24 10:00")) // Wednesday before Easter
	all, _ := rings(t, c, berlin(t, "2027-04-30 00:00"))
	clearing, managers := []string{"clearing"}, []string{"conflict_manager"}
	require.Equal(t, []ring{
		{"Sun 2027-03-28 05:36", "reminder.triage", nil, clearing},
		{"Mon 2027-03-29 09:00", "eve.triage", nil, clearing},
		{"Tue 2027-03-30 18:00", "overdue.triage", nil, clearing},
		{"Thu 2027-04-01 18:00", "deputy.triage", nil, managers},
		{"Tue 2027-04-06 18:00", "supervisor.triage", nil, []string{"supervisor"}},
	}, all)
}

func TestWhoeverWorksOnTheCaseIsToldInsteadOfTheRole(t *testing.T) {
	c := reportedAt(t, berlin(t, "2027-04-05 10:00"))
	c = decided(t, c, "u-clearing", berlin(t, "2027-04-05 11:00"), conflict.Assign{Assignee: "u-caseworker"})
	all, _ := rings(t, c, berlin(t, "2027-04-07 19:00"))
	require.Len(t, all, 2)
	for _, r := range all {
		require.Equal(t, []string{"u-caseworker"}, r.people, r.notice)
		require.Empty(t, r.roles)
	}
}

// While a case is paused nothing is due but the end of the pause; then the limits have moved by its days.
func TestAPauseMovesTheLimits(t *testing.T) {
	c := reportedAt(t, berlin(t, "2027-04-05 10:00"))
	require.Equal(t, berlin(t, "2027-04-07 18:00"), c.Deadlines()[0].Due)
	pause := conflict.PauseCase{Reason: "beteiligte_verhindert", Until: "2027-04-20"}
	c = decided(t, c, "u-manager", berlin(t, "2027-04-06 09:00"), pause)
	require.Equal(t, []file.Deadline{{
		Kind: "resume", Due: berlin(t, "2027-04-20 23:59").Add(59 * time.Second), Event: berlin(t, "2027-04-20 23:59").Add(59 * time.Second),
		Rule: calendar.Appointment(0),
	}}, c.Deadlines())
	for _, o := range c.Actions("u-manager") {
		if o.Action == conflict.ActionPauseCase {
			require.Equal(t, "running", o.Closed.Rule)
		}
	}

	early := decided(t, c, "u-manager", berlin(t, "2027-04-12 09:00"), conflict.ResumeCase{})
	require.Nil(t, early.Pause)
	require.Equal(t, "triage", early.Deadlines()[0].Kind)
	require.Equal(t, berlin(t, "2027-04-13 18:00"), early.Deadlines()[0].Due, "the 6th to the 11th do not count")
	require.Contains(t, early.Head().Because(early.Deadlines()[0]), calendar.Step{On: "2027-04-06", Why: calendar.AtRest, N: 6})

	all, late := rings(t, c, berlin(t, "2027-04-21 12:00"))
	require.Empty(t, all, "a reminder that the pause is over tells nobody that something is overdue")
	require.Nil(t, late.Pause, "it ends by itself")
	require.Equal(t, berlin(t, "2027-04-21 18:00"), late.Deadlines()[0].Due, "the 20th was the last day of the pause; the 21st is the second working day")
	_, err := late.Decide(conflict.ResumeCase{}, "u-manager", berlin(t, "2027-04-21 12:00"))
	require.Equal(t, "paused", fault.Of(err).Rule)
}

func TestAPauseHasAnEndThatIsToComeAndNotTooFar(t *testing.T) {
	c := reportedAt(t, berlin(t, "2027-04-05 10:00"))
	for until, rule := range map[conflict.Date]string{"2027-04-04": "future", "2028-04-06": "range", "2028-04-05": "", "2027-04-05": ""} {
		_, err := c.Decide(conflict.PauseCase{Reason: "personal", Until: until}, "u-manager", berlin(t, "2027-04-05 23:30"))
		if rule == "" {
			require.NoError(t, err, until)
			continue
		}
		require.Equal(t, rule, fault.Of(err).Rule, until)
	}
	require.Error(t, conflict.PauseCase{Reason: "mediation", Until: "2027-05-01"}.Check(), "no reason tells how the case is worked on")
}

// A file keeps its calendar until a supervisor moves it; then its limits follow, and what has passed stays passed.
func TestAFileIsMovedToAnotherCalendar(t *testing.T) {
	c := reportedAt(t, berlin(t, "2027-04-05 10:00"))
	today := c.Calendar
	today.Closes = "12:00"
	moved := decided(t, c, "u-supervisor", berlin(t, "2027-04-05 12:00"), conflict.MoveCaseCalendar{Calendar: today})
	require.Equal(t, berlin(t, "2027-04-07 12:00"), moved.Deadlines()[0].Due)
	require.Equal(t, berlin(t, "2027-04-07 18:00"), c.Deadlines()[0].Due)
	require.Equal(t, moved.Deadlines(), house.Redated(c, today).Deadlines(), "the preview says what would be")
	missed := decided(t, c, file.System, c.Deadlines()[0].Over(), file.DeadlinePassed{Deadline: c.Deadlines()[0]})
	before := missed
	missed = decided(t, before, "u-supervisor", berlin(t, "2027-04-08 12:00"), conflict.MoveCaseCalendar{Calendar: today})
	require.Empty(t, house.Notices(before, missed), "nobody is told again that it has passed")
	require.Equal(t, missed.Deadlines(), missed.Passed, "what has passed stays passed, whatever its day would have been")

	_, err := moved.Decide(conflict.MoveCaseCalendar{Calendar: today}, "u-supervisor", berlin(t, "2027-04-05 13:00"))
	require.Equal(t, "calendar", fault.Of(err).Rule)
	for _, wrong := range []calendar.Calendar{{}, {Version: "1999", Land: "NW", Closes: "18:00"}, {Version: "2026-1", Land: "XX", Closes: "18:00"}, {Version: "2026-1", Land: "NW", Closes: "6pm"}} {
		require.Error(t, conflict.MoveCaseCalendar{Calendar: wrong}.Check(), wrong)
	}
}

// A file keeps the ladder with which it began, and climbs another one when it is moved.
func TestAFileKeepsItsLadder(t *testing.T) {
	m := &casetest.Maker{Salt: t.Name()}
	begun := func(rungs calendar.Rungs) conflict.Case {
		fresh := conflict.Spec.Fresh("0b0e8a4e-6f0e-4c58-8d52-5a3a7c1f2d90", "05999001")
		fresh.Calendar.Rungs = rungs
		c, err := conflict.Spec.Decide(fresh, m.Signal(), "u-reporter", calendar.On(2027, time.April, 12).At(9*time.Hour)) // a Monday
		require.NoError(t, err)
		return c
	}
	at := func(c conflict.Case) map[file.Rung]string {
		all := map[file.Rung]string{}
		for _, call := range c.Head().Calls(c.Deadlines()[0]) {
			all[call.Rung] = call.At.In(calendar.Berlin).Format("02.01. 15:04")
		}
		return all
	}
	plain, other := begun(""), begun("20%,07:30,1,3")
	require.Equal(t, map[file.Rung]string{file.Eve: "13.04. 09:00", file.ToDeputy: "16.04. 18:00", file.ToSupervisor: "21.04. 18:00"}, at(plain))
	require.Equal(t, map[file.Rung]string{file.Reminder: "12.04. 20:24", file.Eve: "13.04. 07:30", file.ToDeputy: "15.04. 18:00", file.ToSupervisor: "19.04. 18:00"}, at(other))
	require.Equal(t, calendar.Rungs("20%,07:30,1,3"), other.Calendar.Rungs)
	require.Empty(t, begun("0%,07:30,1,3").Calendar.Rungs, "what is no ladder is not kept")

	moved := decided(t, plain, "u-supervisor", plain.Changed.Add(time.Hour), conflict.MoveCaseCalendar{Calendar: other.Calendar})
	require.Equal(t, at(other), at(moved))
}

// The deputy of whoever works on a case is their substitute; where there is none, the conflict managers.
func TestTheDeputyIsTheSubstitute(t *testing.T) {
	c := reportedAt(t, calendar.On(2027, time.April, 12).At(9*time.Hour))
	c = decided(t, c, "u-manager", c.Changed.Add(time.Hour), conflict.Assign{Assignee: "u-worker"})
	n := house.Notice(c, file.Call{Rung: file.ToDeputy, Deadline: c.Deadlines()[0]})
	require.Equal(t, file.Notice{Kind: "deputy.triage", InPlaceOf: []string{"u-worker"}, Roles: []string{"conflict_manager"}}, n)
}
