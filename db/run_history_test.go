package db_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/dbtest"
	"koko/internal/evidence/runs"
)

// keptRun keeps a run of a case.
func keptRun(t *testing.T, r *dbtest.Record, c conflict.Case, id string) {
	t.Helper()
	n, err := activities.Keep(t.Context(), r.Worker, runs.Packed{SHA256: strings.Repeat("a", 64), Data: []byte("events"), Run: runs.Run{
		Kind: conflict.Kind, FileID: c.ID, AGS: c.AGS, WorkflowID: "case-" + c.ID, ID: id, Began: at, Ended: at, Status: runs.Continued, Events: 3,
	}})
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestKeptRunsKeepToTheScope(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	c := newCase(t, r, false)
	keptRun(t, r, c, "one")
	for _, tc := range []struct {
		scope file.Scope
		area  ags.Area
		want  int
	}{
		{everywhere, ags.Area{aachen, bonn}, 1},
		{everywhere, ags.Area{bonn}, 0}, // the second lock
		{everywhere, nil, 0},
		{over(bonn), ags.Area{aachen}, 0},
		{file.Scope{}, ags.Area{aachen}, 0},
	} {
		within(t, r.API, tc.area, func(q *db.Queries) {
			rows, err := q.ListKeptRuns(t.Context(), tc.scope, conflict.Kind, c.ID)
			require.NoError(t, err)
			require.Len(t, rows, tc.want)
			row, err := q.GetKeptRun(t.Context(), tc.scope, conflict.Kind, c.ID, "one")
			require.NoError(t, err)
			require.Equal(t, tc.want == 1, row != nil)
			if row != nil {
				require.True(t, row.Sealed)
				require.Equal(t, []byte("events"), row.Data)
			}
			other, err := q.GetKeptRun(t.Context(), tc.scope, conflict.Kind, c.ID, "two")
			require.NoError(t, err)
			require.Nil(t, other)
		})
	}
}

func TestRowSecurityHidesTheKeptRunsOfOthers(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	keptRun(t, r, newCase(t, r, false), "one")
	for area, want := range map[string]int{string(aachen): 1, string(bonn): 0, "": 0} {
		require.NoError(t, pgx.BeginFunc(t.Context(), r.API, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), "SELECT set_config('koko.area', $1, true)", area)
			require.NoError(t, err)
			var n int
			require.NoError(t, tx.QueryRow(t.Context(), "SELECT count(*) FROM run_history").Scan(&n))
			require.Equal(t, want, n, area)
			return nil
		}))
	}
}

func TestNobodyChangesOrDeletesAKeptRun(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	keptRun(t, r, newCase(t, r, false), "one")
	for role, pool := range map[string]*pgxpool.Pool{"api": r.API, "worker": r.Worker, "owner": r.Owner} {
		for _, sql := range []string{"UPDATE run_history SET data = ''", "DELETE FROM run_history"} {
			_, err := pool.Exec(context.Background(), sql)
			var pg *pgconn.PgError
			require.ErrorAs(t, err, &pg, "%s: %s", role, sql)
			require.Contains(t, []string{"42501", "23001"}, pg.Code, "%s: %s: %s", role, sql, pg.Message)
		}
	}
	_, err := r.API.Exec(context.Background(), "INSERT INTO run_history SELECT * FROM run_history")
	require.ErrorContains(t, err, "permission denied")
}

func TestAKeptRunStandsInTheLog(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	c := newCase(t, r, false)
	keptRun(t, r, c, "one")
	var same bool
	require.NoError(t, r.Owner.QueryRow(t.Context(), `SELECT p.hash = h.hash AND h.hash = sha256(convert_to(concat_ws(E'\x1f',
			h.kind, h.file_id, h.ags, h.workflow_id, h.run_id, h.prior_run_id, h.status, h.events, h.sha256), 'UTF8'))
		FROM ledger_pending p, run_history h WHERE p.tab = 'run_history' AND p.key = 'case-' || $1 || '/one'`, c.ID).Scan(&same))
	require.True(t, same)
	broken, err := db.New(r.Owner).ListBrokenAudit(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, broken)
	_, err = r.Owner.Exec(t.Context(), "ALTER TABLE run_history DISABLE TRIGGER keep; UPDATE run_history SET status = 'completed'")
	require.NoError(t, err)
	broken, err = db.New(r.Owner).ListBrokenAudit(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, []db.BrokenAudit{{Ledger: "run_history", Entry: "case-" + c.ID + "/one"}}, broken)
}
