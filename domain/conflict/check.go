package conflict

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"koko/domain/fault"
)

// A Date is a calendar day, YYYY-MM-DD (ISO 8601).
type Date string

func (d Date) time() (time.Time, error) { return time.Parse(time.DateOnly, string(d)) }

// after reports whether d is a later day than t's in UTC+14, the first place where a day begins:
// nobody's today is refused as the future.
func (d Date) after(t time.Time) bool {
	day, err := d.time()
	return err != nil || day.After(t.UTC().Add(14*time.Hour))
}

func invalid(field, rule, message, remedy string) *fault.Error {
	return fault.Newf(fault.Invalid, "%s", message).In(field).By(rule, remedy)
}

// first returns the first refusal as an error, nil if there is none.
func first(fs ...*fault.Error) error {
	for _, f := range fs {
		if f != nil {
			return f
		}
	}
	return nil
}

func oneOf[T ~string](field string, v T, all []T) *fault.Error {
	if slices.Contains(all, v) {
		return nil
	}
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = string(a)
	}
	return invalid(field, "enum", "the value is not one of those known", "use one of: "+strings.Join(names, ", "))
}

// optional accepts what is not given yet.
func optional[T ~string](field string, v T, all []T) *fault.Error {
	if v == "" {
		return nil
	}
	return oneOf(field, v, all)
}

func eachOf[T ~string](field string, vs, all []T, most int) *fault.Error {
	if f := atMost(field, len(vs), most); f != nil {
		return f
	}
	for i, v := range vs {
		if f := oneOf(Index(field, i), v, all); f != nil {
			return f
		}
		if slices.Contains(vs[:i], v) {
			return invalid(Index(field, i), "unique", "the value stands twice", "name each value once")
		}
	}
	return nil
}

func atMost(field string, n, most int) *fault.Error {
	if n > most {
		return invalid(field, "max_items", "too many entries", "give at most "+strconv.Itoa(most))
	}
	return nil
}

func between(field string, v, low, high int) *fault.Error {
	if v < low || v > high {
		return invalid(field, "range", "the number is out of range", "give a whole number from "+strconv.Itoa(low)+" to "+strconv.Itoa(high))
	}
	return nil
}

func date(field string, d Date) *fault.Error {
	t, err := d.time()
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return invalid(field, "date", "not a calendar day", "write it as YYYY-MM-DD")
	}
	return nil
}

func notAfter(field string, d Date, at time.Time) *fault.Error {
	if d.after(at) {
		return invalid(field, "not_in_future", "the day lies in the future", "record what has happened, once it has")
	}
	return nil
}

var personID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:|-]{0,127}$`)

// person checks the form of an actor id: the opaque subject of the identity provider.
func person(field, id string) *fault.Error {
	if !personID.MatchString(id) || id == System {
		return invalid(field, "person_id", "not the id of a person", "use the subject that the identity provider gives, never a name or an e-mail address")
	}
	return nil
}

var localID = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

// local checks an id that is unique within one command, such as an actor's "a1".
func local(field, id string) *fault.Error {
	if !localID.MatchString(id) {
		return invalid(field, "local_id", "not a local id", "use a lower-case letter followed by letters, digits, - or _, at most 32 in all; never a name")
	}
	return nil
}

// Index names the ith entry of a list field.
func Index(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }
