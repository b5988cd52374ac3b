// Package engine is the typed client of the workflow engine: commands in, cases or faults out.
package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/workflows"
)

// Engine sends commands to the workflows of cases.
type Engine struct {
	Client client.Client
	Queue  string // the task queue of the workers
}

// WorkflowID is the id of a case's workflow.
func WorkflowID(caseID string) string { return "case-" + caseID }

// Do has the workflow of a case carry out cmd for by, who has seen version seen, and returns the
// case after it. The same key again is the same command with the same answer.
func (e *Engine) Do(ctx context.Context, caseID, key, by string, seen int, cmd conflict.Command) (conflict.Case, error) {
	return e.answer(ctx, cmd, func() (client.WorkflowUpdateHandle, error) {
		return e.Client.UpdateWorkflow(ctx, update(caseID, key, string(cmd.Action()), request(by, seen, cmd)))
	})
}

// Begin starts the workflow of a new case, if it is not there already, with its first command.
func (e *Engine) Begin(ctx context.Context, c conflict.Case, key, by string, cmd conflict.ReportSignal) (conflict.Case, error) {
	return e.answer(ctx, cmd, func() (client.WorkflowUpdateHandle, error) {
		start := e.Client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: WorkflowID(c.ID), TaskQueue: e.Queue, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, workflows.ConflictCase, c)
		return e.Client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: start,
			UpdateOptions:          update(c.ID, key, string(cmd.Action()), request(by, 0, cmd)),
		})
	})
}

// CatchUp has a case adopt what stands recorded.
func (e *Engine) CatchUp(ctx context.Context, caseID, key string) (conflict.Case, error) {
	return e.answer(ctx, nil, func() (client.WorkflowUpdateHandle, error) {
		return e.Client.UpdateWorkflow(ctx, update(caseID, key, workflows.CatchUp))
	})
}

func request(by string, seen int, cmd conflict.Command) workflows.Request[conflict.Command] {
	return workflows.Request[conflict.Command]{By: by, Seen: seen, Command: cmd}
}

func update(caseID, key, name string, args ...any) client.UpdateWorkflowOptions {
	return client.UpdateWorkflowOptions{
		WorkflowID: WorkflowID(caseID), UpdateID: key, UpdateName: name, Args: args,
		WaitForStage: client.WorkflowUpdateStageCompleted,
	}
}

// answer sends until the engine has said what it decided. A run that continues as new lets go of
// Updates it has not finished: sent again under the same id they are the same command.
func (e *Engine) answer(ctx context.Context, cmd conflict.Command, send func() (client.WorkflowUpdateHandle, error)) (conflict.Case, error) {
	var got workflows.Answer
	for wait := 10 * time.Millisecond; ; wait *= 2 {
		h, err := send()
		if err == nil {
			err = h.Get(ctx, &got)
		}
		if err == nil {
			return got.Case, sameCommand(cmd, got)
		}
		if !again(err) || wait > time.Second {
			return conflict.Case{}, toFault(err)
		}
		select {
		case <-ctx.Done():
			return conflict.Case{}, toFault(ctx.Err())
		case <-time.After(wait):
		}
	}
}

// sameCommand refuses an answer that belongs to another command sent under the same key.
func sameCommand(cmd conflict.Command, got workflows.Answer) error {
	if cmd == nil || got.Digest == conflict.Digest(cmd) {
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
func toFault(err error) error {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		var f fault.Error
		if app.HasDetails() && app.Details(&f) == nil && f.Code != "" && f.Code != fault.Internal {
			return &f
		}
		return fmt.Errorf("workflow: %w", err)
	}
	if _, ok := errors.AsType[*serviceerror.NotFound](err); ok {
		return fault.Newf(fault.NotFound, "there is no such case").By("unknown_case", "look the case up in the list")
	}
	if busy(err) {
		return fault.Newf(fault.Busy, "the workflow engine does not answer at the moment").
			By("engine", "send the same request again, with the same Idempotency-Key")
	}
	return fmt.Errorf("workflow engine: %w", err)
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

// Ready reports whether the engine answers.
func (e *Engine) Ready(ctx context.Context) error {
	_, err := e.Client.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}
