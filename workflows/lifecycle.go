package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"koko/activities"
	"koko/domain/fault"
	"koko/domain/process"
)

// CatchUp is the Update that has a file adopt what stands recorded, without a command.
const CatchUp = "catch_up"

// unreportedLife is how long a file waits for the command that it was started with. The caller may
// have lost the answer and send it again; after that nobody knows of the file.
const unreportedLife = 24 * time.Hour

// Request is the argument of every Update with a command.
type Request[C process.Command] struct {
	By      string `json:"by"`             // subject of the caller
	Seen    int    `json:"seen,omitempty"` // the version that the caller decided on; 0: none yet
	Command C      `json:"command"`
}

// Answer is the result of every Update: what its command led to, now or long ago.
type Answer[S any] struct {
	Digest string `json:"digest"` // of the command that was carried out
	State  S      `json:"state"`
}

// UnmarshalJSON also reads what cases answered when "state" was called "case".
func (a *Answer[S]) UnmarshalJSON(b []byte) error {
	type plain Answer[S]
	return json.Unmarshal(b, &struct {
		*plain
		Case *S `json:"case"`
	}{(*plain)(a), &a.State})
}

// ruled is a state with the rules that decide what becomes of it.
type ruled[S any, C process.Command] interface {
	process.State
	// Decide returns the state after cmd, or why cmd is refused.
	Decide(cmd C, by string, at time.Time) (S, error)
	// NextDeadline returns the earliest deadline that has not been missed yet.
	NextDeadline() (process.Deadline, bool)
}

// lifecycle is the life of one file. Its workflow is the file's only writer: every change arrives as
// a message, or from a timer of its own, and is decided under a lock.
type lifecycle[S ruled[S, C], C process.Command] struct {
	kind  process.Kind
	state S // all of it is carried by continue-as-new
	mu    workflow.Mutex

	first  process.Action // begins the life of the file
	save   func(context.Context, activities.Transition[S]) ([]activities.Transition[S], error)
	read   func(context.Context, activities.Position) ([]activities.Transition[S], error)
	missed func(process.Deadline) C // the command that records that a deadline has passed
	turned func(S) bool             // whether the run is over because of what the state says; nil: never

	// adopted, if not nil, is told of every change in order, by whatever way it came. It runs under the
	// lock, so it may do things but must not decide any.
	adopted func(ctx workflow.Context, before, after S)
	// quiet, if not nil, reports whether nothing is left to do beside the commands: the run waits for it.
	quiet func() bool
}

// live waits for messages and deadlines until the run is over, and continues as workflow again. A
// file that nobody ever reported ends.
func (l *lifecycle[S, C]) live(ctx workflow.Context, again any) error {
	for !l.rests(ctx) {
		due, timed := l.next(ctx)
		moved := func() bool {
			now, still := l.next(ctx)
			return now != due || still != timed || l.rests(ctx)
		}
		passed, err := wait(ctx, due, timed, moved)
		if err != nil {
			return err
		}
		if !passed {
			continue
		}
		if l.version() == 0 {
			return nil
		}
		if err := l.miss(ctx, due); err != nil {
			return err
		}
	}
	finished := func() bool { return workflow.AllHandlersFinished(ctx) && (l.quiet == nil || l.quiet()) }
	if err := workflow.Await(ctx, finished); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, again, l.state)
}

func (l *lifecycle[S, C]) version() int { return l.state.File().Version }

// rests reports whether the run is over: the file has turned to something else, or the history has
// become long.
func (l *lifecycle[S, C]) rests(ctx workflow.Context) bool {
	return l.turned != nil && l.turned(l.state) || workflow.GetInfo(ctx).GetContinueAsNewSuggested()
}

// next is what the run waits for.
func (l *lifecycle[S, C]) next(ctx workflow.Context) (process.Deadline, bool) {
	if l.version() == 0 {
		return process.Deadline{Kind: string(l.first), Due: workflow.GetInfo(ctx).WorkflowStartTime.Add(unreportedLife)}, true
	}
	return l.state.NextDeadline()
}

// wait blocks until the file has moved on or, if there is one, the deadline has passed. A timer that
// is not needed any more is cancelled, so that it does not wake the file for nothing.
func wait(ctx workflow.Context, d process.Deadline, timed bool, moved func() bool) (passed bool, err error) {
	if !timed {
		return false, workflow.Await(ctx, moved)
	}
	timing, stop := workflow.WithCancel(ctx)
	defer stop()
	timer := workflow.NewTimerWithOptions(timing, d.Due.Sub(workflow.Now(ctx)), workflow.TimerOptions{Summary: d.Kind})
	err = workflow.Await(ctx, func() bool { return timer.IsReady() || moved() })
	return !moved(), err
}

// miss records that a deadline has passed. A refusal means that the file has moved on meanwhile.
// The version makes the id new each time: the answer to an old one would leave the deadline open.
func (l *lifecycle[S, C]) miss(ctx workflow.Context, d process.Deadline) error {
	id := fmt.Sprintf("deadline-%s-after-%d", d.Kind, l.version())
	err := l.handleAs(ctx, id, l.missed(d), process.System)
	if gated(err) {
		return nil
	}
	return err
}

// accept registers command T as an Update named after its action. as makes it one of the lifecycle's.
func accept[T process.Command, S ruled[S, C], C process.Command](ctx workflow.Context, l *lifecycle[S, C], as func(T) C) error {
	var cmd T
	return workflow.SetUpdateHandlerWithOptions(ctx, string(cmd.Action()),
		func(ctx workflow.Context, r Request[T]) (Answer[S], error) {
			return l.handle(ctx, workflow.GetCurrentUpdateInfo(ctx).ID, as(r.Command), r.By, r.Seen)
		},
		workflow.UpdateHandlerOptions{
			// The command alone, not the file's state: a validator cannot read the record, and
			// without it cannot tell a repeated command, or one that fits a decision it missed.
			Validator: func(ctx workflow.Context, r Request[T]) error { return toTemporal(r.Command.Check()) },
		})
}

// handleAs carries out a command that is no Update: of a timer, or of another workflow's signal.
func (l *lifecycle[S, C]) handleAs(ctx workflow.Context, id string, cmd C, by string) error {
	_, err := l.handle(ctx, id, cmd, by, 0)
	return err
}

// handle decides cmd and records it. A local activity commits before the engine keeps
// anything of the Update, so after a crash the record may be ahead: what it holds is
// adopted first, and only a workflow that has read the record refuses.
func (l *lifecycle[S, C]) handle(ctx workflow.Context, id string, cmd C, by string, seen int) (Answer[S], error) {
	if err := l.mu.Lock(ctx); err != nil {
		return Answer[S]{}, err
	}
	defer l.mu.Unlock()

	for {
		next, refusal := l.decide(ctx, cmd, by, seen)
		var recorded []activities.Transition[S]
		var err error
		if refusal != nil {
			recorded, err = l.recordedSince(ctx, id)
		} else {
			recorded, err = l.record(ctx, activities.Transition[S]{
				CommandID: id, Action: cmd.Action(), By: by, Digest: process.Digest(cmd), Docs: cmd.References(), State: next,
			})
		}
		if err != nil {
			return Answer[S]{}, err
		}
		if refusal != nil && len(recorded) == 0 {
			return Answer[S]{}, toTemporal(refusal)
		}
		if answer, ok := l.adopt(ctx, recorded, id); ok {
			return answer, nil
		}
	}
}

// decide asks the rules, unless the caller has seen another version than the current one. The
// record keeps milliseconds, and so does every stamp.
func (l *lifecycle[S, C]) decide(ctx workflow.Context, cmd C, by string, seen int) (next S, err error) {
	if seen != 0 && seen != l.version() {
		return next, fault.Newf(fault.Stale, "the %s is at version %d, not %d", l.kind, l.version(), seen).
			By("version", "read the "+string(l.kind)+" again and decide on what it says now")
	}
	return l.state.Decide(cmd, by, workflow.Now(ctx).UTC().Truncate(time.Millisecond))
}

// catchUp is the handler of CatchUp.
func (l *lifecycle[S, C]) catchUp(ctx workflow.Context) (Answer[S], error) {
	if err := l.mu.Lock(ctx); err != nil {
		return Answer[S]{}, err
	}
	defer l.mu.Unlock()

	recorded, err := l.recordedSince(ctx, workflow.GetCurrentUpdateInfo(ctx).ID)
	if err != nil {
		return Answer[S]{}, err
	}
	l.adopt(ctx, recorded, "")
	return Answer[S]{State: l.state}, nil
}

// adopt is the only place where the state changes: it takes over what stands recorded,
// not what was decided here. It returns what the command id led to, now or long ago.
func (l *lifecycle[S, C]) adopt(ctx workflow.Context, recorded []activities.Transition[S], id string) (answer Answer[S], ok bool) {
	for _, t := range recorded {
		if before := l.state; t.State.File().Version > before.File().Version {
			l.state = t.State
			if l.adopted != nil {
				l.adopted(ctx, before, t.State)
			}
		}
		if t.CommandID == id {
			answer, ok = Answer[S]{t.Digest, t.State}, true
		}
	}
	return answer, ok
}

func (l *lifecycle[S, C]) record(ctx workflow.Context, t activities.Transition[S]) (recorded []activities.Transition[S], err error) {
	err = workflow.ExecuteLocalActivity(local(ctx), l.save, t).Get(ctx, &recorded)
	return recorded, err
}

func (l *lifecycle[S, C]) recordedSince(ctx workflow.Context, id string) (recorded []activities.Transition[S], err error) {
	f := l.state.File()
	p := activities.Position{FileID: f.ID, Version: f.Version, CommandID: id}
	err = workflow.ExecuteLocalActivity(local(ctx), l.read, p).Get(ctx, &recorded)
	return recorded, err
}

// local has a local activity tried until it answers: after a time-out nobody knows whether
// it was recorded. Left out, ScheduleToCloseTimeout would be one attempt's.
func local(ctx workflow.Context) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout:    10 * time.Second,
		ScheduleToCloseTimeout: 10 * 365 * 24 * time.Hour,
	})
}

// gated reports whether the rules refused a command because of where the file stands.
func gated(err error) bool {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	return ok && app.Type() == string(fault.Gate)
}

// toTemporal carries a fault across the engine as an ApplicationError of that type.
func toTemporal(err error) error {
	if err == nil {
		return nil
	}
	return temporal.NewNonRetryableApplicationError(err.Error(), string(fault.CodeOf(err)), nil, fault.Of(err))
}
