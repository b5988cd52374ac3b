package reference

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// A row is a line of a file. Its methods check a column as they read it; the first thing wrong
// is kept in err, which all rows of a parse share, and what is read after that does not matter.
type row struct {
	file      string
	fictional bool
	cells     map[string]cell
	err       *error
}

type cell struct {
	text         string
	line, column int
}

// readSheet returns the rows of a file that has exactly these columns.
func readSheet(fsys fs.FS, file string, columns []string, failed *error) ([]row, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	defer func() { _ = f.Close() }()
	r := csv.NewReader(f)
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: header: %w", file, err)
	}
	if !slices.Equal(header, columns) {
		return nil, fmt.Errorf("%s:1:1: header %q: want %q", file, header, columns)
	}
	var rows []row
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err) // names line and column itself
		}
		cells := make(map[string]cell, len(record))
		for i, text := range record {
			line, column := r.FieldPos(i)
			cells[columns[i]] = cell{text, line, column}
		}
		rows = append(rows, row{file, strings.HasPrefix(file, "fictional_"), cells, failed})
	}
}

// refuse reports what is wrong with a column unless something was wrong before. The place is
// counted in bytes, as the compiler and the CSV reader count.
func (r row) refuse(column, format string, args ...any) {
	if *r.err != nil {
		return
	}
	c := r.cells[column]
	*r.err = fmt.Errorf("%s:%d:%d: %s %q: %s", r.file, c.line, c.column, column, c.text, fmt.Sprintf(format, args...))
}

func (r row) text(column string) string {
	s := r.cells[column].text
	if s == "" || s != strings.TrimSpace(s) {
		r.refuse(column, "want a text without space around it")
	}
	return s
}

func (r row) digits(column string, lengths ...int) string {
	s := r.text(column)
	if !slices.Contains(lengths, len(s)) || strings.Trim(s, "0123456789") != "" {
		r.refuse(column, "want digits, %v of them", lengths)
	}
	return s
}

// number reads a count as it was written: "+1" and "007" are signs of a damaged export.
func (r row) number(column string) int {
	s := r.text(column)
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || strconv.Itoa(n) != s {
		r.refuse(column, "want a number above zero")
	}
	return n
}

func (r row) oneOf(column string, values ...Kind) Kind {
	k := Kind(r.text(column))
	if !slices.Contains(values, k) {
		r.refuse(column, "want one of %q", values)
	}
	return k
}

// equal compares a column with what another file, or another column, says.
func (r row) equal(column, want string) {
	if r.text(column) != want {
		r.refuse(column, "want %q", want)
	}
}
