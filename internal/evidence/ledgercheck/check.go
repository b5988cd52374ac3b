// Package ledgercheck compares the Merkle logs with the rows that they cover. It believes nothing of the
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
	"koko/domain/calendar"
	"koko/internal/evidence/ledger"
)

// Options are what the check knows without the record.
type Options struct {
	Keys      []ledger.PublicKey // that sign checkpoints of this instance
	Witnesses []ledger.PublicKey // whose cosignatures are verified
	Kept      [][]byte           // checkpoints that were kept outside
	Now       time.Time          // zero: by the clock
}

// Check checks the record that q reads: one unchanging view of it (db.WithinLedger). The report says all
// that is wrong; the error is only about reading.
func Check(ctx context.Context, q *db.Queries, o Options) (*Report, error) {
	c := &check{Options: o, q: q, report: &Report{Entries: map[string]int{}, Findings: []Finding{}}}
	c.main, c.inner = &log{name: "main"}, &log{name: "inner", is: "inner "}
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	for _, step := range []func(context.Context) error{
		c.checkpoints, c.tree(c.main), c.roots, c.tree(c.inner), c.rows,
		c.standing, c.waiting, c.unsigned, c.cuts, c.kept, c.reference, c.schema,
	} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("check the log: %w", err)
		}
	}
	c.done()
	c.report.sort()
	return c.report, nil
}

type check struct {
	Options
	q      *db.Queries
	report *Report

	main, inner *log
	signed      []calendar.Day // on which checkpoints were signed
}

// A log is what is known of one of the logs.
type log struct {
	name   string
	is     string // before what is said of its leaves and nodes
	stops  []stop // in the order of their sizes
	times  []moment
	size   uint64
	proven uint64 // up to here something signed vouches for it
}

// A moment is when a log had a size, or more.
type moment struct {
	size uint64
	at   time.Time
}

// after is when a log had no leaf at an index yet; zero: nobody knows.
func (l *log) after(index int64) (at time.Time) {
	for _, m := range l.times {
		if m.size <= uint64(index) && m.at.After(at) {
			at = m.at
		}
	}
	return at
}

// by is when a log had the leaf at an index at the latest; zero: nobody knows.
func (l *log) by(index int64) (at time.Time) {
	for _, m := range l.times {
		if m.size > uint64(index) && (at.IsZero() || m.at.Before(at)) {
			at = m.at
		}
	}
	return at
}

// A stop is a size at which a log must have a root.
type stop struct {
	size    uint64
	root    ledger.Hash
	where   string
	vouched bool // by a signature
}

// done reports what was computed of the logs.
func (c *check) done() {
	c.report.Size, c.report.Proven = c.main.size, c.main.proven
	c.report.Inner.Size, c.report.Inner.Proven = c.inner.size, c.inner.proven
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
		c.signed = append(c.signed, calendar.DayOf(signed.Time))
		c.cosignatures(s, where)
	}
	for i, note := range c.Kept {
		c.open(note, fmt.Sprintf("kept checkpoint %d", i+1))
	}
	c.main.sort()
	return nil
}

func (l *log) sort() {
	slices.SortStableFunc(l.stops, func(a, b stop) int { return cmp.Compare(a.size, b.size) })
}

// roots compares the days on which the inner log was committed to with the calendar: each has one commitment, from the
// first checkpoint on. Whether a commitment is what was signed the rows tell.
func (c *check) roots(ctx context.Context) error {
	stored, err := c.q.ListInnerRoots(ctx)
	if err != nil {
		return err
	}
	var days []calendar.Day
	last := db.StoredRoot{Leaf: -1}
	for _, r := range stored {
		where := "inner_root " + r.Day
		day, err := calendar.ParseDay(r.Day)
		if err != nil || len(r.Root) != ledger.HashSize {
			c.report.add(Changed, where, "")
			continue
		}
		days = append(days, day)
		if r.Leaf >= 0 {
			if committed := c.main.by(r.Leaf); !committed.IsZero() {
				c.inner.times = append(c.inner.times, moment{uint64(r.Size), committed})
			}
		}
		if r.Size < last.Size {
			c.report.add(Shrunk, where, fmt.Sprintf("size %d after %d", r.Size, last.Size))
		}
		if r.Leaf >= 0 && r.Leaf <= last.Leaf {
			c.report.add(Days, where, fmt.Sprintf("leaf %d after %d", r.Leaf, last.Leaf))
		}
		last = db.StoredRoot{Size: max(r.Size, last.Size), Leaf: max(r.Leaf, last.Leaf)}
		c.inner.stops = append(c.inner.stops, stop{uint64(r.Size), ledger.Hash(r.Root), where, r.Leaf >= 0 && uint64(r.Leaf) < c.main.proven})
	}
	c.report.Inner.Days = len(days)
	if len(c.signed) > 0 {
		c.daily(days, slices.Min(c.signed), slices.Max(c.signed))
	}
	c.inner.sort()
	return nil
}

// daily names each day without its commitment, and each with two.
func (c *check) daily(days []calendar.Day, first, last calendar.Day) {
	if len(days) > 0 {
		first, last = min(first, days[0]), max(last, days[len(days)-1])
	}
	for day := first; day <= last; day++ {
		n := 0
		for ; len(days) > 0 && days[0] == day; days = days[1:] {
			n++
		}
		if n != 1 {
			c.report.add(Days, "inner_root "+day.String(), fmt.Sprint(n))
		}
	}
}

// open verifies a signature and notes the root that the log must then have.
func (c *check) open(note []byte, where string) (ledger.Checkpoint, bool) {
	signed, _, err := ledger.Open(note, c.Keys)
	if err != nil {
		c.report.add(Forged, where, err.Error())
		return signed, false
	}
	c.main.stops = append(c.main.stops, stop{signed.Size, signed.Root, where, true})
	c.main.times = append(c.main.times, moment{signed.Size, signed.Time})
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

// tree builds a log again from its leaves, and compares the nodes and the known roots on the way.
func (c *check) tree(of *log) func(context.Context) error {
	return func(ctx context.Context) error {
		t := &tree{check: c, log: of}
		if err := t.build(ctx); err != nil {
			return err
		}
		return t.beyond(ctx)
	}
}

func (t *tree) build(ctx context.Context) error {
	if err := t.reach(nil); err != nil {
		return err
	}
	for {
		leaves, err := t.q.ListLeavesFrom(ctx, t.name, int64(t.size), page)
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
			t.report.add(Gap, fmt.Sprintf("%sleaf %d", t.is, t.size), fmt.Sprintf("the next one is %d", leaves[whole].Index))
		}
		if whole < page {
			t.end(whole < len(leaves))
			return nil
		}
	}
}

// A tree grows with the leaves that are read.
type tree struct {
	*check
	*log
	compact []ledger.Hash
	passed  int // stops
}

// grow appends a page, and compares the nodes that it fills.
func (t *tree) grow(ctx context.Context, leaves []db.StoredLeaf) error {
	before := t.size
	stored, err := t.q.ListNodesBetween(ctx, t.name, int64(before), int64(before)+int64(len(leaves)))
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
		where := fmt.Sprintf("%snode %d/%d", t.is, n.Level, n.Index)
		switch hash, found := there[n.NodeID]; {
		case !found:
			t.report.add(NodeMissing, where, "")
		case !bytes.Equal(hash, n.Hash[:]):
			t.report.add(NodeChanged, where, "")
		}
	}
}

// reach compares the roots that are known of the log at this size.
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
		if t.log == t.main {
			t.report.Checkpoints++
		}
		if s.vouched {
			t.proven = max(t.proven, s.size)
		}
	}
	return nil
}

// end names the roots that lie beyond what could be computed.
func (t *tree) end(gap bool) {
	for _, s := range t.stops[t.passed:] {
		rule := Shorter
		if gap {
			rule = Contradicts
		}
		t.report.add(rule, s.where, fmt.Sprintf("%d were signed, %d are there", s.size, t.size))
	}
}

// beyond names nodes of a longer log.
func (t *tree) beyond(ctx context.Context) error {
	nodes, err := t.q.ListNodesBeyond(ctx, t.name, int64(t.size))
	for _, n := range nodes {
		t.report.add(NodeBeyond, fmt.Sprintf("%snode %d/%d", t.is, n.Level, n.Index), "")
	}
	return err
}
