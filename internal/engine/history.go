package engine

import (
	"context"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"

	"koko/domain/fault"
)

// History returns all events of one run that the engine still has, of the current run if runID is
// empty. A run that the engine does not know, or not any more, is fault.NotFound. The run before is
// named in the first event.
func (e Engine) History(ctx context.Context, workflowID, runID string) (*history.History, error) {
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
		return fault.Newf(fault.Busy, "the workflow engine does not answer at the moment").By("engine", "try again")
	}
	return fmt.Errorf("history of %s run %q: %w", workflowID, runID, err)
}
