package conflict

import (
	_ "embed"
	"time"

	"koko/domain/ags"
	"koko/domain/file"
	"koko/domain/working"
)

// Kind is what a conflict case is called in ids and in the record.
const Kind file.Kind = "case"

// The acts on a case that are not commands.
const (
	ReadCase       = "read_case"       // its whole state
	ReadFacts      = "read_facts"      // its de-identified facts
	ReadSignal     = "read_signal"     // the signal that the caller reported
	ReadCaseFile   = "read_case_file"  // documents of the case file
	ReadIdentities = "read_identities" // the people behind the actors
	ReadHistory    = "read_history"    // what happened, when and by whose decision

	KnowIdentities = "know_identities" // read them without a reason
)

// overseeing are those who hear of it when somebody lets themselves into what is confidential.
var overseeing = []string{"conflict_manager", "supervisor"}

//go:embed policy.csv
var policy string

// Spec is all that the house knows of a conflict case.
var Spec = &file.Spec[Case]{
	About: file.About{
		Kind: Kind, Plural: "cases", Workflow: "ConflictCase", Label: file.Label{DE: "Fall", EN: "case"},
		Phases: file.In(file.Values[Phase]()...), Over: file.In(Closed), History: ReadHistory, Policy: policy, Mine: Assigned,
		Title: file.Title{Action: ActionReportSignal, Compartment: CaseFile, Acts: []string{ReadCaseFile, ReadSignal}},
		Roles: []file.RoleSpec{
			{Name: "reporter", Title: "a reporting office", Label: file.Label{DE: "Meldende Stelle", EN: "reporting office"}},
			{Name: "clearing", Title: "the contact point (clearing)", Label: file.Label{DE: "Clearingstelle", EN: "contact point (clearing)"}},
			{Name: "caseworker", Title: "a case worker", Label: file.Label{DE: "Fallbearbeitung", EN: "case worker"}},
			{Name: "conflict_manager", Title: "a conflict manager", Label: file.Label{DE: "Konfliktmanager:in", EN: "conflict manager"}},
			{Name: "mediator", Title: "a mediator", Label: file.Label{DE: "Mediator:in", EN: "mediator"}},
			{Name: "steering", Title: "the steering group", Label: file.Label{DE: "Steuerungsgruppe", EN: "steering group"}},
		},
		Relations: []file.RelationSpec{
			{Name: Reporter, Rule: "own_signal", Remedy: "whoever reported the signal can do it", Alone: true},
			{Name: Assigned, Rule: "assigned", Remedy: "whoever works on the case can do it", Barred: "does not work on the case"},
			{Name: Working, Rule: "assigned", Remedy: "whoever works on the case can do it", Through: working.AtWork},
			{Name: SelfAssigned, Barred: "was assigned by somebody else"},
			{Name: Handing, Barred: "did not hand the case over"},
			{Name: Unhanded, Rule: "handed_over", Remedy: "now that the case has left detection", Everybody: true, Lacks: true},
			{Name: Analyst, Barred: "did not write the analysis"},
			{Name: Proposer, Barred: "did not propose the closure"},
		},
		Compartments: []file.CompartmentSpec{
			{Name: CaseFile, Act: ReadCaseFile, Searched: true},
			{Name: Identities, Act: ReadIdentities, Sensitive: true, Freely: KnowIdentities,
				Notice: file.Notice{Kind: noticeRead, Roles: overseeing}},
		},
		DeadlineKinds: []string{
			"triage", "watch", "clearing", "analysis", "rescore", "review", "measure", "follow_up_3", "follow_up_6", "follow_up_12", dueResume,
		},
		NoticeKinds: []string{noticeAssigned, noticeRead},
		Vocabulary:  words,
	},
	Fresh: func(id string, k ags.Key) Case { return Case{ID: id, AGS: k} },
	Rules: rules,
	Moving: func(c *Case) (*int, *time.Time, *[]Deadline) {
		return &c.Version, &c.Changed, &c.Passed
	},
	Settle: (*Case).settle,
	Missed: (*Case).miss,
	Stretch: func(phase string) int { // reporting and detection are one run
		for i, p := range file.Values[Phase]() {
			if string(p) == phase {
				return i
			}
		}
		return 0
	},
	Charge:    Case.charge,
	Ties:      Case.Ties,
	Reference: func(c Case) string { return c.reference() },
	Facets: []file.Facet[Case]{
		{Name: "urgency", Doc: "How pressing it is", Acts: []string{ReadCase, ReadFacts}, Filter: true, Count: true,
			Of: func(c Case) any { return c.urgency() }},
		{Name: "stage", Doc: "Escalation stage after Glasl", Acts: []string{ReadCase, ReadFacts}, Of: func(c Case) any { return c.stage() }},
		{Name: "assignee", Doc: "Subject of the person who works on it", Acts: []string{ReadCase}, Person: true, Filter: true,
			Of: func(c Case) any { return c.Assignee }},
	},
	Lenses: []file.Lens[Case]{
		{Name: "case", Acts: []string{ReadCase}, Show: func(c Case) any { return c }},
		{Name: "facts", Acts: []string{ReadFacts}, Show: func(c Case) any { return c.WithoutPeople() }},
		{Name: "signal", Acts: []string{ReadSignal}, Show: func(c Case) any { return c.SignalOnly() }, Mute: true},
	},
	Messages: func(before, after Case) []file.Message { return after.Messages(before) },
	Notices:  func(before, after Case) []file.Notice { return after.notices(before) },
}

var (
	open      = file.In(Detection, Analysis, Work, Closure, FollowUp)
	measuring = file.In(Work, Closure, FollowUp)
	measures  = file.In(Analysis, Work, Closure, FollowUp, Closed) // also after the case was closed, or reopened
	anytime   = file.In(file.Values[Phase]()...)
)

// rules is the process: which command is possible in which phase, and behind which gate. The order is
// the order of the buttons.
var rules = []file.Rule[Case]{
	{Form: file.Of[Case](ReportSignal{}), When: file.In(Phase("")),
		Summary: "Report a signal: a new case begins",
		Details: "Anybody who may report in a municipality opens a case with what was noticed. It waits for triage."},
	{Form: file.Of[Case](TriageSignal{}), When: file.In(Detection), Gate: notYetOpened,
		Summary: "Decide what becomes of a signal",
		Details: "`fall_eroeffnen` leads to the clearing. With `beobachten` the signal is looked at again in 30 days. `verweisen` and `verwerfen` close the case."},
	{Form: file.Of[Case](RecordClearing{}), When: file.In(Detection), Gate: triagedOpen,
		Summary: "Note what the clearing has found so far",
		Details: "It may be incomplete, and replaces what stood before. The mandate waits for responsibility, urgency, level, danger and conflict of interest."},
	{Form: file.Of[Case](DecideMandate{}), When: file.In(Detection), Gate: cleared,
		Summary: "Record whether the work is commissioned",
		Details: "A mandate begins the analysis; a refusal closes the case."},
	{Form: file.Of[Case](RecordAnalysis{}), When: file.In(Analysis),
		Summary: "Record the analysis, or what is understood so far",
		Details: "It may be incomplete, and replaces what stood before; it needs a new review. Names go to the identities, what is said of the actors to the case file."},
	{Form: file.Of[Case](ReviewAnalysis{}), When: file.In(Analysis), Gate: reviewable,
		Summary: "Review the analysis of somebody else",
		Details: "By somebody who did not write it. It waits until topics, actors, stage with rationale, occasion, theme and instrumentalisation are there, with evidence unless it is `keine`."},
	{Form: file.Of[Case](AssessEscalation{}), When: file.In(Analysis, Work), Gate: analysed,
		Summary: "Score the escalation again",
		Details: "In the analysis and while the conflict is worked on, once there is an analysis; expected every 30 days."},
	{Form: file.Of[Case](HandToWork{}), When: file.In(Analysis, Work), Gate: reviewed,
		Summary: "Hand the case over to those who work on the conflict",
		Details: "It waits for an approved review, and begins a working file for the facilitators; handed over anew, it begins another one and withdraws the one before. Whoever is named needs a grant in the municipality. The case keeps neither the facilitators nor the briefing: how the conflict is worked on stands in the working file, which exists for them alone."},
	{Form: file.Of[Case](PlanMeasure{}), When: measuring, Told: true,
		Summary: "Plan a measure of the municipality",
		Details: "Who does what by when. From the work on; measures that facilitators release look the same."},
	{Form: file.Of[Case](FinishMeasure{}), When: measures, Gate: measured,
		Summary: "Note that a measure is carried out", Details: "Once for each measure."},
	{Form: file.Of[Case](DropMeasure{}), When: measures, Gate: measured,
		Summary: "Note that a measure is not carried out", Details: "With the reason."},
	{Form: file.Of[Case](ProposeClosure{}), When: file.In(Analysis, Work), Gate: workOver,
		Summary: "Propose how the case ends",
		Details: "With what can be seen from outside. `beruhigt` and `verbessert` need work that is over; the other outcomes are possible from the analysis on. While somebody works on the conflict, the closure waits."},
	{Form: file.Of[Case](SignOff{}), When: file.In(Closure), Gate: independent,
		Summary: "Sign off the closure, or return the case",
		Details: "By a supervisor who neither wrote the analysis, nor proposed the closure, nor worked on the case. Approved, the follow-up begins; otherwise the case goes back to where it came from."},
	{Form: file.Of[Case](RecordFollowUp{}), When: file.In(FollowUp),
		Summary: "Record how the outcome holds", Details: "Once for each month; the last one closes the case."},
	{Form: file.Of[Case](Reopen{}), When: file.In(FollowUp, Closed),
		Summary: "Take the case up again",
		Details: "A new round under the same id. It begins with the analysis if the case had a mandate, else with the triage."},
	{Form: file.Of[Case](Assign{}), When: open,
		Summary: "Assign the case to somebody", Details: "Until the case is closed, to somebody who has a grant in the municipality."},
	{Form: file.Of[Case](PauseCase{}), When: open, Gate: running,
		Summary: "Have the time limits of a case rest",
		Details: "With the kind of reason and a latest end, at which the limits go on by themselves. What was paused moves by the days of the pause. Limits that the law sets do not rest."},
	{Form: file.Of[Case](ResumeCase{}), When: open, Gate: paused,
		Summary: "Go on after a pause", Details: "Before its latest end."},
	{Form: file.Of[Case](MoveCaseCalendar{}), When: open,
		Summary: "Have the time limits computed with the calendar of today",
		Details: "A file keeps the calendar with which it began: version of the holiday law, Land, end of the working day. Look first at which dates would move (`calendar`). What has passed stays passed."},
	{Form: file.Of[Case](AddNote{}), When: anytime,
		Summary: "Add a note", Details: "In any phase."},
	{Form: file.Of[Case](AttachDocument{}), When: anytime, Bulky: true,
		Summary: "Attach a document", Details: "In any phase."},
	{Form: file.Of[Case](WorkAccepted{}), When: file.In(Work), Own: true},
	{Form: file.Of[Case](WorkDeclined{}), When: file.In(Work), Own: true},
	{Form: file.Of[Case](ConditionsExamined{}), When: file.In(Work), Own: true},
	{Form: file.Of[Case](WorkAnswered{}), When: file.In(Work), Own: true},
	{Form: file.Of[Case](WorkEnded{}), When: file.In(Work), Own: true},
}

func (c Case) reference() string {
	if c.Signal == nil {
		return ""
	}
	return c.Signal.Reference
}

func (c Case) urgency() Urgency {
	if c.Clearing == nil {
		return ""
	}
	return c.Clearing.Urgency
}

func (c Case) stage() int {
	if c.Escalation == nil {
		return 0
	}
	return c.Escalation.Stage
}
