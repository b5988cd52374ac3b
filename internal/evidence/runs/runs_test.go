package runs_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/proto"

	"koko/domain/conflict"
	"koko/internal/evidence/runs"
	"koko/internal/historytest"
	"koko/internal/payloadtest"
	"koko/kinds"
	"koko/workflows"
)

const workflow = "case-3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"

// Whatever the engine says became of a run has a name of ours, and only what goes on is open.
func TestEveryEndOfARunHasItsName(t *testing.T) {
	t.Parallel()
	goesOn := []enums.WorkflowExecutionStatus{
		enums.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, enums.WORKFLOW_EXECUTION_STATUS_PAUSED,
	}
	named := map[runs.Status]bool{}
	for n := range enums.WorkflowExecutionStatus_name {
		status := runs.StatusOf(enums.WorkflowExecutionStatus(n))
		require.Equal(t, slices.Contains(goesOn, enums.WorkflowExecutionStatus(n)), status == runs.Open, n)
		require.Contains(t, runs.Status("").Values(), status)
		named[status] = true
	}
	require.Len(t, named, len(runs.Status("").Values()), "each is the name of something")
	require.Equal(t, workflow, runs.WorkflowOf(conflict.Kind, strings.TrimPrefix(workflow, "case-")))
}

// lens is that of a reader who may lift no veil, of a case of which some is veiled.
var lens = runs.Lens{Kind: historytest.Discreet()}

// recorded returns the recorded histories that match.
func recorded(t *testing.T, pattern string) (all []*runs.History) {
	t.Helper()
	files, err := filepath.Glob("../../../workflows/testdata/history/" + pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		h, err := payloadtest.Open(file)
		require.NoError(t, err)
		all = append(all, h)
	}
	return all
}

// discreet are the histories of the case of the lens.
func discreet() []*runs.History { return historytest.Way(lens.Kind, "runs").Runs }

func TestARunSaysWhatItIs(t *testing.T) {
	t.Parallel()
	hs := recorded(t, "ConflictCase/0001-plain-way-*.json")
	prior, next := "", ""
	for i, h := range hs {
		id := h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetOriginalExecutionRunId()
		r, err := runs.Of(workflow, id, h)
		require.NoError(t, err)
		require.Equal(t, conflict.Kind, r.Kind)
		require.Equal(t, strings.TrimPrefix(workflow, "case-"), r.FileID)
		require.EqualValues(t, "05999001", r.AGS)
		require.Equal(t, prior, r.Prior)
		require.Equal(t, len(h.Events), r.Events)
		require.Equal(t, i == len(hs)-1, r.Status == runs.Open && r.Ended.IsZero())
		if next != "" {
			require.Equal(t, next, id)
		}
		prior, next = id, r.Next
	}
}

func TestOnlyTheWorkflowsOfFilesAreRunsOfFiles(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"keep-histories-2026", "case-1", "", "person-3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11", "x" + workflow, workflow + "0"} {
		_, _, err := runs.FileOf(id)
		require.Error(t, err, id)
	}
	_, err := runs.Of(workflow, "run", &runs.History{})
	require.ErrorContains(t, err, "no events")
}

func TestWhatIsKeptIsWhatTheEngineHad(t *testing.T) {
	t.Parallel()
	for _, h := range slices.Concat(recorded(t, "ConflictCase/*.json"), recorded(t, "Enrolment/*.json"), recorded(t, "Cohort/*.json")) {
		r, err := runs.Of(workflow, "run", h)
		require.NoError(t, err)
		p, err := runs.Pack(r, h)
		require.NoError(t, err)
		require.Equal(t, r, p.Run)
		got, err := runs.Unpack(p.SHA256, p.Data)
		require.NoError(t, err)
		require.True(t, proto.Equal(h, got))
		again, err := runs.Pack(r, got)
		require.NoError(t, err)
		require.Equal(t, p.SHA256, again.SHA256)
	}
}

func TestWhatIsNotWhatItWasIsBroken(t *testing.T) {
	t.Parallel()
	h := recorded(t, "ConflictCase/0001-plain-way-1.json")[0]
	p, err := runs.Pack(runs.Run{}, h)
	require.NoError(t, err)
	h.Events = append(h.Events[:3:3], h.Events[4:]...)
	gap, err := runs.Pack(runs.Run{}, h)
	require.NoError(t, err)
	for why, kept := range map[string]runs.Packed{
		"the kept bytes cannot be unpacked":      {SHA256: p.SHA256, Data: p.Data[:len(p.Data)/2]},
		"the kept bytes do not fit their digest": {SHA256: p.SHA256, Data: gap.Data},
		"event 4 is missing":                     gap,
	} {
		_, err := runs.Unpack(kept.SHA256, kept.Data)
		_, ok := errors.AsType[*runs.Broken](err)
		require.True(t, ok)
		require.EqualError(t, err, why)
	}
}

func TestWhatIsVeiledInTheStateIsNotMeasured(t *testing.T) {
	t.Parallel()
	for _, h := range discreet() {
		events, err := runs.Events(h, lens)
		require.NoError(t, err)
		told := false
		for _, e := range events {
			told = told || e.Neutral
			require.False(t, told && e.ID != 0)
			for _, c := range lens.Kind.Commands() {
				require.True(t, c.Veil == "" || !strings.Contains(string(e.Attributes), string(c.Action)), c.Action)
			}
			require.NotContains(t, string(e.Attributes), `"notes"`)
		}
		whole, err := runs.Events(h, runs.Lens{Whole: true})
		require.NoError(t, err)
		require.Len(t, whole, len(h.Events))
	}
}

func TestADecisionThatWasAdoptedIsAsConfidentialAsItsCommand(t *testing.T) {
	t.Parallel()
	require.True(t, adopting(t, `"action":"assess_escalation"`)[3].Neutral)
	notes := adopting(t, `"action":"add_note","docs":[{"compartment":"identities"}]`)
	require.True(t, notes[3].Neutral)
	require.False(t, adopting(t, `"action":"add_note","docs":[{"compartment":"case"}]`)[3].Neutral)
	require.True(t, adopting(t, `"action":7`)[3].Neutral, "what cannot be read might be")
}

// adopting is what is shown of a case that finds a decision recorded.
func adopting(t *testing.T, decision string) []runs.Event {
	t.Helper()
	h := recorded(t, "ConflictCase/0001-plain-way-1.json")[0]
	at := slices.IndexFunc(h.Events, func(e *history.HistoryEvent) bool { return e.GetMarkerRecordedEventAttributes() != nil })
	marker := proto.Clone(h.Events[at]).(*history.HistoryEvent)
	marker.GetMarkerRecordedEventAttributes().Details["result"].Payloads[0].Data = []byte("[{" + decision + "}]")
	events, err := runs.Events(&runs.History{Events: append(h.Events[:3:3], marker)}, lens)
	require.NoError(t, err)
	return events
}

// A slow command is accepted in one task and done in another.
func TestTheEndOfAConfidentialCommandIsConfidentialToo(t *testing.T) {
	t.Parallel()
	h := discreet()[2]
	asks := func(e *history.HistoryEvent) bool {
		asked := e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput().GetArgs().GetPayloads()
		return len(asked) == 1 && strings.Contains(string(asked[0].GetData()), `"action":"`+string(conflict.ActionAssessEscalation)+`"`)
	}
	asked := slices.IndexFunc(h.Events, asks)
	id := h.Events[asked].GetWorkflowExecutionUpdateAcceptedEventAttributes().GetProtocolInstanceId()
	done := slices.IndexFunc(h.Events, func(e *history.HistoryEvent) bool {
		return e.GetWorkflowExecutionUpdateCompletedEventAttributes().GetMeta().GetUpdateId() == id
	})
	slow := slices.Concat(h.Events[:asked+1], []*history.HistoryEvent{h.Events[1], h.Events[done]})
	events, err := runs.Events(&runs.History{Events: slow}, lens)
	require.NoError(t, err)
	require.True(t, events[asked].Neutral)
	require.False(t, events[asked+1].Neutral)
	require.True(t, events[asked+2].Neutral)
}

// Of a veiled command nothing is told, in whatever way it is veiled: by what it is, or by where its words are.
func TestNoEventTellsOfAVeiledCommandOfAnyKind(t *testing.T) {
	t.Parallel()
	veiled := 0
	for _, k := range kinds.All() {
		f := historytest.Way(k, "runs")
		var secrets []string
		for _, x := range f.Transitions {
			if k.Veil(x.Action, x.Docs) == "" {
				continue
			}
			veiled++
			for _, d := range x.Docs {
				secrets = append(secrets, d.ID)
			}
			if c, _ := k.CommandOf(x.Action); c.Veil != "" {
				secrets = append(secrets, string(x.Action))
			}
		}
		for i, h := range f.Runs {
			r, err := runs.Of(workflows.ID(k.Kind, f.ID), f.RunID(i), h)
			require.NoError(t, err)
			require.Equal(t, []any{k.Kind, f.ID}, []any{r.Kind, r.FileID})
			events, err := runs.Events(h, runs.Lens{Kind: k})
			require.NoError(t, err)
			for _, e := range events {
				for _, secret := range secrets {
					require.NotContains(t, string(e.Attributes), secret)
				}
			}
			lifted, err := runs.Events(h, runs.Lens{Kind: k, Lifted: k.Veils()})
			require.NoError(t, err)
			require.Len(t, lifted, len(h.Events))
			require.False(t, slices.ContainsFunc(lifted, func(e runs.Event) bool { return e.Neutral }))
		}
	}
	require.GreaterOrEqual(t, veiled, 4)
}
