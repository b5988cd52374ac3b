package postgres

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFindReturnsWhatRuns(t *testing.T) {
	bin, err := Find()
	require.NoError(t, err)
	major, err := majorOf(bin)
	require.NoError(t, err)
	require.GreaterOrEqual(t, major, oldest)
}

func TestInstallationsInTheirOrder(t *testing.T) {
	root := t.TempDir()
	fake(t, filepath.Join(root, "14", "bin"), "postgres (PostgreSQL) 14.9")
	fake(t, filepath.Join(root, "15", "bin"), "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)")
	fake(t, filepath.Join(root, "18", "bin"), "postgres (PostgreSQL) 18beta1")
	fake(t, filepath.Join(root, "broken", "bin"), "cannot execute: wrong architecture")
	linked := filepath.Join(root, "linked") // as in a folder of PATH
	require.NoError(t, os.Mkdir(linked, 0o755))
	require.NoError(t, os.Symlink(filepath.Join(root, "15", "bin", "initdb"), filepath.Join(linked, "initdb")))

	globs := []string{filepath.Join(root, "*", "bin")}
	v15, v18 := filepath.Join(root, "15", "bin"), filepath.Join(root, "18", "bin")
	for name, c := range map[string]struct {
		path string
		want []string
	}{
		"the newest comes first":            {"", []string{v18, v15}},
		"PATH comes before it, by its link": {linked, []string{v15, v18, v15}},
		"but not with one too old":          {filepath.Join(root, "14", "bin"), []string{v18, v15}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, in := range installations(c.path, globs) {
				got = append(got, in.bin)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestWhatIsMissingIsNamedWithItsCommand(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	require.Equal(t, "sudo apt-get install postgresql", InstallCommand())

	tools := t.TempDir()
	t.Setenv("PATH", tools)
	script(t, filepath.Join(tools, "apt-get"), "exit 1")
	script(t, filepath.Join(tools, "apt-cache"), `echo "postgresql-13 - old"; echo "postgresql-15 - good"; echo "postgresql-common - other"`)
	err := notFound(InstallCommand())
	require.ErrorIs(t, err, ErrNotFound)
	require.EqualError(t, err, `PostgreSQL 15 or newer is not installed: run "sudo apt-get install postgresql-15"`)
}

func TestInstallCreatesNoClusterOfTheDistributions(t *testing.T) {
	tools, conf := t.TempDir(), filepath.Join(t.TempDir(), "createcluster.conf")
	t.Setenv("PATH", tools+":/bin:/usr/bin")
	before := "# the administrator's\n#create_main_cluster = true"
	require.NoError(t, os.WriteFile(conf, []byte(before), 0o644))
	script(t, filepath.Join(tools, "apt-cache"), `echo "postgresql-16 - object-relational SQL database"`)
	script(t, filepath.Join(tools, "apt-get"), fmt.Sprintf(`echo "$DEBIAN_FRONTEND $@"; grep ^create %q || true`, conf))

	var progress bytes.Buffer
	require.NoError(t, installDebian(t.Context(), &progress, conf))
	require.Equal(t, `noninteractive update --quiet
noninteractive install --yes --no-install-recommends postgresql-common --quiet
noninteractive install --yes --no-install-recommends postgresql-16 --quiet
create_main_cluster = false
`, progress.String())
	after, err := os.ReadFile(conf)
	require.NoError(t, err)
	require.Equal(t, before, string(after), "the setting is put back")

	script(t, filepath.Join(tools, "apt-get"), "exit 100")
	require.ErrorContains(t, installDebian(t.Context(), &progress, conf), `run "sudo apt-get install postgresql-16" yourself`)
}

// fake makes an installation that says it has this version.
func fake(t *testing.T, bin, version string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(bin, 0o755))
	script(t, filepath.Join(bin, "initdb"), "exit 1")
	script(t, filepath.Join(bin, "postgres"), "echo '"+version+"'")
}

func script(t *testing.T, path, body string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755))
}
