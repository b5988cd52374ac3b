package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"koko/domain/file"
	"koko/workflows"
)

// Files is the workflows of files, whatever their kind: commands in, states or faults out.
type Files struct {
	Engine
	Queue string // the task queue of the workers
}

// patience is how long a caller waits for a repair; it goes on without.
const patience = 30 * time.Second

// Restart begins the workflow of a file anew from a state, unless it is running.
func (f Files) Restart(ctx context.Context, k *file.Definition, fileID string, state json.RawMessage) error {
	_, err := f.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflows.ID(k.Kind, fileID), TaskQueue: f.Queue,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL, WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, k.Workflow, state)
	if err != nil && !is[*serviceerror.WorkflowExecutionAlreadyStarted](err) {
		return fmt.Errorf("begin the workflow of %s %s anew: %w", k.Kind, fileID, err)
	}
	return nil
}

// Repair has a worker do what was agreed on about a difference, and returns when it is done. Sent again
// for the same revision it is the same repair.
func (f Files) Repair(ctx context.Context, differenceID string, revision int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	run, err := f.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: fmt.Sprintf("repair-%s-%d", differenceID, revision), TaskQueue: f.Queue,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
	}, workflows.Repair, differenceID)
	if err == nil {
		err = run.Get(ctx, nil)
	}
	if is[*serviceerror.WorkflowExecutionAlreadyStarted](err) {
		return nil
	}
	if err != nil && busy(err) {
		return silent("send the same request again, with the same Idempotency-Key")
	}
	if err != nil {
		return fmt.Errorf("repair %s: %w", differenceID, err)
	}
	return nil
}

// most is how many workflows are listed at once.
const most = 1000

// Runs lists the runs of a workflow that the engine still has, the oldest first.
func (f Files) Runs(ctx context.Context, workflowID string) ([]string, error) {
	found, _, err := f.list(ctx, fmt.Sprintf("WorkflowId = '%s'", workflowID), most, nil)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b *workflow.WorkflowExecutionInfo) int {
		return a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime())
	})
	var ids []string
	for _, w := range found {
		ids = append(ids, w.GetExecution().GetRunId())
	}
	return ids, nil
}

// Running lists the workflows of a kind of file that go on, page by page.
func (f Files) Running(ctx context.Context, k *file.Definition, after []byte) (workflowIDs []string, next []byte, err error) {
	found, next, err := f.list(ctx, fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", k.Workflow), most, after)
	for _, w := range found {
		workflowIDs = append(workflowIDs, w.GetExecution().GetWorkflowId())
	}
	return workflowIDs, next, err
}
