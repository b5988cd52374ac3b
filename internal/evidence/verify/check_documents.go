package verify

import (
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"koko/domain/file"
)

var reasonKind = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// documents checks what the file says about each document that the decisions refer to.
func (c *checker) documents(refs references) {
	var list documentList
	c.decode(partDocuments, &list)
	listed := map[string]Document{}
	for _, d := range list.Documents {
		where := whereDocument(d.ID)
		if _, twice := listed[d.ID]; twice {
			c.add(partDocuments, where, RuleDuplicate, "")
			continue
		}
		listed[d.ID] = d
		if len(refs.byID[d.ID]) == 0 && !refs.partial {
			c.add(partDocuments, where, RuleUnreferred, "")
		}
		for _, r := range refs.byID[d.ID] {
			if r.Digest != d.Digest || string(r.Action) != d.Action || string(r.Compartment) != d.Compartment {
				c.add(partDocuments, where, RuleReference, r.where)
			}
		}
		c.document(where, d, refs)
	}
	for _, id := range slices.Sorted(maps.Keys(refs.byID)) {
		if _, found := listed[id]; !found {
			c.add(partDocuments, whereDocument(id), RuleUnlisted, refs.byID[id][0].where)
		}
	}
	c.strayTexts(listed)
}

func whereDocument(id string) string { return fmt.Sprintf("document %.40s", id) }

// strayTexts finds texts of documents that are not said to be readable.
func (c *checker) strayTexts(listed map[string]Document) {
	for _, p := range c.rep.Manifest.Parts {
		if id, is := strings.CutPrefix(p.Name, documentFolder); is && listed[id].Status != Readable {
			c.add(p.Name, whereDocument(id), RuleUnexpected, listed[id].Status)
		}
	}
}

// document checks one document by what the reader gets of it.
func (c *checker) document(where string, d Document, refs references) {
	isThere := d.Nonce != ""
	switch {
	case !isHash(d.Digest), isThere != (d.Status == Readable), (d.Receipt != nil) != (d.Status == Erased):
		c.add(partDocuments, where, RuleStatus, d.Status)
	case d.Status == Readable:
		c.text(where, d)
	case d.Status == Erased:
		c.receipt(where, d, refs)
	case d.Status == Damaged:
		c.rep.Damaged = append(c.rep.Damaged, d.ID)
	case d.Status == NotDisclosed:
		c.rep.Counts.NotDisclosed++
	default:
		c.add(partDocuments, where, RuleStatus, d.Status)
	}
}

// text checks that the text is the one whose digest the decision carries.
func (c *checker) text(where string, d Document) {
	name := documentFolder + d.ID
	nonce, err := hex.DecodeString(d.Nonce)
	if err != nil || !isHash(d.Nonce) {
		c.add(partDocuments, where, RuleStatus, "nonce")
		return
	}
	body := c.parts[name]
	if body == nil {
		c.add(name, where, RuleMissing, "")
		return
	}
	if sum := c.sum(nonce, body); sum != d.Digest {
		c.add(name, where, RuleDigest, sum+" ≠ "+d.Digest)
		return
	}
	c.rep.Counts.Readable++
}

// receipt checks that two people had the document erased, after the decision and before the export, or that a
// decision had it destroyed because its time was over.
func (c *checker) receipt(where string, d Document, refs references) {
	r := *d.Receipt
	requested, approved := number(r.RequestedAt), number(r.ApprovedAt)
	exported := uint64(max(0, c.rep.Manifest.ExportedAt.UnixMicro()))
	const second = 1_000_000 // the export is dated to the second
	early := slices.ContainsFunc(refs.byID[d.ID], func(ref reference) bool { return requested < ref.at })
	switch {
	case r.Digest != d.Digest:
		c.add(partDocuments, where, RuleReceipt, "digest")
	case r.Reason == string(file.Expired) && !refs.expiredBy(r, d.Compartment):
		c.add(partDocuments, where, RuleReceipt, "decision")
	case r.Reason != string(file.Expired) && (r.RequestedBy == "" || r.ApprovedBy == "" || r.RequestedBy == r.ApprovedBy):
		c.add(partDocuments, where, RuleReceipt, "requested_by, approved_by")
	case !reasonKind.MatchString(r.Reason):
		c.add(partDocuments, where, RuleReceipt, "reason")
	case requested == 0 || approved < requested || approved >= exported+second || early:
		c.add(partDocuments, where, RuleReceipt, "requested_at, approved_at")
	}
	fields, sum := r.fields(d.ID, c.rep.Manifest.ID), r.Recompute(d.ID, c.rep.Manifest.ID)
	if c.row(row{partDocuments, where, tableErasure, "", r.Hash, r.Leaf, fields, sum, r.Pending, r.ApprovedAt}) {
		c.rep.Counts.Erased++
	}
}

// expiredBy reports whether a receipt of what nobody asked for is that of a decision in the file. A decision
// that is withheld cannot be asked: then it is enough that the receipt stands in the log.
func (refs references) expiredBy(r Receipt, compartment string) bool {
	if r.RequestedBy != file.System || r.ApprovedBy != file.System || r.RequestedAt != r.ApprovedAt {
		return false
	}
	return refs.partial || slices.Contains(refs.expired, expiry{compartment, r.ApprovedAt})
}
