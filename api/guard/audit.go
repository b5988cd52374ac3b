package guard

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/policies"
)

// Audits returns the municipalities whose audit the caller may read by act.
func (s *Guard) Audits(ctx context.Context, act string) (Principal, ags.Area, error) {
	caller, err := s.Principal(ctx)
	if err != nil {
		return caller, nil, err
	}
	s.NoteAnywhere(caller, act)
	area := s.Scope(caller, act).Everywhere()
	if len(area) == 0 {
		d := s.Policy.Decide(caller.Grants, act, policies.Place{}, nil)
		return caller, nil, &Denied{wire.NewProblem("forbidden", "you audit nothing").By("role", d.Remedy), caller, Refusal{Act: act, Rule: "role"}}
	}
	return caller, area, nil
}

// AuditedIn records that somebody read what the audit knows of several municipalities: in the chain of
// each of which something was shown, and else in the first of those that were searched.
func (s *Guard) AuditedIn(ctx context.Context, caller Principal, area ags.Area, shown []string, entry db.AppendAccessInParams) error {
	slices.Sort(shown)
	if shown = slices.Compact(shown); len(shown) == 0 {
		shown = []string{string(area[0])}
	}
	entry.ID, entry.Kind, entry.Actor, entry.Municipalities = "read/"+uuid.NewString(), "read", caller.Subject, shown
	return db.As(s.Pool, caller.Subject, nil).AppendAccessIn(ctx, entry)
}

// Audited records that somebody read what the audit knows. What cannot be recorded is not shown.
func (s *Guard) Audited(ctx context.Context, caller Principal, entry db.AppendAccessParams) error {
	entry.ID, entry.Kind = "read/"+uuid.NewString(), "read"
	return s.Append(ctx, caller, entry)
}
