package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"koko/activities"
)

// ExchangeCosignatures has the witnesses cosign the latest checkpoint. It fails if one of them has seen
// a log that contradicts ours.
func ExchangeCosignatures(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * time.Minute, // a witness is asked twice at most
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 3},
	})
	var w *activities.Witnesses
	return workflow.ExecuteActivity(ctx, w.CollectCosignatures).Get(ctx, nil)
}
