package conflict

// The enumerations carry the field's German terms, because they are what people read and write.
// Their sources are in docs/glossary.md. The `enum` tags of the commands repeat them for the
// OpenAPI document; a test keeps both equal.
type (
	// Source is where a signal comes from.
	Source string
	// Channel is how a signal arrived.
	Channel string
	// EEP is how far a tension is experienced, evidenced or only potential (Cohesion Institute,
	// tension monitoring).
	EEP string
	// TriageDecision is what becomes of a signal.
	TriageDecision string
	// Responsibility is who is responsible for working on the conflict.
	Responsibility string
	// Urgency is how pressing a conflict is.
	Urgency string
	// Level is the social level on which a conflict plays.
	Level string
	// LegalBasis is what the processing of personal data rests on.
	LegalBasis string
	// Consent is whether the people concerned agreed.
	Consent string
	// Topic is what a conflict is about.
	Topic string
	// Role is the part an actor plays in a conflict.
	Role string
	// Edge is the kind of a relation on the Konfliktlandkarte.
	Edge string
	// Instrumentalisation is whether somebody uses the conflict for ends of their own.
	Instrumentalisation string
	// Form is the way in which a conflict is worked on.
	Form string
	// Progress is where the work stands at an interim result.
	Progress string
	// Outcome is how a case ended.
	Outcome string
	// Factor is what helped.
	Factor string
	// Obstacle is what stood in the way.
	Obstacle string
	// Stability is how an outcome holds.
	Stability string
)

// The values that rules refer to.
const (
	OpenCase TriageDecision = "fall_eroeffnen"
	Watch    TriageDecision = "beobachten"
	Refer    TriageDecision = "verweisen"
	Drop     TriageDecision = "verwerfen"

	NoInstrumentalisation Instrumentalisation = "keine"

	Agreement        Outcome = "einigung"
	PartialAgreement Outcome = "teileinigung"
	Pacification     Outcome = "befriedung"
)

// The values of the enumerations, in the order in which people choose from them.
var (
	Sources          = []Source{"buerger", "verwaltung", "schule", "polizei", "traeger", "politik", "presse", "social_media", "netzwerk"}
	Channels         = []Channel{"gespraech", "telefon", "e_mail", "brief", "formular", "hotline", "sitzung", "medien", "social_media", "sonstige"}
	EEPs             = []EEP{"experienced", "evidenced", "potential"}
	TriageDecisions  = []TriageDecision{OpenCase, Watch, Refer, Drop}
	Responsibilities = []Responsibility{"kommune", "kreis", "land", "polizei_justiz", "schule", "andere"}
	Urgencies        = []Urgency{"latent", "schwelend", "akut", "krise"}
	Levels           = []Level{"interpersonell", "gruppen", "sozialraum", "gesamtkommunal", "verwaltungsintern"}
	LegalBases       = []LegalBasis{"aufgabenerfuellung", "einwilligung", "rechtspflicht", "lebenswichtige_interessen"}
	Consents         = []Consent{"nicht_erforderlich", "eingeholt", "ausstehend", "verweigert"}
	Topics           = []Topic{"unterbringung", "wohnen_nachbarschaft", "oeffentlicher_raum", "schule_kita", "religion", "verwaltungshandeln", "ressourcen_konkurrenz", "diskriminierung", "transnational", "ehrenamt_vereine"}
	Roles            = []Role{"partei", "betroffen", "verbuendet", "verstaerker", "vermittler", "entscheider"}
	Edges            = []Edge{"kooperation", "spannung", "bruch", "macht", "unklar"}

	Instrumentalisations = []Instrumentalisation{NoInstrumentalisation, "verdacht", "belegt"}

	Forms       = []Form{"mediation", "moderation", "runder_tisch", "dialogforum", "prozessbegleitung", "coaching", "verweisberatung", "kollegiale_fallberatung", "aufsuchende_konfliktarbeit", "krisenintervention", "ordnungsrecht"}
	Progresses  = []Progress{"fortschritt", "stillstand", "rueckschritt"}
	Outcomes    = []Outcome{Agreement, PartialAgreement, Pacification, "verwiesen", "vertagt", "abgebrochen", "eskaliert", "gegenstandslos"}
	Stabilities = []Stability{"stabil", "bruechig", "gebrochen"}

	Factors = []Factor{
		"auftrag_der_spitze", "vermittler_mit_vertrauen", "direkte_ansprache", "schneller_erster_erfolg", "freiwilligkeit",
		"klare_regeln", "einheitliche_sprache", "innen_und_aussenkonflikt_getrennt", "sprachmittlung", "mehrere_aemter_am_tisch", "schutz_vor_dialog",
		"alarmkette_geuebt", "betroffene_zuerst", "fruehe_meldung", "bestehende_strukturen", "tandem_lokal_extern",
	}
	Obstacles = []Obstacle{
		"spaete_information", "fehlende_raeume", "machtgefaelle", "eigentuemer_nicht_kooperativ", "ueberforderung_kollegium",
		"drohungen_nicht_zusammengefuehrt", "knappe_ressourcen", "instrumentalisierung", "fehldeutung_der_ursache",
		"lokale_akteure_selbst_partei", "personalmangel", "soziale_medien", "projektende",
	}
)
