package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/internal/auth"
	"koko/kinds"
	"koko/policies"
)

// Principal is the caller and what was granted to them.
type Principal struct {
	auth.Identity
	Grants  []policies.Grant
	Through []string // ids of the files through which ties of theirs hold: the cohorts that a trainer teaches
}

// caller is p as the policy sees it.
func (p Principal) caller() policies.Caller {
	return policies.Caller{Subject: p.Subject, Grants: p.Grants, Through: p.Through}
}

// holds reports whether p holds one of the roles in a municipality.
func (p Principal) holds(k ags.Key, roles ...string) bool {
	return slices.ContainsFunc(p.Grants, func(g policies.Grant) bool { return slices.Contains(roles, string(g.Role)) && g.Area.Covers(k) })
}

// unsupervising is p without the grants of a supervisor.
func (p Principal) unsupervising() Principal {
	p.Grants = slices.DeleteFunc(slices.Clone(p.Grants), func(g policies.Grant) bool { return g.Role == policies.Supervisor })
	return p
}

// principal loads the caller's grants: anew for each request, so that an ended one ends at once.
func (s *server) principal(ctx context.Context) (Principal, error) {
	id, ok := auth.From(ctx)
	if !ok {
		return Principal{}, unauthenticated()
	}
	return s.granted(ctx, id)
}

// granted is a person with what was granted to them now.
func (s *server) granted(ctx context.Context, id auth.Identity) (Principal, error) {
	p := Principal{Identity: id}
	rows, err := db.As(s.pool, id.Subject, nil).ListGrantsOf(ctx, db.ListGrantsOfParams{Subject: id.Subject, At: s.now()})
	if err != nil {
		return p, fmt.Errorf("grants of the caller: %w", err)
	}
	for _, r := range rows {
		p.Grants = append(p.Grants, policies.Grant{ID: r.ID, Role: policies.Role(r.Role), Area: r.Area})
	}
	for relation, area := range s.policy.Through(p.Grants) {
		kind, ok := kinds.ByRelation(relation)
		if !ok {
			return p, fmt.Errorf("no kind has the relation %q", relation)
		}
		ids, err := db.As(s.pool, id.Subject, area).ListTied(ctx, db.ListTiedParams{Kind: string(kind.Kind), Tie: file.Tie{Relation: relation, Holder: id.Subject}.String()})
		if err != nil {
			return p, fmt.Errorf("files that the caller is tied to: %w", err)
		}
		p.Through = append(p.Through, ids...)
	}
	return p, nil
}

// loggedIn refuses strangers before anything of their request is read.
func loggedIn(ctx huma.Context, next func(huma.Context)) {
	if _, ok := auth.From(ctx.Context()); !ok {
		r, w := humago.Unwrap(ctx)
		writeProblem(w, r, unauthenticated())
		return
	}
	next(ctx)
}

func unauthenticated() *Problem {
	p := newProblem("unauthenticated", "nobody is logged in").by("login", "log in at /auth/login, or send a bearer token")
	p.header = http.Header{"WWW-Authenticate": {`Bearer realm="koko"`}}
	return p
}

// noteAnywhere counts that somebody was asked for a right to act, wherever it holds.
func (s *server) noteAnywhere(caller Principal, act string) {
	q := policies.Question{Act: act}
	for _, g := range caller.Grants {
		if !slices.Contains(q.Roles, g.Role) {
			q.Roles = append(q.Roles, g.Role)
		}
	}
	slices.Sort(q.Roles)
	d := s.policy.Ask(q)
	for _, g := range caller.Grants {
		if d.Allowed && d.Grant == string(g.Role) {
			d.Grant = g.ID
		}
	}
	s.decisions.note(caller, q, d, s.now())
}

// scope is what the caller's grants cover for one of the acts.
func (s *server) scope(p Principal, acts ...string) file.Scope {
	return s.policy.Scope(p.caller(), acts...)
}

// as returns queries that each touch the municipalities of sc and nothing else.
func (s *server) as(sc file.Scope) *db.Queries { return db.As(s.pool, sc.Caller, sc.Municipalities()) }

// within runs do in a transaction that touches the municipalities of sc and nothing else.
func (s *server) within(ctx context.Context, sc file.Scope, do func(*db.Queries) error) error {
	return db.Within(ctx, s.pool, sc.Caller, sc.Municipalities(), do)
}

// denied is a refusal of permission: evidence, recorded once where it becomes an answer. An
// attempt on a file stands where the file's own municipality finds it.
type denied struct {
	*Problem
	caller  Principal
	refusal refusal
}

// Unwrap is the problem.
func (d *denied) Unwrap() error { return d.Problem }

// refusal is what stands in the access log about something that was not allowed.
type refusal struct {
	act, rule string
	where     ags.Key // the municipality, where there is no file
	fileID    string
	version   int
	subject   string // the document
	digest    string // of the command
	commandID string // a command sent again is refused once
	veil      string // the act without which nobody learns of it
}

// refused records a refusal. That it was recorded is not a reason to answer otherwise: a failure is
// logged, and the refusal stands.
func (s *server) refused(ctx context.Context, caller Principal, r refusal) {
	id := uuid.NewString()
	if r.commandID != "" {
		id = strings.Join([]string{r.commandID, r.fileID, r.digest, r.rule}, "/")
	}
	s.record(ctx, caller, db.AppendAccessParams{
		AGS: string(r.where), ID: "refusal/" + id, Kind: "refusal", Action: r.act, Rule: r.rule, FileID: filled(r.fileID), Version: version(r.version),
		SubjectID: r.subject, Digest: r.digest, Veil: r.veil,
	})
}

// read records a sensitive read. What is veiled by the act stays so here, too: nobody else learns that it was
// read. What cannot be recorded is not shown. The entry's id is ours: a request's may be the caller's own choice.
func (s *server) read(ctx context.Context, p Principal, act string, of file.Row, subject, reason string) error {
	kind, ok := kinds.Of(of.Kind)
	if !ok {
		return fmt.Errorf("read of %s: no kind %q", of.ID, of.Kind)
	}
	return s.append(ctx, p, db.AppendAccessParams{
		ID: "read/" + uuid.NewString(), Kind: "read", Action: act, Reason: reason, FileID: &of.ID, Version: version(of.Version), SubjectID: subject, Veil: kind.VeilOf(act),
	})
}

func (s *server) record(ctx context.Context, caller Principal, entry db.AppendAccessParams) {
	if err := s.append(context.WithoutCancel(ctx), caller, entry); err != nil {
		s.log.ErrorContext(ctx, "access log", "err", err, "request_id", requestID(ctx))
	}
}

func (s *server) append(ctx context.Context, caller Principal, entry db.AppendAccessParams) error {
	entry.Actor = caller.Subject
	return db.As(s.pool, caller.Subject, nil).AppendAccess(ctx, entry)
}

func version(v int) *int32 {
	if v == 0 {
		return nil
	}
	n := int32(v)
	return &n
}

// seenVersion reads If-Match: exactly one strong entity tag, as the ETag of a file gives it (RFC 9110,
// section 13.1.1). A write names what it saw, so there is no "any version".
func seenVersion(k file.Kind, ifMatch string) (int, error) {
	tag := strings.TrimSpace(ifMatch)
	if tag == "" {
		return 0, newProblem("precondition-required", "If-Match is missing").
			by("if_match", fmt.Sprintf("send the ETag of the %s that you decided on", k))
	}
	if strings.HasPrefix(tag, "W/") {
		return 0, newProblem("stale", "a weak entity tag never matches").by("if_match", fmt.Sprintf("send the ETag of the %s as it was given", k))
	}
	v, err := strconv.Atoi(strings.Trim(tag, `"`))
	if err != nil || v < 1 || tag != etag(v) {
		p := newProblem("malformed", fmt.Sprintf("If-Match is not the ETag of the %s", k)).by("if_match", `send one tag, such as "7"`)
		p.Field = "If-Match"
		return 0, p
	}
	return v, nil
}

func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// isUUID reports whether id is a UUID as we write them.
func isUUID(id string) bool { return len(id) == 36 && uuid.Validate(id) == nil }
