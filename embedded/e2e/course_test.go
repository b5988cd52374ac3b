package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	domain "koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/demo"
)

const (
	enrolmentsPath = "/api/v1/enrolments"
	cohortsPath    = "/api/v1/cohorts"
)

// The district's people of the certification.
const (
	coordinator = "coordinator.lankeland"
	certifier   = "certifier.lankeland"
	trainer     = "trainer.lankeland"
	assessorOne = "assessor.lankeland"
	assessorTwo = "assessor2.lankeland"
)

type enrolmentPage struct {
	Items []struct {
		ID      string               `json:"id"`
		AGS     string               `json:"ags"`
		Phase   enrolment.Phase      `json:"phase"`
		Trainee string               `json:"trainee"`
		Warning enrolment.WayWarning `json:"warning"`
		Paused  bool                 `json:"paused"`
	} `json:"items"`
}

type cohortPage struct {
	Items []struct {
		ID    string       `json:"id"`
		Title string       `json:"title"`
		Stage cohort.Stage `json:"phase"`
	} `json:"items"`
}

// demoEnrolments are those of the demo cohorts, as the district's coordinator lists them.
func demoEnrolments(t testing.TB, s *stack) enrolmentPage {
	t.Helper()
	var page enrolmentPage
	s.get(t, coordinator, enrolmentsPath+"?limit=100", &page)
	return page
}

// trainingWorkflows are the ids of the workflows of the demo cohorts and their trainees.
func trainingWorkflows(t testing.TB, s *stack) map[string]bool {
	t.Helper()
	ids := map[string]bool{}
	for _, e := range demoEnrolments(t, s).Items {
		ids["enrolment-"+e.ID] = true
	}
	var page cohortPage
	s.get(t, coordinator, cohortsPath+"?limit=100", &page)
	for _, c := range page.Items {
		ids["cohort-"+c.ID] = true
	}
	require.Len(t, ids, 17)
	return ids
}

func loginOf(subject string) string {
	for _, u := range demo.Users() {
		if u.Subject == subject {
			return u.Login
		}
	}
	return ""
}

// A course is a cohort with its trainees, driven over HTTP.
type course struct {
	api
	t      testing.TB
	cohort string
}

// newCourse plans a cohort that starts in four weeks. Its dates are added when they have taken place.
func newCourse(t testing.TB, a api) *course {
	t.Helper()
	a.appoint(t, "lankeland", "coordinator", "certifier", "trainer", "assessor", "assessor2", "linemanager")
	c := &course{api: a, t: t}
	var planned cohort.Cohort
	c.send(coordinator, cohortsPath, "", map[string]any{
		"ags": musterhausen, "curriculum": "koko", "title": "Durchgang", "offered": []string{musterhausen, neuwerden, "05999003"},
		"seats": 12, "minimum": 1, "quota": 12, "closes": time.Now().AddDate(0, 0, 28), "offer_days": 7,
		"trainers": []string{subject(trainer)}, "assessors": []string{subject(assessorOne), subject(assessorTwo)}, "dates": []any{},
	}, &planned)
	c.cohort = planned.ID
	return c
}

// send sends a command and expects it to be carried out.
func (c *course) send(login, path, seen string, body, out any) reply {
	c.t.Helper()
	r, err := c.api.send(request{login: login, method: http.MethodPost, path: path, key: uuid.NewString(), seen: seen, body: body})
	require.NoError(c.t, err)
	require.Less(c.t, r.status, 300, "%s as %s: %s", path, login, r.body)
	require.NoError(c.t, json.Unmarshal(r.body, out))
	return r
}

// do has login give a command on a file as it stands now.
func (c *course) do(login, file string, a domain.Action, body map[string]any) reply {
	c.t.Helper()
	var out map[string]any
	seen := c.get(c.t, coordinator, file, nil).etag()
	return c.send(login, file+"/"+strings.ReplaceAll(string(a), "_", "-"), seen, body, &out)
}

func (c *course) enrolment(file string) (e enrolment.Enrolment) {
	c.t.Helper()
	c.get(c.t, coordinator, file, &e)
	return e
}

// until waits for the workflows to bring an enrolment to something.
func (c *course) until(file string, holds func(enrolment.Enrolment) bool) (e enrolment.Enrolment) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		r, err := c.api.send(request{login: coordinator, method: http.MethodGet, path: file})
		e = enrolment.Enrolment{}
		return err == nil && r.status == http.StatusOK && json.Unmarshal(r.body, &e) == nil && holds(e)
	}, time.Minute, 20*time.Millisecond)
	return e
}

func inPhase(p enrolment.Phase) func(enrolment.Enrolment) bool {
	return func(e enrolment.Enrolment) bool { return e.Phase == p }
}

// enrol has a trainee apply, and both agree; it returns the path of the enrolment, which has a seat.
func (c *course) enrol(login string) string {
	c.t.Helper()
	_, place, _ := strings.Cut(login, ".")
	prefix, _, _ := strings.Cut(login, ".")
	c.appoint(c.t, place, prefix, "linemanager")
	u, _ := demo.Find(login)
	var begun enrolment.Enrolment
	c.send(login, enrolmentsPath, "", map[string]any{
		"ags": u.Areas[0], "line_manager": subject("linemanager." + place), "cohort": c.cohort, "holder": u.Name,
	}, &begun)
	file := enrolmentsPath + "/" + begun.ID
	c.do("linemanager."+place, file, enrolment.ActionDecideRelease, map[string]any{"granted": true})
	c.do(coordinator, file, enrolment.ActionDecideApplication, map[string]any{"granted": true})
	c.until(file, inPhase(enrolment.Modules))
	return file
}

// teach adds dates of some modules that have taken place, at which everybody was, and signs their lists.
func (c *course) teach(modules int, files ...string) {
	c.t.Helper()
	cohortID := cohortsPath + "/" + c.cohort
	var entries []map[string]any
	for _, f := range files {
		entries = append(entries, map[string]any{"enrolment": strings.TrimPrefix(f, enrolmentsPath+"/"), "minutes": 960})
	}
	for i := range modules {
		begins, id := time.Now().AddDate(0, 0, -10*(i+1)), fmt.Sprint("d", i+1)
		c.do(coordinator, cohortID, cohort.ActionAddDate, map[string]any{"date": map[string]any{
			"id": id, "unit": fmt.Sprint("m", i+1), "begins": begins, "ends": begins.Add(20 * time.Hour), "minutes": 960, "online": false,
		}})
		c.settled(cohortID)
		c.do(trainer, cohortID, cohort.ActionSignList, map[string]any{"date": id, "source": "unterschriftenliste", "entries": entries})
	}
}

// settled waits until the time limits of dates that are over have passed.
func (c *course) settled(cohortID string) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		var now cohort.Cohort
		c.get(c.t, coordinator, cohortID, &now)
		d, timed := domain.NextDeadline(now)
		return !timed || d.Due.After(time.Now())
	}, time.Minute, 20*time.Millisecond)
}

// practise hands in what the curriculum asks for, and has it accepted.
func (c *course) practise(login, file string) {
	c.t.Helper()
	c.until(file, inPhase(enrolment.Practice))
	c.do(login, file, enrolment.ActionSubmitConcept, map[string]any{"shared": false, "text": "Ein Konzept"})
	c.do(trainer, file, enrolment.ActionReviewConcept, map[string]any{"accepted": true})
	c.do(login, file, enrolment.ActionSubmitCaseReport, map[string]any{"anonymised": true, "text": "Ein Fall"})
	c.do(trainer, file, enrolment.ActionReviewCaseReport, map[string]any{"accepted": true})
	for i := range 3 {
		on := inDays(-i - 1)
		c.do(trainer, file, enrolment.ActionRecordSupervision, map[string]any{"on": on, "minutes": 90})
	}
}

func verdict(passed bool) map[string]any {
	return map[string]any{"passed": passed, "reasons": "Schlüssig", "rubric": []map[string]any{{"criterion": "kolloquium", "points": 2}}}
}

func (c *course) appointAssessors(file string) {
	c.t.Helper()
	c.do(coordinator, file, enrolment.ActionAppointAssessors, map[string]any{"assessors": []string{subject(assessorOne), subject(assessorTwo)}})
}

// certify goes the whole way with a trainee and returns the certificate.
func (c *course) certify(login string) (file string, issued enrolment.Certificate) {
	c.t.Helper()
	file = c.enrol(login)
	c.teach(4, file)
	c.practise(login, file)
	c.appointAssessors(file)
	c.do(assessorOne, file, enrolment.ActionRecordVerdict, verdict(true))
	c.do(assessorTwo, file, enrolment.ActionRecordVerdict, verdict(true))
	c.do(certifier, file, enrolment.ActionCertify, map[string]any{})
	return file, c.enrolment(file).Certificates[0]
}
