package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"koko/activities"
	"koko/domain/file"
)

// Reconcile compares histories, records and the audit of every live file and of some closed ones. It is
// one activity that reports its progress, so that its history stays short however many files there are.
func Reconcile(ctx workflow.Context) (done activities.Reconciled, err error) {
	s := activities.ReconcileScope{ID: workflow.GetInfo(ctx).WorkflowExecution.RunID, By: file.System, Scheduled: true}
	short := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	if err := workflow.ExecuteActivity(short, reconciliations.BeginReconciliation, s).Get(ctx, nil); err != nil {
		return done, err
	}
	long := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 12 * time.Hour, HeartbeatTimeout: 15 * time.Minute,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 10 * time.Second, MaximumAttempts: 20},
	})
	if err := workflow.ExecuteActivity(long, reconciliations.ReconcilePages, s).Get(ctx, nil); err != nil {
		return done, err
	}
	err = workflow.ExecuteActivity(short, reconciliations.FinishReconciliation, s.ID).Get(ctx, &done)
	return done, err
}

// Repair carries out a repair that two people have agreed on, and returns its outcome.
func Repair(ctx workflow.Context, differenceID string) (outcome string, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, MaximumAttempts: 5},
	})
	err = workflow.ExecuteActivity(ctx, reconciliations.RepairDifference, differenceID).Get(ctx, &outcome)
	return outcome, err
}

// reconciliations names the activities.
var reconciliations *activities.Reconciliation
