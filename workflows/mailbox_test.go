package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/trainingtest"
	"koko/workflows"
)

// A seat and two lists arrive together, and the seat ends the run.
func TestWhatArrivesAroundATurnIsNotLost(t *testing.T) {
	m := &trainingtest.Maker{Salt: "around"}
	c := m.Cohort(trainingtest.KoKo())
	s := on(t, m, c, enrolment.Waiting)
	s.tell(s.now.Add(time.Hour), enrolment.OfferSeat{Cohort: c.ID},
		m.Attend(c, c.Dates[0], 480), m.Attend(c, c.Dates[1], 300), m.Attend(c, c.Dates[1], 400))
	employer := s.update(s.now.Add(time.Hour), trainingtest.Coordinator, enrolment.ChangeEmployer{AGS: trainingtest.Village, LineManager: trainingtest.Outsider})
	s.play(s.now.Add(day))
	s.accepted(employer)
	require.Equal(t, []enrolment.Phase{enrolment.Modules}, phases(s.runs))
	require.Equal(t, 880, s.state.Progress().Minutes)
	require.Equal(t, trainingtest.Village, s.state.AGS)
	require.Contains(t, s.notices(), "admitted")
}

// The message and the engine's hint to end the run come with the same task: the run sees the hint first.
func TestAMessageIsNotLeftBehindByAHistoryThatBecameLong(t *testing.T) {
	m := &trainingtest.Maker{Salt: "long"}
	c := m.Cohort(trainingtest.KoKo())
	s := on(t, m, c, enrolment.Modules)
	attended := message(t, "m", m.Attend(c, c.Dates[0], 480))
	s.happens(s.now.Add(time.Hour), func(env *testsuite.TestWorkflowEnvironment, _ func(string)) {
		env.SignalWorkflowSkippingWorkflowTask(workflows.Tell, attended)
		env.RegisterDelayedCallback(func() { env.SetContinueAsNewSuggested(true) }, 0)
	})
	s.happens(s.now.Add(2*time.Hour), func(*testsuite.TestWorkflowEnvironment, func(string)) {})
	s.play(s.now.Add(day))
	require.Len(t, s.runs, 1)
	require.Equal(t, 480, s.state.Progress().Minutes)
}

func TestARunEndsWithItsErrandsDone(t *testing.T) {
	m := &trainingtest.Maker{Salt: "errands"}
	c := m.Cohort(trainingtest.KoKo())
	s := on(t, m, c, enrolment.Modules)
	s.post.absent[workflows.ID(cohort.Kind, c.ID)] = 3
	left := s.now.Add(time.Hour)
	s.update(left, trainingtest.Trainee, m.Withdraw())
	meanwhile := s.catchUp(left.Add(3 * time.Second))
	s.play(left.Add(6 * time.Second))
	s.accepted(meanwhile)
	require.Empty(t, s.runs, "it waits for the cohort")
	require.Equal(t, []string{"withdrawn"}, s.notices(), "and has people told")
	require.Empty(t, s.post.letters)

	s = on(t, m, c, enrolment.Modules)
	s.post.absent[workflows.ID(cohort.Kind, c.ID)] = 3
	s.update(left, trainingtest.Trainee, m.Withdraw())
	s.play(left.Add(8 * time.Second))
	require.Equal(t, []enrolment.Phase{enrolment.Withdrawn}, phases(s.runs))
	require.Len(t, s.post.missed, 3)
	require.Equal(t, []file.Action{training.ActionLeave}, s.told(cohort.Kind, c.ID))
	require.WithinDuration(t, left.Add(7*time.Second), s.post.letters[0].at, 100*time.Millisecond, "after 1, 2 and 4 seconds")
	require.Empty(t, s.logged.String())
}

// A file that does not exist must not keep the others from what they have to know, nor the run from ending.
func TestAFileThatIsNotThereIsGivenUpAndLogged(t *testing.T) {
	m := &trainingtest.Maker{Salt: "given up"}
	gone, there := m.ID(), m.ID()
	c := full(t, m, gone, there)
	c.post.absent[workflows.ID(enrolment.Kind, gone)] = 1000
	at := c.now.Add(time.Hour)
	c.update(at, trainingtest.Coordinator, m.Cancel())
	c.play(at.Add(day))
	require.Equal(t, []file.Action{training.ActionOfferSeat, training.ActionLoseSeat}, c.told(enrolment.Kind, there))
	require.WithinDuration(t, at, c.post.letters[len(c.post.letters)-1].at, time.Second, "at once")
	require.Equal(t, []string{"cohort_cancelled"}, c.notices())
	require.Len(t, c.runs, 1)
	require.Len(t, c.post.missed, 11)
	require.WithinDuration(t, at.Add(1023*time.Second), c.post.missed[10].at, time.Second, "for a quarter of an hour")
	require.Contains(t, c.logged.String(), "given up: unknown external workflow execution")
	require.Contains(t, c.logged.String(), "(lose_seat)")
}

// A message waits for those before it to the same file, even if they take long.
func TestMessagesToOneFileArriveInTheOrderOfTheSteps(t *testing.T) {
	m := &trainingtest.Maker{Salt: "order"}
	terms := trainingtest.KoKo()
	terms.Rule.MakeUps = 2
	c, first, second := m.Cohort(terms), m.ID(), m.ID()
	s := on(t, m, c, enrolment.Modules)
	due := file.DateOf(s.now.AddDate(0, 0, 100))
	s.post.absent[workflows.ID(cohort.Kind, first)] = 2
	at := s.now.Add(time.Hour)
	s.update(at, trainingtest.Coordinator, m.Elsewhere("m1", first, due))
	s.update(at.Add(100*time.Millisecond), trainingtest.Coordinator, m.Elsewhere("m2", first, due))
	s.update(at.Add(200*time.Millisecond), trainingtest.Coordinator, enrolment.Transfer{Cohort: second})
	s.play(at.Add(time.Hour))
	visits := s.letters(cohort.Kind, first)
	require.Len(t, visits, 2)
	require.Equal(t, "m1", open[cohort.Visit](t, visits[0]).Unit)
	require.Equal(t, "m2", open[cohort.Visit](t, visits[1]).Unit)
	require.Equal(t, []file.Action{training.ActionJoin}, s.told(cohort.Kind, second))
	require.True(t, s.letters(cohort.Kind, second)[0].at.Before(visits[0].at), "others do not wait")
	for _, l := range s.post.missed {
		require.Equal(t, visits[0].ID, l.ID, "the same message again")
	}
}

// After a crash the record is ahead: the cohorts that ought to have been told are told once the file
// has caught up.
func TestWhatFollowsFromAStepFollowsOnceHoweverItCame(t *testing.T) {
	m := &trainingtest.Maker{Salt: "crash"}
	c, other := m.Cohort(trainingtest.KoKo()), m.ID()
	s := on(t, m, c, enrolment.Modules)
	e := s.state
	due := file.DateOf(s.now.AddDate(0, 0, 100))
	for i, cmd := range []file.Command{
		m.Elsewhere("m1", other, due), enrolment.ChangeEmployer{AGS: trainingtest.Village, LineManager: trainingtest.Outsider}, m.Withdraw(),
	} {
		e = s.lost(e, []string{"a", "b", "c"}[i], trainingtest.Step{By: trainingtest.Coordinator, At: s.now.Add(time.Minute), Command: cmd})
	}
	s.catchUp(s.now.Add(time.Hour))
	s.catchUp(s.now.Add(2 * time.Hour))
	s.play(s.now.Add(day))
	require.Empty(t, s.notices(), "people were told when it was recorded")
	require.Equal(t, []file.Action{training.ActionVisit, training.ActionLeave}, s.told(cohort.Kind, other))
	require.Equal(t, []file.Action{training.ActionLeave}, s.told(cohort.Kind, c.ID))
	require.Equal(t, []enrolment.Phase{enrolment.Withdrawn}, phases(s.runs))
}

func TestTheSameMessageAgainChangesNothing(t *testing.T) {
	m := &trainingtest.Maker{Salt: "again"}
	s := planned(t, m.ID(), trainingtest.Step{By: trainingtest.Coordinator, At: trainingtest.Start, Command: m.Plan(trainingtest.KoKo())})
	joined := message(t, "enrolment-x-v3-0", cohort.Join{Enrolment: m.ID(), AGS: trainingtest.Town, Since: s.now})
	s.signal(s.now.Add(time.Hour), joined, joined)
	s.signal(s.now.Add(2*time.Hour), joined)
	s.play(s.now.Add(day))
	require.Equal(t, []file.Action{cohort.ActionPlanCohort, training.ActionJoin}, s.actions(0))
	require.Equal(t, "enrolment-x-v3-0", s.record.Transitions[1].CommandID)
	require.Equal(t, file.System, s.record.Transitions[1].By)
	require.Len(t, s.post.letters, 1)
}

// What nobody can read is logged, what came too late is not even that; the next message is carried out.
func TestNoMessageStandsInTheWayOfTheNext(t *testing.T) {
	m := &trainingtest.Maker{Salt: "no message"}
	c := m.Cohort(trainingtest.KoKo())
	written := func(a file.Action, cmd string) workflows.Message {
		return workflows.Message{ID: "x", Letter: file.Letter{Action: a, Command: []byte(cmd)}}
	}
	for name, tc := range map[string]struct {
		sent any
		log  string
	}{
		"no message at all":         {"hello", "corrupted signal"},
		"nothing":                   {nil, "made for something else"},
		"an action that is unknown": {written("dance", "{}"), "no workflow tells"},
		"an action of the others":   {message(t, "x", cohort.Leave{}), "no workflow tells"},
		"a command that is none":    {written(training.ActionAttend, "7"), "not one of"},
		"a command of other fields": {written(training.ActionAttend, `{"minutes":"all"}`), "not one of"},
		"of a cohort that was left": {message(t, "x", enrolment.OfferSeat{Cohort: m.ID()}), ""},
		"a deadline that is not":    {message(t, "x", file.DeadlinePassed{}), "no workflow tells"},
		"what people ask for":       {message(t, "x", m.Withdraw()), "action=withdraw .*no workflow tells"},
	} {
		t.Run(name, func(t *testing.T) {
			s := on(t, &trainingtest.Maker{Salt: name}, c, enrolment.Modules)
			n := s.state.Version
			s.signal(s.now.Add(time.Hour), tc.sent, message(t, "next", m.Attend(c, c.Dates[0], 480)))
			s.play(s.now.Add(day))
			require.Equal(t, []file.Action{training.ActionAttend}, s.actions(n))
			if tc.log == "" {
				require.Empty(t, s.logged.String())
			} else {
				require.Regexp(t, "(?i)"+tc.log, s.logged.String())
			}
		})
	}
}
