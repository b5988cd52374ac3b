package conflict_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/casetest"
)

func day(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

// due is what is expected of c: kind and time.
func due(c conflict.Case) (ds []string) {
	for _, d := range c.Deadlines() {
		ds = append(ds, d.Kind+" "+d.Due.Format("2006-01-02 15:04"))
	}
	return ds
}

// decide carries out one command at a certain time.
func decide(t *testing.T, c conflict.Case, at time.Time, by string, cmd file.Command) conflict.Case {
	t.Helper()
	next, err := c.Decide(cmd, by, at)
	require.NoError(t, err)
	return next
}

func TestTriageIsDueInTwoWorkingDays(t *testing.T) {
	m := &casetest.Maker{Salt: "triage"}
	for reported, want := range map[string]string{
		"2026-03-02 09:00": "2026-03-04 09:00", // Monday
		"2026-03-05 17:30": "2026-03-09 17:30", // Thursday
		"2026-03-06 09:00": "2026-03-10 09:00", // Friday
		"2026-03-07 12:00": "2026-03-10 12:00", // Saturday
		"2026-03-08 23:59": "2026-03-10 23:59", // Sunday
		"2026-12-31 08:00": "2027-01-04 08:00", // Thursday: holidays are not counted yet
		"2028-02-28 08:00": "2028-03-01 08:00", // Monday of a leap year
	} {
		c := decide(t, fresh, day(reported), casetest.Reporter, m.Signal())
		require.Equal(t, []string{"triage " + want}, due(c), reported)
	}
}

func TestEachPhaseHasItsTimeLimits(t *testing.T) {
	m := &casetest.Maker{Salt: "limits"}
	c := decide(t, fresh, day("2026-03-02 09:00"), casetest.Reporter, m.Signal())
	c = decide(t, c, day("2026-03-03 10:00"), casetest.Manager, m.Triage(conflict.Watch))
	require.Equal(t, []string{"watch 2026-04-02 10:00"}, due(c))
	c = decide(t, c, day("2026-03-06 09:00"), casetest.Manager, m.Triage(conflict.OpenCase))
	require.Equal(t, []string{"clearing 2026-03-20 09:00"}, due(c))
	c = decide(t, c, day("2026-03-09 09:00"), casetest.Manager, m.Clearing())
	require.Equal(t, []string{"clearing 2026-03-20 09:00"}, due(c), "a clearing ends with the mandate")
	c = decide(t, c, day("2026-03-10 09:00"), casetest.Supervisor, m.Mandate(true))
	require.Equal(t, []string{"analysis 2026-04-09 09:00"}, due(c))
	c = decide(t, c, day("2026-03-20 09:00"), casetest.Manager, m.Analysis(5))
	require.Equal(t, []string{"analysis 2026-04-09 09:00", "rescore 2026-04-19 09:00"}, due(c))
	c = decide(t, c, day("2026-03-21 09:00"), casetest.Reviewer, m.Review(true))
	c = decide(t, c, day("2026-04-01 09:00"), casetest.Manager, m.Plan("mediation"))
	require.Equal(t, []string{"rescore 2026-04-19 09:00", "review 2026-05-13 09:00"}, due(c))
	c = decide(t, c, day("2026-04-02 09:00"), casetest.Mediator, m.Conditions())
	c = decide(t, c, day("2026-04-03 09:00"), casetest.Mediator, m.Session())
	c = decide(t, c, day("2026-04-10 09:00"), casetest.Mediator, m.Interim())
	c = decide(t, c, day("2026-04-18 09:00"), casetest.Manager, m.Assessment(3))
	require.Equal(t, []string{"rescore 2026-05-18 09:00", "review 2026-05-22 09:00"}, due(c))
	c = decide(t, c, day("2026-05-02 09:00"), casetest.Manager, m.Closure(conflict.Agreement))
	require.Empty(t, due(c), "the supervisor takes the time it needs")

	back := decide(t, c, day("2026-06-10 09:00"), casetest.Supervisor, m.SignOff(false))
	require.Equal(t, []string{"rescore 2026-07-10 09:00", "review 2026-07-22 09:00"}, due(back), "what came back begins anew")

	c = decide(t, c, day("2026-05-05 09:00"), casetest.Supervisor, m.SignOff(true))
	require.Equal(t, []string{"follow_up_3 2026-08-05 09:00", "follow_up_6 2026-11-05 09:00", "follow_up_12 2027-05-05 09:00"}, due(c))
	c = decide(t, c, day("2026-09-05 09:00"), casetest.Manager, m.FollowUp(6))
	require.Equal(t, []string{"follow_up_3 2026-08-05 09:00", "follow_up_12 2027-05-05 09:00"}, due(c))
	c = decide(t, c, day("2027-09-05 09:00"), casetest.Manager, m.Reopen())
	require.Equal(t, []string{"analysis 2027-10-05 09:00", "rescore 2027-10-05 09:00"}, due(c), "what was taken up again begins anew")
}

func TestFollowUpsAreDueOnTheSameDayOrTheMonthsLast(t *testing.T) {
	m := &casetest.Maker{Salt: "months"}
	for signed, want := range map[string][3]string{
		"2026-03-15": {"2026-06-15", "2026-09-15", "2027-03-15"},
		"2026-11-30": {"2027-02-28", "2027-05-30", "2027-11-30"},
		"2027-11-29": {"2028-02-29", "2028-05-29", "2028-11-29"},
		"2026-08-31": {"2026-11-30", "2027-02-28", "2027-08-31"},
		"2028-02-29": {"2028-05-29", "2028-08-29", "2029-02-28"},
		"2026-12-31": {"2027-03-31", "2027-06-30", "2027-12-31"},
	} {
		c := decide(t, before(t, conflict.ActionSignOff), day(signed+" 14:00"), casetest.Supervisor, m.SignOff(true))
		var got [3]string
		for i, d := range c.Deadlines() {
			require.Equal(t, fmt.Sprint("follow_up_", file.Values[conflict.FollowUpMonth]()[i]), d.Kind)
			require.Equal(t, 14, d.Due.Hour())
			got[i] = d.Due.Format(time.DateOnly)
		}
		require.Equal(t, want, got, signed)
	}
}

func TestAMissedDeadlineIsNotedOnceAndInOrder(t *testing.T) {
	c := before(t, conflict.ActionPlanMediation) // analysis and score
	ds := c.Deadlines()
	require.Len(t, ds, 2)
	miss := func(c conflict.Case, d conflict.Deadline, at time.Time) (conflict.Case, error) {
		return c.Decide(file.DeadlinePassed{Deadline: d}, conflict.System, at)
	}
	late := ds[1].Due.Add(time.Hour)
	_, err := miss(c, ds[1], late)
	require.Equal(t, "deadline", fault.Of(err).Rule, "the first comes first")
	_, err = miss(c, ds[0], ds[0].Due.Add(-time.Millisecond))
	require.Equal(t, "deadline", fault.Of(err).Rule, "it is not due yet")

	first, err := miss(c, ds[0], ds[0].Due)
	require.NoError(t, err)
	require.Equal(t, ds[:1], first.Passed)
	require.Equal(t, ds, first.Deadlines(), "it stays in force")
	_, err = miss(first, ds[0], late)
	require.Equal(t, "deadline", fault.Of(err).Rule, "once")
	both, err := miss(first, ds[1], late)
	require.NoError(t, err)
	require.Equal(t, ds, both.Passed)
	_, more := file.NextDeadline(both)
	require.False(t, more)
	_, err = miss(both, ds[0], late)
	require.Equal(t, "deadline", fault.Of(err).Rule)

	m := &casetest.Maker{Salt: "missed"}
	scored := decide(t, both, late, casetest.Manager, m.Assessment(4))
	require.Equal(t, ds[:1], scored.Passed, "what was made up for is not missed any more")
}

// Nobody's today is the future, wherever it begins.
func TestWhatHappenedLiesNotInTheFuture(t *testing.T) {
	m := &casetest.Maker{Salt: "future"}
	now := day("2026-03-02 09:00") // in UTC+14 it is 23:00
	for date, ok := range map[conflict.Date]bool{"2026-03-02": true, "2026-03-01": true, "1999-12-31": true, "2026-03-03": false, "2027-03-02": false} {
		s := m.Signal()
		s.ObservedOn = date
		_, err := fresh.Decide(s, casetest.Reporter, now)
		require.Equal(t, ok, err == nil, date)
		_, err = fresh.Decide(s, casetest.Reporter, now.Add(time.Hour))
		require.Equal(t, ok || date == "2026-03-03", err == nil, date)
	}
}
