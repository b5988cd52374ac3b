package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"
)

const secretSize = 32

// A Key seals the documents of one compartment of one case, or one of them. It is safe for concurrent use.
type Key struct {
	secret []byte
	seal   tink.AEAD
	nonce  []byte
}

// NewKey returns a new data key and its wrapped form, which unwraps only with the same context.
func (m *Master) NewKey(context string) (wrapped []byte, k *Key, err error) {
	if context == "" {
		return nil, nil, errors.New("vault: a data key needs a context")
	}
	secret := NewSecret()
	if wrapped, err = m.wrap.Encrypt(secret, []byte(context)); err != nil {
		return nil, nil, fmt.Errorf("vault: wrap data key of %s: %w", context, err)
	}
	k, err = derive(secret)
	return wrapped, k, err
}

// Unwrap returns the data key that was wrapped with context, and [ErrOpen] with any other.
func (m *Master) Unwrap(wrapped []byte, context string) (*Key, error) {
	secret, err := m.wrap.Decrypt(wrapped, []byte(context))
	if err != nil || len(secret) != secretSize {
		return nil, fmt.Errorf("unwrap data key of %s: %w", context, ErrOpen)
	}
	return derive(secret)
}

// NewSecret returns the secret of a new document.
func NewSecret() []byte {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails: it crashes the process instead
	return secret
}

// Document returns the key of the document with that secret. It takes both: without the secret nobody
// can make it again. A document without a secret, from before there were any, is sealed by k itself.
func (k *Key) Document(secret []byte) (*Key, error) {
	if len(secret) == 0 {
		return k, nil
	}
	if len(secret) != secretSize {
		return nil, fmt.Errorf("vault: the secret of a document has %d bytes", len(secret))
	}
	own, err := hkdf.Key(sha256.New, k.secret, secret, "koko vault 2 document", secretSize)
	if err != nil {
		return nil, fmt.Errorf("vault: derive key of a document: %w", err)
	}
	return derive(own)
}

// derive makes two independent keys of one secret. The labels are part of the stored format.
func derive(secret []byte) (*Key, error) {
	seal, err := hkdf.Expand(sha256.New, secret, "koko vault 1 seal", 32)
	if err != nil {
		return nil, fmt.Errorf("vault: derive sealing key: %w", err)
	}
	nonce, err := hkdf.Expand(sha256.New, secret, "koko vault 1 nonce", 32)
	if err != nil {
		return nil, fmt.Errorf("vault: derive nonce key: %w", err)
	}
	gcm, err := subtle.NewAESGCM(seal)
	if err != nil {
		return nil, fmt.Errorf("vault: sealing key: %w", err)
	}
	return &Key{secret: secret, seal: gcm, nonce: nonce}, nil
}

// Binding names one version of one document, as the aad of Seal, Open, Nonce and Digest: a sealed text
// then opens in its own place only.
func Binding(document string, version int) []byte {
	return []byte("document/" + document + "/" + strconv.Itoa(version))
}

// Seal encrypts plain and binds it to aad. Sealing twice gives two different results.
func (k *Key) Seal(plain, aad []byte) ([]byte, error) {
	if len(aad) == 0 {
		return nil, errors.New("vault: a document needs a binding")
	}
	sealed, err := k.seal.Encrypt(plain, aad)
	if err != nil {
		return nil, fmt.Errorf("vault: seal %s: %w", aad, err)
	}
	return sealed, nil
}

// Open decrypts what Seal made with the same aad, and returns [ErrOpen] for anything else.
func (k *Key) Open(sealed, aad []byte) ([]byte, error) {
	plain, err := k.seal.Decrypt(sealed, aad)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", aad, ErrOpen)
	}
	return plain, nil
}

// Nonce returns the 32 bytes that, put before a document's text, make its digest with SHA-256.
// Handing them out with the text proves that one document and opens no other.
func (k *Key) Nonce(aad []byte) []byte {
	h := hmac.New(sha256.New, k.nonce)
	h.Write(aad)
	return h.Sum(nil)
}

// Digest returns the 64 hexadecimal digits under which histories know plain. They are the same for
// the same text and aad, and say nothing about the text without the key.
func (k *Key) Digest(plain, aad []byte) string {
	h := sha256.New()
	h.Write(k.Nonce(aad))
	h.Write(plain)
	return hex.EncodeToString(h.Sum(nil))
}

// Format hides the key from every verb of fmt.
func (*Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "vault.Key") }
