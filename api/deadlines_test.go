package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/api"
	"koko/api/files"
	"koko/domain/calendar"
	"koko/domain/file"
	"koko/internal/evidence/verify"
)

// Each deadline comes with the rule by which it is counted, and each step from its event to it.
func TestADeadlineCarriesItsDerivation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.engine.At = time.Date(2027, 3, 25, 9, 0, 0, 0, time.UTC) // Maundy Thursday, 10:00 in Berlin
	c := w.read(clearing, w.report(reporter, here))
	var v struct {
		Calendar  calendar.Calendar
		Deadlines []files.DeadlineView
	}
	w.get(clearing, casePath(c)).ok(&v)
	require.Equal(t, calendar.Calendar{Version: "2026-1", Land: "NW", Closes: "18:00"}, v.Calendar)
	require.Len(t, v.Deadlines, 1)
	d := v.Deadlines[0]
	require.Equal(t, file.Deadline{
		Kind: "triage", Due: time.Date(2027, 3, 31, 16, 0, 0, 0, time.UTC), Event: w.engine.At, Rule: calendar.WorkingDays(2),
	}, d.Deadline)
	var days []string
	for _, s := range d.Because {
		days = append(days, s.On[5:]+" "+string(s.Why)+" "+s.Name)
	}
	require.Equal(t, []string{
		"03-25 ereignis ", "03-26 feiertag Karfreitag", "03-27 samstag ", "03-28 sonntag ", "03-29 feiertag Ostermontag",
		"03-30 arbeitstag ", "03-31 arbeitstag ", "03-31 ende ",
	}, days)

	sealed := w.sealed(supervisor, casePath(c))
	r := w.proven(sealed)
	var told verify.History
	require.NoError(t, json.Unmarshal(part(t, r, sealed, "history.json"), &told))
	require.Len(t, told.Deadlines, 1)
	require.Equal(t, "Mi 31.03.2027, 18:00 Uhr", told.Deadlines[0].DE.Due)
	require.Contains(t, told.Deadlines[0].DE.Steps, "Fr 26.03.2027: Karfreitag, zählt nicht")
	require.Contains(t, told.Deadlines[0].EN.Steps, "Tue 30 March 2027: working day 1")
	require.Contains(t, string(part(t, r, sealed, "history.html")), "Mo 29.03.2027: Ostermontag, zählt nicht", "for people to print")
}

// A change of the configuration moves no running file. A supervisor sees first which dates would move.
func TestASupervisorMovesARunningFileToTheCalendarOfToday(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.read(clearing, w.report(reporter, here))
	before := c.Shown.Deadlines[0].Due
	w.options.WorkdayEnds, w.options.Rungs = "12:00", "60%,07:30,2,5"
	w.handler = api.New(w.options)

	require.Equal(t, before, w.read(clearing, c).Shown.Deadlines[0].Due)
	fresh := w.read(clearing, w.report(reporter, here))
	require.Equal(t, "12:00", fresh.Shown.Deadlines[0].Due.In(calendar.Berlin).Format("15:04"), "a new file has the new calendar")

	var preview files.CalendarPreview
	w.get(supervisor, casePath(c)+"/calendar").ok(&preview)
	require.Equal(t, calendar.Clock("18:00"), preview.Calendar.Closes)
	require.Equal(t, calendar.Clock("12:00"), preview.Today.Closes)
	require.Equal(t, calendar.Rungs("60%,07:30,2,5"), preview.Today.Rungs)
	eve := slices.IndexFunc(preview.Calls, func(c files.CallMove) bool { return c.Notice == "eve.triage" })
	require.GreaterOrEqual(t, eve, 0)
	require.Equal(t, []string{"clearing"}, preview.Calls[eve].Roles)
	require.Equal(t, preview.Calls[eve].At.Add(-90*time.Minute), *preview.Calls[eve].Would)
	require.Len(t, preview.Moves, 1)
	would := preview.Moves[0].Would
	require.Equal(t, []any{"triage", before, before.Add(-6 * time.Hour)}, []any{preview.Moves[0].Kind, preview.Moves[0].Due, would})
	require.Equal(t, before, w.read(clearing, c).Shown.Deadlines[0].Due, "a look changes nothing")

	for _, as := range []string{manager, clearing} {
		w.get(as, casePath(c)+"/calendar").refused(http.StatusForbidden, "forbidden", "role")
		w.send(as, c, "move-case-calendar", object{}).refused(http.StatusForbidden, "forbidden", "role")
	}
	w.get(foreign(supervisor), casePath(c)+"/calendar").refused(http.StatusNotFound, "not-found", "scope")

	moved := w.must(supervisor, c, "move-case-calendar", object{})
	require.Equal(t, would, moved.Shown.Deadlines[0].Due)
	w.send(supervisor, moved, "move-case-calendar", object{}).refused(http.StatusConflict, "gate", "calendar")
	w.get(supervisor, casePath(c)+"/calendar").ok(&preview)
	require.Empty(t, preview.Moves)
	timeline := w.get(supervisor, casePath(c)+"/timeline").body
	require.Contains(t, timeline, "Kalender")
}

// What a client says of the calendar itself is not taken: KoKo fills it in.
func TestNobodyChoosesTheCalendar(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.read(clearing, w.report(reporter, here))
	w.send(supervisor, c, "move-case-calendar", object{"calendar": object{"version": "2026-1", "land": "BY", "closes": "23:00"}}).
		problem(http.StatusUnprocessableEntity, "invalid")
}

// Where nobody works on the case yet, the contact point is told that the triage is overdue.
func TestTheContactPointIsToldOfWhatIsOverdue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.read(clearing, w.report(reporter, here))
	w.engine.At = c.Shown.Deadlines[0].Due
	w.engine.Punctual = true
	w.must(manager, c, "add-note", object{"note": "Angerufen."})
	var page told
	w.get(clearing, "/api/v1/notifications").ok(&page)
	require.Len(t, page.Items, 1)
	n := page.Items[0]
	require.Equal(t, []string{"overdue.triage", "Eine Frist ist verstrichen: Erstbewertung.", "A deadline has passed: triage.", casePath(c)}, []string{n.Kind, n.German, n.English, n.Link})
	for _, as := range []string{manager, foreign(clearing), reporter} {
		w.get(as, "/api/v1/notifications").ok(&page)
		require.Empty(t, page.Items, as)
	}
	require.True(t, strings.Contains(w.get(manager, casePath(c)+"/timeline").body, "Eine Person wurde benachrichtigt: eine Frist ist verstrichen: Erstbewertung."))
}

// A manager has the limits of a case rest, and everybody reads why.
func TestTheLimitsOfACaseRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.read(clearing, w.report(reporter, here))
	until := file.DateOf(time.Now().AddDate(0, 0, 30))
	w.send(clearing, c, "pause-case", object{"reason": "personal", "until": until}).refused(http.StatusForbidden, "forbidden", "role")
	w.send(manager, c, "pause-case", object{"reason": "mediation", "until": until}).problem(http.StatusUnprocessableEntity, "invalid")
	w.send(manager, c, "pause-case", object{"reason": "personal", "until": "2020-01-01"}).refused(http.StatusUnprocessableEntity, "invalid", "future")
	rests := w.must(manager, c, "pause-case", object{"reason": "personal", "until": until})
	require.Equal(t, "resume", rests.Shown.Deadlines[0].Kind)
	require.Len(t, rests.Shown.Deadlines, 1)
	again := w.must(manager, rests, "resume-case", object{})
	require.Equal(t, "triage", again.Shown.Deadlines[0].Kind)
	w.send(manager, again, "resume-case", object{}).refused(http.StatusConflict, "gate", "paused")
}
