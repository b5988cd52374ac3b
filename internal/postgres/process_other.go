//go:build !linux

package postgres

import "syscall"

// childAttr makes a child that runs as the account and gets none of the
// terminal's signals. Only Linux tells a child that its parent has died.
func childAttr(a account, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: a.credential, Setpgid: true}
}

// canInherit is false: the account must be able to enter the folders above the data.
const canInherit = false

func inheritedPath(int) string { return "" }

// workingOn is unknown without /proc: PostgreSQL's own lock file has to do.
func workingOn(string) []int { return nil }
