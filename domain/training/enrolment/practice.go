package enrolment

import (
	"slices"

	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
)

// A Concept is the plan of a conflict management system (KMS) for the trainee's municipality. Several
// trainees may share one; the own part is marked in its document.
type Concept struct {
	file.Stamp
	Submissions int       `json:"submissions" doc:"How often it was handed in"`
	Shared      bool      `json:"shared" doc:"Whether trainees of the municipality wrote it together"`
	Accepted    *Approval `json:"accepted,omitempty" doc:"What the trainer says to the last one"`
}

// SubmitConcept hands the concept in, or a new version of it.
type SubmitConcept struct {
	Shared  bool       `json:"shared,omitempty" doc:"Whether trainees of the municipality wrote it together" example:"false"`
	Text    file.Words `json:"text,omitzero" required:"true" in:"training" minLength:"1" maxLength:"400000" doc:"The concept of the conflict management system"`
	OwnPart file.Words `json:"own_part,omitzero" in:"training" maxLength:"20000" doc:"Which part is the trainee's own; required for a shared concept"`
	file.Docs
}

// Action is submit_concept.
func (SubmitConcept) Action() file.Action { return ActionSubmitConcept }

// Check wants the individual part of a shared concept marked.
func (s SubmitConcept) Check() error {
	if err := file.First(s.In(s.Action(), training.TrainingFile), s.Needs("text")); err != nil {
		return err
	}
	if s.Shared {
		return file.First(s.Needs("own_part"))
	}
	return nil
}

func (s SubmitConcept) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	c := Concept{Stamp: by, Submissions: 1, Shared: s.Shared}
	if e.Concept != nil {
		c.Submissions += e.Concept.Submissions
	}
	e.Concept = &c
	return nil
}

// ReviewConcept accepts the concept or returns it.
type ReviewConcept struct {
	Accepted bool       `json:"accepted" doc:"Whether it counts"`
	Feedback file.Words `json:"feedback,omitzero" in:"training" maxLength:"20000" doc:"To the trainee; required when it is returned"`
	file.Docs
}

// Action is review_concept.
func (ReviewConcept) Action() file.Action { return ActionReviewConcept }

// Check wants feedback to what is returned.
func (r ReviewConcept) Check() error {
	return file.First(r.In(r.Action(), training.TrainingFile), feedbackIf(!r.Accepted, r.Docs))
}

func (r ReviewConcept) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	c := *e.Concept
	c.Accepted = &Approval{by, r.Accepted}
	e.Concept = &c
	return nil
}

func wantsConcept(e Enrolment, _ string) *fault.Error {
	switch {
	case !e.Terms.Rule.Concept:
		return file.Gate("", "not_needed", "the curriculum asks for no concept", "nothing to do")
	case e.Concept != nil && e.Concept.Accepted == nil:
		return file.Gate("", "feedback", "the trainer has not answered to the last version yet", "the trainer reviews it first")
	case e.conceptDone():
		return file.Gate("", "accepted", "the concept is accepted", "nothing to do")
	}
	return nil
}

func conceptWaits(e Enrolment, _ string) *fault.Error {
	if e.Concept == nil || e.Concept.Accepted != nil {
		return file.Waiting("no concept waits for a review", "concept", "the trainee hands one in", "concept")
	}
	return nil
}

func (e Enrolment) conceptDone() bool {
	return e.Concept != nil && e.Concept.Accepted != nil && e.Concept.Accepted.Granted
}

// A CaseReport is a documented case from practice, anonymised.
type CaseReport struct {
	file.Stamp
	Accepted *Approval `json:"accepted,omitempty" doc:"What the trainer says to it"`
}

// SubmitCaseReport hands a case report in.
type SubmitCaseReport struct {
	Anonymised bool       `json:"anonymised" doc:"The trainee's word that nobody in it can be recognised"`
	Text       file.Words `json:"text,omitzero" required:"true" in:"training" minLength:"1" maxLength:"400000" doc:"The documented case, anonymised"`
	file.Docs
}

// Action is submit_case_report.
func (SubmitCaseReport) Action() file.Action { return ActionSubmitCaseReport }

// Check refuses a report that is not anonymised.
func (s SubmitCaseReport) Check() error {
	if !s.Anonymised {
		return file.Invalid("anonymised", "anonymised", "the report must be anonymised", "take out whatever names or describes a person, then confirm it")
	}
	return file.First(s.In(s.Action(), training.TrainingFile), s.Needs("text"))
}

func (s SubmitCaseReport) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	e.CaseReports = append(slices.Clone(e.CaseReports), CaseReport{Stamp: by})
	return nil
}

// ReviewCaseReport accepts the last case report or returns it.
type ReviewCaseReport struct {
	Accepted bool       `json:"accepted" doc:"Whether it counts"`
	Feedback file.Words `json:"feedback,omitzero" in:"training" maxLength:"20000" doc:"To the trainee; required when it is returned"`
	file.Docs
}

// Action is review_case_report.
func (ReviewCaseReport) Action() file.Action { return ActionReviewCaseReport }

// Check wants feedback to what is returned.
func (r ReviewCaseReport) Check() error {
	return file.First(r.In(r.Action(), training.TrainingFile), feedbackIf(!r.Accepted, r.Docs))
}

func (r ReviewCaseReport) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	kept := slices.Clone(e.CaseReports)
	kept[len(kept)-1].Accepted = &Approval{by, r.Accepted}
	e.CaseReports = kept
	return nil
}

func (e Enrolment) caseOpen() bool {
	n := len(e.CaseReports)
	return n > 0 && e.CaseReports[n-1].Accepted == nil
}

func (e Enrolment) casesDone() (n int) {
	for _, c := range e.CaseReports {
		if c.Accepted != nil && c.Accepted.Granted {
			n++
		}
	}
	return n
}

func wantsCases(e Enrolment, _ string) *fault.Error {
	switch {
	case e.caseOpen():
		return file.Gate("", "feedback", "the trainer has not answered to the last report yet", "the trainer reviews it first")
	case e.casesDone() >= e.Terms.Rule.Cases:
		return file.Gate("", "not_needed", "no further case report is needed", "nothing to do")
	}
	return nil
}

func caseWaits(e Enrolment, _ string) *fault.Error {
	if !e.caseOpen() {
		return file.Waiting("no case report waits for a review", "case_report", "the trainee hands one in", "case_report")
	}
	return nil
}

// A Supervision is one session in which the trainee's practice was looked at.
type Supervision struct {
	file.Stamp
	On      file.Date `json:"on" format:"date" doc:"The day"`
	Minutes int       `json:"minutes" doc:"How long it took"`
}

// RecordSupervision notes a supervision session.
type RecordSupervision struct {
	On      file.Date  `json:"on" format:"date" doc:"The day"`
	Minutes int        `json:"minutes" minimum:"15" maximum:"480" doc:"How long it took"`
	Note    file.Words `json:"note,omitzero" in:"training" maxLength:"20000" doc:"What it was about"`
	file.Docs
}

// Action is record_supervision.
func (RecordSupervision) Action() file.Action { return ActionRecordSupervision }

// Check wants a day and a duration.
func (r RecordSupervision) Check() error {
	return file.First(file.Day("on", r.On), file.Between("minutes", r.Minutes, 15, 480), r.In(r.Action(), training.TrainingFile))
}

func (r RecordSupervision) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	if f := file.NotAfter("on", r.On, by.At); f != nil {
		return f
	}
	if slices.ContainsFunc(e.Supervisions, func(s Supervision) bool { return s.On == r.On }) {
		return file.Invalid("on", "unique", "the session of this day is recorded", "give the day of another session")
	}
	e.Supervisions = append(slices.Clone(e.Supervisions), Supervision{by, r.On, r.Minutes})
	return nil
}
