// Package dbtest gives each test a record of its own on a real PostgreSQL.
package dbtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/logbook"
	"koko/internal/keyfile"
	"koko/internal/postgres"
	"koko/internal/trainingtest"
	"koko/kinds"
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

// LedgerKeys returns a file with the keys of the ledger called name, which sign from then on.
func LedgerKeys(t testing.TB, name string, from time.Time) keyfile.File {
	t.Helper()
	file := logbook.KeyFile(filepath.Join(t.TempDir(), "ledger-key"))
	_, err := file.CreateIfMissing(func() ([]byte, error) { return ledger.GenerateKeys(name, from) })
	require.NoError(t, err)
	return file
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

// Decide has by carry out cmd on c as API and workflow do, and returns the case after it.
func (r *Record) Decide(t testing.TB, c conflict.Case, by string, cmd file.Command, at time.Time) conflict.Case {
	t.Helper()
	return Decide(t, r, c, by, cmd, at)
}

// Decide has by carry out cmd on s as API and workflow do: prose stored, decided, recorded. It returns the
// file after it.
func Decide[S file.State](t testing.TB, r *Record, s S, by string, cmd file.Command, at time.Time) S {
	t.Helper()
	kind := kindOf(t, s)
	next, err := kind.Decide(s, cmd, by, at)
	require.NoError(t, err)
	of := next.Head()
	r.StoreIn(t, of.ID, of.AGS, by, cmd.References())
	state, err := json.Marshal(next)
	require.NoError(t, err)
	recorded, err := (&activities.Files{Pool: r.Worker}).SaveTransition(context.Background(), activities.Transition{
		Kind: kind.Kind, CommandID: fmt.Sprintf("k%d", of.Version), Action: cmd.Action(), By: by,
		Digest: file.Digest(cmd), Docs: cmd.References(), State: state,
	})
	require.NoError(t, err)
	require.Len(t, recorded, 1)
	return next.(S)
}

// kindOf returns the kind whose states are like s.
func kindOf(t testing.TB, s file.State) *file.Definition {
	t.Helper()
	for _, k := range kinds.All() {
		if reflect.TypeOf(k.Fresh("", "")) == reflect.TypeOf(s) {
			return k
		}
	}
	require.Failf(t, "no kind", "has states like %T", s)
	return nil
}

// Hold grants a role to people, for as long as there was one: whoever holds nothing hears of nothing.
func (r *Record) Hold(t testing.TB, role string, area ags.Area, people ...string) {
	t.Helper()
	for _, p := range people {
		g := db.AddGrantParams{
			ID: uuid.NewString(), Subject: p, Role: role, Area: area, GivenBy: "root", ValidFrom: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		}
		_, err := db.GiveGrant(context.Background(), r.URL("koko"), g)
		require.NoError(t, err)
	}
}

// Enrol has each of steps carried out on e as API and workflow do, and returns the enrolment after it.
func (r *Record) Enrol(t testing.TB, e enrolment.Enrolment, steps ...trainingtest.Step) enrolment.Enrolment {
	t.Helper()
	for _, s := range steps {
		e = Decide(t, r, e, s.By, s.Command, s.At)
	}
	return e
}

// Run has each of steps carried out on c as API and workflow do, and returns the cohort after it.
func (r *Record) Run(t testing.TB, c cohort.Cohort, steps ...trainingtest.CohortStep) cohort.Cohort {
	t.Helper()
	for _, s := range steps {
		c = Decide(t, r, c, s.By, s.Command, s.At)
	}
	return c
}

// Store stores docs as documents of c that hold the words with the given tokens.
func (r *Record) Store(t testing.TB, c conflict.Case, author string, docs []file.Doc, tokens ...int64) {
	t.Helper()
	r.StoreIn(t, c.ID, c.AGS, author, docs, tokens...)
}

// StoreIn is Store for any file.
func (r *Record) StoreIn(t testing.TB, file string, k ags.Key, author string, docs []file.Doc, tokens ...int64) {
	t.Helper()
	ctx := context.Background()
	err := db.Within(ctx, r.API, author, ags.Area{k}, func(q *db.Queries) error {
		for _, d := range docs {
			key := db.AddDataKeyParams{FileID: file, Compartment: d.Compartment, AGS: k, Wrapped: []byte("wrapped")}
			doc := db.AddDocumentParams{
				ID: d.ID, FileID: file, AGS: k, Action: string(d.Action), Compartment: d.Compartment, Author: author,
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
