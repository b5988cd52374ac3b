package public

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"koko/api/wire"
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/training/enrolment"
)

// maxVerificationForm bounds a form with a credential, the form's own encoding included, in bytes.
const maxVerificationForm = 2*maxCredential + 16<<10

var (
	verifyDE = pageTemplate("verify.de.html")
	verifyEN = pageTemplate("verify.en.html")
)

// verification is what the page about certificates shows: the forms, or an answer.
type verification struct {
	Typed   string // the code that was asked for
	Wrong   string // what was not accepted: "code", "credential" or "empty"
	Why     string // the rule that refused a credential
	Check   *CertificateCheck
	Holder  string // whom a credential names
	Compare string // the name that was compared
}

// registerVerificationPages adds the page that printed certificates lead to. It needs no login.
func (s *Server) registerVerificationPages(mux *http.ServeMux, version string) {
	show := func(ask func(w http.ResponseWriter, r *http.Request) (verification, error)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			v, err := ask(w, r)
			if err != nil {
				s.showProblem(w, r, err)
				return
			}
			showVerification(w, r, version, v)
		}
	}
	mux.HandleFunc("GET /verify", func(w http.ResponseWriter, r *http.Request) {
		code := r.URL.Query().Get("code")
		if code == "" {
			showVerification(w, r, version, verification{})
			return
		}
		if canonical := canonicalCode(code); canonical != "" {
			code = canonical
		}
		next := url.URL{Path: "/verify/" + code}
		if lang := r.URL.Query().Get("lang"); lang != "" {
			next.RawQuery = url.Values{"lang": {lang}}.Encode()
		}
		http.Redirect(w, r, next.String(), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /verify/{code}", show(func(_ http.ResponseWriter, r *http.Request) (verification, error) {
		return s.verificationOf(r.Context(), r.PathValue("code"), "")
	}))
	mux.HandleFunc("POST /verify/{code}", show(func(w http.ResponseWriter, r *http.Request) (verification, error) {
		r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
		if err := r.ParseForm(); err != nil {
			return verification{}, unreadableForm(err)
		}
		return s.verificationOf(r.Context(), r.PathValue("code"), r.PostForm.Get("holder"))
	}))
	mux.HandleFunc("POST /verify", show(s.verifyForm))
}

// showProblem answers what no page explains.
func (s *Server) showProblem(w http.ResponseWriter, r *http.Request, err error) {
	if p, ok := errors.AsType[*wire.Problem](s.Problem(r.Context(), err)); ok {
		wire.Write(w, r, p)
	}
}

func unreadableForm(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return wire.NewProblem("too-large", "the form is too large").By("form", fmt.Sprintf("a credential has %d bytes at most", maxCredential))
	}
	return wire.NewProblem("malformed", "the form cannot be read").By("form", "send it from the page")
}

// verificationOf returns the answer to a code, compared with a name if there is one.
func (s *Server) verificationOf(ctx context.Context, code, holder string) (verification, error) {
	v := verification{Typed: code, Compare: holder}
	c, err := s.checked(ctx, code, holder)
	if p, ok := errors.AsType[*wire.Problem](err); ok && p.Status == http.StatusNotFound {
		v.Wrong = "code"
		return v, nil
	}
	v.Check = &c
	return v, err
}

// verifyForm returns the answer to a credential, uploaded or pasted.
func (s *Server) verifyForm(w http.ResponseWriter, r *http.Request) (verification, error) {
	token, err := credentialOf(w, r)
	if err != nil {
		return verification{}, err
	}
	if strings.TrimSpace(token) == "" {
		return verification{Wrong: "empty"}, nil
	}
	c, err := s.verified(r.Context(), token)
	if f := fault.Of(err); f != nil && f.Code == fault.Invalid {
		return verification{Wrong: "credential", Why: f.Rule}, nil
	}
	return verification{Check: &c.CertificateCheck, Holder: c.Holder}, err
}

// credentialOf returns the file of a form, or else its text.
func credentialOf(w http.ResponseWriter, r *http.Request) (string, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxVerificationForm)
	if err := r.ParseMultipartForm(maxVerificationForm); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return "", unreadableForm(err)
	}
	if r.MultipartForm != nil && len(r.MultipartForm.File["file"]) > 0 {
		file, err := r.MultipartForm.File["file"][0].Open()
		if err != nil {
			return "", unreadableForm(err)
		}
		b, err := io.ReadAll(file)
		if err := errors.Join(err, file.Close()); err != nil {
			return "", unreadableForm(err)
		}
		if len(b) > 0 {
			return string(b), nil
		}
	}
	return r.PostFormValue("credential"), nil
}

func showVerification(w http.ResponseWriter, r *http.Request, version string, v verification) {
	p := page{At: "verify", Here: "/verify", Lang: "de", Title: v.title("Zertifikat", "Zertifikat prüfen", "Fehler: "), Version: version, Words: germanWords, Other: &otherLanguage{"en", "English"}, Verification: &v}
	t := verifyDE
	if wantsEnglish(r) {
		p.Lang, p.Title = "en", v.title("Certificate", "Verify a certificate", "Error: ")
		p.Words, p.Other, t = englishWords, &otherLanguage{"de", "Deutsch"}, verifyEN
	}
	if v.Check != nil {
		p.Here = "/verify/" + v.Check.Code
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Lang)
	h.Set("Vary", "Accept-Language")
	h.Set("Content-Security-Policy", pagePolicy("'self'"))
	switch v.Wrong {
	case "code":
		w.WriteHeader(http.StatusNotFound)
	case "credential", "empty":
		w.WriteHeader(http.StatusUnprocessableEntity)
	}
	_, _ = w.Write(rendered(t, p)) // a reader who is gone needs no page
}

func (v verification) title(one, form, wrong string) string {
	switch {
	case v.Wrong != "":
		return wrong + form + " – KoKo"
	case v.Check != nil:
		return one + " " + v.Check.Number + " – KoKo"
	default:
		return form + " – KoKo"
	}
}

// Matches returns the result of comparing a name: "yes", "no", or nothing.
func (v verification) Matches() string {
	switch {
	case v.Check == nil || v.Check.Matches == nil:
		return ""
	case *v.Check.Matches:
		return "yes"
	default:
		return "no"
	}
}

// What the templates of this page say of values.
var pageFuncs = template.FuncMap{
	"code":      code,
	"tag":       func(at time.Time) string { return at.In(calendar.Berlin).Format("02.01.2006") },
	"day":       func(at time.Time) string { return at.In(calendar.Berlin).Format("2 January 2006") },
	"hours":     func(minutes int) string { return fmt.Sprintf("%d:%02d", minutes/60, minutes%60) },
	"confirms":  func(k enrolment.CertificateKind) bool { return k == enrolment.AttendanceConfirmation },
	"reasonDE":  func(r enrolment.RevocationReason) string { return revokedDE[r] },
	"reasonEN":  func(r enrolment.RevocationReason) string { return revokedEN[r] },
	"reissueDE": func(r enrolment.ReissueReason) string { return reissuedDE[r] },
	"reissueEN": func(r enrolment.ReissueReason) string { return reissuedEN[r] },
	"refusedDE": func(rule string) string { return refusedDE[rule] },
	"refusedEN": func(rule string) string { return refusedEN[rule] },
}

var (
	revokedDE = map[enrolment.RevocationReason]string{
		"taeuschung": "Täuschung",
		"irrtum":     "Irrtum bei der Ausstellung",
		"auf_wunsch": "auf Wunsch der Person, der es ausgestellt war",
	}
	revokedEN = map[enrolment.RevocationReason]string{
		"taeuschung": "deception",
		"irrtum":     "issued in error",
		"auf_wunsch": "at the wish of the person to whom it was issued",
	}
	reissuedDE = map[enrolment.ReissueReason]string{"namensaenderung": "Namensänderung", "fehlerkorrektur": "Korrektur eines Fehlers"}
	reissuedEN = map[enrolment.ReissueReason]string{"namensaenderung": "change of name", "fehlerkorrektur": "correction of an error"}
	refusedDE  = map[string]string{
		"form":      "Der Text ist kein vollständiger Nachweis.",
		"issuer":    "Ihn hat eine andere Stelle ausgestellt.",
		"key":       "Er ist mit einem unbekannten Schlüssel unterschrieben.",
		"signature": "Die Unterschrift passt nicht: Er wurde verändert.",
		"not_yet":   "Er gilt noch nicht.",
		"expired":   "Er ist abgelaufen.",
		"register":  "Im Register steht kein solches Zertifikat.",
	}
	refusedEN = map[string]string{
		"form": "The text is not a whole credential.", "issuer": "Somebody else issued it.", "key": "It is signed with an unknown key.",
		"signature": "The signature does not fit: it was altered.", "not_yet": "It is not valid yet.", "expired": "It has expired.",
		"register": "The register has no such certificate.",
	}
)
