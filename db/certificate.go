package db

import (
	"context"
	"time"

	"koko/domain/training"
)

// A PublicCertificate is what the public page of a certificate shows: neither holder nor enrolment
// nor municipality.
type PublicCertificate struct {
	Code              string
	Number            string
	Kind              training.CertificateKind
	Issued            time.Time
	Curriculum        string
	CurriculumVersion int32
	Minutes           int32
	Evidence          string
	StatusIndex       int32
	RevokedAt         *time.Time
	RevokedReason     training.RevocationReason
	SupersededBy      string // code
	SupersededReason  training.ReissueReason
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
