package conflict

import (
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
)

// MoveCaseCalendar has the limits of a case computed with the calendar of today.
type MoveCaseCalendar struct {
	Calendar calendar.Calendar `json:"calendar" doc:"That of today" own:"true"`
	Docs
}

// Action is move_case_calendar.
func (MoveCaseCalendar) Action() Action { return ActionMoveCaseCalendar }

// On fills in the calendar.
func (m MoveCaseCalendar) On(c calendar.Calendar) file.Command {
	m.Calendar = c
	return m
}

// Check refuses what is no calendar.
func (m MoveCaseCalendar) Check() error {
	return file.First(file.CheckCalendar(m.Calendar), m.In(m.Action()))
}

func (m MoveCaseCalendar) Apply(c *Case, _ Stamp) *fault.Error { return c.Move(m.Calendar) }
