package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/wire"
	"koko/policies"
)

// nasty are values that no field expects.
func nasty() []any {
	raw := func(s string) any { return json.RawMessage(s) }
	return []any{
		nil, true, false, 0, -1, 1.5, raw("1e3"), raw("1e400"), raw("-0"), raw("99999999999999999999"), raw("9007199254740993"),
		"", " ", "x", "\x00", "a\x00b", "\u202e\u200b\ufeff", "'; DROP TABLE conflict_case; --", "<script>", "../../etc", "%s%d", "*", `"`,
		raw(`"\ud800"`), raw("\"\xff\xfe\""), strings.Repeat("ä", 30_000), strings.Repeat("x", 300),
		"2026-02-30", "9999-12-31", "0000-01-01", "-2026-01-01", "2026-01-01T00:00:00Z",
		[]any{}, []any{nil}, []any{"x", "x"}, []any{[]any{}}, object{}, object{"id": nil}, object{"": ""}, raw(strings.Repeat("[", 500) + strings.Repeat("]", 500)),
	}
}

// variants are v with each of its parts, and all of it, replaced by something nasty.
func variants(v any) (all []any) {
	all = nasty()
	switch v := v.(type) {
	case object:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			for _, n := range variants(v[k]) {
				all = append(all, with(v, k, n))
			}
		}
		for _, n := range nasty() {
			all = append(all, with(v, "x\x00", n))
		}
	case []object:
		for _, n := range variants(v[0]) {
			all = append(all, []any{n})
		}
	case []string:
		for _, n := range nasty() {
			all = append(all, []any{n})
		}
	}
	return all
}

// almighty has every role in both municipalities.
const almighty = "u-almighty"

func (w *world) almighty() {
	for _, role := range policies.Roles() {
		w.grant(almighty, role, here, there)
	}
}

// requireNoFault: whatever was sent, the fault is not ours.
func requireNoFault(t *testing.T, a answer, format string, args ...any) {
	t.Helper()
	what := fmt.Sprintf(format, args...)
	require.Less(t, a.code, 500, "%.300s: %s", what, a.body)
	require.GreaterOrEqual(t, a.code, 200, what)
	require.NotEqual(t, http.StatusNoContent, a.code)
	if a.code >= 400 {
		require.Equal(t, "application/problem+json", a.header.Get("Content-Type"), what)
		var p wire.Problem
		require.NoError(t, json.Unmarshal([]byte(a.body), &p), what)
		require.NotEmpty(t, p.Rule, "%.300s: %s", what, a.body)
		require.NotEmpty(t, p.Remedy, "%.300s: %s", what, a.body)
	}
}

func TestNoBodyIsOurFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.almighty()
	c := w.report(almighty, here)
	steps := way()
	steps[0].body = object{"assignee": almighty}
	steps = append(steps,
		step{"", "add-note", object{"note": "x", "compartment": "case"}},
		step{"", "attach-document", object{"title": "x", "media_type": "text/plain", "content": []byte("x"), "compartment": "case"}})
	sent, carried := 0, 0
	for i, s := range steps {
		for _, body := range variants(any(s.body)) {
			if !s.onTheCase() {
				path := workPath(c.Handed.Work)
				a := w.post(mediator, path+"/"+s.command, body, "If-Match", w.get(mediator, path).header.Get("ETag"))
				requireNoFault(t, a, "%s %v", s.command, body)
				sent++
				if a.code == http.StatusOK {
					carried++
					c = w.walk(through(i))
				}
				continue
			}
			a := w.send(almighty, c, s.command, body)
			requireNoFault(t, a, "%s %v", s.command, body)
			sent++
			if a.code == http.StatusOK {
				carried++
				before := c.Phase
				c = a.caseView()
				if c.Phase != before || s.command == "triage" { // begin anew
					c = w.walk(through(i))
					c = w.must(manager, c, "assign", object{"assignee": almighty})
				}
			}
		}
		if i+1 < len(way()) {
			c = w.walk(through(i + 1))
			c = w.must(manager, c, "assign", object{"assignee": almighty})
		}
	}
	t.Logf("%d bodies, %d carried out", sent, carried)
	for _, path := range []string{casePath(c), casePath(c) + "/documents", casePath(c) + "/history", "/api/v1/cases?limit=100&text=x", "/api/v1/grants"} {
		require.Equal(t, http.StatusOK, w.get(almighty, path).code, path)
	}
}

// through is the command before the ith of the way.
func through(i int) string {
	if i == 0 {
		return ""
	}
	return way()[i-1].command
}

func TestNoSignalOrGrantIsOurFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.almighty()
	s := with(with(with(signal(here), "reference", "KM-1"), "place", "Nordstadt"), "summary", "x")
	for _, body := range variants(any(s)) {
		requireNoFault(t, w.post(almighty, "/api/v1/cases", body), "signal %v", body)
	}
	g := with(with(grantOf(newcomer, "steering", here), "valid_from", "2026-01-01T00:00:00Z"), "valid_until", "2030-01-01T00:00:00Z")
	for _, body := range variants(any(g)) {
		requireNoFault(t, w.post(almighty, "/api/v1/grants", body), "grant %v", body)
	}
	for _, path := range []string{"/api/v1/cases?limit=100", "/api/v1/grants?limit=200"} {
		require.Equal(t, http.StatusOK, w.get(almighty, path).code, path)
	}
}

// A request is one that the OpenAPI document describes of the OpenAPI document's.
type request struct {
	method, path string
	params       []struct{ Name, In string }
}

func requests(w *world) (all []request) {
	var doc struct {
		Paths map[string]map[string]struct{ Parameters []struct{ Name, In string } }
	}
	w.get("", "/api/openapi.json").ok(&doc)
	for path, methods := range doc.Paths {
		for method, o := range methods {
			all = append(all, request{strings.ToUpper(method), path, o.Parameters})
		}
	}
	return all
}

func TestNoParameterAndNoRawBodyIsOurFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.almighty()
	c := w.walk("record-work-session")
	c = w.must(manager, c, "assign", object{"assignee": almighty})
	docs := w.documents(manager, c, "")
	texts := []string{"", " ", "\x00", "\xff\xfe", "%", "_", "'", `"`, "*", "ä", "-1", "0", "1e3", "99999999999999999999", "null", "true,false", strings.Repeat("x", 5000), "\u202e", "me", "urn:uuid:" + c.ID, "../.."}
	bodies := []string{"", "null", "[]", "{}", `"x"`, "1", "{", "\x00", "\xff", strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 20_000), `{"note":"x","note":"y"}`, `{"NOTE":"x","Docs":[]}`, `{"__proto__":{}}`}
	all := requests(w)
	require.Greater(t, len(all), 30)
	for _, o := range all {
		path := strings.NewReplacer("{case}", c.ID, "{document}", docs[0].ID, "{grant}", docs[0].ID, "{ags}", string(here)).Replace(o.path)
		for _, p := range o.params {
			for _, text := range texts {
				switch p.In {
				case "query":
					requireNoFault(t, w.call(almighty, o.method, path+"?"+p.Name+"="+url.QueryEscape(text), nil), "%s %s %s=%q", o.method, path, p.Name, text)
				case "path":
					broken := strings.Replace(o.path, "{"+p.Name+"}", url.PathEscape(text), 1)
					broken = strings.NewReplacer("{case}", c.ID, "{document}", docs[0].ID).Replace(broken)
					a := w.call(almighty, o.method, broken, nil)
					if a.code < 300 || a.code >= 400 { // a path may be cleaned
						requireNoFault(t, a, "%s %s", o.method, broken)
					}
				case "header":
					requireNoFault(t, w.call(almighty, o.method, path, object{}, p.Name, text), "%s %s %s: %q", o.method, path, p.Name, text)
				}
			}
		}
		requireNoFault(t, w.call(almighty, o.method, path+"?%zz", nil), "%s %s", o.method, path)
		requireNoFault(t, w.call(almighty, o.method, path+"?a;b", nil), "%s %s", o.method, path)
		for _, accept := range []string{"text/html", "application/cbor", "x", "*/*;q=0", "application/json;q=x"} {
			requireNoFault(t, w.call(almighty, o.method, path, nil, "Accept", accept), "%s %s %s", o.method, path, accept)
		}
		if o.method != http.MethodPost {
			continue
		}
		for _, body := range bodies {
			requireNoFault(t, w.post(almighty, path, body, "If-Match", tag(c.Version)), "%s %q", path, body)
		}
		for _, media := range []string{"", "x", "text/json", "application/cbor", "application/json; charset=latin1", "application/merge-patch+json", "multipart/form-data; boundary=x"} {
			requireNoFault(t, w.post(almighty, path, "{}", "If-Match", tag(c.Version), "Content-Type", media), "%s as %s", path, media)
		}
	}
}
