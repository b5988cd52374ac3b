package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/api"
	"koko/api/files"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/domain/work"
	"koko/internal/certificate"
	"koko/internal/dbtest"
	"koko/internal/evidence/ledger"
	books "koko/internal/evidence/logbook"
	"koko/internal/keyfile"
	"koko/internal/scenario"
	"koko/kinds"
	"koko/policies"
)

// The people of twins beside the staff.
const (
	declining    = "u-declining"    // was handed the case over to, and declined
	facilitator2 = "u-facilitator2" // works on it in one of the twins
)

// twinsBegin is day 1 of twins: a time that no clock of the machine shows.
var twinsBegin = time.Date(2031, 3, 3, 9, 0, 0, 0, time.UTC)

// twinCast is who plays which part in a twin.
var twinCast = scenario.Cast{Begins: twinsBegin, People: map[string]string{
	"reporter": reporter, "clearing": clearing, "caseworker": caseworker, "conflict_manager": manager, "conflict_manager2": manager2,
	"mediator": mediator, "facilitator": facilitator2, "declining": declining, "interpreter": interpreter, "supervisor": supervisor,
}}

// A seed is what twins have in common: the keys.
type seed struct {
	ledger keyfile.File
	issuer *certificate.Issuer
}

func newSeed(t *testing.T) seed {
	t.Helper()
	return seed{dbtest.LedgerKeys(t, ledgerName, twinsBegin.AddDate(0, 0, -1)), issuer(t)}
}

// A twin is an installation that has another one like it: with the same keys, people, cases and times.
type twin struct {
	*world
	at     time.Time
	signs  time.Time            // when the log is signed next
	told   map[string]time.Time // until when people were told of the time limits of a file
	asked  int                  // requests, for keys that both twins give alike
	lines  *logged
	scribe scribe
	places map[string]string // what stands for a case, its working file and so on in this twin
	on     CaseView          // the case that is worked on, as it was answered last
	leak   *leak             // what is built in here, and would be in the other one
}

// newTwin returns an installation in which nothing happened yet. Its clock is that of the test: for the API, for the
// engine and for the database.
func newTwin(t *testing.T, s seed, l *leak) *twin {
	t.Helper()
	w := &twin{
		world: newWorld(t), signs: twinsBegin.AddDate(0, 0, 1), told: map[string]time.Time{}, lines: &logged{}, scribe: scribe{},
		places: map[string]string{}, leak: l,
	}
	w.clock()
	w.set(twinsBegin.AddDate(0, 0, -14))
	w.keys, w.options.Certifier, w.options.Ledger = s.ledger, s.issuer, w
	w.options.LedgerKeys = func() (*ledger.Keys, error) { return books.LoadKeys(w.keys) }
	w.options.Now = func() time.Time { return w.at }
	w.options.Log = slog.New(slog.NewJSONHandler(w.lines, nil))
	w.options.Decisions = nil
	w.handler = api.New(w.options)
	if l != nil && l.wrap != nil {
		w.handler = l.wrap(w, w.handler)
	}
	w.hire()
	if l != nil && l.sql != "" {
		w.exec(l.sql)
	}
	return w
}

// hire grants everybody what they hold, in one order and with ids that follow from it.
func (w *twin) hire() {
	w.exec("TRUNCATE role_grant")
	people := maps.Clone(staff)
	for _, s := range []string{declining, facilitator2, interpreter, mediator2} {
		people[s] = "mediator"
	}
	give := func(subject string, role policies.Role, k ags.Key) {
		_, err := db.On(w.rec.Owner).AddGrant(context.Background(), db.AddGrantParams{
			ID: uuid.NewSHA1(uuid.NameSpaceOID, []byte(subject)).String(), Subject: subject, Role: string(role), Area: ags.Area{k}, ValidFrom: w.at, GivenBy: "root",
		})
		require.NoError(w.t, err)
	}
	for _, s := range slices.Sorted(maps.Keys(people)) {
		give(s, people[s], here)
		give(foreign(s), people[s], there)
	}
}

// clock has the database take its time from a table: what it calls now, here and in defaults, triggers and functions.
// Each reading of the clock within a step is a microsecond after the one before. Random ids come in order, so that what
// happened at the same time is listed in the same order.
func (w *twin) clock() {
	w.exec(`CREATE SCHEMA twin;
		CREATE TABLE twin.clock (at timestamptz NOT NULL);
		INSERT INTO twin.clock VALUES ('2031-01-01');
		CREATE SEQUENCE twin.tick;
		CREATE FUNCTION public.now() RETURNS timestamptz STABLE SECURITY DEFINER LANGUAGE sql SET search_path = pg_catalog AS 'SELECT at FROM twin.clock';
		CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz VOLATILE SECURITY DEFINER LANGUAGE sql SET search_path = pg_catalog
			AS 'SELECT at + nextval(''twin.tick'') * interval ''1 microsecond'' FROM twin.clock';
		CREATE SEQUENCE twin.id;
		CREATE FUNCTION public.gen_random_uuid() RETURNS uuid VOLATILE SECURITY DEFINER LANGUAGE sql SET search_path = pg_catalog
			AS 'SELECT (''00000000-0000-4000-8000-'' || lpad(to_hex(nextval(''twin.id'')), 12, ''0''))::uuid'`)
	w.exec(`DO $$
		DECLARE d record;
		BEGIN
			EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database());
			FOR d IN SELECT adrelid::regclass AS tab, attname AS col, substring(pg_get_expr(adbin, adrelid) FROM '^(now|clock_timestamp|gen_random_uuid)\(\)$') AS says
				FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum WHERE pg_get_expr(adbin, adrelid) ~ '^(now|clock_timestamp|gen_random_uuid)\(\)$'
			LOOP
				EXECUTE format('ALTER TABLE %s ALTER %I SET DEFAULT public.%I()', d.tab, d.col, d.says);
			END LOOP;
			FOR d IN SELECT oid::regprocedure AS fn FROM pg_proc
				WHERE pronamespace = 'public'::regnamespace AND 'search_path=public' = ANY (proconfig) AND prosrc ~ '(now|clock_timestamp)\(\)'
			LOOP
				EXECUTE format('ALTER FUNCTION %s SET search_path = public, pg_catalog, pg_temp', d.fn);
			END LOOP;
		END $$`)
	w.rec.Owner.Reset()
	w.rec.API.Reset()
	w.rec.Worker.Reset()
}

// set tells everybody what time it is.
func (w *twin) set(at time.Time) {
	w.at, w.engine.At = at, at
	_, err := w.rec.Owner.Exec(context.Background(), "WITH s AS (SELECT setval('twin.tick', 1, false)) UPDATE twin.clock SET at = $1 FROM s", at)
	if err != nil {
		w.t.Errorf("clock: %v", err)
	}
}

// Checkpoint does what the workflow does.
func (w *twin) Checkpoint(ctx context.Context) error {
	_, err := books.Signer{Book: books.Book{Pool: w.rec.Worker}, KeyFile: w.keys}.Checkpoint(ctx, w.at)
	return err
}

// A twinDoor is a twin as the people of its script use it. What people outside see, or what it follows from, happens at
// the same times in both twins; what happens inside does not.
type twinDoor struct {
	*twin
	day           time.Time
	outer, inner  int // steps of the day, and since the last of those
	inside, moved int // commands on the working file, and on the case
}

// telling are the commands on a working file of which the case hears.
var telling = []file.Action{work.ActionAccept, work.ActionConfirmConditions, work.ActionAnswerReview, work.ActionRelease, work.ActionEnd}

// Give sets the clock, lets time limits pass, and gives the command.
func (d *twinDoor) Give(_ context.Context, o scenario.Order) (scenario.Answer, error) {
	if !d.day.Equal(o.On) {
		d.day, d.outer, d.inner = o.On, 0, 0
	}
	inside := o.Kind.Kind == work.Kind
	if !inside || slices.Contains(telling, o.Action) {
		d.outer, d.inner = d.outer+1, 0
	} else {
		d.inner++
	}
	d.pass(o.On.Add(time.Duration(d.outer)*10*time.Minute + time.Duration(d.inner)*time.Second))

	path, key := casePath(d.on)+"/"+dashed(o.Action), fmt.Sprintf("outside-%04d", d.moved)
	if inside {
		path, key = workPath(d.on.Handed.Work)+"/"+dashed(o.Action), fmt.Sprintf("inside-%04d", d.inside)
		d.inside++
	} else {
		d.moved++
	}
	headers := []string{"Idempotency-Key", key}
	switch {
	case d.on.ID == "":
		path = "/api/v1/cases"
		o.Body = with(o.Body, "ags", here)
	case inside:
		headers = append(headers, "If-Match", tag(d.version(d.on.Handed.Work)))
	default:
		headers = append(headers, "If-Match", tag(d.version(d.on.ID)))
	}
	a := d.call(o.By, http.MethodPost, path, o.Body, headers...)
	if a.code >= 300 {
		return scenario.Answer{}, &scenario.Refusal{Rule: a.rule(), Err: errors.New(a.body)}
	}
	if d.leak != nil && d.leak.step != nil {
		d.leak.step(d, o)
	}
	if inside {
		return scenario.Answer{Phase: string(a.workView().Phase), Open: o.Open}, nil
	}
	d.on = a.caseView()
	return scenario.Answer{Phase: string(d.on.Phase), Open: o.Open}, nil
}

func (w *twin) version(id string) int {
	return w.count("SELECT coalesce(max(version), 1) FROM file WHERE id = $1", id)
}

// pass has happen what happens by itself until a time, each when it does: what files wait for, and a signature of the log
// every week. Then it sets the clock.
func (w *twin) pass(at time.Time) {
	w.t.Helper()
	for ; !w.signs.After(at); w.signs = w.signs.AddDate(0, 0, 7) {
		w.ring(w.signs)
		w.set(w.signs)
		require.NoError(w.t, w.Checkpoint(context.Background()))
	}
	w.ring(at)
	w.set(at)
}

// ring has come what files wait for until a time, as their workflows do: time limits, and calls that tell people of them.
func (w *twin) ring(until time.Time) {
	w.t.Helper()
	for {
		next, ok := w.alarm()
		if !ok || next.at.After(until) {
			return
		}
		w.set(next.at)
		f := next.state.Head()
		if next.call.Rung == "" {
			key := fmt.Sprintf("deadline/%s/%d", f.ID, f.Version)
			_, err := w.engine.Own(context.Background(), next.kind, next.state, key, file.DeadlinePassed{Deadline: next.limit})
			require.NoError(w.t, err)
			continue
		}
		w.told[f.ID] = next.at
		for _, c := range next.kind.CallsAt(next.state, next.at) {
			require.NoError(w.t, w.engine.Files.Remind(context.Background(), activities.Reminding{
				Kind: next.kind.Kind, FileID: f.ID, AGS: f.AGS, Version: f.Version, At: next.at, Notice: next.kind.Notice(next.state, c),
			}))
		}
	}
}

// An alarm is what a file waits for: a time limit or, if it has a rung, a call.
type alarm struct {
	at    time.Time
	kind  *file.Definition
	state file.State
	limit file.Deadline
	call  file.Call
}

// alarm returns the next one of all files.
func (w *twin) alarm() (first alarm, ok bool) {
	w.t.Helper()
	rows, err := w.rec.Owner.Query(context.Background(), "SELECT kind, state FROM file ORDER BY id")
	require.NoError(w.t, err)
	next := func(a alarm) {
		if !ok || a.at.Before(first.at) {
			first, ok = a, true
		}
	}
	var kind file.Kind
	var state json.RawMessage
	_, err = pgx.ForEachRow(rows, []any{&kind, &state}, func() error {
		k, _ := kinds.Of(kind)
		s, err := k.Decode(state)
		if err != nil {
			return err
		}
		if d, timed := file.NextDeadline(s); timed {
			next(alarm{at: d.Over(), kind: k, state: s, limit: d})
		}
		if c, called := k.NextCall(s, file.Latest(w.told[s.Head().ID], s.Head().Changed)); called {
			next(alarm{at: c.At, kind: k, state: s, call: c})
		}
		return nil
	})
	require.NoError(w.t, err)
	return first, ok
}

// live has the case worked on as a script says, among other cases, to the day on which all of it is looked at.
func (w *twin) live(name string) {
	w.t.Helper()
	for i, as := range []string{reporter, clearing, foreign(reporter)} { // nobody works on these, and nothing is due at once
		w.set(twinsBegin.AddDate(0, 0, 3*i-13))
		k := map[bool]ags.Key{true: there, false: here}[as == foreign(reporter)]
		o, err := script("case/plain-way").Steps[0].Order(scenario.Cast{Begins: w.at, People: twinCast.People})
		require.NoError(w.t, err)
		c := w.call(as, http.MethodPost, "/api/v1/cases", with(o.Body, "ags", k), "Idempotency-Key", fmt.Sprintf("another-%d", i)).caseView()
		w.places["another"] = c.ID
	}
	d := &twinDoor{twin: w}
	require.NoError(w.t, scenario.Play(w.t.Context(), script("case/"+name).Steps, twinCast, d))
	w.pass(twinsBegin.AddDate(0, 0, 110))
	w.places["case"], w.places["work"] = w.on.ID, w.on.Handed.Work
	w.places["case document"] = w.find("SELECT document_id::text FROM file_document WHERE file_id = $1 ORDER BY version LIMIT 1", w.on.ID)
	w.places["work document"] = w.find("SELECT document_id::text FROM file_document WHERE file_id = $1 ORDER BY version LIMIT 1", w.on.Handed.Work)
	require.NoError(w.t, w.Checkpoint(context.Background()))
}

// find is the single text that a query finds.
func (w *twin) find(sql string, args ...any) (text string) {
	w.t.Helper()
	require.NoError(w.t, w.rec.Owner.QueryRow(context.Background(), sql, args...).Scan(&text))
	return text
}

// bustle has happen inside the working file what is no step of a script: reading, refusals, exports, what is asked to be
// erased.
func (w *twin) bustle() {
	w.t.Helper()
	path := workPath(w.places["work"])
	for _, as := range []string{mediator, facilitator2} {
		for _, what := range []string{"", "/documents", "/timeline", "/history", "/versions/2", "/runs", "/access", "/proof"} {
			a := w.get(as, path+what)
			require.Contains(w.t, []int{http.StatusOK, http.StatusForbidden}, a.code, "%s %s: %s", as, what, a.body)
		}
	}
	w.call(mediator, http.MethodPost, path+"/fulfil-clause", object{"clause": "c1"}, "Idempotency-Key", "bustle-1", "If-Match", tag(w.version(w.places["work"]))).
		refused(http.StatusConflict, "gate", "fulfilled")
	require.Equal(w.t, http.StatusOK, w.call(mediator, http.MethodPost, path+"/sealed?reason=beschwerde", nil).code)
	asked := w.call(mediator, http.MethodPost, path+"/documents/"+w.places["work document"]+"/erasure", object{"reason": "wrong_file"}, "Idempotency-Key", "bustle-2")
	require.Less(w.t, asked.code, 300, asked.body)
	var docs documentPage
	w.get(mediator, path+"/documents?limit=100").ok(&docs)
	other := slices.IndexFunc(docs.Items, func(d files.DocumentView) bool { return d.ID != w.places["work document"] && d.Erased == nil })
	again := w.call(mediator, http.MethodPost, path+"/documents/"+docs.Items[other].ID+"/erasure", object{"reason": "wrong_file"}, "Idempotency-Key", "bustle-3")
	approved := w.call(facilitator2, http.MethodPost, "/api/v1/erasures/"+again.erasure().ID+"/approve", nil, "Idempotency-Key", "bustle-4")
	require.Equal(w.t, http.StatusOK, approved.code, approved.body)
}

// A scribe has a mark for everything random: in both twins the same if it came up at the same place.
type scribe map[string]string

// of returns the mark of an id, hash, signature or token.
func (s scribe) of(random string) string {
	m, ok := s[random]
	if !ok {
		m = fmt.Sprintf("⟨%d⟩", len(s)+1)
		s[random] = m
	}
	return m
}

// logLines returns what was logged since it was asked last, without times and durations.
func (w *twin) logLines() string {
	w.lines.mu.Lock()
	text := w.lines.b.String()
	w.lines.b.Reset()
	w.lines.mu.Unlock()
	var b strings.Builder
	for line := range strings.Lines(text) {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) == nil {
			delete(entry, "time")
			delete(entry, "ms")
			delete(entry, "stack")
			sorted, _ := json.Marshal(entry)
			line = string(sorted) + "\n"
		}
		b.WriteString("log " + line)
	}
	return b.String()
}

// measured returns the product's own metrics, without durations and what the process is.
func (w *twin) measured() string {
	var b strings.Builder
	for line := range strings.Lines(w.get("", "/metrics").body) {
		series, _, _ := strings.Cut(line, " ")
		own := strings.HasPrefix(series, "koko_") && !strings.HasPrefix(series, "koko_database_connections")
		if own && !strings.Contains(series, "_bucket") && !strings.Contains(series, "_seconds_sum") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// rows returns how many rows of each table and view the API's role sees, for each of callers and each area.
func (w *twin) rows(callers []string) string {
	w.t.Helper()
	var b bytes.Buffer
	tables, err := w.rec.Owner.Query(context.Background(), `SELECT relname::text FROM pg_class
		WHERE relkind IN ('r', 'v', 'm', 'p') AND relnamespace = 'public'::regnamespace AND has_any_column_privilege('koko_api', oid, 'SELECT') ORDER BY 1`)
	require.NoError(w.t, err)
	names, err := pgx.CollectRows(tables, pgx.RowTo[string])
	require.NoError(w.t, err)
	require.NotEmpty(w.t, names)
	var counts []string
	for _, n := range names {
		counts = append(counts, fmt.Sprintf("SELECT '%s', count(*)::int FROM %s", n, pgx.Identifier{n}.Sanitize()))
	}
	count := strings.Join(counts, " UNION ALL ")
	for _, as := range callers {
		for _, area := range []string{"", string(here), string(there), string(here) + "," + string(there)} {
			err := pgx.BeginFunc(context.Background(), w.rec.API, func(tx pgx.Tx) error {
				if _, err := tx.Exec(context.Background(), "SELECT set_config('koko.caller', $1, true), set_config('koko.area', $2, true)", as, area); err != nil {
					return err
				}
				rows, err := tx.Query(context.Background(), count)
				if err != nil {
					return err
				}
				var name string
				var n int
				_, err = pgx.ForEachRow(rows, []any{&name, &n}, func() error {
					_, err := fmt.Fprintf(&b, "%s as %q in %q: %d\n", name, as, area, n)
					return err
				})
				return err
			})
			require.NoError(w.t, err)
		}
	}
	return b.String()
}

// twins returns two installations: in the first one a case is mediated, with all that goes with it, in the second one
// its parties are accompanied, and nobody looks.
func newTwins(t *testing.T, l *leak) *twins {
	t.Helper()
	s := newSeed(t)
	p := &twins{t: t, one: newTwin(t, s, l), two: newTwin(t, s, l)}
	var both sync.WaitGroup
	both.Go(func() { p.two.live("twin-process") })
	p.one.live("twin-mediation")
	both.Wait()
	if t.Failed() {
		t.FailNow()
	}
	p.one.bustle()
	p.one.places["work erasure"], p.two.places["work erasure"] = p.one.find("SELECT id::text FROM erasure_request WHERE status = 'open'"), never
	return p
}
