package calendar

import (
	"slices"
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

// Ladder returns the ladder of the calendar's version.
func (c Calendar) Ladder() Ladder { return in(c.Version).ladder }

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
	year := d.date().Year()
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
	switch w := d.date().Weekday(); {
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
