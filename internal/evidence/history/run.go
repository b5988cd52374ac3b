package history

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/update/v1"

	"koko/domain/fault"
	"koko/domain/file"
	"koko/workflows"
)

// A Run is one run of a file's workflow, as its history tells it.
type Run struct {
	ID          string
	File        string // id of the file, from the state that the run began with or came to
	Prior, Next string // the runs before and after, if the history names them
	Version     int    // that the run began with
	Begun       time.Time
	Ended       string // "", while it goes on: continued, completed, terminated, …
	Transitions []Transition
	Steps       []Step
	Flaws       []Flaw

	state   json.RawMessage // that the run began with
	carried json.RawMessage // that it went on with
	echoes  []Transition    // told once more, from before the run
}

// slack is how far the clocks of two machines may lie apart.
const slack = time.Minute

// ReadRun reads the history of one run of a file of a kind. id may be empty: the history knows it.
func ReadRun(k *file.Definition, id string, h *history.History) Run {
	r := &reader{kind: k, run: Run{ID: id}, pending: map[int64]int{}}
	events := h.GetEvents()
	if len(events) == 0 || !r.begin(events[0]) {
		r.flaw(NotBegun, 1, 0)
		return r.run
	}
	r.order(events)
	for _, e := range events[1:] {
		r.read(e)
	}
	r.end()
	return r.run
}

// reader goes through the events of a run.
type reader struct {
	kind    *file.Definition
	run     Run
	version int
	last    Transition
	pending map[int64]int // from the event that accepted an Update to its step
}

func (r *reader) flaw(what FlawKind, event int64, version int) {
	r.run.Flaws = append(r.run.Flaws, Flaw{What: what, Run: r.run.ID, Event: event, Version: version})
}

func (r *reader) begin(e *history.HistoryEvent) bool {
	a := e.GetWorkflowExecutionStartedEventAttributes()
	if a == nil || a.GetWorkflowType().GetName() != r.kind.Workflow {
		return false
	}
	if r.run.ID == "" {
		r.run.ID = a.GetOriginalExecutionRunId()
	}
	r.run.Prior, r.run.Begun = a.GetContinuedExecutionRunId(), e.GetEventTime().AsTime()
	raw, ok := only(a.GetInput())
	state, f, err := stateOf(r.kind, raw)
	if !ok || err != nil {
		r.flaw(Unreadable, e.GetEventId(), 0)
		return true
	}
	r.run.state, r.run.File, r.run.Version, r.version = state, f.ID, f.Version, f.Version
	r.last = Transition{Version: f.Version, At: f.Changed, State: state}
	return true
}

func (r *reader) read(e *history.HistoryEvent) {
	switch e.GetEventType() {
	case enums.EVENT_TYPE_MARKER_RECORDED:
		r.marker(e)
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
		r.accepted(e)
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
		r.completed(e)
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
		r.told(e)
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
		a := e.GetWorkflowExecutionContinuedAsNewEventAttributes()
		r.run.Ended, r.run.Next = "continued", a.GetNewExecutionRunId()
		raw, ok := only(a.GetInput())
		state, _, err := stateOf(r.kind, raw)
		if !ok || err != nil {
			r.flaw(Unreadable, e.GetEventId(), 0)
			return
		}
		if r.run.carried = state; !bytes.Equal(state, r.last.State) {
			r.flaw(Carried, e.GetEventId(), r.version)
		}
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		r.run.Ended = "completed"
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
		r.run.Ended = "terminated"
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		r.run.Ended = "failed"
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
		r.run.Ended = "timed_out"
	case enums.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		r.run.Ended = "canceled"
	}
}

// marker reads what a local activity returned: what is recorded beyond the version of the workflow,
// and perhaps what a repeated command led to before.
func (r *reader) marker(e *history.HistoryEvent) {
	a := e.GetMarkerRecordedEventAttributes()
	if a.GetMarkerName() != "LocalActivity" {
		return
	}
	data, ok := only(a.GetDetails()["data"])
	var about struct{ ActivityType string }
	if !ok || json.Unmarshal(data, &about) != nil || !slices.Contains([]string{saves, reads, reminds}, about.ActivityType) {
		r.flaw(Unreadable, e.GetEventId(), 0)
		return
	}
	if a.GetFailure() != nil || about.ActivityType == reminds { // that people were told decides nothing
		return
	}
	raw, ok := only(a.GetDetails()["result"])
	ts, err := recorded(r.kind, raw)
	if !ok || err != nil {
		r.flaw(Unreadable, e.GetEventId(), 0)
		return
	}
	for _, t := range ts {
		t.Run, t.Event = r.run.ID, e.GetEventId()
		r.adopt(t, e.GetEventTime().AsTime(), len(ts) == 1 && about.ActivityType == saves)
	}
}

// adopt does as the workflow does. alone says that t was to be recorded, and nothing else stood there.
func (r *reader) adopt(t Transition, told time.Time, alone bool) {
	if t.Version <= r.version {
		if !r.known(t) {
			r.flaw(Fork, t.Event, t.Version)
		}
		return
	}
	if t.Version != r.version+1 {
		r.flaw(Gap, t.Event, r.version+1)
	}
	if _, f, _ := stateOf(r.kind, t.State); r.run.File == "" {
		r.run.File = f.ID
	} else if f.ID != r.run.File {
		r.flaw(Carried, t.Event, t.Version)
	}
	if slices.ContainsFunc(r.run.Transitions, func(o Transition) bool { return o.CommandID == t.CommandID }) {
		r.flaw(Fork, t.Event, t.Version)
	}
	s, ok := step(r.run.Steps, t.CommandID)
	if t.At.After(told.Add(slack)) || ok && t.At.Add(slack).Before(r.last.At) {
		r.flaw(Untimely, t.Event, t.Version)
	}
	// A crash loses Updates, but no signal: what a workflow was told it was told by an event.
	if ok && !asked(s, t, alone) || !ok && alone && t.By == file.System && !timed(t) {
		r.flaw(Asked, t.Event, t.Version)
	}
	r.run.Transitions = append(r.run.Transitions, t)
	r.version, r.last = t.Version, t
}

// known reports whether t agrees with what is known of its version already. What a run of before
// told is compared when the runs are put together.
func (r *reader) known(t Transition) bool {
	for _, o := range r.run.Transitions {
		if o.Version == t.Version {
			return same(o, t)
		}
	}
	if t.Version == r.run.Version && !bytes.Equal(t.State, r.run.state) {
		return false
	}
	r.run.echoes = append(r.run.echoes, t)
	return true
}

func same(a, b Transition) bool {
	return a.CommandID == b.CommandID && a.Action == b.Action && a.By == b.By && a.Digest == b.Digest && a.Salt == b.Salt &&
		bytes.Equal(a.State, b.State) && sameDocs(a.Docs, b.Docs)
}

func sameDocs(a, b []file.Doc) bool {
	return slices.EqualFunc(a, b, func(a, b file.Doc) bool {
		return a.ID == b.ID && a.Action == b.Action && a.Compartment == b.Compartment && a.Digest == b.Digest && slices.Equal(a.Fields, b.Fields)
	})
}

// asked reports whether a transition is that of the command. What the caller had seen counts if the
// transition was decided on this very command: sent once more, it may name another version.
func asked(s Step, t Transition, alone bool) bool {
	return s.Action == t.Action && s.By == t.By && file.Digest(s.Command) == t.Digest && sameDocs(s.Command.References(), t.Docs) &&
		(s.Seen == 0 || s.Seen == t.Version-1 || !alone)
}

func step(steps []Step, id string) (Step, bool) {
	i := slices.IndexFunc(steps, func(s Step) bool { return s.CommandID == id && s.Command != nil })
	if i < 0 {
		return Step{}, false
	}
	return steps[i], true
}

func (r *reader) accepted(e *history.HistoryEvent) {
	a := e.GetWorkflowExecutionUpdateAcceptedEventAttributes()
	request := a.GetAcceptedRequest()
	s := Step{
		Run: r.run.ID, Event: e.GetEventId(), At: e.GetEventTime().AsTime(),
		CommandID: a.GetProtocolInstanceId(),
	}
	if request.GetMeta().GetUpdateId() != s.CommandID || request.GetInput().GetName() != workflows.Entry || !r.open(request, &s) {
		r.flaw(Unreadable, e.GetEventId(), 0)
	}
	r.pending[e.GetEventId()] = len(r.run.Steps)
	r.run.Steps = append(r.run.Steps, s)
}

func (r *reader) open(request *update.Request, s *Step) bool {
	var q workflows.Request
	raw, ok := only(request.GetInput().GetArgs())
	if !ok || json.Unmarshal(raw, &q) != nil {
		return false
	}
	if s.Action = q.Action; s.Action == workflows.CatchUp {
		return true
	}
	cmd, err := r.kind.Command(s.Action, q.Command)
	if err != nil {
		return false
	}
	s.By, s.Seen, s.Command = q.By, q.Seen, cmd
	return true
}

// told reads what another workflow said.
func (r *reader) told(e *history.HistoryEvent) {
	a := e.GetWorkflowExecutionSignaledEventAttributes()
	var m workflows.Message
	raw, ok := only(a.GetInput())
	if a.GetSignalName() != workflows.Tell || !ok || json.Unmarshal(raw, &m) != nil {
		r.flaw(Unreadable, e.GetEventId(), 0)
		return
	}
	cmd, err := r.kind.Command(m.Action, m.Command)
	if err != nil { // the workflow logs it and goes on
		cmd = nil
	}
	r.run.Steps = append(r.run.Steps, Step{
		Run: r.run.ID, Event: e.GetEventId(), At: e.GetEventTime().AsTime(),
		CommandID: m.ID, Action: m.Action, By: file.System, Told: true, Command: cmd,
	})
}

// completed compares the answer to an Update with what it led to.
func (r *reader) completed(e *history.HistoryEvent) {
	a := e.GetWorkflowExecutionUpdateCompletedEventAttributes()
	i, ok := r.pending[a.GetAcceptedEventId()]
	if !ok || a.GetMeta().GetUpdateId() != r.run.Steps[i].CommandID {
		r.flaw(Answered, e.GetEventId(), 0)
		return
	}
	s := &r.run.Steps[i]
	if failed := a.GetOutcome().GetFailure(); failed != nil {
		s.Refused = refusal(failed.GetApplicationFailureInfo().GetDetails(), failed.GetMessage())
		return
	}
	var answer struct {
		Digest string          `json:"digest"`
		State  json.RawMessage `json:"state"`
	}
	raw, ok := only(a.GetOutcome().GetSuccess())
	if !ok || json.Unmarshal(raw, &answer) != nil {
		r.flaw(Unreadable, e.GetEventId(), 0)
		return
	}
	state, _, err := stateOf(r.kind, answer.State)
	t := Transition{Version: r.version, State: r.last.State} // what the file catches up to has no command
	if s.Command != nil {
		t, ok = r.of(s.CommandID)
	}
	if err != nil || !ok || answer.Digest != t.Digest || !bytes.Equal(state, t.State) {
		r.flaw(Answered, e.GetEventId(), t.Version)
	}
}

// of returns what a command led to, in this run or before.
func (r *reader) of(id string) (Transition, bool) {
	for _, ts := range [][]Transition{r.run.Transitions, r.run.echoes} {
		if i := slices.IndexFunc(ts, func(t Transition) bool { return t.CommandID == id }); i >= 0 {
			return ts[i], true
		}
	}
	return Transition{}, false
}

func refusal(details *common.Payloads, message string) *fault.Error {
	f := &fault.Error{Code: fault.Internal, Message: message}
	if raw, ok := only(details); ok {
		_ = json.Unmarshal(raw, f)
	}
	return f
}

// only is the one payload of ps, as JSON.
func only(ps *common.Payloads) (json.RawMessage, bool) {
	if len(ps.GetPayloads()) != 1 {
		return nil, false
	}
	p := ps.GetPayloads()[0]
	switch string(p.GetMetadata()["encoding"]) {
	case "json/plain":
		return p.GetData(), json.Valid(p.GetData())
	case "binary/null":
		return json.RawMessage("null"), true
	default:
		return nil, false
	}
}

// end looks at what the whole run says.
func (r *reader) end() {
	if r.run.Ended != "continued" {
		return
	}
	if r.run.Next == "" {
		r.flaw(NotEnded, 0, r.version)
	}
}
