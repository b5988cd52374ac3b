package conflict

import (
	"slices"
	"time"

	"koko/domain/fault"
	"koko/domain/process"
)

// ProposeClosure states how the case ends; a supervisor signs it off. Prose: lessons, and of each
// agreement clause who, what and check.
type ProposeClosure struct {
	Outcome     Outcome    `json:"outcome" enum:"einigung,teileinigung,befriedung,verwiesen,vertagt,abgebrochen,eskaliert,gegenstandslos" doc:"How the case ends"`
	ConcludedOn Date       `json:"concluded_on" format:"date" doc:"The day the work ended"`
	Agreements  []Clause   `json:"agreements,omitempty" nullable:"false" doc:"The clauses; their words stand in a document"`
	StageAfter  int        `json:"stage_after" doc:"Escalation stage after Glasl at the end, 1 to 9"`
	Factors     []Factor   `json:"factors,omitempty" nullable:"false" enum:"auftrag_der_spitze,vermittler_mit_vertrauen,direkte_ansprache,schneller_erster_erfolg,freiwilligkeit,klare_regeln,einheitliche_sprache,innen_und_aussenkonflikt_getrennt,sprachmittlung,mehrere_aemter_am_tisch,schutz_vor_dialog,alarmkette_geuebt,betroffene_zuerst,fruehe_meldung,bestehende_strukturen,tandem_lokal_extern" doc:"What helped"`
	Obstacles   []Obstacle `json:"obstacles,omitempty" nullable:"false" enum:"spaete_information,fehlende_raeume,machtgefaelle,eigentuemer_nicht_kooperativ,ueberforderung_kollegium,drohungen_nicht_zusammengefuehrt,knappe_ressourcen,instrumentalisierung,fehldeutung_der_ursache,lokale_akteure_selbst_partei,personalmangel,soziale_medien,projektende" doc:"What stood in the way"`
	Docs
}

// A Clause is one point of an agreement: its words stand in a document.
type Clause struct {
	ID  string `json:"id" doc:"Unique in the agreement" example:"c1"`
	Due Date   `json:"due" format:"date" doc:"By when"`
}

// Result is the proposed end of a case.
type Result struct {
	Stamp
	ProposeClosure
	From Phase `json:"from" enum:"analysis,mediation" doc:"Where the case returns to if the supervisor does not sign"`
}

// Action is propose_closure.
func (ProposeClosure) Action() Action { return ActionProposeClosure }

// settled reports whether the parties came to terms, wholly, in part or in practice.
func (o Outcome) settled() bool {
	return o == Agreement || o == PartialAgreement || o == Pacification
}

// Check refuses unknown values, an agreement without clauses and clauses without words.
func (p ProposeClosure) Check() error {
	if err := process.First(process.OneOf("outcome", p.Outcome, Outcomes), process.Day("concluded_on", p.ConcludedOn), process.Between("stage_after", p.StageAfter, 1, 9),
		process.AtMost("agreements", len(p.Agreements), 50), process.EachOf("factors", p.Factors, Factors, len(Factors)),
		process.EachOf("obstacles", p.Obstacles, Obstacles, len(Obstacles)), p.In(p.Action(), CaseFile), p.Needs("lessons")); err != nil {
		return err
	}
	if (p.Outcome == Agreement || p.Outcome == PartialAgreement) && len(p.Agreements) == 0 {
		return process.Invalid("agreements", "required", "an agreement has at least one clause", "say who does what until when, and how it is checked")
	}
	var ids []string
	for i, a := range p.Agreements {
		field := process.Index("agreements", i)
		if err := process.First(process.Local(field+".id", a.ID), process.Day(field+".due", a.Due)); err != nil {
			return err
		}
		if slices.Contains(ids, a.ID) {
			return process.Invalid(field+".id", "unique", "two clauses have the same id", "give each clause an id of its own")
		}
		ids = append(ids, a.ID)
		for _, part := range []string{"who", "what"} {
			if !p.Has("agreements." + a.ID + "." + part) {
				return process.Invalid(field+"."+part, "required", part+" is missing", "say who does what")
			}
		}
	}
	return nil
}

func (p ProposeClosure) apply(c *Case, by Stamp) *fault.Error {
	if f := process.NotAfter("concluded_on", p.ConcludedOn, by.At); f != nil {
		return f
	}
	if p.Outcome.settled() {
		if f := c.worked(); f != nil {
			return f
		}
	}
	c.Result, c.SignedOff, c.Phase = &Result{by, p, c.Phase}, nil, Closure
	return nil
}

// worked is the gate before a settlement: it comes out of confirmed work, not out of an analysis.
func (c Case) worked() *fault.Error {
	if c.Phase != Mediation {
		return process.Waiting("a settlement comes out of the work on the conflict", "mediation",
			"a conflict manager plans it with plan_mediation, or choose another outcome", "mediation")
	}
	if f := c.confirmed(); f != nil {
		return f
	}
	if len(c.Sessions) == 0 {
		return process.Waiting("no session is recorded", "sessions", "a mediator of record records it with record_session", "sessions")
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

// SignOff is the supervisor's word on the closure. Prose: remarks.
type SignOff struct {
	Approved bool `json:"approved" doc:"false returns the case to where it came from"`
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
	var remarks *fault.Error
	if !s.Approved {
		remarks = s.Needs("remarks")
	}
	return process.First(s.In(s.Action(), CaseFile), remarks)
}

func (s SignOff) apply(c *Case, by Stamp) *fault.Error {
	c.SignedOff = &SignedOff{by, s}
	if s.Approved {
		c.Phase, c.FollowUps = FollowUp, nil
	} else {
		c.Phase = c.Result.From
	}
	return nil
}

// FollowUpMonths are the months after the sign-off at which one looks whether the outcome holds.
func FollowUpMonths() []int { return []int{3, 6, 12} }

// RecordFollowUp notes how the outcome holds. Prose: note.
type RecordFollowUp struct {
	Month  int       `json:"month" enum:"3,6,12" doc:"Months after the sign-off"`
	Status Stability `json:"status" enum:"stabil,bruechig,gebrochen" doc:"How the outcome holds"`
	HeldOn Date      `json:"held_on,omitempty" format:"date" doc:"The day somebody looked; today if left out"`
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
	var month, held *fault.Error
	if !slices.Contains(FollowUpMonths(), r.Month) {
		month = process.Invalid("month", "enum", "there is no follow-up in that month", "use 3, 6 or 12")
	}
	if r.HeldOn != "" {
		held = process.Day("held_on", r.HeldOn)
	}
	return process.First(month, process.OneOf("status", r.Status, Stabilities), held, r.In(r.Action(), CaseFile))
}

func (r RecordFollowUp) apply(c *Case, by Stamp) *fault.Error {
	if r.HeldOn != "" {
		if f := process.NotAfter("held_on", r.HeldOn, by.At); f != nil {
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
	if len(c.FollowUps) == len(FollowUpMonths()) {
		c.Phase = Closed
	}
	return nil
}

func (c Case) followedUp(month int) bool {
	return slices.ContainsFunc(c.FollowUps, func(a Aftercare) bool { return a.Month == month })
}

// Reopen takes a case up again under the same id. Prose: reason.
type Reopen struct {
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
	return process.First(r.In(r.Action(), CaseFile), r.Needs("reason"))
}

// apply begins a new round: with the analysis if the case once had a mandate, else with the triage.
// The plan stays, because its mediators of record still answer for the file of their mediation.
func (r Reopen) apply(c *Case, by Stamp) *fault.Error {
	c.Reopened, c.Round = &Reopened{by, r}, c.Round+1
	c.Review, c.Conditions, c.Sessions, c.Interim, c.Result, c.SignedOff, c.FollowUps = nil, nil, nil, nil, nil, nil, nil
	c.Phase = Analysis
	if c.Mandate == nil || !c.Mandate.Granted {
		c.Phase, c.Triage, c.Clearing, c.Mandate = Detection, nil, nil, nil
	}
	return nil
}
