package api

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/domain/training"
	"koko/policies"
)

type enrolments = files[training.Enrolment, training.Command, EnrolmentOutput]

// enrolmentsOf puts together what the API does with enrolments.
func (s *server) enrolmentsOf(l Lifecycle[training.Enrolment, training.Command]) *enrolments {
	return &enrolments{
		server: s, lifecycle: l, kind: process.KindEnrolment, path: "/enrolments/{enrolment}", tag: "Enrolment commands",
		compartments: training.Compartments(), seeing: seeingEnrolment, load: s.loadEnrolment, may: s.mayEnrol, view: s.viewEnrolment,
		asked: s.askedEnrolment, open: []string{policies.ReadEnrolment, policies.ReadProgress}, staff: s.teachersAt,
		people: s.peopleOfEnrolment, complete: s.completeEnrolment,
	}
}

// seeingEnrolment are the acts that make an enrolment exist for somebody.
var seeingEnrolment = []string{policies.ReadEnrolment, policies.ReadProgress, policies.ReadTrainingHistory}

// EnrolmentRef is embedded in the input of every operation on one enrolment.
type EnrolmentRef struct {
	EnrolmentID string `path:"enrolment" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the enrolment" example:"3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"`
}

// EnrolmentView is an enrolment as one caller sees it.
type EnrolmentView struct {
	training.Enrolment
	Reference string            `json:"reference" doc:"Short name for lists on paper" example:"E-3F1D7C1E"`
	Progress  training.Progress `json:"progress" doc:"What of the curriculum is done"`
	Deadlines []TermView        `json:"deadlines" nullable:"false" doc:"What is expected, the earliest first"`
	Actions   []ActionView      `json:"actions" nullable:"false" doc:"What can be done, and for what is closed, why"`
	Lens      string            `json:"lens" enum:"enrolment,progress" doc:"How much of it the caller sees; an employer sees the progress"`
}

// TermView is a deadline of an enrolment or a cohort, and where it stands.
type TermView struct {
	process.Deadline
	Overdue bool `json:"overdue" doc:"Whether it has passed"`
}

// EnrolmentOutput is the answer to everything that concerns one enrolment.
type EnrolmentOutput struct {
	ETag string `header:"ETag" doc:"Version of the enrolment, for If-Match" example:"\"7\""`
	Body EnrolmentView
}

func (s *server) registerEnrolments(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "apply", Method: http.MethodPost, Path: "/enrolments", DefaultStatus: http.StatusCreated,
		Summary:     "Apply for a seat in a cohort: a new enrolment begins",
		Description: "By the trainee. It waits for the release by the employer's supervisor, then for the coordinator.",
		Tags:        []string{"Enrolments"}, Errors: bodyStatuses(403, 404, 409),
	}, s.createEnrolment)
	huma.Register(api, huma.Operation{
		OperationID: "get-enrolment", Method: http.MethodGet, Path: "/enrolments/{enrolment}",
		Summary: "Read an enrolment", Description: "As much of it as you may see: `lens` says how much.",
		Tags: []string{"Enrolments"}, Errors: statuses(403, 404),
	}, s.getEnrolment)
}

type createEnrolmentInput struct {
	Key
	Body ApplyBody
}

type createEnrolmentOutput struct {
	Location string `header:"Location" doc:"Path of the new enrolment"`
	ETag     string `header:"ETag" doc:"Version of the enrolment, for If-Match" example:"\"1\""`
	Body     EnrolmentView
}

// createEnrolment stores the words of the application, then starts the enrolment's workflow with it.
func (s *server) createEnrolment(ctx context.Context, in *createEnrolmentInput) (*createEnrolmentOutput, error) {
	fresh := func(id string) training.Enrolment { return training.Enrolment{ID: id, AGS: in.Body.AGS} }
	begun, out, err := s.enrolments.begin(ctx, training.ActionApply, in.IdempotencyKey, in.Body, fresh)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &createEnrolmentOutput{Location: "/api/v1/enrolments/" + begun.ID, ETag: out.ETag, Body: out.Body}, nil
}

type getEnrolmentInput struct{ EnrolmentRef }

func (s *server) getEnrolment(ctx context.Context, in *getEnrolmentInput) (*EnrolmentOutput, error) {
	who, e, err := s.readEnrolment(ctx, in.EnrolmentID, policies.ReadEnrolment, policies.ReadProgress)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	out, err := s.viewEnrolment(ctx, who, e)
	return out, s.problem(ctx, err)
}

// readEnrolment returns an enrolment to somebody who may do one of acts with it.
func (s *server) readEnrolment(ctx context.Context, id string, acts ...string) (who Principal, e training.Enrolment, err error) {
	if who, err = s.principal(ctx); err != nil {
		return who, e, err
	}
	if e, err = s.enrolments.find(ctx, who, id, acts[0]); err != nil {
		return who, e, err
	}
	return who, e, s.enrolments.permitAny(who, e, acts...)
}

// mayEnrol asks the policy about an enrolment.
func (s *server) mayEnrol(who Principal, act string, e training.Enrolment) policies.Decision {
	return s.policy.Decide(who.Grants, act, e.AGS, e.Relations(who.Subject, who.Teaches))
}

func (s *server) askedEnrolment(who Principal, act string, e training.Enrolment) policies.Question {
	return policies.QuestionOf(who.Grants, act, e.AGS, e.Relations(who.Subject, who.Teaches))
}

// enrolmentScope is what the caller's grants cover for one of the acts.
func (s *server) enrolmentScope(who Principal, acts ...string) db.EnrolmentScope {
	return db.EnrolmentScope(s.policy.EnrolmentScope(who.Subject, who.Teaches, who.Grants, acts...))
}

// ofEnrolments returns queries that each touch the municipalities of sc and nothing else.
func (s *server) ofEnrolments(sc db.EnrolmentScope) *db.Queries {
	return db.As(s.pool, sc.Caller, sc.Municipalities())
}

func (s *server) loadEnrolment(ctx context.Context, who Principal, id string) (training.Enrolment, error) {
	sc := s.enrolmentScope(who, seeingEnrolment...)
	return s.ofEnrolments(sc).GetEnrolment(ctx, sc.Enrolment(id))
}

// viewEnrolment shows e to who. Somebody whose own command took it out of sight still sees what it
// led to.
func (s *server) viewEnrolment(_ context.Context, who Principal, e training.Enrolment) (*EnrolmentOutput, error) {
	v := EnrolmentView{
		Enrolment: e, Reference: e.Reference(), Progress: e.Progress(), Lens: "enrolment", Deadlines: s.terms(e.Deadlines()),
		Actions: s.options(e.Actions(who.Subject), func(act string) policies.Decision { return s.mayEnrol(who, act, e) }),
	}
	if !s.mayEnrol(who, policies.ReadEnrolment, e).Allowed {
		v.Lens, v.Enrolment = "progress", e.ProgressOnly()
	}
	return &EnrolmentOutput{ETag: etag(e.Version), Body: v}, nil
}

func (s *server) terms(ds []process.Deadline) []TermView {
	views := []TermView{}
	for _, d := range ds {
		views = append(views, TermView{d, d.Due.Before(s.now())})
	}
	return views
}

// peopleOfEnrolment checks those whom a command names: whom nothing was granted to could not act.
func (s *server) peopleOfEnrolment(ctx context.Context, who Principal, e training.Enrolment, body commandBody[training.Command]) error {
	if err := printable(body); err != nil {
		return err
	}
	switch b := body.(type) {
	case ApplyBody:
		return s.holds(ctx, who, b.AGS, policies.Employer, map[string]string{"superior": b.Superior})
	case changeEmployerBody:
		if err := s.holds(ctx, who, b.AGS, policies.Trainee, map[string]string{"ags": e.Trainee}); err != nil {
			return err
		}
		return s.holds(ctx, who, b.AGS, policies.Employer, map[string]string{"superior": b.Superior})
	case appointAssessorsBody:
		return s.holds(ctx, who, e.AGS, policies.Assessor, b.people())
	}
	return nil
}

// holds checks that the people whom fields name hold a role in a municipality.
func (s *server) holds(ctx context.Context, who Principal, k ags.Key, role policies.Role, named map[string]string) error {
	q := db.As(s.pool, who.Subject, ags.Area{k})
	for field, subject := range named {
		has, err := q.HasRoleIn(ctx, db.HasRoleInParams{Subject: subject, Roles: []string{string(role)}, AGS: string(k), At: s.now()})
		if err != nil {
			return err
		}
		if !has {
			return fault.Newf(fault.Invalid, "this person is no %s in the municipality", role).In(field).
				By("holds_role", "an administrator there grants the role "+string(role)+" first")
		}
	}
	return nil
}

// completeEnrolment finds what the API adds to a command: the terms of a cohort or of a version of
// the curriculum, who taught the trainee, and the code of a new certificate.
func (s *server) completeEnrolment(ctx context.Context, who Principal, e training.Enrolment, id string, body commandBody[training.Command]) (func(training.Command) training.Command, error) {
	same := func(cmd training.Command) training.Command { return cmd }
	switch b := body.(type) {
	case ApplyBody:
		c, err := s.offeredCohort(ctx, who, b.Cohort, b.AGS)
		return func(cmd training.Command) training.Command {
			a := cmd.(training.Apply)
			a.Terms, a.Closes = c.Terms, c.Closes
			return a
		}, err
	case transferBody:
		_, err := s.offeredCohort(ctx, who, b.Cohort, e.AGS)
		return same, err
	case planMakeUpBody:
		return same, s.makesUp(ctx, who, b, e.AGS)
	case adoptCurriculumBody:
		c, err := s.curriculum(ctx, e.Terms.Curriculum, b.Version)
		return func(cmd training.Command) training.Command {
			a := cmd.(training.AdoptCurriculum)
			a.Terms = c.Terms()
			return a
		}, err
	case appointAssessorsBody:
		taught, err := s.taught(ctx, who, e, b.Assessors)
		return func(cmd training.Command) training.Command {
			a := cmd.(training.AppointAssessors)
			a.Taught = taught
			return a
		}, err
	}
	code := s.vault.Code("certificate/" + id)
	return func(cmd training.Command) training.Command {
		switch c := cmd.(type) {
		case training.Certify:
			c.Code = code
			return c
		case training.ConfirmAttendance:
			c.Code = code
			return c
		case training.ReissueCertificate:
			c.Code = code
			return c
		}
		return cmd
	}, nil
}

// makesUp checks that the cohort where a module is to be made up teaches it.
func (s *server) makesUp(ctx context.Context, who Principal, b planMakeUpBody, k ags.Key) error {
	if b.Kind != training.ElsewhereMakeUp || !isUUID(b.Cohort) {
		return nil // the command's own check says more
	}
	c, err := s.offeredCohort(ctx, who, b.Cohort, k)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(c.Dates, func(d training.CourseDate) bool {
		return d.Unit == b.Unit && d.Cancelled == "" && d.Begins.After(s.now())
	}) {
		return fault.Newf(fault.Invalid, "the cohort does not teach this module any more").In("cohort").
			By("offer", "see the way to the certificate for cohorts that do")
	}
	return nil
}

// offeredCohort is a cohort that takes trainees of a municipality.
func (s *server) offeredCohort(ctx context.Context, who Principal, id string, k ags.Key) (c training.Cohort, err error) {
	if isUUID(id) {
		c, err = s.loadCohort(ctx, who, id)
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
func (s *server) taught(ctx context.Context, who Principal, e training.Enrolment, people []string) ([]string, error) {
	var taught []string
	for _, id := range e.Cohorts() {
		c, err := s.loadCohort(ctx, who, id)
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
