// Package logbook keeps the Merkle logs of package ledger in the record: it gives the rows of the ledger
// tables their numbers, signs checkpoints, and proves what is where. There are two logs: the main one, which
// is signed and public, and the inner one of the rows of confided files, of which the main one holds nothing
// but a commitment a day.
package logbook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"koko/db"
	"koko/internal/evidence/ledger"
	"koko/internal/keyfile"
)

// The ledger tables. A leaf is "koko/TABLE/1" and the hash of a row.
const (
	Audit     = "audit"       // key: file/version
	AccessLog = "access_log"  // key: chain/number
	Erasure   = "erasure"     // key: document
	Histories = "run_history" // key: workflow/run
	States    = "row_state"   // key: table/key of the row/number; what a row was that decides
	Roots     = "inner_root"  // key: day; what the inner log was when the day began
)

// The logs.
const (
	mainLog  = "main"
	innerLog = "inner"
)

// ErrRewritten says that the log does not continue its last checkpoint: somebody changed what is in it.
var ErrRewritten = errors.New("the log does not continue the last checkpoint: it was rewritten")

// errMissing says that a node of the log is not there: it was taken away, because none ever is.
var errMissing = errors.New("is missing")

// ErrNoCheckpoint says that nothing was signed yet.
var ErrNoCheckpoint = errors.New("no checkpoint was signed yet")

// A Book is the main log in the record.
type Book struct {
	Pool *pgxpool.Pool
}

// A Signer signs checkpoints of the book. Its pool works as db.RoleWorker.
type Signer struct {
	Book
	KeyFile keyfile.File
}

// KeyFile is the file with the keys that sign checkpoints and cosign those of others.
func KeyFile(path string) keyfile.File { return keyfile.File{Path: path, What: "ledger key file"} }

// LoadKeys reads the keys. Whoever signs reads them each time, so that a rotation takes effect at
// once.
func LoadKeys(f keyfile.File) (*ledger.Keys, error) { return keyfile.Load(f, ledger.ParseKeys) }

// Signed is a checkpoint as it was signed, with the lines of those who cosigned it.
type Signed struct {
	ID         int64
	Checkpoint ledger.Checkpoint
	Note       []byte
}

// atOnce is how many rows get their numbers in one transaction.
const atOnce = 10_000

// stale is the age of a checkpoint at which a log that has not grown is signed once more, to say
// that nothing was added.
const stale = 24 * time.Hour

// Checkpoint puts all rows that wait into the log and signs it, unless it was signed like that already. The first one
// of a day commits to the inner log before. If that was rewritten, the main log is signed all the same.
func (s Signer) Checkpoint(ctx context.Context, at time.Time) (Signed, error) {
	committed := s.commit(ctx, at)
	if committed != nil && !errors.Is(committed, ErrRewritten) {
		return Signed{}, fmt.Errorf("commit to the inner log: %w", committed)
	}
	signed, err := s.checkpoint(ctx, at)
	if err == nil && committed != nil {
		err = fmt.Errorf("the inner log: %w", committed)
	}
	return signed, err
}

func (s Signer) checkpoint(ctx context.Context, at time.Time) (signed Signed, err error) {
	if err := s.appendAll(ctx, mainLog); err != nil {
		return Signed{}, fmt.Errorf("append to the log: %w", err)
	}
	keys, err := LoadKeys(s.KeyFile)
	if err != nil {
		return Signed{}, err
	}
	err = s.locked(ctx, func(q *db.Queries) error {
		signed, err = sign(ctx, q, keys, at)
		return err
	})
	if err != nil {
		return Signed{}, fmt.Errorf("sign a checkpoint: %w", err)
	}
	return signed, nil
}

func (s Signer) locked(ctx context.Context, do func(*db.Queries) error) error {
	return pgx.BeginTxFunc(ctx, s.Pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		q := db.On(tx)
		if err := q.LockLedger(ctx); err != nil {
			return err
		}
		return do(q)
	})
}

// appendAll gives all rows that wait for a log their numbers.
func (s Signer) appendAll(ctx context.Context, log string) error {
	for more := true; more; {
		var err error
		if more, err = s.append(ctx, log); err != nil {
			return err
		}
	}
	return nil
}

// append gives rows that wait their numbers; more says that others may still wait.
func (s Signer) append(ctx context.Context, log string) (more bool, err error) {
	err = s.locked(ctx, func(q *db.Queries) error {
		rows, err := q.ListPendingLeaves(ctx, db.ListPendingLeavesParams{Log: log, AtMost: atOnce})
		if err != nil || len(rows) == 0 {
			return err
		}
		more = len(rows) == atOnce
		size, compact, err := tip(ctx, q, log)
		if err != nil {
			return unlessUnread(err)
		}
		leaves := db.AddLeavesParams{Log: log}
		hashes := make([]ledger.Hash, len(rows))
		for i, r := range rows {
			hashes[i] = ledger.Leaf(r.Tab, r.Hash)
			leaves.Indexes = append(leaves.Indexes, int64(size)+int64(i))
			leaves.Tabs = append(leaves.Tabs, r.Tab)
			leaves.Keys = append(leaves.Keys, r.Key)
			leaves.Leaves = append(leaves.Leaves, hashes[i][:])
		}
		if err := q.AddLeaves(ctx, leaves); err != nil {
			return err
		}
		nodes, _, _, err := ledger.Append(size, compact, hashes)
		if err != nil {
			return err
		}
		if err := q.AddNodes(ctx, rising(log, nodes)); err != nil {
			return err
		}
		_, err = q.ForgetPending(ctx, db.ForgetPendingParams{Tabs: leaves.Tabs, Keys: leaves.Keys})
		return err
	})
	return more, err
}

// rising leaves out the leaves, which are stored elsewhere.
func rising(log string, nodes []ledger.Node) db.AddNodesParams {
	p := db.AddNodesParams{Log: log}
	for _, n := range nodes {
		if n.Level > 0 {
			p.Levels = append(p.Levels, int16(n.Level))
			p.Indexes = append(p.Indexes, int64(n.Index))
			p.Hashes = append(p.Hashes, n.Hash[:])
		}
	}
	return p
}

// tip returns the length of a log, and the nodes that represent it.
func tip(ctx context.Context, q *db.Queries, log string) (size uint64, compact []ledger.Hash, err error) {
	n, err := q.LedgerSize(ctx, log)
	if err != nil {
		return 0, nil, err
	}
	compact, err = nodes(ctx, q, log)(ledger.Compact(uint64(n)))
	return uint64(n), compact, err
}

func sign(ctx context.Context, q *db.Queries, keys *ledger.Keys, at time.Time) (Signed, error) {
	size, compact, err := tip(ctx, q, mainLog)
	if err != nil {
		return Signed{}, err
	}
	root, err := ledger.Root(size, compact)
	if err != nil {
		return Signed{}, err
	}
	last, err := latest(ctx, q)
	switch {
	case errors.Is(err, ErrNoCheckpoint):
	case err != nil:
		return Signed{}, err
	default:
		if err := continues(ctx, q, last, size, root, keys); err != nil {
			return Signed{}, err
		}
		if last.Checkpoint.Size == size && at.Sub(last.Checkpoint.Time) < stale && last.Checkpoint.Origin == keys.Active().Name {
			return last, nil
		}
	}
	c := ledger.Checkpoint{Origin: keys.Active().Name, Size: size, Root: root, Time: at.UTC().Truncate(time.Second)}
	note, err := ledger.Sign(c, keys.Active())
	if err != nil {
		return Signed{}, err
	}
	id, err := q.AddCheckpoint(ctx, db.AddCheckpointParams{Origin: c.Origin, Size: int64(size), Root: root[:], At: c.Time, Signed: note})
	return Signed{ID: id, Checkpoint: c, Note: note}, err
}

// continues refuses to sign what contradicts the last checkpoint: both would be in the world.
func continues(ctx context.Context, q *db.Queries, last Signed, size uint64, root ledger.Hash, keys *ledger.Keys) error {
	was, _, err := ledger.Open(last.Note, keys.Public())
	if errors.Is(err, ledger.ErrUnknownKey) || errors.Is(err, ledger.ErrOrigin) {
		was, err = last.Checkpoint, nil // the keys were replaced, not rotated: what stands is all there is
	}
	if err != nil {
		return fmt.Errorf("the last checkpoint: %w", err)
	}
	return grown(was.Size, size, was.Root, root, nodes(ctx, q, mainLog))
}

// grown refuses a log that is not what it was and more.
func grown(was, is uint64, before, now ledger.Hash, get ledger.NodeReader) error {
	if was > is {
		return fmt.Errorf("%w: %d entries were signed, %d are there", ErrRewritten, was, is)
	}
	p, err := ledger.Consistency(was, is, get)
	if err != nil {
		return unlessUnread(err)
	}
	if err := ledger.VerifyConsistency(p, before, now); err != nil {
		return fmt.Errorf("%w: %w", ErrRewritten, err)
	}
	return nil
}

// unlessUnread says that a log was rewritten if a node of it is missing; what else keeps it from being read passes.
func unlessUnread(err error) error {
	if errors.Is(err, errMissing) {
		return fmt.Errorf("%w: %w", ErrRewritten, err)
	}
	return err
}

// Latest returns the checkpoint that was signed last, or ErrNoCheckpoint.
func (b Book) Latest(ctx context.Context) (Signed, error) { return latest(ctx, db.On(b.Pool)) }

func latest(ctx context.Context, q *db.Queries) (Signed, error) {
	row, err := q.LastCheckpoint(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return Signed{}, ErrNoCheckpoint
	}
	if err != nil {
		return Signed{}, err
	}
	note, err := ledger.Attach(row.Signed, row.Lines...)
	if err != nil {
		return Signed{}, fmt.Errorf("checkpoint %d: %w", row.ID, err)
	}
	text, _, found := bytes.Cut(row.Signed, []byte("\n\n"))
	if !found {
		return Signed{}, fmt.Errorf("checkpoint %d: %w", row.ID, ledger.ErrMalformed)
	}
	c, err := ledger.ParseCheckpoint(string(text) + "\n")
	if err != nil {
		return Signed{}, fmt.Errorf("checkpoint %d: %w", row.ID, err)
	}
	return Signed{ID: row.ID, Checkpoint: c, Note: note}, nil
}

// Leaves returns where rows of a table are in the log. Those that wait are left out.
func (b Book) Leaves(ctx context.Context, table string, keys []string) (map[string]uint64, error) {
	rows, err := db.On(b.Pool).ListLeaves(ctx, db.ListLeavesParams{Tab: table, Keys: keys})
	if err != nil {
		return nil, fmt.Errorf("leaves of %s: %w", table, err)
	}
	at := make(map[string]uint64, len(rows))
	for _, r := range rows {
		at[r.Key] = uint64(r.Idx)
	}
	return at, nil
}

// Inclusion proves the leaf at index in the log when it had that size.
func (b Book) Inclusion(ctx context.Context, index, size uint64) (ledger.InclusionProof, error) {
	return ledger.Inclusion(index, size, nodes(ctx, db.On(b.Pool), mainLog))
}

// Inclusions proves many leaves at once: it asks for all of their nodes together.
func (b Book) Inclusions(ctx context.Context, indexes []uint64, size uint64) ([]ledger.InclusionProof, error) {
	return inclusions(indexes, size, nodes(ctx, db.On(b.Pool), mainLog))
}

func inclusions(indexes []uint64, size uint64, from ledger.NodeReader) ([]ledger.InclusionProof, error) {
	known := map[ledger.NodeID]ledger.Hash{}
	proofs := make([]ledger.InclusionProof, 0, len(indexes))
	ask := func(get ledger.NodeReader) error {
		proofs = proofs[:0]
		for _, i := range indexes {
			p, err := ledger.Inclusion(i, size, get)
			if err != nil {
				return err
			}
			proofs = append(proofs, p)
		}
		return nil
	}
	if err := ask(func(ids []ledger.NodeID) ([]ledger.Hash, error) {
		for _, id := range ids {
			known[id] = ledger.Hash{}
		}
		return make([]ledger.Hash, len(ids)), nil
	}); err != nil {
		return nil, err
	}
	ids := slices.Collect(maps.Keys(known))
	hashes, err := from(ids)
	if err != nil {
		return nil, err
	}
	for n, id := range ids {
		known[id] = hashes[n]
	}
	return proofs, ask(func(ids []ledger.NodeID) ([]ledger.Hash, error) {
		hashes := make([]ledger.Hash, len(ids))
		for n, id := range ids {
			hashes[n] = known[id]
		}
		return hashes, nil
	})
}

// Consistency proves that the log of size to continues the one of size from.
func (b Book) Consistency(ctx context.Context, from, to uint64) (ledger.ConsistencyProof, error) {
	return ledger.Consistency(from, to, nodes(ctx, db.On(b.Pool), mainLog))
}

// nodes reads those of a log.
func nodes(ctx context.Context, q *db.Queries, log string) ledger.NodeReader {
	return reader(func(p db.ListNodesParams) ([]db.ListNodesRow, error) {
		p.Log = log
		return q.ListNodes(ctx, p)
	})
}

func reader(list func(db.ListNodesParams) ([]db.ListNodesRow, error)) ledger.NodeReader {
	return func(ids []ledger.NodeID) ([]ledger.Hash, error) {
		if len(ids) == 0 {
			return nil, nil
		}
		p := db.ListNodesParams{Levels: []int16{}, Indexes: []int64{}, Leaves: []int64{}}
		for _, id := range ids {
			if id.Level == 0 {
				p.Leaves = append(p.Leaves, int64(id.Index))
			} else {
				p.Levels = append(p.Levels, int16(id.Level))
				p.Indexes = append(p.Indexes, int64(id.Index))
			}
		}
		rows, err := list(p)
		if err != nil {
			return nil, err
		}
		found := make(map[ledger.NodeID]ledger.Hash, len(rows))
		for _, r := range rows {
			found[ledger.NodeID{Level: uint(r.Level), Index: uint64(r.Idx)}] = ledger.Hash(r.Hash)
		}
		hashes := make([]ledger.Hash, len(ids))
		for i, id := range ids {
			h, ok := found[id]
			if !ok {
				return nil, fmt.Errorf("node %d/%d of the log %w", id.Level, id.Index, errMissing)
			}
			hashes[i] = h
		}
		return hashes, nil
	}
}
