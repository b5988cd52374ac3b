package db_test

import (
	"context"
	"flag"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/internal/dbtest"
)

var update = flag.Bool("update", false, "write schema.txt")

func TestTheSchemaIsWhatTheMigrationsMake(t *testing.T) {
	r, ctx := dbtest.New(t), context.Background()
	is, err := db.On(r.Owner).ListSchema(ctx)
	require.NoError(t, err)
	require.Greater(t, len(is), 500)
	if *update {
		var b strings.Builder
		for _, name := range slices.Sorted(maps.Keys(is)) {
			b.WriteString(name + "\t" + is[name] + "\n")
		}
		require.NoError(t, os.WriteFile("schema.txt", []byte(b.String()), 0o644))
		return
	}
	for _, pool := range []*db.Queries{db.On(r.Owner), db.On(r.API), db.On(r.Worker)} {
		differ, err := pool.SchemaDifferences(ctx)
		require.NoError(t, err)
		require.Empty(t, differ, "go test ./db -run TestTheSchemaIsWhatTheMigrationsMake -update")
		require.NoError(t, pool.CheckSchema(ctx))
	}
}

// Each is what somebody did who owns the database.
func TestWhateverIsChangedInTheSchemaIsNamed(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		`CREATE OR REPLACE FUNCTION in_scope(ags text, places text[], ties text[], area text[], offered text[], held text[], parts jsonb) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE sql AS 'SELECT true'`: "function in_scope(text, text[], text[], text[], text[], text[], jsonb) was changed",
		"ALTER FUNCTION decide_erasure(uuid, boolean) SECURITY INVOKER":                                                "function decide_erasure(uuid, boolean) was changed",
		"ALTER FUNCTION decide_erasure(uuid, boolean) SET search_path = evil, public":                                  "function decide_erasure(uuid, boolean) was changed",
		"ALTER FUNCTION decide_erasure(uuid, boolean) OWNER TO koko_api":                                               "function decide_erasure(uuid, boolean) was changed",
		"CREATE FUNCTION evil() RETURNS int LANGUAGE sql AS 'SELECT 1'":                                                "function evil() is not KoKo's",
		"DROP FUNCTION revoked_indexes()":                                                                              "function revoked_indexes() is missing",
		"ALTER TABLE audit DISABLE ROW LEVEL SECURITY":                                                                 "table audit was changed",
		"ALTER TABLE tally OWNER TO koko_worker":                                                                       "table tally was changed",
		"CREATE TABLE evil (a int)":                                                                                    "table evil is not KoKo's",
		"DROP TABLE detached":                                                                                          "table detached is missing",
		"DROP POLICY confided ON document":                                                                             "policy document.confided is missing",
		"ALTER POLICY area ON document USING (true)":                                                                   "policy document.area was changed",
		"CREATE POLICY evil ON document TO koko_api USING (true)":                                                      "policy document.evil is not KoKo's",
		"ALTER TABLE audit DISABLE TRIGGER keep":                                                                       "trigger audit.keep was changed",
		"DROP TRIGGER state ON role_grant":                                                                             "trigger role_grant.state is missing",
		"CREATE TRIGGER evil BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION ledger_keep()":                       "trigger audit.evil is not KoKo's",
		"ALTER TABLE document DISABLE TRIGGER ALL":                                                                     "keys of document that are not checked is not KoKo's",
		"ALTER TABLE erasure DROP CONSTRAINT erasure_four_eyes":                                                        "constraint erasure.erasure_four_eyes is missing",
		"ALTER TABLE erasure_request DROP CONSTRAINT erasure_four_eyes, ADD CONSTRAINT erasure_four_eyes CHECK (true)": "constraint erasure_request.erasure_four_eyes was changed",
		"DROP INDEX erasure_open":                                                                                      "unique index erasure_open is missing",
		"CREATE UNIQUE INDEX evil ON audit (actor)":                                                                    "unique index evil is not KoKo's",
		"CREATE INDEX evil ON audit (lower(actor))":                                                                    "index evil of expressions is not KoKo's",
		"ALTER TABLE audit ALTER confided SET DEFAULT true":                                                            "column audit.confided was changed",
		"ALTER TABLE audit ALTER actor DROP NOT NULL":                                                                  "column audit.actor was changed",
		"ALTER TABLE audit ADD evil text":                                                                              "column audit.evil is not KoKo's",
		"GRANT DELETE ON audit TO koko_api":                                                                            "right on audit of koko_api was changed",
		"GRANT SELECT ON row_state TO PUBLIC":                                                                          "right on row_state of public is not KoKo's",
		"GRANT UPDATE (subject) ON role_grant TO koko_api":                                                             "right on column role_grant.subject of koko_api is not KoKo's",
		"REVOKE INSERT ON access_log FROM koko_api":                                                                    "right on access_log of koko_api was changed",
		"GRANT EXECUTE ON FUNCTION restore_audit(json) TO koko_api":                                                    "right on function restore_audit(json) of koko_api is not KoKo's",
		"GRANT CREATE ON SCHEMA public TO koko_api":                                                                    "right on schema of koko_api was changed",
		"CREATE OR REPLACE VIEW broken_audit AS SELECT ''::text AS ledger, ''::text AS entry WHERE false":              "view broken_audit was changed",
		"CREATE RULE evil AS ON INSERT TO access_log DO INSTEAD NOTHING":                                               "rule access_log.evil is not KoKo's",
		"ALTER VIEW held_grant SET (security_invoker = false)":                                                         "view held_grant was changed",
		"CREATE DOMAIN evil AS text":                                                                                   "type evil is not KoKo's",
		"ALTER DATABASE %db% SET session_replication_role = replica":                                                   "setting session_replication_role=replica is not KoKo's",
		"ALTER ROLE koko_api IN DATABASE %db% SET row_security = off":                                                  "setting row_security=off is not KoKo's",
		"CREATE FUNCTION pg_catalog.evil() RETURNS int LANGUAGE sql AS 'SELECT 1'":                                     "is not KoKo's",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			r, ctx := dbtest.New(t), context.Background()
			name := one[string](t, r.Owner, "SELECT current_database()::text")
			tx, err := r.Owner.Begin(ctx)
			require.NoError(t, err)
			defer func() { _ = tx.Rollback(ctx) }()
			if strings.Contains(sql, "pg_catalog.") {
				_, err = tx.Exec(ctx, "SET LOCAL allow_system_table_mods = on")
				require.NoError(t, err)
			}
			_, err = tx.Exec(ctx, strings.ReplaceAll(sql, "%db%", name))
			require.NoError(t, err)
			differ, err := db.On(tx).SchemaDifferences(ctx)
			require.NoError(t, err)
			require.Contains(t, strings.Join(differ, "\n"), want)
			require.ErrorIs(t, db.On(tx).CheckSchema(ctx), db.ErrSchema)
		})
	}
}

// Roles are of the whole server: what is done to them here is undone before anybody else sees it.
func TestRolesThatWereChangedAreNamed(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"ALTER ROLE koko_api BYPASSRLS":         "role koko_api was changed",
		"ALTER ROLE koko_worker CREATEROLE":     "role koko_worker was changed",
		"GRANT koko TO koko_api":                "membership of koko_api in koko is not KoKo's",
		"GRANT koko_worker TO koko_api":         "membership of koko_api in koko_worker is not KoKo's",
		"GRANT pg_read_all_data TO koko_worker": "membership of koko_worker in pg_read_all_data is not KoKo's",
	} {
		r, ctx := dbtest.New(t), context.Background()
		tx, err := r.Owner.Begin(ctx)
		require.NoError(t, err)
		_, err = tx.Exec(ctx, sql)
		require.NoError(t, err)
		differ, err := db.On(tx).SchemaDifferences(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{want}, differ)
		require.NoError(t, tx.Rollback(ctx))
	}
}

func TestAnIndexOfAnOperatorIsNoDifference(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	_, err := r.Owner.Exec(ctx, "CREATE INDEX theirs ON audit (actor)")
	require.NoError(t, err)
	require.NoError(t, db.On(r.API).CheckSchema(ctx))
}

// Every object that there is, of every kind: it is taken away or replaced, and named.
func TestEveryObjectOfTheSchemaIsNamedWhenItGoes(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	rows, err := r.Owner.Query(ctx, `
		SELECT 'function ' || p.proname, format('ALTER FUNCTION %s RENAME TO evil', p.oid::regprocedure) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
		UNION ALL SELECT 'policy ' || c.relname || '.' || polname, format('DROP POLICY %I ON %s', polname, c.relname) FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
		UNION ALL SELECT 'trigger ' || c.relname || '.' || tgname, format('ALTER TABLE %s DISABLE TRIGGER %I', c.relname, tgname) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT tgisinternal
		UNION ALL SELECT 'constraint ' || c.relname || '.' || conname, format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', c.relname, conname)
			FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE c.relnamespace = 'public'::regnamespace AND contype <> 'n' AND c.relname !~ '^goose'
		UNION ALL SELECT 'table ' || relname, format('ALTER TABLE %I %s ROW LEVEL SECURITY', relname, CASE WHEN relrowsecurity THEN 'DISABLE' ELSE 'ENABLE' END)
			FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname !~ '^goose'
		UNION ALL SELECT 'view ' || relname, format('ALTER VIEW %I RENAME TO evil', relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'
		UNION ALL SELECT DISTINCT 'right on ' || relname || ' of ' || grantee::regrole, format('REVOKE ALL ON %I FROM %s', relname, grantee::regrole)
			FROM pg_class CROSS JOIN LATERAL aclexplode(relacl) WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') AND grantee::regrole::text ~ '^koko_'`)
	require.NoError(t, err)
	objects := map[string]string{}
	var object, sql string
	_, err = pgx.ForEachRow(rows, []any{&object, &sql}, func() error {
		objects[object] = sql
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(objects), 300)
	for object, sql := range objects {
		tx, err := r.Owner.Begin(ctx)
		require.NoError(t, err)
		_, err = tx.Exec(ctx, sql)
		require.NoError(t, err, object)
		differ, err := db.On(tx).SchemaDifferences(ctx)
		require.NoError(t, err)
		require.Contains(t, strings.Join(differ, "\n"), object)
		require.NoError(t, tx.Rollback(ctx))
	}
}

// A kind of object that comes later needs an attack above.
func TestEveryKindOfObjectIsAttacked(t *testing.T) {
	t.Parallel()
	kinds := map[string]bool{}
	for name := range db.MadeSchema() {
		kind, _, _ := strings.Cut(name, " ")
		kinds[kind] = true
	}
	require.Equal(t, []string{"column", "constraint", "function", "index", "policy", "right", "role", "sequence", "table", "trigger", "unique", "view"},
		slices.Sorted(maps.Keys(kinds)))
}

// The owner may be called anything, and need not be a superuser.
func TestTheSchemaIsTheSameWhoeverOwnsIt(t *testing.T) {
	r, ctx := dbtest.New(t), context.Background()
	name := one[string](t, r.Owner, "SELECT current_database()::text")
	for _, sql := range []string{"CREATE ROLE t_lord LOGIN CREATEROLE", "CREATE DATABASE " + name + "_lord OWNER t_lord"} {
		_, err := r.Owner.Exec(ctx, sql)
		require.NoError(t, err)
	}
	t.Cleanup(func() {
		for _, sql := range []string{"DROP DATABASE " + name + "_lord WITH (FORCE)", "DROP ROLE t_lord"} {
			_, err := r.Owner.Exec(ctx, sql)
			require.NoError(t, err)
		}
	})
	at, err := url.Parse(r.URL("t_lord"))
	require.NoError(t, err)
	at.Path = "/" + name + "_lord"
	require.NoError(t, db.Migrate(ctx, at.String(), nil))
	conn, err := pgx.Connect(ctx, at.String())
	require.NoError(t, err)
	defer func() { _ = conn.Close(ctx) }()
	require.NoError(t, db.On(conn).CheckSchema(ctx))
}
