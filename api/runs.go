package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/internal/runs"
	"koko/internal/story"
)

func (s *server) registerRuns(api huma.API) {
	list := func(id, of, path string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path + "/runs", Summary: "List the runs of the workflow of " + of,
			Description: "The workflow of a file runs in parts, one after the other. The histories of the runs that have ended are kept, so that they outlive the engine. Reading the list is recorded.",
			Tags:        []string{"Audit"}, Errors: statuses(403, 404, 503),
		}
	}
	events := func(id, of, path string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path + "/runs/{run}/events", Summary: "Read the raw events of a run of " + of,
			Description: "What the engine recorded, in its order. Those who may see the whole state of the file see what the events carry; others see its size and digest, and of the work that " +
				"only the mediators of record see (§ 4 MediationsG) that something happened: what would tell more is left out from there on. Reading it is recorded.",
			Tags: []string{"Audit"}, Errors: statuses(403, 404, 503),
		}
	}
	huma.Register(api, list("list-case-runs", "a case", "/cases/{case}"), func(ctx context.Context, in *caseRunsInput) (*runsOutput, error) {
		return runsOf(ctx, s.cases, s.pastOfCases(), in.CaseID, in.Reason)
	})
	huma.Register(api, list("list-enrolment-runs", "an enrolment", "/enrolments/{enrolment}"), func(ctx context.Context, in *enrolmentRunsInput) (*runsOutput, error) {
		return runsOf(ctx, s.enrolments, s.pastOfEnrolments(), in.EnrolmentID, in.Reason)
	})
	huma.Register(api, list("list-cohort-runs", "a cohort", "/cohorts/{cohort}"), func(ctx context.Context, in *cohortRunsInput) (*runsOutput, error) {
		return runsOf(ctx, s.cohorts, s.pastOfCohorts(), in.CohortID, in.Reason)
	})
	huma.Register(api, events("list-case-events", "a case", "/cases/{case}"), func(ctx context.Context, in *caseEventsInput) (*eventsOutput, error) {
		return eventsOf(ctx, s.cases, s.pastOfCases(), in.CaseID, in.EventsQuery)
	})
	huma.Register(api, events("list-enrolment-events", "an enrolment", "/enrolments/{enrolment}"), func(ctx context.Context, in *enrolmentEventsInput) (*eventsOutput, error) {
		return eventsOf(ctx, s.enrolments, s.pastOfEnrolments(), in.EnrolmentID, in.EventsQuery)
	})
	huma.Register(api, events("list-cohort-events", "a cohort", "/cohorts/{cohort}"), func(ctx context.Context, in *cohortEventsInput) (*eventsOutput, error) {
		return eventsOf(ctx, s.cohorts, s.pastOfCohorts(), in.CohortID, in.EventsQuery)
	})
}

type caseRunsInput struct {
	CaseRef
	Reason
}

type enrolmentRunsInput struct {
	EnrolmentRef
	Reason
}

type cohortRunsInput struct {
	CohortRef
	Reason
}

type caseEventsInput struct {
	CaseRef
	EventsQuery
}

type enrolmentEventsInput struct {
	EnrolmentRef
	EventsQuery
}

type cohortEventsInput struct {
	CohortRef
	EventsQuery
}

// EventsQuery names a run and a page of its events.
type EventsQuery struct {
	Language
	Reason
	Run    string `path:"run" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the run" example:"b30a4f79-5dc2-4671-b3c0-dbf5d872cf24"`
	Cursor string `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"Events on a page at most"`
}

// RunView is one run of a file's workflow.
type RunView struct {
	Run    string     `json:"run,omitempty" doc:"Its id; left out if nobody knows it any more" example:"b30a4f79-5dc2-4671-b3c0-dbf5d872cf24"`
	Began  *time.Time `json:"began,omitempty" doc:"When it began; left out if it is lost"`
	Ended  *time.Time `json:"ended,omitempty" doc:"When it ended; left out if it goes on, or is lost"`
	Status string     `json:"status,omitempty" enum:"open,continued,completed,failed,cancelled,terminated,timed_out" doc:"What became of it; continued: by the next run; left out if it is lost"`
	Events int        `json:"events,omitempty" doc:"How many events it has; for those who see the whole state"`
	Where  string     `json:"where" enum:"engine,kept,both,lost" doc:"Where its history is; lost: the engine forgot it before it was kept, and perhaps what came before"`
	SHA256 string     `json:"sha256,omitempty" doc:"Of the kept history, hex"`
	Broken string     `json:"broken,omitempty" doc:"Why the kept history is not what it was" example:"the kept bytes do not fit their digest"`
	Path   string     `json:"path,omitempty" doc:"Where its events are" example:"/api/v1/cases/3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11/runs/b30a4f79-5dc2-4671-b3c0-dbf5d872cf24/events"`
}

type runsOutput struct {
	Body struct {
		Items []RunView `json:"items" nullable:"false" doc:"All runs, the first one first"`
	}
}

// EventView is one event of a run.
type EventView struct {
	ID           int64           `json:"id,omitempty" doc:"Its number in the run; left out where the numbers would tell too much"`
	At           time.Time       `json:"at" doc:"When the engine recorded it"`
	Type         string          `json:"type,omitempty" doc:"What it is, as the engine calls it" example:"WorkflowExecutionUpdateAccepted"`
	Attributes   json.RawMessage `json:"attributes,omitempty" doc:"What it says, as the engine would show it, payloads decoded. A payload that you may not see is replaced by {\"payload\": \"withheld\"} with its size and digest (SHA-256, hex)"`
	Text         string          `json:"text,omitempty" doc:"Instead of all that, for what is confidential" example:"Der Fall ist in Bearbeitung."`
	Confidential bool            `json:"confidential,omitempty" doc:"Whether it belongs to the work that only the mediators of record see (§4 MediationsG); it may stand for several events"`
}

type eventsOutput struct {
	ContentLanguage string `header:"Content-Language" doc:"Language of the words"`
	Vary            string `header:"Vary" doc:"What the language follows"`
	Body            struct {
		Run    string      `json:"run" doc:"Id of the run"`
		Where  string      `json:"where" enum:"engine,kept" doc:"Where the events were read"`
		Whole  bool        `json:"whole" doc:"Whether you see everything that the events say"`
		Broken string      `json:"broken,omitempty" doc:"Why the kept history is not what it was; if it says kept, the events are those that can still be read"`
		Items  []EventView `json:"items" nullable:"false" doc:"The events of this page"`
		Next   string      `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
	}
}

// readable guards what is read of a file's history.
func readable[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], p past[S], id string) (who Principal, now S, err error) {
	if who, err = f.principal(ctx); err != nil {
		return who, now, err
	}
	if now, err = f.find(ctx, who, id, p.act); err != nil {
		return who, now, err
	}
	return who, now, f.permit(who, p.act, now)
}

func runsOf[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], p past[S], id string, why Reason) (*runsOutput, error) {
	out, err := listRuns(ctx, f, p, id, why.Reason)
	return out, f.problem(ctx, err)
}

func listRuns[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], p past[S], id, reason string) (*runsOutput, error) {
	who, now, err := readable(ctx, f, p, id)
	if err != nil {
		return nil, err
	}
	of := now.File()
	var kept []db.KeptRun
	scope := p.scope(who)
	if err := db.Within(ctx, f.pool, who.Subject, scope.Municipalities(), func(q *db.Queries) (err error) {
		kept, err = q.ListKeptRuns(ctx, scope, f.kind, of.ID)
		return err
	}); err != nil {
		return nil, err
	}
	c := &chain{engine: f.runs, workflow: runs.WorkflowOf(f.kind, of.ID), kept: map[string]*db.KeptRun{}, seen: map[string]bool{}}
	if err := c.read(ctx, kept); err != nil {
		return nil, err
	}
	if err := f.read(ctx, who, p.act, of, "runs", reason); err != nil {
		return nil, err
	}
	out := &runsOutput{}
	out.Body.Items = []RunView{}
	for _, v := range c.views {
		if v.Run != "" && v.Where != "lost" {
			v.Path = runsPath(f.kind, of.ID) + "/" + v.Run + "/events"
		}
		// The number of events tells how much was done, and a case's may be what its mediators did.
		if len(p.hidden) > 0 && !p.whole(who, now) {
			v.Events = 0
		}
		out.Body.Items = append(out.Body.Items, v)
	}
	return out, nil
}

// runsPath is where the runs of a file are listed.
func runsPath(k process.Kind, id string) string { return "/api/v1/" + string(k) + "s/" + id + "/runs" }

// A chain is the runs of a workflow, read back from the current one.
type chain struct {
	engine   Runs
	workflow string
	kept     map[string]*db.KeptRun
	seen     map[string]bool
	views    []RunView
}

func (c *chain) read(ctx context.Context, kept []db.KeptRun) error {
	for i := range kept {
		c.kept[kept[i].RunID] = &kept[i]
	}
	current, err := c.engine.Run(ctx, c.workflow, "")
	switch {
	case fault.CodeOf(err) == fault.NotFound:
		if len(kept) == 0 || kept[len(kept)-1].Status == runs.Continued {
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
		r, err := c.engine.Run(ctx, c.workflow, id)
		forgotten := fault.CodeOf(err) == fault.NotFound
		if err != nil && !forgotten {
			return err
		}
		v := RunView{Run: id, Where: "engine", Began: &r.Began, Ended: filledTime(r.Ended), Status: r.Status, Events: r.Events}
		switch {
		case forgotten && k == nil:
			v = RunView{Run: id, Where: "lost"}
		case forgotten:
			v = RunView{Run: id, Where: "kept", Began: &k.Began, Ended: &k.Ended, Status: k.Status, Events: k.Events}
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

// unpack returns a kept history. If it is not what it was, the error says why, and the events are those
// that can still be read.
func unpack(k *db.KeptRun) (*runs.History, error) {
	h, err := runs.Unpack(k.SHA256, k.Data)
	if err == nil && !k.Sealed {
		err = &runs.Broken{Why: "what is kept beside the history does not fit its seal"}
	}
	return h, err
}

func eventsOf[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], p past[S], id string, in EventsQuery) (*eventsOutput, error) {
	out, err := readEvents(ctx, f, p, id, in)
	return out, f.problem(ctx, err)
}

func readEvents[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], p past[S], id string, in EventsQuery) (*eventsOutput, error) {
	from := 0
	if in.Cursor != "" {
		if err := decodeCursor(in.Cursor, &from); err != nil || from < 1 {
			return nil, badCursor()
		}
	}
	who, now, err := readable(ctx, f, p, id)
	if err != nil {
		return nil, err
	}
	of := now.File()
	var kept *db.KeptRun
	scope := p.scope(who)
	if err := db.Within(ctx, f.pool, who.Subject, scope.Municipalities(), func(q *db.Queries) (err error) {
		kept, err = q.GetKeptRun(ctx, scope, f.kind, of.ID, in.Run)
		return err
	}); err != nil {
		return nil, err
	}
	out := &eventsOutput{ContentLanguage: string(in.lang()), Vary: "Accept-Language"}
	out.Body.Run, out.Body.Items = in.Run, []EventView{}
	h, err := f.historyOf(ctx, runs.WorkflowOf(f.kind, of.ID), kept, out)
	if err != nil {
		return nil, err
	}
	out.Body.Whole = p.whole(who, now)
	events, err := runs.Events(h, runs.Lens{Whole: out.Body.Whole, Confidential: p.hidden})
	if err != nil {
		return nil, err
	}
	if err := f.read(ctx, who, p.act, of, "run/"+in.Run, in.Reason.Reason); err != nil {
		return nil, err
	}
	out.page(events, from, in)
	return out, nil
}

// historyOf finds the history of a run, what is kept before what the engine has: it was proven. out is
// told where it was, and what is wrong with it.
func (s *server) historyOf(ctx context.Context, workflow string, kept *db.KeptRun, out *eventsOutput) (*runs.History, error) {
	var readable *runs.History
	if kept != nil {
		h, err := unpack(kept)
		out.Body.Where = "kept"
		if err == nil {
			return h, nil
		}
		out.Body.Broken, readable = err.Error(), h
	}
	h, err := s.runs.History(ctx, workflow, out.Body.Run)
	if err == nil {
		out.Body.Where = "engine"
		return h, nil
	}
	if kept != nil {
		return readable, nil
	}
	return nil, err
}

func (o *eventsOutput) page(events []runs.Event, from int, in EventsQuery) {
	from = min(from, len(events))
	until := min(from+in.Limit, len(events))
	if until < len(events) {
		o.Body.Next = encodeCursor(until)
	}
	for _, e := range events[from:until] {
		v := EventView{ID: e.ID, At: e.At, Type: e.Type, Attributes: e.Attributes, Confidential: e.Neutral}
		if e.Neutral {
			v.Text = story.Neutral().Says.In(in.lang())
		}
		o.Body.Items = append(o.Body.Items, v)
	}
}
