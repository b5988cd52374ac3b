package verify_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/file"
	"koko/internal/evidence/verify"
)

// first returns the first document of the status.
func first(t *testing.T, w *world, status string) *verify.Document {
	t.Helper()
	i := slices.IndexFunc(w.sealed.Documents, func(d verify.Document) bool { return d.Status == status })
	require.GreaterOrEqual(t, i, 0)
	return &w.sealed.Documents[i]
}

func TestDocumentsThatAreNotThoseOfTheDecisionAreFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(w *world, d *verify.Document)
		rule   verify.Rule
		part   string
	}{
		"swapped text": {func(w *world, d *verify.Document) {
			d.Text = w.sealed.Documents[1].Text
		}, verify.RuleDigest, "documents/"},
		"another nonce":       {func(_ *world, d *verify.Document) { d.Nonce = sum("") }, verify.RuleDigest, "documents/"},
		"no nonce":            {func(_ *world, d *verify.Document) { d.Nonce = "" }, verify.RuleStatus, "documents.json"},
		"a nonce of letters":  {func(_ *world, d *verify.Document) { d.Nonce = "xyz" }, verify.RuleStatus, "documents.json"},
		"another digest":      {func(_ *world, d *verify.Document) { d.Digest = sum("") }, verify.RuleReference, "documents.json"},
		"another kind":        {func(_ *world, d *verify.Document) { d.Action = "note" }, verify.RuleReference, "documents.json"},
		"another compartment": {func(_ *world, d *verify.Document) { d.Compartment = "mediation" }, verify.RuleReference, "documents.json"},
		"an unknown status":   {func(_ *world, d *verify.Document) { d.Status, d.Nonce = "lost", "" }, verify.RuleStatus, "documents.json"},
		"hidden though there": {func(_ *world, d *verify.Document) { d.Status = verify.NotDisclosed }, verify.RuleStatus, "documents.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, whole)
			d := first(t, w, verify.Readable)
			c.change(w, d)
			part := c.part
			if part == "documents/" {
				part += d.ID
			}
			requireFinding(t, check(t, w.seal(t), w.trust()), c.rule, part, "document "+d.ID)
		})
	}
}

func TestEveryDocumentOfADecisionIsListedOnceAndNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	hidden := *first(t, w, verify.NotDisclosed)
	whole := slices.Clone(w.sealed.Documents)

	w.sealed.Documents = slices.DeleteFunc(slices.Clone(whole), func(d verify.Document) bool { return d.ID == hidden.ID })
	requireFinding(t, check(t, w.seal(t), w.trust()), verify.RuleUnlisted, "documents.json", "document "+hidden.ID)
	w.sealed.Documents = append(slices.Clone(whole), hidden)
	requireFinding(t, check(t, w.seal(t), w.trust()), verify.RuleDuplicate, "documents.json", "document "+hidden.ID)
	hidden.ID = w.sealed.ID
	w.sealed.Documents = append(slices.Clone(whole), hidden)
	requireFinding(t, check(t, w.seal(t), w.trust()), verify.RuleUnreferred, "documents.json", "document "+hidden.ID)
}

func TestAnErasureNeedsAReceiptOfTwoPeopleInTheLog(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(d *verify.Document)
		rule   verify.Rule
	}{
		"none":                {func(d *verify.Document) { d.Receipt = nil }, verify.RuleStatus},
		"one person":          {func(d *verify.Document) { d.Receipt.ApprovedBy = d.Receipt.RequestedBy }, verify.RuleReceipt},
		"nobody":              {func(d *verify.Document) { d.Receipt.RequestedBy = "" }, verify.RuleReceipt},
		"prose for a reason":  {func(d *verify.Document) { d.Receipt.Reason = "Weil es so ist" }, verify.RuleReceipt},
		"another document":    {func(d *verify.Document) { d.Receipt.Digest = sum("") }, verify.RuleReceipt},
		"approved before":     {func(d *verify.Document) { d.Receipt.ApprovedAt = "1" }, verify.RuleReceipt},
		"before the decision": {func(d *verify.Document) { d.Receipt.RequestedAt = "1" }, verify.RuleReceipt},
		"after the export":    {func(d *verify.Document) { d.Receipt.ApprovedAt = "9000000000000000" }, verify.RuleReceipt},
		"a changed receipt":   {func(d *verify.Document) { d.Receipt.RequestedBy = "p-0000" }, verify.RuleEntry},
		"not in the log":      {func(d *verify.Document) { d.Receipt.Leaf = 0 }, verify.RuleNoProof},
		"somebody else's":     {func(d *verify.Document) { d.Receipt.Leaf = 1 }, verify.RuleInclusion},
		"with the nonce kept": {func(d *verify.Document) { d.Nonce = sum("") }, verify.RuleStatus},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, whole)
			d := first(t, w, verify.Erased)
			c.change(d)
			requireFinding(t, check(t, w.seal(t), w.trust()), c.rule, "documents.json", "document "+d.ID)
		})
	}
}

// What nobody asked for to be erased, a decision in the file had destroyed.
func TestWhatExpiredNeedsTheDecisionThatSaysSo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(w *world, d *verify.Document, decision *verify.AuditEntry)
		rule   verify.Rule // empty: nothing is wrong
	}{
		"with its decision":     {func(*world, *verify.Document, *verify.AuditEntry) {}, ""},
		"a decision of another": {func(_ *world, _ *verify.Document, a *verify.AuditEntry) { a.Actor = "p-1" }, verify.RuleReceipt},
		"another action":        {func(_ *world, _ *verify.Document, a *verify.AuditEntry) { a.Action = "add_note" }, verify.RuleReceipt},
		"another compartment": {func(_ *world, d *verify.Document, a *verify.AuditEntry) {
			a.State = strings.Replace(a.State, d.Compartment, "x", 1)
		}, verify.RuleReceipt},
		"another time":          {func(_ *world, _ *verify.Document, a *verify.AuditEntry) { a.At += "0" }, verify.RuleReceipt},
		"asked for by somebody": {func(_ *world, d *verify.Document, _ *verify.AuditEntry) { d.Receipt.RequestedBy = "p-1" }, verify.RuleReceipt},
		"withheld":              {func(w *world, _ *verify.Document, a *verify.AuditEntry) { a.Withheld = true }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, whole)
			d, decision := first(t, w, verify.Erased), &w.sealed.Entries.Audit[17]
			decision.Action, decision.Actor = "deadline_passed", "system"
			at, err := strconv.ParseInt(decision.At, 10, 64)
			require.NoError(t, err)
			decision.State = text(t, file.Kept{Destroyed: []file.Destroyed{{Compartment: file.Compartment(d.Compartment), At: time.UnixMicro(at).UTC()}}})
			d.Receipt.Reason, d.Receipt.RequestedBy, d.Receipt.ApprovedBy = "retention", "system", "system"
			d.Receipt.RequestedAt, d.Receipt.ApprovedAt = decision.At, decision.At
			c.change(w, d, decision)
			if c.rule == "" {
				w.chain()
				if decision.Withheld {
					hash, prior := decision.Hash, decision.PriorHash
					*decision = verify.AuditEntry{FileID: decision.FileID, Kind: decision.Kind, Version: decision.Version, Withheld: true, Hash: hash, PriorHash: prior}
				}
				w.log(t)
				w.check(t)
				r := check(t, w.seal(t), w.trust())
				for _, f := range r.Findings {
					require.NotEqual(t, "document "+d.ID, f.Where, "%s: %s", f.Rule, f.Detail)
				}
				return
			}
			requireFinding(t, check(t, w.seal(t), w.trust()), c.rule, "documents.json", "document "+d.ID)
		})
	}
}
