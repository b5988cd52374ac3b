package db

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Decisive is a table whose rows decide. The trigger "state" of the table notes the states of its rows in row_state.
type Decisive struct {
	Table    string
	Log      string // into which they go: main, inner, or file: that of the row's file
	Key      []string
	Digested []string // columns that stand in the log by their SHA-256
	LeftOut  []string // columns in which nothing decides

	Changes []string // the columns that KoKo changes, and no others
	Ends    string   // a column: once it is set, nothing changes any more
	Loses   string   // a column: what a row loses when it changes
	Deleted bool     // whether KoKo deletes rows
	When    string   // a column: when the row came, as it says itself
}

// Decisives are the tables whose rows decide; db/migrations/00014_decisive.sql has their triggers.
var Decisives = []Decisive{
	{
		Table: "role_grant", Log: "main", Key: []string{"id"},
		Changes: []string{"valid_until", "ended_by"}, Ends: "ended_by", When: "given_at",
	},
	{
		Table: "grant_proposal", Log: "main", Key: []string{"id"},
		Changes: []string{"status", "decided_by", "decided_at"}, Ends: "decided_by", When: "proposed_at",
	},
	{
		Table: "substitution", Log: "main", Key: []string{"id"},
		Changes: []string{"valid_until", "ended_by"}, Ends: "ended_by", When: "entered_at",
	},
	{
		Table: "absence", Log: "main", Key: []string{"id"},
		Changes: []string{"valid_from", "valid_until", "last_until", "ended_by"}, Ends: "ended_by", When: "entered_at",
	},
	{Table: "curriculum", Log: "inner", Key: []string{"id", "version"}, LeftOut: []string{"prior"}, When: "published"},
	{Table: "access_log_cut", Log: "inner", Key: []string{"chain", "up_to_seq"}, When: "at"},
	{
		Table: "erasure_request", Log: "file", Key: []string{"id"},
		Changes: []string{"status", "decided_by", "decided_at"}, Ends: "decided_by", When: "requested_at",
	},
	{
		Table: "document", Log: "inner", Key: []string{"id"}, Digested: []string{"secret", "sealed", "tokens"},
		Changes: []string{"secret", "sealed", "tokens"}, Loses: "secret", When: "created",
	},
	{
		Table: "data_key", Log: "inner", Key: []string{"file_id", "compartment"}, Digested: []string{"wrapped"},
		Changes: []string{"wrapped"}, Loses: "wrapped",
	},
	{Table: "file_document", Log: "inner", Key: []string{"document_id"}, LeftOut: []string{"number"}},
	{Table: "certificate", Log: "inner", Key: []string{"code"}},
	{Table: "certificate_revocation", Log: "inner", Key: []string{"code"}},
	{Table: "calendar_feed", Log: "inner", Key: []string{"token_hash"}, Changes: []string{"revoked"}, Ends: "revoked", When: "created"},
	{Table: "notification", Log: "inner", Key: []string{"id"}, LeftOut: []string{"read_at"}},
	{
		Table: "sessions", Log: "inner", Key: []string{"token"}, Digested: []string{"data"}, LeftOut: []string{"expiry"},
		Changes: []string{"data"}, Deleted: true,
	},
	{Table: "ledger_checkpoint", Log: "inner", Key: []string{"id"}, Digested: []string{"signed"}},
	{Table: "ledger_cosignature", Log: "inner", Key: []string{"checkpoint_id", "witness"}, Digested: []string{"line"}, When: "at"},
	{Table: "ledger_check", Log: "inner", Key: []string{"id"}, When: "at"},
	{Table: "witness_seen", Log: "inner", Key: []string{"id"}, Digested: []string{"signed"}},
	{Table: "witness_conflict", Log: "inner", Key: []string{"id"}, Digested: []string{"signed"}},
	{Table: "witness_answer", Log: "inner", Key: []string{"id"}},
}

// Trigger is how the trigger that notes the states of rows is called.
func (d Decisive) Trigger() string {
	list := func(columns []string) string { return "'" + strings.Join(columns, ",") + "'" }
	return fmt.Sprintf("row_state_note('%s', %s, %s, %s)", d.Log, list(d.Key), list(d.Digested), list(d.LeftOut))
}

// content is SQL for what of a row r decides. It says what the function decisive says, which an attacker may have replaced.
func (d Decisive) content() string {
	return fmt.Sprintf(`(SELECT coalesce(jsonb_object_agg(k, CASE WHEN k = ANY ('{%s}'::text[])
			THEN to_jsonb(encode(sha256(convert_to(v #>> '{}', 'UTF8')), 'hex')) ELSE v END), '{}')
		FROM jsonb_each(to_jsonb(r) - '{%s}'::text[]) e (k, v) WHERE v <> 'null')`,
		strings.Join(d.Digested, ","), strings.Join(d.LeftOut, ","))
}

// key is SQL for the key of a row r, as text.
func (d Decisive) key() string {
	var columns []string
	for _, c := range d.Key {
		columns = append(columns, fmt.Sprintf("to_jsonb(r.%s) #>> '{}'", c))
	}
	return "concat_ws('/', " + strings.Join(columns, ", ") + ")"
}

// A Standing is a row that decides, and the last state that is on record of it.
type Standing struct {
	Key   string
	Row   []byte // what decides in it; nil: there is no such row
	State []byte // nil: none is on record
}

// ListDisagreeing returns the rows of a table that are not what is on record of them. What KoKo deletes may be gone.
func (q *Queries) ListDisagreeing(ctx context.Context, d Decisive, atMost int) ([]Standing, error) {
	all, err := collect[Standing](ctx, q, fmt.Sprintf(`SELECT coalesce(r.key, s.key), r.content, s.content
		FROM (SELECT %s AS key, %s AS content FROM %s r) r
		FULL JOIN (SELECT DISTINCT ON (key) key, content FROM row_state WHERE tab = '%s' ORDER BY key, number DESC) s ON s.key = r.key
		WHERE r.content IS DISTINCT FROM s.content AND (r.content IS NOT NULL OR NOT %t)
		ORDER BY 1 LIMIT $1`, d.key(), d.content(), d.Table, d.Table, d.Deleted), atMost)
	if err != nil {
		return nil, fmt.Errorf("rows of %s: %w", d.Table, err)
	}
	return all, nil
}

// A StoredState is what a row was for a time.
type StoredState struct {
	Table   string
	Key     string
	Number  int
	At      time.Time
	Content map[string]any
	Log     string
	Index   int64 // of its leaf; -1: it waits, or is in no log
}

// EachRowState calls each with all states of all rows, those of a row in their order.
func (q *Queries) EachRowState(ctx context.Context, each func(StoredState)) error {
	rows, err := q.db.Query(ctx, `SELECT s.tab, s.key, s.number, s.at, s.content,
			CASE WHEN s.confided THEN 'inner' ELSE 'main' END, coalesce(l.idx, -1)
		FROM row_state s LEFT JOIN ledger_leaf l ON l.tab = 'row_state' AND l.key = s.tab || '/' || s.key || '/' || s.number
		ORDER BY s.tab, s.key, s.number`)
	if err != nil {
		return fmt.Errorf("states of rows: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s StoredState
		if err := rows.Scan(&s.Table, &s.Key, &s.Number, &s.At, &s.Content, &s.Log, &s.Index); err != nil {
			return fmt.Errorf("states of rows: %w", err)
		}
		each(s)
	}
	return rows.Err()
}

// An Unsigned is a right or an erasure whose entry in the access log is missing.
type Unsigned struct{ Table, Key string }

// ListUnsigned returns the rights and erasures since a time, younger than any entry that is cut off, of which the access
// log does not say who did it. What remains of a grant whose part was ended is given anew by whoever ended that.
func (q *Queries) ListUnsigned(ctx context.Context, since time.Time) ([]Unsigned, error) {
	return collect[Unsigned](ctx, q, `SELECT 'role_grant', g.id::text FROM role_grant g
		WHERE g.given_at > $1 AND NOT EXISTS (
			SELECT FROM access_log l
			WHERE l.kind = 'grant' AND l.action IN ('give_grant', 'approve_grant') AND l.subject_id = g.id::text AND (l.actor = g.given_by
				OR EXISTS (SELECT FROM role_grant o WHERE o.ended_by = l.actor AND o.valid_until = g.valid_from
					AND (o.subject, o.role, o.given_by) = (g.subject, g.role, g.given_by) AND o.area @> g.area)))
		UNION ALL
		SELECT 'role_grant', g.id::text FROM role_grant g
		JOIN row_state s ON s.tab = 'role_grant' AND s.key = g.id::text AND s.content ? 'ended_by'
		WHERE g.ended_by IS NOT NULL AND s.at > $1 AND NOT EXISTS (
			SELECT FROM access_log l WHERE l.kind = 'grant' AND l.action = 'end_grant' AND l.subject_id = g.id::text AND l.actor = g.ended_by)
		UNION ALL
		SELECT 'substitution', s.id::text FROM substitution s
		WHERE s.entered_at > $1 AND NOT EXISTS (
			SELECT FROM access_log l
			WHERE l.kind = 'grant' AND l.action = 'enter_substitution' AND l.subject_id = s.id::text AND l.actor = s.entered_by)
		UNION ALL
		SELECT 'erasure', e.document_id::text FROM erasure e
		WHERE e.reason <> 'retention' AND e.approved_at > $1 AND NOT EXISTS (
			SELECT FROM access_log l
			WHERE l.kind = 'erasure' AND l.action = 'approve_erasure' AND l.subject_id = e.document_id::text AND l.actor = e.approved_by)
		ORDER BY 1, 2 LIMIT 1000`, since)
}

// A LateRow waits for its number since a time.
type LateRow struct {
	Table, Key string
	Since      time.Time
}

// ListLate returns what waits for its number in a log although its time, by the database's clock, is before a time.
func (q *Queries) ListLate(ctx context.Context, log string, before time.Time) ([]LateRow, error) {
	return collect[LateRow](ctx, q, `SELECT p.tab, p.key, coalesce(l.at, s.at) FROM ledger_pending p
		LEFT JOIN access_log l ON p.tab = 'access_log' AND l.chain || '/' || l.seq = p.key
		LEFT JOIN row_state s ON p.tab = 'row_state' AND s.tab || '/' || s.key || '/' || s.number = p.key
		WHERE p.log = $1 AND coalesce(l.at, s.at) < $2 ORDER BY p.id LIMIT 1000`, log, before)
}

// LastWritten is when an entry was written last, by the database's clock.
func (q *Queries) LastWritten(ctx context.Context) (at time.Time, err error) {
	err = q.db.QueryRow(ctx, "SELECT coalesce(greatest((SELECT max(at) FROM access_log), (SELECT max(at) FROM row_state)), now())").Scan(&at)
	return at, err
}

// A CutAt is a cut of a chain of the access log, and the place of the last entry that was deleted.
type CutAt struct {
	Chain string
	Seq   int64
	At    time.Time
	Log   string
	Index int64 // of the entry's leaf; -1: it never came into a log
}

// ListAllCuts returns all cuts.
func (q *Queries) ListAllCuts(ctx context.Context) ([]CutAt, error) {
	return collect[CutAt](ctx, q, `SELECT c.chain, c.up_to_seq, c.at, coalesce(l.log, ''), coalesce(l.idx, -1) FROM access_log_cut c
		LEFT JOIN ledger_leaf l ON l.tab = 'access_log' AND l.key = c.chain || '/' || c.up_to_seq ORDER BY 1, 2`)
}

// EachKeptRun calls each with the events of all kept runs, as they are compressed, and the SHA-256 that their entry names.
func (q *Queries) EachKeptRun(ctx context.Context, each func(key, sha256 string, data []byte)) error {
	rows, err := q.db.Query(ctx, "SELECT workflow_id || '/' || run_id, sha256, data FROM run_history ORDER BY 1")
	if err != nil {
		return fmt.Errorf("kept runs: %w", err)
	}
	var key, sum string
	var data []byte
	_, err = pgx.ForEachRow(rows, []any{&key, &sum, &data}, func() error {
		each(key, sum, data)
		return nil
	})
	return err
}

func collect[T any](ctx context.Context, q *Queries, sql string, args ...any) ([]T, error) {
	rows, err := q.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}
