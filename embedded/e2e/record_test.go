package e2e

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/server/temporaltest"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"koko/activities"
	"koko/domain/conflict"
	"koko/domain/fault"
	domain "koko/domain/file"
	"koko/domain/working"
	"koko/internal/casetest"
	"koko/internal/payloadtest"
	"koko/internal/recordtest"
	"koko/workflows"
)

var recording = flag.Bool("record", false, "write new histories")

const (
	histories    = "../../workflows/testdata/history/ConflictCase"
	badHistories = "../../workflows/testdata/history-bad/ConflictCase"
)

// A life is that of one case on the real engine.
type life struct {
	t      *testing.T
	ctx    context.Context
	server *temporaltest.TestServer
	client client.Client
	record *recordtest.Record
	maker  *casetest.Maker
	now    conflict.Case // as it was last answered
	since  time.Time     // when what was lost was decided
	sent   int
}

// TestRecord runs the scenarios on a real server in process and saves the history of each run. The
// saved ones stay as they are: a new version of the workflow adds new files, and what stands is skipped.
func TestRecord(t *testing.T) {
	if !*recording {
		t.Skip("run with -record")
	}
	for name, live := range map[string]func(*life){
		"0001-plain-way":    plainWay,
		"0002-adopted":      adopted,
		"0003-refused":      refused,
		"0004-deadlines":    deadlines,
		"0005-reopened":     reopened,
		"0006-notes":        notes,
		"0007-sent-back":    sentBack,
		"0008-left-waiting": leftWaiting,
	} {
		t.Run(name, func(t *testing.T) {
			unshipped(t, histories, name)
			s := newLife(t, name)
			live(s)
			last, err := s.engine().catchUp(s.ctx, s.now.ID, "last")
			require.NoError(t, err)
			require.Equal(t, s.recorded(), last)
			for i, h := range s.runs() {
				write(t, filepath.Join(histories, fmt.Sprintf("%s-%d.json", name, i+1)), h)
			}
		})
	}
	t.Run("bad ones", spoil)
	recordTraining(t)
	recordAdvice(t)
	recordWork(t)
	recordCheckpoint(t)
	recordJobs(t)
}

// unshipped skips what was recorded before.
func unshipped(t *testing.T, dir, name string) {
	t.Helper()
	shipped, err := filepath.Glob(filepath.Join(dir, name+"*.json"))
	require.NoError(t, err)
	if len(shipped) > 0 {
		t.Skip("recorded before")
	}
}

// recorder are the options of whoever records: histories name no machine, and are sealed as every test can open them.
func recorder() client.Options {
	payloads := payloadtest.Codec()
	return client.Options{Identity: "recorder", Logger: quiet, DataConverter: payloads.Data(), FailureConverter: payloads.Failures()}
}

func newLife(t *testing.T, name string) *life {
	ts := temporaltest.NewServer(temporaltest.WithT(t), temporaltest.WithBaseClientOptions(recorder()))
	s := &life{t: t, ctx: context.Background(), server: ts, client: ts.GetDefaultClient(), record: &recordtest.Record{}, maker: &casetest.Maker{Salt: name},
		since: time.Now().UTC().Truncate(time.Hour)}
	s.now = conflict.Case{ID: s.maker.ID(), AGS: "05999001"}
	ts.NewWorker("cases", func(r worker.Registry) {
		workflows.Register(r)
		r.RegisterActivity(s.record)
	})
	return s
}

func (s *life) engine() line[conflict.Case] { return casesOn(s.client) }

// recorded is the case as it stands recorded.
func (s *life) recorded() conflict.Case {
	return recordtest.State[conflict.Case](s.record.Transitions[len(s.record.Transitions)-1])
}

// try sends a command, as the caller who has seen version seen.
func (s *life) try(by string, seen int, cmd domain.Command) (conflict.Case, error) {
	s.sent++
	return s.again(by, seen, cmd)
}

// again sends a command under the last id.
func (s *life) again(by string, seen int, cmd domain.Command) (conflict.Case, error) {
	id := fmt.Sprintf("%s-%02d", s.now.ID[:8], s.sent)
	if signal, ok := cmd.(conflict.ReportSignal); ok {
		return s.engine().begin(s.ctx, s.now.ID, s.now.AGS, id, by, signal)
	}
	return s.engine().do(s.ctx, s.now.ID, id, by, seen, cmd)
}

// tell has the working file tell the case something, and waits until that is carried out.
func (s *life) tell(cmd domain.Command) {
	s.t.Helper()
	s.sent++
	letter, err := domain.Write(cmd)
	require.NoError(s.t, err)
	id := workflows.ID(conflict.Kind, s.now.ID)
	msg := workflows.Message{ID: fmt.Sprintf("%s-%02d", s.now.ID[:8], s.sent), Letter: letter}
	require.NoError(s.t, s.client.SignalWorkflow(s.ctx, id, "", workflows.Tell, msg))
	require.Eventually(s.t, func() bool {
		heard, err := s.record.ReadTransitions(s.ctx, activities.Position{
			Kind: conflict.Kind, FileID: s.now.ID, Version: math.MaxInt, CommandID: msg.ID,
		})
		require.NoError(s.t, err)
		if len(heard) > 0 {
			s.now = recordtest.State[conflict.Case](heard[0])
		}
		return len(heard) > 0
	}, time.Minute, 10*time.Millisecond)
}

// do has a command carried out.
func (s *life) do(by string, cmd domain.Command) {
	s.t.Helper()
	if by == domain.System {
		s.tell(cmd)
		return
	}
	got, err := s.try(by, s.now.Version, cmd)
	require.NoError(s.t, err)
	require.Equal(s.t, s.now.Version+1, got.Version)
	s.now = got
}

// fail has a command refused.
func (s *life) fail(rule, by string, seen int, cmd domain.Command) {
	s.t.Helper()
	_, err := s.try(by, seen, cmd)
	f := fault.Of(err)
	require.NotNil(s.t, f, "%v", err)
	require.Equal(s.t, rule, f.Rule)
}

// walk goes the plain way as far as, and without, the first action a.
func (s *life) walk(a conflict.Action) {
	s.t.Helper()
	for _, step := range s.maker.Way() {
		if step.Command.Action() == a {
			return
		}
		s.do(step.By, step.Command)
	}
}

// begin starts a case that is in the record already.
func (s *life) begin(a conflict.Action) {
	s.t.Helper()
	for _, step := range s.maker.Way() {
		if step.Command.Action() == a {
			break
		}
		s.lose(step.By, step.Command)
		s.now = s.recorded()
	}
	_, err := s.client.ExecuteWorkflow(s.ctx, client.StartWorkflowOptions{ID: workflows.ID("case", s.now.ID), TaskQueue: "cases"}, conflict.Spec.Workflow, s.now)
	require.NoError(s.t, err)
}

// lose records a decision that the workflow never hears of.
func (s *life) lose(by string, cmd domain.Command) {
	s.t.Helper()
	c := s.now
	if len(s.record.Transitions) > 0 {
		c = s.recorded()
	}
	next, err := c.Decide(cmd, by, s.since.Add(time.Duration(c.Version)*time.Second))
	require.NoError(s.t, err)
	s.record.Transitions = append(s.record.Transitions, recordtest.Transition(conflict.Kind, fmt.Sprintf("lost-%d", next.Version), by, cmd, next))
}

func plainWay(s *life) {
	s.walk("")
	require.Equal(s.t, conflict.Closed, s.now.Phase)
}

func adopted(s *life) {
	s.begin(conflict.ActionRecordAnalysis)
	s.lose(casetest.Manager, s.maker.Analysis(6))
	s.now = s.recorded()
	s.do(casetest.Reviewer, s.maker.Review(true)) // needs the analysis that the workflow missed
	s.lose(casetest.Manager, s.maker.HandOver(s.maker.ID()))
	got, err := s.engine().catchUp(s.ctx, s.now.ID, "catch-up")
	require.NoError(s.t, err)
	require.Equal(s.t, conflict.Work, got.Phase)
	s.now = got
	s.lose(casetest.Manager, s.maker.Note(conflict.CaseFile))
	s.fail("version", casetest.Manager, s.now.Version, s.maker.Assessment(5)) // the caller has not seen it
	s.now.Version++
	s.do(casetest.Manager, s.maker.Assessment(5))
}

func refused(s *life) {
	signal := s.maker.Signal()
	wrong := signal
	wrong.Reliability = 7
	s.fail("range", casetest.Reporter, 0, wrong)
	s.do(casetest.Reporter, signal)
	first := s.now
	got, err := s.again(casetest.Reporter, 0, signal) // a retry is the same command
	require.NoError(s.t, err)
	require.Equal(s.t, first, got)
	s.fail("phase", casetest.Manager, s.now.Version, s.maker.Analysis(4))
	s.fail("triage", casetest.Manager, s.now.Version, s.maker.Clearing())
	s.fail("version", casetest.Manager, 9, s.maker.Triage(conflict.OpenCase))
	s.record.Refuses = conflict.ActionAddNote
	s.fail("stored", casetest.Manager, s.now.Version, s.maker.Note(conflict.CaseFile))
	s.do(casetest.Manager, s.maker.Triage(conflict.OpenCase))
	s.fail("clearing", casetest.Supervisor, s.now.Version, s.maker.Mandate(true))
	s.do(casetest.Manager, s.maker.Clearing())
	s.do(casetest.Supervisor, s.maker.Mandate(false))
}

func deadlines(s *life) {
	s.since = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s.begin(conflict.ActionHandToWork) // analysis and score are late
	require.Eventually(s.t, func() bool {
		got, err := s.engine().catchUp(s.ctx, s.now.ID, fmt.Sprint("look-", time.Now().UnixNano()))
		require.NoError(s.t, err)
		s.now = got
		return len(got.Passed) == 2
	}, time.Minute, 200*time.Millisecond)
	s.do(casetest.Manager, s.maker.Assessment(5)) // its timer runs
	require.Len(s.t, s.now.Passed, 1)
	s.do(casetest.Manager, s.maker.Assessment(4)) // and is replaced
}

func reopened(s *life) {
	s.walk(conflict.ActionRecordFollowUp)
	s.do(casetest.Manager, s.maker.FollowUp(3))
	s.do(casetest.Manager, s.maker.Reopen())
	s.do(casetest.Reviewer, s.maker.Analysis(3))
	require.Equal(s.t, 2, s.now.Round)
}

func notes(s *life) {
	s.walk(working.ActionConditionsExamined)
	s.do(casetest.Manager, s.maker.Note(conflict.CaseFile))
	s.do(casetest.Mediator, s.maker.Note(conflict.Identities))
	s.fail("work", casetest.Manager, s.now.Version, s.maker.Closure("verwiesen"))
	s.do(casetest.Manager, s.maker.Attachment(conflict.Identities))
	s.do(casetest.Manager, conflict.Assign{Assignee: casetest.Reviewer})
	s.do(casetest.Manager, s.maker.HandOver(s.maker.ID()))
}

func sentBack(s *life) {
	s.begin(conflict.ActionReviewAnalysis)
	s.do(casetest.Manager, s.maker.Closure("unveraendert"))
	s.do(casetest.Supervisor, s.maker.SignOff(false))
	s.do(casetest.Reviewer, s.maker.Review(false))
	s.do(casetest.Manager, s.maker.Closure("verwiesen"))
}

func leftWaiting(s *life) {
	s.do(casetest.Reporter, s.maker.Signal())
	s.do(casetest.Manager, s.maker.Triage(conflict.Watch))
	s.do(casetest.Manager, s.maker.Triage(conflict.Drop))
	s.do(casetest.Manager, s.maker.Reopen())
}

// runs returns the histories of all runs of the case, without the name of this machine.
func (s *life) runs() []*historypb.History {
	return recorded(s.t, s.client, workflows.ID("case", s.now.ID))
}

// recorded are the histories of a workflow as they are kept: without the name of this machine.
func recorded(t *testing.T, c client.Client, id string) []*historypb.History {
	t.Helper()
	begun(t, c, id)
	hs := recordedOf(t, c, id)
	for _, h := range hs {
		for _, e := range h.GetEvents() {
			if q := e.GetWorkflowTaskScheduledEventAttributes().GetTaskQueue(); q.GetKind() == enums.TASK_QUEUE_KIND_STICKY {
				q.Name = "sticky"
			}
		}
	}
	return hs
}

// begun waits until the current run of a workflow is under way: one that went on a moment ago has nothing to replay yet.
func begun(t *testing.T, c client.Client, id string) {
	t.Helper()
	for it := c.GetWorkflowHistory(t.Context(), id, "", true, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); it.HasNext(); {
		e, err := it.Next()
		require.NoError(t, err, id)
		if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			return
		}
	}
}

// unsealed is a recorded history with its payloads open.
func unsealed(t *testing.T, h *historypb.History) *historypb.History {
	t.Helper()
	h, err := payloadtest.Codec().Open(payloadtest.WorkflowID(h), h)
	require.NoError(t, err)
	return h
}

// write saves a history that is not there yet.
func write(t *testing.T, path string, h *historypb.History) {
	t.Helper()
	_, err := os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist, "a history that was shipped is never written again")
	host, err := os.Hostname()
	require.NoError(t, err)
	require.NotContains(t, exported(t, unsealed(t, h)), `"`+host)
	b, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(h)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, append(b, '\n'), 0o644))
}

// spoil writes histories of workflows that were never ours. They must not replay.
func spoil(t *testing.T) {
	spoilOne(t, histories, badHistories, "0001-plain-way-1.json")
}

// spoilOne spoils a history in which an activity saves at least two decisions, and a timer is set.
func spoilOne(t *testing.T, from, to, name string) {
	const save = "SaveTransition"
	unshipped(t, to, "")
	read := func() *historypb.History {
		h, err := payloadtest.Open(filepath.Join(from, name))
		require.NoError(t, err)
		return h
	}
	write := func(name string, open *historypb.History) {
		h, err := payloadtest.Codec().Seal(payloadtest.WorkflowID(open), open)
		require.NoError(t, err)
		write(t, filepath.Join(to, name), h)
	}
	of := func(h *historypb.History, typ enums.EventType) (at []int) {
		for i, e := range h.Events {
			if e.EventType == typ {
				at = append(at, i)
			}
		}
		return at
	}

	renamed := read()
	for _, i := range of(renamed, enums.EVENT_TYPE_MARKER_RECORDED) {
		data := renamed.Events[i].GetMarkerRecordedEventAttributes().Details["data"].Payloads[0]
		data.Data = []byte(strings.Replace(string(data.Data), save, "StoreTransition", 1))
	}
	write("0001-renamed-activity.json", renamed)

	reordered := read() // the second decision before the first
	var markers []int
	for _, i := range of(reordered, enums.EVENT_TYPE_MARKER_RECORDED) {
		data := reordered.Events[i].GetMarkerRecordedEventAttributes().Details["data"].Payloads[0]
		if strings.Contains(string(data.Data), save) {
			markers = append(markers, i)
		}
	}
	a, b := reordered.Events[markers[0]].GetMarkerRecordedEventAttributes(), reordered.Events[markers[1]].GetMarkerRecordedEventAttributes()
	a.Details, b.Details = b.Details, a.Details
	write("0002-changed-order.json", reordered)

	untimed := read() // nobody waits
	cut := of(untimed, enums.EVENT_TYPE_TIMER_STARTED)[0]
	shift(untimed, untimed.Events[cut].EventId, -1)
	untimed.Events = slices.Delete(untimed.Events, cut, cut+1)
	write("0003-removed-timer.json", untimed)

	foreign := read() // a timer that this workflow does not set
	cut = of(foreign, enums.EVENT_TYPE_TIMER_STARTED)[0]
	extra := proto.Clone(foreign.Events[cut]).(*historypb.HistoryEvent)
	extra.GetTimerStartedEventAttributes().TimerId = "999"
	shift(foreign, extra.EventId, 1)
	extra.EventId++
	foreign.Events = slices.Insert(foreign.Events, cut+1, extra)
	write("0004-added-timer.json", foreign)
}

// shift renumbers the events after event id, and what refers to them.
func shift(h *historypb.History, id, by int64) {
	var renumber func(m protoreflect.Message)
	renumber = func(m protoreflect.Message) {
		m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			switch {
			case f.Kind() == protoreflect.Int64Kind && strings.HasSuffix(string(f.Name()), "event_id") && v.Int() > id:
				m.Set(f, protoreflect.ValueOfInt64(v.Int()+by))
			case f.Kind() == protoreflect.MessageKind && !f.IsList() && !f.IsMap():
				renumber(v.Message())
			}
			return true
		})
	}
	for _, e := range h.Events {
		renumber(e.ProtoReflect())
	}
}
