package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"koko/domain/ags"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
)

// What only the training asks for: it reads the states of its own kinds.

// A Participant is an enrolment with a cohort.
type Participant struct {
	ID    string
	State enrolment.Enrolment
}

// ListParticipants returns the enrolments in scope whose trainees attend a cohort, if only for a make-up: who
// has a place there is said by the cohort's state.
func (q *Queries) ListParticipants(ctx context.Context, s file.Scope, cohort string, atMost int) ([]Participant, error) {
	w := &where{}
	w.add("f.kind = %[1]s AND f.id IN (SELECT tied_files(%[1]s, ARRAY[%[2]s::text]))", enrolment.Kind, tie(enrolment.Teaching, cohort))
	w.conditions = append(w.conditions, w.covers("f", s))
	rows, err := q.db.Query(ctx, fmt.Sprintf("SELECT f.id::text, f.state FROM file f WHERE %s ORDER BY f.opened, f.id LIMIT %s", w.sql(), w.arg(atMost)), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list participants of cohort %s: %w", cohort, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Participant])
}

// ListOffers returns the cohorts of a curriculum in scope that take place or may, with dates that lie ahead.
func (q *Queries) ListOffers(ctx context.Context, s file.Scope, curriculum string, now time.Time, atMost int) ([]cohort.Cohort, error) {
	w := &where{}
	w.add("f.kind = %s AND NOT f.over AND f.facets ->> 'curriculum' = %s AND (f.facets ->> 'ends')::timestamptz > %s", cohort.Kind, curriculum, now)
	w.conditions = append(w.conditions, w.covers("f", s))
	rows, err := q.db.Query(ctx, fmt.Sprintf("SELECT f.state FROM file f WHERE %s ORDER BY (f.facets ->> 'begins')::timestamptz, f.id LIMIT %s", w.sql(), w.arg(atMost)), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list cohorts of curriculum %s: %w", curriculum, err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[cohort.Cohort])
}

// A CalendarRow is a cohort with dates, and what a person has to do with it.
type CalendarRow struct {
	State      cohort.Cohort
	Teaches    bool
	Assesses   bool
	Enrolments []string // their own ones with it
}

// ListCalendar returns the cohorts with dates after since that a person teaches, assesses or attends with one of
// their own enrolments, each where the caller's scopes say that this may be.
func (q *Queries) ListCalendar(
	ctx context.Context, caller string, enrolments, cohorts file.Scope, since time.Time, atMost int,
) ([]CalendarRow, error) {
	own, runs := tie(training.Trainee, caller), tie(training.Runs, caller)
	w := &where{}
	of, run, assessed := w.arg(caller), w.arg(areaOf(cohorts, runs)), w.arg(areaOf(enrolments, tie(enrolment.Assessing, caller)))
	rows, err := q.db.Query(ctx, fmt.Sprintf(`SELECT c.state, mine.teaches, mine.assesses, mine.enrolments
		FROM file c
		CROSS JOIN LATERAL (
			SELECT c.ties @> ARRAY[%s::text] AND c.places && %s::text[] AS teaches,
				json_list(c.state -> 'assessors') ? %s::text AND c.places && %s::text[] AS assesses,
				ARRAY(SELECT e.id::text FROM file e WHERE e.kind = %[5]s AND e.id IN (SELECT tied_files(%[5]s, ARRAY[%[6]s::text]))
					AND e.ags = ANY (%[7]s::text[]) AND e.ties @> ARRAY[%[8]s::text || ':' || c.id]) AS enrolments
		) mine
		WHERE c.kind = %[9]s AND c.phase NOT IN ('cancelled', 'merged') AND (c.facets ->> 'ends')::timestamptz > %[10]s
			AND (mine.teaches OR mine.assesses OR mine.enrolments <> '{}')
		ORDER BY (c.facets ->> 'begins')::timestamptz, c.id
		LIMIT %[11]s`,
		w.arg(runs), run, of, assessed, w.arg(enrolment.Kind), w.arg(own), w.arg(areaOf(enrolments, own)),
		w.arg(string(enrolment.Teaching)), w.arg(cohort.Kind), w.arg(since), w.arg(atMost)), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list calendar: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[CalendarRow])
}

func tie(r file.Relation, holder string) string {
	return file.Tie{Relation: r, Holder: holder}.String()
}

// areaOf returns the municipalities in which a scope covers files with a tie.
func areaOf(s file.Scope, tie string) []string {
	var area ags.Area
	for _, p := range s.Parts {
		if p.Tie == tie {
			area = area.Merge(p.Area)
		}
	}
	return words(area)
}

// The commands on an enrolment whose documents say what its trainee is called.
var naming = []string{
	string(training.ActionApply), string(enrolment.ActionCertify),
	string(enrolment.ActionConfirmAttendance), string(enrolment.ActionReissueCertificate),
}

// ListHolders returns the documents of the given enrolments in scope that say what their trainees are called,
// the latest of each last.
func (q *Queries) ListHolders(ctx context.Context, s file.Scope, ids []string) ([]SealedText, error) {
	w := &where{}
	w.add("fd.file_id = ANY (%s::uuid[]) AND f.kind = %s AND fd.action = ANY (%s::text[]) AND fd.compartment = %s",
		ids, enrolment.Kind, naming, string(training.TrainingFile))
	w.conditions = append(w.conditions, w.covers("f", s))
	return q.sealedTexts(ctx, w, "fd.file_id, fd.version")
}

// GetHolder returns the last document of an enrolment in scope that says what its trainee is called;
// pgx.ErrNoRows if there is none.
func (q *Queries) GetHolder(ctx context.Context, s file.Scope, enrolment string) (SealedText, error) {
	texts, err := q.ListHolders(ctx, s, []string{enrolment})
	if err != nil {
		return SealedText{}, err
	}
	if len(texts) == 0 {
		return SealedText{}, pgx.ErrNoRows
	}
	return texts[len(texts)-1], nil
}

// A RegisteredCertificate is a certificate as it stands in the register.
type RegisteredCertificate struct {
	Code              string
	Number            string
	StatusIndex       int32
	Kind              enrolment.CertificateKind
	Issued            time.Time
	Curriculum        string
	CurriculumVersion int32
	Minutes           int32
	Evidence          string
	Supersedes        *string
	Reason            enrolment.ReissueReason
	RevokedAt         *time.Time
	RevokedReason     enrolment.RevocationReason
	SupersededBy      string
}

// ListCertificates returns the certificates of an enrolment in scope.
func (q *Queries) ListCertificates(ctx context.Context, s file.Scope, enrolmentID string) ([]RegisteredCertificate, error) {
	w := &where{}
	w.add("c.file_id = %s::uuid", enrolmentID)
	w.conditions = append(w.conditions, w.sees(s, enrolment.Kind, enrolmentID))
	rows, err := q.db.Query(ctx, `SELECT c.code, c.number, c.status_index, c.kind, c.issued, c.curriculum, c.curriculum_version,
			c.minutes, c.evidence, c.supersedes, c.reason, r.at, coalesce(r.reason, ''), coalesce(n.code, '')
		FROM certificate c
		LEFT JOIN certificate_revocation r ON r.code = c.code
		LEFT JOIN certificate n ON n.supersedes = c.code
		WHERE `+w.sql()+" ORDER BY c.status_index", w.args...)
	if err != nil {
		return nil, fmt.Errorf("list certificates of enrolment %s: %w", enrolmentID, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[RegisteredCertificate])
}
