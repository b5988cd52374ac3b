package devstack

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"koko/internal/postgres"
)

// runStack is the process that a user starts.
func runStack() error {
	app := &fakeApp{mode: os.Getenv("APP")}
	return Run(context.Background(), Options{Data: os.Getenv("DATA"), Addr: os.Getenv("ADDR")}, app)
}

// fakeApp counts its starts in PostgreSQL and begins a workflow in Temporal, and
// says on stdout what it finds of earlier starts.
type fakeApp struct {
	mode string
	at   Endpoints
	http http.Server
}

func (a *fakeApp) Start(ctx context.Context, at Endpoints) (func(context.Context) error, error) {
	a.at = at
	switch a.mode {
	case "does not start":
		return nil, errors.New("the application has its reasons")
	case "starts for ever":
		fmt.Println("starting")
		<-ctx.Done()
		return nil, ctx.Err()
	}
	starts, err := a.count(ctx)
	if err != nil {
		return nil, err
	}
	workflows, err := a.begin(ctx, starts)
	if err != nil {
		return nil, err
	}
	fmt.Printf("starts %d workflows %d\n", starts, workflows)
	a.http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/fail" {
			at.Fail(errors.New("the application cannot go on"))
		}
	})
	go func() { _ = a.http.Serve(at.Listener) }()
	context.AfterFunc(ctx, func() { fmt.Println("context ended") })
	return a.stop, nil
}

// count commits one more start and returns how many there are.
func (a *fakeApp) count(ctx context.Context) (n int, err error) {
	conn, err := pgx.Connect(ctx, a.at.DatabaseURL(postgres.Superuser))
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS start (at timestamptz DEFAULT now())"); err != nil {
		return 0, err
	}
	if _, err := conn.Exec(ctx, "INSERT INTO start DEFAULT VALUES"); err != nil {
		return 0, err
	}
	err = conn.QueryRow(ctx, "SELECT count(*) FROM start").Scan(&n)
	return n, err
}

// begin starts the n-th workflow and returns how many of them are running.
func (a *fakeApp) begin(ctx context.Context, n int) (running int, err error) {
	known, err := a.at.TemporalTLS.ClientConfig()
	if err != nil {
		return 0, err
	}
	c, err := client.DialContext(ctx, client.Options{
		HostPort: a.at.Temporal, Namespace: Namespace, ConnectionOptions: client.ConnectionOptions{TLS: known},
	})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	options := client.StartWorkflowOptions{ID: "case-" + strconv.Itoa(n), TaskQueue: "nobody"}
	if _, err := c.ExecuteWorkflow(ctx, options, "Case"); err != nil {
		return 0, err
	}
	for i := range n {
		if _, err := c.DescribeWorkflowExecution(ctx, "case-"+strconv.Itoa(i+1), ""); err == nil {
			running++
		}
	}
	return running, nil
}

// stop needs PostgreSQL and Temporal, as an application does that finishes what
// is under way.
func (a *fakeApp) stop(ctx context.Context) error {
	fmt.Println("stopping")
	if a.mode == "stops for ever" {
		select {}
	}
	starts, err := a.count(ctx)
	if err != nil {
		return err
	}
	if _, err := a.begin(ctx, starts); err != nil {
		return err
	}
	fmt.Println("stopped")
	return a.http.Shutdown(ctx)
}

func TestOneCommandFromReadyToStopped(t *testing.T) {
	t.Parallel()
	p := startStack(t, t.TempDir(), "127.0.0.1:0", "")
	res, err := http.Get(p.url(t))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)

	// As the terminal does on Ctrl-C: everything in the foreground gets it.
	require.NoError(t, syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT))
	require.NoError(t, p.wait(), p.err)
	require.Equal(t, []string{"starts 1 workflows 1", "ready " + p.url(t), "stopping", "stopped", "context ended"}, p.lines)
	requireInOrder(t, p.err.String(), "PostgreSQL is up", "Temporal is up", "KoKo is up",
		"KoKo has stopped", "Temporal has stopped", "PostgreSQL has stopped")
	require.NoFileExists(t, filepath.Join(p.data, "postgres", "data", "postmaster.pid"), "PostgreSQL shut down in order")
}

func TestKilledAndStartedAgainItGoesOn(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := startStack(t, data, "127.0.0.1:0", "")
	p.url(t)
	require.NoError(t, p.cmd.Process.Kill())
	require.Error(t, p.wait())

	p = startStack(t, data, "127.0.0.1:0", "")
	p.url(t)
	require.Equal(t, "starts 2 workflows 2", p.lines[0])
	require.NoError(t, syscall.Kill(p.postmaster(t), syscall.SIGSTOP)) // the whole tree, at once
	require.NoError(t, p.cmd.Process.Kill())
	require.NoError(t, syscall.Kill(p.postmaster(t), syscall.SIGKILL))
	require.Error(t, p.wait())

	p = startStack(t, data, "127.0.0.1:0", "")
	p.url(t)
	require.Equal(t, "starts 3 workflows 3", p.lines[0])
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.wait(), p.err)
}

func TestASecondInstance(t *testing.T) {
	t.Parallel()
	first := startStack(t, t.TempDir(), "127.0.0.1:0", "")
	addr := strings.TrimPrefix(first.url(t), "http://")

	sameData := startStack(t, first.data, "127.0.0.1:0", "")
	require.Error(t, sameData.wait())
	sameData.says(t, "the data folder "+first.data+" is in use by another instance: stop that one or choose another folder with --data")

	sameAddr := startStack(t, t.TempDir(), addr, "")
	require.Error(t, sameAddr.wait())
	sameAddr.says(t, "the address "+addr+" is already in use: stop what listens there or choose another one with --addr")
	require.NoDirExists(t, filepath.Join(sameAddr.data, "postgres"), "it was noticed before anything slow")

	beside := startStack(t, t.TempDir(), "localhost:0", "")
	require.Contains(t, beside.url(t), "http://localhost:")
	require.Equal(t, "starts 1 workflows 1", beside.lines[0])

	for _, p := range []*process{first, beside} {
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, p.wait(), p.err)
	}
}

func TestWhatCannotStartIsOneSentence(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	damaged := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(damaged, "postgres", "data", "base"), 0o711))

	for name, c := range map[string]struct{ data, addr, app, says string }{
		"a folder below a file":     {filepath.Join(file, "data"), "127.0.0.1:0", "", "cannot be written to"},
		"a folder that is a file":   {file, "127.0.0.1:0", "", "cannot be written to"},
		"a folder of the kernel's":  {"/proc/koko", "127.0.0.1:0", "", "cannot be written to"},
		"an address without a port": {t.TempDir(), "127.0.0.1", "", "cannot listen on 127.0.0.1"},
		"a damaged database":        {damaged, "127.0.0.1:0", "", "the data folder " + damaged + "/postgres/data "},
		"an application that fails": {t.TempDir(), "127.0.0.1:0", "does not start", "the application has its reasons"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startStack(t, c.data, c.addr, c.app)
			require.Error(t, p.wait())
			require.Equal(t, 1, p.cmd.ProcessState.ExitCode())
			p.says(t, c.says)
			require.Empty(t, p.lines, "never ready")
		})
	}
}

func TestASignalInterruptsTheStart(t *testing.T) {
	t.Parallel()
	p := startStack(t, t.TempDir(), "127.0.0.1:0", "starts for ever")
	p.await(t, "starting")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGINT))
	require.Error(t, p.wait(), "it never was ready")
	p.says(t, "interrupted")
	requireInOrder(t, p.err.String(), "Temporal has stopped", "PostgreSQL has stopped")
}

func TestASecondSignalSkipsTheWaiting(t *testing.T) {
	t.Parallel()
	p := startStack(t, t.TempDir(), "127.0.0.1:0", "stops for ever")
	p.url(t)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGINT))
	p.await(t, "stopping")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGINT))
	began := time.Now()
	require.Error(t, p.wait())
	require.Less(t, time.Since(began), stopApp)
	require.Contains(t, p.err.String(), "PostgreSQL has stopped")
}

func TestThePartsEndTogether(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(t *testing.T, p *process)
		says string
	}{
		"PostgreSQL": {func(t *testing.T, p *process) {
			require.NoError(t, syscall.Kill(p.postmaster(t), syscall.SIGQUIT))
		}, "PostgreSQL ended unexpectedly (see "},
		"application": {func(t *testing.T, p *process) {
			res, err := http.Get(p.url(t) + "/fail")
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
		}, "the application cannot go on"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startStack(t, t.TempDir(), "127.0.0.1:0", "")
			p.url(t)
			c.end(t, p)
			require.Error(t, p.wait())
			require.Equal(t, 1, p.cmd.ProcessState.ExitCode())
			p.says(t, c.says)
		})
	}
}

func TestHostIsWhereABrowserFindsIt(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	for addr, want := range map[string]string{
		":0": "localhost:" + port, "0.0.0.0:0": "localhost:" + port, "[::]:0": "localhost:" + port,
		"127.0.0.1:0": "127.0.0.1:" + port, "koko.example:0": "koko.example:" + port,
	} {
		require.Equal(t, want, hostOf(addr, l), addr)
	}
}

// process is a stack in a process of its own.
type process struct {
	cmd    *exec.Cmd
	data   string
	err    *bytes.Buffer // complete after wait
	lines  []string      // of stdout, as far as they were read
	stdout *bufio.Scanner
	once   sync.Once
	result error
}

func startStack(t *testing.T, data, addr, app string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0]), data: data, err: &bytes.Buffer{}}
	p.cmd.Env = append(os.Environ(), role+"=stack", "DATA="+data, "ADDR="+addr, "APP="+app)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Stderr = p.err
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.stdout = bufio.NewScanner(out)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.wait() })
	return p
}

// await reads stdout up to a line with that beginning.
func (p *process) await(t *testing.T, beginning string) string {
	t.Helper()
	for p.stdout.Scan() {
		p.lines = append(p.lines, p.stdout.Text())
		if strings.HasPrefix(p.stdout.Text(), beginning) {
			return p.stdout.Text()
		}
	}
	_ = p.wait()
	require.FailNow(t, "the process ended early", p.err.String())
	return ""
}

// url waits until the stack is ready and returns where.
func (p *process) url(t *testing.T) string {
	t.Helper()
	for _, line := range p.lines {
		if url, ok := strings.CutPrefix(line, "ready "); ok {
			return url
		}
	}
	return strings.TrimPrefix(p.await(t, "ready http://"), "ready ")
}

// wait reads the rest of stdout and returns how the process ended.
func (p *process) wait() error {
	p.once.Do(func() {
		for p.stdout.Scan() {
			p.lines = append(p.lines, p.stdout.Text())
		}
		p.result = p.cmd.Wait()
	})
	return p.result
}

// says demands that the last line on stderr has these words, and that no
// goroutine's stack precedes it.
func (p *process) says(t *testing.T, words string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(p.err.String()), "\n")
	require.Contains(t, lines[len(lines)-1], words)
	require.NotContains(t, p.err.String(), "goroutine ")
}

func (p *process) postmaster(t *testing.T) int {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(p.data, "postgres", "data", "postmaster.pid"))
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	require.NoError(t, err)
	return pid
}

func requireInOrder(t *testing.T, text string, words ...string) {
	t.Helper()
	rest := text
	for _, w := range words {
		_, after, found := strings.Cut(rest, w)
		require.True(t, found, "%q is missing or out of order in:\n%s", w, text)
		rest = after
	}
}
