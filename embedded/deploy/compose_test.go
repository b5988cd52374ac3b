package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"koko/internal/config"
)

const (
	repository  = "../.."
	composeFile = "docker-compose.yml"
	demoFile    = "docker-compose.demo.yml"
)

// read returns the text of a file of this repository, or of an absolute path.
func read(t *testing.T, path string) string {
	t.Helper()
	if !filepath.IsAbs(path) {
		path = filepath.Join(repository, path)
	}
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

// environment is a .env as deploy/init-env writes it.
func environment(t *testing.T) types.Mapping {
	t.Helper()
	dir := checkout(t)
	initEnv(t, dir)
	env, err := dotenv.Read(dir + "/.env")
	require.NoError(t, err)
	return env
}

func TestTheComposeFilePassesEveryCheck(t *testing.T) {
	i, err := load(t, environment(t), read(t, composeFile))
	require.NoError(t, err)
	require.Empty(t, i.problems())

	long := 0
	for _, s := range i.project.Services {
		if !oneShot(s) {
			long++
		}
	}
	require.Equal(t, 5, long, "postgres, temporal, oidc, api, worker")
	for _, tool := range []string{"issuer-key", "ledger-key"} {
		require.Contains(t, i.project.Services["keygen"].DependsOn, tool, "one command makes all keys")
	}
}

func TestTheDemonstrationPassesEveryCheck(t *testing.T) {
	i, err := load(t, environment(t), read(t, composeFile), read(t, demoFile))
	require.NoError(t, err)
	require.Empty(t, i.problems())
	realms := 0
	for _, v := range i.project.Services["oidc"].Volumes {
		if strings.HasSuffix(v.Target, "koko-realm.json") {
			realms++
			require.Contains(t, v.Source, "/demo/")
		}
	}
	require.Equal(t, 1, realms)
	require.Contains(t, *i.project.Services["api"].Environment["KOKO_ISSUER_NAME"], "erfunden", "no certificate of a demonstration passes for a real one")
	for _, m := range reference.FindAllString(read(t, demoRealm), -1) {
		require.Contains(t, i.raw["oidc"], strings.Trim(m, "${}"))
	}
}

func TestWithoutAnEnvFileNothingStarts(t *testing.T) {
	_, err := load(t, types.Mapping{}, read(t, composeFile))
	require.ErrorContains(t, err, "run deploy/init-env first")
}

func TestABrokenComposeFileIsRefused(t *testing.T) {
	text, env := read(t, composeFile), environment(t)
	for name, c := range map[string]struct{ old, new, says string }{
		"a key outside of the specification": {"    shm_size: 256mb\n", "    shm_sice: 256mb\n", "shm_sice"},
		"an image without a tag":             {"image: postgres:17.11-bookworm", "image: postgres", "postgres: image postgres is not pinned"},
		"an image on latest":                 {"temporalio/server:1.32.1", "temporalio/server:latest", "temporal: image temporalio/server:latest is not pinned"},
		"an image on a major version":        {"keycloak:26.7.5", "keycloak:26", "oidc: image quay.io/keycloak/keycloak:26 is not pinned"},
		"our own image on latest":            {"koko:local", "koko:latest", "api: image koko:latest is not pinned"},
		"no health check":                    {`test: ["CMD", "nc", "-z", "127.0.0.1", "7233"]`, "disable: true", "temporal: runs for long and has no health check"},
		"a health check of another port":     {`healthcheck", "http://127.0.0.1:8081`, `healthcheck", "http://127.0.0.1:8080`, "worker: its health check asks another port than 8081"},
		"an address inside the container":    {"KOKO_ADDR: 0.0.0.0:8080", "KOKO_ADDR: 127.0.0.1:8080", "api: listens where nobody"},
		"a port on every interface":          {`"127.0.0.1:${API_PORTS:-8080}:8080"`, `"8080:8080"`, "api: port 8080 is open to other machines"},
		"a port on 0.0.0.0":                  {`"127.0.0.1:${OIDC_PORT:-8180}:8080"`, `"0.0.0.0:8180:8080"`, "oidc: port 8180 is open to other machines"},
		"a published database":               {"    shm_size: 256mb\n", "    ports: [\"127.0.0.1:5432:5432\"]\n", "postgres: port 5432 is not meant to be published"},
		"the host's network":                 {"network_mode: none", "network_mode: host", "keygen: uses the host's network"},
		"a writable image":                   {"read_only: true", "read_only: false", "api: may write to its image"},
		"capabilities":                       {"cap_drop: [ALL]", "cap_add: [NET_ADMIN]", "worker: keeps capabilities"},
		"root":                               {"user: ${RUN_AS:?run deploy/init-env first}", `user: "0:0"`, "migrate: runs as root"},
		"a privileged service":               {"  tmpfs: [\"/tmp\"]\n", "  privileged: true\n", "api: is privileged"},
		"new privileges":                     {"  security_opt: [\"no-new-privileges:true\"]\n  logging: *logging\n  restart: unless-stopped\n", "  logging: *logging\n", "api: may gain privileges"},
		"a start before the database":        {"  temporal-schema:\n", "  early:\n    image: postgres:17.11\n    restart: \"no\"\n    depends_on: [postgres]\n  temporal-schema:\n", "early: waits for postgres with service_started"},
		"a start before the migration":       {"migrate: {condition: service_completed_successfully}\n      temporal-namespace", "migrate: {condition: service_started}\n      temporal-namespace", "waits for migrate with service_started"},
		"a store with a way out":             {"    internal: true", "    internal: false", "postgres: is in the network record, which leads outside"},
		"the provider beside the record":     {"networks: [front, login-store]", "networks: [front, login-store, record]", "oidc: is not meant to be in the network record"},
		"the provider beside the engine":     {"networks: [front, login-store]", "networks: [front, login-store, engine]", "oidc: is not meant to be in the network engine"},
		"the engine beside the record":       {"networks: [engine, engine-store]", "networks: [engine, record]", "temporal: is not meant to be in the network record"},
		"a worker that people reach":         {"networks: [record, engine]", "networks: [record, engine, front]", "worker: is not meant to be in the network front"},
		"an engine for everybody":            {"TEMPORAL_TLS_REQUIRE_CLIENT_AUTH: \"true\"", "TEMPORAL_TLS_REQUIRE_CLIENT_AUTH: \"false\"", "temporal: answers whoever asks"},
		"an engine in clear":                 {"      TEMPORAL_TLS_FRONTEND_CERT: /run/secrets/engine-server\n", "", "temporal: TEMPORAL_TLS_FRONTEND_CERT is not the file engine-server"},
		"an engine in clear inside":          {"      TEMPORAL_TLS_SERVER_KEY: /run/secrets/engine-server-key\n", "", "temporal: TEMPORAL_TLS_SERVER_KEY is not"},
		"an engine that trusts another":      {"TEMPORAL_TLS_CLIENT1_CA_CERT: /run/secrets/engine-ca", "TEMPORAL_TLS_CLIENT1_CA_CERT: /run/secrets/ca", "temporal: TEMPORAL_TLS_CLIENT1_CA_CERT is not"},
		"a client without a certificate":     {"  KOKO_TEMPORAL_TLS_CERT: /run/secrets/engine-client\n", "", "api: KOKO_TEMPORAL_TLS_CERT is not"},
		"a client that trusts anybody":       {"  KOKO_TEMPORAL_TLS_CA: /run/secrets/engine-ca\n", "", "worker: KOKO_TEMPORAL_TLS_CA is not"},
		"a tool without a certificate":       {"      TEMPORAL_TLS_CLIENT_CERT_PATH: /run/secrets/engine-client\n", "", "temporal-namespace: TEMPORAL_TLS_CLIENT_CERT_PATH is not"},
		"a client that is the engine":        {"secrets: [master-key, ledger-key, engine-ca,", "secrets: [master-key, ledger-key, engine-server-key, engine-ca,", "worker: could pass for the engine"},
		"a certificate nobody makes":         {"file: ./deploy/secrets/engine/client-key.pem", "file: ./deploy/secrets/engine/key.pem", "worker: nothing makes engine-client-key"},
		"a literal secret":                   {"SQL_PASSWORD: ${TEMPORAL_DB_PASSWORD:?run deploy/init-env first}", "SQL_PASSWORD: temporal", "temporal-schema: secret SQL_PASSWORD"},
		"a secret with a default":            {"KOKO_OIDC_CLIENT_SECRET: ${OIDC_CLIENT_SECRET:?run deploy/init-env first}", "KOKO_OIDC_CLIENT_SECRET: ${OIDC_CLIENT_SECRET:-koko}", "api: secret KOKO_OIDC_CLIENT_SECRET"},
		"a secret that may be empty":         {"KC_BOOTSTRAP_ADMIN_PASSWORD: ${OIDC_ADMIN_PASSWORD:?run deploy/init-env first}", "KC_BOOTSTRAP_ADMIN_PASSWORD: ${OIDC_ADMIN_PASSWORD}", "oidc: secret KC_BOOTSTRAP_ADMIN_PASSWORD"},
		"a literal password in a URL":        {"koko_worker:${WORKER_DB_PASSWORD:?run deploy/init-env first}@", "koko_worker:koko@", "worker: secret KOKO_DATABASE_URL"},
		"a defaulted password in a URL":      {"koko_worker:${WORKER_DB_PASSWORD:?run deploy/init-env first}@", "koko_worker:${WORKER_DB_PASSWORD:-koko}@", "worker: secret KOKO_DATABASE_URL"},
		"a misspelt variable":                {"KOKO_WORKER_ADDR:", "KOKO_WORKER_ADRESS:", "worker: KOKO_WORKER_ADRESS is not a setting"},
		"a variable of another command":      {"      KOKO_WORKER_ADDR:", "      KOKO_OIDC_CLIENT_ID: koko\n      KOKO_WORKER_ADDR:", "worker: KOKO_OIDC_CLIENT_ID is not read by koko worker"},
		"a required variable missing":        {"      KOKO_OIDC_CLIENT_ID: koko\n", "", "KOKO_OIDC_CLIENT_ID is not set"},
		"a wrong value":                      {"KOKO_LOG_LEVEL: ${LOG_LEVEL:-info}\n    secrets", "KOKO_LOG_LEVEL: loud\n    secrets", "must be debug, info, warn or error"},
		"a key that is not mounted":          {"    secrets: [master-key, issuer-key, ledger-key, ", "    secrets: [issuer-key, ledger-key, ", "KOKO_MASTER_KEY_FILE"},
		"issuer keys that are not mounted":   {"    secrets: [master-key, issuer-key, ledger-key, ", "    secrets: [master-key, ledger-key, ", "KOKO_ISSUER_KEY_FILE"},
		"a worker without the ledger's keys": {"    secrets: [master-key, ledger-key, ", "    secrets: [master-key, ", "KOKO_LEDGER_KEY_FILE"},
		"a worker without the master key":    {"    secrets: [master-key, ledger-key, ", "    secrets: [ledger-key, ", "KOKO_MASTER_KEY_FILE"},
		"ledger keys that nothing makes":     {`["/secrets/ledger-key"]`, `["/secrets/ledger"]`, "worker: nothing makes ledger-key"},
		"a key that nothing makes":           {`["/secrets/issuer-key"]`, `["/secrets/issuer"]`, "api: nothing makes issuer-key"},
		"a key made where nobody looks":      {"file: ./deploy/secrets/master-key", "file: ./secrets/master-key", "api: nothing makes master-key"},
		"certificates of nobody":             {"      KOKO_ISSUER_NAME: ${ISSUER_NAME:?run deploy/init-env first}\n", "", "KOKO_ISSUER_NAME is not set"},
		"a command that does not exist":      {`command: ["serve"]`, `command: ["server"]`, `api: koko has no command "server"`},
		"too little time to stop":            {"stop_grace_period: 30s # more", "stop_grace_period: 20s # more", "worker: is killed before"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, text, c.old, "the variant no longer fits the file")
			i, err := load(t, env, strings.Replace(text, c.old, c.new, 1))
			if err != nil {
				require.ErrorContains(t, err, c.says)
				return
			}
			require.Contains(t, strings.Join(i.problems(), "\n"), c.says)
		})
	}
}

var line = regexp.MustCompile(`(?m)^([A-Z_]+)=(.*)$`)

func TestTheTemplateHasEveryVariableAndNoSecret(t *testing.T) {
	compose := read(t, composeFile) + read(t, demoFile)
	names := map[string]bool{}
	for _, m := range line.FindAllStringSubmatch(read(t, ".env.example"), -1) {
		names[m[1]] = true
		require.Contains(t, compose, "${"+m[1]+":?", "%s is of no use", m[1])
		if secretName.MatchString(m[1]) {
			require.Empty(t, m[2], "%s has a value in the template", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`\$\{([A-Z_]+):\?`).FindAllStringSubmatch(compose, -1) {
		require.True(t, names[m[1]], "%s is not in .env.example", m[1])
	}
}

func TestTheRealmFitsTheAPI(t *testing.T) {
	i, err := load(t, environment(t), read(t, composeFile))
	require.NoError(t, err)
	api, err := config.Load(config.Serve, nil, i.environmentOf(i.project.Services["api"]))
	require.NoError(t, err)

	for _, m := range reference.FindAllString(read(t, productionRealm), -1) {
		require.Contains(t, i.raw["oidc"], strings.Trim(m, "${}"), "the realm's %s is not given to the provider", m)
	}
	r := readRealm(t, productionRealm)
	require.True(t, strings.HasSuffix(api.OIDC.Issuer, "/realms/"+r.Realm))
	require.Empty(t, r.Users, "users with known passwords have no place here")
	require.Len(t, r.Clients, 1)
	client := r.Clients[0]
	require.Equal(t, api.OIDC.ClientID, client.ClientID)
	require.Equal(t, "${REALM_CLIENT_SECRET}", client.Secret)
	require.False(t, client.DirectAccessGrantsEnabled || client.ImplicitFlowEnabled || client.PublicClient)
	require.Equal(t, "S256", client.Attributes["pkce.code.challenge.method"])
	for _, uri := range append(client.RedirectURIs, client.Attributes["post.logout.redirect.uris"]) {
		require.Regexp(t, `^\$\{REALM_PUBLIC_URL\}/[a-z/]*$`, uri, "a redirect is one exact address")
	}
	require.Equal(t, api.OIDC.Audience, client.audience())
}

func TestTheDemoRealmIsTheProductionRealmWithUsers(t *testing.T) {
	production, demo := readRealm(t, productionRealm), readRealm(t, demoRealm)
	require.NotEmpty(t, demo.Users) // who they are, package demo compares with its own
	seen := map[string]bool{}
	for _, u := range demo.Users {
		require.False(t, seen[u.ID] || seen[u.Username], u.Username)
		seen[u.ID], seen[u.Username] = true, true
		require.Len(t, u.Credentials, 1)
		require.Equal(t, "${REALM_DEMO_PASSWORD}", u.Credentials[0].Value, u.Username)
		require.True(t, strings.HasSuffix(u.Email, ".invalid"), "mail to %s could be delivered", u.Username)
	}
	require.Len(t, demo.Clients, 2)
	tokens := demo.Clients[1]
	require.True(t, tokens.PublicClient && tokens.DirectAccessGrantsEnabled && !tokens.StandardFlowEnabled)
	require.Equal(t, demo.Clients[0].audience(), tokens.audience())

	demo.Users, demo.Clients = nil, demo.Clients[:1]
	require.Equal(t, production, demo)
	require.Equal(t, rest(t, productionRealm), rest(t, demoRealm))
}
