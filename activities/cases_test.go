package activities_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"koko/activities"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/internal/casetest"
	"koko/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const aachen ags.Key = "05334002"

// decide is the transition that cmd leads to, unless it is refused.
func decide(t *testing.T, id string, c conflict.Case, by string, cmd conflict.Command, at time.Time) activities.Transition[conflict.Case] {
	t.Helper()
	next, err := c.Decide(cmd, by, at)
	require.NoError(t, err)
	return activities.Transition[conflict.Case]{CommandID: id, Action: cmd.Action(), By: by, Digest: process.Digest(cmd), Docs: cmd.References(), State: next}
}

func TestSaveTransition(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "save"}
	a := &activities.Cases{Pool: r.Worker}
	c := conflict.Case{ID: m.ID(), AGS: aachen}
	signal, triage, note := m.Signal(), m.Triage(conflict.OpenCase), m.Note(conflict.CaseFile)
	for _, cmd := range []conflict.Command{signal, triage, note} {
		r.Store(t, c, casetest.Reporter, cmd.References())
	}
	first := decide(t, "k1", c, casetest.Reporter, signal, at)
	second := decide(t, "k2", first.State, casetest.Manager, triage, at.Add(time.Hour))
	again := decide(t, "k1", first.State, casetest.Reporter, note, at.Add(2*time.Hour))
	behind := decide(t, "k3", first.State, casetest.Reporter, note, at.Add(time.Minute))
	farBehind := decide(t, "k3", c, casetest.Reporter, signal, at.Add(time.Minute))
	for _, step := range []struct {
		name string
		t    activities.Transition[conflict.Case]
		want []activities.Transition[conflict.Case]
	}{
		{"the first", first, []activities.Transition[conflict.Case]{first}},
		{"a retry", first, []activities.Transition[conflict.Case]{first}},
		{"the second", second, []activities.Transition[conflict.Case]{second}},
		{"a late one", first, []activities.Transition[conflict.Case]{first, second}},
		{"decided anew, done before", again, []activities.Transition[conflict.Case]{first, second}},
		{"its version is taken", behind, []activities.Transition[conflict.Case]{second}},
		{"its version is long taken", farBehind, []activities.Transition[conflict.Case]{first, second}},
	} {
		got, err := a.SaveTransition(ctx, step.t)
		require.NoError(t, err, step.name)
		require.Equal(t, step.want, got, step.name)
	}

	for p, want := range map[activities.Position][]activities.Transition[conflict.Case]{
		{FileID: c.ID, Version: 0, CommandID: "k9"}:   {first, second},
		{FileID: c.ID, Version: 1, CommandID: "k9"}:   {second},
		{FileID: c.ID, Version: 2, CommandID: "k1"}:   {first},
		{FileID: c.ID, Version: 2, CommandID: "k9"}:   nil,
		{FileID: m.ID(), Version: 0, CommandID: "k1"}: nil,
	} {
		got, err := a.ReadTransitions(ctx, p)
		require.NoError(t, err)
		require.Equal(t, want, got, "%v", p)
	}
	require.NoError(t, db.Within(ctx, r.API, casetest.Manager, ags.Area{aachen}, func(q *db.Queries) error {
		got, err := q.GetCase(ctx, db.Scope{Area: ags.Area{aachen}}.Case(c.ID))
		require.Equal(t, second.State, got, "what came late changed nothing")
		return err
	}))
}

// A record behind its workflow, as after a restore, is not written on: somebody has to look.
func TestAGapIsNeverWrittenAndTriedUntilItIsMended(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "gap"}
	a := &activities.Cases{Pool: r.Worker}
	c := r.Decide(t, conflict.Case{ID: m.ID(), AGS: aachen}, casetest.Reporter, m.Signal(), at)
	missing := decide(t, "k2", c, casetest.Manager, conflict.Assign{Assignee: casetest.Manager}, at.Add(time.Minute))
	ahead := decide(t, "k3", missing.State, casetest.Manager, conflict.Assign{Assignee: casetest.Mediator}, at.Add(time.Hour))

	_, err := a.SaveTransition(ctx, ahead)
	require.ErrorContains(t, err, "has no version 2 to follow")
	_, refused := temporalError(err)
	require.False(t, refused, "the engine tries again")

	for _, tr := range []activities.Transition[conflict.Case]{missing, ahead} {
		got, err := a.SaveTransition(ctx, tr)
		require.NoError(t, err)
		require.Equal(t, []activities.Transition[conflict.Case]{tr}, got)
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
	a := &activities.Cases{Pool: r.Worker}
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
		t     activities.Transition[conflict.Case]
		field string
		rule  string
	}{
		"a document that was not stored":     {decide(t, "n1", c, casetest.Manager, m.Note(conflict.CaseFile), at), "docs", "stored"},
		"a document in another compartment":  {decide(t, "n2", c, casetest.Manager, moved, at), "docs", "stored"},
		"a document of another case":         {decide(t, "n3", other, casetest.Manager, notes["foreign"], at), "docs", "stored"},
		"a document of another command":      {decide(t, "n4", c, casetest.Manager, notes["used"], at), "docs", "stored"},
		"a municipality that does not exist": {decide(t, "n5", conflict.Case{ID: m.ID(), AGS: "05334999"}, casetest.Reporter, m.Signal(), at), "ags", "municipality"},
		"no municipality":                    {decide(t, "n6", conflict.Case{ID: m.ID()}, casetest.Reporter, m.Signal(), at), "ags", "municipality"},
		"a NUL in the caller's id":           {decide(t, "n7", c, "p\x00", notes["stored"], at), "", "characters"},
		"an id that is none":                 {decide(t, "n8", conflict.Case{ID: "x", AGS: aachen}, casetest.Reporter, m.Signal(), at), "", "characters"},
	} {
		_, err := a.SaveTransition(ctx, tc.t)
		app, ok := temporalError(err)
		require.True(t, ok, "%s: %v", name, err)
		require.True(t, app.NonRetryable(), name)
		require.Equal(t, string(fault.Invalid), app.Type(), name)
		var f fault.Error
		require.NoError(t, app.Details(&f), name)
		require.Equal(t, []string{tc.field, tc.rule}, []string{f.Field, f.Rule}, name)
		require.NotEmpty(t, f.Remedy, name)

		var left int
		require.NoError(t, r.Owner.QueryRow(ctx, "SELECT count(*) FROM audit WHERE command_id = $1", tc.t.CommandID).Scan(&left))
		require.Zero(t, left, name)
	}
	got, err := a.ReadTransitions(ctx, activities.Position{FileID: c.ID, Version: 2})
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
	a := &activities.Cases{Pool: r.Worker}
	_, err := a.SaveTransition(ctx, decide(t, "k1", conflict.Case{ID: m.ID(), AGS: aachen}, casetest.Reporter, m.Signal(), at))
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
	a := &activities.Cases{Pool: r.Worker}
	c := conflict.Case{ID: m.ID(), AGS: aachen}
	signal := m.Signal()
	r.Store(t, c, casetest.Reporter, signal.References())
	answers := make([][]activities.Transition[conflict.Case], 20)
	var rivals sync.WaitGroup
	for i := range answers {
		next := decide(t, fmt.Sprint("k", i%10), c, casetest.Reporter, signal, at.Add(time.Duration(i)*time.Second))
		rivals.Go(func() {
			var err error
			answers[i], err = a.SaveTransition(ctx, next)
			assert.NoError(t, err)
		})
	}
	rivals.Wait()
	require.Len(t, answers[0], 1)
	for _, got := range answers {
		require.Equal(t, answers[0], got)
	}
	recorded, err := a.ReadTransitions(ctx, activities.Position{FileID: c.ID})
	require.NoError(t, err)
	require.Equal(t, answers[0], recorded)
}

// The record is what the decisions add up to, entry by entry and column by column.
func TestTheFoldOfTheDecisionsIsTheRecord(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "fold"}
	a := &activities.Cases{Pool: r.Worker}
	c := conflict.Case{ID: m.ID(), AGS: aachen}
	var folded []activities.Transition[conflict.Case]
	for i, s := range m.Way() {
		when := at.Add(time.Duration(i) * time.Hour)
		next := r.Decide(t, c, s.By, s.Command, when)
		folded = append(folded, decide(t, fmt.Sprint("k", i+1), c, s.By, s.Command, when))
		c = next

		var row db.ConflictCase
		require.NoError(t, r.Owner.QueryRow(ctx, `SELECT id, ags, reference, phase, urgency, stage, assignee, reporter, team, due_at, opened, changed, version, state
			FROM conflict_case`).Scan(&row.ID, &row.AGS, &row.Reference, &row.Phase, &row.Urgency, &row.Stage, &row.Assignee, &row.Reporter,
			&row.Team, &row.DueAt, &row.Opened, &row.Changed, &row.Version, &row.State))
		want := db.ConflictCase{
			ID: c.ID, AGS: c.AGS, Reference: c.Signal.Reference, Phase: c.Phase, Assignee: c.Assignee, Reporter: casetest.Reporter,
			Team: append([]string{}, c.Team()...), Opened: c.Opened, Changed: c.Changed, Version: int32(c.Version), State: c,
		}
		if c.Clearing != nil {
			want.Urgency = c.Clearing.Urgency
		}
		if c.Escalation != nil {
			want.Stage = int32(c.Escalation.Stage)
		}
		if ds := c.Deadlines(); len(ds) > 0 {
			want.DueAt = &ds[0].Due
		}
		row.Opened, row.Changed = row.Opened.UTC(), row.Changed.UTC()
		if row.DueAt != nil {
			row.DueAt = new(row.DueAt.UTC())
		}
		require.Equal(t, want, row, s.Command.Action())
	}
	got, err := a.ReadTransitions(ctx, activities.Position{FileID: c.ID})
	require.NoError(t, err)
	require.Equal(t, folded, got)
	require.Equal(t, conflict.Closed, c.Phase)
}
