package conflict

import "koko/domain/file"

// What every process of KoKo shares, under the names that the case's readers look for.
type (
	// A Compartment is a part of a case's documents that has keys and readers of its own.
	Compartment = file.Compartment
	// A Doc refers to prose: an immutable document outside every history.
	Doc = file.Doc
	// Docs is embedded in every command: the documents with its prose.
	Docs = file.Docs
	// A Date is a calendar day, YYYY-MM-DD (ISO 8601).
	Date = file.Date
	// A Stamp says who decided something, and when.
	Stamp = file.Stamp
	// A Deadline is a day by which something is expected.
	Deadline = file.Deadline
	// An Option is an action of a case and, if the rules do not allow it now, why.
	Option = file.Option
	// An Action names what can be done to a case, in URLs, Updates and policy.csv alike.
	Action = file.Action
	// A Relation is what ties a person to a case.
	Relation = file.Relation
)

// System is the actor of what the workflow does by itself.
const System = file.System

// The compartments.
const (
	CaseFile   Compartment = "case"       // Fallakte
	Identities Compartment = "identities" // who is behind an actor
)
