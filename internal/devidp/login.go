package devidp

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/text/language"

	"koko/internal/demo"
)

//go:embed login.html
var loginHTML string

//go:embed login.css
var loginCSS string

var (
	loginPage = template.Must(template.New("login").Parse(loginHTML))
	styleHash = sha256.Sum256([]byte(loginCSS))
	// Languages match in this order: German is what a caller without a preference gets.
	languages = language.NewMatcher([]language.Tag{language.German, language.English})
)

// maxForm is more than a login form ever holds.
const maxForm = 16 << 10

// A page is what the template shows.
type page struct {
	T        texts
	Style    template.CSS
	Action   string
	Home     string
	ID       string
	Login    string
	Failed   bool
	Expired  bool
	Users    []demo.User
	Password string
}

func (p *Provider) showLogin(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	if _, err := p.storage.AuthRequestByID(r.Context(), id); err != nil {
		p.render(w, r, http.StatusBadRequest, page{Expired: true})
		return
	}
	p.render(w, r, http.StatusOK, page{ID: id})
}

func (p *Provider) checkLogin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
		return
	}
	id, login := r.PostForm.Get("id"), strings.TrimSpace(r.PostForm.Get("login"))
	subject, ok := p.authenticate(login, r.PostForm.Get("password"))
	if !ok {
		p.log.InfoContext(r.Context(), "demo login refused")
		p.render(w, r, http.StatusUnprocessableEntity, page{ID: id, Login: login, Failed: true})
		return
	}
	next, err := p.storage.complete(id, subject)
	if err != nil {
		p.render(w, r, http.StatusBadRequest, page{Expired: true})
		return
	}
	p.log.InfoContext(r.Context(), "demo login", "subject", subject)
	back := p.op.AuthorizationEndpoint().Absolute(p.issuer.String()) + "/callback?id=" + url.QueryEscape(next)
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// authenticate compares the password whether the login exists or not, and every login until
// the last, so that neither answer nor time tells which of the two was wrong.
func (p *Provider) authenticate(login, password string) (subject string, ok bool) {
	given, want := sha256.Sum256([]byte(password)), sha256.Sum256([]byte(demo.Password))
	right := subtle.ConstantTimeCompare(given[:], want[:])
	name := sha256.Sum256([]byte(strings.ToLower(login)))
	known := 0
	for _, u := range p.storage.users {
		hash := sha256.Sum256([]byte(u.Login))
		if same := subtle.ConstantTimeCompare(name[:], hash[:]); same == 1 {
			known, subject = same, u.Subject
		}
	}
	return subject, known&right == 1
}

func (p *Provider) render(w http.ResponseWriter, r *http.Request, status int, v page) {
	v.T = textsFor(r)
	v.Style = template.CSS(loginCSS) // embedded, not input
	v.Action = p.issuer.Path + loginPath
	v.Home = p.storage.client.loggedOut[0]
	v.Users, v.Password = p.storage.users, demo.Password
	var out bytes.Buffer
	if err := loginPage.Execute(&out, v); err != nil {
		p.log.ErrorContext(r.Context(), "login page failed", "error", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.T.Lang)
	h.Set("Content-Security-Policy", p.policy())
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // a reader who is gone needs no page
}

// policy lets the page use its own style and post to itself and nothing else. Browsers hold
// form-action against redirects too, hence the origins that a login leads back to.
func (p *Provider) policy() string {
	targets := []string{"'self'"}
	for _, home := range p.storage.client.loggedOut {
		targets = append(targets, strings.TrimSuffix(home, "/"))
	}
	return "default-src 'none'; base-uri 'none'; frame-ancestors 'none'" +
		"; style-src 'sha256-" + base64.StdEncoding.EncodeToString(styleHash[:]) + "'" +
		"; form-action " + strings.Join(targets, " ")
}

// texts are the words of the page in one language.
type texts struct {
	Lang, Title, ErrorTitle, Intro, Login, Password, Submit string
	Failed, Expired, Again                                  string
	Demo, DemoHint, LoginColumn, Name, Role, Area           string
}

var german = texts{
	Lang:        "de",
	Title:       "Anmelden bei KoKo",
	ErrorTitle:  "Fehler: Anmelden bei KoKo",
	Intro:       "Dies ist die Anmeldung der Vorführung mit erfundenen Personen und Kommunen.",
	Login:       "Anmeldename",
	Password:    "Passwort",
	Submit:      "Anmelden",
	Failed:      "Anmeldename oder Passwort ist falsch. Bitte prüfen Sie beide Angaben.",
	Expired:     "Diese Anmeldung ist abgelaufen oder wurde schon benutzt.",
	Again:       "Zur Startseite, um neu zu beginnen",
	Demo:        "Anmeldenamen der Vorführung",
	DemoHint:    "Das Passwort ist für alle:",
	LoginColumn: "Anmeldename",
	Name:        "Name",
	Role:        "Rolle",
	Area:        "Kommunen (AGS)",
}

var english = texts{
	Lang:        "en",
	Title:       "Log in to KoKo",
	ErrorTitle:  "Error: Log in to KoKo",
	Intro:       "This is the login of the demonstration, with invented people and municipalities.",
	Login:       "User name",
	Password:    "Password",
	Submit:      "Log in",
	Failed:      "The user name or the password is wrong. Please check both.",
	Expired:     "This login has expired or was used already.",
	Again:       "Go to the start page to begin again",
	Demo:        "User names of the demonstration",
	DemoHint:    "The password is the same for all:",
	LoginColumn: "User name",
	Name:        "Name",
	Role:        "Role",
	Area:        "Municipalities (AGS)",
}

func textsFor(r *http.Request) texts {
	_, index := language.MatchStrings(languages, r.Header.Get("Accept-Language"))
	return [...]texts{german, english}[index]
}
