package demo_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"koko/activities"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/domain/training"
	"koko/internal/dbtest"
)

// An engine decides and records as the workflow of one kind of file does. Like Temporal it remembers
// what an id was refused with.
type engine[S process.State, C process.Command] struct {
	mu      *sync.Mutex // one for all kinds: what they tell each other arrives at once
	save    func(context.Context, activities.Transition[S]) ([]activities.Transition[S], error)
	read    func(context.Context, activities.Position) ([]activities.Transition[S], error)
	decide  func(s S, cmd C, by string, at time.Time) (S, error)
	follow  func(ctx context.Context, before, after S) error // what hangs on a decision; nil: nothing
	refused map[string]error
	now     map[string]S
}

func newEngine(r *dbtest.Record) (
	*engine[conflict.Case, conflict.Command], *engine[training.Enrolment, training.Command], *engine[training.Cohort, training.CohortCommand],
) {
	var mu sync.Mutex
	c, t := &activities.Cases{Pool: r.Worker}, &activities.Training{Pool: r.Worker}
	cases := &engine[conflict.Case, conflict.Command]{
		mu: &mu, save: c.SaveTransition, read: c.ReadTransitions, decide: conflict.Case.Decide,
		refused: map[string]error{}, now: map[string]conflict.Case{},
	}
	enrolments := &engine[training.Enrolment, training.Command]{
		mu: &mu, save: t.SaveEnrolment, read: t.ReadEnrolment, decide: training.Enrolment.Decide,
		refused: map[string]error{}, now: map[string]training.Enrolment{},
	}
	cohorts := &engine[training.Cohort, training.CohortCommand]{
		mu: &mu, save: t.SaveCohort, read: t.ReadCohort, decide: training.Cohort.Decide,
		refused: map[string]error{}, now: map[string]training.Cohort{},
	}
	enrolments.follow = func(ctx context.Context, before, after training.Enrolment) error {
		for n, m := range after.Messages(before) {
			if err := cohorts.told(ctx, m.Cohort, message(after, n), m.Command); err != nil {
				return err
			}
		}
		return enrolments.passed(ctx, after, after.NextDeadline, func(d process.Deadline) training.Command { return training.DeadlinePassed{Deadline: d} })
	}
	cohorts.follow = func(ctx context.Context, before, after training.Cohort) error {
		for n, m := range after.Messages(before) {
			if err := enrolments.told(ctx, m.Enrolment, message(after, n), m.Command); err != nil {
				return err
			}
		}
		return cohorts.passed(ctx, after, after.NextDeadline, func(d process.Deadline) training.CohortCommand {
			return training.CohortDeadlinePassed{Deadline: d}
		})
	}
	return cases, enrolments, cohorts
}

func message(from process.State, n int) string {
	return fmt.Sprintf("message-%s-%d-%d", from.File().ID, from.File().Version, n)
}

func (e *engine[S, C]) Begin(ctx context.Context, s S, key, by string, cmd C) (S, error) {
	e.mu.Lock()
	if _, ok := e.now[s.File().ID]; !ok {
		e.now[s.File().ID] = s
	}
	e.mu.Unlock()
	return e.Do(ctx, s.File().ID, key, by, 0, cmd)
}

func (e *engine[S, C]) Do(ctx context.Context, id, key, by string, seen int, cmd C) (S, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.handle(ctx, id, key, by, seen, cmd)
}

func (e *engine[S, C]) handle(ctx context.Context, id, key, by string, seen int, cmd C) (none S, err error) {
	if err := e.refused[key]; err != nil {
		return none, err
	}
	before := e.now[id]
	version := before.File().Version
	next, refusal := e.decide(before, cmd, by, time.Now().UTC().Truncate(time.Millisecond))
	if seen != 0 && seen != version {
		refusal = fault.Newf(fault.Stale, "the file has changed").By("version", "read it again")
	}
	var recorded []activities.Transition[S]
	if refusal != nil {
		recorded, err = e.read(ctx, activities.Position{FileID: id, Version: version, CommandID: key})
	} else {
		recorded, err = e.save(ctx, activities.Transition[S]{
			CommandID: key, Action: cmd.Action(), By: by, Digest: process.Digest(cmd), Docs: cmd.References(), State: next,
		})
	}
	if err != nil {
		return none, err
	}
	for _, t := range recorded {
		if t.State.File().Version > e.now[id].File().Version {
			before, e.now[id] = e.now[id], t.State
			if e.follow != nil {
				if err := e.follow(ctx, before, t.State); err != nil {
					return none, err
				}
			}
		}
		if t.CommandID == key {
			return t.State, nil
		}
	}
	e.refused[key] = refusal
	return none, refusal
}

// told carries out what another file says. What the rules refuse has been overtaken.
func (e *engine[S, C]) told(ctx context.Context, id, key string, cmd C) error {
	_, err := e.handle(ctx, id, key, process.System, 0, cmd)
	if fault.CodeOf(err) == fault.Gate {
		return nil
	}
	return err
}

// passed lets a time limit pass that is over already, as the workflow's timer does.
func (e *engine[S, C]) passed(ctx context.Context, s S, next func() (process.Deadline, bool), missed func(process.Deadline) C) error {
	d, ok := next()
	if !ok || d.Due.After(time.Now()) {
		return nil
	}
	return e.told(ctx, s.File().ID, fmt.Sprintf("deadline-%s-%s-after-%d", d.Kind, s.File().ID, s.File().Version), missed(d))
}
