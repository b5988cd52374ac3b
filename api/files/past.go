package files

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/file"
	"koko/internal/story"
)

func (f *Kind) registerPast(api huma.API) {
	const (
		was = "As it was recorded then, as much of it as you may see now. `verified` says whether the chain of its history is intact up to then. " +
			"There is no ETag, since nobody decides on the past; `Memento-Datetime` says from when the state is. Reading it is recorded."
		differs = "What changed between two versions, or between two times, in words. Reading it is recorded."
	)
	of := string(f.Def.Kind)
	version := f.operation("get-"+of+"-version", http.MethodGet, "/{id}/versions/{version}", "Audit",
		"Read "+f.A()+" as it was in a version",
		was,
		wire.Statuses(403, 404)...,
	)
	guard.Register(f.Server, api, version, func(ctx context.Context, in *versionInput) (*pastOutput, error) {
		return f.past(ctx, in.ID, point{version: in.Version}, in.Reason)
	})
	asOf := f.operation("get-"+of+"-as-of", http.MethodGet, "/{id}/as-of", "Audit",
		"Read "+f.A()+" as it was at a time",
		was,
		wire.Statuses(403, 404)...,
	)
	guard.Register(f.Server, api, asOf, func(ctx context.Context, in *asOfInput) (*pastOutput, error) {
		return f.past(ctx, in.ID, point{at: in.At}, in.Reason)
	})
	name := f.name() + "Past"
	schema := wire.ObjectOf(api.OpenAPI().Components.Schemas, reflect.TypeFor[Past]())
	schema.Properties[of] = wire.InlineOnce(api.OpenAPI().Components.Schemas, f.Def.Lenses()[0].Type)
	schema.Properties[of].Description = "What was recorded, as much of it as you may see"
	schema.PrecomputeMessages()
	api.OpenAPI().Components.Schemas.Map()[name] = schema
	for _, op := range []huma.Operation{version, asOf} {
		wire.OperationAt(api, op).Responses["200"].Content = map[string]*huma.MediaType{"application/json": {Schema: wire.SchemaRef(name)}}
	}
	op := f.operation("compare-"+of, http.MethodGet, "/{id}/compare", "Audit",
		"Compare "+f.A()+" with what it was",
		differs,
		wire.Statuses(403, 404)...,
	)
	guard.Register(f.Server, api, op, f.compare)
}

// VersionRef is embedded in the input of what shows a version.
type VersionRef struct {
	Version int `path:"version" minimum:"1" maximum:"1000000000" doc:"The version" example:"3"`
}

// AsOf is embedded in the input of what shows a file at a time.
type AsOf struct {
	At time.Time `query:"at" required:"true" doc:"The time" example:"2026-03-01T12:00:00Z"`
}

// Past says from when a state is, and whether its history is intact.
type Past struct {
	History  bool       `json:"history" doc:"Always true: this is not the present state"`
	Version  int        `json:"version" doc:"Version of the state"`
	Recorded time.Time  `json:"recorded" doc:"When it was created"`
	Replaced *time.Time `json:"replaced,omitempty" doc:"When the next decision followed; left out if there is none yet"`
	Action   string     `json:"action,omitempty" doc:"The command that it came from; left out if that is confidential" example:"decide_mandate"`
	Actor    string     `json:"actor,omitempty" doc:"Subject of the person who gave it, or system; left out if that is confidential"`
	Veiled   bool       `json:"confidential,omitempty" doc:"Whether what was decided is confidential to others (§4 MediationsG)"`
	Verified bool       `json:"verified" doc:"Whether every entry of its history until then is there, unchanged and in its place"`
	Broken   string     `json:"broken,omitempty" doc:"The first entry that is missing or changed" example:"case 3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11, version 2"`
	Decided  Derivation `json:"decided,omitempty" doc:"Whether the same rules reach this state again from the commands in the engine's histories; unknown: a history is lost, or cannot be read now. Left out of a comparison"`
	From     int        `json:"undecided_from,omitempty" doc:"The first version at which they reach another state"`
	Lens     string     `json:"lens" doc:"How much of it you see"`
}

type pastOutput struct {
	Memento string `header:"Memento-Datetime" doc:"When the state was recorded (RFC 7089)"`
	Body    json.RawMessage
}

type versionInput struct {
	wire.Ref
	VersionRef
	wire.Reason
}

type asOfInput struct {
	wire.Ref
	AsOf
	wire.Reason
}

// past shows a file as it was at a point, under the name of its kind.
func (f *Kind) past(ctx context.Context, id string, p point, why wire.Reason) (*pastOutput, error) {
	was, err := f.readDecided(ctx, id, string(why.Reason), p)
	if err != nil {
		return nil, err
	}
	body, err := merged(was.Past, map[string]any{string(f.Def.Kind): was.shown})
	return &pastOutput{memento(was.Past), body}, err
}

func memento(p Past) string { return p.Recorded.UTC().Format(http.TimeFormat) }

// A point names a moment in the history of a file: a version, or a time.
type point struct {
	version int
	at      time.Time
}

// A pastState is a file as it was.
type pastState struct {
	Past
	shown any        // as its reader may see it
	whole file.State // without a lens, for comparison
}

// readDecided returns what a file was at a point, and whether the same rules decide it again.
func (f *Kind) readDecided(ctx context.Context, id, reason string, at point) (was pastState, err error) {
	caller, ps, err := f.readPast(ctx, id, reason, at)
	if err != nil {
		return was, err
	}
	was = ps[0]
	var kept []db.KeptRun
	scope := f.Scope(caller, f.Def.History)
	fileID := was.whole.Head().ID
	if err := f.Within(ctx, scope, func(q *db.Queries) (err error) {
		kept, err = q.ListKeptRuns(ctx, scope, f.Def.Kind, fileID)
		return err
	}); err != nil {
		return was, fmt.Errorf("kept runs of %s: %w", fileID, err)
	}
	histories, err := f.derived(ctx, fileID, kept)
	if err != nil {
		return was, err
	}
	was.Decided, was.From, err = derivation(histories, was.Version, was.whole)
	return was, err
}

// readPast returns the caller, and a file as it was at points, through today's lens. It records each read.
func (f *Kind) readPast(ctx context.Context, id, reason string, points ...point) (caller guard.Principal, all []pastState, err error) {
	caller, now, err := f.Open(ctx, id, f.Def.History)
	if err != nil {
		return caller, nil, err
	}
	lens, ok := f.lens(caller, now)
	if !ok || lens.Mute && len(f.Def.Lenses()) > 1 && lens.Name == f.narrowest().Name && f.Def.Lenses()[0].Acts[0] != lens.Acts[0] {
		return caller, nil, f.Permit(caller, f.Def.Lenses()[0].Acts[0], now)
	}
	scope, lifted := f.Scope(caller, f.Def.History), f.lifted(caller, now)
	if err := f.Within(ctx, scope, func(q *db.Queries) error {
		for _, at := range points {
			r, err := f.recordedAt(ctx, q, scope, now.ID, at, lifted)
			if err != nil {
				return err
			}
			r.Lens, r.shown = lens.Name, lens.Show(r.whole)
			all = append(all, r)
		}
		return nil
	}); err != nil {
		return caller, nil, err
	}
	for _, r := range all {
		of := now.Row
		of.Version = r.Version
		if err := f.Read(ctx, caller, f.Def.History, of, "version", reason); err != nil {
			return caller, nil, err
		}
	}
	return caller, all, nil
}

func (f *Kind) recordedAt(
	ctx context.Context,
	q *db.Queries,
	scope file.Scope,
	id string,
	at point,
	lifted []string,
) (r pastState, err error) {
	v, k := at.version, f.Def.Kind
	if v == 0 {
		if !wire.Recordable(at.at) {
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
	if r.whole, err = f.Def.Decode(found.State); err != nil {
		return r, fmt.Errorf("version %d of %s: %w", v, id, err)
	}
	broken, err := q.FirstBroken(ctx, scope, k, id, v)
	r.Past = Past{History: true, Version: v, Recorded: found.At, Replaced: found.Next, Verified: broken == 0}
	if r.Veiled = found.Veil != "" && !slices.Contains(lifted, found.Veil); !r.Veiled {
		r.Action, r.Actor = string(found.Action), found.Actor
	}
	if broken > 0 {
		r.Broken = fmt.Sprintf("%s %s, version %d", k, id, broken)
	}
	return r, err
}

func neverWas(k file.Kind) *wire.Problem {
	return wire.NewProblem("not-found", fmt.Sprintf("the %s was never at that point", k)).By("version", "see the timeline for what there was")
}

// CompareQuery names two points.
type CompareQuery struct {
	Language
	wire.Reason
	From string `query:"from" required:"true" maxLength:"40" doc:"A version, or a time" example:"2"`
	To   string `query:"to" required:"true" maxLength:"40" doc:"A version, or a time; not before from" example:"2026-03-01T12:00:00Z"`
}

type compareInput struct {
	wire.Ref
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

func (f *Kind) compare(ctx context.Context, in *compareInput) (*compareOutput, error) {
	from, err := pointOf("from", in.From)
	if err != nil {
		return nil, err
	}
	to, err := pointOf("to", in.To)
	if err != nil {
		return nil, err
	}
	_, ps, err := f.readPast(ctx, in.ID, string(in.Reason.Reason), from, to)
	if err != nil {
		return nil, err
	}
	if ps[0].Version > ps[1].Version {
		return nil, invalidPoint("to", "order", "it lies before from", "name a later version or time")
	}
	l := in.lang()
	changes := changeViews(story.Compare(f.Def.Kind, ps[0].shown, ps[1].shown), l)
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

func invalidPoint(field, rule, detail, remedy string) *wire.Problem {
	p := wire.NewProblem("invalid", detail).By(rule, remedy)
	p.Field = field
	return p
}
