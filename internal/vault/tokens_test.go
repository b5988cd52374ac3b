package vault_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"koko/internal/vault"
)

// finds answers as PostgreSQL does for "tokens @> query".
func finds(m *vault.Master, text, q string) bool {
	query, tokens := m.QueryTokens(q), m.Tokens(text)
	for _, t := range query {
		if !slices.Contains(tokens, t) {
			return false
		}
	}
	return len(query) > 0
}

func TestSearchFindsWordsAndTheirBeginnings(t *testing.T) {
	t.Parallel()
	m := newMaster(t)
	for _, tt := range []struct {
		name, text, q string
		want          bool
	}{
		{"a whole word", "Streit in der Gartenstraße 12", "Gartenstraße", true},
		{"a long word in the other spelling", "Gartenstraße", "gartenstrasse", true},
		{"a beginning", "Gartenstraße", "gartenstr", true},
		{"three letters", "Gartenstraße", "gar", true},
		{"a long beginning", "Unterbringungspflicht", "Unterbringung", true},
		{"half of a ß", "Gartenstraße", "gartenstras", true},
		{"ß counts as two letters", "Gartenstraße", "Gartenstraß", true},
		{"twenty letters", "Donaudampfschifffahrtsgesellschaft", "donaudampfschifffahr", true},
		{"twenty-one letters are a whole word", "Donaudampfschifffahrtsgesellschaft", "donaudampfschifffahrt", false},
		{"ue for ü", "Bürger wehren sich", "buerger", true},
		{"ü for ue", "Buerger wehren sich", "Bürger", true},
		{"ü for ü", "Bürger wehren sich", "bürger", true},
		{"capitals", "BÜRGER", "bürger", true},
		{"capital sharp s", "GARTENSTRAẞE", "gartenstraße", true},
		{"decomposed umlaut", norm.NFD.String("Bürger"), "bürger", true},
		{"u is not ü", "Bürger", "burger", false},
		{"accents", "Café Renée", "cafe renee", true},
		{"Turkish letters", "Işık Çağlar", "isik caglar", true},
		{"Polish letters", "Łukasz", "lukasz", true},
		{"Danish letters", "Sørensen", "sorensen", true},
		{"ligatures and wide letters", "ﬁlm Ｇａｒｔｅｎ", "film garten", true},
		{"soft hyphens", "Garten\u00adstraße", "gartenstr", true},
		{"numbers", "Beschluss 2025/118", "2025", true},
		{"Arabic", "مقهى السلام", "السلام", true},
		{"all words, in any order", "Streit um die Halle am Markt", "markt streit", true},
		{"not all words", "Streit um die Halle am Markt", "markt garten", false},
		{"an infix", "Gartenstraße", "straße", false},
		{"an ending", "Kleingarten", "garten", false},
		{"a longer word", "Garten", "gartens", false},
		{"short words are ignored beside others", "Halle am Markt", "am markt", true},
		{"short words alone find nothing", "Halle am Markt", "am", false},
		{"nothing finds nothing", "Halle am Markt", " ", false},
		{"punctuation parts words", "Kita-Plätze", "plätze", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, finds(m, tt.text, tt.q))
		})
	}
}

var word = rapid.StringMatching(`[a-zäöüßA-ZÄÖÜéçğł0-9]{3,20}`)

func TestEveryWordIsFoundByItselfAndByItsBeginnings(t *testing.T) {
	t.Parallel()
	m := newMaster(t)
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(word, 1, 20).Draw(t, "words")
		text, w := strings.Join(all, ", "), []rune(rapid.SampledFrom(all).Draw(t, "word"))
		require.True(t, finds(m, text, string(w)))
		require.True(t, finds(m, text, strings.ToUpper(string(w))))
		require.True(t, finds(m, norm.NFD.String(text), string(w)))
		// Five letters are ten at most when spelled out.
		require.True(t, finds(m, text, string(w[:min(len(w), rapid.IntRange(3, 5).Draw(t, "letters"))])))
	})
}

func TestTokensAreSortedAndUniqueWhateverTheText(t *testing.T) {
	t.Parallel()
	m := newMaster(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		for _, tokens := range [][]int64{m.Tokens(text), m.QueryTokens(text)} {
			require.True(t, slices.IsSorted(tokens))
			require.Len(t, slices.Compact(slices.Clone(tokens)), len(tokens))
		}
		require.NotNil(t, m.Tokens(text), "the column is not null")
		require.LessOrEqual(t, len(m.QueryTokens(text)), 10)
		require.Subset(t, m.Tokens(text), m.QueryTokens(text))
	})
}

func TestAnotherMasterKeyMakesOtherTokens(t *testing.T) {
	t.Parallel()
	text := "Geplante Unterkunft an der Gartenstraße"
	one, two := newMaster(t).Tokens(text), newMaster(t).Tokens(text)
	require.Len(t, one, len(two))
	for _, token := range one {
		require.NotContains(t, two, token)
	}
}

func TestAQuestionOfManyWordsAsksForTenDistinctOnes(t *testing.T) {
	t.Parallel()
	m := newMaster(t)
	require.Len(t, m.QueryTokens("eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf"), 10)
	require.Len(t, m.QueryTokens(strings.Repeat("garten ", 30)+"markt"), 2)
	require.Nil(t, m.QueryTokens("zu ab"))
}

func BenchmarkTokens1kB(b *testing.B) {
	m := newMaster(b)
	text := strings.Repeat("Die Stadt will eine leerstehende Verwaltungsaußenstelle für 120 Geflüchtete herrichten. ", 12)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		m.Tokens(text)
	}
}
