package db_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/internal/dbtest"
)

// leave puts something into the pool.
func leave(t *testing.T, r *dbtest.Record, about, area, quarter, facts string) {
	t.Helper()
	require.NoError(t, db.On(r.Worker).AddDetached(context.Background(), db.AddDetachedParams{
		About: about, Counted: about == "disclosure", Area: area, Quarter: quarter, Facts: json.RawMessage(facts),
	}))
}

// What is in the pool nobody reads, neither who serves people nor who puts it there; and what was drawn is for nobody yet.
func TestNobodyWatchesThePool(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	leave(t, r, "work", "05334", "2999-Q1", `{"form": "mediation"}`)
	for _, sql := range []string{"SELECT count(*) FROM detached_pool", "SELECT count(*) FROM detached", "DELETE FROM detached_pool", "UPDATE detached_pool SET quarter = '2020-Q1'"} {
		_, err := r.API.Exec(ctx, sql)
		require.ErrorContains(t, err, "permission denied", sql)
		_, err = r.Worker.Exec(ctx, sql)
		require.ErrorContains(t, err, "permission denied", sql)
	}
	for _, sql := range []string{"SELECT draw_detached()", "INSERT INTO tally VALUES ('disclosure', '05334002', '2020-Q1', '{}', 1)"} {
		_, err := r.API.Exec(ctx, sql)
		require.ErrorContains(t, err, "permission denied", sql)
	}
}

// Once a quarter is over, the records are drawn in an order of their own, and what is counted is added up.
func TestWhatIsDrawnLeadsBackToNothing(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	const n = 40
	for i := range n {
		leave(t, r, "work", "05334", "2020-Q1", fmt.Sprintf(`{"sessions": "%d"}`, i))
		leave(t, r, "disclosure", string(aachen), "2020-Q1", `{"ground": "umsetzung"}`)
	}
	leave(t, r, "disclosure", string(aachen), "2999-Q1", `{"ground": "umsetzung"}`)
	drawn, err := db.On(r.Worker).DrawDetached(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 2*n, drawn)
	require.Equal(t, 1, one[int](t, r.Owner, "SELECT count(*)::int FROM detached_pool"), "of the quarter that is not over")
	require.Equal(t, n, one[int](t, r.Owner, "SELECT number FROM tally"))
	require.Equal(t, n, one[int](t, r.Owner, "SELECT count(*)::int FROM detached WHERE batch = 1"))
	require.NotEqual(t, n, one[int](t, r.Owner, "SELECT count(*)::int FROM (SELECT (facts->>'sessions')::int s, row_number() OVER (ORDER BY ctid) - 1 i FROM detached) d WHERE s = i"),
		"they do not lie in the order in which they came")

	leave(t, r, "disclosure", string(aachen), "2020-Q1", `{"ground": "umsetzung"}`)
	leave(t, r, "work", "05334", "2020-Q1", `{}`)
	_, err = db.On(r.Worker).DrawDetached(ctx)
	require.NoError(t, err)
	require.Equal(t, n+1, one[int](t, r.Owner, "SELECT number FROM tally"), "what comes late is added")
	require.Equal(t, 1, one[int](t, r.Owner, "SELECT count(*)::int FROM detached WHERE batch = 2"))

	count := func(within, asked ags.Area) int {
		rows, err := db.As(r.API, "u-1", within).ListDisclosureCounts(ctx, db.ListDisclosureCountsParams{Area: db.Keys(asked), PageSize: 10})
		require.NoError(t, err)
		return len(rows)
	}
	require.Equal(t, 1, count(ags.Area{aachen}, ags.Area{aachen}))
	require.Zero(t, count(ags.Area{bonn}, ags.Area{aachen}), "row security closes other municipalities")
	require.Zero(t, count(ags.Area{aachen}, ags.Area{bonn}))
}
