// Package activities does the I/O that workflows ask for.
package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/temporal"

	"koko/db"
	"koko/domain/conflict"
	"koko/domain/fault"
)

// Cases keeps the record of what the conflict workflow decides.
type Cases struct {
	Pool *pgxpool.Pool // as db.RoleWorker
}

// Transition is one decided change of a case.
type Transition struct {
	CommandID string          `json:"command_id"`
	Action    conflict.Action `json:"action"`
	By        string          `json:"by"`
	Digest    string          `json:"digest"` // of the command
	Docs      []conflict.Doc  `json:"docs,omitempty"`
	Case      conflict.Case   `json:"case"` // as it stands after the change
}

// Position is how much of a case's record a workflow knows, and what it is asked to do.
type Position struct {
	CaseID    string `json:"case_id"`
	Version   int    `json:"version"`
	CommandID string `json:"command_id"`
}

// SaveTransition records t, the audit entry and the case in one transaction, and returns it.
// If its command was carried out before or its version is taken, it writes nothing and
// returns what ReadTransitions returns to the workflow that decided t: never nothing.
// A reference to a document that was not stored is refused for good: fault.Invalid.
func (a *Cases) SaveTransition(ctx context.Context, t Transition) (recorded []Transition, err error) {
	// At read committed: the insert waits for a rival, the query after it sees what the rival wrote.
	err = pgx.BeginTxFunc(ctx, a.Pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		q := db.New(tx)
		added, err := q.AppendAudit(ctx, entry(t))
		if err != nil {
			return err
		}
		if added == 0 {
			recorded, err = transitions(ctx, q, Position{CaseID: t.Case.ID, Version: t.Case.Version - 1, CommandID: t.CommandID})
			return err
		}
		recorded = []Transition{t}
		for _, d := range t.Docs {
			if err := q.LinkDocument(ctx, db.LinkDocumentParams{
				DocumentID: d.ID, CaseID: t.Case.ID, Version: int32(t.Case.Version), AGS: t.Case.AGS, Kind: d.Kind, Compartment: d.Compartment,
			}); err != nil {
				return err
			}
		}
		return q.SaveCase(ctx, row(t.Case))
	})
	if refused := impossible(err); refused != nil {
		return nil, refused
	}
	if err != nil {
		return nil, fmt.Errorf("save version %d of case %s: %w", t.Case.Version, t.Case.ID, err)
	}
	return recorded, nil
}

// impossible turns what no retry can mend into a refusal: other errors are tried until they pass.
func impossible(err error) error {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return nil
	}
	var f *fault.Error
	switch {
	case pg.ConstraintName == "stored":
		f = fault.Newf(fault.Invalid, "the command refers to a document that was not stored").In("docs").By("stored", "store the document first")
	case pg.ConstraintName == "case_document_pkey":
		f = fault.Newf(fault.Invalid, "the command refers to a document of another command").In("docs").By("stored", "store a document for each command")
	case pg.ConstraintName == "case_audit_ags_fkey":
		f = fault.Newf(fault.Invalid, "there is no such municipality").In("ags").By("municipality", "give the key of a municipality in the list")
	case strings.HasPrefix(pg.Code, "22"): // data exception, such as a NUL in a text
		f = fault.Newf(fault.Invalid, "the command holds characters that cannot be recorded").By("characters", "leave control characters out")
	default:
		return nil
	}
	return temporal.NewNonRetryableApplicationError(f.Message, string(f.Code), nil, *f)
}

func entry(t Transition) db.AppendAuditParams {
	docs := t.Docs
	if docs == nil {
		docs = []conflict.Doc{}
	}
	return db.AppendAuditParams{
		CaseID: t.Case.ID, Version: int32(t.Case.Version), AGS: t.Case.AGS, CommandID: t.CommandID,
		Action: t.Action, Actor: t.By, At: t.Case.Changed, Digest: t.Digest, Docs: docs, State: t.Case,
	}
}

func row(c conflict.Case) db.SaveCaseParams {
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

// ReadTransitions returns, oldest first, what stands recorded beyond p.Version and what
// p.CommandID led to, if it was carried out at all.
func (a *Cases) ReadTransitions(ctx context.Context, p Position) ([]Transition, error) {
	return transitions(ctx, db.New(a.Pool), p)
}

func transitions(ctx context.Context, q *db.Queries, p Position) ([]Transition, error) {
	rows, err := q.ListTransitions(ctx, db.ListTransitionsParams{CaseID: p.CaseID, Known: int32(p.Version), CommandID: p.CommandID})
	if err != nil {
		return nil, fmt.Errorf("read case %s: %w", p.CaseID, err)
	}
	var ts []Transition
	for _, r := range rows {
		t := Transition{CommandID: r.CommandID, Action: r.Action, By: r.Actor, Digest: r.Digest, Case: r.State}
		if len(r.Docs) > 0 {
			t.Docs = r.Docs
		}
		ts = append(ts, t)
	}
	return ts, nil
}
