// Package advice holds the rules of advice and accompaniment (Beratung & Begleitung): somebody asks, both
// sides agree on goals, hours and a period, local and external advisers meet the client against the hours,
// and three months after the end somebody asks how it holds. It is pure, like the rules of every kind of
// file. Enumerations carry the field's German terms as their values.
package advice

import (
	"slices"
	"strings"
	"time"

	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
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

// The compartments. No one person reads them all.
const (
	File          file.Compartment = "advice"         // request and agreement: client, advisers, coordination
	GoalsFile     file.Compartment = "goals"          // what is to be reached: client and advisers
	AdvisersNotes file.Compartment = "advisers_notes" // the advisers alone
	ClientNotes   file.Compartment = "client_notes"   // the client alone
)

// Advice is the state that the file's workflow owns. It holds facts; prose stands in documents. Its parts
// are replaced, never changed in place: copies may share them.
type Advice struct {
	ID      string    `json:"id" format:"uuid" doc:"Id of the file, for good"`
	AGS     ags.Key   `json:"ags" doc:"Municipality" example:"05999001"`
	Version int       `json:"version" doc:"One more with every decision; the ETag" example:"7"`
	Phase   Phase     `json:"phase" doc:"Where it stands"`
	Form    Form      `json:"form" doc:"What is asked for"`
	Opened  time.Time `json:"opened" doc:"When it was asked for"`
	Changed time.Time `json:"changed" doc:"When the last decision was recorded"`
	file.Dated

	Requester string     `json:"requester,omitempty" doc:"Subject of the client: who asked for it"`
	Request   *Request   `json:"request,omitempty"`
	Answered  *Answered  `json:"answered,omitempty"`
	Clarified *Clarified `json:"clarified,omitempty"`
	Declined  *Declined  `json:"declined,omitempty"`
	Referred  *Referred  `json:"referred,omitempty"`
	Withdrawn *Withdrawn `json:"withdrawn,omitempty"`
	Lapsed    *Stamp     `json:"lapsed,omitempty" doc:"When it lapsed for want of an agreement"`

	Advisers   *Advisers   `json:"advisers,omitempty"`
	Goals      *Goals      `json:"goals,omitempty"`
	Proposal   *Proposal   `json:"proposal,omitempty"`
	Agreement  *Agreement  `json:"agreement,omitempty"`
	Extensions []Extension `json:"extensions,omitempty" nullable:"false" doc:"What was proposed to be added to the agreement"`

	Meetings []Meeting `json:"meetings,omitempty" nullable:"false" doc:"The meetings, each against the hours"`
	Pause    *Pause    `json:"pause,omitempty"`
	Resumed  *Stamp    `json:"resumed,omitempty" doc:"When it was last taken up again"`
	Ratings  *Ratings  `json:"ratings,omitempty"`

	Ended         *Ended     `json:"ended,omitempty"`
	EntriesClosed bool       `json:"entries_closed,omitempty" doc:"Whether the time is over in which meetings could still be entered"`
	FollowUp      *FollowUp  `json:"follow_up,omitempty"`
	Passed        []Deadline `json:"passed,omitempty" nullable:"false" doc:"The deadlines in force that were missed"`

	file.Kept
}

// Head is what it shares with other files.
func (a Advice) Head() file.Head {
	return file.Head{
		ID: a.ID, AGS: a.AGS, Version: a.Version, Phase: string(a.Phase),
		Opened: a.Opened, Changed: a.Changed, Passed: a.Passed, Calendar: a.Calendar,
	}
}

// The relations.
const (
	Requester  file.Relation = "requester"   // asked for it: the client
	Advising   file.Relation = "advising"    // named as adviser, until the agreement ends
	Advised    file.Relation = "advised"     // the same, and the local adviser until entries are closed
	HasAdvised file.Relation = "has_advised" // was ever named: excludes, and opens nothing
	Existing   file.Relation = "existing"    // anybody, if it may be known that there is such advice
	Confided   file.Relation = "confided"    // anybody: it is advice
)

// Ties lists what ties people to a.
func (a Advice) Ties() []file.Tie {
	var ts []file.Tie
	tie := func(r file.Relation, holders ...string) {
		for _, h := range holders {
			ts = append(ts, file.Tie{Relation: r, Holder: h})
		}
	}
	if a.Requester == "" {
		return nil // it is not there yet
	}
	tie(Requester, a.Requester)
	tie(Confided, "")
	if !a.Form.Discreet() {
		tie(Existing, "")
	}
	tie(HasAdvised, a.Advisers.people()...)
	if a.advisable() {
		tie(Advising, a.Advisers.people()...)
	}
	for _, p := range a.Advisers.people() {
		if a.enters(p) {
			tie(Advised, p)
		}
	}
	return ts
}

// advisable reports whether the advisers who are named have the file.
func (a Advice) advisable() bool {
	return slices.Contains([]Phase{Received, Cleared, Agreed, Running, Resting}, a.Phase)
}

// enters reports whether somebody enters meetings and notes: the advisers, and for a while after the end
// the local one. An external adviser's rights end with the agreement.
func (a Advice) enters(by string) bool {
	if a.advisable() {
		return a.Advisers.has(by)
	}
	return a.Ended != nil && !a.EntriesClosed && a.Advisers.has(by) && by == a.Advisers.Local
}

// A side is one of the two that agree with each other.
type side int

const (
	neither side = iota
	client
	advisers
)

func (a Advice) sideOf(by string) side {
	switch {
	case by != "" && by == a.Requester:
		return client
	case a.Advisers.has(by):
		return advisers
	}
	return neither
}

// of lists the people of a side.
func (a Advice) of(s side) []string {
	switch s {
	case client:
		return []string{a.Requester}
	case advisers:
		return a.Advisers.people()
	default:
		return nil
	}
}

// other is the side that has to answer to what somebody proposed.
func (a Advice) other(by string) side {
	if a.sideOf(by) == client {
		return advisers
	}
	return client
}

// both lists the client and the advisers.
func (a Advice) both() []string { return append([]string{a.Requester}, a.Advisers.people()...) }

// Used counts the minutes of all meetings.
func (a Advice) Used() (minutes int) {
	for _, m := range a.Meetings {
		minutes += m.Minutes
	}
	return minutes
}

// Contingent is how many minutes the agreement has, extensions included.
func (a Advice) Contingent() int {
	if a.Agreement == nil {
		return 0
	}
	return a.Agreement.Hours * 60
}

// used reports whether so many per cent of the hours are used up.
func (a Advice) used(percent int) bool {
	return a.Agreement != nil && a.Used()*100 >= a.Contingent()*percent
}

// Course is a as the coordination sees it: without goals, and how the client rates them.
func (a Advice) Course() Advice {
	a.Goals, a.Ratings = nil, nil
	return a
}

// Existence is that there is such advice, and where it stands.
func (a Advice) Existence() Advice {
	return Advice{ID: a.ID, AGS: a.AGS, Version: a.Version, Phase: a.Phase, Form: a.Form, Opened: a.Opened, Changed: a.Changed}
}

// Reference is a short name of a; it says nothing about the people.
func (a Advice) Reference() string {
	if len(a.ID) < 8 {
		return ""
	}
	return "B-" + strings.ToUpper(a.ID[:8])
}

// The gates that several commands share.

// takesPart: the client and the advisers do this.
func takesPart(a Advice, by string) *fault.Error {
	if a.sideOf(by) == neither {
		return fault.Newf(fault.Forbidden, "only the client and the advisers do this").By("party", "whoever asked for the advice, or an adviser named in assign_advisers, does it")
	}
	return nil
}

// isClient: the client alone does this. Whoever advises does not rate.
func isClient(a Advice, by string) *fault.Error {
	if a.Advisers.has(by) {
		return fourEyes("whoever advises does not set or rate the goals", "the client does it")
	}
	return asked(a, by)
}

// asked: whoever asked for the advice does this.
func asked(a Advice, by string) *fault.Error {
	if a.sideOf(by) != client {
		return fault.Newf(fault.Forbidden, "only the client does this").By("own_advice", "whoever asked for the advice does it")
	}
	return nil
}

// advises: an adviser does this.
func advises(a Advice, by string) *fault.Error {
	if !a.Advisers.has(by) {
		return fault.Newf(fault.Forbidden, "only the advisers do this").By("advising", "an adviser named in assign_advisers does it")
	}
	return nil
}

// notOwn: nobody decides on the own request.
func notOwn(a Advice, by string) *fault.Error {
	if by == a.Requester {
		return fourEyes("whoever asked for the advice does not decide on it", "another advice coordinator decides")
	}
	return nil
}

// notAdviser: nobody judges the own advice.
func notAdviser(a Advice, by string) *fault.Error {
	if a.Advisers.has(by) {
		return fourEyes("whoever advised does not say how it holds", "the client or an advice coordinator says it")
	}
	return nil
}

func fourEyes(message, remedy string) *fault.Error {
	return fault.Newf(fault.Forbidden, "%s", message).By("four_eyes", remedy)
}

// optionalDay refuses what is given and is not a calendar day.
func optionalDay(field string, d Date) *fault.Error {
	if d == "" {
		return nil
	}
	return file.Day(field, d)
}
