package guard

import (
	"time"

	"koko/api/wire"
	"koko/domain/calendar"
	"koko/domain/fault"
)

// A Moment is a time that a question is about. Only what had been recorded by known counts: for now
// that is everything, whichever clock is ahead.
type Moment struct {
	At, Known time.Time
	Past      bool
}

// Moment parses a time, or a day, which means its end. Empty means now.
func (s *Guard) Moment(field, text string) (Moment, error) {
	now := s.Now()
	if text == "" {
		return Moment{At: now, Known: now.Add(time.Hour)}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		var day calendar.Day
		day, err = calendar.ParseDay(text)
		at = (day + 1).Begins().Add(-time.Microsecond)
	}
	if err != nil || !wire.Recordable(at) {
		return Moment{}, fault.Newf(fault.Invalid, "not a time").In(field).By("time", "give a time such as 2026-03-01T12:00:00Z, or a day such as 2026-03-01")
	}
	if text == calendar.DayOf(now).String() {
		return Moment{At: now, Known: now.Add(time.Hour)}, nil
	}
	if at.After(now) {
		return Moment{}, fault.Newf(fault.Invalid, "the time lies in the future").In(field).By("not_in_future", "leave it out to ask about now")
	}
	return Moment{At: at, Known: at, Past: true}, nil
}
