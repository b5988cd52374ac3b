package e2e

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"koko/activities"
	"koko/embedded/devstack"
	"koko/internal/config"
	"koko/internal/payload"
	"koko/internal/vault"
	"koko/workflows"
)

var quiet = log.NewStructuredLogger(slog.New(slog.DiscardHandler))

// sealed is a client that has the keys of what the engine keeps.
type sealed struct {
	client.Client
	payloads *payload.Codec
}

// dial connects with the files by which the engine knows its clients.
func dial(t testing.TB, address string, files config.TLS, payloads *payload.Codec) sealed {
	t.Helper()
	known, err := files.ClientConfig()
	require.NoError(t, err)
	c, err := client.Dial(client.Options{
		HostPort: address, Namespace: devstack.Namespace, Identity: "e2e", Logger: quiet,
		DataConverter: payloads.Data(), FailureConverter: payloads.Failures(),
		ConnectionOptions: client.ConnectionOptions{TLS: known, GrpcCompression: &client.GrpcCompressionNone{}},
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return sealed{c, payloads}
}

// tlsEnv tells the files to a process of the product.
func tlsEnv(files config.TLS) []string {
	return []string{"KOKO_TEMPORAL_TLS_CA=" + files.CA, "KOKO_TEMPORAL_TLS_CERT=" + files.Cert, "KOKO_TEMPORAL_TLS_KEY=" + files.Key}
}

// keysIn are those that follow from a master key file.
func keysIn(t testing.TB, masterKeyFile string) *payload.Codec {
	t.Helper()
	master, err := vault.Load(masterKeyFile)
	require.NoError(t, err)
	return payload.New(master.Payloads())
}

// masterKeyFile is where a stack has its master key.
func (s *stack) masterKeyFile() string { return filepath.Join(s.dir, "master-key.json") }

// engine is a client of a stack's engine.
func (s *stack) engine(t testing.TB) sealed {
	t.Helper()
	return dial(t, s.instance.Temporal, s.instance.TLS, keysIn(t, s.masterKeyFile()))
}

// historiesOf are those of all runs of a workflow, the first run's first, with their payloads open.
func historiesOf(t testing.TB, c sealed, workflowID string) []*historypb.History {
	t.Helper()
	all := recordedOf(t, c, workflowID)
	for i, h := range all {
		var err error
		all[i], err = c.payloads.Open(workflowID, h)
		require.NoError(t, err, workflowID)
	}
	return all
}

// recordedOf are those of all runs of a workflow, as the engine has them.
func recordedOf(t testing.TB, c client.Client, workflowID string) []*historypb.History {
	t.Helper()
	d, err := c.DescribeWorkflowExecution(t.Context(), workflowID, "")
	require.NoError(t, err, workflowID)
	var all []*historypb.History
	for run := d.GetWorkflowExecutionInfo().GetFirstRunId(); run != ""; {
		next, h := "", &historypb.History{}
		for it := c.GetWorkflowHistory(t.Context(), workflowID, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); it.HasNext(); {
			e, err := it.Next()
			require.NoError(t, err, workflowID)
			h.Events = append(h.Events, e)
			if a := e.GetWorkflowExecutionContinuedAsNewEventAttributes(); a != nil {
				next = a.GetNewExecutionRunId()
			}
		}
		all = append(all, h)
		run = next
	}
	return all
}

// replay runs a history with its payloads open through the workflow's code as it is now.
func replay(t testing.TB, h *historypb.History) {
	t.Helper()
	r := worker.NewWorkflowReplayer()
	workflows.Register(r)
	require.NoError(t, r.ReplayWorkflowHistory(quiet, h))
}

// fold is what the markers in the histories tell of a case that they found at a version, in the
// order of its versions.
func fold(t testing.TB, hs []*historypb.History, version int) []step {
	t.Helper()
	all := []step{}
	for _, h := range hs {
		for _, e := range h.GetEvents() {
			a := e.GetMarkerRecordedEventAttributes()
			if a.GetMarkerName() != "LocalActivity" || a.GetDetails()["result"] == nil {
				continue
			}
			var ts []activities.Transition
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(a.GetDetails()["result"], &ts))
			for _, r := range steps(t, ts) {
				if r.State.Version > version+len(all) {
					all = append(all, r)
				}
			}
		}
	}
	return all
}

// accepted are the ids of the commands that the engine itself accepted.
func accepted(hs []*historypb.History) map[string]bool {
	ids := map[string]bool{}
	for _, h := range hs {
		for _, e := range h.GetEvents() {
			if a := e.GetWorkflowExecutionUpdateAcceptedEventAttributes(); a != nil {
				ids[a.GetProtocolInstanceId()] = true
			}
		}
	}
	return ids
}

// timers are when the timers that a run waits for fire.
func timers(h *historypb.History) []time.Time {
	pending := map[int64]time.Time{}
	for _, e := range h.GetEvents() {
		if a := e.GetTimerStartedEventAttributes(); a != nil {
			pending[e.GetEventId()] = e.GetEventTime().AsTime().Add(a.GetStartToFireTimeout().AsDuration())
		}
		delete(pending, e.GetTimerFiredEventAttributes().GetStartedEventId())
		delete(pending, e.GetTimerCanceledEventAttributes().GetStartedEventId())
	}
	var all []time.Time
	for _, at := range pending {
		all = append(all, at)
	}
	return all
}
