package workflows

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/workflow"

	"koko/domain/fault"
	"koko/domain/process"
	"koko/domain/training"
)

// Cohort is the life of one course run: it hands out the seats in fair order, and tells enrolments
// what a signed list says of them. It does not end, because a list may be corrected later.
func Cohort(ctx workflow.Context, c training.Cohort) error {
	began := stretch(c.Stage)
	life := &cohortLife{
		kind: process.KindCohort, state: c, mu: workflow.NewMutex(ctx),
		first: training.ActionPlanCohort, save: trainings.SaveCohort, read: trainings.ReadCohort,
		missed: func(d process.Deadline) training.CohortCommand { return training.CohortDeadlinePassed{Deadline: d} },
		turned: func(c training.Cohort) bool { return stretch(c.Stage) != began },
	}
	mail := &mailbox[training.Cohort, training.CohortCommand]{life: life, open: openCohort}
	life.adopted = func(ctx workflow.Context, before, after training.Cohort) {
		for n, m := range after.Messages(before) {
			mail.tell(ctx, process.KindEnrolment, m.Enrolment, n, m.Command)
		}
	}
	err := errors.Join(
		acceptCohort[training.PlanCohort](ctx, life),
		acceptCohort[training.StaffCohort](ctx, life),
		acceptCohort[training.AmendCohort](ctx, life),
		acceptCohort[training.AddDate](ctx, life),
		acceptCohort[training.RescheduleDate](ctx, life),
		acceptCohort[training.CancelDate](ctx, life),
		acceptCohort[training.SignList](ctx, life),
		acceptCohort[training.CancelCohort](ctx, life),
		acceptCohort[training.MergeCohort](ctx, life),
		workflow.SetUpdateHandler(ctx, CatchUp, life.catchUp),
	)
	if err != nil {
		return err
	}
	mail.serve(ctx)
	return life.live(ctx, Cohort)
}

type cohortLife = lifecycle[training.Cohort, training.CohortCommand]

func acceptCohort[T training.CohortCommand](ctx workflow.Context, life *cohortLife) error {
	return accept(ctx, life, asCohort[T])
}

func asCohort[T training.CohortCommand](cmd T) training.CohortCommand { return cmd }

// stretch is which of its runs a cohort is in.
func stretch(s training.Stage) int {
	for i, stages := range [][]training.Stage{{"", training.Open, training.Short}, {training.Running}} {
		if slices.Contains(stages, s) {
			return i
		}
	}
	return -1
}

// openCohort reads what an enrolment tells.
func openCohort(m Message) (training.CohortCommand, error) {
	for _, open := range []func(Message) (training.CohortCommand, bool, error){
		letter(asCohort[training.Join]), letter(asCohort[training.TakeSeat]),
		letter(asCohort[training.Leave]), letter(asCohort[training.Visit]),
	} {
		if cmd, is, err := open(m); is {
			return cmd, err
		}
	}
	return nil, fault.Newf(fault.Invalid, "a cohort does not know %q", m.Action)
}
