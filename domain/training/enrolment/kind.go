package enrolment

import (
	_ "embed"
	"slices"
	"time"

	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
)

// Kind is what an enrolment is called in ids and in the record.
const Kind = training.KindEnrolment

// The acts on an enrolment that are not commands.
const (
	ReadEnrolment          = "read_enrolment"           // its whole state
	ReadProgress           = "read_progress"            // how far it is: no reasons, rubrics or assessors
	ReadTrainingFile       = "read_training_file"       // documents of the training
	ReadAssessmentFile     = "read_assessment_file"     // documents of the assessment
	ReadCertificate        = "read_certificate"         // the certificate itself
	ReadTrainingStatistics = "read_training_statistics" // numbers of all enrolments
	PublishCurriculum      = "publish_curriculum"
)

//go:embed policy.csv
var policy string

// Spec is all that the house knows of an enrolment.
var Spec = &file.Spec[Enrolment]{
	About: file.About{
		Kind: Kind, Plural: "enrolments", Workflow: "Enrolment", Label: file.Label{DE: "Teilnahme", EN: "enrolment"},
		Phases: file.In(file.Values[Phase]()...), Over: file.In(Certified, Confirmed, Withdrawn, Failed, Lapsed, Rejected),
		Mine: training.Trainee, History: training.ReadTrainingHistory, Overseers: training.Coordinators, Policy: policy,
		Acts: []string{ReadCertificate}, Elsewhere: []string{ReadTrainingStatistics, PublishCurriculum},
		Twice: fault.Newf(fault.Gate, "the trainee is enrolled in this programme already").
			By("enrolled_once", "go on with that enrolment, or withdraw from it first"),
		Roles: []file.RoleSpec{
			{Name: "trainee", Personal: true, Title: "a trainee", Label: file.Label{DE: "Teilnehmer:in", EN: "trainee"}},
			{Name: "trainer", Title: "a trainer", Label: file.Label{DE: "Trainer:in", EN: "trainer"}},
			{Name: "assessor", Title: "an assessor", Label: file.Label{DE: "Prüfer:in", EN: "assessor"}},
			{Name: "coordinator", Title: "a coordinator", Label: file.Label{DE: "Kurskoordination", EN: "coordinator"}},
			{Name: "certifier", Title: "a certifier", Label: file.Label{DE: "Zertifizierungsstelle", EN: "certifier"}},
			{Name: "line_manager", Title: "a line manager", Label: file.Label{DE: "Führungskraft beim Arbeitgeber", EN: "line manager"}},
		},
		Relations: []file.RelationSpec{
			{Name: training.Trainee, Own: true, Rule: "own_enrolment", Remedy: "the trainee can do it", Barred: "is not the trainee"},
			{Name: LineManager, Rule: "own_staff", Remedy: "the trainee's line manager can do it", Barred: "is not the trainee's line manager"},
			{Name: Teaching, Rule: "own_trainee", Remedy: "a trainer of the trainee's cohort can do it", Through: training.Runs},
			{Name: Assessing, Rule: "appointed", Remedy: "an assessor of the trainee, named in appoint_assessors, can do it", Barred: "does not assess the trainee"},
			{Name: Judged, Barred: "gave no verdict"},
		},
		Compartments: []file.CompartmentSpec{
			{Name: training.TrainingFile, Act: ReadTrainingFile},
			{Name: AssessmentFile, Act: ReadAssessmentFile, Sensitive: true},
		},
		DeadlineKinds: DeadlineKinds(), Quiet: []string{"lapse_soon"}, NoticeKinds: NoticeKinds(), Vocabulary: words,
	},
	Fresh: func(id string, k ags.Key) Enrolment { return Enrolment{ID: id, AGS: k} },
	Rules: rules,
	Moving: func(e *Enrolment) (*int, *time.Time, *[]file.Deadline) {
		return &e.Version, &e.Changed, &e.Passed
	},
	Settle: func(e *Enrolment, _ time.Time) { e.settle() },
	Missed: (*Enrolment).miss,
	// Phases that follow from what is missing may come and go within one run.
	Stretch: func(phase string) int {
		for i, phases := range [][]Phase{{"", Applied, Waiting}, {Modules, Practice}, {Assessment, Qualified}} {
			if slices.Contains(phases, Phase(phase)) {
				return i
			}
		}
		return -1
	},
	Once: func(e Enrolment) string { // nobody is enrolled twice in the same programme at a time
		if !slices.Contains(running, e.Phase) {
			return ""
		}
		return e.Trainee + "/" + e.Terms.Curriculum
	},
	Ties:      Enrolment.Ties,
	Reference: Enrolment.Reference,
	Facets: []file.Facet[Enrolment]{
		{Name: "trainee", Doc: "Subject of the trainee", Person: true, Filter: true, Of: func(e Enrolment) any { return e.Trainee }},
		{Name: "cohort", Doc: "Id of the own cohort", Of: func(e Enrolment) any { return e.Cohort }},
		{Name: "attends", Doc: "Ids of the cohorts that the trainee attends, if only for a make-up", Filter: true, Of: func(e Enrolment) any { return e.Cohorts() }},
		{Name: "curriculum", Doc: "Id of the curriculum", Filter: true, Of: func(e Enrolment) any { return e.Terms.Curriculum }},
		{Name: "curriculum_version", Doc: "Version of the curriculum", Of: func(e Enrolment) any { return e.Terms.Version }},
		{Name: "progress", Doc: "How much of the curriculum is done", Of: func(e Enrolment) any { return e.summary() }},
		{Name: "paused", Doc: "Whether the enrolment is paused", Of: func(e Enrolment) any { return e.Pause != nil }},
	},
	Lenses: []file.Lens[Enrolment]{
		{Name: "enrolment", Acts: []string{ReadEnrolment}, Show: func(e Enrolment) any { return e }},
		{Name: "progress", Acts: []string{ReadProgress}, Show: func(e Enrolment) any { return e.ProgressOnly() }},
	},
	Messages:     func(before, after Enrolment) []file.Message { return after.Messages(before) },
	Notices:      func(before, after Enrolment) []file.Notice { return after.Notices(before) },
	Certificates: Enrolment.issued,
}

// rules is the process of an enrolment. The order is the order of the buttons.
var rules = []file.Rule[Enrolment]{
	{Form: file.Of[Enrolment](Apply{}), When: file.In(Phase("")),
		Summary: "Apply for a seat in a cohort: a new enrolment begins",
		Details: "By the trainee. It waits for the release by the line manager, then for the coordinator."},
	{Form: file.Of[Enrolment](DecideRelease{}), When: file.In(Applied), Gate: unreleased,
		Summary: "Release a member of the staff for the programme, or refuse it",
		Details: "By the supervisor whom the application names (Freistellung). A refusal ends the enrolment."},
	{Form: file.Of[Enrolment](DecideApplication{}), When: file.In(Applied), Gate: released,
		Summary: "Admit the trainee to the programme, or refuse it",
		Details: "It waits for the employer's release. Once admitted, the cohort gives a seat or a place on its waiting list."},
	{Form: file.Of[Enrolment](AcceptSeat{}), When: file.In(seated...), Gate: offered,
		Summary: "Accept the seat that is on offer", Details: "Within the time limit of the offer; after that the seat goes to the next in line."},
	{Form: file.Of[Enrolment](DeclineSeat{}), When: file.In(seated...), Gate: offered,
		Summary: "Decline the seat that is on offer", Details: "It goes to the next in line, and the enrolment waits for another cohort."},
	{Form: file.Of[Enrolment](PlanMakeUp{}), When: file.In(Modules), Gate: active,
		Summary: "Arrange how a missed module is made up",
		Details: "In another cohort, or as an assignment with a deadline. The curriculum says how many modules may be made up."},
	{Form: file.Of[Enrolment](SubmitMakeUp{}), When: file.In(Modules), Gate: file.All(active, makeUp(MakeUpPlanned, AssignmentMakeUp)),
		Summary: "Submit an assignment", Details: "In place of a missed module. It waits for the trainer."},
	{Form: file.Of[Enrolment](ReviewMakeUp{}), When: file.In(Modules), Gate: makeUp(MakeUpSubmitted, AssignmentMakeUp),
		Summary: "Accept an assignment, or return it", Details: "An accepted one counts as attended."},
	{Form: file.Of[Enrolment](SubmitConcept{}), When: file.In(Modules, Practice), Gate: file.All(active, wantsConcept),
		Summary: "Submit the concept, or a new version of it",
		Details: "Of the conflict management system (KMS) of the trainee's municipality. Trainees may share one; the own part is marked."},
	{Form: file.Of[Enrolment](ReviewConcept{}), When: file.In(Modules, Practice), Gate: conceptWaits,
		Summary: "Accept the concept, or return it", Details: "With feedback; the trainee may hand in a new version."},
	{Form: file.Of[Enrolment](SubmitCaseReport{}), When: file.In(Modules, Practice), Gate: file.All(active, wantsCases),
		Summary: "Submit a documented case", Details: "It must be anonymised."},
	{Form: file.Of[Enrolment](ReviewCaseReport{}), When: file.In(Modules, Practice), Gate: caseWaits,
		Summary: "Accept the case report, or return it", Details: "With feedback."},
	{Form: file.Of[Enrolment](RecordSupervision{}), When: file.In(Modules, Practice, Assessment), Gate: active,
		Summary: "Record a supervision session", Details: "One a day at most."},
	{Form: file.Of[Enrolment](AppointAssessors{}), When: file.In(Assessment), Gate: file.All(active, attemptLeft),
		Summary: "Appoint the two assessors",
		Details: "At least one of them has not taught the trainee. Before both have agreed, they can be replaced; after a failed attempt this begins the resit."},
	{Form: file.Of[Enrolment](RecordVerdict{}), When: file.In(Assessment), Gate: file.All(active, appointed),
		Summary: "Give a verdict on the assessment",
		Details: "Each assessor gives one. It is decided when both say the same; as long as they differ, each may say it anew."},
	{Form: file.Of[Enrolment](LodgeAppeal{}), When: file.In(Assessment), Gate: appealable,
		Summary: "Appeal against a failed assessment", Details: "Within the curriculum's time; once for each attempt."},
	{Form: file.Of[Enrolment](DecideAppeal{}), When: file.In(Assessment), Gate: appealOpen,
		Summary: "Decide on an appeal", Details: "By somebody who did not assess. Upheld, the attempt does not count."},
	{Form: file.Of[Enrolment](Certify{}), When: file.In(Qualified), Gate: active,
		Summary: "Issue the certificate", Details: "Once everything is done. The register gives it a number; its code is the key of the public page."},
	{Form: file.Of[Enrolment](ConfirmAttendance{}), When: file.In(Practice, Assessment, Qualified, Withdrawn, Failed, Lapsed),
		Gate:    unconfirmed,
		Summary: "Issue a confirmation of attendance", Details: "Teilnahmebescheinigung. It ends an enrolment that is under way."},
	{Form: file.Of[Enrolment](ReissueCertificate{}), When: file.In(ended...), Gate: issued,
		Summary: "Issue a certificate anew",
		Details: "After a change of name, or to correct an error. The old code keeps its page, which says that it was superseded."},
	{Form: file.Of[Enrolment](RevokeCertificate{}), When: file.In(ended...), Gate: issued,
		Summary: "Revoke a certificate", Details: "The public page shows it at once, the status list within a minute."},
	{Form: file.Of[Enrolment](PauseEnrolment{}), When: file.In(Modules, Practice, Assessment, Qualified), Gate: active,
		Summary: "Pause the enrolment", Details: "For parental leave or illness, for instance: the time limits stand still."},
	{Form: file.Of[Enrolment](Resume{}), When: file.In(Modules, Practice, Assessment, Qualified), Gate: resting,
		Summary: "Resume after a pause", Details: "The time limits move by its length."},
	{Form: file.Of[Enrolment](Transfer{}), When: file.In(Waiting, Modules),
		Summary: "Move the trainee to another cohort", Details: "The place in the order of applications is kept."},
	{Form: file.Of[Enrolment](ChangeEmployer{}), When: file.In(running...),
		Summary: "Record that the trainee works for another municipality", Details: "The enrolment goes on, under the new municipality."},
	{Form: file.Of[Enrolment](AdoptCurriculum{}), When: file.In(running...),
		Summary: "Move the enrolment to another version of its curriculum",
		Details: "What that changes for the trainee is shown by `curriculum-change` before."},
	{Form: file.Of[Enrolment](Withdraw{}), When: file.In(running...),
		Summary: "Leave the programme", Details: "It ends the enrolment; the seat goes to the next in line."},
	{Form: file.Of[Enrolment](MoveEnrolmentCalendar{}), When: file.In(running...),
		Summary: "Have the time limits computed with the calendar of today",
		Details: "A file keeps the calendar with which it began: version of the holiday law, Land, end of the working day. Look first at which dates would move (`calendar`). What has passed stays passed."},
	{Form: file.Of[Enrolment](OfferSeat{}), When: file.In(seated...), Own: true},
	{Form: file.Of[Enrolment](Queue{}), When: file.In(seated...), Own: true},
	{Form: file.Of[Enrolment](LoseSeat{}), When: file.In(seated...), Own: true},
	{Form: file.Of[Enrolment](Attend{}), When: file.In(Modules, Practice, Assessment, Qualified), Own: true},
}

// A Summary is the progress of an enrolment in a list.
type Summary struct {
	Modules      Count `json:"modules" doc:"Modules that count"`
	Online       Count `json:"online" doc:"Online sessions that count"`
	Minutes      Count `json:"minutes" doc:"Attended minutes, made-up ones included"`
	Concept      Count `json:"concept" doc:"Concept of the own conflict management system"`
	Cases        Count `json:"cases" doc:"Accepted case reports"`
	Supervisions Count `json:"supervisions" doc:"Supervision sessions"`
	Assessment   Count `json:"assessment" doc:"Passed assessment"`
}

func (e Enrolment) summary() Summary {
	p := e.Progress()
	return Summary{p.Modules, p.Online, Count{Done: p.Minutes, Of: p.OfMinutes}, p.Concept, p.Cases, p.Supervisions, p.Assessment}
}

// issued is what stands in the register of certificates.
func (e Enrolment) issued() []file.Certificate {
	var cs []file.Certificate
	for _, c := range e.Certificates {
		r := file.Certificate{
			Code: c.Code, Kind: string(c.Kind), Issued: c.At, Curriculum: c.Curriculum, Version: c.Version, Minutes: c.Minutes,
			Evidence: c.Evidence, Supersedes: c.Supersedes, Reason: string(c.Reason),
		}
		if c.Revoked != nil {
			r.Revoked, r.RevokedFor = &c.Revoked.At, string(c.Revoked.Reason)
		}
		cs = append(cs, r)
	}
	return cs
}
