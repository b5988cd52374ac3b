package reconcile

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"koko/domain/file"
	"koko/internal/evidence/history"
	"koko/internal/story"
	"koko/kinds"
)

// Words say one thing in both languages.
type Words = story.Words

// The catalogue. %s is the subject of the difference.
var (
	partWords = map[Part]Words{
		Record: {DE: "Datensatz", EN: "record"}, Audit: {DE: "Protokoll", EN: "audit"}, History: {DE: "Geschichte", EN: "history"},
		Document: {DE: "Dokument", EN: "document"}, Log: {DE: "Merkle-Log", EN: "Merkle log"},
	}
	whatWords = map[What]Words{
		FieldDiffers:     {DE: "Im Datensatz steht etwas anderes, als entschieden wurde", EN: "The record says something else than was decided"},
		RecordMissing:    {DE: "Der Datensatz fehlt", EN: "The record is missing"},
		EntryMissing:     {DE: "Ein Eintrag des Protokolls fehlt", EN: "An entry of the audit is missing"},
		EntryDiffers:     {DE: "Ein Eintrag des Protokolls sagt etwas anderes als die Geschichte", EN: "An entry of the audit says something else than the history"},
		EntryUnsound:     {DE: "Die Prüfsumme eines Eintrags passt nicht zu dem, was er sagt", EN: "The hash of an entry does not fit what it says"},
		ChainBroken:      {DE: "Ein Eintrag schließt nicht an den Eintrag davor an", EN: "An entry does not follow the entry before"},
		LeafDiffers:      {DE: "Das Merkle-Log kennt einen Eintrag mit einer anderen Prüfsumme", EN: "The Merkle log knows an entry with another hash"},
		WorkflowMissing:  {DE: "Für die Akte läuft kein Prozess mehr", EN: "No workflow runs for the file any more"},
		WorkflowBehind:   {DE: "Der Prozess kennt nicht alles, was festgehalten ist", EN: "The workflow does not know all that is recorded"},
		HistoryShort:     {DE: "Die Geschichte reicht nicht bis zum Anfang zurück", EN: "The history does not go back to the beginning"},
		HistoryDamaged:   {DE: "Die Geschichte ist beschädigt", EN: "The history is damaged"},
		HistoryDiffers:   {DE: "Die Geschichte sagt etwas anderes als ein Eintrag, den das Merkle-Log belegt", EN: "The history says something else than an entry that the Merkle log proves"},
		NotDerived:       {DE: "Dieselben Regeln entscheiden heute anders, als festgehalten ist", EN: "The same rules do not decide what is recorded"},
		DocumentMissing:  {DE: "Ein Dokument fehlt, auf das sich eine Entscheidung stützt", EN: "A document is missing that a decision rests on"},
		DocumentDiffers:  {DE: "Ein Dokument ist nicht das, auf das sich die Entscheidung stützt", EN: "A document is not the one that the decision rests on"},
		DocumentUnlinked: {DE: "Ein Dokument ist seiner Entscheidung nicht zugeordnet", EN: "A document is not tied to its decision"},
		DocumentKeyless:  {DE: "Der Schlüssel eines Dokuments fehlt, ohne dass es gelöscht wurde", EN: "The key of a document is missing although it was not erased"},
		FileLost:         {DE: "Nur das Merkle-Log kennt die Akte noch", EN: "The Merkle log alone still knows the file"},
		SchemaDiffers:    {DE: "Das Schema der Datenbank ist nicht das, das KoKo angelegt hat", EN: "The schema of the database is not the one that KoKo made"},
		LogBroken:        {DE: "Eine Kette, die zu keiner Akte gehört, ist gebrochen", EN: "A chain that belongs to no file is broken"},
	}
	repairWords = map[Repair]Words{
		RestoreRecord:   {DE: "den Datensatz aus dem letzten Eintrag des Protokolls wiederherstellen", EN: "restore the record from the last entry of the audit"},
		RestoreEntry:    {DE: "den Eintrag aus der Geschichte wiederherstellen, sofern die Prüfsumme stimmt", EN: "restore the entry from the history, if the hash agrees"},
		CatchUp:         {DE: "den Prozess übernehmen lassen, was festgehalten ist", EN: "have the workflow adopt what is recorded"},
		RestartWorkflow: {DE: "den Prozess aus dem festgehaltenen Stand neu beginnen", EN: "begin the workflow anew from what is recorded"},
		NoRepair:        {DE: "aus einer Sicherung wiederherstellen; KoKo kann es nicht belegen", EN: "restore it from a backup; KoKo has no proof of what was there"},
	}
	flawWords = map[history.FlawKind]Words{
		history.NotBegun:   {DE: "ein Lauf beginnt nicht mit seinem Anfang", EN: "a run does not begin with its beginning"},
		history.Order:      {DE: "ein Ereignis fehlt oder steht an falscher Stelle", EN: "an event is missing or out of place"},
		history.Unreadable: {DE: "ein Ereignis ist nicht lesbar", EN: "an event cannot be read"},
		history.NotEnded:   {DE: "ein Lauf endet nicht mit dem, der auf ihn folgt", EN: "a run does not end with the one after it"},
		history.Lost:       {DE: "ein Lauf fehlt", EN: "a run is missing"},
		history.Carried:    {DE: "ein Lauf beginnt nicht mit dem Stand, der zuletzt entschieden war", EN: "a run does not begin with what was decided last"},
		history.Gap:        {DE: "eine Version fehlt", EN: "a version is missing"},
		history.Fork:       {DE: "zwei Entscheidungen haben dieselbe Version oder denselben Befehl", EN: "two decisions have one version or one command"},
		history.Asked:      {DE: "festgehalten ist etwas anderes, als verlangt wurde", EN: "what is recorded is not what was asked"},
		history.Answered:   {DE: "geantwortet wurde etwas anderes, als festgehalten ist", EN: "what was answered is not what is recorded"},
		history.Untimely:   {DE: "eine Entscheidung liegt nicht in der Zeit", EN: "a decision is out of time"},
	}
	fieldWords = map[string]Words{ // of rows and entries, whatever their kind
		"version": {DE: "Version", EN: "Version"}, "hash": {DE: "Prüfsumme", EN: "Hash"}, "prior_hash": {DE: "Prüfsumme des Eintrags davor", EN: "Hash of the entry before"},
		"due_at": {DE: "Nächste Frist", EN: "Next deadline"}, "ties": {DE: "Beteiligte", EN: "People tied to it"},
		"reference": {DE: "Aktenzeichen", EN: "File number"}, "places": {DE: "Kommunen, in denen sie liegt", EN: "Municipalities where it lies"},
		"over": {DE: "Abgeschlossen", EN: "Over"}, "once": {DE: "Schlüssel, den nur eine Akte hat", EN: "Key that one file has"},
		"facets": {DE: "Merkmale in Listen", EN: "Facts that lists show"}, "kind": {DE: "Art der Akte", EN: "Kind of file"},
		"id": {DE: "Kennung", EN: "Id"}, "veil": {DE: "Vertraulichkeit", EN: "Confidentiality"}, "confided": {DE: "Steht im inneren Protokoll", EN: "Stands in the inner log"}, "actor": {DE: "Wer entschieden hat", EN: "Who decided"}, "action": {DE: "Befehl", EN: "Command"},
		"at": {DE: "Zeitpunkt", EN: "Time"}, "digest": {DE: "Prüfsumme des Befehls", EN: "Digest of the command"}, "salt": {DE: "Zufallszahl des Eintrags", EN: "Random number of the entry"}, "command_id": {DE: "Kennung des Befehls", EN: "Id of the command"},
		"docs": {DE: "Dokumente", EN: "Documents"}, "opened": {DE: "Begonnen", EN: "Opened"}, "changed": {DE: "Zuletzt geändert", EN: "Last changed"},
		"ags": {DE: "Kommune", EN: "Municipality"}, "phase": {DE: "Phase", EN: "Phase"}, "state": {DE: "Stand", EN: "State"},
	}
	statusWords = map[string]Words{
		"open": {DE: "offen", EN: "open"}, "proposed": {DE: "Reparatur vorgeschlagen", EN: "repair proposed"}, "approved": {DE: "Reparatur freigegeben", EN: "repair approved"},
		"repaired": {DE: "repariert", EN: "repaired"}, "gone": {DE: "nicht mehr vorhanden", EN: "gone"}, "rejected": {DE: "Reparatur abgelehnt", EN: "repair rejected"},
	}
	outcomeWords = map[string]Words{
		Done:    {DE: "Die Abweichung ist behoben.", EN: "The difference is mended."},
		Refused: {DE: "Nichts wurde geschrieben: was geschrieben würde, ist nachweislich nicht das, was dort stand, oder es ist nicht belegt.", EN: "Nothing was written: what would be written is not what was there, or nothing proves it."},
		Failed:  {DE: "Die Abweichung besteht weiter.", EN: "The difference is still there."},
	}
)

// kindWords are what people call a file.
func kindWords(k file.Kind) Words {
	if d, ok := kinds.Of(k); ok {
		return Words{DE: d.Label.DE, EN: strings.ToUpper(d.Label.EN[:1]) + d.Label.EN[1:]}
	}
	return Words{DE: "Akte", EN: "File"}
}

// Told is a difference in one language.
type Told struct {
	File   string `json:"file" doc:"Which file"`
	Part   string `json:"part" doc:"Where it differs"`
	Says   string `json:"says" doc:"What is wrong"`
	Field  string `json:"field" doc:"Which field"`
	Is     string `json:"is" doc:"What stands there"`
	Ought  string `json:"ought" doc:"What ought to stand there"`
	Decide string `json:"decided" doc:"Who decided it, and when"`
	Since  string `json:"since" doc:"Since when it differs"`
	Repair string `json:"repair" doc:"What can be done about it"`
}

// A Span is when a difference was found, and when it was not there yet.
type Span struct {
	First, Last time.Time
	Clean       *time.Time
}

// Tell puts a difference into words.
func Tell(d Difference, s Span, l story.Lang) Told {
	name := d.FileID
	if d.Reference != "" {
		name = d.Reference + " (" + d.FileID + ")"
	}
	t := Told{
		File: strings.TrimSpace(kindWords(d.Kind).In(l) + " " + name), Part: partWords[d.Part].In(l), Says: whatWords[d.What].In(l),
		Repair: repairWords[d.Repair].In(l), Since: since(s, l),
	}
	if w, ok := flawWords[history.FlawKind(d.Field)]; ok && d.What == HistoryDamaged {
		t.Says += ": " + w.In(l)
	} else {
		t.Field = fieldName(d, l)
	}
	t.Says += "."
	if d.Field == VeiledField {
		return t
	}
	t.Is, t.Ought = value(d, d.Facts.Is, l), value(d, d.Facts.Ought, l)
	if d.Facts.By != "" {
		t.Decide = decidedBy(d, l)
	}
	return t
}

func decidedBy(d Difference, l story.Lang) string {
	by := d.Facts.By
	if by == file.System {
		by = Words{DE: "KoKo selbst", EN: "KoKo itself"}.In(l)
	}
	what := story.Done(d.Kind, d.Facts.Action)
	w := Words{DE: "Version %d, am %s von %s: %s", EN: "Version %d, on %s by %s: %s"}
	return fmt.Sprintf(w.In(l), d.Facts.Since, stamp(d.Facts.At, l), by, what.In(l))
}

func stamp(t time.Time, l story.Lang) string {
	if l == story.English {
		return t.UTC().Format("2006-01-02 15:04 UTC")
	}
	return t.UTC().Format("02.01.2006 15:04 UTC")
}

func since(s Span, l story.Lang) string {
	if s.First.IsZero() {
		return ""
	}
	if s.Clean == nil {
		return fmt.Sprintf(Words{DE: "gefunden am %s; davor nie abgeglichen", EN: "found on %s; never compared before"}.In(l), stamp(s.First, l))
	}
	return fmt.Sprintf(Words{DE: "zwischen %s (noch ohne Abweichung) und %s (gefunden)", EN: "between %s (still clean) and %s (found)"}.In(l), stamp(*s.Clean, l), stamp(s.First, l))
}

// fieldName returns what people call a field, with its place.
func fieldName(d Difference, l story.Lang) string {
	if d.Field == VeiledField {
		return Words{DE: "vertrauliche Angaben, die nur erfährt, wer sie lesen darf", EN: "something confidential, known to those alone who may read it"}.In(l)
	}
	path := place(d.Field)
	w := story.Label(d.Kind, path)
	if w.DE == "" {
		w = fieldWords[path]
	}
	if column, _, inside := strings.Cut(d.Field, "."); w.DE == "" && inside {
		w = fieldWords[column]
	}
	name := d.Field
	if w.DE != "" {
		name = w.In(l) + " (" + d.Field + ")"
	}
	if d.Version > 0 && d.Part != Record {
		at := fmt.Sprintf("Version %d", d.Version)
		if name == "" {
			return at
		}
		return at + ", " + name
	}
	return name
}

// place is where a state has what a field shows; lists call some of it as the state does.
func place(field string) string {
	return strings.TrimPrefix(strings.TrimPrefix(field, "state."), "facets.")
}

// longest is how much of a value is told.
const longest = 200

func value(d Difference, raw json.RawMessage, l story.Lang) string {
	if raw == nil {
		return ""
	}
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return ""
	}
	if _, text := v.(string); text {
		if w := story.Value(d.Kind, place(d.Field), v); w.DE != "" {
			return w.In(l)
		}
	}
	text := strings.Trim(string(raw), `"`)
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return text
}

// Text is all of it, line by line.
func (t Told) Text(l story.Lang) string {
	var b strings.Builder
	b.WriteString(t.File + ": " + t.Says + "\n")
	for _, line := range []struct {
		w     Words
		value string
	}{
		{Words{DE: "Teil", EN: "part"}, t.Part}, {Words{DE: "Feld", EN: "field"}, t.Field},
		{Words{DE: "dort steht", EN: "is"}, t.Is}, {Words{DE: "entschieden war", EN: "was decided"}, t.Ought},
		{Words{DE: "entschieden mit", EN: "decided with"}, t.Decide}, {Words{DE: "seit", EN: "since"}, t.Since}, {Words{DE: "Vorschlag", EN: "proposal"}, t.Repair},
	} {
		if line.value != "" {
			fmt.Fprintf(&b, "  %-16s %s\n", line.w.In(l)+":", line.value)
		}
	}
	return b.String()
}
