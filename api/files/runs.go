package files

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/fault"
	"koko/internal/evidence/runs"
	"koko/internal/story"
)

func (f *Kind) registerRuns(api huma.API) {
	of := string(f.Def.Kind)
	list := f.operation("list-"+of+"-runs", http.MethodGet, "/{id}/runs", "Audit",
		"List the runs of the workflow of "+f.A(),
		"The workflow of a file runs in parts, one after the other. The histories of the runs that have ended are kept, so that they outlive the engine. Reading the list is recorded.",
		wire.Statuses(403, 404, 503)...,
	)
	guard.Register(f.Server, api, list, f.listRuns)
	op := f.operation("list-"+of+"-events", http.MethodGet, "/{id}/runs/{run}/events", "Audit",
		"Read the raw events of a run of "+f.A(),
		"What the engine recorded, in its order. Those who may see the whole state of the file see what the events carry; others do not, and of what is "+
			"confidential to others (§ 4 MediationsG) only that something happened: whatever would reveal more is left out from there on. Reading it is recorded.",
		wire.Statuses(403, 404, 503)...,
	)
	guard.Register(f.Server, api, op, f.events)
}

type runsInput struct {
	wire.Ref
	wire.Reason
}

type eventsInput struct {
	wire.Ref
	EventsQuery
}

// EventsQuery names a run and a page of its events.
type EventsQuery struct {
	Language
	wire.Reason
	Run string `path:"run" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the run" example:"b30a4f79-5dc2-4671-b3c0-dbf5d872cf24"`
	wire.Continued
	Limit int `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"Events on a page at most"`
}

// RunPlace is where the history of a run is.
type RunPlace string

func (RunPlace) Values() []RunPlace {
	return []RunPlace{"engine", "kept", "both", "lost"}
}

// RunView is one run of a file's workflow.
type RunView struct {
	Run    string      `json:"run,omitempty" doc:"Its id; left out if it is no longer known" example:"b30a4f79-5dc2-4671-b3c0-dbf5d872cf24"`
	Began  *time.Time  `json:"began,omitempty" doc:"When it began; left out if it is lost"`
	Ended  *time.Time  `json:"ended,omitempty" doc:"When it ended; left out if it goes on, or is lost"`
	Status runs.Status `json:"status,omitempty" doc:"What became of it; continued: by the next run; left out if it is lost"`
	Events int         `json:"events,omitempty" doc:"How many events it has; for those who see the whole state"`
	Where  RunPlace    `json:"where" doc:"Where its history is; lost: the engine forgot it before it was kept, and perhaps what came before"`
	SHA256 string      `json:"sha256,omitempty" doc:"Digest of the kept history, hex"`
	Broken string      `json:"broken,omitempty" doc:"What is wrong with the kept history" example:"the kept bytes do not fit their digest"`
	Path   string      `json:"path,omitempty" doc:"Where its events are" example:"/api/v1/cases/3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11/runs/b30a4f79-5dc2-4671-b3c0-dbf5d872cf24/events"`
}

type runsOutput struct {
	Body struct {
		Items []RunView `json:"items" nullable:"false" doc:"All runs, the first one first"`
	}
}

// EventsPlace is where the events of a run were read.
type EventsPlace string

func (EventsPlace) Values() []EventsPlace {
	return []EventsPlace{"engine", "kept"}
}

// EventView is one event of a run.
type EventView struct {
	ID           int64           `json:"id,omitempty" doc:"Its number in the run; left out where the numbers would reveal too much"`
	At           time.Time       `json:"at" doc:"When the engine recorded it"`
	Type         string          `json:"type,omitempty" doc:"What it is, as the engine calls it" example:"WorkflowExecutionUpdateAccepted"`
	Attributes   json.RawMessage `json:"attributes,omitempty" doc:"What it says, as the engine would show it, payloads decoded. A payload that you may not see is replaced by {\"payload\": \"withheld\"}"`
	Text         string          `json:"text,omitempty" doc:"Replaces type and attributes where they are confidential" example:"Der Fall ist in Bearbeitung."`
	Confidential bool            `json:"confidential,omitempty" doc:"Whether it belongs to what you may not know; it may stand for several events"`
}

type eventsOutput struct {
	ContentLanguage string `header:"Content-Language" doc:"Language of the words"`
	Vary            string `header:"Vary" doc:"What the language follows"`
	Body            struct {
		Run    string      `json:"run" doc:"Id of the run"`
		Where  EventsPlace `json:"where" doc:"Where the events were read"`
		Whole  bool        `json:"whole" doc:"Whether you see everything that the events say"`
		Broken string      `json:"broken,omitempty" doc:"What is wrong with the kept history; if where says kept, the events are those that can still be read"`
		Items  []EventView `json:"items" nullable:"false" doc:"The events of this page"`
		Next   string      `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
	}
}

// whole reports whether the caller sees the whole state of a file and all that was done to it, with nothing left out.
func (f *Kind) whole(caller guard.Principal, at Folder) bool {
	return f.mayAll(caller, at, f.Def.Lenses()[0].Acts) && f.unveiled(caller, at)
}

func (f *Kind) listRuns(ctx context.Context, in *runsInput) (*runsOutput, error) {
	caller, at, err := f.Open(ctx, in.ID, f.Def.History)
	if err != nil {
		return nil, err
	}
	var kept []db.KeptRun
	scope := f.Scope(caller, f.Def.History)
	if err := f.Within(ctx, scope, func(q *db.Queries) (err error) {
		kept, err = q.ListKeptRuns(ctx, scope, f.Def.Kind, at.ID)
		return err
	}); err != nil {
		return nil, fmt.Errorf("kept runs of %s: %w", at.ID, err)
	}
	c := &chain{Workflows: f.Runs, workflow: runs.WorkflowOf(f.Def.Kind, at.ID), kept: map[string]*db.KeptRun{}, seen: map[string]bool{}}
	if err := c.read(ctx, kept); err != nil {
		return nil, err
	}
	if err := f.Read(ctx, caller, f.Def.History, at.Row, "runs", string(in.Reason.Reason)); err != nil {
		return nil, err
	}
	out := &runsOutput{}
	out.Body.Items = []RunView{}
	for _, v := range c.views {
		if v.Run != "" && v.Where != "lost" {
			v.Path = f.runsPath(at.ID) + "/" + v.Run + "/events"
		}
		// The number of events reveals how much was done, what is veiled included.
		if !f.unveiled(caller, at) {
			v.Events = 0
		}
		out.Body.Items = append(out.Body.Items, v)
	}
	return out, nil
}

// runsPath is where the runs of a file are listed.
func (f *Kind) runsPath(id string) string { return f.Path(id) + "/runs" }

// Path is where a file is read.
func (f *Kind) Path(id string) string { return "/api/v1/" + f.Def.Plural + "/" + id }

// A chain is the runs of a workflow, read back from the current one.
type chain struct {
	Workflows Runs
	workflow  string
	kept      map[string]*db.KeptRun
	seen      map[string]bool
	views     []RunView
}

func (c *chain) read(ctx context.Context, kept []db.KeptRun) error {
	for i := range kept {
		c.kept[kept[i].RunID] = &kept[i]
	}
	current, err := c.Workflows.Run(ctx, c.workflow, "")
	switch {
	case fault.CodeOf(err) == fault.NotFound:
		if len(kept) == 0 || runs.Status(kept[len(kept)-1].Status) == runs.Continued {
			c.views = append(c.views, RunView{Where: "lost"})
		}
	case err != nil:
		return err
	default:
		if err := c.back(ctx, current.ID); err != nil {
			return err
		}
	}
	for _, k := range slices.Backward(kept) { // what a lost run hides, and what ran before under the same id
		if err := c.back(ctx, k.RunID); err != nil {
			return err
		}
	}
	slices.Reverse(c.views)
	return nil
}

// back adds a run and those before it.
func (c *chain) back(ctx context.Context, id string) error {
	for id != "" && !c.seen[id] {
		c.seen[id] = true
		k := c.kept[id]
		r, err := c.Workflows.Run(ctx, c.workflow, id)
		forgotten := fault.CodeOf(err) == fault.NotFound
		if err != nil && !forgotten {
			return err
		}
		v := RunView{Run: id, Where: "engine", Began: &r.Began, Ended: filledTime(r.Ended), Status: r.Status, Events: r.Events}
		switch {
		case forgotten && k == nil:
			v = RunView{Run: id, Where: "lost"}
		case forgotten:
			v = RunView{Run: id, Where: "kept", Began: &k.Began, Ended: &k.Ended, Status: runs.Status(k.Status), Events: k.Events}
			r.Prior = k.Prior
		case k != nil:
			v.Where = "both"
		}
		if k != nil {
			v.SHA256 = k.SHA256
			if _, err := unpack(k); err != nil {
				v.Broken = err.Error()
			}
		}
		c.views = append(c.views, v)
		id = r.Prior
	}
	return nil
}

func filledTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// unpack returns a kept history, its payloads as the engine had them. If it was changed, the error says how, and the events are those that
// can still be read.
func unpack(k *db.KeptRun) (*runs.History, error) {
	h, err := runs.Unpack(k.SHA256, k.Data)
	if err == nil && !k.Sealed {
		err = &runs.Broken{Why: "what is kept beside the history does not fit its seal"}
	}
	return h, err
}

func (f *Kind) events(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	from, err := in.After(wire.Cursor{}, func(c wire.Cursor) bool { return c == wire.Cursor{Number: c.Number} && c.Number > 0 })
	if err != nil {
		return nil, err
	}
	caller, at, err := f.Open(ctx, in.ID, f.Def.History)
	if err != nil {
		return nil, err
	}
	var kept *db.KeptRun
	scope := f.Scope(caller, f.Def.History)
	if err := f.Within(ctx, scope, func(q *db.Queries) (err error) {
		kept, err = q.GetKeptRun(ctx, scope, f.Def.Kind, at.ID, in.Run)
		return err
	}); err != nil {
		return nil, fmt.Errorf("kept run %s: %w", in.Run, err)
	}
	out := &eventsOutput{ContentLanguage: string(in.lang()), Vary: "Accept-Language"}
	out.Body.Run, out.Body.Items = in.Run, []EventView{}
	h, err := f.historyOf(ctx, runs.WorkflowOf(f.Def.Kind, at.ID), kept, out)
	if err != nil {
		return nil, err
	}
	out.Body.Whole = f.whole(caller, at)
	events, err := runs.Events(h, runs.Lens{Whole: out.Body.Whole, Kind: f.Def, Lifted: f.lifted(caller, at)})
	if err != nil {
		return nil, err
	}
	if err := f.Read(ctx, caller, f.Def.History, at.Row, "run/"+in.Run, string(in.Reason.Reason)); err != nil {
		return nil, err
	}
	out.page(events, int(from.Number), in.EventsQuery, story.Neutral(f.Def.Kind).Says.In(in.lang()))
	return out, nil
}

// historyOf finds the history of a run: the kept one before the engine's, because it was proven. It
// notes in out where the history was, and what is wrong with it.
func (s *Server) historyOf(ctx context.Context, workflow string, kept *db.KeptRun, out *eventsOutput) (*runs.History, error) {
	var readable *runs.History
	if kept != nil {
		h, broken := unpack(kept)
		h, err := s.Runs.Opened(workflow, h)
		if err != nil {
			return nil, err
		}
		out.Body.Where = "kept"
		if broken == nil {
			return h, nil
		}
		out.Body.Broken, readable = broken.Error(), h
	}
	h, err := s.Runs.History(ctx, workflow, out.Body.Run)
	if err == nil {
		out.Body.Where = "engine"
		return h, nil
	}
	if kept != nil {
		return readable, nil
	}
	return nil, err
}

func (o *eventsOutput) page(events []runs.Event, from int, in EventsQuery, neutral string) {
	from = min(from, len(events))
	events, o.Body.Next = wire.Cut(events[from:], in.Limit, func(runs.Event) wire.Cursor {
		return wire.Cursor{Number: int64(from + in.Limit)}
	})
	for _, e := range events {
		v := EventView{ID: e.ID, At: e.At, Type: e.Type, Attributes: e.Attributes, Confidential: e.Neutral}
		if e.Neutral {
			v.Text = neutral
		}
		o.Body.Items = append(o.Body.Items, v)
	}
}
