package conflict

import (
	"slices"
	"time"

	"koko/domain/fault"
)

// The time limits of the process; working days are Monday to Friday.
const (
	triageWorkingDays   = 2
	watchDays           = 30 // a watched signal is looked at again
	clearingWorkingDays = 10
	analysisDays        = 30
	rescoreDays         = 30
	reviewDays          = 6 * 7 // of the work in mediation
)

// A Deadline is a day by which something is expected of a case.
type Deadline struct {
	Kind string    `json:"kind" doc:"What is expected" example:"clearing"` // triage, watch, clearing, analysis, rescore, review, follow_up_3, …
	Due  time.Time `json:"due" doc:"By when"`
}

// Deadlines lists what is expected of c, the earliest first. They follow from the state alone.
func (c Case) Deadlines() []Deadline {
	var ds []Deadline
	add := func(kind string, due time.Time) { ds = append(ds, Deadline{kind, due.UTC()}) }
	switch c.Phase {
	case Detection:
		switch {
		case c.Triage == nil:
			add("triage", workingDays(latest(c.Signal.At, c.resumed()), triageWorkingDays))
		case c.Triage.Decision == Watch:
			add("watch", c.Triage.At.AddDate(0, 0, watchDays))
		default:
			add("clearing", workingDays(c.Triage.At, clearingWorkingDays))
		}
	case Analysis:
		add("analysis", latest(c.Mandate.At, c.resumed()).AddDate(0, 0, analysisDays))
		if c.Escalation != nil {
			add("rescore", latest(c.Escalation.At, c.resumed()).AddDate(0, 0, rescoreDays))
		}
	case Mediation:
		begun := latest(c.Plan.At, c.resumed())
		if c.Interim != nil {
			begun = latest(begun, c.Interim.At)
		}
		add("review", begun.AddDate(0, 0, reviewDays))
		if c.Escalation != nil {
			add("rescore", latest(c.Escalation.At, c.resumed()).AddDate(0, 0, rescoreDays))
		}
	case FollowUp:
		for _, m := range FollowUpMonths() {
			if !c.followedUp(m) {
				add(followUpKind(m), months(c.SignedOff.At, m))
			}
		}
	}
	slices.SortStableFunc(ds, func(a, b Deadline) int { return a.Due.Compare(b.Due) })
	return ds
}

// resumed is when the work was last taken up again, because the case was reopened or the supervisor
// did not sign it off. The time limits begin anew: nobody could keep them meanwhile.
func (c Case) resumed() time.Time {
	var at time.Time
	if c.Reopened != nil {
		at = c.Reopened.At
	}
	if c.SignedOff != nil {
		at = latest(at, c.SignedOff.At)
	}
	return at
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func followUpKind(month int) string {
	switch month {
	case 3:
		return "follow_up_3"
	case 6:
		return "follow_up_6"
	default:
		return "follow_up_12"
	}
}

// workingDays returns the time n working days after t.
func workingDays(t time.Time, n int) time.Time {
	for n > 0 {
		t = t.AddDate(0, 0, 1)
		if d := t.Weekday(); d != time.Saturday && d != time.Sunday {
			n--
		}
	}
	return t
}

// months returns the time n months after t, in a month without that day its last one (§188(3) BGB).
func months(t time.Time, n int) time.Time {
	later := t.AddDate(0, n, 0)
	if later.Day() != t.Day() {
		later = later.AddDate(0, 0, -later.Day())
	}
	return later
}

// NextDeadline returns the earliest deadline that has not been missed yet.
func (c Case) NextDeadline() (Deadline, bool) {
	for _, d := range c.Deadlines() {
		if !slices.Contains(c.Passed, d) {
			return d, true
		}
	}
	return Deadline{}, false
}

// stillPassed keeps of the missed deadlines those that are in force.
func (c Case) stillPassed() []Deadline {
	in := c.Deadlines()
	var passed []Deadline
	for _, d := range c.Passed {
		if slices.Contains(in, d) {
			passed = append(passed, d)
		}
	}
	return passed
}

// DeadlinePassed notes that a deadline was missed. The workflow's timer sends it.
type DeadlinePassed struct {
	Deadline Deadline `json:"deadline"`
	Docs
}

// Action is deadline_passed.
func (DeadlinePassed) Action() Action { return ActionDeadlinePassed }

// Check accepts it: what it says is compared with the state.
func (d DeadlinePassed) Check() error { return first(d.check(d.Action())) }

func (d DeadlinePassed) apply(c *Case, by Stamp) *fault.Error {
	if next, ok := c.NextDeadline(); !ok || next != d.Deadline || by.At.Before(next.Due) {
		return fault.Newf(fault.Gate, "the deadline is not the next one, or not due").By("deadline", "nothing to do")
	}
	c.Passed = append(slices.Clone(c.Passed), d.Deadline)
	return nil
}
