package conflict

import (
	"slices"

	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/working"
)

// maxMeasures bounds the state that every decision carries.
const maxMeasures = 100

// A Measure (Maßnahme) is what the municipality carries out because of the conflict. It looks the same whether somebody
// planned it or those who do the work released it: the history says who did, and of the work no more than that it goes on.
type Measure struct {
	N        int   `json:"n" doc:"Its number in the case"`
	Due      Date  `json:"due" doc:"By when"`
	Finished *Done `json:"finished,omitempty"`
	Dropped  *Done `json:"dropped,omitempty"`
	Docs
}

// Done says when a measure was finished or dropped, and who noted it.
type Done struct {
	Stamp
	Docs
}

// open reports whether a measure is still to be carried out.
func (m Measure) open() bool { return m.Finished == nil && m.Dropped == nil }

// PlanMeasure adds a measure to the case.
type PlanMeasure struct{ working.PlanMeasure }

func (p PlanMeasure) Apply(c *Case, by Stamp) *fault.Error {
	if by.By == System {
		return c.hear(p.Work, func(*Handed) *fault.Error { return c.plan(p) })
	}
	if p.Work != "" {
		return file.Invalid("work", "confided", "what comes out of the work is released there", "leave it out")
	}
	return c.plan(p)
}

func (c *Case) plan(p PlanMeasure) *fault.Error {
	if len(c.Measures) >= maxMeasures {
		return fault.Newf(fault.Gate, "the case has %d measures", maxMeasures).By("max_measures", "put several into one")
	}
	c.Measures = append(slices.Clone(c.Measures), Measure{N: len(c.Measures) + 1, Due: p.Due, Docs: p.Docs})
	return nil
}

// FinishMeasure notes that a measure is carried out.
type FinishMeasure struct {
	Measure int        `json:"measure" minimum:"1" doc:"Number of the measure" example:"1"`
	Note    file.Words `json:"note,omitzero" in:"case" maxLength:"4000" doc:"How that is known" example:"Die Parzellen sind übergeben."`
	Docs
}

// Action is finish_measure.
func (FinishMeasure) Action() Action { return ActionFinishMeasure }

// Check wants a number.
func (f FinishMeasure) Check() error {
	return file.First(file.Between("measure", f.Measure, 1, maxMeasures), f.In(f.Action(), CaseFile))
}

func (f FinishMeasure) Apply(c *Case, by Stamp) *fault.Error {
	return c.settleMeasure(f.Measure, func(m *Measure) { m.Finished = &Done{by, f.Docs} })
}

// DropMeasure notes that a measure is not carried out.
type DropMeasure struct {
	Measure int        `json:"measure" minimum:"1" doc:"Number of the measure" example:"1"`
	Reason  file.Words `json:"reason,omitzero" required:"true" in:"case" minLength:"1" maxLength:"4000" doc:"Why not" example:"Die Fläche wird anders gebraucht."`
	Docs
}

// Action is drop_measure.
func (DropMeasure) Action() Action { return ActionDropMeasure }

// Check wants a number and a reason.
func (d DropMeasure) Check() error {
	return file.First(file.Between("measure", d.Measure, 1, maxMeasures), d.In(d.Action(), CaseFile), d.Needs("reason"))
}

func (d DropMeasure) Apply(c *Case, by Stamp) *fault.Error {
	return c.settleMeasure(d.Measure, func(m *Measure) { m.Dropped = &Done{by, d.Docs} })
}

func (c *Case) settleMeasure(n int, settle func(*Measure)) *fault.Error {
	if n > len(c.Measures) {
		return file.Invalid("measure", "unknown_measure", "there is no such measure", "give the number of a measure of the case")
	}
	if !c.Measures[n-1].open() {
		return file.Gate("measure", "settled", "the measure is finished or dropped already", "nothing to do")
	}
	c.Measures = slices.Clone(c.Measures)
	settle(&c.Measures[n-1])
	return nil
}

// measured is the gate before a measure is finished or dropped.
func measured(c Case, _ string) *fault.Error {
	if !slices.ContainsFunc(c.Measures, Measure.open) {
		return file.Waiting("no measure is to be carried out", "measures", "somebody plans one with plan_measure", "measures")
	}
	return nil
}

// anonMeasures are measures without who noted what.
func anonMeasures(ms []Measure) (all []Measure) {
	for _, m := range ms {
		m.Finished, m.Dropped = file.Anon(m.Finished), file.Anon(m.Dropped)
		all = append(all, m)
	}
	return all
}
