package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
	"koko/domain/process"
	"koko/domain/training"
	"koko/policies"
)

func (s *server) registerEnrolmentDocuments(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "list-enrolment-documents", Method: http.MethodGet, Path: "/enrolments/{enrolment}/documents",
		Summary: "List the words of an enrolment that you may read",
		Description: "Application, concept, case reports, feedback, reasons of assessors, oldest first. What lies in compartments that are closed to you " +
			"is not there. Reading the assessment is recorded.",
		Tags: []string{"Documents"}, Errors: statuses(403, 404),
	}, s.listEnrolmentDocuments)
	huma.Register(api, huma.Operation{
		OperationID: "get-enrolment-document", Method: http.MethodGet, Path: "/enrolments/{enrolment}/documents/{document}",
		Summary: "Read one document of an enrolment", Description: "One in a compartment that is closed to you does not exist for you.",
		Tags: []string{"Documents"}, Errors: statuses(403, 404, 410),
	}, s.getEnrolmentDocument)
	huma.Register(api, huma.Operation{
		OperationID: "get-enrolment-history", Method: http.MethodGet, Path: "/enrolments/{enrolment}/history",
		Summary:     "Read what happened to an enrolment",
		Description: "Decisions, refusals and sensitive reads, the latest first. Each entry carries its own hash and the one of the entry before in its chain.",
		Tags:        []string{"Audit"}, Errors: statuses(403, 404),
	}, s.enrolmentHistory)
}

// An EnrolmentDocumentView is the words of one decision on an enrolment in one compartment.
type EnrolmentDocumentView struct {
	ID               string              `json:"id" format:"uuid" doc:"Id of the document"`
	Kind             string              `json:"kind" doc:"The command that it belongs to" example:"submit_concept"`
	Compartment      process.Compartment `json:"compartment" enum:"training,assessment" doc:"Who may read it"`
	Number           int                 `json:"number" doc:"Version among the enrolment's documents of this kind in this compartment"`
	EnrolmentVersion int                 `json:"enrolment_version" doc:"Version of the enrolment that refers to it"`
	Author           string              `json:"author" doc:"Subject of the person who wrote it"`
	Created          time.Time           `json:"created" doc:"When it was stored"`
	Digest           string              `json:"digest" doc:"Salted SHA-256, as the decision records it"`
	Texts            map[string]string   `json:"texts" doc:"What it says, by field"`
	Erased           *process.Erasure    `json:"erased,omitempty" doc:"That the words were erased: there are none any more"`
}

type listEnrolmentDocumentsInput struct {
	EnrolmentRef
	Kind   string `query:"kind" maxLength:"40" doc:"Only those of one command"`
	Cursor string `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Documents on a page at most"`
}

type listEnrolmentDocumentsOutput struct {
	Body struct {
		Items []EnrolmentDocumentView `json:"items" nullable:"false" doc:"The documents of this page"`
		Next  string                  `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
	}
}

func (s *server) listEnrolmentDocuments(ctx context.Context, in *listEnrolmentDocumentsInput) (*listEnrolmentDocumentsOutput, error) {
	p := db.ListEnrolmentDocumentsParams{FileID: in.EnrolmentID, Kind: filled(in.Kind), AfterID: zeroID, PageSize: int32(in.Limit + 1)}
	if in.Cursor != "" {
		var after documentCursor
		if err := decodeCursor(in.Cursor, &after); err != nil || !isUUID(after.ID) {
			return nil, s.problem(ctx, badCursor())
		}
		p.AfterVersion, p.AfterID = after.Version, after.ID
	}
	views, err := s.enrolmentDocuments(ctx, "", p)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	out := &listEnrolmentDocumentsOutput{}
	if len(views) > in.Limit {
		views = views[:in.Limit]
		last := views[in.Limit-1]
		out.Body.Next = encodeCursor(documentCursor{int32(last.EnrolmentVersion), last.ID})
	}
	out.Body.Items = views
	return out, nil
}

// trainingActs are the rights to read the compartments of an enrolment.
var trainingActs = []struct {
	compartment process.Compartment
	act         string
}{{training.TrainingFile, policies.ReadTrainingFile}, {training.AssessmentFile, policies.ReadAssessmentFile}}

// enrolmentDocuments reads what the caller may read of an enrolment, and records that the assessment was read.
func (s *server) enrolmentDocuments(ctx context.Context, subject string, p db.ListEnrolmentDocumentsParams) ([]EnrolmentDocumentView, error) {
	who, e, err := s.readEnrolment(ctx, p.FileID, policies.ReadTrainingFile, policies.ReadAssessmentFile)
	if err != nil {
		return nil, err
	}
	for _, r := range trainingActs {
		if s.enrolments.decide(who, r.act, e).Allowed {
			p.Compartments = append(p.Compartments, string(r.compartment))
		}
	}
	sc := s.enrolmentScope(who, policies.ReadTrainingFile, policies.ReadAssessmentFile)
	rows, err := s.ofEnrolments(sc).ListEnrolmentDocuments(ctx, sc.Documents(p))
	if err != nil {
		return nil, err
	}
	views := []EnrolmentDocumentView{}
	for _, r := range rows {
		texts, err := s.unseal(place{kind: process.KindEnrolment, fileID: e.ID}, r.Compartment, r.DocumentID, sealedText{r.Sealed, r.Secret, r.Wrapped})
		if err != nil {
			return nil, err
		}
		views = append(views, EnrolmentDocumentView{
			ID: r.DocumentID, Kind: r.Kind, Compartment: r.Compartment, Number: int(r.Number), EnrolmentVersion: int(r.Version),
			Author: r.Author, Created: r.Created, Digest: r.Digest, Texts: orNone(texts), Erased: erasedAs(r.ErasedAt, r.ErasedReason),
		})
	}
	if p.DocumentID != nil && len(views) == 0 {
		return nil, &denied{
			newProblem("not-found", "there is no such document").
				by("compartment", "check the id; a document in a compartment that is closed to you does not exist for you"),
			who, refusal{act: policies.ReadTrainingFile, rule: "compartment", fileID: e.ID, version: e.Version, subject: subject},
		}
	}
	if slices.ContainsFunc(views, func(v EnrolmentDocumentView) bool { return v.Compartment == training.AssessmentFile && v.Erased == nil }) {
		err = s.read(ctx, who, policies.ReadAssessmentFile, e.File(), subject, "")
	}
	return views, err
}

type getEnrolmentDocumentInput struct {
	EnrolmentRef
	Document string `path:"document" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the document" example:"7f7f0f0e-54a3-5b0f-9a55-2f1f3a8f5b11"`
}

type getEnrolmentDocumentOutput struct{ Body EnrolmentDocumentView }

func (s *server) getEnrolmentDocument(ctx context.Context, in *getEnrolmentDocumentInput) (*getEnrolmentDocumentOutput, error) {
	id := strings.ToLower(in.Document)
	views, err := s.enrolmentDocuments(ctx, id, db.ListEnrolmentDocumentsParams{
		FileID: in.EnrolmentID, DocumentID: &id, AfterID: zeroID, PageSize: 1,
	})
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &getEnrolmentDocumentOutput{Body: views[0]}, s.problem(ctx, gone(views[0].Erased))
}

type enrolmentHistoryInput struct {
	EnrolmentRef
	Reason
	Cursor string `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Entries on a page at most"`
}

func (s *server) enrolmentHistory(ctx context.Context, in *enrolmentHistoryInput) (*historyOutput, error) {
	out, err := s.readEnrolmentHistory(ctx, in)
	return out, s.problem(ctx, err)
}

func (s *server) readEnrolmentHistory(ctx context.Context, in *enrolmentHistoryInput) (*historyOutput, error) {
	before := historyCursor{At: s.now().Add(time.Hour)} // all that has happened, whosever clock
	if in.Cursor != "" {
		before = historyCursor{}
		if err := decodeCursor(in.Cursor, &before); err != nil || !historyEntry.MatchString(before.Entry) {
			return nil, badCursor()
		}
	}
	who, e, err := s.readEnrolment(ctx, in.EnrolmentID, policies.ReadTrainingHistory)
	if err != nil {
		return nil, err
	}
	sc := s.enrolmentScope(who, policies.ReadTrainingHistory)
	found, err := s.ofEnrolments(sc).ListEnrolmentHistory(ctx, sc.History(db.ListEnrolmentHistoryParams{
		FileID: e.ID, BeforeAt: before.At, BeforeEntry: before.Entry, PageSize: int32(in.Limit + 1),
	}))
	if err != nil {
		return nil, err
	}
	if err := s.read(ctx, who, policies.ReadTrainingHistory, e.File(), "", in.Reason.Reason); err != nil {
		return nil, err
	}
	var rows []db.ListHistoryRow
	for _, r := range found {
		rows = append(rows, db.ListHistoryRow(r))
	}
	return historyPage(rows, in.Limit), nil
}
