package conflict

import (
	_ "embed"
	"time"

	"koko/domain/ags"
	"koko/domain/file"
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
	ReadMediation  = "read_mediation"  // documents of the mediation (§4 MediationsG)
	ReadHistory    = "read_history"    // what happened, when and by whose decision
)

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
			{Name: MediatorOfRecord, Rule: "mediator_of_record", Remedy: "a mediator of record, named in plan_mediation, can do it", Alone: true},
			{Name: Unhanded, Rule: "handed_over", Remedy: "now that the case has left detection", Everybody: true, Lacks: true},
			{Name: Analyst, Barred: "did not write the analysis"},
			{Name: Proposer, Barred: "did not propose the closure"},
		},
		Compartments: []file.CompartmentSpec{
			{Name: CaseFile, Act: ReadCaseFile, Searched: true},
			{Name: Identities, Act: ReadIdentities, Sensitive: true, Reasoned: true},
			{Name: MediationFile, Act: ReadMediation, Sensitive: true, Veiled: true},
		},
		DeadlineKinds: []string{"triage", "watch", "clearing", "analysis", "rescore", "review", "follow_up_3", "follow_up_6", "follow_up_12"},
		Vocabulary:    words,
	},
	Fresh: func(id string, k ags.Key) Case { return Case{ID: id, AGS: k} },
	Rules: rules,
	Moving: func(c *Case) (*int, *time.Time, *[]Deadline) {
		return &c.Version, &c.Changed, &c.Passed
	},
	Settle: func(c *Case, _ time.Time) { c.Warnings = c.warnings() },
	Stretch: func(phase string) int { // reporting and detection are one run
		for i, p := range file.Values[Phase]() {
			if string(p) == phase {
				return i
			}
		}
		return 0
	},
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
		{Name: "case", Acts: []string{ReadCase, ReadMediation}, Show: func(c Case) any { return c }},
		{Name: "case", Acts: []string{ReadCase}, Show: func(c Case) any { return c.WithoutMediation() }},
		{Name: "facts", Acts: []string{ReadFacts}, Show: func(c Case) any { return c.WithoutMediation().WithoutPeople() }},
		{Name: "signal", Acts: []string{ReadSignal}, Show: func(c Case) any { return c.SignalOnly() }, Mute: true},
	},
}

var (
	open    = file.In(Detection, Analysis, Mediation, Closure, FollowUp)
	anytime = file.In(file.Values[Phase]()...)
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
	{Form: file.Of[Case](AssessEscalation{}), When: file.In(Analysis, Mediation), Gate: analysed,
		Summary: "Score the escalation again",
		Details: "In analysis and mediation, once there is an analysis; expected every 30 days."},
	{Form: file.Of[Case](PlanMediation{}), When: file.In(Analysis, Mediation), Gate: reviewed,
		Summary: "Choose the form of work and the people who do it",
		Details: "It waits for an approved review, and begins the mediation; later it changes the plan. Whoever is named needs a grant in the municipality. A form that is not recommended for the stage is a warning in the case, never refused. Another form needs its conditions confirmed anew."},
	{Form: file.Of[Case](ConfirmConditions{}), When: file.In(Mediation), Gate: ofRecord, Veil: ReadMediation,
		Summary: "Confirm voluntariness and confidentiality",
		Details: "By a mediator of record. Sessions other than preliminary talks wait for it, and so do settlements."},
	{Form: file.Of[Case](RecordSession{}), When: file.In(Mediation), Gate: ofRecord, Veil: ReadMediation,
		Summary: "Record a session", Details: "By a mediator of record."},
	{Form: file.Of[Case](RecordInterimResult{}), When: file.In(Mediation), Gate: ofRecord, Veil: ReadMediation,
		Summary: "Record an interim result", Details: "By a mediator of record. The next review is due six weeks later."},
	{Form: file.Of[Case](ProposeClosure{}), When: file.In(Analysis, Mediation),
		Summary: "Propose how the case ends",
		Details: "`einigung`, `teileinigung` and `befriedung` come out of the mediation: they wait for confirmed conditions and a session. The other outcomes are possible from the analysis on."},
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
	{Form: file.Of[Case](AddNote{}), When: anytime, VeiledBy: MediationFile,
		Summary: "Add a note", Details: "In any phase. In the compartment of the mediation, mediators of record alone write."},
	{Form: file.Of[Case](AttachDocument{}), When: anytime, VeiledBy: MediationFile, Bulky: true,
		Summary: "Attach a document", Details: "In any phase. In the compartment of the mediation, mediators of record alone write."},
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
