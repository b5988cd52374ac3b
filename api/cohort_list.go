package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/process"
	"koko/domain/training"
	"koko/policies"
)

func (s *server) registerCohortList(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "list-cohorts", Method: http.MethodGet, Path: "/cohorts",
		Summary:     "List the cohorts that you may see",
		Description: "Those of your area and those offered to it, the latest begin first. Filters narrow together; repeated values of one filter widen. Pages follow the cursor in `next`.",
		Tags:        []string{"Cohorts"}, Errors: statuses(),
	}, s.listCohorts)
}

type listCohortsInput struct {
	Stage      []training.Stage `query:"stage,explode" nullable:"false" enum:"open,short,running,finished,cancelled,merged" doc:"Where a cohort stands"`
	Curriculum string           `query:"curriculum" maxLength:"32" pattern:"^[a-z][a-z0-9-]{1,31}$" doc:"Id of a curriculum"`
	AGS        []ags.Key        `query:"ags,explode" nullable:"false" pattern:"^[0-9]{8}$" doc:"Municipalities that run them"`
	Open       string           `query:"open" enum:"true,false" doc:"Whether they take applications now"`
	Mine       bool             `query:"mine" doc:"Only those that you are a trainer of"`
	Cursor     string           `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit      int              `query:"limit" minimum:"1" maximum:"100" default:"25" doc:"Cohorts on a page at most"`
}

// CohortItem is one cohort in a list.
type CohortItem struct {
	ID         string         `json:"id" format:"uuid" doc:"Id of the cohort"`
	AGS        ags.Key        `json:"ags" doc:"Municipality that runs it" example:"05999001"`
	Title      string         `json:"title" doc:"What the cohort is called" example:"Durchgang 2027"`
	Stage      training.Stage `json:"stage" enum:"open,short,running,finished,cancelled,merged" doc:"Where the cohort stands"`
	Curriculum string         `json:"curriculum" doc:"Id of the curriculum" example:"koko"`
	Begins     *time.Time     `json:"begins,omitempty" doc:"When its first date begins; left out where there is none"`
	Ends       *time.Time     `json:"ends,omitempty" doc:"When its last date ends"`
	Closes     time.Time      `json:"closes" doc:"End of the application window"`
	Open       bool           `json:"open" doc:"Whether it takes applications now"`
	Seats      int            `json:"seats" doc:"How many may take part"`
	Free       int            `json:"free" doc:"Seats that nobody holds"`
	Waiting    *int           `json:"waiting,omitempty" doc:"How many wait for a seat; for those who may see the participants"`
	Due        *time.Time     `json:"due,omitempty" doc:"The earliest deadline; for those who may see the participants"`
	Version    int            `json:"version" doc:"One more with every decision"`
	Lens       string         `json:"lens" enum:"cohort,offer" doc:"How much of it the caller sees: everything, or what is offered"`
}

// CohortPage is one page of cohorts.
type CohortPage struct {
	Items []CohortItem `json:"items" nullable:"false" doc:"The cohorts of this page"`
	Next  string       `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
}

type listCohortsOutput struct{ Body CohortPage }

type cohortCursor struct {
	Key time.Time `json:"k"`
	ID  string    `json:"i"`
}

func (s *server) listCohorts(ctx context.Context, in *listCohortsInput) (*listCohortsOutput, error) {
	page, err := s.cohortPage(ctx, in)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &listCohortsOutput{Body: *page}, nil
}

func (s *server) cohortPage(ctx context.Context, in *listCohortsInput) (*CohortPage, error) {
	who, err := s.principal(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.cohortFilter(who, in)
	if err != nil {
		return nil, err
	}
	sc := s.cohortScope(who, policies.ReadCohort, policies.ReadParticipants)
	var rows []db.ListCohortsRow
	if err := db.Within(ctx, s.pool, sc.Caller, sc.Municipalities(), func(q *db.Queries) (err error) {
		rows, err = q.ListCohorts(ctx, sc.List(p))
		return err
	}); err != nil {
		return nil, err
	}
	page := &CohortPage{Items: []CohortItem{}}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		last := rows[in.Limit-1]
		page.Next = encodeCursor(cohortCursor{last.SortKey, last.ID})
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	titles, err := s.cohortTitles(ctx, who, ids)
	for _, r := range rows {
		page.Items = append(page.Items, s.cohortItem(who, r, titles[r.ID]))
	}
	return page, err
}

func (s *server) cohortFilter(who Principal, in *listCohortsInput) (db.ListCohortsParams, error) {
	p := db.ListCohortsParams{Curriculum: filled(in.Curriculum), Now: s.now(), PageSize: int32(in.Limit + 1)}
	for _, stage := range in.Stage {
		p.Stages = append(p.Stages, string(stage))
	}
	for _, k := range in.AGS {
		p.Municipalities = append(p.Municipalities, string(k))
	}
	if in.Open != "" {
		open := in.Open == "true"
		p.Open = &open
	}
	if in.Mine {
		p.Trainer = &who.Subject
	}
	if in.Cursor != "" {
		var after cohortCursor
		if err := decodeCursor(in.Cursor, &after); err != nil || !isUUID(after.ID) || !recordable(after.Key) {
			return p, badCursor()
		}
		p.BeforeKey, p.BeforeID = after.Key, after.ID
	}
	return p, nil
}

// cohortItem shows as much of a cohort as opening it would.
func (s *server) cohortItem(who Principal, r db.ListCohortsRow, title string) CohortItem {
	c := r.State
	i := CohortItem{
		ID: c.ID, AGS: c.AGS, Title: title, Stage: c.Stage, Curriculum: c.Terms.Curriculum, Closes: c.Closes, Seats: c.Seats, Free: c.Free(),
		Open: c.Stage == training.Open && !c.Closes.Before(s.now()), Version: c.Version, Lens: "offer",
	}
	for _, d := range c.Dates {
		if d.Cancelled != "" {
			continue
		}
		if i.Begins == nil || d.Begins.Before(*i.Begins) {
			i.Begins = &d.Begins
		}
		if i.Ends == nil || d.Ends.After(*i.Ends) {
			i.Ends = &d.Ends
		}
	}
	if s.mayCohort(who, policies.ReadParticipants, c).Allowed {
		waiting := c.Waiting()
		i.Lens, i.Waiting, i.Due = "cohort", &waiting, r.DueAt
	}
	return i
}

// cohortTitles reads what cohorts are called.
func (s *server) cohortTitles(ctx context.Context, who Principal, ids []string) (map[string]string, error) {
	titles := map[string]string{}
	if len(ids) == 0 {
		return titles, nil
	}
	sc := s.cohortScope(who, policies.ReadCohort, policies.ReadParticipants)
	rows, err := s.ofCohorts(sc).ListTitles(ctx, sc.Titles(ids))
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		texts, err := s.unseal(place{kind: process.KindCohort, fileID: r.FileID}, training.TrainingFile, r.DocumentID, sealedText{r.Sealed, r.Secret, r.Wrapped})
		if err != nil {
			return nil, err
		}
		titles[r.FileID] = texts["title"]
	}
	return titles, nil
}
