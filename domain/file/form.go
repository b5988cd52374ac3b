package file

import (
	"bytes"
	"encoding/json"
	"reflect"

	"koko/domain/fault"
)

// A Form is the shape of one command of files with state S.
type Form[S State] struct {
	blank  CommandFor[S]
	read   func([]byte) (CommandFor[S], error)
	needs  []Compartment // it cannot but write there
	limits Limits
}

// Of is the form of commands like blank.
func Of[S State, C CommandFor[S]](blank C) Form[S] {
	of := reflect.TypeOf(blank)
	return Form[S]{needs: needed(of), limits: LimitsOf(of), blank: blank, read: func(b []byte) (CommandFor[S], error) {
		var c C
		//workflowcheck:ignore -- the same bytes are the same command, however the decoder caches its types
		err := json.Unmarshal(b, &c)
		return c, err
	}}
}

// Action is the action that the command takes.
func (f Form[S]) Action() Action { return f.blank.Action() }

// Type is the type of the command.
func (f Form[S]) Type() reflect.Type { return reflect.TypeOf(f.blank) }

// check refuses a command that is wrong in any case: for what it says itself, and for a value beyond the limits of its
// fields.
func (k *Spec[S]) check(cmd Command) error {
	if err := cmd.Check(); err != nil {
		return err
	}
	if ls, ok := k.limits(cmd); ok {
		return First(ls.Check(cmd))
	}
	return nil
}

// given refuses a command as a client gives it, with its words, for a value beyond the limits of its fields.
func (k *Spec[S]) given(cmd Command) error {
	if ls, ok := k.limits(cmd); ok {
		return First(ls.Given(cmd))
	}
	return nil
}

// limits are those of a command that the rules know.
func (k *Spec[S]) limits(cmd Command) (ls Limits, ok bool) {
	r := k.rule(cmd.Action())
	if r == nil || reflect.TypeOf(cmd) != r.Form.Type() {
		return ls, false
	}
	return r.Form.limits, true
}

// A Letter is a command on its way: by a message, or in a history.
type Letter struct {
	Action  Action          `json:"action"`
	Command json.RawMessage `json:"command"`
}

// Write is cmd on its way.
func Write(cmd Command) (Letter, error) {
	//workflowcheck:ignore -- a struct without maps has one JSON, however the encoder caches its types
	b, err := json.Marshal(cmd)
	return Letter{cmd.Action(), b}, err
}

// command reads a command of the kind.
func (k *Spec[S]) command(a Action, raw []byte) (Command, error) {
	if a == ActionDeadlinePassed {
		var d DeadlinePassed
		//workflowcheck:ignore -- the same bytes are the same command, however the decoder caches its types
		err := json.Unmarshal(raw, &d)
		return d, err
	}
	r := k.rule(a)
	if r == nil {
		return nil, unknown(k.Kind, a)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = []byte("{}")
	}
	c, err := r.Form.read(raw)
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "the command is not one of %q", a).By("form", "send the fields that the command has")
	}
	return c, nil
}
