package work

import (
	"slices"

	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/working"
)

// The actions around what the parties agreed on.
const (
	ActionAgreement Action = "record_agreement"
	ActionFulfil    Action = "fulfil_clause"
	ActionDisclose  Action = "disclose"
	ActionRelease   Action = "release_measure"
)

// RecordAgreement records what the parties agreed on.
type RecordAgreement struct {
	Clauses []Clause `json:"clauses" nullable:"false" minItems:"1" maxItems:"50" doc:"Its clauses" example:"[{\"id\":\"c1\",\"who\":\"Vereinsvorstand\",\"what\":\"führt eine öffentliche Warteliste\",\"due\":\"2027-06-30\",\"check\":\"Einsicht im Juli\"}]"`
	Docs
}

// A Clause is one point of an agreement: its words stand in a document.
type Clause struct {
	ID    string     `json:"id" maxLength:"32" pattern:"^[a-z][a-z0-9_-]*$" doc:"Unique in the agreement" example:"c1"`
	Who   file.Words `json:"who,omitzero" required:"true" in:"work_agreement" minLength:"1" maxLength:"400" doc:"Who does it"`
	What  file.Words `json:"what,omitzero" required:"true" in:"work_agreement" minLength:"1" maxLength:"4000" doc:"What is done"`
	Due   Date       `json:"due" format:"date" doc:"By when"`
	Check file.Words `json:"check,omitzero" in:"work_agreement" maxLength:"4000" doc:"How it is checked"`
}

// Agreed is what the parties agreed on.
type Agreed struct {
	Stamp
	Clauses []Point `json:"clauses" nullable:"false" doc:"The clauses, fulfilled ones included"`
	Docs
}

// A Point is a clause that was agreed on, and whether it is fulfilled.
type Point struct {
	ID        string     `json:"id" doc:"Unique in the agreement" example:"c1"`
	Due       Date       `json:"due" doc:"By when"`
	Fulfilled *Fulfilled `json:"fulfilled,omitempty"`
}

// Action is record_agreement.
func (RecordAgreement) Action() Action { return ActionAgreement }

// Check wants clauses with words, each once.
func (r RecordAgreement) Check() error {
	if len(r.Clauses) == 0 {
		return file.Invalid("clauses", "required", "an agreement has at least one clause", "say who does what until when, and how it is checked")
	}
	if err := file.First(file.AtMost("clauses", len(r.Clauses), maxClauses), r.In(r.Action(), Contract)); err != nil {
		return err
	}
	for i, c := range r.Clauses {
		field := file.Index("clauses", i)
		if err := file.First(file.Local(field+".id", c.ID), file.Day(field+".due", c.Due)); err != nil {
			return err
		}
		if slices.ContainsFunc(r.Clauses[:i], func(o Clause) bool { return o.ID == c.ID }) {
			return file.Invalid(field+".id", "unique", "two clauses have the same id", "give each clause an id of its own")
		}
		for _, part := range []string{"who", "what"} {
			if !r.Has("clauses." + c.ID + "." + part) {
				return file.Invalid(field+"."+part, "required", part+" is missing", "say who does what")
			}
		}
	}
	return nil
}

// Apply replaces the clauses before, but for those that are fulfilled.
func (r RecordAgreement) Apply(w *Work, by Stamp) *fault.Error {
	next := &Agreed{Stamp: by, Docs: r.Docs}
	for _, p := range w.points() {
		if p.Fulfilled != nil {
			next.Clauses = append(next.Clauses, p)
		}
	}
	for i, c := range r.Clauses {
		if slices.ContainsFunc(next.Clauses, func(o Point) bool { return o.ID == c.ID }) {
			return file.Gate(file.Index("clauses", i)+".id", "fulfilled", "the clause is fulfilled, and stays as it was",
				"give the new clause another id")
		}
		next.Clauses = append(next.Clauses, Point{ID: c.ID, Due: c.Due})
	}
	if len(next.Clauses) > 2*maxClauses {
		return file.AtMost("clauses", len(next.Clauses), 2*maxClauses)
	}
	w.Agreement = next
	return nil
}

// points are the clauses of the agreement, if there is one.
func (w Work) points() []Point {
	if w.Agreement == nil {
		return nil
	}
	return w.Agreement.Clauses
}

// agreed is the gate before clauses are fulfilled.
func agreed(w Work, _ string) *fault.Error {
	if w.Agreement == nil {
		return file.Waiting("nothing is agreed on", "agreement", "a facilitator records it with record_agreement", "agreement")
	}
	return nil
}

// FulfilClause notes that a clause is fulfilled.
type FulfilClause struct {
	Clause string     `json:"clause" maxLength:"32" pattern:"^[a-z][a-z0-9_-]*$" doc:"Id of the clause" example:"c1"`
	Note   file.Words `json:"note,omitzero" in:"work_agreement" maxLength:"4000" doc:"How that is known" example:"Die Liste hängt im Vereinsheim aus."`
	Docs
}

// Fulfilled says when a clause was fulfilled.
type Fulfilled struct {
	Stamp
	Docs
}

// Action is fulfil_clause.
func (FulfilClause) Action() Action { return ActionFulfil }

// Check wants a clause.
func (f FulfilClause) Check() error {
	return file.First(file.Local("clause", f.Clause), f.In(f.Action(), Contract))
}

// Apply notes it once.
func (f FulfilClause) Apply(w *Work, by Stamp) *fault.Error {
	i := slices.IndexFunc(w.Agreement.Clauses, func(p Point) bool { return p.ID == f.Clause })
	switch {
	case i < 0:
		return file.Invalid("clause", "unknown_clause", "there is no such clause", "name a clause of the agreement")
	case w.Agreement.Clauses[i].Fulfilled != nil:
		return file.Gate("clause", "fulfilled", "the clause is fulfilled already", "nothing to do")
	}
	next := *w.Agreement
	next.Clauses = slices.Clone(next.Clauses)
	next.Clauses[i].Fulfilled = &Fulfilled{by, f.Docs}
	w.Agreement = &next
	return nil
}

// Disclose records that an extract was disclosed to somebody who is not bound by the duty, and on which ground.
type Disclose struct {
	Ground    DisclosureGround `json:"ground" doc:"Why it may be disclosed (§ 4 MediationsG): to carry the agreement out, for the good of a child, to avert grave harm, because it is obvious, or because all parties have released it"`
	Recipient file.Words       `json:"recipient,omitzero" required:"true" in:"work_agreement" minLength:"1" maxLength:"400" doc:"To whom" example:"Bauamt"`
	Extract   file.Words       `json:"extract,omitzero" required:"true" in:"work_agreement" minLength:"1" maxLength:"20000" doc:"What exactly; nothing else is disclosed" example:"Die Stadt stellt bis Juni zwei Parzellen bereit."`
	Docs
}

// A Disclosure was made.
type Disclosure struct {
	Stamp
	Disclose
}

// Action is disclose.
func (Disclose) Action() Action { return ActionDisclose }

// Check wants a ground, somebody and an extract.
func (d Disclose) Check() error {
	return file.First(file.OneOf("ground", d.Ground), d.In(d.Action(), Contract), d.Needs("recipient"), d.Needs("extract"))
}

// Apply adds it to the list.
func (d Disclose) Apply(w *Work, by Stamp) *fault.Error {
	if len(w.Disclosures) >= maxDisclosures {
		return fault.Newf(fault.Gate, "%d disclosures are recorded", maxDisclosures).By("max_disclosures", bounded)
	}
	w.Disclosures = append(slices.Clone(w.Disclosures), Disclosure{by, d})
	return nil
}

// ReleaseMeasure hands something over to the municipality that it has to carry out, such as a clause. It becomes a
// measure of the case, in the words given here, and looks like any other measure there. Every form of work can release
// one, with or without an agreement. It is a disclosure, too.
type ReleaseMeasure struct {
	Clause string     `json:"clause,omitempty" maxLength:"32" pattern:"^[a-z][a-z0-9_-]*$" doc:"Id of the clause that it carries out; for the facilitators alone" example:"c2"`
	Due    Date       `json:"due" format:"date" doc:"By when it is to be carried out"`
	Who    file.Words `json:"who,omitzero" required:"true" in:"work_agreement" minLength:"1" maxLength:"400" doc:"Who carries it out; whoever reads the case file reads it" example:"Grünflächenamt"`
	What   file.Words `json:"what,omitzero" required:"true" in:"work_agreement" minLength:"1" maxLength:"4000" doc:"What is to be done, without saying where it comes from; whoever reads the case file reads it" example:"Stellt zwei Parzellen bereit."`
	Told   []file.Doc `json:"told,omitempty" own:"true"` // the words, as the case keeps them
	Docs
}

// A Release is a measure that was released.
type Release struct {
	Stamp
	Clause string `json:"clause,omitempty" doc:"The clause that it carries out" example:"c2"`
	Due    Date   `json:"due" doc:"By when"`
	Docs          // with the words, as the case keeps them
}

// Action is release_measure.
func (ReleaseMeasure) Action() Action { return ActionRelease }

// Check wants a day and the words.
func (r ReleaseMeasure) Check() error {
	var clause *fault.Error
	if r.Clause != "" {
		clause = file.Local("clause", r.Clause)
	}
	return file.First(clause, file.Day("due", r.Due), r.In(r.Action(), Contract), r.Needs("who"), r.Needs("what"))
}

// Tells is the case, as far as it learns of the measure.
func (r ReleaseMeasure) Tells(s file.State) (to file.Kind, id string, cmd file.Command) {
	w := s.(Work)
	return working.KindCase, w.of(), working.PlanMeasure{Due: r.Due, Who: r.Who, What: r.What, Work: w.ID}
}

// With refers to the documents that were stored for the case.
func (r ReleaseMeasure) With(docs []file.Doc) file.Command {
	r.Told = docs
	return r
}

// Apply adds it to the list. The case hears of it by a message.
func (r ReleaseMeasure) Apply(w *Work, by Stamp) *fault.Error {
	if r.Clause != "" && !slices.ContainsFunc(w.points(), func(p Point) bool { return p.ID == r.Clause }) {
		return file.Invalid("clause", "unknown_clause", "there is no such clause", "name a clause of the agreement, or leave it out")
	}
	if f := w.entered(by.At); f != nil {
		return f
	}
	if f := (Disclose{Ground: Implementation, Docs: r.Docs}).Apply(w, by); f != nil {
		return f
	}
	w.Releases = append(slices.Clone(w.Releases), Release{by, r.Clause, r.Due, Docs{Docs: r.Told}})
	return nil
}
