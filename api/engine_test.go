package api_test

import (
	"context"
	"errors"
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

// engine decides and records as the workflows do, without Temporal: the real rules, the real record,
// one command at a time, and the same answer for the same key.
type engine struct {
	cases      *lifecycle[conflict.Case, conflict.Command]
	enrolments *lifecycle[training.Enrolment, training.Command]
	cohorts    *lifecycle[training.Cohort, training.CohortCommand]

	mu       sync.Mutex
	at       time.Time        // when it decides; now if zero
	refusals map[string]error // by file and key: an Update that was refused stays so
	before   func() error     // fails, or panics, before anything is decided
	after    func() error     // fails after the decision was recorded: the answer is lost
}

func newEngine(r *dbtest.Record) *engine {
	e := &engine{refusals: map[string]error{}}
	c, t := &activities.Cases{Pool: r.Worker}, &activities.Training{Pool: r.Worker}
	e.cases = &lifecycle[conflict.Case, conflict.Command]{
		engine: e, kind: process.KindCase, read: c.ReadTransitions, save: c.SaveTransition,
		decide: func(c conflict.Case, cmd conflict.Command, by string, at time.Time) (conflict.Case, error) {
			return c.Decide(cmd, by, at)
		},
	}
	e.enrolments = &lifecycle[training.Enrolment, training.Command]{
		engine: e, kind: process.KindEnrolment, read: t.ReadEnrolment, save: t.SaveEnrolment,
		decide: func(e training.Enrolment, cmd training.Command, by string, at time.Time) (training.Enrolment, error) {
			return e.Decide(cmd, by, at)
		},
		deliver: func(ctx context.Context, before, after training.Enrolment) error {
			for i, m := range after.Messages(before) {
				if err := e.cohorts.receive(ctx, m.Cohort, messageKey(after, i), m.Command); err != nil {
					return err
				}
			}
			return nil
		},
	}
	e.cohorts = &lifecycle[training.Cohort, training.CohortCommand]{
		engine: e, kind: process.KindCohort, read: t.ReadCohort, save: t.SaveCohort,
		decide: func(c training.Cohort, cmd training.CohortCommand, by string, at time.Time) (training.Cohort, error) {
			return c.Decide(cmd, by, at)
		},
		deliver: func(ctx context.Context, before, after training.Cohort) error {
			for i, m := range after.Messages(before) {
				if err := e.enrolments.receive(ctx, m.Enrolment, messageKey(after, i), m.Command); err != nil {
					return err
				}
			}
			return nil
		},
	}
	return e
}

func messageKey(from process.State, i int) string {
	f := from.File()
	return fmt.Sprintf("message/%s/%d/%d", f.ID, f.Version, i)
}

func (e *engine) Ready(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fails(e.before)
}

func (e *engine) fails(how func() error) error {
	if how == nil {
		return nil
	}
	return how()
}

func (e *engine) now() time.Time {
	at := e.at
	if at.IsZero() {
		at = time.Now()
	}
	return at.UTC().Truncate(time.Millisecond)
}

// A lifecycle is the engine of one kind of file.
type lifecycle[S process.State, C process.Command] struct {
	*engine
	kind   process.Kind
	read   func(context.Context, activities.Position) ([]activities.Transition[S], error)
	save   func(context.Context, activities.Transition[S]) ([]activities.Transition[S], error)
	decide func(s S, cmd C, by string, at time.Time) (S, error)

	// What hangs on a step; nil for nothing.
	deliver func(ctx context.Context, before, after S) error
}

// Begin starts a file.
func (l *lifecycle[S, C]) Begin(ctx context.Context, s S, key, by string, cmd C) (S, error) {
	return l.handle(ctx, s.File().ID, s, key, by, 0, cmd)
}

// Do has a file carry out a command.
func (l *lifecycle[S, C]) Do(ctx context.Context, id, key, by string, seen int, cmd C) (S, error) {
	var none S
	return l.handle(ctx, id, none, key, by, seen, cmd)
}

func (l *lifecycle[S, C]) handle(ctx context.Context, id string, s S, key, by string, seen int, cmd C) (S, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.fails(l.before); err != nil {
		return s, err
	}
	if err := cmd.Check(); err != nil { // the validator: it leaves no trace
		return s, err
	}
	recorded, err := l.read(ctx, activities.Position{FileID: id, CommandID: key})
	if err != nil {
		return s, err
	}
	for _, t := range recorded {
		if t.CommandID == key {
			return t.State, same(t, cmd)
		}
		s = t.State
	}
	f := s.File()
	if f.AGS == "" {
		return s, fault.Newf(fault.NotFound, "there is no such %s", l.kind)
	}
	if err := l.refusals[id+key]; err != nil {
		return s, err
	}
	if seen != 0 && seen != f.Version {
		err = fault.Newf(fault.Stale, "the %s is at version %d, not %d", l.kind, f.Version, seen).
			By("version", "read the "+string(l.kind)+" again and decide on what it says now")
		l.refusals[id+key] = err
		return s, err
	}
	next, err := l.step(ctx, s, key, by, cmd)
	if err != nil {
		if fault.Of(err) != nil {
			l.refusals[id+key] = err
		}
		return s, err
	}
	return next, l.fails(l.after)
}

// receive has a file carry out what the workflow of another one tells it. What the rules refuse
// changes nothing.
func (l *lifecycle[S, C]) receive(ctx context.Context, id, key string, cmd C) error {
	recorded, err := l.read(ctx, activities.Position{FileID: id, CommandID: key})
	if err != nil || len(recorded) == 0 {
		return err
	}
	_, err = l.step(ctx, recorded[len(recorded)-1].State, key, process.System, cmd)
	if fault.Of(err) != nil {
		return nil
	}
	return err
}

// step decides, records, and tells the other files.
func (l *lifecycle[S, C]) step(ctx context.Context, s S, key, by string, cmd C) (S, error) {
	next, err := l.decide(s, cmd, by, l.now())
	if err != nil {
		return s, err
	}
	_, err = l.save(ctx, activities.Transition[S]{
		CommandID: key, Action: cmd.Action(), By: by, Digest: process.Digest(cmd), Docs: cmd.References(), State: next,
	})
	if err != nil {
		return s, refusal(err)
	}
	if l.deliver != nil {
		return next, l.deliver(ctx, s, next)
	}
	return next, nil
}

// same refuses an answer that belongs to another command sent under the same key.
func same[S process.State](t activities.Transition[S], cmd process.Command) error {
	if t.Digest == process.Digest(cmd) {
		return nil
	}
	return fault.Newf(fault.Conflict, "the idempotency key was used for another command").
		By("idempotency_key_reused", "send a new command with a new Idempotency-Key")
}

// refusal is the fault that an activity's error carries, if it does.
func refusal(err error) error {
	var carrier interface{ Details(d ...any) error }
	var f fault.Error
	if errors.As(err, &carrier) && carrier.Details(&f) == nil && f.Code != "" {
		return &f
	}
	return err
}
