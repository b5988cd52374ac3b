// Package activities does the I/O that workflows ask for.
package activities

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"koko/db"
	"koko/domain/conflict"
	"koko/domain/process"
)

// Cases keeps the record of what the conflict workflow decides.
type Cases struct {
	Pool *pgxpool.Pool // as db.RoleWorker
}

// SaveTransition records t unless its command was carried out before or its version is taken, and
// returns what stands recorded: never nothing.
func (a *Cases) SaveTransition(ctx context.Context, t Transition[conflict.Case]) ([]Transition[conflict.Case], error) {
	return save(ctx, a.Pool, process.KindCase, t, saveCase)
}

// ReadTransitions returns, oldest first, what stands recorded beyond p.Version and what
// p.CommandID led to, if it was carried out at all.
func (a *Cases) ReadTransitions(ctx context.Context, p Position) ([]Transition[conflict.Case], error) {
	return read[conflict.Case](ctx, db.New(a.Pool), process.KindCase, p)
}

func saveCase(ctx context.Context, q *db.Queries, c conflict.Case) error {
	return q.SaveCase(ctx, CaseRow(c))
}

// CaseRow is the row of a case in the record: all of it follows from the state.
func CaseRow(c conflict.Case) db.SaveCaseParams {
	p := db.SaveCaseParams{
		ID: c.ID, AGS: c.AGS, Phase: c.Phase, Assignee: c.Assignee, Team: c.Team(),
		Opened: c.Opened, Changed: c.Changed, Version: int32(c.Version), State: c,
	}
	if p.Team == nil {
		p.Team = []string{}
	}
	if c.Signal != nil {
		p.Reference, p.Reporter = c.Signal.Reference, c.Signal.By
	}
	if c.Clearing != nil {
		p.Urgency = c.Clearing.Urgency
	}
	if c.Escalation != nil {
		p.Stage = int32(c.Escalation.Stage)
	}
	if ds := c.Deadlines(); len(ds) > 0 {
		p.DueAt = &ds[0].Due
	}
	return p
}
