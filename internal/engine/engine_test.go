package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"koko/activities"
	"koko/domain/fault"
	"koko/internal/engine"
	"koko/internal/evidence/runs"
	"koko/internal/historytest"
	"koko/internal/payload"
	"koko/internal/payloadtest"
	"koko/internal/vault"
	"koko/kinds"
	"koko/workflows"
)

// A fake is a workflow engine that answers as it was told. What it was not told panics.
type fake struct {
	client.Client
	answers []answer // to Updates, in turn; the last one again and again
	started error    // what becomes of a workflow that is started
	ended   error    // what a workflow ends with
	lists   map[string][]*workflow.WorkflowExecutionInfo
	err     error // of lists, histories and descriptions
	runs    map[string]*history.History

	updates []client.UpdateWorkflowOptions
	starts  []client.StartWorkflowOptions
	args    []any // of what was started
}

// An answer is what the engine says to an Update.
type answer struct {
	accepted error // why it was not
	outcome  error // why it failed
	says     workflows.Answer
}

func (f *fake) UpdateWorkflow(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.updates = append(f.updates, o)
	a := f.answers[min(len(f.updates), len(f.answers))-1]
	if a.accepted != nil {
		return nil, a.accepted
	}
	return handle{answer: a}, nil
}

func (f *fake) NewWithStartWorkflowOperation(o client.StartWorkflowOptions, w any, args ...any) client.WithStartWorkflowOperation {
	f.starts, f.args = append(f.starts, o), append([]any{w}, args...)
	return nil
}

func (f *fake) UpdateWithStartWorkflow(ctx context.Context, o client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	return f.UpdateWorkflow(ctx, o.UpdateOptions)
}

func (f *fake) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, w any, args ...any) (client.WorkflowRun, error) {
	f.starts, f.args = append(f.starts, o), append([]any{w}, args...)
	return run{err: f.ended}, f.started
}

func (f *fake) ListWorkflow(_ context.Context, q *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	all, known := f.lists[q.GetQuery()]
	if f.err == nil && !known {
		panic("nobody expected the query " + q.GetQuery())
	}
	from := len(q.GetNextPageToken())
	until := min(from+int(q.GetPageSize()), len(all))
	var next []byte
	if until < len(all) {
		next = make([]byte, until)
	}
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: all[from:until], NextPageToken: next}, f.err
}

func (f *fake) GetWorkflowHistory(_ context.Context, _, runID string, _ bool, _ enums.HistoryEventFilterType) client.HistoryEventIterator {
	h := f.runs[runID]
	if h == nil && f.err == nil {
		return &events{err: serviceerror.NewNotFound("no such run")}
	}
	return &events{all: h.GetEvents(), err: f.err}
}

func (f *fake) DescribeWorkflowExecution(_ context.Context, id, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if f.err != nil {
		return nil, f.err
	}
	h := f.runs[runID]
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflow.WorkflowExecutionInfo{
		Execution: &common.WorkflowExecution{WorkflowId: id, RunId: runID}, StartTime: h.Events[0].EventTime,
		Status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING, HistoryLength: int64(len(h.Events)),
	}}, nil
}

func (f *fake) CheckHealth(context.Context, *client.CheckHealthRequest) (*client.CheckHealthResponse, error) {
	return nil, f.err
}

type handle struct {
	client.WorkflowUpdateHandle
	answer
}

func (h handle) Get(_ context.Context, into any) error {
	if h.outcome != nil {
		return h.outcome
	}
	*into.(*workflows.Answer) = h.says
	return nil
}

type run struct {
	client.WorkflowRun
	err error
}

func (r run) Get(context.Context, any) error { return r.err }

type events struct {
	all []*history.HistoryEvent
	err error
}

func (e *events) HasNext() bool { return len(e.all) > 0 || e.err != nil }

func (e *events) Next() (*history.HistoryEvent, error) {
	if e.err != nil {
		return nil, e.err
	}
	next := e.all[0]
	e.all = e.all[1:]
	return next, nil
}

// said is what the engine answers to the step that a file began with.
func said(f historytest.File) workflows.Answer {
	return workflows.Answer{Digest: f.Transitions[0].Digest, State: f.Transitions[0].State}
}

// ofEveryKind tests with the beginning of a file of each kind.
func ofEveryKind(t *testing.T, test func(t *testing.T, f historytest.File)) {
	t.Helper()
	for _, k := range kinds.All() {
		t.Run(string(k.Kind), func(t *testing.T) { test(t, historytest.Way(k, "engine")) })
	}
}

func files(f *fake) engine.Files { return engine.Files{Engine: engine.Engine{Client: f}, Queue: "q"} }

// Whoever reads the engine learns that something was done, not what: every Update has one name.
func TestACommandIsAnEntry(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, f historytest.File) {
		e := &fake{answers: []answer{{says: said(f)}}}
		cmd := f.Steps[0].Command
		got, err := files(e).Do(t.Context(), f.Kind, f.ID, "key", "p-1", 7, cmd)
		require.NoError(t, err)
		require.Equal(t, f.States[0], got)
		u := e.updates[0]
		require.Equal(t, []any{workflows.ID(f.Kind.Kind, f.ID), "key", "entry"}, []any{u.WorkflowID, u.UpdateID, u.UpdateName})
		raw, err := json.Marshal(cmd)
		require.NoError(t, err)
		r := u.Args[0].(workflows.Request)
		require.WithinDuration(t, time.Now(), r.For.Made, time.Minute)
		r.For.Made = time.Time{}
		require.Equal(t, workflows.Request{
			Action: cmd.Action(), By: "p-1", Seen: 7, Command: raw, For: workflows.Purpose{File: f.ID, ID: "key"},
		}, r, "what it was made for is sealed with it")
	})
}

func TestTheFirstCommandStartsTheWorkflowUnlessItIsThere(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, f historytest.File) {
		e := &fake{answers: []answer{{says: said(f)}}}
		fresh := f.Kind.Fresh(f.ID, historytest.Town)
		_, err := files(e).Begin(t.Context(), f.Kind, fresh, "key", "p-1", f.Steps[0].Command)
		require.NoError(t, err)
		require.Equal(t, client.StartWorkflowOptions{
			ID: workflows.ID(f.Kind.Kind, f.ID), TaskQueue: "q", WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, e.starts[0])
		require.Equal(t, []any{f.Kind.Workflow, fresh}, e.args)
		require.Equal(t, 0, e.updates[0].Args[0].(workflows.Request).Seen)
	})
}

func TestCatchingUpIsNoCommand(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, f historytest.File) {
		e := &fake{answers: []answer{{says: workflows.Answer{State: f.Transitions[0].State}}}}
		got, err := files(e).CatchUp(t.Context(), f.Kind, f.ID, "key")
		require.NoError(t, err)
		require.Equal(t, f.States[0], got)
		require.Equal(t, "entry", e.updates[0].UpdateName)
		r := e.updates[0].Args[0].(workflows.Request)
		require.Equal(t, []any{workflows.CatchUp, f.ID, "key", true}, []any{r.Action, r.For.File, r.For.ID, r.Command == nil})
	})
}

// The same key is the same command: the answer to another one is none.
func TestAKeyIsNotUsedForAnotherCommand(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, f historytest.File) {
		old := said(f)
		old.Digest = "of another command"
		e := &fake{answers: []answer{{says: old}}}
		_, err := files(e).Do(t.Context(), f.Kind, f.ID, "key", "p-1", 0, f.Steps[0].Command)
		require.Equal(t, fault.Conflict, fault.CodeOf(err))
		require.Equal(t, "idempotency_key_reused", fault.Of(err).Rule)
	})
}

// letGo is what the engine says when a run ends with an Update that it has accepted.
var letGo = temporal.NewApplicationError("the run is over", "AcceptedUpdateCompletedWorkflow")

func TestACommandIsSentAgainWhenTheRunContinuesAsNew(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, f historytest.File) {
		e := &fake{answers: []answer{{outcome: letGo}, {accepted: serviceerror.NewAborted("the run is over")}, {says: said(f)}}}
		got, err := files(e).Do(t.Context(), f.Kind, f.ID, "key", "p-1", 3, f.Steps[0].Command)
		require.NoError(t, err)
		require.Equal(t, f.States[0], got)
		require.Len(t, e.updates, 3)
		require.Equal(t, e.updates[0], e.updates[2], "it is the same command")
	})
}

func TestACallerWhoLeavesIsNotKeptWaiting(t *testing.T) {
	f := historytest.Way(kinds.All()[0], "engine")
	ctx, leave := context.WithCancel(t.Context())
	leave()
	_, err := files(&fake{answers: []answer{{outcome: letGo}}}).Do(ctx, f.Kind, f.ID, "key", "p-1", 3, f.Steps[0].Command)
	require.Equal(t, fault.Busy, fault.CodeOf(err))
}

func TestARunThatNeverGoesOnIsBusy(t *testing.T) {
	f := historytest.Way(kinds.All()[0], "engine")
	e := &fake{answers: []answer{{outcome: letGo}}}
	_, err := files(e).Do(t.Context(), f.Kind, f.ID, "key", "p-1", 3, f.Steps[0].Command)
	require.Equal(t, fault.Busy, fault.CodeOf(err), "the same key may be sent again")
	require.Greater(t, len(e.updates), 3)
}

func TestWhatTheEngineSaysIsAFaultThatAClientCanActOn(t *testing.T) {
	gate := fault.Newf(fault.Gate, "not now").By("phase", "wait")
	hidden := fault.Newf(fault.Internal, "the disk is full")
	refused := func(f *fault.Error) error {
		return temporal.NewNonRetryableApplicationError(f.Message, activities.Refused, nil, *f)
	}
	ofEveryKind(t, func(t *testing.T, f historytest.File) {
		for name, tc := range map[string]struct {
			err  error
			code fault.Code
			rule string
		}{
			"the rules refuse":           {refused(gate), fault.Gate, "phase"},
			"there is no workflow":       {serviceerror.NewNotFound("x"), fault.NotFound, "unknown_" + string(f.Kind.Kind)},
			"it does not answer":         {serviceerror.NewUnavailable("x"), fault.Busy, "engine"},
			"it takes too long":          {serviceerror.NewDeadlineExceeded("x"), fault.Busy, "engine"},
			"there is too much to do":    {serviceerror.NewResourceExhausted(enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "x"), fault.Busy, "engine"},
			"no worker is there":         {serviceerror.NewWorkflowNotReady("x"), fault.Busy, "engine"},
			"the caller waited too long": {fmt.Errorf("update: %w", context.DeadlineExceeded), fault.Busy, "engine"},
			"the SDK waited too long":    {client.NewWorkflowUpdateServiceTimeoutOrCanceledError(errors.New("x")), fault.Busy, "engine"},
			"a workflow is at a loss":    {refused(hidden), fault.Internal, ""},
			"a workflow panicked":        {temporal.NewApplicationError("x", "PanicError"), fault.Internal, ""},
			"anything else":              {errors.New("x"), fault.Internal, ""},
		} {
			for _, a := range []answer{{accepted: tc.err}, {outcome: tc.err}} {
				_, err := files(&fake{answers: []answer{a}}).Do(t.Context(), f.Kind, f.ID, "key", "p-1", 0, f.Steps[0].Command)
				require.Error(t, err, name)
				require.Equal(t, tc.code, fault.CodeOf(err), name)
				if tc.code == fault.Internal {
					require.ErrorContains(t, err, f.ID, name)
					require.ErrorContains(t, err, string(f.Steps[0].Command.Action()), name)
					continue
				}
				require.Equal(t, tc.rule, fault.Of(err).Rule, name)
			}
		}
	})
}

func TestAnAnswerThatIsNoStateIsAnError(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, f historytest.File) {
		odd := said(f)
		odd.State = []byte("[")
		_, err := files(&fake{answers: []answer{{says: odd}}}).Do(t.Context(), f.Kind, f.ID, "key", "p-1", 0, f.Steps[0].Command)
		require.Equal(t, fault.Internal, fault.CodeOf(err))
	})
}

func TestAWorkflowIsBegunAnewUnlessItRuns(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, f historytest.File) {
		e := &fake{}
		state := f.Transitions[0].State
		require.NoError(t, files(e).Restart(t.Context(), f.Kind, f.ID, state))
		require.Equal(t, workflows.ID(f.Kind.Kind, f.ID), e.starts[0].ID)
		require.Equal(t, enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL, e.starts[0].WorkflowIDConflictPolicy)
		require.Equal(t, []any{f.Kind.Workflow, state}, e.args)
		e.started = serviceerror.NewWorkflowExecutionAlreadyStarted("x", "y", "z")
		require.NoError(t, files(e).Restart(t.Context(), f.Kind, f.ID, state))
		e.started = errors.New("x")
		require.ErrorContains(t, files(e).Restart(t.Context(), f.Kind, f.ID, state), f.ID)
	})
}

func TestARepairIsOneForEachRevision(t *testing.T) {
	e := &fake{}
	require.NoError(t, files(e).Repair(t.Context(), "d", 3))
	require.Equal(t, "repair-d-3", e.starts[0].ID)
	require.Equal(t, enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY, e.starts[0].WorkflowIDReusePolicy)
	e.ended = serviceerror.NewWorkflowExecutionAlreadyStarted("x", "y", "z")
	require.NoError(t, files(e).Repair(t.Context(), "d", 3), "it was done before")
	e.ended = context.DeadlineExceeded
	require.Equal(t, fault.Busy, fault.CodeOf(files(e).Repair(t.Context(), "d", 3)))
	e.ended = errors.New("x")
	require.ErrorContains(t, files(e).Repair(t.Context(), "d", 3), "repair d")
}

func info(workflowID, runID string, began time.Time) *workflow.WorkflowExecutionInfo {
	return &workflow.WorkflowExecutionInfo{Execution: &common.WorkflowExecution{WorkflowId: workflowID, RunId: runID}, StartTime: timestamppb.New(began)}
}

func TestRunsAreListedTheOldestFirst(t *testing.T) {
	now := time.Now()
	e := &fake{lists: map[string][]*workflow.WorkflowExecutionInfo{"WorkflowId = 'case-1'": {info("case-1", "new", now), info("case-1", "old", now.Add(-time.Hour))}}}
	ids, err := files(e).Runs(t.Context(), "case-1")
	require.NoError(t, err)
	require.Equal(t, []string{"old", "new"}, ids)
}

func TestTheWorkflowsOfAKindAreListed(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, f historytest.File) {
		query := fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", f.Kind.Workflow)
		var all []*workflow.WorkflowExecutionInfo
		for i := range 1001 {
			all = append(all, info(fmt.Sprint(i), "r", time.Now()))
		}
		e := &fake{lists: map[string][]*workflow.WorkflowExecutionInfo{query: all}}
		ids, next, err := files(e).Running(t.Context(), f.Kind, nil)
		require.NoError(t, err)
		require.Len(t, ids, 1000)
		ids, next, err = files(e).Running(t.Context(), f.Kind, next)
		require.NoError(t, err)
		require.Equal(t, []string{"1000"}, ids)
		require.Empty(t, next)
	})
}

func TestTheRunsThatAreKeptAreThoseOfFiles(t *testing.T) {
	e := &fake{lists: map[string][]*workflow.WorkflowExecutionInfo{}}
	names := ""
	for i, name := range workflows.Files() {
		if i > 0 {
			names += ", "
		}
		names += "'" + name + "'"
	}
	e.lists["ExecutionStatus != 'Running' AND WorkflowType IN ("+names+") AND CloseTime >= '1970-01-01T00:00:00Z'"] = []*workflow.WorkflowExecutionInfo{info("w", "r", time.Now())}
	ids, _, err := engine.Engine{Client: e}.Closed(t.Context(), time.Time{}, nil)
	require.NoError(t, err)
	require.Equal(t, []runs.ID{{WorkflowID: "w", RunID: "r"}}, ids)
	e.lists["ExecutionStatus = 'Running' AND TaskQueue = 'q'"] = nil
	ids, _, err = engine.Engine{Client: e}.Open(t.Context(), "q", nil)
	require.NoError(t, err)
	require.Empty(t, ids)
	e.lists["ExecutionStatus != 'Running' AND WorkflowType = 'X'"] = []*workflow.WorkflowExecutionInfo{info("a", "1", time.Now()), info("b", "2", time.Now()), info("c", "3", time.Now())}
	ids, err = engine.Engine{Client: e}.Newest(t.Context(), "X", 2)
	require.NoError(t, err)
	require.Equal(t, []runs.ID{{WorkflowID: "a", RunID: "1"}, {WorkflowID: "b", RunID: "2"}}, ids)
}

func TestAnEngineThatDoesNotAnswerIsBusyAndOneThatRefusesIsAnError(t *testing.T) {
	k := kinds.All()[0]
	for err, code := range map[error]fault.Code{serviceerror.NewUnavailable("x"): fault.Busy, errors.New("x"): fault.Internal} {
		e := &fake{err: err}
		f := files(e)
		_, listing := f.Runs(t.Context(), "w")
		_, _, running := f.Running(t.Context(), k, nil)
		_, _, closed := f.Closed(t.Context(), time.Now(), nil)
		_, newest := f.Newest(t.Context(), "X", 1)
		_, reading := f.History(t.Context(), "w", "r")
		_, packing := f.Packed(t.Context(), runs.ID{WorkflowID: "w", RunID: "r"})
		_, describing := f.Run(t.Context(), "w", "r")
		for i, got := range []error{listing, running, closed, newest, reading, packing, describing} {
			require.Equal(t, code, fault.CodeOf(got), "%d: %v", i, got)
		}
		require.Error(t, f.Ready(t.Context()))
	}
	require.NoError(t, files(&fake{}).Ready(t.Context()))
}

func TestAHistoryIsReadWholeOrNotAtAll(t *testing.T) {
	ofEveryKind(t, func(t *testing.T, f historytest.File) {
		e := &fake{runs: map[string]*history.History{}}
		in, id := engine.Engine{Client: e, Payloads: payloadtest.Codec()}, workflows.ID(f.Kind.Kind, f.ID)
		for i, h := range f.Runs {
			sealed, err := in.Payloads.Seal(id, h)
			require.NoError(t, err)
			e.runs[f.RunID(i)] = sealed
		}
		for i, h := range f.Runs {
			got, err := in.History(t.Context(), id, f.RunID(i))
			require.NoError(t, err)
			require.True(t, proto.Equal(h, got))
			recorded, err := in.Recorded(t.Context(), id, f.RunID(i))
			require.NoError(t, err)
			require.True(t, proto.Equal(e.runs[f.RunID(i)], recorded))
			p, err := in.Packed(t.Context(), runs.ID{WorkflowID: id, RunID: f.RunID(i)})
			require.NoError(t, err)
			require.Equal(t, []any{f.Kind.Kind, f.ID, len(h.Events)}, []any{p.Kind, p.FileID, p.Events})
			kept, err := runs.Unpack(p.SHA256, p.Data)
			require.NoError(t, err)
			require.True(t, proto.Equal(recorded, kept), "what is kept stays sealed")
			r, err := in.Run(t.Context(), id, f.RunID(i))
			require.NoError(t, err)
			require.Equal(t, []any{f.Kind.Kind, f.ID, p.Prior, runs.Open}, []any{r.Kind, r.FileID, r.Prior, r.Status})
		}
		_, err := in.History(t.Context(), id, "forgotten")
		require.Equal(t, fault.NotFound, fault.CodeOf(err))
		_, err = in.Packed(t.Context(), runs.ID{WorkflowID: "odd", RunID: f.RunID(0)})
		require.Equal(t, fault.Invalid, fault.CodeOf(err))
		_, err = in.Run(t.Context(), "odd", f.RunID(0))
		require.ErrorContains(t, err, "odd")
	})
}

func TestALogThatWasRewrittenIsNotSigned(t *testing.T) {
	for err, code := range map[error]fault.Code{
		temporal.NewApplicationError("x", workflows.Rewritten): fault.Conflict, serviceerror.NewUnavailable("x"): fault.Busy, errors.New("x"): fault.Internal,
	} {
		require.Equal(t, code, fault.CodeOf(engine.Ledger{Client: &fake{ended: err}}.Checkpoint(t.Context())), "%v", err)
		require.Error(t, engine.Ledger{Client: &fake{ended: err}}.Cosign(t.Context()))
	}
	e := &fake{}
	l := engine.Ledger{Client: e, Queue: "q"}
	require.NoError(t, l.Checkpoint(t.Context()))
	require.NoError(t, l.Checkpoint(t.Context()))
	require.NotEqual(t, e.starts[0].ID, e.starts[1].ID, "one that runs already may have begun too early")
	require.NoError(t, l.Cosign(t.Context()))
}

// A process with another installation's master key says so, and takes nothing for a file that is none.
func TestAHistoryUnderAForeignKeyIsNoHistory(t *testing.T) {
	f := historytest.Way(kinds.All()[0], "engine")
	id := workflows.ID(f.Kind.Kind, f.ID)
	sealed, err := payloadtest.Codec().Seal(id, f.Runs[0])
	require.NoError(t, err)
	raw, err := vault.Generate()
	require.NoError(t, err)
	master, err := vault.Parse(raw)
	require.NoError(t, err)
	foreign := engine.Engine{Client: &fake{runs: map[string]*history.History{f.RunID(0): sealed}}, Payloads: payload.New(master.Payloads())}
	_, reading := foreign.History(t.Context(), id, f.RunID(0))
	_, packing := foreign.Packed(t.Context(), runs.ID{WorkflowID: id, RunID: f.RunID(0)})
	for _, err := range []error{reading, packing} {
		require.ErrorContains(t, err, "KOKO_MASTER_KEY_FILE")
		require.ErrorContains(t, err, id)
		require.Equal(t, fault.Internal, fault.CodeOf(err), "it is not left out as no run of a file")
	}
}
