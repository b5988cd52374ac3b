package e2e

import (
	"errors"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/internal/demo"
)

func TestTwoInstancesRunSideBySide(t *testing.T) {
	t.Parallel()
	one, two := newStack(t, t.TempDir(), "--demo=false"), newStack(t, t.TempDir(), "--demo=false")
	require.NotEqual(t, one.url, two.url)
	one.appoint(t, "musterhausen", "clearing", "conflict_manager")
	two.appoint(t, "musterhausen", "conflict_manager")
	begun, _ := one.post(t, "clearing.musterhausen", casesPath, "", signal(musterhausen, "Lärm am Platz"))
	require.Equal(t, http.StatusOK, one.status(t, "conflict_manager.musterhausen", casesPath+"/"+begun.ID))
	require.Equal(t, http.StatusNotFound, two.status(t, "conflict_manager.musterhausen", casesPath+"/"+begun.ID))

	token, err := one.token("conflict_manager.musterhausen")
	require.NoError(t, err)
	stranger := api{url: two.url, token: func(string) (string, error) { return token, nil }}
	require.Equal(t, http.StatusUnauthorized, stranger.status(t, "conflict_manager.musterhausen", "/api/v1/me"), "the other one's tokens are not ours")

	inUse, err := exec.Command(mustKokoDev(t), "--data", one.dir, "--addr", "127.0.0.1:0").CombinedOutput()
	require.Equal(t, 1, exitCode(err))
	require.Contains(t, string(inUse), "in use by another instance")

	// Stopped in order and started again, everything is where it was.
	require.NoError(t, one.stop())
	require.NoFileExists(t, filepath.Join(one.dir, "postgres", "data", "postmaster.pid"), "PostgreSQL shut down in order")
	again := newStack(t, one.dir, "--demo=false")
	require.Equal(t, http.StatusOK, again.status(t, "conflict_manager.musterhausen", casesPath+"/"+begun.ID))
	next, _ := again.post(t, "clearing.musterhausen", casesPath+"/"+begun.ID+"/triage", `"1"`, map[string]any{"decision": "fall_eroeffnen"})
	require.Equal(t, 2, next.Version, "and goes on")
	require.NoError(t, again.stop())
	require.NoError(t, two.stop())
}

func mustKokoDev(t *testing.T) string {
	t.Helper()
	bin, err := kokoDev()
	require.NoError(t, err)
	return bin
}

func exitCode(err error) int {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

// TestWhatCannotStartSaysWhyInOneSentence and ends with exit code 1.
func TestWhatCannotStartSaysWhyInOneSentence(t *testing.T) {
	t.Parallel()
	bin := mustKokoDev(t)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = busy.Close() })
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))

	whole := t.TempDir()
	s := newStack(t, whole, "--demo=false")
	require.NoError(t, s.stop())

	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"busy port":         {[]string{"--addr", busy.Addr().String(), "--data", t.TempDir()}, "already in use"},
		"unwritable folder": {[]string{"--addr", "127.0.0.1:0", "--data", filepath.Join(file, "data")}, "cannot be written to"},
		"broken version":    {[]string{"--addr", "127.0.0.1:0", "--data", damaged(t, whole, "PG_VERSION")}, "PG_VERSION does not name a version"},
		"broken PostgreSQL": {[]string{"--addr", "127.0.0.1:0", "--data", damaged(t, whole, "global/pg_control")}, "PostgreSQL does not start"},
		"unknown flag":      {[]string{"--date", "x"}, "unknown flag: --date"},
		"no such user":      {[]string{"token", "nobody", "--data", t.TempDir()}, `there is no demo user "nobody"`},
		"never started":     {[]string{"token", "admin.neuwerden", "--data", t.TempDir()}, "no KoKo has been started"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := launch(bin, nil, tc.args...)
			require.NoError(t, err)
			t.Cleanup(func() { _ = p.kill() })
			code, err := p.ended(stopWithin)
			require.NoError(t, err)
			require.Equal(t, 1, code)
			require.Empty(t, p.out.String())
			lines := strings.Split(strings.TrimSpace(p.err.String()), "\n")
			require.Contains(t, lines[len(lines)-1], tc.want)
			for _, progress := range lines[:len(lines)-1] {
				require.Regexp(t, `^(starting |PostgreSQL is up)`, progress, "nothing but progress before the sentence")
			}
		})
	}
}

// damaged is a copy of the data folder whole in which a file of PostgreSQL holds something else.
func damaged(t *testing.T, whole, name string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, exec.Command("cp", "-a", whole+"/.", dir).Run(), "with the owners")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "postgres", "data", name), []byte("damaged\n"), 0o600))
	return dir
}

func TestTheCommandsForScripts(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	bin := mustKokoDev(t)
	users, err := exec.Command(bin, "users").Output()
	require.NoError(t, err)
	for _, u := range demo.Users() {
		require.Regexp(t, `(?m)^`+regexp.QuoteMeta(u.Login)+` +`+regexp.QuoteMeta(u.Name)+` +`+u.Role+` +.*`+string(u.Areas[0]), string(users))
	}
	token, err := exec.Command(bin, "token", "clearing.musterhausen", "--data", s.dir).Output()
	require.NoError(t, err)
	require.Regexp(t, `^[\w-]+\.[\w-]+\.[\w-]+\n$`, string(token), "the token alone")
	require.Regexp(t, `^ready http://127\.0\.0\.1:\d+\n$`, s.out.String(), "and one line when it is ready")
}

func TestTheAPIAnswersWhatMachinesAsk(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	for path, want := range map[string]string{
		"/healthz": "ok\n", "/readyz": "ok\n", "/metrics": "koko_http_request_seconds_count{", "/api/openapi.json": `"openapi":"3.1`,
		"/api/openapi-3.0.json": `"openapi":"3.0`, "/oidc/.well-known/openid-configuration": `"issuer":"` + s.url + `/oidc"`,
	} {
		r, err := s.send(request{method: http.MethodGet, path: path})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, r.status, path)
		require.Contains(t, string(r.body), want, path)
	}
	metrics := s.get(t, "", "/metrics", nil)
	require.Contains(t, string(metrics.body), `koko_engine_refused_total{reason="misplaced"} 0`, "an alert needs the zero before the one")
	require.Empty(t, found([]string{subject("clearing.musterhausen"), demoCases(t, s).Items[0].ID}, string(metrics.body)), "no person and no case")
}

// A browser keeps cookies and follows redirects.
type browser struct{ http.Client }

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{http.Client{Jar: jar, Timeout: time.Minute}}
}

var loginID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// logIn goes through the provider's page, and comes back to where it wanted to go.
func (b *browser) logIn(t *testing.T, origin, login string) {
	t.Helper()
	res, err := b.Get(origin + "/auth/login?return_to=" + url.QueryEscape("/api/v1/me"))
	page, err := answer(res, err)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, page.status, "%s", page.body)
	id := loginID.FindSubmatch(page.body)
	require.NotNil(t, id, "%s", page.body)
	form := url.Values{"id": {string(id[1])}, "login": {login}, "password": {demo.Password}}
	res, err = b.PostForm(res.Request.URL.String(), form)
	back, err := answer(res, err)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, back.status, "%s", back.body)
	require.Contains(t, string(back.body), subject(login))
}

// request sends one as the browser would, from a page of site.
func (b *browser) request(t *testing.T, method, target, site string, body string) reply {
	t.Helper()
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Sec-Fetch-Site", site)
	req.Header.Set("Idempotency-Key", uuid.NewString())
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := b.Do(req)
	r, err := answer(res, err)
	require.NoError(t, err)
	return r
}

func TestABrowserLogsInAndOnlyOurOwnPagesWrite(t *testing.T) {
	t.Parallel()
	s := newStack(t, t.TempDir(), "--demo=false")
	s.appoint(t, "musterhausen", "clearing")
	b := newBrowser(t)
	require.Equal(t, http.StatusUnauthorized, b.request(t, http.MethodGet, s.url+"/api/v1/me", "same-origin", "").status)
	b.logIn(t, s.url, "clearing.musterhausen")
	u, err := url.Parse(s.url)
	require.NoError(t, err)
	require.NotEmpty(t, b.Jar.Cookies(u))
	require.Equal(t, http.StatusOK, b.request(t, http.MethodGet, s.url+"/api/v1/me", "same-origin", "").status)

	const report = `{"ags":"05999001","source":"traeger","observed_on":"2025-04-02","eep":"experienced","reliability":3,"title":"T","text":"T"}`
	for _, site := range []string{"cross-site", "same-site"} {
		r := b.request(t, http.MethodPost, s.url+casesPath, site, report)
		require.Equal(t, http.StatusForbidden, r.status, "%s: %s", site, r.body)
		require.Contains(t, string(r.body), "urn:koko:problem:")
	}
	require.Equal(t, http.StatusCreated, b.request(t, http.MethodPost, s.url+casesPath, "same-origin", report).status)

	require.Equal(t, http.StatusForbidden, b.request(t, http.MethodPost, s.url+"/auth/logout", "cross-site", "").status)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	require.Equal(t, http.StatusSeeOther, b.request(t, http.MethodPost, s.url+"/auth/logout", "same-origin", "").status)
	require.Equal(t, http.StatusUnauthorized, b.request(t, http.MethodGet, s.url+"/api/v1/me", "same-origin", "").status, "logged out")
}
