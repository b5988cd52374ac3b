package api_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/api/evidence"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/work"
	"koko/internal/evidence/ledger"
	books "koko/internal/evidence/logbook"
	"koko/internal/evidence/verify"
)

// later has the log signed on another day.
func (w *world) later(days int) books.Signed {
	w.t.Helper()
	signed, err := books.Signer{Book: books.Book{Pool: w.rec.Worker}, KeyFile: w.keys}.Checkpoint(context.Background(), time.Now().AddDate(0, 0, days))
	require.NoError(w.t, err)
	return signed
}

// mainLog is what the record says of the main log, as the API reads it.
func (w *world) mainLog() (s db.LedgerStatusRow, last int64) {
	w.t.Helper()
	s, err := db.On(w.rec.API).LedgerStatus(context.Background())
	require.NoError(w.t, err)
	signed, err := books.Book{Pool: w.rec.API}.Latest(context.Background())
	require.NoError(w.t, err)
	return s, signed.ID
}

// rowCounts are how many rows of each table the API's role sees in somebody's name, and the highest number of each chain of
// the access log among them.
func (w *world) rowCounts(caller string, area ags.Area) (all map[string]int64) {
	w.t.Helper()
	all = map[string]int64{}
	require.NoError(w.t, pgx.BeginFunc(context.Background(), w.rec.API, func(tx pgx.Tx) error {
		ctx := context.Background()
		if _, err := tx.Exec(ctx, "SELECT set_config('koko.caller', $1, true), set_config('koko.area', $2, true)", caller, strings.Join(db.Keys(area), ",")); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v') AND has_any_column_privilege(c.oid, 'SELECT') ORDER BY 1`)
		if err != nil {
			return err
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, table := range tables {
			var n int64
			if err := tx.QueryRow(ctx, "SELECT count(*) FROM "+table).Scan(&n); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
			all[table] = n
		}
		rows, err = tx.Query(ctx, "SELECT chain, max(seq) FROM access_log GROUP BY chain")
		if err != nil {
			return err
		}
		var chain string
		var seq int64
		_, err = pgx.ForEachRow(rows, []any{&chain, &seq}, func() error {
			all["access_log "+chain] = seq
			return nil
		})
		return err
	}))
	require.Contains(w.t, all, "ledger_leaf")
	require.Contains(w.t, all, "run_history")
	return all
}

// However much is done in a working file, what others see of the log stays as it was: its size, what waits, the
// checkpoints, the numbers of the access log, and how many rows there are.
func TestTheMainLogDoesNotMoveWithTheWork(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	w.later(0)
	type seen struct {
		status db.LedgerStatusRow
		last   int64
		counts map[string]map[string]int64
	}
	look := func() (s seen) {
		s.status, s.last = w.mainLog()
		s.counts = map[string]map[string]int64{}
		for _, as := range unworking() {
			s.counts[as] = w.rowCounts(as, ags.Area{here})
		}
		return s
	}
	before := look()
	v := w.worked("", work.ActionRelease) // which is a measure of the case, with its words
	path := workPath(v.ID)
	for _, what := range []string{"", "/documents", "/timeline", "/history", "/versions/2", "/runs", "/proof"} {
		require.Equal(t, http.StatusOK, w.get(mediator, path+what).code, what)
	}
	w.get(mediator, path+"/access").refused(http.StatusForbidden, "forbidden", "role")
	w.sealed(mediator, path)
	w.post(mediator, path+"/note-work", object{"note": "zu spät"}, "If-Match", tag(1))
	var docs documentPage
	w.get(mediator, path+"/documents?limit=100").ok(&docs)
	id := w.askFor(mediator, path, docs.Items[0].ID).erasure().ID
	require.Equal(t, http.StatusOK, w.post(caseworker, "/api/v1/erasures/"+id+"/approve", nil).code)
	w.exec(`INSERT INTO run_history (kind, file_id, ags, workflow_id, run_id, prior_run_id, started_at, closed_at, status, events, sha256, data, confided, hash)
		VALUES ('work', $1::uuid, $2, 'work-' || $1::uuid, 'run-1', '', now(), now(), 'continued', 3, repeat('0', 64), '', true, '')`, v.ID, here)
	w.differsAlone(v)
	for _, id := range []string{v.ID, uuid.NewString()} { // an outsider's attempt on it is like one on nothing
		w.get(supervisor, workPath(id)).refused(http.StatusNotFound, "not-found", "scope")
	}
	require.Equal(t, before, look())
	require.NoError(t, w.Checkpoint(t.Context()))
	require.Equal(t, before, look(), "there is nothing to sign")
	require.Greater(t, w.count("SELECT count(*) FROM ledger_pending WHERE log = 'inner'"), v.Version, "it waits in the inner log")

	tomorrow := w.later(1)
	require.EqualValues(t, before.status.Size+1, tomorrow.Checkpoint.Size, "one leaf a day")
	require.Greater(t, w.count("SELECT count(*) FROM ledger_leaf WHERE log = 'inner'"), v.Version)
}

// differsAlone notes a difference of a working file, as a comparison of that file alone does.
func (w *world) differsAlone(v WorkView) {
	w.t.Helper()
	run := uuid.NewString()
	w.exec("INSERT INTO reconciliation (id, by, scope, scheduled, confided, confided_files, confided_differences) VALUES ($1, 'system', 'file', false, true, 1, 1)", run)
	w.exec(`INSERT INTO difference (first_run, last_run, kind, file_id, ags, places, ties, reference, part, what, field, version, facts, repair, first_found, last_found)
		VALUES ($1, $1, 'work', $2, $3, ARRAY[$3], '{}', $4, 'record', 'field_differs', 'veiled', $5, '{}', 'restore_record', now(), now())`,
		run, v.ID, here, v.Reference(), v.Version)
}

// The people of a working file see its rows; nobody else does, wherever they work.
func TestTheRowsOfAWorkingFileAreThereForItsPeopleAlone(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	before := w.rowCounts(mediator, ags.Area{here})
	v := w.worked(work.ActionDisclose)
	w.get(mediator, workPath(v.ID)+"/history")
	after := w.rowCounts(mediator, ags.Area{here})
	require.Equal(t, int64(v.Version), after["audit"]-before["audit"])
	require.Equal(t, int64(1), after["file"]-before["file"])
	require.Positive(t, after["document"]-before["document"])
	require.Equal(t, after["access_log"]-before["access_log"], after["access_log "+v.ID], "a chain of its own, without a gap")
	require.Zero(t, w.rowCounts(mediator, ags.Area{there})["file"], "where they work")
	require.Equal(t, before["ledger_leaf"], after["ledger_leaf"], "of the inner log they see nothing but proofs")

	q := func(as string, area ags.Area) books.Inner {
		return books.Inner{Queries: db.As(w.rec.API, as, area), File: v.ID}
	}
	size := uint64(w.later(1).Checkpoint.Size)
	for _, as := range []string{supervisor, mediator2, dpo, admin, ""} {
		_, ok, err := q(as, ags.Area{here}).Open(t.Context(), size)
		require.NoError(t, err)
		require.False(t, ok, as)
		at, err := q(as, ags.Area{here}).Leaves(t.Context(), books.Audit, []string{v.ID + "/1"})
		require.NoError(t, err)
		require.Empty(t, at, as)
		_, err = q(as, ags.Area{here}).Inclusions(t.Context(), []uint64{1}, 4)
		require.Error(t, err, as)
	}
	_, ok, err := q(mediator, ags.Area{there}).Open(t.Context(), size)
	require.NoError(t, err)
	require.False(t, ok)
	_, ok, err = q(mediator, ags.Area{here}).Open(t.Context(), size)
	require.NoError(t, err)
	require.True(t, ok)
	at, err := q(mediator, ags.Area{here}).Leaves(t.Context(), books.Audit, []string{v.ID + "/1", uuid.NewString() + "/1"})
	require.NoError(t, err)
	require.Len(t, at, 1)
}

// A decision in a working file is proven in two steps, from the next day on.
func TestADecisionInAWorkingFileIsProvenInTwoSteps(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	v := w.worked(work.ActionChooseForm)
	path := workPath(v.ID) + "/proof?version=2"
	var p evidence.Proof
	w.get(mediator, path).ok(&p)
	require.True(t, p.Pending)
	require.Nil(t, p.Inclusion)
	require.Nil(t, p.Inner)

	w.later(1)
	w.get(mediator, path).ok(&p)
	require.False(t, p.Pending)
	hash, err := hex.DecodeString(p.Hash)
	require.NoError(t, err)
	var root ledger.Hash
	raw, err := hex.DecodeString(p.Inner.Root)
	require.NoError(t, err)
	copy(root[:], raw)
	inner := ledger.InclusionProof{Index: p.Inner.Index, Size: p.Inner.Size, Hashes: hashesOf(t, p.Inner.Hashes)}
	require.NoError(t, ledger.VerifyInclusion(inner, ledger.Leaf(p.Table, hash), root))
	opened := verify.InnerRoot{Day: p.Inner.Day, Size: fmt.Sprint(p.Inner.Size), Root: p.Inner.Root, Secret: p.Inner.Secret}
	require.Equal(t, p.Inner.Commitment, opened.Recompute())
	commitment, err := hex.DecodeString(p.Inner.Commitment)
	require.NoError(t, err)
	w.proves(evidence.Proof{Table: books.Roots, Hash: p.Inner.Commitment, Leaf: ledger.Leaf(books.Roots, commitment).String(), Inclusion: p.Inclusion})

	status, _ := w.mainLog()
	require.EqualValues(t, p.Inclusion.Size, status.Size)
}

// What was recorded since the day began waits, and the file says so; the rest is proven.
func TestASealedWorkingFileSaysWhatWaits(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	v := w.worked(work.ActionConfirmConditions)
	path := workPath(v.ID)
	r := w.proven(w.sealed(mediator, path))
	require.Equal(t, v.Version, r.Counts.Audit)
	require.Equal(t, r.Counts.Audit+r.Counts.Access, r.Counts.Pending, "all of it is of today")

	signed := w.later(1)
	require.Equal(t, http.StatusOK, w.post(mediator, path+"/note-work", object{"note": "Nachtrag"}, "If-Match", tag(v.Version)).code)
	sealed := w.sealed(mediator, path)
	r = w.proven(sealed)
	require.Equal(t, v.Version+1, r.Counts.Audit)
	require.Less(t, r.Counts.Pending, r.Counts.Audit+r.Counts.Access)
	entries := entriesOf(t, r, sealed)
	for _, e := range entries.Audit {
		require.Equal(t, e.Version == fmt.Sprint(v.Version+1), e.Pending, e.Version)
	}
	require.True(t, entries.Access[len(entries.Access)-1].Pending, "that it was exported")
	require.Equal(t, signed.Checkpoint.Size, r.Checkpoint.Size, "an export has nothing signed")
	var in verify.Inner
	require.NoError(t, json.Unmarshal(part(t, r, sealed, "inner.json"), &in))
	require.Equal(t, calendar.DayOf(signed.Checkpoint.Time).String(), in.Day[:10])
	for i, e := range entries.Access {
		require.Equal(t, fmt.Sprint(i+1), e.Seq, "a chain of its own")
	}
}

// What the lists over files of all kinds show of a working file is recorded with it, and nowhere else: the entry of the
// municipality is the one of an empty list.
func TestThatAListShowedAWorkingFileStandsWithIt(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	v := w.worked(work.ActionAccept)
	var docs documentPage
	w.get(mediator, workPath(v.ID)+"/documents?limit=100").ok(&docs)
	w.differsIn(v)
	for path, act := range map[string]string{"/api/v1/differences": "read_differences"} {
		require.Contains(t, w.get(mediator, path).body, v.ID)
		require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE chain = $1 AND action = $2", v.ID, act), path)
		require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE NOT confided AND actor = $1 AND action = $2 AND file_id IS NULL", mediator, act), path)
	}
}
