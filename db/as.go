package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"koko/domain/ags"
)

// As returns queries of which each is a transaction of its own, in which row security opens area
// and nothing else, for caller. It and its scope take one round trip where Within takes four. The
// lists with a choice of filters want Within.
func As(pool *pgxpool.Pool, caller string, area ags.Area) *Queries {
	return On(alone{pool, caller, joined(area)})
}

// alone sends the scope and one statement as a pipeline, which PostgreSQL runs as one transaction:
// the scope ends with it.
type alone struct {
	pool         *pgxpool.Pool
	caller, area string
}

func (a alone) send(ctx context.Context, sql string, args []any) (pgx.BatchResults, error) {
	b := &pgx.Batch{}
	b.Queue(setScope, a.caller, a.area)
	b.Queue(sql, args...)
	results := a.pool.SendBatch(ctx, b)
	if _, err := results.Exec(); err != nil {
		return nil, errors.Join(err, results.Close())
	}
	return results, nil
}

// Exec runs a statement.
func (a alone) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	results, err := a.send(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	return tag, errors.Join(err, results.Close())
}

// Query runs a query whose rows are to be closed.
func (a alone) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	results, err := a.send(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		return nil, errors.Join(err, results.Close())
	}
	return lastRows{rows, results}, nil
}

// QueryRow runs a query whose row is to be scanned.
func (a alone) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	results, err := a.send(ctx, sql, args)
	return lastRow{results, err}
}

// lastRows are the last rows of a pipeline, which is closed with them.
type lastRows struct {
	pgx.Rows
	results pgx.BatchResults
}

// Close closes both, and gives the connection back.
func (r lastRows) Close() {
	r.Rows.Close()
	_ = r.results.Close() // Err has what failed
}

type lastRow struct {
	results pgx.BatchResults
	failed  error
}

// Scan reads the row and gives the connection back.
func (r lastRow) Scan(dest ...any) error {
	if r.failed != nil {
		return r.failed
	}
	return errors.Join(r.results.QueryRow().Scan(dest...), r.results.Close())
}
