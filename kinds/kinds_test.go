package kinds_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/kinds"
)

// each has check look at each kind by itself.
func each(t *testing.T, check func(*testing.T, *file.Definition)) {
	t.Helper()
	require.NotEmpty(t, kinds.All())
	for _, k := range kinds.All() {
		t.Run(string(k.Kind), func(t *testing.T) { check(t, k) })
	}
}

// known are the acts on files of a kind: its commands and ways to read one, and what is about the kind.
func known(k *file.Definition) []string {
	acts := slices.Concat(k.Reading(), k.Freely(), k.Elsewhere)
	for _, c := range k.Commands() {
		acts = append(acts, string(c.Action))
	}
	return acts
}

func TestKindsAreToldApartByEveryName(t *testing.T) {
	seen := map[string]file.Kind{}
	once := func(k *file.Definition, what, name string) {
		require.NotEmpty(t, name, "%s: %s", k.Kind, what)
		other, taken := seen[what+" "+name]
		require.False(t, taken, "%s %q is of %s and of %s", what, name, other, k.Kind)
		seen[what+" "+name] = k.Kind
	}
	for _, k := range kinds.All() {
		once(k, "kind", string(k.Kind))
		once(k, "plural", k.Plural)
		once(k, "workflow", k.Workflow)
		once(k, "label", k.Label.DE)
		once(k, "label in English", k.Label.EN)
		for _, c := range k.Commands() {
			once(k, "action", string(c.Action))
			require.NotEqual(t, file.ActionDeadlinePassed, c.Action, "it is every kind's")
		}
		for _, r := range k.Roles {
			once(k, "role", r.Name)
			require.NotEmpty(t, r.Title, r.Name)
			require.NotEmpty(t, r.Label.DE, r.Name)
			require.NotEmpty(t, r.Label.EN, r.Name)
		}
	}
}

func TestAKindIsFoundByItsNames(t *testing.T) {
	for _, k := range kinds.All() {
		for how, find := range map[string]func() (*file.Definition, bool){
			"kind":     func() (*file.Definition, bool) { return kinds.Of(k.Kind) },
			"workflow": func() (*file.Definition, bool) { return kinds.ByWorkflow(k.Workflow) },
			"plural":   func() (*file.Definition, bool) { return kinds.ByPlural(k.Plural) },
		} {
			found, ok := find()
			require.True(t, ok, how)
			require.Same(t, k, found, how)
		}
	}
	for _, name := range []string{"", "CASE", "unheard_of"} {
		_, of := kinds.Of(file.Kind(name))
		_, workflow := kinds.ByWorkflow(name)
		_, plural := kinds.ByPlural(name)
		require.False(t, of || workflow || plural, name)
	}
}

func TestACommandOfPeopleIsExplained(t *testing.T) {
	each(t, func(t *testing.T, k *file.Definition) {
		for _, c := range k.Commands() {
			if c.Own {
				require.Empty(t, c.Summary+c.Details, "%s: no person reads it", c.Action)
				continue
			}
			require.NotEmpty(t, c.Summary, c.Action)
			require.NotEmpty(t, c.Details, c.Action)
			require.False(t, strings.HasSuffix(c.Summary, "."), "%s: a summary is a heading", c.Action)
		}
	})
}

func TestExactlyOneCommandBeginsAFile(t *testing.T) {
	each(t, func(t *testing.T, k *file.Definition) {
		var first []file.Action
		for _, c := range k.Commands() {
			require.NotEmpty(t, c.When, c.Action)
			for _, phase := range c.When {
				require.True(t, c.Begins && phase == "" || slices.Contains(k.Phases, phase), "%s in %q", c.Action, phase)
			}
			if c.Begins {
				first = append(first, c.Action)
			}
		}
		require.Equal(t, []file.Action{k.First()}, first)
	})
}

func TestPhasesAreKnownAndBelongToARun(t *testing.T) {
	each(t, func(t *testing.T, k *file.Definition) {
		require.NotEmpty(t, k.Phases)
		require.NotContains(t, k.Phases, "", "a file that is not there yet is in none")
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(k.Phases))), len(k.Phases))
		require.Subset(t, k.Phases, k.Over)
		require.NotContains(t, k.Over, k.Phases[0])
		require.Equal(t, k.Stretch(k.Phases[0]), k.Stretch(""), "beginning a file does not end its run")
		require.Subset(t, k.DeadlineKinds, k.Quiet)
	})
}

// A kind that keeps words for a time only says in its states what is gone, and expects its deadlines by itself.
func TestAKindThatForgetsSaysSo(t *testing.T) {
	each(t, func(t *testing.T, k *file.Definition) {
		var names []file.Compartment
		for _, c := range k.Compartments {
			names = append(names, c.Name)
		}
		state := k.Fresh("x", "05999001")
		_, keeps := reflect.TypeOf(state).FieldByName("Kept")
		require.Equal(t, keeps, len(k.Retention()) > 0, "file.Kept is embedded")
		for deadline, cs := range k.Retention() {
			require.Contains(t, k.DeadlineKinds, deadline)
			require.NotEmpty(t, cs, deadline)
			require.Subset(t, names, cs, deadline)
		}
	})
}

// filled is a value of a type with something in every field, but for words, which are never marshalled.
func filled(typ reflect.Type) reflect.Value { return worded(typ, func() string { return "" }) }

// worded is filled, with words that say puts there.
func worded(typ reflect.Type, say func() string) reflect.Value {
	v := reflect.New(typ).Elem()
	switch {
	case file.IsWords(typ):
		v.SetString(say())
	case typ == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)))
	case typ.Kind() == reflect.String:
		v.SetString("x")
	case typ.Kind() == reflect.Int:
		v.SetInt(3)
	case typ.Kind() == reflect.Bool:
		v.SetBool(true)
	case typ.Kind() == reflect.Pointer:
		v.Set(reflect.New(typ.Elem()))
		v.Elem().Set(worded(typ.Elem(), say))
	case typ.Kind() == reflect.Slice:
		v.Set(reflect.Append(v, worded(typ.Elem(), say)))
	case typ.Kind() == reflect.Struct:
		for i := range v.NumField() {
			v.Field(i).Set(worded(typ.Field(i).Type, say))
		}
	default:
		panic("no values of " + typ.String() + ": a history cannot hold it")
	}
	return v
}

func TestCommandsSurviveTheEngine(t *testing.T) {
	each(t, func(t *testing.T, k *file.Definition) {
		for _, c := range k.Commands() {
			for _, v := range []reflect.Value{reflect.Zero(c.Type), filled(c.Type)} {
				cmd := v.Interface().(file.Command)
				require.Equal(t, c.Action, cmd.Action())
				letter, err := file.Write(cmd)
				require.NoError(t, err, c.Action)
				read, err := k.Command(letter.Action, letter.Command)
				require.NoError(t, err, c.Action)
				require.Equal(t, cmd, read)
			}
		}
	})
}

// No word is lost or stays behind, and each goes to a compartment of the kind, called as documents call it.
func TestTheWordsOfCommandsGoToTheCompartmentsOfTheKind(t *testing.T) {
	each(t, func(t *testing.T, k *file.Definition) {
		for _, c := range k.Commands() {
			var said []string
			v := worded(c.Type, func() string {
				said = append(said, base64.StdEncoding.EncodeToString([]byte{byte(len(said))}))
				return said[len(said)-1]
			})
			var compartments []file.Compartment
			for _, o := range k.Compartments {
				compartments = append(compartments, o.Name)
			}
			if f := v.FieldByName("Compartment"); f.IsValid() {
				f.SetString(string(compartments[0]))
			}
			cmd, err := file.Prepare(v.Interface().(file.Command))
			require.NoError(t, err, c.Action)
			if st, starts := cmd.(file.Starter); starts { // they go to the file that begins because of it
				cmd, said = st.Without("3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"), nil
			}
			bare, words := file.Take(cmd)
			_, err = file.Write(bare)
			require.NoError(t, err, c.Action)
			var sealed []string
			for name, in := range words {
				require.Contains(t, compartments, name, c.Action)
				called := slices.Collect(maps.Keys(in))
				docs := file.Docs{Docs: []file.Doc{{ID: "3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11", Action: c.Action, Compartment: name, Digest: strings.Repeat("0", 64), Fields: called}}}
				require.Nil(t, docs.In(c.Action, compartments...), "%s calls words %v", c.Action, called)
				sealed = slices.AppendSeq(sealed, maps.Values(in))
			}
			require.Subset(t, sealed, said, c.Action)
		}
	})
}

// A command because of which another file begins tells that one what its first command asks for, and all its words.
// Nothing of that stays behind.
func TestWhatIsForTheFileThatBeginsArrivesThere(t *testing.T) {
	started := 0
	each(t, func(t *testing.T, k *file.Definition) {
		for _, c := range k.Commands() {
			var said []string
			given, starts := worded(c.Type, func() string {
				said = append(said, base64.StdEncoding.EncodeToString([]byte{byte(len(said))}))
				return said[len(said)-1]
			}).Interface().(file.Starter)
			if !starts {
				continue
			}
			started++
			other, ok := kinds.Of(given.Starts())
			require.True(t, ok, given.Starts())
			first, ok := other.CommandOf(other.First())
			require.True(t, ok && first.Own, "no person begins a %s", other.Kind)

			raw, err := json.Marshal(given.Beginning(filled(reflect.TypeOf(k.Fresh("x", "05999001"))).Interface().(file.State), "x"))
			require.NoError(t, err)
			strict := json.NewDecoder(bytes.NewReader(raw))
			strict.DisallowUnknownFields()
			require.NoError(t, strict.Decode(reflect.New(first.Type).Interface()), "%s asks for it", other.First())
			cmd, err := other.ReadCommand(other.First(), raw)
			require.NoError(t, err)
			_, words := file.Take(cmd)
			var arrived []string
			for in, all := range words {
				require.Contains(t, other.Compartments, other.Compartment(in))
				arrived = slices.AppendSeq(arrived, maps.Values(all))
			}
			require.Subset(t, arrived, said)

			kept, err := json.Marshal(given.Without("3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"))
			require.NoError(t, err)
			require.JSONEq(t, `{"`+string(other.Kind)+`": "3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"}`, string(kept))
		}
	})
	require.NotZero(t, started)
}

func TestWhomACommandNamesNeedsARoleThatThereIs(t *testing.T) {
	var roles []string
	for _, k := range kinds.All() {
		for _, r := range k.Roles {
			roles = append(roles, r.Name)
		}
	}
	each(t, func(t *testing.T, k *file.Definition) {
		for _, c := range k.Commands() {
			for _, named := range file.People(filled(c.Type).Interface().(file.Command)) {
				require.Subset(t, roles, named.Roles, "%s names somebody as %s", c.Action, named.Field)
				require.NotContains(t, named.Where, "{", "%s: %s", c.Action, named.Field)
			}
		}
	})
}

func TestStatesSurviveTheEngineAndTheRecord(t *testing.T) {
	each(t, func(t *testing.T, k *file.Definition) {
		fresh := k.Fresh("3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11", "05999001")
		require.Equal(t, file.Head{ID: "3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11", AGS: "05999001"}, fresh.Head())
		require.Empty(t, fresh.Deadlines())
		for _, s := range []file.State{fresh, filled(reflect.TypeOf(fresh)).Interface().(file.State)} {
			b, err := json.Marshal(s)
			require.NoError(t, err)
			read, err := k.Decode(b)
			require.NoError(t, err)
			require.Equal(t, s, read)
		}
	})
}

func TestEveryActIsKnown(t *testing.T) {
	var all []string
	for _, k := range kinds.All() {
		all = append(all, known(k)...)
	}
	each(t, func(t *testing.T, k *file.Definition) {
		acts := known(k)
		require.NotContains(t, acts, "")
		require.NotEmpty(t, k.History)
		names := []file.Compartment{}
		for _, c := range k.Compartments {
			require.NotEmpty(t, c.Act, c.Name)
			require.NotContains(t, names, c.Name)
			names = append(names, c.Name)
		}
		for _, c := range k.Commands() {
			require.True(t, c.Veil == "" || slices.Contains(acts, c.Veil), "%s is veiled by %s", c.Action, c.Veil)
			require.True(t, c.VeiledBy == "" || slices.Contains(names, c.VeiledBy) && k.Compartment(c.VeiledBy).Veiled, "%s is veiled by %s", c.Action, c.VeiledBy)
		}
		for _, f := range k.Facets() {
			require.Subset(t, acts, f.Acts, f.Name)
		}
		require.Subset(t, all, k.Offered, "whoever applies for a cohort begins an enrolment")
		if k.Title.Action != "" {
			_, ok := k.CommandOf(k.Title.Action)
			require.True(t, ok)
			require.Contains(t, names, k.Title.Compartment)
			require.NotEmpty(t, k.Title.Acts)
			require.Subset(t, acts, k.Title.Acts)
		}
	})
}

// fields are what JSON calls the fields of a struct.
func fields(typ reflect.Type) (names []string) {
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			names = append(names, fields(f.Type)...)
		case f.IsExported() && name != "-":
			names = append(names, name)
		}
	}
	return names
}

func TestALensShowsAPartOfTheState(t *testing.T) {
	each(t, func(t *testing.T, k *file.Definition) {
		state := k.Fresh("x", "05999001")
		require.NotEmpty(t, k.Lenses())
		for _, l := range k.Lenses() {
			require.NotEmpty(t, l.Name)
			require.NotEmpty(t, l.Acts, "whoever looks through %s needs a right", l.Name)
			for _, s := range []file.State{state, filled(reflect.TypeOf(state)).Interface().(file.State)} {
				shown := reflect.TypeOf(l.Show(s))
				require.Equal(t, reflect.Struct, shown.Kind(), l.Name)
				require.Subset(t, fields(reflect.TypeOf(state)), fields(shown), l.Name)
			}
		}
	})
}

// leaves calls visit for the type of every field of typ, and of the structs in it.
func leaves(typ reflect.Type, visit func(reflect.Type)) {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() {
		visit(typ)
		return
	}
	for f := range typ.Fields() {
		leaves(f.Type, visit)
	}
}

// What a kind gives a name to is an enumeration: anything else is a string, a number or a type of package file.
func TestTheTypesOfAKindListTheirValues(t *testing.T) {
	each(t, func(t *testing.T, k *file.Definition) {
		home := reflect.TypeOf(k.Fresh("x", "05999001"))
		all := []reflect.Type{home}
		for _, c := range k.Commands() {
			all = append(all, c.Type)
		}
		met := 0
		for _, typ := range all {
			leaves(typ, func(of reflect.Type) {
				values := file.ValuesOf(of)
				require.True(t, of.PkgPath() != home.PkgPath() || values != nil, "%s lists no values", of)
				require.NotContains(t, values, "", of)
				for i, v := range values {
					require.NotContains(t, values[:i], v, "%s has it twice", of)
				}
				met += min(1, len(values))
			})
		}
		require.NotZero(t, met)
	})
}

func TestFacetsAreFactsThatListsUnderstand(t *testing.T) {
	plain := []reflect.Type{
		reflect.TypeFor[string](), reflect.TypeFor[int](), reflect.TypeFor[bool](), reflect.TypeFor[time.Time](), reflect.TypeFor[*time.Time](), reflect.TypeFor[[]string](),
	}
	each(t, func(t *testing.T, k *file.Definition) {
		seen := map[string]bool{}
		for _, f := range k.Facets() {
			require.NotEmpty(t, f.Doc, f.Name)
			require.False(t, seen[f.Name], f.Name)
			seen[f.Name] = true
			if f.Filter || f.Count {
				require.True(t, slices.Contains(plain, f.Type) || f.Values != nil, f.Name)
			}
			require.True(t, !f.Person || f.Type == reflect.TypeFor[string](), f.Name)
			if f.Name == k.Sort {
				require.Contains(t, plain[3:5], f.Type, "lists are in the order of times")
			}
		}
		require.True(t, k.Sort == "" || seen[k.Sort], k.Sort)
	})
}

func TestRelationsSayWhatIsMissing(t *testing.T) {
	var others []file.Relation
	for _, k := range kinds.All() {
		for _, r := range k.Relations {
			others = append(others, r.Name)
		}
	}
	each(t, func(t *testing.T, k *file.Definition) {
		seen := []file.Relation{}
		for _, r := range k.Relations {
			require.NotContains(t, seen, r.Name)
			seen = append(seen, r.Name)
			require.Equal(t, r.Rule == "", r.Remedy == "", "%s: a refusal has a remedy", r.Name)
			require.True(t, r.Rule != "" || r.Barred != "", "%s is good for nothing", r.Name)
			require.NotContains(t, r.Name, ":", "the record keeps ties with one")
			require.True(t, r.Through == "" || slices.Contains(others, r.Through), "%s through %s", r.Name, r.Through)
		}
		require.True(t, k.Mine == "" || slices.Contains(seen, k.Mine), k.Mine)
	})
}

// tied are the relations of the ties of a state.
func tied(k *file.Definition, s file.State) (rs []file.Relation) {
	for _, t := range k.Ties(s) {
		rs = append(rs, t.Relation)
	}
	return rs
}

func TestTiesAreOfRelationsThatTheKindNames(t *testing.T) {
	each(t, func(t *testing.T, k *file.Definition) {
		var names []file.Relation
		for _, r := range k.Relations {
			names = append(names, r.Name)
		}
		for _, phase := range k.Phases {
			s := filled(reflect.TypeOf(k.Fresh("x", "05999001")))
			for _, field := range []string{"Phase", "Stage"} {
				if f := s.FieldByName(field); f.IsValid() {
					f.SetString(phase)
				}
			}
			require.Subset(t, names, tied(k, s.Interface().(file.State)), phase)
		}
	})
}

// rows are the rows of a policy: role, act, when, unless.
func rows(t *testing.T, policy string) (rs [][]string) {
	for line := range strings.Lines(policy) {
		parts := strings.Split(strings.TrimSpace(line), ", ")
		if parts[0] != "p" {
			continue
		}
		require.Len(t, parts, 5, line)
		rs = append(rs, parts[1:])
	}
	return rs
}

func TestPolicyRowsNameRelationsAndRolesOfAKind(t *testing.T) {
	house, err := os.ReadFile(filepath.Join("..", "policies", "policy.csv"))
	require.NoError(t, err)
	acts, roles := []string{}, []string{"evaluation"} // it sees numbers of every kind, and nothing of the house
	for _, r := range rows(t, string(house)) {
		acts, roles = append(acts, r[1]), append(roles, r[0])
	}
	for _, k := range kinds.All() {
		for _, r := range k.Roles {
			roles = append(roles, r.Name)
		}
	}
	each(t, func(t *testing.T, k *file.Definition) {
		rules := map[string]string{}
		for _, r := range k.Relations {
			rules[string(r.Name)] = r.Rule
		}
		require.NotEmpty(t, rows(t, k.Policy))
		for _, r := range rows(t, k.Policy) {
			role, act, when, unless := r[0], r[1], r[2], r[3]
			require.Contains(t, roles, role, r)
			require.Contains(t, append(known(k), acts...), act, r)
			rule, ok := rules[when]
			require.True(t, when == "any" || ok && rule != "", "%v: a row can ask for relations with a rule alone", r)
			for part := range strings.SplitSeq(unless, "|") {
				_, ok := rules[part]
				require.True(t, ok || unless == "-", "%v: unless %s", r, part)
			}
		}
	})
}

// Somebody can do whatever people can do, and nobody what only the workflows do. The row may be another
// kind's: the history of the training is one act.
func TestEveryCommandOfPeopleHasARow(t *testing.T) {
	permitted := map[string]bool{}
	for _, k := range kinds.All() {
		for _, r := range rows(t, k.Policy) {
			permitted[r[1]] = true
		}
	}
	each(t, func(t *testing.T, k *file.Definition) {
		for _, c := range k.Commands() {
			require.Equal(t, !c.Own, permitted[string(c.Action)], c.Action)
		}
		for _, act := range k.Reading() {
			require.True(t, permitted[act], act)
		}
	})
}

// Whoever begins a second file with a key that only one may have is told so.
func TestWhatMayBeThereOnceSaysSo(t *testing.T) {
	each(t, func(t *testing.T, k *file.Definition) {
		require.Equal(t, k.Unique(), k.Twice != nil)
		if f := k.Twice; f != nil {
			require.Equal(t, fault.Gate, f.Code)
			require.NotEmpty(t, f.Rule)
			require.NotEmpty(t, f.Remedy)
		}
	})
}

func TestEveryKindHasARowOfEveryState(t *testing.T) {
	each(t, func(t *testing.T, k *file.Definition) {
		fresh := k.Fresh("x", "05999001")
		r, err := k.Row(fresh)
		require.NoError(t, err)
		require.Equal(t, []any{k.Kind, "x", ags.Area{"05999001"}}, []any{r.Kind, r.ID, r.Places})
		require.Nil(t, r.Once)
		_, err = k.Row(filled(reflect.TypeOf(fresh)).Interface().(file.State))
		require.NoError(t, err)
	})
}
