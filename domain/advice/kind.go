package advice

import (
	_ "embed"
	"slices"
	"time"

	"koko/domain/ags"
	"koko/domain/file"
)

// Kind is what an advice is called in ids and in the record.
const Kind file.Kind = "advice"

// The acts on an advice that are not commands.
const (
	ReadAdvice    = "read_advice"           // its whole state, and the words of the goals
	ReadCourse    = "read_advice_course"    // where it stands without goals and ratings, request and agreement, and its history
	ReadNotes     = "read_advisers_notes"   // documents of the advisers alone
	ReadOwnNotes  = "read_client_notes"     // documents of the client alone
	ReadExistence = "read_advice_existence" // that there is such advice
)

//go:embed policy.csv
var policy string

// Spec is all that the house knows of an advice.
var Spec = &file.Spec[Advice]{
	About: file.About{
		Kind: Kind, Plural: "advice", Workflow: "Advice", Label: file.Label{DE: "Beratung", EN: "advice"},
		Phases: file.In(file.Values[Phase]()...), Over: file.In(Asked, Rejected, Passed, Withdrew, Lapsed), Mine: Requester,
		History: ReadCourse, Overseers: coordinators, Policy: policy,
		Title: file.Title{Action: ActionRequest, Compartment: File, Acts: []string{ReadCourse}},
		Roles: []file.RoleSpec{
			{Name: "adviser", Title: "an adviser", Label: file.Label{DE: "Berater:in", EN: "adviser"}},
			{Name: "advice_coordinator", Title: "an advice coordinator", Label: file.Label{DE: "Beratungskoordination", EN: "advice coordinator"}},
			{
				Name: "advice_seeker", Personal: true, Title: "somebody who asks for advice",
				Label: file.Label{DE: "Ratsuchende:r", EN: "advice seeker"},
			},
		},
		Relations: []file.RelationSpec{
			{Name: Requester, Own: true, Rule: "own_advice", Remedy: "whoever asked for the advice can do it", Barred: "did not ask for the advice"},
			{Name: Advising, Rule: "advising", Remedy: "an adviser named in assign_advisers can do it, until the agreement ends", Alone: true},
			{Name: Advised, Rule: "advised", Remedy: "an adviser can do it, and the local one until 30 days after the end", Alone: true},
			{Name: HasAdvised, Barred: "did not advise"},
			{Name: Existing, Rule: "discreet", Remedy: "nobody else can learn of it", Everybody: true, Alone: true},
			{Name: Confided, Rule: "advice_only", Remedy: "an advice coordinator can do it where it is about advice", Everybody: true},
		},
		Compartments: []file.CompartmentSpec{
			{Name: File, Act: ReadCourse, Searched: true, Veiled: true},
			{Name: GoalsFile, Act: ReadAdvice, Veiled: true},
			{Name: AdvisersNotes, Act: ReadNotes, Sensitive: true, Veiled: true},
			{Name: ClientNotes, Act: ReadOwnNotes, Veiled: true},
		},
		DeadlineKinds: deadlineKinds, Quiet: []string{"period_soon", dueEntries}, NoticeKinds: noticeKinds, Vocabulary: words,
	},
	Fresh: func(id string, k ags.Key) Advice { return Advice{ID: id, AGS: k} },
	Rules: rules,
	Moving: func(a *Advice) (*int, *time.Time, *[]Deadline) {
		return &a.Version, &a.Changed, &a.Passed
	},
	Missed:    (*Advice).miss,
	Retention: retention,
	Stretch: func(phase string) int { // asking, advising, and what comes after
		for i, phases := range [][]Phase{{"", Received, Cleared}, underway} {
			if slices.Contains(phases, Phase(phase)) {
				return i
			}
		}
		return -1
	},
	Ties:      Advice.Ties,
	Reference: Advice.Reference,
	Facets: []file.Facet[Advice]{
		{Name: "form", Doc: "What is asked for", Filter: true, Count: true, Of: func(a Advice) any { return a.Form }},
		{Name: "urgency", Doc: "How soon somebody is needed", Acts: inside, Filter: true, Of: func(a Advice) any { return a.urgency() }},
		{Name: "requester", Doc: "Subject of the client", Acts: inside, Person: true, Filter: true,
			Of: func(a Advice) any { return a.Requester }},
		{Name: "adviser", Doc: "Subject of the local adviser", Acts: inside, Person: true, Filter: true,
			Of: func(a Advice) any { return a.named().Local }},
		{Name: "external_adviser", Doc: "Subject of the external adviser", Acts: inside, Person: true, Filter: true,
			Of: func(a Advice) any { return a.named().External }},
	},
	Lenses: []file.Lens[Advice]{
		{Name: "advice", Acts: []string{ReadAdvice}, Show: func(a Advice) any { return a }},
		{Name: "course", Acts: []string{ReadCourse}, Show: func(a Advice) any { return a.Course() }},
		{Name: "entries", Acts: []string{ReadNotes}, Show: func(a Advice) any { return a.Existence() }, Mute: true},
		{Name: "existence", Acts: []string{ReadExistence}, Show: func(a Advice) any { return a.Existence() }, Mute: true},
	},
	Notices: func(before, after Advice) []Notice { return after.Notices(before) },
}

var (
	inside   = []string{ReadAdvice, ReadCourse} // of those who know more than that it exists
	underway = []Phase{Agreed, Running, Resting}
	over     = []Phase{Closed, Broken}
)

// rules is the process: which command is possible in which phase, and behind which gate. The order is the
// order of the buttons. Whoever may not see the course of an advice learns of none of them.
var rules = []file.Rule[Advice]{
	{Form: file.Of[Advice](RequestAdvice{}), When: file.In(Phase("")), Veil: ReadCourse,
		Summary: "Ask for advice: a new file begins",
		Details: "Anybody with a role in the municipality may ask. The coordination answers within 3 working days."},
	{Form: file.Of[Advice](AnswerAdvice{}), When: file.In(Received), Gate: file.All(notOwn, unanswered), Veil: ReadCourse,
		Summary: "Give the first answer", Details: "Within 3 working days, with a day for the clarifying talk if there is one."},
	{Form: file.Of[Advice](ClarifyAdvice{}), When: file.In(Received), Gate: notOwn, Veil: ReadCourse,
		Summary: "Record what the clarifying talk has found",
		Details: "Within 10 working days. What was asked for in confidence, `coaching` and `supervision`, does not become anything else."},
	{Form: file.Of[Advice](DeclineAdvice{}), When: file.In(Received, Cleared), Gate: notOwn, Veil: ReadCourse,
		Summary: "Decline the request", Details: "With the kind of reason. It ends the file."},
	{Form: file.Of[Advice](ReferAdvice{}), When: file.In(Received, Cleared), Gate: notOwn, Veil: ReadCourse,
		Summary: "Refer the request to somebody else", Details: "It ends the file; the client reads whom to turn to."},
	{Form: file.Of[Advice](WithdrawAdvice{}), When: file.In(Received, Cleared), Gate: asked, Veil: ReadCourse,
		Summary: "Withdraw the request", Details: "By the client, as long as nothing is agreed."},
	{Form: file.Of[Advice](AssignAdvisers{}), When: file.In(Received, Cleared), Gate: notOwn, Veil: ReadCourse,
		Summary: "Name who advises",
		Details: "A local adviser, an external one, or both as a tandem; each needs the role in the municipality. Nobody advises themselves. Other advisers can be named until the agreement stands."},
	{Form: file.Of[Advice](DeclareIndependence{}), When: file.In(Received, Cleared), Gate: advises, Veil: ReadCourse,
		Summary: "Declare whether you are independent", Details: "By each adviser for themselves. The agreement waits until all of them are."},
	{Form: file.Of[Advice](SetGoals{}), When: file.In(Cleared), Gate: isClient, Veil: ReadAdvice,
		Summary: "Say what is to be reached, and how far it is",
		Details: "By the client alone, on a scale from -2 to 2. It replaces the goals before; what was proposed for those has to be proposed anew."},
	{Form: file.Of[Advice](ProposeAgreement{}), When: file.In(Cleared), Gate: file.All(takesPart, ready, free), Veil: ReadCourse,
		Summary: "Propose the agreement",
		Details: "By either side, once there are advisers and goals: hours, period, who pays, and what is told to whom. It replaces what waits."},
	{Form: file.Of[Advice](AgreeAdvice{}), When: file.In(Cleared), Gate: file.All(takesPart, proposed, allFree), Veil: ReadCourse,
		Summary: "Agree to what the other side has proposed",
		Details: "It waits until every adviser has declared to be independent. Without an agreement the request lapses after 20 working days."},
	{Form: file.Of[Advice](RecordMeeting{}), When: file.In(Agreed, Running, Closed, Broken, Asked), Gate: file.All(entering, hoursLeft),
		Veil:    ReadCourse,
		Summary: "Record a meeting",
		Details: "By an adviser, against the hours. When they are used up, it waits for an extension. Until 30 days after the end the local adviser enters what took place before; it is marked as late."},
	{Form: file.Of[Advice](NoteAdvice{}), When: file.In(Received, Cleared, Agreed, Running, Resting, Closed, Broken, Asked),
		Gate: entering, Veil: ReadNotes,
		Summary: "Add a note for the advisers", Details: "The client does not read it, and learns nothing of it."},
	{Form: file.Of[Advice](NoteAsClient{}), When: file.In(file.Values[Phase]()...), Gate: asked, Veil: ReadOwnNotes,
		Summary: "Add a note for yourself", Details: "By the client. Nobody else reads it or learns of it."},
	{Form: file.Of[Advice](ExtendAgreement{}), When: file.In(underway...), Gate: takesPart, Veil: ReadCourse,
		Summary: "Propose more hours or a later end", Details: "By either side. It replaces what waits."},
	{Form: file.Of[Advice](AgreeExtension{}), When: file.In(underway...), Gate: file.All(takesPart, extensionProposed), Veil: ReadCourse,
		Summary: "Agree to the extension", Details: "By the other side."},
	{Form: file.Of[Advice](PauseAdvice{}), When: file.In(Running), Gate: takesPart, Veil: ReadCourse,
		Summary: "Pause the advice", Details: "By either side. Nobody is asked about silence meanwhile; the agreed period goes on."},
	{Form: file.Of[Advice](ResumeAdvice{}), When: file.In(Resting), Gate: takesPart, Veil: ReadCourse,
		Summary: "Resume after a pause", Details: "By either side."},
	{Form: file.Of[Advice](RateGoals{}), When: file.In(append(slices.Clone(over), Running, Resting)...), Gate: isClient, Veil: ReadAdvice,
		Summary: "Say how far each goal is now", Details: "By the client alone: whoever advises does not rate."},
	{Form: file.Of[Advice](CloseAdvice{}), When: file.In(Running, Resting), Gate: takesPart, Veil: ReadCourse,
		Summary: "Close the advice",
		Details: "By either side. The file closes for the external adviser at once, and for the local one but for meetings and the advisers' notes of 30 more days."},
	{Form: file.Of[Advice](BreakOffAdvice{}), When: file.In(underway...), Veil: ReadCourse,
		Summary: "Break off the advice", Details: "By either side, or by the coordination where both are silent."},
	{Form: file.Of[Advice](RecordFollowUp{}), When: file.In(over...), Gate: notAdviser, Veil: ReadCourse,
		Summary: "Record how it holds", Details: "Three months after the end, by the client or the coordination, never by whoever advised."},
}

func (a Advice) urgency() Urgency {
	switch {
	case a.Clarified != nil:
		return a.Clarified.Urgency
	case a.Request != nil:
		return a.Request.Urgency
	}
	return ""
}

func (a Advice) named() AssignAdvisers {
	if a.Advisers == nil {
		return AssignAdvisers{}
	}
	return a.Advisers.AssignAdvisers
}
