package cohort

import (
	"slices"

	"koko/domain/file"
	"koko/domain/training"
)

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
			ms = append(ms, training.ToEnrolment(p.Enrolment, training.LoseSeat{Cohort: c.ID, Reason: c.Reason, Into: c.Into}))
		case p.Status == training.SeatWaiting:
			ms = append(ms, training.ToEnrolment(p.Enrolment, training.Queue{Cohort: c.ID}))
		case p.Status == training.SeatOffered || i < 0:
			ms = append(ms, training.ToEnrolment(p.Enrolment, training.OfferSeat{Cohort: c.ID, Until: p.Until}))
		}
	}
	if c.Stage != before.Stage && (c.Stage == Cancelled || c.Stage == Merged) {
		for _, id := range before.Everyone() {
			ms = append(ms, training.ToEnrolment(id, training.LoseSeat{Cohort: c.ID, Reason: c.Reason, Into: c.Into}))
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
		ms = append(ms, training.ToEnrolment(e.Enrolment, training.Attend{Attendance: training.Attendance{
			Cohort: c.ID, Date: d.ID, Unit: d.Unit, On: d.Begins, Minutes: e.Minutes, Of: d.Minutes,
			Excused: e.Excused, Source: c.List.Source, Signed: c.List.Stamp,
		}}))
	}
	return ms
}
