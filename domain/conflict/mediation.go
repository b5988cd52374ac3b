package conflict

import (
	"slices"

	"koko/domain/fault"
	"koko/domain/file"
)

// A Range is the stages after Glasl for which a form of intervention is recommended.
type Range struct {
	From int `json:"from" doc:"First stage after Glasl, 1 to 9"`
	To   int `json:"to" doc:"Last stage after Glasl, 1 to 9"`
}

// covers reports whether stage lies in r; without a recommendation every stage does.
func (r *Range) covers(stage int) bool { return r == nil || r.From <= stage && stage <= r.To }

// Interventions is the table from forms to the stages for which they are recommended. It is
// configuration: a municipality may use another. The default follows Glasl's own assignment for
// moderation, prozessbegleitung, mediation and ordnungsrecht (his power intervention); the rest is
// our proposal. Other authors disagree, which is why a mismatch warns and never blocks.
type Interventions []Intervention

// An Intervention is one row of the table.
type Intervention struct {
	Form Form `json:"form"`
	Range
}

// DefaultInterventions is the table that applies unless another is configured.
func DefaultInterventions() Interventions {
	return Interventions{
		{"mediation", Range{5, 7}}, {"moderation", Range{1, 3}}, {"runder_tisch", Range{1, 5}},
		{"dialogforum", Range{1, 5}}, {"prozessbegleitung", Range{3, 5}}, {"coaching", Range{1, 6}},
		{"verweisberatung", Range{1, 4}}, {"kollegiale_fallberatung", Range{1, 5}},
		{"aufsuchende_konfliktarbeit", Range{2, 6}}, {"krisenintervention", Range{6, 9}}, {"ordnungsrecht", Range{7, 9}},
	}
}

// Check refuses a table with unknown, repeated or missing forms, or ranges outside 1–9.
func (t Interventions) Check() error {
	var seen []Form
	for i, row := range t {
		field := file.Index("interventions", i)
		if err := file.First(
			file.OneOf(field+".form", row.Form),
			file.Between(field+".from", row.From, 1, 9),
			file.Between(field+".to", row.To, row.From, 9),
		); err != nil {
			return err
		}
		if slices.Contains(seen, row.Form) {
			return file.Invalid(field+".form", "unique", "the form stands twice", "give each form one row")
		}
		seen = append(seen, row.Form)
	}
	for _, f := range file.Values[Form]() {
		if !slices.Contains(seen, f) {
			return file.Invalid("interventions", "complete", "the form "+string(f)+" is missing", "give each form one row")
		}
	}
	return nil
}

// For returns the stages recommended for f, nil if the table does not know it.
func (t Interventions) For(f Form) *Range {
	for _, row := range t {
		if row.Form == f {
			return &Range{row.From, row.To}
		}
	}
	return nil
}

// PlanMediation chooses the form of work and who does it, or changes the plan.
type PlanMediation struct {
	Form        Form       `json:"form" doc:"The way of working; see list-interventions"`
	Facilitator string     `json:"facilitator" maxLength:"128" doc:"Subject of the person who leads the work; somebody who works in the municipality" example:"0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10" grant:"caseworker,conflict_manager,mediator"`
	Mediators   []string   `json:"mediators,omitempty" maxItems:"10" nullable:"false" doc:"Subjects of further mediators of record" grant:"caseworker,conflict_manager,mediator"`
	Recommended *Range     `json:"recommended,omitempty" doc:"The stages that the form was recommended for when the plan was made" own:"true"`
	Aims        file.Words `json:"aims,omitzero" in:"mediation" maxLength:"20000" doc:"What the work is to reach; for the mediators of record alone"`
	Docs
}

// Plan is how the conflict is worked on.
type Plan struct {
	Stamp
	PlanMediation
}

// Action is plan_mediation.
func (PlanMediation) Action() Action { return ActionPlanMediation }

// Check refuses unknown forms and people named twice.
func (p PlanMediation) Check() error {
	if err := file.First(file.OneOf("form", p.Form), file.Person("facilitator", p.Facilitator), file.AtMost("mediators", len(p.Mediators), 10),
		p.In(p.Action(), MediationFile)); err != nil {
		return err
	}
	if r := p.Recommended; r != nil && (r.From < 1 || r.To > 9 || r.From > r.To) {
		return file.Invalid("recommended", "range", "not a range of stages", "give stages from 1 to 9")
	}
	for i, m := range p.Mediators {
		if f := file.Person(file.Index("mediators", i), m); f != nil {
			return f
		}
		if m == p.Facilitator || slices.Contains(p.Mediators[:i], m) {
			return file.Invalid(file.Index("mediators", i), "unique", "the person stands twice", "name each person once")
		}
	}
	return nil
}

func (p PlanMediation) Apply(c *Case, by Stamp) *fault.Error {
	if c.Phase != Mediation || c.Plan == nil || c.Plan.Form != p.Form {
		c.Conditions = nil // what was confirmed was another kind of work
	}
	c.Plan, c.Phase = &Plan{by, p}, Mediation
	return nil
}

func (p *Plan) mediators() []string {
	if p == nil {
		return nil
	}
	return append([]string{p.Facilitator}, p.Mediators...)
}

func (p *Plan) ofRecord(user string) bool { return slices.Contains(p.mediators(), user) }

// reviewed is the gate into mediation: the four-eyes review of the current analysis.
func reviewed(c Case, _ string) *fault.Error {
	if c.Phase == Mediation {
		return nil
	}
	if f := complete(c); f != nil {
		return f
	}
	if c.Review == nil || !c.Review.Approved {
		return file.Waiting("the analysis has not been approved", "review",
			"a conflict manager who did not write it approves it with review_analysis", "review")
	}
	return nil
}

// ofRecord: the mediation file is written by the mediators of record alone (§4 MediationsG).
func ofRecord(c Case, by string) *fault.Error {
	if c.Plan.ofRecord(by) {
		return nil
	}
	return fault.Newf(fault.Forbidden, "only the mediators of record do this").
		By("mediator_of_record", "the facilitator or a mediator named in plan_mediation does it")
}

// ConfirmConditions states that everybody takes part of their own will and keeps what they hear to
// themselves.
type ConfirmConditions struct {
	Voluntary    bool       `json:"voluntary" doc:"Everybody takes part of their own will"`
	Confidential bool       `json:"confidential" doc:"A confidentiality agreement covers parties and third persons"`
	ConfirmedOn  Date       `json:"confirmed_on" format:"date" doc:"The day of the confirmation; not in the future"`
	GroundRules  file.Words `json:"ground_rules,omitzero" in:"mediation" maxLength:"20000" doc:"What the participants agreed on for talking; for the mediators of record alone"`
	Docs
}

// Conditions is what was confirmed for the current plan.
type Conditions struct {
	Stamp
	ConfirmConditions
}

// Action is confirm_conditions.
func (ConfirmConditions) Action() Action { return ActionConfirmConditions }

// Check wants a day.
func (k ConfirmConditions) Check() error {
	return file.First(file.Day("confirmed_on", k.ConfirmedOn), k.In(k.Action(), MediationFile))
}

func (k ConfirmConditions) Apply(c *Case, by Stamp) *fault.Error {
	if f := file.NotAfter("confirmed_on", k.ConfirmedOn, by.At); f != nil {
		return f
	}
	c.Conditions = &Conditions{by, k}
	return nil
}

// confirmed is the gate before sessions and settlements.
func (c Case) confirmed() *fault.Error {
	k := ConfirmConditions{}
	if c.Conditions != nil {
		k = c.Conditions.ConfirmConditions
	}
	var missing []string
	if !k.Voluntary {
		missing = append(missing, "voluntary")
	}
	if !k.Confidential {
		missing = append(missing, "confidential")
	}
	return file.Waiting("voluntariness and confidentiality are not confirmed", "conditions",
		"a mediator of record confirms them with confirm_conditions", missing...)
}

// maxSessions bounds the state that every decision carries.
const maxSessions = 300

// RecordSession notes a meeting that took place.
type RecordSession struct {
	HeldOn       Date       `json:"held_on" format:"date" doc:"The day of the meeting; not in the future"`
	Preliminary  bool       `json:"preliminary,omitempty" doc:"A preliminary talk: possible before the conditions are confirmed"`
	Participants int        `json:"participants,omitempty" minimum:"0" maximum:"5000" doc:"How many took part; 0 if not counted" example:"6"`
	Content      file.Words `json:"content,omitzero" required:"true" in:"mediation" minLength:"1" maxLength:"50000" doc:"What was talked about; for the mediators of record alone" example:"Erstes gemeinsames Gespräch; die Vergaberegeln werden offengelegt."`
	Docs
}

// Session is a meeting that took place.
type Session struct {
	Stamp
	RecordSession
}

// Action is record_session.
func (RecordSession) Action() Action { return ActionRecordSession }

// Check wants a day and what it was about.
func (s RecordSession) Check() error {
	return file.First(file.Day("held_on", s.HeldOn), file.Between("participants", s.Participants, 0, 5000),
		s.In(s.Action(), MediationFile), s.Needs("content"))
}

func (s RecordSession) Apply(c *Case, by Stamp) *fault.Error {
	if f := file.NotAfter("held_on", s.HeldOn, by.At); f != nil {
		return f
	}
	if !s.Preliminary {
		if f := c.confirmed(); f != nil {
			return f
		}
	}
	if len(c.Sessions) >= maxSessions {
		return fault.Newf(fault.Gate, "the case has %d sessions", maxSessions).By("max_sessions", "close the case and reopen it for a new round")
	}
	c.Sessions = append(slices.Clone(c.Sessions), Session{by, s})
	return nil
}

// RecordInterimResult notes where the work stands.
type RecordInterimResult struct {
	Progress Progress   `json:"progress" doc:"Where the work stands"`
	Result   file.Words `json:"result,omitzero" required:"true" in:"mediation" minLength:"1" maxLength:"20000" doc:"What was reached; for the mediators of record alone" example:"Eine Warteliste wird geführt."`
	Docs
}

// Interim is the latest interim result.
type Interim struct {
	Stamp
	RecordInterimResult
}

// Action is record_interim_result.
func (RecordInterimResult) Action() Action { return ActionRecordInterimResult }

// Check wants the progress and what it consists in.
func (r RecordInterimResult) Check() error {
	return file.First(file.OneOf("progress", r.Progress), r.In(r.Action(), MediationFile), r.Needs("result"))
}

func (r RecordInterimResult) Apply(c *Case, by Stamp) *fault.Error {
	c.Interim = &Interim{by, r}
	return nil
}
