package sheet_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"koko/internal/sheet"
)

func sample(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(raw)
}

func read(t *testing.T, text string) []sheet.Record {
	t.Helper()
	records, err := sheet.ReadRecords(strings.NewReader(text))
	require.NoError(t, err)
	return records
}

// The problems, shortened where they need not be repeated.
const (
	noPerson  = "the line has no id number"
	badStatus = "the status is none that Moodle or ILIAS write in German or English"
	failed    = "completed without the pass grade: decide by hand"
	badLine   = "the line does not have the columns of the header"
)

func TestTheExportsOfTheLearningPlatformsAreRead(t *testing.T) {
	for name, want := range map[string][]sheet.Record{
		"moodle-activity-en.csv": {
			{Line: 2, Person: "NRW-0017", Column: "Module 1: Recognising conflicts", Completed: true, Date: "2026-03-12"},
			{Line: 2, Person: "NRW-0017", Column: "Module 2: Mediation, basics", Completed: true, Date: "2026-04-02"},
			{Line: 2, Person: "NRW-0017", Column: "Final test", Completed: true, Date: "2026-05-04"},
			{Line: 3, Person: "NRW-0018", Column: "Module 1: Recognising conflicts", Completed: true, Date: "2026-03-13"},
			{Line: 3, Person: "NRW-0018", Column: "Module 2: Mediation, basics"},
			{Line: 3, Person: "NRW-0018", Column: "Final test", Problem: failed},
			{Line: 4, Problem: noPerson},
			{Line: 5, Person: "NRW-0020", Column: "Module 1: Recognising conflicts"},
			{Line: 5, Person: "NRW-0020", Column: "Module 2: Mediation, basics"},
			{Line: 5, Person: "NRW-0020", Column: "Final test", Problem: badStatus},
		},
		"moodle-course-de.csv": {
			{Line: 2, Person: "NRW-0017", Column: "Modul 1: Konflikte erkennen", Completed: true, Date: "2026-03-12"},
			{Line: 2, Person: "NRW-0017", Column: "Abschlusstest", Completed: true, Date: "2026-05-04"},
			{Line: 2, Person: "NRW-0017", Column: "Manueller eigener Abschluss", Completed: true, Date: "2026-05-04"},
			{Line: 2, Person: "NRW-0017", Column: "Kurs abschließen", Completed: true, Date: "2026-05-04"},
			{Line: 3, Person: "NRW-0018", Column: "Modul 1: Konflikte erkennen"},
			{Line: 3, Person: "NRW-0018", Column: "Abschlusstest", Problem: failed},
			{Line: 3, Person: "NRW-0018", Column: "Manueller eigener Abschluss"},
			{Line: 3, Person: "NRW-0018", Column: "Kurs abschließen"},
		},
		"ilias-course.csv": {
			{Line: 9, Person: "2026017", Column: "Grundkurs Konfliktmanagement", Completed: true, Date: "2026-03-12"},
			{Line: 10, Person: "2026018", Column: "Grundkurs Konfliktmanagement"},
			{Line: 11, Person: "2026019", Column: "Grundkurs Konfliktmanagement"},
			{Line: 12, Person: "2026020", Column: "Grundkurs Konfliktmanagement"},
		},
		"ilias-matrix.csv": {
			{Line: 5, Person: "2026017", Column: "(Lernmodul ILIAS) Konflikte erkennen", Completed: true},
			{Line: 5, Person: "2026017", Column: "(Test) Abschlusstest", Completed: true},
			{Line: 5, Person: "2026017", Column: "Grundkurs Konfliktmanagement", Completed: true, Date: "2026-03-12"},
			{Line: 6, Person: "2026018", Column: "(Lernmodul ILIAS) Konflikte erkennen"},
			{Line: 6, Person: "2026018", Column: "(Test) Abschlusstest"},
			{Line: 6, Person: "2026018", Column: "Grundkurs Konfliktmanagement"},
		},
		"template.csv": {
			{Line: 2, Person: "NRW-0017", Column: "Modul 1", Completed: true, Minutes: 90, Date: "2026-03-12"},
			{Line: 3, Person: "NRW-0017", Column: "Modul 1", Completed: true, Minutes: 90, Date: "2026-03-13"},
			{Line: 4, Person: "NRW-0018", Column: "Modul 1", Completed: true, Date: "2026-03-12"},
			{Line: 5, Person: "NRW-0018", Column: "Modul 2", Problem: "the minutes are not a whole number between 1 and 1440"},
			{Line: 6, Person: "NRW-0018", Column: "Modul 2", Minutes: 90, Problem: "day and month of the date cannot be told apart: export with the platform set to German"},
			{Line: 7, Person: "NRW-0018", Problem: "the line names no unit"},
			{Line: 8, Problem: "an e-mail address stands where the id number belongs"},
			{Line: 9, Problem: "what stands where the id number belongs is none: letters, digits and . _ / - with at least one digit"},
			{Line: 11, Person: "NRW-0017", Column: "Modul 1", Minutes: 90, Date: "2026-03-12", Problem: "line 2 says something of this person and activity already"},
			{Line: 12, Problem: badLine},
			{Line: 13, Problem: badLine},
			{Line: 14, Person: "NRW-0021", Column: "Modul 2", Completed: true, Minutes: 60},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := read(t, sample(t, name))
			require.Equal(t, want, got)
			require.NotRegexp(t, `(?i)berta|beispiel|cranz|dunkel|emil|theo|trainer|@`, fmt.Sprintf("%+v", got))
		})
	}
}

func TestEveryEncodingAndSeparatorSaysTheSame(t *testing.T) {
	text := sample(t, "ilias-course.csv")
	want := read(t, text)
	for name, e := range map[string]encoding.Encoding{
		"UTF-8 with BOM":    unicode.UTF8BOM,
		"UTF-16LE with BOM": unicode.UTF16(unicode.LittleEndian, unicode.UseBOM),
		"UTF-16BE with BOM": unicode.UTF16(unicode.BigEndian, unicode.UseBOM),
		"Windows-1252":      charmap.Windows1252,
	} {
		encoded, err := e.NewEncoder().String(text)
		require.NoError(t, err)
		require.NotEqual(t, text, encoded)
		require.Equal(t, want, read(t, encoded), name)
	}
	require.Equal(t, want, read(t, strings.ReplaceAll(text, ";", "\t")), "tabs")
	require.Equal(t, want, read(t, strings.ReplaceAll(text, ";", ",")), "commas")
	require.Equal(t, want, read(t, strings.ReplaceAll(text, "\n", "\r\n")), "CRLF")
	require.Equal(t, want, read(t, strings.ReplaceAll(text, "\n", "\r")), "CR")
	moved := read(t, "sep=;\r\n"+text)
	require.Equal(t, want[0].Line+1, moved[0].Line, "Excel's separator line")
	require.Equal(t, want[0].Column, moved[0].Column)
}

func TestTheTemplateComesBackFromOurOwnCSV(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, sheet.WriteCSV(&out, sheet.Table{
		Columns: []string{"reference", "unit", "minutes", "date"},
		Rows:    [][]any{{"NRW-0017", "-Modul \"1\"; Teil A", 90, "2026-03-12"}, {"NRW-0018", "'s Hertogenbosch", 45, nil}},
	}))
	require.Equal(t, []sheet.Record{
		{Line: 2, Person: "NRW-0017", Column: "-Modul \"1\"; Teil A", Completed: true, Minutes: 90, Date: "2026-03-12"},
		{Line: 3, Person: "NRW-0018", Column: "'s Hertogenbosch", Completed: true, Minutes: 45},
	}, read(t, out.String()))
}

func TestABadLineHidesNoGoodOne(t *testing.T) {
	records := read(t, strings.Join([]string{
		`Name,ID number,Test,Quiz`,
		`"Berta Beispiel,NRW-1,Completed,Completed`,
		`Carl "der Große" Cranz,NRW-2,Completed,Completed`,
		"\"Dora\nDunkel\",NRW-3,Completed,Completed",
		`Emil Eck,NRW-4`,
		`Frieda Fink,NRW-5,Completed,Completed,extra`,
		`"Gerd "Gerdi" Gast",NRW-6,Completed,"Completed`,
		`"Hanna Hof","NRW-7","Completed","Completed"`,
		`,,,`,
		``,
		`Ida Igel,NRW-8,Completed,Completed,,,`,
	}, "\n"))
	good := map[string]int{}
	for _, r := range records {
		if r.Problem == "" {
			require.True(t, r.Completed)
			good[r.Person] = r.Line
		} else {
			require.Equal(t, badLine, r.Problem)
		}
	}
	require.Equal(t, map[string]int{"NRW-2": 3, "NRW-3": 4, "NRW-6": 8, "NRW-7": 9, "NRW-8": 12}, good)
	require.Len(t, records, 2*len(good)+3)
}

func TestWordsAndDatesAreReadOrRefusedButNeverGuessed(t *testing.T) {
	for cell, want := range map[string]sheet.Record{
		"Completed":                                  {Completed: true},
		"completed (achieved pass grade)":            {Completed: true},
		"Abgeschlossen (gesetzt von Theo (Trainer))": {Completed: true},
		"Nicht abgeschlossen (gesetzt von Theo)":     {},
		"Abgeschlossen (mit Erfolg)":                 {Completed: true},
		"Abgeschlossen (ohne Erfolg)":                {Problem: failed},
		"\u00a0 BESTANDEN ":                          {Completed: true},
		"":                                           {},
		"-":                                          {},
		"Terminé":                                    {Problem: badStatus},
		"Completed?":                                 {Problem: badStatus},
		"1":                                          {Problem: badStatus},
		"2026-03-12":                                 {Problem: badStatus},
		"Completed (by Theo)":                        {Problem: badStatus},
	} {
		want.Line, want.Person, want.Column = 2, "T1", "Test"
		require.Equal(t, []sheet.Record{want}, read(t, "Matrikelnummer;Test\nT1;"+cell), cell)
	}
	for cell, want := range map[string]string{
		"2026-03-12": "2026-03-12", "2026-3-2 08:00:00": "2026-03-02", "2026-03-12T08:00:00Z": "2026-03-12",
		"12.03.2026": "2026-03-12", "2.3.26": "2026-03-02", "12.03.26, 14:30": "2026-03-12", "12. 3. 2026": "2026-03-12",
		"12. Mär 2026, 14:30": "2026-03-12", "Donnerstag, 12. März 2026, 14:30": "2026-03-12", "12 May 2026": "2026-05-12", "1. Dez. 2026": "2026-12-01",
		"13/03/26, 14:30": "2026-03-13", "03/13/2026": "2026-03-13", "03/03/26": "2026-03-03", "": "",
	} {
		got := read(t, "reference;unit;minutes;date\nT1;Modul 1;90;"+cell)
		require.Equal(t, []sheet.Record{{Line: 2, Person: "T1", Column: "Modul 1", Minutes: 90, Completed: true, Date: want}}, got, cell)
	}
	for _, cell := range []string{"12/03/2026", "31.02.2026", "0.3.2026", "2026-13-01", "12.03.1980", "46110", "12. Foo 2026", "heute", "12.03.126"} {
		got := read(t, "reference;unit;minutes;date\nT1;Modul 1;90;"+cell)
		require.NotEmpty(t, got[0].Problem, cell)
		require.False(t, got[0].Completed)
		require.Empty(t, got[0].Date)
		require.NotContains(t, got[0].Problem, cell)
	}
}

func TestActivitiesOfOneNameCannotBeToldApart(t *testing.T) {
	records := read(t, "ID-Nummer,Test,,Test,,Quiz,\nT1,Completed,2026-03-12,Not completed,,Completed,2026-03-12")
	require.Len(t, records, 3)
	require.Contains(t, records[0].Problem, "several columns")
	require.Contains(t, records[1].Problem, "several columns")
	require.Equal(t, sheet.Record{Line: 2, Person: "T1", Column: "Quiz", Completed: true, Date: "2026-03-12"}, records[2])
}

func TestAnAddressInTheWrongPlaceStaysInTheFile(t *testing.T) {
	records := read(t, "reference;unit;minutes\nT1;berta@stadt.example;90")
	require.Equal(t, []sheet.Record{{Line: 2, Person: "T1", Problem: "the line names no unit"}}, records)
	records = read(t, "Name des Objekts;berta@stadt.example\nMatrikelnummer;Status;carl@stadt.example\nT1;Bestanden;Bestanden")
	require.Equal(t, []sheet.Record{{Line: 3, Person: "T1", Column: "Status", Completed: true}}, records)
}

func TestTheSurestHeadingNamesThePerson(t *testing.T) {
	records := read(t, "Matrikelnummer,ID number,Geburtsdatum,Test\nM1,T1,12.03.1980,Completed")
	require.Equal(t, []sheet.Record{{Line: 2, Person: "T1", Column: "Test", Completed: true}}, records)
}

func TestAFileThatIsNoneSaysWhatToDo(t *testing.T) {
	row := "NRW-0017,Completed\n"
	for name, c := range map[string]struct{ text, rule string }{
		"nothing":          {"", "empty"},
		"a BOM":            {"\uFEFF", "empty"},
		"blank lines":      {"\r\n \r\n", "empty"},
		"a header":         {"ID number,Test\n,\n", "empty"},
		"too many lines":   {"ID number,Test\n" + strings.Repeat("\n", 100_000), "too_many"},
		"a workbook":       {"PK\x03\x04 workbook", "binary"},
		"a PDF":            {"%PDF-1.7 x", "binary"},
		"NUL":              {"ID number,Test\nT1,\x00", "binary"},
		"names only":       {"Name,E-Mail,Test\nBerta Beispiel,berta@stadt.example,Completed", "no_person_column"},
		"logins only":      {"Login;(Test) Abschlusstest\nbbeispiel;Bestanden", "no_person_column"},
		"participants":     {"Vorname;Nachname;ID-Nummer\nBerta;Beispiel;T1", "no_activity_column"},
		"too many bytes":   {"ID number,Test\n" + strings.Repeat("x", 5<<20), "too_big"},
		"too many columns": {"ID number,Test" + strings.Repeat(",x", 999) + "\n", "too_wide"},
		"too many people":  {"ID number,Test\n" + strings.Repeat(row, 20_001), "too_many"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sheet.ReadRecords(strings.NewReader(c.text))
			var f *sheet.FileError
			require.ErrorAs(t, err, &f)
			require.Equal(t, c.rule, f.Rule)
			require.NotEmpty(t, f.Remedy)
			require.NotRegexp(t, `(?i)berta|beispiel|@`, fmt.Sprintf("%+v", *f))
		})
	}
	require.Len(t, read(t, "ID number,Test\n"+strings.Repeat(row, 20_000)), 20_000)
	gone := errors.New("connection lost")
	_, err := sheet.ReadRecords(iotest.ErrReader(gone))
	require.ErrorIs(t, err, gone)
}

func FuzzReadRecords(f *testing.F) {
	for _, name := range []string{"moodle-activity-en.csv", "moodle-course-de.csv", "ilias-course.csv", "ilias-matrix.csv", "template.csv"} {
		f.Add([]byte(sample(f, name)))
	}
	f.Add([]byte("sep=;\n"))
	f.Add([]byte("\xff\xfeI\x00D\x00"))
	f.Add([]byte("ID number,a@b.c,\"x\ny\"\nT1,Completed,\"\n"))
	date := regexp.MustCompile(`^(20\d\d-\d\d-\d\d)?$`)
	f.Fuzz(func(t *testing.T, raw []byte) {
		records, err := sheet.ReadRecords(bytes.NewReader(raw))
		if err != nil {
			require.ErrorAs(t, err, new(*sheet.FileError))
			return
		}
		for _, r := range records {
			require.Positive(t, r.Line)
			require.Regexp(t, date, r.Date)
			require.NotRegexp(t, `\S@\S`, r.Person+" "+r.Column)
			require.True(t, r.Problem != "" || r.Person != "" && r.Column != "")
			require.False(t, r.Completed && r.Problem != "")
			require.True(t, r.Minutes >= 0 && r.Minutes <= 24*60)
		}
	})
}
