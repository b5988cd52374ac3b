package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/dbtest"
)

// Whoever is away is reminded through a substitute, in the role for which the reminder comes and as far as the substitute
// may hear of the file; the deputy is whoever stands in for whoever has to act.
func TestAReminderReachesWhoeverStandsIn(t *testing.T) {
	t.Parallel()
	ctx, r, m := context.Background(), dbtest.New(t), &casetest.Maker{Salt: "reminded"}
	c := r.Decide(t, conflict.Case{ID: m.ID(), AGS: aachen}, casetest.Reporter, m.Signal(), at)
	here := ags.Area{aachen}
	r.Hold(t, "conflict_manager", here, casetest.Manager)
	r.Hold(t, "conflict_manager", here, casetest.Reviewer)
	r.Hold(t, "supervisor", here, casetest.Supervisor)
	day := 24 * time.Hour
	from, until := time.Now().Add(-day), time.Now().Add(day)
	for _, s := range []struct{ person, substitute, role string }{
		{casetest.Manager, casetest.Reviewer, "conflict_manager"}, {casetest.Supervisor, casetest.Reviewer, "steering"},
	} {
		_, err := r.Owner.Exec(ctx, `INSERT INTO substitution (id, person, substitute, roles, area, valid_from, valid_until, last_until, entered_by)
			VALUES ($1, $2, $3, ARRAY[$4], ARRAY[$5], $6, $7, $7, $2)`, m.ID(), s.person, s.substitute, s.role, string(aachen), from, until)
		require.NoError(t, err)
		_, err = r.Owner.Exec(ctx, `INSERT INTO absence (id, person, area, valid_from, valid_until, last_until, entered_by)
			VALUES ($1, $2, ARRAY[$3], $4, $5, $5, $2)`, m.ID(), s.person, string(aachen), from, until)
		require.NoError(t, err)
	}
	may := true
	a := &activities.Files{Pool: r.Worker, Hears: func(_ *file.Definition, row file.Row, s file.StandIn) bool {
		require.Equal(t, c.ID, row.ID)
		return may && s.Substitute == casetest.Reviewer
	}}
	for _, step := range []struct {
		kind string
		n    file.Notice
		may  bool
		told []string
	}{
		{"reminder.triage", file.Notice{People: []string{casetest.Manager}}, true, []string{casetest.Reviewer}},
		{"eve.triage", file.Notice{People: []string{casetest.Manager}}, false, []string{casetest.Manager}},
		{"deputy.triage", file.Notice{InPlaceOf: []string{casetest.Manager}, Roles: []string{"supervisor"}}, true, []string{casetest.Reviewer}},
		{"deputy.clearing", file.Notice{InPlaceOf: []string{casetest.Manager}, Roles: []string{"supervisor"}}, false, []string{casetest.Supervisor}},
		{"supervisor.triage", file.Notice{Roles: []string{"supervisor"}}, true, []string{casetest.Supervisor}}, // replaced as steering alone
		{"overdue.triage", file.Notice{Roles: []string{"conflict_manager"}}, true, []string{casetest.Reviewer}},
	} {
		may, step.n.Kind = step.may, step.kind
		require.NoError(t, a.Remind(ctx, activities.Reminding{
			Kind: conflict.Kind, FileID: c.ID, AGS: c.AGS, Version: c.Version, At: c.Changed, Notice: step.n,
		}))
		rows, err := r.Owner.Query(ctx, "SELECT DISTINCT recipient FROM notification WHERE file_id = $1 AND kind = $2 ORDER BY 1", c.ID, step.kind)
		require.NoError(t, err)
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.Equal(t, step.told, got, step.kind)
	}
	require.ErrorContains(t, a.Remind(ctx, activities.Reminding{Kind: "letter"}), "no kind")
	lost := activities.Reminding{Kind: conflict.Kind, FileID: m.ID(), AGS: aachen, Notice: file.Notice{Kind: "eve.triage", People: []string{casetest.Manager}}}
	require.Error(t, a.Remind(ctx, lost), "there is no such file")
}

// What was counted of a quarter that is over is drawn once.
func TestWhatIsDetachedIsDrawnOnce(t *testing.T) {
	t.Parallel()
	ctx, r := context.Background(), dbtest.New(t)
	a := &activities.Files{Pool: r.Worker}
	_, err := r.Owner.Exec(ctx, `INSERT INTO detached_pool (about, counted, area, quarter, facts)
		VALUES ('work', false, '05334', '2020-Q1', '{}'), ('work', false, '05334', '2999-Q1', '{}')`)
	require.NoError(t, err)
	for _, want := range []int{1, 0} {
		n, err := a.DrawDetached(ctx)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	away, cancel := context.WithCancel(ctx)
	cancel()
	_, err = a.DrawDetached(away)
	require.Error(t, err)
}
