package work

import (
	"slices"

	"koko/domain/fault"
	"koko/domain/file"
)

// The actions that prepare the work.
const (
	ActionChooseForm        Action = "choose_form"
	ActionConfirmConditions Action = "confirm_work_conditions"
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

// ChooseForm chooses the form of the work, or another one.
type ChooseForm struct {
	Form        Form       `json:"form" doc:"The way of working; see list-interventions"`
	Recommended *Range     `json:"recommended,omitempty" doc:"The stages that the form was recommended for when it was chosen" own:"true"`
	Aims        file.Words `json:"aims,omitzero" in:"work" maxLength:"20000" doc:"What the work is to reach" example:"Eine Vergabe, die beide Seiten nachvollziehen können."`
	Docs
}

// ChosenForm is the form of the work.
type ChosenForm struct {
	Stamp
	ChooseForm
}

// Action is choose_form.
func (ChooseForm) Action() Action { return ActionChooseForm }

// Check refuses unknown forms.
func (c ChooseForm) Check() error {
	if r := c.Recommended; r != nil && (r.From < 1 || r.To > 9 || r.From > r.To) {
		return file.Invalid("recommended", "range", "not a range of stages", "give stages from 1 to 9")
	}
	return file.First(file.OneOf("form", c.Form), c.In(c.Action(), Notes))
}

// Apply refuses a mediation by somebody who had to do with the case before, or who is partial (§ 3 MediationsG). Another
// form needs its conditions confirmed anew.
func (c ChooseForm) Apply(w *Work, by Stamp) *fault.Error {
	if c.Form == Mediation {
		if slices.ContainsFunc(append(w.current(), w.invited()...), w.involved) {
			return file.Gate("form", "independence", "whoever analysed, worked on or commissioned the case does not mediate it",
				"choose another form, or let those who are independent do it: the others decline with decline_work or leave with leave_work")
		}
		if f := free(*w, by.By); f != nil {
			return f
		}
	}
	if w.Form != nil && w.Form.Form != c.Form {
		w.Conditions = nil // what was confirmed was another kind of work
	}
	w.Form = &ChosenForm{by, c}
	return nil
}

// formed is the gate before the conditions.
func formed(w Work, _ string) *fault.Error {
	if w.Form == nil {
		return file.Waiting("no form is chosen", "form_chosen", "a facilitator chooses it with choose_form", "form")
	}
	return nil
}

// ConfirmWorkConditions states that everybody takes part of their own will, that what is said is kept, and that those
// who do the work are independent. It is asked of every form.
type ConfirmWorkConditions struct {
	Voluntary    bool       `json:"voluntary" doc:"Everybody takes part of their own will"`
	Confidential bool       `json:"confidential" doc:"A confidentiality agreement covers parties and third persons"`
	Independent  bool       `json:"independent" doc:"The facilitators are independent, or the parties have agreed to them expressly"`
	ConfirmedOn  Date       `json:"confirmed_on" format:"date" doc:"The day of the confirmation; not in the future"`
	GroundRules  file.Words `json:"ground_rules,omitzero" in:"work" maxLength:"20000" doc:"What the participants agreed on for talking" example:"Wir lassen einander ausreden."`
	Docs
}

// Conditions is what was confirmed for the current form.
type Conditions struct {
	Stamp
	ConfirmWorkConditions
}

// Action is confirm_work_conditions.
func (ConfirmWorkConditions) Action() Action { return ActionConfirmConditions }

// Check wants a day, and all three conditions.
func (k ConfirmWorkConditions) Check() error {
	if err := file.First(file.Day("confirmed_on", k.ConfirmedOn), k.In(k.Action(), Notes)); err != nil {
		return err
	}
	for _, c := range []struct {
		field string
		met   bool
	}{{"voluntary", k.Voluntary}, {"confidential", k.Confidential}, {"independent", k.Independent}} {
		if !c.met {
			return file.Invalid(c.field, "conditions", c.field+" is not confirmed", "settle it with everybody first, and confirm all three together")
		}
	}
	return nil
}

// Apply begins the work.
func (k ConfirmWorkConditions) Apply(w *Work, by Stamp) *fault.Error {
	if f := file.NotAfter("confirmed_on", k.ConfirmedOn, by.At); f != nil {
		return f
	}
	w.Conditions, w.Examined = &Conditions{by, k}, true
	if w.Phase == Preparation {
		w.Phase = Running
	}
	return nil
}

// confirmed is the gate before sessions and settlements.
func confirmed(w Work, _ string) *fault.Error {
	if w.Conditions == nil {
		return file.Waiting("voluntariness, confidentiality and independence are not confirmed", "conditions",
			"a facilitator confirms them with confirm_work_conditions", "conditions")
	}
	return nil
}
