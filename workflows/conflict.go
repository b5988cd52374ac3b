// Package workflows holds the deterministic process definitions. It does no I/O.
package workflows

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"koko/activities"
	"koko/domain/conflict"
	"koko/domain/process"
)

// ConflictCase is the life of one case, from the signal on. A case does not end, because even a
// closed one may be reopened; each phase is a run.
func ConflictCase(ctx workflow.Context, c conflict.Case) error {
	began := c.Phase
	life := &caseLife{
		kind: process.KindCase, state: c, mu: workflow.NewMutex(ctx),
		first: conflict.ActionReportSignal, save: cases.SaveTransition, read: cases.ReadTransitions,
		missed: func(d process.Deadline) conflict.Command { return conflict.DeadlinePassed{Deadline: d} },
		turned: func(c conflict.Case) bool {
			begun := began != "" || c.Phase != conflict.Detection // reporting and detection are one run
			return c.Phase != began && begun
		},
	}
	err := errors.Join(
		acceptCase[conflict.ReportSignal](ctx, life),
		acceptCase[conflict.TriageSignal](ctx, life),
		acceptCase[conflict.RecordClearing](ctx, life),
		acceptCase[conflict.DecideMandate](ctx, life),
		acceptCase[conflict.RecordAnalysis](ctx, life),
		acceptCase[conflict.ReviewAnalysis](ctx, life),
		acceptCase[conflict.AssessEscalation](ctx, life),
		acceptCase[conflict.PlanMediation](ctx, life),
		acceptCase[conflict.ConfirmConditions](ctx, life),
		acceptCase[conflict.RecordSession](ctx, life),
		acceptCase[conflict.RecordInterimResult](ctx, life),
		acceptCase[conflict.ProposeClosure](ctx, life),
		acceptCase[conflict.SignOff](ctx, life),
		acceptCase[conflict.RecordFollowUp](ctx, life),
		acceptCase[conflict.Reopen](ctx, life),
		acceptCase[conflict.Assign](ctx, life),
		acceptCase[conflict.AddNote](ctx, life),
		acceptCase[conflict.AttachDocument](ctx, life),
		workflow.SetUpdateHandler(ctx, CatchUp, life.catchUp),
	)
	if err != nil {
		return err
	}
	return life.live(ctx, ConflictCase)
}

type caseLife = lifecycle[conflict.Case, conflict.Command]

// cases names the activities.
var cases *activities.Cases

func acceptCase[T conflict.Command](ctx workflow.Context, life *caseLife) error {
	return accept(ctx, life, func(cmd T) conflict.Command { return cmd })
}
