// Package certificate renders what the training certification issues: the certificate and the
// confirmation of attendance as PDF and as Open Badges 3.0 credential, the transcript as PDF, and
// the status list that says what was revoked. It keeps no register: it says what it is told, and
// the same input gives the same bytes.
//
// # Standards
//
//   - Open Badges 3.0, secured by its JSON Web Token proof format (section 8.2): the claims are
//     the credential itself, with iss, jti, nbf and sub repeating what it says.
//   - Verifiable Credentials Data Model 2.0 and VC-JOSE-COSE for the media type "vc+jwt". Open
//     Badges 3.0 was finished before and names "JWT"; its text defers to VC-JOSE-COSE, and so does this package.
//   - Bitstring Status List 1.0 for revocation.
//   - RFC 8037 for Ed25519 keys, RFC 7638 for their names, RFC 6920 for the name of the evidence.
//
// # Fonts
//
// The folder fonts holds Source Serif 4 and Source Sans 3 as Google Fonts publishes them, unaltered,
// under the SIL Open Font License beside them. A document embeds only the letters that it uses.
package certificate

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// A Kind is what a certificate attests.
type Kind string

// The kinds: that somebody passed, or only that somebody took part.
const (
	KindCertificate  Kind = "certificate"
	KindConfirmation Kind = "confirmation"
)

// heading returns the title of a document of this kind.
func (k Kind) heading() string {
	if k == KindConfirmation {
		return "Teilnahmebescheinigung"
	}
	return "Zertifikat"
}

// attendanceOnly keeps a confirmation from being taken for a certificate, whatever its configured text says.
const attendanceOnly = "Bescheinigt wird allein die Teilnahme; eine Prüfung ist damit weder abgelegt noch bestanden."

// A Certificate is what the register says about one certificate, and whom it names.
type Certificate struct {
	Kind         Kind
	Code         string // unguessable, capital letters, digits and hyphens; the key of the public page
	Number       string // in the register: "KOKO-2026-0007"
	Holder       string // at most 200 letters
	Title        string // configured; at most 300 letters
	Text         string // configured sentences, a paragraph a line
	Certifier    string // who certifies; configured
	Issued       time.Time
	Curriculum   string // with Version the rule version that it rests on: "koko", 1
	Version      int
	Modules      []Module
	Minutes      int      // attended in total
	Requirements []string // met besides the modules: "Kolloquium vor zwei Prüfenden: bestanden"
	Evidence     string   // lower case hexadecimal SHA-256 of the evidence
	Supersedes   string   // number of the certificate that this one replaces, or ""
	StatusIndex  int      // in the status list, from 0
}

// A Module is one unit that the holder attended.
type Module struct {
	Title    string
	Outcomes []string
	Minutes  int // attended
	Online   bool
}

// An Issuer renders in the name of an organisation. URL is the public base URL of this KoKo
// without a path, and the identifier that credentials name; it must never change.
type Issuer struct {
	URL  string
	Name string
	Keys *Keys
}

// ErrInvalid says that something is not fit to be issued. The message says what, without naming anybody.
var ErrInvalid = errors.New("certificate: not fit to be issued")

// VerifyURL is the page that tells people whether the certificate with this code is valid.
func (i *Issuer) VerifyURL(code string) string { return i.id() + verifyPath + code }

// StatusListURL is where verifiers fetch [Issuer.StatusList].
func (i *Issuer) StatusListURL() string { return i.id() + "/.well-known/status-list/1" }

// KeysURL is where verifiers fetch [Issuer.JWKS].
func (i *Issuer) KeysURL() string { return i.id() + "/.well-known/jwks.json" }

// KeyURL is where verifiers fetch the one key with this thumbprint, [Issuer.JWK]: the kid of what it signed.
func (i *Issuer) KeyURL(thumbprint string) string { return i.id() + keyPath + thumbprint }

const (
	verifyPath = "/verify/"
	keyPath    = "/.well-known/jwks/"
)

// id is the issuer's URL with exactly one form: what is compared must not differ by a slash.
func (i *Issuer) id() string { return strings.TrimRight(i.URL, "/") }

// check refuses an issuer whose documents could not be verified.
func (i *Issuer) check() error {
	u, err := url.Parse(i.URL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%w: the issuer's URL is not one of a website", ErrInvalid)
	}
	return lengths(length{"name of the issuer", line(i.Name), 1, 200})
}

// A length says how many letters a field may have.
type length struct {
	field, value string
	least, most  int
}

func lengths(list ...length) error {
	for _, l := range list {
		if n := utf8.RuneCountInString(l.value); n < l.least || n > l.most {
			return fmt.Errorf("%w: the %s has %d letters, not %d to %d", ErrInvalid, l.field, n, l.least, l.most)
		}
	}
	return nil
}

// check refuses what would make a document that is wrong or unreadable, and returns c with all
// text in one Unicode form.
func (c Certificate) check() (Certificate, error) {
	c = c.normalized()
	if err := lengths(
		length{"number", c.Number, 1, 40}, length{"holder", c.Holder, 1, 200}, length{"title", c.Title, 1, 300},
		length{"certifier", c.Certifier, 1, 200}, length{"curriculum", c.Curriculum, 1, 40}, length{"superseded number", c.Supersedes, 0, 40},
	); err != nil {
		return c, err
	}
	digest, err := hex.DecodeString(c.Evidence)
	switch {
	case c.Kind != KindCertificate && c.Kind != KindConfirmation:
		return c, fmt.Errorf("%w: unknown kind %q", ErrInvalid, c.Kind)
	case !validCode(c.Code):
		return c, fmt.Errorf("%w: the code is not of capital letters, digits and hyphens", ErrInvalid)
	case c.Issued.IsZero():
		return c, fmt.Errorf("%w: no date of issue", ErrInvalid)
	case c.Version < 1:
		return c, fmt.Errorf("%w: no rule version", ErrInvalid)
	case c.Minutes < 0 || slices.ContainsFunc(c.Modules, func(m Module) bool { return m.Minutes < 0 }):
		return c, fmt.Errorf("%w: negative minutes", ErrInvalid)
	case err != nil || len(digest) != 32 || c.Evidence != strings.ToLower(c.Evidence):
		return c, fmt.Errorf("%w: the evidence is not a SHA-256 in lower case hexadecimal", ErrInvalid)
	case c.StatusIndex < 0 || c.StatusIndex >= statusBits:
		return c, fmt.Errorf("%w: status index %d is not in the list of %d", ErrInvalid, c.StatusIndex, statusBits)
	}
	return c, nil
}

// normalized returns c with its text as [line] and [paragraphs] have it; the caller's slices stay as they are.
func (c Certificate) normalized() Certificate {
	for _, s := range []*string{&c.Number, &c.Holder, &c.Title, &c.Certifier, &c.Curriculum, &c.Supersedes} {
		*s = line(*s)
	}
	c.Text = strings.Join(paragraphs(c.Text), "\n")
	c.Requirements = lines(c.Requirements)
	modules := make([]Module, len(c.Modules))
	for n, m := range c.Modules {
		modules[n] = Module{Title: line(m.Title), Outcomes: lines(m.Outcomes), Minutes: m.Minutes, Online: m.Online}
	}
	c.Modules = modules
	return c
}

// validCode keeps a code from changing what the URL that ends in it means.
func validCode(code string) bool {
	return code != "" && len(code) <= 64 && strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}
