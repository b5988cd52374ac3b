package enrolment

import (
	"slices"
	"time"

	"koko/domain/file"
	"koko/domain/training"
)

// The time limits of an enrolment that are not the curriculum's, in days.
const (
	releaseDays        = 14 // for the employer
	applicationDays    = 14 // for the coordinator
	feedbackDays       = 28 // for the trainer
	verdictDays        = 28 // for the assessors
	appealDecisionDays = 30
	lapseSoonDays      = 60 // before the time is over
)

// The deadlines that change something when they pass; the others only tell people.
const (
	dueOffer  = "offer"
	dueMakeUp = "make_up"
	dueAppeal = "appeal"
	dueLapse  = "lapse"
)

// DeadlineKinds lists what is expected of an enrolment.
func DeadlineKinds() []string {
	return []string{
		"release",
		"application",
		dueOffer,
		dueMakeUp,
		"feedback",
		"verdict",
		dueAppeal,
		"appeal_decision",
		"resume",
		"lapse_soon",
		dueLapse,
	}
}

// Deadlines lists what is expected, the earliest first. They follow from the state alone.
func (e Enrolment) Deadlines() []file.Deadline {
	var ds []file.Deadline
	add := func(kind string, due time.Time) { ds = append(ds, file.Deadline{Kind: kind, Due: due.UTC()}) }
	after := func(kind string, at time.Time, days int) { add(kind, e.moved(at, at.AddDate(0, 0, days))) }
	switch {
	case e.Phase == Applied && e.Release == nil:
		after("release", e.Opened, releaseDays)
	case e.Phase == Applied:
		after("application", e.Release.At, applicationDays)
	case e.Pause != nil && e.Pause.Until != "":
		add("resume", endOf(e.Pause.Until))
	case e.Pause != nil:
	case slices.Contains(underway, e.Phase):
		e.submitted(after)
		e.assessed(add, after)
		for _, m := range e.MakeUps {
			if m.Kind == AssignmentMakeUp && m.Status == MakeUpPlanned || m.Kind == ElsewhereMakeUp && m.open() {
				add(dueMakeUp, e.moved(m.At, m.Due))
			}
		}
		if e.Phase != Qualified && !e.judged() {
			add("lapse_soon", e.Until().AddDate(0, 0, -lapseSoonDays))
			add(dueLapse, e.Until())
		}
	}
	if e.Seat != nil && e.Seat.Status == training.SeatOffered {
		add(dueOffer, *e.Seat.Until)
	}
	slices.SortStableFunc(ds, func(a, b file.Deadline) int { return a.Due.Compare(b.Due) })
	return ds
}

// submitted adds what trainers have to look at.
func (e Enrolment) submitted(after func(string, time.Time, int)) {
	if e.Concept != nil && e.Concept.Accepted == nil {
		after("feedback", e.Concept.At, feedbackDays)
	}
	if e.caseOpen() {
		after("feedback", e.CaseReports[len(e.CaseReports)-1].At, feedbackDays)
	}
}

// assessed adds what an assessment waits for.
func (e Enrolment) assessed(add func(string, time.Time), after func(string, time.Time, int)) {
	switch a := e.attempt(); {
	case a == nil:
	case a.Decided == nil:
		after("verdict", a.At, verdictDays)
	case a.Passed:
	case a.Appeal == nil:
		add(dueAppeal, e.appealUntil())
	case a.Appeal.Decision == nil:
		after("appeal_decision", a.Appeal.At, appealDecisionDays)
	}
}

// judged reports whether somebody else has to act, or the trainee may still appeal: nobody lapses
// meanwhile.
func (e Enrolment) judged() bool {
	switch a := e.attempt(); {
	case a == nil || a.Passed:
		return false
	case a.Decided == nil:
		return true
	case a.Appeal == nil:
		return !slices.Contains(e.Passed, file.Deadline{Kind: dueAppeal, Due: e.appealUntil().UTC()})
	default:
		return a.Appeal.Decision == nil
	}
}

// Until is when everything must be done, moved by the rests that are over. It needs an admission.
func (e Enrolment) Until() time.Time {
	return e.moved(*e.Admitted, file.Months(*e.Admitted, e.Terms.Rule.Months))
}

// miss is what follows from a deadline that has passed.
func (e *Enrolment) miss(d file.Deadline, by file.Stamp) {
	switch d.Kind {
	case dueOffer:
		e.Seat, e.Cohort = nil, ""
	case dueMakeUp:
		e.missMakeUps(d.Due)
	case dueAppeal:
		e.failIfFinal(by)
	case dueLapse:
		e.end(Lapsed, "", by)
	}
}

func (e *Enrolment) missMakeUps(due time.Time) {
	kept := slices.Clone(e.MakeUps)
	for i, m := range kept {
		if m.Status == MakeUpPlanned && !e.moved(m.At, m.Due).After(due) {
			kept[i].Status = MakeUpMissed
		}
	}
	e.MakeUps = kept
}
