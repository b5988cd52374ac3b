package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/api"
	"koko/api/files"
	"koko/api/oversight"
	"koko/api/people"
	"koko/domain/advice"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/policies"
)

// The people of an advice: the client is a reporter.
const (
	adviser           = "u-adviser"
	external          = "u-external"
	adviceCoordinator = "u-advice"
	adviceSecond      = "u-advice2"
)

// Words of an advice that stand in one compartment each.
const (
	wordOfAdvice = "Schnittstellenworkshop"
	wordOfGoals  = "Jahreszeitenmodell"
	wordOfNotes  = "Zwischentöne"
	wordOfOwn    = "Selbstzweifel"
)

// An AdviceView is what the API shows of an advice.
type AdviceView struct {
	advice.Advice
	files.Shown
}

func (a answer) adviceView() (v AdviceView) {
	a.t.Helper()
	a.ok(&v)
	require.Equal(a.t, tag(v.Version), a.header.Get("ETag"))
	return v
}

func advicePath(id string) string { return "/api/v1/advice/" + id }

// newAdvised returns a world with people who advise.
func newAdvised(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	for s, role := range map[string]policies.Role{adviser: "adviser", external: "adviser", adviceCoordinator: "advice_coordinator", adviceSecond: "advice_coordinator"} {
		w.grant(s, role, here)
		w.grant(foreign(s), role, there)
	}
	return w
}

// adviceWay is the whole way of an advice of a form, with its request.
func adviceWay(form advice.Form) (steps []step) {
	for _, st := range script("advice/plain-way").Steps {
		s := taking(st, 0)
		if _, ok := s.body["form"]; ok {
			s.body["form"] = form
		}
		steps = append(steps, s)
	}
	return steps
}

func (w *world) askAdvice(as string, form advice.Form, in ags.Key) AdviceView {
	w.t.Helper()
	return w.post(as, "/api/v1/advice", with(adviceWay(form)[0].body, "ags", in)).adviceView()
}

// advised is an advice of a form until, and with, a command of the way; everything if it is empty.
func (w *world) advised(form advice.Form, until string) AdviceView {
	w.t.Helper()
	a := w.askAdvice(reporter, form, here)
	for _, s := range adviceWay(form)[1:] {
		now := w.get(s.by, advicePath(a.ID)).adviceView()
		r := w.post(s.by, advicePath(a.ID)+"/"+s.command, s.body, "If-Match", tag(now.Version))
		require.Equal(w.t, http.StatusOK, r.code, "%s by %s: %s", s.command, s.by, r.body)
		if s.command == until {
			break
		}
	}
	return w.get(reporter, advicePath(a.ID)).adviceView()
}

func TestAnAdviceGoesFromTheRequestToTheFollowUp(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised("begleitung", "")
	require.Equal(t, advice.Asked, a.Phase)
	require.Equal(t, len(adviceWay("begleitung")), a.Version)
	require.Equal(t, 1, a.Ratings.Ratings[0].Value)

	course := w.get(adviceCoordinator, advicePath(a.ID)).adviceView()
	require.Equal(t, "course", course.Lens)
	require.Nil(t, course.Goals, "the coordination does not see what is to be reached")
	require.Len(t, course.Meetings, 1)
	for as, words := range map[string][]string{reporter: {wordOfAdvice, wordOfGoals, wordOfOwn}, adviceCoordinator: {wordOfAdvice}, adviser: {wordOfNotes}} {
		body := w.get(as, advicePath(a.ID)+"/documents?limit=100").body
		for _, word := range []string{wordOfAdvice, wordOfGoals, wordOfNotes, wordOfOwn} {
			require.Equal(t, strings.Contains(strings.Join(words, " "), word), strings.Contains(body, word), "%s: %s", as, word)
		}
	}
	existence := w.get(supervisor, advicePath(a.ID)).adviceView()
	require.Equal(t, advice.Advice{ID: a.ID, AGS: here, Version: a.Version, Phase: a.Phase, Form: a.Form, Opened: a.Opened, Changed: a.Changed}, existence.Advice)

	var page struct{ Items []people.Notification }
	w.get(reporter, "/api/v1/notifications?limit=100").ok(&page)
	require.NotEmpty(t, page.Items)
	for _, n := range page.Items {
		require.NotEqual(t, "Es gibt etwas Neues.", n.German, n.Kind)
		require.Equal(t, http.StatusOK, w.get(reporter, n.Link).code, "a link leads somewhere")
	}
	require.NotContains(t, wording(w.timeline(reporter, advicePath(a.ID), "limit=100").Items), "")
}

// An external adviser's rights end with the agreement: what was readable before is not there after it.
func TestTheFileClosesForAnExternalAdviserWithTheAgreement(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised("begleitung", "rate-goals")
	require.Equal(t, "advice", w.get(external, advicePath(a.ID)).adviceView().Lens)
	require.Equal(t, http.StatusOK, w.get(external, advicePath(a.ID)+"/timeline").code)
	closed := w.post(reporter, advicePath(a.ID)+"/close-advice", object{"outcome": "auftrag_erfuellt"}, "If-Match", tag(a.Version)).adviceView()
	w.sees(external, closed, "")
	require.Equal(t, "entries", w.get(adviser, advicePath(a.ID)).adviceView().Lens, "the local one may still enter meetings")
	w.get(adviser, advicePath(a.ID)+"/timeline").problem(http.StatusForbidden, "forbidden")
}

// probed is what somebody could ask to learn of an advice: of the file itself, and of what the house lists of all.
func probed(a AdviceView) (of, lists []string) {
	at := "?at=" + url.QueryEscape(time.Now().Format(time.RFC3339))
	for _, path := range []string{"", "/documents", "/timeline", "/history", "/as-of" + at, "/versions/1", "/compare?from=1&to=2", "/runs", "/access", "/proof"} {
		of = append(of, advicePath(a.ID)+path)
	}
	for _, path := range []string{
		"advice?limit=100", "advice?mine=true", "advice?text=" + a.Reference(), "advice?text=" + wordOfAdvice, "advice?form=" + string(a.Form), "advice?counts=true", "notifications?limit=100",
		"erasures", "erasures?file=" + a.ID, "differences", "differences?file=" + a.ID,
		"access-log?limit=200", "access-log?file=" + a.ID, "access-log?person=" + adviser, "access-log?action=in_bearbeitung", "access-log?action=read_advice_course",
		"access-log/reports/files", "access-log/reports/files.csv", "access-log/reports/people", "people/" + external + "/access", "people/" + reporter + "/access",
	} {
		lists = append(lists, "/api/v1/"+path)
	}
	return of, lists
}

// sees requires that somebody learns of an advice through the lens of that name, and else that they learn nothing:
// what is asked about it is answered as of a file that there never was.
func (w *world) sees(as string, a AdviceView, lens string) {
	w.t.Helper()
	of, lists := probed(a)
	none := uuid.NewString()
	strip := func(r answer, id string) string {
		return strings.ReplaceAll(strings.ReplaceAll(r.body, r.header.Get("X-Request-ID"), ""), id, "")
	}
	for _, path := range of {
		r, never := w.get(as, path), w.get(as, strings.Replace(path, a.ID, none, 1))
		if lens == "" {
			require.Equal(w.t, http.StatusNotFound, r.code, "%s %s", as, path)
			require.Equal(w.t, strip(never, none), strip(r, a.ID), "%s %s", as, path)
			continue
		}
		for _, word := range []string{wordOfAdvice, wordOfGoals, wordOfNotes, wordOfOwn, "requester", adviser, external, "meetings"} {
			require.NotContains(w.t, r.body, word, "%s %s", as, path)
		}
	}
	for _, path := range lists {
		if as == external && strings.Contains(path, "notifications") {
			continue // what they were told stays with them
		}
		r := w.get(as, path)
		require.Contains(w.t, []int{http.StatusOK, http.StatusForbidden}, r.code, "%s %s: %s", as, path, r.body)
		for _, what := range []string{a.ID, a.Reference(), "read_advice_course", "read_advisers_notes", "advisers_assigned", "record_meeting"} {
			if lens != "" && (what == a.ID || what == a.Reference() || what == advice.ReadCourse) {
				continue // it exists, and they tried
			}
			require.NotContains(w.t, r.body, what, "%s %s", as, path)
		}
		for _, said := range []string{`"actor":"` + external, `"actor":"` + adviser} {
			require.NotContains(w.t, r.body, said, "%s %s: who advises", as, path)
		}
	}
	for _, r := range []answer{
		w.call(as, http.MethodPost, advicePath(a.ID)+"/sealed?reason=beschwerde", nil),
		w.post(as, "/api/v1/authorization/explain", object{"subject": external, "act": "read_advice", "file": object{"kind": "advice", "id": a.ID}}),
	} {
		for _, what := range []string{a.Reference(), wordOfAdvice} {
			require.NotContains(w.t, r.body, what, as)
		}
		if lens == "" {
			require.NotEqual(w.t, http.StatusOK, r.code, as)
		}
	}
}

// unadvised are all who have no part in an advice.
func unadvised() (all []string) {
	for _, s := range everybody() {
		if s != reporter {
			all = append(all, s)
		}
	}
	return append(all, foreign(adviser), foreign(adviceCoordinator), "u-adviser3")
}

// busy is an advice of which everything is recorded that the house lists: reads, refusals, erasures, differences.
func (w *world) busy(form advice.Form) AdviceView {
	w.t.Helper()
	a := w.advised(form, "rate-goals")
	path := advicePath(a.ID)
	for _, as := range []string{reporter, adviser, external, adviceCoordinator} {
		for _, what := range []string{"", "/documents", "/timeline", "/history", "/versions/2", "/runs", "/access", "/proof"} {
			w.get(as, path+what)
		}
	}
	require.Equal(w.t, http.StatusOK, w.call(adviceCoordinator, http.MethodPost, path+"/sealed?reason=beschwerde", nil).code)
	var docs documentPage
	w.get(adviceCoordinator, path+"/documents?limit=100").ok(&docs)
	w.askFor(adviceCoordinator, path, docs.Items[0].ID).erasure()
	w.get(supervisor, path)
	w.get("u-adviser3", path)
	w.differsOf(a)
	return a
}

// differsOf notes that the record of an advice is not as it was decided, as the nightly comparison does.
func (w *world) differsOf(a AdviceView) (id string) {
	w.t.Helper()
	run := uuid.NewString()
	w.exec("INSERT INTO reconciliation (id, by, scope, scheduled, files, differences) VALUES ($1, 'system', 'sample', true, 1, 1)", run)
	var ties []string
	for _, tie := range a.Ties() {
		ties = append(ties, tie.String())
	}
	require.NoError(w.t, w.rec.Owner.QueryRow(context.Background(), `INSERT INTO difference (first_run, last_run, kind, file_id, ags, places, ties, reference, part, what, field, version, facts, repair, first_found, last_found)
		VALUES ($1, $1, 'advice', $2, $3, ARRAY[$3], $4, $5, 'record', 'field_differs', 'veiled', $6, '{}', 'restore_record', now(), clock_timestamp()) RETURNING id::text`,
		run, a.ID, here, ties, a.Reference(), a.Version).Scan(&id))
	return id
}

func TestOfCoachingNobodyElseLearnsAnything(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	w.grant("u-adviser3", "adviser", here)
	a := w.busy(advice.Coaching)
	for _, as := range unadvised() {
		w.sees(as, a, "")
	}
	require.Zero(t, w.count("SELECT count(*) FROM notification WHERE file_id = $1 AND recipient <> ALL ($2)", a.ID, []string{reporter, adviser, external, adviceCoordinator, adviceSecond}))
}

// Of what may be known, those who oversee learn that it is there, and neither who nor what.
func TestOfOtherAdviceThoseWhoOverseeLearnThatItIsThere(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	w.grant("u-adviser3", "adviser", here)
	a := w.busy("begleitung")
	for _, as := range unadvised() {
		lens := ""
		if as == supervisor || as == dpo {
			lens = "existence"
		}
		w.sees(as, a, lens)
	}
	require.Contains(t, w.get(supervisor, "/api/v1/advice").body, a.ID)
	require.Contains(t, w.get(supervisor, "/api/v1/differences").body, a.ID)
}

// What is read of an advice is veiled in its log: whoever has no course of it does not learn that it was read.
func TestReadsOfAnAdviceAreVeiled(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.busy("begleitung")
	require.Zero(t, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND kind = 'read' AND action LIKE 'read_adv%' AND action <> 'read_advice_existence' AND veil = ''", a.ID))
	require.Positive(t, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND kind = 'read' AND action = 'read_advice_course' AND veil = 'read_advice_course'", a.ID))
	for _, e := range w.timeline(adviceCoordinator, advicePath(a.ID), "limit=200").Items {
		require.NotEqual(t, "read_advisers_notes", e.Action)
		require.NotEqual(t, "note_advice", e.Action)
	}
}

// Two coordinators see to what differs: nobody else may know of all advice.
func TestTwoCoordinatorsRepairAnAdvice(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	m := &mender{world: w}
	w.options.Repairer = m
	w.handler = api.New(w.options)
	a := w.advised(advice.Coaching, "record-meeting")
	id := w.differsOf(a)
	for _, as := range []string{supervisor, dpo, admin, foreign(adviceCoordinator), adviser, reporter} {
		w.decide(as, id, "propose", 1).refused(http.StatusNotFound, "not-found", "scope")
	}
	page := w.differences(adviceCoordinator, "")
	require.Len(t, page.Items, 1)
	require.Equal(t, a.ID, page.Items[0].File)
	var d oversight.DifferenceView
	w.decide(adviceCoordinator, id, "propose", 1).ok(&d)
	w.decide(adviceCoordinator, id, "approve", d.Revision).refused(http.StatusForbidden, "forbidden", "four_eyes")
	w.decide(supervisor, id, "approve", d.Revision).refused(http.StatusNotFound, "not-found", "scope")
	w.decide(adviceSecond, id, "approve", d.Revision).ok(&d)
	require.EqualValues(t, "repaired", d.Status)

	lost := w.differsOf(a)
	w.exec("ALTER TABLE file DISABLE TRIGGER ALL")
	w.exec("CREATE TABLE lost AS SELECT * FROM file WHERE id = '" + a.ID + "'")
	w.exec("DELETE FROM file WHERE id = $1", a.ID)
	require.Contains(t, fmt.Sprint(w.differences(adviceCoordinator, "status=open")), lost, "also where the record is lost")
	require.Empty(t, w.differences(supervisor, "").Items)
	w.exec("INSERT INTO file SELECT * FROM lost")
}

// Two coordinators erase, also what they may not read.
func TestTwoCoordinatorsEraseWordsOfAnAdvice(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised(advice.Supervision, "note-as-client")
	var docs documentPage
	w.get(reporter, advicePath(a.ID)+"/documents?limit=100").ok(&docs)
	for _, d := range docs.Items {
		v := w.askFor(adviceCoordinator, advicePath(a.ID), d.ID).erasure()
		for _, as := range []string{supervisor, dpo, foreign(adviceSecond)} {
			w.post(as, "/api/v1/erasures/"+v.ID+"/approve", nil).refused(http.StatusNotFound, "not-found", "scope")
			require.NotContains(t, w.get(as, "/api/v1/erasures").body, v.ID, as)
		}
		require.Contains(t, w.get(adviceSecond, "/api/v1/erasures").body, v.ID)
		require.Equal(t, file.ErasureApproved, w.post(adviceSecond, "/api/v1/erasures/"+v.ID+"/approve", nil).erasure().Status)
	}
	require.Len(t, w.erasures(adviceSecond, ""), len(docs.Items))
}
