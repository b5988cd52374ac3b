package conflict

import (
	"slices"

	"koko/domain/fault"
)

// The actions. Each has one command of the same name.
const (
	ActionReportSignal        Action = "report_signal"
	ActionTriage              Action = "triage"
	ActionRecordClearing      Action = "record_clearing"
	ActionDecideMandate       Action = "decide_mandate"
	ActionRecordAnalysis      Action = "record_analysis"
	ActionReviewAnalysis      Action = "review_analysis"
	ActionAssessEscalation    Action = "assess_escalation"
	ActionPlanMediation       Action = "plan_mediation"
	ActionConfirmConditions   Action = "confirm_conditions"
	ActionRecordSession       Action = "record_session"
	ActionRecordInterimResult Action = "record_interim_result"
	ActionProposeClosure      Action = "propose_closure"
	ActionSignOff             Action = "sign_off"
	ActionRecordFollowUp      Action = "record_follow_up"
	ActionReopen              Action = "reopen"
	ActionAssign              Action = "assign"
	ActionAddNote             Action = "add_note"
	ActionAttachDocument      Action = "attach_document"

	// ActionDeadlinePassed is the workflow's own: no person takes it.
	ActionDeadlinePassed Action = "deadline_passed"
)

// A gate says what is missing for an action, or that by is the wrong person; nil opens it.
type gate func(c Case, by string) *fault.Error

// rules is the process: which action is possible in which phase, and behind which gate. The order
// is the order of the buttons. A slice, because workflow code ranges over it.
var rules = []struct {
	action Action
	phases []Phase
	gate   gate
}{
	{ActionReportSignal, []Phase{""}, nil},
	{ActionTriage, []Phase{Detection}, notYetOpened},
	{ActionRecordClearing, []Phase{Detection}, triagedOpen},
	{ActionDecideMandate, []Phase{Detection}, cleared},
	{ActionRecordAnalysis, []Phase{Analysis}, nil},
	{ActionReviewAnalysis, []Phase{Analysis}, reviewable},
	{ActionAssessEscalation, []Phase{Analysis, Mediation}, analysed},
	{ActionPlanMediation, []Phase{Analysis, Mediation}, reviewed},
	{ActionConfirmConditions, []Phase{Mediation}, ofRecord},
	{ActionRecordSession, []Phase{Mediation}, ofRecord},
	{ActionRecordInterimResult, []Phase{Mediation}, ofRecord},
	{ActionProposeClosure, []Phase{Analysis, Mediation}, nil},
	{ActionSignOff, []Phase{Closure}, independent},
	{ActionRecordFollowUp, []Phase{FollowUp}, nil},
	{ActionReopen, []Phase{FollowUp, Closed}, nil},
	{ActionAssign, []Phase{Detection, Analysis, Mediation, Closure, FollowUp}, nil},
	{ActionAddNote, []Phase{Detection, Analysis, Mediation, Closure, FollowUp, Closed}, nil},
	{ActionAttachDocument, []Phase{Detection, Analysis, Mediation, Closure, FollowUp, Closed}, nil},
	{ActionDeadlinePassed, []Phase{Detection, Analysis, Mediation, FollowUp}, workflowOnly},
}

// Actions lists every action of people with what the rules say to it if user took it next.
// What user's role permits is another question: policies answers it.
func (c Case) Actions(user string) []Option {
	var os []Option
	for _, r := range rules {
		if r.action != ActionDeadlinePassed && r.action != ActionReportSignal {
			os = append(os, Option{Action: r.action, Closed: c.closed(r.action, user)})
		}
	}
	return os
}

// AllActions lists every action, the workflow's own included.
func AllActions() []Action {
	var as []Action
	for _, r := range rules {
		as = append(as, r.action)
	}
	return as
}

// closed says why user cannot take action a now, whatever the command says in detail.
func (c Case) closed(a Action, user string) *fault.Error {
	for _, r := range rules {
		if r.action != a {
			continue
		}
		if !slices.Contains(r.phases, c.Phase) {
			return fault.Newf(fault.Gate, "%s is not possible in phase %q", a, c.Phase).
				By("phase", "possible in: "+join(r.phases))
		}
		if r.gate != nil {
			return r.gate(c, user)
		}
		return nil
	}
	return fault.Newf(fault.Invalid, "there is no action %q", a).By("unknown_action", "take one of the case's actions")
}

func join(ps []Phase) string {
	s := ""
	for i, p := range ps {
		if i > 0 {
			s += ", "
		}
		if p == "" {
			p = "new"
		}
		s += string(p)
	}
	return s
}

func workflowOnly(_ Case, by string) *fault.Error {
	if by != System {
		return fault.Newf(fault.Forbidden, "only the case's own timer does this").By("workflow_only", "nothing to do: it happens by itself")
	}
	return nil
}
