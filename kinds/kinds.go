// Package kinds is the list of the kinds of files (Akten). Nothing else in the house names a kind.
package kinds

import (
	"koko/domain/advice"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/domain/work"
)

// all is the list: one line a kind.
var all = []*file.Definition{
	file.Define(conflict.Spec),
	file.Define(enrolment.Spec),
	file.Define(cohort.Spec),
	file.Define(advice.Spec),
	file.Define(work.Spec),
}

// All lists the kinds.
func All() []*file.Definition { return all }

// Of is what the house knows of a kind; ok is false if there is no such kind.
func Of(k file.Kind) (d *file.Definition, ok bool) {
	for _, d := range all {
		if d.Kind == k {
			return d, true
		}
	}
	return nil, false
}

// ByWorkflow is the kind whose workflows the engine calls by that name.
func ByWorkflow(name string) (d *file.Definition, ok bool) {
	for _, d := range all {
		if d.Workflow == name {
			return d, true
		}
	}
	return nil, false
}

// ByRelation is the kind to whose files people are tied that way.
func ByRelation(r file.Relation) (d *file.Definition, ok bool) {
	for _, d := range all {
		for _, s := range d.Relations {
			if s.Name == r {
				return d, true
			}
		}
	}
	return nil, false
}

// ByPlural is the kind that paths call so.
func ByPlural(plural string) (d *file.Definition, ok bool) {
	for _, d := range all {
		if d.Plural == plural {
			return d, true
		}
	}
	return nil, false
}
