package activities_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"koko/activities"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/dbtest"
	"koko/internal/recordtest"
	"koko/internal/trainingtest"
)

// next is what s leads to.
func next(t *testing.T, id string, e enrolment.Enrolment, s trainingtest.Step) decided[enrolment.Enrolment] {
	t.Helper()
	return decide(t, enrolment.Spec, id, e, s.By, s.Command, s.At)
}

// planned is a cohort in the record.
func planned(t *testing.T, r *dbtest.Record, m *trainingtest.Maker) cohort.Cohort {
	t.Helper()
	return r.Run(t, cohort.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: m.Begins(), Command: m.Plan(trainingtest.KoKo())})
}

// registered is the register, the oldest first, with revocations.
func registered(t *testing.T, r *dbtest.Record) []string {
	t.Helper()
	rows, err := r.Owner.Query(context.Background(), `SELECT c.number || ' ' || c.status_index || ' ' || c.code || ' ' || coalesce(v.reason, '')
		FROM certificate c LEFT JOIN certificate_revocation v ON v.code = c.code ORDER BY c.status_index`)
	require.NoError(t, err)
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return got
}

func TestEnrolmentsAreSavedOnceWithTheirCertificates(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := dbtest.New(t)
	m := &trainingtest.Maker{Salt: "save"}
	c := planned(t, r, m)
	a := &activities.Files{Pool: r.Worker}
	e := r.Enrol(t, enrolment.Enrolment{ID: m.ID()}, m.Way(c, enrolment.Qualified)...)
	at := e.Changed
	certify := m.Certify()
	reissue := m.Reissue(certify.Code)
	revoke := m.Revoke(reissue.Code)
	var want []activities.Transition
	for i, cmd := range []file.Command{certify, reissue, revoke} {
		at = at.Add(time.Hour)
		r.StoreIn(t, e.ID, e.AGS, trainingtest.Certifier, cmd.References())
		tr := next(t, fmt.Sprint("c", i), e, trainingtest.Step{By: trainingtest.Certifier, At: at, Command: cmd})
		e = tr.State
		want = append(want, tr.Transition)
		for range 2 { // a retry changes nothing
			got, err := a.SaveTransition(ctx, tr.Transition)
			require.NoError(t, err)
			requireSame(t, want[i:], got)
		}
	}
	late, err := a.SaveTransition(ctx, want[0])
	require.NoError(t, err)
	requireSame(t, want, late)
	recorded, err := a.ReadTransitions(ctx, activities.Position{Kind: enrolment.Spec.Kind, FileID: e.ID, Version: e.Version - 2})
	require.NoError(t, err)
	requireSame(t, want[1:], recorded)
	require.Equal(t, []string{"KOKO-2026-0001 0 " + certify.Code + " ", "KOKO-2026-0002 1 " + reissue.Code + " irrtum"}, registered(t, r))

	require.NoError(t, db.Within(ctx, r.API, "somebody", ags.Area{e.AGS}, func(q *db.Queries) error {
		got, err := q.GetFile(ctx, file.Scope{Parts: []file.Part{{Area: ags.Area{e.AGS}}}}, enrolment.Spec.Kind, e.ID)
		require.JSONEq(t, string(want[len(want)-1].State), string(got))
		return err
	}))
	requireUnbroken(t, r)
}

func requireUnbroken(t *testing.T, r *dbtest.Record) {
	t.Helper()
	broken, err := db.On(r.Owner).ListBrokenAudit(context.Background(), 10)
	require.NoError(t, err)
	require.Empty(t, broken)
}

func TestNobodyIsEnrolledTwiceAtATime(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := dbtest.New(t)
	m := &trainingtest.Maker{Salt: "twice"}
	c := planned(t, r, m)
	a := &activities.Files{Pool: r.Worker}
	apply := m.Way(c, enrolment.Applied)[0]
	bare := func(id string, e enrolment.Enrolment, s trainingtest.Step) decided[enrolment.Enrolment] {
		tr := next(t, id, e, s)
		tr.Docs = nil
		return tr
	}
	first := bare("first", enrolment.Enrolment{ID: m.ID()}, apply)
	_, err := a.SaveTransition(ctx, first.Transition)
	require.NoError(t, err)

	_, err = a.SaveTransition(ctx, bare("second", enrolment.Enrolment{ID: m.ID()}, apply).Transition)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, activities.Refused, app.Type())
	var f fault.Error
	require.NoError(t, app.Details(&f))
	require.Equal(t, fault.Gate, f.Code)
	require.True(t, app.NonRetryable())

	left := enrolment.Withdraw{Reason: "sonstiges"}
	_, err = a.SaveTransition(ctx, bare("left", first.State, trainingtest.Step{By: apply.By, At: apply.At.Add(time.Hour), Command: left}).Transition)
	require.NoError(t, err)
	_, err = a.SaveTransition(ctx, bare("third", enrolment.Enrolment{ID: m.ID()}, apply).Transition)
	require.NoError(t, err, "whoever left may come back")
}

func TestCohortsAreSavedOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := dbtest.New(t)
	m := &trainingtest.Maker{Salt: "cohort"}
	c := planned(t, r, m)
	a := &activities.Files{Pool: r.Worker}
	e := m.ID()
	steps := []trainingtest.CohortStep{
		{By: file.System, At: at.Add(time.Hour), Command: cohort.Join{Enrolment: e, AGS: c.AGS, Since: at}},
		{By: trainingtest.Coordinator, At: at.Add(2 * time.Hour), Command: m.CancelDate(c.Dates[0].ID)},
	}
	for i, s := range steps {
		r.StoreIn(t, c.ID, c.AGS, s.By, s.Command.References())
		tr := decide(t, cohort.Spec, fmt.Sprint("c", i), c, s.By, s.Command, s.At)
		for range 2 {
			got, err := a.SaveTransition(ctx, tr.Transition)
			require.NoError(t, err)
			requireSame(t, []activities.Transition{tr.Transition}, got)
		}
		c = tr.State
	}
	recorded, err := a.ReadTransitions(ctx, activities.Position{Kind: cohort.Spec.Kind, FileID: c.ID})
	require.NoError(t, err)
	require.Len(t, recorded, 3)
	require.Equal(t, c, recordtest.State[cohort.Cohort](recorded[2]))
	none, err := a.ReadTransitions(ctx, activities.Position{Kind: enrolment.Spec.Kind, FileID: c.ID})
	require.NoError(t, err)
	require.Empty(t, none, "a cohort is no enrolment")

	var free int
	var begins, ends, due time.Time
	require.NoError(t, r.Owner.QueryRow(ctx, "SELECT (facets ->> 'free')::integer, (facets ->> 'begins')::timestamptz, (facets ->> 'ends')::timestamptz, due_at FROM file").
		Scan(&free, &begins, &ends, &due))
	require.Equal(t, c.Seats-1, free)
	require.True(t, begins.Equal(c.Dates[1].Begins), "the first date is cancelled")
	require.True(t, ends.Equal(c.Dates[len(c.Dates)-1].Ends))
	require.True(t, due.Equal(c.Closes), "reminders are not due")
	requireUnbroken(t, r)
}

// Whoever issues at the same time gets a number of their own, and what fails leaves no gap.
func TestNumbersHaveNoGapsUnderManyIssuers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := dbtest.New(t)
	m := &trainingtest.Maker{Salt: "issuers"}
	c := planned(t, r, m)
	a := &activities.Files{Pool: r.Worker}
	way := m.Way(c, enrolment.Qualified)
	issue := func(cmd file.Command) activities.Transition {
		id := m.ID()
		e := recorded(t, r, enrolment.Enrolment{ID: id}, trainingtest.As("p-"+id, way))
		return next(t, "issue", e, trainingtest.Step{By: trainingtest.Certifier, At: e.Changed.Add(time.Hour), Command: cmd}).Transition
	}
	const issuers = 16
	taken := m.Certify()
	certified, refused := []activities.Transition{issue(taken)}, []activities.Transition{issue(taken)}
	for range issuers - 1 {
		certified, refused = append(certified, issue(m.Certify())), append(refused, issue(taken))
	}
	got, err := a.SaveTransition(ctx, certified[0])
	require.NoError(t, err)
	require.Len(t, got, 1)
	var all sync.WaitGroup
	for i := range certified {
		all.Go(func() {
			_, err := a.SaveTransition(ctx, refused[i])
			app, ok := temporalError(err)
			if assert.True(t, ok, "%v", err) {
				var f fault.Error
				assert.NoError(t, app.Details(&f))
				assert.Equal(t, fault.Invalid, f.Code, "the code is another certificate's")
			}
		})
		all.Go(func() {
			_, err := a.SaveTransition(ctx, certified[i])
			assert.NoError(t, err)
		})
	}
	all.Wait()
	rows := registered(t, r)
	require.Len(t, rows, issuers)
	for i, row := range rows {
		require.Contains(t, row, fmt.Sprintf("KOKO-2026-%04d %d ", i+1, i))
	}
	requireUnbroken(t, r)
}

// recorded is e after way, without documents: those of the way belong to one enrolment only.
func recorded(t *testing.T, r *dbtest.Record, e enrolment.Enrolment, way []trainingtest.Step) enrolment.Enrolment {
	t.Helper()
	for _, s := range way {
		tr := next(t, fmt.Sprint("k", e.Version+1), e, s)
		tr.Docs = nil
		_, err := (&activities.Files{Pool: r.Worker}).SaveTransition(context.Background(), tr.Transition)
		require.NoError(t, err)
		e = tr.State
	}
	return e
}

func TestNoticesReachEveryoneOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := dbtest.New(t)
	m := &trainingtest.Maker{Salt: "notices"}
	c := planned(t, r, m)
	e := r.Enrol(t, enrolment.Enrolment{ID: m.ID()}, m.Way(c, enrolment.Modules)...)
	now := time.Now()
	grant := func(subject, role string, area ags.Area, from time.Time, until *time.Time) {
		require.NoError(t, db.Within(ctx, r.API, "root", area, func(q *db.Queries) error {
			_, err := q.AddGrant(ctx, db.AddGrantParams{ID: m.ID(), Subject: subject, Role: role, Area: area, ValidFrom: from, ValidUntil: until, GivenBy: "root"})
			return err
		}))
	}
	here, year := ags.Area{trainingtest.Town, trainingtest.Neighbour}, now.AddDate(-1, 0, 0)
	r.Hold(t, "trainee", here, trainingtest.Trainee)
	r.Hold(t, "trainer", here, trainingtest.Trainer)
	grant("p-coordinator", "coordinator", here, year, nil)
	grant("p-coordinator", "coordinator", here, year, nil)
	grant("p-elsewhere", "coordinator", ags.Area{aachen}, year, nil)
	grant("p-former", "coordinator", here, year, new(now.Add(-time.Hour)))
	grant("p-future", "coordinator", here, now.Add(time.Hour), nil)
	grant("p-observer", "observer", here, year, nil)

	c = r.Run(t, c, trainingtest.CohortStep{By: file.System, At: at, Command: cohort.Join{Enrolment: e.ID, AGS: e.AGS, Since: e.Opened}})
	another := c.Dates[0]
	another.ID = "another"
	a := &activities.Files{Pool: r.Worker}
	step := func(id string, cmd file.Command) decided[cohort.Cohort] {
		x := decide(t, cohort.Spec, id, c, trainingtest.Coordinator, cmd, c.Changed.Add(time.Hour))
		x.Docs = nil
		return x
	}
	told := func() []string {
		rows, err := r.Owner.Query(ctx, "SELECT kind || ' ' || recipient FROM notification WHERE file_id = $1 ORDER BY 1", c.ID)
		require.NoError(t, err)
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return got
	}
	added := step("added", m.AddDate(another))
	for range 2 { // saved again, it is the same step
		_, err := a.SaveTransition(ctx, added.Transition)
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"date_added " + trainingtest.Trainee, "date_added " + trainingtest.Trainer}, told())
	}
	c = added.State
	_, err := a.SaveTransition(ctx, step("cancelled", m.Cancel()).Transition)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{
		"cohort_cancelled " + trainingtest.Trainee, "cohort_cancelled " + trainingtest.Trainer, "cohort_cancelled p-coordinator",
	}, told()[:3])
	require.Len(t, told(), 5)
}
