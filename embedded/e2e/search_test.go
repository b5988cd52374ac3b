package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	domain "koko/domain/file"
	"koko/internal/demo"
)

// facts are the fields of the demo cohorts that are no prose: enumerations, dates, ids and logins.
var facts = []string{"hinweis", "id", "ags", "art", "modul", "trainer", "pruefer", "login", "stand", "grund", "termin", "nach", "in"}

// words are all that people write in the demo cases, whatever the field it stands in.
func words(t *testing.T) (all []string) {
	t.Helper()
	cases, err := demo.Cases()
	require.NoError(t, err)
	for _, c := range cases {
		for _, st := range c.Steps {
			body, err := st.Body(demo.Cast("musterhausen"))
			require.NoError(t, err)
			raw, err := json.Marshal(body)
			require.NoError(t, err)
			cmd, err := st.Kind.ReadCommand(st.Action, raw)
			require.NoError(t, err)
			_, prose := domain.Take(cmd)
			for _, texts := range prose {
				if st.Action == conflict.ActionAttachDocument { // a fact that the document repeats, and what no list shows
					delete(texts, "media_type")
					delete(texts, "content")
				}
				all = slices.AppendSeq(all, maps.Values(texts))
			}
		}
	}
	require.Greater(t, len(all), 150, "the cases have been read")
	slices.Sort(all)
	return slices.Compact(all)
}

// trainingWords are those of the demo cohorts.
func trainingWords(t *testing.T) []string {
	t.Helper()
	found := prose(t, "../../internal/demo/demo_training.json")
	require.Greater(t, len(found), 70, "the cohorts have been read")
	return found
}

func prose(t *testing.T, path string) []string {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	var all any
	require.NoError(t, json.Unmarshal(raw, &all))
	var found []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			found = append(found, v)
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for field, e := range v {
				if !slices.Contains(facts, field) {
					walk(e)
				}
			}
		}
	}
	walk(all)
	slices.Sort(found)
	return slices.Compact(found)
}

// found returns those needles that stand in text as words of their own: plainly, or in whatever
// machines wrap text in.
func found(needles []string, text string) []string {
	var hits []string
	layers := unwrapped(text, 4)
	for _, n := range needles {
		if slices.ContainsFunc(layers, func(layer string) bool { return says(layer, n) }) {
			hits = append(hits, n)
		}
	}
	return hits
}

func says(text, needle string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], needle)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at+i])
		after, _ := utf8.DecodeRuneInString(text[at+i+len(needle):])
		if !wordy(before) && !wordy(after) {
			return true
		}
		at += i + 1
	}
}

func wordy(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

var (
	base64Run = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}={0,2}`)
	hexRun    = regexp.MustCompile(`(?:[0-9a-fA-F]{2}){6,}`)
	escaped   = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)
)

// unwrapped is text and what is wrapped in it: base64, hexadecimal digits, JSON's escapes and
// those of URLs, in each other up to depth times.
func unwrapped(text string, depth int) []string {
	layers := []string{text}
	if depth == 0 {
		return layers
	}
	var inner []string
	for _, run := range base64Run.FindAllString(text, -1) {
		bare := strings.TrimRight(run, "=")
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if b, err := encoding.DecodeString(bare); err == nil && utf8.Valid(b) {
				inner = append(inner, string(b))
			}
		}
	}
	for _, run := range hexRun.FindAllString(text, -1) {
		if b, err := hex.DecodeString(run); err == nil && utf8.Valid(b) {
			inner = append(inner, string(b))
		}
	}
	if plain := unescaped(text); plain != text {
		inner = append(inner, plain)
	}
	if plain, err := url.QueryUnescape(text); err == nil && plain != text {
		inner = append(inner, plain)
	}
	for _, i := range inner {
		layers = append(layers, unwrapped(i, depth-1)...)
	}
	return layers
}

// unescaped undoes the escapes of JSON strings.
func unescaped(text string) string {
	plain := escaped.ReplaceAllStringFunc(text, func(e string) string {
		r, err := strconv.ParseUint(e[2:], 16, 16)
		if err != nil {
			return e
		}
		return string(rune(r))
	})
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\n`, "\n", `\/`, `/`).Replace(plain)
}

func TestTheSearchFindsWrappedWords(t *testing.T) {
	t.Parallel()
	const secret = "Beide Seiten wünschen \"Ruhe\" & Schlaf"
	inJSON, err := json.Marshal(map[string]string{"note": secret})
	require.NoError(t, err)
	payload := base64.StdEncoding.EncodeToString(inJSON)
	for name, text := range map[string]string{
		"plain":            "it says: " + secret + ".",
		"JSON":             string(inJSON),
		"base64":           payload,
		"base64 of base64": base64.URLEncoding.EncodeToString([]byte("key=" + payload)),
		"hexadecimal":      `\x` + hex.EncodeToString([]byte(secret)),
		"a query":          "GET /api/v1/cases?text=" + url.QueryEscape(secret),
		"ASCII":            strconv.QuoteToASCII(secret),
	} {
		require.Equal(t, []string{secret}, found([]string{secret, "Köln"}, text), name)
	}
	require.Empty(t, found([]string{"Alle"}, "Allee, Caller, Alle2"), "part of another word")
	require.NotEmpty(t, found([]string{"Alle"}, `{"who":"Alle"}`))
}
