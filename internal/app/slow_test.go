package app

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// pipes are a listener without a network, on whatever clock there is.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// TestABodyThatTricklesIsCutOff: one byte in ten seconds would keep a connection for hours. The clock is that of the bubble.
func TestABodyThatTricklesIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		read := make(chan error, 1)
		served := make(chan error, 1)
		go func() {
			served <- Serve(ctx, l, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, err := io.ReadAll(r.Body)
				read <- err
			}), time.Second)
		}()
		ours, theirs := net.Pipe()
		l.conns <- theirs
		began := time.Now()
		go func() { _, _ = io.Copy(io.Discard, ours) }()
		_, err := io.WriteString(ours, "POST / HTTP/1.1\r\nHost: koko\r\nContent-Length: 100000\r\n\r\n")
		require.NoError(t, err)
		var trickling sync.WaitGroup
		trickling.Go(func() {
			var gone error
			for tick := time.NewTicker(10 * time.Second); gone == nil; <-tick.C {
				_, gone = ours.Write([]byte("x"))
			}
		})
		require.Error(t, <-read)
		require.LessOrEqual(t, time.Since(began), time.Minute)
		stop()
		require.NoError(t, <-served)
		_ = ours.Close()
		trickling.Wait()
	})
}
