package verify_test

import (
	"bytes"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/internal/evidence/verify"
)

// How many entries are verified in a second, and how many times longer that takes than SHA-256 alone
// of the same bytes, measured in turn.
func BenchmarkCheck(b *testing.B) {
	w := newWorld(b, 2000)
	file := w.seal(b)
	entries := len(w.sealed.Entries.Audit) + len(w.sealed.Entries.Access)
	var checking, hashing time.Duration
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		began := time.Now()
		r, err := verify.Check(bytes.NewReader(file), int64(len(file)), w.trust())
		checking += time.Since(began)
		require.NoError(b, err)
		require.Equal(b, verify.Proven, r.Verdict)
		began = time.Now()
		_ = sha256.Sum256(file)
		hashing += time.Since(began)
	}
	b.ReportMetric(float64(entries*b.N)/checking.Seconds(), "entries/s")
	b.ReportMetric(checking.Seconds()/hashing.Seconds(), "times-SHA-256")
	b.ReportMetric(float64(len(file))/float64(entries), "B/entry")
}
