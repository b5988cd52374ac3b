package e2e

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/db"
	"koko/domain/conflict"
)

// A record is a stack's PostgreSQL, seen as its owner.
type record struct{ pool *pgxpool.Pool }

func openRecord(t testing.TB, s *stack) record { return recordAt(t, s.instance.Database) }

func recordAt(t testing.TB, url string) record {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return record{pool}
}

// transitions is what stands recorded of a case.
func (r record) transitions(t testing.TB, caseID string) []step {
	t.Helper()
	ts, err := (&activities.Files{Pool: r.pool}).ReadTransitions(t.Context(), activities.Position{Kind: conflict.Kind, FileID: caseID, CommandID: "none"})
	require.NoError(t, err)
	return steps(t, ts)
}

// broken lists the entries that break a chain of the audit.
func (r record) broken(t testing.TB) []db.BrokenAudit {
	t.Helper()
	entries, err := db.On(r.pool).ListBrokenAudit(t.Context(), 100)
	require.NoError(t, err)
	return entries
}

// cases are the ids of all cases.
func (r record) cases(t testing.TB) []string {
	t.Helper()
	rows, err := r.pool.Query(t.Context(), "SELECT id::text FROM file WHERE kind = $1 ORDER BY opened", conflict.Kind)
	require.NoError(t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return ids
}
