package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// bom tells Excel that a CSV file is UTF-8.
const bom = "\uFEFF"

// WriteCSV writes t as a German Excel opens it by double click: UTF-8 with byte order mark,
// semicolons, CRLF, decimal commas, ISO dates (RFC 4180 but for the semicolon).
// No text cell can act as a formula.
func WriteCSV(w io.Writer, t Table) error {
	if err := t.check(); err != nil {
		return err
	}
	if _, err := io.WriteString(w, bom); err != nil {
		return fmt.Errorf("write table %q: %w", t.Name, err)
	}
	c := csv.NewWriter(w)
	c.Comma, c.UseCRLF = ';', true
	head := make([]string, len(t.Columns))
	for i, name := range t.Columns {
		head[i] = harmless(name)
	}
	rows := [][]string{head}
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = csvCell(v)
		}
		rows = append(rows, cells)
	}
	if err := c.WriteAll(rows); err != nil {
		return fmt.Errorf("write table %q: %w", t.Name, err)
	}
	return nil
}

func csvCell(v any) string {
	switch v := v.(type) {
	case string:
		return harmless(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return ""
		}
		// A German Excel takes 1.5 for the first of May.
		return strings.Replace(strconv.FormatFloat(v, 'f', -1, 64), ".", ",", 1)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.Format(format(v, time.DateOnly, time.DateTime))
	case bool:
		return yesNo(v)
	}
	return ""
}
