package trainingtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/file"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
	"koko/internal/trainingtest"
)

func TestEveryPhaseCanBeReached(t *testing.T) {
	m := &trainingtest.Maker{Salt: "phases"}
	c := m.Cohort(trainingtest.KoKo())
	for _, p := range file.Values[enrolment.Phase]() {
		require.Equal(t, p, m.Enrolment(c, p).Phase)
	}
	peer := m.Cohort(trainingtest.Peer())
	for _, p := range []enrolment.Phase{enrolment.Modules, enrolment.Qualified, enrolment.Certified} {
		require.Equal(t, p, m.Enrolment(peer, p).Phase)
	}
	require.Panics(t, func() { m.Enrolment(peer, enrolment.Practice) }, "attendance is all")
}

func TestTheSameSaltMakesTheSame(t *testing.T) {
	one, two := &trainingtest.Maker{Salt: "a"}, &trainingtest.Maker{Salt: "a"}
	require.Equal(t, one.Cohort(trainingtest.KoKo()), two.Cohort(trainingtest.KoKo()))
	require.Equal(t, one.Code(), two.Code())
	require.NotEqual(t, one.ID(), (&trainingtest.Maker{Salt: "b"}).ID())
}

func TestTheCurriculaAreComplete(t *testing.T) {
	for _, c := range []curriculum.Curriculum{trainingtest.KoKo(), trainingtest.Peer()} {
		require.NoError(t, c.Check())
		minutes := 0
		for _, u := range c.Terms().Units {
			minutes += u.Minutes
		}
		require.Equal(t, 80*60, minutes)
	}
}
