package story

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"koko/domain/file"
	"koko/kinds"
)

// Refused tells that somebody was refused something by a rule.
func Refused(k file.Kind, action, rule string) Words {
	a := file.Action(ofAnyDocument(action))
	try, ok := firstOf(a, vocabulary(k).Attempts, attempts)
	if !ok {
		try = both("das zu tun", "to do this")
	}
	why := Rule(k, rule)
	return both(
		"Der Versuch, "+try.DE+", wurde abgelehnt. "+why.DE,
		"An attempt "+try.EN+" was refused. "+why.EN,
	)
}

// Rule says what a rule of a refusal asks for.
func Rule(k file.Kind, name string) Words {
	if w, ok := firstOf(name, vocabulary(k).Rules, rules); ok {
		return w
	}
	return both("Eine Regel ließ es nicht zu.", "A rule did not allow it.")
}

// Read tells that somebody read something, and why, if a reason was given.
func Read(k file.Kind, action, reason string) Words {
	w, ok := firstOf(file.Action(action), vocabulary(k).Reads, reads)
	if !ok {
		w = both("Die Akte wurde gelesen.", "The file was read.")
	}
	if why := Reason(reason); why.DE != "" {
		return join(" ", w, both("Zugriffsgrund: "+why.DE+".", "Reason: "+why.EN+"."))
	}
	return w
}

// Reason is what a reason to read is called.
func Reason(name string) Words { return readingReasons[name] }

// Notified tells that n people were sent a notice.
func Notified(k file.Kind, notice string, n int) Words {
	w, ok := vocabulary(k).Notices[notice]
	if told, rung := rungOf(k, notice); rung {
		w, ok = told, true
	}
	if !ok {
		w = both("es gibt etwas Neues", "there is something new")
	}
	if n == 1 {
		return both("Eine Person wurde benachrichtigt: "+w.DE+".", "One person was told: "+w.EN+".")
	}
	return both(strconv.Itoa(n)+" Personen wurden benachrichtigt: "+w.DE+".", strconv.Itoa(n)+" people were told: "+w.EN+".")
}

// Told is what somebody is told who is notified; of a notice that nobody has words for, that there is something.
func Told(k file.Kind, notice string) Words {
	if w, ok := vocabulary(k).Told[notice]; ok {
		return w
	}
	if w, ok := rungOf(k, notice); ok {
		return both(upper(w.DE)+".", upper(w.EN)+".")
	}
	return both("Es gibt etwas Neues.", "There is something new.")
}

// rungWords say how far a deadline is that people are told of; the deadline itself follows.
var rungWords = map[file.Rung]Words{
	file.Reminder:     both("eine Frist läuft", "a deadline is running"),
	file.Eve:          both("morgen endet eine Frist", "a deadline ends tomorrow"),
	file.Overdue:      both("eine Frist ist verstrichen", "a deadline has passed"),
	file.ToDeputy:     both("eine Frist ist verstrichen, und niemand hat gehandelt; eine Vertretung wird gebraucht", "a deadline has passed and nobody has acted; somebody has to step in"),
	file.ToSupervisor: both("eine Frist ist seit Tagen überschritten", "a deadline passed days ago"),
}

// rungOf says what a notice about a deadline is about.
func rungOf(k file.Kind, notice string) (Words, bool) {
	rung, deadline, ok := file.RungOf(notice)
	if !ok {
		return Words{}, false
	}
	return join(": ", rungWords[rung], vocabulary(k).Deadlines[deadline].What), true
}

func upper(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

// Erased tells what became of the erasure of a document, and on which ground.
func Erased(action, reason string) Words {
	w := erasures[ofAnyDocument(action)]
	if why := erasureReasons[reason]; why.DE != "" {
		return join(" ", w, both("Grund: "+why.DE+".", "Ground: "+why.EN+"."))
	}
	return w
}

// Repaired tells what became of a repair.
func Repaired(action, outcome string) Words {
	if w, ok := unrepaired[outcome]; ok {
		return both("Eine Reparatur wurde versucht. "+w.DE, "A repair was tried. "+w.EN)
	}
	return repairs[action]
}

// Granted tells that a role was given or ended.
func Granted(action, role string) Words {
	w, of := grants[action], Role(role)
	if of.DE == "" {
		return both(w.DE+".", w.EN+".")
	}
	return both(w.DE+": "+of.DE+".", w.EN+": "+of.EN+".")
}

// Role is what a role is called.
func Role(name string) Words {
	for _, d := range kinds.All() {
		for _, r := range d.Roles {
			if r.Name == name {
				return r.Label
			}
		}
	}
	return roles[name]
}

// firstOf is what the first of the catalogues that knows a key says: the kind's own, then the house's.
func firstOf[K comparable](key K, catalogues ...map[K]Words) (w Words, ok bool) {
	for _, c := range catalogues {
		if w, ok = c[key]; ok {
			return w, true
		}
	}
	return Words{}, false
}

// ofAnyDocument is an act on an erasure, whether or not the document lies in a compartment of which
// nobody else learns.
func ofAnyDocument(action string) string {
	for _, d := range kinds.All() {
		for _, c := range d.Compartments {
			if c.Veiled {
				action = strings.Replace(action, "_"+string(c.Name)+"_erasure", "_erasure", 1)
			}
		}
	}
	return action
}
