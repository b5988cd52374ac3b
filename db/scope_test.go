package db_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/process"
	"koko/internal/casetest"
	"koko/internal/dbtest"
)

func interval(d time.Duration) pgtype.Interval {
	return pgtype.Interval{Microseconds: d.Microseconds(), Valid: true}
}

// lists has every query that shows cases: how many rows it finds of case id.
func lists() map[string]func(q *db.Queries, s db.Scope, id string) (int, error) {
	ctx := context.Background()
	all := map[string]func(q *db.Queries, s db.Scope, id string) (int, error){
		"get": func(q *db.Queries, s db.Scope, id string) (int, error) {
			_, err := q.GetCase(ctx, s.Case(id))
			if errors.Is(err, pgx.ErrNoRows) {
				return 0, nil
			}
			return 1, err
		},
		"documents": func(q *db.Queries, s db.Scope, id string) (int, error) {
			rows, err := q.ListDocuments(ctx, s.Documents(db.ListDocumentsParams{
				FileID: id, Compartments: []string{"case", "identities", "mediation"}, AfterID: "00000000-0000-0000-0000-000000000000", PageSize: 100,
			}))
			return len(rows), err
		},
		"signals": func(q *db.Queries, s db.Scope, id string) (int, error) {
			rows, err := q.ListSignals(ctx, s.Signals([]string{id}))
			return len(rows), err
		},
		"history": func(q *db.Queries, s db.Scope, id string) (int, error) {
			rows, err := q.ListHistory(ctx, s.History(db.ListHistoryParams{FileID: id, BeforeAt: at.AddDate(100, 0, 0), PageSize: 100}))
			return len(rows), err
		},
	}
	for name, f := range map[string]db.CaseFilter{
		"":           {},
		" phase":     {Phases: conflict.Phases()},
		" urgency":   {Urgencies: append([]conflict.Urgency{""}, conflict.Urgencies...)},
		" ags":       {AGS: []ags.Key{aachen}},
		" assignee":  {Assignee: casetest.Manager},
		" overdue":   {Overdue: new(true), Now: at.AddDate(5, 0, 0)},
		" reference": {Reference: "KM"},
		" words":     {Tokens: []int64{11}, Readable: everywhere},
		" both":      {Reference: "KM", Tokens: []int64{11}, Readable: everywhere},
	} {
		f.Known, f.Named = everywhere, everywhere
		all["count"+name] = func(q *db.Queries, s db.Scope, id string) (int, error) {
			counts, err := q.CountCases(ctx, s, f)
			return counts.Total, err
		}
		for _, by := range []db.CaseSort{db.SortChanged, db.SortOpened, db.SortDue} {
			all["list by "+string(by)+name] = func(q *db.Queries, s db.Scope, id string) (int, error) {
				rows, err := q.ListCases(ctx, s, f, by, nil, 100)
				return len(rows), err
			}
		}
	}
	return all
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

func TestEveryListKeepsToTheScope(t *testing.T) {
	t.Parallel()
	town, other := ags.Area{aachen}, ags.Area{bonn}
	records := map[bool]*dbtest.Record{false: dbtest.New(t), true: dbtest.New(t)}
	cases := map[bool]conflict.Case{}
	for analysed, r := range records {
		cases[analysed] = newCase(t, r, analysed)
	}
	type sees struct{ detected, analysed bool }
	for name, tc := range map[string]struct {
		s    db.Scope
		want sees
	}{
		"nothing":                       {db.Scope{Caller: casetest.Manager}, sees{false, false}},
		"the area":                      {db.Scope{Caller: casetest.Stranger, Area: town}, sees{true, true}},
		"another area":                  {db.Scope{Caller: casetest.Manager, Area: other}, sees{false, false}},
		"assigned":                      {db.Scope{Caller: casetest.Manager, Assigned: town}, sees{true, true}},
		"assigned to another":           {db.Scope{Caller: casetest.Stranger, Assigned: town}, sees{false, false}},
		"assigned, right elsewhere":     {db.Scope{Caller: casetest.Manager, Assigned: other}, sees{false, false}},
		"reported":                      {db.Scope{Caller: casetest.Reporter, Reported: town}, sees{true, true}},
		"reported by another":           {db.Scope{Caller: casetest.Manager, Reported: town}, sees{false, false}},
		"reported, right elsewhere":     {db.Scope{Caller: casetest.Reporter, Reported: other}, sees{false, false}},
		"unhanded":                      {db.Scope{Caller: casetest.Stranger, Unhanded: town}, sees{true, false}},
		"unhanded elsewhere":            {db.Scope{Caller: casetest.Stranger, Unhanded: other}, sees{false, false}},
		"all rights elsewhere":          {db.Scope{Caller: casetest.Manager, Area: other, Assigned: other, Reported: other, Unhanded: other}, sees{false, false}},
		"a district is no municipality": {db.Scope{Caller: casetest.Manager, Area: ags.Area{"05334", ""}}, sees{false, false}},
	} {
		t.Run(name, func(t *testing.T) {
			for analysed, want := range map[bool]bool{false: tc.want.detected, true: tc.want.analysed} {
				r, c := records[analysed], cases[analysed]
				for list, find := range lists() {
					// The second lock stands open, so that it is the predicate that is tested.
					within(t, r.API, everywhere.Area, func(q *db.Queries) {
						n, err := find(q, tc.s, c.ID)
						require.NoError(t, err, list)
						require.Equal(t, want, n > 0, "%s, analysed: %v", list, analysed)
					})
				}
			}
		})
	}
}

// With the predicate opened for everything, row security still shows the transaction's own
// municipalities alone.
func TestRowSecurityIsTheSecondLock(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	c := newCase(t, r, false)
	ctx := context.Background()
	for list, find := range lists() {
		for name, tc := range map[string]struct {
			area ags.Area
			want bool
		}{"the own": {ags.Area{bonn, aachen}, true}, "another": {ags.Area{bonn}, false}, "none": {nil, false}, "no": {ags.Area{""}, false}} {
			within(t, r.API, tc.area, func(q *db.Queries) {
				n, err := find(q, everywhere, c.ID)
				require.NoError(t, err, list)
				require.Equal(t, tc.want, n > 0, "%s in %s municipality", list, name)
			})
		}
		n, err := find(db.New(r.API), everywhere, c.ID)
		require.NoError(t, err, list)
		require.Zero(t, n, "%s without a scope", list)
		if strings.HasPrefix(list, "list") || strings.HasPrefix(list, "count") {
			require.Error(t, second(find(db.As(r.API, "somebody", ags.Area{aachen}), everywhere, c.ID)), "they choose their plan, which As does not offer")
			continue
		}
		for _, tc := range []struct {
			area ags.Area
			want bool
		}{{ags.Area{bonn, aachen}, true}, {ags.Area{bonn}, false}, {nil, false}} {
			n, err := find(db.As(r.API, "somebody", tc.area), everywhere, c.ID)
			require.NoError(t, err, list)
			require.Equal(t, tc.want, n > 0, "%s alone, within %v", list, tc.area)
		}
	}
	_, err := db.New(r.API).GetOwnTransition(ctx, db.GetOwnTransitionParams{FileID: c.ID, Kind: process.KindCase, CommandID: "k1", Caller: casetest.Reporter})
	require.ErrorIs(t, err, pgx.ErrNoRows)
	_, err = db.New(r.API).GetDataKey(ctx, db.GetDataKeyParams{FileID: c.ID, Compartment: conflict.CaseFile})
	require.ErrorIs(t, err, pgx.ErrNoRows)
	_, err = db.New(r.API).GetStoredDocument(ctx, db.GetStoredDocumentParams{ID: c.Signal.Docs.Docs[0].ID, FileID: c.ID})
	require.ErrorIs(t, err, pgx.ErrNoRows)
}

func second[T any](_ T, err error) error { return err }

func TestNobodyWritesIntoAnotherMunicipality(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "foreign"}
	ctx := context.Background()
	key := db.AddDataKeyParams{FileID: m.ID(), Compartment: conflict.CaseFile, AGS: aachen, Wrapped: []byte("w")}
	err := db.Within(ctx, r.API, "somebody", ags.Area{bonn}, func(q *db.Queries) error { return q.AddDataKey(ctx, key) })
	require.ErrorContains(t, err, "row-level security")
	require.NoError(t, db.Within(ctx, r.API, "somebody", ags.Area{aachen}, func(q *db.Queries) error { return q.AddDataKey(ctx, key) }))
	doc := db.AddDocumentParams{ID: m.ID(), FileID: key.FileID, AGS: aachen, Kind: "add_note", Compartment: conflict.CaseFile, Sealed: []byte("s"), Tokens: []int64{}}
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
			_, err := q.GetCase(ctx, everywhere.Case(c.ID))
			require.NoError(t, err)
			return result
		})
		require.ErrorIs(t, err, result)
		for list, find := range lists() {
			n, err := find(db.New(pool), everywhere, c.ID)
			require.NoError(t, err)
			require.Zero(t, n, list)
		}
		require.Empty(t, one[string](t, pool, scopeLeft))
	}

	alone := db.As(pool, casetest.Manager, ags.Area{aachen}) // of the pool's only connection: each gives it back
	_, err = alone.GetCase(ctx, everywhere.Case(c.ID))
	require.NoError(t, err)
	_, err = alone.GetCase(ctx, everywhere.Case("no id"))
	require.Error(t, err)
	_, err = alone.GetOwnTransition(ctx, db.GetOwnTransitionParams{FileID: c.ID, Kind: process.KindCase, CommandID: "unknown"})
	require.ErrorIs(t, err, pgx.ErrNoRows)
	require.Error(t, alone.AddDataKey(ctx, db.AddDataKeyParams{FileID: c.ID, Compartment: conflict.MediationFile, AGS: bonn, Wrapped: []byte("w")}))
	require.NoError(t, alone.AddDataKey(ctx, db.AddDataKeyParams{FileID: c.ID, Compartment: conflict.MediationFile, AGS: aachen, Wrapped: []byte("w")}))
	documents, err := alone.ListDocuments(ctx, everywhere.Documents(db.ListDocumentsParams{
		FileID: c.ID, Compartments: []string{"case"}, AfterID: "00000000-0000-0000-0000-000000000000", PageSize: 1,
	}))
	require.NoError(t, err)
	require.Len(t, documents, 1)
	require.Empty(t, one[string](t, pool, scopeLeft))
}

const scopeLeft = "SELECT coalesce(current_setting('koko.area', true), '') || coalesce(current_setting('koko.caller', true), '')"

// A document's compartment opens to those who ask for it, page by page.
func TestDocumentsAreListedByCompartmentAndPage(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "documents"}
	c := walk(t, r, m, aachen, 13)
	ctx := context.Background()
	page := func(p db.ListDocumentsParams) (rows []db.ListDocumentsRow) {
		p.FileID = c.ID
		if p.AfterID == "" {
			p.AfterID = "00000000-0000-0000-0000-000000000000"
		}
		within(t, r.API, ags.Area{aachen}, func(q *db.Queries) {
			var err error
			rows, err = q.ListDocuments(ctx, everywhere.Documents(p))
			require.NoError(t, err)
		})
		return rows
	}
	all := []string{"case", "identities", "mediation"}
	whole := page(db.ListDocumentsParams{Compartments: all, PageSize: 100})
	require.Len(t, whole, 12)
	require.Empty(t, page(db.ListDocumentsParams{Compartments: []string{}, PageSize: 100}))
	for _, in := range all {
		for _, d := range page(db.ListDocumentsParams{Compartments: []string{in}, PageSize: 100}) {
			require.Equal(t, in, string(d.Compartment))
			require.Contains(t, whole, d)
		}
	}
	require.Equal(t, whole[2:3], page(db.ListDocumentsParams{Compartments: all, DocumentID: &whole[2].DocumentID, PageSize: 100}))
	require.Len(t, page(db.ListDocumentsParams{Compartments: all, Kind: new("record_analysis"), PageSize: 100}), 2)

	var pages []db.ListDocumentsRow
	for p := (db.ListDocumentsParams{Compartments: all, PageSize: 2}); ; {
		rows := page(p)
		if len(rows) == 0 {
			break
		}
		pages = append(pages, rows...)
		p.AfterVersion, p.AfterID = rows[len(rows)-1].Version, rows[len(rows)-1].DocumentID
	}
	require.Equal(t, whole, pages)
}

func TestDocumentsOfAKindAreNumbered(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "numbers"}
	c := walk(t, r, m, aachen, 5)
	var want []int32
	for i := range 3 {
		c = r.Decide(t, c, casetest.Manager, m.Note(conflict.CaseFile), at.Add(time.Hour))
		want = append(want, int32(i+1))
	}
	c = r.Decide(t, c, casetest.Manager, m.Note(conflict.Identities), at.Add(time.Hour))
	rows, err := r.Owner.Query(context.Background(), "SELECT number FROM file_document WHERE file_id = $1 AND kind = 'add_note' ORDER BY version", c.ID)
	require.NoError(t, err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	require.NoError(t, err)
	require.Equal(t, append(want, 1), got)
}
