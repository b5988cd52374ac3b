package advice

import "koko/domain/file"

// told are what people are told about an advice.
var told = map[string]file.Label{
	"advice_requested":        {DE: "Jemand bittet um Beratung.", EN: "Somebody asks for advice."},
	"advice_answered":         {DE: "Ihre Anfrage ist beantwortet.", EN: "Your request has been answered."},
	"advice_clarified":        {DE: "Der Auftrag einer Beratung ist geklärt.", EN: "The task of an advice is clear."},
	"advice_declined":         {DE: "Eine Anfrage wurde abgelehnt.", EN: "A request was declined."},
	"advice_referred":         {DE: "Eine Anfrage wurde weiterverwiesen.", EN: "A request was referred to somebody else."},
	"advice_withdrawn":        {DE: "Eine Anfrage wurde zurückgezogen.", EN: "A request was withdrawn."},
	"advice_lapsed":           {DE: "Eine Anfrage ist ohne Vereinbarung verfallen.", EN: "A request has lapsed without an agreement."},
	"advisers_assigned":       {DE: "Es steht fest, wer beraten soll.", EN: "It has been decided who is to advise."},
	"adviser_not_independent": {DE: "Eine beratende Person ist nicht unabhängig.", EN: "An adviser is not independent."},
	"advice_goals_set":        {DE: "Die Ziele einer Beratung stehen fest.", EN: "The goals of an advice have been set."},
	"agreement_proposed":      {DE: "Eine Vereinbarung wartet auf Ihre Zustimmung.", EN: "An agreement waits for your consent."},
	"advice_agreed":           {DE: "Eine Beratung ist vereinbart.", EN: "An advice has been agreed on."},
	"extension_proposed":      {DE: "Eine Verlängerung wartet auf Ihre Zustimmung.", EN: "An extension waits for your consent."},
	"agreement_extended":      {DE: "Eine Vereinbarung wurde verlängert.", EN: "An agreement was extended."},
	"meeting_recorded":        {DE: "Ein Treffen wurde festgehalten.", EN: "A meeting was recorded."},
	"hours_80":                {DE: "Vier Fünftel der vereinbarten Stunden sind verbraucht.", EN: "Four fifths of the agreed hours are used up."},
	"hours_100":               {DE: "Die vereinbarten Stunden sind verbraucht.", EN: "The agreed hours are used up."},
	"advice_paused":           {DE: "Eine Beratung ruht.", EN: "An advice rests."},
	"advice_resumed":          {DE: "Eine Beratung geht weiter.", EN: "An advice goes on."},
	"advice_closed":           {DE: "Eine Beratung ist abgeschlossen.", EN: "An advice is closed."},
	"advice_broken_off":       {DE: "Eine Beratung wurde abgebrochen.", EN: "An advice was broken off."},
	"advice_period_over":      {DE: "Der vereinbarte Zeitraum ist abgelaufen, eine Beratung ist beendet.", EN: "The agreed period is over, and an advice has ended."},
	"advice_followed_up":      {DE: "Bei einer beendeten Beratung wurde nachgefragt.", EN: "A past advice was followed up."},
	"missed_answer":           {DE: "Die Frist für die erste Antwort auf eine Anfrage ist verstrichen.", EN: "The deadline for the first answer to a request has passed."},
	"missed_talk":             {DE: "Die Frist für ein Klärungsgespräch ist verstrichen.", EN: "The deadline for a clarifying talk has passed."},
	"missed_silence":          {DE: "Seit sechs Wochen ist nichts zu hören. Bitte halten Sie fest, wie es mit der Beratung weitergeht.", EN: "Nothing has been heard for six weeks. Please record how the advice goes on."},
	"missed_period_soon":      {DE: "Der vereinbarte Zeitraum einer Beratung endet in zwei Wochen.", EN: "The agreed period of an advice ends in two weeks."},
	"missed_resume":           {DE: "Eine Beratung sollte inzwischen fortgesetzt werden.", EN: "An advice was to go on by now."},
	"missed_follow_up":        {DE: "Es ist Zeit nachzufragen, ob das Erreichte trägt.", EN: "It is time to ask whether the result holds."},
}
