package cohort

import (
	"koko/domain/file"
	"koko/domain/training"
)

// tellings are the sentences for the actions. The last one of each says nothing of the state.
var tellings = map[file.Action][]file.Telling{
	ActionPlanCohort: {
		{DE: "Der Durchgang wurde mit {seats} Plätzen geplant; Bewerbungen sind bis {closes} möglich.", EN: "The cohort was planned with {seats} seats; applications are possible until {closes}."},
		{DE: "Der Durchgang wurde geplant.", EN: "The cohort was planned."},
	},
	ActionStaffCohort: {{DE: "Trainer:innen und Prüfer:innen des Durchgangs wurden benannt.", EN: "The trainers and assessors of the cohort were named."}},
	ActionAmendCohort: {{DE: "Plätze, Mindestzahl, Kontingent oder Bewerbungsfrist wurden geändert.", EN: "Seats, minimum, quota or application window were changed."}},
	ActionAddDate: {
		{DE: "Ein Termin für Modul {dates.+.unit} am {dates.+.begins} ist hinzugekommen.", EN: "A date for module {dates.+.unit} on {dates.+.begins} was added."},
		{DE: "Ein Termin ist hinzugekommen.", EN: "A date was added."},
	},
	ActionRescheduleDate: {
		{DE: "Der Termin für Modul {dates.+.unit} wurde auf den {dates.+.begins} verlegt.", EN: "The date for module {dates.+.unit} was moved to {dates.+.begins}."},
		{DE: "Ein Termin wurde verlegt.", EN: "A date was moved."},
	},
	ActionCancelDate: {
		{DE: "Der Termin für Modul {dates.+.unit} am {dates.+.begins} fällt aus. Grund: {dates.+.cancelled}.", EN: "The date for module {dates.+.unit} on {dates.+.begins} is cancelled. Reason: {dates.+.cancelled}."},
		{DE: "Ein Termin fällt aus.", EN: "A date is cancelled."},
	},
	ActionSignList: {
		{DE: "Die Anwesenheitsliste für den Termin {list.date} wurde unterschrieben.", EN: "The attendance list of the date {list.date} was signed."},
		{DE: "Eine Anwesenheitsliste wurde unterschrieben.", EN: "An attendance list was signed."},
	},
	ActionCancelCohort: {
		{DE: "Der Durchgang wurde abgesagt. Grund: {reason}.", EN: "The cohort was cancelled. Reason: {reason}."},
		{DE: "Der Durchgang wurde abgesagt.", EN: "The cohort was cancelled."},
	},
	ActionMergeCohort: {{DE: "Der Durchgang wurde mit einem anderen zusammengelegt.", EN: "The cohort was merged into another one."}},
	training.ActionJoin: {
		{When: "places.+.status=belegt", DE: "Eine zugelassene Bewerbung hat einen Platz bekommen.", EN: "An admitted applicant was given a seat."},
		{When: "places.+.status=wartend", DE: "Eine zugelassene Bewerbung steht auf der Warteliste.", EN: "An admitted applicant is on the waiting list."},
		{DE: "Eine zugelassene Bewerbung hat sich um einen Platz angestellt.", EN: "An admitted applicant joined the line for a seat."},
	},
	training.ActionTakeSeat: {{DE: "Ein angebotener Platz wurde angenommen.", EN: "A seat on offer was accepted."}},
	training.ActionLeave:    {{DE: "Ein Platz oder ein Wartelistenplatz wurde zurückgegeben.", EN: "A seat or a place on the waiting list was given back."}},
	training.ActionVisit:    {{DE: "Eine teilnehmende Person eines anderen Durchgangs holt hier ein Modul nach.", EN: "A trainee of another cohort makes up a module here."}},
}
