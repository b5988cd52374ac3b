package work

import (
	"koko/domain/file"
	"koko/domain/working"
)

// ruleWords are what refuses, as the reason that a person would give.
var ruleWords = map[string]file.Label{
	"facilitator":     {DE: "Das dürfen nur die Prozessverantwortlichen.", EN: "Only the facilitators may do it."},
	"admitted":        {DE: "Die Akte ist nur für die Prozessverantwortlichen offen, und für Personen, die sie zugelassen haben.", EN: "The file is open to the facilitators alone, and to those whom they admitted."},
	"invited":         {DE: "Die Person war nicht um die Bearbeitung gebeten, oder hatte schon geantwortet.", EN: "The person was not asked for the work, or had answered already."},
	"acceptance":      {DE: "Die Zeit zum Antworten war vorbei.", EN: "The time to answer was over."},
	"independence":    {DE: "Die Unabhängigkeit der Prozessverantwortlichen war nicht geklärt oder nicht gegeben (§ 3 MediationsG).", EN: "The independence of the facilitators was not clear, or not given (§ 3 MediationsG)."},
	"form_chosen":     {DE: "Es war noch keine Form gewählt.", EN: "No form was chosen yet."},
	"conditions":      {DE: "Freiwilligkeit, Vertraulichkeit und Unabhängigkeit waren nicht bestätigt.", EN: "Voluntariness, confidentiality and independence were not confirmed."},
	"entries":         {DE: "Die Zeit zum Nachtragen war vorbei.", EN: "The time was over in which something could still be entered."},
	"sessions":        {DE: "Es war noch keine Sitzung festgehalten.", EN: "No session was recorded yet."},
	"max_sessions":    {DE: "Die Höchstzahl der Sitzungen war erreicht.", EN: "The greatest number of sessions was reached."},
	"agreement":       {DE: "Es war keine Vereinbarung festgehalten.", EN: "No agreement was recorded."},
	"fulfilled":       {DE: "Der Punkt war bereits erfüllt.", EN: "The clause was fulfilled already."},
	"unknown_clause":  {DE: "Einen solchen Punkt gab es nicht.", EN: "There was no such clause."},
	"release":         {DE: "Die Parteien hatten nicht zugestimmt.", EN: "The parties had not agreed."},
	"reads_already":   {DE: "Die Person liest die Akte ohnehin.", EN: "The person reads the file anyway."},
	"admission":       {DE: "Die Person war nicht zugelassen.", EN: "The person was not admitted."},
	"max_admissions":  {DE: "Die Höchstzahl der Zulassungen war erreicht.", EN: "The greatest number of admissions was reached."},
	"max_disclosures": {DE: "Die Höchstzahl der Offenlegungen war erreicht.", EN: "The greatest number of disclosures was reached."},
	"complete":        {DE: "Die Angaben waren nicht vollständig.", EN: "The table was not complete."},
	"base64":          {DE: "Der Inhalt des Dokuments war nicht lesbar.", EN: "The content of the document could not be read."},
}

// attempts are what somebody tried or did, as the infinitive of a sentence.
var attempts = map[Action]file.Label{
	ActionBegin:                {DE: "eine Arbeitsakte anzulegen", EN: "to set up a working file"},
	ActionAccept:               {DE: "die Bearbeitung zu übernehmen", EN: "to take up the work"},
	ActionDecline:              {DE: "die Bearbeitung abzulehnen", EN: "to decline the work"},
	ActionLeave:                {DE: "aus der Bearbeitung auszuscheiden", EN: "to leave the work"},
	ActionDeclareIndependence:  {DE: "sich zur Unabhängigkeit zu erklären", EN: "to declare whether they are independent"},
	ActionChooseForm:           {DE: "die Form der Bearbeitung zu wählen", EN: "to choose the form of the work"},
	ActionConfirmConditions:    {DE: "die Bedingungen zu bestätigen", EN: "to confirm the conditions"},
	ActionRecordSession:        {DE: "eine Sitzung festzuhalten", EN: "to record a session"},
	ActionRecordInterim:        {DE: "ein Zwischenergebnis festzuhalten", EN: "to record an interim result"},
	ActionNote:                 {DE: "etwas zu notieren", EN: "to add a note"},
	ActionAttach:               {DE: "ein Dokument zuzufügen", EN: "to attach a document"},
	ActionAnswerReview:         {DE: "die Zwischenbilanz zu ziehen", EN: "to answer the review"},
	ActionAgreement:            {DE: "die Vereinbarung festzuhalten", EN: "to record the agreement"},
	ActionFulfil:               {DE: "die Erfüllung eines Punkts festzuhalten", EN: "to note that a clause is fulfilled"},
	ActionDisclose:             {DE: "eine Offenlegung festzuhalten", EN: "to note a disclosure"},
	ActionRelease:              {DE: "eine Maßnahme freizugeben", EN: "to release a measure"},
	ActionAdmit:                {DE: "jemanden zur Akte zuzulassen", EN: "to admit somebody to the file"},
	ActionEndAdmission:         {DE: "eine Zulassung zu beenden", EN: "to end an admission"},
	ActionEnd:                  {DE: "die Bearbeitung zu beenden", EN: "to end the work"},
	working.ActionWithdrawWork: {DE: "die Bearbeitung zurückzunehmen", EN: "to withdraw the work"},
	ReadWork:                   {DE: "die Arbeitsakte zu lesen", EN: "to read the working file"},
	ReadInvitation:             {DE: "die Anfrage zur Bearbeitung zu lesen", EN: "to read what the work is asked for"},
}

// reads are what was read, as a sentence.
var reads = map[Action]file.Label{
	ReadWork:       {DE: "Die Arbeitsakte wurde gelesen.", EN: "The working file was read."},
	ReadInvitation: {DE: "Das Übergabeschreiben wurde gelesen.", EN: "The briefing was read."},
}

// tellings are the sentences for the actions. The last one of each says nothing of the state.
var tellings = map[Action][]file.Telling{
	ActionBegin: {
		{DE: "Der Fall wurde zur Bearbeitung übergeben, auf Eskalationsstufe {begun.stage} nach Glasl.", EN: "The case was handed over, at escalation stage {begun.stage} after Glasl."},
		{DE: "Der Fall wurde zur Bearbeitung übergeben.", EN: "The case was handed over."},
	},
	ActionAccept: {
		{When: "was:accepted", DE: "Eine weitere Person hat die Bearbeitung übernommen.", EN: "Another person took up the work."},
		{DE: "Die Bearbeitung wurde übernommen.", EN: "The work was taken up."},
	},
	ActionDecline: {{DE: "Jemand hat die Bearbeitung abgelehnt.", EN: "Somebody declined the work."}},
	ActionLeave:   {{DE: "Jemand ist aus der Bearbeitung ausgeschieden.", EN: "Somebody left the work."}},
	ActionDeclareIndependence: {
		{When: "facilitators.+.independence.independent=true", DE: "Jemand hat sich für unabhängig erklärt.", EN: "Somebody declared to be independent."},
		{When: "facilitators.+.independence.consented=true", DE: "Jemand hat erklärt, nicht unabhängig zu sein; die Parteien haben ausdrücklich zugestimmt.", EN: "Somebody declared not to be independent; the parties have agreed expressly."},
		{When: "facilitators.+.independence.independent=false", DE: "Jemand hat erklärt, nicht unabhängig zu sein.", EN: "Somebody declared not to be independent."},
		{DE: "Jemand hat sich zur eigenen Unabhängigkeit erklärt.", EN: "Somebody declared whether they are independent."},
	},
	ActionChooseForm: {
		{When: "was:form", DE: "Die Form der Bearbeitung wurde neu gewählt: {form.form}.", EN: "The form of the work was chosen anew: {form.form}."},
		{DE: "Die Form der Bearbeitung wurde gewählt: {form.form}.", EN: "The form of the work was chosen: {form.form}."},
		{DE: "Die Form der Bearbeitung wurde gewählt.", EN: "The form of the work was chosen."},
	},
	ActionConfirmConditions: {
		{DE: "Freiwilligkeit, Vertraulichkeit und Unabhängigkeit sind seit dem {conditions.confirmed_on} bestätigt.", EN: "Voluntariness, confidentiality and independence are confirmed since {conditions.confirmed_on}."},
		{DE: "Die Bedingungen der Bearbeitung wurden bestätigt.", EN: "The conditions of the work were confirmed."},
	},
	ActionRecordSession: {
		{When: "sessions.-1.late=true", DE: "Eine Sitzung vom {sessions.-1.held_on} wurde nachgetragen.", EN: "A session on {sessions.-1.held_on} was entered late."},
		{When: "sessions.-1.preliminary=true", DE: "Ein Vorgespräch hat am {sessions.-1.held_on} stattgefunden.", EN: "A preliminary talk took place on {sessions.-1.held_on}."},
		{When: "sessions.-1.participants", DE: "Eine Sitzung hat am {sessions.-1.held_on} mit {sessions.-1.participants} Teilnehmenden stattgefunden.", EN: "A session with {sessions.-1.participants} participants took place on {sessions.-1.held_on}."},
		{DE: "Eine Sitzung hat am {sessions.-1.held_on} stattgefunden.", EN: "A session took place on {sessions.-1.held_on}."},
		{DE: "Eine Sitzung wurde festgehalten.", EN: "A session was recorded."},
	},
	ActionRecordInterim: {
		{DE: "Ein Zwischenergebnis wurde festgehalten: {interim.progress}.", EN: "An interim result was recorded: {interim.progress}."},
		{DE: "Ein Zwischenergebnis wurde festgehalten.", EN: "An interim result was recorded."},
	},
	ActionNote:   {{DE: "Etwas wurde notiert.", EN: "A note was added."}},
	ActionAttach: {{DE: "Ein Dokument wurde angefügt.", EN: "A document was attached."}},
	ActionAnswerReview: {
		{DE: "Die Zwischenbilanz wurde gezogen: Die Bearbeitung {answer.answer}.", EN: "The review was answered: the work {answer.answer}."},
		{DE: "Die Zwischenbilanz wurde gezogen.", EN: "The review was answered."},
	},
	ActionAgreement: {
		{When: "was:agreement", DE: "Die Vereinbarung der Parteien wurde neu festgehalten.", EN: "The agreement of the parties was recorded anew."},
		{DE: "Die Vereinbarung der Parteien wurde festgehalten.", EN: "The agreement of the parties was recorded."},
	},
	ActionFulfil: {
		{DE: "Ein Punkt der Vereinbarung ist erfüllt: {agreement.clauses.+.id}.", EN: "A clause of the agreement is fulfilled: {agreement.clauses.+.id}."},
		{DE: "Ein Punkt der Vereinbarung ist erfüllt.", EN: "A clause of the agreement is fulfilled."},
	},
	ActionDisclose: {
		{DE: "Etwas wurde offengelegt. Grund: {disclosures.-1.ground}.", EN: "Something was disclosed. Ground: {disclosures.-1.ground}."},
		{DE: "Etwas wurde offengelegt.", EN: "Something was disclosed."},
	},
	ActionRelease: {
		{DE: "Eine Maßnahme wurde für den Fall freigegeben, umzusetzen bis zum {releases.-1.due}.", EN: "A measure was released to the case, to be carried out by {releases.-1.due}."},
		{DE: "Eine Maßnahme wurde für den Fall freigegeben.", EN: "A measure was released to the case."},
	},
	ActionAdmit: {
		{DE: "Jemand wurde bis zum {admissions.-1.until} zum Lesen der Akte zugelassen. Grund: {admissions.-1.ground}.", EN: "Somebody was admitted to read the file until {admissions.-1.until}. Ground: {admissions.-1.ground}."},
		{DE: "Jemand wurde zum Lesen der Akte zugelassen.", EN: "Somebody was admitted to read the file."},
	},
	ActionEndAdmission: {{DE: "Eine Zulassung zur Akte wurde beendet.", EN: "An admission to the file was ended."}},
	ActionEnd: {
		{DE: "Die Bearbeitung wurde beendet. Ergebnis: {ended.outcome}; Eskalationsstufe danach: {ended.stage_after}.", EN: "The work was ended. Outcome: {ended.outcome}; escalation stage afterwards: {ended.stage_after}."},
		{DE: "Die Bearbeitung wurde beendet.", EN: "The work was ended."},
	},
	working.ActionWithdrawWork: {{DE: "Die Bearbeitung wurde zurückgenommen.", EN: "The work was withdrawn."}},
}
