package db

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// A LedgerRow is a row of a ledger table as its hash takes it, and what the log says of it.
type LedgerRow struct {
	Key     string
	Log     string   // into which it goes, as it says itself: main or inner
	Columns []string // PostgreSQL's text of the columns: the hash before first, the row's own hash last, both hexadecimal
	In      string   // the log that has it; empty: none
	Index   int64    // of its leaf; -1: none
	Leaf    []byte
	Waits   []byte // the hash with which it waits for its number; nil: it does not
}

// A ledgerTable says how the rows of a table are read: columns are those of its hash, in their order.
type ledgerTable struct {
	key     string
	order   string
	columns string
	main    bool // none of its rows is confided
}

// micros returns a time as the hashes take it: in microseconds since 1970.
func micros(column string) string {
	return fmt.Sprintf("((extract(epoch FROM %s) * 1000000)::bigint)::text", column)
}

var ledgerTables = map[string]ledgerTable{
	"audit": {
		key: "r.file_id || '/' || r.version", order: "r.file_id, r.version",
		columns: "coalesce(encode(r.prior_hash, 'hex'), ''), r.file_id::text, r.kind, r.version::text, r.ags, r.phase, r.places::text, r.ties::text, r.command_id, " +
			"r.action, r.actor, " + micros("r.at") + ", r.digest, r.veil, left(r.confided::text, 1), r.docs::text, r.state::text, r.salt::text, encode(r.hash, 'hex')",
	},
	"access_log": {
		key: "r.chain || '/' || r.seq", order: "r.chain, r.seq",
		columns: "coalesce(encode(r.prior_hash, 'hex'), ''), r.ags, r.seq::text, r.id, r.kind, r.actor, " + micros("r.at") +
			", r.action, r.rule, r.reason, coalesce(r.file_id::text, ''), coalesce(r.version, 0)::text, r.subject_id, r.digest, r.veil, r.salt::text, encode(r.hash, 'hex')",
	},
	"erasure": {
		key: "r.document_id::text", order: "r.document_id",
		columns: "'', r.document_id::text, r.file_id::text, r.digest, r.reason, r.requested_by, " + micros("r.requested_at") + ", r.approved_by, " + micros("r.approved_at") +
			", encode(r.hash, 'hex')",
	},
	"run_history": {
		key: "r.workflow_id || '/' || r.run_id", order: "r.workflow_id, r.run_id",
		columns: "'', r.kind, r.file_id::text, r.ags, r.workflow_id, r.run_id, r.prior_run_id, r.status, r.events::text, r.sha256, encode(r.hash, 'hex')",
	},
	"row_state": {
		key: "r.tab || '/' || r.key || '/' || r.number", order: "r.tab, r.key, r.number",
		columns: "'', r.tab, r.key, r.number::text, " + micros("r.at") + ", r.content::text, encode(r.hash, 'hex')",
	},
	"inner_root": {
		key: "to_char(r.day, 'YYYY-MM-DD')", order: "r.day", main: true,
		columns: "'', to_char(r.day, 'YYYY-MM-DD'), r.size::text, encode(r.root, 'hex'), encode(r.secret, 'hex'), encode(r.hash, 'hex')",
	},
}

// log returns the SQL that says into which log a row goes.
func (t ledgerTable) log() string {
	if t.main {
		return "'main'"
	}
	return "CASE WHEN r.confided THEN 'inner' ELSE 'main' END"
}

// WithinLedger runs do, as the database's owner, on one unchanging view of the record in which it can
// change nothing.
func WithinLedger(ctx context.Context, url string, do func(*Queries) error) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL work_mem = '64MB'; SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'"); err != nil {
			return err
		}
		return do(On(tx))
	})
}

// NoteLedgerCheck records, as the database's owner, the result of a check of all entries.
func NoteLedgerCheck(ctx context.Context, url string, size int64, findings int) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	return On(conn).NoteCheck(ctx, NoteCheckParams{Source: "check", Size: size, Findings: int32(min(findings, 1<<31-1))})
}

// HasLedgerTable reports whether the record has a table, and whether its rows can be read for the log.
func (q *Queries) HasLedgerTable(ctx context.Context, table string) (has, known bool, err error) {
	_, known = ledgerTables[table]
	err = q.db.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", table).Scan(&has)
	return has, known, err
}

// rowsAtOnce is how many rows come with one round trip.
const rowsAtOnce = 2000

// EachLedgerRow calls each with the rows of a ledger table, chain by chain. They come through a cursor
// along the primary key, and what the log says of them follows page by page: a join would sort all of
// their words.
func (q *Queries) EachLedgerRow(ctx context.Context, table string, each func(LedgerRow) error) error {
	t := ledgerTables[table]
	cursor := pgx.Identifier{table + "_rows"}.Sanitize() // each its own: statements that look alike are prepared once
	_, err := q.db.Exec(ctx, fmt.Sprintf("DECLARE %s NO SCROLL CURSOR FOR SELECT %s, %s, %s FROM %s r ORDER BY %s", cursor, t.key, t.log(), t.columns, pgx.Identifier{table}.Sanitize(), t.order))
	if err != nil {
		return fmt.Errorf("rows of %s: %w", table, err)
	}
	for {
		page, err := q.fetchLedgerRows(ctx, cursor)
		if err == nil {
			err = q.findLeaves(ctx, table, page)
		}
		if err != nil {
			return fmt.Errorf("rows of %s: %w", table, err)
		}
		for _, r := range page {
			if err := each(r); err != nil {
				return err
			}
		}
		if len(page) < rowsAtOnce {
			_, err := q.db.Exec(ctx, "CLOSE "+cursor)
			return err
		}
	}
}

// fetchLedgerRows takes the texts from the wire as they are, which is several times faster than scanning.
func (q *Queries) fetchLedgerRows(ctx context.Context, cursor string) ([]LedgerRow, error) {
	rows, err := q.db.Query(ctx, fmt.Sprintf("FETCH %d FROM %s", rowsAtOnce, cursor))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	page := make([]LedgerRow, 0, rowsAtOnce)
	for rows.Next() {
		raw := rows.RawValues()
		r := LedgerRow{Key: string(raw[0]), Log: string(raw[1]), Columns: make([]string, len(raw)-2), Index: -1}
		for i := range r.Columns {
			r.Columns[i] = string(raw[i+2])
		}
		page = append(page, r)
	}
	return page, rows.Err()
}

// findLeaves adds to rows of a table what the log says of them.
func (q *Queries) findLeaves(ctx context.Context, table string, page []LedgerRow) error {
	keys := make([]string, len(page))
	at := make(map[string]int, len(page))
	for i, r := range page {
		keys[i], at[r.Key] = r.Key, i
	}
	rows, err := q.db.Query(ctx, `SELECT key, log, idx, leaf, NULL FROM ledger_leaf WHERE tab = $1 AND key = ANY ($2)
		UNION ALL SELECT key, log, -1, NULL, hash FROM ledger_pending WHERE tab = $1 AND key = ANY ($2)`, table, keys)
	if err != nil {
		return err
	}
	var key, log string
	var index int64
	var leaf, waits []byte
	_, err = pgx.ForEachRow(rows, []any{&key, &log, &index, &leaf, &waits}, func() error {
		r := &page[at[key]]
		r.In = log
		if waits != nil {
			r.Waits = slices.Clone(waits)
			return nil
		}
		r.Index, r.Leaf = index, slices.Clone(leaf)
		return nil
	})
	return err
}

// A StoredLeaf is a leaf of the log with the row that it belongs to.
type StoredLeaf struct {
	Index int64
	Table string
	Key   string
	Leaf  []byte
}

// ListLeavesFrom returns the next leaves of a log, in order.
func (q *Queries) ListLeavesFrom(ctx context.Context, log string, index int64, atMost int) ([]StoredLeaf, error) {
	rows, err := q.db.Query(ctx, "SELECT idx, tab, key, leaf FROM ledger_leaf WHERE log = $1 AND idx >= $2 ORDER BY idx LIMIT $3", log, index, atMost)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[StoredLeaf])
}

// A StoredNode is a node of the log above the leaves.
type StoredNode struct {
	Level int16
	Index int64
	Hash  []byte
}

// ListNodesBetween returns the nodes that are full in a log of size after and were not before, in no
// particular order.
func (q *Queries) ListNodesBetween(ctx context.Context, log string, before, after int64) ([]StoredNode, error) {
	rows, err := q.db.Query(ctx, `SELECT n.level, n.idx, n.hash FROM generate_series(1, 62) AS l (level)
		JOIN ledger_node n ON n.level = l.level AND n.idx >= ($1::bigint >> l.level) AND n.idx < ($2::bigint >> l.level)
			AND n.log = $3`, before, after, log)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[StoredNode])
}

// ListNodesBeyond returns nodes that are not full in a log of that size.
func (q *Queries) ListNodesBeyond(ctx context.Context, log string, size int64) ([]StoredNode, error) {
	rows, err := q.db.Query(ctx, "SELECT level, idx, hash FROM ledger_node WHERE idx >= ($1::bigint >> least(level, 62)) AND log = $2 ORDER BY level, idx LIMIT 1000", size, log)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[StoredNode])
}

// A StoredRoot is what the inner log was when a day began.
type StoredRoot struct {
	Day  string
	Size int64
	Root []byte
	Hash []byte // of the row
	Leaf int64  // in the main log; -1: none
}

// ListInnerRoots returns what was committed to, day by day.
func (q *Queries) ListInnerRoots(ctx context.Context) ([]StoredRoot, error) {
	rows, err := q.db.Query(ctx, `SELECT to_char(r.day, 'YYYY-MM-DD'), r.size, r.root, r.hash, coalesce(l.idx, -1) FROM inner_root r
		LEFT JOIN ledger_leaf l ON l.log = 'main' AND l.tab = 'inner_root' AND l.key = to_char(r.day, 'YYYY-MM-DD') ORDER BY r.day, 5`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[StoredRoot])
}

// A StoredCheckpoint is a checkpoint as it is in the record.
type StoredCheckpoint struct {
	ID     int64
	Origin string
	Size   int64
	Root   []byte
	At     int64 // seconds since 1970
	Signed []byte
	Lines  [][]byte // of those who cosigned it
}

// ListCheckpoints returns all checkpoints in the order in which they were signed.
func (q *Queries) ListCheckpoints(ctx context.Context) ([]StoredCheckpoint, error) {
	rows, err := q.db.Query(ctx, `SELECT c.id, c.origin, c.size, c.root, floor(extract(epoch FROM c.at))::bigint, c.signed,
		ARRAY(SELECT s.line FROM ledger_cosignature s WHERE s.checkpoint_id = c.id ORDER BY s.witness)::bytea[]
		FROM ledger_checkpoint c ORDER BY c.id`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[StoredCheckpoint])
}

// A Rowless is a leaf, or something that waits to be one, without its row.
type Rowless struct {
	Key   string
	Index int64 // -1: it waits
}

// ListRowless returns what the log has of a table and the table does not. What lies before the last
// cut of a chain of the access log was deleted rightfully.
func (q *Queries) ListRowless(ctx context.Context, table string) ([]Rowless, error) {
	t := ledgerTables[table]
	rows, err := q.db.Query(ctx, fmt.Sprintf(`SELECT l.key, l.idx FROM (
			SELECT key, idx FROM ledger_leaf WHERE tab = $1 UNION ALL SELECT key, -1 FROM ledger_pending WHERE tab = $1
		) l LEFT JOIN %s r ON %s = l.key WHERE %[2]s IS NULL AND NOT ($1 = 'access_log' AND EXISTS (
			SELECT FROM access_log_cut c WHERE c.chain = split_part(l.key, '/', 1)
				AND CASE WHEN l.key ~ '^[0-9a-f-]*/[0-9]{1,18}$' THEN c.up_to_seq >= split_part(l.key, '/', 2)::bigint END))
		ORDER BY l.idx LIMIT 1000`, pgx.Identifier{table}.Sanitize(), t.key), table)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Rowless])
}

// ListForeignLeaves returns leaves of tables that are not among those named.
func (q *Queries) ListForeignLeaves(ctx context.Context, tables []string) ([]StoredLeaf, error) {
	rows, err := q.db.Query(ctx, "SELECT idx, tab, key, leaf FROM ledger_leaf WHERE tab <> ALL ($1) ORDER BY idx LIMIT 1000", tables)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[StoredLeaf])
}

// A StoredCut is the last cut of a chain of the access log.
type StoredCut struct {
	Chain string
	Seq   int64
	Hash  string // of the last entry that was deleted, hexadecimal
	Leaf  []byte // of that entry; nil: it never came into the log
	// Told says whether the chain itself has the cut, with that hash.
	Told bool
}

// ListCuts returns the last cut of each chain.
func (q *Queries) ListCuts(ctx context.Context) ([]StoredCut, error) {
	rows, err := q.db.Query(ctx, `SELECT c.chain, c.up_to_seq, encode(c.up_to_hash, 'hex'), l.leaf, EXISTS (
			SELECT FROM access_log e WHERE e.chain = c.chain AND e.kind = 'cut'
				AND e.subject_id = c.up_to_seq::text AND e.digest = encode(c.up_to_hash, 'hex'))
		FROM (SELECT DISTINCT ON (chain) chain, up_to_seq, up_to_hash FROM access_log_cut ORDER BY chain, up_to_seq DESC) c
		LEFT JOIN ledger_leaf l ON l.tab = 'access_log' AND l.key = c.chain || '/' || c.up_to_seq`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[StoredCut])
}

// RowHash returns the hash of r, and an error if it is none.
func (r LedgerRow) RowHash() ([]byte, error) {
	hash, err := hex.DecodeString(r.Columns[len(r.Columns)-1])
	if err != nil || len(hash) != 32 {
		return nil, errors.New("not a hash")
	}
	return hash, nil
}
