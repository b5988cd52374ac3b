package deploy

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/stretchr/testify/require"

	"koko/internal/config"
)

// mounted are the files that containers read.
var mounted = []string{
	"deploy/postgres/init.sh", "deploy/temporal/schema.sh", "deploy/temporal/namespace.sh", "deploy/temporal/dynamicconfig.yaml",
	productionRealm, demoRealm,
}

// checkout returns a folder with what deploy/init-env needs of this repository, checked out by
// somebody with a strict umask.
func checkout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".env.example"), []byte(read(t, ".env.example")), 0o644))
	copyFile(t, dir, "deploy/init-env", 0o755)
	for _, name := range mounted {
		copyFile(t, dir, name, 0o700)
	}
	return dir
}

func initEnv(t *testing.T, dir string, env ...string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(dir, "deploy/init-env"))
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestInitEnvWritesSecretsForTheOwnerAlone(t *testing.T) {
	for name, env := range map[string][]string{
		"with openssl":    nil,
		"without openssl": {"PATH=" + pathWithoutOpenSSL(t)},
	} {
		t.Run(name, func(t *testing.T) {
			dir := checkout(t)
			initEnv(t, dir, env...)
			requireMode(t, 0o600, filepath.Join(dir, ".env"))
			requireMode(t, 0o700, filepath.Join(dir, "deploy/secrets"))
			for _, name := range mounted {
				requireMode(t, 0o755, filepath.Join(dir, name))
			}

			values, err := dotenv.Read(filepath.Join(dir, ".env"))
			require.NoError(t, err)
			seen := map[string]string{}
			for variable, value := range values {
				require.NotEmpty(t, value, variable)
				if secretName.MatchString(variable) {
					require.Regexp(t, "^[0-9a-f]{64}$", value, variable)
					require.Empty(t, seen[value], "%s has the secret of another", variable)
					seen[value] = variable
				}
			}
			require.Len(t, seen, 9)
			require.Equal(t, "http://localhost:8080", values["PUBLIC_URL"])
			want := fmt.Sprintf("%d:%d", os.Geteuid(), os.Getegid())
			if os.Geteuid() == 0 {
				want = "65532:65532"
			}
			require.Equal(t, want, values["RUN_AS"])
			drafts, err := filepath.Glob(filepath.Join(dir, ".env.draft*"))
			require.NoError(t, err)
			require.Empty(t, drafts)
		})
	}
}

func TestInitEnvNeverChangesAnExistingFile(t *testing.T) {
	dir := checkout(t)
	initEnv(t, dir)
	path := filepath.Join(dir, ".env")
	before := read(t, path)
	initEnv(t, dir)
	require.Equal(t, before, read(t, path))

	old, _, _ := strings.Cut(before, "DEMO_PASSWORD=")
	require.NoError(t, os.WriteFile(path, []byte(old), 0o600))
	out, err := exec.Command(filepath.Join(dir, "deploy/init-env")).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "lacks DEMO_PASSWORD: add them")
	require.Equal(t, old, read(t, path))
}

func TestTheScriptsAreExecutableAndParse(t *testing.T) {
	for name, shell := range map[string]string{
		"init-env": "sh", "engine-certificates": "sh", "demo-tokens": "sh", "temporal/schema.sh": "sh", "temporal/namespace.sh": "sh", "postgres/init.sh": "bash",
	} {
		path := filepath.Join(repository, "deploy", name)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.NotZero(t, info.Mode().Perm()&0o100, path)
		out, err := exec.Command(shell, "-n", path).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}

// The engine and its clients know each other, and nobody else.
func TestTheCertificatesOfTheEngineFit(t *testing.T) {
	dir := checkout(t)
	copyFile(t, dir, "deploy/engine-certificates", 0o755)
	run := func(args ...string) (string, error) {
		out, err := exec.Command(filepath.Join(dir, "deploy/engine-certificates"), args...).CombinedOutput()
		return string(out), err
	}
	out, err := run()
	require.Error(t, err)
	require.Contains(t, out, "run deploy/init-env first")
	initEnv(t, dir)
	out, err = run()
	require.NoError(t, err, out)
	secrets, err := os.ReadDir(filepath.Join(dir, "deploy/secrets"))
	require.NoError(t, err)
	require.Len(t, secrets, 1, "nothing is left behind")

	engine := filepath.Join(dir, "deploy/secrets/engine")
	requireMode(t, 0o700, engine)
	var made []string
	files, err := os.ReadDir(engine)
	require.NoError(t, err)
	for _, f := range files {
		made = append(made, f.Name())
		requireMode(t, 0o600, filepath.Join(engine, f.Name()))
	}
	require.Equal(t, certificates, made, "and not the key of the authority")

	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM([]byte(read(t, filepath.Join(engine, "ca.pem")))))
	server, err := tls.LoadX509KeyPair(filepath.Join(engine, "server.pem"), filepath.Join(engine, "server-key.pem"))
	require.NoError(t, err)
	known := config.TLS{
		CA: filepath.Join(engine, "ca.pem"), Cert: filepath.Join(engine, "client.pem"), Key: filepath.Join(engine, "client-key.pem"), ServerName: "temporal",
	}
	client, err := known.ClientConfig()
	require.NoError(t, err)
	demanding := &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	require.NoError(t, shake(t, demanding, client))
	among := &tls.Config{Certificates: []tls.Certificate{server}, RootCAs: pool, ServerName: "temporal"}
	require.NoError(t, shake(t, demanding, among), "its services are each other's clients")
	require.ErrorContains(t, shake(t, demanding, &tls.Config{RootCAs: pool, ServerName: "temporal"}), "certificate")
	require.ErrorContains(t, shake(t, &tls.Config{Certificates: client.Certificates}, client), "certificate", "a client does not pass for the engine")
	leaf, err := x509.ParseCertificate(server.Certificate[0])
	require.NoError(t, err)
	require.Greater(t, time.Until(leaf.NotAfter), 9*365*24*time.Hour)

	before := read(t, filepath.Join(engine, "client-key.pem"))
	out, err = run()
	require.NoError(t, err, out)
	require.Contains(t, out, "left as it is")
	require.Equal(t, before, read(t, filepath.Join(engine, "client-key.pem")))
	out, err = run("--renew")
	require.NoError(t, err, out)
	require.NotEqual(t, before, read(t, filepath.Join(engine, "client-key.pem")))
}

// shake is a handshake, and what went wrong with it.
func shake(t *testing.T, server, client *tls.Config) error {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	go func() {
		if conn, err := l.Accept(); err == nil {
			_, _ = conn.Write([]byte("hello"))
			_ = conn.Close()
		}
	}()
	conn, err := tls.Dial("tcp", l.Addr().String(), client)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_, err = conn.Read(make([]byte, 1)) // the server refuses a client only after the handshake
	return err
}

func TestDemoTokensAsksForEveryUserAndKeepsTheAnswers(t *testing.T) {
	dir := checkout(t)
	initEnv(t, dir)
	env := read(t, filepath.Join(dir, ".env"))
	password := regexp.MustCompile(`(?m)^DEMO_PASSWORD=(.*)$`).FindStringSubmatch(env)[1]
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		login := r.FormValue("username")
		if r.URL.Path != "/realms/koko/protocol/openid-connect/token" || r.FormValue("password") != password ||
			r.FormValue("client_id") != "koko-demo" || r.FormValue("grant_type") != "password" {
			http.Error(w, "refused", http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"access_token":"token-of-%s","expires_in":3600,"id_token":"x"}`, login)
	}))
	t.Cleanup(provider.Close)
	env = strings.Replace(env, "http://localhost:8180", provider.URL, 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".env"), []byte(env), 0o600))
	copyFile(t, dir, "deploy/demo-tokens", 0o755)

	run := func() ([]byte, error) { return exec.Command(filepath.Join(dir, "deploy/demo-tokens")).CombinedOutput() }
	out, err := run()
	require.NoError(t, err, "%s", out)
	path := filepath.Join(dir, "deploy/secrets/demo-tokens")
	requireMode(t, 0o600, path)
	tokens := map[string]string{}
	require.NoError(t, json.Unmarshal([]byte(read(t, path)), &tokens))
	users := readRealm(t, demoRealm).Users
	require.Len(t, tokens, len(users))
	for _, u := range users {
		require.Equal(t, "token-of-"+u.Username, tokens[u.Username])
	}

	provider.Close()
	out, err = run()
	require.Error(t, err, "%s", out)
	require.FileExists(t, path, "a failure keeps the tokens there are")
}

func copyFile(t *testing.T, dir, name string, mode os.FileMode) {
	t.Helper()
	to := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
	require.NoError(t, os.WriteFile(to, []byte(read(t, name)), mode))
}

func requireMode(t *testing.T, want os.FileMode, path string) {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, want, info.Mode().Perm(), path)
}

// pathWithoutOpenSSL is a PATH of the few tools that every system has.
func pathWithoutOpenSSL(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, tool := range []string{"sh", "od", "tr", "sed", "id", "mkdir", "chown", "ln", "rm", "grep", "dirname", "chmod"} {
		path, err := exec.LookPath(tool)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(path, filepath.Join(dir, tool)))
	}
	return dir
}
