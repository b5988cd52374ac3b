package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"koko/domain/process"
	"koko/domain/training"
)

type enrolmentCommandInput[B commandBody[training.Command]] struct {
	EnrolmentRef
	Key
	IfMatch string `header:"If-Match" doc:"ETag of the enrolment that you decided on. Without it the answer is 428" example:"\"7\""`
	Body    B
}

// registerEnrolmentCommands adds one operation per command, in the order of the process.
func (s *server) registerEnrolmentCommands(api huma.API) {
	enrolmentCommand[decideReleaseBody](s, api, training.ActionDecideRelease, "Release a member of the staff for the programme, or refuse it",
		"By the supervisor whom the application names (Freistellung). A refusal ends the enrolment.")
	enrolmentCommand[decideApplicationBody](s, api, training.ActionDecideApplication, "Admit the trainee to the programme, or refuse it",
		"It waits for the employer's release. Once admitted, the cohort gives a seat or a place on its waiting list.")
	enrolmentCommand[acceptSeatBody](s, api, training.ActionAcceptSeat, "Accept the seat that is on offer", "In time: then it goes to the next in line.")
	enrolmentCommand[declineSeatBody](s, api, training.ActionDeclineSeat, "Decline the seat that is on offer", "It goes to the next in line, and the enrolment waits for another cohort.")
	enrolmentCommand[planMakeUpBody](s, api, training.ActionPlanMakeUp, "Arrange how a missed module is made up",
		"In another cohort, or as an assignment with a deadline. The curriculum says how many modules may be made up.")
	enrolmentCommand[submitMakeUpBody](s, api, training.ActionSubmitMakeUp, "Hand an assignment in", "In place of a missed module. It waits for the trainer.")
	enrolmentCommand[reviewMakeUpBody](s, api, training.ActionReviewMakeUp, "Accept an assignment, or return it", "An accepted one counts as attended.")
	enrolmentCommand[submitConceptBody](s, api, training.ActionSubmitConcept, "Hand the concept in, or a new version of it",
		"Of the conflict management system (KMS) of the trainee's municipality. Trainees may share one; the own part is marked.")
	enrolmentCommand[reviewConceptBody](s, api, training.ActionReviewConcept, "Accept the concept, or return it", "With feedback; the trainee may hand in a new version.")
	enrolmentCommand[submitCaseReportBody](s, api, training.ActionSubmitCaseReport, "Hand a documented case in", "It must be anonymised.")
	enrolmentCommand[reviewCaseReportBody](s, api, training.ActionReviewCaseReport, "Accept the case report, or return it", "With feedback.")
	enrolmentCommand[recordSupervisionBody](s, api, training.ActionRecordSupervision, "Record a supervision session", "One a day at most.")
	enrolmentCommand[appointAssessorsBody](s, api, training.ActionAppointAssessors, "Appoint the two assessors",
		"At least one of them has not taught the trainee. Before both have agreed, they can be replaced; after a failed attempt this begins the resit.")
	enrolmentCommand[recordVerdictBody](s, api, training.ActionRecordVerdict, "Give a verdict on the assessment",
		"Each assessor gives one. It is decided when both say the same; as long as they differ, each may say it anew.")
	enrolmentCommand[appealBody](s, api, training.ActionAppeal, "Appeal against a failed assessment", "Within the curriculum's time; once for each attempt.")
	enrolmentCommand[decideAppealBody](s, api, training.ActionDecideAppeal, "Decide on an appeal",
		"By somebody who did not assess. Upheld, the attempt does not count.")
	enrolmentCommand[certifyBody](s, api, training.ActionCertify, "Issue the certificate", "Once everything is done. The register gives it a number; its code is the key of the public page.")
	enrolmentCommand[confirmAttendanceBody](s, api, training.ActionConfirmAttendance, "Issue a confirmation of attendance", "Teilnahmebescheinigung. It ends an enrolment that is under way.")
	enrolmentCommand[reissueCertificateBody](s, api, training.ActionReissueCertificate, "Issue a certificate anew",
		"After a change of name, or to correct an error. The old code keeps its page, which says that it was superseded.")
	enrolmentCommand[revokeCertificateBody](s, api, training.ActionRevokeCertificate, "Revoke a certificate", "The public page shows it at once, the status list within a minute.")
	enrolmentCommand[pauseBody](s, api, training.ActionPause, "Have the enrolment rest", "For parental leave or illness, for instance: the time limits stand still.")
	enrolmentCommand[resumeBody](s, api, training.ActionResume, "Go on after a rest", "The time limits move by its length.")
	enrolmentCommand[transferBody](s, api, training.ActionTransfer, "Move the trainee to another cohort", "The place in the order of applications is kept.")
	enrolmentCommand[changeEmployerBody](s, api, training.ActionChangeEmployer, "Record that the trainee works for another municipality", "The enrolment goes on, under the new municipality.")
	enrolmentCommand[adoptCurriculumBody](s, api, training.ActionAdoptCurriculum, "Move the enrolment to another version of its curriculum",
		"What that changes for the trainee is shown by `curriculum-change` before.")
	enrolmentCommand[withdrawBody](s, api, training.ActionWithdraw, "Leave the programme", "It ends the enrolment; the seat goes to the next in line.")
}

// enrolmentCommand adds the command of body B to the enrolments.
func enrolmentCommand[B commandBody[training.Command]](s *server, api huma.API, a process.Action, summary, description string) {
	huma.Register(api, s.enrolments.operation(a, summary, description), func(ctx context.Context, in *enrolmentCommandInput[B]) (*EnrolmentOutput, error) {
		out, err := s.enrolments.carryOut(ctx, in.EnrolmentRef.EnrolmentID, a, in.IdempotencyKey, in.IfMatch, in.Body)
		return out, s.problem(ctx, err)
	})
}
