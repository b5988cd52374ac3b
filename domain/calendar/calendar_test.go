package calendar_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/calendar"
)

var nw = calendar.Calendar{Version: "2026-1", Land: "NW", Closes: "18:00"}

// at is a time of Berlin.
func at(t *testing.T, s string) time.Time {
	t.Helper()
	moment, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Berlin)
	require.NoError(t, err)
	return moment
}

func TestLimitsEndAsTheLawAndTheDaysWorkHaveThem(t *testing.T) {
	for _, c := range []struct {
		event string
		rule  calendar.Rule
		due   string
	}{
		{"2027-03-25 10:00", calendar.WorkingDays(2), "2027-03-31 18:00"}, // over Easter
		{"2027-05-26 10:00", calendar.WorkingDays(2), "2027-05-31 18:00"}, // over Fronleichnam
		{"2026-12-21 10:00", calendar.WorkingDays(10), "2027-01-06 18:00"},
		{"2027-01-09 00:30", calendar.WorkingDays(2), "2027-01-12 18:00"}, // a Saturday in Berlin, still Friday in UTC
		{"2027-03-26 12:00", calendar.WorkingDays(1), "2027-03-30 18:00"}, // on a holiday, over the change to summer time

		{"2027-01-31 12:00", calendar.Months(1), "2027-03-01 23:59"},
		{"2027-09-03 12:00", calendar.Months(1), "2027-10-04 23:59"},
		{"2027-10-01 12:00", calendar.Months(1), "2027-11-02 23:59"},
		{"2026-11-26 12:00", calendar.Months(1), "2026-12-28 23:59"},
		{"2026-11-26 12:00", calendar.EU(1), "2026-12-28 23:59"},
		{"2028-01-31 12:00", calendar.Months(1), "2028-02-29 23:59"},
		{"2027-03-05 12:00", calendar.Weeks(3), "2027-03-30 23:59"},
		{"2013-10-31 12:00", calendar.Days(30), "2013-12-02 23:59"}, // Saturday 30.11.2013
		{"2027-05-31 00:00", calendar.Days(1), "2027-06-01 23:59"},

		{"2027-10-31 01:50", calendar.Duration(72 * time.Hour), "2027-11-03 00:50"}, // elapsed, over the end of summer time
		{"2027-03-26 09:00", calendar.Duration(time.Hour), "2027-03-26 10:00"},
		{"2027-05-16 20:00", calendar.Appointment(0), "2027-05-16 20:00"}, // a Sunday
		{"2027-03-29 09:00", calendar.Appointment(-7), "2027-03-22 09:00"},
	} {
		for _, zone := range []*time.Location{calendar.Berlin, time.UTC} {
			limit := nw.After(at(t, c.event).In(zone), c.rule)
			require.Equal(t, c.due, limit.Due.In(calendar.Berlin).Format("2006-01-02 15:04"), "%s after %s", c.rule, c.event)
			require.Equal(t, time.UTC, limit.Due.Location())
			last := limit.Because[len(limit.Because)-1]
			require.Equal(t, calendar.Step{On: c.due[:10], Why: calendar.Ends}, last, "the derivation ends where the limit does")
			require.Equal(t, calendar.Step{On: c.event[:10], Why: calendar.Event}, limit.Because[0])
		}
	}
}

func TestADerivationNamesEachDayThatIsSkipped(t *testing.T) {
	require.Equal(t, []calendar.Step{
		{On: "2027-03-25", Why: calendar.Event},
		{On: "2027-03-26", Why: calendar.OnHoliday, Name: "Karfreitag"},
		{On: "2027-03-27", Why: calendar.OnSaturday},
		{On: "2027-03-28", Why: calendar.OnSunday},
		{On: "2027-03-29", Why: calendar.OnHoliday, Name: "Ostermontag"},
		{On: "2027-03-30", Why: calendar.Counted, N: 1},
		{On: "2027-03-31", Why: calendar.Counted, N: 2},
		{On: "2027-03-31", Why: calendar.Ends},
	}, nw.After(at(t, "2027-03-25 10:00"), calendar.WorkingDays(2)).Because)
	require.Equal(t, []calendar.Step{
		{On: "2027-01-31", Why: calendar.Event},
		{On: "2027-02-28", Why: calendar.MonthEnd},
		{On: "2027-02-28", Why: calendar.OnSunday},
		{On: "2027-03-01", Why: calendar.Ends},
	}, nw.After(at(t, "2027-01-31 10:00"), calendar.Months(1)).Because)
}

// The time in which a file rests does not count, unless the law sets the limit.
func TestARestMovesALimit(t *testing.T) {
	event := at(t, "2027-04-01 09:00") // Thursday before Easter was a week ago
	rest := calendar.Rest{From: at(t, "2027-04-06 15:00"), To: at(t, "2027-04-16 09:00")}
	for _, c := range []struct {
		rule calendar.Rule
		due  string
		rest int
	}{
		{calendar.Days(30), "2027-05-11 23:59", 10},
		{calendar.Months(1), "2027-05-11 23:59", 10},
		{calendar.Days(30).ByLaw(), "2027-05-03 23:59", 0},
		{calendar.EU(1), "2027-05-03 23:59", 0},
		{calendar.WorkingDays(4), "2027-04-19 18:00", 10}, // 2nd and 5th, then 16th and 19th
		{calendar.Duration(24 * 7 * time.Hour), "2027-04-18 03:00", 10},
		{calendar.Appointment(30), "2027-05-01 09:00", 0},
	} {
		limit := nw.After(event, c.rule, rest)
		require.Equal(t, c.due, limit.Due.In(calendar.Berlin).Format("2006-01-02 15:04"), c.rule)
		rested := 0
		for _, s := range limit.Because {
			if s.Why == calendar.AtRest {
				rested += s.N
			}
		}
		require.Equal(t, c.rest, rested, c.rule)
	}
	require.Equal(t, nw.After(event, calendar.Days(3)), nw.After(event, calendar.Days(3), rest), "a rest after the end changes nothing")
	require.Equal(t, at(t, "2027-05-10 12:00").UTC(), calendar.Moved(event, at(t, "2027-04-30 12:00"), rest))
	require.Equal(t, at(t, "2027-04-03 12:00"), calendar.Moved(event, at(t, "2027-04-03 12:00"), rest))
}

// Who rests from the Monday on to which a weekend moved the end of a limit has that day when the file goes on.
func TestALimitEndsOnNoDayThatRests(t *testing.T) {
	event := at(t, "2027-04-01 09:00") // thirty days later is 1 May, a Saturday
	for from, due := range map[string]string{
		"2027-05-03 09:00": "2027-05-14 23:59", // Monday
		"2027-05-02 09:00": "2027-05-14 23:59", // Sunday
		"2027-05-01 09:00": "2027-05-14 23:59", // Saturday: it is the last day that waits, to a Friday
		"2027-05-04 09:00": "2027-05-03 23:59", // it was over
	} {
		limit := nw.After(event, calendar.Days(30), calendar.Rest{From: at(t, from), To: at(t, "2027-05-14 10:00")})
		require.Equal(t, due, limit.Due.In(calendar.Berlin).Format("2006-01-02 15:04"), from)
	}
	rest := calendar.Rest{From: at(t, "2027-05-03 09:00"), To: at(t, "2027-05-15 10:00")} // goes on on a Saturday before Whitsun
	require.Equal(t, []calendar.Step{
		{On: "2027-04-01", Why: calendar.Event},
		{On: "2027-05-01", Why: calendar.OnHoliday, Name: "Tag der Arbeit"},
		{On: "2027-05-02", Why: calendar.OnSunday},
		{On: "2027-05-03", Why: calendar.AtRest, N: 12},
		{On: "2027-05-15", Why: calendar.OnSaturday},
		{On: "2027-05-16", Why: calendar.OnSunday},
		{On: "2027-05-17", Why: calendar.OnHoliday, Name: "Pfingstmontag"},
		{On: "2027-05-18", Why: calendar.Ends},
	}, nw.After(event, calendar.Days(30), rest).Because)
}

func TestEachLandHasItsOwnHolidays(t *testing.T) {
	for land, want := range map[calendar.Land]map[string]string{
		"NW": {"2027-05-27": "Fronleichnam", "2027-11-01": "Allerheiligen", "2027-10-31": "", "2027-02-08": "", "2027-01-06": ""},
		"BW": {"2027-01-06": "Heilige Drei Könige", "2027-05-27": "Fronleichnam"},
		"SN": {"2027-11-17": "Buß- und Bettag", "2027-05-27": ""},
		"NI": {"2027-10-31": "Reformationstag", "2027-11-01": ""},
		"TH": {"2027-09-20": "Weltkindertag", "2018-09-20": ""},
		"BE": {"2027-03-08": "Frauentag", "2025-05-08": "Tag der Befreiung", "2026-05-08": "", "2028-06-17": "Tag des Volksaufstandes"},
		"MV": {"2027-03-08": "Frauentag", "2022-03-08": ""},
		"SL": {"2027-08-15": "Mariä Himmelfahrt"},
	} {
		for day, name := range want {
			d, err := calendar.ParseDay(day)
			require.NoError(t, err)
			got, is := calendar.Calendar{Land: land}.Holiday(d)
			require.Equal(t, name, got, "%s in %s", day, land)
			require.Equal(t, name != "", is)
		}
	}
	for _, land := range calendar.Land("").Values() {
		n := 0
		for d := calendar.On(2027, time.January, 1); d < calendar.On(2028, time.January, 1); d++ {
			if _, is := (calendar.Calendar{Land: land}).Holiday(d); is {
				n++
			}
		}
		require.GreaterOrEqual(t, n, 9, land)
		require.LessOrEqual(t, n, 13, land)
	}
}

func TestTheLandIsThatOfTheMunicipality(t *testing.T) {
	for k, want := range map[ags.Key]calendar.Land{
		"05334002": "NW", "05999001": "NW", "09162000": "BY", "01002000": "SH", "16051000": "TH", "11000000": "BE",
		"99000000": "NW", "": "NW",
	} {
		require.Equal(t, want, calendar.LandOf(k), k)
	}
}

// No limit of the law and none in working days ends on a free day; none is earlier because its event is later;
// and it does not matter in which zone somebody said when.
func TestLimitsHoldForEveryEvent(t *testing.T) {
	random := rand.New(rand.NewPCG(10, 2026))
	begin, end := calendar.On(2000, 1, 1).Begins(), calendar.On(2101, 1, 1).Begins()
	for range 4000 {
		c := calendar.Calendar{Version: "2026-1", Land: calendar.Land("").Values()[random.IntN(16)], Closes: "18:00"}
		event := begin.Add(time.Duration(random.Int64N(int64(end.Sub(begin)/time.Second))) * time.Second)
		r := []calendar.Rule{
			calendar.Days(1 + random.IntN(60)), calendar.Weeks(1 + random.IntN(10)), calendar.Months(1 + random.IntN(24)),
			calendar.EU(1 + random.IntN(6)), calendar.WorkingDays(1 + random.IntN(25)),
		}[random.IntN(5)]
		about := fmt.Sprintf("%s after %s in %s", r, event, c.Land)
		limit := c.After(event, r)
		require.False(t, c.Free(calendar.DayOf(limit.Due)), about)
		require.True(t, limit.Due.After(event), about)
		require.Equal(t, limit, c.After(event.In(calendar.Berlin), r), about)
		later := c.After(event.Add(time.Duration(random.Int64N(int64(40*24*time.Hour)))), r)
		require.False(t, later.Due.Before(limit.Due), about)
		require.Equal(t, calendar.DayOf(limit.Due).String(), limit.Because[len(limit.Because)-1].On, "the day people see is the limit's: %s", about)
	}
}

// The zone that is part of the code is the one that the time zone database has.
func TestTheZoneIsBerlins(t *testing.T) {
	theirs, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for moment := calendar.On(2000, 1, 1).Begins(); moment.Year() < 2101; moment = moment.Add(time.Hour) {
		_, want := moment.In(theirs).Zone()
		_, got := moment.In(calendar.Berlin).Zone()
		require.Equal(t, want, got, moment)
	}
}

func TestADayBeginsAndEndsInBerlin(t *testing.T) {
	for day, hours := range map[string]float64{"2027-03-28": 23, "2027-10-31": 25, "2027-06-01": 24} {
		d, err := calendar.ParseDay(day)
		require.NoError(t, err)
		require.InDelta(t, hours, d.Ends().Sub(d.Begins()).Hours(), 0.001, day)
		require.Equal(t, []calendar.Day{d, d}, []calendar.Day{calendar.DayOf(d.Begins()), calendar.DayOf(d.Ends())})
		require.Equal(t, d-1, calendar.DayOf(d.Begins().Add(-time.Second)))
		require.Equal(t, "18:00", d.At(18*time.Hour).In(calendar.Berlin).Format("15:04"), "the clock of the wall")
	}
	require.Equal(t, at(t, "2027-03-29 09:00").UTC(), calendar.Shift(at(t, "2027-03-27 09:00"), 2))
	require.Equal(t, "2026-W53", calendar.Week(at(t, "2027-01-03 23:30")))
	require.Equal(t, "2027-W01", calendar.Week(at(t, "2027-01-04 00:30")))
}

func TestARuleIsReadAsItIsWritten(t *testing.T) {
	for _, r := range []calendar.Rule{
		calendar.Days(30), calendar.Weeks(3), calendar.Months(1), calendar.EU(1), calendar.WorkingDays(2),
		calendar.Duration(72 * time.Hour), calendar.Appointment(-7),
	} {
		read, err := calendar.ParseRule(r.String())
		require.NoError(t, err)
		require.Equal(t, r, read)
	}
	read, err := calendar.ParseRule("dauer:72h")
	require.NoError(t, err)
	require.Equal(t, calendar.Duration(72*time.Hour), read)
	read, err = calendar.ParseRule("termin")
	require.NoError(t, err)
	require.Equal(t, calendar.Appointment(0), read)
	for _, wrong := range []string{"", "tage:3", "arbeitstage", "arbeitstage:", "arbeitstage:0", "gesetz_monate:-1", "gesetz_tage:2.5", "gesetz_tage:99999999"} {
		_, err := calendar.ParseRule(wrong)
		require.Error(t, err, wrong)
	}
}

func TestAWorkingDayEndsWhenTheInstallationSaysSo(t *testing.T) {
	for closes, want := range map[calendar.Clock]string{"16:30": "16:30", "18:00": "18:00", "": "18:00", "noon": "18:00"} {
		c := calendar.New("05334002", at(t, "2027-01-04 09:00"), closes)
		require.Equal(t, want, c.After(at(t, "2027-01-04 09:00"), calendar.WorkingDays(1)).Due.In(calendar.Berlin).Format("15:04"), closes)
	}
	require.True(t, calendar.Clock("07:05").Valid())
	for _, wrong := range []calendar.Clock{"", "7:05", "24:00", "18.00"} {
		require.False(t, wrong.Valid(), wrong)
	}
}

// § 188 BGB: a limit ends when its last day does, at 24:00; the clock that is shown still reads that day.
func TestALimitHoldsUntilTheLastMomentOfItsDay(t *testing.T) {
	t.Parallel()
	for _, on := range []string{"2027-01-15", "2027-07-15", "2027-03-28", "2027-10-31"} { // winter, summer, and the two changes
		day, err := calendar.ParseDay(on)
		require.NoError(t, err)
		due, midnight := day.Ends(), (day + 1).Begins()
		require.Equal(t, on+" 23:59:59", due.In(calendar.Berlin).Format(time.DateTime))
		require.Equal(t, midnight, calendar.Over(due))
		for _, early := range []time.Time{due.Add(-time.Hour), due, due.Add(500 * time.Millisecond), midnight.Add(-time.Millisecond), midnight.Add(-1)} {
			require.False(t, calendar.Late(early, due), early)
		}
		for _, late := range []time.Time{midnight, midnight.Add(time.Second)} {
			require.True(t, calendar.Late(late, due), late)
		}
		at := day.At(18 * time.Hour) // what ends at a time of day ends then
		require.Equal(t, at, calendar.Over(at))
		require.False(t, calendar.Late(at, at))
		require.True(t, calendar.Late(at.Add(time.Millisecond), at))
	}
}
