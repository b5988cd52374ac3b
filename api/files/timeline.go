package files

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/language"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/file"
	"koko/internal/story"
	"koko/policies"
)

func (f *Kind) registerTimeline(api huma.API) {
	op := f.operation("get-"+string(f.Def.Kind)+"-timeline", http.MethodGet, "/{id}/timeline", "Audit",
		"Read the history of "+f.A()+" in plain words",
		"Who did what, in which role, in which phase, what changed, deadlines set, met and missed, refusals, reads and notifications, in German or "+
			"English. As much of it as you may see; reading it is recorded.",
		wire.Statuses(403, 404)...,
	)
	guard.Register(f.Server, api, op, f.timeline)
}

type timelineInput struct {
	wire.Ref
	TimelineQuery
}

// Language is embedded in the input of what is told in words.
type Language struct {
	Lang   file.Lang `query:"lang" doc:"Language of the words; left out, what Accept-Language prefers, German before English"`
	Accept string    `header:"Accept-Language" maxLength:"400" doc:"The languages that you prefer" example:"de"`
}

func (l Language) lang() story.Lang {
	if _, i := language.MatchStrings(wire.Languages, string(l.Lang), l.Accept); i == 1 {
		return story.English
	}
	return story.German
}

// TimelineKind is a kind of entry in the timeline of a file.
type TimelineKind string

func (TimelineKind) Values() []TimelineKind {
	return []TimelineKind{"decision", "refusal", "read", "erasure", "repair", "deadline", "notification", "grant"}
}

// Order is which entries come first: the latest or the oldest.
type Order string

func (Order) Values() []Order {
	return []Order{"desc", "asc"}
}

// TimelineQuery says which entries are asked for.
type TimelineQuery struct {
	Language
	wire.Reason
	Kind     []TimelineKind `query:"kind,explode" nullable:"false" doc:"Kinds of entries; grants of the municipality only for those who may read grants"`
	Refusals bool           `query:"refusals" doc:"Only what was refused"`
	Actor    string         `query:"actor" maxLength:"128" doc:"Subject of a person, or system"`
	From     time.Time      `query:"from" doc:"From this time on" example:"2026-03-01T00:00:00Z"`
	Until    time.Time      `query:"until" doc:"Before this time" example:"2026-04-01T00:00:00Z"`
	Order    Order          `query:"order" default:"desc" doc:"The latest first, or the oldest first"`
	wire.Continued
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Entries on a page at most"`
}

// TimelineEntry is one thing that happened, in words.
type TimelineEntry struct {
	At           time.Time       `json:"at" doc:"When it was recorded"`
	Kind         TimelineKind    `json:"kind" doc:"Kind of entry"`
	Text         string          `json:"text" doc:"What happened, in whole sentences that name nobody" example:"Der Auftrag wurde am 25.02.2026 erteilt. Der Fall ist jetzt in der Analyse."`
	Actor        string          `json:"actor,omitempty" doc:"Subject of the person, or system"`
	Roles        []string        `json:"roles,omitempty" nullable:"false" doc:"In which role, in words: those of the person's roles at the time that permit it" example:"[\"Fachaufsicht\"]"`
	Action       string          `json:"action,omitempty" doc:"The command, the way of reading, or the kind of notice" example:"decide_mandate"`
	Phase        string          `json:"phase,omitempty" doc:"Where the file stood when it happened, in words" example:"Früherkennung"`
	Round        int             `json:"round,omitempty" doc:"Of a case: 1, and one more with every reopening"`
	Version      int             `json:"version,omitempty" doc:"Of the file: after a decision, or as the actor saw it"`
	Changes      []ChangeView    `json:"changes,omitempty" nullable:"false" doc:"What it changed"`
	Deadlines    []TimelineLimit `json:"deadlines,omitempty" nullable:"false" doc:"What became of deadlines"`
	Timer        bool            `json:"timer,omitempty" doc:"Whether a time limit caused it, and no person"`
	Rule         string          `json:"rule,omitempty" doc:"The rule that refused it; the text says it in words" example:"four_eyes"`
	Reason       string          `json:"reason,omitempty" doc:"Why it was read (Zugriffsgrund) or erased; the text says it in words"`
	Subject      string          `json:"subject,omitempty" doc:"What was read or erased: a document, a certificate, or a part of the history"`
	Notified     int             `json:"notified,omitempty" doc:"How many people were notified"`
	Recipients   []string        `json:"recipients,omitempty" nullable:"false" doc:"Who was notified; for those who may ask who had access, and for coordinators"`
	Confidential bool            `json:"confidential,omitempty" doc:"Whether it belongs to what you may not know"`
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
	Turn  story.Turn `json:"turn" doc:"What became of it"`
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

func (f *Kind) timeline(ctx context.Context, in *timelineInput) (*timelineOutput, error) {
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	caller, at, err := f.Open(ctx, in.ID, f.Def.History)
	if err != nil {
		return nil, err
	}
	t := f.teller(caller, at, in.lang())
	rows, until, err := t.rows(ctx, in.TimelineQuery, after)
	if err != nil {
		return nil, err
	}
	if err := f.Read(ctx, caller, f.Def.History, at.Row, "timeline", string(in.Reason.Reason)); err != nil {
		return nil, err
	}
	return t.page(rows, in.TimelineQuery, until)
}

// rows returns the rows of a page, one more if there is another page, and the time until which they
// were read.
func (t *teller) rows(ctx context.Context, in TimelineQuery, after *db.TimelineCursor) (rows []db.TimelineRow, until time.Time, err error) {
	filter := t.filter(in)
	if after != nil && !after.Until.IsZero() {
		filter.Until = after.Until
	}
	scope := t.Scope(t.caller, t.Def.History)
	err = t.Within(ctx, scope, func(q *db.Queries) (err error) {
		if rows, err = q.ListTimeline(ctx, scope, filter, after, in.Limit+1); err == nil {
			err = t.load(ctx, q, rows[:min(len(rows), in.Limit)])
		}
		return err
	})
	return rows, filter.Until, err
}

// after returns the cursor of a page, nil for the first one.
func (in TimelineQuery) after() (*db.TimelineCursor, error) {
	for field, at := range map[string]time.Time{"from": in.From, "until": in.Until} {
		if !at.IsZero() && !wire.Recordable(at) {
			p := wire.NewProblem("invalid", "not a time that anything is recorded at").By("range", "give a year from 2000 to 2199")
			p.Field = field
			return nil, p
		}
	}
	c, err := in.Continued.After(wire.Cursor{}, func(c wire.Cursor) bool {
		ours := c == wire.Cursor{At: c.At, ID: c.ID, Until: c.Until} && timelineKey.MatchString(c.ID)
		return ours && wire.Recordable(c.At) && (c.Until.IsZero() || wire.Recordable(c.Until))
	})
	if err != nil || c.ID == "" {
		return nil, err
	}
	return &db.TimelineCursor{At: c.At, Entry: c.ID, Until: c.Until}, nil
}

// filter returns the filter of a page of the timeline.
func (t *teller) filter(in TimelineQuery) db.TimelineFilter {
	filter := db.TimelineFilter{
		FileID:      t.at.ID,
		AGS:         t.at.AGS,
		Kind:        t.Def.Kind,
		Kinds:       file.In(in.Kind...),
		Actor:       in.Actor,
		From:        in.From,
		Until:       in.Until,
		OldestFirst: in.Order == "asc",
		Lifted:      t.lifted(t.caller, t.at),
	}
	if in.Refusals {
		filter.Kinds = []string{"refusal"}
	}
	if filter.OldestFirst && filter.Until.IsZero() {
		filter.Until = t.Now() // reading the pages adds entries: they would never end
	}
	if t.Policy.Decide(t.caller.Grants, policies.ReadGrants, policies.Place{Own: t.at.AGS}, nil).Allowed {
		filter.Grants = t.at.Opened
	}
	return filter
}

// A teller puts what happened to a file into words, as its reader may see it.
type teller struct {
	*Kind
	caller guard.Principal
	at     Folder
	lang   story.Lang
	shown  func(file.State) any // through the reader's lens; nil shows nothing

	states map[int]file.State
	held   map[string][]db.ListHeldRolesRow
}

func (f *Kind) teller(caller guard.Principal, at Folder, lang story.Lang) *teller {
	t := &teller{Kind: f, caller: caller, at: at, lang: lang}
	if lens, ok := f.lens(caller, at); ok && !lens.Mute {
		t.shown = lens.Show
	}
	return t
}

// load reads what it takes to put rows into words: the states before and after each decision, and
// the roles of those who acted.
func (t *teller) load(ctx context.Context, q *db.Queries, rows []db.TimelineRow) error {
	var versions []int
	subjects := []string{}
	for _, r := range rows {
		if r.Confidential {
			continue
		}
		switch r.Kind {
		case "decision", "deadline":
			versions = append(versions, r.Version, r.Version-1)
		case "refusal":
			versions = append(versions, r.Version) // where it stood
		}
		subjects = append(subjects, r.Actor)
	}
	recorded, err := q.ListRecorded(ctx, t.Scope(t.caller, t.Def.History), t.Def.Kind, t.at.ID, versions)
	if err != nil {
		return err
	}
	t.states = map[int]file.State{}
	for v, r := range recorded {
		if t.states[v], err = t.Def.Decode(r.State); err != nil {
			return fmt.Errorf("version %d of %s: %w", v, t.at.ID, err)
		}
	}
	held, err := q.ListHeldRoles(ctx, db.ListHeldRolesParams{Subjects: subjects, AGS: string(t.at.AGS)})
	t.held = map[string][]db.ListHeldRolesRow{}
	for _, h := range held {
		t.held[h.Subject] = append(t.held[h.Subject], h)
	}
	return err
}

func (t *teller) page(rows []db.TimelineRow, in TimelineQuery, until time.Time) (*timelineOutput, error) {
	out := &timelineOutput{ContentLanguage: string(t.lang), Vary: "Accept-Language"}
	out.Body.Items, out.Body.Runs = []TimelineEntry{}, t.runsPath(t.at.ID)
	rows, out.Body.Next = wire.Cut(rows, in.Limit, func(last db.TimelineRow) wire.Cursor {
		next := wire.Cursor{At: last.At, ID: last.Entry}
		if in.Until.IsZero() {
			next.Until = until
		}
		return next
	})
	for _, r := range rows {
		out.Body.Items = append(out.Body.Items, t.entry(r))
	}
	return out, nil
}

func (t *teller) entry(r db.TimelineRow) TimelineEntry {
	e := TimelineEntry{At: r.At, Kind: TimelineKind(r.Kind)}
	if r.Confidential {
		e.Text, e.Confidential = story.Neutral(t.Def.Kind).Says.In(t.lang), true
		return e
	}
	e.Actor, e.Action, e.Version = r.Actor, string(r.Action), r.Version
	e.Rule, e.Reason, e.Subject, e.Notified = r.Rule, r.Reason, r.Subject, r.Told
	e.Roles = t.roles(r)
	switch r.Kind {
	case "decision", "deadline":
		t.decided(&e, r)
	case "refusal":
		e.Text = story.Refused(t.Def.Kind, e.Action, r.Rule).In(t.lang)
		if old, ok := t.states[r.Version]; ok {
			e.Phase = story.Phase(t.Def.Kind, old).In(t.lang)
		}
	case "read":
		e.Text = story.Read(t.Def.Kind, e.Action, r.Reason).In(t.lang)
	case "erasure":
		e.Text = story.Erased(e.Action, r.Reason).In(t.lang)
	case "repair":
		e.Text = story.Repaired(e.Action, r.Rule).In(t.lang)
	case "notification":
		e.Text = story.Notified(t.Def.Kind, e.Action, r.Told).In(t.lang)
		if t.caller.Holds(t.at.AGS, append(t.Def.Overseers, string(policies.Supervisor))...) {
			e.Recipients = r.Recipients
		}
	case "grant":
		e.Text = story.Granted(e.Action, r.Rule).In(t.lang)
	}
	return e
}

// decided adds what a decision changed.
func (t *teller) decided(e *TimelineEntry, r db.TimelineRow) {
	step := story.Step{
		Kind:   t.Def.Kind,
		Action: r.Action,
		Actor:  r.Actor,
		Before: t.states[r.Version-1],
		After:  t.states[r.Version],
		Shown:  t.shown,
	}
	if step.Before == nil {
		step.Before = t.Def.Fresh(t.at.ID, t.at.AGS)
	}
	told := story.Tell(step)
	e.Text, e.Phase, e.Round, e.Timer = told.Says.In(t.lang), told.Phase.In(t.lang), told.Round, told.Timer
	e.Changes = changeViews(told.Changes, t.lang)
	for _, d := range told.Terms {
		e.Deadlines = append(e.Deadlines, TimelineLimit{
			Limit: d.Kind,
			Label: d.What.In(t.lang),
			Due:   d.Due,
			Turn:  d.Turn,
			Text:  story.Turned(d.Turn).In(t.lang),
		})
	}
}

func changeViews(cs []story.Change, l story.Lang) []ChangeView {
	var vs []ChangeView
	for _, c := range cs {
		vs = append(vs, ChangeView{c.Path, c.Label.In(l), c.Before.In(l), c.After.In(l)})
	}
	return vs
}

// roles returns the roles that the actor held then: those that permit the act or, if it was
// refused, all.
func (t *teller) roles(r db.TimelineRow) []string {
	var able, all []string
	may := t.Policy.May(string(r.Action))
	for _, h := range t.held[r.Actor] {
		if r.At.Before(h.HeldFrom) || h.ValidUntil != nil && !r.At.Before(*h.ValidUntil) {
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
