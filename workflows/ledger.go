package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"koko/activities"
)

// Rewritten is the type of the error that the log does not continue its last checkpoint.
const Rewritten = activities.Rewritten

// ledgers names the activities.
var ledgers *activities.Ledger

// Checkpoint has everything recorded so far put into the log, and the log signed.
func Checkpoint(ctx workflow.Context) (signed activities.Checkpoint, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 5 * time.Minute, ScheduleToCloseTimeout: 9 * time.Minute, // the next one is due then
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
	})
	err = workflow.ExecuteActivity(ctx, ledgers.SignCheckpoint).Get(ctx, &signed)
	return signed, err
}
