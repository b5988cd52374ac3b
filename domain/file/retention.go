package file

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"koko/domain/calendar"
	"koko/domain/fault"
)

// A Retention says how long words are kept: when its deadline passes, whatever was written in its
// compartments is destroyed for good. Facts, digests and proofs stay.
type Retention[S State] struct {
	Deadline     string // its kind
	Compartments []Compartment
	Since        func(s S) time.Time     // what they are kept from; zero: that is not there yet
	For          func(s S) calendar.Rule // how long
}

// Kept is embedded in the states of a kind that has a retention.
type Kept struct {
	Destroyed []Destroyed `json:"destroyed,omitempty" nullable:"false" doc:"The parts whose words are gone, because the time for which they are kept is over"`
}

// Destroyed says that what was written in a compartment is gone for good. The record destroys what the
// state names here, in the transaction that records it.
type Destroyed struct {
	Compartment Compartment `json:"compartment" doc:"The part of the file" example:"case"`
	At          time.Time   `json:"at" doc:"When its words were destroyed"`
}

func (k Kept) destroyed() []Destroyed { return k.Destroyed }

func (k *Kept) destroy(cs []Compartment, at time.Time) {
	all := slices.Clone(k.Destroyed) // states share their parts
	for _, c := range cs {
		if !k.gone(c) {
			all = append(all, Destroyed{c, at})
		}
	}
	k.Destroyed = all
}

func (k Kept) gone(c Compartment) bool {
	return slices.ContainsFunc(k.Destroyed, func(d Destroyed) bool { return d.Compartment == c })
}

// DestroyedIn lists the compartments of s whose words are gone.
func DestroyedIn(s State) []Destroyed {
	if k, keeps := any(s).(interface{ destroyed() []Destroyed }); keeps {
		return k.destroyed()
	}
	return nil
}

// Retain adds to what is expected of s when its words are to be destroyed.
func Retain[S State](t *Timetable, rs []Retention[S], s S) {
	for _, r := range rs {
		if since := r.Since(s); !since.IsZero() && !r.done(s) {
			t.Add(r.Deadline, since, r.For(s))
		}
	}
}

// done reports whether nothing is left to be destroyed.
func (r Retention[S]) done(s S) bool {
	gone := Kept{DestroyedIn(s)}
	return !slices.ContainsFunc(r.Compartments, func(c Compartment) bool { return !gone.gone(c) })
}

// retain destroys what is due with a deadline that has passed.
func (k *Spec[S]) retain(s *S, d Deadline, at time.Time) {
	for _, r := range k.Retention {
		if r.Deadline == d.Kind {
			any(s).(interface {
				destroy([]Compartment, time.Time)
			}).destroy(r.Compartments, at)
		}
	}
}

func (k *Spec[S]) retention() map[string][]Compartment {
	all := map[string][]Compartment{}
	for _, r := range k.Retention {
		all[r.Deadline] = r.Compartments
	}
	return all
}

// retentions are the deadlines that destroy something.
func (k *Spec[S]) retentions() (kinds []string) {
	for _, r := range k.Retention {
		kinds = append(kinds, r.Deadline)
	}
	return kinds
}

// unkept refuses words for a compartment whose words were destroyed: nothing is put there any more.
func unkept(s State, cs []Compartment) *fault.Error {
	gone := Kept{DestroyedIn(s)}
	for _, c := range cs {
		if gone.gone(c) {
			return fault.Newf(fault.Gate, "what was written in the compartment %s was destroyed when its time was over", c).
				By("retention", "leave the words out: nothing is written there any more")
		}
	}
	return nil
}

// compartmentsOf are where the words of a command lie.
func compartmentsOf(docs []Doc) (cs []Compartment) {
	for _, d := range docs {
		cs = append(cs, d.Compartment)
	}
	return cs
}

// needed lists the compartments into which a command of a type cannot but write.
func needed(t reflect.Type) (cs []Compartment) {
	for f := range t.Fields() {
		of := f.Type
		if of.Kind() == reflect.Slice && f.Tag.Get("minItems") != "" {
			of = of.Elem()
		}
		in := f.Tag.Get("in")
		switch {
		case f.Type == wordsType:
			if f.Tag.Get("required") == "true" && in != "" && !strings.Contains(in, "{") {
				cs = append(cs, Compartment(in))
			}
		case f.IsExported() && of != docsType && of.Kind() == reflect.Struct:
			cs = append(cs, needed(of)...)
		}
	}
	return cs
}
