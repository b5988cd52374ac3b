package demo

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// later is a file that becomes ready with its nth reading.
type later struct{ reads, ready int }

func (l *later) RoundTrip(*http.Request) (*http.Response, error) {
	l.reads++
	body := `{"ready": false}`
	if l.reads >= l.ready {
		body = `{"ready": true}`
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

type awaited struct{ Ready bool }

func await(ctx context.Context, l *later) error {
	f := &journey[awaited]{client: &client{url: "http://koko.test", http: &http.Client{Transport: l}, token: func(string) (string, error) { return "t", nil }}, path: "/f"}
	return f.await(ctx, "that it is ready", func(s awaited) bool { return s.Ready })
}

// What workflows bring about by themselves is waited for, and not for ever.
func TestAFileIsReadUntilItsWorkflowHasCaughtUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &later{ready: 4}
		require.NoError(t, await(t.Context(), l))
		require.Equal(t, 4, l.reads)
	})
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		require.EqualError(t, await(t.Context(), &later{ready: 1 << 30}), "that it is ready: waited for it in vain")
		require.InDelta(t, patience, time.Since(begun), float64(2*time.Second))
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, await(ctx, &later{ready: 1 << 30}), context.DeadlineExceeded)
	})
}
