package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/api"
	"koko/api/files"
	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/domain/work"
	"koko/internal/auth"
	"koko/internal/dbtest"
	"koko/internal/evidence/ledger"
	books "koko/internal/evidence/logbook"
	"koko/internal/keyfile"
	"koko/internal/recordtest"
	"koko/internal/vault"
	"koko/policies"
)

// Two invented municipalities.
const (
	here  ags.Key = "05999001"
	there ags.Key = "05999002"
)

// The people of the tests: one for each role here, and the same there.
const (
	reporter   = "u-reporter"
	clearing   = "u-clearing"
	caseworker = "u-caseworker"
	manager    = "u-manager"
	manager2   = "u-manager2"
	mediator   = "u-mediator"
	steering   = "u-steering"
	supervisor = "u-supervisor"
	evaluation = "u-evaluation"
	dpo        = "u-dpo"
	admin      = "u-admin"
	admin2     = "u-admin2"
	stranger   = "u-stranger" // to whom nothing was granted
	elsewhere  = "u-elsewhere-"

	trainee     = "u-trainee"
	trainee2    = "u-trainee2"
	employer    = "u-employer"
	trainer     = "u-trainer"
	assessor    = "u-assessor"
	assessor2   = "u-assessor2"
	coordinator = "u-coordinator"
	certifier   = "u-certifier"
)

var staff = map[string]policies.Role{
	reporter: "reporter", clearing: "clearing", caseworker: "caseworker", manager: "conflict_manager", manager2: "conflict_manager", mediator: "mediator",
	steering: "steering", supervisor: policies.Supervisor, evaluation: policies.Evaluation, dpo: policies.DPO, admin: policies.Admin, admin2: policies.Admin,
	trainee: "trainee", trainee2: "trainee", employer: "line_manager", trainer: "trainer",
	assessor: "assessor", assessor2: "assessor", coordinator: "coordinator", certifier: "certifier",
}

// foreign is the one with a role there.
func foreign(subject string) string { return elsewhere + strings.TrimPrefix(subject, "u-") }

// everybody lists all people of the tests.
func everybody() []string {
	all := []string{stranger}
	for s := range staff {
		all = append(all, s, foreign(s))
	}
	return all
}

// A world is a KoKo of its own: real record, policy and vault, with a fake login and engine.
type world struct {
	t         *testing.T
	rec       *dbtest.Record
	engine    *recordtest.Engine
	runs      *shelf
	log       *logged
	decisions *guard.Decisions
	keys      keyfile.File // that sign checkpoints
	cutOff    bool         // from the database
	options   api.Options
	handler   http.Handler
}

var (
	policy = sync.OnceValues(policies.Load)
	master = sync.OnceValues(func() (*vault.Master, error) {
		file, err := vault.Generate()
		if err != nil {
			return nil, err
		}
		return vault.Parse(file)
	})
)

// newWorld returns a world with the staff of here and there. When the test ends, no chain of its
// audit may be broken.
func newWorld(t *testing.T) *world {
	t.Helper()
	p, err := policy()
	require.NoError(t, err)
	v, err := master()
	require.NoError(t, err)
	r := dbtest.New(t)
	w := &world{
		t: t, rec: r, engine: &recordtest.Engine{Files: &activities.Files{Pool: r.Worker, Hears: p.Hears}}, runs: &shelf{}, log: &logged{},
		keys: dbtest.LedgerKeys(t, ledgerName, time.Now().Add(-time.Hour)),
	}
	logger := slog.New(slog.NewJSONHandler(w.log, nil))
	w.decisions = guard.NewDecisions(r.API, logger)
	t.Cleanup(func() {
		for line := range strings.Lines(w.log.String()) {
			if t.Failed() && strings.Contains(line, `"ERROR"`) {
				t.Log(line)
			}
		}
	})
	t.Cleanup(func() {
		if err := w.decisions.Close(context.Background()); !w.cutOff {
			require.NoError(t, err)
		}
	})
	w.options = api.Options{
		Decisions: w.decisions, Ledger: w, LedgerKeys: func() (*ledger.Keys, error) { return books.LoadKeys(w.keys) },
		Engine: w.engine, Runs: w.runs, Workflows: w.engine,
		Certifier: issuer(t), Pool: r.API, Vault: v, Policy: p, Interventions: work.DefaultInterventions(), Login: login{},
		Log: logger, Version: "test", OwnMetrics: true,
	}
	w.handler = api.New(w.options)
	for s, role := range staff {
		w.grant(s, role, here)
		w.grant(foreign(s), role, there)
	}
	t.Cleanup(func() {
		broken, err := db.On(r.Owner).ListBrokenAudit(context.Background(), 10)
		require.NoError(t, err)
		require.Empty(t, broken)
	})
	return w
}

// ledgerName is the instance in the ledger.
const ledgerName = "koko.musterhausen.example/ledger"

// Checkpoint does what the workflow does.
func (w *world) Checkpoint(ctx context.Context) error {
	_, err := books.Signer{Book: books.Book{Pool: w.rec.Worker}, KeyFile: w.keys}.Checkpoint(ctx, time.Now())
	return err
}

// Cosign asks nobody: towns have witnesses.
func (w *world) Cosign(context.Context) error { return nil }

// in is w for a subtest.
func (w *world) in(t *testing.T) *world {
	sub := *w
	sub.t = t
	return &sub
}

// grant gives a role from an hour ago on.
func (w *world) grant(subject string, role policies.Role, area ...ags.Key) string {
	w.t.Helper()
	return w.grantBetween(subject, role, time.Now().Add(-time.Hour), nil, area...)
}

func (w *world) grantBetween(subject string, role policies.Role, from time.Time, until *time.Time, area ...ags.Key) string {
	w.t.Helper()
	id := uuid.NewString()
	n, err := db.On(w.rec.Owner).AddGrant(context.Background(), db.AddGrantParams{
		ID: id, Subject: subject, Role: string(role), Area: area, ValidFrom: from, ValidUntil: until, GivenBy: "root",
	})
	require.NoError(w.t, err)
	require.EqualValues(w.t, 1, n)
	return id
}

// endGrants ends all that was granted to somebody.
func (w *world) endGrants(subject string) {
	w.t.Helper()
	w.exec("UPDATE role_grant SET valid_until = now(), ended_by = 'root' WHERE subject = $1", subject)
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.rec.Owner.Exec(context.Background(), sql, args...)
	require.NoError(w.t, err)
}

// count is the single number that a query finds.
func (w *world) count(sql string, args ...any) int {
	w.t.Helper()
	var n int
	require.NoError(w.t, w.rec.Owner.QueryRow(context.Background(), sql, args...).Scan(&n))
	return n
}

// login takes the caller's word for who they are.
type login struct{}

func (login) Register(*http.ServeMux) {}

func (login) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := r.Header.Get("X-Test-Subject"); s != "" {
			r = r.WithContext(auth.With(r.Context(), auth.Identity{Subject: s, Name: "Person " + s}))
		}
		next.ServeHTTP(w, r)
	})
}

// logged keeps what is logged.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// An answer is what the API said.
type answer struct {
	t      *testing.T
	code   int
	header http.Header
	body   string
}

// call sends a request as somebody, nobody if as is empty. Headers come in pairs of name and value.
func (w *world) call(as, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	case []byte:
		content = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		require.NoError(w.t, err)
		content = bytes.NewReader(text)
	}
	r := httptest.NewRequest(method, path, content)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if as != "" {
		r.Header.Set("X-Test-Subject", as)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return answer{w.t, rec.Code, rec.Header(), rec.Body.String()}
}

func (w *world) get(as, path string) answer {
	w.t.Helper()
	return w.call(as, http.MethodGet, path, nil)
}

var serial atomic.Int64

// newKey returns a fresh Idempotency-Key.
func newKey() string { return fmt.Sprintf("key-%08d", serial.Add(1)) }

// post sends a write under a fresh key.
func (w *world) post(as, path string, body any, headers ...string) answer {
	w.t.Helper()
	return w.call(as, http.MethodPost, path, body, append([]string{"Idempotency-Key", newKey()}, headers...)...)
}

// send gives a command on what somebody has seen of a case.
func (w *world) send(as string, c CaseView, command string, body any, headers ...string) answer {
	w.t.Helper()
	return w.post(as, casePath(c)+"/"+command, body, append([]string{"If-Match", tag(c.Version)}, headers...)...)
}

func casePath(c CaseView) string { return "/api/v1/cases/" + c.ID }

func tag(version int) string { return fmt.Sprintf(`"%d"`, version) }

// ok reads an answer that must be a success into v.
func (a answer) ok(v any) {
	a.t.Helper()
	require.Less(a.t, a.code, 300, a.body)
	require.NoError(a.t, json.Unmarshal([]byte(a.body), v), a.body)
}

// A CaseView is what the API shows of a case.
type CaseView struct {
	conflict.Case
	files.Shown
}

// An EnrolmentView is what the API shows of an enrolment.
type EnrolmentView struct {
	enrolment.Enrolment
	files.Shown
	Reference string             `json:"reference"`
	Progress  enrolment.Progress `json:"progress"`
}

// A CohortView is what the API shows of a cohort.
type CohortView struct {
	cohort.Cohort
	files.Shown
	Venues  map[string]string `json:"venues"`
	Reasons map[string]string `json:"reasons"`
	Because string            `json:"because"`
	Free    int               `json:"free"`
	Waiting *int              `json:"waiting"`
}

// A ListPage is what the API lists of the files of a kind.
type ListPage struct {
	Items  []ListItem        `json:"items"`
	Next   string            `json:"next"`
	Counts *files.FileCounts `json:"counts"`
}

// A ListItem is a file in a list, with the facets of every kind.
type ListItem struct {
	files.ItemView
	Urgency  conflict.Urgency `json:"urgency"`
	Stage    int              `json:"stage"`
	Assignee string           `json:"assignee"`

	Trainee  string               `json:"trainee"`
	Progress enrolment.Summary    `json:"progress"`
	Warning  enrolment.WayWarning `json:"warning"`

	Open    bool       `json:"open"`
	Begins  *time.Time `json:"begins"`
	Ends    *time.Time `json:"ends"`
	Waiting *int       `json:"waiting"`
}

// A PastView is a file as it was.
type PastView struct {
	files.Past
	Case      conflict.Case       `json:"case"`
	Enrolment enrolment.Enrolment `json:"enrolment"`
}

// caseView reads an answer that must be a case.
func (a answer) caseView() (c CaseView) {
	a.t.Helper()
	a.ok(&c)
	require.Equal(a.t, tag(c.Version), a.header.Get("ETag"))
	return c
}

// problem reads an answer that must be a problem of that status and type.
func (a answer) problem(status int, kind string) (p wire.Problem) {
	a.t.Helper()
	require.Equal(a.t, status, a.code, a.body)
	require.Equal(a.t, "application/problem+json", a.header.Get("Content-Type"))
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &p), a.body)
	require.Equal(a.t, "urn:koko:problem:"+kind, p.Type, a.body)
	require.Equal(a.t, status, p.Status)
	require.NotEmpty(a.t, p.Title)
	require.NotEmpty(a.t, p.Detail)
	require.Equal(a.t, a.header.Get("X-Request-ID"), p.RequestID)
	return p
}

// refused reads a problem that names rule.
func (a answer) refused(status int, kind, rule string) wire.Problem {
	a.t.Helper()
	p := a.problem(status, kind)
	require.Equal(a.t, rule, p.Rule, a.body)
	require.NotEmpty(a.t, p.Remedy, a.body)
	return p
}

// rule is the one that an answer names, if it is a problem.
func (a answer) rule() string {
	a.t.Helper()
	var p wire.Problem
	require.NoError(a.t, json.Unmarshal([]byte(a.body), &p), a.body)
	return p.Rule
}
