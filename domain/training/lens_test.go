package training_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	tt "koko/internal/trainingtest"
)

// The line manager sees how far somebody is, not who judged it nor what was issued.
func TestProgressNamesNobodyWhoJudged(t *testing.T) {
	t.Parallel()
	m := &tt.Maker{Salt: "lens"}
	c := m.Cohort(tt.KoKo())
	e := m.Enrolment(c, enrolment.Certified)
	require.NotEmpty(t, e.Assessors())
	progress := asJSON(t, e.ProgressOnly())
	for _, who := range e.Assessors() {
		require.Contains(t, asJSON(t, e), who)
		require.NotContains(t, progress, who)
	}
	require.NotContains(t, progress, e.Certificates[0].Code)
	require.True(t, e.ProgressOnly().Attempts[0].Passed)
}

// What ties people to an enrolment is what the policy and lists go by.
func TestAnEnrolmentIsTiedToThoseWhoHaveToDoWithIt(t *testing.T) {
	t.Parallel()
	m := &tt.Maker{Salt: "ties"}
	c := m.Cohort(tt.KoKo())
	e := m.Enrolment(c, enrolment.Certified)
	require.Contains(t, e.Relations(tt.Trainee, nil), training.Trainee)
	require.Contains(t, e.Relations(tt.LineManager, nil), enrolment.LineManager)
	require.Contains(t, e.Relations(e.Assessors()[0], nil), enrolment.Judged)
	require.Equal(t, []file.Relation{enrolment.Teaching}, e.Relations("a trainer", []string{c.ID}))
	require.Empty(t, e.Relations(tt.Outsider, nil))

	k := file.Define(enrolment.Spec)
	row, err := k.Row(e)
	require.NoError(t, err)
	require.Equal(t, e.Reference(), row.Reference)
	require.Len(t, row.Ties, len(e.Ties()))
	certificates := k.Certificates(e)
	require.Len(t, certificates, 1)
	require.Equal(t, e.Certificates[0].Code, certificates[0].Code)
}

func TestACohortWithoutItsPeopleIsADateAndAPlace(t *testing.T) {
	t.Parallel()
	m := &tt.Maker{Salt: "people"}
	c := m.Cohort(tt.KoKo())
	at := m.Begins()
	full, err := c.Decide(cohort.Join{Enrolment: m.ID(), AGS: tt.Town, Since: at}, file.System, at)
	require.NoError(t, err)
	require.NotEmpty(t, full.Places)
	require.NotContains(t, asJSON(t, full.WithoutPeople()), full.Places[0].Enrolment)
	require.Zero(t, full.Waiting())
	require.True(t, full.Live())
	require.Equal(t, []file.Relation{training.Runs}, full.Relations(full.Trainers[0]))
	require.NotEmpty(t, full.Actions(tt.Coordinator))
	row, err := file.Define(cohort.Spec).Row(full)
	require.NoError(t, err)
	require.NotEmpty(t, row.Facets)
}
