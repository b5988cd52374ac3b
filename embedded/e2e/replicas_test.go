package e2e

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/embedded/devstack"
	"koko/internal/config"
	"koko/internal/demo"
	"koko/internal/devidp"
	"koko/internal/postgres"
	"koko/workflows"
)

// A site is production as docs/operations.md describes it: PostgreSQL, Temporal and an OpenID
// provider that are not ours, and the product's binary beside them.
type site struct {
	t        *testing.T
	bin      string
	keyFile  string // master key
	certKeys string // what signs certificates
	ledger   string // what signs checkpoints
	issuer   string
	signing  string // the provider's key
	temporal string
	known    config.TLS // to the engine
	pg       *postgres.Server
}

const database = "koko_production"

func newSite(t *testing.T) *site {
	t.Helper()
	bin, err := koko()
	require.NoError(t, err)
	s := &site{t: t, bin: bin, keyFile: filepath.Join(t.TempDir(), "master-key"), certKeys: filepath.Join(t.TempDir(), "issuer-key"), ledger: filepath.Join(t.TempDir(), "ledger-key"), signing: filepath.Join(t.TempDir(), "oidc.key")}
	s.pg, err = postgres.Start(t.Context(), postgres.Options{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.pg.Stop() })
	require.NoError(t, s.pg.CreateDatabases(t.Context(), database))
	server, err := devstack.StartTemporal(t.Context(), devstack.TemporalOptions{Postgres: s.pg, Certificates: filepath.Join(t.TempDir(), "engine")})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Stop(t.Context()) })
	s.temporal, s.known = server.Address(), server.Client()
	return s
}

// provide starts the OpenID provider for an API that people reach at origin.
func (s *site) provide(origin string) {
	s.t.Helper()
	var handler http.Handler
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	s.t.Cleanup(listener.Close)
	s.issuer = listener.URL + "/realm"
	provider, err := devidp.New(devidp.Options{
		Issuer: s.issuer, KeyFile: s.signing, Users: demo.Users(), RedirectURIs: []string{origin + "/auth/callback"}, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(s.t, err)
	handler = provider.Handler()
}

// tool runs a command of koko to its end and returns what it said.
func (s *site) tool(env []string, args ...string) string {
	s.t.Helper()
	p, err := launch(s.bin, env, args...)
	require.NoError(s.t, err)
	code, err := p.ended(stopWithin)
	require.NoError(s.t, err)
	require.Zero(s.t, code, "koko %s: %s", strings.Join(args, " "), p.err)
	return p.out.String()
}

// serving starts koko serve or koko worker and waits until it is ready.
func (s *site) serving(url string, env []string, command string) *process {
	s.t.Helper()
	p, err := launch(s.bin, env, command)
	require.NoError(s.t, err)
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("koko %s: %.4000s", command, p.err)
		}
		_ = p.kill()
	})
	require.Eventually(s.t, func() bool {
		check, err := launch(s.bin, nil, "healthcheck", url+"/readyz")
		if err != nil {
			return false
		}
		code, err := check.ended(stopWithin)
		return err == nil && code == 0
	}, startWithin, 100*time.Millisecond, "koko %s: %s", command, p.err)
	return p
}

func (s *site) env(role, addr, origin string) []string {
	common := []string{
		"KOKO_DATABASE_URL=" + s.pg.URL(role, database), "KOKO_DATABASE_POOL_SIZE=8", "KOKO_TEMPORAL_ADDRESS=" + s.temporal,
		"KOKO_MASTER_KEY_FILE=" + s.keyFile, "KOKO_LEDGER_KEY_FILE=" + s.ledger,
	}
	common = append(common, tlsEnv(s.known)...)
	if role == "koko_worker" {
		return append(common, "KOKO_WORKER_ADDR="+addr)
	}
	return append(common, "KOKO_ADDR="+addr, "KOKO_METRICS_ADDR="+freeAddr(s.t), "KOKO_PUBLIC_URL="+origin, "KOKO_OIDC_ISSUER="+s.issuer, "KOKO_OIDC_CLIENT_ID="+devidp.ClientID,
		"KOKO_OIDC_CLIENT_SECRET=none, but one is asked for",
		"KOKO_ISSUER_KEY_FILE="+s.certKeys, "KOKO_ISSUER_NAME=Stadt Musterhausen")
}

func (s *site) api(url string) api {
	return api{url: url, token: remembered(func(login string) (string, error) {
		u, ok := demo.Find(login)
		if !ok {
			return "", fmt.Errorf("nobody has the login %q", login)
		}
		return devidp.MintToken(s.signing, s.issuer, u, time.Hour)
	})}
}

// TestReplicasShareTheWork: two APIs and two workers, and callers who ask now one and now the
// other. One worker is killed in the middle, and one API stopped.
func TestReplicasShareTheWork(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := []string{"KOKO_DATABASE_URL=" + s.pg.URL(postgres.Superuser, database)}
	addr := []string{freeAddr(t), freeAddr(t), freeAddr(t), freeAddr(t)}
	origin := "http://" + addr[0]
	s.provide(origin)
	require.Contains(t, s.tool(nil, "keygen", s.keyFile), "new master key")
	require.Contains(t, s.tool(nil, "keygen", s.keyFile), "there already")
	require.Contains(t, s.tool(nil, "issuer-key", s.certKeys), "new keys")
	require.Contains(t, s.tool(nil, "ledger-key", s.ledger, "--name", "koko.musterhausen.example/ledger"), "new keys")
	s.tool(append(owner, "KOKO_API_DB_PASSWORD="+uuid.NewString(), "KOKO_WORKER_DB_PASSWORD="+uuid.NewString()), "migrate")
	s.tool(owner, "migrate") // once more changes nothing
	granted := s.tool(owner, "grant", "--subject", subject("admin.musterhausen"), "--role", "admin", "--ags", musterhausen)
	require.Contains(t, granted, subject("admin.musterhausen")+" is admin in 1 municipalities")

	first := s.serving("http://"+addr[0], s.env("koko_api", addr[0], origin), "serve")
	s.serving("http://"+addr[1], s.env("koko_api", addr[1], origin), "serve")
	doomed := s.serving("http://"+addr[2], s.env("koko_worker", addr[2], ""), "worker")
	s.serving("http://"+addr[3], s.env("koko_worker", addr[3], ""), "worker")
	apis := []api{s.api("http://" + addr[0]), s.api("http://" + addr[1])}
	apis[0].appoint(t, "musterhausen", staff...)

	s.workOn(t, apis, func() { require.NoError(t, doomed.kill()) })
	s.shareSessions(t, apis)

	require.NoError(t, first.interrupt())
	code, err := first.ended(stopWithin)
	require.NoError(t, err)
	require.Zero(t, code, "%s", first.err)
	require.Equal(t, http.StatusOK, apis[1].status(t, "supervisor.musterhausen", casesPath), "the other one goes on")
}

// workOn has callers write to one case at the same time, all through both replicas.
func (s *site) workOn(t *testing.T, apis []api, inTheMiddle func()) {
	t.Helper()
	const callers, notes = 4, 12
	shared, _ := apis[1].post(t, "clearing.musterhausen", casesPath, "", signal(musterhausen, "Lärm am Platz"))
	var wg sync.WaitGroup
	var middle sync.Once
	for i := range callers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(*seed, uint64(i)))
			for n := range notes {
				if i == 0 && n == notes/2 {
					middle.Do(inTheMiddle)
				}
				s.note(t, apis, shared.ID, rnd)
			}
		})
	}
	wg.Wait()
	record := recordAt(t, s.pg.URL(postgres.Superuser, database))
	require.Len(t, record.transitions(t, shared.ID), 1+callers*notes, "each once")
	require.Empty(t, record.broken(t))
	hs := historiesOf(t, dial(t, s.temporal, s.known, keysIn(t, s.keyFile)), workflows.ID("case", shared.ID))
	require.Equal(t, record.transitions(t, shared.ID), fold(t, hs, 0))
	for _, h := range hs {
		replay(t, h)
	}
}

// note adds a note through one replica and sends it again through the other, until both agree. Who
// is overtaken by another caller reads the case again.
func (s *site) note(t *testing.T, apis []api, caseID string, rnd *rand.Rand) {
	one := rnd.IntN(2)
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		read, err := apis[one].send(request{login: "clearing.musterhausen", method: http.MethodGet, path: casesPath + "/" + caseID})
		if err != nil || read.status != http.StatusOK {
			continue
		}
		r := request{
			login: "clearing.musterhausen", method: http.MethodPost, path: casesPath + "/" + caseID + "/add-note", key: uuid.NewString(), seen: read.etag(),
			body: map[string]any{"note": "Telefonat mit dem Verein"},
		}
		told, known := s.until(apis[one], r, deadline)
		again, knownToo := s.until(apis[1-one], r, deadline)
		if !known || !knownToo || told.status != again.status || told.etag() != again.etag() {
			t.Errorf("the replicas disagree: %d %s, %d %s", told.status, told.body, again.status, again.body)
			return
		}
		if told.status == http.StatusOK {
			var a, b conflict.Case
			if json.Unmarshal(told.body, &a) != nil || json.Unmarshal(again.body, &b) != nil || a.Version != b.Version || a.Notes != b.Notes {
				t.Errorf("the replicas tell different stories: %s, %s", told.body, again.body)
			}
			return
		}
	}
	t.Errorf("no note within two minutes")
}

// until sends r until somebody says what became of it.
func (s *site) until(a api, r request, deadline time.Time) (reply, bool) {
	for ; time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if told, err := a.send(r); err == nil && told.status < 500 {
			return told, true
		}
	}
	return reply{}, false
}

// shareSessions logs a browser in at one replica: the other knows it, and when it has logged out.
func (s *site) shareSessions(t *testing.T, apis []api) {
	t.Helper()
	b := newBrowser(t)
	b.logIn(t, apis[0].url, "supervisor.musterhausen")
	u, err := url.Parse(apis[1].url)
	require.NoError(t, err)
	require.NotEmpty(t, b.Jar.Cookies(u), "cookies do not know ports: the jar is the proxy")
	r := b.request(t, http.MethodGet, apis[1].url+"/api/v1/me", "same-origin", "")
	require.Equal(t, http.StatusOK, r.status, "%s", r.body)
	require.Contains(t, string(r.body), subject("supervisor.musterhausen"))

	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	require.Equal(t, http.StatusSeeOther, b.request(t, http.MethodPost, apis[1].url+"/auth/logout", "same-origin", "").status)
	require.Equal(t, http.StatusUnauthorized, b.request(t, http.MethodGet, apis[0].url+"/api/v1/me", "same-origin", "").status)
}

func TestWhatIsMissingIsNamedAllAtOnce(t *testing.T) {
	t.Parallel()
	bin, err := koko()
	require.NoError(t, err)
	for command, names := range map[string][]string{
		"serve": {
			"KOKO_PUBLIC_URL", "KOKO_DATABASE_URL", "KOKO_TEMPORAL_ADDRESS", "KOKO_OIDC_ISSUER", "KOKO_OIDC_CLIENT_ID", "KOKO_OIDC_CLIENT_SECRET",
			"KOKO_MASTER_KEY_FILE", "KOKO_ISSUER_KEY_FILE", "KOKO_ISSUER_NAME", "KOKO_LEDGER_KEY_FILE", "KOKO_LOG_LEVEL",
		},
		"worker":  {"KOKO_DATABASE_URL", "KOKO_TEMPORAL_ADDRESS", "KOKO_MASTER_KEY_FILE", "KOKO_LEDGER_KEY_FILE", "KOKO_LOG_LEVEL"},
		"migrate": {"KOKO_DATABASE_URL", "KOKO_LOG_LEVEL"},
		"demo":    {"KOKO_DEMO_TOKENS_FILE", "KOKO_LOG_LEVEL"},
	} {
		p, err := launch(bin, []string{"KOKO_LOG_LEVEL=loud"}, command)
		require.NoError(t, err)
		code, err := p.ended(stopWithin)
		require.NoError(t, err)
		require.Equal(t, 1, code, command)
		require.Empty(t, p.out.String(), command)
		for _, name := range names {
			require.Contains(t, p.err.String(), name, command)
		}
		require.NotContains(t, p.err.String(), "goroutine", command)
	}
	p, err := launch(bin, nil, "healthcheck", "http://"+freeAddr(t)+"/healthz")
	require.NoError(t, err)
	code, err := p.ended(stopWithin)
	require.NoError(t, err)
	require.Equal(t, 1, code)
	require.Contains(t, p.err.String(), "connection refused")
}
