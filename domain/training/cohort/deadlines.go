package cohort

import (
	"slices"
	"time"

	"koko/domain/file"
	"koko/domain/training"
)

// The time limits of a cohort, in days.
const (
	shortDays  = 14 // to cancel or merge a cohort below its minimum, before it is cancelled
	remindDays = 7  // before a date, its participants are reminded
	signDays   = 3  // after a date, to sign its list
)

// DeadlineKinds lists what is expected of a cohort.
func DeadlineKinds() []string { return []string{"closes", "short", "remind", "sign"} }

// Deadlines lists what is expected of c, the earliest first.
func (c Cohort) Deadlines() []file.Deadline {
	var ds []file.Deadline
	add := func(kind string, due time.Time) { ds = append(ds, file.Deadline{Kind: kind, Due: due.UTC()}) }
	switch c.Stage {
	case Open:
		add("closes", c.Closes)
	case Short:
		add("short", c.ShortAt.AddDate(0, 0, shortDays))
	case Running, Finished, Cancelled, Merged: // no deadline of the cohort as a whole
	}
	if c.Stage == Open || c.Stage == Running {
		for _, d := range c.Dates {
			if d.Cancelled == "" && d.Signed == nil {
				add("remind", d.Begins.AddDate(0, 0, -remindDays))
				add("sign", d.Ends.AddDate(0, 0, signDays))
			}
		}
	}
	slices.SortStableFunc(ds, func(a, b file.Deadline) int { return a.Due.Compare(b.Due) })
	return slices.Compact(ds)
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
