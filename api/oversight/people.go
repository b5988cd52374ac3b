package oversight

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/files"
	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/internal/auth"
	"koko/kinds"
	"koko/policies"
)

func (s *Server) registerPersonAccess(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "get-person-access", Method: http.MethodGet, Path: "/people/{subject}/access",
		Summary: "Read what somebody could read, and what they did",
		Description: "Their roles and areas at that time, how many files of your area each act opened to them, and the reads recorded until then, page by page. " +
			"Counts come with the first page; what is confidential is left out. The question is recorded.",
		Tags: []string{"Audit"}, Errors: wire.Statuses(403),
	}, s.personAccess)
}

type personAccessInput struct {
	Subject string `path:"subject" minLength:"1" maxLength:"128" pattern:"^[A-Za-z0-9][A-Za-z0-9._:|-]*$" doc:"The person: the id at the OpenID provider" example:"0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10"`
	files.AccessQuery
}

// PersonReach is what somebody could read at a time, and what they did.
type PersonReach struct {
	At     time.Time     `json:"at" doc:"When"`
	Policy string        `json:"policy" doc:"Always current: today's policy, applied to the past as well" example:"current"`
	Grants []PersonGrant `json:"grants,omitempty" nullable:"false" doc:"What they held in your area; with the first page"`
	Files  []FileCount   `json:"files,omitempty" nullable:"false" doc:"How many files of your area each act opened to them; with the first page"`
	Reads  []AccessEntry `json:"reads" nullable:"false" doc:"What they read of your area, as far as it is recorded, the latest first"`
	Next   string        `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
}

// PersonGrant is a grant, as far as it touches the asker's area.
type PersonGrant struct {
	files.GrantNote
	Area ags.Area `json:"area" nullable:"false" doc:"Those of the municipalities that lie in your area"`
}

// FileCount is how many files of a kind an act opened.
type FileCount struct {
	Kind  wire.KindName `json:"kind" doc:"What they are" example:"case"`
	Act   string        `json:"act" doc:"The act of reading" example:"read_case"`
	Count int           `json:"count" doc:"How many"`
}

type personAccessOutput struct{ Body PersonReach }

func (s *Server) personAccess(ctx context.Context, in *personAccessInput) (*personAccessOutput, error) {
	caller, area, err := s.Audits(ctx, policies.ReadAccess)
	if err != nil {
		return nil, err
	}
	when, err := s.Moment("at", in.At)
	if err != nil {
		return nil, err
	}
	before, err := accessBefore(in.Continued)
	if err != nil {
		return nil, err
	}
	out := &PersonReach{At: when.At, Policy: "current"}
	if in.Cursor == "" {
		if err := s.reach(ctx, caller, area, in.Subject, when, out); err != nil {
			return nil, err
		}
	}
	rows, err := s.entries(ctx, caller, policies.ReadAccess, in.Limit, db.AccessFilter{
		Area:   area,
		Person: in.Subject,
		Kind:   "read",
		Since:  time.Unix(0, 0),
		Until:  when.Known,
		Before: before,
	})
	if err != nil {
		return nil, err
	}
	var shown []string
	out.Reads, out.Next, shown = accessEntries(rows, in.Limit)
	for _, g := range out.Grants {
		shown = append(shown, db.Keys(g.Area)...)
	}
	return &personAccessOutput{*out}, s.AuditedIn(ctx, caller, area, shown, db.AppendAccessInParams{
		Action:    policies.ReadAccess,
		Reason:    string(in.Reason.Reason),
		SubjectID: in.Subject,
	})
}

// reach finds the grants that somebody held in area at a time, and counts the files that they
// opened there.
func (s *Server) reach(
	ctx context.Context,
	caller guard.Principal,
	area ags.Area,
	subject string,
	when guard.Moment,
	out *PersonReach,
) error {
	q := db.As(s.Pool, caller.Subject, area)
	rows, err := q.ListGrantsAt(ctx, db.ListGrantsAtParams{Subject: subject, At: when.At, Known: when.Known})
	if err != nil {
		return err
	}
	var held []policies.Grant
	for _, r := range rows {
		within := slices.DeleteFunc(slices.Clone(r.Area), func(k ags.Key) bool { return !area.Covers(k) })
		if len(within) == 0 {
			continue // the asker's own grant, elsewhere
		}
		held = append(held, policies.Grant{ID: r.ID, Role: policies.Role(r.Role), Area: within, InsteadOf: r.InsteadOf})
		note := files.GrantNote{
			ID: r.ID, Role: policies.Role(r.Role), Size: len(r.Area),
			ValidFrom: r.ValidFrom, ValidUntil: r.ValidUntil, GivenBy: r.GivenBy, InsteadOf: r.InsteadOf,
		}
		out.Grants = append(out.Grants, PersonGrant{note, within})
	}
	person := guard.Principal{Identity: auth.Identity{Subject: subject}, Grants: held}
	if person.Through, err = s.throughAt(ctx, q, s.Policy.Through(held), subject, when.Known); err != nil {
		return err
	}
	for _, f := range s.Kinds {
		for _, act := range f.Def.Reading() {
			if slices.Contains(f.Def.Veils(), act) {
				continue
			}
			sc := f.Scope(person, act)
			if len(sc.Municipalities()) == 0 {
				continue
			}
			n, err := q.CountFilesAt(ctx, sc, f.Def.Kind, when.Known)
			if err != nil {
				return fmt.Errorf("count %s: %w", f.Def.Plural, err)
			}
			if n > 0 {
				out.Files = append(out.Files, FileCount{wire.KindName(f.Def.Kind), act, n})
			}
		}
	}
	return nil
}

// throughAt lists the files through which a person held ties at a time, as far as others learn of it.
func (s *Server) throughAt(
	ctx context.Context,
	q *db.Queries,
	areas map[file.Relation]ags.Area,
	subject string,
	at time.Time,
) (ids []string, err error) {
	for r := range areas {
		if s.Confides(r) {
			continue
		}
		kind, ok := kinds.ByRelation(r)
		if !ok {
			return nil, fmt.Errorf("no kind has the relation %q", r)
		}
		some, err := q.ListTiedAt(ctx, db.ListTiedAtParams{Kind: kind.Kind, Tie: file.Tie{Relation: r, Holder: subject}.String(), At: at})
		if err != nil {
			return nil, fmt.Errorf("files that somebody was tied to: %w", err)
		}
		ids = append(ids, some...)
	}
	return ids, nil
}
