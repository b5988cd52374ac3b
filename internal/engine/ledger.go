package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"koko/domain/fault"
	"koko/workflows"
)

// Ledger has the workflows of the log started.
type Ledger struct {
	Client client.Client
	Queue  string // the task queue of the workers
}

// Checkpoint has all that was recorded until now put into the log, and the log signed. One that runs
// already may have begun too early for that, so each call has its own.
func (l Ledger) Checkpoint(ctx context.Context) error {
	o := client.StartWorkflowOptions{ID: "checkpoint-" + uuid.NewString(), TaskQueue: l.Queue}
	run, err := l.Client.ExecuteWorkflow(ctx, o, workflows.Checkpoint)
	if err == nil {
		err = run.Get(ctx, nil)
	}
	switch app, is := errors.AsType[*temporal.ApplicationError](err); {
	case err == nil:
		return nil
	case is && app.Type() == workflows.Rewritten:
		return fault.Newf(fault.Conflict, "the log does not continue what was signed last: it was changed").
			By(workflows.Rewritten, "an operator has to run koko ledger check, which names the differences")
	case busy(err):
		return fault.Newf(fault.Busy, "the log could not be signed in time").By("engine", "try again")
	}
	return fmt.Errorf("checkpoint: %w", err)
}

// Cosign has the witnesses asked to cosign the latest checkpoint.
func (l Ledger) Cosign(ctx context.Context) error {
	o := client.StartWorkflowOptions{ID: "exchange-cosignatures-" + uuid.NewString(), TaskQueue: l.Queue}
	run, err := l.Client.ExecuteWorkflow(ctx, o, workflows.ExchangeCosignatures)
	if err == nil {
		err = run.Get(ctx, nil)
	}
	if err != nil {
		return fmt.Errorf("cosignatures: %w", err)
	}
	return nil
}
