package db_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/internal/dbtest"
)

func TestAnEntryIsRestoredAsItWasAndInNoOtherWay(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	c := newCase(t, r, false)
	ctx := context.Background()
	tamper := func(sql string) {
		require.NoError(t, pgx.BeginFunc(ctx, r.Owner, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "SET LOCAL session_replication_role = replica; "+sql)
			return err
		}))
	}
	const whole = "SELECT json_agg(row_to_json(a) ORDER BY version)::text FROM audit a WHERE file_id = $1"
	entries := one[string](t, r.Owner, whole, c.ID)
	links := one[int](t, r.Owner, "SELECT count(*)::int FROM file_document")
	restore := func(by ...string) error {
		var all []map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(entries), &all))
		for i := range all {
			for _, actor := range by {
				all[i]["actor"] = json.RawMessage(actor)
			}
		}
		b, err := json.Marshal(all)
		require.NoError(t, err)
		_, err = r.Worker.Exec(ctx, "SELECT restore_audit($1)", b)
		return err
	}
	for _, spoil := range []string{
		"UPDATE audit SET actor = 'x' WHERE version = 2",
		"UPDATE audit SET actor = 'x'; UPDATE audit SET hash = audit_hash(audit)",
		"DELETE FROM audit WHERE version = 2", "DELETE FROM audit WHERE version = 3", "DELETE FROM audit; DELETE FROM file_document",
		"DELETE FROM file_document WHERE version = 2", "UPDATE audit SET hash = sha256('x') WHERE version = 2",
		"UPDATE audit SET salt = gen_random_uuid() WHERE version = 2", "UPDATE audit SET state = state::jsonb::json WHERE version = 2",
	} {
		tamper(spoil)
		require.ErrorContains(t, restore(`"y"`), "is not what it was", spoil)
		require.NoError(t, restore(), spoil)
		require.Equal(t, entries, one[string](t, r.Owner, whole, c.ID), spoil)
		require.Equal(t, links, one[int](t, r.Owner, "SELECT count(*)::int FROM file_document"), spoil)
		require.Zero(t, one[int](t, r.Owner, "SELECT count(*)::int FROM broken_audit"), spoil)
	}
	// What neither the log nor a neighbour has the hash of stands in the middle, and stays away.
	tamper("DELETE FROM ledger_pending; UPDATE audit SET actor = 'x', hash = sha256('x') WHERE version = 3")
	require.ErrorContains(t, restore(), "is not what it was")
	_, err := r.API.Exec(ctx, "SELECT restore_audit('[]')")
	require.ErrorContains(t, err, "permission denied")
}
