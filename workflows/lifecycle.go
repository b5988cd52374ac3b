package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"koko/activities"
	"koko/domain/fault"
	"koko/domain/file"
)

// Entry is the Update that brings a command, and the only one that files have: whoever reads the engine sees that
// something was done, not what.
const Entry = "entry"

// CatchUp is the action that has a file adopt what is recorded, without a command.
const CatchUp file.Action = "catch_up"

// unreportedLife is how long a file waits for the command that it was started with. The caller may
// have lost the answer and send it again; after that nobody can know of the file.
const unreportedLife = 24 * time.Hour

// Request is the argument of every Update.
type Request struct {
	Action  file.Action     `json:"action"`
	By      string          `json:"by,omitempty"`      // subject of the caller
	Seen    int             `json:"seen,omitempty"`    // the version that the caller decided on; 0: none yet
	Command json.RawMessage `json:"command,omitempty"` // none to catch up
	For     Purpose         `json:"for"`
}

// A Purpose says what a request was made for. It is sealed with the request: whoever can send to the engine but has no
// key may send a request again, and only as the same command.
type Purpose struct {
	File string    `json:"file"`
	ID   string    `json:"id"` // of the Update, which is that of the command
	Made time.Time `json:"made"`
}

// freshness is how far the clock of whoever makes a request may be from the engine's. A command that was refused leaves
// no id in the record: without a limit, it could be sent again years later and be carried out.
const freshness = 15 * time.Minute

// Misplaced is the name under which a worker's metrics count messages that were made for another file, command or time.
const Misplaced = "koko_misplaced_messages"

// Answer is the result of every Update: what its command led to, now or long ago.
type Answer struct {
	Digest string          `json:"digest"` // of the command that was carried out
	State  json.RawMessage `json:"state"`
}

// files names the activities.
var files *activities.Files

// lifecycle is the life of one file. Its workflow is the file's only writer: every change arrives as
// a message, or from a timer of its own, and is decided under a lock.
type lifecycle struct {
	kind  *file.Definition
	state file.State // all of it is carried by continue-as-new
	began int        // the stretch of the process that this run is for
	told  time.Time  // when people were last told of a deadline, in this run
	mu    workflow.Mutex
	mail  *mailbox
}

// live waits for messages and deadlines until the run is over, and continues as a new one. A file
// whose first command never came ends.
func (l *lifecycle) live(ctx workflow.Context) error {
	for !l.rests(ctx) {
		next := l.alarm(ctx)
		moved := func() bool { return l.alarm(ctx) != next || l.rests(ctx) }
		passed, err := wait(ctx, next, moved)
		if err != nil {
			return err
		}
		switch {
		case !passed:
		case next.call.Rung != "":
			err = l.remind(ctx, next.at)
		case l.version() == 0:
			return nil
		default:
			err = l.miss(ctx, next.due)
		}
		if err != nil {
			return err
		}
	}
	finished := func() bool { return workflow.AllHandlersFinished(ctx) && l.mail.quiet() }
	if err := workflow.Await(ctx, finished); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, l.kind.Workflow, l.state)
}

func (l *lifecycle) version() int { return l.state.Head().Version }

// rests reports whether the run is over: the file has turned to something else, or the history has
// become long.
func (l *lifecycle) rests(ctx workflow.Context) bool {
	return l.kind.Stretch(l.state.Head().Phase) != l.began || workflow.GetInfo(ctx).GetContinueAsNewSuggested()
}

// An alarm is what a run waits for: that a deadline passes, or that people are to be told of one before
// or after that.
type alarm struct {
	at   time.Time // zero: nothing is expected
	due  file.Deadline
	call file.Call
}

func (a alarm) summary() string {
	if a.call.Rung != "" {
		return file.NoticeOf(a.call.Rung, a.call.Deadline.Kind)
	}
	return a.due.Kind
}

// alarm returns what the run waits for. What people were to be told before the last decision they have been
// told, or it is settled by that decision.
func (l *lifecycle) alarm(ctx workflow.Context) alarm {
	if l.version() == 0 {
		due := workflow.GetInfo(ctx).WorkflowStartTime.Add(unreportedLife)
		return alarm{at: due, due: file.Deadline{Kind: string(l.kind.First()), Due: due}}
	}
	var next alarm
	if due, timed := file.NextDeadline(l.state); timed {
		next = alarm{at: due.Over(), due: due}
	}
	call, calls := l.kind.NextCall(l.state, file.Latest(l.told, l.state.Head().Changed))
	if calls && (next.at.IsZero() || call.At.Before(next.at)) {
		next = alarm{at: call.At, call: call}
	}
	return next
}

// wait blocks until the file has moved on or, if there is one, the alarm has come. A timer that is not
// needed any more is cancelled, so that it does not wake the file for nothing.
func wait(ctx workflow.Context, a alarm, moved func() bool) (passed bool, err error) {
	if a.at.IsZero() {
		return false, workflow.Await(ctx, moved)
	}
	timing, stop := workflow.WithCancel(ctx)
	defer stop()
	timer := workflow.NewTimerWithOptions(timing, a.at.Sub(workflow.Now(ctx)), workflow.TimerOptions{Summary: a.summary()})
	err = workflow.Await(ctx, func() bool { return timer.IsReady() || moved() })
	return !moved(), err
}

// remind tells people of the deadlines that are called at a time. It decides nothing: the version of the file stays.
func (l *lifecycle) remind(ctx workflow.Context, at time.Time) error {
	f, now := l.state.Head(), workflow.Now(ctx).UTC().Truncate(time.Millisecond)
	l.told = at
	var all []activities.Reminding
	for _, c := range l.kind.CallsAt(l.state, at) {
		all = append(all, activities.Reminding{
			Kind: l.kind.Kind, FileID: f.ID, AGS: f.AGS, Version: f.Version, At: now, Notice: l.kind.Notice(l.state, c),
		})
	}
	for _, r := range all {
		if err := workflow.ExecuteLocalActivity(local(ctx), files.Remind, r).Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// miss records that a deadline has passed. A refusal means that the file has moved on meanwhile.
// The version makes the id new each time: the answer to an old one would leave the deadline open.
func (l *lifecycle) miss(ctx workflow.Context, d file.Deadline) error {
	id := fmt.Sprintf("deadline-%s-after-%d", d.Kind, l.version())
	err := l.handleAs(ctx, id, file.DeadlinePassed{Deadline: d}, file.System)
	if gated(err) {
		return nil
	}
	return err
}

// accept registers the Update that brings commands.
func (l *lifecycle) accept(ctx workflow.Context) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, Entry,
		func(ctx workflow.Context, r Request) (Answer, error) {
			if r.Action == CatchUp {
				return l.catchUp(ctx)
			}
			cmd, err := l.read(r)
			if err != nil {
				return Answer{}, toTemporal(err)
			}
			return l.handle(ctx, workflow.GetCurrentUpdateInfo(ctx).ID, cmd, r.By, r.Seen)
		},
		workflow.UpdateHandlerOptions{
			// The command alone, not the file's state: a validator cannot read the record, and
			// without it cannot tell a repeated command, or one that fits a decision it missed.
			// Nor does it run on replay: what was recorded without a purpose is carried out as it was.
			Validator: func(ctx workflow.Context, r Request) error {
				if err := l.meant(ctx, r.For); err != nil {
					misplaced(ctx, err)
					return toTemporal(err)
				}
				if r.Action == CatchUp {
					return nil
				}
				cmd, err := l.read(r)
				if err == nil {
					err = wordless(cmd)
				}
				if err == nil {
					err = l.kind.Check(cmd)
				}
				return toTemporal(err)
			},
		})
}

// meant refuses a request that was made for something else than the Update that brings it.
func (l *lifecycle) meant(ctx workflow.Context, p Purpose) error {
	if p.File != l.state.Head().ID || p.ID != workflow.GetCurrentUpdateInfo(ctx).ID {
		return fault.Newf(fault.Invalid, "the request was made for another file or command").
			By("purpose", "have the API send the command")
	}
	if apart := workflow.Now(ctx).Sub(p.Made).Abs(); apart > freshness {
		return fault.Newf(fault.Busy, "the request was made at another time, by the clock of the engine").
			By("clock", "send the same request again; if that does not help, set the clocks of API and engine")
	}
	return nil
}

// misplaced leaves a trace of a message that was made for something else, as nothing of it is recorded.
func misplaced(ctx workflow.Context, why error) {
	workflow.GetLogger(ctx).Error("message refused", "err", why)
	workflow.GetMetricsHandler(ctx).Counter(Misplaced).Inc(1)
}

// read reads the command of a request. Those of workflows come as messages, but for the one that begins a file.
func (l *lifecycle) read(r Request) (file.Command, error) {
	if c, ok := l.kind.CommandOf(r.Action); !ok || c.Own && !c.Begins {
		return nil, fault.Newf(fault.Invalid, "nobody asks a %s for %q", l.kind.Kind, r.Action).By("action", "send a command of people")
	}
	return l.kind.Command(r.Action, r.Command)
}

// wordless refuses a command that still has its words: they would get into the history.
func wordless(cmd file.Command) error {
	if _, err := plain(cmd); err != nil {
		return fault.Newf(fault.Invalid, "the command has words in it").In("docs").By("words", "store the words as documents first")
	}
	return nil
}

// handleAs carries out a command that is no Update: of a timer, or of another workflow's signal.
func (l *lifecycle) handleAs(ctx workflow.Context, id string, cmd file.Command, by string) error {
	_, err := l.handle(ctx, id, cmd, by, 0)
	return err
}

// handle decides cmd and records it. A local activity commits before the engine keeps
// anything of the Update, so after a crash the record may be ahead: what it holds is
// adopted first, and only a workflow that has read the record refuses.
func (l *lifecycle) handle(ctx workflow.Context, id string, cmd file.Command, by string, seen int) (Answer, error) {
	if err := l.mu.Lock(ctx); err != nil {
		return Answer{}, err
	}
	defer l.mu.Unlock()

	for {
		next, refusal := l.decide(ctx, cmd, by, seen)
		var recorded []activities.Transition
		var err error
		if refusal != nil {
			recorded, err = l.recordedSince(ctx, id)
		} else {
			recorded, err = l.record(ctx, id, cmd, by, next)
		}
		if err != nil {
			return Answer{}, err
		}
		if refusal != nil && len(recorded) == 0 {
			return Answer{}, toTemporal(refusal)
		}
		if answer, ok, err := l.adopt(ctx, recorded, id); ok || err != nil {
			return answer, err
		}
	}
}

// decide asks the rules, unless the caller has seen another version than the current one. The
// record keeps milliseconds, and so does every stamp.
func (l *lifecycle) decide(ctx workflow.Context, cmd file.Command, by string, seen int) (next file.State, err error) {
	if seen != 0 && seen != l.version() {
		return next, fault.Newf(fault.Stale, "the %s is at version %d, not %d", l.kind.Kind, l.version(), seen).
			By("version", "read the "+string(l.kind.Kind)+" again and decide on what it says now")
	}
	return l.kind.Decide(l.state, cmd, by, workflow.Now(ctx).UTC().Truncate(time.Millisecond))
}

// catchUp carries out CatchUp.
func (l *lifecycle) catchUp(ctx workflow.Context) (Answer, error) {
	if err := l.mu.Lock(ctx); err != nil {
		return Answer{}, err
	}
	defer l.mu.Unlock()

	recorded, err := l.recordedSince(ctx, workflow.GetCurrentUpdateInfo(ctx).ID)
	if err != nil {
		return Answer{}, err
	}
	if _, _, err := l.adopt(ctx, recorded, ""); err != nil {
		return Answer{}, err
	}
	state, err := plain(l.state)
	return Answer{State: state}, err
}

// adopt is the only place where the state changes: it takes over what is recorded, not what was
// decided here. It returns what the command id led to, now or long ago.
func (l *lifecycle) adopt(ctx workflow.Context, recorded []activities.Transition, id string) (answer Answer, ok bool, err error) {
	for _, t := range recorded {
		state, err := l.kind.Decode(t.State)
		if err != nil {
			return answer, false, err
		}
		if before := l.state; state.Head().Version > before.Head().Version {
			l.state = state
			l.mail.send(ctx, t.CommandID, l.kind.Messages(before, state))
		}
		if t.CommandID == id {
			raw, err := plain(state)
			if err != nil {
				return answer, false, err
			}
			answer, ok = Answer{t.Digest, raw}, true
		}
	}
	return answer, ok, nil
}

func (l *lifecycle) record(
	ctx workflow.Context, id string, cmd file.Command, by string, next file.State,
) (recorded []activities.Transition, err error) {
	state, err := plain(next)
	if err != nil {
		return nil, err
	}
	err = workflow.ExecuteLocalActivity(local(ctx), files.SaveTransition, activities.Transition{
		Kind: l.kind.Kind, CommandID: id, Action: cmd.Action(), By: by, Digest: file.Digest(cmd), Docs: cmd.References(), State: state,
	}).Get(ctx, &recorded)
	return recorded, err
}

func (l *lifecycle) recordedSince(ctx workflow.Context, id string) (recorded []activities.Transition, err error) {
	f := l.state.Head()
	p := activities.Position{Kind: l.kind.Kind, FileID: f.ID, Version: f.Version, CommandID: id}
	err = workflow.ExecuteLocalActivity(local(ctx), files.ReadTransitions, p).Get(ctx, &recorded)
	return recorded, err
}

// plain returns a state or a command as JSON.
func plain(v any) (json.RawMessage, error) {
	//workflowcheck:ignore -- a struct without maps has one JSON, however the encoder caches its types
	return json.Marshal(v)
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
	var f fault.Error
	return ok && app.HasDetails() && app.Details(&f) == nil && f.Code == fault.Gate
}

// toTemporal carries a fault across the engine. Its type, which is not sealed, is the same for every fault.
func toTemporal(err error) error {
	if err == nil {
		return nil
	}
	if f := fault.Of(err); f != nil {
		return temporal.NewNonRetryableApplicationError(err.Error(), activities.Refused, nil, *f)
	}
	return temporal.NewNonRetryableApplicationError(err.Error(), activities.Refused, nil)
}
