package advice_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/advice"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/policies"
)

// kind is the advice as the house knows it.
var kind = file.Define(advice.Spec)

var loaded = sync.OnceValues(policies.Load)

func load(t *testing.T) *policies.Policy {
	t.Helper()
	p, err := loaded()
	require.NoError(t, err)
	return p
}

// may asks the policy, and requires that the scope of lists says the same of what is read.
func may(t *testing.T, a advice.Advice, role, who, act string) bool {
	t.Helper()
	p := load(t)
	grants := []policies.Grant{{ID: "g", Role: policies.Role(role), Area: ags.Area{a.AGS}}}
	row, err := kind.Row(a)
	require.NoError(t, err)
	d := p.Decide(grants, act, policies.Place{Own: a.AGS}, file.HeldIn(row.Ties, who))
	if slices.Contains(kind.Reading(), act) {
		require.Equal(t, d.Allowed, p.Scope(policies.Caller{Subject: who, Grants: grants}, act).Covers(row), "%s as %s: %s", who, role, act)
	}
	return d.Allowed
}

// reads are the ways to read that somebody has in a role.
func reads(t *testing.T, a advice.Advice, role, who string) (acts []string) {
	t.Helper()
	for _, act := range kind.Reading() {
		if may(t, a, role, who, act) {
			acts = append(acts, act)
		}
	}
	return acts
}

func TestEveryRoleMayAskAndReadsTheOwnAdvice(t *testing.T) {
	own := []string{advice.ReadAdvice, advice.ReadCourse, advice.ReadOwnNotes}
	s := until(t, advice.Coaching, advice.ActionMeet)
	for _, role := range policies.Roles() {
		require.True(t, may(t, fresh, string(role), client, string(advice.ActionRequest)), role)
		require.Subset(t, reads(t, s, string(role), client), own, role)
		require.NotContains(t, reads(t, s, string(role), client), advice.ReadNotes, role)
	}
}

// Acceptance 4: of coaching and supervision, a supervisor learns nothing; of the rest, that it exists.
func TestOthersLearnAtMostThatThereIsAdvice(t *testing.T) {
	for _, f := range file.Values[advice.Form]() {
		s := fresh
		for _, w := range way(f) {
			s = decide(t, s, w.at, w.by, w.cmd)
			for _, role := range policies.Roles() {
				var want []string
				switch {
				case role == "advice_coordinator":
					want = []string{advice.ReadCourse}
				case !f.Discreet() && (role == policies.Supervisor || role == policies.DPO):
					want = []string{advice.ReadExistence}
				}
				require.ElementsMatch(t, want, reads(t, s, string(role), stranger), "%s of %s after %s", role, f, w.cmd.Action())
			}
		}
	}
}

// Acceptance 3: an adviser has the file until the agreement ends; then it does not exist for the external one.
func TestTheFileClosesForAdvisersWhenTheAgreementEnds(t *testing.T) {
	before, running, ended := until(t, "beratung", advice.ActionClarify), until(t, "beratung", advice.ActionAgree), until(t, "beratung", advice.ActionClose)
	all := []string{advice.ReadAdvice, advice.ReadCourse, advice.ReadNotes}
	for _, who := range []string{local, external} {
		require.Empty(t, reads(t, before, "adviser", who), "not named yet")
		require.ElementsMatch(t, all, reads(t, running, "adviser", who))
		require.Empty(t, reads(t, running, "mediator", who), "it takes the role")
	}
	require.Empty(t, reads(t, ended, "adviser", external))
	require.Equal(t, []string{advice.ReadNotes}, reads(t, ended, "adviser", local))
	require.True(t, may(t, ended, "adviser", local, string(advice.ActionMeet)))
	require.False(t, may(t, ended, "adviser", external, string(advice.ActionMeet)))
}

// What the rules say of people, the policy says beforehand: whoever has every role is closed out of a
// command by the one where the other closes it for the same reason.
func TestRulesAndPolicyAgreeOnTheRightPerson(t *testing.T) {
	p := load(t)
	var every []policies.Grant
	for _, role := range policies.Roles() {
		every = append(every, policies.Grant{Role: role, Area: ags.Area{fresh.AGS}})
	}
	told := map[string]int{}
	s := fresh
	for _, w := range way("beratung") {
		s = decide(t, s, w.at, w.by, w.cmd)
		for _, who := range []string{client, local, external, stranger} {
			for _, o := range advice.Spec.Options(s, who) {
				d := p.Decide(every, string(o.Action), policies.Place{Own: s.AGS}, file.Held(s.Ties(), who))
				switch {
				case o.Closed == nil:
					require.True(t, d.Allowed, "%s may %s in %s: %s", who, o.Action, s.Phase, d.Rule)
				case slices.Contains([]string{"four_eyes", "own_advice", "advising", "advised", "party"}, o.Closed.Rule) &&
					o.Action != advice.ActionAgree && o.Action != advice.ActionAgreeExtension: // whose sides no tie tells
					require.False(t, d.Allowed, "%s may not %s in %s: %s", who, o.Action, s.Phase, o.Closed.Rule)
					told[o.Closed.Rule]++
				}
			}
		}
	}
	for _, rule := range []string{"four_eyes", "own_advice", "advising", "advised", "party"} {
		require.Positive(t, told[rule], rule)
	}
}

// What is done about erasures is the coordination's, and only of advice: their rows open nothing else.
func TestTheCoordinationErasesNothingButAdvice(t *testing.T) {
	p := load(t)
	grants := []policies.Grant{{Role: "advice_coordinator", Area: ags.Area{fresh.AGS}}}
	s := until(t, advice.Coaching, advice.ActionMeet)
	for _, act := range []string{policies.RequestErasure, policies.RequestUnseenErasure, policies.ApproveErasure, policies.ReadErasures, policies.ExportSealed} {
		require.True(t, p.Decide(grants, act, policies.Place{Own: s.AGS}, file.Held(s.Ties(), coordinator)).Allowed, act)
		require.False(t, p.Decide(grants, act, policies.Place{Own: s.AGS}, nil).Allowed, "%s of another file", act)
	}
}

// Everything of an advice is veiled from those who know at most that it exists.
func TestWhoDoesNotSeeTheCourseLearnsOfNoCommand(t *testing.T) {
	for _, c := range kind.Commands() {
		require.NotEmpty(t, c.Veil, c.Action)
		require.NotEqual(t, advice.ReadExistence, c.Veil, c.Action)
	}
	for _, c := range kind.Compartments {
		require.True(t, c.Veiled, c.Name)
	}
	require.ElementsMatch(t, kind.Reading(), append(kind.Veils(), advice.ReadExistence), "asking who may read names nobody")
	s := until(t, "beratung", advice.ActionFollowUp)
	require.Equal(t, s.Existence(), kind.Unveiled(s))
}
