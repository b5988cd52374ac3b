package api

import (
	"maps"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"koko/domain/file"
)

// schemaNames names the schemas of types after them. Of two kinds that have a type of the same name, the later
// one's carries the name of its package, too.
func schemaNames() func(reflect.Type, string) string {
	first := map[string]reflect.Type{}
	return func(t reflect.Type, hint string) string {
		name := huma.DefaultSchemaNamer(t, hint)
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || t.Name() == "" {
			return name
		}
		if _, taken := first[name]; !taken {
			first[name] = t
		}
		if first[name] == t {
			return name
		}
		of := path.Base(t.PkgPath())
		return strings.ToUpper(of[:1]) + of[1:] + name
	}
}

// body is what a client sends for a command: its facts and words, without what KoKo adds.
func (f *files) body(api huma.API, c file.CommandSpec) *huma.RequestBody {
	s := bodySchema(c.Type)
	if c.Begins && s.Properties["ags"] == nil {
		s.Properties["ags"] = &huma.Schema{
			Type: huma.TypeString, Pattern: "^[0-9]{8}$", Description: "Municipality in which it happens", Examples: []any{"05999001"},
		}
		s.Required = append(s.Required, "ags")
	}
	s.PrecomputeMessages()
	name := bodyName(c.Action)
	api.OpenAPI().Components.Schemas.Map()[name] = s
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: ref(name)}}}
}

// bodyName is the name of the schema of a command's body: RecordClearingBody.
func bodyName(a file.Action) string {
	var name strings.Builder
	for word := range strings.SplitSeq(string(a), "_") {
		name.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return name.String() + "Body"
}

// bodySchema describes the fields of a command that clients send, with everything in place.
func bodySchema(t reflect.Type) *huma.Schema {
	r := newRegistry("#/bodies/", huma.DefaultSchemaNamer)
	s := inline(r, r.Schema(t, false, t.Name()))
	prune(s, t, func(f reflect.StructField) bool {
		return f.Tag.Get("own") != "" || f.Type == reflect.TypeFor[[]file.Doc]()
	})
	return s
}

// inline puts what a schema refers to in its place.
func inline(r huma.Registry, s *huma.Schema) *huma.Schema {
	if s == nil {
		return nil
	}
	of := s
	if s.Ref != "" {
		of = r.SchemaFromRef(s.Ref)
	}
	c := *of
	if s.Description != "" { // what the field is weighs more than what its type is
		c.Description = s.Description
	}
	c.Items = inline(r, of.Items)
	c.Properties = maps.Clone(of.Properties)
	for name, p := range of.Properties {
		c.Properties[name] = inline(r, p)
	}
	c.Required = slices.Clone(of.Required)
	return &c
}

// prune takes the fields of t that are left out, and those of the structs in it, out of its schema.
func prune(s *huma.Schema, t reflect.Type, out func(reflect.StructField) bool) {
	for f := range fieldsOfType(t) {
		name := strings.Split(f.Tag.Get("json"), ",")[0]
		switch p := s.Properties[name]; {
		case p == nil:
		case out(f):
			delete(s.Properties, name)
			s.Required = slices.DeleteFunc(s.Required, func(n string) bool { return n == name })
		case f.Type.Kind() == reflect.Struct && p.Properties != nil:
			prune(p, f.Type, out)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct && p.Items != nil && p.Items.Properties != nil:
			prune(p.Items, f.Type.Elem(), out)
		}
	}
}

// fieldsOfType are the fields of a struct as JSON has them: those of embedded ones are its own.
func fieldsOfType(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag.Get("json") == "" {
				for inner := range fieldsOfType(f.Type) {
					if !yield(inner) {
						return
					}
				}
				continue
			}
			if !yield(f) {
				return
			}
		}
	}
}

// withoutWords takes the words out of the schemas of what is read: they stand in documents alone.
func withoutWords(r huma.Registry) {
	for name, s := range r.Map() {
		if t := r.TypeFromRef("#/components/schemas/" + name); t != nil && t.Kind() == reflect.Struct {
			prune(s, t, func(f reflect.StructField) bool { return file.IsWords(f.Type) })
		}
	}
}

// objectOf is the schema of an object with the fields of all of types.
func objectOf(r huma.Registry, types ...reflect.Type) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}, AdditionalProperties: false}
	for _, t := range types {
		if t == nil {
			continue
		}
		part := inlineOnce(r, t)
		prune(part, t, func(f reflect.StructField) bool { return file.IsWords(f.Type) })
		maps.Copy(s.Properties, part.Properties)
		for _, name := range part.Required {
			if !slices.Contains(s.Required, name) {
				s.Required = append(s.Required, name)
			}
		}
	}
	s.PrecomputeMessages()
	return s
}

// inlineOnce is the schema of t itself, whose fields may refer to others.
func inlineOnce(r huma.Registry, t reflect.Type) *huma.Schema {
	s := *r.Schema(t, false, t.Name())
	s.Properties, s.Required = maps.Clone(s.Properties), slices.Clone(s.Required)
	return &s
}

// The names of the kind's schemas in the document.

// name is the kind's own name, as the names of schemas have it.
func (f *files) name() string {
	k := string(f.kind.Kind)
	return strings.ToUpper(k[:1]) + k[1:]
}

func (f *files) viewName() string { return f.name() + "View" }

func (f *files) itemName() string { return f.name() + "Item" }

// defineSchemas adds what one file, and one in a list, look like.
func (f *files) defineSchemas(r huma.Registry) {
	r.Map()[f.viewName()] = objectOf(r, f.kind.Lenses()[0].Type, reflect.TypeFor[Shown](), f.adornment)
	item := objectOf(r, reflect.TypeFor[ItemView](), f.embellishment)
	for _, facet := range f.kind.Facets() {
		s := &huma.Schema{}
		if facet.Type != nil {
			s = r.Schema(facet.Type, true, facet.Name)
		}
		c := *s
		c.Description = facet.Doc
		c.Nullable = false
		if s.Ref != "" {
			c = *s
		}
		item.Properties[facet.Name] = &c
	}
	if w := f.kind.Window; w != nil {
		item.Properties[w.Name] = &huma.Schema{Type: huma.TypeBoolean, Description: w.Doc}
	}
	oneOf(item.Properties["phase"], f.kind.Phases)
	item.PrecomputeMessages()
	r.Map()[f.itemName()] = item
}

// oneOf lets a schema have some values alone. What refuses another one names them.
func oneOf(s *huma.Schema, values []string) {
	s.Enum = make([]any, len(values))
	for i, v := range values {
		s.Enum[i] = v
	}
	s.PrecomputeMessages()
}

func ref(name string) *huma.Schema { return &huma.Schema{Ref: "#/components/schemas/" + name} }

// described completes an operation that answers with one file.
func (f *files) described(api huma.API, op huma.Operation) {
	found := operationAt(api, op)
	if found.RequestBody != nil {
		delete(found.RequestBody.Content, "application/octet-stream") // commands are JSON
	}
	status := max(op.DefaultStatus, 200)
	found.Responses[strconv.Itoa(status)].Content = map[string]*huma.MediaType{"application/json": {Schema: ref(f.viewName())}}
}

// filters are the parameters of a list that the kind brings.
func (f *files) filters() (all []*huma.Param) {
	for _, facet := range f.kind.Facets() {
		if facet.Filter {
			items := &huma.Schema{Type: huma.TypeString}
			if facet.Values != nil {
				oneOf(items, facet.Values)
			}
			doc := facet.Doc
			if facet.Person {
				doc += ", or me"
			}
			all = append(all, &huma.Param{Name: facet.Name, In: "query", Description: doc, Explode: new(true), Schema: &huma.Schema{Type: huma.TypeArray, Items: items}})
		}
	}
	if w := f.kind.Window; w != nil {
		all = append(all, &huma.Param{Name: w.Name, In: "query", Description: w.Doc, Schema: &huma.Schema{Type: huma.TypeBoolean}})
	}
	return all
}

// listed completes the operation that answers with a page of files: the values of its filters, and its items.
func (f *files) listed(api huma.API, op huma.Operation) {
	found := operationAt(api, op)
	for _, p := range found.Parameters {
		switch p.Name {
		case "phase":
			oneOf(p.Schema.Items, f.kind.Phases)
		case "sort":
			oneOf(p.Schema, f.sorts())
		}
	}
	r := api.OpenAPI().Components.Schemas
	page := objectOf(r, reflect.TypeFor[filePage]())
	page.Properties["items"] = &huma.Schema{Type: huma.TypeArray, Items: ref(f.itemName()), Description: "The files of this page"}
	name := f.name() + "Page"
	r.Map()[name] = page
	found.Responses["200"].Content = map[string]*huma.MediaType{"application/json": {Schema: ref(name)}}
}

func operationAt(api huma.API, op huma.Operation) *huma.Operation {
	for _, o := range operationsOf(api.OpenAPI()) {
		if o.OperationID == op.OperationID {
			return o
		}
	}
	panic("api: " + op.OperationID + " is not registered")
}

// knownQuery refuses parameters of the query that the operation does not have. huma's own check does not
// know the facets of a kind.
func knownQuery(ctx huma.Context, next func(huma.Context)) {
	u := ctx.URL()
	for name := range u.Query() {
		if !slices.ContainsFunc(ctx.Operation().Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name }) {
			p := newProblem("invalid", "there is no parameter "+name).by("schema", "send only the parameters that /api/docs names for this operation")
			p.Field = name
			r, w := humago.Unwrap(ctx)
			writeProblem(w, r, p)
			return
		}
	}
	next(ctx)
}
