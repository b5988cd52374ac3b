package conflict

import (
	"slices"
	"time"

	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/working"
)

// HandToWork hands the case over to facilitators. Who they are, and what they are told, stands in their working file
// alone (§4 MediationsG): the case records nothing but the id of that file.
type HandToWork struct {
	Facilitators []string   `json:"facilitators,omitempty" required:"true" minItems:"1" maxItems:"4" nullable:"false" doc:"Subjects of the people who work on the conflict; the case does not keep them" example:"[\"0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10\"]" grant:"caseworker,conflict_manager,mediator"`
	Briefing     file.Words `json:"briefing,omitzero" in:"work" maxLength:"20000" doc:"What the facilitators should know; for them alone" example:"Beide Seiten wünschen einen neutralen Ort."`
	Work         string     `json:"work" own:"true"` // id of the working file
	Docs
}

// Handed says that the work on the conflict was handed over, and how it stands: the same for every form of work.
type Handed struct {
	Stamp
	Since      string     `json:"since" doc:"ISO week of the handing over" example:"2026-W49"`
	Work       string     `json:"work,omitempty" format:"uuid" doc:"Id of the working file; it exists for its facilitators alone"`
	Status     WorkStatus `json:"status" doc:"Where the work stands"`
	Conditions bool       `json:"conditions" doc:"Whether voluntariness, confidentiality and independence were examined"`
	Reviews    []Account  `json:"reviews,omitempty" nullable:"false" doc:"What the facilitators answered: they are asked every six weeks"`
}

// An Account is the answer to a review.
type Account struct {
	N      int            `json:"n" doc:"Which review: the first one is due six weeks after the handing over"`
	Answer working.Answer `json:"answer" doc:"How the work stands"`
}

// Action is hand_to_work.
func (HandToWork) Action() Action { return ActionHandToWork }

// Prepare refuses facilitators that are none, or named twice. The case never sees them.
func (h HandToWork) Prepare() (file.Command, error) {
	if len(h.Facilitators) == 0 {
		return nil, file.Invalid("facilitators", "required", "nobody is to do the work", "name one to four people")
	}
	if f := file.AtMost("facilitators", len(h.Facilitators), 4); f != nil {
		return nil, f
	}
	for i, who := range h.Facilitators {
		field := file.Index("facilitators", i)
		if f := file.Person(field, who); f != nil {
			return nil, f
		}
		if slices.Contains(h.Facilitators[:i], who) {
			return nil, file.Invalid(field, "unique", "the person stands twice", "name each person once")
		}
	}
	return h, nil
}

// Check wants a working file, and nothing of what stands in it.
func (h HandToWork) Check() error {
	var kept *fault.Error
	if len(h.Facilitators) > 0 {
		kept = file.Invalid("facilitators", "confided", "the case does not keep who works on it", "begin the working file with them")
	}
	return file.First(kept, file.UUID("work", h.Work), h.In(h.Action()))
}

// Starts is the working file.
func (HandToWork) Starts() file.Kind { return working.KindWork }

// Without returns the command as the case records it.
func (HandToWork) Without(work string) file.Command { return HandToWork{Work: work} }

// Beginning returns what the working file begins with.
func (h HandToWork) Beginning(s file.State, by string) any {
	c := s.(Case)
	b := working.Beginning{
		Case: c.ID, Reference: c.reference(), Facilitators: h.Facilitators, Commissioner: by, Stage: c.stage(), Briefing: string(h.Briefing),
	}
	for _, who := range slices.Concat([]string{by}, c.dealing(), c.Involved) {
		if !slices.Contains(b.Involved, who) && len(b.Involved) < maxInvolved {
			b.Involved = append(b.Involved, who)
		}
	}
	return b
}

// maxInvolved bounds the state that every decision carries, and what a working file begins with.
const maxInvolved = 50

// dealing lists who has to do with the case as it stands, beside those who work on the conflict.
func (c Case) dealing() []string {
	all := []string{c.Assignee}
	if c.Findings != nil {
		all = append(all, c.Findings.By)
	}
	if c.Review != nil {
		all = append(all, c.Review.By)
	}
	if c.Escalation != nil {
		all = append(all, c.Escalation.By)
	}
	if c.Clearing != nil {
		all = append(all, c.Clearing.By)
	}
	if c.Mandate != nil {
		all = append(all, c.Mandate.By)
	}
	if c.Handed != nil {
		all = append(all, c.Handed.By)
	}
	return slices.DeleteFunc(all, func(who string) bool { return who == "" || who == System })
}

// remember adds those who have to do with the case now to those who ever had, who are no mediators in it (§ 3
// MediationsG): others may have taken their place since. Of more than the state bears, the first ones are forgotten.
func (c *Case) remember() {
	now := c.dealing()
	all := slices.Clone(c.Involved)
	for _, who := range now {
		if !slices.Contains(all, who) {
			all = append(all, who)
		}
	}
	for len(all) > maxInvolved {
		i := slices.IndexFunc(all, func(who string) bool { return !slices.Contains(now, who) })
		all = slices.Delete(all, i, i+1)
	}
	c.Involved = all
}

func (h HandToWork) Apply(c *Case, by Stamp) *fault.Error {
	c.Handed, c.Phase = &Handed{Stamp: by, Since: calendar.Week(by.At), Work: h.Work, Status: HandedOver}, Work
	return nil
}

// reviewed is the gate before the work: the four-eyes review of the current analysis.
func reviewed(c Case, _ string) *fault.Error {
	if c.Phase == Work {
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

// goesOn reports whether somebody works on the conflict, or may take the work up.
func (h *Handed) goesOn() bool { return h != nil && (h.Status == HandedOver || h.Status == UnderWay) }

// workOver is the gate before a closure: nobody works on the conflict any more.
func workOver(c Case, _ string) *fault.Error {
	if c.Handed.goesOn() {
		return file.Waiting("the work on the conflict goes on", "work", "its facilitators end it, or it is handed over anew with hand_to_work", "work")
	}
	return nil
}

// hear changes what the case knows of the work, if it is the current work that tells.
func (c *Case) hear(work string, change func(*Handed) *fault.Error) *fault.Error {
	if c.Handed == nil || c.Handed.Work != work {
		return overtaken("the case was handed over to others, or the work is over")
	}
	h := *c.Handed
	if f := change(&h); f != nil {
		return f
	}
	c.Handed = &h
	return nil
}

func overtaken(message string) *fault.Error {
	return fault.Newf(fault.Gate, "%s", message).By("overtaken", "nothing to do")
}

// WorkAccepted tells that somebody has taken up the work.
type WorkAccepted struct{ working.WorkAccepted }

func (w WorkAccepted) Apply(c *Case, _ Stamp) *fault.Error {
	return c.hear(w.Work, func(h *Handed) *fault.Error {
		if h.Status != HandedOver {
			return overtaken("the work was taken up already, or is over")
		}
		h.Status = UnderWay
		return nil
	})
}

// WorkDeclined tells that nobody does the work.
type WorkDeclined struct{ working.WorkDeclined }

func (w WorkDeclined) Apply(c *Case, _ Stamp) *fault.Error {
	return c.hear(w.Work, func(h *Handed) *fault.Error {
		if !h.goesOn() {
			return overtaken("the work is over")
		}
		h.Status = Declined
		return nil
	})
}

// ConditionsExamined tells that the conditions of the work were examined. Once is enough for the case: that they are
// examined anew would tell that the form of the work has changed.
type ConditionsExamined struct{ working.ConditionsExamined }

func (w ConditionsExamined) Apply(c *Case, _ Stamp) *fault.Error {
	return c.hear(w.Work, func(h *Handed) *fault.Error {
		if h.Conditions || !h.goesOn() {
			return overtaken("the conditions were examined already, or the work is over")
		}
		h.Conditions = true
		return nil
	})
}

// WorkAnswered is the answer to a review.
type WorkAnswered struct{ working.WorkAnswered }

// Apply takes one answer for each review, so that the case does not move with how often somebody answers.
func (w WorkAnswered) Apply(c *Case, by Stamp) *fault.Error {
	return c.hear(w.Work, func(h *Handed) *fault.Error {
		n := c.asked(by.At)
		switch {
		case !h.goesOn():
			return overtaken("the work is over")
		case n <= h.answered():
			return overtaken("the review was answered already")
		}
		h.Reviews = append(slices.Clone(h.Reviews), Account{n, w.Answer})
		return nil
	})
}

// WorkEnded tells that the work is over.
type WorkEnded struct{ working.WorkEnded }

func (w WorkEnded) Apply(c *Case, _ Stamp) *fault.Error {
	return c.hear(w.Work, func(h *Handed) *fault.Error {
		if !h.goesOn() {
			return overtaken("the work is over already")
		}
		h.Status = WorkedOn
		return nil
	})
}

// answered is the last review that was answered; 0: none.
func (h *Handed) answered() int {
	if len(h.Reviews) == 0 {
		return 0
	}
	return h.Reviews[len(h.Reviews)-1].N
}

// asked is the review that an answer at some time is for: the latest one that is due and was not answered, or else
// the next one.
func (c Case) asked(at time.Time) int {
	n := 0
	for calendar.Late(at, c.reviewDue(n+1)) {
		n++
	}
	if n > c.Handed.answered() {
		return n
	}
	return n + 1
}

// Messages is what working files have to know of the step from before to c.
func (c Case) Messages(before Case) []file.Message {
	if !before.Handed.goesOn() || c.Handed != nil && c.Handed.Work == before.Handed.Work {
		return nil
	}
	return []file.Message{working.ToWork(before.Handed.Work, working.WithdrawWork{})}
}
