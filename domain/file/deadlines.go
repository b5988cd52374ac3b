package file

import (
	"slices"
	"time"
)

// A Deadline is a day by which something is expected.
type Deadline struct {
	Kind string    `json:"kind" doc:"What is expected" example:"clearing"` // triage, watch, clearing, analysis, rescore, review, follow_up_3, …
	Due  time.Time `json:"due" doc:"By when"`
}

// ActionDeadlinePassed is the workflows' own: no person takes it.
const ActionDeadlinePassed Action = "deadline_passed"

// DeadlinePassed notes that a deadline of a file was missed. The timer of its workflow sends it.
type DeadlinePassed struct {
	Deadline Deadline `json:"deadline"`
	Docs
}

// Action is deadline_passed.
func (DeadlinePassed) Action() Action { return ActionDeadlinePassed }

// Check accepts it: what it says is compared with the state.
func (d DeadlinePassed) Check() error { return First(d.In(d.Action())) }

// Next returns the earliest of in that has not been missed yet.
func Next(in, passed []Deadline) (Deadline, bool) {
	for _, d := range in {
		if !slices.Contains(passed, d) {
			return d, true
		}
	}
	return Deadline{}, false
}

// StillIn keeps of the missed deadlines those that are in force.
func StillIn(in, passed []Deadline) []Deadline {
	var still []Deadline
	for _, d := range passed {
		if slices.Contains(in, d) {
			still = append(still, d)
		}
	}
	return still
}

// Latest returns the later of a and b.
func Latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// WorkingDays returns the time n working days after t.
func WorkingDays(t time.Time, n int) time.Time {
	for n > 0 {
		t = t.AddDate(0, 0, 1)
		if d := t.Weekday(); d != time.Saturday && d != time.Sunday {
			n--
		}
	}
	return t
}

// Months returns the time n months after t, in a month without that day its last one (§188(3) BGB).
func Months(t time.Time, n int) time.Time {
	later := t.AddDate(0, n, 0)
	if later.Day() != t.Day() {
		later = later.AddDate(0, 0, -later.Day())
	}
	return later
}
