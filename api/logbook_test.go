package api_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/internal/dbtest"
	"koko/internal/ledger"
	"koko/internal/logbook"
	"koko/internal/verify"
)

const ledgerName = "koko.musterhausen.example/ledger"

// book signs as the worker does.
type book struct{ logbook.Signer }

func newBook(t *testing.T, r *dbtest.Record) *book {
	t.Helper()
	f := logbook.KeyFile(filepath.Join(t.TempDir(), "ledger-key"))
	_, err := f.CreateIfMissing(func() ([]byte, error) { return ledger.GenerateKeys(ledgerName, time.Now().Add(-time.Hour)) })
	require.NoError(t, err)
	return &book{logbook.Signer{Book: logbook.Book{Pool: r.Worker}, KeyFile: f}}
}

func (b *book) Checkpoint(ctx context.Context) (logbook.Signed, error) {
	return b.Signer.Checkpoint(ctx, time.Now())
}

func (b *book) Keys(context.Context) (ledger.Key, verify.PublishedKeys, error) {
	keys, err := logbook.LoadKeys(b.KeyFile)
	if err != nil {
		return ledger.Key{}, verify.PublishedKeys{}, err
	}
	return keys.Active(), verify.PublishedKeys{Keys: keys.Public(), Witnesses: []ledger.PublicKey{}}, nil
}
