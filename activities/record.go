package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/temporal"

	"koko/db"
	"koko/domain/fault"
	"koko/domain/process"
)

// Transition is one decided change of a file.
type Transition[S process.State] struct {
	CommandID string         `json:"command_id"`
	Action    process.Action `json:"action"`
	By        string         `json:"by"`
	Digest    string         `json:"digest"` // of the command
	Docs      []process.Doc  `json:"docs,omitempty"`
	State     S              `json:"state"` // as it stands after the change
}

// UnmarshalJSON also reads the histories of cases that were recorded when "state" was called "case".
func (t *Transition[S]) UnmarshalJSON(b []byte) error {
	type plain Transition[S]
	return json.Unmarshal(b, &struct {
		*plain
		Case *S `json:"case"`
	}{(*plain)(t), &t.State})
}

// Position is how much of a file's record a workflow knows, and what it is asked to do.
type Position struct {
	FileID    string `json:"file_id"`
	Version   int    `json:"version"`
	CommandID string `json:"command_id"`
}

// save records t, the audit entry and the row of the file in one transaction, and returns it.
// If its command was carried out before or its version is taken, it writes nothing and
// returns what read returns to the workflow that decided t: never nothing.
// A reference to a document that was not stored is refused for good: fault.Invalid.
func save[S process.State](
	ctx context.Context, pool *pgxpool.Pool, kind process.Kind, t Transition[S], row func(context.Context, *db.Queries, S) error,
) (recorded []Transition[S], err error) {
	f := t.State.File()
	// At read committed: the insert waits for a rival, the query after it sees what the rival wrote.
	err = pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		q := db.New(tx)
		e, err := entry(kind, f, t)
		if err != nil {
			return err
		}
		added, err := q.AppendAudit(ctx, e)
		if err != nil {
			return err
		}
		if added == 0 {
			recorded, err = read[S](ctx, q, kind, Position{FileID: f.ID, Version: f.Version - 1, CommandID: t.CommandID})
			if err == nil && len(recorded) == 0 {
				err = errors.New("the id is taken by a file of another kind")
			}
			return err
		}
		recorded = []Transition[S]{t}
		for _, d := range t.Docs {
			if err := q.LinkDocument(ctx, db.LinkDocumentParams{
				DocumentID: d.ID, FileID: f.ID, Version: int32(f.Version), AGS: f.AGS, Kind: d.Kind, Compartment: d.Compartment,
			}); err != nil {
				return err
			}
		}
		return row(ctx, q, t.State)
	})
	if refused := impossible(err); refused != nil {
		return nil, refused
	}
	if err != nil {
		return nil, fmt.Errorf("save version %d of %s %s: %w", f.Version, kind, f.ID, err)
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
	case pg.ConstraintName == "file_document_pkey":
		f = fault.Newf(fault.Invalid, "the command refers to a document of another command").In("docs").By("stored", "store a document for each command")
	case pg.ConstraintName == "certificate_pkey":
		f = fault.Newf(fault.Invalid, "the code is another certificate's").In("code").By("unique", "try again with another code")
	case pg.ConstraintName == "enrolled_once":
		f = fault.Newf(fault.Gate, "the trainee is enrolled in this programme already").By("enrolled_once", "go on with that enrolment, or withdraw from it first")
	case pg.ConstraintName == "audit_ags_fkey":
		f = fault.Newf(fault.Invalid, "there is no such municipality").In("ags").By("municipality", "give the key of a municipality in the list")
	case strings.HasPrefix(pg.Code, "22"): // data exception, such as a NUL in a text
		f = fault.Newf(fault.Invalid, "the command holds characters that cannot be recorded").By("characters", "leave control characters out")
	default:
		return nil
	}
	return temporal.NewNonRetryableApplicationError(f.Message, string(f.Code), nil, *f)
}

func entry[S process.State](kind process.Kind, f process.File, t Transition[S]) (db.AppendAuditParams, error) {
	state, err := json.Marshal(t.State)
	docs := t.Docs
	if docs == nil {
		docs = []process.Doc{}
	}
	return db.AppendAuditParams{
		FileID: f.ID, Kind: kind, Version: int32(f.Version), AGS: f.AGS, CommandID: t.CommandID,
		Action: t.Action, Actor: t.By, At: f.Changed, Digest: t.Digest, Docs: docs, State: state,
	}, err
}

// read returns, oldest first, what stands recorded beyond p.Version and what p.CommandID led to, if
// it was carried out at all.
func read[S process.State](ctx context.Context, q *db.Queries, kind process.Kind, p Position) ([]Transition[S], error) {
	rows, err := q.ListTransitions(ctx, db.ListTransitionsParams{FileID: p.FileID, Kind: kind, Known: int32(p.Version), CommandID: p.CommandID})
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", kind, p.FileID, err)
	}
	var ts []Transition[S]
	for _, r := range rows {
		t := Transition[S]{CommandID: r.CommandID, Action: r.Action, By: r.Actor, Digest: r.Digest}
		if len(r.Docs) > 0 {
			t.Docs = r.Docs
		}
		if err := json.Unmarshal(r.State, &t.State); err != nil {
			return nil, fmt.Errorf("read %s %s: %w", kind, p.FileID, err)
		}
		ts = append(ts, t)
	}
	return ts, nil
}
