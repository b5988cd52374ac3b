package enrolment

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"

	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/curriculum"
)

// A Certificate is what was issued: a certificate or a confirmation of attendance. It is never
// changed; reissuing adds another one. Its number stands in the register.
type Certificate struct {
	file.Stamp
	Kind       CertificateKind `json:"kind" doc:"What it attests"`
	Code       string          `json:"code" doc:"Key of the public page; unguessable" example:"K7Q2-M3XW-9TRA-VB4E"`
	Curriculum string          `json:"curriculum" doc:"Id of the curriculum it rests on"`
	Version    int             `json:"version" doc:"Version of the curriculum it rests on"`
	Minutes    int             `json:"minutes" doc:"Attended minutes, made-up ones included"`
	Evidence   string          `json:"evidence" doc:"SHA-256 of the evidence it rests on, hex"`
	Supersedes string          `json:"supersedes,omitempty" doc:"Code of the one that it replaces"`
	Reason     ReissueReason   `json:"reason,omitempty" doc:"Why it replaces another one"`
	Revoked    *Revocation     `json:"revoked,omitempty" doc:"Set if it no longer holds"`
}

// A Revocation says that a certificate no longer holds. Its words stand in a document.
type Revocation struct {
	file.Stamp
	Reason RevocationReason `json:"reason" doc:"Why"`
}

// Superseded reports whether another certificate of e replaces the one with that code.
func (e Enrolment) Superseded(code string) bool {
	return slices.ContainsFunc(e.Certificates, func(c Certificate) bool { return c.Supersedes == code })
}

var codeForm = regexp.MustCompile(`^[A-HJ-NP-Z2-9]{4}(-[A-HJ-NP-Z2-9]{4}){3}$`)

func code(field, v string) *fault.Error {
	if !codeForm.MatchString(v) {
		return file.Invalid(field, "code", "not the code of a certificate", "four groups of four letters and digits, as printed")
	}
	return nil
}

// issue adds a certificate that rests on what e says now.
func (e *Enrolment) issue(c Certificate) {
	c.Curriculum, c.Version = e.Terms.Curriculum, e.Terms.Version
	c.Minutes, c.Evidence = e.Progress().Minutes, e.Evidence()
	e.Certificates = append(slices.Clone(e.Certificates), c)
}

// Evidence is the SHA-256, in hex, of everything that a certificate rests on: the terms, signed
// attendance, make-ups, practice and assessment.
func (e Enrolment) Evidence() string {
	//workflowcheck:ignore -- a struct without maps has one JSON, however the encoder caches its types
	b, err := json.Marshal(struct {
		ID           string                `json:"id"`
		Terms        curriculum.Terms      `json:"terms"`
		Attended     []training.Attendance `json:"attended"`
		MakeUps      []MakeUp              `json:"make_ups"`
		Concept      *Concept              `json:"concept"`
		CaseReports  []CaseReport          `json:"case_reports"`
		Supervisions []Supervision         `json:"supervisions"`
		Attempts     []Attempt             `json:"attempts"`
	}{e.ID, e.Terms, e.Attended, e.MakeUps, e.Concept, e.CaseReports, e.Supervisions, e.Attempts})
	if err != nil {
		panic("training: an enrolment is always JSON: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Certify issues the certificate.
type Certify struct {
	Code   string     `json:"code" doc:"Of the certificate; filled in by KoKo" own:"true"`
	Holder file.Words `json:"holder,omitzero" in:"training" maxLength:"200" doc:"The name on the certificate, if it is not the one applied with"`
	file.Docs
}

// Action is certify.
func (Certify) Action() file.Action { return ActionCertify }

// Check wants a code.
func (c Certify) Check() error {
	return file.First(code("code", c.Code), c.In(c.Action(), training.TrainingFile))
}

func (c Certify) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	e.issue(Certificate{Stamp: by, Kind: FullCertificate, Code: c.Code})
	e.Phase = Certified
	return nil
}

// ConfirmAttendance issues a confirmation of attendance instead of a certificate
// (Teilnahmebescheinigung). It ends an enrolment that is under way.
type ConfirmAttendance struct {
	Code   string     `json:"code" doc:"Of the confirmation; filled in by KoKo" own:"true"`
	Holder file.Words `json:"holder,omitzero" in:"training" maxLength:"200" doc:"The name on the confirmation, if it is not the one applied with"`
	file.Docs
}

// Action is confirm_attendance.
func (ConfirmAttendance) Action() file.Action { return ActionConfirmAttendance }

// Check wants a code.
func (c ConfirmAttendance) Check() error {
	return file.First(code("code", c.Code), c.In(c.Action(), training.TrainingFile))
}

func (c ConfirmAttendance) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	e.issue(Certificate{Stamp: by, Kind: AttendanceConfirmation, Code: c.Code})
	if slices.Contains(underway, e.Phase) {
		e.end(Confirmed, "", by)
	}
	return nil
}

func unconfirmed(e Enrolment, _ string) *fault.Error {
	switch {
	case e.Progress().Minutes == 0:
		return file.Waiting("nothing was attended", "attendance", "the trainer signs a list", "attendance")
	case len(e.Certificates) > 0:
		return file.Gate("", "issued", "a confirmation was issued", "reissue it if something in it is wrong")
	}
	return nil
}

// ReissueCertificate issues a certificate anew, because the holder's name changed or something in it
// was wrong. The old code keeps its page, which says that it was superseded.
type ReissueCertificate struct {
	Code   string        `json:"code" doc:"Of the new certificate; filled in by KoKo" own:"true"`
	Of     string        `json:"of" doc:"Code of the certificate that it replaces" example:"K7Q2-M3XW-9TRA-VB4E"`
	Reason ReissueReason `json:"reason" doc:"Why"`
	Holder file.Words    `json:"holder,omitzero" required:"true" in:"training" minLength:"1" maxLength:"200" doc:"The name on the new certificate"`
	file.Docs
}

// Action is reissue_certificate.
func (ReissueCertificate) Action() file.Action { return ActionReissueCertificate }

// Check wants the name that the new one is issued to.
func (r ReissueCertificate) Check() error {
	return file.First(code("code", r.Code), code("of", r.Of), file.OneOf("reason", r.Reason),
		r.In(r.Action(), training.TrainingFile), r.Needs("holder"))
}

func (r ReissueCertificate) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	old, f := e.valid(r.Of, "of")
	if f != nil {
		return f
	}
	e.issue(Certificate{Stamp: by, Kind: old.Kind, Code: r.Code, Supersedes: r.Of, Reason: r.Reason})
	return nil
}

// valid is the certificate with that code, if it was neither revoked nor superseded.
func (e Enrolment) valid(code, field string) (Certificate, *fault.Error) {
	for _, c := range e.Certificates {
		if c.Code != code {
			continue
		}
		if c.Revoked != nil || e.Superseded(code) {
			return c, file.Gate(field, "valid", "the certificate was revoked or superseded", "name the one that holds")
		}
		return c, nil
	}
	return Certificate{}, file.Invalid(field, "unknown_code", "the enrolment has no such certificate", "name one of its certificates")
}

// RevokeCertificate withdraws a certificate.
type RevokeCertificate struct {
	Of     string           `json:"of" doc:"Code of the certificate" example:"K7Q2-M3XW-9TRA-VB4E"`
	Reason RevocationReason `json:"reason" doc:"Why"`
	Text   file.Words       `json:"text,omitzero" required:"true" in:"assessment" as:"reason" minLength:"1" maxLength:"4000" doc:"The reason in words; the public page shows only its kind"`
	file.Docs
}

// Action is revoke_certificate.
func (RevokeCertificate) Action() file.Action { return ActionRevokeCertificate }

// Check wants a reason in words too.
func (r RevokeCertificate) Check() error {
	return file.First(code("of", r.Of), file.OneOf("reason", r.Reason), r.In(r.Action(), AssessmentFile), r.Needs("reason"))
}

func (r RevokeCertificate) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	for i, c := range e.Certificates {
		if c.Code != r.Of {
			continue
		}
		if c.Revoked != nil {
			return file.Gate("of", "valid", "the certificate was revoked before", "nothing to do")
		}
		e.Certificates = slices.Clone(e.Certificates)
		e.Certificates[i].Revoked = &Revocation{by, r.Reason}
		return nil
	}
	return file.Invalid("of", "unknown_code", "the enrolment has no such certificate", "name one of its certificates")
}

func issued(e Enrolment, _ string) *fault.Error {
	if len(e.Certificates) == 0 {
		return file.Waiting("no certificate was issued", "certificate", "the certifier issues one", "certificate")
	}
	return nil
}
