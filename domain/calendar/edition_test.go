package calendar

import (
	"slices"
	"testing"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/de"
	"github.com/stretchr/testify/require"
)

// A new law is a new version from a day on, and what was dated with an older one stays as it is.
func TestALawHoldsForFilesThatBeginUnderIt(t *testing.T) {
	old := editions
	t.Cleanup(func() { editions = old })
	added := edition{version: "2027-2", from: On(2027, time.July, 1), lands: map[Land][]*cal.Holiday{
		"NW": append(slices.Clone(de.HolidaysNW), once("Landesfeiertag", 2027, time.August, 23)),
	}}
	editions = append(slices.Clone(old), added)

	require.Equal(t, []Version{"2026-1", "2027-2"}, Versions())
	require.Equal(t, Version("2026-1"), VersionOn(On(2027, time.June, 30)))
	require.Equal(t, Version("2027-2"), VersionOn(On(2027, time.July, 1)))
	require.Equal(t, Version("2026-1"), VersionOn(On(1999, time.July, 1)), "a file from before")

	event := On(2027, time.August, 20).At(9 * time.Hour) // a Friday
	before := New("05334002", On(2027, time.June, 1).Begins(), WorkdayEnds).After(event, WorkingDays(1))
	after := New("05334002", On(2027, time.July, 1).Begins(), WorkdayEnds).After(event, WorkingDays(1))
	require.Equal(t, On(2027, time.August, 23), DayOf(before.Due))
	require.Equal(t, On(2027, time.August, 24), DayOf(after.Due))
	require.Contains(t, after.Because, Step{On: "2027-08-23", Why: OnHoliday, Name: "Landesfeiertag"})
}
