package sheet

import (
	"bytes"
	"encoding/csv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	utf "golang.org/x/text/encoding/unicode"
)

// longestRow is how many lines a row may span: enough for a heading with line breaks, little enough
// that a quote nobody closed swallows no other row.
const longestRow = 8

// decode returns the text of a file with \n between its lines.
func decode(raw []byte) (string, error) {
	if len(raw) > maxBytes {
		return "", errTooBig
	}
	// An older Excel saves CSV in the code page of Western Windows.
	var from encoding.Encoding = charmap.Windows1252
	switch {
	case bytes.HasPrefix(raw, []byte{0xFF, 0xFE}), bytes.HasPrefix(raw, []byte{0xFE, 0xFF}):
		from = utf.UTF16(utf.LittleEndian, utf.ExpectBOM)
	case utf8.Valid(raw):
		from = utf.UTF8BOM
	}
	text, err := from.NewDecoder().Bytes(raw)
	if err != nil || bytes.IndexByte(text, 0) >= 0 || bytes.HasPrefix(text, []byte("PK\x03\x04")) || bytes.HasPrefix(text, []byte("%PDF-")) {
		return "", errBinary
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return "", errEmpty
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text)), nil
}

// readRow returns the cells of the row that starts in the first of lines, and how many lines it spans.
// It has width cells, any number if width is 0, or none if it is broken: then it is one line.
func readRow(lines []string, comma rune, width int) (cells []string, n int) {
	for n := 1; n <= min(longestRow, len(lines)); n++ {
		cells, ok := split(strings.Join(lines[:n], "\n"), comma, width, false)
		if ok {
			return cells, n
		}
	}
	// Moodle's names may hold quotes that nobody doubled.
	cells, _ = split(lines[0], comma, width, true)
	return cells, 1
}

// split reads s as one row. Empty cells beyond width do not count: spreadsheets add them.
func split(s string, comma rune, width int, lazy bool) (cells []string, ok bool) {
	if strings.Contains(s, `"`) {
		r := csv.NewReader(strings.NewReader(s))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord = comma, lazy, -1
		all, err := r.ReadAll()
		if err != nil || len(all) != 1 {
			return nil, false
		}
		cells = all[0]
	} else {
		cells = strings.Split(s, string(comma))
	}
	for i := range cells {
		cells[i] = plain(cells[i])
	}
	if width == 0 {
		return cells, true
	}
	if strings.Join(cells, "") == "" {
		return make([]string, width), true
	}
	for len(cells) > width && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) != width {
		return nil, false
	}
	return cells, true
}

// plain undoes harmless and drops what does not show.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), r == '\uFEFF':
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if rest, ok := strings.CutPrefix(s, "'"); ok && startsFormula(rest) {
		return rest
	}
	return s
}
