package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/internal/config"
)

// How long a process may take to start and to stop on a busy machine.
const (
	startWithin = 3 * time.Minute
	stopWithin  = time.Minute
)

// A process is a child with all that it starts.
type process struct {
	cmd      *exec.Cmd
	out, err *logbook
	gone     chan struct{} // closed when it has ended
	exit     error         // how; read it after gone
}

// launch starts a program in a process group of its own.
func launch(path string, env []string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(path, args...), out: newLogbook(), err: newLogbook(), gone: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.err
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = 10 * time.Second // a grandchild may hold the pipes
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.exit = p.cmd.Wait()
		p.out.end()
		p.err.end()
		close(p.gone)
	}()
	return p, nil
}

// ended waits for the process and returns its exit code.
func (p *process) ended(within time.Duration) (int, error) {
	select {
	case <-p.gone:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-time.After(within):
		return 0, fmt.Errorf("process %d has not ended within %s", p.cmd.Process.Pid, within)
	}
}

// interrupt presses Ctrl-C: everything in the foreground gets it.
func (p *process) interrupt() error { return syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT) }

// kill ends the process and all that it has started at once, with no chance to tidy up, and
// returns when none of them is left.
func (p *process) kill() error {
	tree := append(descendants(p.cmd.Process.Pid), p.cmd.Process.Pid)
	for _, pid := range tree {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
	}
	if _, err := p.ended(stopWithin); err != nil {
		return err
	}
	for deadline := time.Now().Add(stopWithin); slices.ContainsFunc(tree, alive); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("processes %v do not die", tree)
		}
	}
	return nil
}

// descendants are the children of a process, their children and so on: a PostgreSQL server puts
// each of its processes into a group of its own.
func descendants(pid int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		if child, parent, _, ok := stat(file); ok {
			children[parent] = append(children[parent], child)
		}
	}
	var all []int
	for next := children[pid]; len(next) > 0; {
		all = append(all, next...)
		var below []int
		for _, c := range next {
			below = append(below, children[c]...)
		}
		next = below
	}
	return all
}

// stat reads a process's id, its parent's and its state: the name between them may hold anything.
func stat(file string) (pid, parent int, state string, ok bool) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, "", false
	}
	before, _, _ := strings.Cut(string(raw), " ")
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(fields) < 2 {
		return 0, 0, "", false
	}
	pid, err1 := strconv.Atoi(before)
	parent, err2 := strconv.Atoi(fields[1])
	return pid, parent, fields[0], err1 == nil && err2 == nil
}

func alive(pid int) bool {
	_, _, state, ok := stat(fmt.Sprintf("/proc/%d/stat", pid))
	return ok && state != "Z" && state != "X"
}

// freeAddr is an address at which nobody listens, for processes that cannot choose one.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// A logbook keeps what a process says and lets others wait for a line.
type logbook struct {
	mu    sync.Mutex
	text  bytes.Buffer
	more  chan struct{} // closed and replaced when there is more
	ended bool
}

func newLogbook() *logbook { return &logbook{more: make(chan struct{})} }

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	close(l.more)
	l.more = make(chan struct{})
	return len(p), nil
}

func (l *logbook) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	close(l.more)
	l.more = make(chan struct{})
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// line waits for a line that begins with prefix and returns the rest of it.
func (l *logbook) line(prefix string, within time.Duration) (string, error) {
	timeout := time.After(within)
	for {
		l.mu.Lock()
		text, ended, more := l.text.String(), l.ended, l.more
		l.mu.Unlock()
		for line := range strings.Lines(text) {
			if rest, ok := strings.CutPrefix(line, prefix); ok && strings.HasSuffix(line, "\n") {
				return strings.TrimSpace(rest), nil
			}
		}
		if ended {
			return "", fmt.Errorf("no line %q: the process has ended", prefix)
		}
		select {
		case <-more:
		case <-timeout:
			return "", fmt.Errorf("no line %q within %s", prefix, within)
		}
	}
}

// A stack is a koko-dev on a folder.
type stack struct {
	*process
	dir string
	url string
	api
	instance struct {
		URL      string     `json:"url"`
		Temporal string     `json:"temporal"`
		TLS      config.TLS `json:"temporal_tls"`
		Database string     `json:"database"`
	}
}

// startStack starts koko-dev on a folder, on any free port, and waits until it is ready.
func startStack(dir string, args ...string) (*stack, error) {
	bin, err := kokoDev()
	if err != nil {
		return nil, err
	}
	p, err := launch(bin, nil, append([]string{"--data", dir, "--addr", "127.0.0.1:0"}, args...)...)
	if err != nil {
		return nil, err
	}
	s := &stack{process: p, dir: dir}
	if s.url, err = p.out.line("ready ", startWithin); err == nil {
		err = s.readInstance()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("koko-dev on %s: %w\n%s", dir, err, s.logs()), p.kill())
	}
	s.api = api{url: s.url, token: remembered(func(login string) (string, error) {
		out, err := exec.Command(bin, "token", login, "--data", dir).Output()
		return strings.TrimSpace(string(out)), err
	})}
	return s, nil
}

func (s *stack) readInstance() error {
	raw, err := os.ReadFile(filepath.Join(s.dir, "instance.json"))
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, &s.instance)
}

// remembered asks f once for each key.
func remembered(f func(string) (string, error)) func(string) (string, error) {
	var mu sync.Mutex
	known := map[string]string{}
	return func(key string) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if v, ok := known[key]; ok {
			return v, nil
		}
		v, err := f(key)
		if err == nil {
			known[key] = v
		}
		return v, err
	}
}

// stop presses Ctrl-C and waits until all have stopped.
func (s *stack) stop() error {
	if err := s.interrupt(); err != nil {
		return err
	}
	switch code, err := s.ended(stopWithin); {
	case err != nil:
		return errors.Join(err, s.kill())
	case code != 0:
		return fmt.Errorf("koko-dev ended with exit code %d\n%s", code, s.logs())
	}
	return nil
}

// The files that a stack logs to.
var logFiles = []string{"koko.log", "temporal.log", "postgres/postgres.log"}

// logs is what the parts of the stack have said last.
func (s *stack) logs() string {
	var b strings.Builder
	fmt.Fprintf(&b, "--- stdout\n%s--- stderr\n%s", s.out, s.err)
	for _, name := range logFiles {
		fmt.Fprintf(&b, "--- %s\n%s", name, tail(filepath.Join(s.dir, name), 3<<10))
	}
	return b.String()
}

// tail is the end of a file, or why there is none.
func tail(path string, size int64) string {
	f, err := os.Open(path)
	if err != nil {
		return err.Error() + "\n"
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.Size() > size {
		_, _ = f.Seek(-size, io.SeekEnd)
		r := bufio.NewReader(f)
		_, _ = r.ReadString('\n')
		rest, _ := io.ReadAll(r)
		return string(rest)
	}
	all, _ := io.ReadAll(f)
	return string(all)
}

// newStack starts koko-dev for a test that may do with it what it likes.
func newStack(t testing.TB, dir string, args ...string) *stack {
	t.Helper()
	s, err := startStack(dir, args...)
	require.NoError(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.logs())
		}
		_ = s.kill() // by now it has stopped, or its end does not matter
	})
	return s
}

// shared is a stack with the demo cases for tests that leave them as they are.
var shared struct {
	once  sync.Once
	stack *stack
	dir   string
	err   error
}

func demoStack(t testing.TB) *stack {
	t.Helper()
	shared.once.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "koko-e2e-demo"); shared.err == nil {
			shared.stack, shared.err = startStack(shared.dir)
		}
	})
	require.NoError(t, shared.err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(shared.stack.logs())
		}
	})
	return shared.stack
}

func stopShared() error {
	var err error
	if shared.stack != nil {
		err = shared.stack.stop()
	}
	if shared.dir != "" {
		err = errors.Join(err, os.RemoveAll(shared.dir))
	}
	return err
}
