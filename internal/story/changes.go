package story

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"koko/domain/file"
)

// A Change is one thing that a step left different. Of a list, Before has what it lost and After what
// it gained.
type Change struct {
	Path          string
	Label         Words
	Before, After Words
}

// changes walks both states in the order of the vocabulary.
func changes(v *file.Vocabulary, before, after map[string]any) []Change {
	var cs []Change
	for _, f := range v.Fields {
		if f.As == file.AsHidden || nested(v, f.Path) {
			continue
		}
		b, a := lookup(before, f.Path), lookup(after, f.Path)
		if reflect.DeepEqual(b, a) || len(before) == 0 && (f.Later || f.As == file.AsPhase) {
			continue
		}
		was, _ := b.([]any)
		is, _ := a.([]any)
		if was == nil && is == nil {
			cs = note(cs, v, f, b, a)
			continue
		}
		if i := revised(f, was, is); i >= 0 {
			cs = append(cs, within(v, f, i, was[i], is[i])...)
			continue
		}
		cs = note(cs, v, f, lost(was, is), lost(is, was))
	}
	return cs
}

// note adds a change, if it can be put into words.
func note(cs []Change, v *file.Vocabulary, f file.Field, before, after any) []Change {
	c := Change{f.Path, f.Label(), write(v, f, before), write(v, f, after)}
	if c.Before == c.After {
		return cs
	}
	return append(cs, c)
}

// revised is the one element of a list that changed in its place, or -1.
func revised(f file.Field, was, is []any) int {
	if f.As != file.AsList || len(was) != len(is) {
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
func within(v *file.Vocabulary, f file.Field, i int, before, after any) (cs []Change) {
	for _, part := range parts(v, f) {
		name := strings.TrimPrefix(part.Path, f.Path+".")
		b, a := lookup(before, name), lookup(after, name)
		was, _ := b.([]any)
		is, _ := a.([]any)
		if part.As == file.AsList {
			b, a = lost(was, is), lost(is, was)
		}
		for _, c := range note(nil, v, part, b, a) {
			c.Path = fmt.Sprintf("%s[%d].%s", f.Path, i, name)
			c.Label = both(fmt.Sprintf("%s (%d): %s", f.DE, i+1, part.DE), fmt.Sprintf("%s (%d): %s", f.EN, i+1, part.EN))
			cs = append(cs, c)
		}
	}
	return cs
}

// nested reports whether path lies within the elements of a list, which are written as a whole.
func nested(v *file.Vocabulary, path string) bool {
	return slices.ContainsFunc(v.Fields, func(f file.Field) bool { return f.As == file.AsList && strings.HasPrefix(path, f.Path+".") })
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

// differing is the first element of a list that before has not, as JSON says it.
func differing(before, after any) any {
	was, _ := before.([]any)
	is, _ := after.([]any)
	if gained, ok := lost(is, was).([]any); ok {
		return gained[0]
	}
	return nil
}
