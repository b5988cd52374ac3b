package story

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/calendar"
	"koko/domain/file"
	"koko/kinds"
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

// ofEveryKind runs a test of each kind: a new one without words fails.
func ofEveryKind(t *testing.T, test func(t *testing.T, d *file.Definition)) {
	for _, d := range kinds.All() {
		t.Run(string(d.Kind), func(t *testing.T) {
			require.NotNil(t, d.Vocabulary, "nobody can tell of a %s", d.Kind)
			test(t, d)
		})
	}
}

// A place is a leaf of a state, as JSON has it.
type place struct {
	path string
	of   reflect.Type
	enum []string // the values of an enumeration
}

// places lists every leaf of the state of a kind. Words of a command stand in documents, never there.
func places(d *file.Definition) (all []place) {
	var visit func(of reflect.Type, path string)
	visit = func(of reflect.Type, path string) {
		switch {
		case of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice:
			visit(of.Elem(), path)
			return
		case file.IsWords(of):
			return
		case of.Kind() != reflect.Struct || of == reflect.TypeFor[time.Time]():
			p := place{path: path, of: of}
			if of.Kind() == reflect.String {
				for _, v := range file.ValuesOf(of) {
					p.enum = append(p.enum, v.(string))
				}
			}
			all = append(all, p)
			return
		}
		for i := range of.NumField() {
			f := of.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			at := strings.TrimPrefix(path+"."+name, ".")
			if f.Anonymous && name == "" {
				at = path
			}
			visit(f.Type, at)
		}
	}
	visit(stateOf(d), "")
	return all
}

func stateOf(d *file.Definition) reflect.Type { return reflect.TypeOf(d.Fresh("", "")) }

// stamps are the names of what every state has and nobody tells. A field of its own comes first.
var stamps = []string{"id", "version", "opened", "changed", "by", "at", "docs", "passed", "destroyed"}

// isHidden reports whether nobody tells of a path.
func isHidden(d *file.Definition, path string) bool {
	return slices.ContainsFunc(d.Vocabulary.Fields, func(f file.Field) bool { return f.As == file.AsHidden && below(f.Path, path) })
}

// below reports whether path is above, or lies below it.
func below(above, path string) bool { return path == above || strings.HasPrefix(path, above+".") }

func TestEveryPlaceInAStateHasItsWordsOrIsHidden(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, d *file.Definition) {
		all := places(d)
		for _, p := range all {
			f := fieldAt(d.Vocabulary, p.path)
			switch {
			case isHidden(d, p.path):
			case f.DE == "":
				names := strings.Split(p.path, ".")
				require.True(t, slices.ContainsFunc(names, func(n string) bool { return slices.Contains(stamps, n) }), "%s has no words", p.path)
			default:
				said(t, f.Label(), p.path)
			}
		}
		for _, f := range d.Vocabulary.Fields {
			require.True(t, slices.ContainsFunc(all, func(p place) bool { return below(f.Path, p.path) }), "%s is nowhere", f.Path)
			if f.Each != (Words{}) {
				said(t, f.Each, f.Path)
				require.Equal(t, file.AsList, f.As, f.Path)
			}
			if f.Of != "" {
				_, known := kinds.Of(f.Of)
				require.True(t, known, "%s holds the id of a %s", f.Path, f.Of)
			}
		}
		if r := d.Vocabulary.Round; r != "" {
			require.True(t, slices.ContainsFunc(all, func(p place) bool { return p.path == r && p.of.Kind() == reflect.Int }), r)
		}
	})
}

func TestEveryValueHasItsWords(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, d *file.Definition) {
		used := map[string][]string{}
		for _, p := range places(d) {
			f := fieldAt(d.Vocabulary, p.path)
			switch {
			case isHidden(d, p.path) || f.DE == "":
			case p.enum != nil && f.As == file.AsPhase:
				require.Subset(t, d.Phases, p.enum, p.path)
			case p.enum != nil:
				require.Contains(t, d.Vocabulary.Values, f.As, "%s is written as an enumeration", p.path)
				used[f.As] = append(used[f.As], p.enum...)
			case p.of.Kind() == reflect.String && p.of.PkgPath() == stateOf(d).PkgPath():
				t.Errorf("%s is a %s, which lists no values", p.path, p.of)
			}
		}
		require.ElementsMatch(t, keys(d.Vocabulary.Values), keys(used), "no set is left over")
		for set, values := range d.Vocabulary.Values {
			slices.Sort(used[set])
			require.ElementsMatch(t, slices.Compact(used[set]), keys(values), set)
			for v, w := range values {
				said(t, w, "%s %s", set, v)
			}
		}
		require.ElementsMatch(t, d.Phases, keys(d.Vocabulary.Phases))
		for p, w := range d.Vocabulary.Phases {
			said(t, w.Name, p)
			sentences(t, w.Arrival, p)
		}
	})
}

func keys[K comparable, V any](m map[K]V) []K { return slices.Collect(maps.Keys(m)) }

func TestEveryActionHasItsSentences(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, d *file.Definition) {
		all := places(d)
		exists := func(path string) {
			t.Helper()
			path = strings.NewReplacer(".-1", "", ".+", "").Replace(strings.TrimPrefix(path, "was:"))
			require.True(t, slices.ContainsFunc(all, func(p place) bool { return below(path, p.path) }), "%s is nowhere", path)
		}
		require.Len(t, d.Vocabulary.Tellings, len(d.Commands()), "nothing is left over")
		for _, c := range d.Commands() {
			tellings := d.Vocabulary.Tellings[c.Action]
			require.NotEmpty(t, tellings, c.Action)
			for _, w := range tellings {
				sentences(t, w.Label(), c.Action)
				named := placeholder.FindAllString(w.DE, -1)
				require.ElementsMatch(t, named, placeholder.FindAllString(w.EN, -1), "both languages of %s say the same", c.Action)
				for _, n := range named {
					exists(strings.Trim(n, "{}"))
				}
				for condition := range strings.SplitSeq(w.When, " & ") {
					if path, _, _ := strings.Cut(strings.TrimPrefix(condition, "!"), "="); path != "" {
						exists(path)
					}
				}
			}
			last := tellings[len(tellings)-1]
			require.Empty(t, last.When, c.Action)
			require.NotContains(t, last.DE, "{", "%s must be said of a state that may not be seen", c.Action)
		}
		if slices.ContainsFunc(d.Compartments, func(c file.CompartmentSpec) bool { return c.Veiled }) {
			sentences(t, Neutral(d.Kind).Says)
		}
	})
}

func TestEveryDeadlineHasItsWords(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, d *file.Definition) {
		require.ElementsMatch(t, d.DeadlineKinds, keys(d.Vocabulary.Deadlines))
		require.Subset(t, d.DeadlineKinds, d.Quiet)
		for k, w := range d.Vocabulary.Deadlines {
			said(t, w.What, k)
			sentences(t, w.Passed, k)
			for _, a := range w.Met {
				_, known := d.CommandOf(a)
				require.True(t, known, "%s: %s", k, a)
			}
		}
	})
	for _, turn := range file.Values[Turn]() {
		said(t, Turned(turn), turn)
	}
	require.Len(t, turns, len(file.Values[Turn]()))
}

func TestEveryNoticeHasItsWords(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, d *file.Definition) {
		require.ElementsMatch(t, d.NoticeKinds, keys(d.Vocabulary.Notices))
		for k, w := range d.Vocabulary.Notices {
			said(t, w, k)
			sentences(t, Notified(d.Kind, k, 1), k)
			sentences(t, Notified(d.Kind, k, 12), k)
		}
		require.ElementsMatch(t, d.NoticeKinds, keys(d.Vocabulary.Told), "whoever is notified is told something")
		for k, w := range d.Vocabulary.Told {
			sentences(t, w, k)
		}
	})
}

func TestEveryStepOfALimitHasItsWords(t *testing.T) {
	for _, why := range file.Values[calendar.Reason]() {
		w := reason(calendar.Step{On: "2027-03-26", Why: why, Name: "Karfreitag", N: 2})
		said(t, w, why)
		require.NotEqual(t, same(string(why)), w, "it is not the word that the record has")
	}
	require.ElementsMatch(t, file.Values[calendar.RuleKind](), keys(ruleWords))
	for n, want := range map[int]Words{
		0: both("fester Termin", "fixed date"), 7: both("7 Tage nach dem Termin", "7 days after the date"),
		-1: both("ein Tag vor dem Termin", "one day before the date"), -60: both("60 Tage vor dem Termin", "60 days before the date"),
	} {
		require.Equal(t, want, Counting(calendar.Appointment(n)))
	}
	for _, k := range file.Values[calendar.RuleKind]() {
		for _, n := range []int{1, 2} {
			said(t, Counting(calendar.Rule{Kind: k, N: n}), "%s %d", k, n)
		}
	}
}
