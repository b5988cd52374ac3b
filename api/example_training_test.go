package api

import (
	"encoding/json"
	"time"

	facts "koko/db/reference"
	"koko/domain/process"
	"koko/domain/training"
)

// enrols and plans are accepts for the commands of enrolments and of cohorts, with what the API adds to them.
func enrols[B commandBody[training.Command]](a process.Action) func([]byte) error {
	terms, code := facts.Curricula()[0].Terms(), "K7Q2-M3XW-9TRA-VB4F"
	return acceptsAs[training.Command, B](a, func(cmd training.Command) training.Command {
		switch c := cmd.(type) {
		case training.Apply:
			c.Terms, c.Closes = terms, time.Now()
			return c
		case training.AdoptCurriculum:
			c.Terms = terms
			return c
		case training.Certify:
			c.Code = code
			return c
		case training.ConfirmAttendance:
			c.Code = code
			return c
		case training.ReissueCertificate:
			c.Code = code
			return c
		}
		return cmd
	})
}

func plans[B commandBody[training.CohortCommand]](a process.Action) func([]byte) error {
	return acceptsAs[training.CohortCommand, B](a, func(cmd training.CohortCommand) training.CohortCommand {
		if p, ok := cmd.(training.PlanCohort); ok {
			p.Terms = facts.Curricula()[0].Terms()
			return p
		}
		return cmd
	})
}

func acceptsAs[C process.Command, B commandBody[C]](a process.Action, complete func(C) C) func([]byte) error {
	return func(example []byte) error {
		var b B
		if err := json.Unmarshal(example, &b); err != nil {
			return err
		}
		return complete(b.command(process.Docs{Docs: b.prose().documents(training.Compartments(), a, "example")})).Check()
	}
}

// trainingExamples are the operations of the training with a body, and those whose body is no command.
func trainingExamples() map[string]func([]byte) error {
	return map[string]func([]byte) error{
		"apply":               enrols[ApplyBody](training.ActionApply),
		"decide-release":      enrols[decideReleaseBody](training.ActionDecideRelease),
		"decide-application":  enrols[decideApplicationBody](training.ActionDecideApplication),
		"accept-seat":         enrols[acceptSeatBody](training.ActionAcceptSeat),
		"decline-seat":        enrols[declineSeatBody](training.ActionDeclineSeat),
		"plan-make-up":        enrols[planMakeUpBody](training.ActionPlanMakeUp),
		"submit-make-up":      enrols[submitMakeUpBody](training.ActionSubmitMakeUp),
		"review-make-up":      enrols[reviewMakeUpBody](training.ActionReviewMakeUp),
		"submit-concept":      enrols[submitConceptBody](training.ActionSubmitConcept),
		"review-concept":      enrols[reviewConceptBody](training.ActionReviewConcept),
		"submit-case-report":  enrols[submitCaseReportBody](training.ActionSubmitCaseReport),
		"review-case-report":  enrols[reviewCaseReportBody](training.ActionReviewCaseReport),
		"record-supervision":  enrols[recordSupervisionBody](training.ActionRecordSupervision),
		"appoint-assessors":   enrols[appointAssessorsBody](training.ActionAppointAssessors),
		"record-verdict":      enrols[recordVerdictBody](training.ActionRecordVerdict),
		"appeal":              enrols[appealBody](training.ActionAppeal),
		"decide-appeal":       enrols[decideAppealBody](training.ActionDecideAppeal),
		"certify":             enrols[certifyBody](training.ActionCertify),
		"confirm-attendance":  enrols[confirmAttendanceBody](training.ActionConfirmAttendance),
		"reissue-certificate": enrols[reissueCertificateBody](training.ActionReissueCertificate),
		"revoke-certificate":  enrols[revokeCertificateBody](training.ActionRevokeCertificate),
		"pause":               enrols[pauseBody](training.ActionPause),
		"resume":              enrols[resumeBody](training.ActionResume),
		"transfer":            enrols[transferBody](training.ActionTransfer),
		"change-employer":     enrols[changeEmployerBody](training.ActionChangeEmployer),
		"adopt-curriculum":    enrols[adoptCurriculumBody](training.ActionAdoptCurriculum),
		"withdraw":            enrols[withdrawBody](training.ActionWithdraw),
		"plan-cohort":         plans[PlanCohortBody](training.ActionPlanCohort),
		"staff-cohort":        plans[staffCohortBody](training.ActionStaffCohort),
		"amend-cohort":        plans[amendCohortBody](training.ActionAmendCohort),
		"add-date":            plans[addDateBody](training.ActionAddDate),
		"reschedule-date":     plans[rescheduleDateBody](training.ActionRescheduleDate),
		"cancel-date":         plans[cancelDateBody](training.ActionCancelDate),
		"sign-list":           plans[signListBody](training.ActionSignList),
		"cancel-cohort":       plans[cancelCohortBody](training.ActionCancelCohort),
		"merge-cohort":        plans[mergeCohortBody](training.ActionMergeCohort),
		"publish-curriculum":  func([]byte) error { return nil },
		"give-grant":          func([]byte) error { return nil },
	}
}
