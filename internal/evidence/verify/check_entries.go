package verify

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"koko/domain/file"
	"koko/domain/strict"
	"koko/internal/evidence/ledger"
)

// proofs are the inclusion proofs by leaf, and which leaves were asked for.
type proofs struct {
	byLeaf map[uint64]ledger.InclusionProof
	used   map[uint64]bool
}

func (c *checker) loadProofs() {
	var list proofList
	c.decode(partProofs, &list)
	c.proofs = c.proofsOf(partProofs, list.Proofs)
}

func (c *checker) proofsOf(part string, list []ledger.InclusionProof) proofs {
	all := proofs{map[uint64]ledger.InclusionProof{}, map[uint64]bool{}}
	for i, p := range list {
		if _, twice := all.byLeaf[p.Index]; twice {
			c.add(part, fmt.Sprintf("proof %d", i+1), RuleDuplicate, fmt.Sprint(p.Index))
		}
		all.byLeaf[p.Index] = p
	}
	return all
}

// unusedProofs are of entries that are not there.
func (c *checker) unusedProofs() {
	c.unused(partProofs, c.proofs)
	if c.confided {
		c.unused(partInner, c.tree.proofs)
	}
}

func (c *checker) unused(part string, all proofs) {
	var unused []uint64
	for leaf := range all.byLeaf {
		if !all.used[leaf] {
			unused = append(unused, leaf)
		}
	}
	slices.Sort(unused)
	for _, leaf := range unused {
		c.add(part, fmt.Sprintf("leaf %d", leaf), RuleNoProof, "")
	}
}

// A row is what all entries have: their place, and what the log knows of them.
type row struct {
	part, where, table string
	prior, hash        string
	leaf               uint64
	fields             []string // none if they are withheld
	recomputed         string
	pending            bool   // it waits for its place in the log
	at                 string // when it was made, in microseconds
}

// row checks one entry for itself, and reports whether it is as it was in the log.
func (c *checker) row(r row) bool {
	before := len(c.rep.Findings) + c.rep.Omitted
	if !isHash(r.hash) || (r.prior != "" && !isHash(r.prior)) {
		c.add(r.part, r.where, RuleSyntax, "")
	}
	if slices.ContainsFunc(r.fields, func(f string) bool { return strings.Contains(f, separator) }) {
		c.add(r.part, r.where, RuleSeparator, "")
	}
	if r.fields != nil && r.recomputed != r.hash {
		c.add(r.part, r.where, RuleEntry, r.recomputed+" ≠ "+r.hash)
	}
	if r.pending {
		c.waits(r, r.at)
	} else {
		c.included(c.tree, r)
	}
	return len(c.rep.Findings)+c.rep.Omitted == before
}

func (c *checker) included(in tree, r row) {
	if in.used[r.leaf] {
		c.add(r.part, r.where, RuleDuplicate, fmt.Sprintf("leaf %d", r.leaf))
	}
	in.used[r.leaf] = true
	p, found := in.byLeaf[r.leaf]
	if !found {
		c.add(r.part, r.where, RuleNoProof, fmt.Sprintf("leaf %d", r.leaf))
		return
	}
	hash, err := hex.DecodeString(r.hash)
	if err == nil && p.Size != in.size {
		err = fmt.Errorf("a proof in a log of %d, the checkpoint says %d", p.Size, in.size)
	}
	if err == nil {
		err = ledger.VerifyInclusion(p, ledger.Leaf(r.table, hash), in.root)
	}
	if err != nil {
		c.add(r.part, r.where, RuleInclusion, err.Error())
	}
}

// references are the documents that the decisions refer to, by id.
type references struct {
	byID    map[string][]reference
	expired []expiry // what decisions had destroyed
	partial bool     // some decisions cannot be read
	last    uint64   // version of the last decision
}

type reference struct {
	file.Doc
	where string
	at    uint64 // microseconds
}

// An expiry is what a decision had destroyed because its time was over.
type expiry struct {
	compartment string
	at          string // microseconds, as the decision has them
}

// entries checks the decisions and accesses, and returns which documents the decisions refer to.
func (c *checker) entries() references {
	var e Entries
	c.decode(partEntries, &e)
	docs := references{byID: map[string][]reference{}}
	if len(e.Audit) == 0 {
		c.add(partEntries, "", RuleSequence, "0")
		docs.partial = true
	}
	var prior AuditEntry
	for _, a := range e.Audit {
		c.audit(prior, a)
		c.collect(&docs, a)
		prior = a
	}
	docs.last = number(prior.Version)
	last := map[string]AccessEntry{}
	for _, a := range e.Access {
		c.access(last[a.AGS], a)
		last[a.AGS] = a // all of a confided file are in one chain, which is the file's own
	}
	return docs
}

func whereAudit(version string) string { return fmt.Sprintf("audit version %.20s", version) }

// audit checks an entry that follows prior, which is zero for the first.
func (c *checker) audit(prior, a AuditEntry) {
	where := whereAudit(a.Version)
	if a.FileID != c.rep.Manifest.ID || a.Kind != c.rep.Manifest.Kind {
		c.add(partEntries, where, RuleSubject, a.Kind+" "+a.FileID)
	}
	if v := number(a.Version); v == 0 || v != number(prior.Version)+1 {
		c.add(partEntries, where, RuleSequence, fmt.Sprintf("%.20s, %.20s", prior.Version, a.Version))
	}
	if a.PriorHash != prior.Hash {
		c.add(partEntries, where, RuleChain, a.PriorHash+" ≠ "+prior.Hash)
	}
	if prior.Pending && !a.Pending {
		c.add(partEntries, where, RuleNoProof, "") // the one before was there first
	}
	r := row{part: partEntries, where: where, table: tableAudit, prior: a.PriorHash, hash: a.Hash, leaf: a.Leaf, pending: a.Pending, at: a.At}
	if !a.Withheld {
		r.fields, r.recomputed = a.fields(), a.Recompute()
	}
	switch right := c.row(r); {
	case right && a.Withheld:
		c.rep.Counts.Withheld++
	case right:
		c.rep.Counts.Audit++
	}
}

// access checks an entry that follows prior in the chain of its municipality. Between them may be
// entries of other files, which are not here.
func (c *checker) access(prior, a AccessEntry) {
	where := fmt.Sprintf("access_log %.20s/%.20s", a.AGS, a.Seq)
	if a.FileID != c.rep.Manifest.ID {
		c.add(partEntries, where, RuleSubject, a.FileID)
	}
	seq, before := number(a.Seq), number(prior.Seq)
	if seq == 0 || seq <= before {
		c.add(partEntries, where, RuleSequence, fmt.Sprintf("%.20s, %.20s", prior.Seq, a.Seq))
	}
	if (a.PriorHash == "") != (seq == 1) || (seq == before+1 && a.PriorHash != prior.Hash && seq > 1) {
		c.add(partEntries, where, RuleChain, a.PriorHash+" ≠ "+prior.Hash)
	}
	if c.row(row{partEntries, where, tableAccess, a.PriorHash, a.Hash, a.Leaf, a.fields(), a.Recompute(), a.Pending, a.At}) {
		c.rep.Counts.Access++
	}
}

// collect notes the documents that a decision refers to.
func (c *checker) collect(docs *references, a AuditEntry) {
	if a.Withheld {
		docs.partial = true
		return
	}
	var list []file.Doc
	if err := strict.Unmarshal([]byte(a.Docs), &list); err != nil {
		c.add(partEntries, whereAudit(a.Version), RuleSyntax, "docs")
		docs.partial = true
	}
	for _, d := range list {
		docs.byID[d.ID] = append(docs.byID[d.ID], reference{d, whereAudit(a.Version), number(a.At)})
	}
	if a.Action != string(file.ActionDeadlinePassed) || a.Actor != file.System {
		return
	}
	var state file.Kept
	if err := strict.Unmarshal([]byte(a.State), &state); err != nil {
		c.add(partEntries, whereAudit(a.Version), RuleSyntax, "state")
	}
	for _, d := range state.Destroyed {
		if at := strconv.FormatInt(d.At.UnixMicro(), 10); at == a.At {
			docs.expired = append(docs.expired, expiry{string(d.Compartment), at})
		}
	}
}
