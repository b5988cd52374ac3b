package auth

import (
	"net/http"
	"strings"
)

// Middleware puts the caller's identity into the request's context. A request without
// credentials passes through anonymously: what needs a login is the handlers' business. One
// with wrong credentials is refused. A bearer token takes precedence and never falls back to
// the cookie; a cookie only counts for requests that this site made itself.
func (a *Auth) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := a.identify(r)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		if id.Subject != "" {
			r = r.WithContext(With(r.Context(), id))
		}
		next.ServeHTTP(w, r)
	})
}

// identify returns the caller, the zero Identity if the request has no credentials.
func (a *Auth) identify(r *http.Request) (Identity, error) {
	if token, ok := bearerToken(r); ok {
		party, err := a.provider.get(r.Context())
		if err != nil {
			return Identity{}, err
		}
		return party.bearer(r.Context(), token)
	}
	if _, err := r.Cookie(a.sessions.Cookie.Name); err != nil {
		return Identity{}, nil // nothing to look up
	}
	if err := a.origins.Check(r); err != nil {
		return Identity{}, errCrossSite
	}
	ctx, err := a.load(r)
	if err != nil {
		return Identity{}, err
	}
	id, _ := a.identity(ctx)
	return id, nil
}

// bearerToken returns the token of the Authorization header; false if there is none. A
// request with several such headers is wrong in itself, as is any that the caller cannot mean.
func bearerToken(r *http.Request) (token string, ok bool) {
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return "", false
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	if len(headers) > 1 {
		return "", true
	}
	return strings.TrimSpace(token), true
}
