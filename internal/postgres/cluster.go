package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// defaults are the settings that differ from PostgreSQL's own. What could lose a
// commit (fsync, synchronous_commit) is on there, and is named here so that
// nobody's postgresql.conf turns it off.
var defaults = map[string]string{
	"listen_addresses":        "", // unix socket only
	"unix_socket_permissions": "0700",
	"fsync":                   "on",
	"synchronous_commit":      "on",
	"full_page_writes":        "on",
	"max_connections":         "300",
	"shared_buffers":          "256MB",
	"max_wal_size":            "2GB",
	"checkpoint_timeout":      "15min",
	"wal_level":               "minimal", // nobody replicates a private server
	"max_wal_senders":         "0",
	"jit":                     "off", // compiling costs more than our short queries
	"timezone":                "UTC",
	"log_timezone":            "UTC",
	"log_checkpoints":         "off",
	"logging_collector":       "off",
	"log_destination":         "stderr",
	"log_line_prefix":         "%m [%p] ",
}

// nameTag is a setting that PostgreSQL ignores. It tells which data folder a
// process works on, also where the path it was given does not.
const nameTag = "koko.data"

// arguments are those of a server on the data folder, which the process knows by
// the paths given. Their order is the same every time.
func (s *Server) arguments(data, socket string, settings map[string]string) []string {
	all := map[string]string{
		nameTag: s.data,
		"port":  strconv.Itoa(port),
		// The setting is a list: only quotes make one folder of one with a comma.
		"unix_socket_directories": `"` + strings.ReplaceAll(socket, `"`, `""`) + `"`,
	}
	for _, more := range []map[string]string{defaults, settings} {
		for name, value := range more {
			all[name] = value
		}
	}
	args := []string{"-D", data}
	for name, value := range all {
		args = append(args, "--"+name+"="+value)
	}
	slices.Sort(args[2:])
	return args
}

// childEnv is our environment without what would redirect PostgreSQL or
// translate the messages that we quote.
func childEnv() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "PG") || strings.HasPrefix(v, "LC_") || strings.HasPrefix(v, "LANG")
	})
	return append(env, "LC_ALL=C")
}

// makeHome creates the folder that everything lies in, so that the unprivileged
// user can enter but not list it, and returns its real path.
func makeHome(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("data folder %s: %w", dir, err)
	}
	_, err = os.Stat(abs)
	fresh := errors.Is(err, os.ErrNotExist)
	if err := os.MkdirAll(abs, 0o711); err != nil {
		return "", fmt.Errorf("the data folder %s cannot be created: %w", abs, err)
	}
	if fresh { // whatever the umask
		if err := os.Chmod(abs, 0o711); err != nil {
			return "", fmt.Errorf("the data folder %s: %w", abs, err)
		}
	}
	return filepath.EvalSymlinks(abs)
}

// chooseBin returns the folder of a PostgreSQL that can read the data folder:
// its files are those of one major version.
func chooseBin(bin, data string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil { // a new folder, or one that ensureCluster will speak about
		if bin != "" {
			return bin, nil
		}
		return Find()
	}
	need, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return "", fmt.Errorf("the data in %s are damaged: PG_VERSION does not name a version", data)
	}
	if bin != "" {
		major, err := majorOf(bin)
		if err != nil {
			return "", err
		}
		return fitting(need, data, installation{bin, major})
	}
	return fitting(need, data, installations(os.Getenv("PATH"), homes)...)
}

func fitting(need int, data string, candidates ...installation) (string, error) {
	if len(candidates) == 0 {
		return "", notFound(InstallCommand())
	}
	var have []string
	for _, c := range candidates {
		if c.major == need {
			return c.bin, nil
		}
		have = append(have, strconv.Itoa(c.major))
	}
	return "", fmt.Errorf("the data in %s was written by PostgreSQL %d, but here is only %s: install version %d beside it",
		data, need, strings.Join(slices.Compact(have), ", "), need)
}

// ensureCluster creates the database cluster. It is built beside and put in
// place by one rename, so that what bears the name data is always complete.
func ensureCluster(ctx context.Context, bin, data string, a account) error {
	entries, err := os.ReadDir(data)
	switch {
	case err == nil && slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == "PG_VERSION" }):
		return nil
	case err == nil && len(entries) > 0:
		return fmt.Errorf("the data folder %s is damaged or not PostgreSQL's (it has no PG_VERSION): restore it from a backup, or move it away to begin anew", data)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("data folder: %w", err)
	}
	removeUnfinished(data)
	unfinished, err := os.MkdirTemp(filepath.Dir(data), unfinishedPrefix)
	if err != nil {
		return fmt.Errorf("create the data folder: %w", err)
	}
	if err := a.own(unfinished); err != nil {
		return fmt.Errorf("create the data folder: %w", err)
	}
	if err := initdb(ctx, bin, unfinished, a); err != nil {
		return errors.Join(err, os.RemoveAll(unfinished))
	}
	if err := os.Rename(unfinished, data); err != nil {
		return fmt.Errorf("put the data folder in place: %w", err)
	}
	return syncDir(filepath.Dir(data))
}

const unfinishedPrefix = "data.unfinished-"

// removeUnfinished removes what interrupted calls of initdb have left. What
// resists, because one of them is just ending, goes the next time.
func removeUnfinished(data string) {
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(data), unfinishedPrefix+"*"))
	for _, dir := range left {
		_ = os.RemoveAll(dir)
	}
}

// initdb sorts by code point, which is the same on every machine, and knows the
// letters of all languages, without which upper and lower case of Ä differ.
func initdb(ctx context.Context, bin, data string, a account) error {
	ctype := "C.UTF-8"
	if runtime.GOOS != "linux" {
		ctype = "en_US.UTF-8"
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"))
	a.runs(cmd, syscall.SIGKILL)
	at, err := a.reach(cmd, data)
	if err != nil {
		return fmt.Errorf("create the data folder: %w", err)
	}
	defer closeAll(cmd.ExtraFiles)
	cmd.Args = append(cmd.Args, "-D", at, "-U", Superuser, "-A", "trust",
		"-E", "UTF8", "--locale=C", "--lc-ctype="+ctype, "--no-instructions")
	runtime.LockOSThread() // see launch
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("initdb could not create %s: %w: %s", data, err, lastWords(out))
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// socketLimit keeps the socket's path within the 104 to 108 bytes that the
// systems allow.
const socketLimit = 100

// makeSocketDir makes the folder of the socket: beside the data, or where that
// path would be too long, in the system's folder for temporary files under a
// name that is the same at every start.
func makeSocketDir(data string, a account) (string, error) {
	dir := filepath.Join(filepath.Dir(data), "s")
	if len(socketPath(dir)) > socketLimit {
		sum := sha256.Sum256([]byte(data))
		name := "koko-" + hex.EncodeToString(sum[:6])
		if dir = filepath.Join(os.TempDir(), name); len(socketPath(dir)) > socketLimit {
			dir = filepath.Join("/tmp", name)
		}
	}
	if err := makePrivate(dir, a); err != nil {
		return "", err
	}
	// The folder is private and nobody works on the data: what lies here is stale.
	for _, file := range []string{socketPath(dir), socketPath(dir) + ".lock"} {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("remove a stale socket: %w", err)
		}
	}
	return dir, nil
}

func socketPath(dir string) string { return filepath.Join(dir, ".s.PGSQL."+strconv.Itoa(port)) }

// makePrivate makes a folder that only the account may enter, and trusts none
// that somebody else has put there.
func makePrivate(dir string, a account) error {
	if err := os.Mkdir(dir, 0o700); err == nil {
		if err := a.own(dir); err != nil {
			return fmt.Errorf("socket folder: %w", err)
		}
	} else if !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("the socket folder cannot be created: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("socket folder: %w", err)
	}
	owner := int(info.Sys().(*syscall.Stat_t).Uid)
	switch {
	case !info.IsDir() || owner != a.uid && owner != os.Geteuid():
		return fmt.Errorf("the socket folder %s belongs to somebody else: remove it", dir)
	case owner != a.uid: // we were killed between making and giving it
		if err := a.own(dir); err != nil {
			return fmt.Errorf("socket folder: %w", err)
		}
	}
	return os.Chmod(dir, 0o700)
}

// lastWords is the line of a program's output that says best what went wrong.
func lastWords(out []byte) string {
	var last string
	for line := range bytes.Lines(out) {
		text := strings.TrimSpace(string(line))
		for _, mark := range []string{"FATAL:", "PANIC:", "initdb: error:"} {
			if _, after, ok := strings.Cut(text, mark); ok {
				return strings.TrimSpace(after)
			}
		}
		if text != "" {
			last = text
		}
	}
	return last
}
