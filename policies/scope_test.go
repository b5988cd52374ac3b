package policies_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/domain/work"
	"koko/domain/working"
	"koko/policies"
)

// of is a caller with grants, who is a member of the files through.
func of(subject string, gs grants, through ...string) policies.Caller {
	return policies.Caller{Subject: subject, Grants: gs, Through: through}
}

// all are the files of an area, tied those of one with a tie.
func all(area ...ags.Key) file.Part { return file.Part{Area: area} }

func tied(tie string, area ...ags.Key) file.Part { return file.Part{Tie: tie, Area: area} }

func offered(p file.Part) file.Part {
	p.Offered = true
	return p
}

func requireScope(t *testing.T, got file.Scope, want ...file.Part) {
	t.Helper()
	require.Equal(t, "u", got.Caller)
	require.ElementsMatch(t, want, got.Parts)
}

func TestScopeIsTheSumOfTheGrants(t *testing.T) {
	t.Parallel()
	p := load(t)
	gs := grants{
		grant(policies.Supervisor, bonn), grant("caseworker", eschwei, aachen),
		grant("clearing", aachen), grant(policies.Admin, "05111000"), grant("root", "05112000"),
	}
	u := of("u", gs)
	requireScope(t, p.Scope(u, conflict.ReadCase, conflict.ReadSignal),
		all(bonn), tied("assigned:u", aachen, eschwei), tied("reporter:u", aachen, eschwei), tied("unhanded:", aachen))
	requireScope(t, p.Scope(of("u", gs, "w1", "w2"), conflict.ReadCase), all(bonn), tied("assigned:u", aachen, eschwei), tied("unhanded:", aachen),
		tied("working:w1", aachen, eschwei), tied("working:w2", aachen, eschwei))
	requireScope(t, p.Scope(u, conflict.ReadHistory), all(bonn))
	requireScope(t, p.Scope(u, work.ReadWork), tied("admitted:u", aachen, eschwei))
	requireScope(t, p.Scope(u, policies.GiveGrant), all("05111000"))
	requireScope(t, p.Scope(u))                                   // no action, no case
	requireScope(t, p.Scope(of("u", nil), policies.Actions()...)) // no grant, no case
}

func TestScopeLeavesTheGrantsAlone(t *testing.T) {
	t.Parallel()
	p := load(t)
	gs := grants{grant(policies.Supervisor, bonn, aachen), grant("steering", eschwei)}
	s := p.Scope(of("u", gs), conflict.ReadCase)
	s.Parts[0].Area[0] = "changed"
	require.Equal(t, grants{grant(policies.Supervisor, bonn, aachen), grant("steering", eschwei)}, gs)
}

// in reports whether a scope covers a file that lies at places. The file need not be a possible one.
func in(s file.Scope, ties []file.Tie, places ...ags.Key) bool {
	row := file.Row{AGS: places[0], Places: places}
	for _, t := range ties {
		row.Ties = append(row.Ties, t.String())
	}
	return s.Covers(row)
}

// vague are the actions that four eyes keep from some, of which a scope knows nothing.
var vague = func() (acts []string) {
	for line := range strings.Lines(policies.Text()) {
		if row := strings.Split(strings.TrimSpace(line), ", "); row[0] == "p" && row[4] != "-" && !slices.Contains(acts, row[2]) {
			acts = append(acts, row[2])
		}
	}
	return acts
}()

// What is vague is a command: lists show what they may.
func TestNoWayToReadIsVague(t *testing.T) {
	t.Parallel()
	require.NotEmpty(t, vague)
	for _, act := range vague {
		require.False(t, strings.HasPrefix(act, "read_"), act)
	}
}

func TestScopeCoversWhatDecideAllows(t *testing.T) {
	t.Parallel()
	p := load(t)
	rapid.Check(t, func(t *rapid.T) {
		gs, c := someGrants(t, forCases), someCase(t)
		works := someOf(t, "works on", []string{"w1", "w2"})
		rels := file.Held(c.Ties(), append([]string{"u"}, works...)...)
		some := someOf(t, "acts", policies.Actions())
		var exact []string
		one := false
		for _, act := range policies.Actions() {
			d, covered := p.Decide(gs, act, town(c.AGS), rels), in(p.Scope(of("u", gs, works...), act), c.Ties(), c.AGS)
			if slices.Contains(vague, act) {
				require.False(t, d.Allowed && !covered, "%s is hidden", act)
				continue
			}
			require.Equal(t, d.Allowed, covered, act)
			if slices.Contains(some, act) {
				exact, one = append(exact, act), one || d.Allowed
			}
		}
		require.Equal(t, one, in(p.Scope(of("u", gs, works...), exact...), c.Ties(), c.AGS), "one of %v", exact)
	})
}

// What a scope cannot tell leaves no stranger in: it errs by four eyes alone.
func TestScopeErrsByFourEyesAlone(t *testing.T) {
	t.Parallel()
	p := load(t)
	rapid.Check(t, func(t *rapid.T) {
		gs, c := someGrants(t, forCases), someCase(t)
		act := rapid.SampledFrom(vague).Draw(t, "act")
		if !in(p.Scope(of("u", gs), act), c.Ties(), c.AGS) {
			return
		}
		if d := p.Decide(gs, act, town(c.AGS), c.Relations("u")); !d.Allowed {
			require.Equal(t, "four_eyes", d.Rule)
		}
	})
}

var towns = []ags.Key{aachen, eschwei, bonn}

func someOf[T comparable](t *rapid.T, label string, all []T) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, len(all), rapid.ID[T]).Draw(t, label)
}

// The roles of cases come first, then those of the training, then those of the house. Each lot meets the
// house, and one of the other, too.
var (
	forCases    = append(slices.Concat(policies.Roles()[:7], policies.Roles()[12:]), "root")
	forTraining = append(slices.Clone(policies.Roles()[5:]), "root")
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
		Phase:    rapid.SampledFrom(file.Values[conflict.Phase]()).Draw(t, "phase"),
		Signal:   &conflict.Signal{Stamp: conflict.Stamp{By: who.Draw(t, "reporter")}},
		Assignee: rapid.SampledFrom([]string{"", "u", "v"}).Draw(t, "assignee"),
	}
	if rapid.Bool().Draw(t, "analysed") {
		c.Findings = &conflict.Findings{Stamp: conflict.Stamp{By: who.Draw(t, "analyst")}}
	}
	if rapid.Bool().Draw(t, "handed over") {
		c.Handed = &conflict.Handed{Work: rapid.SampledFrom([]string{"w1", "w2"}).Draw(t, "working file")}
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
		grant("coordinator", bonn), grant("trainee", eschwei, aachen), grant("trainer", aachen),
		grant("assessor", eschwei), grant("line_manager", aachen), grant(policies.Admin, "05111000"), grant("root", "05112000"),
	}
	u := of("u", gs, "c1", "c2")
	requireScope(t, p.Scope(u, enrolment.ReadEnrolment, enrolment.ReadProgress), all(bonn), tied("trainee:u", aachen, eschwei),
		tied("line_manager:u", aachen), tied("teaching:c1", aachen), tied("teaching:c2", aachen), tied("assessing:u", eschwei))
	requireScope(t, p.Scope(of("u", gs), enrolment.ReadCertificate), tied("trainee:u", aachen, eschwei), all(bonn))
	requireScope(t, p.Scope(u))                                         // no action, no enrolment
	requireScope(t, p.Scope(of("u", nil, "c1"), policies.Actions()...)) // no grant, no enrolment
}

func TestTheScopeOfCohortsIsTheSumOfTheGrants(t *testing.T) {
	t.Parallel()
	p := load(t)
	gs := grants{grant("coordinator", bonn), grant("trainer", eschwei), grant(policies.Admin, "05111000"), grant("root", "05112000")}
	u := of("u", gs)
	runs := offered(tied("runs:u", eschwei))
	requireScope(t, p.Scope(u, cohort.ReadCohort), offered(all(bonn, eschwei)))
	requireScope(t, p.Scope(u, cohort.ReadParticipants), all(bonn), runs)
	requireScope(t, p.Scope(u, "staff_cohort"), all(bonn))
	requireScope(t, p.Scope(u, cohort.ReadCohort, cohort.ReadParticipants), offered(all(bonn, eschwei)), all(bonn), runs)
	requireScope(t, p.Scope(of("u", grants{grant("trainee", bonn)}), "apply"), offered(all(bonn))) // those that one may apply to
	requireScope(t, p.Scope(u))                                                                    // no action, no cohort
}

// Through whom a caller is tied to files is asked where a grant permits something through them.
func TestThroughIsAskedWhereTheGrantsReach(t *testing.T) {
	t.Parallel()
	p := load(t)
	gs := grants{grant("trainer", bonn), grant("coordinator", aachen), grant("trainer", eschwei, bonn), grant("root", "05112000")}
	require.Equal(t, map[file.Relation]ags.Area{training.Runs: {bonn, eschwei}}, p.Through(gs))
	require.Equal(t, map[file.Relation]ags.Area{working.AtWork: {aachen}}, p.Through(grants{grant("coordinator", aachen), grant("mediator", aachen)}))
	require.Empty(t, p.Through(grants{grant("coordinator", aachen), grant("clearing", aachen)}))
	require.Empty(t, p.Through(nil))
}

// A tie tells of the work on a conflict if it is what lets somebody see it.
func TestATieTellsOfWhatItOpens(t *testing.T) {
	t.Parallel()
	p := load(t)
	done := []string{work.ReadWork, string(work.ActionRecordSession)}
	require.True(t, p.Tells(work.Facilitating, done))
	require.True(t, p.Tells(work.Privy, done))
	require.False(t, p.Tells(conflict.Assigned, done))
	require.True(t, p.Tells(conflict.Assigned, []string{conflict.ReadIdentities}))
	require.False(t, p.Tells(work.Facilitating, nil))
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
			d, covered := p.Decide(gs, act, town(e.AGS), e.Relations("u", teaches)), in(p.Scope(of("u", gs, teaches...), act), e.Ties(), e.AGS)
			if slices.Contains(vague, act) {
				require.False(t, d.Allowed && !covered, "%s is hidden", act)
				require.True(t, d.Allowed || !covered || d.Rule == "four_eyes", "%s is shown in spite of %s", act, d.Rule)
				continue
			}
			require.Equal(t, d.Allowed, covered, act)
			if slices.Contains(some, act) {
				exact, one = append(exact, act), one || d.Allowed
			}
		}
		require.Equal(t, one, in(p.Scope(of("u", gs, teaches...), exact...), e.Ties(), e.AGS), "one of %v", exact)
	})
}

func TestTheScopeOfCohortsCoversWhatDecideAllows(t *testing.T) {
	t.Parallel()
	p := load(t)
	rapid.Check(t, func(t *rapid.T) {
		gs := someGrants(t, forTraining)
		c := cohort.Cohort{
			AGS:      rapid.SampledFrom(towns).Draw(t, "ags"),
			Offered:  someOf(t, "offered", towns),
			Trainers: someOf(t, "trainers", []string{"u", "v"}),
		}
		some := someOf(t, "acts", policies.Actions())
		one := false
		for _, act := range policies.Actions() {
			d := p.Decide(gs, act, placeOf(c), c.Relations("u"))
			require.Equal(t, d.Allowed, in(p.Scope(of("u", gs), act), c.Ties(), append([]ags.Key{c.AGS}, c.Offered...)...), "%s %s", act, d.Rule)
			one = one || d.Allowed && slices.Contains(some, act)
		}
		require.Equal(t, one, in(p.Scope(of("u", gs), some...), c.Ties(), append([]ags.Key{c.AGS}, c.Offered...)...), "one of %v", some)
	})
}

// someEnrolment need not be reachable.
func someEnrolment(t *rapid.T) enrolment.Enrolment {
	who := rapid.SampledFrom([]string{"u", "v", "w"})
	e := enrolment.Enrolment{
		AGS:     rapid.SampledFrom(towns).Draw(t, "ags"),
		Trainee: who.Draw(t, "trainee"), LineManager: who.Draw(t, "line_manager"),
		Cohort: rapid.SampledFrom([]string{"", "c1", "c2", "c3"}).Draw(t, "cohort"),
	}
	if rapid.Bool().Draw(t, "made up") {
		e.MakeUps = []enrolment.MakeUp{{Cohort: "c2"}}
	}
	if rapid.Bool().Draw(t, "assessed") {
		e.Attempts = []enrolment.Attempt{{Assessors: someOf(t, "assessors", []string{"u", "v", "w"})}}
		if rapid.Bool().Draw(t, "judged") {
			e.Attempts[0].Verdicts = []enrolment.Verdict{{Stamp: file.Stamp{By: who.Draw(t, "judge")}}}
		}
	}
	return e
}
