// Package replay takes the histories of an installation through the workflows of this build, to find
// out before it is installed what it would break.
package replay

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	"koko/internal/evidence/runs"
	"koko/internal/payload"
)

// An Item is a history to be replayed.
type Item struct {
	runs.ID
	Read func(ctx context.Context) (*history.History, error)
}

// Options say how to replay.
type Options struct {
	Register func(worker.WorkflowRegistry)
	Payloads *payload.Codec // opens what the histories hold
	Progress io.Writer      // nil: nobody watches
	Every    time.Duration  // how often it is told; 0: every five seconds
}

// A Failure is a run that this build would break, or that could not be read.
type Failure struct {
	runs.ID
	Workflow string // the type; empty if it is not known
	Reason   string // in one line
	Unread   bool   // it could not be read
}

// A Count says what became of the runs of one type of workflow.
type Count struct{ Replayed, Failed, Idle int }

// A Report says what became of all runs.
type Report struct {
	Types    map[string]Count
	Failures []Failure
}

// Run replays what arrives, as much at a time as there are processors, until items is closed.
func Run(ctx context.Context, items <-chan Item, o Options) (Report, error) {
	r := &replaying{Options: o, Report: Report{Types: map[string]Count{}}}
	stop := r.tell()
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for item := range items {
				if ctx.Err() == nil {
					r.take(ctx, item)
				}
			}
		})
	}
	wg.Wait()
	stop()
	slices.SortFunc(r.Failures, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(a.WorkflowID, b.WorkflowID), cmp.Compare(a.RunID, b.RunID))
	})
	return r.Report, ctx.Err()
}

type replaying struct {
	Options
	mu sync.Mutex
	Report
}

func (r *replaying) take(ctx context.Context, item Item) {
	h, err := item.Read(ctx)
	if err != nil {
		r.note(Failure{ID: item.ID, Reason: line(err), Unread: true}, false)
		return
	}
	f := Failure{ID: item.ID, Workflow: typeOf(h)}
	h = Settled(h)
	if len(h.GetEvents()) == 0 {
		r.note(f, true)
		return
	}
	if err := r.replay(item.ID, h); err != nil {
		f.Reason = line(err)
	}
	r.note(f, false)
}

func (r *replaying) note(f Failure, idle bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.Types[f.Workflow]
	switch {
	case idle:
		c.Idle++
	case f.Reason == "":
		c.Replayed++
	default:
		c.Failed++
		r.Failures = append(r.Failures, f)
	}
	r.Types[f.Workflow] = c
}

// tell reports the progress now and then, until stop is called.
func (r *replaying) tell() (stop func()) {
	if r.Progress == nil {
		return func() {}
	}
	tick, done := time.NewTicker(cmp.Or(r.Every, 5*time.Second)), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-tick.C:
				c := r.Sum()
				_, _ = fmt.Fprintf(r.Progress, "%d replayed, %d failed\n", c.Replayed, c.Failed)
			case <-done:
				return
			}
		}
	})
	return func() { tick.Stop(); close(done); wg.Wait() }
}

// Sum counts all types together.
func (r *replaying) Sum() Count {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Report.Sum()
}

// Sum counts all types together.
func (r Report) Sum() (all Count) {
	for _, c := range r.Types {
		all.Replayed, all.Failed, all.Idle = all.Replayed+c.Replayed, all.Failed+c.Failed, all.Idle+c.Idle
	}
	return all
}

func (r *replaying) replay(id runs.ID, h *history.History) error {
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		DataConverter: r.Payloads.Data(), FailureConverter: r.Payloads.Failures(),
		DisableDeadlockDetection: true, // on a busy machine a workflow may have to wait for its turn
	})
	if err != nil {
		return err
	}
	r.Register(replayer)
	h = proto.CloneOf(h) // the replayer writes into what it reads
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	return replayer.ReplayWorkflowHistoryWithOptions(quiet, h, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: id.WorkflowID, RunID: id.RunID},
	})
}

// Settled is h as far as the engine has heard what its worker made of it: of an open run, what came
// after the last task that was completed may be under way, and its end is anywhere. Empty, if the
// worker has not done anything yet.
func Settled(h *history.History) *history.History {
	events := h.GetEvents()
	last := -1
	for i, e := range events {
		if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			last = i
		}
	}
	for last+1 < len(events) && runs.Done(events[last+1].GetEventType()) {
		last++
	}
	return &history.History{Events: events[:last+1]}
}

func typeOf(h *history.History) string {
	if len(h.GetEvents()) == 0 {
		return ""
	}
	return h.Events[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()
}

// line is an error in one line.
func line(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}
