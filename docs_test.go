package koko_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What docs/security.md says is tried by tests: each that it names is there. A name may be cut short by an ellipsis.
func TestTheTestsThatSecurityNamesAreThere(t *testing.T) {
	page, err := os.ReadFile("docs/security.md")
	require.NoError(t, err)
	var tests strings.Builder
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		tests.Write(b)
		return err
	}))
	named := regexp.MustCompile("`(Test[A-Za-z]+)(…?)`|`([a-z0-9/_]+_test\\.go)`").FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(named), 20)
	for _, n := range named {
		if n[3] != "" {
			require.FileExists(t, n[3])
			continue
		}
		end := "("
		if n[2] != "" {
			end = ""
		}
		require.True(t, strings.Contains(tests.String(), "\nfunc "+n[1]+end), n[0])
	}
}
