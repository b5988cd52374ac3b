package api

// A sentence says what happened in both languages. It names nobody: what it is about is read where the
// reader's rights are asked.
type sentence struct{ de, en string }

// sentences are the catalogue of what people are told, by the kinds of notices.
var sentences = map[string]sentence{
	// Enrolments.
	"release_wanted":      {"Eine Bewerbung wartet auf Ihre Freistellung.", "An application waits for your release."},
	"application_wanted":  {"Eine Bewerbung ist freigestellt und wartet auf die Zulassung.", "An application is released and waits for admission."},
	"rejected":            {"Eine Bewerbung wurde abgelehnt.", "An application was rejected."},
	"waiting":             {"Sie stehen auf der Warteliste.", "You are on the waiting list."},
	"seat_offered":        {"Ihnen wird ein Platz angeboten. Bitte nehmen Sie ihn rechtzeitig an.", "You are offered a seat. Please accept it in time."},
	"admitted":            {"Sie haben einen Platz.", "You have a seat."},
	"seat_lost":           {"Ein Platz ist weggefallen.", "A seat was lost."},
	"make_up_planned":     {"Für ein versäumtes Modul ist vereinbart, wie es nachgeholt wird.", "It is arranged how a missed module is made up."},
	"make_up_submitted":   {"Eine Ersatzleistung wurde eingereicht und wartet auf Rückmeldung.", "An assignment was handed in and waits for feedback."},
	"make_up_reviewed":    {"Zu Ihrer Ersatzleistung gibt es eine Rückmeldung.", "There is feedback on your assignment."},
	"concept_submitted":   {"Ein Konzept wurde eingereicht und wartet auf Rückmeldung.", "A concept was handed in and waits for feedback."},
	"concept_reviewed":    {"Zu Ihrem Konzept gibt es eine Rückmeldung.", "There is feedback on your concept."},
	"case_submitted":      {"Ein Fallbericht wurde eingereicht und wartet auf Rückmeldung.", "A case report was handed in and waits for feedback."},
	"case_reviewed":       {"Zu Ihrem Fallbericht gibt es eine Rückmeldung.", "There is feedback on your case report."},
	"assessors_appointed": {"Die Prüferinnen und Prüfer sind bestellt.", "The assessors are appointed."},
	"assessed":            {"Das Ergebnis einer Prüfung liegt vor.", "The result of an assessment is there."},
	"appealed":            {"Gegen ein Prüfungsergebnis wurde Widerspruch eingelegt.", "There is an appeal against the result of an assessment."},
	"appeal_decided":      {"Über Ihren Widerspruch ist entschieden.", "Your appeal is decided."},
	"qualified":           {"Alle Anforderungen sind erfüllt. Das Zertifikat kann ausgestellt werden.", "Every requirement is met. The certificate can be issued."},
	"certified":           {"Ein Zertifikat wurde ausgestellt.", "A certificate was issued."},
	"reissued":            {"Ein Zertifikat wurde neu ausgestellt.", "A certificate was issued anew."},
	"revoked":             {"Ein Zertifikat wurde widerrufen.", "A certificate was revoked."},
	"confirmed":           {"Eine Teilnahmebescheinigung wurde ausgestellt.", "A confirmation of attendance was issued."},
	"paused":              {"Eine Qualifizierung ruht.", "An enrolment rests."},
	"resumed":             {"Eine Qualifizierung wird fortgesetzt.", "An enrolment is resumed."},
	"withdrawn":           {"Eine Qualifizierung wurde beendet.", "An enrolment was withdrawn."},
	"failed":              {"Eine Prüfung ist endgültig nicht bestanden.", "An assessment is failed for good."},
	"lapsed":              {"Die Frist einer Qualifizierung ist abgelaufen.", "The time of an enrolment is over."},
	"curriculum_adopted":  {"Für Sie gilt jetzt eine andere Fassung des Curriculums.", "Another version of the curriculum holds for you now."},
	"employer_changed":    {"Der Arbeitgeber einer Qualifizierung hat gewechselt.", "The employer of an enrolment has changed."},

	"missed_release":         {"Über eine Freistellung ist nicht rechtzeitig entschieden worden.", "A release was not decided in time."},
	"missed_application":     {"Über eine Bewerbung ist nicht rechtzeitig entschieden worden.", "An application was not decided in time."},
	"missed_offer":           {"Ein angebotener Platz wurde nicht rechtzeitig angenommen.", "A seat on offer was not accepted in time."},
	"missed_make_up":         {"Ein Modul wurde nicht rechtzeitig nachgeholt.", "A module was not made up in time."},
	"missed_feedback":        {"Eine Rückmeldung ist überfällig.", "Feedback is overdue."},
	"missed_verdict":         {"Eine Bewertung ist überfällig.", "A verdict is overdue."},
	"missed_appeal":          {"Die Widerspruchsfrist ist abgelaufen.", "The time to appeal is over."},
	"missed_appeal_decision": {"Die Entscheidung über einen Widerspruch ist überfällig.", "The decision on an appeal is overdue."},
	"missed_resume":          {"Das Ende einer Ruhezeit ist erreicht.", "The end of a rest is reached."},
	"missed_lapse_soon":      {"Die Frist einer Qualifizierung läuft bald ab.", "The time of an enrolment is over soon."},
	"missed_lapse":           {"Die Frist einer Qualifizierung ist abgelaufen.", "The time of an enrolment is over."},

	// Cohorts.
	"date_added":       {"Ein Termin ist hinzugekommen.", "A date was added."},
	"date_rescheduled": {"Ein Termin wurde verlegt.", "A date was moved."},
	"date_cancelled":   {"Ein Termin fällt aus.", "A date is cancelled."},
	"date_soon":        {"Ein Termin steht bevor.", "A date is coming up."},
	"list_due":         {"Eine Anwesenheitsliste ist noch nicht unterschrieben.", "An attendance list is not signed yet."},
	"cohort_short":     {"Ein Durchgang erreicht seine Mindestzahl nicht.", "A cohort is below its minimum."},
	"cohort_cancelled": {"Ein Durchgang fällt aus.", "A cohort is cancelled."},
	"cohort_merged":    {"Ein Durchgang wurde mit einem anderen zusammengelegt.", "A cohort was merged into another one."},
	"cohort_finished":  {"Ein Durchgang ist abgeschlossen.", "A cohort is finished."},
}

// deadlineWords are the deadlines of an enrolment as its trainee's calendar shows them.
var deadlineWords = map[string]sentence{
	"release":         {"Frist: Freistellung durch den Arbeitgeber", "Due: release by the employer"},
	"application":     {"Frist: Entscheidung über die Bewerbung", "Due: decision on the application"},
	"offer":           {"Frist: angebotenen Platz annehmen", "Due: accept the seat on offer"},
	"make_up":         {"Frist: Modul nachholen", "Due: make up the module"},
	"feedback":        {"Frist: Rückmeldung", "Due: feedback"},
	"verdict":         {"Frist: Bewertung", "Due: verdict"},
	"appeal":          {"Frist: Widerspruch", "Due: appeal"},
	"appeal_decision": {"Frist: Entscheidung über den Widerspruch", "Due: decision on the appeal"},
	"resume":          {"Ende der Ruhezeit", "End of the rest"},
	"lapse_soon":      {"Die Frist der Qualifizierung läuft bald ab", "The time of the enrolment is over soon"},
	"lapse":           {"Frist: Ende der Qualifizierung", "Due: end of the enrolment"},
}

// sentenceFor is the sentence of a kind; of one that nobody wrote, that there is something.
func sentenceFor(kind string) sentence {
	if w, ok := sentences[kind]; ok {
		return w
	}
	return sentence{"Es gibt etwas Neues.", "There is something new."}
}
