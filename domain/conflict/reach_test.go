package conflict_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/calendar"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/working"
	"koko/internal/casetest"
)

// owns says which fields of a case an action may change; version, time of change, missed deadlines,
// warnings and who was involved follow from every decision.
var owns = map[conflict.Action][]string{
	conflict.ActionReportSignal:     {"Signal", "Phase", "Round", "Opened", "Dated"},
	conflict.ActionTriage:           {"Triage", "Phase"},
	conflict.ActionRecordClearing:   {"Clearing"},
	conflict.ActionDecideMandate:    {"Mandate", "Phase"},
	conflict.ActionRecordAnalysis:   {"Findings", "Review", "Escalation"},
	conflict.ActionReviewAnalysis:   {"Review"},
	conflict.ActionAssessEscalation: {"Escalation"},
	conflict.ActionHandToWork:       {"Handed", "Phase"},
	conflict.ActionProposeClosure:   {"Result", "SignedOff", "Phase"},
	conflict.ActionSignOff:          {"SignedOff", "Phase", "FollowUps"},
	conflict.ActionRecordFollowUp:   {"FollowUps", "Phase"},
	conflict.ActionMoveCaseCalendar: {"Dated"},
	conflict.ActionPauseCase:        {"Pause"},
	conflict.ActionResumeCase:       {"Pause", "Rests"},
	working.ActionPlanMeasure:       {"Measures"},
	conflict.ActionFinishMeasure:    {"Measures"},
	conflict.ActionDropMeasure:      {"Measures"},
	conflict.ActionReopen: {
		"Reopened", "Round", "Phase", "Review", "Handed", "Result", "SignedOff", "FollowUps", "Triage", "Clearing", "Mandate",
	},
	conflict.ActionAssign:         {"Assignee", "SelfAssigned"},
	conflict.ActionAddNote:        {"Notes"},
	conflict.ActionAttachDocument: {"Attachments"},

	working.ActionWorkAccepted:       {"Handed"},
	working.ActionWorkDeclined:       {"Handed"},
	working.ActionConditionsExamined: {"Handed"},
	working.ActionWorkAnswered:       {"Handed"},
	working.ActionWorkEnded:          {"Handed"},

	file.ActionDeadlinePassed: {"Pause", "Rests"}, // at the end of a pause
}

// requireOwned requires that cmd, accepted, changed nothing but what is its own.
func requireOwned(t require.TestingT, c, next conflict.Case, cmd file.Command) {
	require.Equal(t, c.Version+1, next.Version, "versions grow by one")
	mine := append(slices.Clone(owns[cmd.Action()]), "Version", "Changed", "Passed", "Warnings", "Involved")
	if next.Phase == conflict.Closed {
		mine = append(mine, "Pause", "Rests") // what is closed is not paused any more
	}
	before, after := reflect.ValueOf(c), reflect.ValueOf(next)
	for i := range before.NumField() {
		name := before.Type().Field(i).Name
		if !slices.Contains(mine, name) && !reflect.DeepEqual(before.Field(i).Interface(), after.Field(i).Interface()) {
			require.Fail(t, "a foreign field", "%s changed %s", cmd.Action(), name)
		}
	}
	for _, d := range next.Passed {
		require.Contains(t, next.Deadlines(), d, "what is missed is in force")
	}
	switch cmd.Action() {
	case working.ActionWorkAnswered:
		requireGrown(t, c.Handed.Reviews, next.Handed.Reviews)
	case conflict.ActionRecordFollowUp:
		requireGrown(t, c.FollowUps, next.FollowUps)
	case file.ActionDeadlinePassed:
		if c.Pause == nil { // else the pause is over, and its end is not in force any more
			requireGrown(t, c.Passed, next.Passed)
		}
	}
}

// requireGrown requires that after is before and one entry more.
func requireGrown[T any](t require.TestingT, before, after []T) {
	require.Len(t, after, len(before)+1)
	require.Equal(t, append([]T{}, before...), append([]T{}, after[:len(before)]...))
}

// requireFault requires of a refusal what a user needs: what, why, what to do, and nothing of what was said.
func requireFault(t require.TestingT, err error, cmd file.Command) *fault.Error {
	f := fault.Of(err)
	require.NotNil(t, f, "%s: %v", cmd.Action(), err)
	require.Contains(t, []fault.Code{fault.Invalid, fault.Gate, fault.Forbidden}, f.Code)
	for part, says := range map[string]string{"message": f.Message, "rule": f.Rule, "remedy": f.Remedy} {
		require.NotEmpty(t, says, "%s: %s of %q", cmd.Action(), part, f.Message)
	}
	b, err := json.Marshal(f)
	require.NoError(t, err)
	require.NotContains(t, string(b), garbage, "%s quotes what was said", cmd.Action())
	return f
}

// garbage is in every wrong text that a test sends.
const garbage = "Ωmüll"

func asJSON(t require.TestingT, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// alphabet has, for every action, commands by which its rules can be told apart.
func alphabet(m *casetest.Maker) []file.Command {
	bare := m.Clearing()
	bare.Level = ""
	early := m.Signal()
	early.ObservedOn = "2199-01-01"
	cmds := []file.Command{
		m.Signal(), early, m.Clearing(), bare, m.Mandate(true), m.Mandate(false), m.Analysis(5), conflict.RecordAnalysis{},
		m.Review(true), m.Review(false), m.Assessment(2), m.HandOver(work), m.HandOver(other),
		m.Accepted(work), m.Declined(work), m.Examined(work), m.Answered(work, working.Going), m.Answered(work, working.Resting), m.Ended(work), m.Ended(other),
		m.Measure(""), m.Measure(work), m.Measure(other), conflict.FinishMeasure{Measure: 1}, conflict.FinishMeasure{Measure: 2}, m.DropMeasure(1),
		m.Closure(conflict.Calmed), m.Closure("verwiesen"), m.SignOff(true), m.SignOff(false), m.FollowUp(3), m.FollowUp(6), m.FollowUp(12),
		m.Reopen(), conflict.Assign{Assignee: casetest.Manager}, m.Note(conflict.CaseFile), m.Attachment(conflict.Identities),
		conflict.PauseCase{Reason: "personal", Until: "2026-12-31"}, conflict.ResumeCase{},
		conflict.MoveCaseCalendar{Calendar: calendar.Calendar{Version: "2026-1", Land: "NW", Closes: "16:00"}},
	}
	for _, d := range file.Values[conflict.TriageDecision]() {
		cmds = append(cmds, m.Triage(d))
	}
	return cmds
}

// specific are the rules that depend on what a command says, so that its action is open all the same.
var specific = []string{"not_in_future", "worked_on", "overtaken", "once", "deadline", "future", "range", "calendar", "confided", "unknown_measure", "settled"}

var people = []string{casetest.Manager, casetest.Reviewer, casetest.Mediator, casetest.Supervisor, casetest.Stranger, conflict.System, ""}

// essence is what the rules distinguish of a state.
func essence(c conflict.Case) string {
	is := func(holds bool) int {
		if holds {
			return 1
		}
		return 0
	}
	parts := []any{c.Phase, min(c.Round, 2), is(len(c.Passed) > 0), is(c.Pause != nil)}
	if len(c.Measures) > 0 {
		parts = append(parts, is(c.Measures[0].Finished == nil && c.Measures[0].Dropped == nil))
	}
	switch c.Phase {
	case conflict.Detection:
		if c.Triage != nil {
			parts = append(parts, c.Triage.Decision)
		}
		if c.Clearing != nil {
			parts = append(parts, c.Clearing.Level)
		}
	case conflict.Analysis:
		parts = append(parts, is(c.Escalation != nil))
		if c.Findings != nil {
			parts = append(parts, len(c.Findings.Topics))
		}
		if c.Review != nil {
			parts = append(parts, c.Review.Approved)
		}
	case conflict.Work:
		parts = append(parts, c.Handed.Work, c.Handed.Status, c.Handed.Conditions, min(len(c.Handed.Reviews), 2))
	case conflict.Closure:
		parts = append(parts, c.Result.From, c.Result.Outcome)
	case conflict.FollowUp, conflict.Closed:
		parts = append(parts, len(c.FollowUps), is(c.Mandate != nil))
	}
	return fmt.Sprint(parts...)
}

// TestEveryReachableState walks from the zero case through every state that the rules can tell apart
// and has everybody try everything in each.
func TestEveryReachableState(t *testing.T) {
	m := &casetest.Maker{Salt: "reach"}
	cmds := alphabet(m)
	type state struct {
		conflict.Case
		json string
	}
	var states []state
	known := map[string]bool{}
	phases, taken, rules := map[conflict.Phase]bool{}, map[conflict.Action]bool{}, map[string]bool{}
	visit := func(c conflict.Case) {
		if !known[essence(c)] {
			known[essence(c)] = true
			states = append(states, state{c, asJSON(t, c)})
		}
	}
	visit(fresh)
	for i := 0; i < len(states); i++ {
		c := states[i].Case
		phases[c.Phase] = true
		var decoded conflict.Case
		require.NoError(t, json.Unmarshal([]byte(states[i].json), &decoded))
		require.Equal(t, c, decoded, "a state survives the engine and the record")

		now := latestOf(at, c.Changed).Add(time.Hour)
		tries := slices.Clone(cmds)
		if d, ok := file.NextDeadline(c); ok {
			now = latestOf(now, d.Due)
			tries = append(tries, file.DeadlinePassed{Deadline: d})
		}
		tries = append(tries, file.DeadlinePassed{})
		for _, by := range people {
			closed, open, accepted := map[conflict.Action]*fault.Error{}, map[conflict.Action][]string{}, map[conflict.Action]bool{}
			for _, o := range c.Actions(by) {
				closed[o.Action] = o.Closed
			}
			for _, cmd := range tries {
				a := cmd.Action()
				next, err := c.Decide(cmd, by, now)
				shut, offered := closed[a]
				if err == nil {
					requireOwned(t, c, next, cmd)
					require.Equal(t, now, next.Changed)
					require.True(t, !offered || shut == nil, "%s was closed", a)
					taken[a], accepted[a] = true, true
					visit(next)
					continue
				}
				require.Equal(t, conflict.Case{}, next, "a refusal leads nowhere")
				f := requireFault(t, err, cmd)
				rules[f.Rule] = true
				if offered && shut != nil {
					require.Equal(t, shut, f, "%s by %s: Actions and Decide say the same", a, by)
				} else if offered {
					open[a] = append(open[a], f.Rule)
				}
			}
			for a, refusals := range open {
				for _, rule := range refusals {
					require.Contains(t, specific, rule, "%s by %s is open but for what the command says, in %s", a, by, essence(c))
				}
			}
			for a, shut := range closed {
				require.True(t, shut != nil || accepted[a] || len(open[a]) > 0, "%s was not tried", a)
				require.True(t, shut == nil || shut.Rule != "" && shut.Remedy != "" && shut.Message != "")
			}
		}
		require.Equal(t, states[i].json, asJSON(t, c), "deciding changes nothing of the case decided on")
	}
	for _, s := range states {
		require.Equal(t, s.json, asJSON(t, s.Case), "no later decision reached into an earlier state")
	}

	require.ElementsMatch(t, append(file.Values[conflict.Phase](), ""), slices.Collect(maps.Keys(phases)))
	require.ElementsMatch(t, actionsOf(conflict.Spec), slices.Collect(maps.Keys(taken)))
	for _, rule := range []string{
		"phase", "workflow_only", "triaged", "triage", "clearing", "analysis", "four_eyes", "review", "work", "worked_on", "overtaken", "once", "not_in_future", "deadline", "measures", "unknown_measure",
	} {
		require.True(t, rules[rule], "nobody met the rule %s", rule)
	}
	require.Greater(t, len(states), 100)
	t.Log(len(states), "states; rules met:", strings.Join(slices.Sorted(maps.Keys(rules)), " "))
}

func latestOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Two decisions on one state, of which one is given up, leave each other alone.
func TestDecisionsOnTheSameCaseShareNothing(t *testing.T) {
	m := &casetest.Maker{Salt: "branches"}
	c := before(t, conflict.ActionAssessEscalation)
	for range 12 {
		now := c.Handed.At.AddDate(0, 0, 42*len(c.Handed.Reviews)+8)
		kept := decide(t, c, now, conflict.System, m.Answered(c.Handed.Work, working.Going))
		was := asJSON(t, kept)
		decide(t, c, now, conflict.System, m.Answered(c.Handed.Work, working.Resting))
		require.Equal(t, was, asJSON(t, kept))
		c = kept
	}
}

// A state outside the process is refused, not met with a panic.
func TestAnUnknownActionOrPhaseIsRefused(t *testing.T) {
	for _, cmd := range append(slices.Clone(commands), alphabet(&casetest.Maker{Salt: "zero"})...) {
		for _, c := range []conflict.Case{{}, {Phase: "beyond"}} {
			next, err := c.Decide(cmd, casetest.Manager, time.Time{})
			if err != nil {
				requireFault(t, err, cmd)
			}
			require.Equal(t, err == nil, next.Version == 1)
		}
	}
	require.NotPanics(t, func() {
		zero := conflict.Case{}
		zero.Deadlines()
		zero.Actions("")
		zero.Relations("")
	})
}
