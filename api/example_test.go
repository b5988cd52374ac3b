package api

import (
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
)

// accepts decodes an example as the API does and asks the domain.
func accepts[B commandBody[conflict.Command]](a conflict.Action) func([]byte) error {
	return func(example []byte) error {
		var b B
		if err := json.Unmarshal(example, &b); err != nil {
			return err
		}
		return b.command(conflict.Docs{Docs: b.prose().documents(conflict.Compartments(), a, "example")}).Check()
	}
}

// TestEveryExampleIsAccepted: what the reference shows can be sent as it stands.
func TestEveryExampleIsAccepted(t *testing.T) {
	t.Parallel()
	commands := map[string]func([]byte) error{
		"create-case":           accepts[ReportSignalBody](conflict.ActionReportSignal),
		"triage":                accepts[triageBody](conflict.ActionTriage),
		"record-clearing":       accepts[recordClearingBody](conflict.ActionRecordClearing),
		"decide-mandate":        accepts[decideMandateBody](conflict.ActionDecideMandate),
		"record-analysis":       accepts[recordAnalysisBody](conflict.ActionRecordAnalysis),
		"review-analysis":       accepts[reviewAnalysisBody](conflict.ActionReviewAnalysis),
		"assess-escalation":     accepts[assessEscalationBody](conflict.ActionAssessEscalation),
		"plan-mediation":        accepts[planMediationBody](conflict.ActionPlanMediation),
		"confirm-conditions":    accepts[confirmConditionsBody](conflict.ActionConfirmConditions),
		"record-session":        accepts[recordSessionBody](conflict.ActionRecordSession),
		"record-interim-result": accepts[recordInterimResultBody](conflict.ActionRecordInterimResult),
		"propose-closure":       accepts[proposeClosureBody](conflict.ActionProposeClosure),
		"sign-off":              accepts[signOffBody](conflict.ActionSignOff),
		"record-follow-up":      accepts[recordFollowUpBody](conflict.ActionRecordFollowUp),
		"reopen":                accepts[reopenBody](conflict.ActionReopen),
		"assign":                accepts[assignBody](conflict.ActionAssign),
		"add-note":              accepts[addNoteBody](conflict.ActionAddNote),
		"attach-document":       accepts[attachDocumentBody](conflict.ActionAttachDocument),
		"explain-authorization": func([]byte) error { return nil }, // no command
		"request-erasure":       func([]byte) error { return nil }, "request-enrolment-erasure": func([]byte) error { return nil },
	}
	maps.Copy(commands, trainingExamples())
	doc := newServer(Options{Log: slog.New(slog.DiscardHandler)}).operations(http.NewServeMux(), "test").OpenAPI()
	for _, op := range operationsOf(doc) {
		if op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil { // a file has no example
			continue
		}
		content := op.RequestBody.Content["application/json"]
		example, err := json.Marshal(content.Example)
		require.NoError(t, err)
		var decoded any
		require.NoError(t, json.Unmarshal(example, &decoded))
		found := &huma.ValidateResult{}
		huma.Validate(doc.Components.Schemas, content.Schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, decoded, found)
		require.Empty(t, found.Errors, "%s: %s", op.OperationID, example)
		require.Contains(t, commands, op.OperationID)
		require.NoError(t, commands[op.OperationID](example), "%s: %s", op.OperationID, example)
		delete(commands, op.OperationID)
	}
	require.Empty(t, commands)
}

func TestAnExampleLeavesOutWhatNobodyHasToSay(t *testing.T) {
	t.Parallel()
	s := &huma.Schema{Type: huma.TypeObject, Required: []string{"b"}, Properties: map[string]*huma.Schema{
		"a": {Type: huma.TypeString, Examples: []any{"x < y"}}, "b": {Type: huma.TypeBoolean}, "c": {Type: huma.TypeString},
	}}
	require.JSONEq(t, `{"b": true, "a": "x < y"}`, toJSON(exampleOf(nil, s), ""))
	require.True(t, strings.HasPrefix(toJSON(exampleOf(nil, s), ""), `{"b"`), "the required fields come first")
}

func TestACommandLineSurvivesAnyExample(t *testing.T) {
	t.Parallel()
	require.Equal(t, `'it'\''s'`, quoted("it's"))
}
