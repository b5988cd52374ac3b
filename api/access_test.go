package api_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/api/files"
	"koko/api/oversight"
	"koko/domain/conflict"
)

// access lists by subject who could read a file.
func (w *world) access(as, path string) map[string]files.PersonAccess {
	w.t.Helper()
	var l files.AccessList
	w.get(as, path).ok(&l)
	require.Empty(w.t, l.Next)
	all := map[string]files.PersonAccess{}
	for _, p := range l.Items {
		all[p.Subject] = p
	}
	return all
}

func acts(ways []files.AccessWay) (all []string) {
	for _, w := range ways {
		all = append(all, w.Act)
	}
	return all
}

func TestWhoCouldReadACaseIsWhoCan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-work-session")
	w.documents(caseworker, c, "")
	people := w.access(dpo, casePath(c)+"/access")
	for as := range staff {
		_, listed := people[as]
		require.Equal(t, w.get(as, casePath(c)).code != http.StatusNotFound && as != mediator, listed, as)
		require.NotContains(t, people, foreign(as))
		if listed {
			require.Equal(t, w.get(as, casePath(c)+"/documents").code == http.StatusOK, slices.Contains(acts(people[as].Ways), conflict.ReadCaseFile), as)
		}
	}
	var l files.AccessList
	w.get(dpo, casePath(c)+"/access").ok(&l)
	require.True(t, l.Withheld, "who works on it is not told, but that there may be somebody")
	way := people[caseworker].Ways[0]
	require.Equal(t, "mediator, read_case, assigned, -", way.Rule)
	require.Equal(t, "root", way.Grant.GivenBy)
	require.Equal(t, "read_identities", people[caseworker].Reads[0].Act)
	require.Equal(t, 1, people[caseworker].Reads[0].Count)
	require.Empty(t, people[manager].Reads)
	require.Equal(t, 2, w.count("SELECT count(*) FROM access_log WHERE action = 'read_access' AND kind = 'read' AND file_id = $1", c.ID))
	w.get(dpo, casePath(w.walk("triage"))+"/access").ok(&l)
	require.False(t, l.Withheld, "nobody works on it yet")
}

// What those who work on a case read there, and what they are refused, stands with their working file: in the log of the
// case, it would tell who they are.
func TestTheLogOfACaseDoesNotTellWhoWorksOnIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-work-session")
	before := w.count("SELECT count(*) FROM access_log WHERE file_id = $1", c.ID)
	names := w.documents(mediator, c, "")
	require.Contains(t, compartments(names), "identities")
	w.get(mediator, casePath(c)+"/documents/"+names[0].ID)
	w.get(mediator, casePath(c)+"/documents/00000000-0000-4000-8000-000000000000").refused(http.StatusNotFound, "not-found", "compartment")
	w.get(mediator, casePath(c)+"/history").refused(http.StatusForbidden, "forbidden", "role")
	w.send(mediator, c, "add-note", object{"note": "x"}).refused(http.StatusForbidden, "forbidden", "assigned")
	w.askFor(mediator, casePath(c), names[0].ID).problem(http.StatusForbidden, "forbidden")
	require.Equal(t, before, w.count("SELECT count(*) FROM access_log WHERE file_id = $1", c.ID))
	require.Equal(t, 5, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND actor = $2 AND action <> 'read_work' AND veil = 'read_work'", c.Handed.Work, mediator))
	require.NotEmpty(t, w.timeline(mediator, workPath(c.Handed.Work), "refusals=true").Items)
	require.NotContains(t, w.access(supervisor, casePath(c)+"/access"), mediator)
	for _, path := range []string{casePath(c) + "/access", casePath(c) + "/history?limit=200", "/api/v1/access-log?limit=200", "/api/v1/access-log?person=" + mediator, "/api/v1/access-log/reports/people"} {
		require.NotContains(t, w.get(supervisor, path).body, `"`+mediator+`"`, path)
	}
	before = w.count("SELECT count(*) FROM access_log WHERE file_id = $1", c.ID)
	anew := w.must(manager, c, "hand-to-work", object{"facilitators": []string{manager2}})
	w.post(manager2, workPath(anew.Handed.Work)+"/accept-work", object{}, "If-Match", tag(1)).workView()
	anew = w.read(manager, anew)
	require.Contains(t, compartments(w.documents(manager2, anew, "")), "identities", "which other conflict managers do not read")
	require.Equal(t, before, w.count("SELECT count(*) FROM access_log WHERE file_id = $1", c.ID))
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND actor = $2 AND action = 'read_identities'", anew.Handed.Work, manager2))

	c = w.must(manager, anew, "assign", object{"assignee": mediator})
	w.documents(mediator, c, "")
	require.Equal(t, before+1, w.count("SELECT count(*) FROM access_log WHERE file_id = $1", c.ID), "whoever is assigned to it stands there")
}

func TestOfThePastTheGrantsAndTheCaseCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.backdate(4)
	w.engine.At = time.Now().Add(-2 * time.Hour)
	c := w.report(reporter, here)
	w.engine.At = time.Now().Add(-30 * time.Minute)
	c = w.must(clearing, c, "assign", object{"assignee": caseworker})
	w.endGrants(steering)
	path := casePath(c) + "/access?at="
	then := w.access(dpo, path+url.QueryEscape(time.Now().Add(-time.Hour).Format(time.RFC3339)))
	now := w.access(dpo, casePath(c)+"/access")
	require.Contains(t, then, steering)
	require.NotContains(t, now, steering)
	require.NotContains(t, then, caseworker)
	require.Contains(t, now, caseworker)
	w.get(dpo, path+"2001-01-01").problem(http.StatusUnprocessableEntity, "invalid")
	w.get(dpo, path+"2190-01-01").problem(http.StatusUnprocessableEntity, "invalid")
}

func TestWhoHadAccessIsForThoseWhoAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	for as, rule := range map[string]string{manager: "role", caseworker: "role", steering: "role", reporter: "role"} {
		w.get(as, casePath(c)+"/access").refused(http.StatusForbidden, "forbidden", rule)
	}
	for _, as := range []string{foreign(dpo), foreign(supervisor), admin, stranger} {
		w.get(as, casePath(c)+"/access").refused(http.StatusNotFound, "not-found", "scope")
	}
	for as := range staff {
		if as != dpo && as != supervisor {
			w.get(as, "/api/v1/people/"+manager+"/access").refused(http.StatusForbidden, "forbidden", "role")
			w.get(as, "/api/v1/access-log").refused(http.StatusForbidden, "forbidden", "role")
			w.get(as, "/api/v1/access-log/reports/people").refused(http.StatusForbidden, "forbidden", "role")
			w.get(as, "/api/v1/access-log/reports/files.csv").refused(http.StatusForbidden, "forbidden", "role")
		}
	}
}

func TestAListOfWhoHadAccessComesInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	whole := len(w.access(dpo, casePath(c)+"/access"))
	require.Greater(t, whole, 5)
	var seen []string
	next := ""
	for {
		var l files.AccessList
		w.get(dpo, casePath(c)+"/access?limit=2"+next).ok(&l)
		require.LessOrEqual(t, len(l.Items), 2)
		for _, p := range l.Items {
			seen = append(seen, p.Subject)
		}
		if l.Next == "" {
			break
		}
		next = "&cursor=" + l.Next
	}
	require.Len(t, seen, whole)
	require.True(t, slices.IsSorted(seen))
}

func TestWhoCouldReadAnEnrolmentIsWhoCan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	e := w.seated(trainee, c)
	people := w.access(supervisor, enrolmentPath(e.ID)+"/access")
	for as := range staff {
		_, listed := people[as]
		can := w.get(as, enrolmentPath(e.ID)).code == http.StatusOK || as == dpo
		require.Equal(t, can, listed, as)
		require.NotContains(t, people, foreign(as))
	}
	require.Contains(t, acts(people[trainer].Ways), "read_enrolment")
	w.get(foreign(supervisor), enrolmentPath(e.ID)+"/access").refused(http.StatusNotFound, "not-found", "scope")
	w.get(coordinator, enrolmentPath(e.ID)+"/access").refused(http.StatusForbidden, "forbidden", "role")
}

func TestWhatSomebodyCouldReadIsCountedInTheOwnAreaAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	working := w.walk("record-analysis")
	w.walk("")
	w.report(foreign(reporter), there)
	w.grant(manager, "conflict_manager", there)
	w.documents(caseworker, working, "")
	reach := func(as, subject string) (r oversight.PersonReach) {
		w.get(as, "/api/v1/people/"+subject+"/access").ok(&r)
		return r
	}
	count := func(r oversight.PersonReach, act string) int {
		for _, f := range r.Files {
			if f.Act == act {
				return f.Count
			}
		}
		return 0
	}
	r := reach(dpo, manager)
	require.Len(t, r.Grants, 1, "the grant elsewhere does not exist")
	require.Equal(t, 2, count(r, "read_case"))
	require.Equal(t, 1, count(reach(foreign(dpo), manager), "read_case"))
	r = reach(supervisor, caseworker)
	require.Equal(t, 1, count(r, "read_case"), "the one that they work on")
	require.Equal(t, "read_identities", r.Reads[0].Action)
	require.Equal(t, 2, count(reach(dpo, clearing), "read_signal")+count(reach(dpo, clearing), "read_case")+1, "one is handed over")
	require.Empty(t, reach(foreign(dpo), caseworker).Reads)
	nobody := reach(dpo, "u-nobody")
	require.Empty(t, nobody.Grants)
	require.Empty(t, nobody.Reads)
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE action = 'read_access' AND subject_id = 'u-nobody' AND ags = $1", string(here)))
}

// log1 is the first page of the access log.
func (w *world) log1(as, query string) []oversight.AccessEntry {
	w.t.Helper()
	var p struct{ Items []oversight.AccessEntry }
	w.get(as, "/api/v1/access-log"+query).ok(&p)
	return p.Items
}

func TestTheAccessLogIsReadInTheOwnAreaAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	w.documents(supervisor, c, "?reason=beschwerde")
	w.get(foreign(manager), casePath(c)).problem(http.StatusNotFound, "not-found")
	w.give(admin, grantOf(newcomer, "steering", here), newKey())
	for query, want := range map[string]int{
		"?kind=refusal": 1, "?kind=grant": 1, "?person=" + supervisor + "&kind=read": 2, "?given=beschwerde": 2,
		"?action=read_identities": 1, "?file=" + c.ID + "&kind=refusal&person=" + foreign(manager): 1, "?ags=" + string(there): 0,
		"?until=2001-01-01": 0, "?file=00000000-0000-0000-0000-000000000001": 0,
	} {
		require.Len(t, w.log1(dpo, query), want, query)
	}
	require.NotContains(t, w.get(foreign(dpo), "/api/v1/access-log?limit=200").body, c.ID)
	require.Empty(t, w.log1(foreign(dpo), "?ags="+string(here)))
	require.NotEmpty(t, w.log1(supervisor, "?from="+string(day(0))))
	require.Equal(t, "read_access_log", w.log1(dpo, "?person="+dpo)[0].Action, "reading it is an entry")
	a := w.get(dpo, "/api/v1/access-log?limit=200")
	require.NotContains(t, a.body, wordOfCase)
	require.NotContains(t, a.body, wordOfIdentities)
}

func TestTheAccessLogComesInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	for range 7 {
		w.get(dpo, casePath(c)).problem(http.StatusForbidden, "forbidden")
	}
	var all []int64
	next := ""
	for {
		var p struct {
			Items []oversight.AccessEntry
			Next  string
		}
		w.get(dpo, "/api/v1/access-log?kind=refusal&limit=3"+next).ok(&p)
		for _, e := range p.Items {
			all = append(all, e.Number)
		}
		if p.Next == "" {
			break
		}
		next = "&cursor=" + p.Next
	}
	require.Len(t, all, 7)
	require.True(t, slices.IsSortedFunc(all, func(a, b int64) int { return int(b - a) }))
}

func TestReportsCountByPersonAndByFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	w.get(supervisor, casePath(c)+"?reason=fachaufsicht").caseView()
	w.get(supervisor, casePath(c)).caseView()
	w.get(dpo, casePath(c)).problem(http.StatusForbidden, "forbidden")
	w.report(foreign(reporter), there)
	var people struct{ Items []oversight.PersonReport }
	w.get(dpo, "/api/v1/access-log/reports/people").ok(&people)
	require.Len(t, people.Items, 2)
	require.Equal(t, []any{dpo, 1, 0}, []any{people.Items[0].Subject, people.Items[0].Refusals, people.Items[0].Reads})
	require.Equal(t, []any{supervisor, 2, 1, 1}, []any{people.Items[1].Subject, people.Items[1].Reads, people.Items[1].Reasons, people.Items[1].Files})
	var files struct {
		Items []oversight.FileReport
		Next  string
	}
	w.get(dpo, "/api/v1/access-log/reports/files").ok(&files)
	require.Len(t, files.Items, 1)
	require.Equal(t, []any{c.ID, 2, 2, 1}, []any{files.Items[0].File, files.Items[0].People, files.Items[0].Reads, files.Items[0].Refusals})
	w.get(foreign(dpo), "/api/v1/access-log/reports/files").ok(&files)
	require.Empty(t, files.Items)

	a := w.get(dpo, "/api/v1/access-log/reports/people.csv?kind=refusal")
	require.Equal(t, "text/csv; charset=utf-8", a.header.Get("Content-Type"))
	require.Contains(t, a.body, "Person;Akten;Lesezugriffe")
	require.Contains(t, a.body, dpo+";1;0;0;1;0;")
	require.Contains(t, w.get(dpo, "/api/v1/access-log/reports/files.csv").body, c.ID+";2;2;1;1;")
	require.Equal(t, 4, w.count("SELECT count(*) FROM access_log WHERE actor = $1 AND action = 'read_access_log' AND ags = $2", dpo, string(here)))
}

// A report counts what the list shows to the same person, and nothing else.
func TestAReportAddsUpToWhatTheListShows(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	c := w.walk("sign-off")
	w.documents(supervisor, c, "?reason=beschwerde")
	w.get(foreign(manager), casePath(c)).problem(http.StatusNotFound, "not-found")
	w.erase(manager, supervisor, casePath(c), w.documentOf(c))
	w.busy("begleitung")
	until := "&until=" + url.QueryEscape(time.Now().Format(time.RFC3339Nano))
	for _, as := range []string{dpo, supervisor, foreign(dpo)} {
		listed := map[string]map[string]int{}
		next := ""
		for {
			var p struct {
				Items []oversight.AccessEntry
				Next  string
			}
			w.get(as, "/api/v1/access-log?limit=7"+until+next).ok(&p)
			for _, e := range p.Items {
				if listed[e.Actor] == nil {
					listed[e.Actor] = map[string]int{}
				}
				listed[e.Actor][string(e.Kind)]++
			}
			if p.Next == "" {
				break
			}
			next = "&cursor=" + p.Next
		}
		var report struct{ Items []oversight.PersonReport }
		w.get(as, "/api/v1/access-log/reports/people?limit=1000"+until).ok(&report)
		require.Len(t, report.Items, len(listed), as)
		for _, r := range report.Items {
			of := listed[r.Subject]
			require.Equal(t, []int{of["read"], of["refusal"], of["grant"]}, []int{r.Reads, r.Refusals, r.Grants}, "%s about %s", as, r.Subject)
		}
	}
}
