package training

import (
	"slices"

	"koko/domain/file"
)

func toCohort(id string, cmd CohortCommand) file.Message {
	return file.Message{To: KindCohort, File: id, Command: cmd}
}

func toEnrolment(id string, cmd Command) file.Message {
	return file.Message{To: KindEnrolment, File: id, Command: cmd}
}

// joined reports whether e stands, or ought to stand, in the line of its cohort.
func (e Enrolment) joined() bool {
	if e.Phase == Certified {
		return e.seat() == SeatTaken // as one who has completed it
	}
	return e.Cohort != "" && slices.Contains(seated, e.Phase)
}

// Messages is what cohorts have to know of the step from before to e.
func (e Enrolment) Messages(before Enrolment) []file.Message {
	var ms []file.Message
	moved := before.Cohort != e.Cohort
	if before.joined() && (moved || !e.joined()) {
		ms = append(ms, toCohort(before.Cohort, Leave{Enrolment: e.ID}))
	}
	if e.joined() && (moved || !before.joined()) {
		ms = append(ms, toCohort(e.Cohort, Join{Enrolment: e.ID, AGS: e.AGS, Since: e.Opened}))
	}
	if before.Seat != nil && before.Seat.Status == SeatOffered && e.Seat != nil && e.Seat.Status == SeatTaken {
		ms = append(ms, toCohort(e.Cohort, TakeSeat{Enrolment: e.ID}))
	}
	for i, m := range e.MakeUps {
		waits := m.Kind == ElsewhereMakeUp && m.open()
		switch left := moved && m.Cohort == before.Cohort; {
		case waits && e.Ended != nil && before.Ended == nil && m.Cohort != e.Cohort:
			ms = append(ms, toCohort(m.Cohort, Leave{Enrolment: e.ID}))
		case waits && e.Ended == nil && (left || i >= len(before.MakeUps)):
			ms = append(ms, toCohort(m.Cohort, Visit{Enrolment: e.ID, Unit: m.Unit}))
		}
	}
	return ms
}

// Messages is what enrolments have to know of the step from before to c.
func (c Cohort) Messages(before Cohort) []file.Message {
	var ms []file.Message
	for _, p := range c.Places {
		i := before.place(p.Enrolment)
		if i >= 0 && before.Places[i].Status == p.Status {
			continue
		}
		switch {
		case !slices.Contains(live, c.Stage) && i < 0:
			ms = append(ms, toEnrolment(p.Enrolment, LoseSeat{Cohort: c.ID, Reason: c.Reason, Into: c.Into}))
		case p.Status == SeatWaiting:
			ms = append(ms, toEnrolment(p.Enrolment, Queue{Cohort: c.ID}))
		case p.Status == SeatOffered || i < 0:
			ms = append(ms, toEnrolment(p.Enrolment, OfferSeat{Cohort: c.ID, Until: p.Until}))
		}
	}
	if c.Stage != before.Stage && (c.Stage == Cancelled || c.Stage == Merged) {
		for _, id := range before.everyone() {
			ms = append(ms, toEnrolment(id, LoseSeat{Cohort: c.ID, Reason: c.Reason, Into: c.Into}))
		}
	}
	if c.List != nil && !c.List.same(before.List) {
		ms = append(ms, c.attendances()...)
	}
	return ms
}

// same compares all of two lists: in a workflow, several can be signed at the same time.
func (l *List) same(o *List) bool {
	return o != nil && l.By == o.By && l.At.Equal(o.At) && l.Date == o.Date && l.Source == o.Source && slices.Equal(l.Entries, o.Entries)
}

// attendances is what the list signed last says to each trainee on it.
func (c Cohort) attendances() []file.Message {
	var ms []file.Message
	d := c.Dates[c.date(c.List.Date)]
	for _, e := range c.List.Entries {
		ms = append(ms, toEnrolment(e.Enrolment, Attend{Attendance: Attendance{
			Cohort: c.ID, Date: d.ID, Unit: d.Unit, On: d.Begins, Minutes: e.Minutes, Of: d.Minutes,
			Excused: e.Excused, Source: c.List.Source, Signed: c.List.Stamp,
		}}))
	}
	return ms
}

// everyone lists the enrolments with a place or a visit, those who wait included.
func (c Cohort) everyone() []string {
	var ids []string
	for _, p := range c.Places {
		ids = append(ids, p.Enrolment)
	}
	for _, g := range c.Guests {
		if !slices.Contains(ids, g.Enrolment) {
			ids = append(ids, g.Enrolment)
		}
	}
	return ids
}
