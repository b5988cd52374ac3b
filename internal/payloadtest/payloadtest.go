// Package payloadtest has the keys under which the recorded histories are sealed, for the tests of what reads them.
package payloadtest

import (
	"bytes"
	_ "embed" // the key
	"fmt"
	"os"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"koko/internal/payload"
	"koko/internal/vault"
)

//go:embed master-key.json
var masterKey []byte

// Codec seals as the recorder did. It panics if its own key is broken.
func Codec() *payload.Codec {
	master, err := vault.Parse(masterKey)
	if err != nil {
		panic("payloadtest: " + err.Error())
	}
	return payload.New(master.Payloads())
}

// Read returns a recorded history, as the engine had it.
func Read(path string) (*history.History, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	h, err := client.HistoryFromJSON(f, client.HistoryJSONOptions{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

// Open returns a recorded history with its payloads open.
func Open(path string) (*history.History, error) {
	h, err := Read(path)
	if err != nil {
		return nil, err
	}
	return Codec().Open(WorkflowID(h), h)
}

// WorkflowID is the workflow that a history is of, by its own account.
func WorkflowID(h *history.History) string {
	return h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowId()
}

// Outside is what can be read of a history without a key: everything but the sealed bytes.
func Outside(h *history.History) []byte {
	h = proto.CloneOf(h)
	Each(h, func(p *common.Payload) {
		if string(p.GetMetadata()["encoding"]) == payload.Encoding {
			p.Data = nil
		}
	})
	b, err := proto.Marshal(h)
	if err != nil {
		panic("payloadtest: " + err.Error())
	}
	return bytes.ReplaceAll(b, []byte("request-from-RespondWorkflowTaskCompleted"), nil) // the server's own words
}

// Each does something with every payload of a history.
func Each(h *history.History, do func(*common.Payload)) { each(h.ProtoReflect(), do) }

func each(m protoreflect.Message, do func(*common.Payload)) {
	if p, ok := m.Interface().(*common.Payload); ok {
		do(p)
		return
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap() && f.MapValue().Message() != nil:
			v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool { each(v.Message(), do); return true })
		case f.IsMap() || f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				each(v.List().Get(i).Message(), do)
			}
		default:
			each(v.Message(), do)
		}
		return true
	})
}
