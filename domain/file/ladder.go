package file

import (
	"slices"
	"strings"
	"time"

	"koko/domain/calendar"
)

// A Rung is a step of the ladder on which people are told of a deadline: the one who has to act first, and
// nobody louder than the supervisor.
type Rung string

// The rungs. When each comes is part of the calendar that the file is dated with.
const (
	Reminder     Rung = "reminder"   // a share of the time is over
	Eve          Rung = "eve"        // in the morning of the day before
	Overdue      Rung = "overdue"    // it has passed
	ToDeputy     Rung = "deputy"     // some working days later
	ToSupervisor Rung = "supervisor" // and more of them
)

// Rungs lists the rungs in the order in which they come.
func Rungs() []Rung { return []Rung{Reminder, Eve, Overdue, ToDeputy, ToSupervisor} }

// A Charge says who has to do what a deadline expects, and who steps in.
type Charge struct {
	People   []string // subjects; nobody: the roles below
	Roles    []string
	Deputies []string // roles that step in when it is overdue and the people have no substitute
}

// supervisors hear of what is long overdue.
const supervisors = "supervisor"

// A Call is when people are told of a deadline.
type Call struct {
	At       time.Time
	Rung     Rung
	Deadline Deadline
}

// NoticeOf is what a notice about a rung of a deadline of a kind is called.
func NoticeOf(r Rung, deadline string) string { return string(r) + "." + deadline }

// RungOf reads what NoticeOf writes.
func RungOf(notice string) (r Rung, deadline string, ok bool) {
	before, deadline, cut := strings.Cut(notice, ".")
	return Rung(before), deadline, cut && slices.Contains(Rungs(), Rung(before))
}

// Calls lists when people are told of d, besides that it has passed. Who hears of it on the day before needs no
// reminder after that.
func (h Head) Calls(d Deadline) []Call {
	l := h.Calendar.Ladder()
	calls := []Call{
		{h.Calendar.After(d.Due, calendar.WorkingDays(l.Deputy)).Due, ToDeputy, d},
		{h.Calendar.After(d.Due, calendar.WorkingDays(l.Supervisor)).Due, ToSupervisor, d},
	}
	eve := (calendar.DayOf(d.Due) - 1).At(l.Eve)
	if eve.After(d.Event) {
		calls = append(calls, Call{eve, Eve, d})
	}
	if at := d.Event.Add(d.Due.Sub(d.Event) * time.Duration(l.Share) / 100).Truncate(time.Second); at.After(d.Event) && at.Before(eve) {
		calls = append(calls, Call{at, Reminder, d})
	}
	return calls
}

// Same reports whether o tells of the same deadline on the same rung, whenever that is.
func (c Call) Same(o Call) bool { return c.Rung == o.Rung && c.Deadline.same(o.Deadline) }

// Calls lists when people are told of what s expects: before a deadline until it has passed, and after it then.
func (d *Definition) Calls(s State) (all []Call) {
	if !d.charges() {
		return nil
	}
	h := s.Head()
	for _, due := range s.Deadlines() {
		if slices.Contains(d.Quiet, due.Kind) {
			continue
		}
		for _, c := range h.Calls(due) {
			late := c.Rung == ToDeputy || c.Rung == ToSupervisor
			if late == slices.Contains(h.Passed, due) {
				all = append(all, c)
			}
		}
	}
	return all
}

// NextCall returns the first call after a moment, if somebody is in charge of a deadline of s.
func (d *Definition) NextCall(s State, after time.Time) (next Call, ok bool) {
	for _, c := range d.Calls(s) {
		if c.At.After(after) && (!ok || c.At.Before(next.At)) {
			next, ok = c, true
		}
	}
	return next, ok
}

// CallsAt lists the calls of a moment: deadlines that end on the same day are called at the same time.
func (d *Definition) CallsAt(s State, at time.Time) []Call {
	return slices.DeleteFunc(d.Calls(s), func(c Call) bool { return !c.At.Equal(at) })
}

// Notice is whom a call tells.
func (d *Definition) Notice(s State, c Call) Notice {
	charge := d.charge(s, c.Deadline.Kind)
	n := Notice{Kind: NoticeOf(c.Rung, c.Deadline.Kind)}
	switch {
	case c.Rung == ToSupervisor:
		n.Roles = []string{supervisors}
	case c.Rung == ToDeputy:
		n.InPlaceOf, n.Roles = charge.People, charge.Deputies
	case len(charge.People) > 0:
		n.People = charge.People
	default:
		n.Roles = charge.Roles
	}
	return n
}

// overdue is whom a step tells that a deadline has passed.
func (d *Definition) overdue(before, after State) []Notice {
	var ns []Notice
	if !d.charges() {
		return nil
	}
	for _, due := range NewlyMissed(before.Head().Passed, after.Head().Passed) {
		if !slices.Contains(d.Quiet, due.Kind) {
			ns = append(ns, d.Notice(after, Call{due.Due, Overdue, due}))
		}
	}
	return ns
}
