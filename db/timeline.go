package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"koko/domain/ags"
	"koko/domain/file"
)

// TimelineFilter narrows a timeline; what is left empty does not narrow.
type TimelineFilter struct {
	Kind   file.Kind
	FileID string
	AGS    ags.Key

	Kinds       []string // decision, deadline, refusal, read, erasure, repair, notification, grant
	Actor       string
	From, Until time.Time
	Grants      time.Time // grants of the municipality since then; none if zero
	OldestFirst bool

	// The acts that the caller may do: what lies behind one of them is not confidential. The actor of what is
	// confidential is hidden, too, so a filter by actor leaves it out.
	Lifted []string
}

// A TimelineCursor is the last entry of the page before.
type TimelineCursor struct {
	At    time.Time
	Entry string
	Until time.Time // what came after the first page was read is not on the next ones
}

// TimelineRow is one entry: a decision, or something that was refused, read or told. A confidential entry
// shows only that something happened.
type TimelineRow struct {
	At           time.Time
	Entry        string // sorts what happened at the same time
	Kind         string
	Actor        string
	Action       file.Action
	Rule         string
	Reason       string
	Version      int
	Subject      string
	Told         int
	Recipients   []string
	Confidential bool
}

// ListTimeline returns the next size entries of a file in scope.
func (q *Queries) ListTimeline(
	ctx context.Context, s file.Scope, f TimelineFilter, after *TimelineCursor, size int,
) ([]TimelineRow, error) {
	b := &timeline{TimelineFilter: f, after: after, size: size}
	b.scope = b.sees(s, f.Kind, f.FileID)
	var parts []string
	for _, part := range []func() string{b.decisions, b.accesses, b.notices, b.grants} {
		if sql := part(); sql != "" {
			parts = append(parts, "("+sql+")")
		}
	}
	if len(parts) == 0 {
		return nil, nil
	}
	sql := fmt.Sprintf("SELECT * FROM (%s) t ORDER BY at %s, entry COLLATE \"C\" %[2]s LIMIT %[3]d",
		strings.Join(parts, " UNION ALL "), b.dir(), size)
	rows, err := q.db.Query(ctx, sql, b.all()...)
	if err != nil {
		return nil, fmt.Errorf("list timeline: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (TimelineRow, error) {
		r, err := pgx.RowToStructByPos[TimelineRow](row)
		if r.Confidential {
			r = TimelineRow{At: r.At, Entry: r.Entry, Kind: r.Kind, Confidential: true}
		}
		return r, err
	})
}

// A timeline builds the query: one part for each ledger, which its index yields in the order of time.
type timeline struct {
	where
	TimelineFilter
	after *TimelineCursor
	size  int

	scope string // in SQL
}

// confidential returns the SQL that says whether an entry of a ledger is confidential.
func (b *timeline) confidential(row string) string {
	return fmt.Sprintf("veiled(%s.veil, %s::text[])", row, b.arg(words(b.Lifted)))
}

func (b *timeline) file() string { return b.arg(b.FileID) + "::uuid" }

func (b *timeline) dir() string {
	if b.OldestFirst {
		return "ASC"
	}
	return "DESC"
}

// wants reports whether entries of one of the kinds are asked for.
func (b *timeline) wants(kinds ...string) bool {
	return len(b.Kinds) == 0 || slices.ContainsFunc(kinds, func(k string) bool { return slices.Contains(b.Kinds, k) })
}

// page narrows a part to the period, the actor and what follows the cursor.
func (b *timeline) page(at, entry, actor, confidential string) string {
	cs := []string{b.scope}
	if !b.From.IsZero() {
		cs = append(cs, fmt.Sprintf("%s >= %s::timestamptz", at, b.arg(b.From)))
	}
	if !b.Until.IsZero() {
		cs = append(cs, fmt.Sprintf("%s < %s::timestamptz", at, b.arg(b.Until)))
	}
	if b.Actor != "" {
		cs = append(cs, fmt.Sprintf("%s = %s AND NOT %s", actor, b.arg(b.Actor), confidential))
	}
	if b.after != nil {
		op := "<"
		if b.OldestFirst {
			op = ">"
		}
		last := b.arg(b.after.At)
		cs = append(cs, fmt.Sprintf(`%s %s= %s::timestamptz AND (%[1]s, (%[4]s) COLLATE "C") %[2]s (%[3]s::timestamptz, %[5]s::text)`,
			at, op, last, entry, b.arg(b.after.Entry)))
	}
	return strings.Join(cs, " AND ")
}

func (b *timeline) decisions() string {
	var only string
	switch {
	case !b.wants("decision", "deadline"):
		return ""
	case !b.wants("deadline"):
		only = " AND a.action <> 'deadline_passed'"
	case !b.wants("decision"):
		only = " AND a.action = 'deadline_passed'"
	}
	const entry = "'d' || lpad(a.version::text, 12, '0')"
	confidential := b.confidential("a")
	return fmt.Sprintf(`SELECT a.at, %s AS entry,
			CASE a.action WHEN 'deadline_passed' THEN 'deadline' ELSE 'decision' END AS kind, a.actor, a.action,
			'' AS rule, '' AS reason, a.version, '' AS subject, 0 AS told, NULL::text[] AS recipients, %s AS confidential
		FROM audit a WHERE a.file_id = %s AND a.kind = %s AND %s%s ORDER BY a.at %s, a.version %[7]s LIMIT %[8]d`,
		entry, confidential, b.file(), b.arg(b.Kind), b.page("a.at", entry, "a.actor", confidential), only, b.dir(), b.size)
}

// log is a part of the access log.
func (b *timeline) log(of, confidential string) string {
	const entry = "'l' || lpad(l.seq::text, 12, '0')"
	return fmt.Sprintf(`SELECT l.at, %s AS entry, %[7]s, l.actor, l.action, l.rule, l.reason, coalesce(l.version, 0), l.subject_id,
			0, NULL::text[], %[2]s
		FROM access_log l WHERE %[3]s AND %[4]s ORDER BY l.at %[5]s, l.seq %[5]s LIMIT %[6]d`,
		entry, confidential, of, b.page("l.at", entry, "l.actor", confidential), b.dir(), b.size, kindOf(confidential))
}

// kindOf returns the kind of an entry of the access log. That it is about an erasure would reveal
// what is confidential.
func kindOf(confidential string) string {
	return fmt.Sprintf("CASE WHEN l.kind = 'erasure' AND %s THEN 'read' ELSE l.kind END", confidential)
}

func (b *timeline) accesses() string {
	var kinds []string
	for _, k := range []string{"refusal", "read", "erasure", "repair"} {
		if b.wants(k) || k == "erasure" && b.wants("read") {
			kinds = append(kinds, k)
		}
	}
	if kinds == nil {
		return ""
	}
	confidential := b.confidential("l")
	of := fmt.Sprintf("l.file_id = %s AND l.kind = ANY (%s::text[])", b.file(), b.arg(kinds))
	switch { // what is confidential of an erasure counts as a read
	case !b.wants("erasure"):
		of += " AND (l.kind <> 'erasure' OR " + confidential + ")"
	case !b.wants("read"):
		of += " AND (l.kind <> 'erasure' OR NOT " + confidential + ")"
	}
	return b.log(of, confidential)
}

func (b *timeline) grants() string {
	if b.Grants.IsZero() || !b.wants("grant") {
		return ""
	}
	return b.log(fmt.Sprintf("l.kind = 'grant' AND l.ags = %s AND l.at >= %s::timestamptz", b.arg(string(b.AGS)), b.arg(b.Grants)), "false")
}

func (b *timeline) notices() string {
	if !b.wants("notification") {
		return ""
	}
	const entry = "'n' || lpad(n.version::text, 12, '0') || '/' || n.kind"
	return fmt.Sprintf(`SELECT n.at, %s AS entry, 'notification', 'system', n.kind, '', '', n.version, '',
			count(*)::integer, array_agg(n.recipient ORDER BY n.recipient), false
		FROM notification n WHERE n.file_id = %s AND n.file_kind = %s AND %s
		GROUP BY n.at, n.version, n.kind ORDER BY n.at %s, n.version %[5]s, n.kind COLLATE "C" %[5]s LIMIT %[6]d`,
		entry, b.file(), b.arg(b.Kind), b.page("n.at", entry, "'system'", "false"), b.dir(), b.size)
}

// Recorded is a state as a decision left it.
type Recorded struct {
	Version int
	At      time.Time
	Actor   string
	Action  file.Action
	Veil    string // the act without which nobody learns of it
	State   json.RawMessage
	Next    *time.Time // when the next decision was recorded
}

// ListRecorded returns the states that a file in scope had after the decisions with those versions.
func (q *Queries) ListRecorded(ctx context.Context, s file.Scope, k file.Kind, id string, versions []int) (map[int]Recorded, error) {
	w := &where{}
	w.add("a.file_id = %s::uuid AND a.kind = %s AND a.version = ANY (%s::integer[])", id, k, versions)
	w.conditions = append(w.conditions, w.sees(s, k, id))
	rows, err := q.db.Query(ctx, `SELECT a.version, a.at, a.actor, a.action, a.veil, a.state,
		(SELECT n.at FROM audit n WHERE n.file_id = a.file_id AND n.version = a.version + 1) FROM audit a WHERE `+w.sql(), w.all()...)
	if err != nil {
		return nil, fmt.Errorf("list recorded states: %w", err)
	}
	all := map[int]Recorded{}
	var r Recorded
	_, err = pgx.ForEachRow(rows, []any{&r.Version, &r.At, &r.Actor, &r.Action, &r.Veil, &r.State, &r.Next}, func() error {
		r.State = slices.Clone(r.State)
		all[r.Version] = r
		return nil
	})
	return all, err
}

// FindVersion returns the version that a file in scope had at a time, 0 if it was not there yet.
func (q *Queries) FindVersion(ctx context.Context, s file.Scope, k file.Kind, id string, at time.Time) (version int, err error) {
	w := &where{}
	w.add("a.file_id = %s::uuid AND a.kind = %s AND a.at <= %s::timestamptz", id, k, at)
	w.conditions = append(w.conditions, w.sees(s, k, id))
	sql := "SELECT a.version FROM audit a WHERE " + w.sql() + " ORDER BY a.at DESC, a.version DESC LIMIT 1"
	err = q.db.QueryRow(ctx, sql, w.all()...).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return version, err
}

// FirstBroken returns the first version until upTo at which the chain of a file in scope does not
// hold: the entry was changed or is missing, or its state belongs to another entry. 0: the chain is
// intact.
func (q *Queries) FirstBroken(ctx context.Context, s file.Scope, k file.Kind, id string, upTo int) (version int, err error) {
	w := &where{}
	w.add("a.file_id = %s::uuid AND a.kind = %s AND a.version <= %s", id, k, upTo)
	w.conditions = append(w.conditions, w.sees(s, k, id))
	err = q.db.QueryRow(ctx, `SELECT coalesce(min(least(r.version, r.expected)), 0)::integer FROM (
			SELECT a.version, row_number() OVER chain AS expected, a.hash, audit_hash(a) AS sealed, a.prior_hash, lag(a.hash) OVER chain AS prior,
				(a.state ->> 'version')::integer = a.version AND a.state ->> 'id' = a.file_id::text AS own
			FROM audit a WHERE `+w.sql()+` WINDOW chain AS (ORDER BY a.version)
		) r
		WHERE r.version <> r.expected OR r.hash <> r.sealed OR r.prior_hash IS DISTINCT FROM r.prior
			OR r.own IS NOT TRUE`, w.all()...).Scan(&version)
	return version, err
}

// FindHash returns the hash of the decision on a file in scope that led to a version.
func (q *Queries) FindHash(ctx context.Context, s file.Scope, k file.Kind, id string, version int) (hash []byte, err error) {
	w := &where{}
	w.add("a.file_id = %s::uuid AND a.kind = %s AND a.version = %s", id, k, version)
	w.conditions = append(w.conditions, w.sees(s, k, id))
	err = q.db.QueryRow(ctx, "SELECT a.hash FROM audit a WHERE "+w.sql(), w.all()...).Scan(&hash)
	return hash, err
}
