package enrolment

import (
	"koko/domain/file"
	"koko/domain/training"
)

// tellings are the sentences for the actions. The last one of each says nothing of the state.
var tellings = map[file.Action][]file.Telling{
	training.ActionApply: {{DE: "Die Bewerbung um einen Platz ist eingegangen.", EN: "The application for a seat was received."}},
	ActionDecideRelease: {
		{When: "release.granted=true", DE: "Der Arbeitgeber hat die Freistellung erteilt.", EN: "The employer granted the release."},
		{When: "release.granted=false", DE: "Der Arbeitgeber hat die Freistellung abgelehnt.", EN: "The employer refused the release."},
		{DE: "Der Arbeitgeber hat über die Freistellung entschieden.", EN: "The employer decided on the release."},
	},
	ActionDecideApplication: {
		{When: "admission.granted=true", DE: "Die Kurskoordination hat die Bewerbung zugelassen.", EN: "The coordination admitted the applicant."},
		{When: "admission.granted=false", DE: "Die Kurskoordination hat die Bewerbung abgelehnt.", EN: "The coordination rejected the application."},
		{DE: "Die Kurskoordination hat über die Zulassung entschieden.", EN: "The coordination decided on the admission."},
	},
	training.ActionOfferSeat: {
		{When: "seat.status=angeboten", DE: "Der Durchgang hat einen Platz angeboten, anzunehmen bis {seat.until}.", EN: "The cohort offered a seat, to be accepted by {seat.until}."},
		{When: "seat.status=belegt", DE: "Der Durchgang hat einen Platz vergeben.", EN: "The cohort gave a seat."},
		{DE: "Der Durchgang hat einen Platz angeboten oder vergeben.", EN: "The cohort offered or gave a seat."},
	},
	training.ActionQueue: {{DE: "Der Durchgang ist voll: Die Bewerbung steht auf der Warteliste.", EN: "The cohort is full: the application is on the waiting list."}},
	training.ActionLoseSeat: {
		{When: "cohort", DE: "Der Durchgang findet so nicht statt; die Teilnahme geht in einem anderen Durchgang weiter.", EN: "The cohort does not take place as planned; the enrolment goes on in another cohort."},
		{DE: "Der Durchgang bietet keinen Platz mehr, weil er ausfällt oder zusammengelegt wurde.", EN: "The cohort has no seat any more, because it was cancelled or merged."},
	},
	ActionAcceptSeat:  {{DE: "Der angebotene Platz wurde angenommen.", EN: "The seat on offer was accepted."}},
	ActionDeclineSeat: {{DE: "Der angebotene Platz wurde abgelehnt.", EN: "The seat on offer was declined."}},
	training.ActionAttend: {
		{When: "attended.-1.minutes=0 & attended.-1.excused=true", DE: "Laut Anwesenheitsliste bestand am {attended.-1.on} eine entschuldigte Abwesenheit (Modul {attended.-1.unit}).", EN: "According to the attendance list, there was an excused absence on {attended.-1.on} (module {attended.-1.unit})."},
		{When: "attended.-1.minutes=0", DE: "Laut Anwesenheitsliste bestand am {attended.-1.on} eine unentschuldigte Abwesenheit (Modul {attended.-1.unit}).", EN: "According to the attendance list, there was an unexcused absence on {attended.-1.on} (module {attended.-1.unit})."},
		{DE: "Die Anwesenheitsliste bestätigt {attended.-1.minutes} von {attended.-1.of} Minuten in Modul {attended.-1.unit}.", EN: "The attendance list confirms {attended.-1.minutes} of {attended.-1.of} minutes in module {attended.-1.unit}."},
		{DE: "Eine unterschriebene Anwesenheitsliste wurde übernommen.", EN: "A signed attendance list was taken over."},
	},
	ActionPlanMakeUp: {
		{When: "make_ups.+.kind=anderer_durchgang", DE: "Es ist vereinbart, Modul {make_ups.+.unit} bis {make_ups.+.due} in einem anderen Durchgang nachzuholen.", EN: "It is arranged to make up module {make_ups.+.unit} in another cohort by {make_ups.+.due}."},
		{When: "make_ups.+.kind=ersatzleistung", DE: "Es ist vereinbart, für Modul {make_ups.+.unit} bis {make_ups.+.due} eine Ersatzleistung zu erbringen.", EN: "It is arranged to hand in an assignment for module {make_ups.+.unit} by {make_ups.+.due}."},
		{DE: "Es ist vereinbart, wie ein versäumtes Modul nachgeholt wird.", EN: "It is arranged how a missed module is made up."},
	},
	ActionSubmitMakeUp: {
		{DE: "Die Ersatzleistung für Modul {make_ups.+.unit} wurde eingereicht.", EN: "The assignment for module {make_ups.+.unit} was handed in."},
		{DE: "Eine Ersatzleistung wurde eingereicht.", EN: "An assignment was handed in."},
	},
	ActionReviewMakeUp: {
		{When: "make_ups.+.status=anerkannt", DE: "Die Ersatzleistung für Modul {make_ups.+.unit} wurde anerkannt.", EN: "The assignment for module {make_ups.+.unit} was accepted."},
		{When: "make_ups.+.status=geplant", DE: "Die Ersatzleistung für Modul {make_ups.+.unit} wurde mit Rückmeldung zurückgegeben.", EN: "The assignment for module {make_ups.+.unit} was returned with feedback."},
		{DE: "Eine Ersatzleistung wurde bewertet.", EN: "An assignment was reviewed."},
	},
	ActionSubmitConcept: {
		{When: "was:concept", DE: "Das Konzept wurde in einer neuen Fassung eingereicht.", EN: "A new version of the concept was handed in."},
		{DE: "Das Konzept wurde eingereicht.", EN: "The concept was handed in."},
	},
	ActionReviewConcept: {
		{When: "concept.accepted.granted=true", DE: "Das Konzept wurde angenommen.", EN: "The concept was accepted."},
		{When: "concept.accepted.granted=false", DE: "Das Konzept wurde mit Rückmeldung zurückgegeben.", EN: "The concept was returned with feedback."},
		{DE: "Das Konzept wurde bewertet.", EN: "The concept was reviewed."},
	},
	ActionSubmitCaseReport: {{DE: "Ein anonymisierter Fallbericht wurde eingereicht.", EN: "An anonymised case report was handed in."}},
	ActionReviewCaseReport: {
		{When: "case_reports.-1.accepted.granted=true", DE: "Der Fallbericht wurde angenommen.", EN: "The case report was accepted."},
		{When: "case_reports.-1.accepted.granted=false", DE: "Der Fallbericht wurde mit Rückmeldung zurückgegeben.", EN: "The case report was returned with feedback."},
		{DE: "Der Fallbericht wurde bewertet.", EN: "The case report was reviewed."},
	},
	ActionRecordSupervision: {
		{DE: "Eine Supervision von {supervisions.-1.minutes} Minuten hat am {supervisions.-1.on} stattgefunden.", EN: "A supervision session of {supervisions.-1.minutes} minutes took place on {supervisions.-1.on}."},
		{DE: "Eine Supervision wurde festgehalten.", EN: "A supervision session was recorded."},
	},
	ActionAppointAssessors: {{DE: "Zwei Prüfer:innen wurden benannt.", EN: "Two assessors were appointed."}},
	ActionRecordVerdict: {
		{When: "attempts.-1.decided & attempts.-1.passed=true", DE: "Beide Prüfer:innen sind sich einig: Die Prüfung ist bestanden.", EN: "Both assessors agree: the assessment is passed."},
		{When: "attempts.-1.decided & attempts.-1.passed=false", DE: "Beide Prüfer:innen sind sich einig: Die Prüfung ist nicht bestanden.", EN: "Both assessors agree: the assessment is not passed."},
		{DE: "Ein Urteil zur Prüfung wurde abgegeben.", EN: "A verdict on the assessment was given."},
	},
	ActionAppeal: {{DE: "Gegen das Prüfungsergebnis wurde Widerspruch eingelegt.", EN: "There is an appeal against the result of the assessment."}},
	ActionDecideAppeal: {
		{When: "attempts.-1.annulled=true", DE: "Dem Widerspruch wurde stattgegeben; der Prüfungsversuch zählt nicht.", EN: "The appeal was upheld; the attempt does not count."},
		{When: "attempts.-1.appeal.decision.granted=false", DE: "Der Widerspruch wurde zurückgewiesen.", EN: "The appeal was rejected."},
		{DE: "Über den Widerspruch wurde entschieden.", EN: "The appeal was decided."},
	},
	ActionCertify:           {{DE: "Das Zertifikat wurde ausgestellt.", EN: "The certificate was issued."}},
	ActionConfirmAttendance: {{DE: "Eine Teilnahmebescheinigung wurde ausgestellt.", EN: "A confirmation of attendance was issued."}},
	ActionReissueCertificate: {
		{DE: "Das Zertifikat wurde neu ausgestellt. Grund: {certificates.-1.reason}.", EN: "The certificate was issued anew. Reason: {certificates.-1.reason}."},
		{DE: "Das Zertifikat wurde neu ausgestellt.", EN: "The certificate was issued anew."},
	},
	ActionRevokeCertificate: {
		{DE: "Ein Zertifikat wurde widerrufen. Grund: {certificates.+.revoked.reason}.", EN: "A certificate was revoked. Reason: {certificates.+.revoked.reason}."},
		{DE: "Ein Zertifikat wurde widerrufen.", EN: "A certificate was revoked."},
	},
	ActionPause: {
		{When: "pause.until", DE: "Die Qualifizierung ruht bis voraussichtlich {pause.until}. Grund: {pause.reason}.", EN: "The enrolment rests, presumably until {pause.until}. Reason: {pause.reason}."},
		{DE: "Die Qualifizierung ruht. Grund: {pause.reason}.", EN: "The enrolment rests. Reason: {pause.reason}."},
		{DE: "Die Qualifizierung ruht.", EN: "The enrolment rests."},
	},
	ActionResume:   {{DE: "Die Qualifizierung wird fortgesetzt.", EN: "The enrolment is resumed."}},
	ActionTransfer: {{DE: "Die Teilnahme wurde in einen anderen Durchgang verlegt.", EN: "The enrolment was transferred to another cohort."}},
	ActionChangeEmployer: {
		{DE: "Der Arbeitgeber hat gewechselt: jetzt ist es die Kommune {ags}.", EN: "The employer has changed: it is the municipality {ags} now."},
		{DE: "Der Arbeitgeber hat gewechselt.", EN: "The employer has changed."},
	},
	ActionMoveCalendar: {{DE: "Die Fristen werden ab jetzt nach dem heutigen Kalender berechnet.", EN: "The time limits are computed with the calendar of today from now on."}},
	ActionAdoptCurriculum: {
		{DE: "Ab jetzt gilt Fassung {terms.version} des Curriculums.", EN: "From now on version {terms.version} of the curriculum holds."},
		{DE: "Ab jetzt gilt eine andere Fassung des Curriculums.", EN: "From now on another version of the curriculum holds."},
	},
	ActionWithdraw: {
		{DE: "Die Qualifizierung wurde von Seiten der teilnehmenden Person beendet. Grund: {ended.reason}.", EN: "The enrolment was withdrawn. Reason: {ended.reason}."},
		{DE: "Die Qualifizierung wurde von Seiten der teilnehmenden Person beendet.", EN: "The enrolment was withdrawn."},
	},
}
