package devstack

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"koko/internal/config"
)

// Whoever is on the same machine finds the ports, and gets an answer from none of them: neither in clear, nor without a
// certificate, nor with one that he made himself.
func TestNobodyWithoutACertificateOfOursIsAnsweredByAnyPort(t *testing.T) {
	server := startTemporal(t, TemporalOptions{Postgres: startPostgres(t, t.TempDir())})
	t.Cleanup(func() { _ = server.Stop(t.Context()) })
	mine := filepath.Join(t.TempDir(), "engine")
	require.NoError(t, makeCertificates(mine, time.Now()))
	his := ClientIn(mine)
	ours, err := server.Client().ClientConfig()
	require.NoError(t, err)
	his.CA = server.Client().CA // he may well know whom he talks to
	selfMade, err := his.ClientConfig()
	require.NoError(t, err)
	nothing, err := config.TLS{CA: his.CA}.ClientConfig()
	require.NoError(t, err)

	ports := listeners(t)
	require.GreaterOrEqual(t, len(ports), 4)
	for _, port := range ports {
		require.NotEqual(t, codes.Unavailable, answer(t, port, credentials.NewTLS(ours)), "with ours there is an answer, even if it is a refusal")
		for how, with := range map[string]credentials.TransportCredentials{
			"in clear":                          insecure.NewCredentials(),
			"without a certificate":             credentials.NewTLS(nothing),
			"with one that he made himself":     credentials.NewTLS(selfMade),
			"without asking whom he talks to":   credentials.NewTLS(&tls.Config{InsecureSkipVerify: true}),
			"with an old version of encryption": credentials.NewTLS(older(ours)),
		} {
			require.Equal(t, codes.Unavailable, answer(t, port, with), "port %d %s", port, how)
		}
	}
}

func older(c *tls.Config) *tls.Config {
	c = c.Clone()
	c.MaxVersion = tls.VersionTLS12
	return c
}

// answer asks a port whether it is well.
func answer(t *testing.T, port int, with credentials.TransportCredentials) codes.Code {
	t.Helper()
	c, err := grpc.NewClient(hostPort(port), grpc.WithTransportCredentials(with))
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	_, err = grpc_health_v1.NewHealthClient(c).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	return status.Code(err)
}

func TestCertificatesAreForTheirOwnerAndLast(t *testing.T) {
	t.Parallel()
	dir, now := filepath.Join(t.TempDir(), "engine"), time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	first, err := certify(dir, now)
	require.NoError(t, err)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 5, "none of them is the authority's key")
	for _, f := range files {
		info, err := f.Info()
		require.NoError(t, err)
		require.EqualValues(t, 0o600, info.Mode().Perm(), f.Name())
	}
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.EqualValues(t, 0o700, info.Mode().Perm())

	again, err := certify(dir, now.Add(9*365*24*time.Hour))
	require.NoError(t, err)
	require.Equal(t, first.server.Certificate, again.server.Certificate, "clients that were started before go on")
	for name, spoil := range map[string]func(t *testing.T){
		"a file is gone":      func(t *testing.T) { require.NoError(t, os.Remove(filepath.Join(dir, fileClientKey))) },
		"a file is cut short": func(t *testing.T) { require.NoError(t, os.Truncate(filepath.Join(dir, fileServer), 20)) },
		"another authority": func(t *testing.T) {
			other := filepath.Join(t.TempDir(), "engine")
			require.NoError(t, makeCertificates(other, now))
			require.NoError(t, os.Rename(filepath.Join(other, fileCA), filepath.Join(dir, fileCA)))
		},
		"others may look in": func(t *testing.T) { require.NoError(t, os.Chmod(dir, 0o755)) },
	} {
		before, err := certify(dir, now)
		require.NoError(t, err)
		spoil(t)
		after, err := certify(dir, now)
		require.NoError(t, err, name)
		require.NotEqual(t, before.server.Certificate, after.server.Certificate, name)
	}
	last, err := certify(dir, now)
	require.NoError(t, err)
	renewed, err := certify(dir, now.Add(validFor-renewBefore+time.Minute))
	require.NoError(t, err)
	require.NotEqual(t, last.server.Certificate, renewed.server.Certificate, "they do not end while somebody works")
	require.Equal(t, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, leafOf(t, renewed).ExtKeyUsage, "a client does not pass for the server")
	unfinished, err := filepath.Glob(dir + ".unfinished-*")
	require.NoError(t, err)
	require.Empty(t, unfinished)
}

func leafOf(t *testing.T, c certificates) *x509.Certificate {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(c.client.Cert, c.client.Key)
	require.NoError(t, err)
	return pair.Leaf
}
