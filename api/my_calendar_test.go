package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/training"
	"koko/domain/ags"
	"koko/domain/calendar"
)

// subscribed opens somebody's feed and returns its address.
func (w *world) subscribed(as string) string {
	w.t.Helper()
	var c training.MyCalendar
	w.post(as, "/api/v1/me/calendar", nil).ok(&c)
	require.True(w.t, c.Open)
	return c.URL
}

// dates are the events of a feed.
func (w *world) dates(feed string) []string {
	w.t.Helper()
	a := w.get("", feed)
	require.Equal(w.t, http.StatusOK, a.code, a.body)
	require.Equal(w.t, "text/calendar; charset=utf-8", a.header.Get("Content-Type"))
	return strings.Split(strings.ReplaceAll(a.body, "\r\n ", ""), "BEGIN:VEVENT")[1:]
}

func count(events []string, part string) (n int) {
	for _, e := range events {
		if strings.Contains(e, part) {
			n++
		}
	}
	return n
}

func TestACalendarShowsTheOwnDatesAndDeadlines(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	w.planned(func(o object) { o["trainers"], o["assessors"] = []string{}, []string{} })
	w.seated(trainee, c)
	applied := w.post(trainee2, "/api/v1/enrolments", application(c)).enrolmentView()
	feeds := map[string]string{}
	for _, as := range []string{trainee, trainee2, trainer, assessor, coordinator, employer, stranger, foreign(trainer)} {
		feeds[as] = w.subscribed(as)
	}
	all := len(c.Dates)
	for as, want := range map[string]int{trainee: all, trainer: all, assessor: all, trainee2: 0, coordinator: 0, employer: 0, stranger: 0, foreign(trainer): 0} {
		require.Equal(t, want, count(w.dates(feeds[as]), "LOCATION:"+wordOfPlace), as)
	}
	mine := w.dates(feeds[trainee])
	require.Equal(t, 2, count(mine, "SUMMARY:"+koko().Modules[1].Title[:20]))
	require.Equal(t, 1, count(mine, "SUMMARY:Frist: Ende der Qualifizierung"))
	require.Equal(t, 1, count(w.dates(feeds[trainee2]), "SUMMARY:Frist: Freistellung"), "who waits for a release has that deadline alone")
	require.Len(t, applied.Shown.Deadlines, 1)
	release := applied.Shown.Deadlines[0]
	day := calendar.DayOf(release.Due)
	require.Equal(t, day.Ends(), release.Due, "the whole of its day")
	require.Equal(t, calendar.Step{On: day.String(), Why: calendar.Ends}, release.Because[len(release.Because)-1])
	require.Contains(t, w.dates(feeds[trainee2])[0], "DTSTART;VALUE=DATE:"+strings.ReplaceAll(day.String(), "-", "")+"\r\n", "the day that the calendar shows is the limit's")
	require.Equal(t, 0, count(w.dates(feeds[trainer]), "Frist"))
	for _, word := range []string{wordOfHolder, trainer, assessor, trainee, "Person"} {
		require.NotContains(t, w.get("", feeds[trainee]).body, word)
	}

	c = w.run(coordinator, w.cohort(coordinator, c.ID), "reschedule-date", object{"date": "d9", "begins": daysAgo(-50), "ends": daysAgo(-51)}).cohortView()
	w.run(coordinator, c, "cancel-date", object{"date": "d10", "reason": "sonstiges"}).cohortView()
	for _, e := range w.dates(feeds[trainee]) {
		switch {
		case strings.Contains(e, "UID:d9."):
			require.Contains(t, e, "SEQUENCE:1\r\n")
			require.Contains(t, e, "DTSTART:"+daysAgo(-50).Format("20060102"))
		case strings.Contains(e, "UID:d10."):
			require.Contains(t, e, "STATUS:CANCELLED")
			require.Contains(t, e, "SEQUENCE:1\r\n")
		case strings.Contains(e, "UID:d"):
			require.Contains(t, e, "SEQUENCE:0\r\n")
		}
	}

	w.endGrants(trainee)
	require.Empty(t, w.dates(feeds[trainee]), "the feed goes with the rights")
}

func TestAVisitorSeesTheVisitedModuleAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	other := w.planned(func(o object) {
		o["trainers"], o["offered"] = []string{}, []ags.Key{here, there}
		for _, d := range o["dates"].([]object) {
			d["place"] = "Anderswo"
		}
	})
	e := w.seated(trainee, c)
	w.enrol(coordinator, e, "plan-make-up", object{"unit": "m5", "kind": "anderer_durchgang", "cohort": other.ID, "due": day(60)}).enrolmentView()
	events := w.dates(w.subscribed(trainee))
	require.Equal(t, len(c.Dates), count(events, "LOCATION:"+wordOfPlace))
	require.Equal(t, 2, count(events, "LOCATION:Anderswo"))
}

func TestAFeedIsClosedAndReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const path = "/api/v1/me/calendar"
	var c training.MyCalendar
	w.get(trainee, path).ok(&c)
	require.False(t, c.Open)
	old := w.subscribed(trainee)
	fresh := w.subscribed(trainee)
	require.NotEqual(t, old, fresh)
	w.get("", old).refused(http.StatusNotFound, "not-found", "calendar")
	require.Empty(t, w.dates(fresh))
	w.get(trainee, path).ok(&c)
	require.True(t, c.Open)
	require.NotNil(t, c.Created)
	require.Empty(t, c.URL, "the address is shown once")
	other := w.subscribed(trainee2)
	w.call(trainee, http.MethodDelete, path, nil).ok(&c)
	w.get("", fresh).refused(http.StatusNotFound, "not-found", "calendar")
	require.Empty(t, w.dates(other), "another's stays")
	for _, none := range []string{"/calendar/x.ics", "/calendar/.ics", "/calendar/x", strings.TrimSuffix(other, ".ics")} {
		w.get("", none).refused(http.StatusNotFound, "not-found", "calendar")
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		w.call("", method, path, nil).problem(http.StatusUnauthorized, "unauthenticated")
	}
	for _, feed := range []string{old, fresh, other} {
		_, token, _ := strings.Cut(strings.TrimSuffix(feed, ".ics"), "/calendar/")
		require.Len(t, token, 43)
		require.NotContains(t, w.log.String(), token)
		require.NotContains(t, w.get("", "/metrics").body, token)
		require.Zero(t, w.count("SELECT count(*) FROM calendar_feed WHERE encode(token_hash, 'escape') LIKE '%' || $1 || '%'", token))
	}
}
