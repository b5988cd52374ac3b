package training

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	facts "koko/db/reference"
	"koko/domain/ags"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/trainingtest"
)

// A trainee is shown the way through the own cohort, and through those that take trainees from the
// own municipality.
func TestAWayLeadsThroughCohortsThatTakeTheTrainee(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 3, 9, 0, 0, 0, time.UTC)
	of := func(id string, run ags.Key, offered ...ags.Key) cohort.Cohort {
		terms := facts.Curricula()[0].Terms()
		return cohort.Cohort{
			ID: id, AGS: run, Stage: cohort.Open, Offered: offered, Terms: terms, Seats: 12, Closes: at,
			Dates: trainingtest.Dates(terms, at.AddDate(0, 1, 0), 14*24*time.Hour),
		}
	}
	e := enrolment.Enrolment{AGS: "05999001", Cohort: "own"}
	cohorts := map[string]bool{}
	for _, o := range offersFor(e, []cohort.Cohort{
		of("own", "05999002"), of("run here", "05999001"), of("offered here", "05999002", "05999001"), of("elsewhere", "05999002", "05999003"),
	}, at) {
		cohorts[o.Cohort] = true
	}
	require.Equal(t, map[string]bool{"own": true, "run here": true, "offered here": true}, cohorts)
}
