package file_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/file"
)

const (
	here    ags.Key = "05999001"
	there   ags.Key = "05999002"
	nowhere ags.Key = "05999003"
)

func TestAScopeGrowsInItsParts(t *testing.T) {
	var s file.Scope
	area := ags.Area{there}
	s.Add("", false, area)
	s.Add("owner:p-1", false, area)
	s.Add("", true, area)
	s.Add("", false, ags.Area{here})
	s.Add("", false, ags.Area{there, here})
	s.Add("owner:p-1", false, nil)
	require.Equal(t, []file.Part{
		{Area: ags.Area{here, there}}, {Tie: "owner:p-1", Area: ags.Area{there}}, {Offered: true, Area: ags.Area{there}},
	}, s.Parts)
	require.Equal(t, ags.Area{there}, area, "what was added stays as it is")
	area[0] = nowhere
	require.Equal(t, ags.Area{here, there}, s.Municipalities())
	require.Empty(t, file.Scope{}.Municipalities())
}

func TestAScopeCoversWhatLiesInItAndIsTiedToTheCaller(t *testing.T) {
	row := file.Row{AGS: here, Places: ags.Area{here, there}, Ties: []string{"open:", "owner:p-1"}}
	for name, tc := range map[string]struct {
		part file.Part
		want bool
	}{
		"every file of its municipality":             {file.Part{Area: ags.Area{here}}, true},
		"not of another":                             {file.Part{Area: ags.Area{nowhere}}, false},
		"not what is offered, where it is not said":  {file.Part{Area: ags.Area{there}}, false},
		"what is offered, where it is":               {file.Part{Area: ags.Area{there}, Offered: true}, true},
		"not what is offered elsewhere":              {file.Part{Area: ags.Area{nowhere}, Offered: true}, false},
		"what is tied that way":                      {file.Part{Area: ags.Area{here}, Tie: "owner:p-1"}, true},
		"not what is tied to somebody else":          {file.Part{Area: ags.Area{here}, Tie: "owner:p-2"}, false},
		"not a tie that begins the same":             {file.Part{Area: ags.Area{here}, Tie: "owner:p"}, false},
		"not what is tied in another municipality":   {file.Part{Area: ags.Area{nowhere}, Tie: "owner:p-1"}, false},
		"what is offered and tied":                   {file.Part{Area: ags.Area{there}, Offered: true, Tie: "owner:p-1"}, true},
		"not what is offered and tied to others":     {file.Part{Area: ags.Area{there}, Offered: true, Tie: "owner:p-2"}, false},
		"no area is no file":                         {file.Part{}, false},
		"an area and a tie that everybody has":       {file.Part{Area: ags.Area{here}, Tie: "open:"}, true},
		"no area is no file, whatever is offered":    {file.Part{Offered: true}, false},
		"no area is no file, whoever it is tied to":  {file.Part{Tie: "owner:p-1"}, false},
		"a municipality of many":                     {file.Part{Area: ags.Area{nowhere, here}}, true},
		"a file with a tie needs no tie to be seen":  {file.Part{Area: ags.Area{here}, Offered: true}, true},
		"what is tied to nobody by name is not open": {file.Part{Area: ags.Area{here}, Tie: "owner:"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want, file.Scope{Parts: []file.Part{tc.part}}.Covers(row))
			require.Equal(t, tc.want, file.Scope{Parts: []file.Part{{Area: ags.Area{nowhere}}, tc.part}}.Covers(row), "one of the parts is enough")
		})
	}
	require.False(t, file.Scope{}.Covers(row))
}

func TestWhoHoldsATieHasItsRelation(t *testing.T) {
	ties := []file.Tie{
		{Relation: "owner", Holder: "p-1"}, {Relation: "open"}, {Relation: "teaching", Holder: "c-1"}, {Relation: "teaching", Holder: "c-2"}, {Relation: "made", Holder: "p-2"},
	}
	require.Equal(t, []file.Relation{"owner", "open"}, file.Held(ties, "p-1"), "what everybody has is held by everybody")
	require.Equal(t, []file.Relation{"open"}, file.Held(ties, "p-3"))
	require.Equal(t, []file.Relation{"open"}, file.Held(ties))
	require.Equal(t, []file.Relation{"open", "teaching", "made"}, file.Held(ties, "p-2", "c-2", "c-1"), "each once, in the order of the ties")
	require.Empty(t, file.Held(nil, "p-1"))
	require.Equal(t, []file.Relation{"open", "teaching", "made"}, file.HeldIn(written(ties), "p-2", "c-2", "c-1"), "also as the record keeps them")
	require.Equal(t, []file.Relation{"owner"}, file.HeldIn([]string{"owner:a:b"}, "a:b"), "a subject may hold a colon")
	require.Equal(t, "owner:p-1", ties[0].String())
	require.Equal(t, "open:", ties[1].String())
}

// written are ties as the record keeps them.
func written(ties []file.Tie) (all []string) {
	for _, t := range ties {
		all = append(all, t.String())
	}
	return all
}
