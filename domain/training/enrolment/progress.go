package enrolment

import (
	"slices"

	"koko/domain/training/curriculum"
)

// Progress is what of the curriculum is done, by its rule.
type Progress struct {
	Units        []UnitProgress `json:"units" nullable:"false" doc:"Each module"`
	Modules      Count          `json:"modules" doc:"Modules that count"`
	Online       Count          `json:"online" doc:"Online sessions that count"`
	Minutes      int            `json:"minutes" doc:"Attended minutes, made-up ones included"`
	OfMinutes    int            `json:"of_minutes" doc:"Minutes that are needed"`
	Concept      Count          `json:"concept" doc:"Concept of the own conflict management system"`
	Cases        Count          `json:"cases" doc:"Accepted case reports"`
	Supervisions Count          `json:"supervisions" doc:"Supervision sessions"`
	Assessment   Count          `json:"assessment" doc:"Passed assessment"`
}

// A Count is how many of how many.
type Count struct {
	Done int `json:"done" doc:"How many there are"`
	Of   int `json:"of" doc:"How many are needed"`
}

// Reached reports whether there are enough.
func (c Count) Reached() bool { return c.Done >= c.Of }

// UnitProgress is where one module stands.
type UnitProgress struct {
	Unit     string              `json:"unit" doc:"Id of the module" example:"m3"`
	Kind     curriculum.UnitKind `json:"kind" doc:"What it counts as"`
	Minutes  int                 `json:"minutes" doc:"Attended minutes, made-up ones included"`
	Of       int                 `json:"of" doc:"Minutes that the module takes"`
	Done     bool                `json:"done" doc:"Whether enough of it was attended"`
	Counts   bool                `json:"counts" doc:"Whether it counts: it is done, and so is what must come before"`
	MakingUp bool                `json:"making_up" doc:"Whether it is being made up"`
}

// ModulesDone reports whether enough modules, sessions and hours are there.
func (p Progress) ModulesDone() bool {
	return p.Modules.Reached() && p.Online.Reached() && p.Minutes >= p.OfMinutes
}

// PracticeDone reports whether concept, cases and supervision are there.
func (p Progress) PracticeDone() bool {
	return p.Concept.Reached() && p.Cases.Reached() && p.Supervisions.Reached()
}

// Progress says what is done.
func (e Enrolment) Progress() Progress {
	r := e.Terms.Rule
	p := Progress{
		Units: []UnitProgress{}, OfMinutes: r.Minutes, Modules: Count{Of: r.Modules}, Online: Count{Of: r.Online},
		Concept: count(e.conceptDone(), r.Concept), Assessment: count(e.passed(), r.Assessment),
		Cases: Count{e.casesDone(), r.Cases}, Supervisions: Count{len(e.Supervisions), r.Supervisions},
	}
	for _, u := range e.Terms.Units {
		up := UnitProgress{Unit: u.ID, Kind: u.Kind, Minutes: e.attended(u.ID), Of: u.Minutes, MakingUp: e.openMakeUp(u.ID) != nil}
		up.Done = up.Minutes >= e.needs(u.ID)
		up.Counts = up.Done && !slices.ContainsFunc(p.Units, func(o UnitProgress) bool { return !o.Counts && slices.Contains(u.After, o.Unit) })
		p.Units = append(p.Units, up)
		p.Minutes += up.Minutes
		if up.Counts && u.Kind == curriculum.OnlineSession {
			p.Online.Done++
		} else if up.Counts {
			p.Modules.Done++
		}
	}
	return p
}

func count(done, needed bool) Count {
	c := Count{}
	if done {
		c.Done = 1
	}
	if needed {
		c.Of = 1
	}
	return c
}

// attended are the minutes of a unit that count: on dates, at most those that it takes, and credited.
func (e Enrolment) attended(unit string) int {
	sum := 0
	for _, a := range e.Attended {
		if a.Unit == unit {
			sum += a.Minutes
		}
	}
	for _, m := range e.MakeUps {
		if m.Unit == unit {
			sum += m.Credited
		}
	}
	u, _ := e.Terms.Unit(unit)
	return min(sum, u.Minutes)
}

// needs are the minutes of a unit that complete it, rounded up.
func (e Enrolment) needs(unit string) int {
	u, _ := e.Terms.Unit(unit)
	return (u.Minutes*e.Terms.Rule.Share + 99) / 100
}
