package app

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/internal/dbtest"
)

// Whoever replaces what keeps people apart finds that nothing starts: in one sentence that names it.
func TestNothingStartsOnASchemaThatSomebodyChanged(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	_, err := r.Owner.Exec(ctx, "ALTER TABLE audit DISABLE ROW LEVEL SECURITY")
	require.NoError(t, err)
	_, _, err = NewAPI(APIOptions{Pool: r.API})
	require.ErrorIs(t, err, db.ErrSchema)
	require.ErrorContains(t, err, "table audit was changed; run `koko migrate` of this version")
	_, err = StartWorker(ctx, WorkerOptions{Pool: r.Worker})
	require.ErrorIs(t, err, db.ErrSchema)
}
