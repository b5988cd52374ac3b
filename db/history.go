package db

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"koko/domain/file"
)

// HistoryFilter says which entries of a file's history are asked for.
type HistoryFilter struct {
	Kind   file.Kind
	FileID string
	Kinds  []string // decision, refusal, read, erasure, repair; empty: all
	Lifted []string // the acts that the caller may do: what lies behind one of them is not confidential

	BeforeAt    time.Time // the last entry of the page before
	BeforeEntry string
}

// HistoryRow is one entry of a chain: a decision, or something that was refused, read or erased. A
// confidential entry shows only that something happened.
type HistoryRow struct {
	At           time.Time
	Entry        string // sorts what happened at the same time
	Kind         string
	Actor        string
	Action       file.Action
	Rule         string
	Reason       string
	Version      int32
	SubjectID    string
	PriorHash    []byte
	Hash         []byte
	Confidential bool
}

// ListHistory returns the next size entries of a file in scope, the latest first. Each chain yields them in
// that order by an index of its own, whatever the filter: a connection plans it once.
func (q *Queries) ListHistory(ctx context.Context, s file.Scope, f HistoryFilter, size int) ([]HistoryRow, error) {
	w := &where{}
	sees, id, lifted := w.sees(s, f.Kind, f.FileID), w.arg(f.FileID), w.arg(words(f.Lifted))
	at, entry, limit := w.arg(f.BeforeAt), w.arg(f.BeforeEntry), w.arg(size)
	before := func(key, e string) string {
		return fmt.Sprintf("%[1]s <= %[3]s::timestamptz AND (%[1]s, (%[2]s) COLLATE \"C\") < (%[3]s::timestamptz, %[4]s::text)",
			key, e, at, entry)
	}
	var parts []string
	if len(f.Kinds) == 0 || slices.Contains(f.Kinds, "decision") {
		const e = "'v' || lpad(a.version::text, 12, '0')"
		parts = append(parts, fmt.Sprintf(`(SELECT a.at, %s AS entry, 'decision' AS kind, a.actor, a.action,
				'' AS rule, '' AS reason, a.version, '' AS subject_id, a.prior_hash, a.hash, veiled(a.veil, %s::text[]) AS confidential
			FROM audit a WHERE a.file_id = %s::uuid AND a.kind = %s AND %s ORDER BY a.at DESC, a.version DESC LIMIT %s::integer)`,
			e, lifted, id, w.arg(f.Kind), before("a.at", e), limit))
	}
	others := slices.DeleteFunc(slices.Clone(f.Kinds), func(k string) bool { return k == "decision" })
	if len(f.Kinds) == 0 || len(others) > 0 {
		const e = "'s' || lpad(l.seq::text, 12, '0')"
		kind := fmt.Sprintf("CASE WHEN l.kind = 'erasure' AND veiled(l.veil, %s::text[]) THEN 'read' ELSE l.kind END", lifted) // it would reveal what happened
		only := ""
		if len(others) > 0 {
			only = fmt.Sprintf(" AND %s = ANY (%s::text[])", kind, w.arg(others))
		}
		parts = append(parts, fmt.Sprintf(`(SELECT l.at, %s AS entry, %s AS kind, l.actor, l.action,
				l.rule, l.reason, coalesce(l.version, 0), l.subject_id, l.prior_hash, l.hash, veiled(l.veil, %s::text[])
			FROM access_log l WHERE l.file_id = %s::uuid%s AND %s ORDER BY l.at DESC, l.seq DESC LIMIT %s::integer)`,
			e, kind, lifted, id, only, before("l.at", e), limit))
	}
	rows, err := q.db.Query(ctx, fmt.Sprintf("SELECT * FROM (%s) h WHERE %s ORDER BY at DESC, entry COLLATE \"C\" DESC LIMIT %s::integer",
		strings.Join(parts, " UNION ALL "), sees, limit), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list history of %s %s: %w", f.Kind, f.FileID, err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (HistoryRow, error) {
		r, err := pgx.RowToStructByPos[HistoryRow](row)
		if r.Confidential {
			r = HistoryRow{At: r.At, Entry: r.Entry, Kind: r.Kind, PriorHash: r.PriorHash, Hash: r.Hash, Confidential: true}
		}
		return r, err
	})
}
