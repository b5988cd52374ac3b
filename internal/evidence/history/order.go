package history

import (
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
)

// A link is that an event goes back to an earlier one.
type link struct {
	id int64
	to enums.EventType
}

// order finds events that are missing, doubled or exchanged: ids have no gap, and what an event goes
// back to stands before it.
func (r *reader) order(events []*history.HistoryEvent) {
	for i, e := range events {
		if e.GetEventId() != int64(i+1) {
			r.flaw(Order, int64(i+1), 0)
			return
		}
		for _, l := range links(e) {
			if l.id == 0 && e.GetEventType() != enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED {
				continue
			}
			if l.id < 1 || l.id > int64(i) || events[l.id-1].GetEventType() != l.to {
				r.flaw(Order, e.GetEventId(), 0)
				return
			}
		}
		if ended(e.GetEventType()) != (i == len(events)-1) && ended(e.GetEventType()) {
			r.flaw(Order, e.GetEventId(), 0)
			return
		}
	}
}

func ended(t enums.EventType) bool {
	switch t {
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW, enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
		enums.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
		enums.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT, enums.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		return true
	default:
		return false
	}
}

// links are the events that e goes back to, of the types that the workflows of files lead to.
func links(e *history.HistoryEvent) []link {
	const (
		scheduled = enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED
		started   = enums.EVENT_TYPE_WORKFLOW_TASK_STARTED
		task      = enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
		timer     = enums.EVENT_TYPE_TIMER_STARTED
		signal    = enums.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED
	)
	switch e.GetEventType() {
	case started:
		return []link{{e.GetWorkflowTaskStartedEventAttributes().GetScheduledEventId(), scheduled}}
	case task:
		a := e.GetWorkflowTaskCompletedEventAttributes()
		return []link{{a.GetScheduledEventId(), scheduled}, {a.GetStartedEventId(), started}}
	case enums.EVENT_TYPE_MARKER_RECORDED:
		return []link{{e.GetMarkerRecordedEventAttributes().GetWorkflowTaskCompletedEventId(), task}}
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
		accepted := e.GetWorkflowExecutionUpdateCompletedEventAttributes().GetAcceptedEventId()
		return []link{{accepted, enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED}}
	case timer:
		return []link{{e.GetTimerStartedEventAttributes().GetWorkflowTaskCompletedEventId(), task}}
	case enums.EVENT_TYPE_TIMER_FIRED:
		return []link{{e.GetTimerFiredEventAttributes().GetStartedEventId(), timer}}
	case enums.EVENT_TYPE_TIMER_CANCELED:
		a := e.GetTimerCanceledEventAttributes()
		return []link{{a.GetStartedEventId(), timer}, {a.GetWorkflowTaskCompletedEventId(), task}}
	case signal:
		return []link{{e.GetSignalExternalWorkflowExecutionInitiatedEventAttributes().GetWorkflowTaskCompletedEventId(), task}}
	case enums.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED:
		return []link{{e.GetExternalWorkflowExecutionSignaledEventAttributes().GetInitiatedEventId(), signal}}
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
		return []link{{e.GetWorkflowExecutionContinuedAsNewEventAttributes().GetWorkflowTaskCompletedEventId(), task}}
	default:
		return nil
	}
}
