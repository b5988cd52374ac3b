package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// How long an orphan may take before it is asked less politely.
const (
	orphanFast      = 10 * time.Second
	orphanImmediate = 20 * time.Second
)

// clearTheWay leaves no process and no lock file behind that would keep a new
// PostgreSQL from the data folder. Whoever calls it holds the folder's lock, so
// a PostgreSQL that still works there has lost its parent.
func clearTheWay(ctx context.Context, data string) error {
	file := filepath.Join(data, "postmaster.pid")
	pid, err := recordedPID(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	if err := stopOrphan(ctx, data, pid); err != nil {
		return err
	}
	return removeStale(file)
}

// stopOrphan waits until nobody works on the data folder any more. An orphan
// was told to shut down when its parent died; it is told again for the case that
// the message was lost.
func stopOrphan(ctx context.Context, data string, postmaster int) error {
	began, fast, immediate := time.Now(), false, false
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		left := workingOn(data)
		if len(left) == 0 {
			return nil
		}
		switch waited := time.Since(began); {
		case waited > orphanImmediate:
			return fmt.Errorf("a PostgreSQL that lost its parent still works on %s and does not stop: end process %d", data, left[0])
		case waited > orphanFast && !immediate:
			immediate = true
			signalAll(left, syscall.SIGQUIT)
		case !fast && slices.Contains(left, postmaster):
			fast = true
			signalAll([]int{postmaster}, syscall.SIGINT)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

func signalAll(pids []int, sig syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, sig) // it may be gone already, which is what we want
	}
}

// removeStale removes a lock file that PostgreSQL would take at its word: one
// that was cut short, or whose process number by now belongs to somebody else.
// A number nobody has it handles itself, and better: it then also looks for
// shared memory still in use.
func removeStale(file string) error {
	pid, err := recordedPID(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("read %s: %w", file, err)
	case pid != 0 && (runtime.GOOS != "linux" || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)):
		return nil // elsewhere we cannot tell who has the number
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove a stale lock file: %w", err)
	}
	return nil
}

// recordedPID reads the first line of postmaster.pid. It is 0 if there is none,
// as after a crash of the machine; PostgreSQL negates it in single-user mode.
func recordedPID(file string) (int, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return 0, nil //nolint:nilerr // an unreadable number is as good as none
	}
	return max(pid, -pid), nil
}
