package conflict

import (
	"slices"

	"koko/domain/fault"
	"koko/domain/file"
)

// ProposeClosure states how the case ends; a supervisor signs it off.
type ProposeClosure struct {
	Outcome     Outcome    `json:"outcome" doc:"How the case ends, as anybody can see it from outside"`
	ConcludedOn Date       `json:"concluded_on" format:"date" doc:"The day it ended"`
	StageAfter  int        `json:"stage_after" minimum:"1" maximum:"9" doc:"Escalation stage after Glasl at the end" example:"2"`
	Lessons     file.Words `json:"lessons,omitzero" required:"true" in:"case" minLength:"1" maxLength:"20000" doc:"What is to be remembered" example:"Regeln früh offenlegen."`
	Docs
}

// Result is the proposed end of a case.
type Result struct {
	Stamp
	ProposeClosure
	From WorkPhase `json:"from" doc:"Where the case returns to if the supervisor does not sign"`
}

// Action is propose_closure.
func (ProposeClosure) Action() Action { return ActionProposeClosure }

// needsWork reports whether the conflict became better: that comes out of work on it.
func (o Outcome) needsWork() bool { return o == Calmed || o == Improved }

// Check refuses unknown values, and a closure from which nothing is learnt.
func (p ProposeClosure) Check() error {
	return file.First(
		file.OneOf("outcome", p.Outcome),
		file.Day("concluded_on", p.ConcludedOn),
		file.Between("stage_after", p.StageAfter, 1, 9),
		p.In(p.Action(), CaseFile),
		p.Needs("lessons"),
	)
}

func (p ProposeClosure) Apply(c *Case, by Stamp) *fault.Error {
	if f := file.NotAfter("concluded_on", p.ConcludedOn, by.At); f != nil {
		return f
	}
	if p.Outcome.needsWork() && (c.Handed == nil || c.Handed.Status != WorkedOn) {
		return file.Waiting("a conflict that is better than before was worked on", "worked_on",
			"a conflict manager hands it over with hand_to_work, or choose another outcome", "work")
	}
	c.Result, c.SignedOff, c.Phase = &Result{by, p, WorkPhase(c.Phase)}, nil, Closure
	return nil
}

// independent is the four-eyes rule of the sign-off.
func independent(c Case, by string) *fault.Error {
	if by == c.Result.By || by == c.Assignee || c.Findings != nil && by == c.Findings.By {
		return fourEyes("who worked on the case does not sign it off", "a supervisor who has not worked on it signs it off")
	}
	return nil
}

// SignOff is the supervisor's word on the closure.
type SignOff struct {
	Approved bool       `json:"approved" doc:"false returns the case to where it came from"`
	Remarks  file.Words `json:"remarks,omitzero" in:"case" maxLength:"20000" doc:"What is to be mended; required when not approved"`
	Docs
}

// SignedOff is the supervisor's word.
type SignedOff struct {
	Stamp
	SignOff
}

// Action is sign_off.
func (SignOff) Action() Action { return ActionSignOff }

// Check wants remarks with a refusal.
func (s SignOff) Check() error {
	return file.First(s.In(s.Action(), CaseFile), s.NeedsIf(!s.Approved, "remarks"))
}

func (s SignOff) Apply(c *Case, by Stamp) *fault.Error {
	c.SignedOff = &SignedOff{by, s}
	if s.Approved {
		c.Phase, c.FollowUps = FollowUp, nil
	} else {
		c.Phase = Phase(c.Result.From)
	}
	return nil
}

// RecordFollowUp notes how the outcome holds.
type RecordFollowUp struct {
	Month  FollowUpMonth `json:"month" doc:"Months after the sign-off"`
	Status Stability     `json:"status" doc:"How the outcome holds"`
	HeldOn Date          `json:"held_on,omitempty" format:"date" doc:"The day somebody looked; today if left out"`
	Note   file.Words    `json:"note,omitzero" in:"case" maxLength:"20000" doc:"What was seen, in words"`
	Docs
}

// Aftercare is a look at how the outcome holds.
type Aftercare struct {
	Stamp
	RecordFollowUp
}

// Action is record_follow_up.
func (RecordFollowUp) Action() Action { return ActionRecordFollowUp }

// Check refuses other months and states.
func (r RecordFollowUp) Check() error {
	var held *fault.Error
	if r.HeldOn != "" {
		held = file.Day("held_on", r.HeldOn)
	}
	return file.First(file.OneOf("month", r.Month), file.OneOf("status", r.Status), held, r.In(r.Action(), CaseFile))
}

func (r RecordFollowUp) Apply(c *Case, by Stamp) *fault.Error {
	if r.HeldOn != "" {
		if f := file.NotAfter("held_on", r.HeldOn, by.At); f != nil {
			return f
		}
	}
	if c.followedUp(r.Month) {
		return fault.Newf(fault.Gate, "the follow-up at month %d is recorded", r.Month).In("month").By("once", "record one of the others")
	}
	if r.HeldOn == "" {
		r.HeldOn = file.DateOf(by.At)
	}
	c.FollowUps = append(slices.Clone(c.FollowUps), Aftercare{by, r})
	if len(c.FollowUps) == len(file.Values[FollowUpMonth]()) {
		c.Phase = Closed
	}
	return nil
}

func (c Case) followedUp(month FollowUpMonth) bool {
	return slices.ContainsFunc(c.FollowUps, func(a Aftercare) bool { return a.Month == month })
}

// Reopen takes a case up again under the same id.
type Reopen struct {
	Reason file.Words `json:"reason,omitzero" required:"true" in:"case" minLength:"1" maxLength:"4000" doc:"Why the case is taken up again" example:"Die Warteliste wird nicht geführt."`
	Docs
}

// Reopened says who took the case up again.
type Reopened struct {
	Stamp
	Reopen
}

// Action is reopen.
func (Reopen) Action() Action { return ActionReopen }

// Check wants a reason.
func (r Reopen) Check() error {
	return file.First(r.In(r.Action(), CaseFile), r.Needs("reason"))
}

// Apply begins a new round: with the analysis if the case once had a mandate, else with the triage.
func (r Reopen) Apply(c *Case, by Stamp) *fault.Error {
	c.Reopened, c.Round = &Reopened{by, r}, c.Round+1
	c.Review, c.Handed, c.Result, c.SignedOff, c.FollowUps = nil, nil, nil, nil, nil
	c.Phase = Analysis
	if c.Mandate == nil || !c.Mandate.Granted {
		c.Phase, c.Triage, c.Clearing, c.Mandate = Detection, nil, nil, nil
	}
	return nil
}
