package devidp

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

func newStorage(now *time.Time) *storage {
	return &storage{
		now:      func() time.Time { return *now },
		requests: map[string]request{},
		codes:    map[string]string{},
	}
}

func start(t *testing.T, s *storage) string {
	t.Helper()
	r, err := s.CreateAuthRequest(t.Context(), &oidc.AuthRequest{CodeChallengeMethod: oidc.CodeChallengeMethodS256}, "")
	require.NoError(t, err)
	return r.GetID()
}

func TestALoginExpiresAtEveryStep(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := newStorage(&now)
	waiting, loggedIn := start(t, s), start(t, s)
	loggedIn, err := s.complete(loggedIn, "somebody")
	require.NoError(t, err)
	require.NoError(t, s.SaveAuthCode(t.Context(), loggedIn, "code"))

	now = now.Add(requestLifetime)
	_, err = s.complete(waiting, "somebody")
	require.ErrorIs(t, err, errUnknownRequest)
	_, err = s.AuthRequestByID(t.Context(), waiting)
	require.ErrorIs(t, err, errUnknownRequest)
	_, err = s.AuthRequestByCode(t.Context(), "code")
	require.ErrorIs(t, err, errUnknownRequest)
}

func TestStrangersCannotFillTheMemory(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := newStorage(&now)
	for i := range maxRequests {
		s.requests[strconv.Itoa(i)] = request{expires: now.Add(requestLifetime)}
	}
	_, err := s.CreateAuthRequest(t.Context(), &oidc.AuthRequest{CodeChallengeMethod: oidc.CodeChallengeMethodS256}, "")
	require.ErrorIs(t, err, errTooMany)

	now = now.Add(requestLifetime)
	start(t, s)
	require.Len(t, s.requests, 1)
}

func TestALoginHasOneCodeHoweverOftenItIsAskedFor(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := newStorage(&now)
	id, err := s.complete(start(t, s), "somebody")
	require.NoError(t, err)
	for i := range 100 {
		require.NoError(t, s.SaveAuthCode(t.Context(), id, strconv.Itoa(i)))
	}
	require.Len(t, s.codes, 1)
	_, err = s.AuthRequestByCode(t.Context(), "98")
	require.ErrorIs(t, err, errUnknownRequest)
	_, err = s.AuthRequestByCode(t.Context(), "99")
	require.NoError(t, err)
}
