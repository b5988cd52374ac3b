package file

import (
	"regexp"
	"strconv"
	"time"

	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/fault"
)

// A Date is a calendar day, YYYY-MM-DD (ISO 8601).
type Date string

// DateOf returns the day that t is in Berlin.
func DateOf(t time.Time) Date { return Date(calendar.DayOf(t).String()) }

// Day returns the day; what is none is the first of all.
func (d Date) Day() calendar.Day {
	day, _ := calendar.ParseDay(string(d))
	return day
}

// After reports whether d is a later day than t's in Berlin.
func (d Date) After(t time.Time) bool {
	day, err := calendar.ParseDay(string(d))
	return err != nil || day > calendar.DayOf(t)
}

// Invalid refuses a field: fault.Invalid.
func Invalid(field, rule, message, remedy string) *fault.Error {
	return fault.Newf(fault.Invalid, "%s", message).In(field).By(rule, remedy)
}

// First returns the first refusal as an error, nil if there is none.
func First(fs ...*fault.Error) error {
	for _, f := range fs {
		if f != nil {
			return f
		}
	}
	return nil
}

// AtMost refuses more than most entries.
func AtMost(field string, n, most int) *fault.Error {
	if n > most {
		return Invalid(field, "max_items", "too many entries", "give at most "+strconv.Itoa(most))
	}
	return nil
}

// Between refuses numbers outside low to high.
func Between(field string, v, low, high int) *fault.Error {
	if v < low || v > high {
		return Invalid(field, "range", "the number is out of range", "give a whole number from "+strconv.Itoa(low)+" to "+strconv.Itoa(high))
	}
	return nil
}

// Day refuses what is not a calendar day.
func Day(field string, d Date) *fault.Error {
	day, err := calendar.ParseDay(string(d))
	if err != nil || day < calendar.On(1900, time.January, 1) || day > calendar.On(2200, time.December, 31) {
		return Invalid(field, "date", "not a calendar day", "write it as YYYY-MM-DD")
	}
	return nil
}

// NotAfter refuses days in the future.
func NotAfter(field string, d Date, at time.Time) *fault.Error {
	if d.After(at) {
		return Invalid(field, "not_in_future", "the day lies in the future", "record what has happened, once it has")
	}
	return nil
}

var personID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:|-]{0,127}$`)

// Person checks the form of an actor id: the opaque subject of the identity provider.
func Person(field, id string) *fault.Error {
	if !personID.MatchString(id) || id == System {
		return Invalid(field, "person_id", "not the id of a person", "use the subject that the identity provider gives, never a name or an e-mail address")
	}
	return nil
}

var localID = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// Local checks an id that is unique within one command, such as an actor's "a1".
func Local(field, id string) *fault.Error {
	if !localID.MatchString(id) {
		return Invalid(field, "local_id", "not a local id", "use a lower-case letter followed by letters, digits, - or _, at most 32 in all; never a name")
	}
	return nil
}

// UUID refuses what is no id of a file or a document.
func UUID(field, v string) *fault.Error {
	if !IsID(v) {
		return Invalid(field, "uuid", "not an id", "give the id as the API showed it")
	}
	return nil
}

// Municipality refuses what is not the key of one.
func Municipality(field string, k ags.Key) *fault.Error {
	if !k.Valid() {
		return Invalid(field, "ags", "not the key of a municipality", "give the eight digits of its AGS")
	}
	return nil
}

// Gate refuses a field that is right in itself, because of how the file stands: fault.Gate.
func Gate(field, rule, message, remedy string) *fault.Error {
	return fault.Newf(fault.Gate, "%s", message).In(field).By(rule, remedy)
}

// Index names the ith entry of a list field.
func Index(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }
