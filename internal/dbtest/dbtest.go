// Package dbtest gives each test a record of its own on a real PostgreSQL.
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/process"
	"koko/domain/training"
	"koko/internal/postgres"
	"koko/internal/trainingtest"
)

// Main runs the tests of a package that uses New and stops the PostgreSQL they shared.
func Main(m *testing.M) {
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "dbtest:", err)
		code = 1
	}
	os.Exit(code)
}

// A Record is a fresh, migrated database, seen as its owner and as the product's two roles.
type Record struct {
	URL    func(user string) string
	Owner  *pgxpool.Pool
	API    *pgxpool.Pool
	Worker *pgxpool.Pool
}

// New returns a copy of the migrated template. It is dropped when the test ends.
func New(t testing.TB) *Record {
	t.Helper()
	s, err := server()
	require.NoError(t, err)
	ctx := context.Background()
	name := fmt.Sprintf("t%d", serial.Add(1))
	exec(t, s, fmt.Sprintf("CREATE DATABASE %s TEMPLATE template_koko", name))
	r := &Record{URL: func(user string) string { return s.URL(user, name) }}
	t.Cleanup(func() { exec(t, s, fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name)) })

	r.Owner, err = pgxpool.New(ctx, r.URL("koko"))
	require.NoError(t, err)
	t.Cleanup(r.Owner.Close)
	r.API, err = db.Open(ctx, r.URL(db.RoleAPI), db.RoleAPI, 8)
	require.NoError(t, err)
	t.Cleanup(r.API.Close)
	r.Worker, err = db.Open(ctx, r.URL(db.RoleWorker), db.RoleWorker, 8)
	require.NoError(t, err)
	t.Cleanup(r.Worker.Close)
	return r
}

// Decide has by carry out cmd on c as API and workflow do: prose stored, decided, recorded. It
// returns the case after it.
func (r *Record) Decide(t *testing.T, c conflict.Case, by string, cmd conflict.Command, at time.Time) conflict.Case {
	t.Helper()
	next, err := c.Decide(cmd, by, at)
	require.NoError(t, err)
	r.Store(t, c, by, cmd.References())
	recorded, err := (&activities.Cases{Pool: r.Worker}).SaveTransition(context.Background(), activities.Transition[conflict.Case]{
		CommandID: fmt.Sprintf("k%d", next.Version), Action: cmd.Action(), By: by, Digest: process.Digest(cmd), Docs: cmd.References(), State: next,
	})
	require.NoError(t, err)
	require.Len(t, recorded, 1)
	return next
}

// Enrol has each of steps carried out on e as API and workflow do, and returns the enrolment after it.
func (r *Record) Enrol(t *testing.T, e training.Enrolment, steps ...trainingtest.Step) training.Enrolment {
	t.Helper()
	for _, s := range steps {
		next, err := e.Decide(s.Command, s.By, s.At)
		require.NoError(t, err)
		r.StoreIn(t, e.ID, next.AGS, s.By, s.Command.References())
		recorded, err := (&activities.Training{Pool: r.Worker}).SaveEnrolment(context.Background(), transition(next, s.Command, s.By))
		require.NoError(t, err)
		require.Len(t, recorded, 1)
		e = next
	}
	return e
}

// Run has each of steps carried out on c as API and workflow do, and returns the cohort after it.
func (r *Record) Run(t *testing.T, c training.Cohort, steps ...trainingtest.CohortStep) training.Cohort {
	t.Helper()
	for _, s := range steps {
		next, err := c.Decide(s.Command, s.By, s.At)
		require.NoError(t, err)
		r.StoreIn(t, c.ID, next.AGS, s.By, s.Command.References())
		recorded, err := (&activities.Training{Pool: r.Worker}).SaveCohort(context.Background(), transition(next, s.Command, s.By))
		require.NoError(t, err)
		require.Len(t, recorded, 1)
		c = next
	}
	return c
}

func transition[S process.State](next S, cmd process.Command, by string) activities.Transition[S] {
	return activities.Transition[S]{
		CommandID: fmt.Sprintf("k%d", next.File().Version), Action: cmd.Action(), By: by, Digest: process.Digest(cmd), Docs: cmd.References(), State: next,
	}
}

// Store stores docs as documents of c that hold the words with the given tokens.
func (r *Record) Store(t *testing.T, c conflict.Case, author string, docs []conflict.Doc, tokens ...int64) {
	t.Helper()
	r.StoreIn(t, c.ID, c.AGS, author, docs, tokens...)
}

// StoreIn is Store for any file.
func (r *Record) StoreIn(t *testing.T, file string, k ags.Key, author string, docs []process.Doc, tokens ...int64) {
	t.Helper()
	ctx := context.Background()
	err := db.Within(ctx, r.API, author, ags.Area{k}, func(q *db.Queries) error {
		for _, d := range docs {
			key := db.AddDataKeyParams{FileID: file, Compartment: d.Compartment, AGS: k, Wrapped: []byte("wrapped")}
			doc := db.AddDocumentParams{
				ID: d.ID, FileID: file, AGS: k, Kind: d.Kind, Compartment: d.Compartment, Author: author,
				Digest: d.Digest, Sealed: []byte("sealed"), Tokens: append([]int64{}, tokens...),
			}
			if err := q.AddDataKey(ctx, key); err != nil {
				return err
			}
			if _, err := q.AddDocument(ctx, doc); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
}

var (
	serial  atomic.Int64
	mu      sync.Mutex
	shared  *postgres.Server
	folder  string
	failure error
)

// server starts PostgreSQL and migrates the template, once for the process.
func server() (*postgres.Server, error) {
	mu.Lock()
	defer mu.Unlock()
	if shared != nil || failure != nil {
		return shared, failure
	}
	shared, failure = start(context.Background())
	return shared, failure
}

func start(ctx context.Context) (*postgres.Server, error) {
	bin, err := postgres.Find()
	if err != nil {
		return nil, err
	}
	folder, err = os.MkdirTemp("", "koko-dbtest")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(folder, 0o755); err != nil { // PostgreSQL may run as another user
		return nil, err
	}
	s, err := postgres.Start(ctx, postgres.Options{Bin: bin, Dir: folder + "/pg"})
	if err != nil {
		return nil, err
	}
	if err := s.CreateDatabases(ctx, "template_koko"); err != nil {
		return nil, err
	}
	return s, db.Migrate(ctx, s.URL("koko", "template_koko"), nil)
}

func stop() error {
	mu.Lock()
	defer mu.Unlock()
	if shared == nil {
		return nil
	}
	return errors.Join(shared.Stop(), os.RemoveAll(folder))
}

func exec(t testing.TB, s *postgres.Server, sql string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), s.URL("koko", "postgres"))
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(context.Background(), sql)
	require.NoError(t, err)
}
