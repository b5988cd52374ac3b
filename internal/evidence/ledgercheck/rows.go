package ledgercheck

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"koko/db"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/logbook"
	"koko/internal/evidence/verify"
)

// A table is a ledger table: how the hash of a row is made of its columns.
type table struct {
	name   string
	hash   func(columns []string) string
	number int // the column with the place in the chain, which the key names; 0: there are no chains
}

var tables = []table{
	{logbook.Audit, func(c []string) string {
		return verify.AuditEntry{
			PriorHash: c[0], FileID: c[1], Kind: c[2], Version: c[3], AGS: c[4], Phase: c[5], Places: c[6], Ties: c[7],
			CommandID: c[8], Action: c[9], Actor: c[10], At: c[11], Digest: c[12], Veil: c[13], Confided: c[14], Docs: c[15],
			State: c[16], Salt: c[17],
		}.Recompute()
	}, 3},
	{logbook.AccessLog, func(c []string) string {
		return verify.AccessEntry{
			PriorHash: c[0], AGS: c[1], Seq: c[2], ID: c[3], Kind: c[4], Actor: c[5], At: c[6], Action: c[7],
			Rule: c[8], Reason: c[9], FileID: c[10], Version: c[11], SubjectID: c[12], Digest: c[13], Veil: c[14], Salt: c[15],
		}.Recompute()
	}, 2},
	{logbook.Erasure, func(c []string) string {
		return verify.Receipt{
			Digest: c[3], Reason: c[4], RequestedBy: c[5], RequestedAt: c[6], ApprovedBy: c[7], ApprovedAt: c[8],
		}.Recompute(c[1], c[2])
	}, 0},
	{logbook.Histories, joined, 0},
	{logbook.States, joined, 0},
	{logbook.Roots, func(c []string) string {
		return verify.InnerRoot{Day: c[1], Size: c[2], Root: c[3], Secret: c[4]}.Recompute()
	}, 0},
}

// joined is the hash of columns by themselves.
func joined(c []string) string {
	sum := sha256.Sum256([]byte(strings.Join(c[1:len(c)-1], "\x1f")))
	return hex.EncodeToString(sum[:])
}

// rows computes the rows of all ledger tables again and compares them with the log, and the log against
// them.
func (c *check) rows(ctx context.Context) error {
	var known []string
	for _, t := range tables {
		has, _, err := c.q.HasLedgerTable(ctx, t.name)
		if err != nil {
			return err
		}
		if !has {
			continue
		}
		known = append(known, t.name)
		if err := c.rowsOf(ctx, t); err != nil {
			return err
		}
		missing, err := c.q.ListRowless(ctx, t.name)
		if err != nil {
			return err
		}
		for _, m := range missing {
			c.report.add(Missing, t.name+" "+m.Key, leafAt(m.Index))
		}
	}
	foreign, err := c.q.ListForeignLeaves(ctx, known)
	for _, l := range foreign {
		c.report.add(UnknownTable, l.Table+" "+l.Key, leafAt(l.Index))
	}
	return err
}

func leafAt(index int64) string {
	if index < 0 {
		return "waiting"
	}
	return fmt.Sprintf("leaf %d", index)
}

// atOnce is how many rows go to a hasher at once.
const atOnce = 256

// rowsOf reads the rows of a table in the order of its chains, and has them hashed meanwhile.
func (c *check) rowsOf(ctx context.Context, t table) error {
	links, err := c.linksOf(ctx, t)
	if err != nil {
		return err
	}
	h := c.newHashers(t)
	var batch []db.LedgerRow
	var broken []Finding
	err = c.q.EachLedgerRow(ctx, t.name, func(r db.LedgerRow) error {
		if detail := links.follow(r); detail != "" {
			broken = append(broken, Finding{Where: t.name + " " + r.Key, Detail: detail})
		}
		if batch = append(batch, r); len(batch) == atOnce {
			h.rows <- batch
			batch = nil
		}
		return nil
	})
	h.rows <- batch
	h.wait(t, c.report)
	for _, b := range broken {
		c.report.add(Chain, b.Where, b.Detail)
	}
	return err
}

// links follows the chains of a table.
type links struct {
	table
	begin map[string]link // of chains that were cut
	chain string
	last  link
}

// A link is a place in a chain and the hash there.
type link struct {
	number int64
	hash   string
}

// linksOf verifies the cuts of the access log: the chain tells of each, and the log knows the hash that
// the chain goes on from.
func (c *check) linksOf(ctx context.Context, t table) (*links, error) {
	l := &links{table: t, begin: map[string]link{}}
	if t.name != logbook.AccessLog {
		return l, nil
	}
	cuts, err := c.q.ListCuts(ctx)
	for _, cut := range cuts {
		l.begin[cut.Chain] = link{cut.Seq, cut.Hash}
		hash, bad := hex.DecodeString(cut.Hash)
		leaf := ledger.Leaf(t.name, hash)
		if !cut.Told || bad != nil || cut.Leaf != nil && !bytes.Equal(cut.Leaf, leaf[:]) {
			c.report.add(Cut, fmt.Sprintf("%s %s/%d", t.name, cut.Chain, cut.Seq), "")
		}
	}
	c.report.Cut = len(cuts)
	return l, err
}

// follow says why a row does not follow the one before in its chain.
func (l *links) follow(r db.LedgerRow) (detail string) {
	if l.table.number == 0 {
		return ""
	}
	prior, hash := r.Columns[0], r.Columns[len(r.Columns)-1]
	chain, _, _ := strings.Cut(r.Key, "/")
	number, _ := strconv.ParseInt(r.Columns[l.table.number], 10, 64)
	if chain != l.chain || l.last.number == 0 {
		l.chain, l.last = chain, l.begin[chain]
	}
	switch {
	case number != l.last.number+1:
		detail = fmt.Sprintf("%d after %d", number, l.last.number)
	case prior != l.last.hash:
		detail = "the hash before is another one"
	}
	l.last = link{number, hash}
	return detail
}

// hashers compute rows again, on all processors.
type hashers struct {
	rows chan []db.LedgerRow
	all  sync.WaitGroup

	mu      sync.Mutex
	found   []Finding
	entries int
	waiting map[string]int // by log
	bytes   int64
}

func (c *check) newHashers(t table) *hashers {
	h := &hashers{rows: make(chan []db.LedgerRow, runtime.GOMAXPROCS(0)), waiting: map[string]int{}}
	proven := map[string]uint64{c.main.name: c.main.proven, c.inner.name: c.inner.proven}
	for range runtime.GOMAXPROCS(0) {
		h.all.Go(func() {
			for batch := range h.rows {
				h.hash(t, batch, proven)
			}
		})
	}
	return h
}

func (h *hashers) hash(t table, batch []db.LedgerRow, proven map[string]uint64) {
	var found []Finding
	var size int64
	waiting := map[string]int{}
	for _, r := range batch {
		for _, column := range r.Columns {
			size += int64(len(column))
		}
		if r.Index < 0 && r.Waits != nil {
			waiting[r.Log]++
		}
		if rule, detail := judge(t, r, int64(proven[r.Log])); rule != "" {
			found = append(found, Finding{Where: t.name + " " + r.Key, Rule: rule, Detail: detail})
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.found, h.entries, h.bytes = append(h.found, found...), h.entries+len(batch), h.bytes+size
	for log, n := range waiting {
		h.waiting[log] += n
	}
}

func (h *hashers) wait(t table, r *Report) {
	close(h.rows)
	h.all.Wait()
	r.Entries[t.name], r.Bytes = h.entries, r.Bytes+h.bytes
	r.Waiting, r.Inner.Waiting = r.Waiting+h.waiting["main"], r.Inner.Waiting+h.waiting["inner"]
	slices.SortFunc(h.found, func(a, b Finding) int { return strings.Compare(a.Where, b.Where) })
	for _, f := range h.found {
		r.add(f.Rule, f.Where, f.Detail)
	}
}

// judge says what is wrong with a row by itself and in the log.
func judge(t table, r db.LedgerRow, proven int64) (Rule, string) {
	hash, err := r.RowHash()
	if err != nil || t.hash(r.Columns) != r.Columns[len(r.Columns)-1] {
		return Changed, "its words do not make its hash"
	}
	leaf := ledger.Leaf(t.name, hash)
	switch {
	case r.Index < 0 && r.Waits == nil:
		return Unlogged, ""
	case r.In != r.Log:
		return OtherLog, r.In
	case r.Index < 0 && !bytes.Equal(r.Waits, hash):
		return Changed, "it waits for its number with another hash"
	case r.Index >= 0 && !bytes.Equal(r.Leaf, leaf[:]) && r.Index < proven:
		return Changed, fmt.Sprintf("leaf %d, which was signed, is of other words", r.Index)
	case r.Index >= 0 && !bytes.Equal(r.Leaf, leaf[:]):
		return LeafDiffers, leafAt(r.Index)
	}
	return "", ""
}
