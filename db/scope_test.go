package db_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/casetest"
	"koko/internal/dbtest"
	"koko/internal/trainingtest"
)

// A subject is a file of some kind, and what asks for it.
type subject struct {
	kind         file.Kind
	id           string
	compartments []file.Compartment
	title        file.Title
	filters      map[string]db.FileFilter // each lets it pass
}

func (x subject) filter(f db.FileFilter) db.FileFilter {
	f.Kind = x.kind
	return f
}

// lists has every query that shows files: how many rows it finds of x.
func lists(x subject) map[string]func(q *db.Queries, s file.Scope) (int, error) {
	ctx := context.Background()
	all := map[string]func(q *db.Queries, s file.Scope) (int, error){
		"get": func(q *db.Queries, s file.Scope) (int, error) { return found(q.GetFile(ctx, s, x.kind, x.id)) },
		"documents": func(q *db.Queries, s file.Scope) (int, error) {
			return some(q.ListDocuments(ctx, s, db.DocumentFilter{Kind: x.kind, FileID: x.id, Compartments: x.compartments}, 100))
		},
		"history": func(q *db.Queries, s file.Scope) (int, error) {
			return some(q.ListHistory(ctx, s, db.HistoryFilter{Kind: x.kind, FileID: x.id, BeforeAt: at.AddDate(100, 0, 0)}, 100))
		},
		"count at": func(q *db.Queries, s file.Scope) (int, error) {
			return q.CountFilesAt(ctx, s, x.kind, at.AddDate(50, 0, 0))
		},
	}
	if x.title.Action != "" {
		all["titles"] = func(q *db.Queries, s file.Scope) (int, error) {
			return some(q.ListTitles(ctx, s, x.kind, []string{x.id}, x.title))
		}
	}
	choosing := map[string]func(q *db.Queries, s file.Scope) (int, error){
		"list timeline": func(q *db.Queries, s file.Scope) (int, error) {
			return some(q.ListTimeline(ctx, s, db.TimelineFilter{Kind: x.kind, FileID: x.id}, nil, 100))
		},
		"list recorded": func(q *db.Queries, s file.Scope) (int, error) {
			states, err := q.ListRecorded(ctx, s, x.kind, x.id, []int{1})
			return len(states), err
		},
		"list version": func(q *db.Queries, s file.Scope) (int, error) {
			return q.FindVersion(ctx, s, x.kind, x.id, at.AddDate(50, 0, 0))
		},
		"list sealed audit": func(q *db.Queries, s file.Scope) (int, error) {
			return some(q.ListSealedAudit(ctx, s, x.kind, x.id))
		},
		"list sealed access": func(q *db.Queries, s file.Scope) (int, error) {
			return some(q.ListSealedAccess(ctx, s, x.kind, x.id, nil))
		},
		"list sealed documents": func(q *db.Queries, s file.Scope) (int, error) {
			return some(q.ListSealedDocuments(ctx, s, x.kind, x.id, nil))
		},
	}
	for name, f := range x.filters {
		choosing["count"+name] = func(q *db.Queries, s file.Scope) (int, error) {
			counts, err := q.CountFiles(ctx, s, x.filter(f))
			return counts.Total, err
		}
		for _, by := range []db.FileSort{db.SortChanged, db.SortOpened, db.SortDue, {Facets: []string{"begins", "closes"}}} {
			choosing[fmt.Sprintf("list by %v%s", by, name)] = func(q *db.Queries, s file.Scope) (int, error) {
				return some(q.ListFiles(ctx, s, x.filter(f), by, nil, 100))
			}
		}
	}
	for name, find := range choosing {
		all[name] = find
	}
	return all
}

// chooses reports whether a query chooses its plan, which As does not offer.
func chooses(list string) bool {
	return strings.HasPrefix(list, "list") || strings.HasPrefix(list, "count") && list != "count at"
}

func some[T any](rows []T, err error) (int, error) { return len(rows), err }

func found[T any](_ T, err error) (int, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return 1, err
}

// aCase is a case in Aachen, as newCase makes it.
func aCase(c conflict.Case) subject {
	return subject{conflict.Kind, c.ID, []file.Compartment{conflict.CaseFile, conflict.Identities}, conflict.Spec.Title, map[string]db.FileFilter{
		"":           {},
		" phase":     {Phases: file.In(file.Values[conflict.Phase]()...)},
		" urgency":   {Facets: []db.FacetFilter{{Name: "urgency", Values: append([]string{""}, file.In(file.Values[conflict.Urgency]()...)...), Known: everywhere}}},
		" ags":       {AGS: []ags.Key{aachen}},
		" assignee":  {Facets: []db.FacetFilter{{Name: "assignee", Values: []string{casetest.Manager}, Known: everywhere}}},
		" overdue":   {Overdue: new(true), Now: at.AddDate(5, 0, 0), Due: everywhere},
		" reference": {Reference: "KM"},
		" words":     {Tokens: []int64{11}, Searched: []file.Compartment{conflict.CaseFile}, Readable: everywhere},
		" both":      {Reference: "KM", Tokens: []int64{11}, Searched: []file.Compartment{conflict.CaseFile}, Readable: everywhere},
		" tie":       {Tie: tie(conflict.Reporter, casetest.Reporter)},
		" live":      {Over: new(false)},
	}}
}

func anEnrolment(x course) subject {
	return subject{enrolment.Kind, x.e.ID, []file.Compartment{training.TrainingFile, enrolment.AssessmentFile}, enrolment.Spec.Title, map[string]db.FileFilter{
		"":           {},
		" phase":     {Phases: []string{"certified", "modules"}},
		" ags":       {AGS: []ags.Key{town}},
		" cohort":    {Facets: []db.FacetFilter{{Name: "attends", Values: []string{x.c.ID}, Known: allOfTraining}}},
		" trainee":   {Facets: []db.FacetFilter{{Name: "trainee", Values: []string{trainingtest.Trainee}, Known: allOfTraining}}},
		" overdue":   {Overdue: new(false), Now: at, Due: allOfTraining},
		" reference": {Reference: x.e.Reference()[:5]},
		" over":      {Over: new(true)},
	}}
}

func aCohort(x course) subject {
	return subject{cohort.Kind, x.c.ID, []file.Compartment{training.TrainingFile}, cohort.Spec.Title, map[string]db.FileFilter{
		"":            {},
		" stage":      {Phases: []string{"open"}},
		" ags":        {AGS: []ags.Key{town}},
		" curriculum": {Facets: []db.FacetFilter{{Name: "curriculum", Values: []string{"koko"}, Known: allOfTraining}}},
		" open":       {Window: &db.Window{Phases: []string{"open"}, Facet: "closes", Now: at, Open: true}},
		" trainer":    {Tie: tie(training.Runs, trainingtest.Trainer)},
	}}
}

// newCase records one case in Aachen: reported by Reporter, assigned to Manager, with a word in its
// signal; in detection or, if analysed, behind it.
func newCase(t *testing.T, r *dbtest.Record, analysed bool) conflict.Case {
	t.Helper()
	m := &casetest.Maker{Salt: "scope"}
	c := conflict.Case{ID: m.ID(), AGS: aachen}
	steps := 3
	if analysed {
		steps = 6
	}
	for i, s := range m.Way()[:steps] {
		r.Store(t, c, s.By, s.Command.References(), 11)
		c = r.Decide(t, c, s.By, s.Command, at.Add(time.Duration(i)*time.Minute))
	}
	require.NoError(t, db.New(r.API).AppendAccess(context.Background(), db.AppendAccessParams{ID: "read", Kind: "read", FileID: &c.ID}))
	return c
}

// keeps checks that every query that shows x finds it in the scopes in which it is to be seen, and in no other. The
// second lock stands open, so that it is the predicate that is tested.
func keeps(t *testing.T, r *dbtest.Record, x subject, open ags.Area, scopes map[string]file.Scope, want map[string]bool) {
	t.Helper()
	for name, s := range scopes {
		for list, find := range lists(x) {
			within(t, r.API, open, func(q *db.Queries) {
				n, err := find(q, s)
				require.NoError(t, err, list)
				require.Equal(t, want[name], n > 0, "%s: %s", name, list)
			})
		}
	}
}

func TestEveryListOfCasesKeepsToTheScope(t *testing.T) {
	t.Parallel()
	detected, analysed := dbtest.New(t), dbtest.New(t)
	town, other := ags.Area{aachen}, ags.Area{bonn}
	assigned, reported, unhanded := tie(conflict.Assigned, casetest.Manager), tie(conflict.Reporter, casetest.Reporter), tie(conflict.Unhanded, "")
	scopes := map[string]file.Scope{
		"nothing":                       {},
		"the area":                      over(town...),
		"another area":                  over(other...),
		"assigned":                      tied(assigned, town...),
		"assigned to another":           tied(tie(conflict.Assigned, casetest.Stranger), town...),
		"assigned, right elsewhere":     tied(assigned, other...),
		"reported":                      tied(reported, town...),
		"reported by another":           tied(tie(conflict.Reporter, casetest.Manager), town...),
		"reported, right elsewhere":     tied(reported, other...),
		"unhanded":                      tied(unhanded, town...),
		"unhanded elsewhere":            tied(unhanded, other...),
		"all rights elsewhere":          {Parts: []file.Part{{Area: other}, {Tie: assigned, Area: other}, {Tie: reported, Area: other}, {Tie: unhanded, Area: other, Offered: true}}},
		"one of two rights":             {Parts: []file.Part{{Tie: assigned, Area: other}, {Tie: reported, Area: town}}},
		"a district is no municipality": over("05334", ""),
	}
	behind := map[string]bool{"the area": true, "assigned": true, "reported": true, "one of two rights": true}
	keeps(t, analysed, aCase(newCase(t, analysed, true)), everywhereArea, scopes, behind)
	before := map[string]bool{"unhanded": true}
	for name := range behind {
		before[name] = true
	}
	keeps(t, detected, aCase(newCase(t, detected, false)), everywhereArea, scopes, before)
}

// With the predicate opened for everything, row security still shows the transaction's own
// municipalities alone.
func TestRowSecurityIsTheSecondLock(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	c := newCase(t, r, false)
	ctx := context.Background()
	for list, find := range lists(aCase(c)) {
		for name, tc := range map[string]struct {
			area ags.Area
			want bool
		}{"the own": {ags.Area{bonn, aachen}, true}, "another": {ags.Area{bonn}, false}, "none": {nil, false}, "no": {ags.Area{""}, false}} {
			within(t, r.API, tc.area, func(q *db.Queries) {
				n, err := find(q, everywhere)
				require.NoError(t, err, list)
				require.Equal(t, tc.want, n > 0, "%s in %s municipality", list, name)
			})
		}
		n, err := find(db.New(r.API), everywhere)
		require.NoError(t, err, list)
		require.Zero(t, n, "%s without a scope", list)
		if chooses(list) {
			require.Error(t, second(find(db.As(r.API, "somebody", ags.Area{aachen}), everywhere)), "%s chooses its plan, which As does not offer", list)
			continue
		}
		for _, tc := range []struct {
			area ags.Area
			want bool
		}{{ags.Area{bonn, aachen}, true}, {ags.Area{bonn}, false}, {nil, false}} {
			n, err := find(db.As(r.API, "somebody", tc.area), everywhere)
			require.NoError(t, err, list)
			require.Equal(t, tc.want, n > 0, "%s alone, within %v", list, tc.area)
		}
	}
	_, err := db.New(r.API).GetOwnTransition(ctx, db.GetOwnTransitionParams{FileID: c.ID, Kind: conflict.Kind, CommandID: "k1", Caller: casetest.Reporter})
	require.ErrorIs(t, err, pgx.ErrNoRows)
	_, err = db.New(r.API).GetDataKey(ctx, db.GetDataKeyParams{FileID: c.ID, Compartment: conflict.CaseFile})
	require.ErrorIs(t, err, pgx.ErrNoRows)
	_, err = db.New(r.API).GetStoredDocument(ctx, db.GetStoredDocumentParams{ID: c.Signal.Docs.Docs[0].ID, FileID: c.ID})
	require.ErrorIs(t, err, pgx.ErrNoRows)
}

func second[T any](_ T, err error) error { return err }

// What SQL says of scopes, and what domain/file says, is the same; and whatever a scope covers, row security
// shows where it is open alone.
func TestThePredicateSaysTheSameInSQLAndGo(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	random := rand.New(rand.NewPCG(4, 2))
	keys := []ags.Key{aachen, bonn, koeln, town, neighbour}
	area := func() (a ags.Area) {
		for range random.IntN(3) {
			a = a.Merge(ags.Area{keys[random.IntN(len(keys))]})
		}
		return a
	}
	ties := []string{"reporter:a", "reporter:b", "assigned:a", "unhanded:", "runs:a", "teaching:x"}
	rows := map[string]file.Row{}
	for i := range 300 {
		row := file.Row{
			Kind: "thing", ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), AGS: keys[random.IntN(len(keys))], Phase: "p", Ties: []string{}, Facets: []byte("{}"),
			Opened: at, Changed: at, Version: 1,
		}
		row.Places = ags.Area{row.AGS}
		if i%2 == 0 {
			row.Places = row.Places.Merge(area())
		}
		for range random.IntN(3) {
			row.Ties = append(row.Ties, ties[random.IntN(len(ties))])
		}
		state := fmt.Appendf(nil, `{"id": %q, "ags": %q, "version": 1}`, row.ID, row.AGS)
		require.NoError(t, db.New(r.Worker).SaveFile(context.Background(), db.SaveFileParamsOf(row, state)))
		rows[row.ID] = row
	}
	for range 400 {
		var s file.Scope
		for range random.IntN(4) {
			part := file.Part{Offered: random.IntN(3) == 0, Area: area()}
			if random.IntN(3) > 0 {
				part.Tie = ties[random.IntN(len(ties))]
			}
			s.Parts = append(s.Parts, part)
		}
		open := area()
		var want []string
		for id, row := range rows {
			if s.Covers(row) && slices.ContainsFunc(row.Places, open.Covers) {
				want = append(want, id)
			}
		}
		within(t, r.API, open, func(q *db.Queries) {
			var got []string
			for _, row := range must(q.ListFiles(context.Background(), s, db.FileFilter{Kind: "thing"}, db.SortChanged, nil, 1000)) {
				require.True(t, s.Covers(row.Row))
				got = append(got, row.ID)
			}
			require.ElementsMatch(t, want, got, "%+v within %v", s, open)
			require.Equal(t, len(want), must(q.CountFiles(context.Background(), s, db.FileFilter{Kind: "thing"})).Total)
		})
	}
}

func TestNobodyWritesIntoAnotherMunicipality(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "foreign"}
	ctx := context.Background()
	key := db.AddDataKeyParams{FileID: m.ID(), Compartment: conflict.CaseFile, AGS: aachen, Wrapped: []byte("w")}
	err := db.Within(ctx, r.API, "somebody", ags.Area{bonn}, func(q *db.Queries) error { return q.AddDataKey(ctx, key) })
	require.ErrorContains(t, err, "row-level security")
	require.NoError(t, db.Within(ctx, r.API, "somebody", ags.Area{aachen}, func(q *db.Queries) error { return q.AddDataKey(ctx, key) }))
	doc := db.AddDocumentParams{ID: m.ID(), FileID: key.FileID, AGS: aachen, Action: "add_note", Compartment: conflict.CaseFile, Sealed: []byte("s"), Tokens: []int64{}}
	err = db.Within(ctx, r.API, "somebody", ags.Area{bonn}, func(q *db.Queries) error { return second(q.AddDocument(ctx, doc)) })
	require.ErrorContains(t, err, "row-level security")
}

func TestNoConnectionCarriesAScopeToTheNextCaller(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	c := newCase(t, r, false)
	ctx := context.Background()
	pool, err := db.Open(ctx, r.URL(db.RoleAPI), db.RoleAPI, 1)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	failed := errors.New("failed")
	for _, result := range []error{nil, failed} {
		err = db.Within(ctx, pool, casetest.Manager, ags.Area{aachen}, func(q *db.Queries) error {
			_, err := q.GetFile(ctx, everywhere, conflict.Kind, c.ID)
			require.NoError(t, err)
			return result
		})
		require.ErrorIs(t, err, result)
		for list, find := range lists(aCase(c)) {
			n, err := find(db.New(pool), everywhere)
			require.NoError(t, err)
			require.Zero(t, n, list)
		}
		require.Empty(t, one[string](t, pool, scopeLeft))
	}

	alone := db.As(pool, casetest.Manager, ags.Area{aachen}) // of the pool's only connection: each gives it back
	_, err = alone.GetFile(ctx, everywhere, conflict.Kind, c.ID)
	require.NoError(t, err)
	_, err = alone.GetFile(ctx, everywhere, conflict.Kind, "no id")
	require.Error(t, err)
	_, err = alone.GetOwnTransition(ctx, db.GetOwnTransitionParams{FileID: c.ID, Kind: conflict.Kind, CommandID: "unknown"})
	require.ErrorIs(t, err, pgx.ErrNoRows)
	require.Error(t, alone.AddDataKey(ctx, db.AddDataKeyParams{FileID: c.ID, Compartment: "another", AGS: bonn, Wrapped: []byte("w")}))
	require.NoError(t, alone.AddDataKey(ctx, db.AddDataKeyParams{FileID: c.ID, Compartment: "another", AGS: aachen, Wrapped: []byte("w")}))
	documents, err := alone.ListDocuments(ctx, everywhere, db.DocumentFilter{Kind: conflict.Kind, FileID: c.ID, Compartments: []file.Compartment{conflict.CaseFile}}, 1)
	require.NoError(t, err)
	require.Len(t, documents, 1)
	require.Empty(t, one[string](t, pool, scopeLeft))
}

const scopeLeft = "SELECT coalesce(current_setting('koko.area', true), '') || coalesce(current_setting('koko.caller', true), '')"
