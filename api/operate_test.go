package api_test

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/people"
	"koko/api/public"
	"koko/domain/ags"
	"koko/domain/work"
)

func TestMunicipalitiesAreListedForWhoeverIsLoggedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var page struct {
		Items []public.Municipality
		Next  string
	}
	var all []string
	next := ""
	for {
		w.get(stranger, "/api/v1/municipalities?limit=150"+next).ok(&page)
		for _, m := range page.Items {
			all = append(all, string(m.AGS))
		}
		if page.Next == "" {
			break
		}
		next, page.Next = "&cursor="+page.Next, ""
	}
	require.Equal(t, w.count("SELECT count(*) FROM municipality"), len(all))
	require.Greater(t, len(all), 396)
	require.IsIncreasing(t, all)

	page.Next = ""
	w.get(stranger, "/api/v1/municipalities?district=05334").ok(&page)
	require.Len(t, page.Items, 10, "the Städteregion Aachen")
	w.get(stranger, "/api/v1/municipalities?district=05334&name=Aachen").ok(&page)
	require.Len(t, page.Items, 1)
	aachen := page.Items[0]
	require.Equal(t, ags.Key("05334002"), aachen.AGS)
	require.Positive(t, aachen.Population)
	require.False(t, aachen.Fictional)
	require.NotEmpty(t, aachen.District)
	require.NotEmpty(t, aachen.Region)
	w.get(stranger, "/api/v1/municipalities?name=KÖLN").ok(&page)
	require.NotEmpty(t, page.Items)
	for _, none := range []string{"?district=05999&name=Köln", "?name=%25", "?name=_", "?district=00000"} {
		w.get(stranger, "/api/v1/municipalities"+none).ok(&page)
		require.Empty(t, page.Items, none)
		require.NotNil(t, page.Items, none)
	}
	w.get(stranger, "/api/v1/municipalities?district=5").refused(http.StatusUnprocessableEntity, "invalid", "schema")

	var one public.Municipality
	w.get(stranger, "/api/v1/municipalities/"+string(here)).ok(&one)
	require.True(t, one.Fictional)
	w.get(stranger, "/api/v1/municipalities/99999999").refused(http.StatusNotFound, "not-found", "municipality")
}

func TestReferenceDataIsThereForWhoeverIsLoggedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var centres struct{ Items []public.IntegrationCentre }
	w.get(stranger, "/api/v1/integration-centres").ok(&centres)
	real := 0
	for _, c := range centres.Items {
		require.NotEmpty(t, c.Area, c.Name)
		if !c.Fictional {
			real++
		}
	}
	require.Equal(t, 54, real)
	var forms struct{ Items work.Interventions }
	w.get(stranger, "/api/v1/interventions").ok(&forms)
	require.Equal(t, work.DefaultInterventions(), forms.Items)
}

func TestSomebodyReadsWhoTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.grant(newcomer, "mediator", here, there)
	var me people.Me
	w.get(newcomer, "/api/v1/me").ok(&me)
	require.Equal(t, people.Me{
		Subject: newcomer, Name: "Person " + newcomer, Grants: []people.MyGrant{{ID: id, Role: "mediator", Area: ags.Area{here, there}}},
	}, me)
	require.Contains(t, w.get(stranger, "/api/v1/me").body, `"grants":[]`)
}

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		a := w.get("", path)
		require.Equal(t, http.StatusOK, a.code)
		require.Equal(t, "ok\n", a.body)
	}
	w.engine.Before = func() error { return errors.New("secret of 10.1.2.3") }
	a := w.get("", "/readyz")
	a.refused(http.StatusServiceUnavailable, "busy", "engine")
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.NotContains(t, a.body, "secret")
	require.Contains(t, w.logged("not ready"), "secret of 10.1.2.3")
	require.Equal(t, http.StatusOK, w.get("", "/healthz").code, "it lives")
}

func TestNobodyIsReadyOnASchemaThatSomebodyChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec("ALTER POLICY area ON document USING (true)")
	w.get("", "/readyz").refused(http.StatusServiceUnavailable, "busy", "schema")
	require.Contains(t, w.logged("not ready"), "policy document.area was changed")
	require.Equal(t, http.StatusOK, w.get("", "/healthz").code, "it lives")
}

func TestMetricsNameRoutesAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-work-session")
	docs := w.documents(mediator, c, "")
	w.get(mediator, casePath(c)+"/documents/"+docs[0].ID)
	w.get(manager, "/api/v1/cases?text=Spielplatz&assignee="+caseworker)
	w.read(manager, c)
	w.get(manager, "/nowhere/"+c.ID)
	w.get(manager, casePath(c)+"//x")
	w.call(manager, "BREW", casePath(c), nil)
	a := w.get("", "/metrics")
	require.Equal(t, http.StatusOK, a.code)
	require.Contains(t, a.body, `koko_http_request_seconds_count{route="POST /api/v1/cases/{id}/review-analysis",status="200"} 1`)
	require.Contains(t, a.body, `route="GET /api/v1/cases/{id}",status="200"`)
	require.Contains(t, a.body, `route="POST /api/v1/cases",status="201"`)
	require.Contains(t, a.body, `route="/",status="404"`)
	require.Contains(t, a.body, `koko_database_connections{state="max"} 8`)
	log := w.log.String()
	for _, text := range []string{a.body, log} {
		require.NotRegexp(t, regexp.MustCompile(`route"?[=:]"[^"]*[0-9a-f]{8}-[0-9a-f]{4}`), text)
		require.NotContains(t, text, c.ID)
		require.NotContains(t, text, "/api/v1/work", "when somebody is at work on a conflict is nobody's business")
		require.NotContains(t, text, docs[0].ID)
		require.NotContains(t, text, "Spielplatz")
		require.NotContains(t, text, "BREW")
		for _, s := range everybody() {
			require.NotContains(t, text, s)
		}
	}
	require.Contains(t, log, `"route":"GET /api/v1/cases/{id}/documents/{document}"`)
}

func TestEveryAnswerHasItsSecurityHeadersAndRequestId(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	panics := func() error { panic("x") }
	for name, ask := range map[string]func(headers ...string) answer{
		"a case":     func(h ...string) answer { return w.call(manager, http.MethodGet, casePath(c), nil, h...) },
		"nobody":     func(h ...string) answer { return w.call("", http.MethodGet, casePath(c), nil, h...) },
		"a refusal":  func(h ...string) answer { return w.call(dpo, http.MethodGet, casePath(c), nil, h...) },
		"no path":    func(h ...string) answer { return w.call(manager, http.MethodGet, "/nowhere", nil, h...) },
		"no method":  func(h ...string) answer { return w.call(manager, http.MethodDelete, casePath(c), nil, h...) },
		"no schema":  func(h ...string) answer { return w.call(manager, http.MethodGet, "/api/v1/cases?x=y", nil, h...) },
		"no text":    func(h ...string) answer { return w.call(manager, http.MethodGet, "/api/v1/cases?text=%00", nil, h...) },
		"health":     func(h ...string) answer { return w.call("", http.MethodGet, "/healthz", nil, h...) },
		"metrics":    func(h ...string) answer { return w.call("", http.MethodGet, "/metrics", nil, h...) },
		"no command": func(h ...string) answer { return w.send(manager, c, "add-note", "{", h...) },
		"a panic": func(h ...string) answer {
			w.engine.Before = panics
			defer func() { w.engine.Before = nil }()
			return w.send(manager, c, "add-note", object{"note": "x"}, h...)
		},
	} {
		a := ask("X-Request-ID", "mine-12345")
		require.Equal(t, "mine-12345", a.header.Get("X-Request-ID"), name)
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			require.Equal(t, want, a.header.Get(header), "%s: %s", name, header)
		}
		require.Contains(t, a.header.Get("Content-Security-Policy"), "default-src 'none'", name)
		require.Contains(t, a.header.Get("Content-Security-Policy"), "frame-ancestors 'none'", name)
		for _, id := range []string{"", "short", "with space", "x\"y<script>", strings.Repeat("x", 65)} {
			got := ask("X-Request-ID", id).header.Get("X-Request-ID")
			require.Regexp(t, `^[0-9a-f-]{36}$`, got, "%s: %q", name, id)
		}
		require.NotEqual(t, ask().header.Get("X-Request-ID"), ask().header.Get("X-Request-ID"), name)
	}
}
