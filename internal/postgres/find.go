package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldest is the first major version whose features KoKo relies on.
const oldest = 15

// ErrNotFound means that no usable PostgreSQL is installed. The error that
// wraps it names the command that installs one.
var ErrNotFound = errors.New("PostgreSQL 15 or newer is not installed")

// homes are the bin folders of the usual packagers. Most of them keep the
// server's programs out of PATH.
var homes = []string{
	"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
	"/usr/pgsql-*/bin",          // PGDG on Fedora and its kin
	"/usr/libexec/postgresql*",  // Alpine
	"/usr/lib/postgresql*/bin",  // openSUSE
	"/usr/local/pgsql/bin",      // built from source
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// Find returns the folder of the initdb and postgres to use: those in PATH if
// they are recent enough, or else the newest that a packager has installed.
func Find() (bin string, err error) {
	found := installations(os.Getenv("PATH"), homes)
	if len(found) == 0 {
		return "", notFound(InstallCommand())
	}
	return found[0].bin, nil
}

func notFound(command string) error {
	return fmt.Errorf("%w: run %q", ErrNotFound, command)
}

// installation is one PostgreSQL found on the machine.
type installation struct {
	bin   string
	major int
}

// installations lists what is recent enough: PATH in its order, then the
// packagers' folders from the newest version down.
func installations(path string, globs []string) []installation {
	var found, packaged []installation
	for _, dir := range filepath.SplitList(path) {
		if in, ok := inspect(dir); ok {
			found = append(found, in)
		}
	}
	for _, glob := range globs {
		dirs, _ := filepath.Glob(glob) // the only error is a malformed constant
		for _, dir := range dirs {
			if in, ok := inspect(dir); ok {
				packaged = append(packaged, in)
			}
		}
	}
	slices.SortStableFunc(packaged, func(a, b installation) int { return cmp.Compare(b.major, a.major) })
	return append(found, packaged...)
}

// inspect looks for the two programs in dir, following links to where they
// really are: they find their libraries and share folder from there.
func inspect(dir string) (installation, bool) {
	initdb, err := filepath.EvalSymlinks(filepath.Join(dir, "initdb"))
	if err != nil {
		return installation{}, false
	}
	for _, bin := range []string{filepath.Dir(initdb), dir} {
		if major, err := majorOf(bin); err == nil && major >= oldest && isFile(filepath.Join(bin, "initdb")) {
			return installation{bin: bin, major: major}, true
		}
	}
	return installation{}, false
}

var versionLine = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)

// majorOf asks the postgres in bin for its version, which also shows that it runs.
func majorOf(bin string) (int, error) {
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return 0, fmt.Errorf("version of PostgreSQL in %s: %w", bin, err)
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("version of PostgreSQL in %s: unexpected answer %q", bin, out)
	}
	return strconv.Atoi(string(m[1]))
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
