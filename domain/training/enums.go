package training

// The enumerations carry the field's German terms, because they are what people read and write. The
// `enum` tags of the commands repeat them for the OpenAPI document; a test keeps both equal.
type (
	// UnitKind is what a completion rule counts a module as.
	UnitKind string
	// SeatStatus is how far somebody is on the way to a seat.
	SeatStatus string
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
	// CancelReason is why a cohort or a date does not take place.
	CancelReason string
	// Source is where an attendance list comes from.
	Source string
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
	CourseModule  UnitKind = "modul"
	OnlineSession UnitKind = "online_sitzung"

	SeatWaiting SeatStatus = "wartend"
	SeatOffered SeatStatus = "angeboten"
	SeatTaken   SeatStatus = "belegt"

	ElsewhereMakeUp  MakeUpKind = "anderer_durchgang"
	AssignmentMakeUp MakeUpKind = "ersatzleistung"

	MakeUpPlanned   MakeUpStatus = "geplant"
	MakeUpSubmitted MakeUpStatus = "eingereicht"
	MakeUpAccepted  MakeUpStatus = "anerkannt"
	MakeUpMissed    MakeUpStatus = "versaeumt"

	FullCertificate        CertificateKind = "zertifikat"
	AttendanceConfirmation CertificateKind = "teilnahmebescheinigung"

	BelowMinimum CancelReason = "mindestzahl"

	StepRelease        StepKind = "freistellung"
	StepApplication    StepKind = "zulassung"
	StepSeat           StepKind = "platz"
	StepTransfer       StepKind = "durchgang_wechseln"
	StepResume         StepKind = "fortsetzen"
	StepAttend         StepKind = "teilnahme"
	StepElsewhere      StepKind = "anderer_durchgang"
	StepAssignment     StepKind = "ersatzleistung"
	StepSubmit         StepKind = "ersatzleistung_abschliessen"
	StepConcept        StepKind = "konzept"
	StepCaseReport     StepKind = "fallbericht"
	StepSupervision    StepKind = "supervision"
	StepAssessors      StepKind = "pruefende_benennen"
	StepAssessment     StepKind = "pruefung"
	StepAppeal         StepKind = "widerspruch"
	StepAppealDecision StepKind = "widerspruch_entscheiden"
	StepCertificate    StepKind = "zertifikat"

	ByTrainee     Actor = "teilnehmende"
	BySuperior    Actor = "vorgesetzte"
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

// The values of each enumeration, in the order of forms.
var (
	UnitKinds         = []UnitKind{CourseModule, OnlineSession}
	SeatStatuses      = []SeatStatus{SeatWaiting, SeatOffered, SeatTaken}
	MakeUpKinds       = []MakeUpKind{ElsewhereMakeUp, AssignmentMakeUp}
	MakeUpStatuses    = []MakeUpStatus{MakeUpPlanned, MakeUpSubmitted, MakeUpAccepted, MakeUpMissed}
	Criteria          = []Criterion{"konzept", "fallbericht", "kolloquium", "haltung", "transfer"}
	PauseReasons      = []PauseReason{"elternzeit", "krankheit", "pflege", "dienstlich", "sonstiges"}
	WithdrawalReasons = []WithdrawalReason{"eigener_wunsch", "arbeitgeber", "stellenwechsel", "krankheit", "sonstiges"}
	ReissueReasons    = []ReissueReason{"namensaenderung", "fehlerkorrektur"}
	RevocationReasons = []RevocationReason{"taeuschung", "irrtum", "auf_wunsch"}
	CertificateKinds  = []CertificateKind{FullCertificate, AttendanceConfirmation}
	CancelReasons     = []CancelReason{BelowMinimum, "ausfall_leitung", "ort_nicht_verfuegbar", "sonstiges"}
	Sources           = []Source{"unterschriftenliste", "lernplattform"}
	StepKinds         = []StepKind{
		StepRelease, StepApplication, StepSeat, StepTransfer, StepResume, StepAttend, StepElsewhere, StepAssignment, StepSubmit, StepConcept,
		StepCaseReport, StepSupervision, StepAssessors, StepAssessment, StepAppeal, StepAppealDecision, StepCertificate,
	}
	Actors      = []Actor{ByTrainee, BySuperior, ByCoordinator, ByTrainer, ByAssessors, ByOthers, ByCertifier, ByItself}
	Needs       = []Need{NeedModules, NeedOnline, NeedMinutes, NeedConcept, NeedCases, NeedSupervisions, NeedAssessment}
	WayWarnings = []WayWarning{NoWarning, Tight, Unreachable}
	WayReasons  = []WayReason{ForTime, ForMakeUps, ForAttempts, ForCohort}
)
