package evidence

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"koko/internal/evidence/ledger"
	"koko/internal/evidence/logbook"
	"koko/internal/evidence/verify"
)

// Proof shows that an entry is in the log.
type Proof struct {
	Table     string     `json:"table" doc:"Table of the entry: audit or access_log; or inner_root, what the inner log was when a day began" example:"audit"`
	Entry     string     `json:"entry" doc:"File and version, or municipality and number" example:"05999001/7"`
	Hash      string     `json:"hash" doc:"SHA-256 over the entry and the one before in its chain, hex"`
	Leaf      string     `json:"leaf" doc:"Its leaf in the log, base64: SHA-256 over a zero byte, koko/TABLE/1, a zero byte and the hash"`
	Pending   bool       `json:"pending" doc:"Whether it waits for the next checkpoint; if the file is confided, for the next day"`
	Inclusion *Inclusion `json:"inclusion,omitempty" doc:"Its place in the log; left out while it is pending. If the file is confided, the place of the commitment to the inner log"`
	Inner     *InnerStep `json:"inner,omitempty" doc:"If the file is confided: its place in the inner log, and what opens the commitment to that in the main one; left out while it is pending"`
}

// InnerStep proves that a leaf is in the inner log, and which leaf of the main log commits to that.
type InnerStep struct {
	Index      uint64   `json:"index" doc:"Its place in the inner log, counted from 0"`
	Size       uint64   `json:"size" doc:"How many entries the inner log had when the day began"`
	Hashes     []string `json:"hashes" nullable:"false" doc:"The proof: hashes from the leaf up to the root, base64"`
	Day        string   `json:"day" format:"date" doc:"The day, in Berlin" example:"2026-11-30"`
	Root       string   `json:"root" doc:"Root of the inner log then, hex"`
	Secret     string   `json:"secret" doc:"What keeps others from guessing size and root, hex"`
	Commitment string   `json:"commitment" doc:"SHA-256 over day, size, root and secret, separated by the character 1F, hex. Its leaf in the main log is SHA-256 over a zero byte, koko/inner_root/1, a zero byte and this"`
}

// Inclusion proves that a leaf is in the log of a checkpoint.
type Inclusion struct {
	Index      uint64   `json:"index" doc:"Its place in the log, counted from 0"`
	Size       uint64   `json:"size" doc:"How many entries the log had at the checkpoint"`
	Hashes     []string `json:"hashes" nullable:"false" doc:"The proof: hashes from the leaf up to the root, base64"`
	Checkpoint string   `json:"checkpoint" doc:"The latest checkpoint, as it was signed and cosigned"`
}

// Prove finds an entry in the latest checkpoint.
func (s *Server) Prove(ctx context.Context, table, key string, hash []byte) (Proof, error) {
	p := Proof{Table: table, Entry: key, Hash: hex.EncodeToString(hash), Leaf: ledger.Leaf(table, hash).String(), Pending: true}
	signed, err := s.Book().Latest(ctx)
	if errors.Is(err, logbook.ErrNoCheckpoint) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	at, err := s.Book().Leaves(ctx, table, []string{key})
	if err != nil {
		return p, err
	}
	index, in := at[key]
	if !in || index >= signed.Checkpoint.Size {
		return p, nil
	}
	inclusion, err := s.Book().Inclusion(ctx, index, signed.Checkpoint.Size)
	if err != nil {
		return p, err
	}
	p.Pending, p.Inclusion = false, &Inclusion{inclusion.Index, inclusion.Size, hashTexts(inclusion.Hashes), string(signed.Note)}
	return p, nil
}

// ProveInner finds an entry of a confided file in the inner log, and the commitment to that log in the latest checkpoint.
// It has nothing signed: when somebody asks for a proof is nobody's business.
func (s *Server) ProveInner(ctx context.Context, inner logbook.Inner, table, key string, hash []byte) (Proof, error) {
	p := Proof{Table: table, Entry: key, Hash: hex.EncodeToString(hash), Leaf: ledger.Leaf(table, hash).String(), Pending: true}
	signed, err := s.Book().Latest(ctx)
	if errors.Is(err, logbook.ErrNoCheckpoint) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	opening, ok, err := inner.Open(ctx, signed.Checkpoint.Size)
	if err != nil || !ok {
		return p, err
	}
	at, err := inner.Leaves(ctx, table, []string{key})
	if err != nil {
		return p, err
	}
	index, in := at[key]
	if !in || index >= opening.Size {
		return p, nil
	}
	proofs, err := inner.Inclusions(ctx, []uint64{index}, opening.Size)
	if err != nil {
		return p, err
	}
	inclusion, err := s.Book().Inclusion(ctx, opening.Leaf, signed.Checkpoint.Size)
	if err != nil {
		return p, err
	}
	root := RootOf(opening)
	p.Pending, p.Inclusion = false, &Inclusion{inclusion.Index, inclusion.Size, hashTexts(inclusion.Hashes), string(signed.Note)}
	p.Inner = &InnerStep{index, opening.Size, hashTexts(proofs[0].Hashes), root.Day, root.Root, root.Secret, root.Recompute()}
	return p, nil
}

// RootOf is an opening as a sealed file writes it.
func RootOf(o logbook.Opening) verify.InnerRoot {
	return verify.InnerRoot{
		Day: o.Day, Size: strconv.FormatUint(o.Size, 10), Root: hex.EncodeToString(o.Root[:]), Secret: hex.EncodeToString(o.Secret[:]),
	}
}

// patience is how long an export waits for the witnesses of the log.
const patience = 10 * time.Second

// Cosign asks the witnesses to cosign the fresh checkpoint, and waits for those who answer now:
// whoever checks the file sees which cosignatures are missing.
func (s *Server) Cosign(ctx context.Context) {
	if len(s.Witness.Peers.Keys()) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.Ledger.Cosign(ctx); err != nil {
		s.Log.WarnContext(ctx, "an export without all cosignatures", "err", err)
	}
}
