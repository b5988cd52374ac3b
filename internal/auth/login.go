package auth

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	loginPath    = "/auth/login"
	callbackPath = "/auth/callback"
	logoutPath   = "/auth/logout"
)

// login sends the browser to the provider.
func (a *Auth) login(w http.ResponseWriter, r *http.Request) {
	party, err := a.provider.get(r.Context())
	if err != nil {
		a.failPage(w, r, err)
		return
	}
	ctx, err := a.load(r)
	if err != nil {
		a.failPage(w, r, err)
		return
	}
	next := attempt{
		State:    rand.Text(),
		Nonce:    rand.Text(),
		Verifier: oauth2.GenerateVerifier(),
		ReturnTo: localPath(r.URL.Query().Get("return_to")),
		Expires:  a.now().Add(attemptLifetime),
	}
	if err := a.begin(ctx, w, next); err != nil {
		a.failPage(w, r, err)
		return
	}
	redirect(w, r, party.oauth.AuthCodeURL(next.State, oidc.Nonce(next.Nonce), oauth2.S256ChallengeOption(next.Verifier)))
}

// callback takes the provider's answer and begins the session.
func (a *Auth) callback(w http.ResponseWriter, r *http.Request) {
	ctx, err := a.load(r)
	if err != nil {
		a.failPage(w, r, err)
		return
	}
	at, err := a.redeem(ctx, r.URL.Query().Get("state"))
	if err != nil {
		a.failPage(w, r, err)
		return
	}
	id, raw, err := a.answer(r, at)
	if err != nil {
		a.failPage(w, r, err)
		return
	}
	if err := a.establish(ctx, w, id, raw); err != nil {
		a.failPage(w, r, err)
		return
	}
	a.options.Log.InfoContext(ctx, "logged in", "subject", id.Subject)
	redirect(w, r, at.ReturnTo)
}

// answer reads the provider's answer to an attempt.
func (a *Auth) answer(r *http.Request, at attempt) (Identity, string, error) {
	query := r.URL.Query()
	// RFC 9207: the answer of another provider would have its own name on it.
	if iss := query.Get("iss"); iss != "" && iss != a.options.Issuer {
		return Identity{}, "", errors.New("the answer is from another provider")
	}
	switch code := query.Get("error"); code {
	case "":
	case "access_denied":
		return Identity{}, "", errDenied
	case "temporarily_unavailable", "server_error":
		return Identity{}, "", errUnavailable
	default:
		return Identity{}, "", errors.New("the provider refused the login")
	}
	party, err := a.provider.get(r.Context())
	if err != nil {
		return Identity{}, "", err
	}
	return party.exchange(r.Context(), query.Get("code"), at)
}

// logout ends the session here, and at the provider if it offers that.
func (a *Auth) logout(w http.ResponseWriter, r *http.Request) {
	if err := a.origins.Check(r); err != nil {
		a.fail(w, r, errCrossSite)
		return
	}
	ctx, err := a.load(r)
	if err != nil {
		a.failPage(w, r, err)
		return
	}
	target := "/"
	if _, known := a.identity(ctx); known {
		target = a.endSession(r, a.sessions.GetString(ctx, keyIDToken))
	}
	if err := a.end(ctx, w); err != nil {
		a.failPage(w, r, err)
		return
	}
	redirect(w, r, target)
}

// endSession returns where the provider ends its own session and sends the browser back
// from; the start page if it cannot.
func (a *Auth) endSession(r *http.Request, idToken string) string {
	party, err := a.provider.get(r.Context())
	if err != nil || party.endSession == "" {
		return "/"
	}
	u, err := url.Parse(party.endSession)
	if err != nil {
		return "/"
	}
	query := u.Query()
	query.Set("id_token_hint", idToken)
	query.Set("client_id", a.options.ClientID)
	query.Set("post_logout_redirect_uri", a.home)
	u.RawQuery = query.Encode()
	return u.String()
}

// localPath returns target if it is a path of this server, and the start page otherwise: a
// login must not be a way to send people elsewhere.
func localPath(target string) string {
	// Browsers drop control characters and take a backslash for a slash.
	odd := func(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f }
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.ContainsFunc(target, odd) {
		return "/"
	}
	return target
}

// redirect sends the browser on. What led here carries codes: it is not to be cached.
func redirect(w http.ResponseWriter, r *http.Request, target string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, target, http.StatusSeeOther)
}
