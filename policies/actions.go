package policies

import (
	"slices"
	"strings"

	"koko/domain/conflict"
	"koko/domain/process"
	"koko/domain/training"
)

// A Role is what a grant makes of a person.
type Role string

// The roles, as grants and policy.csv name them.
const (
	Reporter        Role = "reporter"         // Meldende Stelle
	Clearing        Role = "clearing"         // Clearingstelle, Konfliktanlaufstelle
	Caseworker      Role = "caseworker"       // Fallbearbeitung
	ConflictManager Role = "conflict_manager" // Konfliktmanager:in
	Mediator        Role = "mediator"         // Mediator:in, Prozessbegleitung (external)
	Steering        Role = "steering"         // Steuerungsgruppe
	Supervisor      Role = "supervisor"       // Fachaufsicht
	Evaluation      Role = "evaluation"       // Evaluation
	DPO             Role = "dpo"              // Datenschutzbeauftragte:r
	Admin           Role = "admin"            // Rechteverwaltung
	Trainee         Role = "trainee"          // Teilnehmer:in
	Trainer         Role = "trainer"          // Trainer:in
	Assessor        Role = "assessor"         // Prüfer:in
	Coordinator     Role = "coordinator"      // Kurskoordination
	Certifier       Role = "certifier"        // Zertifizierungsstelle
	Employer        Role = "employer"         // Führungskraft beim Arbeitgeber
)

// Roles lists the roles.
func Roles() []Role {
	return []Role{
		Reporter, Clearing, Caseworker, ConflictManager, Mediator, Steering, Supervisor, Evaluation, DPO, Admin,
		Trainee, Trainer, Assessor, Coordinator, Certifier, Employer,
	}
}

// The actions that are not commands.
const (
	ReadCase       = "read_case"       // its whole state
	ReadFacts      = "read_facts"      // its de-identified facts
	ReadSignal     = "read_signal"     // the signal that the caller reported
	ReadFile       = "read_file"       // documents of the case file
	ReadIdentities = "read_identities" // who is behind an actor
	ReadMediation  = "read_mediation"  // documents of the mediation (§4 MediationsG)
	ReadHistory    = "read_history"    // who did what and when
	ReadGrants     = "read_grants"
	GiveGrant      = "give_grant"
	EndGrant       = "end_grant"

	ReadEnrolment          = "read_enrolment"       // its whole state
	ReadProgress           = "read_progress"        // how far it is: no reasons, rubrics or assessors
	ReadTrainingFile       = "read_training_file"   // documents of the training
	ReadAssessmentFile     = "read_assessment_file" // documents of the assessment
	ReadCertificate        = "read_certificate"     // the certificate itself
	ReadCohort             = "read_cohort"
	ReadParticipants       = "read_participants"     // who has a seat in a cohort
	ReadTrainingHistory    = "read_training_history" // who did what and when to an enrolment or a cohort
	ReadTrainingStatistics = "read_training_statistics"
	PublishCurriculum      = "publish_curriculum"

	ExplainAuthorization = "explain_authorization" // what somebody else may do, and why
	ExplainGrants        = "explain_grants"        // the same, as far as it follows from grants
	ReadAccess           = "read_access"           // who could read a file, and what somebody could read
	ReadAccessLog        = "read_access_log"       // who was refused, read or granted what
	ReadLedger           = "read_ledger"           // how the log of the audit stands
	SignCheckpoint       = "sign_checkpoint"       // have the log signed as it stands

	RequestErasure       = "request_erasure"        // of a document that the caller may read
	RequestUnseenErasure = "request_unseen_erasure" // of any other, without learning what it is
	ApproveErasure       = "approve_erasure"        // or reject it
	ReadErasures         = "read_erasures"          // what was asked to be erased, and what became of it
	ExportSealed         = "export_sealed"          // the file as one sealed file

	ReadDifferences = "read_differences" // what is not as it was decided
	ProposeRepair   = "propose_repair"
	ApproveRepair   = "approve_repair" // or reject it
)

// Actions lists everything that a role may permit: the commands of cases, enrolments and cohorts
// that people give, the ways to read them, and the administration of grants.
func Actions() []string {
	return slices.Concat(
		commands(conflict.AllActions()), Reading(process.KindCase), []string{ReadGrants, GiveGrant, EndGrant},
		[]string{ExplainAuthorization, ExplainGrants, ReadAccess, ReadAccessLog, ReadLedger, SignCheckpoint},
		[]string{RequestErasure, RequestUnseenErasure, ApproveErasure, ReadErasures, ExportSealed, ReadDifferences, ProposeRepair, ApproveRepair},
		commands(training.AllActions(), training.AllCohortActions()),
		[]string{
			ReadEnrolment, ReadProgress, ReadTrainingFile, ReadAssessmentFile, ReadCertificate,
			ReadCohort, ReadParticipants, ReadTrainingHistory, ReadTrainingStatistics, PublishCurriculum,
		})
}

// Reading lists the ways to read a file of kind k.
func Reading(k process.Kind) []string {
	switch k {
	case process.KindCase:
		return []string{ReadCase, ReadFacts, ReadSignal, ReadFile, ReadIdentities, ReadMediation, ReadHistory}
	case process.KindEnrolment:
		return []string{ReadEnrolment, ReadProgress, ReadTrainingFile, ReadAssessmentFile, ReadCertificate, ReadTrainingHistory}
	case process.KindCohort:
		return []string{ReadCohort, ReadParticipants, ReadTrainingHistory}
	}
	return nil
}

// On lists what can be done to a file of kind k, and with it.
func On(k process.Kind) []string {
	of := map[process.Kind][]process.Action{
		process.KindCase: conflict.AllActions(), process.KindEnrolment: training.AllActions(), process.KindCohort: training.AllCohortActions(),
	}
	on := slices.Concat(commands(of[k]), Reading(k), []string{ExplainAuthorization, ExplainGrants, ReadAccess})
	if k != process.KindCohort {
		on = append(on, RequestErasure, RequestUnseenErasure, ApproveErasure, ExportSealed)
	}
	return on
}

// OfMediation lists what is done with a mediation: outsiders do not learn that it is done (§4 MediationsG).
func OfMediation() []string {
	return []string{
		ReadMediation, string(conflict.ActionConfirmConditions), string(conflict.ActionRecordSession), string(conflict.ActionRecordInterimResult),
		OfMediationErasure(RequestErasure), OfMediationErasure(ApproveErasure), OfMediationErasure(RejectErasure),
	}
}

// RejectRepair is what stands in the access log when a repair is rejected: whoever may approve may reject.
const RejectRepair = "reject_repair"

// RejectErasure is what stands in the access log when a request to erase is rejected: whoever may
// approve may reject.
const RejectErasure = "reject_erasure"

// OfMediationErasure is how an act on the erasure of a document stands in the access log if the
// document belongs to a mediation.
func OfMediationErasure(act string) string {
	return strings.TrimSuffix(act, "erasure") + "mediation_erasure"
}

// commands leaves out what no person does.
func commands(lists ...[]process.Action) []string {
	var acts []string
	for _, a := range slices.Concat(lists...) {
		if !training.Internal(a) { // deadline_passed of cases, too
			acts = append(acts, string(a))
		}
	}
	return acts
}
