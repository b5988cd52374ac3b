package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// childDir makes the test binary a process that starts PostgreSQL in that folder
// and commits rows until it is killed.
const childDir = "KOKO_POSTGRES_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := commitForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func commitForever(dir string) error {
	ctx := context.Background()
	s, err := Start(ctx, Options{Dir: dir})
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, s.URL(Superuser, "postgres"))
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS entry (id int PRIMARY KEY)"); err != nil {
		return err
	}
	for id := 1; ; id++ {
		if _, err := conn.Exec(ctx, "INSERT INTO entry VALUES ($1)", id); err != nil {
			return err
		}
		fmt.Println(id) // acknowledged
	}
}

func TestDataSurviveAStopAndAStart(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)

	s := start(t, Options{Dir: dir})
	exec1(t, s, "CREATE TABLE entry (note text)")
	exec1(t, s, "INSERT INTO entry VALUES ('Übergriff')")
	require.NoError(t, s.Stop())
	<-s.Done()
	require.NoError(t, s.Stop(), "stopping twice is harmless")

	s = start(t, Options{Dir: dir})
	require.Equal(t, "Übergriff", query[string](t, s, "SELECT note FROM entry"))
	require.Equal(t, "ÜBERGRIFF", query[string](t, s, "SELECT upper(note) FROM entry"), "it knows more letters than ASCII")
}

func TestEveryCommitIsKept(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: tempDir(t), Settings: map[string]string{"max_connections": "20"}})
	for name, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
		"listen_addresses": "", "max_connections": "20", "server_encoding": "UTF8",
	} {
		require.Equal(t, want, query[string](t, s, "SELECT current_setting('"+name+"')"), name)
	}
}

func TestRootDoesNotLendItsRights(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can drop rights")
	}
	t.Parallel()
	s := start(t, Options{Dir: tempDir(t)})
	owner, _ := ownerOf(filepath.Join("/proc", strconv.Itoa(s.process.Pid)))
	require.NotZero(t, owner.uid)

	info, err := os.Stat(s.socket)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestRootMayKeepTheFolderToItself(t *testing.T) {
	if os.Geteuid() != 0 || !canInherit {
		t.Skip("only root can drop rights")
	}
	t.Parallel()
	closed := t.TempDir()
	require.NoError(t, os.Chmod(closed, 0o700))
	dir := filepath.Join(closed, "data")

	s := start(t, Options{Dir: dir})
	require.True(t, s.account.shutOut)
	exec1(t, s, "CREATE TABLE entry (note text); INSERT INTO entry VALUES ('kept'); CHECKPOINT")
	require.Contains(t, workingOn(s.data), s.process.Pid)
	require.NoError(t, s.process.Kill())
	<-s.Done()
	require.Error(t, s.Stop())

	s = start(t, Options{Dir: dir})
	require.Equal(t, "kept", query[string](t, s, "SELECT note FROM entry"))
	info, err := os.Stat(closed)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "nobody else was let in")
}

func TestAClosedFolderIsNamed(t *testing.T) {
	t.Parallel()
	closed := tempDir(t)
	require.NoError(t, os.Chmod(closed, 0o700))
	inside := filepath.Join(closed, "data")
	require.NoError(t, os.Mkdir(inside, 0o755))

	stranger := account{name: "nobody", uid: 65534, gid: 65534}.dropped()
	requireSentence(t, stranger.canEnter(inside), "user nobody here, who may not enter "+closed+":")
	require.NoError(t, account{uid: os.Geteuid()}.canEnter(inside), "who is not another user enters as before")
	require.NoError(t, os.Chmod(closed, 0o701))
	require.NoError(t, stranger.canEnter(inside))
}

func TestCommitsSurviveTheDeathOfTheParent(t *testing.T) {
	for name, kill := range map[string]func(t *testing.T, parent *exec.Cmd, postmaster int){
		"started again at once": func(t *testing.T, parent *exec.Cmd, _ int) {
			require.NoError(t, parent.Process.Kill())
		},
		"started again later": func(t *testing.T, parent *exec.Cmd, postmaster int) {
			require.NoError(t, parent.Process.Kill())
			require.Eventually(t, func() bool {
				return errors.Is(syscall.Kill(postmaster, 0), syscall.ESRCH)
			}, time.Minute, 10*time.Millisecond, "PostgreSQL follows its parent")
		},
		"whole tree": func(t *testing.T, parent *exec.Cmd, postmaster int) {
			// Stopped first, it cannot begin the shutdown that its parent's death asks for.
			require.NoError(t, syscall.Kill(postmaster, syscall.SIGSTOP))
			require.NoError(t, parent.Process.Kill())
			require.NoError(t, syscall.Kill(postmaster, syscall.SIGKILL))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tempDir(t)
			parent := exec.Command(os.Args[0])
			parent.Env = append(os.Environ(), childDir+"="+dir)
			parent.Stderr = os.Stderr
			out, err := parent.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, parent.Start())

			lines := bufio.NewScanner(out)
			for range 50 {
				require.True(t, lines.Scan(), "the child ended early")
			}
			postmaster, err := recordedPID(filepath.Join(dir, "data", "postmaster.pid"))
			require.NoError(t, err)
			kill(t, parent, postmaster)
			acknowledged := lines.Text()
			for lines.Scan() {
				acknowledged = lines.Text()
			}
			require.Error(t, parent.Wait(), "it was killed")

			s := start(t, Options{Dir: dir})
			kept := query[int](t, s, "SELECT count(*) FROM entry")
			want, err := strconv.Atoi(acknowledged)
			require.NoError(t, err)
			require.GreaterOrEqual(t, kept, want)
		})
	}
}

func TestAnOrphanIsStopped(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	s := start(t, Options{Dir: dir})
	require.NoError(t, s.Stop())

	// One that nobody told about its parent's death.
	bin, err := Find()
	require.NoError(t, err)
	orphan, err := s.command(bin, nil)
	require.NoError(t, err)
	orphan.SysProcAttr = &syscall.SysProcAttr{Credential: s.account.credential}
	orphan.Stdout, orphan.Stderr = nil, nil
	require.NoError(t, orphan.Start())
	require.Eventually(t, func() bool { return saysReady(s.data) }, time.Minute, 10*time.Millisecond)
	ended := make(chan error, 1)
	go func() { ended <- orphan.Wait() }()

	start(t, Options{Dir: dir})
	require.NoError(t, <-ended)
}

func TestAStaleLockFileDoesNotBlock(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	for name, content := range map[string]string{
		"number now somebody else's": strconv.Itoa(os.Getppid()) + "\n" + dir + "/data\n1700000000\n5432\n\n\n",
		"number of nobody":           "4194304\n" + dir + "/data\n1700000000\n5432\n\n\n",
		"cut short":                  "",
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{Dir: dir})
			require.NoError(t, s.Stop())
			for _, file := range []string{filepath.Join(s.data, "postmaster.pid"), socketPath(s.socket) + ".lock"} {
				require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
				require.NoError(t, s.account.own(file))
			}
			s = start(t, Options{Dir: dir})
			require.NoError(t, s.Stop())
		})
	}
}

func TestAnInterruptedInitdbIsRepeated(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	left := filepath.Join(dir, unfinishedPrefix+"1")
	require.NoError(t, os.MkdirAll(filepath.Join(left, "base"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(left, "PG_VERSION"), []byte("15\n"), 0o600))

	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	go func() {
		for ctx.Err() == nil { // until initdb has begun
			if dirs, _ := filepath.Glob(filepath.Join(dir, unfinishedPrefix+"*", "base")); len(dirs) > 0 && dirs[0] != filepath.Join(left, "base") {
				cancel(interrupted)
			}
		}
	}()
	_, err := Start(ctx, Options{Dir: dir})
	require.ErrorIs(t, err, interrupted)
	require.NoDirExists(t, left)
	require.NoDirExists(t, filepath.Join(dir, "data"))

	start(t, Options{Dir: dir})
}

func TestADamagedDataFolderIsOneSentence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		damage func(t *testing.T, data string)
		says   string
	}{
		"no version": {func(t *testing.T, data string) {
			require.NoError(t, os.Remove(filepath.Join(data, "PG_VERSION")))
		}, "it has no PG_VERSION"},
		"another version": {func(t *testing.T, data string) {
			require.NoError(t, os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("9\n"), 0o600))
		}, "was written by PostgreSQL 9"},
		"control file cut short": {func(t *testing.T, data string) {
			require.NoError(t, os.Truncate(filepath.Join(data, "global", "pg_control"), 100))
		}, "could not read file"},
		"control file gone": {func(t *testing.T, data string) {
			require.NoError(t, os.Remove(filepath.Join(data, "global", "pg_control")))
		}, "pg_control"},
		"write-ahead log gone": {func(t *testing.T, data string) {
			segments, err := filepath.Glob(filepath.Join(data, "pg_wal", "0*"))
			require.NoError(t, err)
			for _, s := range segments {
				require.NoError(t, os.Remove(s))
			}
		}, "could not locate a valid checkpoint record"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tempDir(t)
			s := start(t, Options{Dir: dir})
			require.NoError(t, s.Stop())
			c.damage(t, s.data)

			_, err := Start(t.Context(), Options{Dir: dir})
			requireSentence(t, err, c.says)
			require.ErrorContains(t, err, s.data)
		})
	}
}

func TestTheReasonOfAFailureNamesTheLog(t *testing.T) {
	t.Parallel()
	dir := tempDir(t)
	bad := map[string]string{"shared_buffers": "plenty"}
	_, err := Start(t.Context(), Options{Dir: dir, Settings: bad})
	requireSentence(t, err, `invalid value for parameter "shared_buffers"`)
	require.ErrorContains(t, err, filepath.Join(dir, "postgres.log"))

	var log strings.Builder
	_, err = Start(t.Context(), Options{Dir: dir, Settings: bad, Log: &log})
	requireSentence(t, err, `invalid value for parameter "shared_buffers"`)
	require.Contains(t, log.String(), "shared_buffers")
}

func TestALongPathGetsAShortSocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(tempDir(t), strings.Repeat("Ein langer, \"deutscher\" Ordnername/", 5))
	s := start(t, Options{Dir: dir})
	socket, _ := s.Socket()
	require.LessOrEqual(t, len(socketPath(socket)), socketLimit)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(socket)) })
	require.NoError(t, s.Stop())

	s = start(t, Options{Dir: dir})
	again, _ := s.Socket()
	require.Equal(t, socket, again)
}

func TestAStrangersSocketFolderIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(tempDir(t), "s")
	require.NoError(t, os.Symlink(t.TempDir(), dir))
	requireSentence(t, makePrivate(dir, account{uid: os.Geteuid()}), "belongs to somebody else")
}

func TestTwoRunSideBySide(t *testing.T) {
	t.Parallel()
	a, b := start(t, Options{Dir: tempDir(t)}), start(t, Options{Dir: tempDir(t)})
	require.NoError(t, a.CreateDatabases(t.Context(), "koko", "temporal"))
	require.NoError(t, a.CreateDatabases(t.Context(), "koko", "temporal"), "they exist already")
	require.Equal(t, 2, query[int](t, a, "SELECT count(*) FROM pg_database WHERE datname IN ('koko', 'temporal')"))
	require.Equal(t, 0, query[int](t, b, "SELECT count(*) FROM pg_database WHERE datname = 'koko'"))
}

func TestTwoDoNotShareAFolder(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: tempDir(t)})
	dir := filepath.Dir(s.data)
	_, err := Start(t.Context(), Options{Dir: dir})
	requireSentence(t, err, "the data folder "+dir+" is in use by another process")
	require.Equal(t, 1, query[int](t, s, "SELECT 1"), "and the first goes on")
}

func TestAnUnexpectedEndIsNoticed(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: tempDir(t)})
	require.NoError(t, s.process.Signal(syscall.SIGQUIT))
	<-s.Done()
}

// tempDir is a temporary folder that an unprivileged user may enter.
func tempDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o711))
	return dir
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Stop() })
	return s
}

func exec1(t *testing.T, s *Server, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL(Superuser, "postgres"))
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	_, err = conn.Exec(t.Context(), sql)
	require.NoError(t, err)
}

func query[T any](t *testing.T, s *Server, sql string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL(Superuser, "postgres"))
	require.NoError(t, err)
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	var v T
	require.NoError(t, conn.QueryRow(t.Context(), sql).Scan(&v))
	return v
}

// requireSentence demands an error that a person can read: one line, no stack.
func requireSentence(t *testing.T, err error, says string) {
	t.Helper()
	require.ErrorContains(t, err, says)
	require.NotContains(t, err.Error(), "\n")
}
