package wire

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/strict"
)

// ReusedKey refuses a key that its caller has used before for something else.
func ReusedKey(what string) error {
	return fault.Newf(fault.Conflict, "the idempotency key was used for %s", what).
		By("idempotency_key_reused", "send a new command with a new Idempotency-Key")
}

type requestIDKey struct{}

// WithRequestID returns a context that carries the id of a request.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID is that id; empty outside a request.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

type confidenceKey struct{}

// WithConfidence returns a context in which Confide can be called, and what says whether it was.
func WithConfidence(ctx context.Context) (context.Context, func() bool) {
	said := &atomic.Bool{}
	return context.WithValue(ctx, confidenceKey{}, said), said.Load
}

// Confide says that a request turned out to be about a file of which nobody learns but those who deal with it. When it
// came is nobody else's business either.
func Confide(ctx context.Context) {
	if said, ok := ctx.Value(confidenceKey{}).(*atomic.Bool); ok {
		said.Store(true)
	}
}

// Ref is embedded in the input of every operation on one file. It is exported because huma ignores the
// parameters of an unexported embedded struct.
type Ref struct {
	ID string `path:"id" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the file" example:"3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"`
}

// Key is embedded in the input of every write.
type Key struct {
	IdempotencyKey string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"128" doc:"A key of your own for this command: send it again to retry, and nothing happens twice" example:"0f6f9a5e-3c43-4b62-9c1e-5d2a7a8b9c10"`
}

// Reason is embedded in the input of sensitive reads.
type Reason struct {
	Reason file.ReadingReason `query:"reason" doc:"Why you read this (Zugriffsgrund), for supervisors and whoever let themselves into what is confidential; recorded in the access log"`
}

// Bounds of bodies, in bytes and time.
const (
	MaxBody       = 1 << 20 // of a command; attachments have a bound of their own
	MaxAttachment = 12 << 20
	// AttachmentWithin is how long the line of a town hall may take for an attachment.
	AttachmentWithin = time.Minute
)

// Formats are how bodies are read and answers written: every body goes through the one strict decoder.
func Formats() map[string]huma.Format {
	f := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: strict.Unmarshal}
	return map[string]huma.Format{"application/json": f, "json": f}
}

// KnownQuery refuses parameters of the query that the operation does not have. huma's own check does not
// know the facets of a kind.
func KnownQuery(ctx huma.Context, next func(huma.Context)) {
	u := ctx.URL()
	for name := range u.Query() {
		if !slices.ContainsFunc(ctx.Operation().Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name }) {
			p := NewProblem("invalid", "there is no parameter "+name).By("schema", "send only the parameters that /api/docs names for this operation")
			p.Field = name
			r, w := humago.Unwrap(ctx)
			Write(w, r, p)
			return
		}
	}
	next(ctx)
}
