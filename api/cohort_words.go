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

// cohortWords are what was said last of a cohort and, by their ids, of its dates.
type cohortWords struct {
	title, reason   string
	places, reasons map[string]string
}

func (s *server) cohortWords(ctx context.Context, who Principal, c training.Cohort) (cohortWords, error) {
	w := cohortWords{places: map[string]string{}, reasons: map[string]string{}}
	sc := s.cohortScope(who, policies.ReadCohort)
	rows, err := s.ofCohorts(sc).ListCohortDocuments(ctx, sc.Documents(db.ListCohortDocumentsParams{
		FileID: c.ID, Compartments: []string{string(training.TrainingFile)}, AfterID: zeroID, PageSize: mostWords,
	}))
	if err != nil {
		return w, err
	}
	for _, r := range rows {
		texts, err := s.unseal(place{kind: process.KindCohort, fileID: c.ID}, r.Compartment, r.DocumentID, sealedText{r.Sealed, r.Secret, r.Wrapped})
		if err != nil {
			return w, err
		}
		w.add(texts)
	}
	return w, nil
}

// add takes over what a document says.
func (w *cohortWords) add(texts map[string]string) {
	for field, text := range texts {
		switch rest, ofDate := strings.CutPrefix(field, "dates."); {
		case field == "title":
			w.title = text
		case field == "reason":
			w.reason = text
		case !ofDate:
		default:
			date, what, _ := strings.Cut(rest, ".")
			switch what {
			case "place":
				w.places[date] = text
			case "reason":
				w.reasons[date] = text
			}
		}
	}
}
