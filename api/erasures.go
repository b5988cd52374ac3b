package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/domain/training"
	"koko/policies"
)

func (s *server) registerErasures(api huma.API) {
	const (
		asked = "Somebody else has to approve it. Then its words and its key are destroyed, for good and for everybody; that it was there, its digest and every " +
			"proof stay. A document that you may not read does not exist for you, unless you are the data protection officer."
		decides = "By somebody else than who asked for it. A request about what is closed to you does not exist for you."
	)
	request := func(id, of, path string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodPost, Path: path + "/documents/{document}/erasure", DefaultStatus: http.StatusCreated,
			Summary: "Ask for a document of " + of + " to be erased", Description: asked, Tags: []string{"Erasure"}, Errors: bodyStatuses(403, 404, 409, 410),
		}
	}
	huma.Register(api, request("request-erasure", "a case", "/cases/{case}"), func(ctx context.Context, in *caseErasureInput) (*erasureOutput, error) {
		return askErasure(ctx, s.cases, in.CaseID, in.ErasureRequest)
	})
	huma.Register(api, request("request-enrolment-erasure", "an enrolment", "/enrolments/{enrolment}"), func(ctx context.Context, in *enrolmentErasureInput) (*erasureOutput, error) {
		return askErasure(ctx, s.enrolments, in.EnrolmentID, in.ErasureRequest)
	})
	huma.Register(api, huma.Operation{
		OperationID: "list-erasures", Method: http.MethodGet, Path: "/erasures",
		Summary: "List requests to erase documents, and what became of them", Description: "Of your area, and your own, the latest first. Reading is recorded.",
		Tags: []string{"Erasure"}, Errors: statuses(403),
	}, s.listErasures)
	huma.Register(api, huma.Operation{
		OperationID: "approve-erasure", Method: http.MethodPost, Path: "/erasures/{erasure}/approve",
		Summary: "Approve a request: the document is erased", Description: decides, Tags: []string{"Erasure"}, Errors: statuses(403, 404, 409),
	}, func(ctx context.Context, in *decideErasureInput) (*erasureOutput, error) {
		return s.decideErasure(ctx, in, true)
	})
	huma.Register(api, huma.Operation{
		OperationID: "reject-erasure", Method: http.MethodPost, Path: "/erasures/{erasure}/reject",
		Summary: "Reject a request to erase a document", Description: "Whoever may approve one may also withdraw the own one.", Tags: []string{"Erasure"}, Errors: statuses(403, 404, 409),
	}, func(ctx context.Context, in *decideErasureInput) (*erasureOutput, error) {
		return s.decideErasure(ctx, in, false)
	})
}

// ErasureView is a request to erase a document. It does not say what the document is about.
type ErasureView struct {
	ID          string                `json:"id" format:"uuid" doc:"Id of the request"`
	Kind        process.Kind          `json:"kind" enum:"case,enrolment" doc:"Kind of the file"`
	File        string                `json:"file" format:"uuid" doc:"Id of the file"`
	Document    string                `json:"document" format:"uuid" doc:"Id of the document"`
	Reason      process.ErasureReason `json:"reason" enum:"not_necessary,consent_withdrawn,objection,unlawful,legal_obligation,wrong_file" doc:"On which ground (Art. 17 GDPR)"`
	Status      process.ErasureStatus `json:"status" enum:"open,approved,rejected" doc:"What became of it; approved: the document is erased"`
	RequestedBy string                `json:"requested_by" doc:"Subject of who asked for it"`
	RequestedAt time.Time             `json:"requested_at" doc:"When"`
	DecidedBy   string                `json:"decided_by,omitempty" doc:"Subject of who approved or rejected it"`
	DecidedAt   *time.Time            `json:"decided_at,omitempty" doc:"When"`
}

// ErasureRequest is embedded in the input of what asks for an erasure.
type ErasureRequest struct {
	Key
	Document string `path:"document" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the document" example:"7f7f0f0e-54a3-5b0f-9a55-2f1f3a8f5b11"`
	Body     ErasureBody
}

// ErasureBody is what a client sends to ask for an erasure: a ground, and no words.
type ErasureBody struct {
	Reason process.ErasureReason `json:"reason" enum:"not_necessary,consent_withdrawn,objection,unlawful,legal_obligation,wrong_file" doc:"On which ground (Art. 17 GDPR); wrong_file: it was put into this file by mistake"`
}

type caseErasureInput struct {
	CaseRef
	ErasureRequest
}

type enrolmentErasureInput struct {
	EnrolmentRef
	ErasureRequest
}

type decideErasureInput struct {
	Key
	Erasure string `path:"erasure" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the request" example:"7f7f0f0e-54a3-5b0f-9a55-2f1f3a8f5b11"`
}

type erasureOutput struct{ Body ErasureView }

func erasureView(r db.GetErasureRequestRow) ErasureView {
	v := ErasureView{
		ID: r.ID, Kind: r.Kind, File: r.FileID, Document: r.DocumentID, Reason: r.Reason, Status: r.Status,
		RequestedBy: r.RequestedBy, RequestedAt: r.RequestedAt, DecidedAt: r.DecidedAt,
	}
	if r.DecidedBy != nil {
		v.DecidedBy = *r.DecidedBy
	}
	return v
}

// readingOf are the acts that open a compartment.
var readingOf = map[process.Compartment]string{
	conflict.CaseFile: policies.ReadFile, conflict.Identities: policies.ReadIdentities, conflict.MediationFile: policies.ReadMediation,
	training.TrainingFile: policies.ReadTrainingFile, training.AssessmentFile: policies.ReadAssessmentFile,
}

// logged is how an act on a document of a compartment stands in the access log.
func logged(act string, c process.Compartment) string {
	if c == conflict.MediationFile {
		return policies.OfMediationErasure(act)
	}
	return act
}

func askErasure[S process.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], id string, in ErasureRequest) (*erasureOutput, error) {
	r, err := f.askErasure(ctx, id, strings.ToLower(in.Document), in.IdempotencyKey, in.Body.Reason)
	if err != nil {
		return nil, f.problem(ctx, err)
	}
	return &erasureOutput{erasureView(r)}, nil
}

// askErasure records that the caller asks for a document to be erased.
func (f *files[S, C, V]) askErasure(ctx context.Context, fileID, document, key string, reason process.ErasureReason) (r db.GetErasureRequestRow, err error) {
	who, err := f.principal(ctx)
	if err != nil {
		return r, err
	}
	s, err := f.find(ctx, who, fileID, policies.RequestErasure)
	if err == nil {
		err = f.permit(who, policies.RequestErasure, s)
	}
	if err != nil {
		return r, err
	}
	of := s.File()
	id := uuid.NewSHA1(names, []byte("erasure\x00"+commandID(who.Subject, key))).String()
	return r, db.Within(ctx, f.pool, who.Subject, ags.Area{of.AGS}, func(q *db.Queries) error {
		d, err := q.FindDocument(ctx, db.FindDocumentParams{FileID: of.ID, DocumentID: document})
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !f.touches(who, d.Compartment, s) {
			return f.noDocument(who, policies.RequestErasure, of, document)
		}
		if err != nil {
			return err
		}
		if r, err = q.GetErasureRequest(ctx, id); !errors.Is(err, pgx.ErrNoRows) {
			return sameErasure(r, of.ID, document, reason, err)
		}
		if err := gone(erasedAs(d.ErasedAt, d.ErasedReason)); err != nil {
			return err
		}
		added, err := q.AddErasureRequest(ctx, db.AddErasureRequestParams{
			ID: id, DocumentID: document, FileID: of.ID, Kind: f.kind, AGS: of.AGS, Reason: reason, RequestedBy: who.Subject,
		})
		if err != nil {
			return err
		}
		if r, err = q.GetErasureRequest(ctx, id); errors.Is(err, pgx.ErrNoRows) {
			return fault.Newf(fault.Conflict, "somebody has asked for it already").By("erasure_open", "wait for the decision on that request: see /api/v1/erasures")
		}
		if err != nil || added == 0 {
			return sameErasure(r, of.ID, document, reason, err)
		}
		return noteErasure(ctx, q, who, policies.RequestErasure, r, of.Version)
	})
}

// touches reports whether who may ask for a document of a compartment to be erased: whoever reads it
// may, and whoever may do so unseen.
func (f *files[S, C, V]) touches(who Principal, c process.Compartment, s S) bool {
	return f.may(who, readingOf[c], s).Allowed || f.decide(who, policies.RequestUnseenErasure, s).Allowed
}

func (f *files[S, C, V]) noDocument(who Principal, act string, of process.File, document string) error {
	return &denied{
		newProblem("not-found", "there is no such document").
			by("compartment", "check the id; a document in a compartment that is closed to you does not exist for you"),
		who, refusal{act: act, rule: "compartment", fileID: of.ID, version: of.Version, subject: document},
	}
}

// sameErasure refuses a key that was used for another request.
func sameErasure(r db.GetErasureRequestRow, file, document string, reason process.ErasureReason, err error) error {
	if err == nil && (r.FileID != file || r.DocumentID != document || r.Reason != reason) {
		return reusedKey("another request")
	}
	return err
}

// noteErasure records what somebody does about an erasure, with it or not at all.
func noteErasure(ctx context.Context, q *db.Queries, who Principal, act string, r db.GetErasureRequestRow, seen int) error {
	return q.AppendAccess(ctx, db.AppendAccessParams{
		ID: "erasure/" + r.ID + "/" + act, Kind: "erasure", Actor: who.Subject, Action: logged(act, r.Compartment), Reason: string(r.Reason),
		FileID: &r.FileID, Version: version(seen), SubjectID: r.DocumentID,
	})
}

func (s *server) decideErasure(ctx context.Context, in *decideErasureInput, approve bool) (*erasureOutput, error) {
	r, err := s.decidedErasure(ctx, strings.ToLower(in.Erasure), approve)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &erasureOutput{erasureView(r)}, nil
}

func (s *server) decidedErasure(ctx context.Context, id string, approve bool) (r db.GetErasureRequestRow, err error) {
	who, err := s.principal(ctx)
	if err != nil {
		return r, err
	}
	r, err = s.as(s.scope(who, policies.ApproveErasure, policies.ReadErasures)).GetErasureRequest(ctx, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return r, noErasure(who, process.File{})
	case err != nil:
		return r, err
	case r.Kind == process.KindEnrolment:
		return s.enrolments.decideErasure(ctx, who, r, approve)
	default:
		return s.cases.decideErasure(ctx, who, r, approve)
	}
}

func noErasure(who Principal, of process.File) error {
	return &denied{
		newProblem("not-found", "there is no such request").by("scope", "check the id, and that it concerns a file of your area"),
		who, refusal{act: policies.ApproveErasure, rule: "scope", fileID: of.ID, version: of.Version},
	}
}

// decideErasure approves or rejects a request about a file. The record checks again that two people
// are involved.
func (f *files[S, C, V]) decideErasure(ctx context.Context, who Principal, r db.GetErasureRequestRow, approve bool) (db.GetErasureRequestRow, error) {
	s, err := f.find(ctx, who, r.FileID, policies.ApproveErasure)
	if err != nil {
		return r, err
	}
	of := s.File()
	if r.Compartment == conflict.MediationFile && r.RequestedBy != who.Subject && !f.touches(who, r.Compartment, s) {
		return r, noErasure(who, process.File{})
	}
	if err := f.permit(who, policies.ApproveErasure, s); err != nil {
		return r, err
	}
	act, outcome := policies.RejectErasure, process.ErasureRejected
	if approve {
		act, outcome = policies.ApproveErasure, process.ErasureApproved
	}
	err = db.Within(ctx, f.pool, who.Subject, ags.Area{of.AGS}, func(q *db.Queries) error {
		if err := q.Erase(ctx, r.ID, approve); err != nil {
			return err
		}
		return noteErasure(ctx, q, who, act, r, of.Version)
	})
	again, found := db.As(f.pool, who.Subject, ags.Area{of.AGS}).GetErasureRequest(ctx, r.ID)
	switch {
	case errors.Is(err, db.ErrSameEyes):
		return r, &denied{
			newProblem("forbidden", "you asked for it yourself").by("four_eyes", "another supervisor or data protection officer can approve it"),
			who, refusal{act: logged(policies.ApproveErasure, r.Compartment), rule: "four_eyes", fileID: of.ID, version: of.Version, subject: r.DocumentID},
		}
	case errors.Is(err, db.ErrDecided) && found == nil && again.Status == outcome && *again.DecidedBy == who.Subject: // said twice
		return again, nil
	case errors.Is(err, db.ErrDecided):
		return r, fault.Newf(fault.Conflict, "the request is decided").By("erasure_decided", "see /api/v1/erasures for what was decided")
	case err != nil:
		return r, err
	}
	return again, found
}

type listErasuresInput struct {
	Reason
	Status process.ErasureStatus `query:"status" enum:"open,approved,rejected" doc:"Only those of which this became"`
	File   string                `query:"file" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Of which case or enrolment"`
	Cursor string                `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit  int                   `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Requests on a page at most"`
}

type listErasuresOutput struct {
	Body struct {
		Items []ErasureView `json:"items" nullable:"false" doc:"The requests of this page"`
		Next  string        `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
	}
}

type erasureCursor struct {
	At time.Time `json:"a"`
	ID string    `json:"i"`
}

func (s *server) listErasures(ctx context.Context, in *listErasuresInput) (*listErasuresOutput, error) {
	out, err := s.erasurePage(ctx, in)
	return out, s.problem(ctx, err)
}

func (s *server) erasurePage(ctx context.Context, in *listErasuresInput) (*listErasuresOutput, error) {
	who, err := s.principal(ctx)
	if err != nil {
		return nil, err
	}
	s.noteAnywhere(who, policies.ReadErasures)
	sc := s.scope(who, policies.ReadErasures)
	if len(sc.Municipalities()) == 0 {
		d := s.policy.Decide(who.Grants, policies.ReadErasures, "", nil)
		return nil, &denied{newProblem("forbidden", "you have no part in erasures").by("role", d.Remedy), who, refusal{act: policies.ReadErasures, rule: "role"}}
	}
	before := erasureCursor{time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), zeroID}
	if in.Cursor != "" {
		if err := decodeCursor(in.Cursor, &before); err != nil || !recordable(before.At) || !isUUID(before.ID) {
			return nil, badCursor()
		}
	}
	p := db.ListErasureRequestsParams{
		Caller: who.Subject, Area: db.Keys(sc.Area), Closed: conflict.MediationFile, Unseen: db.Keys(s.scope(who, policies.RequestUnseenErasure).Area),
		Status: filled(string(in.Status)), FileID: filled(strings.ToLower(in.File)), BeforeAt: before.At, BeforeID: before.ID, PageSize: int32(in.Limit + 1),
	}
	rows, err := s.as(sc).ListErasureRequests(ctx, p)
	if err != nil {
		return nil, err
	}
	out := &listErasuresOutput{}
	out.Body.Items = []ErasureView{}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		last := rows[in.Limit-1]
		out.Body.Next = encodeCursor(erasureCursor{last.RequestedAt, last.ID})
	}
	var shown []string
	for _, r := range rows {
		out.Body.Items, shown = append(out.Body.Items, erasureView(db.GetErasureRequestRow(r))), append(shown, string(r.AGS))
	}
	return out, s.auditedIn(ctx, who, sc.Municipalities(), shown, db.AppendAccessInParams{Action: policies.ReadErasures, Reason: in.Reason.Reason})
}

// erasedAs is how a document was erased, nil if it was not.
func erasedAs(at *time.Time, reason string) *process.Erasure {
	if at == nil {
		return nil
	}
	return &process.Erasure{At: *at, Reason: process.ErasureReason(reason)}
}

// gone refuses what was erased.
func gone(e *process.Erasure) error {
	if e == nil {
		return nil
	}
	return newProblem("gone", "the document was erased on "+e.At.UTC().Format(time.RFC3339)+": "+string(e.Reason)).
		by("erased", "nothing brings its words back; the history says that it was there and who had it erased")
}

func orNone(texts map[string]string) map[string]string {
	if texts == nil {
		return map[string]string{}
	}
	return texts
}
