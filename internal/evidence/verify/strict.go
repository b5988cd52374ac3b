package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// strict decodes JSON that means one thing to everybody: names known, none twice, UTF-8, one value. It
// is nested no deeper than into is.
func strict(data []byte, into any) error {
	if !utf8.Valid(data) {
		return errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if len(bytes.TrimSpace(data[d.InputOffset():])) > 0 {
		return errors.New("more than one value")
	}
	return unambiguous(data)
}

// unambiguous looks at the names in JSON that is known to be valid: of two equal names the decoder
// takes the last, other programs the first, and it takes "Hash" and "h\u0061sh" for "hash".
func unambiguous(data []byte) error {
	var open []map[string]bool // the names of each open object; nil for a list
	name := false              // whether a string is a name
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			open = append(open, nil)
			if name = data[i] == '{'; name {
				open[len(open)-1] = map[string]bool{}
			}
		case '}', ']':
			open = open[:len(open)-1]
		case ',':
			name = open[len(open)-1] != nil
		case ':':
			name = false
		case '"':
			text := inQuotes(data[i+1:])
			i += len(text) + 1
			if name {
				if seen := open[len(open)-1]; seen[string(text)] || !isPlain(text) {
					return fmt.Errorf("name %.50q twice or in another spelling", text)
				}
				open[len(open)-1][string(text)] = true
			}
		}
	}
	return nil
}

// inQuotes returns the text before the closing quote.
func inQuotes(data []byte) []byte {
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return data[:i]
		}
	}
	return data
}

func isPlain(name []byte) bool {
	return !bytes.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' })
}
