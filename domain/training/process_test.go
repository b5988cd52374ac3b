package training_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
	tt "koko/internal/trainingtest"
)

// decide carries out one command at a certain time.
func decide(t require.TestingT, e enrolment.Enrolment, at time.Time, by string, cmd file.Command) enrolment.Enrolment {
	next, err := e.Decide(cmd, by, at)
	require.NoError(t, err, cmd.Action())
	require.Equal(t, e.Version+1, next.Version)
	return next
}

// then carries out one command an hour after the last one.
func then(t require.TestingT, e enrolment.Enrolment, by string, cmd file.Command) enrolment.Enrolment {
	return decide(t, e, e.Changed.Add(time.Hour), by, cmd)
}

// rule is by which rule a command is refused.
func rule(t require.TestingT, e enrolment.Enrolment, at time.Time, by string, cmd file.Command) string {
	next, err := e.Decide(cmd, by, at)
	require.Equal(t, enrolment.Enrolment{}, next)
	require.Error(t, err, cmd.Action())
	require.NotEmpty(t, fault.Of(err).Remedy)
	return fault.Of(err).Rule
}

// miss lets the next deadline of e pass, which is of a kind.
func miss(t require.TestingT, e enrolment.Enrolment, kind string) enrolment.Enrolment {
	d, ok := file.NextDeadline(e)
	require.True(t, ok)
	require.Equal(t, kind, d.Kind)
	return decide(t, e, file.Latest(d.Over(), e.Changed), file.System, file.DeadlinePassed{Deadline: d})
}

func day(at time.Time) file.Date { return file.DateOf(at) }

func TestThePlainWayLeadsToTheCertificate(t *testing.T) {
	m := &tt.Maker{Salt: "plain"}
	c := m.Cohort(tt.KoKo())
	var phases []enrolment.Phase
	e := enrolment.Enrolment{ID: m.ID()}
	for _, s := range m.Way(c, enrolment.Certified) {
		e = decide(t, e, s.At, s.By, s.Command)
		if len(phases) == 0 || phases[len(phases)-1] != e.Phase {
			phases = append(phases, e.Phase)
		}
	}
	require.Equal(t, file.Values[enrolment.Phase]()[:7], phases)
	require.Equal(t, 3840, e.Certificates[0].Minutes)
	require.Equal(t, e.Evidence(), e.Certificates[0].Evidence)
	require.Empty(t, e.Deadlines())
}

func TestAPeerQualifiesByAttendanceAlone(t *testing.T) {
	m := &tt.Maker{Salt: "peer"}
	c := m.Cohort(tt.Peer())
	e := m.Enrolment(c, enrolment.Modules)
	for _, d := range c.Dates {
		if d.Unit[0] == 'm' && d.Unit != "m5" {
			e = decide(t, e, tt.SignedAt(d), file.System, m.Attend(c, d, d.Minutes))
		}
	}
	require.Equal(t, enrolment.Modules, e.Phase, "an online session is missing")
	e = decide(t, e, tt.SignedAt(c.Dates[2]), file.System, m.Attend(c, c.Dates[2], 143))
	require.Equal(t, enrolment.Modules, e.Phase, "it takes 80 per cent of 180 minutes")
	e = decide(t, e, tt.SignedAt(c.Dates[2]), file.System, m.Attend(c, c.Dates[2], 144))
	require.Equal(t, enrolment.Qualified, e.Phase)
	require.Equal(t, enrolment.Certified, then(t, e, tt.Certifier, m.Certify()).Phase)
}

func TestBothTheEmployerAndTheCoordinatorMustAgree(t *testing.T) {
	m := &tt.Maker{Salt: "agree"}
	e := m.Enrolment(m.Cohort(tt.KoKo()), enrolment.Applied)
	require.Equal(t, "release", rule(t, e, e.Changed, tt.Coordinator, m.Admission(true)))
	require.Equal(t, enrolment.Rejected, then(t, e, tt.LineManager, m.Release(false)).Phase)
	e = then(t, e, tt.LineManager, m.Release(true))
	require.Equal(t, "decided", rule(t, e, e.Changed, tt.LineManager, m.Release(true)))
	e = then(t, e, tt.Coordinator, m.Admission(false))
	require.Equal(t, enrolment.Rejected, e.Phase)
	require.Equal(t, tt.Coordinator, e.Ended.By)
}

func TestAnApplicationComesInTimeAndNotFromTheOwnLineManager(t *testing.T) {
	m := &tt.Maker{Salt: "apply"}
	a := m.Apply(m.Cohort(tt.KoKo()))
	require.Equal(t, "four_eyes", rule(t, enrolment.Enrolment{}, tt.Start, tt.LineManager, a))
	require.Equal(t, "application_window", rule(t, enrolment.Enrolment{}, a.Closes.Add(time.Second), tt.Trainee, a))
	decide(t, enrolment.Enrolment{}, a.Closes, tt.Trainee, a)
}

func TestAnOfferIsAcceptedDeclinedOrExpires(t *testing.T) {
	m := &tt.Maker{Salt: "offer"}
	c := m.Cohort(tt.KoKo())
	e := then(t, m.Enrolment(c, enrolment.Waiting), file.System, enrolment.Queue{Cohort: c.ID})
	require.Equal(t, training.SeatWaiting, e.Seat.Status)
	require.Equal(t, "offer", rule(t, e, e.Changed, tt.Trainee, enrolment.AcceptSeat{}))
	until := e.Changed.AddDate(0, 0, 7)
	e = then(t, e, file.System, enrolment.OfferSeat{Cohort: c.ID, Until: &until})
	require.Equal(t, enrolment.Waiting, e.Phase)

	taken := then(t, e, tt.Trainee, enrolment.AcceptSeat{})
	require.Equal(t, []any{enrolment.Modules, training.SeatTaken, taken.Changed}, []any{taken.Phase, taken.Seat.Status, *taken.Admitted})
	require.Equal(t, []file.Message{{To: cohort.Kind, File: c.ID, Command: training.TakeSeat{Enrolment: e.ID}}}, taken.Messages(e))

	left := []file.Message{{To: cohort.Kind, File: c.ID, Command: training.Leave{Enrolment: e.ID}}}
	for _, gone := range []enrolment.Enrolment{then(t, e, tt.Trainee, enrolment.DeclineSeat{}), miss(t, e, "offer")} {
		require.Nil(t, gone.Seat)
		require.Equal(t, []any{"", enrolment.Waiting}, []any{gone.Cohort, gone.Phase})
		require.Equal(t, left, gone.Messages(e))
	}
}

func TestAMissedModuleIsMadeUpElsewhere(t *testing.T) {
	m := &tt.Maker{Salt: "elsewhere"}
	own, other := m.Cohort(tt.KoKo()), m.Cohort(tt.KoKo())
	e := m.Enrolment(own, enrolment.Modules)
	for _, d := range own.Dates[:6] {
		e = decide(t, e, tt.SignedAt(d), file.System, m.Attend(own, d, d.Minutes))
	}
	due := day(e.Changed.AddDate(0, 0, 60))
	require.Equal(t, "other_cohort", rule(t, e, e.Changed, tt.Coordinator, m.Elsewhere("m4", own.ID, due)))
	require.Equal(t, "attended", rule(t, e, e.Changed, tt.Coordinator, m.Elsewhere("m1", other.ID, due)))
	require.Equal(t, "range", rule(t, e, e.Changed, tt.Coordinator, m.Elsewhere("m4", other.ID, day(e.Changed.AddDate(0, 0, 181)))))
	then(t, e, tt.Coordinator, m.Elsewhere("m4", other.ID, day(e.Changed.AddDate(0, 0, 180))))
	planned := then(t, e, tt.Coordinator, m.Elsewhere("m4", other.ID, due))
	require.Equal(t, []file.Message{{To: cohort.Kind, File: other.ID, Command: training.Visit{Enrolment: e.ID, Unit: "m4"}}}, planned.Messages(e))
	require.Equal(t, []string{own.ID, other.ID}, planned.Cohorts())
	require.Equal(t, "make_ups", rule(t, planned, e.Changed, tt.Coordinator, m.Elsewhere("m5", other.ID, due)), "the curriculum allows one")
	require.Equal(t, "planned", rule(t, planned, e.Changed, tt.Coordinator, m.Elsewhere("m4", other.ID, due)))

	e = planned
	for _, d := range other.Dates[6:8] {
		e = then(t, e, file.System, m.Attend(other, d, d.Minutes))
	}
	require.Equal(t, []any{enrolment.MakeUpAccepted, enrolment.Practice}, []any{e.MakeUps[0].Status, e.Phase})

	missed := miss(t, planned, "make_up")
	require.Equal(t, enrolment.MakeUpMissed, missed.MakeUps[0].Status)
	then(t, missed, tt.Coordinator, m.Assignment("m5", day(missed.Changed.AddDate(0, 0, 60))))

	cancelled := then(t, planned, file.System, enrolment.LoseSeat{Cohort: other.ID, Reason: "sonstiges"})
	require.Equal(t, enrolment.MakeUpMissed, cancelled.MakeUps[0].Status, "it is nobody's fault, and uses nothing up")
	require.NotNil(t, cancelled.Seat)
}

func TestAMissedModuleIsMadeUpAsAnAssignment(t *testing.T) {
	m := &tt.Maker{Salt: "assignment"}
	own := m.Cohort(tt.KoKo())
	e := m.Enrolment(own, enrolment.Modules)
	for _, d := range own.Dates[:6] {
		e = decide(t, e, tt.SignedAt(d), file.System, m.Attend(own, d, d.Minutes))
	}
	e = decide(t, e, tt.SignedAt(own.Dates[6]), file.System, m.Attend(own, own.Dates[6], 200))
	require.Equal(t, "make_up", rule(t, e, e.Changed, tt.Trainee, m.SubmitMakeUp("m4")))
	e = then(t, e, tt.Coordinator, m.Assignment("m4", day(e.Changed.AddDate(0, 0, 30))))
	require.Equal(t, "make_up", rule(t, e, e.Changed, tt.Trainer, m.ReviewMakeUp("m4", true)))
	e = then(t, e, tt.Trainee, m.SubmitMakeUp("m4"))
	e = then(t, e, tt.Trainer, m.ReviewMakeUp("m4", false))
	require.Equal(t, enrolment.MakeUpPlanned, e.MakeUps[0].Status)
	e = then(t, then(t, e, tt.Trainee, m.SubmitMakeUp("m4")), tt.Trainer, m.ReviewMakeUp("m4", true))
	require.Equal(t, []any{760, enrolment.Practice}, []any{e.MakeUps[0].Credited, e.Phase})
}

func TestOnlyAnExcusedAbsenceIsMadeUpIfTheCurriculumSaysSo(t *testing.T) {
	m := &tt.Maker{Salt: "excused"}
	k := tt.KoKo()
	k.Rule.OnlyExcused = true
	c := m.Cohort(k)
	e := m.Enrolment(c, enrolment.Modules)
	missed := then(t, e, file.System, m.Attend(c, c.Dates[0], 0))
	task := m.Assignment("m1", day(e.Changed.AddDate(0, 0, 30)))
	require.Equal(t, "only_excused", rule(t, missed, missed.Changed, tt.Coordinator, task))
	corrected := then(t, missed, file.System, m.Excused(c, c.Dates[0]))
	require.Len(t, corrected.Attended, 1)
	then(t, corrected, tt.Coordinator, task)
}

func TestTwoAssessorsHaveToAgree(t *testing.T) {
	m := &tt.Maker{Salt: "verdict"}
	e := then(t, m.Enrolment(m.Cohort(tt.KoKo()), enrolment.Assessment), tt.Coordinator, m.Assessors())
	require.Equal(t, "appointed", rule(t, e, e.Changed, tt.Trainer, m.Verdict(true)))
	e = then(t, e, tt.AssessorOne, m.Verdict(true))
	e = then(t, e, tt.AssessorTwo, m.Verdict(false))
	require.Nil(t, e.Attempts[0].Decided, "they differ")
	passed := then(t, e, tt.AssessorTwo, m.Verdict(true))
	require.Equal(t, enrolment.Qualified, passed.Phase)
	failed := then(t, e, tt.AssessorOne, m.Verdict(false))
	require.NotNil(t, failed.Attempts[0].Decided)
	require.Equal(t, enrolment.Assessment, failed.Phase, "there is a resit")
	require.Equal(t, "assessors", rule(t, failed, failed.Changed, tt.AssessorOne, m.Verdict(true)))
	replaced := then(t, e, tt.Coordinator, m.Assessors())
	require.Len(t, replaced.Attempts, 1, "an undecided attempt is not another one")
	require.Empty(t, replaced.Attempts[0].Verdicts)
	for _, who := range []string{tt.Trainee, tt.LineManager} {
		a := m.Assessors()
		a.Assessors = []string{tt.AssessorOne, who}
		require.Equal(t, "independent", rule(t, e, e.Changed, tt.Coordinator, a))
	}
}

// attempt is decided by both assessors.
func attempt(t *testing.T, m *tt.Maker, e enrolment.Enrolment, passed bool) enrolment.Enrolment {
	e = then(t, e, tt.Coordinator, m.Assessors())
	return then(t, then(t, e, tt.AssessorOne, m.Verdict(passed)), tt.AssessorTwo, m.Verdict(passed))
}

func TestAfterTheResitOnlyAnAppealHelps(t *testing.T) {
	m := &tt.Maker{Salt: "resit"}
	e := m.Enrolment(m.Cohort(tt.KoKo()), enrolment.Assessment)
	require.Equal(t, "failed", rule(t, e, e.Changed, tt.Trainee, m.Appeal()))
	first := attempt(t, m, e, false)
	require.Equal(t, enrolment.Qualified, attempt(t, m, first, true).Phase)
	second := attempt(t, m, first, false)
	require.Equal(t, "resits", rule(t, second, second.Changed, tt.Coordinator, m.Assessors()))
	require.Equal(t, enrolment.Failed, miss(t, second, "appeal").Phase, "nobody appealed in time")
	last := calendar.On(2026, time.August, 28).Ends() // it was decided on 29 July
	decide(t, second, last, tt.Trainee, m.Appeal())
	require.Equal(t, "appeal_time", rule(t, second, last.Add(time.Second), tt.Trainee, m.Appeal()))

	appealed := then(t, second, tt.Trainee, m.Appeal())
	require.Equal(t, "once", rule(t, appealed, appealed.Changed, tt.Trainee, m.Appeal()))
	require.Equal(t, "appeal", rule(t, appealed, appealed.Changed, tt.Coordinator, m.Assessors()))
	for _, who := range []string{tt.AssessorOne, tt.AssessorTwo, tt.Trainee} {
		require.Equal(t, "four_eyes", rule(t, appealed, appealed.Changed, who, m.DecideAppeal(true)))
	}
	require.Equal(t, enrolment.Failed, then(t, appealed, tt.Arbiter, m.DecideAppeal(false)).Phase)
	upheld := then(t, appealed, tt.Arbiter, m.DecideAppeal(true))
	require.True(t, upheld.Attempts[1].Annulled)
	require.Equal(t, enrolment.Qualified, attempt(t, m, upheld, true).Phase)

	rejected := then(t, then(t, first, tt.Trainee, m.Appeal()), tt.Arbiter, m.DecideAppeal(false))
	require.Equal(t, enrolment.Assessment, rejected.Phase, "the resit is left")
}

func TestWhatIsReturnedComesAgain(t *testing.T) {
	m := &tt.Maker{Salt: "returned"}
	e := m.Enrolment(m.Cohort(tt.KoKo()), enrolment.Practice)
	require.Equal(t, "concept", rule(t, e, e.Changed, tt.Trainer, m.ReviewConcept(true)))
	require.Equal(t, "case_report", rule(t, e, e.Changed, tt.Trainer, m.ReviewCaseReport(true)))
	e = then(t, e, tt.Trainee, m.Concept())
	require.Equal(t, "feedback", rule(t, e, e.Changed, tt.Trainee, m.Concept()))
	e = then(t, then(t, e, tt.Trainer, m.ReviewConcept(false)), tt.Trainee, m.Concept())
	require.Equal(t, 2, e.Concept.Submissions)
	e = then(t, e, tt.Trainer, m.ReviewConcept(true))
	require.Equal(t, "accepted", rule(t, e, e.Changed, tt.Trainee, m.Concept()))

	e = then(t, e, tt.Trainee, m.CaseReport())
	require.Equal(t, "feedback", rule(t, e, e.Changed, tt.Trainee, m.CaseReport()))
	e = then(t, then(t, e, tt.Trainer, m.ReviewCaseReport(false)), tt.Trainee, m.CaseReport())
	e = then(t, e, tt.Trainer, m.ReviewCaseReport(true))
	require.Equal(t, "not_needed", rule(t, e, e.Changed, tt.Trainee, m.CaseReport()))
	s := m.Supervision(e.Changed)
	e = then(t, e, tt.Trainer, s)
	require.Equal(t, "unique", rule(t, e, e.Changed, tt.Trainer, s))
	require.Equal(t, "not_in_future", rule(t, e, e.Changed, tt.Trainer, m.Supervision(e.Changed.AddDate(0, 0, 2))))
}

func TestACourseWithoutPracticeAsksForNone(t *testing.T) {
	m := &tt.Maker{Salt: "none"}
	e := m.Enrolment(m.Cohort(tt.Peer()), enrolment.Modules)
	require.Equal(t, "not_needed", rule(t, e, e.Changed, tt.Trainee, m.Concept()))
	require.Equal(t, "not_needed", rule(t, e, e.Changed, tt.Trainee, m.CaseReport()))
}

func TestAnybodyMayWithdrawUntilTheEnd(t *testing.T) {
	m := &tt.Maker{Salt: "withdraw"}
	c := m.Cohort(tt.KoKo())
	for _, p := range file.Values[enrolment.Phase]() {
		e := m.Enrolment(c, p)
		if p == enrolment.Certified || e.Ended != nil {
			require.Equal(t, "phase", rule(t, e, e.Changed, tt.Trainee, m.Withdraw()))
			continue
		}
		gone := then(t, e, tt.Trainee, m.Withdraw())
		require.Equal(t, []any{enrolment.Withdrawn, "eigener_wunsch"}, []any{gone.Phase, string(gone.Ended.Reason)})
		require.Empty(t, gone.Deadlines())
		if p != enrolment.Applied {
			require.Equal(t, []file.Message{{To: cohort.Kind, File: c.ID, Command: training.Leave{Enrolment: e.ID}}}, gone.Messages(e))
		}
	}
}

func TestWhoChangesTheEmployerKeepsTheEnrolment(t *testing.T) {
	m := &tt.Maker{Salt: "employer"}
	e := m.Enrolment(m.Cohort(tt.KoKo()), enrolment.Practice)
	next := then(t, e, tt.Coordinator, enrolment.ChangeEmployer{AGS: tt.Neighbour, LineManager: tt.Outsider})
	require.Equal(t, []any{tt.Neighbour, tt.Outsider, e.Attended, e.Phase}, []any{next.AGS, next.LineManager, next.Attended, next.Phase})
	require.Equal(t, "four_eyes", rule(t, e, e.Changed, tt.Coordinator, enrolment.ChangeEmployer{AGS: tt.Neighbour, LineManager: tt.Trainee}))
}

func TestAdoptingAnotherVersionMovesThePhase(t *testing.T) {
	m := &tt.Maker{Salt: "adopt"}
	e := m.Enrolment(m.Cohort(tt.KoKo()), enrolment.Practice)
	k := tt.KoKo()
	require.Equal(t, "other_version", rule(t, e, e.Changed, tt.Coordinator, m.Adopt(k)))
	require.Equal(t, "same_curriculum", rule(t, e, e.Changed, tt.Coordinator, m.Adopt(tt.Peer())))
	k.Version, k.Rule.Modules = 2, 5
	stricter := then(t, e, tt.Coordinator, m.Adopt(k))
	require.Equal(t, enrolment.Modules, stricter.Phase)
	k.Version, k.Rule = 3, curriculum.Rule{Modules: 4, Share: 80, Months: 24}
	require.Equal(t, enrolment.Qualified, then(t, e, tt.Coordinator, m.Adopt(k)).Phase)
}

func TestACertificateIsReissuedAndRevoked(t *testing.T) {
	m := &tt.Maker{Salt: "certificate"}
	e := m.Enrolment(m.Cohort(tt.KoKo()), enrolment.Certified)
	old := e.Certificates[0].Code
	require.Equal(t, "unknown_code", rule(t, e, e.Changed, tt.Certifier, m.Reissue(m.Code())))
	require.Equal(t, "unknown_code", rule(t, e, e.Changed, tt.Certifier, m.Revoke(m.Code())))
	again := then(t, e, tt.Certifier, m.Reissue(old))
	require.True(t, again.Superseded(old))
	require.Equal(t, enrolment.FullCertificate, again.Certificates[1].Kind)
	require.Equal(t, "valid", rule(t, again, again.Changed, tt.Certifier, m.Reissue(old)))
	revoked := then(t, again, tt.Certifier, m.Revoke(again.Certificates[1].Code))
	require.NotNil(t, revoked.Certificates[1].Revoked)
	require.Equal(t, "valid", rule(t, revoked, revoked.Changed, tt.Certifier, m.Revoke(again.Certificates[1].Code)))
	require.Equal(t, "valid", rule(t, revoked, revoked.Changed, tt.Certifier, m.Reissue(again.Certificates[1].Code)))
}

func TestAConfirmationIsIssuedInsteadOfACertificate(t *testing.T) {
	m := &tt.Maker{Salt: "confirmation"}
	c := m.Cohort(tt.KoKo())
	for _, p := range []enrolment.Phase{enrolment.Practice, enrolment.Assessment, enrolment.Qualified, enrolment.Failed} {
		e := m.Enrolment(c, p)
		next := then(t, e, tt.Certifier, m.Confirm())
		require.Equal(t, enrolment.AttendanceConfirmation, next.Certificates[0].Kind)
		want := enrolment.Confirmed
		if p == enrolment.Failed {
			want = p
		}
		require.Equal(t, want, next.Phase)
		require.Equal(t, "issued", rule(t, then(t, m.Enrolment(c, enrolment.Failed), tt.Certifier, m.Confirm()), e.Changed, tt.Certifier, m.Confirm()))
	}
	e := m.Enrolment(c, enrolment.Withdrawn)
	require.Equal(t, "attendance", rule(t, e, e.Changed, tt.Certifier, m.Confirm()), "nothing was attended")
	require.Equal(t, "certificate", rule(t, e, e.Changed, tt.Certifier, m.Reissue(m.Code())))
}

func TestARestingEnrolmentWaits(t *testing.T) {
	m := &tt.Maker{Salt: "rest"}
	c := m.Cohort(tt.KoKo())
	e := m.Enrolment(c, enrolment.Modules)
	require.Equal(t, "paused", rule(t, e, e.Changed, tt.Trainee, enrolment.Resume{}))
	e = then(t, e, tt.Trainee, m.Pause())
	for _, cmd := range []file.Command{m.Pause(), m.Concept(), m.CaseReport(), m.Supervision(tt.Start), m.Assignment("m1", day(e.Changed))} {
		require.Equal(t, "paused", rule(t, e, e.Changed, tt.Trainee, cmd))
	}
	require.Equal(t, "paused", rule(t, then(t, m.Enrolment(c, enrolment.Qualified), tt.Trainee, m.Pause()), e.Changed, tt.Certifier, m.Certify()))
	then(t, e, file.System, m.Attend(c, c.Dates[0], 480))
}

// Who attended most of every module may still lack hours: those can be made up like a module.
func TestMissingHoursAreMadeUp(t *testing.T) {
	m := &tt.Maker{Salt: "hours"}
	own, other := m.Cohort(tt.KoKo()), m.Cohort(tt.KoKo())
	e := m.Enrolment(own, enrolment.Modules)
	for _, d := range own.Dates[:8] {
		e = decide(t, e, tt.SignedAt(d), file.System, m.Attend(own, d, 400))
	}
	require.Equal(t, []any{enrolment.Modules, 4, 3200}, []any{e.Phase, e.Progress().Modules.Done, e.Progress().Minutes})
	task := then(t, e, tt.Coordinator, m.Assignment("m1", day(e.Changed.AddDate(0, 0, 30))))
	task = then(t, then(t, task, tt.Trainee, m.SubmitMakeUp("m1")), tt.Trainer, m.ReviewMakeUp("m1", true))
	require.Equal(t, 3360, task.Progress().Minutes)

	visit := then(t, e, tt.Coordinator, m.Elsewhere("m2", other.ID, day(e.Changed.AddDate(0, 0, 30))))
	elsewhere := then(t, visit, file.System, m.Attend(own, own.Dates[8], 100))
	require.Equal(t, enrolment.MakeUpPlanned, elsewhere.MakeUps[0].Status, "the visit is still to come")
	elsewhere = then(t, visit, file.System, m.Attend(other, other.Dates[2], 480))
	require.Equal(t, enrolment.MakeUpAccepted, elsewhere.MakeUps[0].Status)
	require.Equal(t, 3360, elsewhere.Progress().Minutes)
}

func TestAnOfferIsOnlyGoodUntilItsEnd(t *testing.T) {
	m := &tt.Maker{Salt: "late"}
	c := m.Cohort(tt.KoKo())
	e := m.Enrolment(c, enrolment.Waiting)
	until := e.Changed.AddDate(0, 0, 7)
	e = then(t, e, file.System, enrolment.OfferSeat{Cohort: c.ID, Until: &until})
	require.Equal(t, "offer_time", rule(t, e, until.Add(time.Second), tt.Trainee, enrolment.AcceptSeat{}))
	decide(t, e, until, tt.Trainee, enrolment.AcceptSeat{})
}

// What ends with a day is in time until its 24:00, in summer and in winter.
func TestASeatAndAnAppealAreInTimeUntilMidnight(t *testing.T) {
	m := &tt.Maker{Salt: "midnight"}
	c := m.Cohort(tt.KoKo())
	for _, weeks := range []calendar.Day{1, 40} {
		e := m.Enrolment(c, enrolment.Waiting)
		until := (calendar.DayOf(e.Changed) + 7*weeks).Ends()
		e = then(t, e, file.System, enrolment.OfferSeat{Cohort: c.ID, Until: &until})
		decide(t, e, until.Add(999*time.Millisecond), tt.Trainee, enrolment.AcceptSeat{})
		require.Equal(t, "offer_time", rule(t, e, until.Add(time.Second), tt.Trainee, enrolment.AcceptSeat{}))
	}
	e := attempt(t, m, m.Enrolment(c, enrolment.Assessment), false)
	appeal, _ := file.NextDeadline(e)
	require.Equal(t, "appeal", appeal.Kind)
	decide(t, e, appeal.Due.Add(999*time.Millisecond), tt.Trainee, m.Appeal())
	require.Equal(t, "appeal_time", rule(t, e, appeal.Due.Add(time.Second), tt.Trainee, m.Appeal()))
}

func TestTheTimeToAppealStandsStillDuringARest(t *testing.T) {
	m := &tt.Maker{Salt: "appeal"}
	e := attempt(t, m, m.Enrolment(m.Cohort(tt.KoKo()), enrolment.Assessment), false)
	e = then(t, e, tt.Trainee, m.Pause())
	e = decide(t, e, e.Changed.AddDate(0, 0, 100), tt.Trainee, m.Appeal())
	require.NotNil(t, e.Attempts[0].Appeal)
}

// Who has done everything in time does not lose it because the certificate takes longer.
func TestWhoIsQualifiedDoesNotLapse(t *testing.T) {
	m := &tt.Maker{Salt: "slow"}
	e := m.Enrolment(m.Cohort(tt.KoKo()), enrolment.Qualified)
	require.Empty(t, e.Deadlines())
	decide(t, e, e.Until().AddDate(1, 0, 0), tt.Certifier, m.Certify())
}

// The time that others take, and the time to appeal, are not the trainee's.
func TestNobodyLapsesWhileOthersJudge(t *testing.T) {
	m := &tt.Maker{Salt: "judged"}
	lapse := func(e enrolment.Enrolment) bool {
		return slices.ContainsFunc(e.Deadlines(), func(d file.Deadline) bool { return d.Kind == "lapse" })
	}
	e := m.Enrolment(m.Cohort(tt.KoKo()), enrolment.Assessment)
	require.True(t, lapse(e), "nobody is appointed: the trainee presses for it")
	late := decide(t, e, e.Until().Add(-time.Hour), tt.Coordinator, m.Assessors())
	require.False(t, lapse(late))
	late = decide(t, late, late.Until().AddDate(0, 0, 10), tt.AssessorOne, m.Verdict(false))
	late = then(t, late, tt.AssessorTwo, m.Verdict(false))
	require.False(t, lapse(late), "the time to appeal runs")
	appealed := then(t, late, tt.Trainee, m.Appeal())
	require.False(t, lapse(appealed))
	require.True(t, lapse(then(t, appealed, tt.Coordinator, m.DecideAppeal(false))))

	late = miss(t, miss(t, late, "appeal"), "lapse_soon")
	require.Equal(t, enrolment.Lapsed, miss(t, late, "lapse").Phase)
}

// Somebody may complete the modules while a seat elsewhere is on its way: it must not be lost.
func TestNoSeatIsLeftBehind(t *testing.T) {
	m := &tt.Maker{Salt: "behind"}
	own, other := m.Cohort(tt.KoKo()), m.Cohort(tt.KoKo())
	e := m.Enrolment(own, enrolment.Practice)
	e.Seat, e.Cohort = nil, other.ID
	until := e.Changed.AddDate(0, 0, 7)
	queued := then(t, e, file.System, enrolment.Queue{Cohort: other.ID})
	offered := then(t, queued, file.System, enrolment.OfferSeat{Cohort: other.ID, Until: &until})
	left := []file.Message{{To: cohort.Kind, File: other.ID, Command: training.Leave{Enrolment: e.ID}}}
	for _, gone := range []enrolment.Enrolment{then(t, offered, tt.Trainee, enrolment.DeclineSeat{}), miss(t, offered, "offer")} {
		require.Equal(t, enrolment.Practice, gone.Phase)
		require.Equal(t, left, gone.Messages(offered))
	}
	require.Equal(t, training.SeatTaken, then(t, offered, tt.Trainee, enrolment.AcceptSeat{}).Seat.Status)
	for _, p := range []enrolment.Phase{enrolment.Confirmed, enrolment.Failed, enrolment.Withdrawn, enrolment.Lapsed} {
		before, after := m.Enrolment(own, enrolment.Practice), m.Enrolment(own, p)
		before.ID = after.ID
		require.Equal(t, []file.Message{{To: cohort.Kind, File: own.ID, Command: training.Leave{Enrolment: after.ID}}}, after.Messages(before), p)
	}
	done := m.Enrolment(own, enrolment.Certified)
	before := done
	before.Phase = enrolment.Qualified
	require.Empty(t, done.Messages(before), "who completed it stays on the cohort's list")
	before.Seat, done.Seat = nil, nil
	require.Len(t, done.Messages(before), 1)
}

// An acceptance that comes after the trainee has left and come back is not one of the seat on offer now.
func TestOnlyASeatOnOfferIsTaken(t *testing.T) {
	m := &tt.Maker{Salt: "taken"}
	p := m.Plan(tt.KoKo())
	p.Seats, p.Minimum, p.Quota = 1, 1, 1
	c, now := m.CohortAs(p), tt.Start
	one, two := m.ID(), m.ID()
	for _, cmd := range []file.Command{
		cohort.Join{Enrolment: one, AGS: tt.Town, Since: now}, cohort.Join{Enrolment: two, AGS: tt.Neighbour, Since: now}, cohort.TakeSeat{Enrolment: two},
	} {
		c = tt.Walk(c, tt.CohortStep{By: file.System, At: now, Command: cmd})
	}
	require.Equal(t, []training.SeatStatus{training.SeatTaken, training.SeatWaiting}, []training.SeatStatus{c.Places[0].Status, c.Places[1].Status})
}

// Two lists that the same trainer signs in the same instant are two lists.
func TestEveryListReachesItsTrainees(t *testing.T) {
	m := &tt.Maker{Salt: "lists"}
	c := m.Cohort(tt.KoKo())
	one := m.ID()
	c = tt.Walk(c, tt.CohortStep{By: file.System, At: tt.Start, Command: cohort.Join{Enrolment: one, AGS: tt.Town, Since: tt.Start}})
	at := tt.SignedAt(c.Dates[1])
	for _, d := range c.Dates[:2] {
		before := c
		c = tt.Walk(c, tt.CohortStep{By: tt.Trainer, At: at, Command: m.Sign(d.ID, tt.All(c, d)...)})
		require.Len(t, c.Messages(before), 1, d.ID)
	}
}

func TestAGuestLeavesAndStaysAsTheMakeUpSays(t *testing.T) {
	m := &tt.Maker{Salt: "guest"}
	own, other := m.Cohort(tt.KoKo()), m.Cohort(tt.KoKo())
	e := m.Enrolment(own, enrolment.Modules)
	e = then(t, e, tt.Coordinator, m.Elsewhere("m4", other.ID, day(e.Changed.AddDate(0, 0, 60))))
	gone := then(t, e, tt.Trainee, m.Withdraw())
	require.Equal(t, []file.Message{
		{To: cohort.Kind, File: own.ID, Command: training.Leave{Enrolment: e.ID}}, {To: cohort.Kind, File: other.ID, Command: training.Leave{Enrolment: e.ID}},
	}, gone.Messages(e))
	joined := then(t, e, tt.Coordinator, enrolment.Transfer{Cohort: other.ID})
	third := then(t, joined, tt.Coordinator, enrolment.Transfer{Cohort: own.ID})
	require.Contains(t, third.Messages(joined), file.Message{To: cohort.Kind, File: other.ID, Command: training.Visit{Enrolment: e.ID, Unit: "m4"}}, "the make-up goes on")
	lost := then(t, joined, file.System, enrolment.LoseSeat{Cohort: other.ID, Reason: "sonstiges"})
	require.Equal(t, enrolment.MakeUpMissed, lost.MakeUps[0].Status)
}

// Whoever has moved to the cohort in which they were to make a module up attends a date of their own there.
func TestADateOfTheOwnCohortUsesUpNoMakeUp(t *testing.T) {
	m := &tt.Maker{Salt: "own date"}
	own, other := m.Cohort(tt.KoKo()), m.Cohort(tt.KoKo())
	e := m.Enrolment(own, enrolment.Modules)
	unit, ok := e.Terms.Unit("m4")
	require.True(t, ok)
	e = then(t, e, tt.Coordinator, m.Elsewhere("m4", other.ID, day(e.Changed.AddDate(0, 0, 60))))
	whole := enrolment.Attend{Attendance: training.Attendance{
		Cohort: other.ID, Date: "d1", Unit: "m4", On: e.Changed.AddDate(0, 0, 7), Minutes: unit.Minutes, Of: unit.Minutes,
	}}
	guest := then(t, e, file.System, whole)
	require.Equal(t, enrolment.MakeUpAccepted, guest.MakeUps[0].Status)

	moved := then(t, then(t, e, tt.Coordinator, enrolment.Transfer{Cohort: other.ID}), file.System, whole)
	require.Equal(t, enrolment.MakeUpMissed, moved.MakeUps[0].Status)
	back := then(t, moved, tt.Coordinator, enrolment.Transfer{Cohort: own.ID})
	require.Equal(t, enrolment.MakeUpMissed, back.MakeUps[0].Status, "moving on changes nothing of it")
}

func TestWorkHandedInWithoutACohortIsSeenByTheCoordinators(t *testing.T) {
	m := &tt.Maker{Salt: "unseen"}
	c := m.Cohort(tt.KoKo())
	e := then(t, m.Enrolment(c, enrolment.Practice), file.System, enrolment.LoseSeat{Cohort: c.ID, Reason: "sonstiges"})
	for _, cmd := range []file.Command{m.Concept(), m.CaseReport()} {
		require.Equal(t, []string{"coordinator"}, then(t, e, tt.Trainee, cmd).Notices(e)[0].Roles)
	}
}
