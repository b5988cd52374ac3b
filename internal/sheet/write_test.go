package sheet_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"koko/internal/sheet"
)

func hours(t *testing.T) sheet.Table {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return sheet.Table{
		Name:    "Nachweise 2026/27",
		Columns: []string{"Kennung", "Einheiten", "Anteil", "Abgeschlossen am", "Geändert", "Bestanden", "Bemerkung"},
		Rows: [][]any{
			{"T-001", 12, 0.75, time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), time.Date(2026, 7, 3, 14, 5, 0, 0, berlin), true, "Größe; \"gut\"\nzweite Zeile"},
			{"T-002", -3, math.Inf(1), time.Time{}, nil, false, ""},
		},
	}
}

func TestCSVOpensInAGermanExcel(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, sheet.WriteCSV(&out, hours(t)))
	require.Equal(t, "\uFEFF"+
		"Kennung;Einheiten;Anteil;Abgeschlossen am;Geändert;Bestanden;Bemerkung\r\n"+
		"T-001;12;0,75;2026-03-29;2026-07-03 14:05:00;ja;\"Größe; \"\"gut\"\"\r\nzweite Zeile\"\r\n"+
		"T-002;-3;;;;nein;\r\n", out.String())
}

func TestXLSXHasRealNumbersAndDatesUnderAHeaderThatStaysAndFilters(t *testing.T) {
	f := workbook(t, hours(t))
	require.Equal(t, []string{"Nachweise 2026 27"}, f.GetSheetList())
	s := f.GetSheetName(0)
	rows, err := f.GetRows(s)
	require.NoError(t, err)
	require.Equal(t, [][]string{
		hours(t).Columns,
		{"T-001", "12", "0.75", "2026-03-29", "2026-07-03 14:05", "ja", "Größe; \"gut\"\nzweite Zeile"},
		{"T-002", "-3", "", "", "", "nein"},
	}, rows)
	for cell, want := range map[string]string{"B2": "12", "C2": "0.75", "D2": "46110"} {
		raw, err := f.GetCellValue(s, cell, excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		require.Equal(t, want, raw, cell)
		kind, err := f.GetCellType(s, cell)
		require.NoError(t, err)
		require.NotContains(t, []excelize.CellType{excelize.CellTypeSharedString, excelize.CellTypeInlineString}, kind, cell)
	}
	panes, err := f.GetPanes(s)
	require.NoError(t, err)
	require.True(t, panes.Freeze)
	require.Equal(t, 1, panes.YSplit)
	style, err := f.GetCellStyle(s, "G1")
	require.NoError(t, err)
	head, err := f.GetStyle(style)
	require.NoError(t, err)
	require.True(t, head.Font.Bold)
	names := f.GetDefinedName()
	require.Len(t, names, 1)
	require.Contains(t, names[0].RefersTo, "$A$1:$G$3")
	width, err := f.GetColWidth(s, "D")
	require.NoError(t, err)
	require.InDelta(t, 18, width, 0.1)
}

func workbook(t *testing.T, table sheet.Table) *excelize.File {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, sheet.WriteXLSX(&out, table))
	f, err := excelize.OpenReader(&out)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

func TestNoTextActsAsAFormula(t *testing.T) {
	evil := []string{
		"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", "  =1", "\u00a0=1", "＝1", "＋1", "－1", "＠1",
		`=HYPERLINK("https://example.org";"x")`,
	}
	for _, s := range evil {
		table := sheet.Table{Columns: []string{s}, Rows: [][]any{{s}}}
		var out bytes.Buffer
		require.NoError(t, sheet.WriteCSV(&out, table))
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\uFEFF")))
		r.Comma = ';'
		rows, err := r.ReadAll()
		require.NoError(t, err)
		for _, row := range rows {
			require.True(t, strings.HasPrefix(row[0], "'"), "%q", row[0])
		}
		f := workbook(t, table)
		for _, cell := range []string{"A1", "A2"} {
			value, err := f.GetCellValue("Tabelle", cell)
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(value, "'"), "%q", value)
			formula, err := f.GetCellFormula("Tabelle", cell)
			require.NoError(t, err)
			require.Empty(t, formula)
		}
	}
	var out bytes.Buffer
	require.NoError(t, sheet.WriteCSV(&out, sheet.Table{Columns: []string{"a=b", "it's"}, Rows: [][]any{{"", "ü"}}}))
	require.NotContains(t, out.String(), ";'", "harmless text stays as it is")
}

func TestATableThatIsNoneIsRefused(t *testing.T) {
	for name, table := range map[string]sheet.Table{
		"no columns":    {},
		"a short row":   {Columns: []string{"a", "b"}, Rows: [][]any{{"x"}}},
		"a strange way": {Columns: []string{"a"}, Rows: [][]any{{[]byte("x")}}},
	} {
		require.Error(t, sheet.WriteCSV(&bytes.Buffer{}, table), name)
		require.Error(t, sheet.WriteXLSX(&bytes.Buffer{}, table), name)
	}
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestAWriterThatFailsIsReported(t *testing.T) {
	require.ErrorIs(t, sheet.WriteCSV(full{}, hours(t)), errFull)
	require.ErrorIs(t, sheet.WriteXLSX(full{}, hours(t)), errFull)
}

func TestAnyNameBecomesASheet(t *testing.T) {
	for name, want := range map[string]string{
		"":                            "Tabelle",
		"'[]'":                        "Tabelle",
		"'Fälle'":                     "Fälle",
		"a:b\\c/d?e*f[g]\x00h":        "a b c d e f g h",
		strings.Repeat("ü", 40):       strings.Repeat("ü", 31),
		strings.Repeat("🤝", 20):       strings.Repeat("🤝", 15),
		strings.Repeat("x", 30) + "'": strings.Repeat("x", 30),
	} {
		f := workbook(t, sheet.Table{Name: name, Columns: []string{"a"}})
		require.Equal(t, []string{want}, f.GetSheetList())
	}
}
