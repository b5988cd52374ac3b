package auth

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

var (
	errUnavailable = errors.New("the login provider does not answer")
	errToken       = errors.New("the access token is refused")
)

// retryAfter is how long a failed discovery counts before the provider is asked again.
const retryAfter = 2 * time.Second

// algorithms are the signatures a token may have: none and the shared-secret ones are not
// among them, whatever the provider announces.
var algorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512,
	oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// provider finds the OpenID provider when it is first needed, and tries again later if it
// was not to be found.
type provider struct {
	options  Options
	redirect string
	now      func() time.Time
	found    atomic.Pointer[party]

	turn    chan struct{} // holds one: whoever takes it may discover; guards what follows
	retryAt time.Time
	failure error
}

func newProvider(o Options, redirect string) *provider {
	return &provider{options: o, redirect: redirect, now: time.Now, turn: make(chan struct{}, 1)}
}

// get returns the provider, or errUnavailable in the chain.
func (p *provider) get(ctx context.Context) (*party, error) {
	if found := p.found.Load(); found != nil {
		return found, nil
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", errUnavailable, ctx.Err())
	}
	if found := p.found.Load(); found != nil {
		return found, nil
	}
	if p.now().Before(p.retryAt) {
		return nil, p.failure
	}
	// The first caller asks for all: that he hangs up must not fail the others.
	found, err := p.discover(context.WithoutCancel(ctx))
	if err != nil {
		p.failure = fmt.Errorf("%w: %w", errUnavailable, err)
		p.retryAt = p.now().Add(retryAfter)
		p.options.Log.WarnContext(ctx, "login provider not found", "issuer", p.options.Issuer, "error", err)
		return nil, p.failure
	}
	p.found.Store(found)
	return found, nil
}

// metadata is the part of the provider's document that go-oidc reads but does not hand out.
type metadata struct {
	KeysURL     string   `json:"jwks_uri"`
	EndSession  string   `json:"end_session_endpoint"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
}

func (p *provider) discover(ctx context.Context) (*party, error) {
	ctx = oidc.ClientContext(ctx, p.options.HTTPClient)
	// The document may lie elsewhere; the issuer that it names must be the one we trust.
	from := cmp.Or(p.options.Discovery, p.options.Issuer)
	op, err := oidc.NewProvider(oidc.InsecureIssuerURLContext(ctx, p.options.Issuer), from)
	if err != nil {
		return nil, err
	}
	var m metadata
	if err := op.Claims(&m); err != nil {
		return nil, fmt.Errorf("read provider's metadata: %w", err)
	}
	forKeys := *p.options.HTTPClient
	forKeys.Transport = &sparing{next: cmp.Or(forKeys.Transport, http.DefaultTransport), now: func() time.Time { return p.now() }}
	endpoint := op.Endpoint()
	endpoint.AuthStyle = authStyle(p.options.ClientSecret, m.AuthMethods)
	return &party{
		op:         op,
		client:     p.options.HTTPClient,
		issuer:     p.options.Issuer,
		audience:   p.options.Audience,
		endSession: m.EndSession,
		keys:       oidc.NewRemoteKeySet(oidc.ClientContext(ctx, &forKeys), m.KeysURL),
		oauth: &oauth2.Config{
			ClientID:     p.options.ClientID,
			ClientSecret: p.options.ClientSecret,
			Endpoint:     endpoint,
			RedirectURL:  p.redirect,
			Scopes:       []string{oidc.ScopeOpenID, oidc.ScopeProfile},
		},
	}, nil
}

// authStyle settles how the client names itself to the token endpoint. To find out by trying
// would spend the code, which is good for one attempt.
func authStyle(secret string, methods []string) oauth2.AuthStyle {
	basic := len(methods) == 0 || slices.Contains(methods, "client_secret_basic")
	if secret != "" && basic {
		return oauth2.AuthStyleInHeader
	}
	return oauth2.AuthStyleInParams
}

// party is the provider, found.
type party struct {
	op         *oidc.Provider
	client     *http.Client
	oauth      *oauth2.Config
	issuer     string
	audience   string
	endSession string // empty if the provider knows no logout
	keys       oidc.KeySet
}

// exchange redeems the code of a login and returns whom it was for, with the raw ID token.
func (p *party) exchange(ctx context.Context, code string, a attempt) (Identity, string, error) {
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.oauth.Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Identity{}, "", exchangeError(err)
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return Identity{}, "", errors.New("the provider sent no ID token")
	}
	id, c, err := p.verify(ctx, raw, p.oauth.ClientID)
	if err != nil {
		return Identity{}, "", err
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(a.Nonce)) != 1 {
		return Identity{}, "", errors.New("the ID token is for another login")
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return Identity{}, "", fmt.Errorf("verify access token: %w", err)
		}
	}
	if c.name() == "" {
		c = p.profile(ctx, token, id.Subject)
	}
	return Identity{Subject: id.Subject, Name: c.name()}, raw, nil
}

// exchangeError tells a provider that refuses from one that cannot be reached. What it
// refused with is cut down to its code: a whole answer has no place in a log.
func exchangeError(err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return fmt.Errorf("exchange code: status %d %q", refused.Response.StatusCode, refused.ErrorCode)
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%w: exchange code: %w", errUnavailable, err)
	}
	return fmt.Errorf("exchange code: %w", err)
}

// profile asks the provider for the name: many keep it out of ID tokens. Somebody whose
// name cannot be learned is shown without one.
func (p *party) profile(ctx context.Context, token *oauth2.Token, subject string) (c claims) {
	if p.op.UserInfoEndpoint() == "" {
		return claims{}
	}
	info, err := p.op.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != subject || info.Claims(&c) != nil {
		return claims{}
	}
	return c
}

// bearer returns whom the access token is for.
func (p *party) bearer(ctx context.Context, raw string) (Identity, error) {
	token, c, err := p.verify(ctx, raw, p.audience)
	if errors.Is(err, errUnavailable) {
		return Identity{}, err
	}
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", errToken, err)
	}
	// An ID token says that somebody logged in somewhere; it grants nothing. Where client
	// and audience have one name, only these claims tell the two apart.
	if token.Nonce != "" || token.AccessTokenHash != "" {
		return Identity{}, fmt.Errorf("%w: it is an ID token", errToken)
	}
	return Identity{Subject: token.Subject, Name: c.name()}, nil
}

// verify checks signature, issuer, audience and expiry of a token.
func (p *party) verify(ctx context.Context, raw, audience string) (*oidc.IDToken, claims, error) {
	// What is not for us, or has expired, is refused before the provider is asked for anything because of it.
	unsigned := oidc.NewVerifier(p.issuer, nil, &oidc.Config{
		ClientID: audience, SupportedSigningAlgs: algorithms, InsecureSkipSignatureCheck: true,
	})
	if _, err := unsigned.Verify(ctx, raw); err != nil {
		return nil, claims{}, fmt.Errorf("verify token: %w", err)
	}
	keys := &watchedKeys{KeySet: p.keys}
	verifier := oidc.NewVerifier(p.issuer, keys, &oidc.Config{ClientID: audience, SupportedSigningAlgs: algorithms})
	token, err := verifier.Verify(ctx, raw)
	if keys.unavailable {
		return nil, claims{}, fmt.Errorf("%w: %w", errUnavailable, err)
	}
	if err != nil {
		return nil, claims{}, fmt.Errorf("verify token: %w", err)
	}
	if token.Subject == "" {
		return nil, claims{}, errors.New("the token names nobody")
	}
	var c claims
	if err := token.Claims(&c); err != nil {
		return nil, claims{}, fmt.Errorf("read token: %w", err)
	}
	return token, c, nil
}

// claims are those beyond the standard ones of a token.
type claims struct {
	Name     string `json:"name"`
	Username string `json:"preferred_username"`
}

func (c claims) name() string { return cmp.Or(c.Name, c.Username) }

// watchedKeys remembers whether a verification failed for want of the keys, which is no fault
// of the token. The verifier flattens the error into text, hence the prefix.
type watchedKeys struct {
	oidc.KeySet
	unavailable bool
}

func (k *watchedKeys) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.KeySet.VerifySignature(ctx, jwt)
	k.unavailable = err != nil && strings.HasPrefix(err.Error(), "fetching keys")
	return payload, err
}
