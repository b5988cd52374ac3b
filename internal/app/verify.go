package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"koko/internal/evidence/ledger"
	"koko/internal/evidence/verify"
)

// A Failure ends a process with a code of its own.
type Failure struct {
	Code int
	Err  error
}

// Error says what went wrong.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns what went wrong.
func (f *Failure) Unwrap() error { return f.Err }

// ExitCode is the code with which a process ends after err.
func ExitCode(err error) int {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f.Code
	}
	if err != nil {
		return 1
	}
	return 0
}

// How `koko verify` ends.
const (
	exitBroken   = 1
	exitUnread   = 2
	mostShown    = 200 // findings on the screen
	verifyManual = `Check a sealed case file: whether anything in it was changed since it was sealed. No server, no
network, no settings.

Without --keys the keys are believed that the file itself brings: then it is shown that the file
agrees with itself, not who made it. Get the keys of the instance from elsewhere, such as its
published keys, and keep them.

Ends with 0 if nothing is wrong (proven, or consistent without --keys), with 1 if something is, and
with 2 if file or keys cannot be read.`
)

type verifyFlags struct {
	keys, witnesses string
	cosignatures    int
	lang            string
	json            bool
}

// verifyCommand checks a sealed file.
func verifyCommand() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{Use: "verify FILE", Short: "Check a sealed case file, offline", Long: verifyManual, Args: cobra.ExactArgs(1)}
	c.Flags().StringVar(&f.keys, "keys", "", "file with the keys to believe, as the instance publishes them")
	c.Flags().StringVar(&f.witnesses, "witnesses", "", "file with the keys of the witnesses to believe, as they are published; those of --keys if left out")
	c.Flags().IntVar(&f.cosignatures, "cosignatures", 0, "how many witnesses must have cosigned")
	c.Flags().StringVar(&f.lang, "lang", "de", "language: de or en")
	c.Flags().BoolVar(&f.json, "json", false, "print the report as JSON")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if f.lang != "de" && f.lang != "en" {
			return &Failure{exitUnread, fmt.Errorf("--lang is de or en, not %q", f.lang)}
		}
		r, err := f.check(args[0])
		if err != nil {
			return &Failure{exitUnread, err}
		}
		if err := f.print(cmd.OutOrStdout(), r); err != nil {
			return err
		}
		if r.Verdict == verify.Broken {
			return &Failure{exitBroken, errors.New(wordsOfVerify[f.lang].broken)}
		}
		return nil
	}
	return c
}

func (f verifyFlags) check(name string) (*verify.Report, error) {
	var trust verify.Trust
	for n, path := range []string{f.keys, f.witnesses} {
		if path == "" {
			continue
		}
		published, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("keys: %w", err)
		}
		t, err := verify.ParseTrust(published)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if n == 0 {
			trust = t
		} else {
			trust.Witnesses = t.Witnesses
		}
	}
	if f.cosignatures > 0 && len(trust.Keys) == 0 {
		return nil, errors.New("--cosignatures needs --keys: witnesses that a file names itself prove nothing")
	}
	trust.Cosignatures = f.cosignatures
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", name)
	}
	if err != nil {
		return nil, err
	}
	return verify.Check(file, info.Size(), trust)
}

// verifyWords are what a report says in one language.
type verifyWords struct {
	verdicts                                           map[verify.Verdict]string
	file, sealed, log, cosigned, nobody                string
	counts, withheld, documents, damaged, told, broken string
	pending                                            string
	findings, more                                     string
}

var wordsOfVerify = map[string]verifyWords{
	"de": {
		verdicts: map[verify.Verdict]string{
			verify.Proven:     "BEWIESEN: Nichts wurde verändert, geprüft mit den Schlüsseln, die Sie angegeben haben.",
			verify.Consistent: "STIMMIG: Nichts wurde verändert, aber die Schlüssel stammen aus der Datei selbst. Wer sie gemacht hat, zeigt erst die Prüfung mit --keys.",
			verify.Broken:     "NICHT IN ORDNUNG: Die Datei ist nicht so, wie sie versiegelt wurde.",
		},
		file: "Akte: %s %s, für die Rolle %s", sealed: "Versiegelt: am %s von %s", log: "Protokoll: %d Einträge, unterschrieben am %s",
		cosigned: "Gegengezeichnet: am %s von %s", nobody: "Gegengezeichnet: von niemandem, dessen Schlüssel bekannt ist",
		counts: "Geprüft: %d Entscheidungen, %d Zugriffe", withheld: "Zurückgehalten: %d Entscheidungen, deren Inhalt die Empfänger:in nicht sehen darf; nur ihre Prüfsummen sind geprüft",
		documents: "Dokumente: %d mit Text, %d nicht offengelegt, %d gelöscht (mit Löschbeleg)", damaged: "Beschädigt: Dokument %.40s, das die Instanz selbst nicht mehr lesen konnte; nur seine Prüfsumme steht fest", told: "Geschichte: %d Sätze, nur durch die Unterschrift bezeugt",
		pending: "Davon warten: %d Einträge, die noch nicht im Protokoll stehen; bis dahin sind sie nur durch die Unterschrift bezeugt",
		broken:  "die Datei ist nicht in Ordnung", findings: "Befunde:", more: "und %d weitere",
	},
	"en": {
		verdicts: map[verify.Verdict]string{
			verify.Proven:     "PROVEN: nothing was changed, checked with the keys that you gave.",
			verify.Consistent: "CONSISTENT: nothing was changed, but the keys come from the file itself. Who made it shows only a check with --keys.",
			verify.Broken:     "BROKEN: the file is not as it was sealed.",
		},
		file: "File: %s %s, for the role %s", sealed: "Sealed: at %s by %s", log: "Log: %d entries, signed at %s",
		cosigned: "Cosigned: at %s by %s", nobody: "Cosigned: by nobody whose key is known",
		counts: "Checked: %d decisions, %d accesses", withheld: "Withheld: %d decisions whose content the recipient may not see; only their hashes are checked",
		documents: "Documents: %d with text, %d not disclosed, %d erased (with a receipt)", damaged: "Damaged: document %.40s, which the instance itself could not read any more; only its digest stands", told: "History: %d tellings, attested by the signature alone",
		pending: "Of these wait: %d entries that are not in the log yet; until then the signature alone attests them",
		broken:  "the file is not in order", findings: "Findings:", more: "and %d more",
	},
}

func (f verifyFlags) print(w io.Writer, r *verify.Report) error {
	if f.json {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	say, m, n := wordsOfVerify[f.lang], r.Manifest, r.Counts
	lines := []string{say.verdicts[r.Verdict]}
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if m.ID != "" {
		add(say.file, m.Kind, m.ID, m.Role)
		add(say.sealed, moment(m.ExportedAt), m.Origin)
		add(say.log, r.Checkpoint.Size, moment(r.Checkpoint.Time))
		cosignatures(add, say, r.Cosignatures)
		add(say.counts, n.Audit, n.Access)
		if n.Withheld > 0 {
			add(say.withheld, n.Withheld)
		}
		if n.Pending > 0 {
			add(say.pending, n.Pending)
		}
		add(say.documents, n.Readable, n.NotDisclosed, n.Erased)
		for _, id := range r.Damaged {
			add(say.damaged, id)
		}
		if n.Told > 0 {
			add(say.told, n.Told)
		}
	}
	if len(r.Findings) > 0 {
		lines = append(lines, say.findings)
	}
	for i, x := range r.Findings {
		if i == mostShown {
			add("  "+say.more, len(r.Findings)-i+r.Omitted)
			break
		}
		lines = append(lines, "  - "+f.finding(x))
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, harmless(line)); err != nil {
			return err
		}
	}
	return nil
}

func cosignatures(add func(string, ...any), say verifyWords, all []ledger.Cosignature) {
	for _, c := range all {
		add(say.cosigned, moment(c.Time), c.Witness)
	}
	if len(all) == 0 {
		add(say.nobody)
	}
}

// finding is one finding in a line: where it is, what is wrong, and the detail.
func (f verifyFlags) finding(x verify.Finding) string {
	text := x.DE
	if f.lang == "en" {
		text = x.EN
	}
	where := x.Part
	if x.Where != "" {
		where += ", " + x.Where
	}
	if x.Detail != "" {
		text += " (" + x.Detail + ")"
	}
	return where + ": " + text
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// harmless keeps what a hostile file says from steering a terminal.
func harmless(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
