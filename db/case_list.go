package db

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"koko/domain/ags"
	"koko/domain/conflict"
)

// CaseFilter narrows a list of cases; what is left empty does not narrow.
type CaseFilter struct {
	Phases    []conflict.Phase
	Urgencies []conflict.Urgency
	AGS       []ags.Key
	Assignee  string
	Overdue   *bool     // whether a deadline lies before Now
	Now       time.Time // when Overdue is asked
	Reference string    // begins with, in any case
	Tokens    []int64   // the blind index of words that one document of the case file holds

	// Filters, counts and orders tell no more than opening a case does: what the caller may read of
	// which cases. Elsewhere there is nothing to find.
	Known    Scope // facts: urgency and deadlines
	Named    Scope // people: the assignee
	Readable Scope // words of the case file
}

// A CaseSort is an order of the list.
type CaseSort string

// The orders: latest first, except for deadlines, where the most pressing come first.
const (
	SortChanged CaseSort = "changed"
	SortOpened  CaseSort = "opened"
	SortDue     CaseSort = "due"
)

// order returns what one of the whitelisted orders compares, and how. Cases without a deadline, or
// whose deadline the caller may not read, come last.
func (w *where) order(by CaseSort, f CaseFilter) (expr, op, dir string, err error) {
	switch by {
	case SortChanged:
		return "c.changed", "<", "DESC", nil
	case SortOpened:
		return "c.opened", "<", "DESC", nil
	case SortDue:
		return fmt.Sprintf("coalesce(CASE WHEN %s THEN c.due_at END, 'infinity'::timestamptz)", w.covers(f.Known)), ">", "ASC", nil
	default:
		return "", "", "", fmt.Errorf("no such order: %q", by)
	}
}

// A CaseCursor is the last row of the page before.
type CaseCursor struct {
	Key string `json:"k"` // the sort key as PostgreSQL writes it
	ID  string `json:"i"`
}

// Valid reports whether c can be one that a page gave.
func (c CaseCursor) Valid() bool {
	at, err := time.Parse("2006-01-02 15:04:05-07", c.Key) // a fraction of a second may follow
	timed := err == nil && at.Year() > 0 && len(c.Key) <= len("2006-01-02 15:04:05.000000+00")
	return (timed || c.Key == "infinity") && len(c.ID) == 36 && uuid.Validate(c.ID) == nil
}

// CaseRow is one row of a list.
type CaseRow struct {
	State  conflict.Case
	DueAt  *time.Time
	Cursor CaseCursor
}

// ListCases returns the next size cases of the scope that pass the filter.
func (q *Queries) ListCases(ctx context.Context, s Scope, f CaseFilter, by CaseSort, after *CaseCursor, size int) ([]CaseRow, error) {
	w := s.where(f)
	key, op, dir, err := w.order(by, f)
	if err != nil {
		return nil, err
	}
	if after != nil {
		w.add(fmt.Sprintf("(%s, c.id) %s (%%s::timestamptz, %%s::uuid)", key, op), after.Key, after.ID)
	}
	sql := fmt.Sprintf("SELECT c.state, c.due_at, (%s)::text, c.id::text FROM conflict_case c WHERE %s ORDER BY %s %s, c.id %s LIMIT %d",
		key, w.sql(), key, dir, dir, size)
	rows, err := q.db.Query(ctx, sql, w.all()...)
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (c CaseRow, err error) {
		return c, r.Scan(&c.State, &c.DueAt, &c.Cursor.Key, &c.Cursor.ID)
	})
}

// CaseCounts are how many cases of the scope pass a filter.
type CaseCounts struct {
	Total     int            `json:"total" doc:"Cases"`
	Overdue   int            `json:"overdue" doc:"Of them, those with a deadline that has passed"`
	ByPhase   map[string]int `json:"by_phase" doc:"How many in each phase"`
	ByUrgency map[string]int `json:"by_urgency" doc:"How many of each urgency, once cleared"`
}

// CountCases counts the cases of the scope that pass the filter.
func (q *Queries) CountCases(ctx context.Context, s Scope, f CaseFilter) (CaseCounts, error) {
	w := s.where(f)
	known, now := w.covers(f.Known), w.arg(f.Now)
	sql := fmt.Sprintf(`SELECT c.phase, CASE WHEN %[1]s THEN c.urgency ELSE '' END, count(*), count(*) FILTER (WHERE c.due_at < %[2]s::timestamptz AND %[1]s)
		FROM conflict_case c WHERE %[3]s GROUP BY 1, 2`, known, now, w.sql())
	rows, err := q.db.Query(ctx, sql, w.all()...)
	if err != nil {
		return CaseCounts{}, fmt.Errorf("count cases: %w", err)
	}
	counts := CaseCounts{ByPhase: map[string]int{}, ByUrgency: map[string]int{}}
	var phase, urgency string
	var n, overdue int
	_, err = pgx.ForEachRow(rows, []any{&phase, &urgency, &n, &overdue}, func() error {
		counts.Total += n
		counts.Overdue += overdue
		counts.ByPhase[phase] += n
		if urgency != "" {
			counts.ByUrgency[urgency] += n
		}
		return nil
	})
	return counts, err
}

// where begins with the one predicate for scope and adds the filter.
func (s Scope) where(f CaseFilter) *where {
	w := &where{}
	w.add(w.covers(s))
	if len(f.Phases) > 0 {
		w.add("c.phase = ANY (%s::text[])", words(f.Phases))
	}
	if len(f.Urgencies) > 0 {
		w.add("c.urgency = ANY (%s::text[])", words(f.Urgencies))
		w.add(w.covers(f.Known))
	}
	if len(f.AGS) > 0 {
		w.add("c.ags = ANY (%s::text[])", words(f.AGS))
	}
	if f.Assignee != "" {
		w.add("c.assignee = %s", f.Assignee)
		w.add(w.covers(f.Named))
	}
	if f.Overdue != nil {
		w.add("coalesce(c.due_at < %s::timestamptz AND "+w.covers(f.Known)+", false) = %s", f.Now, *f.Overdue)
	}
	if f.Reference != "" || len(f.Tokens) > 0 {
		w.found(f)
	}
	return w
}

// words is vs as PostgreSQL wants it.
func words[T ~string](vs []T) []string {
	ws := make([]string, len(vs))
	for i, v := range vs {
		ws[i] = string(v)
	}
	return ws
}

// where collects conditions and their arguments; values never enter the text.
type where struct {
	conditions []string
	args       []any
}

// found asks for the file number or for words. A word finds what the caller may read: searching
// must not tell more than opening.
func (w *where) found(f CaseFilter) {
	var ways []string
	if f.Reference != "" {
		ways = append(ways, fmt.Sprintf("starts_with(lower(c.reference), lower(%s))", w.arg(f.Reference)))
	}
	if len(f.Tokens) > 0 {
		ways = append(ways, fmt.Sprintf(`%s AND EXISTS (SELECT FROM file_document fd JOIN document d ON d.id = fd.document_id
			WHERE fd.file_id = c.id AND d.compartment = 'case' AND d.tokens @> %s::bigint[])`, w.covers(f.Readable), w.arg(f.Tokens)))
	}
	w.add("(" + strings.Join(ways, " OR ") + ")")
}

// covers is the one predicate for scope.
func (w *where) covers(s Scope) string {
	return fmt.Sprintf("in_scope(c.ags, c.phase, c.reporter, c.team, %s, %s::text[], %s::text[], %s::text[], %s::text[])",
		w.arg(s.Caller), w.arg(words(s.Area)), w.arg(words(s.Assigned)), w.arg(words(s.Reported)), w.arg(words(s.Unhanded)))
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

func (w *where) sql() string { return strings.Join(w.conditions, " AND ") }

// all are the arguments, after the mode that plans a query for its own filters: a generic plan
// would serve all filters badly.
func (w *where) all() []any { return append([]any{pgx.QueryExecModeExec}, w.args...) }
