package verify_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/internal/evidence/verify"
)

func TestABrowserSaysTheSame(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil || testing.Short() {
		t.Skip("compiles for WebAssembly and runs it in Node.js")
	}
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "verify.wasm")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", program, "./wasm")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	support := filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec.js")

	w := newWorld(t, whole)
	whole := w.seal(t)
	changed := append([]byte{}, whole...)
	changed[len(changed)/2] ^= 1
	keys, err := json.Marshal(w.keys)
	require.NoError(t, err)
	keyFile := filepath.Join(dir, "keys.json")
	require.NoError(t, os.WriteFile(keyFile, keys, 0o600))
	confided := newConfided(t)
	confided.key, confided.keys, confided.witness, confided.sealed.Keys = w.key, w.keys, w.witness, w.keys
	confided.check(t)
	forged := *confided
	forged.sealed.Inner = &verify.Inner{InnerRoot: confided.sealed.Inner.InnerRoot, Leaf: confided.sealed.Inner.Leaf, Proofs: confided.sealed.Inner.Proofs}
	forged.sealed.Inner.Secret = sum("other")
	for _, c := range []struct {
		verdict verify.Verdict
		file    []byte
	}{
		{verify.Proven, whole}, {verify.Broken, changed}, {"", []byte("nonsense")}, {verify.Proven, confided.seal(t)}, {verify.Broken, forged.seal(t)},
	} {
		verdict, file := c.verdict, c.file
		path := filepath.Join(dir, "file.koko")
		require.NoError(t, os.WriteFile(path, file, 0o600))
		began := time.Now()
		said, err := exec.Command(node, "testdata/run.js", support, program, path, keyFile).Output()
		require.NoError(t, err)
		took := time.Since(began)
		r := check(t, file, w.trust())
		native, err := json.Marshal(r)
		require.NoError(t, err)
		require.JSONEq(t, string(native), string(said))
		if verdict != "" {
			require.Equal(t, verdict, r.Verdict)
		}
		info, err := os.Stat(program)
		require.NoError(t, err)
		t.Logf("%d kB of WebAssembly, %d bytes checked, %s with Node.js", info.Size()/1000, len(file), took.Round(time.Millisecond))
	}
}

func TestKeysToPinAreReadStrictly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	keys, err := json.Marshal(w.keys)
	require.NoError(t, err)
	trust, err := verify.ParseTrust(keys)
	require.NoError(t, err)
	require.Equal(t, verify.Trust{Keys: w.keys.Keys, Witnesses: w.keys.Witnesses}, trust)
	for _, wrong := range []string{
		"", "{}", `{"keys":[],"witnesses":[]}`, `{"keys":[{"key":"x"}],"witnesses":[]}`, string(keys) + "{}", `{"private":"x"}`,
		strings.Replace(string(keys), `"witnesses"`, `"keys"`, 1),
	} {
		_, err := verify.ParseTrust([]byte(wrong))
		require.Error(t, err, wrong)
	}
}
