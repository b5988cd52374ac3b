package db_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/dbtest"
)

// overheard keeps what was asked last.
type overheard struct {
	pgx.Tx
	sql  string
	args []any
}

func (o *overheard) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	o.sql, o.args = sql, args
	return o.Tx.Query(ctx, sql, args...)
}

func (o *overheard) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return o.Tx.Exec(ctx, sql, args...)
}

func TestATimelineIsReadFromItsIndexes(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	c := reported(t, r, &casetest.Maker{Salt: "timeline"}, aachen, at)
	for _, sql := range []string{
		`INSERT INTO audit (file_id, kind, version, ags, phase, places, ties, command_id, action, actor, at, digest, veil, docs, state, hash)
			SELECT file_id, kind, version + i, ags, phase, places, ties, 'c' || i, 'add_note', actor, at + i * interval '1 s', digest, CASE i % 3 WHEN 0 THEN 'v' ELSE '' END, '[]', state, ''
			FROM audit, generate_series(1, 3000) i ORDER BY i`,
		`INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, file_id, subject_id, digest, hash)
			SELECT '', 1, 'l' || i, 'read', 'p', 'read_case', '', '', id, '', '', '' FROM file, generate_series(1, 3000) i ORDER BY i`,
		`INSERT INTO notification (recipient, ags, kind, file_kind, file_id, version, at)
			SELECT 'p' || i % 7, ags, 'k' || i % 5, 'case', id, i, opened + i * interval '1 s' FROM file, generate_series(1, 3000) i`,
		"ANALYZE",
	} {
		_, err := r.Owner.Exec(ctx, sql)
		require.NoError(t, err)
	}
	tx, err := r.API.Begin(ctx)
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(ctx)) }()
	_, err = tx.Exec(ctx, "SELECT set_config('koko.area', $1, true)", string(aachen))
	require.NoError(t, err)
	o := &overheard{Tx: tx}
	for _, after := range []*db.TimelineCursor{nil, {At: at.AddDate(0, 0, 1), Entry: "d000000000009"}} {
		for _, oldest := range []bool{false, true} {
			f := db.TimelineFilter{Kind: conflict.Kind, FileID: c.ID, AGS: aachen, OldestFirst: oldest}
			rows, err := db.New(o).ListTimeline(ctx, over(aachen), f, after, 51)
			require.NoError(t, err)
			require.Len(t, rows, 51)
			plan, err := tx.Query(ctx, "EXPLAIN "+o.sql, o.args...)
			require.NoError(t, err)
			lines, err := pgx.CollectRows(plan, pgx.RowTo[string])
			require.NoError(t, err)
			text := strings.Join(lines, "\n")
			require.NotContains(t, text, "Seq Scan on audit", text)
			require.NotContains(t, text, "Seq Scan on access_log", text)
			require.NotContains(t, text, "Seq Scan on notification", text)
			require.Contains(t, text, "audit_file_id_at_version_idx", text)
			require.Contains(t, text, "access_log_file_id_at_seq_idx", text)
		}
	}
}

func TestNobodyReadsATimelineOutOfScope(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	c := reported(t, r, &casetest.Maker{Salt: "scoped timeline"}, aachen, at)
	f := db.TimelineFilter{Kind: conflict.Kind, FileID: c.ID, AGS: aachen}
	for name, s := range map[string]struct {
		scope  file.Scope
		opened ags.Area // what row security lets through
		sees   bool
	}{
		"who sees the municipality":    {over(aachen), ags.Area{aachen}, true},
		"who sees another one":         {over(bonn), ags.Area{aachen}, false},
		"whom row security keeps out":  {over(aachen), ags.Area{bonn}, false},
		"whom it is offered to":        {offeredTo(aachen), ags.Area{aachen}, true},
		"who works on it and does not": {tied("assigned:p", aachen), ags.Area{aachen}, false},
		"who may see what is unhanded": {tied("unhanded:", aachen), ags.Area{aachen}, true},
	} {
		require.NoError(t, db.Within(ctx, r.API, "p", s.opened, func(q *db.Queries) error {
			rows, err := q.ListTimeline(ctx, s.scope, f, nil, 10)
			require.NoError(t, err)
			require.Equal(t, s.sees, len(rows) == 1, name)
			states, err := q.ListRecorded(ctx, s.scope, conflict.Kind, c.ID, []int{1})
			require.NoError(t, err)
			require.Equal(t, s.sees, len(states) == 1, name)
			v, err := q.FindVersion(ctx, s.scope, conflict.Kind, c.ID, at.AddDate(1, 0, 0))
			require.Equal(t, s.sees, v == 1, name)
			return err
		}))
	}
}
