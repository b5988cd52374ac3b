// Package enrolment holds the rules of an enrolment: everything of one trainee from the application to the
// certificate, what is still missing and what the certificate rests on. It has a seat in a cohort, which it
// tells by messages what it wants.
package enrolment

import (
	"slices"
	"time"

	"koko/domain/ags"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/curriculum"
)

// AssessmentFile is the compartment of the reasons of assessors, and of appeals.
const AssessmentFile file.Compartment = "assessment"

// A Phase is where an enrolment stands.
type Phase string

// The phases. An enrolment that has not been applied for has none. The phases from modules to
// qualified follow from what is missing; see settle.
const (
	Applied    Phase = "applied"    // Bewerbung: waits for the employer's release and the coordinator
	Waiting    Phase = "waiting"    // zugelassen, without a seat yet
	Modules    Phase = "modules"    // in the modules
	Practice   Phase = "practice"   // modules done: concept, cases, supervision
	Assessment Phase = "assessment" // practice done: two assessors
	Qualified  Phase = "qualified"  // everything done: waits for the certificate
	Certified  Phase = "certified"
	Confirmed  Phase = "confirmed" // ended with a confirmation of attendance
	Withdrawn  Phase = "withdrawn"
	Failed     Phase = "failed"
	Lapsed     Phase = "lapsed" // not done in time
	Rejected   Phase = "rejected"
)

func (Phase) Values() []Phase {
	return []Phase{Applied, Waiting, Modules, Practice, Assessment, Qualified, Certified, Confirmed, Withdrawn, Failed, Lapsed, Rejected}
}

// underway are the phases between admission and the end.
var underway = []Phase{Modules, Practice, Assessment, Qualified}

// Enrolment is the state that the enrolment's workflow owns. It holds facts; prose stands in
// documents. Its parts are replaced, never changed in place.
type Enrolment struct {
	ID      string    `json:"id" format:"uuid" doc:"Id of the enrolment, for good"`
	AGS     ags.Key   `json:"ags" doc:"Municipality that employs the trainee" example:"05999001"`
	Version int       `json:"version" doc:"One more with every decision; the ETag" example:"7"`
	Phase   Phase     `json:"phase" doc:"Where the enrolment stands"`
	Opened  time.Time `json:"opened" doc:"When it was applied for"`
	Changed time.Time `json:"changed" doc:"When the last decision was recorded"`
	file.Dated

	Trainee     string           `json:"trainee" doc:"Subject of the trainee"`
	LineManager string           `json:"line_manager,omitempty" doc:"Subject of the line manager"`
	Cohort      string           `json:"cohort" format:"uuid" doc:"Id of the cohort applied for or attended"`
	Terms       curriculum.Terms `json:"terms" doc:"The version of the curriculum that holds for this enrolment"`

	Release   *Approval  `json:"release,omitempty" doc:"By the employer (Freistellung)"`
	Admission *Approval  `json:"admission,omitempty" doc:"By the coordinator (Zulassung)"`
	Seat      *Seat      `json:"seat,omitempty" doc:"In the cohort"`
	Admitted  *time.Time `json:"admitted,omitempty" doc:"When a seat was first taken; the time limit runs from here"`

	Attended     []training.Attendance `json:"attended,omitempty" nullable:"false" doc:"Signed attendance, one for each date"`
	MakeUps      []MakeUp              `json:"make_ups,omitempty" nullable:"false" doc:"How missed modules are made up"`
	Concept      *Concept              `json:"concept,omitempty" doc:"Of the own conflict management system"`
	CaseReports  []CaseReport          `json:"case_reports,omitempty" nullable:"false" doc:"Documented cases, anonymised"`
	Supervisions []Supervision         `json:"supervisions,omitempty" nullable:"false" doc:"Supervision sessions"`
	Attempts     []Attempt             `json:"attempts,omitempty" nullable:"false" doc:"At the assessment"`

	Pause        *Pause          `json:"pause,omitempty" doc:"Set while the enrolment is paused"`
	Pauses       []Span          `json:"pauses,omitempty" nullable:"false" doc:"Pauses that are over; they moved the time limits"`
	Ended        *Ended          `json:"ended,omitempty" doc:"How it ended without a certificate"`
	Certificates []Certificate   `json:"certificates,omitempty" nullable:"false" doc:"What was issued"`
	Passed       []file.Deadline `json:"passed,omitempty" nullable:"false" doc:"The deadlines in force that were missed"`
}

// A Command asks an enrolment to change.
type Command = file.CommandFor[Enrolment]

// Decide returns e after cmd, or why cmd is refused: always a *fault.Error. It never changes e.
func (e Enrolment) Decide(cmd file.Command, by string, at time.Time) (Enrolment, error) {
	return Spec.Decide(e, cmd, by, at)
}

// settle moves an enrolment that is under way to the phase that its missing parts say.
func (e *Enrolment) settle() {
	if !slices.Contains(underway, e.Phase) {
		return
	}
	switch p := e.Progress(); {
	case !p.ModulesDone():
		e.Phase = Modules
	case !p.PracticeDone():
		e.Phase = Practice
	case e.Terms.Rule.Assessment && !e.passed():
		e.Phase = Assessment
	default:
		e.Phase = Qualified
	}
}

// The relations to an enrolment.
const (
	LineManager file.Relation = "line_manager" // released the trainee
	Teaching    file.Relation = "teaching"     // trainer of a cohort that the trainee attends
	Assessing   file.Relation = "assessing"    // appointed assessor
	Judged      file.Relation = "judged"       // gave a verdict in the last attempt
)

// Ties lists what ties people to e. Trainers are tied to it through the cohorts that the trainee attends.
func (e Enrolment) Ties() []file.Tie {
	var ts []file.Tie
	tie := func(r file.Relation, holders ...string) {
		for _, h := range holders {
			if h != "" {
				ts = append(ts, file.Tie{Relation: r, Holder: h})
			}
		}
	}
	tie(training.Trainee, e.Trainee)
	tie(LineManager, e.LineManager)
	tie(Teaching, e.Cohorts()...)
	tie(Assessing, e.Assessors()...)
	for _, v := range e.verdicts() {
		tie(Judged, v.By)
	}
	return ts
}

// Relations lists what ties user to e; teaches are the cohorts that user is a trainer of.
func (e Enrolment) Relations(user string, teaches []string) []file.Relation {
	return file.Held(e.Ties(), append([]string{user}, teaches...)...)
}

// Cohorts lists the cohorts that the trainee attends: the own one, and those of make-ups.
func (e Enrolment) Cohorts() []string {
	ids := []string{}
	if e.Cohort != "" {
		ids = append(ids, e.Cohort)
	}
	for _, m := range e.MakeUps {
		if m.Cohort != "" && !slices.Contains(ids, m.Cohort) {
			ids = append(ids, m.Cohort)
		}
	}
	return ids
}

// Reference is a short name of e for lists on paper and exports; it says nothing about the person.
func (e Enrolment) Reference() string { return Reference(e.ID) }

// Head is what every file tells of itself.
func (e Enrolment) Head() file.Head {
	return file.Head{
		ID: e.ID, AGS: e.AGS, Version: e.Version, Phase: string(e.Phase),
		Opened: e.Opened, Changed: e.Changed, Passed: e.Passed, Calendar: e.Calendar, Rests: e.rests(),
	}
}
