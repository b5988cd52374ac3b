package auth

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"time"
)

// refreshAfter is how long the provider's keys are good for: whatever tokens come, they are asked for again no sooner. A
// key that the provider begins to sign with without having announced it is found after that time.
const refreshAfter = 10 * time.Second

// maxKeys bounds what is read of the provider's keys, in bytes.
const maxKeys = 1 << 20

// A sparing transport gives the same answer again for a time instead of asking. go-oidc asks for the keys whenever a token
// is signed with another one than it knows, and anybody can make up such tokens.
type sparing struct {
	next http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex // held while it asks: who comes meanwhile gets that answer
	until time.Time
	last  *http.Response
	body  []byte
	err   error
}

// RoundTrip answers, as the provider did last or as it does now.
func (s *sparing) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.now().Before(s.until) {
		s.ask(r)
	}
	if s.err != nil {
		return nil, s.err
	}
	again := *s.last
	again.Request, again.Header, again.Body = r, s.last.Header.Clone(), io.NopCloser(bytes.NewReader(s.body))
	return &again, nil
}

func (s *sparing) ask(r *http.Request) {
	s.last, s.err = s.next.RoundTrip(r)
	if s.err == nil {
		s.body, s.err = io.ReadAll(io.LimitReader(s.last.Body, maxKeys))
		_ = s.last.Body.Close()
	}
	wait := refreshAfter
	if s.err != nil || s.last.StatusCode != http.StatusOK {
		wait = retryAfter
	}
	s.until = s.now().Add(wait)
}
