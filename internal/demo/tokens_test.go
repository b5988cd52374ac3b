package demo_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/internal/demo"
)

func TestTokensComeFromTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "demo-tokens")
	require.NoError(t, os.WriteFile(path, []byte("{\n  \"clearing.neuwerden\": \"abc.def\",\n  \"dpo.neuwerden\": \"\"\n}\n"), 0o600))
	tokens, err := demo.TokensFile(path)
	require.NoError(t, err)
	token, err := tokens("clearing.neuwerden")
	require.NoError(t, err)
	require.Equal(t, "abc.def", token)
	for _, login := range []string{"dpo.neuwerden", "nobody"} {
		_, err = tokens(login)
		require.ErrorContains(t, err, "has no token for "+login)
	}
}

func TestAFileOfOtherThingsIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "demo-tokens")
	_, err := demo.TokensFile(path)
	require.ErrorIs(t, err, os.ErrNotExist)
	for _, text := range []string{"", "secret", `["secret"]`, `{"clearing.neuwerden": 4711}`} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := demo.TokensFile(path)
		require.ErrorContains(t, err, "is not a JSON object of login and token", text)
		require.NotContains(t, err.Error(), "secret")
	}
}
