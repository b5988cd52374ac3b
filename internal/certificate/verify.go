package certificate

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"koko/domain/strict"
)

// Why a credential does not verify.
var (
	ErrMalformed  = errors.New("certificate: not a credential of this form")
	ErrIssuer     = errors.New("certificate: the credential names another issuer")
	ErrUnknownKey = errors.New("certificate: the credential is signed with an unknown key")
	ErrSignature  = errors.New("certificate: the signature does not fit: the credential was altered")
	ErrNotYet     = errors.New("certificate: the credential is not valid yet")
	ErrExpired    = errors.New("certificate: the credential is no longer valid")
)

// Shown is what a credential itself says. Only the register knows whether the certificate is valid.
type Shown struct {
	Kind        Kind
	Code        string
	Number      string
	Holder      string
	Title       string
	Issued      time.Time
	StatusIndex int
}

// Verify returns what an Open Badges credential of this issuer says, or why it is not one that
// can be believed at this time: [ErrMalformed], [ErrIssuer], [ErrUnknownKey], [ErrSignature],
// [ErrNotYet] or [ErrExpired].
func (i *Issuer) Verify(token string, at time.Time) (Shown, error) {
	jws, err := parseToken(token)
	if err != nil {
		return Shown{}, err
	}
	var unverified struct {
		Issuer string `json:"iss"`
	}
	if err := strict.Unmarshal(jws.UnsafePayloadWithoutVerification(), &unverified); err != nil {
		return Shown{}, fmt.Errorf("%w: the payload is not a JSON object", ErrMalformed)
	}
	if unverified.Issuer != i.id() { // nobody else's key is known, and this says more than that
		return Shown{}, ErrIssuer
	}
	thumbprint, ours := strings.CutPrefix(jws.Signatures[0].Protected.KeyID, i.KeyURL(""))
	key, known := i.Keys.Find(thumbprint)
	if !ours || !known {
		return Shown{}, ErrUnknownKey
	}
	payload, err := jws.Verify(key.Public())
	if err != nil {
		return Shown{}, ErrSignature
	}
	var c claims[achievementSubject]
	if err := strict.Unmarshal(payload, &c); err != nil {
		return Shown{}, fmt.Errorf("%w: the payload is not a credential", ErrMalformed)
	}
	return i.shown(c, at)
}

// parseToken accepts a compact JWS in its one canonical form: what differs in a byte is not the same credential.
func parseToken(token string) (*jose.JSONWebSignature, error) {
	if len(token) > maxToken {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrMalformed, maxToken)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, fmt.Errorf("%w: not three parts", ErrMalformed)
	}
	for _, part := range parts {
		content, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || base64.RawURLEncoding.EncodeToString(content) != part {
			return nil, fmt.Errorf("%w: not base64url", ErrMalformed)
		}
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return nil, fmt.Errorf("%w: not signed with EdDSA", ErrMalformed)
	}
	header := jws.Signatures[0].Protected
	if header.ExtraHeaders[jose.HeaderType] != mediaType || header.JSONWebKey != nil {
		return nil, fmt.Errorf("%w: the header is not one of %s", ErrMalformed, mediaType)
	}
	return jws, nil
}

// shown checks what Open Badges 3.0 wants checked besides the signature (section 8.2.5).
func (i *Issuer) shown(c claims[achievementSubject], at time.Time) (Shown, error) {
	code, ours := strings.CutPrefix(c.ID, i.VerifyURL(""))
	switch {
	case c.JWTIssuer != i.id() || c.Issuer.ID != i.id():
		return Shown{}, ErrIssuer
	case !slices.Contains(c.Type, typeVC) || !slices.Contains(c.Type, typeBadge):
		return Shown{}, fmt.Errorf("%w: not an %s", ErrMalformed, typeBadge)
	case !ours || !validCode(code) || c.JWTID != c.ID || c.JWTSubject != c.Subject.ID || c.NotBefore != c.ValidFrom.Unix():
		return Shown{}, fmt.Errorf("%w: its claims contradict each other", ErrMalformed)
	case len(c.Subject.Identifier) != 1 || c.Status == nil || c.Status.List != i.StatusListURL():
		return Shown{}, fmt.Errorf("%w: holder or status is missing", ErrMalformed)
	case at.Before(c.ValidFrom):
		return Shown{}, ErrNotYet
	case c.Expires != 0 && !at.Before(time.Unix(c.Expires, 0)), c.ValidUntil != nil && !at.Before(*c.ValidUntil):
		return Shown{}, ErrExpired
	}
	index, err := strconv.Atoi(c.Status.Index)
	kind := Kind(c.Subject.Achievement.ID[strings.LastIndexByte(c.Subject.Achievement.ID, '/')+1:])
	if err != nil || index < 0 || index >= statusBits || (kind != KindCertificate && kind != KindConfirmation) {
		return Shown{}, fmt.Errorf("%w: its kind or its status index is unknown", ErrMalformed)
	}
	return Shown{
		Kind: kind, Code: code, Number: c.Subject.LicenseNumber, Holder: c.Subject.Identifier[0].Value,
		Title: c.Name, Issued: c.ValidFrom, StatusIndex: index,
	}, nil
}
