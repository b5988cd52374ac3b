package people

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
	"koko/domain/file"
	"koko/policies"
)

func (s *Server) registerSubstitutions(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "list-substitutions", Method: http.MethodGet, Path: "/substitutions",
		Summary:     "List the substitutions that concern you and, as a supervisor or an administrator, those of your area",
		Description: "Ended ones too, the latest first.", Tags: []string{"Absence"}, Errors: wire.Statuses(),
	}, s.listSubstitutions)
	guard.Register(s, api, huma.Operation{
		OperationID: "enter-substitution", Method: http.MethodPost, Path: "/substitutions", DefaultStatus: http.StatusCreated,
		Summary: "Enter who substitutes you, or as a supervisor who substitutes somebody of your area",
		Description: "From the first to the last day in Berlin, the substitute has these roles of the person in these municipalities, for as long as the person has them; what " +
			"the person is tied to does not go over. By it, the substitute may not do what the person may not do. Refused where somebody would have both sides " +
			"of a four-eyes rule, where the roles are substituted already, and for somebody who is substituted or substitutes meanwhile.",
		Tags: []string{"Absence"}, Errors: wire.BodyStatuses(403, 409),
	}, s.enterSubstitution)
	guard.Register(s, api, huma.Operation{
		OperationID: "end-substitution", Method: http.MethodPost, Path: "/substitutions/{substitution}/end",
		Summary: "End a substitution now", Description: "By the person themselves or a supervisor. It stays in the record.",
		Tags: []string{"Absence"}, Errors: wire.Statuses(403, 404),
	}, s.endSubstitution)
}

// Substitution is a time in which somebody has roles in place of a person.
type Substitution struct {
	ID         string          `json:"id" format:"uuid" doc:"Id of the substitution"`
	Person     string          `json:"person" doc:"Who is substituted: the id at the OpenID provider"`
	Substitute string          `json:"substitute" doc:"Who has the roles meanwhile"`
	Roles      []wire.RoleName `json:"roles" nullable:"false" doc:"Which roles of the person"`
	Area       ags.Area        `json:"area" nullable:"false" doc:"In which municipalities, as far as it is yours to know"`
	From       file.Date       `json:"from" format:"date" doc:"First day, in Berlin" example:"2027-07-19"`
	Until      file.Date       `json:"until" format:"date" doc:"Last day, in Berlin" example:"2027-08-06"`
	EnteredBy  string          `json:"entered_by" doc:"Subject of whoever entered it"`
	EnteredAt  time.Time       `json:"entered_at" doc:"When"`
	EndedBy    string          `json:"ended_by,omitempty" doc:"Subject of whoever ended it early"`
	EndedAt    *time.Time      `json:"ended_at,omitempty" doc:"When it was ended early"`
}

func (s sight) substitution(r db.Substitution) Substitution {
	v := Substitution{
		ID: r.ID, Person: r.Person, Substitute: r.Substitute, Roles: []wire.RoleName{}, Area: s.of(r.Area, r.Person, r.Substitute),
		From: file.DateOf(r.ValidFrom), Until: lastDay(r.LastUntil), EnteredBy: r.EnteredBy, EnteredAt: r.EnteredAt,
	}
	for _, role := range r.Roles {
		v.Roles = append(v.Roles, wire.RoleName(role))
	}
	if r.EndedBy != nil {
		v.EndedBy, v.EndedAt = *r.EndedBy, &r.ValidUntil
	}
	return v
}

type listSubstitutionsInput struct {
	Person     string  `query:"person" maxLength:"128" doc:"Who is substituted"`
	Substitute string  `query:"substitute" maxLength:"128" doc:"Who substitutes"`
	AGS        ags.Key `query:"ags" pattern:"^[0-9]{8}$" doc:"Only in this municipality"`
	wire.Paging
}

type listSubstitutionsOutput struct{ Body wire.Page[Substitution] }

func (s *Server) listSubstitutions(ctx context.Context, in *listSubstitutionsInput) (*listSubstitutionsOutput, error) {
	caller, sees, err := s.registered(ctx, policies.ReadSubstitutions)
	if err != nil {
		return nil, err
	}
	before, err := in.After(wire.Cursor{At: wire.Never, ID: wire.ZeroID}, wire.Cursor.Dated)
	if err != nil {
		return nil, err
	}
	rows, err := db.As(s.Pool, caller.Subject, sees.within).ListSubstitutions(ctx, db.ListSubstitutionsParams{
		Caller: caller.Subject, Within: db.Keys(sees.within), Person: wire.OrNil(in.Person), Substitute: wire.OrNil(in.Substitute),
		AGS: wire.OrNil(string(in.AGS)), BeforeAt: before.At, BeforeID: before.ID, PageSize: int32(in.Limit + 1),
	})
	if err != nil {
		return nil, err
	}
	rows, next := wire.Cut(rows, in.Limit, func(last db.Substitution) wire.Cursor { return wire.Cursor{At: last.EnteredAt, ID: last.ID} })
	return &listSubstitutionsOutput{wire.PageOf(rows, next, sees.substitution)}, nil
}

type enterSubstitutionInput struct {
	wire.Key
	Body struct {
		Person     string          `json:"person,omitempty" maxLength:"128" pattern:"^[A-Za-z0-9][A-Za-z0-9._:|-]*$" doc:"Who is substituted: the id at the OpenID provider; yourself if left out" example:"0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10"`
		Substitute string          `json:"substitute" minLength:"1" maxLength:"128" pattern:"^[A-Za-z0-9][A-Za-z0-9._:|-]*$" doc:"Who substitutes: somebody with a role there" example:"7c1b7a52-0d3c-5a8e-9d7e-3b1f5a0c2e44"`
		Roles      []wire.RoleName `json:"roles" minItems:"1" maxItems:"32" nullable:"false" doc:"Which of the person's roles" example:"[\"conflict_manager\"]"`
		Area       []ags.Key       `json:"area" minItems:"1" maxItems:"396" nullable:"false" pattern:"^[0-9]{8}$" doc:"In which municipalities, one by one" example:"[\"05999001\"]"`
		AbsenceTime
	}
}

type substitutionOutput struct{ Body Substitution }

func (s *Server) enterSubstitution(ctx context.Context, in *enterSubstitutionInput) (*substitutionOutput, error) {
	caller, err := s.Principal(ctx)
	if err != nil {
		return nil, err
	}
	b := in.Body
	p := db.AddSubstitutionParams{
		ID: wire.CommandID(caller.Subject, in.IdempotencyKey), Person: b.Person, Substitute: b.Substitute,
		Area: ags.Area(b.Area).Merge(nil), EnteredBy: caller.Subject,
	}
	if p.Person == "" {
		p.Person = caller.Subject
	}
	for i, r := range b.Roles {
		if policies.Personal(policies.Role(r)) {
			return nil, fault.Newf(fault.Invalid, "nobody has this role in place of another person").In(file.Index("roles", i)).
				By("personal", "leave the role out")
		}
		if !slices.Contains(p.Roles, string(r)) {
			p.Roles = append(p.Roles, string(r))
		}
	}
	slices.Sort(p.Roles)
	if err := s.mayEnter(caller, p); err != nil {
		return nil, err
	}
	if p.ValidFrom, p.ValidUntil, err = s.span(b.From, b.Until, false); err != nil {
		return nil, err
	}
	var got db.Substitution
	err = db.Within(ctx, s.Pool, caller.Subject, p.Area, func(q *db.Queries) (err error) {
		if err = known(ctx, q, p.Area); err != nil {
			return err
		}
		if err = q.LockRights(ctx, []string{p.Person, p.Substitute}); err != nil {
			return err
		}
		find := db.GetSubstitutionParams{ID: p.ID, Caller: caller.Subject, Within: db.Keys(p.Area)}
		if got, err = q.GetSubstitution(ctx, find); !errors.Is(err, pgx.ErrNoRows) {
			if err == nil && !sameSubstitution(got, p) {
				err = wire.ReusedKey("another substitution")
			}
			return err
		}
		if err = s.fits(ctx, q, p); err != nil {
			return err
		}
		added, err := q.AddSubstitution(ctx, p)
		if err == nil && added == 0 {
			err = wire.ReusedKey("another substitution")
		}
		if err != nil {
			return err
		}
		if got, err = q.GetSubstitution(ctx, find); err != nil {
			return err
		}
		return q.NoteGrant(ctx, policies.EnterSubstitution, caller.Subject, got.ID, strings.Join(got.Roles, ","), got.Area)
	})
	return &substitutionOutput{sight{caller.Subject, p.Area}.substitution(got)}, err
}

// mayEnter refuses what is neither the caller's own nor, as a supervisor, of their area, and rights for oneself: those
// of a person whom one supervises, too. Nor does anybody enter it in place of one of the two.
func (s *Server) mayEnter(caller guard.Principal, p db.AddSubstitutionParams) error {
	refused := func(rule, what, remedy string) error {
		problem := wire.NewProblem("forbidden", what).By(rule, remedy)
		return guard.Deny(caller, problem, guard.Refusal{Act: policies.EnterSubstitution, Rule: rule, Where: p.Area[0]})
	}
	if p.Person == p.Substitute {
		return fault.Newf(fault.Invalid, "nobody substitutes themselves").In("substitute").By("oneself", "name somebody else")
	}
	if p.Person == caller.Subject {
		for _, k := range p.Area {
			for i, role := range p.Roles {
				own := func(g policies.Grant) bool { return g.InsteadOf == "" && string(g.Role) == role && g.Area.Covers(k) }
				if !slices.ContainsFunc(caller.Grants, own) {
					return unheld("roles", i, "you do not hold this role in "+string(k)+" of your own")
				}
			}
		}
		return nil
	}
	within := s.Scope(caller.NotFor(p.Person).NotFor(p.Substitute), policies.EnterSubstitution).Everywhere()
	switch {
	case len(within) == 0:
		return s.notYours(caller, policies.EnterSubstitution, "role", p.Area[0])
	case p.Substitute == caller.Subject:
		return refused("four_eyes", "nobody gives rights to themselves", "the person themselves or another supervisor enters it")
	case !within.CoversAll(p.Area):
		return refused("area", "the area reaches beyond the one that you supervise", "name municipalities of your own area")
	}
	return nil
}

func unheld(field string, i int, what string) error {
	return fault.Newf(fault.Invalid, "%s", what).In(file.Index(field, i)).By("holds_role", "name roles that the person holds on the first day")
}

// fits refuses a substitution that the rights of the two do not allow.
func (s *Server) fits(ctx context.Context, q *db.Queries, p db.AddSubstitutionParams) error {
	two, since := []string{p.Person, p.Substitute}, p.ValidFrom
	if now := s.Now(); now.After(since) {
		since = now
	}
	grants, err := q.ListOwnGrants(ctx, db.ListOwnGrantsParams{Subjects: two, Area: db.Keys(p.Area), Since: since, Until: p.ValidUntil})
	if err != nil {
		return err
	}
	others, err := q.ListSubstitutionsAmong(ctx, db.ListSubstitutionsAmongParams{
		People: two, Area: db.Keys(p.Area), Since: since, Until: p.ValidUntil,
	})
	if err != nil {
		return err
	}
	if err := held(p, grants, since); err != nil {
		return err
	}
	beside := slices.Clone(p.Roles) // what the substitute has meanwhile
	for _, g := range grants {
		if g.Subject == p.Substitute {
			beside = append(beside, g.Role)
		}
	}
	for _, o := range others {
		switch {
		case o.Substitute == p.Person || o.Person == p.Substitute:
			return fault.Newf(fault.Conflict, "one of them is substituted, or substitutes, by another person meanwhile").In("substitute").
				By("chain", "name somebody who is there, and whom nobody substitutes")
		case o.Person == p.Person && slices.ContainsFunc(o.Roles, func(r string) bool { return slices.Contains(p.Roles, r) }):
			return fault.Newf(fault.Conflict, "the person is substituted in one of these roles there meanwhile").In("roles").
				By("overlap", "end the other substitution first, or choose other days")
		case o.Substitute == p.Substitute:
			beside = append(beside, o.Roles...)
		}
	}
	for _, r := range p.Roles {
		for _, o := range beside {
			if s.Policy.Apart(policies.Role(r), policies.Role(o)) {
				return fault.Newf(fault.Conflict, "the substitute would have both sides of a four-eyes rule").In("substitute").
					By("four_eyes", "name somebody who decides on nothing that this role proposes, and proposes nothing that it decides on")
			}
		}
	}
	return nil
}

// held refuses roles that the person does not hold in each municipality when it begins, and a substitute who has
// nothing to do there: rights for a newcomer are given by an administrator.
func held(p db.AddSubstitutionParams, grants []db.ListOwnGrantsRow, since time.Time) error {
	holds := func(who string, k ags.Key, role func(string) bool) bool {
		return slices.ContainsFunc(grants, func(g db.ListOwnGrantsRow) bool {
			return g.Subject == who && g.Area.Covers(k) && role(g.Role) && !g.ValidFrom.After(since)
		})
	}
	for _, k := range p.Area {
		for i, r := range p.Roles {
			if !holds(p.Person, k, func(role string) bool { return role == r }) {
				return unheld("roles", i, fmt.Sprintf("the person does not hold %s in %s", r, k))
			}
		}
		if !holds(p.Substitute, k, func(role string) bool { return !policies.Personal(policies.Role(role)) }) {
			return fault.Newf(fault.Invalid, "the substitute holds no role in %s", k).In("substitute").
				By("holds_role", "name somebody who works there, or have an administrator grant a role first")
		}
	}
	return nil
}

// sameSubstitution reports whether got is the one that p asked for; it may have ended since.
func sameSubstitution(got db.Substitution, p db.AddSubstitutionParams) bool {
	return got.Person == p.Person && got.Substitute == p.Substitute && slices.Equal(got.Roles, p.Roles) && slices.Equal(got.Area, p.Area) &&
		got.ValidFrom.Equal(p.ValidFrom) && got.LastUntil.Equal(p.ValidUntil)
}

type endSubstitutionInput struct {
	Substitution string `path:"substitution" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the substitution" example:"5c0c8f56-0a55-5d0e-8f7e-6a3f7d2b9e01"`
}

func (s *Server) endSubstitution(ctx context.Context, in *endSubstitutionInput) (*substitutionOutput, error) {
	caller, sees, err := s.registered(ctx, policies.ReadSubstitutions)
	if err != nil {
		return nil, err
	}
	find := db.GetSubstitutionParams{ID: in.Substitution, Caller: caller.Subject, Within: db.Keys(sees.within)}
	got, err := db.As(s.Pool, caller.Subject, sees.within).GetSubstitution(ctx, find)
	if errors.Is(err, pgx.ErrNoRows) {
		problem := wire.NewProblem("not-found", "there is no such substitution").
			By("scope", "check the id, and that it concerns you or your area")
		return nil, guard.Deny(caller, problem, guard.Refusal{Act: policies.EndSubstitution, Rule: "scope"})
	}
	if err != nil {
		return nil, err
	}
	if s.ofAnother(caller, policies.EndSubstitution, got.Person, got.Area) {
		return nil, s.notYours(caller, policies.EndSubstitution, "area", sees.of(got.Area, got.Substitute)[0])
	}
	err = db.Within(ctx, s.Pool, caller.Subject, got.Area, func(q *db.Queries) error {
		ended, err := q.EndSubstitution(ctx, db.EndSubstitutionParams{ID: got.ID, At: s.Now(), EndedBy: &caller.Subject})
		if err != nil || ended == 0 { // it had ended before: the same answer again
			return err
		}
		if got, err = q.GetSubstitution(ctx, find); err != nil {
			return err
		}
		return q.NoteGrant(ctx, policies.EndSubstitution, caller.Subject, got.ID, strings.Join(got.Roles, ","), got.Area)
	})
	return &substitutionOutput{sees.substitution(got)}, err
}
