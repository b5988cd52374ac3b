package file

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"koko/domain/fault"
)

// Limits are what the tags of a struct say of the values of its fields: the same tags from which the API makes its
// schema, so that no limit stands there alone. A field with a few values has those of its type.
type Limits struct{ fields []limit }

// A limit is what is said of one field.
type limit struct {
	at       []int
	name     string
	required bool // and not filled in by KoKo, nor taken out of the command
	length   bounds
	items    bounds
	number   bounds
	pattern  *regexp.Regexp
	values   []any
	within   Limits // of the struct, or of those in the list
}

// bounds are the least and the most; nil: none.
type bounds struct{ least, most *float64 }

func (b bounds) exclude(n float64) bool {
	return b.least != nil && n < *b.least || b.most != nil && n > *b.most
}

// LimitsOf reads the tags of a struct and of the structs in it.
func LimitsOf(t reflect.Type) (ls Limits) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag.Get("json") == "" {
			for _, inner := range LimitsOf(f.Type).fields {
				inner.at = append([]int{i}, inner.at...)
				ls.fields = append(ls.fields, inner)
			}
			continue
		}
		if f.IsExported() && jsonName(f) != "-" {
			ls.fields = append(ls.fields, limitOf(f, i))
		}
	}
	return ls
}

func limitOf(f reflect.StructField, at int) limit {
	of := f.Type
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	l := limit{
		at: []int{at}, name: jsonName(f), required: required(f) && !IsWords(of) && f.Tag.Get("own") == "",
		length: boundsOf(f, "minLength", "maxLength"), items: boundsOf(f, "minItems", "maxItems"), number: boundsOf(f, "minimum", "maximum"),
		values: ValuesOf(of),
	}
	if p := f.Tag.Get("pattern"); p != "" {
		l.pattern = regexp.MustCompile(p)
	}
	if of.Kind() == reflect.Struct {
		l.within = LimitsOf(of)
	}
	return l
}

func required(f reflect.StructField) bool {
	if said, ok := f.Tag.Lookup("required"); ok {
		return said == "true"
	}
	_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	return !strings.Contains(options, "omit")
}

func boundsOf(f reflect.StructField, least, most string) bounds {
	return bounds{numberIn(f, least), numberIn(f, most)}
}

func numberIn(f reflect.StructField, tag string) *float64 {
	text, ok := f.Tag.Lookup(tag)
	if !ok {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic("file: " + f.Name + " has a " + tag + " that is no number")
	}
	return &n
}

// Check refuses a struct of that type with a value beyond its limits. What is not there, or not any more, has none.
func (ls Limits) Check(v any) *fault.Error { return ls.check("", reflect.ValueOf(v), false) }

// Given is Check of what a client sends: whatever it has to send counts, even if it is empty.
func (ls Limits) Given(v any) *fault.Error { return ls.check("", reflect.ValueOf(v), true) }

func (ls Limits) check(prefix string, v reflect.Value, given bool) *fault.Error {
	for _, l := range ls.fields {
		field := v.FieldByIndex(l.at)
		if field.IsZero() && (!l.required || !given) {
			continue
		}
		if f := l.check(prefix+l.name, field, given); f != nil {
			return f
		}
	}
	return nil
}

func (l limit) check(name string, v reflect.Value, given bool) *fault.Error {
	switch {
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return l.check(name, v.Elem(), given)
	case v.Kind() == reflect.Struct:
		return l.within.check(name+".", v, given)
	case v.Kind() == reflect.String:
		return l.text(name, v.String())
	case v.CanInt():
		return l.count(name, float64(v.Int()))
	case v.CanUint():
		return l.count(name, float64(v.Uint()))
	case v.CanFloat():
		return l.count(name, v.Float())
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return l.long(name, base64.StdEncoding.EncodedLen(v.Len())) // as it is sent
	case v.Kind() == reflect.Slice:
		return l.list(name, v, given)
	}
	return nil
}

func (l limit) list(name string, v reflect.Value, given bool) *fault.Error {
	switch n := float64(v.Len()); {
	case l.items.least != nil && n < *l.items.least:
		return Invalid(name, "min_items", "too few entries", fmt.Sprintf("give at least %g", *l.items.least))
	case l.items.most != nil && n > *l.items.most:
		return AtMost(name, v.Len(), int(*l.items.most))
	}
	for i := range v.Len() {
		if f := l.check(Index(name, i), v.Index(i), given); f != nil {
			return f
		}
	}
	return nil
}

func (l limit) text(name, text string) *fault.Error {
	if f := l.long(name, utf8.RuneCountInString(text)); f != nil {
		return f
	}
	if l.pattern != nil && !l.pattern.MatchString(text) {
		return Invalid(name, "pattern", "the text has another form", "write it as "+l.pattern.String())
	}
	return l.known(name, text)
}

func (l limit) long(name string, n int) *fault.Error {
	if !l.length.exclude(float64(n)) {
		return nil
	}
	if l.length.most != nil && float64(n) > *l.length.most {
		return Invalid(name, "max_length", "the text is too long", fmt.Sprintf("write at most %.f characters", *l.length.most))
	}
	return Invalid(name, "min_length", "the text is too short", fmt.Sprintf("write at least %.f characters", *l.length.least))
}

func (l limit) count(name string, n float64) *fault.Error {
	if l.number.exclude(n) {
		return Invalid(name, "range", "the number is out of range", "give one within the bounds that /api/docs names")
	}
	return l.known(name, n)
}

// known refuses what is none of the values of an enumeration.
func (l limit) known(name string, v any) *fault.Error {
	if l.values == nil || slices.Contains(l.values, v) {
		return nil
	}
	return Invalid(name, "enum", "the value is not one of those known", "use one of: "+strings.Join(names(l.values), ", "))
}
