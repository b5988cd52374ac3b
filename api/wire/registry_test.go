package wire_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/humatest"
	"github.com/stretchr/testify/require"

	"koko/api/wire"
)

type colour string

func (colour) Values() []colour { return []colour{"red", "green"} }

type year int

func (year) Values() []year { return []year{1, 5} }

type probe struct {
	Query  colour   `query:"query"`
	List   []colour `query:"list,explode"`
	Header colour   `header:"X-Colour"`
	Body   struct {
		Field   colour            `json:"field,omitempty"`
		Pointer *colour           `json:"pointer,omitempty"`
		List    []colour          `json:"list,omitempty"`
		Map     map[string]colour `json:"map,omitempty"`
		Number  year              `json:"number,omitempty"`
		Within  struct {
			Field colour `json:"field,omitempty"`
		} `json:"within,omitzero"`
	}
}

// Wherever a value is sent, it has to be one of those that its type lists, and whoever sends another is told them.
func TestAValueHasToBeOneOfThoseOfItsType(t *testing.T) {
	t.Parallel()
	config := huma.DefaultConfig("probe", "1")
	config.CreateHooks = nil
	config.Components.Schemas = wire.NewRegistry("#/components/schemas/", wire.SchemaNames())
	_, api := humatest.New(t, config)
	huma.Register(api, huma.Operation{OperationID: "probe", Method: http.MethodPost, Path: "/"}, func(context.Context, *probe) (*struct{}, error) {
		return nil, nil
	})
	send := func(path, header, body string) *httptest.ResponseRecorder {
		return api.Post(path, "X-Colour: "+header, strings.NewReader(body))
	}
	for _, good := range []string{
		`{}`, `{"field": "green", "pointer": "red", "list": ["red", "green"], "map": {"a": "red"}, "number": 5, "within": {"field": "red"}}`,
	} {
		w := send("/?query=red&list=red&list=green", "green", good)
		require.Equal(t, http.StatusNoContent, w.Code, w.Body.String())
	}
	for name, c := range map[string]struct{ path, header, body, field, values string }{
		"a parameter":          {"/?query=blue", "red", `{}`, "query.query", "red, green"},
		"a list of parameters": {"/?list=red&list=blue", "red", `{}`, "query.list[1]", "red, green"},
		"a header":             {"/", "blue", `{}`, "header.X-Colour", "red, green"},
		"a field":              {"/", "red", `{"field": "blue"}`, "field", "red, green"},
		"a pointer":            {"/", "red", `{"pointer": "blue"}`, "pointer", "red, green"},
		"an element of a list": {"/", "red", `{"list": ["red", "blue"]}`, "list[1]", "red, green"},
		"a value of a map":     {"/", "red", `{"map": {"a": "blue"}}`, "map.a", "red, green"},
		"a number":             {"/", "red", `{"number": 2}`, "number", "1, 5"},
		"a field of a part":    {"/", "red", `{"within": {"field": "blue"}}`, "within.field", "red, green"},
	} {
		t.Run(name, func(t *testing.T) {
			w := send(c.path, c.header, c.body)
			require.Equal(t, http.StatusUnprocessableEntity, w.Code, w.Body.String())
			require.Contains(t, w.Body.String(), `"field":"`+c.field+`"`)
			require.Contains(t, w.Body.String(), `"rule":"schema"`)
			require.Contains(t, w.Body.String(), c.values)
		})
	}
}

func TestTwoTypesDoNotShareASchema(t *testing.T) {
	t.Parallel()
	r := wire.NewRegistry("#/", huma.DefaultSchemaNamer)
	type probe struct{ A string }
	r.Schema(reflect.TypeFor[probe](), true, "")
	require.Equal(t, reflect.TypeFor[probe](), r.TypeFromRef("#/Probe"))
	require.NotNil(t, r.SchemaFromRef("#/Probe"))
	require.Nil(t, r.SchemaFromRef("#/Other"))
	require.Panics(t, func() { r.Schema(reflect.TypeFor[struct{ B string }](), true, "Probe") })
	require.Panics(t, func() { r.RegisterTypeAlias(reflect.TypeFor[probe](), reflect.TypeFor[string]()) })
}
