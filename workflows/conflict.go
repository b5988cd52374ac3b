// Package workflows holds the deterministic process definitions. It does no I/O.
package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"koko/activities"
	"koko/domain/conflict"
	"koko/domain/fault"
)

// CatchUp is the Update that has a case adopt what stands recorded, without a command.
const CatchUp = "catch_up"

// unreportedLife is how long a case waits for the signal that it was started with. The caller may
// have lost the answer and send it again; after that nobody knows of the case.
const unreportedLife = 24 * time.Hour

// ConflictCase is the life of one case, from the signal on. It is the case's only writer: every
// change arrives as an Update, or from a timer of its own, and is decided under a lock. A case does
// not end, because even a closed one may be reopened; each phase is a run.
func ConflictCase(ctx workflow.Context, c conflict.Case) error {
	wf := &conflictCase{Case: c, began: c.Phase, mu: workflow.NewMutex(ctx)}
	if err := wf.listen(ctx); err != nil {
		return err
	}
	for !wf.rests(ctx) {
		due, timed := wf.next(ctx)
		moved := func() bool {
			now, still := wf.next(ctx)
			return now != due || still != timed || wf.rests(ctx)
		}
		passed, err := wf.wait(ctx, due, timed, moved)
		if err != nil {
			return err
		}
		if !passed {
			continue
		}
		if wf.Version == 0 {
			return nil
		}
		if err := wf.miss(ctx, due); err != nil {
			return err
		}
	}
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, ConflictCase, wf.Case)
}

type conflictCase struct {
	conflict.Case // all of it is carried by continue-as-new
	began         conflict.Phase
	mu            workflow.Mutex
}

// Request is the argument of every Update of a case.
type Request[C conflict.Command] struct {
	By      string `json:"by"`             // subject of the caller
	Seen    int    `json:"seen,omitempty"` // the version that the caller decided on; 0: none yet
	Command C      `json:"command"`
}

// Answer is the result of every Update of a case: what its command led to, now or long ago.
type Answer struct {
	Digest string        `json:"digest"` // of the command that was carried out
	Case   conflict.Case `json:"case"`
}

// listen registers the Updates.
func (wf *conflictCase) listen(ctx workflow.Context) error {
	return errors.Join(
		accept[conflict.ReportSignal](ctx, wf),
		accept[conflict.TriageSignal](ctx, wf),
		accept[conflict.RecordClearing](ctx, wf),
		accept[conflict.DecideMandate](ctx, wf),
		accept[conflict.RecordAnalysis](ctx, wf),
		accept[conflict.ReviewAnalysis](ctx, wf),
		accept[conflict.AssessEscalation](ctx, wf),
		accept[conflict.PlanMediation](ctx, wf),
		accept[conflict.ConfirmConditions](ctx, wf),
		accept[conflict.RecordSession](ctx, wf),
		accept[conflict.RecordInterimResult](ctx, wf),
		accept[conflict.ProposeClosure](ctx, wf),
		accept[conflict.SignOff](ctx, wf),
		accept[conflict.RecordFollowUp](ctx, wf),
		accept[conflict.Reopen](ctx, wf),
		accept[conflict.Assign](ctx, wf),
		accept[conflict.AddNote](ctx, wf),
		accept[conflict.AttachDocument](ctx, wf),
		workflow.SetUpdateHandler(ctx, CatchUp, wf.catchUp),
	)
}

// accept registers command C as an Update named after its action.
func accept[C conflict.Command](ctx workflow.Context, wf *conflictCase) error {
	var c C
	return workflow.SetUpdateHandlerWithOptions(ctx, string(c.Action()),
		func(ctx workflow.Context, r Request[C]) (Answer, error) {
			return wf.handle(ctx, workflow.GetCurrentUpdateInfo(ctx).ID, r.Command, r.By, r.Seen)
		},
		workflow.UpdateHandlerOptions{
			// The command alone, not the case's state: a validator cannot read the record, and
			// without it cannot tell a repeated command, or one that fits a decision it missed.
			Validator: func(ctx workflow.Context, r Request[C]) error { return toTemporal(r.Command.Check()) },
		})
}

// rests reports whether the run is over: the phase has ended, or the history has become long.
func (wf *conflictCase) rests(ctx workflow.Context) bool {
	begun := wf.began != "" || wf.Phase != conflict.Detection // reporting and detection are one run
	return wf.Phase != wf.began && begun || workflow.GetInfo(ctx).GetContinueAsNewSuggested()
}

// wait blocks until the case has moved on or, if there is one, the deadline has passed. A timer that
// is not needed any more is cancelled, so that it does not wake the case for nothing.
func (wf *conflictCase) wait(ctx workflow.Context, d conflict.Deadline, timed bool, moved func() bool) (passed bool, err error) {
	if !timed {
		return false, workflow.Await(ctx, moved)
	}
	timing, stop := workflow.WithCancel(ctx)
	defer stop()
	timer := workflow.NewTimerWithOptions(timing, d.Due.Sub(workflow.Now(ctx)), workflow.TimerOptions{Summary: d.Kind})
	err = workflow.Await(ctx, func() bool { return timer.IsReady() || moved() })
	return !moved(), err
}

// next is what the run waits for.
func (wf *conflictCase) next(ctx workflow.Context) (conflict.Deadline, bool) {
	if wf.Version == 0 {
		return conflict.Deadline{Kind: "report_signal", Due: workflow.GetInfo(ctx).WorkflowStartTime.Add(unreportedLife)}, true
	}
	return wf.NextDeadline()
}

// miss records that a deadline has passed. A refusal means that the case has moved on meanwhile.
// The version makes the id new each time: the answer to an old one would leave the deadline open.
func (wf *conflictCase) miss(ctx workflow.Context, d conflict.Deadline) error {
	id := fmt.Sprintf("deadline-%s-after-%d", d.Kind, wf.Version)
	_, err := wf.handle(ctx, id, conflict.DeadlinePassed{Deadline: d}, conflict.System, 0)
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok && app.Type() == string(fault.Gate) {
		return nil
	}
	return err
}

// handle decides cmd and records it. A local activity commits before the engine keeps
// anything of the Update, so after a crash the record may be ahead: what it holds is
// adopted first, and only a workflow that has read the record refuses.
func (wf *conflictCase) handle(ctx workflow.Context, id string, cmd conflict.Command, by string, seen int) (Answer, error) {
	if err := wf.mu.Lock(ctx); err != nil {
		return Answer{}, err
	}
	defer wf.mu.Unlock()

	for {
		next, refusal := wf.decide(ctx, cmd, by, seen)
		var recorded []activities.Transition
		var err error
		if refusal != nil {
			recorded, err = wf.read(ctx, id)
		} else {
			recorded, err = save(ctx, activities.Transition{
				CommandID: id, Action: cmd.Action(), By: by, Digest: conflict.Digest(cmd), Docs: cmd.References(), Case: next,
			})
		}
		if err != nil {
			return Answer{}, err
		}
		if refusal != nil && len(recorded) == 0 {
			return Answer{}, toTemporal(refusal)
		}
		if answer, ok := wf.adopt(recorded, id); ok {
			return answer, nil
		}
	}
}

// decide asks the rules, unless the caller has seen another version than the current one. The
// record keeps milliseconds, and so does every stamp.
func (wf *conflictCase) decide(ctx workflow.Context, cmd conflict.Command, by string, seen int) (conflict.Case, error) {
	if seen != 0 && seen != wf.Version {
		return conflict.Case{}, fault.Newf(fault.Stale, "the case is at version %d, not %d", wf.Version, seen).
			By("version", "read the case again and decide on what it says now")
	}
	return wf.Decide(cmd, by, workflow.Now(ctx).UTC().Truncate(time.Millisecond))
}

func (wf *conflictCase) catchUp(ctx workflow.Context) (Answer, error) {
	if err := wf.mu.Lock(ctx); err != nil {
		return Answer{}, err
	}
	defer wf.mu.Unlock()

	recorded, err := wf.read(ctx, workflow.GetCurrentUpdateInfo(ctx).ID)
	if err != nil {
		return Answer{}, err
	}
	wf.adopt(recorded, "")
	return Answer{Case: wf.Case}, nil
}

// adopt is the only place where the case changes: it takes over what stands recorded,
// not what was decided here. It returns what the command id led to, now or long ago.
func (wf *conflictCase) adopt(recorded []activities.Transition, id string) (answer Answer, ok bool) {
	for _, t := range recorded {
		if t.Case.Version > wf.Version {
			wf.Case = t.Case
		}
		if t.CommandID == id {
			answer, ok = Answer{t.Digest, t.Case}, true
		}
	}
	return answer, ok
}

// cases names the activities.
var cases *activities.Cases

func save(ctx workflow.Context, t activities.Transition) (recorded []activities.Transition, err error) {
	err = workflow.ExecuteLocalActivity(local(ctx), cases.SaveTransition, t).Get(ctx, &recorded)
	return recorded, err
}

func (wf *conflictCase) read(ctx workflow.Context, id string) (recorded []activities.Transition, err error) {
	p := activities.Position{CaseID: wf.ID, Version: wf.Version, CommandID: id}
	err = workflow.ExecuteLocalActivity(local(ctx), cases.ReadTransitions, p).Get(ctx, &recorded)
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

// toTemporal carries a fault across the engine as an ApplicationError of that type.
func toTemporal(err error) error {
	if err == nil {
		return nil
	}
	return temporal.NewNonRetryableApplicationError(err.Error(), string(fault.CodeOf(err)), nil, fault.Of(err))
}
