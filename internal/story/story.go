// Package story tells what happened to a file as a person would, in German and English: from the states
// before and after each recorded decision, the vocabulary of the file's kind, and the words of the house.
// It is pure, and it names nobody: the person who did it is for the caller to add.
package story

import (
	"encoding/json"

	"koko/domain/file"
)

// A Step is one recorded decision.
type Step struct {
	Kind          file.Kind
	Action        file.Action
	Actor         string
	Before, After file.State // Before is nil or has version 0 if After is the first

	// Shown is as much of a state as the reader may see; nil shows nothing of any.
	Shown func(file.State) any
}

// goesOn reports whether there was a decision before.
func (s Step) goesOn() bool { return s.Before != nil && s.Before.Head().Version > 0 }

// An Entry is a step as a person tells it.
type Entry struct {
	Phase   Words // where the file stood when it happened
	Round   int   // how often it was begun by then; 0 if its kind does not count
	Says    Words
	Changes []Change
	Terms   []Term
	Timer   bool // a time limit did it, nobody else
}

// Neutral is what a reader is told of the work that is confidential (§4 MediationsG).
func Neutral(k file.Kind) Entry { return Entry{Says: vocabulary(k).Veiled} }

// Tell tells a step.
func Tell(s Step) Entry {
	kind := about(s.Kind)
	stood := s.After
	if s.goesOn() {
		stood = s.Before
	}
	e := Entry{
		Phase: Phase(s.Kind, stood), Round: round(kind.Vocabulary, stood),
		Timer: s.Action == file.ActionDeadlinePassed && s.Actor == file.System,
	}
	if s.Shown == nil {
		e.Says = bare(kind.Vocabulary, s.Action)
		return e
	}
	before, after := tree(nil), tree(s.Shown(s.After))
	if s.goesOn() {
		before = tree(s.Shown(s.Before))
	}
	e.Terms = terms(kind, s)
	e.Says = join(" ", sentence(kind.Vocabulary, s.Action, before, after, e.Terms), arrival(kind.Vocabulary, s))
	e.Changes = changes(kind.Vocabulary, before, after)
	return e
}

// Compare lists what differs between two states of a file, as its reader may see them.
func Compare(k file.Kind, before, after any) []Change {
	return changes(vocabulary(k), tree(before), tree(after))
}

// Phase is where a state stands.
func Phase(k file.Kind, s file.State) Words { return vocabulary(k).Phases[s.Head().Phase].Name }

// arrival tells that the file has come to another phase.
func arrival(v *file.Vocabulary, s Step) Words {
	if !s.goesOn() || s.Before.Head().Phase == s.After.Head().Phase {
		return Words{}
	}
	return v.Phases[s.After.Head().Phase].Arrival
}

// tree is v as JSON has it: the names and the leaves that every state has are those of the record.
func tree(v any) map[string]any {
	t := map[string]any{}
	if v == nil {
		return t
	}
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &t)
	}
	if err != nil {
		panic("story: a state is always JSON: " + err.Error())
	}
	return t
}

// round is how often a file was begun.
func round(v *file.Vocabulary, s file.State) int {
	if v.Round == "" {
		return 0
	}
	n, _ := lookup(tree(s), v.Round).(float64)
	return int(n)
}
