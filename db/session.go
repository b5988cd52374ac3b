package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// SessionStore keeps the sessions of browsers, for the session manager of the login. Unlike
// the manager's own store for PostgreSQL it ends with the request that asked, starts no
// goroutine, and moves the expiry on without writing the data back.
type SessionStore struct {
	q    *Queries
	idle time.Duration
}

// NewSessionStore returns a store in which a session ends when it was not found for idle.
func NewSessionStore(pool *pgxpool.Pool, idle time.Duration) *SessionStore {
	return &SessionStore{q: On(pool), idle: idle}
}

// FindCtx returns the data of a session, false if there is none or it has expired.
func (s *SessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	data, err := s.q.FindSession(ctx, FindSessionParams{Token: token, IdleSeconds: s.idle.Seconds()})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("find session: %w", err)
	}
	return data, true, nil
}

// CommitCtx saves a session.
func (s *SessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	if err := s.q.SaveSession(ctx, SaveSessionParams{Token: token, Data: data, Expiry: expiry}); err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	return nil
}

// DeleteCtx ends a session, if it exists.
func (s *SessionStore) DeleteCtx(ctx context.Context, token string) error {
	if err := s.q.DeleteSession(ctx, token); err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}

// DeleteExpired removes what nobody can find any more and returns how many sessions that were.
func (s *SessionStore) DeleteExpired(ctx context.Context) (int64, error) {
	n, err := s.q.DeleteExpiredSessions(ctx)
	if err != nil {
		return 0, fmt.Errorf("delete expired sessions: %w", err)
	}
	return n, nil
}

// The session manager's interface has these too, and calls them for stores that know no context.

// Find is FindCtx without a request.
func (s *SessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a request.
func (s *SessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a request.
func (s *SessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
