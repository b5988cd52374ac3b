package vault

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrUnknownKey says that the master key has no key of that name: it is another installation's, or from before
// a rotation.
var ErrUnknownKey = errors.New("vault: the master key has no such key")

// A Ring seals what the workflow engine keeps: one key follows from each wrapping key of the master key, and the
// newest one seals. It is safe for concurrent use.
type Ring struct {
	newest string
	keys   map[string]tink.AEAD
}

// Payloads returns the keys of what the workflow engine keeps. After a rotation of the master key what was sealed
// before still opens.
func (m *Master) Payloads() *Ring { return m.payloads }

// newRing derives a key from each wrapping key. The label is part of the stored format.
func newRing(wrap *keyset.Handle) (*Ring, error) {
	r := &Ring{keys: map[string]tink.AEAD{}}
	for i := range wrap.Len() {
		e, err := wrap.Entry(i)
		if err != nil {
			return nil, errors.New("vault: a wrapping key of the master key cannot be read")
		}
		k, ok := e.Key().(*aesgcm.Key)
		if !ok {
			return nil, errors.New("vault: a wrapping key of the master key is not AES-GCM")
		}
		derived, err := hkdf.Key(sha256.New, k.KeyBytes().Data(insecuresecretdataaccess.Token{}), nil, "koko vault 1 payload", 32)
		if err != nil {
			return nil, fmt.Errorf("vault: derive key of payloads: %w", err)
		}
		id := strconv.FormatUint(uint64(e.KeyID()), 10)
		if r.keys[id], err = subtle.NewAESGCM(derived); err != nil {
			return nil, fmt.Errorf("vault: key of payloads: %w", err)
		}
		if e.IsPrimary() {
			r.newest = id
		}
	}
	return r, nil
}

// Seal encrypts plain under the newest key, binds it to aad and names the key. Sealing twice gives two different
// results.
func (r *Ring) Seal(plain, aad []byte) (key string, sealed []byte, err error) {
	if sealed, err = r.keys[r.newest].Encrypt(plain, aad); err != nil {
		return "", nil, fmt.Errorf("vault: seal: %w", err)
	}
	return r.newest, sealed, nil
}

// Open decrypts what Seal made under that key with the same aad. It returns [ErrUnknownKey] if the master key does
// not have the key, and [ErrOpen] for anything else.
func (r *Ring) Open(key string, sealed, aad []byte) ([]byte, error) {
	k, ok := r.keys[key]
	if !ok {
		return nil, ErrUnknownKey
	}
	plain, err := k.Decrypt(sealed, aad)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// Format hides the keys from every verb of fmt.
func (*Ring) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "vault.Ring") }
