package public

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/language"

	"koko/api/wire"
	"koko/internal/auth"
)

//go:embed pages
var pageFiles embed.FS

var (
	startDE       = pageTemplate("start.de.html")
	startEN       = pageTemplate("start.en.html")
	referencePage = pageTemplate("reference.html")
	style         = newAsset("koko.css", "text/css; charset=utf-8")
	icon          = newAsset("koko.svg", "image/svg+xml")
)

func pageTemplate(name string) *template.Template {
	return template.Must(template.New("").Funcs(pageFuncs).ParseFS(pageFiles, "pages/frame.html", "pages/"+name))
}

// code shows what stands between backticks as code.
func code(text string) template.HTML {
	var out strings.Builder
	for i, part := range strings.Split(text, "`") {
		part = template.HTMLEscapeString(part)
		if i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		out.WriteString(part)
	}
	return template.HTML(out.String())
}

// An asset is a file under a name that changes with its content, so that browsers may keep it.
type asset struct {
	path, mediaType string
	content         []byte
}

func newAsset(name, mediaType string) asset {
	content, err := pageFiles.ReadFile("pages/" + name)
	if err != nil {
		panic("api: " + err.Error())
	}
	base, extension, _ := strings.Cut(name, ".")
	return asset{"/assets/" + base + "-" + fingerprint(content) + "." + extension, mediaType, content}
}

func fingerprint(content []byte) string {
	sum := sha256.Sum256(content)
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

func (a asset) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", a.mediaType)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(a.content) // a reader who is gone needs no file
}

// A page is what the templates show.
type page struct {
	At, Lang, Title, Version string
	Here                     string // its path, for the link to the other language
	Words                    pageWords
	Other                    *otherLanguage
	Caller                   string // who is logged in
	Verification             *verification
	*reference
}

// Style returns the path of the stylesheet.
func (page) Style() string { return style.path }

// Icon returns the path of the icon.
func (page) Icon() string { return icon.path }

type otherLanguage struct{ Lang, Name string }

// pageWords are the words around a page in one language.
type pageWords struct{ Skip, Nav, Start, Verify, Reference, Licence string }

var (
	germanWords  = pageWords{"Zum Inhalt", "Hauptnavigation", "Start", "Zertifikat prüfen", "API-Referenz", "Lizenz:"}
	englishWords = pageWords{"Skip to content", "Main", "Start", "Verify a certificate", "API reference", "Licence:"}
)

// RegisterPages adds what people look at: the start page and the reference of the API. A logout
// redirects to the provider, and browsers apply a page's form-action to that redirect, too.
func RegisterPages(mux *http.ServeMux, api huma.API, issuer string) {
	version := api.OpenAPI().Info.Version
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { showStart(w, r, version, originOf(issuer)) })
	mux.Handle("GET /api/docs", newReferencePage(api.OpenAPI()))
	for _, a := range []asset{style, icon} {
		mux.Handle("GET "+a.path, a)
	}
}

func originOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func showStart(w http.ResponseWriter, r *http.Request, version, provider string) {
	p, t := page{At: "start", Here: "/", Lang: "de", Title: "KoKo – Kommunales Konfliktmanagement", Version: version, Words: germanWords, Other: &otherLanguage{"en", "English"}}, startDE
	if wantsEnglish(r) {
		p.Lang, p.Title, p.Words = "en", "KoKo – municipal conflict management", englishWords
		p.Other, t = &otherLanguage{"de", "Deutsch"}, startEN
	}
	if id, ok := auth.From(r.Context()); ok {
		p.Caller = id.Name
		if p.Caller == "" {
			p.Caller = id.Subject
		}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Lang)
	h.Set("Vary", "Accept-Language, Cookie, Authorization")
	h.Set("Content-Security-Policy", pagePolicy("'self' "+provider))
	_, _ = w.Write(rendered(t, p)) // a reader who is gone needs no page
}

// wantsEnglish goes by the link that the reader followed, else by the browser's languages.
func wantsEnglish(r *http.Request) bool {
	_, index := language.MatchStrings(wire.Languages, r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
	return index == 1
}

func pagePolicy(forms string) string {
	return "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action " + strings.TrimSpace(forms)
}

// rendered fills a template. Only a broken template fails, for every reader alike: the tests would see
// it.
func rendered(t *template.Template, p page) []byte {
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, "frame", p); err != nil {
		panic(fmt.Errorf("api: page %s: %w", p.At, err))
	}
	return out.Bytes()
}

// newReferencePage renders the reference once: it is the same for every reader.
func newReferencePage(doc *huma.OpenAPI) http.HandlerFunc {
	content := rendered(referencePage, page{
		At: "reference", Lang: "en", Title: "API reference – KoKo", Words: englishWords,
		Version: doc.Info.Version, reference: newReference(doc),
	})
	tag := `"` + fingerprint(content) + `"`
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Language", "en")
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		h.Set("Content-Security-Policy", pagePolicy("'none'"))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}
