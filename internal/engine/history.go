package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"koko/domain/fault"
	"koko/internal/evidence/runs"
	"koko/workflows"
)

// History returns all events of one run that the engine still has, their payloads open, of the current run if
// runID is empty. A run that the engine does not know, or not any more, is fault.NotFound. The run before is
// named in the first event.
func (e Engine) History(ctx context.Context, workflowID, runID string) (*history.History, error) {
	h, err := e.Recorded(ctx, workflowID, runID)
	if err != nil {
		return nil, err
	}
	return e.Opened(workflowID, h)
}

// Opened opens the payloads of a history that was kept as the engine had it.
func (e Engine) Opened(workflowID string, recorded *history.History) (*history.History, error) {
	h, err := e.Payloads.Open(workflowID, recorded)
	if err != nil {
		return nil, fmt.Errorf("history of %s: %w", workflowID, err)
	}
	return h, nil
}

// Recorded returns what [Engine.History] does, as the engine has it.
func (e Engine) Recorded(ctx context.Context, workflowID, runID string) (*history.History, error) {
	all := &history.History{}
	events := e.Client.GetWorkflowHistory(ctx, workflowID, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		ev, err := events.Next()
		if err != nil {
			return nil, historyFault(err, workflowID, runID)
		}
		all.Events = append(all.Events, ev)
	}
	return all, nil
}

func historyFault(err error, workflowID, runID string) error {
	if is[*serviceerror.NotFound](err) || is[*serviceerror.InvalidArgument](err) { // what is no run id is no run
		return fault.Newf(fault.NotFound, "the engine has no such run").By("unknown_run", "look among the kept histories")
	}
	if busy(err) {
		return silent("try again")
	}
	return fmt.Errorf("history of %s run %q: %w", workflowID, runID, err)
}

// Packed returns one run to be kept, its payloads as the engine has them.
func (e Engine) Packed(ctx context.Context, id runs.ID) (runs.Packed, error) {
	h, err := e.Recorded(ctx, id.WorkflowID, id.RunID)
	if err != nil {
		return runs.Packed{}, err
	}
	opened, err := e.Opened(id.WorkflowID, h)
	if err != nil {
		return runs.Packed{}, err
	}
	r, err := runs.Of(id.WorkflowID, id.RunID, opened)
	if err != nil {
		return runs.Packed{}, fault.Newf(fault.Invalid, "%v", err).By("run", "see what else runs in this namespace")
	}
	return runs.Pack(r, h)
}

// Run returns what the engine knows of one run, of the current one if runID is empty. AGS and Next are
// left out.
func (e Engine) Run(ctx context.Context, workflowID, runID string) (r runs.Run, err error) {
	d, err := e.Client.DescribeWorkflowExecution(ctx, workflowID, runID)
	if err != nil {
		return r, historyFault(err, workflowID, runID)
	}
	info := d.GetWorkflowExecutionInfo()
	r = runs.Run{
		WorkflowID: workflowID, ID: info.GetExecution().GetRunId(), Began: info.GetStartTime().AsTime(),
		Status: runs.StatusOf(info.GetStatus()), Events: int(info.GetHistoryLength()),
	}
	if info.GetCloseTime() != nil {
		r.Ended = info.GetCloseTime().AsTime()
	}
	if r.Kind, r.FileID, err = runs.FileOf(workflowID); err != nil {
		return r, err
	}
	events := e.Client.GetWorkflowHistory(ctx, workflowID, r.ID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	if events.HasNext() { // it reads ahead one page
		first, err := events.Next()
		if err != nil {
			return r, historyFault(err, workflowID, r.ID)
		}
		r.Prior = first.GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId()
	}
	return r, nil
}

// page is how many runs the engine lists at once.
const page = 500

// Closed lists a page of the runs of files that have ended since then, the last ones first.
func (e Engine) Closed(ctx context.Context, since time.Time, token []byte) (ids []runs.ID, next []byte, err error) {
	if since.Unix() < 0 {
		since = time.Unix(0, 0)
	}
	query := fmt.Sprintf("ExecutionStatus != 'Running' AND WorkflowType IN (%s) AND CloseTime >= '%s'",
		quoted(workflows.Files()), since.UTC().Format(time.RFC3339Nano))
	return e.listRuns(ctx, query, page, token)
}

// Open lists a page of the runs that wait for the workers of a queue.
func (e Engine) Open(ctx context.Context, queue string, token []byte) (ids []runs.ID, next []byte, err error) {
	return e.listRuns(ctx, fmt.Sprintf("ExecutionStatus = 'Running' AND TaskQueue = '%s'", queue), page, token)
}

// Newest lists the last runs of a type of workflow that have ended, at most so many.
func (e Engine) Newest(ctx context.Context, name string, atMost int) (ids []runs.ID, err error) {
	var token []byte
	for len(ids) < atMost {
		some, next, err := e.listRuns(ctx, fmt.Sprintf("ExecutionStatus != 'Running' AND WorkflowType = '%s'", name), min(page, atMost), token)
		if err != nil {
			return nil, err
		}
		ids, token = append(ids, some...), next
		if len(token) == 0 {
			break
		}
	}
	return ids[:min(len(ids), atMost)], nil
}

func (e Engine) listRuns(ctx context.Context, query string, size int, token []byte) (ids []runs.ID, next []byte, err error) {
	found, next, err := e.list(ctx, query, size, token)
	for _, x := range found {
		ids = append(ids, runs.ID{WorkflowID: x.GetExecution().GetWorkflowId(), RunID: x.GetExecution().GetRunId()})
	}
	return ids, next, err
}

func (e Engine) list(ctx context.Context, query string, size int, token []byte) ([]*workflow.WorkflowExecutionInfo, []byte, error) {
	answer, err := e.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: int32(size), Query: query, NextPageToken: token,
	})
	if err != nil && busy(err) {
		return nil, nil, silent("try again")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("list workflows with %s: %w", query, err)
	}
	return answer.GetExecutions(), answer.GetNextPageToken(), nil
}

func quoted(names []string) string { return "'" + strings.Join(names, "', '") + "'" }
