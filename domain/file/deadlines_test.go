package file_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/file"
)

func TestAFileKeepsTheCalendarOfTheMunicipalityInWhichItBegan(t *testing.T) {
	for in, land := range map[ags.Key]calendar.Land{"05334002": "NW", "09162000": "BY", "11000000": "BE", "": "NW"} {
		for set, closes := range map[calendar.Clock]calendar.Clock{"": "18:00", "16:30": "16:30", "noon": "18:00"} {
			want := calendar.Calendar{Version: "2026-1", Land: land, Closes: closes}
			k := key{ID: "k", AGS: in}
			k.Calendar.Closes = set
			taken, err := keys.Decide(k, take{Owner: "p-1"}, "p-1", at)
			require.NoError(t, err)
			require.Equal(t, want, taken.Calendar, in)
			require.Equal(t, want, taken.Head().Calendar, in)
			taken.AGS = "14612000" // it moves
			used, err := keys.Decide(taken, use{N: 1}, "p-1", at.Add(time.Hour))
			require.NoError(t, err)
			require.Equal(t, want, used.Calendar, "and nothing else changes it")
		}
	}
}

func TestATimetableListsTheEarliestFirstWithEventAndRule(t *testing.T) {
	thursday := calendar.On(2027, time.March, 25).At(10 * time.Hour) // before Easter
	head := file.Head{
		Calendar: calendar.Calendar{Version: "2026-1", Land: "NW", Closes: "16:00"},
		Rests:    []calendar.Rest{{From: calendar.On(2027, time.April, 1).Begins(), To: calendar.On(2027, time.April, 11).Begins()}},
	}
	limits := head.Timetable()
	limits.Add("month", thursday.In(calendar.Berlin), calendar.Months(1))
	limits.Add("law", thursday, calendar.EU(1))
	limits.Add("work", thursday, calendar.WorkingDays(2))
	limits.Add("as well", thursday, calendar.WorkingDays(2))
	require.Equal(t, []file.Deadline{
		{Kind: "work", Due: calendar.On(2027, time.March, 31).At(16 * time.Hour), Event: thursday, Rule: calendar.WorkingDays(2)},
		{Kind: "as well", Due: calendar.On(2027, time.March, 31).At(16 * time.Hour), Event: thursday, Rule: calendar.WorkingDays(2)},
		{Kind: "law", Due: calendar.On(2027, time.April, 26).Ends(), Event: thursday, Rule: calendar.EU(1)}, // past a Sunday, not the rest
		{Kind: "month", Due: calendar.On(2027, time.May, 5).Ends(), Event: thursday, Rule: calendar.Months(1)},
	}, limits.Deadlines())
	require.Equal(t, []calendar.Step{
		{On: "2027-03-25", Why: calendar.Event},
		{On: "2027-04-01", Why: calendar.AtRest, N: 10},
		{On: "2027-05-05", Why: calendar.Ends},
	}, head.Because(limits.Deadlines()[3]))
	require.Empty(t, head.Timetable().Deadlines())
}

func TestADateIsTheDayInBerlin(t *testing.T) {
	midnight := time.Date(2027, 7, 9, 22, 0, 0, 0, time.UTC)
	require.Equal(t, file.Date("2027-07-10"), file.DateOf(midnight))
	require.Equal(t, file.Date("2027-07-09"), file.DateOf(midnight.Add(-time.Second)))
	require.True(t, file.Date("2027-07-10").After(midnight.Add(-time.Second)))
	require.False(t, file.Date("2027-07-10").After(midnight))
	require.True(t, file.Date("").After(midnight), "what is no day has not been")
	require.Equal(t, calendar.On(2027, time.July, 10), file.Date("2027-07-10").Day())
}
