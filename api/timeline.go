package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/language"

	"koko/db"
	"koko/domain/process"
	"koko/internal/story"
	"koko/policies"
)

func (s *server) registerTimelines(api huma.API) {
	operation := func(id, of, path string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodGet, Path: path, Summary: "Read the history of " + of + " as a person would tell it",
			Description: "Who did what, in which role, at which step, what changed, deadlines set, met and missed, refusals, reads and notifications, in German or " +
				"English. As much of it as you may see; reading it is recorded.",
			Tags: []string{"Audit"}, Errors: statuses(403, 404),
		}
	}
	huma.Register(api, operation("get-timeline", "a case", "/cases/{case}/timeline"), func(ctx context.Context, in *caseTimelineInput) (*timelineOutput, error) {
		return timelineOf(ctx, s.cases, s.pastOfCases(), in.CaseID, in.TimelineQuery)
	})
	huma.Register(api, operation("get-enrolment-timeline", "an enrolment", "/enrolments/{enrolment}/timeline"), func(ctx context.Context, in *enrolmentTimelineInput) (*timelineOutput, error) {
		return timelineOf(ctx, s.enrolments, s.pastOfEnrolments(), in.EnrolmentID, in.TimelineQuery)
	})
	huma.Register(api, operation("get-cohort-timeline", "a cohort", "/cohorts/{cohort}/timeline"), func(ctx context.Context, in *cohortTimelineInput) (*timelineOutput, error) {
		return timelineOf(ctx, s.cohorts, s.pastOfCohorts(), in.CohortID, in.TimelineQuery)
	})
}

type caseTimelineInput struct {
	CaseRef
	TimelineQuery
}

type enrolmentTimelineInput struct {
	EnrolmentRef
	TimelineQuery
}

type cohortTimelineInput struct {
	CohortRef
	TimelineQuery
}

// Language is embedded in the input of what is told in words.
type Language struct {
	Lang   string `query:"lang" enum:"de,en" doc:"Language of the words; left out, what Accept-Language prefers, German before English"`
	Accept string `header:"Accept-Language" maxLength:"400" doc:"The languages that you prefer" example:"de"`
}

func (l Language) lang() story.Lang {
	if _, i := language.MatchStrings(languages, l.Lang, l.Accept); i == 1 {
		return story.English
	}
	return story.German
}

// TimelineQuery says which entries are asked for.
type TimelineQuery struct {
	Language
	Reason
	Kind     []string  `query:"kind,explode" nullable:"false" enum:"decision,refusal,read,erasure,repair,deadline,notification,grant" doc:"Kinds of entries; grants of the municipality only for those who may read grants"`
	Refusals bool      `query:"refusals" doc:"Only what was refused"`
	Actor    string    `query:"actor" maxLength:"128" doc:"Subject of a person, or system"`
	From     time.Time `query:"from" doc:"From this time on" example:"2026-03-01T00:00:00Z"`
	Until    time.Time `query:"until" doc:"Before this time" example:"2026-04-01T00:00:00Z"`
	Order    string    `query:"order" enum:"desc,asc" default:"desc" doc:"The latest first, or the oldest first"`
	Cursor   string    `query:"cursor" maxLength:"400" doc:"What next said on the page before; send the same filters with it"`
	Limit    int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Entries on a page at most"`
}

// TimelineEntry is one thing that happened, in words.
type TimelineEntry struct {
	At           time.Time       `json:"at" doc:"When it was recorded"`
	Kind         string          `json:"kind" enum:"decision,refusal,read,erasure,repair,deadline,notification,grant" doc:"What kind of entry it is"`
	Text         string          `json:"text" doc:"What happened, in whole sentences that name nobody" example:"Der Auftrag wurde am 25.02.2026 erteilt. Der Fall ist jetzt in der Analyse."`
	Actor        string          `json:"actor,omitempty" doc:"Subject of the person, or system"`
	Roles        []string        `json:"roles,omitempty" nullable:"false" doc:"In which role, in words: of those that the person held then, those that may do it" example:"[\"Fachaufsicht\"]"`
	Action       string          `json:"action,omitempty" doc:"The command, the way of reading, or the kind of notice" example:"decide_mandate"`
	Step         string          `json:"step,omitempty" doc:"Where the file stood when it happened, in words" example:"Früherkennung"`
	Round        int             `json:"round,omitempty" doc:"Of a case: 1, and one more with every reopening"`
	Version      int             `json:"version,omitempty" doc:"Of the file: after a decision, or as the actor saw it"`
	Changes      []ChangeView    `json:"changes,omitempty" nullable:"false" doc:"What is different since"`
	Deadlines    []TimelineLimit `json:"deadlines,omitempty" nullable:"false" doc:"What became of deadlines"`
	Timer        bool            `json:"timer,omitempty" doc:"Whether a time limit did it, and nobody else"`
	Rule         string          `json:"rule,omitempty" doc:"What refused it; the text says it in words" example:"four_eyes"`
	Reason       string          `json:"reason,omitempty" doc:"Why it was read (Zugriffsgrund) or erased; the text says it in words"`
	Subject      string          `json:"subject,omitempty" doc:"What was read or erased: a document, a certificate, or a part of the history"`
	Told         int             `json:"told,omitempty" doc:"How many people were told"`
	Recipients   []string        `json:"recipients,omitempty" nullable:"false" doc:"Who was told; for supervisors and coordinators"`
	Confidential bool            `json:"confidential,omitempty" doc:"Whether it belongs to the work that only the mediators of record see (§4 MediationsG)"`
}

// ChangeView is one thing that is different, in words.
type ChangeView struct {
	Path   string `json:"path" doc:"Where in the state" example:"mandate.granted"`
	Label  string `json:"label" doc:"What it is called" example:"Auftrag erteilt"`
	Before string `json:"before,omitempty" doc:"What it was; of a list, what it lost"`
	After  string `json:"after,omitempty" doc:"What it is; of a list, what it gained" example:"ja"`
}

// TimelineLimit is a deadline and what became of it.
type TimelineLimit struct {
	Limit string     `json:"limit" doc:"What is expected" example:"analysis"`
	Label string     `json:"label" doc:"What is expected, in words" example:"Analyse"`
	Due   time.Time  `json:"due" doc:"By when"`
	Turn  story.Turn `json:"turn" enum:"set,met,late,moved,dropped,missed,reached" doc:"What became of it"`
	Text  string     `json:"text" doc:"What became of it, in words" example:"eingehalten"`
}

type timelineOutput struct {
	ContentLanguage string `header:"Content-Language" doc:"Language of the words"`
	Vary            string `header:"Vary" doc:"What the language follows"`
	Body            struct {
		Items []TimelineEntry `json:"items" nullable:"false" doc:"The entries of this page"`
		Runs  string          `json:"runs" doc:"Where the runs of its workflow are, and their raw events" example:"/api/v1/cases/3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11/runs"`
		Next  string          `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
	}
}

// timelineKey is the sort key of an entry.
var timelineKey = regexp.MustCompile(`^[dl][0-9]{12}$|^n[0-9]{12}/[a-z0-9_]{1,64}$`)

func timelineOf[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], p past[S], id string, in TimelineQuery) (*timelineOutput, error) {
	out, err := readTimeline(ctx, f, p, id, in)
	return out, f.problem(ctx, err)
}

func readTimeline[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], p past[S], id string, in TimelineQuery) (*timelineOutput, error) {
	who, err := f.principal(ctx)
	if err != nil {
		return nil, err
	}
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	now, err := f.find(ctx, who, id, p.act)
	if err == nil {
		err = f.permit(who, p.act, now)
	}
	if err != nil {
		return nil, err
	}
	t := &teller[S]{server: f.server, past: p, who: who, now: now, kind: f.kind, lang: in.lang()}
	rows, until, err := t.read(ctx, in, after)
	if err != nil {
		return nil, err
	}
	if err := f.read(ctx, who, p.act, now.File(), "timeline", in.Reason.Reason); err != nil {
		return nil, err
	}
	return t.page(rows, in, until)
}

// read returns the rows of a page and one more if there is another one, and until when they are asked for.
func (t *teller[S]) read(ctx context.Context, in TimelineQuery, after *db.TimelineCursor) (rows []db.TimelineRow, until time.Time, err error) {
	filter := t.timelineFilter(t.who, t.past.confidential(t.who, t.now), t.now.File(), t.past.opened(t.now), in)
	if after != nil && !after.Until.IsZero() {
		filter.Until = after.Until
	}
	t.sees, t.shown = t.past.lens(t.who, t.now)
	scope := t.past.scope(t.who)
	err = db.Within(ctx, t.pool, t.who.Subject, scope.Municipalities(), func(q *db.Queries) (err error) {
		if rows, err = q.ListTimeline(ctx, scope, filter, after, in.Limit+1); err == nil {
			err = t.load(ctx, q, scope, rows[:min(len(rows), in.Limit)])
		}
		return err
	})
	return rows, filter.Until, err
}

// after is the cursor of a page, nil of the first one.
func (in TimelineQuery) after() (*db.TimelineCursor, error) {
	for field, at := range map[string]time.Time{"from": in.From, "until": in.Until} {
		if !at.IsZero() && !recordable(at) {
			p := newProblem("invalid", "not a time that anything is recorded at").by("range", "give a year from 2000 to 2199")
			p.Field = field
			return nil, p
		}
	}
	if in.Cursor == "" {
		return nil, nil
	}
	c := &db.TimelineCursor{}
	err := decodeCursor(in.Cursor, c)
	if err != nil || !timelineKey.MatchString(c.Entry) || !recordable(c.At) || !c.Until.IsZero() && !recordable(c.Until) {
		return nil, badCursor()
	}
	return c, nil
}

func (s *server) timelineFilter(who Principal, closed confidential, of process.File, opened time.Time, in TimelineQuery) db.TimelineFilter {
	filter := db.TimelineFilter{
		FileID: of.ID, AGS: of.AGS, Kind: closed.kind, Kinds: in.Kind, Actor: in.Actor, From: in.From, Until: in.Until, OldestFirst: in.Order == "asc",
		Confidential: closed.commands, ConfidentialReads: closed.reads, Open: policies.OfRights(),
	}
	if in.Refusals {
		filter.Kinds = []string{"refusal"}
	}
	if filter.OldestFirst && filter.Until.IsZero() {
		filter.Until = s.now() // reading the pages adds entries: they would never end
	}
	if s.policy.Decide(who.Grants, policies.ReadGrants, of.AGS, nil).Allowed {
		filter.Grants = opened
	}
	return filter
}

// A teller puts the rows of a page into words.
type teller[S story.State] struct {
	*server
	past  past[S]
	who   Principal
	now   S
	kind  process.Kind
	lang  story.Lang
	sees  string    // the lens
	shown func(S) S // nil shows nothing

	states map[int]S
	held   map[string][]db.ListHeldRolesRow
}

// load reads what rows need beside themselves: the states before and after each decision, and the
// roles of those who acted.
func (t *teller[S]) load(ctx context.Context, q *db.Queries, scope db.FileScope, rows []db.TimelineRow) error {
	var versions []int
	subjects := []string{}
	for _, r := range rows {
		if r.Confidential {
			continue
		}
		if r.Kind == "decision" || r.Kind == "deadline" {
			versions = append(versions, r.Version, r.Version-1)
		} else if r.Kind == "refusal" {
			versions = append(versions, r.Version) // where it stood
		}
		subjects = append(subjects, r.Actor)
	}
	of := t.now.File()
	recorded, err := q.ListRecorded(ctx, scope, t.kind, of.ID, versions)
	if err != nil {
		return err
	}
	t.states = map[int]S{}
	for v, r := range recorded {
		var s S
		if err := json.Unmarshal(r.State, &s); err != nil {
			return fmt.Errorf("state of %s %s, version %d: %w", t.kind, of.ID, v, err)
		}
		t.states[v] = s
	}
	held, err := q.ListHeldRoles(ctx, db.ListHeldRolesParams{Subjects: subjects, AGS: string(of.AGS)})
	t.held = map[string][]db.ListHeldRolesRow{}
	for _, h := range held {
		t.held[h.Subject] = append(t.held[h.Subject], h)
	}
	return err
}

func (t *teller[S]) page(rows []db.TimelineRow, in TimelineQuery, until time.Time) (*timelineOutput, error) {
	out := &timelineOutput{ContentLanguage: string(t.lang), Vary: "Accept-Language"}
	out.Body.Items, out.Body.Runs = []TimelineEntry{}, runsPath(t.kind, t.now.File().ID)
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		last := rows[in.Limit-1]
		next := db.TimelineCursor{At: last.At, Entry: last.Entry}
		if in.Until.IsZero() {
			next.Until = until
		}
		out.Body.Next = encodeCursor(next)
	}
	for _, r := range rows {
		out.Body.Items = append(out.Body.Items, t.entry(r))
	}
	return out, nil
}

func (t *teller[S]) entry(r db.TimelineRow) TimelineEntry {
	e := TimelineEntry{At: r.At, Kind: r.Kind}
	if r.Confidential {
		e.Text, e.Confidential = story.Neutral().Says.In(t.lang), true
		return e
	}
	e.Actor, e.Action, e.Version = r.Actor, string(r.Action), r.Version
	e.Rule, e.Reason, e.Subject, e.Told = r.Rule, r.Reason, r.Subject, r.Told
	e.Roles = t.roles(r)
	switch r.Kind {
	case "decision", "deadline":
		t.decided(&e, r)
	case "refusal":
		e.Text = story.Refused(e.Action, r.Rule).In(t.lang)
		if old, ok := t.states[r.Version]; ok {
			e.Step = story.Phase(t.kind, old).In(t.lang)
		}
	case "read":
		e.Text = story.Read(e.Action, r.Reason).In(t.lang)
	case "erasure":
		e.Text = story.Erased(e.Action, r.Reason).In(t.lang)
	case "repair":
		e.Text = story.Repaired(e.Action, r.Rule).In(t.lang)
	case "notification":
		e.Text = story.Told(e.Action, r.Told).In(t.lang)
		if t.holds(t.now.File().AGS, policies.Supervisor, policies.Coordinator) {
			e.Recipients = r.Recipients
		}
	case "grant":
		e.Text = story.Granted(e.Action, r.Rule).In(t.lang)
	}
	return e
}

// decided adds what a decision changed.
func (t *teller[S]) decided(e *TimelineEntry, r db.TimelineRow) {
	step := story.Step{Kind: t.kind, Action: r.Action, Actor: r.Actor, Before: t.states[r.Version-1], After: t.states[r.Version]}
	if t.shown != nil {
		step.Shown = func(s story.State) any { return t.shown(s.(S)) }
	}
	told := story.Tell(step)
	e.Text, e.Step, e.Round, e.Timer = told.Says.In(t.lang), told.Phase.In(t.lang), told.Round, told.Timer
	e.Changes = changeViews(told.Changes, t.lang)
	for _, d := range told.Terms {
		e.Deadlines = append(e.Deadlines, TimelineLimit{Limit: d.Kind, Label: d.What.In(t.lang), Due: d.Due, Turn: d.Turn, Text: story.Turned(d.Turn).In(t.lang)})
	}
}

func changeViews(cs []story.Change, l story.Lang) []ChangeView {
	var vs []ChangeView
	for _, c := range cs {
		vs = append(vs, ChangeView{c.Path, c.Label.In(l), c.Before.In(l), c.After.In(l)})
	}
	return vs
}

// roles are those that the actor held then: those that may do it, else, where it was refused, all.
func (t *teller[S]) roles(r db.TimelineRow) []string {
	var able, all []string
	may := t.policy.May(string(r.Action))
	for _, h := range t.held[r.Actor] {
		if r.At.Before(h.ValidFrom) || h.ValidUntil != nil && !r.At.Before(*h.ValidUntil) {
			continue
		}
		name := story.Role(h.Role).In(t.lang)
		all = with(all, name)
		for _, role := range may {
			if string(role) == h.Role {
				able = with(able, name)
			}
		}
	}
	if able == nil && r.Kind == "refusal" {
		return all
	}
	return able
}

func with(names []string, name string) []string {
	for _, n := range names {
		if n == name {
			return names
		}
	}
	return append(names, name)
}
