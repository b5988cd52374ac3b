package api_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"koko/activities"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/internal/dbtest"
)

// engine decides and records as the workflow of a case does, without Temporal: the real rules, the
// real record, one command at a time, and the same answer for the same key.
type engine struct {
	cases    *activities.Cases
	mu       sync.Mutex
	at       time.Time        // when it decides; now if zero
	refusals map[string]error // by case and key: an Update that was refused stays so
	before   func() error     // fails, or panics, before anything is decided
	after    func() error     // fails after the decision was recorded: the answer is lost
}

func newEngine(r *dbtest.Record) *engine {
	return &engine{cases: &activities.Cases{Pool: r.Worker}, refusals: map[string]error{}}
}

func (e *engine) Begin(ctx context.Context, c conflict.Case, key, by string, cmd conflict.Command) (conflict.Case, error) {
	return e.handle(ctx, c, key, by, 0, cmd)
}

func (e *engine) Do(ctx context.Context, caseID, key, by string, seen int, cmd conflict.Command) (conflict.Case, error) {
	return e.handle(ctx, conflict.Case{ID: caseID}, key, by, seen, cmd)
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

func (e *engine) handle(ctx context.Context, c conflict.Case, key, by string, seen int, cmd conflict.Command) (conflict.Case, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.fails(e.before); err != nil {
		return c, err
	}
	if err := cmd.Check(); err != nil { // the validator: it leaves no trace
		return c, err
	}
	recorded, err := e.cases.ReadTransitions(ctx, activities.Position{FileID: c.ID, CommandID: key})
	if err != nil {
		return c, err
	}
	for _, t := range recorded {
		if t.CommandID == key {
			return t.State, e.same(t, cmd)
		}
		c = t.State
	}
	if c.AGS == "" {
		return c, fault.Newf(fault.NotFound, "there is no such case")
	}
	if err := e.refusals[c.ID+key]; err != nil {
		return c, err
	}
	next, err := e.decide(c, by, seen, cmd)
	if err != nil {
		e.refusals[c.ID+key] = err
		return c, err
	}
	_, err = e.cases.SaveTransition(ctx, activities.Transition[conflict.Case]{
		CommandID: key, Action: cmd.Action(), By: by, Digest: conflict.Digest(cmd), Docs: cmd.References(), State: next,
	})
	if err != nil {
		return c, refusal(err)
	}
	return next, e.fails(e.after)
}

func (e *engine) decide(c conflict.Case, by string, seen int, cmd conflict.Command) (conflict.Case, error) {
	if seen != 0 && seen != c.Version {
		return c, fault.Newf(fault.Stale, "the case is at version %d, not %d", c.Version, seen).
			By("version", "read the case again and decide on what it says now")
	}
	at := e.at
	if at.IsZero() {
		at = time.Now()
	}
	return c.Decide(cmd, by, at.UTC().Truncate(time.Millisecond))
}

// same refuses an answer that belongs to another command sent under the same key.
func (e *engine) same(t activities.Transition[conflict.Case], cmd conflict.Command) error {
	if t.Digest == conflict.Digest(cmd) {
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
