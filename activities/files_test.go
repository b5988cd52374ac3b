package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"koko/activities"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/dbtest"
	"koko/internal/historytest"
	"koko/internal/recordtest"
	"koko/kinds"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const aachen ags.Key = "05334002"

// A decided step is a transition and the state that it led to.
type decided[S file.State] struct {
	activities.Transition
	State S
}

// decide is the transition that cmd leads to, unless it is refused.
func decide[S file.State](t *testing.T, k *file.Spec[S], id string, s S, by string, cmd file.Command, at time.Time) decided[S] {
	t.Helper()
	next, err := k.Decide(s, cmd, by, at)
	require.NoError(t, err)
	return decided[S]{recordtest.Transition(k.Kind, id, by, cmd, next), next}
}

// requireSame wants transitions as they were, byte for byte, with the salts that the record chose.
func requireSame(t *testing.T, want, got []activities.Transition, about ...any) {
	t.Helper()
	var unsalted []activities.Transition
	for _, x := range got {
		require.NoError(t, uuid.Validate(x.Salt), about...)
		x.Salt = ""
		unsalted = append(unsalted, x)
	}
	require.Equal(t, want, unsalted, about...)
}

func TestSaveTransition(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "save"}
	a := &activities.Files{Pool: r.Worker}
	c := conflict.Case{ID: m.ID(), AGS: aachen}
	signal, triage, note := m.Signal(), m.Triage(conflict.OpenCase), m.Note(conflict.CaseFile)
	for _, cmd := range []file.Command{signal, triage, note} {
		r.Store(t, c, casetest.Reporter, cmd.References())
	}
	first := decide(t, conflict.Spec, "k1", c, casetest.Reporter, signal, at)
	second := decide(t, conflict.Spec, "k2", first.State, casetest.Manager, triage, at.Add(time.Hour))
	again := decide(t, conflict.Spec, "k1", first.State, casetest.Reporter, note, at.Add(2*time.Hour))
	behind := decide(t, conflict.Spec, "k3", first.State, casetest.Reporter, note, at.Add(time.Minute))
	farBehind := decide(t, conflict.Spec, "k3", c, casetest.Reporter, signal, at.Add(time.Minute))
	for _, step := range []struct {
		name string
		t    activities.Transition
		want []activities.Transition
	}{
		{"the first", first.Transition, []activities.Transition{first.Transition}},
		{"a retry", first.Transition, []activities.Transition{first.Transition}},
		{"the second", second.Transition, []activities.Transition{second.Transition}},
		{"a late one", first.Transition, []activities.Transition{first.Transition, second.Transition}},
		{"decided anew, done before", again.Transition, []activities.Transition{first.Transition, second.Transition}},
		{"its version is taken", behind.Transition, []activities.Transition{second.Transition}},
		{"its version is long taken", farBehind.Transition, []activities.Transition{first.Transition, second.Transition}},
	} {
		got, err := a.SaveTransition(ctx, step.t)
		require.NoError(t, err, step.name)
		requireSame(t, step.want, got, step.name)
	}

	for p, want := range map[activities.Position][]activities.Transition{
		{Kind: conflict.Kind, FileID: c.ID, Version: 0, CommandID: "k9"}:   {first.Transition, second.Transition},
		{Kind: conflict.Kind, FileID: c.ID, Version: 1, CommandID: "k9"}:   {second.Transition},
		{Kind: conflict.Kind, FileID: c.ID, Version: 2, CommandID: "k1"}:   {first.Transition},
		{Kind: conflict.Kind, FileID: c.ID, Version: 2, CommandID: "k9"}:   nil,
		{Kind: conflict.Kind, FileID: m.ID(), Version: 0, CommandID: "k1"}: nil,
		{Kind: "cohort", FileID: c.ID, Version: 0, CommandID: "k1"}:        nil,
	} {
		got, err := a.ReadTransitions(ctx, p)
		require.NoError(t, err)
		requireSame(t, want, got, "%v", p)
	}
	require.NoError(t, db.Within(ctx, r.API, casetest.Manager, ags.Area{aachen}, func(q *db.Queries) error {
		got, err := q.GetFile(ctx, file.Scope{Parts: []file.Part{{Area: ags.Area{aachen}}}}, conflict.Kind, c.ID)
		require.JSONEq(t, string(second.Transition.State), string(got), "what came late changed nothing")
		return err
	}))
}

// A record behind its workflow, as after a restore, is not written on: somebody has to look.
func TestAGapIsNeverWrittenAndTriedUntilItIsMended(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "gap"}
	a := &activities.Files{Pool: r.Worker}
	c := r.Decide(t, conflict.Case{ID: m.ID(), AGS: aachen}, casetest.Reporter, m.Signal(), at)
	missing := decide(t, conflict.Spec, "k2", c, casetest.Manager, conflict.Assign{Assignee: casetest.Manager}, at.Add(time.Minute))
	ahead := decide(t, conflict.Spec, "k3", missing.State, casetest.Manager, conflict.Assign{Assignee: casetest.Mediator}, at.Add(time.Hour))

	_, err := a.SaveTransition(ctx, ahead.Transition)
	require.ErrorContains(t, err, "has no version 2 to follow")
	_, refused := temporalError(err)
	require.False(t, refused, "the engine tries again")

	for _, tr := range []decided[conflict.Case]{missing, ahead} {
		got, err := a.SaveTransition(ctx, tr.Transition)
		require.NoError(t, err)
		requireSame(t, []activities.Transition{tr.Transition}, got)
	}
}

func temporalError(err error) (*temporal.ApplicationError, bool) {
	var app *temporal.ApplicationError
	ok := errors.As(err, &app)
	return app, ok
}

// What no retry can mend is refused for good, and nothing of it is kept.
func TestWhatCannotBeRecordedIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "refused"}
	a := &activities.Files{Pool: r.Worker}
	c := r.Decide(t, conflict.Case{ID: m.ID(), AGS: aachen}, casetest.Reporter, m.Signal(), at)
	other := r.Decide(t, conflict.Case{ID: m.ID(), AGS: aachen}, casetest.Reporter, m.Signal(), at)
	notes := map[string]conflict.AddNote{}
	for _, of := range []string{"stored", "forged", "moved", "foreign", "used"} {
		notes[of] = m.Note(conflict.CaseFile)
		r.Store(t, c, casetest.Manager, notes[of].References())
	}
	c = r.Decide(t, c, casetest.Manager, notes["used"], at)
	moved := notes["moved"]
	moved.Docs.Docs[0].Compartment = conflict.Identities

	for name, tc := range map[string]struct {
		t     decided[conflict.Case]
		field string
		rule  string
	}{
		"a document that was not stored":     {decide(t, conflict.Spec, "n1", c, casetest.Manager, m.Note(conflict.CaseFile), at), "docs", "stored"},
		"a document in another compartment":  {decide(t, conflict.Spec, "n2", c, casetest.Manager, moved, at), "docs", "stored"},
		"a document of another case":         {decide(t, conflict.Spec, "n3", other, casetest.Manager, notes["foreign"], at), "docs", "stored"},
		"a document of another command":      {decide(t, conflict.Spec, "n4", c, casetest.Manager, notes["used"], at), "docs", "stored"},
		"a municipality that does not exist": {decide(t, conflict.Spec, "n5", conflict.Case{ID: m.ID(), AGS: "05334999"}, casetest.Reporter, m.Signal(), at), "ags", "municipality"},
		"no municipality":                    {decide(t, conflict.Spec, "n6", conflict.Case{ID: m.ID()}, casetest.Reporter, m.Signal(), at), "ags", "municipality"},
		"a NUL in the caller's id":           {decide(t, conflict.Spec, "n7", c, "p\x00", notes["stored"], at), "", "characters"},
		"an id that is none":                 {decide(t, conflict.Spec, "n8", conflict.Case{ID: "x", AGS: aachen}, casetest.Reporter, m.Signal(), at), "", "characters"},
	} {
		_, err := a.SaveTransition(ctx, tc.t.Transition)
		app, ok := temporalError(err)
		require.True(t, ok, "%s: %v", name, err)
		require.True(t, app.NonRetryable(), name)
		require.Equal(t, activities.Refused, app.Type(), name)
		var f fault.Error
		require.NoError(t, app.Details(&f), name)
		require.Equal(t, []string{string(fault.Invalid), tc.field, tc.rule}, []string{string(f.Code), f.Field, f.Rule}, name)
		require.NotEmpty(t, f.Remedy, name)

		var left int
		require.NoError(t, r.Owner.QueryRow(ctx, "SELECT count(*) FROM audit WHERE command_id = $1", tc.t.CommandID).Scan(&left))
		require.Zero(t, left, name)
	}
	got, err := a.ReadTransitions(ctx, activities.Position{Kind: conflict.Kind, FileID: c.ID, Version: 2})
	require.NoError(t, err)
	require.Empty(t, got)
}

// What has passed once is tried again by the engine: it is no refusal.
func TestADatabaseThatDoesNotAnswerIsNoRefusal(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "down"}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	a := &activities.Files{Pool: r.Worker}
	_, err := a.SaveTransition(ctx, decide(t, conflict.Spec, "k1", conflict.Case{ID: m.ID(), AGS: aachen}, casetest.Reporter, m.Signal(), at).Transition)
	require.ErrorIs(t, err, context.Canceled)
	_, refused := temporalError(err)
	require.False(t, refused)
}

// Two workers may be alive at once, one of them given up by the engine.
func TestRivalsAllSeeTheOneThatWon(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "rivals"}
	a := &activities.Files{Pool: r.Worker}
	c := conflict.Case{ID: m.ID(), AGS: aachen}
	signal := m.Signal()
	r.Store(t, c, casetest.Reporter, signal.References())
	answers := make([][]activities.Transition, 20)
	var rivals sync.WaitGroup
	for i := range answers {
		next := decide(t, conflict.Spec, fmt.Sprint("k", i%10), c, casetest.Reporter, signal, at.Add(time.Duration(i)*time.Second))
		rivals.Go(func() {
			var err error
			answers[i], err = a.SaveTransition(ctx, next.Transition)
			assert.NoError(t, err)
		})
	}
	rivals.Wait()
	require.Len(t, answers[0], 1)
	for _, got := range answers {
		require.Equal(t, answers[0], got)
	}
	recorded, err := a.ReadTransitions(ctx, activities.Position{Kind: conflict.Kind, FileID: c.ID})
	require.NoError(t, err)
	require.Equal(t, answers[0], recorded)
}

// The record is what the decisions add up to, entry by entry and column by column, whatever the kind.
func TestTheFoldOfTheDecisionsIsTheRecord(t *testing.T) {
	t.Parallel()
	for _, k := range kinds.All() {
		t.Run(string(k.Kind), func(t *testing.T) {
			t.Parallel()
			r := dbtest.New(t)
			f := historytest.Way(k, "fold")
			a := &activities.Files{Pool: r.Worker}
			for i, x := range f.Transitions {
				r.StoreIn(t, f.ID, f.States[i].Head().AGS, x.By, x.Docs)
				_, err := a.SaveTransition(t.Context(), x)
				require.NoError(t, err)
				requireRow(t, r, k, f.States[i])
				requireEntry(t, r, k, f.States[i], x)
			}
			got, err := a.ReadTransitions(t.Context(), activities.Position{Kind: k.Kind, FileID: f.ID})
			require.NoError(t, err)
			require.Equal(t, f.Transitions, got, "the salts, too")
			requireUnbroken(t, r)
		})
	}
}

// requireRow wants the row that follows from a state.
func requireRow(t *testing.T, r *dbtest.Record, k *file.Definition, s file.State) {
	t.Helper()
	want, err := k.Row(s)
	require.NoError(t, err)
	var got file.Row
	var facets, state []byte
	require.NoError(t, r.Owner.QueryRow(t.Context(), `SELECT kind, id, ags, places, reference, phase, over, ties, facets, once, due_at, opened, changed, version, state, confided
		FROM file WHERE id = $1`, want.ID).Scan(&got.Kind, &got.ID, &got.AGS, &got.Places, &got.Reference, &got.Phase, &got.Over, &got.Ties, &facets,
		&got.Once, &got.Due, &got.Opened, &got.Changed, &got.Version, &state, &got.Confided))
	got.Opened, got.Changed = got.Opened.UTC(), got.Changed.UTC()
	if got.Due != nil {
		got.Due = new(got.Due.UTC())
	}
	require.JSONEq(t, string(want.Facets), string(facets))
	got.Facets = want.Facets
	if want.Due != nil {
		want.Due = new(want.Due.UTC())
	}
	require.Equal(t, want, got)
	whole, err := json.Marshal(s)
	require.NoError(t, err)
	require.JSONEq(t, string(whole), string(state))
}

// requireEntry wants the entry of a step with what follows from it.
func requireEntry(t *testing.T, r *dbtest.Record, k *file.Definition, s file.State, x activities.Transition) {
	t.Helper()
	row, err := k.Row(s)
	require.NoError(t, err)
	var phase, veil string
	var confided bool
	var places ags.Area
	var ties []string
	require.NoError(t, r.Owner.QueryRow(t.Context(), "SELECT phase, places, ties, veil, confided FROM audit WHERE file_id = $1 AND version = $2", row.ID, row.Version).
		Scan(&phase, &places, &ties, &veil, &confided))
	require.Equal(t, []any{row.Phase, row.Places, row.Ties, k.Veil(x.Action, x.Docs), k.Confided()}, []any{phase, places, ties, veil, confided})
}

// What nobody registered is not recorded, and a file keeps its kind.
func TestAKindIsKnownAndKept(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	a := &activities.Files{Pool: r.Worker}
	m := &casetest.Maker{Salt: "kind"}
	x := decide(t, conflict.Spec, "k1", conflict.Case{ID: m.ID(), AGS: aachen}, casetest.Reporter, m.Signal(), at).Transition
	x.Docs = nil
	_, err := a.SaveTransition(t.Context(), x)
	require.NoError(t, err)
	x.Kind, x.CommandID = "unheard_of", "k2"
	_, err = a.SaveTransition(t.Context(), x)
	require.ErrorContains(t, err, "unheard_of")
	x.Kind = "cohort"
	_, err = a.SaveTransition(t.Context(), x)
	require.ErrorContains(t, err, "another kind")
}
