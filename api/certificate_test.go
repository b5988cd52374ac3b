package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/api/public"
	trainingapi "koko/api/training"
	"koko/domain/training/enrolment"
	"koko/internal/trainingtest"
)

// qualified has somebody go the whole way in the past half year, until the certificate is all that is missing.
func (w *world) qualified(as string) EnrolmentView {
	w.t.Helper()
	w.engine.At = daysAgo(200)
	body := plan(here)
	body["closes"] = daysAgo(190)
	var dates []object
	var ids []string
	for _, d := range trainingtest.Dates(koko().Terms(), daysAgo(180), 14*24*time.Hour) {
		dates = append(dates, object{"id": d.ID, "unit": d.Unit, "begins": d.Begins, "ends": d.Ends, "minutes": d.Minutes, "online": d.Online, "place": wordOfPlace})
		ids = append(ids, d.ID)
	}
	body["dates"] = dates
	c := w.post(coordinator, "/api/v1/cohorts", body).cohortView()
	e := w.seated(as, c)
	for _, id := range ids[:8] { // four of five modules
		w.signed(c, id, entry(e, 480))
	}
	type step struct {
		by, command string
		body        object
	}
	steps := []step{
		{as, "submit-concept", object{"shared": false, "text": "Unser Konzept"}},
		{trainer, "review-concept", object{"accepted": true}},
		{as, "submit-case-report", object{"anonymised": true, "text": "Ein Fall"}},
		{trainer, "review-case-report", object{"accepted": true}},
	}
	for i := range 3 {
		steps = append(steps, step{trainer, "record-supervision", object{"on": day(-10 - i), "minutes": 90}})
	}
	steps = append(steps, step{coordinator, "appoint-assessors", object{"assessors": []string{assessor, assessor2}}})
	for _, a := range []string{assessor, assessor2} {
		steps = append(steps, step{a, "record-verdict", object{
			"passed": true, "rubric": []object{{"criterion": "konzept", "points": 2}}, "reasons": wordOfReasons,
		}})
	}
	for _, s := range steps {
		e = w.enrol(s.by, w.enrolment(as, e.ID), s.command, s.body).enrolmentView()
	}
	e = w.enrolment(as, e.ID)
	require.Equal(w.t, enrolment.Qualified, e.Phase)
	return e
}

// wordOfReasons stands in the file of the assessment and nowhere else.
const wordOfReasons = "Siebenschläfer"

// certified is qualified with a certificate, and its code.
func (w *world) certified(as string) (e EnrolmentView, code string) {
	w.t.Helper()
	e = w.enrol(certifier, w.qualified(as), "certify", object{}).enrolmentView()
	return w.enrolment(as, e.ID), e.Certificates[0].Code
}

func certificatesOf(e EnrolmentView) string { return enrolmentPath(e.ID) + "/certificates" }

type certificates struct{ Items []trainingapi.CertificateView }

func TestACertificateIsIssuedAndReadByThoseWhomItConcerns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, code := w.certified(trainee)
	pdf, credential := certificatesOf(e)+"/"+code+"/certificate.pdf", certificatesOf(e)+"/"+code+"/credential"
	for _, as := range []string{trainee, coordinator, certifier} {
		var list certificates
		w.get(as, certificatesOf(e)).ok(&list)
		require.Len(t, list.Items, 1)
		require.EqualValues(t, "valid", list.Items[0].Status)
		require.Equal(t, fmt.Sprintf("KOKO-%d-0001", list.Items[0].Issued.Year()), list.Items[0].Number)
		require.Equal(t, publicURL+"/verify/"+code, list.Items[0].VerificationPage)

		a := w.get(as, pdf)
		require.Equal(t, http.StatusOK, a.code, a.body)
		require.Equal(t, "application/pdf", a.header.Get("Content-Type"))
		require.Equal(t, `attachment; filename="`+list.Items[0].Number+`.pdf"`, a.header.Get("Content-Disposition"))
		require.True(t, strings.HasPrefix(a.body, "%PDF-"))
		require.Equal(t, a.body, w.get(as, pdf).body, "the same bytes each time")

		a = w.get(as, credential)
		require.Equal(t, http.StatusOK, a.code, a.body)
		require.Equal(t, "application/vc+jwt", a.header.Get("Content-Type"))
	}
	require.Equal(t, 9, w.count("SELECT count(*) FROM access_log WHERE kind = 'read' AND action = 'read_certificate' AND subject_id LIKE 'KOKO-%'"))
	for _, path := range []string{certificatesOf(e), pdf, credential} {
		require.Equal(t, http.StatusUnauthorized, w.get("", path).code)
		for _, as := range []string{employer, trainer, assessor, supervisor, dpo} {
			require.Equal(t, http.StatusForbidden, w.get(as, path).code, "%s %s", as, path)
		}
		for _, as := range []string{foreign(trainee), foreign(coordinator), foreign(certifier), stranger, trainee2} {
			w.get(as, path).refused(http.StatusNotFound, "not-found", "scope")
		}
	}
	other := w.get(trainee, certificatesOf(e)+"/AAAA-BBBB-CCCC-DDDD/certificate.pdf")
	other.refused(http.StatusNotFound, "not-found", "code")
}

// Whoever reissues a certificate names the holder anew; what was issued before keeps its name.
func TestAReissuedCertificateHasTheNewNameAndTheOldOneItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, old := w.certified(trainee)
	before := w.get(trainee, certificatesOf(e)+"/"+old+"/certificate.pdf").body
	const married = "Nadia Müller-El-Tarifi"
	e = w.enrol(certifier, e, "reissue-certificate", object{"of": old, "reason": "namensaenderung", "holder": married}).enrolmentView()
	fresh := e.Certificates[1].Code

	require.Equal(t, before, w.get(trainee, certificatesOf(e)+"/"+old+"/certificate.pdf").body)
	for code, want := range map[string]struct{ holder, status string }{old: {wordOfHolder, "superseded"}, fresh: {married, "valid"}} {
		token := w.get(trainee, certificatesOf(e)+"/"+code+"/credential").body
		var v public.VerifiedCredential
		w.call("", http.MethodPost, "/api/v1/certificates/verify", token, "Content-Type", "application/vc+jwt").ok(&v)
		require.Equal(t, want.holder, v.Holder)
		require.EqualValues(t, want.status, v.Status)
	}
	var list certificates
	w.get(trainee, certificatesOf(e)).ok(&list)
	require.Equal(t, fresh, list.Items[0].SupersededBy)
	require.Equal(t, old, list.Items[1].Supersedes)
	var now trainingapi.Transcript
	w.get(trainee, enrolmentPath(e.ID)+"/transcript").ok(&now)
	require.Equal(t, married, now.Holder)

	page := w.get("", "/verify/"+old)
	require.Equal(t, http.StatusOK, page.code)
	require.Contains(t, page.body, "Ersetzt.")
	require.Contains(t, page.body, `href="/verify/`+fresh+`?lang=de"`)
	require.Contains(t, page.body, "Namensänderung")
}

// What is attended after a confirmation was issued does not change what it says.
func TestAConfirmationListsWhatWasAttendedWhenItWasIssued(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	e := w.seated(trainee, c)
	w.signed(c, "d1", entry(e, 480))
	e = w.enrol(coordinator, w.enrolment(coordinator, e.ID), "withdraw", object{"reason": "sonstiges"}).enrolmentView()
	e = w.enrol(coordinator, e, "confirm-attendance", object{}).enrolmentView()
	code := e.Certificates[0].Code
	var seen public.CertificateCheck
	w.get("", "/api/v1/certificates/"+code).ok(&seen)
	require.Equal(t, enrolment.AttendanceConfirmation, seen.Kind)
	require.Equal(t, koko().Confirmation.Title, seen.Title)
	require.Equal(t, 480, seen.Minutes)
	require.Len(t, seen.Modules, 1)
	require.Equal(t, koko().Modules[0].Title, seen.Modules[0].Title)
	require.Equal(t, http.StatusOK, w.get(trainee, certificatesOf(e)+"/"+code+"/certificate.pdf").code)
	require.Contains(t, w.get("", "/verify/"+code).body, "allein die Teilnahme")
}

func TestANameThatNoCertificateCanShowIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	for _, name := range []string{"नादिया", "Nadia 😀", "...", "\u200d"} {
		body := application(c)
		body["holder"] = name
		p := w.post(trainee, "/api/v1/enrolments", body).refused(http.StatusUnprocessableEntity, "invalid", "printable")
		require.Equal(t, "holder", p.Field)
	}
	require.Zero(t, w.count("SELECT count(*) FROM file WHERE kind = 'enrolment'"))
	body := application(c)
	body["holder"] = "Θεοδώρα Şükûfe Grzegżółka-Nguyễn"
	w.post(trainee, "/api/v1/enrolments", body).enrolmentView()

	e, code := w.certified(trainee2)
	w.enrol(certifier, e, "reissue-certificate", object{"of": code, "reason": "namensaenderung", "holder": "नादिया"}).
		refused(http.StatusUnprocessableEntity, "invalid", "printable")
}

func TestATranscriptSaysHowFarATraineeIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	e := w.seated(trainee, c)
	w.signed(c, "d1", entry(e, 480))
	path := enrolmentPath(e.ID) + "/transcript"
	for _, as := range []string{trainee, coordinator, certifier} {
		var got trainingapi.Transcript
		w.get(as, path).ok(&got)
		require.Equal(t, wordOfHolder, got.Holder)
		require.Equal(t, koko().Modules[0].Title, got.Units[0].Title)
		require.Equal(t, "teilweise besucht", got.Units[0].Standing)
		require.Len(t, got.Units[0].Dates, 1)
		require.Equal(t, []string{"4 Module", "3360 Minuten Anwesenheit", "1 Konzept des eigenen Konfliktmanagementsystems", "1 Fallbericht", "3 Supervisionen", "1 bestandene Prüfung"}, got.Missing)
		a := w.get(as, path+".pdf")
		require.Equal(t, http.StatusOK, a.code, a.body)
		require.Equal(t, "application/pdf", a.header.Get("Content-Type"))
		require.True(t, strings.HasPrefix(a.body, "%PDF-"))
	}
	for _, p := range []string{path, path + ".pdf"} {
		require.Equal(t, http.StatusUnauthorized, w.get("", p).code)
		for _, as := range []string{employer, trainer, supervisor, dpo} {
			require.Equal(t, http.StatusForbidden, w.get(as, p).code, as)
		}
		for _, as := range []string{foreign(trainee), foreign(coordinator), stranger, trainee2} {
			w.get(as, p).refused(http.StatusNotFound, "not-found", "scope")
		}
	}
}

func TestATranscriptHasNobodysReasons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.qualified(trainee)
	a := w.get(trainee, enrolmentPath(e.ID)+"/transcript")
	require.NotContains(t, a.body, wordOfReasons)
	require.NotContains(t, a.body, assessor)
	var got trainingapi.Transcript
	a.ok(&got)
	require.Empty(t, got.Missing)
	require.True(t, got.Attempts[0].Passed)
	require.Len(t, got.Practice, 5)
}

func TestAnybodyWithACodeSeesWhetherTheCertificateHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, code := w.certified(trainee)
	path := "/api/v1/certificates/" + code
	for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", ""), url.PathEscape(strings.ReplaceAll(code, "-", " "))} {
		a := w.get("", "/api/v1/certificates/"+typed)
		var seen public.CertificateCheck
		a.ok(&seen)
		require.Equal(t, code, seen.Code)
		require.EqualValues(t, "valid", seen.Status)
		require.Equal(t, koko().Certificate.Title, seen.Title)
		require.Len(t, seen.Modules, 4, "those that count")
		require.Equal(t, koko().Modules[0].Outcomes, seen.Modules[0].Outcomes)
		require.Nil(t, seen.Matches)
		require.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))
		for _, secret := range []string{wordOfHolder, trainee, e.ID, string(here), wordOfReasons} {
			require.NotContains(t, a.body, secret)
		}
	}
	for name, want := range map[string]bool{
		wordOfHolder: true, "nadia  el-tarifi ": true, "NADIA EL-TARIFI": true, "Nadia El Tarifi": false, "Nadia": false, "Nádia El-Tarifi": false,
	} {
		var seen public.CertificateCheck
		w.get("", path+"?holder="+url.QueryEscape(name)).ok(&seen)
		require.Equal(t, want, *seen.Matches, name)
	}
	w.enrol(certifier, e, "revoke-certificate", object{"of": code, "reason": "irrtum", "text": wordOfReasons}).enrolmentView()
	a := w.get("", path)
	var seen public.CertificateCheck
	a.ok(&seen)
	require.EqualValues(t, "revoked", seen.Status)
	require.EqualValues(t, "irrtum", seen.Revoked.Reason)
	require.NotContains(t, a.body, wordOfReasons)
}

// A code that nobody issued and one that nobody could issue are answered alike.
func TestAnUnknownCodeTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answers := map[string]bool{}
	for _, code := range []string{"AAAA-BBBB-CCCC-DDDD", "AAAA", "verify", "%00", "AAAA-BBBB-CCCC-DDD0", "%C3%A4%F0%9F%98%80", "..", "AAAA-BBBB-CCCC-DDDD?holder=x"} {
		a := w.get("", "/api/v1/certificates/"+code)
		if code == ".." { // no path of ours
			continue
		}
		p := a.refused(http.StatusNotFound, "not-found", "code")
		p.RequestID = ""
		answers[fmt.Sprint(p)] = true
		require.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))
	}
	require.Len(t, answers, 1)
}

// Erasure destroys the key: the certificate still holds, and names nobody any more.
func TestACertificateHoldsWhenTheNameIsErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, code := w.certified(trainee)
	w.exec("UPDATE data_key SET wrapped = '' WHERE file_id = $1", e.ID)
	var seen public.CertificateCheck
	w.get("", "/api/v1/certificates/"+code+"?holder=Nadia").ok(&seen)
	require.EqualValues(t, "valid", seen.Status)
	require.Nil(t, seen.Matches)
	w.get(trainee, certificatesOf(e)+"/"+code+"/certificate.pdf").refused(http.StatusNotFound, "not-found", "erased")
	w.get(trainee, enrolmentPath(e.ID)+"/transcript").refused(http.StatusNotFound, "not-found", "erased")
	require.Contains(t, w.call("", http.MethodPost, "/verify/"+code, "holder=Nadia", "Content-Type", "application/x-www-form-urlencoded").body, "nicht mehr vergleichen")
}
