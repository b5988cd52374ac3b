package runs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/failure/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"koko/domain/file"
)

// An Event is one event of a history, as somebody may read it.
type Event struct {
	ID         int64 // 0: it would tell how much lies between
	At         time.Time
	Type       string
	Attributes json.RawMessage // empty: nothing more is told
	Neutral    bool            // it takes the place of what is veiled
}

// A Lens is how much of a history somebody may read.
type Lens struct {
	Whole bool // everything, payloads decoded
	// Kind and Lifted say of which commands nothing is told but that something happened: those whose veil the
	// reader's acts do not lift. The sizes of states, the numbers of events and the timers that follow from
	// such commands would tell, too: from the first of them on a run shows neither, nor does a run that began
	// with what they left in the state.
	Kind   *file.Definition
	Lifted []string
}

// veiled reports whether something is veiled from the reader.
func (l Lens) veiled(veil string) bool { return veil != "" && !slices.Contains(l.Lifted, veil) }

// Events returns the events of a history, its payloads open, through a lens.
func Events(h *history.History, l Lens) ([]Event, error) {
	if l.Whole {
		return each(h.GetEvents(), whole)
	}
	if !slices.ContainsFunc(l.Kind.Veils(), l.veiled) {
		return each(h.GetEvents(), withheld)
	}
	v := &veil{Lens: l, updates: map[string]bool{}, drawn: l.afterwards(h)}
	for _, group := range groups(h.GetEvents()) {
		if err := v.add(group); err != nil {
			return nil, err
		}
	}
	return v.events, nil
}

func each(events []*history.HistoryEvent, show func(*history.HistoryEvent) (Event, error)) ([]Event, error) {
	var all []Event
	for _, e := range events {
		shown, err := show(e)
		if err != nil {
			return nil, err
		}
		all = append(all, shown)
	}
	return all, nil
}

// whole shows an event with its payloads decoded.
func whole(e *history.HistoryEvent) (Event, error) {
	attributes, err := attributes(e)
	return Event{ID: e.GetEventId(), At: e.GetEventTime().AsTime(), Type: e.GetEventType().String(), Attributes: attributes}, err
}

// withheld shows an event without what its payloads and failures say, but for the name of a command.
func withheld(e *history.HistoryEvent) (Event, error) {
	e = proto.Clone(e).(*history.HistoryEvent)
	if a := e.GetWorkflowExecutionUpdateAcceptedEventAttributes(); a != nil {
		a.GetAcceptedRequest().GetInput().Name = string(action(a))
	}
	withhold(e.ProtoReflect())
	return whole(e)
}

// action returns which command an Update brought: its name is the same for all.
func action(a *history.WorkflowExecutionUpdateAcceptedEventAttributes) file.Action {
	var r request
	if err := read(a.GetAcceptedRequest().GetInput().GetArgs(), &r); err != nil {
		return ""
	}
	return r.Action
}

// attributes returns what an event says, as JSON, with what a person would read in the engine's own
// pages of its metadata.
func attributes(e *history.HistoryEvent) (json.RawMessage, error) {
	marshal := temporalproto.CustomJSONMarshalOptions{Metadata: map[string]any{common.EnablePayloadShorthandMetadataKey: true}}
	b, err := marshal.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("event %d: %w", e.GetEventId(), err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, fmt.Errorf("event %d: %w", e.GetEventId(), err)
	}
	said := map[string]json.RawMessage{}
	for name, value := range fields {
		if strings.HasSuffix(name, "EventAttributes") {
			if err := json.Unmarshal(value, &said); err != nil {
				return nil, fmt.Errorf("event %d: %w", e.GetEventId(), err)
			}
		}
	}
	if metadata, ok := fields["userMetadata"]; ok {
		said["userMetadata"] = metadata
	}
	return json.Marshal(said)
}

// withhold takes what they say out of the payloads in m, out of failures and the names of other workflows. Nor is a
// payload's size or digest told: of the few things that a command can say, they would tell which.
func withhold(m protoreflect.Message) {
	switch v := m.Interface().(type) {
	case *common.Payload:
		v.Metadata, v.Data = map[string][]byte{"encoding": []byte("json/plain")}, []byte(`{"payload": "withheld"}`)
		return
	case *failure.Failure:
		proto.Reset(v)
		v.Message = "withheld"
		return
	case *common.WorkflowExecution: // another file's: its id would reveal too much
		v.WorkflowId, v.RunId = "withheld", ""
		return
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap():
			if f.MapValue().Kind() == protoreflect.MessageKind {
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool { withhold(v.Message()); return true })
			}
		case f.Kind() != protoreflect.MessageKind:
		case f.IsList():
			for i := range v.List().Len() {
				withhold(v.List().Get(i).Message())
			}
		default:
			withhold(v.Message())
		}
		return true
	})
}

// groups are the events as they came: what one workflow task has led to stays together.
func groups(events []*history.HistoryEvent) (all [][]*history.HistoryEvent) {
	inTask := false
	for _, e := range events {
		done := Done(e.GetEventType())
		if done && inTask {
			all[len(all)-1] = append(all[len(all)-1], e)
			continue
		}
		all = append(all, []*history.HistoryEvent{e})
		inTask = done
	}
	return all
}

// Done reports whether an event is what a workflow did in the task before it, and not what came from
// elsewhere.
func Done(t enums.EventType) bool {
	switch t {
	case enums.EVENT_TYPE_MARKER_RECORDED, enums.EVENT_TYPE_TIMER_STARTED, enums.EVENT_TYPE_TIMER_CANCELED,
		enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
		enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, enums.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED,
		enums.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, enums.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
		enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
		enums.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
		enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		return true
	}
	return false
}

// A veil shows a file to somebody from whom something of it is veiled (§ 4 MediationsG).
type veil struct {
	Lens
	updates map[string]bool // ids of veiled ones
	drawn   bool
	events  []Event
}

func (v *veil) add(group []*history.HistoryEvent) error {
	hidden := false
	for _, e := range group {
		hidden = v.hides(e) || hidden
	}
	if hidden {
		v.drawn = true
		v.events = append(v.events, Event{At: group[0].GetEventTime().AsTime(), Neutral: true})
		return nil
	}
	for _, e := range group {
		if !v.drawn {
			shown, err := withheld(e)
			if err != nil {
				return err
			}
			v.events = append(v.events, shown)
		} else if !timed[e.GetEventType()] {
			v.events = append(v.events, outline(e))
		}
	}
	return nil
}

var timed = map[enums.EventType]bool{
	enums.EVENT_TYPE_TIMER_STARTED: true, enums.EVENT_TYPE_TIMER_CANCELED: true, enums.EVENT_TYPE_TIMER_FIRED: true,
}

// outline shows that an event happened, and which command an Update brought.
func outline(e *history.HistoryEvent) Event {
	o := Event{At: e.GetEventTime().AsTime(), Type: e.GetEventType().String()}
	if a := e.GetWorkflowExecutionUpdateAcceptedEventAttributes(); a != nil {
		o.Attributes, _ = json.Marshal(map[string]file.Action{"name": action(a)}) // of these types it cannot fail
	}
	return o
}

// hides reports whether an event belongs to a veiled command. What cannot be read might.
func (v *veil) hides(e *history.HistoryEvent) bool {
	asked := e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest()
	if admitted := e.GetWorkflowExecutionUpdateAdmittedEventAttributes().GetRequest(); admitted != nil {
		asked = admitted
	}
	if asked != nil && v.secret(asked.GetInput().GetArgs()) {
		v.updates[asked.GetMeta().GetUpdateId()] = true
		return true
	}
	if a := e.GetWorkflowExecutionUpdateCompletedEventAttributes(); a != nil {
		return v.updates[a.GetMeta().GetUpdateId()]
	}
	if a := e.GetMarkerRecordedEventAttributes(); a != nil {
		return v.recorded(a)
	}
	return false
}

// A request is the argument of an Update, as far as it is read here.
type request struct {
	Action  file.Action
	Command json.RawMessage
}

// secret reports whether a command is veiled: by what it is, or by where it files words.
func (v *veil) secret(args *common.Payloads) bool {
	var r request
	if read(args, &r) != nil || v.veiled(v.Kind.Veil(r.Action, nil)) {
		return true
	}
	if c, ok := v.Kind.CommandOf(r.Action); !ok || c.VeiledBy == "" {
		return false
	}
	var filed file.Docs
	return json.Unmarshal(r.Command, &filed) != nil || v.veiled(v.Kind.Veil(r.Action, filed.Docs))
}

// recorded reports whether a marker holds a veiled decision.
func (v *veil) recorded(a *history.MarkerRecordedEventAttributes) bool {
	result, ok := a.GetDetails()["result"]
	if !ok || len(result.GetPayloads()) == 0 {
		return false
	}
	type decision struct {
		Action file.Action
		Docs   []file.Doc
	}
	var ds []decision
	if read(result, &ds) != nil {
		return true
	}
	return slices.ContainsFunc(ds, func(t decision) bool {
		return v.veiled(v.Kind.Veil(t.Action, t.Docs))
	})
}

// afterwards reports whether a run began with something veiled in the state.
func (l Lens) afterwards(h *history.History) bool {
	if len(h.GetEvents()) == 0 {
		return false
	}
	var raw json.RawMessage
	if read(h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetInput(), &raw) != nil {
		return true
	}
	s, err := l.Kind.Decode(raw)
	return err != nil || l.Kind.Veiling(s)
}
