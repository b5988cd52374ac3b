package vault_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"koko/internal/vault"
)

func TestACodeFollowsFromTheMasterKeyAndWhatItNames(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	m, err := vault.Parse(file)
	require.NoError(t, err)
	again, err := vault.Parse(file)
	require.NoError(t, err)
	other, err := vault.Parse(newFile(t))
	require.NoError(t, err)

	code := m.Code("certificate/1")
	require.Regexp(t, `^[A-HJ-NP-Z2-9]{4}(-[A-HJ-NP-Z2-9]{4}){3}$`, code)
	require.Equal(t, code, again.Code("certificate/1"))
	require.NotEqual(t, code, m.Code("certificate/2"))
	require.NotEqual(t, code, other.Code("certificate/1"), "nobody without the key can guess it")
}
