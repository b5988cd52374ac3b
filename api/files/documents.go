package files

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/file"
)

func (f *Kind) registerDocuments(api huma.API) {
	of := string(f.Def.Kind)
	list := f.operation("list-"+of+"-documents", http.MethodGet, "/{id}/documents", "Documents",
		"List the documents of "+f.A()+" that you may read",
		"Every decision's free text, notes and attachments, oldest first. Documents in compartments that you may not open are left out.",
		wire.Statuses(403, 404)...,
	)
	guard.Register(f.Server, api, list, f.listDocuments)
	for _, p := range wire.OperationAt(api, list).Parameters {
		if p.Name == "action" {
			wire.OneOf(p.Schema, f.Def.Given())
		}
	}
	one := f.operation("get-"+of+"-document", http.MethodGet, "/{id}/documents/{document}", "Documents",
		"Read one document of "+f.A(),
		"A document in a compartment that you may not open is answered as if it did not exist.",
		wire.Statuses(403, 404, 410)...,
	)
	guard.Register(f.Server, api, one, f.getDocument)
	content := f.operation("get-"+of+"-document-content", http.MethodGet, "/{id}/documents/{document}/content", "Documents",
		"Download an attachment of "+f.A(),
		"The content, with the media type that it was attached with.",
		wire.Statuses(403, 404, 410)...,
	)
	content.Responses = wire.FileOf("*/*")
	guard.Register(f.Server, api, content, f.getDocumentContent)
}

// A DocumentView is the words of one decision in one compartment.
type DocumentView struct {
	ID          string            `json:"id" format:"uuid" doc:"Id of the document"`
	Action      string            `json:"action" doc:"The command that it belongs to" example:"record_analysis"`
	Compartment file.Compartment  `json:"compartment" doc:"The part of the file that it lies in, with readers of its own" example:"case"`
	Number      int               `json:"number" doc:"Version among the file's documents of this command in this compartment"`
	FileVersion int               `json:"file_version" doc:"Version of the file that refers to it"`
	Author      string            `json:"author" doc:"Subject of the person who wrote it"`
	Created     time.Time         `json:"created" doc:"When it was stored"`
	Digest      string            `json:"digest" doc:"Salted SHA-256, as the decision records it"`
	Texts       map[string]string `json:"texts" doc:"What it says, by field; an attachment's content is downloaded"`
	Erased      *file.Erasure     `json:"erased,omitempty" doc:"Set if the words were erased"`
	Damaged     bool              `json:"damaged,omitempty" doc:"Whether what is kept is not what was stored: then there are no words, and whoever runs KoKo restores them from a backup"`
}

// attachment is what the words of an attachment are called: its bytes as base64, and their media type.
const (
	attachedContent = "content"
	attachedType    = "media_type"
)

func (v DocumentView) attached() bool {
	_, is := v.Texts[attachedType]
	return is
}

// withoutContent leaves the bytes of an attachment out: they are downloaded.
func (v DocumentView) withoutContent() DocumentView {
	if v.attached() {
		delete(v.Texts, attachedContent)
	}
	return v
}

type listDocumentsInput struct {
	wire.Ref
	wire.Reason
	wire.Paging
	Action string `query:"action" maxLength:"40" doc:"Only those of one command"`
}

type documentsOutput struct{ Body wire.Page[DocumentView] }

func (f *Kind) listDocuments(ctx context.Context, in *listDocumentsInput) (*documentsOutput, error) {
	if _, ok := f.Def.CommandOf(file.Action(in.Action)); in.Action != "" && !ok {
		return nil, file.Invalid("action", "enum", "there is no such command", "use one of: "+strings.Join(f.Def.Given(), ", "))
	}
	after, err := in.After(wire.Cursor{}, func(c wire.Cursor) bool {
		return c == wire.Cursor{Number: c.Number, ID: c.ID} && c.Number == int64(int32(c.Number)) && wire.IsUUID(c.ID)
	})
	if err != nil {
		return nil, err
	}
	views, err := f.documents(ctx, in.ID, string(in.Reason.Reason), "", db.DocumentFilter{
		Action: in.Action, AfterVersion: int(after.Number), AfterID: after.ID,
	}, in.Limit+1)
	if err != nil {
		return nil, err
	}
	views, next := wire.Cut(views, in.Limit, func(last DocumentView) wire.Cursor {
		return wire.Cursor{Number: int64(last.FileVersion), ID: last.ID}
	})
	return &documentsOutput{wire.PageOf(views, next, DocumentView.withoutContent)}, nil
}

// documents returns the documents of a file that the caller may read, and records the sensitive reads.
func (f *Kind) documents(ctx context.Context, fileID, reason, subject string, filter db.DocumentFilter, size int) ([]DocumentView, error) {
	caller, err := f.Principal(ctx)
	if err != nil {
		return nil, err
	}
	first := f.Def.Compartments[0].Act
	at, err := f.Find(ctx, caller, fileID, first)
	if err != nil {
		return nil, err
	}
	if filter.Compartments = f.readable(caller, at, reason); len(filter.Compartments) == 0 {
		return nil, f.refusal(caller, first, at, f.May(caller, first, at))
	}
	filter.Kind, filter.FileID = f.Def.Kind, at.ID
	sc := f.Scope(caller, append(f.compartmentActs(), f.LensScope()...)...)
	rows, err := f.As(sc).ListDocuments(ctx, sc, filter, size)
	if err != nil {
		return nil, fmt.Errorf("documents of %s %s: %w", f.Def.Kind, at.ID, err)
	}
	views := []DocumentView{}
	for _, r := range rows {
		texts, err := f.opened(at, r)
		if err != nil && !IsDamaged(err) {
			return nil, err
		}
		views = append(views, DocumentView{
			ID: r.DocumentID, Action: r.Action, Compartment: r.Compartment, Number: int(r.Number), FileVersion: int(r.Version),
			Author: r.Author, Created: r.Created, Digest: r.Digest, Texts: orNone(texts), Erased: erasedAs(r.ErasedAt, r.ErasedReason),
			Damaged: err != nil,
		})
	}
	if filter.Document != "" && len(views) == 0 {
		return nil, guard.Deny(caller, wire.NewProblem("not-found", "there is no such document").
			By("compartment", "check the id; a document in a compartment that is closed to you does not exist for you, and some are read for a reason only"),
			f.refused(caller, at, guard.Refusal{Act: first, Rule: "compartment", FileID: at.ID, Version: at.Version, Subject: subject}))
	}
	return views, f.noteSensitive(ctx, caller, at, subject, reason, views)
}

// opened returns the words of a document that a decision refers to, none if they were erased.
func (f *Kind) opened(at Folder, r db.FileDocumentRow) (map[string]string, error) {
	if r.ErasedAt != nil {
		return nil, nil
	}
	if len(r.Sealed) == 0 || !r.Decided {
		f.Log.Error("a document is damaged", "document", r.DocumentID, "file_id", at.ID, "err", "it is not what the decision refers to")
		return nil, errDamaged(r.DocumentID)
	}
	plain, _, err := f.unsealed(f.PlaceOf(at.ID, ""), r.Compartment, r.DocumentID, SealedText{r.Sealed, r.Secret, r.Wrapped}, r.Digest)
	if err != nil {
		return nil, err
	}
	return textsOf(plain)
}

// compartmentActs lists the acts that open the compartments.
func (f *Kind) compartmentActs() []string {
	var acts []string
	for _, c := range f.Def.Compartments {
		acts = append(acts, c.Act)
	}
	return acts
}

// freely reports whether the caller reads a compartment without a reason, if they read it.
func (f *Kind) freely(caller guard.Principal, c file.CompartmentSpec, at Folder) bool {
	return c.Freely == "" || f.May(caller, c.Freely, at).Allowed
}

// readable lists the compartments that the caller may read. Some are read for a reason only.
func (f *Kind) readable(caller guard.Principal, at Folder, reason string) []file.Compartment {
	open := []file.Compartment{}
	for _, c := range f.Def.Compartments {
		if !f.decide(caller, c.Act, at).Allowed || reason == "" && !f.freely(caller, c, at) {
			continue
		}
		open = append(open, c.Name)
	}
	return open
}

// noteSensitive records that sensitive compartments were read, and what a supervisor reads.
func (f *Kind) noteSensitive(ctx context.Context, caller guard.Principal, at Folder, subject, reason string, views []DocumentView) error {
	for _, c := range f.Def.Compartments {
		seen := slices.ContainsFunc(views, func(v DocumentView) bool { return v.Compartment == c.Name && v.Erased == nil })
		if !seen || !c.Sensitive && !f.supervises(caller, c.Act, at) {
			continue
		}
		if err := f.noteRead(ctx, caller, c.Act, at, subject, reason); err != nil {
			return err
		}
		if err := f.notify(ctx, caller, c, at); err != nil {
			return err
		}
	}
	return nil
}

// notify tells those who oversee a file that somebody read a compartment of it who needed a reason. What supervisors
// read is looked at in the access log, and who deals with the file in confidence stays unknown.
func (f *Kind) notify(ctx context.Context, caller guard.Principal, c file.CompartmentSpec, at Folder) error {
	if c.Notice.Kind == "" || f.freely(caller, c, at) || f.supervises(caller, c.Act, at) {
		return nil
	}
	if _, ok := f.confided(caller, at, c.Act); ok {
		return nil
	}
	return f.As(f.Scope(caller, c.Act)).NotifyReading(ctx, db.NotifyReadingParams{
		FileID: at.ID, Kind: c.Notice.Kind, Roles: c.Notice.Roles, At: f.Now(),
	})
}

type getDocumentInput struct {
	wire.Ref
	wire.Reason
	Document string `path:"document" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the document" example:"7f7f0f0e-54a3-5b0f-9a55-2f1f3a8f5b11"`
}

type documentOutput struct{ Body DocumentView }

func (f *Kind) getDocument(ctx context.Context, in *getDocumentInput) (*documentOutput, error) {
	v, err := f.document(ctx, in)
	if err != nil {
		return nil, err
	}
	return &documentOutput{v.withoutContent()}, nil
}

func (f *Kind) document(ctx context.Context, in *getDocumentInput) (DocumentView, error) {
	id := strings.ToLower(in.Document)
	views, err := f.documents(ctx, in.ID, string(in.Reason.Reason), id, db.DocumentFilter{Document: id}, 1)
	if err != nil {
		return DocumentView{}, err
	}
	if views[0].Damaged {
		return DocumentView{}, errDamaged(id)
	}
	return views[0], gone(views[0].Erased)
}

type contentOutput struct {
	ContentType string `header:"Content-Type" doc:"As it was attached"`
	Disposition string `header:"Content-Disposition" doc:"Always a download"`
	Body        []byte
}

// getDocumentContent hands an attachment out as a download: it is never shown in our own origin.
func (f *Kind) getDocumentContent(ctx context.Context, in *getDocumentInput) (*contentOutput, error) {
	v, err := f.document(ctx, in)
	if err != nil {
		return nil, err
	}
	if !v.attached() {
		return nil, wire.NewProblem("not-found", "the document is no attachment").By("attachment", "read its texts")
	}
	b, err := base64.StdEncoding.DecodeString(v.Texts[attachedContent])
	if err != nil {
		return nil, fmt.Errorf("content of document %s: %w", v.ID, err)
	}
	return &contentOutput{ContentType: v.Texts[attachedType], Disposition: `attachment; filename="` + v.ID + `"`, Body: b}, nil
}
