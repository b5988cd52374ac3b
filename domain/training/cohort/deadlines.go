package cohort

import (
	"slices"

	"koko/domain/calendar"
	"koko/domain/file"
	"koko/domain/training"
)

// The time limits of a cohort.
var (
	forShort = calendar.Days(14)        // to cancel or merge a cohort below its minimum, before it is cancelled
	forSign  = calendar.Days(3)         // after a date, to sign its list
	reminder = calendar.Appointment(-7) // before a date, to its participants
)

// DeadlineKinds lists what is expected of a cohort.
func DeadlineKinds() []string { return []string{"closes", "short", "remind", "sign"} }

// Deadlines lists what is expected of c, the earliest first.
func (c Cohort) Deadlines() []file.Deadline {
	t := c.Head().Timetable()
	switch c.Stage {
	case Open:
		t.Add("closes", c.Closes, calendar.Appointment(0))
	case Short:
		t.Add("short", *c.ShortAt, forShort)
	case Running, Finished, Cancelled, Merged: // no deadline of the cohort as a whole
	}
	if c.Stage == Open || c.Stage == Running {
		for _, d := range c.Dates {
			if d.Cancelled == "" && d.Signed == nil {
				t.Add("remind", d.Begins, reminder)
				t.Add("sign", d.Ends, forSign)
			}
		}
	}
	return slices.Compact(t.Deadlines())
}

// miss is what follows from a deadline that has passed.
func (c *Cohort) miss(d file.Deadline, by file.Stamp) {
	switch {
	case d.Kind == "short":
		c.cancel(training.BelowMinimum)
	case d.Kind == "closes" && c.held("") < c.Minimum && !c.begun(by.At):
		c.Stage, c.ShortAt = Short, &by.At
	case d.Kind == "closes":
		c.Stage = Running
	}
}
