package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/api/files"
	"koko/domain/ags"
)

// cohortList is what somebody finds of the cohorts, all pages together.
func (w *world) cohortList(as, query string) (ids []string, items []ListItem) {
	w.t.Helper()
	next := ""
	for {
		var page ListPage
		w.get(as, "/api/v1/cohorts?"+query+next).ok(&page)
		for _, i := range page.Items {
			ids, items = append(ids, i.ID), append(items, i)
		}
		if page.Next == "" {
			return ids, items
		}
		next = "&cursor=" + page.Next
	}
}

func TestEachRoleListsTheCohortsThatItMaySee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.engine.At = daysAgo(60)
	ours := w.planned(nil)
	both := w.planned(func(o object) { o["offered"] = []ags.Key{here, there}; o["trainers"] = []string{} })
	theirs := w.post(foreign(coordinator), "/api/v1/cohorts", with(with(with(plan(there), "trainers", []string{foreign(trainer)}), "assessors", []string{}), "closes", time.Now().AddDate(0, 0, 3))).cohortView()
	w.seated(trainee, ours)

	for as, lens := range map[string]string{trainee: "offer", employer: "offer", assessor: "offer", certifier: "offer", coordinator: "cohort"} {
		ids, items := w.cohortList(as, "")
		require.ElementsMatch(t, []string{ours.ID, both.ID}, ids, as)
		for _, i := range items {
			require.Equal(t, lens, i.Lens, as)
			require.Nil(t, i.Waiting, as)
			require.Equal(t, lens == "cohort", w.cohort(as, i.ID).Waiting != nil, "%s learns who waits where they see the participants", as)
			require.Equal(t, wordOfTitle, i.Title, as)
			require.NotNil(t, i.Begins)
			require.True(t, i.Ends.After(*i.Begins))
		}
		ids, _ = w.cohortList(foreign(as), "")
		require.ElementsMatch(t, []string{both.ID, theirs.ID}, ids, as)
	}
	_, items := w.cohortList(trainer, "")
	for _, i := range items {
		require.Equal(t, i.ID == ours.ID, i.Lens == "cohort", "a trainer sees the participants of the own cohorts")
	}
	for _, as := range []string{stranger, admin, caseworker, evaluation, dpo, supervisor} {
		ids, _ := w.cohortList(as, "")
		require.Empty(t, ids, as)
	}
	w.get("", "/api/v1/cohorts").problem(http.StatusUnauthorized, "unauthenticated")

	for query, want := range map[string][]string{
		"mine=true": {ours.ID}, "curriculum=koko": {ours.ID, both.ID}, "curriculum=none": nil, "open=false": {ours.ID, both.ID}, "open=true": nil,
		"phase=open&phase=running": {ours.ID, both.ID}, "phase=finished": nil, "ags=05999001": {ours.ID, both.ID}, "ags=05999002": nil, "limit=1": {ours.ID, both.ID},
	} {
		ids, _ := w.cohortList(trainer, query)
		require.ElementsMatch(t, want, ids, query)
	}
	ids, items := w.cohortList(foreign(trainer), "open=true&limit=1")
	require.Equal(t, []string{theirs.ID}, ids)
	require.True(t, items[0].Open)
	for _, cursor := range []string{"x", "e30", "bnVsbA"} {
		w.get(trainer, "/api/v1/cohorts?cursor="+cursor).refused(http.StatusUnprocessableEntity, "invalid", "cursor")
	}
}

func TestTheHistoryOfACohortSaysWhoDidWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	w.seated(trainee, c)
	path := cohortPath(c.ID) + "/history"
	var first, second, page struct {
		Items []files.HistoryEntry
		Next  string
	}
	w.get(coordinator, path+"?limit=1").ok(&first)
	require.Equal(t, "join", first.Items[0].Action)
	w.get(coordinator, path+"?limit=1&cursor="+first.Next).ok(&second)
	require.Equal(t, "plan_cohort", second.Items[0].Action)
	for _, as := range []string{supervisor, dpo} {
		w.get(as, path).ok(&page)
		require.Equal(t, "read_training_history", page.Items[0].Action, "reading is recorded")
	}
	for _, as := range []string{trainer, trainee, employer, assessor, certifier} {
		w.get(as, path).problem(http.StatusForbidden, "forbidden")
	}
	for _, as := range []string{foreign(coordinator), foreign(supervisor), stranger, admin} {
		w.get(as, path).refused(http.StatusNotFound, "not-found", "scope")
	}
	w.get("", path).problem(http.StatusUnauthorized, "unauthenticated")
	w.get(coordinator, path+"?cursor=x").refused(http.StatusUnprocessableEntity, "invalid", "cursor")
}
