package logbook_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/internal/dbtest"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/logbook"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const (
	origin = "koko.musterhausen.example/ledger"
	aachen = "05334002"
)

var at = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func signer(t *testing.T, r *dbtest.Record) logbook.Signer {
	t.Helper()
	return logbook.Signer{Book: logbook.Book{Pool: r.Worker}, KeyFile: dbtest.LedgerKeys(t, origin, at.Add(-time.Hour))}
}

// refuse adds n entries to the access log.
func refuse(t *testing.T, r *dbtest.Record, prefix string, n int) {
	t.Helper()
	for i := range n {
		require.NoError(t, db.On(r.API).AppendAccess(context.Background(), db.AppendAccessParams{AGS: aachen, ID: fmt.Sprint(prefix, i), Kind: "refusal"}))
	}
}

// superuser gets past every trigger.
func superuser(t *testing.T, r *dbtest.Record, sql string, args ...any) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(context.Background(), r.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(context.Background(), "SET LOCAL session_replication_role = replica"); err != nil {
			return err
		}
		_, err := tx.Exec(context.Background(), sql, args...)
		return err
	}))
}

func TestACheckpointHoldsAllThatWasWritten(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	s := signer(t, r)
	keys := must(logbook.LoadKeys(s.KeyFile))
	_, err := s.Latest(ctx)
	require.ErrorIs(t, err, logbook.ErrNoCheckpoint)

	refuse(t, r, "a", 5)
	first := must(s.Checkpoint(ctx, at))
	require.EqualValues(t, 6, first.Checkpoint.Size, "and the commitment to the inner log")
	opened, _, err := ledger.Open(first.Note, keys.Public())
	require.NoError(t, err)
	require.Equal(t, first.Checkpoint, opened)
	require.Equal(t, first, must(s.Checkpoint(ctx, at.Add(time.Minute))), "nothing new: nothing to sign")

	refuse(t, r, "b", 8)
	second := must(s.Checkpoint(ctx, at.Add(time.Hour)))
	require.EqualValues(t, 14, second.Checkpoint.Size)
	require.Equal(t, second, must(s.Latest(ctx)))
	require.NoError(t, ledger.VerifyConsistency(must(s.Consistency(ctx, 6, 14)), first.Checkpoint.Root, second.Checkpoint.Root))

	api := logbook.Book{Pool: r.API}
	where := must(api.Leaves(ctx, logbook.AccessLog, []string{aachen + "/7", aachen + "/99"}))
	require.Equal(t, map[string]uint64{aachen + "/7": 7}, where)
	var hash []byte
	require.NoError(t, r.Owner.QueryRow(ctx, "SELECT hash FROM access_log WHERE seq = 7").Scan(&hash))
	proof := must(api.Inclusion(ctx, 7, 14))
	require.NoError(t, ledger.VerifyInclusion(proof, ledger.Leaf(logbook.AccessLog, hash), second.Checkpoint.Root))
	hash[0]++
	require.Error(t, ledger.VerifyInclusion(proof, ledger.Leaf(logbook.AccessLog, hash), second.Checkpoint.Root))
}

func TestALogThatDoesNotGrowIsSignedWhenTheDayBegins(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	s := signer(t, r)
	first := must(s.Checkpoint(ctx, at))
	require.EqualValues(t, 1, first.Checkpoint.Size, "the commitment to the inner log")
	require.Equal(t, first.ID, must(s.Checkpoint(ctx, at.Add(14*time.Hour-time.Second))).ID, "the same day in Berlin")
	next := must(s.Checkpoint(ctx, at.Add(14*time.Hour)))
	require.EqualValues(t, 2, next.Checkpoint.Size)
	require.Equal(t, next.ID, must(s.Checkpoint(ctx, at.Add(15*time.Hour))).ID)
}

func TestARewrittenLogIsNotSigned(t *testing.T) {
	t.Parallel()
	for name, rewrite := range map[string]func(t *testing.T, r *dbtest.Record){
		"another leaf and all that follows from it": func(t *testing.T, r *dbtest.Record) {
			superuser(t, r, "UPDATE ledger_leaf SET leaf = sha256('other') WHERE idx = 3")
			superuser(t, r, "UPDATE ledger_node SET hash = sha256('other')")
		},
		"a shorter log": func(t *testing.T, r *dbtest.Record) { superuser(t, r, "DELETE FROM ledger_leaf WHERE idx > 3") },
		"a hole":        func(t *testing.T, r *dbtest.Record) { superuser(t, r, "DELETE FROM ledger_node WHERE level = 3") },
		"a forged checkpoint": func(t *testing.T, r *dbtest.Record) {
			superuser(t, r, "UPDATE ledger_checkpoint SET signed = replace(convert_from(signed, 'UTF8'), E'\n9\n', E'\n4\n')::bytea")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, ctx := dbtest.New(t), context.Background()
			s := signer(t, r)
			refuse(t, r, "a", 8)
			must(s.Checkpoint(ctx, at))
			rewrite(t, r)
			refuse(t, r, "b", 1)
			_, err := s.Checkpoint(ctx, at.Add(time.Hour))
			require.Error(t, err)
			require.Equal(t, 1, count(t, r, "ledger_checkpoint"))
		})
	}
}

func count(t *testing.T, r *dbtest.Record, table string) (n int) {
	t.Helper()
	require.NoError(t, r.Owner.QueryRow(context.Background(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}

func TestManyWriteWhileOthersSign(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	s := signer(t, r)
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() { refuse(t, r, fmt.Sprint("w", w, "-"), 25) })
	}
	for range 3 {
		all.Go(func() {
			for range 5 {
				_, err := s.Checkpoint(ctx, at)
				require.NoError(t, err)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 101, must(s.Checkpoint(ctx, at)).Checkpoint.Size)
	require.Equal(t, 101, count(t, r, "ledger_leaf WHERE log = 'main'"), "each row once")
	require.Zero(t, count(t, r, "ledger_pending WHERE log = 'main'"))
}

func TestARowThatIsWrittenASecondTimeKeepsItsPlace(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	s := signer(t, r)
	refuse(t, r, "a", 3)
	must(s.Checkpoint(ctx, at))
	_, err := r.Owner.Exec(ctx, "SELECT ledger_note('access_log', $1, sha256('again'), false)", aachen+"/2")
	require.NoError(t, err)
	require.EqualValues(t, 4, must(s.Checkpoint(ctx, at)).Checkpoint.Size)
}

func TestNobodyChangesTheLogThroughKoKo(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	s := signer(t, r)
	refuse(t, r, "a", 3)
	must(s.Checkpoint(ctx, at))
	for _, sql := range []string{
		"UPDATE ledger_leaf SET key = 'x'", "DELETE FROM ledger_leaf", "UPDATE ledger_node SET hash = sha256('')", "DELETE FROM ledger_node",
		"UPDATE ledger_checkpoint SET size = 1", "DELETE FROM ledger_checkpoint", "UPDATE inner_root SET size = 1", "DELETE FROM inner_root",
	} {
		for _, pool := range []*pgxpool.Pool{r.Owner, r.API, r.Worker} {
			_, err := pool.Exec(ctx, sql)
			require.Error(t, err, sql)
		}
	}
	_, err := r.API.Exec(ctx, "INSERT INTO ledger_leaf VALUES (3, 'x', 'x', sha256(''))")
	require.ErrorContains(t, err, "permission denied")
	_, err = r.Worker.Exec(ctx, "SELECT ledger_note('audit', 'x', sha256(''), false)")
	require.ErrorContains(t, err, "permission denied")
}

func TestManyLeavesAreProvenAtOnce(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	s := signer(t, r)
	refuse(t, r, "a", 13)
	signed := must(s.Checkpoint(ctx, at))
	indexes := []uint64{12, 0, 7, 7, 3}
	proofs := must(s.Inclusions(ctx, indexes, signed.Checkpoint.Size))
	require.Len(t, proofs, len(indexes))
	for n, i := range indexes {
		require.Equal(t, must(s.Inclusion(ctx, i, signed.Checkpoint.Size)), proofs[n])
	}
	require.Empty(t, must(s.Inclusions(ctx, nil, 14)))
	_, err := s.Inclusions(ctx, []uint64{14}, 14)
	require.Error(t, err)
}

// confide adds n rows that are confided: kept runs, of which the row itself says so.
func confide(t *testing.T, r *dbtest.Record, prefix string, n int) {
	t.Helper()
	for i := range n {
		_, err := r.Owner.Exec(context.Background(), `INSERT INTO run_history (kind, file_id, ags, workflow_id, run_id, prior_run_id, started_at, closed_at, status, events, sha256, data, confided, hash)
			VALUES ('x', $1::uuid, $2, 'x-' || $1::uuid, $3, '', now(), now(), 'continued', 3, repeat('0', 64), '', true, '')`, uuid.NewString(), aachen, fmt.Sprint(prefix, i))
		require.NoError(t, err)
	}
}

// However much is confided, and however long nothing ran: the main log gets one leaf for each day.
func TestTheMainLogTakesOneLeafADayFromTheInnerOne(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	sizes := map[int][]uint64{}
	for _, n := range []int{0, 40} {
		r := dbtest.New(t)
		s := signer(t, r)
		for i, after := range []time.Duration{0, time.Minute, 14*time.Hour - time.Second, 14 * time.Hour, 20 * time.Hour, 5 * 24 * time.Hour, 5*24*time.Hour + time.Hour, 24 * time.Hour} {
			confide(t, r, fmt.Sprint(i, "-"), n)
			status, err := db.On(r.API).LedgerStatus(ctx)
			require.NoError(t, err)
			require.Zero(t, status.Waiting, "what is confided does not wait for this log")
			sizes[n] = append(sizes[n], must(s.Checkpoint(ctx, at.Add(after))).Checkpoint.Size)
		}
		require.Equal(t, 6, count(t, r, "inner_root"))
		require.Equal(t, 6, count(t, r, "ledger_leaf WHERE tab = 'inner_root'"))
		require.Equal(t, 6*n, count(t, r, "ledger_leaf WHERE log = 'inner' AND tab <> 'row_state'"), "what came after the day began waits for the next")
		require.Equal(t, 2*n, count(t, r, "ledger_pending WHERE tab <> 'row_state'"))
		require.Equal(t, 6, count(t, r, "(SELECT DISTINCT secret FROM inner_root) s"))
	}
	require.Equal(t, []uint64{1, 1, 1, 2, 2, 6, 6, 6}, sizes[0])
	require.Equal(t, sizes[0], sizes[40])
}

// Whoever is tied to a confided file proves what is in the inner log of it, up to the root that the main log commits to.
// Somebody else, and whoever works elsewhere, gets nothing, and neither does anybody of another file.
func TestTheInnerLogIsProvenToThePeopleOfTheFileAlone(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	s := signer(t, r)
	ids := []string{uuid.NewString(), uuid.NewString()}
	for i, id := range ids {
		holder := fmt.Sprint("p-", i)
		for v := range int32(3) {
			n, err := db.On(r.Worker).AppendAudit(ctx, db.AppendAuditParams{
				FileID: id, Kind: "x", Version: v + 1, AGS: aachen, Phase: "open", Places: ags.Area{aachen}, Ties: []string{"holds:" + holder},
				CommandID: fmt.Sprint("c", v), Action: "act", Actor: holder, At: at, Digest: "d", Docs: []file.Doc{}, State: []byte("{}"), Salt: uuid.NewString(), Confided: true,
			})
			require.NoError(t, err)
			require.EqualValues(t, 1, n)
		}
		superuser(t, r, `INSERT INTO file (id, kind, ags, places, reference, phase, over, ties, facets, opened, changed, version, state, confided)
			VALUES ($1, 'x', $2, ARRAY[$2], '', 'open', false, ARRAY[$3], '{}', now(), now(), 3, jsonb_build_object('ags', $2::text, 'version', 3), true)`,
			id, aachen, "holds:"+holder)
	}
	of := func(caller string, area ags.Key, id string) logbook.Inner {
		return logbook.Inner{Queries: db.As(r.API, caller, ags.Area{area}), File: id}
	}
	keys := []string{ids[0] + "/1", ids[0] + "/2", ids[0] + "/3", ids[1] + "/1"}
	_, ok, err := of("p-0", aachen, ids[0]).Open(ctx, 0)
	require.NoError(t, err)
	require.False(t, ok, "nothing is committed to yet")

	must(s.Checkpoint(ctx, at))
	main := must(s.Checkpoint(ctx, at.Add(24*time.Hour))).Checkpoint.Size
	mine := of("p-0", aachen, ids[0])
	o, ok, err := mine.Open(ctx, main)
	require.NoError(t, err)
	require.True(t, ok)
	require.EqualValues(t, count(t, r, "ledger_leaf WHERE log = 'inner'"), o.Size)
	require.Equal(t, "2026-11-03", o.Day)
	require.Less(t, o.Leaf, main)
	leaves := must(mine.Leaves(ctx, logbook.Audit, keys))
	require.Len(t, leaves, 3, "none of the other file")
	for key, i := range leaves {
		var hash []byte
		require.NoError(t, r.Owner.QueryRow(ctx, "SELECT hash FROM audit WHERE file_id || '/' || version = $1", key).Scan(&hash))
		proofs := must(mine.Inclusions(ctx, []uint64{i}, o.Size))
		require.NoError(t, ledger.VerifyInclusion(proofs[0], ledger.Leaf(logbook.Audit, hash), o.Root))
	}

	for name, other := range map[string]logbook.Inner{
		"of another file": of("p-1", aachen, ids[0]), "a stranger": of("p-2", aachen, ids[0]), "nobody": of("", aachen, ids[0]),
		"who works elsewhere": of("p-0", "05999001", ids[0]),
	} {
		_, ok, err := other.Open(ctx, main)
		require.NoError(t, err, name)
		require.False(t, ok, name)
		require.Empty(t, must(other.Leaves(ctx, logbook.Audit, keys)), name)
		_, err = other.Inclusions(ctx, []uint64{0}, o.Size)
		require.ErrorContains(t, err, "is missing", name)
	}

	away, cancel := context.WithCancel(ctx)
	cancel()
	_, _, err = mine.Open(away, main)
	require.ErrorIs(t, err, context.Canceled)
	_, err = mine.Leaves(away, logbook.Audit, keys)
	require.ErrorIs(t, err, context.Canceled)
}

// A log that cannot be read for now was not rewritten: that would be an alarm.
func TestALogThatCannotBeReadIsNoRewrittenOne(t *testing.T) {
	t.Parallel()
	for _, log := range []string{"main", "inner"} {
		t.Run(log, func(t *testing.T) {
			t.Parallel()
			r, ctx := dbtest.New(t), context.Background()
			s := signer(t, r)
			confide(t, r, "a", 8)
			refuse(t, r, "a", 8)
			must(s.Checkpoint(ctx, at))
			after := at.Add(map[string]time.Duration{"main": time.Minute, "inner": 24 * time.Hour}[log])
			refuse(t, r, "b", 1)
			superuser(t, r, "REVOKE SELECT ON ledger_node FROM koko_worker")
			_, err := s.Checkpoint(ctx, after)
			require.ErrorContains(t, err, "permission denied")
			require.NotErrorIs(t, err, logbook.ErrRewritten)
			superuser(t, r, "GRANT SELECT ON ledger_node TO koko_worker")
			must(s.Checkpoint(ctx, after))
		})
	}
}

// What the inner log was is not committed to once more if it was rewritten; the main log is signed all the same.
func TestARewrittenInnerLogIsNotCommittedTo(t *testing.T) {
	t.Parallel()
	for name, rewrite := range map[string]string{
		"another leaf":  "UPDATE ledger_leaf SET leaf = sha256('other') WHERE log = 'inner' AND idx = 3; UPDATE ledger_node SET hash = sha256('other') WHERE log = 'inner'",
		"a shorter log": "DELETE FROM ledger_leaf WHERE log = 'inner' AND idx > 3",
		"a hole":        "DELETE FROM ledger_node WHERE log = 'inner' AND level = 3",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, ctx := dbtest.New(t), context.Background()
			s := signer(t, r)
			confide(t, r, "a", 8)
			must(s.Checkpoint(ctx, at))
			superuser(t, r, rewrite)
			refuse(t, r, "b", 1)
			signed, err := s.Checkpoint(ctx, at.Add(24*time.Hour))
			require.ErrorIs(t, err, logbook.ErrRewritten)
			require.EqualValues(t, 2, signed.Checkpoint.Size, "the refusal is in the main log")
			require.Equal(t, 1, count(t, r, "inner_root"))
		})
	}
}

func TestManySignAndEachDayHasOneRoot(t *testing.T) {
	t.Parallel()
	r, ctx := dbtest.New(t), context.Background()
	s := signer(t, r)
	confide(t, r, "a", 5)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for day := range 3 {
				_, err := s.Checkpoint(ctx, at.AddDate(0, 0, day))
				require.NoError(t, err)
			}
		})
	}
	all.Wait()
	require.Equal(t, 3, count(t, r, "inner_root"))
	require.EqualValues(t, 3, must(s.Checkpoint(ctx, at.AddDate(0, 0, 2))).Checkpoint.Size)
}
