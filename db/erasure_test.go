package db_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/dbtest"
	"koko/internal/evidence/verify"
)

// asked is a case one of whose documents somebody has asked to erase.
func asked(t *testing.T, r *dbtest.Record, by string) (c conflict.Case, document, request string) {
	t.Helper()
	m := &casetest.Maker{Salt: "erasure"}
	c = reported(t, r, m, aachen, at)
	document, request = c.Signal.Docs.Docs[0].ID, m.ID()
	require.EqualValues(t, 1, ask(t, r, by, request, c, document))
	return c, document, request
}

func ask(t *testing.T, r *dbtest.Record, by, id string, c conflict.Case, document string) int64 {
	t.Helper()
	n, err := db.As(r.API, by, ags.Area{c.AGS}).AddErasureRequest(context.Background(), db.AddErasureRequestParams{
		ID: id, DocumentID: document, FileID: c.ID, Kind: conflict.Kind, AGS: c.AGS, Reason: file.ConsentWithdrawn, RequestedBy: by,
	})
	require.NoError(t, err)
	return n
}

func decide(r *dbtest.Record, by string, area ags.Area, request string, approve bool) error {
	ctx := context.Background()
	return db.Within(ctx, r.API, by, area, func(q *db.Queries) error { return q.Erase(ctx, request, approve) })
}

func TestADocumentIsErasedByTwo(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	_, document, request := asked(t, r, "u-1")
	_, err := r.Owner.Exec(ctx, "ALTER TABLE document DISABLE TRIGGER keep; UPDATE document SET secret = sha256('s'), tokens = '{1}'; ALTER TABLE document ENABLE TRIGGER keep")
	require.NoError(t, err)

	require.ErrorIs(t, decide(r, "u-1", ags.Area{aachen}, request, true), db.ErrSameEyes)
	require.ErrorIs(t, decide(r, "", ags.Area{aachen}, request, true), db.ErrSameEyes, "nobody is not a second one")
	require.ErrorContains(t, decide(r, "u-2", ags.Area{bonn}, request, true), "no such request")
	require.ErrorContains(t, decide(r, "u-2", nil, request, true), "no such request")
	require.Zero(t, one[int](t, r.Owner, "SELECT count(*)::int FROM erasure"))
	require.Equal(t, 1, one[int](t, r.Owner, "SELECT count(*)::int FROM document WHERE id = $1 AND sealed <> '' AND secret IS NOT NULL", document))

	require.NoError(t, decide(r, "u-2", ags.Area{aachen}, request, true))
	require.Equal(t, 1, one[int](t, r.Owner, "SELECT count(*)::int FROM document WHERE id = $1 AND sealed = '' AND secret IS NULL AND tokens = '{}' AND digest <> ''", document))
	require.ErrorIs(t, decide(r, "u-3", ags.Area{aachen}, request, true), db.ErrDecided)
	require.ErrorIs(t, decide(r, "u-3", ags.Area{aachen}, request, false), db.ErrDecided)
	require.Empty(t, must(db.New(r.Owner).ListBrokenAudit(ctx, 10)), "every proof stays valid")
}

func TestTheReceiptIsWhatASealedFileChecks(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	c, document, request := asked(t, r, "u-1")
	require.NoError(t, decide(r, "u-2", ags.Area{aachen}, request, true))
	var stands verify.Receipt
	var hash []byte
	var requested, approved time.Time
	require.NoError(t, r.Owner.QueryRow(context.Background(), "SELECT digest, reason, requested_by, requested_at, approved_by, approved_at, hash FROM erasure").
		Scan(&stands.Digest, &stands.Reason, &stands.RequestedBy, &requested, &stands.ApprovedBy, &approved, &hash))
	stands.RequestedAt, stands.ApprovedAt = strconv.FormatInt(requested.UnixMicro(), 10), strconv.FormatInt(approved.UnixMicro(), 10)
	require.Equal(t, verify.Receipt{
		Digest: c.Signal.Docs.Docs[0].Digest, Reason: "consent_withdrawn", RequestedBy: "u-1", RequestedAt: stands.RequestedAt, ApprovedBy: "u-2", ApprovedAt: stands.ApprovedAt,
	}, stands)
	require.True(t, requested.Before(approved))
	require.Equal(t, hex.EncodeToString(hash), stands.Recompute(document, c.ID))
}

func TestARejectedRequestErasesNothing(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	c, document, request := asked(t, r, "u-1")
	require.Zero(t, ask(t, r, "u-3", c.ID, c, document), "one is open")
	require.NoError(t, decide(r, "u-1", ags.Area{aachen}, request, false), "it can be withdrawn")
	require.Zero(t, one[int](t, r.Owner, "SELECT count(*)::int FROM erasure"))
	require.Equal(t, 1, one[int](t, r.Owner, "SELECT count(*)::int FROM document WHERE id = $1 AND sealed <> ''", document))
	require.EqualValues(t, 1, ask(t, r, "u-3", c.ID, c, document), "and asked again")
}

func TestOfManyWhoApproveAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	_, _, request := asked(t, r, "u-1")
	var mu sync.Mutex
	var many sync.WaitGroup
	outcomes := map[error]int{}
	for i := range 8 {
		many.Go(func() {
			err := decide(r, fmt.Sprint("approver-", i), ags.Area{aachen}, request, i%2 == 0)
			mu.Lock()
			defer mu.Unlock()
			outcomes[err]++
		})
	}
	many.Wait()
	require.Equal(t, map[error]int{nil: 1, db.ErrDecided: 7}, outcomes)
	require.Empty(t, must(db.New(r.Owner).ListBrokenAudit(context.Background(), 10)))
}

func TestAnErasureIsEvidence(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	_, document, request := asked(t, r, "u-1")
	for _, sql := range []string{
		"UPDATE document SET sealed = '', secret = NULL, tokens = '{}'", "UPDATE document SET digest = 'x'", "DELETE FROM document WHERE action = 'report_signal'",
		"UPDATE erasure_request SET reason = 'unlawful'", "UPDATE erasure_request SET requested_by = 'u-2'", "DELETE FROM erasure_request",
		"UPDATE erasure_request SET status = 'approved', decided_by = requested_by, decided_at = now()",
	} {
		_, err := r.Owner.Exec(ctx, sql)
		var pg *pgconn.PgError
		require.ErrorAs(t, err, &pg, sql)
		require.Contains(t, []string{"23001", "23503", "23514"}, pg.Code, "%s: %s", sql, pg.Message)
	}
	require.NoError(t, decide(r, "u-2", ags.Area{aachen}, request, true))
	for _, sql := range []string{
		"UPDATE document SET sealed = 'back' WHERE sealed = ''", "UPDATE document SET sealed = '', author = 'x' WHERE id = '" + document + "'",
		"UPDATE erasure SET reason = 'unlawful'", "DELETE FROM erasure", "UPDATE erasure_request SET status = 'rejected'",
	} {
		_, err := r.Owner.Exec(ctx, sql)
		require.ErrorContains(t, err, "stays as it is", sql)
	}
	for _, sql := range []string{
		"UPDATE document SET sealed = ''", "UPDATE erasure_request SET status = 'rejected'", "DELETE FROM erasure_request", "UPDATE erasure SET reason = 'x'",
		"INSERT INTO erasure SELECT * FROM erasure", "INSERT INTO erasure_request SELECT * FROM erasure_request",
	} {
		_, err := r.API.Exec(ctx, sql)
		require.ErrorContains(t, err, "permission denied", sql)
	}
	for _, sql := range []string{"SELECT secret FROM document", "SELECT * FROM erasure", "SELECT decide_erasure(gen_random_uuid(), true)"} {
		_, err := r.Worker.Exec(ctx, sql)
		require.ErrorContains(t, err, "permission denied", sql)
	}
}

func TestNobodyAsksInTheNameOfAnotherOrElsewhere(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	m := &casetest.Maker{Salt: "name"}
	c := reported(t, r, m, aachen, at)
	p := db.AddErasureRequestParams{
		ID: m.ID(), DocumentID: c.Signal.Docs.Docs[0].ID, FileID: c.ID, Kind: conflict.Kind, AGS: aachen, Reason: file.Objection, RequestedBy: "u-2",
	}
	_, err := db.As(r.API, "u-1", ags.Area{aachen}).AddErasureRequest(ctx, p)
	require.ErrorContains(t, err, "row-level security")
	_, err = db.As(r.API, "u-2", ags.Area{bonn}).AddErasureRequest(ctx, p)
	require.ErrorContains(t, err, "row-level security")
	require.EqualValues(t, 1, must(db.As(r.API, "u-2", ags.Area{aachen}).AddErasureRequest(ctx, p)))
	_, err = db.As(r.API, "u-2", ags.Area{bonn}).GetErasureRequest(ctx, p.ID)
	require.Error(t, err)
}

// Whoever owns the database can erase alone, but not unnoticed.
func TestAnErasureByOneIsFound(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	_, document, request := asked(t, r, "u-1")
	require.NoError(t, decide(r, "u-2", ags.Area{aachen}, request, true))
	for _, sql := range []string{
		"DELETE FROM erasure", "UPDATE erasure SET approved_by = 'u-3'", "UPDATE erasure SET approved_by = 'u-3', hash = ''",
		"UPDATE erasure e SET approved_by = 'u-3'; UPDATE erasure e SET hash = erasure_hash(e)",
		"UPDATE document SET sealed = 'back' WHERE sealed = ''", "UPDATE document SET tokens = '{7}' WHERE sealed = ''",
		"UPDATE erasure_request SET status = 'rejected'", "DELETE FROM erasure_request",
	} {
		tx, err := r.Owner.Begin(ctx)
		require.NoError(t, err)
		_, err = tx.Exec(ctx, "SET LOCAL session_replication_role = replica; "+sql)
		require.NoError(t, err, sql)
		broken := must(db.New(tx).ListBrokenAudit(ctx, 10))
		require.Len(t, broken, 1, sql)
		require.Equal(t, "erasure "+document, broken[0].Ledger+" "+broken[0].Entry, sql)
		require.NoError(t, tx.Rollback(ctx))
	}
}

func TestAnErasureIsNeverBeforeWhatItErases(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "clock"}
	ahead := time.Now().Add(5 * time.Second).Truncate(time.Microsecond) // of the machine that decided
	c := reported(t, r, m, aachen, ahead)
	request := m.ID()
	require.EqualValues(t, 1, ask(t, r, "u-1", request, c, c.Signal.Docs.Docs[0].ID))
	require.NoError(t, decide(r, "u-2", ags.Area{aachen}, request, true))
	require.True(t, one[bool](t, r.Owner, "SELECT requested_at >= $1 AND approved_at >= requested_at FROM erasure", ahead))
}
