package certificate_test

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/internal/certificate"
)

// opened returns header and claims of a token after checking its signature with nothing but the
// published keys and the standard library.
func opened(t *testing.T, i *certificate.Issuer, token string) (header, claims map[string]any) {
	t.Helper()
	published, err := json.Marshal(i.JWKS())
	require.NoError(t, err)
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	require.NoError(t, json.Unmarshal(decode(t, parts[0]), &header))
	require.NoError(t, json.Unmarshal(decode(t, parts[1]), &claims))
	require.Equal(t, field(t, string(published), "kid"), header["kid"])
	public := ed25519.PublicKey(decode(t, field(t, string(published), "x")))
	require.True(t, ed25519.Verify(public, []byte(parts[0]+"."+parts[1]), decode(t, parts[2])))
	return header, claims
}

func decode(t *testing.T, part string) []byte {
	t.Helper()
	content, err := base64.RawURLEncoding.DecodeString(part)
	require.NoError(t, err)
	return content
}

// at follows a path of keys and positions into JSON.
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			require.Contains(t, v, step)
			v = v.(map[string]any)[step]
		case int:
			require.Greater(t, len(v.([]any)), step)
			v = v.([]any)[step]
		}
	}
	return v
}

func TestACredentialIsAnOpenBadgeThatAnyLibraryVerifies(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	token, err := i.Credential(passed())
	require.NoError(t, err)
	header, c := opened(t, i, token)
	require.Equal(t, map[string]any{"alg": "EdDSA", "typ": "vc+jwt", "kid": i.KeyURL(i.Keys.Active().Thumbprint)}, header)

	const page = "https://koko.example.nrw/verify/K7Q2-M3XW-9TRA-VB4E"
	require.Equal(t, []any{"https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"}, c["@context"])
	require.Equal(t, []any{"VerifiableCredential", "OpenBadgeCredential"}, c["type"])
	require.NotContains(t, c, "vc", "the payload is the credential")
	require.NotContains(t, c, "exp")
	require.Equal(t, "2026-03-03T09:30:15Z", c["validFrom"])
	for claim, value := range map[string]any{
		"iss": at(t, c, "issuer", "id"), "jti": c["id"], "sub": at(t, c, "credentialSubject", "id"),
		"nbf": float64(issued.Unix()), "iat": float64(issued.Unix()),
	} {
		require.Equal(t, value, c[claim], claim)
	}
	require.Equal(t, page, c["id"])
	require.Equal(t, "https://koko.example.nrw", c["iss"])
	require.Equal(t, []any{"Profile"}, at(t, c, "issuer", "type"))
	require.Equal(t, map[string]any{"type": "IdentityObject", "identityType": "name", "identityHash": "Dr. Jürgen Weiß-Öztürk", "hashed": false},
		at(t, c, "credentialSubject", "identifier", 0))
	require.Equal(t, map[string]any{
		"id": "https://koko.example.nrw/.well-known/status-list/1#7", "type": "BitstringStatusListEntry", "statusPurpose": "revocation",
		"statusListIndex": "7", "statusListCredential": "https://koko.example.nrw/.well-known/status-list/1",
	}, c["credentialStatus"])
	require.Equal(t, "ni:///sha-256;n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg", at(t, c, "evidence", 0, "id"))
	require.Contains(t, at(t, c, "evidence", 0, "description"), digest)
	require.Equal(t, "KOKO-2026-0007", at(t, c, "credentialSubject", "licenseNumber"))

	achievement := at(t, c, "credentialSubject", "achievement")
	require.Equal(t, "https://koko.example.nrw/achievements/koko/1/certificate", at(t, achievement, "id"))
	require.Equal(t, "koko, Version 1", at(t, achievement, "version"))
	require.NotContains(t, achievement, "creditsAvailable")
	narrative := at(t, achievement, "criteria", "narrative")
	require.Contains(t, narrative, "- **Grundlagen des Konfliktmanagements** (7 Std. 30 Min. in Präsenz)\n  - Die Teilnehmenden erkennen")
	require.Contains(t, narrative, "Umfang: 36 Std.")
	require.Contains(t, narrative, "Regelwerk: koko, Version 1")
}

func TestVerifyReturnsWhatTheCredentialShows(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	for _, c := range []certificate.Certificate{passed(), attended(), long()} {
		c.Issued = c.Issued.Add(123456789 * time.Nanosecond) // dates of a JWT have whole seconds
		token, err := i.Credential(c)
		require.NoError(t, err)
		shown, err := i.Verify(token, issued.Add(time.Hour))
		require.NoError(t, err)
		require.Equal(t, certificate.Shown{
			Kind: c.Kind, Code: c.Code, Number: c.Number, Holder: c.Holder, Title: strings.TrimSpace(c.Title),
			Issued: c.Issued.Truncate(time.Second), StatusIndex: c.StatusIndex,
		}, shown)
	}
}

func TestAConfirmationDoesNotPassForACertificate(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	token, err := i.Credential(attended())
	require.NoError(t, err)
	_, c := opened(t, i, token)
	achievement := at(t, c, "credentialSubject", "achievement")
	require.Equal(t, "https://koko.example.nrw/achievements/koko/1/confirmation", at(t, achievement, "id"))
	require.NotContains(t, achievement, "achievementType")
	for _, text := range []any{c["description"], at(t, achievement, "description")} {
		require.Contains(t, text, "Teilnahmebescheinigung KOKO-2026-0008")
		require.Contains(t, text, "eine Prüfung ist damit weder abgelegt noch bestanden")
	}
}

func TestGenderFairStarsAreNotMarkup(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	c := passed()
	c.Modules[0].Outcomes = []string{"Bürger*innen und Berater*innen [verstehen] einander\n# nicht immer"}
	token, err := i.Credential(c)
	require.NoError(t, err)
	_, claims := opened(t, i, token)
	require.Contains(t, at(t, claims, "credentialSubject", "achievement", "criteria", "narrative"),
		`  - Bürger\*innen und Berater\*innen \[verstehen\] einander \# nicht immer`+"\n")
}

// Titles that others confer must not appear by our doing.
func TestNoDocumentClaimsATitleOfOthers(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	forbidden := regexp.MustCompile(`\bCAS\b|(?i:zertifizierte[rn]?\s+mediator)`)
	for _, c := range []certificate.Certificate{passed(), attended(), long()} {
		token, err := i.Credential(c)
		require.NoError(t, err)
		_, claims := opened(t, i, token)
		all, err := json.Marshal(claims)
		require.NoError(t, err)
		require.NotRegexp(t, forbidden, string(all))
		document, err := i.PDF(c)
		require.NoError(t, err)
		require.NotRegexp(t, forbidden, text(t, document))
	}
	document, err := i.Transcript(transcript())
	require.NoError(t, err)
	require.NotRegexp(t, forbidden, text(t, document))
}

func TestWhatIsNotFitIsNotIssued(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	for name, spoil := range map[string]func(*certificate.Certificate){
		"kind":            func(c *certificate.Certificate) { c.Kind = "diploma" },
		"no code":         func(c *certificate.Certificate) { c.Code = "" },
		"code with path":  func(c *certificate.Certificate) { c.Code = "K7Q2/../M3XW" },
		"code with query": func(c *certificate.Certificate) { c.Code = "K7Q2?x" },
		"no holder":       func(c *certificate.Certificate) { c.Holder = " \n\u200b" },
		"long holder":     func(c *certificate.Certificate) { c.Holder = strings.Repeat("ä", 201) },
		"no title":        func(c *certificate.Certificate) { c.Title = "" },
		"no number":       func(c *certificate.Certificate) { c.Number = "" },
		"no certifier":    func(c *certificate.Certificate) { c.Certifier = "" },
		"long superseded": func(c *certificate.Certificate) { c.Supersedes = strings.Repeat("1", 41) },
		"no date":         func(c *certificate.Certificate) { c.Issued = time.Time{} },
		"no version":      func(c *certificate.Certificate) { c.Version = 0 },
		"negative time":   func(c *certificate.Certificate) { c.Modules[1].Minutes = -1 },
		"no evidence":     func(c *certificate.Certificate) { c.Evidence = "" },
		"short evidence":  func(c *certificate.Certificate) { c.Evidence = digest[:62] },
		"loud evidence":   func(c *certificate.Certificate) { c.Evidence = strings.ToUpper(digest) },
		"status index":    func(c *certificate.Certificate) { c.StatusIndex = 131072 },
		"negative index":  func(c *certificate.Certificate) { c.StatusIndex = -1 },
	} {
		c := passed()
		spoil(&c)
		_, err := i.Credential(c)
		require.ErrorIs(t, err, certificate.ErrInvalid, name)
		_, err = i.PDF(c)
		require.ErrorIs(t, err, certificate.ErrInvalid, name)
		require.NotContains(t, err.Error(), "Öztürk", name)
	}
	c := passed()
	c.Modules[0].Outcomes = []string{strings.Repeat("x", 300_000)}
	_, err := i.Credential(c)
	require.ErrorIs(t, err, certificate.ErrInvalid, "nobody would read it")

	for _, url := range []string{"", "koko.example.nrw", "ftp://koko.example.nrw", "https://", "https://koko.example.nrw?x", "https://koko.example.nrw#x"} {
		nobody := *i
		nobody.URL = url
		_, err := nobody.Credential(passed())
		require.ErrorIs(t, err, certificate.ErrInvalid, url)
		_, err = nobody.PDF(passed())
		require.ErrorIs(t, err, certificate.ErrInvalid, url)
		_, err = nobody.StatusList(nil, issued)
		require.ErrorIs(t, err, certificate.ErrInvalid, url)
	}
}

func TestASlashAfterTheURLChangesNothing(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	plain, err := i.Credential(passed())
	require.NoError(t, err)
	i.URL += "/"
	slashed, err := i.Credential(passed())
	require.NoError(t, err)
	require.Equal(t, plain, slashed)
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	for _, render := range []func() (string, error){
		func() (string, error) { return i.Credential(long()) },
		func() (string, error) { return i.StatusList([]int{3, 1}, issued) },
		func() (string, error) { b, err := i.PDF(long()); return string(b), err },
		func() (string, error) { b, err := i.Transcript(transcript()); return string(b), err },
	} {
		first, err := render()
		require.NoError(t, err)
		for range 5 { // maps have another order now and then only
			again, err := render()
			require.NoError(t, err)
			require.True(t, first == again)
		}
	}
}

func TestTheStatusListSetsExactlyTheRevokedIndexes(t *testing.T) {
	t.Parallel()
	i, _ := issuer(t)
	for _, revoked := range [][]int{nil, {0}, {131071}, {7, 8}, {0, 1, 9, 4711, 65535, 131071, 9}} {
		token, err := i.StatusList(revoked, issued)
		require.NoError(t, err)
		header, c := opened(t, i, token)
		require.Equal(t, "vc+jwt", header["typ"])
		require.Equal(t, []any{"VerifiableCredential", "BitstringStatusListCredential"}, c["type"])
		require.Equal(t, []any{"https://www.w3.org/ns/credentials/v2"}, c["@context"])
		require.Equal(t, i.StatusListURL(), c["id"])
		require.Equal(t, "2026-03-04T09:30:15Z", c["validUntil"])
		require.Equal(t, float64(issued.Unix()+24*3600), c["exp"])
		require.Equal(t, "BitstringStatusList", at(t, c, "credentialSubject", "type"))
		require.Equal(t, "revocation", at(t, c, "credentialSubject", "statusPurpose"))
		require.Equal(t, set(revoked), set(setBits(t, at(t, c, "credentialSubject", "encodedList").(string))))
	}
	for _, n := range []int{-1, 131072} {
		_, err := i.StatusList([]int{n}, issued)
		require.ErrorIs(t, err, certificate.ErrInvalid)
	}
}

// setBits reads a list as the standard says: multibase, gzip, the leftmost bit is the first.
func setBits(t *testing.T, encoded string) (indexes []int) {
	t.Helper()
	require.True(t, strings.HasPrefix(encoded, "u"))
	z, err := gzip.NewReader(bytes.NewReader(decode(t, encoded[1:])))
	require.NoError(t, err)
	list, err := io.ReadAll(z)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(list), 16<<10)
	for n := range 8 * len(list) {
		if list[n/8]>>(7-n%8)&1 == 1 {
			indexes = append(indexes, n)
		}
	}
	return indexes
}

func set(list []int) map[int]bool {
	out := map[int]bool{}
	for _, n := range list {
		out[n] = true
	}
	return out
}
