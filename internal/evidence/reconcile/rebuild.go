package reconcile

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"koko/activities"
	"koko/db"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/story"
)

// A Plan is what rebuilding a file would write.
type Plan struct {
	Kind     file.Kind
	FileID   string
	Versions int   // that the history knows
	Entries  []int // of the audit, by version
	Row      bool
	Applied  bool
	Left     []Difference // that are still there afterwards
}

// Rebuild restores entries and row of a file from its history, whoever has it. Without apply it only
// says what it would write.
func (r *Reconciler) Rebuild(ctx context.Context, k *file.Definition, id string, apply bool, by string) (Plan, error) {
	p := Plan{Kind: k.Kind, FileID: id}
	if !file.IsID(id) {
		return p, fault.Newf(fault.Invalid, "%q is not the id of a file", id)
	}
	e, err := r.one(ctx, k, id)
	if err != nil {
		return p, err
	}
	if e.History == nil || e.History.Version() == 0 {
		return p, fault.Newf(fault.NotFound, "nobody has a history of %s %s", k.Kind, id)
	}
	p.Versions = e.History.Version()
	for _, t := range e.History.Transitions {
		if e.wants(t) {
			p.Entries = append(p.Entries, t.Version)
		}
	}
	for _, d := range Compare(e) {
		p.Row = p.Row || d.Part == Record
	}
	if !apply {
		return p, nil
	}
	q := db.On(r.Pool)
	if err := restoreEntries(ctx, q, e); err != nil {
		return p, refusedBy(err)
	}
	if e, err = r.one(ctx, k, id); err != nil {
		return p, err
	}
	if p.Row {
		if err := restoreRecord(ctx, q, e); err != nil {
			return p, refusedBy(err)
		}
	}
	p.Applied = true
	note := noteOf("rebuild/"+id+"/"+uuid.NewString(), by, "rebuild", Done, id, int32(p.Versions), id, about(e).AGS)
	if err := q.AppendAccess(ctx, note); err != nil {
		return p, fmt.Errorf("record the rebuilding of %s: %w", id, err)
	}
	if p.Left, err = r.again(ctx, k, id); err != nil {
		return p, err
	}
	_, err = r.Run(ctx, activities.ReconcileScope{ID: uuid.NewString(), By: by, File: id})
	return p, err
}

func refusedBy(err error) error {
	if unproved(err) {
		return fault.Newf(fault.Conflict, "nothing was written: what the history says is not what was there, or nothing proves it (%v)", err)
	}
	return err
}

func (r *Reconciler) one(ctx context.Context, k *file.Definition, id string) (Evidence, error) {
	es, err := r.evidence(ctx, k, []string{id})
	if err != nil {
		return Evidence{}, err
	}
	return es[0], nil
}

// Text puts the plan into words, and what came of it.
func (p Plan) Text(l story.Lang) string {
	var b strings.Builder
	say := func(w Words, args ...any) { fmt.Fprintf(&b, w.In(l)+"\n", args...) }
	say(Words{DE: "%s %s: die Geschichte kennt %d Versionen", EN: "%s %s: the history knows %d versions"},
		kindWords(p.Kind).In(l), p.FileID, p.Versions)
	for _, v := range p.Entries {
		say(Words{DE: "  Eintrag des Protokolls, Version %d: wiederherstellen", EN: "  entry of the audit, version %d: restore"}, v)
	}
	if p.Row {
		say(Words{DE: "  Datensatz: wiederherstellen", EN: "  record: restore"})
	}
	switch {
	case len(p.Entries) == 0 && !p.Row:
		say(Words{DE: "nichts zu tun", EN: "nothing to do"})
	case !p.Applied:
		say(Words{DE: "nichts geschrieben; mit --apply --by PERSON wird es getan", EN: "nothing was written; --apply --by SUBJECT does it"})
	case len(p.Left) == 0:
		say(Words{DE: "wiederhergestellt; keine Abweichung mehr", EN: "restored; no difference is left"})
	default:
		say(Words{DE: "wiederhergestellt; %d Abweichungen bleiben", EN: "restored; %d differences are left"}, len(p.Left))
		for _, d := range p.Left {
			b.WriteString(Tell(d, Span{}, l).Text(l))
		}
	}
	return b.String()
}

// Found is a difference as it was noted.
func Found(row db.Difference) (Difference, Span, error) {
	d := Difference{
		Kind: file.Kind(row.Kind), AGS: row.AGS, Reference: row.Reference, Part: Part(row.Part), What: What(row.What), Field: row.Field,
		Version: int(row.Version), Repair: Repair(row.Repair),
	}
	if row.FileID != nil {
		d.FileID = *row.FileID
	}
	span := Span{First: row.FirstFound, Last: row.LastFound, Clean: row.LastClean}
	if err := json.Unmarshal(row.Facts, &d.Facts); err != nil {
		return d, span, fmt.Errorf("facts of difference %s: %w", row.ID, err)
	}
	return d, span, nil
}
