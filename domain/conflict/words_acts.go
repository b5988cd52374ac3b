package conflict

import (
	"koko/domain/file"
	"koko/domain/working"
)

// ruleWords are what refuses, as the reason that a person would give.
var ruleWords = map[string]file.Label{
	"assigned":        {DE: "Das dürfen nur Personen, die an dem Fall arbeiten.", EN: "Only people who work on the case may do it."},
	"own_signal":      {DE: "Das gilt nur für selbst gemeldete Signale.", EN: "It holds for signals of one's own only."},
	"handed_over":     {DE: "Der Fall ist bereits übergeben.", EN: "The case has been handed over."},
	"triage":          {DE: "Das Signal war noch nicht als Fall eröffnet.", EN: "The signal was not opened as a case yet."},
	"triaged":         {DE: "Der Fall war bereits eröffnet.", EN: "The case was open already."},
	"clearing":        {DE: "Das Clearing war noch nicht vollständig.", EN: "The clearing was not complete yet."},
	"analysis":        {DE: "Die Analyse war noch nicht vollständig.", EN: "The analysis was not complete yet."},
	"review":          {DE: "Die Analyse war noch nicht bestätigt.", EN: "The analysis was not approved yet."},
	"work":            {DE: "Der Konflikt wurde noch bearbeitet.", EN: "The conflict was still being worked on."},
	"worked_on":       {DE: "Dieses Ergebnis setzt eine abgeschlossene Bearbeitung voraus.", EN: "This outcome comes out of work that is over."},
	"overtaken":       {DE: "Das hatte sich bereits erledigt.", EN: "It had been overtaken by then."},
	"confided":        {DE: "Der Fall hält nicht fest, wer den Konflikt bearbeitet.", EN: "The case does not keep who works on the conflict."},
	"measures":        {DE: "Es war keine Maßnahme offen.", EN: "No measure was to be carried out."},
	"unknown_measure": {DE: "Eine solche Maßnahme gab es nicht.", EN: "There was no such measure."},
	"settled":         {DE: "Die Maßnahme war bereits umgesetzt oder aufgegeben.", EN: "The measure was finished or dropped already."},
	"max_measures":    {DE: "Die Höchstzahl der Maßnahmen war erreicht.", EN: "The greatest number of measures was reached."},
	"paused":          {DE: "Die Fristen ruhten nicht.", EN: "The time limits did not rest."},
	"running":         {DE: "Die Fristen ruhten bereits.", EN: "The time limits rested already."},
	"unknown_actor":   {DE: "Eine Beziehung nannte unbekannte Beteiligte.", EN: "A relation named an unknown actor."},
	"base64":          {DE: "Der Inhalt des Dokuments war nicht lesbar.", EN: "The content of the document could not be read."},
}

// attempts are what somebody tried or did, as the infinitive of a sentence.
var attempts = map[file.Action]file.Label{
	ActionReportSignal:     {DE: "ein Signal zu melden", EN: "to report a signal"},
	ActionTriage:           {DE: "das Signal zu bewerten", EN: "to triage the signal"},
	ActionRecordClearing:   {DE: "das Clearing festzuhalten", EN: "to record the clearing"},
	ActionDecideMandate:    {DE: "über den Auftrag zu entscheiden", EN: "to decide on the mandate"},
	ActionRecordAnalysis:   {DE: "die Analyse festzuhalten", EN: "to record the analysis"},
	ActionReviewAnalysis:   {DE: "die Analyse zu prüfen", EN: "to review the analysis"},
	ActionAssessEscalation: {DE: "die Eskalation einzuschätzen", EN: "to score the escalation"},
	ActionHandToWork:       {DE: "den Fall in die Bearbeitung zu geben", EN: "to hand the case over to those who work on it"},
	ActionFinishMeasure:    {DE: "die Umsetzung einer Maßnahme festzuhalten", EN: "to note that a measure is carried out"},
	ActionDropMeasure:      {DE: "eine Maßnahme aufzugeben", EN: "to drop a measure"},
	ActionProposeClosure:   {DE: "den Abschluss vorzuschlagen", EN: "to propose the closure"},
	ActionSignOff:          {DE: "den Abschluss freizugeben", EN: "to sign the closure off"},
	ActionRecordFollowUp:   {DE: "die Nachsorge festzuhalten", EN: "to record a follow-up"},
	ActionReopen:           {DE: "den Fall wieder aufzunehmen", EN: "to reopen the case"},
	ActionAssign:           {DE: "den Fall zuzuweisen", EN: "to assign the case"},
	ActionMoveCaseCalendar: {DE: "die Fristen nach dem heutigen Kalender berechnen zu lassen", EN: "to have the time limits computed with the calendar of today"},
	ActionPauseCase:        {DE: "die Fristen ruhen zu lassen", EN: "to have the time limits rest"},
	ActionResumeCase:       {DE: "die Fristen weiterlaufen zu lassen", EN: "to have the time limits go on"},
	ActionAddNote:          {DE: "eine Notiz anzufügen", EN: "to add a note"},
	ActionAttachDocument:   {DE: "ein Dokument anzufügen", EN: "to attach a document"},

	working.ActionWorkAccepted:       {DE: "die Bearbeitung zu übernehmen", EN: "to take the work up"},
	working.ActionWorkDeclined:       {DE: "die Bearbeitung abzulehnen", EN: "to decline the work"},
	working.ActionConditionsExamined: {DE: "die Bedingungen zu prüfen", EN: "to examine the conditions"},
	working.ActionWorkAnswered:       {DE: "die Zwischenbilanz zu ziehen", EN: "to answer the review"},
	working.ActionPlanMeasure:        {DE: "eine Maßnahme zu planen", EN: "to plan a measure"},
	working.ActionWorkEnded:          {DE: "die Bearbeitung zu beenden", EN: "to end the work"},

	ReadCase:       {DE: "den Fall zu lesen", EN: "to read the case"},
	ReadFacts:      {DE: "die Eckdaten des Falls zu lesen", EN: "to read the facts of the case"},
	ReadSignal:     {DE: "das Signal zu lesen", EN: "to read the signal"},
	ReadCaseFile:   {DE: "die Fallakte zu lesen", EN: "to read the case file"},
	ReadIdentities: {DE: "die Identitäten zu lesen", EN: "to read the identities"},
	KnowIdentities: {DE: "die Identitäten ohne Grund zu lesen", EN: "to read the identities without a reason"},
	ReadHistory:    {DE: "die Geschichte des Falls zu lesen", EN: "to read the history of the case"},
}

// reads are what was read, as a sentence.
var reads = map[file.Action]file.Label{
	ReadCase:       {DE: "Der Fall wurde gelesen.", EN: "The case was read."},
	ReadFacts:      {DE: "Die Eckdaten des Falls wurden gelesen.", EN: "The facts of the case were read."},
	ReadSignal:     {DE: "Das Signal wurde gelesen.", EN: "The signal was read."},
	ReadCaseFile:   {DE: "Die Fallakte wurde gelesen.", EN: "The case file was read."},
	ReadIdentities: {DE: "Die Identitäten wurden gelesen.", EN: "The identities were read."},
	ReadHistory:    {DE: "Die Geschichte des Falls wurde gelesen.", EN: "The history of the case was read."},
}
