// Package work holds the rules of the working file (Arbeitsakte): how a conflict is worked on. A conflict manager
// hands a case over to facilitators; form, conditions, sessions and agreement stand here, and the case learns of
// none of them (§ 4 MediationsG). Nobody but the facilitators, and whom they admit, learns what is in it. It is
// pure, like the rules of every kind of file. Enumerations carry the field's German terms as their values.
package work

import (
	"slices"
	"strings"
	"time"

	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/working"
)

// What every kind of file shares, under the names that readers of this one look for.
type (
	Action   = file.Action
	Date     = file.Date
	Deadline = file.Deadline
	Docs     = file.Docs
	Notice   = file.Notice
	Stamp    = file.Stamp
)

// The compartments. The facilitators read both; they are kept for different times.
const (
	Notes    file.Compartment = "work"           // sessions, notes, attachments
	Contract file.Compartment = "work_agreement" // clauses, and what was disclosed
	Briefing file.Compartment = "work_briefing"  // what those should know who are asked to do the work; they read no more
)

// Work is the state that the file's workflow owns. It holds facts; prose stands in documents. Its parts are
// replaced, never changed in place: copies may share them.
type Work struct {
	ID      string    `json:"id" format:"uuid" doc:"Id of the file, for good"`
	AGS     ags.Key   `json:"ags" doc:"Municipality" example:"05999001"`
	Version int       `json:"version" doc:"One more with every decision; the ETag" example:"7"`
	Phase   Phase     `json:"phase" doc:"Where the work stands"`
	Opened  time.Time `json:"opened" doc:"When the case was handed over"`
	Changed time.Time `json:"changed" doc:"When the last decision was recorded"`
	file.Dated

	Begun        *Begun        `json:"begun,omitempty"`
	Facilitators []Facilitator `json:"facilitators,omitempty" nullable:"false" doc:"Who was asked to do the work, and what they said"`
	AcceptBy     *time.Time    `json:"accept_by,omitempty" doc:"Until when those who are asked can take it up"`
	Accepted     *Stamp        `json:"accepted,omitempty" doc:"Who took it up first, and when"`

	Form       *ChosenForm `json:"form,omitempty"`
	Conditions *Conditions `json:"conditions,omitempty"`
	Examined   bool        `json:"examined,omitempty" doc:"Whether the conditions were confirmed once: the case was told"`
	Sessions   []Session   `json:"sessions,omitempty" nullable:"false" doc:"The sessions"`
	Interim    *Interim    `json:"interim,omitempty"`
	Answer     *Answered   `json:"answer,omitempty"`
	Answers    int         `json:"answers,omitempty" doc:"How many answers were given to reviews"`
	Reviewed   int         `json:"reviewed,omitempty" doc:"How many of the reviews are answered, which are due every six weeks"`

	Agreement   *Agreed      `json:"agreement,omitempty"`
	Disclosures []Disclosure `json:"disclosures,omitempty" nullable:"false" doc:"What was disclosed, and on which ground"`
	Releases    []Release    `json:"releases,omitempty" nullable:"false" doc:"The measures that were released to the case"`
	Admissions  []Admitted   `json:"admissions,omitempty" nullable:"false" doc:"Who else may read the file, or might"`

	Ended         *Closing   `json:"ended,omitempty"`
	EntriesClosed bool       `json:"entries_closed,omitempty" doc:"Whether the time is over in which sessions and notes could still be entered"`
	Declined      *Stamp     `json:"declined,omitempty" doc:"When it was clear that nobody takes it up"`
	Withdrawn     *Stamp     `json:"withdrawn,omitempty" doc:"When the case went on without it"`
	Passed        []Deadline `json:"passed,omitempty" nullable:"false" doc:"The deadlines in force that were missed"`
	Warnings      []Warning  `json:"warnings,omitempty" nullable:"false" doc:"What deserves a second thought; never a block"`

	file.Kept
}

// Head is what it shares with other files.
func (w Work) Head() file.Head {
	return file.Head{
		ID: w.ID, AGS: w.AGS, Version: w.Version, Phase: string(w.Phase),
		Opened: w.Opened, Changed: w.Changed, Passed: w.Passed, Calendar: w.Calendar,
	}
}

// The relations.
const (
	Facilitating = working.Facilitator // has taken up the work
	AtWork       = working.AtWork      // and does it still, or can enter something

	Invited file.Relation = "invited"  // was asked to do the work, and has not answered yet
	Privy   file.Relation = "admitted" // may read: the facilitators, and whom they admitted
)

// Ties lists what ties people to w. Nothing ties anybody else: for them there is no such file.
func (w Work) Ties() []file.Tie {
	var ts []file.Tie
	tie := func(r file.Relation, holders ...string) {
		for _, h := range holders {
			ts = append(ts, file.Tie{Relation: r, Holder: h})
		}
	}
	tie(Facilitating, w.current()...)
	tie(Privy, w.current()...)
	if w.goesOn() {
		tie(AtWork, w.current()...)
	}
	tie(Invited, w.invited()...)
	if slices.Contains(admissible, w.Phase) {
		for _, a := range w.Admissions {
			if a.Ended == nil {
				tie(Privy, a.Subject)
			}
		}
	}
	return ts
}

// A Facilitator was asked to do the work.
type Facilitator struct {
	Subject      string        `json:"subject" doc:"Who"`
	Accepted     *time.Time    `json:"accepted,omitempty" doc:"When they took it up"`
	Declined     *time.Time    `json:"declined,omitempty" doc:"When they declined"`
	Lapsed       *time.Time    `json:"lapsed,omitempty" doc:"When the time was over in which they could answer"`
	Left         *time.Time    `json:"left,omitempty" doc:"When they left the work"`
	Independence *Independence `json:"independence,omitempty"`
}

// does reports whether somebody has taken up the work, and not left it.
func (f Facilitator) does() bool { return f.Accepted != nil && f.Left == nil }

// asked reports whether somebody has not answered yet.
func (f Facilitator) asked() bool { return f.Accepted == nil && f.Declined == nil && f.Lapsed == nil }

// current lists the facilitators: those who have taken up the work, and not left it.
func (w Work) current() []string { return w.those(Facilitator.does) }

// invited lists those who may still take it up.
func (w Work) invited() []string {
	if !slices.Contains(open, w.Phase) {
		return nil
	}
	return w.those(Facilitator.asked)
}

func (w Work) those(are func(Facilitator) bool) (all []string) {
	for _, f := range w.Facilitators {
		if are(f) {
			all = append(all, f.Subject)
		}
	}
	return all
}

// abandoned reports whether nobody does the work, or may take it up.
func (w Work) abandoned() bool { return len(w.current())+len(w.invited()) == 0 }

// goesOn reports whether the work is not over, or something can still be entered.
func (w Work) goesOn() bool {
	return slices.Contains(open, w.Phase) || w.Phase == Ended && !w.EntriesClosed
}

// others are the current facilitators but one.
func (w Work) others(by string) []string {
	return slices.DeleteFunc(w.current(), func(s string) bool { return s == by })
}

// facilitator is somebody as one of the current facilitators; nil: they are none.
func (w Work) facilitator(subject string) *Facilitator {
	i := slices.IndexFunc(w.Facilitators, func(f Facilitator) bool { return f.Subject == subject && f.does() })
	if i < 0 {
		return nil
	}
	return &w.Facilitators[i]
}

// answered replaces what is known of those who were asked.
func (w *Work) answered(subjects []string, change func(*Facilitator)) {
	w.Facilitators = slices.Clone(w.Facilitators)
	for i, f := range w.Facilitators {
		if slices.Contains(subjects, f.Subject) {
			change(&w.Facilitators[i])
		}
	}
}

// Invitation is w as those see it who are asked to do the work: which case it is and until when they can answer, and
// nothing that moves with the work or names the others.
func (w Work) Invitation() Work {
	shown := Work{ID: w.ID, AGS: w.AGS, Version: 1, Phase: Handed, Opened: w.Opened, Changed: w.Opened, Dated: w.Dated, AcceptBy: w.AcceptBy}
	if b := w.Begun; b != nil {
		shown.Begun = &Begun{
			Stamp:     Stamp{At: b.At},
			BeginWork: BeginWork{Case: b.Case, Reference: b.Reference, Facilitators: []string{}, Docs: b.Docs},
		}
	}
	return shown
}

// involved reports whether somebody analysed, worked on or commissioned the case.
func (w Work) involved(subject string) bool {
	return w.Begun != nil && (subject == w.Begun.Commissioner || slices.Contains(w.Begun.Involved, subject))
}

// Reference is a short name of w; it says nothing about the case or the people.
func (w Work) Reference() string {
	if len(w.ID) < 8 {
		return ""
	}
	return "A-" + strings.ToUpper(w.ID[:8])
}

// A Warning points to something that deserves a second thought. It never blocks.
type Warning struct {
	Rule  Concern `json:"rule" doc:"What the warning is about"`
	Form  Form    `json:"form,omitempty" doc:"The chosen form of work" example:"mediation"`
	Stage int     `json:"stage,omitempty" doc:"The escalation stage after Glasl when the case was handed over"`
	From  int     `json:"from,omitempty" doc:"First stage that the form is recommended for"`
	To    int     `json:"to,omitempty" doc:"Last stage that the form is recommended for"`
}

// warnings recomputes what deserves a second thought in the current state.
func (w Work) warnings() []Warning {
	if w.Form == nil || w.Begun == nil || w.Form.Recommended.covers(w.Begun.Stage) || !slices.Contains(open, w.Phase) {
		return nil
	}
	return []Warning{{Rule: Mismatch, Form: w.Form.Form, Stage: w.Begun.Stage, From: w.Form.Recommended.From, To: w.Form.Recommended.To}}
}

// The gates that several commands share.

// facilitates: the facilitators alone do this.
func facilitates(w Work, by string) *fault.Error {
	if w.facilitator(by) == nil {
		return fault.Newf(fault.Forbidden, "only the facilitators do this").
			By("facilitator", "a facilitator who has taken up the work does it")
	}
	return nil
}

// unanswered: each of those who are asked accepts or declines once.
func unanswered(w Work, by string) *fault.Error {
	if !slices.Contains(w.invited(), by) {
		return fault.Newf(fault.Forbidden, "you are not asked, or have answered").
			By("invited", "whoever was asked to do the work, and has not answered yet, does it")
	}
	return nil
}

// atWork: a facilitator does this. Whoever joins after the form was chosen declares first whether they are independent.
func atWork(w Work, by string) *fault.Error {
	if f := facilitates(w, by); f != nil {
		return f
	}
	if w.Form != nil && w.facilitator(by).Independence == nil {
		return file.Waiting("you have not declared whether you are independent", "independence",
			"declare it with declare_work_independence first", "independence")
	}
	return nil
}
