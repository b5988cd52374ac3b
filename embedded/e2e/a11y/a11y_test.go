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
	"koko/api/wire"
	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/domain/work"
	"koko/internal/auth"
	"koko/internal/dbtest"
	"koko/internal/demo"
	"koko/internal/devidp"
	"koko/internal/trainingtest"
	"koko/internal/vault"
	"koko/policies"
)

const chromium = "/usr/bin/chromium"

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestPagesAreAccessible runs pages.test.js against KoKo and the embedded provider, which has an
// origin of its own here, as a production provider has.
func TestPagesAreAccessible(t *testing.T) {
	node := need(t, "node", "apt-get install nodejs npm")
	npm := need(t, "npm", "apt-get install npm")
	need(t, chromium, "apt-get install chromium")
	install(t, npm)

	run := exec.CommandContext(t.Context(), node, "--test", "--test-reporter=spec")
	rec := dbtest.New(t)
	valid, revoked := certified(t, rec)
	run.Env = append(os.Environ(), "KOKO_URL="+serve(t, rec), "KOKO_CHROMIUM="+chromium, "KOKO_VALID="+valid, "KOKO_REVOKED="+revoked)
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
	require.NoError(t, err, "npm ci in embedded/e2e/a11y: %s", out)
}

// certified records two certificates, the second of which is revoked, and returns their codes.
func certified(t *testing.T, rec *dbtest.Record) (valid, revoked string) {
	t.Helper()
	issue := func(salt string) (*trainingtest.Maker, enrolment.Enrolment) {
		m := &trainingtest.Maker{Salt: salt}
		c := rec.Run(t, cohort.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: m.Begins(), Command: m.Plan(trainingtest.KoKo())})
		return m, rec.Enrol(t, enrolment.Enrolment{ID: m.ID()}, m.Way(c, enrolment.Certified)...)
	}
	_, e := issue("valid")
	m, other := issue("revoked")
	code := other.Certificates[0].Code
	rec.Enrol(t, other, trainingtest.Step{By: trainingtest.Certifier, At: other.Changed.AddDate(0, 0, 1), Command: m.Revoke(code)})
	return e.Certificates[0].Code, code
}

// serve starts KoKo and its provider on loopback ports and returns KoKo's address.
func serve(t *testing.T, rec *dbtest.Record) string {
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
		Sessions: memstore.New(), Problem: wire.WriteProblem, Log: log,
	})
	require.NoError(t, err)
	policy, err := policies.Load()
	require.NoError(t, err)
	keys, err := vault.Generate()
	require.NoError(t, err)
	master, err := vault.Parse(keys)
	require.NoError(t, err)
	mux.Handle("/", api.New(api.Options{
		Engine: noEngine{}, Workflows: noEngine{}, Pool: rec.API, Vault: master, Policy: policy, Interventions: work.DefaultInterventions(), Login: login, Log: log, Version: "test", Issuer: issuer,
	}))
	return koko.URL
}

// noEngine is there because the pages need none.
type noEngine struct{}

var errNoEngine = errors.New("there is no engine in this test")

func (noEngine) Begin(context.Context, *file.Definition, file.State, string, string, file.Command) (file.State, error) {
	return nil, errNoEngine
}

func (noEngine) Do(context.Context, *file.Definition, string, string, string, int, file.Command) (file.State, error) {
	return nil, errNoEngine
}

func (noEngine) Ready(context.Context) error { return errNoEngine }
