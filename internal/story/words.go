package story

import (
	"strings"

	"koko/domain/file"
	"koko/kinds"
)

// Words say one thing in both languages; a Lang is one of them.
type (
	Words = file.Label
	Lang  = file.Lang
)

// The languages.
const (
	German  = file.German
	English = file.English
)

// about is what a kind says of itself: nothing, of one that is not in the list.
func about(k file.Kind) (a file.About) {
	if d, ok := kinds.Of(k); ok {
		a = d.About
	}
	if a.Vocabulary == nil {
		a.Vocabulary = &file.Vocabulary{}
	}
	return a
}

// vocabulary is what people call the parts of a kind.
func vocabulary(k file.Kind) *file.Vocabulary { return about(k).Vocabulary }

func both(de, en string) Words { return Words{DE: de, EN: en} }

// same is what both languages write alike.
func same(s string) Words { return both(s, s) }

// join strings words together; empty ones are left out.
func join(separator string, ws ...Words) Words {
	var de, en []string
	for _, w := range ws {
		if w.DE != "" {
			de, en = append(de, w.DE), append(en, w.EN)
		}
	}
	return both(strings.Join(de, separator), strings.Join(en, separator))
}

func each(vs []any, of func(any) Words) (ws []Words) {
	for _, v := range vs {
		ws = append(ws, of(v))
	}
	return ws
}
