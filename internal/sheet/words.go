package sheet

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The status words, folded. Moodle: completion-y, -n, -pass and inprogress in lang/en and lang/de
// (completion.php), older and newer wording; ILIAS: trac_completed, trac_failed, trac_in_progress,
// trac_not_attempted, trac_not_completed in lang/ilias_de.lang and ilias_en.lang.
var (
	completed = []string{
		"completed", "complete", "passed", "done", "completed (achieved pass grade)",
		"abgeschlossen", "bestanden", "bearbeitet", "erledigt", "abgeschlossen (bestehensgrenze erreicht)", "abgeschlossen (mit erfolg)",
	}
	notCompleted = []string{
		"", "-", "not completed", "incomplete", "in progress", "not passed", "failed", "not attempted", "not started", "not yet started", "to do",
		"nicht abgeschlossen", "nicht bestanden", "nicht bearbeitet", "in bearbeitung", "noch nicht bearbeitet", "noch nicht begonnen",
		"nicht begonnen", "noch nicht abgeschlossen", "nicht erledigt", "zu erledigen", "unerledigt",
	}
	// failed is where Moodle calls an activity completed although its pass grade was missed.
	failed = []string{"completed (did not achieve pass grade)", "abgeschlossen (bestehensgrenze nicht erreicht)", "abgeschlossen (ohne erfolg)"}

	// setBy is what Moodle appends when a trainer overrode the status, with the trainer's name.
	setBy = regexp.MustCompile(`^(.*) \((?:set by|gesetzt von) .*\)$`)
)

// readStatus reads a status word; the problem says why it is neither completed nor not.
func readStatus(cell string) (done bool, problem string) {
	word := fold(cell)
	if m := setBy.FindStringSubmatch(word); m != nil {
		word = m[1]
	}
	switch {
	case slices.Contains(completed, word):
		return true, ""
	case slices.Contains(notCompleted, word):
		return false, ""
	case slices.Contains(failed, word):
		return false, "completed without the pass grade: decide by hand"
	}
	return false, "the status is none that Moodle or ILIAS write in German or English"
}

// Why a date cannot be read.
const (
	dateAmbiguous = "day and month of the date cannot be told apart: export with the platform set to German"
	dateUnknown   = "the date is none that can be read: write it as YYYY-MM-DD"
)

// The ways to write a date: ISO (Moodle's activity completion, %F %T), German (Moodle's short date),
// with a slash (Moodle's English short date, %d/%m/%y or %m/%d/%y), and with the month's name (ILIAS).
// A time may follow.
var (
	isoDate    = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T,].*)?$`)
	dottedDate = regexp.MustCompile(`^(\d{1,2})\. ?(\d{1,2})\. ?(\d{4}|\d{2})(?:[ ,].*)?$`)
	slashDate  = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?:[ ,].*)?$`)
	namedDate  = regexp.MustCompile(`^(?:\p{L}+, )?(\d{1,2})\.? (\p{L}{3})\p{L}*\.? (\d{4})(?:[ ,].*)?$`)
)

// months are the first three letters of German and English months, and of März in its short form.
var months = map[string]int{
	"jan": 1, "feb": 2, "mar": 3, "mär": 3, "mrz": 3, "apr": 4, "mai": 5, "may": 5, "jun": 6, "jul": 7,
	"aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "dez": 12, "dec": 12,
}

// readDate returns the date as YYYY-MM-DD, "" for an empty cell.
func readDate(cell string) (date, problem string) {
	if cell == "" || cell == "-" {
		return "", ""
	}
	if m := isoDate.FindStringSubmatch(cell); m != nil {
		return dateOf(m[1], number(m[2]), m[3])
	}
	if m := dottedDate.FindStringSubmatch(cell); m != nil {
		return dateOf(m[3], number(m[2]), m[1])
	}
	if m := namedDate.FindStringSubmatch(strings.ToLower(cell)); m != nil {
		return dateOf(m[3], months[m[2]], m[1])
	}
	m := slashDate.FindStringSubmatch(cell)
	switch {
	case m == nil:
		return "", dateUnknown
	case number(m[1]) > 12 || number(m[1]) == number(m[2]):
		return dateOf(m[3], number(m[2]), m[1])
	case number(m[2]) > 12:
		return dateOf(m[3], number(m[1]), m[2])
	}
	return "", dateAmbiguous
}

func dateOf(year string, month int, day string) (date, problem string) {
	y := number(year)
	if len(year) == 2 {
		y += 2000
	}
	t := time.Date(y, time.Month(month), number(day), 0, 0, 0, 0, time.UTC)
	if y < 2000 || y >= 2100 || int(t.Month()) != month || t.Day() != number(day) {
		return "", dateUnknown
	}
	return t.Format(time.DateOnly), ""
}

// number returns the value of digits.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
