package story

import "strings"

// attempts are what somebody tried or did, as the infinitive of a sentence: commands and ways to read.
var attempts = map[string]Words{
	"report_signal": {"ein Signal zu melden", "to report a signal"}, "triage": {"das Signal zu bewerten", "to triage the signal"}, "record_clearing": {"das Clearing festzuhalten", "to record the clearing"},
	"decide_mandate": {"über den Auftrag zu entscheiden", "to decide on the mandate"}, "record_analysis": {"die Analyse festzuhalten", "to record the analysis"}, "review_analysis": {"die Analyse zu prüfen", "to review the analysis"},
	"assess_escalation": {"die Eskalation einzuschätzen", "to score the escalation"}, "plan_mediation": {"die Bearbeitung zu planen", "to plan the work on the conflict"}, "confirm_conditions": {"die Bedingungen zu bestätigen", "to confirm the conditions"},
	"record_session": {"eine Sitzung festzuhalten", "to record a session"}, "record_interim_result": {"ein Zwischenergebnis festzuhalten", "to record an interim result"}, "propose_closure": {"den Abschluss vorzuschlagen", "to propose the closure"},
	"sign_off": {"den Abschluss freizugeben", "to sign the closure off"}, "record_follow_up": {"die Nachsorge festzuhalten", "to record a follow-up"}, "reopen": {"den Fall wieder aufzunehmen", "to reopen the case"},
	"assign": {"den Fall zuzuweisen", "to assign the case"}, "add_note": {"eine Notiz anzufügen", "to add a note"}, "attach_document": {"ein Dokument anzufügen", "to attach a document"}, "deadline_passed": {"eine Frist verstreichen zu lassen", "to let a deadline pass"},

	"apply": {"sich zu bewerben", "to apply"}, "decide_release": {"über die Freistellung zu entscheiden", "to decide on the release"}, "decide_application": {"über die Zulassung zu entscheiden", "to decide on the admission"},
	"accept_seat": {"den Platz anzunehmen", "to accept the seat"}, "decline_seat": {"den Platz abzulehnen", "to decline the seat"}, "plan_make_up": {"das Nachholen eines Moduls zu planen", "to plan how a module is made up"},
	"submit_make_up": {"eine Ersatzleistung einzureichen", "to hand in an assignment"}, "review_make_up": {"eine Ersatzleistung zu bewerten", "to review an assignment"}, "submit_concept": {"das Konzept einzureichen", "to hand in the concept"},
	"review_concept": {"das Konzept zu bewerten", "to review the concept"}, "submit_case_report": {"einen Fallbericht einzureichen", "to hand in a case report"}, "review_case_report": {"einen Fallbericht zu bewerten", "to review a case report"},
	"record_supervision": {"eine Supervision festzuhalten", "to record a supervision session"}, "appoint_assessors": {"Prüfer:innen zu benennen", "to appoint assessors"}, "record_verdict": {"ein Urteil abzugeben", "to give a verdict"},
	"appeal": {"Widerspruch einzulegen", "to appeal"}, "decide_appeal": {"über den Widerspruch zu entscheiden", "to decide on the appeal"}, "certify": {"das Zertifikat auszustellen", "to issue the certificate"},
	"confirm_attendance": {"die Teilnahme zu bescheinigen", "to confirm attendance"}, "reissue_certificate": {"das Zertifikat neu auszustellen", "to issue the certificate anew"}, "revoke_certificate": {"ein Zertifikat zu widerrufen", "to revoke a certificate"},
	"pause": {"die Qualifizierung ruhen zu lassen", "to have the enrolment rest"}, "resume": {"die Qualifizierung fortzusetzen", "to resume the enrolment"}, "withdraw": {"die Qualifizierung zu beenden", "to withdraw the enrolment"},
	"transfer": {"in einen anderen Durchgang zu wechseln", "to transfer to another cohort"}, "change_employer": {"den Arbeitgeber zu ändern", "to change the employer"}, "adopt_curriculum": {"eine andere Fassung des Curriculums zu übernehmen", "to adopt another version of the curriculum"},
	"offer_seat": {"einen Platz anzubieten", "to offer a seat"}, "queue": {"auf die Warteliste zu setzen", "to put on the waiting list"}, "lose_seat": {"einen Platz zu entziehen", "to take a seat away"}, "attend": {"eine Anwesenheit zu übernehmen", "to take attendance over"},

	"plan_cohort": {"einen Durchgang zu planen", "to plan a cohort"}, "staff_cohort": {"Trainer:innen und Prüfer:innen zu benennen", "to name trainers and assessors"}, "amend_cohort": {"die Zahlen des Durchgangs zu ändern", "to change the numbers of the cohort"},
	"add_date": {"einen Termin anzulegen", "to add a date"}, "reschedule_date": {"einen Termin zu verlegen", "to move a date"}, "cancel_date": {"einen Termin abzusagen", "to cancel a date"}, "sign_list": {"eine Anwesenheitsliste zu unterschreiben", "to sign an attendance list"},
	"cancel_cohort": {"den Durchgang abzusagen", "to cancel the cohort"}, "merge_cohort": {"den Durchgang zusammenzulegen", "to merge the cohort"}, "join": {"sich um einen Platz anzustellen", "to join the line for a seat"},
	"take_seat": {"einen Platz zu belegen", "to take a seat"}, "leave": {"einen Platz zurückzugeben", "to give a seat back"}, "visit": {"ein Modul als Gast zu besuchen", "to visit a module"},

	"read_case": {"den Fall zu lesen", "to read the case"}, "read_facts": {"die Eckdaten des Falls zu lesen", "to read the facts of the case"}, "read_signal": {"das Signal zu lesen", "to read the signal"}, "read_file": {"die Fallakte zu lesen", "to read the case file"},
	"read_identities": {"die Identitäten zu lesen", "to read the identities"}, "read_mediation": {"die Mediationsakte zu lesen", "to read the mediation file"}, "read_history": {"die Geschichte des Falls zu lesen", "to read the history of the case"},
	"read_grants": {"die Berechtigungen zu lesen", "to read the grants"}, "give_grant": {"eine Berechtigung zu geben", "to give a grant"}, "end_grant": {"eine Berechtigung zu beenden", "to end a grant"},
	"read_enrolment": {"die Teilnahme zu lesen", "to read the enrolment"}, "read_progress": {"den Leistungsstand zu lesen", "to read the progress"}, "read_training_file": {"die Qualifizierungsakte zu lesen", "to read the training file"},
	"read_assessment_file": {"die Prüfungsakte zu lesen", "to read the assessment file"}, "read_certificate": {"das Zertifikat zu lesen", "to read the certificate"}, "read_cohort": {"den Durchgang zu lesen", "to read the cohort"},
	"read_participants": {"die Teilnehmerliste zu lesen", "to read the list of participants"}, "read_training_history": {"die Geschichte zu lesen", "to read the history"}, "read_training_statistics": {"die Statistik der Qualifizierung zu lesen", "to read the statistics of the training"},
	"publish_curriculum": {"ein Curriculum zu veröffentlichen", "to publish a curriculum"},

	"explain_authorization": {"sich Rechte erklären zu lassen", "to have rights explained"}, "explain_grants": {"sich Berechtigungen erklären zu lassen", "to have grants explained"},
	"read_access": {"zu lesen, wer Zugriff hatte", "to read who had access"}, "read_access_log": {"das Zugriffsprotokoll zu lesen", "to read the access log"},
	"read_ledger": {"den Stand des Prüfprotokolls zu lesen", "to read how the log of the audit stands"}, "sign_checkpoint": {"einen Prüfpunkt zu setzen", "to have a checkpoint signed"},
	"request_erasure": {"die Löschung eines Dokuments zu beantragen", "to ask for a document to be erased"}, "request_unseen_erasure": {"die Löschung eines Dokuments ungesehen zu beantragen", "to ask for a document to be erased unseen"},
	"approve_erasure": {"die Löschung eines Dokuments freizugeben", "to approve the erasure of a document"}, "read_erasures": {"die Löschanträge zu lesen", "to read the requests to erase"},
	"export_sealed":    {"die versiegelte Fallakte zu erzeugen", "to export the sealed case file"},
	"read_differences": {"die Abweichungen zu lesen", "to read the differences"}, "propose_repair": {"eine Reparatur vorzuschlagen", "to propose a repair"}, "approve_repair": {"eine Reparatur freizugeben", "to approve a repair"},
}

// reads are what was read, as a sentence.
var reads = map[string]Words{
	"read_case": {"Der Fall wurde gelesen.", "The case was read."}, "read_facts": {"Die Eckdaten des Falls wurden gelesen.", "The facts of the case were read."}, "read_signal": {"Das Signal wurde gelesen.", "The signal was read."},
	"read_file": {"Die Fallakte wurde gelesen.", "The case file was read."}, "read_identities": {"Die Identitäten wurden gelesen.", "The identities were read."}, "read_mediation": {"Die Mediationsakte wurde gelesen.", "The mediation file was read."},
	"read_history": {"Die Geschichte des Falls wurde gelesen.", "The history of the case was read."}, "read_grants": {"Die Berechtigungen wurden gelesen.", "The grants were read."},
	"read_enrolment": {"Die Teilnahme wurde gelesen.", "The enrolment was read."}, "read_progress": {"Der Leistungsstand wurde gelesen.", "The progress was read."}, "read_training_file": {"Die Qualifizierungsakte wurde gelesen.", "The training file was read."},
	"read_assessment_file": {"Die Prüfungsakte wurde gelesen.", "The assessment file was read."}, "read_certificate": {"Eine Bescheinigung wurde abgerufen.", "A certificate was fetched."}, "read_cohort": {"Der Durchgang wurde gelesen.", "The cohort was read."},
	"read_participants": {"Die Teilnehmerliste wurde gelesen.", "The list of participants was read."}, "read_training_history": {"Die Geschichte wurde gelesen.", "The history was read."}, "read_training_statistics": {"Die Statistik der Qualifizierung wurde gelesen.", "The statistics of the training were read."},
	"explain_authorization": {"Rechte wurden erklärt.", "Rights were explained."}, "explain_grants": {"Berechtigungen wurden erklärt.", "Grants were explained."},
	"read_access": {"Es wurde gelesen, wer Zugriff hatte.", "It was read who had access."}, "read_access_log": {"Das Zugriffsprotokoll wurde gelesen.", "The access log was read."},
	"read_ledger":      {"Der Stand des Prüfprotokolls wurde gelesen.", "It was read how the log of the audit stands."},
	"read_differences": {"Die Abweichungen wurden gelesen.", "The differences were read."},
	"read_erasures":    {"Die Löschanträge wurden gelesen.", "The requests to erase were read."}, "export_sealed": {"Die versiegelte Fallakte wurde erzeugt und ausgegeben.", "The sealed case file was exported and handed out."},
}

// erasures are what became of the erasure of a document.
var erasures = map[string]Words{
	"request_erasure": {"Die Löschung eines Dokuments wurde beantragt.", "It was asked to erase a document."},
	"approve_erasure": {"Ein Dokument wurde gelöscht: Eine zweite Person hat die Löschung freigegeben.", "A document was erased: a second person approved it."},
	"reject_erasure":  {"Die Löschung eines Dokuments wurde abgelehnt.", "The erasure of a document was rejected."},
}

// ofAnyDocument is an act on an erasure, whatever the document belongs to.
func ofAnyDocument(action string) string {
	return strings.Replace(action, "_mediation_erasure", "_erasure", 1)
}

// Erased tells what became of the erasure of a document, and on which ground.
func Erased(action, reason string) Words {
	w := erasures[ofAnyDocument(action)]
	if why := values["erasure_reason"][reason]; why.DE != "" {
		return w.and(Words{"Grund: " + why.DE + ".", "Ground: " + why.EN + "."})
	}
	return w
}

// grants are what became of a grant.
var grants = map[string]Words{
	"give_grant": {"Eine Berechtigung in dieser Kommune wurde gegeben", "A grant in this municipality was given"},
	"end_grant":  {"Eine Berechtigung in dieser Kommune wurde beendet", "A grant in this municipality was ended"},
}

// repairs are what became of the repair of a difference between history, record and audit.
var repairs = map[string]Words{
	"propose_repair":   {"Eine Reparatur wurde vorgeschlagen: Etwas steht nicht so da, wie es entschieden wurde.", "A repair was proposed: something is not as it was decided."},
	"approve_repair":   {"Eine zweite Person hat eine Reparatur freigegeben.", "A second person approved a repair."},
	"reject_repair":    {"Eine Reparatur wurde abgelehnt.", "A repair was rejected."},
	"restore_record":   {"Der Datensatz wurde aus dem Protokoll wiederhergestellt.", "The record was restored from the audit."},
	"restore_entry":    {"Ein Eintrag des Protokolls wurde aus der Geschichte wiederhergestellt.", "An entry of the audit was restored from the history."},
	"catch_up":         {"Der Prozess hat übernommen, was festgehalten ist.", "The workflow adopted what is recorded."},
	"restart_workflow": {"Der Prozess wurde aus dem festgehaltenen Stand neu begonnen.", "The workflow was begun anew from what is recorded."},
	"rebuild":          {"Datensatz und Protokoll wurden aus der Geschichte wiederhergestellt.", "Record and audit were restored from the history."},
}

// unrepaired are the outcomes of a repair that changed nothing.
var unrepaired = map[string]Words{
	"refused": {"Nichts wurde geschrieben: Es ist nicht belegt, dass es so dort stand.", "Nothing was written: nothing proves that it stood there."},
	"failed":  {"Die Abweichung besteht weiter.", "The difference is still there."},
}

// Repaired tells what became of a repair.
func Repaired(action, outcome string) Words {
	if w, ok := unrepaired[outcome]; ok {
		return Words{"Eine Reparatur wurde versucht. " + w.DE, "A repair was tried. " + w.EN}
	}
	return repairs[action]
}

// Refused tells that somebody was refused something by a rule.
func Refused(action, rule string) Words {
	try, why := attempts[ofAnyDocument(action)], Rule(rule)
	if try.DE == "" {
		try = Words{"das zu tun", "to do this"}
	}
	return Words{
		"Der Versuch, " + try.DE + ", wurde abgelehnt. " + why.DE,
		"An attempt " + try.EN + " was refused. " + why.EN,
	}
}

// Rule says what a rule of a refusal asks for.
func Rule(name string) Words {
	if w, ok := rules[name]; ok {
		return w
	}
	return Words{"Eine Regel ließ es nicht zu.", "A rule did not allow it."}
}

// Read tells that somebody read something, and why, if a reason was given.
func Read(action, reason string) Words {
	w, ok := reads[action]
	if !ok {
		w = Words{"Die Akte wurde gelesen.", "The file was read."}
	}
	if why := Reason(reason); why.DE != "" {
		return w.and(Words{"Zugriffsgrund: " + why.DE + ".", "Reason: " + why.EN + "."})
	}
	return w
}

// Granted tells that a role was given or ended.
func Granted(action, role string) Words {
	w, of := grants[action], Role(role)
	if of.DE == "" {
		return Words{w.DE + ".", w.EN + "."}
	}
	return Words{w.DE + ": " + of.DE + ".", w.EN + ": " + of.EN + "."}
}
