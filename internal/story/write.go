package story

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"koko/domain/calendar"
	"koko/domain/file"
	"koko/kinds"
)

// write puts a value into words.
func write(v *file.Vocabulary, f file.Field, value any) Words {
	switch is := value.(type) {
	case nil:
		return Words{}
	case []any:
		separator := ", "
		if f.As == file.AsList {
			separator = "; "
		}
		return join(separator, each(is, func(e any) Words { return write(v, f, e) })...)
	case map[string]any:
		return element(v, f, is)
	case bool:
		return yesNo[is]
	case float64:
		return same(strconv.FormatFloat(is, 'f', -1, 64))
	case string:
		return text(v, f, is)
	}
	panic(fmt.Sprintf("story: %T is no value of JSON", value))
}

// element is an element of a list: as the vocabulary has it, or its parts in their order. What would
// not explain itself has its label.
func element(v *file.Vocabulary, f file.Field, of map[string]any) Words {
	if f.Each != (Words{}) {
		w, complete := fillWith(f.Each, func(name string) Words { return write(v, fieldAt(v, f.Path+"."+name), lookup(of, name)) })
		if complete {
			return w
		}
	}
	var ws []Words
	for _, part := range parts(v, f) {
		p := lookup(of, strings.TrimPrefix(part.Path, f.Path+"."))
		w := write(v, part, p)
		if w.DE == "" {
			continue
		}
		switch _, plain := p.(string); {
		case part.As == file.AsList:
			w = both(part.DE+" ("+w.DE+")", part.EN+" ("+w.EN+")")
		case !plain || part.As == file.AsTime || part.As == file.AsPerson:
			w = both(part.DE+": "+w.DE, part.EN+": "+w.EN)
		}
		ws = append(ws, w)
	}
	return join(", ", ws...)
}

// parts are the fields of the elements of a list, but not those of lists within them.
func parts(v *file.Vocabulary, f file.Field) []file.Field {
	return slices.DeleteFunc(slices.Clone(v.Fields), func(part file.Field) bool {
		return !strings.HasPrefix(part.Path, f.Path+".") || part.As == file.AsHidden ||
			slices.ContainsFunc(v.Fields, func(o file.Field) bool {
				return o.As == file.AsList && strings.HasPrefix(o.Path, f.Path+".") && strings.HasPrefix(part.Path, o.Path+".")
			})
	})
}

// text writes a string: a date, a time, a phase, a file, a value of an enumeration, or itself.
func text(v *file.Vocabulary, f file.Field, s string) Words {
	switch f.As {
	case file.AsDate:
		if t, err := time.Parse(time.DateOnly, s); err == nil {
			return day(t)
		}
	case file.AsTime:
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			t = t.In(calendar.Berlin)
			d := day(t)
			return both(d.DE+" "+t.Format("15:04")+" Uhr", d.EN+" "+t.Format("15:04"))
		}
	case file.AsPhase:
		if p, ok := v.Phases[s]; ok {
			return p.Name
		}
	}
	if w, ok := v.Values[f.As][s]; ok {
		return w
	}
	if d, ok := kinds.Of(f.Of); ok {
		s = d.NameOf(s)
	}
	return same(s)
}

// fieldAt is the field that a path of a sentence means.
func fieldAt(v *file.Vocabulary, path string) file.Field {
	path = strings.ReplaceAll(path, ".-1", "")
	if i := slices.IndexFunc(v.Fields, func(f file.Field) bool { return f.Path == path }); i >= 0 {
		return v.Fields[i]
	}
	return file.Field{Path: path}
}

func day(t time.Time) Words { return both(t.Format("02.01.2006"), t.Format("2 January 2006")) }

// Day is the day of t where the people are.
func Day(t time.Time) Words { return day(t.In(calendar.Berlin)) }
