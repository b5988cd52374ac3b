package story

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/file"
	"koko/policies"
)

// acts lists what can be done to and with files of a kind: commands, those of the workflows included, and
// other acts, some of them of other kinds.
func acts(d *file.Definition) (all []file.Action) {
	for _, c := range d.Commands() {
		all = append(all, c.Action)
	}
	for _, a := range slices.Concat(d.Reading(), d.Freely(), d.Elsewhere, d.Offered) {
		all = append(all, file.Action(a))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// attempted requires the words for an attempt, and for a reading.
func attempted(t *testing.T, a file.Action, attempts, reads map[file.Action]Words) {
	t.Helper()
	said(t, attempts[a], a)
	require.Regexp(t, `zu|[a-z]zu[a-z]`, attempts[a].DE, a)
	require.Regexp(t, `^to `, attempts[a].EN, a)
	if strings.HasPrefix(string(a), "read_") {
		sentences(t, reads[a], a)
	}
}

func TestEveryActionThatCanBeRefusedHasItsWords(t *testing.T) {
	var ofKinds []file.Action
	ofEveryKind(t, func(t *testing.T, d *file.Definition) {
		all := acts(d)
		require.ElementsMatch(t, all, keys(d.Vocabulary.Attempts))
		require.Subset(t, all, keys(d.Vocabulary.Reads))
		for _, a := range all {
			attempted(t, a, d.Vocabulary.Attempts, d.Vocabulary.Reads)
		}
		ofKinds = append(ofKinds, all...)
	})
	house := []file.Action{file.ActionDeadlinePassed}
	for _, a := range policies.Actions() {
		if !slices.Contains(ofKinds, file.Action(a)) {
			house = append(house, file.Action(a))
		}
	}
	require.ElementsMatch(t, house, keys(attempts))
	require.Subset(t, house, keys(reads))
	for _, a := range house {
		attempted(t, a, attempts, reads)
	}
}

func TestErasuresAndRepairsHaveTheirWords(t *testing.T) {
	for _, a := range []string{policies.RequestErasure, policies.ApproveErasure, policies.RejectErasure} {
		for _, r := range file.Values[file.ErasureReason]() {
			sentences(t, Erased(a, string(r)), a)
			veiled := strings.Replace(a, "_erasure", "_work_erasure", 1)
			require.Equal(t, Erased(a, string(r)), Erased(veiled, string(r)), "whoever may know is told the same")
		}
	}
	require.Len(t, erasureReasons, len(file.Values[file.ErasureReason]()))
	require.Equal(t, Refused("case", "approve_erasure", "four_eyes"), Refused("case", "approve_work_erasure", "four_eyes"))
	for _, a := range []string{policies.ProposeRepair, policies.ApproveRepair, policies.RejectRepair, "restore_record", "restore_entry", "catch_up", "restart_workflow", "rebuild"} {
		for _, outcome := range []string{"done", "refused", "failed"} {
			sentences(t, Repaired(a, outcome), a, outcome)
		}
	}
}

func TestEveryRoleAndReasonHasItsWords(t *testing.T) {
	known := []string{file.System}
	for _, r := range policies.Roles() {
		known = append(known, string(r))
		for _, a := range []string{policies.GiveGrant, policies.EndGrant} {
			sentences(t, Granted(a, string(r)), r)
		}
	}
	for _, r := range known {
		said(t, Role(r), r)
	}
	require.Subset(t, known, keys(roles))
	for _, r := range file.Values[file.ReadingReason]() {
		said(t, Reason(string(r)), r)
	}
	require.Len(t, readingReasons, len(file.Values[file.ReadingReason]()))
}

func TestAKindThatIsNotInTheListSaysNothingOfAnother(t *testing.T) {
	require.Empty(t, Label("unheard", "phase"))
	require.Empty(t, Value("unheard", "phase", "closed"))
	require.Empty(t, Done("unheard", "assign"))
	require.Empty(t, Neutral("unheard"))
	require.Equal(t, "An attempt to do this was refused. A rule did not allow it.", Refused("unheard", "assign", "assigned").EN)
	require.Equal(t, "The file was read.", Read("unheard", "read_case", "").EN)
	require.Equal(t, "One person was told: there is something new.", Notified("unheard", "certified", 1).EN)
}

// ruled are the functions that name a rule, and which of their arguments does.
var ruled = map[string]int{"By": 0, "by": 0, "Invalid": 1, "Gate": 1, "Waiting": 1}

func TestEveryRuleHasItsWords(t *testing.T) {
	house := map[string]bool{ // of workflows, API and policies, under names of their own
		"version": true, "idempotency_key_reused": true, "scope": true, "compartment": true, "role": true, "area": true, "policy_error": true,
	}
	rulesIn(t, "domain/file", house)
	rulesIn(t, "domain/training", house)
	rulesIn(t, "domain/training/curriculum", house)
	rulesIn(t, "policies", house)
	for r := range house {
		sentences(t, rules[r], "the rule %q has no words", r)
	}
	elsewhere := map[string]bool{}
	ofEveryKind(t, func(t *testing.T, d *file.Definition) {
		own, its := map[string]bool{}, strings.TrimPrefix(stateOf(d).PkgPath(), "koko/")
		rulesIn(t, its, own)
		for r := range own {
			elsewhere[r] = true
			require.True(t, d.Vocabulary.Rules[r] != Words{} || rules[r] != Words{}, "the rule %q has no words", r)
		}
		for _, tie := range d.Relations {
			if tie.Rule != "" {
				require.Contains(t, d.Vocabulary.Rules, tie.Rule)
				own[tie.Rule] = true
			}
		}
		for r, w := range d.Vocabulary.Rules {
			sentences(t, w, r)
			require.True(t, own[r], "there is no rule %q", r)
		}
	})
	require.Greater(t, len(elsewhere), 60)
	for r := range rules {
		require.True(t, house[r] || elsewhere[r], "there is no rule %q", r)
		sentences(t, rules[r], r)
	}
}

// rulesIn notes the rules that a folder of Go names.
func rulesIn(t *testing.T, dir string, found map[string]bool) {
	t.Helper()
	files, err := filepath.Glob("../../" + dir + "/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			called := ""
			switch f := call.Fun.(type) {
			case *ast.Ident:
				called = f.Name
			case *ast.SelectorExpr:
				called = f.Sel.Name
			}
			i, names := ruled[called]
			if !names || len(call.Args) <= i {
				return true
			}
			if lit, ok := call.Args[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				rule, err := strconv.Unquote(lit.Value)
				require.NoError(t, err)
				found[rule] = true
			}
			return true
		})
	}
}
