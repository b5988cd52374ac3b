// Package file holds what the lifecycles of KoKo share: who decided what and when, documents
// outside histories, deadlines, gates and the checks of what a command says.
package file

import (
	"slices"
	"strings"
	"time"

	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/fault"
)

// System is the actor of what the workflow does by itself.
const System = "system"

// A Kind says what a file (Akte) is.
type Kind string

// A Head is what every file tells of itself.
type Head struct {
	ID      string
	AGS     ags.Key
	Version int // 0: nothing is recorded yet
	Phase   string
	Opened  time.Time
	Changed time.Time
	Passed  []Deadline // of the deadlines in force, the missed ones

	Calendar calendar.Calendar
	Rests    []calendar.Rest // those that are over, in order
}

// A State is the state of a file, which its workflow owns.
type State interface {
	Head() Head
	// Deadlines lists what is expected, the earliest first. They follow from the state alone.
	Deadlines() []Deadline
}

// NextDeadline returns the earliest deadline of s that has not been missed yet.
func NextDeadline(s State) (Deadline, bool) { return Next(s.Deadlines(), s.Head().Passed) }

// A Stamp says who decided something, and when.
type Stamp struct {
	By string    `json:"by" doc:"Subject of the person, or system"`
	At time.Time `json:"at" doc:"When it was recorded"`
}

// An Action names what can be done, in URLs, Updates and policy.csv alike.
type Action string

// A Command asks for a change. It carries facts; prose is stored first and referenced, so that no
// personal data enters a workflow history.
type Command interface {
	Action() Action
	// Check refuses what is wrong in any case, whatever the state.
	Check() error
	// References lists the documents that hold the command's prose.
	References() []Doc
}

// An Option is an action and, if the rules do not allow it now, why.
type Option struct {
	Action Action       `json:"action"`
	Closed *fault.Error `json:"closed,omitempty"`
}

// A Relation is what ties a person to a file. Permissions build on it.
type Relation string

// A Tie says who is tied to a file.
type Tie struct {
	Relation Relation
	Holder   string // a subject, or the id of the file through which the tie holds; empty: everybody
}

// String is the tie as the record keeps it.
func (t Tie) String() string { return string(t.Relation) + ":" + t.Holder }

// Held lists the relations of ties that one of the holders has, or everybody.
func Held(ties []Tie, holders ...string) []Relation {
	var rs []Relation
	for _, t := range ties {
		if (t.Holder == "" || slices.Contains(holders, t.Holder)) && !slices.Contains(rs, t.Relation) {
			rs = append(rs, t.Relation)
		}
	}
	return rs
}

// HeldIn is Held of ties as the record keeps them.
func HeldIn(ties []string, holders ...string) []Relation {
	var rs []Relation
	for _, t := range ties {
		relation, holder, _ := strings.Cut(t, ":")
		if r := Relation(relation); (holder == "" || slices.Contains(holders, holder)) && !slices.Contains(rs, r) {
			rs = append(rs, r)
		}
	}
	return rs
}

// A Message is what the workflow of a file tells another one.
type Message struct {
	To      Kind
	File    string
	Command Command
}

// A Notice tells people that something happened or is expected of them. It names nobody but by id;
// what it is about is read where the reader's rights are asked.
type Notice struct {
	Kind   string   `json:"kind"`
	People []string `json:"people,omitempty"` // subjects
	Tied   []Member `json:"tied,omitempty"`   // those tied to files
	Roles  []string `json:"roles,omitempty"`  // those who hold one in the municipality
	// InPlaceOf are people whose substitutes are told instead of all these, if there are some.
	InPlaceOf []string `json:"in_place_of,omitempty"`
}

// A StandIn substitutes a person in a municipality.
type StandIn struct {
	Person, Substitute string
	Roles              []string // of the person, for which they do
	Held               []string // all that the substitute holds there
}

// A Member stands for whoever is tied to a file that way.
type Member struct {
	File     string   `json:"file"`
	Relation Relation `json:"relation"`
}

// A Certificate is what was issued to the person that a file is about, for the register.
type Certificate struct {
	Code       string
	Kind       string
	Issued     time.Time
	Curriculum string
	Version    int // of the curriculum
	Minutes    int
	Evidence   string // SHA-256 of what it rests on, hex
	Supersedes string // the code of the one that it replaces
	Reason     string // why it replaces another one
	Revoked    *time.Time
	RevokedFor string
}

// Waiting closes a gate until what is missing is there; with nothing missing it opens it.
func Waiting(message, rule, remedy string, missing ...string) *fault.Error {
	if len(missing) == 0 {
		return nil
	}
	f := fault.Newf(fault.Gate, "%s", message).By(rule, remedy)
	f.Missing = missing
	return f
}

// Unstamp takes the person out of a stamp.
func (s *Stamp) Unstamp() { s.By = "" }

// Anon is a copy of v without the person.
func Anon[T any, P interface {
	*T
	Unstamp()
}](v P) P {
	if v == nil {
		return nil
	}
	copied := *v
	P(&copied).Unstamp()
	return &copied
}

// AnonAll are copies of vs without the people.
func AnonAll[T any, P interface {
	*T
	Unstamp()
}](vs []T) []T {
	var all []T
	for i := range vs {
		all = append(all, *Anon[T, P](&vs[i]))
	}
	return all
}
