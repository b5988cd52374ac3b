package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/policies"
)

func (f *files) registerAccess(api huma.API) {
	register(f.server, api, f.operation("get-"+string(f.kind.Kind)+"-access", http.MethodGet, "/{id}/access", "Audit", "List who could read "+f.a()+", and who did",
		"Every person whose grants then, with the file as it was then, permitted a way to read it under the current policy; and who did read it "+
			"until then, as far as reads are recorded. Of grants, those that touch your area. What is confidential to others is left out. The question is recorded.",
		statuses(403, 404)...), f.access)
}

func (s *server) registerPersonAccess(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "get-person-access", Method: http.MethodGet, Path: "/people/{subject}/access",
		Summary: "Read what somebody could read, and what they did",
		Description: "Roles and areas then, how many files of your area they opened by each act, and the recorded reads until then, page by page. " +
			"Counts come with the first page; what is confidential to others is left out. The question is recorded.",
		Tags: []string{"Audit"}, Errors: statuses(403),
	}, s.personAccess)
}

// AccessQuery is embedded in the input of the lists of who had access.
type AccessQuery struct {
	Reason
	At     string `query:"at" maxLength:"40" doc:"When: a time, or a day, of which it is the end; now if left out" example:"2026-03-01"`
	Cursor string `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"200" doc:"Entries on a page at most"`
}

type accessInput struct {
	Ref
	AccessQuery
}

// AccessList is who could read a file at a time.
type AccessList struct {
	At      time.Time      `json:"at" doc:"When"`
	Policy  string         `json:"policy" doc:"Always current: what the policy says now, also of a time in the past" example:"current"`
	Version int            `json:"version" doc:"Of the file, as it was then"`
	Items   []PersonAccess `json:"items" nullable:"false" doc:"The people of this page, by subject"`
	Next    string         `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
}

// PersonAccess is how somebody could read a file, and whether they did.
type PersonAccess struct {
	Subject   string          `json:"subject" doc:"Who"`
	Relations []file.Relation `json:"relations" nullable:"false" doc:"What tied them to the file"`
	Ways      []AccessWay     `json:"ways" nullable:"false" doc:"How they could read it; empty for somebody who had read it before and could no longer"`
	Reads     []ReadNote      `json:"reads" nullable:"false" doc:"How they did, as far as it is recorded"`
}

// AccessWay is an act by which somebody could read a file.
type AccessWay struct {
	Act   string    `json:"act" doc:"The way to read" example:"read_case"`
	Rule  string    `json:"rule" doc:"The row of the policy" example:"conflict_manager, read_case, any, -"`
	Grant GrantNote `json:"grant" doc:"The grant that opened it"`
}

// ReadNote is how often somebody read something in a way.
type ReadNote struct {
	Act   string    `json:"act" doc:"The way to read" example:"read_identities"`
	Count int       `json:"count" doc:"How often"`
	First time.Time `json:"first" doc:"When for the first time"`
	Last  time.Time `json:"last" doc:"When for the last time"`
}

type accessOutput struct{ Body AccessList }

type subjectCursor struct {
	Subject string `json:"s"`
}

// access lists who could read a file at a time.
func (f *files) access(ctx context.Context, in *accessInput) (*accessOutput, error) {
	when, err := f.moment("at", in.At)
	if err != nil {
		return nil, err
	}
	var after subjectCursor
	if in.Cursor != "" && decodeCursor(in.Cursor, &after) != nil {
		return nil, badCursor()
	}
	caller, err := f.principal(ctx)
	if err != nil {
		return nil, err
	}
	at, err := f.find(ctx, caller, in.ID, policies.ReadAccess)
	if err == nil {
		err = f.permit(caller, policies.ReadAccess, at)
	}
	if err != nil {
		return nil, err
	}
	then, err := f.at(ctx, at, when)
	if err != nil {
		return nil, err
	}
	people, err := f.readers(ctx, caller, then, when)
	if err != nil {
		return nil, err
	}
	out := &accessOutput{AccessList{At: when.at, Policy: "current", Version: then.Version}}
	out.Body.page(people, after.Subject, in.Limit)
	return out, f.audited(ctx, caller, db.AppendAccessParams{
		Action: policies.ReadAccess, Reason: string(in.Reason.Reason), FileID: &at.ID, Version: version(at.Version),
	})
}

func (l *AccessList) page(people map[string]*PersonAccess, after string, limit int) {
	l.Items = []PersonAccess{}
	for _, p := range people {
		if p.Subject > after && len(p.Ways)+len(p.Reads) > 0 {
			l.Items = append(l.Items, *p)
		}
	}
	slices.SortFunc(l.Items, func(a, b PersonAccess) int { return strings.Compare(a.Subject, b.Subject) })
	if len(l.Items) > limit {
		l.Items = l.Items[:limit]
		l.Next = encodeCursor(subjectCursor{l.Items[limit-1].Subject})
	}
}

// readers finds by subject who could read a file, as it was then, and who did.
func (f *files) readers(ctx context.Context, caller Principal, at folder, when moment) (map[string]*PersonAccess, error) {
	q := db.As(f.pool, caller.Subject, f.scope(caller, policies.ReadAccess).Everywhere())
	rows, err := q.ListGrantsIn(ctx, db.ListGrantsInParams{AGS: string(at.AGS), At: when.at, Known: when.known})
	if err != nil {
		return nil, fmt.Errorf("grants in %s: %w", at.AGS, err)
	}
	reads, err := q.ListReaders(ctx, db.ListReadersParams{FileID: &at.ID, Until: when.known, Lifted: []string{}})
	if err != nil {
		return nil, fmt.Errorf("readers of %s: %w", at.ID, err)
	}
	through, err := f.through(ctx, at, when)
	if err != nil {
		return nil, err
	}
	people := map[string]*PersonAccess{}
	for i, j := 0, 0; i < len(rows); i = j { // one person after the other
		for j = i; j < len(rows) && rows[j].Subject == rows[i].Subject; {
			j++
		}
		people[rows[i].Subject] = f.reader(at, rows[i:j], through)
	}
	if !f.may(caller, f.kind.History, at).Allowed {
		reads = nil // they would tell who has to do with it
	}
	for _, r := range reads {
		if people[r.Actor] == nil {
			people[r.Actor] = &PersonAccess{Subject: r.Actor, Relations: []file.Relation{}, Ways: []AccessWay{}, Reads: []ReadNote{}}
		}
		people[r.Actor].Reads = append(people[r.Actor].Reads, ReadNote{r.Act, int(r.Reads), r.First, r.Last})
	}
	return people, nil
}

// reader is how the holder of rows can read a file.
func (f *files) reader(at folder, rows []db.ListGrantsInRow, through []tiedMember) *PersonAccess {
	person, notes := Principal{}, map[string]GrantNote{}
	person.Subject = rows[0].Subject
	for _, r := range rows {
		person.Grants = append(person.Grants, policies.Grant{ID: r.ID, Role: policies.Role(r.Role), Area: db.Area(r.Area)})
		notes[r.ID] = GrantNote{r.ID, policies.Role(r.Role), int(r.Size), r.ValidFrom, r.ValidUntil, r.GivenBy}
	}
	person.Through = f.reached(person, through)
	p := &PersonAccess{
		Subject: person.Subject, Ways: []AccessWay{}, Reads: []ReadNote{},
		Relations: append([]file.Relation{}, f.neutral(f.asked(person, policies.ReadAccess, at).Relations)...),
	}
	for _, act := range f.kind.Reading() {
		if d := f.may(person, act, at); d.Allowed && !slices.Contains(f.kind.Veils(), act) {
			p.Ways = append(p.Ways, AccessWay{act, d.Rule, notes[d.Grant]})
		}
	}
	return p
}

// A tiedMember is tied to a file through which others are held.
type tiedMember struct {
	file    string
	subject string
	via     file.Relation
	places  ags.Area
}

// through finds who was tied, at a time, to the files that hold ties to this one.
func (f *files) through(ctx context.Context, at folder, when moment) ([]tiedMember, error) {
	var all []tiedMember
	for _, r := range f.kind.Relations {
		if r.Through == "" {
			continue
		}
		var ids []string
		for _, t := range at.Ties {
			if id, ok := strings.CutPrefix(t, string(r.Name)+":"); ok {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			continue
		}
		rows, err := db.As(f.pool, "", nil).ListHoldersAt(ctx, db.ListHoldersAtParams{Files: ids, Relation: string(r.Through), At: when.known})
		if err != nil {
			return nil, fmt.Errorf("holders of %v: %w", ids, err)
		}
		for _, row := range rows {
			for _, subject := range row.Holders {
				all = append(all, tiedMember{row.ID, subject, r.Through, db.Area(row.Places)})
			}
		}
	}
	return all, nil
}

// reached are the files through which a person is held: the person's own grants must reach them, as they
// must for a request of theirs.
func (s *server) reached(person Principal, through []tiedMember) (ids []string) {
	areas := s.policy.Through(person.Grants)
	for _, m := range through {
		if m.subject == person.Subject && slices.ContainsFunc(m.places, areas[m.via].Covers) {
			ids = append(ids, m.file)
		}
	}
	return ids
}

// neutral leaves out the ties that would tell of what is veiled: those that a row for a veiled act asks for.
func (f *files) neutral(rels []file.Relation) []file.Relation {
	veiled := f.kind.Veils()
	for _, act := range f.kind.Given() {
		if f.kind.VeilOf(act) != "" {
			veiled = append(veiled, act)
		}
	}
	return slices.DeleteFunc(slices.Clone(rels), func(r file.Relation) bool { return f.policy.Tells(r, veiled) })
}
