package policies_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/advice"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/domain/work"
	"koko/kinds"
	"koko/policies"
)

var update = flag.Bool("update", false, "write the golden files")

const matrixHead = `# Who may do what, inheritance included. A condition must hold; what stands after ! must not.
# A role without a column may do nothing of it.
# Written by: go test ./policies -run Matrix -update
`

// The matrix is found by asking, not by reading the rows: it shows what the policy does.
func TestMatrixOfRolesAndActions(t *testing.T) {
	t.Parallel()
	p := load(t)
	got, house := matrixHead, slices.Clone(policies.Actions())
	for _, k := range kinds.All() {
		acts := slices.Concat(k.Given(), k.Reading(), k.Freely(), k.Elsewhere)
		got += "\n# " + string(k.Kind) + "\n" + table(t, p, acts)
		house = slices.DeleteFunc(house, func(act string) bool { return slices.Contains(acts, act) })
	}
	got += "\n# files of every kind, and what is no file\n" + table(t, p, house)
	if *update {
		require.NoError(t, os.WriteFile("testdata/matrix.txt", []byte(got), 0o600))
	}
	want, err := os.ReadFile("testdata/matrix.txt")
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// table has a line for each of acts, and a column for each role that may do any of them.
func table(t *testing.T, p *policies.Policy, acts []string) string {
	t.Helper()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	lines := make([]string, len(acts)+1)
	lines[0] = "action"
	for i, act := range acts {
		lines[i+1] = act
	}
	for _, role := range policies.Roles() {
		column, may := []string{string(role)}, false
		for _, act := range acts {
			c := cell(t, p, role, act)
			column, may = append(column, c), may || c != "."
		}
		for i, c := range column {
			if may {
				lines[i] += "\t" + c
			}
		}
	}
	fmt.Fprintln(w, strings.Join(lines, "\n"))
	require.NoError(t, w.Flush())
	return b.String()
}

// cell describes when role may do act: by the relations that open it and those that close it
// again. It fails if that does not describe the answers.
func cell(t *testing.T, p *policies.Policy, role policies.Role, act string) string {
	t.Helper()
	may := func(set int) bool {
		return p.Decide(grants{grant(role, aachen)}, act, town(aachen), subset(set)).Allowed
	}
	closedBy := func(opener int) (closes int) {
		for i := range allRelations {
			if !may(opener | 1<<i) {
				closes |= 1 << i
			}
		}
		return closes
	}
	var openers []int
	for i := range allRelations {
		if !may(0) && may(1<<i) {
			openers = append(openers, 1<<i)
		}
	}
	if may(0) {
		openers = []int{0}
	}
	for _, set := range subsets() {
		open := slices.ContainsFunc(openers, func(o int) bool { return set&o == o && set&closedBy(o) == 0 })
		require.Equal(t, open, may(set), "%s %s %v", role, act, subset(set))
	}
	if len(openers) == 0 {
		return "."
	}
	if may(0) {
		return "any" + listed(" !", closedBy(0))
	}
	var text string
	for i, o := range openers {
		if i > 0 && closedBy(o) != closedBy(openers[i-1]) {
			text += listed(" !", closedBy(openers[i-1]))
		}
		if text += listed("|", o); i == 0 {
			text = listed("", o)
		}
	}
	return text + listed(" !", closedBy(openers[len(openers)-1]))
}

func listed(before string, set int) string {
	s := ""
	for _, r := range subset(set) {
		s += before + string(r)
		if before == "" {
			before = "|"
		}
	}
	return s
}

// The relations of the tests are those of the domain that rows can name.
func TestTheMatrixKnowsEveryRelation(t *testing.T) {
	t.Parallel()
	c := conflict.Case{
		Phase: conflict.Detection, Assignee: "u", SelfAssigned: true,
		Signal:   &conflict.Signal{Stamp: conflict.Stamp{By: "u"}},
		Handed:   &conflict.Handed{Stamp: conflict.Stamp{By: "u"}, Work: "w"},
		Findings: &conflict.Findings{Stamp: conflict.Stamp{By: "u"}},
		Result:   &conflict.Result{Stamp: conflict.Stamp{By: "u"}},
	}
	e := enrolment.Enrolment{
		Trainee: "u", LineManager: "u", Cohort: "c",
		Attempts: []enrolment.Attempt{{Assessors: []string{"u"}, Verdicts: []enrolment.Verdict{{Stamp: file.Stamp{By: "u"}}}}},
	}
	a := advice.Advice{Phase: advice.Running, Requester: "u", Advisers: &advice.Advisers{AssignAdvisers: advice.AssignAdvisers{Local: "u"}}}
	w := work.Work{Phase: work.Running, Facilitators: []work.Facilitator{{Subject: "u"}, {Subject: "u", Accepted: new(time.Time)}}}
	all := slices.Concat(file.Held(c.Ties(), "u", "w"), e.Relations("u", []string{"c"}), cohort.Cohort{Trainers: []string{"u"}}.Relations("u"), file.Held(a.Ties(), "u"), file.Held(w.Ties(), "u"))
	require.ElementsMatch(t, allRelations, all)
}
