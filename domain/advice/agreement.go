package advice

import (
	"slices"

	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
)

// The actions that lead to the agreement, and that extend it.
const (
	ActionAssign              Action = "assign_advisers"
	ActionDeclareIndependence Action = "declare_advice_independence"
	ActionSetGoals            Action = "set_goals"
	ActionPropose             Action = "propose_agreement"
	ActionAgree               Action = "agree_advice"
	ActionExtend              Action = "extend_agreement"
	ActionAgreeExtension      Action = "agree_extension"
)

// What bounds the state that every decision carries.
const (
	maxHours      = 1000
	maxGoals      = 8
	maxExtensions = 40
	maxMeetings   = 500
)

// AssignAdvisers names who is to advise: somebody local, somebody external, or both as a tandem.
type AssignAdvisers struct {
	Local    string `json:"local,omitempty" maxLength:"128" doc:"Subject of the local adviser" example:"u-berater-lokal" grant:"adviser"`
	External string `json:"external,omitempty" maxLength:"128" doc:"Subject of the external adviser; the file closes for them when the agreement ends" example:"u-berater-extern" grant:"adviser"`
	Docs
}

// Advisers are who is to advise, and what they declared.
type Advisers struct {
	Stamp
	AssignAdvisers
	Declared []Independence `json:"declared,omitempty" nullable:"false" doc:"Whether they declare themselves independent"`
}

// Independence is what an adviser declared.
type Independence struct {
	Stamp
	DeclareIndependence
}

// Action is assign_advisers.
func (AssignAdvisers) Action() Action { return ActionAssign }

// Check wants one or two people.
func (s AssignAdvisers) Check() error {
	if s.Local == "" && s.External == "" {
		return file.Invalid("local", "required", "nobody is named", "name a local or an external adviser, or both")
	}
	for _, n := range s.named() {
		if f := file.Person(n.field, n.id); f != nil {
			return f
		}
	}
	if s.Local == s.External {
		return file.Invalid("external", "unique", "the person stands twice", "name each person once")
	}
	return file.First(s.In(s.Action()))
}

// Apply names them in place of those before. Who stays has declared already; a proposal of others is gone.
func (s AssignAdvisers) Apply(a *Advice, by Stamp) *fault.Error {
	for _, n := range s.named() {
		if n.id == a.Requester {
			return file.Invalid(n.field, "four_eyes", "nobody advises themselves", "name somebody else than the client")
		}
	}
	next := &Advisers{Stamp: by, AssignAdvisers: s}
	if a.Advisers != nil {
		for _, d := range a.Advisers.Declared {
			if next.has(d.By) {
				next.Declared = append(next.Declared, d)
			}
		}
	}
	a.Advisers, a.Proposal = next, nil
	return nil
}

// A named adviser stands in a field of the command.
type named struct{ field, id string }

// named lists who is named, the local adviser first.
func (s AssignAdvisers) named() (all []named) {
	for _, n := range []named{{"local", s.Local}, {"external", s.External}} {
		if n.id != "" {
			all = append(all, n)
		}
	}
	return all
}

// people lists the advisers, the local one first.
func (s *Advisers) people() (all []string) {
	if s == nil {
		return nil
	}
	for _, n := range s.named() {
		all = append(all, n.id)
	}
	return all
}

func (s *Advisers) has(id string) bool { return slices.Contains(s.people(), id) }

// independent reports whether an adviser has declared to be.
func (s *Advisers) independent(id string) bool {
	return s != nil && slices.ContainsFunc(s.Declared, func(d Independence) bool { return d.By == id && d.Independent })
}

// dependent lists which of them have not declared to be independent.
func (s *Advisers) dependent() (missing []string) {
	if s == nil {
		return nil
	}
	for _, n := range s.named() {
		if !s.independent(n.id) {
			missing = append(missing, n.field)
		}
	}
	return missing
}

// partial counts those who have declared not to be independent.
func (s *Advisers) partial() (n int) {
	if s == nil {
		return 0
	}
	for _, d := range s.Declared {
		if !d.Independent {
			n++
		}
	}
	return n
}

// DeclareIndependence says whether an adviser is free to advise here.
type DeclareIndependence struct {
	Independent bool `json:"independent" doc:"Whether you have no stake in the matter, and no tie to those whom it concerns"`
	Docs
}

// Action is declare_advice_independence.
func (DeclareIndependence) Action() Action { return ActionDeclareIndependence }

// Check accepts it.
func (d DeclareIndependence) Check() error { return file.First(d.In(d.Action())) }

// Apply replaces what the adviser has declared before. An adviser who is not independent cannot agree to anything.
func (d DeclareIndependence) Apply(a *Advice, by Stamp) *fault.Error {
	next := *a.Advisers
	next.Declared = slices.DeleteFunc(slices.Clone(next.Declared), func(o Independence) bool { return o.By == by.By })
	next.Declared = append(next.Declared, Independence{by, d})
	a.Advisers = &next
	if !d.Independent {
		a.Proposal = nil
	}
	return nil
}

// SetGoals says what the client wants to reach, and how far it is at the start.
type SetGoals struct {
	Goals []Goal `json:"goals" nullable:"false" minItems:"1" maxItems:"8" doc:"The goals; for the client and the advisers alone" example:"[{\"id\":\"g1\",\"goal\":\"Alle Beteiligten sitzen an einem Tisch.\",\"start\":-1}]"`
	Docs
}

// A Goal is what the client wants to reach: its words stand in a document.
type Goal struct {
	ID    string     `json:"id" maxLength:"32" pattern:"^[a-z][a-z0-9_-]*$" doc:"Unique among the goals" example:"g1"`
	Goal  file.Words `json:"goal,omitzero" required:"true" in:"goals" minLength:"1" maxLength:"4000" doc:"What is to be reached"`
	Start int        `json:"start" minimum:"-2" maximum:"2" doc:"How far it is at the start: -2 far from it, 2 reached"`
}

// Goals is what the client wants to reach.
type Goals struct {
	Stamp
	SetGoals
}

// Action is set_goals.
func (SetGoals) Action() Action { return ActionSetGoals }

// Check wants goals with words, each once, on the scale.
func (s SetGoals) Check() error {
	if len(s.Goals) == 0 {
		return file.Invalid("goals", "required", "there is no goal", "say what is to be reached")
	}
	if err := file.First(file.AtMost("goals", len(s.Goals), maxGoals), s.In(s.Action(), GoalsFile)); err != nil {
		return err
	}
	for i, g := range s.Goals {
		field := file.Index("goals", i)
		if err := file.First(file.Local(field+".id", g.ID), onScale(field+".start", g.Start)); err != nil {
			return err
		}
		if slices.ContainsFunc(s.Goals[:i], func(o Goal) bool { return o.ID == g.ID }) {
			return file.Invalid(field+".id", "unique", "two goals have the same id", "give each goal an id of its own")
		}
		if !s.Has("goals." + g.ID + ".goal") {
			return file.Invalid(field+".goal", "required", "the goal is missing", "say it in a sentence or two")
		}
	}
	return nil
}

// Apply replaces the goals. What was proposed was proposed for others.
func (s SetGoals) Apply(a *Advice, by Stamp) *fault.Error {
	a.Goals, a.Proposal = &Goals{by, s}, nil
	return nil
}

// onScale refuses what is not on the goal scale.
func onScale(field string, v int) *fault.Error { return file.Between(field, v, -2, 2) }

// ProposeAgreement proposes how one works together. The other side agrees, or proposes something else.
type ProposeAgreement struct {
	Hours    int         `json:"hours" minimum:"1" maximum:"1000" doc:"How many hours there are for meetings" example:"20"`
	From     Date        `json:"from" format:"date" doc:"First day" example:"2027-04-01"`
	Until    Date        `json:"until" format:"date" doc:"Last day: then the agreement ends unless both extend it" example:"2027-09-30"`
	Payer    Payer       `json:"payer" doc:"Who pays"`
	Told     []Disclosed `json:"told,omitempty" nullable:"false" maxItems:"4" doc:"What is told to whom; nobody else is told anything" example:"[{\"to\":\"auftraggeber\",\"what\":\"stunden\"}]"`
	EarlyEnd file.Words  `json:"early_end,omitzero" in:"advice" maxLength:"20000" doc:"How either side may end it early" example:"Jede Seite kann ohne Angabe von Gründen aufhören."`
	Docs
}

// Disclosed is what somebody is told.
type Disclosed struct {
	To   Listener `json:"to" doc:"Who is informed"`
	What Telling  `json:"what" doc:"What they are informed of"`
}

// Proposal is what waits for the other side.
type Proposal struct {
	Stamp
	ProposeAgreement
}

// Agreement is what both sides agreed on, as it stands after all extensions.
type Agreement struct {
	Stamp
	ProposedBy string `json:"proposed_by" doc:"Subject of the person who proposed it; by is the person who agreed"`
	ProposeAgreement
}

// Action is propose_agreement.
func (ProposeAgreement) Action() Action { return ActionPropose }

// Check wants hours, a period of five years at most, and each listener once.
func (p ProposeAgreement) Check() error {
	if err := file.First(
		file.Between("hours", p.Hours, 1, maxHours),
		file.Day("from", p.From),
		file.Day("until", p.Until),
		inOrder(p.From, p.Until),
		file.OneOf("payer", p.Payer),
		file.AtMost("told", len(p.Told), len(file.Values[Listener]())),
		p.In(p.Action(), File),
	); err != nil {
		return err
	}
	for i, t := range p.Told {
		field := file.Index("told", i)
		if err := file.First(file.OneOf(field+".to", t.To), file.OneOf(field+".what", t.What)); err != nil {
			return err
		}
		if slices.ContainsFunc(p.Told[:i], func(o Disclosed) bool { return o.To == t.To }) {
			return file.Invalid(field+".to", "unique", "the value stands twice", "name each once")
		}
	}
	return nil
}

// Apply has the proposal wait for the other side, in place of the one before.
func (p ProposeAgreement) Apply(a *Advice, by Stamp) *fault.Error {
	if f := lasting("until", p.Until, by); f != nil {
		return f
	}
	a.Proposal = &Proposal{by, p}
	return nil
}

// longest is how many years an agreement lasts at most.
const longest = 5

func inOrder(from, until Date) *fault.Error {
	begins, ends := from.Day(), until.Day()
	if ends < begins {
		return file.Invalid("until", "order", "the end lies before the beginning", "give a later day")
	}
	if ends > begins.AddMonths(12*longest) {
		return file.Invalid("until", "range", "the agreement would last longer than five years", "give an earlier day, and extend it later")
	}
	return nil
}

// lasting refuses an end that has passed.
func lasting(field string, until Date, by Stamp) *fault.Error {
	if until.Day() < calendar.DayOf(by.At) {
		return file.Invalid(field, "future", "the end has passed already", "give a day that is to come")
	}
	return nil
}

// ready is the gate before an agreement: advisers, and goals of the client.
func ready(a Advice, _ string) *fault.Error {
	var missing []string
	if a.Advisers == nil {
		missing = append(missing, "advisers")
	}
	if a.Goals == nil {
		missing = append(missing, "goals")
	}
	return file.Waiting("advisers or goals are missing", "agreement", "an advice coordinator names the advisers with assign_advisers, the client says the goals with set_goals", missing...)
}

// free: an adviser who agrees has declared to be independent.
func free(a Advice, by string) *fault.Error {
	if a.sideOf(by) == advisers && !a.Advisers.independent(by) {
		return file.Waiting(
			"you have not declared to be independent",
			"independence",
			"declare it with declare_advice_independence first",
			"independence",
		)
	}
	return nil
}

// allFree is the gate into the agreement: every adviser has declared to be independent.
func allFree(a Advice, _ string) *fault.Error {
	return file.Waiting(
		"not all advisers have declared to be independent",
		"independence",
		"each adviser declares it with declare_advice_independence",
		a.Advisers.dependent()...,
	)
}

// proposed: the other side has proposed something.
func proposed(a Advice, by string) *fault.Error {
	switch {
	case a.Proposal == nil:
		return file.Waiting("nothing is proposed", "proposal", "the client or an adviser proposes it with propose_agreement", "proposal")
	case a.sideOf(a.Proposal.By) == a.sideOf(by):
		return fourEyes("one's own side has proposed it", "the other side agrees")
	}
	return nil
}

// AgreeAdvice agrees to what the other side has proposed.
type AgreeAdvice struct{ Docs }

// Action is agree_advice.
func (AgreeAdvice) Action() Action { return ActionAgree }

// Check accepts it.
func (g AgreeAdvice) Check() error { return file.First(g.In(g.Action())) }

// Apply makes the proposal the agreement.
func (g AgreeAdvice) Apply(a *Advice, by Stamp) *fault.Error {
	if lasting("", a.Proposal.Until, by) != nil {
		return fault.Newf(fault.Gate, "the proposed period has passed already").By("future", "propose another one with propose_agreement")
	}
	a.Agreement, a.Proposal, a.Phase = &Agreement{by, a.Proposal.By, a.Proposal.ProposeAgreement}, nil, Agreed
	return nil
}

// ExtendAgreement proposes more hours or a later end. The other side agrees.
type ExtendAgreement struct {
	Hours int  `json:"hours" minimum:"0" maximum:"1000" doc:"How many hours are added" example:"10"`
	Until Date `json:"until,omitempty" format:"date" doc:"New last day; left out, it stays" example:"2027-12-31"`
	Docs
}

// An Extension is what was proposed to be added, and who agreed; the last one may wait for that.
type Extension struct {
	Stamp
	ExtendAgreement
	Agreed *Stamp `json:"agreed,omitempty" doc:"Who agreed, and when; left out as long as it waits"`
}

// Action is extend_agreement.
func (ExtendAgreement) Action() Action { return ActionExtend }

// Check wants more hours or another end.
func (e ExtendAgreement) Check() error {
	if e.Hours == 0 && e.Until == "" {
		return file.Invalid("hours", "required", "nothing is added", "give hours, a later last day, or both")
	}
	return file.First(file.Between("hours", e.Hours, 0, maxHours), optionalDay("until", e.Until), e.In(e.Action()))
}

// Apply has the extension wait for the other side, in place of one that waits.
func (e ExtendAgreement) Apply(a *Advice, by Stamp) *fault.Error {
	if a.Agreement.Hours+e.Hours > maxHours {
		return file.Invalid("hours", "range", "the agreement would have more than 1000 hours", "add fewer hours")
	}
	if e.Until != "" {
		if e.Until.Day() < a.Agreement.Until.Day() {
			return file.Invalid("until", "order", "the end would come earlier", "give a later day; to end early, use close_advice or break_off_advice")
		}
		if f := inOrder(a.Agreement.From, e.Until); f != nil {
			return f
		}
	}
	kept := slices.DeleteFunc(slices.Clone(a.Extensions), func(o Extension) bool { return o.Agreed == nil })
	if len(kept) >= maxExtensions {
		return fault.Newf(fault.Gate, "the agreement was extended 40 times").By("max_extensions", "close it, and agree on a new one")
	}
	a.Extensions = append(kept, Extension{Stamp: by, ExtendAgreement: e})
	return nil
}

// waiting is the extension that waits for the other side, nil if there is none.
func (a Advice) waiting() *Extension {
	if n := len(a.Extensions); n > 0 && a.Extensions[n-1].Agreed == nil {
		return &a.Extensions[n-1]
	}
	return nil
}

// extensionProposed: the other side has proposed an extension.
func extensionProposed(a Advice, by string) *fault.Error {
	switch e := a.waiting(); {
	case e == nil:
		return file.Waiting("no extension is proposed", "extension", "the client or an adviser proposes it with extend_agreement", "extension")
	case a.sideOf(e.By) == a.sideOf(by):
		return fourEyes("one's own side has proposed it", "the other side agrees")
	}
	return nil
}

// AgreeExtension agrees to the extension that the other side has proposed.
type AgreeExtension struct{ Docs }

// Action is agree_extension.
func (AgreeExtension) Action() Action { return ActionAgreeExtension }

// Check accepts it.
func (g AgreeExtension) Check() error { return file.First(g.In(g.Action())) }

// Apply adds the extension to the agreement.
func (g AgreeExtension) Apply(a *Advice, by Stamp) *fault.Error {
	e, next := a.waiting(), *a.Agreement
	next.Hours += e.Hours
	if e.Until != "" {
		next.Until = e.Until
	}
	a.Extensions = slices.Clone(a.Extensions)
	a.Extensions[len(a.Extensions)-1].Agreed = &by
	a.Agreement = &next
	return nil
}
