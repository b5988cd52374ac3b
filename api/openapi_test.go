package api_test

import (
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The parts of an OpenAPI document that these tests look at.
type (
	openAPI struct {
		OpenAPI    string                              `json:"openapi"`
		Tags       []struct{ Name string }             `json:"tags"`
		Security   []map[string][]string               `json:"security"`
		Paths      map[string]map[string]openOperation `json:"paths"`
		Components struct {
			Schemas         map[string]schema         `json:"schemas"`
			SecuritySchemes map[string]map[string]any `json:"securitySchemes"`
		} `json:"components"`
	}
	openOperation struct {
		OperationID string   `json:"operationId"`
		Summary     string   `json:"summary"`
		Tags        []string `json:"tags"`
		Parameters  []struct {
			Name        string `json:"name"`
			In          string `json:"in"`
			Required    bool   `json:"required"`
			Description string `json:"description"`
			Schema      schema `json:"schema"`
		} `json:"parameters"`
		RequestBody *content           `json:"requestBody"`
		Responses   map[string]content `json:"responses"`
	}
	content struct {
		Description string           `json:"description"`
		Content     map[string]media `json:"content"`
	}
	media struct {
		Schema   schema         `json:"schema"`
		Example  any            `json:"example"`
		Examples map[string]any `json:"examples"`
	}
	schema struct {
		Ref         string            `json:"$ref"`
		Type        types             `json:"type"`
		Format      string            `json:"format"`
		Description string            `json:"description"`
		Enum        []any             `json:"enum"`
		Examples    []any             `json:"examples"`
		Items       *schema           `json:"items"`
		Properties  map[string]schema `json:"properties"`
	}
)

// types are those of a value: null may be one of them.
type types []string

func (ts *types) UnmarshalJSON(b []byte) error {
	var one string
	if err := json.Unmarshal(b, &one); err == nil {
		*ts = types{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(ts))
}

func document(t *testing.T) openAPI {
	t.Helper()
	w := get(t, servedPages(t, knownCaller{}), "/api/openapi.json")
	require.Equal(t, http.StatusOK, w.Code)
	require.NotContains(t, w.Body.String(), "$schema")
	var d openAPI
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &d))
	require.NotEmpty(t, d.Paths)
	return d
}

// operations yields every operation under "METHOD path".
func (d openAPI) operations() map[string]openOperation {
	all := map[string]openOperation{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			all[strings.ToUpper(method)+" "+path] = op
		}
	}
	return all
}

func TestTheOpenAPIDocumentIsThereInBothVersions(t *testing.T) {
	t.Parallel()
	h := servedPages(t, knownCaller{})
	require.Equal(t, "3.1.0", document(t).OpenAPI)
	for path, says := range map[string]string{
		"/api/openapi-3.0.json": `"openapi":"3.0.`, "/api/openapi.yaml": "openapi: 3.1.", "/api/openapi-3.0.yaml": "openapi: 3.0.",
	} {
		w := get(t, h, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Contains(t, w.Body.String(), says, path)
	}
}

func TestTheOpenAPIDocumentSaysWhoMayCall(t *testing.T) {
	t.Parallel()
	d := document(t)
	require.Equal(t, []map[string][]string{{"bearer": {}}, {"session": {}}}, d.Security)
	require.Equal(t, "bearer", d.Components.SecuritySchemes["bearer"]["scheme"])
	require.Equal(t, "koko", d.Components.SecuritySchemes["session"]["name"], "the cookie of package auth")
}

func TestTheOpenAPIDocumentDescribesEveryOperation(t *testing.T) {
	t.Parallel()
	d := document(t)
	var tags []string
	for _, tag := range d.Tags {
		tags = append(tags, tag.Name)
	}
	ids := map[string]string{}
	for call, op := range d.operations() {
		require.NotEmpty(t, op.OperationID, call)
		require.Empty(t, ids[op.OperationID], "%s has the id of another", call)
		ids[op.OperationID] = call
		require.NotEmpty(t, op.Summary, call)
		require.Len(t, op.Tags, 1, call)
		require.Contains(t, tags, op.Tags[0], call)
	}
}

func TestTheOpenAPIDocumentNamesEveryProblem(t *testing.T) {
	t.Parallel()
	for call, op := range document(t).operations() {
		want := []string{"401", "422", "500", "503"}
		if op.RequestBody != nil {
			want = append(want, "400", "408", "413", "415")
		}
		if slices.Contains(op.Tags, "Commands") {
			want = append(want, "403", "404", "409", "412", "428")
		}
		require.Subset(t, slices.Collect(maps.Keys(op.Responses)), want, call)
		for status, response := range op.Responses {
			if status < "400" {
				require.NotEmpty(t, response.Content, "%s %s", call, status)
				continue
			}
			require.NotEmpty(t, response.Description, "%s %s", call, status)
			problem := response.Content["application/problem+json"]
			require.Equal(t, "#/components/schemas/Problem", problem.Schema.Ref, "%s %s", call, status)
			require.NotEmpty(t, problem.Examples, "%s %s", call, status)
		}
	}
}

func TestTheOpenAPIDocumentExplainsEveryField(t *testing.T) {
	t.Parallel()
	d := document(t)
	for call, op := range d.operations() {
		for _, p := range op.Parameters {
			require.NotEmpty(t, p.Description, "%s: parameter %s", call, p.Name)
		}
	}
	for name, s := range d.Components.Schemas {
		for field, f := range s.Properties {
			require.True(t, f.explained(), "%s.%s has neither words nor values nor an example", name, field)
			require.NotContains(t, f.Type, "null", "%s.%s: nothing here is ever null", name, field)
		}
	}
}

// explained: what refers to another schema is explained there.
func (s schema) explained() bool {
	return s.Ref != "" || s.Description != "" || len(s.Enum) > 0 || len(s.Examples) > 0
}

func TestTheReferenceDescribesWhatTheDocumentDoes(t *testing.T) {
	t.Parallel()
	d := document(t)
	page := get(t, servedPages(t, knownCaller{}), "/api/docs").Body.String()
	for call, op := range d.operations() {
		method, path, _ := strings.Cut(call, " ")
		require.Contains(t, page, `<h3 id="`+op.OperationID+`">`, call)
		require.Contains(t, page, "<code><b>"+method+"</b> "+path+"</code>", call)
	}
	for name := range d.Components.Schemas {
		require.Contains(t, page, `<h3 id="schema-`+name+`">`)
	}
	require.Equal(t, len(d.operations()), strings.Count(page, "<pre><code>curl "), "an example of each")
}
