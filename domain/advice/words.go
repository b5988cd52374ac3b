package advice

import "koko/domain/file"

// words are what people call the parts of an advice, and how they tell what happens to one.
var words = file.Dates(&file.Vocabulary{
	Fields: fieldWords, Values: valueWords, Phases: phaseWords,
	Tellings:  tellings,
	Veiled:    file.Label{DE: "In der Beratung ist etwas Vertrauliches geschehen.", EN: "Something confidential happened in the advice."},
	Deadlines: deadlineWords, Notices: noticeWords, Told: told,
	Rules: ruleWords, Attempts: attempts, Reads: reads,
})

// phaseWords are where an advice stands, and what is said when it gets there.
var phaseWords = map[string]file.PhaseWords{
	"eingegangen":     {Name: file.Label{DE: "eingegangen", EN: "received"}, Arrival: file.Label{DE: "Die Anfrage ist eingegangen.", EN: "The request has been received."}},
	"geklaert":        {Name: file.Label{DE: "geklärt", EN: "clarified"}, Arrival: file.Label{DE: "Der Auftrag ist geklärt; nun wird die Vereinbarung vorbereitet.", EN: "The task is clear; the agreement is being prepared."}},
	"vereinbart":      {Name: file.Label{DE: "vereinbart", EN: "agreed"}, Arrival: file.Label{DE: "Die Vereinbarung gilt.", EN: "The agreement holds."}},
	"laufend":         {Name: file.Label{DE: "laufend", EN: "under way"}, Arrival: file.Label{DE: "Die Beratung läuft.", EN: "The advice is under way."}},
	"ruht":            {Name: file.Label{DE: "ruhend", EN: "resting"}, Arrival: file.Label{DE: "Bis auf Weiteres finden keine Treffen statt.", EN: "There are no meetings for the time being."}},
	"abgeschlossen":   {Name: file.Label{DE: "abgeschlossen", EN: "closed"}, Arrival: file.Label{DE: "In drei Monaten wird nachgefragt, ob das Erreichte trägt.", EN: "In three months somebody asks whether the result holds."}},
	"abgebrochen":     {Name: file.Label{DE: "abgebrochen", EN: "broken off"}, Arrival: file.Label{DE: "In drei Monaten wird nachgefragt, wie es weiterging.", EN: "In three months somebody asks how it went on."}},
	"nachgefragt":     {Name: file.Label{DE: "nachgefragt", EN: "followed up"}, Arrival: file.Label{DE: "Damit ist nichts mehr zu tun.", EN: "Nothing remains to be done."}},
	"abgelehnt":       {Name: file.Label{DE: "abgelehnt", EN: "declined"}, Arrival: file.Label{DE: "Eine Beratung kommt nicht zustande.", EN: "There will be no advice."}},
	"weiterverwiesen": {Name: file.Label{DE: "weiterverwiesen", EN: "referred"}, Arrival: file.Label{DE: "Hier geht es damit nicht weiter.", EN: "It does not go on here."}},
	"zurueckgezogen":  {Name: file.Label{DE: "zurückgezogen", EN: "withdrawn"}, Arrival: file.Label{DE: "Damit ist nichts mehr zu tun.", EN: "Nothing remains to be done."}},
	"verfallen":       {Name: file.Label{DE: "verfallen", EN: "lapsed"}, Arrival: file.Label{DE: "Die Anfrage ist verfallen.", EN: "The request has lapsed."}},
}

// deadlineWords are what is expected of an advice.
var deadlineWords = map[string]file.DeadlineWords{
	"answer": {
		What:   file.Label{DE: "erste Antwort", EN: "first answer"},
		Passed: file.Label{DE: "Die Frist für die erste Antwort ist verstrichen.", EN: "The deadline for the first answer has passed."},
		Met:    []Action{ActionAnswer, ActionClarify, ActionDecline, ActionRefer},
	},
	"talk": {
		What:   file.Label{DE: "Klärungsgespräch", EN: "clarifying talk"},
		Passed: file.Label{DE: "Die Frist für das Klärungsgespräch ist verstrichen.", EN: "The deadline for the clarifying talk has passed."},
		Met:    []Action{ActionClarify, ActionDecline, ActionRefer},
	},
	"agreement": {
		What:   file.Label{DE: "Vereinbarung", EN: "agreement"},
		Passed: file.Label{DE: "Die Frist für die Vereinbarung ist verstrichen.", EN: "The deadline for the agreement has passed."},
		Met:    []Action{ActionAgree, ActionDecline, ActionRefer},
	},
	"silence": {
		What:    file.Label{DE: "Lebenszeichen beider Seiten", EN: "a sign of life from both sides"},
		Passed:  file.Label{DE: "Seit sechs Wochen ist nichts zu hören: Beide Seiten werden gefragt, wie es weitergeht.", EN: "Nothing has been heard for six weeks: both sides are asked how it goes on."},
		Met:     []Action{ActionMeet, ActionExtend, ActionAgreeExtension, ActionPause, ActionClose, ActionBreakOff},
		Reminds: true,
	},
	"period_soon": {
		What:    file.Label{DE: "Erinnerung an das Ende des vereinbarten Zeitraums", EN: "reminder of the end of the agreed period"},
		Passed:  file.Label{DE: "Der vereinbarte Zeitraum endet in zwei Wochen.", EN: "The agreed period ends in two weeks."},
		Reminds: true,
	},
	"period": {
		What:    file.Label{DE: "Ende des vereinbarten Zeitraums", EN: "end of the agreed period"},
		Passed:  file.Label{DE: "Der vereinbarte Zeitraum ist abgelaufen; damit endet die Beratung.", EN: "The agreed period is over, and the advice ends with it."},
		Met:     []Action{ActionClose, ActionBreakOff},
		Reminds: true,
	},
	"resume": {
		What:    file.Label{DE: "voraussichtliches Ende der Pause", EN: "presumable end of the rest"},
		Passed:  file.Label{DE: "Die Beratung sollte inzwischen fortgesetzt werden.", EN: "The advice was to go on by now."},
		Met:     []Action{ActionResume, ActionClose, ActionBreakOff},
		Reminds: true,
	},
	"entries": {
		What:    file.Label{DE: "letzte Möglichkeit, Treffen nachzutragen", EN: "last chance to enter meetings"},
		Passed:  file.Label{DE: "Treffen können nicht mehr nachgetragen werden.", EN: "Meetings cannot be entered any more."},
		Reminds: true,
	},
	"follow_up": {
		What:   file.Label{DE: "Nachfrage nach drei Monaten", EN: "follow-up after three months"},
		Passed: file.Label{DE: "Die Nachfrage nach drei Monaten ist nicht rechtzeitig erfolgt.", EN: "The follow-up after three months is overdue."},
		Met:    []Action{ActionFollowUp},
	},
	"notes_kept": {
		What:    file.Label{DE: "Vernichtung aller Notizen", EN: "destruction of all notes"},
		Passed:  file.Label{DE: "Die Aufbewahrungsfrist für Notizen ist abgelaufen: Was notiert wurde, ist unwiderruflich vernichtet.", EN: "The time is over for which notes are kept: whatever was noted has been destroyed for good."},
		Reminds: true,
	},
	"file_kept": {
		What:    file.Label{DE: "Vernichtung der Beratungsakte und der Ziele", EN: "destruction of the words of request, agreement and goals"},
		Passed:  file.Label{DE: "Die Aufbewahrungsfrist der Beratungsakte ist abgelaufen: Was zu Anfrage, Vereinbarung und Zielen geschrieben wurde, ist unwiderruflich vernichtet.", EN: "The time is over for which the file is kept: what was written about request, agreement and goals has been destroyed for good."},
		Reminds: true,
	},
}

// noticeWords are what people were notified of, as the end of a sentence.
var noticeWords = map[string]file.Label{
	"advice_requested":        {DE: "jemand bittet um Beratung", EN: "somebody asks for advice"},
	"advice_answered":         {DE: "die Anfrage ist beantwortet", EN: "the request has been answered"},
	"advice_clarified":        {DE: "der Auftrag ist geklärt", EN: "the task is clear"},
	"advice_declined":         {DE: "die Anfrage wurde abgelehnt", EN: "the request was declined"},
	"advice_referred":         {DE: "die Anfrage wurde weiterverwiesen", EN: "the request was referred"},
	"advice_withdrawn":        {DE: "die Anfrage wurde zurückgezogen", EN: "the request was withdrawn"},
	"advice_lapsed":           {DE: "die Anfrage ist ohne Vereinbarung verfallen", EN: "the request has lapsed without an agreement"},
	"advisers_assigned":       {DE: "es steht fest, wer beraten soll", EN: "it has been decided who is to advise"},
	"adviser_not_independent": {DE: "eine beratende Person ist nicht unabhängig", EN: "an adviser is not independent"},
	"advice_goals_set":        {DE: "die Ziele der Beratung stehen fest", EN: "the goals of the advice have been set"},
	"agreement_proposed":      {DE: "eine Vereinbarung wartet auf Zustimmung", EN: "an agreement waits for consent"},
	"advice_agreed":           {DE: "die Beratung ist vereinbart", EN: "the advice has been agreed on"},
	"extension_proposed":      {DE: "eine Verlängerung wartet auf Zustimmung", EN: "an extension waits for consent"},
	"agreement_extended":      {DE: "die Vereinbarung wurde verlängert", EN: "the agreement was extended"},
	"meeting_recorded":        {DE: "ein Treffen wurde festgehalten", EN: "a meeting was recorded"},
	"hours_80":                {DE: "vier Fünftel der vereinbarten Stunden sind verbraucht", EN: "four fifths of the agreed hours are used up"},
	"hours_100":               {DE: "die vereinbarten Stunden sind verbraucht", EN: "the agreed hours are used up"},
	"advice_paused":           {DE: "die Beratung ruht", EN: "the advice rests"},
	"advice_resumed":          {DE: "die Beratung geht weiter", EN: "the advice goes on"},
	"advice_closed":           {DE: "die Beratung ist abgeschlossen", EN: "the advice is closed"},
	"advice_broken_off":       {DE: "die Beratung wurde abgebrochen", EN: "the advice was broken off"},
	"advice_period_over":      {DE: "der vereinbarte Zeitraum ist abgelaufen, die Beratung ist beendet", EN: "the agreed period is over, and the advice has ended"},
	"advice_followed_up":      {DE: "bei einer abgeschlossenen Beratung wurde nachgefragt", EN: "a past advice was followed up"},
	"missed_answer":           {DE: "die Frist für die erste Antwort ist verstrichen", EN: "the deadline for the first answer has passed"},
	"missed_talk":             {DE: "die Frist für das Klärungsgespräch ist verstrichen", EN: "the deadline for the clarifying talk has passed"},
	"missed_silence":          {DE: "seit sechs Wochen ist nichts zu hören, beide Seiten werden um Nachricht gebeten", EN: "nothing has been heard for six weeks, and both sides are asked for word"},
	"missed_period_soon":      {DE: "der vereinbarte Zeitraum endet bald", EN: "the agreed period ends soon"},
	"missed_resume":           {DE: "die Beratung sollte inzwischen fortgesetzt werden", EN: "the advice was to go on by now"},
	"missed_follow_up":        {DE: "es ist Zeit nachzufragen, ob das Erreichte trägt", EN: "it is time to ask whether the result holds"},
}
