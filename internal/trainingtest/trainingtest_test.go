package trainingtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/file"
	"koko/domain/training/cohort"
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

// What tests send is what a person could: each command passes its own check, and what a cohort is asked to do
// it does.
func TestEveryCommandThatIsMadeIsOneThatPasses(t *testing.T) {
	m := &trainingtest.Maker{Salt: "commands"}
	c := m.Cohort(trainingtest.KoKo())
	d, code := c.Dates[0], m.Code()
	extra := cohort.CourseDate{ID: "d99", Unit: d.Unit, Begins: d.Begins.AddDate(0, 0, 1), Ends: d.Ends.AddDate(0, 0, 1), Minutes: d.Minutes}
	due := file.Date(d.Begins.Format(time.DateOnly))
	for _, cmd := range []file.Command{
		m.Amend(c, func(a *cohort.AmendCohort) { a.Seats++ }), m.AddDate(extra), m.Reschedule(d, 24*time.Hour), m.CancelDate(d.ID), m.Cancel(),
		m.Merge(m.ID()), m.Sign(d.ID, cohort.Entry{Enrolment: m.ID(), Minutes: d.Minutes}), m.Excused(c, d), m.Elsewhere(d.Unit, m.ID(), due), m.Assignment(d.Unit, due),
		m.SubmitMakeUp(d.Unit), m.ReviewMakeUp(d.Unit, false), m.Reissue(code), m.Revoke(code), m.Pause(), m.Withdraw(),
		m.Adopt(trainingtest.Peer()), m.Appeal(), m.DecideAppeal(true), m.Confirm(),
	} {
		require.NoError(t, cmd.Check(), cmd.Action())
	}
	after := trainingtest.Walk(c, trainingtest.As(trainingtest.Coordinator, []trainingtest.Step{
		{At: c.Changed.Add(time.Hour), Command: m.AddDate(extra)}, {At: c.Changed.Add(2 * time.Hour), Command: m.CancelDate(d.ID)},
		{At: c.Changed.Add(3 * time.Hour), Command: m.Cancel()},
	})...)
	require.Equal(t, []any{len(c.Dates) + 1, cohort.Cancelled}, []any{len(after.Dates), after.Stage})
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
