package api

import (
	"context"
	"encoding/base64"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
)

// register adds an operation. What fails becomes a problem here, and nowhere else.
func register[I, O any](s *server, api huma.API, op huma.Operation, do func(context.Context, *I) (*O, error)) {
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false" doc:"The entries of this page"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
}

// Paging is embedded in the input of lists.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Entries on a page at most"`
}

// after reads the cursor of a page into the key of the last entry before it; ok is whether that is one
// that a page gave. Without a cursor the key stays as it is.
func (p Paging) after(key any, ok func() bool) error {
	if p.Cursor == "" {
		return nil
	}
	if err := decodeCursor(p.Cursor, key); err != nil || !ok() {
		return badCursor()
	}
	return nil
}

// cut leaves of rows, of which there is one more than limit if there is another page, those of this page,
// and returns the cursor of the next.
func cut[R any](rows []R, limit int, key func(last R) any) (page []R, next string) {
	if len(rows) <= limit {
		return rows, ""
	}
	return rows[:limit], encodeCursor(key(rows[limit-1]))
}

// pageOf shows the rows of a page.
func pageOf[R, T any](rows []R, next string, show func(R) T) Page[T] {
	p := Page[T]{Items: make([]T, 0, len(rows)), Next: next}
	for _, r := range rows {
		p.Items = append(p.Items, show(r))
	}
	return p
}

func encodeCursor(v any) string {
	b, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeCursor(text string, v any) error {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

func badCursor() *Problem {
	p := newProblem("invalid", "the cursor is not one that a page gave").by("cursor", "send next of the page before as it was given, with the same sort")
	p.Field = "cursor"
	return p
}

// malformed refuses a body that is not JSON of the right shape.
func malformed(err error) *Problem {
	return newProblem("malformed", "the body cannot be read: "+err.Error()).by("json", "send one JSON object as the schema describes it")
}
