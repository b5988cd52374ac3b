package db

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"koko/domain/file"
)

// where collects conditions and their arguments; values never enter the text.
type where struct {
	conditions []string
	args       []any
}

func (w *where) arg(v any) string {
	w.args = append(w.args, v)
	return "$" + strconv.Itoa(len(w.args))
}

// add appends a condition in which each %s stands for the next of args.
func (w *where) add(condition string, args ...any) {
	places := make([]any, len(args))
	for i, a := range args {
		places[i] = w.arg(a)
	}
	w.conditions = append(w.conditions, fmt.Sprintf(condition, places...))
}

// covers adds the one predicate for scope, asked of a row: a file, or an entry of its audit.
func (w *where) covers(row string, s file.Scope) string {
	a := argsOf(s)
	return fmt.Sprintf("in_scope(%[1]s.ags, %[1]s.places, %[1]s.ties, %[2]s::text[], %[3]s::text[], %[4]s::text[], %[5]s::jsonb)",
		row, w.arg(a.area), w.arg(a.offered), w.arg(a.held), w.arg(a.parts))
}

// knows adds whether a file that s covers is one of those within known, without asking the same
// twice.
func (w *where) knows(s, known file.Scope) string {
	if reflect.DeepEqual(s.Parts, known.Parts) {
		return "true"
	}
	return w.covers("f", known)
}

// sees is whether the file of a kind with that id is in scope.
func (w *where) sees(s file.Scope, k file.Kind, id string) string {
	return fmt.Sprintf("EXISTS (SELECT FROM file f WHERE f.id = %s::uuid AND f.kind = %s AND %s)", w.arg(id), w.arg(k), w.covers("f", s))
}

func (w *where) sql() string { return strings.Join(w.conditions, " AND ") }

// all are the arguments, after the mode that plans a query for its own filters: a generic plan
// would serve all filters badly.
func (w *where) all() []any { return append([]any{pgx.QueryExecModeExec}, w.args...) }
