package scenario_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/file"
	"koko/internal/scenario"
)

// cast has everybody play their own part.
func cast(parts ...string) scenario.Cast {
	people := map[string]string{}
	for _, part := range parts {
		people[part] = "p-" + part
	}
	return scenario.Cast{People: people, Begins: time.Date(2026, 2, 20, 9, 0, 0, 0, time.UTC)}
}

var everybody = cast(
	"reporter", "clearing", "caseworker", "conflict_manager", "conflict_manager2", "mediator", "supervisor",
	"seeker", "advice_coordinator", "adviser", "external_adviser",
	"facilitator", "commissioner", "analyst", "interpreter", "declining",
)

func TestEveryScriptGoesAsItSaysWhenTheRulesAloneDecide(t *testing.T) {
	files, err := filepath.Glob("scripts/*/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		s, err := scenario.Load(strings.TrimSuffix(strings.TrimPrefix(f, "scripts/"), ".yaml"))
		require.NoError(t, err)
		require.NotEmpty(t, s.About)
		rules := &scenario.Rules{Kind: s.Kind, State: s.Kind.Fresh("0b0e8a4e-6f0e-4c58-8d52-5a3a7c1f2d90", "05999001")}
		require.NoError(t, scenario.Play(t.Context(), s.Steps, everybody, rules))
	}
}

// script is a plain one, of which tests change a line.
const script = `about: A signal is triaged
kind: case
steps:
  - clearing: report_signal
    with:
      {source: presse, observed_on: !day 1, eep: experienced, reliability: 3, title: Lärm, text: Es ist laut.}
    phase: detection

  - clearing: triage
    day: 2
    with: {decision: fall_eroeffnen}
    open: [record_clearing]

  - clearing: assign
    with:
      assignee: !person caseworker

  - clearing: decide_mandate
    with:
      granted: false
      decided_on: !day 1
      commissioner: Bürgermeisteramt
      reason: Es ist nicht laut.
    refused: clearing
`

func read(text string) (*scenario.Script, error) {
	return scenario.Read(fstest.MapFS{"way.yaml": {Data: []byte(text)}}, "way.yaml")
}

func play(text string) error {
	s, err := read(text)
	if err != nil {
		return err
	}
	return scenario.Play(context.Background(), s.Steps, cast("clearing", "caseworker"), &scenario.Rules{Kind: s.Kind, State: s.Kind.Fresh("f", "05999001")})
}

func TestWhatIsWrongWithAScriptIsNamedWithFileAndLine(t *testing.T) {
	require.NoError(t, play(script))
	for name, tc := range map[string]struct{ old, changed, want string }{
		"another phase":      {"phase: detection", "phase: analysis", "way.yaml:4: clearing: report_signal: led to phase detection, not analysis"},
		"a closed action":    {"[record_clearing]", "[record_analysis]", "way.yaml:9: clearing: triage: left record_analysis closed: open are ["},
		"another rule":       {"refused: clearing", "refused: triage", "way.yaml:18: clearing: decide_mandate: should have been refused by triage: "},
		"no refusal":         {"open: [record_clearing]", "refused: phase", "way.yaml:9: clearing: triage: was carried out, where phase should have refused it"},
		"a refusal":          {"    refused: clearing\n", "", "way.yaml:18: clearing: decide_mandate: "},
		"a wrong value":      {"reliability: 3", "reliability: 7", "way.yaml:4: clearing: report_signal: "},
		"an unknown command": {"clearing: triage", "clearing: triagge", `way.yaml:9: people give no command "triagge" on a case`},
		"one of the house":   {"clearing: triage", "clearing: deadline_passed", `way.yaml:9: people give no command "deadline_passed" on a case`},
		"one by itself":      {"clearing: triage", "system: triage", `way.yaml:9: a case does not "triage" by itself`},
		"an unknown field":   {"decision:", "decison:", `way.yaml:9: triage: json: unknown field "decison"`},
		"a field twice":      {"granted: false", "granted: false\n      granted: true", "way.yaml:18: line 21: granted is said twice"},
		"an unknown person":  {"  - clearing: triage", "  - clering: triage", `way.yaml:9: nobody plays "clering"`},
		"one in a field":     {"!person caseworker", "!person casewoker", `way.yaml:14: clearing: assign: line 16: nobody plays "casewoker"`},
		"an unknown tag":     {"!person", "!persons", "way.yaml:14: line 16: there is no tag !persons"},
		"no day":             {"!day 1\n", "!day one\n", `way.yaml:18: line 21: "one" is no number of a day`},
		"a day that is over": {"refused: clearing", "day: 1", "way.yaml:24: day 1 is over on day 2"},
		"an unknown word":    {"refused: clearing", "refuse: clearing", `way.yaml:24: a step says nothing of "refuse"`},
		"an unknown phase":   {"phase: detection", "phase: detecting", `way.yaml:4: a case is never in phase "detecting"`},
		"an unknown opening": {"[record_clearing]", "[clear]", `way.yaml:9: people give no command "clear" on a case`},
		"nothing to expect":  {"refused: clearing", "refused: clearing\n    phase: detection", "way.yaml:18: what is refused changes nothing"},
		"no fields":          {"{decision: fall_eroeffnen}", "fall_eroeffnen", "way.yaml:9: line 11: these are no fields"},
		"no step":            {"- clearing: triage\n    day: 2", "- triage\n  - clearing: triage", "way.yaml:9: a step begins with who does what"},
		"an unknown kind":    {"kind: case", "kind: cases", `way.yaml: there is no kind "cases"`},
		"another kind":       {"    day: 2\n", "    day: 2\n    on: work\n", `way.yaml:9: people give no command "triage" on a work`},
		"a kind of nothing":  {"    day: 2\n", "    day: 2\n    on: works\n", `way.yaml:11: there is no kind "works"`},
		"an unknown heading": {"about:", "title:", "way.yaml: yaml: "},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, 1, strings.Count(script, tc.old), "what is changed stands there once")
			require.ErrorContains(t, play(strings.Replace(script, tc.old, tc.changed, 1)), tc.want)
		})
	}
}

// A script of a case goes on in the working file that begins because of it; what that tells the case arrives before
// the next step, and time limits of both pass in their order.
func TestAStepIsOnTheFileThatBeganBecauseOfAnother(t *testing.T) {
	whole, err := scenario.Load("case/plain-way")
	require.NoError(t, err)
	steps, err := whole.Through("hand_to_work")
	require.NoError(t, err)
	rules := &scenario.Rules{Kind: whole.Kind, State: whole.Kind.Fresh("0b0e8a4e-6f0e-4c58-8d52-5a3a7c1f2d90", "05999001")}
	var decided []string
	rules.Decided = func(d scenario.Decision) {
		decided = append(decided, string(d.Kind.Kind)+": "+string(d.Command.Action())+" by "+d.By)
	}
	require.NoError(t, scenario.Play(t.Context(), steps, everybody, rules))
	accept, ok := whole.First("accept_work")
	require.True(t, ok)
	require.ErrorContains(t, scenario.Play(t.Context(), []scenario.Step{accept}, everybody,
		&scenario.Rules{Kind: whole.Kind, State: whole.Kind.Fresh("f", "05999001")}), `there is no work ""`)
	require.NoError(t, scenario.Play(t.Context(), []scenario.Step{accept}, everybody, rules))
	require.Equal(t, []string{
		"case: hand_to_work by p-conflict_manager", "work: begin_work by system", "work: accept_work by p-mediator", "case: work_accepted by system",
	}, decided[len(decided)-4:])

	begun := len(decided)
	require.NoError(t, rules.Pass(everybody.Begins.AddDate(0, 0, 70)))
	require.Greater(t, len(decided), begun+1)
	for _, d := range decided[begun:] {
		require.Contains(t, d, "deadline_passed by system")
	}
	require.Contains(t, decided[begun:], "work: deadline_passed by system")
	require.Contains(t, decided[begun:], "case: deadline_passed by system")
}

func TestAScriptGoesOnFromAnother(t *testing.T) {
	more := `{kind: case, after: way, through: triage, steps: [{clearing: assign, with: {assignee: !person clearing}}]}`
	from := fstest.MapFS{"a/way.yaml": {Data: []byte(script)}, "a/more.yaml": {Data: []byte(more)}}
	s, err := scenario.Read(from, "a/more.yaml")
	require.NoError(t, err)
	var taken []file.Action
	for _, st := range s.Steps {
		taken = append(taken, st.Action)
	}
	require.Equal(t, []file.Action{"report_signal", "triage", "assign"}, taken)
	require.Equal(t, 2, s.Steps[2].Day, "the same day as the step before")

	for changed, want := range map[string]string{
		strings.Replace(more, "triage", "sign_off", 1): `a/more.yaml: a/way.yaml takes no action "sign_off"`,
		strings.Replace(more, "way", "wax", 1):         "a/wax.yaml",
	} {
		from["a/more.yaml"] = &fstest.MapFile{Data: []byte(changed)}
		_, err := scenario.Read(from, "a/more.yaml")
		require.ErrorContains(t, err, want)
	}
}

func TestTheExampleInTheDocumentationCanBePlayed(t *testing.T) {
	source, err := os.ReadFile("script.go")
	require.NoError(t, err)
	var example strings.Builder
	for line := range strings.Lines(string(source)) {
		if text, ok := strings.CutPrefix(line, "//\t"); ok {
			example.WriteString(text)
		}
	}
	way, err := os.ReadFile("scripts/case/plain-way.yaml")
	require.NoError(t, err)
	s, err := scenario.Read(fstest.MapFS{"plain-way.yaml": {Data: way}, "doc.yaml": {Data: []byte(example.String())}}, "doc.yaml")
	require.NoError(t, err)
	require.Len(t, s.Steps, 3)
	require.NoError(t, scenario.Play(t.Context(), s.Steps, everybody, &scenario.Rules{Kind: s.Kind, State: s.Kind.Fresh("f", "05999001")}))
}

// A silent door answers nothing but an error.
type silent struct{ err error }

func (s silent) Give(context.Context, scenario.Order) (scenario.Answer, error) {
	return scenario.Answer{}, s.err
}

func TestWhatNobodyAnswersIsNoRefusal(t *testing.T) {
	s, err := read(script)
	require.NoError(t, err)
	lost := errors.New("connection reset")
	err = scenario.Play(t.Context(), s.Steps[3:], cast("clearing"), silent{lost})
	require.ErrorIs(t, err, lost)
	require.ErrorContains(t, err, "way.yaml:18")
}

func TestTheBodyIsAsTheAPIHasIt(t *testing.T) {
	s, err := scenario.Load("case/taken-up-again")
	require.NoError(t, err)
	c := everybody
	signal, err := s.Steps[0].Body(c)
	require.NoError(t, err)
	require.Equal(t, "2026-02-20", signal["observed_on"])
	require.Equal(t, 3, signal["reliability"])
	handing, _ := s.First("hand_to_work")
	o, err := handing.Order(c)
	require.NoError(t, err)
	require.Equal(t, []any{"p-conflict_manager", []any{"p-mediator"}}, []any{o.By, o.Body["facilitators"]})
	require.Equal(t, c.Begins.AddDate(0, 0, 5), o.On, "on day 6")
	document, err := s.Steps[len(s.Steps)-1].Body(c)
	require.NoError(t, err)
	require.Equal(t, []byte("Ein Plan"), document["content"])
}
