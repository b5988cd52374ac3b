package training

import (
	"slices"
	"time"

	"koko/domain/ags"
	"koko/domain/file"
)

func toCohort(id string, cmd file.Command) file.Message {
	return file.Message{To: KindCohort, File: id, Command: cmd}
}

func toEnrolment(id string, cmd file.Command) file.Message {
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
		ms = append(ms, toCohort(before.Cohort, SentLeave{Enrolment: e.ID}))
	}
	if e.joined() && (moved || !before.joined()) {
		ms = append(ms, toCohort(e.Cohort, SentJoin{Enrolment: e.ID, AGS: e.AGS, Since: e.Opened}))
	}
	if before.Seat != nil && before.Seat.Status == SeatOffered && e.Seat != nil && e.Seat.Status == SeatTaken {
		ms = append(ms, toCohort(e.Cohort, SentTakeSeat{Enrolment: e.ID}))
	}
	for i, m := range e.MakeUps {
		waits := m.Kind == ElsewhereMakeUp && m.open()
		switch left := moved && m.Cohort == before.Cohort; {
		case waits && e.Ended != nil && before.Ended == nil && m.Cohort != e.Cohort:
			ms = append(ms, toCohort(m.Cohort, SentLeave{Enrolment: e.ID}))
		case waits && e.Ended == nil && (left || i >= len(before.MakeUps)):
			ms = append(ms, toCohort(m.Cohort, SentVisit{Enrolment: e.ID, Unit: m.Unit}))
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
			ms = append(ms, toEnrolment(p.Enrolment, SentLoseSeat{Cohort: c.ID, Reason: c.Reason, Into: c.Into}))
		case p.Status == SeatWaiting:
			ms = append(ms, toEnrolment(p.Enrolment, SentQueue{Cohort: c.ID}))
		case p.Status == SeatOffered || i < 0:
			ms = append(ms, toEnrolment(p.Enrolment, SentOfferSeat{Cohort: c.ID, Until: p.Until}))
		}
	}
	if c.Stage != before.Stage && (c.Stage == Cancelled || c.Stage == Merged) {
		for _, id := range before.everyone() {
			ms = append(ms, toEnrolment(id, SentLoseSeat{Cohort: c.ID, Reason: c.Reason, Into: c.Into}))
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
		ms = append(ms, toEnrolment(e.Enrolment, SentAttend{Attendance: Attendance{
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

// SentJoin is Join as the other kind sends it.
type SentJoin struct {
	Enrolment string    `json:"enrolment"`
	AGS       ags.Key   `json:"ags"`
	Since     time.Time `json:"since"` // when it was applied for
	Docs
}

// Action is what the receiver does.
func (SentJoin) Action() Action { return ActionJoin }

// Check accepts it.
func (j SentJoin) Check() error { return file.First(j.In(j.Action())) }

// SentTakeSeat is TakeSeat as the other kind sends it.
type SentTakeSeat struct {
	Enrolment string `json:"enrolment"`
	Docs
}

// Action is what the receiver does.
func (SentTakeSeat) Action() Action { return ActionTakeSeat }

// Check accepts it.
func (t SentTakeSeat) Check() error { return file.First(t.In(t.Action())) }

// SentLeave is Leave as the other kind sends it.
type SentLeave struct {
	Enrolment string `json:"enrolment"`
	Docs
}

// Action is what the receiver does.
func (SentLeave) Action() Action { return ActionLeave }

// Check accepts it.
func (l SentLeave) Check() error { return file.First(l.In(l.Action())) }

// SentVisit is Visit as the other kind sends it.
type SentVisit struct {
	Enrolment string `json:"enrolment"`
	Unit      string `json:"unit"`
	Docs
}

// Action is what the receiver does.
func (SentVisit) Action() Action { return ActionVisit }

// Check accepts it.
func (v SentVisit) Check() error { return file.First(v.In(v.Action())) }

// SentOfferSeat is OfferSeat as the other kind sends it.
type SentOfferSeat struct {
	Cohort string     `json:"cohort"`
	Until  *time.Time `json:"until,omitempty"` // nil: the seat is taken at once
	Docs
}

// Action is what the receiver does.
func (SentOfferSeat) Action() Action { return ActionOfferSeat }

// Check accepts it.
func (o SentOfferSeat) Check() error { return file.First(o.In(o.Action())) }

// SentQueue is Queue as the other kind sends it.
type SentQueue struct {
	Cohort string `json:"cohort"`
	Docs
}

// Action is what the receiver does.
func (SentQueue) Action() Action { return ActionQueue }

// Check accepts it.
func (q SentQueue) Check() error { return file.First(q.In(q.Action())) }

// SentLoseSeat is LoseSeat as the other kind sends it.
type SentLoseSeat struct {
	Cohort string       `json:"cohort"`
	Reason CancelReason `json:"reason,omitempty"`
	Into   string       `json:"into,omitempty"` // the cohort that it was merged into
	Docs
}

// Action is what the receiver does.
func (SentLoseSeat) Action() Action { return ActionLoseSeat }

// Check accepts it.
func (l SentLoseSeat) Check() error { return file.First(l.In(l.Action())) }

// SentAttend is Attend as the other kind sends it.
type SentAttend struct {
	Attendance
	Docs
}

// Action is what the receiver does.
func (SentAttend) Action() Action { return ActionAttend }

// Check accepts it.
func (a SentAttend) Check() error { return file.First(a.In(a.Action())) }
