package policies_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/process"
	"koko/domain/training"
	"koko/policies"
)

// lines reads policy.csv without Casbin: the p and the g lines.
func lines(t *testing.T) (ps, gs [][]string) {
	t.Helper()
	text, err := os.ReadFile("policy.csv")
	require.NoError(t, err)
	r := csv.NewReader(strings.NewReader(string(text)))
	r.Comment, r.TrimLeadingSpace, r.FieldsPerRecord = '#', true, -1
	all, err := r.ReadAll()
	require.NoError(t, err)
	for _, l := range all {
		switch l[0] {
		case "p":
			ps = append(ps, l[1:])
		case "g":
			gs = append(gs, l[1:])
		default:
			require.Fail(t, "neither p nor g", "%v", l)
		}
	}
	return ps, gs
}

func TestEveryRowNamesWhatExists(t *testing.T) {
	t.Parallel()
	ps, gs := lines(t)
	whens := []string{
		"any", "reporter", "assigned", "mediator_of_record", "unhanded",
		"trainee", "superior", "teaching", "assessing", "runs",
	}
	unlesses := []string{"analyst", "proposer", "assigned", "trainee", "superior", "assessing", "judged"}
	var seen []string
	for _, l := range ps {
		require.Len(t, l, 4, "%v", l)
		require.Contains(t, policies.Roles(), policies.Role(l[0]), "%v", l)
		require.Contains(t, policies.Actions(), l[1], "%v", l)
		require.Contains(t, whens, l[2], "%v", l)
		if l[3] != "-" {
			require.Subset(t, unlesses, strings.Split(l[3], "|"), "%v", l)
		}
		pair := l[0] + " " + l[1]
		require.NotContains(t, seen, pair, "one row for each role and action")
		seen = append(seen, pair)
	}
	for _, l := range gs {
		require.Len(t, l, 2, "%v", l)
		require.Contains(t, policies.Roles(), policies.Role(l[0]), "%v", l)
		require.Contains(t, policies.Roles(), policies.Role(l[1]), "%v", l)
	}
}

// own are the actions that no person takes.
var own = []process.Action{
	conflict.ActionDeadlinePassed,
	training.ActionOfferSeat, training.ActionQueue, training.ActionLoseSeat, training.ActionAttend,
	training.ActionJoin, training.ActionTakeSeat, training.ActionLeave, training.ActionVisit,
}

func TestEveryActionHasARoleExceptTheWorkflowsOwn(t *testing.T) {
	t.Parallel()
	ps, _ := lines(t)
	granted := func(act string) bool {
		return slices.ContainsFunc(ps, func(l []string) bool { return l[1] == act })
	}
	commands := 0
	for _, a := range slices.Concat(conflict.AllActions(), training.AllActions(), training.AllCohortActions()) {
		require.Equal(t, !slices.Contains(own, a), granted(string(a)), a)
		require.Equal(t, !slices.Contains(own, a), slices.Contains(policies.Actions(), string(a)), a)
		if !slices.Contains(own, a) {
			commands++
		}
	}
	for _, act := range policies.Actions() {
		require.True(t, granted(act), act)
	}
	require.Len(t, policies.Actions(), commands+34, "the thirty-four others")
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
		case string(training.ActionDecideApplication):
			require.Equal(t, "trainee|superior", l[3], "%v", l)
		case string(training.ActionCertify), string(training.ActionDecideAppeal):
			require.Equal(t, "trainee|assessing|judged", l[3], "%v", l)
		}
	}
}

// Whoever is the trainee does nothing to the own enrolment that trainees may not do, whatever other
// roles and ties she has.
func TestNobodyActsOnTheOwnEnrolmentAsSomebodyElse(t *testing.T) {
	t.Parallel()
	p := load(t)
	var others grants
	for _, role := range policies.Roles() {
		if role != policies.Trainee {
			others = append(others, grant(role, aachen))
		}
	}
	trainee := grants{grant(policies.Trainee, aachen)}
	for _, a := range training.AllActions() {
		for _, set := range subsets() {
			ties := append(subset(set), training.Trainee)
			if p.Decide(others, string(a), aachen, ties).Allowed {
				require.True(t, p.Decide(trainee, string(a), aachen, ties).Allowed, "%s %v", a, ties)
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
		if l[1] == policies.ReadAssessmentFile {
			who = append(who, l[0]+" "+l[2])
		}
	}
	require.Equal(t, []string{"trainee trainee", "assessor assessing", "coordinator any", "certifier any"}, who)
}

// §4 MediationsG: no row opens a mediation to others than its mediators of record.
func TestNoRowOpensAMediationToOthers(t *testing.T) {
	t.Parallel()
	ps, _ := lines(t)
	for _, l := range ps {
		switch l[1] {
		case policies.ReadMediation, string(conflict.ActionConfirmConditions),
			string(conflict.ActionRecordSession), string(conflict.ActionRecordInterimResult):
			require.Equal(t, "mediator_of_record", l[2], "%v", l)
		}
	}
}

// Who administers rights, reads logs or counts cannot reach a case or an enrolment by it.
func TestAdministratorsAndAuditorsHaveNoRightToACase(t *testing.T) {
	t.Parallel()
	p := load(t)
	for role, want := range map[policies.Role][]string{
		policies.Admin: {policies.ReadGrants, policies.GiveGrant, policies.EndGrant, policies.ExplainGrants, policies.ReadLedger, policies.SignCheckpoint, policies.ProposeRepair},
		policies.DPO: {
			policies.ReadHistory, policies.ExplainAuthorization, policies.ReadAccess, policies.ReadAccessLog, policies.ReadLedger, policies.SignCheckpoint,
			policies.RequestErasure, policies.RequestUnseenErasure, policies.ApproveErasure, policies.ReadErasures, policies.ReadDifferences, policies.ReadTrainingHistory,
		},
		policies.Evaluation: {policies.ReadFacts, policies.ReadTrainingStatistics},
	} {
		var may []string
		for _, act := range policies.Actions() {
			for _, set := range subsets() {
				if p.Decide(grants{grant(role, aachen)}, act, aachen, subset(set)).Allowed {
					may = append(may, act)
					break
				}
			}
		}
		require.Equal(t, want, may, role)
	}
}
