// Package vault encrypts the prose and the names of a case, so that erasing them is the
// destruction of a key while every history and audit proof stays verifiable. It is pure
// cryptography on Google's Tink: it knows no database and no case.
//
// # Keys
//
// The master key (one file, [CreateIfMissing]) wraps a data key per case and compartment. A
// data key is 32 random bytes; HKDF derives from it one key that seals (AES-256-GCM) and one
// that makes nonces (HMAC-SHA256). One secret, and not a Tink keyset of two keys, because a data
// key is never rotated, only destroyed, and because what is stored is then 65 bytes with nothing to parse.
// The context given when a key is wrapped ("case/<uuid>/mediation") is authenticated, so a
// wrapped key that is moved to another case or compartment does not unwrap.
//
// Each document has a secret of its own ([NewSecret]), and a key that follows by HKDF from the data key,
// with the secret as its salt ([Key.Document]). Both are needed: the secret says nothing without the
// master key, and the data key opens no document whose secret is gone. Documents from before there were
// secrets are sealed by the data key itself.
//
// Erasing a compartment is the deletion of its wrapped key and of the tokens; erasing one document is
// the deletion of its secret, its tokens and its sealed text. The text goes with them because of
// documents without a secret, whose key others need. It is complete when the last backup that holds
// them is gone, so backups need an end.
//
// What the workflow engine keeps is sealed by a [Ring]: HKDF derives one key from each wrapping key, under a label of
// its own. Rotating the master key ([Rotate]) adds a wrapping key, and so a new key of payloads; the old ones still open.
// No key may be taken out of the master key while a history that was sealed under it is kept.
//
// # Digests
//
// A history is kept for ever and holds the digest of each document. A bare SHA-256 of short prose
// can be guessed ("Ist es die Familie X?"), so the digest is the commitment SHA-256(nonce ‖ plain),
// where the nonce is the HMAC of the document's binding under the document's key. This gives:
//
//   - the same document recorded twice has the same digest: a retry is the same command;
//   - whoever holds data key and secret can prove the digest at any time;
//   - a single document can be proven to an outsider, who needs its text, its [Key.Nonce] and
//     sha256sum, and learns nothing that opens another document (a plain HMAC would not allow this);
//   - once the data key or the secret is destroyed, nonce and digest are 32 random bytes to everybody,
//     the holder of the master key included.
//
// The nonce is not stored in the document: it follows from the key, and dies with it.
//
// # Search
//
// [Master.Tokens] is a blind index: whoever reads the database sees that two documents share
// a beginning of a word, and how often, but not the word. It hides nothing from a holder of the
// master key, who can try words. Therefore the mediation compartment must not be indexed, and
// tokens must be deleted together with the key of what they were made of.
package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrOpen says that something does not open. Which of the possible reasons it is cannot be known.
var ErrOpen = errors.New("vault: wrong key or binding, or the data was altered")

// A Master wraps data keys and makes search tokens. It is safe for concurrent use.
type Master struct {
	wrap     tink.AEAD
	search   *prf.Set
	payloads *Ring
}

// keyFile is the form of the master key on disk: two cleartext Tink keysets. The file itself
// is the secret, its protection is the operating system's.
type keyFile struct {
	Wrap   json.RawMessage `json:"wrap"`
	Search json.RawMessage `json:"search"`
}

// Generate returns the content of a new master key file.
func Generate() ([]byte, error) {
	wrap, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("vault: generate wrap keyset: %w", err)
	}
	search, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("vault: generate search keyset: %w", err)
	}
	return format(wrap, search)
}

// Rotate returns the content of a master key file with a new wrapping key. New data keys are
// wrapped with it, the old ones still unwrap. The search key stays, or nothing would be found any more.
func Rotate(file []byte) ([]byte, error) {
	wrap, search, err := handles(file)
	if err != nil {
		return nil, err
	}
	m := keyset.NewManagerFromHandle(wrap)
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("vault: add wrapping key: %w", err)
	}
	if err := m.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("vault: promote wrapping key: %w", err)
	}
	next, err := m.Handle()
	if err != nil {
		return nil, fmt.Errorf("vault: rotate: %w", err)
	}
	return format(next, search)
}

// Parse reads the content of a master key file. Its errors never quote the content.
func Parse(file []byte) (*Master, error) {
	wrap, search, err := handles(file)
	if err != nil {
		return nil, err
	}
	a, err := aead.New(wrap)
	if err != nil {
		return nil, errors.New("vault: the wrap keyset of the master key is not for encryption")
	}
	p, err := prf.NewPRFSet(search)
	if err != nil {
		return nil, errors.New("vault: the search keyset of the master key is not for tokens")
	}
	// Tokens has no error to return: a key that cannot make one is refused here.
	if _, err := p.ComputePrimaryPRF(nil, tokenSize); err != nil {
		return nil, errors.New("vault: the search keyset of the master key makes no tokens")
	}
	payloads, err := newRing(wrap)
	if err != nil {
		return nil, err
	}
	return &Master{wrap: a, search: p, payloads: payloads}, nil
}

// Format hides the key from every verb of fmt.
func (*Master) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "vault.Master") }

// handles parses the two keysets. The parsers' own errors quote what they stumble over, which
// may be key material, so they are not passed on.
func handles(file []byte) (wrap, search *keyset.Handle, err error) {
	var f keyFile
	d := json.NewDecoder(bytes.NewReader(file))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, nil, errors.New(`vault: the master key is not a JSON object of "wrap" and "search"`)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("vault: the master key has something after its end")
	}
	if wrap, err = readKeyset(f.Wrap); err != nil {
		return nil, nil, errors.New("vault: the wrap keyset of the master key is missing or broken")
	}
	if search, err = readKeyset(f.Search); err != nil {
		return nil, nil, errors.New("vault: the search keyset of the master key is missing or broken")
	}
	return wrap, search, nil
}

func readKeyset(raw []byte) (*keyset.Handle, error) {
	return insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
}

func format(wrap, search *keyset.Handle) ([]byte, error) {
	var w, s bytes.Buffer
	if err := insecurecleartextkeyset.Write(wrap, keyset.NewJSONWriter(&w)); err != nil {
		return nil, fmt.Errorf("vault: write wrap keyset: %w", err)
	}
	if err := insecurecleartextkeyset.Write(search, keyset.NewJSONWriter(&s)); err != nil {
		return nil, fmt.Errorf("vault: write search keyset: %w", err)
	}
	file, err := json.MarshalIndent(keyFile{Wrap: w.Bytes(), Search: s.Bytes()}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("vault: write master key: %w", err)
	}
	return append(file, '\n'), nil
}
