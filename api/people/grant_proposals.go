package people

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/policies"
)

// proposalLapses is how long a proposal waits for somebody to decide on it.
const proposalLapses = 14 * 24 * time.Hour

func (s *Server) registerGrantProposals(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "list-grant-proposals", Method: http.MethodGet, Path: "/grant-proposals",
		Summary:     "List the grants that were proposed in your area, and what became of them",
		Description: "Supervisors, data protection officers and administrators are appointed by two. The latest first.",
		Tags:        []string{"Access"}, Errors: wire.Statuses(403),
	}, s.listGrantProposals)
	for _, way := range []struct {
		verb, act, summary, details string
		outcome                     GrantProposalStatus
	}{
		{"approve", policies.ApproveGrant, "Approve a grant that somebody else proposed", "By an administrator of all of the area who neither proposed it nor would hold it. It is valid from now on, or from when it was proposed for if that is later; its id is the proposal's.", ProposalApproved},
		{"reject", policies.RejectGrant, "Reject a grant that was proposed", "Whoever may approve one may reject it, and withdraw their own.", ProposalRejected},
	} {
		guard.Register(s, api, huma.Operation{
			OperationID: way.verb + "-grant-proposal", Method: http.MethodPost, Path: "/grant-proposals/{proposal}/" + way.verb,
			Summary: way.summary, Description: way.details, Tags: []string{"Access"}, Errors: wire.Statuses(403, 404, 409),
		}, func(ctx context.Context, in *GrantProposalRef) (*grantProposalOutput, error) {
			return s.decideGrant(ctx, strings.ToLower(in.Proposal), way.act, way.outcome)
		})
	}
}

// GrantProposalStatus is what became of a proposal.
type GrantProposalStatus string

// What becomes of a proposal.
const (
	ProposalOpen     GrantProposalStatus = "open"
	ProposalApproved GrantProposalStatus = "approved" // and given
	ProposalRejected GrantProposalStatus = "rejected"
	ProposalLapsed   GrantProposalStatus = "lapsed" // nobody decided in time
)

// Values lists them.
func (GrantProposalStatus) Values() []GrantProposalStatus {
	return []GrantProposalStatus{ProposalOpen, ProposalApproved, ProposalRejected, ProposalLapsed}
}

// GrantProposal is a grant that somebody proposed and that somebody else has to approve.
type GrantProposal struct {
	ID         string              `json:"id" format:"uuid" doc:"Id of the proposal, and of the grant that follows"`
	Subject    string              `json:"subject" doc:"Who would hold it: the id at the OpenID provider"`
	Role       wire.RoleName       `json:"role" doc:"The role"`
	Area       ags.Area            `json:"area" nullable:"false" doc:"The municipalities, one by one"`
	ValidFrom  *time.Time          `json:"valid_from,omitempty" doc:"From when it is to be valid; left out: from the approval on"`
	ValidUntil *time.Time          `json:"valid_until,omitempty" doc:"Until when; left out if it has no end"`
	ProposedBy string              `json:"proposed_by" doc:"Subject of the administrator who proposed it"`
	ProposedAt time.Time           `json:"proposed_at" doc:"When"`
	LapsesAt   time.Time           `json:"lapses_at" doc:"When it lapses if nobody decides on it"`
	Status     GrantProposalStatus `json:"status" doc:"What became of it; until it is approved it grants nothing"`
	DecidedBy  string              `json:"decided_by,omitempty" doc:"Subject of the administrator who approved or rejected it"`
	DecidedAt  *time.Time          `json:"decided_at,omitempty" doc:"When"`
}

func (s *Server) grantProposal(r db.GrantProposal) GrantProposal {
	v := GrantProposal{
		ID: r.ID, Subject: r.Subject, Role: wire.RoleName(r.Role), Area: r.Area, ValidFrom: r.ValidFrom, ValidUntil: r.ValidUntil,
		ProposedBy: r.ProposedBy, ProposedAt: r.ProposedAt, LapsesAt: r.LapsesAt, Status: GrantProposalStatus(r.Status), DecidedAt: r.DecidedAt,
	}
	if v.Status == ProposalOpen && !s.Now().Before(r.LapsesAt) {
		v.Status = ProposalLapsed
	}
	if r.DecidedBy != nil {
		v.DecidedBy = *r.DecidedBy
	}
	return v
}

// GrantProposalRef names a proposal.
type GrantProposalRef struct {
	Proposal string `path:"proposal" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the proposal" example:"5c0c8f56-0a55-5d0e-8f7e-6a3f7d2b9e01"`
}

type grantProposalOutput struct{ Body GrantProposal }

type listGrantProposalsInput struct {
	Status GrantProposalStatus `query:"status" doc:"Only those with this status"`
	wire.Paging
}

type listGrantProposalsOutput struct{ Body wire.Page[GrantProposal] }

func (s *Server) listGrantProposals(ctx context.Context, in *listGrantProposalsInput) (*listGrantProposalsOutput, error) {
	caller, within, err := s.administers(ctx, policies.ReadGrants)
	if err != nil {
		return nil, err
	}
	before, err := in.After(wire.Cursor{At: wire.Never, ID: wire.ZeroID}, wire.Cursor.Dated)
	if err != nil {
		return nil, err
	}
	rows, err := db.As(s.Pool, caller.Subject, within).ListGrantProposals(ctx, db.ListGrantProposalsParams{
		Within: db.Keys(within), Status: wire.OrNil(string(in.Status)), At: s.Now(),
		BeforeAt: before.At, BeforeID: before.ID, PageSize: int32(in.Limit + 1),
	})
	if err != nil {
		return nil, err
	}
	rows, next := wire.Cut(rows, in.Limit, func(last db.GrantProposal) wire.Cursor { return wire.Cursor{At: last.ProposedAt, ID: last.ID} })
	return &listGrantProposalsOutput{wire.PageOf(rows, next, s.grantProposal)}, nil
}

// propose records that the caller proposes a grant; sent again, it is the same proposal.
func (s *Server) propose(ctx context.Context, q *db.Queries, within ags.Area, p db.AddGrantParams, from *time.Time) (GrantProposal, error) {
	if _, err := q.GetGrantProposal(ctx, db.GetGrantProposalParams{ID: p.ID, Within: db.Keys(within)}); errors.Is(err, pgx.ErrNoRows) {
		_, err = q.GetGrant(ctx, db.GetGrantParams{ID: p.ID, Within: db.Keys(within)})
		if err == nil {
			return GrantProposal{}, wire.ReusedKey("a grant")
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return GrantProposal{}, err
		}
	}
	now := s.Now()
	added, err := q.AddGrantProposal(ctx, db.AddGrantProposalParams{
		ID: p.ID, Subject: p.Subject, Role: p.Role, Area: p.Area, ValidFrom: from, ValidUntil: p.ValidUntil,
		ProposedBy: p.GivenBy, ProposedAt: now, LapsesAt: now.Add(proposalLapses),
	})
	if err != nil {
		return GrantProposal{}, err
	}
	got, err := q.GetGrantProposal(ctx, db.GetGrantProposalParams{ID: p.ID, Within: db.Keys(within)})
	same := got.Subject == p.Subject && got.Role == p.Role && slices.Equal(got.Area, p.Area) &&
		sameTime(got.ValidFrom, from) && sameTime(got.ValidUntil, p.ValidUntil)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !same {
		return GrantProposal{}, wire.ReusedKey("another grant")
	}
	if err == nil && added > 0 {
		err = q.NoteGrant(ctx, policies.ProposeGrant, p.GivenBy, got.ID, got.Role, got.Area)
	}
	return s.grantProposal(got), err
}

// decideGrant approves or rejects a proposal. The record checks again that two people are involved.
func (s *Server) decideGrant(ctx context.Context, id, act string, outcome GrantProposalStatus) (*grantProposalOutput, error) {
	caller, within, err := s.administers(ctx, policies.ApproveGrant)
	if err != nil {
		return nil, err
	}
	out := &grantProposalOutput{}
	err = db.Within(ctx, s.Pool, caller.Subject, within, func(q *db.Queries) error {
		find := db.GetGrantProposalParams{ID: id, Within: db.Keys(within)}
		p, err := q.GetGrantProposal(ctx, find)
		if errors.Is(err, pgx.ErrNoRows) {
			problem := wire.NewProblem("not-found", "there is no such proposal in your area").By("scope", "check the id")
			return guard.Deny(caller, problem, guard.Refusal{Act: policies.ApproveGrant, Rule: "scope"})
		}
		if err != nil {
			return err
		}
		if out.Body = s.grantProposal(p); out.Body.Status == outcome && out.Body.DecidedBy == caller.Subject {
			return nil // said twice
		}
		if outcome == ProposalApproved && !s.otherEyes(caller, p) {
			problem := wire.NewProblem("forbidden", "you proposed it, would hold it, or do this in place of one who did or would").
				By("four_eyes", "another administrator of all of the area approves it in their own right")
			return guard.Deny(caller, problem, guard.Refusal{Act: policies.ApproveGrant, Rule: "four_eyes", Where: p.Area[0]})
		}
		now := s.Now()
		decided, err := q.DecideGrantProposal(ctx, db.DecideGrantProposalParams{
			ID: id, Status: string(outcome), DecidedBy: &caller.Subject, At: now,
		})
		if err != nil {
			return err
		}
		if decided == 0 {
			return fault.Newf(fault.Conflict, "the proposal has lapsed, or is decided").
				By("grant_decided", "see /api/v1/grant-proposals; what has lapsed may be proposed again")
		}
		if outcome == ProposalApproved {
			if err := s.giveProposed(ctx, q, caller, p, now); err != nil {
				return err
			}
		}
		if p, err = q.GetGrantProposal(ctx, find); err != nil {
			return err
		}
		out.Body = s.grantProposal(p)
		return q.NoteGrant(ctx, act, caller.Subject, p.ID, p.Role, p.Area)
	})
	return out, err
}

// otherEyes reports whether the caller has no part in a proposal, and approves it in nobody's place who has.
func (s *Server) otherEyes(caller guard.Principal, p db.GrantProposal) bool {
	within := s.Scope(caller.NotFor(p.ProposedBy).NotFor(p.Subject), policies.ApproveGrant).Everywhere()
	return caller.Subject != p.ProposedBy && caller.Subject != p.Subject && within.CoversAll(p.Area)
}

// giveProposed gives what two have agreed on, from now on at the earliest.
func (s *Server) giveProposed(ctx context.Context, q *db.Queries, caller guard.Principal, p db.GrantProposal, now time.Time) error {
	g := db.AddGrantParams{
		ID: p.ID, Subject: p.Subject, Role: p.Role, Area: p.Area, ValidFrom: now, ValidUntil: p.ValidUntil, GivenBy: caller.Subject,
	}
	if p.ValidFrom != nil && p.ValidFrom.After(now) {
		g.ValidFrom = *p.ValidFrom
	}
	if g.ValidUntil != nil && !g.ValidUntil.After(g.ValidFrom) {
		return fault.Newf(fault.Conflict, "the time is over for which it was proposed").By("over", "propose it again with a later end")
	}
	_, err := s.give(ctx, q, g)
	return err
}

// orProposed has the document say that what needs two is answered with a proposal.
func orProposed(api huma.API, op huma.Operation) {
	schemas := api.OpenAPI().Components.Schemas
	responses := wire.OperationAt(api, op).Responses
	responses["201"].Content = map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeFor[Grant](), true, "")}}
	responses["202"] = &huma.Response{
		Description: "Proposed: somebody else has to approve it",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeFor[GrantProposal](), true, "")}},
	}
}
