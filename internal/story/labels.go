package story

import (
	"regexp"

	"koko/domain/file"
)

var indexes = regexp.MustCompile(`\[\d+\]`)

// Label is what the place at a path of a state is called; nothing if nobody reads it.
func Label(k file.Kind, path string) Words {
	path = indexes.ReplaceAllString(path, "")
	if f := fieldAt(vocabulary(k), path); f.As != file.AsHidden {
		return f.Label()
	}
	return Words{}
}

// Value writes what stands at a path of a state.
func Value(k file.Kind, path string, v any) Words {
	path = indexes.ReplaceAllString(path, "")
	in := vocabulary(k)
	if f := fieldAt(in, path); f.As != file.AsHidden && f.DE != "" {
		return write(in, f, v)
	}
	return Words{}
}

// Done tells of a decision without what it says.
func Done(k file.Kind, a file.Action) Words { return bare(vocabulary(k), a) }
