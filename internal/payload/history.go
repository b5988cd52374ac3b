package payload

import (
	"errors"
	"fmt"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/failure/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Unreadable is the encoding of what takes the place of a payload that does not open.
const Unreadable = "binary/unreadable"

// Open returns the history of a workflow with its payloads opened. One that does not open, because it was changed or
// was never sealed, is replaced by one that nobody takes for ours and that says why. It is an error if the master key
// does not have a payload's key, except where a worker with a foreign key said why it could not go on.
func (c *Codec) Open(workflowID string, sealed *history.History) (*history.History, error) {
	h := proto.CloneOf(sealed)
	err := walk(workflowID, h, func(e *history.HistoryEvent, of string, p *common.Payload) error {
		plain, err := c.of(of).open(p)
		if _, missing := errors.AsType[*UnknownKeyError](err); missing && e.GetEventType() != enums.EVENT_TYPE_WORKFLOW_TASK_FAILED {
			return err
		}
		if err != nil {
			plain = &common.Payload{Metadata: map[string][]byte{converter.MetadataEncoding: []byte(Unreadable), "reason": []byte(err.Error())}}
		}
		replace(p, plain)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, e := range h.GetEvents() {
		reveal(e.ProtoReflect())
	}
	return h, nil
}

// Seal returns a history as the engine would have it of a workflow with this codec, from one with its payloads open. It is
// for what writes histories without an engine.
func (c *Codec) Seal(workflowID string, open *history.History) (*history.History, error) {
	h := proto.CloneOf(open)
	return h, walk(workflowID, h, func(_ *history.HistoryEvent, of string, p *common.Payload) error {
		sealed, err := c.of(of).seal(p)
		if err == nil {
			replace(p, sealed)
		}
		return err
	})
}

func replace(p, by *common.Payload) { p.Metadata, p.Data = by.Metadata, by.Data }

// walk does something with each payload of a history that the codec serves, in an event and bound to a workflow.
func walk(workflowID string, h *history.History, do func(in *history.HistoryEvent, of string, p *common.Payload) error) error {
	for _, e := range h.GetEvents() {
		of := workflowID
		if a := e.GetSignalExternalWorkflowExecutionInitiatedEventAttributes(); a != nil {
			of = a.GetWorkflowExecution().GetWorkflowId() // who is told opens it
		}
		if err := payloads(e.ProtoReflect(), func(p *common.Payload) error { return do(e, of, p) }); err != nil {
			return fmt.Errorf("event %d of %s: %w", e.GetEventId(), workflowID, err)
		}
	}
	return nil
}

// payloads does something with each payload in m, except those that no codec sees: the server reads them.
func payloads(m protoreflect.Message, do func(*common.Payload) error) error {
	switch v := m.Interface().(type) {
	case *common.Payload:
		return do(v)
	case *common.SearchAttributes, *common.Header:
		return nil
	}
	return messages(m, func(m protoreflect.Message) error { return payloads(m, do) })
}

// reveal puts what failures say, once it is opened, where they say it.
func reveal(m protoreflect.Message) {
	if f, ok := m.Interface().(*failure.Failure); ok && f.GetEncodedAttributes() != nil {
		converter.DecodeCommonFailureAttributes(converter.GetDefaultDataConverter(), f)
		if string(f.EncodedAttributes.GetMetadata()[converter.MetadataEncoding]) != Unreadable {
			f.EncodedAttributes = nil
		}
	}
	_ = messages(m, func(m protoreflect.Message) error { reveal(m); return nil })
}

// messages does something with each message in the fields of m.
func messages(m protoreflect.Message, do func(protoreflect.Message) error) (err error) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap():
			if f.MapValue().Kind() == protoreflect.MessageKind {
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					err = do(v.Message())
					return err == nil
				})
			}
		case f.Kind() != protoreflect.MessageKind:
		case f.IsList():
			for i := 0; i < v.List().Len() && err == nil; i++ {
				err = do(v.List().Get(i).Message())
			}
		default:
			err = do(v.Message())
		}
		return err == nil
	})
	return err
}
