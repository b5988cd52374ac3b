package ledgercheck_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/internal/evidence/ledgercheck"
)

// unchecked are the tables that the check does not look at, and why nobody gains from changing them unseen.
var unchecked = map[string]string{
	"file":                "follows from the audit, column by column: koko reconcile (TestEveryColumnOfTheRecordIsCompared)",
	"reconciliation":      "that something was compared; what differs is found again every night",
	"reconciled":          "in which turn closed files are compared, and since when one was clean",
	"difference":          "found again every night; what an approval of it can write is only what the log proves (restore_audit)",
	"decision_log":        "counts with which a draft of the policy is rehearsed; nothing reads them to decide",
	"certificate_counter": "the next number; a gap or a number that comes twice is in broken_register, which koko reconcile reads",
	"detached_pool":       "numbers for statistics that nobody reads; they are about nobody",
	"detached":            "numbers for statistics; they are about nobody",
	"tally":               "numbers for statistics; they are about nobody",
	"goose_db_version":    "which migrations ran; what the schema then is, is compared as a whole",
}

// undecided are the columns of checked tables in which nothing decides, or that somebody else finds.
var undecided = map[string]string{
	"notification.read_at":   "whether its recipient has read it",
	"sessions.expiry":        "moved on by every request; whoever has the session has logged in, and the provider ends logins",
	"file_document.number":   "counts the versions of a document for its readers; given anew when an entry is restored",
	"run_history.started_at": "stands in the events, whose digest is checked",
	"run_history.closed_at":  "stands in the events, whose digest is checked",
	"run_history.kept_at":    "when it was copied",
	"ledger_pending.id":      "the order in which rows come into the log, which says nothing of their time",
}

// A column that KoKo can write.
type column struct{ table, name, kind string }

// columns are those of all tables of the record.
func columns(t *testing.T, h *house) (all []column) {
	t.Helper()
	rows, err := h.rec.Owner.Query(context.Background(), `SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		ORDER BY 1, a.attnum`)
	require.NoError(t, err)
	all, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (c column, err error) { return c, r.Scan(&c.table, &c.name, &c.kind) })
	require.NoError(t, err)
	return all
}

// other is SQL for another value of a column.
func (c column) other() string {
	with := map[string]string{
		"text": "%[1]s || 'x'", "integer": "%[1]s + 1", "bigint": "%[1]s + 1", "smallint": "%[1]s + 1", "boolean": "NOT %[1]s", "uuid": "gen_random_uuid()",
		"timestamp with time zone": "%[1]s + interval '1 day'", "date": "%[1]s + 1000", "bytea": "sha256(%[1]s || '\\x00'::bytea)",
		"text[]": "array_append(%[1]s, 'x')", "bigint[]": "array_append(%[1]s, 1::bigint)",
		"jsonb": "CASE jsonb_typeof(%[1]s) WHEN 'object' THEN %[1]s || '{\"x\": 1}' ELSE %[1]s || '[{\"x\": 1}]' END",
		"json":  "(CASE jsonb_typeof(%[1]s::jsonb) WHEN 'object' THEN %[1]s::jsonb || '{\"x\": 1}' ELSE %[1]s::jsonb || '[{\"x\": 1}]' END)::json",
	}[c.kind]
	none := map[string]string{
		"text": "'x'", "integer": "1", "bigint": "1", "smallint": "1", "boolean": "true", "uuid": "gen_random_uuid()", "timestamp with time zone": "now()", "date": "current_date",
		"bytea": "sha256('x')", "text[]": "'{x}'", "bigint[]": "'{1}'", "jsonb": "'{}'", "json": "'{}'",
	}[c.kind]
	return fmt.Sprintf("coalesce("+with+", %[2]s)", c.name, none)
}

// forge runs a statement past every trigger and every constraint, and returns what is found then. Nothing stays.
func (h *house) forge(t *testing.T, c column, sql string) []string {
	t.Helper()
	ctx := context.Background()
	tx, err := h.rec.Owner.Begin(ctx)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(ctx) }()
	exec := func(sql string, args ...any) int64 {
		tag, err := tx.Exec(ctx, sql, args...)
		require.NoError(t, err, sql)
		return tag.RowsAffected()
	}
	exec("SET LOCAL session_replication_role = replica; SET LOCAL timezone = 'UTC'")
	exec(fmt.Sprintf(`DO $$ DECLARE n text; BEGIN
		FOR n IN SELECT conname FROM pg_constraint WHERE conrelid = '%[1]s'::regclass AND contype <> 'n' LOOP
			EXECUTE format('ALTER TABLE %[1]s DROP CONSTRAINT IF EXISTS %%I CASCADE', n);
		END LOOP;
		FOR n IN SELECT attname FROM pg_attribute WHERE attrelid = '%[1]s'::regclass AND attidentity <> '' LOOP
			EXECUTE format('ALTER TABLE %[1]s ALTER %%I DROP IDENTITY', n);
		END LOOP;
	END $$`, c.table))
	require.Positive(t, exec(sql), "there is a row of %s", c.table)
	r, err := ledgercheck.Check(ctx, db.On(tx), h.options)
	require.NoError(t, err)
	var all []string
	for _, f := range r.Findings {
		if f.Rule != ledgercheck.Schema {
			all = append(all, string(f.Rule)+" "+f.Where)
		}
	}
	return all
}

// Every table and every column that there is: somebody changes a value, past every trigger, and the check names it;
// or there is a reason why nothing is gained by it. A table or column that comes is attacked by itself.
func TestEveryColumnOfEveryTableIsCheckedOrDecidesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.confide()
	h.entrust()
	h.rest()
	r := h.check(h.kept)
	require.True(t, r.Clean(), "%v", r.Findings)

	var unseen []string
	seen := map[string]bool{}
	for _, c := range columns(t, h) {
		seen[c.table], seen[c.table+"."+c.name] = true, true
		if unchecked[c.table] != "" || undecided[c.table+"."+c.name] != "" {
			continue
		}
		row := fmt.Sprintf("ctid = (SELECT ctid FROM %s ORDER BY ctid OFFSET 1 LIMIT 1)", c.table)
		if c.table == "access_log" {
			row = "ctid = (SELECT ctid FROM access_log WHERE file_id IS NOT NULL ORDER BY ctid LIMIT 1)"
		} else if h.rows(c.table) < 2 {
			row = "true"
		}
		got := h.forge(t, c, fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s", c.table, c.name, c.other(), row))
		if named := strings.HasPrefix(c.table, "ledger_") || strings.Contains(strings.Join(got, "\n"), c.table); len(got) == 0 || !named {
			unseen = append(unseen, fmt.Sprintf("%s.%s is changed: %v", c.table, c.name, got))
		}
		if c.name == "ags" || c.name == "id" { // once for each table
			row = fmt.Sprintf("ctid = (SELECT ctid FROM %s ORDER BY ctid LIMIT 1)", c.table)
			if len(h.forge(t, c, fmt.Sprintf("DELETE FROM %s WHERE %s", c.table, row))) == 0 {
				unseen = append(unseen, "a row of "+c.table+" is deleted")
			}
		}
	}
	require.Empty(t, unseen, "give a reason, or have the check find it")
	for table := range unchecked {
		require.True(t, seen[table], "there is no table %s any more", table)
	}
	for name := range undecided {
		require.True(t, seen[name], "there is no column %s any more", name)
	}
}

func (h *house) rows(table string) (n int) {
	require.NoError(h.t, h.rec.Owner.QueryRow(context.Background(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}

// rest writes what the house does not have yet, as KoKo does.
func (h *house) rest() {
	h.t.Helper()
	h.exec(`INSERT INTO certificate (code, number, status_index, file_id, ags, kind, issued, curriculum, curriculum_version, minutes, evidence, reason)
		VALUES ('c1', '', 0, $1, $2, 'zertifikat', now(), 'c', 1, 1, 'e', '')`, h.id, aachen)
	h.exec(`INSERT INTO grant_proposal (id, subject, role, area, proposed_by, proposed_at, lapses_at)
		VALUES (gen_random_uuid(), 'u-1', 'dpo', ARRAY[$1], 'u-admin', clock_timestamp(), clock_timestamp() + interval '14 days')`, aachen)
	h.exec("INSERT INTO certificate_revocation (code, at, reason) VALUES ('c1', now(), 'wrong')")
	h.exec("INSERT INTO notification (recipient, ags, kind, file_kind, file_id, version, at) VALUES ('u-1', $1, 'decided', 'case', $2, 1, now())", aachen, h.id)
	h.exec("INSERT INTO witness_conflict (origin, kind, seen_id, size, root, signed, at) SELECT 'o', 'fork', id, 1, sha256('y'), 's', now() FROM witness_seen LIMIT 1")
	h.exec("INSERT INTO witness_answer (witness, outcome, size, at) VALUES ('w', 'cosigned', 1, now())")
	h.exec("INSERT INTO access_log_cut (chain, up_to_seq, up_to_hash, at, by, reason) SELECT chain, seq, hash, clock_timestamp(), 'u-officer', 'aufbewahrungsfrist' FROM access_log WHERE chain = $1 AND seq = 2", aachen)
	h.exec(`INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, subject_id, digest, hash)
		SELECT ags, 1, 'cut/' || chain || '/2', 'cut', 'u-officer', 'cut_access_log', '', 'aufbewahrungsfrist', '2', encode(hash, 'hex'), '' FROM access_log WHERE chain = $1 AND seq = 2`, aachen)
	h.exec("DELETE FROM access_log WHERE chain = $1 AND seq <= 2", aachen)
	h.tomorrow()
	h.refuse(2)
}

func TestEveryDecisiveTableHasItsTrigger(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rows, err := h.rec.Owner.Query(context.Background(), `SELECT t.tgrelid::regclass::text, substring(pg_get_triggerdef(t.oid) FROM 'row_state_note.*') FROM pg_trigger t WHERE t.tgname = 'state'`)
	require.NoError(t, err)
	triggers := map[string]string{}
	var table, trigger string
	_, err = pgx.ForEachRow(rows, []any{&table, &trigger}, func() error {
		triggers[table] = trigger
		return nil
	})
	require.NoError(t, err)
	require.Len(t, triggers, len(db.Decisives))
	for _, d := range db.Decisives {
		require.Equal(t, d.Trigger(), triggers[d.Table], d.Table)
		require.False(t, slices.Contains(d.LeftOut, d.When))
	}
}
