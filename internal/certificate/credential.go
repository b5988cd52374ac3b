package certificate

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Names that the standards fix.
const (
	mediaType     = "vc+jwt"
	vcContext     = "https://www.w3.org/ns/credentials/v2"
	obContext     = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
	typeVC        = "VerifiableCredential"
	typeBadge     = "OpenBadgeCredential"
	typeList      = "BitstringStatusListCredential"
	typeListEntry = "BitstringStatusListEntry"
	revocation    = "revocation"
)

// maxToken is the most bytes that a credential may have, when it is issued and when it is shown.
const maxToken = 256 << 10

// claims is a credential and, at the same time, the payload of its JWT.
type claims[S any] struct {
	Context     []string     `json:"@context"`
	ID          string       `json:"id"`
	Type        []string     `json:"type"`
	Issuer      profile      `json:"issuer"`
	ValidFrom   time.Time    `json:"validFrom"`
	ValidUntil  *time.Time   `json:"validUntil,omitempty"`
	Name        string       `json:"name"`
	Description string       `json:"description,omitempty"`
	Subject     S            `json:"credentialSubject"`
	Evidence    []evidence   `json:"evidence,omitempty"`
	Status      *statusEntry `json:"credentialStatus,omitempty"`
	JWTIssuer   string       `json:"iss"`
	JWTID       string       `json:"jti"`
	JWTSubject  string       `json:"sub"`
	NotBefore   int64        `json:"nbf"` // seconds since 1970, as all dates of a JWT
	IssuedAt    int64        `json:"iat"`
	Expires     int64        `json:"exp,omitempty"`
}

type profile struct {
	ID   string   `json:"id"`
	Type []string `json:"type"`
	Name string   `json:"name"`
	URL  string   `json:"url"`
}

type achievementSubject struct {
	ID            string      `json:"id"`
	Type          []string    `json:"type"`
	Identifier    []identity  `json:"identifier"`
	LicenseNumber string      `json:"licenseNumber"`
	Achievement   achievement `json:"achievement"`
}

// identity names the holder in clear: a credential is shown by its holder, and a hashed name could be guessed anyway.
type identity struct {
	Type   string `json:"type"`
	Kind   string `json:"identityType"`
	Value  string `json:"identityHash"`
	Hashed bool   `json:"hashed"`
}

type achievement struct {
	ID          string   `json:"id"`
	Type        []string `json:"type"`
	Kind        string   `json:"achievementType,omitempty"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Criteria    criteria `json:"criteria"`
	Creator     profile  `json:"creator"`
	Tags        []string `json:"tag"`
	Version     string   `json:"version"`
}

type criteria struct {
	Narrative string `json:"narrative"`
}

type evidence struct {
	ID          string   `json:"id"`
	Type        []string `json:"type"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
}

type statusEntry struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Purpose string `json:"statusPurpose"`
	Index   string `json:"statusListIndex"`
	List    string `json:"statusListCredential"`
}

// Credential returns c as an Open Badges 3.0 AchievementCredential, a JWT signed with the active
// key. It does not expire: the status list says whether it was revoked. The id of its subject
// says no more than that the holder of this certificate is meant.
func (i *Issuer) Credential(c Certificate) (string, error) {
	c, err := c.check()
	if err != nil {
		return "", err
	}
	id, from := i.VerifyURL(c.Code), c.Issued.UTC().Truncate(time.Second)
	token, err := i.sign(claims[achievementSubject]{
		Context: []string{vcContext, obContext}, ID: id, Type: []string{typeVC, typeBadge},
		Issuer: i.profile(), ValidFrom: from, Name: c.Title, Description: c.summary(),
		Subject: achievementSubject{
			ID: id + "#holder", Type: []string{"AchievementSubject"},
			Identifier:    []identity{{Type: "IdentityObject", Kind: "name", Value: c.Holder}},
			LicenseNumber: c.Number, Achievement: i.achievement(c),
		},
		Evidence: []evidence{c.evidence()}, Status: i.statusEntry(c.StatusIndex),
		JWTIssuer: i.id(), JWTID: id, JWTSubject: id + "#holder", NotBefore: from.Unix(), IssuedAt: from.Unix(),
	})
	if err != nil {
		return "", err
	}
	if len(token) > maxToken {
		return "", fmt.Errorf("%w: the credential has %d bytes, at most %d are read", ErrInvalid, len(token), maxToken)
	}
	return token, nil
}

func (i *Issuer) profile() profile {
	return profile{ID: i.id(), Type: []string{"Profile"}, Name: i.Name, URL: i.id()}
}

// achievement is the same for all certificates of a kind on one rule version but for what the
// holder attended. Its id is a name: nothing is served there.
func (i *Issuer) achievement(c Certificate) achievement {
	a := achievement{
		ID:   i.achievements() + url.PathEscape(c.Curriculum) + "/" + strconv.Itoa(c.Version) + "/" + string(c.Kind),
		Type: []string{"Achievement"}, Name: c.Title, Description: c.summary(),
		Criteria: criteria{c.narrative()}, Creator: i.profile(),
		Tags: []string{"kommunales Konfliktmanagement"}, Version: c.rules(),
	}
	if c.Kind == KindCertificate { // attendance alone has no type in the vocabulary
		a.Kind = "Certificate"
	}
	return a
}

func (i *Issuer) achievements() string { return i.id() + "/achievements/" }

// rules names the rule version.
func (c Certificate) rules() string { return fmt.Sprintf("%s, Version %d", c.Curriculum, c.Version) }

// summary returns the content of the credential in plain text.
func (c Certificate) summary() string {
	s := []string{c.Kind.heading() + " " + c.Number + ".", strings.ReplaceAll(c.Text, "\n", " ")}
	if c.Kind == KindConfirmation {
		s = append(s, attendanceOnly)
	}
	s = append(s, "Zertifizierende Stelle: "+c.Certifier+".")
	if c.Supersedes != "" {
		s = append(s, "Ersetzt "+c.Supersedes+".")
	}
	return strings.Join(lines(s), " ")
}

// markdown keeps configured text from being read as Markdown: a star in a word is gender-fair German.
var markdown = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "#", `\#`, "|", `\|`, "~", `\~`, "&", `\&`,
)

// narrative is the modules, the hours, the requirements and the rule version as Markdown.
func (c Certificate) narrative() string {
	var s strings.Builder
	for _, m := range c.Modules {
		fmt.Fprintf(&s, "- **%s** (%s)\n", markdown.Replace(m.Title), m.extent())
		for _, outcome := range m.Outcomes {
			fmt.Fprintf(&s, "  - %s\n", markdown.Replace(outcome))
		}
	}
	fmt.Fprintf(&s, "\nUmfang: %s zu 60 Minuten\n", duration(c.Minutes))
	if len(c.Requirements) > 0 {
		s.WriteString("\nErbrachte Leistungen:\n\n")
		for _, r := range c.Requirements {
			fmt.Fprintf(&s, "- %s\n", markdown.Replace(r))
		}
	}
	fmt.Fprintf(&s, "\nRegelwerk: %s\n", markdown.Replace(c.rules()))
	return s.String()
}

// extent is how long a module was attended, and how.
func (m Module) extent() string {
	if m.Online {
		return duration(m.Minutes) + " online"
	}
	return duration(m.Minutes) + " in Präsenz"
}

// evidence names the evidence by its digest (RFC 6920): whoever is given the evidence can compare.
func (c Certificate) evidence() evidence {
	digest, _ := hex.DecodeString(c.Evidence) // checked before
	return evidence{
		ID: "ni:///sha-256;" + base64.RawURLEncoding.EncodeToString(digest), Type: []string{"Evidence"},
		Name:        "Nachweise im Register",
		Description: "Anwesenheit, Praxis und Prüfungen nach dem Regelwerk " + c.rules() + "; SHA-256 " + c.Evidence,
	}
}

func (i *Issuer) statusEntry(index int) *statusEntry {
	n := strconv.Itoa(index)
	return &statusEntry{ID: i.StatusListURL() + "#" + n, Type: typeListEntry, Purpose: revocation, Index: n, List: i.StatusListURL()}
}

// sign returns the claims as a compact JWT. Nothing in it is random: Ed25519 signs the same alike.
func (i *Issuer) sign(payload any) (string, error) {
	if err := i.check(); err != nil {
		return "", err
	}
	content, err := json.Marshal(payload)
	if err != nil {
		return "", fmt.Errorf("certificate: encode credential: %w", err)
	}
	key := i.Keys.Active()
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: key.private, KeyID: i.KeyURL(key.Thumbprint)}},
		(&jose.SignerOptions{}).WithType(mediaType))
	if err != nil {
		return "", fmt.Errorf("certificate: sign credential: %w", err)
	}
	jws, err := signer.Sign(content)
	if err != nil {
		return "", fmt.Errorf("certificate: sign credential: %w", err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("certificate: serialize credential: %w", err)
	}
	return token, nil
}
