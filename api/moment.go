package api

import (
	"time"

	"koko/domain/fault"
)

// A moment is a time that is asked about. What is known of it is what had been recorded by known: of
// now that is everything, whosever clock is ahead.
type moment struct {
	at, known time.Time
	past      bool
}

// moment reads a time, or a day, of which it is the end. Empty is now.
func (s *server) moment(field, text string) (moment, error) {
	now := s.now()
	if text == "" {
		return moment{at: now, known: now.Add(time.Hour)}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		at, err = time.ParseInLocation(time.DateOnly, text, berlin)
		at = at.AddDate(0, 0, 1).Add(-time.Microsecond)
	}
	if err != nil || !recordable(at) {
		return moment{}, fault.Newf(fault.Invalid, "not a time").In(field).By("time", "give a time such as 2026-03-01T12:00:00Z, or a day such as 2026-03-01")
	}
	if sameDay := text == now.In(berlin).Format(time.DateOnly); sameDay {
		return moment{at: now, known: now.Add(time.Hour)}, nil
	}
	if at.After(now) {
		return moment{}, fault.Newf(fault.Invalid, "the time lies in the future").In(field).By("not_in_future", "leave it out to ask about now")
	}
	return moment{at: at, known: at, past: true}, nil
}
