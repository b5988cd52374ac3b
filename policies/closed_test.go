package policies_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/advice"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/enrolment"
	"koko/domain/work"
	"koko/kinds"
	"koko/policies"
)

// lines reads the policy without Casbin: the p and the g lines.
func lines(t *testing.T) (ps, gs [][]string) {
	t.Helper()
	r := csv.NewReader(strings.NewReader(policies.Text()))
	r.Comment, r.TrimLeadingSpace, r.FieldsPerRecord = '#', true, -1
	all, err := r.ReadAll()
	require.NoError(t, err)
	for _, l := range all {
		switch l[0] {
		case "p":
			ps = append(ps, l[1:])
		case "g":
			gs = append(gs, l[1:])
		case "apart":
		default:
			require.Fail(t, "neither p, g nor apart", "%v", l)
		}
	}
	return ps, gs
}

func TestEveryRowNamesWhatExists(t *testing.T) {
	t.Parallel()
	ps, gs := lines(t)
	var seen []string
	for _, l := range ps {
		require.Len(t, l, 4, "%v", l)
		require.Contains(t, policies.Roles(), policies.Role(l[0]), "%v", l)
		require.Contains(t, policies.Actions(), l[1], "%v", l)
		require.Contains(t, append(rels{"any"}, allRelations...), file.Relation(l[2]), "%v", l)
		for unless := range strings.SplitSeq(l[3], "|") {
			require.Contains(t, append(rels{"-"}, allRelations...), file.Relation(unless), "%v", l)
		}
		row := strings.Join(l[:3], " ")
		require.NotContains(t, seen, row, "one row for each role, action and tie")
		seen = append(seen, row)
	}
	for _, l := range gs {
		require.Len(t, l, 2, "%v", l)
		require.Contains(t, append(policies.Roles(), "*"), policies.Role(l[0]), "%v", l)
		require.Contains(t, policies.Roles(), policies.Role(l[1]), "%v", l)
	}
}

// whens are the conditions of rows.
func whens(t *testing.T) (all []string) {
	ps, _ := lines(t)
	for _, l := range ps {
		all = append(all, l[2])
	}
	return all
}

func TestEveryActionHasARoleExceptTheWorkflowsOwn(t *testing.T) {
	t.Parallel()
	ps, _ := lines(t)
	granted := func(act string) bool {
		return slices.ContainsFunc(ps, func(l []string) bool { return l[1] == act })
	}
	for _, k := range kinds.All() {
		for _, c := range k.Commands() {
			require.Equal(t, !c.Own, granted(string(c.Action)), c.Action)
			require.Equal(t, !c.Own, slices.Contains(policies.Actions(), string(c.Action)), c.Action)
		}
	}
	require.False(t, granted(string(file.ActionDeadlinePassed)))
	for _, act := range policies.Actions() {
		require.True(t, granted(act), act)
	}
}

// A row names an action alone: it must not open another process, too.
func TestNoTwoProcessesShareAnActionOfPeople(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, act := range policies.Actions() {
		require.False(t, seen[act], act)
		seen[act] = true
	}
}

func TestEveryRoleHasARight(t *testing.T) {
	t.Parallel()
	ps, _ := lines(t)
	for _, role := range policies.Roles() {
		require.True(t, slices.ContainsFunc(ps, func(l []string) bool { return l[0] == string(role) }), role)
	}
}

// An inherited row would open again what a role's own row closes.
func TestNoRowBypassesFourEyes(t *testing.T) {
	t.Parallel()
	ps, _ := lines(t)
	for _, l := range ps {
		switch l[1] {
		case string(conflict.ActionReviewAnalysis):
			require.Equal(t, "analyst", l[3], "%v", l)
		case string(conflict.ActionSignOff):
			require.Equal(t, "proposer|assigned|analyst", l[3], "%v", l)
		case string(enrolment.ActionDecideApplication):
			require.Equal(t, "trainee|line_manager", l[3], "%v", l)
		case string(enrolment.ActionCertify), string(enrolment.ActionDecideAppeal):
			require.Equal(t, "trainee|assessing|judged", l[3], "%v", l)
		}
	}
}

// A trainee does nothing to their own enrolment that trainees may not do, whatever other roles and
// ties she has.
func TestNobodyActsOnTheOwnEnrolmentAsSomebodyElse(t *testing.T) {
	t.Parallel()
	p := load(t)
	var others grants
	for _, role := range policies.Roles() {
		if role != "trainee" {
			others = append(others, grant(role, aachen))
		}
	}
	trainee := grants{grant("trainee", aachen)}
	for _, c := range enrolment.Spec.Rules {
		a := string(c.Form.Action())
		for _, set := range subsets() {
			ties := append(subset(set), training.Trainee)
			if p.Decide(others, a, town(aachen), ties).Allowed {
				require.True(t, p.Decide(trainee, a, town(aachen), ties).Allowed, "%s %v", a, ties)
			}
		}
	}
}

// Reasons, rubrics and appeals are for those who judge, those judged and those who answer for it.
func TestFewReadTheAssessment(t *testing.T) {
	t.Parallel()
	ps, _ := lines(t)
	var who []string
	for _, l := range ps {
		if l[1] == enrolment.ReadAssessmentFile {
			who = append(who, l[0]+" "+l[2])
		}
	}
	require.Equal(t, []string{"trainee trainee", "assessor assessing", "coordinator any", "certifier any"}, who)
}

// §4 MediationsG: no row opens a working file to others than its facilitators and whom they admitted, and no command in
// it to others than the facilitators.
func TestNoRowOpensAWorkingFileToOthers(t *testing.T) {
	t.Parallel()
	ps, _ := lines(t)
	for _, l := range ps {
		switch _, command := file.Define(work.Spec).CommandOf(file.Action(l[1])); {
		case l[1] == work.ReadWork:
			require.Equal(t, "admitted", l[2], "%v", l)
		case l[1] == work.ReadInvitation:
			require.Contains(t, []string{"admitted", "invited"}, l[2], "%v", l)
		case slices.Contains([]string{"accept_work", "decline_work"}, l[1]):
			require.Equal(t, "invited", l[2], "%v", l)
		case command:
			require.Equal(t, "facilitator", l[2], "%v", l)
		}
	}
}

// Who administers rights, reads logs or counts cannot reach a case, an enrolment or an advice by it. What
// every role may is no right of theirs: they may ask for advice themselves.
func TestAdministratorsAndAuditorsHaveNoRightToAFile(t *testing.T) {
	t.Parallel()
	p := load(t)
	may := func(role policies.Role) (acts []string) {
		for _, act := range policies.Actions() {
			if slices.ContainsFunc(subsets(), func(set int) bool {
				return p.Decide(grants{grant(role, aachen)}, act, town(aachen), subset(set)).Allowed
			}) {
				acts = append(acts, act)
			}
		}
		return acts
	}
	everybody := policies.Actions()
	for _, role := range policies.Roles() {
		theirs := may(role)
		everybody = slices.DeleteFunc(slices.Clone(everybody), func(act string) bool { return !slices.Contains(theirs, act) })
	}
	for role, want := range map[policies.Role][]string{
		policies.Admin: {policies.ReadGrants, policies.GiveGrant, policies.ApproveGrant, policies.EndGrant, policies.ReadSubstitutions, policies.ExplainGrants, policies.ReadLedger, policies.SignCheckpoint, policies.ProposeRepair},
		policies.DPO: {
			conflict.ReadHistory, training.ReadTrainingHistory, advice.ReadExistence, policies.ExplainAuthorization, policies.ReadAccess, policies.ReadAccessLog, policies.ReadLedger,
			policies.SignCheckpoint, policies.RequestErasure, policies.RequestUnseenErasure, policies.ApproveErasure, policies.ReadErasures, policies.ReadDifferences, policies.ReadDisclosureCounts,
		},
		policies.Evaluation: {conflict.ReadFacts, enrolment.ReadTrainingStatistics},
	} {
		require.Equal(t, want, slices.DeleteFunc(may(role), func(act string) bool { return slices.Contains(everybody, act) }), role)
	}
}
