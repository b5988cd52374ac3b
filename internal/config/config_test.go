package config_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"koko/internal/config"
)

var update = flag.Bool("update", false, "write the generated part of docs/operations.md")

var commands = []string{config.Serve, config.Worker, config.Migrate, config.Grant, config.Demo, config.Retention, config.Rehearse, config.Replay, config.KeepHistories, config.Reconcile, config.Rebuild, config.LedgerCheck, config.Anonymity}

// environment answers like os.LookupEnv.
type environment map[string]string

func (e environment) lookup(name string) (string, bool) { v, ok := e[name]; return v, ok }

// complete returns an environment with which every command starts.
func complete(t *testing.T) environment {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(key, []byte("key"), 0o600))
	return environment{
		"KOKO_PUBLIC_URL":         "https://koko.example.org",
		"KOKO_DATABASE_URL":       "postgres://koko:hunter2hunter2@db:5432/koko",
		"KOKO_TEMPORAL_ADDRESS":   "temporal:7233",
		"KOKO_OIDC_ISSUER":        "https://login.example.org/realms/koko",
		"KOKO_OIDC_CLIENT_ID":     "koko",
		"KOKO_OIDC_CLIENT_SECRET": "hunter2hunter2",
		"KOKO_MASTER_KEY_FILE":    key,
		"KOKO_ISSUER_KEY_FILE":    key,
		"KOKO_ISSUER_NAME":        "Stadt Beispiel, Fachstelle",
		"KOKO_LEDGER_KEY_FILE":    key,
		"KOKO_DEMO_TOKENS_FILE":   key,
	}
}

func flagsOf(t *testing.T, command string, args ...string) *pflag.FlagSet {
	t.Helper()
	flags := pflag.NewFlagSet(command, pflag.ContinueOnError)
	config.AddFlags(command, flags)
	require.NoError(t, flags.Parse(args))
	return flags
}

func problemsOf(t *testing.T, err error) []string {
	t.Helper()
	e, ok := errors.AsType[*config.Error](err)
	require.True(t, ok, "%v", err)
	return e.Problems
}

func TestEveryCommandStartsWithTheRequiredSettingsAlone(t *testing.T) {
	for _, command := range commands {
		_, err := config.Load(command, flagsOf(t, command), complete(t).lookup)
		require.NoError(t, err, command)
	}
}

func TestValuesAreTyped(t *testing.T) {
	env := complete(t)
	c, err := config.Load(config.Serve, nil, env.lookup)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:8080", c.Listen.Addr)
	require.Equal(t, "koko.example.org", c.Listen.PublicURL.Host)
	require.Equal(t, int32(16), c.Database.PoolSize)
	require.Equal(t, env["KOKO_DATABASE_URL"], c.Database.URL.Reveal())
	require.Equal(t, config.Temporal{Address: "temporal:7233", Namespace: "koko", TaskQueue: "cases"}, c.Temporal)
	require.Empty(t, c.OIDC.DiscoveryURL, "the issuer itself")
	require.Equal(t, "koko", c.OIDC.Audience)
	require.Equal(t, config.Certificates{KeyFile: env["KOKO_ISSUER_KEY_FILE"], Issuer: "Stadt Beispiel, Fachstelle"}, c.Certificates)
	require.Equal(t, slog.LevelInfo, c.Log.Level)
	require.Equal(t, 20*time.Second, c.ShutdownTimeout)

	env["KOKO_OIDC_DISCOVERY_URL"] = "http://oidc:8080/realms/koko"
	c, err = config.Load(config.Serve, nil, env.lookup)
	require.NoError(t, err)
	require.Equal(t, "http://oidc:8080/realms/koko", c.OIDC.DiscoveryURL)
}

func TestAFlagWinsOverTheEnvironmentAndThatOverTheDefault(t *testing.T) {
	env := complete(t)
	env["KOKO_TASK_QUEUE"] = "from-environment"
	env["KOKO_TEMPORAL_NAMESPACE"] = "from-environment"
	env["KOKO_LOG_FORMAT"] = ""
	c, err := config.Load(config.Worker, flagsOf(t, config.Worker, "--task-queue", "from-flag"), env.lookup)
	require.NoError(t, err)
	require.Equal(t, "from-flag", c.Temporal.TaskQueue)
	require.Equal(t, "from-environment", c.Temporal.Namespace)
	require.Equal(t, "json", c.Log.Format, "empty counts as not given")
}

func TestEverythingMissingIsNamedAtOnce(t *testing.T) {
	for _, command := range commands {
		_, err := config.Load(command, nil, environment{}.lookup)
		require.ErrorContains(t, err, "koko "+command+" cannot start")
		var want []string
		for _, s := range config.SettingsOf(command) {
			if s.Required {
				want = append(want, s.Name)
			}
		}
		problems := problemsOf(t, err)
		require.Len(t, problems, len(want), command)
		for i, name := range want {
			s, _ := config.Lookup(name)
			require.Contains(t, problems[i], name+" is not set")
			if s.Secret {
				require.Contains(t, problems[i], name+"_FILE")
				continue
			}
			require.Contains(t, problems[i], "--"+s.Flag)
			require.Contains(t, problems[i], s.Example)
		}
	}
}

func TestAWrongValueIsRefusedWithItsName(t *testing.T) {
	for name, c := range map[string]struct{ command, variable, value, says string }{
		"a public URL with a path":       {config.Serve, "KOKO_PUBLIC_URL", "https://a.example/koko", "without a path"},
		"a public URL with a password":   {config.Serve, "KOKO_PUBLIC_URL", "https://u:hunter2hunter2@a.example", "http or https"},
		"a public URL without a scheme":  {config.Serve, "KOKO_PUBLIC_URL", "koko.example.org", "http or https"},
		"an issuer that is no web page":  {config.Serve, "KOKO_OIDC_ISSUER", "ldap://a.example", "http or https"},
		"an address without a port":      {config.Serve, "KOKO_ADDR", "127.0.0.1", "host:port"},
		"an address with a named port":   {config.Serve, "KOKO_ADDR", "127.0.0.1:http", "host:port"},
		"a port out of range":            {config.Worker, "KOKO_WORKER_ADDR", ":70000", "host:port"},
		"a cluster without a host":       {config.Worker, "KOKO_TEMPORAL_ADDRESS", ":7233", "another process"},
		"a pool of one":                  {config.Worker, "KOKO_DATABASE_POOL_SIZE", "1", "2 to 200"},
		"a pool of words":                {config.Worker, "KOKO_DATABASE_POOL_SIZE", "many", "2 to 200"},
		"a database of another make":     {config.Worker, "KOKO_DATABASE_URL", "mysql://u:hunter2hunter2@db/koko", "postgres://"},
		"a database URL that is broken":  {config.Worker, "KOKO_DATABASE_URL", "postgres://u:hunter2hunter2%zz@db/koko", "percent-encode"},
		"a database URL without a host":  {config.Worker, "KOKO_DATABASE_URL", "postgres:///koko", "host"},
		"a database URL without a name":  {config.Worker, "KOKO_DATABASE_URL", "postgres://u:hunter2hunter2@db", "name the database"},
		"a short database password":      {config.Migrate, "KOKO_API_DB_PASSWORD", "hunter2", "16 characters"},
		"a master key that is not there": {config.Serve, "KOKO_MASTER_KEY_FILE", "/nowhere/key", "readable file"},
		"a master key that is a folder":  {config.Serve, "KOKO_MASTER_KEY_FILE", os.TempDir(), "is a folder"},
		"issuer keys that are not there": {config.Serve, "KOKO_ISSUER_KEY_FILE", "/nowhere/key", "readable file"},
		"ledger keys that are not there": {config.Worker, "KOKO_LEDGER_KEY_FILE", "/nowhere/key", "readable file"},
		"an issuer of blanks":            {config.Serve, "KOKO_ISSUER_NAME", " \t", "one line"},
		"an issuer of two lines":         {config.Serve, "KOKO_ISSUER_NAME", "Stadt\nBeispiel", "one line"},
		"an issuer nobody sees":          {config.Serve, "KOKO_ISSUER_NAME", "\u200b", "one line"},
		"an issuer in another encoding":  {config.Serve, "KOKO_ISSUER_NAME", "St\xe4dte", "one line"},
		"an issuer without an end":       {config.Serve, "KOKO_ISSUER_NAME", strings.Repeat("ä", 201), "200 letters"},
		"a namespace with a space":       {config.Worker, "KOKO_TEMPORAL_NAMESPACE", "ko ko", "spaces"},
		"a log level of its own":         {config.Worker, "KOKO_LOG_LEVEL", "info+2", "debug, info"},
		"a log format of its own":        {config.Worker, "KOKO_LOG_FORMAT", "xml", "json or text"},
		"a timeout without a unit":       {config.Worker, "KOKO_SHUTDOWN_TIMEOUT", "20", "duration"},
		"a timeout beyond reason":        {config.Worker, "KOKO_SHUTDOWN_TIMEOUT", "11m", "at most 10m"},
		"a certificate without its key":  {config.Worker, "KOKO_TEMPORAL_TLS_CERT", "config_test.go", "belong together"},
		"metrics where the API is":       {config.Serve, "KOKO_METRICS_ADDR", "127.0.0.1:8080", "a listener of their own"},
		"no connections":                 {config.Serve, "KOKO_CONNECTIONS", "0", "16 to 65536"},
		"a pace backwards":               {config.Serve, "KOKO_PACE_CALLER", "-1", "requests a minute"},
		"a pace in words":                {config.Serve, "KOKO_PACE_COSTLY", "slow", "requests a minute"},
		"a proxy by name":                {config.Serve, "KOKO_TRUSTED_PROXIES", "10.0.0.1,proxy", "addresses or networks"},
		"a ladder of three rungs":        {config.Serve, "KOKO_LADDER", "60%,09:00,2", "four rungs such as 60%,09:00,2,5"},
		"a ladder without a share":       {config.Serve, "KOKO_LADDER", "0%,09:00,2,5", "1% to 99%"},
		"a ladder at no time of day":     {config.Serve, "KOKO_LADDER", "60%,9,2,5", "four rungs"},
		"a supervisor before the deputy": {config.Serve, "KOKO_LADDER", "60%,09:00,5,5", "the supervisor last"},
		"a supervisor after a year":      {config.Serve, "KOKO_LADDER", "60%,09:00,2,260", "within 60"},
		"an access log of a week":        {config.Retention, "KOKO_ACCESS_LOG_RETENTION", "7", "30 to 36500"},
		"a secret's file that is gone":   {config.Serve, "KOKO_OIDC_CLIENT_SECRET_FILE", "/nowhere/secret", "both set"},
	} {
		t.Run(name, func(t *testing.T) {
			env := complete(t)
			env[c.variable] = c.value
			_, err := config.Load(c.command, nil, env.lookup)
			problems := problemsOf(t, err)
			require.Len(t, problems, 1)
			require.Contains(t, problems[0], strings.TrimSuffix(c.variable, "_FILE"))
			require.Contains(t, problems[0], c.says)
			require.NotContains(t, problems[0], "hunter2")
		})
	}
}

func TestTheCommandLineRefusesAsTheEnvironmentDoes(t *testing.T) {
	_, err := config.Load(config.Worker, flagsOf(t, config.Worker, "--database-pool-size", "0"), complete(t).lookup)
	require.ErrorContains(t, err, "KOKO_DATABASE_POOL_SIZE (--database-pool-size) must be")
}

func TestASecretMayComeFromAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte("from the file\n"), 0o600))
	env := complete(t)
	delete(env, "KOKO_OIDC_CLIENT_SECRET")
	env["KOKO_OIDC_CLIENT_SECRET_FILE"] = path
	c, err := config.Load(config.Serve, nil, env.lookup)
	require.NoError(t, err)
	require.Equal(t, "from the file", c.OIDC.ClientSecret.Reveal())

	env["KOKO_OIDC_CLIENT_SECRET_FILE"] = path + "-gone"
	_, err = config.Load(config.Serve, nil, env.lookup)
	require.ErrorContains(t, err, "KOKO_OIDC_CLIENT_SECRET cannot be read from the file")

	require.NoError(t, os.WriteFile(path, []byte("\n"), 0o600))
	env["KOKO_OIDC_CLIENT_SECRET_FILE"] = path
	_, err = config.Load(config.Serve, nil, env.lookup)
	require.ErrorContains(t, err, "KOKO_OIDC_CLIENT_SECRET is not set", "an empty file is no secret")
}

func TestASecretIsNeverPrinted(t *testing.T) {
	c, err := config.Load(config.Serve, nil, complete(t).lookup)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "config", c, "secret", c.OIDC.ClientSecret)
	encoded, err := json.Marshal(c)
	require.NoError(t, err)
	for _, shown := range []string{
		log.String(), string(encoded), fmt.Sprintf("%v", c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c),
	} {
		require.NotContains(t, shown, "hunter2")
		require.Contains(t, shown, "[secret]")
	}
}

func TestTheTableIsConsistent(t *testing.T) {
	form := regexp.MustCompile(`^KOKO(_[A-Z]+)+$`)
	seen := map[string]bool{}
	for _, s := range config.Settings() {
		require.Regexp(t, form, s.Name)
		require.NotEmpty(t, s.Commands, s.Name)
		require.NotEmpty(t, s.Kind, s.Name)
		require.True(t, strings.HasSuffix(s.Doc, "."), s.Name)
		require.False(t, strings.ContainsAny(s.Doc, "|\n"), s.Name)
		require.Subset(t, commands, s.Commands, s.Name)
		require.Equal(t, s.Secret, s.Flag == "", "%s: exactly the secrets have no flag", s.Name)
		require.False(t, s.Default != "" && (s.Required || s.Secret), "%s: no default", s.Name)
		require.True(t, !s.Required || s.Secret || s.Example != "", "%s: an example helps", s.Name)
		for _, key := range []string{s.Name, s.File(), s.Flag} {
			require.False(t, key != "" && seen[key], key)
			seen[key] = true
		}
	}
}

func TestAMisspeltVariableIsFound(t *testing.T) {
	require.Equal(t, []string{"KOKO_ADRESS", "KOKO_TASK_QUEUE_FILE"}, config.Unknown([]string{
		"PATH=/bin", "KOKO_TASK_QUEUE_FILE=x", "KOKO_ADRESS=x", "KOKO_ADDR=x", "KOKO_DATABASE_URL_FILE=x",
	}))
}

func TestTheHelpNamesEverySettingOfItsCommandAndNoOther(t *testing.T) {
	for _, command := range commands {
		help := config.Help(command) + flagsOf(t, command).FlagUsages()
		for _, s := range config.Settings() {
			shown := regexp.MustCompile(s.Name + `\b`).MatchString(help)
			require.Equal(t, s.ReadBy(command), shown, "%s %s", command, s.Name)
		}
	}
}

func TestWithoutTLSFilesTheEngineIsReachedInClear(t *testing.T) {
	c, err := config.TLS{}.ClientConfig()
	require.NoError(t, err)
	require.Nil(t, c)
	_, err = config.TLS{CA: "config_test.go"}.ClientConfig()
	require.ErrorContains(t, err, "holds no PEM certificate")
}

const (
	operations = "../../docs/operations.md"
	begin      = "<!-- settings: generated by go generate ./internal/config -->\n"
	end        = "<!-- end of settings -->\n"
)

func TestTheOperationsPageShowsTheTable(t *testing.T) {
	page, err := os.ReadFile(operations)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(page), begin)
	require.True(t, found, "the page has no mark %q", begin)
	_, after, found := strings.Cut(rest, end)
	require.True(t, found, "the page has no mark %q", end)
	want := before + begin + config.Markdown() + end + after
	if *update {
		require.NoError(t, os.WriteFile(operations, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, string(page), "run: go generate ./internal/config")
}
