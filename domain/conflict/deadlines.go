package conflict

import (
	"slices"
	"time"

	"koko/domain/calendar"
	"koko/domain/file"
)

// The time limits of the process.
var (
	forTriage   = calendar.WorkingDays(2)
	forWatch    = calendar.Days(30) // a watched signal is looked at again
	forClearing = calendar.WorkingDays(10)
	forAnalysis = calendar.Days(30)
	forRescore  = calendar.Days(30)
)

// reviewWeeks is how often the facilitators are asked, counted from the handing over.
const reviewWeeks = 6

// Deadlines lists what is expected of c, the earliest first. They follow from the state alone.
func (c Case) Deadlines() []Deadline {
	t := c.Head().Timetable()
	if c.Pause != nil {
		t.Add(dueResume, c.Pause.Until.Day().Ends(), calendar.Appointment(0))
		return t.Deadlines()
	}
	if c.Phase != Closed {
		for _, m := range c.Measures {
			if m.open() {
				t.Add("measure", m.Due.Day().Ends(), calendar.Appointment(0))
			}
		}
	}
	switch c.Phase {
	case Detection:
		switch {
		case c.Triage == nil:
			t.Add("triage", file.Latest(c.Signal.At, c.resumed()), forTriage)
		case c.Triage.Decision == Watch:
			t.Add("watch", c.Triage.At, forWatch)
		default:
			t.Add("clearing", c.Triage.At, forClearing)
		}
	case Analysis:
		t.Add("analysis", file.Latest(c.Mandate.At, c.resumed()), forAnalysis)
		if c.Escalation != nil {
			t.Add("rescore", file.Latest(c.Escalation.At, c.resumed()), forRescore)
		}
	case Work:
		for _, n := range c.reviews() {
			t.Add("review", c.Handed.At, forReview(n))
		}
		if c.Escalation != nil {
			t.Add("rescore", file.Latest(c.Escalation.At, c.resumed()), forRescore)
		}
	case FollowUp:
		for _, m := range file.Values[FollowUpMonth]() {
			if !c.followedUp(m) {
				t.Add(followUpKind(m), c.SignedOff.At, calendar.Months(int(m)))
			}
		}
	case Closure, Closed: // nothing is expected
	}
	return t.Deadlines()
}

// reviews lists the reviews for which the facilitators are asked, by number: those that they missed, and the next
// one. Those that were due while nobody could answer are left out.
func (c Case) reviews() (ns []int) {
	missed := func(n int) bool {
		return slices.ContainsFunc(c.Passed, func(d Deadline) bool {
			return d.Kind == "review" && d.Event.Equal(c.Handed.At) && d.Rule == forReview(n)
		})
	}
	for n := c.Handed.answered() + 1; ; n++ {
		if !c.reviewDue(n).After(c.resumed()) {
			continue
		}
		ns = append(ns, n)
		if !missed(n) {
			return ns
		}
	}
}

// forReview is how long it is to the nth review: on the rhythm of the case, whatever happens in the work.
func forReview(n int) calendar.Rule { return calendar.Weeks(n * reviewWeeks) }

func (c Case) reviewDue(n int) time.Time { return c.Head().After(c.Handed.At, forReview(n)) }

// resumed is when the work was last taken up again, because the case was reopened or the supervisor
// did not sign it off. The time limits begin anew: nobody could keep them meanwhile.
func (c Case) resumed() time.Time {
	var at time.Time
	if c.Reopened != nil {
		at = c.Reopened.At
	}
	if c.SignedOff != nil {
		at = file.Latest(at, c.SignedOff.At)
	}
	return at
}

func followUpKind(month FollowUpMonth) string {
	switch month {
	case 3:
		return "follow_up_3"
	case 6:
		return "follow_up_6"
	default:
		return "follow_up_12"
	}
}

// charge is who has to act: whoever works on the case or, as long as nobody does, the contact point and then the
// conflict managers.
func (c Case) charge(_ string) file.Charge {
	ch := file.Charge{Roles: []string{"conflict_manager"}, Deputies: []string{"conflict_manager"}}
	if c.Phase == Detection {
		ch.Roles = []string{"clearing"}
	}
	if c.Assignee != "" {
		ch.People = []string{c.Assignee}
	}
	return ch
}
