package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/internal/demo"
)

// An api is where requests go, and whose tokens they carry.
type api struct {
	url   string
	token func(login string) (string, error)
}

// A request is what somebody sends. Without a login it is a stranger's.
type request struct {
	login, method, path string
	key                 string // Idempotency-Key
	seen                string // If-Match
	body                any
}

// A reply is what came back.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) etag() string { return r.header.Get("ETag") }

var httpClient = &http.Client{
	Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 128},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// send sends r. An error means that nobody knows what became of it.
func (a api) send(r request) (reply, error) {
	var body io.Reader
	if r.body != nil {
		b, err := json.Marshal(r.body)
		if err != nil {
			return reply{}, err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequest(r.method, a.url+r.path, body)
	if err != nil {
		return reply{}, err
	}
	if r.login != "" {
		token, err := a.token(r.login)
		if err != nil {
			return reply{}, fmt.Errorf("token of %s: %w", r.login, err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for name, value := range map[string]string{"Idempotency-Key": r.key, "If-Match": r.seen} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return answer(httpClient.Do(req))
}

func answer(res *http.Response, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, b}, err
}

// get reads path as login into out, and expects to be let.
func (a api) get(t testing.TB, login, path string, out any) reply {
	t.Helper()
	r, err := a.send(request{login: login, method: http.MethodGet, path: path})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, r.status, "%s as %s: %s", path, login, r.body)
	if out != nil {
		require.NoError(t, json.Unmarshal(r.body, out), path)
	}
	return r
}

// status is how login is answered at path.
func (a api) status(t testing.TB, login, path string) int {
	t.Helper()
	r, err := a.send(request{login: login, method: http.MethodGet, path: path})
	require.NoError(t, err)
	return r.status
}

// post sends a new command as login and expects it to be carried out.
func (a api) post(t testing.TB, login, path, seen string, body any) (conflict.Case, reply) {
	t.Helper()
	r, err := a.send(request{login: login, method: http.MethodPost, path: path, key: uuid.NewString(), seen: seen, body: body})
	require.NoError(t, err)
	require.Less(t, r.status, 300, "%s as %s: %s", path, login, r.body)
	var c conflict.Case
	require.NoError(t, json.Unmarshal(r.body, &c))
	return c, r
}

// appoint has the administrator of a place give its people the roles of their logins.
func (a api) appoint(t testing.TB, place string, prefixes ...string) {
	t.Helper()
	for _, prefix := range prefixes {
		u, ok := demo.Find(prefix + "." + place)
		require.True(t, ok, prefix)
		if slices.ContainsFunc(demo.Appointed(), func(a demo.User) bool { return a.Login == u.Login }) {
			continue // was there before
		}
		a.post(t, "admin."+place, "/api/v1/grants", "", map[string]any{"subject": u.Subject, "role": u.Role, "area": u.Areas})
	}
}

func subject(login string) string {
	u, _ := demo.Find(login)
	return u.Subject
}

// signal is the body that begins a case.
func signal(ags, title string) map[string]any {
	body := scripted(conflict.ActionReportSignal, "musterhausen")
	body["ags"], body["title"] = ags, title
	return body
}

const casesPath = "/api/v1/cases"

type casePage struct {
	Items  []casePageItem `json:"items"`
	Counts struct {
		Total int                       `json:"total"`
		By    map[string]map[string]int `json:"by"`
	} `json:"counts"`
	Next string `json:"next"`
}

type casePageItem struct {
	ID        string         `json:"id"`
	AGS       string         `json:"ags"`
	Reference string         `json:"reference"`
	Phase     conflict.Phase `json:"phase"`
}

type documentPage struct {
	Items []struct {
		ID string `json:"id"`
	} `json:"items"`
}

type historyPage struct {
	Items []historyItem `json:"items"`
}

type historyItem struct {
	Kind  string `json:"kind"`
	Actor string `json:"actor"`
	Rule  string `json:"rule"`
}
