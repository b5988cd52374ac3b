package conflict

import (
	"slices"
	"time"

	"koko/domain/fault"
	"koko/domain/file"
)

// ProposeClosure states how the case ends; a supervisor signs it off.
type ProposeClosure struct {
	Outcome     Outcome    `json:"outcome" doc:"How the case ends"`
	ConcludedOn Date       `json:"concluded_on" format:"date" doc:"The day the work ended"`
	Agreements  []Clause   `json:"agreements,omitempty" nullable:"false" maxItems:"50" doc:"The clauses; required for einigung and teileinigung" example:"[{\"id\":\"c1\",\"who\":\"Vereinsvorstand\",\"what\":\"führt eine öffentliche Warteliste\",\"due\":\"2025-06-30\",\"check\":\"Einsicht im Juli\"}]"`
	StageAfter  int        `json:"stage_after" minimum:"1" maximum:"9" doc:"Escalation stage after Glasl at the end" example:"2"`
	Factors     []Factor   `json:"factors,omitempty" nullable:"false" doc:"What helped" example:"[\"klare_regeln\"]"`
	Obstacles   []Obstacle `json:"obstacles,omitempty" nullable:"false" doc:"What stood in the way" example:"[\"knappe_ressourcen\"]"`
	Lessons     file.Words `json:"lessons,omitzero" required:"true" in:"case" minLength:"1" maxLength:"20000" doc:"What is to be remembered" example:"Regeln früh offenlegen."`
	Docs
}

// A Clause is one point of an agreement: its words stand in a document.
type Clause struct {
	ID    string     `json:"id" maxLength:"32" pattern:"^[a-z][a-z0-9_-]*$" doc:"Unique in the agreement" example:"c1"`
	Who   file.Words `json:"who,omitzero" required:"true" in:"case" minLength:"1" maxLength:"400" doc:"Who does it"`
	What  file.Words `json:"what,omitzero" required:"true" in:"case" minLength:"1" maxLength:"4000" doc:"What is done"`
	Due   Date       `json:"due" format:"date" doc:"By when"`
	Check file.Words `json:"check,omitzero" in:"case" maxLength:"4000" doc:"How it is checked"`
}

// Result is the proposed end of a case.
type Result struct {
	Stamp
	ProposeClosure
	From WorkPhase `json:"from" doc:"Where the case returns to if the supervisor does not sign"`
}

// Action is propose_closure.
func (ProposeClosure) Action() Action { return ActionProposeClosure }

// settled reports whether the parties came to terms, wholly, in part or in practice.
func (o Outcome) settled() bool {
	return o == Agreement || o == PartialAgreement || o == Pacification
}

// Check refuses unknown values, an agreement without clauses and clauses without words.
func (p ProposeClosure) Check() error {
	if err := file.First(
		file.OneOf("outcome", p.Outcome),
		file.Day("concluded_on", p.ConcludedOn),
		file.Between("stage_after", p.StageAfter, 1, 9),
		file.AtMost("agreements", len(p.Agreements), 50),
		file.EachOf("factors", p.Factors),
		file.EachOf("obstacles", p.Obstacles),
		p.In(p.Action(), CaseFile),
		p.Needs("lessons"),
	); err != nil {
		return err
	}
	if (p.Outcome == Agreement || p.Outcome == PartialAgreement) && len(p.Agreements) == 0 {
		return file.Invalid(
			"agreements",
			"required",
			"an agreement has at least one clause",
			"say who does what until when, and how it is checked",
		)
	}
	var ids []string
	for i, a := range p.Agreements {
		field := file.Index("agreements", i)
		if err := file.First(file.Local(field+".id", a.ID), file.Day(field+".due", a.Due)); err != nil {
			return err
		}
		if slices.Contains(ids, a.ID) {
			return file.Invalid(field+".id", "unique", "two clauses have the same id", "give each clause an id of its own")
		}
		ids = append(ids, a.ID)
		for _, part := range []string{"who", "what"} {
			if !p.Has("agreements." + a.ID + "." + part) {
				return file.Invalid(field+"."+part, "required", part+" is missing", "say who does what")
			}
		}
	}
	return nil
}

func (p ProposeClosure) Apply(c *Case, by Stamp) *fault.Error {
	if f := file.NotAfter("concluded_on", p.ConcludedOn, by.At); f != nil {
		return f
	}
	if p.Outcome.settled() {
		if f := c.worked(); f != nil {
			return f
		}
	}
	c.Result, c.SignedOff, c.Phase = &Result{by, p, WorkPhase(c.Phase)}, nil, Closure
	return nil
}

// worked is the gate before a settlement: it comes out of confirmed work, not out of an analysis.
func (c Case) worked() *fault.Error {
	if c.Phase != Mediation {
		return file.Waiting("a settlement comes out of the work on the conflict", "mediation",
			"a conflict manager plans it with plan_mediation, or choose another outcome", "mediation")
	}
	if f := c.confirmed(); f != nil {
		return f
	}
	if len(c.Sessions) == 0 {
		return file.Waiting("no session is recorded", "sessions", "a mediator of record records it with record_session", "sessions")
	}
	return nil
}

// independent is the four-eyes rule of the sign-off.
func independent(c Case, by string) *fault.Error {
	if by == c.Result.By || slices.Contains(c.Team(), by) || c.Findings != nil && by == c.Findings.By {
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
		r.HeldOn = Date(by.At.Format(time.DateOnly))
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
// The plan stays, because its mediators of record still answer for the file of their mediation.
func (r Reopen) Apply(c *Case, by Stamp) *fault.Error {
	c.Reopened, c.Round = &Reopened{by, r}, c.Round+1
	c.Review, c.Conditions, c.Sessions, c.Interim, c.Result, c.SignedOff, c.FollowUps = nil, nil, nil, nil, nil, nil, nil
	c.Phase = Analysis
	if c.Mandate == nil || !c.Mandate.Granted {
		c.Phase, c.Triage, c.Clearing, c.Mandate = Detection, nil, nil, nil
	}
	return nil
}
