package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/api/files"
	"koko/domain/advice"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/internal/evidence/runs"
	"koko/internal/historytest"
	"koko/internal/payloadtest"
	"koko/internal/story"
	"koko/kinds"
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

func (s *shelf) Opened(workflowID string, kept *runs.History) (*runs.History, error) {
	return payloadtest.Codec().Open(workflowID, kept)
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
		h, err := payloadtest.Open(file)
		require.NoError(w.t, err)
		id := h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetOriginalExecutionRunId()
		ids = append(ids, id)
		w.runs.has = append(w.runs.has, shelved{runs.ID{WorkflowID: workflowID, RunID: id}, h})
	}
	return ids
}

// shelveCase has the engine know the runs of a case that went its whole way, and returns their ids.
func (w *world) shelveCase(workflowID string) (ids []string) {
	k, _ := kinds.Of(conflict.Kind)
	f := historytest.Way(k, workflowID)
	for i, h := range f.Runs {
		ids = append(ids, f.RunID(i))
		w.runs.has = append(w.runs.has, shelved{runs.ID{WorkflowID: workflowID, RunID: f.RunID(i)}, h})
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
		r, err := runs.Of(h.WorkflowID, h.RunID, h.History)
		require.NoError(w.t, err)
		sealed, err := payloadtest.Codec().Seal(h.WorkflowID, h.History)
		require.NoError(w.t, err)
		p, err := runs.Pack(r, sealed)
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
	ids := w.shelveCase("case-" + c.ID)
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
	ids := w.shelveCase("case-" + c.ID)
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
	id := w.shelveCase("case-" + c.ID)[0]
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

// Each side of an advice is told of the other one's notes that something happened, and no more: neither by a gap in the
// numbers nor by a size or a timer afterwards.
func TestRawEventsTellWhatIsVeiledToThoseWhoMayKnowAlone(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised(advice.Coaching, "note-as-client")
	ids := w.shelve("advice-"+a.ID, "Advice/0001-plain-way-*.json")
	neutral := story.Neutral(advice.Kind).Says
	confidential := 0
	for _, as := range []string{reporter, adviser} {
		drawn := false
		for _, run := range ids {
			p, _ := w.eventsAt(as, advicePath(a.ID), run, "limit=500")
			require.False(t, p.Whole, as)
			drawn = drawn || p.Items[0].ID == 0 // it begins with what is veiled
			for i, e := range p.Items {
				switch {
				case e.Confidential:
					require.Equal(t, files.EventView{At: e.At, Text: neutral.DE, Confidential: true}, e)
					confidential++
					drawn = true
				case !drawn:
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
		}
		for _, r := range w.runsAt(as, advicePath(a.ID)) {
			require.Zero(t, r.Events, as)
		}
	}
	require.GreaterOrEqual(t, confidential, 2)
}

// The raw events of a case say everything to whoever reads its state, and nothing of how it is worked on: of that, its
// histories hold nothing.
func TestRawEventsOfACaseHoldNothingOfTheWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-work-interim")
	ids := w.shelveCase("case-" + c.ID)
	for _, id := range ids {
		p, body := w.eventsAt(supervisor, casePath(c), id, "limit=500")
		require.True(t, p.Whole)
		for _, telling := range []string{"choose_form", "record_work_session", "sessions", "facilitators", "briefing", `"mediation"`} {
			require.NotContains(t, body, telling)
		}
	}
	_, body := w.eventsAt(supervisor, casePath(c), ids[2], "limit=500")
	require.Contains(t, body, "work_accepted")
	require.NotZero(t, w.runsAt(supervisor, casePath(c))[2].Events)
	w.get(supervisor, workPath(c.Handed.Work)+"/runs").refused(http.StatusNotFound, "not-found", "scope")
}

func TestPayloadsAreWithheldWithoutSizeOrDigest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	ids := w.shelve("case-"+c.ID, "ConflictCase/0003-refused-*.json")
	p, body := w.eventsAt(dpo, casePath(c), ids[0], "limit=500")
	require.Contains(t, body, `"payload":"withheld"`)
	for _, telling := range []string{`"size"`, `"digest"`} {
		require.NotContains(t, body, telling)
	}
	require.NotContains(t, body, "05999001")
	require.NotContains(t, body, "is at version", "messages of refusals may tell")
	var began struct {
		Input []struct {
			Payload string
		}
	}
	require.NoError(t, json.Unmarshal(p.Items[0].Attributes, &began))
	require.Len(t, began.Input, 1)
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
	ids := w.shelveCase("case-" + c.ID)
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
