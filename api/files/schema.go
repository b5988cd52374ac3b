package files

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/wire"
	"koko/domain/file"
)

// body is what a client sends for a command: its facts and words, without what KoKo adds.
func (f *Kind) body(api huma.API, c file.CommandSpec) *huma.RequestBody {
	s := wire.BodySchema(c.Type)
	if c.Begins && s.Properties["ags"] == nil {
		s.Properties["ags"] = &huma.Schema{
			Type: huma.TypeString, Pattern: "^[0-9]{8}$", Description: "Municipality in which it happens", Examples: []any{"05999001"},
		}
		s.Required = append(s.Required, "ags")
	}
	s.PrecomputeMessages()
	name := bodyName(c.Action)
	api.OpenAPI().Components.Schemas.Map()[name] = s
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: wire.SchemaRef(name)}}}
}

// bodyName is the name of the schema of a command's body: RecordClearingBody.
func bodyName(a file.Action) string {
	var name strings.Builder
	for word := range strings.SplitSeq(string(a), "_") {
		name.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return name.String() + "Body"
}

// The names of the kind's schemas in the document.

// name is the kind's own name, as the names of schemas have it.
func (f *Kind) name() string {
	k := string(f.Def.Kind)
	return strings.ToUpper(k[:1]) + k[1:]
}

func (f *Kind) viewName() string { return f.name() + "View" }

func (f *Kind) itemName() string { return f.name() + "Item" }

// defineSchemas adds what one file, and one in a list, look like.
func (f *Kind) defineSchemas(r huma.Registry) {
	r.Map()[f.viewName()] = wire.ObjectOf(r, f.Def.Lenses()[0].Type, reflect.TypeFor[Shown](), f.Adornment)
	item := wire.ObjectOf(r, reflect.TypeFor[ItemView](), f.Embellishment)
	for _, facet := range f.Def.Facets() {
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
	if w := f.Def.Window; w != nil {
		item.Properties[w.Name] = &huma.Schema{Type: huma.TypeBoolean, Description: w.Doc}
	}
	phase := *item.Properties["phase"] // the kinds share it
	item.Properties["phase"] = &phase
	wire.OneOf(&phase, f.Def.Phases)
	item.PrecomputeMessages()
	r.Map()[f.itemName()] = item
}

// described completes an operation that answers with one file.
func (f *Kind) described(api huma.API, op huma.Operation) {
	found := wire.OperationAt(api, op)
	if found.RequestBody != nil {
		delete(found.RequestBody.Content, "application/octet-stream") // commands are JSON
	}
	status := max(op.DefaultStatus, 200)
	found.Responses[strconv.Itoa(status)].Content = map[string]*huma.MediaType{"application/json": {Schema: wire.SchemaRef(f.viewName())}}
}

// filters are the parameters of a list that the kind brings.
func (f *Kind) filters() (all []*huma.Param) {
	for _, facet := range f.Def.Facets() {
		if facet.Filter {
			items := &huma.Schema{Type: huma.TypeString}
			if facet.Values != nil {
				wire.OneOf(items, facet.Values)
			}
			doc := facet.Doc
			if facet.Person {
				doc += ", or me"
			}
			all = append(all, &huma.Param{
				Name: facet.Name, In: "query", Description: doc, Explode: new(true),
				Schema: &huma.Schema{Type: huma.TypeArray, Items: items},
			})
		}
	}
	if w := f.Def.Window; w != nil {
		all = append(all, &huma.Param{Name: w.Name, In: "query", Description: w.Doc, Schema: &huma.Schema{Type: huma.TypeBoolean}})
	}
	return all
}

// listed completes the operation that answers with a page of files: the values of its filters, and its items.
func (f *Kind) listed(api huma.API, op huma.Operation) {
	found := wire.OperationAt(api, op)
	for _, p := range found.Parameters {
		switch p.Name {
		case "phase":
			wire.OneOf(p.Schema.Items, f.Def.Phases)
		case "sort":
			wire.OneOf(p.Schema, f.sorts())
		}
	}
	r := api.OpenAPI().Components.Schemas
	page := wire.ObjectOf(r, reflect.TypeFor[filePage]())
	page.Properties["items"] = &huma.Schema{Type: huma.TypeArray, Items: wire.SchemaRef(f.itemName()), Description: "The files of this page"}
	name := f.name() + "Page"
	r.Map()[name] = page
	found.Responses["200"].Content = map[string]*huma.MediaType{"application/json": {Schema: wire.SchemaRef(name)}}
}
