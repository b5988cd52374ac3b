package policies

import (
	"slices"

	"koko/domain/conflict"
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
)

// Roles lists the roles.
func Roles() []Role {
	return []Role{Reporter, Clearing, Caseworker, ConflictManager, Mediator, Steering, Supervisor, Evaluation, DPO, Admin}
}

// The actions that are not commands of a case.
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
)

// Actions lists everything that a role may permit: the commands of a case that people give, the
// ways to read it, and the administration of grants.
func Actions() []string {
	var acts []string
	for _, a := range conflict.AllActions() {
		if a != conflict.ActionDeadlinePassed {
			acts = append(acts, string(a))
		}
	}
	return slices.Concat(acts, []string{
		ReadCase, ReadFacts, ReadSignal, ReadFile, ReadIdentities, ReadMediation, ReadHistory,
		ReadGrants, GiveGrant, EndGrant,
	})
}
