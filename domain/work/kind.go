package work

import (
	_ "embed"
	"slices"
	"time"

	"koko/domain/ags"
	"koko/domain/file"
	"koko/domain/working"
)

// Kind is what a working file is called in ids and in the record.
const Kind = working.KindWork

// The ways to read a working file.
const (
	ReadWork       = "read_work"       // all of it
	ReadInvitation = "read_invitation" // which case it is, and the briefing
)

//go:embed policy.csv
var policy string

// Spec is all that the house knows of a working file.
var Spec = &file.Spec[Work]{
	About: file.About{
		Kind: Kind, Plural: "work", Workflow: "Work", Label: file.Label{DE: "Arbeitsakte", EN: "working file"},
		Phases: file.In(file.Values[Phase]()...), Over: file.In(Declined, Withdrawn, Expired),
		Mine: Facilitating, History: ReadWork, Policy: policy,
		Relations: []file.RelationSpec{
			{Name: Facilitating, Own: true, Rule: "facilitator", Remedy: "a facilitator who has taken up the work can do it", Alone: true},
			{Name: AtWork, Own: true, Rule: "facilitator", Remedy: "a facilitator who has taken up the work can do it", Alone: true},
			{Name: Invited, Own: true, Rule: "invited", Remedy: "whoever was asked to do the work, and has not answered yet, can do it", Alone: true},
			{Name: Privy, Own: true, Rule: "admitted", Remedy: "the facilitators can do it, and whom they admit", Alone: true},
		},
		Compartments: []file.CompartmentSpec{
			{Name: Notes, Act: ReadWork, Searched: true, Sensitive: true, Veiled: true},
			{Name: Contract, Act: ReadWork, Searched: true, Sensitive: true, Veiled: true},
			{Name: Briefing, Act: ReadInvitation, Searched: true, Sensitive: true, Veiled: true},
		},
		DeadlineKinds: deadlineKinds, Quiet: []string{dueAdmission, dueEntries}, NoticeKinds: noticeKinds, Vocabulary: words,
	},
	Fresh: func(id string, k ags.Key) Work { return Work{ID: id, AGS: k} },
	Rules: rules,
	Moving: func(w *Work) (*int, *time.Time, *[]Deadline) {
		return &w.Version, &w.Changed, &w.Passed
	},
	Settle:    func(w *Work, _ time.Time) { w.settle() },
	Missed:    (*Work).miss,
	Retention: retention,
	Stretch: func(phase string) int { // preparing, working, and what comes after
		for i, phases := range [][]Phase{{"", Handed, Preparation}, {Running, Resting}} {
			if slices.Contains(phases, Phase(phase)) {
				return i
			}
		}
		return -1
	},
	Ties:      Work.Ties,
	Reference: Work.Reference,
	Facets: []file.Facet[Work]{
		{Name: "case", Doc: "Id of the case", Acts: []string{ReadWork}, Filter: true, Of: func(w Work) any { return w.of() }},
		{Name: "form", Doc: "The way of working", Acts: []string{ReadWork}, Filter: true, Count: true, Of: func(w Work) any { return w.form() }},
	},
	Lenses: []file.Lens[Work]{
		{Name: "work", Acts: []string{ReadWork}, Show: func(w Work) any { return w }},
		{Name: "invitation", Acts: []string{ReadInvitation}, Show: func(w Work) any { return w.Invitation() }, Mute: true, Still: true},
	},
	Messages: func(before, after Work) []file.Message { return after.Messages(before) },
	Detached: func(before, after Work) []file.Detached { return after.Detached(before) },
	Covert:   Work.covert,
	Notices:  func(before, after Work) []Notice { return after.Notices(before) },
}

var (
	open       = []Phase{Handed, Preparation, Running, Resting}
	underway   = []Phase{Preparation, Running, Resting}
	admissible = append(slices.Clone(underway), Ended)       // others can be admitted
	watched    = []Phase{Running, Resting, Ended}            // clauses are due
	kept       = append(slices.Clone(admissible), Withdrawn) // an agreement may still be carried out
)

// rules is the process: which command is possible in which phase, and behind which gate. The order is the order of
// the buttons. Nobody but those who may read the file learns of any of them.
var rules = []file.Rule[Work]{
	{Form: file.Of[Work](BeginWork{}), When: file.In(Phase("")), Own: true, Veil: ReadWork},
	{Form: file.Of[Work](AcceptWork{}), When: file.In(open...), Gate: unanswered, Veil: ReadWork, Blind: true,
		Summary: "Take the work up",
		Details: "By each of those who are asked, within 5 working days; until then they read the briefing alone. The first one begins the preparation; the case learns that somebody works on it."},
	{Form: file.Of[Work](DeclineWork{}), When: file.In(open...), Gate: unanswered, Veil: ReadWork, Blind: true,
		Summary: "Decline the work",
		Details: "No reason is asked for; the file closes for whoever declines, and for whoever has not answered in time. Once nobody is left, the case has to be handed over anew."},
	{Form: file.Of[Work](LeaveWork{}), When: file.In(underway...), Gate: facilitates, Veil: ReadWork,
		Summary: "Leave the work",
		Details: "No reason is asked for; the file closes for whoever leaves, and the others go on. Once nobody is left, the case learns that it has to be handed over anew, and nothing else."},
	{Form: file.Of[Work](DeclareWorkIndependence{}), When: file.In(underway...), Gate: facilitates, Veil: ReadWork,
		Summary: "Declare whether you are independent",
		Details: "By each facilitator who has taken up the work, before the form is chosen (§ 3 MediationsG); by those who join later, before they do anything else."},
	{Form: file.Of[Work](ChooseForm{}), When: file.In(Preparation, Running), Gate: file.All(atWork, declared), Veil: ReadWork,
		Summary: "Choose the form of the work, or another one",
		Details: "A form that is not recommended for the stage leads to a warning and is never refused. Nobody mediates a case that they analysed, worked on or commissioned. For another form, the conditions have to be confirmed anew."},
	{Form: file.Of[Work](ConfirmWorkConditions{}), When: file.In(underway...), Gate: file.All(atWork, formed, free), Veil: ReadWork,
		Summary: "Confirm voluntariness, confidentiality and independence",
		Details: "For every form, all three together, within 20 working days after somebody has taken up the work. Then the work begins, and the case learns that they were examined. Sessions other than preliminary talks wait for it, and so do settlements."},
	{Form: file.Of[Work](RecordWorkSession{}), When: file.In(Preparation, Running, Ended), Gate: file.All(atWork, entering), Veil: ReadWork,
		Summary: "Record a session",
		Details: "Preliminary talks before the conditions are confirmed. Until 30 days after the end, sessions are entered that took place before; they are marked as late."},
	{Form: file.Of[Work](RecordWorkInterim{}), When: file.In(Running, Resting), Gate: atWork, Veil: ReadWork,
		Summary: "Record an interim result", Details: "It replaces the one before."},
	{Form: file.Of[Work](NoteWork{}), When: file.In(admissible...), Gate: file.All(atWork, entering), Veil: ReadWork,
		Summary: "Add a note", Details: "Until 30 days after the end. Three months after it, notes are destroyed."},
	{Form: file.Of[Work](AttachToWork{}), When: file.In(admissible...), Gate: file.All(atWork, entering), Veil: ReadWork, Bulky: true,
		Summary: "Attach a document", Details: "Like a note: until 30 days after the end, and destroyed three months after it."},
	{Form: file.Of[Work](AnswerReview{}), When: file.In(underway...), Gate: atWork, Veil: ReadWork,
		Summary: "Answer the review of the work",
		Details: "Every six weeks, counted from the hand-over. Whoever sees the case learns the answer: that the work goes on, or rests."},
	{Form: file.Of[Work](RecordAgreement{}), When: file.In(Running, Resting), Gate: file.All(atWork, confirmed), Veil: ReadWork,
		Summary: "Record what the parties agreed on",
		Details: "Clause by clause: who does what until when, and how it is checked. It replaces what stood before, but for the clauses that are fulfilled."},
	{Form: file.Of[Work](FulfilClause{}), When: file.In(kept...), Gate: file.All(atWork, agreed), Veil: ReadWork,
		Summary: "Note that a clause is fulfilled", Details: "Once for each clause. The agreement is kept for three years after the last one."},
	{Form: file.Of[Work](Disclose{}), When: file.In(kept...), Gate: atWork, Veil: ReadWork,
		Summary: "Note what was disclosed, to whom and on which ground",
		Details: "An extract alone (§ 4 MediationsG). KoKo sends nothing: the facilitator tells the recipient."},
	{Form: file.Of[Work](ReleaseMeasure{}), When: file.In(Running, Resting, Ended), Gate: file.All(atWork, entering), Veil: ReadWork,
		Summary: "Release a measure that the municipality has to carry out",
		Details: "In any form of work, with or without an agreement. It stands on the case like a measure that was planned there, with the words given here and without where it comes from; `system` enters it. It counts as a disclosure (`umsetzung`). Until 30 days after the end, as long as the case takes it: not once it was handed over anew, taken up again or closed."},
	{Form: file.Of[Work](Admit{}), When: file.In(admissible...), Gate: atWork, Veil: ReadWork,
		Summary: "Let somebody else read the file",
		Details: "For a limited time and on a stated ground. The parties have to agree to supervision and peer consultation first."},
	{Form: file.Of[Work](EndAdmission{}), When: file.In(admissible...), Gate: atWork, Veil: ReadWork,
		Summary: "Close the file for somebody who was admitted", Details: "Before the admission runs out."},
	{Form: file.Of[Work](EndWork{}), When: file.In(underway...), Gate: atWork, Veil: ReadWork,
		Summary: "End the work",
		Details: "`einigung`, `teileinigung` and `befriedung` wait for confirmed conditions and a session, the first two for an agreement. The case learns that the work is over, and not how it ended."},
	{Form: file.Of[Work](WithdrawWork{}), When: file.In(open...), Own: true, Veil: ReadWork},
}

// settle moves what follows from the rest of w.
func (w *Work) settle() {
	if w.Begun != nil {
		by := w.acceptBy()
		w.AcceptBy = &by
	}
	w.Warnings = w.warnings()
}

// of is the case that is worked on.
func (w Work) of() string {
	if w.Begun == nil {
		return ""
	}
	return w.Begun.Case
}

func (w Work) form() Form {
	if w.Form == nil {
		return ""
	}
	return w.Form.Form
}
