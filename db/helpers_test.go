package db_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/dbtest"
	"koko/internal/trainingtest"
)

const (
	aachen ags.Key = "05334002"
	bonn   ags.Key = "05314000"
	koeln  ags.Key = "05315000"

	town      = trainingtest.Town
	neighbour = trainingtest.Neighbour
)

var (
	at             = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) // a Monday
	everywhereArea = ags.Area{aachen, bonn, koeln}
	everywhere     = over(everywhereArea...)
	offered        = ags.Area{town, neighbour, trainingtest.Village}
	trainingArea   = append(ags.Area{bonn}, offered...)
	allOfTraining  = over(trainingArea...)
)

// over covers every file of an area.
func over(area ...ags.Key) file.Scope { return file.Scope{Parts: []file.Part{{Area: area}}} }

// tied covers the files of an area with a tie.
func tied(tie string, area ...ags.Key) file.Scope {
	return file.Scope{Parts: []file.Part{{Tie: tie, Area: area}}}
}

// offeredTo covers the files that are offered to an area.
func offeredTo(area ...ags.Key) file.Scope {
	return file.Scope{Parts: []file.Part{{Offered: true, Area: area}}}
}

func tie(r file.Relation, holder string) string {
	return file.Tie{Relation: r, Holder: holder}.String()
}

func interval(d time.Duration) pgtype.Interval {
	return pgtype.Interval{Microseconds: d.Microseconds(), Valid: true}
}

// within runs do as the API does, with row security open for area.
func within(t testing.TB, pool *pgxpool.Pool, area ags.Area, do func(*db.Queries)) {
	t.Helper()
	require.NoError(t, db.Within(context.Background(), pool, "somebody", area, func(q *db.Queries) error { do(q); return nil }))
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
