// Package sheet writes tables for offices, as CSV and XLSX, and reads what learning platforms export
// about the progress of their participants.
package sheet

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// A Table is what is written: every row has one cell per column, of type string, int, float64,
// time.Time, bool or nil. A time is written as its own location shows it; a time at midnight is a
// date, the zero time an empty cell.
type Table struct {
	// Name is the name of the sheet, cut to what XLSX allows: 31 UTF-16 units, none of :\/?*[]
	Name    string
	Columns []string
	Rows    [][]any
}

// check returns why t cannot be written.
func (t Table) check() error {
	if len(t.Columns) == 0 {
		return fmt.Errorf("table %q has no columns", t.Name)
	}
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("row %d of table %q has %d cells for %d columns", i, t.Name, len(row), len(t.Columns))
		}
		for _, v := range row {
			switch v.(type) {
			case nil, string, int, float64, time.Time, bool:
			default:
				return fmt.Errorf("row %d of table %q holds a %T", i, t.Name, v)
			}
		}
	}
	return nil
}

// harmless returns s so that no spreadsheet takes it for a formula: an apostrophe stands before
// whatever could start one, behind spaces too.
// Source: OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection
func harmless(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if startsFormula(s) {
		return "'" + s
	}
	return s
}

// formulas are the characters that start a formula, the full-width ones in Asian editions.
const formulas = "=+-@\t\r\n＝＋－＠"

func startsFormula(s string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " \u00a0"))
	return strings.ContainsRune(formulas, first)
}

// yesNo is how both formats show a bool: offices read it, and no edition of a spreadsheet translates it.
func yesNo(b bool) string {
	if b {
		return "ja"
	}
	return "nein"
}

// format is the layout of t: a date if it is midnight.
func format(t time.Time, date, full string) string {
	if h, m, s := t.Clock(); h+m+s == 0 {
		return date
	}
	return full
}
