package devidp

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"

	"koko/internal/demo"
	"koko/internal/keyfile"
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

func privateFile(path string) keyfile.File {
	return keyfile.File{Path: path, What: "token signing key file"}
}

// loadOrCreateKey reads the key of file, which it writes first if there is none: tokens stay
// valid across a restart.
func loadOrCreateKey(file string) (signingKey, error) {
	key, _, err := keyfile.LoadOrCreate(privateFile(file), newKey, parseKey)
	return key, err
}

func loadKey(file string) (signingKey, error) { return keyfile.Load(privateFile(file), parseKey) }

// parseKey passes on no error of the parsers: they quote what they stumble over.
func parseKey(content []byte) (signingKey, error) {
	var jwk jose.JSONWebKey
	if err := json.Unmarshal(content, &jwk); err != nil {
		return signingKey{}, errors.New("not a JSON Web Key")
	}
	if _, ok := jwk.Key.(*rsa.PrivateKey); !ok || !jwk.Valid() {
		return signingKey{}, errors.New("not an RSA private key")
	}
	return signingKey{jwk}, nil
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
