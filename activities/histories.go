package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/activity"

	"koko/db"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/evidence/runs"
	"koko/kinds"
)

// Histories keeps the histories of runs that have ended, before the engine forgets them.
type Histories struct {
	Pool   *pgxpool.Pool // as db.RoleWorker
	Engine ClosedRuns
}

// ClosedRuns lists and reads the runs that are to be kept.
type ClosedRuns interface {
	// Closed lists a page of the runs of files that have ended since then; next is empty on the last.
	Closed(ctx context.Context, since time.Time, token []byte) (ids []runs.ID, next []byte, err error)
	// Packed returns one run; fault.NotFound if the engine has forgotten it, fault.Invalid if it is none.
	Packed(ctx context.Context, id runs.ID) (runs.Packed, error)
}

// ClosedPage names a page of the runs that have ended since a time.
type ClosedPage struct {
	Since time.Time `json:"since"`
	Token []byte    `json:"token,omitempty"`
}

// KeptPage says what became of the runs of a page.
type KeptPage struct {
	Listed int    `json:"listed"`
	Kept   int    `json:"kept"`  // now; the others were kept before
	Lost   int    `json:"lost"`  // forgotten before they could be kept
	Unfit  int    `json:"unfit"` // no runs of a file, though they are called so
	Next   []byte `json:"next,omitempty"`
}

// KeepHistories keeps the runs of a page that are not kept yet. Done again, it keeps the rest.
func (a *Histories) KeepHistories(ctx context.Context, p ClosedPage) (KeptPage, error) {
	ids, next, err := a.Engine.Closed(ctx, p.Since, p.Token)
	if err != nil {
		return KeptPage{}, err
	}
	page := KeptPage{Listed: len(ids), Next: next}
	missing, err := a.missing(ctx, ids)
	if err != nil {
		return KeptPage{}, err
	}
	for _, id := range missing {
		switch n, err := a.keep(ctx, id); {
		case fault.CodeOf(err) == fault.NotFound:
			page.Lost++
		case fault.CodeOf(err) == fault.Invalid:
			page.Unfit++
		case err != nil:
			return KeptPage{}, fmt.Errorf("keep run %s of %s: %w", id.RunID, id.WorkflowID, err)
		default:
			page.Kept += n
		}
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx)
		}
	}
	if activity.IsActivity(ctx) && page.Lost+page.Unfit > 0 { // what the workflow returns is sealed
		activity.GetLogger(ctx).Warn("histories were not kept", "lost", page.Lost, "unfit", page.Unfit)
	}
	return page, nil
}

// missing lists the runs that are not kept.
func (a *Histories) missing(ctx context.Context, ids []runs.ID) (missing []runs.ID, err error) {
	var p db.ListKeptParams
	for _, id := range ids {
		p.WorkflowIDs, p.RunIDs = append(p.WorkflowIDs, id.WorkflowID), append(p.RunIDs, id.RunID)
	}
	kept, err := db.On(a.Pool).ListKept(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("list kept runs: %w", err)
	}
	is := map[string]bool{}
	for _, id := range kept {
		is[id] = true
	}
	for _, id := range ids {
		if !is[id.RunID] {
			missing = append(missing, id)
		}
	}
	return missing, nil
}

func (a *Histories) keep(ctx context.Context, id runs.ID) (int, error) {
	r, err := a.Engine.Packed(ctx, id)
	if err != nil {
		return 0, err
	}
	return Keep(ctx, a.Pool, r)
}

// Keep keeps a run that has ended, and returns 1 if it was not kept before.
func Keep(ctx context.Context, pool *pgxpool.Pool, r runs.Packed) (int, error) {
	if r.Status == runs.Open {
		return 0, errors.New("its last event does not end it")
	}
	n, err := db.On(pool).KeepRun(ctx, db.KeepRunParams{
		Kind: r.Kind, FileID: r.FileID, AGS: r.AGS, WorkflowID: r.WorkflowID, RunID: r.ID, PriorRunID: r.Prior,
		StartedAt: r.Began, ClosedAt: r.Ended, Status: string(r.Status), Events: int32(r.Events), Sha256: r.SHA256, Data: r.Data,
		Confided: confided(r.Kind),
	})
	return int(n), err
}

// confided reports whether files of a kind are confided. A kind that is not known is none of ours.
func confided(k file.Kind) bool {
	kind, ok := kinds.Of(k)
	return ok && kind.Confided()
}
