package advice

import (
	"time"

	"koko/domain/calendar"
	"koko/domain/file"
)

// The time limits.
var (
	forAnswer    = calendar.WorkingDays(3)
	forTalk      = calendar.WorkingDays(10)
	forAgreement = calendar.WorkingDays(20)
	forSilence   = calendar.Weeks(6)
	soon         = calendar.Appointment(-14) // before the end of the period
	forEntries   = calendar.Days(30)         // after the end
	forFollowUp  = calendar.Months(3)
	forNotes     = calendar.Months(6) // after the end; of coaching and supervision:
	forDiscreet  = calendar.Months(3)
	forFile      = calendar.Months(3 * 12)
)

// The deadlines that change something when they pass; the others only tell people.
const (
	dueAgreement = "agreement"
	duePeriod    = "period"
	dueEntries   = "entries"
)

// retention is how long words are kept: what was noted for half a year after the end, of coaching and
// supervision for three months, request, agreement and goals for three years.
var retention = []file.Retention[Advice]{
	{
		Deadline: "notes_kept", Compartments: []file.Compartment{AdvisersNotes, ClientNotes},
		Since: Advice.over, For: func(a Advice) calendar.Rule {
			if a.Form.Discreet() {
				return forDiscreet
			}
			return forNotes
		},
	},
	{
		Deadline: "file_kept", Compartments: []file.Compartment{File, GoalsFile},
		Since: Advice.over, For: func(Advice) calendar.Rule { return forFile },
	},
}

// over is when it ended, in whatever way; zero while it goes on.
func (a Advice) over() time.Time {
	switch {
	case a.Ended != nil:
		return a.Ended.At
	case a.Declined != nil:
		return a.Declined.At
	case a.Referred != nil:
		return a.Referred.At
	case a.Withdrawn != nil:
		return a.Withdrawn.At
	case a.Lapsed != nil:
		return a.Lapsed.At
	}
	return time.Time{}
}

// deadlineKinds lists what is expected of an advice.
var deadlineKinds = []string{"answer", "talk", dueAgreement, "silence", "period_soon", duePeriod, "resume", dueEntries, "follow_up"}

// Deadlines lists what is expected of a, the earliest first. They follow from the state alone.
func (a Advice) Deadlines() []Deadline {
	t := a.Head().Timetable()
	switch a.Phase {
	case Received:
		if a.Answered == nil {
			t.Add("answer", a.Opened, forAnswer)
		}
		t.Add("talk", a.Opened, forTalk)
	case Cleared:
		t.Add(dueAgreement, a.Clarified.At, forAgreement)
	case Agreed, Running:
		t.Add("silence", a.lastSign(), forSilence)
		a.period(t)
	case Resting:
		if a.Pause.Until != "" {
			t.Add("resume", a.Pause.Until.Day().Ends(), calendar.Appointment(0))
		}
		a.period(t)
	case Closed, Broken:
		t.Add("follow_up", a.Ended.At, forFollowUp)
	case Asked, Rejected, Passed, Withdrew, Lapsed: // nothing is expected
	}
	if a.Ended != nil && !a.EntriesClosed {
		t.Add(dueEntries, a.Ended.At, forEntries)
	}
	file.Retain(t, retention, a)
	return t.Deadlines()
}

func (a Advice) period(t *file.Timetable) {
	ends := a.Agreement.Until.Day().Ends()
	t.Add("period_soon", ends, soon)
	t.Add(duePeriod, ends, calendar.Appointment(0))
}

// lastSign is when something was last heard of either side. Notes do not count: nobody learns of them.
func (a Advice) lastSign() time.Time {
	at := file.Latest(a.Agreement.At, a.Agreement.From.Day().Begins())
	if n := len(a.Meetings); n > 0 {
		at = file.Latest(at, a.Meetings[n-1].At)
	}
	if n := len(a.Extensions); n > 0 {
		at = file.Latest(at, a.Extensions[n-1].At)
		if a.Extensions[n-1].Agreed != nil {
			at = file.Latest(at, a.Extensions[n-1].Agreed.At)
		}
	}
	if a.Resumed != nil {
		at = file.Latest(at, a.Resumed.At)
	}
	return at
}

// entriesUntil is until when meetings can be entered after the end.
func (a Advice) entriesUntil() time.Time { return a.Head().After(a.Ended.At, forEntries) }

// miss is what follows from a deadline that has passed.
func (a *Advice) miss(d Deadline, by Stamp) {
	switch d.Kind {
	case dueAgreement:
		a.Proposal, a.Lapsed, a.Phase = nil, &by, Lapsed
	case duePeriod:
		a.end(Closed, Ended{Stamp: by, Outcome: PeriodOver})
	case dueEntries:
		a.EntriesClosed = true
	}
}
