package calendar

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
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

var update = flag.Bool("update", false, "write the golden file of the free days")

// A file that was dated with an edition keeps it. A library of holidays that computes another day would move its
// limits silently: then the edition needs its own list of that day, and a new one has the law as it is now.
func TestTheFreeDaysOfAnEditionNeverChange(t *testing.T) {
	t.Parallel()
	const golden = "testdata/free-days.sha256"
	var got strings.Builder
	for _, v := range Versions() {
		for _, l := range Land("").Values() {
			c, free, n := Calendar{Version: v, Land: l}, sha256.New(), 0
			for d := On(2000, time.January, 1); d <= On(2100, time.December, 31); d++ {
				if why, name := c.free(d); why != "" {
					_, _ = fmt.Fprintln(free, d, why, name)
					n++
				}
			}
			_, _ = fmt.Fprintf(&got, "%x  %s %s %d\n", free.Sum(nil), v, l, n)
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got.String()), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got.String(), "add an edition; only for one that no file was ever dated with, run with -update")
}
