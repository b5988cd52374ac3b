package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"koko/activities"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/internal/evidence/history"
)

// What came of a repair.
const (
	Done    = "done"    // the difference is no more
	Refused = "refused" // what would have been written is not what was there
	Failed  = "failed"  // the difference is still there
)

// Repair does what two people have agreed on about a difference, looks again and returns what came of
// it. Done once more it changes nothing.
func (r *Reconciler) Repair(ctx context.Context, differenceID string) (string, error) {
	q := db.On(r.Pool)
	d, err := q.GetDifference(ctx, differenceID)
	if err != nil {
		return "", fmt.Errorf("difference %s: %w", differenceID, err)
	}
	if d.Status != "approved" || d.FileID == nil {
		return d.Outcome, nil
	}
	id := *d.FileID
	k, err := known(file.Kind(d.Kind), id)
	if err != nil {
		return "", err
	}
	es, err := r.evidence(ctx, k, []string{id})
	if err != nil {
		return "", err
	}
	outcome := Done
	err = r.mend(ctx, es[0], Repair(d.Repair), int(d.Version))
	switch {
	case unproved(err):
		outcome = Refused
	case err != nil:
		return "", err
	default:
		left, err := r.again(ctx, k, id)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(left, func(x Difference) bool {
			return string(x.What) == d.What && string(x.Part) == d.Part && x.Field == d.Field && x.Version == int(d.Version)
		}) {
			outcome = Failed
		}
	}
	status := map[string]string{Done: "repaired"}[outcome]
	if status == "" {
		status = "open"
	}
	err = pgx.BeginFunc(ctx, r.Pool, func(tx pgx.Tx) error {
		q := db.On(tx)
		if err := q.NoteRepaired(ctx, db.NoteRepairedParams{ID: d.ID, Status: status, Outcome: outcome}); err != nil {
			return err
		}
		note := noteOf(fmt.Sprintf("repair/%s/%d", d.ID, d.Revision), *d.ApprovedBy, d.Repair, outcome, id, d.Version, d.ID, d.AGS)
		return q.AppendAccess(ctx, note)
	})
	if err != nil {
		return "", fmt.Errorf("note what became of difference %s: %w", d.ID, err)
	}
	// What was put back may have mended more than this.
	_, err = r.Run(ctx, activities.ReconcileScope{ID: uuid.NewString(), By: file.System, File: id})
	return outcome, err
}

func noteOf(id, by, repair, outcome, file string, version int32, subject string, k ags.Key) db.AppendAccessParams {
	return db.AppendAccessParams{
		AGS: string(k), ID: id, Kind: "repair", Actor: by, Action: repair, Rule: outcome, FileID: &file, Version: &version, SubjectID: subject,
	}
}

// errUnproved is that what would be written is not what was there.
var errUnproved = errors.New("nothing proves what would be written")

func unproved(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return errors.Is(err, errUnproved) || ok && pg.ConstraintName == "restore_proof"
}

func (r *Reconciler) mend(ctx context.Context, e Evidence, how Repair, version int) error {
	switch how {
	case RestoreEntry:
		err := restoreEntries(ctx, db.On(r.Pool), e)
		return err
	case RestoreRecord:
		return restoreRecord(ctx, db.On(r.Pool), e)
	case CatchUp:
		_, err := r.Engine.CatchUp(ctx, e.Kind, e.ID, "repair-"+uuid.NewString())
		return err
	case RestartWorkflow:
		return r.restart(ctx, e, version)
	default:
		return errUnproved
	}
}

// A restored entry, as restore_audit reads it.
type restored struct {
	FileID    string          `json:"file_id"`
	Kind      file.Kind       `json:"kind"`
	Version   int             `json:"version"`
	AGS       ags.Key         `json:"ags"`
	Phase     string          `json:"phase"`
	Places    ags.Area        `json:"places"`
	Ties      []string        `json:"ties"`
	CommandID string          `json:"command_id"`
	Action    file.Action     `json:"action"`
	Actor     string          `json:"actor"`
	At        time.Time       `json:"at"`
	Digest    string          `json:"digest"`
	Veil      string          `json:"veil"`
	Docs      []file.Doc      `json:"docs"`
	State     json.RawMessage `json:"state"`
	Confided  bool            `json:"confided"`
	Salt      string          `json:"salt"`
}

// restoreEntries puts the entries of a file back that are not what the history says. One that the Merkle log proves stays as it is.
func restoreEntries(ctx context.Context, q *db.Queries, e Evidence) error {
	var back []restored
	if e.History == nil {
		return errUnproved
	}
	for _, t := range e.History.Transitions {
		if !e.wants(t) {
			continue
		}
		x, err := restore(e.Kind, t)
		if err != nil {
			return fmt.Errorf("entry %s/%d: %w", e.ID, t.Version, err)
		}
		back = append(back, x)
	}
	if len(back) == 0 {
		return nil
	}
	b, err := json.Marshal(back)
	if err != nil {
		return fmt.Errorf("entries of %s: %w", e.ID, err)
	}
	_, err = q.RestoreAudit(ctx, b)
	return wrap("restore the entries of %s", e.ID, err)
}

// restore returns the entry that a history records.
func restore(k *file.Definition, t history.Transition) (restored, error) {
	s, err := k.Decode(t.Raw)
	if err != nil {
		return restored{}, err
	}
	r, err := k.Row(s)
	if err != nil {
		return restored{}, err
	}
	docs := t.Docs
	if docs == nil {
		docs = []file.Doc{}
	}
	return restored{
		FileID: r.ID, Kind: k.Kind, Version: t.Version, AGS: t.AGS, Phase: r.Phase, Places: r.Places, Ties: r.Ties, CommandID: t.CommandID,
		Action: t.Action, Actor: t.By, At: t.At, Digest: t.Digest, Veil: k.Veil(t.Action, t.Docs), Docs: docs, State: t.Raw,
		Confided: r.Confided, Salt: t.Salt,
	}, nil
}

// wrap says of an error what was done to which file.
func wrap(doing, id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(doing+": %w", id, err)
}

// wants reports whether an entry is not there as the history has it, and nothing proves it.
func (e Evidence) wants(t history.Transition) bool {
	x, recorded := e.entry(t.Version)
	prior, _ := e.entry(t.Version - 1)
	leaf, logged := e.Leaves[t.Version]
	proved := logged && string(leaf) == string(leafOf(x.Hash)) && string(x.Hash) == string(x.Computed)
	unlinked := slices.ContainsFunc(e.Documents, func(d BrokenDocument) bool {
		return d.Version == t.Version && d.Stored && d.Same && !d.Linked
	})
	return !recorded || unlinked || !proved && (logged || string(x.Hash) != string(x.Computed) || len(against(x, t, e.Kind)) > 0) ||
		string(x.PriorHash) != string(prior.Hash)
}

// restoreRecord writes the row of a file as its last entry has it. The entry must be what it was: its
// hash is that of what it says, and nothing in the Merkle log says otherwise.
func restoreRecord(ctx context.Context, q *db.Queries, e Evidence) error {
	if len(e.Entries) == 0 {
		return errUnproved
	}
	last := e.Entries[len(e.Entries)-1]
	leaf, logged := e.Leaves[last.Version]
	if string(last.Hash) != string(last.Computed) || logged && string(leaf) != string(leafOf(last.Hash)) ||
		len(e.Leaves) > 0 && e.last() > last.Version {
		return errUnproved
	}
	state, err := e.Kind.Decode(last.State)
	if err != nil {
		return fmt.Errorf("restore %s: %w", e.ID, err)
	}
	row, err := e.Kind.Row(state)
	if err != nil {
		return fmt.Errorf("restore %s: %w", e.ID, err)
	}
	if err := q.RestoreFile(ctx, db.RestoreFileParams(db.SaveFileParamsOf(row, last.State))); err != nil {
		return fmt.Errorf("restore the record of %s: %w", e.ID, err)
	}
	return nil
}

// restart begins the workflow anew from the last entry.
func (r *Reconciler) restart(ctx context.Context, e Evidence, version int) error {
	if len(e.Entries) == 0 {
		return errUnproved
	}
	last := e.Entries[len(e.Entries)-1]
	leaf, logged := e.Leaves[last.Version]
	if last.Version != version || string(last.Hash) != string(last.Computed) || logged && string(leaf) != string(leafOf(last.Hash)) {
		return errUnproved
	}
	return r.Engine.Restart(ctx, e.Kind, e.ID, last.State)
}
