package db_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/internal/casetest"
	"koko/internal/dbtest"
)

const (
	aachen ags.Key = "05334002"
	bonn   ags.Key = "05314000"
	koeln  ags.Key = "05315000"
)

var (
	everywhere = db.Scope{Area: ags.Area{aachen, bonn, koeln}}
	at         = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) // a Monday
)

// within runs do as the API does, with row security open for area.
func within(t *testing.T, pool *pgxpool.Pool, area ags.Area, do func(*db.Queries)) {
	t.Helper()
	require.NoError(t, db.Within(context.Background(), pool, "somebody", area, func(q *db.Queries) error { do(q); return nil }))
}

// listed is what a list query finds of the cases within s.
func listed(t *testing.T, r *dbtest.Record, s db.Scope, f db.CaseFilter, by db.CaseSort) (ids []string) {
	t.Helper()
	within(t, r.API, s.Municipalities(), func(q *db.Queries) {
		rows, err := q.ListCases(context.Background(), s, f, by, nil, 1000)
		require.NoError(t, err)
		for _, row := range rows {
			require.Equal(t, row.State.ID, row.Cursor.ID)
			ids = append(ids, row.State.ID)
		}
	})
	return ids
}

// reported is a new case.
func reported(t *testing.T, r *dbtest.Record, m *casetest.Maker, k ags.Key, at time.Time) conflict.Case {
	t.Helper()
	return r.Decide(t, conflict.Case{ID: m.ID(), AGS: k}, casetest.Reporter, m.Signal(), at)
}

// walk goes the plain way with c as far as it is followed by more than steps.
func walk(t *testing.T, r *dbtest.Record, m *casetest.Maker, k ags.Key, steps int) conflict.Case {
	t.Helper()
	c := conflict.Case{ID: m.ID(), AGS: k}
	for i, s := range m.Way()[:steps] {
		c = r.Decide(t, c, s.By, s.Command, at.Add(time.Duration(i)*time.Minute))
	}
	return c
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
	s := db.Scope{Area: ags.Area{aachen, bonn}}
	for _, by := range []db.CaseSort{db.SortChanged, db.SortOpened, db.SortDue} {
		whole := listed(t, r, s, db.CaseFilter{}, by)
		require.Len(t, whole, 23)
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(whole))), 23)
		for _, size := range []int{1, 4, 22, 23, 24} {
			var pages []string
			var last *db.CaseCursor
			for {
				var rows []db.CaseRow
				within(t, r.API, s.Municipalities(), func(q *db.Queries) {
					var err error
					rows, err = q.ListCases(context.Background(), s, db.CaseFilter{}, by, last, size)
					require.NoError(t, err)
				})
				if len(rows) == 0 {
					break
				}
				for _, row := range rows {
					pages = append(pages, row.State.ID)
				}
				last = &rows[len(rows)-1].Cursor
			}
			require.Equal(t, whole, pages, "by %s, %d a page", by, size)
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
	for by, want := range map[db.CaseSort][]string{
		db.SortChanged: {first.ID, dropped.ID, second.ID},
		db.SortOpened:  {dropped.ID, second.ID, first.ID},
		db.SortDue:     {second.ID, first.ID, dropped.ID},
	} {
		require.Equal(t, want, listed(t, r, everywhere, db.CaseFilter{Known: everywhere}, by), by)
	}
	within(t, r.API, everywhere.Area, func(q *db.Queries) {
		_, err := q.ListCases(context.Background(), everywhere, db.CaseFilter{}, "id; DROP TABLE conflict_case", nil, 10)
		require.ErrorContains(t, err, "no such order")
	})
}

// What the caller may not read of a case neither finds, counts nor orders it.
func TestFiltersTellNoMoreThanOpeningDoes(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "lens"}
	here, there := walk(t, r, m, aachen, 4), walk(t, r, m, bonn, 4)
	wednesday := at.AddDate(1, 0, 0)
	known := db.Scope{Area: ags.Area{bonn}}
	for name, f := range map[string]db.CaseFilter{
		"urgency":  {Urgencies: []conflict.Urgency{"schwelend"}, Known: known, Named: everywhere},
		"overdue":  {Overdue: new(true), Now: wednesday, Known: known, Named: everywhere},
		"assignee": {Assignee: casetest.Manager, Known: everywhere, Named: known},
	} {
		require.Equal(t, []string{there.ID}, listed(t, r, everywhere, f, db.SortChanged), name)
	}
	require.Equal(t, []string{here.ID}, listed(t, r, everywhere, db.CaseFilter{Overdue: new(false), Now: wednesday, Known: known}, db.SortDue))
	require.Equal(t, []string{there.ID, here.ID}, listed(t, r, everywhere, db.CaseFilter{Known: known}, db.SortDue))
	require.Equal(t, []string{here.ID, there.ID}, listed(t, r, everywhere, db.CaseFilter{Known: db.Scope{Area: ags.Area{aachen}}}, db.SortDue))
	within(t, r.API, everywhere.Area, func(q *db.Queries) {
		counts, err := q.CountCases(context.Background(), everywhere, db.CaseFilter{Now: wednesday, Known: known})
		require.NoError(t, err)
		require.Equal(t, db.CaseCounts{Total: 2, Overdue: 1, ByPhase: map[string]int{"detection": 2}, ByUrgency: map[string]int{"schwelend": 1}}, counts)
	})
}

func TestFiltersNarrowListsAndCounts(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "filters"}
	late := walk(t, r, m, aachen, 1)     // its triage is due on Wednesday
	cleared := walk(t, r, m, bonn, 4)    // assigned, schwelend
	analysed := walk(t, r, m, aachen, 6) // in analysis
	signal := m.Signal()
	signal.Reference = "BN/77"
	other := r.Decide(t, conflict.Case{ID: m.ID(), AGS: bonn}, casetest.Reporter, signal, at)
	gone := r.Decide(t, other, casetest.Manager, m.Triage(conflict.Refer), at)

	wednesday := at.AddDate(0, 0, 2).Add(time.Second)
	for name, tc := range map[string]struct {
		f    db.CaseFilter
		want []conflict.Case
	}{
		"nothing asked":           {db.CaseFilter{}, []conflict.Case{late, cleared, analysed, gone}},
		"a phase":                 {db.CaseFilter{Phases: []conflict.Phase{conflict.Detection}}, []conflict.Case{late, cleared}},
		"two phases":              {db.CaseFilter{Phases: []conflict.Phase{conflict.Analysis, conflict.Closed}}, []conflict.Case{analysed, gone}},
		"an urgency":              {db.CaseFilter{Urgencies: []conflict.Urgency{"schwelend"}}, []conflict.Case{cleared, analysed}},
		"an urgency nobody has":   {db.CaseFilter{Urgencies: []conflict.Urgency{"krise"}}, nil},
		"a municipality":          {db.CaseFilter{AGS: []ags.Key{bonn}}, []conflict.Case{cleared, gone}},
		"an assignee":             {db.CaseFilter{Assignee: casetest.Manager}, []conflict.Case{cleared, analysed}},
		"overdue":                 {db.CaseFilter{Overdue: new(true), Now: wednesday}, []conflict.Case{late}},
		"not overdue":             {db.CaseFilter{Overdue: new(false), Now: wednesday}, []conflict.Case{cleared, analysed, gone}},
		"a file number":           {db.CaseFilter{Reference: "BN/77"}, []conflict.Case{gone}},
		"its beginning, any case": {db.CaseFilter{Reference: "bn"}, []conflict.Case{gone}},
		"not its end":             {db.CaseFilter{Reference: "77"}, nil},
		"no pattern":              {db.CaseFilter{Reference: "%"}, nil},
		"several at once": {
			db.CaseFilter{AGS: []ags.Key{aachen}, Phases: []conflict.Phase{conflict.Detection, conflict.Analysis}, Assignee: casetest.Manager}, []conflict.Case{analysed},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, c := range tc.want {
				want = append(want, c.ID)
			}
			tc.f.Known, tc.f.Named = everywhere, everywhere
			for _, by := range []db.CaseSort{db.SortChanged, db.SortOpened, db.SortDue} {
				require.ElementsMatch(t, want, listed(t, r, everywhere, tc.f, by))
			}
			within(t, r.API, everywhere.Area, func(q *db.Queries) {
				if tc.f.Now.IsZero() {
					tc.f.Now = wednesday
				}
				counts, err := q.CountCases(context.Background(), everywhere, tc.f)
				require.NoError(t, err)
				wantCounts := db.CaseCounts{ByPhase: map[string]int{}, ByUrgency: map[string]int{}}
				for _, c := range tc.want {
					wantCounts.Total++
					wantCounts.ByPhase[string(c.Phase)]++
					if c.Clearing != nil {
						wantCounts.ByUrgency[string(c.Clearing.Urgency)]++
					}
					if d := c.Deadlines(); len(d) > 0 && d[0].Due.Before(wednesday) {
						wantCounts.Overdue++
					}
				}
				require.Equal(t, wantCounts, counts)
			})
		})
	}
}

// Searching tells no more than opening: a word finds what its case file says to those who may
// read it, and nothing of the mediation file.
func TestWordsFindWhatTheCallerMayRead(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "words"}
	put := func(c conflict.Case, by string, cmd conflict.Command, tokens ...int64) conflict.Case {
		r.Store(t, c, by, cmd.References(), tokens...)
		return r.Decide(t, c, by, cmd, at)
	}
	here := put(conflict.Case{ID: m.ID(), AGS: aachen}, casetest.Reporter, m.Signal(), 11, 12)
	there := put(conflict.Case{ID: m.ID(), AGS: bonn}, casetest.Reporter, m.Signal(), 11)
	put(there, casetest.Manager, m.Note(conflict.CaseFile), 12, 13)
	named := m.Signal()
	named.Reference = "MAST-11"
	byName := put(conflict.Case{ID: m.ID(), AGS: aachen}, casetest.Reporter, named)
	mediated := walk(t, r, m, koeln, 8)
	put(mediated, casetest.Mediator, m.Note(conflict.MediationFile), 99)
	put(conflict.Case{ID: m.ID(), AGS: koeln}, casetest.Reporter, m.Signal()) // its signal says nothing of the kind
	unlinked := m.Note(conflict.CaseFile)
	r.Store(t, here, casetest.Reporter, unlinked.References(), 77) // stored for a command that was refused

	all := everywhere
	for name, tc := range map[string]struct {
		f    db.CaseFilter
		want []string
	}{
		"a word":                         {db.CaseFilter{Tokens: []int64{11}, Readable: all}, []string{here.ID, there.ID}},
		"two words of one document":      {db.CaseFilter{Tokens: []int64{11, 12}, Readable: all}, []string{here.ID}},
		"a word where it may be read":    {db.CaseFilter{Tokens: []int64{11}, Readable: db.Scope{Area: ags.Area{bonn}}}, []string{there.ID}},
		"a word that may not be read":    {db.CaseFilter{Tokens: []int64{11}}, nil},
		"a word or a file number":        {db.CaseFilter{Tokens: []int64{13}, Reference: "mast", Readable: all}, []string{there.ID, byName.ID}},
		"a word of the mediation file":   {db.CaseFilter{Tokens: []int64{99}, Readable: all}, nil},
		"a word of a refused command":    {db.CaseFilter{Tokens: []int64{77}, Readable: all}, nil},
		"a word only its reporter reads": {db.CaseFilter{Tokens: []int64{11}, Readable: db.Scope{Caller: casetest.Reporter, Reported: ags.Area{aachen}}}, []string{here.ID}},
	} {
		t.Run(name, func(t *testing.T) {
			require.ElementsMatch(t, tc.want, listed(t, r, all, tc.f, db.SortChanged))
			within(t, r.API, all.Area, func(q *db.Queries) {
				counts, err := q.CountCases(context.Background(), all, tc.f)
				require.NoError(t, err)
				require.Equal(t, len(tc.want), counts.Total)
			})
		})
	}
}

// What a workflow's start asks for: the cases that a crash may have left behind.
func TestRecentCasesAreThoseNearTheLatestChange(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "recent"}
	var ids []string
	for i := range 4 {
		ids = append(ids, reported(t, r, m, aachen, at.Add(time.Duration(i)*time.Hour)).ID)
	}
	slices.Reverse(ids)
	for span, want := range map[time.Duration]int{0: 1, time.Hour: 2, 150 * time.Minute: 3, 24 * time.Hour: 4} {
		got, err := db.New(r.Worker).ListRecentCases(context.Background(), db.ListRecentCasesParams{Span: interval(span), AtMost: 10})
		require.NoError(t, err)
		require.Equal(t, ids[:want], got, fmt.Sprint(span))
	}
}
