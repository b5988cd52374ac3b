package app

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/internal/config"
	"koko/internal/dbtest"
	"koko/internal/evidence/logbook"
)

const ledgerName = "koko.musterhausen.example/ledger"

func verifierOf(t *testing.T, file string) string {
	t.Helper()
	keys, err := logbook.LoadKeys(logbook.KeyFile(file))
	require.NoError(t, err)
	return keys.Active().Verifier()
}

func TestLedgerKeyNeverReplacesKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	_, err := koko(t, nil, "ledger-key", file)
	require.ErrorContains(t, err, "--name")
	_, err = koko(t, nil, "ledger-key", file, "--name", "two words")
	require.ErrorContains(t, err, "two words")
	_, err = koko(t, nil, "ledger-key", file, "--rotate")
	require.Error(t, err, "there is nothing to rotate")
	require.NoFileExists(t, file)

	out, err := koko(t, nil, "ledger-key", file, "--name", ledgerName)
	require.NoError(t, err)
	require.Contains(t, out, "new keys")
	require.Contains(t, out, "signing: "+verifierOf(t, file))
	before, err := os.ReadFile(file)
	require.NoError(t, err)

	out, err = koko(t, nil, "ledger-key", file, "--name", ledgerName)
	require.NoError(t, err)
	require.Contains(t, out, "already")
	for _, more := range []string{"--rotate", "--public", "--rotate=false"} {
		_, err = koko(t, nil, "ledger-key", file, "--name", "other.example/ledger", more)
		require.ErrorContains(t, err, ledgerName)
	}
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestTheLedgersOldKeyStaysPublished(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	_, err := koko(t, nil, "ledger-key", file, "--name", ledgerName)
	require.NoError(t, err)
	old := verifierOf(t, file)
	out, err := koko(t, nil, "ledger-key", "--rotate", file)
	require.NoError(t, err)
	require.NotEqual(t, old, verifierOf(t, file))
	require.Contains(t, out, "signing: "+verifierOf(t, file))
	require.Contains(t, out, "retired: "+old)

	out, err = koko(t, nil, "ledger-key", "--public", file)
	require.NoError(t, err)
	var p published
	require.NoError(t, json.Unmarshal([]byte(out), &p))
	require.Equal(t, ledgerName, p.Origin)
	require.Len(t, p.Keys, 2)
	require.Len(t, p.Witnesses, 2)
	require.Equal(t, old, p.Keys[1].Key)
	require.False(t, p.Keys[1].Until.IsZero())
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	var private struct{ Keys []struct{ Seed string } }
	require.NoError(t, json.Unmarshal(content, &private))
	for _, k := range private.Keys {
		require.NotContains(t, out, k.Seed)
	}
}

func TestAProcessNeedsTheLedgersKeysAtItsStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	_, err := signingKeys(config.Config{LedgerKeyFile: file})
	require.ErrorContains(t, err, "koko ledger-key FILE")
	_, err = koko(t, nil, "ledger-key", file, "--name", ledgerName)
	require.NoError(t, err)
	_, err = signingKeys(config.Config{LedgerKeyFile: file})
	require.NoError(t, err)
	require.NoError(t, os.Chmod(file, 0o644))
	_, err = signingKeys(config.Config{LedgerKeyFile: file})
	require.ErrorContains(t, err, "chmod 600")
	require.NoError(t, os.Chmod(file, 0o600))
	require.NoError(t, os.WriteFile(file, []byte(`{"keys":["c2VjcmV0"]}`), 0o600))
	_, err = signingKeys(config.Config{LedgerKeyFile: file})
	require.ErrorContains(t, err, "ledger key file "+file+" cannot be used: ledger: the keys are not JSON: put its copy back")
	require.NotContains(t, err.Error(), "c2VjcmV0")
}

func TestTheLedgerIsCheckedAndTheStatusKnows(t *testing.T) {
	r := dbtest.New(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "keys")
	_, err := koko(t, nil, "ledger-key", file, "--name", ledgerName)
	require.NoError(t, err)
	public, err := koko(t, nil, "ledger-key", "--public", file)
	require.NoError(t, err)
	pinned := filepath.Join(dir, "public.json")
	require.NoError(t, os.WriteFile(pinned, []byte(public), 0o644))
	ctx := context.Background()
	for _, id := range []string{"1", "2"} {
		require.NoError(t, db.On(r.API).AppendAccess(ctx, db.AppendAccessParams{AGS: "05999001", ID: id, Kind: "read"}))
	}
	signed, err := logbook.Signer{Book: logbook.Book{Pool: r.Worker}, KeyFile: logbook.KeyFile(file)}.Checkpoint(ctx, time.Now())
	require.NoError(t, err)
	kept := filepath.Join(dir, "checkpoint")
	require.NoError(t, os.WriteFile(kept, signed.Note, 0o600))

	env := map[string]string{"KOKO_DATABASE_URL": r.URL("koko"), "KOKO_LEDGER_KEY_FILE": file}
	for _, args := range [][]string{{}, {"--ledger-key-file", pinned}, {"--since-checkpoint", kept, "--keys", pinned}} {
		out, err := koko(t, env, append([]string{"ledger", "check", "--lang", "en"}, args...)...)
		require.NoError(t, err)
		require.Contains(t, out, "3 entries in the log, 0 wait")
		require.Contains(t, out, "No difference.")
	}
	_, err = koko(t, env, "ledger", "check", "--lang", "fr")
	require.ErrorContains(t, err, "de or en")
	_, err = koko(t, env, "ledger", "check", "--since-checkpoint", file+"-gone")
	require.ErrorContains(t, err, "kept checkpoint")
	_, err = koko(t, env, "ledger", "check", "--ledger-key-file", kept)
	require.ErrorContains(t, err, "neither keys of a ledger")

	_, err = r.Owner.Exec(ctx, "ALTER TABLE access_log DISABLE TRIGGER keep; UPDATE access_log SET actor = 'x' WHERE seq = 2; ALTER TABLE access_log ENABLE TRIGGER keep")
	require.NoError(t, err)
	out, err := koko(t, env, "ledger", "check")
	require.ErrorContains(t, err, "1 differences")
	require.Contains(t, out, "access_log 05999001/2: Der Eintrag wurde geändert.")
	require.Contains(t, out, "1 Abweichungen.")
	out, err = koko(t, env, "ledger", "check", "--json")
	require.Error(t, err)
	require.Contains(t, out, `"rule": "entry_changed"`)

	checks, err := db.On(r.API).LastChecks(ctx)
	require.NoError(t, err)
	require.Len(t, checks, 2)
	require.EqualValues(t, []any{int32(1), int32(0)}, []any{checks[0].Findings, checks[1].Findings})
}
