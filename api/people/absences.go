package people

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/policies"
)

// longestAway is how many months somebody may be away or be substituted, as it is entered at a time.
const longestAway = 36

func (s *Server) registerAbsences(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "list-absences", Method: http.MethodGet, Path: "/absences",
		Summary: "List your own absences and, as a supervisor, those of your area", Description: "Ended ones too, the latest first. Nobody learns why somebody is away.",
		Tags: []string{"Absence"}, Errors: wire.Statuses(),
	}, s.listAbsences)
	guard.Register(s, api, huma.Operation{
		OperationID: "enter-absence", Method: http.MethodPost, Path: "/absences", DefaultStatus: http.StatusCreated,
		Summary: "Enter that you are away, or as a supervisor that somebody of your area is",
		Description: "In days of Berlin, the first and the last one included. Meanwhile your substitutes, if there are some, are told instead of you " +
			"what they may see. There is no place for a reason.",
		Tags: []string{"Absence"}, Errors: wire.BodyStatuses(403, 409),
	}, s.enterAbsence)
	guard.Register(s, api, huma.Operation{
		OperationID: "change-absence", Method: http.MethodPost, Path: "/absences/{absence}/change",
		Summary: "Move an absence that is not over", Tags: []string{"Absence"}, Errors: wire.BodyStatuses(403, 404, 409),
	}, s.changeAbsence)
	guard.Register(s, api, huma.Operation{
		OperationID: "end-absence", Method: http.MethodPost, Path: "/absences/{absence}/end",
		Summary: "End an absence now", Description: "It stays in the record.", Tags: []string{"Absence"}, Errors: wire.Statuses(403, 404),
	}, s.endAbsence)
}

// Absence is a time in which somebody is away.
type Absence struct {
	ID        string     `json:"id" format:"uuid" doc:"Id of the absence"`
	Person    string     `json:"person" doc:"Who is away: the id at the OpenID provider"`
	Area      ags.Area   `json:"area" nullable:"false" doc:"Where the person works, as far as it is yours to know"`
	From      file.Date  `json:"from" format:"date" doc:"First day, in Berlin" example:"2027-07-19"`
	Until     file.Date  `json:"until" format:"date" doc:"Last day, in Berlin" example:"2027-08-06"`
	EnteredBy string     `json:"entered_by" doc:"Subject of whoever entered it"`
	EnteredAt time.Time  `json:"entered_at" doc:"When"`
	EndedBy   string     `json:"ended_by,omitempty" doc:"Subject of whoever ended it early"`
	EndedAt   *time.Time `json:"ended_at,omitempty" doc:"When it was ended early"`
}

// A sight is what somebody may see of a register: what concerns themselves, and what touches an area.
type sight struct {
	caller string
	within ags.Area
}

// of returns what of an area the caller learns.
func (s sight) of(area ags.Area, concerned ...string) ags.Area {
	for _, who := range concerned {
		if who == s.caller {
			return area
		}
	}
	return area.Common(s.within)
}

func (s sight) absence(r db.Absence) Absence {
	a := Absence{
		ID: r.ID, Person: r.Person, Area: s.of(r.Area, r.Person), From: file.DateOf(r.ValidFrom), Until: lastDay(r.LastUntil),
		EnteredBy: r.EnteredBy, EnteredAt: r.EnteredAt,
	}
	if r.EndedBy != nil {
		a.EndedBy, a.EndedAt = *r.EndedBy, &r.ValidUntil
	}
	return a
}

// lastDay is the day that ends at a midnight.
func lastDay(midnight time.Time) file.Date { return file.DateOf(midnight.Add(-1)) }

// span reads the first and the last day: from the midnight before to the midnight after them.
func (s *Server) span(first, last file.Date, past bool) (from, until time.Time, err error) {
	today := calendar.DayOf(s.Now())
	if err := file.First(file.Day("from", first), file.Day("until", last)); err != nil {
		return from, until, err
	}
	switch {
	case last.Day() < first.Day():
		err = fault.Newf(fault.Invalid, "the last day lies before the first").In("until").By("order", "give the same day or a later one")
	case last.Day() < today:
		err = fault.Newf(fault.Invalid, "the time is over").In("until").By("future", "give a last day that is not over")
	case !past && first.Day() < today:
		err = fault.Newf(fault.Invalid, "nobody was substituted before it was entered").In("from").By("future", "give today or a later day")
	case first.Day() < today.AddMonths(-longestAway), first.Day() > today.AddMonths(longestAway),
		last.Day() > max(first.Day(), today).AddMonths(longestAway):
		err = fault.Newf(fault.Invalid, "the time is longer or farther away than %d months", longestAway).In("until").
			By("range", "give an earlier day")
	}
	return first.Day().Begins(), (last.Day() + 1).Begins(), err
}

type listAbsencesInput struct {
	Person string  `query:"person" maxLength:"128" doc:"Who is away"`
	AGS    ags.Key `query:"ags" pattern:"^[0-9]{8}$" doc:"Only of people who work in this municipality"`
	wire.Paging
}

type listAbsencesOutput struct{ Body wire.Page[Absence] }

func (s *Server) listAbsences(ctx context.Context, in *listAbsencesInput) (*listAbsencesOutput, error) {
	caller, sees, err := s.registered(ctx, policies.ReadAbsences)
	if err != nil {
		return nil, err
	}
	before, err := in.After(wire.Cursor{At: wire.Never, ID: wire.ZeroID}, wire.Cursor.Dated)
	if err != nil {
		return nil, err
	}
	rows, err := db.As(s.Pool, caller.Subject, sees.within).ListAbsences(ctx, db.ListAbsencesParams{
		Caller: caller.Subject, Within: db.Keys(sees.within), Person: wire.OrNil(in.Person), AGS: wire.OrNil(string(in.AGS)),
		BeforeAt: before.At, BeforeID: before.ID, PageSize: int32(in.Limit + 1),
	})
	if err != nil {
		return nil, err
	}
	rows, next := wire.Cut(rows, in.Limit, func(last db.Absence) wire.Cursor { return wire.Cursor{At: last.EnteredAt, ID: last.ID} })
	return &listAbsencesOutput{wire.PageOf(rows, next, sees.absence)}, nil
}

// registered returns the caller, and what they may see of a register by act.
func (s *Server) registered(ctx context.Context, act string) (guard.Principal, sight, error) {
	caller, err := s.Principal(ctx)
	return caller, sight{caller.Subject, s.Scope(caller, act).Everywhere()}, err
}

// AbsenceTime is the time of an absence.
type AbsenceTime struct {
	From  file.Date `json:"from" format:"date" doc:"First day, in Berlin" example:"2027-07-19"`
	Until file.Date `json:"until" format:"date" doc:"Last day, in Berlin" example:"2027-08-06"`
}

type enterAbsenceInput struct {
	wire.Key
	Body struct {
		Person string `json:"person,omitempty" maxLength:"128" pattern:"^[A-Za-z0-9][A-Za-z0-9._:|-]*$" doc:"The id at the OpenID provider; yourself if left out" example:"0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10"`
		AbsenceTime
	}
}

type absenceOutput struct{ Body Absence }

func (s *Server) enterAbsence(ctx context.Context, in *enterAbsenceInput) (*absenceOutput, error) {
	caller, err := s.Principal(ctx)
	if err != nil {
		return nil, err
	}
	person := in.Body.Person
	if person == "" {
		person = caller.Subject
	}
	area, err := s.worksIn(ctx, caller, person)
	if err != nil {
		return nil, err
	}
	from, until, err := s.span(in.Body.From, in.Body.Until, true)
	if err != nil {
		return nil, err
	}
	sees := sight{caller.Subject, area}
	p := db.AddAbsenceParams{
		ID: wire.CommandID(caller.Subject, in.IdempotencyKey), Person: person, Area: area,
		ValidFrom: from, ValidUntil: until, EnteredBy: caller.Subject,
	}
	var got db.Absence
	err = db.Within(ctx, s.Pool, caller.Subject, area, func(q *db.Queries) error {
		added, err := q.AddAbsence(ctx, p)
		if err != nil {
			return err
		}
		got, err = q.GetAbsence(ctx, db.GetAbsenceParams{ID: p.ID, Caller: caller.Subject, Within: db.Keys(area)})
		if errors.Is(err, pgx.ErrNoRows) || err == nil && added == 0 && !sameAbsence(got, p) {
			return wire.ReusedKey("another absence")
		}
		if err != nil || added == 0 {
			return err
		}
		return q.NoteAbsence(ctx, policies.EnterAbsence, caller.Subject, got.ID, got.ID, got.Area)
	})
	return &absenceOutput{sees.absence(got)}, err
}

// sameAbsence reports whether got is the absence that p asked for; it may have ended since.
func sameAbsence(got db.Absence, p db.AddAbsenceParams) bool {
	return got.Person == p.Person && got.ValidFrom.Equal(p.ValidFrom) && got.LastUntil.Equal(p.ValidUntil)
}

// worksIn returns where somebody works, as far as the caller may say that they are away: oneself everywhere, a
// supervisor in their own area. In place of a person, nobody says so of that person: their notices would come to them.
func (s *Server) worksIn(ctx context.Context, caller guard.Principal, person string) (area ags.Area, err error) {
	if person == caller.Subject {
		for _, g := range caller.Grants {
			if g.InsteadOf == "" {
				area = area.Merge(g.Area)
			}
		}
		if len(area) == 0 {
			problem := wire.NewProblem("forbidden", "nothing is granted to you").By("role", "an administrator grants you a role first")
			return nil, guard.Deny(caller, problem, guard.Refusal{Act: policies.EnterAbsence, Rule: "role"})
		}
		return area, nil
	}
	within := s.Scope(caller.NotFor(person), policies.EnterAbsence).Everywhere()
	if len(within) == 0 {
		return nil, s.notYours(caller, policies.EnterAbsence, "role", "")
	}
	now := s.Now()
	grants, err := db.As(s.Pool, caller.Subject, within).ListOwnGrants(ctx, db.ListOwnGrantsParams{
		Subjects: []string{person}, Area: db.Keys(within), Since: now, Until: now.Add(time.Microsecond),
	})
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		area = area.Merge(g.Area.Common(within))
	}
	if len(area) == 0 {
		return nil, fault.Newf(fault.Invalid, "this person works nowhere in your area").In("person").
			By("area", "name somebody who holds a role in your area")
	}
	return area, nil
}

// notYours refuses what only the person themselves and supervisors may do.
func (s *Server) notYours(caller guard.Principal, act, rule string, where ags.Key) error {
	problem := wire.NewProblem("forbidden", "this concerns somebody else").By(rule, "the person themselves can do it, and a supervisor of the whole area in their own right")
	return guard.Deny(caller, problem, guard.Refusal{Act: act, Rule: rule, Where: where})
}

// ofAnother reports whether what stands in a register for a person and an area is not for the caller to change by act.
func (s *Server) ofAnother(caller guard.Principal, act, person string, area ags.Area) bool {
	return person != caller.Subject && !s.Scope(caller.NotFor(person), act).Everywhere().CoversAll(area)
}

// AbsenceRef names an absence.
type AbsenceRef struct {
	Absence string `path:"absence" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the absence" example:"5c0c8f56-0a55-5d0e-8f7e-6a3f7d2b9e01"`
}

type changeAbsenceInput struct {
	wire.Key
	AbsenceRef
	Body AbsenceTime
}

func (s *Server) changeAbsence(ctx context.Context, in *changeAbsenceInput) (*absenceOutput, error) {
	change := func(q *db.Queries, caller guard.Principal, a db.Absence) (int64, string, error) {
		from, until, err := s.span(in.Body.From, in.Body.Until, true)
		if err != nil {
			return 0, "", err
		}
		command := wire.CommandID(caller.Subject, in.IdempotencyKey)
		if err := q.LockRights(ctx, []string{a.Person}); err != nil { // of two that are sent at once, one is the repeated one
			return 0, "", err
		}
		known, err := q.NotedAbsence(ctx, policies.ChangeAbsence, command, a.Area)
		if err != nil {
			return 0, "", err
		}
		if known != "" {
			now, err := q.GetAbsence(ctx, db.GetAbsenceParams{ID: a.ID, Caller: caller.Subject, Within: db.Keys(a.Area)})
			if err == nil && (known != a.ID || !now.ValidFrom.Equal(from) || !now.LastUntil.Equal(until)) {
				err = wire.ReusedKey("another change")
			}
			return 0, "", err
		}
		n, err := q.ChangeAbsence(ctx, db.ChangeAbsenceParams{ID: a.ID, ValidFrom: from, ValidUntil: until, At: s.Now()})
		if err == nil && n == 0 {
			err = fault.Newf(fault.Conflict, "the absence is over").By("ended", "enter another one")
		}
		return n, command, err
	}
	return s.alterAbsence(ctx, in.Absence, policies.ChangeAbsence, change)
}

func (s *Server) endAbsence(ctx context.Context, in *AbsenceRef) (*absenceOutput, error) {
	end := func(q *db.Queries, caller guard.Principal, a db.Absence) (int64, string, error) {
		n, err := q.EndAbsence(ctx, db.EndAbsenceParams{ID: a.ID, At: s.Now(), EndedBy: &caller.Subject})
		return n, a.ID, err
	}
	return s.alterAbsence(ctx, in.Absence, policies.EndAbsence, end)
}

// alterAbsence has step change an absence that the caller may change, and records that it did.
func (s *Server) alterAbsence(
	ctx context.Context, id, act string, step func(*db.Queries, guard.Principal, db.Absence) (changed int64, command string, err error),
) (*absenceOutput, error) {
	caller, sees, err := s.registered(ctx, policies.ReadAbsences)
	if err != nil {
		return nil, err
	}
	find := db.GetAbsenceParams{ID: id, Caller: caller.Subject, Within: db.Keys(sees.within)}
	got, err := db.As(s.Pool, caller.Subject, sees.within).GetAbsence(ctx, find)
	if errors.Is(err, pgx.ErrNoRows) {
		problem := wire.NewProblem("not-found", "there is no such absence").By("scope", "check the id, and that the person works in your area")
		return nil, guard.Deny(caller, problem, guard.Refusal{Act: act, Rule: "scope"})
	}
	if err != nil {
		return nil, err
	}
	if s.ofAnother(caller, policies.EnterAbsence, got.Person, got.Area) {
		return nil, s.notYours(caller, act, "area", got.Area.Common(sees.within)[0])
	}
	err = db.Within(ctx, s.Pool, caller.Subject, got.Area, func(q *db.Queries) error {
		changed, command, err := step(q, caller, got)
		if err != nil {
			return err
		}
		if got, err = q.GetAbsence(ctx, find); err != nil || changed == 0 {
			return err
		}
		return q.NoteAbsence(ctx, act, caller.Subject, got.ID, command, got.Area)
	})
	return &absenceOutput{sees.absence(got)}, err
}
