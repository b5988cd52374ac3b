package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
)

const (
	attemptLifetime = 10 * time.Minute
	maxAttempts     = 5 // tabs in which somebody may be logging in at a time
)

// The keys of a session's values.
const (
	keySubject  = "subject"
	keyName     = "name"
	keyIDToken  = "id_token" // for the logout at the provider
	keyAttempts = "attempts"
)

var errSessions = errors.New("the sessions cannot be reached")

// An attempt is a login on its way: what the provider's answer is held against.
type attempt struct {
	State, Nonce, Verifier, ReturnTo string
	Expires                          time.Time
}

func newSessions(o Options, origin string) *scs.SessionManager {
	m := scs.New()
	m.Store = o.Sessions
	m.Lifetime = o.Lifetime
	m.IdleTimeout = o.Idle
	m.HashTokenInStore = true // who reads the database cannot become somebody
	m.Cookie.Name = "koko"
	m.Cookie.Persist = false // gone with the browser; the expiry is kept by the store
	m.Cookie.SameSite = http.SameSiteLaxMode
	if strings.HasPrefix(origin, "https:") {
		m.Cookie.Name = "__Host-koko" // no subdomain can plant one
		m.Cookie.Secure = true
	}
	return m
}

// load returns a context with the session of the request, an empty one if it has none. The
// session manager's own middleware is not used: it writes at every request of a session with
// an idle limit, and a late write would bring a session back that was just logged out.
func (a *Auth) load(r *http.Request) (context.Context, error) {
	token := ""
	if cookie, err := r.Cookie(a.sessions.Cookie.Name); err == nil {
		token = cookie.Value
	}
	ctx, err := a.sessions.Load(r.Context(), token)
	if err == nil && !a.now().Before(a.sessions.Deadline(ctx)) {
		ctx, err = a.sessions.Load(r.Context(), "") // the store only knows of idleness
	}
	if err != nil {
		return nil, fmt.Errorf("%w: load: %w", errSessions, err)
	}
	return ctx, nil
}

// save keeps the session and gives the browser its cookie.
func (a *Auth) save(ctx context.Context, w http.ResponseWriter) error {
	token, expiry, err := a.sessions.Commit(ctx)
	if err != nil {
		return fmt.Errorf("%w: save: %w", errSessions, err)
	}
	a.sessions.WriteSessionCookie(ctx, w, token, expiry)
	return nil
}

// establish makes the session that of id, under a new token: whoever planted the old one in
// this browser is left with nothing.
func (a *Auth) establish(ctx context.Context, w http.ResponseWriter, id Identity, idToken string) error {
	if err := a.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("%w: renew: %w", errSessions, err)
	}
	a.sessions.Put(ctx, keySubject, id.Subject)
	a.sessions.Put(ctx, keyName, id.Name)
	a.sessions.Put(ctx, keyIDToken, idToken)
	return a.save(ctx, w)
}

// end forgets the session and has the browser drop its cookie.
func (a *Auth) end(ctx context.Context, w http.ResponseWriter) error {
	if err := a.sessions.Destroy(ctx); err != nil {
		return fmt.Errorf("%w: end: %w", errSessions, err)
	}
	a.sessions.WriteSessionCookie(ctx, w, "", time.Time{})
	return nil
}

// identity returns whom the session is of.
func (a *Auth) identity(ctx context.Context) (Identity, bool) {
	id := Identity{Subject: a.sessions.GetString(ctx, keySubject), Name: a.sessions.GetString(ctx, keyName)}
	return id, id.Subject != ""
}

// begin adds an attempt to the session. A visitor who has not logged in is not kept for long.
func (a *Auth) begin(ctx context.Context, w http.ResponseWriter, next attempt) error {
	attempts, err := a.attempts(ctx)
	if err != nil {
		return err
	}
	attempts = append(attempts, next)
	if err := a.putAttempts(ctx, attempts[max(0, len(attempts)-maxAttempts):]); err != nil {
		return err
	}
	if _, known := a.identity(ctx); !known {
		a.sessions.SetDeadline(ctx, next.Expires)
	}
	return a.save(ctx, w)
}

// redeem takes the attempt with that state out of the session, for good: whatever becomes of
// it, a replay must not find the state again.
func (a *Auth) redeem(ctx context.Context, state string) (attempt, error) {
	attempts, err := a.attempts(ctx)
	if err != nil {
		return attempt{}, err
	}
	i := slices.IndexFunc(attempts, func(at attempt) bool { return at.State == state })
	if i < 0 {
		return attempt{}, errExpired
	}
	found := attempts[i]
	if err := a.putAttempts(ctx, slices.Delete(attempts, i, i+1)); err != nil {
		return attempt{}, err
	}
	if _, _, err := a.sessions.Commit(ctx); err != nil {
		return attempt{}, fmt.Errorf("%w: redeem: %w", errSessions, err)
	}
	return found, nil
}

// attempts returns those of the session that have not expired.
func (a *Auth) attempts(ctx context.Context) ([]attempt, error) {
	data := a.sessions.GetBytes(ctx, keyAttempts)
	if len(data) == 0 {
		return nil, nil
	}
	var attempts []attempt
	if err := json.Unmarshal(data, &attempts); err != nil {
		return nil, fmt.Errorf("%w: attempts: %w", errSessions, err)
	}
	return slices.DeleteFunc(attempts, func(at attempt) bool { return !a.now().Before(at.Expires) }), nil
}

func (a *Auth) putAttempts(ctx context.Context, attempts []attempt) error {
	data, err := json.Marshal(attempts)
	if err != nil {
		return fmt.Errorf("%w: attempts: %w", errSessions, err)
	}
	a.sessions.Put(ctx, keyAttempts, data)
	return nil
}
