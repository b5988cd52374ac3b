package db

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"koko/domain/ags"
	"koko/domain/file"
)

// FileFilter narrows a list of files of a kind; what is left empty does not narrow. Filters, counts and
// orders tell no more than opening a file does: each comes with the scope within which the caller may know
// what it is about. Outside that scope nothing is found.
type FileFilter struct {
	Kind   file.Kind
	Phases []string
	AGS    []ags.Key
	Over   *bool
	Tie    string // files with this tie, as file.Tie.String writes it
	Facets []FacetFilter
	Window *Window

	Overdue *bool      // whether a deadline lies before Now
	Now     time.Time  // when Overdue is asked
	Due     file.Scope // where deadlines may be known

	Reference string             // begins with, in any case
	Tokens    []int64            // the blind index of words that one document holds
	Searched  []file.Compartment // in which the words are searched
	Readable  file.Scope         // where those may be read
}

// A FacetFilter asks for files of which a facet, or a member of it, is one of some values; an empty value
// means files without the facet.
type FacetFilter struct {
	Name   string
	Values []string
	Known  file.Scope // where the facet may be known
}

// A Window asks whether a file is in one of some phases and the time that a facet says has not passed, such as
// that of an application.
type Window struct {
	Phases []string
	Facet  string
	Now    time.Time
	Open   bool // false: the files for which that does not hold
}

// A FileSort is an order of a list. Latest first, except for deadlines: there the most pressing come first,
// and files without one, or whose deadline the caller may not know, last.
type FileSort struct {
	By     string   // changed, opened or due
	Facets []string // instead: the first of those times that a file has; for facets that whoever sees the file may know
}

// The orders that every kind has.
var (
	SortChanged = FileSort{By: "changed"}
	SortOpened  = FileSort{By: "opened"}
	SortDue     = FileSort{By: "due"}
)

// A FileCursor is the last row of the page before.
type FileCursor struct {
	Key string // the sort key as PostgreSQL writes it
	ID  string
}

// written is a time as PostgreSQL writes it in our sessions, whose zone is UTC.
var written = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$`)

// Valid reports whether a page can have given c.
func (c FileCursor) Valid() bool {
	at, err := time.Parse("2006-01-02 15:04:05-07", c.Key) // a fraction of a second may follow
	timed := err == nil && at.Year() > 0 && written.MatchString(c.Key)
	return (timed || c.Key == "infinity" || c.Key == "-infinity") && len(c.ID) == 36 && uuid.Validate(c.ID) == nil
}

// FileItem is one row of a list.
type FileItem struct {
	file.Row // without the key that no other file may have
	Cursor   FileCursor
}

// ListFiles returns the next size files of the scope that pass the filter. It chooses its plan: ask within
// a transaction.
func (q *Queries) ListFiles(ctx context.Context, s file.Scope, f FileFilter, by FileSort, after *FileCursor, size int) ([]FileItem, error) {
	w := filtered(s, f)
	key, dir, err := w.order(s, f, by)
	if err != nil {
		return nil, err
	}
	if after != nil {
		w.after(key, dir, *after)
	}
	rows, err := q.db.Query(ctx, fmt.Sprintf(`SELECT f.kind, f.id::text, f.ags, f.places, f.reference, f.phase, f.over, f.ties, f.facets,
			f.due_at, f.opened, f.changed, f.version, coalesce(%s, 'infinity')::text
		FROM file f WHERE %s ORDER BY %[1]s %[3]s, f.id %[3]s LIMIT %[4]d`, key, w.sql(), dir, size), w.all()...)
	if err != nil {
		return nil, fmt.Errorf("list files of kind %s: %w", f.Kind, err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (i FileItem, err error) {
		err = r.Scan(&i.Kind, &i.ID, &i.AGS, &i.Places, &i.Reference, &i.Phase, &i.Over, &i.Ties, &i.Facets,
			&i.Due, &i.Opened, &i.Changed, &i.Version, &i.Cursor.Key)
		i.Cursor.ID = i.ID
		return i, err
	})
}

// order returns what an order compares, and its direction.
func (w *where) order(s file.Scope, f FileFilter, by FileSort) (key, dir string, err error) {
	switch {
	case len(by.Facets) > 0:
		var times []string
		for _, name := range by.Facets {
			times = append(times, fmt.Sprintf("(f.facets ->> %s::text)::timestamptz", w.arg(name)))
		}
		return fmt.Sprintf("coalesce(%s, '-infinity'::timestamptz)", strings.Join(times, ", ")), "DESC", nil
	case by.By == "changed":
		return "f.changed", "DESC", nil
	case by.By == "opened":
		return "f.opened", "DESC", nil
	case by.By == "due":
		return w.due(s, f), "ASC", nil
	default:
		return "", "", fmt.Errorf("no such order: %q", by.By)
	}
}

// after asks for what follows a row in an order. Files without a deadline come last, in the order of their ids.
func (w *where) after(key, dir string, last FileCursor) {
	switch {
	case dir == "DESC":
		w.add(fmt.Sprintf("(%s, f.id) < (%%s::timestamptz, %%s::uuid)", key), last.Key, last.ID)
	case last.Key == "infinity":
		w.add(fmt.Sprintf("%s IS NULL AND f.id > %%s::uuid", key), last.ID)
	default:
		w.add(fmt.Sprintf("((%s, f.id) > (%%s::timestamptz, %%s::uuid) OR %[1]s IS NULL)", key), last.Key, last.ID)
	}
}

// due returns the deadline of a file as far as the caller may know it. If they may for every file in scope,
// an index has it.
func (w *where) due(s file.Scope, f FileFilter) string {
	if known := w.knows(s, f.Due); known != "true" {
		return fmt.Sprintf("(CASE WHEN %s THEN f.due_at END)", known)
	}
	return "f.due_at"
}

// FileCounts are how many files of the scope pass a filter.
type FileCounts struct {
	Total   int
	Overdue int // of them, those with a deadline that has passed
	ByPhase map[string]int
	ByFacet map[string]map[string]int // by its name and value
}

// A FacetCount asks for the counts of the values of a facet, which is no list.
type FacetCount struct {
	Name  string
	Known file.Scope // where it may be known
}

// CountFiles counts the files of the scope that pass the filter. It chooses its plan: ask within a transaction.
func (q *Queries) CountFiles(ctx context.Context, s file.Scope, f FileFilter, by ...FacetCount) (FileCounts, error) {
	w := filtered(s, f)
	columns := []string{"f.phase"}
	for _, c := range by {
		columns = append(columns, fmt.Sprintf("coalesce(CASE WHEN %s THEN f.facets ->> %s::text END, '')", w.knows(s, c.Known), w.arg(c.Name)))
	}
	overdue := fmt.Sprintf("%s < %s::timestamptz", w.due(s, f), w.arg(f.Now))
	rows, err := q.db.Query(ctx, fmt.Sprintf("SELECT %s, count(*), count(*) FILTER (WHERE %s) FROM file f WHERE %s GROUP BY %s",
		strings.Join(columns, ", "), overdue, w.sql(), ordinals(len(columns))), w.all()...)
	if err != nil {
		return FileCounts{}, fmt.Errorf("count files of kind %s: %w", f.Kind, err)
	}
	counts := FileCounts{ByPhase: map[string]int{}, ByFacet: map[string]map[string]int{}}
	for _, c := range by {
		counts.ByFacet[c.Name] = map[string]int{}
	}
	values := make([]string, len(columns))
	var n, late int
	dest := make([]any, 0, len(columns)+2)
	for i := range values {
		dest = append(dest, &values[i])
	}
	_, err = pgx.ForEachRow(rows, append(dest, &n, &late), func() error {
		counts.Total += n
		counts.Overdue += late
		counts.ByPhase[values[0]] += n
		for i, c := range by {
			if v := values[i+1]; v != "" {
				counts.ByFacet[c.Name][v] += n
			}
		}
		return nil
	})
	if err != nil {
		return FileCounts{}, fmt.Errorf("count files of kind %s: %w", f.Kind, err)
	}
	return counts, nil
}

// ordinals returns the first n columns, for a GROUP BY.
func ordinals(n int) string {
	var ns []string
	for i := range n {
		ns = append(ns, fmt.Sprint(i+1))
	}
	return strings.Join(ns, ", ")
}

// filtered begins with the one predicate for scope and adds the filter.
func filtered(s file.Scope, f FileFilter) *where {
	w := &where{}
	w.add("f.kind = %s", f.Kind)
	w.near(s, f.Kind, f.AGS)
	w.conditions = append(w.conditions, w.covers("f", s))
	if len(f.Phases) > 0 {
		w.add("f.phase = ANY (%s::text[])", f.Phases)
	}
	if f.Over != nil {
		w.add("f.over = %s", *f.Over)
	}
	if f.Tie != "" {
		w.add("f.id IN (SELECT tied_files(%s, ARRAY[%s::text]))", f.Kind, f.Tie)
	}
	for _, facet := range f.Facets {
		w.add("(coalesce(f.facets -> %[1]s::text, '\"\"') ?| %[2]s::text[] OR f.facets ->> %[1]s::text = ANY (%[2]s::text[]))", facet.Name, facet.Values)
		w.conditions = append(w.conditions, w.knows(s, facet.Known))
	}
	if f.Window != nil {
		w.add("coalesce(f.phase = ANY (%s::text[]) AND (f.facets ->> %s::text)::timestamptz >= %s::timestamptz, false) = %s",
			f.Window.Phases, f.Window.Facet, f.Window.Now, f.Window.Open)
	}
	if f.Overdue != nil {
		late := fmt.Sprintf("%s < %s::timestamptz", w.due(s, f), w.arg(f.Now))
		if !*f.Overdue {
			late = "(" + late + ") IS NOT TRUE"
		}
		w.conditions = append(w.conditions, late)
	}
	if f.Reference != "" || len(f.Tokens) > 0 {
		w.found(s, f)
	}
	return w
}

// near says where the files of a scope are in a way that an index serves, which the predicate alone is not;
// given municipalities narrow it. For a single municipality, an index has the files in the order of the list.
// Files that are offered there may lie anywhere.
func (w *where) near(s file.Scope, k file.Kind, municipalities []ags.Key) {
	if held := argsOf(s).held; len(held) == len(s.Parts) && !slices.ContainsFunc(held, everybodys) {
		w.add("f.id IN (SELECT tied_files(%s, %s::text[]))", k, held)
	}
	keys := words(municipalities)
	if !slices.ContainsFunc(s.Parts, func(p file.Part) bool { return p.Offered }) {
		all := words(s.Municipalities())
		if len(keys) > 0 {
			all = slices.DeleteFunc(all, func(k string) bool { return !slices.Contains(keys, k) })
		}
		keys = all
	} else if len(keys) == 0 {
		return
	}
	if len(keys) == 1 {
		w.add("f.ags = %s", keys[0])
		return
	}
	w.add("f.ags = ANY (%s::text[])", keys)
}

// everybodys reports whether everybody has a tie: then too many files have it, too.
func everybodys(tie string) bool { return strings.HasSuffix(tie, ":") }

// found asks for the reference or for words. A word finds what the caller may read: searching must not
// reveal more than opening. What is found at all narrows the list first, since neither way would by itself.
func (w *where) found(s file.Scope, f FileFilter) {
	var found, ways []string
	if f.Reference != "" {
		referenced := fmt.Sprintf("SELECT referenced_files(%s, %s)", w.arg(f.Kind), w.arg(f.Reference))
		found, ways = append(found, referenced), append(ways, "f.id IN ("+referenced+")")
	}
	if len(f.Tokens) > 0 {
		worded := fmt.Sprintf("SELECT worded_files(%s, %s::bigint[], %s::text[])", w.arg(f.Kind), w.arg(f.Tokens), w.arg(words(f.Searched)))
		found, ways = append(found, worded), append(ways, w.knows(s, f.Readable))
	}
	w.conditions = append(w.conditions, "f.id IN ("+strings.Join(found, " UNION ALL ")+")")
	if !slices.Contains(ways, "true") {
		w.conditions = append(w.conditions, "("+strings.Join(ways, " OR ")+")")
	}
}
