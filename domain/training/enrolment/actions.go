package enrolment

import (
	"koko/domain/fault"
	"koko/domain/file"
)

// The actions on an enrolment. Each has one command of the same name.
const (
	ActionDecideRelease      file.Action = "decide_release"
	ActionDecideApplication  file.Action = "decide_application"
	ActionAcceptSeat         file.Action = "accept_seat"
	ActionDeclineSeat        file.Action = "decline_seat"
	ActionPlanMakeUp         file.Action = "plan_make_up"
	ActionSubmitMakeUp       file.Action = "submit_make_up"
	ActionReviewMakeUp       file.Action = "review_make_up"
	ActionSubmitConcept      file.Action = "submit_concept"
	ActionReviewConcept      file.Action = "review_concept"
	ActionSubmitCaseReport   file.Action = "submit_case_report"
	ActionReviewCaseReport   file.Action = "review_case_report"
	ActionRecordSupervision  file.Action = "record_supervision"
	ActionAppointAssessors   file.Action = "appoint_assessors"
	ActionRecordVerdict      file.Action = "record_verdict"
	ActionAppeal             file.Action = "appeal"
	ActionDecideAppeal       file.Action = "decide_appeal"
	ActionCertify            file.Action = "certify"
	ActionConfirmAttendance  file.Action = "confirm_attendance"
	ActionReissueCertificate file.Action = "reissue_certificate"
	ActionRevokeCertificate  file.Action = "revoke_certificate"
	ActionPause              file.Action = "pause"
	ActionResume             file.Action = "resume"
	ActionTransfer           file.Action = "transfer"
	ActionChangeEmployer     file.Action = "change_employer"
	ActionMoveCalendar       file.Action = "move_enrolment_calendar"
	ActionAdoptCurriculum    file.Action = "adopt_curriculum"
	ActionWithdraw           file.Action = "withdraw"
)

// running are the phases in which an enrolment can rest or change, seated those in which it answers
// its cohort: a seat may be on its way while the modules are completed.
var (
	seated  = []Phase{Waiting, Modules, Practice, Assessment, Qualified}
	running = []Phase{Applied, Waiting, Modules, Practice, Assessment, Qualified}
	ended   = []Phase{Certified, Confirmed, Withdrawn, Failed, Lapsed}
)

// Actions lists every action of people on e with what the rules say to it if user took it next.
func (e Enrolment) Actions(user string) []file.Option { return Spec.Options(e, user) }

func active(e Enrolment, _ string) *fault.Error {
	if e.Pause != nil {
		return fault.Newf(fault.Gate, "the enrolment rests").By("paused", "the trainee or the coordinator resumes it first")
	}
	return nil
}
