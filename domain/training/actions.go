package training

import (
	"slices"
	"strings"

	"koko/domain/fault"
	"koko/domain/process"
)

// The actions on an enrolment. Each has one command of the same name.
const (
	ActionApply              Action = "apply"
	ActionDecideRelease      Action = "decide_release"
	ActionDecideApplication  Action = "decide_application"
	ActionAcceptSeat         Action = "accept_seat"
	ActionDeclineSeat        Action = "decline_seat"
	ActionPlanMakeUp         Action = "plan_make_up"
	ActionSubmitMakeUp       Action = "submit_make_up"
	ActionReviewMakeUp       Action = "review_make_up"
	ActionSubmitConcept      Action = "submit_concept"
	ActionReviewConcept      Action = "review_concept"
	ActionSubmitCaseReport   Action = "submit_case_report"
	ActionReviewCaseReport   Action = "review_case_report"
	ActionRecordSupervision  Action = "record_supervision"
	ActionAppointAssessors   Action = "appoint_assessors"
	ActionRecordVerdict      Action = "record_verdict"
	ActionAppeal             Action = "appeal"
	ActionDecideAppeal       Action = "decide_appeal"
	ActionCertify            Action = "certify"
	ActionConfirmAttendance  Action = "confirm_attendance"
	ActionReissueCertificate Action = "reissue_certificate"
	ActionRevokeCertificate  Action = "revoke_certificate"
	ActionPause              Action = "pause"
	ActionResume             Action = "resume"
	ActionTransfer           Action = "transfer"
	ActionChangeEmployer     Action = "change_employer"
	ActionAdoptCurriculum    Action = "adopt_curriculum"
	ActionWithdraw           Action = "withdraw"

	// The workflows' own: no person takes them.
	ActionOfferSeat      Action = "offer_seat"
	ActionQueue          Action = "queue"
	ActionLoseSeat       Action = "lose_seat"
	ActionAttend         Action = "attend"
	ActionDeadlinePassed Action = "deadline_passed"
)

// A rule says in which phases an action is possible, and behind which gate.
type rule[S any, P ~string] struct {
	action Action
	phases []P
	gate   func(s S, by string) *fault.Error
}

// running are the phases in which an enrolment can rest or change, seated those in which it answers
// its cohort: a seat may be on its way while the modules are completed.
var (
	seated  = []Phase{Waiting, Modules, Practice, Assessment, Qualified}
	running = []Phase{Applied, Waiting, Modules, Practice, Assessment, Qualified}
	ended   = []Phase{Certified, Confirmed, Withdrawn, Failed, Lapsed}
)

// rules is the process of an enrolment. The order is the order of the buttons.
var rules = []rule[Enrolment, Phase]{
	{ActionApply, []Phase{""}, nil},
	{ActionDecideRelease, []Phase{Applied}, unreleased},
	{ActionDecideApplication, []Phase{Applied}, released},
	{ActionAcceptSeat, seated, offered},
	{ActionDeclineSeat, seated, offered},
	{ActionPlanMakeUp, []Phase{Modules}, active},
	{ActionSubmitMakeUp, []Phase{Modules}, all(active, makeUp(MakeUpPlanned, AssignmentMakeUp))},
	{ActionReviewMakeUp, []Phase{Modules}, makeUp(MakeUpSubmitted, AssignmentMakeUp)},
	{ActionSubmitConcept, []Phase{Modules, Practice}, all(active, wantsConcept)},
	{ActionReviewConcept, []Phase{Modules, Practice}, conceptWaits},
	{ActionSubmitCaseReport, []Phase{Modules, Practice}, all(active, wantsCases)},
	{ActionReviewCaseReport, []Phase{Modules, Practice}, caseWaits},
	{ActionRecordSupervision, []Phase{Modules, Practice, Assessment}, active},
	{ActionAppointAssessors, []Phase{Assessment}, all(active, attemptLeft)},
	{ActionRecordVerdict, []Phase{Assessment}, all(active, appointed)},
	{ActionAppeal, []Phase{Assessment}, appealable},
	{ActionDecideAppeal, []Phase{Assessment}, appealOpen},
	{ActionCertify, []Phase{Qualified}, active},
	{ActionConfirmAttendance, []Phase{Practice, Assessment, Qualified, Withdrawn, Failed, Lapsed}, unconfirmed},
	{ActionReissueCertificate, ended, issued},
	{ActionRevokeCertificate, ended, issued},
	{ActionPause, []Phase{Modules, Practice, Assessment, Qualified}, active},
	{ActionResume, []Phase{Modules, Practice, Assessment, Qualified}, resting},
	{ActionTransfer, []Phase{Waiting, Modules}, nil},
	{ActionChangeEmployer, running, nil},
	{ActionAdoptCurriculum, running, nil},
	{ActionWithdraw, running, nil},
	{ActionOfferSeat, seated, workflowOnly[Enrolment]},
	{ActionQueue, seated, workflowOnly[Enrolment]},
	{ActionLoseSeat, seated, workflowOnly[Enrolment]},
	{ActionAttend, []Phase{Modules, Practice, Assessment, Qualified}, workflowOnly[Enrolment]},
	{ActionDeadlinePassed, running, workflowOnly[Enrolment]},
}

// internal are the actions that no person takes.
var internal = []Action{
	ActionOfferSeat, ActionQueue, ActionLoseSeat, ActionAttend, ActionDeadlinePassed,
	ActionJoin, ActionTakeSeat, ActionLeave, ActionVisit,
}

// Internal reports whether a is a workflow's own action.
func Internal(a Action) bool { return slices.Contains(internal, a) }

// Actions lists every action of people on e with what the rules say to it if user took it next.
func (e Enrolment) Actions(user string) []process.Option {
	return options(rules, e, e.Phase, user, ActionApply)
}

// AllActions lists every action on an enrolment, the workflow's own included.
func AllActions() []Action { return names(rules) }

// closed says why user cannot take action a now, whatever the command says in detail.
func (e Enrolment) closed(a Action, user string) *fault.Error {
	return closed(rules, a, e, e.Phase, user)
}

func options[S any, P ~string](rs []rule[S, P], s S, phase P, user string, first Action) []process.Option {
	var os []process.Option
	for _, r := range rs {
		if !Internal(r.action) && r.action != first {
			os = append(os, process.Option{Action: r.action, Closed: closed(rs, r.action, s, phase, user)})
		}
	}
	return os
}

func names[S any, P ~string](rs []rule[S, P]) []Action {
	var as []Action
	for _, r := range rs {
		as = append(as, r.action)
	}
	return as
}

func closed[S any, P ~string](rs []rule[S, P], a Action, s S, phase P, user string) *fault.Error {
	for _, r := range rs {
		if r.action != a {
			continue
		}
		if !slices.Contains(r.phases, phase) {
			return fault.Newf(fault.Gate, "%s is not possible in phase %q", a, phase).By("phase", "possible in: "+join(r.phases))
		}
		if r.gate != nil {
			return r.gate(s, user)
		}
		return nil
	}
	return fault.Newf(fault.Invalid, "there is no action %q", a).By("unknown_action", "take one of the actions listed")
}

func join[P ~string](ps []P) string {
	var words []string
	for _, p := range ps {
		if p == "" {
			p = "new"
		}
		words = append(words, string(p))
	}
	return strings.Join(words, ", ")
}

// all opens when every gate does.
func all[S any](gates ...func(S, string) *fault.Error) func(S, string) *fault.Error {
	return func(s S, by string) *fault.Error {
		for _, g := range gates {
			if f := g(s, by); f != nil {
				return f
			}
		}
		return nil
	}
}

func workflowOnly[S any](_ S, by string) *fault.Error {
	if by != process.System {
		return fault.Newf(fault.Forbidden, "only the workflows do this").By("workflow_only", "nothing to do: it happens by itself")
	}
	return nil
}

func active(e Enrolment, _ string) *fault.Error {
	if e.Pause != nil {
		return fault.Newf(fault.Gate, "the enrolment rests").By("paused", "the trainee or the coordinator resumes it first")
	}
	return nil
}
