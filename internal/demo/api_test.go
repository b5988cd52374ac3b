package demo_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/api"
	"koko/db"
	"koko/domain/conflict"
	"koko/domain/training/enrolment"
	"koko/domain/work"
	"koko/internal/auth"
	"koko/internal/dbtest"
	"koko/internal/demo"
	"koko/internal/recordtest"
	"koko/internal/vault"
	"koko/policies"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// A platform is the real API on a real record, with the rules in the place of the workflow engine.
// As an http.RoundTripper it is the network too.
type platform struct {
	record  *dbtest.Record
	handler http.Handler
	before  func(*http.Request) *http.Response // answers instead of the API, unless nil
	after   func(*http.Request) error          // loses the answer, unless nil
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	record := dbtest.New(t)
	file, err := vault.Generate()
	require.NoError(t, err)
	master, err := vault.Parse(file)
	require.NoError(t, err)
	policy, err := policies.Load()
	require.NoError(t, err)
	p := &platform{record: record}
	e := &recordtest.Engine{Files: &activities.Files{Pool: record.Worker}, Punctual: true}
	p.handler = api.New(api.Options{
		Engine: e, Workflows: e,
		Pool: record.API, Vault: master, Policy: policy, Interventions: work.DefaultInterventions(),
		Login: login{}, Log: slog.New(slog.DiscardHandler), Version: "test",
	})
	return p
}

// start gives those who are appointed what the installation gives them.
func (p *platform) start(t *testing.T) *platform {
	t.Helper()
	for _, u := range demo.Appointed() {
		_, err := db.On(p.record.Owner).AddGrant(t.Context(), db.AddGrantParams{
			ID: uuid.NewString(), Subject: u.Subject, Role: u.Role, Area: u.Areas, ValidFrom: time.Now().Add(-time.Minute), GivenBy: "installation",
		})
		require.NoError(t, err)
	}
	return p
}

func (p *platform) options(progress io.Writer) demo.Options {
	return demo.Options{
		URL: "http://koko.invalid/", HTTPClient: &http.Client{Transport: p}, Progress: progress,
		Token: func(login string) (string, error) { return "token-of-" + login, nil },
	}
}

func (p *platform) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if p.before != nil {
		if res := p.before(r); res != nil {
			return res, nil
		}
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	if p.after != nil {
		if err := p.after(r); err != nil {
			return nil, err
		}
	}
	return w.Result(), nil
}

// script is what the record says: who did what on which case, and in its working file, in order.
func (p *platform) script(t *testing.T) string {
	t.Helper()
	return p.told(t, `SELECT c.reference || ' ' || a.actor || ' ' || a.action
		FROM audit a JOIN file c ON c.id = a.file_id WHERE c.kind = 'case' ORDER BY c.reference, a.version`) +
		p.told(t, `SELECT 'work on ' || c.reference || ' ' || a.actor || ' ' || a.action
		FROM audit a JOIN file w ON w.id = a.file_id JOIN file c ON c.id::text = w.facets ->> 'case' WHERE w.kind = 'work' ORDER BY c.reference, a.version`)
}

// training is who did what in which cohort, and then for which trainee, in order.
func (p *platform) training(t *testing.T) string {
	t.Helper()
	const nth = `dense_rank() OVER (ORDER BY f.opened)`
	return p.told(t, `SELECT 'KOKO-' || `+nth+` || ' ' || a.actor || ' ' || a.action
		FROM audit a JOIN file f ON f.id = a.file_id WHERE f.kind = 'cohort' ORDER BY f.opened, a.version`) +
		p.told(t, `SELECT (f.facets ->> 'trainee') || ': ' || a.actor || ' ' || a.action
		FROM audit a JOIN file f ON f.id = a.file_id WHERE f.kind = 'enrolment' ORDER BY f.opened, a.version`)
}

// way is what the district's coordinator sees of the way to somebody's certificate.
func (p *platform) way(t *testing.T, e enrolment.Enrolment) (w enrolment.Way) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/api/v1/enrolments/"+e.ID+"/way", nil)
	r.Header.Set("Authorization", "Bearer token-of-coordinator.lankeland")
	answered := httptest.NewRecorder()
	p.handler.ServeHTTP(answered, r)
	require.Equal(t, http.StatusOK, answered.Code, answered.Body)
	require.NoError(t, json.Unmarshal(answered.Body.Bytes(), &w))
	return w
}

func (p *platform) told(t *testing.T, sql string) string {
	t.Helper()
	text := strings.Join(p.column(t, sql), "\n") + "\n"
	for _, u := range demo.Users() {
		text = strings.ReplaceAll(text, u.Subject, u.Login)
	}
	return text
}

// cases are the recorded cases, by their file number.
func (p *platform) cases(t *testing.T) map[string]conflict.Case {
	t.Helper()
	all := map[string]conflict.Case{}
	for _, text := range p.column(t, "SELECT state::text FROM file WHERE kind = 'case'") {
		var c conflict.Case
		require.NoError(t, json.Unmarshal([]byte(text), &c))
		all[c.Signal.Reference] = c
	}
	return all
}

// works are the recorded working files, by the file number of their case.
func (p *platform) works(t *testing.T) map[string]work.Work {
	t.Helper()
	all := map[string]work.Work{}
	of := map[string]string{}
	for number, c := range p.cases(t) {
		of[c.ID] = number
	}
	for _, text := range p.column(t, "SELECT state::text FROM file WHERE kind = 'work'") {
		var w work.Work
		require.NoError(t, json.Unmarshal([]byte(text), &w))
		all[of[w.Begun.Case]] = w
	}
	return all
}

// column returns the texts of a query's only column.
func (p *platform) column(t *testing.T, sql string) []string {
	t.Helper()
	rows, err := p.record.Owner.Query(t.Context(), sql)
	require.NoError(t, err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		require.NoError(t, rows.Scan(&text))
		all = append(all, text)
	}
	require.NoError(t, rows.Err())
	return all
}

// everything is all that a run could have changed.
func (p *platform) everything(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, table := range []string{
		"file", "certificate", "notification", "audit", "document", "file_document", "data_key", "role_grant", "access_log",
	} {
		all = append(all, p.column(t, "SELECT row_to_json(t)::text FROM "+table+" t ORDER BY 1")...)
	}
	return all
}

// login believes what the tests' tokens say.
type login struct{}

func (login) Register(*http.ServeMux) {}

func (login) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, ok := demo.Find(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer token-of-"))
		if ok {
			r = r.WithContext(auth.With(r.Context(), auth.Identity{Subject: u.Subject, Name: u.Name}))
		}
		next.ServeHTTP(w, r)
	})
}
