package public

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/wire"
	"koko/kinds"
)

// A reference is the OpenAPI document in the shape in which people read it.
type reference struct {
	Description string
	Groups      []referenceGroup
	Problems    []wire.ProblemKind
	Schemas     []referenceSchema
}

type referenceGroup struct {
	Name, Anchor, Description string
	Operations                []referenceOperation
}

type referenceOperation struct {
	ID, Method, Path, Summary, Description, Curl string
	Parameters                                   []referenceField
	Body                                         *referenceBody
	Answers                                      []referenceAnswer
}

type referenceBody struct {
	Media, Schema string
	Fields        []referenceField
}

// A referenceAnswer is what a status means: a result, or problems of these kinds.
type referenceAnswer struct {
	Status   string
	Type     referenceType
	Headers  []referenceField
	Problems []string
}

type referenceField struct {
	Name, In, Doc, Limits, Default, Example string
	Type                                    referenceType
	Required                                bool
	Enum                                    []string
}

// A referenceType is what a value is, and the schema that says more.
type referenceType struct{ Before, Schema string }

type referenceSchema struct {
	Name, Doc string
	Fields    []referenceField
}

// A reader turns the parts of a document into those of a reference.
type reader struct{ doc *huma.OpenAPI }

func newReference(doc *huma.OpenAPI) *reference {
	rd := reader{doc}
	ref := &reference{Description: doc.Info.Description, Problems: wire.ProblemKinds()}
	for _, tag := range doc.Tags {
		g := referenceGroup{
			Name:        tag.Name,
			Anchor:      "group-" + strings.ReplaceAll(strings.ToLower(tag.Name), " ", "-"),
			Description: tag.Description,
		}
		for _, op := range rd.operations(tag.Name) {
			g.Operations = append(g.Operations, rd.operation(op))
		}
		ref.Groups = append(ref.Groups, g)
	}
	schemas := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		ref.Schemas = append(ref.Schemas, referenceSchema{name, schemas[name].Description, rd.fields(schemas[name])})
	}
	return ref
}

// operations lists those of a tag: commands in the order of the process, others by their path.
func (rd reader) operations(tag string) []*huma.Operation {
	ops := slices.DeleteFunc(wire.OperationsOf(rd.doc), func(op *huma.Operation) bool { return !slices.Contains(op.Tags, tag) })
	var commands []string
	for _, k := range kinds.All() {
		commands = append(commands, k.Given()...)
	}
	step := func(op *huma.Operation) int {
		return slices.Index(commands, strings.ReplaceAll(op.OperationID, "-", "_"))
	}
	slices.SortFunc(ops, func(a, b *huma.Operation) int {
		return cmp.Or(cmp.Compare(step(a), step(b)), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return ops
}

func (rd reader) operation(op *huma.Operation) referenceOperation {
	r := referenceOperation{
		ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description,
		Answers: rd.answers(op), Curl: rd.curl(op),
	}
	for _, p := range op.Parameters {
		f := rd.field(p.Name, p.Schema, p.Required)
		f.In = p.In
		r.Parameters = append(r.Parameters, f)
	}
	if op.RequestBody != nil {
		for media, content := range op.RequestBody.Content {
			r.Body = &referenceBody{media, nameOf(content.Schema), rd.fields(rd.resolved(content.Schema))}
		}
	}
	return r
}

func (rd reader) answers(op *huma.Operation) []referenceAnswer {
	var as []referenceAnswer
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		a := referenceAnswer{Status: status}
		for media, content := range op.Responses[status].Content {
			if media == "application/problem+json" {
				a.Problems = wire.ProblemsOf(op, status)
			} else {
				a.Type = rd.typeOf(content.Schema)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(op.Responses[status].Headers)) {
			h := op.Responses[status].Headers[name]
			a.Headers = append(a.Headers, referenceField{Name: name, Doc: h.Schema.Description})
		}
		as = append(as, a)
	}
	return as
}

func (rd reader) resolved(s *huma.Schema) *huma.Schema {
	if s.Ref != "" {
		return rd.doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// nameOf returns the name under which a schema is described, empty if it has none.
func nameOf(s *huma.Schema) string { return strings.TrimPrefix(s.Ref, "#/components/schemas/") }

func (rd reader) fields(s *huma.Schema) []referenceField {
	var fs []referenceField
	for _, name := range wire.FieldNames(s) {
		fs = append(fs, rd.field(name, s.Properties[name], slices.Contains(s.Required, name)))
	}
	return fs
}

func (rd reader) field(name string, s *huma.Schema, required bool) referenceField {
	f := referenceField{Name: name, Doc: s.Description, Type: rd.typeOf(s), Limits: limits(s), Required: required}
	said := s
	if s.Type == huma.TypeArray {
		said = s.Items
	}
	for _, v := range said.Enum {
		f.Enum = append(f.Enum, plain(v))
	}
	if s.Default != nil {
		f.Default = plain(s.Default)
	}
	if len(s.Examples) > 0 {
		f.Example = plain(s.Examples[0])
	}
	return f
}

func (rd reader) typeOf(s *huma.Schema) referenceType {
	if s.Ref != "" {
		return referenceType{Schema: nameOf(s)}
	}
	switch s.Type {
	case huma.TypeArray:
		of := rd.typeOf(s.Items)
		return referenceType{"list of " + of.Before, of.Schema}
	case huma.TypeObject:
		if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
			of := rd.typeOf(values)
			return referenceType{"object of " + of.Before, of.Schema}
		}
		return referenceType{Before: "object"}
	}
	switch {
	case s.Format == "date":
		return referenceType{Before: "date (YYYY-MM-DD)"}
	case s.Format == "date-time":
		return referenceType{Before: "time (RFC 3339)"}
	case s.Format == "binary":
		return referenceType{Before: "bytes"}
	case s.Format == "uuid":
		return referenceType{Before: "UUID"}
	case s.ContentEncoding != "":
		return referenceType{Before: "string in " + s.ContentEncoding}
	default:
		return referenceType{Before: s.Type}
	}
}

// limits returns what bounds a value, or each value of a list.
func limits(s *huma.Schema) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if s.MinItems != nil {
		add("%d items or more", *s.MinItems)
	}
	if s.MaxItems != nil {
		add("%d items at most", *s.MaxItems)
	}
	if s.Type == huma.TypeArray {
		s = s.Items
	}
	if s.Minimum != nil && s.Maximum != nil {
		add("%v to %v", *s.Minimum, *s.Maximum)
	}
	if s.MinLength != nil && *s.MinLength > 1 {
		add("%d characters or more", *s.MinLength)
	}
	if s.MaxLength != nil {
		add("%d characters at most", *s.MaxLength)
	}
	if s.Pattern != "" {
		add("matches %s", s.Pattern)
	}
	return strings.Join(parts, ", ")
}

// plain writes a value as a reader would: a text without quotes, anything else as JSON.
func plain(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return toJSON(v, "")
}

// curl returns a command line that calls op with the examples of its parameters and body.
func (rd reader) curl(op *huma.Operation) string {
	lines := []string{""}
	header := func(h string) { lines = append(lines, "-H "+quoted(h)) }
	path, query := op.Path, url.Values{}
	for _, p := range op.Parameters {
		if p.In != "path" && !p.Required && len(p.Schema.Examples) == 0 {
			continue
		}
		value := plain(wire.ExampleOf(rd.doc.Components.Schemas, p.Schema))
		switch p.In {
		case "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(value))
		case "query":
			query.Set(p.Name, value)
		default:
			header(p.Name + ": " + value)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	lines[0] = `curl "$KOKO` + path + `"`
	if op.Method != http.MethodGet {
		lines[0] = "curl -X " + op.Method + ` "$KOKO` + path + `"`
	}
	if op.Security == nil {
		lines = slices.Insert(lines, 1, `-H "Authorization: Bearer $TOKEN"`)
	}
	if op.RequestBody != nil {
		for media, content := range op.RequestBody.Content {
			header("Content-Type: " + media)
			if media != "application/json" {
				lines = append(lines, "--data-binary @file")
				continue
			}
			lines = append(lines, "-d "+quoted(toJSON(wire.ExampleOf(rd.doc.Components.Schemas, content.Schema), "  ")))
		}
	}
	return strings.Join(lines, " \\\n  ")
}

// quoted returns text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// toJSON writes v as people read it: "<" stays what it is.
func toJSON(v any, indent string) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		panic("api: example: " + err.Error())
	}
	return strings.TrimSpace(out.String())
}
