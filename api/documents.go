package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
	"koko/domain/conflict"
	"koko/domain/process"
	"koko/policies"
)

func (s *server) registerDocuments(api huma.API) {
	errors := statuses(403, 404)
	huma.Register(api, huma.Operation{
		OperationID: "list-documents", Method: http.MethodGet, Path: "/cases/{case}/documents",
		Summary:     "List the words of a case that you may read",
		Description: "Every decision's free text, notes and attachments, oldest first. What lies in compartments that are closed to you is not there.",
		Tags:        []string{"Documents"}, Errors: errors,
	}, s.listDocuments)
	huma.Register(api, huma.Operation{
		OperationID: "get-document", Method: http.MethodGet, Path: "/cases/{case}/documents/{document}",
		Summary: "Read one document", Description: "One in a compartment that is closed to you does not exist for you.",
		Tags: []string{"Documents"}, Errors: statuses(403, 404, 410),
	}, s.getDocument)
	huma.Register(api, huma.Operation{
		OperationID: "get-document-content", Method: http.MethodGet, Path: "/cases/{case}/documents/{document}/content",
		Summary: "Download an attachment", Description: "Its bytes, under the media type that it was attached with.",
		Tags: []string{"Documents"}, Errors: statuses(403, 404, 410),
		Responses: map[string]*huma.Response{"200": {Content: map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}},
	}, s.getDocumentContent)
}

// A DocumentView is the words of one decision in one compartment.
type DocumentView struct {
	ID          string               `json:"id" format:"uuid" doc:"Id of the document"`
	Kind        string               `json:"kind" doc:"The command that it belongs to" example:"record_analysis"`
	Compartment conflict.Compartment `json:"compartment" enum:"case,identities,mediation" doc:"Who may read it"`
	Number      int                  `json:"number" doc:"Version among the case's documents of this kind in this compartment"`
	CaseVersion int                  `json:"case_version" doc:"Version of the case that refers to it"`
	Author      string               `json:"author" doc:"Subject of the person who wrote it"`
	Created     time.Time            `json:"created" doc:"When it was stored"`
	Digest      string               `json:"digest" doc:"Salted SHA-256, as the decision records it"`
	Texts       map[string]string    `json:"texts" doc:"What it says, by field; an attachment's content is downloaded"`
	Erased      *process.Erasure     `json:"erased,omitempty" doc:"That the words were erased: there are none any more"`
}

// withoutContent leaves the bytes of an attachment out: they are downloaded.
func (v DocumentView) withoutContent() {
	if v.Kind == string(conflict.ActionAttachDocument) {
		delete(v.Texts, "content")
	}
}

type listDocumentsInput struct {
	CaseRef
	Reason
	Kind   string `query:"kind" maxLength:"40" doc:"Only those of one command"`
	Cursor string `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Documents on a page at most"`
}

type listDocumentsOutput struct {
	Body struct {
		Items []DocumentView `json:"items" nullable:"false" doc:"The documents of this page"`
		Next  string         `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
	}
}

type documentCursor struct {
	Version int32  `json:"v"`
	ID      string `json:"i"`
}

func (s *server) listDocuments(ctx context.Context, in *listDocumentsInput) (*listDocumentsOutput, error) {
	out := &listDocumentsOutput{}
	out.Body.Items = []DocumentView{}
	p := db.ListDocumentsParams{FileID: in.CaseID, AfterID: zeroID, PageSize: int32(in.Limit + 1)}
	if in.Kind != "" {
		p.Kind = &in.Kind
	}
	if in.Cursor != "" {
		var after documentCursor
		if err := decodeCursor(in.Cursor, &after); err != nil || !isUUID(after.ID) {
			return nil, s.problem(ctx, badCursor())
		}
		p.AfterVersion, p.AfterID = after.Version, after.ID
	}
	views, err := s.documents(ctx, in.CaseID, in.Reason.Reason, "", p)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	if len(views) > in.Limit {
		views = views[:in.Limit]
		last := views[in.Limit-1]
		out.Body.Next = encodeCursor(documentCursor{int32(last.CaseVersion), last.ID})
	}
	for _, v := range views {
		v.withoutContent()
		out.Body.Items = append(out.Body.Items, v)
	}
	return out, nil
}

const zeroID = "00000000-0000-0000-0000-000000000000"

// documents reads what who may read of a case, and records what of it is sensitive.
func (s *server) documents(ctx context.Context, caseID, reason, subject string, p db.ListDocumentsParams) ([]DocumentView, error) {
	who, err := s.principal(ctx)
	if err != nil {
		return nil, err
	}
	c, err := s.cases.find(ctx, who, caseID, policies.ReadFile)
	if err != nil {
		return nil, err
	}
	p.Compartments, err = s.readable(who, c, reason)
	if err != nil {
		return nil, err
	}
	sc := s.scope(who, policies.ReadFile, policies.ReadIdentities, policies.ReadMediation, policies.ReadSignal)
	rows, err := s.as(sc).ListDocuments(ctx, sc.Documents(p))
	if err != nil {
		return nil, err
	}
	views := []DocumentView{}
	for _, r := range rows {
		texts, err := s.unseal(place{kind: process.KindCase, fileID: c.ID}, r.Compartment, r.DocumentID, sealedText{r.Sealed, r.Secret, r.Wrapped})
		if err != nil {
			return nil, err
		}
		views = append(views, DocumentView{
			ID: r.DocumentID, Kind: r.Kind, Compartment: r.Compartment, Number: int(r.Number), CaseVersion: int(r.Version),
			Author: r.Author, Created: r.Created, Digest: r.Digest, Texts: orNone(texts), Erased: erasedAs(r.ErasedAt, r.ErasedReason),
		})
	}
	if p.DocumentID != nil && len(views) == 0 {
		return nil, &denied{
			newProblem("not-found", "there is no such document").
				by("compartment", "check the id; a document in a compartment that is closed to you does not exist for you, and a supervisor gives a reason"),
			who, refusal{act: policies.ReadFile, rule: "compartment", fileID: c.ID, version: c.Version, subject: subject},
		}
	}
	return views, s.noteSensitive(ctx, who, c, subject, reason, views)
}

// compartmentActs are the rights to read the compartments.
var compartmentActs = []struct {
	compartment conflict.Compartment
	act         string
}{
	{conflict.CaseFile, policies.ReadFile}, {conflict.Identities, policies.ReadIdentities}, {conflict.MediationFile, policies.ReadMediation},
}

// readable lists the compartments that who may read. A supervisor reads identities for a reason.
func (s *server) readable(who Principal, c conflict.Case, reason string) ([]string, error) {
	open := []string{}
	for _, r := range compartmentActs {
		if !s.cases.decide(who, r.act, c).Allowed {
			continue
		}
		if r.compartment == conflict.Identities && reason == "" && s.supervises(who, r.act, c) {
			continue
		}
		open = append(open, string(r.compartment))
	}
	if len(open) == 0 {
		return nil, s.cases.refusal(who, policies.ReadFile, c, s.may(who, policies.ReadFile, c))
	}
	return open, nil
}

// noteSensitive records that identities or the mediation file were read, and what a supervisor reads.
func (s *server) noteSensitive(ctx context.Context, who Principal, c conflict.Case, subject, reason string, views []DocumentView) error {
	for _, r := range compartmentActs {
		seen := slices.ContainsFunc(views, func(v DocumentView) bool { return v.Compartment == r.compartment && v.Erased == nil })
		if !seen || r.compartment == conflict.CaseFile && !s.supervises(who, r.act, c) {
			continue
		}
		if err := s.read(ctx, who, r.act, c.File(), subject, reason); err != nil {
			return err
		}
	}
	return nil
}

type getDocumentInput struct {
	CaseRef
	Reason
	Document string `path:"document" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the document" example:"7f7f0f0e-54a3-5b0f-9a55-2f1f3a8f5b11"`
}

type getDocumentOutput struct{ Body DocumentView }

func (s *server) getDocument(ctx context.Context, in *getDocumentInput) (*getDocumentOutput, error) {
	v, err := s.document(ctx, in)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	v.withoutContent()
	return &getDocumentOutput{Body: v}, nil
}

func (s *server) document(ctx context.Context, in *getDocumentInput) (DocumentView, error) {
	id := strings.ToLower(in.Document)
	views, err := s.documents(ctx, in.CaseID, in.Reason.Reason, id, db.ListDocumentsParams{
		FileID: in.CaseID, DocumentID: &id, AfterID: zeroID, PageSize: 1,
	})
	if err != nil {
		return DocumentView{}, err
	}
	return views[0], gone(views[0].Erased)
}

type contentOutput struct {
	ContentType string `header:"Content-Type" doc:"As it was attached"`
	Disposition string `header:"Content-Disposition" doc:"Always a download"`
	Body        []byte
}

// getDocumentContent hands an attachment out as a download: it is never shown in our own origin.
func (s *server) getDocumentContent(ctx context.Context, in *getDocumentInput) (*contentOutput, error) {
	v, err := s.document(ctx, in)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	if v.Kind != string(conflict.ActionAttachDocument) {
		return nil, s.problem(ctx, newProblem("not-found", "the document is no attachment").by("attachment", "read its texts"))
	}
	b, err := base64.StdEncoding.DecodeString(v.Texts["content"])
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &contentOutput{ContentType: v.Texts["media_type"], Disposition: `attachment; filename="` + v.ID + `"`, Body: b}, nil
}
