package verify

import (
	"fmt"
	"html"
	"strings"
	"time"
)

// A History is what happened, in words, as the instance told it to the reader. It is attested by the
// signature over the manifest alone, not by the log.
type History struct {
	Entries   []Telling         `json:"entries"`
	Deadlines []DeadlineTelling `json:"deadlines,omitempty"`
}

// A DeadlineTelling is a deadline of the file as it stood at the end, and how it follows from its event.
type DeadlineTelling struct {
	Kind string    `json:"kind"`
	Due  time.Time `json:"due"`
	DE   Reckoning `json:"de"`
	EN   Reckoning `json:"en"`
}

// A Reckoning is a deadline in one language: what is expected, by when, and each step to that.
type Reckoning struct {
	What  string   `json:"what"`
	Due   string   `json:"due"`
	Steps []string `json:"steps"`
}

// A Telling is one thing that happened. Where the reader may not know more, it is only when, and a
// neutral label.
type Telling struct {
	At      time.Time       `json:"at"`
	Kind    string          `json:"kind"`
	Actor   string          `json:"actor,omitempty"`
	Action  string          `json:"action,omitempty"`
	Version int             `json:"version,omitempty"` // of the file
	DE      string          `json:"de"`
	EN      string          `json:"en"`
	Changes []TellingChange `json:"changes,omitempty"`
}

// A TellingChange is one thing that a decision changed.
type TellingChange struct {
	DE Difference `json:"de"`
	EN Difference `json:"en"`
}

// A Difference says what a place was and is.
type Difference struct {
	Label  string `json:"label"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// history checks what is told: that it can be read, and that it tells of no decision that is not here.
func (c *checker) history(last uint64) {
	_, told := c.parts[partHistory]
	if _, page := c.parts[partPage]; told != page {
		c.add(partHistory, "", RuleMissing, partHistory+", "+partPage)
	}
	var h History
	c.decode(partHistory, &h)
	for i, t := range h.Entries {
		where := fmt.Sprintf("telling %d", i+1)
		switch {
		case t.DE == "" || t.EN == "" || t.At.IsZero():
			c.add(partHistory, where, RuleSyntax, "")
		case (t.Kind == "decision" || t.Kind == "deadline") && (t.Version < 0 || uint64(t.Version) > last):
			c.add(partHistory, where, RuleSequence, fmt.Sprintf("%d > %d", t.Version, last))
		case i > 0 && t.At.Before(h.Entries[i-1].At):
			c.add(partHistory, where, RuleSequence, t.At.Format(time.RFC3339Nano))
		default:
			c.rep.Counts.Told++
		}
	}
	for i, d := range h.Deadlines {
		if d.Kind == "" || d.Due.IsZero() || len(d.DE.Steps) == 0 || len(d.DE.Steps) != len(d.EN.Steps) {
			c.add(partHistory, fmt.Sprintf("deadline %d", i+1), RuleSyntax, "")
		}
	}
}

const pageHead = `<!doctype html>
<html lang="de">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>%s</title>
<style>
body{font:1rem/1.5 sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
td,th{vertical-align:top;text-align:left;padding:.4rem .8rem .4rem 0;border-top:1px solid #bbb}
table{border-collapse:collapse}
small{color:#444}
</style>
<h1>%[1]s</h1>
<p>Was geschehen ist, in Worten, wie es dem Empfänger gezeigt wird.
Diese Seite ist durch die Unterschrift der ausstellenden Instanz bezeugt, nicht durch das Protokoll: Beweis sind die Einträge.
Zeiten sind UTC.</p>
<p lang="en">What happened, in words, as it is shown to the recipient.
This page is attested by the signature of the instance that exported it, not by the log: the entries are the evidence.
Times are UTC.</p>
<table>
<tr><th>Zeit<th>Deutsch<th lang="en">English
`

// page is h for people.
func (h History) page(title string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, pageHead, html.EscapeString(title))
	for _, t := range h.Entries {
		fmt.Fprintf(&b, "<tr><td>%s<br><small>%s</small>", t.At.UTC().Format("2006-01-02 15:04:05"), html.EscapeString(t.Actor))
		fmt.Fprintf(&b, "<td>%s", html.EscapeString(t.DE))
		for _, c := range t.Changes {
			c.DE.write(&b)
		}
		fmt.Fprintf(&b, "<td lang=\"en\">%s", html.EscapeString(t.EN))
		for _, c := range t.Changes {
			c.EN.write(&b)
		}
		b.WriteByte('\n')
	}
	b.WriteString("</table>\n")
	if len(h.Deadlines) > 0 {
		b.WriteString("<h2>Fristen <span lang=\"en\">/ Deadlines</span></h2>\n<table>\n<tr><th>Deutsch<th lang=\"en\">English\n")
		for _, d := range h.Deadlines {
			b.WriteString("<tr><td>")
			d.DE.write(&b)
			b.WriteString("<td lang=\"en\">")
			d.EN.write(&b)
			b.WriteByte('\n')
		}
		b.WriteString("</table>\n")
	}
	return []byte(b.String())
}

func (r Reckoning) write(b *strings.Builder) {
	fmt.Fprintf(b, "%s: %s", html.EscapeString(r.What), html.EscapeString(r.Due))
	for _, s := range r.Steps {
		fmt.Fprintf(b, "<br><small>%s</small>", html.EscapeString(s))
	}
}

func (d Difference) write(b *strings.Builder) {
	fmt.Fprintf(b, "<br><small>%s: ", html.EscapeString(d.Label))
	if d.Before != "" {
		fmt.Fprintf(b, "<del>%s</del> ", html.EscapeString(d.Before))
	}
	fmt.Fprintf(b, "%s</small>", html.EscapeString(d.After))
}
