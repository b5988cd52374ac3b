// Package guard is what every operation of the API passes: the caller and their grants, the scope of what they may
// see, refusals and reads in the access log, and errors turned into problems.
package guard

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/internal/auth"
	"koko/kinds"
	"koko/policies"
)

// A Guard knows the callers and their rights, and records what they read and what they were refused. The servers
// of the API embed it.
type Guard struct {
	Pool      *pgxpool.Pool // as db.RoleAPI
	Policy    *policies.Policy
	Decisions *Decisions // nil: decisions of the policy are not counted
	Log       *slog.Logger
	Now       func() time.Time
}

// Principal is the caller and what was granted to them.
type Principal struct {
	auth.Identity
	Grants  []policies.Grant
	Through []string // ids of the files through which ties of theirs hold: the cohorts that a trainer teaches
}

// Caller is p as the policy sees it.
func (p Principal) Caller() policies.Caller {
	return policies.Caller{Subject: p.Subject, Grants: p.Grants, Through: p.Through}
}

// Holds reports whether p holds one of the roles in a municipality.
func (p Principal) Holds(k ags.Key, roles ...string) bool {
	return slices.ContainsFunc(p.Grants, func(g policies.Grant) bool { return slices.Contains(roles, string(g.Role)) && g.Area.Covers(k) })
}

// home is the first municipality of p's grants: what p was refused in no municipality in particular is found there.
// Without a grant there is none.
func (p Principal) home() ags.Key {
	var all ags.Area
	for _, g := range p.Grants {
		all = all.Merge(g.Area)
	}
	if len(all) == 0 {
		return ""
	}
	return slices.Min(all)
}

// NotFor is p without what they hold in place of somebody: of what that person asked for or would gain by it, p decides
// in their own right or not at all.
func (p Principal) NotFor(subject string) Principal {
	p.Grants = slices.DeleteFunc(slices.Clone(p.Grants), func(g policies.Grant) bool { return g.InsteadOf == subject })
	return p
}

// Unsupervising is p without the grants of a supervisor.
func (p Principal) Unsupervising() Principal {
	p.Grants = slices.DeleteFunc(slices.Clone(p.Grants), func(g policies.Grant) bool { return g.Role == policies.Supervisor })
	return p
}

// Principal loads the caller's grants: anew for each request, so that an ended grant ends at once.
func (s *Guard) Principal(ctx context.Context) (Principal, error) {
	id, ok := auth.From(ctx)
	if !ok {
		return Principal{}, wire.Unauthenticated()
	}
	return s.Granted(ctx, id)
}

// Granted is a person with what was granted to them now.
func (s *Guard) Granted(ctx context.Context, id auth.Identity) (Principal, error) {
	p := Principal{Identity: id}
	rows, err := db.As(s.Pool, id.Subject, nil).ListGrantsOf(ctx, db.ListGrantsOfParams{Subject: id.Subject, At: s.Now()})
	if err != nil {
		return p, fmt.Errorf("grants of the caller: %w", err)
	}
	for _, r := range rows {
		p.Grants = append(p.Grants, policies.Grant{ID: r.ID, Role: policies.Role(r.Role), Area: r.Area, InsteadOf: r.InsteadOf})
	}
	for relation, area := range s.Policy.Through(p.Grants) {
		kind, ok := kinds.ByRelation(relation)
		if !ok {
			return p, fmt.Errorf("no kind has the relation %q", relation)
		}
		tie := file.Tie{Relation: relation, Holder: id.Subject}
		ids, err := db.As(s.Pool, id.Subject, area).ListTied(ctx, db.ListTiedParams{Kind: string(kind.Kind), Tie: tie.String()})
		if err != nil {
			return p, fmt.Errorf("files that the caller is tied to: %w", err)
		}
		p.Through = append(p.Through, ids...)
	}
	return p, nil
}

// LoggedIn refuses strangers before anything of their request is read.
func LoggedIn(ctx huma.Context, next func(huma.Context)) {
	if _, ok := auth.From(ctx.Context()); !ok {
		r, w := humago.Unwrap(ctx)
		wire.Write(w, r, wire.Unauthenticated())
		return
	}
	next(ctx)
}

// noteAnywhere counts that the policy was asked whether the caller may do act anywhere.
func (s *Guard) noteAnywhere(caller Principal, act string) {
	q := policies.Question{Act: act}
	for _, g := range caller.Grants {
		if !slices.Contains(q.Roles, g.Role) {
			q.Roles = append(q.Roles, g.Role)
		}
	}
	slices.Sort(q.Roles)
	d := s.Policy.Ask(q)
	for _, g := range caller.Grants {
		if d.Allowed && d.Grant == string(g.Role) {
			d.Grant = g.ID
		}
	}
	s.Decisions.Note(caller, q, d, s.Now())
}

// Scope is what the caller's grants cover for one of the acts.
func (s *Guard) Scope(p Principal, acts ...string) file.Scope {
	return s.Policy.Scope(p.Caller(), acts...)
}

// As returns queries that each touch the municipalities of sc and nothing else.
func (s *Guard) As(sc file.Scope) *db.Queries { return db.As(s.Pool, sc.Caller, sc.Municipalities()) }

// Within runs do in a transaction that touches the municipalities of sc and nothing else.
func (s *Guard) Within(ctx context.Context, sc file.Scope, do func(*db.Queries) error) error {
	return db.Within(ctx, s.Pool, sc.Caller, sc.Municipalities(), do)
}

// denied is a refusal of permission. It is evidence, recorded once, where it becomes an answer; an
// attempt on a file is recorded in the file's own municipality.
type denied struct {
	*wire.Problem
	caller  Principal
	refusal Refusal
}

// Deny refuses the caller with a problem, and keeps what the access log says of it.
func Deny(caller Principal, p *wire.Problem, r Refusal) error { return &denied{p, caller, r} }

// Unwrap is the problem.
func (d *denied) Unwrap() error { return d.Problem }

// Refusal is the entry of the access log about something that was not allowed.
type Refusal struct {
	Act, Rule string
	Where     ags.Key // the municipality, where there is no file
	FileID    string
	Version   int
	Subject   string // the document
	Digest    string // of the command, as [vault.Master.Digest] makes it: a plain one could be guessed
	CommandID string // a command that is sent again is recorded once
	Veil      string // the act without which nobody learns of it
}

// Refused records a refusal. Failing to record it must not change the answer: the failure is
// logged.
func (s *Guard) Refused(ctx context.Context, caller Principal, r Refusal) {
	id := uuid.NewString()
	if r.CommandID != "" {
		id = strings.Join([]string{r.CommandID, r.FileID, r.Digest, r.Rule}, "/")
	}
	// A right that holds nowhere is refused at home, where somebody finds it. An attempt on a thing stays with the
	// thing: if those on what never was stood at home, the others would tell that there is something.
	if r.Where == "" && r.FileID == "" && r.Subject == "" {
		r.Where = caller.home()
	}
	s.record(ctx, caller, db.AppendAccessParams{
		ID: "refusal/" + id, Kind: "refusal", Action: r.Act, Rule: r.Rule,
		AGS: string(r.Where), FileID: wire.OrNil(r.FileID), Version: wire.VersionOrNil(r.Version),
		SubjectID: r.Subject, Digest: r.Digest, Veil: r.Veil,
	})
}

// Read records a sensitive read. If the act is veiled, so is the entry: nobody else learns of it. What cannot be
// recorded is not shown. The entry's id is ours, because callers may choose the id of a request.
func (s *Guard) Read(ctx context.Context, p Principal, act string, of file.Row, subject, reason string) error {
	kind, ok := kinds.Of(of.Kind)
	if !ok {
		return fmt.Errorf("read of %s: no kind %q", of.ID, of.Kind)
	}
	return s.Append(ctx, p, db.AppendAccessParams{
		ID: "read/" + uuid.NewString(), Kind: "read", Action: act, Reason: reason,
		FileID: &of.ID, Version: wire.VersionOrNil(of.Version), SubjectID: subject, Veil: kind.VeilOf(act),
	})
}

func (s *Guard) record(ctx context.Context, caller Principal, entry db.AppendAccessParams) {
	if err := s.Append(context.WithoutCancel(ctx), caller, entry); err != nil {
		s.Log.ErrorContext(ctx, "access log", "err", err, "request_id", wire.RequestID(ctx))
	}
}

// Append adds an entry of the caller's to the access log.
func (s *Guard) Append(ctx context.Context, caller Principal, entry db.AppendAccessParams) error {
	entry.Actor = caller.Subject
	return db.As(s.Pool, caller.Subject, nil).AppendAccess(ctx, entry)
}
