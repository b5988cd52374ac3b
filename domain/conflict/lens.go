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
	c.Assignee = ""
	c.Signal, c.Triage, c.Clearing, c.Mandate = file.Anon(c.Signal), file.Anon(c.Triage), file.Anon(c.Clearing), file.Anon(c.Mandate)
	c.Findings, c.Escalation, c.Review = file.Anon(c.Findings), file.Anon(c.Escalation), file.Anon(c.Review)
	c.Conditions, c.Interim, c.Result = file.Anon(c.Conditions), file.Anon(c.Interim), file.Anon(c.Result)
	c.SignedOff, c.Reopened, c.Plan = file.Anon(c.SignedOff), file.Anon(c.Reopened), file.Anon(c.Plan)
	if c.Plan != nil {
		c.Plan.Facilitator, c.Plan.Mediators = "", nil
	}
	c.Sessions, c.FollowUps = file.AnonAll(c.Sessions), file.AnonAll(c.FollowUps)
	return c
}

// WithoutMediation is c without what the mediators of record alone know.
func (c Case) WithoutMediation() Case {
	c.Conditions, c.Sessions, c.Interim = nil, nil, nil
	return c
}

// Mediated reports whether there is anything that WithoutMediation leaves out.
func (c Case) Mediated() bool { return c.Conditions != nil || len(c.Sessions) > 0 || c.Interim != nil }
