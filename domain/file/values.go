package file

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"koko/domain/fault"
)

// An Enumeration is a type with a few values, which it lists itself: whatever checks one, describes the API or
// puts values into words asks the type, and nothing repeats them.
type Enumeration[T any] interface {
	comparable
	// Values lists the values in the order in which people choose from them.
	Values() []T
}

// Values lists the values of T.
func Values[T Enumeration[T]]() []T {
	var none T
	return none.Values()
}

// ValuesOf lists the values of a type as plain strings and numbers; nil: it is no enumeration.
func ValuesOf(t reflect.Type) (plain []any) {
	if t == nil {
		return nil
	}
	m, ok := t.MethodByName("Values")
	if !ok || m.Type.NumIn() != 1 || m.Type.NumOut() != 1 || m.Type.Out(0) != reflect.SliceOf(t) {
		return nil
	}
	values := m.Func.Call([]reflect.Value{reflect.Zero(t)})[0]
	for i := range values.Len() {
		v := values.Index(i)
		if v.CanInt() {
			plain = append(plain, float64(v.Int())) // as a number of JSON is read
			continue
		}
		plain = append(plain, v.String())
	}
	return plain
}

// names are values as texts.
func names[T any](vs []T) (all []string) {
	for _, v := range vs {
		all = append(all, fmt.Sprint(v))
	}
	return all
}

// OneOf refuses what is none of the values.
func OneOf[T Enumeration[T]](field string, v T) *fault.Error {
	all := v.Values()
	if slices.Contains(all, v) {
		return nil
	}
	return Invalid(field, "enum", "the value is not one of those known", "use one of: "+strings.Join(names(all), ", "))
}

// Optional accepts what is not given yet.
func Optional[T Enumeration[T]](field string, v T) *fault.Error {
	var none T
	if v == none {
		return nil
	}
	return OneOf(field, v)
}

// EachOf refuses unknown and repeated values.
func EachOf[T Enumeration[T]](field string, vs []T) *fault.Error {
	if f := AtMost(field, len(vs), len(Values[T]())); f != nil {
		return f
	}
	for i, v := range vs {
		if f := OneOf(Index(field, i), v); f != nil {
			return f
		}
		if slices.Contains(vs[:i], v) {
			return Invalid(Index(field, i), "unique", "the value stands twice", "name each value once")
		}
	}
	return nil
}
