package enrolment

import (
	"slices"
	"time"

	"koko/domain/calendar"
	"koko/domain/file"
	"koko/domain/training"
)

// The time limits of an enrolment that are not the curriculum's.
var (
	forRelease        = calendar.Days(14) // for the employer
	forApplication    = calendar.Days(14) // for the coordinator
	forFeedback       = calendar.Weeks(4) // for the trainer
	forVerdict        = calendar.Weeks(4) // for the assessors
	forAppealDecision = calendar.Days(30)
	lapseSoon         = calendar.Appointment(-60) // before the time is over
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
	t := e.Head().Timetable()
	switch {
	case e.Phase == Applied && e.Release == nil:
		t.Add("release", e.Opened, forRelease)
	case e.Phase == Applied:
		t.Add("application", e.Release.At, forApplication)
	case e.Pause != nil && e.Pause.Until != "":
		t.Add("resume", e.Pause.Until.Day().Ends(), calendar.Appointment(0))
	case e.Pause != nil:
	case slices.Contains(underway, e.Phase):
		e.submitted(t)
		e.assessed(t)
		for _, m := range e.MakeUps {
			if m.Kind == AssignmentMakeUp && m.Status == MakeUpPlanned || m.Kind == ElsewhereMakeUp && m.open() {
				t.Add(dueMakeUp, e.moved(m.At, m.Due), calendar.Appointment(0))
			}
		}
		if e.Phase != Qualified && !e.judged() {
			t.Add("lapse_soon", e.Until(), lapseSoon)
			t.Add(dueLapse, *e.Admitted, e.time())
		}
	}
	if e.Seat != nil && e.Seat.Status == training.SeatOffered {
		t.Add(dueOffer, *e.Seat.Until, calendar.Appointment(0))
	}
	return t.Deadlines()
}

// submitted adds what trainers have to look at.
func (e Enrolment) submitted(t *file.Timetable) {
	if e.Concept != nil && e.Concept.Accepted == nil {
		t.Add("feedback", e.Concept.At, forFeedback)
	}
	if e.caseOpen() {
		t.Add("feedback", e.CaseReports[len(e.CaseReports)-1].At, forFeedback)
	}
}

// assessed adds what an assessment waits for.
func (e Enrolment) assessed(t *file.Timetable) {
	switch a := e.attempt(); {
	case a == nil:
	case a.Decided == nil:
		t.Add("verdict", a.At, forVerdict)
	case a.Passed:
	case a.Appeal == nil:
		t.Add(dueAppeal, *a.Decided, e.forAppeal())
	case a.Appeal.Decision == nil:
		t.Add("appeal_decision", a.Appeal.At, forAppealDecision)
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
		return !slices.ContainsFunc(e.Passed, func(d file.Deadline) bool { return d.Kind == dueAppeal && d.Due.Equal(e.appealUntil()) })
	default:
		return a.Appeal.Decision == nil
	}
}

// Until is when everything must be done, moved by the rests that are over. It needs an admission.
func (e Enrolment) Until() time.Time {
	return e.Head().After(*e.Admitted, e.time())
}

// time is how long an enrolment may take.
func (e Enrolment) time() calendar.Rule { return calendar.Months(e.Terms.Rule.Months) }

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
