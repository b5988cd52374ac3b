package certificate

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Keys are what an issuer signs with. The first key signs, the others verify what they have signed.
// Keys never change: [Rotate] returns new ones. They are safe for concurrent use.
type Keys struct {
	list []Key
}

// A Key is an Ed25519 key pair. Thumbprint is its name (RFC 7638); Retired is when it stopped
// signing, zero for the one that signs.
type Key struct {
	Thumbprint string
	Retired    time.Time
	private    ed25519.PrivateKey
}

// Public returns the half that verifies.
func (k Key) Public() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }

// Active returns the key that signs.
func (k *Keys) Active() Key { return k.list[0] }

// Find returns the key with this thumbprint, retired or not.
func (k *Keys) Find(thumbprint string) (Key, bool) {
	for _, key := range k.list {
		if key.Thumbprint == thumbprint {
			return key, true
		}
	}
	return Key{}, false
}

// JWKS returns the public keys under the names that the issuer's credentials have for them.
func (i *Issuer) JWKS() jose.JSONWebKeySet {
	var set jose.JSONWebKeySet
	for _, key := range i.Keys.list {
		set.Keys = append(set.Keys, key.jwk(i.KeyURL(key.Thumbprint)))
	}
	return set
}

// JWK returns the public key with this thumbprint, and whether there is one.
func (i *Issuer) JWK(thumbprint string) (jose.JSONWebKey, bool) {
	key, ok := i.Keys.Find(thumbprint)
	if !ok {
		return jose.JSONWebKey{}, false
	}
	return key.jwk(i.KeyURL(thumbprint)), true
}

func (k Key) jwk(name string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.Public(), KeyID: name, Algorithm: string(jose.EdDSA), Use: "sig"}
}

// fileKey is a private JWK (RFC 8037). "retired" is an addition that RFC 7517 allows.
type fileKey struct {
	Type      string     `json:"kty"`
	Curve     string     `json:"crv"`
	Algorithm string     `json:"alg"`
	Use       string     `json:"use"`
	ID        string     `json:"kid"`
	X         string     `json:"x"`
	D         string     `json:"d"`
	Retired   *time.Time `json:"retired,omitempty"`
}

type keyFile struct {
	Keys []fileKey `json:"keys"`
}

func generate() (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("certificate: generate signing key: %w", err)
	}
	return newKey(private, time.Time{})
}

func newKey(private ed25519.PrivateKey, retired time.Time) (Key, error) {
	jwk := jose.JSONWebKey{Key: private.Public()}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return Key{}, fmt.Errorf("certificate: name signing key: %w", err)
	}
	return Key{Thumbprint: base64.RawURLEncoding.EncodeToString(sum), Retired: retired, private: private}, nil
}

// format returns the content of a key file.
func (k *Keys) format() ([]byte, error) {
	var file keyFile
	for _, key := range k.list {
		f := fileKey{
			Type: "OKP", Curve: "Ed25519", Algorithm: string(jose.EdDSA), Use: "sig", ID: key.Thumbprint,
			X: base64.RawURLEncoding.EncodeToString(key.Public()),
			D: base64.RawURLEncoding.EncodeToString(key.private.Seed()),
		}
		if !key.Retired.IsZero() {
			f.Retired = &key.Retired
		}
		file.Keys = append(file.Keys, f)
	}
	content, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("certificate: format signing keys: %w", err)
	}
	return append(content, '\n'), nil
}

// parseKeys reads the content of a key file. Its errors never quote the content.
func parseKeys(content []byte) (*Keys, error) {
	var file keyFile
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, errors.New("certificate: the signing keys are not JSON")
	}
	if len(file.Keys) == 0 {
		return nil, errors.New("certificate: there is no signing key")
	}
	keys := &Keys{}
	for n, f := range file.Keys {
		key, err := f.key()
		if err != nil {
			return nil, fmt.Errorf("certificate: signing key %d: %w", n+1, err)
		}
		if (n == 0) != key.Retired.IsZero() {
			return nil, fmt.Errorf("certificate: signing key %d: the first key signs, and all others say when they were retired", n+1)
		}
		if _, twice := keys.Find(key.Thumbprint); twice {
			return nil, fmt.Errorf("certificate: signing key %d is there twice", n+1)
		}
		keys.list = append(keys.list, key)
	}
	return keys, nil
}

// key checks that what the file says about a key is so: a half that does not fit would sign what nobody can verify.
func (f fileKey) key() (Key, error) {
	seed, err := base64.RawURLEncoding.Strict().DecodeString(f.D)
	if f.Type != "OKP" || f.Curve != "Ed25519" || err != nil || len(seed) != ed25519.SeedSize {
		return Key{}, errors.New("not a private Ed25519 key")
	}
	var retired time.Time
	if f.Retired != nil {
		retired = *f.Retired
	}
	key, err := newKey(ed25519.NewKeyFromSeed(seed), retired)
	if err != nil {
		return Key{}, err
	}
	public, err := base64.RawURLEncoding.DecodeString(f.X)
	if err != nil || !bytes.Equal(public, key.Public()) || f.ID != key.Thumbprint {
		return Key{}, errors.New("its public half or its name does not belong to it")
	}
	return key, nil
}
