package oversight

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/files"
	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/evidence/reconcile"
	"koko/internal/story"
	"koko/kinds"
	"koko/policies"
)

// Repairer carries out the repairs that two people have agreed on.
type Repairer interface {
	// Repair returns when it is done. revision makes it one repair, however often it is sent.
	Repair(ctx context.Context, differenceID string, revision int) error
}

func (s *Server) registerDifferences(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "list-reconciliations", Method: http.MethodGet, Path: "/reconciliations",
		Summary: "List when histories, records and audit were compared", Description: "The latest first, for the whole installation: the numbers name no file.",
		Tags: []string{"Reconciliation"}, Errors: wire.Statuses(403),
	}, s.listReconciliations)
	guard.Register(s, api, huma.Operation{
		OperationID: "list-differences", Method: http.MethodGet, Path: "/differences",
		Summary:     "List what differs from what was decided",
		Description: "Of your area, the latest found first, in German and English. The values of the fields are shown to whoever may read the file; of what is confidential to others only that something differs. Reading is recorded.",
		Tags:        []string{"Reconciliation"}, Errors: wire.Statuses(403),
	}, s.listDifferences)
	decide := func(id, path, summary, description string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodPost, Path: "/differences/{difference}/" + path, Summary: summary, Description: description,
			Tags: []string{"Reconciliation"}, Errors: wire.Statuses(403, 404, 409, 412, 428),
		}
	}
	propose := decide("propose-repair", "propose", "Propose to have a difference repaired", "Somebody else has to approve it.")
	guard.Register(s, api, propose, s.proposeRepair)
	guard.Register(s, api, decide("approve-repair", "approve", "Approve a repair and have it done",
		"Somebody other than the person who proposed it approves it. Only what was there before is written: see outcome."), s.approveRepair)
	guard.Register(s, api, decide("reject-repair", "reject", "Reject a repair", "It may be proposed again."), s.rejectRepair)
}

// ReconciliationScope is how much was compared.
type ReconciliationScope string

func (ReconciliationScope) Values() []ReconciliationScope {
	return []ReconciliationScope{"sample", "all", "file"}
}

// ReconciliationView is one comparison of histories, records and audit.
type ReconciliationView struct {
	ID          string              `json:"id" format:"uuid" doc:"Id of the reconciliation"`
	Started     time.Time           `json:"started" doc:"When it began"`
	Finished    *time.Time          `json:"finished,omitempty" doc:"When it ended; left out while it goes on"`
	By          string              `json:"by" doc:"Who asked for it; system: it was due"`
	Scope       ReconciliationScope `json:"scope" doc:"sample: every live file and some closed ones"`
	Scheduled   bool                `json:"scheduled" doc:"Whether it was due"`
	Files       int                 `json:"files" doc:"How many files were compared"`
	Differences int                 `json:"differences" doc:"How many differences were found"`
}

// DifferenceStatus is what became of a difference.
type DifferenceStatus string

func (DifferenceStatus) Values() []DifferenceStatus {
	return []DifferenceStatus{"open", "proposed", "approved", "repaired", "gone", "rejected"}
}

// RepairOutcome is what came of a repair.
type RepairOutcome string

func (RepairOutcome) Values() []RepairOutcome {
	return []RepairOutcome{"done", "refused", "failed"}
}

// DifferenceView is something that is not as it was decided.
type DifferenceView struct {
	ID         string           `json:"id" format:"uuid" doc:"Id of the difference"`
	Kind       wire.KindName    `json:"kind,omitempty" doc:"Kind of the file; left out if it concerns no file"`
	File       string           `json:"file,omitempty" format:"uuid" doc:"Id of the file"`
	Reference  string           `json:"reference,omitempty" doc:"File number"`
	AGS        ags.Key          `json:"ags" doc:"Municipality"`
	Part       reconcile.Part   `json:"part" doc:"Where it differs"`
	What       string           `json:"what" doc:"What is wrong"`
	Field      string           `json:"field,omitempty" doc:"Which field; veiled: one of those that only some people may learn of"`
	Version    int              `json:"version" doc:"Of the file"`
	Repair     reconcile.Repair `json:"repair" doc:"What can be done; none: a backup may help"`
	Status     DifferenceStatus `json:"status" doc:"What became of it"`
	Outcome    RepairOutcome    `json:"outcome,omitempty" doc:"Result of the repair; refused: nothing was written, because nothing proves what was there"`
	Revision   int              `json:"revision" doc:"One more with every decision on it; the ETag"`
	FirstFound time.Time        `json:"first_found" doc:"When it was first found"`
	LastFound  time.Time        `json:"last_found" doc:"When it was last found"`
	LastClean  *time.Time       `json:"last_clean,omitempty" doc:"When the file was last compared without finding it"`
	ProposedBy string           `json:"proposed_by,omitempty" doc:"Subject of the person who proposed the repair"`
	ProposedAt *time.Time       `json:"proposed_at,omitempty" doc:"When"`
	DecidedBy  string           `json:"decided_by,omitempty" doc:"Subject of the person who approved or rejected it"`
	DecidedAt  *time.Time       `json:"decided_at,omitempty" doc:"When"`
	DE         reconcile.Told   `json:"de" doc:"In German"`
	EN         reconcile.Told   `json:"en" doc:"In English"`
}

func (s *Server) differenceView(caller guard.Principal, row db.Difference) (DifferenceView, error) {
	d, span, err := reconcile.Found(row)
	if err != nil {
		return DifferenceView{}, err
	}
	if f, ok := s.Of(d.Kind); !ok || !f.May(caller, f.LensActs()[0], files.Folder{Row: file.Row{AGS: row.AGS}}).Allowed {
		d.Facts.Is, d.Facts.Ought = nil, nil
	}
	v := DifferenceView{
		ID: row.ID, Kind: wire.KindName(d.Kind), File: d.FileID, Reference: d.Reference, AGS: d.AGS,
		Part: reconcile.Part(row.Part), What: row.What, Field: d.Field, Version: d.Version,
		Repair: reconcile.Repair(row.Repair), Status: DifferenceStatus(row.Status), Outcome: RepairOutcome(row.Outcome),
		Revision: int(row.Revision), FirstFound: row.FirstFound, LastFound: row.LastFound, LastClean: row.LastClean,
		ProposedAt: row.ProposedAt, DecidedAt: row.ApprovedAt,
		DE: reconcile.Tell(d, span, story.German), EN: reconcile.Tell(d, span, story.English),
	}
	if row.ProposedBy != nil {
		v.ProposedBy = *row.ProposedBy
	}
	if row.ApprovedBy != nil {
		v.DecidedBy = *row.ApprovedBy
	}
	return v, nil
}

func (s *Server) readingDifferences(ctx context.Context) (guard.Principal, file.Scope, error) {
	return s.Somewhere(ctx, policies.ReadDifferences, "reconciliation is not your task")
}

// before returns the cursor of a page of a list with the latest first; the first page has none.
func before(in wire.Paging) (at *time.Time, id string, err error) {
	c, err := in.After(wire.Cursor{ID: wire.ZeroID}, wire.Cursor.Dated)
	if err != nil || c.At.IsZero() {
		return nil, c.ID, err
	}
	return &c.At, c.ID, nil
}

type listReconciliationsInput struct{ wire.Paging }

type listReconciliationsOutput struct{ Body wire.Page[ReconciliationView] }

func (s *Server) listReconciliations(ctx context.Context, in *listReconciliationsInput) (*listReconciliationsOutput, error) {
	_, sc, err := s.readingDifferences(ctx)
	if err != nil {
		return nil, err
	}
	began, after, err := before(in.Paging)
	if err != nil {
		return nil, err
	}
	rows, err := s.As(sc).ListReconciliations(ctx, db.ListReconciliationsParams{Began: began, After: after, AtMost: int32(in.Limit + 1)})
	if err != nil {
		return nil, err
	}
	rows, next := wire.Cut(rows, in.Limit, func(last db.ListReconciliationsRow) wire.Cursor {
		return wire.Cursor{At: last.Started, ID: last.ID}
	})
	return &listReconciliationsOutput{wire.PageOf(rows, next, reconciliationView)}, nil
}

func reconciliationView(r db.ListReconciliationsRow) ReconciliationView {
	return ReconciliationView{
		ID:          r.ID,
		Started:     r.Started,
		Finished:    r.Finished,
		By:          r.By,
		Scope:       ReconciliationScope(r.Scope),
		Scheduled:   r.Scheduled,
		Files:       int(r.Files),
		Differences: int(r.Differences),
	}
}

type listDifferencesInput struct {
	wire.Reason
	Status DifferenceStatus `query:"status" doc:"Only those with this status"`
	File   string           `query:"file" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Of which file"`
	wire.Paging
}

type listDifferencesOutput struct{ Body wire.Page[DifferenceView] }

func (s *Server) listDifferences(ctx context.Context, in *listDifferencesInput) (*listDifferencesOutput, error) {
	caller, sc, err := s.readingDifferences(ctx)
	if err != nil {
		return nil, err
	}
	found, after, err := before(in.Paging)
	if err != nil {
		return nil, err
	}
	rows, err := s.As(sc).ListFoundDifferences(ctx, s.Sight(caller, policies.ReadDifferences), db.DifferenceFilter{
		Status: string(in.Status), FileID: strings.ToLower(in.File), BeforeAt: found, BeforeID: after,
	}, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &listDifferencesOutput{}
	out.Body.Items = []DifferenceView{}
	rows, out.Body.Next = wire.Cut(rows, in.Limit, func(last db.Difference) wire.Cursor {
		return wire.Cursor{At: last.LastFound, ID: last.ID}
	})
	var shown guard.Shown
	for _, r := range rows {
		v, err := s.differenceView(caller, r)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, v)
		shown.Add(file.Kind(r.Kind), v.File, r.AGS)
	}
	return out, s.AuditedShown(ctx, caller, sc.Municipalities(), shown, policies.ReadDifferences, string(in.Reason.Reason))
}

type decideRepairInput struct {
	wire.Key
	IfMatch    string `header:"If-Match" doc:"ETag of the difference that you decided on. Without it the answer is 428" example:"\"1\""`
	Difference string `path:"difference" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the difference" example:"7f7f0f0e-54a3-5b0f-9a55-2f1f3a8f5b11"`
}

type differenceOutput struct {
	ETag string `header:"ETag" doc:"Revision of the difference, for If-Match" example:"\"2\""`
	Body DifferenceView
}

func (s *Server) proposeRepair(ctx context.Context, in *decideRepairInput) (*differenceOutput, error) {
	return s.decideRepair(ctx, in, policies.ProposeRepair, s.propose)
}

func (s *Server) approveRepair(ctx context.Context, in *decideRepairInput) (*differenceOutput, error) {
	return s.decideRepair(ctx, in, policies.ApproveRepair, s.approve)
}

func (s *Server) rejectRepair(ctx context.Context, in *decideRepairInput) (*differenceOutput, error) {
	reject := func(ctx context.Context, q *db.Queries, caller guard.Principal, d db.Difference, seen int) (int64, error) {
		return q.DecideRepair(ctx, db.DecideRepairParams{ID: d.ID, Revision: int32(seen), Status: "rejected", By: &caller.Subject})
	}
	return s.decideRepair(ctx, in, policies.RejectRepair, reject)
}

func (s *Server) propose(ctx context.Context, q *db.Queries, caller guard.Principal, d db.Difference, seen int) (int64, error) {
	if d.Repair == string(reconcile.NoRepair) {
		return 0, fault.Newf(fault.Conflict, "KoKo cannot repair this").By("no_repair", "restore it from a backup: docs/operations.md says how")
	}
	return q.ProposeRepair(ctx, db.ProposeRepairParams{ID: d.ID, Revision: int32(seen), By: &caller.Subject})
}

func (s *Server) approve(ctx context.Context, q *db.Queries, caller guard.Principal, d db.Difference, seen int) (int64, error) {
	if d.ProposedBy != nil && (*d.ProposedBy == caller.Subject || !s.approves(caller.NotFor(*d.ProposedBy), d)) {
		r := refused(d, policies.ApproveRepair, "four_eyes")
		problem := wire.NewProblem("forbidden", "you proposed it yourself, or the person whom you substitute").
			By("four_eyes", "another supervisor approves it")
		return 0, guard.Deny(caller, problem, r)
	}
	return q.DecideRepair(ctx, db.DecideRepairParams{ID: d.ID, Revision: int32(seen), Status: "approved", By: &caller.Subject})
}

// approves reports whether the caller may approve the repair of a difference.
func (s *Server) approves(caller guard.Principal, d db.Difference) bool {
	return s.Policy.DecideOn(caller.Caller(), policies.ApproveRepair, policies.Place{Own: d.AGS}, d.Ties).Allowed
}

// mending returns the files on whose repairs the caller may decide by act. An administrator may propose repairs
// of files that they do not see if supervisors see every file of the kind: then a difference does not reveal
// that a file exists.
func (s *Server) mending(caller guard.Principal, act string) db.Sight {
	sight := s.Sight(caller, policies.ReadDifferences)
	sight.Scope = s.Scope(caller, policies.ReadDifferences, act)
	for i, f := range s.Kinds {
		if s.Policy.Oversees(f.Seeing()...) {
			sight.Kinds[i].Scope = sight.Scope
		}
	}
	return sight
}

type repairStep func(ctx context.Context, q *db.Queries, caller guard.Principal, d db.Difference, seen int) (int64, error)

func (s *Server) decideRepair(ctx context.Context, in *decideRepairInput, act string, step repairStep) (*differenceOutput, error) {
	caller, err := s.Principal(ctx)
	if err != nil {
		return nil, err
	}
	permitted := act
	if act == policies.RejectRepair {
		permitted = policies.ApproveRepair
	}
	q := s.As(s.Scope(caller, policies.ReadDifferences, permitted))
	rows, err := q.ListFoundDifferences(ctx, s.mending(caller, permitted), db.DifferenceFilter{ID: strings.ToLower(in.Difference)}, 1)
	if err == nil && len(rows) == 0 {
		problem := wire.NewProblem("not-found", "there is no such difference").
			By("scope", "check the id, and that it concerns a file of your area")
		return nil, guard.Deny(caller, problem, guard.Refusal{Act: permitted, Rule: "scope"})
	}
	if err != nil {
		return nil, err
	}
	d := rows[0]
	if k, ok := kinds.Of(file.Kind(d.Kind)); ok && k.Confided() {
		wire.Confide(ctx)
	}
	if p := s.Policy.DecideOn(caller.Caller(), permitted, policies.Place{Own: d.AGS}, d.Ties); !p.Allowed {
		problem := wire.NewProblem("forbidden", "your role does not allow this").By("role", p.Remedy)
		return nil, guard.Deny(caller, problem, refused(d, permitted, "role"))
	}
	seen, err := wire.SeenVersion("difference", in.IfMatch)
	if err != nil {
		return nil, err
	}
	if !s.said(d, act, caller, seen) {
		if int(d.Revision) != seen {
			return nil, fault.Newf(fault.Stale, "the difference is at revision %d, not %d", d.Revision, seen).
				By("version", "read the difference again and decide on what it says now")
		}
		decided, err := step(ctx, q, caller, d, seen)
		if err != nil {
			return nil, err
		}
		if decided == 0 {
			return nil, fault.Newf(fault.Conflict, "the difference is %s", d.Status).
				By("repair_status", "propose an open one; approve or reject a proposed one")
		}
		if err := s.noteRepair(ctx, caller, act, d); err != nil {
			return nil, err
		}
	}
	if act == policies.ApproveRepair {
		if err := s.Repairer.Repair(ctx, d.ID, seen); err != nil {
			return nil, err
		}
	}
	if d, err = q.GetDifference(ctx, d.ID); err != nil {
		return nil, err
	}
	v, err := s.differenceView(caller, d)
	return &differenceOutput{ETag: wire.Etag(int(d.Revision)), Body: v}, err
}

// refused says of a refusal to decide on a difference that it stands with the file: of one that is confided, nobody else
// learns of it.
func refused(d db.Difference, act, rule string) guard.Refusal {
	r := guard.Refusal{Act: act, Rule: rule, Where: d.AGS, Version: int(d.Version), Subject: d.ID}
	if d.FileID != nil {
		r.FileID = *d.FileID
	}
	return r
}

// said reports whether the caller has decided this already: sent again, it is the same decision.
func (s *Server) said(d db.Difference, act string, caller guard.Principal, seen int) bool {
	by := d.ApprovedBy
	if act == policies.ProposeRepair {
		by = d.ProposedBy
	}
	came := map[string][]string{
		policies.ProposeRepair: {"proposed"},
		policies.ApproveRepair: {"approved", "repaired"},
		policies.RejectRepair:  {"rejected"},
	}
	return by != nil && *by == caller.Subject && int(d.Revision) > seen && slices.Contains(came[act], d.Status)
}

// noteRepair records what somebody decided about a repair, in the file's municipality.
func (s *Server) noteRepair(ctx context.Context, caller guard.Principal, act string, d db.Difference) error {
	return s.Append(ctx, caller, db.AppendAccessParams{
		ID: fmt.Sprintf("repair/%s/%s/%d", d.ID, act, d.Revision), Kind: "repair", Action: act, Rule: d.Repair,
		AGS: string(d.AGS), FileID: d.FileID, Version: wire.VersionOrNil(int(d.Version)), SubjectID: d.ID,
	})
}
