// Package runs knows the runs of workflows as evidence: what a history says of itself, how it is kept,
// and what of its events somebody may read.
package runs

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"

	"koko/domain/ags"
	"koko/domain/file"
	"koko/kinds"
)

// A Status says what became of a run.
type Status string

// The statuses.
const (
	Open       Status = "open"
	Continued  Status = "continued"
	Completed  Status = "completed"
	Failed     Status = "failed"
	Cancelled  Status = "cancelled"
	Terminated Status = "terminated"
	TimedOut   Status = "timed_out"
)

func (Status) Values() []Status {
	return []Status{Open, Continued, Completed, Failed, Cancelled, Terminated, TimedOut}
}

// A Run is one run of the workflow of a file.
type Run struct {
	Kind       file.Kind
	FileID     string
	AGS        ags.Key // of the file when the run began
	WorkflowID string
	ID         string
	Prior      string // the run before; empty: there is none
	Next       string // the run that it continued as, if it did
	Began      time.Time
	Ended      time.Time // zero: it has not
	Status     Status
	Events     int
}

// History is the events of a run, as the engine has them.
type History = history.History

// An ID names a run.
type ID struct{ WorkflowID, RunID string }

var workflowOfFile = regexp.MustCompile(`^([a-z_]+)-([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$`)

// FileOf reads the id of a file's workflow.
func FileOf(workflowID string) (kind file.Kind, fileID string, err error) {
	m := workflowOfFile.FindStringSubmatch(workflowID)
	if m != nil {
		if _, known := kinds.Of(file.Kind(m[1])); known {
			return file.Kind(m[1]), m[2], nil
		}
	}
	return "", "", fmt.Errorf("%q is not the workflow of a file", workflowID)
}

// Of reads from its history, its payloads open, what a run is.
func Of(workflowID, runID string, h *history.History) (r Run, err error) {
	r = Run{WorkflowID: workflowID, ID: runID, Status: Open, Events: len(h.GetEvents())}
	if r.Kind, r.FileID, err = FileOf(workflowID); err != nil {
		return r, err
	}
	if len(h.GetEvents()) == 0 {
		return r, fmt.Errorf("run %s of %s has no events", runID, workflowID)
	}
	first, last := h.Events[0], h.Events[len(h.Events)-1]
	began := first.GetWorkflowExecutionStartedEventAttributes()
	if began == nil {
		return r, fmt.Errorf("run %s of %s does not begin with its beginning", runID, workflowID)
	}
	r.Prior, r.Began = began.GetContinuedExecutionRunId(), first.GetEventTime().AsTime()
	var state struct {
		AGS ags.Key `json:"ags"`
	}
	if err := read(began.GetInput(), &state); err != nil {
		return r, fmt.Errorf("run %s of %s: %w", runID, workflowID, err)
	}
	r.AGS = state.AGS
	if status, ended := endings[last.GetEventType()]; ended {
		r.Status, r.Ended = status, last.GetEventTime().AsTime()
		r.Next = last.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId()
	}
	return r, nil
}

var endings = map[enums.EventType]Status{
	enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: Continued,
	enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:        Completed,
	enums.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:           Failed,
	enums.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:         Cancelled,
	enums.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:       Terminated,
	enums.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:        TimedOut,
}

var statuses = map[enums.WorkflowExecutionStatus]Status{
	enums.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW: Continued,
	enums.WORKFLOW_EXECUTION_STATUS_COMPLETED:        Completed,
	enums.WORKFLOW_EXECUTION_STATUS_FAILED:           Failed,
	enums.WORKFLOW_EXECUTION_STATUS_CANCELED:         Cancelled,
	enums.WORKFLOW_EXECUTION_STATUS_TERMINATED:       Terminated,
	enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:        TimedOut,
}

// StatusOf returns what the engine says became of a run.
func StatusOf(s enums.WorkflowExecutionStatus) Status {
	if status, ended := statuses[s]; ended {
		return status
	}
	return Open
}

// read decodes what a workflow was given or has answered first.
func read(ps *common.Payloads, into any) error {
	if len(ps.GetPayloads()) == 0 {
		return fmt.Errorf("there is nothing to read")
	}
	p := ps.Payloads[0]
	if string(p.GetMetadata()["encoding"]) != "json/plain" {
		return fmt.Errorf("encoding %q is not ours", p.GetMetadata()["encoding"])
	}
	return json.Unmarshal(p.GetData(), into)
}

// WorkflowOf is the id of a file's workflow.
func WorkflowOf(k file.Kind, fileID string) string { return string(k) + "-" + fileID }
