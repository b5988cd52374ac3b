package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"koko/domain/file"
)

// KeptRun is a run of a file's workflow whose history is kept.
type KeptRun struct {
	RunID  string
	Prior  string // the run before
	Began  time.Time
	Ended  time.Time
	Status string
	Events int
	SHA256 string // of the events
	Sealed bool   // the row is as it was written
	Data   []byte // the events, compressed
}

// ListKeptRuns returns the runs of a file in scope whose histories are kept, the first one first.
func (q *Queries) ListKeptRuns(ctx context.Context, s file.Scope, k file.Kind, id string) ([]KeptRun, error) {
	return q.keptRuns(ctx, s, k, id, "")
}

// GetKeptRun returns a run of a file in scope, or none.
func (q *Queries) GetKeptRun(ctx context.Context, s file.Scope, k file.Kind, id, runID string) (*KeptRun, error) {
	rows, err := q.keptRuns(ctx, s, k, id, runID)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

func (q *Queries) keptRuns(ctx context.Context, s file.Scope, k file.Kind, id, runID string) ([]KeptRun, error) {
	w := &where{}
	w.add("r.workflow_id = %s AND r.kind = %s", string(k)+"-"+id, k)
	if runID != "" {
		w.add("r.run_id = %s", runID)
	}
	w.conditions = append(w.conditions, w.sees(s, k, id))
	rows, err := q.db.Query(ctx, `SELECT r.run_id, r.prior_run_id, r.started_at, r.closed_at, r.status, r.events, r.sha256,
			r.hash = run_history_hash(r), r.data
		FROM run_history r WHERE `+w.sql()+" ORDER BY r.started_at, r.run_id", w.all()...)
	if err != nil {
		return nil, fmt.Errorf("list kept runs: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[KeptRun])
}
