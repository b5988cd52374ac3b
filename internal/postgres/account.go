package postgres

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// An account is the user that PostgreSQL runs as. It refuses to run as root.
type account struct {
	name     string
	uid, gid int
	// credential is nil when PostgreSQL simply runs as we do.
	credential *syscall.Credential
	// shutOut means that the account may not pass the folders above the data, as
	// when root keeps them in its home: it inherits the data's folder, opened.
	shutOut bool
}

// accountFor chooses the account for a data folder: ours, or when we are root
// the owner of the folder, or for a new one PostgreSQL's own. It is not nobody:
// others run as that, and whoever runs as the account reads its files.
func accountFor(data string) (account, error) {
	owner, exists := ownerOf(data)
	euid := os.Geteuid()
	switch {
	case exists && euid != 0 && owner.uid != euid:
		return account{}, fmt.Errorf("the data folder %s belongs to user %s: start as that user or as root", data, owner.name)
	case euid != 0:
		return account{uid: euid, gid: os.Getegid()}, nil
	case exists && owner.uid == 0:
		return account{}, fmt.Errorf("the data folder %s belongs to root, which PostgreSQL refuses: give it to an unprivileged user with chown -R", data)
	case exists:
		return owner.dropped(), nil
	}
	a, err := lookup("postgres")
	if err != nil {
		return account{}, fmt.Errorf("PostgreSQL does not run as root and there is no user postgres: start as another user")
	}
	return a.dropped(), nil
}

// dropped is the account with the credential that a root process assumes.
func (a account) dropped() account {
	a.credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	return a
}

func lookup(name string) (account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return account{}, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return account{}, err
	}
	return account{name: name, uid: uid, gid: gid}, nil
}

// ownerOf returns the owner of a path, if it exists.
func ownerOf(path string) (account, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return account{}, false
	}
	st := info.Sys().(*syscall.Stat_t)
	a := account{name: strconv.Itoa(int(st.Uid)), uid: int(st.Uid), gid: int(st.Gid)}
	if u, err := user.LookupId(a.name); err == nil {
		a.name = u.Username
	}
	return a, true
}

// own gives a folder or file to the account.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// runs completes a command that the account is to run.
func (a account) runs(cmd *exec.Cmd, onDeath syscall.Signal) {
	cmd.Dir = "/" // ours may be one that it may not enter
	cmd.Env = childEnv()
	cmd.SysProcAttr = childAttr(a, onDeath)
}

// reach returns the path by which a command of the account gets to a folder. If
// that is through an open file, the command needs it until it has started.
func (a account) reach(cmd *exec.Cmd, dir string) (string, error) {
	if !a.shutOut {
		return dir, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return "", err
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	const first = 3 // after stdin, stdout and stderr
	return inheritedPath(first + len(cmd.ExtraFiles) - 1), nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // nothing was written
	}
}

// canEnter says in one sentence which folder on the way to dir the account may
// not enter, if there is one.
func (a account) canEnter(dir string) error {
	if a.credential == nil {
		return nil
	}
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return err
		}
		if !a.mayEnter(info) {
			return fmt.Errorf("PostgreSQL runs as user %s here, who may not enter %s: choose a data folder outside of it or allow it with \"chmod o+x %s\"", a.name, at, at)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

func (a account) mayEnter(info fs.FileInfo) bool {
	st, mode := info.Sys().(*syscall.Stat_t), info.Mode().Perm()
	switch {
	case int(st.Uid) == a.uid:
		return mode&0o100 != 0
	case int(st.Gid) == a.gid:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}
