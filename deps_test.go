// Package koko holds the rules of the house about its packages, as tests.
package koko_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/kinds"
)

const module = "koko/"

// modules are the folders of the two modules: the product, and what links the Temporal server.
var modules = []string{".", "embedded"}

// A pkg is what `go list` says about a package of ours.
type pkg struct {
	ImportPath, Dir, Doc                        string
	Standard                                    bool
	GoFiles, Imports, TestImports, XTestImports []string
}

// goList asks in a module's folder.
func goList(t *testing.T, dir string, args ...string) (pkgs []pkg) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"-C", dir, "list", "-json=ImportPath,Dir,Doc,Standard,GoFiles,Imports,TestImports,XTestImports"}, args...)...)
	out, err := cmd.Output()
	require.NoError(t, err)
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p pkg
		require.NoError(t, d.Decode(&p))
		pkgs = append(pkgs, p)
	}
	require.NotEmpty(t, pkgs)
	return pkgs
}

// ours returns the packages of both modules.
func ours(t *testing.T) (pkgs []pkg) {
	t.Helper()
	for _, dir := range modules {
		pkgs = append(pkgs, goList(t, dir, "./...")...)
	}
	for _, p := range pkgs {
		_, err := os.ReadDir(p.Dir) // what a test opens, its cached result depends on
		require.NoError(t, err)
	}
	return pkgs
}

// in reports whether path is one of the trees or lies below one.
func in(path string, trees ...string) bool {
	return slices.ContainsFunc(trees, func(tree string) bool { return path == tree || strings.HasPrefix(path, tree+"/") })
}

// arrows says what a tree may import of ours, besides itself, and of others, besides the standard
// library; others is nil where a rule below suffices.
var arrows = []struct {
	tree   string
	ours   []string
	others []string
}{
	{"domain", nil, []string{"github.com/rickar/cal/v2"}},
	{"kinds", []string{"domain"}, []string{}}, // the list: nothing else names a kind
	{"db", []string{"domain"}, []string{"github.com/jackc/pgx/v5", "github.com/pressly/goose/v3", "github.com/google/uuid"}},
	{"policies", []string{"domain", "kinds"}, []string{"github.com/casbin/casbin"}},
	{"activities", []string{"domain", "kinds", "db", "internal/notify", "internal/certificate", "internal/evidence/ledger", "internal/evidence/logbook", "internal/evidence/runs", "internal/evidence/witness"}, []string{"github.com/jackc/pgx/v5", "go.temporal.io/sdk/temporal", "go.temporal.io/sdk/activity", "github.com/google/uuid"}},
	{"workflows", []string{"domain", "kinds", "activities"}, []string{"go.temporal.io/sdk"}},
	{"internal/engine", []string{"domain", "workflows", "internal/evidence/runs", "internal/payload"}, []string{"go.temporal.io", "github.com/google/uuid"}},
	{"internal/evidence/runs", []string{"domain", "kinds"}, []string{"go.temporal.io/api", "google.golang.org/protobuf"}},
	{"internal/evidence/replay", []string{"internal/evidence/runs", "internal/payload"}, []string{"go.temporal.io", "google.golang.org/protobuf"}},
	{"internal/evidence/history", []string{"domain", "kinds", "activities", "workflows"}, []string{"go.temporal.io/api"}}, // pure: the types of what histories hold
	// It compares what every other part wrote, and knows no more of the engine than histories.
	{"internal/evidence/reconcile", []string{"domain", "kinds", "db", "activities", "workflows", "internal/evidence/history", "internal/evidence/runs", "internal/story"}, []string{"github.com/jackc/pgx/v5", "github.com/google/uuid", "go.temporal.io/api"}},
	{"internal/vault", []string{"internal/keyfile"}, nil},
	{"internal/payload", []string{"internal/vault"}, []string{"go.temporal.io", "google.golang.org/protobuf"}},
	{"internal/auth", []string{"domain"}, nil},
	{"internal/notify", []string{"domain"}, nil},
	{"internal/certificate", []string{"domain", "internal/keyfile"}, nil},
	{"internal/keyfile", nil, []string{"github.com/gofrs/flock"}},
	{"internal/evidence/ledger", nil, []string{"github.com/transparency-dev/merkle", "golang.org/x/mod/sumdb/note"}},
	{"internal/evidence/logbook", []string{"db", "domain/calendar", "internal/keyfile", "internal/evidence/ledger"}, []string{"github.com/jackc/pgx/v5"}},
	{"internal/evidence/witness", []string{"db", "internal/evidence/ledger", "internal/evidence/logbook"}, []string{"github.com/jackc/pgx/v5"}},
	{"internal/evidence/ledgercheck", []string{"db", "domain/calendar", "internal/evidence/ledger", "internal/evidence/logbook", "internal/evidence/verify"}, []string{}},
	{"internal/evidence/verify", []string{"domain/calendar", "domain/file", "internal/evidence/ledger"}, []string{"golang.org/x/mod/sumdb/note"}},
	{"internal/story", []string{"domain", "kinds"}, []string{}},
	{"internal/sheet", nil, nil},
	{"internal/calendar", nil, nil},
	{"internal/postgres", nil, nil},
	{"embedded/devstack", []string{"internal/postgres"}, nil},
	// It plays through a door that its users bring: it knows no API, no engine and no record.
	{"internal/scenario", []string{"domain", "kinds"}, []string{"github.com/google/uuid", "go.yaml.in/yaml/v3"}},
	{"internal/casetest", []string{"domain", "internal/scenario"}, []string{}},
	{"internal/trainingtest", []string{"domain"}, []string{}},
	{"api", []string{"domain", "kinds", "db", "policies", "internal/evidence/history", "internal/auth", "internal/vault", "internal/sheet", "internal/calendar", "internal/certificate", "internal/story", "internal/evidence/ledger", "internal/evidence/logbook", "internal/evidence/verify", "internal/evidence/runs", "internal/evidence/witness", "internal/evidence/reconcile"}, nil}, // reconcile: its words
	// The parts of the API, from the wire inwards: api itself puts them together.
	{"api/wire", []string{"domain", "kinds", "policies"}, nil},
	{"api/guard", []string{"api/wire", "domain", "kinds", "db", "policies", "internal/auth"}, nil},
	{"api/evidence", []string{"api/wire", "api/guard", "domain/fault", "db", "policies", "internal/evidence"}, nil},
	{"api/files", []string{"api/wire", "api/guard", "api/evidence", "domain", "kinds", "db", "policies", "internal/auth", "internal/evidence", "internal/story", "internal/vault"}, nil},
	{"api/training", []string{"api/wire", "api/guard", "api/files", "domain", "db", "policies", "internal/auth", "internal/calendar", "internal/certificate", "internal/sheet"}, nil},
	{"api/oversight", []string{"api/wire", "api/guard", "api/files", "domain", "kinds", "db", "policies", "internal/auth", "internal/evidence/reconcile", "internal/sheet", "internal/story"}, nil},
	{"api/people", []string{"api/wire", "api/guard", "api/files", "domain", "db", "policies", "internal/story"}, nil},
	{"api/public", []string{"api/wire", "api/guard", "api/training", "domain", "kinds", "db", "internal/auth", "internal/certificate"}, nil},
}

// only says who may import something at all, tests included where they are named.
var only = []struct {
	what  string
	why   string
	who   []string
	tests bool // whether the rule binds tests too
}{
	{"go.temporal.io/server", "it takes minutes to compile and 150 MB", []string{"embedded/devstack", "embedded/cmd/koko-dev", "embedded/e2e"}, true},
	{"go.temporal.io", "the API asks through an interface", []string{
		"workflows", "activities", "internal/evidence/history", "internal/evidence/reconcile", "internal/engine", "internal/evidence/runs", "internal/evidence/replay", "internal/payload", "internal/app", "internal/recordtest", "internal/historytest", "internal/payloadtest", "embedded/devstack", "embedded/cmd/koko-dev", "embedded/e2e",
	}, false},
	{"github.com/jackc/pgx/v5", "only db knows SQL; the others pass a pool or a transaction on, or start PostgreSQL", []string{
		"db", "activities", "internal/evidence/reconcile", "api", "internal/app", "internal/evidence/logbook", "internal/evidence/witness", "internal/postgres", "internal/dbtest", "embedded/devstack", "embedded/cmd/koko-dev", "embedded/e2e",
	}, false},
	{"github.com/casbin/casbin", "only policies knows Casbin", []string{"policies"}, true},
	{"github.com/danielgtaylor/huma", "only api knows Huma", []string{"api"}, true},
	{"codeberg.org/go-pdf/fpdf", "only internal/certificate draws documents", []string{"internal/certificate"}, true},
	{"github.com/xuri/excelize/v2", "only internal/sheet knows workbooks", []string{"internal/sheet"}, false},
	{"github.com/arran4/golang-ical", "only internal/calendar knows iCalendar", []string{"internal/calendar"}, false},
	{"github.com/rickar/cal/v2", "only domain/calendar knows holidays", []string{"domain/calendar"}, false},
	{"koko/embedded", "the product does not link the server", []string{"embedded"}, true},
	{"koko/embedded/devstack", "it starts the server", []string{"embedded/cmd/koko-dev", "embedded/e2e"}, true},
	{"koko/internal/devidp", "the product has no login of its own", []string{"internal/auth", "embedded/cmd/koko-dev", "embedded/e2e"}, true},
	{"go.yaml.in/yaml", "only internal/scenario reads YAML", []string{"internal/scenario"}, false},
	{"koko/internal/scenario", "what plays scripts is the demonstration and tests", []string{"internal/demo", "internal/casetest", "internal/historytest"}, false},
	{"koko/internal/casetest", "it is for tests", []string{"internal/historytest"}, false},
	{"koko/internal/trainingtest", "it is for tests", []string{"internal/dbtest", "internal/historytest"}, false},
	{"koko/internal/dbtest", "it is for tests", nil, false},
	{"koko/internal/recordtest", "it is for tests", []string{"internal/historytest"}, false},
	{"koko/internal/historytest", "it is for tests", nil, false},
	{"koko/internal/payloadtest", "it is for tests", nil, false},
	{"testing", "it is for tests", []string{"internal/dbtest"}, false},
}

func TestImportsFollowTheArrows(t *testing.T) {
	standard := map[string]bool{}
	for _, p := range goList(t, ".", "std") {
		standard[p.ImportPath] = true
	}
	for _, p := range ours(t) {
		path := strings.TrimPrefix(p.ImportPath, module)
		for _, a := range arrows {
			if !in(path, a.tree) {
				continue
			}
			for _, imported := range p.Imports {
				inner, isOurs := strings.CutPrefix(imported, module)
				switch {
				case isOurs:
					require.True(t, in(inner, append(a.ours, a.tree)...), "%s imports %s: %s may import %v", path, imported, a.tree, a.ours)
				case a.others != nil && !standard[imported]:
					require.True(t, in(imported, a.others...), "%s imports %s: %s may import %v", path, imported, a.tree, a.others)
				}
			}
		}
		for _, o := range only {
			imports := p.Imports
			if o.tests {
				imports = slices.Concat(p.Imports, p.TestImports, p.XTestImports)
			}
			for _, imported := range imports {
				require.True(t, !in(imported, o.what) || in(path, o.who...) || in(p.ImportPath, o.what), "%s imports %s: %s", path, imported, o.why)
			}
		}
	}
}

func TestTheProductDoesNotLinkTheTemporalServer(t *testing.T) {
	for _, p := range goList(t, ".", "-deps", "-test", "./...") {
		require.False(t, in(p.ImportPath, "go.temporal.io/server", "koko/embedded"), "the product or a test of it links %s", p.ImportPath)
	}
	for _, main := range []string{"./cmd/koko", "./workflows", "./api"} {
		for _, p := range goList(t, ".", "-deps", main) {
			require.False(t, in(p.ImportPath, "koko/internal/devidp"), "%s links %s", main, p.ImportPath)
		}
	}
}

func TestTheProductDoesNotRequireTheTemporalServer(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	require.NotContains(t, string(text), "go.temporal.io/server")
	require.NotContains(t, string(text), "koko/embedded")
}

// The rules decide the same everywhere: no clock, no chance, no I/O. What is embedded is part of the code.
func TestTheDomainHasNoClockAndNoIO(t *testing.T) {
	for _, p := range goList(t, ".", "./domain/...") {
		for _, imported := range p.Imports {
			require.False(t, in(imported, "os", "net", "io", "math/rand", "crypto/rand", "log", "context", "sync"), "%s imports %s", p.ImportPath, imported)
		}
		for _, file := range p.GoFiles {
			source, err := os.ReadFile(filepath.Join(p.Dir, file))
			require.NoError(t, err)
			require.NotRegexp(t, `\btime\.(Now|Since|Until|After|Tick|Sleep|NewTimer|NewTicker)\(`, string(source), file)
		}
	}
}

// A kind of file tells another one something by a message, which both know: it never knows the other itself.
func TestNoKindImportsAnother(t *testing.T) {
	var homes []string
	for _, k := range kinds.All() {
		homes = append(homes, reflect.TypeOf(k.Fresh("", "")).PkgPath())
	}
	for _, p := range goList(t, ".", homes...) {
		for _, imported := range p.Imports {
			require.NotContains(t, homes, imported, p.ImportPath)
		}
	}
}

// An enumeration is a type that lists its values, and what describes or checks one asks it: see file.Enumeration.
// A tag would repeat them.
func TestNoTagRepeatsTheValuesOfAnEnumeration(t *testing.T) {
	fields := 0
	for _, p := range ours(t) {
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			ast.Inspect(f, func(n ast.Node) bool {
				if field, ok := n.(*ast.Field); ok && field.Tag != nil {
					fields++
					tag, err := strconv.Unquote(field.Tag.Value)
					require.NoError(t, err)
					_, repeated := reflect.StructTag(tag).Lookup("enum")
					require.False(t, repeated, "%s/%s: `%s`", p.ImportPath, name, tag)
				}
				return true
			})
		}
	}
	require.Greater(t, fields, 500, "where are the fields?")
}

// db.New is what sqlc generates: an error of its queries does not say which one it was. db.On does.
func TestQueriesSayWhichOneFailed(t *testing.T) {
	asked := 0
	for _, p := range ours(t) {
		for _, name := range p.GoFiles {
			source, err := os.ReadFile(filepath.Join(p.Dir, name))
			require.NoError(t, err)
			asked += strings.Count(string(source), "db.On(")
			require.NotContains(t, string(source), "db.New(", "%s/%s", p.ImportPath, name)
		}
	}
	require.Greater(t, asked, 10, "who asks the record?")
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range ours(t) {
		if len(p.GoFiles) > 0 {
			require.NotEmpty(t, p.Doc, p.ImportPath)
		}
	}
}
