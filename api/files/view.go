package files

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"koko/api/guard"
	"koko/api/wire"
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/policies"
)

// Shown is what every view of a file has beside the fields of its state.
type Shown struct {
	Title     string         `json:"title,omitempty" doc:"What it is called; left out for those who may not read that, and where files have none" example:"Streit um Kleingartenparzellen"`
	Deadlines []DeadlineView `json:"deadlines" nullable:"false" doc:"What is expected, the earliest first"`
	Actions   []ActionView   `json:"actions" nullable:"false" doc:"Every action: whether it is open and, if not, why"`
	Reads     []string       `json:"reads" nullable:"false" doc:"The acts of reading that are open to you here: of lenses, compartments and the history" example:"[\"read_case\"]"`
	Lens      string         `json:"lens" doc:"How much of it you see" example:"case"`
}

// DeadlineView is a deadline and where it stands.
type DeadlineView struct {
	file.Deadline
	Overdue bool            `json:"overdue" doc:"Whether it has passed"`
	Because []calendar.Step `json:"because" nullable:"false" doc:"How it follows from the event: each day that is skipped, with its reason, and the last one"`
}

// ActionView is an action on a file: open for the caller, or why not.
type ActionView struct {
	Action file.Action `json:"action" doc:"Name of the command, with _ for -" example:"record_clearing"`
	Open   bool        `json:"open" doc:"Whether you can take it now"`
	Closed *Closed     `json:"closed,omitempty" doc:"Why it is not open"`
}

// ClosedBy is what keeps an action closed: the process, or the caller's rights.
type ClosedBy string

func (ClosedBy) Values() []ClosedBy {
	return []ClosedBy{"gate", "permission"}
}

// Closed says why an action is not open, and who can change that.
type Closed struct {
	By      ClosedBy `json:"by" doc:"The process, or the caller's rights"`
	Rule    string   `json:"rule" doc:"Stable name of what closes it" example:"four_eyes"`
	Reason  string   `json:"reason" doc:"Why, in a sentence" example:"whoever wrote the analysis does not review it"`
	Remedy  string   `json:"remedy" doc:"What opens it, and who can"`
	Missing []string `json:"missing,omitempty" nullable:"false" doc:"What a gate is waiting for"`
}

// fileOutput is the answer to everything that concerns one file. Its body's schema is the kind's.
type fileOutput struct {
	ETag string `header:"ETag" doc:"Version of the file, for If-Match" example:"\"7\""`
	Body json.RawMessage
}

// view shows a file to the caller. Somebody whose own command took it out of sight still sees, through the
// kind's narrowest lens, what it led to.
func (f *Kind) view(ctx context.Context, caller guard.Principal, at Folder) (*fileOutput, error) {
	lens, ok := f.lens(caller, at)
	if !ok {
		lens = f.narrowest()
	}
	titles, err := f.Titles(ctx, caller, []string{at.ID})
	if err != nil {
		return nil, err
	}
	shown := Shown{
		Title: titles[at.ID], Lens: lens.Name, Deadlines: []DeadlineView{}, Reads: []string{},
		Actions: f.options(f.Def.Options(at.State, caller.Subject), func(act string) policies.Decision { return f.May(caller, act, at) }),
	}
	if !lens.Mute {
		shown.Deadlines = f.deadlines(at.State)
	}
	for _, act := range f.Def.Reading() {
		if f.May(caller, act, at).Allowed {
			shown.Reads = append(shown.Reads, act)
		}
	}
	parts := []any{lens.Show(at.State), shown}
	if f.Adorn != nil {
		more, err := f.Adorn(ctx, caller, at.State, lens.Name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, more)
	}
	body, err := merged(parts...)
	return &fileOutput{wire.Etag(versionThrough(lens, at)), body}, err
}

func (s *Server) deadlines(state file.State) []DeadlineView {
	views := []DeadlineView{}
	for _, d := range state.Deadlines() {
		views = append(views, DeadlineView{d, calendar.Late(s.Now(), d.Due), state.Head().Because(d)})
	}
	return views
}

// merged returns one JSON object with the fields of all parts, which are objects.
func merged(parts ...any) (json.RawMessage, error) {
	out := []byte{'{'}
	for _, p := range parts {
		b, err := json.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("view: %w", err)
		}
		if b = bytes.TrimSuffix(bytes.TrimPrefix(b, []byte("{")), []byte("}")); len(b) == 0 {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, b...)
	}
	return append(out, '}'), nil
}

// lens returns the lens through which the caller sees a file: the first one whose acts are all
// open.
func (f *Kind) lens(caller guard.Principal, at Folder) (file.LensSpec, bool) {
	for _, l := range f.Def.Lenses() {
		if f.mayAll(caller, at, l.Acts) {
			return l, true
		}
	}
	return file.LensSpec{}, false
}

// versionThrough is the version of a file as a lens shows it.
func versionThrough(l file.LensSpec, at Folder) int {
	if l.Still {
		return 1
	}
	return at.Version
}

func (f *Kind) narrowest() file.LensSpec {
	all := f.Def.Lenses()
	return all[len(all)-1]
}

// options returns what the rules and the caller's rights say about each action. Rights come first:
// an action that the caller may never take here needs no explanation of the process.
func (s *Server) options(all []file.Option, may func(act string) policies.Decision) []ActionView {
	views := []ActionView{}
	for _, o := range all {
		v := ActionView{Action: o.Action, Open: true}
		if d := may(string(o.Action)); !d.Allowed {
			v.Open, v.Closed = false, &Closed{By: "permission", Rule: d.Rule, Reason: "your role does not permit it", Remedy: d.Remedy}
		} else if o.Closed != nil {
			v.Open, v.Closed = false, closedBy(o.Closed)
		}
		views = append(views, v)
	}
	return views
}

func closedBy(f *fault.Error) *Closed {
	by := ClosedBy("gate")
	if f.Code == fault.Forbidden {
		by = "permission"
	}
	return &Closed{By: by, Rule: f.Rule, Reason: f.Message, Remedy: f.Remedy, Missing: f.Missing}
}

// Titles reads the titles of files, where the caller may read them.
func (f *Kind) Titles(ctx context.Context, caller guard.Principal, ids []string) (map[string]string, error) {
	titles := map[string]string{}
	if len(ids) == 0 || f.Def.Title.Action == "" {
		return titles, nil
	}
	sc := f.Scope(caller, f.Def.Title.Acts...)
	rows, err := f.As(sc).ListTitles(ctx, sc, f.Def.Kind, ids, f.Def.Title)
	if err != nil {
		return nil, fmt.Errorf("read titles: %w", err)
	}
	for _, r := range rows {
		texts, err := f.Unseal(f.PlaceOf(r.FileID, ""), f.Def.Title.Compartment, r.DocumentID, SealedText{r.Sealed, r.Secret, r.Wrapped})
		if err != nil && !IsDamaged(err) {
			return nil, err
		}
		titles[r.FileID] = texts["title"]
	}
	return titles, nil
}
