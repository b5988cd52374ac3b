package historytest

import (
	"slices"
	"strings"

	"koko/domain/file"
	"koko/kinds"
)

// Telling are the words that would say what is done in files of a kind: its commands, phases, values, fields and
// deadlines, and who takes part.
func Telling(k *file.Definition) (words []string) {
	for _, c := range k.Commands() {
		words = append(words, string(c.Action))
	}
	v := k.Vocabulary
	for name := range v.Phases {
		words = append(words, name)
	}
	for _, set := range v.Values {
		for name := range set {
			words = append(words, name)
		}
	}
	for _, f := range v.Fields {
		words = append(words, f.Path[strings.LastIndex(f.Path, ".")+1:])
	}
	for name := range v.Deadlines {
		words = append(words, name)
	}
	for name := range v.Rules {
		words = append(words, name)
	}
	for _, s := range Way(k, "words").Steps {
		words = append(words, s.By)
	}
	words = append(words, "SaveTransition", "ReadTransitions", "deadline_passed", "catch_up", string(Town))
	slices.Sort(words)
	return slices.DeleteFunc(slices.Compact(words), func(w string) bool {
		_, kind := kinds.Of(file.Kind(w)) // the ids of workflows begin with these
		return len(w) < 4 || kind || w == file.System
	})
}
