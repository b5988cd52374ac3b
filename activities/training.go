package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"koko/db"
	"koko/domain/process"
	"koko/domain/training"
)

// Training records enrolments and cohorts, and tells people about them.
type Training struct {
	Pool *pgxpool.Pool // as db.RoleWorker
}

// SaveEnrolment records what an enrolment's workflow decided, with the certificates that it issued or
// revoked and the notices to people, and returns what stands recorded beyond the workflow's version: see save.
func (a *Training) SaveEnrolment(ctx context.Context, t Transition[training.Enrolment]) ([]Transition[training.Enrolment], error) {
	return save(ctx, a.Pool, process.KindEnrolment, t, saveEnrolment)
}

// ReadEnrolment returns what stands recorded of an enrolment beyond p.
func (a *Training) ReadEnrolment(ctx context.Context, p Position) ([]Transition[training.Enrolment], error) {
	return read[training.Enrolment](ctx, db.New(a.Pool), process.KindEnrolment, p)
}

// SaveCohort records what a cohort's workflow decided, with the notices to people, and returns what stands recorded beyond the
// workflow's version: see save.
func (a *Training) SaveCohort(ctx context.Context, t Transition[training.Cohort]) ([]Transition[training.Cohort], error) {
	return save(ctx, a.Pool, process.KindCohort, t, saveCohort)
}

// ReadCohort returns what stands recorded of a cohort beyond p.
func (a *Training) ReadCohort(ctx context.Context, p Position) ([]Transition[training.Cohort], error) {
	return read[training.Cohort](ctx, db.New(a.Pool), process.KindCohort, p)
}

func saveEnrolment(ctx context.Context, q *db.Queries, e training.Enrolment) error {
	before, err := q.RecordedEnrolment(ctx, e.ID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if err := q.SaveEnrolment(ctx, EnrolmentRow(e)); err != nil {
		return err
	}
	if err := register(ctx, q, e); err != nil {
		return err
	}
	return tell(ctx, q, process.KindEnrolment, e.File(), e.Notices(before))
}

// EnrolmentRow is the row of an enrolment in the record: all of it follows from the state.
func EnrolmentRow(e training.Enrolment) db.SaveEnrolmentParams {
	p := db.SaveEnrolmentParams{
		ID: e.ID, AGS: e.AGS, Reference: e.Reference(), Phase: e.Phase, Trainee: e.Trainee, Superior: e.Superior,
		Cohorts: e.Cohorts(), Assessors: listed(e.Assessors()), Curriculum: e.Terms.Curriculum, CurriculumVersion: int32(e.Terms.Version),
		Paused: e.Pause != nil, DueAt: due(e.Deadlines()), Opened: e.Opened, Changed: e.Changed, Version: int32(e.Version), State: e,
	}
	if e.Cohort != "" {
		p.Cohort = &e.Cohort
	}
	return p
}

// register brings the register level with the certificates of e.
func register(ctx context.Context, q *db.Queries, e training.Enrolment) error {
	if len(e.Certificates) == 0 {
		return nil
	}
	rows, err := q.ListRegistered(ctx, e.ID)
	if err != nil {
		return err
	}
	revoked := map[string]bool{} // by the codes that are registered
	for _, r := range rows {
		revoked[r.Code] = r.Revoked
	}
	for _, c := range e.Certificates {
		if _, registered := revoked[c.Code]; !registered {
			if err := q.AddCertificate(ctx, certificate(e, c)); err != nil {
				return err
			}
		}
		if c.Revoked != nil && !revoked[c.Code] {
			if err := q.RevokeCertificate(ctx, db.RevokeCertificateParams{Code: c.Code, At: c.Revoked.At, Reason: c.Revoked.Reason}); err != nil {
				return err
			}
		}
	}
	return nil
}

func certificate(e training.Enrolment, c training.Certificate) db.AddCertificateParams {
	p := db.AddCertificateParams{
		Code: c.Code, EnrolmentID: e.ID, AGS: e.AGS, Kind: c.Kind, Issued: c.At, Curriculum: c.Curriculum,
		CurriculumVersion: int32(c.Version), Minutes: int32(c.Minutes), Evidence: c.Evidence, Reason: c.Reason,
	}
	if c.Supersedes != "" {
		p.Supersedes = &c.Supersedes
	}
	return p
}

func saveCohort(ctx context.Context, q *db.Queries, c training.Cohort) error {
	before, err := q.RecordedCohort(ctx, c.ID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if err := q.SaveCohort(ctx, CohortRow(c)); err != nil {
		return err
	}
	return tell(ctx, q, process.KindCohort, c.File(), c.Notices(before))
}

// CohortRow is the row of a cohort in the record: all of it follows from the state.
func CohortRow(c training.Cohort) db.SaveCohortParams {
	begins, ends := span(c)
	return db.SaveCohortParams{
		ID: c.ID, AGS: c.AGS, Stage: c.Stage, Curriculum: c.Terms.Curriculum, CurriculumVersion: int32(c.Terms.Version),
		Offered: listed(c.Offered), Trainers: listed(c.Trainers), Assessors: listed(c.Assessors), Closes: c.Closes,
		Begins: begins, Ends: ends, Free: int32(c.Free()), DueAt: due(c.Deadlines()),
		Opened: c.Opened, Changed: c.Changed, Version: int32(c.Version), State: c,
	}
}

// span is from the begin of the first to the end of the last date that is not cancelled.
func span(c training.Cohort) (begins, ends *time.Time) {
	for _, d := range c.Dates {
		if d.Cancelled != "" {
			continue
		}
		if begins == nil || d.Begins.Before(*begins) {
			begins = &d.Begins
		}
		if ends == nil || d.Ends.After(*ends) {
			ends = &d.Ends
		}
	}
	return begins, ends
}

// due is by when somebody has to do something: reminders only tell.
func due(ds []training.Deadline) *time.Time {
	for _, d := range ds {
		if d.Kind != "remind" && d.Kind != "lapse_soon" {
			return &d.Due
		}
	}
	return nil
}

// listed is vs as PostgreSQL wants it: never NULL.
func listed[L ~[]T, T any](vs L) L {
	if vs == nil {
		return L{}
	}
	return vs
}

// tell has everyone told whom the notices about a step are for, in the transaction that records it:
// each of them once, and what is told may change without a workflow noticing. Trainees, trainers and
// coordinators are those of now.
func tell(ctx context.Context, q *db.Queries, kind process.Kind, f process.File, ns []training.Notice) error {
	for _, n := range ns {
		_, err := q.AddNotifications(ctx, db.AddNotificationsParams{
			AGS: f.AGS, Kind: n.Kind, FileKind: kind, FileID: f.ID, Version: int32(f.Version), At: f.Changed,
			People: listed(n.People), Enrolments: listed(n.Enrolments), TrainersOf: listed(n.TrainersOf), ToCoordinators: n.Coordinators,
		})
		if err != nil {
			return fmt.Errorf("tell of %s: %w", n.Kind, err)
		}
	}
	return nil
}
