package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/kinds"
)

const (
	goldenFolder = "testdata/openapi"
	sharedPart   = "shared.json"
)

// TestTheOpenAPIDocumentIsTheOneReviewed: what clients rely on changes with a diff that somebody read.
func TestTheOpenAPIDocumentIsTheOneReviewed(t *testing.T) {
	t.Parallel()
	served := get(t, servedPages(t, knownCaller{}), "/api/openapi.json").Body.Bytes()
	parts, err := apart(served, tagsOfKinds())
	require.NoError(t, err)
	if *update {
		require.NoError(t, writeParts(goldenFolder, parts))
	}
	reviewed, err := readParts(goldenFolder)
	require.NoError(t, err)
	require.Equal(t, slices.Sorted(maps.Keys(parts)), slices.Sorted(maps.Keys(reviewed)), "a part is missing or left over: make generate")
	for name := range parts {
		require.Equal(t, string(reviewed[name]), string(parts[name]), "%s: read the difference, then: make generate", name)
	}
	document, err := together(reviewed)
	require.NoError(t, err)
	require.True(t, bytes.Equal(bytes.TrimSpace(served), document), "the parts put together are not the document")
}

// tagsOfKinds maps the tags of each kind to that of its lists.
func tagsOfKinds() map[string]string {
	capital := func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
	of := map[string]string{}
	for _, k := range kinds.All() {
		list := capital(k.Plural)
		of[list], of[capital(k.Label.EN)+" commands"] = list, list
	}
	return of
}

// A tree is an object of the document, down to where a part stands whole.
type tree = map[string]any

var schemaReference = regexp.MustCompile(`"#/components/schemas/([^"]+)"`)

func references(raw []byte) (names []string) {
	for _, m := range schemaReference.FindAllSubmatch(raw, -1) {
		names = append(names, string(m[1]))
	}
	return names
}

// whole is a document with what is distributed over its parts.
type whole struct {
	Tags  []json.RawMessage                     `json:"tags"`
	Paths map[string]map[string]json.RawMessage `json:"paths"`
	// Components other than schemas are shared, such as the ways to log in.
	Components map[string]json.RawMessage `json:"components"`
	schemas    map[string]json.RawMessage
}

// apart takes a document apart: a file for each tag, with what is its alone, and one for what several share.
// A schema stands with the tag whose operations use it. If one kind of file alone has it in several of its
// tags or lends it to the house, it stands with the lists of the kind.
func apart(document []byte, kindOf map[string]string) (map[string][]byte, error) {
	var w whole
	var shared map[string]json.RawMessage
	for _, into := range []any{&w, &shared} {
		if err := json.Unmarshal(document, into); err != nil {
			return nil, err
		}
	}
	if raw, ok := w.Components["schemas"]; ok {
		if err := json.Unmarshal(raw, &w.schemas); err != nil {
			return nil, err
		}
	}
	parts := map[string]tree{sharedPart: {}}
	for key, raw := range shared {
		if key != "tags" && key != "paths" && key != "components" {
			put(parts, sharedPart, raw, key)
		}
	}
	for key, raw := range w.Components {
		if key != "schemas" {
			put(parts, sharedPart, raw, "components", key)
		}
	}
	if err := w.distributeTags(parts); err != nil {
		return nil, err
	}
	users := w.distributePaths(parts)
	for name, raw := range w.schemas {
		put(parts, home(users[name], kindOf), raw, "components", "schemas", name)
	}
	files := map[string][]byte{}
	for name, part := range parts {
		var err error
		if files[name], err = written(part, "  "); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// distributeTags leaves the order of the tags to what is shared.
func (w whole) distributeTags(parts map[string]tree) error {
	var order []tree
	for _, raw := range w.Tags {
		var tag struct{ Name string }
		if err := json.Unmarshal(raw, &tag); err != nil {
			return err
		}
		if _, twice := parts[partOf(tag.Name)]; twice {
			return fmt.Errorf("two parts are called %s", partOf(tag.Name))
		}
		order = append(order, tree{"name": tag.Name})
		put(parts, partOf(tag.Name), []json.RawMessage{raw}, "tags")
	}
	put(parts, sharedPart, order, "tags")
	return nil
}

// distributePaths returns by which tags each schema is used; an operation of no tag or of several has none.
func (w whole) distributePaths(parts map[string]tree) map[string][]string {
	users := map[string][]string{}
	var use func(tag string, raw []byte)
	use = func(tag string, raw []byte) {
		for _, name := range references(raw) {
			if !slices.Contains(users[name], tag) {
				users[name] = append(users[name], tag)
				use(tag, w.schemas[name])
			}
		}
	}
	for path, item := range w.Paths {
		for method, raw := range item {
			var operation struct{ Tags []string }
			if err := json.Unmarshal(raw, &operation); err != nil || len(operation.Tags) != 1 {
				put(parts, sharedPart, raw, "paths", path, method)
				use("", raw)
				continue
			}
			put(parts, partOf(operation.Tags[0]), raw, "paths", path, method)
			use(operation.Tags[0], raw)
		}
	}
	return users
}

// home is the part in which a schema stands that is used by those tags.
func home(tags []string, kindOf map[string]string) string {
	switch {
	case slices.Contains(tags, ""):
		return sharedPart
	case len(tags) == 1:
		return partOf(tags[0])
	}
	of := map[string]bool{}
	for _, tag := range tags {
		if kind, ok := kindOf[tag]; ok {
			of[kind] = true
		}
	}
	if len(of) != 1 {
		return sharedPart
	}
	return partOf(slices.Collect(maps.Keys(of))[0])
}

func partOf(tag string) string {
	return strings.ReplaceAll(strings.ToLower(tag), " ", "-") + ".json"
}

func put(parts map[string]tree, name string, value any, at ...string) {
	if parts[name] == nil {
		parts[name] = tree{}
	}
	in := parts[name]
	for _, key := range at[:len(at)-1] {
		if in[key] == nil {
			in[key] = tree{}
		}
		in = in[key].(tree)
	}
	in[at[len(at)-1]] = value
}

func written(value any, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", indent)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return b.Bytes(), err
}

// together puts the parts of a document together again.
func together(files map[string][]byte) ([]byte, error) {
	document, order, tags := tree{}, []string(nil), map[string]json.RawMessage{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		var of struct{ Tags []json.RawMessage }
		if err := json.Unmarshal(files[name], &of); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, raw := range of.Tags {
			var tag struct{ Name string }
			if err := json.Unmarshal(raw, &tag); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			if name == sharedPart {
				order = append(order, tag.Name)
			} else {
				tags[tag.Name] = raw
			}
		}
		part := opened(files[name], levels).(tree)
		delete(part, "tags")
		if err := add(document, part); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if len(tags) != len(order) {
		return nil, fmt.Errorf("%d tags have a part, %d an order", len(tags), len(order))
	}
	var all []json.RawMessage
	for _, name := range order {
		if tags[name] == nil {
			return nil, fmt.Errorf("the tag %s has no part", name)
		}
		all = append(all, tags[name])
	}
	document["tags"] = all
	return json.Marshal(document)
}

// levels is how deep the names of operations and schemas lie: in an object of paths or components.
const levels = 3

// opened reads objects as far down as they are distributed; what lies below is kept letter by letter.
func opened(raw json.RawMessage, levels int) any {
	var object map[string]json.RawMessage
	if levels == 0 || json.Unmarshal(raw, &object) != nil {
		return raw
	}
	t := tree{}
	for key, value := range object {
		t[key] = opened(value, levels-1)
	}
	return t
}

// add merges what was opened.
func add(to, from tree) error {
	for key, value := range from {
		there, twice := to[key]
		if !twice {
			to[key] = value
			continue
		}
		into, ok := there.(tree)
		more, both := value.(tree)
		if !ok || !both {
			return fmt.Errorf("%s is there twice", key)
		}
		if err := add(into, more); err != nil {
			return err
		}
	}
	return nil
}

// writeParts writes the parts of a document and removes those that it has no more.
func writeParts(folder string, parts map[string][]byte) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	there, err := readParts(folder)
	if err != nil {
		return err
	}
	for name := range there {
		if _, stays := parts[name]; !stays {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				return err
			}
		}
	}
	for name, content := range parts {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func readParts(folder string) (map[string][]byte, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(folder, e.Name())); err != nil {
			return nil, err
		}
	}
	return files, nil
}

const smallDocument = `{"components":{"schemas":{` +
	`"Both":{"type":"string"},"Case":{"properties":{"signal":{"$ref":"#/components/schemas/Signal"}}},"Nobody":{},` +
	`"Own":{"maximum":1.50,"examples":[{"z":1,"a":2}]},"Problem":{"type":"object"},"Signal":{"description":"a & b"},"Two":{}},"securitySchemes":{"bearer":{}}},` +
	`"info":{"title":"KoKo"},"openapi":"3.1.0",` +
	`"paths":{"/cases":{` +
	`"get":{"r":[{"$ref":"#/components/schemas/Case"},{"$ref":"#/components/schemas/Problem"}],"tags":["Cases"]},` +
	`"post":{"b":{"$ref":"#/components/schemas/Own"},"r":{"$ref":"#/components/schemas/Case"},"tags":["Case commands"]}},` +
	`"/log":{"get":{"r":[{"$ref":"#/components/schemas/Signal"},{"$ref":"#/components/schemas/Problem"},{"$ref":"#/components/schemas/Both"}],"tags":["Audit"]}},` +
	`"/me":{"get":{"r":{"$ref":"#/components/schemas/Both"},"tags":["Access"]}},` +
	`"/trainings":{"get":{"r":{"$ref":"#/components/schemas/Problem"},"tags":["Trainings"]}},` +
	`"/within":{"get":{"r":{"$ref":"#/components/schemas/Two"},"tags":["Cases","Audit"]}}},` +
	`"tags":[{"description":"d","name":"Cases"},{"name":"Case commands"},{"name":"Trainings"},{"name":"Audit"},{"name":"Access"}]}`

var smallKinds = map[string]string{"Cases": "Cases", "Case commands": "Cases", "Trainings": "Trainings"}

func TestEachPartOfADocumentHasWhatIsItsAlone(t *testing.T) {
	t.Parallel()
	plain := strings.ReplaceAll(smallDocument, "a & b", `a \u0026 b`)
	parts, err := apart([]byte(plain), smallKinds)
	require.NoError(t, err)
	has := map[string][]string{}
	for name, content := range parts {
		var part struct {
			Info       any
			Paths      map[string]any
			Components struct{ Schemas map[string]any }
		}
		require.NoError(t, json.Unmarshal(content, &part))
		has[name] = append(slices.Sorted(maps.Keys(part.Paths)), slices.Sorted(maps.Keys(part.Components.Schemas))...)
		require.Equal(t, name == sharedPart, part.Info != nil, name)
	}
	require.Equal(t, map[string][]string{
		"cases.json": {"/cases", "Case", "Signal"}, "case-commands.json": {"/cases", "Own"}, "audit.json": {"/log"}, "access.json": {"/me"},
		"trainings.json": {"/trainings"}, sharedPart: {"/within", "Both", "Nobody", "Problem", "Two"},
	}, has)
	document, err := together(parts)
	require.NoError(t, err)
	require.Equal(t, plain, string(document))
}

func TestPartsThatDoNotMakeADocumentAreRefused(t *testing.T) {
	t.Parallel()
	for why, change := range map[string]func(map[string][]byte){
		"Own is there twice": func(parts map[string][]byte) {
			parts["audit.json"] = []byte(`{"components":{"schemas":{"Own":{}}},"tags":[{"name":"Audit"}]}`)
		},
		"get is there twice": func(parts map[string][]byte) {
			parts["access.json"] = []byte(`{"paths":{"/cases":{"get":{}}},"tags":[{"name":"Access"}]}`)
		},
		"4 tags have a part, 5 an order":      func(parts map[string][]byte) { delete(parts, "cases.json") },
		"the tag Access has no part":          func(parts map[string][]byte) { parts["access.json"] = []byte(`{"tags":[{"name":"Other"}]}`) },
		"access.json: unexpected end of JSON": func(parts map[string][]byte) { parts["access.json"] = []byte(`{"paths":`) },
		"title is there twice": func(parts map[string][]byte) {
			parts["audit.json"] = []byte(`{"info":{"title":"x"},"tags":[{"name":"Audit"}]}`)
		},
		"shared.json: paths is there twice": func(parts map[string][]byte) {
			parts[sharedPart] = []byte(`{"paths":[]}`)
		},
	} {
		parts, err := apart([]byte(smallDocument), smallKinds)
		require.NoError(t, err)
		change(parts)
		_, err = together(parts)
		require.ErrorContains(t, err, why)
	}
	_, err := apart([]byte(`{"tags":[{"name":"A b"},{"name":"a B"}]}`), nil)
	require.ErrorContains(t, err, "two parts are called a-b.json")
	_, err = apart([]byte(`{"tags":[{"name":"Shared"}]}`), nil)
	require.ErrorContains(t, err, "two parts are called shared.json")
}

func TestWritingThePartsRemovesThoseThatAreGone(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "openapi")
	require.NoError(t, writeParts(folder, map[string][]byte{"cases.json": []byte("1"), "gone.json": []byte("2")}))
	now := map[string][]byte{"cases.json": []byte("3"), sharedPart: []byte("4")}
	require.NoError(t, writeParts(folder, now))
	there, err := readParts(folder)
	require.NoError(t, err)
	require.Equal(t, now, there)
}
