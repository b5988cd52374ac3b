package db_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/dbtest"
)

// listed is what a list query finds of the cases within s.
func listed(t *testing.T, r *dbtest.Record, s file.Scope, f db.FileFilter, by db.FileSort) (ids []string) {
	t.Helper()
	f.Kind = conflict.Kind
	within(t, r.API, s.Municipalities(), func(q *db.Queries) {
		rows, err := q.ListFiles(context.Background(), s, f, by, nil, 1000)
		require.NoError(t, err)
		for _, row := range rows {
			require.Equal(t, row.ID, row.Cursor.ID)
			require.True(t, row.Cursor.Valid(), row.Cursor)
			ids = append(ids, row.ID)
		}
	})
	return ids
}

var everyOrder = []db.FileSort{db.SortChanged, db.SortOpened, db.SortDue}

func urgencies(known file.Scope, us ...string) db.FacetFilter {
	return db.FacetFilter{Name: "urgency", Values: us, Known: known}
}

func assignee(known file.Scope, who string) db.FacetFilter {
	return db.FacetFilter{Name: "assignee", Values: []string{who}, Known: known}
}

// counted are the counts of cases; known says where urgency and deadlines may be known.
func counted(t *testing.T, r *dbtest.Record, s file.Scope, f db.FileFilter, known file.Scope) (counts db.FileCounts) {
	t.Helper()
	f.Kind = conflict.Kind
	within(t, r.API, s.Municipalities(), func(q *db.Queries) {
		counts = must(q.CountFiles(context.Background(), s, f, db.FacetCount{Name: "urgency", Known: known}))
	})
	return counts
}

// Every page begins where the one before ended, also among equal keys and behind the last deadline.
func TestPagesConcatenateToTheWholeList(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "pages"}
	for i := range 23 {
		opened := at.Add(time.Duration(i/6) * time.Hour)
		c := reported(t, r, m, []ags.Key{aachen, bonn}[i%2], opened)
		if i%5 == 0 { // without a deadline
			r.Decide(t, c, casetest.Manager, m.Triage(conflict.Drop), opened.Add(time.Duration(i/10)*time.Hour))
		}
	}
	reported(t, r, m, koeln, at) // somebody else's
	s := over(aachen, bonn)
	for _, by := range everyOrder {
		whole := listed(t, r, s, db.FileFilter{Due: s}, by)
		require.Len(t, whole, 23)
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(whole))), 23)
		for _, size := range []int{1, 4, 22, 23, 24} {
			var pages []string
			var last *db.FileCursor
			for {
				var rows []db.FileItem
				within(t, r.API, s.Municipalities(), func(q *db.Queries) {
					var err error
					rows, err = q.ListFiles(context.Background(), s, db.FileFilter{Kind: conflict.Kind, Due: s}, by, last, size)
					require.NoError(t, err)
				})
				if len(rows) == 0 {
					break
				}
				for _, row := range rows {
					pages = append(pages, row.ID)
				}
				last = &rows[len(rows)-1].Cursor
			}
			require.Equal(t, whole, pages, "by %v, %d a page", by, size)
		}
	}
}

func TestListsAreInTheOrderAskedFor(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "order"}
	first := reported(t, r, m, aachen, at)
	second := reported(t, r, m, aachen, at.Add(time.Hour))
	dropped := reported(t, r, m, aachen, at.Add(2*time.Hour))
	dropped = r.Decide(t, dropped, casetest.Manager, m.Triage(conflict.Drop), at.Add(3*time.Hour))
	first = r.Decide(t, first, casetest.Manager, m.Triage(conflict.OpenCase), at.Add(4*time.Hour))
	for by, want := range map[string][]string{
		"changed": {first.ID, dropped.ID, second.ID},
		"opened":  {dropped.ID, second.ID, first.ID},
		"due":     {second.ID, first.ID, dropped.ID},
	} {
		require.Equal(t, want, listed(t, r, everywhere, db.FileFilter{Due: everywhere}, db.FileSort{By: by}), by)
	}
	within(t, r.API, everywhereArea, func(q *db.Queries) {
		_, err := q.ListFiles(context.Background(), everywhere, db.FileFilter{Kind: conflict.Kind}, db.FileSort{By: "id; DROP TABLE file"}, nil, 10)
		require.ErrorContains(t, err, "no such order")
		injected, err := q.ListFiles(context.Background(), everywhere, db.FileFilter{Kind: conflict.Kind}, db.FileSort{Facets: []string{"x'; DROP TABLE file"}}, nil, 10)
		require.NoError(t, err)
		require.Len(t, injected, 3)
	})
}

// What the caller may not read of a case neither finds, counts nor orders it.
func TestFiltersTellNoMoreThanOpeningDoes(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "lens"}
	here, there := walk(t, r, m, aachen, 4), walk(t, r, m, bonn, 4)
	wednesday := at.AddDate(1, 0, 0)
	known := over(bonn)
	for name, f := range map[string]db.FileFilter{
		"urgency":  {Facets: []db.FacetFilter{urgencies(known, "schwelend")}},
		"overdue":  {Overdue: new(true), Now: wednesday, Due: known},
		"assignee": {Facets: []db.FacetFilter{urgencies(everywhere, "schwelend"), assignee(known, casetest.Manager)}},
	} {
		require.Equal(t, []string{there.ID}, listed(t, r, everywhere, f, db.SortChanged), name)
	}
	require.Equal(t, []string{here.ID}, listed(t, r, everywhere, db.FileFilter{Overdue: new(false), Now: wednesday, Due: known}, db.SortDue))
	require.Equal(t, []string{there.ID, here.ID}, listed(t, r, everywhere, db.FileFilter{Due: known}, db.SortDue))
	require.Equal(t, []string{here.ID, there.ID}, listed(t, r, everywhere, db.FileFilter{Due: over(aachen)}, db.SortDue))
	require.Equal(t, db.FileCounts{
		Total: 2, Overdue: 1, ByPhase: map[string]int{"detection": 2}, ByFacet: map[string]map[string]int{"urgency": {"schwelend": 1}},
	}, counted(t, r, everywhere, db.FileFilter{Now: wednesday, Due: known}, known))
	require.Equal(t, db.FileCounts{Total: 2, ByPhase: map[string]int{"detection": 2}, ByFacet: map[string]map[string]int{"urgency": {}}},
		counted(t, r, everywhere, db.FileFilter{Now: wednesday}, file.Scope{}), "who did not say what may be known knows nothing")
}

func TestFiltersNarrowListsAndCounts(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "filters"}
	late := walk(t, r, m, aachen, 1)     // its triage is due on Wednesday at six in the evening
	cleared := walk(t, r, m, bonn, 4)    // assigned, schwelend
	analysed := walk(t, r, m, aachen, 6) // in analysis
	signal := m.Signal()
	signal.Reference = "BN/77"
	other := r.Decide(t, conflict.Case{ID: m.ID(), AGS: bonn}, casetest.Reporter, signal, at)
	gone := r.Decide(t, other, casetest.Manager, m.Triage(conflict.Refer), at)

	wednesday := calendar.On(2026, time.March, 4).At(18*time.Hour + time.Second)
	for name, tc := range map[string]struct {
		f    db.FileFilter
		want []conflict.Case
	}{
		"nothing asked":           {db.FileFilter{}, []conflict.Case{late, cleared, analysed, gone}},
		"a phase":                 {db.FileFilter{Phases: []string{"detection"}}, []conflict.Case{late, cleared}},
		"two phases":              {db.FileFilter{Phases: []string{"analysis", "closed"}}, []conflict.Case{analysed, gone}},
		"an urgency":              {db.FileFilter{Facets: []db.FacetFilter{urgencies(everywhere, "schwelend")}}, []conflict.Case{cleared, analysed}},
		"an urgency nobody has":   {db.FileFilter{Facets: []db.FacetFilter{urgencies(everywhere, "krise")}}, nil},
		"a municipality":          {db.FileFilter{AGS: []ags.Key{bonn}}, []conflict.Case{cleared, gone}},
		"an assignee":             {db.FileFilter{Facets: []db.FacetFilter{assignee(everywhere, casetest.Manager)}}, []conflict.Case{cleared, analysed}},
		"overdue":                 {db.FileFilter{Overdue: new(true), Now: wednesday}, []conflict.Case{late}},
		"not overdue":             {db.FileFilter{Overdue: new(false), Now: wednesday}, []conflict.Case{cleared, analysed, gone}},
		"a file number":           {db.FileFilter{Reference: "BN/77"}, []conflict.Case{gone}},
		"its beginning, any case": {db.FileFilter{Reference: "bn"}, []conflict.Case{gone}},
		"not its end":             {db.FileFilter{Reference: "77"}, nil},
		"no pattern":              {db.FileFilter{Reference: "%"}, nil},
		"several at once": {
			db.FileFilter{AGS: []ags.Key{aachen}, Phases: []string{"detection", "analysis"}, Facets: []db.FacetFilter{assignee(everywhere, casetest.Manager)}}, []conflict.Case{analysed},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, c := range tc.want {
				want = append(want, c.ID)
			}
			tc.f.Due = everywhere
			for _, by := range everyOrder {
				require.ElementsMatch(t, want, listed(t, r, everywhere, tc.f, by))
			}
			if tc.f.Now.IsZero() {
				tc.f.Now = wednesday
			}
			wantCounts := db.FileCounts{ByPhase: map[string]int{}, ByFacet: map[string]map[string]int{"urgency": {}}}
			for _, c := range tc.want {
				wantCounts.Total++
				wantCounts.ByPhase[string(c.Phase)]++
				if c.Clearing != nil {
					wantCounts.ByFacet["urgency"][string(c.Clearing.Urgency)]++
				}
				if d := c.Deadlines(); len(d) > 0 && d[0].Due.Before(wednesday) {
					wantCounts.Overdue++
				}
			}
			require.Equal(t, wantCounts, counted(t, r, everywhere, tc.f, everywhere))
		})
	}
}

// Searching tells no more than opening: a word finds what its case file says to those who may
// read it, and nothing of the identities.
func TestWordsFindWhatTheCallerMayRead(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "words"}
	put := func(c conflict.Case, by string, cmd file.Command, tokens ...int64) conflict.Case {
		r.Store(t, c, by, cmd.References(), tokens...)
		return r.Decide(t, c, by, cmd, at)
	}
	here := put(conflict.Case{ID: m.ID(), AGS: aachen}, casetest.Reporter, m.Signal(), 11, 12)
	there := put(conflict.Case{ID: m.ID(), AGS: bonn}, casetest.Reporter, m.Signal(), 11)
	put(there, casetest.Manager, m.Note(conflict.CaseFile), 12, 13)
	named := m.Signal()
	named.Reference = "MAST-11"
	byName := put(conflict.Case{ID: m.ID(), AGS: aachen}, casetest.Reporter, named)
	worked := walk(t, r, m, koeln, 8)
	put(worked, casetest.Mediator, m.Note(conflict.Identities), 99)
	put(conflict.Case{ID: m.ID(), AGS: koeln}, casetest.Reporter, m.Signal()) // its signal says nothing of the kind
	unlinked := m.Note(conflict.CaseFile)
	r.Store(t, here, casetest.Reporter, unlinked.References(), 77) // stored for a command that was refused

	all := everywhere
	for name, tc := range map[string]struct {
		f    db.FileFilter
		want []string
	}{
		"a word":                         {db.FileFilter{Tokens: []int64{11}, Readable: all}, []string{here.ID, there.ID}},
		"two words of one document":      {db.FileFilter{Tokens: []int64{11, 12}, Readable: all}, []string{here.ID}},
		"a word where it may be read":    {db.FileFilter{Tokens: []int64{11}, Readable: over(bonn)}, []string{there.ID}},
		"a word that may not be read":    {db.FileFilter{Tokens: []int64{11}}, nil},
		"a word or a file number":        {db.FileFilter{Tokens: []int64{13}, Reference: "mast", Readable: all}, []string{there.ID, byName.ID}},
		"a word of the identities":       {db.FileFilter{Tokens: []int64{99}, Readable: all}, nil},
		"a word of a refused command":    {db.FileFilter{Tokens: []int64{77}, Readable: all}, nil},
		"a word only its reporter reads": {db.FileFilter{Tokens: []int64{11}, Readable: tied(tie(conflict.Reporter, casetest.Reporter), aachen)}, []string{here.ID}},
	} {
		t.Run(name, func(t *testing.T) {
			tc.f.Searched = []file.Compartment{conflict.CaseFile}
			require.ElementsMatch(t, tc.want, listed(t, r, all, tc.f, db.SortChanged))
			require.Equal(t, len(tc.want), counted(t, r, all, tc.f, all).Total)
		})
	}
}

// What a workflow's start asks for: the cases that a crash may have left behind.
func TestRecentFilesAreThoseNearTheLatestChange(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "recent"}
	var ids []string
	for i := range 4 {
		ids = append(ids, reported(t, r, m, aachen, at.Add(time.Duration(i)*time.Hour)).ID)
	}
	slices.Reverse(ids)
	for span, want := range map[time.Duration]int{0: 1, time.Hour: 2, 150 * time.Minute: 3, 24 * time.Hour: 4} {
		got, err := db.New(r.Worker).ListRecentFiles(context.Background(), db.ListRecentFilesParams{Kind: conflict.Kind, Span: interval(span), AtMost: 10})
		require.NoError(t, err)
		require.Equal(t, ids[:want], got, span.String())
		none, err := db.New(r.Worker).ListRecentFiles(context.Background(), db.ListRecentFilesParams{Kind: "another", Span: interval(span), AtMost: 10})
		require.NoError(t, err)
		require.Empty(t, none)
	}
}
