package story

import (
	"strconv"

	"koko/domain/calendar"
	"koko/domain/file"
)

// A DeadlineTold is a deadline in words, with how it follows from its event.
type DeadlineTold struct {
	What    Words
	Due     Words // the day and, unless it is the end of the day, the time
	Because []Words
}

// Deadline tells of a deadline of a file of a kind.
func Deadline(k file.About, d file.Deadline, because []calendar.Step) DeadlineTold {
	return DeadlineTold{k.Vocabulary.Deadlines[d.Kind].What, Due(calendar.Limit{Due: d.Due, Because: because}), Because(d.Rule, because)}
}

// weekdays are the short names of the days of the week, from Sunday on.
var weekdays = []Words{
	both("So", "Sun"), both("Mo", "Mon"), both("Di", "Tue"), both("Mi", "Wed"), both("Do", "Thu"), both("Fr", "Fri"), both("Sa", "Sat"),
}

// Due is when a limit ends.
func Due(l calendar.Limit) Words {
	t := l.Due.In(calendar.Berlin)
	d := join(" ", weekdays[t.Weekday()], day(t))
	if t.Equal(calendar.DayOf(t).Ends()) {
		return both(d.DE+", 24:00 Uhr", d.EN+", 24:00")
	}
	return both(d.DE+", "+t.Format("15:04")+" Uhr", d.EN+", "+t.Format("15:04"))
}

// ruleWords say how a limit is counted: once, and after the number of more.
var ruleWords = map[calendar.RuleKind]struct{ one, many Words }{
	calendar.LegalDays: {
		both("ein Tag (§§ 187, 188, 193 BGB)", "one day (§§ 187, 188, 193 BGB)"),
		both(" Tage (§§ 187, 188, 193 BGB)", " days (§§ 187, 188, 193 BGB)"),
	},
	calendar.LegalWeeks: {
		both("eine Woche (§§ 187, 188, 193 BGB)", "one week (§§ 187, 188, 193 BGB)"),
		both(" Wochen (§§ 187, 188, 193 BGB)", " weeks (§§ 187, 188, 193 BGB)"),
	},
	calendar.LegalMonths: {
		both("ein Monat (§§ 187, 188, 193 BGB)", "one month (§§ 187, 188, 193 BGB)"),
		both(" Monate (§§ 187, 188, 193 BGB)", " months (§§ 187, 188, 193 BGB)"),
	},
	calendar.EUMonths: {
		both("ein Monat (VO 1182/71)", "one month (Regulation 1182/71)"),
		both(" Monate (VO 1182/71)", " months (Regulation 1182/71)"),
	},
	calendar.Working: {both("ein Arbeitstag", "one working day"), both(" Arbeitstage", " working days")},
	calendar.Elapsed: {both("eine Minute", "one minute"), both(" Minuten", " minutes")},
	calendar.Fixed: {
		both("ein Tag nach dem Termin", "one day after the date"),
		both(" Tage nach dem Termin", " days after the date"),
	},
}

// Counting says how a limit is counted.
func Counting(r calendar.Rule) Words {
	w := ruleWords[r.Kind]
	switch {
	case r.Kind == calendar.Fixed && r.N == 0:
		return both("fester Termin", "fixed date")
	case r.Kind == calendar.Elapsed && r.N%60 == 0 && r.N > 60:
		return both(strconv.Itoa(r.N/60)+" Stunden", strconv.Itoa(r.N/60)+" hours")
	case r.Kind == calendar.Fixed && r.N == -1:
		return both("ein Tag vor dem Termin", "one day before the date")
	case r.Kind == calendar.Fixed && r.N < 0:
		return both(strconv.Itoa(-r.N)+" Tage vor dem Termin", strconv.Itoa(-r.N)+" days before the date")
	case r.N == 1:
		return w.one
	}
	return both(strconv.Itoa(r.N)+w.many.DE, strconv.Itoa(r.N)+w.many.EN)
}

// Because says in words how a limit follows from its event, a line for each step, the first one with the rule.
func Because(r calendar.Rule, steps []calendar.Step) []Words {
	var lines []Words
	for _, s := range steps {
		d, err := calendar.ParseDay(s.On)
		if err != nil {
			continue // no step is written so
		}
		t := d.Begins().In(calendar.Berlin)
		on := join(" ", weekdays[t.Weekday()], day(t))
		says := reason(s)
		if s.Why == calendar.Event {
			says = join(": ", says, Counting(r))
		}
		lines = append(lines, join(": ", on, says))
	}
	return lines
}

func reason(s calendar.Step) Words {
	n := strconv.Itoa(s.N)
	switch s.Why {
	case calendar.Event:
		return both("Ereignis", "event")
	case calendar.OnSaturday:
		return both("Samstag, zählt nicht", "Saturday, does not count")
	case calendar.OnSunday:
		return both("Sonntag, zählt nicht", "Sunday, does not count")
	case calendar.OnHoliday:
		return both(s.Name+", zählt nicht", s.Name+" (holiday), does not count")
	case calendar.AtRest:
		return both("ruht, "+n+" Tage zählen nicht", "at rest, "+n+" days do not count")
	case calendar.Counted:
		return both(n+". Arbeitstag", "working day "+n)
	case calendar.MonthEnd:
		return both("letzter Tag des Monats, der keinen solchen Tag hat (§ 188 Abs. 3 BGB)", "last day of a month that has no such day (§ 188 (3) BGB)")
	case calendar.Ends:
		return both("Ende der Frist", "end of the limit")
	}
	return same(string(s.Why))
}
