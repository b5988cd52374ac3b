package config

import (
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"koko/domain/calendar"
)

// Setting is one row of the table.
type Setting struct {
	// Name is the environment variable.
	Name string
	// Flag is the flag's name without dashes. A secret has none: flags appear in process lists.
	Flag string
	// Commands are the commands that read the setting.
	Commands []string
	// Required settings have no default and no command starts without them.
	Required bool
	// Secret settings are never shown, and may also be read from the file that NAME_FILE names.
	Secret bool
	// Kind names the form of the value, as a reader would: "URL", "host:port".
	Kind string
	// Default is the value when none is given.
	Default string
	// Doc says in one sentence what the setting does.
	Doc string
	// Example is a value to put into an error message.
	Example string

	set func(*Config, string) error
}

// File is the variable that may name a file with the secret's value; empty for other settings.
func (s Setting) File() string {
	if !s.Secret {
		return ""
	}
	return s.Name + "_FILE"
}

// ReadBy reports whether the command reads the setting.
func (s Setting) ReadBy(command string) bool { return slices.Contains(s.Commands, command) }

var settings = []Setting{
	{
		Name: "KOKO_ADDR", Flag: "addr", Commands: []string{Serve}, Kind: "host:port",
		Default: "127.0.0.1:8080",
		Doc:     "Where the API and the web app answer.",
		set:     into(address, func(c *Config) *string { return &c.Listen.Addr }),
	},
	{
		Name: "KOKO_PUBLIC_URL", Flag: "public-url", Commands: []string{Serve}, Kind: "URL",
		Required: true, Example: "https://koko.example.org",
		Doc: "The address people open in their browser: scheme, host and port, no path. Session cookies, login redirects and links are made for it, and certificates name it as their issuer: it must never change once one was issued.",
		set: into(origin, func(c *Config) **url.URL { return &c.Listen.PublicURL }),
	},
	{
		Name: "KOKO_WORKER_ADDR", Flag: "worker-addr", Commands: []string{Worker}, Kind: "host:port",
		Default: "127.0.0.1:8081",
		Doc:     "Where the worker answers /healthz, /readyz and /metrics.",
		set:     into(address, func(c *Config) *string { return &c.Listen.WorkerAddr }),
	},
	{
		Name: "KOKO_METRICS_ADDR", Flag: "metrics-addr", Commands: []string{Serve}, Kind: "host:port",
		Default: "127.0.0.1:8082",
		Doc:     "Where serve answers /metrics: a listener of its own, for nobody but those who watch KoKo.",
		set:     into(address, func(c *Config) *string { return &c.Listen.MetricsAddr }),
	},
	{
		Name: "KOKO_CONNECTIONS", Flag: "connections", Commands: []string{Serve}, Kind: "number",
		Default: "4096",
		Doc:     "Connections that the API keeps open at a time, 16 to 65536. Further ones wait.",
		set:     into(connections, func(c *Config) *int { return &c.Listen.Connections }),
	},
	{
		Name: "KOKO_TRUSTED_PROXIES", Flag: "trusted-proxies", Commands: []string{Serve}, Kind: "addresses",
		Doc: "Addresses or networks of the proxies before KoKo, with commas between them, such as 10.0.0.5,10.1.0.0/16: their X-Forwarded-For says where a request comes from. Without it, the address of a request is that of its connection.",
		set: into(networks, func(c *Config) *[]netip.Prefix { return &c.Listen.Proxies }),
	},
	{
		Name: "KOKO_PACE_CALLER", Flag: "pace-caller", Commands: []string{Serve}, Kind: "number",
		Default: "6000",
		Doc:     "Requests a minute that one person is answered, in each process; 0: any number. Those beyond get 429. A minute's worth may come at once.",
		set:     into(pace, func(c *Config) *int { return &c.Pace.Caller }),
	},
	{
		Name: "KOKO_PACE_ADDRESS", Flag: "pace-address", Commands: []string{Serve}, Kind: "number",
		Default: "600",
		Doc:     "The same for those who are not logged in, from one address, or 64 bits of an IPv6 address. A whole town hall may have one: behind a proxy, set KOKO_TRUSTED_PROXIES.",
		set:     into(pace, func(c *Config) *int { return &c.Pace.Address }),
	},
	{
		Name: "KOKO_PACE_COSTLY", Flag: "pace-costly", Commands: []string{Serve}, Kind: "number",
		Default: "120",
		Doc:     "The same, of one person or from one address, for logins, verifications of certificates, imports and sealed files.",
		set:     into(pace, func(c *Config) *int { return &c.Pace.Costly }),
	},
	{
		Name: "KOKO_DATABASE_URL", Commands: []string{Serve, Worker, Migrate, Grant, Retention, Rehearse, Replay, KeepHistories, Reconcile, Rebuild, LedgerCheck, Anonymity}, Kind: "URL",
		Required: true, Secret: true, Example: "postgres://koko_api:PASSWORD@db.example.org:5432/koko?sslmode=verify-full",
		Doc: "KoKo's PostgreSQL database. serve logs in as koko_api; worker, replay, histories keep, reconcile, rebuild and anonymity as koko_worker; the others as the owner.",
		set: into(databaseURL, func(c *Config) *Secret { return &c.Database.URL }),
	},
	{
		Name: "KOKO_DATABASE_POOL_SIZE", Flag: "database-pool-size", Commands: []string{Serve, Worker, Replay, KeepHistories, Reconcile, Rebuild}, Kind: "number",
		Default: "16",
		Doc:     "Database connections of one process, 2 to 200. Replicas times this must stay below PostgreSQL's max_connections.",
		set:     into(poolSize, func(c *Config) *int32 { return &c.Database.PoolSize }),
	},
	{
		Name: "KOKO_API_DB_PASSWORD", Commands: []string{Migrate}, Kind: "password", Secret: true,
		Doc: "Set on the database role koko_api. Without it, the role keeps the password it has.",
		set: into(password, func(c *Config) *Secret { return &c.Database.APIPassword }),
	},
	{
		Name: "KOKO_WORKER_DB_PASSWORD", Commands: []string{Migrate}, Kind: "password", Secret: true,
		Doc: "Set on the database role koko_worker. Without it, the role keeps the password it has.",
		set: into(password, func(c *Config) *Secret { return &c.Database.WorkerPassword }),
	},
	{
		Name: "KOKO_TEMPORAL_ADDRESS", Flag: "temporal-address", Commands: []string{Serve, Worker, Replay, KeepHistories, Reconcile, Rebuild}, Kind: "host:port",
		Required: true, Example: "temporal.example.org:7233",
		Doc: "The Temporal cluster's frontend.",
		set: into(remote, func(c *Config) *string { return &c.Temporal.Address }),
	},
	{
		Name: "KOKO_TEMPORAL_NAMESPACE", Flag: "temporal-namespace", Commands: []string{Serve, Worker, Replay, KeepHistories, Reconcile, Rebuild}, Kind: "name",
		Default: "koko",
		Doc:     "The Temporal namespace. It must exist.",
		set:     into(name, func(c *Config) *string { return &c.Temporal.Namespace }),
	},
	{
		Name: "KOKO_TEMPORAL_TLS_CA", Flag: "temporal-tls-ca", Commands: []string{Serve, Worker, Replay, KeepHistories, Reconcile, Rebuild}, Kind: "file",
		Doc: "PEM file of the authority that signed the cluster's certificate. Any of the TLS settings switches TLS on.",
		set: into(file, func(c *Config) *string { return &c.Temporal.TLS.CA }),
	},
	{
		Name: "KOKO_TEMPORAL_TLS_CERT", Flag: "temporal-tls-cert", Commands: []string{Serve, Worker, Replay, KeepHistories, Reconcile, Rebuild}, Kind: "file",
		Doc: "PEM file of the client certificate.",
		set: into(file, func(c *Config) *string { return &c.Temporal.TLS.Cert }),
	},
	{
		Name: "KOKO_TEMPORAL_TLS_KEY", Flag: "temporal-tls-key", Commands: []string{Serve, Worker, Replay, KeepHistories, Reconcile, Rebuild}, Kind: "file",
		Doc: "PEM file of the client certificate's private key.",
		set: into(file, func(c *Config) *string { return &c.Temporal.TLS.Key }),
	},
	{
		Name: "KOKO_TEMPORAL_TLS_SERVER_NAME", Flag: "temporal-tls-server-name", Commands: []string{Serve, Worker, Replay, KeepHistories, Reconcile, Rebuild}, Kind: "name",
		Doc: "The name that the cluster's certificate is made out to, if not the host of its address.",
		set: into(name, func(c *Config) *string { return &c.Temporal.TLS.ServerName }),
	},
	{
		Name: "KOKO_TASK_QUEUE", Flag: "task-queue", Commands: []string{Serve, Worker, Replay, KeepHistories, Reconcile, Rebuild}, Kind: "name",
		Default: "cases",
		Doc:     "The task queue of the workflows; the same for all.",
		set:     into(name, func(c *Config) *string { return &c.Temporal.TaskQueue }),
	},
	{
		Name: "KOKO_OIDC_ISSUER", Flag: "oidc-issuer", Commands: []string{Serve}, Kind: "URL",
		Required: true, Example: "https://login.example.org/realms/koko",
		Doc: "The OpenID Connect provider's issuer, exactly as it stands in its tokens.",
		set: into(webAddress, func(c *Config) *string { return &c.OIDC.Issuer }),
	},
	{
		Name: "KOKO_OIDC_DISCOVERY_URL", Flag: "oidc-discovery-url", Commands: []string{Serve}, Kind: "URL",
		Doc: "Where to fetch the provider's metadata if KoKo reaches it under another name than the issuer; without /.well-known/openid-configuration.",
		set: into(webAddress, func(c *Config) *string { return &c.OIDC.DiscoveryURL }),
	},
	{
		Name: "KOKO_OIDC_CLIENT_ID", Flag: "oidc-client-id", Commands: []string{Serve}, Kind: "name",
		Required: true, Example: "koko",
		Doc: "KoKo's client at the provider.",
		set: into(name, func(c *Config) *string { return &c.OIDC.ClientID }),
	},
	{
		Name: "KOKO_OIDC_CLIENT_SECRET", Commands: []string{Serve}, Kind: "password",
		Required: true, Secret: true,
		Doc: "The client's secret.",
		set: into(secret, func(c *Config) *Secret { return &c.OIDC.ClientSecret }),
	},
	{
		Name: "KOKO_OIDC_AUDIENCE", Flag: "oidc-audience", Commands: []string{Serve}, Kind: "name",
		Default: "koko",
		Doc:     "The audience a bearer token must be made out to.",
		set:     into(name, func(c *Config) *string { return &c.OIDC.Audience }),
	},
	{
		Name: "KOKO_MASTER_KEY_FILE", Flag: "master-key-file", Commands: []string{Serve, Worker, Replay, KeepHistories, Reconcile, Rebuild}, Kind: "file",
		Required: true, Example: "/run/secrets/master-key",
		Doc: "The master key that koko keygen made; the same file for all. Without it no document can be read again, and no workflow goes on: keep a copy apart from the backups of the databases.",
		set: into(file, func(c *Config) *string { return &c.MasterKeyFile }),
	},
	{
		Name: "KOKO_ISSUER_KEY_FILE", Flag: "issuer-key-file", Commands: []string{Serve}, Kind: "file",
		Required: true, Example: "/run/secrets/issuer-key",
		Doc: "The keys that koko issuer-key made; they sign certificates. Without them the credentials issued so far can no longer be verified: keep a copy.",
		set: into(file, func(c *Config) *string { return &c.Certificates.KeyFile }),
	},
	{
		Name: "KOKO_ISSUER_NAME", Flag: "issuer-name", Commands: []string{Serve}, Kind: "text",
		Required: true, Example: `"Stadt Beispiel, Fachstelle Konfliktmanagement"`,
		Doc: "The organisation that issues certificates, as they name it.",
		set: into(text, func(c *Config) *string { return &c.Certificates.Issuer }),
	},
	{
		Name: "KOKO_LEDGER_KEY_FILE", Flag: "ledger-key-file", Commands: []string{Serve, Worker, LedgerCheck}, Kind: "file",
		Required: true, Example: "/run/secrets/ledger-key",
		Doc: "The keys that koko ledger-key made; they sign checkpoints of the ledger and cosign those of others. The same file for serve and worker: keep a copy. For ledger check, what koko ledger-key --public printed is enough.",
		set: into(file, func(c *Config) *string { return &c.LedgerKeyFile }),
	},
	{
		Name: "KOKO_WITNESSES_FILE", Flag: "witnesses-file", Commands: []string{Serve, Worker, LedgerCheck}, Kind: "file",
		Doc: "JSON list of other instances that cosign the checkpoints of this one, or whose checkpoints this one cosigns, with their keys. The same file for serve and worker.",
		set: into(file, func(c *Config) *string { return &c.Witnesses.File }),
	},
	{
		Name: "KOKO_WITNESSES_CA", Flag: "witnesses-ca", Commands: []string{Worker}, Kind: "file",
		Doc: "PEM file of authorities that signed the certificates of witnesses, beside those that the system trusts.",
		set: into(file, func(c *Config) *string { return &c.Witnesses.CA }),
	},
	{
		Name: "KOKO_INTERVENTIONS_FILE", Flag: "interventions-file", Commands: []string{Serve}, Kind: "file",
		Doc: "JSON table of the escalation stages (Glasl) for which each form of work is recommended, as /api/v1/interventions shows it. Without it, the built-in table holds.",
		set: into(file, func(c *Config) *string { return &c.InterventionsFile }),
	},
	{
		Name: "KOKO_WORKDAY_ENDS", Flag: "workday-ends", Commands: []string{Serve}, Kind: "HH:MM",
		Default: string(calendar.WorkdayEnds),
		Doc:     "When a working day ends, in Berlin: limits in working days end then. It holds for files that begin from now on; a supervisor moves running ones.",
		set:     into(clock, func(c *Config) *calendar.Clock { return &c.WorkdayEnds }),
	},
	{
		Name: "KOKO_LADDER", Flag: "ladder", Commands: []string{Serve}, Kind: "N%,HH:MM,N,N",
		Default: string(calendar.DefaultRungs()),
		Doc:     "When people are told of a limit: after this share of the time, on the day before at this time, and when it has passed, after so many working days a deputy and, last, the supervisor. It holds for files that begin from now on; a supervisor moves running ones.",
		set:     into(rungs, func(c *Config) *calendar.Rungs { return &c.Rungs }),
	},
	{
		Name: "KOKO_ACCESS_LOG_RETENTION", Flag: "access-log-retention", Commands: []string{Retention}, Kind: "days",
		Default: "730",
		Doc:     "For how many days refusals, sensitive reads and changes of rights stay in the access log, 30 to 36500.",
		set:     into(days, func(c *Config) *int { return &c.AccessLogDays }),
	},
	{
		Name: "KOKO_LOG_LEVEL", Flag: "log-level", Commands: []string{Serve, Worker, Migrate, Grant, Demo, Retention, Rehearse, Replay, KeepHistories, Reconcile, Rebuild, LedgerCheck, Anonymity}, Kind: "word",
		Default: "info",
		Doc:     "debug, info, warn or error.",
		set:     into(logLevel, func(c *Config) *slog.Level { return &c.Log.Level }),
	},
	{
		Name: "KOKO_LOG_FORMAT", Flag: "log-format", Commands: []string{Serve, Worker, Migrate, Grant, Demo, Retention, Rehearse, Replay, KeepHistories, Reconcile, Rebuild, LedgerCheck, Anonymity}, Kind: "word",
		Default: "json",
		Doc:     "json or text.",
		set:     into(logFormat, func(c *Config) *string { return &c.Log.Format }),
	},
	{
		Name: "KOKO_SHUTDOWN_TIMEOUT", Flag: "shutdown-timeout", Commands: []string{Serve, Worker}, Kind: "duration",
		Default: "20s",
		Doc:     "How long a stopping process may finish what it has begun, at most 10m. Give the container a longer grace period.",
		set:     into(timeout, func(c *Config) *time.Duration { return &c.ShutdownTimeout }),
	},
	{
		Name: "KOKO_DEMO_API_URL", Flag: "api-url", Commands: []string{Demo}, Kind: "URL",
		Default: "http://127.0.0.1:8080",
		Doc:     "The API that the demo cases and cohorts are sent to.",
		set:     into(origin, func(c *Config) **url.URL { return &c.Demo.APIURL }),
	},
	{
		Name: "KOKO_DEMO_TOKENS_FILE", Flag: "tokens-file", Commands: []string{Demo}, Kind: "file",
		Required: true, Example: "tokens.json",
		Doc: "A JSON object of login and bearer token, one for each demo user.",
		set: into(file, func(c *Config) *string { return &c.Demo.TokensFile }),
	},
}

// Settings returns the table.
func Settings() []Setting { return slices.Clone(settings) }

// SettingsOf returns the rows the command reads.
func SettingsOf(command string) []Setting {
	return slices.DeleteFunc(Settings(), func(s Setting) bool { return !s.ReadBy(command) })
}

// Lookup returns the row that reads the environment variable, be it the setting's own or the
// one that names a secret's file.
func Lookup(variable string) (Setting, bool) {
	i := slices.IndexFunc(settings, func(s Setting) bool {
		return s.Name == variable || s.Secret && s.File() == variable
	})
	if i < 0 {
		return Setting{}, false
	}
	return settings[i], true
}

// Unknown returns the KOKO_ variables among environ ("NAME=value") that no command reads, so that
// a misspelt optional setting does not pass in silence.
func Unknown(environ []string) []string {
	var unknown []string
	for _, entry := range environ {
		variable, _, _ := strings.Cut(entry, "=")
		if _, known := Lookup(variable); strings.HasPrefix(variable, "KOKO_") && !known {
			unknown = append(unknown, variable)
		}
	}
	slices.Sort(unknown)
	return unknown
}
