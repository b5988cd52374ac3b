package story

import (
	"slices"
	"time"

	"koko/domain/process"
	"koko/domain/training"
)

// A Turn is what became of a deadline.
type Turn string

// The turns.
const (
	Set     Turn = "set"     // it runs from now on
	Met     Turn = "met"     // what was expected happened in time
	Late    Turn = "late"    // it happened after the deadline was missed
	Moved   Turn = "moved"   // it is another day now
	Dropped Turn = "dropped" // nothing is expected any more
	Missed  Turn = "missed"  // it passed
	Reached Turn = "reached" // it passed, and only reminds
)

// Turns lists the turns.
func Turns() []Turn { return []Turn{Set, Met, Late, Moved, Dropped, Missed, Reached} }

// A Term is a deadline and what became of it.
type Term struct {
	Kind string
	What Words
	Turn Turn
	Due  time.Time
}

// terms lists what a step did to deadlines; was are those missed before it.
func terms(s Step, was []process.Deadline) []Term {
	before, after := s.Before.Deadlines(), s.After.Deadlines()
	var ts []Term
	add := func(d process.Deadline, t Turn) {
		if slices.Contains(quiet, d.Kind) && t != Reached {
			return
		}
		ts = append(ts, Term{d.Kind, deadlines[d.Kind].what, t, d.Due})
	}
	if s.Action == training.ActionDeadlinePassed {
		if d, ok := process.Next(before, was); ok {
			add(d, turnOf(d.Kind))
			before = slices.DeleteFunc(slices.Clone(before), func(o process.Deadline) bool { return o == d })
			after = slices.DeleteFunc(slices.Clone(after), func(o process.Deadline) bool { return o == d })
		}
	}
	fresh := without(after, before)
	for _, d := range without(before, after) {
		i := slices.IndexFunc(fresh, func(o process.Deadline) bool { return o.Kind == d.Kind })
		switch {
		case slices.Contains(deadlines[d.Kind].met, s.Action) && slices.Contains(was, d):
			add(d, Late)
		case slices.Contains(deadlines[d.Kind].met, s.Action):
			add(d, Met)
		case i >= 0:
			add(fresh[i], Moved)
			fresh = slices.Delete(fresh, i, i+1)
		default:
			add(d, Dropped)
		}
	}
	for _, d := range fresh {
		add(d, Set)
	}
	return ts
}

func turnOf(kind string) Turn {
	if deadlines[kind].reminds {
		return Reached
	}
	return Missed
}

// without are those of ds that are not among others.
func without(ds, others []process.Deadline) []process.Deadline {
	return slices.DeleteFunc(slices.Clone(ds), func(d process.Deadline) bool { return slices.Contains(others, d) })
}

// quiet are the reminders: they are told when they ring.
var quiet = []string{"remind", "lapse_soon"}
