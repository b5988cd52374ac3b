package conflict

import "koko/domain/file"

// SignalOnly is c as the one who reported it sees it: the own signal, and where the case stands.
func (c Case) SignalOnly() Case {
	return Case{
		ID:      c.ID,
		AGS:     c.AGS,
		Version: c.Version,
		Phase:   c.Phase,
		Round:   c.Round,
		Opened:  c.Opened,
		Changed: c.Changed,
		Signal:  c.Signal,
	}
}

// WithoutPeople is c without who did what: the facts, for evaluation.
func (c Case) WithoutPeople() Case {
	c.Assignee, c.SelfAssigned, c.Involved = "", false, nil
	c.Signal, c.Triage, c.Clearing, c.Mandate = file.Anon(c.Signal), file.Anon(c.Triage), file.Anon(c.Clearing), file.Anon(c.Mandate)
	c.Findings, c.Escalation, c.Review = file.Anon(c.Findings), file.Anon(c.Escalation), file.Anon(c.Review)
	c.Handed, c.Result, c.SignedOff, c.Reopened = file.Anon(c.Handed), file.Anon(c.Result), file.Anon(c.SignedOff), file.Anon(c.Reopened)
	if c.Handed != nil {
		c.Handed.Work = "" // through it, somebody is tied to the case
	}
	c.Pause = file.Anon(c.Pause)
	c.FollowUps = file.AnonAll(c.FollowUps)
	c.Measures = anonMeasures(c.Measures)
	return c
}
