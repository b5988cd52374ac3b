package conflict

import (
	"slices"
	"time"

	"koko/domain/file"
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

// Deadlines lists what is expected of c, the earliest first. They follow from the state alone.
func (c Case) Deadlines() []Deadline {
	var ds []Deadline
	add := func(kind string, due time.Time) { ds = append(ds, Deadline{Kind: kind, Due: due.UTC()}) }
	switch c.Phase {
	case Detection:
		switch {
		case c.Triage == nil:
			add("triage", file.WorkingDays(file.Latest(c.Signal.At, c.resumed()), triageWorkingDays))
		case c.Triage.Decision == Watch:
			add("watch", c.Triage.At.AddDate(0, 0, watchDays))
		default:
			add("clearing", file.WorkingDays(c.Triage.At, clearingWorkingDays))
		}
	case Analysis:
		add("analysis", file.Latest(c.Mandate.At, c.resumed()).AddDate(0, 0, analysisDays))
		if c.Escalation != nil {
			add("rescore", file.Latest(c.Escalation.At, c.resumed()).AddDate(0, 0, rescoreDays))
		}
	case Mediation:
		begun := file.Latest(c.Plan.At, c.resumed())
		if c.Interim != nil {
			begun = file.Latest(begun, c.Interim.At)
		}
		add("review", begun.AddDate(0, 0, reviewDays))
		if c.Escalation != nil {
			add("rescore", file.Latest(c.Escalation.At, c.resumed()).AddDate(0, 0, rescoreDays))
		}
	case FollowUp:
		for _, m := range file.Values[FollowUpMonth]() {
			if !c.followedUp(m) {
				add(followUpKind(m), file.Months(c.SignedOff.At, int(m)))
			}
		}
	case Closure, Closed: // nothing is expected
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
