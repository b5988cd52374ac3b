package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/internal/config"
)

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	require.NoError(t, err)
	a := authority{key: key, file: filepath.Join(t.TempDir(), "ca.pem")}
	a.cert, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return a
}

// sign makes a certificate for a name, or of a client, and returns its files.
func (a authority) sign(t *testing.T, name string) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	of := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "x"}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if name != "" {
		of.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, of, a.cert, &k.PublicKey, a.key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(k)
	require.NoError(t, err)
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	return cert, key
}

// listening answers as an engine does as far as TLS goes: it says something once it knows the caller.
func listening(t *testing.T, c *tls.Config) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	if c != nil {
		l = tls.NewListener(l, c)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				if _, err := conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")); err == nil {
					_, _ = conn.Read(make([]byte, 1))
				}
			}()
		}
	}()
	return l.Addr().String()
}

// An operator reads which setting is wrong.
func TestAnEngineThatIsNotReachedByTLSNamesTheSetting(t *testing.T) {
	t.Parallel()
	ours, other := newAuthority(t), newAuthority(t)
	pair := func(a authority, name string) tls.Certificate {
		p, err := tls.LoadX509KeyPair(a.sign(t, name))
		require.NoError(t, err)
		return p
	}
	pool := x509.NewCertPool()
	pool.AddCert(ours.cert)
	engine := listening(t, &tls.Config{Certificates: []tls.Certificate{pair(ours, "temporal")}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool})
	plain := listening(t, nil)
	cert, key := ours.sign(t, "")
	foreignCert, foreignKey := other.sign(t, "")
	right := config.TLS{CA: ours.file, Cert: cert, Key: key, ServerName: "temporal"}
	for name, c := range map[string]struct {
		address string
		with    func(*config.TLS)
		says    string
	}{
		"as it should be":                   {engine, func(*config.TLS) {}, ""},
		"another authority":                 {engine, func(c *config.TLS) { c.CA = other.file }, "KOKO_TEMPORAL_TLS_CA"},
		"another name":                      {engine, func(c *config.TLS) { c.ServerName = "" }, "KOKO_TEMPORAL_TLS_SERVER_NAME"},
		"no certificate":                    {engine, func(c *config.TLS) { c.Cert, c.Key = "", "" }, "KOKO_TEMPORAL_TLS_CERT"},
		"somebody else's certificate":       {engine, func(c *config.TLS) { c.Cert, c.Key = foreignCert, foreignKey }, "KOKO_TEMPORAL_TLS_CERT"},
		"in clear, where there is TLS":      {engine, func(c *config.TLS) { *c = config.TLS{} }, "it speaks TLS: set KOKO_TEMPORAL_TLS_CA"},
		"TLS, where there is none":          {plain, func(*config.TLS) {}, "it does not speak TLS there"},
		"nobody there, which is no matter":  {"127.0.0.1:1", func(*config.TLS) {}, ""},
		"in clear, where that is as it is ": {plain, func(c *config.TLS) { *c = config.TLS{} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			with := right
			c.with(&with)
			known, err := with.ClientConfig()
			require.NoError(t, err)
			at := Temporal{Address: c.address, TLS: known, Namespace: "koko", Payloads: codec(t)}
			why := at.explain(t.Context())
			if c.says == "" {
				require.NoError(t, why)
				return
			}
			require.ErrorContains(t, why, c.says)
			conn, err := at.dial("test", slog.New(slog.DiscardHandler))
			require.NoError(t, err)
			defer conn.Close()
			require.ErrorContains(t, at.engine(conn).Ready(t.Context()), "workflow engine: "+why.Error()[:20], "so do the log and what a command ends with")
		})
	}
}
