package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// whole is a value of a schema with every field that it has, at every depth.
func (d openAPI) whole(s schema) any {
	for s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	switch {
	case s.Properties != nil:
		o := object{}
		for name, p := range s.Properties {
			o[name] = d.whole(p)
		}
		return o
	case s.Items != nil:
		return []any{d.whole(*s.Items)}
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.Examples) > 0:
		return s.Examples[0]
	case slices.Contains(s.Type, "boolean"):
		return true
	case slices.Contains(s.Type, "integer"):
		return 1
	}
	return "x"
}

// spelled writes v as JSON; at says how a field is written.
func spelled(v any, path string, at func(path, name, value string) string) string {
	switch v := v.(type) {
	case object:
		var fields []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			here := strings.TrimPrefix(path+"."+name, ".")
			fields = append(fields, at(here, name, spelled(v[name], here, at)))
		}
		return "{" + strings.Join(fields, ",") + "}"
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, spelled(item, path+"[0]", at))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	b, _ := json.Marshal(v)
	return string(b)
}

func inJSON(name, value string) string {
	b, _ := json.Marshal(name)
	return string(b) + ":" + value
}

// otherSpellings are names that encoding/json takes for name.
func otherSpellings(name string) []string {
	all := []string{strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]}
	if strings.Contains(name, "s") {
		all = append(all, strings.Replace(name, "s", "ſ", 1))
	}
	if strings.Contains(name, "k") {
		all = append(all, strings.Replace(name, "k", "\u212a", 1))
	}
	return all
}

// TestNoFieldIsTakenInAnotherSpellingOrTwice: what the schema has not seen must not be read.
func TestNoFieldIsTakenInAnotherSpellingOrTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.almighty()
	d := document(t)
	recorded := func() int {
		return w.count(`SELECT (SELECT count(*) FROM audit) + (SELECT count(*) FROM document) + (SELECT count(*) FROM role_grant)
			+ (SELECT count(*) FROM absence) + (SELECT count(*) FROM substitution) + (SELECT count(*) FROM curriculum) + (SELECT count(*) FROM access_log)`)
	}
	before, asked, fields := recorded(), 0, 0
	for call, op := range d.operations() {
		if op.RequestBody == nil || op.RequestBody.Content["application/json"].Schema.Ref == "" {
			continue
		}
		asked++
		method, path, _ := strings.Cut(call, " ")
		for _, p := range op.Parameters {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", uuid.NewString())
		}
		body := d.whole(op.RequestBody.Content["application/json"].Schema)
		places := map[string]string{}
		spelled(body, "", func(path, name, value string) string {
			places[path] = name
			return inJSON(name, value)
		})
		for _, own := range []string{"Docs", "docs"} { // also of a command that says nothing
			w.call(almighty, method, path, object{own: []any{}}, "Idempotency-Key", newKey(), "If-Match", tag(1)).
				refused(http.StatusUnprocessableEntity, "invalid", "unknown_field")
		}
		for place, name := range places {
			fields++
			send := func(field string) answer {
				return w.call(almighty, method, path, spelled(body, "", func(path, name, value string) string {
					if path == place {
						return field
					}
					return inJSON(name, value)
				}), "Idempotency-Key", newKey(), "If-Match", tag(1))
			}
			parent := strings.TrimSuffix(place, name)
			p := send(inJSON(name, `"x"`)+","+inJSON(name, `"y"`)).refused(http.StatusBadRequest, "malformed", "duplicate")
			require.Equal(t, place, p.Field, call)
			for _, other := range otherSpellings(name) {
				p = send(inJSON(name, `"x"`)+","+inJSON(other, `"y"`)).refused(http.StatusBadRequest, "malformed", "duplicate")
				require.Equal(t, parent+other, p.Field, call)
				p = send(inJSON(other, `"x"`)).refused(http.StatusUnprocessableEntity, "invalid", "unknown_field")
				require.Equal(t, parent+other, p.Field, call)
			}
			p = send(inJSON(name, `"x"`)+","+inJSON("docs_", `"y"`)).refused(http.StatusUnprocessableEntity, "invalid", "unknown_field")
			require.Equal(t, parent+"docs_", p.Field, call)
		}
	}
	require.Greater(t, asked, 100, "operations with a body")
	require.Equal(t, before, recorded(), "something was recorded")
	t.Logf("%d operations, %d fields", asked, fields)
}

// TestWhatKoKoFillsInIsNotSent: neither as it is called nor in another spelling.
func TestWhatKoKoFillsInIsNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	for _, name := range []string{"docs", "Docs", "size", "Size", "DOCS"} {
		p := w.send(manager, c, "add-note", object{"note": "x", name: []any{}}).refused(http.StatusUnprocessableEntity, "invalid", "unknown_field")
		require.Equal(t, name, p.Field)
	}
}
