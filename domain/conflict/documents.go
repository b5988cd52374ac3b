package conflict

import "koko/domain/process"

// What every process of KoKo shares, under the names that the case's readers look for.
type (
	// A Compartment is a part of a case's documents that has keys and readers of its own.
	Compartment = process.Compartment
	// A Doc refers to prose: an immutable document outside every history.
	Doc = process.Doc
	// Docs is embedded in every command: the documents with its prose.
	Docs = process.Docs
	// A Date is a calendar day, YYYY-MM-DD (ISO 8601).
	Date = process.Date
	// A Stamp says who decided something, and when.
	Stamp = process.Stamp
	// A Deadline is a day by which something is expected.
	Deadline = process.Deadline
	// An Option is an action of a case and, if the rules do not allow it now, why.
	Option = process.Option
	// An Action names what can be done to a case, in URLs, Updates and policy.csv alike.
	Action = process.Action
	// A Relation is what ties a person to a case.
	Relation = process.Relation
)

// System is the actor of what the workflow does by itself.
const System = process.System

// The compartments.
const (
	CaseFile      Compartment = "case"       // Fallakte
	Identities    Compartment = "identities" // who is behind an actor
	MediationFile Compartment = "mediation"  // §4 MediationsG: the mediators of record alone
)

// Compartments lists them.
func Compartments() []Compartment { return []Compartment{CaseFile, Identities, MediationFile} }
