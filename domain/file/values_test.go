package file_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/fault"
	"koko/domain/file"
)

type colour string

func (colour) Values() []colour { return []colour{"red", "green"} }

type year int

func (year) Values() []year { return []year{1, 5} }

// palette has a method of that name, and is none.
type palette struct{}

func (palette) Values() []colour { return nil }

func TestATypeListsItsValues(t *testing.T) {
	require.Equal(t, []colour{"red", "green"}, file.Values[colour]())
	require.Equal(t, []any{"red", "green"}, file.ValuesOf(reflect.TypeFor[colour]()))
	require.Equal(t, []any{1.0, 5.0}, file.ValuesOf(reflect.TypeFor[year]()))
	for _, none := range []reflect.Type{nil, reflect.TypeFor[string](), reflect.TypeFor[palette](), reflect.TypeFor[[]colour](), reflect.TypeFor[file.Action]()} {
		require.Nil(t, file.ValuesOf(none), none)
	}
}

func TestAnotherValueIsToldThoseThatThereAre(t *testing.T) {
	require.Nil(t, file.OneOf("colour", colour("green")))
	require.Nil(t, file.Optional("colour", colour("")))
	require.Nil(t, file.EachOf("colours", []colour{"green", "red"}))
	for name, c := range map[string]struct {
		f           *fault.Error
		field, rule string
		remedy      string
	}{
		"none of them":        {file.OneOf("colour", colour("blue")), "colour", "enum", "use one of: red, green"},
		"nothing":             {file.OneOf("colour", colour("")), "colour", "enum", "use one of: red, green"},
		"a number":            {file.OneOf("year", year(2)), "year", "enum", "use one of: 1, 5"},
		"optional":            {file.Optional("colour", colour("blue")), "colour", "enum", "use one of: red, green"},
		"one of a list":       {file.EachOf("colours", []colour{"red", "blue"}), "colours[1]", "enum", "use one of: red, green"},
		"twice":               {file.EachOf("colours", []colour{"red", "red"}), "colours[1]", "unique", "name each value once"},
		"more than there are": {file.EachOf("colours", []colour{"red", "red", "red"}), "colours", "max_items", "give at most 2"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NotNil(t, c.f)
			require.Equal(t, []any{fault.Invalid, c.field, c.rule, c.remedy}, []any{c.f.Code, c.f.Field, c.f.Rule, c.f.Remedy})
		})
	}
}
