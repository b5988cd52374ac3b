package guard

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

// Problems turns errors into problems: a Guard, or a server that embeds one.
type Problems interface {
	Problem(ctx context.Context, err error) error
}

// Register adds an operation. What fails becomes a problem here, and nowhere else.
func Register[I, O any](s Problems, api huma.API, op huma.Operation, do func(context.Context, *I) (*O, error)) {
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, s.Problem(ctx, err)
		}
		return out, nil
	})
}
