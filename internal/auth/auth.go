// Package auth says who is calling: a browser by the session that an OpenID Connect login
// began, another client by a bearer token of the same provider. It never says what they may do.
package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"
)

// An Identity is a person whom the provider has vouched for. Only the Subject may be
// recorded; the Name is for showing.
type Identity struct{ Subject, Name string }

type identityKey struct{}

// With returns a context in which id is calling.
func With(ctx context.Context, id Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, id)
}

// From returns the caller, false if nobody has logged in.
func From(ctx context.Context) (Identity, bool) {
	id, ok := ctx.Value(identityKey{}).(Identity)
	return id, ok
}

// Options say which provider to trust and where KoKo is reached.
type Options struct {
	Issuer       string
	Discovery    string // where the provider's document lies, if not at the issuer
	ClientID     string
	ClientSecret string // empty for a public client: PKCE is used with either
	Audience     string // what the API's access tokens must be for
	PublicURL    string // the origin that browsers use, such as https://koko.example

	// Sessions keeps the browsers' sessions. A store that moves the expiry on whenever it
	// finds a session makes Idle a limit on inactivity; with any other it is one on age.
	Sessions scs.Store
	Lifetime time.Duration // of a session, however active; 12 hours if zero
	Idle     time.Duration // 1 hour if zero

	HTTPClient *http.Client // to the provider; one with a timeout of 10 seconds if nil
	Log        *slog.Logger // nothing is logged if nil

	// Problem answers a request that is refused, in the API's format for errors.
	Problem func(w http.ResponseWriter, r *http.Request, status int, rule, detail, remedy string)
}

// Auth logs people in and recognises them afterwards.
type Auth struct {
	options  Options
	home     string // the start page, absolute
	provider *provider
	sessions *scs.SessionManager
	origins  *http.CrossOriginProtection
	now      func() time.Time
}

// New checks the options. It does not ask the provider for anything yet: the provider may
// come up later, and in the embedded default it waits for the same listener.
func New(o Options) (*Auth, error) {
	origin, err := checkOptions(&o)
	if err != nil {
		return nil, fmt.Errorf("login: %w", err)
	}
	a := &Auth{
		options:  o,
		home:     origin + "/",
		sessions: newSessions(o, origin),
		origins:  http.NewCrossOriginProtection(),
		now:      time.Now,
	}
	// A proxy may hand requests on under another host name.
	if err := a.origins.AddTrustedOrigin(origin); err != nil {
		return nil, fmt.Errorf("login: public URL: %w", err)
	}
	a.provider = newProvider(o, origin+callbackPath)
	return a, nil
}

// checkOptions fills in what was left out and returns the origin of the public URL.
func checkOptions(o *Options) (string, error) {
	for _, required := range []struct{ name, value string }{
		{"issuer", o.Issuer}, {"client id", o.ClientID}, {"audience", o.Audience}, {"public URL", o.PublicURL},
	} {
		if required.value == "" {
			return "", fmt.Errorf("the %s is missing", required.name)
		}
	}
	if o.Sessions == nil || o.Problem == nil {
		return "", errors.New("a session store and a way to answer problems are needed")
	}
	if u, err := url.Parse(o.Issuer); err != nil || !isHTTP(u) {
		return "", fmt.Errorf("the issuer %q is not an http(s) URL", o.Issuer)
	}
	u, err := url.Parse(o.PublicURL)
	if err != nil || !isHTTP(u) || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.User != nil {
		return "", fmt.Errorf("the public URL %q is not the address of a server, such as https://koko.example", o.PublicURL)
	}
	if o.Lifetime == 0 {
		o.Lifetime = 12 * time.Hour
	}
	if o.Idle == 0 {
		o.Idle = time.Hour
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{Timeout: 10 * time.Second}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return u.Scheme + "://" + u.Host, nil
}

func isHTTP(u *url.URL) bool { return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" }

// Register adds the routes of login and logout to mux.
func (a *Auth) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET "+loginPath, a.login)
	mux.HandleFunc("GET "+callbackPath, a.callback)
	mux.HandleFunc("POST "+logoutPath, a.logout)
}
