package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"koko/activities"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/kinds"
	"koko/workflows"
)

// Sizes of a reconciliation.
const (
	pageFiles   = 500
	newestEnded = 100 // closed files of each kind that are always compared
	otherEnded  = 100 // and of those that were compared longest ago
)

// The stages of a reconciliation beside the kinds.
const (
	stageSample  = "sample"
	stageUnknown = "unknown"
	stageLogs    = "logs"
)

// BeginReconciliation notes that one begins.
func (r *Reconciler) BeginReconciliation(ctx context.Context, s activities.ReconcileScope) error {
	p := db.BeginReconciliationParams{ID: s.ID, By: s.By, Scope: s.Name(), Scheduled: s.Scheduled}
	if s.File != "" {
		k, err := r.kind(ctx, s.File)
		if err != nil {
			return err
		}
		p.Confided = k.Confided()
	}
	err := db.On(r.Pool).BeginReconciliation(ctx, p)
	return wrap("begin reconciliation %s", s.ID, err)
}

// ReconcilePage compares the next files and returns where to go on; nil when there is nothing left.
func (r *Reconciler) ReconcilePage(ctx context.Context, p activities.ReconcilePage) (*activities.ReconcilePage, error) {
	switch {
	case p.Stage == "" && p.Scope.File != "":
		k, err := r.kind(ctx, p.Scope.File)
		if err != nil {
			return nil, err
		}
		return nil, r.compare(ctx, p.Scope, k, []string{p.Scope.File})
	case p.Stage == "":
		p.Stage, p.After = first(p.Scope.All), uuid.Nil.String()
	}
	switch p.Stage {
	case stageSample:
		return r.sample(ctx, p)
	case stageUnknown:
		return r.unknown(ctx, p)
	case stageLogs:
		return nil, r.logs(ctx, p.Scope)
	}
	k, ok := kinds.Of(file.Kind(p.Stage))
	if !ok {
		return nil, fmt.Errorf("reconciliation %s: there is no stage %q", p.Scope.ID, p.Stage)
	}
	ids, err := db.On(r.Pool).ListFilesAfter(ctx, db.ListFilesAfterParams{
		Kind: string(k.Kind), After: p.After, Every: p.Scope.All, AtMost: pageFiles,
	})
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	if err := r.compare(ctx, p.Scope, k, ids); err != nil {
		return nil, err
	}
	if len(ids) == pageFiles {
		p.After = ids[len(ids)-1]
		return &p, nil
	}
	p.Stage, p.After = following(p.Stage, p.Scope.All), uuid.Nil.String()
	return &p, nil
}

// stages are those of a reconciliation, in their order: the kinds, one after the other, and then the rest.
func stages(all bool) []string {
	var names []string
	for _, k := range kinds.All() {
		names = append(names, string(k.Kind))
	}
	if !all {
		names = append(names, stageSample)
	}
	return append(names, stageUnknown, stageLogs)
}

func first(all bool) string { return stages(all)[0] }

// following is the stage after one that is not the last.
func following(stage string, all bool) string {
	names := stages(all)
	return names[slices.Index(names, stage)+1]
}

// sample compares some of the files that are over.
func (r *Reconciler) sample(ctx context.Context, p activities.ReconcilePage) (*activities.ReconcilePage, error) {
	for _, k := range kinds.All() {
		ids, err := db.On(r.Pool).SampleEnded(ctx, db.SampleEndedParams{Kind: k.Kind, Newest: newestEnded, Others: otherEnded})
		if err != nil {
			return nil, fmt.Errorf("choose closed files of kind %s: %w", k.Kind, err)
		}
		if err := r.compare(ctx, p.Scope, k, ids); err != nil {
			return nil, err
		}
	}
	p.Stage = following(stageSample, p.Scope.All)
	return &p, nil
}

// unknown looks for files that neither a record nor an audit knows: a workflow does, or the Merkle log.
func (r *Reconciler) unknown(ctx context.Context, p activities.ReconcilePage) (*activities.ReconcilePage, error) {
	seen := map[string]bool{}
	for _, k := range kinds.All() {
		for token, more := []byte(nil), true; more; {
			running, next, err := r.Engine.Running(ctx, k, token)
			if err != nil {
				return nil, err
			}
			ids, err := r.unrecorded(ctx, k, running)
			if err != nil {
				return nil, err
			}
			for _, id := range ids {
				seen[id] = true
			}
			if err := r.compare(ctx, p.Scope, k, ids); err != nil {
				return nil, err
			}
			token, more = next, len(next) > 0
		}
	}
	lost, err := db.On(r.Pool).ListLostFiles(ctx, pageFiles)
	if err != nil {
		return nil, fmt.Errorf("read the Merkle log: %w", err)
	}
	for _, id := range lost {
		known, err := db.On(r.Pool).KnownFiles(ctx, []string{id})
		if err != nil {
			return nil, fmt.Errorf("look file %s up: %w", id, err)
		}
		if seen[id] || len(known) > 0 {
			continue
		}
		d := Difference{FileID: id, Part: Log, What: FileLost, Repair: NoRepair}
		if err := r.note(ctx, p.Scope, "", []string{id}, map[string][]Difference{id: {d}}); err != nil {
			return nil, err
		}
	}
	p.Stage = following(stageUnknown, p.Scope.All)
	return &p, nil
}

// unrecorded are the files of those workflows that no record and no audit knows.
func (r *Reconciler) unrecorded(ctx context.Context, k *file.Definition, workflowIDs []string) ([]string, error) {
	var ids []string
	for _, w := range workflowIDs {
		if id, ok := strings.CutPrefix(w, workflows.ID(k.Kind, "")); ok && file.IsID(id) {
			ids = append(ids, id)
		}
	}
	known, err := db.On(r.Pool).KnownFiles(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("look files up: %w", err)
	}
	return slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(known, id) }), nil
}

func (r *Reconciler) logs(ctx context.Context, s activities.ReconcileScope) error {
	q := db.On(r.Pool)
	broken, err := q.ListBrokenLogs(ctx, pageFiles)
	if err != nil {
		return fmt.Errorf("read the logs: %w", err)
	}
	now := time.Now()
	for _, b := range broken {
		key, _, _ := strings.Cut(b.Entry, "/")
		d := Difference{Part: Log, What: LogBroken, Field: b.Ledger + "/" + b.Entry, Repair: NoRepair}
		if (b.Ledger == "access_log" || b.Ledger == "access_log_cut") && !file.IsID(key) {
			d.AGS = ags.Key(key)
		}
		if err := r.noteOne(ctx, q, s.ID, d, now, nil); err != nil {
			return err
		}
	}
	schema, err := q.SchemaDifferences(ctx)
	if err != nil {
		return err
	}
	for _, object := range schema {
		if err := r.noteOne(ctx, q, s.ID, Difference{Part: Log, What: SchemaDiffers, Field: object, Repair: NoRepair}, now, nil); err != nil {
			return err
		}
	}
	if _, err := q.CloseLogDifferences(ctx, s.ID); err != nil {
		return fmt.Errorf("close differences of the logs: %w", err)
	}
	advance := db.AdvanceReconciliationParams{ID: s.ID, Differences: int32(len(broken) + len(schema))}
	return wrap("advance reconciliation %s", s.ID, q.AdvanceReconciliation(ctx, advance))
}

// compare compares some files and notes what was found.
func (r *Reconciler) compare(ctx context.Context, s activities.ReconcileScope, k *file.Definition, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	found, err := r.check(ctx, k, ids)
	if err != nil {
		return err
	}
	return r.note(ctx, s, k.Kind, ids, found)
}

// note keeps what was found of files; of those whose kind nobody knows, k is empty.
func (r *Reconciler) note(
	ctx context.Context, s activities.ReconcileScope, k file.Kind, ids []string, found map[string][]Difference,
) error {
	q, now, n := db.On(r.Pool), time.Now(), 0
	clean, err := q.LastClean(ctx, db.LastCleanParams{Kind: string(k), IDs: ids})
	if err != nil {
		return fmt.Errorf("read when files were clean: %w", err)
	}
	since := map[string]*time.Time{}
	for _, c := range clean {
		since[c.FileID] = &c.Clean
	}
	var dirty []string
	for id, ds := range found {
		dirty = append(dirty, id)
		for _, d := range ds {
			n++
			if err := r.noteOne(ctx, q, s.ID, d, now, since[id]); err != nil {
				return err
			}
		}
	}
	if _, err := q.CloseDifferences(ctx, db.CloseDifferencesParams{Kind: string(k), IDs: ids, Run: s.ID}); err != nil {
		return fmt.Errorf("close differences: %w", err)
	}
	if k != "" {
		if err := q.NoteReconciled(ctx, db.NoteReconciledParams{Kind: string(k), IDs: ids, Dirty: listed(dirty), At: now}); err != nil {
			return fmt.Errorf("note what was compared: %w", err)
		}
	}
	d, ok := kinds.Of(k)
	err = q.AdvanceReconciliation(ctx, db.AdvanceReconciliationParams{
		ID: s.ID, Files: int32(len(ids)), Differences: int32(n), Confided: ok && d.Confided(),
	})
	return wrap("advance reconciliation %s", s.ID, err)
}

func listed(ids []string) []string {
	if ids == nil {
		return []string{}
	}
	return ids
}

func (r *Reconciler) noteOne(ctx context.Context, q *db.Queries, run string, d Difference, now time.Time, clean *time.Time) error {
	facts, err := json.Marshal(d.Facts)
	if err != nil {
		return fmt.Errorf("facts of a difference of %s: %w", d.FileID, err)
	}
	p := db.NoteDifferenceParams{
		Run: run, Kind: string(d.Kind), AGS: d.AGS, Places: append(ags.Area{}, d.places...), Ties: append([]string{}, d.ties...),
		Reference: d.Reference, Part: string(d.Part), What: string(d.What), Field: d.Field,
		Version: int32(d.Version), Facts: facts, Repair: string(d.Repair), At: now, LastClean: clean,
	}
	if d.FileID != "" {
		p.FileID = &d.FileID
	}
	if err := q.NoteDifference(ctx, p); err != nil {
		return fmt.Errorf("note a difference of %s: %w", d.FileID, err)
	}
	return nil
}

// FinishReconciliation notes that one is over, and what it found.
func (r *Reconciler) FinishReconciliation(ctx context.Context, id string) (activities.Reconciled, error) {
	done, err := db.On(r.Pool).FinishReconciliation(ctx, id)
	return activities.Reconciled{Files: int(done.Files), Differences: int(done.Differences)}, wrap("finish reconciliation %s", id, err)
}

// Run reconciles at once and returns what it found.
func (r *Reconciler) Run(ctx context.Context, s activities.ReconcileScope) (activities.Reconciled, error) {
	if err := r.BeginReconciliation(ctx, s); err != nil {
		return activities.Reconciled{}, err
	}
	for p := (&activities.ReconcilePage{Scope: s}); p != nil; {
		next, err := r.ReconcilePage(ctx, *p)
		if err != nil {
			return activities.Reconciled{}, err
		}
		p = next
	}
	return r.FinishReconciliation(ctx, s.ID)
}

// kind returns what a file is.
func (r *Reconciler) kind(ctx context.Context, id string) (*file.Definition, error) {
	if !file.IsID(id) {
		return nil, fault.Newf(fault.Invalid, "%q is not the id of a file", id)
	}
	name, err := db.On(r.Pool).KindOfFile(ctx, id)
	if err == nil {
		return known(file.Kind(name), id)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("look file %s up: %w", id, err)
	}
	for _, k := range kinds.All() {
		h, err := r.history(ctx, k, id)
		if err != nil {
			return nil, err
		}
		if h != nil {
			return k, nil
		}
	}
	return nil, fault.Newf(fault.NotFound, "nobody knows a file %s", id)
}

// known returns the kind of a file that the record has.
func known(k file.Kind, id string) (*file.Definition, error) {
	d, ok := kinds.Of(k)
	if !ok {
		return nil, fmt.Errorf("file %s: there is no kind %q", id, k)
	}
	return d, nil
}
