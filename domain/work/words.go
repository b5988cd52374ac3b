package work

import "koko/domain/file"

// words are what people call the parts of a working file, and how they tell what happens in one.
var words = file.Dates(&file.Vocabulary{
	Fields: fieldWords, Values: valueWords, Phases: phaseWords,
	Tellings:  tellings,
	Veiled:    file.Label{DE: "In der Arbeitsakte ist etwas Vertrauliches geschehen.", EN: "Something confidential happened in the working file."},
	Deadlines: deadlineWords, Notices: noticeWords, Told: toldWords,
	Rules: ruleWords, Attempts: attempts, Reads: reads,
})

// phaseWords are where the work stands, and what is said when it gets there.
var phaseWords = map[string]file.PhaseWords{
	"handed":      {Name: file.Label{DE: "angelegt", EN: "handed over"}, Arrival: file.Label{DE: "Die Arbeitsakte ist angelegt.", EN: "The working file has been set up."}},
	"preparation": {Name: file.Label{DE: "Vorbereitung", EN: "preparation"}, Arrival: file.Label{DE: "Die Vorbereitung beginnt.", EN: "The preparation begins."}},
	"running":     {Name: file.Label{DE: "laufend", EN: "under way"}, Arrival: file.Label{DE: "Die Bearbeitung läuft.", EN: "The work is under way."}},
	"resting":     {Name: file.Label{DE: "ruhend", EN: "resting"}, Arrival: file.Label{DE: "Die Bearbeitung ruht.", EN: "The work rests."}},
	"ended":       {Name: file.Label{DE: "beendet", EN: "ended"}, Arrival: file.Label{DE: "Die Bearbeitung ist beendet.", EN: "The work has ended."}},
	"declined":    {Name: file.Label{DE: "abgelehnt", EN: "declined"}, Arrival: file.Label{DE: "Der Fall ist neu zu vergeben.", EN: "The case is to be handed over anew."}},
	"withdrawn":   {Name: file.Label{DE: "zurückgenommen", EN: "withdrawn"}, Arrival: file.Label{DE: "Hier ist nichts mehr zu tun.", EN: "Nothing remains to be done here."}},
	"expired":     {Name: file.Label{DE: "erloschen", EN: "expired"}, Arrival: file.Label{DE: "Alles, was hier geschrieben wurde, ist vernichtet.", EN: "Everything that was written here has been destroyed."}},
}

// deadlineWords are what is expected of the work.
var deadlineWords = map[string]file.DeadlineWords{
	"acceptance": {
		What:   file.Label{DE: "Übernahme der Bearbeitung", EN: "taking up the work"},
		Passed: file.Label{DE: "Wer um die Bearbeitung gebeten war und nicht geantwortet hat, kann sie nicht mehr übernehmen.", EN: "Whoever was asked for the work and has not answered cannot take it up any more."},
		Met:    []Action{ActionAccept, ActionDecline},
	},
	"conditions": {
		What:   file.Label{DE: "Bestätigung der Bedingungen", EN: "confirmation of the conditions"},
		Passed: file.Label{DE: "Die Frist für die Bestätigung der Bedingungen ist verstrichen.", EN: "The deadline for confirming the conditions has passed."},
		Met:    []Action{ActionConfirmConditions, ActionEnd},
	},
	"review": {
		What:   file.Label{DE: "Zwischenbilanz der Bearbeitung", EN: "review of the work"},
		Passed: file.Label{DE: "Die Zwischenbilanz der Bearbeitung ist überfällig.", EN: "The review of the work is overdue."},
		Met:    []Action{ActionAnswerReview, ActionEnd},
	},
	"clause": {
		What:   file.Label{DE: "Erfüllung eines Punkts der Vereinbarung", EN: "fulfilment of a clause"},
		Passed: file.Label{DE: "Ein Punkt der Vereinbarung ist nicht rechtzeitig erfüllt worden.", EN: "A clause was not fulfilled in time."},
		Met:    []Action{ActionFulfil},
	},
	"admission": {
		What:    file.Label{DE: "Ende einer Zulassung zur Akte", EN: "end of an admission to the file"},
		Passed:  file.Label{DE: "Eine Zulassung zur Akte ist abgelaufen.", EN: "An admission to the file has run out."},
		Met:     []Action{ActionEndAdmission},
		Reminds: true,
	},
	"entries": {
		What:    file.Label{DE: "letzte Möglichkeit, Sitzungen und Notizen nachzutragen", EN: "last chance to enter sessions and notes"},
		Passed:  file.Label{DE: "Sitzungen und Notizen können nicht mehr nachgetragen werden.", EN: "Sessions and notes cannot be entered any more."},
		Reminds: true,
	},
	"work_notes_kept": {
		What:    file.Label{DE: "Vernichtung der Aufzeichnungen", EN: "destruction of the notes"},
		Passed:  file.Label{DE: "Die Aufbewahrungsfrist der Aufzeichnungen ist abgelaufen: Was zu Sitzungen und sonst notiert wurde, ist unwiderruflich vernichtet.", EN: "The time is over for which notes are kept: whatever was noted of sessions and otherwise has been destroyed for good."},
		Reminds: true,
	},
	"work_agreement_kept": {
		What:    file.Label{DE: "Vernichtung der Vereinbarung", EN: "destruction of the agreement"},
		Passed:  file.Label{DE: "Die Aufbewahrungsfrist der Vereinbarung ist abgelaufen: Ihr Wortlaut und alles, was zu Offenlegungen geschrieben wurde, sind unwiderruflich vernichtet.", EN: "The time is over for which the agreement is kept: its words, and all that was written about disclosures, have been destroyed for good."},
		Reminds: true,
	},
}
