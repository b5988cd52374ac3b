package api_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSearchFindsWordsWhereTheyMayBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := w.walk("record-work-interim")
	c := w.post(reporter, "/api/v1/cases", with(with(signal(here), "reference", "LS-2026/7"), "title", "Lärm am Spielplatz")).caseView()
	c = w.must(manager, c, "attach-document", object{"title": "Lageplan", "media_type": "text/plain", "content": []byte("Grundbuchauszug")})
	find := func(as, text string) []string {
		ids, page := w.list(as, "?text="+url.QueryEscape(text))
		require.Equal(t, len(ids), page.Counts.Total)
		slices.Sort(ids)
		return ids
	}
	both := []string{c.ID, long.ID}
	slices.Sort(both)
	for text, want := range map[string][]string{
		"Kleingartenparzelle":  {long.ID},
		"kleingartenparzelle":  {long.ID},
		"Kleing":               {long.ID},
		"arzelle":              nil,
		"Streit Kleingarten":   {long.ID},
		"Streit Spielplatz":    nil,
		"Stadtverband":         both,
		"Müllgebühren":         both,
		"Muellgebuehren":       both,
		"MÜLLGEB":              both,
		"Lärm":                 {c.ID},
		"laerm":                {c.ID},
		"LS-2026/7":            {c.ID},
		"ls-2026":              {c.ID},
		"2026/7":               nil,
		"Lageplan":             {c.ID},
		"Grundbuchauszug":      nil, // the content of an attachment
		"R3J1bmRidWNoYXVzenVn": nil, // nor as it is sent
		"Zugehörigkeit":        {long.ID},
		"Parzellen":            {long.ID}, // an actor's position
		"%":                    nil,
		"_":                    nil,
		"'; --":                nil,
	} {
		require.Equal(t, want, find(manager, text), text)
		require.Equal(t, want, find(supervisor, text), text)
		require.Equal(t, want, find(steering, text), text)
	}
	for _, as := range append(everybody(), "nobody") {
		for _, text := range []string{wordOfIdentities, wordOfSession, wordOfIdentities[:5], wordOfSession[:5]} {
			require.Empty(t, find(as, text), "%s finds %s", as, text)
		}
	}
	for _, as := range []string{reporter, evaluation} {
		require.Empty(t, find(as, wordOfCase), "whoever may not read the file finds no word in it: %s", as)
		require.Equal(t, []string{c.ID}, find(as, "LS-"), "the file number is a fact")
	}
	require.Equal(t, []string{long.ID}, find(caseworker, "Stadtverband"))
	require.Equal(t, []string{c.ID}, find(clearing, "Stadtverband"))
	for _, as := range []string{foreign(manager), admin, dpo, stranger} {
		require.Empty(t, find(as, "Stadtverband"))
		require.Empty(t, find(as, "LS-"))
	}
	require.Zero(t, w.count("SELECT count(*) FROM document WHERE compartment = 'identities' AND tokens <> '{}'"), "no index to guess from")
}

// year makes cases of all kinds at known times, the first the oldest, and returns them.
func year(w *world) []CaseView {
	var all []CaseView
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	step := func(c CaseView) { w.engine.At = w.engine.At.Add(time.Hour); _ = c }
	for i := range 12 {
		w.engine.At = at.AddDate(0, 0, i)
		s := with(signal(here), "observed_on", "2026-03-01")
		c := w.post(reporter, "/api/v1/cases", s).caseView()
		step(c)
		if i%2 == 0 {
			c = w.must(clearing, c, "triage", object{"decision": "fall_eroeffnen"})
			c = w.must(clearing, c, "record-clearing", with(way()[2].body, "urgency", []string{"akut", "latent", "krise"}[i/2%3]))
			step(c)
		}
		if i%4 == 0 {
			c = w.must(clearing, c, "assign", object{"assignee": caseworker})
			c = w.must(manager, c, "decide-mandate", with(mandate(), "decided_on", "2026-03-01"))
		}
		if i%6 == 1 {
			c = w.must(clearing, c, "triage", object{"decision": "verwerfen", "reason": "x"})
		}
		all = append(all, c)
	}
	w.engine.At = time.Time{}
	return all
}

func TestListsAreFilteredSortedCountedAndPaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := year(w)
	fresh := w.report(foreign(reporter), there)
	w.grant(manager, "conflict_manager", there)
	ofIndex := func(keep func(i int) bool) (ids []string) {
		for i, c := range all {
			if keep(i) {
				ids = append(ids, c.ID)
			}
		}
		return ids
	}
	for query, want := range map[string][]string{
		"phase=analysis":                           ofIndex(func(i int) bool { return i%4 == 0 }),
		"phase=closed":                             ofIndex(func(i int) bool { return i%6 == 1 }),
		"phase=closed&phase=analysis":              ofIndex(func(i int) bool { return i%6 == 1 || i%4 == 0 }),
		"urgency=akut":                             ofIndex(func(i int) bool { return i%6 == 0 }),
		"urgency=akut&urgency=krise":               ofIndex(func(i int) bool { return i%6 == 0 || i%6 == 4 }),
		"urgency=akut&phase=analysis":              ofIndex(func(i int) bool { return i%12 == 0 }),
		"urgency=schwelend":                        nil,
		"ags=05999001":                             ofIndex(func(int) bool { return true }),
		"ags=05999002":                             {fresh.ID},
		"ags=05999001&ags=05999002":                append(ofIndex(func(int) bool { return true }), fresh.ID),
		"ags=05999003":                             nil,
		"assignee=" + caseworker:                   ofIndex(func(i int) bool { return i%4 == 0 }),
		"assignee=me":                              nil,
		"overdue=true":                             ofIndex(func(i int) bool { return i%6 != 1 }),
		"overdue=false":                            append(ofIndex(func(i int) bool { return i%6 == 1 }), fresh.ID),
		"overdue=false&phase=detection":            {fresh.ID},
		"assignee=me&phase=detection":              nil,
		"text=Stadtverband&phase=analysis":         ofIndex(func(i int) bool { return i%4 == 0 }),
		"text=Stadtverband&overdue=false":          append(ofIndex(func(i int) bool { return i%6 == 1 }), fresh.ID),
		"":                                         append(ofIndex(func(int) bool { return true }), fresh.ID),
		"phase=detection&ags=05999002":             {fresh.ID},
		"phase=work":                               nil,
		"assignee=" + caseworker + "&ags=05999002": nil,
	} {
		for _, sort := range []string{"changed", "opened", "due"} {
			ids, page := w.list(manager, "?limit=100&sort="+sort+"&"+query)
			require.ElementsMatch(t, want, ids, "%s by %s", query, sort)
			require.Equal(t, len(want), page.Counts.Total, query)
			require.Equal(t, want == nil, page.Items != nil && len(page.Items) == 0, query)
			byPhase, byUrgency, overdue := map[string]int{}, map[string]int{}, 0
			for _, i := range page.Items {
				byPhase[string(i.Phase)]++
				if i.Urgency != "" {
					byUrgency[string(i.Urgency)]++
				}
				if i.Overdue {
					overdue++
				}
			}
			require.Equal(t, byPhase, page.Counts.By["phase"], query)
			require.Equal(t, byUrgency, page.Counts.By["urgency"], query)
			require.Equal(t, overdue, page.Counts.Overdue, query)
			require.True(t, slices.IsSortedFunc(page.Items, order(sort)), "%s by %s", query, sort)
			for limit := 1; limit <= 5; limit += 2 {
				require.Equal(t, ids, allPages(t, w, fmt.Sprintf("?limit=%d&sort=%s&%s", limit, sort, query)), "%s by %s in pages of %d", query, sort, limit)
			}
		}
	}
	ids, _ := w.list(caseworker, "?assignee=me")
	require.ElementsMatch(t, ofIndex(func(i int) bool { return i%4 == 0 }), ids)
	ids, page := w.list(manager, "")
	require.Len(t, ids, 13, "25 by default")
	require.Empty(t, page.Next)
}

// order compares items as a sort does.
func order(sort string) func(a, b ListItem) int {
	return func(a, b ListItem) int {
		switch {
		case sort == "changed":
			return b.Changed.Compare(a.Changed)
		case sort == "opened":
			return b.Opened.Compare(a.Opened)
		case a.Due == nil || b.Due == nil:
			return map[bool]int{true: 1}[a.Due == nil] - map[bool]int{true: 1}[b.Due == nil]
		default:
			return a.Due.Compare(*b.Due)
		}
	}
}

// allPages follows the cursors of a list to its end.
func allPages(t *testing.T, w *world, query string) (all []string) {
	t.Helper()
	next := ""
	for {
		ids, page := w.list(manager, query+next)
		require.Equal(t, next == "", page.Counts != nil, "counts come with the first page")
		all = append(all, ids...)
		if page.Next == "" {
			return all
		}
		next = "&cursor=" + page.Next
	}
}

// Every operation that takes a cursor refuses those that it cannot have given, in the same way.
func TestACursorIsOneThatAPageGave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.almighty()
	c := w.walk("assign")
	var doc struct {
		Paths map[string]struct {
			Get *struct{ Parameters []struct{ Name string } }
		}
	}
	w.get("", "/api/openapi.json").ok(&doc)
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	id := `,"i":"` + c.ID + `"}`
	// A time that Go reads and PostgreSQL does not, a text that PostgreSQL does not keep: see the tests of the lists.
	bad := []string{"x", "%%%", "e30=", "=", " ", "\u200b"}
	for _, text := range []string{
		`{}`, `null`, `[]`, `"x"`, `7`, `{"n":-1}`, `{"n":"1"` + id, `{"a":"x"` + id, `{"a":"99999-01-01T00:00:00Z"` + id, `{"a":"0000-01-01T00:00:00Z"}`,
		`{"i":7}`, `{"i":"\u0000"}`, `{"i":"a\u0000b"}`, `{"k":"\u0000","i":"` + string(here) + `"}`, `{"k":"\u0000"` + id, `{"a":"1999-01-01T00:00:00Z"` + id, `{"u":"x"}`, `{"k":{}}`,
	} {
		bad = append(bad, encode(text))
	}
	lists := 0
	for path, ops := range doc.Paths {
		if ops.Get == nil || !slices.ContainsFunc(ops.Get.Parameters, func(p struct{ Name string }) bool { return p.Name == "cursor" }) {
			continue
		}
		lists++
		path = strings.NewReplacer("{id}", c.ID, "{run}", c.ID, "{subject}", manager).Replace(path)
		require.NotContains(t, path, "{")
		for _, cursor := range bad {
			p := w.get(almighty, path+"?cursor="+url.QueryEscape(cursor)).refused(http.StatusUnprocessableEntity, "invalid", "cursor")
			require.Equal(t, "cursor", p.Field, path)
		}
	}
	require.Greater(t, lists, 20)
}

func TestACursorOfAnotherOrderIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("assign")
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for list, cursors := range map[string][]string{
		"/api/v1/cases?": {
			`{"k":"2026-01-01","i":"` + c.ID + `"}`, `{"k":"2026-13-41 00:00:00+00","i":"` + c.ID + `"}`,
			`{"k":"0000-01-01 00:00:00+00","i":"` + c.ID + `"}`, `{"k":"2026-01-01 00:00:00+99","i":"` + c.ID + `"}`,
			`{"k":"infinity","i":"urn:uuid:` + c.ID + `"}`, `{"k":"infinity","i":"x"}`,
			`{"k":"2026-01-01 00:00:00+20","i":"` + c.ID + `"}`, `{"k":"2026-01-01 00:00:00-16","i":"` + c.ID + `"}`,
			`{"k":"2026-01-01 00:00:00,5+00","i":"` + c.ID + `"}`,
			`{"k":"2026-01-01 00:00:00\u0000+00","i":"` + c.ID + `"}`,
		},
		casePath(c) + "/documents?": {`{"n":1,"i":"x"}`, `{"n":99999999999,"i":"` + c.ID + `"}`, `{"n":"1","i":"` + c.ID + `"}`},
		casePath(c) + "/history?":   {`{"a":"2026-01-01T00:00:00Z","i":"\u0000"}`, `{"a":"2026-01-01T00:00:00Z","i":"v1"}`, `{"a":"99999-01-01T00:00:00Z","i":"v000000000001"}`},
		"/api/v1/municipalities?":   {`{"i":"050000001"}`, `{"i":"x"}`, `{"i":"\u0000"}`},
	} {
		for _, cursor := range cursors {
			w.get(manager, list+"cursor="+encode(cursor)).refused(http.StatusUnprocessableEntity, "invalid", "cursor")
		}
	}
	_, page := w.list(manager, "?sort=due")
	require.Empty(t, page.Next)
	w.get(manager, "/api/v1/cases?sort=changed&cursor="+encode(`{"k":"infinity","i":"`+c.ID+`"}`)).ok(&page)
}
