package db_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/dbtest"
)

// ten municipalities, of which the record of many files has as many in each.
var ten = ags.Area{"05314000", "05315000", "05316000", "05334002", "05334004", "05334008", "05334012", "05334016", "05334020", "05334024"}

// many fills a record with n files like a case in analysis: one in a hundred is overdue at the time that
// late is, one in fifty assigned to each of fifty people, and every tenth still in detection.
func many(t testing.TB, r *dbtest.Record, n int) {
	t.Helper()
	ctx := context.Background()
	m := &casetest.Maker{Salt: "many"}
	c := conflict.Case{ID: m.ID(), AGS: ten[0]}
	for i, s := range m.Way()[:6] {
		c = r.Decide(t, c, s.By, s.Command, at.Add(time.Duration(i)*time.Minute))
	}
	_, err := r.Owner.Exec(ctx, `INSERT INTO file (id, kind, ags, places, reference, phase, over, ties, facets, due_at, opened, changed, version, state)
		SELECT x.id, f.kind, x.ags, ARRAY[x.ags], 'KM/' || i, CASE WHEN (i / 10) % 10 = 0 THEN 'detection' ELSE f.phase END, false,
			ARRAY['assigned:p-' || (i / 10) % 50, 'reporter:p-' || (i / 10) % 70] || CASE WHEN (i / 10) % 10 = 0 THEN '{unhanded:}'::text[] ELSE '{}' END,
			f.facets, f.due_at + CASE WHEN (i / 10) % 100 = 0 THEN -interval '90 days' ELSE i * interval '1 minute' END,
			f.opened + i * interval '1 s', f.changed + (i * 7919 % $2::bigint) * interval '1 s', f.version, f.state || jsonb_build_object('id', x.id, 'ags', x.ags)
		FROM file f, generate_series(1, $2::bigint) i, LATERAL (SELECT gen_random_uuid() AS id, ($1::text[])[i % 10 + 1] AS ags) x`, db.Keys(ten), n)
	require.NoError(t, err)
	for _, sql := range []string{
		`INSERT INTO data_key SELECT id, 'case', ags, 'w' FROM file ON CONFLICT DO NOTHING`,
		`INSERT INTO document (id, file_id, ags, action, compartment, author, digest, sealed, tokens)
			SELECT gen_random_uuid(), id, ags, 'report_signal', 'case', 'p', 'd', 's', ARRAY[substr(reference, 4)::bigint / 10 % 500, 1000 + substr(reference, 4)::bigint] FROM file WHERE reference LIKE 'KM/%'`,
		`BEGIN; SET LOCAL session_replication_role = replica;
			INSERT INTO file_document SELECT id, file_id, 1, ags, action, compartment, 7 FROM document ON CONFLICT DO NOTHING; COMMIT`,
		"VACUUM ANALYZE",
	} {
		_, err := r.Owner.Exec(ctx, sql)
		require.NoError(t, err)
	}
}

// late is when one file in a hundred is overdue.
var late = at.AddDate(0, 0, -1)

// A question is a list or a count as the API asks it.
type question struct {
	scope  file.Scope
	filter db.FileFilter
	by     db.FileSort
}

func questions() map[string]question {
	one := over(ten[3])
	return map[string]question{
		"changed":      {one, db.FileFilter{}, db.SortChanged},
		"due":          {one, db.FileFilter{Due: one}, db.SortDue},
		"two places":   {over(ten[3], ten[5]), db.FileFilter{}, db.SortChanged},
		"narrowed":     {over(ten...), db.FileFilter{AGS: []ags.Key{ten[3]}}, db.SortChanged},
		"overdue":      {one, db.FileFilter{Due: one, Overdue: new(true), Now: late}, db.SortDue},
		"nobody's":     {tied("assigned:nobody", ten...), db.FileFilter{}, db.SortChanged},
		"own":          {tied("assigned:p-7", ten[3]), db.FileFilter{}, db.SortChanged},
		"in detection": {tied("unhanded:", ten[3]), db.FileFilter{}, db.SortChanged},
		"reference":    {one, db.FileFilter{Reference: "km/77"}, db.SortChanged},
		"words":        {one, db.FileFilter{Tokens: []int64{7}, Searched: []file.Compartment{conflict.CaseFile}, Readable: one}, db.SortChanged},
		"both": {one, db.FileFilter{
			Reference: "km/77", Tokens: []int64{7}, Searched: []file.Compartment{conflict.CaseFile}, Readable: one,
		}, db.SortChanged},
	}
}

// A list for some municipalities reads an index and not the files of all, as the role of the API and with row
// security; what names people and words is found by functions, whose indexes row security would forbid.
func TestListsAreReadFromTheirIndexes(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	many(t, r, 10_000)
	require.Equal(t, "Index Scan", functionPlan(t, r, "SELECT id FROM file WHERE kind = 'case' AND ties && '{assigned:nobody}' AND places && '{05334002}'"))
	for name, x := range questions() {
		t.Run(name, func(t *testing.T) { indexed(t, r, name, x) })
	}
}

func indexed(t *testing.T, r *dbtest.Record, name string, x question) {
	t.Helper()
	ctx := context.Background()
	x.filter.Kind = conflict.Kind
	tx, err := r.API.Begin(ctx)
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(ctx)) }()
	_, err = tx.Exec(ctx, "SELECT set_config('koko.area', $1, true)", strings.Join(db.Keys(x.scope.Municipalities()), ","))
	require.NoError(t, err)
	o := &overheard{Tx: tx}
	explain := func() string {
		plan, err := tx.Query(ctx, "EXPLAIN "+o.sql, o.args...)
		require.NoError(t, err)
		lines, err := pgx.CollectRows(plan, pgx.RowTo[string])
		require.NoError(t, err)
		return strings.Join(lines, "\n")
	}
	rows, err := db.New(o).ListFiles(ctx, x.scope, x.filter, x.by, nil, 50)
	require.NoError(t, err)
	plan := explain()
	require.NotContains(t, plan, "Seq Scan on file", plan)
	if name == "changed" || name == "due" || name == "narrowed" || name == "overdue" { // it is the one place that narrows
		require.Regexp(t, `Index Cond: .*ags = '05334002'`, plan)
	}
	counts, err := db.New(o).CountFiles(ctx, x.scope, x.filter, db.FacetCount{Name: "urgency", Known: x.scope})
	require.NoError(t, err)
	require.GreaterOrEqual(t, counts.Total, len(rows))
	require.Equal(t, name == "nobody's", counts.Total == 0)
	plan = explain()
	require.NotContains(t, plan, "Seq Scan on file", plan)
}

// functionPlan is how the owner's functions find files: "Index Scan", or the whole plan.
func functionPlan(t *testing.T, r *dbtest.Record, sql string) string {
	t.Helper()
	rows, err := r.Owner.Query(context.Background(), "EXPLAIN "+sql)
	require.NoError(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	plan := strings.Join(lines, "\n")
	if strings.Contains(plan, "file_ties_idx") && !strings.Contains(plan, "Seq Scan") {
		return "Index Scan"
	}
	return plan
}

// before is what cases were asked before there was one table of files, to measure against: whole states, and a
// predicate that no index serves.
const before = `
	CREATE FUNCTION old_in_scope(ags text, phase text, reporter text, team text[], caller text, area text[], assigned text[], reported text[], unhanded text[])
	RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
		SELECT ags = ANY (area) OR (ags = ANY (assigned) AND caller = ANY (team)) OR (ags = ANY (reported) AND caller = reporter) OR (ags = ANY (unhanded) AND phase = 'detection')
	$$;
	CREATE TABLE old_case AS
		SELECT id, ags, reference, phase, facets ->> 'urgency' AS urgency, substr(ties[2], 10) AS reporter, ARRAY[substr(ties[1], 10)] AS team, due_at, opened, changed, version, state FROM file;
	ALTER TABLE old_case ADD PRIMARY KEY (id);
	CREATE INDEX ON old_case (ags, changed DESC, id DESC);
	CREATE INDEX ON old_case (ags, due_at) WHERE due_at IS NOT NULL;
	CREATE INDEX ON old_case (changed);
	CREATE INDEX ON old_case USING gin (team);
	GRANT SELECT ON old_case TO koko_api;
	ALTER TABLE old_case ENABLE ROW LEVEL SECURITY;
	CREATE POLICY area ON old_case TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]))`

// BenchmarkList asks for pages and counts of one of ten municipalities, now and as it was asked before.
func BenchmarkList(b *testing.B) {
	ctx := context.Background()
	for _, n := range []int{10_000, 100_000} {
		r := dbtest.New(b)
		many(b, r, n)
		_, err := r.Owner.Exec(ctx, before)
		require.NoError(b, err)
		_, err = r.Owner.Exec(ctx, "VACUUM ANALYZE old_case")
		require.NoError(b, err)
		for name, x := range questions() {
			x.filter.Kind = conflict.Kind
			ask := func(do func(*db.Queries) error) func(*testing.B) {
				return func(b *testing.B) {
					for b.Loop() {
						require.NoError(b, db.Within(ctx, r.API, "p", x.scope.Municipalities(), do))
					}
				}
			}
			b.Run(fmt.Sprintf("%d/%s/list", n, name), ask(func(q *db.Queries) error {
				return second(q.ListFiles(ctx, x.scope, x.filter, x.by, nil, 50))
			}))
			b.Run(fmt.Sprintf("%d/%s/count", n, name), ask(func(q *db.Queries) error {
				return second(q.CountFiles(ctx, x.scope, x.filter, db.FacetCount{Name: "urgency", Known: x.scope}))
			}))
		}
		none := []string{}
		one, all := []string{string(ten[3])}, db.Keys(ten)
		for _, old := range []struct {
			name, caller                       string
			area, assigned, reported, unhanded []string
			and                                string
		}{
			{"changed", "p", one, none, none, none, "true"},
			{"overdue", "p", one, none, none, none, "due_at < '" + late.Format(time.RFC3339) + "'"},
			{"nobody's", "nobody", none, all, none, none, "true"},
			{"own", "p-7", none, one, none, none, "true"},
		} {
			open := one
			if old.name == "nobody's" {
				open = all
			}
			const scope = "old_in_scope(ags, phase, reporter, team, $1, $2::text[], $3::text[], $4::text[], $5::text[])"
			args := []any{pgx.QueryExecModeExec, old.caller, old.area, old.assigned, old.reported, old.unhanded}
			asking := func(sql string, read func(pgx.Rows) error) func(*testing.B) {
				return func(b *testing.B) {
					for b.Loop() {
						require.NoError(b, pgx.BeginFunc(ctx, r.API, func(tx pgx.Tx) error {
							_, err := tx.Exec(ctx, "SELECT set_config('koko.area', $1, true)", strings.Join(open, ","))
							require.NoError(b, err)
							rows, err := tx.Query(ctx, sql, args...)
							require.NoError(b, err)
							return read(rows)
						}))
					}
				}
			}
			b.Run(fmt.Sprintf("%d/%s/list before", n, old.name),
				asking("SELECT state FROM old_case WHERE "+scope+" AND "+old.and+" ORDER BY changed DESC, id DESC LIMIT 50", func(rows pgx.Rows) error {
					return second(pgx.CollectRows(rows, pgx.RowTo[conflict.Case]))
				}))
			b.Run(fmt.Sprintf("%d/%s/count before", n, old.name),
				asking("SELECT phase, urgency, count(*), count(*) FILTER (WHERE due_at < now()) FROM old_case WHERE "+scope+" AND "+old.and+" GROUP BY 1, 2", func(rows pgx.Rows) error {
					rows.Close()
					return rows.Err()
				}))
		}
	}
}
