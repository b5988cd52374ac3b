package guard

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/kinds"
	"koko/policies"
)

// Somewhere returns the caller and the scope in which they may do act. Whoever may do it nowhere is refused with
// this text and the remedy of the policy.
func (s *Guard) Somewhere(ctx context.Context, act, refusal string) (Principal, file.Scope, error) {
	return s.allowed(ctx, act, refusal, file.Scope.Municipalities)
}

// InArea is Somewhere for an act that needs no tie to anything: it returns the municipalities.
func (s *Guard) InArea(ctx context.Context, act, refusal string) (Principal, ags.Area, error) {
	caller, sc, err := s.allowed(ctx, act, refusal, file.Scope.Everywhere)
	return caller, sc.Everywhere(), err
}

func (s *Guard) allowed(
	ctx context.Context,
	act, refusal string,
	covers func(file.Scope) ags.Area,
) (caller Principal, sc file.Scope, err error) {
	if caller, err = s.Principal(ctx); err != nil {
		return caller, sc, err
	}
	s.noteAnywhere(caller, act)
	if sc = s.Scope(caller, act); len(covers(sc)) > 0 {
		return caller, sc, nil
	}
	d := s.Policy.Decide(caller.Grants, act, policies.Place{}, nil)
	return caller, file.Scope{}, Deny(caller, wire.NewProblem("forbidden", refusal).By("role", d.Remedy), Refusal{Act: act, Rule: "role"})
}

// Audits returns the municipalities whose audit the caller may read by act.
func (s *Guard) Audits(ctx context.Context, act string) (Principal, ags.Area, error) {
	return s.InArea(ctx, act, "you audit nothing")
}

// AuditedIn records that somebody read the audit of several municipalities: in the chain of each one
// of which something was shown or, if there is none, of the first one searched.
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

// Shown is what a list over files of many kinds has shown: of which municipalities, and of which confided files, whose
// reading stands with them alone.
type Shown struct {
	Municipalities []string
	confided       []string
}

// Add notes a file of which something was shown.
func (l *Shown) Add(k file.Kind, id string, in ags.Key) {
	if d, ok := kinds.Of(k); ok && d.Confided() {
		l.confided = append(l.confided, id)
		return
	}
	l.Municipalities = append(l.Municipalities, string(in))
}

// AuditedShown is AuditedIn for such a list.
func (s *Guard) AuditedShown(ctx context.Context, caller Principal, area ags.Area, shown Shown, act, reason string) error {
	slices.Sort(shown.confided)
	for _, id := range slices.Compact(shown.confided) {
		if err := s.Audited(ctx, caller, db.AppendAccessParams{Action: act, Reason: reason, FileID: &id}); err != nil {
			return err
		}
	}
	return s.AuditedIn(ctx, caller, area, shown.Municipalities, db.AppendAccessInParams{Action: act, Reason: reason})
}
