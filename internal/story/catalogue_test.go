package story

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/process"
	"koko/domain/training"
	"koko/policies"
)

// said requires words in both languages that are no accident.
func said(t *testing.T, w Words, what ...any) {
	t.Helper()
	require.NotEmpty(t, strings.TrimSpace(w.DE), what...)
	require.NotEmpty(t, strings.TrimSpace(w.EN), what...)
}

// sentences requires that both are whole sentences.
func sentences(t *testing.T, w Words, what ...any) {
	t.Helper()
	said(t, w, what...)
	for _, s := range []string{w.DE, w.EN} {
		require.Regexp(t, `^[0-9A-ZÄÖÜ{].*\.$`, s, what...)
	}
}

func TestEveryActionHasItsSentences(t *testing.T) {
	for kind, actions := range map[process.Kind][]process.Action{
		process.KindCase: conflict.AllActions(), process.KindEnrolment: training.AllActions(), process.KindCohort: training.AllCohortActions(),
	} {
		require.Len(t, tellings[kind], len(actions), kind)
		for _, a := range actions {
			all := tellings[kind][a]
			require.NotEmpty(t, all, "%s %s", kind, a)
			for _, w := range all {
				sentences(t, Words{w.de, w.en}, "%s %s", kind, a)
				require.ElementsMatch(t, placeholder.FindAllString(w.de, -1), placeholder.FindAllString(w.en, -1), "both languages of %s %s say the same", kind, a)
			}
			last := all[len(all)-1]
			require.Empty(t, last.when, "%s %s", kind, a)
			require.NotContains(t, last.de, "{", "%s %s must be said of a state that may not be seen", kind, a)
		}
	}
}

func TestEveryActionThatCanBeRefusedHasItsWords(t *testing.T) {
	all := policies.Actions()
	for _, as := range [][]process.Action{conflict.AllActions(), training.AllActions(), training.AllCohortActions()} {
		for _, a := range as {
			all = append(all, string(a))
		}
	}
	for _, a := range all {
		said(t, attempts[a], a)
		require.Regexp(t, `zu|[a-z]zu[a-z]`, attempts[a].DE, a)
		require.Regexp(t, `^to `, attempts[a].EN, a)
		if strings.HasPrefix(a, "read_") {
			sentences(t, reads[a], a)
		}
	}
	for _, a := range []string{policies.RequestErasure, policies.ApproveErasure, policies.RejectErasure} {
		for _, r := range process.ErasureReasons() {
			sentences(t, Erased(a, string(r)), a)
			require.Equal(t, Erased(a, string(r)), Erased(policies.OfMediationErasure(a), string(r)), "whoever may know is told the same")
		}
	}
	for _, a := range []string{policies.ProposeRepair, policies.ApproveRepair, policies.RejectRepair, "restore_record", "restore_entry", "catch_up", "restart_workflow", "rebuild"} {
		for _, outcome := range []string{"done", "refused", "failed"} {
			sentences(t, Repaired(a, outcome), a, outcome)
		}
	}
	sentences(t, Refused(policies.OfMediationErasure(policies.ApproveErasure), "four_eyes"))
	require.Len(t, attempts, len(slices.Compact(slices.Sorted(slices.Values(all)))), "nothing is left over")
}

// suppressed are the names of stamps, ids, seals and what follows from the rest: nobody tells them. A
// place of its own in fields comes first.
var suppressed = []string{"id", "version", "opened", "changed", "by", "at", "docs", "passed", "evidence", "code", "supersedes", "units", "rule", "signed"}

func TestEveryPlaceInAStateHasItsWordsOrIsHidden(t *testing.T) {
	for kind, state := range map[process.Kind]any{process.KindCase: conflict.Case{}, process.KindEnrolment: training.Enrolment{}, process.KindCohort: training.Cohort{}} {
		var paths []string
		places(reflect.TypeOf(state), "", func(path string, of reflect.Type) {
			paths = append(paths, path)
			f := fieldAt(kind, path)
			if f.de == "" {
				require.True(t, slices.ContainsFunc(strings.Split(path, "."), func(name string) bool { return slices.Contains(suppressed, name) }), "%s.%s has no words", kind, path)
				return
			}
			said(t, Words{f.de, f.en}, "%s.%s", kind, path)
			if f.as == hidden {
				return
			}
			if set, known := enums[of]; known {
				require.Equal(t, set, f.as, "%s.%s is written as its enumeration", kind, path)
			}
		})
		for _, f := range fields[kind] {
			require.True(t, slices.ContainsFunc(paths, func(p string) bool { return p == f.path || strings.HasPrefix(p, f.path+".") }), "%s.%s is nowhere", kind, f.path)
		}
	}
}

// places visits every leaf of a type, as JSON has it.
func places(of reflect.Type, path string, visit func(string, reflect.Type)) {
	switch {
	case of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice:
		places(of.Elem(), path, visit)
		return
	case of.Kind() != reflect.Struct || of == reflect.TypeFor[time.Time]():
		visit(path, of)
		return
	}
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			places(f.Type, path, visit)
		case path == "":
			places(f.Type, name, visit)
		default:
			places(f.Type, path+"."+name, visit)
		}
	}
}

func texts[T ~string](vs []T) (all []string) {
	for _, v := range vs {
		all = append(all, string(v))
	}
	return all
}

// enums are the enumerations of the domain and the sets of values that have their words.
var enums = map[reflect.Type]string{
	reflect.TypeFor[conflict.Phase](): "case_phase", reflect.TypeFor[conflict.Source](): "source", reflect.TypeFor[conflict.Channel](): "channel", reflect.TypeFor[conflict.EEP](): "eep",
	reflect.TypeFor[conflict.TriageDecision](): "triage", reflect.TypeFor[conflict.Responsibility](): "responsibility", reflect.TypeFor[conflict.Urgency](): "urgency", reflect.TypeFor[conflict.Level](): "level",
	reflect.TypeFor[conflict.LegalBasis](): "legal_basis", reflect.TypeFor[conflict.Consent](): "consent", reflect.TypeFor[conflict.Topic](): "topic", reflect.TypeFor[conflict.Role](): "actor_role",
	reflect.TypeFor[conflict.Edge](): "edge", reflect.TypeFor[conflict.Instrumentalisation](): "instrumentalisation", reflect.TypeFor[conflict.Form](): "form", reflect.TypeFor[conflict.Progress](): "progress",
	reflect.TypeFor[conflict.Outcome](): "outcome", reflect.TypeFor[conflict.Factor](): "factor", reflect.TypeFor[conflict.Obstacle](): "obstacle", reflect.TypeFor[conflict.Stability](): "stability",
	reflect.TypeFor[training.Phase](): "enrolment_phase", reflect.TypeFor[training.Stage](): "cohort_phase", reflect.TypeFor[training.SeatStatus](): "seat", reflect.TypeFor[training.MakeUpKind](): "make_up_kind",
	reflect.TypeFor[training.MakeUpStatus](): "make_up_status", reflect.TypeFor[training.Criterion](): "criterion", reflect.TypeFor[training.PauseReason](): "pause_reason", reflect.TypeFor[training.WithdrawalReason](): "withdrawal_reason",
	reflect.TypeFor[training.ReissueReason](): "reissue_reason", reflect.TypeFor[training.RevocationReason](): "revocation_reason", reflect.TypeFor[training.CertificateKind](): "certificate_kind",
	reflect.TypeFor[training.CancelReason](): "cancel_reason", reflect.TypeFor[training.Source](): "list_source", reflect.TypeFor[bool](): "yesno",
}

func TestEveryValueHasItsWords(t *testing.T) {
	for set, all := range map[string][]string{
		"case_phase": texts(conflict.Phases()), "source": texts(conflict.Sources), "channel": texts(conflict.Channels), "eep": texts(conflict.EEPs), "triage": texts(conflict.TriageDecisions),
		"responsibility": texts(conflict.Responsibilities), "urgency": texts(conflict.Urgencies), "level": texts(conflict.Levels), "legal_basis": texts(conflict.LegalBases), "consent": texts(conflict.Consents),
		"topic": texts(conflict.Topics), "actor_role": texts(conflict.Roles), "edge": texts(conflict.Edges), "instrumentalisation": texts(conflict.Instrumentalisations), "form": texts(conflict.Forms),
		"progress": texts(conflict.Progresses), "outcome": texts(conflict.Outcomes), "factor": texts(conflict.Factors), "obstacle": texts(conflict.Obstacles), "stability": texts(conflict.Stabilities),
		"enrolment_phase": texts(training.Phases()), "cohort_phase": texts(training.Stages()), "seat": texts(training.SeatStatuses), "make_up_kind": texts(training.MakeUpKinds), "make_up_status": texts(training.MakeUpStatuses),
		"criterion": texts(training.Criteria), "pause_reason": texts(training.PauseReasons), "withdrawal_reason": texts(training.WithdrawalReasons), "reissue_reason": texts(training.ReissueReasons),
		"revocation_reason": texts(training.RevocationReasons), "certificate_kind": texts(training.CertificateKinds), "cancel_reason": texts(training.CancelReasons), "list_source": texts(training.Sources),
		"erasure_reason": texts(process.ErasureReasons()), "yesno": {"true", "false"}, "role": append(texts(policies.Roles()), process.System), "reason": {"fachaufsicht", "beschwerde", "datenschutz", "qualitaetssicherung", "rechtsstreit"},
	} {
		require.Len(t, values[set], len(all), set)
		for _, v := range all {
			said(t, values[set][v], "%s %s", set, v)
		}
	}
	for kind, phases := range map[process.Kind][]string{process.KindCase: texts(conflict.Phases()), process.KindEnrolment: texts(training.Phases()), process.KindCohort: texts(training.Stages())} {
		for _, p := range phases {
			sentences(t, arrivals[kind][p], "%s %s", kind, p)
		}
	}
}

func TestEveryDeadlineHasItsWords(t *testing.T) {
	all := slices.Concat([]string{"triage", "watch", "clearing", "analysis", "rescore", "review", "follow_up_3", "follow_up_6", "follow_up_12"}, training.DeadlineKinds(), training.CohortDeadlineKinds())
	require.Len(t, deadlines, len(all))
	for _, k := range all {
		said(t, deadlines[k].what, k)
		sentences(t, deadlines[k].passed, k)
		for _, a := range deadlines[k].met {
			require.Contains(t, attempts, string(a), k)
		}
	}
	for _, turn := range Turns() {
		said(t, Turned(turn), turn)
	}
}

func TestEveryNoticeHasItsWords(t *testing.T) {
	all := append(training.EnrolmentNotices(), training.CohortNotices()...)
	require.Len(t, notices, len(all))
	for _, k := range all {
		said(t, notices[k], k)
		sentences(t, Told(k, 1), k)
		sentences(t, Told(k, 12), k)
	}
}

// ruled are the functions that name a rule, and which of their arguments does.
var ruled = map[string]int{"By": 0, "by": 0, "Invalid": 1, "gate": 1, "Waiting": 1}

func TestEveryRuleHasItsWords(t *testing.T) {
	found := map[string]bool{
		"version": true, "idempotency_key_reused": true, "scope": true, "compartment": true, // of workflows and API
		"role": true, "area": true, "assigned": true, "mediator_of_record": true, "own_signal": true, "handed_over": true, "own_enrolment": true, "own_staff": true,
		"own_trainee": true, "appointed": true, "own_cohort": true, "policy_error": true,
	}
	for _, dir := range []string{"domain/process", "domain/conflict", "domain/training", "policies"} {
		files, err := filepath.Glob("../../" + dir + "/*.go")
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, name := range files {
			if !strings.HasSuffix(name, "_test.go") {
				rulesIn(t, name, found)
			}
		}
	}
	require.Greater(t, len(found), 70)
	for r := range found {
		_, known := rules[r]
		require.True(t, known, "the rule %q has no words", r)
		sentences(t, rules[r], r)
	}
	for r := range rules {
		require.True(t, found[r], "there is no rule %q", r)
	}
}

// rulesIn notes the rules that a file of Go names.
func rulesIn(t *testing.T, name string, found map[string]bool) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
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
