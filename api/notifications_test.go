package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/api/people"
)

type told struct {
	Items  []people.Notification
	Unread int
	Next   string
}

func TestPeopleReadWhatTheyWereTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	e := w.seated(trainee, c)
	w.engine.At = w.engine.At.Add(time.Hour)
	w.run(coordinator, w.cohort(coordinator, c.ID), "reschedule-date", object{"date": "d9", "begins": daysAgo(-40), "ends": daysAgo(-41)}).cohortView()

	const all = "/api/v1/notifications"
	var first, second, page told
	w.get(trainee, all+"?limit=1").ok(&first)
	require.Equal(t, 2, first.Unread)
	require.Equal(t, "date_rescheduled", first.Items[0].Kind)
	require.Equal(t, cohortPath(c.ID), first.Items[0].Link)
	w.get(trainee, all+"?limit=1&cursor="+first.Next).ok(&second)
	require.Empty(t, second.Next)
	n := second.Items[0]
	require.Equal(t, "admitted", n.Kind)
	require.Equal(t, "Sie haben einen Platz.", n.German)
	require.Equal(t, "You have a seat.", n.English)
	require.Equal(t, enrolmentPath(e.ID), n.Link)
	require.Nil(t, n.ReadAt)
	w.get(trainee, n.Link).enrolmentView()
	w.get(employer, all).ok(&page)
	require.Equal(t, "release_wanted", page.Items[0].Kind)
	for _, as := range []string{trainee2, foreign(trainee), stranger} {
		w.get(as, all).ok(&page)
		require.Empty(t, page.Items, as)
		w.post(as, all+"/"+n.ID+"/read", nil).refused(http.StatusNotFound, "not-found", "notification")
		w.post(as, all+"/read-all", nil).ok(&page)
	}

	var left struct{ Unread int }
	for range 2 {
		w.post(trainee, all+"/"+n.ID+"/read", nil).ok(&left)
		require.Equal(t, 1, left.Unread)
	}
	w.get(trainee, all+"?unread=true").ok(&page)
	require.Len(t, page.Items, 1)
	require.Equal(t, "date_rescheduled", page.Items[0].Kind)
	w.post(trainee, all+"/read-all", nil).ok(&left)
	require.Zero(t, left.Unread)
	w.get(trainee, all).ok(&page)
	require.Len(t, page.Items, 2)
	require.NotNil(t, page.Items[0].ReadAt)

	w.post(trainee, all+"/"+uuid.NewString()+"/read", nil).refused(http.StatusNotFound, "not-found", "notification")
	w.post(trainee, all+"/x/read", nil).problem(http.StatusUnprocessableEntity, "invalid")
	w.get(trainee, all+"?cursor=x").refused(http.StatusUnprocessableEntity, "invalid", "cursor")
	for _, path := range []string{all, all + "/" + n.ID + "/read", all + "/read-all"} {
		method := http.MethodPost
		if path == all {
			method = http.MethodGet
		}
		w.call("", method, path, nil).problem(http.StatusUnauthorized, "unauthenticated")
	}
	require.NotContains(t, w.get(trainee, all).body, strings.Split(wordOfHolder, " ")[1])
}
