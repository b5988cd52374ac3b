// Package history reads what happened to a file out of the histories of its workflow: what was asked,
// what was decided, and whether the same rules decide it again. It is pure.
package history

import (
	"encoding/json"
	"time"

	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
)

// A Transition is one decided change of a file, as a history has it.
type Transition struct {
	Version   int             `json:"version"`
	AGS       ags.Key         `json:"ags"`
	At        time.Time       `json:"at"`
	CommandID string          `json:"command_id"`
	Action    file.Action     `json:"action"`
	By        string          `json:"by"`
	Digest    string          `json:"digest"` // of the command
	Docs      []file.Doc      `json:"docs,omitempty"`
	Salt      string          `json:"salt"`  // of the entry
	State     json.RawMessage `json:"state"` // as the type of the file's state writes it
	Raw       json.RawMessage `json:"-"`     // as it was written then: an entry's hash is of this
	Run       string          `json:"run"`
	Event     int64           `json:"event"` // that records it
}

// A Step is one command that reached the workflow, whatever came of it.
type Step struct {
	Run       string
	Event     int64
	At        time.Time
	CommandID string
	Action    file.Action
	By        string
	Seen      int // the version that the caller decided on; 0: none
	Told      bool
	Command   file.Command
	Refused   *fault.Error // why the rules refused it; nil: they did not
}

// A Flaw is what makes a history doubtful.
type Flaw struct {
	What    FlawKind
	Run     string
	Event   int64
	Version int // of the file, if one is concerned
}

// A FlawKind says what is wrong with a history.
type FlawKind string

// The kinds of flaws.
const (
	NotBegun   FlawKind = "not_begun"  // the first event is not the beginning of a run of this kind
	Order      FlawKind = "order"      // an event is missing or out of order
	Unreadable FlawKind = "unreadable" // a payload is not what the workflows write
	NotEnded   FlawKind = "not_ended"  // there is a later run, but nothing says that this one went on
	Lost       FlawKind = "lost"       // the run before is not there
	Carried    FlawKind = "carried"    // a run begins or goes on with another state than the one decided last
	Gap        FlawKind = "gap"        // a version is missing
	Fork       FlawKind = "fork"       // two decisions have one version, or one command
	Asked      FlawKind = "asked"      // what was recorded is not what was asked
	Answered   FlawKind = "answered"   // what was answered is not what was recorded
	Untimely   FlawKind = "untimely"   // a decision is later than the event that tells it, or earlier than the one before
)

// FlawKinds lists the kinds of flaws.
func FlawKinds() []FlawKind {
	return []FlawKind{NotBegun, Order, Unreadable, NotEnded, Lost, Carried, Gap, Fork, Asked, Answered, Untimely}
}

// A File is what all histories of a file say together.
type File struct {
	Kind        *file.Definition
	ID          string
	Start       int          // the version that the first run began with
	Transitions []Transition // beyond Start, by version
	Steps       []Step       // in the order of the histories
	Flaws       []Flaw
	Restarts    []int // versions from which a workflow was begun anew
	Ended       string
	state       json.RawMessage // that the first run began with
}

// Version is the last one that the histories know.
func (f File) Version() int {
	if n := len(f.Transitions); n > 0 {
		return f.Transitions[n-1].Version
	}
	return f.Start
}

// At returns the transition to a version.
func (f File) At(version int) (Transition, bool) {
	if i := version - f.Start - 1; i >= 0 && i < len(f.Transitions) && f.Transitions[i].Version == version {
		return f.Transitions[i], true
	}
	for _, t := range f.Transitions {
		if t.Version == version {
			return t, true
		}
	}
	return Transition{}, false
}
