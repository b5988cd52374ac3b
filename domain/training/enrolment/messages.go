package enrolment

import (
	"slices"

	"koko/domain/file"
	"koko/domain/training"
)

// joined reports whether e stands, or ought to stand, in the line of its cohort.
func (e Enrolment) joined() bool {
	if e.Phase == Certified {
		return e.seat() == training.SeatTaken // as one who has completed it
	}
	return e.Cohort != "" && slices.Contains(seated, e.Phase)
}

// Messages is what cohorts have to know of the step from before to e.
func (e Enrolment) Messages(before Enrolment) []file.Message {
	var ms []file.Message
	moved := before.Cohort != e.Cohort
	if before.joined() && (moved || !e.joined()) {
		ms = append(ms, training.ToCohort(before.Cohort, training.Leave{Enrolment: e.ID}))
	}
	if e.joined() && (moved || !before.joined()) {
		ms = append(ms, training.ToCohort(e.Cohort, training.Join{Enrolment: e.ID, AGS: e.AGS, Since: e.Opened}))
	}
	if before.Seat != nil && before.Seat.Status == training.SeatOffered && e.Seat != nil && e.Seat.Status == training.SeatTaken {
		ms = append(ms, training.ToCohort(e.Cohort, training.TakeSeat{Enrolment: e.ID}))
	}
	for i, m := range e.MakeUps {
		waits := m.Kind == ElsewhereMakeUp && m.open()
		switch left := moved && m.Cohort == before.Cohort; {
		case waits && e.Ended != nil && before.Ended == nil && m.Cohort != e.Cohort:
			ms = append(ms, training.ToCohort(m.Cohort, training.Leave{Enrolment: e.ID}))
		case waits && e.Ended == nil && (left || i >= len(before.MakeUps)):
			ms = append(ms, training.ToCohort(m.Cohort, training.Visit{Enrolment: e.ID, Unit: m.Unit}))
		}
	}
	return ms
}
