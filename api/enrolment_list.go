package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/training"
	"koko/policies"
)

func (s *server) registerEnrolmentList(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "list-enrolments", Method: http.MethodGet, Path: "/enrolments",
		Summary: "List the enrolments that you may see",
		Description: "The latest change first. Filters narrow together; repeated values of one filter widen. Pages follow the cursor in `next`; " +
			"counts come with the first page.",
		Tags: []string{"Enrolments"}, Errors: statuses(),
	}, s.listEnrolments)
}

type listEnrolmentsInput struct {
	Phase      []training.Phase `query:"phase,explode" nullable:"false" enum:"applied,waiting,modules,practice,assessment,qualified,certified,confirmed,withdrawn,failed,lapsed,rejected" doc:"Where an enrolment stands"`
	AGS        []ags.Key        `query:"ags,explode" nullable:"false" pattern:"^[0-9]{8}$" doc:"Municipalities"`
	Cohort     string           `query:"cohort" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of a cohort that the trainee attends, if only for a make-up"`
	Curriculum string           `query:"curriculum" maxLength:"32" doc:"Id of a curriculum"`
	Overdue    string           `query:"overdue" enum:"true,false" doc:"Whether a deadline has passed"`
	Mine       bool             `query:"mine" doc:"Only your own, as a trainee"`
	Text       string           `query:"text" maxLength:"40" doc:"The beginning of the reference" example:"E-3F1D"`
	Cursor     string           `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit      int              `query:"limit" minimum:"1" maximum:"100" default:"25" doc:"Enrolments on a page at most"`
}

type listEnrolmentsOutput struct {
	Body EnrolmentPage
}

// EnrolmentPage is one page of enrolments.
type EnrolmentPage struct {
	Items  []EnrolmentItem  `json:"items" nullable:"false" doc:"The enrolments of this page"`
	Counts *EnrolmentCounts `json:"counts,omitempty" doc:"Of all enrolments that pass the filter; with the first page"`
	Next   string           `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
}

// EnrolmentCounts are how many enrolments pass a filter.
type EnrolmentCounts struct {
	Total   int            `json:"total" doc:"Enrolments"`
	Overdue int            `json:"overdue" doc:"Of them, those with a deadline that has passed"`
	ByPhase map[string]int `json:"by_phase" doc:"How many in each phase"`
}

// EnrolmentItem is one enrolment in a list.
type EnrolmentItem struct {
	ID         string              `json:"id" format:"uuid" doc:"Id of the enrolment"`
	AGS        ags.Key             `json:"ags" doc:"Municipality that employs the trainee" example:"05999001"`
	Reference  string              `json:"reference" doc:"Short name for lists on paper" example:"E-3F1D7C1E"`
	Phase      training.Phase      `json:"phase" enum:"applied,waiting,modules,practice,assessment,qualified,certified,confirmed,withdrawn,failed,lapsed,rejected" doc:"Where the enrolment stands"`
	Trainee    string              `json:"trainee" doc:"Subject of the trainee"`
	Cohort     string              `json:"cohort,omitempty" format:"uuid" doc:"Id of the own cohort; left out without one"`
	Curriculum string              `json:"curriculum" doc:"Id of the curriculum" example:"koko"`
	Progress   ItemProgress        `json:"progress" doc:"What of the curriculum is done"`
	Warning    training.WayWarning `json:"warning" enum:"keine,knapp,nicht_erreichbar" doc:"Whether the way to the certificate is tight, or leads nowhere"`
	Paused     bool                `json:"paused" doc:"Whether the enrolment rests"`
	Due        *time.Time          `json:"due,omitempty" doc:"The earliest deadline"`
	Overdue    bool                `json:"overdue" doc:"Whether a deadline has passed"`
	Opened     time.Time           `json:"opened" doc:"When it was applied for"`
	Changed    time.Time           `json:"changed" doc:"When the last decision was recorded"`
	Version    int                 `json:"version" doc:"One more with every decision"`
	Lens       string              `json:"lens" enum:"enrolment,progress" doc:"How much of it opening it would show"`
}

// ItemProgress is the progress of an enrolment in a list.
type ItemProgress struct {
	Modules      training.Count `json:"modules" doc:"Modules that count"`
	Online       training.Count `json:"online" doc:"Online sessions that count"`
	Minutes      training.Count `json:"minutes" doc:"Attended minutes, made-up ones included"`
	Concept      training.Count `json:"concept" doc:"Concept of the own conflict management system"`
	Cases        training.Count `json:"cases" doc:"Accepted case reports"`
	Supervisions training.Count `json:"supervisions" doc:"Supervision sessions"`
	Assessment   training.Count `json:"assessment" doc:"Passed assessment"`
}

func itemProgress(p training.Progress) ItemProgress {
	return ItemProgress{
		Modules: p.Modules, Online: p.Online, Minutes: training.Count{Done: p.Minutes, Of: p.OfMinutes},
		Concept: p.Concept, Cases: p.Cases, Supervisions: p.Supervisions, Assessment: p.Assessment,
	}
}

type enrolmentCursor struct {
	Changed time.Time `json:"c"`
	ID      string    `json:"i"`
}

func (s *server) listEnrolments(ctx context.Context, in *listEnrolmentsInput) (*listEnrolmentsOutput, error) {
	page, err := s.enrolmentPage(ctx, in)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &listEnrolmentsOutput{Body: *page}, nil
}

func (s *server) enrolmentPage(ctx context.Context, in *listEnrolmentsInput) (*EnrolmentPage, error) {
	who, err := s.principal(ctx)
	if err != nil {
		return nil, err
	}
	sc := s.enrolmentScope(who, policies.ReadEnrolment, policies.ReadProgress)
	p, err := s.enrolmentFilter(who, in)
	if err != nil {
		return nil, err
	}
	page := &EnrolmentPage{Items: []EnrolmentItem{}}
	var rows []db.ListEnrolmentsRow
	if err := db.Within(ctx, s.pool, sc.Caller, sc.Municipalities(), func(q *db.Queries) (err error) {
		if rows, err = q.ListEnrolments(ctx, sc.List(p)); err != nil || in.Cursor != "" {
			return err
		}
		counts, err := q.CountEnrolments(ctx, sc.Count(p))
		page.Counts = countsOf(counts)
		return err
	}); err != nil {
		return nil, err
	}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		last := rows[in.Limit-1]
		page.Next = encodeCursor(enrolmentCursor{last.Changed, last.ID})
	}
	offers, err := s.offersTo(ctx, who, rows)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		page.Items = append(page.Items, s.enrolmentItem(who, r, offers[r.State.Terms.Curriculum]))
	}
	return page, nil
}

func (s *server) enrolmentFilter(who Principal, in *listEnrolmentsInput) (db.ListEnrolmentsParams, error) {
	p := db.ListEnrolmentsParams{
		Phases: textsOf(in.Phase), Municipalities: textsOf(in.AGS), Cohort: filled(in.Cohort), Curriculum: filled(in.Curriculum),
		Reference: filled(strings.TrimSpace(in.Text)), Now: s.now(), PageSize: int32(in.Limit + 1),
	}
	if in.Mine {
		p.Trainee = &who.Subject
	}
	if in.Overdue != "" {
		overdue := in.Overdue == "true"
		p.Overdue = &overdue
	}
	if in.Cursor != "" {
		var after enrolmentCursor
		if err := decodeCursor(in.Cursor, &after); err != nil || !isUUID(after.ID) {
			return p, badCursor()
		}
		p.BeforeChanged, p.BeforeID = after.Changed, after.ID
	}
	return p, nil
}

func textsOf[T ~string](vs []T) []string {
	list := []string{}
	for _, v := range vs {
		list = append(list, string(v))
	}
	return list
}

func countsOf(rows []db.CountEnrolmentsRow) *EnrolmentCounts {
	c := &EnrolmentCounts{ByPhase: map[string]int{}}
	for _, r := range rows {
		c.Total += int(r.Total)
		c.Overdue += int(r.Overdue)
		c.ByPhase[string(r.Phase)] = int(r.Total)
	}
	return c
}

func (s *server) enrolmentItem(who Principal, r db.ListEnrolmentsRow, cohorts []training.Cohort) EnrolmentItem {
	e := r.State
	i := EnrolmentItem{
		ID: e.ID, AGS: e.AGS, Reference: e.Reference(), Phase: e.Phase, Trainee: e.Trainee, Cohort: e.Cohort, Curriculum: e.Terms.Curriculum,
		Progress: itemProgress(e.Progress()), Warning: e.Way(offersFor(e, cohorts, s.now()), s.now()).Warning, Paused: e.Pause != nil,
		Due: r.DueAt, Overdue: r.DueAt != nil && r.DueAt.Before(s.now()), Opened: e.Opened, Changed: e.Changed, Version: e.Version, Lens: "enrolment",
	}
	if !s.mayEnrol(who, policies.ReadEnrolment, e).Allowed {
		i.Lens = "progress"
	}
	return i
}
