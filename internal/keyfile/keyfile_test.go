package keyfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/internal/keyfile"
)

func some(t *testing.T) keyfile.File {
	return keyfile.File{Path: filepath.Join(t.TempDir(), "keys.json"), What: "test key file"}
}

func content(s string) func() ([]byte, error) {
	return func() ([]byte, error) { return []byte(s), nil }
}

func TestAFileIsCreatedOnceAndForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	f := some(t)
	_, err := f.Read()
	require.ErrorIs(t, err, os.ErrNotExist)
	for n, want := range []bool{true, false} {
		created, err := f.CreateIfMissing(content(strconv.Itoa(n)))
		require.NoError(t, err)
		require.Equal(t, want, created)
	}
	got, err := f.Read()
	require.NoError(t, err)
	require.Equal(t, "0", string(got))
	info, err := os.Stat(f.Path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	require.NoError(t, os.Chmod(f.Path, 0o640))
	_, err = f.Read()
	require.ErrorContains(t, err, "test key file "+f.Path+" is open to other users (mode 0640): chmod 600 it")
}

func TestUpdatesAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	f := some(t)
	_, err := f.CreateIfMissing(content(""))
	require.NoError(t, err)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for n := range errs {
		wg.Go(func() { errs[n] = f.Update(func(old []byte) ([]byte, error) { return append(old, 'x'), nil }) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	got, err := f.Read()
	require.NoError(t, err)
	require.Equal(t, "xxxxxxxx", string(got))
}

func TestAnUpdateThatFailsLeavesTheFileAlone(t *testing.T) {
	t.Parallel()
	f := some(t)
	_, err := f.CreateIfMissing(content("old"))
	require.NoError(t, err)
	refused := errors.New("no")
	require.ErrorIs(t, f.Update(func([]byte) ([]byte, error) { return nil, refused }), refused)
	got, err := f.Read()
	require.NoError(t, err)
	require.Equal(t, "old", string(got))
}
