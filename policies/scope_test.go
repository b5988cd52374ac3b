package policies_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/policies"
)

func TestScopeIsTheSumOfTheGrants(t *testing.T) {
	t.Parallel()
	p := load(t)
	gs := grants{
		grant(policies.Supervisor, bonn), grant(policies.Caseworker, eschwei, aachen),
		grant(policies.Clearing, aachen), grant(policies.Admin, "05111000"), grant("root", "05112000"),
	}
	require.Equal(t, policies.Scope{
		Caller: "u", Area: ags.Area{bonn}, Assigned: ags.Area{aachen, eschwei},
		Reported: ags.Area{aachen, eschwei}, Unhanded: ags.Area{aachen},
	}, p.Scope("u", gs, policies.ReadCase, policies.ReadSignal))
	require.Equal(t, policies.Scope{Caller: "u", Area: ags.Area{bonn}}, p.Scope("u", gs, policies.ReadHistory))
	require.Equal(t, policies.Scope{Caller: "u", Area: ags.Area{"05111000"}}, p.Scope("u", gs, policies.GiveGrant))
	require.Equal(t, policies.Scope{Caller: "u"}, p.Scope("u", gs), "no action, no case")
	require.Equal(t, policies.Scope{Caller: "u"}, p.Scope("u", nil, policies.Actions()...), "no grant, no case")
}

func TestScopeLeavesTheGrantsAlone(t *testing.T) {
	t.Parallel()
	p := load(t)
	gs := grants{grant(policies.Supervisor, bonn, aachen), grant(policies.Steering, eschwei)}
	s := p.Scope("u", gs, policies.ReadCase)
	s.Area[0] = "changed"
	require.Equal(t, grants{grant(policies.Supervisor, bonn, aachen), grant(policies.Steering, eschwei)}, gs)
}

// inScope is the SQL function in_scope.
func inScope(s policies.Scope, c conflict.Case) bool {
	return s.Area.Covers(c.AGS) ||
		s.Assigned.Covers(c.AGS) && slices.Contains(c.Team(), s.Caller) ||
		s.Reported.Covers(c.AGS) && c.Signal.By == s.Caller ||
		s.Unhanded.Covers(c.AGS) && c.Phase == conflict.Detection
}

// vague are the actions of which SQL cannot tell all conditions.
var vague = []string{
	policies.ReadMediation, string(conflict.ActionConfirmConditions), string(conflict.ActionRecordSession),
	string(conflict.ActionRecordInterimResult), string(conflict.ActionReviewAnalysis), string(conflict.ActionSignOff),
}

func TestScopeCoversWhatDecideAllows(t *testing.T) {
	t.Parallel()
	p := load(t)
	rapid.Check(t, func(t *rapid.T) {
		gs, c := someGrants(t), someCase(t)
		var exact []string
		one := false
		for _, act := range someOf(t, "acts", policies.Actions()) {
			d, in := p.Decide(gs, act, c.AGS, c.Relations("u")), inScope(p.Scope("u", gs, act), c)
			if slices.Contains(vague, act) {
				require.False(t, d.Allowed && !in, "%s is hidden", act)
				continue
			}
			require.Equal(t, d.Allowed, in, act)
			exact, one = append(exact, act), one || d.Allowed
		}
		require.Equal(t, one, inScope(p.Scope("u", gs, exact...), c), "one of %v", exact)
	})
}

// What SQL cannot tell leaves no stranger in: it errs by cases of the caller's own area alone.
func TestScopeErrsWithinTheOwnWorkAndArea(t *testing.T) {
	t.Parallel()
	p := load(t)
	rapid.Check(t, func(t *rapid.T) {
		gs, c := someGrants(t), someCase(t)
		act := rapid.SampledFrom(vague).Draw(t, "act")
		if !inScope(p.Scope("u", gs, act), c) {
			return
		}
		if d := p.Decide(gs, act, c.AGS, c.Relations("u")); !d.Allowed {
			require.Contains(t, []string{"mediator_of_record", "four_eyes"}, d.Rule)
		}
	})
}

var towns = []ags.Key{aachen, eschwei, bonn}

func someOf[T comparable](t *rapid.T, label string, all []T) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, len(all), rapid.ID[T]).Draw(t, label)
}

func someGrants(t *rapid.T) grants {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) policies.Grant {
		role := rapid.SampledFrom(append(policies.Roles(), "root")).Draw(t, "role")
		return grant(role, someOf(t, "area", towns)...)
	}), 0, 4).Draw(t, "grants")
}

// someCase need not be reachable: the agreement is one of all cases.
func someCase(t *rapid.T) conflict.Case {
	who := rapid.SampledFrom([]string{"u", "v"})
	c := conflict.Case{
		AGS:      rapid.SampledFrom(towns).Draw(t, "ags"),
		Phase:    rapid.SampledFrom(conflict.Phases()).Draw(t, "phase"),
		Signal:   &conflict.Signal{Stamp: conflict.Stamp{By: who.Draw(t, "reporter")}},
		Assignee: rapid.SampledFrom([]string{"", "u", "v"}).Draw(t, "assignee"),
	}
	if rapid.Bool().Draw(t, "analysed") {
		c.Findings = &conflict.Findings{Stamp: conflict.Stamp{By: who.Draw(t, "analyst")}}
	}
	if rapid.Bool().Draw(t, "planned") {
		c.Plan = &conflict.Plan{PlanMediation: conflict.PlanMediation{
			Facilitator: who.Draw(t, "facilitator"), Mediators: someOf(t, "mediators", []string{"u", "w"}),
		}}
	}
	if rapid.Bool().Draw(t, "proposed") {
		c.Result = &conflict.Result{Stamp: conflict.Stamp{By: who.Draw(t, "proposer")}}
	}
	return c
}
