package sheet

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Widths of columns, in characters.
const (
	narrowest = 8
	widest    = 60
)

// WriteXLSX writes t as an Excel workbook of one sheet (ECMA-376): the header row is bold, stays in
// sight and filters; numbers and dates are such, not text. No text cell can act as a formula; one longer
// than Excel's 32,767 characters is cut.
func WriteXLSX(w io.Writer, t Table) (err error) {
	if err := t.check(); err != nil {
		return err
	}
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	b := &book{File: f, sheet: sheetName(t.Name)}
	if err := b.fill(t); err != nil {
		return fmt.Errorf("write table %q: %w", t.Name, err)
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write table %q: %w", t.Name, err)
	}
	return nil
}

// A book is a workbook being filled.
type book struct {
	*excelize.File
	sheet string
	date  int // the style of a date
	stamp int // the style of a date with a time
}

func (b *book) fill(t Table) error {
	if err := b.SetSheetName("Sheet1", b.sheet); err != nil {
		return fmt.Errorf("name the sheet: %w", err)
	}
	if err := b.styles(); err != nil {
		return err
	}
	widths := make([]int, len(t.Columns))
	for i, name := range t.Columns {
		if err := b.put(i, 1, name, widths); err != nil {
			return err
		}
	}
	for n, row := range t.Rows {
		for i, v := range row {
			if err := b.put(i, n+2, v, widths); err != nil {
				return err
			}
		}
	}
	return b.frame(widths, len(t.Rows)+1)
}

func (b *book) styles() (err error) {
	date, stamp := "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
	if b.date, err = b.NewStyle(&excelize.Style{CustomNumFmt: &date}); err != nil {
		return fmt.Errorf("style of dates: %w", err)
	}
	if b.stamp, err = b.NewStyle(&excelize.Style{CustomNumFmt: &stamp}); err != nil {
		return fmt.Errorf("style of times: %w", err)
	}
	return nil
}

// put writes v and widens its column. Column counts from 0, row from 1.
func (b *book) put(column, row int, v any, widths []int) error {
	cell, err := excelize.CoordinatesToCellName(column+1, row)
	if err != nil {
		return fmt.Errorf("cell in column %d, row %d: %w", column, row, err)
	}
	style := 0
	switch x := v.(type) {
	case nil:
		return nil
	case string:
		v = harmless(x)
	case bool:
		v = yesNo(x)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
	case time.Time:
		if x.IsZero() {
			return nil
		}
		// Excel knows no zones: what the clock shows is what it stores.
		_, offset := x.Zone()
		v, style = x.UTC().Add(time.Duration(offset)*time.Second), b.stamp
		if format(x, "date", "") == "date" {
			style = b.date
		}
	}
	widths[column] = max(widths[column], utf8.RuneCountInString(csvCell(v)))
	if err := b.SetCellValue(b.sheet, cell, v); err != nil {
		return fmt.Errorf("cell %s: %w", cell, err)
	}
	if style == 0 {
		return nil
	}
	if err := b.SetCellStyle(b.sheet, cell, cell, style); err != nil {
		return fmt.Errorf("style of cell %s: %w", cell, err)
	}
	return nil
}

// frame makes the header a header and sets the widths.
func (b *book) frame(widths []int, rows int) error {
	bold, err := b.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return fmt.Errorf("style of the header: %w", err)
	}
	last, err := excelize.ColumnNumberToName(len(widths))
	if err != nil {
		return fmt.Errorf("last column: %w", err)
	}
	for i, width := range widths {
		name, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
		// Two more for the filter's button.
		if err := b.SetColWidth(b.sheet, name, name, float64(min(max(width, narrowest), widest)+2)); err != nil {
			return fmt.Errorf("width of column %s: %w", name, err)
		}
	}
	freeze := &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	return errors.Join(
		b.SetCellStyle(b.sheet, "A1", last+"1", bold),
		b.SetPanes(b.sheet, freeze),
		b.AutoFilter(b.sheet, fmt.Sprintf("A1:%s%d", last, rows), nil))
}

// sheetName returns name as Excel allows it, "Tabelle" if nothing is left.
func sheetName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`:\/?*[]`, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = strings.Trim(strings.Join(strings.Fields(name), " "), "' ")
	// Excel counts UTF-16 units.
	for len(utf16.Encode([]rune(name))) > excelize.MaxSheetNameLength {
		_, last := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-last]
	}
	name = strings.Trim(name, "' ")
	if name == "" {
		return "Tabelle"
	}
	return name
}
