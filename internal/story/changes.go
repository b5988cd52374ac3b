package story

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"koko/domain/process"
	"koko/domain/training"
)

// A Change is one thing that a step left different. Of a list, Before has what it lost and After what
// it gained.
type Change struct {
	Path          string
	Label         Words
	Before, After Words
}

// A field is one place in a state: what it is called, and how its value is written. as names a set of
// values or one of the forms of write; hidden fields are stamps, ids and what follows from others.
type field struct {
	path   string
	de, en string
	as     string
}

const hidden = "-"

// changes walks both states in the order of the catalogue.
func changes(k process.Kind, before, after map[string]any) []Change {
	var cs []Change
	for _, f := range fields[k] {
		if f.as == hidden || nested(k, f.path) {
			continue
		}
		b, a := lookup(before, f.path), lookup(after, f.path)
		if reflect.DeepEqual(b, a) || f.path == standing(k) && len(before) == 0 {
			continue
		}
		was, _ := b.([]any)
		is, _ := a.([]any)
		if was == nil && is == nil {
			cs = note(cs, k, f, b, a)
			continue
		}
		if i := revised(f, was, is); i >= 0 {
			cs = append(cs, within(k, f, i, was[i], is[i])...)
			continue
		}
		cs = note(cs, k, f, lost(was, is), lost(is, was))
	}
	return cs
}

// note adds a change, if it can be put into words.
func note(cs []Change, k process.Kind, f field, before, after any) []Change {
	c := Change{f.path, Words{f.de, f.en}, write(k, f, before), write(k, f, after)}
	if c.Before == c.After {
		return cs
	}
	return append(cs, c)
}

// revised is the one element of a list that changed in its place, or -1.
func revised(f field, was, is []any) int {
	if f.as != "list" || len(was) != len(is) {
		return -1
	}
	found := -1
	for i := range was {
		if reflect.DeepEqual(was[i], is[i]) {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}

// within lists what changed within the ith element of a list.
func within(k process.Kind, f field, i int, before, after any) (cs []Change) {
	for _, part := range parts(k, f) {
		name := strings.TrimPrefix(part.path, f.path+".")
		b, a := lookup(before, name), lookup(after, name)
		was, _ := b.([]any)
		is, _ := a.([]any)
		if part.as == "list" {
			b, a = lost(was, is), lost(is, was)
		}
		for _, c := range note(nil, k, part, b, a) {
			c.Path = fmt.Sprintf("%s[%d].%s", f.path, i, name)
			c.Label = Words{
				fmt.Sprintf("%s (%d): %s", f.de, i+1, part.de), fmt.Sprintf("%s (%d): %s", f.en, i+1, part.en),
			}
			cs = append(cs, c)
		}
	}
	return cs
}

// nested reports whether path lies within the elements of a list, which are written as a whole.
func nested(k process.Kind, path string) bool {
	return slices.ContainsFunc(fields[k], func(f field) bool { return f.as == "list" && strings.HasPrefix(path, f.path+".") })
}

// lost are the elements of was that is has not.
func lost(was, is []any) any {
	left := slices.Clone(is)
	var gone []any
	for _, v := range was {
		if i := slices.IndexFunc(left, func(o any) bool { return reflect.DeepEqual(o, v) }); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			gone = append(gone, v)
		}
	}
	if gone == nil {
		return nil
	}
	return gone
}

// lookup is the value at a path: names joined by dots, -1 for the last element of a list.
func lookup(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			if name != "-1" || len(at) == 0 {
				return nil
			}
			v = at[len(at)-1]
		default:
			return nil
		}
	}
	return v
}

// write puts a value into words.
func write(k process.Kind, f field, v any) Words {
	switch v := v.(type) {
	case nil:
		return Words{}
	case []any:
		var de, en []string
		for _, e := range v {
			w := write(k, f, e)
			de, en = append(de, w.DE), append(en, w.EN)
		}
		separator := ", "
		if f.as == "list" {
			separator = "; "
		}
		return Words{strings.Join(de, separator), strings.Join(en, separator)}
	case map[string]any:
		return element(k, f, v)
	case bool:
		return values["yesno"][strconv.FormatBool(v)]
	case float64:
		n := strconv.FormatFloat(v, 'f', -1, 64)
		return Words{n, n}
	case string:
		return text(f.as, v)
	}
	panic(fmt.Sprintf("story: %T is no value of JSON", v))
}

// element is an element of a list: as the catalogue has it, or its parts in their order. What would
// not explain itself has its label.
func element(k process.Kind, f field, v map[string]any) Words {
	if w, ok := elements[f.path]; ok {
		if w, complete := fillWith(w, func(name string) Words { return write(k, fieldAt(k, f.path+"."+name), lookup(v, name)) }); complete {
			return w
		}
	}
	var de, en []string
	for _, part := range parts(k, f) {
		p := lookup(v, strings.TrimPrefix(part.path, f.path+"."))
		w := write(k, part, p)
		if w.DE == "" {
			continue
		}
		switch _, plain := p.(string); {
		case part.as == "list":
			w = Words{part.de + " (" + w.DE + ")", part.en + " (" + w.EN + ")"}
		case !plain || part.as == "time" || part.as == "person":
			w = Words{part.de + ": " + w.DE, part.en + ": " + w.EN}
		}
		de, en = append(de, w.DE), append(en, w.EN)
	}
	return Words{strings.Join(de, ", "), strings.Join(en, ", ")}
}

// parts are the fields of the elements of a list, but not those of lists within them.
func parts(k process.Kind, f field) []field {
	return slices.DeleteFunc(slices.Clone(fields[k]), func(part field) bool {
		return !strings.HasPrefix(part.path, f.path+".") || part.as == hidden ||
			slices.ContainsFunc(fields[k], func(o field) bool {
				return o.as == "list" && strings.HasPrefix(o.path, f.path+".") && strings.HasPrefix(part.path, o.path+".")
			})
	})
}

// text writes a string: a date, a time, a value of an enumeration, or itself.
func text(as, v string) Words {
	switch as {
	case "date":
		if t, err := time.Parse(time.DateOnly, v); err == nil {
			return day(t)
		}
	case "time":
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			t = t.In(berlin)
			d := day(t)
			return Words{d.DE + " " + t.Format("15:04") + " Uhr", d.EN + " " + t.Format("15:04")}
		}
	case "enrolment":
		return Words{training.Reference(v), training.Reference(v)}
	}
	if w, ok := values[as][v]; ok {
		return w
	}
	return Words{v, v}
}

func day(t time.Time) Words { return Words{t.Format("02.01.2006"), t.Format("2 January 2006")} }

// Day is the day of t where the people are.
func Day(t time.Time) Words { return day(t.In(berlin)) }

// berlin is where the people are.
var berlin = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic("story: " + err.Error()) // the zone is linked in
	}
	return l
}()

// fieldAt is the field that a path of a sentence means.
func fieldAt(k process.Kind, path string) field {
	path = strings.ReplaceAll(path, ".-1", "")
	for _, f := range fields[k] {
		if f.path == path {
			return f
		}
	}
	return field{path: path}
}

// differing is the first element of a list that before has not, as JSON says it.
func differing(before, after any) any {
	was, _ := before.([]any)
	is, _ := after.([]any)
	if gained, ok := lost(is, was).([]any); ok {
		return gained[0]
	}
	return nil
}
