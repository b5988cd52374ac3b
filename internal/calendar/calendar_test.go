package calendar_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/stretchr/testify/require"

	"koko/internal/calendar"
)

var at = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func berlin(t *testing.T) *time.Location {
	t.Helper()
	l, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return l
}

func module(t *testing.T) calendar.Event {
	return calendar.Event{
		UID: "module-1@koko", Begin: time.Date(2026, 7, 3, 9, 0, 0, 0, berlin(t)), End: time.Date(2026, 7, 3, 16, 30, 0, 0, berlin(t)),
		Summary: "Modul 1: Konflikte erkennen, verstehen; klären", Location: `Rathaus, Raum 1\2`, Description: "Erste Zeile\nZweite Zeile",
		URL: "https://koko.example/trainings/köln?x=1", Sequence: 2, Changed: time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC),
	}
}

// parse reads a feed back and returns the properties of its only event.
func parse(t *testing.T, feed []byte) *ics.VEvent {
	t.Helper()
	c, err := ics.ParseCalendar(bytes.NewReader(feed))
	require.NoError(t, err)
	require.Len(t, c.Events(), 1)
	return c.Events()[0]
}

// unfold joins the lines of a feed as RFC 5545, 3.1, says, without the library.
func unfold(t *testing.T, feed []byte) []string {
	t.Helper()
	require.True(t, bytes.HasSuffix(feed, []byte("\r\n")))
	whole := strings.ReplaceAll(strings.TrimSuffix(string(feed), "\r\n"), "\r\n ", "")
	lines := strings.Split(whole, "\r\n")
	for _, l := range lines {
		require.NotContains(t, l, "\n")
		require.NotContains(t, l, "\r")
	}
	return lines
}

func TestAParserReadsBackWhatWasWritten(t *testing.T) {
	e := module(t)
	v := parse(t, calendar.Feed("KoKo: Termine", []calendar.Event{e}, at))
	for property, want := range map[ics.ComponentProperty]string{
		ics.ComponentPropertyUniqueId:     e.UID,
		ics.ComponentPropertySummary:      e.Summary,
		ics.ComponentPropertyLocation:     e.Location,
		ics.ComponentPropertyDescription:  e.Description,
		ics.ComponentPropertyUrl:          "https://koko.example/trainings/k%C3%B6ln?x=1",
		ics.ComponentPropertyDtStart:      "20260703T070000Z",
		ics.ComponentPropertyDtEnd:        "20260703T143000Z",
		ics.ComponentPropertyDtstamp:      "20260301T080000Z",
		ics.ComponentPropertyLastModified: "20260201T120000Z",
		ics.ComponentPropertySequence:     "2",
		ics.ComponentPropertyStatus:       "CONFIRMED",
	} {
		got := v.GetProperty(property)
		require.NotNil(t, got, property)
		require.Equal(t, want, got.Value, property)
	}
}

func TestTheCalendarSaysWhatItIs(t *testing.T) {
	lines := unfold(t, calendar.Feed("KoKo, Termine", nil, at))
	require.Equal(t, []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//KoKo//KoKo//DE", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
		`NAME:KoKo\, Termine`, `X-WR-CALNAME:KoKo\, Termine`, "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H", "END:VCALENDAR",
	}, lines)
}

func TestTextIsEscapedByHand(t *testing.T) {
	lines := unfold(t, calendar.Feed("KoKo", []calendar.Event{module(t)}, at))
	require.Contains(t, lines, `SUMMARY:Modul 1: Konflikte erkennen\, verstehen\; klären`)
	require.Contains(t, lines, `LOCATION:Rathaus\, Raum 1\\2`)
	require.Contains(t, lines, `DESCRIPTION:Erste Zeile\nZweite Zeile`)
}

func TestACancelledAppointmentKeepsItsUID(t *testing.T) {
	e := module(t)
	e.Cancelled, e.Sequence = true, 3
	v := parse(t, calendar.Feed("KoKo", []calendar.Event{e}, at))
	require.Equal(t, "module-1@koko", v.Id())
	require.Equal(t, "CANCELLED", v.GetProperty(ics.ComponentPropertyStatus).Value)
	require.Equal(t, "3", v.GetProperty(ics.ComponentPropertySequence).Value)
}

func TestAllDayIsTheDaysItsLocationShows(t *testing.T) {
	for name, c := range map[string]struct {
		begin, end   time.Time
		first, until string
	}{
		"one day":            {time.Date(2026, 7, 3, 0, 0, 0, 0, berlin(t)), time.Time{}, "20260703", "20260704"},
		"three days":         {time.Date(2026, 7, 3, 0, 0, 0, 0, berlin(t)), time.Date(2026, 7, 5, 0, 0, 0, 0, berlin(t)), "20260703", "20260706"},
		"into summer time":   {time.Date(2026, 3, 28, 23, 59, 0, 0, berlin(t)), time.Date(2026, 3, 29, 0, 0, 0, 0, berlin(t)), "20260328", "20260330"},
		"an end before":      {time.Date(2026, 7, 3, 0, 0, 0, 0, berlin(t)), time.Date(2026, 7, 1, 0, 0, 0, 0, berlin(t)), "20260703", "20260704"},
		"the end of a year":  {time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), "20261231", "20270101"},
		"a late hour of day": {time.Date(2026, 7, 3, 23, 0, 0, 0, time.UTC), time.Date(2026, 7, 4, 1, 0, 0, 0, time.UTC), "20260703", "20260705"},
	} {
		t.Run(name, func(t *testing.T) {
			lines := unfold(t, calendar.Feed("KoKo", []calendar.Event{{UID: "1", Begin: c.begin, End: c.end, AllDay: true}}, at))
			require.Contains(t, lines, "DTSTART;VALUE=DATE:"+c.first)
			require.Contains(t, lines, "DTEND;VALUE=DATE:"+c.until)
		})
	}
}

func TestNoLineIsLongerThan75OctetsAndNoRuneIsSplit(t *testing.T) {
	long := map[string]string{
		"one long word":      strings.Repeat("ü", 400),
		"four octets each":   strings.Repeat("🤝", 200),
		"words":              strings.Repeat("Konfliktmanagement für Städte – ", 30),
		"escapes at the cut": strings.Repeat(`;,\`+"\n", 100),
		"markup":             strings.Repeat("<b>fett</b>", 40),
		"not UTF-8":          strings.Repeat("\xff\xfe", 100),
	}
	for name, s := range long {
		for shift := range 8 {
			e := module(t)
			e.Description = strings.Repeat("x", shift) + s
			feed := calendar.Feed(strings.Repeat("x", shift)+s, []calendar.Event{e}, at)
			for _, line := range strings.Split(string(feed), "\r\n") {
				require.LessOrEqual(t, len(line), 75, name)
				require.True(t, utf8.ValidString(line), name)
			}
			got := parse(t, feed).GetProperty(ics.ComponentPropertyDescription).Value
			require.Equal(t, strings.ToValidUTF8(e.Description, "\uFFFD"), got, name)
		}
	}
}

func TestNoTextBecomesAProperty(t *testing.T) {
	for _, end := range []string{"\n", "\r", "\r\n", "\v", "\f", "\u0085", "\u2028", "\u2029", "\x00", "\x1b", "\r\n "} {
		evil := "x" + end + "ATTENDEE:mailto:mallory@example.org" + end + "END:VEVENT"
		e := calendar.Event{UID: evil, Begin: at, Summary: evil, Location: evil, Description: evil, URL: "https://koko.example/" + evil}
		feed := calendar.Feed(evil, []calendar.Event{e}, at)
		for _, line := range unfold(t, feed) {
			require.False(t, strings.HasPrefix(line, "ATTENDEE") || strings.ContainsAny(line, "\v\f\u0085\u2028\u2029\x00\x1b"), "%q", end)
		}
		require.Equal(t, 1, strings.Count(string(feed), "\nEND:VEVENT"))
		parse(t, feed)
	}
}

func TestEveryLineEndBecomesOne(t *testing.T) {
	e := module(t)
	e.Description = "a\rb\r\nc\u2028d\te"
	require.Contains(t, unfold(t, calendar.Feed("KoKo", []calendar.Event{e}, at)), `DESCRIPTION:a\nb\nc\nd`+"\te")
}

func TestOnlyWebAddressesAreLinks(t *testing.T) {
	for _, s := range []string{"javascript:alert(1)", "/trainings/1", "https://", "https://koko.example/\r\nX:1", "https://koko.example/?a=b c", "mailto:x@example.org", "://"} {
		e := module(t)
		e.URL = s
		require.Nil(t, parse(t, calendar.Feed("KoKo", []calendar.Event{e}, at)).GetProperty(ics.ComponentPropertyUrl), s)
	}
}

func TestTheOrderOfTheEventsDoesNotMatter(t *testing.T) {
	a, b, c := module(t), module(t), module(t)
	b.UID, c.UID, c.Begin = "module-2@koko", "module-0@koko", a.Begin.Add(time.Hour)
	want := calendar.Feed("KoKo", []calendar.Event{a, b, c}, at)
	given := []calendar.Event{c, b, a}
	require.Equal(t, want, calendar.Feed("KoKo", given, at))
	require.Equal(t, []calendar.Event{c, b, a}, given, "the caller's slice stays as it was")
}

func TestWhatTheRFCDoesNotAllowIsLeftOut(t *testing.T) {
	moment := module(t)
	moment.End = moment.Begin
	v := parse(t, calendar.Feed("KoKo", []calendar.Event{{UID: "no begin"}, {Begin: at}, moment}, at))
	require.Nil(t, v.GetProperty(ics.ComponentPropertyDtEnd))
}
