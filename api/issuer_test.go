package api_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/internal/certificate"
)

// publicURL is where the KoKo of the tests can be reached.
const publicURL = "https://koko.example.nrw"

// issuer has a key of its own.
func issuer(t *testing.T) *certificate.Issuer {
	t.Helper()
	keys, _, err := certificate.CreateKeysIfMissing(filepath.Join(t.TempDir(), "signing-keys.json"))
	require.NoError(t, err)
	return &certificate.Issuer{URL: publicURL, Name: "Kommunales Konfliktmanagement Nordrhein-Westfalen", Keys: keys}
}
