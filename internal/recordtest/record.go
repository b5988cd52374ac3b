// Package recordtest is a record of one file in memory, for tests of its workflow.
package recordtest

import (
	"context"
	"errors"
	"sync"

	"go.temporal.io/sdk/temporal"

	"koko/activities"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/domain/training"
)

// Of is a fake of the activities that keep one kind of file.
type Of[S process.State] struct {
	mu          sync.Mutex
	Transitions []activities.Transition[S]
	Refuses     process.Action // as if its documents were not stored
}

// Record is a fake of activities.Cases.
type Record = Of[conflict.Case]

// SaveTransition does what package activities does.
func (r *Of[S]) SaveTransition(_ context.Context, t activities.Transition[S]) ([]activities.Transition[S], error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.Action == r.Refuses {
		f := fault.Newf(fault.Invalid, "the command refers to a document that was not stored").In("docs").By("stored", "store the document first")
		return nil, temporal.NewNonRetryableApplicationError(f.Message, string(f.Code), nil, *f)
	}
	if ts := r.read(activities.Position{Version: t.State.File().Version - 1, CommandID: t.CommandID}); len(ts) > 0 {
		return ts, nil
	}
	if n := len(r.Transitions); n > 0 && r.Transitions[n-1].State.File().Version != t.State.File().Version-1 {
		return nil, errors.New("a gap")
	}
	r.Transitions = append(r.Transitions, t)
	return []activities.Transition[S]{t}, nil
}

// ReadTransitions does what package activities does.
func (r *Of[S]) ReadTransitions(_ context.Context, p activities.Position) ([]activities.Transition[S], error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read(p), nil
}

func (r *Of[S]) read(p activities.Position) (ts []activities.Transition[S]) {
	for _, t := range r.Transitions {
		if t.State.File().Version > p.Version || t.CommandID == p.CommandID {
			ts = append(ts, t)
		}
	}
	return ts
}

// Training is a fake of activities.Training for one enrolment and one cohort.
type Training struct {
	Enrolment Of[training.Enrolment]
	Cohort    Of[training.Cohort]

	mu   sync.Mutex
	Told []Told
}

// Told is whom a recorded step had told.
type Told struct {
	File    process.File
	Notices []training.Notice
}

// told notes whom a step has told, if it was recorded.
func told[S interface {
	process.State
	Notices(before S) []training.Notice
}](ctx context.Context, r *Training, of *Of[S], t activities.Transition[S]) ([]activities.Transition[S], error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var before S
	n := len(of.Transitions)
	if n > 0 {
		before = of.Transitions[n-1].State
	}
	recorded, err := of.SaveTransition(ctx, t)
	if ns := t.State.Notices(before); len(of.Transitions) > n && len(ns) > 0 {
		r.Told = append(r.Told, Told{t.State.File(), ns})
	}
	return recorded, err
}

// SaveEnrolment does what package activities does.
func (r *Training) SaveEnrolment(ctx context.Context, t activities.Transition[training.Enrolment]) ([]activities.Transition[training.Enrolment], error) {
	return told(ctx, r, &r.Enrolment, t)
}

// ReadEnrolment does what package activities does.
func (r *Training) ReadEnrolment(ctx context.Context, p activities.Position) ([]activities.Transition[training.Enrolment], error) {
	return r.Enrolment.ReadTransitions(ctx, p)
}

// SaveCohort does what package activities does.
func (r *Training) SaveCohort(ctx context.Context, t activities.Transition[training.Cohort]) ([]activities.Transition[training.Cohort], error) {
	return told(ctx, r, &r.Cohort, t)
}

// ReadCohort does what package activities does.
func (r *Training) ReadCohort(ctx context.Context, p activities.Position) ([]activities.Transition[training.Cohort], error) {
	return r.Cohort.ReadTransitions(ctx, p)
}
