package story

import (
	"slices"
	"time"

	"koko/domain/file"
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

func (Turn) Values() []Turn { return []Turn{Set, Met, Late, Moved, Dropped, Missed, Reached} }

// A Term is a deadline and what became of it.
type Term struct {
	Kind string
	What Words
	Turn Turn
	Due  time.Time
}

// terms lists what a step did to deadlines. Reminders are told of when they ring.
func terms(kind file.About, s Step) []Term {
	after := s.After.Deadlines()
	var before, was []file.Deadline // was: those of before that were missed
	if s.goesOn() {
		before, was = s.Before.Deadlines(), s.Before.Head().Passed
	}
	words := kind.Vocabulary.Deadlines
	var ts []Term
	add := func(d file.Deadline, t Turn) {
		if slices.Contains(kind.Quiet, d.Kind) && t != Reached {
			return
		}
		ts = append(ts, Term{d.Kind, words[d.Kind].What, t, d.Due})
	}
	if s.Action == file.ActionDeadlinePassed {
		if d, ok := file.Next(before, was); ok {
			add(d, turnOf(words[d.Kind]))
			before = slices.DeleteFunc(slices.Clone(before), func(o file.Deadline) bool { return o == d })
			after = slices.DeleteFunc(slices.Clone(after), func(o file.Deadline) bool { return o == d })
		}
	}
	fresh := without(after, before)
	for _, d := range without(before, after) {
		i := slices.IndexFunc(fresh, func(o file.Deadline) bool { return o.Kind == d.Kind })
		switch {
		case slices.Contains(words[d.Kind].Met, s.Action) && slices.Contains(was, d):
			add(d, Late)
		case slices.Contains(words[d.Kind].Met, s.Action):
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

func turnOf(w file.DeadlineWords) Turn {
	if w.Reminds {
		return Reached
	}
	return Missed
}

// without are those of ds that are not among others.
func without(ds, others []file.Deadline) []file.Deadline {
	return slices.DeleteFunc(slices.Clone(ds), func(d file.Deadline) bool { return slices.Contains(others, d) })
}

// turns say what became of a deadline.
var turns = map[Turn]Words{
	Set:     {DE: "gesetzt", EN: "set"},
	Met:     {DE: "eingehalten", EN: "met"},
	Late:    {DE: "verspätet erledigt", EN: "done late"},
	Moved:   {DE: "verschoben", EN: "moved"},
	Dropped: {DE: "entfallen", EN: "no longer needed"},
	Missed:  {DE: "versäumt", EN: "missed"},
	Reached: {DE: "erreicht", EN: "reached"},
}

// Turned says what became of a deadline.
func Turned(t Turn) Words { return turns[t] }
