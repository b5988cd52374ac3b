package e2e

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/server/temporaltest"
	"google.golang.org/protobuf/proto"

	"koko/domain/conflict"
	"koko/domain/work"
	"koko/embedded/devstack"
	"koko/internal/casetest"
	"koko/internal/historytest"
	"koko/internal/payload"
	"koko/internal/payloadtest"
	"koko/internal/recordtest"
	"koko/internal/vault"
	"koko/workflows"
)

// An operator of the engine, who has every right there and no key, learns nothing of a working file but how much was
// done, and when.
func TestTheEngineReadsNothingOfAWorkingFile(t *testing.T) {
	s := demoStack(t)
	known, err := s.instance.TLS.ClientConfig()
	require.NoError(t, err)
	operator, err := client.Dial(client.Options{
		HostPort: s.instance.Temporal, Namespace: devstack.Namespace, Logger: quiet, ConnectionOptions: client.ConnectionOptions{TLS: known},
	})
	require.NoError(t, err)
	t.Cleanup(operator.Close)
	rows, err := openRecord(t, s).pool.Query(t.Context(), "SELECT id::text FROM file WHERE kind = $1", work.Kind)
	require.NoError(t, err)
	ids := texts(t, rows)
	require.NotEmpty(t, ids)

	words := historytest.Telling(kindOf(work.Kind))
	in := func(b []byte) (found []string) {
		for _, w := range words {
			if bytes.Contains(b, []byte(w)) {
				found = append(found, w)
			}
		}
		return found
	}
	long := func(found []string) []string { // shorter ones may stand in random bytes
		return slices.DeleteFunc(found, func(w string) bool { return len(w) < 6 })
	}
	withKey := s.engine(t)
	told := map[string]bool{}
	for _, id := range ids {
		workflow := workflows.ID(work.Kind, id)
		described, err := operator.DescribeWorkflowExecution(t.Context(), workflow, "")
		require.NoError(t, err)
		b, err := proto.Marshal(described)
		require.NoError(t, err)
		require.Empty(t, in(bytes.ReplaceAll(b, []byte("unversioned"), nil))) // what the server calls builds without a version
		for _, h := range recordedOf(t, operator, workflow) {
			require.Empty(t, in(payloadtest.Outside(h)))
			b, err := proto.Marshal(h)
			require.NoError(t, err)
			require.Empty(t, long(in(b)))
			for _, e := range h.Events {
				if a := e.GetWorkflowExecutionUpdateAcceptedEventAttributes(); a != nil {
					require.Equal(t, "entry", a.GetAcceptedRequest().GetInput().GetName())
				}
			}
		}
		for _, h := range historiesOf(t, withKey, workflow) {
			replay(t, h)
			b, err := proto.Marshal(h)
			require.NoError(t, err)
			for _, w := range in(b) {
				told[w] = true
			}
		}
	}
	require.Greater(t, len(told), 40, "with the key they tell")
	require.True(t, told["begin_work"])
}

// Somebody who may do everything in the engine can give a file no command: what is not sealed is not read.
func TestTheEngineGivesNoCommands(t *testing.T) {
	s := newLife(t, "forged")
	s.do(casetest.Reporter, s.maker.Signal())
	id := workflows.ID(conflict.Kind, s.now.ID)
	other := s.server.NewClientWithOptions(client.Options{Identity: "stranger", Logger: quiet})
	forged, err := other.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateID: "forged", UpdateName: workflows.Entry, WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{workflows.Request{Action: workflows.CatchUp}},
	})
	require.NoError(t, err)
	require.ErrorContains(t, forged.Get(t.Context(), nil), "Encoded failure", "not even why it is refused is told")
	require.NoError(t, other.SignalWorkflow(t.Context(), id, "", workflows.Tell, workflows.Message{ID: "forged"}))
	s.do(casetest.Manager, s.maker.Note(conflict.CaseFile))
	require.Len(t, s.record.Transitions, 2, "the file goes on")
	for id := range accepted(recordedOf(t, s.client, id)) {
		require.NotEqual(t, "forged", id)
	}
}

// Whoever reaches the engine has whatever was ever sealed for a file, and may send it again. Each request is one command,
// under whatever id it comes, and no message.
func TestASealedRequestIsNotCarriedOutAgain(t *testing.T) {
	s := newLife(t, "replayed")
	s.do(casetest.Reporter, s.maker.Signal())
	_, err := s.engine().do(s.ctx, s.now.ID, "note", casetest.Manager, 0, s.maker.Note(conflict.CaseFile)) // on whatever version
	require.NoError(t, err)
	id := workflows.ID(conflict.Kind, s.now.ID)
	var sealed *commonpb.Payload
	for _, e := range recordedOf(t, s.client, id)[0].Events {
		if a := e.GetWorkflowExecutionUpdateAcceptedEventAttributes(); a.GetAcceptedRequest().GetMeta().GetUpdateId() == "note" {
			sealed = a.GetAcceptedRequest().GetInput().GetArgs().GetPayloads()[0]
		}
	}
	require.NotNil(t, sealed)
	other := s.server.NewClientWithOptions(client.Options{Identity: "stranger", Logger: quiet})
	again, err := other.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateID: "again", UpdateName: workflows.Entry, WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{converter.NewRawValue(sealed)},
	})
	require.NoError(t, err)
	require.ErrorContains(t, again.Get(t.Context(), nil), "Encoded failure")
	require.NoError(t, other.SignalWorkflow(t.Context(), id, "", workflows.Tell, converter.NewRawValue(sealed)))
	_, err = s.engine().do(s.ctx, s.now.ID, "another", casetest.Manager, 0, s.maker.Note(conflict.CaseFile))
	require.NoError(t, err)
	require.Len(t, s.record.Transitions, 3, "the two notes of the manager, and none of the stranger")
	require.NotContains(t, accepted(recordedOf(t, s.client, id)), "again", "nothing of it is recorded")
}

// A worker with another master key, such as one that was not given the newest file, leaves files as they are. With the
// right one they go on.
func TestAWorkerWithoutTheKeyLeavesFilesAlone(t *testing.T) {
	ts := temporaltest.NewServer(temporaltest.WithT(t), temporaltest.WithBaseClientOptions(recorder()))
	c, record := ts.GetDefaultClient(), &recordtest.Record{}
	run := func(keys *payload.Codec) worker.Worker {
		with := ts.NewClientWithOptions(client.Options{
			Identity: "recorder", Logger: quiet, DataConverter: keys.Data(), FailureConverter: keys.Failures(),
		})
		w := worker.New(with, queue, worker.Options{StickyScheduleToStartTimeout: time.Second})
		workflows.Register(w)
		w.RegisterActivity(record)
		require.NoError(t, w.Start())
		return w
	}
	right := run(payloadtest.Codec())
	maker := &casetest.Maker{Salt: "keyless"}
	id := maker.ID()
	signal := maker.Signal()
	begun, err := casesOn(c).begin(t.Context(), id, historytest.Town, "k1", casetest.Reporter, signal)
	require.NoError(t, err)
	right.Stop()

	raw, err := vault.Generate()
	require.NoError(t, err)
	master, err := vault.Parse(raw)
	require.NoError(t, err)
	wrong := run(payload.New(master.Payloads()))
	workflow := workflows.ID(conflict.Kind, id)
	require.NoError(t, c.SignalWorkflow(t.Context(), workflow, "", workflows.Tell, workflows.Message{ID: "nothing"}))
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(recordedOf(t, c, workflow)[0].Events, func(e *historypb.HistoryEvent) bool {
			return e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_FAILED
		})
	}, time.Minute, 50*time.Millisecond, "the task fails")
	wrong.Stop()
	d, err := c.DescribeWorkflowExecution(t.Context(), workflow, "")
	require.NoError(t, err)
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, d.GetWorkflowExecutionInfo().GetStatus())

	defer run(payloadtest.Codec()).Stop()
	after, err := casesOn(c).do(t.Context(), id, "k2", casetest.Manager, begun.Version, maker.Note(conflict.CaseFile))
	require.NoError(t, err)
	require.Equal(t, begun.Version+1, after.Version)
	for _, h := range historiesOf(t, sealed{c, payloadtest.Codec()}, workflow) {
		replay(t, h) // what the worker without the key said is in it, under another one
	}
}
