package policies

import (
	"slices"

	"koko/domain/file"
	"koko/kinds"
)

// A Role is what a grant makes of a person.
type Role string

// The roles of the house. Each kind of file brings its own.
const (
	Supervisor Role = "supervisor" // Fachaufsicht
	Evaluation Role = "evaluation" // Evaluation
	DPO        Role = "dpo"        // Datenschutzbeauftragte:r
	Admin      Role = "admin"      // Rechteverwaltung
)

// house are the roles of the house, as kinds describe theirs. Their words stand in package story.
var house = []file.RoleSpec{
	{Name: string(Supervisor), Title: "a supervisor"},
	{Name: string(Evaluation), Title: "the evaluation"},
	{Name: string(DPO), Title: "the data protection officer"},
	{Name: string(Admin), Title: "an administrator"},
}

// roles are all roles: those of the kinds in the order of the list, then those of the house.
var roles = func() (all []file.RoleSpec) {
	for _, k := range kinds.All() {
		all = append(all, k.Roles...)
	}
	return append(all, house...)
}()

// Roles lists the roles.
func Roles() []Role {
	all := make([]Role, len(roles))
	for i, r := range roles {
		all[i] = Role(r.Name)
	}
	return all
}

// byTwo are the roles that oversee others, and the one that gives rights.
var byTwo = []Role{Supervisor, DPO, Admin}

// ByTwo reports whether a grant of a role is proposed by one person and approved by another: nobody alone makes
// somebody a supervisor, a data protection officer or an administrator, or gives a role with the rights of one.
func (p *Policy) ByTwo(r Role) bool {
	return slices.ContainsFunc(byTwo, func(two Role) bool { return p.has(r, two) })
}

// titleOf names somebody who has a role.
func titleOf(r Role) string {
	return roles[slices.IndexFunc(roles, func(s file.RoleSpec) bool { return s.Name == string(r) })].Title
}

// The actions of the house: what can be done with files of every kind, and with what is no file.
const (
	ReadGrants = "read_grants"
	GiveGrant  = "give_grant" // or propose it, if two are needed
	EndGrant   = "end_grant"

	ApproveGrant = "approve_grant" // or reject it

	ReadAbsences      = "read_absences" // of others
	EnterAbsence      = "enter_absence" // of others; change and end it, too
	ReadSubstitutions = "read_substitutions"
	EnterSubstitution = "enter_substitution" // for others
	EndSubstitution   = "end_substitution"

	ExplainAuthorization = "explain_authorization" // what somebody else may do, and why
	ExplainGrants        = "explain_grants"        // the same, as far as it follows from grants
	ReadAccess           = "read_access"           // who could read a file, and what somebody could read
	ReadAccessLog        = "read_access_log"       // who was refused, read or was granted what
	ReadLedger           = "read_ledger"           // how the log of the audit stands
	SignCheckpoint       = "sign_checkpoint"       // have the log signed as it stands

	RequestErasure       = "request_erasure"        // of a document that the caller may read
	RequestUnseenErasure = "request_unseen_erasure" // of any other, without learning what it is
	ApproveErasure       = "approve_erasure"        // or reject it
	ReadErasures         = "read_erasures"          // what was asked to be erased, and what became of it
	ExportSealed         = "export_sealed"          // the file as one sealed file

	ReadDisclosureCounts = "read_disclosure_counts" // how often something confidential was disclosed, of quarters that are over

	ReadDifferences = "read_differences" // what is not as it was decided
	ProposeRepair   = "propose_repair"
	ApproveRepair   = "approve_repair" // or reject it
)

// The names of rejections in the access log: whoever may approve may reject.
const (
	RejectRepair  = "reject_repair"
	RejectErasure = "reject_erasure"
	RejectGrant   = "reject_grant"
)

// ProposeGrant is the name in the access log of what somebody else has to approve: whoever may give a grant may propose one.
const ProposeGrant = "propose_grant"

// The names of what becomes of an absence in the access log: whoever may enter one may do so.
const (
	ChangeAbsence = "change_absence"
	EndAbsence    = "end_absence"
)

// onFiles are the actions of the house on a file of any kind.
var onFiles = []string{ExplainAuthorization, ExplainGrants, ReadAccess, RequestErasure, RequestUnseenErasure, ApproveErasure, ExportSealed}

// Actions lists everything that a role may permit, each once: of every kind the commands that people
// give, the ways to read a file and what is about the kind; and what the house does.
func Actions() []string { return actions }

var actions = func() []string {
	var all []string
	for _, k := range kinds.All() {
		for _, a := range slices.Concat(k.Given(), k.Reading(), k.Freely(), k.Elsewhere) {
			if !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	return slices.Concat(all, ofTheHouse)
}()

var ofTheHouse = []string{
	ReadGrants, GiveGrant, ApproveGrant, EndGrant, ReadAbsences, EnterAbsence, ReadSubstitutions, EnterSubstitution, EndSubstitution,
	ExplainAuthorization, ExplainGrants, ReadAccess, ReadAccessLog, ReadLedger, SignCheckpoint,
	RequestErasure, RequestUnseenErasure, ApproveErasure, ReadErasures, ExportSealed, ReadDifferences, ProposeRepair, ApproveRepair,
	ReadDisclosureCounts,
}

// OfTheHouse reports whether an action is one of the house, whatever the kind of file.
func OfTheHouse(act string) bool { return slices.Contains(ofTheHouse, act) }

// On lists what can be done to a file of a kind, and with it.
func On(k *file.Definition) []string {
	return slices.Concat(k.Given(), k.Reading(), k.Freely(), onFiles)
}
