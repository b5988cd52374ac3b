// Package devidp is the OpenID provider of the embedded default: a real one, with the demo
// users, in the same process and on the same listener as the API, so that logging in takes
// no path that exists in development only. It is not for production.
package devidp

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/text/language"

	"koko/internal/demo"
)

// ClientID is the id of the provider's only client and Audience what its access tokens are
// for; both are the API.
const (
	ClientID = "koko"
	Audience = "koko"
)

const (
	loginPath       = "/login"
	tokenLifetime   = 15 * time.Minute
	requestLifetime = 10 * time.Minute
)

// Options say what the provider serves.
type Options struct {
	Issuer       string      // where the provider is reached: https, or http on a loopback address
	KeyFile      string      // where the signing key is kept; written if there is none
	Users        []demo.User // who can log in, with demo.Password
	RedirectURIs []string    // where a login may lead back to
	Log          *slog.Logger
}

// A Provider is an OpenID provider. It keeps logins on their way in memory.
type Provider struct {
	op      *op.Provider
	storage *storage
	issuer  *url.URL
	log     *slog.Logger
	handler http.Handler
}

// New returns a provider for those options.
func New(o Options) (*Provider, error) {
	issuer, err := parseIssuer(o.Issuer)
	if err != nil {
		return nil, err
	}
	if len(o.RedirectURIs) == 0 || len(o.Users) == 0 {
		return nil, errors.New("embedded provider: a redirect URI and a user are needed")
	}
	key, err := loadOrCreateKey(o.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("embedded provider: %w", err)
	}
	client, err := newClient(o.Issuer, o.RedirectURIs)
	if err != nil {
		return nil, fmt.Errorf("embedded provider: redirect URI: %w", err)
	}
	p := &Provider{
		issuer: issuer,
		log:    o.Log,
		storage: &storage{
			key: key, client: client, users: o.Users, now: time.Now,
			requests: map[string]request{}, codes: map[string]string{},
		},
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.op, err = newOP(o.Issuer, p.storage); err != nil {
		return nil, fmt.Errorf("embedded provider: %w", err)
	}
	p.handler = p.routes()
	return p, nil
}

// Handler serves everything below the path of the issuer; it expects the whole path.
func (p *Provider) Handler() http.Handler { return p.handler }

// parseIssuer refuses an issuer that would carry passwords over a network in the clear.
func parseIssuer(issuer string) (*url.URL, error) {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, fmt.Errorf("embedded provider: issuer: %w", err)
	}
	loopback := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return nil, fmt.Errorf("embedded provider: issuer %s must be https, or http on a loopback address", issuer)
	}
	return u, nil
}

func newOP(issuer string, s *storage) (*op.Provider, error) {
	// The crypto key only seals codes, which do not outlive the process either.
	config := &op.Config{
		CodeMethodS256:           true,
		DefaultLogoutRedirectURI: s.client.loggedOut[0],
		SupportedUILocales:       []language.Tag{language.German, language.English},
		SupportedScopes:          []string{"openid", "profile"},
	}
	if _, err := rand.Read(config.CryptoKey[:]); err != nil {
		return nil, err
	}
	return op.NewProvider(config, s, op.StaticIssuer(issuer),
		op.WithAllowInsecure(),  // parseIssuer has decided
		op.WithCORSOptions(nil)) // no other origin has any business here
}

func (p *Provider) routes() http.Handler {
	sameOrigin := http.NewCrossOriginProtection()
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+loginPath, p.showLogin)
	mux.Handle("POST "+loginPath, sameOrigin.Handler(http.HandlerFunc(p.checkLogin)))
	mux.Handle("/", p.op)
	return http.StripPrefix(p.issuer.Path, mux)
}
