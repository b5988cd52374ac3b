package certificate

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Transcript says how far somebody has come by a date. Texts without a type of their own are
// German and ready to print.
type Transcript struct {
	Holder     string
	Curriculum string
	Version    int
	AsOf       time.Time
	Units      []Unit
	Practice   []Practice
	Attempts   []Attempt
	Minutes    int      // attended in total
	Required   int      // minutes that the curriculum asks for; 0 if it asks for none
	Missing    []string // what is still to be done; empty if nothing
}

// A Unit is a part of the curriculum with the minutes attended of those it has.
type Unit struct {
	Title    string
	Dates    string // "3. und 4. März 2026"
	Attended int
	Minutes  int
	Status   string // "anerkannt"
}

// Practice is one piece of practical work: "Fallbegleitung", "bestätigt am 3. März 2026".
type Practice struct {
	Title  string
	Status string
}

// An Attempt is an assessment that was taken. Why it was not passed is nobody else's business.
type Attempt struct {
	Title  string
	Date   string
	Passed bool
}

// Transcript returns t as an A4 document in German. It proves nothing to others, and says so.
func (i *Issuer) Transcript(t Transcript) ([]byte, error) {
	t.Holder, t.Curriculum = line(t.Holder), line(t.Curriculum)
	if err := errors.Join(i.check(), t.check()); err != nil {
		return nil, err
	}
	as := date(t.AsOf)
	title := "Leistungsübersicht: " + strings.ReplaceAll(t.Holder, string(softHyphen), "")
	s := newSheet(i, title, "Leistungsübersicht · "+t.Holder+" · Stand "+as, t.AsOf)
	s.y += 12
	s.paragraph(left, width, "Leistungsübersicht", headline)
	s.y += 4
	s.paragraph(left, width, t.Holder, style{serifBold, 16, ink, 1.25})
	s.y += 4
	s.facts(left, 42, width, [][2]string{
		{"Stand", as},
		{"Regelwerk", Certificate{Curriculum: t.Curriculum, Version: t.Version}.rules()},
		{"Anwesenheit", t.hours()},
	}, body)
	s.units(t.Units)
	s.practice(t.Practice)
	s.attempts(t.Attempts)
	s.missing(t.Missing)
	return s.bytes([]string{
		"Diese Übersicht gibt den Stand vom " + as + " wieder.", "Sie ist weder Zertifikat noch Teilnahmebescheinigung.",
	}, "")
}

func (t Transcript) check() error {
	if t.AsOf.IsZero() || t.Version < 1 {
		return fmt.Errorf("%w: the transcript has no date or no rule version", ErrInvalid)
	}
	return lengths(length{"holder", t.Holder, 1, 200}, length{"curriculum", t.Curriculum, 1, 40})
}

func (t Transcript) hours() string {
	if t.Required == 0 {
		return duration(t.Minutes)
	}
	return duration(t.Minutes) + " von " + duration(t.Required)
}

func (s *sheet) units(units []Unit) {
	var rows [][]string
	for _, u := range units {
		rows = append(rows, []string{u.Title, u.Dates, clock(u.Attended) + " von " + clock(u.Minutes) + " Std.", u.Status})
	}
	s.table("Einheiten", []column{{"Einheit", 56}, {"Termine", 38}, {"Anwesend", 38}, {"Stand", 28}}, rows, "Noch keine Einheit begonnen.")
}

func (s *sheet) practice(list []Practice) {
	var rows [][]string
	for _, p := range list {
		rows = append(rows, []string{p.Title, p.Status})
	}
	s.table("Praxis", []column{{"Leistung", 94}, {"Stand", 66}}, rows, "Noch keine Praxis nachgewiesen.")
}

func (s *sheet) attempts(list []Attempt) {
	var rows [][]string
	for _, a := range list {
		result := "nicht bestanden"
		if a.Passed {
			result = "bestanden"
		}
		rows = append(rows, []string{a.Title, a.Date, result})
	}
	s.table("Prüfungen", []column{{"Prüfung", 94}, {"Datum", 38}, {"Ergebnis", 28}}, rows, "Noch keine Prüfung abgelegt.")
}

func (s *sheet) missing(list []string) {
	s.section("Was noch fehlt", 2*body.height())
	if list = lines(list); len(list) == 0 {
		s.paragraph(left, width, "Nichts: Nach diesem Stand sind alle Voraussetzungen erfüllt.", body)
		return
	}
	s.bullets(left, width, list, body)
}

// A column of a table has a heading and a width in millimetres.
type column struct {
	heading string
	width   float64
}

const columnGap = 4.0

// table writes rows under a heading, or what to say if there are none. The columns are named
// again on every page.
func (s *sheet) table(title string, columns []column, rows [][]string, none string) {
	s.section(title, 4*body.height())
	if len(rows) == 0 {
		s.paragraph(left, width, none, quiet)
		return
	}
	s.again = func() {
		x := left
		for _, c := range columns {
			s.put(x, s.y, c.heading, style{sansBold, 8.5, soft, 1.4})
			x += c.width
		}
		s.y += small.height() + 1
		s.rule(right, s.y, 0.4, deep)
		s.y += 1.6
	}
	s.again()
	for _, row := range rows {
		s.row(columns, row)
	}
	s.again = nil
}

// row writes cells side by side, together on a page if one can hold them.
func (s *sheet) row(columns []column, row []string) {
	cells, height := make([][]string, len(row)), 0
	for n, text := range row {
		cells[n] = s.wrap(line(text), body, columns[n].width-columnGap)
		height = max(height, len(cells[n]))
	}
	s.room(min(float64(height)*body.height()+2, bottom-top-20))
	for k := range height {
		s.room(body.height())
		x := left
		for n, cell := range cells {
			if k < len(cell) {
				s.put(x, s.y, cell[k], body)
			}
			x += columns[n].width
		}
		s.y += body.height()
	}
	s.y += 1
	s.rule(right, s.y, 0.2, pale)
	s.y += 1.6
}
