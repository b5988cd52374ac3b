package verify

import (
	"fmt"
	"strings"

	"koko/internal/evidence/ledger"
)

// A Verdict sums a report up.
type Verdict string

// The verdicts.
const (
	Proven     Verdict = "proven"     // nothing is wrong, by the keys of the checker
	Consistent Verdict = "consistent" // nothing is wrong, but by the keys that the file itself brought
	Broken     Verdict = "broken"     // something is wrong: see the findings
)

// A Report is what checking a sealed file found.
type Report struct {
	Verdict      Verdict              `json:"verdict"`
	Manifest     Manifest             `json:"manifest"`
	Checkpoint   ledger.Checkpoint    `json:"checkpoint"`
	Cosignatures []ledger.Cosignature `json:"cosignatures"`
	Counts       Counts               `json:"counts"`
	Damaged      []string             `json:"damaged,omitempty"` // documents that the instance could not read any more
	Findings     []Finding            `json:"findings"`
	Omitted      int                  `json:"omitted"` // findings beyond those listed
}

// Counts are what was verified and found right, except for those that say otherwise.
type Counts struct {
	Parts        int `json:"parts"`
	Audit        int `json:"audit"`
	Access       int `json:"access"`
	Withheld     int `json:"withheld"` // audit entries whose content the reader may not see
	Pending      int `json:"pending"`  // entries and receipts among them that wait for their place in the log: the signature alone attests them
	Readable     int `json:"readable"`
	NotDisclosed int `json:"not_disclosed"`
	Erased       int `json:"erased"`
	Told         int `json:"told"` // tellings of the history, which the signature alone attests
}

// A Finding is one thing that is wrong: in which part, where in it, which rule it breaks. Detail is in no language.
type Finding struct {
	Part   string `json:"part"`
	Where  string `json:"where"`
	Rule   Rule   `json:"rule"`
	DE     string `json:"de"`
	EN     string `json:"en"`
	Detail string `json:"detail,omitempty"`
}

func (f Finding) String() string {
	return fmt.Sprintf("%s, %s: %s (%s)", f.Part, f.Where, f.EN, f.Detail)
}

// A Rule is the rule that a finding violates.
type Rule string

// The rules.
const (
	RuleFormat      Rule = "format"
	RuleLimit       Rule = "limit"
	RuleFraming     Rule = "framing"
	RuleTruncated   Rule = "truncated"
	RuleTrailing    Rule = "trailing"
	RuleMissing     Rule = "missing"
	RuleUnexpected  Rule = "unexpected"
	RuleDuplicate   Rule = "duplicate"
	RuleChanged     Rule = "changed"
	RuleSyntax      Rule = "syntax"
	RuleSignature   Rule = "signature"
	RuleUnknownKey  Rule = "unknown_key"
	RuleValidity    Rule = "key_validity"
	RuleOrigin      Rule = "origin"
	RuleCosignature Rule = "cosignature"
	RuleSubject     Rule = "subject"
	RuleSequence    Rule = "sequence"
	RuleChain       Rule = "chain"
	RuleEntry       Rule = "entry_hash"
	RuleSeparator   Rule = "separator"
	RuleNoProof     Rule = "no_proof"
	RuleInclusion   Rule = "inclusion"
	RuleUnlisted    Rule = "document_unlisted"
	RuleUnreferred  Rule = "document_unreferred"
	RuleReference   Rule = "document_reference"
	RuleDigest      Rule = "document_digest"
	RuleStatus      Rule = "document_status"
	RuleReceipt     Rule = "erasure_receipt"
)

// messages say what each rule found: German, English.
var messages = map[Rule][2]string{
	RuleFormat:      {"Das ist keine versiegelte Fallakte, oder ihr Anfang wurde verändert.", "This is no sealed case file, or its beginning was changed."},
	RuleLimit:       {"Der Teil ist größer, als eine versiegelte Fallakte sein darf; er wurde nicht geprüft.", "The part is larger than a sealed case file allows; it was not checked."},
	RuleFraming:     {"Der Teil liegt nicht dort, wo der vorige endet.", "The part is not where the one before it ends."},
	RuleTruncated:   {"Die Datei ist zu kurz: Dieser Teil fehlt ganz oder zum Ende hin.", "The file is too short: this part is missing, wholly or towards its end."},
	RuleTrailing:    {"Nach dem letzten Teil stehen Bytes, die niemand unterschrieben hat.", "After the last part there are bytes that nobody signed."},
	RuleMissing:     {"Der Teil fehlt.", "The part is missing."},
	RuleUnexpected:  {"Der Teil gehört nicht in diese Fallakte.", "The part does not belong in this case file."},
	RuleDuplicate:   {"Das steht doppelt da.", "This is there twice."},
	RuleChanged:     {"Der Teil wurde verändert: Seine Prüfsumme ist nicht die im Verzeichnis.", "The part was changed: its checksum is not the one in the manifest."},
	RuleSyntax:      {"Das ist nicht lesbar oder nicht eindeutig geschrieben.", "This cannot be read, or is not written unambiguously."},
	RuleSignature:   {"Die Unterschrift passt nicht: Der Text oder die Unterschrift wurde verändert.", "The signature does not fit: the text or the signature was changed."},
	RuleUnknownKey:  {"Kein bekannter Schlüssel hat das unterschrieben.", "No known key signed this."},
	RuleValidity:    {"Der Schlüssel galt zu dieser Zeit nicht.", "The key did not count at that time."},
	RuleOrigin:      {"Das stammt von einer anderen Instanz.", "This comes from another instance."},
	RuleCosignature: {"Eine Gegenzeichnung ist falsch oder fehlt.", "A cosignature is wrong or missing."},
	RuleSubject:     {"Der Eintrag gehört zu einer anderen Akte.", "The entry belongs to another file."},
	RuleSequence:    {"Die Reihenfolge hat hier eine Lücke, eine Wiederholung oder einen Sprung.", "The order has a gap, a repetition or a jump here."},
	RuleChain:       {"Der Eintrag folgt nicht auf den Eintrag davor.", "The entry does not follow the entry before it."},
	RuleEntry:       {"Der Eintrag wurde verändert: Sein Inhalt ergibt eine andere Prüfsumme.", "The entry was changed: its content makes another hash."},
	RuleSeparator:   {"Ein Feld enthält das Trennzeichen; der Eintrag wäre mehrdeutig.", "A field contains the separator; the entry would be ambiguous."},
	RuleNoProof:     {"Der Nachweis, dass der Eintrag im Protokoll stand, fehlt oder ist überzählig.", "The proof that the entry was in the log is missing, or one too many."},
	RuleInclusion:   {"Der Eintrag stand so nicht im Protokoll, als es unterschrieben wurde.", "The entry was not in the log like this when the log was signed."},
	RuleUnlisted:    {"Eine Entscheidung verweist auf ein Dokument, das nicht aufgeführt ist.", "A decision refers to a document that is not listed."},
	RuleUnreferred:  {"Keine Entscheidung verweist auf dieses Dokument.", "No decision refers to this document."},
	RuleReference:   {"Das Dokument ist nicht das, auf das die Entscheidung verweist.", "The document is not the one that the decision refers to."},
	RuleDigest:      {"Der Text des Dokuments ist nicht der, auf den die Entscheidung verweist.", "The text of the document is not the one that the decision refers to."},
	RuleStatus:      {"Die Angaben zum Dokument widersprechen einander.", "What is said about the document contradicts itself."},
	RuleReceipt:     {"Der Löschbeleg ist unvollständig oder widersprüchlich.", "The receipt of the erasure is incomplete or contradicts itself."},
}

func (r *Report) add(part, where string, rule Rule, detail string) {
	if len(r.Findings) == maxFindings {
		r.Omitted++
		return
	}
	text := messages[rule]
	r.Findings = append(r.Findings, Finding{short(part, 120), short(where, 120), rule, text[0], text[1], short(detail, 300)})
}

// short keeps what a hostile file says from filling memory and screens.
func short(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(strings.Clone(s[:most]), "")
}

// Trust is what the checker knows independently of the file. Without Keys, those in the file are
// believed.
type Trust struct {
	Keys         []ledger.PublicKey // of the instances whose files count
	Witnesses    []ledger.PublicKey
	Cosignatures int // how many witnesses must have cosigned
}

func (t Trust) pinned() bool { return len(t.Keys) > 0 }

func stretch(from, size int64) string {
	return fmt.Sprintf("bytes %d–%d", from, max(from, from+size-1))
}
