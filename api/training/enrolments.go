package training

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"

	"koko/api/files"
	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
)

// EnrolmentDesk completes the commands of enrolments, and shows how far they are.
func (s *Server) EnrolmentDesk(f *files.Kind) {
	f.Complete = s.completeEnrolment
	f.Issued = &files.Issued{Act: enrolment.ReadCertificate, List: s.issuedTo}
	f.Adornment = reflect.TypeFor[enrolmentAdornment]()
	f.Adorn = func(_ context.Context, _ guard.Principal, s file.State, _ string) (any, error) {
		e := s.(enrolment.Enrolment)
		return enrolmentAdornment{e.Reference(), e.Progress()}, nil
	}
	f.Embellishment = reflect.TypeFor[enrolmentWarning]()
	f.Embellish = s.warnings
}

// enrolmentAdornment is what the view of an enrolment has beside its state.
type enrolmentAdornment struct {
	Reference string             `json:"reference" doc:"Short name for lists on paper" example:"E-3F1D7C1E"`
	Progress  enrolment.Progress `json:"progress" doc:"How much of the curriculum is done"`
}

// enrolmentWarning is what lists show of an enrolment beside its facets.
type enrolmentWarning struct {
	Warning enrolment.WayWarning `json:"warning" doc:"Whether the way to the certificate is tight, or leads nowhere"`
}

// EnrolmentRef is embedded in the input of what is done with an enrolment alone.
type EnrolmentRef struct {
	EnrolmentID string `path:"enrolment" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the enrolment" example:"3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"`
}

type enrolmentInput struct{ EnrolmentRef }

// enrolments are the files of trainees, cohorts those of course runs.
func (s *Server) enrolments() *files.Kind { return s.mustOf(enrolment.Kind) }

func (s *Server) cohorts() *files.Kind { return s.mustOf(cohort.Kind) }

// mustOf returns the files of a kind that is in the list.
func (s *Server) mustOf(k file.Kind) *files.Kind {
	f, ok := s.Of(k)
	if !ok {
		panic("api: there is no kind " + string(k))
	}
	return f
}

// readEnrolment returns an enrolment to somebody who may do one of acts with it.
func (s *Server) readEnrolment(
	ctx context.Context,
	id string,
	acts ...string,
) (caller guard.Principal, at files.Folder, e enrolment.Enrolment, err error) {
	caller, at, err = s.enrolments().Open(ctx, id, acts...)
	if err == nil {
		e = at.State.(enrolment.Enrolment)
	}
	return caller, at, e, err
}

// readCohort returns a cohort to somebody who may do act with it.
func (s *Server) readCohort(ctx context.Context, id, act string) (caller guard.Principal, at files.Folder, c cohort.Cohort, err error) {
	caller, at, err = s.cohorts().Open(ctx, id, act)
	if err == nil {
		c = at.State.(cohort.Cohort)
	}
	return caller, at, c, err
}

// loadCohort returns a cohort within the caller's scope; elsewhere there are no rows.
func (s *Server) loadCohort(ctx context.Context, caller guard.Principal, id string) (c cohort.Cohort, err error) {
	f := s.cohorts()
	sc := f.Scope(caller, f.Seeing()...)
	raw, err := s.As(sc).GetFile(ctx, sc, cohort.Kind, id)
	if err != nil {
		return c, err
	}
	state, err := f.Def.Decode(raw)
	if err != nil {
		return c, err
	}
	return state.(cohort.Cohort), nil
}

// warnings says of enrolments whether the way to the certificate is tight.
func (s *Server) warnings(ctx context.Context, caller guard.Principal, ids []string) (map[string]any, error) {
	f := s.enrolments()
	sc := f.Scope(caller, f.LensScope()...)
	rows, err := s.As(sc).ListStates(ctx, sc, enrolment.Kind, ids)
	if err != nil {
		return nil, fmt.Errorf("states of enrolments: %w", err)
	}
	var all []enrolment.Enrolment
	for _, r := range rows {
		var e enrolment.Enrolment
		if err := json.Unmarshal(r.State, &e); err != nil {
			return nil, fmt.Errorf("state of enrolment %s: %w", r.ID, err)
		}
		all = append(all, e)
	}
	offers, err := s.offersTo(ctx, caller, all)
	if err != nil {
		return nil, err
	}
	warnings := map[string]any{}
	for _, e := range all {
		way := e.Way(offersFor(e, offers[e.Terms.Curriculum], s.Now()), s.Now())
		warnings[e.ID] = enrolmentWarning{way.Warning}
	}
	return warnings, nil
}

// completeEnrolment finds what the API adds to a command: the terms of a cohort or of a version of the
// curriculum, who taught the trainee, and the code of a new certificate. It checks what only the record
// can tell.
func (s *Server) completeEnrolment(
	ctx context.Context,
	caller guard.Principal,
	state file.State,
	id string,
	cmd file.Command,
) (file.Command, error) {
	e := state.(enrolment.Enrolment)
	code := s.Vault.Code("certificate/" + id)
	switch c := cmd.(type) {
	case enrolment.Apply:
		if err := printable(c.Holder); err != nil {
			return nil, err
		}
		cohort, err := s.offeredCohort(ctx, caller, c.Cohort, c.AGS)
		c.Terms, c.Closes = cohort.Terms, cohort.Closes
		return c, err
	case enrolment.Transfer:
		_, err := s.offeredCohort(ctx, caller, c.Cohort, e.AGS)
		return c, err
	case enrolment.PlanMakeUp:
		return c, s.makesUp(ctx, caller, c, e.AGS)
	case enrolment.ChangeEmployer:
		return c, s.Holds(ctx, caller, c.AGS, []string{"trainee"}, "ags", e.Trainee)
	case enrolment.AdoptCurriculum:
		of, err := s.Curriculum(ctx, e.Terms.Curriculum, c.Version)
		c.Terms = of.Terms()
		return c, err
	case enrolment.AppointAssessors:
		taught, err := s.taught(ctx, caller, e, c.Assessors)
		c.Taught = taught
		return c, err
	case enrolment.Certify:
		c.Code = code
		return c, printable(c.Holder)
	case enrolment.ConfirmAttendance:
		c.Code = code
		return c, printable(c.Holder)
	case enrolment.ReissueCertificate:
		c.Code = code
		return c, printable(c.Holder)
	default:
		return cmd, nil
	}
}

// makesUp checks that the cohort where a module is to be made up teaches it.
func (s *Server) makesUp(ctx context.Context, caller guard.Principal, p enrolment.PlanMakeUp, k ags.Key) error {
	if p.Kind != enrolment.ElsewhereMakeUp || !wire.IsUUID(p.Cohort) {
		return nil // the command's own check says more
	}
	c, err := s.offeredCohort(ctx, caller, p.Cohort, k)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(c.Dates, func(d cohort.CourseDate) bool {
		return d.Unit == p.Unit && d.Cancelled == "" && d.Begins.After(s.Now())
	}) {
		return fault.Newf(fault.Invalid, "the cohort does not teach this module any more").In("cohort").
			By("offer", "see the way to the certificate for cohorts that do")
	}
	return nil
}

// offeredCohort returns a cohort that takes trainees of a municipality.
func (s *Server) offeredCohort(ctx context.Context, caller guard.Principal, id string, k ags.Key) (c cohort.Cohort, err error) {
	if wire.IsUUID(id) {
		c, err = s.loadCohort(ctx, caller, id)
	}
	if c.ID == "" && err == nil || errors.Is(err, pgx.ErrNoRows) {
		return c, fault.Newf(fault.Invalid, "there is no such cohort for you").In("cohort").By("cohort", "name one from the list of cohorts")
	}
	if err == nil && !c.Offered.Covers(k) && c.AGS != k {
		return c, fault.Newf(fault.Invalid, "the cohort is not offered to the municipality").In("cohort").By("offered", "choose a cohort that is")
	}
	return c, err
}

// taught lists those of people who are trainers of a cohort that the trainee attends.
func (s *Server) taught(ctx context.Context, caller guard.Principal, e enrolment.Enrolment, people []string) ([]string, error) {
	var taught []string
	for _, id := range e.Cohorts() {
		c, err := s.loadCohort(ctx, caller, id)
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if slices.Contains(c.Trainers, p) && !slices.Contains(taught, p) {
				taught = append(taught, p)
			}
		}
	}
	return taught, nil
}

// Curriculum returns a version of a curriculum, the latest for 0.
func (s *Server) Curriculum(ctx context.Context, id string, version int) (curriculum.Curriculum, error) {
	q := db.As(s.Pool, "", nil)
	var c curriculum.Curriculum
	var err error
	if version == 0 {
		var latest db.GetLatestCurriculumRow
		latest, err = q.GetLatestCurriculum(ctx, id)
		c = latest.Content
	} else {
		var exact db.GetCurriculumRow
		exact, err = q.GetCurriculum(ctx, db.GetCurriculumParams{ID: id, Version: int32(version)})
		c = exact.Content
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return c, fault.Newf(fault.Invalid, "there is no such curriculum, or not in this version").In("curriculum").
			By("curriculum", "name one from the list of curricula")
	}
	return c, err
}
