package training_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	tt "koko/internal/trainingtest"
)

// on carries out a command of a person or, for the workflows' own, of the system.
func on(t require.TestingT, c cohort.Cohort, at time.Time, cmd file.Command) cohort.Cohort {
	by := tt.Coordinator
	if own(cmd.Action()) {
		by = file.System
	}
	next, err := c.Decide(cmd, by, at)
	require.NoError(t, err, cmd.Action())
	require.Equal(t, c.Version+1, next.Version)
	return next
}

// refused is by which rule a command is refused.
func refused(t require.TestingT, c cohort.Cohort, at time.Time, cmd file.Command) string {
	_, err := c.Decide(cmd, tt.Coordinator, at)
	require.Error(t, err)
	return fault.Of(err).Rule
}

// missed lets the next deadline of c pass, which is of a kind.
func missed(t require.TestingT, c cohort.Cohort, kind string) cohort.Cohort {
	d, ok := file.NextDeadline(c)
	require.True(t, ok)
	require.Equal(t, kind, d.Kind)
	return on(t, c, d.Over(), file.DeadlinePassed{Deadline: d})
}

func join(m *tt.Maker, from ags.Key, minute int) cohort.Join {
	return cohort.Join{Enrolment: m.ID(), AGS: from, Since: tt.Start.Add(time.Duration(minute) * time.Minute)}
}

func statuses(c cohort.Cohort) (ss []training.SeatStatus) {
	for _, p := range c.Places {
		ss = append(ss, p.Status)
	}
	return ss
}

func TestFreeSeatsGoToWhoWaitsLongestWithinTheQuota(t *testing.T) {
	m := &tt.Maker{Salt: "line"}
	p := m.Plan(tt.KoKo())
	p.Seats, p.Minimum, p.Quota = 2, 1, 1
	c := m.CohortAs(p)
	joins := []cohort.Join{join(m, tt.Town, 1), join(m, tt.Town, 2), join(m, tt.Neighbour, 5), join(m, tt.Neighbour, 4), join(m, tt.Village, 6)}
	for _, j := range joins {
		c = on(t, c, tt.Start.Add(time.Hour), j)
	}
	const waits, offer, taken = training.SeatWaiting, training.SeatOffered, training.SeatTaken
	require.Equal(t, []training.SeatStatus{taken, waits, waits, taken, waits}, statuses(c))
	before := c
	c = on(t, c, tt.Start.Add(2*time.Hour), cohort.Leave{Enrolment: joins[2].Enrolment})
	require.Equal(t, []training.SeatStatus{taken, waits, offer, waits}, statuses(c), "the town has its share")
	until := calendar.On(2026, time.March, 9).Ends()
	require.Equal(t, []file.Message{{To: enrolment.Kind, File: joins[3].Enrolment, Command: training.OfferSeat{Cohort: c.ID, Until: &until}}}, c.Messages(before))
	require.Equal(t, "held", refused(t, c, tt.Start, m.Amend(c, func(a *cohort.AmendCohort) { a.Seats = 1 })))
	c = on(t, c, tt.Start.Add(3*time.Hour), m.Amend(c, func(a *cohort.AmendCohort) { a.Seats, a.Quota = 3, 2 }))
	require.Equal(t, []training.SeatStatus{taken, offer, offer, waits}, statuses(c))
	late := on(t, c, c.Dates[0].Begins, cohort.Leave{Enrolment: joins[0].Enrolment})
	require.Equal(t, []training.SeatStatus{offer, offer, waits}, statuses(late), "nobody enters a course that has begun")
}

func TestACohortBelowItsMinimumIsCancelledByItself(t *testing.T) {
	m := &tt.Maker{Salt: "short"}
	c := m.Cohort(tt.KoKo())
	j := join(m, tt.Town, 1)
	c = on(t, c, tt.Start, j)
	short := missed(t, c, "closes")
	require.Equal(t, cohort.Short, short.Stage)
	require.Equal(t, cohort.Running, on(t, short, *short.ShortAt, join(m, tt.Village, 9)).Stage, "it is enough now")
	longer := on(t, short, *short.ShortAt, m.Amend(short, func(a *cohort.AmendCohort) { a.Closes = a.Closes.AddDate(0, 0, 7) }))
	require.Equal(t, cohort.Open, longer.Stage)

	gone := missed(t, short, "short")
	require.Equal(t, []any{cohort.Cancelled, training.BelowMinimum}, []any{gone.Stage, gone.Reason})
	require.Equal(t, []file.Message{{To: enrolment.Kind, File: j.Enrolment, Command: training.LoseSeat{Cohort: c.ID, Reason: training.BelowMinimum}}}, gone.Messages(short))
	require.Empty(t, gone.Deadlines())
	again := on(t, gone, gone.Changed, j)
	require.Len(t, again.Messages(gone), 1, "who comes late is told")
}

func TestMergingSendsEveryoneToTheOtherCohort(t *testing.T) {
	m := &tt.Maker{Salt: "merge"}
	c, other := m.Cohort(tt.KoKo()), m.Cohort(tt.KoKo())
	e := m.Enrolment(c, enrolment.Modules)
	c = on(t, c, tt.Start, cohort.Join{Enrolment: e.ID, AGS: e.AGS, Since: e.Opened})
	require.Equal(t, "other_cohort", refused(t, c, tt.Start, m.Merge(c.ID)))
	merged := on(t, c, tt.Start, m.Merge(other.ID))
	require.Equal(t, cohort.Merged, merged.Stage)
	told := merged.Messages(c)[0]
	next := then(t, e, file.System, tt.Received(told))
	require.Nil(t, next.Seat)
	require.Equal(t, []file.Message{
		{To: cohort.Kind, File: c.ID, Command: training.Leave{Enrolment: e.ID}},
		{To: cohort.Kind, File: other.ID, Command: training.Join{Enrolment: e.ID, AGS: e.AGS, Since: e.Opened}},
	}, next.Messages(e), "with the place in the order of applications")
}

func TestDatesAreAddedMovedCancelledAndSigned(t *testing.T) {
	m := &tt.Maker{Salt: "dates"}
	c := m.Cohort(tt.KoKo())
	j := join(m, tt.Town, 1)
	c = on(t, on(t, c, tt.Start, j), tt.Start, join(m, tt.Village, 2))
	c = missed(t, c, "closes")
	require.Equal(t, cohort.Running, c.Stage)
	d := c.Dates[0]
	moved := on(t, c, tt.Start, m.Reschedule(d, 24*time.Hour))
	require.Equal(t, []any{d.Begins.AddDate(0, 0, 1), 1}, []any{moved.Dates[0].Begins, moved.Dates[0].Moved})
	require.Equal(t, "date_rescheduled", moved.Notices(c)[0].Kind)
	off := on(t, c, tt.Start, m.CancelDate("d1"))
	require.Equal(t, "date_cancelled", off.Notices(c)[0].Kind)
	require.Equal(t, "cancelled", refused(t, off, tt.Start, m.Reschedule(d, time.Hour)))
	require.Equal(t, "cancelled", refused(t, off, tt.SignedAt(d), m.Sign("d1", tt.All(c, d)...)))
	require.Equal(t, "unknown_date", refused(t, c, tt.Start, m.CancelDate("d99")))
	require.Equal(t, "unique", refused(t, c, tt.Start, m.AddDate(d)))
	d.ID = "extra"
	require.Len(t, on(t, c, tt.Start, m.AddDate(d)).Dates, 11)

	require.Equal(t, "not_in_future", refused(t, c, tt.Start, m.Sign("d1", tt.All(c, d)...)))
	require.Equal(t, "participant", refused(t, c, tt.SignedAt(d), m.Sign("d1", cohort.Entry{Enrolment: m.ID()})))
	require.Equal(t, "range", refused(t, c, tt.SignedAt(d), m.Sign("d1", cohort.Entry{Enrolment: j.Enrolment, Minutes: 481})))
	guest := m.ID()
	c = on(t, c, tt.Start, cohort.Visit{Enrolment: guest, Unit: "m1"})
	require.Len(t, tt.All(c, c.Dates[0]), 3)
	require.Len(t, tt.All(c, c.Dates[2]), 2, "a guest comes to one module")
	for _, d := range c.Dates {
		c = on(t, c, tt.SignedAt(d), m.Sign(d.ID, tt.All(c, d)...))
	}
	require.Equal(t, cohort.Finished, c.Stage)
	require.Equal(t, "phase", refused(t, c, c.Changed, m.Cancel()))
	again := on(t, c, c.Changed, m.Sign("d1", cohort.Entry{Enrolment: j.Enrolment, Minutes: 60}))
	require.Equal(t, 60, again.Messages(c)[0].Command.(training.Attend).Minutes, "a list can be corrected")
}

// expected lists kind and time, in Berlin, of what is expected.
func expected(s file.State) (ds []string) {
	for _, d := range s.Deadlines() {
		ds = append(ds, d.Kind+" "+d.Due.In(calendar.Berlin).Format(time.DateTime))
	}
	return ds
}

// A rest of a hundred days moves what runs by the days that would have counted: from the day after the event
// to the day before the trainee goes on.
func TestAPauseMovesEveryDeadline(t *testing.T) {
	m := &tt.Maker{Salt: "pause"}
	c := m.Cohort(tt.KoKo())
	modules := m.Enrolment(c, enrolment.Modules)
	practice := m.Enrolment(c, enrolment.Practice)
	assessment := m.Enrolment(c, enrolment.Assessment)
	for _, tc := range []struct {
		e                     enrolment.Enrolment
		before, resume, after []string
	}{
		{
			then(t, modules, tt.Coordinator, m.Assignment("m1", day(modules.Changed.AddDate(0, 0, 30)))), // on 2 March
			[]string{"make_up 2026-04-01 23:59:59", "lapse_soon 2028-01-02 23:59:59", "lapse 2028-03-02 23:59:59"},
			[]string{"resume 2026-05-31 23:59:59"},
			[]string{"make_up 2026-07-10 23:59:59", "lapse_soon 2028-04-10 23:59:59", "lapse 2028-06-09 23:59:59"},
		},
		{
			then(t, then(t, practice, tt.Trainee, m.Concept()), tt.Trainee, m.CaseReport()), // on 7 July, and when the 8th begins
			[]string{"feedback 2026-08-04 23:59:59", "feedback 2026-08-05 23:59:59", "lapse_soon 2028-01-02 23:59:59", "lapse 2028-03-02 23:59:59"},
			[]string{"resume 2026-10-06 23:59:59"},
			[]string{"feedback 2026-11-12 23:59:59", "feedback 2026-11-12 23:59:59", "lapse_soon 2028-04-13 23:59:59", "lapse 2028-06-12 23:59:59"},
		},
		{
			then(t, assessment, tt.Coordinator, m.Assessors()), // when 29 July begins
			[]string{"verdict 2026-08-26 23:59:59"}, []string{"resume 2026-10-26 23:59:59"}, []string{"verdict 2026-12-03 23:59:59"},
		},
		{
			attempt(t, m, assessment, false), // on 29 July; what would end on a Saturday ends on Monday
			[]string{"appeal 2026-08-28 23:59:59"}, []string{"resume 2026-10-27 23:59:59"}, []string{"appeal 2026-12-07 23:59:59"},
		},
		{
			then(t, attempt(t, m, assessment, false), tt.Trainee, m.Appeal()),
			[]string{"appeal_decision 2026-08-28 23:59:59"}, []string{"resume 2026-10-27 23:59:59"}, []string{"appeal_decision 2026-12-07 23:59:59"},
		},
	} {
		require.Equal(t, tc.before, expected(tc.e))
		pause := m.Pause()
		pause.Until = day(tc.e.Changed.AddDate(0, 0, 90))
		rests := then(t, tc.e, tt.Trainee, pause)
		require.Equal(t, tc.resume, expected(rests))
		again := decide(t, rests, rests.Changed.AddDate(0, 0, 100), tt.Trainee, enrolment.Resume{})
		require.Equal(t, tc.after, expected(again))
	}
}
