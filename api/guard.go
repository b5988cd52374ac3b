package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/internal/auth"
	"koko/policies"
)

// Principal is who is calling and what was granted to them.
type Principal struct {
	auth.Identity
	Grants []policies.Grant
}

// principal loads the caller's grants: anew for each request, so that an ended one ends at once.
func (s *server) principal(ctx context.Context) (Principal, error) {
	id, ok := auth.From(ctx)
	if !ok {
		return Principal{}, unauthenticated()
	}
	who := Principal{Identity: id}
	rows, err := db.As(s.pool, id.Subject, nil).ListGrantsOf(ctx, db.ListGrantsOfParams{Subject: id.Subject, At: s.now()})
	for _, r := range rows {
		who.Grants = append(who.Grants, policies.Grant{ID: r.ID, Role: policies.Role(r.Role), Area: r.Area})
	}
	return who, err
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

// scope is what the caller's grants cover for one of the acts.
func (s *server) scope(who Principal, acts ...string) db.Scope {
	return db.Scope(s.policy.Scope(who.Subject, who.Grants, acts...))
}

// as returns queries that each touch the municipalities of sc and nothing else.
func (s *server) as(sc db.Scope) *db.Queries { return db.As(s.pool, sc.Caller, sc.Municipalities()) }

// within runs do in a transaction that touches the municipalities of sc and nothing else.
func (s *server) within(ctx context.Context, sc db.Scope, do func(*db.Queries) error) error {
	return db.Within(ctx, s.pool, sc.Caller, sc.Municipalities(), do)
}

// may asks the policy about a case.
func (s *server) may(who Principal, act string, c conflict.Case) policies.Decision {
	return s.policy.Decide(who.Grants, act, c.AGS, c.Relations(who.Subject))
}

// seeing are the acts that make a case exist for somebody.
var seeing = []string{policies.ReadCase, policies.ReadFacts, policies.ReadSignal, policies.ReadHistory}

// find returns a case that exists for the caller. One out of scope does not.
func (s *server) find(ctx context.Context, who Principal, caseID, act string) (c conflict.Case, err error) {
	sc := s.scope(who, seeing...)
	c, err = s.as(sc).GetCase(ctx, sc.Case(caseID))
	if errors.Is(err, pgx.ErrNoRows) {
		return c, &denied{
			newProblem("not-found", "there is no such case").by("scope", "check the id, and that the case lies in your area"),
			who, refusal{act: act, rule: "scope", caseID: caseID},
		}
	}
	return c, err
}

// permit refuses what the policy does not allow.
func (s *server) permit(who Principal, act string, c conflict.Case) error {
	d := s.may(who, act, c)
	if d.Allowed {
		return nil
	}
	r := refusal{act: act, rule: d.Rule, where: c.AGS, version: c.Version}
	if c.Version > 0 { // else it is not there yet
		r.caseID = c.ID
	}
	return &denied{newProblem("forbidden", "you may not "+strings.ReplaceAll(act, "_", " ")+" here").by(d.Rule, d.Remedy), who, r}
}

// denied is a refusal of permission: evidence, recorded once where it becomes an answer. An
// attempt on a case stands where the case's own municipality finds it.
type denied struct {
	*Problem
	who     Principal
	refusal refusal
}

// Unwrap is the problem.
func (d *denied) Unwrap() error { return d.Problem }

// refusal is what stands in the access log about something that was not allowed.
type refusal struct {
	act, rule string
	where     ags.Key // the municipality, where there is no case
	caseID    string
	version   int
	subject   string // the document
	digest    string // of the command
	commandID string // a command sent again is refused once
}

// refused records a refusal. That it was recorded is not a reason to answer otherwise: a failure is
// logged, and the refusal stands.
func (s *server) refused(ctx context.Context, who Principal, r refusal) {
	id := uuid.NewString()
	if r.commandID != "" {
		id = strings.Join([]string{r.commandID, r.caseID, r.digest, r.rule}, "/")
	}
	s.record(ctx, who, db.AppendAccessParams{
		AGS: string(r.where), ID: "refusal/" + id, Kind: "refusal", Action: r.act, Rule: r.rule, CaseID: filled(r.caseID), Version: version(r.version),
		SubjectID: r.subject, Digest: r.digest,
	})
}

// read records a sensitive read. What cannot be recorded is not shown. The entry's id is ours: a
// request's may be the caller's own choice.
func (s *server) read(ctx context.Context, who Principal, act string, c conflict.Case, subject, reason string) error {
	return s.append(ctx, who, db.AppendAccessParams{
		ID: "read/" + uuid.NewString(), Kind: "read", Action: act, Reason: reason, CaseID: &c.ID, Version: version(c.Version), SubjectID: subject,
	})
}

func (s *server) record(ctx context.Context, who Principal, entry db.AppendAccessParams) {
	if err := s.append(context.WithoutCancel(ctx), who, entry); err != nil {
		s.log.ErrorContext(ctx, "access log", "err", err, "request_id", requestID(ctx))
	}
}

func (s *server) append(ctx context.Context, who Principal, entry db.AppendAccessParams) error {
	entry.Actor = who.Subject
	return db.As(s.pool, who.Subject, nil).AppendAccess(ctx, entry)
}

func version(v int) *int32 {
	if v == 0 {
		return nil
	}
	n := int32(v)
	return &n
}

// seenVersion reads If-Match: exactly one strong entity tag, as a case's ETag gives it (RFC 9110,
// section 13.1.1). A write names what it saw, so there is no "any version".
func seenVersion(ifMatch string) (int, error) {
	tag := strings.TrimSpace(ifMatch)
	if tag == "" {
		return 0, newProblem("precondition-required", "If-Match is missing").
			by("if_match", "send the ETag of the case that you decided on")
	}
	if strings.HasPrefix(tag, "W/") {
		return 0, newProblem("stale", "a weak entity tag never matches").by("if_match", "send the ETag of the case as it was given")
	}
	v, err := strconv.Atoi(strings.Trim(tag, `"`))
	if err != nil || v < 1 || tag != etag(v) {
		p := newProblem("malformed", "If-Match is not the ETag of a case").by("if_match", `send one tag, such as "7"`)
		p.Field = "If-Match"
		return 0, p
	}
	return v, nil
}

func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// isUUID reports whether id is a UUID as we write them.
func isUUID(id string) bool { return len(id) == 36 && uuid.Validate(id) == nil }
