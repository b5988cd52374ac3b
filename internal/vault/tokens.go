package vault

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	tokenSize      = 8 // bytes of the PRF kept: an int64
	shortestWord   = 3
	longestPrefix  = 20
	mostQueryWords = 10
)

// Tokens returns the blind index of text, sorted and without duplicates: a token for each word
// of three or more letters or digits, and for each of its beginnings of three to twenty.
// It is empty, not nil, for a text without words.
func (m *Master) Tokens(text string) []int64 {
	seen := map[string]bool{}
	for _, w := range words(text) {
		r := []rune(w)
		for n := shortestWord; n <= min(len(r), longestPrefix); n++ {
			seen[string(r[:n])] = true
		}
		seen[w] = true
	}
	tokens := make([]int64, 0, len(seen))
	for w := range seen {
		tokens = append(tokens, m.token(w))
	}
	return sorted(tokens)
}

// QueryTokens returns the tokens that a text must all have to be found by q, one for each of its
// first ten distinct words. A word of up to ten letters finds what begins with it, a longer one
// finds itself. The answer is nil if q has no word of three letters: then there is nothing to
// search for, and a condition "tokens @> '{}'" would hold for every row.
func (m *Master) QueryTokens(q string) []int64 {
	var distinct []string
	for _, w := range words(q) {
		if len(distinct) < mostQueryWords && !slices.Contains(distinct, w) {
			distinct = append(distinct, w)
		}
	}
	var tokens []int64
	for _, w := range distinct {
		tokens = append(tokens, m.token(w))
	}
	return sorted(tokens)
}

// token is the truncated PRF of a folded word or beginning. 64 bits: among the tokens of a
// million cases a chance collision with a query is rarer than one in a billion.
func (m *Master) token(w string) int64 {
	b, err := m.search.ComputePrimaryPRF([]byte(w), tokenSize)
	if err != nil {
		panic("vault: " + err.Error()) // Parse has tried the key: an HMAC of memory does not fail
	}
	return int64(binary.BigEndian.Uint64(b))
}

func sorted(tokens []int64) []int64 {
	slices.Sort(tokens)
	return slices.Compact(tokens)
}

// words returns the folded words of text that are long enough to be searched for.
func words(text string) []string {
	all := strings.FieldsFunc(fold(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	return slices.DeleteFunc(all, func(w string) bool { return utf8.RuneCountInString(w) < shortestWord })
}

// folding spells out what Unicode does not decompose, and the German umlauts the German way.
// The other letters are those of names common in NRW: Polish, Turkish, Scandinavian, Croatian.
var folding = strings.NewReplacer(
	"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss",
	"æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ı", "i",
)

// fold brings the spellings of a word together: compatibility forms, case, umlauts, other
// diacritics, and invisible characters such as the soft hyphens of pasted text.
func fold(text string) string {
	spelled := folding.Replace(strings.ToLower(norm.NFKC.String(text)))
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Cf) {
			return -1
		}
		return r
	}, norm.NFD.String(spelled))
}
