package oversight

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/policies"
)

// groundsFrom is how many disclosures on a ground there must be before it is named: fewer might lead to a file.
const groundsFrom = 5

func (s *Server) registerDisclosures(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "list-disclosure-counts", Method: http.MethodGet, Path: "/disclosure-counts",
		Summary: "Count what was disclosed out of confidential files",
		Description: "How many disclosures there were in each municipality (§ 4 MediationsG), and nothing of the files. Only of quarters that are over, and of years from a week after their end on. " +
			"A ground is named in a year's count, and only from five disclosures on it on.",
		Tags: []string{"Audit"}, Errors: wire.Statuses(403),
	}, s.disclosureCounts)
}

// CountedPer is the time that a count is of.
type CountedPer string

func (CountedPer) Values() []CountedPer { return []CountedPer{"quarter", "year"} }

// DisclosureCount is how many disclosures there were in a municipality in a time.
type DisclosureCount struct {
	Period string        `json:"period" doc:"The quarter, or the year" example:"2027-Q2"`
	AGS    ags.Key       `json:"ags" doc:"Municipality" example:"05999001"`
	Number int           `json:"number" doc:"How many" example:"3"`
	By     []GroundCount `json:"by" nullable:"false" doc:"Of a year, those of them on each ground on which there were five at least"`
}

// GroundCount is how many of them were made on a ground.
type GroundCount struct {
	Ground string `json:"ground" doc:"The ground" example:"umsetzung"`
	Number int    `json:"number" doc:"How many" example:"7"`
}

// period is what is counted together, as it is written.
var period = regexp.MustCompile(`^[0-9]{4}(-Q[1-4])?$`)

// drawnBy is until when everything that belongs to a year has been drawn after it: a day after its last quarter, unless
// workers were down. Before that, the number of the year would still move, and its difference name a ground.
const drawnBy = 7 * 24 * time.Hour

type disclosureCountsInput struct {
	Per CountedPer `query:"per" default:"quarter" doc:"What is counted together"`
	wire.Paging
}

type disclosureCountsOutput struct{ Body wire.Page[DisclosureCount] }

func (s *Server) disclosureCounts(ctx context.Context, in *disclosureCountsInput) (*disclosureCountsOutput, error) {
	caller, area, err := s.InArea(ctx, policies.ReadDisclosureCounts, "what is disclosed is not counted for you")
	if err != nil {
		return nil, err
	}
	after, err := in.After(wire.Cursor{}, func(c wire.Cursor) bool {
		return c == wire.Cursor{Key: c.Key, ID: c.ID} && period.MatchString(c.Key) && ags.Key(c.ID).Valid()
	})
	if err != nil {
		return nil, err
	}
	rows, err := db.As(s.Pool, caller.Subject, area).ListDisclosureCounts(ctx, db.ListDisclosureCountsParams{
		Before: after.Key, AfterAGS: after.ID, Yearly: in.Per == "year", Area: db.Keys(area),
		ThisYear: fmt.Sprintf("%04d", s.Now().Add(-drawnBy).In(calendar.Berlin).Year()), PageSize: int32(in.Limit + 1),
	})
	if err != nil {
		return nil, fmt.Errorf("count disclosures: %w", err)
	}
	rows, next := wire.Cut(rows, in.Limit, func(last db.ListDisclosureCountsRow) wire.Cursor {
		return wire.Cursor{Key: last.Period, ID: string(last.AGS)}
	})
	return &disclosureCountsOutput{wire.PageOf(rows, next, func(r db.ListDisclosureCountsRow) DisclosureCount {
		c := DisclosureCount{Period: r.Period, AGS: r.AGS, Number: int(r.Number), By: []GroundCount{}}
		for i, ground := range r.Grounds {
			if n := int(r.Numbers[i]); in.Per == "year" && n >= groundsFrom {
				c.By = append(c.By, GroundCount{ground, n})
			}
		}
		return c
	})}, nil
}
