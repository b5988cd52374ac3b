// Package historytest has files of every kind with the histories that the engine would have of them, for
// the tests of what reads histories.
package historytest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/update/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"koko/activities"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/internal/recordtest"
	"koko/workflows"
)

// A Step is a command, who gives it and when.
type Step struct {
	By      string
	At      time.Time
	Command file.Command
}

// A File is one with all that is known of it.
type File struct {
	Kind        *file.Definition
	ID          string
	Steps       []Step
	States      []file.State // after each step
	Transitions []activities.Transition
	Runs        []*history.History // the oldest first, their payloads open
}

// Walk is a file that went steps. It panics at the first refusal: the tests of others rely on the way.
func Walk(k *file.Definition, id string, in ags.Key, steps ...Step) File {
	f := File{Kind: k, ID: id, Steps: steps}
	state := k.Fresh(id, in)
	w := &writer{kind: k, now: steps[0].At}
	w.begin(state, "")
	for _, s := range steps {
		next, err := k.Decide(state, s.Command, s.By, s.At)
		if err != nil {
			panic(fmt.Sprintf("historytest: %s of a %s in phase %q: %v", s.Command.Action(), k.Kind, state.Head().Phase, err))
		}
		t := recordtest.Transition(k.Kind, commandID(s.Command, state.Head().Version), s.By, s.Command, next)
		t.Salt = uuid.NewSHA1(uuid.NameSpaceOID, []byte(id+t.CommandID)).String()
		w.now = s.At
		w.tell(s, t)
		if k.Stretch(next.Head().Phase) != k.Stretch(state.Head().Phase) {
			w.goOn(next)
		}
		f.States, f.Transitions, state = append(f.States, next), append(f.Transitions, t), next
	}
	f.Runs = append(w.runs, &history.History{Events: w.events})
	return f
}

// Last is the state after all steps.
func (f File) Last() file.State { return f.States[len(f.States)-1] }

// RunID is the id of a run.
func (f File) RunID(i int) string {
	return f.Runs[i].Events[0].GetWorkflowExecutionStartedEventAttributes().GetOriginalExecutionRunId()
}

func commandID(cmd file.Command, version int) string {
	if d, ok := cmd.(file.DeadlinePassed); ok {
		return fmt.Sprintf("deadline-%s-after-%d", d.Deadline.Kind, version)
	}
	return fmt.Sprintf("k%d", version+1)
}

// A writer writes histories as the engine does, as far as anybody reads them.
type writer struct {
	kind   *file.Definition
	now    time.Time
	run    string
	events []*history.HistoryEvent
	runs   []*history.History
	task   int64 // that was completed last
}

func (w *writer) begin(state file.State, prior string) {
	w.run = uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s/%d", state.Head().ID, len(w.runs))).String()
	w.events = nil
	w.add(enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED).Attributes = &history.HistoryEvent_WorkflowExecutionStartedEventAttributes{
		WorkflowExecutionStartedEventAttributes: &history.WorkflowExecutionStartedEventAttributes{
			WorkflowType: &common.WorkflowType{Name: w.kind.Workflow}, Input: payloads(state),
			OriginalExecutionRunId: w.run, ContinuedExecutionRunId: prior,
		},
	}
	w.work()
}

// goOn ends the run with the one after it.
func (w *writer) goOn(state file.State) {
	prior, e := w.run, w.add(enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW)
	w.runs = append(w.runs, &history.History{Events: w.events})
	task := w.task
	w.begin(state, prior)
	e.Attributes = &history.HistoryEvent_WorkflowExecutionContinuedAsNewEventAttributes{
		WorkflowExecutionContinuedAsNewEventAttributes: &history.WorkflowExecutionContinuedAsNewEventAttributes{
			NewExecutionRunId: w.run, WorkflowType: &common.WorkflowType{Name: w.kind.Workflow},
			Input: payloads(state), WorkflowTaskCompletedEventId: task,
		},
	}
}

func (w *writer) add(t enums.EventType) *history.HistoryEvent {
	e := &history.HistoryEvent{EventId: int64(len(w.events) + 1), EventType: t, EventTime: timestamppb.New(w.now)}
	w.events = append(w.events, e)
	return e
}

// work is a task of the workflow.
func (w *writer) work() {
	scheduled := w.add(enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED)
	started := w.add(enums.EVENT_TYPE_WORKFLOW_TASK_STARTED)
	started.Attributes = &history.HistoryEvent_WorkflowTaskStartedEventAttributes{
		WorkflowTaskStartedEventAttributes: &history.WorkflowTaskStartedEventAttributes{ScheduledEventId: scheduled.EventId},
	}
	completed := w.add(enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
	completed.Attributes = &history.HistoryEvent_WorkflowTaskCompletedEventAttributes{
		WorkflowTaskCompletedEventAttributes: &history.WorkflowTaskCompletedEventAttributes{
			ScheduledEventId: scheduled.EventId, StartedEventId: started.EventId,
		},
	}
	w.task = completed.EventId
}

// tell writes a command and what it led to: people send Updates, other workflows signals, and a deadline
// passes by itself. A file begins with an Update, whoever begins it.
func (w *writer) tell(s Step, t activities.Transition) {
	_, timed := s.Command.(file.DeadlinePassed)
	c, _ := w.kind.CommandOf(t.Action)
	switch {
	case timed:
		w.work()
		w.save(t)
	case s.By == file.System && !c.Begins:
		letter, err := file.Write(s.Command)
		must(err)
		w.add(enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED).Attributes = &history.HistoryEvent_WorkflowExecutionSignaledEventAttributes{
			WorkflowExecutionSignaledEventAttributes: &history.WorkflowExecutionSignaledEventAttributes{
				SignalName: workflows.Tell, Input: payloads(workflows.Message{ID: t.CommandID, Letter: letter}),
			},
		}
		w.work()
		w.save(t)
	default:
		w.work()
		w.update(s, t)
	}
}

func (w *writer) update(s Step, t activities.Transition) {
	raw, err := json.Marshal(s.Command)
	must(err)
	meta := &update.Meta{UpdateId: t.CommandID}
	accepted := w.add(enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED)
	accepted.Attributes = &history.HistoryEvent_WorkflowExecutionUpdateAcceptedEventAttributes{
		WorkflowExecutionUpdateAcceptedEventAttributes: &history.WorkflowExecutionUpdateAcceptedEventAttributes{
			ProtocolInstanceId: t.CommandID,
			AcceptedRequest: &update.Request{Meta: meta, Input: &update.Input{
				Name: workflows.Entry, Args: payloads(workflows.Request{Action: t.Action, By: s.By, Command: raw}),
			}},
		},
	}
	w.save(t)
	completed := w.add(enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED)
	completed.Attributes = &history.HistoryEvent_WorkflowExecutionUpdateCompletedEventAttributes{
		WorkflowExecutionUpdateCompletedEventAttributes: &history.WorkflowExecutionUpdateCompletedEventAttributes{
			Meta: meta, AcceptedEventId: accepted.EventId,
			Outcome: &update.Outcome{Value: &update.Outcome_Success{Success: payloads(workflows.Answer{Digest: t.Digest, State: t.State})}},
		},
	}
}

// save is the local activity that records.
func (w *writer) save(t activities.Transition) {
	w.add(enums.EVENT_TYPE_MARKER_RECORDED).Attributes = &history.HistoryEvent_MarkerRecordedEventAttributes{
		MarkerRecordedEventAttributes: &history.MarkerRecordedEventAttributes{
			MarkerName: "LocalActivity", WorkflowTaskCompletedEventId: w.task,
			Details: map[string]*common.Payloads{
				"data":   payloads(struct{ ActivityType string }{"SaveTransition"}),
				"result": payloads([]activities.Transition{t}),
			},
		},
	}
}

func payloads(v any) *common.Payloads {
	ps, err := converter.GetDefaultDataConverter().ToPayloads(v)
	must(err)
	return ps
}

func must(err error) {
	if err != nil {
		panic("historytest: " + err.Error())
	}
}
