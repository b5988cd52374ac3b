// Package working holds what a conflict case and its working file (Arbeitsakte) tell each other. Neither knows
// the other: how a conflict is worked on stands in the working file alone (§ 4 MediationsG), and the case hears no
// more of it than is the same for every form of work. Enumerations carry the field's German terms as their values.
package working

import "koko/domain/file"

// The two kinds.
const (
	KindCase file.Kind = "case"
	KindWork file.Kind = "work"
)

// What ties people to a working file. Through the second one they read the case, which names none of them: it ends
// with the time in which something can still be entered, so that the case does not move with it.
const (
	Facilitator file.Relation = "facilitator"
	AtWork      file.Relation = "at_work"
)

// An Answer is what facilitators say when a review is due.
type Answer string

// The values that rules refer to.
const (
	Going   Answer = "laeuft"
	Resting Answer = "ruht"
	Over    Answer = "beendet"
)

func (Answer) Values() []Answer { return []Answer{Going, Resting, Over} }

// The actions of messages: the workflows' own, no person takes them.
const (
	ActionWorkAccepted       file.Action = "work_accepted"
	ActionWorkDeclined       file.Action = "work_declined"
	ActionConditionsExamined file.Action = "conditions_examined"
	ActionWorkAnswered       file.Action = "work_answered"
	ActionWorkEnded          file.Action = "work_ended"

	// ActionPlanMeasure is told, and people do it, too.
	ActionPlanMeasure file.Action = "plan_measure"

	ActionWithdrawWork file.Action = "withdraw_work"
)

// ToCase tells a case something.
func ToCase(id string, cmd file.Command) file.Message {
	return file.Message{To: KindCase, File: id, Command: cmd}
}

// ToWork tells a working file something.
func ToWork(id string, cmd file.Command) file.Message {
	return file.Message{To: KindWork, File: id, Command: cmd}
}

// WorkAccepted tells that somebody has taken up the work.
type WorkAccepted struct {
	Work string `json:"work"` // id of the working file: what an earlier one says is overtaken
	file.Docs
}

// Action is what the receiver is asked to do.
func (WorkAccepted) Action() file.Action { return ActionWorkAccepted }

// Check accepts it.
func (w WorkAccepted) Check() error { return file.First(w.In(w.Action())) }

// WorkDeclined tells that nobody does the work: it is to be handed over anew. It says no reason.
type WorkDeclined struct {
	Work string `json:"work"`
	file.Docs
}

// Action is what the receiver is asked to do.
func (WorkDeclined) Action() file.Action { return ActionWorkDeclined }

// Check accepts it.
func (w WorkDeclined) Check() error { return file.First(w.In(w.Action())) }

// ConditionsExamined tells that voluntariness, confidentiality and independence were examined, which is asked
// of every form of work.
type ConditionsExamined struct {
	Work string `json:"work"`
	file.Docs
}

// Action is what the receiver is asked to do.
func (ConditionsExamined) Action() file.Action { return ActionConditionsExamined }

// Check accepts it.
func (w ConditionsExamined) Check() error { return file.First(w.In(w.Action())) }

// WorkAnswered is the answer to a review.
type WorkAnswered struct {
	Work   string `json:"work"`
	Answer Answer `json:"answer"`
	file.Docs
}

// Action is what the receiver is asked to do.
func (WorkAnswered) Action() file.Action { return ActionWorkAnswered }

// Check refuses unknown answers.
func (w WorkAnswered) Check() error {
	return file.First(file.OneOf("answer", w.Answer), w.In(w.Action()))
}

// WorkEnded tells that the work is over, and nothing else of how it ended.
type WorkEnded struct {
	Work string `json:"work"`
	file.Docs
}

// Action is what the receiver is asked to do.
func (WorkEnded) Action() file.Action { return ActionWorkEnded }

// Check accepts it.
func (w WorkEnded) Check() error { return file.First(w.In(w.Action())) }

// PlanMeasure adds a measure to a case: what the municipality has to carry out. Somebody plans it there, or those who do
// the work release it; the case keeps the same of both.
type PlanMeasure struct {
	Due  file.Date  `json:"due" format:"date" doc:"By when" example:"2027-06-30"`
	Who  file.Words `json:"who,omitzero" required:"true" in:"case" minLength:"1" maxLength:"400" doc:"Who carries it out" example:"Grünflächenamt"`
	What file.Words `json:"what,omitzero" required:"true" in:"case" minLength:"1" maxLength:"4000" doc:"What is to be done" example:"Stellt zwei Parzellen bereit."`
	Work string     `json:"work,omitempty" own:"true"` // id of the working file that tells it: what an earlier one says is overtaken
	file.Docs
}

// Action is plan_measure.
func (PlanMeasure) Action() file.Action { return ActionPlanMeasure }

// Check wants a day and words in the case file.
func (p PlanMeasure) Check() error {
	return file.First(file.Day("due", p.Due), p.In(p.Action(), caseFile), p.Needs("who"), p.Needs("what"))
}

// caseFile is where a case keeps words about what is done.
const caseFile file.Compartment = "case"

// WithdrawWork tells a working file that the case was handed over to others, or does not go on.
type WithdrawWork struct {
	file.Docs
}

// Action is what the receiver is asked to do.
func (WithdrawWork) Action() file.Action { return ActionWithdrawWork }

// Check accepts it.
func (w WithdrawWork) Check() error { return file.First(w.In(w.Action())) }

// A Beginning is what a working file begins with, as its first command has it: what the case tells it once.
type Beginning struct {
	Case         string   `json:"case"`
	Reference    string   `json:"reference,omitempty"` // of the case
	Facilitators []string `json:"facilitators"`
	Commissioner string   `json:"commissioner"` // who handed the case over
	Involved     []string `json:"involved"`     // who analysed, worked on or commissioned the case
	Stage        int      `json:"stage"`        // after Glasl
	Briefing     string   `json:"briefing,omitempty"`
}
