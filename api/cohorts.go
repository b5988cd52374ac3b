package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/domain/training"
	"koko/policies"
)

type cohorts = files[training.Cohort, training.CohortCommand, CohortOutput]

// cohortsOf puts together what the API does with cohorts.
func (s *server) cohortsOf(l Lifecycle[training.Cohort, training.CohortCommand]) *cohorts {
	return &cohorts{
		server: s, lifecycle: l, kind: process.KindCohort, path: "/cohorts/{cohort}", tag: "Cohort commands",
		compartments: training.Compartments(), seeing: seeingCohort, load: s.loadCohort, may: s.mayCohort, view: s.viewCohort,
		asked: s.askedCohort, open: []string{policies.ReadCohort},
		people: s.peopleOfCohort, complete: s.completeCohort,
	}
}

// seeingCohort are the acts that make a cohort exist for somebody.
var seeingCohort = []string{policies.ReadCohort, policies.ReadParticipants, policies.ReadTrainingHistory}

// CohortRef is embedded in the input of every operation on one cohort.
type CohortRef struct {
	CohortID string `path:"cohort" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the cohort" example:"7c1e3f1d-6a55-5a43-8f0e-0c5b7c0d9d11"`
}

// CohortView is a cohort as one caller sees it: who takes part is not for everybody.
type CohortView struct {
	training.Cohort
	Title     string            `json:"title" doc:"What the cohort is called" example:"Durchgang 2027"`
	Venues    map[string]string `json:"venues" doc:"Where each date takes place, by its id"`
	Reasons   map[string]string `json:"reasons" doc:"Why a date was moved or cancelled last, by its id"`
	Because   string            `json:"because,omitempty" doc:"Why the cohort was cancelled or merged, in words"`
	Free      int               `json:"free" doc:"Seats that nobody holds"`
	Waiting   int               `json:"waiting" doc:"How many wait for a seat"`
	Deadlines []TermView        `json:"deadlines" nullable:"false" doc:"What is expected, the earliest first"`
	Actions   []ActionView      `json:"actions" nullable:"false" doc:"What can be done, and for what is closed, why"`
	Lens      string            `json:"lens" enum:"cohort,offer" doc:"How much of it the caller sees: everything, or what is offered"`
}

// CohortOutput is the answer to everything that concerns one cohort.
type CohortOutput struct {
	ETag string `header:"ETag" doc:"Version of the cohort, for If-Match" example:"\"7\""`
	Body CohortView
}

func (s *server) registerCohorts(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "plan-cohort", Method: http.MethodPost, Path: "/cohorts", DefaultStatus: http.StatusCreated,
		Summary:     "Plan a cohort: it opens for applications",
		Description: "With its dates and places, seats, minimum, quota of each municipality, trainers and assessors.",
		Tags:        []string{"Cohorts"}, Errors: bodyStatuses(403, 409),
	}, s.createCohort)
	huma.Register(api, huma.Operation{
		OperationID: "get-cohort", Method: http.MethodGet, Path: "/cohorts/{cohort}",
		Summary: "Read a cohort", Description: "As much of it as you may see: `lens` says how much.",
		Tags: []string{"Cohorts"}, Errors: statuses(403, 404),
	}, s.getCohort)
}

type createCohortInput struct {
	Key
	Body PlanCohortBody
}

type createCohortOutput struct {
	Location string `header:"Location" doc:"Path of the new cohort"`
	ETag     string `header:"ETag" doc:"Version of the cohort, for If-Match" example:"\"1\""`
	Body     CohortView
}

func (s *server) createCohort(ctx context.Context, in *createCohortInput) (*createCohortOutput, error) {
	fresh := func(id string) training.Cohort { return training.Cohort{ID: id, AGS: in.Body.AGS} }
	begun, out, err := s.cohorts.begin(ctx, training.ActionPlanCohort, in.IdempotencyKey, in.Body, fresh)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &createCohortOutput{Location: "/api/v1/cohorts/" + begun.ID, ETag: out.ETag, Body: out.Body}, nil
}

type getCohortInput struct{ CohortRef }

func (s *server) getCohort(ctx context.Context, in *getCohortInput) (*CohortOutput, error) {
	who, c, err := s.readCohort(ctx, in.CohortID, policies.ReadCohort)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	out, err := s.viewCohort(ctx, who, c)
	return out, s.problem(ctx, err)
}

// readCohort returns a cohort to somebody who may do act with it.
func (s *server) readCohort(ctx context.Context, id, act string) (who Principal, c training.Cohort, err error) {
	if who, err = s.principal(ctx); err != nil {
		return who, c, err
	}
	if c, err = s.cohorts.find(ctx, who, id, act); err != nil {
		return who, c, err
	}
	return who, c, s.cohorts.permit(who, act, c)
}

// mayCohort asks the policy about a cohort.
func (s *server) mayCohort(who Principal, act string, c training.Cohort) policies.Decision {
	return s.policy.DecideCohort(who.Grants, act, c, c.Relations(who.Subject))
}

func (s *server) askedCohort(who Principal, act string, c training.Cohort) policies.Question {
	return policies.QuestionOfCohort(who.Grants, act, c, c.Relations(who.Subject))
}

// cohortScope is what the caller's grants cover for one of the acts.
func (s *server) cohortScope(who Principal, acts ...string) db.CohortScope {
	return db.CohortScope(s.policy.CohortScope(who.Subject, who.Grants, acts...))
}

// ofCohorts returns queries that each touch the municipalities of sc and nothing else.
func (s *server) ofCohorts(sc db.CohortScope) *db.Queries {
	return db.As(s.pool, sc.Caller, sc.Municipalities())
}

func (s *server) loadCohort(ctx context.Context, who Principal, id string) (training.Cohort, error) {
	sc := s.cohortScope(who, seeingCohort...)
	return s.ofCohorts(sc).GetCohort(ctx, sc.Cohort(id))
}

// viewCohort shows c to who.
func (s *server) viewCohort(ctx context.Context, who Principal, c training.Cohort) (*CohortOutput, error) {
	v := CohortView{
		Cohort: c, Free: c.Free(), Waiting: c.Waiting(), Lens: "cohort", Deadlines: s.terms(c.Deadlines()),
		Actions: s.options(c.Actions(who.Subject), func(act string) policies.Decision { return s.mayCohort(who, act, c) }),
	}
	if !s.mayCohort(who, policies.ReadParticipants, c).Allowed {
		v.Lens, v.Cohort = "offer", c.WithoutPeople()
	}
	words, err := s.cohortWords(ctx, who, c)
	v.Title, v.Venues, v.Reasons, v.Because = words.title, words.places, words.reasons, words.reason
	return &CohortOutput{ETag: etag(c.Version), Body: v}, err
}

// peopleOfCohort checks that trainers and assessors hold their roles where the cohort is run.
func (s *server) peopleOfCohort(ctx context.Context, who Principal, c training.Cohort, body commandBody[training.CohortCommand]) error {
	var trainers, assessors []string
	switch b := body.(type) {
	case PlanCohortBody:
		trainers, assessors = b.Trainers, b.Assessors
	case staffCohortBody:
		trainers, assessors = b.Trainers, b.Assessors
	}
	if err := s.holds(ctx, who, c.AGS, policies.Trainer, staff(trainers, nil)); err != nil {
		return err
	}
	return s.holds(ctx, who, c.AGS, policies.Assessor, staff(nil, assessors))
}

// completeCohort finds what the API adds to a command: the terms of the curriculum. A cohort is
// merged into one that is offered to the same municipalities and takes place.
func (s *server) completeCohort(ctx context.Context, who Principal, c training.Cohort, _ string, body commandBody[training.CohortCommand]) (func(training.CohortCommand) training.CohortCommand, error) {
	same := func(cmd training.CohortCommand) training.CohortCommand { return cmd }
	switch b := body.(type) {
	case PlanCohortBody:
		of, err := s.curriculum(ctx, b.Curriculum, b.Version)
		return func(cmd training.CohortCommand) training.CohortCommand {
			p := cmd.(training.PlanCohort)
			p.Terms = of.Terms()
			return p
		}, err
	case mergeCohortBody:
		if b.Into == c.ID {
			return same, nil // the rules say more
		}
		into, err := s.offeredCohort(ctx, who, b.Into, c.AGS)
		if err == nil && (into.Terms.Curriculum != c.Terms.Curriculum || !into.Live()) {
			err = fault.Newf(fault.Invalid, "the other cohort teaches another curriculum, or does not take place").In("into").
				By("same_curriculum", "name an open or running cohort of the same curriculum")
		}
		return same, err
	}
	return same, nil
}

// curriculum is a version of a curriculum, the latest for 0.
func (s *server) curriculum(ctx context.Context, id string, version int) (training.Curriculum, error) {
	q := db.As(s.pool, "", nil)
	var c training.Curriculum
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
