package auth

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/text/language"
)

var (
	errExpired   = errors.New("no login with that state is on its way")
	errDenied    = errors.New("the provider denied the login")
	errCrossSite = errors.New("the request was made by another site")
)

// A failure is what a caller is shown of an error.
type failure struct {
	is      error
	status  int
	rule    string // stable: clients go by it
	english words
	german  words
}

type words struct{ Detail, Remedy string }

var failures = []failure{
	{
		is: errExpired, status: http.StatusBadRequest, rule: "login_expired",
		english: words{"This login has expired, was used already or was begun in another browser.", "Log in again."},
		german:  words{"Diese Anmeldung ist abgelaufen, schon benutzt oder in einem anderen Browser begonnen worden.", "Bitte melden Sie sich neu an."},
	},
	{
		is: errDenied, status: http.StatusForbidden, rule: "login_denied",
		english: words{"The login was cancelled or you have no access.", "Log in again, or ask your administrator for access."},
		german:  words{"Die Anmeldung wurde abgebrochen oder Sie haben keinen Zugang.", "Bitte melden Sie sich neu an oder fragen Sie Ihre Administration nach einem Zugang."},
	},
	{
		is: errUnavailable, status: http.StatusServiceUnavailable, rule: "login_unavailable",
		english: words{"The login service cannot be reached at the moment.", "Try again in a moment."},
		german:  words{"Der Anmeldedienst ist zurzeit nicht erreichbar.", "Bitte versuchen Sie es gleich noch einmal."},
	},
	{
		is: errSessions, status: http.StatusServiceUnavailable, rule: "session_unavailable",
		english: words{"Your session cannot be read at the moment.", "Try again in a moment."},
		german:  words{"Ihre Sitzung kann zurzeit nicht gelesen werden.", "Bitte versuchen Sie es gleich noch einmal."},
	},
	{
		is: errCrossSite, status: http.StatusForbidden, rule: "cross_site",
		english: words{"This request came from another site.", "Repeat it in KoKo itself."},
		german:  words{"Diese Anfrage kam von einer anderen Website.", "Bitte wiederholen Sie sie in KoKo selbst."},
	},
	{
		is: errToken, status: http.StatusUnauthorized, rule: "invalid_token",
		english: words{"The access token is not valid or has expired.", "Get a new access token."},
		german:  words{"Das Zugriffstoken ist ungültig oder abgelaufen.", "Bitte beschaffen Sie ein neues Zugriffstoken."},
	},
}

// misanswered returns a fault of the provider, about which nobody at the browser can do anything.
var misanswered = failure{
	status: http.StatusBadGateway, rule: "login_failed",
	english: words{"The login service's answer could not be used.", "Log in again; if it happens again, tell your administrator."},
	german:  words{"Die Antwort des Anmeldedienstes war nicht verwendbar.", "Bitte melden Sie sich neu an; tritt der Fehler wieder auf, informieren Sie Ihre Administration."},
}

func failureOf(err error) failure {
	for _, f := range failures {
		if errors.Is(err, f.is) {
			return f
		}
	}
	return misanswered
}

// fail answers with a problem.
func (a *Auth) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := failureOf(err)
	a.note(w, r, f, err)
	a.options.Problem(w, r, f.status, f.rule, f.english.Detail, f.english.Remedy)
}

// failPage answers a step of the login: with a page if a person is looking at it.
func (a *Auth) failPage(w http.ResponseWriter, r *http.Request, err error) {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		a.fail(w, r, err)
		return
	}
	f := failureOf(err)
	a.note(w, r, f, err)
	a.writePage(w, r, f)
}

// note logs the failure, with the address that it came from and nobody's name, and sets the headers that belong to its status.
func (a *Auth) note(w http.ResponseWriter, r *http.Request, f failure, err error) {
	level := slog.LevelInfo
	switch f.status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	case http.StatusServiceUnavailable:
		level = slog.LevelWarn
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	case http.StatusBadGateway:
		level = slog.LevelError
	}
	address, _, split := net.SplitHostPort(r.RemoteAddr)
	if split != nil {
		address = r.RemoteAddr // as a proxy told it
	}
	a.options.Log.Log(r.Context(), level, "login or session refused", "rule", f.rule, "address", address, "error", err)
}

//go:embed failure.html
var failureHTML string

//go:embed failure.css
var failureCSS string

var (
	failureTemplate = template.Must(template.New("failure").Parse(failureHTML))
	failureStyle    = sha256.Sum256([]byte(failureCSS))
	failurePolicy   = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'; style-src 'sha256-" +
		base64.StdEncoding.EncodeToString(failureStyle[:]) + "'"
	languages = language.NewMatcher([]language.Tag{language.German, language.English})
)

// A failurePage is the data of the template.
type failurePage struct {
	Lang, Title, Again, Home, Login string
	Style                           template.CSS
	words
}

func (a *Auth) writePage(w http.ResponseWriter, r *http.Request, f failure) {
	page := failurePage{Lang: "de", Title: "Anmeldung nicht möglich", Again: "Neu anmelden", Home: "Zur Startseite", words: f.german}
	if _, index := language.MatchStrings(languages, r.Header.Get("Accept-Language")); index == 1 {
		page = failurePage{Lang: "en", Title: "Login not possible", Again: "Log in again", Home: "To the start page", words: f.english}
	}
	page.Login, page.Style = loginPath, template.CSS(failureCSS)
	var out bytes.Buffer
	if err := failureTemplate.Execute(&out, page); err != nil {
		a.options.Problem(w, r, f.status, f.rule, f.english.Detail, f.english.Remedy)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", page.Lang)
	h.Set("Content-Security-Policy", failurePolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(f.status)
	_, _ = out.WriteTo(w) // a reader who is gone needs no page
}
