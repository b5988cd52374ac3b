package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"koko/activities"
)

// Keeping says how far KeepHistories has come.
type Keeping struct {
	Begun  time.Time             `json:"begun,omitzero"`
	Page   activities.ClosedPage `json:"page,omitzero"`
	Listed int                   `json:"listed"`
	Kept   int                   `json:"kept"`
	Lost   int                   `json:"lost"`
	Unfit  int                   `json:"unfit"`
}

const (
	// keepOverlap is how far before the start of the last run the next one begins: the engine lists
	// runs some time after they have ended, and clocks differ.
	keepOverlap = 24 * time.Hour
	keepPages   = 100 // of a run of KeepHistories
)

// histories names the activities.
var histories *activities.Histories

// KeepHistories keeps the histories of all runs of files that have ended since it last did, the first
// time of all that the engine has. It returns what it did: the schedule passes that to the next run.
func KeepHistories(ctx workflow.Context, k Keeping) (Keeping, error) {
	if k.Begun.IsZero() {
		k.Begun = workflow.Now(ctx).UTC()
		var last Keeping
		if workflow.HasLastCompletionResult(ctx) {
			if err := workflow.GetLastCompletionResult(ctx, &last); err != nil {
				return k, err
			}
			k.Page.Since = last.Begun.Add(-keepOverlap)
		}
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Minute, HeartbeatTimeout: time.Minute,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 5},
	})
	for range keepPages {
		var done activities.KeptPage
		if err := workflow.ExecuteActivity(ctx, histories.KeepHistories, k.Page).Get(ctx, &done); err != nil {
			return k, err
		}
		k.Listed, k.Kept, k.Lost, k.Unfit = k.Listed+done.Listed, k.Kept+done.Kept, k.Lost+done.Lost, k.Unfit+done.Unfit
		k.Page.Token = done.Next
		if len(done.Next) == 0 {
			return k, nil
		}
	}
	return k, workflow.NewContinueAsNewError(ctx, KeepHistories, k)
}
