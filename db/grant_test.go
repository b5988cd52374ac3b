package db_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/internal/casetest"
	"koko/internal/dbtest"
)

// give records a grant as an administrator of everywhere does.
func give(t *testing.T, r *dbtest.Record, g db.AddGrantParams) string {
	t.Helper()
	within(t, r.API, everywhereArea, func(q *db.Queries) {
		n, err := q.AddGrant(context.Background(), g)
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
	})
	return g.ID
}

// listGrants is what an administrator of area finds while row security opens open.
func listGrants(t *testing.T, r *dbtest.Record, caller string, area, open ags.Area, p db.ListGrantsParams) (ids []string) {
	t.Helper()
	p.BeforeAt, p.BeforeID, p.PageSize = time.Now().AddDate(1, 0, 0), "ffffffff-ffff-ffff-ffff-ffffffffffff", 100
	for _, k := range area {
		p.Within = append(p.Within, string(k))
	}
	require.NoError(t, db.Within(context.Background(), r.API, caller, open, func(q *db.Queries) error {
		rows, err := q.ListGrants(context.Background(), p)
		for _, g := range rows {
			ids = append(ids, g.ID)
		}
		return err
	}))
	return ids
}

func TestGrantsAreListedWithinTheOwnArea(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "grants"}
	here := give(t, r, db.AddGrantParams{ID: m.ID(), Subject: "a", Role: "observer", Area: ags.Area{aachen}, ValidFrom: at, GivenBy: "root"})
	there := give(t, r, db.AddGrantParams{ID: m.ID(), Subject: "b", Role: "observer", Area: ags.Area{bonn}, ValidFrom: at, GivenBy: "root"})
	both := give(t, r, db.AddGrantParams{ID: m.ID(), Subject: "b", Role: "manager", Area: ags.Area{aachen, bonn}, ValidFrom: at, GivenBy: "root"})
	all := everywhereArea
	for name, tc := range map[string]struct {
		area, open ags.Area
		p          db.ListGrantsParams
		want       []string
	}{
		"everywhere":                       {all, all, db.ListGrantsParams{}, []string{here, there, both}},
		"one municipality":                 {ags.Area{aachen}, all, db.ListGrantsParams{}, []string{here, both}},
		"another":                          {ags.Area{bonn}, all, db.ListGrantsParams{}, []string{there, both}},
		"where else, from one":             {ags.Area{bonn}, all, db.ListGrantsParams{AGS: new("05334002")}, nil},
		"nowhere":                          {nil, all, db.ListGrantsParams{}, nil},
		"everywhere, but locked":           {all, nil, db.ListGrantsParams{}, nil},
		"everywhere, but locked elsewhere": {all, ags.Area{koeln}, db.ListGrantsParams{}, nil},
		"of a person":                      {all, all, db.ListGrantsParams{Subject: new("b")}, []string{there, both}},
		"of a role":                        {all, all, db.ListGrantsParams{Role: new("observer")}, []string{here, there}},
		"in a municipality":                {all, all, db.ListGrantsParams{AGS: new("05334002")}, []string{here, both}},
	} {
		t.Run(name, func(t *testing.T) {
			require.ElementsMatch(t, tc.want, listGrants(t, r, "admin", tc.area, tc.open, tc.p))
		})
	}
	require.ElementsMatch(t, []string{there, both}, listGrants(t, r, "b", all, nil, db.ListGrantsParams{}), "one's own are one's own to see")
	require.Empty(t, listGrants(t, r, "b", all, nil, db.ListGrantsParams{Subject: new("a")}))

	ctx := context.Background()
	_, err := db.New(r.API).GetGrant(ctx, db.GetGrantParams{ID: here, Within: []string{string(aachen)}})
	require.ErrorIs(t, err, pgx.ErrNoRows, "locked")
	within(t, r.API, all, func(q *db.Queries) {
		_, err := q.GetGrant(ctx, db.GetGrantParams{ID: both, Within: []string{string(aachen)}})
		require.NoError(t, err, "it reaches into the own area")
		_, err = q.GetGrant(ctx, db.GetGrantParams{ID: here, Within: []string{string(bonn)}})
		require.ErrorIs(t, err, pgx.ErrNoRows)
	})
}

func TestGrantsAreGivenWithinTheOwnArea(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "given"}
	ctx := context.Background()
	wide := db.AddGrantParams{ID: m.ID(), Subject: "b", Role: "admin", Area: ags.Area{aachen, bonn}, ValidFrom: at, GivenBy: "b"}
	err := db.Within(ctx, r.API, "b", ags.Area{bonn}, func(q *db.Queries) error { _, err := q.AddGrant(ctx, wide); return err })
	require.ErrorContains(t, err, "row-level security")
	wide.Area = nil
	err = db.Within(ctx, r.API, "b", ags.Area{bonn}, func(q *db.Queries) error { _, err := q.AddGrant(ctx, wide); return err })
	require.Error(t, err, "a grant for nowhere is none")
}

func TestAGrantHoldsFromItsBeginToItsEnd(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "valid"}
	ctx := context.Background()
	give(t, r, db.AddGrantParams{ID: m.ID(), Subject: "a", Role: "manager", Area: ags.Area{aachen}, ValidFrom: at, ValidUntil: new(at.AddDate(0, 1, 0)), GivenBy: "root"})
	open := give(t, r, db.AddGrantParams{ID: m.ID(), Subject: "a", Role: "observer", Area: ags.Area{aachen}, ValidFrom: at, GivenBy: "root"})
	holds := func(role string, when time.Time) (holds bool) {
		require.NoError(t, db.Within(ctx, r.API, "a", nil, func(q *db.Queries) error {
			grants, err := q.ListGrantsOf(ctx, db.ListGrantsOfParams{Subject: "a", At: when})
			for _, g := range grants {
				holds = holds || g.Role == role
			}
			return err
		}))
		within(t, r.API, ags.Area{aachen}, func(q *db.Queries) {
			has, err := q.HasRoleIn(ctx, db.HasRoleInParams{Subject: "a", Roles: []string{role}, AGS: string(aachen), At: when})
			require.NoError(t, err)
			require.Equal(t, holds, has, role)
			elsewhere, err := q.HasRoleIn(ctx, db.HasRoleInParams{Subject: "a", Roles: []string{role}, AGS: string(bonn), At: when})
			require.NoError(t, err)
			require.False(t, elsewhere)
		})
		return holds
	}
	for name, tc := range map[string]struct {
		when              time.Time
		manager, observer bool
	}{
		"before":     {at.Add(-time.Second), false, false},
		"from then":  {at, true, true},
		"until then": {at.AddDate(0, 1, 0).Add(-time.Second), true, true},
		"after":      {at.AddDate(0, 1, 0), false, true},
	} {
		require.Equal(t, tc.manager, holds("manager", tc.when), name)
		require.Equal(t, tc.observer, holds("observer", tc.when), name)
	}

	end := func(id, by string, area ags.Area, when time.Time) (e db.EndGrantRow) {
		require.NoError(t, db.Within(ctx, r.API, by, area, func(q *db.Queries) (err error) {
			e, err = q.EndGrant(ctx, db.EndGrantParams{ID: id, At: when})
			return err
		}))
		return e
	}
	require.False(t, end(open, "x", ags.Area{bonn}, at.AddDate(0, 2, 0)).Ended, "another's area")
	require.Equal(t, db.EndGrantRow{Ended: true, Rest: []string{}}, end(open, "root", ags.Area{aachen}, at.AddDate(0, 2, 0)))
	require.False(t, end(open, "late", ags.Area{aachen}, at.AddDate(0, 3, 0)).Ended, "it has ended")
	_, err := r.API.Exec(ctx, "UPDATE role_grant SET valid_until = NULL")
	require.ErrorContains(t, err, "permission denied", "there is no other way to change one")
	require.True(t, holds("observer", at.AddDate(0, 1, 0)))
	require.False(t, holds("observer", at.AddDate(0, 2, 0)))
}

// What whoever owns the database gives needs nobody's approval, and stands in the log all the same.
func TestWhatTheOwnerGivesIsAnEntry(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	r.Hold(t, "supervisor", ags.Area{aachen, bonn}, "a")
	var entries int
	require.NoError(t, r.Owner.QueryRow(context.Background(), `SELECT count(*) FROM access_log l JOIN role_grant g ON g.id::text = l.subject_id
		WHERE l.kind = 'grant' AND l.action = 'give_grant' AND l.rule = 'supervisor' AND l.actor = g.given_by AND l.ags = ANY (g.area)`).Scan(&entries))
	require.Equal(t, 2, entries)
}
