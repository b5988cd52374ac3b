package reconcile

import (
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"koko/domain/conflict"
	"koko/domain/process"
	"koko/internal/audit"
)

// recorded is the evidence of a case that went the plain way, as record, audit and log would have it.
func recorded(t *testing.T) Evidence {
	t.Helper()
	files, err := filepath.Glob("../../workflows/testdata/history/ConflictCase/0001-plain-way-*.json")
	require.NoError(t, err)
	var runs []audit.Run
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		h := &history.History{}
		require.NoError(t, protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(b, h))
		runs = append(runs, audit.ReadRun(process.KindCase, "", h))
	}
	f := audit.Chain(process.KindCase, runs)
	e := Evidence{Kind: process.KindCase, ID: f.ID, History: &f, Leaves: map[int][]byte{}}
	var prior []byte
	for _, x := range f.Transitions {
		docs, err := json.Marshal(x.Docs)
		require.NoError(t, err)
		if len(x.Docs) == 0 {
			docs = []byte("[]")
		}
		sum := sha256.Sum256([]byte(x.CommandID))
		e.Entries = append(e.Entries, Entry{
			Kind: e.Kind, Version: x.Version, AGS: x.AGS, CommandID: x.CommandID, Action: x.Action, By: x.By, At: x.At, Digest: x.Digest, Docs: docs,
			State: x.Raw, PriorHash: prior, Hash: sum[:], Computed: sum[:],
		})
		e.Leaves[x.Version], prior = leafOf(sum[:]), sum[:]
	}
	want, ok := rowOf(e.Kind, e.Entries[len(e.Entries)-1].State)
	require.True(t, ok)
	want["state"] = e.Entries[len(e.Entries)-1].State
	e.Row = decode(encode(want)).(map[string]any)
	return e
}

func TestWhatAgreesHasNoDifference(t *testing.T) {
	require.Empty(t, Compare(recorded(t)))
}

func TestEachPartThatDiffersIsNamed(t *testing.T) {
	type found struct {
		part   Part
		what   What
		field  string
		repair Repair
	}
	last := len(recorded(t).Entries)
	for name, x := range map[string]struct {
		spoil func(e *Evidence)
		want  found
	}{
		"a column":                     {func(e *Evidence) { e.Row["assignee"] = "x" }, found{Record, FieldDiffers, "assignee", RestoreRecord}},
		"a column that follows":        {func(e *Evidence) { e.Row["due_at"] = "2020-01-01T00:00:00Z" }, found{Record, FieldDiffers, "due_at", RestoreRecord}},
		"a place in the state":         {func(e *Evidence) { e.Row["state"].(map[string]any)["round"] = 7 }, found{Record, FieldDiffers, "round", RestoreRecord}},
		"no record":                    {func(e *Evidence) { e.Row = nil }, found{Record, RecordMissing, "", RestoreRecord}},
		"an entry":                     {func(e *Evidence) { e.Entries[2].By, e.Entries[2].Computed = "x", []byte("y") }, found{Audit, EntryDiffers, "actor", RestoreEntry}},
		"its hash":                     {func(e *Evidence) { e.Entries[2].Hash = []byte("x") }, found{Audit, EntryUnsound, "hash", RestoreEntry}},
		"an entry in the middle":       {func(e *Evidence) { e.Entries = slices.Delete(e.Entries, 3, 4) }, found{Audit, EntryMissing, "", RestoreEntry}},
		"the last entry":               {func(e *Evidence) { e.Entries = e.Entries[:last-1] }, found{Audit, EntryMissing, "", RestoreEntry}},
		"all entries":                  {func(e *Evidence) { e.Entries = nil }, found{Audit, EntryMissing, "", RestoreEntry}},
		"what it follows":              {func(e *Evidence) { e.Entries[4].PriorHash = []byte("x") }, found{Audit, ChainBroken, "prior_hash", RestoreEntry}},
		"the Merkle log":               {func(e *Evidence) { e.Leaves[2] = []byte("x") }, found{Log, LeafDiffers, "hash", RestoreEntry}},
		"a leaf of an entry gone":      {func(e *Evidence) { e.Leaves[last+1] = []byte("x") }, found{Audit, EntryMissing, "", NoRepair}},
		"no workflow":                  {func(e *Evidence) { e.History = nil }, found{History, WorkflowMissing, "", RestartWorkflow}},
		"a workflow that was ended":    {func(e *Evidence) { e.History.Ended = "terminated" }, found{History, WorkflowMissing, "terminated", RestartWorkflow}},
		"a workflow that is behind":    {func(e *Evidence) { e.History.Transitions = e.History.Transitions[:last-1] }, found{History, WorkflowBehind, "version", CatchUp}},
		"a damaged history":            {func(e *Evidence) { e.History.Flaws = append(e.History.Flaws, audit.Flaw{What: audit.Order}) }, found{History, HistoryDamaged, "order", NoRepair}},
		"a history against the log":    {func(e *Evidence) { e.History.Transitions[2].By = "x" }, found{History, HistoryDiffers, "actor", NoRepair}},
		"a decision nobody would make": {func(e *Evidence) { e.History.Transitions[2].Digest = "x" }, found{History, NotDerived, "", NoRepair}},
		"a document gone":              {func(e *Evidence) { e.Documents = []BrokenDocument{{Version: 1, ID: "d"}} }, found{Document, DocumentMissing, "d", NoRepair}},
		"a document exchanged":         {func(e *Evidence) { e.Documents = []BrokenDocument{{Version: 1, ID: "d", Stored: true, Linked: true}} }, found{Document, DocumentDiffers, "d", NoRepair}},
		"a document without a tie":     {func(e *Evidence) { e.Documents = []BrokenDocument{{Version: 1, ID: "d", Stored: true, Same: true}} }, found{Document, DocumentUnlinked, "d", RestoreEntry}},
	} {
		t.Run(name, func(t *testing.T) {
			e := recorded(t)
			x.spoil(&e)
			var all []found
			for _, d := range Compare(e) {
				require.Equal(t, e.ID, d.FileID)
				all = append(all, found{d.Part, d.What, d.Field, d.Repair})
			}
			require.Contains(t, all, x.want)
			if name == "all entries" {
				require.Len(t, all, last)
			}
		})
	}
}

func TestAFieldSaysWhoDecidedWhatItOughtToBe(t *testing.T) {
	e := recorded(t)
	e.Row["state"].(map[string]any)["clearing"].(map[string]any)["urgency"] = "x"
	ds := Compare(e)
	require.Len(t, ds, 1)
	require.Equal(t, "clearing.urgency", ds[0].Field)
	require.Equal(t, conflict.ActionRecordClearing, ds[0].Facts.Action)
	require.JSONEq(t, `"x"`, string(ds[0].Facts.Is))
	require.NotEmpty(t, ds[0].Facts.By)
	require.NotEmpty(t, ds[0].Reference)
}

// §4 MediationsG: that something of the mediation differs is told, and nothing else.
func TestNothingOfTheMediationIsTold(t *testing.T) {
	e := recorded(t)
	e.Row["state"].(map[string]any)["sessions"] = []any{}
	e.Row["state"].(map[string]any)["conditions"] = map[string]any{}
	for i, x := range e.Entries {
		if slices.Contains(conflict.Confidential(), x.Action) {
			e.Entries[i].By, e.Entries[i].Computed = "x", []byte("y")
		}
	}
	ds := Compare(e)
	require.NotEmpty(t, ds)
	for _, d := range ds {
		require.Equal(t, MediationField, d.Field, "%+v", d)
		require.Equal(t, Facts{}, d.Facts)
	}
}
