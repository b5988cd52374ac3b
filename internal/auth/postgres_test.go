package auth_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const idle = time.Hour

// keepSession saves a session that expires so long from now.
func keepSession(t *testing.T, s *db.SessionStore, token string, in time.Duration) {
	t.Helper()
	require.NoError(t, s.CommitCtx(t.Context(), token, []byte("data"), time.Now().Add(in)))
}

// expiresIn returns for how much longer PostgreSQL keeps the session.
func expiresIn(t *testing.T, pool *pgxpool.Pool, token string) time.Duration {
	t.Helper()
	var seconds float64
	err := pool.QueryRow(context.Background(),
		"SELECT extract(epoch FROM expiry - now())::float8 FROM sessions WHERE token = $1", token).Scan(&seconds)
	require.NoError(t, err)
	return time.Duration(seconds * float64(time.Second))
}

func TestALoginWorksOnPostgreSQL(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	s := newSite(t, db.NewSessionStore(r.API, idle))
	b := newBrowser(t, s)
	require.Equal(t, anna.Subject+" "+anna.Name, b.login("/", anna).body)

	var token string
	var others int
	require.NoError(t, r.API.QueryRow(t.Context(), "SELECT min(token), count(*) - 1 FROM sessions").Scan(&token, &others))
	require.NotEqual(t, b.cookie().Value, token)
	require.Zero(t, others, "the session from before the login is gone")

	require.Equal(t, http.StatusUnauthorized, b.do(http.MethodPost, "/auth/logout", url.Values{}).StatusCode)
	require.NoError(t, r.API.QueryRow(t.Context(), "SELECT count(*) FROM sessions").Scan(&others))
	require.Zero(t, others)
}

func TestASessionThatIsUsedLivesOn(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	s := db.NewSessionStore(r.API, idle)
	keepSession(t, s, "a", idle/2)
	data, found, err := s.FindCtx(t.Context(), "a")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "data", string(data))
	require.InDelta(t, idle, expiresIn(t, r.API, "a"), float64(time.Minute))
}

func TestASessionThatWasJustUsedIsOnlyRead(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	s := db.NewSessionStore(r.API, idle)
	keepSession(t, s, "a", idle-idle/20)
	before := expiresIn(t, r.API, "a")
	_, found, err := s.FindCtx(t.Context(), "a")
	require.NoError(t, err)
	require.True(t, found)
	require.LessOrEqual(t, expiresIn(t, r.API, "a"), before)
}

func TestAnExpiredSessionIsNotFoundAndRemoved(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	s := db.NewSessionStore(r.API, idle)
	keepSession(t, s, "old", -time.Second)
	keepSession(t, s, "new", idle)
	_, found, err := s.FindCtx(t.Context(), "old")
	require.NoError(t, err)
	require.False(t, found)

	n, err := s.DeleteExpired(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	_, found, err = s.FindCtx(t.Context(), "new")
	require.NoError(t, err)
	require.True(t, found)
}

func TestALogoutWinsOverARequestUnderWay(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	s := db.NewSessionStore(r.API, idle)
	keepSession(t, s, "a", idle/2)
	tx, err := r.API.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "DELETE FROM sessions WHERE token = 'a'")
	require.NoError(t, err)

	finding := make(chan error)
	go func() {
		_, _, err := s.FindCtx(context.Background(), "a") // waits for the row, to move its expiry
		finding <- err
	}()
	require.Eventually(t, func() bool {
		var waiting bool
		err := r.Owner.QueryRow(context.Background(),
			"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FindSession%' AND datname = current_database())").Scan(&waiting)
		return err == nil && waiting
	}, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, tx.Commit(t.Context()))
	require.NoError(t, <-finding)

	_, found, err := s.FindCtx(t.Context(), "a")
	require.NoError(t, err)
	require.False(t, found)
}

func TestALookUpEndsWithItsRequest(t *testing.T) {
	t.Parallel()
	s := db.NewSessionStore(dbtest.New(t).API, idle)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := s.FindCtx(gone, "a")
	require.ErrorIs(t, err, context.Canceled)
}
