package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"
)

// explain asks why the engine does not answer, and returns a sentence if it is TLS: the engine's client only says that
// there is no connection. It returns nil if it is something else.
func (t Temporal) explain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return nil
	}
	defer func() { _ = conn.Close() }()
	if until, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(until); err != nil {
			return nil
		}
	}
	if t.TLS == nil {
		if tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(ctx) == nil { // it is only asked whether there is TLS
			return errors.New("it speaks TLS: set KOKO_TEMPORAL_TLS_CA, KOKO_TEMPORAL_TLS_CERT and KOKO_TEMPORAL_TLS_KEY")
		}
		return nil
	}
	c := t.TLS.Clone()
	c.NextProtos = []string{"h2"}
	if c.ServerName == "" {
		if c.ServerName, _, err = net.SplitHostPort(t.Address); err != nil {
			return nil
		}
	}
	secure := tls.Client(conn, c)
	if err = secure.HandshakeContext(ctx); err == nil {
		_, err = secure.Read(make([]byte, 1)) // a server refuses a client's certificate only after that
	}
	return whyNot(err)
}

// whyNot tells which setting an error of TLS is about.
func whyNot(err error) error {
	if _, plain := errors.AsType[tls.RecordHeaderError](err); plain {
		return errors.New("it does not speak TLS there: see KOKO_TEMPORAL_ADDRESS, or set none of KOKO_TEMPORAL_TLS_*")
	}
	if name, other := errors.AsType[x509.HostnameError](err); other {
		return fmt.Errorf("its certificate has another name: set KOKO_TEMPORAL_TLS_SERVER_NAME to one that it has (%w)", name)
	}
	if _, foreign := errors.AsType[*tls.CertificateVerificationError](err); foreign {
		return fmt.Errorf("its certificate is not to be trusted: name the authority that signed it in KOKO_TEMPORAL_TLS_CA (%w)", err)
	}
	if alert, refused := errors.AsType[tls.AlertError](err); refused {
		return fmt.Errorf("it refuses our certificate: see KOKO_TEMPORAL_TLS_CERT and KOKO_TEMPORAL_TLS_KEY (%w)", alert)
	}
	// What the other side says comes as an error of the network.
	if said, remote := errors.AsType[*net.OpError](err); remote && said.Op == "remote error" {
		return fmt.Errorf("it refuses our certificate: see KOKO_TEMPORAL_TLS_CERT and KOKO_TEMPORAL_TLS_KEY (%w)", said.Err)
	}
	return nil
}
