package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"

	"koko/domain/advice"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/embedded/devstack"
	"koko/internal/demo"
	"koko/workflows"
)

// standing is where the demo cases stand.
var standing = map[string]conflict.Phase{
	"KM-2025-001": conflict.FollowUp, "KM-2025-002": conflict.Work, "KM-2025-003": conflict.Closed,
	"KM-2025-004": conflict.FollowUp, "KM-2025-005": conflict.FollowUp, "KM-2025-006": conflict.Work,
	"KM-2025-007": conflict.FollowUp, "KM-2025-008": conflict.FollowUp, "KM-2025-009": conflict.FollowUp,
	"KM-2025-010": conflict.FollowUp,
}

// demoCases are the ten cases as the district's supervisor lists them.
func demoCases(t testing.TB, s *stack) casePage {
	t.Helper()
	var page casePage
	s.get(t, "supervisor.lankeland", casesPath+"?limit=100", &page)
	return page
}

func TestTheDemoCasesStandWhereTheyStand(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	page := demoCases(t, s)
	phases := map[string]conflict.Phase{}
	for _, c := range page.Items {
		phases[c.Reference] = c.Phase
	}
	require.Equal(t, standing, phases)
	require.Equal(t, 10, page.Counts.Total)
	require.NotContains(t, tail(filepath.Join(s.dir, "koko.log"), 1<<20), `"level":"ERROR"`)
}

// advised is where the demo advice stands, by municipality.
var advised = map[ags.Key]advice.Phase{"05999003": advice.Running, "05999004": advice.Asked, "05999005": advice.Received}

// adviceInDistrict lists the advice where nobody else asks for any: other tests use the same stack.
const adviceInDistrict = "/api/v1/advice?limit=100&ags=05999003&ags=05999004&ags=05999005"

func TestTheDemoAdviceStandsAsItIsTold(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	var page struct {
		Items []advice.Advice `json:"items"`
	}
	s.get(t, "advice_coordinator.lankeland", adviceInDistrict, &page)
	phases := map[ags.Key]advice.Phase{}
	c := s.engine(t)
	for _, a := range page.Items {
		phases[a.AGS] = a.Phase
		for _, h := range historiesOf(t, c, workflows.ID(advice.Kind, a.ID)) {
			replay(t, h)
		}
	}
	require.Equal(t, advised, phases)
	s.get(t, "supervisor.lankeland", adviceInDistrict, &page)
	require.Len(t, page.Items, 2, "of the coaching nobody else learns")
}

// trainees is where the demo cohorts' trainees stand.
var trainees = map[string]enrolment.Phase{
	"trainee1.musterhausen": enrolment.Certified, "trainee2.musterhausen": enrolment.Certified, "trainee1.neuwerden": enrolment.Certified,
	"trainee2.neuwerden": enrolment.Confirmed, "trainee1.lankeland": enrolment.Withdrawn, "trainee2.lankeland": enrolment.Failed,
	"trainee3.musterhausen": enrolment.Assessment, "trainee4.musterhausen": enrolment.Modules, "trainee5.musterhausen": enrolment.Modules,
	"trainee6.musterhausen": enrolment.Waiting, "trainee3.neuwerden": enrolment.Modules, "trainee4.neuwerden": enrolment.Modules,
	"trainee5.neuwerden": enrolment.Applied, "trainee3.lankeland": enrolment.Applied,
}

// warned are the trainees whom the early warning is about.
var warned = map[string]enrolment.WayWarning{"trainee3.musterhausen": enrolment.Tight, "trainee3.neuwerden": enrolment.Tight}

func TestTheDemoCohortsStandAsTheyAreTold(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	phases, warnings, paused := map[string]enrolment.Phase{}, map[string]enrolment.WayWarning{}, []string{}
	for _, e := range demoEnrolments(t, s).Items {
		login := loginOf(e.Trainee)
		phases[login] = e.Phase
		if e.Warning != enrolment.NoWarning && !slices.Contains([]enrolment.Phase{enrolment.Confirmed, enrolment.Withdrawn, enrolment.Failed}, e.Phase) {
			warnings[login] = e.Warning
		}
		if e.Paused {
			paused = append(paused, login)
		}
	}
	require.Equal(t, trainees, phases)
	require.Equal(t, warned, warnings)
	require.Equal(t, []string{"trainee4.neuwerden"}, paused)

	var page cohortPage
	s.get(t, "coordinator.lankeland", cohortsPath+"?limit=100", &page)
	stages := map[string]cohort.Stage{}
	for _, c := range page.Items {
		stages[c.Title[len(c.Title)-len("1. Durchgang"):]] = c.Stage
	}
	require.Equal(t, map[string]cohort.Stage{"1. Durchgang": cohort.Finished, "2. Durchgang": cohort.Running, "3. Durchgang": cohort.Open}, stages)
}

func TestEveryEnrolmentsAndCohortsHistoryReplays(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	c := s.engine(t)
	for id := range trainingWorkflows(t, s) {
		for _, h := range historiesOf(t, c, id) {
			replay(t, h)
		}
	}
}

func TestEveryCasesHistoryReplays(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	c := s.engine(t)
	record := openRecord(t, s)
	for _, item := range demoCases(t, s).Items {
		hs := historiesOf(t, c, workflows.ID("case", item.ID))
		for _, h := range hs {
			replay(t, h)
		}
		require.Equal(t, record.transitions(t, item.ID), fold(t, hs, 0), "%s: the histories tell what the record says", item.Reference)
		if item.Phase == conflict.FollowUp {
			require.Len(t, hs, 5, "%s: a run for each phase that it has been through", item.Reference)
		}
	}
	require.Empty(t, record.broken(t))
}

// TestNoPersonalDataLeaves searches all that leaves the sealed documents for every sentence and
// name that went in, and for the names and logins of the people who sent them. Only one thing may
// show them: the terminal of the person who started koko-dev names the logins to try and, while
// the demo cases go in, their titles.
func TestNoPersonalDataLeaves(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	needles := append(words(t), trainingWords(t)...)
	for _, u := range demo.Users() {
		needles = append(needles, u.Name, u.Login)
	}
	for where, text := range outside(t, s) {
		require.NotEmpty(t, text, where)
		require.Empty(t, found(needles, text), where)
	}
	require.Empty(t, found(needles, withoutWelcome(s.err.String())+s.out.String()), "the terminal")

	inside := documentsOf(t, s)
	require.Empty(t, missing(words(t), found(words(t), inside)), "the same search finds every word in the documents")
	require.NotEmpty(t, found(needles, s.err.String()), "and the titles on the terminal")
	require.Empty(t, missing(trainingWords(t), found(trainingWords(t), trainingDocumentsOf(t, s))), "so it does for the certification")
}

// trainingDocumentsOf is all that the district's coordinator can read of the cohorts and enrolments.
func trainingDocumentsOf(t *testing.T, s *stack) string {
	t.Helper()
	const me = "coordinator.lankeland"
	var all strings.Builder
	for _, e := range demoEnrolments(t, s).Items {
		all.Write(s.get(t, me, enrolmentsPath+"/"+e.ID+"/documents?limit=100", nil).body)
	}
	var page cohortPage
	s.get(t, me, cohortsPath+"?limit=100", &page)
	for _, c := range page.Items {
		all.Write(s.get(t, me, cohortsPath+"/"+c.ID, nil).body)
		all.Write(s.get(t, me, cohortsPath+"/"+c.ID+"/history?limit=100", nil).body)
	}
	return all.String()
}

func missing(all, found []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(w string) bool { return slices.Contains(found, w) })
}

// outside is everything that is not sealed, by where it stands.
func outside(t *testing.T, s *stack) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, name := range logFiles {
		raw, err := os.ReadFile(filepath.Join(s.dir, name))
		require.NoError(t, err)
		texts[name] = string(raw)
	}
	if texts["temporal.log"] == "" { // it logs errors only, and has none
		delete(texts, "temporal.log")
	}
	c := s.engine(t)
	var next []byte
	for {
		page, err := c.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: devstack.Namespace, NextPageToken: next})
		require.NoError(t, err)
		for _, e := range page.GetExecutions() {
			id, run := e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId()
			described, err := c.DescribeWorkflowExecution(t.Context(), id, run)
			require.NoError(t, err)
			for what, m := range map[string]proto.Message{"listed": e, "described": described} {
				texts[fmt.Sprintf("%s %s, %s", id, run, what)] = exported(t, m)
			}
		}
		if next = page.GetNextPageToken(); len(next) == 0 {
			break
		}
	}
	for _, item := range demoCases(t, s).Items {
		for i, h := range historiesOf(t, c, workflows.ID("case", item.ID)) {
			texts[fmt.Sprintf("%s, history %d", item.Reference, i+1)] = exported(t, h)
		}
	}
	for id := range trainingWorkflows(t, s) {
		for i, h := range historiesOf(t, c, id) {
			texts[fmt.Sprintf("%s, history %d", id, i+1)] = exported(t, h)
		}
	}
	require.Greater(t, len(texts), 150, "logs, executions and histories of ten cases and of the certification")
	return texts
}

func exported(t *testing.T, m proto.Message) string {
	t.Helper()
	b, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(m)
	require.NoError(t, err)
	return string(b)
}

var (
	demoProgress = regexp.MustCompile(`(?m)^(KM-2025-\d{3}|KOKO-\d) .*$`)
	loginsToTry  = regexp.MustCompile(`(?m)^  log in as .*$`)
)

func withoutWelcome(terminal string) string {
	return loginsToTry.ReplaceAllString(demoProgress.ReplaceAllString(terminal, ""), "")
}

// documentsOf is all that the people of the demo cases can read of them together.
func documentsOf(t *testing.T, s *stack) string {
	t.Helper()
	var all strings.Builder
	read := func(login, path string) {
		r, err := s.send(request{login: login, method: http.MethodGet, path: path})
		require.NoError(t, err)
		if r.status == http.StatusOK {
			all.Write(r.body)
		}
	}
	cases := demoCases(t, s).Items
	for _, u := range demo.Users() {
		if !slices.Contains([]string{"conflict_manager", "caseworker", "mediator", "supervisor"}, u.Role) {
			continue
		}
		for _, c := range cases {
			read(u.Login, casesPath+"/"+c.ID+"/documents?limit=100&reason=fachaufsicht")
		}
		var mine struct{ Items []struct{ ID string } }
		s.get(t, u.Login, "/api/v1/work?limit=100", &mine)
		for _, w := range mine.Items {
			read(u.Login, "/api/v1/work/"+w.ID+"/documents?limit=100")
		}
	}
	return all.String()
}
