package ledger_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"koko/internal/evidence/ledger"
)

// A store keeps nodes as a table would.
type store map[ledger.NodeID]ledger.Hash

func (s store) get(ids []ledger.NodeID) ([]ledger.Hash, error) {
	var hashes []ledger.Hash
	for _, id := range ids {
		h, found := s[id]
		if !found {
			return nil, fmt.Errorf("no node %v", id)
		}
		hashes = append(hashes, h)
	}
	return hashes, nil
}

func leaves(n int, salt string) []ledger.Hash {
	all := make([]ledger.Hash, n)
	for i := range all {
		row := sha256.Sum256(fmt.Appendf(nil, "%s/%d", salt, i))
		all[i] = ledger.Leaf("audit", row[:])
	}
	return all
}

// grow returns the nodes of a log and its root at each size.
func grow(t require.TestingT, all []ledger.Hash) (store, []ledger.Hash) {
	s, roots := store{}, []ledger.Hash{}
	var compact []ledger.Hash
	for size := 0; size <= len(all); size++ {
		root, err := ledger.Root(uint64(size), compact)
		require.NoError(t, err)
		roots = append(roots, root)
		if size < len(all) {
			var nodes []ledger.Node
			nodes, compact, _, err = ledger.Append(uint64(size), compact, all[size:size+1])
			require.NoError(t, err)
			for _, n := range nodes {
				require.NotContains(t, s, n.NodeID, "a node never changes")
				s[n.NodeID] = n.Hash
			}
		}
	}
	return s, roots
}

// mth is the Merkle tree hash as RFC 6962, section 2.1, defines it.
func mth(all []ledger.Hash) ledger.Hash {
	switch len(all) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return all[0]
	}
	k := 1
	for k*2 < len(all) {
		k *= 2
	}
	left, right := mth(all[:k]), mth(all[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

func TestALeafIsTheRowHashUnderTheNameOfItsTable(t *testing.T) {
	t.Parallel()
	row := sha256.Sum256([]byte("row"))
	want := sha256.Sum256(append([]byte("\x00koko/audit/1\x00"), row[:]...))
	require.Equal(t, ledger.Hash(want), ledger.Leaf("audit", row[:]))
	require.NotEqual(t, ledger.Leaf("audit", row[:]), ledger.Leaf("access_log", row[:]))
}

func TestTheTreeIsTheOneOfRFC6962AtEverySize(t *testing.T) {
	t.Parallel()
	all := leaves(70, "a")
	s, roots := grow(t, all)
	for size, root := range roots {
		require.Equal(t, mth(all[:size]), root, size)
		hashes, err := s.get(ledger.Compact(uint64(size)))
		require.NoError(t, err)
		stored, err := ledger.Root(uint64(size), hashes)
		require.NoError(t, err)
		require.Equal(t, root, stored, "the tree goes on from what is stored")
	}
}

func TestManyLeavesAtOnceAreTheSameAsOneByOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := leaves(rapid.IntRange(0, 200).Draw(t, "leaves"), "a")
		want, roots := grow(t, all)
		got, size := store{}, 0
		var compact []ledger.Hash
		for size < len(all) {
			batch := rapid.IntRange(1, len(all)-size).Draw(t, "batch")
			nodes, next, root, err := ledger.Append(uint64(size), compact, all[size:size+batch])
			require.NoError(t, err)
			for _, n := range nodes {
				got[n.NodeID] = n.Hash
			}
			size, compact = size+batch, next
			require.Equal(t, roots[size], root)
		}
		require.Equal(t, want, got)
	})
}

func TestEveryLeafIsProvenInEveryLaterTreeAndNothingElseIs(t *testing.T) {
	t.Parallel()
	all := leaves(40, "a")
	s, roots := grow(t, all)
	for size := 1; size <= len(all); size++ {
		for index := range size {
			p, err := ledger.Inclusion(uint64(index), uint64(size), s.get)
			require.NoError(t, err)
			require.NoError(t, ledger.VerifyInclusion(p, all[index], roots[size]))
			require.Error(t, ledger.VerifyInclusion(p, all[(index+1)%len(all)], roots[size]))
			require.Error(t, ledger.VerifyInclusion(p, all[index], roots[size-1]))
			for i := range p.Hashes {
				p.Hashes[i][7] ^= 1
				require.Error(t, ledger.VerifyInclusion(p, all[index], roots[size]))
				p.Hashes[i][7] ^= 1
			}
			p.Hashes = append(p.Hashes, ledger.Hash{})
			require.Error(t, ledger.VerifyInclusion(p, all[index], roots[size]))
		}
	}
	_, err := ledger.Inclusion(40, 40, s.get)
	require.Error(t, err)
}

func TestEveryTreeIsProvenToContinueEveryFormerOneAndNoOther(t *testing.T) {
	t.Parallel()
	s, roots := grow(t, leaves(40, "a"))
	_, others := grow(t, leaves(40, "b"))
	for to := range roots {
		for from := range to + 1 {
			p, err := ledger.Consistency(uint64(from), uint64(to), s.get)
			require.NoError(t, err)
			require.NoError(t, ledger.VerifyConsistency(p, roots[from], roots[to]), "%d %d", from, to)
			if from > 0 {
				require.Error(t, ledger.VerifyConsistency(p, others[from], roots[to]))
				require.Error(t, ledger.VerifyConsistency(p, roots[from], others[to]))
			}
		}
	}
	require.Error(t, ledger.VerifyConsistency(ledger.ConsistencyProof{To: 3}, roots[1], roots[3]), "an empty tree has one root only")
}

func TestAStoreThatFailsOrLosesNodesIsNoProof(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	_, err := ledger.Inclusion(1, 4, func([]ledger.NodeID) ([]ledger.Hash, error) { return nil, down })
	require.ErrorIs(t, err, down)
	_, err = ledger.Consistency(1, 4, func([]ledger.NodeID) ([]ledger.Hash, error) { return nil, nil })
	require.ErrorContains(t, err, "0 nodes read, want")
	_, _, _, err = ledger.Append(3, leaves(1, "a"), nil)
	require.Error(t, err)
	_, _, _, err = ledger.Append(1<<63, leaves(1, "a"), leaves(1, "b"))
	require.ErrorContains(t, err, "full")
}

func TestProofsReadBackFromJSONAndInNoOtherSpelling(t *testing.T) {
	t.Parallel()
	s, _ := grow(t, leaves(9, "a"))
	p, err := ledger.Inclusion(3, 9, s.get)
	require.NoError(t, err)
	written, err := json.Marshal(p)
	require.NoError(t, err)
	var read ledger.InclusionProof
	require.NoError(t, json.Unmarshal(written, &read))
	require.Equal(t, p, read)

	var h ledger.Hash
	text, err := h.MarshalText()
	require.NoError(t, err)
	for _, wrong := range []string{"", string(text[:40]), string(text[:42]) + "B=", string(text) + "\n", string(text[:20]) + "\n" + string(text[20:])} {
		require.Error(t, h.UnmarshalText([]byte(wrong)), "%q", wrong)
	}
}

func TestTheLedgerRunsInABrowser(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("go", "build", "koko/internal/evidence/ledger")
	cmd.Env = append(cmd.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}
