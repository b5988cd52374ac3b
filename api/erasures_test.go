package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/files"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training/enrolment"
	"koko/internal/vault"
)

type erasurePage struct {
	Items []files.ErasureView
	Next  string
}

func (w *world) erasures(as, query string) []files.ErasureView {
	w.t.Helper()
	var p erasurePage
	w.get(as, "/api/v1/erasures?limit=200&"+query).ok(&p)
	return p.Items
}

// askFor asks for a document of a file to be erased.
func (w *world) askFor(as, file, document string) answer {
	w.t.Helper()
	return w.post(as, file+"/documents/"+document+"/erasure", object{"reason": "consent_withdrawn"})
}

func (a answer) erasure() (v files.ErasureView) {
	a.t.Helper()
	a.ok(&v)
	return v
}

// erase has a document of a file erased by two.
func (w *world) erase(by, approver, file, document string) files.ErasureView {
	w.t.Helper()
	asked := w.askFor(by, file, document).erasure()
	return w.post(approver, "/api/v1/erasures/"+asked.ID+"/approve", nil).erasure()
}

func TestADocumentIsErasedByTwoPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	d := w.documents(manager, c, "?action=report_signal")[0]
	path := casePath(c) + "/documents/" + d.ID

	asked := w.askFor(supervisor, casePath(c), d.ID)
	require.Equal(t, http.StatusCreated, asked.code)
	v := asked.erasure()
	require.Equal(t, files.ErasureView{
		ID: v.ID, Kind: conflict.Kind, File: c.ID, Document: d.ID, Reason: file.ConsentWithdrawn, Status: file.ErasureOpen, RequestedBy: supervisor, RequestedAt: v.RequestedAt,
	}, v)
	require.Contains(t, w.get(manager, path).body, wordOfCase, "nothing is erased yet")
	w.askFor(manager, casePath(c), d.ID).refused(http.StatusConflict, "conflict", "erasure_open")

	approve := "/api/v1/erasures/" + v.ID + "/approve"
	w.post(supervisor, approve, nil).refused(http.StatusForbidden, "forbidden", "four_eyes")
	w.post(manager, approve, nil).refused(http.StatusForbidden, "forbidden", "role")
	w.post(foreign(dpo), approve, nil).refused(http.StatusNotFound, "not-found", "scope")
	w.post("", approve, nil).problem(http.StatusUnauthorized, "unauthenticated")
	require.Contains(t, w.get(manager, path).body, wordOfCase)

	done := w.post(dpo, approve, nil).erasure()
	require.Equal(t, file.ErasureApproved, done.Status)
	require.Equal(t, dpo, done.DecidedBy)
	require.Equal(t, done, w.post(dpo, approve, nil).erasure(), "said twice")
	w.grant("u-dpo2", "dpo", here)
	w.post("u-dpo2", approve, nil).refused(http.StatusConflict, "conflict", "erasure_decided")
	w.post(dpo, "/api/v1/erasures/"+v.ID+"/reject", nil).refused(http.StatusConflict, "conflict", "erasure_decided")

	p := w.get(manager, path).refused(http.StatusGone, "gone", "erased")
	require.Contains(t, p.Detail, done.DecidedAt.UTC().Format("2006-01-02T15:04"))
	require.Contains(t, p.Detail, "consent_withdrawn")
	w.get(manager, path+"/content").refused(http.StatusGone, "gone", "erased")
	w.askFor(manager, casePath(c), d.ID).refused(http.StatusGone, "gone", "erased")
	require.Zero(t, w.count("SELECT count(*) FROM document WHERE id = $1 AND (sealed <> '' OR secret IS NOT NULL OR tokens <> '{}')", d.ID))
	require.Equal(t, 3, w.count("SELECT count(*) FROM access_log WHERE kind IN ('erasure', 'refusal') AND subject_id = $1 AND file_id = $2 AND action IN ('request_erasure', 'approve_erasure') AND reason || rule IN ('consent_withdrawn', 'four_eyes')", d.ID, c.ID))
}

func TestWhatIsErasedIsMissedNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := newKey()
	c := w.create(reporter, key, signal(here)).caseView()
	other := w.walk("")
	d := w.documents(manager, c, "")[0]
	require.Contains(t, w.get(manager, "/api/v1/cases?text="+wordOfCase).body, c.ID)
	w.erase(supervisor, dpo, casePath(c), d.ID)

	listed := w.documents(manager, c, "")
	require.Len(t, listed, 1)
	require.Equal(t, file.ErasureGround(file.ConsentWithdrawn), listed[0].Erased.Reason)
	require.Equal(t, map[string]string{}, listed[0].Texts)
	require.Equal(t, d.Digest, listed[0].Digest)

	require.Empty(t, w.read(manager, c).Title)
	found := w.get(manager, "/api/v1/cases?text="+wordOfCase).body
	require.NotContains(t, found, c.ID)
	require.Contains(t, found, other.ID)
	require.Contains(t, w.get(manager, "/api/v1/cases").body, c.ID)

	again := w.create(reporter, key, signal(here)).caseView()
	require.Equal(t, c.ID, again.ID, "who reported it may ask again what became of it")
	require.Equal(t, 1, w.count("SELECT count(*) FROM document WHERE file_id = $1", c.ID), "nothing is stored again")
	w.get(manager, casePath(c)+"/documents/"+d.ID).refused(http.StatusGone, "gone", "erased")
	w.must(manager, c, "assign", object{"assignee": caseworker})

	var was PastView
	w.get(supervisor, casePath(c)+"/versions/1").ok(&was)
	require.True(t, was.Verified)
	for lang, says := range map[string]string{
		"de": "Ein Dokument wurde gelöscht: Eine zweite Person hat die Löschung freigegeben. Grund: Einwilligung widerrufen (Buchst. b).",
		"en": "A document was erased: a second person approved it. Ground: consent withdrawn (point b).",
	} {
		told := w.timeline(supervisor, casePath(c), "kind=erasure&lang="+lang).Items
		require.Len(t, told, 2)
		require.Equal(t, says, told[0].Text)
		require.Equal(t, d.ID, told[0].Subject)
		require.Equal(t, dpo, told[0].Actor)
		require.Equal(t, "consent_withdrawn", told[0].Reason)
	}
	require.Contains(t, w.get(supervisor, casePath(c)+"/history").body, `"kind":"erasure"`)
	require.Contains(t, w.get(supervisor, "/api/v1/access-log?kind=erasure").body, "approve_erasure")
	require.NotContains(t, w.log.String(), "request failed")
}

func TestADocumentIsStoredOnceByManyWhoRepeatIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := newKey()
	answers := make(chan string)
	for range 6 {
		go func() { answers <- w.create(reporter, key, signal(here)).body }()
	}
	first := <-answers
	for range 5 {
		require.JSONEq(t, first, <-answers)
	}
	require.Equal(t, 1, w.count("SELECT count(*) FROM document"))
	require.Equal(t, 1, w.count("SELECT count(*) FROM document WHERE length(secret) = 32"))
}

func TestADocumentFromBeforeThereWereSecretsIsReadAndErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := newKey()
	c := w.create(reporter, key, signal(here)).caseView()
	d := w.documents(manager, c, "")[0]
	plain, err := json.Marshal(d.Texts)
	require.NoError(t, err)
	var wrapped []byte
	require.NoError(t, w.rec.Owner.QueryRow(context.Background(), "SELECT wrapped FROM data_key WHERE file_id = $1", c.ID).Scan(&wrapped))
	m, err := master()
	require.NoError(t, err)
	k, err := m.Unwrap(wrapped, "case/"+c.ID+"/case")
	require.NoError(t, err)
	sealed, err := k.Seal(plain, vault.Binding(d.ID, 1))
	require.NoError(t, err)
	before := fmt.Sprintf("UPDATE document SET secret = NULL, sealed = '\\x%x' WHERE id = '%s'", sealed, d.ID)
	w.exec("ALTER TABLE document DISABLE TRIGGER keep")
	w.exec(before)
	w.exec("ALTER TABLE document ENABLE TRIGGER keep")

	require.Contains(t, w.get(manager, casePath(c)+"/documents/"+d.ID).body, wordOfCase)
	require.Equal(t, d.Texts["title"], w.read(manager, c).Title)
	w.erase(supervisor, dpo, casePath(c), d.ID)
	w.get(manager, casePath(c)+"/documents/"+d.ID).refused(http.StatusGone, "gone", "erased")
}

func TestTheDPOAsksUnseenAndAnotherApproves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-work-session")
	w.grant("u-dpo2", "dpo", here)
	for _, d := range w.documents(mediator, c, "") {
		v := w.askFor(dpo, casePath(c), d.ID).erasure()
		require.Equal(t, d.ID, v.Document)
		w.post(dpo, "/api/v1/erasures/"+v.ID+"/approve", nil).refused(http.StatusForbidden, "forbidden", "four_eyes")
		w.post("u-dpo2", "/api/v1/erasures/"+v.ID+"/approve", nil).erasure()
	}
	require.Zero(t, w.count("SELECT count(*) FROM document WHERE file_id = $1 AND compartment <> 'identities' AND sealed <> ''", c.ID))
	w.get(dpo, casePath(c)+"/documents").refused(http.StatusForbidden, "forbidden", "role")
	w.askFor(dpo, casePath(c), "00000000-0000-4000-8000-000000000000").refused(http.StatusNotFound, "not-found", "compartment")
	other := w.walk("")
	w.askFor(dpo, casePath(other), w.documents(mediator, c, "")[0].ID).refused(http.StatusNotFound, "not-found", "compartment")
}

func TestWhoMayAskForAnErasure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	signal := w.documents(manager, c, "?action=report_signal")[0]
	names := w.documents(caseworker, c, "?action=record_analysis")
	name := names[slices.IndexFunc(names, func(d files.DocumentView) bool { return d.Compartment == conflict.Identities })]
	w.askFor(manager, casePath(c), name.ID).refused(http.StatusNotFound, "not-found", "compartment")
	for _, as := range []string{steering, evaluation, caseworker, reporter} {
		w.askFor(as, casePath(c), signal.ID).problem(http.StatusForbidden, "forbidden")
	}
	for _, as := range []string{foreign(supervisor), foreign(dpo), admin, stranger, coordinator} {
		w.askFor(as, casePath(c), signal.ID).refused(http.StatusNotFound, "not-found", "scope")
	}
	w.post(manager, casePath(c)+"/documents/"+signal.ID+"/erasure", object{"reason": "weil"}).refused(http.StatusUnprocessableEntity, "invalid", "schema")
	w.post(manager, casePath(c)+"/documents/"+signal.ID+"/erasure", object{"reason": "objection", "note": "Frau Y"}).refused(http.StatusUnprocessableEntity, "invalid", "unknown_field")
	require.Equal(t, supervisor, w.erase(supervisor, dpo, casePath(c), name.ID).RequestedBy)
	require.Contains(t, w.get(manager, casePath(c)+"/documents/"+signal.ID).body, wordOfCase, "the others are as they were")

	key := newKey()
	ask := func(body object) answer {
		return w.call(manager, http.MethodPost, casePath(c)+"/documents/"+signal.ID+"/erasure", body, "Idempotency-Key", key)
	}
	first := ask(object{"reason": "objection"}).erasure()
	require.Equal(t, first, ask(object{"reason": "objection"}).erasure())
	ask(object{"reason": "unlawful"}).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE action = 'request_erasure' AND actor = $1 AND kind = 'erasure'", manager))
	require.Equal(t, file.ErasureRejected, w.post(supervisor, "/api/v1/erasures/"+first.ID+"/reject", nil).erasure().Status)
	require.Contains(t, w.get(manager, casePath(c)+"/documents/"+signal.ID).body, wordOfCase)
	require.Contains(t, wording(w.timeline(manager, casePath(c), "kind=erasure").Items), "Die Löschung eines Dokuments wurde abgelehnt. Grund: Widerspruch (Buchst. c).")
	w.erase(manager, supervisor, casePath(c), signal.ID)
}

func TestErasuresAreListedToThoseOfTheArea(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all []string
	for range 5 {
		c := w.walk("")
		v := w.askFor(manager, casePath(c), w.documents(manager, c, "")[0].ID).erasure()
		all = append([]string{v.ID}, all...)
	}
	w.post(dpo, "/api/v1/erasures/"+all[1]+"/approve", nil).erasure()
	theirs := w.report(foreign(reporter), there)
	w.askFor(foreign(manager), casePath(theirs), w.documents(foreign(manager), theirs, "")[0].ID).erasure()

	ids := func(vs []files.ErasureView) (ids []string) {
		for _, v := range vs {
			ids = append(ids, v.ID)
		}
		return ids
	}
	for _, as := range []string{manager, manager2, supervisor, dpo} {
		require.Equal(t, all, ids(w.erasures(as, "")), as)
	}
	require.Len(t, w.erasures(foreign(dpo), ""), 1)
	require.Equal(t, []string{all[1]}, ids(w.erasures(dpo, "status=approved")))
	require.Len(t, w.erasures(dpo, "status=open"), 4)
	require.Empty(t, w.erasures(mediator, ""), "those of others")
	require.Equal(t, []string{all[0]}, ids(w.erasures(dpo, "file="+w.erasures(dpo, "")[0].File)))
	require.Empty(t, w.erasures(dpo, "file="+theirs.ID))
	for _, as := range []string{reporter, steering, evaluation, admin, trainee, stranger} {
		w.get(as, "/api/v1/erasures").refused(http.StatusForbidden, "forbidden", "role")
	}
	var got []string
	next := ""
	for {
		var p erasurePage
		w.get(dpo, "/api/v1/erasures?limit=2"+next).ok(&p)
		got = append(got, ids(p.Items)...)
		if p.Next == "" {
			break
		}
		next = "&cursor=" + p.Next
	}
	require.Equal(t, all, got)
	w.get(dpo, "/api/v1/erasures?cursor=x").refused(http.StatusUnprocessableEntity, "invalid", "cursor")
	require.Positive(t, w.count("SELECT count(*) FROM access_log WHERE actor = $1 AND action = 'read_erasures' AND kind = 'read'", dpo))
}

func TestTheWordsOfAnEnrolmentAreErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, code := w.certified(trainee)
	var docs struct{ Items []files.DocumentView }
	w.get(coordinator, enrolmentPath(e.ID)+"/documents?limit=100").ok(&docs)
	for _, d := range docs.Items {
		if d.Texts["holder"] == "" {
			continue
		}
		w.post(trainee, enrolmentPath(e.ID)+"/documents/"+d.ID+"/erasure", object{"reason": "objection"}).problem(http.StatusForbidden, "forbidden")
		v := w.erase(coordinator, supervisor, enrolmentPath(e.ID), d.ID)
		require.Equal(t, enrolment.Kind, v.Kind)
		w.get(coordinator, enrolmentPath(e.ID)+"/documents/"+d.ID).refused(http.StatusGone, "gone", "erased")
	}
	require.NotEmpty(t, w.erasures(coordinator, ""))
	w.get(trainee, certificatesOf(e)+"/"+code+"/certificate.pdf").refused(http.StatusNotFound, "not-found", "erased")
	w.get(trainee, enrolmentPath(e.ID)+"/transcript").refused(http.StatusNotFound, "not-found", "erased")
	require.Equal(t, http.StatusOK, w.get("", "/api/v1/certificates/"+code).code, "the certificate still holds")
	require.Equal(t, http.StatusOK, w.get(coordinator, enrolmentPath(e.ID)+"/documents").code)
	require.Equal(t, http.StatusOK, w.get(coordinator, "/api/v1/enrolments").code)
	require.Contains(t, wording(w.timeline(supervisor, enrolmentPath(e.ID), "kind=erasure").Items), "Ein Dokument wurde gelöscht: Eine zweite Person hat die Löschung freigegeben. Grund: Einwilligung widerrufen (Buchst. b).")
	require.False(t, strings.Contains(w.log.String(), "request failed"))
}
