package api

import (
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"koko/api/wire"
	"koko/domain/file"
)

// enumerated calls check for each field of t, and of what it embeds, that is an enumeration or a list of one.
func enumerated(t reflect.Type, check func(f reflect.StructField, values []any)) {
	for _, f := range reflect.VisibleFields(t) {
		of := f.Type
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if values := file.ValuesOf(of); values != nil {
			check(f, values)
		}
	}
}

// listed are the values that a schema, or that of its elements, lists.
func listed(s *huma.Schema) []any {
	if s.Items != nil {
		s = s.Items
	}
	return s.Enum
}

func TestTheDocumentListsTheValuesOfEveryEnumeration(t *testing.T) {
	t.Parallel()
	s := newServer(Options{Log: slog.New(slog.DiscardHandler)})
	api := s.operations(http.NewServeMux(), "test")
	r := api.OpenAPI().Components.Schemas
	answer := func(id string) *huma.Schema {
		op := wire.OperationAt(api, huma.Operation{OperationID: id})
		return r.SchemaFromRef(op.Responses["200"].Content["application/json"].Schema.Ref)
	}
	shown := 0
	lists := func(what string, of *huma.Schema, typ reflect.Type) {
		enumerated(typ, func(f reflect.StructField, values []any) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if p := of.Properties[name]; p != nil {
				require.Equal(t, values, listed(p), "%s: %s.%s", what, typ, f.Name)
				shown++
			}
		})
	}
	for name, schema := range r.Map() {
		if typ := r.TypeFromRef(wire.SchemaRef(name).Ref); typ != nil && typ.Kind() == reflect.Struct {
			lists(name, schema, typ)
		}
	}
	require.Greater(t, shown, 50)
	for _, f := range s.files.Kinds {
		shown = 0
		for _, c := range f.Def.Commands() {
			if !c.Own {
				op := wire.OperationAt(api, huma.Operation{OperationID: strings.ReplaceAll(string(c.Action), "_", "-")})
				lists(string(c.Action), r.SchemaFromRef(op.RequestBody.Content["application/json"].Schema.Ref), c.Type)
			}
		}
		require.NotZero(t, shown, f.Def.Kind)
		lists("one "+string(f.Def.Kind), answer("get-"+string(f.Def.Kind)), f.Def.Lenses()[0].Type)
		item := r.SchemaFromRef(answer("list-" + f.Def.Plural).Properties["items"].Items.Ref)
		params := wire.OperationAt(api, huma.Operation{OperationID: "list-" + f.Def.Plural}).Parameters
		for _, facet := range f.Def.Facets() {
			values := file.ValuesOf(facet.Type)
			require.Equal(t, values, item.Properties[facet.Name].Enum, facet.Name)
			for _, p := range params {
				if p.Name == facet.Name {
					require.Equal(t, values, listed(p.Schema), facet.Name)
				}
			}
		}
	}
}
