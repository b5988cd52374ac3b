package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"koko/domain/file"
)

// A Door is a way to the rules: the API, the engine, or the rules themselves.
type Door interface {
	// Give gives a command. What the rules or the policy refuse is a *Refusal.
	Give(ctx context.Context, o Order) (Answer, error)
}

// An Order is a step that somebody in particular takes.
type Order struct {
	Step
	By   string         // the subject of who takes it
	On   time.Time      // its day, for doors that can choose it
	Body map[string]any // of its command, as JSON has it
}

// An Answer is how the file stands after a command.
type Answer struct {
	Phase string
	Open  []file.Action // to whoever gave the command
}

// AsExpected is the answer that the step expects, for doors through which it went before.
func (st Step) AsExpected() (Answer, error) {
	if st.Refused != "" {
		return Answer{}, &Refusal{Rule: st.Refused, Err: errors.New("refused before")}
	}
	return Answer{st.Phase, st.Open}, nil
}

// A Refusal is the answer to a command that was not carried out.
type Refusal struct {
	Rule string
	Err  error // the answer in full
}

func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap is the answer in full.
func (r *Refusal) Unwrap() error { return r.Err }

// Play takes steps through a door, one after the other, until one of them is answered otherwise than it expects.
// The error says where that step stands.
func Play(ctx context.Context, steps []Step, c Cast, d Door) error {
	for _, st := range steps {
		if err := st.play(ctx, c, d); err != nil {
			return err
		}
	}
	return nil
}

func (st Step) play(ctx context.Context, c Cast, d Door) error {
	o, err := st.Order(c)
	if err != nil {
		return err
	}
	got, err := d.Give(ctx, o)
	if err := st.compare(got, err); err != nil {
		return fmt.Errorf("%s: %s: %s: %w", st.at, st.Who, st.Action, err)
	}
	return nil
}

// Order is the step as it is taken by whom the cast names.
func (st Step) Order(c Cast) (Order, error) {
	by, err := c.person(st.Who)
	if err != nil {
		return Order{}, fmt.Errorf("%s: %w", st.at, err)
	}
	body, err := st.Body(c)
	return Order{Step: st, By: by, On: c.on(st.Day), Body: body}, err
}

// compare holds an answer against what the step expects.
func (st Step) compare(got Answer, err error) error {
	refusal, refused := errors.AsType[*Refusal](err)
	switch {
	case st.Refused != "" && err == nil:
		return fmt.Errorf("was carried out, where %s should have refused it", st.Refused)
	case st.Refused != "" && refused && refusal.Rule != st.Refused:
		return fmt.Errorf("should have been refused by %s: %w", st.Refused, err)
	case st.Refused != "" && refused:
		return nil
	case err != nil:
		return err
	case st.Phase != "" && st.Phase != got.Phase:
		return fmt.Errorf("led to phase %s, not %s", got.Phase, st.Phase)
	}
	for _, a := range st.Open {
		if !slices.Contains(got.Open, a) {
			return fmt.Errorf("left %s closed: open are %v", a, got.Open)
		}
	}
	return nil
}
