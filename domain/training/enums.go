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
)
