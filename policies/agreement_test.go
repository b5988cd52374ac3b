package policies_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training/enrolment"
	"koko/domain/working"
	"koko/policies"
)

// The rules and the policy both know the four-eyes principle: the rules decide, the policy tells beforehand. In every state of every casting they say the same.
func TestRulesAndPolicyAgreeOnTheRightPerson(t *testing.T) {
	t.Parallel()
	p := load(t)
	var everyRole grants
	for _, role := range policies.Roles() {
		everyRole = append(everyRole, grant(role, aachen))
	}
	people := []string{"ada", "ben", "eve"}
	told := map[string]int{}
	phases := map[conflict.Phase]bool{}
	for _, roles := range castings(people) {
		for _, c := range life(t, roles) {
			phases[c.Phase] = true
			for _, user := range append(people, "zoe") {
				rels := c.Relations(user)
				for _, o := range c.Actions(user) {
					d := p.Decide(everyRole, string(o.Action), town(c.AGS), rels)
					if o.Closed == nil {
						require.True(t, d.Allowed, "%s may %s in %s: %s", user, o.Action, c.Phase, d.Rule)
					} else if o.Closed.Rule == "four_eyes" {
						require.Equal(t, o.Closed.Rule, d.Rule, "%s may not %s in %s", user, o.Action, c.Phase)
						told[d.Rule]++
					}
				}
			}
		}
	}
	require.Positive(t, told["four_eyes"])
	require.Len(t, phases, len(file.Values[conflict.Phase]()), "every phase was reached")
}

// A casting says who does what in a case.
type casting struct{ analyst, facilitator, assignee, proposer string }

func castings(people []string) []casting {
	var cs []casting
	for _, analyst := range people {
		for _, facilitator := range people {
			for _, assignee := range people {
				for _, proposer := range people {
					cs = append(cs, casting{analyst, facilitator, assignee, proposer})
				}
			}
		}
	}
	return cs
}

// life takes a case from its signal through a refused closure to its end and reopens it: all
// states on the way.
func life(t *testing.T, who casting) []conflict.Case {
	t.Helper()
	at := time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC)
	no := false
	closure := conflict.ProposeClosure{
		Outcome: "unveraendert", ConcludedOn: "2025-03-03", StageAfter: 3, Docs: says(conflict.ActionProposeClosure, conflict.CaseFile, "lessons"),
	}
	better := closure
	better.Outcome = conflict.Improved
	const work = "00000000-0000-0000-0000-000000000002"
	states := []conflict.Case{{ID: "case", AGS: aachen}}
	for _, step := range []struct {
		by  string
		cmd file.Command
	}{
		{"ada", conflict.ReportSignal{Source: "schule", ObservedOn: "2025-03-03", EEP: "evidenced", Reliability: 3, Docs: says(conflict.ActionReportSignal, conflict.CaseFile, "title", "text")}},
		{"zoe", conflict.TriageSignal{Decision: conflict.OpenCase}},
		{"zoe", conflict.RecordClearing{Responsibility: "kommune", Urgency: "akut", Level: "gruppen", Danger: &no, ConflictOfInterest: &no}},
		{"zoe", conflict.Assign{Assignee: who.assignee}},
		{"zoe", conflict.DecideMandate{Granted: true, DecidedOn: "2025-03-03", LegalBasis: "aufgabenerfuellung", Consent: "nicht_erforderlich", Docs: says(conflict.ActionDecideMandate, conflict.CaseFile, "commissioner")}},
		{who.analyst, conflict.RecordAnalysis{
			Topics: []conflict.Topic{"religion"}, Actors: []conflict.Actor{{ID: "a1", Role: "partei"}}, Stage: 5, Instrumentalisation: "keine",
			Docs: says(conflict.ActionRecordAnalysis, conflict.CaseFile, "rationale", "occasion", "theme"),
		}},
		{"zoe", conflict.ReviewAnalysis{Approved: true}},
		{who.proposer, closure},
		{"zoe", conflict.SignOff{Docs: says(conflict.ActionSignOff, conflict.CaseFile, "remarks")}},
		{"zoe", conflict.HandToWork{Work: work}},
		{file.System, conflict.WorkAccepted{WorkAccepted: working.WorkAccepted{Work: work}}},
		{file.System, conflict.WorkEnded{WorkEnded: working.WorkEnded{Work: work}}},
		{who.proposer, better},
		{"zoe", conflict.SignOff{Approved: true}},
		{"ada", conflict.RecordFollowUp{Month: 3, Status: "stabil"}},
		{"ada", conflict.RecordFollowUp{Month: 6, Status: "stabil"}},
		{"ada", conflict.RecordFollowUp{Month: 12, Status: "bruechig"}},
		{"zoe", conflict.Reopen{Docs: says(conflict.ActionReopen, conflict.CaseFile, "reason")}},
		{who.proposer, conflict.RecordAnalysis{Stage: 6}},
	} {
		c, err := states[len(states)-1].Decide(step.cmd, step.by, at)
		require.NoError(t, err, "%s by %s", step.cmd.Action(), step.by)
		states = append(states, c)
	}
	// The first is no case yet.
	return slices.Delete(states, 0, 1)
}

func says(a conflict.Action, where conflict.Compartment, fields ...string) conflict.Docs {
	return conflict.Docs{Docs: []conflict.Doc{{
		ID: "00000000-0000-0000-0000-000000000001", Action: a, Compartment: where,
		Digest: strings.Repeat("0", 64), Fields: fields,
	}}}
}

// So it is with those who assess, and who may not decide on appeals against themselves. Beyond that
// the policy alone tells whose enrolment it is and who has a hand in it.
func TestRulesAndPolicyAgreeOnTheAssessors(t *testing.T) {
	t.Parallel()
	p := load(t)
	var everyRole grants
	for _, role := range policies.Roles() {
		everyRole = append(everyRole, grant(role, aachen))
	}
	told := map[string]int{}
	for _, e := range assessments() {
		for _, user := range []string{"ada", "ben", "eve", "zoe"} {
			for _, o := range e.Actions(user) {
				d := p.Decide(everyRole, string(o.Action), town(e.AGS), e.Relations(user, []string{"c1"}))
				switch {
				case o.Closed != nil && (o.Closed.Rule == "appointed" || o.Closed.Rule == "four_eyes"):
					require.Equal(t, o.Closed.Rule, d.Rule, "%s may not %s", user, o.Action)
					told[d.Rule]++
				case o.Closed == nil && !d.Allowed:
					require.Contains(t, []string{"own_enrolment", "own_staff", "four_eyes"}, d.Rule, "%s may not %s", user, o.Action)
				}
			}
		}
	}
	require.Positive(t, told["appointed"])
	require.Positive(t, told["four_eyes"])
}

// assessments are enrolments at every point of an assessment, with all castings.
func assessments() []enrolment.Enrolment {
	at := time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC)
	people := []string{"ada", "ben", "eve"}
	var all []enrolment.Enrolment
	for _, c := range castings(people) {
		stamp := file.Stamp{By: c.proposer, At: at}
		judged := []enrolment.Verdict{{Stamp: file.Stamp{By: c.facilitator, At: at}}}
		assessors := []string{c.facilitator, c.assignee}
		for _, attempts := range [][]enrolment.Attempt{
			nil,
			{{Assessors: assessors}},
			{{Assessors: assessors, Verdicts: judged}},
			{{Assessors: assessors, Verdicts: judged, Decided: &at}},
			{{Assessors: assessors, Verdicts: judged, Decided: &at, Appeal: &enrolment.Appeal{Stamp: stamp}}},
			{{Assessors: assessors, Verdicts: judged, Decided: &at, Annulled: true, Appeal: &enrolment.Appeal{Stamp: stamp, Decision: &enrolment.Approval{Stamp: stamp, Granted: true}}}},
			{{Assessors: assessors, Verdicts: judged, Decided: &at, Passed: true}},
		} {
			all = append(all, enrolment.Enrolment{
				AGS: aachen, Phase: enrolment.Assessment, Cohort: "c1", Trainee: c.analyst, LineManager: c.proposer, Attempts: attempts,
			})
		}
	}
	return all
}
