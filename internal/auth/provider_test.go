package auth

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

// A fakeProvider answers as its test wants, wrongly as a rule.
type fakeProvider struct {
	*httptest.Server
	key       *rsa.PrivateKey
	down      atomic.Bool // the whole provider
	keysDown  atomic.Bool // the keys alone
	asked     atomic.Int32
	keysAsked atomic.Int32
	kid       atomic.Value                             // of the key; "one" at first
	answer    func(http.ResponseWriter, *http.Request) // of the token endpoint
	userinfo  map[string]any
	whenAsked func() // for the metadata
}

func newFakeProvider(t *testing.T) *fakeProvider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	f := &fakeProvider{key: key}
	f.kid.Store("one")
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", f.metadata)
	mux.HandleFunc("/keys", f.keys)
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) { f.answer(w, r) })
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, f.userinfo) })
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.down.Load() {
			f.asked.Add(1)
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (f *fakeProvider) metadata(w http.ResponseWriter, _ *http.Request) {
	f.asked.Add(1)
	if f.whenAsked != nil {
		f.whenAsked()
	}
	writeJSON(w, map[string]any{
		"issuer":                 f.URL,
		"authorization_endpoint": f.URL + "/authorize",
		"token_endpoint":         f.URL + "/token",
		"userinfo_endpoint":      f.URL + "/userinfo",
		"jwks_uri":               f.URL + "/keys",
		// It announces what the API must not accept.
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
	})
}

func (f *fakeProvider) keys(w http.ResponseWriter, _ *http.Request) {
	f.keysAsked.Add(1)
	if f.keysDown.Load() {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	writeJSON(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: f.key.Public(), KeyID: f.kid.Load().(string), Use: "sig", Algorithm: "RS256"}}})
}

// sign signs claims with any key that jose takes.
func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, claims map[string]any) string {
	t.Helper()
	return signAs(t, "one", alg, key, claims)
}

// signAs signs in the name of the key called kid.
func signAs(t *testing.T, kid string, alg jose.SignatureAlgorithm, key any, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	require.NoError(t, err)
	token, err := jwt.Signed(signer).Claims(claims).Serialize()
	require.NoError(t, err)
	return token
}

// claimsOf returns claims of a good access token, changed by the test.
func (f *fakeProvider) claimsOf(change map[string]any) map[string]any {
	c := map[string]any{
		"iss": f.URL, "sub": "s-1", "aud": []string{"koko-api"}, "name": "Anna",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	maps.Copy(c, change)
	return c
}

// newAuth returns an API that trusts the fake, with the clock of the test.
func newAuth(t *testing.T, f *fakeProvider, store scs.Store) *Auth {
	t.Helper()
	a, err := New(Options{
		Issuer: f.URL, ClientID: "koko-web", ClientSecret: "geheim", Audience: "koko-api",
		PublicURL: "http://koko.example", Sessions: store,
		Problem: func(w http.ResponseWriter, _ *http.Request, status int, rule, _, _ string) {
			w.Header().Set("X-Rule", rule)
			w.WriteHeader(status)
		},
	})
	require.NoError(t, err)
	return a
}

// call sends a request through the middleware to a handler that says who it was.
func call(a *Auth, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	a.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, _ := From(r.Context())
		_, _ = w.Write([]byte(id.Subject + " " + id.Name))
	})).ServeHTTP(w, r)
	return w
}

func withBearer(token string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func TestABearerTokenNamesTheCaller(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, noStore{})
	got := call(a, withBearer(sign(t, jose.RS256, f.key, f.claimsOf(nil))))
	require.Equal(t, http.StatusOK, got.Code)
	require.Equal(t, "s-1 Anna", got.Body.String())

	r := withBearer("")
	r.Header.Set("Authorization", "bearer "+sign(t, jose.RS256, f.key, f.claimsOf(map[string]any{"name": nil, "preferred_username": "anna"})))
	require.Equal(t, "s-1 anna", call(a, r).Body.String())
}

func TestABearerTokenIsRefused(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, noStore{})
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(f.key.Public())
	require.NoError(t, err)
	rs256 := func(change map[string]any) string { return sign(t, jose.RS256, f.key, f.claimsOf(change)) }
	good := rs256(nil)
	for name, token := range map[string]string{
		"when it is empty":                   "",
		"when it is garbage":                 "garbage",
		"when it is garbage with dots":       "a.b.c",
		"when it has expired":                rs256(map[string]any{"exp": time.Now().Add(-time.Second).Unix()}),
		"when it never expires":              rs256(map[string]any{"exp": nil}),
		"when it is not valid yet":           rs256(map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}),
		"for another audience":               rs256(map[string]any{"aud": "other"}),
		"for no audience":                    rs256(map[string]any{"aud": nil}),
		"of another issuer":                  rs256(map[string]any{"iss": "https://evil.example"}),
		"when it names nobody":               rs256(map[string]any{"sub": ""}),
		"when it is an ID token":             rs256(map[string]any{"nonce": "n"}),
		"when it is an ID token with a hash": rs256(map[string]any{"at_hash": "h"}),
		"signed with another key":            sign(t, jose.RS256, other, f.claimsOf(nil)),
		"signed with the public key":         sign(t, jose.HS256, public, f.claimsOf(nil)),
		"when nobody signed it":              unsigned(t, f.claimsOf(nil)),
		"with its signature cut":             good[:len(good)-8],
	} {
		t.Run(name, func(t *testing.T) {
			got := call(a, withBearer(token))
			require.Equal(t, http.StatusUnauthorized, got.Code)
			require.Equal(t, "invalid_token", got.Header().Get("X-Rule"))
			require.Equal(t, `Bearer error="invalid_token"`, got.Header().Get("WWW-Authenticate"))
		})
	}
	two := withBearer(good)
	two.Header.Add("Authorization", "Bearer "+good)
	require.Equal(t, http.StatusUnauthorized, call(a, two).Code)
}

func unsigned(t *testing.T, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + encode(payload) + "."
}

// noStore fails whenever it is touched.
type noStore struct{}

var errTouched = errors.New("the session store was touched")

func (noStore) Find(string) ([]byte, bool, error)      { return nil, false, errTouched }
func (noStore) Delete(string) error                    { return errTouched }
func (noStore) Commit(string, []byte, time.Time) error { return errTouched }

func TestOnlyACookieReachesTheStore(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, noStore{})
	cookie := &http.Cookie{Name: "koko", Value: "anything"}

	anonymous := httptest.NewRequest(http.MethodPost, "/", nil)
	require.Equal(t, http.StatusOK, call(a, anonymous).Code)

	both := withBearer(sign(t, jose.RS256, f.key, f.claimsOf(nil)))
	both.AddCookie(cookie)
	require.Equal(t, http.StatusOK, call(a, both).Code)

	wrong := withBearer("garbage")
	wrong.AddCookie(cookie)
	require.Equal(t, http.StatusUnauthorized, call(a, wrong).Code, "a wrong token does not fall back to the cookie")

	cross := httptest.NewRequest(http.MethodPost, "/", nil)
	cross.AddCookie(cookie)
	cross.Header.Set("Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, call(a, cross).Code)

	own := httptest.NewRequest(http.MethodGet, "/", nil)
	own.AddCookie(cookie)
	got := call(a, own)
	require.Equal(t, http.StatusServiceUnavailable, got.Code)
	require.Equal(t, "session_unavailable", got.Header().Get("X-Rule"))
	require.NotEmpty(t, got.Header().Get("Retry-After"))
}

func TestAProxyMayRenameTheHost(t *testing.T) {
	t.Parallel()
	a := newAuth(t, newFakeProvider(t), memstore.New())
	r := httptest.NewRequest(http.MethodPost, "http://10.0.0.7:8080/", nil)
	r.AddCookie(&http.Cookie{Name: "koko", Value: "old"})
	r.Header.Set("Origin", "http://koko.example")
	require.Equal(t, http.StatusOK, call(a, r).Code)
}

func TestAResponseIsStreamed(t *testing.T) {
	t.Parallel()
	a := newAuth(t, newFakeProvider(t), memstore.New())
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "koko", Value: "old"})
	w := httptest.NewRecorder()
	a.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("event"))
		require.NoError(t, http.NewResponseController(w).Flush())
	})).ServeHTTP(w, r)
	require.True(t, w.Flushed)
	require.Empty(t, w.Header().Values("Set-Cookie"))
}

func TestTheProviderMayComeUpLater(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	f.down.Store(true)
	a := newAuth(t, f, memstore.New())
	now := time.Now()
	a.provider.now = func() time.Time { return now }
	token := sign(t, jose.RS256, f.key, f.claimsOf(nil))

	for range 3 {
		got := call(a, withBearer(token))
		require.Equal(t, http.StatusServiceUnavailable, got.Code)
		require.Equal(t, "login_unavailable", got.Header().Get("X-Rule"))
		require.Equal(t, "2", got.Header().Get("Retry-After"))
	}
	require.EqualValues(t, 1, f.asked.Load(), "it is not asked at every request")
	login := httptest.NewRecorder()
	a.login(login, httptest.NewRequest(http.MethodGet, loginPath, nil))
	require.Equal(t, http.StatusServiceUnavailable, login.Code)

	f.down.Store(false)
	require.Equal(t, http.StatusServiceUnavailable, call(a, withBearer(token)).Code)
	now = now.Add(retryAfter)
	for range 3 {
		require.Equal(t, http.StatusOK, call(a, withBearer(token)).Code)
	}
	require.EqualValues(t, 2, f.asked.Load(), "once found it is not asked again")
}

func TestACallerWhoHangsUpDoesNotFailTheOthers(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, memstore.New())
	ctx, hangUp := context.WithCancel(t.Context())
	f.whenAsked = hangUp
	_, err := a.provider.get(ctx)
	require.NoError(t, err)
}

func TestMissingKeysAreNoFaultOfTheToken(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, memstore.New())
	now := time.Now()
	a.provider.now = func() time.Time { return now }
	token := sign(t, jose.RS256, f.key, f.claimsOf(nil))
	f.keysDown.Store(true)
	for range 3 {
		require.Equal(t, http.StatusServiceUnavailable, call(a, withBearer(token)).Code)
	}
	require.EqualValues(t, 1, f.keysAsked.Load())
	f.keysDown.Store(false)
	now = now.Add(retryAfter)
	require.Equal(t, http.StatusOK, call(a, withBearer(token)).Code)
}

// TestTokensOfStrangersCostTheProviderNothing: whoever makes tokens up must not reach the provider through us.
func TestTokensOfStrangersCostTheProviderNothing(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, noStore{})
	now := time.Now()
	a.provider.now = func() time.Time { return now }
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	refused := func(token string) {
		t.Helper()
		require.Equal(t, http.StatusUnauthorized, call(a, withBearer(token)).Code)
	}
	elsewhere := func(change map[string]any) string {
		return signAs(t, "unknown", jose.RS256, other, f.claimsOf(change))
	}
	ofNoUse := []string{
		"", "a.b.c", unsigned(t, f.claimsOf(nil)), elsewhere(map[string]any{"iss": "https://evil.example"}), elsewhere(map[string]any{"aud": "other"}),
		elsewhere(map[string]any{"exp": now.Add(-time.Minute).Unix()}), signAs(t, "unknown", jose.HS256, []byte("0123456789abcdef0123456789abcdef"), f.claimsOf(nil)),
	}
	for _, token := range ofNoUse {
		refused(token)
	}
	require.Zero(t, f.keysAsked.Load(), "that these are not ours is seen without a key")

	require.Equal(t, http.StatusOK, call(a, withBearer(sign(t, jose.RS256, f.key, f.claimsOf(nil)))).Code)
	for i := range 50 {
		refused(signAs(t, "made-up-"+strconv.Itoa(i), jose.RS256, other, f.claimsOf(nil)))
		refused(sign(t, jose.RS256, other, f.claimsOf(nil)))
	}
	require.EqualValues(t, 1, f.keysAsked.Load())
	now = now.Add(refreshAfter)
	for i := range 10 {
		refused(signAs(t, "made-up-"+strconv.Itoa(i), jose.RS256, other, f.claimsOf(nil)))
	}
	require.EqualValues(t, 2, f.keysAsked.Load(), "once more each time they may have changed")
	require.EqualValues(t, 1, f.asked.Load())
}

func TestANewKeyOfTheProviderIsFound(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, noStore{})
	now := time.Now()
	a.provider.now = func() time.Time { return now }
	require.Equal(t, http.StatusOK, call(a, withBearer(sign(t, jose.RS256, f.key, f.claimsOf(nil)))).Code)

	f.kid.Store("two")
	token := signAs(t, "two", jose.RS256, f.key, f.claimsOf(nil))
	require.Equal(t, http.StatusUnauthorized, call(a, withBearer(token)).Code)
	now = now.Add(refreshAfter)
	require.Equal(t, http.StatusOK, call(a, withBearer(token)).Code)
	require.EqualValues(t, 2, f.keysAsked.Load())
}

// A login is one on its way through the fake.
type login struct {
	state, nonce, challenge string
	cookie                  *http.Cookie
}

// beginLogin opens the login in a new browser, or in the one with those cookies.
func beginLogin(t *testing.T, a *Auth, cookies ...*http.Cookie) login {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, loginPath, nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	a.login(w, r)
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	to, err := url.Parse(w.Header().Get("Location"))
	require.NoError(t, err)
	q := to.Query()
	require.Equal(t, "code", q.Get("response_type"))
	require.Equal(t, "S256", q.Get("code_challenge_method"))
	require.Equal(t, "http://koko.example/auth/callback", q.Get("redirect_uri"))
	return login{q.Get("state"), q.Get("nonce"), q.Get("code_challenge"), w.Result().Cookies()[0]}
}

func (l login) finish(a *Auth) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, callbackPath+"?code=c&state="+l.state, nil)
	r.AddCookie(l.cookie)
	w := httptest.NewRecorder()
	a.callback(w, r)
	return w
}

// idToken answers the token endpoint with these claims.
func (f *fakeProvider) idToken(t *testing.T, l login, change map[string]any) {
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if id != "koko-web" || secret != "geheim" || oauth2.S256ChallengeFromVerifier(r.FormValue("code_verifier")) != l.challenge {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		claims := f.claimsOf(map[string]any{"aud": "koko-web", "nonce": l.nonce})
		maps.Copy(claims, change)
		writeJSON(w, map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": sign(t, jose.RS256, f.key, claims)})
	}
}

func TestAnIDTokenIsHeldAgainstTheLogin(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, memstore.New())
	for name, tc := range map[string]struct {
		change map[string]any
		status int
	}{
		"a good one":           {nil, http.StatusSeeOther},
		"of another login":     {map[string]any{"nonce": "other"}, http.StatusBadGateway},
		"without a nonce":      {map[string]any{"nonce": nil}, http.StatusBadGateway},
		"for another client":   {map[string]any{"aud": "koko-api"}, http.StatusBadGateway},
		"of another issuer":    {map[string]any{"iss": "https://evil.example"}, http.StatusBadGateway},
		"expired":              {map[string]any{"exp": 1}, http.StatusBadGateway},
		"of nobody":            {map[string]any{"sub": ""}, http.StatusBadGateway},
		"with another at_hash": {map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, http.StatusBadGateway},
	} {
		t.Run(name, func(t *testing.T) {
			l := beginLogin(t, a)
			f.idToken(t, l, tc.change)
			require.Equal(t, tc.status, l.finish(a).Code)
		})
	}
}

func TestATokenAnswerWithoutAnIDTokenIsNoLogin(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, memstore.New())
	l := beginLogin(t, a)
	f.answer = func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]any{"access_token": "at", "token_type": "Bearer"})
	}
	require.Equal(t, http.StatusBadGateway, l.finish(a).Code)
}

func TestAnUnreachableTokenEndpointIsNoVerdict(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, memstore.New())
	l := beginLogin(t, a)
	f.answer = func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	require.Equal(t, http.StatusServiceUnavailable, l.finish(a).Code)
}

func TestTheNameComesFromUserinfoIfNeedBe(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		userinfo map[string]any
		want     string
	}{
		"it knows":                {map[string]any{"sub": "s-1", "name": "Berta"}, "s-1 Berta"},
		"it answers for another":  {map[string]any{"sub": "s-2", "name": "Berta"}, "s-1 "},
		"it does not know either": {map[string]any{"sub": "s-1"}, "s-1 "},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeProvider(t)
			f.userinfo = tc.userinfo
			a := newAuth(t, f, memstore.New())
			l := beginLogin(t, a)
			f.idToken(t, l, map[string]any{"name": nil})
			w := l.finish(a)
			require.Equal(t, http.StatusSeeOther, w.Code)
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.AddCookie(w.Result().Cookies()[0])
			require.Equal(t, tc.want, call(a, r).Body.String())
		})
	}
}

func TestALoginExpires(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, memstore.New())
	first := beginLogin(t, a)
	f.idToken(t, first, nil)
	session := first.finish(a).Result().Cookies()[0]
	for name, l := range map[string]login{"of nobody": beginLogin(t, a), "in a session": beginLogin(t, a, session)} {
		f.idToken(t, l, nil)
		a.now = func() time.Time { return time.Now().Add(attemptLifetime) }
		w := l.finish(a)
		require.Equal(t, http.StatusBadRequest, w.Code, name)
		require.Equal(t, "login_expired", w.Header().Get("X-Rule"), name)
	}
}

func TestNobodysSessionIsNotKeptForLong(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, memstore.New())
	deadline := func(cookie *http.Cookie) time.Time {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(cookie)
		ctx, err := a.load(r)
		require.NoError(t, err)
		return a.sessions.Deadline(ctx)
	}
	l := beginLogin(t, a)
	require.WithinDuration(t, time.Now().Add(attemptLifetime), deadline(l.cookie), time.Minute)
	f.idToken(t, l, nil)
	session := l.finish(a).Result().Cookies()[0]
	require.WithinDuration(t, time.Now().Add(a.options.Lifetime), deadline(session), time.Minute)
	again := beginLogin(t, a, session)
	require.WithinDuration(t, time.Now().Add(a.options.Lifetime), deadline(again.cookie), time.Minute)
}

func TestABrowserHasFewLoginsOnTheirWay(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, memstore.New())
	first := beginLogin(t, a)
	last := first
	for range maxAttempts {
		last = beginLogin(t, a, first.cookie)
	}
	f.idToken(t, first, nil)
	require.Equal(t, http.StatusBadRequest, first.finish(a).Code, "the oldest was forgotten")
	f.idToken(t, last, nil)
	require.Equal(t, http.StatusSeeOther, last.finish(a).Code)
}

func TestASessionEndsHoweverActive(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, memstore.New())
	l := beginLogin(t, a)
	f.idToken(t, l, nil)
	cookie := l.finish(a).Result().Cookies()[0]
	ask := func() string {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(cookie)
		return call(a, r).Body.String()
	}
	require.Equal(t, "s-1 Anna", ask())
	// The store still has it: only the session itself knows how old it may become.
	a.now = func() time.Time { return time.Now().Add(a.options.Lifetime) }
	require.Equal(t, " ", ask())
}

func TestALogoutWithoutAProvidersLogoutEndsHere(t *testing.T) {
	t.Parallel()
	f := newFakeProvider(t)
	a := newAuth(t, f, memstore.New())
	l := beginLogin(t, a)
	f.idToken(t, l, nil)
	r := httptest.NewRequest(http.MethodPost, logoutPath, nil)
	r.AddCookie(l.finish(a).Result().Cookies()[0])
	w := httptest.NewRecorder()
	a.logout(w, r)
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "/", w.Header().Get("Location"))
}

func TestASecretIsSentTheWayTheProviderTakesIt(t *testing.T) {
	t.Parallel()
	require.Equal(t, oauth2.AuthStyleInHeader, authStyle("s", nil))
	require.Equal(t, oauth2.AuthStyleInHeader, authStyle("s", []string{"client_secret_basic", "client_secret_post"}))
	require.Equal(t, oauth2.AuthStyleInParams, authStyle("s", []string{"client_secret_post"}))
	require.Equal(t, oauth2.AuthStyleInParams, authStyle("", []string{"client_secret_basic"}))
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	good := Options{
		Issuer: "https://id.example", ClientID: "koko", Audience: "koko", PublicURL: "https://koko.example",
		Sessions: memstore.New(),
		Problem:  func(http.ResponseWriter, *http.Request, int, string, string, string) {},
	}
	_, err := New(good)
	require.NoError(t, err)
	for want, change := range map[string]func(*Options){
		"issuer is missing":     func(o *Options) { o.Issuer = "" },
		"client id is missing":  func(o *Options) { o.ClientID = "" },
		"audience is missing":   func(o *Options) { o.Audience = "" },
		"public URL is missing": func(o *Options) { o.PublicURL = "" },
		"session store":         func(o *Options) { o.Sessions = nil },
		"not an http(s) URL":    func(o *Options) { o.Issuer = "id.example" },
		"address of a server":   func(o *Options) { o.PublicURL = "https://koko.example/app" },
	} {
		o := good
		change(&o)
		_, err := New(o)
		require.ErrorContains(t, err, want)
	}
}
