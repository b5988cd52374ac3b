package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"koko/activities"
	"koko/api/files"
	"koko/domain/fault"
	"koko/internal/evidence/runs"
)

// A shelf is what an engine still has of runs.
type shelf struct{ has []shelved }

type shelved struct {
	runs.ID
	*runs.History
}

func (s *shelf) Run(_ context.Context, workflowID, runID string) (runs.Run, error) {
	h, err := s.find(workflowID, runID)
	if err != nil {
		return runs.Run{}, err
	}
	return runs.Of(workflowID, h.RunID, h.History)
}

func (s *shelf) History(_ context.Context, workflowID, runID string) (*runs.History, error) {
	h, err := s.find(workflowID, runID)
	return h.History, err
}

func (s *shelf) find(workflowID, runID string) (shelved, error) {
	for _, h := range slices.Backward(s.has) {
		if h.WorkflowID == workflowID && (runID == "" || h.RunID == runID) {
			return h, nil
		}
	}
	return shelved{}, fault.Newf(fault.NotFound, "the engine has no such run").By("unknown_run", "look elsewhere")
}

// shelve has the engine know recorded histories as the runs of a workflow, and returns their ids.
func (w *world) shelve(workflowID, recorded string) (ids []string) {
	w.t.Helper()
	files, err := filepath.Glob("../workflows/testdata/history/" + recorded)
	require.NoError(w.t, err)
	require.NotEmpty(w.t, files)
	for _, file := range files {
		f, err := os.Open(file)
		require.NoError(w.t, err)
		h, err := client.HistoryFromJSON(f, client.HistoryJSONOptions{})
		require.NoError(w.t, err)
		require.NoError(w.t, f.Close())
		id := h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetOriginalExecutionRunId()
		ids = append(ids, id)
		w.runs.has = append(w.runs.has, shelved{runs.ID{WorkflowID: workflowID, RunID: id}, h})
	}
	return ids
}

// forget has the engine forget runs.
func (w *world) forget(ids ...string) {
	w.runs.has = slices.DeleteFunc(w.runs.has, func(h shelved) bool { return slices.Contains(ids, h.RunID) })
}

// keep keeps runs that the engine has, as the worker does.
func (w *world) keep(ids ...string) {
	w.t.Helper()
	for _, h := range w.runs.has {
		if !slices.Contains(ids, h.RunID) {
			continue
		}
		p, err := runs.Pack(h.WorkflowID, h.RunID, h.History)
		require.NoError(w.t, err)
		p.AGS = here
		_, err = activities.Keep(w.t.Context(), w.rec.Worker, p)
		require.NoError(w.t, err)
	}
}

type runPage struct{ Items []files.RunView }

type eventPage struct {
	Run, Where, Broken, Next string
	Whole                    bool
	Items                    []files.EventView
}

func (w *world) runsAt(as, path string) []files.RunView {
	w.t.Helper()
	var p runPage
	w.get(as, path+"/runs").ok(&p)
	return p.Items
}

func (w *world) eventsAt(as, path, run, query string) (p eventPage, body string) {
	w.t.Helper()
	a := w.get(as, path+"/runs/"+run+"/events?"+query)
	a.ok(&p)
	return p, a.body
}

func TestTheRunsOfACaseAreListedFromTheFirstToTheCurrentOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	ids := w.shelve("case-"+c.ID, "ConflictCase/0001-plain-way-*.json")
	w.keep(ids[0], ids[1], ids[2])
	w.forget(ids[0], ids[1])
	w.forget(ids[3])
	rs := w.runsAt(supervisor, casePath(c))
	var where []string
	for _, r := range rs {
		where = append(where, r.Run+" "+string(r.Where))
	}
	require.Equal(t, []string{ids[0] + " kept", ids[1] + " kept", ids[2] + " both", ids[3] + " lost", ids[4] + " engine", ids[5] + " engine"}, where)
	require.EqualValues(t, "continued", rs[0].Status)
	require.NotNil(t, rs[0].Ended)
	require.Len(t, rs[0].SHA256, 64)
	require.Empty(t, rs[3].Path)
	require.Nil(t, rs[3].Began)
	require.Equal(t, casePath(c)+"/runs/"+ids[4]+"/events", rs[4].Path)
	require.EqualValues(t, "open", rs[5].Status)
	require.Nil(t, rs[5].Ended)
	require.Equal(t, casePath(c)+"/runs", w.timelineRuns(supervisor, casePath(c)))
	for _, r := range rs {
		if r.Where != "lost" {
			w.get(supervisor, r.Path).ok(&eventPage{})
		}
	}
	reads := w.timeline(supervisor, casePath(c), "kind=read&limit=200").Items
	var subjects []string
	for _, r := range reads {
		subjects = append(subjects, r.Subject)
	}
	require.Contains(t, subjects, "runs")
	require.Contains(t, subjects, "run/"+ids[4], "reading raw events is recorded")
}

func (w *world) timelineRuns(as, path string) string {
	w.t.Helper()
	var p struct{ Runs string }
	w.get(as, path+"/timeline").ok(&p)
	return p.Runs
}

func TestRunsAreForThoseWhoMayReadTheHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	ids := w.shelve("case-"+c.ID, "ConflictCase/0001-plain-way-*.json")
	other := w.report(reporter, here)
	w.shelve("case-"+other.ID, "ConflictCase/0003-refused-1.json")
	for _, path := range []string{"/runs", "/runs/" + ids[0] + "/events"} {
		w.get(foreign(supervisor), casePath(c)+path).refused(http.StatusNotFound, "not-found", "scope")
		w.get(caseworker, casePath(c)+path).problem(http.StatusForbidden, "forbidden")
		w.get(steering, casePath(c)+path).problem(http.StatusForbidden, "forbidden")
		w.get("", casePath(c)+path).problem(http.StatusUnauthorized, "unauthenticated")
	}
	w.get(supervisor, casePath(other)+"/runs/"+ids[0]+"/events").refused(http.StatusNotFound, "not-found", "unknown_run")
	for _, bad := range []string{"limit=0", "limit=501", "cursor=x", "cursor=LTE", "lang=fr", "reason=curiosity"} {
		w.get(supervisor, casePath(c)+"/runs/"+ids[0]+"/events?"+bad).problem(http.StatusUnprocessableEntity, "invalid")
	}
	w.get(supervisor, casePath(c)+"/runs/nothing/events").problem(http.StatusUnprocessableEntity, "invalid")
}

func TestThePagesOfEventsMakeTheWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	id := w.shelve("case-"+c.ID, "ConflictCase/0001-plain-way-1.json")[0]
	whole, _ := w.eventsAt(supervisor, casePath(c), id, "limit=500")
	require.Empty(t, whole.Next)
	for i, e := range whole.Items {
		require.EqualValues(t, i+1, e.ID)
	}
	for _, limit := range []int{1, 7, len(whole.Items)} {
		var all []files.EventView
		for next := ""; ; {
			p, _ := w.eventsAt(supervisor, casePath(c), id, fmt.Sprintf("limit=%d%s", limit, next))
			require.LessOrEqual(t, len(p.Items), limit)
			all = append(all, p.Items...)
			if p.Next == "" {
				break
			}
			next = "&cursor=" + p.Next
		}
		require.Equal(t, whole.Items, all)
	}
}

// whoSeesAll is a mediator of record who may also read histories.
func (w *world) whoSeesAll() string {
	w.grant(mediator, "conflict_manager", here)
	return mediator
}

func TestRawEventsTellTheMediationToTheMediatorsOfRecordAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-interim-result")
	ids := w.shelve("case-"+c.ID, "ConflictCase/0001-plain-way-*.json")
	all := w.whoSeesAll()
	mediation, after := ids[2], ids[3]

	p, body := w.eventsAt(all, casePath(c), mediation, "limit=500")
	require.True(t, p.Whole)
	require.Contains(t, body, "record_session")
	require.Contains(t, body, `"voluntary":true`)
	require.NotContains(t, body, "withheld")
	require.NotContains(t, body, "confidential\":true,\"text")
	require.Equal(t, 1, strings.Count(body, `"type":"WorkflowExecutionStarted"`))

	for _, as := range []string{supervisor, dpo, manager} {
		p, body := w.eventsAt(as, casePath(c), mediation, "limit=500")
		require.False(t, p.Whole, as)
		for _, telling := range []string{"confirm_conditions", "record_session", "record_interim_result", "voluntary", "sessions", "interim", "SaveTransition", "review", "historySize"} {
			if telling == "historySize" {
				body = body[strings.Index(body, "confidential"):]
			}
			require.NotContains(t, body, telling, as)
		}
		first := slices.IndexFunc(p.Items, func(e files.EventView) bool { return e.Confidential })
		require.Positive(t, first)
		for i, e := range p.Items {
			switch {
			case e.Confidential:
				require.Equal(t, files.EventView{At: e.At, Text: "Der Fall ist in Bearbeitung.", Confidential: true}, e)
			case i < first:
				require.EqualValues(t, i+1, e.ID)
				require.NotEmpty(t, e.Attributes)
			default:
				require.Zero(t, e.ID, "a gap would tell how much there was")
				require.NotContains(t, e.Type, "Timer")
				if e.Type != "WorkflowExecutionUpdateAccepted" {
					require.Empty(t, e.Attributes)
				}
			}
		}
		// The next run begins with what the mediation left in the state: its size would tell.
		p, body = w.eventsAt(as, casePath(c), after, "limit=500")
		require.NotContains(t, body, "size", as)
		require.Zero(t, p.Items[0].ID)
		for _, r := range w.runsAt(as, casePath(c)) {
			require.Zero(t, r.Events, as)
		}
	}
	en := w.call(supervisor, http.MethodGet, casePath(c)+"/runs/"+mediation+"/events", nil, "Accept-Language", "en")
	require.Equal(t, "en", en.header.Get("Content-Language"))
	require.Contains(t, en.body, "The case is being worked on.")
	require.NotZero(t, w.runsAt(all, casePath(c))[2].Events)
}

func TestWordsOfTheMediationAreAsConfidentialAsItsCommands(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-interim-result")
	ids := w.shelve("case-"+c.ID, "ConflictCase/0006-notes-*.json")
	neutral, noted := 0, 0
	for _, id := range ids {
		p, body := w.eventsAt(supervisor, casePath(c), id, "limit=500")
		require.NotContains(t, body, "mediation_file")
		require.NotContains(t, body, "attendance")
		for _, e := range p.Items {
			if e.Confidential {
				neutral++
			}
			if strings.Contains(string(e.Attributes), "add_note") {
				noted++
			}
		}
	}
	require.Equal(t, 2, neutral, "the note, and the one that was refused")
	require.Equal(t, 1, noted, "the note in the case file")
}

func TestWithoutTheMediationPayloadsAreWithheldWithTheirDigests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	ids := w.shelve("case-"+c.ID, "ConflictCase/0003-refused-*.json")
	p, body := w.eventsAt(dpo, casePath(c), ids[0], "limit=500")
	require.Contains(t, body, `"payload":"withheld"`)
	require.NotContains(t, body, "05999001")
	require.NotContains(t, body, "is at version", "messages of refusals may tell")
	var began struct {
		Input []struct {
			Payload, Digest string
			Size            int
		}
	}
	require.NoError(t, json.Unmarshal(p.Items[0].Attributes, &began))
	require.Len(t, began.Input, 1)
	require.Len(t, began.Input[0].Digest, 64)
	require.Positive(t, began.Input[0].Size)
	var names []string
	for _, e := range p.Items {
		var a struct {
			AcceptedRequest struct{ Input struct{ Name string } }
		}
		if e.Type == "WorkflowExecutionUpdateAccepted" {
			require.NoError(t, json.Unmarshal(e.Attributes, &a))
			names = append(names, a.AcceptedRequest.Input.Name)
		}
	}
	require.Contains(t, names, "report_signal")
}

func TestAKeptHistoryThatIsNotWhatItWasIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	ids := w.shelve("case-"+c.ID, "ConflictCase/0001-plain-way-*.json")
	w.keep(ids[0], ids[1])
	w.exec(`BEGIN; SET LOCAL session_replication_role = replica;
		UPDATE run_history SET data = (SELECT data FROM run_history WHERE run_id = '` + ids[1] + `') WHERE run_id = '` + ids[0] + `';
		UPDATE run_history SET events = events + 1 WHERE run_id = '` + ids[1] + `'; COMMIT`)
	w.t.Cleanup(func() { w.exec("ALTER TABLE run_history DISABLE TRIGGER USER"); w.exec("TRUNCATE run_history") })
	rs := w.runsAt(supervisor, casePath(c))
	require.Equal(t, "the kept bytes do not fit their digest", rs[0].Broken)
	require.Equal(t, "what is kept beside the history does not fit its seal", rs[1].Broken)
	require.Empty(t, rs[2].Broken)

	p, _ := w.eventsAt(supervisor, casePath(c), ids[0], "")
	require.EqualValues(t, "engine", p.Where, "the engine still knows better")
	require.Equal(t, "the kept bytes do not fit their digest", p.Broken)
	w.forget(ids[0])
	p, _ = w.eventsAt(supervisor, casePath(c), ids[0], "")
	require.EqualValues(t, "kept", p.Where)
	require.Equal(t, "the kept bytes do not fit their digest", p.Broken)
	require.NotEmpty(t, p.Items, "what can still be read")
	w.exec(`BEGIN; SET LOCAL session_replication_role = replica; UPDATE run_history SET data = 'x' WHERE run_id = '` + ids[0] + `'; COMMIT`)
	p, _ = w.eventsAt(supervisor, casePath(c), ids[0], "")
	require.Equal(t, "the kept bytes cannot be unpacked", p.Broken)
	require.Empty(t, p.Items)
}

func TestTheHistoryOfTheTrainingIsWithheldFromThoseWhoDoNotSeeItAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cohort := w.planned(nil)
	e := w.seated(trainee, cohort)
	for _, f := range []struct {
		path, workflow, recorded string
		whole, withheld, none    string
		others                   string
	}{
		{"/api/v1/enrolments/" + e.ID, "enrolment-" + e.ID, "Enrolment/0001-plain-way-1-*.json", coordinator, dpo, trainer, "cohort-"},
		{"/api/v1/cohorts/" + cohort.ID, "cohort-" + cohort.ID, "Cohort/0001-plain-way-1-*.json", coordinator, dpo, trainee, "enrolment-"},
	} {
		ids := w.shelve(f.workflow, f.recorded)
		w.keep(ids[0])
		require.Len(t, w.runsAt(f.withheld, f.path), len(ids))
		p, body := w.eventsAt(f.whole, f.path, ids[0], "limit=500")
		require.True(t, p.Whole)
		require.NotContains(t, body, "withheld")
		require.EqualValues(t, "kept", p.Where)
		restricted, body := w.eventsAt(f.withheld, f.path, ids[0], "limit=500")
		require.False(t, restricted.Whole)
		require.Len(t, restricted.Items, len(p.Items))
		require.NotContains(t, body, "05999001")
		require.NotContains(t, body, f.others, "who takes part is not for everybody")
		w.get(f.none, f.path+"/runs/"+ids[0]+"/events").problem(http.StatusForbidden, "forbidden")
		w.get(foreign(supervisor), f.path+"/runs").refused(http.StatusNotFound, "not-found", "scope")
	}
}
