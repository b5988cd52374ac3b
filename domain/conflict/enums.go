package conflict

// The enumerations carry the field's German terms, because they are what people read and write.
// Their sources are in docs/glossary.md.
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
	// WorkStatus is where the work on a conflict stands, as far as the case knows.
	WorkStatus string
	// Outcome is how a case ended, as anybody can see it from outside.
	Outcome string
	// Stability is how an outcome holds.
	Stability string
	// FollowUpMonth is how many months after the sign-off one looks whether the outcome holds.
	FollowUpMonth int
	// WorkPhase is a Phase from which a closure is proposed, and to which the case returns if it is not signed.
	WorkPhase Phase
	// Concern is what a Warning is about.
	Concern string
	// Drawer is the Compartment that a note or a document is put into.
	Drawer Compartment
)

// The values that rules refer to.
const (
	OpenCase TriageDecision = "fall_eroeffnen"
	Watch    TriageDecision = "beobachten"
	Refer    TriageDecision = "verweisen"
	Drop     TriageDecision = "verwerfen"

	NoInstrumentalisation Instrumentalisation = "keine"

	HandedOver WorkStatus = "vergeben" // nobody has taken it up yet
	UnderWay   WorkStatus = "in_arbeit"
	Declined   WorkStatus = "neu_zu_vergeben" // nobody does it
	WorkedOn   WorkStatus = "beendet"

	Calmed   Outcome = "beruhigt"
	Improved Outcome = "verbessert"

	Danger     Concern = "danger"
	Interested Concern = "conflict_of_interest"
)

// The values of the enumerations, in the order in which people choose from them.

func (Source) Values() []Source {
	return []Source{"buerger", "verwaltung", "schule", "polizei", "traeger", "politik", "presse", "social_media", "netzwerk"}
}

func (Channel) Values() []Channel {
	return []Channel{"gespraech", "telefon", "e_mail", "brief", "formular", "hotline", "sitzung", "medien", "social_media", "sonstige"}
}

func (EEP) Values() []EEP { return []EEP{"experienced", "evidenced", "potential"} }

func (TriageDecision) Values() []TriageDecision {
	return []TriageDecision{OpenCase, Watch, Refer, Drop}
}

func (Responsibility) Values() []Responsibility {
	return []Responsibility{"kommune", "kreis", "land", "polizei_justiz", "schule", "andere"}
}

func (Urgency) Values() []Urgency { return []Urgency{"latent", "schwelend", "akut", "krise"} }

func (Level) Values() []Level {
	return []Level{"interpersonell", "gruppen", "sozialraum", "gesamtkommunal", "verwaltungsintern"}
}

func (LegalBasis) Values() []LegalBasis {
	return []LegalBasis{"aufgabenerfuellung", "einwilligung", "rechtspflicht", "lebenswichtige_interessen"}
}

func (Consent) Values() []Consent {
	return []Consent{"nicht_erforderlich", "eingeholt", "ausstehend", "verweigert"}
}

func (Topic) Values() []Topic {
	return []Topic{
		"unterbringung",
		"wohnen_nachbarschaft",
		"oeffentlicher_raum",
		"schule_kita",
		"religion",
		"verwaltungshandeln",
		"ressourcen_konkurrenz",
		"diskriminierung",
		"transnational",
		"ehrenamt_vereine",
	}
}

func (Role) Values() []Role {
	return []Role{"partei", "betroffen", "verbuendet", "verstaerker", "vermittler", "entscheider"}
}

func (Edge) Values() []Edge { return []Edge{"kooperation", "spannung", "bruch", "macht", "unklar"} }

func (Instrumentalisation) Values() []Instrumentalisation {
	return []Instrumentalisation{NoInstrumentalisation, "verdacht", "belegt"}
}

func (WorkStatus) Values() []WorkStatus {
	return []WorkStatus{HandedOver, UnderWay, Declined, WorkedOn}
}

func (Outcome) Values() []Outcome {
	return []Outcome{Calmed, Improved, "unveraendert", "verschaerft", "verwiesen"}
}

func (Stability) Values() []Stability { return []Stability{"stabil", "bruechig", "gebrochen"} }

func (FollowUpMonth) Values() []FollowUpMonth { return []FollowUpMonth{3, 6, 12} }

func (WorkPhase) Values() []WorkPhase { return []WorkPhase{WorkPhase(Analysis), WorkPhase(Work)} }

func (Drawer) Values() []Drawer { return []Drawer{Drawer(CaseFile), Drawer(Identities)} }

func (Concern) Values() []Concern { return []Concern{Danger, Interested} }
