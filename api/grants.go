package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/policies"
)

func (s *server) registerGrants(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "list-grants", Method: http.MethodGet, Path: "/grants",
		Summary: "List the grants of your area, ended ones too", Tags: []string{"Access"}, Errors: statuses(403),
	}, s.listGrants)
	register(s, api, huma.Operation{
		OperationID: "give-grant", Method: http.MethodPost, Path: "/grants", DefaultStatus: http.StatusCreated,
		Summary: "Give somebody a role in an area", Description: "By an administrator of all of the area, and never to oneself.",
		Tags: []string{"Access"}, Errors: bodyStatuses(403, 409),
	}, s.giveGrant)
	register(s, api, huma.Operation{
		OperationID: "end-grant", Method: http.MethodPost, Path: "/grants/{grant}/end",
		Summary: "End a grant now", Description: "It stays in the record: a grant is never deleted.",
		Tags: []string{"Access"}, Errors: statuses(403, 404),
	}, s.endGrant)
}

// Grant is a role that somebody holds in an area for a time.
type Grant struct {
	ID         string     `json:"id" format:"uuid" doc:"Id of the grant"`
	Subject    string     `json:"subject" doc:"Who holds it: the id at the OpenID provider"`
	Role       RoleName   `json:"role" doc:"What it makes of a person"`
	Area       ags.Area   `json:"area" nullable:"false" doc:"The municipalities, one by one"`
	ValidFrom  time.Time  `json:"valid_from" doc:"From when it holds"`
	ValidUntil *time.Time `json:"valid_until,omitempty" doc:"Until when; left out if without end"`
	GivenBy    string     `json:"given_by" doc:"Subject of the administrator, or system"`
	GivenAt    time.Time  `json:"given_at" doc:"When it was given"`
	EndedBy    string     `json:"ended_by,omitempty" doc:"Subject of the administrator who ended it"`
}

func grant(r db.RoleGrant) Grant {
	g := Grant{
		ID: r.ID, Subject: r.Subject, Role: RoleName(r.Role), Area: r.Area, ValidFrom: r.ValidFrom, ValidUntil: r.ValidUntil,
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
	Cursor  string  `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit   int     `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Grants on a page at most"`
}

type listGrantsOutput struct{ Body Page[Grant] }

type grantCursor struct {
	At time.Time `json:"a"`
	ID string    `json:"i"`
}

func (s *server) listGrants(ctx context.Context, in *listGrantsInput) (*listGrantsOutput, error) {
	caller, within, err := s.administers(ctx, policies.ReadGrants)
	if err != nil {
		return nil, err
	}
	before := grantCursor{At: s.now().Add(time.Hour), ID: zeroID}
	if in.Cursor != "" {
		before = grantCursor{}
		if err := decodeCursor(in.Cursor, &before); err != nil || !isUUID(before.ID) {
			return nil, badCursor()
		}
	}
	var rows []db.RoleGrant
	err = db.Within(ctx, s.pool, caller.Subject, within, func(q *db.Queries) error {
		rows, err = q.ListGrants(ctx, db.ListGrantsParams{
			Within: db.Keys(within), Subject: filled(in.Subject), Role: filled(in.Role), AGS: filled(string(in.AGS)),
			BeforeAt: before.At, BeforeID: before.ID, PageSize: int32(in.Limit + 1),
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &listGrantsOutput{}
	out.Body.Items = []Grant{}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		last := rows[in.Limit-1]
		out.Body.Next = encodeCursor(grantCursor{last.GivenAt, last.ID})
	}
	for _, r := range rows {
		out.Body.Items = append(out.Body.Items, grant(r))
	}
	return out, nil
}

// administers returns the municipalities in which the caller may take an act of administration.
func (s *server) administers(ctx context.Context, act string) (Principal, ags.Area, error) {
	caller, err := s.principal(ctx)
	if err != nil {
		return caller, nil, err
	}
	within := s.scope(caller, act).Everywhere()
	s.noteAnywhere(caller, act)
	if len(within) == 0 {
		return caller, nil, &denied{
			newProblem("forbidden", "you do not administer rights anywhere").by("role", "ask an administrator of your municipality"),
			caller, refusal{act: act, rule: "role"},
		}
	}
	return caller, within, nil
}

type giveGrantInput struct {
	Key
	Body struct {
		Subject    string     `json:"subject" minLength:"1" maxLength:"128" pattern:"^[A-Za-z0-9][A-Za-z0-9._:|-]*$" doc:"The id at the OpenID provider, never a name or an e-mail address" example:"0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10"`
		Role       RoleName   `json:"role" doc:"What it makes of a person" example:"caseworker"`
		Area       []ags.Key  `json:"area" minItems:"1" maxItems:"396" nullable:"false" pattern:"^[0-9]{8}$" doc:"The municipalities, one by one" example:"[\"05999001\"]"`
		ValidFrom  *time.Time `json:"valid_from,omitempty" doc:"Now if left out"`
		ValidUntil *time.Time `json:"valid_until,omitempty" doc:"Until it is ended if left out"`
	}
}

type grantOutput struct{ Body Grant }

func (s *server) giveGrant(ctx context.Context, in *giveGrantInput) (*grantOutput, error) {
	caller, within, err := s.administers(ctx, policies.GiveGrant)
	if err != nil {
		return nil, err
	}
	b := in.Body
	area := ags.Area(b.Area).Merge(nil)
	id := commandID(caller.Subject, in.IdempotencyKey)
	if f := s.grantable(caller, within, area, b.Subject, b.ValidFrom, b.ValidUntil); f != nil && f.Code == fault.Forbidden {
		s.refused(ctx, caller, refusal{act: policies.GiveGrant, rule: f.Rule, where: area[0]})
		return nil, f
	} else if f != nil {
		return nil, f
	}
	p := db.AddGrantParams{
		ID: id, Subject: b.Subject, Role: string(b.Role), Area: area, ValidFrom: s.now(), ValidUntil: b.ValidUntil, GivenBy: caller.Subject,
	}
	if b.ValidFrom != nil {
		p.ValidFrom = *b.ValidFrom
	}
	var got db.RoleGrant
	err = db.Within(ctx, s.pool, caller.Subject, within, func(q *db.Queries) error {
		if err := known(ctx, q, area); err != nil {
			return err
		}
		added, err := q.AddGrant(ctx, p)
		if err != nil {
			return err
		}
		got, err = q.GetGrant(ctx, db.GetGrantParams{ID: id, Within: db.Keys(within)})
		if errors.Is(err, pgx.ErrNoRows) || err == nil && added == 0 && !sameGrant(got, p, b.ValidFrom != nil) {
			return reusedKey("another grant")
		}
		if err != nil || added == 0 {
			return err
		}
		return q.NoteGrant(ctx, policies.GiveGrant, caller.Subject, got.ID, got.Role, got.Area)
	})
	return &grantOutput{Body: grant(got)}, err
}

// grantable: administrators give rights within their own area, and never to themselves.
func (s *server) grantable(caller Principal, within, area ags.Area, subject string, from, until *time.Time) *fault.Error {
	start := s.now()
	if from != nil {
		start = *from
	}
	switch {
	case subject == caller.Subject:
		return fault.Newf(fault.Forbidden, "nobody gives rights to themselves").By("four_eyes", "another administrator gives the grant")
	case !within.CoversAll(area):
		return fault.Newf(fault.Forbidden, "the area reaches beyond the one that you administer").In("area").
			By("area", "give the grant for municipalities of your own area")
	case !recordable(start):
		return fault.Newf(fault.Invalid, "not a time that a grant can begin at").In("valid_from").By("range", "give a year from 2000 to 2199")
	case until != nil && !recordable(*until):
		return fault.Newf(fault.Invalid, "not a time that a grant can end at").In("valid_until").By("range", "leave it out, or give a year from 2000 to 2199")
	case until != nil && !until.After(start):
		return fault.Newf(fault.Invalid, "the grant would end before it begins").In("valid_until").By("order", "give a later end")
	}
	return nil
}

// recordable keeps out the times that a calendar can write and a record or an answer cannot.
func recordable(t time.Time) bool { return t.UTC().Year() >= 2000 && t.UTC().Year() < 2200 }

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

// sameGrant reports whether got is what p asked for, whenever that was. An end may have come since.
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

func (s *server) endGrant(ctx context.Context, in *endGrantInput) (*grantOutput, error) {
	caller, within, err := s.administers(ctx, policies.EndGrant)
	if err != nil {
		return nil, err
	}
	var got db.RoleGrant
	err = db.Within(ctx, s.pool, caller.Subject, within, func(q *db.Queries) error {
		ended, err := q.EndGrant(ctx, db.EndGrantParams{ID: in.Grant, At: s.now(), EndedBy: &caller.Subject, Within: db.Keys(within)})
		if err != nil {
			return err
		}
		got, err = q.GetGrant(ctx, db.GetGrantParams{ID: in.Grant, Within: db.Keys(within)})
		if errors.Is(err, pgx.ErrNoRows) {
			return &denied{
				newProblem("not-found", "there is no such grant in your area").by("scope", "check the id"),
				caller, refusal{act: policies.EndGrant, rule: "scope"},
			}
		}
		if err != nil || ended == 0 { // it had ended before: the same answer again
			return err
		}
		return q.NoteGrant(ctx, policies.EndGrant, caller.Subject, got.ID, got.Role, got.Area)
	})
	return &grantOutput{Body: grant(got)}, err
}

func filled(v string) *string {
	if v == "" {
		return nil
	}
	return &v
}
