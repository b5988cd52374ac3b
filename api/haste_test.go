package api_test

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/api"
)

// hurried is w with limits, on a clock of the test.
func hurried(t *testing.T, p api.Pace) (w *world, now *time.Time) {
	t.Helper()
	w, now = newWorld(t), new(time.Now())
	p.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")} // where the requests of the tests come from
	w.options.Pace, w.options.Now, w.options.HTTPS = p, func() time.Time { return *now }, true
	w.handler = api.New(w.options)
	return w, now
}

func from(address string) []string { return []string{"X-Forwarded-For", address} }

func TestWhoeverGuessesHasToWait(t *testing.T) {
	t.Parallel()
	w, now := hurried(t, api.Pace{Caller: 100, Address: 100, Costly: 3})
	guess := func(as, address string) answer {
		return w.call(as, http.MethodGet, "/api/v1/certificates/K7Q2-M3XW-9TRA-VB4E?holder=Erika", nil, from(address)...)
	}
	for range 3 {
		require.Equal(t, http.StatusNotFound, guess("", "198.51.100.1").code)
	}
	for range 5 {
		a := guess("", "198.51.100.1")
		a.refused(http.StatusTooManyRequests, "too-many", "pace")
		require.Equal(t, "20", a.header.Get("Retry-After"))
	}
	require.Equal(t, http.StatusNotFound, guess("", "198.51.100.2").code, "another address is another matter")
	require.Equal(t, http.StatusNotFound, guess(reporter, "198.51.100.1").code, "and so is somebody who is logged in")
	require.Equal(t, http.StatusOK, w.call("", http.MethodGet, "/", nil, from("198.51.100.1")...).code, "what costs little goes on")

	*now = now.Add(20 * time.Second)
	require.Equal(t, http.StatusNotFound, guess("", "198.51.100.1").code)
	require.Equal(t, http.StatusTooManyRequests, guess("", "198.51.100.1").code)
}

func TestEverybodyHasAPace(t *testing.T) {
	t.Parallel()
	w, now := hurried(t, api.Pace{Caller: 4, Address: 2, Costly: 100})
	me := func(as string) int { return w.call(as, http.MethodGet, "/api/v1/me", nil, from("2001:db8::1")...).code }
	for range 4 {
		require.Equal(t, http.StatusOK, me(reporter))
	}
	require.Equal(t, http.StatusTooManyRequests, me(reporter))
	require.Equal(t, http.StatusOK, me(manager))
	require.Equal(t, http.StatusUnauthorized, me(""))
	require.Equal(t, http.StatusUnauthorized, me(""))
	require.Equal(t, http.StatusTooManyRequests, w.call("", http.MethodGet, "/", nil, from("2001:db8::2")...).code, "of the same network")
	for range 10 {
		require.Equal(t, http.StatusOK, w.call("", http.MethodGet, "/healthz", nil, from("2001:db8::1")...).code)
	}
	*now = now.Add(time.Minute)
	require.Equal(t, http.StatusOK, me(reporter))
	require.Equal(t, http.StatusUnauthorized, me(""))
}

// TestEverythingPublicThatCanBeGuessedIsCostly: whatever answers without a login and compares something secret.
func TestEverythingPublicThatCanBeGuessedIsCostly(t *testing.T) {
	t.Parallel()
	w, _ := hurried(t, api.Pace{Costly: 1})
	for i, call := range []string{
		"GET /api/v1/certificates/K7Q2-M3XW-9TRA-VB4E", "POST /api/v1/certificates/verify", "GET /verify/K7Q2-M3XW-9TRA-VB4E", "POST /verify",
		"POST /verify/K7Q2-M3XW-9TRA-VB4E", "POST /api/v1/cases/3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11/sealed",
		"POST /api/v1/work/3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11/sealed", "POST /api/v1/cohorts/3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11/imports",
	} {
		method, path, _ := strings.Cut(call, " ")
		each := from("198.51.100." + strconv.Itoa(i))
		require.NotEqual(t, http.StatusTooManyRequests, w.call("", method, path, nil, each...).code, call)
		w.call("", method, path, nil, each...).refused(http.StatusTooManyRequests, "too-many", "pace")
	}
}

func TestBrowsersStayWithHTTPS(t *testing.T) {
	t.Parallel()
	w, _ := hurried(t, api.Pace{})
	require.Equal(t, "max-age=31536000", w.get("", "/").header.Get("Strict-Transport-Security"))
	w.options.HTTPS = false
	w.handler = api.New(w.options)
	require.Empty(t, w.get("", "/").header.Values("Strict-Transport-Security"))
}

func TestMetricsHaveAListenerOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.options.OwnMetrics, w.options.Metrics = false, api.NewMetrics(w.rec.API)
	w.handler = api.New(w.options)
	w.get("", "/metrics").problem(http.StatusNotFound, "not-found")
	w.get(reporter, "/api/v1/me")
	w.get(mediator, "/api/v1/work")
	w.get(mediator, "/api/v1/work/3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11")
	w.handler = w.options.Metrics.Handler()
	shown := w.get("", "/metrics").body
	require.Contains(t, shown, `koko_http_request_seconds_count{route="GET /api/v1/me",status="200"} 1`)
	for _, secret := range []string{"/work", "mediation", "session", reporter, mediator} {
		require.NotContains(t, shown, secret)
	}
}
