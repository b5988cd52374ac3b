package auth_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
	"github.com/stretchr/testify/require"

	"koko/internal/auth"
	"koko/internal/demo"
	"koko/internal/devidp"
)

// A site is KoKo with its provider on one listener, as the embedded default has them.
type site struct {
	server  *httptest.Server
	store   scs.Store
	keyFile string
	log     *lockedBuffer
}

// anna is the person who logs in.
var anna, _ = demo.Find("clearing.musterhausen")

func newSite(t *testing.T, store scs.Store) *site {
	t.Helper()
	mux := http.NewServeMux()
	return startSite(t, httptest.NewServer(mux), mux, store)
}

func newTLSSite(t *testing.T) *site {
	t.Helper()
	mux := http.NewServeMux()
	return startSite(t, httptest.NewTLSServer(mux), mux, memstore.New())
}

func startSite(t *testing.T, server *httptest.Server, mux *http.ServeMux, store scs.Store) *site {
	t.Helper()
	t.Cleanup(server.Close)
	s := &site{server: server, store: store, keyFile: filepath.Join(t.TempDir(), "oidc.key"), log: new(lockedBuffer)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.log.String())
		}
	})
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	idp, err := devidp.New(devidp.Options{
		Issuer:       s.issuer(),
		KeyFile:      s.keyFile,
		Users:        demo.Users(),
		RedirectURIs: []string{server.URL + "/auth/callback"},
		Log:          log,
	})
	require.NoError(t, err)
	a, err := auth.New(auth.Options{
		Issuer:     s.issuer(),
		ClientID:   devidp.ClientID,
		Audience:   devidp.Audience,
		PublicURL:  server.URL,
		Sessions:   store,
		HTTPClient: server.Client(),
		Log:        log,
		Problem:    problem,
	})
	require.NoError(t, err)
	mux.Handle("/oidc/", idp.Handler())
	a.Register(mux)
	mux.Handle("/", a.Middleware(http.HandlerFunc(whoAmI)))
	return s
}

func (s *site) issuer() string { return s.server.URL + "/oidc" }

// problem is the API's error format, as far as these tests look at it.
func problem(w http.ResponseWriter, _ *http.Request, status int, rule, detail, remedy string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"rule": rule, "detail": detail, "remedy": remedy})
}

// whoAmI is a handler that needs a login.
func whoAmI(w http.ResponseWriter, r *http.Request) {
	id, ok := auth.From(r.Context())
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_, _ = io.WriteString(w, id.Subject+" "+id.Name)
}

// A browser follows redirects and keeps cookies.
type browser struct {
	t      *testing.T
	site   *site
	client *http.Client
	seen   []*http.Response // every answer, redirects included
}

func newBrowser(t *testing.T, s *site) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	b := &browser{t: t, site: s}
	b.client = &http.Client{Jar: jar, Transport: recorder{b, s.server.Client().Transport}}
	return b
}

type recorder struct {
	b    *browser
	next http.RoundTripper
}

func (r recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := r.next.RoundTrip(req)
	if err == nil {
		r.b.seen = append(r.b.seen, res)
	}
	return res, err
}

type answer struct {
	*http.Response
	body string
}

func (b *browser) do(method, target string, form url.Values, headers ...string) answer {
	b.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = b.site.server.URL + target
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(form.Encode()))
	require.NoError(b.t, err)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	res, err := b.client.Do(req)
	require.NoError(b.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(b.t, err)
	return answer{res, string(body)}
}

func (b *browser) get(target string, headers ...string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, target, nil, headers...)
}

var hiddenID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// form opens the login page and returns its form, filled in.
func (b *browser) form(returnTo string, u demo.User, password string) url.Values {
	b.t.Helper()
	page := b.get("/auth/login?return_to=" + url.QueryEscape(returnTo))
	require.Equal(b.t, http.StatusOK, page.StatusCode, page.body)
	id := hiddenID.FindStringSubmatch(page.body)
	require.NotNil(b.t, id, page.body)
	return url.Values{"id": {id[1]}, "login": {u.Login}, "password": {password}}
}

// login goes the whole way and returns where it ends.
func (b *browser) login(returnTo string, u demo.User) answer {
	b.t.Helper()
	return b.do(http.MethodPost, "/oidc/login", b.form(returnTo, u, demo.Password))
}

// pause stops the browser before it follows a redirect to that path, and returns its URL.
func (b *browser) pause(path string, step func()) *url.URL {
	b.t.Helper()
	var stopped *url.URL
	b.client.CheckRedirect = func(req *http.Request, _ []*http.Request) error {
		if req.URL.Path != path {
			return nil
		}
		stopped = req.URL
		return http.ErrUseLastResponse
	}
	step()
	b.client.CheckRedirect = nil
	require.NotNil(b.t, stopped, "the browser was never sent to %s", path)
	return stopped
}

// callbackURL logs in as far as the provider's answer, which it returns.
func (b *browser) callbackURL(u demo.User) *url.URL {
	b.t.Helper()
	return b.pause("/auth/callback", func() { b.login("/", u) })
}

func (b *browser) cookie() *http.Cookie {
	at, err := url.Parse(b.site.server.URL)
	require.NoError(b.t, err)
	for _, c := range b.client.Jar.Cookies(at) {
		if strings.HasSuffix(c.Name, "koko") {
			return c
		}
	}
	return nil
}

func TestALoginBeginsASessionAndALogoutEndsIt(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*site{"http": newSite(t, memstore.New()), "https": newTLSSite(t)} {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t, s)
			require.Equal(t, http.StatusUnauthorized, b.get("/cases").StatusCode)

			end := b.login("/cases?phase=analysis", anna)
			require.Equal(t, http.StatusOK, end.StatusCode, end.body)
			require.Equal(t, anna.Subject+" "+anna.Name, end.body)
			require.Equal(t, "/cases?phase=analysis", end.Request.URL.RequestURI())

			cookie := b.cookie()
			require.NotNil(t, cookie)
			out := b.do(http.MethodPost, "/auth/logout", url.Values{}, "Sec-Fetch-Site", "same-origin")
			require.Equal(t, "/", out.Request.URL.Path)
			require.Equal(t, http.StatusUnauthorized, out.StatusCode)
			require.Nil(t, b.cookie())

			// The cookie that somebody may have copied is worth nothing either.
			again := b.get("/cases", "Cookie", cookie.String())
			require.Equal(t, http.StatusUnauthorized, again.StatusCode)
		})
	}
}

func TestALogoutEndsTheProvidersSessionToo(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, newSite(t, memstore.New()))
	b.login("/", anna)
	to := b.pause("/oidc/end_session", func() {
		b.do(http.MethodPost, "/auth/logout", url.Values{})
	})
	require.Equal(t, b.site.server.URL+"/", to.Query().Get("post_logout_redirect_uri"))
	hint := strings.Split(to.Query().Get("id_token_hint"), ".")
	require.Len(t, hint, 3)
	claims, err := base64.RawURLEncoding.DecodeString(hint[1])
	require.NoError(t, err)
	require.NotContains(t, string(claims), anna.Name, "the hint stands in a URL")
}

func TestTheCookieIsKeptFromScriptsAndOtherSites(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		site   *site
		cookie string
		secure bool
	}{
		"http":  {newSite(t, memstore.New()), "koko", false},
		"https": {newTLSSite(t), "__Host-koko", true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t, tc.site)
			b.login("/", anna)
			var cookies []*http.Cookie
			for _, res := range b.seen {
				cookies = append(cookies, res.Cookies()...)
			}
			require.Len(t, cookies, 2, "one before the login, one after it")
			require.NotEqual(t, cookies[0].Value, cookies[1].Value, "a new token: nobody can have planted it")
			for _, c := range cookies {
				require.Equal(t, tc.cookie, c.Name)
				require.True(t, c.HttpOnly)
				require.Equal(t, tc.secure, c.Secure)
				require.Equal(t, http.SameSiteLaxMode, c.SameSite)
				require.Equal(t, "/", c.Path)
				require.Empty(t, c.Domain)
				require.True(t, c.Expires.IsZero(), "it goes with the browser")
			}
		})
	}
}

func TestAPlantedSessionIsNotTakenOver(t *testing.T) {
	t.Parallel()
	s := newSite(t, memstore.New())
	attacker, victim := newBrowser(t, s), newBrowser(t, s)
	attacker.form("/", anna, "")
	planted := attacker.cookie()
	at, err := url.Parse(s.server.URL)
	require.NoError(t, err)
	victim.client.Jar.SetCookies(at, []*http.Cookie{planted})

	require.Equal(t, http.StatusOK, victim.login("/", anna).StatusCode)
	require.Equal(t, http.StatusUnauthorized, attacker.get("/cases").StatusCode)
}

func TestOnlyAHashOfTheTokenIsStored(t *testing.T) {
	t.Parallel()
	store := memstore.New()
	b := newBrowser(t, newSite(t, store))
	b.login("/", anna)
	all, err := store.All()
	require.NoError(t, err)
	hash := sha256.Sum256([]byte(b.cookie().Value))
	require.Equal(t, []string{base64.RawURLEncoding.EncodeToString(hash[:])}, slices.Collect(maps.Keys(all)))
}

func TestAWrongLoginTellsNothing(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, newSite(t, memstore.New()))
	wrong := b.do(http.MethodPost, "/oidc/login", b.form("/", anna, "guess"))
	require.Equal(t, http.StatusUnprocessableEntity, wrong.StatusCode)
	require.Contains(t, wrong.body, `role="alert"`)

	unknown := anna
	unknown.Login = "nobody.musterhausen"
	nobody := b.do(http.MethodPost, "/oidc/login", b.form("/", unknown, demo.Password))
	require.Equal(t, wrong.StatusCode, nobody.StatusCode)
	same := func(a answer, login string) string {
		return strings.ReplaceAll(hiddenID.ReplaceAllString(a.body, ""), `value="`+login+`"`, "")
	}
	require.Equal(t, same(wrong, anna.Login), same(nobody, unknown.Login))
	require.Equal(t, http.StatusUnauthorized, b.get("/cases").StatusCode)
}

func TestACallbackIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, memstore.New())
	for name, tc := range map[string]struct {
		change func(url.Values)
		status int
		rule   string
	}{
		"without its state":         {func(q url.Values) { q.Del("state") }, http.StatusBadRequest, "login_expired"},
		"with another state":        {func(q url.Values) { q.Set("state", "made-up") }, http.StatusBadRequest, "login_expired"},
		"with another code":         {func(q url.Values) { q.Set("code", "made-up") }, http.StatusBadGateway, "login_failed"},
		"without a code":            {func(q url.Values) { q.Del("code") }, http.StatusBadGateway, "login_failed"},
		"from another provider":     {func(q url.Values) { q.Set("iss", "https://evil.example") }, http.StatusBadGateway, "login_failed"},
		"if access was denied":      {func(q url.Values) { q.Set("error", "access_denied") }, http.StatusForbidden, "login_denied"},
		"if the provider is unwell": {func(q url.Values) { q.Set("error", "server_error") }, http.StatusServiceUnavailable, "login_unavailable"},
		"if the request was wrong":  {func(q url.Values) { q.Set("error", "invalid_scope") }, http.StatusBadGateway, "login_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t, s)
			back := b.callbackURL(anna)
			query := back.Query()
			tc.change(query)
			back.RawQuery = query.Encode()

			got := b.get(back.String())
			require.Equal(t, tc.status, got.StatusCode)
			require.Contains(t, got.body, `"`+tc.rule+`"`)
			require.Equal(t, http.StatusUnauthorized, b.get("/cases").StatusCode)
		})
	}
}

func TestACallbackWorksOnce(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, newSite(t, memstore.New()))
	back := b.callbackURL(anna)
	require.Equal(t, http.StatusOK, b.get(back.String()).StatusCode)

	replayed := b.get(back.String())
	require.Equal(t, http.StatusBadRequest, replayed.StatusCode)
	require.Contains(t, replayed.body, "login_expired")
	require.Equal(t, http.StatusOK, b.get("/cases").StatusCode, "the session stands")
}

func TestAStateIsSpentByAFailureToo(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, newSite(t, memstore.New()))
	back := b.callbackURL(anna)
	denied := "/auth/callback?error=access_denied&state=" + back.Query().Get("state")
	require.Equal(t, http.StatusForbidden, b.get(denied).StatusCode)
	require.Equal(t, http.StatusBadRequest, b.get(back.String()).StatusCode)
	require.Equal(t, http.StatusUnauthorized, b.get("/cases").StatusCode)
}

func TestACallbackBelongsToTheBrowserThatBegan(t *testing.T) {
	t.Parallel()
	s := newSite(t, memstore.New())
	back := newBrowser(t, s).callbackURL(anna)
	stranger := newBrowser(t, s)
	require.Equal(t, http.StatusBadRequest, stranger.get(back.String()).StatusCode)
	require.Equal(t, http.StatusUnauthorized, stranger.get("/cases").StatusCode)
}

func TestTwoTabsMayLogInAtOnce(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, newSite(t, memstore.New()))
	first, second := b.form("/one", anna, demo.Password), b.form("/two", anna, demo.Password)
	require.Equal(t, "/one", b.do(http.MethodPost, "/oidc/login", first).Request.URL.Path)
	end := b.do(http.MethodPost, "/oidc/login", second)
	require.Equal(t, "/two", end.Request.URL.Path)
	require.Equal(t, http.StatusOK, end.StatusCode)
}

func TestAFailureIsAPageForPeople(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, newSite(t, memstore.New()))
	got := b.get("/auth/callback?state=old", "Accept", "text/html", "Accept-Language", "en-GB,de;q=0.5")
	require.Equal(t, http.StatusBadRequest, got.StatusCode)
	require.Contains(t, got.body, `<html lang="en">`)
	require.Contains(t, got.body, `href="/auth/login"`)
	require.Contains(t, b.get("/auth/callback?state=old", "Accept", "text/html").body, `<html lang="de">`)

	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(got.body)
	hash := sha256.Sum256([]byte(style[1]))
	require.Contains(t, got.Header.Get("Content-Security-Policy"), base64.StdEncoding.EncodeToString(hash[:]))
}

func TestReturnToStaysOnThisSite(t *testing.T) {
	t.Parallel()
	s := newSite(t, memstore.New())
	for target, want := range map[string]string{
		"/cases/1?tab=a#b":        "/cases/1?tab=a",
		"":                        "/",
		"//evil.example":          "/",
		`/\evil.example`:          "/",
		`\\evil.example`:          "/",
		"/\t/evil.example":        "/",
		"https://evil.example":    "/",
		"https:evil.example":      "/",
		"javascript:alert(1)":     "/",
		"///evil.example":         "/",
		"cases":                   "/",
		"/%2f/evil.example":       "/%2f/evil.example",
		"/a?next=//evil.example/": "/a?next=//evil.example/",
	} {
		t.Run(target, func(t *testing.T) {
			end := newBrowser(t, s).login(target, anna)
			require.Equal(t, s.server.URL+want, strings.TrimSuffix(end.Request.URL.String(), "#b"))
		})
	}
}

func TestAnotherSiteCannotAct(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, newSite(t, memstore.New()))
	b.login("/", anna)
	for name, headers := range map[string][]string{
		"a browser of today": {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"a sibling site":     {"Sec-Fetch-Site", "same-site", "Origin", "https://evil.example"},
		"an older browser":   {"Origin", "https://evil.example"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/cases", "/auth/logout"} {
				got := b.do(http.MethodPost, path, url.Values{}, headers...)
				require.Equal(t, http.StatusForbidden, got.StatusCode, path)
				require.Contains(t, got.body, "cross_site")
			}
			require.Equal(t, http.StatusOK, b.get("/cases", headers...).StatusCode, "a link to a case is no attack")

			token := b.site.token(t, time.Minute)
			got := b.do(http.MethodPost, "/cases", url.Values{}, append(headers, "Authorization", "Bearer "+token)...)
			require.Equal(t, http.StatusOK, got.StatusCode, "no site can make a browser send a token")
		})
	}
	own := b.do(http.MethodPost, "/cases", url.Values{}, "Sec-Fetch-Site", "same-origin")
	require.Equal(t, http.StatusOK, own.StatusCode)
}

func TestALogoutIsNoLink(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, newSite(t, memstore.New()))
	b.login("/", anna)
	b.get("/auth/logout")
	require.Equal(t, http.StatusOK, b.get("/cases").StatusCode)
}

func TestLogsHoldNoTokensCodesOrNames(t *testing.T) {
	t.Parallel()
	b := newBrowser(t, newSite(t, memstore.New()))
	back := b.callbackURL(anna)
	b.get(back.String())
	b.get(back.String())
	b.get("/cases", "Authorization", "Bearer "+b.site.token(t, -time.Minute))
	b.do(http.MethodPost, "/oidc/login", b.form("/", anna, "secret-guess"))
	b.do(http.MethodPost, "/auth/logout", url.Values{})

	log := b.site.log.String()
	require.Contains(t, log, anna.Subject)
	require.Equal(t, 2, strings.Count(log, "login or session refused"))
	require.Equal(t, 2, strings.Count(log, "address=127.0.0.1 "), "whence a refused login came")
	for _, secret := range []string{
		anna.Name, anna.Login, demo.Password, "secret-guess", "eyJ",
		back.Query().Get("code"), back.Query().Get("state"),
	} {
		require.NotContains(t, log, secret)
	}
}

// token mints an access token for anna.
func (s *site) token(t *testing.T, lifetime time.Duration) string {
	t.Helper()
	token, err := devidp.MintToken(s.keyFile, s.issuer(), anna, lifetime)
	require.NoError(t, err)
	return token
}

// A lockedBuffer is a log that handlers write to while a test reads.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
