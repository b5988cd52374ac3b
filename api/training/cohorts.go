package training

import (
	"context"
	"reflect"
	"strings"

	"koko/api/files"
	"koko/api/guard"
	"koko/db"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
)

// CohortDesk completes the commands of cohorts, and shows their words.
func (s *Server) CohortDesk(f *files.Kind) {
	f.Complete = s.completeCohort
	f.Adornment = reflect.TypeFor[cohortAdornment]()
	f.Adorn = func(ctx context.Context, caller guard.Principal, state file.State, lens string) (any, error) {
		c := state.(cohort.Cohort)
		w, err := s.cohortWords(ctx, caller, c)
		if lens == f.Def.Lenses()[0].Name { // who waits is among the participants, as in the list
			w.Waiting = new(c.Waiting())
		}
		return w, err
	}
}

// CohortRef is embedded in the input of what is done with a cohort alone.
type CohortRef struct {
	CohortID string `path:"cohort" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the cohort" example:"7c1e3f1d-6a55-5a43-8f0e-0c5b7c0d9d11"`
}

// cohortAdornment is what the view of a cohort shows beside its state: the latest words about it and,
// by their ids, about its dates.
type cohortAdornment struct {
	Venues  map[string]string `json:"venues" doc:"Where each date takes place, by its id"`
	Reasons map[string]string `json:"reasons" doc:"Why each date was last moved or cancelled, by its id"`
	Because string            `json:"because,omitempty" doc:"Why the cohort was cancelled or merged, in words"`
	Free    int               `json:"free" doc:"Seats that nobody holds"`
	Waiting *int              `json:"waiting,omitempty" doc:"How many wait for a seat; for those who see the participants"`
}

// mostWords bounds what is read of a cohort's words: each change of a date has a document.
const mostWords = 1000

func (s *Server) cohortWords(ctx context.Context, caller guard.Principal, c cohort.Cohort) (cohortAdornment, error) {
	w := cohortAdornment{Venues: map[string]string{}, Reasons: map[string]string{}, Free: c.Free()}
	f := s.cohorts()
	sc := f.Scope(caller, cohort.ReadCohort)
	rows, err := s.As(sc).ListDocuments(ctx, sc, db.DocumentFilter{
		Kind: f.Def.Kind, FileID: c.ID, Compartments: []file.Compartment{training.TrainingFile},
	}, mostWords)
	if err != nil {
		return w, err
	}
	for _, r := range rows {
		text := files.SealedText{Sealed: r.Sealed, Secret: r.Secret, Wrapped: r.Wrapped}
		texts, err := s.Unseal(f.PlaceOf(c.ID, ""), r.Compartment, r.DocumentID, text)
		if err != nil && !files.IsDamaged(err) {
			return w, err
		}
		w.add(texts)
	}
	return w, nil
}

// add takes over what a document says.
func (w *cohortAdornment) add(texts map[string]string) {
	for field, text := range texts {
		if field == "reason" {
			w.Because = text
		}
		rest, ofDate := strings.CutPrefix(field, "dates.")
		if !ofDate {
			continue
		}
		switch date, what, _ := strings.Cut(rest, "."); what {
		case "place":
			w.Venues[date] = text
		case "reason":
			w.Reasons[date] = text
		}
	}
}

// completeCohort finds what the API adds to a command: the terms of the curriculum. A cohort is merged
// into one that is offered to the same municipalities and takes place.
func (s *Server) completeCohort(
	ctx context.Context,
	caller guard.Principal,
	state file.State,
	_ string,
	cmd file.Command,
) (file.Command, error) {
	c := state.(cohort.Cohort)
	switch k := cmd.(type) {
	case cohort.PlanCohort:
		of, err := s.Curriculum(ctx, k.Curriculum, k.CurriculumVersion)
		k.Terms = of.Terms()
		return k, err
	case cohort.MergeCohort:
		if k.Into == c.ID {
			return k, nil // the rules say more
		}
		into, err := s.offeredCohort(ctx, caller, k.Into, c.AGS)
		if err == nil && (into.Terms.Curriculum != c.Terms.Curriculum || !into.Live()) {
			err = fault.Newf(fault.Invalid, "the other cohort teaches another curriculum, or does not take place").In("into").
				By("same_curriculum", "name an open or running cohort of the same curriculum")
		}
		return k, err
	default:
		return cmd, nil
	}
}
