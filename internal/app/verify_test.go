package app

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/internal/evidence/ledger"
	"koko/internal/evidence/verify"
)

var sealedAt = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

func keysNamed(t *testing.T, name string) *ledger.Keys {
	t.Helper()
	content, err := ledger.GenerateKeys(name, sealedAt.Add(-time.Hour))
	require.NoError(t, err)
	keys, err := ledger.ParseKeys(content)
	require.NoError(t, err)
	return keys
}

// sealedFile writes a sealed file of one decision, and the keys to check it with.
func sealedFile(t *testing.T) (file, keys string) {
	t.Helper()
	dir := t.TempDir()
	own, witness := keysNamed(t, "koko.musterhausen.example/ledger"), keysNamed(t, "koko.nachbarstadt.example/ledger")
	published := verify.PublishedKeys{Keys: own.Public(), Witnesses: witness.PublicWitness()}
	e := verify.AuditEntry{FileID: "3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11", Version: "1", AGS: "05999001", CommandID: "k1", Action: "report_signal", Actor: "p-1",
		At: "1772442000000000", Docs: "[]", State: "{}", Kind: "case"}
	e.Hash = e.Recompute()

	raw, err := hex.DecodeString(e.Hash)
	require.NoError(t, err)
	hash := ledger.Leaf("audit", raw)
	_, _, root, err := ledger.Append(0, nil, []ledger.Hash{hash})
	require.NoError(t, err)
	checkpoint, err := ledger.Sign(ledger.Checkpoint{Origin: own.Active().Name, Size: 1, Root: root, Time: sealedAt}, own.Active())
	require.NoError(t, err)
	line, _, err := ledger.Witness{Key: witness.Active(), Known: own.Public()}.Cosign(ledger.Seen{}, checkpoint, ledger.ConsistencyProof{}, sealedAt)
	require.NoError(t, err)
	checkpoint, err = ledger.Attach(checkpoint, line)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, verify.Write(&b, verify.Sealed{
		Kind: "case", ID: e.FileID, Role: "supervisor", ExportedAt: sealedAt.Add(time.Hour), Entries: verify.Entries{Audit: []verify.AuditEntry{e}},
		Proofs: []ledger.InclusionProof{{Index: 0, Size: 1, Hashes: []ledger.Hash{}}}, Checkpoint: checkpoint, Keys: published,
		History: &verify.History{Entries: []verify.Telling{{At: sealedAt, Kind: "decision", Version: 1, DE: "Ein Signal wurde gemeldet.", EN: "A signal was reported."}}},
	}, own.Active()))
	file, keys = filepath.Join(dir, "fall.koko"), filepath.Join(dir, "keys.json")
	text, err := json.Marshal(published)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o600))
	require.NoError(t, os.WriteFile(keys, text, 0o600))
	return file, keys
}

func requireExit(t *testing.T, code int, err error) {
	t.Helper()
	require.Equal(t, code, ExitCode(err), "%v", err)
}

func TestASealedFileIsCheckedWithoutAServer(t *testing.T) {
	file, keys := sealedFile(t)
	out, err := koko(t, nil, "verify", file)
	requireExit(t, 0, err)
	require.Contains(t, out, "STIMMIG")
	require.Contains(t, out, "aus der Datei selbst")
	require.Contains(t, out, "Geprüft: 1 Entscheidungen, 0 Zugriffe")

	out, err = koko(t, nil, "verify", file, "--keys", keys, "--cosignatures", "1", "--lang", "en")
	requireExit(t, 0, err)
	require.Contains(t, out, "PROVEN")
	require.Contains(t, out, "by koko.nachbarstadt.example/ledger")
	require.Contains(t, out, "History: 1 tellings, attested by the signature alone")

	out, err = koko(t, nil, "verify", file, "--keys", keys, "--witnesses", keys, "--json")
	requireExit(t, 0, err)
	var r verify.Report
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	require.Equal(t, verify.Proven, r.Verdict)
}

func TestASealedFileThatWasChangedIsNamed(t *testing.T) {
	file, keys := sealedFile(t)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, bytes.Replace(content, []byte(`"p-1"`), []byte(`"p-2"`), 1), 0o600))
	out, err := koko(t, nil, "verify", file, "--keys", keys)
	requireExit(t, exitBroken, err)
	require.Contains(t, out, "NICHT IN ORDNUNG")
	require.Contains(t, out, "entries.json, audit version 1: Der Eintrag wurde verändert")
	out, err = koko(t, nil, "verify", file, "--keys", keys, "--lang", "en")
	requireExit(t, exitBroken, err)
	require.Contains(t, out, "The entry was changed")

	_, others := sealedFile(t)
	require.NoError(t, os.WriteFile(file, content, 0o600))
	out, err = koko(t, nil, "verify", file, "--keys", others)
	requireExit(t, exitBroken, err)
	require.Contains(t, out, "Kein bekannter Schlüssel hat das unterschrieben.")
	_, err = koko(t, nil, "verify", file, "--keys", keys, "--cosignatures", "2")
	requireExit(t, exitBroken, err)

	require.NoError(t, os.WriteFile(file, []byte("koko-sealed/1\n\x1b[2J"), 0o600))
	out, err = koko(t, nil, "verify", file)
	requireExit(t, exitBroken, err)
	require.NotContains(t, out, "\x1b")
}

func TestWhatCannotBeReadIsNoVerdict(t *testing.T) {
	file, keys := sealedFile(t)
	for _, args := range [][]string{
		{"nowhere.koko"}, {filepath.Dir(file)}, {file, "--keys", "nowhere.json"}, {file, "--keys", file}, {file, "--lang", "fr"}, {file, "--cosignatures", "1"},
		{file, "--keys", keys, "--witnesses", file},
	} {
		out, err := koko(t, nil, append([]string{"verify"}, args...)...)
		requireExit(t, exitUnread, err)
		require.Empty(t, out, args)
	}
	requireExit(t, 1, errors.New("any other"))
}

func TestNoFileSteersATerminal(t *testing.T) {
	require.Equal(t, "a�[2Jb�c", harmless("a\x1b[2Jb\nc"))
}
