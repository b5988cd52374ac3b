// Package engine is the typed client of the workflow engine: commands in, states or faults out.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/payload"
	"koko/workflows"
)

// Engine is the workflow engine itself.
type Engine struct {
	Client   client.Client // with the converters of Payloads
	Payloads *payload.Codec
	Explain  func(context.Context) error // why it may not answer, for people; may be nil, and may not know
}

// Ready reports whether the engine answers.
func (e Engine) Ready(ctx context.Context) error {
	_, err := e.Client.CheckHealth(ctx, &client.CheckHealthRequest{})
	if err == nil {
		return nil
	}
	if e.Explain != nil {
		if why := e.Explain(ctx); why != nil {
			return fmt.Errorf("workflow engine: %w", why)
		}
	}
	return fmt.Errorf("workflow engine: %w", err)
}

// Do has the workflow of a file carry out cmd for by, who has seen version seen, and returns the
// state after it. The same key again is the same command with the same answer.
func (f Files) Do(ctx context.Context, kind *file.Definition, fileID, key, by string, seen int, cmd file.Command) (file.State, error) {
	update, err := f.command(kind, fileID, key, by, seen, cmd)
	if err != nil {
		return nil, err
	}
	return f.answer(ctx, kind, question{fileID, cmd.Action(), file.Digest(cmd)}, func() (client.WorkflowUpdateHandle, error) {
		return f.Client.UpdateWorkflow(ctx, update)
	})
}

// Begin starts the workflow of a new file, if it is not there already, with its first command.
func (f Files) Begin(ctx context.Context, kind *file.Definition, s file.State, key, by string, cmd file.Command) (file.State, error) {
	id := s.Head().ID
	update, err := f.command(kind, id, key, by, 0, cmd)
	if err != nil {
		return nil, err
	}
	return f.answer(ctx, kind, question{id, cmd.Action(), file.Digest(cmd)}, func() (client.WorkflowUpdateHandle, error) {
		start := f.Client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: workflows.ID(kind.Kind, id), TaskQueue: f.Queue, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, kind.Workflow, s)
		return f.Client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{StartWorkflowOperation: start, UpdateOptions: update})
	})
}

// CatchUp has a file adopt what is recorded.
func (f Files) CatchUp(ctx context.Context, kind *file.Definition, fileID, key string) (file.State, error) {
	return f.answer(ctx, kind, question{file: fileID, action: workflows.CatchUp}, func() (client.WorkflowUpdateHandle, error) {
		return f.Client.UpdateWorkflow(ctx, update(kind, fileID, key, workflows.Request{Action: workflows.CatchUp}))
	})
}

func (f Files) command(kind *file.Definition, fileID, key, by string, seen int, cmd file.Command) (client.UpdateWorkflowOptions, error) {
	raw, err := json.Marshal(cmd)
	if err != nil {
		return client.UpdateWorkflowOptions{}, fmt.Errorf("%s of %s %s: %w", cmd.Action(), kind.Kind, fileID, err)
	}
	return update(kind, fileID, key, workflows.Request{Action: cmd.Action(), By: by, Seen: seen, Command: raw}), nil
}

func update(kind *file.Definition, fileID, key string, r workflows.Request) client.UpdateWorkflowOptions {
	r.For = workflows.Purpose{File: fileID, ID: key, Made: time.Now()}
	return client.UpdateWorkflowOptions{
		WorkflowID: workflows.ID(kind.Kind, fileID), UpdateID: key, UpdateName: workflows.Entry, Args: []any{r},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	}
}

// A question is an Update that waits for its answer.
type question struct {
	file   string
	action file.Action
	digest string // of the command; empty: it is none
}

// answer sends a question until the engine has said what it decided. A run that continues as new lets go
// of Updates it has not finished: sent again under the same id they are the same command.
func (f Files) answer(
	ctx context.Context, kind *file.Definition, q question, send func() (client.WorkflowUpdateHandle, error),
) (file.State, error) {
	for wait := 10 * time.Millisecond; ; wait *= 2 {
		var got workflows.Answer
		h, err := send()
		if err == nil {
			err = h.Get(ctx, &got)
		}
		if err == nil {
			if err := sameCommand(q.digest, got.Digest); err != nil {
				return nil, err
			}
			return kind.Decode(got.State)
		}
		if !again(err) || wait > time.Second {
			return nil, toFault(kind.Kind, q, err)
		}
		select {
		case <-ctx.Done():
			return nil, toFault(kind.Kind, q, ctx.Err())
		case <-time.After(wait):
		}
	}
}

// sameCommand refuses an answer that belongs to another command sent under the same key.
func sameCommand(sent, answered string) error {
	if sent == "" || sent == answered {
		return nil
	}
	return fault.Newf(fault.Conflict, "the idempotency key was used for another command").
		By("idempotency_key_reused", "send a new command with a new Idempotency-Key")
}

// again reports whether the engine let go of an Update because its run ended.
func again(err error) bool {
	if _, ok := errors.AsType[*serviceerror.Aborted](err); ok {
		return true
	}
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	return ok && app.Type() == "AcceptedUpdateCompletedWorkflow"
}

// toFault turns what the engine says into what a client can act on.
func toFault(k file.Kind, q question, err error) error {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok && !again(err) {
		var f fault.Error
		if app.HasDetails() && app.Details(&f) == nil && f.Code != "" && f.Code != fault.Internal {
			return &f
		}
		return fmt.Errorf("workflow: %s of %s %s: %w", q.action, k, q.file, err)
	}
	if is[*serviceerror.NotFound](err) {
		return fault.Newf(fault.NotFound, "there is no such %s", k).By("unknown_"+string(k), "look the "+string(k)+" up in the list")
	}
	if busy(err) || again(err) {
		return silent("send the same request again, with the same Idempotency-Key")
	}
	return fmt.Errorf("workflow engine: %s of %s %s: %w", q.action, k, q.file, err)
}

// silent is that the engine does not answer.
func silent(remedy string) error {
	return fault.Newf(fault.Busy, "the workflow engine does not answer at the moment").By("engine", remedy)
}

func busy(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	switch {
	case is[*serviceerror.Unavailable](err), is[*serviceerror.DeadlineExceeded](err), is[*serviceerror.WorkflowNotReady](err),
		is[*serviceerror.ResourceExhausted](err), is[*serviceerror.Canceled](err), is[*serviceerror.Aborted](err),
		is[*client.WorkflowUpdateServiceTimeoutOrCanceledError](err):
		return true
	}
	return false
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
