package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
	"koko/policies"
)

func (s *server) registerCohortHistory(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "get-cohort-history", Method: http.MethodGet, Path: "/cohorts/{cohort}/history",
		Summary:     "Read what happened to a cohort",
		Description: "Decisions, refusals and sensitive reads, the latest first, like the history of a case. Reading it is recorded.",
		Tags:        []string{"Audit"}, Errors: statuses(403, 404),
	}, s.cohortHistory)
}

type cohortHistoryInput struct {
	CohortRef
	Reason
	Cursor string `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Entries on a page at most"`
}

func (s *server) cohortHistory(ctx context.Context, in *cohortHistoryInput) (*historyOutput, error) {
	out, err := s.readCohortHistory(ctx, in)
	return out, s.problem(ctx, err)
}

func (s *server) readCohortHistory(ctx context.Context, in *cohortHistoryInput) (*historyOutput, error) {
	before := historyCursor{At: s.now().Add(time.Hour)} // all that has happened, whosever clock
	if in.Cursor != "" {
		before = historyCursor{}
		if err := decodeCursor(in.Cursor, &before); err != nil || !historyEntry.MatchString(before.Entry) {
			return nil, badCursor()
		}
	}
	who, c, err := s.readCohort(ctx, in.CohortID, policies.ReadTrainingHistory)
	if err != nil {
		return nil, err
	}
	sc := s.cohortScope(who, policies.ReadTrainingHistory)
	rows, err := s.ofCohorts(sc).ListCohortHistory(ctx, sc.History(db.ListCohortHistoryParams{
		FileID: c.ID, BeforeAt: before.At, BeforeEntry: before.Entry, PageSize: int32(in.Limit + 1),
	}))
	if err != nil {
		return nil, err
	}
	if err := s.read(ctx, who, policies.ReadTrainingHistory, c.File(), "", in.Reason.Reason); err != nil {
		return nil, err
	}
	var entries []db.ListHistoryRow
	for _, r := range rows {
		entries = append(entries, db.ListHistoryRow(r))
	}
	return historyPage(entries, in.Limit), nil
}
