package advice

import (
	"regexp"

	"koko/domain/fault"
	"koko/domain/file"
)

// The actions until there is somebody to advise.
const (
	ActionRequest  Action = "request_advice"
	ActionAnswer   Action = "answer_advice"
	ActionClarify  Action = "clarify_advice"
	ActionDecline  Action = "decline_advice"
	ActionRefer    Action = "refer_advice"
	ActionWithdraw Action = "withdraw_advice"
)

// RequestAdvice asks for advice.
type RequestAdvice struct {
	Form        Form       `json:"form" doc:"What is asked for; nobody else learns of coaching and supervision" example:"begleitung"`
	Topic       Topic      `json:"topic" doc:"What it is about"`
	Urgency     Urgency    `json:"urgency" doc:"How soon somebody is needed"`
	Origin      Origin     `json:"origin" doc:"Where you work"`
	RelatedCase string     `json:"related_case,omitempty" maxLength:"40" doc:"Id or file number of a case that it has to do with. It is noted and opens nothing: advisers do not see the case" example:"KK-2025/014"`
	Title       file.Words `json:"title,omitzero" required:"true" in:"advice" minLength:"1" maxLength:"200" doc:"What you ask, in a few words" example:"Runder Tisch zur Unterkunft"`
	Concern     file.Words `json:"concern,omitzero" required:"true" in:"advice" minLength:"1" maxLength:"20000" doc:"What you ask; for the advisers and the coordination" example:"Wir wollen den Runden Tisch neu aufsetzen und suchen jemanden, der uns dabei begleitet."`
	Docs
}

// Request is what was asked.
type Request struct {
	Stamp
	RequestAdvice
}

// Action is request_advice.
func (RequestAdvice) Action() Action { return ActionRequest }

var fileNumber = regexp.MustCompile(`^[A-Z0-9][A-Z0-9/._-]{0,39}$`)

// Check refuses unknown values, and what is neither an id nor a file number.
func (r RequestAdvice) Check() error {
	var related *fault.Error
	if r.RelatedCase != "" && !file.IsID(r.RelatedCase) && !fileNumber.MatchString(r.RelatedCase) {
		related = file.Invalid("related_case", "pattern", "neither the id of a case nor a file number", "give the id, or capital letters, digits and / . _ -, never a name")
	}
	return file.First(file.OneOf("form", r.Form), file.OneOf("topic", r.Topic), file.OneOf("urgency", r.Urgency),
		file.OneOf("origin", r.Origin), related, r.In(r.Action(), File), r.Needs("title"), r.Needs("concern"))
}

// Apply begins the file of whoever asks.
func (r RequestAdvice) Apply(a *Advice, by Stamp) *fault.Error {
	if f := file.Person("requester", by.By); f != nil {
		return f
	}
	a.Request, a.Requester, a.Form, a.Phase, a.Opened = &Request{by, r}, by.By, r.Form, Received, by.At
	return nil
}

// AnswerAdvice is the first answer: that the request has come, and when one could talk.
type AnswerAdvice struct {
	TalkOn  Date       `json:"talk_on,omitempty" format:"date" doc:"The day proposed for the clarifying talk"`
	Message file.Words `json:"message,omitzero" in:"advice" maxLength:"20000" doc:"What is answered"`
	Docs
}

// Answered is the first answer.
type Answered struct {
	Stamp
	AnswerAdvice
}

// Action is answer_advice.
func (AnswerAdvice) Action() Action { return ActionAnswer }

// Check wants a day, if one is given.
func (r AnswerAdvice) Check() error {
	return file.First(optionalDay("talk_on", r.TalkOn), r.In(r.Action(), File))
}

// Apply notes the answer.
func (r AnswerAdvice) Apply(a *Advice, by Stamp) *fault.Error {
	a.Answered = &Answered{by, r}
	return nil
}

// unanswered: the first answer is given once.
func unanswered(a Advice, _ string) *fault.Error {
	if a.Answered != nil {
		return fault.Newf(fault.Gate, "the request has been answered").By("answered", "go on with clarify_advice")
	}
	return nil
}

// ClarifyAdvice notes what the clarifying talk has found.
type ClarifyAdvice struct {
	HeldOn  Date       `json:"held_on" format:"date" doc:"The day of the talk; not in the future"`
	Form    Form       `json:"form" doc:"What it shall be, after the talk"`
	Urgency Urgency    `json:"urgency" doc:"How soon somebody is needed, after the talk"`
	Task    file.Words `json:"task,omitzero" required:"true" in:"advice" minLength:"1" maxLength:"20000" doc:"What the advisers are asked to do" example:"Drei Vorgespräche, dann ein gemeinsamer Entwurf."`
	Docs
}

// Clarified is what the clarifying talk has found.
type Clarified struct {
	Stamp
	ClarifyAdvice
}

// Action is clarify_advice.
func (ClarifyAdvice) Action() Action { return ActionClarify }

// Check wants a day, known values and the task.
func (c ClarifyAdvice) Check() error {
	return file.First(file.Day("held_on", c.HeldOn), file.OneOf("form", c.Form), file.OneOf("urgency", c.Urgency),
		c.In(c.Action(), File), c.Needs("task"))
}

// Apply leads to the agreement. What was asked for in confidence stays in confidence: otherwise the past
// of this file would come to light.
func (c ClarifyAdvice) Apply(a *Advice, by Stamp) *fault.Error {
	if f := file.NotAfter("held_on", c.HeldOn, by.At); f != nil {
		return f
	}
	if a.Form.Discreet() && !c.Form.Discreet() {
		return file.Invalid("form", "discreet", "what was asked for in confidence does not become known later", "refer the request, and have the client ask anew for what may be known")
	}
	a.Clarified, a.Form, a.Phase = &Clarified{by, c}, c.Form, Cleared
	return nil
}

// DeclineAdvice declines a request.
type DeclineAdvice struct {
	Reason      DeclineReason `json:"reason" doc:"Why"`
	Explanation file.Words    `json:"explanation,omitzero" in:"advice" maxLength:"20000" doc:"Why, for the client to read"`
	Docs
}

// Declined is why a request was declined.
type Declined struct {
	Stamp
	DeclineAdvice
}

// Action is decline_advice.
func (DeclineAdvice) Action() Action { return ActionDecline }

// Check wants a reason of the list.
func (d DeclineAdvice) Check() error {
	return file.First(file.OneOf("reason", d.Reason), d.In(d.Action(), File))
}

// Apply ends the request.
func (d DeclineAdvice) Apply(a *Advice, by Stamp) *fault.Error {
	a.Declined, a.Proposal, a.Phase = &Declined{by, d}, nil, Rejected
	return nil
}

// ReferAdvice refers a request to somebody else.
type ReferAdvice struct {
	To          Referral   `json:"to" doc:"Where it is referred to"`
	Explanation file.Words `json:"explanation,omitzero" in:"advice" maxLength:"20000" doc:"Whom to turn to, for the client to read"`
	Docs
}

// Referred is where a request was referred to.
type Referred struct {
	Stamp
	ReferAdvice
}

// Action is refer_advice.
func (ReferAdvice) Action() Action { return ActionRefer }

// Check wants a place of the list.
func (r ReferAdvice) Check() error {
	return file.First(file.OneOf("to", r.To), r.In(r.Action(), File))
}

// Apply ends the request.
func (r ReferAdvice) Apply(a *Advice, by Stamp) *fault.Error {
	a.Referred, a.Proposal, a.Phase = &Referred{by, r}, nil, Passed
	return nil
}

// WithdrawAdvice takes a request back.
type WithdrawAdvice struct {
	Reason WithdrawReason `json:"reason" doc:"Why"`
	Docs
}

// Withdrawn is why a request was taken back.
type Withdrawn struct {
	Stamp
	WithdrawAdvice
}

// Action is withdraw_advice.
func (WithdrawAdvice) Action() Action { return ActionWithdraw }

// Check wants a reason of the list.
func (w WithdrawAdvice) Check() error {
	return file.First(file.OneOf("reason", w.Reason), w.In(w.Action()))
}

// Apply ends the request.
func (w WithdrawAdvice) Apply(a *Advice, by Stamp) *fault.Error {
	a.Withdrawn, a.Proposal, a.Phase = &Withdrawn{by, w}, nil, Withdrew
	return nil
}
