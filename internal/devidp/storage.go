package devidp

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"koko/internal/demo"
)

var (
	errUnknownRequest = errors.New("the login request is unknown or has expired")
	errUnknownClient  = errors.New("unknown client")
	errTooMany        = errors.New("too many logins have been started")
	errNotOffered     = errors.New("not offered by this provider")
)

// maxRequests bounds what anonymous callers can make the provider remember.
const maxRequests = 10_000

// storage is what the provider remembers: in memory, since nothing but the signing key has to
// survive a restart.
type storage struct {
	key    signingKey
	client *client
	users  []demo.User
	now    func() time.Time

	mu       sync.Mutex
	requests map[string]request
	codes    map[string]string // code → id of the request
}

var _ op.Storage = (*storage)(nil)

// A request is a login on its way, from the client's redirect to the exchange of its code.
type request struct {
	*oidc.AuthRequest
	id      string
	expires time.Time
	subject string // empty until the person has logged in
	at      time.Time
}

var _ op.AuthRequest = request{}

func (r request) GetID() string          { return r.id }
func (r request) GetACR() string         { return "" }
func (r request) GetAMR() []string       { return []string{"pwd"} }
func (r request) GetAudience() []string  { return []string{Audience} }
func (r request) GetAuthTime() time.Time { return r.at }
func (r request) GetClientID() string    { return r.ClientID }
func (r request) GetNonce() string       { return r.Nonce }
func (r request) GetScopes() []string    { return r.Scopes }
func (r request) GetSubject() string     { return r.subject }
func (r request) Done() bool             { return r.subject != "" }

func (r request) GetCodeChallenge() *oidc.CodeChallenge {
	if r.CodeChallenge == "" {
		return nil
	}
	return &oidc.CodeChallenge{Challenge: r.CodeChallenge, Method: r.CodeChallengeMethod}
}

func (s *storage) CreateAuthRequest(_ context.Context, in *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if slices.Contains(in.Prompt, oidc.PromptNone) {
		return nil, oidc.ErrLoginRequired() // the provider keeps no session of its own
	}
	if in.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequest().WithDescription("PKCE with S256 is required")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetExpired()
	if len(s.requests) >= maxRequests {
		return nil, errTooMany
	}
	r := request{AuthRequest: in, id: uuid.NewString(), expires: s.now().Add(requestLifetime)}
	s.requests[r.id] = r
	return r, nil
}

func (s *storage) forgetExpired() {
	for id, r := range s.requests {
		if !s.now().Before(r.expires) {
			s.forget(id)
		}
	}
}

func (s *storage) forget(id string) {
	delete(s.requests, id)
	for code, of := range s.codes {
		if of == id {
			delete(s.codes, code)
		}
	}
}

// open returns the request with that id if it has not expired. The lock must be held.
func (s *storage) open(id string) (request, error) {
	r, ok := s.requests[id]
	if !ok || !s.now().Before(r.expires) {
		return request{}, errUnknownRequest
	}
	return r, nil
}

func (s *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open(id)
}

// complete marks the request as logged in by that subject and returns the id it goes on
// under. It is a new one: whoever lured somebody to the login page of his own request knows
// the old id, and must not be able to collect the code with it.
func (s *storage) complete(id, subject string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.open(id)
	if err != nil {
		return "", err
	}
	s.forget(id)
	r.id, r.subject, r.at = uuid.NewString(), subject, s.now()
	s.requests[r.id] = r
	return r.id, nil
}

func (s *storage) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.codes, func(_, of string) bool { return of == id }) // a login has one, however often it is asked for
	s.codes[code] = id
	return nil
}

// AuthRequestByCode gives a request out once: a code that was tried is spent.
func (s *storage) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.open(s.codes[code])
	s.forget(s.codes[code])
	return r, err
}

func (s *storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(id)
	return nil
}

func (s *storage) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	return uuid.NewString(), s.now().Add(tokenLifetime), nil
}

func (s *storage) SigningKey(context.Context) (op.SigningKey, error) { return s.key, nil }

func (s *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{algorithm}, nil
}

func (s *storage) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{publicKey{s.key.jwk.Public()}}, nil
}

func (s *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if id != ClientID {
		return nil, errUnknownClient
	}
	return s.client, nil
}

func (s *storage) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, _, subject, _ string) error {
	u, ok := s.user(subject)
	if !ok {
		return oidc.ErrAccessDenied()
	}
	info.Subject, info.Name, info.PreferredUsername = u.Subject, u.Name, u.Login
	return nil
}

// GetPrivateClaimsFromScopes puts the name into access tokens, as MintToken does.
func (s *storage) GetPrivateClaimsFromScopes(_ context.Context, subject, _ string, _ []string) (map[string]any, error) {
	u, ok := s.user(subject)
	if !ok {
		return nil, oidc.ErrAccessDenied()
	}
	return map[string]any{"name": u.Name}, nil
}

func (s *storage) user(subject string) (demo.User, bool) {
	i := slices.IndexFunc(s.users, func(u demo.User) bool { return u.Subject == subject })
	if i < 0 {
		return demo.User{}, false
	}
	return s.users[i], true
}

// TerminateSession has nothing to end: the provider asks for the password at every login.
func (s *storage) TerminateSession(context.Context, string, string) error { return nil }

func (s *storage) Health(context.Context) error { return nil }

// SetUserinfoFromScopes adds no name to ID tokens: see IDTokenUserinfoClaimsAssertion. Their
// subject is taken from here too.
func (s *storage) SetUserinfoFromScopes(_ context.Context, info *oidc.UserInfo, subject, _ string, _ []string) error {
	info.Subject = subject
	return nil
}

// What follows is the part of OAuth that the provider refuses: secrets, refresh tokens,
// introspection, revocation and JWT grants. Access tokens are short-lived instead.

func (s *storage) AuthorizeClientIDSecret(context.Context, string, string) error {
	return errUnknownClient
}

func (s *storage) CreateAccessAndRefreshTokens(context.Context, op.TokenRequest, string) (string, string, time.Time, error) {
	return "", "", time.Time{}, errNotOffered
}

func (s *storage) TokenRequestByRefreshToken(context.Context, string) (op.RefreshTokenRequest, error) {
	return nil, op.ErrInvalidRefreshToken
}

func (s *storage) GetRefreshTokenInfo(context.Context, string, string) (string, string, error) {
	return "", "", op.ErrInvalidRefreshToken
}

func (s *storage) RevokeToken(context.Context, string, string, string) *oidc.Error {
	return oidc.ErrInvalidRequest().WithDescription("tokens are not revoked, they expire")
}

func (s *storage) SetIntrospectionFromToken(context.Context, *oidc.IntrospectionResponse, string, string, string) error {
	return errNotOffered
}

func (s *storage) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errUnknownClient
}

func (s *storage) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errNotOffered
}
