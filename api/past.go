package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/process"
	"koko/domain/training"
	"koko/internal/story"
	"koko/policies"
)

// past is how the API shows what cases, enrolments or cohorts were.
type past[S story.State] struct {
	act    string // that reads their history
	seeing string // the act without which nothing of their states is shown
	scope  func(who Principal) db.FileScope
	opened func(now S) time.Time
	// lens is how much of what was who may see, by what is now; nil shows nothing.
	lens         func(who Principal, now S) (name string, shown func(S) S)
	confidential func(who Principal, now S) confidential
	// whole is whether who may see the whole state, with nothing left out.
	whole func(who Principal, now S) bool
	// hidden are the commands that histories do not tell to those who may not.
	hidden []process.Action
}

// confidential is what somebody is told nothing of but that it is there.
type confidential struct {
	kind            process.Kind
	commands, reads []string
}

func same[S any](s S) S { return s }

func (s *server) pastOfCases() past[conflict.Case] {
	return past[conflict.Case]{
		act: policies.ReadHistory, seeing: policies.ReadCase,
		scope:  func(who Principal) db.FileScope { return s.scope(who, policies.ReadHistory) },
		opened: func(c conflict.Case) time.Time { return c.Opened },
		lens: func(who Principal, now conflict.Case) (string, func(conflict.Case) conflict.Case) {
			switch {
			case s.may(who, policies.ReadCase, now).Allowed && s.may(who, policies.ReadMediation, now).Allowed:
				return "case", same[conflict.Case]
			case s.may(who, policies.ReadCase, now).Allowed:
				return "case", conflict.Case.WithoutMediation
			case s.may(who, policies.ReadFacts, now).Allowed:
				return "facts", func(c conflict.Case) conflict.Case { return c.WithoutMediation().WithoutPeople() }
			}
			return "", nil
		},
		confidential: func(who Principal, now conflict.Case) confidential {
			if s.may(who, policies.ReadMediation, now).Allowed {
				return confidential{kind: process.KindCase}
			}
			var commands []string
			for _, a := range conflict.Confidential() {
				commands = append(commands, string(a))
			}
			return confidential{process.KindCase, commands, policies.OfMediation()}
		},
		whole: func(who Principal, now conflict.Case) bool {
			return s.may(who, policies.ReadCase, now).Allowed && s.may(who, policies.ReadMediation, now).Allowed
		},
		hidden: conflict.Confidential(),
	}
}

func (s *server) pastOfEnrolments() past[training.Enrolment] {
	return past[training.Enrolment]{
		act: policies.ReadTrainingHistory, seeing: policies.ReadEnrolment,
		scope:  func(who Principal) db.FileScope { return s.enrolmentScope(who, policies.ReadTrainingHistory) },
		opened: func(e training.Enrolment) time.Time { return e.Opened },
		lens: func(who Principal, now training.Enrolment) (string, func(training.Enrolment) training.Enrolment) {
			switch {
			case s.mayEnrol(who, policies.ReadEnrolment, now).Allowed:
				return "enrolment", same[training.Enrolment]
			case s.mayEnrol(who, policies.ReadProgress, now).Allowed:
				return "progress", training.Enrolment.ProgressOnly
			}
			return "", nil
		},
		confidential: func(Principal, training.Enrolment) confidential { return confidential{kind: process.KindEnrolment} },
		whole: func(who Principal, now training.Enrolment) bool {
			return s.mayEnrol(who, policies.ReadEnrolment, now).Allowed
		},
	}
}

func (s *server) pastOfCohorts() past[training.Cohort] {
	return past[training.Cohort]{
		act: policies.ReadTrainingHistory, seeing: policies.ReadCohort,
		scope:  func(who Principal) db.FileScope { return s.cohortScope(who, policies.ReadTrainingHistory) },
		opened: func(c training.Cohort) time.Time { return c.Opened },
		lens: func(who Principal, now training.Cohort) (string, func(training.Cohort) training.Cohort) {
			switch {
			case !s.mayCohort(who, policies.ReadCohort, now).Allowed:
				return "", nil
			case s.mayCohort(who, policies.ReadParticipants, now).Allowed:
				return "cohort", same[training.Cohort]
			}
			return "offer", training.Cohort.WithoutPeople
		},
		confidential: func(Principal, training.Cohort) confidential { return confidential{kind: process.KindCohort} },
		whole: func(who Principal, now training.Cohort) bool {
			return s.mayCohort(who, policies.ReadCohort, now).Allowed && s.mayCohort(who, policies.ReadParticipants, now).Allowed
		},
	}
}

// holds reports whether the reader has one of the roles in a municipality.
func (t *teller[S]) holds(k ags.Key, roles ...policies.Role) bool {
	return slices.ContainsFunc(t.who.Grants, func(g policies.Grant) bool { return slices.Contains(roles, g.Role) && g.Area.Covers(k) })
}

func (s *server) registerPast(api huma.API) {
	operation := func(id, path, summary, description string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Description: description, Tags: []string{"Audit"}, Errors: statuses(403, 404)}
	}
	const (
		was = "As it was recorded then, as much of it as you may see now. `verified` says whether the chain of its history holds until then. It is history: " +
			"there is no ETag to decide on, and `Memento-Datetime` says from when it is. Reading it is recorded."
		differs = "Two versions, or what the file was at two times: what changed between them, in words. Reading it is recorded."
	)
	huma.Register(api, operation("get-case-version", "/cases/{case}/versions/{version}", "Read a case as it was in a version", was), s.caseVersion)
	huma.Register(api, operation("get-case-as-of", "/cases/{case}/as-of", "Read a case as it was at a time", was), s.caseAsOf)
	huma.Register(api, operation("compare-case", "/cases/{case}/compare", "Compare a case with what it was", differs), func(ctx context.Context, in *caseCompareInput) (*compareOutput, error) {
		return compareOf(ctx, s.cases, s.pastOfCases(), in.CaseID, in.CompareQuery)
	})
	huma.Register(api, operation("get-enrolment-version", "/enrolments/{enrolment}/versions/{version}", "Read an enrolment as it was in a version", was), s.enrolmentVersion)
	huma.Register(api, operation("get-enrolment-as-of", "/enrolments/{enrolment}/as-of", "Read an enrolment as it was at a time", was), s.enrolmentAsOf)
	huma.Register(api, operation("compare-enrolment", "/enrolments/{enrolment}/compare", "Compare an enrolment with what it was", differs), func(ctx context.Context, in *enrolmentCompareInput) (*compareOutput, error) {
		return compareOf(ctx, s.enrolments, s.pastOfEnrolments(), in.EnrolmentID, in.CompareQuery)
	})
	huma.Register(api, operation("compare-cohort", "/cohorts/{cohort}/compare", "Compare a cohort with what it was", differs), func(ctx context.Context, in *cohortCompareInput) (*compareOutput, error) {
		return compareOf(ctx, s.cohorts, s.pastOfCohorts(), in.CohortID, in.CompareQuery)
	})
}

// VersionRef is embedded in the input of what shows a version.
type VersionRef struct {
	Version int `path:"version" minimum:"1" maximum:"1000000000" doc:"The version" example:"3"`
}

// AsOf is embedded in the input of what shows a file at a time.
type AsOf struct {
	At time.Time `query:"at" required:"true" doc:"The time" example:"2026-03-01T12:00:00Z"`
}

// Past says from when a state is, and whether its history holds.
type Past struct {
	History  bool       `json:"history" doc:"Always true: this is not how it stands now"`
	Version  int        `json:"version" doc:"The version that it is"`
	Recorded time.Time  `json:"recorded" doc:"When it came to be"`
	Replaced *time.Time `json:"replaced,omitempty" doc:"When the next decision followed; left out if there is none yet"`
	Action   string     `json:"action" doc:"The command that it came from" example:"decide_mandate"`
	Actor    string     `json:"actor" doc:"Subject of the person who gave it, or system"`
	Verified bool       `json:"verified" doc:"Whether every entry of its history until then is there, unchanged and in its place"`
	Broken   string     `json:"broken,omitempty" doc:"The first entry that is not" example:"case 3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11, version 2"`
	Decided  Derivation `json:"decided,omitempty" enum:"yes,no,unknown" doc:"Whether the same rules, given every command that the engine's histories tell of, decide the same again; unknown: a history is lost, or cannot be read now. Left out of a comparison"`
	From     int        `json:"undecided_from,omitempty" doc:"The first version of which they do not"`
	Lens     string     `json:"lens" enum:"case,facts,enrolment,progress,cohort,offer" doc:"How much of it you see"`
}

// PastCase is a case as it was.
type PastCase struct {
	Past
	Case conflict.Case `json:"case" doc:"The case then"`
}

// PastEnrolment is an enrolment as it was.
type PastEnrolment struct {
	Past
	Enrolment training.Enrolment `json:"enrolment" doc:"The enrolment then"`
}

type pastCaseOutput struct {
	Memento string `header:"Memento-Datetime" doc:"From when it is (RFC 7089)"`
	Body    PastCase
}

type pastEnrolmentOutput struct {
	Memento string `header:"Memento-Datetime" doc:"From when it is (RFC 7089)"`
	Body    PastEnrolment
}

type caseVersionInput struct {
	CaseRef
	VersionRef
	Reason
}

type caseAsOfInput struct {
	CaseRef
	AsOf
	Reason
}

type enrolmentVersionInput struct {
	EnrolmentRef
	VersionRef
	Reason
}

type enrolmentAsOfInput struct {
	EnrolmentRef
	AsOf
	Reason
}

func (s *server) caseVersion(ctx context.Context, in *caseVersionInput) (*pastCaseOutput, error) {
	return s.pastCase(ctx, in.CaseID, point{version: in.Version}, in.Reason)
}

func (s *server) caseAsOf(ctx context.Context, in *caseAsOfInput) (*pastCaseOutput, error) {
	return s.pastCase(ctx, in.CaseID, point{at: in.At}, in.Reason)
}

func (s *server) pastCase(ctx context.Context, id string, p point, why Reason) (*pastCaseOutput, error) {
	was, err := readDecided(ctx, s.cases, s.pastOfCases(), id, why.Reason, p)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &pastCaseOutput{memento(was.Past), PastCase{was.Past, was.state}}, nil
}

func (s *server) enrolmentVersion(ctx context.Context, in *enrolmentVersionInput) (*pastEnrolmentOutput, error) {
	return s.pastEnrolment(ctx, in.EnrolmentID, point{version: in.Version}, in.Reason)
}

func (s *server) enrolmentAsOf(ctx context.Context, in *enrolmentAsOfInput) (*pastEnrolmentOutput, error) {
	return s.pastEnrolment(ctx, in.EnrolmentID, point{at: in.At}, in.Reason)
}

func (s *server) pastEnrolment(ctx context.Context, id string, p point, why Reason) (*pastEnrolmentOutput, error) {
	was, err := readDecided(ctx, s.enrolments, s.pastOfEnrolments(), id, why.Reason, p)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &pastEnrolmentOutput{memento(was.Past), PastEnrolment{was.Past, was.state}}, nil
}

func memento(p Past) string { return p.Recorded.UTC().Format(http.TimeFormat) }

// A point names a moment in the history of a file: a version, or a time.
type point struct {
	version int
	at      time.Time
}

// A pastState is a file as it was, as its reader may see it.
type pastState[S any] struct {
	Past
	state S
	whole S // what nobody sees through a lens: to compare with
}

// readDecided returns what a file was at a point, and whether the same rules decide it again.
func readDecided[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], p past[S], id, reason string, at point) (was pastState[S], err error) {
	who, ps, err := readPast(ctx, f, p, id, reason, at)
	if err != nil {
		return was, err
	}
	was = ps[0]
	var kept []db.KeptRun
	scope := p.scope(who)
	fileID := was.whole.File().ID
	if err := db.Within(ctx, f.pool, who.Subject, scope.Municipalities(), func(q *db.Queries) (err error) {
		kept, err = q.ListKeptRuns(ctx, scope, f.kind, fileID)
		return err
	}); err != nil {
		return was, err
	}
	histories, err := f.derived(ctx, f.kind, fileID, kept)
	if err != nil {
		return was, err
	}
	was.Decided, was.From, err = derivation(histories, was.Version, was.whole)
	return was, err
}

// readPast returns what a file was at points, through the lens of now, and who reads it; it records each.
func readPast[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], p past[S], id, reason string, points ...point) (who Principal, all []pastState[S], err error) {
	if who, err = f.principal(ctx); err != nil {
		return who, nil, err
	}
	now, err := f.find(ctx, who, id, p.act)
	if err == nil {
		err = f.permit(who, p.act, now)
	}
	if err != nil {
		return who, nil, err
	}
	lens, shown := p.lens(who, now)
	if shown == nil {
		return who, nil, f.permit(who, p.seeing, now)
	}
	scope := p.scope(who)
	if err := db.Within(ctx, f.pool, who.Subject, scope.Municipalities(), func(q *db.Queries) error {
		for _, at := range points {
			r, err := recordedAt[S](ctx, q, scope, f.kind, now.File().ID, at)
			if err != nil {
				return err
			}
			r.Lens, r.whole, r.state = lens, r.state, shown(r.state)
			all = append(all, r)
		}
		return nil
	}); err != nil {
		return who, nil, err
	}
	for _, r := range all {
		of := now.File()
		of.Version = r.Version
		if err := f.read(ctx, who, p.act, of, "version", reason); err != nil {
			return who, nil, err
		}
	}
	return who, all, nil
}

func recordedAt[S story.State](ctx context.Context, q *db.Queries, scope db.FileScope, k process.Kind, id string, at point) (r pastState[S], err error) {
	v := at.version
	if v == 0 {
		if !recordable(at.at) {
			return r, neverWas(k)
		}
		if v, err = q.FindVersion(ctx, scope, k, id, at.at); err != nil {
			return r, err
		}
	}
	recorded, err := q.ListRecorded(ctx, scope, k, id, []int{v})
	if err != nil {
		return r, err
	}
	found, ok := recorded[v]
	if !ok {
		return r, neverWas(k)
	}
	if err := json.Unmarshal(found.State, &r.state); err != nil {
		return r, fmt.Errorf("state of %s %s, version %d: %w", k, id, v, err)
	}
	broken, err := q.FirstBroken(ctx, scope, k, id, v)
	r.Past = Past{
		History: true, Version: v, Recorded: found.At, Replaced: found.Next, Action: string(found.Action), Actor: found.Actor, Verified: broken == 0,
	}
	if broken > 0 {
		r.Broken = fmt.Sprintf("%s %s, version %d", k, id, broken)
	}
	return r, err
}

func neverWas(k process.Kind) *Problem {
	return newProblem("not-found", fmt.Sprintf("the %s was never at that point", k)).by("version", "see the timeline for what there was")
}

// CompareQuery names two points.
type CompareQuery struct {
	Language
	Reason
	From string `query:"from" required:"true" maxLength:"40" doc:"A version, or a time" example:"2"`
	To   string `query:"to" required:"true" maxLength:"40" doc:"A version, or a time; not before from" example:"2026-03-01T12:00:00Z"`
}

type caseCompareInput struct {
	CaseRef
	CompareQuery
}

type enrolmentCompareInput struct {
	EnrolmentRef
	CompareQuery
}

type cohortCompareInput struct {
	CohortRef
	CompareQuery
}

type compareOutput struct {
	ContentLanguage string `header:"Content-Language" doc:"Language of the words"`
	Vary            string `header:"Vary" doc:"What the language follows"`
	Body            Comparison
}

// Comparison is what differs between two points in the history of a file.
type Comparison struct {
	From    Past         `json:"from" doc:"The earlier point"`
	To      Past         `json:"to" doc:"The later point"`
	Changes []ChangeView `json:"changes" nullable:"false" doc:"What is different, in words"`
}

func compareOf[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], p past[S], id string, in CompareQuery) (*compareOutput, error) {
	out, err := compared(ctx, f, p, id, in)
	return out, f.problem(ctx, err)
}

func compared[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], p past[S], id string, in CompareQuery) (*compareOutput, error) {
	from, err := pointOf("from", in.From)
	if err != nil {
		return nil, err
	}
	to, err := pointOf("to", in.To)
	if err != nil {
		return nil, err
	}
	_, ps, err := readPast(ctx, f, p, id, in.Reason.Reason, from, to)
	if err != nil {
		return nil, err
	}
	if ps[0].Version > ps[1].Version {
		return nil, invalidPoint("to", "order", "it lies before from", "name a later version or time")
	}
	l := in.lang()
	changes := changeViews(story.Compare(f.kind, ps[0].state, ps[1].state), l)
	if changes == nil {
		changes = []ChangeView{}
	}
	return &compareOutput{string(l), "Accept-Language", Comparison{ps[0].Past, ps[1].Past, changes}}, nil
}

// pointOf reads a version or a time.
func pointOf(field, text string) (point, error) {
	if v, err := strconv.Atoi(text); err == nil && v > 0 && v <= 1_000_000_000 {
		return point{version: v}, nil
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return point{at: at}, nil
	}
	return point{}, invalidPoint(field, "point", "neither a version nor a time", "give a version such as 3, or a time such as 2026-03-01T12:00:00Z")
}

func invalidPoint(field, rule, detail, remedy string) *Problem {
	p := newProblem("invalid", detail).by(rule, remedy)
	p.Field = field
	return p
}
