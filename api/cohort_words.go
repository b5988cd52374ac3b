package api

import (
	"context"
	"strings"

	"koko/db"
	"koko/domain/process"
	"koko/domain/training"
	"koko/policies"
)

// mostWords bounds what is read of a cohort's words: each change of a date has a document.
const mostWords = 1000

// cohortWords are a cohort's title and the places of its dates, as they were said last.
type cohortWords struct {
	title  string
	places map[string]string
}

func (s *server) cohortWords(ctx context.Context, who Principal, c training.Cohort) (cohortWords, error) {
	w := cohortWords{places: map[string]string{}}
	sc := s.cohortScope(who, policies.ReadCohort)
	rows, err := s.ofCohorts(sc).ListCohortDocuments(ctx, sc.Documents(db.ListCohortDocumentsParams{
		FileID: c.ID, Compartments: []string{string(training.TrainingFile)}, AfterID: zeroID, PageSize: mostWords,
	}))
	if err != nil {
		return w, err
	}
	for _, r := range rows {
		texts, err := s.unseal(place{kind: process.KindCohort, fileID: c.ID}, r.Compartment, r.DocumentID, r.Sealed, r.Wrapped)
		if err != nil {
			return w, err
		}
		if r.Kind == string(training.ActionPlanCohort) {
			w.title = texts["title"]
		}
		for field, text := range texts {
			if rest, ok := strings.CutPrefix(field, "dates."); ok {
				date, _, _ := strings.Cut(rest, ".")
				w.places[date] = text
			}
		}
	}
	return w, nil
}
