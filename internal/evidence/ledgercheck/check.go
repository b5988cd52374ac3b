// Package ledgercheck compares the Merkle log with the rows that it covers. It believes nothing of the
// record but the words of the rows: it computes every hash again, from the rows up to the roots that were
// signed, and names each difference. Whoever changes rows in the database can make every chain and the
// whole log anew, but not the signatures: the keys are given from outside, and checkpoints that somebody
// has kept outside are better still, since they hold against a stolen key, too.
package ledgercheck

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"koko/db"
	"koko/internal/evidence/ledger"
)

// Options are what the check knows without the record.
type Options struct {
	Keys      []ledger.PublicKey // that sign checkpoints of this instance
	Witnesses []ledger.PublicKey // whose cosignatures are verified
	Kept      [][]byte           // checkpoints that were kept outside
}

// Check checks the record that q reads: one unchanging view of it (db.WithinLedger). The report says all
// that is wrong; the error is only about reading.
func Check(ctx context.Context, q *db.Queries, o Options) (*Report, error) {
	c := &check{Options: o, q: q, report: &Report{Entries: map[string]int{}, Findings: []Finding{}}}
	for _, step := range []func(context.Context) error{c.checkpoints, c.tree, c.beyond, c.rows} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("check the log: %w", err)
		}
	}
	c.report.sort()
	return c.report, nil
}

type check struct {
	Options
	q      *db.Queries
	report *Report
	stops  []stop // in the order of their sizes
}

// A stop is a size at which the log must have a root.
type stop struct {
	size  uint64
	root  ledger.Hash
	where string
}

// checkpoints verifies what was signed as far as it can be without the log.
func (c *check) checkpoints(ctx context.Context) error {
	stored, err := c.q.ListCheckpoints(ctx)
	if err != nil {
		return err
	}
	var longest uint64
	for _, s := range stored {
		where := fmt.Sprintf("checkpoint %d", s.ID)
		signed, ok := c.open(s.Signed, where)
		if !ok {
			continue
		}
		if s.Origin != signed.Origin || uint64(s.Size) != signed.Size ||
			!bytes.Equal(s.Root, signed.Root[:]) || !time.Unix(s.At, 0).Equal(signed.Time) {
			c.report.add(Disagrees, where, fmt.Sprintf("size %d, signed %d", s.Size, signed.Size))
		}
		if signed.Size < longest {
			c.report.add(Shrunk, where, fmt.Sprintf("size %d after %d", signed.Size, longest))
		}
		longest = max(longest, signed.Size)
		c.cosignatures(s, where)
	}
	for i, note := range c.Kept {
		c.open(note, fmt.Sprintf("kept checkpoint %d", i+1))
	}
	slices.SortStableFunc(c.stops, func(a, b stop) int { return cmp.Compare(a.size, b.size) })
	return nil
}

// open verifies a signature and notes the root that the log must then have.
func (c *check) open(note []byte, where string) (ledger.Checkpoint, bool) {
	signed, _, err := ledger.Open(note, c.Keys)
	if err != nil {
		c.report.add(Forged, where, err.Error())
		return signed, false
	}
	c.stops = append(c.stops, stop{signed.Size, signed.Root, where})
	return signed, true
}

func (c *check) cosignatures(s db.StoredCheckpoint, where string) {
	note, err := ledger.Attach(s.Signed, s.Lines...)
	if err != nil {
		c.report.add(Cosigned, where, err.Error())
		return
	}
	all, wrong := ledger.Cosignatures(note, c.Witnesses)
	c.report.Cosignatures += len(all)
	for _, err := range wrong {
		c.report.add(Cosigned, where, err.Error())
	}
}

// page is how many leaves are read at once.
const page = 8192

// tree builds the log again from its leaves, and compares the nodes and the signed roots on the way.
func (c *check) tree(ctx context.Context) error {
	t := &tree{check: c}
	if err := t.reach(nil); err != nil {
		return err
	}
	for {
		leaves, err := c.q.ListLeavesFrom(ctx, int64(t.size), page)
		if err != nil {
			return err
		}
		whole := 0
		for whole < len(leaves) && leaves[whole].Index == int64(t.size)+int64(whole) && len(leaves[whole].Leaf) == ledger.HashSize {
			whole++
		}
		if err := t.grow(ctx, leaves[:whole]); err != nil {
			return err
		}
		if whole < len(leaves) {
			c.report.add(Gap, fmt.Sprintf("leaf %d", t.size), fmt.Sprintf("the next one is %d", leaves[whole].Index))
		}
		if whole < page {
			return t.end(whole < len(leaves))
		}
	}
}

// A tree grows with the leaves that are read.
type tree struct {
	*check
	size    uint64
	compact []ledger.Hash
	passed  int // stops
}

// grow appends a page, and compares the nodes that it fills.
func (t *tree) grow(ctx context.Context, leaves []db.StoredLeaf) error {
	before := t.size
	stored, err := t.q.ListNodesBetween(ctx, int64(before), int64(before)+int64(len(leaves)))
	if err != nil {
		return err
	}
	there := make(map[ledger.NodeID][]byte, len(stored))
	for _, n := range stored {
		there[ledger.NodeID{Level: uint(n.Level), Index: uint64(n.Index)}] = n.Hash
	}
	for len(leaves) > 0 {
		n := len(leaves)
		if t.passed < len(t.stops) {
			n = min(n, int(t.stops[t.passed].size-t.size))
		}
		hashes := make([]ledger.Hash, n)
		for i, l := range leaves[:n] {
			hashes[i] = ledger.Hash(l.Leaf)
		}
		nodes, compact, root, err := ledger.Append(t.size, t.compact, hashes)
		if err != nil {
			return err
		}
		t.compare(nodes, there)
		t.size, t.compact, leaves = t.size+uint64(n), compact, leaves[n:]
		if err := t.reach(&root); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) compare(nodes []ledger.Node, there map[ledger.NodeID][]byte) {
	for _, n := range nodes {
		if n.Level == 0 {
			continue
		}
		where := fmt.Sprintf("node %d/%d", n.Level, n.Index)
		switch hash, found := there[n.NodeID]; {
		case !found:
			t.report.add(NodeMissing, where, "")
		case !bytes.Equal(hash, n.Hash[:]):
			t.report.add(NodeChanged, where, "")
		}
	}
}

// reach compares the roots that were signed of the log at this size.
func (t *tree) reach(root *ledger.Hash) error {
	for ; t.passed < len(t.stops) && t.stops[t.passed].size == t.size; t.passed++ {
		if root == nil {
			empty, err := ledger.Root(0, nil)
			if err != nil {
				return err
			}
			root = &empty
		}
		s := t.stops[t.passed]
		if s.root != *root {
			t.report.add(Contradicts, s.where, fmt.Sprintf("root of %d: signed %s, is %s", s.size, s.root, *root))
			continue
		}
		t.report.Checkpoints++
		t.report.Proven = max(t.report.Proven, s.size)
	}
	return nil
}

// end names the checkpoints that lie beyond what could be computed.
func (t *tree) end(gap bool) error {
	t.report.Size = t.size
	for _, s := range t.stops[t.passed:] {
		rule := Shorter
		if gap {
			rule = Contradicts
		}
		t.report.add(rule, s.where, fmt.Sprintf("%d were signed, %d are there", s.size, t.size))
	}
	return nil
}

// beyond names nodes of a longer log.
func (c *check) beyond(ctx context.Context) error {
	nodes, err := c.q.ListNodesBeyond(ctx, int64(c.report.Size))
	for _, n := range nodes {
		c.report.add(NodeBeyond, fmt.Sprintf("node %d/%d", n.Level, n.Index), "")
	}
	return err
}
