package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	trainingapi "koko/api/training"
	"koko/domain/advice"
	"koko/domain/training/enrolment"
	"koko/internal/evidence/verify"
	"koko/internal/story"
	"koko/policies"
)

// sealed is the sealed file of a case or an enrolment as somebody gets it.
func (w *world) sealed(as, file string) []byte {
	w.t.Helper()
	a := w.call(as, http.MethodPost, file+"/sealed?reason=rechtsstreit", nil)
	require.Equal(w.t, http.StatusOK, a.code, a.body)
	require.Equal(w.t, "application/octet-stream", a.header.Get("Content-Type"))
	require.Regexp(w.t, `^attachment; filename="(case|enrolment|advice|work)-[0-9a-f-]{36}-v[0-9]+\.koko"$`, a.header.Get("Content-Disposition"))
	return []byte(a.body)
}

// proven is what checking a sealed file with the keys of the instance says.
func (w *world) proven(file []byte) *verify.Report {
	w.t.Helper()
	keys := w.publicKeys()
	r, err := verify.Check(bytes.NewReader(file), int64(len(file)), verify.Trust{Keys: keys.Keys})
	require.NoError(w.t, err)
	require.Empty(w.t, r.Findings)
	require.Equal(w.t, verify.Proven, r.Verdict)
	return r
}

// part is a part of a sealed file.
func part(t *testing.T, r *verify.Report, file []byte, name string) []byte {
	t.Helper()
	i := slices.IndexFunc(r.Manifest.Parts, func(p verify.Part) bool { return p.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	p := r.Manifest.Parts[i]
	all := r.Manifest.Parts[len(r.Manifest.Parts)-1]
	start := int64(len(file)) - all.Offset - all.Size
	return file[start+p.Offset:][:p.Size]
}

func entriesOf(t *testing.T, r *verify.Report, file []byte) (e verify.Entries) {
	t.Helper()
	require.NoError(t, json.Unmarshal(part(t, r, file, "entries.json"), &e))
	return e
}

func documentsOf(t *testing.T, r *verify.Report, file []byte) map[string]verify.Document {
	t.Helper()
	var l struct{ Documents []verify.Document }
	require.NoError(t, json.Unmarshal(part(t, r, file, "documents.json"), &l))
	all := map[string]verify.Document{}
	for _, d := range l.Documents {
		all[d.ID] = d
	}
	return all
}

func TestACaseIsSealedAndProvesItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("review-analysis")
	names := w.documents(caseworker, c, "?action=record_analysis")
	file := w.sealed(supervisor, casePath(c))
	r := w.proven(file)
	require.Equal(t, c.Version, r.Counts.Audit)
	require.Zero(t, r.Counts.Withheld)
	require.Equal(t, string(policies.Supervisor), r.Manifest.Role)
	require.Equal(t, c.ID, r.Manifest.ID)

	e := entriesOf(t, r, file)
	last := e.Access[len(e.Access)-1]
	require.Equal(t, []string{"read", supervisor, "export_sealed", "rechtsstreit", c.ID}, []string{last.Kind, last.Actor, last.Action, last.Reason, last.FileID}, "the file holds the entry about itself")
	for _, d := range names {
		require.Equal(t, verify.Readable, documentsOf(t, r, file)[d.ID].Status, "a supervisor has given a reason")
		var texts map[string]string
		require.NoError(t, json.Unmarshal(part(t, r, file, "documents/"+d.ID), &texts))
		require.Equal(t, d.Texts, texts)
	}
	var told verify.History
	require.NoError(t, json.Unmarshal(part(t, r, file, "history.json"), &told))
	require.Equal(t, len(told.Entries), r.Counts.Told)
	page := string(part(t, r, file, "history.html"))
	for _, says := range []string{"Der Auftrag wurde am", "The mandate was granted", "Die versiegelte Fallakte wurde erzeugt und ausgegeben. Zugriffsgrund: Rechtsstreit."} {
		require.Contains(t, page, says)
	}
	require.NotContains(t, w.log.String(), wordOfCase)
}

// What one side of an advice noted for itself is withheld from a sealed file of the coordination, entry by entry.
func TestWhatIsVeiledIsSealedForThoseWhoMayKnowAlone(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised(advice.Coaching, "note-as-client")
	file := w.sealed(adviceCoordinator, advicePath(a.ID))
	r := w.proven(file)
	require.Equal(t, a.Version, r.Counts.Audit+r.Counts.Withheld)
	require.Positive(t, r.Counts.Withheld)
	require.Positive(t, r.Counts.Audit)
	for _, word := range []string{wordOfNotes, wordOfOwn, "note_as_client", `"note_advice"`} {
		require.NotContains(t, string(file), word)
	}
	require.Contains(t, string(file), story.Neutral(advice.Kind).Says.DE)
}

// A sealed case says that somebody works on it, and nothing of how.
func TestASealedCaseSaysNothingOfTheWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-work-interim")
	w.documents(mediator, c, "")
	for _, as := range []string{supervisor, manager} {
		file := w.sealed(as, casePath(c))
		r := w.proven(file)
		require.Equal(t, c.Version, r.Counts.Audit, as)
		require.Zero(t, r.Counts.Withheld, as)
		for _, word := range []string{wordOfSession, mediator, "record_work_session", "choose_form", `"mediation"`, "Sitzung"} {
			require.NotContains(t, string(file), word, "%s: %s", as, word)
		}
		require.Contains(t, string(file), "Die Bearbeitung wurde übernommen.")
	}
	file := w.sealed(mediator, workPath(c.Handed.Work))
	require.Zero(t, w.proven(file).Counts.Withheld)
	require.Contains(t, string(file), wordOfSession)
}

func TestIdentitiesAreSealedForThoseWhoReadThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	file := w.sealed(manager2, casePath(c))
	r := w.proven(file)
	require.NotContains(t, string(file), wordOfIdentities)
	require.Positive(t, r.Counts.NotDisclosed)
	w.must(manager2, c, "assign", object{"assignee": manager2})
	require.Contains(t, string(w.sealed(manager2, casePath(c))), wordOfIdentities)
}

func TestAnErasedDocumentStaysProvableInASealedFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-clearing")
	d := w.documents(manager, c, "?action=report_signal")[0]
	before := w.sealed(supervisor, casePath(c))
	w.erase(manager, supervisor, casePath(c), d.ID)
	after := w.sealed(supervisor, casePath(c))

	was := w.proven(before)
	require.Contains(t, string(before), wordOfCase)
	require.Zero(t, was.Counts.Erased)
	is := w.proven(after)
	require.NotContains(t, string(after), wordOfCase)
	require.Equal(t, 1, is.Counts.Erased)
	now := documentsOf(t, is, after)[d.ID]
	require.Equal(t, []string{manager, supervisor, "consent_withdrawn"}, []string{now.Receipt.RequestedBy, now.Receipt.ApprovedBy, now.Receipt.Reason})
	require.Equal(t, documentsOf(t, was, before)[d.ID].Digest, now.Digest, "who has the old file can prove its words")
	require.Contains(t, string(after), "Ein Dokument wurde gelöscht")
}

func TestEveryChangedByteOfAnExportIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	w.erase(manager, dpo, casePath(c), w.documents(manager, c, "?action=report_signal")[0].ID)
	file := w.sealed(supervisor, casePath(c))
	r := w.proven(file)
	keys := w.publicKeys()
	last := r.Manifest.Parts[len(r.Manifest.Parts)-1]
	start := int64(len(file)) - last.Offset - last.Size
	named := func(i int64) string {
		for _, p := range r.Manifest.Parts {
			if i >= start+p.Offset && i < start+p.Offset+p.Size {
				return p.Name
			}
		}
		return "manifest"
	}
	for i := int64(0); i < int64(len(file)); i += 1 + int64(len(file))/800 {
		file[i] ^= 1
		broken, err := verify.Check(bytes.NewReader(file), int64(len(file)), verify.Trust{Keys: keys.Keys})
		require.NoError(t, err)
		require.Equal(t, verify.Broken, broken.Verdict, i)
		require.True(t, slices.ContainsFunc(broken.Findings, func(f verify.Finding) bool { return f.Part == named(i) }), "byte %d is in %s: %v", i, named(i), broken.Findings)
		file[i] ^= 1
	}
	w.proven(file)
}

func TestWhoMaySealAFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-clearing")
	path := casePath(c) + "/sealed"
	w.call(supervisor, http.MethodPost, path, nil).refused(http.StatusUnprocessableEntity, "invalid", "reason")
	require.Equal(t, http.StatusOK, w.call(manager, http.MethodPost, path, nil).code)
	for _, as := range []string{dpo, clearing, caseworker, steering, evaluation, reporter} {
		a := w.call(as, http.MethodPost, path+"?reason=datenschutz", nil)
		require.Contains(t, []int{http.StatusForbidden, http.StatusNotFound}, a.code, as)
		require.NotContains(t, a.body, wordOfCase)
	}
	w.call(dpo, http.MethodPost, path, nil).refused(http.StatusForbidden, "forbidden", "role")
	for _, as := range []string{foreign(supervisor), foreign(manager), admin, stranger, trainee} {
		w.call(as, http.MethodPost, path+"?reason=datenschutz", nil).refused(http.StatusNotFound, "not-found", "scope")
	}
	require.Equal(t, http.StatusUnauthorized, w.call("", http.MethodPost, path, nil).code)
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE action = 'export_sealed' AND kind = 'read'"))
}

func TestARecordThatWasRewrittenIsNotHandedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-clearing")
	w.sealed(manager, casePath(c))
	rewrite := func(actor string) {
		w.exec("BEGIN; SET LOCAL session_replication_role = replica; UPDATE audit SET actor = '" + actor + "' WHERE file_id = '" + c.ID + "' AND version = 2; COMMIT")
	}
	w.t.Cleanup(func() { rewrite(clearing) })
	rewrite("u-nobody")
	a := w.call(manager, http.MethodPost, casePath(c)+"/sealed", nil)
	p := a.problem(http.StatusInternalServerError, "internal")
	require.Equal(t, "internal error", p.Detail)
	require.Contains(t, w.log.String(), `"where":"audit version 2","rule":"entry_hash"`)
	require.NotContains(t, w.log.String(), "u-nobody")
}

func TestAnEnrolmentIsSealedWithItsCertificates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, code := w.certified(trainee)
	sealed := w.sealed(coordinator, enrolmentPath(e.ID))
	r := w.proven(sealed)
	require.Equal(t, string(enrolment.Kind), r.Manifest.Kind)
	require.Equal(t, w.enrolment(coordinator, e.ID).Version, r.Counts.Audit)
	var issued struct{ Certificates []trainingapi.CertificateView }
	require.NoError(t, json.Unmarshal(part(t, r, sealed, "certificates.json"), &issued))
	require.Equal(t, code, issued.Certificates[0].Code)

	less := w.sealed(supervisor, enrolmentPath(e.ID))
	r = w.proven(less)
	require.Positive(t, r.Counts.Withheld, "a supervisor sees the progress alone")
	require.Zero(t, r.Counts.Readable)
	require.False(t, strings.Contains(string(less), "certificates.json"))
	w.call(trainee, http.MethodPost, enrolmentPath(e.ID)+"/sealed", nil).refused(http.StatusForbidden, "forbidden", "role")
}

// -v reports size and time.
func TestASealedFileIsSmallAndCheckedAtOnce(t *testing.T) {
	w := newWorld(t)
	c := w.walk("reopen")
	began := time.Now()
	file := w.sealed(supervisor, casePath(c))
	sealed := time.Since(began)
	began = time.Now()
	r := w.proven(file)
	t.Logf("%d decisions, %d accesses, %d documents, %d tellings: %d kB, sealed in %s, checked in %s", r.Counts.Audit+r.Counts.Withheld, r.Counts.Access,
		r.Counts.Readable+r.Counts.NotDisclosed, r.Counts.Told, len(file)/1000, sealed.Round(time.Millisecond), time.Since(began).Round(10*time.Microsecond))
}
