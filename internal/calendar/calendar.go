// Package calendar writes appointments as an iCalendar feed that calendars subscribe to.
package calendar

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"
)

// refresh is how often a calendar should ask for the feed: an ISO 8601 duration (RFC 7986, 5.7).
const refresh = "PT1H"

// An Event is an appointment. One without a UID or a Begin is left out of a feed: RFC 5545, 3.6.1,
// wants both.
type Event struct {
	// UID names the appointment for ever and everywhere (RFC 5545, 3.8.4.7): calendars take the same UID
	// for the same appointment, moved or called off.
	UID string
	// Begin and End bound the appointment; without an End after Begin it is a moment, all day one day.
	// All day, they are its first and its last day as their own locations show them, and the time of
	// day does not matter.
	Begin, End time.Time
	AllDay     bool

	Summary, Location, Description string
	// URL is absolute, with http or https; any other is left out.
	URL       string
	Cancelled bool
	// Sequence grows by one whenever the time or the place changes (RFC 5545, 3.8.7.4).
	Sequence int
	// Changed is when the appointment was last changed; zero: not stated.
	Changed time.Time
}

// Feed returns the events as one VCALENDAR with METHOD:PUBLISH (RFC 5545, RFC 5546), times in UTC,
// ordered by begin. Name is what the calendar shows as the feed's; at is when it was asked for, and its
// DTSTAMP. The same events, in whatever order, give the same bytes at the same time.
func Feed(name string, events []Event, at time.Time) []byte {
	c := ics.NewCalendar()
	c.SetProductId("-//KoKo//KoKo//DE")
	c.SetCalscale("GREGORIAN")
	c.SetMethod(ics.MethodPublish)
	c.SetName(text(name))
	c.SetRefreshInterval(refresh)
	// Outlook knows this one only.
	c.SetXPublishedTTL(refresh)
	ordered := slices.Clone(events)
	slices.SortStableFunc(ordered, func(a, b Event) int {
		return cmp.Or(a.Begin.Compare(b.Begin), cmp.Compare(a.UID, b.UID), cmp.Compare(a.Sequence, b.Sequence))
	})
	for _, e := range ordered {
		if uid := text(e.UID); uid != "" && !e.Begin.IsZero() {
			e.describe(c.AddEvent(uid), at)
		}
	}
	// The library's default is the line end of the machine, the RFC's is CRLF everywhere.
	return []byte(c.Serialize(ics.WithNewLineWindows))
}

// describe fills v.
func (e Event) describe(v *ics.VEvent, at time.Time) {
	v.SetDtStampTime(at)
	v.SetSequence(max(e.Sequence, 0))
	if !e.Changed.IsZero() {
		v.SetLastModifiedAt(e.Changed)
	}
	e.bound(v)
	v.SetSummary(text(e.Summary))
	if e.Location != "" {
		v.SetLocation(text(e.Location))
	}
	if e.Description != "" {
		v.SetDescription(text(e.Description))
	}
	if address := link(e.URL); address != "" {
		v.SetURL(address)
	}
	v.SetStatus(ics.ObjectStatusConfirmed)
	if e.Cancelled {
		v.SetStatus(ics.ObjectStatusCancelled)
	}
}

// bound writes begin and end. An iCalendar's last day is the first that is free again.
func (e Event) bound(v *ics.VEvent) {
	if !e.AllDay {
		v.SetStartAt(e.Begin)
		if e.End.After(e.Begin) {
			v.SetEndAt(e.End)
		}
		return
	}
	first, last := day(e.Begin), day(e.End)
	if last.Before(first) {
		last = first
	}
	v.SetAllDayStartAt(first)
	v.SetAllDayEndAt(last.AddDate(0, 0, 1))
}

// day returns the date t's location shows, as a day that has no summer time.
func day(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// text returns s without what a parser may take for the end of a line: the library escapes line feeds
// only, and RFC 5545, 3.3.11, allows no other control character but the tab.
func text(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").
		Replace(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// link returns s as a URI, "" if it is none: the library does not escape URIs, so that whatever is not
// plain ASCII must not reach it.
func link(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	address := u.String()
	if strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return ""
	}
	return address
}
