package advice

import "koko/domain/file"

// ruleWords are what refuses, as the reason that a person would give.
var ruleWords = map[string]file.Label{
	"own_advice":     {DE: "Das darf nur, wer um die Beratung gebeten hat.", EN: "Only whoever asked for the advice may do it."},
	"advising":       {DE: "Das dürfen nur die benannten Berater:innen, solange die Vereinbarung läuft.", EN: "Only the advisers who are named may do it, while the agreement runs."},
	"advised":        {DE: "Das dürfen nur die Berater:innen, nach dem Ende noch 30 Tage lang die lokale Seite.", EN: "Only the advisers may do it, and the local one until 30 days after the end."},
	"discreet":       {DE: "Was vertraulich angefragt wurde, bleibt vertraulich.", EN: "What was asked for in confidence stays in confidence."},
	"advice_only":    {DE: "Das gilt nur für Beratungen.", EN: "It holds for advice alone."},
	"party":          {DE: "Das dürfen nur die Ratsuchenden und die Berater:innen.", EN: "Only the client and the advisers may do it."},
	"answered":       {DE: "Die Anfrage war bereits beantwortet.", EN: "The request was answered already."},
	"agreement":      {DE: "Für eine Vereinbarung fehlten noch Berater:innen oder Ziele.", EN: "For an agreement, advisers or goals were missing."},
	"independence":   {DE: "Noch haben sich nicht alle Berater:innen für unabhängig erklärt.", EN: "Not all advisers had declared to be independent."},
	"proposal":       {DE: "Es war keine Vereinbarung vorgeschlagen.", EN: "No agreement was proposed."},
	"extension":      {DE: "Es war keine Verlängerung vorgeschlagen.", EN: "No extension was proposed."},
	"hours":          {DE: "Die vereinbarten Stunden reichten nicht aus.", EN: "The hours agreed on did not suffice."},
	"entries":        {DE: "Die Zeit zum Nachtragen war vorbei.", EN: "The time was over in which meetings could be entered."},
	"max_meetings":   {DE: "Die Höchstzahl der Treffen war erreicht.", EN: "The greatest number of meetings was reached."},
	"max_extensions": {DE: "Die Vereinbarung war schon zu oft verlängert.", EN: "The agreement was extended too often already."},
	"unknown_goal":   {DE: "Ein solches Ziel gab es nicht.", EN: "There was no such goal."},
	"complete":       {DE: "Nicht jedes Ziel war eingeschätzt.", EN: "Not every goal was rated."},
}

// attempts are what somebody tried or did, as the infinitive of a sentence.
var attempts = map[Action]file.Label{
	ActionRequest:             {DE: "um Beratung zu bitten", EN: "to ask for advice"},
	ActionAnswer:              {DE: "die Anfrage zu beantworten", EN: "to answer the request"},
	ActionClarify:             {DE: "das Klärungsgespräch festzuhalten", EN: "to record the clarifying talk"},
	ActionDecline:             {DE: "die Anfrage abzulehnen", EN: "to decline the request"},
	ActionRefer:               {DE: "die Anfrage weiterzuverweisen", EN: "to refer the request"},
	ActionWithdraw:            {DE: "die Anfrage zurückzuziehen", EN: "to withdraw the request"},
	ActionAssign:              {DE: "Berater:innen zu benennen", EN: "to name advisers"},
	ActionDeclareIndependence: {DE: "sich zur Unabhängigkeit zu erklären", EN: "to declare whether they are independent"},
	ActionSetGoals:            {DE: "die Ziele festzulegen", EN: "to set the goals"},
	ActionPropose:             {DE: "eine Vereinbarung vorzuschlagen", EN: "to propose an agreement"},
	ActionAgree:               {DE: "der Vereinbarung zuzustimmen", EN: "to agree to the agreement"},
	ActionMeet:                {DE: "ein Treffen festzuhalten", EN: "to record a meeting"},
	ActionNote:                {DE: "eine Notiz der Berater:innen anzufügen", EN: "to add a note of the advisers"},
	ActionNoteAsClient:        {DE: "eine eigene Notiz anzufügen", EN: "to add a note of their own"},
	ActionExtend:              {DE: "eine Verlängerung vorzuschlagen", EN: "to propose an extension"},
	ActionAgreeExtension:      {DE: "der Verlängerung zuzustimmen", EN: "to agree to the extension"},
	ActionPause:               {DE: "die Beratung ruhen zu lassen", EN: "to have the advice rest"},
	ActionResume:              {DE: "die Beratung fortzusetzen", EN: "to resume the advice"},
	ActionRate:                {DE: "die Ziele einzuschätzen", EN: "to rate the goals"},
	ActionClose:               {DE: "die Beratung abzuschließen", EN: "to close the advice"},
	ActionBreakOff:            {DE: "die Beratung abzubrechen", EN: "to break the advice off"},
	ActionFollowUp:            {DE: "die Nachfrage festzuhalten", EN: "to record the follow-up"},
	ReadAdvice:                {DE: "die Beratung mit ihren Zielen zu lesen", EN: "to read the advice and its goals"},
	ReadCourse:                {DE: "den Verlauf der Beratung zu lesen", EN: "to read the course of the advice"},
	ReadExistence:             {DE: "zu lesen, dass es die Beratung gibt", EN: "to read that there is the advice"},
	ReadNotes:                 {DE: "die Notizen der Berater:innen zu lesen", EN: "to read the notes of the advisers"},
	ReadOwnNotes:              {DE: "die Notizen der Ratsuchenden zu lesen", EN: "to read the notes of the client"},
}

// reads are what was read, as a sentence.
var reads = map[Action]file.Label{
	ReadAdvice:    {DE: "Die Beratung wurde mit ihren Zielen gelesen.", EN: "The advice and its goals were read."},
	ReadCourse:    {DE: "Der Verlauf der Beratung wurde gelesen.", EN: "The course of the advice was read."},
	ReadExistence: {DE: "Es wurde gelesen, dass es die Beratung gibt.", EN: "It was read that there is the advice."},
	ReadNotes:     {DE: "Die Notizen der Berater:innen wurden gelesen.", EN: "The notes of the advisers were read."},
	ReadOwnNotes:  {DE: "Die Notizen der Ratsuchenden wurden gelesen.", EN: "The notes of the client were read."},
}

// tellings are the sentences for the actions. The last one of each says nothing of the state.
var tellings = map[Action][]file.Telling{
	ActionRequest: {
		{DE: "Eine Anfrage ist eingegangen: {form}. Thema: {request.topic}. Dringlichkeit: {request.urgency}.", EN: "A request came in: {form}. Topic: {request.topic}. Urgency: {request.urgency}."},
		{DE: "Eine Anfrage ist eingegangen.", EN: "A request came in."},
	},
	ActionAnswer: {
		{When: "answered.talk_on", DE: "Die Anfrage wurde beantwortet; für ein Klärungsgespräch ist der {answered.talk_on} vorgeschlagen.", EN: "The request was answered; {answered.talk_on} is proposed for a clarifying talk."},
		{DE: "Die Anfrage wurde beantwortet.", EN: "The request was answered."},
	},
	ActionClarify: {
		{DE: "Das Klärungsgespräch fand am {clarified.held_on} statt. Ergebnis: {form}.", EN: "The clarifying talk took place on {clarified.held_on}. Result: {form}."},
		{DE: "Das Klärungsgespräch fand statt.", EN: "The clarifying talk took place."},
	},
	ActionDecline: {
		{DE: "Die Anfrage wurde abgelehnt. Grund: {declined.reason}.", EN: "The request was declined. Reason: {declined.reason}."},
		{DE: "Die Anfrage wurde abgelehnt.", EN: "The request was declined."},
	},
	ActionRefer: {
		{DE: "Die Anfrage wurde weiterverwiesen. Ziel: {referred.to}.", EN: "The request was referred. To: {referred.to}."},
		{DE: "Die Anfrage wurde weiterverwiesen.", EN: "The request was referred."},
	},
	ActionWithdraw: {
		{DE: "Die Anfrage wurde zurückgezogen. Grund: {withdrawn.reason}.", EN: "The request was withdrawn. Reason: {withdrawn.reason}."},
		{DE: "Die Anfrage wurde zurückgezogen.", EN: "The request was withdrawn."},
	},
	ActionAssign: {
		{When: "was:advisers", DE: "Es wurde neu festgelegt, wer berät.", EN: "It was decided anew who advises."},
		{When: "advisers.local & advisers.external", DE: "Zwei Personen wurden als Tandem benannt, eine lokal und eine extern.", EN: "Two people were named as a tandem, one local and one external."},
		{When: "advisers.external", DE: "Eine externe Person wurde für die Beratung benannt.", EN: "An external adviser was named."},
		{When: "advisers.local", DE: "Eine lokale Person wurde für die Beratung benannt.", EN: "A local adviser was named."},
		{DE: "Es wurde festgelegt, wer berät.", EN: "It was decided who advises."},
	},
	ActionDeclareIndependence: {
		{When: "advisers.declared.-1.independent=true", DE: "Eine beratende Person hat sich für unabhängig erklärt.", EN: "An adviser declared to be independent."},
		{When: "advisers.declared.-1.independent=false", DE: "Eine beratende Person hat erklärt, nicht unabhängig zu sein.", EN: "An adviser declared not to be independent."},
		{DE: "Eine beratende Person hat sich zu ihrer Unabhängigkeit erklärt.", EN: "An adviser declared whether they are independent."},
	},
	ActionSetGoals: {
		{When: "was:goals", DE: "Die Ziele wurden neu festgelegt.", EN: "The goals were set anew."},
		{DE: "Die Ziele wurden festgelegt.", EN: "The goals were set."},
	},
	ActionPropose: {
		{DE: "Eine Vereinbarung wurde vorgeschlagen: {proposal.hours} Stunden vom {proposal.from} bis zum {proposal.until}.", EN: "An agreement was proposed: {proposal.hours} hours from {proposal.from} to {proposal.until}."},
		{DE: "Eine Vereinbarung wurde vorgeschlagen.", EN: "An agreement was proposed."},
	},
	ActionAgree: {
		{DE: "Beide Seiten haben sich geeinigt: {agreement.hours} Stunden vom {agreement.from} bis zum {agreement.until}.", EN: "Both sides agreed: {agreement.hours} hours from {agreement.from} to {agreement.until}."},
		{DE: "Beide Seiten haben sich geeinigt.", EN: "Both sides agreed."},
	},
	ActionMeet: {
		{When: "meetings.-1.late=true", DE: "Ein Treffen vom {meetings.-1.held_on} wurde nachgetragen: {meetings.-1.minutes} Minuten, {meetings.-1.setting}.", EN: "A meeting on {meetings.-1.held_on} was entered late: {meetings.-1.minutes} minutes, {meetings.-1.setting}."},
		{DE: "Ein Treffen fand am {meetings.-1.held_on} statt: {meetings.-1.minutes} Minuten, {meetings.-1.setting}.", EN: "A meeting took place on {meetings.-1.held_on}: {meetings.-1.minutes} minutes, {meetings.-1.setting}."},
		{DE: "Ein Treffen wurde festgehalten.", EN: "A meeting was recorded."},
	},
	ActionNote:         {{DE: "Die Berater:innen haben etwas notiert.", EN: "The advisers noted something."}},
	ActionNoteAsClient: {{DE: "Eine eigene Notiz wurde angefügt.", EN: "A note of the client was added."}},
	ActionExtend: {
		{When: "extensions.-1.until", DE: "Eine Verlängerung bis zum {extensions.-1.until} wurde vorgeschlagen; zusätzliche Stunden: {extensions.-1.hours}.", EN: "An extension until {extensions.-1.until} was proposed; additional hours: {extensions.-1.hours}."},
		{DE: "Zusätzliche Stunden wurden vorgeschlagen: {extensions.-1.hours}.", EN: "Additional hours were proposed: {extensions.-1.hours}."},
		{DE: "Eine Verlängerung wurde vorgeschlagen.", EN: "An extension was proposed."},
	},
	ActionAgreeExtension: {
		{DE: "Die Vereinbarung wurde verlängert: nun {agreement.hours} Stunden bis zum {agreement.until}.", EN: "The agreement was extended: {agreement.hours} hours until {agreement.until} now."},
		{DE: "Die Vereinbarung wurde verlängert.", EN: "The agreement was extended."},
	},
	ActionPause: {
		{When: "pause.until", DE: "Die Beratung ruht voraussichtlich bis zum {pause.until}. Grund: {pause.reason}.", EN: "The advice rests, presumably until {pause.until}. Reason: {pause.reason}."},
		{DE: "Die Beratung ruht. Grund: {pause.reason}.", EN: "The advice rests. Reason: {pause.reason}."},
		{DE: "Die Beratung ruht.", EN: "The advice rests."},
	},
	ActionResume: {{DE: "Die Beratung wird fortgesetzt.", EN: "The advice goes on."}},
	ActionRate: {
		{When: "was:ratings", DE: "Die Ziele wurden neu eingeschätzt.", EN: "The goals were rated anew."},
		{DE: "Die Ziele wurden eingeschätzt.", EN: "The goals were rated."},
	},
	ActionClose: {
		{DE: "Die Beratung wurde abgeschlossen. Ergebnis: {ended.outcome}.", EN: "The advice was closed. Outcome: {ended.outcome}."},
		{DE: "Die Beratung wurde abgeschlossen.", EN: "The advice was closed."},
	},
	ActionBreakOff: {
		{DE: "Die Beratung wurde abgebrochen. Grund: {ended.reason}.", EN: "The advice was broken off. Reason: {ended.reason}."},
		{DE: "Die Beratung wurde abgebrochen.", EN: "The advice was broken off."},
	},
	ActionFollowUp: {
		{DE: "Am {follow_up.held_on} wurde nachgefragt. Das Erreichte: {follow_up.holds}.", EN: "Somebody asked on {follow_up.held_on}. The result: {follow_up.holds}."},
		{DE: "Es wurde nachgefragt, wie es weiterging.", EN: "Somebody asked how it went on."},
	},
}
