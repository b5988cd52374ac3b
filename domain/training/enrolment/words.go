package enrolment

import (
	"koko/domain/file"
	"koko/domain/training"
)

// words are what people call the parts of an enrolment, and how they tell what happens to one.
var words = file.Dates(&file.Vocabulary{
	Fields: fieldWords, Values: valueWords, Phases: phaseWords,
	Tellings: tellings, Deadlines: deadlineWords, Notices: noticeWords, Told: told,
	Rules: ruleWords, Attempts: attempts, Reads: reads,
})

// phaseWords are where an enrolment stands, and what is said when it gets there.
var phaseWords = map[string]file.PhaseWords{
	"applied":    {Name: file.Label{DE: "Bewerbung", EN: "application"}, Arrival: file.Label{DE: "Die Bewerbung läuft.", EN: "The application is under way."}},
	"waiting":    {Name: file.Label{DE: "zugelassen, ohne Platz", EN: "admitted, without a seat"}, Arrival: file.Label{DE: "Jetzt fehlt noch ein Platz in einem Durchgang.", EN: "Now only a seat in a cohort is missing."}},
	"modules":    {Name: file.Label{DE: "Module", EN: "modules"}, Arrival: file.Label{DE: "Jetzt folgen die Module.", EN: "The modules follow now."}},
	"practice":   {Name: file.Label{DE: "Praxisphase", EN: "practice"}, Arrival: file.Label{DE: "Die Module sind geschafft; jetzt folgt die Praxisphase.", EN: "The modules are done; practice follows now."}},
	"assessment": {Name: file.Label{DE: "Prüfung", EN: "assessment"}, Arrival: file.Label{DE: "Die Praxisphase ist geschafft; jetzt folgt die Prüfung.", EN: "Practice is done; the assessment follows now."}},
	"qualified":  {Name: file.Label{DE: "alle Anforderungen erfüllt", EN: "every requirement met"}, Arrival: file.Label{DE: "Alle Anforderungen sind erfüllt.", EN: "Every requirement is met."}},
	"certified":  {Name: file.Label{DE: "zertifiziert", EN: "certified"}, Arrival: file.Label{DE: "Die Qualifizierung ist mit dem Zertifikat abgeschlossen.", EN: "The enrolment is completed with the certificate."}},
	"confirmed":  {Name: file.Label{DE: "mit Teilnahmebescheinigung beendet", EN: "ended with a confirmation of attendance"}, Arrival: file.Label{DE: "Die Qualifizierung endet mit der Teilnahmebescheinigung.", EN: "The enrolment ends with the confirmation of attendance."}},
	"withdrawn":  {Name: file.Label{DE: "zurückgezogen", EN: "withdrawn"}, Arrival: file.Label{DE: "Damit ist die Teilnahme zurückgezogen.", EN: "The enrolment is over on the trainee's side."}},
	"failed":     {Name: file.Label{DE: "nicht bestanden", EN: "failed"}, Arrival: file.Label{DE: "Die Prüfung ist damit endgültig nicht bestanden.", EN: "The assessment is failed for good."}},
	"lapsed":     {Name: file.Label{DE: "verfallen", EN: "lapsed"}, Arrival: file.Label{DE: "Die Qualifizierung ist damit verfallen.", EN: "The enrolment has lapsed."}},
	"rejected":   {Name: file.Label{DE: "abgelehnt", EN: "rejected"}, Arrival: file.Label{DE: "Die Bewerbung ist damit abgelehnt.", EN: "The application is rejected."}},
}

// deadlineWords are what is expected of an enrolment.
var deadlineWords = map[string]file.DeadlineWords{
	"release": {
		What:   file.Label{DE: "Freistellung durch den Arbeitgeber", EN: "release by the employer"},
		Entry:  file.Label{DE: "Frist: Freistellung durch den Arbeitgeber", EN: "Due: release by the employer"},
		Passed: file.Label{DE: "Über die Freistellung ist nicht rechtzeitig entschieden worden.", EN: "The release was not decided in time."},
		Met:    []file.Action{ActionDecideRelease},
	},
	"application": {
		What:   file.Label{DE: "Entscheidung über die Bewerbung", EN: "decision on the application"},
		Entry:  file.Label{DE: "Frist: Entscheidung über die Bewerbung", EN: "Due: decision on the application"},
		Passed: file.Label{DE: "Über die Bewerbung ist nicht rechtzeitig entschieden worden.", EN: "The application was not decided in time."},
		Met:    []file.Action{ActionDecideApplication},
	},
	"offer": {
		What:   file.Label{DE: "Annahme des angebotenen Platzes", EN: "accepting the seat on offer"},
		Entry:  file.Label{DE: "Frist: angebotenen Platz annehmen", EN: "Due: accept the seat on offer"},
		Passed: file.Label{DE: "Der angebotene Platz wurde nicht rechtzeitig angenommen und ist verfallen.", EN: "The seat on offer was not accepted in time and is gone."},
		Met:    []file.Action{ActionAcceptSeat, ActionDeclineSeat},
	},
	"make_up": {
		What:   file.Label{DE: "Nachholen eines Moduls", EN: "making up a module"},
		Entry:  file.Label{DE: "Frist: Modul nachholen", EN: "Due: make up the module"},
		Passed: file.Label{DE: "Ein Modul wurde nicht rechtzeitig nachgeholt.", EN: "A module was not made up in time."},
		Met:    []file.Action{ActionSubmitMakeUp, training.ActionAttend},
	},
	"feedback": {
		What:   file.Label{DE: "Rückmeldung der Trainer:innen", EN: "feedback by the trainers"},
		Entry:  file.Label{DE: "Frist: Rückmeldung", EN: "Due: feedback"},
		Passed: file.Label{DE: "Eine Rückmeldung ist überfällig.", EN: "Feedback is overdue."},
		Met:    []file.Action{ActionReviewConcept, ActionReviewCaseReport},
	},
	"verdict": {
		What:   file.Label{DE: "Urteil der Prüfer:innen", EN: "verdict of the assessors"},
		Entry:  file.Label{DE: "Frist: Bewertung", EN: "Due: verdict"},
		Passed: file.Label{DE: "Ein Urteil der Prüfer:innen ist überfällig.", EN: "A verdict of the assessors is overdue."},
		Met:    []file.Action{ActionRecordVerdict},
	},
	"appeal": {
		What:    file.Label{DE: "Widerspruch", EN: "appeal"},
		Entry:   file.Label{DE: "Frist: Widerspruch", EN: "Due: appeal"},
		Passed:  file.Label{DE: "Die Frist für einen Widerspruch ist abgelaufen.", EN: "The time to appeal is over."},
		Met:     []file.Action{ActionAppeal},
		Reminds: true,
	},
	"appeal_decision": {
		What:   file.Label{DE: "Entscheidung über den Widerspruch", EN: "decision on the appeal"},
		Entry:  file.Label{DE: "Frist: Entscheidung über den Widerspruch", EN: "Due: decision on the appeal"},
		Passed: file.Label{DE: "Die Entscheidung über den Widerspruch ist überfällig.", EN: "The decision on the appeal is overdue."},
		Met:    []file.Action{ActionDecideAppeal},
	},
	"resume": {
		What:    file.Label{DE: "Ende der Ruhezeit", EN: "end of the rest"},
		Entry:   file.Label{DE: "Ende der Ruhezeit", EN: "End of the rest"},
		Passed:  file.Label{DE: "Das geplante Ende der Ruhezeit ist erreicht.", EN: "The planned end of the rest is reached."},
		Met:     []file.Action{ActionResume},
		Reminds: true,
	},
	"lapse_soon": {
		What:    file.Label{DE: "Erinnerung an das Ende der Qualifizierung", EN: "reminder of the end of the enrolment"},
		Entry:   file.Label{DE: "Die Frist der Qualifizierung läuft bald ab", EN: "The time of the enrolment is over soon"},
		Passed:  file.Label{DE: "Die Zeit für die Qualifizierung läuft bald ab.", EN: "The time of the enrolment is over soon."},
		Met:     []file.Action{ActionCertify},
		Reminds: true,
	},
	"lapse": {
		What:   file.Label{DE: "Ende der Qualifizierung", EN: "end of the enrolment"},
		Entry:  file.Label{DE: "Frist: Ende der Qualifizierung", EN: "Due: end of the enrolment"},
		Passed: file.Label{DE: "Die Zeit für die Qualifizierung ist abgelaufen.", EN: "The time of the enrolment is over."},
		Met:    []file.Action{ActionCertify},
	},
}

// noticeWords are what people are notified of, as the end of a sentence.
var noticeWords = map[string]file.Label{
	"release_wanted":         {DE: "eine Bewerbung wartet auf die Freistellung", EN: "an application waits for the release"},
	"application_wanted":     {DE: "eine Bewerbung wartet auf die Zulassung", EN: "an application waits for admission"},
	"rejected":               {DE: "die Bewerbung ist abgelehnt", EN: "the application is rejected"},
	"waiting":                {DE: "die Bewerbung steht auf der Warteliste", EN: "the application is on the waiting list"},
	"seat_offered":           {DE: "ein Platz ist angeboten", EN: "a seat is on offer"},
	"admitted":               {DE: "ein Platz ist vergeben", EN: "a seat is given"},
	"seat_lost":              {DE: "ein Platz ist weggefallen", EN: "a seat was lost"},
	"make_up_planned":        {DE: "es ist vereinbart, wie ein Modul nachgeholt wird", EN: "it is arranged how a module is made up"},
	"make_up_submitted":      {DE: "eine Ersatzleistung wartet auf Rückmeldung", EN: "an assignment waits for feedback"},
	"make_up_reviewed":       {DE: "zur Ersatzleistung gibt es eine Rückmeldung", EN: "there is feedback on the assignment"},
	"concept_submitted":      {DE: "ein Konzept wartet auf Rückmeldung", EN: "a concept waits for feedback"},
	"concept_reviewed":       {DE: "zum Konzept gibt es eine Rückmeldung", EN: "there is feedback on the concept"},
	"case_submitted":         {DE: "ein Fallbericht wartet auf Rückmeldung", EN: "a case report waits for feedback"},
	"case_reviewed":          {DE: "zum Fallbericht gibt es eine Rückmeldung", EN: "there is feedback on the case report"},
	"assessors_appointed":    {DE: "die Prüfer:innen sind benannt", EN: "the assessors are appointed"},
	"assessed":               {DE: "das Ergebnis der Prüfung liegt vor", EN: "the result of the assessment is there"},
	"appealed":               {DE: "es gibt einen Widerspruch gegen das Prüfungsergebnis", EN: "there is an appeal against the result of the assessment"},
	"appeal_decided":         {DE: "über den Widerspruch ist entschieden", EN: "the appeal is decided"},
	"qualified":              {DE: "das Zertifikat kann ausgestellt werden", EN: "the certificate can be issued"},
	"certified":              {DE: "ein Zertifikat ist ausgestellt", EN: "a certificate is issued"},
	"reissued":               {DE: "ein Zertifikat ist neu ausgestellt", EN: "a certificate is issued anew"},
	"revoked":                {DE: "ein Zertifikat ist widerrufen", EN: "a certificate is revoked"},
	"confirmed":              {DE: "eine Teilnahmebescheinigung ist ausgestellt", EN: "a confirmation of attendance is issued"},
	"paused":                 {DE: "die Qualifizierung ruht", EN: "the enrolment rests"},
	"resumed":                {DE: "die Qualifizierung wird fortgesetzt", EN: "the enrolment is resumed"},
	"withdrawn":              {DE: "die Teilnahme ist zurückgezogen", EN: "the enrolment is withdrawn"},
	"failed":                 {DE: "die Prüfung ist endgültig nicht bestanden", EN: "the assessment is failed for good"},
	"lapsed":                 {DE: "die Qualifizierung ist verfallen", EN: "the enrolment has lapsed"},
	"curriculum_adopted":     {DE: "es gilt eine andere Fassung des Curriculums", EN: "another version of the curriculum holds"},
	"employer_changed":       {DE: "der Arbeitgeber hat gewechselt", EN: "the employer has changed"},
	"missed_release":         {DE: "die Entscheidung über die Freistellung ist überfällig", EN: "the decision on the release is overdue"},
	"missed_application":     {DE: "die Entscheidung über die Bewerbung ist überfällig", EN: "the decision on the application is overdue"},
	"missed_offer":           {DE: "der angebotene Platz wurde nicht rechtzeitig angenommen", EN: "the seat on offer was not accepted in time"},
	"missed_make_up":         {DE: "ein Modul wurde nicht rechtzeitig nachgeholt", EN: "a module was not made up in time"},
	"missed_feedback":        {DE: "eine Rückmeldung ist überfällig", EN: "feedback is overdue"},
	"missed_verdict":         {DE: "ein Urteil ist überfällig", EN: "a verdict is overdue"},
	"missed_appeal":          {DE: "die Widerspruchsfrist ist abgelaufen", EN: "the time to appeal is over"},
	"missed_appeal_decision": {DE: "die Entscheidung über den Widerspruch ist überfällig", EN: "the decision on the appeal is overdue"},
	"missed_resume":          {DE: "das Ende der Ruhezeit ist erreicht", EN: "the end of the rest is reached"},
	"missed_lapse_soon":      {DE: "die Zeit für die Qualifizierung läuft bald ab", EN: "the time of the enrolment is over soon"},
	"missed_lapse":           {DE: "die Zeit für die Qualifizierung ist abgelaufen", EN: "the time of the enrolment is over"},
}
