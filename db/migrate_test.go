package db_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
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

func TestOpenRefusesRolesThatRowSecurityDoesNotBind(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	for _, sql := range []string{
		"CREATE ROLE t_bypasses BYPASSRLS",
		"CREATE ROLE t_owner",
		"CREATE ROLE t_heir IN ROLE t_owner",
		"ALTER TABLE file OWNER TO t_owner",
		"CREATE ROLE t_plain",
	} {
		_, err := r.Owner.Exec(ctx, sql)
		require.NoError(t, err)
	}
	t.Cleanup(func() {
		_, err := r.Owner.Exec(ctx, "ALTER TABLE file OWNER TO koko; DROP ROLE t_bypasses, t_owner, t_heir, t_plain")
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
