package training

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
)

// mostOffers bounds the cohorts of a curriculum among which a way is searched.
const mostOffers = 50

func (s *Server) registerEnrolmentWay(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "get-way", Method: http.MethodGet, Path: "/enrolments/{enrolment}/way",
		Summary: "See the way to the certificate",
		Description: "What is done, what is missing, and the fewest steps that remain, with the dates of the trainee's cohort and of others that are " +
			"offered to the trainee's municipality and that you may see. It decides nothing: it is worked out anew each time.",
		Tags: []string{"Enrolments"}, Errors: wire.Statuses(403, 404),
	}, s.getWay)
	guard.Register(s, api, huma.Operation{
		OperationID: "get-curriculum-change", Method: http.MethodGet, Path: "/enrolments/{enrolment}/curriculum-change",
		Summary: "See what another version of the curriculum would change",
		Description: "For this trainee: the rules that differ, and progress and way before and after. Nothing is changed: that is done by `adopt-curriculum`, " +
			"and what would refuse it refuses this too.",
		Tags: []string{"Enrolments"}, Errors: wire.Statuses(403, 404, 409),
	}, s.getCurriculumChange)
}

type getWayOutput struct {
	ETag string `header:"ETag" doc:"Version of the enrolment that the way begins at" example:"\"7\""`
	Body enrolment.Way
}

func (s *Server) getWay(ctx context.Context, in *enrolmentInput) (*getWayOutput, error) {
	caller, _, e, err := s.readEnrolment(ctx, in.EnrolmentID, enrolment.ReadEnrolment, enrolment.ReadProgress)
	if err != nil {
		return nil, err
	}
	cohorts, err := s.offeredCohorts(ctx, caller, e.Terms.Curriculum)
	if err != nil {
		return nil, err
	}
	return &getWayOutput{ETag: wire.Etag(e.Version), Body: e.Way(offersFor(e, cohorts, s.Now()), s.Now())}, nil
}

// offeredCohorts returns the cohorts of a curriculum that take place, have dates to come, and that the caller may
// see.
func (s *Server) offeredCohorts(ctx context.Context, caller guard.Principal, curriculum string) ([]cohort.Cohort, error) {
	sc := s.Scope(caller, cohort.ReadCohort)
	return s.As(sc).ListOffers(ctx, sc, curriculum, s.Now(), mostOffers)
}

// offersTo returns the offered cohorts of each curriculum among the enrolments.
func (s *Server) offersTo(ctx context.Context, caller guard.Principal, all []enrolment.Enrolment) (map[string][]cohort.Cohort, error) {
	offers := map[string][]cohort.Cohort{}
	for _, e := range all {
		id := e.Terms.Curriculum
		if _, read := offers[id]; read {
			continue
		}
		cohorts, err := s.offeredCohorts(ctx, caller, id)
		if err != nil {
			return nil, err
		}
		offers[id] = cohorts
	}
	return offers, nil
}

// offersFor returns what cohorts offer to people from the trainee's municipality; the trainee's own
// cohort always counts.
func offersFor(e enrolment.Enrolment, cohorts []cohort.Cohort, at time.Time) []training.Offer {
	var offers []training.Offer
	for _, c := range cohorts {
		if c.ID == e.Cohort || c.AGS == e.AGS || c.Offered.Covers(e.AGS) {
			offers = append(offers, c.Offers(at)...)
		}
	}
	return offers
}

type getCurriculumChangeInput struct {
	EnrolmentRef
	Version int `query:"version" minimum:"0" maximum:"10000" default:"0" doc:"Version of the same curriculum; 0 is the latest"`
}

// CurriculumChange is what another version of the curriculum would change for one trainee.
type CurriculumChange struct {
	Curriculum string          `json:"curriculum" doc:"Id of the curriculum" example:"koko"`
	From       int             `json:"from" doc:"The version in force"`
	To         int             `json:"to" doc:"The version that would be in force"`
	Rules      []RuleChange    `json:"rules" nullable:"false" doc:"What the versions ask for differently"`
	Before     CurriculumStand `json:"before" doc:"Where the trainee stands"`
	After      CurriculumStand `json:"after" doc:"Where the trainee would stand"`
}

// CurriculumStand is where a trainee stands under one version of a curriculum.
type CurriculumStand struct {
	Phase    enrolment.Phase    `json:"phase" doc:"Where the enrolment stands"`
	Progress enrolment.Progress `json:"progress" doc:"How much of the curriculum is done"`
	Way      enrolment.Way      `json:"way" doc:"What remains"`
}

// RuleChange is one thing that two versions of a curriculum say differently.
type RuleChange struct {
	Field  string `json:"field" doc:"Which: a field of the rule, or of a module by its id" example:"modules.m3.minutes"`
	Before any    `json:"before,omitempty" doc:"The value in force; left out if there is none"`
	After  any    `json:"after,omitempty" doc:"The value that would be in force; left out if there would be none"`
}

type getCurriculumChangeOutput struct{ Body CurriculumChange }

func (s *Server) getCurriculumChange(ctx context.Context, in *getCurriculumChangeInput) (*getCurriculumChangeOutput, error) {
	caller, _, e, err := s.readEnrolment(ctx, in.EnrolmentID, enrolment.ReadEnrolment, string(enrolment.ActionAdoptCurriculum))
	if err != nil {
		return nil, err
	}
	c, err := s.Curriculum(ctx, e.Terms.Curriculum, in.Version)
	if err != nil {
		return nil, err
	}
	reasons := file.Prose{training.TrainingFile: {"reason": "…"}} // the rules ask for some
	cmd := enrolment.AdoptCurriculum{
		Version: c.Version, Terms: c.Terms(),
		Docs: file.Docs{Docs: s.enrolments().DocumentsOf(reasons, enrolment.ActionAdoptCurriculum, e.ID)},
	}
	next, err := e.Decide(cmd, caller.Subject, s.Now())
	if err != nil {
		return nil, err
	}
	cohorts, err := s.offeredCohorts(ctx, caller, e.Terms.Curriculum)
	if err != nil {
		return nil, err
	}
	offers := offersFor(e, cohorts, s.Now())
	stand := func(e enrolment.Enrolment) CurriculumStand {
		return CurriculumStand{e.Phase, e.Progress(), e.Way(offers, s.Now())}
	}
	return &getCurriculumChangeOutput{CurriculumChange{
		Curriculum: c.ID, From: e.Terms.Version, To: c.Version, Rules: ruleChanges(e.Terms, next.Terms), Before: stand(e), After: stand(next),
	}}, nil
}

// ruleChanges lists what differs between two versions, in the order of the rule and then of the modules.
func ruleChanges(before, after curriculum.Terms) []RuleChange {
	changes := fieldChanges("", &before.Rule, &after.Rule)
	units := slices.Clone(before.Units)
	for _, u := range after.Units {
		if unitOf(before, u.ID) == nil {
			units = append(units, u)
		}
	}
	for _, u := range units {
		changes = append(changes, fieldChanges("modules."+u.ID+".", unitOf(before, u.ID), unitOf(after, u.ID))...)
	}
	return changes
}

func unitOf(t curriculum.Terms, id string) *curriculum.Unit {
	i := slices.IndexFunc(t.Units, func(u curriculum.Unit) bool { return u.ID == id })
	if i < 0 {
		return nil
	}
	return &t.Units[i]
}

// fieldChanges compares two values by the fields of their JSON, but for the id.
func fieldChanges[T any](prefix string, before, after *T) []RuleChange {
	changes := []RuleChange{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		a, b := fieldValue(before, f), fieldValue(after, f)
		if name != "id" && !reflect.DeepEqual(a, b) {
			changes = append(changes, RuleChange{prefix + name, a, b})
		}
	}
	return changes
}

// fieldValue returns nil where there is nothing: an empty list says no more than none.
func fieldValue[T any](v *T, f reflect.StructField) any {
	if v == nil {
		return nil
	}
	field := reflect.ValueOf(v).Elem().FieldByIndex(f.Index)
	if field.Kind() == reflect.Slice && field.Len() == 0 {
		return nil
	}
	return field.Interface()
}
