package api_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api"
	"koko/domain/work"
	"koko/internal/scenario"
)

// A leak tells twins apart, if it is built in.
type leak struct {
	name  string
	where string                                        // it has to be found, among others
	sql   string                                        // builds it into the database
	undo  string                                        // so that the record is whole again when the test ends
	step  func(d *twinDoor, o scenario.Order)           // happens after a step
	early bool                                          // it is there while the case is worked on, although it is built around the API
	wrap  func(w *twin, next http.Handler) http.Handler // is built around the API
}

// onSession is a trigger that does something whenever a session is recorded: NEW is the entry of the audit.
func onSession(do string) string {
	return `CREATE FUNCTION leak() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_catalog AS $$ BEGIN ` + do + `; RETURN NULL; END $$;
		CREATE TRIGGER leak AFTER INSERT ON audit FOR EACH ROW WHEN (NEW.action = 'record_work_session') EXECUTE FUNCTION leak()`
}

// theCase finds the case of the working file of NEW.
const theCase = `(SELECT (NEW.state -> 'begun' ->> 'case')::uuid)`

// sessions is how many sessions were recorded.
func (w *twin) sessions() int {
	return w.count("SELECT count(*) FROM audit WHERE action = 'record_work_session'")
}

// changing has answers changed on their way out.
func changing(method, path string, change func(w *twin, answer *httptest.ResponseRecorder)) func(*twin, http.Handler) http.Handler {
	return func(w *twin, next http.Handler) http.Handler {
		return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			kept := httptest.NewRecorder()
			next.ServeHTTP(kept, r)
			if r.Method == method && strings.Contains(r.URL.Path, path) {
				change(w, kept)
			}
			for name, is := range kept.Header() {
				out.Header()[name] = is
			}
			out.WriteHeader(kept.Code)
			_, _ = io.Copy(out, kept.Body)
		})
	}
}

// leaks are ten of different kinds, and some more.
var leaks = []leak{
	{
		name: "the version of the case moves with a session", where: "GET /api/v1/cases/{id}: ",
		step: func(d *twinDoor, o scenario.Order) {
			if o.Action == work.ActionRecordSession {
				d.moved++
				d.call(manager, http.MethodPost, casePath(d.on)+"/assign", object{"assignee": caseworker},
					"Idempotency-Key", fmt.Sprintf("leaking-%04d", d.moved), "If-Match", tag(d.version(d.on.ID))).caseView()
			}
		},
	},
	{
		name: "a deadline of the case moves with a session", where: "GET /api/v1/cases: ",
		sql: onSession(`UPDATE file SET due_at = due_at - interval '1 hour' WHERE id = ` + theCase),
	},
	{
		name: "a session brings the case to the top of lists", where: "GET /api/v1/cases: ",
		sql:  onSession(`UPDATE file SET changed = NEW.at WHERE id = ` + theCase),
		undo: "UPDATE file SET changed = (state ->> 'changed')::timestamptz",
	},
	{
		name: "an outsider is notified of a session", where: "GET /api/v1/notifications: ",
		sql: onSession(`INSERT INTO notification (recipient, ags, kind, file_kind, file_id, version, at)
			VALUES ('` + manager + `', NEW.ags, 'work_ended', 'case', ` + theCase + `, NEW.version, NEW.at)`),
	},
	{
		name: "a notice that nobody reads can be counted", where: "rows of notification: ",
		sql: onSession(`INSERT INTO notification (recipient, ags, kind, file_kind, file_id, version, at)
			VALUES ('nobody', NEW.ags, 'work_ended', 'case', ` + theCase + `, NEW.version, NEW.at)`),
	},
	{
		name: "a session is a row of the public log", where: "GET /ledger/checkpoint: ",
		sql: onSession(`PERFORM ledger_note('audit', NEW.file_id || '/leak/' || NEW.version, sha256(NEW.hash), false)`),
	},
	{
		name: "a hidden entry takes a number of the access log", where: "GET /api/v1/access-log: ",
		sql: onSession(`INSERT INTO access_log (id, kind, actor, action, rule, reason, file_id, version, subject_id, digest, veil)
			VALUES ('leak/' || NEW.version, 'read', NEW.actor, 'read_work', '', '', ` + theCase + `, NEW.version, '', '', 'read_work')`),
	},
	{
		name: "a difference in a working file is counted", where: "GET /api/v1/reconciliations: ",
		sql: onSession(`INSERT INTO reconciliation (id, by, scope, scheduled, files, differences, finished)
			VALUES (gen_random_uuid(), 'system', 'sample', true, 1, 1, now())`),
	},
	{
		name: "a header says when the working file changed", where: "GET /api/v1/cases/{id}: ",
		wrap: changing(http.MethodGet, "/api/v1/cases/", func(w *twin, a *httptest.ResponseRecorder) {
			a.Header().Set("Last-Modified", w.find("SELECT max(at)::text FROM audit WHERE kind = 'work'"))
		}),
	},
	{
		name: "a metric counts sessions", where: "metrics ",
		wrap: changing(http.MethodGet, "/metrics", func(w *twin, a *httptest.ResponseRecorder) {
			_, _ = fmt.Fprintf(a.Body, "koko_work_sessions_total %d\n", w.sessions())
		}),
	},
	{
		name: "the log has a line for a session", where: "log ", early: true,
		wrap: func(w *twin, next http.Handler) http.Handler {
			return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(out, r)
				if strings.HasSuffix(r.URL.Path, "/record-work-session") {
					w.options.Log.Info("recorded", "file", strings.Split(r.URL.Path, "/")[4])
				}
			})
		},
	},
	{
		name: "what is not there is not there in another way if it is a mediation", where: "GET /api/v1/work/{id}: ",
		wrap: changing(http.MethodGet, "/api/v1/work/", func(w *twin, a *httptest.ResponseRecorder) {
			if a.Code == http.StatusNotFound && w.sessions() > 2 {
				a.Body = bytes.NewBufferString(strings.Replace(a.Body.String(), "there is no such", "you see no such", 1))
			}
		}),
	},
	{
		name: "a sealed case file is longer by an entry", where: "POST /api/v1/cases/{id}/sealed: ",
		wrap: changing(http.MethodPost, "/sealed", func(w *twin, a *httptest.ResponseRecorder) {
			if a.Code == http.StatusOK {
				_, _ = a.Body.WriteString(strings.Repeat("{}\n", w.sessions()))
			}
		}),
	},
	{
		name: "the evaluation is shown the form", where: "as " + evaluation,
		wrap: changing(http.MethodGet, "/api/v1/cases", func(w *twin, a *httptest.ResponseRecorder) {
			if strings.Contains(a.Body.String(), `"lens":"facts"`) {
				form := w.find("SELECT facets ->> 'form' FROM file WHERE kind = 'work'")
				a.Body = bytes.NewBufferString(strings.Replace(a.Body.String(), `"lens":"facts"`, `"form":"`+form+`","lens":"facts"`, 1))
			}
		}),
	},
}

// watchers are some of the callers who look for leaks: one for each way of seeing cases, and some who see none.
var watchers = []string{manager, supervisor, evaluation, dpo, declining, foreign(manager), ""}

// watched are the operations at which leaks are looked for: a part of all, so that each leak can be tried.
func watched(operations map[string]openOperation) map[string]openOperation {
	part := map[string]openOperation{}
	for _, call := range []string{
		"GET /api/v1/cases", "GET /api/v1/cases/{id}", "GET /api/v1/cases/{id}/timeline", "GET /api/v1/notifications", "GET /api/v1/work/{id}",
		"GET /api/v1/access-log", "GET /api/v1/reconciliations", "GET /ledger/checkpoint", "POST /api/v1/cases/{id}/sealed",
	} {
		part[call] = operations[call]
	}
	return part
}

// TestTwinsWithALeakAreToldApart: a comparison that finds nothing proves nothing, unless it finds what is there.
func TestTwinsWithALeakAreToldApart(t *testing.T) {
	withoutDetector(t)
	t.Parallel()
	operations := watched(document(t).operations())
	plain := newTwins(t, nil)
	t.Run("without one they are not", func(t *testing.T) {
		plain.in(t).walk(watchers, operations)
		plain.report()
	})
	for _, l := range leaks {
		t.Run(l.name, func(t *testing.T) {
			p := plain.in(t)
			if l.wrap == nil || l.early {
				p = newTwins(t, &l)
			} else {
				p.build(l)
				defer p.build(leak{wrap: func(_ *twin, next http.Handler) http.Handler { return next }})
			}
			p.walk(watchers, operations)
			p.one.exec(l.undo)
			p.two.exec(l.undo)
			i := slices.IndexFunc(p.differ, func(d difference) bool { return strings.Contains(d.where, l.where) })
			require.GreaterOrEqual(t, i, 0, "nobody noticed; what else differs: %v", p.differ)
			t.Logf("%d differences, such as at %s", len(p.differ), p.differ[i])
		})
	}
}

// in are the twins for a subtest: nothing was asked yet.
func (p *twins) in(t *testing.T) *twins {
	p.t, p.differ = t, nil
	p.one.world, p.two.world = p.one.world.in(t), p.two.world.in(t)
	p.one.scribe, p.two.scribe = scribe{}, scribe{}
	return p
}

// build builds a leak around both APIs, instead of another one.
func (p *twins) build(l leak) {
	for _, w := range []*twin{p.one, p.two} {
		w.handler = l.wrap(w, api.New(w.options))
	}
}
