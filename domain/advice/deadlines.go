package advice

import (
	"time"

	"koko/domain/file"
)

// The time limits; working days are Monday to Friday.
const (
	answerWorkingDays    = 3
	talkWorkingDays      = 10
	agreementWorkingDays = 20
	silenceDays          = 6 * 7
	soonDays             = 14 // before the end of the period
	entryDays            = 30 // after the end
	followUpMonths       = 3
	notesMonths          = 6 // after the end; of coaching and supervision:
	discreetMonths       = 3
	fileMonths           = 3 * 12
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
	{Deadline: "notes_kept", Compartments: []file.Compartment{AdvisersNotes, ClientNotes}, Until: func(a Advice) time.Time {
		if a.Form.Discreet() {
			return a.afterEnd(discreetMonths)
		}
		return a.afterEnd(notesMonths)
	}},
	{
		Deadline: "file_kept", Compartments: []file.Compartment{File, GoalsFile},
		Until: func(a Advice) time.Time { return a.afterEnd(fileMonths) },
	},
}

// afterEnd is so many months after it ended, in whatever way; zero while it goes on.
func (a Advice) afterEnd(months int) time.Time {
	switch {
	case a.Ended != nil:
		return file.Months(a.Ended.At, months)
	case a.Declined != nil:
		return file.Months(a.Declined.At, months)
	case a.Referred != nil:
		return file.Months(a.Referred.At, months)
	case a.Withdrawn != nil:
		return file.Months(a.Withdrawn.At, months)
	case a.Lapsed != nil:
		return file.Months(a.Lapsed.At, months)
	}
	return time.Time{}
}

// deadlineKinds lists what is expected of an advice.
var deadlineKinds = []string{"answer", "talk", dueAgreement, "silence", "period_soon", duePeriod, "resume", dueEntries, "follow_up"}

// Deadlines lists what is expected of a, the earliest first. They follow from the state alone.
func (a Advice) Deadlines() []Deadline {
	var ds []Deadline
	add := func(kind string, due time.Time) { ds = append(ds, Deadline{Kind: kind, Due: due.UTC()}) }
	switch a.Phase {
	case Received:
		if a.Answered == nil {
			add("answer", file.WorkingDays(a.Opened, answerWorkingDays))
		}
		add("talk", file.WorkingDays(a.Opened, talkWorkingDays))
	case Cleared:
		add(dueAgreement, file.WorkingDays(a.Clarified.At, agreementWorkingDays))
	case Agreed, Running:
		add("silence", a.lastSign().AddDate(0, 0, silenceDays))
		a.period(add)
	case Resting:
		if a.Pause.Until != "" {
			add("resume", endOf(a.Pause.Until))
		}
		a.period(add)
	case Closed, Broken:
		add("follow_up", file.Months(a.Ended.At, followUpMonths))
	case Asked, Rejected, Passed, Withdrew, Lapsed: // nothing is expected
	}
	if a.Ended != nil && !a.EntriesClosed {
		add(dueEntries, a.entriesUntil())
	}
	return file.Retain(ds, retention, a)
}

func (a Advice) period(add func(string, time.Time)) {
	ends := endOf(a.Agreement.Until)
	add("period_soon", ends.AddDate(0, 0, -soonDays))
	add(duePeriod, ends)
}

// lastSign is when something was last heard of either side. Notes do not count: nobody learns of them.
func (a Advice) lastSign() time.Time {
	at := file.Latest(a.Agreement.At, dayOf(a.Agreement.From))
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
func (a Advice) entriesUntil() time.Time { return a.Ended.At.AddDate(0, 0, entryDays) }

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

// dayOf is when a day begins.
func dayOf(d Date) time.Time {
	t, _ := time.Parse(time.DateOnly, string(d))
	return t
}

// endOf is the last second of a day.
func endOf(d Date) time.Time { return dayOf(d).AddDate(0, 0, 1).Add(-time.Second) }
