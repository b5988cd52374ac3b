package vault_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

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
	loaded, err := vault.Load(path)
	require.NoError(t, err)
	require.Equal(t, m.Tokens("Garten"), loaded.Tokens("Garten"))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestAMasterKeyThatOthersCanReadIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.json")
	_, _, err := vault.CreateIfMissing(path)
	require.NoError(t, err)
	require.NoError(t, os.Chmod(path, 0o640))
	_, err = vault.Load(path)
	require.ErrorContains(t, err, "master key file "+path+" is open to other users (mode 0640): chmod 600 it")
	_, created, err := vault.CreateIfMissing(path)
	require.ErrorContains(t, err, "chmod 600 it")
	require.False(t, created)
}

func TestAMasterKeyThatCannotBeUsedIsNamedAndLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.json")
	_, err := vault.Load(path)
	require.ErrorIs(t, err, os.ErrNotExist)

	good, err := vault.Generate()
	require.NoError(t, err)
	for name, content := range map[string]string{"empty": "", "cut off": string(good[:len(good)/2]), "of another kind": `{"keys":["c2VjcmV0"]}`} {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, created, err := vault.CreateIfMissing(path)
		require.ErrorContains(t, err, "master key file "+path+" cannot be used", name)
		require.ErrorContains(t, err, "put its copy back", name)
		require.False(t, created, name)
		for part := range strings.FieldsFuncSeq(content, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			if len(part) > 6 { // shorter ones are words
				require.NotContains(t, err.Error(), part, name)
			}
		}
		left, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, content, string(left), name)
	}
}
