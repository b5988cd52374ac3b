// Package recordtest is a record of one case in memory, for tests of its workflow.
package recordtest

import (
	"context"
	"errors"
	"sync"

	"go.temporal.io/sdk/temporal"

	"koko/activities"
	"koko/domain/conflict"
	"koko/domain/fault"
)

// Record is a fake of activities.Cases.
type Record struct {
	mu          sync.Mutex
	Transitions []activities.Transition
	Refuses     conflict.Action // as if its documents were not stored
}

// SaveTransition does what that of activities.Cases does.
func (r *Record) SaveTransition(_ context.Context, t activities.Transition) ([]activities.Transition, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.Action == r.Refuses {
		f := fault.Newf(fault.Invalid, "the command refers to a document that was not stored").In("docs").By("stored", "store the document first")
		return nil, temporal.NewNonRetryableApplicationError(f.Message, string(f.Code), nil, *f)
	}
	if ts := r.read(activities.Position{Version: t.Case.Version - 1, CommandID: t.CommandID}); len(ts) > 0 {
		return ts, nil
	}
	if n := len(r.Transitions); n > 0 && r.Transitions[n-1].Case.Version != t.Case.Version-1 {
		return nil, errors.New("a gap")
	}
	r.Transitions = append(r.Transitions, t)
	return []activities.Transition{t}, nil
}

// ReadTransitions does what that of activities.Cases does.
func (r *Record) ReadTransitions(_ context.Context, p activities.Position) ([]activities.Transition, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read(p), nil
}

func (r *Record) read(p activities.Position) (ts []activities.Transition) {
	for _, t := range r.Transitions {
		if t.Case.Version > p.Version || t.CommandID == p.CommandID {
			ts = append(ts, t)
		}
	}
	return ts
}
