package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// On returns queries on a pool or in a transaction. What fails says which query it was: whoever calls adds of what.
func On(db DBTX) *Queries { return New(named{db}) }

// named puts the name of a generated query before its errors. Those that are written by hand say it themselves.
type named struct{ DBTX }

// Exec runs a statement.
func (n named) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	tag, err := n.DBTX.Exec(ctx, sql, args...)
	return tag, failed(sql, err)
}

// Query runs a query whose rows are to be closed.
func (n named) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := n.DBTX.Query(ctx, sql, args...)
	if err != nil {
		return nil, failed(sql, err)
	}
	return namedRows{rows, sql}, nil
}

// QueryRow runs a query whose row is to be scanned.
func (n named) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return namedRow{n.DBTX.QueryRow(ctx, sql, args...), sql}
}

type namedRows struct {
	pgx.Rows
	sql string
}

// Scan reads a row.
func (r namedRows) Scan(dest ...any) error { return failed(r.sql, r.Rows.Scan(dest...)) }

// Err is what went wrong on the way.
func (r namedRows) Err() error { return failed(r.sql, r.Rows.Err()) }

type namedRow struct {
	pgx.Row
	sql string
}

// Scan reads the row.
func (r namedRow) Scan(dest ...any) error { return failed(r.sql, r.Row.Scan(dest...)) }

// failed is err with the name of the query, as sqlc writes it into its text.
func failed(sql string, err error) error {
	rest, generated := strings.CutPrefix(sql, "-- name: ")
	if err == nil || !generated {
		return err
	}
	name, _, _ := strings.Cut(rest, " ")
	return fmt.Errorf("query %s: %w", name, err)
}
