package certificate

import (
	_ "embed"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/image/font/sfnt"
)

// A face is one of the fonts, by the name that it has within a document.
type face string

const (
	serif     face = "serif"
	serifBold face = "serif-semibold"
	sans      face = "sans"
	sansBold  face = "sans-semibold"
)

var (
	//go:embed fonts/SourceSerif4-Regular.ttf
	serifFile []byte
	//go:embed fonts/SourceSerif4-SemiBold.ttf
	serifBoldFile []byte
	//go:embed fonts/SourceSans3-Regular.ttf
	sansFile []byte
	//go:embed fonts/SourceSans3-SemiBold.ttf
	sansBoldFile []byte
)

var faces = []struct {
	face face
	file []byte
}{{serif, serifFile}, {serifBold, serifBoldFile}, {sans, sansFile}, {sansBold, sansBoldFile}}

var parsed = sync.OnceValue(func() map[face]*sfnt.Font {
	fonts := map[face]*sfnt.Font{}
	for _, f := range faces {
		font, err := sfnt.Parse(f.file)
		if err != nil {
			panic(fmt.Errorf("certificate: font %s: %w", f.face, err)) // it is linked in
		}
		fonts[f.face] = font
	}
	return fonts
})

// ErrGlyph says that a text has a letter which the fonts lack: they know the Latin alphabets of
// the world, Greek and Cyrillic. A document with holes is not rendered.
var ErrGlyph = errors.New("certificate: the fonts lack a letter")

// Printable returns [ErrGlyph] if s has a letter that no document can show.
func Printable(s string) error {
	for _, f := range faces {
		if err := f.face.has(line(s)); err != nil {
			return err
		}
	}
	return nil
}

func (f face) has(s string) error {
	var buffer sfnt.Buffer
	font := parsed()[f]
	for _, r := range s {
		if r == softHyphen {
			continue
		}
		// the PDF library knows the Basic Multilingual Plane only
		if n, err := font.GlyphIndex(&buffer, r); err != nil || n == 0 || r > 0xffff {
			return fmt.Errorf("%w: %U", ErrGlyph, r)
		}
	}
	return nil
}
