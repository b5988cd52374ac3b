package ledger

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// A Reason says why a witness does not cosign. A fork and a rollback are evidence: both checkpoints
// are signed.
type Reason string

// The reasons.
const (
	Malformed    Reason = "malformed"    // it is no checkpoint, or its signature does not fit
	UnknownKey   Reason = "unknown_key"  // no key that the witness knows signed it
	RetiredKey   Reason = "retired_key"  // the key has been retired, whatever time the checkpoint claims
	OtherOrigin  Reason = "other_origin" // it is of another log than the one seen last
	Rollback     Reason = "rollback"     // it is shorter than what the witness has seen
	Fork         Reason = "fork"         // it is as long, with another content
	OtherProof   Reason = "other_proof"  // the proof is not from the size seen last: send the right one
	Inconsistent Reason = "inconsistent" // it does not continue what the witness has seen
)

// A Refusal is the error of a witness that does not cosign.
type Refusal struct {
	Reason Reason
	Err    error
}

func (r *Refusal) Error() string {
	return "ledger: not cosigned (" + string(r.Reason) + "): " + r.Err.Error()
}

// Unwrap returns what was wrong.
func (r *Refusal) Unwrap() error { return r.Err }

// Seen is the checkpoint of an origin that a witness saw last. Its zero value is the first time.
type Seen struct {
	Origin string `json:"origin"`
	Size   uint64 `json:"size"`
	Root   Hash   `json:"root"`
}

// A Witness cosigns the checkpoints of others with its own key, if a key that it knows signed them.
type Witness struct {
	Key   Key
	Known []PublicKey
}

// Cosign returns the cosignature line for a checkpoint that continues the one seen last, and what has
// then been seen. The caller stores that before the line leaves the house, under a lock for the origin:
// a witness that forgets cosigns both sides of a fork. The error is a [Refusal], unless at makes no sense.
func (w Witness) Cosign(last Seen, signed []byte, proof ConsistencyProof, at time.Time) ([]byte, Seen, error) {
	if at.Unix() <= 0 || !(PublicKey{From: w.Key.Created, Until: w.Key.Retired}).At(at) {
		return nil, last, fmt.Errorf("ledger: cosign as %s: %w", w.Key.Name, ErrValidity)
	}
	c, by, err := Open(signed, w.Known)
	if err == nil && !by.Until.IsZero() && at.After(by.Until) {
		err = ErrValidity
	}
	if err != nil {
		return nil, last, &Refusal{reasonOf(err), err}
	}
	if refusal := continues(last, c, proof); refusal != nil {
		return nil, last, refusal
	}
	cosigned, err := note.Sign(&note.Note{Text: c.Text()}, cosigner{w.Key, at})
	if err != nil {
		return nil, last, fmt.Errorf("ledger: cosign as %s: %w", w.Key.Name, err)
	}
	line := strings.TrimPrefix(string(cosigned), c.Text()+"\n")
	return []byte(line), Seen{c.Origin, c.Size, c.Root}, nil
}

func reasonOf(err error) Reason {
	switch {
	case errors.Is(err, ErrUnknownKey):
		return UnknownKey
	case errors.Is(err, ErrValidity):
		return RetiredKey
	case errors.Is(err, ErrOrigin):
		return OtherOrigin
	}
	return Malformed
}

func continues(last Seen, c Checkpoint, proof ConsistencyProof) *Refusal {
	switch {
	case last == Seen{}:
		return nil
	case last.Origin != c.Origin:
		return &Refusal{OtherOrigin, fmt.Errorf("%s, seen last: %s", c.Origin, last.Origin)}
	case c.Size < last.Size:
		return &Refusal{Rollback, fmt.Errorf("size %d, seen last: %d", c.Size, last.Size)}
	case c.Size == last.Size && c.Root != last.Root:
		return &Refusal{Fork, fmt.Errorf("size %d with root %s, seen last: %s", c.Size, c.Root, last.Root)}
	case c.Size == last.Size:
		return nil
	case proof.From != last.Size || proof.To != c.Size:
		return &Refusal{OtherProof, fmt.Errorf("a proof from %d to %d, wanted: from %d to %d", proof.From, proof.To, last.Size, c.Size)}
	}
	if err := VerifyConsistency(proof, last.Root, c.Root); err != nil {
		return &Refusal{Inconsistent, err}
	}
	return nil
}
