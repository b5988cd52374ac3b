// Package deploy holds no code: its tests guard docker-compose.yml, the Dockerfile and the
// scripts of the folder deploy. Every guard has broken variants that it must refuse.
package deploy

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"koko/internal/config"
)

// installation is a compose file as docker reads it, and with its ${variables} unresolved.
type installation struct {
	project *types.Project
	raw     map[string]types.Mapping // service → environment
	mounted string                   // a file that stands in for mounted secrets
}

// load reads the texts, each of which adds to the one before, with the variables of env.
func load(t *testing.T, env types.Mapping, texts ...string) (installation, error) {
	t.Helper()
	root, err := filepath.Abs(repository)
	require.NoError(t, err)
	details := types.ConfigDetails{WorkingDir: root, Environment: env}
	for i, text := range texts {
		name := filepath.Join(root, fmt.Sprintf("compose-%d.yml", i))
		details.ConfigFiles = append(details.ConfigFiles, types.ConfigFile{Filename: name, Content: []byte(text)})
	}
	everything := func(o *loader.Options) { o.Profiles = []string{"*"} }
	project, err := loader.LoadWithContext(context.Background(), details, everything)
	if err != nil {
		return installation{}, err
	}
	model, err := loader.LoadModelWithContext(context.Background(), details, everything,
		func(o *loader.Options) { o.SkipInterpolation = true })
	if err != nil {
		return installation{}, err
	}
	mounted := filepath.Join(t.TempDir(), "mounted")
	require.NoError(t, os.WriteFile(mounted, []byte("secret"), 0o600))
	return installation{project, rawEnvironments(t, model), mounted}, nil
}

func rawEnvironments(t *testing.T, model map[string]any) map[string]types.Mapping {
	t.Helper()
	raw := map[string]types.Mapping{}
	for name, service := range model["services"].(map[string]any) {
		raw[name] = types.Mapping{}
		switch env := service.(map[string]any)["environment"].(type) {
		case nil:
		case map[string]any:
			for variable, value := range env {
				raw[name][variable] = fmt.Sprint(value)
			}
		case []any:
			for _, entry := range env {
				variable, value, _ := strings.Cut(fmt.Sprint(entry), "=")
				raw[name][variable] = value
			}
		default:
			require.Failf(t, "environment", "%s has an environment of type %T", name, env)
		}
	}
	return raw
}

// A check returns what is wrong with one service.
type check func(installation, types.ServiceConfig) []string

var checks = map[string]check{
	"images":       imageIsPinned,
	"health":       healthIsWatched,
	"ports":        portIsMeant,
	"hardening":    oursIsConfined,
	"dependencies": dependencyIsReady,
	"networks":     storeIsInside,
	"neighbours":   neighbourIsMeant,
	"engine":       engineIsKnown,
	"secrets":      secretIsGenerated,
	"keys":         keyIsMade,
	"settings":     settingsAreRight,
}

func (i installation) problems() []string {
	var found []string
	for name, service := range i.project.Services {
		for _, c := range checks {
			for _, problem := range c(i, service) {
				found = append(found, name+": "+problem)
			}
		}
	}
	slices.Sort(found)
	return found
}

func ours(s types.ServiceConfig) bool { return s.Build != nil }

// oneShot services do their work and end.
func oneShot(s types.ServiceConfig) bool { return s.Restart == "no" }

var version = regexp.MustCompile(`:v?[0-9][^:/]*\.[^:/]+$|@sha256:[0-9a-f]{64}$`)

func imageIsPinned(_ installation, s types.ServiceConfig) []string {
	if strings.HasSuffix(s.Image, ":latest") || !ours(s) && !version.MatchString(s.Image) {
		return []string{"image " + s.Image + " is not pinned to a version"}
	}
	return nil
}

func healthIsWatched(_ installation, s types.ServiceConfig) []string {
	if !oneShot(s) && (s.HealthCheck == nil || s.HealthCheck.Disable || len(s.HealthCheck.Test) < 2) {
		return []string{"runs for long and has no health check"}
	}
	return nil
}

// published are the services with a port on this machine, each on the loopback address.
var published = []string{"api", "oidc"}

func portIsMeant(_ installation, s types.ServiceConfig) []string {
	var problems []string
	if s.NetworkMode == "host" {
		problems = append(problems, "uses the host's network")
	}
	for _, port := range s.Ports {
		if ip := net.ParseIP(port.HostIP); ip == nil || !ip.IsLoopback() {
			problems = append(problems, "port "+port.Published+" is open to other machines")
		}
		if !slices.Contains(published, s.Name) {
			problems = append(problems, "port "+port.Published+" is not meant to be published")
		}
	}
	return problems
}

func oursIsConfined(_ installation, s types.ServiceConfig) []string {
	if s.Privileged {
		return []string{"is privileged"}
	}
	var problems []string
	if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
		problems = append(problems, "may gain privileges")
	}
	if !ours(s) {
		return problems
	}
	if !s.ReadOnly {
		problems = append(problems, "may write to its image")
	}
	if !slices.Contains(s.CapDrop, "ALL") || len(s.CapAdd) > 0 {
		problems = append(problems, "keeps capabilities")
	}
	if s.User == "" || s.User == "root" || strings.HasPrefix(s.User, "0") {
		problems = append(problems, "runs as root")
	}
	return problems
}

func dependencyIsReady(i installation, s types.ServiceConfig) []string {
	var problems []string
	for name, d := range s.DependsOn {
		want := types.ServiceConditionHealthy
		if oneShot(i.project.Services[name]) {
			want = types.ServiceConditionCompletedSuccessfully
		}
		if d.Condition != want {
			problems = append(problems, fmt.Sprintf("waits for %s with %s, not %s", name, d.Condition, want))
		}
	}
	return problems
}

// stores hold everything and ask nobody for a login from the outside.
var stores = []string{"postgres", "temporal", "worker"}

func storeIsInside(i installation, s types.ServiceConfig) []string {
	var problems []string
	for network := range s.Networks {
		if slices.Contains(stores, s.Name) && !bool(i.project.Networks[network].Internal) {
			problems = append(problems, "is in the network "+network+", which leads outside")
		}
	}
	return problems
}

// neighbours are the services in each network: whoever is in one with a store reaches it.
var neighbours = map[string][]string{
	"front":        {"api", "oidc", "demo"},
	"record":       {"postgres", "migrate", "api", "worker", "grant", "ledger-check"},
	"engine":       {"temporal", "temporal-namespace", "api", "worker"},
	"engine-store": {"postgres", "temporal", "temporal-schema"},
	"login-store":  {"postgres", "oidc"},
}

func neighbourIsMeant(_ installation, s types.ServiceConfig) []string {
	var problems []string
	for network := range s.Networks {
		if !slices.Contains(neighbours[network], s.Name) {
			problems = append(problems, "is not meant to be in the network "+network)
		}
	}
	return problems
}

// What the engine's server and each of its clients are told, as files that are mounted.
var (
	ofServer = map[string]string{
		"TEMPORAL_TLS_SERVER_CA_CERT": "engine-ca", "TEMPORAL_TLS_SERVER_CERT": "engine-server", "TEMPORAL_TLS_SERVER_KEY": "engine-server-key",
		"TEMPORAL_TLS_CLIENT1_CA_CERT": "engine-ca", "TEMPORAL_TLS_FRONTEND_CERT": "engine-server", "TEMPORAL_TLS_FRONTEND_KEY": "engine-server-key",
	}
	ofClients = map[string]map[string]string{
		"KOKO_TEMPORAL_ADDRESS": {
			"KOKO_TEMPORAL_TLS_CA": "engine-ca", "KOKO_TEMPORAL_TLS_CERT": "engine-client", "KOKO_TEMPORAL_TLS_KEY": "engine-client-key",
		},
		"TEMPORAL_ADDRESS": {
			"TEMPORAL_TLS_SERVER_CA_CERT_PATH": "engine-ca", "TEMPORAL_TLS_CLIENT_CERT_PATH": "engine-client", "TEMPORAL_TLS_CLIENT_KEY_PATH": "engine-client-key",
		},
	}
)

// engineIsKnown refuses an engine that answers anybody, and clients that do not make themselves known or that have its key.
func engineIsKnown(_ installation, s types.ServiceConfig) []string {
	want := map[string]string{}
	for address, files := range ofClients {
		if _, asks := s.Environment[address]; asks {
			want = files
		}
	}
	var problems []string
	serves := strings.HasPrefix(s.Image, "temporalio/server:")
	if serves {
		want = ofServer
		if v := s.Environment["TEMPORAL_TLS_REQUIRE_CLIENT_AUTH"]; v == nil || *v != "true" {
			problems = append(problems, "answers whoever asks")
		}
	}
	for variable, secret := range want {
		mounted := slices.ContainsFunc(s.Secrets, func(m types.ServiceSecretConfig) bool { return m.Source == secret })
		if v := s.Environment[variable]; v == nil || *v != "/run/secrets/"+secret || !mounted {
			problems = append(problems, variable+" is not the file "+secret)
		}
	}
	if !serves && slices.ContainsFunc(s.Secrets, func(m types.ServiceSecretConfig) bool { return m.Source == "engine-server-key" }) {
		problems = append(problems, "could pass for the engine")
	}
	return problems
}

var (
	secretName  = regexp.MustCompile(`PASSWORD|SECRET|PWD|TOKEN`)
	reference   = regexp.MustCompile(`\$\{[^}]*\}`)
	generated   = regexp.MustCompile(`^\$\{[A-Z_]+:\?[^}]+\}$`)
	urlPassword = regexp.MustCompile(`^[a-z]+://[^:@/]+:(\$\{[^}]*\})@`)
)

// secretIsGenerated refuses every secret that is not exactly one variable of .env without a default.
func secretIsGenerated(i installation, s types.ServiceConfig) []string {
	var problems []string
	for variable, value := range i.raw[s.Name] {
		setting, known := config.Lookup(variable)
		if secret := known && setting.Secret || !known && secretName.MatchString(variable); !secret {
			continue
		}
		if known && setting.Kind == "URL" {
			value = passwordOf(value)
		}
		if !generated.MatchString(value) {
			problems = append(problems, "secret "+variable+" is not a variable without a default")
		}
	}
	return problems
}

func passwordOf(rawURL string) string {
	if m := urlPassword.FindStringSubmatch(rawURL); m != nil {
		return m[1]
	}
	return ""
}

// commandOf returns the subcommand of koko and what follows it.
func commandOf(s types.ServiceConfig) (string, []string) {
	args := slices.Clone(s.Command)
	if len(s.Entrypoint) > 0 {
		args = append(slices.Clone(s.Entrypoint[1:]), args...)
	}
	if len(args) == 0 {
		return "", nil
	}
	if len(args) > 1 && len(config.SettingsOf(args[0]+" "+args[1])) > 0 {
		return args[0] + " " + args[1], args[2:]
	}
	return args[0], args[1:]
}

// withoutSettings are the commands that read none.
var withoutSettings = []string{"keygen", "issuer-key", "ledger-key", "healthcheck"}

// keyIsMade refuses a key that is mounted and that none of the commands that make keys leaves there.
func keyIsMade(i installation, s types.ServiceConfig) []string {
	var problems []string
	for _, secret := range s.Secrets {
		if strings.HasSuffix(secret.Source, "-key") && !slices.Contains(i.keysMade(), i.project.Secrets[secret.Source].File) {
			problems = append(problems, "nothing makes "+secret.Source)
		}
	}
	return problems
}

// certificates are the files that deploy/engine-certificates makes.
var certificates = []string{"ca.pem", "client-key.pem", "client.pem", "server-key.pem", "server.pem"}

// keysMade are the files of this machine that the tools that make keys write, their last argument, and that script.
func (i installation) keysMade() []string {
	var files []string
	for _, name := range certificates {
		files = append(files, filepath.Join(i.project.WorkingDir, "deploy/secrets/engine", name))
	}
	for _, s := range i.project.Services {
		command, args := commandOf(s)
		if !ours(s) || !slices.Contains([]string{"keygen", "issuer-key", "ledger-key"}, command) || len(args) == 0 {
			continue
		}
		for _, v := range s.Volumes {
			if path, inside := strings.CutPrefix(args[len(args)-1], v.Target+"/"); inside && !v.ReadOnly {
				files = append(files, filepath.Join(v.Source, path))
			}
		}
	}
	return files
}

// settingsAreRight starts every service of ours as far as its configuration.
func settingsAreRight(i installation, s types.ServiceConfig) []string {
	if !ours(s) {
		return nil
	}
	command, _ := commandOf(s)
	if len(config.SettingsOf(command)) == 0 && !slices.Contains(withoutSettings, command) {
		return []string{fmt.Sprintf("koko has no command %q", command)}
	}
	problems := strangers(s, command)
	c, err := config.Load(command, nil, i.environmentOf(s))
	if err != nil {
		return append(problems, err.Error())
	}
	return append(problems, lifeInContainer(s, command, c)...)
}

// strangers are the variables that the command does not read.
func strangers(s types.ServiceConfig, command string) []string {
	var problems []string
	for _, variable := range slices.Sorted(maps.Keys(s.Environment)) {
		setting, known := config.Lookup(variable)
		switch {
		case strings.HasPrefix(variable, "KOKO_") && !known:
			problems = append(problems, variable+" is not a setting")
		case known && !setting.ReadBy(command):
			problems = append(problems, variable+" is not read by koko "+command)
		}
	}
	return problems
}

// environmentOf answers as the container's environment would; mounted secrets are there, other
// files are not.
func (i installation) environmentOf(s types.ServiceConfig) func(string) (string, bool) {
	return func(variable string) (string, bool) {
		value := s.Environment[variable]
		if value == nil {
			return "", false
		}
		for _, secret := range s.Secrets {
			if *value == secret.Target || *value == "/run/secrets/"+secret.Source {
				return i.mounted, true
			}
		}
		return *value, true
	}
}

// lifeInContainer compares the settings with what docker is told about the container.
func lifeInContainer(s types.ServiceConfig, command string, c config.Config) []string {
	addr := map[string]string{config.Serve: c.Listen.Addr, config.Worker: c.Listen.WorkerAddr}[command]
	if addr == "" {
		return nil
	}
	var problems []string
	host, port, _ := net.SplitHostPort(addr)
	if command == config.Serve && net.ParseIP(host).IsLoopback() {
		problems = append(problems, "listens where nobody outside its container can reach it")
	}
	if u := healthURL(s); u == nil || u.Port() != port {
		problems = append(problems, "its health check asks another port than "+port)
	}
	if s.StopGracePeriod == nil || time.Duration(*s.StopGracePeriod) <= c.ShutdownTimeout {
		problems = append(problems, "is killed before its shutdown timeout has passed")
	}
	return problems
}

// healthURL is the address in a health check of the form CMD /koko healthcheck URL.
func healthURL(s types.ServiceConfig) *url.URL {
	if s.HealthCheck == nil || len(s.HealthCheck.Test) != 4 || s.HealthCheck.Test[2] != "healthcheck" {
		return nil
	}
	u, err := url.Parse(s.HealthCheck.Test[3])
	if err != nil {
		return nil
	}
	return u
}
