package scenario

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"koko/domain/fault"
	"koko/domain/file"
	"koko/kinds"
)

// Rules is the door straight to the rules of a kind: no permissions, no record, and time limits pass only with Pass. The files that begin
// because of a step are there, too, and what the files tell each other arrives at once.
type Rules struct {
	Kind  *file.Definition
	State file.State // as it stands

	Document func(a file.Action, in file.Compartment, fields ...string) file.Doc // makes a document; nil: one that nobody stores
	NewID    func() string                                                       // of a file that begins; nil: a random one
	Decided  func(Decision)                                                      // is told of every decision; nil: nobody is

	others []*Rules // the files that began because of a step
}

// A Decision is what the rules accepted.
type Decision struct {
	Kind    *file.Definition
	By      string
	At      time.Time
	Command file.Command
	State   file.State // that it led to
}

// Give decides on a command, on the day that its step says.
func (r *Rules) Give(_ context.Context, o Order) (Answer, error) {
	on, err := r.on(o.Kind)
	if err != nil {
		return Answer{}, err
	}
	cmd, err := o.Read()
	if err != nil {
		return Answer{}, err
	}
	st, starts := cmd.(file.Starter)
	var id string
	if starts {
		id = r.newID()
		cmd = st.Without(id)
	}
	if t, tells := cmd.(file.Teller); tells {
		to, _, told := t.Tells(on.State)
		k, ok := kinds.Of(to)
		if !ok {
			return Answer{}, fmt.Errorf("there is no kind %q", to)
		}
		cmd = t.With(Seal(k, told, r.document).References())
	}
	if err := r.decide(on, Seal(on.Kind, cmd, r.document), o.By, o.On); err != nil {
		return Answer{}, err
	}
	if starts {
		if err := r.start(on, st, id, o); err != nil {
			return Answer{}, err
		}
	}
	a := Answer{Phase: on.State.Head().Phase}
	for _, option := range on.Kind.Options(on.State, o.By) {
		if option.Closed == nil {
			a.Open = append(a.Open, option.Action)
		}
	}
	return a, nil
}

// on is the file of a kind that a step is on: the latest one to which the script's own is tied.
func (r *Rules) on(k *file.Definition) (*Rules, error) {
	if k.Kind == r.Kind.Kind {
		return r, nil
	}
	return r.find(k.Kind, Linked(r.Kind, r.State, k))
}

func (r *Rules) find(k file.Kind, id string) (*Rules, error) {
	for _, o := range append([]*Rules{r}, r.others...) {
		if o.Kind.Kind == k && o.State.Head().ID == id {
			return o, nil
		}
	}
	return nil, fmt.Errorf("there is no %s %q", k, id)
}

// Linked is the id of the file of another kind through which people are tied to s; empty: there is none.
func Linked(k *file.Definition, s file.State, other *file.Definition) (id string) {
	for _, spec := range k.Relations {
		if via, ok := kinds.ByRelation(spec.Through); !ok || via.Kind != other.Kind {
			continue
		}
		for _, t := range k.Ties(s) {
			if t.Relation == spec.Name {
				id = t.Holder
			}
		}
	}
	return id
}

// decide has a file carry out a command, and others what it tells them. What those refuse has been overtaken.
func (r *Rules) decide(on *Rules, cmd file.Command, by string, at time.Time) error {
	before := on.State
	next, err := on.Kind.Decide(before, cmd, by, at)
	if f := fault.Of(err); f != nil {
		return &Refusal{Rule: f.Rule, Err: err}
	}
	if err != nil {
		return err
	}
	on.State = next
	if r.Decided != nil {
		r.Decided(Decision{on.Kind, by, at, cmd, next})
	}
	for _, m := range on.Kind.Messages(before, next) {
		to, err := r.find(m.To, m.File)
		if err != nil { // the script is about something else
			continue
		}
		letter, err := file.Write(m.Command)
		if err != nil {
			return err
		}
		told, err := to.Kind.Command(letter.Action, letter.Command)
		if err != nil {
			return err
		}
		if err := r.decide(to, told, file.System, at); err != nil && !overtaken(err) {
			return fmt.Errorf("message %s: %w", letter.Action, err)
		}
	}
	return nil
}

// Pass has the time limits pass that are over at a time, of every file, the earliest first.
func (r *Rules) Pass(until time.Time) error {
	for {
		var next *Rules
		var first file.Deadline
		for _, o := range append([]*Rules{r}, r.others...) {
			d, ok := file.NextDeadline(o.State)
			if ok && o.State.Head().Version > 0 && !d.Over().After(until) && (next == nil || d.Due.Before(first.Due)) {
				next, first = o, d
			}
		}
		if next == nil {
			return nil
		}
		if err := r.decide(next, file.DeadlinePassed{Deadline: first}, file.System, first.Over()); err != nil {
			return fmt.Errorf("deadline %s: %w", first.Kind, err)
		}
	}
}

func overtaken(err error) bool { return fault.CodeOf(err) == fault.Gate }

// start begins the file that begins because of a step.
func (r *Rules) start(because *Rules, st file.Starter, id string, o Order) error {
	k, ok := kinds.Of(st.Starts())
	if !ok {
		return fmt.Errorf("there is no kind %q", st.Starts())
	}
	raw, err := json.Marshal(st.Beginning(because.State, o.By))
	if err != nil {
		return err
	}
	cmd, err := k.ReadCommand(k.First(), raw)
	if err != nil {
		return err
	}
	begun := &Rules{Kind: k, State: k.Fresh(id, because.State.Head().AGS)}
	r.others = append(r.others, begun)
	return r.decide(begun, Seal(k, cmd, r.document), file.System, o.On)
}

func (r *Rules) newID() string {
	if r.NewID == nil {
		return uuid.NewString()
	}
	return r.NewID()
}

func (r *Rules) document(a file.Action, in file.Compartment, fields ...string) file.Doc {
	if r.Document != nil {
		return r.Document(a, in, fields...)
	}
	return file.Doc{ID: uuid.NewString(), Action: a, Compartment: in, Digest: strings.Repeat("0", 64), Fields: fields}
}

// Read is the command of the order, with its words.
func (o Order) Read() (file.Command, error) {
	raw, err := json.Marshal(o.Body)
	if err != nil {
		return nil, err
	}
	cmd, err := o.Kind.ReadCommand(o.Action, raw)
	if err != nil {
		return nil, err
	}
	return file.Prepare(cmd)
}

// Command is the command of the order, with its words in the documents that document makes, one for each compartment.
func (o Order) Command(document func(a file.Action, in file.Compartment, fields ...string) file.Doc) (file.Command, error) {
	cmd, err := o.Read()
	if err != nil {
		return nil, err
	}
	return Seal(o.Kind, cmd, document), nil
}

// Seal is a command with its words in the documents that document makes, one for each compartment.
func Seal(
	k *file.Definition,
	cmd file.Command,
	document func(a file.Action, in file.Compartment, fields ...string) file.Doc,
) file.Command {
	bare, words := file.Take(cmd)
	var docs []file.Doc
	for _, c := range k.Compartments {
		if fields := slices.Sorted(maps.Keys(words[c.Name])); len(fields) > 0 {
			docs = append(docs, document(cmd.Action(), c.Name, fields...))
		}
	}
	return file.WithDocs(bare, docs)
}
