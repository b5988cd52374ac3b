package work

import "koko/domain/working"

// The enumerations carry the field's German terms, because they are what people read and write. The phases
// have English ids, as those of a case have.
type (
	// Phase is where the work stands. Nobody outside learns of it.
	Phase string
	// Form is the way in which a conflict is worked on.
	Form string
	// Progress is where the work stands at an interim result.
	Progress string
	// Outcome is how the work ended, as those know who did it.
	Outcome string
	// Factor is what helped.
	Factor string
	// Obstacle is what stood in the way.
	Obstacle string
	// Review is an answer to a review while the work goes on.
	Review working.Answer
	// AdmissionGround is why somebody else may read the file.
	AdmissionGround string
	// DisclosureGround is why something is disclosed in spite of the duty to keep it (§ 4 MediationsG).
	DisclosureGround string
	// Concern is what a Warning is about.
	Concern string
)

// The phases. A working file that was not begun yet has none.
const (
	Handed      Phase = "handed"      // angelegt: the facilitators are asked
	Preparation Phase = "preparation" // vorbereitung: form and conditions
	Running     Phase = "running"     // laufend
	Resting     Phase = "resting"     // ruht
	Ended       Phase = "ended"       // beendet
	Declined    Phase = "declined"    // abgelehnt: nobody took it up
	Withdrawn   Phase = "withdrawn"   // zurückgenommen: the case went on without it
	Expired     Phase = "expired"     // erloschen: all words are destroyed
)

// The values that rules refer to.
const (
	Mediation Form = "mediation"

	Agreement        Outcome = "einigung"
	PartialAgreement Outcome = "teileinigung"
	Pacification     Outcome = "befriedung"

	Going Review = Review(working.Going)
	Rests Review = Review(working.Resting)

	Supervision      AdmissionGround = "supervision"
	PeerConsultation AdmissionGround = "kollegiale_beratung"

	Implementation DisclosureGround = "umsetzung"

	Mismatch Concern = "glasl_mismatch" // of the form of work and the escalation stage
)

// The values of the enumerations, in the order in which people choose from them.

func (Phase) Values() []Phase {
	return []Phase{Handed, Preparation, Running, Resting, Ended, Declined, Withdrawn, Expired}
}

func (Form) Values() []Form {
	return []Form{
		Mediation,
		"moderation",
		"runder_tisch",
		"dialogforum",
		"prozessbegleitung",
		"coaching",
		"verweisberatung",
		"kollegiale_fallberatung",
		"aufsuchende_konfliktarbeit",
		"krisenintervention",
		"ordnungsrecht",
	}
}

func (Progress) Values() []Progress { return []Progress{"fortschritt", "stillstand", "rueckschritt"} }

func (Outcome) Values() []Outcome {
	return []Outcome{Agreement, PartialAgreement, Pacification, "verwiesen", "vertagt", "abgebrochen", "eskaliert", "gegenstandslos"}
}

func (Factor) Values() []Factor {
	return []Factor{
		"auftrag_der_spitze",
		"vermittler_mit_vertrauen",
		"direkte_ansprache",
		"schneller_erster_erfolg",
		"freiwilligkeit",
		"klare_regeln",
		"einheitliche_sprache",
		"innen_und_aussenkonflikt_getrennt",
		"sprachmittlung",
		"mehrere_aemter_am_tisch",
		"schutz_vor_dialog",
		"alarmkette_geuebt",
		"betroffene_zuerst",
		"fruehe_meldung",
		"bestehende_strukturen",
		"tandem_lokal_extern",
	}
}

func (Obstacle) Values() []Obstacle {
	return []Obstacle{
		"spaete_information", "fehlende_raeume", "machtgefaelle", "eigentuemer_nicht_kooperativ", "ueberforderung_kollegium",
		"drohungen_nicht_zusammengefuehrt", "knappe_ressourcen", "instrumentalisierung", "fehldeutung_der_ursache",
		"lokale_akteure_selbst_partei", "personalmangel", "soziale_medien", "projektende",
	}
}

func (Review) Values() []Review { return []Review{Going, Rests} }

func (AdmissionGround) Values() []AdmissionGround {
	return []AdmissionGround{Supervision, PeerConsultation, "sprachmittlung", "vertretung"}
}

func (DisclosureGround) Values() []DisclosureGround {
	return []DisclosureGround{Implementation, "kindeswohl", "schwere_gefahr", "offenkundig", "entbindung"}
}

func (Concern) Values() []Concern { return []Concern{Mismatch} }

// settled reports whether the parties came to terms, wholly, in part or in practice.
func (o Outcome) settled() bool {
	return o == Agreement || o == PartialAgreement || o == Pacification
}

// released reports whether the parties have to agree before somebody is admitted on this ground: those who
// help to carry out the work are bound like the facilitators (§ 4 MediationsG), others are not.
func (g AdmissionGround) released() bool { return g == Supervision || g == PeerConsultation }
