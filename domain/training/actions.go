package training

import (
	"koko/domain/fault"
	"koko/domain/file"
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
	ActionOfferSeat Action = "offer_seat"
	ActionQueue     Action = "queue"
	ActionLoseSeat  Action = "lose_seat"
	ActionAttend    Action = "attend"
)

// running are the phases in which an enrolment can rest or change, seated those in which it answers
// its cohort: a seat may be on its way while the modules are completed.
var (
	seated  = []Phase{Waiting, Modules, Practice, Assessment, Qualified}
	running = []Phase{Applied, Waiting, Modules, Practice, Assessment, Qualified}
	ended   = []Phase{Certified, Confirmed, Withdrawn, Failed, Lapsed}
)

// Actions lists every action of people on e with what the rules say to it if user took it next.
func (e Enrolment) Actions(user string) []file.Option { return EnrolmentSpec.Options(e, user) }

func active(e Enrolment, _ string) *fault.Error {
	if e.Pause != nil {
		return fault.Newf(fault.Gate, "the enrolment rests").By("paused", "the trainee or the coordinator resumes it first")
	}
	return nil
}
