package conflict

import (
	"koko/domain/file"
	"koko/domain/working"
)

// words are what people call the parts of a case, and how they tell what happens to one.
var words = file.Dates(&file.Vocabulary{
	Fields: fieldWords, Values: valueWords, Phases: phaseWords, Round: "round",
	Tellings:  tellings,
	Deadlines: deadlineWords,
	Notices: map[string]file.Label{
		noticeAssigned: {DE: "jemand hat sich den Fall selbst zugewiesen", EN: "somebody assigned the case to themselves"},
		noticeRead:     {DE: "jemand, den niemand sonst damit betraut hat, hat die Identitäten gelesen", EN: "somebody whom nobody else entrusted with them read the identities"},
	},
	Told: map[string]file.Label{
		noticeAssigned: {DE: "Jemand hat sich einen Fall selbst zugewiesen. Bitte sehen Sie nach, ob das richtig ist.", EN: "Somebody assigned a case to themselves. Please see whether that is right."},
		noticeRead:     {DE: "Jemand, den niemand sonst damit betraut hat, hat die Identitäten eines Falls gelesen. Der Grund steht im Zugriffsprotokoll.", EN: "Somebody whom nobody else entrusted with them read the identities of a case. The reason stands in the access log."},
	},
	Rules: ruleWords, Attempts: attempts, Reads: reads,
})

// phaseWords are where a case stands, and what is said when it gets there.
var phaseWords = map[string]file.PhaseWords{
	"detection": {Name: file.Label{DE: "Früherkennung", EN: "detection"}, Arrival: file.Label{DE: "Der Fall geht zurück in die Früherkennung.", EN: "The case goes back to detection."}},
	"analysis":  {Name: file.Label{DE: "Analyse", EN: "analysis"}, Arrival: file.Label{DE: "Der Fall ist jetzt in der Analyse.", EN: "The case is in analysis now."}},
	"work":      {Name: file.Label{DE: "Bearbeitung", EN: "work on the conflict"}, Arrival: file.Label{DE: "Der Fall ist jetzt in der Bearbeitung.", EN: "The case is being worked on now."}},
	"closure":   {Name: file.Label{DE: "Abschluss", EN: "closure"}, Arrival: file.Label{DE: "Der Abschluss wartet auf die Freigabe durch die Fachaufsicht.", EN: "The closure waits for the supervisor's sign-off."}},
	"follow_up": {Name: file.Label{DE: "Nachsorge", EN: "follow-up"}, Arrival: file.Label{DE: "Die Nachsorge beginnt.", EN: "The follow-up begins."}},
	"closed":    {Name: file.Label{DE: "beendet", EN: "closed"}, Arrival: file.Label{DE: "Der Fall ist beendet.", EN: "The case is closed."}},
}

// deadlineWords are what is expected of a case.
var deadlineWords = map[string]file.DeadlineWords{
	"triage": {
		What:   file.Label{DE: "Erstbewertung", EN: "triage"},
		Passed: file.Label{DE: "Die Frist für die Erstbewertung ist verstrichen.", EN: "The deadline for the triage has passed."},
		Met:    []file.Action{ActionTriage},
	},
	"watch": {
		What:    file.Label{DE: "Ende der Beobachtung", EN: "end of watching"},
		Passed:  file.Label{DE: "Die Zeit der Beobachtung ist um: Das Signal ist neu zu bewerten.", EN: "The time of watching is over: the signal is to be triaged again."},
		Met:     []file.Action{ActionTriage},
		Reminds: true,
	},
	"clearing": {
		What:   file.Label{DE: "Clearing und Auftrag", EN: "clearing and mandate"},
		Passed: file.Label{DE: "Die Frist für Clearing und Auftrag ist verstrichen.", EN: "The deadline for clearing and mandate has passed."},
		Met:    []file.Action{ActionDecideMandate},
	},
	"analysis": {
		What:   file.Label{DE: "Analyse", EN: "analysis"},
		Passed: file.Label{DE: "Die Frist für die Analyse ist verstrichen.", EN: "The deadline for the analysis has passed."},
		Met:    []file.Action{ActionHandToWork, ActionProposeClosure},
	},
	"rescore": {
		What:   file.Label{DE: "neue Einschätzung der Eskalation", EN: "new score of the escalation"},
		Passed: file.Label{DE: "Die Eskalation ist nicht rechtzeitig neu eingeschätzt worden.", EN: "The escalation was not scored again in time."},
		Met:    []file.Action{ActionAssessEscalation, ActionRecordAnalysis},
	},
	"review": {
		What:   file.Label{DE: "Zwischenbilanz der Bearbeitung", EN: "review of the work"},
		Passed: file.Label{DE: "Die Zwischenbilanz der Bearbeitung ist nicht rechtzeitig gezogen worden.", EN: "The review of the work is overdue."},
		Met:    []file.Action{working.ActionWorkAnswered, ActionProposeClosure},
	},
	"measure": {
		What:   file.Label{DE: "Umsetzung einer Maßnahme", EN: "carrying out a measure"},
		Passed: file.Label{DE: "Eine Maßnahme ist nicht rechtzeitig umgesetzt worden.", EN: "A measure was not carried out in time."},
		Met:    []file.Action{ActionFinishMeasure, ActionDropMeasure},
	},
	dueResume: {
		What:    file.Label{DE: "Ende der Pause", EN: "end of the pause"},
		Passed:  file.Label{DE: "Die Pause ist zu Ende: Die Fristen laufen weiter.", EN: "The pause is over: the time limits go on."},
		Met:     []file.Action{ActionResumeCase},
		Reminds: true,
	},
	"follow_up_3": {
		What:   file.Label{DE: "Nachsorge nach 3 Monaten", EN: "follow-up after 3 months"},
		Passed: file.Label{DE: "Die Nachsorge nach 3 Monaten ist nicht rechtzeitig erfolgt.", EN: "The follow-up after 3 months is overdue."},
		Met:    []file.Action{ActionRecordFollowUp},
	},
	"follow_up_6": {
		What:   file.Label{DE: "Nachsorge nach 6 Monaten", EN: "follow-up after 6 months"},
		Passed: file.Label{DE: "Die Nachsorge nach 6 Monaten ist nicht rechtzeitig erfolgt.", EN: "The follow-up after 6 months is overdue."},
		Met:    []file.Action{ActionRecordFollowUp},
	},
	"follow_up_12": {
		What:   file.Label{DE: "Nachsorge nach 12 Monaten", EN: "follow-up after 12 months"},
		Passed: file.Label{DE: "Die Nachsorge nach 12 Monaten ist nicht rechtzeitig erfolgt.", EN: "The follow-up after 12 months is overdue."},
		Met:    []file.Action{ActionRecordFollowUp},
	},
}
