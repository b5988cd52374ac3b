package devidp

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"

	"koko/internal/demo"
)

// RSA, because it is the one algorithm that every OIDC client must understand, and because
// the API verifies far more often than the provider signs.
const algorithm = jose.RS256

// signingKey is the key the provider signs with, in the form op.Storage wants.
type signingKey struct{ jwk jose.JSONWebKey }

func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return algorithm }
func (k signingKey) Key() any                                    { return k.jwk.Key }
func (k signingKey) ID() string                                  { return k.jwk.KeyID }

// publicKey is the half of signingKey that the provider publishes.
type publicKey struct{ jwk jose.JSONWebKey }

func (k publicKey) Algorithm() jose.SignatureAlgorithm { return algorithm }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return k.jwk.Key }
func (k publicKey) ID() string                         { return k.jwk.KeyID }

// loadOrCreateKey reads the key of file, which it writes first if there is none: tokens stay
// valid across a restart.
func loadOrCreateKey(file string) (signingKey, error) {
	key, err := loadKey(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := createKey(file); err != nil {
		return signingKey{}, fmt.Errorf("create signing key %s: %w", file, err)
	}
	return loadKey(file)
}

func loadKey(file string) (signingKey, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return signingKey{}, fmt.Errorf("read signing key: %w", err)
	}
	var jwk jose.JSONWebKey
	if err := json.Unmarshal(data, &jwk); err != nil {
		return signingKey{}, fmt.Errorf("signing key %s is damaged: %w", file, err)
	}
	if _, ok := jwk.Key.(*rsa.PrivateKey); !ok || !jwk.Valid() {
		return signingKey{}, fmt.Errorf("signing key %s is not an RSA private key", file)
	}
	return signingKey{jwk}, nil
}

// createKey writes a new key beside file and renames it: a crash leaves a whole key or none.
func createKey(file string) error {
	data, err := newKey()
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already once renamed
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

func newKey() ([]byte, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	jwk := jose.JSONWebKey{Key: private, Algorithm: string(algorithm), Use: "sig"}
	thumbprint, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, err
	}
	jwk.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	return json.Marshal(jwk)
}

// accessClaims are the claims of an access token as RFC 9068 has them.
type accessClaims struct {
	jwt.Claims
	ClientID string `json:"client_id"`
	Name     string `json:"name"`
}

// MintToken signs an access token for u with the key of a provider that was started before,
// for scripts: it takes the same way through the API as one from a login.
func MintToken(keyFile, issuer string, u demo.User, lifetime time.Duration) (string, error) {
	key, err := loadKey(keyFile)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: algorithm, Key: key.jwk},
		(&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	now := time.Now()
	token, err := jwt.Signed(signer).Claims(accessClaims{
		Claims: jwt.Claims{
			ID:       uuid.NewString(),
			Issuer:   issuer,
			Subject:  u.Subject,
			Audience: jwt.Audience{Audience},
			IssuedAt: jwt.NewNumericDate(now),
			Expiry:   jwt.NewNumericDate(now.Add(lifetime)),
		},
		ClientID: ClientID,
		Name:     u.Name,
	}).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	return token, nil
}
