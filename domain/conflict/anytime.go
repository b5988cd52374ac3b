package conflict

import (
	"encoding/base64"
	"regexp"

	"koko/domain/fault"
	"koko/domain/file"
)

// Assign gives the case to somebody.
type Assign struct {
	Assignee string `json:"assignee" maxLength:"128" doc:"Subject of the person who works on the case" example:"0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10" grant:"caseworker,conflict_manager,mediator"`
	Docs
}

// Action is assign.
func (Assign) Action() Action { return ActionAssign }

// Check wants a person.
func (a Assign) Check() error {
	return file.First(file.Person("assignee", a.Assignee), a.In(a.Action()))
}

// Apply keeps whether it is by their own hand: whoever has the case already and takes it again has it as before.
func (a Assign) Apply(c *Case, by Stamp) *fault.Error {
	if own := a.Assignee == by.By; !own || a.Assignee != c.Assignee {
		c.SelfAssigned = own
	}
	c.Assignee = a.Assignee
	return nil
}

// The kinds of notices about a case, beside those of its deadlines.
const (
	noticeAssigned = "self_assigned"
	noticeRead     = "identities_read" // by somebody who let themselves in, or whom nobody assigned
)

// notices tells those who oversee the case that somebody assigned it to themselves.
func (c Case) notices(before Case) []file.Notice {
	if !c.SelfAssigned || before.Assignee == c.Assignee {
		return nil
	}
	return []file.Notice{{Kind: noticeAssigned, Roles: overseeing}}
}

// AddNote adds a note.
type AddNote struct {
	Compartment Drawer     `json:"compartment" required:"false" default:"case" doc:"Who may read it" example:"case"`
	Note        file.Words `json:"note,omitzero" required:"true" in:"{compartment}" minLength:"1" maxLength:"50000" doc:"What is to be noted" example:"Telefonat mit dem Stadtverband: Termin zugesagt."`
	Docs
}

// Prepare has a note lie in the case file unless it says otherwise.
func (n AddNote) Prepare() (file.Command, error) {
	n.Compartment = orCaseFile(n.Compartment)
	return n, nil
}

// Action is add_note.
func (AddNote) Action() Action { return ActionAddNote }

// Check wants one note.
func (n AddNote) Check() error {
	return file.First(n.In(n.Action(), CaseFile, Identities), n.Needs("note"), single(n.Docs))
}

func (n AddNote) Apply(c *Case, _ Stamp) *fault.Error {
	c.Notes++
	return nil
}

var mediaType = regexp.MustCompile(`^[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}$`)

// AttachDocument adds a document.
type AttachDocument struct {
	Compartment Drawer     `json:"compartment" required:"false" default:"case" doc:"Who may read it" example:"case"`
	Title       file.Words `json:"title,omitzero" required:"true" in:"{compartment}" minLength:"1" maxLength:"200" doc:"What the document is called" example:"Pachtordnung"`
	MediaType   string     `json:"media_type" in:"{compartment}" maxLength:"100" pattern:"^[a-z]+/[a-z0-9][a-z0-9.+-]*$" doc:"Media type (RFC 6838)" example:"application/pdf"`
	Content     file.Words `json:"content,omitzero" required:"true" in:"{compartment}" maxLength:"11184812" encoding:"base64" doc:"Base64; 8 MiB at most" example:"S29Lbwo="`
	Size        int        `json:"size" own:"true"` // bytes
	Docs
}

// Prepare counts the bytes of the document, which lies in the case file unless it says otherwise.
func (a AttachDocument) Prepare() (file.Command, error) {
	content, err := base64.StdEncoding.DecodeString(string(a.Content))
	if err != nil {
		return nil, file.Invalid("content", "base64", "the content is not base64", "encode the bytes of the document (RFC 4648)")
	}
	a.Compartment, a.Size = orCaseFile(a.Compartment), len(content)
	return a, nil
}

func orCaseFile(d Drawer) Drawer {
	if d == "" {
		return Drawer(CaseFile)
	}
	return d
}

// Action is attach_document.
func (AttachDocument) Action() Action { return ActionAttachDocument }

// Check wants one document with a title and a media type.
func (a AttachDocument) Check() error {
	var form *fault.Error
	if !mediaType.MatchString(a.MediaType) {
		form = file.Invalid("media_type", "pattern", "not a media type", "write it as type/subtype, such as application/pdf")
	}
	return file.First(form, file.Between("size", a.Size, 1, 1<<30), a.In(a.Action(), CaseFile, Identities),
		a.Needs("title"), a.Needs("content"), single(a.Docs))
}

func (a AttachDocument) Apply(c *Case, _ Stamp) *fault.Error {
	c.Attachments++
	return nil
}

func single(d Docs) *fault.Error {
	if len(d.Docs) != 1 {
		return file.Invalid("docs", "max_items", "not exactly one document", "give one compartment")
	}
	return nil
}
