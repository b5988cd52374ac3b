// Package a11y_test has a real browser look at KoKo's pages: axe for the rules that a machine can
// check (WCAG 2.2 A and AA), and a keyboard for a whole login.
package a11y_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/alexedwards/scs/v2/memstore"
	"github.com/stretchr/testify/require"

	"koko/api"
	"koko/domain/conflict"
	"koko/internal/auth"
	"koko/internal/demo"
	"koko/internal/devidp"
	"koko/policies"
)

const chromium = "/usr/bin/chromium"

// TestPagesAreAccessible runs pages.test.js against KoKo and the embedded provider, which has an
// origin of its own here, as a production provider has.
func TestPagesAreAccessible(t *testing.T) {
	node := need(t, "node", "apt-get install nodejs npm")
	npm := need(t, "npm", "apt-get install npm")
	need(t, chromium, "apt-get install chromium")
	install(t, npm)

	run := exec.CommandContext(t.Context(), node, "--test", "--test-reporter=spec")
	run.Env = append(os.Environ(), "KOKO_URL="+serve(t), "KOKO_CHROMIUM="+chromium)
	out, err := run.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out)
}

func need(t *testing.T, program, install string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	require.NoError(t, err, "this test needs %s: %s", program, install)
	return path
}

// install fetches what package-lock.json names, unless it is there.
func install(t *testing.T, npm string) {
	t.Helper()
	locked, err := os.Stat("package-lock.json")
	require.NoError(t, err)
	there, err := os.Stat(filepath.Join("node_modules", ".package-lock.json"))
	if err == nil && !there.ModTime().Before(locked.ModTime()) {
		return
	}
	out, err := exec.CommandContext(t.Context(), npm, "ci", "--no-audit", "--no-fund").CombinedOutput()
	require.NoError(t, err, "npm ci in e2e/a11y: %s", out)
}

// serve starts KoKo and its provider on loopback ports and returns KoKo's address.
func serve(t *testing.T) string {
	t.Helper()
	mux, idpMux := http.NewServeMux(), http.NewServeMux()
	koko, idp := httptest.NewServer(mux), httptest.NewServer(idpMux)
	t.Cleanup(koko.Close)
	t.Cleanup(idp.Close)

	log := slog.New(slog.DiscardHandler)
	issuer := idp.URL + "/oidc"
	provider, err := devidp.New(devidp.Options{
		Issuer: issuer, KeyFile: filepath.Join(t.TempDir(), "oidc.key"), Users: demo.Users(),
		RedirectURIs: []string{koko.URL + "/auth/callback"}, Log: log,
	})
	require.NoError(t, err)
	idpMux.Handle("/oidc/", provider.Handler())

	login, err := auth.New(auth.Options{
		Issuer: issuer, ClientID: devidp.ClientID, Audience: devidp.Audience, PublicURL: koko.URL,
		Sessions: memstore.New(), Problem: api.WriteProblem, Log: log,
	})
	require.NoError(t, err)
	policy, err := policies.Load()
	require.NoError(t, err)
	mux.Handle("/", api.New(api.Options{
		Engine: noEngine{}, Cases: noEngine{}, Policy: policy, Interventions: conflict.DefaultInterventions(), Login: login, Log: log, Version: "test", Issuer: issuer,
	}))
	return koko.URL
}

// noEngine is there because the pages need none.
type noEngine struct{}

var errNoEngine = errors.New("there is no engine in this test")

func (noEngine) Begin(context.Context, conflict.Case, string, string, conflict.Command) (conflict.Case, error) {
	return conflict.Case{}, errNoEngine
}

func (noEngine) Do(context.Context, string, string, string, int, conflict.Command) (conflict.Case, error) {
	return conflict.Case{}, errNoEngine
}

func (noEngine) Ready(context.Context) error { return errNoEngine }
