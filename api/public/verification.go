package public

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"
	fold "golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"koko/api/guard"
	trainingapi "koko/api/training"
	"koko/api/wire"
	"koko/db"
	"koko/domain/fault"
	"koko/domain/training/enrolment"
	"koko/internal/certificate"
)

// maxCredential bounds a credential that is sent to be verified, in bytes.
const maxCredential = 256 << 10

// credentialTypes are the media types that a credential may be sent as.
var credentialTypes = []string{"application/vc+jwt", "application/jwt", "text/plain"}

// registerVerification adds the public operations about certificates, which need no login.
func (s *Server) registerVerification(api huma.API) {
	public := huma.NewGroup(api)
	public.UseMiddleware(wire.ToEverybody)
	add := func(op huma.Operation) huma.Operation {
		op.Tags, op.Security = []string{"Certificates"}, []map[string][]string{{}}
		return op
	}
	guard.Register(s, public, add(huma.Operation{
		OperationID: "check-certificate", Method: http.MethodGet, Path: "/api/v1/certificates/{code}",
		Summary: "See whether a certificate is valid",
		Description: "Public: for whoever was shown its code. What the register says about it, without the name. `holder` compares a name with the one " +
			"that it was issued to. A code that is not in the register is not found, whatever it looks like.",
		Errors: wire.Statuses(404),
	}), s.checkCertificate)
	guard.Register(s, public, add(huma.Operation{
		OperationID: "verify-credential", Method: http.MethodPost, Path: "/api/v1/certificates/verify",
		Summary: "Verify a credential",
		Description: "Public: for whoever was shown the JWT. What it says if KoKo signed it and it was not altered, and what the register says now. " +
			"One that cannot be believed is refused; the rule says why: `form`, `issuer`, `key`, `signature`, `not_yet`, `expired` or `register`. " +
			"The JWT may also be sent as application/jwt or text/plain.",
		MaxBodyBytes: maxCredential, Errors: wire.BodyStatuses(),
	}), s.postCredential)
	guard.Register(s, public, add(huma.Operation{
		OperationID: "get-jwks", Method: http.MethodGet, Path: "/.well-known/jwks.json",
		Summary: "Get the keys that certificates are signed with", Description: "Those that no longer sign included (RFC 7517).",
		Errors: wire.Statuses(), Responses: wire.FileOf("application/jwk-set+json"),
	}), s.getJWKS)
	guard.Register(s, public, add(huma.Operation{
		OperationID: "get-jwk", Method: http.MethodGet, Path: "/.well-known/jwks/{thumbprint}",
		Summary: "Get one of the keys", Description: "The address is the `kid` of what it signed.",
		Errors: wire.Statuses(404), Responses: wire.FileOf("application/jwk+json"),
	}), s.getJWK)
	guard.Register(s, public, add(huma.Operation{
		OperationID: "get-status-list", Method: http.MethodGet, Path: "/.well-known/status-list/1",
		Summary: "Get the list of revoked certificates", Description: "A Bitstring Status List 1.0, signed as JWT. It may be kept for a minute.",
		Errors: wire.Statuses(), Responses: wire.FileOf("application/vc+jwt"),
	}), s.getStatusList)
}

// CertificateCheck is what the register says about a certificate. It names nobody.
type CertificateCheck struct {
	Code         string                      `json:"code" doc:"Of the certificate" example:"K7Q2-M3XW-9TRA-VB4E"`
	Number       string                      `json:"number" doc:"In the register" example:"KOKO-2026-0007"`
	Kind         enrolment.CertificateKind   `json:"kind" doc:"What it attests"`
	Title        string                      `json:"title" doc:"What is printed on it"`
	Certifier    string                      `json:"certifier" doc:"Who certifies"`
	Issued       time.Time                   `json:"issued" doc:"When it was issued"`
	Curriculum   string                      `json:"curriculum" doc:"Id of the curriculum it rests on" example:"koko"`
	Version      int                         `json:"version" doc:"Version of the curriculum it rests on"`
	Minutes      int                         `json:"minutes" doc:"Attended minutes, made-up ones included"`
	Modules      []CheckedModule             `json:"modules" nullable:"false" doc:"What it lists"`
	Status       trainingapi.Validity        `json:"status" doc:"Whether it is valid"`
	Revoked      *trainingapi.RevocationView `json:"revoked,omitempty" doc:"Set if it was revoked"`
	SupersededBy string                      `json:"superseded_by,omitempty" doc:"Code of the one that replaces it"`
	Reason       enrolment.ReissueReason     `json:"reissue_reason,omitempty" doc:"Why another one replaces it"`
	Matches      *bool                       `json:"holder_matches,omitempty" doc:"Whether it was issued to the name that was given; left out if none was, or if the name was erased"`
}

// CheckedModule is a module that a certificate lists.
type CheckedModule struct {
	Title    string   `json:"title" doc:"Title"`
	Outcomes []string `json:"outcomes" nullable:"false" doc:"Learning outcomes"`
}

type checkCertificateInput struct {
	Code   string `path:"code" maxLength:"64" doc:"As printed; capitals and hyphens do not matter" example:"K7Q2-M3XW-9TRA-VB4E"`
	Holder string `query:"holder" maxLength:"200" doc:"A name to compare with the one that it was issued to"`
}

type checkCertificateOutput struct{ Body CertificateCheck }

func (s *Server) checkCertificate(ctx context.Context, in *checkCertificateInput) (*checkCertificateOutput, error) {
	c, err := s.checked(ctx, in.Code, in.Holder)
	if err != nil {
		return nil, err
	}
	return &checkCertificateOutput{c}, nil
}

// unknownCode is the answer to every code that is not in the register: a wrong form is no hint.
func unknownCode() *wire.Problem {
	return wire.NewProblem("not-found", "the register has no certificate with this code").
		By("code", "compare the code with the one that is printed")
}

// checked returns what the register says about the certificate with a code, compared with a name if there is
// one.
func (s *Server) checked(ctx context.Context, code, holder string) (c CertificateCheck, err error) {
	if code = canonicalCode(code); code == "" {
		return c, unknownCode()
	}
	q := db.As(s.Pool, "", nil)
	r, err := q.PublicCertificate(ctx, code)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, unknownCode()
	}
	if err != nil {
		return c, err
	}
	basis, err := q.CertificateBasis(ctx, code)
	if err != nil {
		return c, err
	}
	of, err := s.Training.Curriculum(ctx, r.Curriculum, int(r.CurriculumVersion))
	if err != nil {
		return c, err
	}
	c = CertificateCheck{
		Code: r.Code, Number: r.Number, Kind: r.Kind, Title: of.Certificate.Title, Certifier: of.Certifier, Issued: r.Issued,
		Curriculum: r.Curriculum, Version: int(r.CurriculumVersion), Minutes: int(r.Minutes), Modules: []CheckedModule{},
		Revoked: trainingapi.Revocation(r.RevokedAt, r.RevokedReason), SupersededBy: r.SupersededBy, Reason: r.SupersededReason,
	}
	c.Status = trainingapi.ValidityOf(c.Revoked, c.SupersededBy)
	if r.Kind == enrolment.AttendanceConfirmation {
		c.Title = of.Confirmation.Title
	}
	for _, m := range trainingapi.AttendedModules(basis.State, of, r.Kind) {
		c.Modules = append(c.Modules, CheckedModule{m.Title, slices.Concat([]string{}, m.Outcomes)})
	}
	if strings.TrimSpace(holder) == "" {
		return c, nil
	}
	name, err := s.Training.HolderOf(basis)
	if err == nil && name != "" {
		same := sameName(name, holder)
		c.Matches = &same
	}
	return c, err
}

// canonicalCode returns a code as it is printed, however it was typed; empty if it cannot be one.
func canonicalCode(typed string) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(typed) {
		switch {
		case strings.ContainsRune(" -–\t\r\n", r):
		case strings.ContainsRune("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", r):
			if n := b.Len(); n == 4 || n == 9 || n == 14 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
		default:
			return ""
		}
	}
	if b.Len() != 19 {
		return ""
	}
	return b.String()
}

// sameName compares two names as people do, in a time that does not tell how much of them is alike.
func sameName(a, b string) bool {
	x, y := sha256.Sum256([]byte(plainName(a))), sha256.Sum256([]byte(plainName(b)))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// plainName returns a name without what may be written differently: capitals, spaces, composed
// letters.
func plainName(s string) string {
	return strings.Join(strings.Fields(norm.NFKC.String(fold.Fold().String(norm.NFKC.String(s)))), " ")
}

// VerifiedCredential is what a credential says that can be believed, and what the register says now.
type VerifiedCredential struct {
	Holder string `json:"holder" doc:"The name in the credential"`
	CertificateCheck
}

type postCredentialInput struct {
	RawBody   []byte `contentType:"application/vc+jwt"`
	mediaType string
}

// Resolve reads the media type: huma looks at it for JSON alone.
func (in *postCredentialInput) Resolve(ctx huma.Context) []error {
	in.mediaType = ctx.Header("Content-Type")
	return nil
}

type postCredentialOutput struct{ Body VerifiedCredential }

func (s *Server) postCredential(ctx context.Context, in *postCredentialInput) (*postCredentialOutput, error) {
	if t, _, err := mime.ParseMediaType(in.mediaType); err != nil || !slices.Contains(credentialTypes, t) {
		return nil, wire.NewProblem("media-type", "a credential is not sent like this").
			By("media_type", "send the JWT itself as "+strings.Join(credentialTypes, ", "))
	}
	v, err := s.verified(ctx, string(in.RawBody))
	if err != nil {
		return nil, err
	}
	return &postCredentialOutput{v}, nil
}

// distrust says why a credential is not believed.
var distrust = []struct {
	because      error
	rule, remedy string
}{
	{certificate.ErrMalformed, "form", "send the whole credential as it was issued"},
	{certificate.ErrIssuer, "issuer", "ask the issuer that the credential names"},
	{certificate.ErrUnknownKey, "key", "ask the holder for the certificate's code, and check that"},
	{certificate.ErrSignature, "signature", "ask the holder for the certificate's code, and check that"},
	{certificate.ErrNotYet, "not_yet", "check the clock, or wait"},
	{certificate.ErrExpired, "expired", "ask the holder for a new one"},
}

// verified returns what a credential says, if it can be believed.
func (s *Server) verified(ctx context.Context, token string) (v VerifiedCredential, err error) {
	shown, err := s.Training.Certifier.Verify(strings.TrimSpace(token), s.Now())
	for _, d := range distrust {
		if errors.Is(err, d.because) {
			return v, fault.Newf(fault.Invalid, "%s", strings.TrimPrefix(err.Error(), "certificate: ")).In("credential").By(d.rule, d.remedy)
		}
	}
	if err != nil {
		return v, err
	}
	c, err := s.checked(ctx, shown.Code, "")
	p, isProblem := errors.AsType[*wire.Problem](err)
	if isProblem && p.Status == http.StatusNotFound || err == nil && c.Number != shown.Number {
		return v, fault.Newf(fault.Invalid, "the register has no such certificate").In("credential").By("register", "ask the certifier")
	}
	return VerifiedCredential{shown.Holder, c}, err
}

func (s *Server) getJWKS(ctx context.Context, _ *struct{}) (*wire.PublicFile, error) {
	out, err := wire.NewPublicFile("application/jwk-set+json", "3600", s.Training.Certifier.JWKS())
	return out, err
}

type getJWKInput struct {
	Thumbprint string `path:"thumbprint" maxLength:"64" doc:"Of the key (RFC 7638)" example:"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"`
}

func (s *Server) getJWK(ctx context.Context, in *getJWKInput) (*wire.PublicFile, error) {
	key, known := s.Training.Certifier.JWK(in.Thumbprint)
	if !known {
		return nil, wire.NewProblem("not-found", "there is no such key").By("thumbprint", "see /.well-known/jwks.json for the keys")
	}
	out, err := wire.NewPublicFile("application/jwk+json", "3600", key)
	return out, err
}

// getStatusList signs the list anew for whoever asks: what was revoked a moment ago is in it.
func (s *Server) getStatusList(ctx context.Context, _ *struct{}) (*wire.PublicFile, error) {
	rows, err := db.As(s.Pool, "", nil).RevokedIndexes(ctx)
	if err != nil {
		return nil, err
	}
	var revoked []int
	for _, n := range rows {
		revoked = append(revoked, int(n))
	}
	token, err := s.Training.Certifier.StatusList(revoked, s.Now())
	if err != nil {
		return nil, err
	}
	return &wire.PublicFile{ContentType: "application/vc+jwt", CacheControl: "public, max-age=60", Body: []byte(token)}, nil
}
