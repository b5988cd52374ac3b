package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/policies"
)

type commandInput[B commandBody[conflict.Command]] struct {
	CaseRef
	Key
	IfMatch string `header:"If-Match" doc:"ETag of the case that you decided on. Without it the answer is 428" example:"\"7\""`
	Body    B
}

// registerCommands adds one operation per command.
func (s *server) registerCommands(api huma.API) {
	caseCommand[triageBody](s, api, conflict.ActionTriage, "Decide what becomes of a signal",
		"`fall_eroeffnen` leads to the clearing. With `beobachten` the signal is looked at again in 30 days. `verweisen` and `verwerfen` close the case.")
	caseCommand[recordClearingBody](s, api, conflict.ActionRecordClearing, "Note what the clearing has found so far",
		"It may be incomplete, and replaces what stood before. The mandate waits for responsibility, urgency, level, danger and conflict of interest.")
	caseCommand[decideMandateBody](s, api, conflict.ActionDecideMandate, "Record whether the work is commissioned",
		"A mandate begins the analysis; a refusal closes the case.")
	caseCommand[recordAnalysisBody](s, api, conflict.ActionRecordAnalysis, "Record the analysis, or what is understood so far",
		"It may be incomplete, and replaces what stood before; it needs a new review. Names go to the identities, what is said of the actors to the case file.")
	caseCommand[reviewAnalysisBody](s, api, conflict.ActionReviewAnalysis, "Review the analysis of somebody else",
		"By somebody who did not write it. It waits until topics, actors, stage with rationale, occasion, theme and instrumentalisation are there, with evidence unless it is `keine`.")
	caseCommand[assessEscalationBody](s, api, conflict.ActionAssessEscalation, "Score the escalation again",
		"In analysis and mediation, once there is an analysis; expected every 30 days.")
	caseCommand[planMediationBody](s, api, conflict.ActionPlanMediation, "Choose the form of work and who does it",
		"It waits for an approved review, and begins the mediation; later it changes the plan. Who is named needs a grant in the municipality. A form that is not recommended for the stage is a warning in the case, never refused. Another form wants its conditions confirmed anew.")
	caseCommand[confirmConditionsBody](s, api, conflict.ActionConfirmConditions, "Confirm voluntariness and confidentiality",
		"By a mediator of record. Sessions other than preliminary talks wait for it, and so do settlements.")
	caseCommand[recordSessionBody](s, api, conflict.ActionRecordSession, "Record a session",
		"By a mediator of record.")
	caseCommand[recordInterimResultBody](s, api, conflict.ActionRecordInterimResult, "Record an interim result",
		"By a mediator of record. The next review is due six weeks later.")
	caseCommand[proposeClosureBody](s, api, conflict.ActionProposeClosure, "Propose how the case ends",
		"`einigung`, `teileinigung` and `befriedung` come out of the mediation: they wait for confirmed conditions and a session. The other outcomes are possible from the analysis on.")
	caseCommand[signOffBody](s, api, conflict.ActionSignOff, "Sign the closure off, or return the case",
		"By a supervisor who neither wrote the analysis, nor proposed the closure, nor worked on the case. Approved, the follow-up begins; otherwise the case goes back to where it came from.")
	caseCommand[recordFollowUpBody](s, api, conflict.ActionRecordFollowUp, "Record how the outcome holds",
		"Once for each month; the last one closes the case.")
	caseCommand[reopenBody](s, api, conflict.ActionReopen, "Take the case up again",
		"A new round under the same id. It begins with the analysis if the case had a mandate, else with the triage.")
	caseCommand[assignBody](s, api, conflict.ActionAssign, "Assign the case to somebody",
		"Until the case is closed, to somebody who has a grant in the municipality.")
	caseCommand[addNoteBody](s, api, conflict.ActionAddNote, "Add a note",
		"In any phase. In the compartment of the mediation, mediators of record alone write.")
	caseCommand[attachDocumentBody](s, api, conflict.ActionAttachDocument, "Attach a document",
		"In any phase. In the compartment of the mediation, mediators of record alone write.")
}

// maxBody bounds a command's body in bytes; attachments have a bound of their own.
const (
	maxBody       = 1 << 20
	maxAttachment = 12 << 20
)

// attachmentWithin is how long the line of a town hall may take for an attachment.
const attachmentWithin = time.Minute

// caseCommand adds the command of body B to the cases.
func caseCommand[B commandBody[conflict.Command]](s *server, api huma.API, a conflict.Action, summary, description string) {
	op := s.cases.operation(a, summary, description)
	if a == conflict.ActionAttachDocument {
		op.MaxBodyBytes, op.BodyReadTimeout = maxAttachment, attachmentWithin
	}
	huma.Register(api, op, func(ctx context.Context, in *commandInput[B]) (*CaseOutput, error) {
		out, err := s.cases.carryOut(ctx, in.CaseRef.CaseID, a, in.IdempotencyKey, in.IfMatch, in.Body)
		return out, s.problem(ctx, err)
	})
}

// recommend adds the configured range of stages to a plan, so that the record says which held.
func (s *server) recommend(context.Context, Principal, conflict.Case, string, commandBody[conflict.Command]) (func(conflict.Command) conflict.Command, error) {
	return func(cmd conflict.Command) conflict.Command {
		if p, ok := cmd.(conflict.PlanMediation); ok {
			p.Recommended = s.table.For(p.Form)
			return p
		}
		return cmd
	}, nil
}

// people checks that those whom a command names work in the municipality: whom nothing was granted
// to could not see the case.
func (s *server) people(ctx context.Context, who Principal, c conflict.Case, body commandBody[conflict.Command]) error {
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
