package enrolment

// The enumerations carry the field's German terms, because they are what people read and write.
type (
	// MakeUpKind is how a missed module is made up.
	MakeUpKind string
	// MakeUpStatus is where a make-up stands.
	MakeUpStatus string
	// Criterion is what assessors look at.
	Criterion string
	// PauseReason is why an enrolment rests.
	PauseReason string
	// WithdrawalReason is why somebody leaves the programme.
	WithdrawalReason string
	// ReissueReason is why a certificate is issued anew.
	ReissueReason string
	// RevocationReason is why a certificate no longer holds.
	RevocationReason string
	// CertificateKind is what a certificate attests.
	CertificateKind string
	// StepKind is what has to be done next on the way to the certificate.
	StepKind string
	// Actor is who has to do it.
	Actor string
	// Need is what is missing for the certificate.
	Need string
	// WayWarning is whether the certificate can still be reached.
	WayWarning string
	// WayReason is what makes it tight or impossible.
	WayReason string
)

// The values that rules refer to.
const (
	ElsewhereMakeUp  MakeUpKind = "anderer_durchgang"
	AssignmentMakeUp MakeUpKind = "ersatzleistung"

	MakeUpPlanned   MakeUpStatus = "geplant"
	MakeUpSubmitted MakeUpStatus = "eingereicht"
	MakeUpAccepted  MakeUpStatus = "anerkannt"
	MakeUpMissed    MakeUpStatus = "versaeumt"

	FullCertificate        CertificateKind = "zertifikat"
	AttendanceConfirmation CertificateKind = "teilnahmebescheinigung"
	StepRelease            StepKind        = "freistellung"
	StepApplication        StepKind        = "zulassung"
	StepSeat               StepKind        = "platz"
	StepTransfer           StepKind        = "durchgang_wechseln"
	StepResume             StepKind        = "fortsetzen"
	StepAttend             StepKind        = "teilnahme"
	StepElsewhere          StepKind        = "anderer_durchgang"
	StepAssignment         StepKind        = "ersatzleistung"
	StepSubmit             StepKind        = "ersatzleistung_abschliessen"
	StepConcept            StepKind        = "konzept"
	StepCaseReport         StepKind        = "fallbericht"
	StepSupervision        StepKind        = "supervision"
	StepAssessors          StepKind        = "pruefende_benennen"
	StepAssessment         StepKind        = "pruefung"
	StepAppeal             StepKind        = "widerspruch"
	StepAppealDecision     StepKind        = "widerspruch_entscheiden"
	StepCertificate        StepKind        = "zertifikat"

	ByTrainee     Actor = "teilnehmende"
	ByLineManager Actor = "vorgesetzte"
	ByCoordinator Actor = "koordination"
	ByTrainer     Actor = "leitung"
	ByAssessors   Actor = "pruefende"
	ByOthers      Actor = "beschwerdestelle"
	ByCertifier   Actor = "zertifizierende"
	ByItself      Actor = "von_selbst"

	NeedModules      Need = "module"
	NeedOnline       Need = "online_sitzungen"
	NeedMinutes      Need = "minuten"
	NeedConcept      Need = "konzept"
	NeedCases        Need = "fallberichte"
	NeedSupervisions Need = "supervisionen"
	NeedAssessment   Need = "pruefung"

	NoWarning   WayWarning = "keine"
	Tight       WayWarning = "knapp"
	Unreachable WayWarning = "nicht_erreichbar"

	ForTime     WayReason = "zeit"
	ForMakeUps  WayReason = "nachholen"
	ForAttempts WayReason = "versuche"
	ForCohort   WayReason = "durchgang"
)

func (MakeUpKind) Values() []MakeUpKind { return []MakeUpKind{ElsewhereMakeUp, AssignmentMakeUp} }

func (MakeUpStatus) Values() []MakeUpStatus {
	return []MakeUpStatus{MakeUpPlanned, MakeUpSubmitted, MakeUpAccepted, MakeUpMissed}
}

func (Criterion) Values() []Criterion {
	return []Criterion{"konzept", "fallbericht", "kolloquium", "haltung", "transfer"}
}

func (PauseReason) Values() []PauseReason {
	return []PauseReason{"elternzeit", "krankheit", "pflege", "dienstlich", "sonstiges"}
}

func (WithdrawalReason) Values() []WithdrawalReason {
	return []WithdrawalReason{"eigener_wunsch", "arbeitgeber", "stellenwechsel", "krankheit", "sonstiges"}
}

func (ReissueReason) Values() []ReissueReason {
	return []ReissueReason{"namensaenderung", "fehlerkorrektur"}
}

func (RevocationReason) Values() []RevocationReason {
	return []RevocationReason{"taeuschung", "irrtum", "auf_wunsch"}
}

func (CertificateKind) Values() []CertificateKind {
	return []CertificateKind{FullCertificate, AttendanceConfirmation}
}

func (StepKind) Values() []StepKind {
	return []StepKind{
		StepRelease, StepApplication, StepSeat, StepTransfer, StepResume, StepAttend, StepElsewhere, StepAssignment, StepSubmit, StepConcept,
		StepCaseReport, StepSupervision, StepAssessors, StepAssessment, StepAppeal, StepAppealDecision, StepCertificate,
	}
}

func (Actor) Values() []Actor {
	return []Actor{ByTrainee, ByLineManager, ByCoordinator, ByTrainer, ByAssessors, ByOthers, ByCertifier, ByItself}
}

func (Need) Values() []Need {
	return []Need{NeedModules, NeedOnline, NeedMinutes, NeedConcept, NeedCases, NeedSupervisions, NeedAssessment}
}

func (WayWarning) Values() []WayWarning { return []WayWarning{NoWarning, Tight, Unreachable} }

func (WayReason) Values() []WayReason {
	return []WayReason{ForTime, ForMakeUps, ForAttempts, ForCohort}
}
