package cohort

import (
	"koko/domain/file"
	"koko/domain/training"
)

// words are what people call the parts of a cohort, and how they tell what happens to one.
var words = file.Dates(&file.Vocabulary{
	Fields: fieldWords, Values: valueWords, Phases: phaseWords,
	Tellings: tellings, Deadlines: deadlineWords, Notices: noticeWords, Told: told,
	Rules: ruleWords, Attempts: attempts, Reads: reads,
})

// phaseWords are where a cohort stands, and what is said when it gets there.
var phaseWords = map[string]file.PhaseWords{
	"open":      {Name: file.Label{DE: "offen für Bewerbungen", EN: "open for applications"}, Arrival: file.Label{DE: "Der Durchgang nimmt wieder Bewerbungen an.", EN: "The cohort is open for applications again."}},
	"short":     {Name: file.Label{DE: "unter der Mindestzahl", EN: "below the minimum"}, Arrival: file.Label{DE: "Die Mindestzahl ist nicht erreicht.", EN: "The cohort is below its minimum."}},
	"running":   {Name: file.Label{DE: "findet statt", EN: "takes place"}, Arrival: file.Label{DE: "Der Durchgang findet statt.", EN: "The cohort takes place."}},
	"finished":  {Name: file.Label{DE: "abgeschlossen", EN: "finished"}, Arrival: file.Label{DE: "Der Durchgang ist abgeschlossen.", EN: "The cohort is finished."}},
	"cancelled": {Name: file.Label{DE: "abgesagt", EN: "cancelled"}, Arrival: file.Label{DE: "Der Durchgang findet nicht statt.", EN: "The cohort does not take place."}},
	"merged":    {Name: file.Label{DE: "zusammengelegt", EN: "merged"}, Arrival: file.Label{DE: "Wer dabei war, wechselt in den anderen Durchgang.", EN: "Its trainees go to the other cohort."}},
}

// fieldWords are the places in the state of a cohort, in the order in which a person would tell of them.
var fieldWords = []file.Field{
	{Path: "phase", DE: "Stand", EN: "Stage", As: file.AsPhase},
	{Path: "ags", DE: "Durchführende Kommune", EN: "Municipality that runs it"},
	{Path: "terms.curriculum", DE: "Curriculum", EN: "Curriculum"},
	{Path: "terms.version", DE: "Fassung des Curriculums", EN: "Version of the curriculum"},
	{Path: "offered", DE: "Angeboten für", EN: "Offered to"},
	{Path: "seats", DE: "Plätze", EN: "Seats"},
	{Path: "minimum", DE: "Mindestzahl", EN: "Minimum"},
	{Path: "quota", DE: "Kontingent je Kommune", EN: "Quota of each municipality"},
	{Path: "closes", DE: "Bewerbungen bis", EN: "Applications until", As: file.AsTime},
	{Path: "offer_days", DE: "Tage zur Annahme eines Platzes", EN: "Days to accept a seat"},
	{Path: "trainers", DE: "Trainer:innen", EN: "Trainers", As: file.AsPerson},
	{Path: "assessors", DE: "Prüfer:innen", EN: "Assessors", As: file.AsPerson},
	{Path: "dates", DE: "Termine", EN: "Dates", As: file.AsList},
	{Path: "dates.id", DE: "Termin", EN: "Date"},
	{Path: "dates.unit", DE: "Modul", EN: "Module"},
	{Path: "dates.begins", DE: "Beginn", EN: "begins", As: file.AsTime},
	{Path: "dates.ends", DE: "Ende", EN: "ends", As: file.AsTime},
	{Path: "dates.minutes", DE: "Minuten", EN: "Minutes"},
	{Path: "dates.online", DE: "online", EN: "online"},
	{Path: "dates.cancelled", DE: "fällt aus", EN: "cancelled", As: "cancel_reason"},
	{Path: "dates.moved", DE: "verlegt", EN: "moved"},
	{Path: "places", DE: "Plätze und Warteliste", EN: "Places and waiting list", As: file.AsList, Each: file.Label{DE: "{enrolment}: {status}", EN: "{enrolment}: {status}"}},
	{Path: "places.enrolment", DE: "Teilnahme", EN: "Enrolment", Of: training.KindEnrolment},
	{Path: "places.ags", DE: "Kommune", EN: "Municipality"},
	{Path: "places.since", DE: "beworben am", EN: "applied on", As: file.AsHidden},
	{Path: "places.status", DE: "Platz", EN: "Seat", As: "seat"},
	{Path: "places.until", DE: "anzunehmen bis", EN: "to be accepted by", As: file.AsTime},
	{Path: "guests", DE: "Gäste aus anderen Durchgängen", EN: "Guests of other cohorts", As: file.AsList, Each: file.Label{DE: "{enrolment}: {unit}", EN: "{enrolment}: {unit}"}},
	{Path: "guests.enrolment", DE: "Teilnahme", EN: "Enrolment", Of: training.KindEnrolment},
	{Path: "guests.unit", DE: "Modul", EN: "Module"},
	{Path: "reason", DE: "Grund der Absage", EN: "Reason of the cancellation", As: "cancel_reason"},
	{Path: "into", DE: "Zusammengelegt mit", EN: "Merged into"},
	{Path: "list.date", DE: "Unterschriebene Liste: Termin", EN: "Signed list: date"},
	{Path: "list.source", DE: "Unterschriebene Liste: Quelle", EN: "Signed list: source", As: "list_source"},
	{Path: "list.entries", DE: "Unterschriebene Liste: Anwesenheit", EN: "Signed list: attendance", As: file.AsList, Each: file.Label{DE: "{enrolment}: {minutes}", EN: "{enrolment}: {minutes}"}},
	{Path: "list.entries.enrolment", DE: "Teilnahme", EN: "Enrolment", Of: training.KindEnrolment},
	{Path: "list.entries.minutes", DE: "Minuten", EN: "Minutes"},
	{Path: "list.entries.excused", DE: "entschuldigt", EN: "excused"},
	{Path: "short_at", DE: "Mindestzahl verfehlt am", EN: "Below the minimum since", As: file.AsTime},
	{Path: "terms.rule", As: file.AsHidden},
	{Path: "terms.units", As: file.AsHidden},
	{Path: "dates.signed", As: file.AsHidden},
}

// valueWords are the words for the values of the enumerations. The German terms are those of the field.
var valueWords = map[string]map[string]file.Label{
	"seat": training.SeatWords, "list_source": training.SourceWords,
	"cancel_reason": {
		"mindestzahl":          {DE: "Mindestzahl nicht erreicht", EN: "minimum not reached"},
		"ausfall_leitung":      {DE: "Ausfall der Leitung", EN: "trainer not available"},
		"ort_nicht_verfuegbar": {DE: "Ort nicht verfügbar", EN: "venue not available"},
		"sonstiges":            {DE: "Sonstiges", EN: "other"},
	},
}

// deadlineWords are what is expected of a cohort.
var deadlineWords = map[string]file.DeadlineWords{
	"closes": {
		What:    file.Label{DE: "Ende der Bewerbungsfrist", EN: "end of the application window"},
		Passed:  file.Label{DE: "Die Bewerbungsfrist ist abgelaufen.", EN: "The application window is over."},
		Reminds: true,
	},
	"short": {
		What:   file.Label{DE: "Absage oder Zusammenlegung", EN: "cancelling or merging"},
		Passed: file.Label{DE: "Die Mindestzahl wurde auch in der Nachfrist nicht erreicht.", EN: "The minimum was not reached in the time that was left."},
		Met:    []file.Action{ActionCancelCohort, ActionMergeCohort, training.ActionJoin},
	},
	"remind": {
		What:    file.Label{DE: "Erinnerung an einen Termin", EN: "reminder of a date"},
		Passed:  file.Label{DE: "Ein Termin steht bevor.", EN: "A date is coming up."},
		Reminds: true,
	},
	"sign": {
		What:   file.Label{DE: "Unterschrift der Anwesenheitsliste", EN: "signing the attendance list"},
		Passed: file.Label{DE: "Eine Anwesenheitsliste ist noch nicht unterschrieben.", EN: "An attendance list is not signed yet."},
		Met:    []file.Action{ActionSignList},
	},
}

// noticeWords are what people are notified of, as the end of a sentence.
var noticeWords = map[string]file.Label{
	"date_added":       {DE: "ein Termin ist hinzugekommen", EN: "a date was added"},
	"date_rescheduled": {DE: "ein Termin ist verlegt", EN: "a date was moved"},
	"date_cancelled":   {DE: "ein Termin fällt aus", EN: "a date is cancelled"},
	"date_soon":        {DE: "ein Termin steht bevor", EN: "a date is coming up"},
	"list_due":         {DE: "eine Anwesenheitsliste ist noch nicht unterschrieben", EN: "an attendance list is not signed yet"},
	"cohort_short":     {DE: "der Durchgang erreicht seine Mindestzahl nicht", EN: "the cohort is below its minimum"},
	"cohort_cancelled": {DE: "der Durchgang fällt aus", EN: "the cohort is cancelled"},
	"cohort_merged":    {DE: "der Durchgang ist mit einem anderen zusammengelegt", EN: "the cohort was merged into another one"},
	"cohort_finished":  {DE: "der Durchgang ist abgeschlossen", EN: "the cohort is finished"},
}
