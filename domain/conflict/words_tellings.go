package conflict

import (
	"koko/domain/file"
	"koko/domain/working"
)

// tellings are the sentences for the actions. The last one of each says nothing of the state.
var tellings = map[file.Action][]file.Telling{
	ActionReportSignal: {
		{DE: "Ein Signal wurde gemeldet, beobachtet am {signal.observed_on}. Quelle: {signal.source}.", EN: "A signal was reported, observed on {signal.observed_on}. Source: {signal.source}."},
		{DE: "Ein Signal wurde gemeldet.", EN: "A signal was reported."},
	},
	ActionTriage: {
		{When: "triage.decision=fall_eroeffnen", DE: "Die Erstbewertung hat aus dem Signal einen Fall gemacht.", EN: "The triage made a case of the signal."},
		{When: "triage.decision=beobachten", DE: "Die Erstbewertung hat ergeben: Das Signal wird beobachtet.", EN: "The triage decided to watch the signal."},
		{When: "triage.decision=verweisen", DE: "Die Erstbewertung hat das Signal an eine andere Stelle verwiesen.", EN: "The triage referred the signal elsewhere."},
		{When: "triage.decision=verwerfen", DE: "Die Erstbewertung hat das Signal verworfen.", EN: "The triage dropped the signal."},
		{DE: "Das Signal wurde bewertet.", EN: "The signal was triaged."},
	},
	ActionRecordClearing: {
		{When: "was:clearing", DE: "Das Clearing wurde überarbeitet.", EN: "The clearing was revised."},
		{DE: "Das Clearing wurde festgehalten: Dringlichkeit {clearing.urgency}, Ebene {clearing.level}, zuständig ist {clearing.responsibility}.", EN: "The clearing was recorded: urgency {clearing.urgency}, level {clearing.level}, responsible is {clearing.responsibility}."},
		{DE: "Das Clearing wurde festgehalten.", EN: "The clearing was recorded."},
	},
	ActionDecideMandate: {
		{When: "mandate.granted=true", DE: "Der Auftrag wurde am {mandate.decided_on} erteilt.", EN: "The mandate was granted on {mandate.decided_on}."},
		{When: "mandate.granted=false", DE: "Der Auftrag wurde am {mandate.decided_on} abgelehnt.", EN: "The mandate was refused on {mandate.decided_on}."},
		{DE: "Über den Auftrag wurde entschieden.", EN: "The mandate was decided."},
	},
	ActionRecordAnalysis: {
		{When: "was:findings", DE: "Die Analyse wurde überarbeitet und muss neu geprüft werden.", EN: "The analysis was revised and has to be reviewed again."},
		{DE: "Die Analyse wurde festgehalten: Thema {findings.topics}, Eskalationsstufe {findings.stage} nach Glasl.", EN: "The analysis was recorded: topic {findings.topics}, escalation stage {findings.stage} after Glasl."},
		{DE: "Die Analyse wurde festgehalten.", EN: "The analysis was recorded."},
	},
	ActionReviewAnalysis: {
		{When: "review.approved=true", DE: "Die Analyse wurde im Vier-Augen-Prinzip geprüft und bestätigt.", EN: "A second pair of eyes approved the analysis."},
		{When: "review.approved=false", DE: "Die Analyse wurde im Vier-Augen-Prinzip geprüft und zur Überarbeitung zurückgegeben.", EN: "A second pair of eyes returned the analysis for revision."},
		{DE: "Die Analyse wurde im Vier-Augen-Prinzip geprüft.", EN: "A second pair of eyes looked at the analysis."},
	},
	ActionAssessEscalation: {
		{When: "was:escalation.stage", DE: "Die Eskalation wurde neu eingeschätzt: vorher Stufe {was:escalation.stage}, jetzt Stufe {escalation.stage} nach Glasl.", EN: "The escalation was scored anew: stage {was:escalation.stage} before, stage {escalation.stage} after Glasl now."},
		{DE: "Die Eskalation wurde eingeschätzt: Stufe {escalation.stage} nach Glasl.", EN: "The escalation was scored: stage {escalation.stage} after Glasl."},
		{DE: "Die Eskalation wurde eingeschätzt.", EN: "The escalation was scored."},
	},
	ActionMoveCaseCalendar: {{DE: "Die Fristen werden ab jetzt nach dem heutigen Kalender berechnet.", EN: "The time limits are computed with the calendar of today from now on."}},
	ActionPauseCase: {
		{DE: "Die Fristen ruhen bis längstens {pause.until}. Grund: {pause.reason}.", EN: "The time limits rest until {pause.until} at the latest. Reason: {pause.reason}."},
		{DE: "Die Fristen ruhen.", EN: "The time limits rest."},
	},
	ActionResumeCase: {{DE: "Die Fristen laufen weiter.", EN: "The time limits go on."}},
	ActionHandToWork: {
		{When: "was:handed", DE: "Der Fall wurde neu in die Bearbeitung gegeben.", EN: "The case was handed over to be worked on anew."},
		{DE: "Der Fall wurde in die Bearbeitung gegeben.", EN: "The case was handed over to be worked on."},
	},
	working.ActionWorkAccepted:       {{DE: "Die Bearbeitung wurde übernommen.", EN: "The work on the conflict was taken up."}},
	working.ActionWorkDeclined:       {{DE: "Die Bearbeitung ist neu zu vergeben.", EN: "The work on the conflict is to be handed over anew."}},
	working.ActionConditionsExamined: {{DE: "Freiwilligkeit, Vertraulichkeit und Unabhängigkeit wurden geprüft.", EN: "Voluntariness, confidentiality and independence were examined."}},
	working.ActionWorkAnswered: {
		{DE: "Zur Zwischenbilanz heißt es: Die Bearbeitung {handed.reviews.-1.answer}.", EN: "The answer to the review is: the work {handed.reviews.-1.answer}."},
		{DE: "Die Zwischenbilanz der Bearbeitung wurde gezogen.", EN: "The review of the work was answered."},
	},
	working.ActionWorkEnded: {{DE: "Die Bearbeitung ist beendet.", EN: "The work on the conflict is over."}},
	working.ActionPlanMeasure: {
		{DE: "Eine Maßnahme ist bis zum {measures.-1.due} umzusetzen.", EN: "A measure is to be carried out by {measures.-1.due}."},
		{DE: "Eine Maßnahme wurde geplant.", EN: "A measure was planned."},
	},
	ActionFinishMeasure: {{DE: "Eine Maßnahme ist umgesetzt.", EN: "A measure is carried out."}},
	ActionDropMeasure:   {{DE: "Eine Maßnahme wurde aufgegeben.", EN: "A measure was dropped."}},
	ActionProposeClosure: {
		{DE: "Der Abschluss wurde vorgeschlagen. Ergebnis: {result.outcome}; Eskalationsstufe danach: {result.stage_after}.", EN: "The closure was proposed. Outcome: {result.outcome}; escalation stage afterwards: {result.stage_after}."},
		{DE: "Der Abschluss wurde vorgeschlagen.", EN: "The closure was proposed."},
	},
	ActionSignOff: {
		{When: "signed_off.approved=true", DE: "Die Fachaufsicht hat den Abschluss freigegeben.", EN: "The supervisor signed the closure off."},
		{When: "signed_off.approved=false", DE: "Die Fachaufsicht hat den Abschluss nicht freigegeben.", EN: "The supervisor did not sign the closure off."},
		{DE: "Die Fachaufsicht hat über den Abschluss entschieden.", EN: "The supervisor decided on the closure."},
	},
	ActionRecordFollowUp: {
		{DE: "Die Nachsorge nach {follow_ups.-1.month} Monaten fand am {follow_ups.-1.held_on} statt. Das Ergebnis ist {follow_ups.-1.status}.", EN: "The follow-up after {follow_ups.-1.month} months took place on {follow_ups.-1.held_on}. The outcome is {follow_ups.-1.status}."},
		{DE: "Die Nachsorge wurde festgehalten.", EN: "A follow-up was recorded."},
	},
	ActionReopen: {
		{DE: "Der Fall wurde wieder aufgenommen; es beginnt Runde {round}.", EN: "The case was reopened; round {round} begins."},
		{DE: "Der Fall wurde wieder aufgenommen.", EN: "The case was reopened."},
	},
	ActionAssign: {
		{When: "was:assignee", DE: "Der Fall wurde einer anderen Person zugewiesen.", EN: "The case was assigned to another person."},
		{DE: "Der Fall wurde zugewiesen.", EN: "The case was assigned."},
	},
	ActionAddNote:        {{DE: "Eine Notiz wurde angefügt.", EN: "A note was added."}},
	ActionAttachDocument: {{DE: "Ein Dokument wurde angefügt.", EN: "A document was attached."}},
}
