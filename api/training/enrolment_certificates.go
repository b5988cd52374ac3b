package training

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/files"
	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
	"koko/internal/certificate"
)

func (s *Server) registerEnrolmentCertificates(api huma.API) {
	errors := wire.Statuses(403, 404)
	guard.Register(s, api, huma.Operation{
		OperationID: "list-certificates", Method: http.MethodGet, Path: "/enrolments/{enrolment}/certificates",
		Summary: "List what was issued", Description: "Certificates and confirmations of attendance as they stand in the register, the first one first.",
		Tags: []string{"Certificates"}, Errors: errors,
	}, s.listCertificates)
	guard.Register(s, api, huma.Operation{
		OperationID: "get-certificate-pdf", Method: http.MethodGet, Path: "/enrolments/{enrolment}/certificates/{code}/certificate.pdf",
		Summary:     "Download a certificate as PDF",
		Description: "Drawn up from the register: the same bytes each time, with the name and the evidence that it was issued with. The download is recorded.",
		Tags:        []string{"Certificates"}, Errors: errors, Responses: wire.FileOf("application/pdf"),
	}, s.getCertificatePDF)
	guard.Register(s, api, huma.Operation{
		OperationID: "get-credential", Method: http.MethodGet, Path: "/enrolments/{enrolment}/certificates/{code}/credential",
		Summary:     "Download a certificate as credential",
		Description: "An Open Badges 3.0 credential, signed as JWT, for the holder's wallet. It names the holder. The download is recorded.",
		Tags:        []string{"Certificates"}, Errors: errors, Responses: wire.FileOf("application/vc+jwt"),
	}, s.getCredential)
}

// CertificateView is a certificate or a confirmation of attendance, as the register has it.
type CertificateView struct {
	Code             string                    `json:"code" doc:"Key of the public page" example:"K7Q2-M3XW-9TRA-VB4E"`
	Number           string                    `json:"number" doc:"In the register" example:"KOKO-2026-0007"`
	Kind             enrolment.CertificateKind `json:"kind" doc:"What it attests"`
	Issued           time.Time                 `json:"issued" doc:"When it was issued"`
	Curriculum       string                    `json:"curriculum" doc:"Id of the curriculum it rests on" example:"koko"`
	Version          int                       `json:"version" doc:"Version of the curriculum it rests on"`
	Minutes          int                       `json:"minutes" doc:"Attended minutes, made-up ones included"`
	Evidence         string                    `json:"evidence" doc:"SHA-256 of the evidence it rests on, hex"`
	Status           Validity                  `json:"status" doc:"Whether it is valid"`
	Revoked          *RevocationView           `json:"revoked,omitempty" doc:"Set if it was revoked"`
	Supersedes       string                    `json:"supersedes,omitempty" doc:"Code of the one that it replaces"`
	SupersededBy     string                    `json:"superseded_by,omitempty" doc:"Code of the one that replaces it"`
	Reason           enrolment.ReissueReason   `json:"reissue_reason,omitempty" doc:"Why it replaces another one"`
	VerificationPage string                    `json:"verification_page" format:"uri" doc:"Where anybody sees whether it is valid"`
}

// Validity says whether a certificate is valid.
type Validity string

// Values lists the validities.
func (Validity) Values() []Validity {
	return []Validity{"valid", "revoked", "superseded"}
}

// RevocationView says when and why a certificate was revoked: the kind of reason, not its words.
type RevocationView struct {
	At     time.Time                  `json:"at" doc:"When"`
	Reason enrolment.RevocationReason `json:"revocation_reason" doc:"Why"`
}

// Revocation is nil for what was not revoked.
func Revocation(at *time.Time, reason enrolment.RevocationReason) *RevocationView {
	if at == nil {
		return nil
	}
	return &RevocationView{*at, reason}
}

// ValidityOf returns whether a certificate is valid. Revoked outweighs superseded.
func ValidityOf(revoked *RevocationView, supersededBy string) Validity {
	switch {
	case revoked != nil:
		return "revoked"
	case supersededBy != "":
		return "superseded"
	default:
		return "valid"
	}
}

type listCertificatesOutput struct {
	Body struct {
		Items []CertificateView `json:"items" nullable:"false" doc:"What was issued"`
	}
}

func (s *Server) listCertificates(ctx context.Context, in *enrolmentInput) (*listCertificatesOutput, error) {
	_, _, rows, err := s.registered(ctx, in.EnrolmentID)
	if err != nil {
		return nil, err
	}
	out := &listCertificatesOutput{}
	out.Body.Items = certificateViews(rows, s.Certifier.VerifyURL)
	return out, nil
}

func certificateViews(rows []db.RegisteredCertificate, page func(code string) string) []CertificateView {
	views := []CertificateView{}
	for _, r := range rows {
		v := CertificateView{
			Code: r.Code, Number: r.Number, Kind: r.Kind, Issued: r.Issued, Curriculum: r.Curriculum, Version: int(r.CurriculumVersion),
			Minutes: int(r.Minutes), Evidence: r.Evidence, Revoked: Revocation(r.RevokedAt, enrolment.RevocationReason(r.RevokedReason)),
			SupersededBy: r.SupersededBy, Reason: r.Reason, VerificationPage: page(r.Code),
		}
		if r.Supersedes != nil {
			v.Supersedes = *r.Supersedes
		}
		v.Status = ValidityOf(v.Revoked, v.SupersededBy)
		views = append(views, v)
	}
	return views
}

// issuedTo lists what an enrolment's sealed file says of certificates.
func (s *Server) issuedTo(ctx context.Context, caller guard.Principal, enrolment string) (any, error) {
	rows, err := s.certificatesOf(ctx, caller, enrolment)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return certificateViews(rows, s.Certifier.VerifyURL), nil
}

func (s *Server) certificatesOf(ctx context.Context, caller guard.Principal, enrolmentID string) ([]db.RegisteredCertificate, error) {
	sc := s.Scope(caller, enrolment.ReadCertificate)
	return s.As(sc).ListCertificates(ctx, sc, enrolmentID)
}

// registered returns what was issued to somebody whose certificates the caller may read.
func (s *Server) registered(
	ctx context.Context,
	enrolmentID string,
) (caller guard.Principal, at files.Folder, rows []db.RegisteredCertificate, err error) {
	if caller, at, _, err = s.readEnrolment(ctx, enrolmentID, enrolment.ReadCertificate); err != nil {
		return caller, at, nil, err
	}
	rows, err = s.certificatesOf(ctx, caller, at.ID)
	return caller, at, rows, err
}

type certificateInput struct {
	EnrolmentRef
	Code string `path:"code" pattern:"^[A-HJ-NP-Z2-9]{4}(-[A-HJ-NP-Z2-9]{4}){3}$" doc:"Code of the certificate" example:"K7Q2-M3XW-9TRA-VB4E"`
}

func (s *Server) getCertificatePDF(ctx context.Context, in *certificateInput) (*wire.Download, error) {
	return s.downloaded(ctx, in, "application/pdf", ".pdf", s.Certifier.PDF)
}

func (s *Server) getCredential(ctx context.Context, in *certificateInput) (*wire.Download, error) {
	return s.downloaded(ctx, in, "application/vc+jwt", ".jwt", func(c certificate.Certificate) ([]byte, error) {
		token, err := s.Certifier.Credential(c)
		return []byte(token), err
	})
}

func (s *Server) downloaded(
	ctx context.Context,
	in *certificateInput,
	mediaType, suffix string,
	write func(certificate.Certificate) ([]byte, error),
) (*wire.Download, error) {
	c, err := s.drawUp(ctx, in)
	if err != nil {
		return nil, err
	}
	content, err := write(c)
	if err != nil {
		return nil, fmt.Errorf("draw up %s: %w", c.Number, err)
	}
	return wire.NewDownload(mediaType, c.Number+suffix, content), nil
}

// drawUp puts a certificate together as it was issued, and records that it was read.
func (s *Server) drawUp(ctx context.Context, in *certificateInput) (c certificate.Certificate, err error) {
	caller, at, rows, err := s.registered(ctx, in.EnrolmentID)
	if err != nil {
		return c, err
	}
	i := slices.IndexFunc(rows, func(r db.RegisteredCertificate) bool { return r.Code == in.Code })
	if i < 0 {
		return c, wire.NewProblem("not-found", "the enrolment has no such certificate").By("code", "see the list of its certificates")
	}
	r := rows[i]
	basis, err := db.As(s.Pool, caller.Subject, nil).CertificateBasis(ctx, r.Code)
	if err != nil {
		return c, fmt.Errorf("basis of %s: %w", r.Number, err)
	}
	of, err := s.Curriculum(ctx, r.Curriculum, int(r.CurriculumVersion))
	if err != nil {
		return c, err
	}
	c = certificate.Certificate{
		Kind:         certificate.KindCertificate,
		Code:         r.Code,
		Number:       r.Number,
		Title:        of.Certificate.Title,
		Text:         of.Certificate.Text,
		Certifier:    of.Certifier,
		Issued:       r.Issued,
		Curriculum:   r.Curriculum,
		Version:      int(r.CurriculumVersion),
		Modules:      AttendedModules(basis.State, of, r.Kind),
		Minutes:      int(r.Minutes),
		Requirements: metRequirements(basis.State),
		Evidence:     r.Evidence,
		StatusIndex:  int(r.StatusIndex),
	}
	if r.Kind == enrolment.AttendanceConfirmation {
		c.Kind, c.Title, c.Text, c.Requirements = certificate.KindConfirmation, of.Confirmation.Title, of.Confirmation.Text, nil
	}
	for _, old := range rows {
		if r.Supersedes != nil && old.Code == *r.Supersedes {
			c.Supersedes = old.Number
		}
	}
	holder, err := s.HolderOf(basis)
	if err != nil {
		return c, err
	}
	if c.Holder = holder; holder == "" {
		return c, wire.NewProblem("not-found", "the name of the holder was erased").
			By("erased", "the register still says whether the certificate is valid")
	}
	return c, s.Read(ctx, caller, enrolment.ReadCertificate, at.Row, r.Number, "")
}

// HolderOf returns the name that a certificate was issued to, empty once its key was destroyed.
func (s *Server) HolderOf(b db.CertificateBasis) (string, error) {
	if b.DocumentID == nil || len(b.Wrapped) == 0 {
		return "", nil
	}
	name := files.SealedText{Sealed: b.Sealed, Secret: b.Secret, Wrapped: b.Wrapped}
	texts, err := s.Unseal(s.enrolments().PlaceOf(b.FileID, ""), training.TrainingFile, *b.DocumentID, name)
	return texts["holder"], err
}

// AttendedModules returns the modules that a certificate lists: what counts; on a confirmation, all that was
// attended.
func AttendedModules(e enrolment.Enrolment, of curriculum.Curriculum, kind enrolment.CertificateKind) []certificate.Module {
	var list []certificate.Module
	for _, u := range e.Progress().Units {
		i := slices.IndexFunc(of.Modules, func(m curriculum.Module) bool { return m.ID == u.Unit })
		if i < 0 || !u.Counts && (kind != enrolment.AttendanceConfirmation || u.Minutes == 0) {
			continue
		}
		m := of.Modules[i]
		list = append(list, certificate.Module{Title: m.Title, Outcomes: m.Outcomes, Minutes: u.Minutes, Online: m.InPerson == 0})
	}
	return list
}

// metRequirements lists what a certificate rests on besides the modules, as it prints them.
func metRequirements(e enrolment.Enrolment) []string {
	var met []string
	p := e.Progress()
	if p.Concept.Done > 0 {
		met = append(met, "Konzept des eigenen Konfliktmanagementsystems: angenommen")
	}
	if n := p.Cases.Done; n > 0 {
		met = append(met, counted(n, "dokumentierter Fall", "dokumentierte Fälle")+": angenommen")
	}
	if n := p.Supervisions.Done; n > 0 {
		met = append(met, counted(n, "Supervision", "Supervisionen"))
	}
	if p.Assessment.Done > 0 {
		met = append(met, "Prüfung vor zwei Prüfenden: bestanden")
	}
	return met
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

// printable refuses a name that no certificate could show.
func printable(words file.Words) error {
	name := string(words)
	if strings.TrimSpace(name) == "" { // whether one is needed, the command's own check has said
		return nil
	}
	if err := certificate.Printable(name); errors.Is(err, certificate.ErrGlyph) {
		return fault.Newf(fault.Invalid, "the certificate cannot show a letter of the name").In("holder").
			By("printable", "write the name in Latin, Greek or Cyrillic letters, as in an identity card")
	} else if err != nil {
		return err
	}
	if !strings.ContainsFunc(name, unicode.IsLetter) {
		return fault.Newf(fault.Invalid, "the name has no letter").In("holder").By("printable", "write the name as in an identity card")
	}
	return nil
}
