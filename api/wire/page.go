package wire

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"koko/domain/strict"
)

// Page is one page of a list.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false" doc:"The entries of this page"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
}

// A Cursor is the place in a list after which its next page begins: the sort key of the last entry of a page. Each
// list says which of the parts it sorts by.
type Cursor struct {
	At     time.Time `json:"a,omitzero"`
	Number int64     `json:"n,omitempty"`
	Key    string    `json:"k,omitempty"` // a value to sort by, as PostgreSQL writes it
	ID     string    `json:"i,omitempty"`
	Until  time.Time `json:"u,omitzero"` // what came after the first page was read is not on the next ones
}

// Dated reports whether c can come from a list that is sorted by a time and an id.
func (c Cursor) Dated() bool {
	return c == Cursor{At: c.At, ID: c.ID} && Recordable(c.At) && IsUUID(c.ID)
}

// name is what ids, of people too, are made of.
var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:|-]{0,127}$`)

// Named reports whether c can come from a list that is sorted by ids.
func (c Cursor) Named() bool { return c == Cursor{ID: c.ID} && name.MatchString(c.ID) }

func (c Cursor) text() string {
	b, _ := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Continued is embedded in the input of lists with a page length of their own.
type Continued struct {
	Cursor string `query:"cursor" maxLength:"400" doc:"The next of the page before; send the same filters with it"`
}

// After reads the cursor of a page; possible reports whether the list can have given it. Without one, it
// returns first.
func (in Continued) After(first Cursor, possible func(Cursor) bool) (Cursor, error) {
	if in.Cursor == "" {
		return first, nil
	}
	var c Cursor
	b, err := base64.RawURLEncoding.DecodeString(in.Cursor)
	if err == nil {
		err = strict.Unmarshal(b, &c)
	}
	if err != nil || strings.Contains(c.Key+c.ID, "\x00") || !possible(c) { // the record keeps no NUL
		p := NewProblem("invalid", "the cursor is not one that a page gave").By("cursor", "send next of the page before as it was given, with the same sort")
		p.Field = "cursor"
		return c, p
	}
	return c, nil
}

// Paging is embedded in the input of lists.
type Paging struct {
	Continued
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Entries on a page at most"`
}

// Cut returns the rows of this page and the cursor of the next. If there is another page, rows holds one
// more than limit.
func Cut[R any](rows []R, limit int, key func(last R) Cursor) (page []R, next string) {
	if len(rows) <= limit {
		return rows, ""
	}
	return rows[:limit], key(rows[limit-1]).text()
}

// PageOf shows the rows of a page.
func PageOf[R, T any](rows []R, next string, show func(R) T) Page[T] {
	p := Page[T]{Items: make([]T, 0, len(rows)), Next: next}
	for _, r := range rows {
		p.Items = append(p.Items, show(r))
	}
	return p
}
