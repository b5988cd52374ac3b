package witness

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"koko/db"
	"koko/internal/evidence/logbook"
)

// A Standing is how things are with a peer.
type Standing struct {
	Peer      Peer
	Cosigned  *Mark // what it cosigned last of our log
	Behind    uint64
	Answer    Outcome // what it answered last; empty: it was never asked
	Since     time.Time
	Seen      *Mark // what we cosigned last of its
	Conflicts []Conflict
}

// A Mark is a size of a log that was cosigned.
type Mark struct {
	Size uint64
	At   time.Time
}

// A Conflict is two checkpoints of a peer that contradict each other. Settled says that the later one was
// cosigned after all: only the proof that came with it had been wrong.
type Conflict struct {
	Kind          ConflictKind
	At            time.Time
	Before, After []byte // as they were signed
	Settled       bool
}

// Standings returns how things are with each peer. The pool works as db.RoleAPI.
func Standings(ctx context.Context, pool *pgxpool.Pool, peers Peers) ([]Standing, error) {
	latest, err := logbook.Book{Pool: pool}.Latest(ctx)
	if err != nil && !errors.Is(err, logbook.ErrNoCheckpoint) {
		return nil, err
	}
	all := make([]Standing, len(peers))
	for i, p := range peers {
		if all[i], err = standing(ctx, db.On(pool), p, latest.Checkpoint.Size); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func standing(ctx context.Context, q *db.Queries, p Peer, size uint64) (Standing, error) {
	s := Standing{Peer: p}
	cosigned, err := q.LastCosigned(ctx, p.Origin())
	switch {
	case err == nil:
		s.Cosigned = &Mark{uint64(cosigned.Size), cosigned.At}
	case !errors.Is(err, pgx.ErrNoRows):
		return s, err
	}
	if p.Witnesses {
		s.Behind = size - min(size, uint64(cosigned.Size))
	}
	answer, err := q.LastAnswer(ctx, p.Origin())
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return s, err
	}
	s.Answer, s.Since = Outcome(answer.Outcome), answer.At
	seen, err := q.LastSeen(ctx, p.Origin())
	switch {
	case err == nil:
		s.Seen = &Mark{uint64(seen.Size), seen.At}
	case !errors.Is(err, pgx.ErrNoRows):
		return s, err
	}
	rows, err := q.ListConflicts(ctx, p.Origin())
	for _, r := range rows {
		s.Conflicts = append(s.Conflicts, Conflict{
			Kind:    ConflictKind(r.Kind),
			At:      r.At,
			Before:  r.SeenSigned,
			After:   r.Signed,
			Settled: r.Settled,
		})
	}
	return s, err
}
