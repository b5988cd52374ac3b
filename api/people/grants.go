package people

import (
	"context"
	"errors"
	"net/http"
	"slices"
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

func (s *Server) registerGrants(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "list-grants", Method: http.MethodGet, Path: "/grants",
		Summary: "List the grants that reach into your area, ended ones too", Tags: []string{"Access"}, Errors: wire.Statuses(403),
	}, s.listGrants)
	give := huma.Operation{
		OperationID: "give-grant", Method: http.MethodPost, Path: "/grants", DefaultStatus: http.StatusCreated,
		Summary:     "Give somebody a role in an area",
		Description: "By an administrator of all of the area, and never to oneself. A supervisor, a data protection officer or an administrator is proposed: the answer is 202 with the proposal, and another administrator approves it.",
		Tags:        []string{"Access"}, Errors: wire.BodyStatuses(403, 409),
	}
	guard.Register(s, api, give, s.giveGrant)
	orProposed(api, give)
	guard.Register(s, api, huma.Operation{
		OperationID: "end-grant", Method: http.MethodPost, Path: "/grants/{grant}/end",
		Summary:     "End a grant now",
		Description: "It stays in the record: a grant is never deleted. One that reaches beyond your area ends there alone: in the other municipalities it goes on as a grant of its own.",
		Tags:        []string{"Access"}, Errors: wire.Statuses(403, 404),
	}, s.endGrant)
}

// Grant is a role that somebody holds in an area for a time.
type Grant struct {
	ID         string        `json:"id" format:"uuid" doc:"Id of the grant"`
	Subject    string        `json:"subject" doc:"Who holds it: the id at the OpenID provider"`
	Role       wire.RoleName `json:"role" doc:"The granted role"`
	Area       ags.Area      `json:"area" nullable:"false" doc:"The municipalities, one by one, as far as they are yours to administer"`
	Size       int           `json:"size" doc:"In how many municipalities it is held"`
	ValidFrom  time.Time     `json:"valid_from" doc:"From when it is valid"`
	ValidUntil *time.Time    `json:"valid_until,omitempty" doc:"Until when it is valid; left out if it has no end"`
	GivenBy    string        `json:"given_by" doc:"Subject of the administrator, or system"`
	GivenAt    time.Time     `json:"given_at" doc:"When it was given"`
	EndedBy    string        `json:"ended_by,omitempty" doc:"Subject of the administrator who ended it"`
}

// grant is what of a grant an administrator of an area sees.
func grant(r db.RoleGrant, within ags.Area) Grant {
	g := Grant{
		ID: r.ID, Subject: r.Subject, Role: wire.RoleName(r.Role), Area: r.Area.Common(within), Size: len(r.Area),
		ValidFrom: r.ValidFrom, ValidUntil: r.ValidUntil,
		GivenBy: r.GivenBy, GivenAt: r.GivenAt,
	}
	if r.EndedBy != nil {
		g.EndedBy = *r.EndedBy
	}
	return g
}

type listGrantsInput struct {
	Subject string  `query:"subject" maxLength:"128" doc:"Who holds it"`
	Role    string  `query:"role" maxLength:"32" doc:"Only grants of one role"`
	AGS     ags.Key `query:"ags" pattern:"^[0-9]{8}$" doc:"Only grants whose area holds this municipality"`
	wire.Paging
}

type listGrantsOutput struct{ Body wire.Page[Grant] }

func (s *Server) listGrants(ctx context.Context, in *listGrantsInput) (*listGrantsOutput, error) {
	caller, within, err := s.administers(ctx, policies.ReadGrants)
	if err != nil {
		return nil, err
	}
	before, err := in.After(wire.Cursor{At: wire.Never, ID: wire.ZeroID}, wire.Cursor.Dated)
	if err != nil {
		return nil, err
	}
	var rows []db.RoleGrant
	err = db.Within(ctx, s.Pool, caller.Subject, within, func(q *db.Queries) error {
		rows, err = q.ListGrants(ctx, db.ListGrantsParams{
			Within: db.Keys(within), Subject: wire.OrNil(in.Subject), Role: wire.OrNil(in.Role), AGS: wire.OrNil(string(in.AGS)),
			BeforeAt: before.At, BeforeID: before.ID, PageSize: int32(in.Limit + 1),
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	rows, next := wire.Cut(rows, in.Limit, func(last db.RoleGrant) wire.Cursor { return wire.Cursor{At: last.GivenAt, ID: last.ID} })
	return &listGrantsOutput{wire.PageOf(rows, next, func(r db.RoleGrant) Grant { return grant(r, within) })}, nil
}

// administers returns the municipalities in which the caller may administer rights by act.
func (s *Server) administers(ctx context.Context, act string) (guard.Principal, ags.Area, error) {
	return s.InArea(ctx, act, "you do not administer rights anywhere")
}

type giveGrantInput struct {
	wire.Key
	Body struct {
		Subject    string        `json:"subject" minLength:"1" maxLength:"128" pattern:"^[A-Za-z0-9][A-Za-z0-9._:|-]*$" doc:"The id at the OpenID provider, never a name or an e-mail address" example:"0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10"`
		Role       wire.RoleName `json:"role" doc:"The granted role" example:"caseworker"`
		Area       []ags.Key     `json:"area" minItems:"1" maxItems:"396" nullable:"false" pattern:"^[0-9]{8}$" doc:"The municipalities, one by one" example:"[\"05999001\"]"`
		ValidFrom  *time.Time    `json:"valid_from,omitempty" doc:"Now if left out"`
		ValidUntil *time.Time    `json:"valid_until,omitempty" doc:"Until it is ended if left out"`
	}
}

type grantOutput struct{ Body Grant }

// A givenOutput is a grant or, if it needs two, a proposal.
type givenOutput struct {
	Status int
	Body   any
}

func (s *Server) giveGrant(ctx context.Context, in *giveGrantInput) (*givenOutput, error) {
	caller, within, err := s.administers(ctx, policies.GiveGrant)
	if err != nil {
		return nil, err
	}
	b := in.Body
	area := ags.Area(b.Area).Merge(nil)
	id := wire.CommandID(caller.Subject, in.IdempotencyKey)
	// Nobody gives rights to the one in whose place they give them.
	within = within.Common(s.Scope(caller.NotFor(b.Subject), policies.GiveGrant).Everywhere())
	if f := s.grantable(caller, within, area, b.Subject, b.ValidFrom, b.ValidUntil); f != nil && f.Code == fault.Forbidden {
		s.Refused(ctx, caller, guard.Refusal{Act: policies.GiveGrant, Rule: f.Rule, Where: area[0]})
		return nil, f
	} else if f != nil {
		return nil, f
	}
	p := db.AddGrantParams{
		ID: id, Subject: b.Subject, Role: string(b.Role), Area: area, ValidFrom: s.Now(), ValidUntil: b.ValidUntil, GivenBy: caller.Subject,
	}
	if b.ValidFrom != nil {
		p.ValidFrom = *b.ValidFrom
	}
	out := &givenOutput{}
	err = db.Within(ctx, s.Pool, caller.Subject, within, func(q *db.Queries) error {
		if err := known(ctx, q, area); err != nil {
			return err
		}
		if s.Policy.ByTwo(policies.Role(p.Role)) {
			proposed, err := s.propose(ctx, q, within, p, b.ValidFrom)
			out.Status, out.Body = http.StatusAccepted, proposed
			return err
		}
		given, err := s.giveAtOnce(ctx, q, within, p, b.ValidFrom != nil)
		out.Status, out.Body = http.StatusCreated, given
		return err
	})
	return out, err
}

// giveAtOnce gives what one administrator may give, and records it; sent again, it is the same grant.
func (s *Server) giveAtOnce(ctx context.Context, q *db.Queries, within ags.Area, p db.AddGrantParams, dated bool) (Grant, error) {
	_, err := q.GetGrantProposal(ctx, db.GetGrantProposalParams{ID: p.ID, Within: db.Keys(within)})
	if err == nil {
		return Grant{}, wire.ReusedKey("a proposal")
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return Grant{}, err
	}
	added, err := s.give(ctx, q, p)
	if err != nil {
		return Grant{}, err
	}
	got, err := q.GetGrant(ctx, db.GetGrantParams{ID: p.ID, Within: db.Keys(within)})
	if errors.Is(err, pgx.ErrNoRows) || err == nil && added == 0 && !sameGrant(got, p, dated) {
		return Grant{}, wire.ReusedKey("another grant")
	}
	if err == nil && added > 0 {
		err = q.NoteGrant(ctx, policies.GiveGrant, p.GivenBy, got.ID, got.Role, got.Area)
	}
	return grant(got, within), err
}

// give adds a grant, unless its holder would have both sides of a four-eyes rule by it.
func (s *Server) give(ctx context.Context, q *db.Queries, p db.AddGrantParams) (added int64, err error) {
	var apart []string
	for _, r := range s.Policy.ApartFrom(policies.Role(p.Role)) {
		apart = append(apart, string(r))
	}
	added, err = q.Give(ctx, p, apart)
	if errors.Is(err, db.ErrApart) {
		err = fault.Newf(fault.Conflict, "the person substitutes somebody meanwhile, and would have both sides of a four-eyes rule").In("role").
			By("four_eyes", "have the substitution ended first, or let the grant begin after it")
	}
	return added, err
}

// grantable refuses what reaches beyond the administrator's own area, and rights for oneself.
func (s *Server) grantable(caller guard.Principal, within, area ags.Area, subject string, from, until *time.Time) *fault.Error {
	start := s.Now()
	if from != nil {
		start = *from
	}
	switch {
	case subject == caller.Subject:
		return fault.Newf(fault.Forbidden, "nobody gives rights to themselves").By("four_eyes", "another administrator gives the grant")
	case !within.CoversAll(area):
		return fault.Newf(fault.Forbidden, "the area reaches beyond the one that you administer").In("area").
			By("area", "give the grant for municipalities of your own area")
	case !wire.Recordable(start):
		return fault.Newf(fault.Invalid, "not a time that a grant can begin at").In("valid_from").By("range", "give a year from 2000 to 2199")
	case until != nil && !wire.Recordable(*until):
		return fault.Newf(fault.Invalid, "not a time that a grant can end at").In("valid_until").
			By("range", "leave it out, or give a year from 2000 to 2199")
	case until != nil && !until.After(start):
		return fault.Newf(fault.Invalid, "the grant would end before it begins").In("valid_until").By("order", "give a later end")
	}
	return nil
}

func known(ctx context.Context, q *db.Queries, area ags.Area) error {
	for i, k := range area {
		if _, err := q.GetMunicipality(ctx, k); errors.Is(err, pgx.ErrNoRows) {
			return fault.Newf(fault.Invalid, "there is no municipality with this key").In(file.Index("area", i)).
				By("municipality", "see /api/v1/municipalities")
		} else if err != nil {
			return err
		}
	}
	return nil
}

// sameGrant reports whether got is the grant that p asked for, whenever it was given; it may have
// ended since.
func sameGrant(got db.RoleGrant, p db.AddGrantParams, dated bool) bool {
	return got.Subject == p.Subject && got.Role == p.Role && slices.Equal(got.Area, p.Area) &&
		(!dated || sameTime(&got.ValidFrom, &p.ValidFrom)) && (got.EndedBy != nil || sameTime(got.ValidUntil, p.ValidUntil))
}

// sameTime compares as the record does, which keeps microseconds.
func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Truncate(time.Microsecond).Equal(b.Truncate(time.Microsecond))
}

type endGrantInput struct {
	Grant string `path:"grant" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the grant" example:"5c0c8f56-0a55-5d0e-8f7e-6a3f7d2b9e01"`
}

func (s *Server) endGrant(ctx context.Context, in *endGrantInput) (*grantOutput, error) {
	caller, within, err := s.administers(ctx, policies.EndGrant)
	if err != nil {
		return nil, err
	}
	var got db.RoleGrant
	err = db.Within(ctx, s.Pool, caller.Subject, within, func(q *db.Queries) error {
		ended, err := q.EndGrant(ctx, db.EndGrantParams{ID: in.Grant, At: s.Now()})
		if err != nil {
			return err
		}
		got, err = q.GetGrant(ctx, db.GetGrantParams{ID: in.Grant, Within: db.Keys(within)})
		if errors.Is(err, pgx.ErrNoRows) {
			problem := wire.NewProblem("not-found", "there is no such grant in your area").By("scope", "check the id")
			return guard.Deny(caller, problem, guard.Refusal{Act: policies.EndGrant, Rule: "scope"})
		}
		if err != nil || !ended.Ended { // it had ended before: the same answer again
			return err
		}
		if err := q.NoteGrant(ctx, policies.EndGrant, caller.Subject, got.ID, got.Role, got.Area); err != nil || ended.RestID == "" {
			return err
		}
		return q.NoteGrant(ctx, policies.GiveGrant, caller.Subject, ended.RestID, got.Role, db.Area(ended.Rest))
	})
	return &grantOutput{Body: grant(got, within)}, err
}
