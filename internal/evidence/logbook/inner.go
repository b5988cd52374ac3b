package logbook

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/domain/calendar"
	"koko/internal/evidence/ledger"
)

// commit puts what the inner log is into the main one, once for each day in Berlin: the first time on the day itself,
// then for every day since the last one, so that a day on which nothing ran looks like any other. How much was done
// changes neither when this happens nor how often.
func (s Signer) commit(ctx context.Context, at time.Time) error {
	today := calendar.DayOf(at)
	due, err := firstDue(ctx, db.On(s.Pool), today)
	if err != nil || due > today {
		return err
	}
	if err := s.appendAll(ctx, innerLog); err != nil {
		return err
	}
	return s.locked(ctx, func(q *db.Queries) error {
		due, err := firstDue(ctx, q, today) // somebody else may have been faster
		if err != nil || due > today {
			return err
		}
		size, root, err := innerTip(ctx, q)
		if err != nil {
			return err
		}
		for day := due; day <= today; day++ {
			if err := addRoot(ctx, q, day, size, root); err != nil {
				return err
			}
		}
		return nil
	})
}

// firstDue is the first day that nothing was committed for.
func firstDue(ctx context.Context, q *db.Queries, today calendar.Day) (calendar.Day, error) {
	last, err := q.LastInnerRoot(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return today, nil
	}
	return calendar.On(last.Day.Date()) + 1, err
}

// innerTip is the length and the root of the inner log, which continues what was committed to last.
func innerTip(ctx context.Context, q *db.Queries) (size uint64, root ledger.Hash, err error) {
	size, compact, err := tip(ctx, q, innerLog)
	if err != nil {
		return 0, root, unlessUnread(err)
	}
	if root, err = ledger.Root(size, compact); err != nil {
		return 0, root, err
	}
	last, err := q.LastInnerRoot(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return size, root, nil
	}
	if err != nil {
		return 0, root, err
	}
	return size, root, grown(uint64(last.Size), size, ledger.Hash(last.Root), root, nodes(ctx, q, innerLog))
}

func addRoot(ctx context.Context, q *db.Queries, day calendar.Day, size uint64, root ledger.Hash) error {
	secret := make([]byte, ledger.HashSize)
	_, _ = rand.Read(secret) // never fails
	return q.AddInnerRoot(ctx, db.AddInnerRootParams{Day: day.Date(), Size: int64(size), Root: root[:], Secret: secret})
}

// An Inner is the inner log as the people of one confided file see it: what it says of that file.
type Inner struct {
	Queries *db.Queries // in the name of somebody who is tied to the file, where they work
	File    string
}

// An Opening shows what the main log commits to: the inner log as it was when a day began.
type Opening struct {
	Day    string // in Berlin
	Size   uint64
	Root   ledger.Hash
	Secret ledger.Hash // 32 bytes that nobody guesses
	Leaf   uint64      // of the commitment in the main log
}

// Open returns the last commitment in the main log of a size; false if there is none.
func (i Inner) Open(ctx context.Context, mainSize uint64) (o Opening, ok bool, err error) {
	r, err := i.Queries.OpenInnerRoot(ctx, db.OpenInnerRootParams{File: i.File, MainSize: int64(mainSize)})
	if errors.Is(err, pgx.ErrNoRows) {
		return o, false, nil
	}
	if err != nil {
		return o, false, fmt.Errorf("the inner log for file %s: %w", i.File, err)
	}
	return Opening{r.Day, uint64(r.Size), ledger.Hash(r.Root), ledger.Hash(r.Secret), uint64(r.Idx)}, true, nil
}

// Leaves returns where rows of the file are in the inner log. Those that wait are left out.
func (i Inner) Leaves(ctx context.Context, table string, keys []string) (map[string]uint64, error) {
	rows, err := i.Queries.ListInnerLeaves(ctx, db.ListInnerLeavesParams{File: i.File, Tab: table, Keys: keys})
	if err != nil {
		return nil, fmt.Errorf("leaves of %s of file %s: %w", table, i.File, err)
	}
	at := make(map[string]uint64, len(rows))
	for _, r := range rows {
		at[r.Key] = uint64(r.Idx)
	}
	return at, nil
}

// Inclusions proves leaves in the inner log when it had that size.
func (i Inner) Inclusions(ctx context.Context, indexes []uint64, size uint64) ([]ledger.InclusionProof, error) {
	return inclusions(indexes, size, reader(func(p db.ListNodesParams) (all []db.ListNodesRow, err error) {
		rows, err := i.Queries.ListInnerNodes(ctx, db.ListInnerNodesParams{File: i.File, Levels: p.Levels, Indexes: p.Indexes, Leaves: p.Leaves})
		for _, r := range rows {
			all = append(all, db.ListNodesRow(r))
		}
		return all, err
	}))
}
