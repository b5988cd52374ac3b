package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/files"
	"koko/domain/conflict"
)

type documentPage struct {
	Items []files.DocumentView
	Next  string
}

// documents lists what somebody may read of a case; query narrows.
func (w *world) documents(as string, c CaseView, query string) []files.DocumentView {
	w.t.Helper()
	var p documentPage
	w.get(as, casePath(c)+"/documents"+query).ok(&p)
	return p.Items
}

// compartments lists those of ds, each once.
func compartments(ds []files.DocumentView) []string {
	var cs []string
	for _, d := range ds {
		if !slices.Contains(cs, string(d.Compartment)) {
			cs = append(cs, string(d.Compartment))
		}
	}
	slices.Sort(cs)
	return cs
}

func TestDocumentsShowTheCompartmentsThatAreOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-work-interim")
	all, file := []string{"case", "identities"}, []string{"case"}
	for _, tc := range []struct {
		as, query string
		want      []string
	}{
		{mediator, "", all},
		{caseworker, "", all},
		{manager, "", file},
		{manager2, "", file},
		{steering, "", file},
		{steering, "?reason=fachaufsicht", file},
		{supervisor, "", file},
		{supervisor, "?reason=fachaufsicht", all},
	} {
		require.Equal(t, tc.want, compartments(w.documents(tc.as, c, tc.query)), tc.as+tc.query)
		require.Empty(t, w.documents(tc.as, c, join(tc.query, "action=hand_to_work")), tc.as)
		path := workPath(c.Handed.Work) + "/documents"
		if tc.as != mediator {
			w.get(tc.as, path).refused(http.StatusNotFound, "not-found", "scope")
			continue
		}
		for _, kind := range []string{"choose_form", "confirm_work_conditions", "record_work_session", "record_work_interim"} {
			var found documentPage
			w.get(tc.as, path+"?action="+kind).ok(&found)
			require.Equal(t, []string{"work"}, compartments(found.Items), kind)
		}
	}
	for _, as := range []string{evaluation, dpo, reporter} {
		w.get(as, casePath(c)+"/documents").problem(http.StatusForbidden, "forbidden")
	}
	for _, as := range []string{admin, clearing, stranger, foreign(manager), foreign(mediator), foreign(supervisor)} {
		w.get(as, casePath(c)+"/documents").refused(http.StatusNotFound, "not-found", "scope")
	}
}

func join(query, more string) string {
	if query == "" {
		return "?" + more
	}
	return query + "&" + more
}

func TestADocumentInAClosedCompartmentDoesNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	c = w.must(caseworker, c, "attach-document", object{
		"compartment": "identities", "title": "Liste " + wordOfIdentities, "media_type": "text/plain", "content": []byte(wordOfIdentities),
	})
	attached := w.documents(caseworker, c, "?action=attach_document")
	require.Len(t, attached, 1)
	require.NotContains(t, attached[0].Texts, "content", "it is downloaded")
	path := casePath(c) + "/documents/" + attached[0].ID
	a := w.get(caseworker, path+"/content")
	require.Equal(t, http.StatusOK, a.code)
	require.Equal(t, wordOfIdentities, a.body)
	require.Equal(t, "text/plain", a.header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="`+attached[0].ID+`"`, a.header.Get("Content-Disposition"))
	require.NotContains(t, w.get(caseworker, path).body, `"content"`)

	w.get(supervisor, path).refused(http.StatusNotFound, "not-found", "compartment")
	for _, as := range []string{manager, manager2, steering} {
		for _, p := range []string{path, path + "/content", path + "?reason=rechtsstreit", path + "/content?reason=rechtsstreit"} {
			answer := w.get(as, p)
			answer.refused(http.StatusNotFound, "not-found", "compartment")
			require.NotContains(t, answer.body, wordOfIdentities)
		}
	}
	require.Equal(t, 4, w.count("SELECT count(*) FROM access_log WHERE actor = $1 AND kind = 'refusal' AND rule = 'compartment' AND subject_id = $2 AND file_id = $3",
		manager, attached[0].ID, c.ID), "an attempt is evidence")
	for _, as := range []string{mediator, foreign(mediator), admin, stranger} {
		w.get(as, path).refused(http.StatusNotFound, "not-found", "scope")
		w.get(as, path+"/content").refused(http.StatusNotFound, "not-found", "scope")
	}
	for _, as := range []string{evaluation, dpo, reporter} {
		w.get(as, path+"/content").problem(http.StatusForbidden, "forbidden")
	}
	signals := w.documents(manager, c, "?action=report_signal")
	w.get(manager, casePath(c)+"/documents/"+signals[0].ID+"/content").refused(http.StatusNotFound, "not-found", "attachment")

	other := w.walk("")
	w.get(manager, casePath(other)+"/documents/"+signals[0].ID).refused(http.StatusNotFound, "not-found", "compartment")
}

// Whoever assigned the case to themselves, or handed it over to themselves, reads the identities for a reason like a
// supervisor; and those who oversee the case hear of both.
func TestWhoeverLetThemselvesIntoTheIdentitiesGivesAReasonAndOthersHearOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	told := func(kind, who string, c CaseView) int {
		return w.count("SELECT count(*) FROM notification WHERE kind = $1 AND recipient = $2 AND file_id = $3", kind, who, c.ID)
	}
	closed := func(as string, c CaseView) {
		t.Helper()
		require.NotContains(t, compartments(w.documents(as, c, "?limit=100")), "identities")
		require.Zero(t, told("identities_read", supervisor, c))
		require.Contains(t, compartments(w.documents(as, c, "?limit=100&reason=beschwerde")), "identities")
		require.Equal(t, 1, told("identities_read", supervisor, c))
		require.Equal(t, 1, told("identities_read", manager2, c))
		require.Zero(t, told("identities_read", as, c), "nobody is told what they did")
		require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND actor = $2 AND action = 'read_identities' AND reason = 'beschwerde'", c.ID, as))
	}
	w.get(supervisor, "/api/v1/notifications")

	c := w.walk("record-analysis")
	require.NotContains(t, compartments(w.documents(manager, c, "?limit=100")), "identities")
	c = w.must(manager, c, "assign", object{"assignee": manager})
	require.True(t, c.SelfAssigned)
	require.Equal(t, 1, told("self_assigned", supervisor, c))
	require.Equal(t, 1, told("self_assigned", manager2, c))
	closed(manager, c)
	c = w.must(manager, c, "assign", object{"assignee": manager})
	require.NotContains(t, compartments(w.documents(manager, c, "?limit=100")), "identities", "said twice, it is the own hand")
	require.Equal(t, 1, told("self_assigned", supervisor, c))
	require.NotContains(t, w.call(manager, http.MethodPost, casePath(c)+"/sealed", nil).body, wordOfIdentities)

	c = w.must(manager2, c, "assign", object{"assignee": manager})
	require.Contains(t, compartments(w.documents(manager, c, "?limit=100")), "identities", "now somebody else has entrusted them")
	c = w.must(manager, c, "assign", object{"assignee": manager})
	require.Contains(t, compartments(w.documents(manager, c, "?limit=100")), "identities", "which they do not lose by taking it again")

	own := w.walk("review-analysis") // handed over to oneself: in confidence, so that nobody else hears who works on it
	own = w.must(manager, own, "hand-to-work", object{"facilitators": []string{manager}})
	w.post(manager, workPath(own.Handed.Work)+"/accept-work", object{}, "If-Match", tag(1)).workView()
	require.NotContains(t, compartments(w.documents(manager, own, "?limit=100")), "identities")
	require.Contains(t, compartments(w.documents(manager, own, "?limit=100&reason=beschwerde")), "identities")
	require.Zero(t, w.count("SELECT count(*) FROM notification WHERE kind = 'identities_read' AND file_id = $1", own.ID))
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND actor = $2 AND action = 'read_identities' AND reason = 'beschwerde'", own.Handed.Work, manager))

	again := w.walk("record-follow-up") // and in a new round
	again = w.must(manager, again, "assign", object{"assignee": manager})
	again = w.must(supervisor, again, "reopen", object{"reason": "Neuer Streit"})
	require.Equal(t, 2, again.Round)
	closed(manager, again)
}

func TestIdentitiesNeedAReasonOfASupervisor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	names := w.documents(caseworker, c, "?action=record_analysis")
	i := slices.IndexFunc(names, func(d files.DocumentView) bool { return d.Compartment == conflict.Identities })
	require.Equal(t, wordOfIdentities, names[i].Texts["actors.a1.name"])
	path := casePath(c) + "/documents/" + names[i].ID
	require.Contains(t, w.get(caseworker, path).body, wordOfIdentities)
	w.get(supervisor, path).refused(http.StatusNotFound, "not-found", "compartment")
	require.Contains(t, w.get(supervisor, path+"?reason=beschwerde").body, wordOfIdentities)
	w.get(manager, path+"?reason=beschwerde").refused(http.StatusNotFound, "not-found", "compartment")
	w.get(steering, path+"?reason=beschwerde").refused(http.StatusNotFound, "not-found", "compartment")
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE actor = $1 AND action = 'read_identities' AND reason = 'beschwerde' AND subject_id = $2",
		supervisor, names[i].ID))

	w.must(manager2, c, "assign", object{"assignee": manager})
	require.Contains(t, w.get(manager, path).body, wordOfIdentities, "who works on the case")
	w.get(caseworker, path).refused(http.StatusNotFound, "not-found", "scope")
}

func TestDocumentsComeInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("propose-closure")
	whole := w.documents(caseworker, c, "")
	require.Greater(t, len(whole), 6)
	for limit := 1; limit <= 3; limit++ {
		var got []files.DocumentView
		next := ""
		for {
			var p documentPage
			w.get(caseworker, casePath(c)+"/documents?limit="+string(rune('0'+limit))+next).ok(&p)
			require.LessOrEqual(t, len(p.Items), limit)
			got = append(got, p.Items...)
			if p.Next == "" {
				break
			}
			next = "&cursor=" + p.Next
		}
		require.Equal(t, whole, got)
	}
	for i, d := range whole {
		require.NotEmpty(t, d.Texts, i)
		require.Len(t, d.Digest, 64)
		require.Positive(t, d.Number)
		require.Positive(t, d.FileVersion)
		require.NotEmpty(t, d.Author)
	}
	require.True(t, slices.IsSortedFunc(whole, func(a, b files.DocumentView) int { return a.FileVersion - b.FileVersion }))
	require.False(t, strings.Contains(w.get(caseworker, casePath(c)+"/documents?action=none").body, "texts"))
}
