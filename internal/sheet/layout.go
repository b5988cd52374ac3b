package sheet

import (
	"cmp"
	"slices"
	"strings"
)

// headerWithin is how many lines the header may have above it. ILIAS writes about seven
// (ilLPTableBaseGUI.fillMetaCSV), among them the names of the owner and the exporter.
const headerWithin = 40

// A header is the line that names the columns, and how to read the file below it.
type header struct {
	lines   []string
	skipped int // lines before the first of lines
	comma   rune
	cells   []string
	next    int    // the line below it
	title   string // the object the lines above speak of, "" if none do
}

// findHeader returns the first line with a column of id numbers, with whatever separator shows the
// most columns.
func findHeader(lines []string) (best header, found bool) {
	commas, skipped := []rune{';', ',', '\t'}, 0
	// Excel's own way to name the separator.
	if sep, ok := strings.CutPrefix(strings.ToLower(lines[0]), "sep="); ok && len(sep) == 1 {
		commas, lines, skipped = []rune(sep), lines[1:], 1
	}
	for _, comma := range commas {
		h := header{lines: lines, skipped: skipped, comma: comma}
		if h.find() && len(h.cells) > len(best.cells) {
			best, found = h, true
		}
	}
	return best, found
}

func (h *header) find() bool {
	for i := 0; i < min(len(h.lines), headerWithin); {
		cells, n := readRow(h.lines[i:], h.comma, 0)
		i += n
		if len(cells) >= 2 && slices.Contains(titles, fold(cells[0])) && !mail.MatchString(cells[1]) {
			h.title = cells[1]
		}
		if len(cells) >= 2 && personColumn(cells) >= 0 {
			h.cells, h.next = cells, i
			return true
		}
	}
	return false
}

// A layout says where in a line what stands; -1 is nowhere.
type layout struct {
	width, person       int
	unit, minutes, date int // of the template
	activities          []activity
}

// An activity is a column of a platform's export.
type activity struct {
	name      string
	at        int
	date      int  // the column that says when it was completed
	dated     bool // the column itself holds that date and no status
	ambiguous bool
}

func (h header) layout() layout {
	l := layout{
		width: len(h.cells), person: personColumn(h.cells),
		unit: column(h.cells, units), minutes: column(h.cells, minutes), date: column(h.cells, dates),
	}
	if l.unit >= 0 && l.minutes >= 0 {
		return l
	}
	l.unit = -1
	l.activities = h.activities()
	return l
}

// activities returns the columns of a platform's export that are no data about the person.
func (h header) activities() (all []activity) {
	// Only Moodle's course completion export has columns that hold a date instead of a status; elsewhere
	// such a column is a date of birth or the like.
	dated, changedAt := column(h.cells, courseComplete) >= 0, column(h.cells, changed)
	times := map[string]int{}
	for i := 0; i < len(h.cells); i++ {
		name := fold(h.cells[i])
		if name == "" || slices.Contains(personal, name) || slices.Contains(persons, name) || mail.MatchString(name) {
			continue
		}
		a := activity{name: h.cells[i], at: i, date: -1}
		switch {
		case slices.Contains(statuses, name):
			a.date, a.name = changedAt, cmp.Or(h.title, a.name)
		case h.dateRightOf(i, dated):
			i++
			a.date = i
		default:
			a.dated = dated
		}
		times[a.name]++
		all = append(all, a)
	}
	for i := range all {
		all[i].ambiguous = times[all[i].name] > 1
	}
	return all
}

// dateRightOf reports whether the column right of i says when the activity in i was completed: Moodle's
// activity completion report heads it with the date expected or nothing, its course completion report
// with the activity's name and a suffix.
func (h header) dateRightOf(i int, courseReport bool) bool {
	if i+1 >= len(h.cells) {
		return false
	}
	next := h.cells[i+1]
	if suffix, ok := strings.CutPrefix(next, h.cells[i]+" - "); ok {
		return courseReport || slices.Contains(completionDates, fold(suffix))
	}
	date, problem := readDate(next)
	return next == "" || date != "" || problem == dateAmbiguous
}

// personColumn returns where the id numbers stand, the surest heading first, or -1. A login is none: it
// is mostly made of the name.
func personColumn(cells []string) int {
	best, at := len(persons), -1
	for i, s := range cells {
		if rank := slices.Index(persons, fold(s)); rank >= 0 && rank < best {
			best, at = rank, i
		}
	}
	return at
}

func column(cells, names []string) int {
	return slices.IndexFunc(cells, func(s string) bool { return slices.Contains(names, fold(s)) })
}

// fold makes what platforms and people spell differently equal.
func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// The headings, folded, as Moodle and ILIAS have them in German and English.
var (
	persons = []string{
		"reference", "referenz", "id number", "id-nummer", "idnumber", "matrikelnummer", "matriculation number", "personalnummer",
	}
	units   = []string{"unit", "einheit"}
	minutes = []string{"minutes", "minuten"}
	dates   = []string{"date", "datum"}

	titles          = []string{"name des objekts", "object name", "name of object", "name of the object"}
	statuses        = []string{"status", "lernfortschritt", "learning progress"}
	changed         = []string{"letzte statusänderung", "last status change", "status changed"}
	completionDates = []string{"completion date", "abschlussdatum", "datum des abschlusses"}
	courseComplete  = []string{"course complete", "kurs abschließen", "kurs abgeschlossen"}

	// personal are columns about the person or the object that say nothing of completion.
	personal = []string{
		"id", "name", "full name", "vollständiger name", "first name", "firstname", "vorname", "last name", "lastname", "surname", "nachname",
		"first name / last name", "vorname / nachname", "username", "anmeldename", "benutzername", "login", "user name",
		"email", "e-mail", "email address", "e-mail-adresse", "zweite e-mail", "second e-mail",
		"phone", "telefon", "mobile phone", "mobiltelefon", "telefon (mobil)", "telefon (privat)", "telefon (büro)", "fax",
		"department", "abteilung", "institution", "city/town", "city", "stadt", "ort", "wohnort", "country", "land",
		"street", "straße", "straße / nr.", "zip code", "postleitzahl", "plz", "title", "titel", "anrede", "salutation", "gender", "geschlecht",
		"geburtsdatum", "geburtstag", "birthday", "date of birth", "group", "gruppe", "groups", "gruppen", "rolle", "roles",
		"erster zugriff", "first access", "letzter zugriff", "last access", "zugriffe", "access number", "accesses", "zeit", "time", "time spent",
		"prozent", "percentage", "note", "mark", "grade", "kommentar", "comment", "sprache", "language",
		"registrierungsdatum", "erstellungsdatum", "create date", "letzte statusänderung", "last status change", "status changed",
		"aktionen", "actions",
	}
)
