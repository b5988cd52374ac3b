package historytest

import (
	"encoding/json"
	"time"

	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"koko/domain/conflict"
	"koko/workflows"
)

// Incompatible registers the workflows of this build, except that a case sets a timer before anything else: no
// history of a case fits it.
func Incompatible(r worker.WorkflowRegistry) { workflows.Register(delaying{r}) }

type delaying struct{ worker.WorkflowRegistry }

func (d delaying) RegisterWorkflowWithOptions(w any, o workflow.RegisterOptions) {
	if live, ok := w.(func(workflow.Context, json.RawMessage) error); ok && o.Name == conflict.Spec.Workflow {
		w = func(ctx workflow.Context, began json.RawMessage) error {
			workflow.NewTimer(ctx, time.Hour)
			return live(ctx, began)
		}
	}
	d.WorkflowRegistry.RegisterWorkflowWithOptions(w, o)
}
