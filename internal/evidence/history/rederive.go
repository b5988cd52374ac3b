package history

import (
	"bytes"
	"encoding/json"
	"fmt"

	"koko/domain/file"
)

// An Underived is the first decision that the same rules do not make again.
type Underived struct {
	Version  int
	Recorded json.RawMessage
	Derived  json.RawMessage // nil: the rules refuse the command
	Refused  error
}

// Rederive decides every command of the file again, each on the state recorded before it, and returns
// the first result that is not the recorded one. A decision whose command was lost in a crash is not
// in the history: it was adopted from the record, and is taken as it is.
func (f File) Rederive() *Underived {
	state := f.state
	for _, t := range f.Transitions {
		if u := f.rederive(state, t); u != nil {
			return u
		}
		state = t.State
	}
	return nil
}

func (f File) rederive(before json.RawMessage, t Transition) *Underived {
	u := &Underived{Version: t.Version, Recorded: t.State}
	cmd, by, ok := f.commandOf(t, before)
	if !ok {
		return nil
	}
	if t.Digest != file.Digest(cmd) || t.By != by || timed(t) && t.CommandID != deadlineID(cmd, t.Version-1) {
		return u
	}
	if u.Derived, u.Refused = decide(f.Kind, before, cmd, by, t.At); bytes.Equal(u.Derived, t.State) {
		return nil
	}
	return u
}

// commandOf is the command that led to t: a history has it, or the state before implies it.
func (f File) commandOf(t Transition, before json.RawMessage) (cmd file.Command, by string, ok bool) {
	if s, ok := step(f.Steps, t.CommandID); ok {
		return s.Command, s.By, true
	}
	if timed(t) {
		cmd, ok = missed(f.Kind, before)
	}
	return cmd, file.System, ok
}

// timed reports whether a timer of the workflow led to t.
func timed(t Transition) bool { return t.Action == file.ActionDeadlinePassed }

// deadlineID returns the id that the workflow gives the command with which a deadline passes.
func deadlineID(cmd file.Command, version int) string {
	d, ok := cmd.(file.DeadlinePassed)
	if !ok {
		return ""
	}
	return fmt.Sprintf("deadline-%s-after-%d", d.Deadline.Kind, version)
}

// Unasked lists the versions whose command no history has: they were adopted after a crash.
func (f File) Unasked() (versions []int) {
	state := f.state
	for _, t := range f.Transitions {
		if _, _, ok := f.commandOf(t, state); !ok {
			versions = append(versions, t.Version)
		}
		state = t.State
	}
	return versions
}
