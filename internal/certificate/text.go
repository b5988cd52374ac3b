package certificate

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"koko/domain/calendar"
)

// softHyphen marks where a word may be broken.
const softHyphen = '\u00ad'

// line returns s as one line: composed letters (a font may lack the mark alone), single spaces,
// and nothing that cannot be seen but soft hyphens.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case r != softHyphen && unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, norm.NFC.String(s))
	return strings.Join(strings.Fields(s), " ")
}

// lines returns the lines of list that are not empty.
func lines(list []string) []string {
	var out []string
	for _, s := range list {
		if s = line(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// paragraphs returns the lines of a text that are not empty.
func paragraphs(text string) []string { return lines(strings.Split(text, "\n")) }

var months = [...]string{
	"Januar", "Februar", "März", "April", "Mai", "Juni",
	"Juli", "August", "September", "Oktober", "November", "Dezember",
}

// date returns the civil date in Germany: "3. März 2026".
func date(at time.Time) string {
	at = at.In(calendar.Berlin)
	return fmt.Sprintf("%d. %s %d", at.Day(), months[at.Month()-1], at.Year())
}

// duration returns minutes in hours of sixty minutes: "7 Std. 30 Min.".
func duration(minutes int) string {
	switch hours, rest := minutes/60, minutes%60; {
	case rest == 0:
		return fmt.Sprintf("%d Std.", hours)
	case hours == 0:
		return fmt.Sprintf("%d Min.", rest)
	default:
		return fmt.Sprintf("%d Std. %d Min.", hours, rest)
	}
}

// clock returns minutes as hours and minutes: "7:30".
func clock(minutes int) string { return fmt.Sprintf("%d:%02d", minutes/60, minutes%60) }

// count returns "1 Modul" or "12 Module".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
