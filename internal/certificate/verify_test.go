package certificate_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/internal/certificate"
)

// private returns the key that the file at path signs with.
func private(t *testing.T, path string) ed25519.PrivateKey {
	t.Helper()
	return ed25519.NewKeyFromSeed(decode(t, field(t, read(t, path), "d")))
}

// forge signs any header and claims.
func forge(t *testing.T, header, claims any, sign func(input []byte) []byte) string {
	t.Helper()
	h, err := json.Marshal(header)
	require.NoError(t, err)
	c, err := json.Marshal(claims)
	require.NoError(t, err)
	input := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c)
	return input + "." + base64.RawURLEncoding.EncodeToString(sign([]byte(input)))
}

func refused(t *testing.T, err error) {
	t.Helper()
	for _, known := range []error{
		certificate.ErrMalformed, certificate.ErrIssuer, certificate.ErrUnknownKey,
		certificate.ErrSignature, certificate.ErrNotYet, certificate.ErrExpired,
	} {
		if errors.Is(err, known) {
			return
		}
	}
	require.Fail(t, "an error without a name", "%v", err)
}

func TestATokenThatDiffersInOneByteIsRefused(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	token, err := i.Credential(attended())
	require.NoError(t, err)
	_, err = i.Verify(token, issued)
	require.NoError(t, err)
	for n := range token {
		for _, b := range []byte{token[n] ^ 1, token[n] ^ 2, 'A', '.', '\n', '='} {
			if b == token[n] {
				continue
			}
			_, err := i.Verify(token[:n]+string(b)+token[n+1:], issued)
			refused(t, err)
		}
		_, err := i.Verify(token[:n]+"\n"+token[n:], issued)
		refused(t, err)
		_, err = i.Verify(token[:n]+token[n+1:], issued)
		refused(t, err)
	}
}

func TestAnAlteredClaimHasNoSignature(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	token, err := i.Credential(passed())
	require.NoError(t, err)
	parts := strings.Split(token, ".")
	altered := strings.Replace(string(decode(t, parts[1])), "Jürgen", "Jochen", 1)
	_, err = i.Verify(parts[0]+"."+base64.RawURLEncoding.EncodeToString([]byte(altered))+"."+parts[2], issued)
	require.ErrorIs(t, err, certificate.ErrSignature)
}

func TestOnlyEdDSAWithAKnownKeyIsAccepted(t *testing.T) {
	t.Parallel()
	i, path := issuer(t)
	key := private(t, path)
	token, err := i.Credential(passed())
	require.NoError(t, err)
	header, claims := opened(t, i, token)
	sign := func(input []byte) []byte { return ed25519.Sign(key, input) }
	hmacWithPublicKey := func(input []byte) []byte {
		m := hmac.New(sha256.New, key.Public().(ed25519.PublicKey))
		m.Write(input)
		return m.Sum(nil)
	}
	_, err = i.Verify(forge(t, header, claims, sign), issued)
	require.NoError(t, err, "the forger of this test forges well")

	mine := ed25519.NewKeyFromSeed(make([]byte, 32))
	jwk := map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(mine.Public().(ed25519.PublicKey))}
	signMine := func(input []byte) []byte { return ed25519.Sign(mine, input) }
	for name, try := range map[string]struct {
		alter map[string]any
		sign  func([]byte) []byte
		want  error
	}{
		"none":               {map[string]any{"alg": "none"}, func([]byte) []byte { return nil }, certificate.ErrMalformed},
		"HMAC with our key":  {map[string]any{"alg": "HS256"}, hmacWithPublicKey, certificate.ErrMalformed},
		"another algorithm":  {map[string]any{"alg": "ES256"}, sign, certificate.ErrMalformed},
		"RSA":                {map[string]any{"alg": "RS256"}, sign, certificate.ErrMalformed},
		"another type":       {map[string]any{"typ": "JWT"}, sign, certificate.ErrMalformed},
		"no type":            {map[string]any{"typ": nil}, sign, certificate.ErrMalformed},
		"a critical header":  {map[string]any{"crit": []string{"exp"}}, sign, certificate.ErrSignature},
		"a key of its own":   {map[string]any{"jwk": jwk}, signMine, certificate.ErrMalformed},
		"only its own key":   {map[string]any{"jwk": jwk, "kid": nil}, signMine, certificate.ErrMalformed},
		"a key elsewhere":    {map[string]any{"kid": "https://evil.example/key", "jku": "https://evil.example/jwks"}, signMine, certificate.ErrUnknownKey},
		"a bare thumbprint":  {map[string]any{"kid": i.Keys.Active().Thumbprint}, sign, certificate.ErrUnknownKey},
		"no key":             {map[string]any{"kid": nil}, sign, certificate.ErrUnknownKey},
		"another's signing":  {nil, signMine, certificate.ErrSignature},
		"an empty signature": {nil, func([]byte) []byte { return nil }, certificate.ErrSignature},
	} {
		_, err := i.Verify(forge(t, with(header, try.alter), claims, try.sign), issued)
		require.ErrorIs(t, err, try.want, name)
	}
}

// with returns m with some values replaced, those that are nil removed.
func with(m, changes map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = v
	}
	for k, v := range changes {
		if out[k] = v; v == nil {
			delete(out, k)
		}
	}
	return out
}

func TestASignedTokenMustBeACredentialOfThisIssuerThatIsValid(t *testing.T) {
	t.Parallel()
	i, path := issuer(t)
	key := private(t, path)
	token, err := i.Credential(passed())
	require.NoError(t, err)
	header, claims := opened(t, i, token)
	subject, status := claims["credentialSubject"].(map[string]any), claims["credentialStatus"].(map[string]any)
	for name, try := range map[string]struct {
		alter map[string]any
		want  error
	}{
		"another issuer claimed":     {map[string]any{"iss": "https://other.example"}, certificate.ErrIssuer},
		"another issuer named":       {map[string]any{"issuer": map[string]any{"id": "https://other.example"}}, certificate.ErrIssuer},
		"no issuer":                  {map[string]any{"iss": nil}, certificate.ErrIssuer},
		"not a badge":                {map[string]any{"type": []string{"VerifiableCredential"}}, certificate.ErrMalformed},
		"not a credential":           {map[string]any{"type": []string{"OpenBadgeCredential"}}, certificate.ErrMalformed},
		"another id":                 {map[string]any{"jti": "https://koko.example.nrw/verify/AAAA"}, certificate.ErrMalformed},
		"an id elsewhere":            {map[string]any{"jti": "https://x.example/1", "id": "https://x.example/1"}, certificate.ErrMalformed},
		"an id with a path":          {map[string]any{"jti": i.VerifyURL("A/B"), "id": i.VerifyURL("A/B")}, certificate.ErrMalformed},
		"another subject":            {map[string]any{"sub": "did:example:1"}, certificate.ErrMalformed},
		"another date":               {map[string]any{"nbf": issued.Unix() - 1}, certificate.ErrMalformed},
		"no status":                  {map[string]any{"credentialStatus": nil}, certificate.ErrMalformed},
		"another list":               {map[string]any{"credentialStatus": with(status, map[string]any{"statusListCredential": "https://x.example/1"})}, certificate.ErrMalformed},
		"an index that is no number": {map[string]any{"credentialStatus": with(status, map[string]any{"statusListIndex": "x"})}, certificate.ErrMalformed},
		"an index beyond the list":   {map[string]any{"credentialStatus": with(status, map[string]any{"statusListIndex": "131072"})}, certificate.ErrMalformed},
		"no holder":                  {map[string]any{"credentialSubject": with(subject, map[string]any{"identifier": nil})}, certificate.ErrMalformed},
		"an unknown kind":            {map[string]any{"credentialSubject": with(subject, map[string]any{"achievement": map[string]any{"id": "diploma"}})}, certificate.ErrMalformed},
		"a subject that is a list":   {map[string]any{"credentialSubject": []any{subject}}, certificate.ErrMalformed},
		"not valid yet":              {map[string]any{"nbf": issued.Unix() + 3600, "validFrom": issued.Add(time.Hour)}, certificate.ErrNotYet},
		"expired":                    {map[string]any{"exp": issued.Unix()}, certificate.ErrExpired},
		"no longer valid":            {map[string]any{"validUntil": issued}, certificate.ErrExpired},
	} {
		_, err := i.Verify(forge(t, header, with(claims, try.alter), func(input []byte) []byte { return ed25519.Sign(key, input) }), issued)
		require.ErrorIs(t, err, try.want, name)
	}
	_, err = i.Verify(token, issued.Add(-time.Second))
	require.ErrorIs(t, err, certificate.ErrNotYet)
	other, _ := issuer(t)
	_, err = other.Verify(token, issued)
	require.ErrorIs(t, err, certificate.ErrUnknownKey)
	list, err := i.StatusList(nil, issued)
	require.NoError(t, err)
	_, err = i.Verify(list, issued)
	require.ErrorIs(t, err, certificate.ErrMalformed, "a status list is signed with the same key")
}

func TestWhatIsNoTokenIsRefused(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	for _, token := range []string{
		"", ".", "..", "...", "a.b.c", "e30.e30.", "e30.bnVsbA.AA", `{"payload":"e30","signature":"AA"}`,
		strings.Repeat("A", 300_000), strings.Repeat(".", 100_000), "eyJhbGciOiJFZERTQSIsInR5cCI6InZjK2p3dCJ9.W10.AA",
	} {
		_, err := i.Verify(token, issued)
		require.ErrorIs(t, err, certificate.ErrMalformed)
	}
}

func FuzzVerifyAcceptsOnlyWhatWasIssued(f *testing.F) {
	path := f.TempDir() + "/signing-keys.json"
	keys, _, err := certificate.CreateKeysIfMissing(path)
	require.NoError(f, err)
	i := &certificate.Issuer{URL: "https://koko.example.nrw", Name: "KoKo", Keys: keys}
	token, err := i.Credential(attended())
	require.NoError(f, err)
	list, err := i.StatusList([]int{1}, issued)
	require.NoError(f, err)
	parts := strings.Split(token, ".")
	for _, seed := range []string{
		token, list, "", "..", "e30.e30.AA", "eyJhbGciOiJub25lIn0." + parts[1] + ".", parts[0] + "." + parts[1] + ".",
		parts[0] + ".bnVsbA." + parts[2], token + "\n", token[:len(token)-1] + "A",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		shown, err := i.Verify(s, issued)
		if s == token {
			require.NoError(t, err)
			require.Equal(t, "KOKO-2026-0008", shown.Number)
			return
		}
		refused(t, err)
		require.Zero(t, shown)
	})
}
