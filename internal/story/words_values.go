package story

// values are the words for the values of enumerations. The German terms are those of the field.
var values = map[string]map[string]Words{
	"yesno":      {"true": {"ja", "yes"}, "false": {"nein", "no"}},
	"case_phase": {"detection": {"Früherkennung", "detection"}, "analysis": {"Analyse", "analysis"}, "mediation": {"Bearbeitung", "work on the conflict"}, "closure": {"Abschluss", "closure"}, "follow_up": {"Nachsorge", "follow-up"}, "closed": {"beendet", "closed"}},
	"enrolment_phase": {
		"applied": {"Bewerbung", "application"}, "waiting": {"zugelassen, ohne Platz", "admitted, without a seat"}, "modules": {"Module", "modules"},
		"practice": {"Praxisphase", "practice"}, "assessment": {"Prüfung", "assessment"}, "qualified": {"alle Anforderungen erfüllt", "every requirement met"},
		"certified": {"zertifiziert", "certified"}, "confirmed": {"mit Teilnahmebescheinigung beendet", "ended with a confirmation of attendance"},
		"withdrawn": {"zurückgezogen", "withdrawn"}, "failed": {"nicht bestanden", "failed"}, "lapsed": {"verfallen", "lapsed"}, "rejected": {"abgelehnt", "rejected"},
	},
	"cohort_phase": {"open": {"offen für Bewerbungen", "open for applications"}, "short": {"unter der Mindestzahl", "below the minimum"}, "running": {"findet statt", "takes place"}, "finished": {"abgeschlossen", "finished"}, "cancelled": {"abgesagt", "cancelled"}, "merged": {"zusammengelegt", "merged"}},

	"source": {
		"buerger": {"Bürger:innen", "residents"}, "verwaltung": {"Verwaltung", "administration"}, "schule": {"Schule", "school"}, "polizei": {"Polizei", "police"},
		"traeger": {"Träger", "service provider"}, "politik": {"Politik", "politics"}, "presse": {"Presse", "press"}, "social_media": {"soziale Medien", "social media"}, "netzwerk": {"Netzwerk", "network"},
	},
	"channel": {
		"gespraech": {"Gespräch", "conversation"}, "telefon": {"Telefon", "telephone"}, "e_mail": {"E-Mail", "e-mail"}, "brief": {"Brief", "letter"}, "formular": {"Formular", "form"},
		"hotline": {"Hotline", "hotline"}, "sitzung": {"Sitzung", "meeting"}, "medien": {"Medien", "media"}, "social_media": {"soziale Medien", "social media"}, "sonstige": {"sonstiger Weg", "another way"},
	},
	"eep":            {"experienced": {"erlebt", "experienced"}, "evidenced": {"belegt", "evidenced"}, "potential": {"möglich", "potential"}},
	"triage":         {"fall_eroeffnen": {"Fall eröffnen", "open a case"}, "beobachten": {"beobachten", "watch"}, "verweisen": {"verweisen", "refer"}, "verwerfen": {"verwerfen", "drop"}},
	"responsibility": {"kommune": {"die Kommune", "the municipality"}, "kreis": {"der Kreis", "the district"}, "land": {"das Land", "the state"}, "polizei_justiz": {"Polizei und Justiz", "police and justice"}, "schule": {"die Schule", "the school"}, "andere": {"eine andere Stelle", "somebody else"}},
	"urgency":        {"latent": {"latent", "latent"}, "schwelend": {"schwelend", "smouldering"}, "akut": {"akut", "acute"}, "krise": {"Krise", "crisis"}},
	"level":          {"interpersonell": {"zwischen Einzelnen", "between individuals"}, "gruppen": {"zwischen Gruppen", "between groups"}, "sozialraum": {"Sozialraum", "neighbourhood"}, "gesamtkommunal": {"gesamte Kommune", "whole municipality"}, "verwaltungsintern": {"innerhalb der Verwaltung", "within the administration"}},
	"legal_basis":    {"aufgabenerfuellung": {"Aufgabenerfüllung", "public task"}, "einwilligung": {"Einwilligung", "consent"}, "rechtspflicht": {"Rechtspflicht", "legal obligation"}, "lebenswichtige_interessen": {"lebenswichtige Interessen", "vital interests"}},
	"consent":        {"nicht_erforderlich": {"nicht erforderlich", "not required"}, "eingeholt": {"eingeholt", "obtained"}, "ausstehend": {"ausstehend", "pending"}, "verweigert": {"verweigert", "refused"}},
	"topic": {
		"unterbringung": {"Unterbringung", "accommodation"}, "wohnen_nachbarschaft": {"Wohnen und Nachbarschaft", "housing and neighbourhood"}, "oeffentlicher_raum": {"öffentlicher Raum", "public space"},
		"schule_kita": {"Schule und Kita", "school and day care"}, "religion": {"Religion", "religion"}, "verwaltungshandeln": {"Verwaltungshandeln", "conduct of the administration"},
		"ressourcen_konkurrenz": {"Konkurrenz um Ressourcen", "competition for resources"}, "diskriminierung": {"Diskriminierung", "discrimination"}, "transnational": {"Konflikte von anderswo", "transnational conflict"}, "ehrenamt_vereine": {"Ehrenamt und Vereine", "volunteers and clubs"},
	},
	"actor_role":          {"partei": {"Partei", "party"}, "betroffen": {"betroffen", "affected"}, "verbuendet": {"verbündet", "allied"}, "verstaerker": {"verstärkend", "amplifying"}, "vermittler": {"vermittelnd", "mediating"}, "entscheider": {"entscheidend", "deciding"}},
	"edge":                {"kooperation": {"Kooperation", "cooperation"}, "spannung": {"Spannung", "tension"}, "bruch": {"Bruch", "rupture"}, "macht": {"Macht", "power"}, "unklar": {"unklar", "unclear"}},
	"instrumentalisation": {"keine": {"keine", "none"}, "verdacht": {"Verdacht", "suspected"}, "belegt": {"belegt", "evidenced"}},
	"form": {
		"mediation": {"Mediation", "mediation"}, "moderation": {"Moderation", "facilitation (Moderation)"}, "runder_tisch": {"Runder Tisch", "round table"}, "dialogforum": {"Dialogforum", "dialogue forum"},
		"prozessbegleitung": {"Prozessbegleitung", "process support"}, "coaching": {"Coaching", "coaching"}, "verweisberatung": {"Verweisberatung", "referral advice"}, "kollegiale_fallberatung": {"kollegiale Fallberatung", "peer case consultation"},
		"aufsuchende_konfliktarbeit": {"aufsuchende Konfliktarbeit", "outreach conflict work"}, "krisenintervention": {"Krisenintervention", "crisis intervention"}, "ordnungsrecht": {"ordnungsrechtliches Vorgehen", "regulatory measures"},
	},
	"progress": {"fortschritt": {"Fortschritt", "progress"}, "stillstand": {"Stillstand", "standstill"}, "rueckschritt": {"Rückschritt", "setback"}},
	"outcome": {
		"einigung": {"Einigung", "agreement"}, "teileinigung": {"Teileinigung", "partial agreement"}, "befriedung": {"Befriedung", "pacification"}, "verwiesen": {"verwiesen", "referred"},
		"vertagt": {"vertagt", "adjourned"}, "abgebrochen": {"abgebrochen", "broken off"}, "eskaliert": {"eskaliert", "escalated"}, "gegenstandslos": {"gegenstandslos", "no longer an issue"},
	},
	"stability": {"stabil": {"stabil", "stable"}, "bruechig": {"brüchig", "fragile"}, "gebrochen": {"gebrochen", "broken"}},
	"factor": {
		"auftrag_der_spitze": {"Auftrag der Spitze", "mandate from the top"}, "vermittler_mit_vertrauen": {"Vermittler:innen mit Vertrauen", "trusted mediators"}, "direkte_ansprache": {"direkte Ansprache", "direct approach"},
		"schneller_erster_erfolg": {"schneller erster Erfolg", "quick first success"}, "freiwilligkeit": {"Freiwilligkeit", "voluntariness"}, "klare_regeln": {"klare Regeln", "clear rules"}, "einheitliche_sprache": {"einheitliche Sprache", "one language towards the public"},
		"innen_und_aussenkonflikt_getrennt": {"Innen- und Außenkonflikt getrennt", "inner and outer conflict kept apart"}, "sprachmittlung": {"Sprachmittlung", "interpreting"}, "mehrere_aemter_am_tisch": {"mehrere Ämter am Tisch", "several departments at the table"},
		"schutz_vor_dialog": {"Schutz vor Dialog", "safety before dialogue"}, "alarmkette_geuebt": {"geübte Alarmkette", "rehearsed alarm chain"}, "betroffene_zuerst": {"Betroffene zuerst", "those affected first"}, "fruehe_meldung": {"frühe Meldung", "early report"},
		"bestehende_strukturen": {"bestehende Strukturen", "existing structures"}, "tandem_lokal_extern": {"Tandem aus lokal und extern", "tandem of local and external people"},
	},
	"obstacle": {
		"spaete_information": {"späte Information", "late information"}, "fehlende_raeume": {"fehlende Räume", "lack of rooms"}, "machtgefaelle": {"Machtgefälle", "imbalance of power"}, "eigentuemer_nicht_kooperativ": {"Eigentümer:innen nicht kooperativ", "owners not cooperative"},
		"ueberforderung_kollegium": {"überfordertes Kollegium", "overburdened staff"}, "drohungen_nicht_zusammengefuehrt": {"Drohungen nicht zusammengeführt", "threats not put together"}, "knappe_ressourcen": {"knappe Ressourcen", "scarce resources"}, "instrumentalisierung": {"Instrumentalisierung", "instrumentalisation"},
		"fehldeutung_der_ursache": {"Fehldeutung der Ursache", "cause misread"}, "lokale_akteure_selbst_partei": {"lokale Akteur:innen selbst Partei", "local actors themselves a party"}, "personalmangel": {"Personalmangel", "lack of staff"}, "soziale_medien": {"soziale Medien", "social media"}, "projektende": {"Projektende", "end of the project"},
	},

	"seat":              {"wartend": {"auf der Warteliste", "on the waiting list"}, "angeboten": {"angeboten", "offered"}, "belegt": {"belegt", "taken"}},
	"list_source":       {"unterschriftenliste": {"Unterschriftenliste", "signed list"}, "lernplattform": {"Lernplattform", "learning platform"}},
	"make_up_kind":      {"anderer_durchgang": {"in einem anderen Durchgang", "in another cohort"}, "ersatzleistung": {"Ersatzleistung", "assignment"}},
	"make_up_status":    {"geplant": {"geplant", "planned"}, "eingereicht": {"eingereicht", "handed in"}, "anerkannt": {"anerkannt", "accepted"}, "versaeumt": {"versäumt", "missed"}},
	"criterion":         {"konzept": {"Konzept", "concept"}, "fallbericht": {"Fallbericht", "case report"}, "kolloquium": {"Kolloquium", "colloquium"}, "haltung": {"Haltung", "attitude"}, "transfer": {"Transfer", "transfer"}},
	"pause_reason":      {"elternzeit": {"Elternzeit", "parental leave"}, "krankheit": {"Krankheit", "illness"}, "pflege": {"Pflege", "care for a relative"}, "dienstlich": {"dienstlich", "official duties"}, "sonstiges": {"Sonstiges", "other"}},
	"withdrawal_reason": {"eigener_wunsch": {"eigener Wunsch", "own wish"}, "arbeitgeber": {"Arbeitgeber", "employer"}, "stellenwechsel": {"Stellenwechsel", "change of job"}, "krankheit": {"Krankheit", "illness"}, "sonstiges": {"Sonstiges", "other"}},
	"certificate_kind":  {"zertifikat": {"Zertifikat", "certificate"}, "teilnahmebescheinigung": {"Teilnahmebescheinigung", "confirmation of attendance"}},
	"reissue_reason":    {"namensaenderung": {"Namensänderung", "change of name"}, "fehlerkorrektur": {"Fehlerkorrektur", "correction of a mistake"}},
	"revocation_reason": {"taeuschung": {"Täuschung", "deception"}, "irrtum": {"Irrtum", "mistake"}, "auf_wunsch": {"auf Wunsch", "on request"}},
	"cancel_reason":     {"mindestzahl": {"Mindestzahl nicht erreicht", "minimum not reached"}, "ausfall_leitung": {"Ausfall der Leitung", "trainer not available"}, "ort_nicht_verfuegbar": {"Ort nicht verfügbar", "venue not available"}, "sonstiges": {"Sonstiges", "other"}},

	"role": {
		"reporter": {"Meldende Stelle", "reporting office"}, "clearing": {"Clearingstelle", "contact point (clearing)"}, "caseworker": {"Fallbearbeitung", "case worker"}, "conflict_manager": {"Konfliktmanager:in", "conflict manager"},
		"mediator": {"Mediator:in", "mediator"}, "steering": {"Steuerungsgruppe", "steering group"}, "supervisor": {"Fachaufsicht", "supervisor"}, "evaluation": {"Evaluation", "evaluation"}, "dpo": {"Datenschutzbeauftragte:r", "data-protection officer"}, "admin": {"Rechteverwaltung", "administration of rights"},
		"trainee": {"Teilnehmer:in", "trainee"}, "trainer": {"Trainer:in", "trainer"}, "assessor": {"Prüfer:in", "assessor"}, "coordinator": {"Kurskoordination", "coordinator"}, "certifier": {"Zertifizierungsstelle", "certifier"}, "employer": {"Führungskraft beim Arbeitgeber", "supervisor at the employer"},
		"system": {"von selbst", "by itself"},
	},
	"erasure_reason": {
		"not_necessary": {"für den Zweck nicht mehr nötig (Art. 17 Abs. 1 Buchst. a DSGVO)", "no longer necessary for the purpose (Art. 17(1)(a) GDPR)"}, "consent_withdrawn": {"Einwilligung widerrufen (Buchst. b)", "consent withdrawn (point b)"},
		"objection": {"Widerspruch (Buchst. c)", "objection (point c)"}, "unlawful": {"unrechtmäßig verarbeitet (Buchst. d)", "processed unlawfully (point d)"},
		"legal_obligation": {"Rechtspflicht zur Löschung (Buchst. e)", "legal obligation to erase (point e)"}, "wrong_file": {"irrtümlich in dieser Akte (Buchst. d, Art. 16)", "in this file by mistake (point d, Art. 16)"},
	},
	"reason": {"fachaufsicht": {"Fachaufsicht", "supervision"}, "beschwerde": {"Beschwerde", "complaint"}, "datenschutz": {"Datenschutz", "data protection"}, "qualitaetssicherung": {"Qualitätssicherung", "quality assurance"}, "rechtsstreit": {"Rechtsstreit", "litigation"}},
}

// Role is what a role is called.
func Role(name string) Words { return values["role"][name] }

// Reason is what a reason to read is called.
func Reason(name string) Words { return values["reason"][name] }
