package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// DrawDetached empties, every day, the pool of what files have left behind for numbers in quarters that are over. Most
// days there is nothing to do; what it did says only how much was there, once a quarter.
func DrawDetached(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 5},
	})
	return workflow.ExecuteActivity(ctx, files.DrawDetached).Get(ctx, nil)
}
