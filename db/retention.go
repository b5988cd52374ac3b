package db

import (
	"context"
	"encoding/hex"
	"fmt"
	"koko/domain/calendar"
	"time"

	"github.com/jackc/pgx/v5"
)

// Retention says what is old enough to be deleted, who signs for it, and why.
type Retention struct {
	AccessLog time.Time    // entries of the access log before it
	Decisions calendar.Day // counts of decisions before it
	By        string
	Reason    string
}

// Deleted says what Retain deleted.
type Deleted struct {
	Entries, Chains, Decisions int64
}

// Retain deletes, as the database's owner, what is older than it says. Each chain of the access log is
// cut in a transaction of its own: the cut is recorded, in the chain too, before anything is deleted.
func Retain(ctx context.Context, url string, r Retention) (d Deleted, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return d, fmt.Errorf("database: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	chains, err := On(conn).ListCuttable(ctx, r.AccessLog)
	if err != nil {
		return d, fmt.Errorf("old entries: %w", err)
	}
	for _, c := range chains {
		var n int64
		if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) (err error) {
			n, err = cut(ctx, On(tx), c, r)
			return err
		}); err != nil {
			return d, fmt.Errorf("cut the chain of %q: %w", c.Chain, err)
		}
		d.Entries, d.Chains = d.Entries+n, d.Chains+1
	}
	d.Decisions, err = On(conn).DeleteDecisions(ctx, r.Decisions.Date())
	return d, err
}

func cut(ctx context.Context, q *Queries, c ListCuttableRow, r Retention) (int64, error) {
	if err := q.AddCut(ctx, AddCutParams{Chain: c.Chain, UpToSeq: c.Seq, UpToHash: c.Hash, By: r.By, Reason: r.Reason}); err != nil {
		return 0, err
	}
	p := AppendCutParams{
		AGS: c.AGS, ID: fmt.Sprintf("cut/%s/%d", c.Chain, c.Seq), Actor: r.By, Reason: r.Reason,
		SubjectID: fmt.Sprint(c.Seq), Digest: hex.EncodeToString(c.Hash), Confided: c.Confided,
	}
	if c.Confided {
		p.FileID = c.FileID
	}
	if err := q.AppendCut(ctx, p); err != nil {
		return 0, err
	}
	return q.DeleteCut(ctx, DeleteCutParams{Chain: c.Chain, UpToSeq: c.Seq})
}

// Decisions lists what the policy decided since a day, as the database's owner.
func Decisions(ctx context.Context, url string, since calendar.Day) ([]DecisionLog, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	return On(conn).ListDecisions(ctx, since.Date())
}
