package kinds_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/kinds"
)

// homes are where kinds live: what they are, and the list of them.
var homes = []string{
	"domain/advice", "domain/conflict", "domain/training", "domain/training/cohort", "domain/training/enrolment", "domain/work", "domain/working", "kinds",
}

// belongs are the packages and files that are about one kind and may name it, and why. What names none
// does not belong here.
var belongs = map[string]string{
	"api/desks.go":         "what the API adds for files of some kinds; others need no entry",
	"api/training":         "what only the training asks of the API",
	"db/training.go":       "what only the training asks of the record",
	"internal/historytest": "a way through the process of each kind, for tests",
}

// TestNothingElseNamesAKind keeps a new kind of file from being more than a package and a line in kinds.go.
// It reads the source, not types: a kind that hides behind a variable of another name is not found.
func TestNothingElseNamesAKind(t *testing.T) {
	named := map[string][]string{}
	for name, f := range sources(t, "..") {
		dir := path.Dir(name)
		if slices.Contains(homes, dir) {
			continue
		}
		found := kindsIn(f)
		if len(found) == 0 {
			continue
		}
		switch {
		case belongs[name] != "":
			named[name] = found
		case belongs[dir] != "":
			named[dir] = found
		default:
			named[dir] = append(named[dir], name+": "+strings.Join(found, ", "))
		}
	}
	for place := range belongs {
		require.Contains(t, named, place, "%s names no kind any more: take it off the list of those that belong to one", place)
		delete(named, place)
	}
	require.Empty(t, named, "these name a kind; ask package kinds, or say above why they belong to one")
}

// sources are the Go files below root that are no tests, by their paths.
func sources(t *testing.T, root string) map[string]*ast.File {
	all := map[string]*ast.File{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(p) != ".go" || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.SkipObjectResolution)
		name, _ := filepath.Rel(root, p)
		all[filepath.ToSlash(name)] = f
		return err
	})
	require.NoError(t, err)
	require.Greater(t, len(all), 100, "where are the sources?")
	return all
}

// names are those of kinds, by the package that declares them. Package file had them once.
var names = map[string][]string{
	"koko/domain/advice":             {"Kind"},
	"koko/domain/conflict":           {"Kind"},
	"koko/domain/training":           {"KindEnrolment", "KindCohort"},
	"koko/domain/training/enrolment": {"Kind"},
	"koko/domain/training/cohort":    {"Kind"},
	"koko/domain/work":               {"Kind"},
	"koko/domain/working":            {"KindCase", "KindWork"},
	"koko/domain/file":               {"KindCase", "KindEnrolment", "KindCohort"},
}

// kindsIn are the kinds that a file names: by their constants, or as texts where a kind is wanted.
func kindsIn(f *ast.File) []string {
	imported := map[string]string{}
	for _, i := range f.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		name := path.Base(p)
		if i.Name != nil {
			name = i.Name.Name
		}
		imported[name] = p
	}
	found := map[string]bool{}
	texts := func(wanted bool, es ...ast.Expr) {
		for _, e := range es {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				e = kv.Key
			}
			if wanted && isKind(e) {
				found[e.(*ast.BasicLit).Value] = true
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && slices.Contains(names[imported[x.Name]], n.Sel.Name) {
				found[x.Name+"."+n.Sel.Name] = true
			}
		case *ast.CallExpr:
			texts(last(n.Fun) == "Kind" || first(n.Fun) == "kinds" || last(n.Fun) == "ID" && first(n.Fun) == "workflows", n.Args...)
		case *ast.BinaryExpr:
			texts(holdsKind(n.X), n.Y)
			texts(holdsKind(n.Y), n.X)
		case *ast.SwitchStmt:
			for _, s := range n.Body.List {
				texts(holdsKind(n.Tag), s.(*ast.CaseClause).List...)
			}
		case *ast.KeyValueExpr:
			texts(slices.Contains([]string{"Kind", "FileKind", "To"}, last(n.Key)), n.Value)
		case *ast.CompositeLit:
			switch typ := n.Type.(type) {
			case *ast.MapType:
				texts(last(typ.Key) == "Kind", n.Elts...)
			case *ast.ArrayType:
				texts(last(typ.Elt) == "Kind", n.Elts...)
			}
		case *ast.ValueSpec:
			texts(last(n.Type) == "Kind", n.Values...)
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				texts(holdsKind(l) && len(n.Rhs) == len(n.Lhs), n.Rhs[min(i, len(n.Rhs)-1)])
			}
		}
		return true
	})
	return slices.Sorted(maps.Keys(found))
}

// isKind reports whether e is the text of a kind.
func isKind(e ast.Expr) bool {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return false
	}
	text, _ := strconv.Unquote(lit.Value)
	for _, k := range kinds.All() {
		if text == string(k.Kind) {
			return true
		}
	}
	return false
}

// holdsKind guesses by its name whether e is a kind.
func holdsKind(e ast.Expr) bool {
	name := strings.ToLower(last(e))
	return name == "k" || strings.Contains(name, "kind")
}

// last is the last name in a.b.c.
func last(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// first is the first name in a.b.
func first(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		return last(s.X)
	}
	return ""
}

func TestAKindIsRecognisedWhereItIsNamed(t *testing.T) {
	for code, want := range map[string][]string{
		`var a = conflict.Kind`:                         {"conflict.Kind"},
		`var a = t.KindCohort`:                          {"t.KindCohort"},
		`var a = file.KindCase`:                         {"file.KindCase"},
		`var a = file.Kind("case")`:                     {`"case"`},
		`var a = r.Kind == "enrolment"`:                 {`"enrolment"`},
		`var a = "cohort" != fileKind`:                  {`"cohort"`},
		`var a file.Kind = "case"`:                      {`"case"`},
		`var a = f(Row{Kind: "cohort"})`:                {`"cohort"`},
		`var a = map[file.Kind]int{"case": 1, "x": 2}`:  {`"case"`},
		`var a = []file.Kind{"case", "cohort"}`:         {`"case"`, `"cohort"`},
		`var a, _ = kinds.Of("case")`:                   {`"case"`},
		`var a = workflows.ID("case", id)`:              {`"case"`},
		`func a() { switch k { case "case": } }`:        {`"case"`},
		`func a() { kind := "cohort" }`:                 {`"cohort"`},
		`func a() { kind, ok := f("cohort") }`:          nil,
		`func a() { switch as { case "enrolment": } }`:  nil,
		`type a struct { B string "json:\"cohort\"" }`:  nil,
		`var a = map[string]any{"cohort": id}`:          nil,
		`var a = fault.Newf("x").In("cohort")`:          nil,
		`var a = Lens{Name: "enrolment"}`:               nil,
		`var a = lens == "case"`:                        nil,
		`var a = other.Kind`:                            nil,
		`var a = file.Kind(k)`:                          nil,
		`var a = r.Kind == "triage"`:                    nil,
		`var a conflict.Compartment = "case"`:           nil,
		`var a = conflict.KindOfSomethingElse.Workflow`: nil,
	} {
		source := "package p\nimport (\n\"koko/domain/conflict\"\nt \"koko/domain/training\"\n\"koko/domain/file\"\n)\n" + code
		f, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.SkipObjectResolution)
		require.NoError(t, err, code)
		require.Equal(t, want, kindsIn(f), code)
	}
}
