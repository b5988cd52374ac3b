// Package e2e runs the whole platform: the built binaries as processes of their own, with the real
// engine on a real PostgreSQL. It is a package of its own so that no other test links the server.
package e2e

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

var (
	rounds = flag.Int("rounds", 0, "crashes to survive; 0: a few")
	seed   = flag.Uint64("seed", 1, "which crashes")
)

// orFew is the number of rounds asked for, few if none was.
func orFew(few int) int {
	if *rounds > 0 {
		return *rounds
	}
	return few
}

// role makes the test binary one of the processes that the tests kill.
const role = "KOKO_E2E_ROLE"

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(role) {
	case "engine":
		err = runEngine()
	case "worker":
		err = runWorker()
	default:
		code := m.Run()
		if err := errors.Join(stopShared(), removeBinaries()); err != nil {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			code = 1
		}
		os.Exit(code)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// built is the folder of the binaries once they are built.
var built string

var build = sync.OnceValue(func() error {
	dir, err := os.MkdirTemp("", "koko-e2e-bin")
	if err != nil {
		return err
	}
	built = dir
	// koko is built in the product's module, with the requirements that it is shipped with.
	for module, program := range map[string]string{"../..": "koko", "..": "koko-dev"} {
		out, err := exec.Command("go", "build", "-C", module, "-o", filepath.Join(dir, program), "./cmd/"+program).CombinedOutput()
		if err != nil {
			return fmt.Errorf("build %s: %w\n%s", program, err, out)
		}
	}
	return nil
})

func removeBinaries() error {
	if built == "" {
		return nil
	}
	return os.RemoveAll(built)
}

// binary is the path of koko or koko-dev: the one that the environment names, or built once from
// what is here.
func binary(name, variable string) (string, error) {
	if path := os.Getenv(variable); path != "" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("%s=%s: %w", variable, path, err)
		}
		return filepath.Abs(path)
	}
	if err := build(); err != nil {
		return "", err
	}
	return filepath.Join(built, name), nil
}

func kokoDev() (string, error) { return binary("koko-dev", "KOKO_DEV_BIN") }
func koko() (string, error)    { return binary("koko", "KOKO_BIN") }
