package db_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/calendar"
	"koko/internal/dbtest"
)

// retain deletes what is older than a moment between two lots of entries of aachen: three and two.
func retain(t *testing.T, r *dbtest.Record) db.Deleted {
	t.Helper()
	ctx := context.Background()
	add := func(from, to int) {
		for i := from; i <= to; i++ {
			require.NoError(t, db.New(r.API).AppendAccess(ctx, db.AppendAccessParams{AGS: string(aachen), ID: fmt.Sprint(i), Kind: "refusal"}))
		}
	}
	add(1, 3)
	between := one[time.Time](t, r.Owner, "SELECT clock_timestamp()")
	add(4, 5)
	return must(db.Retain(ctx, r.URL("koko"), db.Retention{AccessLog: between, Decisions: calendar.DayOf(between) - 90, By: "u-officer", Reason: "frist"}))
}

func TestTheLogGoesOnAfterACut(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	require.Equal(t, db.Deleted{Entries: 3, Chains: 1}, retain(t, r))
	require.Empty(t, must(db.New(r.Owner).ListBrokenAudit(ctx, 10)))
	require.Equal(t, "4 5 cut/05334002/3", one[string](t, r.Owner, "SELECT string_agg(id, ' ' ORDER BY seq) FROM access_log"))
	require.Equal(t, "u-officer frist", one[string](t, r.Owner, "SELECT by || ' ' || reason FROM access_log_cut"))

	again := db.Retention{AccessLog: time.Now().Add(time.Hour), Decisions: calendar.DayOf(time.Now()) - 90, By: "job", Reason: "frist"}
	require.Equal(t, db.Deleted{Entries: 3, Chains: 1}, must(db.Retain(ctx, r.URL("koko"), again)), "all of it, and the chain goes on")
	require.NoError(t, db.New(r.API).AppendAccess(ctx, db.AppendAccessParams{AGS: string(aachen), ID: "6", Kind: "refusal"}))
	require.Empty(t, must(db.New(r.Owner).ListBrokenAudit(ctx, 10)))
	require.EqualValues(t, 8, one[int64](t, r.Owner, "SELECT max(seq) FROM access_log"))
}

func TestNothingLeavesTheLogWithoutACut(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	retain(t, r)
	for _, sql := range []string{
		"DELETE FROM access_log WHERE seq = 4", "UPDATE access_log SET actor = 'x'", "DELETE FROM access_log_cut", "UPDATE access_log_cut SET by = 'x'",
	} {
		_, err := r.Owner.Exec(ctx, sql)
		require.ErrorContains(t, err, "stays as it is", sql)
	}
	for _, sql := range []string{"INSERT INTO access_log_cut VALUES ('', 1, '', now(), 'x', 'x')", "SELECT * FROM decision_log"} {
		_, err := r.API.Exec(ctx, sql)
		require.ErrorContains(t, err, "permission denied", sql)
		_, err = r.Worker.Exec(ctx, sql)
		require.ErrorContains(t, err, "permission denied", sql)
	}
	require.Zero(t, one[int](t, r.API, "SELECT count(*)::int FROM access_log_cut"), "row security")
}

func TestAForgedCutIsFound(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	retain(t, r)
	const forge = "INSERT INTO access_log_cut SELECT ags, seq, hash, now(), 'x', 'x' FROM access_log WHERE seq = 5; "
	for sql, want := range map[string][]string{
		"SELECT 1":                                        nil,
		"DELETE FROM access_log WHERE seq = 4":            {"access_log 05334002/5"},
		"DELETE FROM access_log_cut":                      {"access_log 05334002/4"},
		"UPDATE access_log_cut SET up_to_hash = 'x'":      {"access_log 05334002/4", "access_log_cut 05334002/3"},
		"UPDATE access_log_cut SET up_to_seq = 2":         {"access_log 05334002/4", "access_log_cut 05334002/2"},
		"UPDATE access_log_cut SET by = 'x'":              {"access_log_cut 05334002/3"},
		"UPDATE access_log_cut SET reason = 'x'":          {"access_log_cut 05334002/3"},
		"UPDATE access_log SET actor = 'x' WHERE seq = 4": {"access_log 05334002/4"},
		forge: {"access_log 05334002/4", "access_log 05334002/5", "access_log_cut 05334002/5"},
		forge + "DELETE FROM access_log WHERE seq <= 5": {"access_log_cut 05334002/5"},
		"DELETE FROM access_log WHERE kind = 'cut'":     {"access_log_cut 05334002/3"},
		"UPDATE access_log SET seq = 2 WHERE seq = 4":   {"access_log 05334002/2", "access_log 05334002/5"},
	} {
		t.Run(sql, func(t *testing.T) {
			tx := must(r.Owner.Begin(ctx))
			defer func() { require.NoError(t, tx.Rollback(ctx)) }()
			_, err := tx.Exec(ctx, "SET LOCAL session_replication_role = replica; "+sql)
			require.NoError(t, err)
			var got []string
			for _, b := range must(db.New(tx).ListBrokenAudit(ctx, 100)) {
				got = append(got, b.Ledger+" "+b.Entry)
			}
			require.Equal(t, want, got)
		})
	}
}
