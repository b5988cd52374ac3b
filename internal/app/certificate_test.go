package app

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/internal/certificate"
	"koko/internal/config"
)

func activeKey(t *testing.T, file string) string {
	t.Helper()
	keys, err := certificate.LoadKeys(file)
	require.NoError(t, err)
	return keys.Active().Thumbprint
}

func TestIssuerKeyNeverReplacesKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	out, err := koko(t, nil, "issuer-key", file)
	require.NoError(t, err)
	require.Contains(t, out, "new keys")
	require.Contains(t, out, "signing: "+activeKey(t, file))
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	out, err = koko(t, nil, "issuer-key", file)
	require.NoError(t, err)
	require.Contains(t, out, "already")
	require.Contains(t, out, "signing: "+activeKey(t, file))
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestARotationKeepsTheOldKeyForVerifying(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	_, err := koko(t, nil, "issuer-key", "--rotate", file)
	require.Error(t, err, "there is nothing to rotate")
	require.NoFileExists(t, file)

	_, err = koko(t, nil, "issuer-key", file)
	require.NoError(t, err)
	old := activeKey(t, file)
	out, err := koko(t, nil, "issuer-key", "--rotate", file)
	require.NoError(t, err)
	require.NotEqual(t, old, activeKey(t, file))
	require.Contains(t, out, "signing: "+activeKey(t, file))
	require.Contains(t, out, "verifying: "+old)
	require.Contains(t, out, "restart")
	keys, err := certificate.LoadKeys(file)
	require.NoError(t, err)
	_, found := keys.Find(old)
	require.True(t, found)
}

func TestTheIssuerIsThePublicAddress(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	c := config.Config{
		Listen:       config.Listen{PublicURL: &url.URL{Scheme: "https", Host: "koko.example.org"}},
		Certificates: config.Certificates{KeyFile: file, Issuer: "Stadt Beispiel"},
	}
	_, err := issuer(c)
	require.ErrorContains(t, err, "koko issuer-key FILE")

	_, err = koko(t, nil, "issuer-key", file)
	require.NoError(t, err)
	i, err := issuer(c)
	require.NoError(t, err)
	require.Equal(t, "https://koko.example.org/verify/A-1", i.VerifyURL("A-1"))
	require.Equal(t, "Stadt Beispiel", i.Name)
	require.Equal(t, activeKey(t, file), i.Keys.Active().Thumbprint)

	c.Certificates.Issuer = "Stadt 例"
	_, err = issuer(c)
	require.ErrorContains(t, err, "KOKO_ISSUER_NAME", "no document could show it")
}
