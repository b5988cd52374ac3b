package ledger

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Why a signed note does not count.
var (
	ErrMalformed  = errors.New("not a signed note as it should be")
	ErrUnknownKey = errors.New("no signature of a known key")
	ErrSignature  = errors.New("the signature of a known key does not fit the text")
	ErrOrigin     = errors.New("the signing key belongs to another origin")
	ErrValidity   = errors.New("the key did not sign at that time")
)

// Name returns the name of the instance whose key it is, and "" if it is no key.
func (k PublicKey) Name() string {
	v, err := k.parse()
	if err != nil {
		return ""
	}
	return v.name
}

// At reports whether what the key signed at t counts. Without a time it counts only while the key signs.
func (k PublicKey) At(t time.Time) bool {
	if t.IsZero() {
		return k.Until.IsZero()
	}
	return !t.Before(k.From) && (k.Until.IsZero() || !t.After(k.Until))
}

// parse accepts one spelling of a key only.
func (k PublicKey) parse() (verifier, error) {
	name, rest, _ := strings.Cut(k.Key, "+")
	_, encoded, _ := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !isName(name) || len(key) != 1+ed25519.PublicKeySize || (key[0] != algEd25519 && key[0] != algCosignature) {
		return verifier{}, fmt.Errorf("%q is not the key of an instance", k.Key)
	}
	v := verifier{name, key[0], key[1:]}
	if verifierString(v.name, v.alg, v.public) != k.Key {
		return verifier{}, fmt.Errorf("the hash in %q is not the one of its key", k.Key)
	}
	return v, nil
}

// CheckKey returns an error unless k is a key that verifies checkpoints or, with witness, cosignatures.
func CheckKey(k PublicKey, witness bool) error {
	v, err := k.parse()
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if (v.alg == algCosignature) != witness {
		return fmt.Errorf("ledger: %q verifies something else", k.Key)
	}
	if !k.Until.IsZero() && k.Until.Before(k.From) {
		return fmt.Errorf("ledger: %q was retired before it signed", k.Key)
	}
	return nil
}

// A verifier verifies notes or, by its algorithm, cosignatures of notes.
type verifier struct {
	name   string
	alg    byte
	public ed25519.PublicKey
}

func (v verifier) Name() string    { return v.name }
func (v verifier) KeyHash() uint32 { return keyHash(v.name, v.alg, v.public) }

func (v verifier) Verify(text, sig []byte) bool {
	if v.alg == algCosignature {
		if len(sig) != 8+ed25519.SignatureSize {
			return false
		}
		text, sig = cosigned(text, binary.BigEndian.Uint64(sig)), sig[8:]
	}
	return len(sig) == ed25519.SignatureSize && ed25519.Verify(v.public, text, sig)
}

// cosigned returns what a witness signs who saw the note with this text at that second.
func cosigned(text []byte, second uint64) []byte {
	return append([]byte("cosignature/v1\ntime "+strconv.FormatUint(second, 10)+"\n"), text...)
}

// A signer signs notes with a key.
type signer struct{ key Key }

func (s signer) Name() string                     { return s.key.Name }
func (s signer) KeyHash() uint32                  { return keyHash(s.key.Name, algEd25519, s.key.public()) }
func (s signer) Sign(text []byte) ([]byte, error) { return ed25519.Sign(s.key.private, text), nil }

// A cosigner cosigns notes with a key at a time.
type cosigner struct {
	key Key
	at  time.Time
}

func (c cosigner) Name() string    { return c.key.Name }
func (c cosigner) KeyHash() uint32 { return keyHash(c.key.Name, algCosignature, c.key.public()) }
func (c cosigner) Sign(text []byte) ([]byte, error) {
	second := uint64(c.at.Unix()) // Cosign has refused what is before 1970
	return append(binary.BigEndian.AppendUint64(nil, second), ed25519.Sign(c.key.private, cosigned(text, second))...), nil
}

// SignNote signs text, which ends with a newline, as a C2SP signed note.
func SignNote(text string, key Key) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: text}, signer{key})
	if err != nil {
		return nil, fmt.Errorf("ledger: sign as %s: %w", key.Name, err)
	}
	return signed, nil
}

// OpenNote returns the text of a signed note and which of the known keys signed it. Whether the key
// did at the right time, [PublicKey.At] says. Errors are [ErrMalformed], [ErrUnknownKey] and [ErrSignature].
func OpenNote(signed []byte, known []PublicKey) (text string, by PublicKey, err error) {
	n, err := parseNote(signed)
	if err != nil {
		return "", PublicKey{}, err
	}
	err = ErrUnknownKey
	for _, key := range known {
		_, failed := verifyNote(signed, n, key, algEd25519)
		if failed == nil {
			return n.Text, key, nil
		}
		if errors.Is(failed, ErrSignature) {
			err = failed
		}
	}
	return n.Text, PublicKey{}, fmt.Errorf("ledger: open note: %w", err)
}

// parseNote reads a note and verifies nothing.
func parseNote(signed []byte) (*note.Note, error) {
	var unverified *note.UnverifiedNoteError
	if _, err := note.Open(signed, note.VerifierList()); !errors.As(err, &unverified) {
		return nil, fmt.Errorf("ledger: open note: %w", ErrMalformed)
	}
	return unverified.Note, nil
}

// verifyNote returns the signature of key under the note n, which has been read from signed. A key
// of another algorithm is unknown: a cosignature is no signature.
func verifyNote(signed []byte, n *note.Note, key PublicKey, alg byte) (note.Signature, error) {
	v, err := key.parse()
	if err != nil || v.alg != alg {
		return note.Signature{}, ErrUnknownKey
	}
	for _, sig := range n.UnverifiedSigs {
		if sig.Name != v.name || sig.Hash != v.KeyHash() {
			continue
		}
		opened, err := note.Open(signed, note.VerifierList(v))
		if err != nil || len(opened.Sigs) != 1 {
			return note.Signature{}, fmt.Errorf("%w (%s)", ErrSignature, v.name)
		}
		return opened.Sigs[0], nil
	}
	return note.Signature{}, ErrUnknownKey
}

// Only returns a signed note with the signature of key and no other: what strangers added is gone.
func Only(signed []byte, key PublicKey) ([]byte, error) {
	n, err := parseNote(signed)
	if err != nil {
		return nil, err
	}
	sig, err := verifyNote(signed, n, key, algEd25519)
	if err != nil {
		return nil, fmt.Errorf("ledger: open note: %w", err)
	}
	return note.Sign(&note.Note{Text: n.Text, Sigs: []note.Signature{sig}})
}
