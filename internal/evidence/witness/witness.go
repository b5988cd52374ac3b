// Package witness has instances cosign each other's checkpoints (C2SP tlog-witness): as a witness it
// cosigns what continues all that it has seen of a log and keeps what contradicts it; as a log it asks its
// witnesses and keeps what they cosigned.
package witness

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"koko/db"
	"koko/internal/evidence/ledger"
)

// A Witness cosigns the checkpoints of its peers, and remembers them.
type Witness struct {
	Pool  *pgxpool.Pool                // as db.RoleAPI
	Keys  func() (*ledger.Keys, error) // read anew each time: a rotation takes effect at once
	Peers Peers
}

// A Cause says why a checkpoint was not cosigned.
type Cause string

// The causes.
const (
	Malformed  Cause = "malformed"   // it is no request
	Unknown    Cause = "unknown"     // no peer's log is called like this
	Unsigned   Cause = "unsigned"    // no key that counts signed it
	OtherSize  Cause = "other_size"  // the proof starts from another size than the last: see Size
	OtherProof Cause = "other_proof" // it does not continue what was seen, as far as the proof shows
)

// A Refusal is the error of a witness that does not cosign.
type Refusal struct {
	Cause Cause
	Size  uint64 // of OtherSize: what was cosigned last
	Err   error
}

func (r *Refusal) Error() string {
	return "witness: not cosigned (" + string(r.Cause) + "): " + r.Err.Error()
}

// Unwrap returns what was wrong.
func (r *Refusal) Unwrap() error { return r.Err }

// A ConflictKind says how two checkpoints contradict each other. The record keeps it.
type ConflictKind string

// The kinds of conflict.
const (
	Fork         ConflictKind = "fork"         // two contents of one size
	Rollback     ConflictKind = "rollback"     // signed later, and shorter
	Inconsistent ConflictKind = "inconsistent" // longer, with a proof that does not fit
)

func (ConflictKind) Values() []ConflictKind { return []ConflictKind{Fork, Rollback, Inconsistent} }

// skew bounds how much the clocks of those who sign for one instance may differ.
const skew = 5 * time.Minute

// AddCheckpoint answers a request of C2SP tlog-witness with the cosignature's line. What it cosigned is
// stored before that. The error is a [Refusal], unless something failed here.
func (w Witness) AddCheckpoint(ctx context.Context, body []byte, at time.Time) (line []byte, err error) {
	s, err := w.submission(body, at)
	if err != nil {
		return nil, err
	}
	keys, err := w.Keys()
	if err != nil {
		return nil, err
	}
	var refusal error
	err = pgx.BeginTxFunc(ctx, w.Pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		line, refusal, err = s.decide(ctx, db.On(tx), keys.Active())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cosign the checkpoint of %s: %w", s.checkpoint.Origin, err)
	}
	return line, refusal
}

// A submission is a request whose checkpoint was signed by a known peer.
type submission struct {
	request
	checkpoint ledger.Checkpoint
	known      []ledger.PublicKey
	at         time.Time
}

func (w Witness) submission(body []byte, at time.Time) (s submission, err error) {
	if s.request, err = parseRequest(body); err != nil {
		return s, &Refusal{Cause: Malformed, Err: err}
	}
	text, _, err := ledger.OpenNote(s.Note, nil)
	if errors.Is(err, ledger.ErrMalformed) {
		return s, &Refusal{Cause: Malformed, Err: err}
	}
	if s.checkpoint, err = ledger.ParseCheckpoint(text); err != nil {
		return s, &Refusal{Cause: Malformed, Err: err}
	}
	peer, known := w.Peers.witnessed(s.checkpoint.Origin)
	if !known {
		return s, &Refusal{Cause: Unknown, Err: errors.New("no peer's log is called " + s.checkpoint.Origin)}
	}
	_, by, err := ledger.Open(s.Note, peer.Ledger.Keys)
	if err != nil {
		return s, &Refusal{Cause: Unsigned, Err: err}
	}
	if s.Old > s.checkpoint.Size {
		return s, &Refusal{Cause: Malformed, Err: errors.New("the checkpoint is shorter than what it continues")}
	}
	s.known, s.at = peer.Ledger.Keys, at
	s.Note, err = ledger.Only(s.Note, by)
	return s, err
}

// decide cosigns, or keeps what contradicts what was seen. refusal is why there is no line.
func (s submission) decide(ctx context.Context, q *db.Queries, key ledger.Key) (line []byte, refusal, err error) {
	if err := q.LockWitness(ctx, s.checkpoint.Origin); err != nil {
		return nil, nil, err
	}
	row, err := q.LastSeen(ctx, s.checkpoint.Origin)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, err
	}
	last, err := seen(row, s.checkpoint.Origin)
	if err != nil {
		return nil, nil, err
	}
	proof := ledger.ConsistencyProof{From: s.Old, To: s.checkpoint.Size, Hashes: s.Hashes}
	line, next, err := ledger.Witness{Key: key, Known: s.known}.Cosign(last, s.Note, proof, s.at)
	if refused, is := errors.AsType[*ledger.Refusal](err); is {
		return nil, s.refusal(refused, last), s.keep(ctx, q, refused.Reason, row)
	}
	switch {
	case err != nil:
		return nil, nil, err
	case s.Old != last.Size:
		return nil, &Refusal{OtherSize, last.Size, errors.New("the proof starts from another size")}, nil
	case s.Old == s.checkpoint.Size && len(s.Hashes) > 0:
		return nil, &Refusal{Cause: OtherProof, Err: errors.New("there is nothing to prove")}, nil
	}
	return line, nil, q.AddSeen(ctx, db.AddSeenParams{
		Origin: next.Origin, Size: int64(next.Size), Root: next.Root[:], Stamped: stamped(s.checkpoint), Signed: s.Note, At: s.at,
	})
}

// seen returns what was seen last; a log that was never seen was empty.
func seen(row db.WitnessSeen, origin string) (ledger.Seen, error) {
	if row.ID == 0 {
		empty, err := ledger.Root(0, nil)
		return ledger.Seen{Origin: origin, Root: empty}, err
	}
	return ledger.Seen{Origin: row.Origin, Size: uint64(row.Size), Root: ledger.Hash(row.Root)}, nil
}

func stamped(c ledger.Checkpoint) *time.Time {
	if c.Time.IsZero() {
		return nil
	}
	return &c.Time
}

func (s submission) refusal(r *ledger.Refusal, last ledger.Seen) *Refusal {
	switch r.Reason {
	case ledger.Rollback, ledger.Fork, ledger.OtherProof:
		return &Refusal{OtherSize, last.Size, r}
	case ledger.Inconsistent:
		return &Refusal{Cause: OtherProof, Err: r}
	default:
		return &Refusal{Cause: Unsigned, Err: r}
	}
}

// keep stores what contradicts what was seen. An old checkpoint that arrives late contradicts nothing,
// unless there was another of its size: everybody can send it.
func (s submission) keep(ctx context.Context, q *db.Queries, reason ledger.Reason, last db.WitnessSeen) error {
	kind, against := ConflictKind(""), last
	switch reason {
	case ledger.Fork:
		kind = Fork
	case ledger.Inconsistent:
		kind = Inconsistent
	case ledger.Rollback:
		same, err := q.SeenOfSize(ctx, db.SeenOfSizeParams{Origin: s.checkpoint.Origin, Size: int64(s.checkpoint.Size)})
		switch {
		case err == nil && ledger.Hash(same.Root) != s.checkpoint.Root:
			kind, against = Fork, same
		case err != nil && !errors.Is(err, pgx.ErrNoRows):
			return err
		case last.Stamped != nil && s.checkpoint.Time.After(last.Stamped.Add(skew)):
			kind = Rollback
		}
	default: // it contradicts nothing
	}
	if kind == "" || against.ID == 0 {
		return nil
	}
	return q.AddConflict(ctx, db.AddConflictParams{
		Origin: s.checkpoint.Origin, Kind: string(kind), SeenID: against.ID, Size: int64(s.checkpoint.Size),
		Root: s.checkpoint.Root[:], Signed: s.Note, At: s.at,
	})
}
