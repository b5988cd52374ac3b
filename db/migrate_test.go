package db_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/internal/dbtest"
)

func TestReferenceDataIsInTheRecord(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	for table, want := range map[string][2]int{ // real, fictional
		"region": {5, 1}, "district": {53, 1}, "municipality": {396, 5}, "integration_centre": {54, 1},
	} {
		var real, fictional int
		require.NoError(t, r.API.QueryRow(context.Background(),
			"SELECT count(*) FILTER (WHERE NOT fictional), count(*) FILTER (WHERE fictional) FROM "+table).Scan(&real, &fictional))
		require.Equal(t, want, [2]int{real, fictional}, table)
	}
}

func TestMigratingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	fingerprint := func() (n int) {
		require.NoError(t, r.Owner.QueryRow(ctx, "SELECT count(*) + (SELECT count(*) FROM goose_db_version) FROM municipality").Scan(&n))
		return n
	}
	before := fingerprint()
	require.NoError(t, db.Migrate(ctx, r.URL("koko"), nil))
	require.Equal(t, before, fingerprint())
}

// What stood recorded before there were other files than cases is proven as before.
func TestTheChainsOfAnOlderRecordStand(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	const name = "older_record"
	_, err := r.Owner.Exec(ctx, "CREATE DATABASE "+name)
	require.NoError(t, err)
	cfg, err := pgx.ParseConfig(r.URL("koko"))
	require.NoError(t, err)
	cfg.Database = name
	old := stdlib.OpenDB(*cfg)
	t.Cleanup(func() {
		require.NoError(t, old.Close())
		_, err := r.Owner.Exec(ctx, "DROP DATABASE "+name)
		require.NoError(t, err)
	})
	g, err := goose.NewProvider(goose.DialectPostgres, old, os.DirFS("migrations"))
	require.NoError(t, err)
	_, err = g.UpTo(ctx, 4)
	require.NoError(t, err)
	_, err = old.ExecContext(ctx, `
		INSERT INTO region VALUES ('059', 'r', true);
		INSERT INTO district VALUES ('05999', '059', 'd', 'k', 's', true);
		INSERT INTO municipality VALUES ('05999001', '05999', 'm', 'm', 't', 1, true);
		INSERT INTO data_key VALUES ('00000000-0000-0000-0000-00000000000c', 'case', '05999001', 'w');
		INSERT INTO document (id, case_id, ags, kind, compartment, author, digest, sealed, tokens)
		VALUES ('00000000-0000-0000-0000-00000000000d', '00000000-0000-0000-0000-00000000000c', '05999001', 'report_signal', 'case', 'a', 'x', 's', '{}');
		INSERT INTO case_audit (case_id, version, ags, command_id, action, actor, at, digest, docs, state, hash)
		SELECT '00000000-0000-0000-0000-00000000000c', v, '05999001', 'k' || v, 'a', 'p', now(), 'd',
			CASE v WHEN 1 THEN '[{"id": "00000000-0000-0000-0000-00000000000d", "digest": "x"}]' ELSE '[]' END::jsonb,
			jsonb_build_object('ags', '05999001', 'phase', 'detection', 'version', v), ''
		FROM generate_series(1, 3) v;
		INSERT INTO case_document VALUES ('00000000-0000-0000-0000-00000000000d', '00000000-0000-0000-0000-00000000000c', 1, '05999001', 'report_signal', 'case', 1);
		INSERT INTO conflict_case SELECT case_id, ags, '', 'detection', '', 0, '', '', '{}', NULL, at, at, version, state FROM case_audit WHERE version = 3;
		INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, case_id, subject_id, digest, hash)
		SELECT '', 1, 'e' || n, 'read', 'p', 'a', '', '', '00000000-0000-0000-0000-00000000000c', '', '', '' FROM generate_series(1, 2) n;`)
	require.NoError(t, err)
	proven := func(table string) (hashes string) {
		require.NoError(t, old.QueryRowContext(ctx, "SELECT string_agg(encode(hash, 'hex'), ' ' ORDER BY hash) FROM "+table).Scan(&hashes))
		return hashes
	}
	audit, log := proven("case_audit"), proven("access_log")

	_, err = g.Up(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{audit, log}, []string{proven("audit"), proven("access_log")})
	var broken, misnamed int
	require.NoError(t, old.QueryRowContext(ctx, "SELECT count(*) FROM broken_audit").Scan(&broken))
	require.Zero(t, broken)
	require.NoError(t, old.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT conname AS name FROM pg_constraint UNION SELECT indexname FROM pg_indexes) n
		WHERE name ~ 'case_(id|audit|document)'`).Scan(&misnamed))
	require.Zero(t, misnamed)
}

func TestOpenRefusesRolesThatRowSecurityDoesNotBind(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	for _, sql := range []string{
		"CREATE ROLE t_bypasses BYPASSRLS",
		"CREATE ROLE t_owner",
		"CREATE ROLE t_heir IN ROLE t_owner",
		"ALTER TABLE conflict_case OWNER TO t_owner",
		"CREATE ROLE t_plain",
	} {
		_, err := r.Owner.Exec(ctx, sql)
		require.NoError(t, err)
	}
	t.Cleanup(func() {
		_, err := r.Owner.Exec(ctx, "ALTER TABLE conflict_case OWNER TO koko; DROP ROLE t_bypasses, t_owner, t_heir, t_plain")
		require.NoError(t, err)
	})
	for role, want := range map[string]string{
		"koko": "may bypass row security", "t_bypasses": "may bypass row security",
		"t_owner": "owns the record", "t_heir": "owns the record", "t_nobody": "koko migrate", "t_plain": "",
	} {
		pool, err := db.Open(ctx, r.URL("koko"), role, 1)
		if want == "" {
			require.NoError(t, err, role)
			pool.Close()
			continue
		}
		require.ErrorContains(t, err, want, role)
		require.Nil(t, pool, role)
	}
}

// The login itself may be a superuser that becomes the role: what counts is the role.
func TestOpenWorksAsTheRole(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	pool, err := db.Open(ctx, r.URL("koko"), db.RoleAPI, 1)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	require.Equal(t, "koko_api", one[string](t, pool, "SELECT current_user"))
	require.Equal(t, "UTC", one[string](t, pool, "SHOW timezone"))
}

// one is the only value of a query's only row.
func one[T any](t *testing.T, pool *pgxpool.Pool, sql string, args ...any) (v T) {
	t.Helper()
	require.NoError(t, pool.QueryRow(context.Background(), sql, args...).Scan(&v))
	return v
}
