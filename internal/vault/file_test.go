package vault_test

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/internal/vault"
)

func TestAMissingMasterKeyIsCreatedOnceAndNeverOverwritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.json")
	m, created, err := vault.CreateIfMissing(path)
	require.NoError(t, err)
	require.True(t, created)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	again, created, err := vault.CreateIfMissing(path)
	require.NoError(t, err)
	require.False(t, created)
	require.Equal(t, m.Tokens("Garten"), again.Tokens("Garten"))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestProcessesThatStartAtOnceShareOneMasterKey(t *testing.T) {
	t.Parallel()
	for range 50 { // a race is lost now and then only
		dir := t.TempDir()
		tokens, created := startAtOnce(t, filepath.Join(dir, "master.json"), 8)
		require.Equal(t, 1, created)
		require.Len(t, slices.Compact(tokens), 1)
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, files, 1, "no drafts are left behind")
	}
}

// startAtOnce returns a token of the key that each of n starters loaded, and how many of them made it.
func startAtOnce(t *testing.T, path string, n int) (tokens []int64, created int) {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
		gate = make(chan struct{})
	)
	for range n {
		wg.Go(func() {
			<-gate
			m, made, err := vault.CreateIfMissing(path)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return
			}
			tokens = append(tokens, m.QueryTokens("Garten")...)
			if made {
				created++
			}
		})
	}
	close(gate)
	wg.Wait()
	require.Empty(t, errs)
	return tokens, created
}

func TestAMasterKeyThatOthersCanReadIsRefused(t *testing.T) {
	t.Parallel()
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604, 0o620, 0o601} {
		path := filepath.Join(t.TempDir(), "master.json")
		_, _, err := vault.CreateIfMissing(path)
		require.NoError(t, err)
		require.NoError(t, os.Chmod(path, mode))
		_, err = vault.Load(path)
		require.ErrorContains(t, err, "is open to other users")
		require.ErrorContains(t, err, "chmod 600 it")
		_, created, err := vault.CreateIfMissing(path)
		require.Error(t, err)
		require.False(t, created)
	}
}

func TestAMasterKeyThatCannotBeUsedIsNamedAndLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.json")
	_, err := vault.Load(path)
	require.ErrorIs(t, err, os.ErrNotExist)

	require.NoError(t, os.WriteFile(path, nil, 0o600))
	_, created, err := vault.CreateIfMissing(path)
	require.ErrorContains(t, err, path)
	require.False(t, created)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, content, "an empty key is a sign of trouble, not an invitation")

	_, _, err = vault.CreateIfMissing(filepath.Join(t.TempDir(), "no", "such", "folder"))
	require.ErrorIs(t, err, os.ErrNotExist)

	dangling := filepath.Join(t.TempDir(), "link.json")
	require.NoError(t, os.Symlink("nowhere", dangling))
	_, _, err = vault.CreateIfMissing(dangling)
	require.ErrorIs(t, err, os.ErrNotExist, "a link into an unmounted volume is not a missing key")
}
