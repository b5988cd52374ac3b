package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/server/temporaltest"

	"koko/activities"
	domain "koko/domain/process"
	"koko/domain/training"
	"koko/internal/engine"
	"koko/internal/recordtest"
	"koko/internal/trainingtest"
	"koko/workflows"
)

const (
	historyDir    = "../../workflows/testdata/history"
	badHistoryDir = "../../workflows/testdata/history-bad"
)

// A register is a fake of activities.Training for as many files as there are.
type register struct {
	mu         sync.Mutex
	enrolments map[string]*recordtest.Of[training.Enrolment]
	cohorts    map[string]*recordtest.Of[training.Cohort]
}

func newRegister() *register {
	return &register{enrolments: map[string]*recordtest.Of[training.Enrolment]{}, cohorts: map[string]*recordtest.Of[training.Cohort]{}}
}

func (r *register) enrolment(id string) *recordtest.Of[training.Enrolment] {
	return kept(&r.mu, r.enrolments, id)
}

func (r *register) cohort(id string) *recordtest.Of[training.Cohort] {
	return kept(&r.mu, r.cohorts, id)
}

func kept[R any](mu *sync.Mutex, all map[string]*R, id string) *R {
	mu.Lock()
	defer mu.Unlock()
	if all[id] == nil {
		all[id] = new(R)
	}
	return all[id]
}

func (r *register) SaveEnrolment(ctx context.Context, t activities.Transition[training.Enrolment]) ([]activities.Transition[training.Enrolment], error) {
	return r.enrolment(t.State.ID).SaveTransition(ctx, t)
}

func (r *register) ReadEnrolment(ctx context.Context, p activities.Position) ([]activities.Transition[training.Enrolment], error) {
	return r.enrolment(p.FileID).ReadTransitions(ctx, p)
}

func (r *register) SaveCohort(ctx context.Context, t activities.Transition[training.Cohort]) ([]activities.Transition[training.Cohort], error) {
	return r.cohort(t.State.ID).SaveTransition(ctx, t)
}

func (r *register) ReadCohort(ctx context.Context, p activities.Position) ([]activities.Transition[training.Cohort], error) {
	return r.cohort(p.FileID).ReadTransitions(ctx, p)
}

// A class is the life of some cohorts and their trainees on the real engine.
type class struct {
	t        *testing.T
	client   client.Client
	register *register
	*trainingtest.Maker
	began   []string // enrolments and cohorts, in order
	planned []string
	sent    int
}

func newClass(t *testing.T, name string) *class {
	ts := temporaltest.NewServer(temporaltest.WithT(t), temporaltest.WithBaseClientOptions(client.Options{Identity: "recorder", Logger: quiet}))
	c := &class{t: t, client: ts.GetDefaultClient(), register: newRegister(), Maker: &trainingtest.Maker{Salt: name, Start: time.Now().UTC().Truncate(time.Hour)}}
	ts.NewWorker("cases", func(r worker.Registry) {
		workflows.Register(r)
		r.RegisterActivity(c.register)
	})
	return c
}

// short is a curriculum of two modules, each a day long: what is recorded should be small.
func short() training.Curriculum {
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
func (c *class) plan(seats int) training.Cohort {
	c.t.Helper()
	p := c.Plan(short())
	p.Seats, p.Minimum, p.Quota = seats, 1, seats
	id := c.ID()
	got, err := engine.Cohorts(c.client, "cases").Begin(c.t.Context(), training.Cohort{ID: id, AGS: trainingtest.Town}, c.key(id), trainingtest.Coordinator, p)
	require.NoError(c.t, err)
	c.planned = append(c.planned, id)
	return got
}

func (c *class) run(by, id string, cmd training.CohortCommand) training.Cohort {
	c.t.Helper()
	got, err := engine.Cohorts(c.client, "cases").Do(c.t.Context(), id, c.key(id), by, 0, cmd)
	require.NoError(c.t, err, cmd.Action())
	return got
}

func (c *class) do(by, id string, cmd training.Command) training.Enrolment {
	c.t.Helper()
	got, err := engine.Enrolments(c.client, "cases").Do(c.t.Context(), id, c.key(id), by, 0, cmd)
	require.NoError(c.t, err, cmd.Action())
	return got
}

// admit has somebody apply and both agree, and waits for what the cohort says.
func (c *class) admit(of training.Cohort) string {
	c.t.Helper()
	id := c.ID()
	_, err := engine.Enrolments(c.client, "cases").Begin(c.t.Context(), training.Enrolment{ID: id, AGS: trainingtest.Town}, c.key(id), trainingtest.Trainee, c.Apply(of))
	require.NoError(c.t, err)
	c.began = append(c.began, id)
	c.do(trainingtest.Superior, id, c.Release(true))
	c.do(trainingtest.Coordinator, id, c.Admission(true))
	c.until(id, func(e training.Enrolment) bool { return e.Seat != nil })
	return id
}

// until waits for the workflows, without leaving a trace in their histories.
func (c *class) until(id string, holds func(training.Enrolment) bool) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		ts, err := c.register.ReadEnrolment(c.t.Context(), activities.Position{FileID: id})
		return err == nil && len(ts) > 0 && holds(ts[len(ts)-1].State)
	}, time.Minute, 10*time.Millisecond)
}

func seated(s training.SeatStatus) func(training.Enrolment) bool {
	return func(e training.Enrolment) bool { return e.Seat != nil && e.Seat.Status == s }
}

// teach lets a date of a cohort have taken place, and signs its list: minutes for each trainee.
func (c *class) teach(cohort, date string, minutes map[string]int) {
	c.t.Helper()
	now := c.run(trainingtest.Coordinator, cohort, training.RescheduleDate{
		Date: date, Begins: c.Begins().AddDate(0, 0, -10), Ends: c.Begins().AddDate(0, 0, -10).Add(9 * time.Hour),
		Docs: c.Prose(training.ActionRescheduleDate, training.TrainingFile, "reason"),
	})
	var es []training.Entry
	attended := map[string]int{}
	for _, id := range c.began { // in an order of its own
		if m, ok := minutes[id]; ok && now.Version > 0 {
			es = append(es, training.Entry{Enrolment: id, Minutes: m})
			ts, err := c.register.ReadEnrolment(c.t.Context(), activities.Position{FileID: id})
			require.NoError(c.t, err)
			attended[id] = len(ts[len(ts)-1].State.Attended)
		}
	}
	c.run(trainingtest.Trainer, cohort, c.Sign(date, es...))
	for id, n := range attended {
		c.until(id, func(e training.Enrolment) bool { return len(e.Attended) > n })
	}
}

func (c *class) practise(id string) {
	c.t.Helper()
	c.until(id, inPhase(training.Practice))
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

func certificateWay(c *class) {
	of := c.plan(3)
	id := c.admit(of)
	for _, d := range of.Dates {
		c.teach(of.ID, d.ID, map[string]int{id: 480})
	}
	c.practise(id)
	c.assess(id, true)
	got := c.do(trainingtest.Certifier, id, c.Certify())
	got = c.do(trainingtest.Certifier, id, c.Reissue(got.Certificates[0].Code))
	c.do(trainingtest.Certifier, id, c.Revoke(got.Certificates[1].Code))
	closes := training.AmendCohort{Seats: of.Seats, Minimum: of.Minimum, Quota: of.Quota, Closes: c.Begins()}
	c.run(trainingtest.Coordinator, of.ID, closes) // the cohort runs, and is finished
	require.Eventually(c.t, func() bool {
		ts, err := c.register.ReadCohort(c.t.Context(), activities.Position{FileID: of.ID})
		return err == nil && ts[len(ts)-1].State.Stage == training.Finished
	}, time.Minute, 10*time.Millisecond)
}

func waitingList(c *class) {
	of := c.plan(1)
	first, second, third := c.admit(of), c.admit(of), c.admit(of)
	c.do(trainingtest.Trainee, first, c.Withdraw())
	c.until(second, seated(training.SeatOffered))
	c.do(trainingtest.Trainee, second, training.DeclineSeat{})
	c.until(third, seated(training.SeatOffered))
	c.do(trainingtest.Trainee, third, training.AcceptSeat{})
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
		ts, err := c.register.ReadCohort(c.t.Context(), activities.Position{FileID: other.ID})
		return err == nil && len(ts[len(ts)-1].State.Guests) == 1
	}, time.Minute, 10*time.Millisecond)
	c.teach(other.ID, other.Dates[1].ID, map[string]int{id: 480})
}

func appealed(c *class) {
	of := c.plan(3)
	id := c.admit(of)
	for _, d := range of.Dates {
		c.teach(of.ID, d.ID, map[string]int{id: 480})
	}
	c.practise(id)
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
	c.do(trainingtest.Trainee, id, training.Resume{})
	c.do(trainingtest.Coordinator, id, training.ChangeEmployer{AGS: trainingtest.Neighbour, Superior: trainingtest.Outsider})
}

func merged(c *class) {
	of, into := c.plan(3), c.plan(3)
	id := c.admit(of)
	c.run(trainingtest.Coordinator, of.ID, c.Merge(into.ID))
	c.until(id, func(e training.Enrolment) bool { return e.Cohort == into.ID && seated(training.SeatTaken)(e) })
}

func cancelled(c *class) {
	of, other := c.plan(3), c.plan(3)
	id := c.admit(of)
	c.run(trainingtest.Coordinator, of.ID, c.Cancel())
	c.until(id, func(e training.Enrolment) bool { return e.Seat == nil })
	c.do(trainingtest.Coordinator, id, training.Transfer{Cohort: other.ID})
	c.until(id, seated(training.SeatTaken))
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
				last, err := engine.Enrolments(c.client, "cases").CatchUp(t.Context(), id, "last")
				require.NoError(t, err)
				ts := c.register.enrolment(id).Transitions
				require.Equal(t, ts[len(ts)-1].State, last)
				c.keep("Enrolment", name, i+1, workflows.ID("enrolment", id))
			}
			for i, id := range c.planned {
				last, err := engine.Cohorts(c.client, "cases").CatchUp(t.Context(), id, "last")
				require.NoError(t, err)
				ts := c.register.cohort(id).Transitions
				require.Equal(t, ts[len(ts)-1].State, last)
				c.keep("Cohort", name, i+1, workflows.ID("cohort", id))
			}
		})
	}
	for kind, save := range map[string]string{"Enrolment": "SaveEnrolment", "Cohort": "SaveCohort"} {
		t.Run("bad ones of "+kind, func(t *testing.T) {
			spoilOne(t, filepath.Join(historyDir, kind), filepath.Join(badHistoryDir, kind), "0001-plain-way-1-1.json", save)
		})
	}
}

// keep saves the histories of a file's runs.
func (c *class) keep(kind, name string, nth int, id string) {
	c.t.Helper()
	for i, h := range recorded(c.t, c.client, id) {
		replay(c.t, h)
		write(c.t, filepath.Join(historyDir, kind, fmt.Sprintf("%s-%d-%d.json", name, nth, i+1)), h)
	}
}

func inDays(n int) domain.Date { return domain.Date(time.Now().AddDate(0, 0, n).Format(time.DateOnly)) }
