package story

import (
	"regexp"

	"koko/domain/process"
)

var indexes = regexp.MustCompile(`\[\d+\]`)

// Label is what the place at a path of a state is called; nothing if nobody reads it.
func Label(k process.Kind, path string) Words {
	path = indexes.ReplaceAllString(path, "")
	for _, f := range fields[k] {
		if f.path == path && f.as != hidden {
			return Words{f.de, f.en}
		}
	}
	return Words{}
}

// Value writes what stands at a path of a state.
func Value(k process.Kind, path string, v any) Words {
	path = indexes.ReplaceAllString(path, "")
	for _, f := range fields[k] {
		if f.path == path && f.as != hidden {
			return write(k, f, v)
		}
	}
	return Words{}
}

// Done tells of a decision without what it says.
func Done(k process.Kind, a process.Action) Words { return bare(k, a) }
