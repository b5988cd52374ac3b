package dbtest

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

// Asked notes which statements a pool sends.
type Asked struct {
	mu  sync.Mutex
	all []string
}

var (
	_ pgx.QueryTracer = &Asked{}
	_ pgx.BatchTracer = &Asked{}
)

func (a *Asked) note(statement string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, statement)
}

// TraceQueryStart notes a statement.
func (a *Asked) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	a.note(d.SQL)
	return ctx
}

// TraceQueryEnd does nothing.
func (*Asked) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart does nothing.
func (*Asked) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery notes a statement of a batch.
func (a *Asked) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	a.note(d.SQL)
}

// TraceBatchEnd does nothing.
func (*Asked) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// Take returns what was sent since it was called last.
func (a *Asked) Take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.all
	a.all = nil
	return all
}

// Listen has the API's pool note what it sends, from now on. The pool is another one afterwards.
func (r *Record) Listen(t testing.TB) *Asked {
	t.Helper()
	a, c := &Asked{}, r.API.Config()
	c.ConnConfig.Tracer = a
	var err error
	r.API, err = pgxpool.NewWithConfig(context.Background(), c)
	require.NoError(t, err)
	t.Cleanup(r.API.Close)
	var conns []*pgxpool.Conn // what is sent when one is opened is no answer to anything
	for range c.MaxConns {
		conn, err := r.API.Acquire(context.Background())
		require.NoError(t, err)
		conns = append(conns, conn)
	}
	for _, conn := range conns {
		conn.Release()
	}
	a.Take()
	return a
}
