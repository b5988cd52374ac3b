package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/policies"
)

// A commandBody is what a client sends for a command: its facts and its words.
type commandBody interface {
	prose() prose
	// command is the command with its words replaced by the documents that hold them.
	command(docs conflict.Docs) conflict.Command
}

type commandInput[B commandBody] struct {
	CaseRef
	Key
	IfMatch string `header:"If-Match" doc:"ETag of the case that you decided on. Without it the answer is 428" example:"\"7\""`
	Body    B
}

// registerCommands adds one operation per command.
func (s *server) registerCommands(api huma.API) {
	command[triageBody](s, api, conflict.ActionTriage, "Decide what becomes of a signal",
		"`fall_eroeffnen` leads to the clearing. With `beobachten` the signal is looked at again in 30 days. `verweisen` and `verwerfen` close the case.")
	command[recordClearingBody](s, api, conflict.ActionRecordClearing, "Note what the clearing has found so far",
		"It may be incomplete, and replaces what stood before. The mandate waits for responsibility, urgency, level, danger and conflict of interest.")
	command[decideMandateBody](s, api, conflict.ActionDecideMandate, "Record whether the work is commissioned",
		"A mandate begins the analysis; a refusal closes the case.")
	command[recordAnalysisBody](s, api, conflict.ActionRecordAnalysis, "Record the analysis, or what is understood so far",
		"It may be incomplete, and replaces what stood before; it needs a new review. Names go to the identities, what is said of the actors to the case file.")
	command[reviewAnalysisBody](s, api, conflict.ActionReviewAnalysis, "Review the analysis of somebody else",
		"By somebody who did not write it. It waits until topics, actors, stage with rationale, occasion, theme and instrumentalisation are there, with evidence unless it is `keine`.")
	command[assessEscalationBody](s, api, conflict.ActionAssessEscalation, "Score the escalation again",
		"In analysis and mediation, once there is an analysis; expected every 30 days.")
	command[planMediationBody](s, api, conflict.ActionPlanMediation, "Choose the form of work and who does it",
		"It waits for an approved review, and begins the mediation; later it changes the plan. Who is named needs a grant in the municipality. A form that is not recommended for the stage is a warning in the case, never refused. Another form wants its conditions confirmed anew.")
	command[confirmConditionsBody](s, api, conflict.ActionConfirmConditions, "Confirm voluntariness and confidentiality",
		"By a mediator of record. Sessions other than preliminary talks wait for it, and so do settlements.")
	command[recordSessionBody](s, api, conflict.ActionRecordSession, "Record a session",
		"By a mediator of record.")
	command[recordInterimResultBody](s, api, conflict.ActionRecordInterimResult, "Record an interim result",
		"By a mediator of record. The next review is due six weeks later.")
	command[proposeClosureBody](s, api, conflict.ActionProposeClosure, "Propose how the case ends",
		"`einigung`, `teileinigung` and `befriedung` come out of the mediation: they wait for confirmed conditions and a session. The other outcomes are possible from the analysis on.")
	command[signOffBody](s, api, conflict.ActionSignOff, "Sign the closure off, or return the case",
		"By a supervisor who neither wrote the analysis, nor proposed the closure, nor worked on the case. Approved, the follow-up begins; otherwise the case goes back to where it came from.")
	command[recordFollowUpBody](s, api, conflict.ActionRecordFollowUp, "Record how the outcome holds",
		"Once for each month; the last one closes the case.")
	command[reopenBody](s, api, conflict.ActionReopen, "Take the case up again",
		"A new round under the same id. It begins with the analysis if the case had a mandate, else with the triage.")
	command[assignBody](s, api, conflict.ActionAssign, "Assign the case to somebody",
		"Until the case is closed, to somebody who has a grant in the municipality.")
	command[addNoteBody](s, api, conflict.ActionAddNote, "Add a note",
		"In any phase. In the compartment of the mediation, mediators of record alone write.")
	command[attachDocumentBody](s, api, conflict.ActionAttachDocument, "Attach a document",
		"In any phase. In the compartment of the mediation, mediators of record alone write.")
}

// maxBody bounds a command's body in bytes; attachments have a bound of their own.
const (
	maxBody       = 1 << 20
	maxAttachment = 12 << 20
)

// attachmentWithin is how long the line of a town hall may take for an attachment.
const attachmentWithin = time.Minute

func command[B commandBody](s *server, api huma.API, a conflict.Action, summary, description string) {
	name := strings.ReplaceAll(string(a), "_", "-")
	op := huma.Operation{
		OperationID: name, Method: http.MethodPost, Path: "/cases/{case}/" + name, Summary: summary, Description: description, Tags: []string{"Commands"},
		MaxBodyBytes: maxBody, Errors: bodyStatuses(403, 404, 409, 412, 428),
	}
	if a == conflict.ActionAttachDocument {
		op.MaxBodyBytes, op.BodyReadTimeout = maxAttachment, attachmentWithin
	}
	huma.Register(api, op, func(ctx context.Context, in *commandInput[B]) (*CaseOutput, error) {
		out, err := s.carryOut(ctx, in.CaseRef.CaseID, a, in.IdempotencyKey, in.IfMatch, in.Body)
		return out, s.problem(ctx, err)
	})
}

// carryOut guards a command, stores its words, and has the case's workflow decide.
func (s *server) carryOut(ctx context.Context, caseID string, a conflict.Action, key, ifMatch string, body commandBody) (*CaseOutput, error) {
	who, err := s.principal(ctx)
	if err != nil {
		return nil, err
	}
	seen, err := seenVersion(ifMatch)
	if err != nil {
		return nil, err
	}
	id := commandID(who.Subject, key)
	c, err := s.find(ctx, who, caseID, string(a))
	if err == nil {
		err = s.permit(who, string(a), c)
	}
	if err == nil {
		err = check(a, id, body)
	}
	if err == nil {
		err = s.people(ctx, who, c, body)
	}
	if err != nil {
		return s.repeated(ctx, who, caseID, id, a, body, err)
	}
	cmd, err := prepare[conflict.Command](ctx, s, who, place{c.ID, c.AGS}, a, id, body)
	if err != nil {
		return nil, err
	}
	next, err := s.engine.Do(ctx, c.ID, id, who.Subject, seen, s.recommend(cmd))
	if fault.CodeOf(err) == fault.NotFound {
		// The record knows the case and the engine does not: what was done before is still answered.
		return s.repeated(ctx, who, caseID, id, a, body, fmt.Errorf("case %s has no workflow", c.ID))
	}
	if err != nil {
		s.noteRefusal(ctx, who, c, a, id, cmd, err)
		return nil, err
	}
	return s.view(ctx, who, next)
}

// check checks a command as far as it can be checked alone: nothing that is refused for its form
// leaves a trace.
func check(a conflict.Action, id string, body commandBody) error {
	return body.command(conflict.Docs{Docs: body.prose().documents(a, id)}).Check()
}

// prepare stores the words of a command.
func prepare[C conflict.Command](ctx context.Context, s *server, who Principal, at place, a conflict.Action, id string, body commandBody) (c C, err error) {
	docs, err := s.store(ctx, who, at, a, id, body.prose())
	if err != nil {
		return c, err
	}
	return body.command(conflict.Docs{Docs: docs}).(C), nil
}

// recommend adds the configured range of stages to a plan, so that the record says which held.
func (s *server) recommend(cmd conflict.Command) conflict.Command {
	if p, ok := cmd.(conflict.PlanMediation); ok {
		p.Recommended = s.table.For(p.Form)
		return p
	}
	return cmd
}

// repeated answers a command of the caller's own that was carried out before, where the caller could
// not give it any more: the case has left their sight, or a person whom it names has left. The
// refusal err stands for everybody and everything else.
func (s *server) repeated(ctx context.Context, who Principal, caseID, id string, a conflict.Action, body commandBody, err error) (*CaseOutput, error) {
	sc := s.scope(who, append([]string{string(a)}, seeing...)...)
	own, found := s.as(sc).GetOwnTransition(ctx, db.GetOwnTransitionParams{CaseID: caseID, CommandID: id, Caller: who.Subject})
	switch {
	case errors.Is(found, pgx.ErrNoRows) || found == nil && own.Action != a:
		return nil, err
	case found != nil:
		return nil, found
	}
	cmd, err := prepare[conflict.Command](ctx, s, who, place{own.State.ID, own.State.AGS}, a, id, body)
	if err == nil && conflict.Digest(s.recommend(cmd)) != own.Digest {
		err = reusedKey("another command")
	}
	if err != nil {
		return nil, err
	}
	return s.view(ctx, who, own.State)
}

// noteRefusal records what the rules refused; a fault of ours is none.
func (s *server) noteRefusal(ctx context.Context, who Principal, c conflict.Case, a conflict.Action, id string, cmd conflict.Command, err error) {
	switch f := fault.Of(err); {
	case f == nil:
	case f.Code == fault.Gate, f.Code == fault.Forbidden, f.Code == fault.Stale, f.Code == fault.Conflict, f.Code == fault.Invalid:
		s.refused(ctx, who, refusal{
			act: string(a), rule: f.Rule, where: c.AGS, caseID: c.ID, version: c.Version, digest: conflict.Digest(cmd), commandID: id,
		})
	}
}

// reusedKey refuses a key that its caller has used before for what.
func reusedKey(what string) error {
	return fault.Newf(fault.Conflict, "the idempotency key was used for %s", what).
		By("idempotency_key_reused", "send a new command with a new Idempotency-Key")
}

// people checks that those whom a command names work in the municipality: whom nothing was granted
// to could not see the case.
func (s *server) people(ctx context.Context, who Principal, c conflict.Case, body commandBody) error {
	named, ok := body.(interface{ people() map[string]string })
	if !ok {
		return nil
	}
	q := db.As(s.pool, who.Subject, c.AGSArea())
	for field, subject := range named.people() {
		has, err := q.HasRoleIn(ctx, db.HasRoleInParams{Subject: subject, Roles: working, AGS: string(c.AGS), At: s.now()})
		if err != nil {
			return err
		}
		if !has {
			return fault.Newf(fault.Invalid, "this person does not work on cases in the municipality").In(field).
				By("works_here", "name somebody with a grant as case worker, conflict manager or mediator there")
		}
	}
	return nil
}

// working are the roles that work on cases.
var working = []string{string(policies.Caseworker), string(policies.ConflictManager), string(policies.Mediator)}
