// Package strict reads JSON that means one thing to everybody. encoding/json takes the last of two equal names where
// other programs take the first, and "Subject" for "subject": whoever checks a body and whoever reads it would see
// different ones.
package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Twice begins the text of the error of a name that stands twice; where follows.
const Twice = "the name stands twice: "

// longestPath bounds what an error tells of where a name stands.
const longestPath = 200

// Unmarshal reads one value into v. It refuses text that is not UTF-8, and an object that has a name twice, whatever
// the case of its letters. Whether the names are known is the schema's business, or that of Known.
func Unmarshal(data []byte, v any) error { return read(data, v, false) }

// Known is Unmarshal into structs whose names are small letters, digits and underscores; every other name is refused.
func Known(data []byte, v any) error { return read(data, v, true) }

func read(data []byte, v any, known bool) error {
	if !utf8.Valid(data) {
		return errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if known {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(v); err != nil { // nor is it nested more than 10,000 deep from here on
		return err
	}
	if len(bytes.TrimSpace(data[d.InputOffset():])) > 0 {
		return errors.New("more than one value")
	}
	w := walk{data: data, d: json.NewDecoder(bytes.NewReader(data)), plain: known}
	w.d.UseNumber()
	return w.value()
}

// A walk goes through JSON that is known to be valid.
type walk struct {
	data  []byte
	d     *json.Decoder
	plain bool // whether names have to be plain, and written without escapes
	at    []string
}

// value goes through the next value.
func (w *walk) value() error {
	t, err := w.d.Token()
	if err != nil {
		return err
	}
	switch t {
	case json.Delim('{'):
		err = w.object()
	case json.Delim('['):
		for i := 0; w.d.More() && err == nil; i++ {
			err = w.within("["+strconv.Itoa(i)+"]", w.value)
		}
	default:
		return nil
	}
	if err == nil {
		_, err = w.d.Token() // the end
	}
	return err
}

func (w *walk) object() error {
	seen := map[string]bool{}
	for w.d.More() {
		begin := w.d.InputOffset()
		t, err := w.d.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		escaped := bytes.ContainsRune(w.data[begin:w.d.InputOffset()], '\\')
		same := strings.ToLower(strings.ToUpper(name)) // as encoding/json folds the letters of our names
		err = w.within("."+name, func() error {
			switch {
			case seen[same]:
				return fmt.Errorf("%s%s", Twice, w.path())
			case w.plain && (escaped || !isPlain(name)):
				return fmt.Errorf("there is no such name: %s", w.path())
			}
			return w.value()
		})
		if err != nil {
			return err
		}
		seen[same] = true
	}
	return nil
}

// within does something at a place below.
func (w *walk) within(place string, do func() error) error {
	w.at = append(w.at, place)
	err := do()
	w.at = w.at[:len(w.at)-1]
	return err
}

// path is where the walk stands: actors[2].role.
func (w *walk) path() string {
	path := strings.TrimPrefix(strings.Join(w.at, ""), ".")
	if len(path) > longestPath {
		return strings.ToValidUTF8(path[len(path)-longestPath:], "")
	}
	return path
}

func isPlain(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' })
}
