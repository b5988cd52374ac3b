package ledgercheck_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/conflict"
	"koko/internal/casetest"
	"koko/internal/dbtest"
	"koko/internal/evidence/ledgercheck"
)

// BenchmarkLedgerCheck says how many entries are checked in a second, and how many times longer that takes
// than SHA-256 alone of the same bytes, measured in turn.
func BenchmarkLedgerCheck(b *testing.B) {
	url, options := manyEntries(b)
	var checking, hashing time.Duration
	var entries int
	for b.Loop() {
		began := time.Now()
		var r *ledgercheck.Report
		require.NoError(b, db.WithinLedger(context.Background(), url, func(q *db.Queries) (err error) {
			r, err = ledgercheck.Check(context.Background(), q, options)
			return err
		}))
		checking += time.Since(began)
		require.True(b, r.Clean(), "%v", r.Findings)
		entries = r.Entries["audit"] + r.Entries["access_log"]
		words := []byte(strings.Repeat("x", int(r.Bytes)))
		began = time.Now()
		_ = sha256.Sum256(words)
		hashing += time.Since(began)
		b.SetBytes(r.Bytes)
	}
	b.ReportMetric(float64(entries*b.N)/checking.Seconds(), "entries/s")
	b.ReportMetric(checking.Seconds()/hashing.Seconds(), "times-SHA-256")
}

// manyEntries is a record with as many decisions of the size of a real case as entries of the access log.
func manyEntries(b *testing.B) (url string, o ledgercheck.Options) {
	b.Helper()
	const files, each = 200, 100
	r, ctx := dbtest.New(b), context.Background()
	m := &casetest.Maker{Salt: "bench"}
	c := conflict.Case{ID: m.ID(), AGS: aachen}
	var err error
	for n, step := range m.Way() {
		c, err = c.Decide(step.Command, step.By, at.Add(time.Duration(n)*time.Hour))
		require.NoError(b, err)
	}
	state, err := json.Marshal(c)
	require.NoError(b, err)
	_, err = r.Owner.Exec(ctx, `INSERT INTO audit (file_id, kind, version, ags, phase, places, ties, command_id, action, actor, at, digest, veil, docs, state, hash)
		SELECT lpad(to_hex(f), 32, '0')::uuid, 'case', v, $1, 'detection', ARRAY[$1], '{}', 'k' || v, 'add_note', 'u-manager', now(), repeat('0', 64), '', '[]', $2::jsonb, ''
		FROM generate_series(1, $3::integer) f, generate_series(1, $4::integer) v ORDER BY 1, 3`, aachen, state, files, each)
	require.NoError(b, err)
	_, err = r.Owner.Exec(ctx, `INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, subject_id, digest, hash)
		SELECT $1, 1, 'r' || n, 'read', 'u-supervisor', 'read_history', '', 'fachaufsicht', '', '', '' FROM generate_series(1, $2::integer) n`, aachen, files*each)
	require.NoError(b, err)
	s, keys := newKeys(b, origin)
	s.Pool = r.Worker
	_, err = s.Checkpoint(ctx, at)
	require.NoError(b, err)
	_, err = r.Owner.Exec(ctx, "ANALYZE")
	require.NoError(b, err)
	return r.URL("koko"), ledgercheck.Options{Keys: keys.Public()}
}
