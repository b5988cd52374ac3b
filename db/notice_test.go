package db_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/dbtest"
	"koko/internal/trainingtest"
)

const afterAll = "ffffffff-ffff-ffff-ffff-ffffffffffff"

// tell has people told about a file.
func tell(t *testing.T, r *dbtest.Record, fileID string, version int, at time.Time, people ...string) {
	t.Helper()
	_, err := db.New(r.Worker).AddNotifications(context.Background(), db.AddNotificationsParams{
		AGS: town, Kind: "certified", FileKind: enrolment.Kind, FileID: fileID, Version: int32(version), At: at, People: people,
	})
	require.NoError(t, err)
}

// as are queries in which caller asks for what is personal: no municipality is needed.
func as(r *dbtest.Record, caller string) *db.Queries { return db.As(r.API, caller, nil) }

func TestEverybodyReadsTheOwnNotices(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	m := &trainingtest.Maker{Salt: "notices"}
	fileID := m.ID()
	for i := range 5 {
		tell(t, r, fileID, i+1, at.Add(time.Duration(i/2)*time.Hour), "a", "b", "", file.System)
		tell(t, r, fileID, i+1, at.AddDate(0, 0, 1), "a")
	}
	all := db.ListNotificationsParams{Recipient: "a", BeforeAt: at.AddDate(1, 0, 0), BeforeID: afterAll, PageSize: 100}
	whole := must(as(r, "a").ListNotifications(ctx, all))
	require.Len(t, whole, 5, "a repeated notice is one")
	require.True(t, whole[0].At.Equal(at.Add(2*time.Hour)), "the latest first")
	var pages []db.ListNotificationsRow
	for p := all; ; {
		p.PageSize = 2
		rows := must(as(r, "a").ListNotifications(ctx, p))
		if len(rows) == 0 {
			break
		}
		pages = append(pages, rows...)
		p.BeforeAt, p.BeforeID = rows[len(rows)-1].At, rows[len(rows)-1].ID
	}
	require.Equal(t, whole, pages)

	for _, caller := range []string{"b", "stranger", ""} {
		require.Empty(t, must(as(r, caller).ListNotifications(ctx, all)), "another's")
		require.EqualValues(t, 0, must(as(r, caller).MarkRead(ctx, db.MarkReadParams{Recipient: "a", IDs: []string{whole[0].ID}, ReadAt: at})))
		require.EqualValues(t, 0, must(as(r, caller).MarkAllRead(ctx, db.MarkAllReadParams{Recipient: "a", Until: at.AddDate(1, 0, 0), ReadAt: at})))
		require.Zero(t, must(as(r, caller).CountUnread(ctx, "a")))
	}
	require.Empty(t, must(db.New(r.API).ListNotifications(ctx, all)), "nobody's")

	require.EqualValues(t, 5, must(as(r, "a").CountUnread(ctx, "a")))
	require.EqualValues(t, 1, must(as(r, "a").MarkRead(ctx, db.MarkReadParams{Recipient: "a", IDs: []string{whole[0].ID}, ReadAt: at})))
	require.EqualValues(t, 0, must(as(r, "a").MarkRead(ctx, db.MarkReadParams{Recipient: "a", IDs: []string{whole[0].ID}, ReadAt: at.AddDate(0, 0, 1)})), "it was read")
	all.Unread = true
	require.Equal(t, whole[1:], must(as(r, "a").ListNotifications(ctx, all)))
	require.EqualValues(t, 2, must(as(r, "a").MarkAllRead(ctx, db.MarkAllReadParams{Recipient: "a", Until: at, ReadAt: at})))
	require.EqualValues(t, 2, must(as(r, "a").CountUnread(ctx, "a")))
	require.EqualValues(t, 5, must(as(r, "b").CountUnread(ctx, "b")))
}

func TestACalendarOpensWithItsTokenAlone(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	hash := func(token string) []byte { h := sha256.Sum256([]byte(token)); return h[:] }
	require.NoError(t, as(r, "a").AddCalendarFeed(ctx, db.AddCalendarFeedParams{TokenHash: hash("one"), Subject: "a"}))
	require.ErrorContains(t, as(r, "b").AddCalendarFeed(ctx, db.AddCalendarFeedParams{TokenHash: hash("two"), Subject: "a"}), "row-level security")
	require.Error(t, as(r, "a").AddCalendarFeed(ctx, db.AddCalendarFeedParams{TokenHash: []byte("token"), Subject: "a"}), "not hashed")
	open := db.New(r.API) // a calendar logs nobody in
	require.Equal(t, "a", must(open.CalendarSubject(ctx, hash("one"))))
	_, err := open.CalendarSubject(ctx, hash("two"))
	require.ErrorIs(t, err, pgx.ErrNoRows)
	_, err = as(r, "b").GetCalendarFeed(ctx, "a")
	require.ErrorIs(t, err, pgx.ErrNoRows)
	require.False(t, must(as(r, "a").GetCalendarFeed(ctx, "a")).IsZero())
	require.Zero(t, one[int](t, r.API, "SELECT count(*)::int FROM calendar_feed"))

	require.EqualValues(t, 0, must(as(r, "b").RevokeCalendarFeeds(ctx, db.RevokeCalendarFeedsParams{Subject: "a", At: at})))
	require.EqualValues(t, 1, must(as(r, "a").RevokeCalendarFeeds(ctx, db.RevokeCalendarFeedsParams{Subject: "a", At: at})))
	_, err = open.CalendarSubject(ctx, hash("one"))
	require.ErrorIs(t, err, pgx.ErrNoRows)
}

func TestACalendarHasTheOwnDates(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	m := &trainingtest.Maker{Salt: "calendar"}
	c := r.Run(t, cohort.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: m.Plan(trainingtest.KoKo())})
	e := r.Enrol(t, enrolment.Enrolment{ID: m.ID()}, m.Way(c, enrolment.Modules)...)
	r.Run(t, cohort.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: m.Plan(trainingtest.KoKo())},
		trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: m.Cancel()})
	type mine struct {
		teaches, assesses bool
		enrolments        []string
	}
	here, there := ags.Area{town}, ags.Area{bonn}
	own := func(area ags.Area) file.Scope { return tied(tie(training.Trainee, trainingtest.Trainee), area...) }
	assesses := func(who string, area ags.Area) file.Scope { return tied(tie(enrolment.Assessing, who), area...) }
	runs := func(who string, area ...ags.Key) file.Scope { return tied(tie(training.Runs, who), area...) }
	for i, tc := range []struct {
		caller string
		e, c   file.Scope
		want   *mine
	}{
		{trainingtest.Trainee, own(here), file.Scope{}, &mine{enrolments: []string{e.ID}}},
		{trainingtest.Trainee, own(there), file.Scope{}, nil},
		{trainingtest.Outsider, own(here), runs(trainingtest.Outsider, here...), nil},
		{trainingtest.Outsider, assesses(trainingtest.Outsider, here), file.Scope{}, nil},
		{trainingtest.Trainer, file.Scope{}, runs(trainingtest.Trainer, neighbour), &mine{teaches: true, enrolments: []string{}}},
		{trainingtest.Trainer, file.Scope{}, runs(trainingtest.Trainer, there...), nil},
		{trainingtest.AssessorOne, assesses(trainingtest.AssessorOne, here), file.Scope{}, &mine{assesses: true, enrolments: []string{}}},
		{trainingtest.AssessorOne, assesses(trainingtest.AssessorOne, there), file.Scope{}, nil},
		{trainingtest.Coordinator, over(here...), over(here...), nil},
	} {
		find := func(open ags.Area, since time.Time) (got *mine) {
			require.NoError(t, db.Within(ctx, r.API, tc.caller, open, func(q *db.Queries) error {
				for _, row := range must(q.ListCalendar(ctx, tc.caller, tc.e, tc.c, since, 10)) {
					require.Equal(t, c.ID, row.State.ID)
					got = &mine{row.Teaches, row.Assesses, row.Enrolments}
				}
				return nil
			}))
			return got
		}
		require.Equal(t, tc.want, find(trainingArea, at), fmt.Sprint(i))
		require.Nil(t, find(ags.Area{bonn}, at), "the second lock")
		require.Nil(t, find(trainingArea, at.AddDate(5, 0, 0)), "it is over")
	}
}

// Those who are told are the people named, those who are tied to files, and those who hold a role there now;
// never nobody and never the system.
func TestANoticeReachesThoseWhoAreTiedAndThoseWithARole(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	x := newCourse(t, r, "reach")
	for who, g := range map[string]db.AddGrantParams{
		"p-now": {Role: "coordinator", Area: ags.Area{town}, ValidFrom: at.AddDate(-1, 0, 0)}, "p-elsewhere": {Role: "coordinator", Area: ags.Area{bonn}, ValidFrom: at.AddDate(-1, 0, 0)},
		"p-over": {Role: "coordinator", Area: ags.Area{town}, ValidFrom: at.AddDate(-1, 0, 0), ValidUntil: new(at.AddDate(-1, 0, 1))}, "p-other": {Role: "trainer", Area: ags.Area{town}, ValidFrom: at.AddDate(-1, 0, 0)},
	} {
		g.ID, g.Subject, g.GivenBy = x.m.ID(), who, "root"
		require.NoError(t, second(db.GiveGrant(ctx, r.URL("koko"), g)))
	}
	r.Hold(t, "trainer", ags.Area{town}, "p-a", trainingtest.Trainer, trainingtest.LineManager)
	people, err := db.New(r.Worker).ListRecipients(ctx, db.ListRecipientsParams{
		AGS: string(town), FileID: x.c.ID, People: []string{"p-a", "", file.System, trainingtest.Trainer, "p-elsewhere", "p-over", "p-nobody"},
		Files: []string{x.e.ID, x.c.ID, x.c.ID}, Relations: []string{string(enrolment.LineManager), string(training.Runs), string(enrolment.LineManager)}, Roles: []string{"coordinator", "nobody"},
	})
	require.NoError(t, err)
	require.Equal(t, []db.ListRecipientsRow{{"p-8b21", ""}, {"p-a", ""}, {"p-a4d3", ""}, {"p-now", "coordinator"}}, people,
		"whose grant has ended, or holds elsewhere alone, hears nothing")
}
