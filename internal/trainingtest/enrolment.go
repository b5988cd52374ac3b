package trainingtest

import (
	"fmt"
	"time"

	"koko/domain/file"
	"koko/domain/training"
)

// Apply asks for a seat in c.
func (m *Maker) Apply(c training.Cohort) training.Apply {
	return training.Apply{
		AGS: Town, LineManager: LineManager, Cohort: c.ID, Terms: c.Terms, Closes: c.Closes,
		Docs: m.file(training.ActionApply, "holder", "motivation"),
	}
}

// Release is the employer's.
func (m *Maker) Release(granted bool) training.DecideRelease {
	return training.DecideRelease{Granted: granted, Docs: m.file(training.ActionDecideRelease, "reason")}
}

// Admission is the coordinator's.
func (m *Maker) Admission(granted bool) training.DecideApplication {
	return training.DecideApplication{Granted: granted, Docs: m.file(training.ActionDecideApplication, "reason")}
}

// Attend has the trainee attend a date of c for some minutes.
func (m *Maker) Attend(c training.Cohort, d training.CourseDate, minutes int) training.Attend {
	return training.Attend{Attendance: training.Attendance{
		Cohort: c.ID, Date: d.ID, Unit: d.Unit, On: d.Begins, Minutes: minutes, Of: d.Minutes,
		Source: "unterschriftenliste", Signed: training.Stamp{By: Trainer, At: SignedAt(d)},
	}}
}

// Excused is an absence with an excuse.
func (m *Maker) Excused(c training.Cohort, d training.CourseDate) training.Attend {
	a := m.Attend(c, d, 0)
	a.Excused = true
	return a
}

// Elsewhere makes a unit up in another cohort.
func (m *Maker) Elsewhere(unit, cohort string, due file.Date) training.PlanMakeUp {
	return training.PlanMakeUp{Unit: unit, Kind: training.ElsewhereMakeUp, Cohort: cohort, Due: due}
}

// Assignment makes a unit up in writing.
func (m *Maker) Assignment(unit string, due file.Date) training.PlanMakeUp {
	return training.PlanMakeUp{Unit: unit, Kind: training.AssignmentMakeUp, Due: due, Docs: m.file(training.ActionPlanMakeUp, "task")}
}

// SubmitMakeUp hands the assignment for a unit in.
func (m *Maker) SubmitMakeUp(unit string) training.SubmitMakeUp {
	return training.SubmitMakeUp{Unit: unit, Docs: m.file(training.ActionSubmitMakeUp, "text")}
}

// ReviewMakeUp accepts or returns it.
func (m *Maker) ReviewMakeUp(unit string, accepted bool) training.ReviewMakeUp {
	return training.ReviewMakeUp{Unit: unit, Accepted: accepted, Docs: m.file(training.ActionReviewMakeUp, "feedback")}
}

// Concept is handed in by one trainee alone.
func (m *Maker) Concept() training.SubmitConcept {
	return training.SubmitConcept{Docs: m.file(training.ActionSubmitConcept, "text")}
}

// ReviewConcept accepts or returns it.
func (m *Maker) ReviewConcept(accepted bool) training.ReviewConcept {
	return training.ReviewConcept{Accepted: accepted, Docs: m.file(training.ActionReviewConcept, "feedback")}
}

// CaseReport is anonymised.
func (m *Maker) CaseReport() training.SubmitCaseReport {
	return training.SubmitCaseReport{Anonymised: true, Docs: m.file(training.ActionSubmitCaseReport, "text")}
}

// ReviewCaseReport accepts or returns it.
func (m *Maker) ReviewCaseReport(accepted bool) training.ReviewCaseReport {
	return training.ReviewCaseReport{Accepted: accepted, Docs: m.file(training.ActionReviewCaseReport, "feedback")}
}

// Supervision took place on a day.
func (m *Maker) Supervision(on time.Time) training.RecordSupervision {
	return training.RecordSupervision{
		On: file.Date(on.Format(time.DateOnly)), Minutes: 90, Docs: m.file(training.ActionRecordSupervision, "content"),
	}
}

// Assessors are appointed: AssessorOne and AssessorTwo.
func (m *Maker) Assessors() training.AppointAssessors {
	return training.AppointAssessors{Assessors: []string{AssessorOne, AssessorTwo}}
}

// Verdict is one assessor's.
func (m *Maker) Verdict(passed bool) training.RecordVerdict {
	points := 1
	if passed {
		points = 2
	}
	return training.RecordVerdict{
		Passed: passed, Rubric: []training.Score{{Criterion: "konzept", Points: points}, {Criterion: "kolloquium", Points: points}},
		Docs: m.Prose(training.ActionRecordVerdict, training.AssessmentFile, "reasons"),
	}
}

// Appeal objects to a failed assessment.
func (m *Maker) Appeal() training.LodgeAppeal {
	return training.LodgeAppeal{Docs: m.Prose(training.ActionAppeal, training.AssessmentFile, "reasons")}
}

// DecideAppeal upholds or rejects it.
func (m *Maker) DecideAppeal(upheld bool) training.DecideAppeal {
	return training.DecideAppeal{Upheld: upheld, Docs: m.Prose(training.ActionDecideAppeal, training.AssessmentFile, "reasons")}
}

// Certify issues a certificate.
func (m *Maker) Certify() training.Certify { return training.Certify{Code: m.Code()} }

// Confirm issues a confirmation of attendance.
func (m *Maker) Confirm() training.ConfirmAttendance {
	return training.ConfirmAttendance{Code: m.Code()}
}

// Reissue replaces the certificate with the code of.
func (m *Maker) Reissue(of string) training.ReissueCertificate {
	return training.ReissueCertificate{
		Code: m.Code(), Of: of, Reason: "namensaenderung", Docs: m.file(training.ActionReissueCertificate, "holder"),
	}
}

// Revoke withdraws the certificate with the code of.
func (m *Maker) Revoke(of string) training.RevokeCertificate {
	return training.RevokeCertificate{
		Of: of, Reason: "irrtum", Docs: m.Prose(training.ActionRevokeCertificate, training.AssessmentFile, "reason"),
	}
}

// Pause has the enrolment rest.
func (m *Maker) Pause() training.PauseEnrolment { return training.PauseEnrolment{Reason: "elternzeit"} }

// Withdraw ends it.
func (m *Maker) Withdraw() training.Withdraw {
	return training.Withdraw{Reason: "eigener_wunsch", Docs: m.file(training.ActionWithdraw, "note")}
}

// Adopt moves an enrolment to another version of its curriculum.
func (m *Maker) Adopt(c training.Curriculum) training.AdoptCurriculum {
	return training.AdoptCurriculum{Terms: c.Terms(), Docs: m.file(training.ActionAdoptCurriculum, "reason")}
}

// Walk has e go steps. It panics at the first refusal: the tests of others rely on the way.
func Walk(e training.Enrolment, steps ...Step) training.Enrolment {
	for _, s := range steps {
		next, err := e.Decide(s.Command, s.By, s.At)
		if err != nil {
			panic(fmt.Sprintf("trainingtest: %s in phase %q: %v", s.Command.Action(), e.Phase, err))
		}
		e = next
	}
	return e
}
