// Package postgres runs a private PostgreSQL as a child of this process, from
// the programs installed on the machine. It listens on a unix socket in a folder
// that only its user may enter, keeps every commit (fsync stays on), ends with
// this process however that ends, and starts again on what it left behind.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Superuser is the role that owns everything. It needs no password: who can
// enter the socket's folder may connect.
const Superuser = "koko"

// port names the socket. Every server has a socket folder of its own, so that
// it need not differ.
const port = 5432

// Options says where and how PostgreSQL runs.
type Options struct {
	// Bin is the folder of initdb and postgres. If it is empty, Start looks for
	// the installation that fits the data, or for a new folder calls Find.
	Bin string
	// Dir holds everything: data, socket and log.
	Dir string
	// Log receives what PostgreSQL logs; Dir/postgres.log if it is nil.
	Log io.Writer
	// Settings are added to postgresql.conf's, and win.
	Settings map[string]string
}

// A Server is a running PostgreSQL.
type Server struct {
	data, socket string
	account      account
	log          *logbook
	lock         *flock.Flock

	process *os.Process
	done    chan struct{} // closed when the process has ended
	exit    error         // how it ended; read it after done
	asked   bool          // Stop was called
	stopped error
}

// Start creates the database cluster if there is none, starts PostgreSQL and
// returns once it answers. A PostgreSQL that lost its parent is waited for; a
// data folder that another process of ours uses is refused.
func Start(ctx context.Context, o Options) (*Server, error) {
	s, err := prepare(o)
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx, o); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

// prepare makes the folders and takes the lock.
func prepare(o Options) (*Server, error) {
	dir, err := makeHome(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{data: filepath.Join(dir, "data"), done: make(chan struct{})}
	if s.account, err = accountFor(s.data); err != nil {
		return nil, err
	}
	if err := s.account.canEnter(dir); err != nil {
		if !canInherit {
			return nil, err
		}
		s.account.shutOut = true
	}
	if s.lock, err = takeLock(dir); err != nil {
		return nil, err
	}
	if s.log, err = openLog(o.Log, filepath.Join(dir, "postgres.log")); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

// takeLock makes sure that one process at a time looks after the folder. The
// kernel drops the lock with the process, so that a stale file means nothing.
func takeLock(dir string) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(dir, "postgres.lock"))
	got, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the data folder %s: %w", dir, err)
	}
	if !got {
		return nil, fmt.Errorf("the data folder %s is in use by another process", dir)
	}
	return lock, nil
}

func (s *Server) start(ctx context.Context, o Options) error {
	bin, err := chooseBin(o.Bin, s.data)
	if err != nil {
		return err
	}
	if err := ensureCluster(ctx, bin, s.data, s.account); err != nil {
		return err
	}
	if err := clearTheWay(ctx, s.data); err != nil {
		return err
	}
	if s.socket, err = makeSocketDir(s.data, s.account); err != nil {
		return err
	}
	if err := s.launch(bin, o.Settings); err != nil {
		return err
	}
	if err := s.awaitReady(ctx); err != nil {
		_ = s.Stop()
		return err
	}
	return nil
}

// launch starts the process from a thread that lives as long as the process
// does: the kernel ties the message of our death to the thread that forked.
// SIGINT asks for a shutdown that closes sessions but keeps the data tidy.
func (s *Server) launch(bin string, settings map[string]string) error {
	cmd, err := s.command(bin, settings)
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	defer closeAll(cmd.ExtraFiles)
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			s.process = cmd.Process
		}
		started <- err
		if err == nil {
			s.exit = cmd.Wait()
			close(s.done)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	return nil
}

func (s *Server) command(bin string, settings map[string]string) (*exec.Cmd, error) {
	cmd := exec.Command(filepath.Join(bin, "postgres"))
	s.account.runs(cmd, syscall.SIGINT)
	data, err := s.account.reach(cmd, s.data)
	if err != nil {
		return nil, err
	}
	socket, err := s.account.reach(cmd, s.socket)
	if err != nil {
		return nil, err
	}
	cmd.Args = append(cmd.Args, s.arguments(data, socket, settings)...)
	cmd.Stdout, cmd.Stderr = s.log.w, s.log.w
	return cmd, nil
}

// awaitReady returns when PostgreSQL answers. It takes as long as recovery
// takes: the limits are the process's end and the caller's patience.
func (s *Server) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if saysReady(s.data) { // knocking earlier would fill its log
			if up, err := s.answers(ctx); up || err != nil {
				return err
			}
		}
		select {
		case <-s.done:
			return s.failure(s.log.reason())
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// saysReady reads the status that PostgreSQL keeps in its lock file. One that a
// killed predecessor left may say so too soon.
func saysReady(data string) bool {
	raw, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return false
	}
	const status = 7
	lines := strings.Split(string(raw), "\n")
	return len(lines) > status && strings.TrimSpace(lines[status]) == "ready"
}

// answers tries to connect. The error is one that waiting does not cure.
func (s *Server) answers(ctx context.Context) (bool, error) {
	conn, err := pgx.Connect(ctx, s.URL(Superuser, "postgres"))
	if err == nil {
		return true, conn.Close(ctx)
	}
	const startingUp = "57P03"
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code != startingUp {
		return false, s.failure(pgErr.Message)
	}
	return false, nil
}

func (s *Server) failure(reason string) error {
	return fmt.Errorf("PostgreSQL does not start on %s: %s (see %s)", s.data, reason, s.log.name)
}

// URL is the connection string of a role and a database.
func (s *Server) URL(user, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + database}
	u.RawQuery = url.Values{
		"host": {s.socket}, "port": {strconv.Itoa(port)}, "sslmode": {"disable"},
	}.Encode()
	return u.String()
}

// Socket is the folder and number of the unix socket, for clients that cannot
// take a URL.
func (s *Server) Socket() (dir string, number int) { return s.socket, port }

// Done is closed when PostgreSQL has ended, asked or not.
func (s *Server) Done() <-chan struct{} { return s.done }

// CreateDatabases creates those of the databases that do not exist yet.
func (s *Server) CreateDatabases(ctx context.Context, names ...string) error {
	conn, err := pgx.Connect(ctx, s.URL(Superuser, "postgres"))
	if err != nil {
		return fmt.Errorf("create databases: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, "SELECT name FROM unnest($1::text[]) name WHERE name NOT IN (SELECT datname FROM pg_database)", names)
	if err != nil {
		return fmt.Errorf("create databases: %w", err)
	}
	missing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("create databases: %w", err)
	}
	for _, name := range missing {
		if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
			return fmt.Errorf("create database %s: %w", name, err)
		}
	}
	return nil
}

// Stop ends all sessions, shuts PostgreSQL down and waits until it has ended.
// It is called by one goroutine, and may be called again.
func (s *Server) Stop() error {
	if !s.asked {
		s.asked = true
		s.stopped = s.stop()
		s.release()
	}
	return s.stopped
}

// stop asks for a fast shutdown first and, should that take unreasonably long,
// for ever ruder ones. None of them loses a commit.
func (s *Server) stop() error {
	for _, way := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, 30 * time.Second}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
		_ = s.process.Signal(way.signal) // it may have ended by itself
		select {
		case <-s.done:
			if s.exit != nil {
				return fmt.Errorf("PostgreSQL did not stop cleanly: %w (see %s)", s.exit, s.log.name)
			}
			return nil
		case <-time.After(way.wait):
		}
	}
	return fmt.Errorf("PostgreSQL, process %d, does not stop", s.process.Pid)
}

func (s *Server) release() {
	if s.log != nil {
		s.log.close()
	}
	_ = s.lock.Unlock() // the kernel does it anyway when we end
}
