package files

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/file"
)

// Flag is a yes or no that may be left out.
type Flag string

func (Flag) Values() []Flag {
	return []Flag{"true", "false"}
}

// listInput is the input of every list of files. The facets of the kind are parameters beside it.
type listInput struct {
	Phase   []string  `query:"phase,explode" nullable:"false" doc:"Where a file stands"`
	AGS     []ags.Key `query:"ags,explode" nullable:"false" pattern:"^[0-9]{8}$" doc:"Municipalities"`
	Overdue Flag      `query:"overdue" doc:"Whether a deadline has passed"`
	Live    Flag      `query:"live" doc:"Whether something is still to be done"`
	Mine    bool      `query:"mine" doc:"Only those in which you have a part yourself"`
	Text    string    `query:"text" maxLength:"200" doc:"The beginning of the reference, or words of what you may read of a file: whole, or at least their first three letters"`
	Sort    string    `query:"sort" doc:"Latest first; by deadline the most pressing first"`
	Counts  Flag      `query:"counts" default:"true" doc:"Whether to count what passes the filter, with the first page"`
	wire.Continued
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"25" doc:"Files on a page at most"`

	query url.Values
}

// Resolve keeps the query: the facets of a kind are read from it.
func (in *listInput) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	in.query = u.Query()
	return nil
}

var _ huma.Resolver = (*listInput)(nil)

// ItemView is what every file in a list has beside its facets.
type ItemView struct {
	ID        string     `json:"id" format:"uuid" doc:"Id of the file"`
	AGS       ags.Key    `json:"ags" doc:"Municipality" example:"05999001"`
	Reference string     `json:"reference,omitempty" doc:"What people call it" example:"KK-2025/014"`
	Title     string     `json:"title,omitempty" doc:"Left out for those who may not read it"`
	Phase     string     `json:"phase" doc:"Where it stands"`
	Due       *time.Time `json:"due,omitempty" doc:"The earliest deadline"`
	Overdue   bool       `json:"overdue" doc:"Whether a deadline has passed"`
	Opened    time.Time  `json:"opened" doc:"When it began"`
	Changed   time.Time  `json:"changed" doc:"When the last decision was recorded"`
	Version   int        `json:"version" doc:"One more with every decision"`
	Lens      string     `json:"lens" doc:"The lens through which you would read it"`
}

// FileCounts are how many files pass a filter.
type FileCounts struct {
	Total   int                       `json:"total" doc:"Files"`
	Overdue int                       `json:"overdue" doc:"How many of them have a deadline that has passed"`
	By      map[string]map[string]int `json:"by" doc:"How many with each value: of phase, and of the facets that are counted"`
}

// filePage is one page of files; the schema of its items is the kind's.
type filePage struct {
	Items  []json.RawMessage `json:"items" nullable:"false" doc:"The files of this page"`
	Counts *FileCounts       `json:"counts,omitempty" doc:"Of all files that pass the filter; with the first page"`
	Next   string            `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
}

type listOutput struct{ Body filePage }

// dueActs are the acts of lenses that show deadlines.
func (f *Kind) dueActs() []string {
	var acts []string
	for _, l := range f.Def.Lenses() {
		if !l.Mute {
			acts = append(acts, l.Acts...)
		}
	}
	return acts
}

// searchedActs open the compartments whose words are found.
func (f *Kind) searchedActs() (acts []string, compartments []file.Compartment) {
	for _, c := range f.Def.Compartments {
		if c.Searched {
			acts, compartments = append(acts, c.Act), append(compartments, c.Name)
		}
	}
	return acts, compartments
}

func (f *Kind) list(ctx context.Context, in *listInput) (*listOutput, error) {
	caller, err := f.Principal(ctx)
	if err != nil {
		return nil, err
	}
	last, err := in.After(wire.Cursor{}, func(c wire.Cursor) bool {
		return c == wire.Cursor{Key: c.Key, ID: c.ID} && db.FileCursor{Key: c.Key, ID: c.ID}.Valid()
	})
	if err != nil {
		return nil, err
	}
	var after *db.FileCursor
	if last.ID != "" {
		after = &db.FileCursor{Key: last.Key, ID: last.ID}
	}
	filter, err := f.filter(caller, in)
	if err != nil {
		return nil, err
	}
	sort, err := f.sort(in.Sort)
	if err != nil {
		return nil, err
	}
	sc := f.Scope(caller, f.LensScope()...)
	out := &listOutput{filePage{Items: []json.RawMessage{}}}
	var rows []db.FileItem
	if err := f.Within(ctx, sc, func(q *db.Queries) (err error) {
		if rows, err = q.ListFiles(ctx, sc, filter, sort, after, in.Limit+1); err != nil || after != nil || in.Counts == "false" {
			return err
		}
		counts, err := q.CountFiles(ctx, sc, filter, f.counted(caller)...)
		if err != nil {
			return err
		}
		counts.ByFacet["phase"] = counts.ByPhase
		out.Body.Counts = &FileCounts{counts.Total, counts.Overdue, counts.ByFacet}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("list %s: %w", f.Def.Plural, err)
	}
	rows, out.Body.Next = wire.Cut(rows, in.Limit, func(last db.FileItem) wire.Cursor {
		return wire.Cursor{Key: last.Cursor.Key, ID: last.Cursor.ID}
	})
	out.Body.Items, err = f.items(ctx, caller, rows)
	return out, err
}

// LensScope lists the acts that show a file in a list.
func (f *Kind) LensScope() []string {
	var acts []string
	for _, l := range f.Def.Lenses() {
		if !l.Still {
			acts = append(acts, l.Acts...)
		}
	}
	return acts
}

// counted lists the facets that lists count by, each with the scope in which the caller may know
// it.
func (f *Kind) counted(caller guard.Principal) (all []db.FacetCount) {
	for _, facet := range f.Def.Facets() {
		if facet.Count {
			all = append(all, db.FacetCount{Name: facet.Name, Known: f.known(caller, facet)})
		}
	}
	return all
}

// known returns the scope in which the caller may know a facet.
func (f *Kind) known(caller guard.Principal, facet file.FacetSpec) file.Scope {
	if facet.Acts == nil {
		return f.Scope(caller, f.LensScope()...)
	}
	return f.Scope(caller, facet.Acts...)
}

// sorts lists the orders of lists.
func (f *Kind) sorts() []string {
	all := []string{"changed", "opened", "due"}
	if f.Def.Sort != "" {
		all = append(all, f.Def.Sort)
	}
	return all
}

func (f *Kind) sort(asked string) (db.FileSort, error) {
	switch {
	case asked == "" && f.Def.Sort != "":
		return db.FileSort{Facets: []string{f.Def.Sort}}, nil
	case asked == "":
		return db.SortChanged, nil
	case !slices.Contains(f.sorts(), asked):
		return db.FileSort{}, file.Invalid("sort", "enum", "there is no such order", "use one of: "+strings.Join(f.sorts(), ", "))
	case asked == f.Def.Sort:
		return db.FileSort{Facets: []string{asked}}, nil
	default:
		return db.FileSort{By: asked}, nil
	}
}

func (f *Kind) filter(caller guard.Principal, in *listInput) (db.FileFilter, error) {
	acts, compartments := f.searchedActs()
	filter := db.FileFilter{
		Kind:      f.Def.Kind,
		Phases:    in.Phase,
		AGS:       in.AGS,
		Now:       calendar.Reached(f.Now()),
		Reference: strings.TrimSpace(in.Text),
		Tokens:    f.Vault.QueryTokens(in.Text),
		Due:       f.Scope(caller, f.dueActs()...), Readable: f.Scope(caller, acts...), Searched: compartments,
		Overdue: flag(in.Overdue), Over: negated(flag(in.Live)),
	}
	for i, p := range in.Phase {
		if !slices.Contains(f.Def.Phases, p) {
			return filter, file.Invalid(file.Index("phase", i), "enum", "there is no such phase", "use one of: "+strings.Join(f.Def.Phases, ", "))
		}
	}
	if in.Mine {
		filter.Tie = file.Tie{Relation: f.Def.Mine, Holder: caller.Subject}.String()
	}
	if w := f.Def.Window; w != nil && in.query.Has(w.Name) {
		open := in.query.Get(w.Name)
		if open != "true" && open != "false" {
			return filter, file.Invalid(w.Name, "enum", "it is neither true nor false", "use one of: true, false")
		}
		filter.Window = &db.Window{Phases: w.Phases, Facet: w.Facet, Now: calendar.Reached(f.Now()), Open: open == "true"}
	}
	for _, facet := range f.Def.Facets() {
		values := in.query[facet.Name]
		if !facet.Filter || len(values) == 0 {
			continue
		}
		for i, v := range values {
			if facet.Person && v == "me" {
				values[i] = caller.Subject
			}
			if facet.Values != nil && !slices.Contains(facet.Values, v) || len(v) > 128 {
				return filter, file.Invalid(facet.Name, "enum", "there is no such value", "use one of: "+strings.Join(facet.Values, ", "))
			}
		}
		filter.Facets = append(filter.Facets, db.FacetFilter{Name: facet.Name, Values: values, Known: f.known(caller, facet)})
	}
	return filter, nil
}

func negated(is *bool) *bool {
	if is == nil {
		return nil
	}
	not := !*is
	return &not
}

func flag(text Flag) *bool {
	if text == "" {
		return nil
	}
	is := text == "true"
	return &is
}

// items shows as much of each file as opening it would.
func (f *Kind) items(ctx context.Context, caller guard.Principal, rows []db.FileItem) ([]json.RawMessage, error) {
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	titles, err := f.Titles(ctx, caller, ids)
	if err != nil {
		return nil, err
	}
	var more map[string]any
	if f.Embellish != nil {
		if more, err = f.Embellish(ctx, caller, ids); err != nil {
			return nil, err
		}
	}
	items := []json.RawMessage{}
	for _, r := range rows {
		b, err := merged(f.item(caller, Folder{Row: r.Row}, titles[r.ID]), f.facets(caller, Folder{Row: r.Row}), orEmpty(more[r.ID]))
		if err != nil {
			return nil, err
		}
		items = append(items, b)
	}
	return items, nil
}

func orEmpty(v any) any {
	if v == nil {
		return struct{}{}
	}
	return v
}

func (f *Kind) item(caller guard.Principal, at Folder, title string) ItemView {
	lens, ok := f.lens(caller, at)
	if !ok {
		lens = f.narrowest()
	}
	i := ItemView{
		ID:        at.ID,
		AGS:       at.AGS,
		Reference: at.Reference,
		Title:     title,
		Phase:     at.Phase,
		Opened:    at.Opened,
		Changed:   at.Changed,
		Version:   at.Version,
		Lens:      lens.Name,
	}
	if !lens.Mute {
		i.Due, i.Overdue = at.Due, at.Due != nil && calendar.Late(f.Now(), *at.Due)
	}
	return i
}

// facets returns the facets of a file that the caller may know.
func (f *Kind) facets(caller guard.Principal, at Folder) map[string]json.RawMessage {
	all, shown := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if json.Unmarshal(at.Facets, &all) != nil {
		return shown
	}
	for _, facet := range f.Def.Facets() {
		if v, has := all[facet.Name]; has && (facet.Acts == nil || f.mayAny(caller, at, facet.Acts)) {
			shown[facet.Name] = v
		}
	}
	if w := f.Def.Window; w != nil {
		var until time.Time
		open := slices.Contains(w.Phases, at.Phase) && json.Unmarshal(all[w.Facet], &until) == nil && !calendar.Late(f.Now(), until)
		shown[w.Name] = json.RawMessage(strconv.FormatBool(open))
	}
	return shown
}
