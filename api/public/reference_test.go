package public

import (
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"koko/api/wire"
)

func TestAnExampleLeavesOutWhatNobodyHasToSay(t *testing.T) {
	t.Parallel()
	s := &huma.Schema{Type: huma.TypeObject, Required: []string{"b"}, Properties: map[string]*huma.Schema{
		"a": {Type: huma.TypeString, Examples: []any{"x < y"}}, "b": {Type: huma.TypeBoolean}, "c": {Type: huma.TypeString},
	}}
	require.JSONEq(t, `{"b": true, "a": "x < y"}`, toJSON(wire.ExampleOf(nil, s), ""))
	require.True(t, strings.HasPrefix(toJSON(wire.ExampleOf(nil, s), ""), `{"b"`), "the required fields come first")
}

func TestACommandLineSurvivesAnyExample(t *testing.T) {
	t.Parallel()
	require.Equal(t, `'it'\''s'`, quoted("it's"))
}
