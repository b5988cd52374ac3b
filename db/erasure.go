package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// Why the record itself refuses a decision on an erasure.
var (
	ErrSameEyes = errors.New("db: whoever asks for an erasure does not approve it")
	ErrDecided  = errors.New("db: the request is decided")
)

// Erase decides a request in the name of the caller of the transaction: if it is approved, the
// document's words and its secret are gone with it, and a receipt remains.
func (q *Queries) Erase(ctx context.Context, request string, approve bool) error {
	err := q.DecideErasure(ctx, DecideErasureParams{Request: request, Approve: approve})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.ConstraintName {
		case "erasure_four_eyes":
			return ErrSameEyes
		case "erasure_open", "erasure_pkey":
			return ErrDecided
		}
	}
	return err
}

// IsDestroyed reports whether an error says that the key of a compartment was destroyed while something was
// stored there.
func IsDestroyed(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.ConstraintName == "words_kept"
}
