package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"koko/db"
	"koko/internal/evidence/logbook"
)

// Rewritten is the type of the error that the log does not continue its last checkpoint.
const Rewritten = "ledger_rewritten"

// Ledger keeps the Merkle log of the record.
type Ledger struct {
	Signer logbook.Signer
	Now    func() time.Time
}

// A Checkpoint says what was signed of the log.
type Checkpoint struct {
	Size uint64 `json:"size"`
	Root string `json:"root"`
}

// SignCheckpoint puts all that waits into the log and signs the log. A log that was rewritten is not
// signed, however often that is tried; the status of the ledger says so.
func (a *Ledger) SignCheckpoint(ctx context.Context) (Checkpoint, error) {
	signed, err := a.Signer.Checkpoint(ctx, a.Now())
	if errors.Is(err, logbook.ErrRewritten) {
		activity.GetLogger(ctx).Error("ledger", "err", err)
		noted := db.On(a.Signer.Pool).NoteCheck(ctx, db.NoteCheckParams{Source: "signing", Findings: 1})
		return Checkpoint{}, temporal.NewNonRetryableApplicationError("the log was rewritten", Rewritten, errors.Join(err, noted))
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	return Checkpoint{Size: signed.Checkpoint.Size, Root: signed.Checkpoint.Root.String()}, nil
}
