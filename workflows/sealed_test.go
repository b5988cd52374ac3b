package workflows_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"koko/domain/work"
	"koko/internal/historytest"
	"koko/internal/payload"
	"koko/internal/payloadtest"
	"koko/internal/vault"
	"koko/kinds"
)

// shipped are the recorded histories of a folder, as the engine had them.
func shipped(t *testing.T, pattern string) map[string]*history.History {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata/history", pattern))
	require.NoError(t, err)
	require.NotEmpty(t, files, pattern)
	all := map[string]*history.History{}
	for _, name := range files {
		all[filepath.Base(name)], err = payloadtest.Read(name)
		require.NoError(t, err)
	}
	return all
}

// found are the words that stand in b.
func found(b []byte, words []string) (in []string) {
	for _, w := range words {
		if bytes.Contains(b, []byte(w)) {
			in = append(in, w)
		}
	}
	return in
}

// Whoever operates the engine learns from the histories of files how much was done and when, not what.
func TestTheHistoriesOfFilesTellNothing(t *testing.T) {
	t.Parallel()
	for _, k := range kinds.All() {
		words := historytest.Telling(k)
		require.Greater(t, len(words), 40, k.Kind)
		told := map[string]bool{}
		for name, h := range shipped(t, k.Workflow+"/*.json") {
			require.Empty(t, found(payloadtest.Outside(h), words), "%s/%s", k.Workflow, name)
			b, err := proto.Marshal(h)
			require.NoError(t, err)
			long := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return len(w) < 6 }) // shorter ones may stand in random bytes
			require.Empty(t, found(b, long), "%s/%s", k.Workflow, name)

			opened, err := payloadtest.Codec().Open(payloadtest.WorkflowID(h), h)
			require.NoError(t, err)
			b, err = proto.Marshal(opened)
			require.NoError(t, err)
			for _, w := range found(b, words) {
				told[w] = true
			}
		}
		require.Greater(t, len(told), len(words)/4, "with the key, %s tell %d of %d words", k.Workflow, len(told), len(words))
		for _, c := range k.Commands() {
			if c.Begins {
				require.True(t, told[string(c.Action)])
			}
		}
	}
}

// Whatever the form, the histories are of the same events with the same names, and all of their payloads are as long.
func TestAMediationLooksLikeAnotherFormFromOutside(t *testing.T) {
	t.Parallel()
	shapes := map[string][]string{}
	sizes := map[int]bool{}
	for name, h := range shipped(t, work.Spec.Workflow+"/000[12]-*.json") {
		run := name[strings.LastIndex(name, "-"):]
		var shape []string
		for _, e := range h.Events {
			if busy(e.EventType) { // how many tasks it takes follows from how busy the machine was
				continue
			}
			says := e.EventType.String()
			if a := e.GetWorkflowExecutionUpdateAcceptedEventAttributes(); a != nil {
				says += " " + a.GetAcceptedRequest().GetInput().GetName()
			}
			if a := e.GetWorkflowExecutionSignaledEventAttributes(); a != nil {
				says += " " + a.GetSignalName()
			}
			shape = append(shape, says)
		}
		payloadtest.Each(h, func(p *common.Payload) { sizes[len(p.GetData())] = true })
		slices.Sort(shape) // of one task, the order is that of what came first
		key := run + map[bool]string{true: " mediation", false: " other"}[strings.HasPrefix(name, "0001")]
		shapes[key] = shape
	}
	require.GreaterOrEqual(t, len(shapes), 6)
	for key, shape := range shapes {
		if run, ok := strings.CutSuffix(key, " mediation"); ok {
			require.Equal(t, shape, shapes[run+" other"], run)
		}
	}
	require.Len(t, sizes, 1, "all payloads are as long: %v", sizes)
}

func busy(t enums.EventType) bool {
	switch t {
	case enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, enums.EVENT_TYPE_WORKFLOW_TASK_STARTED, enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
		enums.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED:
		return true
	}
	return false
}

// resealed is a history whose payloads were sealed again: with other nonces, and perhaps other keys.
func resealed(t *testing.T, h *history.History, by *payload.Codec) *history.History {
	t.Helper()
	id := payloadtest.WorkflowID(h)
	opened, err := payloadtest.Codec().Open(id, h)
	require.NoError(t, err)
	again, err := by.Seal(id, opened)
	require.NoError(t, err)
	require.False(t, proto.Equal(h, again))
	return again
}

func foreign(t *testing.T) *payload.Codec {
	t.Helper()
	raw, err := vault.Generate()
	require.NoError(t, err)
	master, err := vault.Parse(raw)
	require.NoError(t, err)
	return payload.New(master.Payloads())
}

// The engine compares what a workflow does with what it did, not the bytes: sealed again, they are others.
func TestAHistoryReplaysWithOtherNonces(t *testing.T) {
	t.Parallel()
	for name, h := range shipped(t, "*/000[15]-*.json") {
		require.NoError(t, replay(t, resealed(t, h, payloadtest.Codec()), payloadtest.Codec()), name)
	}
}

// A worker without the key must not take that for the end of a file: its task fails, and is tried again.
func TestAWorkerWithoutTheKeyDoesNotGoOn(t *testing.T) {
	t.Parallel()
	for name, h := range shipped(t, "*/0001-*-1.json") {
		if _, ofFile := kinds.ByWorkflow(h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()); !ofFile {
			continue
		}
		err := replay(t, h, foreign(t))
		require.ErrorContains(t, err, "the master key has no key", name)
		require.Equal(t, "*internal.workflowPanicError", fmt.Sprintf("%T", err), "%s: an error would end the file", name)
	}
}

// A payload of one file in the history of another one opens nowhere.
func TestAStateOfAnotherFileIsNoState(t *testing.T) {
	t.Parallel()
	codec := payloadtest.Codec()
	mine, theirs := historytest.Way(kinds.All()[0], "mine"), historytest.Way(kinds.All()[0], "theirs")
	id := func(f historytest.File) converter.WorkflowSerializationContext {
		return converter.WorkflowSerializationContext{WorkflowID: string(f.Kind.Kind) + "-" + f.ID}
	}
	ps, err := converter.WithDataConverterSerializationContext(codec.Data(), id(mine)).ToPayloads(mine.States[0])
	require.NoError(t, err)
	var into json.RawMessage
	require.NoError(t, converter.WithDataConverterSerializationContext(codec.Data(), id(mine)).FromPayloads(ps, &into))
	require.ErrorIs(t, converter.WithDataConverterSerializationContext(codec.Data(), id(theirs)).FromPayloads(ps, &into), payload.ErrChanged)
}
