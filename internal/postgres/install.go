package postgres

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// InstallCommand is what a person types to install PostgreSQL on this machine,
// with the extensions that Temporal needs.
func InstallCommand() string {
	for _, m := range []struct{ program, command string }{
		{"apt-get", "sudo apt-get install " + debianPackage()},
		{"dnf", "sudo dnf install postgresql-server postgresql-contrib"},
		{"zypper", "sudo zypper install postgresql-server postgresql-contrib"},
		{"pacman", "sudo pacman -S postgresql"},
		{"apk", "sudo apk add postgresql postgresql-contrib"},
		{"brew", "brew install postgresql@17"},
	} {
		if _, err := exec.LookPath(m.program); err == nil {
			return m.command
		}
	}
	return "sudo apt-get install postgresql"
}

// Install installs the distribution's PostgreSQL with apt-get, if that exists
// and we are root; otherwise the error names the command to run. It neither
// creates nor starts a cluster of the distribution's own.
func Install(ctx context.Context, progress io.Writer) error {
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return notFound(InstallCommand())
	}
	return installDebian(ctx, progress, "/etc/postgresql-common/createcluster.conf")
}

// installDebian installs in two steps, because the second creates and starts a
// cluster unless a file that comes with the first forbids it. The file is left
// as it was found: the setting would surprise the machine's administrator.
func installDebian(ctx context.Context, progress io.Writer, clusterConf string) error {
	if err := aptGet(ctx, progress, "update"); err != nil {
		return err
	}
	if err := aptGet(ctx, progress, "install", "--yes", "--no-install-recommends", "postgresql-common"); err != nil {
		return err
	}
	restore, err := appendLine(clusterConf, "create_main_cluster = false")
	if err != nil {
		return fmt.Errorf("install PostgreSQL: %w", err)
	}
	defer restore()
	return aptGet(ctx, progress, "install", "--yes", "--no-install-recommends", debianPackage())
}

func aptGet(ctx context.Context, progress io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append(args, "--quiet")...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	cmd.Stdout, cmd.Stderr = progress, progress
	// A package manager that is shot leaves half-configured packages behind.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = time.Minute
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("apt-get %s failed (%w): run %q yourself", strings.Join(args, " "), err, InstallCommand())
	}
	return nil
}

// appendLine adds a line to a file and returns what undoes it.
func appendLine(path, line string) (restore func(), err error) {
	before, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	after := append(slices.Clone(before), "\n"+line+"\n"...)
	if err := os.WriteFile(path, after, 0o644); err != nil {
		return nil, err
	}
	return func() { _ = os.WriteFile(path, before, 0o644) }, nil
}

var debianName = regexp.MustCompile(`(?m)^postgresql-(\d+) `)

// debianPackage is the newest recent server package that apt knows.
func debianPackage() string {
	out, err := exec.Command("apt-cache", "search", "--names-only", `^postgresql-[0-9]+$`).Output()
	if err != nil {
		return "postgresql"
	}
	newest := 0
	for _, m := range debianName.FindAllSubmatch(out, -1) {
		if major, err := strconv.Atoi(string(m[1])); err == nil {
			newest = max(newest, major)
		}
	}
	if newest < oldest {
		return "postgresql"
	}
	return "postgresql-" + strconv.Itoa(newest)
}
