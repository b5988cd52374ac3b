package story

import (
	"koko/domain/conflict"
	"koko/domain/process"
	"koko/domain/training"
)

// tellings are the sentences for the actions. The last one of each says nothing of the state.
var tellings = map[process.Kind]map[process.Action][]telling{
	process.KindCase:      caseTellings,
	process.KindEnrolment: enrolmentTellings,
	process.KindCohort:    cohortTellings,
}

var caseTellings = map[process.Action][]telling{
	conflict.ActionReportSignal: {
		{"", "Ein Signal wurde gemeldet, beobachtet am {signal.observed_on}. Quelle: {signal.source}.", "A signal was reported, observed on {signal.observed_on}. Source: {signal.source}."},
		{"", "Ein Signal wurde gemeldet.", "A signal was reported."},
	},
	conflict.ActionTriage: {
		{"triage.decision=fall_eroeffnen", "Die Erstbewertung hat aus dem Signal einen Fall gemacht.", "The triage made a case of the signal."},
		{"triage.decision=beobachten", "Die Erstbewertung hat ergeben: Das Signal wird beobachtet.", "The triage decided to watch the signal."},
		{"triage.decision=verweisen", "Die Erstbewertung hat das Signal an eine andere Stelle verwiesen.", "The triage referred the signal elsewhere."},
		{"triage.decision=verwerfen", "Die Erstbewertung hat das Signal verworfen.", "The triage dropped the signal."},
		{"", "Das Signal wurde bewertet.", "The signal was triaged."},
	},
	conflict.ActionRecordClearing: {
		{"was:clearing", "Das Clearing wurde überarbeitet.", "The clearing was revised."},
		{"", "Das Clearing wurde festgehalten: Dringlichkeit {clearing.urgency}, Ebene {clearing.level}, zuständig ist {clearing.responsibility}.", "The clearing was recorded: urgency {clearing.urgency}, level {clearing.level}, responsible is {clearing.responsibility}."},
		{"", "Das Clearing wurde festgehalten.", "The clearing was recorded."},
	},
	conflict.ActionDecideMandate: {
		{"mandate.granted=true", "Der Auftrag wurde am {mandate.decided_on} erteilt.", "The mandate was granted on {mandate.decided_on}."},
		{"mandate.granted=false", "Der Auftrag wurde am {mandate.decided_on} abgelehnt.", "The mandate was refused on {mandate.decided_on}."},
		{"", "Über den Auftrag wurde entschieden.", "The mandate was decided."},
	},
	conflict.ActionRecordAnalysis: {
		{"was:findings", "Die Analyse wurde überarbeitet und muss neu geprüft werden.", "The analysis was revised and has to be reviewed again."},
		{"", "Die Analyse wurde festgehalten: Thema {findings.topics}, Eskalationsstufe {findings.stage} nach Glasl.", "The analysis was recorded: topic {findings.topics}, escalation stage {findings.stage} after Glasl."},
		{"", "Die Analyse wurde festgehalten.", "The analysis was recorded."},
	},
	conflict.ActionReviewAnalysis: {
		{"review.approved=true", "Die Analyse wurde im Vier-Augen-Prinzip geprüft und bestätigt.", "A second pair of eyes approved the analysis."},
		{"review.approved=false", "Die Analyse wurde im Vier-Augen-Prinzip geprüft und zur Überarbeitung zurückgegeben.", "A second pair of eyes returned the analysis for revision."},
		{"", "Die Analyse wurde im Vier-Augen-Prinzip geprüft.", "A second pair of eyes looked at the analysis."},
	},
	conflict.ActionAssessEscalation: {
		{"was:escalation.stage", "Die Eskalation wurde neu eingeschätzt: vorher Stufe {was:escalation.stage}, jetzt Stufe {escalation.stage} nach Glasl.", "The escalation was scored anew: stage {was:escalation.stage} before, stage {escalation.stage} after Glasl now."},
		{"", "Die Eskalation wurde eingeschätzt: Stufe {escalation.stage} nach Glasl.", "The escalation was scored: stage {escalation.stage} after Glasl."},
		{"", "Die Eskalation wurde eingeschätzt.", "The escalation was scored."},
	},
	conflict.ActionPlanMediation: {
		{"was:plan & was:phase=mediation", "Der Plan der Bearbeitung wurde geändert. Form: {plan.form}.", "The plan of the work was changed. Form: {plan.form}."},
		{"", "Die Bearbeitung wurde geplant. Form: {plan.form}.", "The work on the conflict was planned. Form: {plan.form}."},
		{"", "Die Bearbeitung wurde geplant.", "The work on the conflict was planned."},
	},
	conflict.ActionConfirmConditions: {
		{"conditions.voluntary=true & conditions.confidential=true", "Freiwilligkeit und Vertraulichkeit sind seit dem {conditions.confirmed_on} bestätigt.", "That everybody takes part voluntarily and in confidence is confirmed since {conditions.confirmed_on}."},
		{"conditions", "Die Bedingungen wurden festgehalten; noch sind nicht alle bestätigt.", "The conditions were recorded; not all of them are confirmed yet."},
		{"", "Die Bedingungen der Bearbeitung wurden festgehalten.", "The conditions of the work were recorded."},
	},
	conflict.ActionRecordSession: {
		{"sessions.-1.preliminary=true", "Ein Vorgespräch hat am {sessions.-1.held_on} stattgefunden.", "A preliminary talk took place on {sessions.-1.held_on}."},
		{"sessions.-1.participants", "Eine Sitzung hat am {sessions.-1.held_on} mit {sessions.-1.participants} Teilnehmenden stattgefunden.", "A session with {sessions.-1.participants} participants took place on {sessions.-1.held_on}."},
		{"", "Eine Sitzung hat am {sessions.-1.held_on} stattgefunden.", "A session took place on {sessions.-1.held_on}."},
		{"", "Eine Sitzung wurde festgehalten.", "A session was recorded."},
	},
	conflict.ActionRecordInterimResult: {
		{"", "Ein Zwischenergebnis wurde festgehalten: {interim.progress}.", "An interim result was recorded: {interim.progress}."},
		{"", "Ein Zwischenergebnis wurde festgehalten.", "An interim result was recorded."},
	},
	conflict.ActionProposeClosure: {
		{"", "Der Abschluss wurde vorgeschlagen. Ergebnis: {result.outcome}; Eskalationsstufe danach: {result.stage_after}.", "The closure was proposed. Outcome: {result.outcome}; escalation stage afterwards: {result.stage_after}."},
		{"", "Der Abschluss wurde vorgeschlagen.", "The closure was proposed."},
	},
	conflict.ActionSignOff: {
		{"signed_off.approved=true", "Die Fachaufsicht hat den Abschluss freigegeben.", "The supervisor signed the closure off."},
		{"signed_off.approved=false", "Die Fachaufsicht hat den Abschluss nicht freigegeben.", "The supervisor did not sign the closure off."},
		{"", "Die Fachaufsicht hat über den Abschluss entschieden.", "The supervisor decided on the closure."},
	},
	conflict.ActionRecordFollowUp: {
		{"", "Die Nachsorge nach {follow_ups.-1.month} Monaten fand am {follow_ups.-1.held_on} statt. Das Ergebnis ist {follow_ups.-1.status}.", "The follow-up after {follow_ups.-1.month} months took place on {follow_ups.-1.held_on}. The outcome is {follow_ups.-1.status}."},
		{"", "Die Nachsorge wurde festgehalten.", "A follow-up was recorded."},
	},
	conflict.ActionReopen: {
		{"", "Der Fall wurde wieder aufgenommen; es beginnt Runde {round}.", "The case was reopened; round {round} begins."},
		{"", "Der Fall wurde wieder aufgenommen.", "The case was reopened."},
	},
	conflict.ActionAssign: {
		{"was:assignee", "Der Fall wurde einer anderen Person zugewiesen.", "The case was assigned to another person."},
		{"", "Der Fall wurde zugewiesen.", "The case was assigned."},
	},
	conflict.ActionAddNote:        {{"", "Eine Notiz wurde angefügt.", "A note was added."}},
	conflict.ActionAttachDocument: {{"", "Ein Dokument wurde angefügt.", "A document was attached."}},
	conflict.ActionDeadlinePassed: {{"", "Eine Frist ist verstrichen.", "A deadline has passed."}},
}

var enrolmentTellings = map[process.Action][]telling{
	training.ActionApply: {{"", "Die Bewerbung um einen Platz ist eingegangen.", "The application for a seat was received."}},
	training.ActionDecideRelease: {
		{"release.granted=true", "Der Arbeitgeber hat die Freistellung erteilt.", "The employer granted the release."},
		{"release.granted=false", "Der Arbeitgeber hat die Freistellung abgelehnt.", "The employer refused the release."},
		{"", "Der Arbeitgeber hat über die Freistellung entschieden.", "The employer decided on the release."},
	},
	training.ActionDecideApplication: {
		{"admission.granted=true", "Die Kurskoordination hat die Bewerbung zugelassen.", "The coordination admitted the applicant."},
		{"admission.granted=false", "Die Kurskoordination hat die Bewerbung abgelehnt.", "The coordination rejected the application."},
		{"", "Die Kurskoordination hat über die Zulassung entschieden.", "The coordination decided on the admission."},
	},
	training.ActionOfferSeat: {
		{"seat.status=angeboten", "Der Durchgang hat einen Platz angeboten, anzunehmen bis {seat.until}.", "The cohort offered a seat, to be accepted by {seat.until}."},
		{"seat.status=belegt", "Der Durchgang hat einen Platz vergeben.", "The cohort gave a seat."},
		{"", "Der Durchgang hat einen Platz angeboten oder vergeben.", "The cohort offered or gave a seat."},
	},
	training.ActionQueue: {{"", "Der Durchgang ist voll: Die Bewerbung steht auf der Warteliste.", "The cohort is full: the application is on the waiting list."}},
	training.ActionLoseSeat: {
		{"cohort", "Der Durchgang findet so nicht statt; die Teilnahme geht in einem anderen Durchgang weiter.", "The cohort does not take place as planned; the enrolment goes on in another cohort."},
		{"", "Der Durchgang bietet keinen Platz mehr, weil er ausfällt oder zusammengelegt wurde.", "The cohort has no seat any more, because it was cancelled or merged."},
	},
	training.ActionAcceptSeat:  {{"", "Der angebotene Platz wurde angenommen.", "The seat on offer was accepted."}},
	training.ActionDeclineSeat: {{"", "Der angebotene Platz wurde abgelehnt.", "The seat on offer was declined."}},
	training.ActionAttend: {
		{"attended.-1.minutes=0 & attended.-1.excused=true", "Laut Anwesenheitsliste bestand am {attended.-1.on} eine entschuldigte Abwesenheit (Modul {attended.-1.unit}).", "According to the attendance list, there was an excused absence on {attended.-1.on} (module {attended.-1.unit})."},
		{"attended.-1.minutes=0", "Laut Anwesenheitsliste bestand am {attended.-1.on} eine unentschuldigte Abwesenheit (Modul {attended.-1.unit}).", "According to the attendance list, there was an unexcused absence on {attended.-1.on} (module {attended.-1.unit})."},
		{"", "Die Anwesenheitsliste bestätigt {attended.-1.minutes} von {attended.-1.of} Minuten in Modul {attended.-1.unit}.", "The attendance list confirms {attended.-1.minutes} of {attended.-1.of} minutes in module {attended.-1.unit}."},
		{"", "Eine unterschriebene Anwesenheitsliste wurde übernommen.", "A signed attendance list was taken over."},
	},
	training.ActionPlanMakeUp: {
		{"make_ups.+.kind=anderer_durchgang", "Es ist vereinbart, Modul {make_ups.+.unit} bis {make_ups.+.due} in einem anderen Durchgang nachzuholen.", "It is arranged to make up module {make_ups.+.unit} in another cohort by {make_ups.+.due}."},
		{"make_ups.+.kind=ersatzleistung", "Es ist vereinbart, für Modul {make_ups.+.unit} bis {make_ups.+.due} eine Ersatzleistung zu erbringen.", "It is arranged to hand in an assignment for module {make_ups.+.unit} by {make_ups.+.due}."},
		{"", "Es ist vereinbart, wie ein versäumtes Modul nachgeholt wird.", "It is arranged how a missed module is made up."},
	},
	training.ActionSubmitMakeUp: {
		{"", "Die Ersatzleistung für Modul {make_ups.+.unit} wurde eingereicht.", "The assignment for module {make_ups.+.unit} was handed in."},
		{"", "Eine Ersatzleistung wurde eingereicht.", "An assignment was handed in."},
	},
	training.ActionReviewMakeUp: {
		{"make_ups.+.status=anerkannt", "Die Ersatzleistung für Modul {make_ups.+.unit} wurde anerkannt.", "The assignment for module {make_ups.+.unit} was accepted."},
		{"make_ups.+.status=geplant", "Die Ersatzleistung für Modul {make_ups.+.unit} wurde mit Rückmeldung zurückgegeben.", "The assignment for module {make_ups.+.unit} was returned with feedback."},
		{"", "Eine Ersatzleistung wurde bewertet.", "An assignment was reviewed."},
	},
	training.ActionSubmitConcept: {
		{"was:concept", "Das Konzept wurde in einer neuen Fassung eingereicht.", "A new version of the concept was handed in."},
		{"", "Das Konzept wurde eingereicht.", "The concept was handed in."},
	},
	training.ActionReviewConcept: {
		{"concept.accepted.granted=true", "Das Konzept wurde angenommen.", "The concept was accepted."},
		{"concept.accepted.granted=false", "Das Konzept wurde mit Rückmeldung zurückgegeben.", "The concept was returned with feedback."},
		{"", "Das Konzept wurde bewertet.", "The concept was reviewed."},
	},
	training.ActionSubmitCaseReport: {{"", "Ein anonymisierter Fallbericht wurde eingereicht.", "An anonymised case report was handed in."}},
	training.ActionReviewCaseReport: {
		{"case_reports.-1.accepted.granted=true", "Der Fallbericht wurde angenommen.", "The case report was accepted."},
		{"case_reports.-1.accepted.granted=false", "Der Fallbericht wurde mit Rückmeldung zurückgegeben.", "The case report was returned with feedback."},
		{"", "Der Fallbericht wurde bewertet.", "The case report was reviewed."},
	},
	training.ActionRecordSupervision: {
		{"", "Eine Supervision von {supervisions.-1.minutes} Minuten hat am {supervisions.-1.on} stattgefunden.", "A supervision session of {supervisions.-1.minutes} minutes took place on {supervisions.-1.on}."},
		{"", "Eine Supervision wurde festgehalten.", "A supervision session was recorded."},
	},
	training.ActionAppointAssessors: {{"", "Zwei Prüfer:innen wurden benannt.", "Two assessors were appointed."}},
	training.ActionRecordVerdict: {
		{"attempts.-1.decided & attempts.-1.passed=true", "Beide Prüfer:innen sind sich einig: Die Prüfung ist bestanden.", "Both assessors agree: the assessment is passed."},
		{"attempts.-1.decided & attempts.-1.passed=false", "Beide Prüfer:innen sind sich einig: Die Prüfung ist nicht bestanden.", "Both assessors agree: the assessment is not passed."},
		{"", "Ein Urteil zur Prüfung wurde abgegeben.", "A verdict on the assessment was given."},
	},
	training.ActionAppeal: {{"", "Gegen das Prüfungsergebnis wurde Widerspruch eingelegt.", "There is an appeal against the result of the assessment."}},
	training.ActionDecideAppeal: {
		{"attempts.-1.annulled=true", "Dem Widerspruch wurde stattgegeben; der Prüfungsversuch zählt nicht.", "The appeal was upheld; the attempt does not count."},
		{"attempts.-1.appeal.decision.granted=false", "Der Widerspruch wurde zurückgewiesen.", "The appeal was rejected."},
		{"", "Über den Widerspruch wurde entschieden.", "The appeal was decided."},
	},
	training.ActionCertify:           {{"", "Das Zertifikat wurde ausgestellt.", "The certificate was issued."}},
	training.ActionConfirmAttendance: {{"", "Eine Teilnahmebescheinigung wurde ausgestellt.", "A confirmation of attendance was issued."}},
	training.ActionReissueCertificate: {
		{"", "Das Zertifikat wurde neu ausgestellt. Grund: {certificates.-1.reason}.", "The certificate was issued anew. Reason: {certificates.-1.reason}."},
		{"", "Das Zertifikat wurde neu ausgestellt.", "The certificate was issued anew."},
	},
	training.ActionRevokeCertificate: {
		{"", "Ein Zertifikat wurde widerrufen. Grund: {certificates.+.revoked.reason}.", "A certificate was revoked. Reason: {certificates.+.revoked.reason}."},
		{"", "Ein Zertifikat wurde widerrufen.", "A certificate was revoked."},
	},
	training.ActionPause: {
		{"pause.until", "Die Qualifizierung ruht bis voraussichtlich {pause.until}. Grund: {pause.reason}.", "The enrolment rests, presumably until {pause.until}. Reason: {pause.reason}."},
		{"", "Die Qualifizierung ruht. Grund: {pause.reason}.", "The enrolment rests. Reason: {pause.reason}."},
		{"", "Die Qualifizierung ruht.", "The enrolment rests."},
	},
	training.ActionResume:   {{"", "Die Qualifizierung wird fortgesetzt.", "The enrolment is resumed."}},
	training.ActionTransfer: {{"", "Die Teilnahme wurde in einen anderen Durchgang verlegt.", "The enrolment was transferred to another cohort."}},
	training.ActionChangeEmployer: {
		{"", "Der Arbeitgeber hat gewechselt: jetzt ist es die Kommune {ags}.", "The employer has changed: it is the municipality {ags} now."},
		{"", "Der Arbeitgeber hat gewechselt.", "The employer has changed."},
	},
	training.ActionAdoptCurriculum: {
		{"", "Ab jetzt gilt Fassung {terms.version} des Curriculums.", "From now on version {terms.version} of the curriculum holds."},
		{"", "Ab jetzt gilt eine andere Fassung des Curriculums.", "From now on another version of the curriculum holds."},
	},
	training.ActionWithdraw: {
		{"", "Die Qualifizierung wurde von Seiten der teilnehmenden Person beendet. Grund: {ended.reason}.", "The enrolment was withdrawn. Reason: {ended.reason}."},
		{"", "Die Qualifizierung wurde von Seiten der teilnehmenden Person beendet.", "The enrolment was withdrawn."},
	},
	training.ActionDeadlinePassed: {{"", "Eine Frist ist verstrichen.", "A deadline has passed."}},
}

var cohortTellings = map[process.Action][]telling{
	training.ActionPlanCohort: {
		{"", "Der Durchgang wurde mit {seats} Plätzen geplant; Bewerbungen sind bis {closes} möglich.", "The cohort was planned with {seats} seats; applications are possible until {closes}."},
		{"", "Der Durchgang wurde geplant.", "The cohort was planned."},
	},
	training.ActionStaffCohort: {{"", "Trainer:innen und Prüfer:innen des Durchgangs wurden benannt.", "The trainers and assessors of the cohort were named."}},
	training.ActionAmendCohort: {{"", "Plätze, Mindestzahl, Kontingent oder Bewerbungsfrist wurden geändert.", "Seats, minimum, quota or application window were changed."}},
	training.ActionAddDate: {
		{"", "Ein Termin für Modul {dates.+.unit} am {dates.+.begins} ist hinzugekommen.", "A date for module {dates.+.unit} on {dates.+.begins} was added."},
		{"", "Ein Termin ist hinzugekommen.", "A date was added."},
	},
	training.ActionRescheduleDate: {
		{"", "Der Termin für Modul {dates.+.unit} wurde auf den {dates.+.begins} verlegt.", "The date for module {dates.+.unit} was moved to {dates.+.begins}."},
		{"", "Ein Termin wurde verlegt.", "A date was moved."},
	},
	training.ActionCancelDate: {
		{"", "Der Termin für Modul {dates.+.unit} am {dates.+.begins} fällt aus. Grund: {dates.+.cancelled}.", "The date for module {dates.+.unit} on {dates.+.begins} is cancelled. Reason: {dates.+.cancelled}."},
		{"", "Ein Termin fällt aus.", "A date is cancelled."},
	},
	training.ActionSignList: {
		{"", "Die Anwesenheitsliste für den Termin {list.date} wurde unterschrieben.", "The attendance list of the date {list.date} was signed."},
		{"", "Eine Anwesenheitsliste wurde unterschrieben.", "An attendance list was signed."},
	},
	training.ActionCancelCohort: {
		{"", "Der Durchgang wurde abgesagt. Grund: {reason}.", "The cohort was cancelled. Reason: {reason}."},
		{"", "Der Durchgang wurde abgesagt.", "The cohort was cancelled."},
	},
	training.ActionMergeCohort: {{"", "Der Durchgang wurde mit einem anderen zusammengelegt.", "The cohort was merged into another one."}},
	training.ActionJoin: {
		{"places.+.status=belegt", "Eine zugelassene Bewerbung hat einen Platz bekommen.", "An admitted applicant was given a seat."},
		{"places.+.status=wartend", "Eine zugelassene Bewerbung steht auf der Warteliste.", "An admitted applicant is on the waiting list."},
		{"", "Eine zugelassene Bewerbung hat sich um einen Platz angestellt.", "An admitted applicant joined the line for a seat."},
	},
	training.ActionTakeSeat:       {{"", "Ein angebotener Platz wurde angenommen.", "A seat on offer was accepted."}},
	training.ActionLeave:          {{"", "Ein Platz oder ein Wartelistenplatz wurde zurückgegeben.", "A seat or a place on the waiting list was given back."}},
	training.ActionVisit:          {{"", "Eine teilnehmende Person eines anderen Durchgangs holt hier ein Modul nach.", "A trainee of another cohort makes up a module here."}},
	training.ActionDeadlinePassed: {{"", "Eine Frist ist verstrichen.", "A deadline has passed."}},
}

// arrivals tell that a file has come to a phase.
var arrivals = map[process.Kind]map[string]Words{
	process.KindCase: {
		"detection": {"Der Fall geht zurück in die Früherkennung.", "The case goes back to detection."},
		"analysis":  {"Der Fall ist jetzt in der Analyse.", "The case is in analysis now."},
		"mediation": {"Der Fall ist jetzt in der Bearbeitung.", "The case is being worked on now."},
		"closure":   {"Der Abschluss wartet auf die Freigabe durch die Fachaufsicht.", "The closure waits for the supervisor's sign-off."},
		"follow_up": {"Die Nachsorge beginnt.", "The follow-up begins."},
		"closed":    {"Der Fall ist beendet.", "The case is closed."},
	},
	process.KindEnrolment: {
		"applied":    {"Die Bewerbung läuft.", "The application is under way."},
		"waiting":    {"Jetzt fehlt noch ein Platz in einem Durchgang.", "Now only a seat in a cohort is missing."},
		"modules":    {"Jetzt folgen die Module.", "The modules follow now."},
		"practice":   {"Die Module sind geschafft; jetzt folgt die Praxisphase.", "The modules are done; practice follows now."},
		"assessment": {"Die Praxisphase ist geschafft; jetzt folgt die Prüfung.", "Practice is done; the assessment follows now."},
		"qualified":  {"Alle Anforderungen sind erfüllt.", "Every requirement is met."},
		"certified":  {"Die Qualifizierung ist mit dem Zertifikat abgeschlossen.", "The enrolment is completed with the certificate."},
		"confirmed":  {"Die Qualifizierung endet mit der Teilnahmebescheinigung.", "The enrolment ends with the confirmation of attendance."},
		"withdrawn":  {"Damit ist die Teilnahme zurückgezogen.", "The enrolment is over on the trainee's side."},
		"failed":     {"Die Prüfung ist damit endgültig nicht bestanden.", "The assessment is failed for good."},
		"lapsed":     {"Die Qualifizierung ist damit verfallen.", "The enrolment has lapsed."},
		"rejected":   {"Die Bewerbung ist damit abgelehnt.", "The application is rejected."},
	},
	process.KindCohort: {
		"open":      {"Der Durchgang nimmt wieder Bewerbungen an.", "The cohort is open for applications again."},
		"short":     {"Die Mindestzahl ist nicht erreicht.", "The cohort is below its minimum."},
		"running":   {"Der Durchgang findet statt.", "The cohort takes place."},
		"finished":  {"Der Durchgang ist abgeschlossen.", "The cohort is finished."},
		"cancelled": {"Der Durchgang findet nicht statt.", "The cohort does not take place."},
		"merged":    {"Wer dabei war, wechselt in den anderen Durchgang.", "Its trainees go to the other cohort."},
	},
}

// A limit is what is said of a kind of deadline: what is expected, that it has passed, and what
// keeps it.
type limit struct {
	what, passed Words
	met          []process.Action
	reminds      bool // nothing was missed when it passes
}

var deadlines = map[string]limit{
	"triage":       {Words{"Erstbewertung", "triage"}, Words{"Die Frist für die Erstbewertung ist verstrichen.", "The deadline for the triage has passed."}, []process.Action{conflict.ActionTriage}, false},
	"watch":        {Words{"Ende der Beobachtung", "end of watching"}, Words{"Die Zeit der Beobachtung ist um: Das Signal ist neu zu bewerten.", "The time of watching is over: the signal is to be triaged again."}, []process.Action{conflict.ActionTriage}, true},
	"clearing":     {Words{"Clearing und Auftrag", "clearing and mandate"}, Words{"Die Frist für Clearing und Auftrag ist verstrichen.", "The deadline for clearing and mandate has passed."}, []process.Action{conflict.ActionDecideMandate}, false},
	"analysis":     {Words{"Analyse", "analysis"}, Words{"Die Frist für die Analyse ist verstrichen.", "The deadline for the analysis has passed."}, []process.Action{conflict.ActionPlanMediation, conflict.ActionProposeClosure}, false},
	"rescore":      {Words{"neue Einschätzung der Eskalation", "new score of the escalation"}, Words{"Die Eskalation ist nicht rechtzeitig neu eingeschätzt worden.", "The escalation was not scored again in time."}, []process.Action{conflict.ActionAssessEscalation, conflict.ActionRecordAnalysis}, false},
	"review":       {Words{"Zwischenbilanz der Bearbeitung", "review of the work"}, Words{"Die Zwischenbilanz der Bearbeitung ist nicht rechtzeitig gezogen worden.", "The review of the work is overdue."}, []process.Action{conflict.ActionRecordInterimResult, conflict.ActionProposeClosure}, false},
	"follow_up_3":  {Words{"Nachsorge nach 3 Monaten", "follow-up after 3 months"}, Words{"Die Nachsorge nach 3 Monaten ist nicht rechtzeitig erfolgt.", "The follow-up after 3 months is overdue."}, []process.Action{conflict.ActionRecordFollowUp}, false},
	"follow_up_6":  {Words{"Nachsorge nach 6 Monaten", "follow-up after 6 months"}, Words{"Die Nachsorge nach 6 Monaten ist nicht rechtzeitig erfolgt.", "The follow-up after 6 months is overdue."}, []process.Action{conflict.ActionRecordFollowUp}, false},
	"follow_up_12": {Words{"Nachsorge nach 12 Monaten", "follow-up after 12 months"}, Words{"Die Nachsorge nach 12 Monaten ist nicht rechtzeitig erfolgt.", "The follow-up after 12 months is overdue."}, []process.Action{conflict.ActionRecordFollowUp}, false},

	"release":         {Words{"Freistellung durch den Arbeitgeber", "release by the employer"}, Words{"Über die Freistellung ist nicht rechtzeitig entschieden worden.", "The release was not decided in time."}, []process.Action{training.ActionDecideRelease}, false},
	"application":     {Words{"Entscheidung über die Bewerbung", "decision on the application"}, Words{"Über die Bewerbung ist nicht rechtzeitig entschieden worden.", "The application was not decided in time."}, []process.Action{training.ActionDecideApplication}, false},
	"offer":           {Words{"Annahme des angebotenen Platzes", "accepting the seat on offer"}, Words{"Der angebotene Platz wurde nicht rechtzeitig angenommen und ist verfallen.", "The seat on offer was not accepted in time and is gone."}, []process.Action{training.ActionAcceptSeat, training.ActionDeclineSeat}, false},
	"make_up":         {Words{"Nachholen eines Moduls", "making up a module"}, Words{"Ein Modul wurde nicht rechtzeitig nachgeholt.", "A module was not made up in time."}, []process.Action{training.ActionSubmitMakeUp, training.ActionAttend}, false},
	"feedback":        {Words{"Rückmeldung der Trainer:innen", "feedback by the trainers"}, Words{"Eine Rückmeldung ist überfällig.", "Feedback is overdue."}, []process.Action{training.ActionReviewConcept, training.ActionReviewCaseReport}, false},
	"verdict":         {Words{"Urteil der Prüfer:innen", "verdict of the assessors"}, Words{"Ein Urteil der Prüfer:innen ist überfällig.", "A verdict of the assessors is overdue."}, []process.Action{training.ActionRecordVerdict}, false},
	"appeal":          {Words{"Widerspruch", "appeal"}, Words{"Die Frist für einen Widerspruch ist abgelaufen.", "The time to appeal is over."}, []process.Action{training.ActionAppeal}, true},
	"appeal_decision": {Words{"Entscheidung über den Widerspruch", "decision on the appeal"}, Words{"Die Entscheidung über den Widerspruch ist überfällig.", "The decision on the appeal is overdue."}, []process.Action{training.ActionDecideAppeal}, false},
	"resume":          {Words{"Ende der Ruhezeit", "end of the rest"}, Words{"Das geplante Ende der Ruhezeit ist erreicht.", "The planned end of the rest is reached."}, []process.Action{training.ActionResume}, true},
	"lapse_soon":      {Words{"Erinnerung an das Ende der Qualifizierung", "reminder of the end of the enrolment"}, Words{"Die Zeit für die Qualifizierung läuft bald ab.", "The time of the enrolment is over soon."}, []process.Action{training.ActionCertify}, true},
	"lapse":           {Words{"Ende der Qualifizierung", "end of the enrolment"}, Words{"Die Zeit für die Qualifizierung ist abgelaufen.", "The time of the enrolment is over."}, []process.Action{training.ActionCertify}, false},

	"closes": {Words{"Ende der Bewerbungsfrist", "end of the application window"}, Words{"Die Bewerbungsfrist ist abgelaufen.", "The application window is over."}, nil, true},
	"short":  {Words{"Absage oder Zusammenlegung", "cancelling or merging"}, Words{"Die Mindestzahl wurde auch in der Nachfrist nicht erreicht.", "The minimum was not reached in the time that was left."}, []process.Action{training.ActionCancelCohort, training.ActionMergeCohort, training.ActionJoin}, false},
	"remind": {Words{"Erinnerung an einen Termin", "reminder of a date"}, Words{"Ein Termin steht bevor.", "A date is coming up."}, nil, true},
	"sign":   {Words{"Unterschrift der Anwesenheitsliste", "signing the attendance list"}, Words{"Eine Anwesenheitsliste ist noch nicht unterschrieben.", "An attendance list is not signed yet."}, []process.Action{training.ActionSignList}, false},
}

// turns say what became of a deadline.
var turns = map[Turn]Words{
	Set:     {"gesetzt", "set"},
	Met:     {"eingehalten", "met"},
	Late:    {"verspätet erledigt", "done late"},
	Moved:   {"verschoben", "moved"},
	Dropped: {"entfallen", "no longer needed"},
	Missed:  {"versäumt", "missed"},
	Reached: {"erreicht", "reached"},
}

// Turned says what became of a deadline.
func Turned(t Turn) Words { return turns[t] }
