package api

import (
	"context"
	"slices"
	"time"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/process"
	"koko/policies"
)

type personAccessInput struct {
	Subject string `path:"subject" minLength:"1" maxLength:"128" pattern:"^[A-Za-z0-9][A-Za-z0-9._:|-]*$" doc:"Who: the id at the OpenID provider" example:"0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10"`
	AccessQuery
}

// PersonReach is what somebody could read at a time, and what they did.
type PersonReach struct {
	At     time.Time     `json:"at" doc:"When"`
	Policy string        `json:"policy" doc:"Always current: what the policy says now, also of a time in the past" example:"current"`
	Grants []PersonGrant `json:"grants,omitempty" nullable:"false" doc:"What they held in your area; with the first page"`
	Files  []FileCount   `json:"files,omitempty" nullable:"false" doc:"How many files of your area each act opened to them; with the first page"`
	Reads  []AccessEntry `json:"reads" nullable:"false" doc:"What they read of your area, as far as it is recorded, the latest first"`
	Next   string        `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
}

// PersonGrant is a grant, as far as it touches the asker's area.
type PersonGrant struct {
	GrantNote
	Area ags.Area `json:"area" nullable:"false" doc:"Those of the municipalities that lie in your area"`
}

// FileCount is how many files of a kind an act opened.
type FileCount struct {
	Kind  process.Kind `json:"kind" enum:"case,enrolment,cohort" doc:"What they are"`
	Act   string       `json:"act" doc:"The way to read" example:"read_case"`
	Count int          `json:"count" doc:"How many"`
}

type personAccessOutput struct{ Body PersonReach }

func (s *server) personAccess(ctx context.Context, in *personAccessInput) (*personAccessOutput, error) {
	out, err := s.personReach(ctx, in)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &personAccessOutput{*out}, nil
}

func (s *server) personReach(ctx context.Context, in *personAccessInput) (*PersonReach, error) {
	who, area, err := s.audits(ctx, policies.ReadAccess)
	if err != nil {
		return nil, err
	}
	when, err := s.moment("at", in.At)
	if err != nil {
		return nil, err
	}
	before, err := accessBefore(in.Cursor)
	if err != nil {
		return nil, err
	}
	out := &PersonReach{At: when.at, Policy: "current"}
	if in.Cursor == "" {
		if err := s.reach(ctx, who, area, in.Subject, when, out); err != nil {
			return nil, err
		}
	}
	kind := "read"
	rows, err := s.entries(ctx, who, area, before, in.Limit, db.ListAccessParams{Person: &in.Subject, Kind: &kind, Since: time.Unix(0, 0), Until: when.known})
	if err != nil {
		return nil, err
	}
	var shown []string
	out.Reads, out.Next, shown = accessEntries(rows, in.Limit)
	for _, g := range out.Grants {
		shown = append(shown, db.Keys(g.Area)...)
	}
	return out, s.auditedIn(ctx, who, area, shown, db.AppendAccessInParams{Action: policies.ReadAccess, Reason: in.Reason.Reason, SubjectID: in.Subject})
}

// reach finds what somebody held in area at a time, and counts what it opened there.
func (s *server) reach(ctx context.Context, who Principal, area ags.Area, subject string, when moment, out *PersonReach) error {
	q := db.As(s.pool, who.Subject, area)
	rows, err := q.ListGrantsAt(ctx, db.ListGrantsAtParams{Subject: subject, At: when.at, Known: when.known})
	if err != nil {
		return err
	}
	var held []policies.Grant
	for _, r := range rows {
		within := slices.DeleteFunc(slices.Clone(r.Area), func(k ags.Key) bool { return !area.Covers(k) })
		if len(within) == 0 {
			continue // the asker's own, elsewhere
		}
		held = append(held, policies.Grant{ID: r.ID, Role: policies.Role(r.Role), Area: within})
		out.Grants = append(out.Grants, PersonGrant{GrantNote{r.ID, policies.Role(r.Role), len(r.Area), r.ValidFrom, r.ValidUntil, r.GivenBy}, within})
	}
	taught, err := q.ListTaughtAt(ctx, db.ListTaughtAtParams{At: when.known, Subject: subject})
	if err != nil {
		return err
	}
	for _, kind := range []process.Kind{process.KindCase, process.KindEnrolment, process.KindCohort} {
		for _, act := range policies.Reading(kind) {
			if slices.Contains(policies.OfMediation(), act) {
				continue
			}
			n, err := s.countAt(ctx, q, kind, act, Principal{Identity: identity(subject), Grants: held, Teaches: taught}, when.known)
			if err != nil {
				return err
			}
			if n > 0 {
				out.Files = append(out.Files, FileCount{kind, act, int(n)})
			}
		}
	}
	return nil
}

// countAt counts the files of a kind to which person could do act at a time.
func (s *server) countAt(ctx context.Context, q *db.Queries, kind process.Kind, act string, person Principal, at time.Time) (int64, error) {
	switch kind {
	case process.KindCase:
		if sc := s.scope(person, act); len(sc.Municipalities()) > 0 {
			return q.CountCasesAt(ctx, sc.CasesAt(at))
		}
	case process.KindEnrolment:
		if sc := s.enrolmentScope(person, act); len(sc.Municipalities()) > 0 {
			return q.CountEnrolmentsAt(ctx, sc.EnrolmentsAt(at))
		}
	case process.KindCohort:
		if sc := s.cohortScope(person, act); len(sc.Municipalities()) > 0 {
			return q.CountCohortsAt(ctx, sc.CohortsAt(at))
		}
	}
	return 0, nil
}
