package files

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
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

func (s *Server) registerExplain(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "explain-authorization", Method: http.MethodPost, Path: "/authorization/explain",
		Summary: "Ask whether somebody may do something, and why",
		Description: "About yourself you may ask anything; about others, as a supervisor or data protection officer, and as an administrator as far as it " +
			"follows from grants. A file that you do not see does not exist. For a time in the past, the grants and the file are those of that time, and the " +
			"policy is the current one. The question is recorded.",
		Tags: []string{"Access"}, Errors: wire.BodyStatuses(403, 404),
	}, s.explain)
}

// FileRef names a file.
type FileRef struct {
	Kind wire.KindName `json:"kind" doc:"What it is" example:"case"`
	ID   string        `json:"id" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the file" example:"3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"`
}

type explainInput struct {
	wire.Reason
	Body explainBody
}

type explainBody struct {
	Subject string   `json:"subject,omitempty" maxLength:"128" doc:"The person; yourself if left out"`
	Act     string   `json:"act" minLength:"1" maxLength:"40" doc:"The act, as policy.csv names it" example:"sign_off"`
	File    *FileRef `json:"file,omitempty" doc:"On which file; otherwise give a municipality"`
	AGS     ags.Key  `json:"ags,omitempty" pattern:"^[0-9]{8}$" doc:"In which municipality, for what needs no file or a new one" example:"05999001"`
	At      string   `json:"at,omitempty" maxLength:"40" doc:"A time, or a day, which means its end; now if left out" example:"2026-03-01T12:00:00Z"`
}

// Explanation says whether somebody may do something, and why.
type Explanation struct {
	Subject   string          `json:"subject" doc:"Who"`
	Act       string          `json:"act" doc:"What" example:"sign_off"`
	At        time.Time       `json:"at" doc:"When"`
	Policy    string          `json:"policy" doc:"Always current: today's policy, applied to the past as well" example:"current"`
	Version   int             `json:"version,omitempty" doc:"Of the file, as it was then"`
	Allowed   bool            `json:"allowed" doc:"Whether the person's rights permit it"`
	Possible  bool            `json:"possible" doc:"Whether the process, too, allowed it then"`
	Rule      string          `json:"rule" doc:"The row of the policy that permits it, or the name of what refuses it" example:"supervisor, sign_off, any, proposer|assigned|analyst"`
	Remedy    string          `json:"remedy,omitempty" doc:"Who can do what is refused"`
	Grant     *GrantNote      `json:"grant,omitempty" doc:"The grant that permits it"`
	Relations []file.Relation `json:"relations" nullable:"false" doc:"What ties the person to the file, as far as you may know it"`
	Withheld  bool            `json:"withheld,omitempty" doc:"Set if the person might be permitted it all the same, by a tie of which nobody else learns: who works on a case stands in its working file alone"`
	Gate      *Closed         `json:"gate,omitempty" doc:"What the process said to the command, as far as you may know it"`
}

// GrantNote describes a grant that decided something.
type GrantNote struct {
	ID         string        `json:"id" format:"uuid" doc:"Id of the grant"`
	Role       policies.Role `json:"role" doc:"The granted role"`
	Size       int           `json:"size" doc:"How many municipalities it covers"`
	ValidFrom  time.Time     `json:"valid_from" doc:"From when it is valid"`
	ValidUntil *time.Time    `json:"valid_until,omitempty" doc:"Until when it is valid; left out if it has no end"`
	GivenBy    string        `json:"given_by" doc:"Subject of the administrator, or system; of a substitution, of whoever entered it"`
	InsteadOf  string        `json:"instead_of,omitempty" doc:"Subject of the person who is substituted: the grant is theirs"`
}

type explainOutput struct{ Body Explanation }

// An inquiry is a question of one person about the rights of another, or their own.
type inquiry struct {
	caller       guard.Principal // asks
	subject, act string
	when         guard.Moment
	reason       string
}

func (q inquiry) others() bool { return q.subject != q.caller.Subject }

func (s *Server) explain(ctx context.Context, in *explainInput) (*explainOutput, error) {
	caller, err := s.Principal(ctx)
	if err != nil {
		return nil, err
	}
	b := in.Body
	q := inquiry{caller: caller, subject: b.Subject, act: b.Act, reason: string(in.Reason.Reason)}
	if q.subject == "" {
		q.subject = caller.Subject
	}
	var of *Kind
	if b.File != nil {
		found, ok := s.Of(file.Kind(b.File.Kind))
		if !ok {
			return nil, fault.Newf(fault.Invalid, "there is no kind of file called %q", b.File.Kind).
				In("file.kind").
				By("enum", "name a kind as the lists of files do")
		}
		of = found
	}
	if f := askable(b, of, q); f != nil {
		return nil, f
	}
	if q.when, err = s.Moment("at", b.At); err != nil {
		return nil, err
	}
	if of == nil {
		return s.explainIn(ctx, q, b.AGS)
	}
	return of.explain(ctx, q, b.File.ID)
}

func askable(b explainBody, of *Kind, q inquiry) error {
	known := policies.Actions()
	if of != nil {
		known = policies.On(of.Def)
	}
	switch {
	case (b.File == nil) == (b.AGS == ""):
		return fault.Newf(fault.Invalid, "either a file or a municipality must be named").In("file").By("place", "give file or ags")
	case !slices.Contains(known, b.Act):
		return fault.Newf(fault.Invalid, "nobody can do this there").In("act").By("enum", "name an action as the policy does")
	}
	if q.others() {
		return file.First(file.Person("subject", q.subject))
	}
	return nil
}

// explain answers about a file that the asker sees.
func (f *Kind) explain(ctx context.Context, q inquiry, id string) (*explainOutput, error) {
	at, err := f.Find(ctx, q.caller, id, policies.ExplainAuthorization)
	if err != nil {
		return nil, err
	}
	whole := true
	if q.others() {
		if whole, err = f.inquire(q, at); err != nil {
			return nil, err
		}
	}
	then, err := f.at(ctx, q.caller, at, q.when)
	if err != nil {
		return nil, err
	}
	e, err := f.ruling(ctx, q, then, whole)
	if err != nil {
		return nil, err
	}
	if g := f.gateOf(then, q); g != nil && e.Allowed {
		e.Possible = false
		if lens, open := f.lens(q.caller, at); whole && (!q.others() || open && !lens.Mute) {
			e.Gate = g
		}
	}
	if lens, ok := f.lens(q.caller, at); ok {
		e.Version = versionThrough(lens, then)
	}
	return &explainOutput{*e}, f.noteRead(ctx, q.caller, policies.ExplainAuthorization, at, q.subject, q.reason)
}

// ruling returns what the policy says about a file as it was then. Unless whole is set, it says only
// what follows from grants.
func (f *Kind) ruling(ctx context.Context, q inquiry, at Folder, whole bool) (*Explanation, error) {
	person, notes, err := f.held(ctx, q)
	if err != nil {
		return nil, err
	}
	d, rels := f.Policy.Decide(person.Grants, q.act, policies.Place{Own: at.AGS}, nil), []file.Relation(nil)
	if whole {
		through, err := f.through(ctx, at, q.when, q.others())
		if err != nil {
			return nil, err
		}
		person.Through = f.reached(person, through)
		d, rels = f.May(person, q.act, at), f.asked(person, q.act, at).Relations
	}
	if q.others() {
		rels = f.neutral(rels)
	}
	e := q.answer(d, rels, notes)
	e.Version = at.Version
	e.Withheld = q.others() && whole && !e.Allowed && len(f.confidences(at)) > 0
	return e, nil
}

// inquire returns an error unless the caller may ask about other people's rights. An administrator of
// rights learns only what follows from grants: for them, whole is false.
func (f *Kind) inquire(q inquiry, at Folder) (whole bool, err error) {
	d := f.decide(q.caller, policies.ExplainAuthorization, at)
	if !d.Allowed {
		if f.decide(q.caller, policies.ExplainGrants, at).Allowed {
			return false, nil
		}
		return false, f.refusal(q.caller, policies.ExplainAuthorization, at, d)
	}
	if f.veilOf(q.act, "") != "" {
		veiled := policies.Decision{Rule: "veiled", Remedy: "the people concerned can ask for themselves"}
		return false, f.refusal(q.caller, policies.ExplainAuthorization, at, veiled)
	}
	return true, nil
}

// at returns a file as it was recorded then, as far as it is there for the caller.
func (f *Kind) at(ctx context.Context, caller guard.Principal, now Folder, when guard.Moment) (then Folder, err error) {
	if !when.Past {
		return now, nil
	}
	q := db.As(f.Pool, caller.Subject, ags.Area{now.AGS})
	row, err := q.GetFileAt(ctx, db.GetFileAtParams{FileID: now.ID, Kind: f.Def.Kind, At: when.At})
	if errors.Is(err, pgx.ErrNoRows) {
		return then, fault.Newf(fault.Invalid, "the %s was not there yet", f.Def.Kind).In("at").By("began", "ask about a later time")
	}
	if err != nil {
		return then, fmt.Errorf("%s %s at a time: %w", f.Def.Kind, now.ID, err)
	}
	state, err := f.Def.Decode(row.State)
	if err != nil {
		return then, err
	}
	return f.FolderOf(state)
}

// held returns a person with the grants that they held then. Of other people's grants, the asker sees
// those that touch their own area.
func (s *Server) held(ctx context.Context, q inquiry) (guard.Principal, map[string]GrantNote, error) {
	person := guard.Principal{}
	person.Subject = q.subject
	within := s.Scope(q.caller, policies.ExplainAuthorization, policies.ExplainGrants).Everywhere()
	if !q.others() {
		within = nil
	}
	then := db.ListGrantsAtParams{Subject: q.subject, At: q.when.At, Known: q.when.Known}
	rows, err := db.As(s.Pool, q.caller.Subject, within).ListGrantsAt(ctx, then)
	notes := map[string]GrantNote{}
	for _, r := range rows {
		person.Grants = append(person.Grants, policies.Grant{ID: r.ID, Role: policies.Role(r.Role), Area: r.Area, InsteadOf: r.InsteadOf})
		notes[r.ID] = GrantNote{r.ID, policies.Role(r.Role), len(r.Area), r.ValidFrom, r.ValidUntil, r.GivenBy, r.InsteadOf}
	}
	return person, notes, err
}

// explainIn answers about a municipality, where nothing ties anybody to anything.
func (s *Server) explainIn(ctx context.Context, q inquiry, k ags.Key) (*explainOutput, error) {
	where := policies.Place{Own: k}
	if q.others() {
		d := s.Policy.Decide(q.caller.Grants, policies.ExplainAuthorization, where, nil)
		if as := s.Policy.Decide(q.caller.Grants, policies.ExplainGrants, where, nil); !d.Allowed && as.Rule != "role" {
			d = as
		}
		if !d.Allowed {
			problem := wire.NewProblem("forbidden", "you may not ask about the rights of others here").By(d.Rule, d.Remedy)
			return nil, guard.Deny(q.caller, problem, guard.Refusal{
				Act: policies.ExplainAuthorization, Rule: d.Rule, Where: k, Subject: q.subject,
			})
		}
	}
	person, notes, err := s.held(ctx, q)
	if err != nil {
		return nil, err
	}
	e := q.answer(s.Policy.Decide(person.Grants, q.act, where, nil), nil, notes)
	return &explainOutput{*e}, s.Audited(ctx, q.caller, db.AppendAccessParams{
		Action:    policies.ExplainAuthorization,
		Reason:    q.reason,
		AGS:       string(k),
		SubjectID: q.subject,
	})
}

func (q inquiry) answer(d policies.Decision, rels []file.Relation, notes map[string]GrantNote) *Explanation {
	e := &Explanation{
		Subject: q.subject, Act: q.act, At: q.when.At, Policy: "current", Allowed: d.Allowed, Possible: d.Allowed,
		Rule: d.Rule, Remedy: d.Remedy, Relations: append([]file.Relation{}, rels...),
	}
	if n, ok := notes[d.Grant]; ok && d.Allowed {
		e.Grant = &n
	}
	return e
}

// gateOf returns what the process says to the command in question.
func (f *Kind) gateOf(at Folder, q inquiry) *Closed {
	for _, o := range f.Def.Options(at.State, q.subject) {
		if string(o.Action) == q.act && o.Closed != nil {
			return closedBy(o.Closed)
		}
	}
	return nil
}
