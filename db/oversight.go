package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"koko/domain/ags"
	"koko/domain/file"
)

// A Sight is the files of every kind of which somebody who oversees an area may learn. What concerns other files
// does not exist for them.
type Sight struct {
	Scope file.Scope // where they may do what shows it
	Kinds []KindScope
}

// A KindScope is some files of a kind.
type KindScope struct {
	Kind  file.Kind
	Scope file.Scope
}

// within asks whether a row that says what a file is, where it lies and who is tied to it lies within a
// sight.
func (w *where) within(row string, s Sight) string {
	kinds := ""
	for _, k := range s.Kinds {
		kinds += fmt.Sprintf(" WHEN %s.kind = %s THEN %s", row, w.arg(k.Kind), w.covers(row, k.Scope))
	}
	return fmt.Sprintf("(%s AND CASE WHEN %s.kind IS NULL THEN false%s ELSE false END)", w.covers(row, s.Scope), row, kinds)
}

// known joins what is known of the file that a row is about, as k: as it stands or, if it is lost, as the last
// entry of its audit says.
func known(row string) string {
	return fmt.Sprintf(`LEFT JOIN LATERAL (
		SELECT f.kind, f.ags, f.places, f.ties FROM file f WHERE f.id = %[1]s.file_id
		UNION ALL
		SELECT a.kind, a.ags, a.places, a.ties FROM audit a WHERE a.file_id = %[1]s.file_id
			AND NOT EXISTS (SELECT FROM file o WHERE o.id = a.file_id)
			AND NOT EXISTS (SELECT FROM audit n WHERE n.file_id = a.file_id AND n.version > a.version)
	) k ON true`, row)
}

var logged = "access_log l " + known("l")

// entries are those of the chains of some municipalities that concern no file, or one within a sight. Those of confided
// files stand in chains of their own.
func (w *where) entries(s Sight, area ags.Area, since, until time.Time) {
	w.add("l.ags = ANY (%s::text[]) AND l.at >= %s AND l.at < %s", Keys(area), since, until)
	w.conditions = append(w.conditions, "NOT l.confided", fmt.Sprintf("(k.kind IS NULL OR %s)", w.within("k", s)))
}

// An entrySays is what an entry of the access log says of itself to somebody, to filters and in counts as well: one that
// is veiled from them is a read, and says no more.
type entrySays struct{ kind, action, reason string }

// told is the SQL of what entries say to whoever may do the acts in lifted.
func (w *where) told(lifted []string) entrySays {
	veiled := fmt.Sprintf("veiled(l.veil, %s::text[])", w.arg(words(lifted)))
	return entrySays{
		kind:   fmt.Sprintf("CASE WHEN l.kind = 'erasure' AND %s THEN 'read' ELSE l.kind END", veiled),
		action: fmt.Sprintf("CASE WHEN %s THEN 'in_bearbeitung' ELSE l.action END", veiled),
		reason: fmt.Sprintf("CASE WHEN l.kind = 'erasure' AND %s THEN '' ELSE l.reason END", veiled),
	}
}

// An AccessFilter narrows the access log; what is left empty does not narrow.
type AccessFilter struct {
	Area         ags.Area
	Since, Until time.Time

	Person, FileID, Kind, Action, Reason string

	Lifted []string // the acts of veils that the reader may do; what other acts veil has a neutral name
	Before AccessCursor
}

// An AccessCursor is the last entry of the page before.
type AccessCursor struct {
	At  time.Time
	AGS string
	Seq int64
}

// An AccessRow is an entry of the access log.
type AccessRow struct {
	AGS       string
	Seq       int64
	At        time.Time
	Kind      string
	Actor     string
	Action    string
	Rule      string
	Reason    string
	FileID    *string
	Version   *int32
	SubjectID string
}

// ListAccess returns the next size entries of the access log, the latest first.
func (q *Queries) ListAccess(ctx context.Context, s Sight, f AccessFilter, size int) ([]AccessRow, error) {
	w := &where{}
	w.entries(s, f.Area, f.Since, f.Until)
	says := w.told(f.Lifted)
	for column, want := range map[string]string{"l.actor": f.Person, says.kind: f.Kind, says.action: f.Action, says.reason: f.Reason} {
		if want != "" {
			w.add("("+column+") = %s", want)
		}
	}
	if f.FileID != "" {
		w.add("l.file_id = %s::uuid", f.FileID)
	}
	w.add("(l.at, l.ags, l.seq) < (%s::timestamptz, %s::text, %s::bigint)", f.Before.At, f.Before.AGS, f.Before.Seq)
	rows, err := q.db.Query(ctx, fmt.Sprintf(`SELECT l.ags, l.seq, l.at, %s, l.actor, %s, l.rule, %s,
			l.file_id::text, l.version, l.subject_id
		FROM %s WHERE %s ORDER BY l.at DESC, l.ags DESC, l.seq DESC LIMIT %s`,
		says.kind, says.action, says.reason, logged, w.sql(), w.arg(size)), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list the access log: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[AccessRow])
}

// FindAccessHash returns the hash of an entry of the access log that the list shows, too.
func (q *Queries) FindAccessHash(ctx context.Context, s Sight, k string, seq int64) (hash []byte, err error) {
	w := &where{}
	w.add("l.chain = %s AND l.seq = %s", k, seq)
	w.conditions = append(w.conditions, fmt.Sprintf("(k.kind IS NULL OR %s)", w.within("k", s)))
	err = q.db.QueryRow(ctx, fmt.Sprintf("SELECT l.hash FROM %s WHERE %s", logged, w.sql()), w.args...).Scan(&hash)
	return hash, err
}

// A ReportFilter says what of the access log is counted.
type ReportFilter struct {
	Area         ags.Area
	Since, Until time.Time
	Kind         string // of the entries; empty: all
	After        string // the last row of the page before

	Lifted []string // as of an AccessFilter
}

// A PersonCount counts what a person did.
type PersonCount struct {
	Subject                                 string
	Municipalities                          []string
	Files, Reads, Reasons, Refusals, Grants int
	Last                                    time.Time
}

// CountByPerson counts what each person did, by the access log.
func (q *Queries) CountByPerson(ctx context.Context, s Sight, f ReportFilter, size int) ([]PersonCount, error) {
	w := &where{}
	says := w.counted(s, f)
	w.add("l.actor > %s", f.After)
	rows, err := q.db.Query(ctx, fmt.Sprintf(`SELECT l.actor, array_agg(DISTINCT l.ags)::text[], count(DISTINCT l.file_id), %s,
			count(*) FILTER (WHERE l.kind = 'grant'), max(l.at)
		FROM %s WHERE %s GROUP BY l.actor ORDER BY l.actor LIMIT %s`, says.counts(), logged, w.sql(), w.arg(size)), w.args...)
	if err != nil {
		return nil, fmt.Errorf("count the access log by person: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[PersonCount])
}

// A FileAccess counts what was done to a file.
type FileAccess struct {
	FileID                           string
	Municipalities                   []string
	People, Reads, Reasons, Refusals int
	Last                             time.Time
}

// CountByFile counts what was done to each file, by the access log.
func (q *Queries) CountByFile(ctx context.Context, s Sight, f ReportFilter, size int) ([]FileAccess, error) {
	w := &where{}
	says := w.counted(s, f)
	w.add("l.file_id > %s::uuid", f.After)
	rows, err := q.db.Query(ctx, fmt.Sprintf(`SELECT l.file_id::text, array_agg(DISTINCT l.ags)::text[], count(DISTINCT l.actor), %s, max(l.at)
		FROM %s WHERE %s GROUP BY l.file_id ORDER BY l.file_id LIMIT %s`, says.counts(), logged, w.sql(), w.arg(size)), w.args...)
	if err != nil {
		return nil, fmt.Errorf("count the access log by file: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[FileAccess])
}

// counted narrows to what a report counts.
func (w *where) counted(s Sight, f ReportFilter) entrySays {
	w.entries(s, f.Area, f.Since, f.Until)
	says := w.told(f.Lifted)
	if f.Kind != "" {
		w.add("("+says.kind+") = %s", f.Kind)
	}
	return says
}

// counts are the reads, those of them with a reason, and the refusals.
func (e entrySays) counts() string {
	return fmt.Sprintf(`count(*) FILTER (WHERE (%[1]s) = 'read'), count(*) FILTER (WHERE (%[1]s) = 'read' AND (%[2]s) <> ''),
			count(*) FILTER (WHERE l.kind = 'refusal')`, e.kind, e.reason)
}

// An ErasureFilter narrows the requests to erase documents; what is left empty does not narrow.
type ErasureFilter struct {
	Caller string     // whose own requests are always there
	Closed []string   // the compartments whose documents are hidden from everybody else
	Unseen file.Scope // but those who ask for what is in them to be erased without reading it
	Status string
	FileID string

	BeforeAt time.Time // the last one of the page before
	BeforeID string
}

// ListErasures returns the next size requests that somebody may learn of, the latest first.
func (q *Queries) ListErasures(ctx context.Context, s Sight, f ErasureFilter, size int) ([]GetErasureRequestRow, error) {
	w := &where{}
	w.conditions = append(w.conditions, fmt.Sprintf("(r.requested_by = %s OR %s AND (d.compartment <> ALL (%s::text[]) OR %s))",
		w.arg(f.Caller), w.within("k", s), w.arg(f.Closed), w.covers("k", f.Unseen)))
	if f.Status != "" {
		w.add("r.status = %s", f.Status)
	}
	if f.FileID != "" {
		w.add("r.file_id = %s::uuid", f.FileID)
	}
	w.add("(r.requested_at, r.id) < (%s::timestamptz, %s::uuid)", f.BeforeAt, f.BeforeID)
	rows, err := q.db.Query(ctx, fmt.Sprintf(`SELECT r.id::text, r.document_id::text, r.file_id::text, r.kind, r.ags,
			r.reason, r.requested_by, r.requested_at, r.status, r.decided_by, r.decided_at, d.compartment
		FROM erasure_request r JOIN document d ON d.id = r.document_id %s
		WHERE %s ORDER BY r.requested_at DESC, r.id DESC LIMIT %s`, known("r"), w.sql(), w.arg(size)), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list requests to erase: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[GetErasureRequestRow])
}

// A DifferenceFilter narrows the differences; what is left empty does not narrow.
type DifferenceFilter struct {
	ID, FileID, Status string

	BeforeAt *time.Time // the last one of the page before; nil: the first page
	BeforeID string
}

// ListFoundDifferences returns the next size differences that somebody may learn of, the latest found first: those
// that are about no file, or a file within their sight, both as it was found and as the record has it.
func (q *Queries) ListFoundDifferences(ctx context.Context, s Sight, f DifferenceFilter, size int) ([]Difference, error) {
	w := &where{}
	w.conditions = append(w.conditions, fmt.Sprintf("%s AND (d.file_id IS NULL OR %s AND (f.id IS NULL OR %s))",
		w.covers("d", s.Scope), w.within("d", s), w.within("f", s)))
	if f.ID != "" {
		w.add("d.id = %s::uuid", f.ID)
	}
	if f.Status != "" {
		w.add("d.status = %s", f.Status)
	}
	if f.FileID != "" {
		w.add("d.file_id = %s::uuid", f.FileID)
	}
	if f.BeforeAt != nil {
		w.add("(d.last_found, d.id) < (%s::timestamptz, %s::uuid)", *f.BeforeAt, f.BeforeID)
	}
	rows, err := q.db.Query(ctx, fmt.Sprintf("SELECT d.* FROM difference d LEFT JOIN file f ON f.id = d.file_id WHERE %s ORDER BY d.last_found DESC, d.id DESC LIMIT %s",
		w.sql(), w.arg(size)), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list differences: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Difference])
}
