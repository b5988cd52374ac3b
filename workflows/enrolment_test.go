package workflows_test

import (
	"fmt"
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
	"koko/internal/trainingtest"
)

// on is the plain way to phase p.
func on(t *testing.T, m *trainingtest.Maker, c cohort.Cohort, p enrolment.Phase) *enrolmentTale {
	return enrolled(t, m.ID(), m.Way(c, p)...)
}

// Each part of the process is a run. What a cohort says comes as a message, what people do as an Update.
func TestThePlainWayToACertificateIsARunForEachPart(t *testing.T) {
	m := &trainingtest.Maker{Salt: "plain way"}
	c := m.Cohort(trainingtest.KoKo())
	s := enrolled(t, m.ID())
	way := m.Way(c, enrolment.Certified)
	for _, step := range way {
		if step.By == file.System {
			s.tell(step.At, step.Command)
			continue
		}
		s.update(step.At, step.By, step.Command)
	}
	s.play(way[len(way)-1].At.Add(day))

	require.Equal(t, trainingtest.Walk(enrolment.Enrolment{ID: s.state.ID}, way...).Progress(), s.state.Progress())
	require.Equal(t, enrolment.Certified, s.state.Phase)
	require.Equal(t, len(way), s.state.Version)
	require.Equal(t, []enrolment.Phase{enrolment.Modules, enrolment.Assessment, enrolment.Certified}, phases(s.runs))

	joined := s.letters(cohort.Kind, c.ID)
	require.Len(t, joined, 1)
	require.Equal(t, cohort.Join{Enrolment: s.state.ID, AGS: trainingtest.Town, Since: s.state.Opened}, open[cohort.Join](t, joined[0]))
	require.Equal(t, []string{
		"release_wanted", "application_wanted", "admitted", "concept_submitted", "concept_reviewed", "case_submitted", "case_reviewed",
		"assessors_appointed", "assessed", "qualified", "certified",
	}, s.notices())
	require.Empty(t, s.logged.String())
}

func phases(es []enrolment.Enrolment) (ps []enrolment.Phase) {
	for _, e := range es {
		ps = append(ps, e.Phase)
	}
	return ps
}

func TestAnOfferThatNobodyAcceptsExpiresAndTheSeatIsGivenBack(t *testing.T) {
	m := &trainingtest.Maker{Salt: "expires"}
	c := m.Cohort(trainingtest.KoKo())
	s := on(t, m, c, enrolment.Waiting)
	offered := s.now.Add(day)
	until := offered.AddDate(0, 0, c.OfferDays)
	s.tell(s.now.Add(time.Hour), enrolment.Queue{Cohort: c.ID})
	s.tell(offered, enrolment.OfferSeat{Cohort: c.ID, Until: &until})
	s.play(until.Add(-time.Second))
	require.Equal(t, training.SeatOffered, s.state.Seat.Status)
	require.Empty(t, s.post.letters)

	late := s.update(until.Add(day), trainingtest.Trainee, enrolment.AcceptSeat{})
	s.play(until.Add(2 * day))
	require.Nil(t, s.state.Seat)
	require.Empty(t, s.state.Cohort)
	require.Equal(t, enrolment.Waiting, s.state.Phase)
	require.Equal(t, fault.Gate, s.answers[late].code)
	require.Equal(t, []file.Action{training.ActionLeave}, s.told(cohort.Kind, c.ID))
	require.WithinDuration(t, until, s.post.letters[0].at, time.Second)
	require.Equal(t, []string{"waiting", "seat_offered", "missed_offer"}, s.notices())
}

func TestWhoAcceptsJustBeforeTheDeadlineHasTheSeat(t *testing.T) {
	m := &trainingtest.Maker{Salt: "just before"}
	c := m.Cohort(trainingtest.KoKo())
	s := on(t, m, c, enrolment.Waiting)
	until := s.now.AddDate(0, 0, c.OfferDays)
	s.tell(s.now.Add(time.Hour), enrolment.OfferSeat{Cohort: c.ID, Until: &until})
	accepted := s.update(until.Add(-time.Millisecond), trainingtest.Trainee, enrolment.AcceptSeat{})
	s.play(until.Add(30 * day))
	s.accepted(accepted)
	require.Equal(t, training.SeatTaken, s.state.Seat.Status)
	require.Equal(t, enrolment.Modules, s.state.Phase)
	require.Zero(t, s.passed(0))
	require.Equal(t, []file.Action{training.ActionTakeSeat}, s.told(cohort.Kind, c.ID))
}

func TestAModuleIsMadeUpInAnotherCohort(t *testing.T) {
	m := &trainingtest.Maker{Salt: "elsewhere"}
	c, other := m.Cohort(trainingtest.KoKo()), m.Cohort(trainingtest.KoKo())
	s := on(t, m, c, enrolment.Modules)
	n := s.state.Version
	planned := s.update(s.now.Add(day), trainingtest.Coordinator, m.Elsewhere("m1", other.ID, file.DateOf(s.now.AddDate(0, 0, 170))))
	for _, d := range other.Dates[:2] {
		s.tell(trainingtest.SignedAt(d), m.Attend(other, d, d.Minutes))
	}
	s.play(s.now.AddDate(0, 0, 200))
	s.accepted(planned)
	visits := s.letters(cohort.Kind, other.ID)
	require.Len(t, visits, 1)
	require.Equal(t, cohort.Visit{Enrolment: s.state.ID, Unit: "m1"}, open[cohort.Visit](t, visits[0]))
	require.Equal(t, enrolment.MakeUpAccepted, s.state.MakeUps[0].Status)
	require.Equal(t, 1, s.state.Progress().Modules.Done)
	require.Zero(t, s.passed(n), "what is made up is not missed")
}

func TestAnAssignmentThatIsNotHandedInIsMissed(t *testing.T) {
	m := &trainingtest.Maker{Salt: "assignment"}
	s := on(t, m, m.Cohort(trainingtest.KoKo()), enrolment.Modules)
	due := s.now.AddDate(0, 0, 60)
	planned := s.update(s.now.Add(day), trainingtest.Coordinator, m.Assignment("m1", file.DateOf(due)))
	inTime := s.update(due.AddDate(0, 0, -2), trainingtest.Trainee, m.SubmitMakeUp("m1"))
	returned := s.update(due.AddDate(0, 0, -1), trainingtest.Trainer, m.ReviewMakeUp("m1", false))
	late := s.update(due.AddDate(0, 0, 1), trainingtest.Trainee, m.SubmitMakeUp("m1"))
	s.play(due.AddDate(0, 0, 2))
	s.accepted(planned, inTime, returned)
	require.Equal(t, fault.Gate, s.answers[late].code)
	require.Equal(t, enrolment.MakeUpMissed, s.state.MakeUps[0].Status)
	require.Equal(t, []string{"make_up_planned", "make_up_submitted", "make_up_reviewed", "missed_make_up"}, s.notices())
	require.Empty(t, s.post.letters)
}

// failing has both assessors say that it is not enough, from at on, and returns when they are through.
func failing(s *enrolmentTale, m *trainingtest.Maker, at time.Time) time.Time {
	s.update(at, trainingtest.Coordinator, m.Assessors())
	s.update(at.Add(time.Hour), trainingtest.AssessorOne, m.Verdict(false))
	s.update(at.Add(2*time.Hour), trainingtest.AssessorTwo, m.Verdict(false))
	return at.Add(3 * time.Hour)
}

func TestAssessorsWhoDifferAgreeAndTheTraineePassesAtTheSecondAttempt(t *testing.T) {
	m := &trainingtest.Maker{Salt: "resit"}
	s := on(t, m, m.Cohort(trainingtest.KoKo()), enrolment.Assessment)
	s.update(s.now.Add(1*time.Hour), trainingtest.Coordinator, m.Assessors())
	s.update(s.now.Add(2*time.Hour), trainingtest.AssessorOne, m.Verdict(false))
	s.update(s.now.Add(3*time.Hour), trainingtest.AssessorTwo, m.Verdict(true))
	s.play(s.now.Add(4 * time.Hour))
	require.Nil(t, s.state.Attempts[0].Decided, "they differ")

	s.update(s.now.Add(1*time.Hour), trainingtest.AssessorTwo, m.Verdict(false))
	s.play(s.now.AddDate(0, 0, 40))
	require.NotNil(t, s.state.Attempts[0].Decided)
	require.Equal(t, enrolment.Assessment, s.state.Phase, "one attempt is left, however long ago the first one was")

	s.update(s.now.Add(1*time.Hour), trainingtest.Coordinator, m.Assessors())
	s.update(s.now.Add(2*time.Hour), trainingtest.AssessorOne, m.Verdict(true))
	s.update(s.now.Add(3*time.Hour), trainingtest.AssessorTwo, m.Verdict(true))
	s.update(s.now.Add(4*time.Hour), trainingtest.Certifier, m.Certify())
	s.play(s.now.Add(day))
	require.Equal(t, enrolment.Certified, s.state.Phase)
	require.Equal(t, []string{"assessors_appointed", "assessed", "missed_appeal", "assessors_appointed", "assessed", "qualified", "certified"}, s.notices())
	for id, a := range s.answers {
		require.Empty(t, a.code, id)
	}
}

func TestAnAppealIsDecidedBySomebodyElse(t *testing.T) {
	for upheld, want := range map[bool]enrolment.Phase{true: enrolment.Assessment, false: enrolment.Failed} {
		t.Run(fmt.Sprint(upheld), func(t *testing.T) {
			m := &trainingtest.Maker{Salt: "appeal"}
			s := on(t, m, m.Cohort(trainingtest.KoKo()), enrolment.Assessment)
			next := failing(s, m, failing(s, m, s.now.Add(time.Hour)))
			third := s.update(next, trainingtest.Coordinator, m.Assessors())
			appealed := s.update(next.AddDate(0, 0, 29), trainingtest.Trainee, m.Appeal())
			own := s.update(next.AddDate(0, 0, 30), trainingtest.AssessorOne, m.DecideAppeal(upheld))
			decided := s.update(next.AddDate(0, 0, 31), trainingtest.Arbiter, m.DecideAppeal(upheld))
			s.play(next.AddDate(0, 0, 60))
			require.Equal(t, "resits", s.answers[third].rule)
			require.Equal(t, fault.Forbidden, s.answers[own].code)
			s.accepted(appealed, decided)
			require.Equal(t, want, s.state.Phase)
			require.Equal(t, upheld, s.state.Attempts[1].Annulled)

			again := s.update(s.now.Add(time.Hour), trainingtest.Coordinator, m.Assessors())
			s.play(s.now.Add(2 * time.Hour))
			require.Equal(t, upheld, s.answers[again].code == "", "an attempt that does not count is repeated")
		})
	}
}

func TestWhoDoesNotAppealInTimeHasFailed(t *testing.T) {
	m := &trainingtest.Maker{Salt: "no appeal"}
	s := on(t, m, m.Cohort(trainingtest.KoKo()), enrolment.Assessment)
	next := failing(s, m, failing(s, m, s.now.Add(time.Hour)))
	s.play(next)
	until, _ := file.NextDeadline(s.state)
	require.Equal(t, "appeal", until.Kind)
	require.Equal(t, calendar.On(2026, time.August, 28).Ends(), until.Due)
	s.play(until.Due.Add(-time.Minute))
	require.Equal(t, enrolment.Assessment, s.state.Phase)

	late := s.update(until.Due.Add(time.Hour), trainingtest.Trainee, m.Appeal())
	s.play(until.Due.Add(day))
	require.Equal(t, enrolment.Failed, s.state.Phase)
	require.WithinDuration(t, until.Due, s.state.Ended.At, time.Second)
	require.Equal(t, fault.Gate, s.answers[late].code)
	require.Equal(t, []string{"failed"}, s.notices()[4:])
}

// Time limits stand still as long as the enrolment rests, and are moved by that.
func TestARestMovesEveryTimer(t *testing.T) {
	m := &trainingtest.Maker{Salt: "rest"}
	s := on(t, m, m.Cohort(trainingtest.KoKo()), enrolment.Practice)
	n := s.state.Version
	s.update(s.now.Add(time.Hour), trainingtest.Trainee, m.Concept())
	s.play(s.now.Add(2 * time.Hour))
	require.Equal(t, calendar.On(2026, time.August, 4).Ends(), s.state.Deadlines()[0].Due)
	require.Equal(t, calendar.On(2028, time.March, 2).Ends(), s.state.Until())

	s.update(s.now.Add(time.Hour), trainingtest.Trainee, m.Pause())
	s.play(s.now.Add(5 * years))
	require.Zero(t, s.passed(n), "nothing is expected")

	s.update(s.now.Add(time.Hour), trainingtest.Trainee, enrolment.Resume{})
	s.play(s.now.Add(2 * time.Hour))
	// It rested for 1825 days, from 8 July 2026 to 6 July 2031; the end of the feedback falls on a Sunday.
	require.Equal(t, calendar.On(2031, time.August, 4).Ends(), s.state.Deadlines()[0].Due)
	lapse := calendar.On(2033, time.March, 1).Ends()
	require.Equal(t, lapse, s.state.Until())
	s.play(lapse.Add(-time.Minute))
	require.Equal(t, 2, s.passed(n), "feedback, lapse_soon")
	require.Equal(t, enrolment.Practice, s.state.Phase)

	s.play(lapse.Add(time.Minute))
	require.Equal(t, enrolment.Lapsed, s.state.Phase)
	require.WithinDuration(t, lapse, s.state.Ended.At, time.Second)
	require.Equal(t, []string{"concept_submitted", "paused", "resumed", "missed_feedback", "missed_lapse_soon", "lapsed"}, s.notices()[:6])
}

func TestWhoLapsesOrWithdrawsGivesTheSeatBack(t *testing.T) {
	for name, end := range map[enrolment.Phase]func(*enrolmentTale, *trainingtest.Maker){
		enrolment.Lapsed: func(*enrolmentTale, *trainingtest.Maker) {},
		enrolment.Withdrawn: func(s *enrolmentTale, m *trainingtest.Maker) {
			s.update(s.now.Add(time.Hour), trainingtest.Trainee, m.Withdraw())
		},
	} {
		t.Run(string(name), func(t *testing.T) {
			m := &trainingtest.Maker{Salt: "back"}
			c := m.Cohort(trainingtest.KoKo())
			s := on(t, m, c, enrolment.Modules)
			end(s, m)
			s.play(s.now.Add(3 * years))
			require.Equal(t, []enrolment.Phase{name}, phases(s.runs))
			require.Nil(t, s.state.Seat)
			left := s.letters(cohort.Kind, c.ID)
			require.Len(t, left, 1)
			require.Equal(t, cohort.Leave{Enrolment: s.state.ID}, open[cohort.Leave](t, left[0]))
		})
	}
}

func TestAChangeOfEmployerKeepsTheEnrolment(t *testing.T) {
	m := &trainingtest.Maker{Salt: "employer"}
	c := m.Cohort(trainingtest.KoKo())
	s := on(t, m, c, enrolment.Practice)
	before := s.state
	s.accepted(played(s, s.update(s.now.Add(time.Hour), trainingtest.Coordinator, enrolment.ChangeEmployer{AGS: trainingtest.Village, LineManager: trainingtest.Outsider})))
	require.Equal(t, []any{trainingtest.Village, trainingtest.Outsider}, []any{s.state.AGS, s.state.LineManager})
	before.AGS, before.LineManager, before.Version, before.Changed = s.state.AGS, s.state.LineManager, s.state.Version, s.state.Changed
	require.Equal(t, before, s.state)
	require.Equal(t, []string{"employer_changed"}, s.notices())
	require.Equal(t, []ags.Key{trainingtest.Village}, []ags.Key{s.record.Told[0].File.AGS})
	require.Empty(t, s.post.letters)
	require.Empty(t, s.runs)
}

// played lets the tale go on for a day.
func played[S file.State](s *tale[S], id string) string {
	s.t.Helper()
	s.play(s.now.Add(day))
	return id
}

func TestANewVersionOfTheCurriculumMayBeAllThatWasMissing(t *testing.T) {
	m := &trainingtest.Maker{Salt: "adopt"}
	c := m.Cohort(trainingtest.KoKo())
	s := on(t, m, c, enrolment.Modules)
	for _, d := range c.Dates[:6] {
		s.tell(trainingtest.SignedAt(d), m.Attend(c, d, d.Minutes))
	}
	s.play(trainingtest.SignedAt(c.Dates[5]).Add(day))
	require.Equal(t, enrolment.Modules, s.state.Phase)

	easier := trainingtest.KoKo()
	easier.Version, easier.Rule.Modules, easier.Rule.Minutes = 2, 3, 3*960
	s.accepted(played(s, s.update(s.now.Add(time.Hour), trainingtest.Coordinator, m.Adopt(easier))))
	require.Equal(t, enrolment.Practice, s.state.Phase)
	require.Equal(t, 2, s.state.Terms.Version)
	require.Equal(t, []string{"curriculum_adopted"}, s.notices())
	require.Empty(t, s.runs, "phases come and go within a part")
}

// The line of the other cohort is that of the applications: nobody loses by a merger.
func TestATraineeOfAMergedCohortJoinsTheOtherOne(t *testing.T) {
	m := &trainingtest.Maker{Salt: "merged"}
	c, into := m.Cohort(trainingtest.KoKo()), m.ID()
	s := on(t, m, c, enrolment.Modules)
	s.tell(s.now.Add(time.Hour), enrolment.LoseSeat{Cohort: c.ID, Into: into})
	s.tell(s.now.Add(2*time.Hour), enrolment.Queue{Cohort: c.ID}) // sent before the merger
	s.tell(s.now.Add(3*time.Hour), enrolment.OfferSeat{Cohort: into})
	s.play(s.now.Add(day))
	require.Equal(t, []file.Action{training.ActionLeave}, s.told(cohort.Kind, c.ID))
	joined := s.letters(cohort.Kind, into)
	require.Len(t, joined, 1)
	require.Equal(t, cohort.Join{Enrolment: s.state.ID, AGS: trainingtest.Town, Since: s.state.Opened}, open[cohort.Join](t, joined[0]))
	require.Equal(t, []any{into, training.SeatTaken}, []any{s.state.Cohort, s.state.Seat.Status})
	require.Equal(t, []string{"seat_lost", "admitted"}, s.notices())
	require.Empty(t, s.logged.String(), "what was overtaken is no error")
}

func TestATraineeOfACancelledCohortTransfersToAnother(t *testing.T) {
	m := &trainingtest.Maker{Salt: "cancelled"}
	c, other := m.Cohort(trainingtest.KoKo()), m.ID()
	s := on(t, m, c, enrolment.Modules)
	s.tell(s.now.Add(time.Hour), enrolment.LoseSeat{Cohort: c.ID, Reason: training.BelowMinimum})
	s.update(s.now.Add(2*time.Hour), trainingtest.Coordinator, enrolment.Transfer{Cohort: other})
	s.play(s.now.Add(day))
	require.Equal(t, enrolment.Modules, s.state.Phase, "what was attended counts on")
	require.Equal(t, []file.Action{training.ActionLeave}, s.told(cohort.Kind, c.ID))
	require.Equal(t, []file.Action{training.ActionJoin}, s.told(cohort.Kind, other))
}
