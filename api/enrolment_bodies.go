package api

import (
	"github.com/danielgtaylor/huma/v2"

	"koko/domain/process"
	"koko/domain/training"
)

// The bodies of an enrolment's commands. What says something about a person goes to the training
// file, what assessors say to the assessment file.

// ApplyBody is embedded in the body of a new enrolment.
type ApplyBody struct {
	factsOnly
	training.Apply
	Holder     string `json:"holder" minLength:"1" maxLength:"200" doc:"Your name as the certificate is to show it" example:"Nadia El-Tarifi"`
	Motivation string `json:"motivation,omitempty" maxLength:"4000" doc:"What you hope for"`
}

// TransformSchema removes what clients do not send.
func (b ApplyBody) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return without(b.factsOnly.TransformSchema(r, s), "closes")
}

func (b ApplyBody) prose() prose {
	return prose{}.in(training.TrainingFile, "holder", b.Holder).in(training.TrainingFile, "motivation", b.Motivation)
}

func (b ApplyBody) command(docs process.Docs) training.Command {
	b.Apply.Docs = docs
	return b.Apply
}

type decideReleaseBody struct {
	factsOnly
	training.DecideRelease
	Text string `json:"reason,omitempty" maxLength:"4000" doc:"Why; required when refused"`
}

func (b decideReleaseBody) prose() prose { return prose{}.in(training.TrainingFile, "reason", b.Text) }

func (b decideReleaseBody) command(docs process.Docs) training.Command {
	b.DecideRelease.Docs = docs
	return b.DecideRelease
}

type decideApplicationBody struct {
	factsOnly
	training.DecideApplication
	Text string `json:"reason,omitempty" maxLength:"4000" doc:"Why; required when refused"`
}

func (b decideApplicationBody) prose() prose {
	return prose{}.in(training.TrainingFile, "reason", b.Text)
}

func (b decideApplicationBody) command(docs process.Docs) training.Command {
	b.DecideApplication.Docs = docs
	return b.DecideApplication
}

type acceptSeatBody struct{}

func (acceptSeatBody) prose() prose { return nil }

func (acceptSeatBody) command(docs process.Docs) training.Command {
	return training.AcceptSeat{Docs: docs}
}

type declineSeatBody struct{}

func (declineSeatBody) prose() prose { return nil }

func (declineSeatBody) command(docs process.Docs) training.Command {
	return training.DeclineSeat{Docs: docs}
}

type planMakeUpBody struct {
	factsOnly
	training.PlanMakeUp
	Task string `json:"task,omitempty" maxLength:"20000" doc:"What is to be done; required for an assignment (ersatzleistung)"`
}

func (b planMakeUpBody) prose() prose { return prose{}.in(training.TrainingFile, "task", b.Task) }

func (b planMakeUpBody) command(docs process.Docs) training.Command {
	b.PlanMakeUp.Docs = docs
	return b.PlanMakeUp
}

type submitMakeUpBody struct {
	factsOnly
	training.SubmitMakeUp
	Text string `json:"text" minLength:"1" maxLength:"100000" doc:"The work itself"`
}

func (b submitMakeUpBody) prose() prose { return prose{}.in(training.TrainingFile, "text", b.Text) }

func (b submitMakeUpBody) command(docs process.Docs) training.Command {
	b.SubmitMakeUp.Docs = docs
	return b.SubmitMakeUp
}

type reviewMakeUpBody struct {
	factsOnly
	training.ReviewMakeUp
	Feedback string `json:"feedback,omitempty" maxLength:"20000" doc:"To the trainee; required when it is returned"`
}

func (b reviewMakeUpBody) prose() prose {
	return prose{}.in(training.TrainingFile, "feedback", b.Feedback)
}

func (b reviewMakeUpBody) command(docs process.Docs) training.Command {
	b.ReviewMakeUp.Docs = docs
	return b.ReviewMakeUp
}

type submitConceptBody struct {
	factsOnly
	training.SubmitConcept
	Text    string `json:"text" minLength:"1" maxLength:"400000" doc:"The concept of the conflict management system"`
	OwnPart string `json:"own_part,omitempty" maxLength:"20000" doc:"Which part is the trainee's own; required for a shared concept"`
}

func (b submitConceptBody) prose() prose {
	return prose{}.in(training.TrainingFile, "text", b.Text).in(training.TrainingFile, "own_part", b.OwnPart)
}

func (b submitConceptBody) command(docs process.Docs) training.Command {
	b.SubmitConcept.Docs = docs
	return b.SubmitConcept
}

type reviewConceptBody struct {
	factsOnly
	training.ReviewConcept
	Feedback string `json:"feedback,omitempty" maxLength:"20000" doc:"To the trainee; required when it is returned"`
}

func (b reviewConceptBody) prose() prose {
	return prose{}.in(training.TrainingFile, "feedback", b.Feedback)
}

func (b reviewConceptBody) command(docs process.Docs) training.Command {
	b.ReviewConcept.Docs = docs
	return b.ReviewConcept
}

type submitCaseReportBody struct {
	factsOnly
	training.SubmitCaseReport
	Text string `json:"text" minLength:"1" maxLength:"400000" doc:"The documented case, anonymised"`
}

func (b submitCaseReportBody) prose() prose { return prose{}.in(training.TrainingFile, "text", b.Text) }

func (b submitCaseReportBody) command(docs process.Docs) training.Command {
	b.SubmitCaseReport.Docs = docs
	return b.SubmitCaseReport
}

type reviewCaseReportBody struct {
	factsOnly
	training.ReviewCaseReport
	Feedback string `json:"feedback,omitempty" maxLength:"20000" doc:"To the trainee; required when it is returned"`
}

func (b reviewCaseReportBody) prose() prose {
	return prose{}.in(training.TrainingFile, "feedback", b.Feedback)
}

func (b reviewCaseReportBody) command(docs process.Docs) training.Command {
	b.ReviewCaseReport.Docs = docs
	return b.ReviewCaseReport
}

type recordSupervisionBody struct {
	factsOnly
	training.RecordSupervision
	Note string `json:"note,omitempty" maxLength:"20000" doc:"What it was about"`
}

func (b recordSupervisionBody) prose() prose {
	return prose{}.in(training.TrainingFile, "note", b.Note)
}

func (b recordSupervisionBody) command(docs process.Docs) training.Command {
	b.RecordSupervision.Docs = docs
	return b.RecordSupervision
}

type appointAssessorsBody struct {
	factsOnly
	training.AppointAssessors
}

func (appointAssessorsBody) prose() prose { return nil }

func (b appointAssessorsBody) command(docs process.Docs) training.Command {
	b.AppointAssessors.Docs = docs
	return b.AppointAssessors
}

func (b appointAssessorsBody) people() map[string]string {
	named := map[string]string{}
	for i, p := range b.Assessors {
		named[process.Index("assessors", i)] = p
	}
	return named
}

type recordVerdictBody struct {
	factsOnly
	training.RecordVerdict
	Reasons string `json:"reasons" minLength:"1" maxLength:"20000" doc:"Why; the employer never reads it"`
}

func (b recordVerdictBody) prose() prose {
	return prose{}.in(training.AssessmentFile, "reasons", b.Reasons)
}

func (b recordVerdictBody) command(docs process.Docs) training.Command {
	b.RecordVerdict.Docs = docs
	return b.RecordVerdict
}

type appealBody struct {
	Reasons string `json:"reasons" minLength:"1" maxLength:"20000" doc:"Why the assessment was wrong"`
}

func (b appealBody) prose() prose { return prose{}.in(training.AssessmentFile, "reasons", b.Reasons) }

func (appealBody) command(docs process.Docs) training.Command {
	return training.LodgeAppeal{Docs: docs}
}

type decideAppealBody struct {
	factsOnly
	training.DecideAppeal
	Reasons string `json:"reasons" minLength:"1" maxLength:"20000" doc:"Why"`
}

func (b decideAppealBody) prose() prose {
	return prose{}.in(training.AssessmentFile, "reasons", b.Reasons)
}

func (b decideAppealBody) command(docs process.Docs) training.Command {
	b.DecideAppeal.Docs = docs
	return b.DecideAppeal
}

type certifyBody struct {
	Holder string `json:"holder,omitempty" maxLength:"200" doc:"The name on the certificate, if it is not the one applied with"`
}

func (b certifyBody) prose() prose { return prose{}.in(training.TrainingFile, "holder", b.Holder) }

func (certifyBody) command(docs process.Docs) training.Command { return training.Certify{Docs: docs} }

type confirmAttendanceBody struct {
	Holder string `json:"holder,omitempty" maxLength:"200" doc:"The name on the confirmation, if it is not the one applied with"`
}

func (b confirmAttendanceBody) prose() prose {
	return prose{}.in(training.TrainingFile, "holder", b.Holder)
}

func (confirmAttendanceBody) command(docs process.Docs) training.Command {
	return training.ConfirmAttendance{Docs: docs}
}

type reissueCertificateBody struct {
	factsOnly
	training.ReissueCertificate
	Holder string `json:"holder" minLength:"1" maxLength:"200" doc:"The name on the new certificate"`
}

func (b reissueCertificateBody) prose() prose {
	return prose{}.in(training.TrainingFile, "holder", b.Holder)
}

func (b reissueCertificateBody) command(docs process.Docs) training.Command {
	b.ReissueCertificate.Docs = docs
	return b.ReissueCertificate
}

type revokeCertificateBody struct {
	factsOnly
	training.RevokeCertificate
	Text string `json:"text" minLength:"1" maxLength:"4000" doc:"The reason in words; the public page shows only its kind"`
}

func (b revokeCertificateBody) prose() prose {
	return prose{}.in(training.AssessmentFile, "reason", b.Text)
}

func (b revokeCertificateBody) command(docs process.Docs) training.Command {
	b.RevokeCertificate.Docs = docs
	return b.RevokeCertificate
}

type pauseBody struct {
	factsOnly
	training.PauseEnrolment
}

func (pauseBody) prose() prose { return nil }

func (b pauseBody) command(docs process.Docs) training.Command {
	b.PauseEnrolment.Docs = docs
	return b.PauseEnrolment
}

type resumeBody struct{}

func (resumeBody) prose() prose { return nil }

func (resumeBody) command(docs process.Docs) training.Command { return training.Resume{Docs: docs} }

type transferBody struct {
	factsOnly
	training.Transfer
}

func (transferBody) prose() prose { return nil }

func (b transferBody) command(docs process.Docs) training.Command {
	b.Transfer.Docs = docs
	return b.Transfer
}

type changeEmployerBody struct {
	factsOnly
	training.ChangeEmployer
}

func (changeEmployerBody) prose() prose { return nil }

func (b changeEmployerBody) command(docs process.Docs) training.Command {
	b.ChangeEmployer.Docs = docs
	return b.ChangeEmployer
}

type adoptCurriculumBody struct {
	Version int    `json:"version" minimum:"1" doc:"The version of the curriculum that is to hold"`
	Text    string `json:"reason" minLength:"1" maxLength:"4000" doc:"Why"`
}

func (b adoptCurriculumBody) prose() prose {
	return prose{}.in(training.TrainingFile, "reason", b.Text)
}

func (b adoptCurriculumBody) command(docs process.Docs) training.Command {
	return training.AdoptCurriculum{Terms: training.Terms{Version: b.Version}, Docs: docs}
}

type withdrawBody struct {
	factsOnly
	training.Withdraw
	Note string `json:"note,omitempty" maxLength:"4000" doc:"In words"`
}

func (b withdrawBody) prose() prose { return prose{}.in(training.TrainingFile, "note", b.Note) }

func (b withdrawBody) command(docs process.Docs) training.Command {
	b.Withdraw.Docs = docs
	return b.Withdraw
}
