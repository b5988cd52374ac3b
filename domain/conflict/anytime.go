package conflict

import (
	"regexp"
	"slices"

	"koko/domain/fault"
	"koko/domain/process"
)

// Assign gives the case to somebody.
type Assign struct {
	Assignee string `json:"assignee" maxLength:"128" doc:"Subject of the person who works on the case" example:"0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10"`
	Docs
}

// Action is assign.
func (Assign) Action() Action { return ActionAssign }

// Check wants a person.
func (a Assign) Check() error {
	return process.First(process.Person("assignee", a.Assignee), a.In(a.Action()))
}

func (a Assign) apply(c *Case, _ Stamp) *fault.Error {
	c.Assignee = a.Assignee
	return nil
}

// AddNote adds a note, in the compartment of its document. Prose: note.
type AddNote struct {
	Docs
}

// Action is add_note.
func (AddNote) Action() Action { return ActionAddNote }

// Check wants one note.
func (n AddNote) Check() error {
	return process.First(n.In(n.Action(), Compartments()...), n.Needs("note"), single(n.Docs))
}

func (n AddNote) apply(c *Case, by Stamp) *fault.Error {
	if f := writable(n.Docs, *c, by.By); f != nil {
		return f
	}
	c.Notes++
	return nil
}

var mediaType = regexp.MustCompile(`^[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}$`)

// AttachDocument adds a document. Prose: title, content.
type AttachDocument struct {
	MediaType string `json:"media_type" maxLength:"100" pattern:"^[a-z]+/[a-z0-9][a-z0-9.+-]*$" doc:"Media type (RFC 6838), such as application/pdf"`
	Size      int    `json:"size"` // bytes
	Docs
}

// Action is attach_document.
func (AttachDocument) Action() Action { return ActionAttachDocument }

// Check wants one document with a title and a media type.
func (a AttachDocument) Check() error {
	var form *fault.Error
	if !mediaType.MatchString(a.MediaType) {
		form = process.Invalid("media_type", "pattern", "not a media type", "write it as type/subtype, such as application/pdf")
	}
	return process.First(form, process.Between("size", a.Size, 1, 1<<30), a.In(a.Action(), Compartments()...),
		a.Needs("title"), a.Needs("content"), single(a.Docs))
}

func (a AttachDocument) apply(c *Case, by Stamp) *fault.Error {
	if f := writable(a.Docs, *c, by.By); f != nil {
		return f
	}
	c.Attachments++
	return nil
}

func single(d Docs) *fault.Error {
	if len(d.Docs) != 1 {
		return process.Invalid("docs", "max_items", "not exactly one document", "give one compartment")
	}
	return nil
}

// writable: what goes to the mediation file comes from the mediators of record.
func writable(d Docs, c Case, by string) *fault.Error {
	if slices.ContainsFunc(d.Docs, func(doc Doc) bool { return doc.Compartment == MediationFile }) {
		return ofRecord(c, by)
	}
	return nil
}
