package payload_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/failure/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/sdk/v1"
	"google.golang.org/protobuf/proto"

	"koko/internal/payload"
)

func one(p *common.Payload) *common.Payloads { return &common.Payloads{Payloads: []*common.Payload{p}} }

// told is a history with a payload wherever one may be.
func told() *history.History {
	return &history.History{Events: []*history.HistoryEvent{
		{EventId: 1, Attributes: &history.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &history.WorkflowExecutionStartedEventAttributes{
				Input:            one(text(`"input"`)),
				Memo:             &common.Memo{Fields: map[string]*common.Payload{"m": text(`"memo"`)}},
				SearchAttributes: &common.SearchAttributes{IndexedFields: map[string]*common.Payload{"s": text(`"indexed"`)}},
			},
		}},
		{EventId: 2, UserMetadata: &sdk.UserMetadata{Summary: text(`"summary"`)}},
		{EventId: 3, Attributes: &history.HistoryEvent_MarkerRecordedEventAttributes{
			MarkerRecordedEventAttributes: &history.MarkerRecordedEventAttributes{
				Details: map[string]*common.Payloads{"data": one(text(`"data"`)), "result": one(text(`"result"`))},
				Failure: &failure.Failure{
					Message: "Encoded failure", EncodedAttributes: text(`{"message":"said","stack_trace":"where"}`),
					Cause: &failure.Failure{Message: "Encoded failure", EncodedAttributes: text(`{"message":"because"}`)},
				},
			},
		}},
		{EventId: 4, Attributes: &history.HistoryEvent_SignalExternalWorkflowExecutionInitiatedEventAttributes{
			SignalExternalWorkflowExecutionInitiatedEventAttributes: &history.SignalExternalWorkflowExecutionInitiatedEventAttributes{
				WorkflowExecution: &common.WorkflowExecution{WorkflowId: other}, Input: one(text(`"letter"`)),
			},
		}},
	}}
}

func TestEveryPayloadOfAHistoryIsSealedAndOpensAgain(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	h := told()
	s, err := c.Seal(workflow, h)
	require.NoError(t, err)
	require.True(t, proto.Equal(told(), h))
	b, err := proto.Marshal(s)
	require.NoError(t, err)
	for _, word := range []string{`"input"`, `"memo"`, `"summary"`, `"data"`, `"result"`, `said`, `because`, `"letter"`} {
		require.False(t, bytes.Contains(b, []byte(word)), word)
	}
	require.True(t, bytes.Contains(b, []byte(`"indexed"`)), "the engine itself reads these")

	got, err := c.Open(workflow, s)
	require.NoError(t, err)
	failed := got.Events[2].GetMarkerRecordedEventAttributes().GetFailure()
	require.Equal(t, []string{"said", "where", "because"}, []string{failed.Message, failed.StackTrace, failed.Cause.Message})
	want := told()
	want.Events[2].GetMarkerRecordedEventAttributes().Failure = failed
	require.Nil(t, failed.EncodedAttributes)
	require.True(t, proto.Equal(want, got))

	letter := s.Events[3].GetSignalExternalWorkflowExecutionInitiatedEventAttributes().GetInput().GetPayloads()[0]
	read, err := open(in(c, other), letter)
	require.NoError(t, err, "who is told opens it")
	require.Equal(t, `"letter"`, string(read.Data))
}

func TestWhatDoesNotOpenIsTakenForNothing(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	h, err := c.Seal(workflow, told())
	require.NoError(t, err)
	input := h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetInput().Payloads[0]
	input.Data[40] ^= 1
	h.Events[2].GetMarkerRecordedEventAttributes().Details["result"] = one(text(`"forged"`))
	got, err := c.Open(workflow, h)
	require.NoError(t, err, "the rest of it can be read")
	for why, p := range map[string]*common.Payload{
		"it was changed":      got.Events[0].GetWorkflowExecutionStartedEventAttributes().GetInput().Payloads[0],
		"it is not encrypted": got.Events[2].GetMarkerRecordedEventAttributes().GetDetails()["result"].Payloads[0],
	} {
		require.Equal(t, payload.Unreadable, string(p.Metadata["encoding"]))
		require.Contains(t, string(p.Metadata["reason"]), why)
		require.Empty(t, p.Data)
	}
	require.Equal(t, `"data"`, string(got.Events[2].GetMarkerRecordedEventAttributes().GetDetails()["data"].Payloads[0].Data))
}

func TestAHistoryUnderAForeignKeyIsAnError(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	_, stranger := newKeys(t)
	h, err := c.Seal(workflow, told())
	require.NoError(t, err)
	_, err = stranger.Open(workflow, h)
	var unknown *payload.UnknownKeyError
	require.ErrorAs(t, err, &unknown)
	require.ErrorContains(t, err, "event 1 of "+workflow)
}

// A worker that could not go on for want of a key says so under the key that it has: what is known of the file is still
// there.
func TestWhatAWorkerWithoutTheKeySaidHidesNothingElse(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	_, stranger := newKeys(t)
	s, err := c.Seal(workflow, told())
	require.NoError(t, err)
	said, err := stranger.Seal(workflow, &history.History{Events: []*history.HistoryEvent{
		{EventId: 5, EventType: enums.EVENT_TYPE_WORKFLOW_TASK_FAILED, Attributes: &history.HistoryEvent_WorkflowTaskFailedEventAttributes{
			WorkflowTaskFailedEventAttributes: &history.WorkflowTaskFailedEventAttributes{
				Failure: &failure.Failure{Message: "Encoded failure", EncodedAttributes: text(`{"message":"x"}`)},
			},
		}},
	}})
	require.NoError(t, err)
	s.Events = append(s.Events, said.Events...)
	got, err := c.Open(workflow, s)
	require.NoError(t, err)
	require.Equal(t, `"input"`, string(got.Events[0].GetWorkflowExecutionStartedEventAttributes().GetInput().Payloads[0].Data))
	attributes := got.Events[4].GetWorkflowTaskFailedEventAttributes().GetFailure().GetEncodedAttributes()
	require.Equal(t, payload.Unreadable, string(attributes.Metadata["encoding"]))
	require.Contains(t, string(attributes.Metadata["reason"]), "the master key has no key")
}
