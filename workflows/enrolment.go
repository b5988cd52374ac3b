package workflows

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/workflow"

	"koko/domain/fault"
	"koko/domain/process"
	"koko/domain/training"
)

// Enrolment is the life of one trainee's enrolment, from the application on. It does not end, because
// a certificate may be reissued or revoked years later; each part of the process is a run. Cohorts
// are told what they have to know.
func Enrolment(ctx workflow.Context, e training.Enrolment) error {
	began := part(e.Phase)
	life := &enrolmentLife{
		kind: process.KindEnrolment, state: e, mu: workflow.NewMutex(ctx),
		first: training.ActionApply, save: trainings.SaveEnrolment, read: trainings.ReadEnrolment,
		missed: func(d process.Deadline) training.Command { return training.DeadlinePassed{Deadline: d} },
		turned: func(e training.Enrolment) bool { return part(e.Phase) != began },
	}
	mail := &mailbox[training.Enrolment, training.Command]{life: life, open: openEnrolment}
	life.adopted = func(ctx workflow.Context, before, after training.Enrolment) {
		for n, m := range after.Messages(before) {
			mail.tell(ctx, process.KindCohort, m.Cohort, n, m.Command)
		}
	}
	err := errors.Join(
		acceptEnrolment[training.Apply](ctx, life),
		acceptEnrolment[training.DecideRelease](ctx, life),
		acceptEnrolment[training.DecideApplication](ctx, life),
		acceptEnrolment[training.AcceptSeat](ctx, life),
		acceptEnrolment[training.DeclineSeat](ctx, life),
		acceptEnrolment[training.PlanMakeUp](ctx, life),
		acceptEnrolment[training.SubmitMakeUp](ctx, life),
		acceptEnrolment[training.ReviewMakeUp](ctx, life),
		acceptEnrolment[training.SubmitConcept](ctx, life),
		acceptEnrolment[training.ReviewConcept](ctx, life),
		acceptEnrolment[training.SubmitCaseReport](ctx, life),
		acceptEnrolment[training.ReviewCaseReport](ctx, life),
		acceptEnrolment[training.RecordSupervision](ctx, life),
		acceptEnrolment[training.AppointAssessors](ctx, life),
		acceptEnrolment[training.RecordVerdict](ctx, life),
		acceptEnrolment[training.LodgeAppeal](ctx, life),
		acceptEnrolment[training.DecideAppeal](ctx, life),
		acceptEnrolment[training.Certify](ctx, life),
		acceptEnrolment[training.ConfirmAttendance](ctx, life),
		acceptEnrolment[training.ReissueCertificate](ctx, life),
		acceptEnrolment[training.RevokeCertificate](ctx, life),
		acceptEnrolment[training.PauseEnrolment](ctx, life),
		acceptEnrolment[training.Resume](ctx, life),
		acceptEnrolment[training.Transfer](ctx, life),
		acceptEnrolment[training.ChangeEmployer](ctx, life),
		acceptEnrolment[training.AdoptCurriculum](ctx, life),
		acceptEnrolment[training.Withdraw](ctx, life),
		workflow.SetUpdateHandler(ctx, CatchUp, life.catchUp),
	)
	if err != nil {
		return err
	}
	mail.serve(ctx)
	return life.live(ctx, Enrolment)
}

type enrolmentLife = lifecycle[training.Enrolment, training.Command]

func acceptEnrolment[T training.Command](ctx workflow.Context, life *enrolmentLife) error {
	return accept(ctx, life, asEnrolment[T])
}

func asEnrolment[T training.Command](cmd T) training.Command { return cmd }

// part is which of its runs an enrolment is in. Phases that follow from what is missing may come and
// go within one.
func part(p training.Phase) int {
	for i, phases := range [][]training.Phase{
		{"", training.Applied, training.Waiting}, {training.Modules, training.Practice}, {training.Assessment, training.Qualified},
	} {
		if slices.Contains(phases, p) {
			return i
		}
	}
	return -1
}

// openEnrolment reads what a cohort tells.
func openEnrolment(m Message) (training.Command, error) {
	for _, open := range []func(Message) (training.Command, bool, error){
		letter(asEnrolment[training.OfferSeat]), letter(asEnrolment[training.Queue]),
		letter(asEnrolment[training.LoseSeat]), letter(asEnrolment[training.Attend]),
	} {
		if cmd, is, err := open(m); is {
			return cmd, err
		}
	}
	return nil, fault.Newf(fault.Invalid, "an enrolment does not know %q", m.Action)
}
