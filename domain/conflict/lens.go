package conflict

import "koko/domain/ags"

// AGSArea is the case's municipality as an area.
func (c Case) AGSArea() ags.Area { return ags.Area{c.AGS} }

// SignalOnly is c as the one who reported it sees it: the own signal, and where the case stands.
func (c Case) SignalOnly() Case {
	return Case{ID: c.ID, AGS: c.AGS, Version: c.Version, Phase: c.Phase, Round: c.Round, Opened: c.Opened, Changed: c.Changed, Signal: c.Signal}
}

// WithoutPeople is c without who did what: the facts, for evaluation.
func (c Case) WithoutPeople() Case {
	c.Assignee = ""
	c.Signal, c.Triage, c.Clearing, c.Mandate = anon(c.Signal), anon(c.Triage), anon(c.Clearing), anon(c.Mandate)
	c.Findings, c.Escalation, c.Review = anon(c.Findings), anon(c.Escalation), anon(c.Review)
	c.Conditions, c.Interim, c.Result = anon(c.Conditions), anon(c.Interim), anon(c.Result)
	c.SignedOff, c.Reopened, c.Plan = anon(c.SignedOff), anon(c.Reopened), anon(c.Plan)
	if c.Plan != nil {
		c.Plan.Facilitator, c.Plan.Mediators = "", nil
	}
	c.Sessions, c.FollowUps = anonAll(c.Sessions), anonAll(c.FollowUps)
	return c
}

// unstamp takes the person out of a stamp.
func (s *Stamp) unstamp() { s.By = "" }

func anon[T any, P interface {
	*T
	unstamp()
}](v P) P {
	if v == nil {
		return nil
	}
	copied := *v
	P(&copied).unstamp()
	return &copied
}

func anonAll[T any, P interface {
	*T
	unstamp()
}](vs []T) []T {
	var all []T
	for i := range vs {
		all = append(all, *anon[T, P](&vs[i]))
	}
	return all
}
