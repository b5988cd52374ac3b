package wire

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// A member is a field of an example.
type member struct {
	name  string
	value any
}

// An object is a JSON object whose fields stand in the order of their schema's: required ones first.
type object []member

// MarshalJSON writes the fields in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var out strings.Builder
	out.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return []byte(out.String()), nil
}

// ExampleOf derives a value from a schema: an object has its required fields and those that
// have an example.
func ExampleOf(r huma.Registry, s *huma.Schema) any {
	if s.Ref != "" {
		s = r.SchemaFromRef(s.Ref)
	}
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case s.Default != nil:
		return s.Default
	case len(s.Enum) > 0:
		return s.Enum[0]
	}
	switch s.Type {
	case huma.TypeObject:
		o := object{}
		for _, name := range FieldNames(s) {
			if f := s.Properties[name]; slices.Contains(s.Required, name) || hasExample(f) {
				o = append(o, member{name, ExampleOf(r, f)})
			}
		}
		return o
	case huma.TypeArray:
		return []any{ExampleOf(r, s.Items)}
	case huma.TypeBoolean:
		return true
	case huma.TypeInteger, huma.TypeNumber:
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	}
	return exampleText(s)
}

func exampleText(s *huma.Schema) string {
	switch {
	case s.Format == "date":
		return "2025-03-03"
	case s.Format == "date-time":
		return "2025-03-03T09:30:00Z"
	case s.Format == "uuid":
		return "3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"
	case s.ContentEncoding == "base64":
		return "S29Lbwo="
	default:
		return "…"
	}
}

// hasExample reports whether f or, in a list, its items say what to write.
func hasExample(f *huma.Schema) bool {
	return len(f.Examples) > 0 || f.Items != nil && len(f.Items.Examples) > 0
}

// FieldNames lists the fields of s, required ones first, each part by the alphabet.
func FieldNames(s *huma.Schema) []string {
	var names []string
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if ra, rb := slices.Contains(s.Required, a), slices.Contains(s.Required, b); ra != rb {
			if ra {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	return names
}
