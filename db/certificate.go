package db

import (
	"context"
	"time"

	"koko/domain/training/enrolment"
)

// A PublicCertificate is what the public page of a certificate shows: neither holder nor file
// nor municipality.
type PublicCertificate struct {
	Code              string
	Number            string
	Kind              enrolment.CertificateKind
	Issued            time.Time
	Curriculum        string
	CurriculumVersion int32
	Minutes           int32
	Evidence          string
	StatusIndex       int32
	RevokedAt         *time.Time
	RevokedReason     enrolment.RevocationReason
	SupersededBy      string // code
	SupersededReason  enrolment.ReissueReason
}

// PublicCertificate returns the certificate with that code, whoever asks. It is written by hand
// because sqlc does not know the columns of a function.
func (q *Queries) PublicCertificate(ctx context.Context, code string) (c PublicCertificate, err error) {
	err = q.db.QueryRow(ctx, `SELECT code, number, kind, issued, curriculum, curriculum_version, minutes, evidence, status_index,
			revoked_at, coalesce(revoked_reason, ''), coalesce(superseded_by, ''), coalesce(superseded_reason, '')
		FROM public_certificate($1)`, code).Scan(&c.Code, &c.Number, &c.Kind, &c.Issued, &c.Curriculum, &c.CurriculumVersion, &c.Minutes,
		&c.Evidence, &c.StatusIndex, &c.RevokedAt, &c.RevokedReason, &c.SupersededBy, &c.SupersededReason)
	return c, err
}

// A CertificateBasis is what a certificate rests on: the enrolment as it was issued, and the words that
// name its holder. Sealed and Wrapped are nil where there are none any more.
type CertificateBasis struct {
	FileID     string
	State      enrolment.Enrolment
	DocumentID *string
	Sealed     []byte
	Secret     []byte
	Wrapped    []byte
}

// CertificateBasis returns what the certificate with that code rests on, whoever asks.
func (q *Queries) CertificateBasis(ctx context.Context, code string) (b CertificateBasis, err error) {
	err = q.db.QueryRow(ctx, `SELECT file_id, state, document_id, sealed, secret, wrapped FROM certificate_basis($1)`, code).
		Scan(&b.FileID, &b.State, &b.DocumentID, &b.Sealed, &b.Secret, &b.Wrapped)
	return b, err
}
