package files

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/policies"
)

func (f *Kind) registerErasure(api huma.API) {
	op := f.operation("request-"+string(f.Def.Kind)+"-erasure", http.MethodPost, "/{id}/documents/{document}/erasure", "Erasure",
		"Ask for a document of "+f.A()+" to be erased",
		"Somebody else has to approve it. Then its words and its key are destroyed, for good and for everybody; its existence, its digest and every "+
			"proof remain. A document that you may not read does not exist for you, unless you are the data protection officer.",
		wire.BodyStatuses(403, 404, 409, 410)...,
	)
	op.DefaultStatus = http.StatusCreated
	guard.Register(f.Server, api, op, f.askErasure)
}

func (s *Server) registerErasures(api huma.API) {
	const decides = "Somebody other than the person who asked approves it. A request about a document that you may not read is answered as if it did not exist."
	guard.Register(s, api, huma.Operation{
		OperationID: "list-erasures", Method: http.MethodGet, Path: "/erasures",
		Summary: "List requests to erase documents, and what became of them", Description: "Those of your area and your own, the latest first. Reading them is recorded.",
		Tags: []string{"Erasure"}, Errors: wire.Statuses(403),
	}, s.listErasures)
	guard.Register(s, api, huma.Operation{
		OperationID: "approve-erasure", Method: http.MethodPost, Path: "/erasures/{erasure}/approve",
		Summary:     "Approve a request: the document is erased",
		Description: decides,
		Tags:        []string{"Erasure"},
		Errors:      wire.Statuses(403, 404, 409),
	}, func(ctx context.Context, in *decideErasureInput) (*erasureOutput, error) {
		return s.decideErasure(ctx, strings.ToLower(in.Erasure), true)
	})
	guard.Register(s, api, huma.Operation{
		OperationID: "reject-erasure", Method: http.MethodPost, Path: "/erasures/{erasure}/reject",
		Summary:     "Reject a request to erase a document",
		Description: "Whoever may approve a request may also withdraw their own.",
		Tags:        []string{"Erasure"},
		Errors:      wire.Statuses(403, 404, 409),
	}, func(ctx context.Context, in *decideErasureInput) (*erasureOutput, error) {
		return s.decideErasure(ctx, strings.ToLower(in.Erasure), false)
	})
}

// ErasureView is a request to erase a document. It does not say what the document is about.
type ErasureView struct {
	ID          string             `json:"id" format:"uuid" doc:"Id of the request"`
	Kind        file.Kind          `json:"kind" doc:"Kind of the file" example:"case"`
	File        string             `json:"file" format:"uuid" doc:"Id of the file"`
	Document    string             `json:"document" format:"uuid" doc:"Id of the document"`
	Reason      file.ErasureReason `json:"reason" doc:"On which ground (Art. 17 GDPR)"`
	Status      file.ErasureStatus `json:"status" doc:"What became of it; approved: the document is erased"`
	RequestedBy string             `json:"requested_by" doc:"Subject of the person who asked for it"`
	RequestedAt time.Time          `json:"requested_at" doc:"When"`
	DecidedBy   string             `json:"decided_by,omitempty" doc:"Subject of the person who approved or rejected it"`
	DecidedAt   *time.Time         `json:"decided_at,omitempty" doc:"When"`
}

// ErasureRequest is embedded in the input of what asks for an erasure.
type ErasureRequest struct {
	wire.Key
	Document string `path:"document" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the document" example:"7f7f0f0e-54a3-5b0f-9a55-2f1f3a8f5b11"`
	Body     ErasureBody
}

// ErasureBody is what a client sends to ask for an erasure: a ground, and no words.
type ErasureBody struct {
	Reason file.ErasureReason `json:"reason" doc:"On which ground (Art. 17 GDPR); wrong_file: it was put into this file by mistake"`
}

type erasureInput struct {
	wire.Ref
	ErasureRequest
}

type decideErasureInput struct {
	wire.Key
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

// askErasure records that the caller asks for a document to be erased.
func (f *Kind) askErasure(ctx context.Context, in *erasureInput) (*erasureOutput, error) {
	caller, err := f.Principal(ctx)
	if err != nil {
		return nil, err
	}
	at, err := f.Find(ctx, caller, in.ID, policies.RequestErasure)
	if err == nil {
		err = f.Permit(caller, policies.RequestErasure, at)
	}
	if err != nil {
		return nil, err
	}
	document, reason := strings.ToLower(in.Document), in.Body.Reason
	id := wire.ErasureID(wire.CommandID(caller.Subject, in.IdempotencyKey))
	var r db.GetErasureRequestRow
	err = db.Within(ctx, f.Pool, caller.Subject, ags.Area{at.AGS}, func(q *db.Queries) error {
		d, err := q.FindDocument(ctx, db.FindDocumentParams{FileID: at.ID, DocumentID: document})
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !f.touches(caller, d.Compartment, at) {
			return f.noDocument(caller, policies.RequestErasure, at, document)
		}
		if err != nil {
			return err
		}
		if r, err = q.GetErasureRequest(ctx, id); !errors.Is(err, pgx.ErrNoRows) {
			return sameErasure(r, at.ID, document, reason, err)
		}
		if err := gone(erasedAs(d.ErasedAt, d.ErasedReason)); err != nil {
			return err
		}
		added, err := q.AddErasureRequest(ctx, db.AddErasureRequestParams{
			ID: id, DocumentID: document, FileID: at.ID, Kind: f.Def.Kind, AGS: at.AGS, Reason: reason, RequestedBy: caller.Subject,
		})
		if err != nil {
			return err
		}
		if r, err = q.GetErasureRequest(ctx, id); errors.Is(err, pgx.ErrNoRows) {
			return fault.Newf(fault.Conflict, "somebody has asked for it already").
				By("erasure_open", "wait for the decision on that request: see /api/v1/erasures")
		}
		if err != nil || added == 0 {
			return sameErasure(r, at.ID, document, reason, err)
		}
		return f.noteErasure(ctx, q, caller, policies.RequestErasure, r, at.Version)
	})
	return &erasureOutput{erasureView(r)}, err
}

// touches reports whether the caller may ask for a document of a compartment to be erased: those who read
// it may, and those who may do so unseen.
func (f *Kind) touches(caller guard.Principal, c file.Compartment, at Folder) bool {
	return f.May(caller, f.Def.Compartment(c).Act, at).Allowed || f.decide(caller, policies.RequestUnseenErasure, at).Allowed
}

// learns reports whether the caller learns of requests of others about documents of a compartment, as the list shows them.
func (f *Kind) learns(caller guard.Principal, c file.Compartment, at Folder) bool {
	return f.mayAny(caller, at, []string{policies.ReadErasures, policies.ApproveErasure}) && (f.veiledBy(c) == "" || f.touches(caller, c, at))
}

func (f *Kind) noDocument(caller guard.Principal, act string, at Folder, document string) error {
	return guard.Deny(caller, wire.NewProblem("not-found", "there is no such document").
		By("compartment", "check the id; a document in a compartment that is closed to you does not exist for you"),
		f.refused(caller, at, guard.Refusal{Act: act, Rule: "compartment", FileID: at.ID, Version: at.Version, Subject: document}))
}

// veiledBy returns the act that somebody needs to learn what is done with a document of a
// compartment.
func (f *Kind) veiledBy(c file.Compartment) string {
	if s := f.Def.Compartment(c); s.Veiled {
		return s.Act
	}
	return ""
}

// sameErasure refuses a key that was used for another request.
func sameErasure(r db.GetErasureRequestRow, file, document string, reason file.ErasureReason, err error) error {
	if err == nil && (r.FileID != file || r.DocumentID != document || r.Reason != reason) {
		return wire.ReusedKey("another request")
	}
	return err
}

// noteErasure records a step of an erasure in the same transaction: both happen, or neither.
func (f *Kind) noteErasure(
	ctx context.Context,
	q *db.Queries,
	caller guard.Principal,
	act string,
	r db.GetErasureRequestRow,
	seen int,
) error {
	return q.AppendAccess(ctx, db.AppendAccessParams{
		ID: "erasure/" + r.ID + "/" + act, Kind: "erasure", Actor: caller.Subject, Action: act, Reason: string(r.Reason),
		FileID: &r.FileID, Version: wire.VersionOrNil(seen), SubjectID: r.DocumentID, Veil: f.veiledBy(r.Compartment),
	})
}

func (s *Server) decideErasure(ctx context.Context, id string, approve bool) (*erasureOutput, error) {
	caller, err := s.Principal(ctx)
	if err != nil {
		return nil, err
	}
	r, err := s.As(s.Scope(caller, policies.ApproveErasure, policies.ReadErasures)).GetErasureRequest(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, noErasure(caller, file.Row{})
	}
	if err != nil {
		return nil, fmt.Errorf("request %s: %w", id, err)
	}
	f, ok := s.Of(r.Kind)
	if !ok {
		return nil, fmt.Errorf("request %s concerns a file of the unknown kind %q", id, r.Kind)
	}
	decided, err := f.decideErasure(ctx, caller, r, approve)
	return &erasureOutput{erasureView(decided)}, err
}

func noErasure(caller guard.Principal, of file.Row) error {
	problem := wire.NewProblem("not-found", "there is no such request").
		By("scope", "check the id, and that it concerns a file of your area")
	return guard.Deny(caller, problem, guard.Refusal{
		Act: policies.ApproveErasure, Rule: "scope", FileID: of.ID, Version: of.Version,
	})
}

// decideErasure approves or rejects a request about a file. The record checks again that two people
// are involved.
func (f *Kind) decideErasure(
	ctx context.Context,
	caller guard.Principal,
	r db.GetErasureRequestRow,
	approve bool,
) (db.GetErasureRequestRow, error) {
	at, err := f.Find(ctx, caller, r.FileID, policies.ApproveErasure)
	if p, ok := errors.AsType[*wire.Problem](err); ok && p.Status == http.StatusNotFound {
		return r, noErasure(caller, file.Row{}) // or else the answer would tell that there is such a file
	}
	if err != nil {
		return r, err
	}
	veil := f.veiledBy(r.Compartment)
	if r.RequestedBy != caller.Subject && !f.learns(caller, r.Compartment, at) {
		return r, noErasure(caller, file.Row{})
	}
	if f.Def.Confided() {
		wire.Confide(ctx)
	}
	if err := f.Permit(caller, policies.ApproveErasure, at); err != nil {
		return r, err
	}
	if approve && !f.May(caller.NotFor(r.RequestedBy), policies.ApproveErasure, at).Allowed {
		return r, guard.Deny(caller, wire.NewProblem("forbidden", "the person asked for it whom you substitute").By("four_eyes", "another supervisor or data protection officer can approve it"), guard.Refusal{Act: policies.ApproveErasure, Rule: "four_eyes", FileID: at.ID, Version: at.Version, Subject: r.DocumentID, Veil: veil})
	}
	act, outcome := policies.RejectErasure, file.ErasureRejected
	if approve {
		act, outcome = policies.ApproveErasure, file.ErasureApproved
	}
	err = db.Within(ctx, f.Pool, caller.Subject, ags.Area{at.AGS}, func(q *db.Queries) error {
		if err := q.Erase(ctx, r.ID, approve); err != nil {
			return err
		}
		return f.noteErasure(ctx, q, caller, act, r, at.Version)
	})
	again, found := db.As(f.Pool, caller.Subject, ags.Area{at.AGS}).GetErasureRequest(ctx, r.ID)
	switch {
	case errors.Is(err, db.ErrSameEyes):
		return r, guard.Deny(caller, wire.NewProblem("forbidden", "you asked for it yourself").By("four_eyes", "another supervisor or data protection officer can approve it"), guard.Refusal{Act: policies.ApproveErasure, Rule: "four_eyes", FileID: at.ID, Version: at.Version, Subject: r.DocumentID, Veil: veil})
	case errors.Is(err, db.ErrDecided) && found == nil && again.Status == outcome && *again.DecidedBy == caller.Subject: // said twice
		return again, nil
	case errors.Is(err, db.ErrDecided):
		return r, fault.Newf(fault.Conflict, "the request is decided").By("erasure_decided", "see /api/v1/erasures for what was decided")
	case err != nil:
		return r, err
	}
	return again, found
}

type listErasuresInput struct {
	wire.Reason
	Status file.ErasureStatus `query:"status" doc:"Only those with this status"`
	File   string             `query:"file" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Of which file"`
	wire.Paging
}

type listErasuresOutput struct{ Body wire.Page[ErasureView] }

func (s *Server) listErasures(ctx context.Context, in *listErasuresInput) (*listErasuresOutput, error) {
	caller, sc, err := s.Somewhere(ctx, policies.ReadErasures, "you do not handle erasures")
	if err != nil {
		return nil, err
	}
	before, err := in.After(wire.Cursor{At: wire.Never, ID: wire.ZeroID}, wire.Cursor.Dated)
	if err != nil {
		return nil, err
	}
	rows, err := s.As(sc).ListErasures(ctx, s.Sight(caller, policies.ReadErasures), db.ErasureFilter{
		Caller: caller.Subject, Closed: s.veiledCompartments(), Unseen: s.Scope(caller, policies.RequestUnseenErasure),
		Status: string(in.Status), FileID: strings.ToLower(in.File), BeforeAt: before.At, BeforeID: before.ID,
	}, in.Limit+1)
	if err != nil {
		return nil, err
	}
	rows, next := wire.Cut(rows, in.Limit, func(last db.GetErasureRequestRow) wire.Cursor {
		return wire.Cursor{At: last.RequestedAt, ID: last.ID}
	})
	var shown guard.Shown
	for _, r := range rows {
		shown.Add(r.Kind, r.FileID, r.AGS)
	}
	out := &listErasuresOutput{wire.PageOf(rows, next, erasureView)}
	return out, s.AuditedShown(ctx, caller, sc.Municipalities(), shown, policies.ReadErasures, string(in.Reason.Reason))
}

// veiledCompartments lists, of every kind, the compartments whose documents are hidden from
// everybody else.
func (s *Server) veiledCompartments() []string {
	names := []string{}
	for _, f := range s.Kinds {
		for _, c := range f.Def.Compartments {
			if c.Veiled {
				names = append(names, string(c.Name))
			}
		}
	}
	return names
}

// erasedAs returns how a document was erased, nil if it was not.
func erasedAs(at *time.Time, reason string) *file.Erasure {
	if at == nil {
		return nil
	}
	return &file.Erasure{At: *at, Reason: file.ErasureGround(reason)}
}

// gone refuses what was erased.
func gone(e *file.Erasure) error {
	if e == nil {
		return nil
	}
	if e.Reason == file.Expired {
		on := e.At.UTC().Format(time.RFC3339)
		return wire.NewProblem("gone", "the words were destroyed on "+on+", when the time was over for which they are kept").
			By("retention", "nothing brings them back; the history says that they were there, and what was decided stays")
	}
	return wire.NewProblem("gone", "the document was erased on "+e.At.UTC().Format(time.RFC3339)+": "+string(e.Reason)).
		By("erased", "nothing brings its words back; the history says that it was there and who had it erased")
}

func orNone(texts map[string]string) map[string]string {
	if texts == nil {
		return map[string]string{}
	}
	return texts
}
