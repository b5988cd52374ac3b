package recordtest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"koko/activities"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/kinds"
)

// An Engine decides and records as the workflows do, without Temporal: the real rules, the record that Files
// writes, one command at a time, and the same answer for the same key.
type Engine struct {
	Files    *activities.Files
	At       time.Time    // when it decides; now if zero
	Punctual bool         // whether deadlines that are over pass at once, as the timers of workflows have them
	Before   func() error // fails, or panics, before anything is decided
	After    func() error // fails after the decision was recorded: the answer is lost

	mu       sync.Mutex       // one for all files: what they tell each other arrives at once
	refusals map[string]error // by file and key: an Update that was refused stays refused
}

// Ready fails as a command would fail before it is decided.
func (e *Engine) Ready(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return fails(e.Before)
}

func fails(how func() error) error {
	if how == nil {
		return nil
	}
	return how()
}

func (e *Engine) now() time.Time {
	at := e.At
	if at.IsZero() {
		at = time.Now()
	}
	return at.UTC().Truncate(time.Millisecond)
}

// Begin starts a file.
func (e *Engine) Begin(
	ctx context.Context,
	k *file.Definition,
	s file.State,
	key, by string,
	cmd file.Command,
) (file.State, error) {
	return e.handle(ctx, k, s.Head().ID, s, key, by, 0, cmd)
}

// Own has a file carry out a command of its own, as its workflow does when a time limit passes.
func (e *Engine) Own(ctx context.Context, k *file.Definition, s file.State, key string, cmd file.Command) (file.State, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.step(ctx, k, s, key, file.System, cmd)
}

// Do has a file carry out a command.
func (e *Engine) Do(
	ctx context.Context,
	k *file.Definition,
	id, key, by string,
	seen int,
	cmd file.Command,
) (file.State, error) {
	return e.handle(ctx, k, id, k.Fresh(id, ""), key, by, seen, cmd)
}

func (e *Engine) handle(
	ctx context.Context,
	k *file.Definition,
	id string,
	s file.State,
	key, by string,
	seen int,
	cmd file.Command,
) (file.State, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := fails(e.Before); err != nil {
		return s, err
	}
	cmd, err := sent(k, cmd)
	if err != nil { // the validator: it leaves no trace
		return s, err
	}
	recorded, err := e.Files.ReadTransitions(ctx, activities.Position{Kind: k.Kind, FileID: id, CommandID: key})
	if err != nil {
		return s, err
	}
	for _, t := range recorded {
		if s, err = k.Decode(t.State); err != nil {
			return s, err
		}
		if t.CommandID == key {
			return s, same(t, cmd)
		}
	}
	f := s.Head()
	if f.AGS == "" {
		return s, fault.Newf(fault.NotFound, "there is no such %s", k.Kind)
	}
	if err := e.refusals[id+key]; err != nil {
		return s, err
	}
	if seen != 0 && seen != f.Version {
		err = fault.Newf(fault.Stale, "the %s is at version %d, not %d", k.Kind, f.Version, seen).
			By("version", "read the "+string(k.Kind)+" again and decide on what it says now")
		e.refuse(id+key, err)
		return s, err
	}
	next, err := e.step(ctx, k, s, key, by, cmd)
	if err != nil {
		if fault.Of(err) != nil {
			e.refuse(id+key, err)
		}
		return s, err
	}
	return next, fails(e.After)
}

// sent returns a command as it arrives: without anything that JSON does not carry.
func sent(k *file.Definition, cmd file.Command) (file.Command, error) {
	letter, err := file.Write(cmd)
	if err != nil {
		return nil, err
	}
	arrived, err := k.Command(letter.Action, letter.Command)
	if err != nil {
		return nil, err
	}
	return arrived, k.Check(arrived)
}

// receive has a file carry out a message. One that the rules refuse changes nothing.
func (e *Engine) receive(ctx context.Context, m file.Message, key string) error {
	k, ok := kinds.Of(m.To)
	if !ok {
		return fmt.Errorf("a message to a %q", m.To)
	}
	recorded, err := e.Files.ReadTransitions(ctx, activities.Position{Kind: k.Kind, FileID: m.File, CommandID: key})
	if err != nil || len(recorded) == 0 {
		return err
	}
	s, err := k.Decode(recorded[len(recorded)-1].State)
	if err != nil {
		return err
	}
	cmd, err := sent(k, m.Command)
	if err != nil {
		return err
	}
	_, err = e.step(ctx, k, s, key, file.System, cmd)
	if fault.Of(err) != nil {
		return nil
	}
	return err
}

// step decides, records, and sends the messages to other files.
func (e *Engine) step(ctx context.Context, k *file.Definition, s file.State, key, by string, cmd file.Command) (file.State, error) {
	next, err := k.Decide(s, cmd, by, e.now())
	if err != nil {
		return s, err
	}
	raw, err := json.Marshal(next)
	if err != nil {
		return s, err
	}
	_, err = e.Files.SaveTransition(ctx, activities.Transition{
		Kind: k.Kind, CommandID: key, Action: cmd.Action(), By: by, Digest: file.Digest(cmd), Docs: cmd.References(), State: raw,
	})
	if err != nil {
		return s, refusal(err)
	}
	f := next.Head()
	for i, m := range k.Messages(s, next) {
		// Like the real one, the id tells nothing of its sender: the receiver records it.
		id := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%s/%d", k.Kind, f.ID, key, i))
		if err := e.receive(ctx, m, fmt.Sprintf("message/%x", id)); err != nil {
			return next, err
		}
	}
	if e.Punctual {
		err = e.pass(ctx, k, next)
	}
	return next, err
}

// pass lets a deadline pass that is over already, as the workflow's timer does.
func (e *Engine) pass(ctx context.Context, k *file.Definition, s file.State) error {
	d, ok := file.NextDeadline(s)
	if !ok || d.Due.After(e.now()) {
		return nil
	}
	f := s.Head()
	m := file.Message{To: k.Kind, File: f.ID, Command: file.DeadlinePassed{Deadline: d}}
	return e.receive(ctx, m, fmt.Sprintf("deadline/%s/%s/%d", d.Kind, f.ID, f.Version))
}

// refuse remembers why a command was refused.
func (e *Engine) refuse(command string, err error) {
	if e.refusals == nil {
		e.refusals = map[string]error{}
	}
	e.refusals[command] = err
}

// same refuses an answer that belongs to another command sent under the same key.
func same(t activities.Transition, cmd file.Command) error {
	if t.Digest == file.Digest(cmd) {
		return nil
	}
	return fault.Newf(fault.Conflict, "the idempotency key was used for another command").
		By("idempotency_key_reused", "send a new command with a new Idempotency-Key")
}

// refusal returns the fault that an activity's error carries, or the error itself.
func refusal(err error) error {
	var carrier interface{ Details(d ...any) error }
	var f fault.Error
	if errors.As(err, &carrier) && carrier.Details(&f) == nil && f.Code != "" {
		return &f
	}
	return err
}
