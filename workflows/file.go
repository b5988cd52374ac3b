// Package workflows holds the deterministic process definitions. It does no I/O.
package workflows

import (
	"encoding/json"

	"go.temporal.io/sdk/workflow"

	"koko/domain/file"
)

// live is the life of one file of a kind, from its first command on. A file does not end, because even
// what is closed may be taken up again; each stretch of its process is a run.
func live(ctx workflow.Context, kind *file.Definition, began json.RawMessage) error {
	state, err := kind.Decode(began)
	if err != nil {
		return err
	}
	life := &lifecycle{kind: kind, state: state, began: kind.Stretch(state.Head().Phase), mu: workflow.NewMutex(ctx)}
	life.mail = &mailbox{life: life}
	if err := life.accept(ctx); err != nil {
		return err
	}
	life.mail.serve(ctx)
	return life.live(ctx)
}
