package guard

import (
	"context"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"koko/domain/file"
)

// Problems turns errors into problems: a Guard, or a server that embeds one.
type Problems interface {
	Problem(ctx context.Context, err error) error
}

// Register adds an operation. What fails becomes a problem here, and nowhere else. A body is held to the limits of its
// fields once more as it was read, whatever the schema saw of it.
func Register[I, O any](s Problems, api huma.API, op huma.Operation, do func(context.Context, *I) (*O, error)) {
	var limits file.Limits
	body, has := reflect.TypeFor[I]().FieldByName("Body")
	if has = has && body.Type.Kind() == reflect.Struct; has {
		limits = file.LimitsOf(body.Type)
	}
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		if has {
			if f := limits.Check(reflect.ValueOf(in).Elem().FieldByIndex(body.Index).Interface()); f != nil {
				return nil, s.Problem(ctx, f)
			}
		}
		out, err := do(ctx, in)
		if err != nil {
			return nil, s.Problem(ctx, err)
		}
		return out, nil
	})
}
