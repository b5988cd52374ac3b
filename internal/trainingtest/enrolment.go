package trainingtest

import (
	"time"

	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
)

// Apply asks for a seat in c.
func (m *Maker) Apply(c cohort.Cohort) enrolment.Apply {
	return enrolment.Apply{
		AGS: Town, LineManager: LineManager, Cohort: c.ID, Terms: c.Terms, Closes: c.Closes,
		Docs: m.file(training.ActionApply, "holder", "motivation"),
	}
}

// Release is the employer's.
func (m *Maker) Release(granted bool) enrolment.DecideRelease {
	return enrolment.DecideRelease{Granted: granted, Docs: m.file(enrolment.ActionDecideRelease, "reason")}
}

// Admission is the coordinator's.
func (m *Maker) Admission(granted bool) enrolment.DecideApplication {
	return enrolment.DecideApplication{Granted: granted, Docs: m.file(enrolment.ActionDecideApplication, "reason")}
}

// Attend has the trainee attend a date of c for some minutes.
func (m *Maker) Attend(c cohort.Cohort, d cohort.CourseDate, minutes int) enrolment.Attend {
	return enrolment.Attend{Attendance: training.Attendance{
		Cohort: c.ID, Date: d.ID, Unit: d.Unit, On: d.Begins, Minutes: minutes, Of: d.Minutes,
		Source: "unterschriftenliste", Signed: file.Stamp{By: Trainer, At: SignedAt(d)},
	}}
}

// Excused is an absence with an excuse.
func (m *Maker) Excused(c cohort.Cohort, d cohort.CourseDate) enrolment.Attend {
	a := m.Attend(c, d, 0)
	a.Excused = true
	return a
}

// Elsewhere makes a unit up in another cohort.
func (m *Maker) Elsewhere(unit, cohort string, due file.Date) enrolment.PlanMakeUp {
	return enrolment.PlanMakeUp{Unit: unit, Kind: enrolment.ElsewhereMakeUp, Cohort: cohort, Due: due}
}

// Assignment makes a unit up in writing.
func (m *Maker) Assignment(unit string, due file.Date) enrolment.PlanMakeUp {
	return enrolment.PlanMakeUp{Unit: unit, Kind: enrolment.AssignmentMakeUp, Due: due, Docs: m.file(enrolment.ActionPlanMakeUp, "task")}
}

// SubmitMakeUp hands the assignment for a unit in.
func (m *Maker) SubmitMakeUp(unit string) enrolment.SubmitMakeUp {
	return enrolment.SubmitMakeUp{Unit: unit, Docs: m.file(enrolment.ActionSubmitMakeUp, "text")}
}

// ReviewMakeUp accepts or returns it.
func (m *Maker) ReviewMakeUp(unit string, accepted bool) enrolment.ReviewMakeUp {
	return enrolment.ReviewMakeUp{Unit: unit, Accepted: accepted, Docs: m.file(enrolment.ActionReviewMakeUp, "feedback")}
}

// Concept is handed in by one trainee alone.
func (m *Maker) Concept() enrolment.SubmitConcept {
	return enrolment.SubmitConcept{Docs: m.file(enrolment.ActionSubmitConcept, "text")}
}

// ReviewConcept accepts or returns it.
func (m *Maker) ReviewConcept(accepted bool) enrolment.ReviewConcept {
	return enrolment.ReviewConcept{Accepted: accepted, Docs: m.file(enrolment.ActionReviewConcept, "feedback")}
}

// CaseReport is anonymised.
func (m *Maker) CaseReport() enrolment.SubmitCaseReport {
	return enrolment.SubmitCaseReport{Anonymised: true, Docs: m.file(enrolment.ActionSubmitCaseReport, "text")}
}

// ReviewCaseReport accepts or returns it.
func (m *Maker) ReviewCaseReport(accepted bool) enrolment.ReviewCaseReport {
	return enrolment.ReviewCaseReport{Accepted: accepted, Docs: m.file(enrolment.ActionReviewCaseReport, "feedback")}
}

// Supervision took place on a day.
func (m *Maker) Supervision(on time.Time) enrolment.RecordSupervision {
	return enrolment.RecordSupervision{
		On: file.DateOf(on), Minutes: 90, Docs: m.file(enrolment.ActionRecordSupervision, "content"),
	}
}

// Assessors are appointed: AssessorOne and AssessorTwo.
func (m *Maker) Assessors() enrolment.AppointAssessors {
	return enrolment.AppointAssessors{Assessors: []string{AssessorOne, AssessorTwo}}
}

// Verdict is one assessor's.
func (m *Maker) Verdict(passed bool) enrolment.RecordVerdict {
	points := 1
	if passed {
		points = 2
	}
	return enrolment.RecordVerdict{
		Passed: passed, Rubric: []enrolment.Score{{Criterion: "konzept", Points: points}, {Criterion: "kolloquium", Points: points}},
		Docs: m.Prose(enrolment.ActionRecordVerdict, enrolment.AssessmentFile, "reasons"),
	}
}

// Appeal objects to a failed assessment.
func (m *Maker) Appeal() enrolment.LodgeAppeal {
	return enrolment.LodgeAppeal{Docs: m.Prose(enrolment.ActionAppeal, enrolment.AssessmentFile, "reasons")}
}

// DecideAppeal upholds or rejects it.
func (m *Maker) DecideAppeal(upheld bool) enrolment.DecideAppeal {
	return enrolment.DecideAppeal{Upheld: upheld, Docs: m.Prose(enrolment.ActionDecideAppeal, enrolment.AssessmentFile, "reasons")}
}

// Certify issues a certificate.
func (m *Maker) Certify() enrolment.Certify { return enrolment.Certify{Code: m.Code()} }

// Confirm issues a confirmation of attendance.
func (m *Maker) Confirm() enrolment.ConfirmAttendance {
	return enrolment.ConfirmAttendance{Code: m.Code()}
}

// Reissue replaces the certificate with the code of.
func (m *Maker) Reissue(of string) enrolment.ReissueCertificate {
	return enrolment.ReissueCertificate{
		Code: m.Code(), Of: of, Reason: "namensaenderung", Docs: m.file(enrolment.ActionReissueCertificate, "holder"),
	}
}

// Revoke withdraws the certificate with the code of.
func (m *Maker) Revoke(of string) enrolment.RevokeCertificate {
	return enrolment.RevokeCertificate{
		Of: of, Reason: "irrtum", Docs: m.Prose(enrolment.ActionRevokeCertificate, enrolment.AssessmentFile, "reason"),
	}
}

// Pause has the enrolment rest.
func (m *Maker) Pause() enrolment.PauseEnrolment {
	return enrolment.PauseEnrolment{Reason: "elternzeit"}
}

// Withdraw ends it.
func (m *Maker) Withdraw() enrolment.Withdraw {
	return enrolment.Withdraw{Reason: "eigener_wunsch", Docs: m.file(enrolment.ActionWithdraw, "note")}
}

// Adopt moves an enrolment to another version of its curriculum.
func (m *Maker) Adopt(c curriculum.Curriculum) enrolment.AdoptCurriculum {
	return enrolment.AdoptCurriculum{Terms: c.Terms(), Docs: m.file(enrolment.ActionAdoptCurriculum, "reason")}
}
