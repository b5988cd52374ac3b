// Package story tells what happened to a case, an enrolment or a cohort as a person would, in German
// and English: from the states before and after each recorded decision, and from one catalogue of
// words. It is pure, and it names nobody: who did it is for the caller to add.
package story

import (
	"encoding/json"
	"time"

	"koko/domain/process"
	"koko/domain/training"
)

// A Lang is a language of the catalogue.
type Lang string

// The languages.
const (
	German  Lang = "de"
	English Lang = "en"
)

// Words say one thing in both languages.
type Words struct{ DE, EN string }

// In is w in one language.
func (w Words) In(l Lang) string {
	if l == English {
		return w.EN
	}
	return w.DE
}

func (w Words) and(more Words) Words {
	if more.DE == "" {
		return w
	}
	return Words{w.DE + " " + more.DE, w.EN + " " + more.EN}
}

// A State is what a file was at some version.
type State interface {
	process.State
	Deadlines() []process.Deadline
}

// A Step is one recorded decision.
type Step struct {
	Kind          process.Kind
	Action        process.Action
	Actor         string
	Before, After State // Before has version 0 if After is the first

	// Shown is as much of a state as the reader may see; nil shows nothing of any.
	Shown func(State) any
}

// An Entry is a step as a person tells it.
type Entry struct {
	Phase   Words // where the file stood when it happened
	Round   int   // of a case
	Says    Words
	Changes []Change
	Terms   []Term
	Timer   bool // a time limit did it, nobody else
}

// Neutral is what a reader is told of the work that is confidential (§4 MediationsG).
func Neutral() Entry {
	return Entry{Says: Words{"Der Fall ist in Bearbeitung.", "The case is being worked on."}}
}

// Tell tells a step.
func Tell(s Step) Entry {
	before, after := tree(nil), tree(s.After)
	if s.Before.File().Version > 0 {
		before = tree(s.Before)
	}
	stood := before
	if len(before) == 0 {
		stood = after
	}
	e := Entry{Phase: phaseOf(s.Kind, stood), Round: number(stood["round"]), Timer: s.Action == training.ActionDeadlinePassed && s.Actor == process.System}
	if s.Shown == nil {
		e.Says = bare(s.Kind, s.Action)
		return e
	}
	e.Terms = terms(s, passed(before))
	shownBefore, shownAfter := tree(nil), tree(s.Shown(s.After))
	if s.Before.File().Version > 0 {
		shownBefore = tree(s.Shown(s.Before))
	}
	e.Says = sentence(s, shownBefore, shownAfter, e.Terms).and(moved(s.Kind, before, after))
	e.Changes = changes(s.Kind, shownBefore, shownAfter)
	return e
}

// Compare lists what differs between two states of a file, as its reader may see them.
func Compare(k process.Kind, before, after any) []Change {
	return changes(k, tree(before), tree(after))
}

// Phase is where a state stands.
func Phase(k process.Kind, s State) Words { return phaseOf(k, tree(s)) }

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

// standing is the name of what a kind of file calls its phase.
func standing(k process.Kind) string {
	if k == process.KindCohort {
		return "stage"
	}
	return "phase"
}

func phaseOf(k process.Kind, t map[string]any) Words {
	name, _ := t[standing(k)].(string)
	return values[string(k)+"_phase"][name]
}

// moved tells that the file has come to another phase.
func moved(k process.Kind, before, after map[string]any) Words {
	was, _ := before[standing(k)].(string)
	is, _ := after[standing(k)].(string)
	if was == "" || was == is {
		return Words{}
	}
	return arrivals[k][is]
}

func number(v any) int {
	n, _ := v.(float64)
	return int(n)
}

func passed(t map[string]any) []process.Deadline {
	var ds []process.Deadline
	list, _ := t["passed"].([]any)
	for _, v := range list {
		d, _ := v.(map[string]any)
		kind, _ := d["kind"].(string)
		text, _ := d["due"].(string)
		due, err := time.Parse(time.RFC3339Nano, text)
		if err == nil {
			ds = append(ds, process.Deadline{Kind: kind, Due: due.UTC()})
		}
	}
	return ds
}
