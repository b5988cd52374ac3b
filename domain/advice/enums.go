package advice

// The enumerations carry the field's German terms, because they are what people read and write.
type (
	// Phase is where an advice stands.
	Phase string
	// Form is what is asked for.
	Form string
	// Topic is what it is about.
	Topic string
	// Urgency is how soon somebody is needed.
	Urgency string
	// Origin is where the client works.
	Origin string
	// DeclineReason is why a request is declined.
	DeclineReason string
	// Referral is where a request is referred to.
	Referral string
	// WithdrawReason is why a request is withdrawn.
	WithdrawReason string
	// Payer is who pays.
	Payer string
	// Listener is to whom something is told.
	Listener string
	// Telling is what is told.
	Telling string
	// Setting is how people met.
	Setting string
	// PauseReason is why an advice rests.
	PauseReason string
	// Outcome is how an advice was closed. It does not say whether the goals were reached: the client does.
	Outcome string
	// Ending is an Outcome that somebody decides on.
	Ending Outcome
	// BreakReason is why an advice was broken off.
	BreakReason string
	// Hold is how it holds after three months.
	Hold string
)

// The phases. An advice that nobody has asked for yet has none.
const (
	Received Phase = "eingegangen"
	Cleared  Phase = "geklaert"
	Agreed   Phase = "vereinbart"
	Running  Phase = "laufend"
	Resting  Phase = "ruht"
	Closed   Phase = "abgeschlossen"
	Broken   Phase = "abgebrochen"
	Asked    Phase = "nachgefragt"
	Rejected Phase = "abgelehnt"
	Passed   Phase = "weiterverwiesen"
	Withdrew Phase = "zurueckgezogen"
	Lapsed   Phase = "verfallen"
)

// The values that rules refer to.
const (
	Coaching    Form = "coaching"
	Supervision Form = "supervision"

	Fulfilled Ending = "auftrag_erfuellt"
	UsedUp    Ending = "kontingent_ausgeschoepft"
	Concluded Ending = "einvernehmlich_beendet"

	// PeriodOver is an end that nobody decides on: the agreed period is over.
	PeriodOver Outcome = "zeitraum_abgelaufen"
)

// The values of the enumerations, in the order in which people choose from them.

func (Phase) Values() []Phase {
	return []Phase{Received, Cleared, Agreed, Running, Resting, Closed, Broken, Asked, Rejected, Passed, Withdrew, Lapsed}
}

func (Form) Values() []Form {
	return []Form{"beratung", "begleitung", Coaching, Supervision, "fachinput"}
}

func (Topic) Values() []Topic {
	return []Topic{
		"konfliktfall",
		"konfliktmanagementsystem",
		"krisenvorsorge",
		"netzwerk",
		"rolle_und_haltung",
		"zusammenarbeit",
		"sonstiges",
	}
}

func (Urgency) Values() []Urgency { return []Urgency{"planbar", "bald", "dringend"} }

func (Origin) Values() []Origin {
	return []Origin{"kommune", "ki", "traeger", "schule", "ehrenamt", "sonstige"}
}

func (DeclineReason) Values() []DeclineReason {
	return []DeclineReason{"nicht_zustaendig", "kein_beratungsanliegen", "keine_kapazitaet", "befangenheit", "doppelt", "sonstiges"}
}

func (Referral) Values() []Referral {
	return []Referral{
		"ki",
		"kommune",
		"land",
		"konfliktfall",
		"qualifizierung",
		"polizei",
		"psychosoziale_hilfe",
		"rechtsberatung",
		"andere_stelle",
	}
}

func (WithdrawReason) Values() []WithdrawReason {
	return []WithdrawReason{"erledigt", "anderer_weg", "keine_zeit", "sonstiges"}
}

func (Payer) Values() []Payer {
	return []Payer{"kostenfrei", "kommune", "kreis", "land", "foerderprogramm", "traeger"}
}

func (Listener) Values() []Listener {
	return []Listener{"vorgesetzte", "auftraggeber", "koordination", "kostentraeger"}
}

func (Telling) Values() []Telling {
	return []Telling{"nichts", "dass_sie_stattfindet", "stunden", "ergebnis_nach_absprache"}
}

func (Setting) Values() []Setting { return []Setting{"vor_ort", "video", "telefon"} }

func (PauseReason) Values() []PauseReason {
	return []PauseReason{"krankheit", "urlaub", "arbeitslast", "klaerung", "sonstiges"}
}

func (Ending) Values() []Ending { return []Ending{Fulfilled, UsedUp, Concluded} }

func (Outcome) Values() []Outcome {
	return []Outcome{Outcome(Fulfilled), Outcome(UsedUp), Outcome(Concluded), PeriodOver}
}

func (BreakReason) Values() []BreakReason {
	return []BreakReason{"durch_ratsuchende", "durch_beratende", "keine_rueckmeldung", "befangenheit", "sonstiges"}
}

func (Hold) Values() []Hold {
	return []Hold{"traegt", "traegt_teilweise", "traegt_nicht", "neuer_bedarf"}
}

// Discreet reports whether nobody else may learn that somebody has asked for it.
func (f Form) Discreet() bool { return f == Coaching || f == Supervision }
