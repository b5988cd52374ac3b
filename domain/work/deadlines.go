package work

import (
	"slices"
	"time"

	"koko/domain/calendar"
	"koko/domain/file"
)

// The time limits.
var (
	forAcceptance = calendar.WorkingDays(5)
	forConditions = calendar.WorkingDays(20)
	forEntries    = calendar.Days(30)  // after the end
	forNotes      = calendar.Months(3) // after the end
	forAgreement  = calendar.Months(3 * 12)
	forUnsettled  = calendar.Months(2 * 3 * 12) // after a clause was due: in three years a claim arising from it lapses (§ 195 BGB)
)

// reviewWeeks is the rhythm of the case, counted from the hand-over.
const reviewWeeks = 6

// The deadlines that change something when they pass; the others only tell people.
const (
	dueAcceptance = "acceptance"
	dueAdmission  = "admission"
	dueEntries    = "entries"
	notesKept     = "work_notes_kept"
	agreementKept = "work_agreement_kept"
)

// deadlineKinds lists what is expected of the work.
var deadlineKinds = []string{dueAcceptance, "conditions", "review", "clause", dueAdmission, dueEntries}

// retention is how long words are kept: notes for three months after the end; agreement and disclosures until all
// clauses are fulfilled, and three years longer.
var retention = []file.Retention[Work]{
	{
		Deadline: notesKept, Compartments: []file.Compartment{Notes, Briefing},
		Since: Work.over, For: func(Work) calendar.Rule { return forNotes },
	},
	{
		Deadline: agreementKept, Compartments: []file.Compartment{Contract},
		Since: func(w Work) time.Time { return w.agreementKept().Event }, For: func(w Work) calendar.Rule { return w.agreementKept().Rule },
	},
}

var compartments = []file.Compartment{Notes, Contract, Briefing}

// over is when the work ended, in whatever way; zero while it goes on.
func (w Work) over() time.Time {
	switch {
	case w.Ended != nil:
		return w.Ended.At
	case w.Declined != nil:
		return w.Declined.At
	case w.Withdrawn != nil:
		return w.Withdrawn.At
	}
	return time.Time{}
}

// agreementKept is the last of what the words of the agreement are kept for; without an event while the work goes
// on. It does not wait for ever: a clause that nobody records as fulfilled counts as settled once a claim arising
// from it has lapsed.
func (w Work) agreementKept() (last Deadline) {
	if w.over().IsZero() {
		return last
	}
	t := w.Head().Timetable()
	t.Add(agreementKept, w.over(), forNotes)
	for _, p := range w.points() {
		if p.Fulfilled != nil {
			t.Add(agreementKept, p.Fulfilled.At, forAgreement)
			continue
		}
		t.Add(agreementKept, p.Due.Day().Ends(), forUnsettled)
	}
	for _, d := range w.Disclosures {
		t.Add(agreementKept, d.At, forAgreement)
	}
	all := t.Deadlines()
	return all[len(all)-1]
}

// Deadlines lists what is expected of w, the earliest first. They follow from the state alone.
func (w Work) Deadlines() []Deadline {
	t := w.Head().Timetable()
	if len(w.invited()) > 0 { // all were asked at once
		t.Add(dueAcceptance, w.Opened, forAcceptance)
	}
	if slices.Contains(underway, w.Phase) {
		if w.Conditions == nil && w.Phase != Resting {
			t.Add("conditions", w.since(), forConditions)
		}
		t.Add("review", w.Opened, forReview(w.Reviewed+1))
	}
	if slices.Contains(watched, w.Phase) {
		for _, p := range w.points() {
			if p.Fulfilled == nil {
				t.Add("clause", p.Due.Day().Ends(), calendar.Appointment(0))
			}
		}
	}
	if slices.Contains(admissible, w.Phase) {
		for _, a := range w.Admissions {
			if a.Ended == nil {
				t.Add(dueAdmission, a.Until.Day().Ends(), calendar.Appointment(0))
			}
		}
	}
	if w.Phase == Ended && !w.EntriesClosed {
		t.Add(dueEntries, w.Ended.At, forEntries)
	}
	file.Retain(t, retention, w)
	return t.Deadlines()
}

// due counts the reviews whose day is over.
func (w Work) due(at time.Time) (n int) {
	for calendar.Late(at, w.Head().After(w.Opened, forReview(n+1))) {
		n++
	}
	return n
}

// forReview is how long it is to the nth review.
func forReview(n int) calendar.Rule { return calendar.Weeks(n * reviewWeeks) }

// acceptBy is until when those who are asked can answer.
func (w Work) acceptBy() time.Time { return w.Head().After(w.Opened, forAcceptance) }

// entriesUntil is until when sessions and notes can be entered after the end.
func (w Work) entriesUntil() time.Time { return w.Head().After(w.Ended.At, forEntries) }

// miss is what follows from a deadline that has passed.
func (w *Work) miss(d Deadline, by Stamp) {
	switch d.Kind {
	case dueAcceptance:
		w.lapse(by)
	case dueAdmission:
		w.endAdmissions(by, func(a Admitted) bool { return a.Until.Day().Ends().Equal(d.Due) })
	case dueEntries:
		w.EntriesClosed = true
	case notesKept, agreementKept:
		if len(w.Destroyed) == len(compartments) {
			w.Phase = Expired
		}
	}
}
