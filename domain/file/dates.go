package file

import (
	"reflect"
	"slices"
	"strings"

	"koko/domain/calendar"
	"koko/domain/fault"
)

// A Move is the command by which a running file is dated with the calendar of today, which the API fills in:
// another version of the holiday law, or another end of the working day. Without it, nothing of that reaches the
// file.
type Move interface {
	Command
	On(c calendar.Calendar) Command
}

var moveType = reflect.TypeFor[Move]()

// CheckCalendar refuses what is no calendar.
func CheckCalendar(c calendar.Calendar) *fault.Error {
	switch {
	case !slices.Contains(calendar.Versions(), c.Version):
		return Invalid("calendar.version", "enum", "there is no such calendar", "use one of: "+strings.Join(names(calendar.Versions()), ", "))
	case !c.Closes.Valid():
		return Invalid("calendar.closes", "pattern", "not a time of day", "write it as HH:MM")
	case !c.Rungs.Valid():
		return Invalid("calendar.rungs", "pattern", "not a ladder", "write it as "+string(calendar.DefaultRungs()))
	}
	return OneOf("calendar.land", c.Land)
}

// Move has the limits of a file computed with another calendar. What has passed stays passed.
func (d *Dated) Move(c calendar.Calendar) *fault.Error {
	if d.Calendar == c {
		return fault.Newf(fault.Gate, "the file is dated with this calendar already").By("calendar", "nothing to do")
	}
	d.Calendar = c
	return nil
}

// Redated returns s as it would be with another calendar.
func (d *Definition) Redated(s State, c calendar.Calendar) State { return d.redate(s, c) }

// Moves returns the action that moves a file of the kind to the calendar of today; empty: nothing does.
func (d *Definition) Moves() Action {
	for _, c := range d.commandSpecs {
		if c.Type.Implements(moveType) {
			return c.Action
		}
	}
	return ""
}

func (k *Spec[S]) redate(s State, c calendar.Calendar) State {
	moved := s.(S)
	if d, ok := any(&moved).(interface{ dated() *calendar.Calendar }); ok {
		*d.dated() = c
	}
	return moved
}
