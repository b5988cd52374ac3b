package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/policies"
)

func (s *server) registerExplain(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "explain-authorization", Method: http.MethodPost, Path: "/authorization/explain",
		Summary: "Ask whether somebody may do something, and why",
		Description: "Of yourself you may ask anything; of others as a supervisor or data protection officer, and as an administrator as far as it " +
			"follows from grants. A file that you do not see does not exist. Of a time in the past, the grants and the file are those of then, and the " +
			"policy is the current one. The question is recorded.",
		Tags: []string{"Access"}, Errors: bodyStatuses(403, 404),
	}, s.explain)
}

// FileRef names a file.
type FileRef struct {
	Kind process.Kind `json:"kind" enum:"case,enrolment,cohort" doc:"What it is"`
	ID   string       `json:"id" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the file" example:"3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"`
}

type explainInput struct {
	Reason
	Body explainBody
}

type explainBody struct {
	Subject string   `json:"subject,omitempty" maxLength:"128" doc:"Who; yourself if left out"`
	Act     string   `json:"act" minLength:"1" maxLength:"40" doc:"What, as policy.csv names it" example:"sign_off"`
	File    *FileRef `json:"file,omitempty" doc:"To which file; else give a municipality"`
	AGS     ags.Key  `json:"ags,omitempty" pattern:"^[0-9]{8}$" doc:"In which municipality, for what needs no file or a new one" example:"05999001"`
	At      string   `json:"at,omitempty" maxLength:"40" doc:"When: a time, or a day, of which it is the end; now if left out" example:"2026-03-01T12:00:00Z"`
}

// Explanation says whether somebody may do something, and why.
type Explanation struct {
	Subject   string             `json:"subject" doc:"Who"`
	Act       string             `json:"act" doc:"What" example:"sign_off"`
	At        time.Time          `json:"at" doc:"When"`
	Policy    string             `json:"policy" doc:"Always current: what the policy says now, also of a time in the past" example:"current"`
	Version   int                `json:"version,omitempty" doc:"Of the file, as it was then"`
	Allowed   bool               `json:"allowed" doc:"Whether the person's rights permit it"`
	Possible  bool               `json:"possible" doc:"Whether the process, too, allowed it then"`
	Rule      string             `json:"rule" doc:"The row of the policy that permits it, or the name of what refuses it" example:"supervisor, sign_off, any, proposer|assigned|analyst"`
	Remedy    string             `json:"remedy,omitempty" doc:"Who can do what is refused"`
	Grant     *GrantNote         `json:"grant,omitempty" doc:"The grant that permits it"`
	Relations []process.Relation `json:"relations" nullable:"false" doc:"What ties the person to the file, as far as you may know it"`
	Gate      *Closed            `json:"gate,omitempty" doc:"What the process said to the command, as far as you may know it"`
}

// GrantNote is what is told of a grant that decided something.
type GrantNote struct {
	ID         string        `json:"id" format:"uuid" doc:"Id of the grant"`
	Role       policies.Role `json:"role" enum:"reporter,clearing,caseworker,conflict_manager,mediator,steering,supervisor,evaluation,dpo,admin,trainee,trainer,assessor,coordinator,certifier,employer" doc:"What it makes of the person"`
	Size       int           `json:"size" doc:"How many municipalities it covers"`
	ValidFrom  time.Time     `json:"valid_from" doc:"From when it holds"`
	ValidUntil *time.Time    `json:"valid_until,omitempty" doc:"Until when; left out if without end"`
	GivenBy    string        `json:"given_by" doc:"Subject of the administrator, or system"`
}

type explainOutput struct{ Body Explanation }

func (s *server) explain(ctx context.Context, in *explainInput) (*explainOutput, error) {
	e, err := s.explanation(ctx, in)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &explainOutput{*e}, nil
}

// An inquiry is a question of one person about the rights of another, or the own ones.
type inquiry struct {
	who          Principal // asks
	subject, act string
	when         moment
	reason       string
}

func (q inquiry) others() bool { return q.subject != q.who.Subject }

func (s *server) explanation(ctx context.Context, in *explainInput) (*Explanation, error) {
	who, err := s.principal(ctx)
	if err != nil {
		return nil, err
	}
	b := in.Body
	q := inquiry{who: who, subject: b.Subject, act: b.Act, reason: in.Reason.Reason}
	if q.subject == "" {
		q.subject = who.Subject
	}
	if f := askable(b, q); f != nil {
		return nil, f
	}
	if q.when, err = s.moment("at", b.At); err != nil {
		return nil, err
	}
	if b.File == nil {
		return s.explainIn(ctx, q, b.AGS)
	}
	switch b.File.Kind {
	case process.KindCase:
		return s.cases.explain(ctx, q, b.File.ID)
	case process.KindEnrolment:
		return s.enrolments.explain(ctx, q, b.File.ID)
	default:
		return s.cohorts.explain(ctx, q, b.File.ID)
	}
}

func askable(b explainBody, q inquiry) error {
	known := policies.Actions()
	if b.File != nil {
		known = policies.On(b.File.Kind)
	}
	switch {
	case (b.File == nil) == (b.AGS == ""):
		return fault.Newf(fault.Invalid, "either a file or a municipality must be named").In("file").By("place", "give file or ags")
	case !slices.Contains(known, b.Act):
		return fault.Newf(fault.Invalid, "nobody can do this there").In("act").By("enum", "name an action as policy.csv does")
	}
	if q.others() {
		return process.First(process.Person("subject", q.subject))
	}
	return nil
}

// explain answers about a file that the asker sees.
func (f *files[S, C, V]) explain(ctx context.Context, q inquiry, id string) (*Explanation, error) {
	s, err := f.find(ctx, q.who, id, policies.ExplainAuthorization)
	if err != nil {
		return nil, err
	}
	of, whole := s.File(), true
	if q.others() {
		if whole, err = f.inquire(q, s); err != nil {
			return nil, err
		}
	}
	then, err := f.at(ctx, s, q.when)
	if err != nil {
		return nil, err
	}
	e, err := f.ruling(ctx, q, then, whole)
	if err != nil {
		return nil, err
	}
	if g := gateOf(then, q); g != nil && e.Allowed {
		e.Possible = false
		if whole && (!q.others() || f.opens(q.who, s)) {
			e.Gate = g
		}
	}
	return e, f.audited(ctx, q.who, db.AppendAccessParams{
		Action: policies.ExplainAuthorization, Reason: q.reason, FileID: &of.ID, Version: version(of.Version), SubjectID: q.subject,
	})
}

// ruling is what the policy says about s, as it was then; unless it is to be whole, as far as it follows from grants.
func (f *files[S, C, V]) ruling(ctx context.Context, q inquiry, s S, whole bool) (*Explanation, error) {
	person, notes, err := f.held(ctx, q)
	if err != nil {
		return nil, err
	}
	d, rels := f.policy.Decide(person.Grants, q.act, s.File().AGS, nil), []process.Relation(nil)
	if whole {
		tie, err := f.ties(ctx, q.who, s, q.when)
		if err != nil {
			return nil, err
		}
		tie(&person)
		d, rels = f.may(person, q.act, s), f.asked(person, q.act, s).Relations
	}
	if q.others() {
		rels = neutral(rels)
	}
	e := q.answer(d, rels, notes)
	e.Version = s.File().Version
	return e, nil
}

// inquire refuses to whom the rights of others are none of their business. Administrators of rights are
// told what follows from grants, so not everything.
func (f *files[S, C, V]) inquire(q inquiry, s S) (whole bool, err error) {
	d := f.decide(q.who, policies.ExplainAuthorization, s)
	if !d.Allowed {
		if f.decide(q.who, policies.ExplainGrants, s).Allowed {
			return false, nil
		}
		return false, f.refusal(q.who, policies.ExplainAuthorization, s, d)
	}
	if slices.Contains(policies.OfMediation(), q.act) {
		return false, f.refusal(q.who, policies.ExplainAuthorization, s, policies.Decision{Rule: "mediation", Remedy: "whoever it concerns can ask for themselves"})
	}
	return true, nil
}

// opens reports whether who sees the state of s.
func (f *files[S, C, V]) opens(who Principal, s S) bool {
	return slices.ContainsFunc(f.open, func(act string) bool { return f.may(who, act, s).Allowed })
}

// at is s as it was recorded then.
func (f *files[S, C, V]) at(ctx context.Context, s S, when moment) (then S, err error) {
	if !when.past {
		return s, nil
	}
	of := s.File()
	row, err := db.As(f.pool, "", ags.Area{of.AGS}).GetStateAt(ctx, db.GetStateAtParams{FileID: of.ID, Kind: f.kind, At: when.at})
	if errors.Is(err, pgx.ErrNoRows) {
		return then, fault.Newf(fault.Invalid, "the %s was not there yet", f.kind).In("at").By("began", "ask about a later time")
	}
	if err != nil {
		return then, err
	}
	if err := json.Unmarshal(row.State, &then); err != nil {
		return then, fmt.Errorf("state of %s %s: %w", f.kind, of.ID, err)
	}
	return then, nil
}

// ties is what ties people to s beside what s itself says.
func (f *files[S, C, V]) ties(ctx context.Context, who Principal, s S, when moment) (func(*Principal), error) {
	if f.staff == nil {
		return func(*Principal) {}, nil
	}
	return f.staff(ctx, who, s, when.known)
}

// held is a person with what they held then. Of others the asker learns of grants that touch the own area.
func (s *server) held(ctx context.Context, q inquiry) (Principal, map[string]GrantNote, error) {
	person := Principal{}
	person.Subject = q.subject
	within := s.scope(q.who, policies.ExplainAuthorization, policies.ExplainGrants).Area
	if !q.others() {
		within = nil
	}
	rows, err := db.As(s.pool, q.who.Subject, within).ListGrantsAt(ctx, db.ListGrantsAtParams{Subject: q.subject, At: q.when.at, Known: q.when.known})
	notes := map[string]GrantNote{}
	for _, r := range rows {
		person.Grants = append(person.Grants, policies.Grant{ID: r.ID, Role: policies.Role(r.Role), Area: r.Area})
		notes[r.ID] = GrantNote{r.ID, policies.Role(r.Role), len(r.Area), r.ValidFrom, r.ValidUntil, r.GivenBy}
	}
	return person, notes, err
}

// explainIn answers about a municipality, where nothing ties anybody to anything.
func (s *server) explainIn(ctx context.Context, q inquiry, k ags.Key) (*Explanation, error) {
	if q.others() {
		d := s.policy.Decide(q.who.Grants, policies.ExplainAuthorization, k, nil)
		if as := s.policy.Decide(q.who.Grants, policies.ExplainGrants, k, nil); !d.Allowed && as.Rule != "role" {
			d = as
		}
		if !d.Allowed {
			return nil, &denied{
				newProblem("forbidden", "the rights of others are not for you to ask about here").by(d.Rule, d.Remedy),
				q.who, refusal{act: policies.ExplainAuthorization, rule: d.Rule, where: k, subject: q.subject},
			}
		}
	}
	person, notes, err := s.held(ctx, q)
	if err != nil {
		return nil, err
	}
	e := q.answer(s.policy.Decide(person.Grants, q.act, k, nil), nil, notes)
	return e, s.audited(ctx, q.who, db.AppendAccessParams{Action: policies.ExplainAuthorization, Reason: q.reason, AGS: string(k), SubjectID: q.subject})
}

func (q inquiry) answer(d policies.Decision, rels []process.Relation, notes map[string]GrantNote) *Explanation {
	e := &Explanation{
		Subject: q.subject, Act: q.act, At: q.when.at, Policy: "current", Allowed: d.Allowed, Possible: d.Allowed,
		Rule: d.Rule, Remedy: d.Remedy, Relations: append([]process.Relation{}, rels...),
	}
	if n, ok := notes[d.Grant]; ok && d.Allowed {
		e.Grant = &n
	}
	return e
}

// neutral leaves out that there is a mediation: whoever mediates works on the case, too.
func neutral(rels []process.Relation) []process.Relation {
	return slices.DeleteFunc(slices.Clone(rels), func(r process.Relation) bool { return r == conflict.MediatorOfRecord })
}

// gateOf is what the process says to the command that is asked about.
func gateOf(s process.State, q inquiry) *Closed {
	does, ok := s.(interface {
		Actions(user string) []process.Option
	})
	if !ok {
		return nil
	}
	for _, o := range does.Actions(q.subject) {
		if string(o.Action) == q.act && o.Closed != nil {
			return closedBy(o.Closed)
		}
	}
	return nil
}

// audited records that somebody read what the audit knows. What cannot be recorded is not shown.
func (s *server) audited(ctx context.Context, who Principal, entry db.AppendAccessParams) error {
	entry.ID, entry.Kind = "read/"+uuid.NewString(), "read"
	return s.append(ctx, who, entry)
}
