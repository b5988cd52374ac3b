package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// HashSize is the length of every hash here: SHA-256.
const HashSize = 32

// maxSize keeps sums of sizes from overflowing, and is a number that PostgreSQL and JavaScript hold exactly.
const maxSize = 1 << 53

// A Hash is a node of the tree. In JSON and checkpoints it is standard base64.
type Hash [HashSize]byte

// MarshalText writes standard base64.
func (h Hash) MarshalText() ([]byte, error) { return base64.StdEncoding.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads the one text that MarshalText writes for a hash.
func (h *Hash) UnmarshalText(text []byte) error {
	raw, err := base64.StdEncoding.Strict().AppendDecode(nil, text)
	if err != nil || len(raw) != HashSize || len(text) != base64.StdEncoding.EncodedLen(HashSize) {
		return errors.New("ledger: not a hash in base64")
	}
	copy(h[:], raw)
	return nil
}

func (h Hash) String() string { return base64.StdEncoding.EncodeToString(h[:]) }

// Leaf returns the leaf of one row of a ledger table, given the hash that the row has in its chain.
func Leaf(table string, rowHash []byte) Hash {
	data := make([]byte, 0, len("koko//1\x00")+len(table)+len(rowHash))
	data = append(data, "koko/"...)
	data = append(data, table...)
	data = append(data, "/1\x00"...)
	return Hash(rfc6962.DefaultHasher.HashLeaf(append(data, rowHash...)))
}

// A NodeID names a perfect subtree: Level 0 are the leaves, and Index counts from the left.
type NodeID = compact.NodeID

// A Node is the hash of a perfect subtree. It never changes once the subtree is full.
type Node struct {
	NodeID
	Hash Hash
}

// A NodeReader returns the hashes of stored nodes in the order of ids.
type NodeReader func(ids []NodeID) ([]Hash, error)

// Compact lists the nodes that represent a tree of this size: what Append needs of it.
func Compact(size uint64) []NodeID { return compact.RangeNodes(0, size, nil) }

var ranges = &compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}

// Append adds leaves to the tree of this size, whose [Compact] nodes have the hashes in before. It
// returns the nodes that are new, the hashes for the next Append, and the root.
func Append(size uint64, before, leaves []Hash) (nodes []Node, after []Hash, root Hash, err error) {
	if size > maxSize-uint64(len(leaves)) {
		return nil, nil, Hash{}, errors.New("ledger: the tree is full")
	}
	tree, err := ranges.NewRange(0, size, raw(before))
	if err != nil {
		return nil, nil, Hash{}, fmt.Errorf("ledger: tree of %d: %w", size, err)
	}
	keep := func(id NodeID, hash []byte) { nodes = append(nodes, Node{id, Hash(hash)}) }
	for _, leaf := range leaves {
		if err := tree.Append(leaf[:], keep); err != nil {
			return nil, nil, Hash{}, fmt.Errorf("ledger: append to tree of %d: %w", size, err)
		}
	}
	if root, err = rootOf(tree); err != nil {
		return nil, nil, Hash{}, err
	}
	return nodes, cooked(tree.Hashes()), root, nil
}

// Root returns the root of the tree of this size, whose [Compact] nodes have these hashes.
func Root(size uint64, hashes []Hash) (Hash, error) {
	_, _, root, err := Append(size, hashes, nil)
	return root, err
}

func rootOf(tree *compact.Range) (Hash, error) {
	root, err := tree.GetRootHash(nil)
	if err != nil {
		return Hash{}, fmt.Errorf("ledger: root: %w", err)
	}
	if root == nil {
		root = rfc6962.DefaultHasher.EmptyRoot()
	}
	return Hash(root), nil
}

// An InclusionProof shows that a leaf is at Index in the tree of Size.
type InclusionProof struct {
	Index  uint64 `json:"index"`
	Size   uint64 `json:"size"`
	Hashes []Hash `json:"hashes"`
}

// A ConsistencyProof shows that the tree of size To continues the one of size From.
type ConsistencyProof struct {
	From   uint64 `json:"from"`
	To     uint64 `json:"to"`
	Hashes []Hash `json:"hashes"`
}

// Inclusion proves the leaf at index in the tree of this size.
func Inclusion(index, size uint64, get NodeReader) (InclusionProof, error) {
	nodes, err := proof.Inclusion(index, size)
	if err != nil {
		return InclusionProof{}, fmt.Errorf("ledger: inclusion of %d in %d: %w", index, size, err)
	}
	hashes, err := read(nodes, get)
	if err != nil {
		return InclusionProof{}, fmt.Errorf("ledger: inclusion of %d in %d: %w", index, size, err)
	}
	return InclusionProof{Index: index, Size: size, Hashes: hashes}, nil
}

// Consistency proves that the tree of size to continues the one of size from.
func Consistency(from, to uint64, get NodeReader) (ConsistencyProof, error) {
	nodes, err := proof.Consistency(from, to)
	if err != nil {
		return ConsistencyProof{}, fmt.Errorf("ledger: consistency of %d with %d: %w", from, to, err)
	}
	hashes, err := read(nodes, get)
	if err != nil {
		return ConsistencyProof{}, fmt.Errorf("ledger: consistency of %d with %d: %w", from, to, err)
	}
	return ConsistencyProof{From: from, To: to, Hashes: hashes}, nil
}

func read(nodes proof.Nodes, get NodeReader) ([]Hash, error) {
	hashes, err := get(nodes.IDs)
	if err != nil {
		return nil, err
	}
	if len(hashes) != len(nodes.IDs) {
		return nil, fmt.Errorf("%d nodes read, want %d", len(hashes), len(nodes.IDs))
	}
	folded, err := nodes.Rehash(raw(hashes), rfc6962.DefaultHasher.HashChildren)
	if err != nil {
		return nil, err
	}
	return cooked(folded), nil
}

// VerifyInclusion returns an error unless p shows leaf in the tree with this root.
func VerifyInclusion(p InclusionProof, leaf, root Hash) error {
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, p.Size, leaf[:], raw(p.Hashes), root[:]); err != nil {
		return fmt.Errorf("ledger: inclusion of %d in %d: %w", p.Index, p.Size, err)
	}
	return nil
}

// VerifyConsistency returns an error unless p shows that the tree with root to continues the one
// with root from.
func VerifyConsistency(p ConsistencyProof, from, to Hash) error {
	if p.From == 0 && from != Hash(rfc6962.DefaultHasher.EmptyRoot()) {
		return errors.New("ledger: the empty tree has another root")
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, p.From, p.To, raw(p.Hashes), from[:], to[:]); err != nil {
		return fmt.Errorf("ledger: consistency of %d with %d: %w", p.From, p.To, err)
	}
	return nil
}

func raw(hashes []Hash) [][]byte {
	all := make([][]byte, len(hashes))
	for i := range hashes {
		all[i] = hashes[i][:]
	}
	return all
}

func cooked(raw [][]byte) []Hash {
	all := make([]Hash, len(raw))
	for i := range raw {
		all[i] = Hash(raw[i])
	}
	return all
}
