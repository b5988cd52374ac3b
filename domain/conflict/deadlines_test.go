package conflict_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/calendar"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/working"
	"koko/internal/casetest"
)

// day is a time of Berlin.
func day(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Berlin)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// clock is a time as people in Berlin read it.
func clock(t time.Time) string { return t.In(calendar.Berlin).Format(time.DateTime) }

// due is what is expected of c: kind and time, in Berlin.
func due(c conflict.Case) (ds []string) {
	for _, d := range c.Deadlines() {
		ds = append(ds, d.Kind+" "+clock(d.Due))
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
		"2026-03-02 09:00": "2026-03-04 18:00:00", // Monday
		"2026-03-05 17:30": "2026-03-09 18:00:00", // Thursday
		"2026-03-06 09:00": "2026-03-10 18:00:00", // Friday
		"2026-03-07 12:00": "2026-03-10 18:00:00", // Saturday
		"2026-03-08 23:59": "2026-03-10 18:00:00", // Sunday
		"2026-12-31 08:00": "2027-01-05 18:00:00", // Thursday before New Year's Day
		"2027-01-09 00:30": "2027-01-12 18:00:00", // Saturday in Berlin, Friday in UTC
		"2027-03-25 10:00": "2027-03-31 18:00:00", // Thursday before Easter
		"2027-05-26 10:00": "2027-05-31 18:00:00", // Wednesday before Fronleichnam
		"2028-02-28 08:00": "2028-03-01 18:00:00", // Monday of a leap year
	} {
		c := decide(t, fresh, day(reported), casetest.Reporter, m.Signal())
		require.Equal(t, []string{"triage " + want}, due(c), reported)
	}
}

func TestEachPhaseHasItsTimeLimits(t *testing.T) {
	m := &casetest.Maker{Salt: "limits"}
	c := decide(t, fresh, day("2026-03-02 09:00"), casetest.Reporter, m.Signal())
	c = decide(t, c, day("2026-03-03 10:00"), casetest.Manager, m.Triage(conflict.Watch))
	require.Equal(t, []string{"watch 2026-04-02 23:59:59"}, due(c))
	c = decide(t, c, day("2026-03-06 09:00"), casetest.Manager, m.Triage(conflict.OpenCase))
	require.Equal(t, []string{"clearing 2026-03-20 18:00:00"}, due(c))
	c = decide(t, c, day("2026-03-09 09:00"), casetest.Manager, m.Clearing())
	require.Equal(t, []string{"clearing 2026-03-20 18:00:00"}, due(c), "a clearing ends with the mandate")
	c = decide(t, c, day("2026-03-10 09:00"), casetest.Supervisor, m.Mandate(true))
	require.Equal(t, []string{"analysis 2026-04-09 23:59:59"}, due(c))
	c = decide(t, c, day("2026-03-20 09:00"), casetest.Manager, m.Analysis(5))
	require.Equal(t, []string{"analysis 2026-04-09 23:59:59", "rescore 2026-04-20 23:59:59"}, due(c))
	c = decide(t, c, day("2026-03-21 09:00"), casetest.Reviewer, m.Review(true))
	c = decide(t, c, day("2026-04-01 09:00"), casetest.Manager, m.HandOver(work))
	require.Equal(t, []string{"rescore 2026-04-20 23:59:59", "review 2026-05-13 23:59:59"}, due(c))
	c = decide(t, c, day("2026-04-02 09:00"), conflict.System, m.Accepted(work))
	c = decide(t, c, day("2026-04-10 09:00"), conflict.System, m.Examined(work))
	c = decide(t, c, day("2026-04-18 09:00"), casetest.Manager, m.Assessment(3))
	require.Equal(t, []string{"review 2026-05-13 23:59:59", "rescore 2026-05-18 23:59:59"}, due(c), "the review does not move with the work")
	c = decide(t, c, day("2026-05-02 09:00"), conflict.System, m.Ended(work))
	require.Equal(t, []string{"review 2026-05-13 23:59:59", "rescore 2026-05-18 23:59:59"}, due(c), "nor with its end: the closure is expected")
	c = decide(t, c, day("2026-05-02 10:00"), casetest.Manager, m.Closure(conflict.Improved))
	require.Empty(t, due(c), "the supervisor takes the time it needs")

	back := decide(t, c, day("2026-06-10 09:00"), casetest.Supervisor, m.SignOff(false))
	require.Equal(t, []string{"review 2026-06-24 23:59:59", "rescore 2026-07-10 23:59:59"}, due(back), "what came back keeps its rhythm, but for what nobody could answer")

	c = decide(t, c, day("2026-05-05 09:00"), casetest.Supervisor, m.SignOff(true))
	require.Equal(t, []string{"follow_up_3 2026-08-05 23:59:59", "follow_up_6 2026-11-05 23:59:59", "follow_up_12 2027-05-05 23:59:59"}, due(c))
	c = decide(t, c, day("2026-09-05 09:00"), casetest.Manager, m.FollowUp(6))
	require.Equal(t, []string{"follow_up_3 2026-08-05 23:59:59", "follow_up_12 2027-05-05 23:59:59"}, due(c))
	c = decide(t, c, day("2027-09-05 09:00"), casetest.Manager, m.Reopen())
	require.Equal(t, []string{"analysis 2027-10-05 23:59:59", "rescore 2027-10-05 23:59:59"}, due(c), "what was taken up again begins anew")
}

// The review is asked for every six weeks from the handing over on, whatever happens in the work.
func TestReviewsFollowTheRhythmOfTheCase(t *testing.T) {
	m := &casetest.Maker{Salt: "rhythm"}
	begun := day("2026-04-01 09:00")
	handed := decide(t, before(t, conflict.ActionHandToWork), begun, casetest.Manager, m.HandOver(work))
	reviews := func(c conflict.Case) (dues []string) {
		for _, d := range c.Deadlines() {
			if d.Kind == "review" {
				dues = append(dues, d.Due.Format("2006-01-02"))
			}
		}
		return dues
	}
	answer := func(c conflict.Case, on string, a working.Answer) (conflict.Case, string) {
		next, err := c.Decide(m.Answered(work, a), conflict.System, day(on+" 12:00"))
		if err != nil {
			return c, fault.Of(err).Rule
		}
		return next, ""
	}
	miss := func(c conflict.Case, until string) conflict.Case {
		for {
			d, ok := file.NextDeadline(c)
			if !ok || d.Due.After(day(until+" 12:00")) {
				return c
			}
			c = decide(t, c, d.Over(), conflict.System, file.DeadlinePassed{Deadline: d})
		}
	}
	const first, second, third, fourth = "2026-05-13", "2026-06-24", "2026-08-05", "2026-09-16"
	require.Equal(t, []string{first}, reviews(handed))

	early, rule := answer(handed, "2026-04-02", working.Going)
	require.Empty(t, rule)
	require.Equal(t, []string{second}, reviews(early), "an early answer is the one to the next review")
	_, rule = answer(early, "2026-05-12", working.Resting)
	require.Equal(t, "overtaken", rule, "and it is the only one: the case does not move with how often somebody answers")
	next, rule := answer(early, "2026-05-14", working.Resting)
	require.Empty(t, rule)
	require.Equal(t, []conflict.Account{{N: 1, Answer: working.Going}, {N: 2, Answer: working.Resting}}, next.Handed.Reviews)
	require.Equal(t, []string{third}, reviews(next))

	missed := miss(handed, "2026-07-01")
	require.Equal(t, []string{first, second, third}, reviews(missed), "what was missed stays, and the next one comes on its day")
	late, rule := answer(missed, "2026-07-01", working.Going)
	require.Empty(t, rule)
	require.Equal(t, []conflict.Account{{N: 2, Answer: working.Going}}, late.Handed.Reviews, "a late answer is the one to the last review that was due")
	require.Equal(t, []string{third}, reviews(late))
	late, rule = answer(late, "2026-07-02", working.Going)
	require.Empty(t, rule, "then the next one is answered early")
	require.Equal(t, []string{fourth}, reviews(late))

	anew := decide(t, missed, day("2026-07-01 12:00"), casetest.Manager, m.HandOver(other))
	require.Equal(t, []string{"2026-08-12"}, reviews(anew), "handed over anew, the rhythm begins anew")
	require.Empty(t, anew.Passed[1:], "but for the score, nothing is missed any more")
}

// Where that day is a Saturday, a Sunday or a holiday, on the next working day.
func TestFollowUpsAreDueOnTheSameDayOrTheMonthsLast(t *testing.T) {
	m := &casetest.Maker{Salt: "months"}
	for signed, want := range map[string][3]string{
		"2026-03-15": {"2026-06-15", "2026-09-15", "2027-03-15"},
		"2026-11-30": {"2027-03-01", "2027-05-31", "2027-11-30"},
		"2027-11-29": {"2028-02-29", "2028-05-29", "2028-11-29"},
		"2026-08-31": {"2026-11-30", "2027-03-01", "2027-08-31"},
		"2028-02-29": {"2028-05-29", "2028-08-29", "2029-02-28"},
		"2026-12-31": {"2027-03-31", "2027-06-30", "2027-12-31"},
	} {
		c := decide(t, before(t, conflict.ActionSignOff), day(signed+" 14:00"), casetest.Supervisor, m.SignOff(true))
		var got [3]string
		for i, d := range c.Deadlines() {
			require.Equal(t, fmt.Sprint("follow_up_", file.Values[conflict.FollowUpMonth]()[i]), d.Kind)
			require.Equal(t, "23:59:59", d.Due.In(calendar.Berlin).Format(time.TimeOnly))
			got[i] = calendar.DayOf(d.Due).String()
		}
		require.Equal(t, want, got, signed)
	}
}

func TestAMissedDeadlineIsNotedOnceAndInOrder(t *testing.T) {
	c := before(t, conflict.ActionHandToWork) // analysis and score
	ds := c.Deadlines()
	require.Len(t, ds, 2)
	miss := func(c conflict.Case, d conflict.Deadline, at time.Time) (conflict.Case, error) {
		return c.Decide(file.DeadlinePassed{Deadline: d}, conflict.System, at)
	}
	late := ds[1].Due.Add(time.Hour)
	_, err := miss(c, ds[1], late)
	require.Equal(t, "deadline", fault.Of(err).Rule, "the first comes first")
	_, err = miss(c, ds[0], ds[0].Due.Add(999*time.Millisecond))
	require.Equal(t, "deadline", fault.Of(err).Rule, "its day is not over yet")

	first, err := miss(c, ds[0], ds[0].Over())
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

// What is today, and so not the future, is said in Berlin.
func TestWhatHappenedLiesNotInTheFuture(t *testing.T) {
	m := &casetest.Maker{Salt: "future"}
	now := day("2026-03-02 23:59") // in UTC it is 22:59
	for date, ok := range map[conflict.Date]bool{"2026-03-02": true, "2026-03-01": true, "1999-12-31": true, "2026-03-03": false, "2027-03-02": false} {
		s := m.Signal()
		s.ObservedOn = date
		_, err := fresh.Decide(s, casetest.Reporter, now)
		require.Equal(t, ok, err == nil, date)
		_, err = fresh.Decide(s, casetest.Reporter, now.Add(time.Minute))
		require.Equal(t, ok || date == "2026-03-03", err == nil, date)
	}
}
