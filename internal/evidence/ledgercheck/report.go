package ledgercheck

import (
	"cmp"
	"fmt"
	"slices"
)

// A Rule is the rule that a finding violates.
type Rule string

// The rules, in the order in which findings are told.
const (
	Forged       Rule = "checkpoint_forged"
	Disagrees    Rule = "checkpoint_changed"
	Contradicts  Rule = "checkpoint_contradicts"
	Shorter      Rule = "log_shorter"
	Shrunk       Rule = "checkpoint_order"
	Cosigned     Rule = "cosignature"
	Gap          Rule = "leaf_missing"
	NodeChanged  Rule = "node_changed"
	NodeMissing  Rule = "node_missing"
	NodeBeyond   Rule = "node_beyond"
	Changed      Rule = "entry_changed"
	LeafDiffers  Rule = "leaf_differs"
	Missing      Rule = "entry_missing"
	Unlogged     Rule = "entry_unlogged"
	OtherLog     Rule = "log_other"
	Days         Rule = "day_order"
	Chain        Rule = "chain_broken"
	Cut          Rule = "cut"
	Altered      Rule = "row_altered"
	Untimely     Rule = "entry_time"
	Late         Rule = "entry_waits"
	Unsigned     Rule = "entry_unsigned"
	Content      Rule = "content"
	Schema       Rule = "schema"
	UnknownTable Rule = "table_unknown"
)

// words say what breaks a rule, in German and English.
var words = []struct {
	rule   Rule
	de, en string
}{
	{Forged, "Der Prüfpunkt ist gefälscht: Kein bekannter Schlüssel dieser Instanz hat ihn so unterschrieben.", "The checkpoint is forged: no known key of this instance signed it like this."},
	{Disagrees, "Was neben dem Prüfpunkt steht, ist nicht das, was unterschrieben wurde.", "What stands beside the checkpoint is not what was signed."},
	{Contradicts, "Das Protokoll widerspricht dem Prüfpunkt: Es wurde nach der Unterschrift umgeschrieben.", "The log contradicts the checkpoint: it was rewritten after it was signed."},
	{Shorter, "Das Protokoll ist kürzer, als der Prüfpunkt sagt: Einträge fehlen am Ende.", "The log is shorter than the checkpoint says: entries are missing at its end."},
	{Shrunk, "Der Prüfpunkt widerspricht einem früheren, nach dem das Protokoll schon länger war.", "The checkpoint contradicts an earlier one, after which the log was longer already."},
	{Cosigned, "Eine Mitzeichnung passt nicht zu dem Prüfpunkt.", "A cosignature does not fit the checkpoint."},
	{Gap, "Im Protokoll fehlt eine Nummer. Was danach kommt, lässt sich nicht nachrechnen.", "A number is missing in the log. What follows cannot be computed again."},
	{NodeChanged, "Der Knoten des Protokolls wurde geändert, oder ein Blatt unter ihm.", "The node of the log was changed, or a leaf below it."},
	{NodeMissing, "Der Knoten des Protokolls fehlt.", "The node of the log is missing."},
	{NodeBeyond, "Der Knoten liegt jenseits des Protokolls: Es wurde gekürzt.", "The node lies beyond the log: it was shortened."},
	{Changed, "Der Eintrag wurde geändert.", "The entry was changed."},
	{LeafDiffers, "Eintrag und Protokoll stimmen nicht überein: Eines von beiden wurde geändert.", "Entry and log do not agree: one of them was changed."},
	{Missing, "Der Eintrag fehlt: Er steht im Protokoll und wurde gelöscht.", "The entry is missing: it stands in the log and was deleted."},
	{Unlogged, "Der Eintrag steht nicht im Protokoll: Er wurde an KoKo vorbei eingefügt.", "The entry is not in the log: it was inserted past KoKo."},
	{OtherLog, "Der Eintrag steht im anderen Protokoll: Jemand hat geändert, ob er vertraulich ist.", "The entry stands in the other log: somebody changed whether it is confided."},
	{Days, "Das innere Protokoll wurde für diesen Tag nicht genau einmal und der Reihe nach festgehalten.", "The inner log was not committed to for this day exactly once and in order."},
	{Chain, "Die Kette ist hier gebrochen: Der Eintrag folgt nicht auf den davor.", "The chain is broken here: the entry does not follow the one before."},
	{Cut, "Die Kürzung des Zugriffsprotokolls ist nicht belegt.", "The cut of the access log is not evidenced."},
	{Altered, "Eine Zeile wurde so geändert, wie KoKo es nicht tut.", "A row was changed in a way in which KoKo does not change it."},
	{Untimely, "Der Eintrag nennt eine frühere Zeit als die, zu der er in das Protokoll kam: Er wurde zurückdatiert.", "The entry names an earlier time than the one at which it came into the log: it was dated back."},
	{Late, "Der Eintrag wartet auf seine Nummer, obwohl er längst eine haben müsste: Er wurde aus dem Protokoll genommen.", "The entry waits for its number although it ought to have one by now: it was taken out of the log."},
	{Unsigned, "Im Zugriffsprotokoll steht nicht, wer das getan hat: Es geschah an KoKo vorbei.", "The access log does not say who did this: it was done past KoKo."},
	{Content, "Der Inhalt ist nicht der, den der Eintrag belegt.", "The content is not the one that the entry vouches for."},
	{Schema, "Das Schema der Datenbank ist nicht das, das KoKo angelegt hat.", "The schema of the database is not the one that KoKo made."},
	{UnknownTable, "Das Blatt gehört zu keiner bekannten Tabelle.", "The leaf belongs to no known table."},
}

// A Finding is one difference: where, which rule it breaks, and what that means.
type Finding struct {
	Where  string `json:"where"`
	Rule   Rule   `json:"rule"`
	DE     string `json:"de"`
	EN     string `json:"en"`
	Detail string `json:"detail,omitempty"` // in no language
}

// Words returns what f means, in German or English.
func (f Finding) Words(lang string) string {
	if lang == "en" {
		return f.EN
	}
	return f.DE
}

// A Report is the result of a check.
type Report struct {
	Size         uint64         `json:"size"`        // of the main log
	Proven       uint64         `json:"proven"`      // up to here a checkpoint that holds vouches for the log
	Waiting      int            `json:"waiting"`     // rows that wait for the next checkpoint
	Entries      map[string]int `json:"entries"`     // rows that were computed again, by table
	Bytes        int64          `json:"bytes"`       // of their content
	Cut          int            `json:"cut"`         // chains of the access log that begin after a cut
	Checkpoints  int            `json:"checkpoints"` // that hold, kept ones included
	Cosignatures int            `json:"cosignatures"`
	Inner        InnerReport    `json:"inner"`
	Findings     []Finding      `json:"findings"`
	Omitted      int            `json:"omitted"` // findings beyond those listed
}

// An InnerReport says how much there is of the inner log.
type InnerReport struct {
	Size    uint64 `json:"size"`
	Proven  uint64 `json:"proven"`  // up to here a commitment vouches for it that a checkpoint vouches for
	Waiting int    `json:"waiting"` // rows that wait for the next day
	Days    int    `json:"days"`    // on which it was committed to
}

// Clean reports whether nothing is wrong.
func (r *Report) Clean() bool { return len(r.Findings) == 0 }

// Differences is how many findings there are.
func (r *Report) Differences() int { return len(r.Findings) + r.Omitted }

// most is how many findings of one rule are listed: one change can break all that follows.
const most = 100

func (r *Report) add(rule Rule, where, detail string) {
	n := 0
	for _, f := range r.Findings {
		if f.Rule == rule {
			n++
		}
	}
	if n >= most {
		r.Omitted++
		return
	}
	w := words[place(rule)]
	r.Findings = append(r.Findings, Finding{where, rule, w.de, w.en, detail})
}

func place(rule Rule) int {
	for i, w := range words {
		if w.rule == rule {
			return i
		}
	}
	panic(fmt.Sprintf("rule %s has no words", rule))
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return cmp.Compare(place(a.Rule), place(b.Rule)) })
}
