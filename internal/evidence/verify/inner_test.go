package verify_test

import (
	"encoding/hex"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/calendar"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/verify"
)

// newConfided is a world whose file is confided: its entries are in the inner log, but for the last two accesses, which
// are of the day of the export.
func newConfided(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, whole)
	e := &w.sealed.Entries
	for i := range e.Access {
		e.Access[i].Pending = i >= len(e.Access)-2
		if e.Access[i].Pending {
			e.Access[i].At = strconv.FormatInt(w.at().UnixMicro(), 10)
		}
	}
	w.chain()
	w.commit(t)
	return w
}

// commit puts what does not wait into the inner log, between the entries of other files, and that log into the main one.
func (w *world) commit(t *testing.T) {
	t.Helper()
	var leaves []ledger.Hash
	var own []uint64
	put := func(table, hash string, leaf *uint64, waits bool) {
		if waits {
			return
		}
		raw, err := hex.DecodeString(hash)
		require.NoError(t, err)
		leaves = append(leaves, ledger.Leaf("audit", []byte(strconv.Itoa(len(leaves)))), ledger.Leaf(table, raw))
		*leaf = uint64(len(leaves) - 1)
		own = append(own, *leaf)
	}
	e := &w.sealed.Entries
	for i := range e.Audit {
		put("audit", e.Audit[i].Hash, &e.Audit[i].Leaf, e.Audit[i].Pending)
	}
	for i := range e.Access {
		put("access_log", e.Access[i].Hash, &e.Access[i].Leaf, e.Access[i].Pending)
	}
	for _, d := range w.sealed.Documents {
		if d.Receipt != nil {
			put("erasure", d.Receipt.Hash, &d.Receipt.Leaf, d.Receipt.Pending)
		}
	}
	in := &verify.Inner{Leaf: 2}
	var root ledger.Hash
	in.Proofs, root = prove(t, leaves, own...)
	in.InnerRoot = verify.InnerRoot{Day: calendar.DayOf(w.at()).String(), Size: strconv.Itoa(len(leaves)), Root: hex.EncodeToString(root[:]), Secret: sum("secret")}
	w.sealed.Inner = in
	w.publish(t)
}

// publish puts the commitment into a main log of five, and has that signed.
func (w *world) publish(t *testing.T) {
	t.Helper()
	in := w.sealed.Inner
	commitment, err := hex.DecodeString(in.Recompute())
	require.NoError(t, err)
	var leaves []ledger.Hash
	for i := range 5 {
		leaves = append(leaves, ledger.Leaf("audit", []byte{byte(i)}))
	}
	leaves[in.Leaf] = ledger.Leaf("inner_root", commitment)
	w.sealed.Proofs, w.root = prove(t, leaves, in.Leaf)
	w.size = uint64(len(leaves))
	w.check(t)
}

// prove proves some leaves of a log.
func prove(t *testing.T, leaves []ledger.Hash, which ...uint64) (proofs []ledger.InclusionProof, root ledger.Hash) {
	t.Helper()
	nodes, _, root, err := ledger.Append(0, nil, leaves)
	require.NoError(t, err)
	stored := map[ledger.NodeID]ledger.Hash{}
	for _, n := range nodes {
		stored[n.NodeID] = n.Hash
	}
	for _, leaf := range which {
		p, err := ledger.Inclusion(leaf, uint64(len(leaves)), func(ids []ledger.NodeID) (hashes []ledger.Hash, err error) {
			for _, id := range ids {
				hashes = append(hashes, stored[id])
			}
			return hashes, nil
		})
		require.NoError(t, err)
		proofs = append(proofs, p)
	}
	return proofs, root
}

func TestAConfidedFileIsProvenInTwoSteps(t *testing.T) {
	t.Parallel()
	w := newConfided(t)
	r := check(t, w.seal(t), w.trust())
	require.Empty(t, r.Findings)
	require.Equal(t, verify.Proven, r.Verdict)
	require.Equal(t, 2, r.Counts.Pending)
	require.Equal(t, len(w.sealed.Entries.Audit), r.Counts.Audit)
	require.Equal(t, len(w.sealed.Entries.Access), r.Counts.Access)
	require.Positive(t, r.Counts.Erased)
	require.EqualValues(t, 5, r.Checkpoint.Size, "it shows no more of the main log than anybody sees")
}

// Each is sealed by somebody with the key of the instance, who has forged what they can.
func TestNothingOfAConfidedFileIsForged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		forge func(t *testing.T, w *world)
		rule  verify.Rule
		part  string
	}{
		"an entry that is changed, with its chain": {func(_ *testing.T, w *world) {
			w.sealed.Entries.Audit[3].Actor = "somebody-else"
			w.chain()
		}, verify.RuleInclusion, "entries.json"},
		"an inner log that is made anew": {func(t *testing.T, w *world) {
			signed, proofs := w.sealed.Checkpoint, w.sealed.Proofs
			w.sealed.Entries.Audit[3].Actor = "somebody-else"
			w.chain()
			w.commit(t)
			w.sealed.Checkpoint, w.sealed.Proofs = signed, proofs
		}, verify.RuleInclusion, "inner.json"},
		"another secret":        {func(_ *testing.T, w *world) { w.sealed.Inner.Secret = sum("other") }, verify.RuleInclusion, "inner.json"},
		"another size":          {func(_ *testing.T, w *world) { w.sealed.Inner.Size = "7" }, verify.RuleInclusion, "inner.json"},
		"another root":          {func(_ *testing.T, w *world) { w.sealed.Inner.Root = sum("other") }, verify.RuleInclusion, "entries.json"},
		"a size with a zero":    {func(_ *testing.T, w *world) { w.sealed.Inner.Size = "0" + w.sealed.Inner.Size }, verify.RuleSyntax, "inner.json"},
		"no day":                {func(_ *testing.T, w *world) { w.sealed.Inner.Day = "never" }, verify.RuleSyntax, "inner.json"},
		"no commitment":         {func(_ *testing.T, w *world) { w.sealed.Proofs = nil }, verify.RuleNoProof, "inner.json"},
		"a proof too many":      {func(_ *testing.T, w *world) { w.sealed.Inner.Proofs[0].Index++ }, verify.RuleNoProof, "inner.json"},
		"a proof that is twice": {func(_ *testing.T, w *world) { w.sealed.Inner.Proofs[1] = w.sealed.Inner.Proofs[0] }, verify.RuleDuplicate, "inner.json"},
		"a day before that of the checkpoint": {func(t *testing.T, w *world) {
			w.sealed.Inner.Day = (calendar.DayOf(w.at()) - 1).String()
			w.publish(t)
		}, verify.RuleSequence, "inner.json"},
		"an old entry that is said to wait": {func(t *testing.T, w *world) {
			last := &w.sealed.Entries.Audit[len(w.sealed.Entries.Audit)-1]
			last.Actor, last.Pending = "somebody-else", true
			w.chain()
			w.commit(t)
		}, verify.RuleNoProof, "entries.json"},
		"an entry that waits before one that does not": {func(t *testing.T, w *world) {
			first := &w.sealed.Entries.Audit[3]
			first.At, first.Pending = strconv.FormatInt(w.at().UnixMicro(), 10), true
			w.chain()
			w.commit(t)
		}, verify.RuleNoProof, "entries.json"},
		"a withheld entry that waits": {func(t *testing.T, w *world) {
			last := &w.sealed.Entries.Audit[len(w.sealed.Entries.Audit)-1]
			*last = verify.AuditEntry{PriorHash: last.PriorHash, FileID: last.FileID, Kind: last.Kind, Version: last.Version, Hash: last.Hash, Withheld: true, Pending: true}
			w.commit(t)
		}, verify.RuleNoProof, "entries.json"},
		"a file that says nothing of the inner log": {func(_ *testing.T, w *world) { w.sealed.Inner = nil }, verify.RuleNoProof, "entries.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newConfided(t)
			c.forge(t, w)
			requireFinding(t, check(t, w.seal(t), w.trust()), c.rule, c.part, "")
		})
	}
}

// What waits is as new as its day, whatever the clocks of machines say; nothing that is older does.
func TestAnEntryWaitsADayOrTwo(t *testing.T) {
	t.Parallel()
	for days, fine := range map[int]bool{0: true, 1: true, 2: true, 3: false, 300: false} {
		w := newConfided(t)
		last := &w.sealed.Entries.Access[len(w.sealed.Entries.Access)-1]
		last.At = strconv.FormatInt((calendar.DayOf(w.at()) - calendar.Day(days)).Begins().Add(time.Minute).UnixMicro(), 10)
		w.chain()
		w.commit(t)
		require.Equal(t, fine, check(t, w.seal(t), w.trust()).Verdict == verify.Proven, days)
	}
}

func TestEveryByteOfTheSecondStepIsCovered(t *testing.T) {
	t.Parallel()
	w := newConfided(t)
	file := w.seal(t)
	m, _ := verify.Split(file)
	for _, p := range m.Parts {
		if p.Name == "inner.json" {
			flip(t, w, file, p.Name, verify.Start(file)+int(p.Offset), verify.Start(file)+int(p.Offset+p.Size))
			return
		}
	}
	require.Fail(t, "there is no inner.json")
}
