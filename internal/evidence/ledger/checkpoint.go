package ledger

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// A Checkpoint says how long a log is and what is in it (C2SP tlog-checkpoint). Time is an extension
// line, to the second, and may be zero.
type Checkpoint struct {
	Origin string    `json:"origin"`
	Size   uint64    `json:"size"`
	Root   Hash      `json:"root"`
	Time   time.Time `json:"time,omitzero"`
}

// Text returns what is signed.
func (c Checkpoint) Text() string {
	text := fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
	if !c.Time.IsZero() {
		text += "time " + c.Time.UTC().Format(time.RFC3339) + "\n"
	}
	return text
}

// ParseCheckpoint reads what [Checkpoint.Text] writes, and no other spelling of it.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || len(lines) > 5 {
		return Checkpoint{}, fmt.Errorf("ledger: a checkpoint has three or four lines: %w", ErrMalformed)
	}
	c := Checkpoint{Origin: lines[0]}
	var err error
	if c.Size, err = strconv.ParseUint(lines[1], 10, 64); err != nil || c.Size > maxSize {
		return Checkpoint{}, fmt.Errorf("ledger: the size of a checkpoint: %w", ErrMalformed)
	}
	if err := c.Root.UnmarshalText([]byte(lines[2])); err != nil {
		return Checkpoint{}, fmt.Errorf("ledger: the root of a checkpoint: %w", ErrMalformed)
	}
	if len(lines) == 5 {
		if c.Time, err = time.Parse("time "+time.RFC3339, lines[3]); err != nil {
			return Checkpoint{}, fmt.Errorf("ledger: the time of a checkpoint: %w", ErrMalformed)
		}
	}
	if c.Text() != text || !isName(c.Origin) {
		return Checkpoint{}, fmt.Errorf("ledger: a checkpoint in another spelling: %w", ErrMalformed)
	}
	return c, nil
}

// Sign returns c as a signed note. The origin is the name of the key.
func Sign(c Checkpoint, key Key) ([]byte, error) {
	if c.Origin != key.Name {
		return nil, fmt.Errorf("ledger: sign the checkpoint of %s as %s: %w", c.Origin, key.Name, ErrOrigin)
	}
	if !(PublicKey{From: key.Created, Until: key.Retired}).At(c.Time) {
		return nil, fmt.Errorf("ledger: sign a checkpoint of %s: %w", c.Origin, ErrValidity)
	}
	return SignNote(c.Text(), key)
}

// Open returns the checkpoint that one of the known keys of its origin signed while it did. Otherwise
// the error is one of those of [OpenNote], [ErrOrigin] or [ErrValidity], with the checkpoint as far as it was read.
func Open(signed []byte, known []PublicKey) (Checkpoint, PublicKey, error) {
	text, by, err := OpenNote(signed, known)
	c, malformed := ParseCheckpoint(text)
	switch {
	case err != nil:
		return c, by, err
	case malformed != nil:
		return c, by, malformed
	case c.Origin != by.Name():
		return c, by, fmt.Errorf("ledger: checkpoint of %s, signed by %s: %w", c.Origin, by.Name(), ErrOrigin)
	case !by.At(c.Time):
		return c, by, fmt.Errorf("ledger: checkpoint of %s at %s: %w", c.Origin, c.Time.Format(time.RFC3339), ErrValidity)
	}
	return c, by, nil
}

// A Cosignature says that a witness saw a checkpoint which continues all that it saw before.
type Cosignature struct {
	Witness string    `json:"witness"`
	Time    time.Time `json:"time"`
}

// Cosignatures returns which of the known witnesses cosigned a checkpoint, each once, and an error for
// each of them whose cosignature does not fit or was made when the key did not sign.
func Cosignatures(signed []byte, witnesses []PublicKey) (all []Cosignature, wrong []error) {
	n, err := parseNote(signed)
	if err != nil {
		return nil, []error{err}
	}
	for _, key := range witnesses {
		sig, err := verifyNote(signed, n, key, algCosignature)
		if err != nil {
			if slices.ContainsFunc(n.UnverifiedSigs, func(s note.Signature) bool { return signedBy(s, key) }) {
				wrong = append(wrong, err)
			}
			continue
		}
		c := Cosignature{Witness: sig.Name, Time: cosignedAt(sig)}
		switch {
		case !key.At(c.Time):
			wrong = append(wrong, fmt.Errorf("%w (%s)", ErrValidity, c.Witness))
		case !slices.ContainsFunc(all, func(o Cosignature) bool { return o.Witness == c.Witness }):
			all = append(all, c)
		}
	}
	return all, wrong
}

func signedBy(s note.Signature, key PublicKey) bool {
	v, err := key.parse()
	return err == nil && v.alg == algCosignature && s.Name == v.name && s.Hash == v.KeyHash()
}

// lastSecond of the year 9999: later ones would overflow into the past, and JSON has none.
const lastSecond = 253402300799

// cosignedAt reads the time of a cosignature that was verified.
func cosignedAt(sig note.Signature) time.Time {
	raw, err := base64.StdEncoding.DecodeString(sig.Base64)
	if err != nil || len(raw) < 12 {
		return time.Time{}
	}
	second := min(binary.BigEndian.Uint64(raw[4:]), lastSecond)
	return time.Unix(int64(second), 0).UTC()
}

// Attach adds lines that witnesses returned to a signed checkpoint. A line takes the place of an
// older one of the same key.
func Attach(signed []byte, lines ...[]byte) ([]byte, error) {
	n, err := parseNote(signed)
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		one, err := parseNote(append([]byte(n.Text+"\n"), line...))
		if err != nil || one.Text != n.Text {
			return nil, fmt.Errorf("ledger: attach a cosignature: %w", ErrMalformed)
		}
		for _, sig := range one.UnverifiedSigs {
			n.UnverifiedSigs = slices.DeleteFunc(n.UnverifiedSigs, func(o note.Signature) bool { return o.Name == sig.Name && o.Hash == sig.Hash })
			n.UnverifiedSigs = append(n.UnverifiedSigs, sig)
		}
	}
	if signed, err = note.Sign(n); err != nil {
		return nil, fmt.Errorf("ledger: attach a cosignature: %w", err)
	}
	return signed, nil
}
