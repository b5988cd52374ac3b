package reconcile

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/file"
	"koko/internal/evidence/history"
	"koko/internal/story"
	"koko/kinds"
)

func TestEverythingIsToldInBothLanguages(t *testing.T) {
	both := func(w Words, name any) {
		require.NotEmpty(t, w.DE, name)
		require.NotEmpty(t, w.EN, name)
	}
	for _, w := range Whats() {
		both(whatWords[w], w)
	}
	for _, p := range file.Values[Part]() {
		both(partWords[p], p)
	}
	for _, r := range file.Values[Repair]() {
		both(repairWords[r], r)
	}
	for _, f := range history.FlawKinds() {
		both(flawWords[f], f)
	}
	for _, words := range []map[string]Words{fieldWords, statusWords, outcomeWords} {
		for name, w := range words {
			both(w, name)
		}
	}
	require.Len(t, whatWords, len(Whats()))
	require.Len(t, repairWords, len(file.Values[Repair]()))
}

func TestADifferenceSaysWhichFieldHoldsWhatAndWhoDecidedIt(t *testing.T) {
	d := Difference{
		Kind: "case", FileID: "a4d8f9e4-ce64-4f73-a5fb-97da678abc2a", Reference: "2026-0007", Part: Record, What: FieldDiffers, Field: "clearing.urgency",
		Version: 3, Repair: RestoreRecord, Facts: Facts{Is: []byte(`"akut"`), Ought: []byte(`"schwelend"`), By: "p-2b9e", Action: "record_clearing", Since: 3},
	}
	text := Tell(d, Span{}, story.German).Text(story.German)
	for _, part := range []string{"Fall 2026-0007 (a4d8f9e4", "Dringlichkeit (clearing.urgency)", "akut", "schwelend", "p-2b9e", "Version 3", "Datensatz aus dem letzten Eintrag"} {
		require.Contains(t, text, part)
	}
	d.Field, d.Facts = VeiledField, Facts{}
	require.Contains(t, Tell(d, Span{}, story.German).Text(story.German), "vertrauliche Angaben")
}

func TestAFileIsCalledAsItsKindSays(t *testing.T) {
	for _, k := range kinds.All() {
		w := kindWords(k.Kind)
		require.Equal(t, k.Label.DE, w.DE)
		require.True(t, strings.EqualFold(k.Label.EN, w.EN), w.EN)
	}
	require.Equal(t, Words{DE: "Akte", EN: "File"}, kindWords(""))
}

func TestEveryColumnIsCalledSomething(t *testing.T) {
	for column := range recorded(t).Row {
		require.NotEmpty(t, fieldWords[column].DE, column)
	}
	for column := range spoiled {
		require.NotEmpty(t, fieldWords[column].DE, column)
	}
	for _, k := range kinds.All() {
		for _, f := range k.Facets() {
			require.NotContains(t, []string{"", "facets." + f.Name}, fieldName(Difference{Kind: k.Kind, Part: Record, Field: "facets." + f.Name}, story.German), "of a %s", k.Kind)
		}
	}
}
