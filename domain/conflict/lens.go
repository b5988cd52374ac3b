package conflict

import (
	"koko/domain/ags"
	"koko/domain/process"
)

// AGSArea is the case's municipality as an area.
func (c Case) AGSArea() ags.Area { return ags.Area{c.AGS} }

// SignalOnly is c as the one who reported it sees it: the own signal, and where the case stands.
func (c Case) SignalOnly() Case {
	return Case{ID: c.ID, AGS: c.AGS, Version: c.Version, Phase: c.Phase, Round: c.Round, Opened: c.Opened, Changed: c.Changed, Signal: c.Signal}
}

// WithoutPeople is c without who did what: the facts, for evaluation.
func (c Case) WithoutPeople() Case {
	c.Assignee = ""
	c.Signal, c.Triage, c.Clearing, c.Mandate = process.Anon(c.Signal), process.Anon(c.Triage), process.Anon(c.Clearing), process.Anon(c.Mandate)
	c.Findings, c.Escalation, c.Review = process.Anon(c.Findings), process.Anon(c.Escalation), process.Anon(c.Review)
	c.Conditions, c.Interim, c.Result = process.Anon(c.Conditions), process.Anon(c.Interim), process.Anon(c.Result)
	c.SignedOff, c.Reopened, c.Plan = process.Anon(c.SignedOff), process.Anon(c.Reopened), process.Anon(c.Plan)
	if c.Plan != nil {
		c.Plan.Facilitator, c.Plan.Mediators = "", nil
	}
	c.Sessions, c.FollowUps = process.AnonAll(c.Sessions), process.AnonAll(c.FollowUps)
	return c
}

// Confidential lists the commands that write the mediation: to everybody but the mediators of record,
// histories say no more than that the case is worked on (§4 MediationsG).
func Confidential() []Action {
	return []Action{ActionConfirmConditions, ActionRecordSession, ActionRecordInterimResult}
}

// WithoutMediation is c without what the mediators of record alone know.
func (c Case) WithoutMediation() Case {
	c.Conditions, c.Sessions, c.Interim = nil, nil, nil
	return c
}

// Mediated reports whether there is anything that WithoutMediation leaves out.
func (c Case) Mediated() bool { return c.Conditions != nil || len(c.Sessions) > 0 || c.Interim != nil }
