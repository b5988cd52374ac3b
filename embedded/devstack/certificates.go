package devstack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/server/common/rpc/encryption"

	"koko/internal/config"
)

// The files of a folder of certificates. There is none of the authority's key: it signs the server's certificate and that
// of the clients, and is forgotten.
const (
	fileCA        = "ca.pem"
	fileServer    = "server.pem"
	fileServerKey = "server-key.pem"
	fileClient    = "client.pem"
	fileClientKey = "client-key.pem"
)

// How long certificates hold, and how long before their end new ones are made.
const (
	validFor    = 10 * 365 * 24 * time.Hour
	renewBefore = 30 * 24 * time.Hour
)

// certificates are those by which the Temporal server and its clients know each other. Nothing else asks who calls: whoever
// has none of them gets no answer from any port.
type certificates struct {
	authority *x509.CertPool
	server    tls.Certificate
	client    config.TLS
}

// ClientIn names the files in a folder of certificates by which a client makes itself known.
func ClientIn(dir string) config.TLS {
	in := func(name string) string { return filepath.Join(dir, name) }
	return config.TLS{CA: in(fileCA), Cert: in(fileClient), Key: in(fileClientKey)}
}

// certify returns the certificates in a folder, which only our user may enter. It makes them if they are not there, do not
// fit together, or are about to end.
func certify(dir string, now time.Time) (certificates, error) {
	c, err := readCertificates(dir, now)
	if err == nil {
		return c, nil
	}
	if err := makeCertificates(dir, now); err != nil {
		return c, fmt.Errorf("certificates of the Temporal server in %s: %w", dir, err)
	}
	return readCertificates(dir, now)
}

func readCertificates(dir string, now time.Time) (certificates, error) {
	in := func(name string) string { return filepath.Join(dir, name) }
	c := certificates{authority: x509.NewCertPool(), client: ClientIn(dir)}
	info, err := os.Lstat(dir)
	if err != nil {
		return c, err
	}
	if info.Mode() != fs.ModeDir|0o700 {
		return c, fmt.Errorf("%s is open to others", dir)
	}
	ca, err := os.ReadFile(c.client.CA)
	if err != nil {
		return c, err
	}
	if !c.authority.AppendCertsFromPEM(ca) {
		return c, fmt.Errorf("%s holds no certificate", c.client.CA)
	}
	if c.server, err = tls.LoadX509KeyPair(in(fileServer), in(fileServerKey)); err != nil {
		return c, err
	}
	client, err := tls.LoadX509KeyPair(c.client.Cert, c.client.Key)
	if err != nil {
		return c, err
	}
	for cert, usage := range map[*x509.Certificate]x509.ExtKeyUsage{
		c.server.Leaf: x509.ExtKeyUsageServerAuth, client.Leaf: x509.ExtKeyUsageClientAuth,
	} {
		o := x509.VerifyOptions{Roots: c.authority, CurrentTime: now.Add(renewBefore), KeyUsages: []x509.ExtKeyUsage{usage}}
		if _, err := cert.Verify(o); err != nil {
			return c, err
		}
	}
	return c, nil
}

// makeCertificates makes all of them in a folder beside, so that a folder is complete or not there.
func makeCertificates(dir string, now time.Time) error {
	unfinished, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".unfinished-")
	if err != nil {
		return err
	}
	err = fillCertificates(unfinished, now)
	if err == nil {
		err = os.RemoveAll(dir)
	}
	if err == nil {
		err = os.Rename(unfinished, dir)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(unfinished))
	}
	return nil
}

func fillCertificates(dir string, now time.Time) error {
	ca, key, err := newCertificate(x509.Certificate{
		Subject: pkix.Name{CommonName: "koko-dev engine"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil, now)
	if err != nil {
		return err
	}
	// The services of the server are each other's clients.
	server, serverKey, err := newCertificate(x509.Certificate{
		Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.ParseIP(loopback)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, ca, key, now)
	if err != nil {
		return err
	}
	client, clientKey, err := newCertificate(x509.Certificate{
		Subject: pkix.Name{CommonName: "client"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, ca, key, now)
	if err != nil {
		return err
	}
	write := func(name, kind string, der []byte) error {
		return os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
	}
	writeKey := func(name string, key *ecdsa.PrivateKey) error {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return err
		}
		return write(name, "PRIVATE KEY", der)
	}
	return errors.Join(
		write(fileCA, "CERTIFICATE", ca.Raw), write(fileServer, "CERTIFICATE", server.Raw), write(fileClient, "CERTIFICATE", client.Raw),
		writeKey(fileServerKey, serverKey), writeKey(fileClientKey, clientKey),
	)
}

// newCertificate is one of a new key, signed by that of an authority, or by its own if there is none.
func newCertificate(
	of x509.Certificate, by *x509.Certificate, signer *ecdsa.PrivateKey, now time.Time,
) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if of.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return nil, nil, err
	}
	of.NotBefore, of.NotAfter = now.Add(-time.Hour), now.Add(validFor)
	if by == nil {
		by, signer = &of, key
	}
	der, err := x509.CreateCertificate(rand.Reader, &of, by, &key.PublicKey, signer)
	if err != nil {
		return nil, nil, err
	}
	made, err := x509.ParseCertificate(der)
	return made, key, err
}

// provider has every service of the server demand a certificate of its callers, and show its own.
func (c certificates) provider() encryption.TLSConfigProvider {
	serving := &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{c.server},
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: c.authority,
	}
	asking := &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{c.server}, RootCAs: c.authority, ServerName: loopback,
	}
	return &encryption.FixedTLSConfigProvider{
		FrontendServerConfig: serving, InternodeServerConfig: serving, FrontendClientConfig: asking, InternodeClientConfig: asking,
	}
}
