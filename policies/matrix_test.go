package policies_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/policies"
)

var update = flag.Bool("update", false, "write the golden files")

const matrixHead = `# Who may do what, inheritance included. A condition must hold; what stands after ! must not.
# Written by: go test ./policies -run Matrix -update
`

// The matrix is found by asking, not by reading policy.csv: it shows what the policy does.
func TestMatrixOfRolesAndActions(t *testing.T) {
	t.Parallel()
	p := load(t)
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "action")
	for _, role := range policies.Roles() {
		fmt.Fprint(w, "\t", role)
	}
	for _, act := range policies.Actions() {
		fmt.Fprint(w, "\n", act)
		for _, role := range policies.Roles() {
			fmt.Fprint(w, "\t", cell(t, p, role, act))
		}
	}
	fmt.Fprintln(w)
	require.NoError(t, w.Flush())
	got := matrixHead + b.String()
	if *update {
		require.NoError(t, os.WriteFile("testdata/matrix.txt", []byte(got), 0o600))
	}
	want, err := os.ReadFile("testdata/matrix.txt")
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// cell describes when role may do act: by the relations that open it and those that close it
// again. It fails if that does not describe the answers.
func cell(t *testing.T, p *policies.Policy, role policies.Role, act string) string {
	t.Helper()
	may := func(set int) bool {
		return p.Decide(grants{grant(role, aachen)}, act, aachen, subset(set)).Allowed
	}
	var opens, closes int
	for i := range allRelations {
		if !may(0) && may(1<<i) {
			opens |= 1 << i
		}
		if may(0) && !may(1<<i) {
			closes |= 1 << i
		}
	}
	for _, set := range subsets() {
		open := may(0) || set&opens != 0
		require.Equal(t, open && set&closes == 0, may(set), "%s %s %v", role, act, subset(set))
	}
	switch {
	case may(0):
		return "any" + listed(" !", closes)
	case opens != 0:
		return listed("", opens)
	}
	return "."
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
		Phase: conflict.Detection, Assignee: "u",
		Signal:   &conflict.Signal{Stamp: conflict.Stamp{By: "u"}},
		Plan:     &conflict.Plan{PlanMediation: conflict.PlanMediation{Facilitator: "u"}},
		Findings: &conflict.Findings{Stamp: conflict.Stamp{By: "u"}},
		Result:   &conflict.Result{Stamp: conflict.Stamp{By: "u"}},
	}
	require.ElementsMatch(t, allRelations, c.Relations("u"))
}
