package audit

import (
	"encoding/json"

	"koko/domain/conflict"
	"koko/domain/process"
	"koko/domain/training"
)

// An opener reads the commands of one action.
type opener[C process.Command] struct {
	action process.Action
	open   func(json.RawMessage) (C, error)
}

func opens[T process.Command, C process.Command](as func(T) C) opener[C] {
	var none T
	return opener[C]{none.Action(), func(raw json.RawMessage) (C, error) {
		var cmd T
		err := json.Unmarshal(raw, &cmd)
		return as(cmd), err
	}}
}

func inCase[T conflict.Command]() opener[conflict.Command] {
	return opens(func(cmd T) conflict.Command { return cmd })
}

func inEnrolment[T training.Command]() opener[training.Command] {
	return opens(func(cmd T) training.Command { return cmd })
}

func inCohort[T training.CohortCommand]() opener[training.CohortCommand] {
	return opens(func(cmd T) training.CohortCommand { return cmd })
}

var caseCommands = []opener[conflict.Command]{
	inCase[conflict.ReportSignal](), inCase[conflict.TriageSignal](), inCase[conflict.RecordClearing](),
	inCase[conflict.DecideMandate](), inCase[conflict.RecordAnalysis](), inCase[conflict.ReviewAnalysis](),
	inCase[conflict.AssessEscalation](), inCase[conflict.PlanMediation](), inCase[conflict.ConfirmConditions](),
	inCase[conflict.RecordSession](), inCase[conflict.RecordInterimResult](), inCase[conflict.ProposeClosure](),
	inCase[conflict.SignOff](), inCase[conflict.RecordFollowUp](), inCase[conflict.Reopen](),
	inCase[conflict.Assign](), inCase[conflict.AddNote](), inCase[conflict.AttachDocument](),
}

var enrolmentCommands = []opener[training.Command]{
	inEnrolment[training.Apply](), inEnrolment[training.DecideRelease](), inEnrolment[training.DecideApplication](),
	inEnrolment[training.AcceptSeat](), inEnrolment[training.DeclineSeat](), inEnrolment[training.PlanMakeUp](),
	inEnrolment[training.SubmitMakeUp](), inEnrolment[training.ReviewMakeUp](), inEnrolment[training.SubmitConcept](),
	inEnrolment[training.ReviewConcept](), inEnrolment[training.SubmitCaseReport](), inEnrolment[training.ReviewCaseReport](),
	inEnrolment[training.RecordSupervision](), inEnrolment[training.AppointAssessors](), inEnrolment[training.RecordVerdict](),
	inEnrolment[training.LodgeAppeal](), inEnrolment[training.DecideAppeal](), inEnrolment[training.Certify](),
	inEnrolment[training.ConfirmAttendance](), inEnrolment[training.ReissueCertificate](), inEnrolment[training.RevokeCertificate](),
	inEnrolment[training.PauseEnrolment](), inEnrolment[training.Resume](), inEnrolment[training.Transfer](),
	inEnrolment[training.ChangeEmployer](), inEnrolment[training.AdoptCurriculum](), inEnrolment[training.Withdraw](),
	inEnrolment[training.OfferSeat](), inEnrolment[training.Queue](), inEnrolment[training.LoseSeat](), inEnrolment[training.Attend](),
}

var cohortCommands = []opener[training.CohortCommand]{
	inCohort[training.PlanCohort](), inCohort[training.StaffCohort](), inCohort[training.AmendCohort](),
	inCohort[training.AddDate](), inCohort[training.RescheduleDate](), inCohort[training.CancelDate](),
	inCohort[training.SignList](), inCohort[training.CancelCohort](), inCohort[training.MergeCohort](),
	inCohort[training.Join](), inCohort[training.TakeSeat](), inCohort[training.Leave](), inCohort[training.Visit](),
}
