package api_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api"
	"koko/domain/work"
	"koko/internal/auth"
	"koko/policies"
)

// knownCaller is a login that always knows who is calling: nobody if it is empty.
type knownCaller auth.Identity

func (knownCaller) Register(*http.ServeMux) {}

func (c knownCaller) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.Subject != "" {
			r = r.WithContext(auth.With(r.Context(), auth.Identity(c)))
		}
		next.ServeHTTP(w, r)
	})
}

// pages is the API as far as it needs neither engine nor database.
func servedPages(t *testing.T, caller knownCaller) http.Handler {
	t.Helper()
	policy, err := policies.Load()
	require.NoError(t, err)
	return api.New(api.Options{
		Policy: policy, Interventions: work.DefaultInterventions(), Login: caller, Log: slog.New(slog.DiscardHandler),
		Version: "1.2.3", Issuer: "https://login.example/realms/koko",
	})
}

func get(t *testing.T, h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTheStartPageSpeaksTheReadersLanguage(t *testing.T) {
	t.Parallel()
	h := servedPages(t, knownCaller{})
	for name, c := range map[string]struct{ path, accept, lang, says string }{
		"German without a preference":      {"/", "", "de", "Anmelden"},
		"English if the browser wants it":  {"/", "en-GB,en;q=0.9", "en", "Log in"},
		"German among languages unknown":   {"/", "tr, ar", "de", "Anmelden"},
		"the link before the browser":      {"/?lang=en", "de", "en", "Log in"},
		"the link back to German":          {"/?lang=de", "en", "de", "Anmelden"},
		"a link to nowhere counts as none": {"/?lang=%3Cb%3E", "en", "en", "Log in"},
		"certificates in German":           {"/verify", "", "de", "Zertifikat prüfen"},
		"certificates in English":          {"/verify?lang=en", "de", "en", "Verify a certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := get(t, h, c.path, "Accept-Language", c.accept)
			require.Equal(t, http.StatusOK, w.Code)
			require.Equal(t, c.lang, w.Header().Get("Content-Language"))
			require.Contains(t, w.Body.String(), `<html lang="`+c.lang+`">`)
			require.Contains(t, w.Body.String(), c.says)
			require.Contains(t, w.Header().Get("Vary"), "Accept-Language")
		})
	}
}

func TestTheStartPageSaysWhoIsLoggedIn(t *testing.T) {
	t.Parallel()
	stranger := get(t, servedPages(t, knownCaller{}), "/").Body.String()
	require.Contains(t, stranger, `href="/auth/login"`)
	require.NotContains(t, stranger, "/auth/logout")

	anna := get(t, servedPages(t, knownCaller{Subject: "s1", Name: "Anna <b>"}), "/").Body.String()
	require.Contains(t, anna, "Anna &lt;b&gt;")
	require.Contains(t, anna, `<form method="post" action="/auth/logout">`)
	require.NotContains(t, anna, `href="/auth/login"`)

	require.Contains(t, get(t, servedPages(t, knownCaller{Subject: "s1"}), "/").Body.String(), "<strong>s1</strong>", "without a name")
}

func TestAPageOfACallerIsNeverKept(t *testing.T) {
	t.Parallel()
	w := get(t, servedPages(t, knownCaller{Subject: "s1", Name: "Anna"}), "/")
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
}

// A logout leads through the provider, and browsers hold form-action against redirects too.
func TestPagesMayDoNothingButShowThemselves(t *testing.T) {
	t.Parallel()
	h := servedPages(t, knownCaller{})
	for path, forms := range map[string]string{"/": "'self' https://login.example", "/api/docs": "'none'", "/verify": "'self'"} {
		require.Equal(t, "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action "+forms,
			get(t, h, path).Header().Get("Content-Security-Policy"))
	}
}

func TestPagesNeedNothingFromOutside(t *testing.T) {
	t.Parallel()
	h := servedPages(t, knownCaller{})
	loaded := regexp.MustCompile(`<link rel="(?:stylesheet|icon)" href="([^"]*)"`)
	for _, path := range []string{"/", "/?lang=en", "/api/docs", "/verify", "/verify?lang=en"} {
		body := get(t, h, path).Body.String()
		require.NotRegexp(t, `<script|<style|<img|<iframe|\sstyle="|\son[a-z]+="|(?:src|href|action)="(?:https?:)?//`, body)
		files := loaded.FindAllStringSubmatch(body, -1)
		require.Len(t, files, 2)
		for _, file := range files {
			w := get(t, h, file[1])
			require.Equal(t, http.StatusOK, w.Code, file[1])
			require.Contains(t, w.Header().Get("Cache-Control"), "immutable")
			require.NotContains(t, w.Body.String(), "url(")
		}
	}
	require.Equal(t, http.StatusNotFound, get(t, h, "/assets/koko.css").Code, "a name without a fingerprint")
}

func TestTheReferenceIsSentOnce(t *testing.T) {
	t.Parallel()
	h := servedPages(t, knownCaller{})
	first := get(t, h, "/api/docs")
	require.Equal(t, http.StatusOK, first.Code)
	require.Equal(t, "text/html; charset=utf-8", first.Header().Get("Content-Type"))
	again := get(t, h, "/api/docs", "If-None-Match", first.Header().Get("ETag"))
	require.Equal(t, http.StatusNotModified, again.Code)
	require.Empty(t, again.Body.String())
}

func TestThePageInTheOtherLanguageIsTheSame(t *testing.T) {
	t.Parallel()
	h := servedPages(t, knownCaller{})
	require.Contains(t, get(t, h, "/verify").Body.String(), `<a href="/verify?lang=en"`)
	require.Contains(t, get(t, h, "/").Body.String(), `<a href="/?lang=en"`)
}
