package certificate_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/internal/certificate"
)

func TestMissingSigningKeysAreCreatedOnceAndNeverOverwritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "signing-keys.json")
	keys, created, err := certificate.CreateKeysIfMissing(path)
	require.NoError(t, err)
	require.True(t, created)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	again, created, err := certificate.CreateKeysIfMissing(path)
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, keys.Active(), again.Active())
}

func TestProcessesThatStartAtOnceShareOneSigningKey(t *testing.T) {
	t.Parallel()
	for range 20 { // a race is lost now and then only
		dir := t.TempDir()
		names, created := make([]string, 8), make([]bool, 8)
		atOnce(t, 8, func(n int) error {
			keys, made, err := certificate.CreateKeysIfMissing(filepath.Join(dir, "signing-keys.json"))
			if err == nil {
				names[n], created[n] = keys.Active().Thumbprint, made
			}
			return err
		})
		made := 0
		for n := range names {
			require.Equal(t, names[0], names[n])
			if created[n] {
				made++
			}
		}
		require.Equal(t, 1, made)
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, files, 1, "no drafts are left behind")
	}
}

// atOnce runs n calls at the same time and wants all to succeed.
func atOnce(t *testing.T, n int, call func(n int) error) {
	t.Helper()
	var wg sync.WaitGroup
	gate, errs := make(chan struct{}), make([]error, n)
	for k := range n {
		wg.Go(func() {
			<-gate
			errs[k] = call(k)
		})
	}
	close(gate)
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

func TestARotatedKeyGoesOnVerifying(t *testing.T) {
	t.Parallel()
	i, path := issuer(t)
	before := i.Keys.Active()
	old, err := i.Credential(passed())
	require.NoError(t, err)

	rotated, err := certificate.Rotate(path, issued)
	require.NoError(t, err)
	loaded, err := certificate.LoadKeys(path)
	require.NoError(t, err)
	require.Equal(t, rotated, loaded)
	require.NotEqual(t, before.Thumbprint, loaded.Active().Thumbprint)
	require.Zero(t, loaded.Active().Retired)
	retired, found := loaded.Find(before.Thumbprint)
	require.True(t, found)
	require.Equal(t, issued, retired.Retired)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	running := *i // a process that has not loaded the new keys
	i.Keys = loaded
	next, err := i.Credential(passed())
	require.NoError(t, err)
	require.NotEqual(t, old, next)
	for _, token := range []string{old, next} {
		_, err = i.Verify(token, issued)
		require.NoError(t, err)
	}
	_, err = running.Verify(next, issued)
	require.ErrorIs(t, err, certificate.ErrUnknownKey)
	require.Len(t, i.JWKS().Keys, 2)
}

func TestRotationsAtOnceLoseNoKey(t *testing.T) {
	t.Parallel()
	_, path := issuer(t)
	names := make([]string, 6)
	atOnce(t, len(names), func(n int) error {
		keys, err := certificate.Rotate(path, issued)
		if err == nil {
			names[n] = keys.Active().Thumbprint
		}
		return err
	})
	keys, err := certificate.LoadKeys(path)
	require.NoError(t, err)
	for _, name := range names {
		_, found := keys.Find(name)
		require.True(t, found, "what a lost key signed cannot be verified")
	}
}

func TestSigningKeysThatOthersCanReadAreRefused(t *testing.T) {
	t.Parallel()
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604, 0o620, 0o601} {
		_, path := issuer(t)
		require.NoError(t, os.Chmod(path, mode))
		_, err := certificate.LoadKeys(path)
		require.ErrorContains(t, err, "chmod 600 it")
		_, err = certificate.Rotate(path, issued)
		require.ErrorContains(t, err, "is open to other users")
	}
}

func TestSigningKeysThatDoNotFitAreNamedAndLeftAlone(t *testing.T) {
	t.Parallel()
	_, err := certificate.LoadKeys(filepath.Join(t.TempDir(), "none.json"))
	require.ErrorIs(t, err, os.ErrNotExist)

	_, path := issuer(t)
	good := read(t, path)
	_, other := issuer(t)
	foreign := read(t, other)
	for name, content := range map[string]string{
		"empty":               "",
		"no key":              `{"keys":[]}`,
		"not Ed25519":         strings.Replace(good, `"Ed25519"`, `"X25519"`, 1),
		"short":               strings.Replace(good, field(t, good, "d"), "AAAA", 1),
		"another public half": strings.Replace(good, field(t, good, "x"), field(t, foreign, "x"), 1),
		"another name":        strings.Replace(good, field(t, good, "kid"), field(t, foreign, "kid"), 1),
		"none that signs":     strings.Replace(good, `"use"`, `"retired": "2026-03-03T09:30:15Z", "use"`, 1),
		"two that sign":       `{"keys":[` + key(t, good) + `,` + key(t, foreign) + `]}`,
		"twice the same":      `{"keys":[` + key(t, good) + `,` + strings.Replace(key(t, good), `"use"`, `"retired": "2026-03-03T09:30:15Z", "use"`, 1) + `]}`,
	} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, created, err := certificate.CreateKeysIfMissing(path)
		require.ErrorContains(t, err, path, name)
		require.NotContains(t, err.Error(), field(t, good, "d"), name)
		require.False(t, created, name)
		_, err = certificate.Rotate(path, issued)
		require.Error(t, err, name)
		require.Equal(t, content, read(t, path), name)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

// field returns a field of the first key in a key file.
func field(t *testing.T, content, name string) string {
	t.Helper()
	var file struct {
		Keys []map[string]string `json:"keys"`
	}
	require.NoError(t, json.Unmarshal([]byte(content), &file))
	return file.Keys[0][name]
}

// key returns the first key in a key file.
func key(t *testing.T, content string) string {
	t.Helper()
	var file struct {
		Keys []json.RawMessage `json:"keys"`
	}
	require.NoError(t, json.Unmarshal([]byte(content), &file))
	return string(file.Keys[0])
}

func TestThePublishedKeysHaveTheNamesOfTheCredentialsAndNoSecret(t *testing.T) {
	t.Parallel()
	i, path := issuer(t)
	keys, err := certificate.Rotate(path, issued.Add(time.Hour))
	require.NoError(t, err)
	i.Keys = keys
	published, err := json.Marshal(i.JWKS())
	require.NoError(t, err)
	require.NotContains(t, string(published), `"d"`)
	name := "https://koko.example.nrw/.well-known/jwks/" + keys.Active().Thumbprint
	require.Equal(t, name, field(t, string(published), "kid"))
	require.Equal(t, "OKP", field(t, string(published), "kty"))
	require.Equal(t, "EdDSA", field(t, string(published), "alg"))

	one, found := i.JWK(keys.Active().Thumbprint)
	require.True(t, found)
	require.True(t, one.IsPublic())
	require.Equal(t, name, one.KeyID)
	_, found = i.JWK("")
	require.False(t, found)
}
