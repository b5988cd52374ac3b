package policies_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/training"
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
	string(training.ActionDecideRelease), string(training.ActionDecideApplication), string(training.ActionPlanMakeUp),
	string(training.ActionReviewMakeUp), string(training.ActionReviewConcept), string(training.ActionReviewCaseReport),
	string(training.ActionRecordSupervision), string(training.ActionAppointAssessors), string(training.ActionRecordVerdict),
	string(training.ActionDecideAppeal), string(training.ActionCertify), string(training.ActionConfirmAttendance),
	string(training.ActionReissueCertificate), string(training.ActionRevokeCertificate), string(training.ActionTransfer),
	string(training.ActionChangeEmployer), string(training.ActionAdoptCurriculum),
	policies.RequestErasure, policies.ApproveErasure, policies.ExportSealed,
}

// What is vague is a command, or a mediation: lists show what they may.
func TestNoWayToReadIsVagueExceptOfMediations(t *testing.T) {
	t.Parallel()
	ps, _ := lines(t)
	for _, l := range ps {
		if l[2] == "mediator_of_record" || l[3] != "-" {
			require.Contains(t, vague, l[1], "%v", l)
			require.True(t, l[1] == policies.ReadMediation || !strings.HasPrefix(l[1], "read_"), "%v", l)
		}
	}
}

func TestScopeCoversWhatDecideAllows(t *testing.T) {
	t.Parallel()
	p := load(t)
	rapid.Check(t, func(t *rapid.T) {
		gs, c := someGrants(t, forCases), someCase(t)
		some := someOf(t, "acts", policies.Actions())
		var exact []string
		one := false
		for _, act := range policies.Actions() {
			d, in := p.Decide(gs, act, c.AGS, c.Relations("u")), inScope(p.Scope("u", gs, act), c)
			if slices.Contains(vague, act) {
				require.False(t, d.Allowed && !in, "%s is hidden", act)
				continue
			}
			require.Equal(t, d.Allowed, in, act)
			if slices.Contains(some, act) {
				exact, one = append(exact, act), one || d.Allowed
			}
		}
		require.Equal(t, one, inScope(p.Scope("u", gs, exact...), c), "one of %v", exact)
	})
}

// What SQL cannot tell leaves no stranger in: it errs by cases of the caller's own area alone.
func TestScopeErrsWithinTheOwnWorkAndArea(t *testing.T) {
	t.Parallel()
	p := load(t)
	rapid.Check(t, func(t *rapid.T) {
		gs, c := someGrants(t, forCases), someCase(t)
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

// The first roles are for cases, the last ones for the training: either lot meets the other, too.
var (
	forCases    = append(slices.Clone(policies.Roles()[:11]), "root")
	forTraining = append(slices.Clone(policies.Roles()[6:]), "root")
)

func someGrants(t *rapid.T, roles []policies.Role) grants {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) policies.Grant {
		role := rapid.SampledFrom(roles).Draw(t, "role")
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

func TestTheScopeOfEnrolmentsIsTheSumOfTheGrants(t *testing.T) {
	t.Parallel()
	p := load(t)
	gs := grants{
		grant(policies.Coordinator, bonn), grant(policies.Trainee, eschwei, aachen), grant(policies.Trainer, aachen),
		grant(policies.Assessor, eschwei), grant(policies.Employer, aachen), grant(policies.Admin, "05111000"), grant("root", "05112000"),
	}
	teaches := []string{"c1"}
	require.Equal(t, policies.EnrolmentScope{
		Caller: "u", Teaches: teaches, Area: ags.Area{bonn}, Own: ags.Area{aachen, eschwei},
		Led: ags.Area{aachen}, Taught: ags.Area{aachen}, Assessed: ags.Area{eschwei},
	}, p.EnrolmentScope("u", teaches, gs, policies.ReadEnrolment, policies.ReadProgress))
	require.Equal(t, policies.EnrolmentScope{Caller: "u", Own: ags.Area{aachen, eschwei}, Area: ags.Area{bonn}},
		p.EnrolmentScope("u", nil, gs, policies.ReadCertificate))
	require.Equal(t, policies.EnrolmentScope{Caller: "u"}, p.EnrolmentScope("u", nil, gs), "no action, no enrolment")
	require.Equal(t, policies.EnrolmentScope{Caller: "u"}, p.EnrolmentScope("u", nil, nil, policies.Actions()...), "no grant, no enrolment")
}

func TestTheScopeOfCohortsIsTheSumOfTheGrants(t *testing.T) {
	t.Parallel()
	p := load(t)
	gs := grants{grant(policies.Coordinator, bonn), grant(policies.Trainer, eschwei), grant(policies.Admin, "05111000"), grant("root", "05112000")}
	both := ags.Area{bonn, eschwei}
	require.Equal(t, policies.CohortScope{Caller: "u", Area: both, Offering: both}, p.CohortScope("u", gs, policies.ReadCohort))
	require.Equal(t, policies.CohortScope{Caller: "u", Area: ags.Area{bonn}, Run: ags.Area{eschwei}}, p.CohortScope("u", gs, policies.ReadParticipants))
	require.Equal(t, policies.CohortScope{Caller: "u", Area: ags.Area{bonn}}, p.CohortScope("u", gs, "staff_cohort"))
	require.Equal(t, policies.CohortScope{Caller: "u", Area: both, Offering: both, Run: ags.Area{eschwei}},
		p.CohortScope("u", gs, policies.ReadCohort, policies.ReadParticipants))
	require.Equal(t, policies.CohortScope{Caller: "u", Area: ags.Area{bonn}, Offering: ags.Area{bonn}},
		p.CohortScope("u", grants{grant(policies.Trainee, bonn)}, "apply"), "those that one may apply to")
	require.Equal(t, policies.CohortScope{Caller: "u"}, p.CohortScope("u", gs), "no action, no cohort")
}

// covered is what SQL makes of the scope of enrolments.
func covered(s policies.EnrolmentScope, e training.Enrolment) bool {
	return s.Area.Covers(e.AGS) ||
		s.Own.Covers(e.AGS) && e.Trainee == s.Caller ||
		s.Led.Covers(e.AGS) && e.Superior == s.Caller ||
		s.Taught.Covers(e.AGS) && slices.ContainsFunc(e.Cohorts(), func(c string) bool { return slices.Contains(s.Teaches, c) }) ||
		s.Assessed.Covers(e.AGS) && slices.Contains(e.Assessors(), s.Caller)
}

func TestTheScopeOfEnrolmentsCoversWhatDecideAllows(t *testing.T) {
	t.Parallel()
	p := load(t)
	rapid.Check(t, func(t *rapid.T) {
		gs, e := someGrants(t, forTraining), someEnrolment(t)
		teaches := someOf(t, "teaches", []string{"c1", "c2"})
		some := someOf(t, "acts", policies.Actions())
		var exact []string
		one := false
		for _, act := range policies.Actions() {
			d, in := p.Decide(gs, act, e.AGS, e.Relations("u", teaches)), covered(p.EnrolmentScope("u", teaches, gs, act), e)
			if slices.Contains(vague, act) {
				require.False(t, d.Allowed && !in, "%s is hidden", act)
				require.True(t, d.Allowed || !in || d.Rule == "four_eyes", "%s is shown in spite of %s", act, d.Rule)
				continue
			}
			require.Equal(t, d.Allowed, in, act)
			if slices.Contains(some, act) {
				exact, one = append(exact, act), one || d.Allowed
			}
		}
		require.Equal(t, one, covered(p.EnrolmentScope("u", teaches, gs, exact...), e), "one of %v", exact)
	})
}

// within is what SQL makes of the scope of cohorts.
func within(s policies.CohortScope, c training.Cohort) bool {
	meets := func(a ags.Area) bool { return slices.ContainsFunc(c.Offered, a.Covers) }
	return s.Area.Covers(c.AGS) || meets(s.Offering) ||
		(s.Run.Covers(c.AGS) || meets(s.Run)) && slices.Contains(c.Trainers, s.Caller)
}

func TestTheScopeOfCohortsCoversWhatDecideAllows(t *testing.T) {
	t.Parallel()
	p := load(t)
	rapid.Check(t, func(t *rapid.T) {
		gs := someGrants(t, forTraining)
		c := training.Cohort{
			AGS:      rapid.SampledFrom(towns).Draw(t, "ags"),
			Offered:  someOf(t, "offered", towns),
			Trainers: someOf(t, "trainers", []string{"u", "v"}),
		}
		some := someOf(t, "acts", policies.Actions())
		one := false
		for _, act := range policies.Actions() {
			d := p.DecideCohort(gs, act, c, c.Relations("u"))
			require.Equal(t, d.Allowed, within(p.CohortScope("u", gs, act), c), "%s %s", act, d.Rule)
			one = one || d.Allowed && slices.Contains(some, act)
		}
		require.Equal(t, one, within(p.CohortScope("u", gs, some...), c), "one of %v", some)
	})
}

// someEnrolment need not be reachable.
func someEnrolment(t *rapid.T) training.Enrolment {
	who := rapid.SampledFrom([]string{"u", "v", "w"})
	e := training.Enrolment{
		AGS:     rapid.SampledFrom(towns).Draw(t, "ags"),
		Trainee: who.Draw(t, "trainee"), Superior: who.Draw(t, "superior"),
		Cohort: rapid.SampledFrom([]string{"", "c1", "c2", "c3"}).Draw(t, "cohort"),
	}
	if rapid.Bool().Draw(t, "made up") {
		e.MakeUps = []training.MakeUp{{Cohort: "c2"}}
	}
	if rapid.Bool().Draw(t, "assessed") {
		e.Attempts = []training.Attempt{{Assessors: someOf(t, "assessors", []string{"u", "v", "w"})}}
		if rapid.Bool().Draw(t, "judged") {
			e.Attempts[0].Verdicts = []training.Verdict{{Stamp: training.Stamp{By: who.Draw(t, "judge")}}}
		}
	}
	return e
}
