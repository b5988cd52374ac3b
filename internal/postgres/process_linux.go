package postgres

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// childAttr makes a child that runs as the account, gets none of the terminal's
// signals (we stop it ourselves, and last) and is sent onDeath when the thread
// that forked it dies, which must therefore be locked to its goroutine.
func childAttr(a account, onDeath syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: a.credential, Setpgid: true, Pdeathsig: onDeath}
}

// canInherit tells that a folder can be reached through an open file, whatever
// the folders above it allow.
const canInherit = true

// inheritedPath is the path to an open file of the process that asks for it.
func inheritedPath(number int) string { return "/proc/self/fd/" + strconv.Itoa(number) }

// workingOn lists the PostgreSQL processes that work on a data folder.
func workingOn(data string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && worksOn(pid, data) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// worksOn tells whether a process is a PostgreSQL of the data folder. All of
// them have it as their working folder, which root may not see in a container;
// but the first of them also names it among its arguments.
func worksOn(pid int, data string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	name, err := os.ReadFile(filepath.Join(proc, "comm"))
	if err != nil || string(bytes.TrimSpace(name)) != "postgres" {
		return false
	}
	if cwd, err := os.Readlink(filepath.Join(proc, "cwd")); err == nil && cwd == data {
		return true
	}
	args, err := os.ReadFile(filepath.Join(proc, "cmdline"))
	return err == nil && slices.ContainsFunc(bytes.Split(args, []byte{0}), func(arg []byte) bool {
		return string(arg) == "--"+nameTag+"="+data
	})
}
