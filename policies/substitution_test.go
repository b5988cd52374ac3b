package policies_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/enrolment"
	"koko/policies"
)

// Who may ask for an erasure or a repair of every file of an area does not decide on it in another role by a
// substitution, unless each of the roles does both: then two people decide as they do without one.
func TestWhoProposesAndWhoDecidesAreApart(t *testing.T) {
	t.Parallel()
	p := load(t)
	all := func(r policies.Role, act string) bool {
		return p.Decide(grants{grant(r, aachen)}, act, town(aachen), nil).Allowed
	}
	found := 0
	for propose, decide := range map[string]string{policies.RequestErasure: policies.ApproveErasure, policies.ProposeRepair: policies.ApproveRepair} {
		for _, a := range policies.Roles() {
			for _, b := range policies.Roles() {
				if all(a, propose) && !all(a, decide) && all(b, decide) {
					require.True(t, p.Apart(a, b), "%s proposes, %s decides", a, b)
					require.Contains(t, p.ApartFrom(b), a)
					found++
				}
			}
		}
	}
	require.Positive(t, found)
	for _, two := range [][2]policies.Role{
		{policies.Supervisor, "caseworker"}, {policies.Supervisor, "conflict_manager"}, {policies.Supervisor, policies.Admin},
		{"certifier", "assessor"}, {"coordinator", "line_manager"}, {policies.DPO, "conflict_manager"},
	} {
		require.True(t, p.Apart(two[0], two[1]), two)
		require.True(t, p.Apart(two[1], two[0]), two)
	}
	for _, two := range [][2]policies.Role{
		{"conflict_manager", "caseworker"}, {"conflict_manager", "conflict_manager"}, {policies.Supervisor, policies.Supervisor}, {"certifier", "coordinator"},
	} {
		require.False(t, p.Apart(two[0], two[1]), two)
	}
	_, err := policies.LoadFrom(policies.Text() + "\napart, supervisor, king\n")
	require.ErrorContains(t, err, "not two roles")
}

// By a substitution, nobody may do what the person may not do whom they substitute, and the person's ties open nothing.
func TestASubstituteIsBoundByWhatBindsThePerson(t *testing.T) {
	t.Parallel()
	p := load(t)
	tie := func(r file.Relation, who string) string { return file.Tie{Relation: r, Holder: who}.String() }
	substitute := func(own ...policies.Grant) policies.Caller {
		return policies.Caller{Subject: "eve", Grants: append(own, policies.Grant{ID: "ada's", Role: "conflict_manager", Area: ags.Area{aachen}, InsteadOf: "ada"})}
	}
	ask := func(c policies.Caller, act string, held ...string) policies.Decision {
		return p.DecideOn(c, act, town(aachen), held)
	}
	review := string(conflict.ActionReviewAnalysis)

	require.Equal(t, "ada's", ask(substitute(), review, tie(conflict.Analyst, "ben")).Grant)
	require.Equal(t, "four_eyes", ask(substitute(), review, tie(conflict.Analyst, "eve")).Rule)
	require.Equal(t, "four_eyes", ask(substitute(), review, tie(conflict.Analyst, "ada")).Rule, "ada would review what she wrote")
	own := policies.Grant{ID: "eve's", Role: "conflict_manager", Area: ags.Area{aachen}}
	require.Equal(t, "eve's", ask(substitute(own), review, tie(conflict.Analyst, "ada")).Grant, "in her own right she is another person")

	worker := policies.Caller{Subject: "eve", Grants: []policies.Grant{{ID: "ada's", Role: "caseworker", Area: ags.Area{aachen}, InsteadOf: "ada"}}}
	require.False(t, ask(worker, conflict.ReadCase, tie(conflict.Assigned, "ada")).Allowed, "ties do not go over")
	require.True(t, ask(worker, conflict.ReadCase, tie(conflict.Assigned, "eve")).Allowed)

	// What is logged of the question gives the same answer again.
	q := p.QuestionOn(substitute(), review, town(aachen), []string{tie(conflict.Analyst, "ada")})
	require.Empty(t, q.Relations)
	require.False(t, p.Ask(q).Allowed)
	require.True(t, p.Ask(p.QuestionOn(substitute(), review, town(aachen), nil)).Allowed)
}

// Who is told in place of somebody sees the file, and it is the business of the role.
func TestASubstituteHearsWhatTheRoleWouldHear(t *testing.T) {
	t.Parallel()
	p := load(t)
	cases, enrolments := file.Define(conflict.Spec), file.Define(enrolment.Spec)
	stand := func(roles []string, held ...string) file.StandIn {
		return file.StandIn{Person: "ada", Substitute: "eve", Roles: roles, Held: append(slices.Clone(roles), held...)}
	}
	tie := func(r file.Relation, who string) string { return file.Tie{Relation: r, Holder: who}.String() }
	at := file.Row{AGS: aachen, Places: ags.Area{aachen}, Ties: []string{tie(conflict.Assigned, "ada")}}
	require.True(t, p.Hears(cases, at, stand([]string{"conflict_manager"})))
	require.False(t, p.Hears(cases, at, stand([]string{"caseworker"})), "the substitute does not see the case")
	require.True(t, p.Hears(cases, at, stand([]string{"caseworker"}, "conflict_manager")))
	require.False(t, p.Hears(cases, at, stand([]string{"coordinator"}, "conflict_manager")), "not what she is substituted in")

	own := file.Row{AGS: aachen, Places: ags.Area{aachen}, Ties: []string{tie(training.Trainee, "ada")}}
	require.False(t, p.Hears(enrolments, own, stand([]string{"coordinator"})), "her own enrolment")
	own.Ties = []string{tie(training.Trainee, "ben")}
	require.True(t, p.Hears(enrolments, own, stand([]string{"coordinator"})))
	require.True(t, policies.Personal("trainee"))
	require.False(t, policies.Personal("coordinator"))
}
