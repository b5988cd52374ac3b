package reconcile

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/evidence/history"
	"koko/internal/historytest"
	"koko/kinds"
)

// ofEveryKind tests with the evidence of a file of each kind.
func ofEveryKind(t *testing.T, test func(t *testing.T, fresh func() Evidence)) {
	t.Helper()
	for _, k := range kinds.All() {
		t.Run(string(k.Kind), func(t *testing.T) { test(t, func() Evidence { return evidenceOf(t, historytest.Way(k, "compare")) }) })
	}
	t.Run("of which some is veiled", func(t *testing.T) { test(t, func() Evidence { return discreet(t) }) })
}

// discreet is the evidence of a case of which some is veiled.
func discreet(t *testing.T) Evidence {
	t.Helper()
	return evidenceOf(t, historytest.Way(historytest.Discreet(), "compare"))
}

// recorded is the evidence of a case.
func recorded(t *testing.T) Evidence {
	t.Helper()
	k, _ := kinds.Of(conflict.Kind)
	return evidenceOf(t, historytest.Way(k, "compare"))
}

// evidenceOf is what record, audit, log and engine would have of a file.
func evidenceOf(t *testing.T, f historytest.File) Evidence {
	t.Helper()
	var runs []history.Run
	for _, h := range f.Runs {
		runs = append(runs, history.ReadRun(f.Kind, "", h))
	}
	h := history.Chain(f.Kind, runs)
	e := Evidence{Kind: f.Kind, ID: h.ID, History: &h, Leaves: map[int][]byte{}}
	var prior []byte
	for _, x := range h.Transitions {
		back, err := restore(f.Kind, x)
		require.NoError(t, err)
		docs, err := json.Marshal(back.Docs)
		require.NoError(t, err)
		sum := sha256.Sum256([]byte(x.CommandID))
		e.Entries = append(e.Entries, Entry{
			Kind: back.Kind, Version: x.Version, AGS: x.AGS, Phase: back.Phase, Places: back.Places, Ties: back.Ties, CommandID: x.CommandID,
			Action: x.Action, By: x.By, At: x.At, Digest: x.Digest, Veil: back.Veil, Confided: back.Confided, Docs: docs, State: x.Raw, Salt: x.Salt, PriorHash: prior, Hash: sum[:], Computed: sum[:],
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
	ofEveryKind(t, func(t *testing.T, fresh func() Evidence) { require.Empty(t, Compare(fresh())) })
}

func TestARowIsComparedColumnByColumn(t *testing.T) {
	want, ok := rowOf(recorded(t).Kind, recorded(t).Entries[0].State)
	require.True(t, ok)
	require.Len(t, want, reflect.TypeFor[db.SaveFileParams]().NumField()-1, "the state is compared place by place")
}

func TestEveryColumnOfTheRecordIsCompared(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, fresh func() Evidence) {
		for _, column := range slices.Sorted(maps.Keys(fresh().Row)) {
			e := fresh()
			e.Row[column] = tampered(e.Row[column])
			ds := Compare(e)
			require.NotEmpty(t, ds, column)
			for _, d := range ds {
				require.Equal(t, []any{Record, FieldDiffers, RestoreRecord}, []any{d.Part, d.What, d.Repair}, column)
				require.True(t, column == "state" || d.Field == VeiledField || d.Field == column || strings.HasPrefix(d.Field, column+"."), "%s: %s", column, d.Field)
			}
		}
	})
}

// tampered is another value of the kind of v.
func tampered(v any) any {
	switch v := v.(type) {
	case nil:
		return "2020-01-01T00:00:00Z"
	case bool:
		return !v
	case []any:
		return append(slices.Clone(v), "x")
	case map[string]any:
		copied := maps.Clone(v)
		copied["x"] = "x"
		return copied
	case json.Number:
		return json.Number("99")
	default:
		return "2020-01-01T00:00:00Z"
	}
}

func TestPlacesAndTiesAreSets(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, fresh func() Evidence) {
		e := fresh()
		for _, column := range []string{"places", "ties"} {
			list := slices.Clone(e.Row[column].([]any))
			slices.Reverse(list)
			e.Row[column] = list
		}
		for i := range e.Entries {
			slices.Reverse(e.Entries[i].Ties)
			slices.Reverse(e.Entries[i].Places)
		}
		require.Empty(t, Compare(e))
	})
}

// spoiled are entries of which one column is not what was decided.
var spoiled = map[string]func(x *Entry){
	"kind": func(x *Entry) { x.Kind = "x" }, "ags": func(x *Entry) { x.AGS = "05999009" }, "phase": func(x *Entry) { x.Phase = "x" },
	"places": func(x *Entry) { x.Places = append(slices.Clone(x.Places), "05999009") }, "ties": func(x *Entry) { x.Ties = append(slices.Clone(x.Ties), "x:y") },
	"command_id": func(x *Entry) { x.CommandID = "x" }, "action": func(x *Entry) { x.Action = "x" }, "actor": func(x *Entry) { x.By = "x" },
	"at": func(x *Entry) { x.At = x.At.AddDate(1, 0, 0) }, "digest": func(x *Entry) { x.Digest = "x" }, "veil": func(x *Entry) { x.Veil += "x" },
	"confided": func(x *Entry) { x.Confided = !x.Confided }, "salt": func(x *Entry) { x.Salt = "x" },
	"docs": func(x *Entry) { x.Docs = []byte(`[{"id":"x"},{"id":"x"}]`) }, "state": func(x *Entry) { x.State = []byte(`{"version":99}`) },
}

func TestEveryColumnOfAnEntryIsCompared(t *testing.T) {
	known := map[string]bool{"file_id": true, "version": true, "prior": true, "prior_hash": true, "hash": true, "computed": true}
	for f := range reflect.TypeFor[restored]().Fields() {
		name := f.Tag.Get("json")
		require.True(t, known[name] || spoiled[name] != nil, "%s: nothing spoils it", name)
	}
	ofEveryKind(t, func(t *testing.T, fresh func() Evidence) {
		for column, spoil := range spoiled {
			e := fresh()
			spoil(&e.Entries[1])
			e.Entries[1].Computed = []byte("another hash")
			ds := Compare(e)
			require.NotEmpty(t, ds, column)
			for _, d := range ds {
				require.Equal(t, []any{Audit, EntryDiffers, 2, RestoreEntry}, []any{d.Part, d.What, d.Version, d.Repair}, column)
				require.True(t, d.Field == VeiledField || strings.HasPrefix(d.Field, column), "%s: %s", column, d.Field)
			}
		}
	})
}

// An entry that was forged before it was logged is proved, and still contradicts itself.
func TestAnEntryIsWhatFollowsFromItsStateWhoeverProvesIt(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, fresh func() Evidence) {
		for _, column := range []string{"phase", "places", "ties", "veil"} {
			for _, history := range []bool{true, false} {
				e := fresh()
				spoiled[column](&e.Entries[1])
				if !history {
					e.History = nil
				}
				ds := slices.DeleteFunc(Compare(e), func(d Difference) bool { return d.Part != Audit })
				require.Len(t, ds, 1, column)
				require.Equal(t, []any{EntryDiffers, 2, NoRepair}, []any{ds[0].What, ds[0].Version, ds[0].Repair}, column)
			}
		}
	})
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
		"a column":                     {func(e *Evidence) { e.Row["reference"] = "x" }, found{Record, FieldDiffers, "reference", RestoreRecord}},
		"a column that follows":        {func(e *Evidence) { e.Row["due_at"] = "2020-01-01T00:00:00Z" }, found{Record, FieldDiffers, "due_at", RestoreRecord}},
		"a fact that lists show":       {func(e *Evidence) { e.Row["facets"].(map[string]any)["urgency"] = "x" }, found{Record, FieldDiffers, "facets.urgency", RestoreRecord}},
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
		"a damaged history":            {func(e *Evidence) { e.History.Flaws = append(e.History.Flaws, history.Flaw{What: history.Order}) }, found{History, HistoryDamaged, "order", NoRepair}},
		"a history against the log":    {func(e *Evidence) { e.History.Transitions[2].By = "x" }, found{History, HistoryDiffers, "actor", NoRepair}},
		"a decision nobody would make": {func(e *Evidence) { e.History.Transitions[2].Digest = "x" }, found{History, NotDerived, "", NoRepair}},
		"a document gone":              {func(e *Evidence) { e.Documents = []BrokenDocument{{Version: 1, ID: "d"}} }, found{Document, DocumentMissing, "d", NoRepair}},
		"a document exchanged":         {func(e *Evidence) { e.Documents = []BrokenDocument{{Version: 1, ID: "d", Stored: true, Linked: true}} }, found{Document, DocumentDiffers, "d", NoRepair}},
		"a document without a tie":     {func(e *Evidence) { e.Documents = []BrokenDocument{{Version: 1, ID: "d", Stored: true, Same: true}} }, found{Document, DocumentUnlinked, "d", RestoreEntry}},
		"a document without a key": {func(e *Evidence) {
			e.Documents = []BrokenDocument{{Version: 1, ID: "d", Stored: true, Same: true, Linked: true}}
		}, found{Document, DocumentKeyless, "d", NoRepair}},
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
	for field, spoil := range map[string]func(e Evidence){
		"clearing.urgency": func(e Evidence) { e.Row["state"].(map[string]any)["clearing"].(map[string]any)["urgency"] = "x" },
		"facets.urgency":   func(e Evidence) { e.Row["facets"].(map[string]any)["urgency"] = "x" },
	} {
		e := recorded(t)
		spoil(e)
		ds := Compare(e)
		require.Len(t, ds, 1)
		require.Equal(t, field, ds[0].Field)
		require.Equal(t, conflict.ActionRecordClearing, ds[0].Facts.Action)
		require.JSONEq(t, `"x"`, string(ds[0].Facts.Is))
		require.NotEmpty(t, ds[0].Facts.By)
		require.NotEmpty(t, ds[0].Reference)
	}
}

// veiledVersions are those to which veiled decisions led.
func veiledVersions(e Evidence) (versions []int) {
	for _, t := range e.History.Transitions {
		if e.Kind.Veil(t.Action, t.Docs) != "" {
			versions = append(versions, t.Version)
		}
	}
	return versions
}

// requireVeiled requires that a difference says that something veiled differs, and nothing else.
func requireVeiled(t *testing.T, d Difference) {
	t.Helper()
	require.Equal(t, VeiledField, d.Field, "%+v", d)
	d.Facts.Run = ""
	require.Equal(t, Facts{}, d.Facts)
}

// §4 MediationsG: that something confidential differs is told, and nothing else.
func TestNothingVeiledIsToldInAnyPart(t *testing.T) {
	ways := map[string]func(e *Evidence, v int){
		"the actor":          func(e *Evidence, v int) { e.Entries[v-1].By, e.Entries[v-1].Computed = "x", []byte("y") },
		"the stored veil":    func(e *Evidence, v int) { e.Entries[v-1].Veil, e.Entries[v-1].Computed = "", []byte("y") },
		"the state":          func(e *Evidence, v int) { e.Entries[v-1].State, e.Entries[v-1].Computed = []byte(`{}`), []byte("y") },
		"its documents":      func(e *Evidence, v int) { e.Entries[v-1].Docs, e.Entries[v-1].Computed = []byte(`[]`), []byte("y") },
		"its action":         func(e *Evidence, v int) { e.Entries[v-1].Action, e.Entries[v-1].Computed = "x", []byte("y") },
		"its hash":           func(e *Evidence, v int) { e.Entries[v-1].Hash = []byte("x") },
		"what it follows":    func(e *Evidence, v int) { e.Entries[v-1].PriorHash = []byte("x") },
		"its leaf":           func(e *Evidence, v int) { e.Leaves[v] = []byte("x") },
		"the entry itself":   func(e *Evidence, v int) { e.Entries = slices.Delete(e.Entries, v-1, v) },
		"the history":        func(e *Evidence, v int) { e.History.Transitions[v-1].By = "x" },
		"its derivation":     func(e *Evidence, v int) { e.History.Transitions[v-1].Digest = "x" },
		"an event":           func(e *Evidence, v int) { e.History.Flaws = []history.Flaw{{What: history.Asked, Version: v}} },
		"a missing document": func(e *Evidence, v int) { e.Documents = []BrokenDocument{{Version: v, ID: "d"}} },
		"a changed document": func(e *Evidence, v int) { e.Documents = []BrokenDocument{{Version: v, ID: "d", Stored: true}} },
		"a document that is no": func(e *Evidence, v int) {
			e.Documents = []BrokenDocument{{Version: v, ID: "d", Stored: true, Same: true}}
		},
		"a document without a history": func(e *Evidence, v int) {
			e.History, e.Documents = nil, []BrokenDocument{{Version: v, ID: "d"}}
		},
	}
	veils := 0
	ofEveryKind(t, func(t *testing.T, fresh func() Evidence) {
		for _, v := range veiledVersions(fresh()) {
			veils++
			for name, spoil := range ways {
				e := fresh()
				spoil(&e, v)
				ds := slices.DeleteFunc(Compare(e), func(d Difference) bool { return d.Version != v })
				require.NotEmpty(t, ds, "%s of version %d", name, v)
				for _, d := range ds {
					requireVeiled(t, d)
				}
			}
		}
	})
	require.GreaterOrEqual(t, veils, 4, "a score, notes and a document")
}

// What was measured: everybody who may read differences learned of a veiled note, by whom and with which document.
func TestAMissingDocumentOfAVeiledNoteSaysNothingOfTheNote(t *testing.T) {
	e := discreet(t)
	i := slices.IndexFunc(e.History.Transitions, func(x history.Transition) bool { return x.Action == conflict.ActionAddNote })
	note := e.History.Transitions[i]
	e.Documents = []BrokenDocument{{Version: note.Version, ID: note.Docs[0].ID}}
	ds := Compare(e)
	require.Len(t, ds, 1)
	require.Equal(t, []any{Document, DocumentMissing, note.Version}, []any{ds[0].Part, ds[0].What, ds[0].Version})
	requireVeiled(t, ds[0])
	all, err := json.Marshal(ds)
	require.NoError(t, err)
	require.NotContains(t, string(all), note.Docs[0].ID)
	require.NotContains(t, string(all), note.By)
	require.NotContains(t, string(all), string(note.Action))
}

func TestAMissingRecordDoesNotTellTheVeiledDecisionBeforeIt(t *testing.T) {
	e := discreet(t)
	v := veiledVersions(e)[0]
	e.Entries, e.History.Transitions, e.Row = e.Entries[:v], e.History.Transitions[:v], nil
	for leaf := range e.Leaves {
		if leaf > v {
			delete(e.Leaves, leaf)
		}
	}
	ds := Compare(e)
	require.Len(t, ds, 1)
	require.Equal(t, RecordMissing, ds[0].What)
	require.Equal(t, Facts{}, ds[0].Facts)
}

// What a state has that not everybody sees is veiled wherever the two states differ, be it there or not.
func TestAVeiledPlaceOfAStateIsVeiledOnBothSides(t *testing.T) {
	hidden := []string{"notes", "attachments"}
	for _, field := range hidden {
		for name, value := range map[string]any{"gone": nil, "an empty list": []any{}, "an empty object": map[string]any{}, "a word": "x"} {
			e := discreet(t)
			e.Row["state"].(map[string]any)[field] = value
			ds := Compare(e)
			require.NotEmpty(t, ds, "%s is %s", field, name)
			for _, d := range ds {
				requireVeiled(t, d)
			}
		}
	}
	e := discreet(t)
	before := e.Entries[veiledVersions(e)[0]-2] // nothing is veiled yet
	forged := decode(before.State).(map[string]any)
	forged["notes"], forged["unheard_of"] = 7, "x"
	for _, p := range states(e.Kind, encode(forged), before.State) {
		require.True(t, p.veiled, p.path)
	}
	for _, p := range states(e.Kind, []byte(`{"round":7,"phase":"x"}`), before.State) {
		require.False(t, p.veiled, p.path)
	}
}

func TestAKindThatVeilsNothingHidesNothing(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, fresh func() Evidence) {
		e := fresh()
		if len(e.Kind.Veils()) > 0 {
			return
		}
		e.Row["state"].(map[string]any)["unheard_of"] = "x"
		ds := Compare(e)
		require.Len(t, ds, 1)
		require.Equal(t, "unheard_of", ds[0].Field)
	})
}

// Whatever differs, no value of a veiled place stands among the facts.
func TestNoFactHoldsWhatIsVeiled(t *testing.T) {
	e, secret := discreet(t), []byte("4711")
	e.Row["state"].(map[string]any)["notes"] = json.Number(secret)
	for name := range e.Row["state"].(map[string]any) {
		e := discreet(t)
		e.Row["state"].(map[string]any)["notes"] = json.Number(secret)
		delete(e.Row["state"].(map[string]any), name)
		for _, d := range Compare(e) {
			require.False(t, bytes.Contains(d.Facts.Is, secret) || bytes.Contains(d.Facts.Ought, secret), name)
		}
	}
	e.Row["state"] = "nothing"
	for _, d := range Compare(e) {
		require.False(t, bytes.Contains(d.Facts.Ought, secret), "%+v", d)
	}
}

func TestTheRowThatIsRestoredIsTheOneThatFollows(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, fresh func() Evidence) {
		e := fresh()
		for _, x := range e.History.Transitions {
			back, err := restore(e.Kind, x)
			require.NoError(t, err)
			entry, _ := e.entry(x.Version)
			require.Equal(t, []any{entry.Phase, entry.Places, entry.Ties, entry.Veil}, []any{back.Phase, back.Places, back.Ties, back.Veil})
			require.False(t, e.wants(x), "what is there is not restored")
		}
		_, err := restore(e.Kind, history.Transition{Raw: []byte("{")})
		require.Error(t, err)
	})
}

func TestAnEntryOfAnotherKindIsNotOfTheFile(t *testing.T) {
	e := recorded(t)
	e.Entries[0].Kind = file.Kind("unheard_of")
	ds := Compare(e)
	require.NotEmpty(t, ds)
	require.Equal(t, "kind", ds[0].Field)
}
