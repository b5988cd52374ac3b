// Package engine is the typed client of the workflow engine: commands in, states or faults out.
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
	"koko/domain/process"
	"koko/domain/training"
	"koko/workflows"
)

// Engine is the workflow engine itself.
type Engine struct {
	Client client.Client
}

// Ready reports whether the engine answers.
func (e Engine) Ready(ctx context.Context) error {
	_, err := e.Client.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}

// A Line sends commands to the workflows of one kind of file.
type Line[S process.State, C process.Command] struct {
	Client   client.Client
	Queue    string // the task queue of the workers
	Kind     process.Kind
	Workflow any // takes the state that a file begins with
}

// Cases returns the line to the workflows of cases.
func Cases(c client.Client, queue string) *Line[conflict.Case, conflict.Command] {
	return &Line[conflict.Case, conflict.Command]{Client: c, Queue: queue, Kind: process.KindCase, Workflow: workflows.ConflictCase}
}

// Enrolments returns the line to the workflows of enrolments.
func Enrolments(c client.Client, queue string) *Line[training.Enrolment, training.Command] {
	return &Line[training.Enrolment, training.Command]{Client: c, Queue: queue, Kind: process.KindEnrolment, Workflow: workflows.Enrolment}
}

// Cohorts returns the line to the workflows of cohorts.
func Cohorts(c client.Client, queue string) *Line[training.Cohort, training.CohortCommand] {
	return &Line[training.Cohort, training.CohortCommand]{Client: c, Queue: queue, Kind: process.KindCohort, Workflow: workflows.Cohort}
}

// Do has the workflow of a file carry out cmd for by, who has seen version seen, and returns the
// state after it. The same key again is the same command with the same answer.
func (l *Line[S, C]) Do(ctx context.Context, fileID, key, by string, seen int, cmd C) (S, error) {
	return l.answer(ctx, process.Digest(cmd), func() (client.WorkflowUpdateHandle, error) {
		return l.Client.UpdateWorkflow(ctx, l.command(fileID, key, by, seen, cmd))
	})
}

// Begin starts the workflow of a new file, if it is not there already, with its first command.
func (l *Line[S, C]) Begin(ctx context.Context, s S, key, by string, cmd C) (S, error) {
	id := s.File().ID
	return l.answer(ctx, process.Digest(cmd), func() (client.WorkflowUpdateHandle, error) {
		start := l.Client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: workflows.ID(l.Kind, id), TaskQueue: l.Queue, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, l.Workflow, s)
		return l.Client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
			StartWorkflowOperation: start, UpdateOptions: l.command(id, key, by, 0, cmd),
		})
	})
}

// CatchUp has a file adopt what stands recorded.
func (l *Line[S, C]) CatchUp(ctx context.Context, fileID, key string) (S, error) {
	return l.answer(ctx, "", func() (client.WorkflowUpdateHandle, error) {
		return l.Client.UpdateWorkflow(ctx, l.update(fileID, key, workflows.CatchUp))
	})
}

func (l *Line[S, C]) command(fileID, key, by string, seen int, cmd C) client.UpdateWorkflowOptions {
	return l.update(fileID, key, string(cmd.Action()), workflows.Request[C]{By: by, Seen: seen, Command: cmd})
}

func (l *Line[S, C]) update(fileID, key, name string, args ...any) client.UpdateWorkflowOptions {
	return client.UpdateWorkflowOptions{
		WorkflowID: workflows.ID(l.Kind, fileID), UpdateID: key, UpdateName: name, Args: args,
		WaitForStage: client.WorkflowUpdateStageCompleted,
	}
}

// answer sends a command with that digest, if it is one, until the engine has said what it decided.
// A run that continues as new lets go of Updates it has not finished: sent again under the same id
// they are the same command.
func (l *Line[S, C]) answer(ctx context.Context, digest string, send func() (client.WorkflowUpdateHandle, error)) (none S, err error) {
	var got workflows.Answer[S]
	for wait := 10 * time.Millisecond; ; wait *= 2 {
		h, err := send()
		if err == nil {
			err = h.Get(ctx, &got)
		}
		if err == nil {
			return got.State, sameCommand(digest, got.Digest)
		}
		if !again(err) || wait > time.Second {
			return none, l.toFault(err)
		}
		select {
		case <-ctx.Done():
			return none, l.toFault(ctx.Err())
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
func (l *Line[S, C]) toFault(err error) error {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		var f fault.Error
		if app.HasDetails() && app.Details(&f) == nil && f.Code != "" && f.Code != fault.Internal {
			return &f
		}
		return fmt.Errorf("workflow: %w", err)
	}
	if _, ok := errors.AsType[*serviceerror.NotFound](err); ok {
		return fault.Newf(fault.NotFound, "there is no such %s", l.Kind).By("unknown_"+string(l.Kind), "look the "+string(l.Kind)+" up in the list")
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
