package strict_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/strict"
)

type letter struct {
	Subject string   `json:"subject"`
	Actors  []letter `json:"actors"`
}

func TestANameThatStandsTwiceIsRefusedWhereverItStands(t *testing.T) {
	t.Parallel()
	for body, where := range map[string]string{
		`{"subject":"a","subject":"b"}`:               "subject",
		`{"subject":"a","Subject":"b"}`:               "Subject",
		`{"subject":"a","\u0053ubject":"b"}`:          "Subject",
		`{"subject":"a","ſubject":"b"}`:               "ſubject",
		`{"Subject":"a","SUBJECT":"b"}`:               "SUBJECT",
		`{"actors":[{},{"subject":"a","sUbject":0}]}`: "actors[1].sUbject",
		`[[{"a":{"b":1,"B":2}}]]`:                     "[0][0].a.B",
		`{"":1,"":2}`:                                 "",
	} {
		var v any
		require.EqualError(t, strict.Unmarshal([]byte(body), &v), strict.Twice+where, body)
	}
}

func TestWhatMeansOneThingIsRead(t *testing.T) {
	t.Parallel()
	var l letter
	require.NoError(t, strict.Known([]byte(` {"subject":"a \" {\"subject\":1}","actors":[{"subject":"b"},{"subject":"c"}]} `), &l))
	require.Equal(t, letter{`a " {"subject":1}`, []letter{{Subject: "b"}, {Subject: "c"}}}, l)
	var v any
	require.NoError(t, strict.Unmarshal([]byte(`{"subject":1e30,"other":[{"a":1},{"A":2}],"none":null}`), &v))
}

func TestWhatIsNoSingleValueInUTF8IsRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", " ", "{", `{} {}`, `{}x`, "\"\xff\"", strings.Repeat("[", 20_000), `{"subject":1}`} {
		require.Error(t, strict.Known([]byte(body), &letter{}), body)
	}
}

func TestANameInAnotherSpellingIsUnknown(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"Subject":"a"}`, `{"actors":[{"SUBJECT":"a"}]}`, `{"other":1}`, `{"ſubject":"a"}`, `{"\u0073ubject":"a"}`} {
		require.Error(t, strict.Known([]byte(body), &letter{}), body)
	}
}

func TestALongPathIsCut(t *testing.T) {
	t.Parallel()
	const deep = 3_000
	body := strings.Repeat(`{"ä":`, deep) + `{"a":1,"a":1}` + strings.Repeat("}", deep)
	var v any
	err := strict.Unmarshal([]byte(body), &v)
	require.ErrorContains(t, err, strict.Twice)
	require.Less(t, len(err.Error()), 300)
}
