package wire

import (
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"koko/domain/file"
)

// SchemaNames names the schemas of types after them. Of two kinds that have a type of the same name, the later
// one's carries the name of its package, too.
func SchemaNames() func(reflect.Type, string) string {
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

// BodySchema describes the fields of a command that clients send, with everything in place.
func BodySchema(t reflect.Type) *huma.Schema {
	r := NewRegistry("#/bodies/", huma.DefaultSchemaNamer)
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
	if s.Description != "" { // the field's description comes before its type's
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

// WithoutWords removes the words from the schemas of what is read: only documents hold them.
func WithoutWords(r huma.Registry) {
	for name, s := range r.Map() {
		if t := r.TypeFromRef("#/components/schemas/" + name); t != nil && t.Kind() == reflect.Struct {
			prune(s, t, func(f reflect.StructField) bool { return file.IsWords(f.Type) })
		}
	}
}

// ObjectOf is the schema of an object with the fields of all of types.
func ObjectOf(r huma.Registry, types ...reflect.Type) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}, AdditionalProperties: false}
	for _, t := range types {
		if t == nil {
			continue
		}
		part := InlineOnce(r, t)
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

// InlineOnce is the schema of t itself, whose fields may refer to others.
func InlineOnce(r huma.Registry, t reflect.Type) *huma.Schema {
	s := *r.Schema(t, false, t.Name())
	s.Properties, s.Required = maps.Clone(s.Properties), slices.Clone(s.Required)
	return &s
}

// OneOf limits a schema to some values, which a refusal names.
func OneOf(s *huma.Schema, values []string) {
	s.Enum = make([]any, len(values))
	for i, v := range values {
		s.Enum[i] = v
	}
	s.PrecomputeMessages()
}

// SchemaRef refers to a schema of the document.
func SchemaRef(name string) *huma.Schema { return &huma.Schema{Ref: "#/components/schemas/" + name} }
