package postgres

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// stranger does something as a user of the same machine who is neither root nor PostgreSQL. The thread is not used again.
func stranger(t *testing.T, do func() error) error {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can act as somebody else")
	}
	const nobody = 65534
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, nobody, nobody, nobody); errno != 0 { // of this thread alone
			result <- errno
			return
		}
		result <- do()
	}()
	return <-result
}

// Whoever else is on the machine does not get as far as being asked who he is.
func TestNobodyElseConnects(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: tempDir(t)})
	connect := func() error {
		c, err := net.Dial("unix", socketPath(s.socket))
		if err == nil {
			_ = c.Close()
		}
		return err
	}
	require.NoError(t, connect())
	require.ErrorIs(t, stranger(t, connect), syscall.EACCES)
	require.ErrorIs(t, stranger(t, func() error { _, err := os.ReadDir(s.data); return err }), syscall.EACCES)
	require.ErrorIs(t, stranger(t, func() error { _, err := os.ReadDir(s.socket); return err }), syscall.EACCES)
}

// There is no port that somebody on another machine could find.
func TestNothingListensOnTheNetwork(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Dir: tempDir(t)})
	proc := filepath.Join("/proc", strconv.Itoa(s.process.Pid))
	fds, err := filepath.Glob(filepath.Join(proc, "fd", "*"))
	require.NoError(t, err)
	sockets := 0
	for _, fd := range fds {
		target, err := os.Readlink(fd)
		inode, is := strings.CutPrefix(target, "socket:[")
		if err != nil || !is {
			continue
		}
		sockets++
		for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
			raw, err := os.ReadFile(filepath.Join(proc, "net", table))
			require.NoError(t, err)
			require.NotContains(t, string(raw), " "+strings.TrimSuffix(inode, "]")+" ", table)
		}
	}
	require.Positive(t, sockets, "its own in the folder")
}
