package wire

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Statuses returns the statuses that login, an unknown parameter, haste and the services behind the API can
// cause for any request, and others.
func Statuses(others ...int) []int {
	return append([]int{
		http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable,
	}, others...)
}

// BodyStatuses returns the statuses that a request with a body can meet, and others.
func BodyStatuses(others ...int) []int {
	return append(Statuses(
		http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
	), others...)
}

// Complete adds to the document what follows from it: an example of each body, and the kinds of
// problems behind each status.
func Complete(doc *huma.OpenAPI) {
	prunedSchemas(doc)
	for _, op := range OperationsOf(doc) {
		if op.RequestBody != nil {
			if content := op.RequestBody.Content["application/json"]; content != nil {
				content.Example = ExampleOf(doc.Components.Schemas, content.Schema)
			}
		}
		for status, response := range op.Responses {
			if problem, ok := response.Content["application/problem+json"]; ok {
				response.Description, problem.Examples = problemExamples(ProblemsOf(op, status))
			}
		}
	}
}

// prunedSchemas removes the schemas that no operation refers to: those of types that others were
// made of.
func prunedSchemas(doc *huma.OpenAPI) {
	r, used := doc.Components.Schemas, map[string]bool{}
	var visit func(*huma.Schema)
	visit = func(s *huma.Schema) {
		if s == nil {
			return
		}
		if s.Ref != "" && !used[s.Ref] {
			used[s.Ref] = true
			visit(r.SchemaFromRef(s.Ref))
		}
		visit(s.Items)
		for _, p := range s.Properties {
			visit(p)
		}
		if of, ok := s.AdditionalProperties.(*huma.Schema); ok {
			visit(of)
		}
		for _, some := range [][]*huma.Schema{s.OneOf, s.AnyOf, s.AllOf} {
			for _, o := range some {
				visit(o)
			}
		}
	}
	for _, op := range OperationsOf(doc) {
		for _, p := range op.Parameters {
			visit(p.Schema)
		}
		var contents []map[string]*huma.MediaType
		if op.RequestBody != nil {
			contents = append(contents, op.RequestBody.Content)
		}
		for _, response := range op.Responses {
			contents = append(contents, response.Content)
			for _, h := range response.Headers {
				visit(h.Schema)
			}
		}
		for _, content := range contents {
			for _, m := range content {
				visit(m.Schema)
			}
		}
	}
	for name := range r.Map() {
		if !used[SchemaRef(name).Ref] {
			delete(r.Map(), name)
		}
	}
}

// OperationsOf lists the operations of a document, in no particular order.
func OperationsOf(doc *huma.OpenAPI) []*huma.Operation {
	var ops []*huma.Operation
	for _, path := range doc.Paths {
		for _, op := range []*huma.Operation{path.Get, path.Post, path.Put, path.Patch, path.Delete} {
			if op != nil {
				ops = append(ops, op)
			}
		}
	}
	return ops
}

// ProblemsOf lists the kinds of problems that op can answer with a status. Only commands meet gates.
func ProblemsOf(op *huma.Operation, status string) []string {
	var of []string
	for _, p := range ProblemKinds() {
		if strconv.Itoa(p.Status) == status && (p.Kind != "gate" || slices.ContainsFunc(op.Tags, func(t string) bool { return strings.HasSuffix(strings.ToLower(t), "commands") })) {
			of = append(of, p.Kind)
		}
	}
	return of
}

func problemExamples(of []string) (description string, examples map[string]*huma.Example) {
	examples = map[string]*huma.Example{}
	for i, kind := range of {
		p := NewProblem(kind, problemTypes[kind].title)
		if i > 0 {
			description += ", or: "
		}
		description += p.Title
		examples[kind] = &huma.Example{Value: p}
	}
	return description, examples
}

// OperationAt returns an operation as it was registered.
func OperationAt(api huma.API, op huma.Operation) *huma.Operation {
	for _, o := range OperationsOf(api.OpenAPI()) {
		if o.OperationID == op.OperationID {
			return o
		}
	}
	panic("api: " + op.OperationID + " is not registered")
}
