package file_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
)

var kind = file.Define(keys)

func TestARowFollowsFromTheState(t *testing.T) {
	k := with(func(k *key) { k.Lent, k.Uses = ags.Area{"05999003", "05999002", "05999001"}, 1 })
	r, err := kind.Row(k)
	require.NoError(t, err)
	facets := string(r.Facets)
	r.Facets = nil
	once, back := "key/p-1", at.Add(2*day)
	require.Equal(t, file.Row{
		Kind: "key", ID: "7", AGS: "05999001", Places: ags.Area{"05999001", "05999002", "05999003"}, Reference: "K7", Phase: "out",
		Ties: []string{"any:", "made:a", "owner:p-1"}, Once: &once, Due: &back, Opened: at, Changed: at, Version: 1,
	}, r, "ties are sorted and stand once; the own municipality is one of the places")
	require.JSONEq(t, `{"owner":"p-1","uses":1,"since":"2026-03-02T09:00:00Z"}`, facets, "what a file has not is left out")
}

func TestARowKnowsWhatIsOverAndWhatOnlyReminds(t *testing.T) {
	for phase, over := range map[string]bool{"out": false, "lent": false, "back": true} {
		r, err := kind.Row(with(func(k *key) { k.Phase = phase }))
		require.NoError(t, err)
		require.Equal(t, over, r.Over, phase)
	}
	r, err := kind.Row(out)
	require.NoError(t, err)
	require.Equal(t, due(1).Due, *r.Due, "the first one only reminds")
	r, err = kind.Row(with(func(k *key) { k.Phase = "back" }))
	require.NoError(t, err)
	require.Nil(t, r.Due)
}

func TestAKindThatSaysLittleHasAPlainRow(t *testing.T) {
	plain := file.Define(&file.Spec[key]{About: file.About{Kind: "key"}, Ties: func(key) []file.Tie { return nil }})
	r, err := plain.Row(with(func(k *key) { k.Lent, k.Phase = ags.Area{"05999002"}, "back" }))
	require.NoError(t, err)
	require.Equal(t, file.Row{
		Kind: "key", ID: "7", AGS: "05999001", Places: ags.Area{"05999001"}, Phase: "back", Ties: []string{}, Facets: json.RawMessage("{}"),
		Opened: at, Changed: at, Version: 1,
	}, r, "never nil where the record wants a list")
	require.Empty(t, plain.Messages(key{}, out))
	require.Empty(t, plain.Notices(key{}, out))
	require.Empty(t, plain.Certificates(out))

	nobody, err := kind.Row(with(func(k *key) { k.Owner = "" }))
	require.NoError(t, err)
	require.Nil(t, nobody.Once, "an empty key is none")
}

func TestAFacetThatIsNoJSONIsAnError(t *testing.T) {
	odd := *keys
	odd.Facets = []file.Facet[key]{{Name: "odd", Of: func(key) any { return func() {} }}}
	_, err := file.Define(&odd).Row(out)
	require.ErrorContains(t, err, "facets of key 7")
}

func TestWhatIsVeiledNeedsAnAct(t *testing.T) {
	in := func(cs ...file.Compartment) (ds []file.Doc) {
		for _, c := range cs {
			ds = append(ds, file.Doc{Compartment: c})
		}
		return ds
	}
	for name, tc := range map[string]struct {
		action file.Action
		docs   []file.Doc
		want   string
	}{
		"a command that is always veiled":            {"leave", nil, "read_leaving"},
		"whatever its documents":                     {"leave", in("open", "closed"), "read_leaving"},
		"one whose document lies in the compartment": {"use", in("closed"), "read_closed"},
		"one of its documents is enough":             {"use", in("open", "closed"), "read_closed"},
		"one whose document lies elsewhere":          {"use", in("open"), ""},
		"one without documents":                      {"use", nil, ""},
		"one that is never veiled":                   {"take", in("closed"), ""},
		"the workflows' own":                         {file.ActionDeadlinePassed, in("closed"), ""},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, tc.want, kind.Veil(tc.action, tc.docs)) })
	}
}

func TestAnActIsVeiledAsWhatItOpens(t *testing.T) {
	for act, want := range map[string]string{
		"leave": "read_leaving", "read_leaving": "read_leaving", "read_closed": "read_closed", // whatever opens what is veiled is veiled by itself
		"use": "", "take": "", "read_open": "", "unheard_of": "", "": "",
	} {
		require.Equal(t, want, kind.VeilOf(act), act)
	}
}

// Only the second lens needs no act of a veil.
func TestWhatIsUnveiledHidesWhatVeilsHide(t *testing.T) {
	veiled := *keys
	veiled.Lenses = []file.Lens[key]{
		{Name: "all", Acts: []string{"read", "read_leaving"}, Show: func(k key) any { return k }},
		{Name: "some", Acts: []string{"read"}, Show: func(k key) any { k.Owner = ""; return k }},
	}
	d := file.Define(&veiled)
	require.Equal(t, with(func(k *key) { k.Owner = "" }), d.Unveiled(out))
	require.True(t, d.Veiling(out))
	require.False(t, d.Veiling(key{ID: "7"}), "there is nothing to hide")
	veiled.Lenses = veiled.Lenses[:1]
	require.Equal(t, struct{}{}, file.Define(&veiled).Unveiled(out), "nobody sees anything")
}

func TestADefinitionForgetsTheTypeAndNothingElse(t *testing.T) {
	require.Equal(t, key{ID: "8", AGS: "05999002"}, kind.Fresh("8", "05999002"))
	b, err := json.Marshal(out)
	require.NoError(t, err)
	s, err := kind.Decode(b)
	require.NoError(t, err)
	require.Equal(t, out, s)
	_, err = kind.Decode([]byte("7"))
	require.ErrorContains(t, err, "state of kind key")

	next, err := kind.Decide(s, use{N: 2}, "p-1", at)
	require.NoError(t, err)
	require.Equal(t, 2, next.(key).Uses)
	next, err = kind.Decide(s, use{N: 9}, "p-1", at)
	require.Nil(t, next, "not a zero key in an interface")
	require.NotNil(t, fault.Of(err))
	require.Panics(t, func() { _, _ = kind.Decide(other{}, use{}, "p-1", at) }, "a state of another kind is a fault of the programmer")
}

type other struct{ key }

func TestCommandsAreListedInTheOrderOfTheProcess(t *testing.T) {
	require.Equal(t, []file.CommandSpec{
		{Action: "take", Type: reflect.TypeFor[take](), When: []string{""}, Begins: true, Summary: "Take it"},
		{Action: "use", Type: reflect.TypeFor[use](), When: []string{"out", "lent"}, VeiledBy: "closed"},
		{Action: "leave", Type: reflect.TypeFor[leave](), When: []string{"out"}, Own: true, Veil: "read_leaving"},
	}, kind.Commands())
	require.Equal(t, file.Action("take"), kind.First())
	c, ok := kind.CommandOf("leave")
	require.True(t, ok)
	require.True(t, c.Own)
	_, ok = kind.CommandOf("dance")
	require.False(t, ok)
	require.Panics(t, func() { file.Define(&file.Spec[key]{}).First() })
}

func TestFacetsNameTheirTypes(t *testing.T) {
	types := map[string]reflect.Type{}
	for _, f := range kind.Facets() {
		types[f.Name] = f.Type
	}
	require.Equal(t, map[string]reflect.Type{
		"owner": reflect.TypeFor[string](), "uses": reflect.TypeFor[int](), "worn": reflect.TypeFor[bool](), "none": nil,
		"since": reflect.TypeFor[time.Time](), "never": reflect.TypeFor[*time.Time](),
	}, types)
}
