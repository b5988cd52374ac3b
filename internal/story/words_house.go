package story

import "koko/domain/file"

// The words of the house: what holds for files of every kind.

// yesNo writes whether something is so.
var yesNo = map[bool]Words{true: {DE: "ja", EN: "yes"}, false: {DE: "nein", EN: "no"}}

// deadlinePassed is said of a deadline if nothing of the state may be said.
var deadlinePassed = Words{DE: "Eine Frist ist verstrichen.", EN: "A deadline has passed."}

// roles are the roles that people have whatever kinds there are.
var roles = map[string]Words{
	"supervisor": {DE: "Fachaufsicht", EN: "supervisor"},
	"evaluation": {DE: "Evaluation", EN: "evaluation"},
	"dpo":        {DE: "Datenschutzbeauftragte:r", EN: "data-protection officer"},
	"admin":      {DE: "Rechteverwaltung", EN: "administration of rights"},
	"system":     {DE: "von selbst", EN: "by itself"},
}

// readingReasons are why somebody reads what is not open to everybody.
var readingReasons = map[string]Words{
	"fachaufsicht":        {DE: "Fachaufsicht", EN: "supervision"},
	"beschwerde":          {DE: "Beschwerde", EN: "complaint"},
	"datenschutz":         {DE: "Datenschutz", EN: "data protection"},
	"qualitaetssicherung": {DE: "Qualitätssicherung", EN: "quality assurance"},
	"rechtsstreit":        {DE: "Rechtsstreit", EN: "litigation"},
}

// rules are what refuses, as the reason that a person would give.
var rules = map[string]Words{
	// Rights.
	"scope":         {DE: "Die Akte liegt außerhalb des eigenen Bereichs.", EN: "The file lies outside the person's area."},
	"role":          {DE: "Keine Rolle der Person erlaubt es.", EN: "No role of the person permits it."},
	"area":          {DE: "Die Rolle der Person gilt in einer anderen Kommune.", EN: "The person's role holds in another municipality."},
	"four_eyes":     {DE: "Wer an der Sache mitgewirkt hat, darf hier nicht selbst entscheiden (Vier-Augen-Prinzip).", EN: "Who had a hand in the matter does not decide here (four eyes)."},
	"calendar":      {DE: "Die Fristen waren schon nach diesem Kalender berechnet.", EN: "The limits were computed with this calendar already."},
	"workflow_only": {DE: "Das geschieht nur von selbst.", EN: "It only happens by itself."},
	"policy_error":  {DE: "Die Berechtigung ließ sich nicht prüfen; im Zweifel wird abgelehnt.", EN: "The permission could not be checked; in doubt it is refused."},
	"compartment":   {DE: "Dieser Teil der Akte ist für die Person nicht offen.", EN: "This part of the file is not open to the person."},

	// The course of things.
	"version":                {DE: "Der Stand hatte sich inzwischen geändert.", EN: "The file had changed meanwhile."},
	"idempotency_key_reused": {DE: "Die Anfrage trug das Kennzeichen einer anderen.", EN: "The request carried the key of another one."},
	"phase":                  {DE: "In dieser Phase ist das nicht möglich.", EN: "It is not possible in this phase."},
	"unknown_action":         {DE: "Eine solche Handlung gibt es nicht.", EN: "There is no such action."},
	"deadline":               {DE: "Die Frist war nicht an der Reihe.", EN: "The deadline was not the next one."},
	"retention":              {DE: "Die Aufbewahrungsfrist war abgelaufen; dort wird nichts mehr aufgeschrieben.", EN: "The time was over for which words are kept there; nothing is written there any more."},
	"once":                   {DE: "Das ist nur einmal möglich.", EN: "It is possible once only."},

	// What was said.
	"required":      {DE: "Eine nötige Angabe fehlte.", EN: "Something that is needed was missing."},
	"enum":          {DE: "Ein Wert war nicht vorgesehen.", EN: "A value was not one of those known."},
	"unique":        {DE: "Eine Angabe stand doppelt.", EN: "Something stood twice."},
	"max_items":     {DE: "Es waren zu viele Angaben.", EN: "There were too many entries."},
	"min_items":     {DE: "Es waren zu wenige Angaben.", EN: "There were too few entries."},
	"max_length":    {DE: "Ein Text war zu lang.", EN: "A text was too long."},
	"min_length":    {DE: "Ein Text war zu kurz.", EN: "A text was too short."},
	"range":         {DE: "Ein Wert lag außerhalb des Zulässigen.", EN: "A value was out of range."},
	"order":         {DE: "Die Reihenfolge der Angaben stimmte nicht.", EN: "The order was wrong."},
	"date":          {DE: "Eine Angabe war kein Datum.", EN: "Something was not a day."},
	"not_in_future": {DE: "Ein Tag lag in der Zukunft.", EN: "A day lay in the future."},
	"future":        {DE: "Ein Zeitpunkt lag nicht in der Zukunft.", EN: "A time did not lie in the future."},
	"person_id":     {DE: "Eine Angabe bezeichnete keine Person.", EN: "Something was not the id of a person."},
	"local_id":      {DE: "Ein Kürzel war nicht zulässig.", EN: "A short name was not allowed."},
	"pattern":       {DE: "Eine Angabe hatte nicht die richtige Form.", EN: "Something had the wrong form."},
	"uuid":          {DE: "Eine Kennung war ungültig.", EN: "An id was not valid."},
	"sha256":        {DE: "Eine Prüfsumme war ungültig.", EN: "A digest was not valid."},
	"field_name":    {DE: "Ein Feldname war ungültig.", EN: "The name of a field was not valid."},
	"kind":          {DE: "Angaben passten nicht zusammen.", EN: "Parts did not fit together."},
	"action":        {DE: "Das Dokument gehörte zu einem anderen Befehl.", EN: "The document belonged to another command."},
	"ags":           {DE: "Eine Angabe war kein Gemeindeschlüssel.", EN: "Something was not the key of a municipality."},
	"form":          {DE: "Die Angaben gehörten nicht zu dieser Handlung.", EN: "What was said did not belong to this action."},
}

// attempts are what somebody tried or did, as the infinitive of a sentence.
var attempts = map[file.Action]Words{
	"deadline_passed":        {DE: "eine Frist verstreichen zu lassen", EN: "to let a deadline pass"},
	"read_grants":            {DE: "die Berechtigungen zu lesen", EN: "to read the grants"},
	"give_grant":             {DE: "eine Berechtigung zu geben", EN: "to give a grant"},
	"approve_grant":          {DE: "eine vorgeschlagene Berechtigung freizugeben", EN: "to approve a grant that was proposed"},
	"end_grant":              {DE: "eine Berechtigung zu beenden", EN: "to end a grant"},
	"read_absences":          {DE: "zu lesen, wer abwesend ist", EN: "to read who is away"},
	"enter_absence":          {DE: "eine Abwesenheit einzutragen", EN: "to enter an absence"},
	"read_substitutions":     {DE: "die Vertretungen zu lesen", EN: "to read the substitutions"},
	"enter_substitution":     {DE: "eine Vertretung einzutragen", EN: "to enter a substitution"},
	"end_substitution":       {DE: "eine Vertretung zu beenden", EN: "to end a substitution"},
	"explain_authorization":  {DE: "sich Rechte erklären zu lassen", EN: "to have rights explained"},
	"explain_grants":         {DE: "sich Berechtigungen erklären zu lassen", EN: "to have grants explained"},
	"read_access":            {DE: "zu lesen, wer Zugriff hatte", EN: "to read who had access"},
	"read_access_log":        {DE: "das Zugriffsprotokoll zu lesen", EN: "to read the access log"},
	"read_ledger":            {DE: "den Stand des Prüfprotokolls zu lesen", EN: "to read how the log of the audit stands"},
	"read_disclosure_counts": {DE: "die Zahl der Offenlegungen zu lesen", EN: "to read how many disclosures there were"},
	"sign_checkpoint":        {DE: "einen Prüfpunkt zu setzen", EN: "to have a checkpoint signed"},
	"request_erasure":        {DE: "die Löschung eines Dokuments zu beantragen", EN: "to ask for a document to be erased"},
	"request_unseen_erasure": {DE: "die Löschung eines Dokuments ungesehen zu beantragen", EN: "to ask for a document to be erased unseen"},
	"approve_erasure":        {DE: "die Löschung eines Dokuments freizugeben", EN: "to approve the erasure of a document"},
	"read_erasures":          {DE: "die Löschanträge zu lesen", EN: "to read the requests to erase"},
	"export_sealed":          {DE: "die versiegelte Fallakte zu erzeugen", EN: "to export the sealed case file"},
	"read_differences":       {DE: "die Abweichungen zu lesen", EN: "to read the differences"},
	"propose_repair":         {DE: "eine Reparatur vorzuschlagen", EN: "to propose a repair"},
	"approve_repair":         {DE: "eine Reparatur freizugeben", EN: "to approve a repair"},
}

// reads are what was read, as a sentence.
var reads = map[file.Action]Words{
	"read_grants":            {DE: "Die Berechtigungen wurden gelesen.", EN: "The grants were read."},
	"explain_authorization":  {DE: "Rechte wurden erklärt.", EN: "Rights were explained."},
	"explain_grants":         {DE: "Berechtigungen wurden erklärt.", EN: "Grants were explained."},
	"read_access":            {DE: "Es wurde gelesen, wer Zugriff hatte.", EN: "It was read who had access."},
	"read_access_log":        {DE: "Das Zugriffsprotokoll wurde gelesen.", EN: "The access log was read."},
	"read_ledger":            {DE: "Der Stand des Prüfprotokolls wurde gelesen.", EN: "It was read how the log of the audit stands."},
	"read_disclosure_counts": {DE: "Die Zahl der Offenlegungen wurde gelesen.", EN: "It was read how many disclosures there were."},
	"read_differences":       {DE: "Die Abweichungen wurden gelesen.", EN: "The differences were read."},
	"read_erasures":          {DE: "Die Löschanträge wurden gelesen.", EN: "The requests to erase were read."},
	"export_sealed":          {DE: "Die versiegelte Fallakte wurde erzeugt und ausgegeben.", EN: "The sealed case file was exported and handed out."},
	"read_absences":          {DE: "Es wurde gelesen, wer abwesend ist.", EN: "It was read who is away."},
	"read_substitutions":     {DE: "Die Vertretungen wurden gelesen.", EN: "The substitutions were read."},
}

// erasures are what became of the erasure of a document.
var erasures = map[string]Words{
	"request_erasure": {DE: "Die Löschung eines Dokuments wurde beantragt.", EN: "It was asked to erase a document."},
	"approve_erasure": {DE: "Ein Dokument wurde gelöscht: Eine zweite Person hat die Löschung freigegeben.", EN: "A document was erased: a second person approved it."},
	"reject_erasure":  {DE: "Die Löschung eines Dokuments wurde abgelehnt.", EN: "The erasure of a document was rejected."},
}

// erasureReasons are the grounds of an erasure.
var erasureReasons = map[string]Words{
	"not_necessary":     {DE: "für den Zweck nicht mehr nötig (Art. 17 Abs. 1 Buchst. a DSGVO)", EN: "no longer necessary for the purpose (Art. 17(1)(a) GDPR)"},
	"consent_withdrawn": {DE: "Einwilligung widerrufen (Buchst. b)", EN: "consent withdrawn (point b)"},
	"objection":         {DE: "Widerspruch (Buchst. c)", EN: "objection (point c)"},
	"unlawful":          {DE: "unrechtmäßig verarbeitet (Buchst. d)", EN: "processed unlawfully (point d)"},
	"legal_obligation":  {DE: "Rechtspflicht zur Löschung (Buchst. e)", EN: "legal obligation to erase (point e)"},
	"wrong_file":        {DE: "irrtümlich in dieser Akte (Buchst. d, Art. 16)", EN: "in this file by mistake (point d, Art. 16)"},
}

// grants are what became of a grant.
var grants = map[string]Words{
	"give_grant": {DE: "Eine Berechtigung in dieser Kommune wurde gegeben", EN: "A grant in this municipality was given"},
	"end_grant":  {DE: "Eine Berechtigung in dieser Kommune wurde beendet", EN: "A grant in this municipality was ended"},

	"propose_grant": {DE: "Eine Berechtigung in dieser Kommune wurde vorgeschlagen", EN: "A grant in this municipality was proposed"},
	"approve_grant": {DE: "Eine vorgeschlagene Berechtigung in dieser Kommune wurde gegeben", EN: "A grant in this municipality that was proposed was given"},
	"reject_grant":  {DE: "Eine vorgeschlagene Berechtigung in dieser Kommune wurde abgelehnt", EN: "A grant in this municipality that was proposed was rejected"},

	"enter_substitution": {DE: "Eine Vertretung in dieser Kommune wurde eingetragen", EN: "A substitution in this municipality was entered"},
	"end_substitution":   {DE: "Eine Vertretung in dieser Kommune wurde beendet", EN: "A substitution in this municipality was ended"},
}

// repairs are what became of the repair of a difference between history, record and audit.
var repairs = map[string]Words{
	"propose_repair":   {DE: "Eine Reparatur wurde vorgeschlagen: Etwas steht nicht so da, wie es entschieden wurde.", EN: "A repair was proposed: something is not as it was decided."},
	"approve_repair":   {DE: "Eine zweite Person hat eine Reparatur freigegeben.", EN: "A second person approved a repair."},
	"reject_repair":    {DE: "Eine Reparatur wurde abgelehnt.", EN: "A repair was rejected."},
	"restore_record":   {DE: "Der Datensatz wurde aus dem Protokoll wiederhergestellt.", EN: "The record was restored from the audit."},
	"restore_entry":    {DE: "Ein Eintrag des Protokolls wurde aus der Geschichte wiederhergestellt.", EN: "An entry of the audit was restored from the history."},
	"catch_up":         {DE: "Der Prozess hat übernommen, was festgehalten ist.", EN: "The workflow adopted what is recorded."},
	"restart_workflow": {DE: "Der Prozess wurde aus dem festgehaltenen Stand neu begonnen.", EN: "The workflow was begun anew from what is recorded."},
	"rebuild":          {DE: "Datensatz und Protokoll wurden aus der Geschichte wiederhergestellt.", EN: "Record and audit were restored from the history."},
}

// unrepaired are the outcomes of a repair that changed nothing.
var unrepaired = map[string]Words{
	"refused": {DE: "Nichts wurde geschrieben: Es ist nicht belegt, dass es so dort stand.", EN: "Nothing was written: nothing proves that it stood there."},
	"failed":  {DE: "Die Abweichung besteht weiter.", EN: "The difference is still there."},
}
