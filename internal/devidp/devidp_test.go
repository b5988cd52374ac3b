package devidp_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"koko/internal/demo"
	"koko/internal/devidp"
)

const (
	issuer   = "http://localhost:8080/oidc"
	redirect = "http://localhost:8080/auth/callback"
)

var anna, _ = demo.Find("clearing.musterhausen")

// The library reports every refusal to the default logger; refusals are what these tests are about.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

func options(t *testing.T) devidp.Options {
	t.Helper()
	return devidp.Options{
		Issuer:       issuer,
		KeyFile:      filepath.Join(t.TempDir(), "oidc.key"),
		Users:        demo.Users(),
		RedirectURIs: []string{redirect},
	}
}

func newProvider(t *testing.T) http.Handler {
	t.Helper()
	p, err := devidp.New(options(t))
	require.NoError(t, err)
	return p.Handler()
}

func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func get(h http.Handler, target string) *http.Response {
	return serve(h, httptest.NewRequest(http.MethodGet, target, nil))
}

func post(h http.Handler, target string, form url.Values, headers ...string) *http.Response {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return serve(h, r)
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(data)
}

func location(t *testing.T, res *http.Response) *url.URL {
	t.Helper()
	u, err := res.Location()
	require.NoError(t, err, res.Status)
	return u
}

var verifier = strings.Repeat("v", 43)

// authorize returns the address a client sends its browser to, with changes.
func authorize(change url.Values) string {
	q := url.Values{
		"client_id": {devidp.ClientID}, "redirect_uri": {redirect}, "response_type": {"code"},
		"scope": {"openid profile"}, "state": {"st"}, "nonce": {"no"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
	for key, values := range change {
		q[key] = values
	}
	return issuer + "/authorize?" + q.Encode()
}

// begin returns the id of a login request.
func begin(t *testing.T, h http.Handler) string {
	t.Helper()
	to := location(t, get(h, authorize(nil)))
	require.Equal(t, "/oidc/login", to.Path)
	return to.Query().Get("id")
}

func credentials(id string) url.Values {
	return url.Values{"id": {id}, "login": {anna.Login}, "password": {demo.Password}}
}

// code logs anna in and returns the code for the client.
func code(t *testing.T, h http.Handler) string {
	t.Helper()
	next := location(t, post(h, issuer+"/login", credentials(begin(t, h))))
	back := location(t, get(h, next.String()))
	require.Equal(t, redirect, back.Scheme+"://"+back.Host+back.Path)
	require.Equal(t, "st", back.Query().Get("state"))
	return back.Query().Get("code")
}

func exchange(h http.Handler, code, verifier string) *http.Response {
	return post(h, issuer+"/oauth/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {devidp.ClientID},
		"redirect_uri": {redirect}, "code": {code}, "code_verifier": {verifier},
	})
}

func TestACodeIsGoodForOneExchange(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	c := code(t, h)
	require.Equal(t, http.StatusOK, exchange(h, c, verifier).StatusCode)
	require.Equal(t, http.StatusBadRequest, exchange(h, c, verifier).StatusCode)
}

func TestACodeIsOnlyForWhoBegan(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	c := code(t, h)
	require.Equal(t, http.StatusBadRequest, exchange(h, c, strings.Repeat("x", 43)).StatusCode)
	require.Equal(t, http.StatusBadRequest, exchange(h, c, verifier).StatusCode, "a code that was tried is spent")
}

func TestTheOneWhoLuredGetsNoCode(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	id := begin(t, h)
	require.Equal(t, http.StatusSeeOther, post(h, issuer+"/login", credentials(id)).StatusCode)

	got := get(h, issuer+"/authorize/callback?id="+id)
	require.Empty(t, got.Header.Get("Location"))
	require.Equal(t, http.StatusBadRequest, got.StatusCode)
}

func TestACallbackNeedsALogin(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	back := location(t, get(h, issuer+"/authorize/callback?id="+begin(t, h)))
	require.Equal(t, "interaction_required", back.Query().Get("error"))
	require.Empty(t, back.Query().Get("code"))
}

func TestAnAuthorizationRequestIsRefused(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	for name, tc := range map[string]struct {
		change url.Values
		want   string // the error that the client is told; empty if it is told nothing
	}{
		"without PKCE":              {url.Values{"code_challenge": nil, "code_challenge_method": nil}, "invalid_request"},
		"with plain PKCE":           {url.Values{"code_challenge_method": {"plain"}}, "invalid_request"},
		"for a token in the URL":    {url.Values{"response_type": {"id_token token"}}, ""},
		"without asking the person": {url.Values{"prompt": {"none"}}, "login_required"},
		"for another client":        {url.Values{"client_id": {"other"}}, ""},
		"back to another place":     {url.Values{"redirect_uri": {"https://evil.example/"}}, ""},
		"back to another path":      {url.Values{"redirect_uri": {redirect + "/x"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			res := get(h, authorize(tc.change))
			if tc.want == "" {
				require.Equal(t, http.StatusBadRequest, res.StatusCode)
				require.Empty(t, res.Header.Get("Location"))
				return
			}
			to := location(t, res).String()
			require.True(t, strings.HasPrefix(to, redirect), to)
			require.Contains(t, to, "error="+tc.want)
		})
	}
}

func TestALoginThatIsNotOpenIsExpired(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	id := begin(t, h)
	require.Equal(t, http.StatusSeeOther, post(h, issuer+"/login", credentials(id)).StatusCode)
	for name, res := range map[string]*http.Response{
		"shown, unknown":  get(h, issuer+"/login?id=made-up"),
		"posted, unknown": post(h, issuer+"/login", credentials("made-up")),
		"posted, used":    post(h, issuer+"/login", credentials(id)),
	} {
		require.Equal(t, http.StatusBadRequest, res.StatusCode, name)
		require.Contains(t, body(t, res), `href="http://localhost:8080/"`, name)
	}
}

func TestAnotherSiteCannotLogSomebodyIn(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	res := post(h, issuer+"/login", credentials(begin(t, h)), "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, res.StatusCode)
}

func TestNoOtherOriginReadsAnAnswer(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	for _, path := range []string{"/userinfo", "/oauth/token", "/.well-known/openid-configuration"} {
		r := httptest.NewRequest(http.MethodGet, issuer+path, nil)
		r.Header.Set("Origin", "https://evil.example")
		require.Empty(t, serve(h, r).Header.Get("Access-Control-Allow-Origin"), path)
	}
}

func TestALoginIgnoresCaseAndBlanks(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	form := credentials(begin(t, h))
	form.Set("login", " Clearing.Musterhausen ")
	require.Equal(t, http.StatusSeeOther, post(h, issuer+"/login", form).StatusCode)
}

func TestTheLoginPageCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	form := credentials(begin(t, h))
	page := body(t, get(h, issuer+"/login?id="+form.Get("id")))
	for _, want := range []string{
		`<html lang="de">`, `<title>Anmelden bei KoKo</title>`, `name="viewport"`,
		`<label for="login">`, `id="login"`, `autocomplete="username"`,
		`<label for="password">`, `id="password"`, `autocomplete="current-password"`,
		`<summary>`, anna.Login, demo.Password, `lang="de">Clearingstelle`,
	} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, `aria-invalid="`)

	form.Set("password", "wrong")
	form.Set("login", `"><script>`)
	refused := body(t, post(h, issuer+"/login", form))
	require.Contains(t, refused, `<title>Fehler: Anmelden bei KoKo</title>`)
	require.Contains(t, refused, `id="error" role="alert"`)
	require.Equal(t, 2, strings.Count(refused, `aria-invalid="true" aria-describedby="error"`))
	require.NotContains(t, refused, "<script")
	require.NotContains(t, refused, "wrong", "a password is not sent back")
}

func TestTheLoginPageSpeaksEnglishToo(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	target := issuer + "/login?id=" + begin(t, h)
	for header, want := range map[string]string{
		"": "de", "de-AT": "de", "en-US,en;q=0.9": "en", "tr,en;q=0.5": "en", "tr": "de", "en;q=0.3,de": "de", "\x00": "de",
	} {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("Accept-Language", header)
		res := serve(h, r)
		require.Equal(t, want, res.Header.Get("Content-Language"), header)
		require.Contains(t, body(t, res), `<html lang="`+want+`">`, header)
	}
}

var style = regexp.MustCompile(`(?s)<style>(.*)</style>`)

func TestTheLoginPageLoadsNothingFromOutside(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	res := get(h, issuer+"/login?id="+begin(t, h))
	page := body(t, res)
	policy := res.Header.Get("Content-Security-Policy")
	hash := sha256.Sum256([]byte(style.FindStringSubmatch(page)[1]))
	require.Contains(t, policy, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(hash[:])+"'")
	require.Contains(t, policy, "default-src 'none'")
	require.Contains(t, policy, "frame-ancestors 'none'")
	require.NotContains(t, policy, "unsafe")
	require.NotContains(t, page, "src=")
	require.NotContains(t, page, "style=")
	require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
}

func TestALogoutLeadsBackToItsClientOnly(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	end := issuer + "/end_session?client_id=" + devidp.ClientID + "&post_logout_redirect_uri="
	require.Equal(t, "http://localhost:8080/", location(t, get(h, end+url.QueryEscape("http://localhost:8080/"))).String())
	evil := get(h, end+url.QueryEscape("https://evil.example/"))
	require.Equal(t, http.StatusBadRequest, evil.StatusCode)
	require.Empty(t, evil.Header.Get("Location"))
}

func TestUserinfoKnowsTheName(t *testing.T) {
	t.Parallel()
	h := newProvider(t)
	var tokens struct {
		Access string `json:"access_token"`
		ID     string `json:"id_token"`
	}
	require.NoError(t, json.NewDecoder(exchange(h, code(t, h), verifier).Body).Decode(&tokens))
	r := httptest.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+tokens.Access)
	var info struct{ Sub, Name string }
	require.NoError(t, json.NewDecoder(serve(h, r).Body).Decode(&info))
	require.Equal(t, anna.Subject, info.Sub)
	require.Equal(t, anna.Name, info.Name)
}

func TestTokensOutliveARestart(t *testing.T) {
	t.Parallel()
	o := options(t)
	first, err := devidp.New(o)
	require.NoError(t, err)
	token, err := devidp.MintToken(o.KeyFile, o.Issuer, anna, time.Minute)
	require.NoError(t, err)
	again, err := devidp.New(o)
	require.NoError(t, err)

	for _, p := range []*devidp.Provider{first, again} {
		server := httptest.NewServer(p.Handler())
		defer server.Close()
		keys := oidc.NewRemoteKeySet(t.Context(), server.URL+"/oidc/keys")
		got, err := oidc.NewVerifier(o.Issuer, keys, &oidc.Config{ClientID: devidp.Audience}).Verify(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, anna.Subject, got.Subject)
	}
}

func TestTheKeyIsTheOwnersAlone(t *testing.T) {
	t.Parallel()
	o := options(t)
	_, err := devidp.New(o)
	require.NoError(t, err)
	info, err := os.Stat(o.KeyFile)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	files, err := os.ReadDir(filepath.Dir(o.KeyFile))
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing else is left behind")

	require.NoError(t, os.Chmod(o.KeyFile, 0o644))
	_, err = devidp.New(o)
	require.ErrorContains(t, err, "chmod 600")
	_, err = devidp.MintToken(o.KeyFile, o.Issuer, anna, time.Minute)
	require.ErrorContains(t, err, "chmod 600")
}

func TestTheKeysThatArePublishedAreNotSecret(t *testing.T) {
	t.Parallel()
	published := body(t, get(newProvider(t), issuer+"/keys"))
	require.Contains(t, published, `"n":`)
	require.NotContains(t, published, `"d":`)
}

func TestADamagedKeyIsNotReplaced(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"empty": "", "cut off": `{"kty":"RS`, "of another kind": `{"kty":"oct","k":"AAAA"}`, "a wrong number": `{"kty":"RSA","n":"AAAA","e":"AAAA!"}`,
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			require.NoError(t, os.WriteFile(o.KeyFile, []byte(content), 0o600))
			_, err := devidp.New(o)
			require.ErrorContains(t, err, o.KeyFile)
			require.NotContains(t, err.Error(), "AAAA", "the content is secret")
			kept, err := os.ReadFile(o.KeyFile)
			require.NoError(t, err)
			require.Equal(t, content, string(kept))
		})
	}
}

func TestATokenNeedsAProviderThatHasStarted(t *testing.T) {
	t.Parallel()
	_, err := devidp.MintToken(filepath.Join(t.TempDir(), "oidc.key"), issuer, anna, time.Minute)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestPasswordsDoNotCrossANetworkInTheClear(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"http://localhost:8080/oidc": true, "http://127.0.0.1:8080/oidc": true, "http://[::1]:8080/oidc": true,
		"https://koko.example/oidc": true, "http://koko.example/oidc": false, "http://192.0.2.1/oidc": false,
		"http://localhost.evil.example/oidc": false, "ftp://localhost/oidc": false,
	} {
		o := options(t)
		o.Issuer = address
		_, err := devidp.New(o)
		require.Equal(t, ok, err == nil, "%s: %v", address, err)
	}
}
