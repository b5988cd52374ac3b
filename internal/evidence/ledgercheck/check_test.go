package ledgercheck_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/db"
	"koko/domain/calendar"
	"koko/domain/conflict"
	"koko/internal/casetest"
	"koko/internal/dbtest"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/ledgercheck"
	"koko/internal/evidence/logbook"
	"koko/internal/historytest"
	"koko/kinds"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const (
	origin  = "koko.musterhausen.example/ledger"
	witness = "koko.neuwerden.example/ledger"
	aachen  = "05334002"
	file    = "00000000-0000-4000-8000-000000000001"
)

var at = time.Date(2026, 10, 2, 9, 0, 0, 0, time.UTC)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newKeys(t testing.TB, name string) (logbook.Signer, *ledger.Keys) {
	t.Helper()
	f := dbtest.LedgerKeys(t, name, at.Add(-time.Hour))
	return logbook.Signer{KeyFile: f}, must(logbook.LoadKeys(f))
}

// A house is a record with decisions, an access log and three checkpoints, of which a witness has cosigned
// the second and somebody has kept a copy.
type house struct {
	t       *testing.T
	rec     *dbtest.Record
	signer  logbook.Signer
	options ledgercheck.Options
	kept    []byte
	id      string // of a case
	n       int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, rec: dbtest.New(t)}
	var own *ledger.Keys
	h.signer, own = newKeys(t, origin)
	h.signer.Pool = h.rec.Worker
	_, others := newKeys(t, witness)
	h.options = ledgercheck.Options{Keys: own.Public(), Witnesses: others.PublicWitness()}

	m := &casetest.Maker{Salt: "check"}
	c := conflict.Case{ID: m.ID(), AGS: aachen}
	h.id = c.ID
	way := m.Way()
	for n, step := range way {
		if n == len(way)/2 {
			h.refuse(7)
			h.sign()
		}
		c = h.rec.Decide(t, c, step.By, step.Command, at.Add(-time.Hour).Add(time.Duration(n)*time.Second))
	}
	h.exec(`INSERT INTO run_history (kind, file_id, ags, workflow_id, run_id, prior_run_id, started_at, closed_at, status, events, sha256, data, hash)
		VALUES ('case', $1::uuid, $2, 'case-' || $1::uuid, 'run-1', '', now(), now(), 'continued', 3, encode(sha256('events'), 'hex'), $3, '')`, file, aachen, zipped("events"))
	h.exec(`INSERT INTO erasure (document_id, file_id, digest, reason, requested_by, requested_at, approved_by, approved_at, hash)
		SELECT id, file_id, digest, 'unlawful', 'u-1', now() - interval '60 days', 'u-2', now() - interval '60 days', '' FROM document LIMIT 1`)
	second := h.sign()
	h.kept = second.Note
	line, _, err := ledger.Witness{Key: others.Active(), Known: own.Public()}.Cosign(ledger.Seen{}, second.Note, ledger.ConsistencyProof{To: second.Checkpoint.Size}, h.now())
	require.NoError(t, err)
	h.exec("INSERT INTO ledger_cosignature (checkpoint_id, witness, line) VALUES ($1, $2, $3)", second.ID, witness, line)
	h.refuse(4)
	h.sign()
	h.refuse(2) // they wait
	return h
}

func zipped(events string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_ = must(z.Write([]byte(events)))
	must(0, z.Close())
	return b.Bytes()
}

func (h *house) now() time.Time { return at.Add(time.Duration(h.n) * time.Minute) }

func (h *house) sign() logbook.Signed {
	h.t.Helper()
	h.n++
	signed, err := h.signer.Checkpoint(context.Background(), h.now())
	require.NoError(h.t, err)
	return signed
}

// refuse adds n entries to the access log.
func (h *house) refuse(n int) {
	h.t.Helper()
	for range n {
		h.n++
		require.NoError(h.t, db.On(h.rec.API).AppendAccess(context.Background(), db.AppendAccessParams{AGS: aachen, ID: fmt.Sprint("r", h.n), Kind: "refusal"}))
	}
}

// exec runs a statement that triggers see.
func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	_, err := h.rec.Owner.Exec(context.Background(), sql, args...)
	require.NoError(h.t, err)
}

// super runs statements as the superuser that they are against: past every trigger.
func (h *house) super(sql string, args ...any) {
	h.t.Helper()
	require.NoError(h.t, pgx.BeginFunc(context.Background(), h.rec.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(context.Background(), "SET LOCAL session_replication_role = replica"); err != nil {
			return err
		}
		_, err := tx.Exec(context.Background(), sql, args...)
		return err
	}))
}

// chain makes the chains anew from the words, as an attacker would.
func (h *house) chain() {
	h.t.Helper()
	for range 40 { // each pass mends one link more
		h.super(`UPDATE audit a SET prior_hash = (SELECT hash FROM audit p WHERE p.file_id = a.file_id AND p.version = a.version - 1)`)
		h.super(`UPDATE audit a SET hash = audit_hash(a)`)
		h.super(`UPDATE access_log a SET prior_hash = (SELECT hash FROM access_log p WHERE p.chain = a.chain AND p.seq = a.seq - 1)`)
		h.super(`UPDATE access_log a SET hash = access_log_hash(a)`)
	}
	broken, err := db.On(h.rec.Owner).ListBrokenAudit(context.Background(), 10)
	require.NoError(h.t, err)
	for _, b := range broken {
		require.NotContains(h.t, []string{"audit", "access_log"}, b.Ledger, "the chains look whole")
	}
}

// relog makes the log anew from the rows, but for the checkpoints.
func (h *house) relog() {
	h.t.Helper()
	h.super(`DELETE FROM ledger_node; INSERT INTO ledger_leaf SELECT id + 1000, tab, key, hash, log FROM ledger_pending; DELETE FROM ledger_pending;
		INSERT INTO ledger_pending (log, tab, key, hash)
		SELECT log, tab, key, hash FROM (
			SELECT l.idx, l.log, l.tab, l.key, coalesce(a.hash, g.hash, e.hash, r.hash, d.hash, s.hash) AS hash FROM ledger_leaf l
			LEFT JOIN row_state s ON l.tab = 'row_state' AND l.key = s.tab || '/' || s.key || '/' || s.number
			LEFT JOIN inner_root d ON l.tab = 'inner_root' AND l.key = d.day::text
			LEFT JOIN audit a ON l.tab = 'audit' AND l.key = a.file_id || '/' || a.version
			LEFT JOIN access_log g ON l.tab = 'access_log' AND l.key = g.chain || '/' || g.seq
			LEFT JOIN erasure e ON l.tab = 'erasure' AND l.key = e.document_id::text
			LEFT JOIN run_history r ON l.tab = 'run_history' AND l.key = r.workflow_id || '/' || r.run_id) e WHERE hash IS NOT NULL ORDER BY idx;
		DELETE FROM ledger_leaf`)
}

func (h *house) check(kept ...[]byte) *ledgercheck.Report {
	h.t.Helper()
	h.options.Kept = kept
	var r *ledgercheck.Report
	require.NoError(h.t, db.WithinLedger(context.Background(), h.rec.URL("koko"), func(q *db.Queries) (err error) {
		r, err = ledgercheck.Check(context.Background(), q, h.options)
		return err
	}))
	return r
}

// found are the rules and places of the findings.
func found(r *ledgercheck.Report) (all []string) {
	for _, f := range r.Findings {
		all = append(all, string(f.Rule)+" "+f.Where)
	}
	return all
}

// entries are all that were computed again.
func entries(r *ledgercheck.Report) (n int) {
	for _, of := range r.Entries {
		n += of
	}
	return n
}

func TestACleanLogIsClean(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.check(h.kept)
	require.True(t, r.Clean(), "%v", r.Findings)
	require.Equal(t, r.Size, r.Proven)
	require.EqualValues(t, r.Size+r.Inner.Size, entries(r)-r.Waiting-r.Inner.Waiting)
	require.Equal(t, []int{1, 1, 1}, []int{r.Entries["erasure"], r.Entries["run_history"], r.Entries["inner_root"]})
	require.Equal(t, []int{2, 4, 1}, []int{r.Waiting, r.Checkpoints, r.Cosignatures})
	require.Greater(t, r.Entries["audit"], 15)
}

func TestALogBeforeItsFirstCheckpointIsClean(t *testing.T) {
	t.Parallel()
	h := &house{t: t, rec: dbtest.New(t)}
	require.True(t, h.check().Clean())
	h.refuse(3)
	r := h.check()
	require.True(t, r.Clean(), "%v", r.Findings)
	require.Equal(t, 3, r.Waiting)
}

func TestWhatARetentionDeletedIsNotMissing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.refuse(3)
	h.sign()
	d, err := db.Retain(context.Background(), h.rec.URL("koko"), db.Retention{AccessLog: time.Now().Add(time.Hour), Decisions: calendar.DayOf(at), By: "u-officer", Reason: "aufbewahrungsfrist"})
	require.NoError(t, err)
	require.Positive(t, d.Entries)
	r := h.check(h.kept)
	require.True(t, r.Clean(), "%v", r.Findings)
	require.Equal(t, 1, r.Cut)
	h.sign()
	h.refuse(2)
	h.sign()
	r = h.check(h.kept)
	require.True(t, r.Clean(), "%v", r.Findings)

	h.super("UPDATE access_log_cut SET up_to_seq = up_to_seq + 1")
	require.Contains(t, strings.Join(found(h.check()), ", "), "cut access_log "+aachen, "a cut that the chain does not tell of")
}

// Each is done past every trigger. The first finding is the one that names it.
func TestEveryForgeryIsNamed(t *testing.T) {
	t.Parallel()
	const second = "(SELECT id FROM ledger_checkpoint ORDER BY id OFFSET 1 LIMIT 1)"
	for name, c := range map[string]struct {
		forge func(h *house)
		kept  bool
		want  []string // rule and place, the id of the case as ID
		only  bool     // nothing else is found
	}{
		"a decision that is edited": {
			forge: func(h *house) { h.super("UPDATE audit SET actor = 'somebody-else' WHERE version = 3") },
			want:  []string{"entry_changed audit ID/3"}, only: true,
		},
		"a decision that is edited, with its hash": {
			forge: func(h *house) {
				h.super("UPDATE audit SET actor = 'somebody-else' WHERE version = 3; UPDATE audit a SET hash = audit_hash(a) WHERE version = 3")
			},
			want: []string{"entry_changed audit ID/3", "chain_broken audit ID/4"}, only: true,
		},
		"a state that is edited, with its chain": {
			forge: func(h *house) {
				h.super(`UPDATE audit SET state = (state::jsonb || '{"phase": "closed"}')::json WHERE version = 20`)
				h.chain()
			},
			want: []string{"entry_changed audit ID/20", "entry_changed audit ID/21", "entry_changed audit ID/22"}, only: true,
		},
		"an entry of the access log that is edited, with its chain": {
			forge: func(h *house) {
				h.super("UPDATE access_log SET actor = 'nobody' WHERE seq = 10")
				h.chain()
			},
			want: []string{"entry_changed access_log " + aachen + "/10", "entry_changed access_log " + aachen + "/11"},
		},
		"an entry that waits and is edited, with its chain": {
			forge: func(h *house) {
				h.super("UPDATE access_log SET actor = 'nobody' WHERE seq = 13")
				h.chain()
			},
			want: []string{"entry_changed access_log " + aachen + "/13"}, only: true,
		},
		"a decision that is deleted": {
			forge: func(h *house) { h.super("DELETE FROM audit WHERE version = 5") },
			want:  []string{"entry_missing audit ID/5", "chain_broken audit ID/6"}, only: true,
		},
		"the last decision that is deleted": {
			forge: func(h *house) { h.super("DELETE FROM audit WHERE version = (SELECT max(version) FROM audit)") },
			want:  []string{"entry_missing audit ID/22"}, only: true,
		},
		"entries of the access log that are deleted without a cut": {
			forge: func(h *house) { h.super("DELETE FROM access_log WHERE seq <= 2") },
			want:  []string{"entry_missing access_log " + aachen + "/1", "entry_missing access_log " + aachen + "/2", "chain_broken access_log " + aachen + "/3"}, only: true,
		},
		"entries that are deleted by a cut that nobody made": {
			forge: func(h *house) {
				h.super("INSERT INTO access_log_cut (chain, up_to_seq, up_to_hash, by, reason) SELECT ags, seq, hash, 'x', 'x' FROM access_log WHERE seq = 2")
				h.super("DELETE FROM access_log WHERE seq <= 2")
			},
			want: []string{"cut access_log " + aachen + "/2", "entry_unlogged access_log_cut " + aachen + "/2"}, only: true,
		},
		"a decision that is inserted": {
			forge: func(h *house) {
				h.super(`INSERT INTO audit (file_id, kind, version, ags, phase, places, ties, command_id, action, actor, at, digest, veil, docs, state, hash)
					VALUES ('`+file+`', 'case', 1, $1, 'detection', ARRAY[$1], '{}', 'k', 'report_signal', 'x', now(), '', '', '[]', '{}', '')`, aachen)
				h.chain()
			},
			want: []string{"entry_unlogged audit " + file + "/1"}, only: true,
		},
		"an entry at the end of the access log": {
			forge: func(h *house) {
				h.super(`INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, subject_id, digest, prior_hash, hash)
					VALUES ('` + aachen + `', 14, 'x', 'read', 'x', 'x', '', '', '', '', 'x', '')`)
				h.chain()
			},
			want: []string{"entry_unlogged access_log " + aachen + "/14"}, only: true,
		},
		"a receipt of an erasure that is edited, with its hash": {
			forge: func(h *house) {
				h.super("UPDATE erasure SET approved_by = 'u-3'")
				h.super("UPDATE erasure e SET hash = erasure_hash(e)")
			},
			want: []string{"entry_changed erasure"}, only: true,
		},
		"a receipt of an erasure that is deleted": {
			forge: func(h *house) { h.super("DELETE FROM erasure") },
			want:  []string{"entry_missing erasure"}, only: true,
		},
		"a kept run that is edited": {
			forge: func(h *house) { h.super("UPDATE run_history SET events = 4") },
			want:  []string{"entry_changed run_history case-" + file + "/run-1"}, only: true,
		},
		"a leaf that is edited": {
			forge: func(h *house) { h.super("UPDATE ledger_leaf SET leaf = sha256('x') WHERE log = 'main' AND idx = 4") },
			want:  []string{"checkpoint_contradicts checkpoint 1", "node_changed node 1/2", "leaf_differs"},
		},
		"a leaf of another table": {
			forge: func(h *house) { h.super("UPDATE ledger_leaf SET tab = 'nothing' WHERE log = 'main' AND idx = 4") },
			want:  []string{"entry_unlogged", "table_unknown nothing"},
		},
		"a leaf that is deleted": {
			forge: func(h *house) { h.super("DELETE FROM ledger_leaf WHERE log = 'main' AND idx = 4") },
			want:  []string{"checkpoint_contradicts checkpoint 1", "leaf_missing leaf 4", "entry_unlogged"},
		},
		"a node that is edited": {
			forge: func(h *house) {
				h.super("UPDATE ledger_node SET hash = sha256('x') WHERE log = 'main' AND level = 2 AND idx = 1")
			},
			want: []string{"node_changed node 2/1"}, only: true,
		},
		"a node that is deleted": {
			forge: func(h *house) { h.super("DELETE FROM ledger_node WHERE log = 'main' AND level = 2 AND idx = 1") },
			want:  []string{"node_missing node 2/1"}, only: true,
		},
		"a log that is cut off at its end": {
			forge: func(h *house) {
				h.super("DELETE FROM ledger_leaf WHERE idx >= 20; DELETE FROM ledger_node WHERE ((idx + 1) << level) > 24; DELETE FROM access_log WHERE seq > 9")
			},
			want: []string{"log_shorter checkpoint 2", "log_shorter checkpoint 3", "node_beyond"},
		},
		"a checkpoint that is edited": {
			forge: func(h *house) {
				h.super(`UPDATE ledger_checkpoint SET signed = convert_to(replace(convert_from(signed, 'UTF8'), E'\n' || size || E'\n', E'\n' || size - 1 || E'\n'), 'UTF8') WHERE id = ` + second)
			},
			want: []string{"checkpoint_forged checkpoint 2"},
		},
		"a checkpoint whose columns are edited": {
			forge: func(h *house) { h.super("UPDATE ledger_checkpoint SET size = size - 1 WHERE id = " + second) },
			want:  []string{"checkpoint_changed checkpoint 2", "entry_changed ledger_checkpoint 2"}, only: true,
		},
		"a checkpoint that is signed by another key": {
			forge: func(h *house) {
				_, other := newKeys(h.t, origin)
				last := must(h.signer.Latest(context.Background()))
				forged := must(ledger.Sign(last.Checkpoint, other.Active()))
				h.super("UPDATE ledger_checkpoint SET signed = $1 WHERE id = $2", forged, last.ID)
			},
			want: []string{"checkpoint_forged checkpoint 3", "entry_changed ledger_checkpoint 3"}, only: true,
		},
		"a checkpoint that contradicts an earlier one": {
			forge: func(h *house) {
				h.super("INSERT INTO ledger_checkpoint (origin, size, root, at, signed) SELECT origin, size, root, at, signed FROM ledger_checkpoint WHERE id = " + second)
			},
			want: []string{"checkpoint_order checkpoint 4", "entry_unlogged ledger_checkpoint 4"}, only: true,
		},
		"a cosignature of another checkpoint": {
			forge: func(h *house) { h.super("UPDATE ledger_cosignature SET checkpoint_id = checkpoint_id + 1") },
			want:  []string{"cosignature checkpoint 3", "entry_missing ledger_cosignature 2/", "entry_unlogged ledger_cosignature 3/"}, only: true,
		},
		"a log that is rewritten whole and signed by its own key": {
			forge: func(h *house) {
				h.super("UPDATE audit SET actor = 'somebody-else' WHERE version = 3")
				h.chain()
				h.relog()
				h.super("DELETE FROM ledger_cosignature; DELETE FROM ledger_checkpoint; DELETE FROM inner_root; DELETE FROM ledger_pending WHERE tab = 'inner_root'")
				h.super("DELETE FROM row_state WHERE tab LIKE 'ledger%'; DELETE FROM ledger_pending WHERE key LIKE 'ledger%'")
				h.sign()
				require.True(h.t, h.check().Clean(), "without a kept checkpoint nobody can tell")
			},
			kept: true, want: []string{"checkpoint_contradicts kept checkpoint 1"}, only: true,
		},
		"a kept checkpoint of another instance": {
			forge: func(h *house) {
				_, other := newKeys(h.t, "koko.elsewhere.example/ledger")
				h.kept = must(ledger.Sign(ledger.Checkpoint{Origin: "koko.elsewhere.example/ledger", Time: at}, other.Active()))
			},
			kept: true, want: []string{"checkpoint_forged kept checkpoint 1"}, only: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			c.forge(h)
			var kept [][]byte
			if c.kept {
				kept = append(kept, h.kept)
			}
			r := h.check(kept...)
			got := found(r)
			for _, want := range c.want {
				require.Contains(t, strings.Join(got, "\n"), strings.Replace(want, "ID", h.id, 1))
			}
			if c.only {
				require.Len(t, got, len(c.want), "%v", got)
			}
			for _, f := range r.Findings {
				require.NotEmpty(t, f.Words("de"))
				require.NotEqual(t, f.Words("de"), f.Words("en"))
			}
		})
	}
}

func TestManyFindingsAreCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.refuse(130)
	h.sign()
	h.super("UPDATE access_log SET actor = 'nobody'")
	r := h.check()
	require.Len(t, r.Findings, 100)
	require.Equal(t, 143, r.Differences())
}

// confide has a file that is confided go its way, read and refused; the next day the inner log is committed to.
func (h *house) confide() (id string) {
	h.t.Helper()
	ctx := context.Background()
	for _, k := range kinds.All() {
		if !k.Confided() {
			continue
		}
		f := historytest.Way(k, "inner")
		id = f.ID
		for i, x := range f.Transitions {
			h.rec.StoreIn(h.t, f.ID, f.States[i].Head().AGS, x.By, x.Docs)
			_, err := (&activities.Files{Pool: h.rec.Worker}).SaveTransition(ctx, x)
			require.NoError(h.t, err)
		}
	}
	require.NotEmpty(h.t, id, "there is a kind that is confided")
	for i := range 3 {
		require.NoError(h.t, db.On(h.rec.API).AppendAccess(ctx, db.AppendAccessParams{ID: fmt.Sprint("c", i), Kind: "read", FileID: &id}))
	}
	h.tomorrow()
	return id
}

func (h *house) tomorrow() logbook.Signed {
	h.t.Helper()
	h.n += 24 * 60
	return h.sign()
}

const (
	today    = "2026-10-02" // at
	tomorrow = "2026-10-03"
)

func TestBothLogsAreChecked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.confide()
	h.tomorrow()
	require.NoError(t, db.On(h.rec.API).AppendAccess(context.Background(), db.AppendAccessParams{ID: "c9", Kind: "read", FileID: &id}))
	r := h.check(h.kept)
	require.True(t, r.Clean(), "%v", r.Findings)
	require.Equal(t, []int{0, 2, 3}, []int{r.Waiting, r.Inner.Waiting, r.Inner.Days}, "the entry, and that tomorrow was signed")
	require.Equal(t, r.Inner.Size, r.Inner.Proven)
	require.EqualValues(t, r.Size+r.Inner.Size, entries(r)-r.Waiting-r.Inner.Waiting)

	h.tomorrow()
	d, err := db.Retain(context.Background(), h.rec.URL("koko"), db.Retention{AccessLog: time.Now().Add(time.Hour), Decisions: calendar.DayOf(at), By: "u-officer", Reason: "aufbewahrungsfrist"})
	require.NoError(t, err)
	require.EqualValues(t, 2, d.Chains, "the municipality's and the file's")
	r = h.check(h.kept)
	require.True(t, r.Clean(), "%v", r.Findings)
	h.super("UPDATE access_log_cut SET up_to_seq = up_to_seq + 1 WHERE chain = $1", id)
	require.Contains(t, strings.Join(found(h.check()), ", "), "cut access_log "+id)
}

// reinner makes the inner log anew from the rows, with all that the database's owner can.
func (h *house) reinner() {
	h.t.Helper()
	ctx := context.Background()
	rows, err := h.rec.Owner.Query(ctx, `SELECT l.tab, coalesce(a.hash, g.hash, e.hash, s.hash) FROM ledger_leaf l
		LEFT JOIN row_state s ON l.tab = 'row_state' AND l.key = s.tab || '/' || s.key || '/' || s.number
		LEFT JOIN audit a ON l.tab = 'audit' AND l.key = a.file_id || '/' || a.version
		LEFT JOIN access_log g ON l.tab = 'access_log' AND l.key = g.chain || '/' || g.seq
		LEFT JOIN erasure e ON l.tab = 'erasure' AND l.key = e.document_id::text
		WHERE l.log = 'inner' ORDER BY l.idx`)
	require.NoError(h.t, err)
	var leaves []ledger.Hash
	var table string
	var hash []byte
	_, err = pgx.ForEachRow(rows, []any{&table, &hash}, func() error {
		leaves = append(leaves, ledger.Leaf(table, hash))
		return nil
	})
	require.NoError(h.t, err)
	nodes, _, _, err := ledger.Append(0, nil, leaves)
	require.NoError(h.t, err)
	for _, n := range nodes {
		if n.Level == 0 {
			h.super("UPDATE ledger_leaf SET leaf = $1 WHERE log = 'inner' AND idx = $2", n.Hash[:], int64(n.Index))
		} else {
			h.super("UPDATE ledger_node SET hash = $1 WHERE log = 'inner' AND level = $2 AND idx = $3", n.Hash[:], int16(n.Level), int64(n.Index))
		}
	}
}

// Each is done past every trigger. ID is the file that is confided.
func TestEveryForgeryOfTheInnerLogIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		forge func(h *house, id string)
		want  []string
		only  bool
	}{
		"a decision that is edited": {
			forge: func(h *house, id string) {
				h.super("UPDATE audit SET actor = 'x' WHERE file_id = $1 AND version = 3", id)
			},
			want: []string{"entry_changed audit ID/3"}, only: true,
		},
		"a decision of which is said that everybody may learn of it": {
			forge: func(h *house, id string) {
				h.super("UPDATE audit SET confided = false WHERE file_id = $1 AND version = 3", id)
			},
			want: []string{"entry_changed audit ID/3"}, only: true,
		},
		"a receipt of which is said that it is not confided": {
			forge: func(h *house, _ string) { h.super("UPDATE run_history SET confided = true") },
			want:  []string{"log_other run_history"}, only: true,
		},
		"an access that is edited, with its chain": {
			forge: func(h *house, id string) {
				h.super("UPDATE access_log SET actor = 'nobody' WHERE chain = $1 AND seq = 2", id)
				h.chain()
			},
			want: []string{"entry_changed access_log ID/2", "entry_changed access_log ID/3"}, only: true,
		},
		"an access that is deleted": {
			forge: func(h *house, id string) { h.super("DELETE FROM access_log WHERE chain = $1 AND seq = 2", id) },
			want:  []string{"entry_missing access_log ID/2", "chain_broken access_log ID/3"}, only: true,
		},
		"an access that is moved to the municipality": {
			forge: func(h *house, id string) {
				h.super("UPDATE access_log SET confided = false, seq = seq + 100 WHERE chain = $1 AND seq = 3", id)
			},
			want: []string{"entry_missing access_log ID/3"},
		},
		"a leaf that is deleted": {
			forge: func(h *house, _ string) { h.super("DELETE FROM ledger_leaf WHERE log = 'inner' AND idx = 4") },
			want:  []string{"leaf_missing inner leaf 4", "checkpoint_contradicts inner_root " + tomorrow, "entry_unlogged"},
		},
		"a node that is edited": {
			forge: func(h *house, _ string) {
				h.super("UPDATE ledger_node SET hash = sha256('x') WHERE log = 'inner' AND level = 2 AND idx = 1")
			},
			want: []string{"node_changed inner node 2/1"}, only: true,
		},
		"a log that is cut off at its end": {
			forge: func(h *house, _ string) {
				h.super("DELETE FROM ledger_leaf WHERE log = 'inner' AND idx > 3; DELETE FROM access_log WHERE confided")
			},
			want: []string{"log_shorter inner_root " + tomorrow, "node_beyond inner node"},
		},
		"a log that is rewritten after it was committed to": {
			forge: func(h *house, id string) {
				h.super("UPDATE audit SET actor = 'x' WHERE file_id = $1 AND version = 3", id)
				h.chain()
				h.reinner()
			},
			want: []string{"checkpoint_contradicts inner_root " + tomorrow}, only: true,
		},
		"a commitment that does not open": {
			forge: func(h *house, _ string) {
				h.super("UPDATE inner_root SET secret = sha256('x') WHERE day = $1::date", today)
			},
			want: []string{"entry_changed inner_root " + today}, only: true,
		},
		"a commitment that is made anew": {
			forge: func(h *house, _ string) {
				h.super("UPDATE inner_root SET secret = sha256('x') WHERE day = $1::date", today)
				h.super("UPDATE inner_root r SET hash = inner_root_hash(r)")
			},
			want: []string{"entry_changed inner_root " + today}, only: true,
		},
		"a day that is missing": {
			forge: func(h *house, _ string) { h.super("DELETE FROM inner_root WHERE day = $1::date", tomorrow) },
			want:  []string{"day_order inner_root " + tomorrow, "entry_missing inner_root " + tomorrow}, only: true,
		},
		"a first day that is missing": {
			forge: func(h *house, _ string) { h.super("DELETE FROM inner_root WHERE day = $1::date", today) },
			want:  []string{"day_order inner_root " + today, "entry_missing inner_root " + today}, only: true,
		},
		"a second root on a day": {
			forge: func(h *house, _ string) {
				h.exec("ALTER TABLE inner_root DROP CONSTRAINT inner_root_pkey")
				h.exec("INSERT INTO inner_root SELECT day, size, root, sha256('x'), '' FROM inner_root WHERE day = $1::date", tomorrow)
			},
			want: []string{"day_order inner_root " + tomorrow, "entry_unlogged inner_root " + tomorrow},
		},
		"a second leaf on a day": {
			forge: func(h *house, _ string) {
				h.super("INSERT INTO ledger_pending (log, tab, key, hash) VALUES ('main', 'inner_root', $1, sha256('x'))", tomorrow+"/2")
				h.sign()
			},
			want: []string{"entry_missing inner_root " + tomorrow + "/2"}, only: true,
		},
		"days that changed places": {
			forge: func(h *house, _ string) {
				h.super(`UPDATE inner_root SET day = day + 10; UPDATE inner_root SET day = CASE WHEN day = '2026-10-12' THEN '2026-10-03'::date ELSE '2026-10-02'::date END`)
				h.super("UPDATE ledger_leaf SET key = key || 'x' WHERE tab = 'inner_root'")
				h.super("UPDATE ledger_leaf SET key = CASE WHEN key = $1 || 'x' THEN $2 ELSE $1 END WHERE tab = 'inner_root'", today, tomorrow)
			},
			want: []string{"day_order inner_root " + tomorrow, "entry_changed inner_root " + today, "checkpoint_order inner_root " + tomorrow},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			id := h.confide()
			require.True(t, h.check().Clean())
			c.forge(h, id)
			r := h.check()
			got := found(r)
			for _, want := range c.want {
				require.Contains(t, strings.Join(got, "\n"), strings.Replace(want, "ID", id, 1))
			}
			if c.only {
				require.Len(t, got, len(c.want), "%v", got)
			}
		})
	}
}
