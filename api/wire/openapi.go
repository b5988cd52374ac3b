package wire

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Statuses are those that login, a parameter nobody knows and the services behind the API can give to
// any request, and others.
func Statuses(others ...int) []int {
	return append([]int{http.StatusUnauthorized, http.StatusUnprocessableEntity, http.StatusServiceUnavailable}, others...)
}

// BodyStatuses are those that a request with a body can meet, and others.
func BodyStatuses(others ...int) []int {
	return append(Statuses(
		http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
	), others...)
}

// Complete adds to the document what follows from it: an example of each body, and the kinds of
// problems behind each status.
func Complete(doc *huma.OpenAPI) {
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

// OperationsOf lists the operations of a document, in no order.
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

// OperationAt is an operation as it was registered.
func OperationAt(api huma.API, op huma.Operation) *huma.Operation {
	for _, o := range OperationsOf(api.OpenAPI()) {
		if o.OperationID == op.OperationID {
			return o
		}
	}
	panic("api: " + op.OperationID + " is not registered")
}
