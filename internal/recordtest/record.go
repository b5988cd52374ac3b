// Package recordtest stands in for one half of the platform: a record in memory, for tests of workflows, and an
// engine without Temporal, for tests of the API.
package recordtest

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"go.temporal.io/sdk/temporal"

	"koko/activities"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/kinds"
)

// A Record is a fake of activities.Files. Its methods are activities: whatever else tests need is a
// function.
type Record struct {
	mu          sync.Mutex
	Transitions []activities.Transition
	Told        []Told // by what was saved
	Reminded    []activities.Reminding
	Refuses     file.Action // as if its documents were not stored
}

// Told is whom a recorded step had told.
type Told struct {
	File    file.Head
	Notices []file.Notice
}

// Transition is the step to s that cmd led to.
func Transition(k file.Kind, id, by string, cmd file.Command, s file.State) activities.Transition {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return activities.Transition{
		Kind: k, CommandID: id, Action: cmd.Action(), By: by, Digest: file.Digest(cmd), Docs: cmd.References(), State: b,
	}
}

// State is the state that t led to.
func State[S any](t activities.Transition) S {
	var s S
	if err := json.Unmarshal(t.State, &s); err != nil {
		panic(err)
	}
	return s
}

// SaveTransition does what package activities does.
func (r *Record) SaveTransition(_ context.Context, t activities.Transition) ([]activities.Transition, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.Action == r.Refuses {
		f := fault.Newf(fault.Invalid, "the command refers to a document that was not stored").In("docs").By("stored", "store the document first")
		return nil, temporal.NewNonRetryableApplicationError(f.Message, activities.Refused, nil, *f)
	}
	at := position(t)
	if ts := r.read(activities.Position{Kind: t.Kind, FileID: at.FileID, Version: at.Version - 1, CommandID: t.CommandID}); len(ts) > 0 {
		return ts, nil
	}
	known := r.read(activities.Position{Kind: t.Kind, FileID: at.FileID})
	if len(known) > 0 && position(known[len(known)-1]).Version != at.Version-1 {
		return nil, errors.New("a gap")
	}
	r.Transitions = append(r.Transitions, t)
	return []activities.Transition{t}, r.tell(known, t)
}

// tell notes whom t tells, if its kind is one of the house.
func (r *Record) tell(known []activities.Transition, t activities.Transition) error {
	kind, ok := kinds.Of(t.Kind)
	if !ok {
		return nil
	}
	after, err := kind.Decode(t.State)
	if err != nil {
		return err
	}
	f := after.Head()
	before := kind.Fresh(f.ID, f.AGS)
	if n := len(known); n > 0 {
		if before, err = kind.Decode(known[n-1].State); err != nil {
			return err
		}
	}
	if ns := kind.Notices(before, after); len(ns) > 0 {
		r.Told = append(r.Told, Told{f, ns})
	}
	return nil
}

// Remind notes whom a deadline is told of.
func (r *Record) Remind(_ context.Context, m activities.Reminding) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Reminded = append(r.Reminded, m)
	return nil
}

// ReadTransitions does what package activities does.
func (r *Record) ReadTransitions(_ context.Context, p activities.Position) ([]activities.Transition, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read(p), nil
}

func (r *Record) read(p activities.Position) (ts []activities.Transition) {
	for _, t := range r.Transitions {
		at := position(t)
		if at.Kind == p.Kind && at.FileID == p.FileID && (at.Version > p.Version || t.CommandID == p.CommandID) {
			ts = append(ts, t)
		}
	}
	return ts
}

// position is which file t belongs to, and the version that it led to.
func position(t activities.Transition) activities.Position {
	s := State[struct {
		ID      string
		Version int
	}](t)
	return activities.Position{Kind: t.Kind, FileID: s.ID, Version: s.Version}
}
