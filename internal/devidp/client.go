package devidp

import (
	"net/url"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// client is the one client of the provider: KoKo's API, which logs browsers in. It has no
// secret; PKCE, which the provider demands of such a client, takes its place.
type client struct {
	loginURL  string
	redirects []string
	loggedOut []string
}

var _ op.Client = (*client)(nil)

// newClient returns the client for those redirect URIs. After a logout the browser may be
// sent to the start page of each of their origins.
func newClient(issuer string, redirects []string) (*client, error) {
	c := &client{loginURL: issuer + loginPath, redirects: redirects}
	for _, redirect := range redirects {
		u, err := url.Parse(redirect)
		if err != nil {
			return nil, err
		}
		c.loggedOut = append(c.loggedOut, u.Scheme+"://"+u.Host+"/")
	}
	return c, nil
}

func (c *client) GetID() string                       { return ClientID }
func (c *client) RedirectURIs() []string              { return c.redirects }
func (c *client) PostLogoutRedirectURIs() []string    { return c.loggedOut }
func (c *client) ApplicationType() op.ApplicationType { return op.ApplicationTypeWeb }
func (c *client) AuthMethod() oidc.AuthMethod         { return oidc.AuthMethodNone }
func (c *client) ResponseTypes() []oidc.ResponseType {
	return []oidc.ResponseType{oidc.ResponseTypeCode}
}
func (c *client) GrantTypes() []oidc.GrantType        { return []oidc.GrantType{oidc.GrantTypeCode} }
func (c *client) LoginURL(id string) string           { return c.loginURL + "?id=" + url.QueryEscape(id) }
func (c *client) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }
func (c *client) IDTokenLifetime() time.Duration      { return tokenLifetime }
func (c *client) DevMode() bool                       { return false }
func (c *client) IsScopeAllowed(string) bool          { return false }
func (c *client) IDTokenUserinfoClaimsAssertion() bool {
	return false // names come from the userinfo endpoint, so that a logout's id_token_hint holds none
}
func (c *client) ClockSkew() time.Duration { return 0 }

func (c *client) RestrictAdditionalIdTokenScopes() func([]string) []string     { return keep }
func (c *client) RestrictAdditionalAccessTokenScopes() func([]string) []string { return keep }

func keep(scopes []string) []string { return scopes }
