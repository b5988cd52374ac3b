package wire

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/domain/file"
)

// A registry makes schemas as huma's own does, and lists in them the values of every enumeration: of fields,
// elements of lists and parameters alike, because huma asks it for the type of each. They are there before huma
// first validates with them.
type registry struct {
	prefix string
	name   func(t reflect.Type, hint string) string
	named  map[string]*huma.Schema
	types  map[string]reflect.Type
}

var _ huma.Registry = (*registry)(nil)

// NewRegistry returns an empty registry; name names the schemas of structs.
func NewRegistry(prefix string, name func(reflect.Type, string) string) huma.Registry {
	return &registry{prefix, name, map[string]*huma.Schema{}, map[string]reflect.Type{}}
}

// Schema is the schema of t. That of a struct stands in the registry under its name, or, if it has none, under
// what hint says.
func (r *registry) Schema(t reflect.Type, allowRef bool, hint string) *huma.Schema {
	of := t
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if of.Kind() == reflect.Slice || of.Kind() == reflect.Array {
		t = of // it is null by itself
	}
	if of.Kind() != reflect.Struct || of == reflect.TypeFor[time.Time]() {
		s := huma.SchemaFromType(r, t)
		if values := file.ValuesOf(of); values != nil {
			s.Enum = values
			s.PrecomputeMessages()
		}
		return s
	}
	name := r.name(t, hint)
	if _, taken := r.named[name]; !taken {
		r.named[name], r.types[name] = &huma.Schema{}, of // a type may contain itself
		r.named[name] = huma.SchemaFromType(r, t)
	} else if r.types[name] != of {
		panic("wire: there is another schema called " + name + " than that of " + of.String())
	}
	if allowRef {
		return &huma.Schema{Ref: r.prefix + name}
	}
	return r.named[name]
}

// SchemaFromRef is the schema that a reference means; nil: there is none.
func (r *registry) SchemaFromRef(ref string) *huma.Schema {
	return r.named[strings.TrimPrefix(ref, r.prefix)]
}

// TypeFromRef is the type whose schema a reference means; nil: there is none.
func (r *registry) TypeFromRef(ref string) reflect.Type {
	return r.types[strings.TrimPrefix(ref, r.prefix)]
}

// Map is what the registry has, by names.
func (r *registry) Map() map[string]*huma.Schema { return r.named }

// MarshalJSON writes what the registry has.
func (r *registry) MarshalJSON() ([]byte, error) { return json.Marshal(r.named) }

// RegisterTypeAlias is part of huma's interface: no type stands for another here.
func (r *registry) RegisterTypeAlias(t, _ reflect.Type) {
	panic("wire: " + t.String() + " cannot stand for another type")
}
