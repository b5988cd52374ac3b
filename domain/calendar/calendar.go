// Package calendar computes time limits as German law and the day's work have them: in days of Berlin, over the
// holidays of the municipality's Land, and with the reason for each day that is skipped. It is pure, and what it
// returns follows from its arguments and the version that they name.
package calendar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"koko/domain/ags"
)

// A Clock is a time of day, HH:MM.
type Clock string

// since returns how long after midnight it is; what is none is the end of the working day.
func (c Clock) since() time.Duration {
	t, err := time.Parse("15:04", string(c))
	if err != nil {
		t, _ = time.Parse("15:04", string(WorkdayEnds))
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// Valid reports whether c is a time of day.
func (c Clock) Valid() bool {
	_, err := time.Parse("15:04", string(c))
	return err == nil && len(c) == len("15:04")
}

// WorkdayEnds is when a working day ends unless an installation says otherwise.
const WorkdayEnds Clock = "18:00"

// A Calendar is what a file's limits are computed with. The file keeps it: a change of the law or of the
// configuration moves no date of a running file.
type Calendar struct {
	Version Version `json:"version" doc:"Version of the holiday law and of the rules" example:"2026-1"`
	Land    Land    `json:"land" doc:"The federal state whose holidays count (ISO 3166-2:DE)" example:"NW"`
	Closes  Clock   `json:"closes" doc:"When a limit in working days ends on its last day, in Berlin" example:"18:00"`
	Rungs   Rungs   `json:"rungs,omitempty" doc:"When people are told of a limit: the share of the time, the time of day on the day before, working days until a deputy is told, and until the supervisor is. Left out: as the version says" example:"60%,09:00,2,5"`
}

// New returns the calendar of a file that begins in a municipality.
func New(k ags.Key, begins time.Time, closes Clock) Calendar {
	return Calendar{Version: VersionOn(DayOf(begins)), Land: LandOf(k), Closes: closes}
}

// RuleKind is how a limit is counted.
type RuleKind string

// The rules. Those of the law count from the next day to the end of the last one, which is past Saturdays,
// Sundays and holidays (§§ 187, 188, 193 BGB; § 31 VwVfG NRW).
const (
	LegalDays   RuleKind = "gesetz_tage"
	LegalWeeks  RuleKind = "gesetz_wochen"
	LegalMonths RuleKind = "gesetz_monate"
	EUMonths    RuleKind = "eu_monat"    // Article 3 of Regulation (EEC, Euratom) No 1182/71
	Working     RuleKind = "arbeitstage" // to the close of the n-th working day after the event
	Elapsed     RuleKind = "dauer"       // so many minutes, whatever day it is
	Fixed       RuleKind = "termin"      // the event itself or days from it, also on a Sunday (§ 31 (5) VwVfG NRW)
)

func (RuleKind) Values() []RuleKind {
	return []RuleKind{LegalDays, LegalWeeks, LegalMonths, EUMonths, Working, Elapsed, Fixed}
}

// Longest is the most of anything that a rule counts.
const Longest = 1_000_000

// A Rule is how long a limit is, and how that is counted.
type Rule struct {
	Kind RuleKind `json:"kind" doc:"How it is counted"`
	N    int      `json:"n,omitempty" doc:"How many days, weeks, months or working days; of dauer, how many minutes; of termin, days from the event" example:"2"`
	// Statutory is set by law, not by the house: no rest of the file moves it.
	Statutory bool `json:"statutory,omitempty" doc:"Set by law: it runs while the file rests"`
}

// Days returns a limit of n days.
func Days(n int) Rule { return Rule{Kind: LegalDays, N: n} }

// Weeks returns a limit of n weeks.
func Weeks(n int) Rule { return Rule{Kind: LegalWeeks, N: n} }

// Months returns a limit of n months.
func Months(n int) Rule { return Rule{Kind: LegalMonths, N: n} }

// EU returns a limit of n months that European law sets.
func EU(n int) Rule { return Rule{Kind: EUMonths, N: n, Statutory: true} }

// WorkingDays returns a limit of n working days.
func WorkingDays(n int) Rule { return Rule{Kind: Working, N: n} }

// Duration returns a limit of minutes that pass.
func Duration(d time.Duration) Rule { return Rule{Kind: Elapsed, N: int(d / time.Minute)} }

// Appointment returns a fixed time, n days from the event: before it if n is negative.
func Appointment(n int) Rule { return Rule{Kind: Fixed, N: n} }

// ByLaw returns r as a limit that the law sets.
func (r Rule) ByLaw() Rule {
	r.Statutory = true
	return r
}

// String is r as people write it: "arbeitstage:2".
func (r Rule) String() string { return string(r.Kind) + ":" + strconv.Itoa(r.N) }

// ParseRule reads what String writes; a duration may be written like 72h.
func ParseRule(s string) (Rule, error) {
	kind, n, counted := strings.Cut(s, ":")
	r := Rule{Kind: RuleKind(kind), Statutory: RuleKind(kind) == EUMonths}
	if !slices.Contains(r.Kind.Values(), r.Kind) {
		return Rule{}, fmt.Errorf("there is no rule %q: take one of %v, such as arbeitstage:2", kind, r.Kind.Values())
	}
	if !counted {
		if r.Kind == Fixed {
			return r, nil
		}
		return Rule{}, fmt.Errorf("the rule %s needs a number, such as %s:2", kind, kind)
	}
	if d, err := time.ParseDuration(n); r.Kind == Elapsed && err == nil {
		n = strconv.Itoa(int(d / time.Minute))
	}
	var err error
	if r.N, err = strconv.Atoi(n); err != nil || r.N > Longest || r.N < -Longest || r.N < 1 && r.Kind != Fixed {
		return Rule{}, fmt.Errorf("%q is not a number from 1 to %d", n, Longest)
	}
	return r, nil
}

// Reason is why a day stands in a derivation.
type Reason string

// The reasons.
const (
	Event      Reason = "ereignis"   // what the limit is counted from
	OnSaturday Reason = "samstag"    // skipped
	OnSunday   Reason = "sonntag"    // skipped
	OnHoliday  Reason = "feiertag"   // skipped
	AtRest     Reason = "ruht"       // n days that do not count
	Counted    Reason = "arbeitstag" // the n-th working day
	MonthEnd   Reason = "monatsende" // the month has no such day
	Ends       Reason = "ende"       // of the limit
)

func (Reason) Values() []Reason {
	return []Reason{Event, OnSaturday, OnSunday, OnHoliday, AtRest, Counted, MonthEnd, Ends}
}

// A Step is one line of a derivation.
type Step struct {
	On   string `json:"on" format:"date" doc:"The day, in Berlin" example:"2027-03-26"`
	Why  Reason `json:"why" doc:"What the day is for the limit" example:"feiertag"`
	Name string `json:"name,omitempty" doc:"Of the holiday" example:"Karfreitag"`
	N    int    `json:"n,omitempty" doc:"Which working day it is, or how many days the file rested"`
}

// A Limit is when something ends, and why.
type Limit struct {
	Due     time.Time
	Because []Step
}

// A Rest is a time in which a file rests. Its last day is the one before it goes on.
type Rest struct {
	From time.Time
	To   time.Time
}

// days returns the days that rest between since and due: those that begin in the rest.
func (r Rest) days(since, due Day) (first Day, n int) {
	first = max(DayOf(r.From), since)
	return first, max(0, int(min(DayOf(r.To), due)-first))
}

// derivation collects the steps to a limit.
type derivation struct {
	Calendar
	rests []Rest
	steps []Step
}

func (d *derivation) add(on Day, why Reason, name string, n int) {
	d.steps = append(d.steps, Step{On: on.String(), Why: why, Name: name, N: n})
}

// After returns the limit that begins with an event. The rests are those of the file, in order; a limit that
// the law sets runs through them.
func (c Calendar) After(event time.Time, r Rule, rests ...Rest) Limit {
	d := &derivation{Calendar: c, rests: rests}
	if r.Statutory {
		d.rests = nil
	}
	begun := DayOf(event)
	d.add(begun, Event, "", 0)
	var due time.Time
	switch r.Kind {
	case LegalDays:
		due = d.last(begun, begun+Day(r.N)).Ends()
	case LegalWeeks:
		due = d.last(begun, begun+Day(7*r.N)).Ends()
	case LegalMonths, EUMonths:
		due = d.last(begun, d.month(begun, r.N)).Ends()
	case Working:
		due = d.working(begun, r.N).At(c.Closes.since())
	case Elapsed:
		due = d.elapsed(event, time.Duration(r.N)*time.Minute)
	default:
		due = Shift(event, r.N)
	}
	d.add(DayOf(due), Ends, "", 0)
	return Limit{due.UTC(), d.steps}
}

// month is the day so many months after another.
func (d *derivation) month(begun Day, n int) Day {
	last := begun.AddMonths(n)
	if last.Date().Day() != begun.Date().Day() {
		d.add(last, MonthEnd, "", 0)
	}
	return last
}

// last is the day on which a period ends: later by what the file rested meanwhile, and a working day on which
// it does not rest.
func (d *derivation) last(begun, last Day) Day {
	for _, r := range d.rests {
		if first, n := r.days(begun+1, last+1); n > 0 {
			_, whole := r.days(begun+1, DayOf(r.To))
			d.add(first, AtRest, "", whole)
			last += Day(whole)
		}
	}
	for {
		if to, rested := d.resting(begun, last); rested > 0 {
			d.add(last, AtRest, "", rested)
			last = to
			continue
		}
		why, name := d.free(last)
		if why == "" {
			return last
		}
		d.add(last, why, name, 0)
		last++
	}
}

// working is the n-th working day after another.
func (d *derivation) working(begun Day, n int) Day {
	day := begun
	for counted := 0; counted < n; {
		day++
		if to, rested := d.resting(begun, day); rested > 0 {
			d.add(day, AtRest, "", rested)
			day = to - 1
			continue
		}
		if why, name := d.free(day); why != "" {
			d.add(day, why, name, 0)
			continue
		}
		counted++
		d.add(day, Counted, "", counted)
	}
	return day
}

// resting returns the first day after the rest that day lies in, and how many days that is.
func (d *derivation) resting(begun, day Day) (to Day, n int) {
	for _, r := range d.rests {
		if first, _ := r.days(begun+1, day+1); first <= day && day < DayOf(r.To) {
			return DayOf(r.To), int(DayOf(r.To) - day)
		}
	}
	return day, 0
}

// elapsed is when so much time has passed beside the rests.
func (d *derivation) elapsed(event time.Time, length time.Duration) time.Time {
	due := event.Add(length)
	for _, r := range d.rests {
		if r.From.Before(due) && r.To.After(event) {
			from := r.From
			if from.Before(event) {
				from = event
			}
			due = due.Add(r.To.Sub(from))
			if n := int(DayOf(r.To) - DayOf(from)); n > 0 {
				d.add(DayOf(from), AtRest, "", n)
			}
		}
	}
	return due
}

// Moved returns a fixed time that stands since another one, later by the days that the file rested meanwhile.
func Moved(since, due time.Time, rests ...Rest) time.Time {
	for _, r := range rests {
		if _, n := r.days(DayOf(since), DayOf(due)+1); n > 0 {
			_, whole := r.days(DayOf(since), DayOf(r.To))
			due = Shift(due, whole)
		}
	}
	return due
}

// Week returns the week of a moment in Berlin, as 2026-W49 (ISO 8601).
func Week(t time.Time) string {
	y, w := t.In(Berlin).ISOWeek()
	return fmt.Sprintf("%04d-W%02d", y, w)
}
