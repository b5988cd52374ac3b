package workflows_test

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"koko/domain/calendar"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/recordtest"
)

// told lists what people were reminded of, and when.
func told(r *recordtest.Record) (kinds []string, at []time.Time) {
	for _, m := range r.Reminded {
		kinds, at = append(kinds, m.Notice.Kind), append(at, m.At)
	}
	return kinds, at
}

// Reminders decide nothing: the file stays at its version, and each comes once, on time.
func TestPeopleAreRemindedOfADeadline(t *testing.T) {
	r, c := before(t, conflict.ActionDecideMandate)
	n, due := len(r.Transitions), c.Deadlines()[0]
	got := execute(t, r, c, 30*day)
	require.True(t, temporal.IsCanceledError(got.err), "%v", got.err)
	require.Len(t, r.Transitions, n+1, "that it passed is the only decision")
	kinds, at := told(r)
	require.Equal(t, []string{"reminder.clearing", "eve.clearing", "deputy.clearing", "supervisor.clearing"}, kinds)
	require.Equal(t, calendar.On(2026, time.March, 16).At(18*time.Hour), due.Due) // ten working days after Monday 2 March
	for i, c := range []time.Time{
		calendar.On(2026, time.March, 11).At(72 * time.Minute), // 60 % of 342 hours after 12:00
		calendar.On(2026, time.March, 15).At(9 * time.Hour),
		calendar.On(2026, time.March, 18).At(18 * time.Hour),
		calendar.On(2026, time.March, 23).At(18 * time.Hour),
	} {
		require.WithinDuration(t, c, at[i], 2*time.Second)
	}
	require.Equal(t, []string{"overdue.clearing"}, noticesOf(r), "with the step that notes it")
	require.Equal(t, n, r.Reminded[0].Version)
	require.Equal(t, n+1, r.Reminded[2].Version)
}

// Analysis and assessment end on the same day, and so are called at the same times: nobody misses one of them.
func TestPeopleAreRemindedOfEachDeadlineOfADay(t *testing.T) {
	r, c := before(t, conflict.ActionHandToWork)
	due := c.Deadlines()
	require.Len(t, due, 2)
	require.Equal(t, due[0].Due, due[1].Due)
	got := execute(t, r, c, 60*day)
	require.True(t, temporal.IsCanceledError(got.err), "%v", got.err)
	kinds, at := told(r)
	require.Equal(t, []string{
		"reminder.analysis", "reminder.rescore", "eve.analysis", "eve.rescore",
		"deputy.analysis", "deputy.rescore", "supervisor.analysis", "supervisor.rescore",
	}, kinds)
	var days []string
	for _, a := range at {
		days = append(days, a.In(calendar.Berlin).Format("2006-01-02 15:04"))
	}
	require.Equal(t, []string{
		"2026-03-20 19:23", "2026-03-20 19:47", "2026-03-31 09:00", "2026-03-31 09:00",
		"2026-04-07 18:00", "2026-04-07 18:00", "2026-04-10 18:00", "2026-04-10 18:00", // over Easter
	}, days)
	require.Equal(t, []string{"overdue.analysis", "overdue.rescore"}, noticesOf(r))
}

func noticesOf(r *recordtest.Record) (kinds []string) {
	for _, b := range r.Told {
		for _, n := range b.Notices {
			kinds = append(kinds, n.Kind)
		}
	}
	return kinds
}

// What is done in time is not called for any more.
func TestNobodyIsRemindedOfWhatIsDone(t *testing.T) {
	m := &casetest.Maker{Salt: "done"}
	r, c := before(t, conflict.ActionDecideMandate)
	got := execute(t, r, c, 200*day, send{time.Minute, "k", casetest.Supervisor, 0, m.Mandate(false)})
	require.NotNil(t, got.continued)
	require.Equal(t, conflict.Closed, got.continued.Phase)
	require.Empty(t, r.Reminded)
}

// A run that goes on from another one does not repeat what that one has told.
func TestANewRunRepeatsNoReminder(t *testing.T) {
	r, c := before(t, conflict.ActionDecideMandate)
	first := executeIn(t, newEnvironment(io.Discard), r, c, 30*day)
	require.True(t, temporal.IsCanceledError(first.err))
	n := len(r.Reminded)
	require.Equal(t, 4, n)
	now := last(r)
	now.Changed = now.Changed.Add(20 * day) // the next run begins after all that
	execute(t, r, now, 30*day)
	require.Len(t, r.Reminded, n)
}

// While a case is paused nobody is reminded, and it goes on by itself.
func TestAPausedCaseIsQuietAndGoesOnByItself(t *testing.T) {
	r, c := before(t, conflict.ActionTriage)
	until := file.DateOf(c.Changed.AddDate(0, 0, 40))
	got := execute(t, r, c, 41*day, send{time.Minute, "p", casetest.Manager, 0, conflict.PauseCase{Reason: "personal", Until: until}})
	require.Empty(t, got.answers["p"].code, got.answers["p"].rule)
	require.Nil(t, last(r).Pause)
	require.Len(t, last(r).Rests, 1)
	kinds, _ := told(r)
	require.Empty(t, kinds)
}
