package calendar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/de"

	"koko/domain/ags"
)

// The library computes in the zone of the machine unless it is told another.
func init() { cal.DefaultLoc = time.UTC }

// A Land is a federal state, by its code of ISO 3166-2:DE.
type Land string

// The Länder that the rules name.
const (
	Berliner    Land = "BE"
	Mecklenburg Land = "MV"
	Westphalia  Land = "NW"
)

// lands are the Länder in the order of their numbers: the first two digits of a municipality's key.
var lands = []Land{"SH", "HH", "NI", "HB", Westphalia, "HE", "RP", "BW", "BY", "SL", Berliner, "BB", Mecklenburg, "SN", "ST", "TH"}

func (Land) Values() []Land { return slices.Clone(lands) }

// LandOf returns the Land of a municipality; Nordrhein-Westfalen if its key names none.
func LandOf(k ags.Key) Land {
	if k.Valid() {
		if n := int(k[0]-'0')*10 + int(k[1]-'0'); n >= 1 && n <= len(lands) {
			return lands[n-1]
		}
	}
	return Westphalia
}

// A Version names a state of the law on holidays and of the rules here. A change is a new one.
type Version string

// edition is the law from a day on.
type edition struct {
	version Version
	from    Day
	lands   map[Land][]*cal.Holiday
	ladder  Ladder
}

// editions are the versions, the oldest first. One that files were dated with is never changed: a file keeps
// its version until somebody moves it. A new one is added, with the day from which new files have it.
var editions = []edition{{
	version: "2026-1",
	ladder:  Ladder{Share: 60, Eve: 9 * time.Hour, Deputy: 2, Supervisor: 5},
	lands: map[Land][]*cal.Holiday{
		"SH": de.HolidaysSH, "HH": de.HolidaysHH, "NI": de.HolidaysNI, "HB": de.HolidaysHB, "NW": de.HolidaysNW,
		"HE": de.HolidaysHE, "RP": de.HolidaysRP, "BW": de.HolidaysBW, "BY": de.HolidaysBY, "SL": de.HolidaysSL,
		// § 1 of Berlin's law on Sundays and holidays: two days that are holidays once.
		"BE": append(
			slices.Clone(de.HolidaysBE),
			once("Tag der Befreiung", 2025, time.May, 8), once("Tag des Volksaufstandes", 2028, time.June, 17),
		),
		"BB": de.HolidaysBB,
		// § 2 of Mecklenburg-Vorpommern's law on holidays, since 2023.
		"MV": append(slices.Clone(de.HolidaysMV), since(2023, de.Frauentag)),
		"SN": de.HolidaysSN, "ST": de.HolidaysST, "TH": de.HolidaysTH,
	},
}}

func once(name string, year int, m time.Month, day int) *cal.Holiday {
	return &cal.Holiday{
		Name: name, Type: cal.ObservancePublic, Month: m, Day: day, Func: cal.CalcDayOfMonth,
		StartYear: year, EndYear: year,
	}
}

func since(year int, h *cal.Holiday) *cal.Holiday { return h.Clone(&cal.Holiday{StartYear: year}) }

// A Ladder is when people are told of a deadline. Like the holidays it is part of a version: a change reaches
// no running file by itself.
type Ladder struct {
	Share      int           // per cent of the time until the first reminder
	Eve        time.Duration // time of day of the reminder on the day before
	Deputy     int           // working days after the end until a deputy is told
	Supervisor int           // working days after the end until the supervisor is told
}

// Rungs are a ladder as an installation configures it and as a file keeps it: "60%,09:00,2,5".
type Rungs string

// String is l as an installation configures it.
func (l Ladder) String() string {
	return fmt.Sprintf("%d%%,%02d:%02d,%d,%d", l.Share, int(l.Eve.Hours()), int(l.Eve.Minutes())%60, l.Deputy, l.Supervisor)
}

// mostWorkingDays is how long anybody waits until they are told at the most.
const mostWorkingDays = 60

// Ladder reads what String writes. Nobody is louder than the supervisor, who comes last.
func (r Rungs) Ladder() (l Ladder, err error) {
	parts := strings.Split(string(r), ",")
	wrong := fmt.Errorf("must be four rungs such as %s, not %q", editions[0].ladder, string(r))
	if len(parts) != 4 || !strings.HasSuffix(parts[0], "%") || !Clock(parts[1]).Valid() {
		return l, wrong
	}
	numbers := []struct {
		text string
		into *int
	}{{strings.TrimSuffix(parts[0], "%"), &l.Share}, {parts[2], &l.Deputy}, {parts[3], &l.Supervisor}}
	for _, n := range numbers {
		if *n.into, err = strconv.Atoi(n.text); err != nil {
			return l, wrong
		}
	}
	l.Eve = Clock(parts[1]).since()
	switch {
	case l.Share < 1 || l.Share > 99:
		return l, fmt.Errorf("the first reminder comes after 1%% to 99%% of the time, not %q", parts[0])
	case l.Deputy < 1 || l.Supervisor <= l.Deputy || l.Supervisor > mostWorkingDays:
		return l, fmt.Errorf("the deputy is told 1 working day after the end or later, and the supervisor last, within %d: not %s and %s", mostWorkingDays, parts[2], parts[3])
	}
	return l, nil
}

// Valid reports whether r is a ladder or none.
func (r Rungs) Valid() bool {
	_, err := r.Ladder()
	return r == "" || err == nil
}

// Ladder returns the ladder that the calendar names, or else that of its version.
func (c Calendar) Ladder() Ladder {
	if l, err := c.Rungs.Ladder(); c.Rungs != "" && err == nil {
		return l
	}
	return in(c.Version).ladder
}

// DefaultRungs is the ladder of the latest version.
func DefaultRungs() Rungs { return Rungs(editions[len(editions)-1].ladder.String()) }

// in returns the edition of a version, the first one for a file that names none.
func in(v Version) edition {
	if i := slices.IndexFunc(editions, func(e edition) bool { return e.version == v }); i >= 0 {
		return editions[i]
	}
	return editions[0]
}

// Versions lists the versions, the oldest first.
func Versions() []Version {
	vs := make([]Version, len(editions))
	for i, e := range editions {
		vs[i] = e.version
	}
	return vs
}

// VersionOn returns the version that a file begun on a day has.
func VersionOn(d Day) Version {
	v := editions[0].version
	for _, e := range editions {
		if e.from <= d {
			v = e.version
		}
	}
	return v
}

// Holiday returns the name of the holiday that a day is in the calendar's Land.
func (c Calendar) Holiday(d Day) (name string, is bool) {
	land := c.Land
	if land == "" {
		land = Westphalia
	}
	year := d.Date().Year()
	for _, h := range in(c.Version).lands[land] {
		if actual, _ := h.Calc(year); !actual.IsZero() && On(actual.Date()) == d {
			return h.Name, true
		}
	}
	return "", false
}

// free says why nobody works on a day; empty: it is a working day.
func (c Calendar) free(d Day) (why Reason, name string) {
	name, holiday := c.Holiday(d)
	switch w := d.Date().Weekday(); {
	case holiday:
		return OnHoliday, name
	case w == time.Saturday:
		return OnSaturday, ""
	case w == time.Sunday:
		return OnSunday, ""
	}
	return "", ""
}

// Free reports whether a day is a Saturday, a Sunday or a holiday.
func (c Calendar) Free(d Day) bool {
	why, _ := c.free(d)
	return why != ""
}
