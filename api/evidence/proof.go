package evidence

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"koko/internal/evidence/ledger"
	"koko/internal/evidence/logbook"
)

// Proof shows that an entry is in the log.
type Proof struct {
	Table     string     `json:"table" doc:"Table of the entry: audit or access_log" example:"audit"`
	Entry     string     `json:"entry" doc:"File and version, or municipality and number" example:"05999001/7"`
	Hash      string     `json:"hash" doc:"SHA-256 over the entry and the one before in its chain, hex"`
	Leaf      string     `json:"leaf" doc:"Its leaf in the log, base64: SHA-256 over a zero byte, koko/TABLE/1, a zero byte and the hash"`
	Pending   bool       `json:"pending" doc:"Whether it waits for the next checkpoint"`
	Inclusion *Inclusion `json:"inclusion,omitempty" doc:"Its place in the log; left out while it is pending"`
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
