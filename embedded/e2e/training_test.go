package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/domain/training/enrolment"
	"koko/internal/demo"
	"koko/workflows"
)

// A finding is what verify/verify.js says of a credential.
type finding struct {
	Holder      string `json:"holder"`
	Achievement string `json:"achievement"`
	Room        int    `json:"room"`
	Revoked     bool   `json:"revoked"`
}

// verify has a library that is not ours look at a credential.
func verify(t *testing.T, s *stack, credential []byte) (f finding, err error) {
	t.Helper()
	node, err := exec.LookPath("node")
	require.NoError(t, err, "this test needs node: apt-get install nodejs npm")
	require.DirExists(t, "verify/node_modules", "make node_modules")
	run := exec.CommandContext(t.Context(), node, "verify/verify.js", s.url)
	run.Stdin = bytes.NewReader(credential)
	var stderr bytes.Buffer
	run.Stderr = &stderr
	out, err := run.Output()
	if err != nil {
		t.Logf("%s", stderr.String())
		return f, err
	}
	return f, json.Unmarshal(out, &f)
}

// TestATraineeGoesFromApplicationToCertificate goes the whole way over HTTP, as everybody whose work
// it is, and then shows the certificate to strangers.
func TestATraineeGoesFromApplicationToCertificate(t *testing.T) {
	t.Parallel()
	s := newStack(t, t.TempDir(), "--demo=false")
	c := newCourse(t, s.api)
	const me = "trainee1.musterhausen"
	who, _ := demo.Find(me)
	file, issued := c.certify(me)
	require.Equal(t, enrolment.Certified, c.enrolment(file).Phase)

	own := file + "/certificates/" + issued.Code
	credential := s.get(t, me, own+"/credential", nil).body
	f, err := verify(t, s, credential)
	require.NoError(t, err)
	require.Equal(t, finding{who.Name, "Konfliktmanager:in im kommunalen Konfliktmanagement (KoKo)", 131072, false}, f)
	forged := bytes.Clone(credential)
	forged[len(forged)/2]++
	_, err = verify(t, s, forged)
	require.Error(t, err, "an altered credential is not believed")

	paper := s.get(t, me, own+"/certificate.pdf", nil)
	require.Equal(t, "application/pdf", paper.header.Get("Content-Type"))
	read := exec.CommandContext(t.Context(), "pdftotext", "-enc", "UTF-8", "-", "-")
	read.Stdin = bytes.NewReader(paper.body)
	text, err := read.Output()
	require.NoError(t, err, "this test needs pdftotext: apt-get install poppler-utils")
	for _, says := range []string{who.Name, issued.Code, "Konflikttheorie, Haltung und Früherkennung"} {
		require.Contains(t, string(text), says)
	}

	c.do(certifier, file, enrolment.ActionRevokeCertificate, map[string]any{"of": issued.Code, "reason": "irrtum", "text": "Verwechslung"})
	require.Eventually(t, func() bool { // the list may be kept for a minute
		f, err = verify(t, s, credential)
		return err != nil || f.Revoked
	}, 2*time.Minute, time.Second)
	require.NoError(t, err, "the signature still holds")
	require.True(t, f.Revoked)
	var checked struct{ Status string }
	s.get(t, "", "/api/v1/certificates/"+issued.Code, &checked)
	require.Equal(t, "revoked", checked.Status)
	for _, id := range []string{workflows.ID("cohort", c.cohort), workflows.ID("enrolment", c.enrolment(file).ID)} {
		for _, h := range historiesOf(t, s.engine(t), id) {
			replay(t, h)
		}
	}
}

// TestKillingEverythingDuringAnAssessmentLosesNothing kills koko-dev with -9 while two verdicts are on
// their way, starts it again and asks again: each stands once.
func TestKillingEverythingDuringAnAssessmentLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newStack(t, dir, "--demo=false")
	c := newCourse(t, s.api)
	file := c.enrol("trainee1.musterhausen")
	c.teach(4, file)
	c.practise("trainee1.musterhausen", file)
	for range orFew(3) {
		c.appointAssessors(file) // a resit, or the same attempt anew
		before := c.enrolment(file)
		orders := []request{}
		for i, who := range []string{assessorOne, assessorTwo} {
			orders = append(orders, request{
				login: who, method: http.MethodPost, path: file + "/record-verdict", key: uuid.NewString(),
				seen: fmt.Sprintf("%q", fmt.Sprint(before.Version+i)), body: verdict(i == 0),
			})
		}
		told := []reply{}
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			for _, o := range orders {
				r, err := c.api.send(o)
				if err != nil {
					return
				}
				told = append(told, r)
			}
		}()
		time.Sleep(time.Duration(before.Version%5) * 4 * time.Millisecond) // the moment is what is tried
		require.NoError(t, s.kill())
		<-answered

		s = newStack(t, dir, "--demo=false")
		c.api = s.api
		for i, o := range orders {
			var r reply
			require.Eventually(t, func() bool {
				var err error
				r, err = s.send(o)
				return err == nil && r.status != http.StatusServiceUnavailable
			}, time.Minute, 50*time.Millisecond)
			require.Equal(t, http.StatusOK, r.status, "%s", r.body)
			if i < len(told) && told[i].status == http.StatusOK {
				require.Equal(t, told[i].etag(), r.etag(), "the same answer again")
			}
		}
		after := c.enrolment(file)
		require.Equal(t, before.Version+2, after.Version)
		require.Len(t, after.Attempts[len(after.Attempts)-1].Verdicts, 2)
	}
	record := openRecord(t, s)
	require.Empty(t, record.broken(t))
	for _, h := range historiesOf(t, s.engine(t), workflows.ID("enrolment", c.enrolment(file).ID)) {
		replay(t, h)
	}
}

// TestAnotherMunicipalitySeesNothingOfATrainee asks as everybody of neuwerden for those who work
// elsewhere, and as strangers who know the ids.
func TestAnotherMunicipalitySeesNothingOfATrainee(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	var foreign []string
	for _, e := range demoEnrolments(t, s).Items {
		if e.AGS != neuwerden {
			foreign = append(foreign, enrolmentsPath+"/"+e.ID)
		}
	}
	require.Len(t, foreign, 9)
	for _, u := range ofPlace("neuwerden") {
		var page enrolmentPage
		s.get(t, u.Login, enrolmentsPath+"?limit=100", &page)
		for _, e := range page.Items {
			require.Equal(t, neuwerden, e.AGS, u.Login)
		}
		for _, file := range foreign {
			for _, path := range []string{"", "/way", "/documents", "/history", "/certificates", "/transcript"} {
				require.Equal(t, http.StatusNotFound, s.status(t, u.Login, file+path), "%s%s as %s", file, path, u.Login)
			}
		}
	}
	for _, file := range foreign {
		require.Equal(t, http.StatusUnauthorized, s.status(t, "", file))
	}
}
