package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/api"
	"koko/api/files"
	"koko/api/oversight"
	"koko/api/people"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/work"
	"koko/internal/evidence/verify"
	"koko/internal/scenario"
	"koko/kinds"
	"koko/policies"
)

// The people of a working file beside the mediator and the case worker, who do the work.
const (
	interpreter = "u-interpreter" // is admitted for a time
	mediator2   = "u-mediator2"   // has the role, and no part in it
)

// Words of a working file that stand in one compartment each.
const (
	wordOfWork      = "Kleingartenfrieden"
	wordOfAgreement = "Gartenzwergklausel"
)

// A WorkView is what the API shows of a working file.
type WorkView struct {
	work.Work
	files.Shown
}

func (a answer) workView() (v WorkView) {
	a.t.Helper()
	a.ok(&v)
	require.Equal(a.t, tag(v.Version), a.header.Get("ETag"))
	return v
}

func workPath(id string) string { return "/api/v1/work/" + id }

// newWorking returns a world with people who do the work, or might.
func newWorking(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	for _, s := range []string{interpreter, mediator2} {
		w.grant(s, "mediator", here)
	}
	require.NoError(t, w.Checkpoint(t.Context())) // an installation has signed its log before anybody works in it
	return w
}

// A workDoor is the API as the people of a working file use it. It is begun as a case begins it.
type workDoor struct {
	*world
	is    WorkView
	given map[file.Action]int
	cased bool // whether there is a case, too: it has to take what is released
}

func (d *workDoor) Give(ctx context.Context, o scenario.Order) (scenario.Answer, error) {
	var a answer
	if o.By == file.System {
		id := uuid.NewString()
		if d.cased {
			o.Body = with(o.Body, "case", d.handedOver(id))
		}
		d.begin(id, o)
		a = d.get(mediator, workPath(id))
	} else {
		a = d.post(o.By, workPath(d.is.ID)+"/"+dashed(o.Action), o.Body, "If-Match", tag(d.is.Version))
	}
	if a.code >= 300 {
		return scenario.Answer{}, &scenario.Refusal{Rule: a.rule(), Err: errors.New(a.body)}
	}
	before := d.is
	d.is = a.workView()
	if d.is.Lens == "work" { // whoever declines or leaves sees no more of it
		require.Equal(d.t, before.Version+1, d.is.Version, o.Action)
	} else {
		d.is = d.get(mediator, workPath(d.is.ID)).workView()
	}
	d.given[o.Action]++
	got := scenario.Answer{Phase: string(d.is.Phase)}
	for _, s := range d.is.Shown.Actions {
		if s.Open {
			got.Open = append(got.Open, s.Action)
		}
	}
	return got, nil
}

// handedOver is a case that was handed over to a working file that is not there yet.
func (w *world) handedOver(work string) (id string) {
	w.t.Helper()
	c := w.walk("review-analysis")
	k, _ := kinds.Of(conflict.Kind)
	_, err := w.engine.Do(context.Background(), k, c.ID, newKey(), manager, c.Version, conflict.HandToWork{Work: work})
	require.NoError(w.t, err)
	return c.ID
}

// begin begins a working file as the case does, without the briefing: the case's command stores that.
func (w *world) begin(id string, o scenario.Order) {
	w.t.Helper()
	k, _ := kinds.Of(work.Kind)
	body, err := json.Marshal(with(o.Body, "briefing", ""))
	require.NoError(w.t, err)
	cmd, err := k.ReadCommand(o.Action, body)
	require.NoError(w.t, err)
	_, err = w.engine.Begin(context.Background(), k, k.Fresh(id, here), newKey(), file.System, cmd)
	require.NoError(w.t, err)
}

// worked is a working file after, and with, the first command of that name of the plain way; everything if it is empty. Some
// commands may be left out.
func (w *world) worked(through file.Action, without ...file.Action) WorkView {
	w.t.Helper()
	steps, err := script("work/plain-way").Through(through)
	require.NoError(w.t, err)
	steps = slices.DeleteFunc(slices.Clone(steps), func(st scenario.Step) bool { return slices.Contains(without, st.Action) })
	releases := slices.ContainsFunc(steps, func(st scenario.Step) bool { return st.Action == work.ActionRelease })
	d := &workDoor{world: w, given: map[file.Action]int{}, cased: releases}
	require.NoError(w.t, scenario.Play(w.t.Context(), steps, cast(0), d))
	return d.is
}

func TestAWorkingFileGoesItsWholeWay(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	d, s := &workDoor{world: w, given: map[file.Action]int{}, cased: true}, script("work/plain-way")
	require.NoError(t, scenario.Play(t.Context(), s.Steps, cast(0), d))
	given := s.Kind.Given()
	for _, a := range given {
		if !slices.Contains([]string{"decline_work", "leave_work"}, a) {
			require.NotZero(t, d.given[file.Action(a)], "every command of people was given: %s", a)
		}
	}
	require.Equal(t, work.Ended, d.is.Phase)
	require.Equal(t, []string{work.ReadWork, work.ReadInvitation}, d.is.Shown.Reads)

	path := workPath(d.is.ID)
	body := w.get(caseworker, path+"/documents?limit=100").body
	for _, word := range []string{wordOfWork, wordOfAgreement} {
		require.Contains(t, body, word)
		require.Contains(t, w.get(mediator, "/api/v1/work?text="+word).body, d.is.ID, "what is written is found")
	}
	for query, found := range map[string]bool{"form=mediation": true, "form=coaching": false, "mine=true": true, "case=" + d.is.Begun.Case: true, "phase=ended": true, "phase=handed": false} {
		require.Equal(t, found, strings.Contains(w.get(mediator, "/api/v1/work?"+query).body, d.is.ID), query)
	}
	require.NotContains(t, wording(w.timeline(mediator, path, "limit=100").Items), "")

	var page struct{ Items []people.Notification }
	for _, as := range []string{mediator, caseworker} {
		w.get(as, "/api/v1/notifications?limit=100").ok(&page)
		require.NotEmpty(t, page.Items)
		for _, n := range page.Items {
			require.NotEqual(t, "Es gibt etwas Neues.", n.German, n.Kind)
			require.Equal(t, http.StatusOK, w.get(as, n.Link).code, "a link leads somewhere")
		}
	}
}

func TestWorkStopsAtClosedGates(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	require.NoError(t, scenario.Play(t.Context(), script("work/closed-gates").Steps, cast(0), &workDoor{world: w, given: map[file.Action]int{}}))
}

// No operation begins a working file: a case does.
func TestNobodyBeginsAWorkingFileByHand(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	for _, as := range []string{manager, mediator, supervisor, admin} {
		r := w.post(as, "/api/v1/work", object{"ags": here, "case": uuid.NewString(), "facilitators": []string{as}, "commissioner": as, "stage": 3})
		require.Equal(t, http.StatusMethodNotAllowed, r.code, r.body)
	}
	for _, command := range []string{"begin-work", "withdraw-work"} {
		r := w.post(mediator, workPath(w.worked(work.ActionAccept).ID)+"/"+command, object{}, "If-Match", tag(2))
		require.Equal(t, http.StatusNotFound, r.code, "%s: %s", command, r.body)
	}
	require.Zero(t, w.count("SELECT count(*) FROM file WHERE kind = 'work' AND state->'begun'->>'commissioner' <> $1", manager))
}

// A lookup is a request about one file: method, path and body.
type lookup struct {
	method, path string
	body         any
}

// workLookups are what somebody could ask about a working file.
func workLookups(k *file.Definition, v WorkView, document string) (all []lookup) {
	path := workPath(v.ID)
	for _, p := range []string{
		"", "/documents", "/documents?action=note_work", "/documents/" + document, "/documents/" + document + "/content", "/timeline", "/history",
		"/as-of?at=" + url.QueryEscape(time.Now().Format(time.RFC3339)), "/versions/1", "/compare?from=1&to=2", "/runs", "/runs/" + v.ID + "/events", "/access", "/proof",
	} {
		all = append(all, lookup{http.MethodGet, path + p, nil})
	}
	all = append(all,
		lookup{http.MethodPost, path + "/sealed?reason=beschwerde", nil},
		lookup{http.MethodPost, path + "/documents/" + document + "/erasure", object{"reason": "wrong_file"}},
	)
	for _, act := range []string{work.ReadWork, "accept_work", "approve_erasure", "explain_authorization"} {
		for _, subject := range []string{"", mediator, interpreter} {
			b := object{"act": act, "file": object{"kind": "work", "id": v.ID}}
			if subject != "" {
				b["subject"] = subject
			}
			all = append(all, lookup{http.MethodPost, "/api/v1/authorization/explain", b})
		}
	}
	for _, a := range k.Given() {
		all = append(all, lookup{http.MethodPost, path + "/" + dashed(file.Action(a)), object{}})
	}
	return all
}

// bodies of commands that pass the schema: a lookup is not refused for its form.
func (w *world) workBodies() map[string]object {
	all := map[string]object{"decline-work": {}, "leave-work": {}}
	for _, st := range script("work/plain-way").Steps {
		s := taking(st, 0)
		all[s.command] = s.body
	}
	return all
}

// asks sends a lookup, about another file if id is not the one that it was made for.
func (w *world) asks(as string, q lookup, was, id string) string {
	w.t.Helper()
	path, body := strings.ReplaceAll(q.path, was, id), q.body
	if body != nil {
		text, err := json.Marshal(body)
		require.NoError(w.t, err)
		body = strings.ReplaceAll(string(text), was, id)
	}
	r := w.call(as, q.method, path, body, "Idempotency-Key", newKey(), "If-Match", tag(3))
	headers := r.header.Clone()
	said := strings.ReplaceAll(strings.ReplaceAll(r.body, headers.Get("X-Request-ID"), ""), id, "")
	headers.Del("X-Request-ID")
	b, err := json.Marshal(headers)
	require.NoError(w.t, err)
	return strings.Join([]string{http.StatusText(r.code), string(b), said}, "\n")
}

// busyWork is a working file of which everything is recorded that the house lists: reads, refusals, erasures, differences.
func (w *world) busyWork() (v WorkView, erasure, difference string) {
	w.t.Helper()
	v = w.worked(work.ActionDisclose) // the interpreter is still admitted
	path := workPath(v.ID)
	for _, as := range []string{mediator, caseworker, interpreter} {
		for _, what := range []string{"", "/documents", "/timeline", "/history", "/versions/2", "/runs", "/access", "/proof"} {
			w.get(as, path+what)
		}
	}
	w.post(mediator, path+"/fulfil-clause", object{"clause": "c1"}, "If-Match", tag(v.Version)).refused(http.StatusConflict, "gate", "fulfilled")
	require.Equal(w.t, http.StatusOK, w.call(mediator, http.MethodPost, path+"/sealed?reason=beschwerde", nil).code)
	var docs documentPage
	w.get(mediator, path+"/documents?limit=100").ok(&docs)
	erasure = w.askFor(mediator, path, docs.Items[0].ID).erasure().ID
	for _, as := range []string{supervisor, mediator2, manager} {
		w.get(as, path)
	}
	return v, erasure, w.differsIn(v)
}

// differsIn notes that the record of a working file is not as it was decided, as the nightly comparison does.
func (w *world) differsIn(v WorkView) (id string) {
	w.t.Helper()
	run := uuid.NewString()
	w.exec("INSERT INTO reconciliation (id, by, scope, scheduled, files, differences) VALUES ($1, 'system', 'sample', true, 1, 1)", run)
	var ties []string
	for _, tie := range v.Ties() {
		ties = append(ties, tie.String())
	}
	require.NoError(w.t, w.rec.Owner.QueryRow(context.Background(), `INSERT INTO difference (first_run, last_run, kind, file_id, ags, places, ties, reference, part, what, field, version, facts, repair, first_found, last_found)
		VALUES ($1, $1, 'work', $2, $3, ARRAY[$3], $4, $5, 'record', 'field_differs', 'veiled', $6, '{}', 'restore_record', now(), clock_timestamp()) RETURNING id::text`,
		run, v.ID, here, ties, v.Reference(), v.Version).Scan(&id))
	return id
}

// unworking are all who have no part in a working file, whoever handed the case over and whoever analysed it included.
func unworking() (all []string) {
	for _, s := range everybody() {
		if s != mediator && s != caseworker {
			all = append(all, s)
		}
	}
	return append(all, mediator2, "")
}

// § 4 MediationsG: for everybody but the facilitators and whom they admitted, a working file is like one that there
// never was, to the byte, whatever they ask; and so are the statements that answer them.
func TestForEverybodyElseAWorkingFileIsLikeOneThatThereNeverWas(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	k, _ := kinds.Of(work.Kind)
	v, erasure, difference := w.busyWork()
	var docs documentPage
	w.get(mediator, workPath(v.ID)+"/documents?limit=100").ok(&docs)
	bodies, none := w.workBodies(), uuid.NewString()
	asked := workLookups(k, v, docs.Items[0].ID)
	for i, q := range asked {
		if parts := strings.Split(q.path, "/"); q.method == http.MethodPost && bodies[parts[len(parts)-1]] != nil {
			asked[i].body = bodies[parts[len(parts)-1]]
		}
	}
	for path, operations := range document(t).Paths {
		for method := range operations {
			known := slices.ContainsFunc(asked, func(q lookup) bool { return q.matches(method, path) })
			require.True(t, known || !strings.HasPrefix(path, "/api/v1/work/"), "nobody asks %s %s", method, path)
		}
	}
	statements := w.rec.Listen(t)
	w.options.Pool = w.rec.API
	w.handler = api.New(w.options)
	for _, as := range unworking() {
		for _, q := range asked {
			statements.Take()
			got := w.asks(as, q, v.ID, v.ID)
			sent := statements.Take()
			require.Equal(t, w.asks(as, q, v.ID, none), got, "%s %s %s %v", as, q.method, q.path, q.body)
			require.Equal(t, statements.Take(), sent, "the same is asked of the database: %s %s %s", as, q.method, q.path)
			require.True(t, as == "" || len(sent) > 0, "something is asked")
			if as != "" {
				require.True(t, strings.HasPrefix(got, "Not Found"), "%s %s %s %v: %s", as, q.method, q.path, q.body, got)
			}
		}
		for what, id := range map[string]string{"/api/v1/erasures/": erasure, "/api/v1/differences/": difference} {
			for _, how := range []string{"approve", "reject", "propose"} {
				q := lookup{http.MethodPost, what + id + "/" + how, nil}
				require.Equal(t, w.asks(as, q, id, none), w.asks(as, q, id, id), "%s %s", as, q.path)
			}
		}
	}
}

// matches reports whether a lookup is about the operation at a path of the OpenAPI document.
func (q lookup) matches(method, template string) bool {
	path, _, _ := strings.Cut(q.path, "?")
	is, want := strings.Split(path, "/"), strings.Split(template, "/")
	return strings.EqualFold(q.method, method) && slices.EqualFunc(is, want, func(a, b string) bool { return a == b || strings.HasPrefix(b, "{") })
}

// What the house lists of all files says nothing of a working file to those who have no part in it.
func TestNoListShowsAWorkingFileToAnybodyElse(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	empty := map[string]string{}
	paths := []string{
		"work?limit=100", "work?mine=true", "work?counts=true", "work?form=mediation", "work?phase=running", "work?overdue=false", "work?live=true",
		"work?text=A-", "work?text=" + wordOfWork, "work?text=" + wordOfAgreement, "work?case=6f9d2c1a-3b5e-4d7f-8a90-1b2c3d4e5f60", "work?sort=due",
	}
	for _, as := range unworking() {
		for _, p := range paths {
			empty[as+" "+p] = w.get(as, "/api/v1/"+p).body
		}
	}
	v, _, _ := w.busyWork()
	for _, as := range unworking() {
		if as == "" {
			continue
		}
		for _, p := range paths {
			r := w.get(as, "/api/v1/"+p)
			require.Equal(t, http.StatusOK, r.code, "%s %s", as, p)
			require.Equal(t, empty[as+" "+p], r.body, "%s %s: as before there was one", as, p)
		}
		for _, p := range []string{
			"notifications?limit=100", "erasures", "erasures?file=" + v.ID, "differences", "differences?file=" + v.ID,
			"access-log?limit=200", "access-log?file=" + v.ID, "access-log?person=" + mediator, "access-log?action=in_bearbeitung", "access-log?action=" + work.ReadWork,
			"access-log/reports/files", "access-log/reports/files.csv", "access-log/reports/people", "people/" + mediator + "/access", "people/" + interpreter + "/access", "people/" + caseworker + "/access",
		} {
			r := w.get(as, "/api/v1/"+p)
			require.Contains(t, []int{http.StatusOK, http.StatusForbidden, http.StatusNotFound}, r.code, "%s %s: %s", as, p, r.body)
			for _, what := range []string{
				v.ID, v.Reference(), work.ReadWork, "work_handed", "work_accepted", "accept_work", "choose_form", "note_work", wordOfWork, wordOfAgreement, `"actor":"` + mediator, `"actor":"` + interpreter,
			} {
				require.NotContains(t, r.body, what, "%s %s", as, p)
			}
		}
	}
	require.Zero(t, w.count("SELECT count(*) FROM notification WHERE file_id = $1 AND recipient <> ALL ($2)", v.ID, []string{mediator, caseworker, interpreter}))
	require.Zero(t, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND kind = 'read' AND action = 'read_work' AND veil <> 'read_work'", v.ID))
	require.Positive(t, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND kind = 'read' AND action = 'read_work' AND veil = 'read_work'", v.ID), "and each reading of words is recorded")
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND kind = 'refusal' AND rule = 'fulfilled' AND veil = 'read_work'", v.ID), "gates are inside")
	require.Zero(t, w.count("SELECT count(*) FROM audit WHERE file_id = $1 AND veil <> 'read_work'", v.ID))
}

func TestWhoeverIsAdmittedReadsAndDoesNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	v := w.worked(work.ActionAdmit)
	path := workPath(v.ID)
	seen := w.get(interpreter, path).workView()
	require.Equal(t, "work", seen.Lens)
	require.Equal(t, v.Work, seen.Work)
	require.Contains(t, w.get(interpreter, path+"/documents?limit=100").body, wordOfWork)
	for _, what := range []string{"/timeline", "/history", "/versions/2", "/runs"} {
		require.Equal(t, http.StatusOK, w.get(interpreter, path+what).code, what)
	}
	for _, a := range seen.Shown.Actions {
		require.False(t, a.Open, a.Action)
		require.Contains(t, []string{"facilitator", "invited"}, a.Closed.Rule, a.Action)
	}
	for command, body := range w.workBodies() {
		rule := "facilitator"
		if slices.Contains([]string{"accept-work", "decline-work"}, command) {
			rule = "invited"
		}
		if command != "begin-work" {
			w.post(interpreter, path+"/"+command, body, "If-Match", tag(v.Version)).refused(http.StatusForbidden, "forbidden", rule)
		}
	}
	var docs documentPage
	w.get(interpreter, path+"/documents").ok(&docs)
	w.askFor(interpreter, path, docs.Items[0].ID).refused(http.StatusForbidden, "forbidden", "facilitator")
	require.Equal(t, http.StatusForbidden, w.call(interpreter, http.MethodPost, path+"/sealed?reason=beschwerde", nil).code)

	w.post(mediator, path+"/end-admission", object{"subject": interpreter}, "If-Match", tag(v.Version)).workView()
	w.get(interpreter, path).refused(http.StatusNotFound, "not-found", "scope")
	require.NotContains(t, w.get(interpreter, "/api/v1/work").body, v.ID)
}

// Whoever takes the work over by another handover does not read what was written before: it belongs to those of record,
// and of a file that was withdrawn not even they open it to others.
func TestASuccessorDoesNotReadEarlierWords(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	c := w.walk("review-analysis")
	c = w.must(manager, c, "hand-to-work", object{"facilitators": []string{mediator}})
	before := workPath(c.Handed.Work)
	w.post(mediator, before+"/accept-work", object{}, "If-Match", tag(1)).workView()
	v := w.post(mediator, before+"/note-work", object{"note": wordOfWork}, "If-Match", tag(2)).workView()

	c = w.must(manager, w.read(manager, c), "hand-to-work", object{"facilitators": []string{mediator2}})
	after := workPath(c.Handed.Work)
	require.NotEqual(t, before, after)
	w.post(mediator2, after+"/accept-work", object{}, "If-Match", tag(1)).workView()
	require.NotContains(t, w.get(mediator2, after+"/documents?limit=100").body, wordOfWork)
	for _, what := range []string{"", "/documents", "/timeline", "/history", "/versions/2", "/runs"} {
		w.get(mediator2, before+what).refused(http.StatusNotFound, "not-found", "scope")
	}
	admit := object{"subject": mediator2, "ground": "vertretung", "until": day(30)}
	w.post(mediator2, before+"/admit", admit, "If-Match", tag(v.Version)).refused(http.StatusNotFound, "not-found", "scope")
	w.get(manager, before).refused(http.StatusNotFound, "not-found", "scope")
	require.Contains(t, w.get(mediator, before+"/documents?limit=100").body, wordOfWork, "who wrote it reads it")
	require.NotContains(t, w.get(mediator, after+"/documents?limit=100").body, wordOfWork)
	v = w.get(mediator, before).workView()
	w.post(mediator, before+"/admit", admit, "If-Match", tag(v.Version)).refused(http.StatusConflict, "gate", "phase")
	v = w.get(mediator2, after).workView()
	w.post(mediator2, after+"/admit", with(admit, "subject", caseworker), "If-Match", tag(v.Version)).workView()
	w.get(caseworker, before).refused(http.StatusNotFound, "not-found", "scope") // nor does whoever the successor admits
}

// Whoever declines has no file any more, and the others go on.
func TestTheFileClosesForWhoeverDeclines(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	v := w.worked(work.ActionAccept)
	path := workPath(v.ID)
	require.Equal(t, "invitation", w.get(caseworker, path).workView().Lens)
	w.post(caseworker, path+"/decline-work", object{}, "If-Match", tag(v.Version)).workView()
	w.get(caseworker, path).refused(http.StatusNotFound, "not-found", "scope")
	require.Equal(t, work.Preparation, w.get(mediator, path).workView().Phase)
}

// Whoever declines or leaves sends it again, because the answer was lost, and gets it; nobody else does, nor by another
// command.
func TestWhoeverDeclinesOrLeavesIsAnsweredAgain(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	v := w.worked(work.ActionAccept)
	path := workPath(v.ID)
	noted, note := newKey(), object{"note": wordOfWork}
	w.call(mediator, http.MethodPost, path+"/note-work", note, "Idempotency-Key", noted, "If-Match", tag(v.Version)).workView()
	for _, tc := range []struct{ as, command string }{{caseworker, "decline-work"}, {mediator, "leave-work"}} {
		v = w.get(mediator, path).workView()
		key := newKey()
		send := func(as, command string) answer {
			return w.call(as, http.MethodPost, path+"/"+command, object{}, "Idempotency-Key", key, "If-Match", tag(v.Version))
		}
		first := send(tc.as, tc.command)
		first.workView()
		again := send(tc.as, tc.command)
		require.Equal(t, http.StatusOK, again.code, again.body)
		require.JSONEq(t, first.body, again.body)
		require.Equal(t, first.header.Get("ETag"), again.header.Get("ETag"))
		for _, other := range []string{"accept-work", "decline-work", "leave-work"} {
			if other != tc.command {
				send(tc.as, other).refused(http.StatusNotFound, "not-found", "scope")
			}
		}
		w.post(tc.as, path+"/"+tc.command, object{}, "If-Match", tag(v.Version)).refused(http.StatusNotFound, "not-found", "scope")
		send(manager2, tc.command).refused(http.StatusNotFound, "not-found", "scope")
		w.get(tc.as, path).refused(http.StatusNotFound, "not-found", "scope")
	}
	w.call(mediator, http.MethodPost, path+"/note-work", note, "Idempotency-Key", noted, "If-Match", tag(v.Version)).refused(http.StatusNotFound, "not-found", "scope")
}

// Being asked to do the work, or doing it, is one's own affair: whoever is away is told, and nobody in their place.
func TestNobodyIsToldOfAWorkingFileInSomebodysPlace(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	w.substitute(mediator, substitution(mediator2, []string{"mediator"}, here)).entered()
	require.Equal(t, http.StatusCreated, w.absent(mediator, away()).code)
	told := func(id, kind string) []string {
		rows, err := w.rec.Owner.Query(t.Context(), "SELECT recipient FROM notification WHERE file_id = $1 AND kind = $2 ORDER BY 1", id, kind)
		require.NoError(t, err)
		all, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return all
	}
	c := w.walk("review-analysis")
	c = w.must(manager, c, "hand-to-work", object{"facilitators": []string{mediator, mediator2, interpreter}})
	id := c.Handed.Work
	require.Equal(t, []string{interpreter, mediator, mediator2}, told(id, "work_handed"), "the invited, absent person, too")
	w.post(mediator, workPath(id)+"/accept-work", object{}, "If-Match", tag(1)).workView()
	w.post(mediator2, workPath(id)+"/accept-work", object{}, "If-Match", tag(2)).workView()
	require.Equal(t, []string{mediator}, told(id, "work_accepted"), "a facilitator")
}

// § 4 MediationsG: whoever is asked to do the work, and has not answered, learns which case it is and what the briefing
// says. The work of the others is nobody's business but theirs, whatever else somebody may do in the municipality.
func TestWhoeverIsAskedReadsTheBriefingAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	w.grant(mediator2, "supervisor", here)
	c := w.walk("review-analysis")
	asked := []string{mediator2, manager2}
	c = w.must(manager, c, "hand-to-work", object{"facilitators": append([]string{mediator}, asked...), "briefing": "Bitte im " + wordOfSession})
	path := workPath(c.Handed.Work)
	first := map[string]string{}
	for _, as := range asked {
		v := w.get(as, path).workView()
		require.Equal(t, []any{"invitation", 1, c.ID, c.Signal.Reference}, []any{v.Lens, v.Version, v.Begun.Case, v.Begun.Reference})
		require.Equal(t, []string{work.ReadInvitation}, v.Shown.Reads)
		for _, a := range v.Shown.Actions {
			require.Equal(t, slices.Contains([]file.Action{work.ActionAccept, work.ActionDecline}, a.Action), a.Open, a.Action)
		}
		first[as] = w.get(as, path).body
	}
	do := func(command string, body object) {
		w.post(mediator, path+"/"+command, body, "If-Match", w.get(mediator, path).header.Get("ETag")).workView()
	}
	do("accept-work", object{})
	do("declare-work-independence", object{"independent": true})
	do("choose-form", object{"form": "coaching", "aims": wordOfWork})
	do("note-work", object{"note": wordOfWork})
	var docs documentPage
	w.get(mediator, path+"/documents").ok(&docs)
	e := w.askFor(mediator, path, docs.Items[1].ID).erasure()
	difference := w.differsIn(w.get(mediator, path).workView())
	for _, as := range asked {
		require.Equal(t, first[as], w.get(as, path).body, "nothing of it moves")
		var mine documentPage
		w.get(as, path+"/documents").ok(&mine)
		require.Len(t, mine.Items, 1)
		require.Contains(t, mine.Items[0].Texts["briefing"], wordOfSession)
		w.get(as, path+"/documents/"+docs.Items[1].ID).problem(http.StatusNotFound, "not-found")
		for _, what := range []string{"/timeline", "/history", "/versions/1", "/as-of?at=" + url.QueryEscape(time.Now().Format(time.RFC3339)), "/compare?from=1&to=2", "/runs", "/runs/" + c.ID + "/events", "/access", "/proof"} {
			w.get(as, path+what).problem(http.StatusForbidden, "forbidden")
		}
		w.call(as, http.MethodPost, path+"/sealed?reason=beschwerde", nil).problem(http.StatusForbidden, "forbidden")
		w.askFor(as, path, mine.Items[0].ID).problem(http.StatusForbidden, "forbidden")
		for _, list := range []string{"work", "work?mine=true", "work?phase=preparation", "work?text=" + wordOfWork, "work?case=" + c.ID} {
			r := w.get(as, "/api/v1/"+list)
			require.NotContains(t, r.body, c.Handed.Work, list)
			require.Contains(t, r.body, `"total":0`, list)
		}
		for _, list := range []string{"erasures", "differences", "access-log?limit=200", "access-log/reports/files"} {
			require.NotContains(t, w.get(as, "/api/v1/"+list).body, c.Handed.Work, "%s %s", as, list)
		}
		w.post(as, "/api/v1/erasures/"+e.ID+"/approve", nil).problem(http.StatusNotFound, "not-found")
		w.decide(as, difference, "approve", 1).problem(http.StatusNotFound, "not-found")
		var x files.Explanation
		w.post(as, "/api/v1/authorization/explain", object{"act": "accept_work", "file": object{"kind": "work", "id": c.Handed.Work}}).ok(&x)
		require.Equal(t, []any{true, 1}, []any{x.Allowed, x.Version})
		for _, act := range []string{policies.ApproveErasure, work.ReadWork} {
			w.post(as, "/api/v1/authorization/explain", object{"subject": mediator, "act": act, "file": object{"kind": "work", "id": c.Handed.Work}}).problem(http.StatusForbidden, "forbidden")
		}
		var told struct{ Items []people.Notification }
		w.get(as, "/api/v1/notifications?limit=100").ok(&told)
		for _, n := range told.Items {
			require.True(t, n.FileID != c.Handed.Work || n.Kind == "work_handed", n.Kind)
		}
	}
	v := w.post(manager2, path+"/accept-work", object{}, "If-Match", tag(1)).workView()
	require.Equal(t, "work", v.Lens)
	require.Contains(t, w.get(manager2, path+"/documents").body, wordOfWork)
	w.post(mediator2, path+"/decline-work", object{}, "If-Match", tag(1)).workView()
	w.get(mediator2, path).refused(http.StatusNotFound, "not-found", "scope")
}

// An invitation does not open the case: the briefing says what somebody has to know to decide.
func TestAnInvitationDoesNotOpenTheCase(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	c := w.walk("review-analysis")
	c = w.must(manager, c, "hand-to-work", object{"facilitators": []string{mediator2, interpreter}})
	w.get(mediator2, casePath(c)).problem(http.StatusNotFound, "not-found")
	require.NotContains(t, w.get(mediator2, "/api/v1/cases").body, c.ID)
	w.post(mediator2, workPath(c.Handed.Work)+"/accept-work", object{}, "If-Match", tag(1)).workView()
	require.Equal(t, http.StatusOK, w.get(mediator2, casePath(c)).code)
	w.get(interpreter, casePath(c)).problem(http.StatusNotFound, "not-found")
	w.post(mediator2, workPath(c.Handed.Work)+"/leave-work", object{}, "If-Match", tag(2)).workView()
	w.get(mediator2, casePath(c)).problem(http.StatusNotFound, "not-found")
}

// Two facilitators see to what is erased and repaired: nobody else knows of the file.
func TestTwoFacilitatorsEraseAndRepair(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	w.options.Repairer = &mender{world: w}
	w.handler = api.New(w.options)
	v := w.worked(work.ActionDisclose)
	path := workPath(v.ID)
	var docs documentPage
	w.get(mediator, path+"/documents?limit=100").ok(&docs)
	for _, d := range docs.Items {
		e := w.askFor(mediator, path, d.ID).erasure()
		w.post(mediator, "/api/v1/erasures/"+e.ID+"/approve", nil).refused(http.StatusForbidden, "forbidden", "four_eyes")
		for _, as := range []string{supervisor, dpo, mediator2, manager} {
			w.post(as, "/api/v1/erasures/"+e.ID+"/approve", nil).problem(http.StatusNotFound, "not-found")
			require.NotContains(t, w.get(as, "/api/v1/erasures").body, e.ID, as)
		}
		require.Contains(t, w.get(caseworker, "/api/v1/erasures").body, e.ID)
		require.Equal(t, file.ErasureApproved, w.post(caseworker, "/api/v1/erasures/"+e.ID+"/approve", nil).erasure().Status)
	}
	require.NotContains(t, w.get(mediator, path+"/documents?limit=100").body, wordOfWork)

	id := w.differsIn(v)
	var d oversight.DifferenceView
	w.decide(mediator, id, "propose", 1).ok(&d)
	w.decide(mediator, id, "approve", d.Revision).refused(http.StatusForbidden, "forbidden", "four_eyes")
	w.decide(supervisor, id, "approve", d.Revision).refused(http.StatusNotFound, "not-found", "scope")
	w.decide(admin, id, "approve", d.Revision).refused(http.StatusNotFound, "not-found", "scope")
	w.decide(caseworker, id, "approve", d.Revision).ok(&d)
	require.EqualValues(t, "repaired", d.Status)
}

// The sealed file of a working file proves itself like any other, and keeps nothing from a facilitator.
func TestAFacilitatorExportsASealedWorkingFile(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	v := w.worked("")
	sealed := w.sealed(caseworker, workPath(v.ID))
	r := w.proven(sealed)
	require.Equal(t, v.Version, r.Counts.Audit)
	require.Zero(t, r.Counts.Withheld)
	var words strings.Builder
	for _, d := range documentsOf(t, r, sealed) {
		require.Equal(t, verify.Readable, d.Status)
		words.Write(part(t, r, sealed, "documents/"+d.ID))
	}
	require.Contains(t, words.String(), wordOfWork)
	require.Contains(t, words.String(), wordOfAgreement)
}

// What the municipality has to carry out leaves a working file as a measure of the case: the words are sealed there, and
// nothing says where it comes from but that somebody works on the case.
func TestAReleasedMeasureStandsOnTheCaseLikeAnyOther(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	c := w.walk("record-agreement")
	path := workPath(c.Handed.Work)
	body := object{"clause": "c1", "due": "2027-09-30", "who": "Grünflächenamt", "what": "Stellt zwei " + wordOfAgreement + " bereit."}
	key := newKey()
	release := func() answer {
		return w.post(mediator, path+"/release-measure", body, "Idempotency-Key", key, "If-Match", w.get(mediator, path).header.Get("ETag"))
	}
	v := release().workView()
	require.Equal(t, "c1", v.Releases[0].Clause)
	require.Equal(t, work.Implementation, v.Disclosures[0].Ground)
	require.Equal(t, v.Version, release().workView().Version, "the same command again releases no second one")

	is := w.read(manager, c)
	require.Len(t, is.Measures, 1)
	require.Equal(t, []any{1, file.Date("2027-09-30")}, []any{is.Measures[0].N, is.Measures[0].Due})
	is = w.must(manager, is, "plan-measure", object{"due": "2027-09-30", "who": "Ordnungsamt", "what": "Prüft die Zufahrt."})
	released, byHand := is.Measures[0], is.Measures[1]
	var docs documentPage
	w.get(supervisor, casePath(c)+"/documents?action=plan_measure&reason=beschwerde").ok(&docs)
	require.Len(t, docs.Items, 2)
	require.Contains(t, docs.Items[0].Texts["what"], wordOfAgreement)
	require.Equal(t, []string{file.System, manager}, []string{docs.Items[0].Author, docs.Items[1].Author})
	for _, m := range []*conflict.Measure{&released, &byHand} {
		m.N, m.Docs.Docs[0].ID, m.Docs.Docs[0].Digest = 0, "", ""
	}
	require.Equal(t, byHand, released, "nothing tells them apart")
	for _, as := range []string{manager, supervisor, steering, evaluation, dpo, caseworker} {
		for _, what := range []string{"", "/documents", "/history", "/timeline", "/runs", "/access"} {
			got := w.get(as, casePath(c)+what).body
			require.NotContains(t, got, `"`+mediator+`"`, "%s as %s", what, as)
			require.NotContains(t, got, "release", "%s as %s", what, as)
		}
	}
	require.Contains(t, w.get(manager, "/api/v1/cases?text="+wordOfAgreement).body, c.ID, "the words are found like others of the case")
	is = w.must(caseworker, is, "finish-measure", object{"measure": 1})
	require.NotNil(t, is.Measures[0].Finished)
	w.must(manager, is, "drop-measure", object{"measure": 2, "reason": "Es hat sich erledigt."})

	anew := w.must(manager, w.read(manager, c), "hand-to-work", object{"facilitators": []string{interpreter}})
	release2 := w.post(mediator, path+"/release-measure", body, "If-Match", w.get(mediator, path).header.Get("ETag"))
	release2.refused(http.StatusConflict, "gate", "phase")
	require.Len(t, w.read(manager, anew).Measures, 2)
}

// What the case does not take is refused, leaves no words there, and does not count as disclosed.
func TestAMeasureThatTheCaseDoesNotTakeIsNotReleased(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	c := w.walk("record-agreement")
	path := workPath(c.Handed.Work)
	body := object{"due": "2027-09-30", "who": "Grünflächenamt", "what": "Stellt zwei " + wordOfAgreement + " bereit."}
	key := newKey()
	release := func(key string, body object) answer {
		return w.post(mediator, path+"/release-measure", body, "Idempotency-Key", key, "If-Match", w.get(mediator, path).header.Get("ETag"))
	}
	stored := func() int {
		var docs documentPage
		w.get(supervisor, casePath(c)+"/documents?action=plan_measure&reason=beschwerde").ok(&docs)
		return len(docs.Items)
	}
	release(newKey(), object{"clause": "c9", "due": "2027-09-30", "who": "Amt", "what": "Räumt."}).
		refused(http.StatusUnprocessableEntity, "invalid", "unknown_clause")
	w.post(mediator, path+"/release-measure", body, "If-Match", tag(1)).refused(http.StatusPreconditionFailed, "stale", "version")
	require.Zero(t, stored(), "what the working file refuses leaves nothing in the case")

	v := release(key, body).workView()
	require.Equal(t, 1, stored())
	ended := w.post(mediator, path+"/end-work", ending(), "If-Match", tag(v.Version)).workView()
	anew := w.must(manager, w.read(manager, c), "hand-to-work", object{"facilitators": []string{interpreter}})
	release(newKey(), body).refused(http.StatusConflict, "gate", "not_taken")
	require.Equal(t, v.Version, release(key, body).workView().Version, "what was released before is still answered")
	is := w.get(mediator, path).workView()
	require.Equal(t, []int{ended.Version, 1, 1}, []int{is.Version, len(is.Releases), len(is.Disclosures)})
	require.Len(t, w.read(manager, anew).Measures, 1)
	require.Equal(t, 1, stored())
}
