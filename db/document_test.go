package db_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/dbtest"
)

// A document's compartment opens to those who ask for it, page by page.
func TestDocumentsAreListedByCompartmentAndPage(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "documents"}
	c := walk(t, r, m, aachen, 16)
	ctx := context.Background()
	page := func(f db.DocumentFilter, size int) (rows []db.FileDocumentRow) {
		f.Kind, f.FileID = conflict.Kind, c.ID
		within(t, r.API, ags.Area{aachen}, func(q *db.Queries) {
			var err error
			rows, err = q.ListDocuments(ctx, everywhere, f, size)
			require.NoError(t, err)
		})
		return rows
	}
	all := []file.Compartment{conflict.CaseFile, conflict.Identities}
	whole := page(db.DocumentFilter{Compartments: all}, 100)
	require.Len(t, whole, 10)
	require.Empty(t, page(db.DocumentFilter{}, 100))
	for _, in := range all {
		for _, d := range page(db.DocumentFilter{Compartments: []file.Compartment{in}}, 100) {
			require.Equal(t, in, d.Compartment)
			require.Contains(t, whole, d)
		}
	}
	require.Equal(t, whole[2:3], page(db.DocumentFilter{Compartments: all, Document: whole[2].DocumentID}, 100))
	require.Len(t, page(db.DocumentFilter{Compartments: all, Action: "record_analysis"}, 100), 2)

	var pages []db.FileDocumentRow
	for f := (db.DocumentFilter{Compartments: all}); ; {
		rows := page(f, 2)
		if len(rows) == 0 {
			break
		}
		pages = append(pages, rows...)
		f.AfterVersion, f.AfterID = int(rows[len(rows)-1].Version), rows[len(rows)-1].DocumentID
	}
	require.Equal(t, whole, pages)
}

// A key that is lost hides no document: it is there, and cannot be read.
func TestALostKeyHidesNoDocument(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	c := newCase(t, r, false)
	ctx := context.Background()
	_, err := r.Owner.Exec(ctx, "BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM data_key; COMMIT")
	require.NoError(t, err)
	within(t, r.API, ags.Area{aachen}, func(q *db.Queries) {
		rows := must(q.ListDocuments(ctx, everywhere, db.DocumentFilter{Kind: conflict.Kind, FileID: c.ID, Compartments: []file.Compartment{conflict.CaseFile}}, 100))
		require.Len(t, rows, 2)
		require.Nil(t, rows[0].Wrapped)
		titles := must(q.ListTitles(ctx, everywhere, conflict.Kind, []string{c.ID}, conflict.Spec.Title))
		require.Len(t, titles, 1)
		require.Nil(t, titles[0].Wrapped)
	})
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
	rows, err := r.Owner.Query(context.Background(), "SELECT number FROM file_document WHERE file_id = $1 AND action = 'add_note' ORDER BY version", c.ID)
	require.NoError(t, err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	require.NoError(t, err)
	require.Equal(t, append(want, 1), got)
}
