package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/server/temporaltest"

	"koko/activities"
	domain "koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
	"koko/internal/recordtest"
	"koko/internal/trainingtest"
	"koko/workflows"
)

const (
	historyDir    = "../../workflows/testdata/history"
	badHistoryDir = "../../workflows/testdata/history-bad"
)

// A class is the life of some cohorts and their trainees on the real engine.
type class struct {
	t      *testing.T
	client client.Client
	record *recordtest.Record
	*trainingtest.Maker
	began   []string // enrolments and cohorts, in order
	planned []string
	sent    int
}

func newClass(t *testing.T, name string) *class {
	ts := temporaltest.NewServer(temporaltest.WithT(t), temporaltest.WithBaseClientOptions(recorder()))
	c := &class{t: t, client: ts.GetDefaultClient(), record: &recordtest.Record{}, Maker: &trainingtest.Maker{Salt: name, Start: time.Now().UTC().Truncate(time.Hour)}}
	ts.NewWorker("cases", func(r worker.Registry) {
		workflows.Register(r)
		r.RegisterActivity(c.record)
	})
	return c
}

// short is a curriculum of two modules, each a day long: what is recorded should be small.
func short() curriculum.Curriculum {
	k := trainingtest.KoKo()
	k.Modules = k.Modules[:2]
	for i := range k.Modules {
		k.Modules[i].Days, k.Modules[i].InPerson = 1, 480
	}
	k.Rule.Modules, k.Rule.Minutes, k.Rule.Supervisions = 2, 0, 1
	return k
}

func (c *class) key(id string) string {
	c.sent++
	return fmt.Sprintf("%s-%02d", id[:8], c.sent)
}

// plan opens a cohort of so many seats.
func (c *class) plan(seats int) cohort.Cohort {
	c.t.Helper()
	p := c.Plan(short())
	p.Seats, p.Minimum, p.Quota = seats, 1, seats
	id := c.ID()
	got, err := cohortsOn(c.client).begin(c.t.Context(), id, trainingtest.Town, c.key(id), trainingtest.Coordinator, p)
	require.NoError(c.t, err)
	c.planned = append(c.planned, id)
	return got
}

func (c *class) run(by, id string, cmd domain.Command) cohort.Cohort {
	c.t.Helper()
	got, err := cohortsOn(c.client).do(c.t.Context(), id, c.key(id), by, 0, cmd)
	require.NoError(c.t, err, cmd.Action())
	return got
}

func (c *class) do(by, id string, cmd domain.Command) enrolment.Enrolment {
	c.t.Helper()
	got, err := enrolmentsOn(c.client).do(c.t.Context(), id, c.key(id), by, 0, cmd)
	require.NoError(c.t, err, cmd.Action())
	return got
}

// admit has somebody apply and both agree, and waits for what the cohort says.
func (c *class) admit(of cohort.Cohort) string {
	c.t.Helper()
	id := c.ID()
	_, err := enrolmentsOn(c.client).begin(c.t.Context(), id, trainingtest.Town, c.key(id), trainingtest.Trainee, c.Apply(of))
	require.NoError(c.t, err)
	c.began = append(c.began, id)
	c.do(trainingtest.LineManager, id, c.Release(true))
	c.do(trainingtest.Coordinator, id, c.Admission(true))
	c.until(id, func(e enrolment.Enrolment) bool { return e.Seat != nil })
	return id
}

// stands is a file as it stands recorded, which leaves no trace in its histories.
func stands[S domain.State](c *class, k domain.Kind, id string) (s S, ok bool) {
	c.t.Helper()
	ts, err := c.record.ReadTransitions(c.t.Context(), activities.Position{Kind: k, FileID: id})
	require.NoError(c.t, err)
	if len(ts) == 0 {
		return s, false
	}
	return recordtest.State[S](ts[len(ts)-1]), true
}

// until waits for the workflows, without leaving a trace in their histories.
func (c *class) until(id string, holds func(enrolment.Enrolment) bool) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		e, ok := stands[enrolment.Enrolment](c, enrolment.Kind, id)
		return ok && holds(e)
	}, time.Minute, 10*time.Millisecond)
}

func seated(s training.SeatStatus) func(enrolment.Enrolment) bool {
	return func(e enrolment.Enrolment) bool { return e.Seat != nil && e.Seat.Status == s }
}

// teach lets a date of a cohort have taken place, and signs its list: minutes for each trainee.
func (c *class) teach(cohortID, date string, minutes map[string]int) {
	c.t.Helper()
	now := c.run(trainingtest.Coordinator, cohortID, cohort.RescheduleDate{
		Date: date, Begins: c.Begins().AddDate(0, 0, -10), Ends: c.Begins().AddDate(0, 0, -10).Add(9 * time.Hour),
		Docs: c.Prose(cohort.ActionRescheduleDate, training.TrainingFile, "reason"),
	})
	var es []cohort.Entry
	attended := map[string]int{}
	for _, id := range c.began { // in an order of its own
		if m, ok := minutes[id]; ok && now.Version > 0 {
			es = append(es, cohort.Entry{Enrolment: id, Minutes: m})
			e, ok := stands[enrolment.Enrolment](c, enrolment.Kind, id)
			require.True(c.t, ok)
			attended[id] = len(e.Attended)
		}
	}
	c.run(trainingtest.Trainer, cohortID, c.Sign(date, es...))
	for id, n := range attended {
		c.until(id, func(e enrolment.Enrolment) bool { return len(e.Attended) > n })
	}
}

func (c *class) practise(id string) {
	c.t.Helper()
	c.until(id, inPhase(enrolment.Practice))
	c.do(trainingtest.Trainee, id, c.Concept())
	c.do(trainingtest.Trainer, id, c.ReviewConcept(true))
	c.do(trainingtest.Trainee, id, c.CaseReport())
	c.do(trainingtest.Trainer, id, c.ReviewCaseReport(true))
	c.do(trainingtest.Trainer, id, c.Supervision(c.Begins().AddDate(0, 0, -2)))
}

func (c *class) assess(id string, passed bool) {
	c.t.Helper()
	c.do(trainingtest.Coordinator, id, c.Assessors())
	c.do(trainingtest.AssessorOne, id, c.Verdict(passed))
	c.do(trainingtest.AssessorTwo, id, c.Verdict(passed))
}

// practised is somebody in a cohort who attended everything and has done what the practice asks for.
func (c *class) practised() (of cohort.Cohort, id string) {
	c.t.Helper()
	of = c.plan(3)
	id = c.admit(of)
	for _, d := range of.Dates {
		c.teach(of.ID, d.ID, map[string]int{id: 480})
	}
	c.practise(id)
	return of, id
}

func certificateWay(c *class) {
	of, id := c.practised()
	c.assess(id, true)
	got := c.do(trainingtest.Certifier, id, c.Certify())
	got = c.do(trainingtest.Certifier, id, c.Reissue(got.Certificates[0].Code))
	c.do(trainingtest.Certifier, id, c.Revoke(got.Certificates[1].Code))
	closes := cohort.AmendCohort{Seats: of.Seats, Minimum: of.Minimum, Quota: of.Quota, Closes: c.Begins()}
	c.run(trainingtest.Coordinator, of.ID, closes) // the cohort runs, and is finished
	require.Eventually(c.t, func() bool {
		now, ok := stands[cohort.Cohort](c, cohort.Kind, of.ID)
		return ok && now.Stage == cohort.Finished
	}, time.Minute, 10*time.Millisecond)
}

func waitingList(c *class) {
	of := c.plan(1)
	first, second, third := c.admit(of), c.admit(of), c.admit(of)
	c.do(trainingtest.Trainee, first, c.Withdraw())
	c.until(second, seated(training.SeatOffered))
	c.do(trainingtest.Trainee, second, enrolment.DeclineSeat{})
	c.until(third, seated(training.SeatOffered))
	c.do(trainingtest.Trainee, third, enrolment.AcceptSeat{})
}

func assignment(c *class) {
	of := c.plan(3)
	id := c.admit(of)
	c.teach(of.ID, of.Dates[0].ID, map[string]int{id: 480})
	c.teach(of.ID, of.Dates[1].ID, map[string]int{id: 0})
	unit := of.Dates[1].Unit
	c.do(trainingtest.Coordinator, id, c.Assignment(unit, inDays(30)))
	c.do(trainingtest.Trainee, id, c.SubmitMakeUp(unit))
	c.do(trainingtest.Trainer, id, c.ReviewMakeUp(unit, false))
	c.do(trainingtest.Trainee, id, c.SubmitMakeUp(unit))
	c.do(trainingtest.Trainer, id, c.ReviewMakeUp(unit, true))
}

func visit(c *class) {
	of, other := c.plan(3), c.plan(3)
	id := c.admit(of)
	c.teach(of.ID, of.Dates[0].ID, map[string]int{id: 480})
	c.do(trainingtest.Coordinator, id, c.Elsewhere(of.Dates[1].Unit, other.ID, inDays(90)))
	require.Eventually(c.t, func() bool {
		now, ok := stands[cohort.Cohort](c, cohort.Kind, other.ID)
		return ok && len(now.Guests) == 1
	}, time.Minute, 10*time.Millisecond)
	c.teach(other.ID, other.Dates[1].ID, map[string]int{id: 480})
}

func appealed(c *class) {
	_, id := c.practised()
	c.assess(id, false)
	c.do(trainingtest.Trainee, id, c.Appeal())
	c.do(trainingtest.Arbiter, id, c.DecideAppeal(false))
	c.assess(id, false)
	c.do(trainingtest.Trainee, id, c.Appeal())
	c.do(trainingtest.Arbiter, id, c.DecideAppeal(true))
	c.assess(id, true)
}

func paused(c *class) {
	id := c.admit(c.plan(3))
	c.do(trainingtest.Trainee, id, c.Pause())
	c.do(trainingtest.Trainee, id, enrolment.Resume{})
	c.do(trainingtest.Coordinator, id, enrolment.ChangeEmployer{AGS: trainingtest.Neighbour, LineManager: trainingtest.Outsider})
}

func merged(c *class) {
	of, into := c.plan(3), c.plan(3)
	id := c.admit(of)
	c.run(trainingtest.Coordinator, of.ID, c.Merge(into.ID))
	c.until(id, func(e enrolment.Enrolment) bool { return e.Cohort == into.ID && seated(training.SeatTaken)(e) })
}

func cancelled(c *class) {
	of, other := c.plan(3), c.plan(3)
	id := c.admit(of)
	c.run(trainingtest.Coordinator, of.ID, c.Cancel())
	c.until(id, func(e enrolment.Enrolment) bool { return e.Seat == nil })
	c.do(trainingtest.Coordinator, id, enrolment.Transfer{Cohort: other.ID})
	c.until(id, seated(training.SeatTaken))
	require.Eventually(c.t, func() bool { // planned, joined, cancelled, and left
		now, ok := stands[cohort.Cohort](c, cohort.Kind, of.ID)
		return ok && now.Version == 4
	}, time.Minute, 10*time.Millisecond)
}

// recordTraining records each scenario's enrolments and cohorts: every file has a number, and each of
// its runs.
func recordTraining(t *testing.T) {
	for name, live := range map[string]func(*class){
		"0001-plain-way":    certificateWay,
		"0002-waiting-list": waitingList,
		"0003-assignment":   assignment,
		"0004-visit":        visit,
		"0005-appealed":     appealed,
		"0006-paused":       paused,
		"0007-merged":       merged,
		"0008-cancelled":    cancelled,
	} {
		t.Run("training "+name, func(t *testing.T) {
			unshipped(t, filepath.Join(historyDir, "Enrolment"), name)
			c := newClass(t, name)
			live(c)
			for i, id := range c.began {
				last, err := enrolmentsOn(c.client).catchUp(t.Context(), id, "last")
				require.NoError(t, err)
				now, _ := stands[enrolment.Enrolment](c, enrolment.Kind, id)
				require.Equal(t, now, last)
				c.keep(enrolment.Kind, name, i+1, id)
			}
			for i, id := range c.planned {
				last, err := cohortsOn(c.client).catchUp(t.Context(), id, "last")
				require.NoError(t, err)
				now, _ := stands[cohort.Cohort](c, cohort.Kind, id)
				require.Equal(t, now, last)
				c.keep(cohort.Kind, name, i+1, id)
			}
		})
	}
	for _, workflow := range []string{"Enrolment", "Cohort"} {
		t.Run("bad ones of "+workflow, func(t *testing.T) {
			spoilOne(t, filepath.Join(historyDir, workflow), filepath.Join(badHistoryDir, workflow), "0001-plain-way-1-1.json")
		})
	}
}

// keep saves the histories of a file's runs.
func (c *class) keep(kind domain.Kind, name string, nth int, id string) {
	c.t.Helper()
	for i, h := range recorded(c.t, c.client, workflows.ID(kind, id)) {
		replay(c.t, unsealed(c.t, h))
		write(c.t, filepath.Join(historyDir, kindOf(kind).Workflow, fmt.Sprintf("%s-%d-%d.json", name, nth, i+1)), h)
	}
}

func inDays(n int) domain.Date { return domain.DateOf(time.Now().AddDate(0, 0, n)) }
