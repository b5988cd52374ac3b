package enrolment

import (
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
)

// MoveEnrolmentCalendar has the limits of an enrolment computed with the calendar of today.
type MoveEnrolmentCalendar struct {
	Calendar calendar.Calendar `json:"calendar" doc:"That of today" own:"true"`
	file.Docs
}

// Action is move_enrolment_calendar.
func (MoveEnrolmentCalendar) Action() file.Action { return ActionMoveCalendar }

// On fills in the calendar.
func (m MoveEnrolmentCalendar) On(c calendar.Calendar) file.Command {
	m.Calendar = c
	return m
}

// Check refuses what is no calendar.
func (m MoveEnrolmentCalendar) Check() error {
	return file.First(file.CheckCalendar(m.Calendar), m.In(m.Action()))
}

func (m MoveEnrolmentCalendar) Apply(e *Enrolment, _ file.Stamp) *fault.Error {
	return e.Move(m.Calendar)
}
