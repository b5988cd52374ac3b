package scenario

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"koko/domain/fault"
	"koko/domain/file"
)

// Rules is the door straight to the rules of a kind: no permissions, no record, nothing happens by itself.
type Rules struct {
	Kind  *file.Definition
	State file.State // as it stands
}

// Give decides on a command, on the day that its step says.
func (r *Rules) Give(_ context.Context, o Order) (Answer, error) {
	cmd, err := o.Command(r.Kind, unsealed)
	if err != nil {
		return Answer{}, err
	}
	next, err := r.Kind.Decide(r.State, cmd, o.By, o.On)
	if f := fault.Of(err); f != nil {
		return Answer{}, &Refusal{Rule: f.Rule, Err: err}
	}
	if err != nil {
		return Answer{}, err
	}
	r.State = next
	a := Answer{Phase: next.Head().Phase}
	for _, option := range r.Kind.Options(next, o.By) {
		if option.Closed == nil {
			a.Open = append(a.Open, option.Action)
		}
	}
	return a, nil
}

// Command is the command of the order, with its words in the documents that document makes, one for each compartment.
func (o Order) Command(
	k *file.Definition,
	document func(a file.Action, in file.Compartment, fields ...string) file.Doc,
) (file.Command, error) {
	raw, err := json.Marshal(o.Body)
	if err != nil {
		return nil, err
	}
	cmd, err := k.ReadCommand(o.Action, raw)
	if err != nil {
		return nil, err
	}
	if cmd, err = file.Prepare(cmd); err != nil {
		return nil, err
	}
	bare, words := file.Take(cmd)
	var docs []file.Doc
	for _, c := range k.Compartments {
		if fields := slices.Sorted(maps.Keys(words[c.Name])); len(fields) > 0 {
			docs = append(docs, document(o.Action, c.Name, fields...))
		}
	}
	return file.WithDocs(bare, docs), nil
}

// unsealed is a document that nobody stores.
func unsealed(a file.Action, in file.Compartment, fields ...string) file.Doc {
	return file.Doc{ID: uuid.NewString(), Action: a, Compartment: in, Digest: strings.Repeat("0", 64), Fields: fields}
}
