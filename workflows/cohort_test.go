package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/trainingtest"
)

// opened is a cohort that was planned as change says.
func opened(t *testing.T, m *trainingtest.Maker, change func(*cohort.PlanCohort)) *cohortTale {
	p := m.Plan(trainingtest.KoKo())
	change(&p)
	return planned(t, m.ID(), trainingtest.Step{By: trainingtest.Coordinator, At: trainingtest.Start, Command: p})
}

// join has enrolments of a town join, an hour apart.
func join(s *cohortTale, k ags.Key, ids ...string) {
	for i, id := range ids {
		s.tell(s.now.Add(time.Duration(i+1)*time.Hour), cohort.Join{Enrolment: id, AGS: k, Since: s.now.Add(time.Duration(i) * time.Minute)})
	}
	s.play(s.now.Add(time.Duration(len(ids)+1) * time.Hour))
}

// full is a cohort whose seats are those of ids.
func full(t *testing.T, m *trainingtest.Maker, ids ...string) *cohortTale {
	s := opened(t, m, func(p *cohort.PlanCohort) { p.Seats, p.Minimum, p.Quota = len(ids), len(ids), len(ids) })
	join(s, trainingtest.Town, ids...)
	return s
}

// running is full, and its application window is over.
func running(t *testing.T, m *trainingtest.Maker, ids ...string) *cohortTale {
	s := full(t, m, ids...)
	s.play(s.state.Closes.Add(day))
	require.Equal(t, []cohort.Stage{cohort.Running}, stages(s.runs))
	s.runs = nil
	return s
}

func stages(cs []cohort.Cohort) (ss []cohort.Stage) {
	for _, c := range cs {
		ss = append(ss, c.Stage)
	}
	return ss
}

func TestAFullCohortQueuesAndOffersAFreeSeatInFairOrder(t *testing.T) {
	m := &trainingtest.Maker{Salt: "fair"}
	one, two, late, early := m.ID(), m.ID(), m.ID(), m.ID()
	s := full(t, m, one, two)
	s.tell(s.now.Add(time.Hour), cohort.Join{Enrolment: late, AGS: trainingtest.Village, Since: s.now})
	s.tell(s.now.Add(2*time.Hour), cohort.Join{Enrolment: early, AGS: trainingtest.Village, Since: s.now.Add(-day)})
	s.play(s.now.Add(day))
	seat := s.letters(enrolment.Kind, one)
	require.Len(t, seat, 1)
	require.Equal(t, enrolment.OfferSeat{Cohort: s.state.ID}, open[enrolment.OfferSeat](t, seat[0]), "taken at once")
	for _, id := range []string{late, early} {
		require.Equal(t, []file.Action{training.ActionQueue}, s.told(enrolment.Kind, id))
	}

	s.tell(s.now.Add(time.Hour), cohort.Leave{Enrolment: one})
	s.play(s.now.Add(day))
	offered := s.letters(enrolment.Kind, early)
	require.Len(t, offered, 2, "who applied first, not who asked first")
	until := open[enrolment.OfferSeat](t, offered[1]).Until
	require.NotNil(t, until)
	require.Equal(t, calendar.On(2026, time.March, 10).Ends(), *until, "a week after 3 March")

	s.tell(s.now.Add(time.Hour), cohort.Leave{Enrolment: early}) // the offer expired
	s.tell(s.now.Add(2*time.Hour), cohort.TakeSeat{Enrolment: late})
	s.play(s.now.Add(day))
	require.Equal(t, []file.Action{training.ActionQueue, training.ActionOfferSeat}, s.told(enrolment.Kind, late))
	require.Equal(t, []string{two, late}, s.state.Participants())
	require.Zero(t, s.state.Free())
	require.Empty(t, s.logged.String())
}

func TestACohortThatIsFullEnoughRunsWhenItsWindowCloses(t *testing.T) {
	m := &trainingtest.Maker{Salt: "runs"}
	s := full(t, m, m.ID(), m.ID())
	s.play(s.state.Closes.Add(-time.Minute))
	require.Equal(t, cohort.Open, s.state.Stage)
	s.play(s.state.Closes.Add(time.Minute))
	require.Equal(t, []cohort.Stage{cohort.Running}, stages(s.runs))
	require.Empty(t, s.notices())
}

func TestAShortCohortIsMendedOrCancelledByATimer(t *testing.T) {
	for name, mended := range map[string]bool{"mended": true, "cancelled": false} {
		t.Run(name, func(t *testing.T) {
			m := &trainingtest.Maker{Salt: name}
			only, visitor, last := m.ID(), m.ID(), m.ID()
			s := opened(t, m, func(p *cohort.PlanCohort) {})
			join(s, trainingtest.Town, only)
			s.tell(s.now.Add(time.Hour), cohort.Visit{Enrolment: visitor, Unit: "m2"})
			s.play(s.state.Closes.Add(time.Hour))
			require.Equal(t, cohort.Short, s.state.Stage)
			require.Equal(t, []string{"cohort_short"}, s.notices())
			require.Empty(t, s.runs, "short is still before the course")
			due, _ := file.NextDeadline(s.state)
			if mended {
				s.tell(s.now.Add(day), cohort.Join{Enrolment: last, AGS: trainingtest.Village, Since: s.now})
			}
			s.play(due.Due.Add(time.Minute))
			if mended {
				require.Equal(t, []cohort.Stage{cohort.Running}, stages(s.runs))
				require.NotContains(t, s.notices(), "cohort_cancelled")
				return
			}
			require.Equal(t, []cohort.Stage{cohort.Cancelled}, stages(s.runs))
			require.Equal(t, training.BelowMinimum, s.state.Reason)
			for _, id := range []string{only, visitor} {
				told := s.letters(enrolment.Kind, id)
				require.Equal(t, enrolment.LoseSeat{Cohort: s.state.ID, Reason: training.BelowMinimum}, open[enrolment.LoseSeat](t, told[len(told)-1]))
			}
			require.Equal(t, []string{"cohort_short", "cohort_cancelled"}, s.notices())
			require.ElementsMatch(t, []string{only, visitor}, tied(s.record.Told[1].Notices[0], training.Trainee))
		})
	}
}

// Who asks for a seat after the merger is sent on as well.
func TestAMergedCohortSendsEveryoneToTheOtherOne(t *testing.T) {
	m := &trainingtest.Maker{Salt: "merge"}
	one, two, waits, late, into := m.ID(), m.ID(), m.ID(), m.ID(), m.ID()
	s := full(t, m, one, two)
	s.tell(s.now.Add(time.Hour), cohort.Join{Enrolment: waits, AGS: trainingtest.Town, Since: s.now})
	merged := s.update(s.now.Add(2*time.Hour), trainingtest.Coordinator, m.Merge(into))
	s.tell(s.now.Add(3*time.Hour), cohort.Join{Enrolment: late, AGS: trainingtest.Town, Since: s.now})
	s.play(s.now.Add(day))
	s.accepted(merged)
	for _, id := range []string{one, two, waits, late} {
		told := s.letters(enrolment.Kind, id)
		require.Equal(t, enrolment.LoseSeat{Cohort: s.state.ID, Into: into}, open[enrolment.LoseSeat](t, told[len(told)-1]), id)
	}
	require.Equal(t, []string{"cohort_merged"}, s.notices())
	require.ElementsMatch(t, []string{one, two, waits}, tied(s.record.Told[0].Notices[0], training.Trainee))
	require.Equal(t, []cohort.Stage{cohort.Merged}, stages(s.runs))
}

func TestTheTimersFollowADateThatIsRescheduledOrCancelled(t *testing.T) {
	m := &trainingtest.Maker{Salt: "dates"}
	one, two := m.ID(), m.ID()
	s := running(t, m, one, two)
	first, second := s.state.Dates[0], s.state.Dates[1]
	s.record.Told = nil
	s.update(s.now.Add(time.Hour), trainingtest.Coordinator, m.CancelDate(second.ID))
	s.update(s.now.Add(2*time.Hour), trainingtest.Coordinator, m.Reschedule(first, 21*day))
	s.play(first.Ends.AddDate(0, 0, 4))
	require.Equal(t, []string{"date_cancelled", "date_rescheduled"}, s.notices(), "no reminder of what does not take place")
	for _, b := range s.record.Told {
		require.Equal(t, []string{one, two}, tied(b.Notices[0], training.Trainee))
		require.Equal(t, []string{s.state.ID}, tied(b.Notices[0], training.Runs))
	}

	// The date is on 4 May now, from eleven o'clock on.
	remind, sign := calendar.On(2026, time.April, 27).At(11*time.Hour), calendar.On(2026, time.May, 7).Ends()
	s.play(remind.Add(time.Minute))
	require.Equal(t, []string{"date_soon"}, s.notices()[2:])
	require.WithinDuration(t, remind, s.state.Changed, time.Second)
	s.play(sign.Add(time.Minute))
	require.Contains(t, s.notices(), "list_due")
	require.WithinDuration(t, sign, s.state.Changed, time.Second)
}

func TestASignedListTellsEachTraineeAndACorrectedOneReplacesIt(t *testing.T) {
	m := &trainingtest.Maker{Salt: "lists"}
	one, two := m.ID(), m.ID()
	s := running(t, m, one, two)
	d := s.state.Dates[0]
	s.update(trainingtest.SignedAt(d), trainingtest.Trainer, m.Sign(d.ID, cohort.Entry{Enrolment: one, Minutes: 480}, cohort.Entry{Enrolment: two, Excused: true}))
	s.update(trainingtest.SignedAt(d).Add(time.Hour), trainingtest.Trainer, m.Sign(d.ID, cohort.Entry{Enrolment: two, Minutes: 240}))
	s.play(trainingtest.SignedAt(d).Add(2 * time.Hour))
	var minutes []int
	for _, l := range s.letters(enrolment.Kind, two)[1:] {
		a := open[enrolment.Attend](t, l)
		require.Equal(t, []any{s.state.ID, d.ID, "m1", 480, trainingtest.Trainer}, []any{a.Cohort, a.Date, a.Unit, a.Of, a.Signed.By})
		minutes = append(minutes, a.Minutes)
	}
	require.Equal(t, []int{0, 240}, minutes)
	require.Equal(t, []file.Action{training.ActionOfferSeat, training.ActionAttend}, s.told(enrolment.Kind, one), "who stands on neither list hears nothing")
}

// A list may be corrected after the course: a cohort does not end.
func TestACohortIsFinishedWithItsLastList(t *testing.T) {
	m := &trainingtest.Maker{Salt: "finished"}
	one, two := m.ID(), m.ID()
	s := running(t, m, one, two)
	c := s.state
	for _, d := range c.Dates {
		s.update(trainingtest.SignedAt(d), trainingtest.Trainer, m.Sign(d.ID, trainingtest.All(c, d)...))
	}
	last := c.Dates[len(c.Dates)-1]
	s.play(trainingtest.SignedAt(last).Add(day))
	require.Equal(t, []cohort.Stage{cohort.Finished}, stages(s.runs))
	require.Len(t, s.told(enrolment.Kind, one), 1+len(c.Dates))
	require.NotContains(t, s.notices(), "list_due")
	require.Equal(t, "cohort_finished", s.notices()[len(s.notices())-1])

	corrected := s.update(s.now.Add(years), trainingtest.Trainer, m.Sign(last.ID, cohort.Entry{Enrolment: one, Minutes: 100}))
	s.play(s.now.Add(2 * years))
	s.accepted(corrected)
	told := s.letters(enrolment.Kind, one)
	require.Equal(t, 100, open[enrolment.Attend](t, told[len(told)-1]).Minutes)
}
