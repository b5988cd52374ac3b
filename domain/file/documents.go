package file

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"

	"koko/domain/fault"
)

// A Compartment is a part of the documents of a case or an enrolment that has keys and readers of
// its own.
type Compartment string

// A Doc refers to prose: an immutable document outside every history, and what proves it.
type Doc struct {
	ID          string      `json:"id" format:"uuid" doc:"Id of the document"`
	Action      Action      `json:"action" doc:"The command that it belongs to" example:"record_analysis"`
	Compartment Compartment `json:"compartment" doc:"The part of the file that it lies in: it has readers of its own" example:"case"`
	Digest      string      `json:"digest" doc:"Salted SHA-256, hex"`
	Fields      []string    `json:"fields" nullable:"false" doc:"What it says something about" example:"[\"rationale\"]"`
}

// Docs is embedded in every command: the documents with its prose.
type Docs struct {
	Docs []Doc `json:"docs,omitempty" nullable:"false" doc:"The documents with the words"`
}

// References lists the documents.
func (d Docs) References() []Doc { return d.Docs }

var (
	docID     = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	docDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)
	fieldName = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,63}$`)
)

// In refuses documents that are not of the command called action or lie in other compartments than allowed.
func (d Docs) In(action Action, allowed ...Compartment) *fault.Error {
	if f := AtMost("docs", len(d.Docs), 8); f != nil {
		return f
	}
	for i, doc := range d.Docs {
		field := Index("docs", i)
		switch {
		case !docID.MatchString(doc.ID):
			return Invalid(field+".id", "uuid", "not the id of a document", "store the document first")
		case !docDigest.MatchString(doc.Digest):
			return Invalid(field+".digest", "sha256", "not a digest", "give the digest that storing returned")
		case doc.Action != action:
			return Invalid(field+".action", "action", "the document belongs to another command", "store it for "+string(action))
		case !slices.Contains(allowed, doc.Compartment):
			return Invalid(
				field+".compartment",
				"compartment",
				"the document lies in the wrong compartment",
				"store it where "+string(action)+" keeps its prose",
			)
		case slices.ContainsFunc(d.Docs[:i], func(o Doc) bool { return o.ID == doc.ID }):
			return Invalid(field+".id", "unique", "the document stands twice", "name each document once")
		}
		if f := AtMost(field+".fields", len(doc.Fields), 400); f != nil {
			return f
		}
		for j, name := range doc.Fields {
			if !fieldName.MatchString(name) {
				return Invalid(Index(field+".fields", j), "field_name", "not the name of a field", "name fields, never people")
			}
		}
	}
	return nil
}

// Has reports whether one of the documents says something about field.
func (d Docs) Has(field string) bool {
	return slices.ContainsFunc(d.Docs, func(doc Doc) bool { return slices.Contains(doc.Fields, field) })
}

// Needs refuses a command whose documents say nothing about field.
func (d Docs) Needs(field string) *fault.Error {
	if d.Has(field) {
		return nil
	}
	return Invalid(field, "required", field+" is missing", "say it in a sentence or two")
}

// NeedsIf is Needs where a decision has to be explained, and refuses nothing otherwise.
func (d Docs) NeedsIf(explained bool, field string) *fault.Error {
	if !explained {
		return nil
	}
	return d.Needs(field)
}

// completed is a command to which KoKo adds facts of its own.
type completed interface {
	// Said is the command as it was given: what KoKo adds may differ when it is sent again.
	Said() Command
}

// Digest identifies what a command says: SHA-256 over its action and its JSON, hex. What KoKo adds
// to a command does not count.
func Digest(cmd Command) string {
	if c, ok := cmd.(completed); ok {
		cmd = c.Said()
	}
	//workflowcheck:ignore -- a struct without maps has one JSON, however the encoder caches its types
	b, err := json.Marshal(struct {
		Action  Action  `json:"action"`
		Command Command `json:"command"`
	}{cmd.Action(), cmd})
	if err != nil {
		panic("file: a command is always JSON: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// IsID reports whether id is a UUID as KoKo writes them, in lower case.
func IsID(id string) bool { return docID.MatchString(id) }
