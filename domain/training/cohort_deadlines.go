package training

import (
	"slices"
	"time"

	"koko/domain/fault"
	"koko/domain/process"
)

// The time limits of a cohort, in days.
const (
	shortDays  = 14 // to cancel or merge a cohort below its minimum, before it is cancelled
	remindDays = 7  // before a date, its participants are reminded
	signDays   = 3  // after a date, to sign its list
)

// CohortDeadlineKinds lists what is expected of a cohort.
func CohortDeadlineKinds() []string { return []string{"closes", "short", "remind", "sign"} }

// Deadlines lists what is expected of c, the earliest first.
func (c Cohort) Deadlines() []Deadline {
	var ds []Deadline
	add := func(kind string, due time.Time) { ds = append(ds, Deadline{Kind: kind, Due: due.UTC()}) }
	switch c.Stage {
	case Open:
		add("closes", c.Closes)
	case Short:
		add("short", c.ShortAt.AddDate(0, 0, shortDays))
	}
	if c.Stage == Open || c.Stage == Running {
		for _, d := range c.Dates {
			if d.Cancelled == "" && d.Signed == nil {
				add("remind", d.Begins.AddDate(0, 0, -remindDays))
				add("sign", d.Ends.AddDate(0, 0, signDays))
			}
		}
	}
	slices.SortStableFunc(ds, func(a, b Deadline) int { return a.Due.Compare(b.Due) })
	return slices.Compact(ds)
}

// NextDeadline returns the earliest deadline that has not been missed yet.
func (c Cohort) NextDeadline() (Deadline, bool) { return process.Next(c.Deadlines(), c.Passed) }

// CohortDeadlinePassed notes that a time limit has passed, and what follows from that. The workflow's
// timer sends it.
type CohortDeadlinePassed struct {
	Deadline Deadline `json:"deadline"`
	Docs
}

// Action is deadline_passed.
func (CohortDeadlinePassed) Action() Action { return ActionDeadlinePassed }

// Check accepts it: what it says is compared with the state.
func (d CohortDeadlinePassed) Check() error { return process.First(d.In(d.Action())) }

func (d CohortDeadlinePassed) applyCohort(c *Cohort, by Stamp) *fault.Error {
	if next, ok := c.NextDeadline(); !ok || next != d.Deadline || by.At.Before(next.Due) {
		return notDue()
	}
	c.Passed = append(slices.Clone(c.Passed), d.Deadline)
	switch {
	case d.Deadline.Kind == "short":
		c.cancel(BelowMinimum)
	case d.Deadline.Kind == "closes" && c.held("") < c.Minimum && !c.begun(by.At):
		c.Stage, c.ShortAt = Short, &by.At
	case d.Deadline.Kind == "closes":
		c.Stage = Running
	}
	return nil
}
