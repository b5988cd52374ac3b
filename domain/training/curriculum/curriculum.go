// Package curriculum holds what is taught, and what completes it.
package curriculum

import (
	"reflect"
	"regexp"
	"slices"

	"koko/domain/fault"
	"koko/domain/file"
)

// A Curriculum is one version of a programme: what is taught, what completes it, and what its
// certificate says. A published version never changes.
type Curriculum struct {
	ID           string   `json:"id" pattern:"^[a-z][a-z0-9-]{1,31}$" doc:"Name of the programme, for good" example:"koko"`
	Version      int      `json:"version" minimum:"1" doc:"One more with every version"`
	Title        string   `json:"title" minLength:"1" maxLength:"200" doc:"Title of the programme"`
	Certifier    string   `json:"certifier" minLength:"1" maxLength:"200" doc:"Who certifies"`
	Certificate  Wording  `json:"certificate" doc:"What the certificate says"`
	Confirmation Wording  `json:"confirmation" doc:"What the confirmation of attendance says (Teilnahmebescheinigung)"`
	Modules      []Module `json:"modules" nullable:"false" minItems:"1" maxItems:"16" doc:"In their order"`
	Rule         Rule     `json:"rule" doc:"What completes the programme"`
}

// A Wording is the title and the text of a document.
type Wording struct {
	Title string `json:"title" minLength:"1" maxLength:"200" doc:"Title"`
	Text  string `json:"text" minLength:"1" maxLength:"1000" doc:"Text"`
}

// A Module is a part of a curriculum: one of the modules, or an online session beside them.
type Module struct {
	ID       string   `json:"id" pattern:"^[a-z][a-z0-9_-]{0,31}$" doc:"Unique in the curriculum" example:"m3"`
	Kind     UnitKind `json:"kind" doc:"What the completion rule counts it as"`
	Title    string   `json:"title" minLength:"1" maxLength:"200" doc:"Title"`
	Outcomes []string `json:"outcomes" nullable:"false" maxItems:"20" doc:"Learning outcomes"`
	Days     int      `json:"days" minimum:"0" maximum:"30" doc:"Days that it takes"`
	InPerson int      `json:"in_person_minutes" minimum:"0" maximum:"20000" doc:"Minutes in person"`
	Online   int      `json:"online_minutes" minimum:"0" maximum:"20000" doc:"Minutes online"`
	After    []string `json:"after,omitempty" nullable:"false" maxItems:"16" doc:"Modules without which it does not count"`
}

// A Rule is what completes a programme: n of its modules, k online sessions, hours, practice and
// assessment. Zero asks for nothing.
type Rule struct {
	Modules      int  `json:"modules" minimum:"0" maximum:"16" doc:"At least this many modules"`
	Online       int  `json:"online" minimum:"0" maximum:"16" doc:"At least this many online sessions"`
	Minutes      int  `json:"minutes" minimum:"0" maximum:"100000" doc:"At least this many attended minutes, made-up ones included"`
	Share        int  `json:"share" minimum:"1" maximum:"100" doc:"Per cent of its minutes that complete a module"`
	MakeUps      int  `json:"make_ups" minimum:"0" maximum:"16" doc:"At most this many missed modules may be made up"`
	MakeUpDays   int  `json:"make_up_days" minimum:"0" maximum:"1000" doc:"Days that a make-up may take"`
	OnlyExcused  bool `json:"only_excused" doc:"Whether an unexcused absence cannot be made up"`
	Concept      bool `json:"concept" doc:"Whether a concept of the own conflict management system (KMS) is needed"`
	Cases        int  `json:"cases" minimum:"0" maximum:"10" doc:"This many documented cases, anonymised"`
	Supervisions int  `json:"supervisions" minimum:"0" maximum:"20" doc:"This many supervision sessions"`
	Assessment   bool `json:"assessment" doc:"Whether two assessors have to pass it"`
	Resits       int  `json:"resits" minimum:"0" maximum:"5" doc:"How often a failed assessment may be repeated"`
	AppealDays   int  `json:"appeal_days" minimum:"0" maximum:"365" doc:"Days to appeal against a failed assessment"`
	Months       int  `json:"months" minimum:"1" maximum:"120" doc:"Months from admission until everything must be done; pauses do not count"`
}

// Terms are what an enrolment keeps of its curriculum: the facts that its rules ask for.
type Terms struct {
	Curriculum string `json:"curriculum" doc:"Id of the curriculum" example:"koko"`
	Version    int    `json:"version" doc:"Version of the curriculum"`
	Units      []Unit `json:"units" nullable:"false" doc:"Its modules, in their order"`
	Rule       Rule   `json:"rule" doc:"What completes it"`
}

// A Unit is a module as the rules see it.
type Unit struct {
	ID      string   `json:"id" doc:"Id of the module" example:"m3"`
	Kind    UnitKind `json:"kind" doc:"What the completion rule counts it as"`
	Minutes int      `json:"minutes" doc:"Minutes that it takes"`
	After   []string `json:"after,omitempty" nullable:"false" doc:"Modules without which it does not count"`
}

// Terms are the facts of c that an enrolment keeps.
func (c Curriculum) Terms() Terms {
	t := Terms{Curriculum: c.ID, Version: c.Version, Rule: c.Rule}
	for _, m := range c.Modules {
		t.Units = append(t.Units, Unit{ID: m.ID, Kind: m.Kind, Minutes: m.InPerson + m.Online, After: m.After})
	}
	return t
}

// Unit returns the unit called id.
func (t Terms) Unit(id string) (Unit, bool) {
	i := slices.IndexFunc(t.Units, func(u Unit) bool { return u.ID == id })
	if i < 0 {
		return Unit{}, false
	}
	return t.Units[i], true
}

var curriculumID = regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)

// Check refuses a curriculum that nobody could complete.
func (c Curriculum) Check() error {
	for _, w := range []struct{ field, text string }{
		{"title", c.Title}, {"certifier", c.Certifier}, {"certificate.title", c.Certificate.Title}, {"certificate.text", c.Certificate.Text},
		{"confirmation.title", c.Confirmation.Title}, {"confirmation.text", c.Confirmation.Text},
	} {
		if w.text == "" {
			return file.Invalid(w.field, "required", w.field+" is missing", "say it")
		}
	}
	for i, m := range c.Modules {
		if m.Title == "" {
			return file.Invalid(file.Index("modules", i)+".title", "required", "the title is missing", "say what the module is called")
		}
	}
	if f := limits.Check(c); f != nil {
		return f
	}
	return c.Terms().Check()
}

var limits = file.LimitsOf(reflect.TypeFor[Curriculum]())

// Check refuses terms that nobody could meet.
func (t Terms) Check() error {
	if !curriculumID.MatchString(t.Curriculum) {
		return file.Invalid("id", "local_id", "not the name of a curriculum", "use lower-case letters, digits and -, at most 32")
	}
	if err := file.First(file.Between("version", t.Version, 1, 10000), file.AtMost("modules", len(t.Units), 16), t.Rule.check()); err != nil {
		return err
	}
	modules, online, minutes := 0, 0, 0
	for i, u := range t.Units {
		field := file.Index("modules", i)
		if err := file.First(
			file.Local(field+".id", u.ID),
			file.OneOf(field+".kind", u.Kind),
			file.Between(field+".minutes", u.Minutes, 1, 40000),
		); err != nil {
			return err
		}
		if slices.ContainsFunc(t.Units[:i], func(o Unit) bool { return o.ID == u.ID }) {
			return file.Invalid(field+".id", "unique", "two modules have the same id", "give each module an id of its own")
		}
		for j, before := range u.After {
			if !slices.ContainsFunc(t.Units[:i], func(o Unit) bool { return o.ID == before }) {
				return file.Invalid(
					file.Index(field+".after", j),
					"order",
					"it does not come before this module",
					"name modules that stand earlier in the list",
				)
			}
		}
		if u.Kind == OnlineSession {
			online++
		} else {
			modules++
		}
		minutes += u.Minutes
	}
	return file.First(file.Between("rule.modules", t.Rule.Modules, 0, modules), file.Between("rule.online", t.Rule.Online, 0, online),
		file.Between("rule.minutes", t.Rule.Minutes, 0, minutes))
}

func (r Rule) check() *fault.Error {
	for _, f := range []*fault.Error{
		file.Between("rule.share", r.Share, 1, 100), file.Between("rule.make_ups", r.MakeUps, 0, 16),
		file.Between("rule.make_up_days", r.MakeUpDays, 0, 1000), file.Between("rule.cases", r.Cases, 0, 10),
		file.Between("rule.supervisions", r.Supervisions, 0, 20), file.Between("rule.resits", r.Resits, 0, 5),
		file.Between("rule.appeal_days", r.AppealDays, 0, 365), file.Between("rule.months", r.Months, 1, 120),
	} {
		if f != nil {
			return f
		}
	}
	return nil
}

type (
	// UnitKind is what a completion rule counts a module as.
	UnitKind string
)

const (
	CourseModule  UnitKind = "modul"
	OnlineSession UnitKind = "online_sitzung"
)

func (UnitKind) Values() []UnitKind { return []UnitKind{CourseModule, OnlineSession} }
