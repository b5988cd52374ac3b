// Package config is the one table of settings: what the commands of koko read from the
// environment and from flags. From the table come the flags, the help texts, the table in
// docs/operations.md, the check of docker-compose.yml, and Load, which names everything that is
// missing or wrong in one go.
package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"time"

	"koko/domain/calendar"
)

//go:generate go test -run TestTheOperationsPageShowsTheTable -update .

// The commands that read settings.
const (
	Serve   = "serve"
	Worker  = "worker"
	Migrate = "migrate"
	Grant   = "grant"
	Demo    = "demo"

	Retention = "retention"
	Rehearse  = "policy rehearse"
	Reconcile = "reconcile"
	Rebuild   = "rebuild"

	Replay        = "replay"
	KeepHistories = "histories keep"
	LedgerCheck   = "ledger check"
	Anonymity     = "anonymity"
)

// Config holds what one command was told. Groups the command does not read are zero.
type Config struct {
	Listen        Listen
	Pace          Pace
	Database      Database
	Temporal      Temporal
	OIDC          OIDC
	MasterKeyFile string
	Certificates  Certificates
	LedgerKeyFile string // the keys that sign checkpoints
	Witnesses     Witnesses
	// InterventionsFile holds the table from forms of work to escalation stages; empty: the default.
	InterventionsFile string
	// WorkdayEnds is when a working day ends for files that begin now.
	WorkdayEnds calendar.Clock
	// Rungs say who is told of the limits of these files when.
	Rungs calendar.Rungs
	// AccessLogDays is how long entries of the access log are kept.
	AccessLogDays   int
	Log             Log
	Demo            DemoData
	ShutdownTimeout time.Duration
}

// Listen says where a process answers and under which address people know it.
type Listen struct {
	Addr        string   // serve
	WorkerAddr  string   // worker: health, readiness and metrics
	MetricsAddr string   // serve
	PublicURL   *url.URL // an origin: scheme, host and port only
	Connections int      // at a time
	Proxies     []netip.Prefix
}

// Pace says how many requests a minute are answered; 0: any number.
type Pace struct {
	Caller  int // of one person
	Address int // from one address, of those who are not logged in
	Costly  int // of either, of what is costly
}

// Database says where the record is. The passwords are given to migrate only, which sets them on
// the roles that serve and worker log in with.
type Database struct {
	URL            Secret
	PoolSize       int32
	APIPassword    Secret
	WorkerPassword Secret
}

// Temporal says where the engine is.
type Temporal struct {
	Address   string
	Namespace string
	TaskQueue string
	TLS       TLS
}

// TLS names PEM files, and what the engine's certificate is made out to if not to the host of its address. Without any
// of them the connection is in clear.
type TLS struct {
	CA         string `json:"ca"`
	Cert       string `json:"cert"`
	Key        string `json:"key"`
	ServerName string `json:"server_name,omitempty"`
}

// OIDC says who vouches for users.
type OIDC struct {
	// Issuer stays a string because tokens carry it verbatim and it is compared byte by byte.
	Issuer       string
	ClientID     string
	ClientSecret Secret
	Audience     string
	DiscoveryURL string // empty: the issuer itself
}

// Certificates says in whose name certificates are issued. Their issuer's address is Listen.PublicURL.
type Certificates struct {
	KeyFile string // the keys that sign
	Issuer  string // the organisation's name
}

// Witnesses says with whom checkpoints are cosigned, in files that may be left out.
type Witnesses struct {
	File string // the peers
	CA   string // authorities of their certificates, beside the system's
}

// Log says how to log.
type Log struct {
	Level  slog.Level
	Format string // "json" or "text"
}

// DemoData says where koko demo sends its cases and as whom.
type DemoData struct {
	APIURL     *url.URL
	TokensFile string
}

// ClientConfig reads the files. It returns nil if nothing is set.
func (t TLS) ClientConfig() (*tls.Config, error) {
	if t == (TLS{}) {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("read the engine's CA (KOKO_TEMPORAL_TLS_CA): %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read the engine's CA (KOKO_TEMPORAL_TLS_CA): %s holds no PEM certificate", t.CA)
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("read the engine's client certificate (KOKO_TEMPORAL_TLS_CERT, KOKO_TEMPORAL_TLS_KEY): %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
