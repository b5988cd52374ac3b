// Package payloadtest has the keys under which the recorded histories are sealed, for the tests of what reads them.
package payloadtest

import (
	_ "embed" // the key
	"fmt"
	"os"

	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

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
