package story

import (
	"regexp"
	"strconv"
	"strings"

	"koko/domain/file"
)

// sentence is the first telling of the action that fits.
func sentence(v *file.Vocabulary, a file.Action, before, after map[string]any, ts []Term) Words {
	if a == file.ActionDeadlinePassed && len(ts) > 0 {
		return v.Deadlines[ts[0].Kind].Passed
	}
	for _, t := range v.Tellings[a] {
		if !fits(t.When, before, after) {
			continue
		}
		if w, complete := fill(v, t.Label(), before, after); complete {
			return w
		}
	}
	return bare(v, a)
}

// bare is what an action is called when nothing of the state may be said.
func bare(v *file.Vocabulary, a file.Action) Words {
	if a == file.ActionDeadlinePassed {
		return deadlinePassed
	}
	all := v.Tellings[a]
	if len(all) == 0 {
		return Words{}
	}
	return all[len(all)-1].Label()
}

func fits(when string, before, after map[string]any) bool {
	if when == "" {
		return true
	}
	for c := range strings.SplitSeq(when, " & ") {
		c, negative := strings.CutPrefix(c, "!")
		path, want, compares := strings.Cut(c, "=")
		is := plain(at(path, before, after))
		if holds := compares && is == want || !compares && is != ""; holds == negative {
			return false
		}
	}
	return true
}

// at is the value that a path of a sentence means.
func at(path string, before, after map[string]any) any {
	if rest, was := strings.CutPrefix(path, "was:"); was {
		return lookup(before, rest)
	}
	if list, rest, gained := strings.Cut(path, ".+."); gained {
		return lookup(differing(lookup(before, list), lookup(after, list)), rest)
	}
	return lookup(after, path)
}

// plain is a value as conditions compare it.
func plain(v any) string {
	switch v := v.(type) {
	case map[string]any, []any:
		return "there"
	case bool:
		return strconv.FormatBool(v)
	default:
		return write(&file.Vocabulary{}, file.Field{}, v).EN
	}
}

var placeholder = regexp.MustCompile(`\{[^}]+\}`)

// fill puts values into the words; complete reports whether each had one.
func fill(v *file.Vocabulary, w Words, before, after map[string]any) (filled Words, complete bool) {
	return fillWith(w, func(path string) Words {
		f := fieldAt(v, strings.TrimPrefix(strings.ReplaceAll(path, ".+.", "."), "was:"))
		return write(v, f, at(path, before, after))
	})
}

func fillWith(w Words, value func(path string) Words) (filled Words, complete bool) {
	complete = true
	one := func(text string, l Lang) string {
		return placeholder.ReplaceAllStringFunc(text, func(p string) string {
			v := value(strings.Trim(p, "{}")).In(l)
			complete = complete && v != ""
			return v
		})
	}
	return both(one(w.DE, German), one(w.EN, English)), complete
}
