package verify

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"koko/domain/calendar"
	"koko/internal/evidence/ledger"
)

// tableRoots is the ledger table of what the inner log was, day by day: its name in leaves.
const tableRoots = "inner_root"

// An InnerRoot is a row of the table inner_root: what the inner log was when a day began. Its hash, SHA-256 over
// concat_ws(E'\x1f', day, size, root, secret), is the commitment that is in the main log. Root and Secret are
// hexadecimal.
type InnerRoot struct {
	Day    string `json:"day"` // in Berlin
	Size   string `json:"size"`
	Root   string `json:"root"`
	Secret string `json:"secret"` // nobody who lacks it can try sizes and roots
}

// Recompute returns the hash that the fields make, as inner_root_hash does.
func (r InnerRoot) Recompute() string { return rowHash("", []string{r.Day, r.Size, r.Root, r.Secret}) }

// Inner is the second step of the proofs in a file that is confided: its entries are in the inner log, and what that log
// was is committed to in the main one.
type Inner struct {
	InnerRoot
	Leaf   uint64                  `json:"leaf"`   // of the commitment in the main log; its proof is in proofs.json
	Proofs []ledger.InclusionProof `json:"proofs"` // of the entries, in the inner log
}

// A tree is what entries are proven in.
type tree struct {
	size uint64
	root ledger.Hash
	proofs
}

// inner opens the commitment, and has the entries be proven in the inner log.
func (c *checker) inner() {
	c.tree = tree{c.rep.Checkpoint.Size, c.rep.Checkpoint.Root, c.proofs}
	if c.parts[partInner] == nil {
		return
	}
	var in Inner
	c.decode(partInner, &in)
	c.confided = true
	c.day, c.tree = 0, tree{proofs: c.proofsOf(partInner, in.Proofs)}
	day, err := calendar.ParseDay(in.Day)
	root, bad := hex.DecodeString(in.Root)
	size, wrong := strconv.ParseUint(in.Size, 10, 53)
	readable := err == nil && bad == nil && wrong == nil && len(root) == ledger.HashSize && isHash(in.Root) && isHash(in.Secret)
	if !readable || strconv.FormatUint(size, 10) != in.Size {
		c.add(partInner, "", RuleSyntax, "")
		return
	}
	c.day, c.tree.size, c.tree.root = day, size, ledger.Hash(root)
	// A checkpoint holds the commitment of its own day: an older one would hide what came between.
	if signed := calendar.DayOf(c.rep.Checkpoint.Time); day < signed {
		c.add(partInner, in.Day, RuleSequence, signed.String())
	}
	main := tree{c.rep.Checkpoint.Size, c.rep.Checkpoint.Root, c.proofs}
	c.included(main, row{part: partInner, where: in.Day, table: tableRoots, hash: in.Recompute(), leaf: in.Leaf})
}

// slack is how many days before the commitment an entry may say that it was made, and still wait for the next one: it is
// recorded a moment later than that.
const slack = 2

// waits checks an entry that is not in the inner log yet: only the signature over the file attests it. It must be new.
func (c *checker) waits(r row, at string) {
	c.rep.Counts.Pending++
	made := number(at)
	if oldest := (c.day - slack).Begins().UnixMicro(); !c.confided || made == 0 || made > 1<<62 || int64(made) < oldest {
		c.add(r.part, r.where, RuleNoProof, fmt.Sprintf("%s, %s", at, c.day))
	}
}
