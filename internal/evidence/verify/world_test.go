package verify_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/verify"
	"koko/internal/vault"
)

const (
	origin    = "koko.aachen.example/ledger"
	neighbour = "koko.bonn.example/ledger"
	municipal = "05999001"
)

var opened = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// A world is an instance, its neighbour who witnesses, and one case that has been walked to its end.
type world struct {
	key     ledger.Key
	keys    verify.PublishedKeys
	witness ledger.Key
	sealed  verify.Sealed
	size    uint64
	root    ledger.Hash
}

func newKeys(t testing.TB, name string) *ledger.Keys {
	t.Helper()
	content, err := ledger.GenerateKeys(name, opened)
	require.NoError(t, err)
	keys, err := ledger.ParseKeys(content)
	require.NoError(t, err)
	return keys
}

// whole is how many decisions the plain way of a case has.
const whole = 22

// newWorld has a case with at least so many decisions.
func newWorld(t testing.TB, decisions int) *world {
	t.Helper()
	keys, witness := newKeys(t, origin), newKeys(t, neighbour)
	w := &world{key: keys.Active(), witness: witness.Active(), keys: verify.PublishedKeys{Keys: keys.Public(), Witnesses: witness.PublicWitness()}}
	m := &casetest.Maker{Salt: "sealed"}
	w.sealed = verify.Sealed{Kind: "case", ID: m.ID(), Role: "supervisor", ExportedAt: opened.AddDate(2, 0, 0), Keys: w.keys}
	w.walk(t, m, decisions)
	w.visit(12)
	w.chain()
	w.log(t)
	w.check(t)
	return w
}

// walk decides the plain way of a case, over and over if need be, and stores what was written.
func (w *world) walk(t testing.TB, m *casetest.Maker, decisions int) {
	master, err := vault.Generate()
	require.NoError(t, err)
	vaulted, err := vault.Parse(master)
	require.NoError(t, err)
	_, key, err := vaulted.NewKey("case/1/case")
	require.NoError(t, err)
	kind := file.Define(conflict.Spec)
	for n := 0; n < decisions; {
		c := conflict.Case{ID: w.sealed.ID, AGS: municipal}
		for _, step := range m.Way() {
			at := opened.Add(time.Duration(n) * time.Hour)
			next, err := conflict.Spec.Decide(c, step.Command, step.By, at)
			require.NoError(t, err)
			row, err := kind.Row(next)
			require.NoError(t, err)
			docs := step.Command.References()
			for i := range docs {
				docs[i].Digest = w.write(key, docs[i], len(w.sealed.Documents))
			}
			n++
			w.sealed.Entries.Audit = append(w.sealed.Entries.Audit, verify.AuditEntry{
				FileID: c.ID, Kind: string(kind.Kind), Version: strconv.Itoa(n), AGS: municipal,
				Phase: row.Phase, Places: "{" + municipal + "}", Ties: "{" + strings.Join(row.Ties, ",") + "}",
				CommandID: fmt.Sprintf("k%d", n), Action: string(step.Command.Action()),
				Actor: step.By, At: strconv.FormatInt(at.UnixMicro(), 10), Digest: file.Digest(step.Command),
				Veil: kind.Veil(step.Command.Action(), docs), Docs: text(t, docs), State: text(t, next),
			})
			c = next
		}
	}
}

func text(t testing.TB, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// write stores a document, of which the reader gets the text, or not, or no longer, in turn.
func (w *world) write(key *vault.Key, doc conflict.Doc, n int) string {
	plain := fmt.Appendf(nil, `{"title":"Lärm am Schulhof %d","text":"Seit März beschweren sich Anwohner."}`, n)
	aad := vault.Binding(doc.ID, 1)
	d := verify.Document{ID: doc.ID, Action: string(doc.Action), Compartment: string(doc.Compartment), Digest: key.Digest(plain, aad)}
	switch d.Status = []string{verify.Readable, verify.Readable, verify.NotDisclosed, verify.Erased}[n%4]; d.Status {
	case verify.Readable:
		d.Nonce, d.Text = hex.EncodeToString(key.Nonce(aad)), plain
	case verify.Erased:
		when := opened.AddDate(1, 6, 0)
		d.Receipt = &verify.Receipt{
			Digest: d.Digest, Reason: "consent_withdrawn", RequestedBy: casetest.Supervisor, ApprovedBy: casetest.Reviewer,
			RequestedAt: strconv.FormatInt(when.UnixMicro(), 10), ApprovedAt: strconv.FormatInt(when.Add(time.Hour).UnixMicro(), 10),
		}
	}
	w.sealed.Documents = append(w.sealed.Documents, d)
	return d.Digest
}

// visit records accesses: each third entry of the municipality is about this case.
func (w *world) visit(n int) {
	for i := range n {
		w.sealed.Entries.Access = append(w.sealed.Entries.Access, verify.AccessEntry{
			AGS: municipal, Seq: strconv.Itoa(3*(i/2) + 1 + i%2), ID: fmt.Sprintf("r%d", i), Kind: "read", Actor: casetest.Supervisor,
			At: strconv.FormatInt(opened.AddDate(0, 0, i).UnixMicro(), 10), Action: "read_case", Reason: "aufsicht",
			FileID: w.sealed.ID, Version: strconv.Itoa(i + 1),
		})
	}
}

// chain computes the hashes of all entries anew.
func (w *world) chain() {
	prior := ""
	for i := range w.sealed.Entries.Audit {
		e := &w.sealed.Entries.Audit[i]
		e.PriorHash = prior
		e.Hash = e.Recompute()
		prior = e.Hash
	}
	for i := range w.sealed.Entries.Access {
		e := &w.sealed.Entries.Access[i]
		switch seq, _ := strconv.Atoi(e.Seq); {
		case seq == 1:
			e.PriorHash = ""
		case i > 0 && strconv.Itoa(seq-1) == w.sealed.Entries.Access[i-1].Seq:
			e.PriorHash = w.sealed.Entries.Access[i-1].Hash
		default:
			e.PriorHash = sum("entry of another case")
		}
		e.Hash = e.Recompute()
	}
	for i := range w.sealed.Documents {
		if r := w.sealed.Documents[i].Receipt; r != nil {
			r.Hash = r.Recompute(w.sealed.Documents[i].ID, w.sealed.ID)
		}
	}
}

func sum(of string) string {
	s := sha256.Sum256([]byte(of))
	return hex.EncodeToString(s[:])
}

// log puts all entries into a log, between those of others, and proves them.
func (w *world) log(t testing.TB) {
	var leaves []ledger.Hash
	put := func(table, hash string) uint64 {
		raw, err := hex.DecodeString(hash)
		require.NoError(t, err)
		other, err := hex.DecodeString(sum(strconv.Itoa(len(leaves))))
		require.NoError(t, err)
		leaves = append(leaves, ledger.Leaf("audit", other), ledger.Leaf(table, raw))
		return uint64(len(leaves) - 1)
	}
	e := &w.sealed.Entries
	for i := range e.Audit {
		e.Audit[i].Leaf = put("audit", e.Audit[i].Hash)
	}
	for i := range e.Access {
		e.Access[i].Leaf = put("access_log", e.Access[i].Hash)
	}
	for _, d := range w.sealed.Documents {
		if d.Receipt != nil {
			d.Receipt.Leaf = put("erasure", d.Receipt.Hash)
		}
	}
	nodes, _, root, err := ledger.Append(0, nil, leaves)
	require.NoError(t, err)
	w.size, w.root = uint64(len(leaves)), root
	w.prove(t, nodes)
}

func (w *world) prove(t testing.TB, nodes []ledger.Node) {
	stored := map[ledger.NodeID]ledger.Hash{}
	for _, n := range nodes {
		stored[n.NodeID] = n.Hash
	}
	get := func(ids []ledger.NodeID) (hashes []ledger.Hash, err error) {
		for _, id := range ids {
			hashes = append(hashes, stored[id])
		}
		return hashes, nil
	}
	w.sealed.Proofs = nil
	for leaf := uint64(1); leaf < w.size; leaf += 2 {
		p, err := ledger.Inclusion(leaf, w.size, get)
		require.NoError(t, err)
		w.sealed.Proofs = append(w.sealed.Proofs, p)
	}
}

func (w *world) at() time.Time { return w.sealed.ExportedAt.Add(-time.Hour) }

// check signs a checkpoint and has the neighbour cosign it.
func (w *world) check(t testing.TB) {
	w.sealed.Checkpoint = w.checkpoint(t, w.key, origin, w.at())
}

func (w *world) checkpoint(t testing.TB, key ledger.Key, of string, at time.Time) []byte {
	c := ledger.Checkpoint{Origin: of, Size: w.size, Root: w.root, Time: at}
	signed, err := ledger.SignNote(c.Text(), key)
	require.NoError(t, err)
	known := []ledger.PublicKey{{Key: key.Verifier()}}
	line, _, err := ledger.Witness{Key: w.witness, Known: known}.Cosign(ledger.Seen{}, signed, ledger.ConsistencyProof{}, w.at())
	if err != nil {
		return signed // the neighbour does not cosign what is wrong
	}
	signed, err = ledger.Attach(signed, line)
	require.NoError(t, err)
	return signed
}

func (w *world) seal(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, verify.Write(&b, w.sealed, w.key))
	return b.Bytes()
}

// trust is what a careful checker brings along.
func (w *world) trust() verify.Trust {
	return verify.Trust{Keys: w.keys.Keys, Witnesses: w.keys.Witnesses, Cosignatures: 1}
}

func check(t testing.TB, file []byte, trust verify.Trust) *verify.Report {
	t.Helper()
	r, err := verify.Check(bytes.NewReader(file), int64(len(file)), trust)
	require.NoError(t, err)
	return r
}

// requireFinding wants a finding of the rule in the part, at a place that names where.
func requireFinding(t testing.TB, r *verify.Report, rule verify.Rule, part, where string) {
	t.Helper()
	require.Equal(t, verify.Broken, r.Verdict)
	for _, f := range r.Findings {
		if f.Rule == rule && f.Part == part && (where == "" || f.Where == where) {
			return
		}
	}
	require.Fail(t, "not found", "%s in %s at %s; found: %v", rule, part, where, r.Findings)
}
