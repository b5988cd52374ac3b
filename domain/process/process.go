// Package process holds what the lifecycles of KoKo share: who decided what and when, documents
// outside histories, deadlines, gates and the checks of what a command says.
package process

import (
	"time"

	"koko/domain/ags"
	"koko/domain/fault"
)

// System is the actor of what the workflow does by itself.
const System = "system"

// A Kind says what a file (Akte) is.
type Kind string

// The kinds.
const (
	KindCase      Kind = "case"
	KindEnrolment Kind = "enrolment"
	KindCohort    Kind = "cohort"
)

// A File is what is known of every case, enrolment and cohort.
type File struct {
	ID      string
	AGS     ags.Key
	Version int // 0: nothing is recorded yet
	Changed time.Time
}

// A State is the state of a file, which its workflow owns.
type State interface{ File() File }

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

// A Relation is what ties a person to a case, an enrolment or a cohort. Permissions build on it.
type Relation string

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
