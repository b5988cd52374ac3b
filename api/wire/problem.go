// Package wire is the form of what the API takes and gives: problems, pages and their cursors, keys and versions,
// downloads, and the OpenAPI document. It asks nobody and decides nothing.
package wire

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"koko/domain/fault"
	"koko/domain/strict"
)

// Unauthenticated refuses whoever is not logged in.
func Unauthenticated() *Problem {
	p := NewProblem("unauthenticated", "nobody is logged in").By("login", "log in at /auth/login, or send a bearer token")
	p.header = http.Header{"WWW-Authenticate": {`Bearer realm="koko"`}}
	return p
}

// Problem is every error answer: problem details after RFC 9457. Type is stable; Rule names what
// was violated, Field where, and Remedy says what to do about it.
type Problem struct {
	Type      string   `json:"type" doc:"Stable URN of the kind of problem" example:"urn:koko:problem:gate"`
	Title     string   `json:"title" doc:"What the type means" example:"Something must be done first"`
	Status    int      `json:"status" doc:"HTTP status" example:"409"`
	Detail    string   `json:"detail" doc:"What is wrong in this case" example:"the clearing is not complete"`
	Field     string   `json:"field,omitempty" doc:"Path of the field at fault" example:"actors[2].role"`
	Rule      string   `json:"rule,omitempty" doc:"Stable name of the rule that was violated" example:"clearing"`
	Remedy    string   `json:"remedy,omitempty" doc:"What to do about it, and who can"`
	Missing   []string `json:"missing,omitempty" nullable:"false" doc:"What a gate is waiting for"`
	Errors    []Detail `json:"errors,omitempty" nullable:"false" doc:"Each field that does not match the schema"`
	RequestID string   `json:"request_id,omitempty" doc:"Name it when you ask for help"`

	header http.Header
}

// Detail is one field that does not match the schema.
type Detail struct {
	Field   string `json:"field" doc:"Path of the field" example:"stage"`
	Message string `json:"message" doc:"What was expected" example:"expected number <= 9"`
}

// problemTypes are the types of problems. A fault's code maps to one of them, a bare status to another.
var problemTypes = map[string]struct {
	status int
	title  string
}{
	"invalid":               {http.StatusUnprocessableEntity, "The request is not valid"},
	"malformed":             {http.StatusBadRequest, "The request cannot be read"},
	"unauthenticated":       {http.StatusUnauthorized, "Nobody is logged in"},
	"forbidden":             {http.StatusForbidden, "You may not do this"},
	"not-found":             {http.StatusNotFound, "There is no such thing"},
	"gone":                  {http.StatusGone, "It was erased"},
	"method":                {http.StatusMethodNotAllowed, "The method is not allowed here"},
	"not-acceptable":        {http.StatusNotAcceptable, "The format is not available"},
	"gate":                  {http.StatusConflict, "Something must be done first"},
	"conflict":              {http.StatusConflict, "The request contradicts an earlier one"},
	"stale":                 {http.StatusPreconditionFailed, "It has changed meanwhile"},
	"precondition-required": {http.StatusPreconditionRequired, "The request does not say which version it saw"},
	"too-large":             {http.StatusRequestEntityTooLarge, "The request is too large"},
	"media-type":            {http.StatusUnsupportedMediaType, "The format cannot be read"},
	"too-many":              {http.StatusTooManyRequests, "Too many requests have come"},
	"timeout":               {http.StatusRequestTimeout, "The request took too long to arrive"},
	"busy":                  {http.StatusServiceUnavailable, "The service is busy"},
	"internal":              {http.StatusInternalServerError, "Something went wrong on our side"},
}

// KindOf maps the codes of faults; those that are missing are internal.
var KindOf = map[fault.Code]string{
	fault.Invalid: "invalid", fault.Gate: "gate", fault.Forbidden: "forbidden", fault.NotFound: "not-found",
	fault.Conflict: "conflict", fault.Stale: "stale", fault.Busy: "busy",
}

// NewProblem is a problem of one of the kinds that ProblemKinds lists. Say the rule and the remedy with By.
func NewProblem(kind, detail string) *Problem {
	k := problemTypes[kind]
	p := &Problem{Type: "urn:koko:problem:" + kind, Title: k.title, Status: k.status, Detail: detail}
	if kind == "busy" {
		p.header = http.Header{"Retry-After": {"1"}}
	}
	return p
}

// By names the rule that was violated and what to do about it.
func (p *Problem) By(rule, remedy string) *Problem {
	p.Rule, p.Remedy = rule, remedy
	return p
}

// With adds a header to the answer.
func (p *Problem) With(name, value string) *Problem {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(name, value)
	return p
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is application/problem+json.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders are the headers that belong to the problem: Retry-After, WWW-Authenticate.
func (p *Problem) GetHeaders() http.Header { return p.header }

func init() {
	huma.ValidateStrictCasing = true // a schema means the names as they stand in it
	// huma builds its own refusals with this one function, for the whole process.
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return humaProblem(status, message, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		p := humaProblem(status, message, errs)
		if ctx != nil {
			p.RequestID = RequestID(ctx.Context())
		}
		return p
	}
}

// humaProblem describes what huma refuses by itself: what does not match the schema.
func humaProblem(status int, message string, errs []error) *Problem {
	p := NewProblem(kindFor(status), message)
	if status != 0 {
		p.Status = status
	}
	if p.Status >= http.StatusInternalServerError { // never internals
		p.Detail = "internal error"
		return p
	}
	p.By("schema", "send what the schema of this operation asks for: see /api/docs")
	for _, err := range errs {
		d, ok := errors.AsType[*huma.ErrorDetail](err)
		if !ok {
			continue
		}
		p.Errors = append(p.Errors, Detail{Field: fieldOf(d), Message: d.Message})
	}
	if len(p.Errors) == 0 {
		return p
	}
	// What stands there and means nothing often is what is missed elsewhere, in another spelling.
	unknown := func(d Detail) bool { return d.Message == validation.MsgUnexpectedProperty }
	twice := func(d Detail) bool { return strings.HasPrefix(d.Message, strict.Twice) }
	first := p.Errors[max(0, slices.IndexFunc(p.Errors, func(d Detail) bool { return unknown(d) || twice(d) }))]
	p.Field, p.Detail = first.Field, first.Field+": "+first.Message
	switch {
	case unknown(first):
		p.By("unknown_field", "send only the fields that /api/docs names for this operation, in the same spelling")
	case twice(first):
		p.By("duplicate", "send each field once")
	}
	return p
}

// fieldOf is where d lies. Of a field that is missing, huma names the object it is missing from; of one that stands twice,
// it knows no more than that the body cannot be read.
func fieldOf(d *huma.ErrorDetail) string {
	if field, twice := strings.CutPrefix(d.Message, strict.Twice); twice {
		return field
	}
	field := strings.TrimPrefix(d.Location, "body.")
	missing, is := strings.CutPrefix(d.Message, "expected required property ")
	if !is {
		return field
	}
	name, _, _ := strings.Cut(missing, " ")
	if field == "body" {
		return name
	}
	return field + "." + name
}

func kindFor(status int) string {
	for _, kind := range []string{
		"malformed", "unauthenticated", "forbidden", "not-found", "gone", "method", "not-acceptable", "timeout",
		"conflict", "stale", "too-large", "media-type", "invalid", "precondition-required", "too-many", "busy",
	} {
		if problemTypes[kind].status == status {
			return kind
		}
	}
	return "internal"
}

// Write answers outside huma: middleware and unknown paths.
func Write(w http.ResponseWriter, r *http.Request, p *Problem) {
	p.RequestID = RequestID(r.Context())
	for name, values := range p.header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// WriteProblem answers a request that login refuses.
func WriteProblem(w http.ResponseWriter, r *http.Request, status int, rule, detail, remedy string) {
	p := NewProblem(kindFor(status), detail).By(rule, remedy)
	p.Status = status
	Write(w, r, p)
}

// ProblemKind is a kind of problem as the reference shows it.
type ProblemKind struct {
	Kind, Title string
	Status      int
}

// ProblemKinds lists all kinds, by status.
func ProblemKinds() []ProblemKind {
	var all []ProblemKind
	for kind, k := range problemTypes {
		all = append(all, ProblemKind{kind, k.title, k.status})
	}
	slices.SortFunc(all, func(a, b ProblemKind) int {
		return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.Kind, b.Kind))
	})
	return all
}

// Malformed refuses a body that is not JSON of the right shape.
func Malformed(err error) *Problem {
	return NewProblem("malformed", "the body cannot be read: "+err.Error()).By("json", "send one JSON object as the schema describes it")
}
