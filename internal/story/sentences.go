package story

import (
	"regexp"
	"strconv"
	"strings"

	"koko/domain/process"
	"koko/domain/training"
)

// A telling is a sentence for an action, and when it fits: conditions joined by " & ", each a path
// that must be there, !path that must not, or path=value; was:path looks at the state before. In its
// words, {path} stands for the value there. list.+ is the element that a list has gained or changed.
type telling struct {
	when   string
	de, en string
}

// sentence is the first telling of the action that fits.
func sentence(s Step, before, after map[string]any, ts []Term) Words {
	if s.Action == training.ActionDeadlinePassed && len(ts) > 0 {
		return deadlines[ts[0].Kind].passed
	}
	for _, t := range tellings[s.Kind][s.Action] {
		if !fits(t.when, before, after) {
			continue
		}
		if w, complete := fill(s.Kind, Words{t.de, t.en}, before, after); complete {
			return w
		}
	}
	return bare(s.Kind, s.Action)
}

// bare is what an action is called when nothing of the state may be said.
func bare(k process.Kind, a process.Action) Words {
	all := tellings[k][a]
	if len(all) == 0 {
		return Words{}
	}
	last := all[len(all)-1]
	return Words{last.de, last.en}
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
		return write("", field{}, v).EN
	}
}

var placeholder = regexp.MustCompile(`\{[^}]+\}`)

// fill puts values into the words; complete reports whether each had one.
func fill(k process.Kind, w Words, before, after map[string]any) (filled Words, complete bool) {
	return fillWith(w, func(path string) Words {
		f := fieldAt(k, strings.TrimPrefix(strings.ReplaceAll(path, ".+.", "."), "was:"))
		return write(k, f, at(path, before, after))
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
	return Words{one(w.DE, German), one(w.EN, English)}, complete
}
