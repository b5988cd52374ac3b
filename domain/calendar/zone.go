package calendar

import (
	_ "embed"
	"time"
)

// The zone is part of the code, as it stands in the IANA time zone database (Europe/Berlin, CC0): whatever a
// machine has installed, a workflow that is replayed there computes the same dates.
//
//go:embed berlin.tzif
var zone []byte

// Berlin is where the days of files begin and end.
var Berlin = func() *time.Location {
	l, err := time.LoadLocationFromTZData("Europe/Berlin", zone)
	if err != nil {
		panic(err) // the embedded file is broken
	}
	return l
}()

// A Day is a calendar day, counted from 1 January 1970. It has no time and no zone.
type Day int

// DayOf returns the day that t is in Berlin.
func DayOf(t time.Time) Day {
	y, m, d := t.In(Berlin).Date()
	return On(y, m, d)
}

// On returns a day by its date.
func On(y int, m time.Month, d int) Day {
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// ParseDay reads YYYY-MM-DD (ISO 8601).
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, err
	}
	return On(t.Date()), nil
}

// Date returns the beginning of the day in UTC, which has no summer time: a day as a database takes it.
func (d Day) Date() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

// String is the day as YYYY-MM-DD.
func (d Day) String() string { return d.Date().Format(time.DateOnly) }

// At returns a time of the day on the clocks of Berlin, in UTC. A time that the change to summer time leaves
// out is that of the clock that was not changed.
func (d Day) At(c time.Duration) time.Time {
	y, m, day := d.Date().Date()
	return time.Date(y, m, day, 0, 0, int(c/time.Second), 0, Berlin).UTC()
}

// Begins returns the first moment of the day.
func (d Day) Begins() time.Time { return d.At(0) }

// Ends returns the last second of the day: its 24:00, said so that it still lies on the day. See Over.
func (d Day) Ends() time.Time { return (d + 1).Begins().Add(-time.Second) }

// Reached returns the latest limit that may have ended by t. One that ends with a day holds until its 24:00 (§ 188 BGB):
// within the last second of a day, that limit is reached and not yet over.
func Reached(t time.Time) time.Time {
	if end := DayOf(t).Ends(); t.After(end) {
		return end
	}
	return t
}

// Late reports whether t is after a limit that ends at due.
func Late(t, due time.Time) bool { return due.Before(Reached(t)) }

// Over returns the moment from which a limit that ends at due is over.
func Over(due time.Time) time.Time {
	if day := DayOf(due); due.Equal(day.Ends()) {
		return (day + 1).Begins()
	}
	return due
}

// AddMonths returns the same day of a later month, of one without it its last (§ 188 (3) BGB).
func (d Day) AddMonths(n int) Day {
	y, m, day := d.Date().Date()
	last := On(y, m+time.Month(n)+1, 0)
	return min(On(y, m+time.Month(n), 1)+Day(day)-1, last)
}

// Shift returns the time so many days later on the same clock time in Berlin, in UTC: an hour of summer time
// moves no appointment.
func Shift(t time.Time, days int) time.Time {
	y, m, d := t.In(Berlin).Date()
	h, minute, s := t.In(Berlin).Clock()
	return time.Date(y, m, d+days, h, minute, s, t.Nanosecond(), Berlin).UTC()
}
