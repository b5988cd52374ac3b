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
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"koko/domain/fault"
	"koko/domain/process"
	"koko/workflows"
)

// Files asks the engine about the workflows of files, whatever their kind.
type Files struct {
	Engine
	Queue string // the task queue of the workers
}

// workflowOf is what the engine calls the workflows of each kind of file.
var workflowOf = map[process.Kind]string{process.KindCase: "ConflictCase", process.KindEnrolment: "Enrolment", process.KindCohort: "Cohort"}

// patience is how long a caller waits for a repair; it goes on without.
const patience = 30 * time.Second

// CatchUp has a file adopt what stands recorded.
func (f Files) CatchUp(ctx context.Context, k process.Kind, fileID, key string) (err error) {
	switch k {
	case process.KindEnrolment:
		_, err = Enrolments(f.Client, f.Queue).CatchUp(ctx, fileID, key)
	case process.KindCohort:
		_, err = Cohorts(f.Client, f.Queue).CatchUp(ctx, fileID, key)
	default:
		_, err = Cases(f.Client, f.Queue).CatchUp(ctx, fileID, key)
	}
	return err
}

// Restart begins the workflow of a file anew from a state, unless it is running.
func (f Files) Restart(ctx context.Context, k process.Kind, fileID string, state json.RawMessage) error {
	_, err := f.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflows.ID(k, fileID), TaskQueue: f.Queue,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL, WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, workflowOf[k], state)
	if err != nil && !is[*serviceerror.WorkflowExecutionAlreadyStarted](err) {
		return fmt.Errorf("begin the workflow of %s %s anew: %w", k, fileID, err)
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
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING, WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
	}, workflows.Repair, differenceID)
	if err == nil {
		err = run.Get(ctx, nil)
	}
	if is[*serviceerror.WorkflowExecutionAlreadyStarted](err) {
		return nil
	}
	if err != nil && busy(err) {
		return fault.Newf(fault.Busy, "the workflow engine does not answer at the moment").By("engine", "send the same request again, with the same Idempotency-Key")
	}
	if err != nil {
		return fmt.Errorf("repair %s: %w", differenceID, err)
	}
	return nil
}

// Runs lists the runs of a workflow that the engine still has, the oldest first.
func (f Files) Runs(ctx context.Context, workflowID string) (ids []string, err error) {
	found, _, err := f.list(ctx, fmt.Sprintf("WorkflowId = '%s'", workflowID), nil)
	slices.SortFunc(found, func(a, b *workflow.WorkflowExecutionInfo) int {
		return a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime())
	})
	for _, w := range found {
		ids = append(ids, w.GetExecution().GetRunId())
	}
	return ids, err
}

// Running lists the workflows of a kind of file that go on, page by page.
func (f Files) Running(ctx context.Context, k process.Kind, after []byte) (workflowIDs []string, next []byte, err error) {
	found, next, err := f.list(ctx, fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", workflowOf[k]), after)
	for _, w := range found {
		workflowIDs = append(workflowIDs, w.GetExecution().GetWorkflowId())
	}
	return workflowIDs, next, err
}

func (f Files) list(ctx context.Context, query string, after []byte) ([]*workflow.WorkflowExecutionInfo, []byte, error) {
	got, err := f.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: 1000, NextPageToken: after})
	if err != nil {
		return nil, nil, historyFault(err, query, "")
	}
	return got.GetExecutions(), got.GetNextPageToken(), nil
}
