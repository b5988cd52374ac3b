package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"koko/activities"
	"koko/db"
	"koko/internal/dbtest"
	"koko/internal/evidence/logbook"
)

func TestACheckpointIsSignedUnlessTheLogWasRewritten(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	file := dbtest.LedgerKeys(t, "koko.musterhausen.example/ledger", at)
	sign := func(pool *pgxpool.Pool) (signed activities.Checkpoint, err error) {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestActivityEnvironment()
		a := &activities.Ledger{Signer: logbook.Signer{Book: logbook.Book{Pool: pool}, KeyFile: file}, Now: func() time.Time { return at }}
		env.RegisterActivity(a)
		got, err := env.ExecuteActivity(a.SignCheckpoint)
		if err == nil {
			require.NoError(t, got.Get(&signed))
		}
		return signed, err
	}
	refuse := func(id string) {
		require.NoError(t, db.On(r.API).AppendAccess(ctx, db.AppendAccessParams{AGS: "05334002", ID: id, Kind: "refusal"}))
	}
	refuse("a")
	signed, err := sign(r.Worker)
	require.NoError(t, err)
	require.EqualValues(t, 2, signed.Size, "the entry, and what the inner log is today")
	require.NotEmpty(t, signed.Root)

	refuse("b")
	var app *temporal.ApplicationError
	_, err = sign(r.API)
	require.ErrorAs(t, err, &app)
	require.False(t, app.NonRetryable(), "what else goes wrong passes")

	_, err = r.Owner.Exec(ctx, `ALTER TABLE ledger_leaf DISABLE TRIGGER keep; UPDATE ledger_leaf SET leaf = sha256('x');
		ALTER TABLE ledger_node DISABLE TRIGGER keep; UPDATE ledger_node SET hash = sha256('x')`)
	require.NoError(t, err)
	_, err = sign(r.Worker)
	require.ErrorAs(t, err, &app)
	require.Equal(t, activities.Rewritten, app.Type())
	require.True(t, app.NonRetryable())
	status, err := db.On(r.API).LedgerStatus(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, status.Refused, "it stands where people look")
}
