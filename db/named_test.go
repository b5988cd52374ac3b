package db_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/internal/dbtest"
)

// Whoever reads a log sees which query failed, and whoever handles the error still finds out why.
func TestWhatFailsSaysWhichQueryItWas(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()

	_, err := db.On(r.API).GetMunicipality(ctx, "05999999")
	require.ErrorIs(t, err, pgx.ErrNoRows)
	require.ErrorContains(t, err, "query GetMunicipality: ")

	_, err = db.As(r.API, "p", nil).GetMunicipality(ctx, "05999999")
	require.ErrorContains(t, err, "query GetMunicipality: ")

	err = db.Within(ctx, r.API, "p", nil, func(q *db.Queries) error {
		_, err := q.AppendAudit(ctx, db.AppendAuditParams{})
		return err
	})
	require.ErrorContains(t, err, "query AppendAudit: ")
	var refused *pgconn.PgError
	require.ErrorAs(t, err, &refused, "the API's role may not write it")

	done, cancel := context.WithCancel(ctx)
	cancel()
	_, err = db.On(r.API).ListIntegrationCentres(done)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "query ListIntegrationCentres: ")
}
